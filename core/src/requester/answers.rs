//! What a patient answers: a consent, a denial, a revocation, a notice.

use crate::audit::{Actor, AuditKind};
use crate::consent::{
    ConsentError, ConsentToken, Delegation, Denial, Expected, Standing, Thumbprint,
};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::{SignedKind, VerifyingKey};
use crate::record::{RecordId, Text};
use crate::requester::kept::{KeptAsked, KeptPatient, KeptReceived};
use crate::requester::{Received, Requester, Verified};
use crate::session::own::{Kind, Memo};
use crate::vault::VaultError;

impl Requester {
    /// Verifies a consent token (`pmw-ct`) with what is here: the own key, the clock, the
    /// revocations that have arrived, and the patient's key as it was first seen, which is kept.
    ///
    /// `patient` is the requester's own name for the patient; a name that is new here is kept with
    /// the key. Where the device's clock stands before the log's last entries, the log's time
    /// counts, and that is noted.
    ///
    /// # Errors
    /// [`ConsentError`], by name; [`ConsentError::WrongPatientKey`] when another key answers than
    /// the one known for the patient or for the request.
    pub fn verify(&mut self, token: &[u8], patient: Option<&Text>) -> Result<Verified, Error> {
        let now = self.session.consent_time()?;
        let (verified, asked) = self.judge(token, patient, now)?;
        let consent = &verified.consent;
        let mut memos = Vec::new();
        let row = Kind::Received.id(consent.id().as_bytes());
        if self.session.memo(Kind::Received, row)?.is_none() {
            let received = KeptReceived { token: token.to_vec(), opened: Vec::new() };
            memos.push(Memo::new(Kind::Received, row, received.encode(), AuditKind::Received));
        }
        let known = self.patient(consent.patient_key())?;
        let is_named = known.as_ref().is_some_and(|known| known.name.is_some());
        if known.is_none() || (!is_named && patient.is_some()) {
            let known = KeptPatient {
                key: *consent.patient_key(),
                name: patient.cloned(),
                since: known.as_ref().map_or(now, |known| known.since),
                last: known.and_then(|known| known.last),
            };
            memos.push(known.memo(AuditKind::Remembered).by_device());
        }
        if let Some((row, mut asked)) = asked {
            let ends = consent.expires_at();
            if asked.patient.is_none() || asked.ends != ends {
                asked.patient = Some(*consent.patient_key());
                asked.ends = ends;
                let memo = Memo::new(Kind::Asked, row, asked.encode(), AuditKind::Remembered);
                memos.push(memo.by_device());
            }
        }
        if !memos.is_empty() {
            self.session.remember(now, memos)?;
        }
        Ok(verified)
    }

    /// Takes in what a patient sent that is no consent: a denial, a revocation or a notice. A
    /// revocation is remembered, and the answer keys of what it ends are destroyed; what says
    /// nothing new leaves nothing here. A notice is answered as [`Requester::apply_notice`] does.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`] for an answer to a request that is not from here;
    /// [`ConsentError::WrongType`]; [`ConsentError::TooMany`] for a patient's revocation after a
    /// thousand; [`ConsentError`].
    pub fn receive(&mut self, envelope: &[u8]) -> Result<Received, Error> {
        match SignedKind::of(envelope) {
            Some(SignedKind::Denial) => self.receive_denial(envelope),
            Some(SignedKind::Revocation) => {
                let known = self.keep_revocation(envelope)?;
                self.destroy_ended()?;
                Ok(Received::Revoked { has_gaps: known.has_gaps() })
            }
            Some(SignedKind::Notice) => {
                Ok(Received::Noticed(Box::new(self.apply_notice(envelope)?)))
            }
            Some(_) => Err(ConsentError::WrongType.into()),
            None => Err(ConsentError::Invalid.into()),
        }
    }

