//! An unlocked wallet. Dropped, locked or left alone for five minutes, it forgets every key.
//!
//! Each method checks the deadline, does its work in one transaction and notes what changed. The
//! root key, the seed and the words are not held: what needs them asks for a fresh authentication.

mod changes;
mod export;
mod import;
mod keys;
mod records;

use std::fmt;

use crate::db::Db;
use crate::error::{Error, WalletError};
use crate::home::Claim;
use crate::host::{Host, Policy, Timestamp};
use crate::vault::access::HEAD;
use crate::vault::founding::Opened;
use crate::vault::slots::{Header, SlotKind};
use crate::vault::{Vault, VaultError};

pub use export::ExportFormat;
pub use import::{ImportOptions, ImportReport, Refused};
pub use keys::Authentication;
pub use records::{DisplayedCode, Page, Query, Record, Resource, VersionOf};

/// An unlocked wallet.
pub struct Session {
    open: Option<Open>,
    host: Host,
    idle_ms: u64,
    /// Milliseconds of the monotonic clock at the last call.
    last_ms: u64,
}

struct Open {
    db: Db,
    header: Header,
    vault: Option<Vault>,
    _claim: Claim,
}

/// What a session knows of its wallet as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Vault id, 32 lower-case hex digits.
    pub vault: String,
    /// Version of the database schema.
    pub schema: u32,
    /// Number of records; `None` while the device has lost their key.
    pub records: Option<usize>,
    /// Number of versions of all records.
    pub versions: Option<usize>,
    /// Number of attachments.
    pub attachments: u64,
    /// Bytes that the database takes.
    pub bytes: u64,
    /// Ways to open the wallet, and since when.
    pub ways: Vec<(Way, Timestamp)>,
    /// Number of entries of the audit log.
    pub log_size: u64,
    /// Root of the audit log's tree, RFC 9162.
    pub log_root: [u8; 32],
}

/// A way to open a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Way {
    /// The passphrase, on this device.
    Passphrase,
    /// Biometrics, on this device.
    Biometrics,
    /// The words, wherever the vault file is.
    Words,
}

impl Session {
    pub(crate) fn start(opened: Opened, claim: Claim, host: Host, idle_ms: u64) -> Self {
        let Opened { db, header, vault } = opened;
        let last_ms = host.clock.monotonic_ms();
        let open = Open { db, header, vault, _claim: claim };
        Self { open: Some(open), host, idle_ms, last_ms }
    }

    /// Forgets every key and gives the wallet back.
    ///
    /// # Errors
    /// [`VaultError::Keystore`] when the head could not be written; the wallet is locked all the
    /// same.
    pub fn lock(mut self) -> Result<(), Error> {
        self.close()
    }

    /// Locks when nothing was asked for five minutes, and tells whether the wallet is locked.
    ///
    /// For a shell's timer: every other method checks the time by itself.
    pub fn lock_if_due(&mut self) -> bool {
        if self.is_due() {
            // The head is written again at the next lock; being locked matters more.
            let _ = self.close();
        }
        self.open.is_none()
    }

    /// Describes the wallet.
    ///
    /// # Errors
    /// [`WalletError::Locked`]; [`VaultError::Db`].
    pub fn status(&mut self) -> Result<Status, Error> {
        let open = self.open()?;
        let state = open.vault.as_ref().map(Vault::state);
        let ways = open.header.slots().iter().map(|slot| {
            let way = match slot.kind {
                SlotKind::Passphrase { .. } => Way::Passphrase,
                SlotKind::Biometric { .. } => Way::Biometrics,
                SlotKind::Seed => Way::Words,
            };
            (way, slot.created)
        });
        Ok(Status {
            vault: open.header.vault.id.iter().map(|byte| format!("{byte:02x}")).collect(),
            schema: crate::db::SCHEMA_VERSION,
            records: open.vault.as_ref().map(|vault| vault.index().records()),
            versions: open.vault.as_ref().map(|vault| vault.index().len()),
            attachments: state.map_or(0, |state| state.attachments),
            bytes: open.db.size()?,
            ways: ways.collect(),
            log_size: state.map_or(0, |state| state.log_size),
            log_root: state.map_or([0; 32], |state| state.log_root),
        })
    }

    /// Bounds the size of the database, so that a test can meet a full disk.
    ///
    /// # Errors
    /// [`VaultError::Db`] when the database does not answer.
    #[cfg(any(test, feature = "testing"))]
    pub fn limit_pages(&mut self, pages: u32) -> Result<(), Error> {
        Ok(self.open()?.db.limit_pages(pages)?)
    }

    fn is_due(&self) -> bool {
        let idle = self.host.clock.monotonic_ms().saturating_sub(self.last_ms);
        self.open.is_some() && idle >= self.idle_ms
    }

    fn open(&mut self) -> Result<&mut Open, Error> {
        self.lock_if_due();
        self.touch();
        self.open.as_mut().ok_or_else(|| WalletError::Locked.into())
    }

    fn touch(&mut self) {
        self.last_ms = self.host.clock.monotonic_ms();
    }

    fn close(&mut self) -> Result<(), Error> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let head = open.vault.as_ref().map(|vault| vault.state().head());
        // While the home is still ours: another process may write a later head once it is not.
        let put = head.map_or(Ok(()), |head| self.host.keystore.put(HEAD, &head, Policy::Silent));
        drop(open);
        Ok(put?)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("open", &self.open.is_some()).finish_non_exhaustive()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A drop cannot report; the head is written again at the next lock.
        let _ = self.close();
    }
}

impl Open {
    /// Gives database and records.
    fn records(&mut self) -> Result<(&mut Db, &mut Vault), Error> {
        match &mut self.vault {
            Some(vault) => Ok((&mut self.db, vault)),
            None => Err(VaultError::NeedsWords.into()),
        }
    }
}
