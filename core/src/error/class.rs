//! What an app has to do about an error: the few answers that every error comes down to.
//!
//! `docs/errors.md` shows the class of each code; a code has one class, whichever module says it.

use crate::audit::AuditError;
use crate::consent::{ConsentError, DelegationError};
use crate::db::DbError;
use crate::disclosure::DisclosureError;
use crate::error::{Error, WalletError};
use crate::file::FileError;
use crate::host::KeystoreError;
use crate::keys::KeyError;
use crate::qr::QrError;
use crate::receipt::ReceiptError;
use crate::record::RecordError;
use crate::vault::attachments::AttachmentError;
use crate::vault::{BackupError, VaultError};

/// What an app has to do about an error.
///
/// It is matched without a wildcard, and so an app learns of a new one when it is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Nothing is open: unlock or resume, then try again.
    Locked,
    /// The secret is not the right one: ask again.
    WrongPassphrase,
    /// Too many secrets were wrong: wait.
    TryLater {
        /// Seconds to wait.
        seconds: u64,
    },
    /// Somebody else works with it: try again when they have ended.
    Busy,
    /// There is no such thing: show the list again.
    NotFound,
    /// What was given cannot be used: ask for something else.
    InvalidInput {
        /// The word that is wrong, counted from 1, where it is one word.
        position: Option<u32>,
    },
    /// What was given is understood and refused: show why.
    NotPermitted,
    /// Its time is over: ask for a new one.
    Expired,
    /// Fewer shares than it takes: ask for more.
    NotEnoughShares,
    /// What was read is not what was written: keep it, and look for another copy.
    Damaged,
    /// A later version made it: update the app.
    UnsupportedVersion,
    /// The keystore of the device does not answer now: try again, or another way to open.
    KeystoreUnavailable,
    /// This way to open exists no more: offer another, the words at the last.
    KeyInvalidated,
    /// The patient or the app turned it away: nothing to do.
    Cancelled,
    /// A file, the disk, or the device failed: check path, rights and room, then try again.
    Storage,
}

impl Error {
    /// Tells what an app has to do about the error.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Wallet(error) => of_wallet(error),
            Self::File(error) => of_file(error),
            Self::Vault(error) => of_vault(error),
            Self::Record(error) => of_record(error),
            Self::Keys(error) => of_keys(error),
            Self::Audit(error) => of_audit(error),
            Self::Attachment(error) => of_attachment(error),
            Self::Backup(error) => of_backup(error),
            Self::Consent(error) => of_consent(*error),
            Self::Delegation(error) => of_delegation(*error),
            Self::Disclosure(error) => of_disclosure(error),
            Self::Receipt(error) => of_receipt(*error),
            Self::Qr(QrError::TooLarge | QrError::Invalid) => INVALID,
        }
    }
}

const fn of_wallet(error: &WalletError) -> ErrorClass {
    match error {
        WalletError::Locked | WalletError::Suspended | WalletError::NoClock => ErrorClass::Locked,
        WalletError::NoWallet => ErrorClass::NotFound,
        WalletError::Exists | WalletError::AnotherRole => ErrorClass::NotPermitted,
        WalletError::Busy => ErrorClass::Busy,
        WalletError::Cancelled => ErrorClass::Cancelled,
        WalletError::AnotherType
        | WalletError::AnotherRecord
        | WalletError::Unexplained
        | WalletError::AmbiguousId => INVALID,
        WalletError::Home { .. } | WalletError::Output { .. } => ErrorClass::Storage,
    }
}

const fn of_file(error: &FileError) -> ErrorClass {
    match error {
        FileError::Exists => ErrorClass::NotPermitted,
        FileError::NotRegular => INVALID,
        FileError::Unreadable { .. } | FileError::Unwritable { .. } => ErrorClass::Storage,
    }
}