    /// Takes in a denial: only the key that alone may answer ends the request by it.
    fn receive_denial(&mut self, envelope: &[u8]) -> Result<Received, Error> {
        let now = self.session.consent_now()?;
        let denial = Denial::verify(envelope, now)?;
        if let Some(delegation) = denial.delegation() {
            self.demand_delegation(delegation)?;
        }
        let row = Kind::Asked.id(denial.request().as_bytes());
        let mut asked = self.asked(row)?.ok_or(ConsentError::NotFound)?;
        let standing = match asked.patient {
            Some(patient) if patient == *denial.patient_key() => Standing::Known,
            Some(_) => return Err(ConsentError::WrongPatientKey.into()),
            None => Standing::FirstContact,
        };
        if standing == Standing::Known {
            self.session.forget(&[row], (AuditKind::Refused, Actor::Patient))?;
        } else if asked.denied.is_none() {
            asked.denied = Some(now);
            let memo = Memo::new(Kind::Asked, row, asked.encode(), AuditKind::Received);
            self.session.remember(now, vec![memo])?;
        }
        let (request, reason) = (denial.request(), denial.reason().map(Text::from));
        Ok(Received::Denied { request, standing, reason })
    }

    /// Verifies a token and changes nothing.
    fn judge(
        &mut self,
        token: &[u8],
        patient: Option<&Text>,
        now: Timestamp,
    ) -> Result<(Verified, Option<(RecordId, KeptAsked)>), Error> {
        // Read before it is verified, only to find what it has to agree with.
        let claimed = ConsentToken::read(token)?;
        let known = self.patient(claimed.patient_key())?;
        let row = claimed.scope().request().map(|id| Kind::Asked.id(id.as_bytes()));
        let asked = match row {
            Some(row) => self.asked(row)?.map(|asked| (row, asked)),
            None => None,
        };
        let named = match patient {
            Some(name) => self.patient_named(name)?.map(|named| named.key),
            None => None,
        };
        let answering = asked.as_ref().and_then(|(_, asked)| asked.patient);
        let pinned = strictest(claimed.patient_key(), [named, answering]);
        let reader = self.key()?.verifying_key();
        let was_known = self.has_received(&claimed)?;
        let expected = Expected { reader: &reader, pinned: pinned.as_ref(), was_known };
        let revocations = self.revocations(claimed.patient_key())?;
        let consent = ConsentToken::verify(token, &expected, now, Some(&revocations))?;
        if known.is_none() && self.acts_for_somebody(consent.patient_key())? {
            return Err(ConsentError::DelegatedOn.into());
        }
        let has_gaps = revocations.has_gaps();
        let standing = if known.is_some() { Standing::Known } else { Standing::FirstContact };
        let name = known.and_then(|known| known.name);
        if let (Some(name), Some(given)) = (&name, patient)
            && name != given
        {
            // The key is known, for somebody else.
            return Err(ConsentError::WrongPatientKey.into());
        }
        let patient = name.or_else(|| patient.cloned());
        Ok((Verified { consent, standing, patient, has_gaps }, asked))
    }
}

impl Requester {
    /// Says whether this very token was verified here before.
    fn has_received(&mut self, token: &ConsentToken) -> Result<bool, Error> {
        let row = Kind::Received.id(token.id().as_bytes());
        let Some(memo) = self.session.memo(Kind::Received, row)? else { return Ok(false) };
        let received = KeptReceived::decode(&memo).map_err(|_| VaultError::Damaged)?;
        Ok(ConsentToken::read(&received.token)? == *token)
    }

    /// Says whether somebody acted here for a patient with a key: nobody's records are given under
    /// it in its own name, and nobody is let act by it.
    fn acts_for_somebody(&mut self, key: &VerifyingKey) -> Result<bool, Error> {
        for (_, memo) in self.session.memos(Kind::Received)? {
            let received = KeptReceived::decode(&memo).map_err(|_| VaultError::Damaged)?;
            let token = ConsentToken::read(&received.token)?;
            if token.delegation().is_some_and(|delegation| delegation.proxy() == key) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Demands of the delegation behind a denial that it is for this requester, and not taken back.
    fn demand_delegation(&mut self, delegation: &Delegation) -> Result<(), Error> {
        if delegation.requester() != Thumbprint::of(&self.key()?.verifying_key()) {
            return Err(ConsentError::OtherRequester.into());
        }
        let revocations = self.revocations(delegation.key())?;
        if revocations.covers(&delegation.id(), delegation.issued_at()) {
            return Err(ConsentError::DelegationRevoked.into());
        }
        Ok(())
    }
}

/// Gives the key that a token has to agree with: one that it does not agree with, if there is any,
/// for it must agree with all.
fn strictest(claimed: &VerifyingKey, pins: [Option<VerifyingKey>; 2]) -> Option<VerifyingKey> {
    let [first, second] = pins;
    [first, second].into_iter().flatten().find(|pin| pin != claimed).or(first).or(second)
}
