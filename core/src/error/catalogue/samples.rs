//! One of each error, for the documentation and for tests.

use std::io::ErrorKind;

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
use crate::record::{Limits, RecordError};
use crate::vault::attachments::{AttachmentError, LARGEST_ATTACHMENT};
use crate::vault::{BackupError, VaultError};

impl Error {
    /// Gives one of each, for the documentation and for tests.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        all.extend(WALLET.map(Self::Wallet));
        all.extend(FILE.map(Self::File));
        all.extend(VAULT.map(Self::Vault));
        all.extend(DB.map(|error| Self::Vault(VaultError::Db(error))));
        all.extend(KEYSTORE.map(|error| Self::Vault(VaultError::Keystore(error))));
        all.extend(records().map(Self::Record));
        all.extend(KEYS.map(Self::Keys));
        all.extend(AuditError::ALL.iter().copied().map(Self::Audit));
        all.extend(ATTACHMENT.map(Self::Attachment));
        all.extend(BACKUP.map(Self::Backup));
        all.extend(ConsentError::ALL.iter().copied().map(Self::Consent));
        all.extend(DelegationError::ALL.iter().copied().map(Self::Delegation));
        all.extend(DisclosureError::ALL.iter().copied().map(Self::Disclosure));
        all.extend(ReceiptError::ALL.iter().copied().map(Self::Receipt));
        all.extend(QrError::ALL.iter().copied().map(Self::Qr));
        all
    }
}

fn records() -> [RecordError; 19] {
    let Limits { file, resource, depth, entries, ratio } = Limits::default();
    [
        RecordError::NotFhir,
        RecordError::Malformed { at: 0 },
        RecordError::TooDeep { limit: depth },
        RecordError::TooManyEntries { limit: entries },
        RecordError::TooManyReferences { limit: 4096 },
        RecordError::FileTooLarge { limit: file },
        RecordError::ResourceTooLarge { limit: resource },
        RecordError::GzipRatio { limit: ratio },
        RecordError::GzipDamaged,
        RecordError::UnknownType,
        RecordError::NoResource,
        RecordError::AnotherPatient,
        RecordError::Read { kind: ErrorKind::NotFound },
        RecordError::InvalidId,
        RecordError::InvalidDate,
        RecordError::InvalidCategory,
        RecordError::InvalidLabel,
        RecordError::InvalidEntry,
        RecordError::Randomness,
    ]
}

const WALLET: [WalletError; 14] = [
    WalletError::Locked,
    WalletError::Suspended,
    WalletError::NoClock,
    WalletError::NoWallet,
    WalletError::Exists,
    WalletError::Busy,
    WalletError::Cancelled,
    WalletError::Home { kind: ErrorKind::PermissionDenied },
    WalletError::Output { kind: ErrorKind::PermissionDenied },
    WalletError::AnotherType,
    WalletError::AnotherRecord,
    WalletError::Unexplained,
    WalletError::AmbiguousId,
    WalletError::AnotherRole,
];

const FILE: [FileError; 4] = [
    FileError::Exists,
    FileError::NotRegular,
    FileError::Unreadable { kind: ErrorKind::NotFound },
    FileError::Unwritable { kind: ErrorKind::PermissionDenied },
];

const VAULT: [VaultError; 16] = [
    VaultError::WrongPassphrase,
    VaultError::TryLater { seconds: 300 },
    VaultError::DeviceSecretLost,
    VaultError::BiometricsLost,
    VaultError::OtherWords,
    VaultError::NeedsWords,
    VaultError::Damaged,
    VaultError::ReadOnly,
    VaultError::RolledBack,
    VaultError::UnknownHeader,
    VaultError::KdfOutOfBounds,
    VaultError::NoSuchSlot,
    VaultError::Undecryptable,
    VaultError::NotFound,
    VaultError::Randomness,
    VaultError::OutOfMemory,
];

const DB: [DbError; 6] = [
    DbError::Damaged,
    DbError::Newer { found: 2, known: 1 },
    DbError::Unreleased,
    DbError::Full,
    DbError::Busy,
    DbError::Io,
];

const KEYSTORE: [KeystoreError; 5] = [
    KeystoreError::Cancelled,
    KeystoreError::LockedOut,
    KeystoreError::Invalidated,
    KeystoreError::Missing,
    KeystoreError::Unavailable,
];

const KEYS: [KeyError; 9] = [
    KeyError::WordCount { count: 23 },
    KeyError::UnknownWord { position: 7 },
    KeyError::Checksum,
    KeyError::PassphraseLength,
    KeyError::KdfOutOfBounds,
    KeyError::OutOfMemory,
    KeyError::Randomness,
    KeyError::Undecryptable,
    KeyError::Invalid,
];

const ATTACHMENT: [AttachmentError; 11] = [
    AttachmentError::TooLarge { limit: LARGEST_ATTACHMENT },
    AttachmentError::Damaged,
    AttachmentError::Missing,
    AttachmentError::NotFound,
    AttachmentError::Read { kind: ErrorKind::NotFound },
    AttachmentError::Output { kind: ErrorKind::PermissionDenied },
    AttachmentError::Cancelled,
    AttachmentError::StorageFull,
    AttachmentError::Storage { kind: ErrorKind::PermissionDenied },
    AttachmentError::InvalidId,
    AttachmentError::Randomness,
];

const BACKUP: [BackupError; 16] = [
    BackupError::NotABackup,
    BackupError::NewerFormat { version: 2 },
    BackupError::Damaged,
    BackupError::HeaderTooLarge { limit: 65_536 },
    BackupError::KdfOutOfBounds,
    BackupError::NoSuchSlot,
    BackupError::WrongKey,
    BackupError::SamePassphrase,
    BackupError::Older,
    BackupError::OtherWallet,
    BackupError::SourceChanged,
    BackupError::Read { kind: ErrorKind::NotFound },
    BackupError::Output { kind: ErrorKind::PermissionDenied },
    BackupError::Cancelled,
    BackupError::Randomness,
    BackupError::OutOfMemory,
];
