//! Taking consents back.

use crate::audit::AuditKind;
use crate::consent::{ConsentError, ConsentId, Revocation};
use crate::error::Error;
use crate::host::Timestamp;
use crate::record::{RecordId, Text};
use crate::session::consents::Given;
use crate::session::consents::kept::{KeptConsent, KeptRequester};
use crate::session::own::{Kind, Memo};
use crate::session::{Open, Session};

/// A revocation, to be carried to the requester it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Their name, as it was shown.
    pub audience: Text,
    /// Their DID.
    pub did: Text,
    /// The consents it takes back.
    pub consents: Vec<ConsentId>,
    /// The signed object (`pmw-rv`).
    pub envelope: Vec<u8>,
}

impl Session {
    /// Takes consents back: a revocation for each requester, or more of them for very many. What
    /// was opened before cannot be called back; what has not been opened cannot be any more once
    /// the revocation has arrived.
    ///
    /// Whatever clock and log say of the time, it is taken back; one that was before is again, so
    /// that a revocation that was lost can be sent anew.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`]: then none was taken back.
    pub fn revoke(&mut self, consents: &[ConsentId]) -> Result<Vec<Revoked>, Error> {
        let given = self.writable()?.given()?;
        let mut chosen = Vec::new();
        for id in consents {
            let one = given.iter().find(|given| given.id == *id);
            chosen.push(one.ok_or(ConsentError::NotFound)?);
        }
        self.take_back(&given, &chosen, None)
    }

    /// Takes back everything that was given so far, to everybody: also what this wallet does not
    /// know of, because it was restored from a backup made before.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`] when nobody was ever answered.
    pub fn revoke_everything(&mut self) -> Result<Vec<Revoked>, Error> {
        let now = self.now();
        let given = self.writable()?.given()?;
        // What was signed by a clock that stood ahead is named: a later `before` would also take
        // back what is still to come.
        let named =
            |given: &&Given| given.token.issued_at() >= now && given.token.expires_at() > now;
        let named: Vec<&Given> = given.iter().filter(named).collect();
        self.take_back(&given, &named, Some(now))
    }

    fn take_back(
        &mut self,
        given: &[Given],
        chosen: &[&Given],
        before: Option<Timestamp>,
    ) -> Result<Vec<Revoked>, Error> {
        let at = self.now();
        let open = self.writable()?;
        let (mut memos, mut revoked) = (Vec::new(), Vec::new());
        for mut known in open.believed()?.into_known() {
            let theirs = chosen.iter().filter(|given| given.kept.key == known.key);
            let theirs: Vec<ConsentId> = theirs.map(|given| given.id).collect();
            let parts = theirs.chunks(Revocation::MOST).chain(
                // Nothing by name, and everything before.
                before.filter(|_| theirs.is_empty()).map(|_| &[][..]),
            );
            for part in parts {
                let envelope = open.sign_revocation(&mut known, part, before, at)?;
                let (audience, did) = (known.name.clone(), known.did.clone());
                revoked.push(Revoked { audience, did, consents: part.to_vec(), envelope });
            }
            if !theirs.is_empty() || before.is_some() {
                let row = Kind::Requester.id(&known.key.to_sec1());
                let memo = Memo::new(Kind::Requester, row, known.encode(), AuditKind::Revoked);
                memos.push(theirs.iter().fold(memo, |memo, id| memo.about(*id.as_bytes())));
            }
        }
        if memos.is_empty() {
            return Err(ConsentError::NotFound.into());
        }
        memos.extend(given.iter().filter_map(|one| one.taken_back(chosen, before, at)));
        open.remember(at, memos)?;
        self.witness_later();
        Ok(revoked)
    }
}

impl Given {
    /// Notes when it was taken back; `None` when it is not, or was before.
    fn taken_back(
        &self,
        chosen: &[&Self],
        before: Option<Timestamp>,
        at: Timestamp,
    ) -> Option<Memo> {
        let is_named = chosen.iter().any(|chosen| chosen.id == self.id);
        let is_before = before.is_some_and(|before| self.token.issued_at() < before);
        if self.kept.revoked.is_some() || !(is_named || is_before) {
            return None;
        }
        let row = RecordId::from_bytes(*self.id.as_bytes());
        let kept = KeptConsent { revoked: Some(at), ..self.kept.clone() };
        Some(Memo::new(Kind::Consent, row, kept.encode(), AuditKind::Remembered).by_device())
    }
}

impl Open {
    /// Signs that consents are taken back, and takes it down in what is kept of the requester.
    pub(super) fn sign_revocation(
        &self,
        known: &mut KeptRequester,
        consents: &[ConsentId],
        before: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<Vec<u8>, Error> {
        let key = self.peer_key(&known.did)?;
        let envelope = Revocation::sign(&key, known.seq, consents, before, at)?;
        known.seq = Revocation::verify(&envelope)?.number();
        let new = consents.iter().filter(|id| !known.revoked.contains(id)).copied();
        let new: Vec<ConsentId> = new.collect();
        known.revoked.extend(new);
        known.before = known.before.max(before);
        Ok(envelope)
    }
}
