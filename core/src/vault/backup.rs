//! The backup file: everything of a wallet in one stream, for another device or a rehearsal.
//!
//! ```text
//! words, export passphrase --slots--> BK (random for each file) --HKDF--> wrap   (the vault's root key)
//!                                                                         table  (keys of the buckets)
//!                                                                         mac    (every byte of the file)
//! ```
//! Invariant: a [`reader::Reader`] gives the keys away only when the MAC over the whole file has held; what
//! it wrote until then is unproven, and is to stand in temporary files that nothing opens. Both ways
//! the memory is constant, whatever lengths a file claims. Bytes: docs/formats.md 8.

mod header;
pub(crate) mod reader;
pub(crate) mod writer;

use std::io::{self, ErrorKind, Read, Write};

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::host::{CancelToken, ProgressListener, Timestamp};
use crate::keys::{KeyError, Mnemonic, Passphrase, Secret};
use crate::vault::VaultError;
use crate::vault::slots::{RootKey, VaultEpoch};

pub(crate) use header::{Parts, TABLE};

/// Why a backup file was not written or not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The file does not begin like a backup.
    #[error("the file is no backup of a wallet")]
    NotABackup,
    /// A later version of the wallet wrote the file.
    #[error("the backup has format {version}, which this wallet does not know")]
    NewerFormat {
        /// Format of the file.
        version: u8,
    },
    /// Bytes of the file are not what was written, or are missing, or are too many.
    #[error("the backup is damaged; nothing of it was taken")]
    Damaged,
    /// The words belong to another wallet, or the passphrase is wrong.
    #[error("these words or this passphrase do not open the backup")]
    WrongKey,
    /// The backup cannot be opened in this way.
    #[error("the backup has no way to be opened like this")]
    NoSuchSlot,
    /// What stands before the records is longer than a backup's.
    #[error("the head of the backup is longer than {limit} bytes")]
    HeaderTooLarge {
        /// The most that is accepted.
        limit: usize,
    },
    /// The backup asks for a key derivation outside the bounds.
    #[error("the backup asks for a key derivation outside the bounds")]
    KdfOutOfBounds,
    /// The export passphrase is the one that unlocks the wallet.
    #[error("the export passphrase must differ from the passphrase of the wallet")]
    SamePassphrase,
    /// The wallet that is here has gone on since the backup was made.
    #[error("the backup is older than the wallet that is here")]
    Older,
    /// The wallet that is here is not the one that the backup was made of.
    #[error("the backup is of another wallet than the one that is here")]
    OtherWallet,
    /// What was to be backed up is not as long as it was said to be.
    #[error("the wallet changed while it was being backed up")]
    SourceChanged,
    /// What was to be read could not be read.
    #[error("the file could not be read: {kind}")]
    Read {
        /// What the operating system said.
        kind: ErrorKind,
    },
    /// What was to be written could not be written.
    #[error("the file could not be written: {kind}")]
    Output {
        /// What the operating system said.
        kind: ErrorKind,
    },
    /// The work was cancelled.
    #[error("cancelled; nothing was changed")]
    Cancelled,
    /// The system gave no randomness.
    #[error("the system gives no randomness")]
    Randomness,
    /// There is not enough memory for the key derivation.
    #[error("there is not enough memory for the key derivation")]
    OutOfMemory,
}

impl BackupError {
    /// Gives the stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotABackup => "backup.not-a-backup",
            Self::NewerFormat { .. } => "backup.newer-format",
            Self::Damaged => "backup.damaged",
            Self::WrongKey => "backup.wrong-key",
            Self::NoSuchSlot => "backup.no-such-slot",
            Self::HeaderTooLarge { .. } => "backup.too-large-header",
            Self::KdfOutOfBounds => "backup.kdf-out-of-bounds",
            Self::SamePassphrase => "backup.same-passphrase",
            Self::Older => "backup.older",
            Self::OtherWallet => "backup.other-wallet",
            Self::SourceChanged => "backup.source-changed",
            Self::Read { .. } => "backup.read",
            Self::Output { .. } => "backup.output",
            Self::Cancelled => "wallet.cancelled",
            Self::Randomness => "keys.randomness",
            Self::OutOfMemory => "keys.out-of-memory",
        }
    }

    /// Says what an error of a slot means for the file.
    const fn of_slot(error: VaultError) -> Self {
        match error {
            VaultError::Undecryptable => Self::WrongKey,
            VaultError::KdfOutOfBounds => Self::KdfOutOfBounds,
            VaultError::Randomness => Self::Randomness,
            VaultError::OutOfMemory => Self::OutOfMemory,
            _ => Self::Damaged,
        }
    }

    fn output(error: &io::Error) -> Self {
        Self::Output { kind: error.kind() }
    }
}

