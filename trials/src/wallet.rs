//! The wallet under trial: where it is, how it opens, what it holds.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use patient_wallet::error::Error;
use patient_wallet::host::{Host, Timestamp, WalletClock};
use patient_wallet::keys::{KdfParams, Mnemonic, Passphrase};
use patient_wallet::record::RecordId;
use patient_wallet::session::{Query, Record};
use patient_wallet::vault::VaultError;
use patient_wallet::{Session, Wallet, WalletOptions};

use crate::content::{Digest, digest};
use crate::history::{Held, Model, Records};
use crate::keystore::FileKeystore;

/// Where a wallet, its keystore and the files beside it are.
pub(crate) struct Place {
    home: PathBuf,
    keystore: PathBuf,
}

impl Place {
    /// Takes the two folders.
    pub(crate) fn at(home: &str, keystore: &str) -> Self {
        Self { home: home.into(), keystore: keystore.into() }
    }

    /// Gives the folder of the files beside the wallet.
    pub(crate) fn files(&self) -> PathBuf {
        self.home.join("files")
    }

    /// Gives the folder of the wallet.
    pub(crate) fn vault(&self) -> PathBuf {
        self.home.join("wallet")
    }

    /// Gives the locked wallet, with the weakest passphrase that is allowed.
    pub(crate) fn wallet(&self) -> Wallet {
        let keystore = Arc::new(FileKeystore::in_folder(self.keystore.clone()));
        let host = Host { keystore, clock: Arc::new(Clock(Instant::now())) };
        let options = WalletOptions { kdf: Some(KdfParams::FLOOR), ..WalletOptions::default() };
        Wallet::at(&self.vault(), host, options)
    }
}

/// A time of day that stands still, and a stopwatch.
struct Clock(Instant);

impl WalletClock for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_795_257_600)
    }

    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Gives the passphrase that an operation set.
pub(crate) fn passphrase(n: u64) -> Passphrase {
    Passphrase::new(format!("passphrase of operation {n}").as_bytes()).expect("it is well formed")
}

/// Gives the words of the wallet of a seed.
///
/// # Errors
/// None: the entropy has the right length.
pub(crate) fn words(seed: u64) -> Result<Mnemonic, Error> {
    Ok(Mnemonic::from_entropy(&[seed.to_be_bytes(), seed.to_le_bytes()].concat())?)
}

/// Calls with the number of each passphrase that may hold until one is not wrong.
///
/// # Errors
/// What the last call refused.
pub(crate) fn with_passphrase<T>(
    possible: &[Model],
    mut call: impl FnMut(u64) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut numbers: Vec<u64> = possible.iter().filter_map(|model| model.passphrase).collect();
    numbers.dedup();
    let mut last = Err(VaultError::WrongPassphrase.into());
    for number in numbers {
        last = call(number);
        // A change that became durable may have destroyed the device's part of the old one.
        let wrong = [VaultError::WrongPassphrase, VaultError::DeviceSecretLost].map(Error::from);
        if !matches!(&last, Err(error) if wrong.contains(error)) {
            return last;
        }
    }
    last
}

/// Gives the name and the id of every record.
///
/// # Errors
/// As [`Session::find`].
pub(crate) fn names(session: &mut Session) -> Result<BTreeMap<String, RecordId>, Error> {
    let mut names = BTreeMap::new();
    for id in session.find(&Query::default())?.ids {
        names.insert(name(&session.record(id)?), id);
    }
    Ok(names)
}

/// Reads every version of every record.
///
/// # Errors
/// As [`Session::history`].
pub(crate) fn records(session: &mut Session) -> Result<Records, Error> {
    let mut records = Records::new();
    for (name, id) in names(session)? {
        let versions = session.history(id)?;
        let versions = versions.iter().map(|version| digest(version.json())).collect();
        records.insert(name, Held { versions, attachments: attachments(session, id)? });
    }
    Ok(records)
}

/// Reads the attachments of a record; what was inside a resource was read with it.
fn attachments(session: &mut Session, id: RecordId) -> Result<BTreeMap<String, Digest>, Error> {
    let mut attachments = BTreeMap::new();
    for attachment in session.attachments(id)? {
        let name = attachment.name.as_str();
        let is_ours = name.strip_prefix('a').is_some_and(|n| n.parse::<u64>().is_ok());
        let size = usize::try_from(attachment.size).unwrap_or(usize::MAX);
        let mut bytes = vec![0; size];
        let read = session.read_attachment(attachment.id, 0, &mut bytes)?;
        bytes.truncate(read);
        if is_ours {
            attachments.insert(name.to_owned(), digest(&bytes));
        }
    }
    Ok(attachments)
}

/// What a record is called here: `Type/id`, or how the title of a note starts.
fn name(record: &Record) -> String {
    let reference = record.reference.as_ref().map(|reference| reference.as_str().to_owned());
    reference.unwrap_or_else(|| {
        record.title.as_str().chars().take_while(|letter| *letter != ':').collect()
    })
}
