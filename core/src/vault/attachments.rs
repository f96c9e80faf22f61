//! Attachments: files of any size, sealed chunk by chunk, beside the database.
//!
//! ```text
//! source --> [chunk] --seal--> <folder>/<id>.new --fsync, rename, fsync--> <folder>/<id>
//!                                                          then the row of `att` that names it
//! ```
//! Invariant: a file is whole before its name exists, and is never written to afterwards. Id and key
//! are drawn for each file, so no nonce meets a key twice. Reading and writing hold one chunk in
//! memory, whatever the size. What is told about a file stands in its sealed header, `meta`.
//! Bytes: docs/formats.md 4.

pub(crate) mod file;
pub(crate) mod folder;
pub(crate) mod meta;
pub(crate) mod read;
pub(crate) mod write;

use std::fmt;
use std::io;
use std::str::FromStr;

use crate::codec::{Hex, Malformed};
use crate::keys::KeyError;
use crate::record::RecordId;

/// The largest attachment in bytes.
pub const LARGEST_ATTACHMENT: u64 = 64 << 30;

/// Names one attachment: 16 random bytes, shown as 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttachmentId([u8; 16]);

impl AttachmentId {
    /// Draws a new id.
    ///
    /// # Errors
    /// [`AttachmentError::Randomness`] when the system has no random bytes to give.
    pub fn generate() -> Result<Self, AttachmentError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|_| AttachmentError::Randomness)?;
        Ok(Self(bytes))
    }

    /// Wraps the 16 bytes of an id that was drawn before.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the 16 bytes of the id.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for AttachmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for AttachmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttachmentId({self})")
    }
}

impl FromStr for AttachmentId {
    type Err = AttachmentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Ids of every kind are shown alike.
        let id: RecordId = text.parse().map_err(|_| AttachmentError::InvalidId)?;
        Ok(Self(*id.as_bytes()))
    }
}

/// Where a sealed file can be found by its content: SHA-256 of the ciphertext, shown as hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentAddress([u8; 32]);

impl ContentAddress {
    /// Wraps a SHA-256.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the SHA-256.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the CIDv1 of the ciphertext as one raw block (multiformats: base32 `b`, `raw` 0x55,
    /// `sha2-256` 0x12).
    #[must_use]
    pub fn cid(&self) -> String {
        let mut text = String::from("b");
        let (mut word, mut bits) = (0_u32, 0);
        for byte in [1, 0x55, 0x12, 32].iter().chain(&self.0) {
            word = word << 8 | u32::from(*byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                text.push(base32(word >> bits));
                word &= (1 << bits) - 1;
            }
        }
        // 36 bytes are 57 digits and 3 bits.
        text.push(base32(word << (5 - bits)));
        text
    }
}

impl fmt::Display for ContentAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

/// Why an attachment was not kept or cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttachmentError {
    /// The source has more bytes than an attachment may have.
    #[error("the attachment is larger than {limit} bytes")]
    TooLarge {
        /// The largest attachment that is accepted.
        limit: u64,
    },
    /// The file of the attachment is not what was written.
    #[error("the attachment is damaged")]
    Damaged,
    /// The file of the attachment is gone.
    #[error("the file of the attachment is missing")]
    Missing,
    /// There is no such attachment.
    #[error("there is no such attachment")]
    NotFound,
    /// What was to be attached could not be read.
    #[error("the input could not be read: {kind}")]
    Read {
        /// What the operating system said.
        kind: io::ErrorKind,
    },
    /// What was to be written elsewhere could not be written.
    #[error("the output could not be written: {kind}")]
    Output {
        /// What the operating system said.
        kind: io::ErrorKind,
    },
    /// The work was cancelled.
    #[error("cancelled; nothing was changed")]
    Cancelled,
    /// The disk is full.
    #[error("there is no room left on the disk; nothing was changed")]
    StorageFull,
    /// The system failed to read or write the files of the wallet.
    #[error("the files of the wallet could not be read or written: {kind}")]
    Storage {
        /// What the operating system said.
        kind: io::ErrorKind,
    },
    /// The text is not the id of an attachment.
    #[error("this is not an attachment id")]
    InvalidId,
    /// The system gave no randomness.
    #[error("the system gives no randomness")]
    Randomness,
}

impl AttachmentError {
    /// Returns the stable code of the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "attachment.too-large",
            Self::Damaged => "attachment.damaged",
            Self::Missing => "attachment.missing",
            Self::NotFound => "attachment.not-found",
            Self::Read { .. } => "attachment.read",
            Self::Output { .. } => "wallet.output",
            Self::Cancelled => "wallet.cancelled",
            Self::StorageFull => "vault.storage-full",
            Self::Storage { .. } => "vault.storage",
            Self::InvalidId => "attachment.invalid-id",
            Self::Randomness => "keys.randomness",
        }
    }
}

/// An error of the wallet's own files; those of sources and outputs are named where they occur.
impl From<io::Error> for AttachmentError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::StorageFull,
            kind => Self::Storage { kind },
        }
    }
}

impl From<KeyError> for AttachmentError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Randomness => Self::Randomness,
            _ => Self::Damaged,
        }
    }
}

impl From<Malformed> for AttachmentError {
    fn from(_: Malformed) -> Self {
        Self::Damaged
    }
}

/// Gives the digit of the lowest five bits (RFC 4648 6, in lower case).
fn base32(bits: u32) -> char {
    let digit = usize::try_from(bits & 0x1f).ok().and_then(|five| BASE32.get(five));
    digit.copied().map_or('=', char::from)
}

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

#[cfg(test)]
mod tests;
