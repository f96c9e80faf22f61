//! The patient's side of a consent: inbox, review, approval, what was given, and taking it back.
//!
//! ```text
//! request --receive_request--> inbox --review--> what would leave --approve--> token, disclosure
//! contact --review_contact--------------------->       ^                |
//!                                     standing rules --+                +--> consents --revoke--> revocation
//! ```
//! A consent's effect and its audit entry are one transaction, committed before a byte leaves.

mod approve;
mod delegation;
mod inbox;
pub(in crate::session) mod kept;
mod outgoing;
mod refresh;
mod review;
mod revoke;
mod rules;
pub(in crate::session) mod trust;

use crate::audit::AuditKind;
use crate::codec::Buffer;
use crate::consent::{
    CategorySet, ConsentId, ConsentState, ConsentToken, Flags, Purpose, RequestId, Standing,
};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::SigningKey;
use crate::record::{LabelSet, RecordId, Text};
use crate::session::consents::inbox::Answer;
use crate::session::consents::kept::{KeptConsent, KeptRequester};
use crate::session::consents::trust::{Believed, Who as Asker};
use crate::session::own::{Kind, Memo};
use crate::session::{Open, Session};
use crate::vault::VaultError;

pub use approve::Approved;
pub use delegation::{
    ApprovedFor, Delegated, Delegating, Delegation, Entrusted, EntrustedRecord, ReviewFor, Taken,
    Whom,
};
pub use inbox::InboxItem;
pub use refresh::Refreshment;
pub(in crate::session) use review::Plan;
pub use review::{Review, Withheld};
pub use revoke::Revoked;
pub use trust::{KnownRequester, TrustedDirectory, Who};

/// A consent that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Names the consent.
    pub id: ConsentId,
    /// To whom, by the name that was shown.
    pub audience: Text,
    /// Their DID.
    pub did: Text,
    /// What for.
    pub purpose: Purpose,
    /// Categories permitted.
    pub categories: CategorySet,
    /// Labels denied.
    pub denied: LabelSet,
    /// Records withheld one by one.
    pub withheld: Vec<RecordId>,
    /// First second inside.
    pub not_before: Timestamp,
    /// First second outside.
    pub expires_at: Timestamp,
    /// When the reader has to erase what was opened.
    pub erase_by: Timestamp,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// What else it demands.
    pub flags: Flags,
    /// Whether it still holds.
    pub state: ConsentState,
    /// The records that they hold under it.
    pub holds: Vec<RecordId>,
    /// The request that it answers.
    pub request: Option<RequestId>,
    /// The name of who signed it for the patient; `None` where the patient did.
    pub by: Option<Text>,
}

impl Session {
    /// Gives the consents that were given, the newest first.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub fn consents(&mut self) -> Result<Vec<Consent>, Error> {
        let now = self.consent_now()?;
        let open = self.open()?;
        let believed = open.believed()?;
        let given = open.given()?;
        let shown = |given: &Given| given.shown(believed.known(&given.kept.key), now);
        Ok(given.iter().rev().map(shown).collect())
    }

    /// Gives the consent whose id starts with some hex digits.
    ///
    /// # Errors
    /// [`crate::consent::ConsentError::NotFound`]; [`crate::error::WalletError::AmbiguousId`].
    pub fn resolve_consent(&mut self, digits: &str) -> Result<ConsentId, Error> {
        let given = self.open()?.given()?;
        crate::session::own::resolve(digits, given.iter().map(|given| given.id))
    }

    /// Gives the request whose id starts with some hex digits.
    ///
    /// # Errors
    /// As [`Session::resolve_consent`].
    pub fn resolve_request(&mut self, digits: &str) -> Result<RequestId, Error> {
        let inbox = self.inbox()?;
        crate::session::own::resolve(digits, inbox.iter().map(|item| item.id))
    }
}

/// A consent that was given, read.
pub(in crate::session) struct Given {
    pub(in crate::session) id: ConsentId,
    pub(in crate::session) kept: KeptConsent,
    pub(in crate::session) token: ConsentToken,
}

impl Given {
    fn of(id: RecordId, memo: &[u8]) -> Result<Self, Error> {
        let kept = KeptConsent::decode(memo).map_err(|_| VaultError::Damaged)?;
        let token = ConsentToken::read(&kept.token).map_err(|_| VaultError::Damaged)?;
        Ok(Self { id: ConsentId::from_bytes(*id.as_bytes()), kept, token })
    }