const fn of_vault(error: &VaultError) -> ErrorClass {
    match error {
        VaultError::WrongPassphrase | VaultError::OtherWords | VaultError::Undecryptable => {
            ErrorClass::WrongPassphrase
        }
        VaultError::TryLater { seconds } => ErrorClass::TryLater { seconds: *seconds },
        VaultError::NoSuchSlot
        | VaultError::DeviceSecretLost
        | VaultError::BiometricsLost
        | VaultError::NeedsWords => ErrorClass::KeyInvalidated,
        VaultError::Damaged | VaultError::KdfOutOfBounds | VaultError::RolledBack => {
            ErrorClass::Damaged
        }
        VaultError::UnknownHeader => ErrorClass::UnsupportedVersion,
        VaultError::ReadOnly => ErrorClass::NotPermitted,
        VaultError::NotFound => ErrorClass::NotFound,
        VaultError::Randomness | VaultError::OutOfMemory => ErrorClass::Storage,
        VaultError::Db(error) => match error {
            DbError::Damaged => ErrorClass::Damaged,
            DbError::Newer { .. } | DbError::Unreleased => ErrorClass::UnsupportedVersion,
            DbError::Busy => ErrorClass::Busy,
            DbError::Full | DbError::Io => ErrorClass::Storage,
        },
        VaultError::Keystore(error) => match error {
            KeystoreError::Cancelled => ErrorClass::Cancelled,
            KeystoreError::LockedOut | KeystoreError::Unavailable => {
                ErrorClass::KeystoreUnavailable
            }
            KeystoreError::Invalidated | KeystoreError::Missing => ErrorClass::KeyInvalidated,
        },
    }
}

const fn of_record(error: &RecordError) -> ErrorClass {
    match error {
        RecordError::NotFhir
        | RecordError::Malformed { .. }
        | RecordError::UnknownType
        | RecordError::TooDeep { .. }
        | RecordError::TooManyEntries { .. }
        | RecordError::TooManyReferences { .. }
        | RecordError::FileTooLarge { .. }
        | RecordError::ResourceTooLarge { .. }
        | RecordError::GzipRatio { .. }
        | RecordError::NoResource
        | RecordError::InvalidId
        | RecordError::InvalidDate
        | RecordError::InvalidCategory
        | RecordError::InvalidLabel
        | RecordError::InvalidEntry => INVALID,
        RecordError::GzipDamaged => ErrorClass::Damaged,
        RecordError::AnotherPatient => ErrorClass::NotPermitted,
        RecordError::Read { .. } | RecordError::Randomness => ErrorClass::Storage,
    }
}

const fn of_keys(error: &KeyError) -> ErrorClass {
    match error {
        KeyError::Undecryptable => ErrorClass::WrongPassphrase,
        KeyError::UnknownWord { position } => {
            ErrorClass::InvalidInput { position: Some(word(*position)) }
        }
        KeyError::Invalid
        | KeyError::WordCount { .. }
        | KeyError::Checksum
        | KeyError::KdfOutOfBounds
        | KeyError::PassphraseLength => INVALID,
        KeyError::OutOfMemory | KeyError::Randomness => ErrorClass::Storage,
    }
}

const fn of_audit(error: &AuditError) -> ErrorClass {
    match error {
        AuditError::Invalid | AuditError::Unproven | AuditError::Forked => ErrorClass::Damaged,
        AuditError::Unrelated => INVALID,
        AuditError::Randomness => ErrorClass::Storage,
    }
}

const fn of_attachment(error: &AttachmentError) -> ErrorClass {
    match error {
        AttachmentError::TooLarge { .. } | AttachmentError::InvalidId => INVALID,
        AttachmentError::Damaged | AttachmentError::Missing => ErrorClass::Damaged,
        AttachmentError::NotFound => ErrorClass::NotFound,
        AttachmentError::Cancelled => ErrorClass::Cancelled,
        AttachmentError::Read { .. }
        | AttachmentError::Output { .. }
        | AttachmentError::StorageFull
        | AttachmentError::Storage { .. }
        | AttachmentError::Randomness => ErrorClass::Storage,
    }
}

const fn of_backup(error: &BackupError) -> ErrorClass {
    match error {
        BackupError::NotABackup | BackupError::SamePassphrase => INVALID,
        BackupError::NewerFormat { .. } => ErrorClass::UnsupportedVersion,
        BackupError::Damaged | BackupError::HeaderTooLarge { .. } | BackupError::KdfOutOfBounds => {
            ErrorClass::Damaged
        }
        BackupError::WrongKey => ErrorClass::WrongPassphrase,
        BackupError::NoSuchSlot => ErrorClass::KeyInvalidated,
        BackupError::Older | BackupError::OtherWallet => ErrorClass::NotPermitted,
        BackupError::Cancelled => ErrorClass::Cancelled,
        BackupError::SourceChanged
        | BackupError::Read { .. }
        | BackupError::Output { .. }
        | BackupError::Randomness
        | BackupError::OutOfMemory => ErrorClass::Storage,
    }
}

