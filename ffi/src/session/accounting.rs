//! Accounting: what was given to whom, to be shown and handed on.

use std::io::Write;

use patient_wallet::consent::{Purpose, Standing};
use patient_wallet::file::{FileError, Output};
use patient_wallet::host::Timestamp;
use patient_wallet::words::{self, Language};

use crate::error::{WalletError, refused};
use crate::page::{page, part};
use crate::parse;
use crate::session::Session;

/// Every disclosure of a time (45 CFR 164.528).
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Accounting {
    /// The patient's name, where a record says it.
    pub patient: Option<String>,
    /// First second inside.
    pub since: u64,
    /// First second outside.
    pub until: u64,
    /// When it was made.
    pub made: u64,
    /// The first thousand disclosures, the oldest first; a file has all.
    pub disclosures: AccountedPage,
}

/// One disclosure of an accounting.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Accounted {
    /// Names it.
    pub id: String,
    /// When it was given.
    pub at: u64,
    /// To whom, by the name that was shown.
    pub audience: String,
    /// Their DID.
    pub did: String,
    /// How far it is proven today who they are.
    pub standing: Standing,
    /// Who vouches for them today.
    pub vouched_by: Option<String>,
    /// What for.
    pub purpose: Purpose,
    /// The consent that it was under.
    pub consent: String,
    /// Who signed in the patient's name, where somebody did.
    pub by: Option<String>,
    /// Number of records that went.
    pub records: u64,
}

page! {
    /// A page of disclosures.
    AccountedPage of Accounted
}

/// How an accounting is written.
#[derive(Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum AccountingFormat {
    /// Plain text.
    Text,
    /// One page of HTML without script, to be read or printed.
    Html,
}

#[uniffi::export]
impl Session {
    /// Lists what was given from a moment until before another, whatever became of the consents.
    pub fn accounting(&self, since: u64, until: u64) -> Result<Accounting, WalletError> {
        let (since, until) = (Timestamp::from_unix(since), Timestamp::from_unix(until));
        Ok(self.call(|session| session.accounting(since, until))?.into())
    }

    /// Writes what was given from a moment until before another into a file; one that is there is
    /// replaced only on purpose.
    #[uniffi::method(default(replace = false))]
    pub fn write_accounting(
        &self,
        path: String,
        since: u64,
        until: u64,
        language: Language,
        format: AccountingFormat,
        replace: bool,
    ) -> Result<(), WalletError> {
        let (since, until) = (Timestamp::from_unix(since), Timestamp::from_unix(until));
        self.home.call(|open| {
            let mut file = parse::new_file(path, replace)?;
            let accounting = open.session.accounting(since, until)?;
            let told = match format {
                AccountingFormat::Text => language.accounting_text(&accounting),
                AccountingFormat::Html => language.accounting_html(&accounting),
            };
            let written = file.write_all(told.as_bytes()).map_err(FileError::unwritable);
            written.map_err(refused)?;
            file.finish().map_err(refused)
        })
    }
}

impl From<words::Accounting> for Accounting {
    fn from(accounting: words::Accounting) -> Self {
        Self {
            patient: parse::text(accounting.patient.as_ref()),
            since: accounting.from.unix(),
            until: accounting.until.unix(),
            made: accounting.made.unix(),
            disclosures: part(accounting.disclosures, 0, u32::MAX, Accounted::from).into(),
        }
    }
}

impl From<words::Accounted> for Accounted {
    fn from(one: words::Accounted) -> Self {
        let recipient = &one.recipient;
        Self {
            id: one.id.to_string(),
            at: one.at.unix(),
            audience: recipient.name.as_str().to_owned(),
            did: recipient.did.as_str().to_owned(),
            standing: recipient.standing,
            vouched_by: parse::text(recipient.vouched_by.as_ref()),
            purpose: one.purpose,
            consent: one.consent.to_string(),
            by: parse::text(one.by.as_ref()),
            records: parse::count(one.records.len()),
        }
    }
}