    /// Tells whether it still holds.
    pub(in crate::session) fn state(
        &self,
        known: Option<&KeptRequester>,
        now: Timestamp,
    ) -> ConsentState {
        let is_revoked =
            |known: &KeptRequester| known.has_revoked(&self.id, self.token.issued_at());
        if known.is_some_and(is_revoked) {
            ConsentState::Revoked
        } else if now >= self.token.expires_at() {
            ConsentState::Expired
        } else if self.token.scope().flags().contains(Flags::SINGLE_USE) {
            ConsentState::Used
        } else {
            ConsentState::Active
        }
    }

    fn shown(&self, known: Option<&KeptRequester>, now: Timestamp) -> Consent {
        let scope = self.token.scope();
        Consent {
            id: self.id,
            audience: self.kept.name.clone(),
            did: known.map_or_else(|| Text::from(""), |known| known.did.clone()),
            purpose: scope.purpose(),
            categories: scope.categories(),
            denied: self.kept.opening.denied(),
            withheld: self.kept.opening.withheld().to_vec(),
            not_before: self.token.not_before(),
            expires_at: self.token.expires_at(),
            erase_by: scope.erase_by(),
            revoked_at: self.kept.revoked,
            flags: scope.flags(),
            state: self.state(known, now),
            holds: self.kept.holds.iter().map(|held| held.record).collect(),
            request: self.kept.request,
            by: self.kept.by.clone(),
        }
    }
}

impl Open {
    /// Gives every consent that was given, the oldest first.
    pub(in crate::session) fn given(&self) -> Result<Vec<Given>, Error> {
        self.memos(Kind::Consent)?.iter().map(|(id, memo)| Given::of(*id, memo)).collect()
    }

    /// Gives what answers requests.
    fn answers(&self) -> Result<Vec<Answer>, Error> {
        let mut answers = Vec::new();
        for given in self.given()? {
            let Some(request) = given.kept.request else { continue };
            let scope = given.token.scope();
            let from = given.token.not_before().unix();
            let opening = &given.kept.opening;
            let is_limited = !opening.denied().is_empty()
                || !opening.withheld().is_empty()
                || !given.kept.only.is_empty();
            answers.push(Answer {
                request,
                categories: scope.categories(),
                dates: scope.dates(),
                seconds: given.token.expires_at().unix().saturating_sub(from),
                retain_seconds: scope.erase_by().unix().saturating_sub(from),
                flags: scope.flags(),
                is_limited,
            });
        }
        Ok(answers)
    }

    /// Derives the patient's key for a requester (docs/formats.md 3).
    pub(in crate::session) fn peer_key(&self, did: &Text) -> Result<SigningKey, Error> {
        let uri = ["pmw://peer/", did.as_str()].concat();
        self.signing_key(&uri)
    }

    /// Notes somebody whom the patient answers: their key, the DID that the patient's keys for them
    /// derive from, and from when something is given to them, who is not known by a denial. `None`
    /// when all of that stands already.
    fn met(
        &self,
        believed: &Believed,
        who: &Asker,
        credential: Option<&[u8]>,
        given: Option<Timestamp>,
    ) -> Option<Memo> {
        let known = believed.known(&who.key);
        let credential = credential.filter(|_| who.standing == Standing::Vouched);
        let kept = known.and_then(|known| known.credential.as_deref());
        // A name that the patient only ever denied must not replace one that they gave something.
        let name = known.filter(|_| given.is_none()).map_or(&who.name, |known| &known.name);
        let is_noted = |known: &KeptRequester| {
            let stands = known.since.is_some() || given.is_none();
            stands && known.name == *name && (credential.is_none() || credential == kept)
        };
        if known.is_some_and(is_noted) {
            return None;
        }
        let content = KeptRequester {
            key: who.key,
            did: who.did.clone(),
            name: name.clone(),
            since: known.and_then(|known| known.since).or(given),
            seq: known.map_or(0, |known| known.seq),
            revoked: known.map_or_else(Vec::new, |known| known.revoked.clone()),
            before: known.and_then(|known| known.before),
            credential: credential.or(kept).map(<[u8]>::to_vec),
        };
        let id = Kind::Requester.id(&who.key.to_sec1());
        let content: Buffer = content.encode();
        Some(Memo::new(Kind::Requester, id, content, AuditKind::Remembered).by_device())
    }
}
