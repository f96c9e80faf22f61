//! Opening what a patient disclosed.

use std::io::{Read, Seek, Write};

use crate::audit::AuditKind;
use crate::consent::{ConsentError, Flags};
use crate::disclosure::{DisclosedPart, Disclosure, DisclosureId};
use crate::error::Error;
use crate::host::{CancelToken, ProgressListener};
use crate::keys::SealingKey;
use crate::record::Text;
use crate::requester::kept::KeptReceived;
use crate::requester::{Requester, Verified};
use crate::session::own::{Kind, Memo};
use crate::vault::VaultError;

/// A disclosure that was opened: every byte of it is checked, and its parts can be copied out.
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
    /// be copied out.
    ///
    /// # Errors
    /// [`ConsentError::Used`] for a consent of a single use that was used; [`ConsentError::Ended`]
    /// when the answer key is destroyed; [`crate::disclosure::DisclosureError`]; as
    /// [`Requester::verify`].
    pub fn open<S: Read + Seek>(
        &mut self,
        token: &[u8],
        mut source: S,
        patient: Option<&Text>,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Opened<S>, Error> {
        let verified = self.verify(token, patient)?;
        let consent = &verified.consent;
        let row = Kind::Received.id(consent.id().as_bytes());
        let memo = self.session.memo(Kind::Received, row)?.ok_or(VaultError::Damaged)?;
        let mut received = KeptReceived::decode(&memo).map_err(|_| VaultError::Damaged)?;
        let is_single = consent.scope().flags().contains(Flags::SINGLE_USE);
        if is_single && !received.opened.is_empty() {
            return Err(ConsentError::Used.into());
        }
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
        let id = disclosure.id();
        if !received.opened.contains(&id) {
            received.opened.push(id);
        }
        let at = self.session.now();
        let memo = Memo::new(Kind::Received, row, received.encode(), AuditKind::Opened);
        self.session.remember(at, vec![memo.about(*id.as_bytes())])?;
        self.destroy_ended()?;
        Ok(Opened { verified, disclosure, source })
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
