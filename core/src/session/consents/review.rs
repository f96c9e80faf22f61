//! Review: what an approval would release, fixed to the byte before anything is signed.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use crate::codec::Buffer;
use crate::consent::{
    AccessRequest, Alias, AliasKey, Candidate, CategorySet, ConsentError, ConsentId, ConsentToken,
    Contact, Grant, Narrowing, Opening, Reader, Reasons, RequestState, Role, Rule, Terms, decide,
};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::SealingPublicKey;
use crate::record::{LabelSet, RecordDate, RecordId, Text};
use crate::session::consents::inbox::shown;
use crate::session::consents::trust::{Shown, Who};
use crate::session::records::{Record, describe};
use crate::session::{Open, Session};
use crate::vault::Vault;
use crate::vault::index::Entry;
use crate::vault::version::Traits;
use crate::words::{Language, Sentence};

/// What an approval would release, to whom, on which terms.
#[derive(Debug)]
pub struct Review {
    /// Who would read.
    pub who: Who,
    /// What was asked; `None` when nobody asked.
    pub request: Option<AccessRequest>,
    /// The terms.
    pub grant: Grant,
    /// The records that would be released, the newest first.
    pub release: Vec<Record>,
    /// The records that would not, with the reasons: for the patient's eyes only.
    pub withhold: Vec<Withheld>,
    /// Whether the device's clock stands before the log's last entry: the later time counts.
    pub is_clock_back: bool,
    /// Names this review; an approval names it too.
    pub digest: [u8; 32],
    payload: Buffer,
    opening: Opening,
}

/// A record that would not be released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// Which.
    pub record: RecordId,
    /// Why; never empty.
    pub because: Reasons,
}

impl Review {
    /// Tells in words what would be signed, from the very bytes.
    ///
    /// # Errors
    /// [`ConsentError::Invalid`] when bytes and terms do not fit, which they always do.
    pub fn sentence(&self, language: Language) -> Result<Text, ConsentError> {
        let name = Some(self.who.name.as_str()).filter(|name| !name.is_empty());
        language.consent(&Sentence {
            payload: &self.payload,
            opening: &self.opening,
            reader: &self.who.key,
            name,
            vouched_by: self.who.vouched_by.as_ref().map(Text::as_str),
        })
    }
}

/// A review that waits for its approval.
pub(in crate::session) struct Plan {
    pub(super) who: Who,
    pub(super) credential: Option<Vec<u8>>,
    pub(super) request: Option<AccessRequest>,
    pub(super) answer: SealingPublicKey,
    pub(super) grant: Grant,
    pub(super) opening: Opening,
    pub(super) payload: Buffer,
    /// Ids and versions, in the order of the ids.
    pub(super) released: Vec<(RecordId, u32)>,
    pub(super) digest: [u8; 32],
    /// Milliseconds of the monotonic clock when it was made.
    pub(super) made_ms: u64,
}

impl Plan {
    /// Gives what whoever would read shows of themselves.
    pub(super) fn shown(&self) -> Shown<'_> {
        let name = Some(self.who.says.as_str());
        Shown { key: &self.who.key, name, credential: self.credential.as_deref() }
    }

    /// Gives the id that the consent will have.
    pub(super) fn id(&self) -> Result<ConsentId, ConsentError> {
        Ok(ConsentToken::parse_payload(&self.payload)?.id())
    }
}

