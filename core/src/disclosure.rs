//! Disclosures: records sealed for one reader under one consent.
//!
//! ```text
//! manifest, signed: consent, id, key box, SHA-256 of each body     } one CBOR sequence
//! body, body, ...: each sealed under a key that stands in the key box }
//! ```
//! Scope is enforced by which keys exist: there is one for each record that is disclosed and none
//! for any other, and nothing says that there are others. The key box opens with the reader's answer
//! key alone. Nothing that is opened leaves before its hash and its tag have held.
//! Bytes: docs/formats.md 10.

mod body;
mod entry;
mod inflate;
mod kept;
mod manifest;
mod open;
mod seal;
mod window;

use std::io;

use crate::codec::Malformed;
use crate::consent::{ConsentId, generated, id};
use crate::keys::KeyError;
use crate::vault::attachments::AttachmentError;

pub use entry::{DisclosedFile, DisclosedPart};
pub use open::Disclosure;
pub(crate) use seal::{Content, NewFile, NewPart, Prepared, Sealer};

/// The most records and files in one disclosure.
pub const MOST_PARTS: usize = 20_000;

/// The largest record in a disclosure, in bytes of its JSON.
pub const LARGEST_RECORD: u64 = 16 << 20;

id! {
    /// Names one disclosure: 16 random bytes, shown as 32 lower-case hex digits.
    DisclosureId, DisclosureError
}

id! {
    /// Names a file in one disclosure, and in no other: it is drawn for it.
    FileId, DisclosureError
}

generated!(DisclosureError: DisclosureId FileId);

/// Why a disclosure was not made, or is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DisclosureError {
    /// It is not a well-formed disclosure, or its signature does not verify.
    #[error("this is not a valid disclosure")]
    Invalid,
    /// It is a signed object of another kind.
    #[error("this is not a disclosure but another signed object")]
    WrongType,
    /// It was made under another consent, or by another patient's key.
    #[error("the disclosure belongs to another consent")]
    OtherConsent,
    /// The answer key is wrong or sealed bytes were changed: nothing tells which.
    #[error("wrong answer key or damaged disclosure")]
    Undecryptable,
    /// A manifest, a record or a file is larger than it may be.
    #[error("the disclosure is larger than it may be")]
    TooLarge,
    /// There are more records and files than there may be.
    #[error("a disclosure has at most {MOST_PARTS} records and files")]
    TooManyEntries,
    /// The disclosure ends before its last body does.
    #[error("the disclosure is incomplete")]
    Truncated,
    /// The vault could not give the file that is to be disclosed.
    #[error(transparent)]
    Attachment(AttachmentError),
    /// What is to be disclosed changed while it was sealed.
    #[error("what is to be disclosed changed meanwhile")]
    Changed,
    /// There is no such record or file in it.
    #[error("the disclosure has no such record or file")]
    NotFound,
    /// The disclosure could not be read.
    #[error("the disclosure could not be read: {kind}")]
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
    /// The consent was signed and stands, and what was to be disclosed under it could not be written.
    #[error("consent {consent} stands, but its disclosure could not be written: {kind}")]
    Unwritten {
        /// The consent.
        consent: ConsentId,
        /// What the operating system said.
        kind: io::ErrorKind,
    },
    /// The system gave no randomness.
    #[error("the system gives no randomness")]
    Randomness,
    /// The work was cancelled.
    #[error("cancelled; nothing was changed")]
    Cancelled,
}

impl DisclosureError {
    /// One of each that is not an attachment's.
    pub const ALL: &[Self] = &[
        Self::Invalid,
        Self::WrongType,
        Self::OtherConsent,
        Self::Undecryptable,
        Self::TooLarge,
        Self::TooManyEntries,
        Self::Truncated,
        Self::Changed,
        Self::NotFound,
        Self::Read { kind: io::ErrorKind::PermissionDenied },
        Self::Output { kind: io::ErrorKind::StorageFull },
        Self::Unwritten {
            consent: ConsentId::from_bytes([7; 16]),
            kind: io::ErrorKind::StorageFull,
        },
        Self::Randomness,
        Self::Cancelled,
    ];

    /// Returns the stable code of the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid => "disclosure.invalid",
            Self::WrongType => "disclosure.wrong-type",
            Self::OtherConsent => "disclosure.other-consent",
            Self::Undecryptable => "disclosure.undecryptable",
            Self::TooLarge => "disclosure.too-large",
            Self::TooManyEntries => "disclosure.too-many-entries",
            Self::Truncated => "disclosure.truncated",
            Self::Attachment(error) => error.code(),
            Self::Changed => "disclosure.changed",
            Self::NotFound => "disclosure.not-found",
            Self::Read { .. } => "disclosure.read",
            Self::Output { .. } => "wallet.output",
            Self::Unwritten { .. } => "disclosure.unwritten",
            Self::Randomness => "keys.randomness",
            Self::Cancelled => "wallet.cancelled",
        }
    }
}

impl From<Malformed> for DisclosureError {
    fn from(_: Malformed) -> Self {
        Self::Invalid
    }
}

impl From<KeyError> for DisclosureError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Undecryptable => Self::Undecryptable,
            KeyError::Randomness => Self::Randomness,
            _ => Self::Invalid,
        }
    }
}

/// An error about a file inside a disclosure, not about one of the vault.
impl From<AttachmentError> for DisclosureError {
    fn from(error: AttachmentError) -> Self {
        match error {
            AttachmentError::TooLarge { .. } => Self::TooLarge,
            AttachmentError::Output { kind } => Self::Output { kind },
            AttachmentError::Read { kind } | AttachmentError::Storage { kind } => {
                Self::Read { kind }
            }
            AttachmentError::StorageFull => Self::Read { kind: io::ErrorKind::StorageFull },
            AttachmentError::Randomness => Self::Randomness,
            AttachmentError::Cancelled => Self::Cancelled,
            AttachmentError::Damaged
            | AttachmentError::Missing
            | AttachmentError::NotFound
            | AttachmentError::InvalidId => Self::Undecryptable,
        }
    }
}
#[cfg(test)]
mod tests;
