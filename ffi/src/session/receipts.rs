//! What readers hand back, what is told them, and who holds what.

use patient_wallet::codec::Hex;
use patient_wallet::consent::{NoticeKind, Purpose};
use patient_wallet::keys::DidKey;
use patient_wallet::session::{self, Told};

use crate::error::WalletError;
use crate::page::{page, part};
use crate::parse;
use crate::session::{IdPage, Session};
use crate::vocabulary::ReceiptAct;

/// A receipt or an erasure statement that a reader handed in.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Receipt {
    /// Names it: SHA-256 of what was signed, in hexadecimal.
    pub id: String,
    /// What the reader did.
    pub act: ReceiptAct,
    /// When.
    pub at: u64,
    /// The consent that it names.
    pub consent: String,
    /// What for; absent for an erasure.
    pub purpose: Option<Purpose>,
    /// The reader's key, as a DID.
    pub reader: String,
    /// The name under which the patient consented to this reader; absent for a reader whom no
    /// consent names.
    pub audience: Option<String>,
    /// The name that the reader gives itself; absent for an erasure.
    pub name: Option<String>,
    /// Who read, where the reader says so.
    pub person: Option<String>,
    /// Place in the chain of this reader's receipts, from 1; absent for an erasure.
    pub number: Option<u64>,
    /// Number of records that were read.
    pub records: u64,
}

page! {
    /// A page of what readers handed in, in the order of the accesses.
    ReceiptPage of Receipt
}

/// What came of one envelope that was handed in.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct AddedReceipt {
    /// Why it was refused (docs/errors.md); absent for one that is kept.
    pub refused: Option<String>,
    /// What it says; absent for one that was refused.
    pub receipt: Option<Receipt>,
    /// Whether it was not here before.
    pub is_new: bool,
}

/// A notice that was signed for a reader, and what came of it.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Notice {
    /// Names it: SHA-256 of what was signed, in hexadecimal.
    pub id: String,
    /// What it is about.
    pub kind: NoticeKind,
    /// The reader's name, as it was shown.
    pub audience: String,
    /// Their DID.
    pub did: String,
    /// The consents under which they hold what it is about.
    pub consents: Vec<String>,
    /// Number of records that were corrected.
    pub records: u64,
    /// When it was signed.
    pub at: u64,
    /// When they answered; absent while they have not.
    pub answered: Option<u64>,
    /// The signed object (`pmw-no`), to be carried to them.
    pub envelope: Vec<u8>,
}

page! {
    /// A page of notices, the newest first.
    NoticePage of Notice
}

/// What a reader owes to erase.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct OwedErasure {
    /// The consent under which they hold something.
    pub consent: String,
    /// Their name, as it was shown.
    pub audience: String,
    /// Their DID.
    pub did: String,
    /// Since when they owe it.
    pub since: u64,
}

page! {
    /// A page of what readers owe to erase, what they owe longest first.
    OwedErasurePage of OwedErasure
}

/// Somebody who was given a record under a consent.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Holder {
    /// Their name, as it was shown.
    pub audience: String,
    /// Their DID.
    pub did: String,
    /// The consent.
    pub consent: String,
    /// The latest version that they were given.
    pub version: u32,
    /// Since when they have that.
    pub since: u64,
    /// When they first signed that they read it after that.
    pub read: Option<u64>,
    /// When they signed that they erased it.
    pub erased: Option<u64>,
}

page! {
    /// A page of holders, the latest first.
    HolderPage of Holder
}

#[uniffi::export]
impl Session {
    /// Takes in receipts (`pmw-ar`) and erasure statements (`pmw-es`), in any order and twice
    /// without harm: tells of each what came of it.
    pub fn add_receipts(&self, envelopes: Vec<Vec<u8>>) -> Result<Vec<AddedReceipt>, WalletError> {
        let envelopes: Vec<&[u8]> = envelopes.iter().map(Vec::as_slice).collect();
        let judged = self.call(|session| session.add_receipts(&envelopes))?;
        Ok(judged.into_iter().map(AddedReceipt::from).collect())
    }

    /// Lists what readers handed in, about one consent or about all.
    pub fn receipts(
        &self,
        consent: Option<String>,
        offset: u64,
        limit: u32,
    ) -> Result<ReceiptPage, WalletError> {
        self.home.call(|open| {
            let consent = consent.as_deref().map(parse::id).transpose()?;
            let receipts = open.session.receipts(consent)?;
            let receipt =
                |it: session::HandedIn| receipt(&it.told, parse::text(it.audience.as_ref()));
            Ok(part(receipts, offset, limit, receipt).into())
        })
    }