impl Session {
    /// Shows what an approval of a request would release. Nothing is granted by it.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`]; [`ConsentError::RequestExpired`]; [`ConsentError::Answered`];
    /// [`ConsentError::WiderThanAsked`]; [`ConsentError::NothingToRelease`].
    pub fn review(
        &mut self,
        request: crate::consent::RequestId,
        narrowing: &Narrowing,
    ) -> Result<Review, Error> {
        let now = self.consent_now()?;
        let open = self.open()?;
        let asked = open.asked_by(&request)?;
        if asked.state(&open.answers()?, now) != RequestState::Requested {
            return Err(asked.refusal(now).into());
        }
        let who = open.believed()?.who(&shown(&asked.request), now);
        let (labels, categories) = ruled(&open.rules()?, &who);
        let narrowing = narrowing.clone().without(categories);
        let grant = Grant::from_request(&asked.request, &narrowing, labels, now)?;
        let asker = Asker {
            who,
            credential: asked.request.credential().map(<[u8]>::to_vec),
            answer: *asked.request.answer_key(),
            request: Some(asked.request),
        };
        self.plan(asker, grant, now)
    }

    /// Shows what would be released to somebody who has not asked, by their contact (`pmw-cc`).
    ///
    /// # Errors
    /// [`ConsentError::WrongType`] for a contact that is no requester's; [`ConsentError`] for any
    /// other envelope; as [`Session::review`].
    pub fn review_contact(
        &mut self,
        contact: &[u8],
        narrowing: &Narrowing,
    ) -> Result<Review, Error> {
        let now = self.consent_now()?;
        let open = self.open()?;
        let contact = Contact::verify(contact, now)?;
        let Some(answer) = contact.answer_key().filter(|_| contact.role() == Role::Requester)
        else {
            return Err(ConsentError::WrongType.into());
        };
        let shown = Shown {
            key: contact.key(),
            name: Some(contact.name()),
            credential: contact.credential(),
        };
        let who = open.believed()?.who(&shown, now);
        let (labels, categories) = ruled(&open.rules()?, &who);
        let grant = Grant::unasked(&narrowing.clone().without(categories), labels, now)?;
        let credential = contact.credential().map(<[u8]>::to_vec);
        let asker = Asker { who, credential, answer: *answer, request: None };
        self.plan(asker, grant, now)
    }

    fn plan(&mut self, asker: Asker, grant: Grant, now: Timestamp) -> Result<Review, Error> {
        let made_ms = self.host.clock.monotonic_ms();
        let is_clock_back = now > self.host.clock.now();
        let open = self.open()?;
        let rules = open.rules()?;
        let judged = open.judge(&grant, &asker.who, &rules, false, now)?;
        if judged.released.is_empty() {
            return Err(ConsentError::NothingToRelease.into());
        }
        let key = open.peer_key(&asker.who.did)?.verifying_key();
        let aliases = open.aliases(&asker.who.did, grant.only())?;
        let opening = Opening::generate(grant.denied(), grant.withheld())?;
        let payload = ConsentToken::payload(&Terms {
            id: ConsentId::generate()?,
            issued_at: now,
            grant: &grant,
            opening: &opening,
            aliases: &aliases,
            reader: &asker.who.key,
            audience: None,
            key: &key,
        })?;
        let digest = digest(&payload, &opening, &judged.released);
        let (_, vault) = open.records()?;
        let described = |(id, _): &(RecordId, u32)| {
            vault.index().current(*id).map(|entry| describe(vault, entry))
        };
        let mut release: Vec<Record> = judged.released.iter().filter_map(described).collect();
        release.sort_by_key(|record| std::cmp::Reverse(record.date.map(RecordDate::start)));
        let plan = Plan {
            who: asker.who.clone(),
            credential: asker.credential,
            request: asker.request.clone(),
            answer: asker.answer,
            grant: grant.clone(),
            opening: opening.clone(),
            payload: Buffer::copy_of(&payload),
            released: judged.released,
            digest,
            made_ms,
        };
        self.plans.retain(|plan| made_ms.saturating_sub(plan.made_ms) < LIFE_MS);
        if self.plans.len() >= MOST_PLANS {
            self.plans.remove(0);
        }
        self.plans.push(plan);
        let (who, request, withhold) = (asker.who, asker.request, judged.withheld);
        Ok(Review {
            who,
            request,
            grant,
            release,
            withhold,
            is_clock_back,
            digest,
            payload,
            opening,
        })
    }