const fn of_consent(error: ConsentError) -> ErrorClass {
    match error {
        ConsentError::Invalid => ErrorClass::Damaged,
        ConsentError::UnknownVersion => ErrorClass::UnsupportedVersion,
        ConsentError::WrongType
        | ConsentError::WiderThanAsked
        | ConsentError::TooLong
        | ConsentError::TooMany => INVALID,
        ConsentError::Expired
        | ConsentError::RequestExpired
        | ConsentError::CredentialExpired
        | ConsentError::ReviewStale
        | ConsentError::Used
        | ConsentError::Ended => ErrorClass::Expired,
        ConsentError::NotYetValid
        | ConsentError::Revoked
        | ConsentError::OtherRequester
        | ConsentError::WrongPatientKey
        | ConsentError::Replayed
        | ConsentError::Answered
        | ConsentError::InboxFull
        | ConsentError::NothingToRelease
        | ConsentError::NotTrusted
        | ConsentError::CredentialRevoked => ErrorClass::NotPermitted,
        ConsentError::NotFound => ErrorClass::NotFound,
        ConsentError::Randomness => ErrorClass::Storage,
    }
}

const fn of_delegation(error: DelegationError) -> ErrorClass {
    match error {
        DelegationError::Widen
        | DelegationError::DelegateOn
        | DelegationError::Recover
        | DelegationError::Erase
        | DelegationError::NotAllowed
        | DelegationError::OtherRequester
        | DelegationError::Revoked => ErrorClass::NotPermitted,
        DelegationError::Ended => ErrorClass::Expired,
        DelegationError::OfAge => INVALID,
        DelegationError::Undecryptable => ErrorClass::Damaged,
        DelegationError::NotFound => ErrorClass::NotFound,
    }
}

const fn of_receipt(error: ReceiptError) -> ErrorClass {
    match error {
        ReceiptError::Invalid => ErrorClass::Damaged,
        ReceiptError::UnknownVersion => ErrorClass::UnsupportedVersion,
        ReceiptError::WrongType => INVALID,
        ReceiptError::NotYetValid | ReceiptError::Foreign | ReceiptError::TooMany => {
            ErrorClass::NotPermitted
        }
        ReceiptError::NotFound => ErrorClass::NotFound,
    }
}

const fn of_disclosure(error: &DisclosureError) -> ErrorClass {
    match error {
        DisclosureError::Invalid | DisclosureError::Undecryptable | DisclosureError::Truncated => {
            ErrorClass::Damaged
        }
        DisclosureError::WrongType
        | DisclosureError::OtherConsent
        | DisclosureError::TooLarge
        | DisclosureError::TooManyEntries => INVALID,
        DisclosureError::Attachment(error) => of_attachment(error),
        DisclosureError::Changed => ErrorClass::Expired,
        DisclosureError::NotFound => ErrorClass::NotFound,
        DisclosureError::Cancelled => ErrorClass::Cancelled,
        DisclosureError::Read { .. }
        | DisclosureError::Output { .. }
        | DisclosureError::Unwritten { .. }
        | DisclosureError::Randomness => ErrorClass::Storage,
    }
}

/// A phrase that is looked up has at most 24 words.
const fn word(position: usize) -> u32 {
    let [a, b, c, d, ..] = position.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

const INVALID: ErrorClass = ErrorClass::InvalidInput { position: None };

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::mem::{Discriminant, discriminant};

    use super::*;

    #[test]
    fn a_code_has_one_class() {
        let mut classes: HashMap<&str, Discriminant<ErrorClass>> = HashMap::new();
        for error in Error::samples() {
            let class = discriminant(&error.class());
            assert_eq!(*classes.entry(error.code()).or_insert(class), class, "{error:?}");
        }
    }

    #[test]
    fn what_a_class_tells_is_what_the_error_tells() {
        let later = Error::from(VaultError::TryLater { seconds: 300 });
        assert_eq!(later.class(), ErrorClass::TryLater { seconds: 300 });
        let unknown = Error::from(KeyError::UnknownWord { position: 24 });
        assert_eq!(unknown.class(), ErrorClass::InvalidInput { position: Some(24) });
    }
}
