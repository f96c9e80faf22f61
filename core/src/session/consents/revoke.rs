//! Taking consents back.

use crate::audit::AuditKind;
use crate::consent::{ConsentError, ConsentId, Revocation};
use crate::error::Error;
use crate::host::Timestamp;
use crate::record::Text;
use crate::session::consents::Given;
use crate::session::consents::kept::KeptRequester;
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
    /// Takes consents back: one revocation for each requester. What was opened before cannot be
    /// called back; what has not been opened cannot be any more once the revocation has arrived.
    ///
    /// A consent that was taken back before is in the revocation again, so that a lost one can be
    /// sent anew.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`]: then none was taken back; [`ConsentError::Ended`] when all have
    /// expired.
    pub fn revoke(&mut self, consents: &[ConsentId]) -> Result<Vec<Revoked>, Error> {
        let at = self.consent_time()?;
        let open = self.writable()?;
        let given = open.given()?;
        let mut chosen = Vec::new();
        for id in consents {
            let one = given.iter().find(|given| given.id == *id);
            chosen.push(one.ok_or(ConsentError::NotFound)?);
        }
        chosen.retain(|given| given.token.expires_at() > at);
        self.take_back(at, &chosen, false)
    }

    /// Takes back everything that was given so far, to everybody: also what this wallet does not
    /// know of, because it was restored from a backup made before.
    ///
    /// # Errors
    /// [`ConsentError::Ended`] when nobody was ever answered.
    pub fn revoke_everything(&mut self) -> Result<Vec<Revoked>, Error> {
        let at = self.consent_time()?;
        let given = self.writable()?.given()?;
        let active: Vec<_> = given.iter().filter(|given| given.token.expires_at() > at).collect();
        self.take_back(at, &active, true)
    }

    fn take_back(
        &mut self,
        at: Timestamp,
        chosen: &[&Given],
        everything: bool,
    ) -> Result<Vec<Revoked>, Error> {
        let open = self.writable()?;
        let (mut memos, mut revoked) = (Vec::new(), Vec::new());
        for known in open.believed()?.into_known() {
            let theirs: Vec<ConsentId> = chosen
                .iter()
                .filter(|given| given.kept.key == known.key)
                .map(|given| given.id)
                .collect();
            if theirs.is_empty() && !everything {
                continue;
            }
            let before = everything.then_some(at);
            let (memo, envelope) = open.revocation(&known, &theirs, before, at)?;
            memos.push(memo);
            let KeptRequester { name, did, .. } = known;
            revoked.push(Revoked { audience: name, did, consents: theirs, envelope });
        }
        if memos.is_empty() {
            return Err(ConsentError::Ended.into());
        }
        open.remember(at, memos)?;
        self.witness_later();
        Ok(revoked)
    }
}

impl Open {
    fn revocation(
        &self,
        known: &KeptRequester,
        consents: &[ConsentId],
        before: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<(Memo, Vec<u8>), Error> {
        let key = self.peer_key(&known.did)?;
        let envelope = Revocation::sign(&key, known.seq, consents, before, at)?;
        let seq = Revocation::verify(&envelope)?.number();
        let mut all = known.revoked.clone();
        all.extend(consents.iter().filter(|id| !known.revoked.contains(id)));
        let content = KeptRequester {
            key: known.key,
            did: known.did.clone(),
            name: known.name.clone(),
            since: known.since,
            seq,
            revoked: all,
            before: before.or(known.before),
            credential: known.credential.clone(),
        };
        let row = Kind::Requester.id(&known.key.to_sec1());
        let memo = Memo::new(Kind::Requester, row, content.encode(), AuditKind::Revoked);
        let memo = consents.iter().fold(memo, |memo, id| memo.about(*id.as_bytes()));
        Ok((memo, envelope))
    }
}
