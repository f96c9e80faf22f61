//! What a requester signs about its reading, takes in of its patients, and erases.

use std::path::Path;

use patient_wallet::consent::{NoticeKind, Purpose};
use patient_wallet::receipt;
use patient_wallet::record::Text;
use patient_wallet::requester::{self, Copies, NewAccess};

use crate::error::WalletError;
use crate::page::{page, part};
use crate::parse;
use crate::requester::Requester;
use crate::vocabulary::ReceiptAct;

/// A receipt that this requester signed.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct GivenReceipt {
    /// Names the receipt.
    pub id: String,
    /// The receipt (`pmw-ar`), for the patient.
    pub envelope: Vec<u8>,
    /// The consent that was read under.
    pub consent: String,
    /// What was done.
    pub act: ReceiptAct,
    /// What for.
    pub purpose: Purpose,
    /// When.
    pub at: u64,
    /// Who read, where that was said.
    pub person: Option<String>,
    /// Number of records that were read.
    pub records: u64,
}

page! {
    /// A page of receipts that this requester signed, the oldest first.
    GivenReceiptPage of GivenReceipt
}

/// A patient's notice that was taken in.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct AppliedNotice {
    /// Names the notice: SHA-256 of what was signed, in hexadecimal.
    pub id: String,
    /// What it is about.
    pub kind: NoticeKind,
    /// When the patient signed it.
    pub at: u64,
    /// The consents that were received here and that it names.
    pub consents: Vec<String>,
    /// What the patient adds.
    pub text: Option<String>,
    /// The folders that hold what was corrected, or what shall be erased.
    pub folders: Vec<String>,
    /// The files in them that hold the old version of what was corrected.
    pub outdated: Vec<String>,
    /// The receipt that answers a correction (`pmw-ar`).
    pub answer: Option<Vec<u8>>,
}

/// What came of erasing what was opened under a consent.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ErasedCopies {
    /// The statement (`pmw-es`), for the patient.
    pub statement: Vec<u8>,
    /// What stands in the folders and is not from here: it was left there.
    pub foreign: Vec<String>,
    /// Folders that were not found where they were written.
    pub missing: Vec<String>,
    /// Whether traces of the keys wait to be removed.
    pub pending: bool,
}

#[uniffi::export]
impl Requester {
    /// Lists the receipts that were not handed out yet, or with `again` all, the oldest first; of
    /// one consent or of every one.
    pub fn receipts(
        &self,
        consent: Option<String>,
        again: bool,
        offset: u64,
        limit: u32,
    ) -> Result<GivenReceiptPage, WalletError> {
        self.home.call(|requester| {
            let consent = consent.as_deref().map(parse::id).transpose()?;
            let receipts = requester.receipts(consent, again)?;
            Ok(part(receipts, offset, limit, GivenReceipt::from).into())
        })
    }

    /// Notes that receipts were handed out.
    pub fn mark_given(&self, receipts: Vec<String>) -> Result<(), WalletError> {
        self.home.call(|requester| {
            let ids: Vec<receipt::ReceiptId> = parse::ids(&receipts)?;
            Ok(requester.mark_given(&ids)?)
        })
    }

    /// Signs a receipt of a further access to what was opened under a consent: by a person, or by a
    /// machine; to all of it, or to the records named by their aliases.
    #[uniffi::method(default(records = [], purpose = None, person = None))]
    pub fn note_access(
        &self,
        consent: String,
        by_machine: bool,
        records: Vec<String>,
        purpose: Option<Purpose>,
        person: Option<String>,
    ) -> Result<GivenReceipt, WalletError> {
        use requester::Reading::{Machine, Person};
        self.home.call(|requester| {
            let access = NewAccess {
                consent: parse::id(&consent)?,
                records: parse::ids(&records)?,
                reading: if by_machine { Machine } else { Person },
                purpose,
                person: parse::wiped(person),
            };
            Ok(requester.note_access(&access)?.into())
        })
    }

    /// Takes in a patient's notice (`pmw-no`): a correction is answered with a receipt, a wish that
    /// all be erased is noted.
    pub fn apply_notice(&self, envelope: Vec<u8>) -> Result<AppliedNotice, WalletError> {
        Ok((&self.call(|requester| requester.apply_notice(&envelope))?).into())
    }

    /// Erases what was opened under a consent, with the keys, and signs that it is gone.
    pub fn erase_copies(&self, consent: String) -> Result<ErasedCopies, WalletError> {
        self.home.call(|requester| Ok(requester.erase_copies(parse::id(&consent)?)?.into()))
    }

    /// Signs once more that what was opened under a consent was erased.
    pub fn erasure_statement(&self, consent: String) -> Result<Vec<u8>, WalletError> {
        self.home.call(|requester| Ok(requester.erasure_statement(parse::id(&consent)?)?))
    }
}

impl From<requester::GivenReceipt> for GivenReceipt {
    fn from(given: requester::GivenReceipt) -> Self {
        let receipt = &given.receipt;
        Self {
            id: receipt.id().to_string(),
            consent: receipt.consent().to_string(),
            act: (&receipt.act()).into(),
            purpose: receipt.purpose(),
            at: receipt.at().unix(),
            person: receipt.person().map(str::to_owned),
            records: parse::count(receipt.records().len()),
            envelope: given.envelope,
        }
    }
}

impl From<&requester::Noticed> for AppliedNotice {
    fn from(noticed: &requester::Noticed) -> Self {
        let notice = &noticed.notice;
        let outdated = |copies: &Copies| -> Vec<String> {
            let parts = copies.parts.iter();
            let old = parts.filter(|part| noticed.is_outdated(copies, part.alias));
            old.map(|part| shown(&copies.folder.join(part.path.as_str()))).collect()
        };
        Self {
            id: patient_wallet::codec::Hex(notice.id()).to_string(),
            kind: notice.kind(),
            at: notice.issued_at().unix(),
            consents: parse::shown(&noticed.consents),
            text: parse::text(notice.text().map(Text::from).as_ref()),
            folders: noticed.folders.iter().map(|copies| shown(&copies.folder)).collect(),
            outdated: noticed.folders.iter().flat_map(outdated).collect(),
            answer: noticed.answer.as_ref().map(|answer| answer.envelope.clone()),
        }
    }
}

impl From<requester::ErasedCopies> for ErasedCopies {
    fn from(erased: requester::ErasedCopies) -> Self {
        let paths = |paths: Vec<std::path::PathBuf>| paths.iter().map(|path| shown(path)).collect();
        Self {
            statement: erased.statement,
            foreign: paths(erased.foreign),
            missing: paths(erased.missing),
            pending: erased.pending,
        }
    }
}

/// Writes a path; what is no text in it is replaced.
fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
