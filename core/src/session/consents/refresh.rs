//! Refreshing: what has come within a consent since goes out under the same token.

use std::io::Write;

use sha2::{Digest, Sha256};

use crate::audit::AuditKind;
use crate::consent::{ConsentError, ConsentId, ConsentState, Grant};
use crate::error::Error;
use crate::host::{CancelToken, ProgressListener, Timestamp};
use crate::record::RecordId;
use crate::session::consents::approve::{Approved, To, Way};
use crate::session::consents::trust::Shown;
use crate::session::consents::{Consent, Given};
use crate::session::own::Kind;
use crate::session::records::{Record, describe};
use crate::session::{Open, Session};
use crate::vault::VaultError;

/// What a refreshment would disclose.
#[derive(Debug)]
pub struct Refreshment {
    /// The consent that it is under.
    pub consent: Consent,
    /// Records that have come within its scope, or changed, since.
    pub release: Vec<Record>,
    /// Names this preview; the refreshment names it too.
    pub digest: [u8; 32],
}

impl Session {
    /// Shows what has come within a consent since its last disclosure. Nothing leaves.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`]; [`ConsentError::Used`] for one of a single use;
    /// [`ConsentError::Expired`]; [`ConsentError::Revoked`].
    pub fn review_refresh(&mut self, id: ConsentId) -> Result<Refreshment, Error> {
        let now = self.consent_now()?;
        let open = self.open()?;
        let fresh = open.fresh(id, now, false)?;
        let believed = open.believed()?;
        let consent = fresh.given.shown(believed.known(&fresh.given.kept.key), now);
        let (_, vault) = open.records()?;
        let described = |(id, _): &(RecordId, u32)| {
            vault.index().current(*id).map(|entry| describe(vault, entry))
        };
        let release = fresh.released.iter().filter_map(described).collect();
        Ok(Refreshment { consent, release, digest: fresh.digest() })
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
        out: &mut dyn Write,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Approved, Error> {
        let at = self.consent_time()?;
        let fresh = self.writable()?.fresh(id, at, false)?;
        if fresh.digest() != *digest {
            return Err(ConsentError::ReviewStale.into());
        }
        self.give(fresh, at, Way { out, progress, cancel })
    }

    /// Discloses once more what a consent covers already, as it is now: for an answer that was
    /// lost on the way.
    ///
    /// # Errors
    /// As [`Session::refresh`].
    pub fn disclose_again(
        &mut self,
        id: ConsentId,
        out: &mut dyn Write,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Approved, Error> {
        let at = self.consent_time()?;
        let again = self.writable()?.fresh(id, at, true)?;
        self.give(again, at, Way { out, progress, cancel })
    }

    fn give(&mut self, fresh: Fresh, at: Timestamp, way: Way<'_>) -> Result<Approved, Error> {
        if fresh.released.is_empty() {
            return Err(ConsentError::NothingToRelease.into());
        }
        let open = self.writable()?;
        let Fresh { given: Given { id, mut kept, .. }, released, permitted } = fresh;
        let believed = open.believed()?;
        let did = believed.known(&kept.key).ok_or(VaultError::Damaged)?.did.clone();
        let held = kept.holds.iter().map(|(id, _)| *id);
        let known = held.filter(|id| permitted.contains(id)).collect();
        let to = To { id, did: &did, answer: kept.answer, at };
        let ids = released.iter().map(|(id, _)| *id).collect();
        let (load, prepared) = open.prepare(&to, ids, known, way.cancel)?;
        kept.holds.retain(|(id, _)| !released.iter().any(|(other, _)| other == id));
        kept.holds.extend(released);
        kept.holds.sort_unstable();
        kept.disclosures.push((prepared.id(), at));
        let entry = (AuditKind::Disclosed, at);
        self.disclose(id, kept, (load, prepared), None, entry, way)
    }
}

/// What would go out under a consent.
struct Fresh {
    given: Given,
    /// Ids and versions, in the order of the ids.
    released: Vec<(RecordId, u32)>,
    /// Everything that the consent permits now.
    permitted: Vec<RecordId>,
}

impl Fresh {
    fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(self.given.id.as_bytes());
        for (id, version) in &self.released {
            hash.update(id.as_bytes());
            hash.update(version.to_be_bytes());
        }
        hash.finalize().into()
    }
}

impl Open {
    /// Gives what would go out: what they do not hold in this version, or `again` what they do.
    fn fresh(&mut self, id: ConsentId, now: Timestamp, again: bool) -> Result<Fresh, Error> {
        let memo = self.memo(Kind::Consent, RecordId::from_bytes(*id.as_bytes()))?;
        let memo = memo.ok_or(ConsentError::NotFound)?;
        let given = Given::of(RecordId::from_bytes(*id.as_bytes()), &memo)?;
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
        let permitted = released.iter().map(|(id, _)| *id).collect();
        if again {
            released.retain(|(id, _)| holds.iter().any(|(held, _)| held == id));
        } else {
            released.retain(|one| !holds.contains(one));
        }
        Ok(Fresh { given, released, permitted })
    }
}