impl From<KeyError> for BackupError {
    fn from(error: KeyError) -> Self {
        Self::of_slot(error.into())
    }
}

/// What opens a backup file.
#[derive(Debug, Clone, Copy)]
pub enum BackupKey<'a> {
    /// The words of the wallet that it was made of.
    Words(&'a Mnemonic),
    /// The export passphrase that it was made with.
    Passphrase(&'a Passphrase),
}

/// What a backup file says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) vault: VaultEpoch,
    /// Name of the file, 16 random bytes.
    pub(crate) id: [u8; 16],
    pub(crate) created: Timestamp,
}

/// What a backup file that was read to its end has proven.
#[derive(Debug)]
pub(crate) struct Proven {
    pub(crate) about: About,
    pub(crate) root: RootKey,
    /// Keys of the buckets: 64 times epoch u32, key 32.
    pub(crate) table: Secret<TABLE>,
}

/// An attachment on its way into or out of a backup file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AttachmentAt {
    pub(crate) id: [u8; 16],
    /// Bytes of its sealed file.
    pub(crate) length: u64,
}

/// Who hears how far the work has come, and who may stop it.
#[derive(Clone, Copy)]
pub(crate) struct Watch<'a> {
    pub(crate) progress: &'a dyn ProgressListener,
    pub(crate) cancel: &'a CancelToken,
    /// Bytes of the whole file, where they are known.
    pub(crate) total: Option<u64>,
}

/// Bytes of the file on their way through the MAC, a chunk at a time.
struct Stream<'a> {
    mac: Hmac<Sha256>,
    watch: Watch<'a>,
    done: u64,
    chunk: Vec<u8>,
}

impl<'a> Stream<'a> {
    fn new(mac: Hmac<Sha256>, watch: Watch<'a>) -> Self {
        Self { mac, watch, done: 0, chunk: vec![0; CHUNK] }
    }

    /// Takes bytes of the file that were written or read in one piece.
    fn pass(&mut self, bytes: &[u8]) {
        self.mac.update(bytes);
        self.done = self.done.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    }

    /// Copies `length` bytes, and answers `short` when there are not so many.
    fn copy(
        &mut self,
        length: u64,
        from: &mut dyn Read,
        to: &mut dyn Write,
        short: BackupError,
    ) -> Result<(), BackupError> {
        let mut left = length;
        let mut chunk = std::mem::take(&mut self.chunk);
        loop {
            if self.watch.cancel.is_cancelled() {
                return Err(BackupError::Cancelled);
            }
            if left == 0 {
                break;
            }
            let most = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
            let read = read_some(from, chunk.get_mut(..most).ok_or(short)?)?;
            let bytes = chunk.get(..read).filter(|bytes| !bytes.is_empty()).ok_or(short)?;
            to.write_all(bytes).map_err(|error| BackupError::output(&error))?;
            self.pass(bytes);
            left = left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
            self.watch.progress.progress(self.done, self.watch.total);
        }
        self.chunk = chunk;
        Ok(())
    }
}

/// Reads some bytes, none only at the end.
fn read_some(from: &mut dyn Read, room: &mut [u8]) -> Result<usize, BackupError> {
    loop {
        match from.read(room) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(BackupError::Read { kind: error.kind() }),
            Ok(read) => return Ok(read),
        }
    }
}

/// Fills `room`, and answers `short` when the file ends before.
fn read_all(from: &mut dyn Read, room: &mut [u8], short: BackupError) -> Result<(), BackupError> {
    from.read_exact(room).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => short,
        kind => BackupError::Read { kind },
    })
}

/// Tells whether nothing is left.
fn is_at_end(from: &mut dyn Read) -> Result<bool, BackupError> {
    Ok(read_some(from, &mut [0])? == 0)
}

/// Bytes that are in memory at a time.
const CHUNK: usize = 64 * 1024;
/// Width of the MAC that ends the file.
const MAC: usize = 32;

#[cfg(test)]
mod tests;
