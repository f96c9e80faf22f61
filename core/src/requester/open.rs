//! Opening what a patient disclosed.

use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::audit::AuditKind;
use crate::consent::{Alias, ConsentError, ConsentId, Flags, VerifiedConsent};
use crate::disclosure::{DisclosedPart, Disclosure, DisclosureId};
use crate::error::Error;
use crate::file::FileError;
use crate::host::{CancelToken, ProgressListener, Timestamp};
use crate::keys::SealingKey;
use crate::receipt::Act;
use crate::record::Text;
use crate::requester::access::Access;
use crate::requester::kept::{CopiedPart, Copies, KeptReceived};
use crate::requester::{GivenReceipt, Requester, Verified, WrittenPart};
use crate::session::own::{Kind, Memo};
use crate::vault::VaultError;

/// A disclosure that can be opened: every byte of it is checked, and nothing of it can be copied
/// out yet.
///
/// Whoever opens it makes room for it first: what a consent of a single use gives is lost if there
/// is none.
#[derive(Debug)]
pub struct Checked<S> {
    verified: Verified,
    disclosure: Disclosure,
    source: S,
    person: Option<Text>,
}

/// A disclosure that was opened: that it was is noted and signed, and its parts can be copied out.
#[derive(Debug)]
pub struct Opened<S> {
    verified: Verified,
    disclosure: Disclosure,
    source: S,
    receipt: GivenReceipt,
    copies: Option<Copies>,
}

impl Requester {
    /// Opens a disclosure under a consent token, both verified as by [`Requester::verify`].
    ///
    /// Everything is read to its end and checked first; then it is noted that it was opened, a
    /// receipt of it is signed, and for a consent of a single use the key that opens it is destroyed;
    /// only then something can be copied out. [`Requester::check`] and [`Checked::begin`] do it in two steps.
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
        Ok(Checked { verified, disclosure, source, person: None })
    }

    /// Notes that a disclosure is opened and signs the receipt of it, both or neither, if the
    /// consent still holds; with a folder, where its files will stand.
    fn note_opened(
        &mut self,
        consent: &VerifiedConsent,
        disclosure: &Disclosure,
        person: Option<&Text>,
        folder: Option<PathBuf>,
    ) -> Result<(GivenReceipt, Option<Copies>), Error> {
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
        let id = disclosure.id();
        if !received.opened.contains(&id) {
            received.opened.push(id);
        }
        let row = Kind::Received.id(consent.id().as_bytes());
        let memo = Memo::new(Kind::Received, row, received.encode(), AuditKind::Opened);
        let mut memos = vec![memo.about(*id.as_bytes())];
        let parts = disclosure.parts().iter().filter(|part| part.file().is_none());
        let records: Vec<Alias> = parts.map(DisclosedPart::alias).collect();
        let access = Access {
            patient: consent.patient_key(),
            consent: consent.id(),
            act: Act::Opened(id),
            purpose: consent.scope().purpose(),
            records: &records,
            person,
        };
        let (receipt, rows) = self.sign_access(&access, now)?;
        memos.extend(rows);
        let copies = folder.map(|folder| Copies {
            consent: consent.id(),
            disclosure: id,
            folder,
            opened_at: now,
            signed_at: disclosure.issued_at(),
            parts: Vec::new(),
            beside: Vec::new(),
            is_going: false,
        });
        if let Some(copies) = &copies {
            memos.push(copies.memo()?);
        }
        self.session.remember(now, memos)?;
        self.destroy_ended()?;
        Ok((receipt, copies))
    }

    /// Gives the disclosures under a consent that were opened.
    pub(super) fn opened_under(&mut self, consent: ConsentId) -> Result<Vec<DisclosureId>, Error> {
        let row = Kind::Received.id(consent.as_bytes());
        let memo = self.session.memo(Kind::Received, row)?.ok_or(ConsentError::NotFound)?;
        Ok(KeptReceived::decode(&memo).map_err(|_| VaultError::Damaged)?.opened)
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
    /// Says who will read, which stands in the receipt: a name of 1 to 64 bytes.
    #[must_use]
    pub fn by(self, person: Text) -> Self {
        Self { person: Some(person), ..self }
    }

    /// Returns the consent that it would be opened under, and what is known of the patient.
    #[must_use]
    pub const fn verified(&self) -> &Verified {
        &self.verified
    }

    /// Returns what is in it: records, and files that belong to them.
    #[must_use]
    pub fn parts(&self) -> &[DisclosedPart] {
        self.disclosure.parts()
    }

    /// Returns the bytes of all parts together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.parts().iter().map(DisclosedPart::length).fold(0, u64::saturating_add)
    }

    /// Opens it: notes that it was opened and signs the receipt of it, durably, and for a consent of
    /// a single use destroys the key that opens it.
    ///
    /// # Errors
    /// [`crate::receipt::ReceiptError::Invalid`] for a name of who reads that no receipt can carry;
    /// [`ConsentError::Used`], [`ConsentError::Expired`], [`ConsentError::Revoked`] or
    /// [`ConsentError::Ended`] when the consent has come to its end since;
    /// [`ConsentError::NotFound`] for the home of another requester; [`VaultError::Db`].
    pub fn begin(self, requester: &mut Requester) -> Result<Opened<S>, Error> {
        self.begin_into(requester, None)
    }

    pub(super) fn begin_into(
        self,
        requester: &mut Requester,
        folder: Option<&Path>,
    ) -> Result<Opened<S>, Error> {
        let folder = folder.map(whole).transpose()?;
        let Self { verified, disclosure, source, person } = self;
        let (receipt, copies) =
            requester.note_opened(&verified.consent, &disclosure, person.as_ref(), folder)?;
        Ok(Opened { verified, disclosure, source, receipt, copies })
    }
}

/// Gives a path from the root on, for it is looked up later from elsewhere.
fn whole(folder: &Path) -> Result<PathBuf, FileError> {
    let path = std::path::absolute(folder).map_err(FileError::unwritable)?;
    match path.to_str() {
        Some(_) => Ok(path),
        None => Err(FileError::Unwritable { kind: ErrorKind::InvalidFilename }),
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

    /// Returns when the patient signed the disclosure: what was corrected later is the old version.
    #[must_use]
    pub const fn signed_at(&self) -> Timestamp {
        self.disclosure.issued_at()
    }

    /// Returns the receipt of this opening; it waits to be handed out.
    #[must_use]
    pub const fn receipt(&self) -> &GivenReceipt {
        &self.receipt
    }

    /// Remembers what is being written into the folder that it was opened into, before the folder
    /// gets its name: notices and erasure find it by that. `beside` are the names of what else is
    /// written there.
    ///
    /// # Errors
    /// [`VaultError::Db`].
    pub fn keep(
        &mut self,
        requester: &mut Requester,
        parts: &[WrittenPart],
        beside: &[&str],
    ) -> Result<(), Error> {
        let Some(copies) = &mut self.copies else { return Ok(()) };
        copies.parts = parts.iter().map(CopiedPart::from).collect();
        copies.beside = beside.iter().map(|name| Text::from(*name)).collect();
        let memo = copies.memo()?;
        requester.session.remember(requester.session.now(), vec![memo])
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