    /// Lists the notices that were signed, the newest first.
    pub fn notices(&self, offset: u64, limit: u32) -> Result<NoticePage, WalletError> {
        let notices = self.call(session::Session::notices)?;
        Ok(part(notices, offset, limit, Notice::from).into())
    }

    /// Lists the records that a notice is about.
    pub fn corrected(
        &self,
        notice: String,
        offset: u64,
        limit: u32,
    ) -> Result<IdPage, WalletError> {
        self.home.call(|open| {
            let notices = open.session.notices()?;
            let found = notices.into_iter().find(|one| Hex(&one.id).to_string() == notice);
            let found = found.ok_or_else(|| {
                crate::error::refused(patient_wallet::receipt::ReceiptError::NotFound)
            })?;
            Ok(part(found.records, offset, limit, |id| id.to_string()).into())
        })
    }

    /// Signs the wish that a reader erase what it opened under a consent.
    pub fn ask_erasure(&self, consent: String) -> Result<Notice, WalletError> {
        self.home.call(|open| Ok(open.session.ask_erasure(parse::id(&consent)?)?.into()))
    }

    /// Lists what readers owe to erase, what they owe longest first.
    pub fn owed_erasures(&self, offset: u64, limit: u32) -> Result<OwedErasurePage, WalletError> {
        let owed = self.call(session::Session::owed_erasures)?;
        Ok(part(owed, offset, limit, OwedErasure::from).into())
    }

    /// Lists who was given a record, under each consent, the latest first.
    pub fn holders(
        &self,
        record: String,
        offset: u64,
        limit: u32,
    ) -> Result<HolderPage, WalletError> {
        self.home.call(|open| {
            let holders = open.session.holders(parse::id(&record)?)?;
            Ok(part(holders, offset, limit, Holder::from).into())
        })
    }
}

fn receipt(told: &Told, audience: Option<String>) -> Receipt {
    let access = match told {
        Told::Access(receipt) => Some(receipt),
        _ => None,
    };
    Receipt {
        id: Hex(&told.id()).to_string(),
        act: access.map_or(ReceiptAct::Erased, |access| (&access.act()).into()),
        at: told.at().unix(),
        consent: told.consent().to_string(),
        purpose: access.map(patient_wallet::receipt::AccessReceipt::purpose),
        reader: DidKey::from(told.reader()).to_string(),
        audience,
        name: access.map(|access| access.name().to_owned()),
        person: access.and_then(|access| access.person()).map(str::to_owned),
        number: access.map(patient_wallet::receipt::AccessReceipt::number),
        records: parse::count(access.map_or(0, |access| access.records().len())),
    }
}

impl From<Result<session::AddedReceipt, patient_wallet::receipt::ReceiptError>> for AddedReceipt {
    fn from(judged: Result<session::AddedReceipt, patient_wallet::receipt::ReceiptError>) -> Self {
        match judged {
            Ok(added) => Self {
                refused: None,
                receipt: Some(receipt(&added.told, parse::text(added.audience.as_ref()))),
                is_new: added.is_new,
            },
            Err(error) => {
                Self { refused: Some(error.code().to_owned()), receipt: None, is_new: false }
            }
        }
    }
}

impl From<session::NoticeState> for Notice {
    fn from(notice: session::NoticeState) -> Self {
        Self {
            id: Hex(&notice.id).to_string(),
            kind: notice.kind,
            audience: notice.audience.as_str().to_owned(),
            did: notice.did.as_str().to_owned(),
            consents: parse::shown(&notice.consents),
            records: parse::count(notice.records.len()),
            at: notice.at.unix(),
            answered: notice.answered.map(parse::seconds),
            envelope: notice.envelope,
        }
    }
}

impl From<session::OwedErasure> for OwedErasure {
    fn from(owed: session::OwedErasure) -> Self {
        Self {
            consent: owed.consent.to_string(),
            audience: owed.audience.as_str().to_owned(),
            did: owed.did.as_str().to_owned(),
            since: owed.since.unix(),
        }
    }
}

impl From<session::Holder> for Holder {
    fn from(holder: session::Holder) -> Self {
        Self {
            audience: holder.audience.as_str().to_owned(),
            did: holder.did.as_str().to_owned(),
            consent: holder.consent.to_string(),
            version: holder.version,
            since: holder.since.unix(),
            read: holder.read.map(parse::seconds),
            erased: holder.erased.map(parse::seconds),
        }
    }
}