    /// Takes out the review of a digest, unless it is older than ten minutes.
    ///
    /// # Errors
    /// [`ConsentError::ReviewStale`].
    pub(super) fn take_plan(&mut self, digest: &[u8; 32]) -> Result<Plan, Error> {
        let now = self.host.clock.monotonic_ms();
        let at = self.plans.iter().position(|plan| plan.digest == *digest);
        let plan = self.plans.remove(at.ok_or(ConsentError::ReviewStale)?);
        if now.saturating_sub(plan.made_ms) < LIFE_MS {
            Ok(plan)
        } else {
            Err(ConsentError::ReviewStale.into())
        }
    }
}

/// Somebody who would read.
struct Asker {
    who: Who,
    credential: Option<Vec<u8>>,
    answer: SealingPublicKey,
    request: Option<AccessRequest>,
}

/// Every record, judged.
pub(super) struct Judged {
    /// Ids and versions, in the order of the ids.
    pub(super) released: Vec<(RecordId, u32)>,
    pub(super) withheld: Vec<Withheld>,
}

impl Open {
    /// Judges every record by the one function that decides.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::NeedsWords`].
    pub(super) fn judge(
        &mut self,
        grant: &Grant,
        who: &Who,
        rules: &[Rule],
        is_revoked: bool,
        now: Timestamp,
    ) -> Result<Judged, Error> {
        let (_, vault) = self.records()?;
        let with_files: HashSet<RecordId> =
            vault.attachments().map(|(_, kept)| kept.meta.record).collect();
        let reader = Reader { class: who.class };
        let mut judged = Judged { released: Vec::new(), withheld: Vec::new() };
        for entry in vault.index().currents() {
            let candidate = candidate(vault, entry, &with_files);
            let because = decide(&candidate, grant, reader, rules, is_revoked, now);
            let record = candidate.id;
            if because.is_empty() {
                judged.released.push((record, entry.version.number));
            } else {
                judged.withheld.push(Withheld { record, because });
            }
        }
        judged.released.sort_unstable();
        judged.withheld.sort_unstable_by_key(|withheld| withheld.record);
        Ok(judged)
    }

    /// Gives the names of records outside the vault, for one requester.
    pub(super) fn aliases(&self, did: &Text, records: &[RecordId]) -> Result<Vec<Alias>, Error> {
        let key = AliasKey::new(self.private()?.alias);
        let alias = |id: &RecordId| Alias::derive(&key, did.as_str(), id.as_bytes());
        Ok(records.iter().map(alias).collect())
    }
}

fn candidate(vault: &Vault, entry: &Entry, with_files: &HashSet<RecordId>) -> Candidate {
    let version = &entry.version;
    Candidate {
        id: version.record,
        category: version.category,
        labels: vault.index().labels(entry),
        confirmed: version.traits.has(Traits::CONFIRMED),
        // What is in a file no code describes.
        free_text: version.traits.has(Traits::FREE_TEXT) || with_files.contains(&version.record),
        date: version.facts.date,
    }
}

/// Gives the labels and categories that standing rules deny to somebody: the sentence says so.
fn ruled(rules: &[Rule], who: &Who) -> (LabelSet, CategorySet) {
    let reader = Reader { class: who.class };
    let applying = rules.iter().filter(|rule| rule.applies_to(reader));
    applying.fold((LabelSet::EMPTY, CategorySet::EMPTY), |(labels, categories), rule| {
        (labels.union(rule.labels()), categories.union(rule.categories()))
    })
}

fn digest(payload: &[u8], opening: &Opening, released: &[(RecordId, u32)]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [payload, &opening.encode()] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    for (id, version) in released {
        hash.update(id.as_bytes());
        hash.update(version.to_be_bytes());
    }
    hash.finalize().into()
}

/// Milliseconds that a review waits for its approval.
const LIFE_MS: u64 = 10 * 60 * 1000;
/// Reviews that wait at once.
const MOST_PLANS: usize = 8;
