//! Opening what a patient disclosed.

use std::sync::Arc;

use patient_wallet::record::{Category, SensitivityLabel};
use patient_wallet::requester;

use crate::error::WalletError;
use crate::host::{self, CancelToken, ProgressListener};
use crate::page::{page, part};
use crate::parse;
use crate::requester::{GivenReceipt, Requester, VerifiedConsent};

/// A disclosure that was checked to its end; nothing of it is opened yet.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct CheckedDisclosure {
    /// The consent that it is under.
    pub consent: VerifiedConsent,
    /// Records and files in it.
    pub parts: u64,
    /// Bytes that they take.
    pub bytes: u64,
}

/// A disclosure that was opened into a folder.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct OpenedDisclosure {
    /// The consent that it is under.
    pub consent: VerifiedConsent,
    /// The first thousand of its records and files; the folder holds all.
    pub parts: OpenedPartPage,
    /// The receipt of it, for the patient.
    pub receipt: GivenReceipt,
}

/// A record or a file that was written.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct OpenedPart {
    /// Where it is in the folder.
    pub path: String,
    /// The only name that the record has outside of the wallet.
    pub alias: String,
    /// Its category.
    pub category: Category,
    /// Its labels, as far as the consent lets them be seen.
    pub labels: Vec<SensitivityLabel>,
    /// Its media type.
    pub media_type: String,
    /// Bytes of it.
    pub length: u64,
    /// The name that the file had in the wallet; absent for a record.
    pub file: Option<String>,
}

page! {
    /// A page of what was opened.
    OpenedPartPage of OpenedPart
}

#[uniffi::export]
impl Requester {
    /// Opens a disclosure under its token into a new folder: all of it or nothing. Once it is noted
    /// as opened it is written to its end, whatever the cancel token says; one of a single use
    /// takes its room on the disk first.
    #[uniffi::method(default(patient = None, progress = None, cancel = None))]
    pub fn open(
        &self,
        token: Vec<u8>,
        path: String,
        folder: String,
        patient: Option<String>,
        progress: Option<Arc<dyn ProgressListener>>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<OpenedDisclosure, WalletError> {
        let patient = parse::wiped(patient);
        let (progress, cancel) = (host::progress(progress), host::token(cancel.as_ref()));
        self.home.long_call(&cancel, |requester| {
            let (file, folder) = (parse::read(path)?, parse::new_folder(folder)?);
            let patient = patient.as_ref();
            let opened = requester.open_into(&token, file, folder, patient, &progress, &cancel)?;
            Ok(OpenedDisclosure {
                consent: (&opened.verified).into(),
                parts: part(opened.parts, 0, u32::MAX, OpenedPart::from).into(),
                receipt: opened.receipt.into(),
            })
        })
    }

    /// Checks a disclosure under its token to its end. That it is opened is not noted yet.
    #[uniffi::method(default(patient = None, progress = None, cancel = None))]
    pub fn check(
        &self,
        token: Vec<u8>,
        path: String,
        patient: Option<String>,
        progress: Option<Arc<dyn ProgressListener>>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<CheckedDisclosure, WalletError> {
        let patient = parse::wiped(patient);
        let (progress, cancel) = (host::progress(progress), host::token(cancel.as_ref()));
        self.home.long_call(&cancel, |requester| {
            let file = parse::read(path)?;
            let checked = requester.check(&token, file, patient.as_ref(), &progress, &cancel)?;
            Ok(CheckedDisclosure {
                consent: checked.verified().into(),
                parts: parse::count(checked.parts().len()),
                bytes: checked.bytes(),
            })
        })
    }
}

impl From<requester::WrittenPart> for OpenedPart {
    fn from(written: requester::WrittenPart) -> Self {
        let part = &written.part;
        Self {
            path: written.path.as_str().to_owned(),
            alias: part.alias().to_string(),
            category: part.category(),
            labels: parse::labels(part.labels()),
            media_type: part.media_type().to_owned(),
            length: part.length(),
            file: part.file().map(|file| file.name().to_owned()),
        }
    }
}
