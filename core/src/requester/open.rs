//! Opening what a patient disclosed.

use std::io::{Read, Seek, Write};

use zeroize::Zeroizing;

use crate::audit::AuditKind;
use crate::consent::{ConsentError, Flags, VerifiedConsent};
use crate::disclosure::{DisclosedPart, Disclosure, DisclosureId};
use crate::error::Error;
use crate::host::{CancelToken, ProgressListener};
use crate::keys::SealingKey;
use crate::record::Text;
use crate::requester::kept::KeptReceived;
use crate::requester::{Requester, Verified};
use crate::session::own::{Kind, Memo};
use crate::vault::VaultError;

/// A disclosure that can be opened: every byte of it is checked, and nothing of it can be copied
/// out yet.
///
/// Whoever opens it makes room for it first: what a consent of a single use gives is lost if there
/// is none.
#[derive(Debug)]
pub struct Checked<S>(Opened<S>);

/// A disclosure that was opened: that it was is noted, and its parts can be copied out.
#[derive(Debug)]
pub struct Opened<S> {
    verified: Verified,
    disclosure: Disclosure,
    source: S,
}

impl Requester {
    /// Opens a disclosure under a consent token, both verified as by [`Requester::verify`].
    ///
    /// Everything is read to its end and checked first; then it is noted that it was opened, and
    /// for a consent of a single use the key that opens it is destroyed; only then something can
    /// be copied out. [`Requester::check`] and [`Checked::begin`] do it in two steps.
    ///
    /// # Errors
    /// As those two.
    pub fn open<S: Read + Seek>(
        &mut self,
        token: &[u8],
        source: S,
        patient: Option<&Text>,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Opened<S>, Error> {
        self.check(token, source, patient, progress, cancel)?.begin(self)
    }

    /// Checks a disclosure under a consent token, both verified as by [`Requester::verify`], to its
    /// end. That it is opened is not noted yet.
    ///
    /// # Errors
    /// [`ConsentError::Used`] for a consent of a single use that was used; [`ConsentError::Ended`]
    /// when the answer key is destroyed; [`crate::disclosure::DisclosureError`]; as
    /// [`Requester::verify`].
    pub fn check<S: Read + Seek>(
        &mut self,
        token: &[u8],
        mut source: S,
        patient: Option<&Text>,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Checked<S>, Error> {
        let verified = self.verify(token, patient)?;
        let consent = &verified.consent;
        self.unused(consent)?;
        let asked = consent.scope().request().map(|id| Kind::Asked.id(id.as_bytes()));
        let answer = match asked {
            Some(asked) => {
                let asked = self.asked(asked)?.ok_or(ConsentError::Ended)?;
                SealingKey::from_secret(&asked.answer)
            }
            None => self.session.sealing_key()?,
        };
        let mut disclosure = Disclosure::open(&mut source, consent, &answer)?;
        disclosure.check(&mut source, progress, cancel)?;
        self.session.present();
        Ok(Checked(Opened { verified, disclosure, source }))
    }

    /// Notes that a disclosure is opened, if the consent still holds.
    fn note_opened(&mut self, consent: &VerifiedConsent, id: DisclosureId) -> Result<(), Error> {
        let now = self.session.consent_time()?;
        let mut received = self.unused(consent)?;
        if now >= consent.expires_at() {
            return Err(ConsentError::Expired.into());
        }
        if self.revocations(consent.patient_key())?.revokes(consent) {
            return Err(ConsentError::Revoked.into());
        }
        if let Some(request) = consent.scope().request() {
            self.asked(Kind::Asked.id(request.as_bytes()))?.ok_or(ConsentError::Ended)?;
        }
        if !received.opened.contains(&id) {
            received.opened.push(id);
        }
        let row = Kind::Received.id(consent.id().as_bytes());
        let memo = Memo::new(Kind::Received, row, received.encode(), AuditKind::Opened);
        self.session.remember(now, vec![memo.about(*id.as_bytes())])?;
        self.destroy_ended()
    }

    /// Reads what was received under a consent, unless it was for a single use and is used.
    fn unused(&mut self, consent: &VerifiedConsent) -> Result<KeptReceived, Error> {
        let row = Kind::Received.id(consent.id().as_bytes());
        let memo = self.session.memo(Kind::Received, row)?.ok_or(ConsentError::NotFound)?;
        let received = KeptReceived::decode(&memo).map_err(|_| VaultError::Damaged)?;
        let is_single = consent.scope().flags().contains(Flags::SINGLE_USE);
        if is_single && !received.opened.is_empty() {
            return Err(ConsentError::Used.into());
        }
        Ok(received)
    }
}

impl<S: Read + Seek> Checked<S> {
    /// Returns the consent that it would be opened under, and what is known of the patient.
    #[must_use]
    pub const fn verified(&self) -> &Verified {
        self.0.verified()
    }

    /// Returns what is in it: records, and files that belong to them.
    #[must_use]
    pub fn parts(&self) -> &[DisclosedPart] {
        self.0.parts()
    }

    /// Returns the bytes of all parts together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.parts().iter().map(DisclosedPart::length).fold(0, u64::saturating_add)
    }

    /// Opens it: notes that it was opened, durably, and for a consent of a single use destroys the
    /// key that opens it.
    ///
    /// # Errors
    /// [`ConsentError::Used`], [`ConsentError::Expired`], [`ConsentError::Revoked`] or
    /// [`ConsentError::Ended`] when the consent has come to its end since;
    /// [`ConsentError::NotFound`] for the home of another requester; [`VaultError::Db`].
    pub fn begin(self, requester: &mut Requester) -> Result<Opened<S>, Error> {
        requester.note_opened(&self.0.verified.consent, self.0.disclosure.id())?;
        Ok(self.0)
    }
}

impl<S: Read + Seek> Opened<S> {
    /// Returns the consent that it was opened under, and what is known of the patient.
    #[must_use]
    pub const fn verified(&self) -> &Verified {
        &self.verified
    }

    /// Returns the id of the disclosure.
    #[must_use]
    pub const fn id(&self) -> DisclosureId {
        self.disclosure.id()
    }

    /// Returns what is in it: records, and files that belong to them.
    #[must_use]
    pub fn parts(&self) -> &[DisclosedPart] {
        self.disclosure.parts()
    }

    /// Gives the JSON of a record, by its place among the parts.
    ///
    /// # Errors
    /// [`crate::disclosure::DisclosureError`].
    pub fn record(&mut self, part: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
        Ok(self.disclosure.record(&mut self.source, part)?)
    }

    /// Copies a record or a file out, by its place among the parts; gives its bytes.
    ///
    /// # Errors
    /// [`crate::disclosure::DisclosureError`].
    pub fn copy(
        &mut self,
        part: usize,
        out: &mut dyn Write,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<u64, Error> {
        Ok(self.disclosure.copy(&mut self.source, part, out, progress, cancel)?)
    }
}
