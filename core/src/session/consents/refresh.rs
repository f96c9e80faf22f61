//! Refreshing: what has come within a consent since goes out under the same token.

use sha2::{Digest, Sha256};

use crate::audit::AuditKind;
use crate::consent::{ConsentError, ConsentId, ConsentState, DelegationError, Grant};
use crate::error::Error;
use crate::file::Output;
use crate::host::{CancelToken, ProgressListener, Timestamp};
use crate::order;
use crate::record::RecordId;
use crate::session::attachments::Attachment;
use crate::session::consents::approve::{Approved, To, Way};
use crate::session::consents::kept::{Held, KeptDisclosure};
use crate::session::consents::review::add_released;
use crate::session::consents::trust::Shown;
use crate::session::consents::{Consent, Given};
use crate::session::own::Kind;
use crate::session::records::Record;
use crate::session::{Open, Session};
use crate::vault::VaultError;

/// What a refreshment would disclose, or the same once more.
#[derive(Debug)]
pub struct Refreshment {
    /// The consent that it is under.
    pub consent: Consent,
    /// Records that would leave, the newest first.
    pub release: Vec<Record>,
    /// The files that would go with them, in their order.
    pub files: Vec<Attachment>,
    /// Names this preview; who asks for it to leave names it too.
    pub digest: [u8; 32],
}

impl Session {
    /// Shows what has come within a consent since its last disclosure: records that are new, have
    /// another version or other files. Nothing leaves.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`]; [`ConsentError::Used`] for one of a single use;
    /// [`ConsentError::Expired`]; [`ConsentError::Revoked`]; [`DelegationError::NotAllowed`] for one
    /// that somebody else signed.
    pub fn review_refresh(&mut self, id: ConsentId) -> Result<Refreshment, Error> {
        self.preview(id, Which::New)
    }

    /// Discloses what [`Session::review_refresh`] showed, under the token that is there.
    ///
    /// # Errors
    /// [`ConsentError::ReviewStale`] when it would show something else now;
    /// [`ConsentError::NothingToRelease`]; as [`Session::review_refresh`] and
    /// [`Session::approve`].
    pub fn refresh(
        &mut self,
        id: ConsentId,
        digest: &[u8; 32],
        mut out: impl Output,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Approved, Error> {
        let way = Way { out: &mut out, progress, cancel };
        self.give((id, Which::New), digest, way)?.lasting(out)
    }

    /// Shows what they hold under a consent and it still permits, as it is now. Nothing leaves.
    ///
    /// # Errors
    /// As [`Session::review_refresh`].
    pub fn review_again(&mut self, id: ConsentId) -> Result<Refreshment, Error> {
        self.preview(id, Which::Held)
    }

    /// Discloses what [`Session::review_again`] showed: for an answer that was lost on the way.
    ///
    /// # Errors
    /// As [`Session::refresh`].
    pub fn disclose_again(
        &mut self,
        id: ConsentId,
        digest: &[u8; 32],
        mut out: impl Output,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Approved, Error> {
        let way = Way { out: &mut out, progress, cancel };
        self.give((id, Which::Held), digest, way)?.lasting(out)
    }

    fn preview(&mut self, id: ConsentId, which: Which) -> Result<Refreshment, Error> {
        let now = self.consent_now()?;
        let open = self.open()?;
        let fresh = open.fresh(id, which, now)?;
        let believed = open.believed()?;
        let consent = fresh.given.shown(believed.known(&fresh.given.kept.key), now);
        let (release, files) = open.described(&fresh.released)?;
        Ok(Refreshment { consent, release, files, digest: fresh.digest() })
    }

    fn give(
        &mut self,
        (id, which): (ConsentId, Which),
        digest: &[u8; 32],
        way: Way<'_>,
    ) -> Result<Approved, Error> {
        let at = self.consent_time()?;
        let open = self.writable()?;
        let fresh = open.fresh(id, which, at)?;
        if fresh.digest() != *digest {
            return Err(ConsentError::ReviewStale.into());
        }
        if fresh.released.is_empty() {
            return Err(ConsentError::NothingToRelease.into());
        }
        let Fresh { given: Given { id, mut kept, .. }, released, permitted, .. } = fresh;
        let believed = open.believed()?;
        let did = believed.known(&kept.key).ok_or(VaultError::Damaged)?.did.clone();
        let held = kept.holds.iter().map(|held| held.record);
        let known = held.filter(|id| permitted.binary_search(id).is_ok()).collect();
        let to = To { id, did: &did, answer: kept.answer, at };
        let (load, prepared) = open.prepare(&to, &released, known, way.cancel)?;
        kept.disclosures.push(KeptDisclosure::new(prepared.id(), at, &released));
        kept.holds.retain(|held| find(&released, held.record).is_none());
        kept.holds.extend(released);
        order::sort(&mut kept.holds);
        let entry = (AuditKind::Disclosed, at);
        self.disclose(id, kept, (load, prepared), None, entry, way)
    }
}

/// Which of the records that a consent permits go out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Those that they do not hold in this version, with these files.
    New,
    /// Those that they do hold, in whatever version.
    Held,
}

/// What would go out under a consent.
struct Fresh {
    given: Given,
    which: Which,
    /// In the order of the ids.
    released: Vec<Held>,
    /// Everything that the consent permits now, in the order of the ids.
    permitted: Vec<RecordId>,
}

impl Fresh {
    fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(self.given.id.as_bytes());
        hash.update([u8::from(self.which == Which::Held)]);
        add_released(&mut hash, &self.released);
        hash.finalize().into()
    }
}

/// Gives a record as it is held, among those in the order of the ids.
fn find(held: &[Held], record: RecordId) -> Option<&Held> {
    let at = held.binary_search_by_key(&record, |held| held.record).ok()?;
    held.get(at)
}

impl Open {
    /// Gives what would go out.
    fn fresh(&mut self, id: ConsentId, which: Which, now: Timestamp) -> Result<Fresh, Error> {
        let memo = self.memo(Kind::Consent, RecordId::from_bytes(*id.as_bytes()))?;
        let memo = memo.ok_or(ConsentError::NotFound)?;
        let given = Given::of(RecordId::from_bytes(*id.as_bytes()), &memo)?;
        if given.kept.by.is_some() {
            // Whoever signed holds the key that a disclosure under it must be signed with.
            return Err(DelegationError::NotAllowed.into());
        }
        let believed = self.believed()?;
        let known = believed.known(&given.kept.key).ok_or(VaultError::Damaged)?;
        match given.state(Some(known), now) {
            ConsentState::Active => {}
            ConsentState::Used => return Err(ConsentError::Used.into()),
            ConsentState::Expired => return Err(ConsentError::Expired.into()),
            ConsentState::Revoked => return Err(ConsentError::Revoked.into()),
        }
        let shown = Shown {
            key: &known.key,
            name: Some(known.name.as_str()),
            credential: known.credential.as_deref(),
        };
        let who = believed.who(&shown, now);
        let only = given.kept.only.clone();
        let grant = Grant::of_token(&given.token, &given.kept.opening, only)?;
        let judged = self.judge(&grant, &who, &self.rules()?, false, now)?;
        let holds = &given.kept.holds;
        let mut released = judged.released;
        let permitted = released.iter().map(|held| held.record).collect();
        released.retain(|one| match (which, find(holds, one.record)) {
            (Which::New, held) => held != Some(one),
            (Which::Held, held) => held.is_some(),
        });
        Ok(Fresh { given, which, released, permitted })
    }
}
