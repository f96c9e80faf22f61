//! Review: what an approval would release, fixed to the byte before anything is signed.

use std::cmp::Reverse;
use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::codec::Buffer;
use crate::consent::{
    AccessRequest, Alias, AliasKey, Candidate, CategorySet, ConsentError, ConsentId, ConsentToken,
    Contact, Grant, Narrowing, Opening, Reader, Reasons, RequestState, Role, Rule, Terms, decide,
};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::SealingPublicKey;
use crate::order;
use crate::record::{LabelSet, RecordDate, RecordId, Text};
use crate::session::attachments::Attachment;
use crate::session::consents::inbox::shown;
use crate::session::consents::kept::Held;
use crate::session::consents::outgoing::attached_by_hand;
use crate::session::consents::trust::{Shown, Who};
use crate::session::records::{Record, describe};
use crate::session::{Open, Session};
use crate::vault::attachments::AttachmentId;
use crate::vault::index::Entry;
use crate::vault::version::Traits;
use crate::vault::{Vault, VaultError};
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
    /// The files that would go with them, in their order.
    pub files: Vec<Attachment>,
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
    /// In the order of the ids.
    pub(super) released: Vec<Held>,
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
    /// Where everything is withheld, it shows no record and the reasons; there is nothing to
    /// approve then.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`]; [`ConsentError::RequestExpired`]; [`ConsentError::Answered`];
    /// [`ConsentError::WiderThanAsked`]; [`ConsentError::NothingToRelease`] when the terms leave no
    /// category, no date or no record; [`VaultError::Damaged`] for a record with files that cannot
    /// be read.
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
        let granted = |narrowing: &_| Grant::from_request(&asked.request, narrowing, labels, now);
        let grant = unless_ruled_out(narrowing, categories, granted)?;
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
        let granted = |narrowing: &_| Grant::unasked(narrowing, labels, now);
        let grant = unless_ruled_out(narrowing, categories, granted)?;
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
            delegation: None,
        })?;
        let digest = digest(&payload, &opening, &judged.released);
        let (release, files) = open.described(&judged.released)?;
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
            files,
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
    /// In the order of the ids.
    pub(super) released: Vec<Held>,
    pub(super) withheld: Vec<Withheld>,
}

impl Open {
    /// Judges every record by the one function that decides.
    ///
    /// # Errors
    /// [`VaultError::NeedsWords`]; [`VaultError::Damaged`] for a record with files that cannot be
    /// read.
    pub(super) fn judge(
        &mut self,
        grant: &Grant,
        who: &Who,
        rules: &[Rule],
        is_revoked: bool,
        now: Timestamp,
    ) -> Result<Judged, Error> {
        let (db, vault) = self.records()?;
        let mut files: HashMap<RecordId, Vec<AttachmentId>> = HashMap::new();
        for (id, kept) in vault.attachments() {
            files.entry(kept.meta.record).or_default().push(*id);
        }
        let reader = Reader { class: who.class };
        let mut judged = Judged { released: Vec::new(), withheld: Vec::new() };
        for entry in vault.index().currents() {
            let attached = files.remove(&entry.version.record);
            let candidate = candidate(vault, entry, attached.is_some());
            let because = decide(&candidate, grant, reader, rules, is_revoked, now);
            let record = candidate.id;
            if because.is_empty() {
                let files = attached.map(|files| attached_by_hand((db, vault), record, files));
                let (version, files) = (entry.version.number, files.transpose()?);
                judged.released.push(Held { record, version, files: files.unwrap_or_default() });
            } else {
                judged.withheld.push(Withheld { record, because });
            }
        }
        order::sort(&mut judged.released);
        order::sort_by_key(&mut judged.withheld, |withheld| withheld.record);
        Ok(judged)
    }

    /// Describes what would leave, the newest first, and the files in the order of their records.
    ///
    /// # Errors
    /// [`VaultError::NeedsWords`]; [`VaultError::Damaged`].
    pub(super) fn described(
        &mut self,
        released: &[Held],
    ) -> Result<(Vec<Record>, Vec<Attachment>), Error> {
        let (_, vault) = self.records()?;
        let mut both = Vec::with_capacity(released.len());
        for held in released {
            let entry = vault.index().current(held.record).ok_or(VaultError::Damaged)?;
            both.push((describe(vault, entry), held));
        }
        order::sort_by_key(&mut both, |(record, _)| Reverse(record.date.map(RecordDate::start)));
        let mut files = Vec::new();
        for id in both.iter().flat_map(|(_, held)| &held.files) {
            let kept = vault.attachment(*id).ok_or(VaultError::Damaged)?;
            files.push(Attachment::of(*id, &kept.meta));
        }
        Ok((both.into_iter().map(|(record, _)| record).collect(), files))
    }

    /// Gives the names of records outside the vault, for one requester.
    pub(super) fn aliases(&self, did: &Text, records: &[RecordId]) -> Result<Vec<Alias>, Error> {
        let key = AliasKey::new(self.private()?.alias);
        let alias = |id: &RecordId| Alias::derive(&key, did.as_str(), id.as_bytes());
        Ok(records.iter().map(alias).collect())
    }
}

fn candidate(vault: &Vault, entry: &Entry, has_files: bool) -> Candidate {
    let version = &entry.version;
    Candidate {
        id: version.record,
        category: version.category,
        labels: vault.index().labels(entry),
        confirmed: version.traits.has(Traits::CONFIRMED),
        // What is in a file no code describes.
        free_text: version.traits.has(Traits::FREE_TEXT) || has_files,
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

/// Makes the terms. Where standing rules leave no category of them, they are made without the
/// rules: by these every record is withheld, and the review says so.
fn unless_ruled_out(
    narrowing: &Narrowing,
    categories: CategorySet,
    granted: impl Fn(&Narrowing) -> Result<Grant, ConsentError>,
) -> Result<Grant, ConsentError> {
    match granted(&narrowing.clone().without(categories)) {
        Err(ConsentError::NothingToRelease) => granted(narrowing),
        grant => grant,
    }
}

fn digest(payload: &[u8], opening: &Opening, released: &[Held]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [payload, &opening.encode()] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    add_released(&mut hash, released);
    hash.finalize().into()
}

/// Adds what would leave to the digest that names it.
pub(super) fn add_released(hash: &mut Sha256, released: &[Held]) {
    for Held { record, version, files } in released {
        hash.update(record.as_bytes());
        hash.update(version.to_be_bytes());
        hash.update(u64::try_from(files.len()).unwrap_or(u64::MAX).to_be_bytes());
        files.iter().for_each(|file| hash.update(file.as_bytes()));
    }
}

/// Milliseconds that a review waits for its approval.
pub(super) const LIFE_MS: u64 = 10 * 60 * 1000;
/// Reviews that wait at once.
const MOST_PLANS: usize = 8;
