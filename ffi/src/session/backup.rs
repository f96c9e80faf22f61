//! Ways back: backups, their rehearsal, the words, the passphrase, biometrics.

use std::sync::Arc;

use patient_wallet::session;
use zeroize::Zeroizing;

use crate::error::WalletError;
use crate::host::{CancelToken, ProgressListener};
use crate::page::part;
use crate::parse;
use crate::session::{IdPage, Session};
use crate::wallet::{Authentication, BackupKey};

/// What stands in a backup.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct BackupReport {
    /// Names the backup file.
    pub id: String,
    /// Records in it.
    pub records: u64,
    /// Attachments in it.
    pub attachments: u64,
    /// The first thousand attachments whose file is missing.
    pub missing: IdPage,
}

/// What a backup would bring back.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Rehearsal {
    /// Names the backup file.
    pub id: String,
    /// When it was made.
    pub made: u64,
    /// Records that it would bring back.
    pub records: u64,
    /// Attachments that it would bring back.
    pub attachments: u64,
    /// The first thousand records of which some version cannot be read in it.
    pub unreadable: IdPage,
    /// The first thousand attachments whose bytes are not in it.
    pub missing: IdPage,
    /// Whether it would bring back every record that there is now.
    pub good: bool,
}

#[uniffi::export]
impl Session {
    /// Writes the whole wallet into a sealed file, which the words open, and the export passphrase
    /// where one is given.
    #[uniffi::method(default(replace = false, progress = None, cancel = None))]
    pub fn backup(
        &self,
        with: Authentication,
        export_passphrase: Option<Vec<u8>>,
        path: String,
        replace: bool,
        progress: Option<Arc<dyn ProgressListener>>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<BackupReport, WalletError> {
        let (with, export) = (with.read(), export_passphrase.map(parse::passphrase).transpose());
        let (with, export) = (with?, export?);
        self.long_call(progress, cancel.as_ref(), |session, watch| {
            let (with, export) = (with.as_core(), export.as_ref());
            let file = parse::new_file(path, replace)?;
            let report = session.backup(&with, export, file, watch.progress, watch.cancel)?;
            Ok(BackupReport {
                id: report.id.to_string(),
                records: parse::count(report.records),
                attachments: parse::count(report.attachments),
                missing: part(report.missing, 0, u32::MAX, |id| id.to_string()).into(),
            })
        })
    }

    /// Opens a backup file to its end, without changing anything, and tells what it would bring
    /// back.
    #[uniffi::method(default(progress = None, cancel = None))]
    pub fn rehearse(
        &self,
        path: String,
        key: BackupKey,
        progress: Option<Arc<dyn ProgressListener>>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<Rehearsal, WalletError> {
        let key = key.read()?;
        self.long_call(progress, cancel.as_ref(), |session, watch| {
            let mut file = parse::read(path)?;
            let key = key.as_core();
            let found = session.rehearse(&mut file, &key, watch.progress, watch.cancel)?;
            Ok(Rehearsal {
                id: found.id.to_string(),
                made: found.made.unix(),
                records: parse::count(found.records),
                attachments: parse::count(found.attachments),
                unreadable: part(found.unreadable, 0, u32::MAX, |id| id.to_string()).into(),
                missing: part(found.missing, 0, u32::MAX, |id| id.to_string()).into(),
                good: found.good,
            })
        })
    }

    /// Sets a new passphrase, at the cost that the wallet's options say.
    pub fn change_passphrase(&self, with: Authentication, new: Vec<u8>) -> Result<(), WalletError> {
        let (with, new) = (with.read(), parse::passphrase(new));
        let (with, new) = (with?, new?);
        self.home.call(|open| {
            let params = self.wallet.params()?;
            Ok(open.session.change_passphrase(&with.as_core(), &new, params)?)
        })
    }

    /// Lets the device open the wallet once it has recognised the patient.
    pub fn enable_biometrics(&self, with: Authentication) -> Result<(), WalletError> {
        let with = with.read()?;
        self.call(|session| session.enable_biometrics(&with.as_core()))
    }

    /// Lets the device open the wallet no more.
    pub fn disable_biometrics(&self, with: Authentication) -> Result<(), WalletError> {
        let with = with.read()?;
        self.call(|session| session.disable_biometrics(&with.as_core()))
    }

    /// Gives the recovery words, blanks between them, to be shown to the patient and to nobody
    /// else: whoever reads them holds the wallet. Wipe the bytes when they were shown.
    pub fn dangerous_words(&self, with: Authentication) -> Result<Vec<u8>, WalletError> {
        let with = with.read()?;
        self.call(|session: &mut session::Session| {
            let words = session.dangerous_words(&with.as_core())?;
            let mut text = Zeroizing::new(String::with_capacity(LONGEST_WORDS));
            for word in words.dangerous_words() {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(word);
            }
            Ok(std::mem::take(&mut *text).into_bytes())
        })
    }
}

/// 24 words of at most 8 letters, and the blanks.
const LONGEST_WORDS: usize = 24 * 9;
