//! Every error with what an app does about it; `docs/errors.md` is made of this.

mod samples;

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

impl Error {
    /// Tells what an app does about the error.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
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
            Self::Qr(error) => match error {
                QrError::TooLarge => "hand it over as a file",
                QrError::Invalid => "choose another file",
            },
        }
    }
}

const fn of_wallet(error: &WalletError) -> &'static str {
    match error {
        WalletError::Locked => "unlock again",
        WalletError::Suspended => "resume, then try again",
        WalletError::NoClock => "try again; check the app's clock",
        WalletError::NoWallet => "offer to create or to restore",
        WalletError::Exists => "unlock the one that is here",
        WalletError::Busy => "close the other program, then try again",
        WalletError::Cancelled => "nothing",
        WalletError::AnotherType | WalletError::AnotherRecord => "ask for the right file",
        WalletError::Unexplained => "ask for author and reason",
        WalletError::AmbiguousId => "ask for more digits",
        WalletError::AnotherRole => "open it as what it is",
        WalletError::Home { .. } => "check the folder and its rights",
        WalletError::Output { .. } => "check the place to write to",
    }
}

const fn of_file(error: &FileError) -> &'static str {
    match error {
        FileError::Exists => "ask for another name, or whether it may be replaced",
        FileError::NotRegular => "ask for another file",
        FileError::Unreadable { .. } => "check the file, then try again",
        FileError::Unwritable { .. } => "check the place to write to",
    }
}

const fn of_vault(error: &VaultError) -> &'static str {
    match error {
        VaultError::Undecryptable => "ask for the right secret",
        VaultError::Damaged => "open it for reading only, or restore from a backup",
        VaultError::UnknownHeader => "update the app",
        VaultError::KdfOutOfBounds => "keep the file; somebody has edited it",
        VaultError::NoSuchSlot => "offer another way to open",
        VaultError::WrongPassphrase => "ask again",
        VaultError::TryLater { .. } => "wait as long as it says; the words open at once",
        VaultError::DeviceSecretLost => "ask for the words or for biometrics",
        VaultError::BiometricsLost => "ask for the passphrase, then offer to enable them again",
        VaultError::OtherWords => "ask for the words of this wallet",
        VaultError::NeedsWords => "ask for the words",
        VaultError::RolledBack => "look for the newer file; open this one for reading only",
        VaultError::ReadOnly => "read and export what is whole; restore from a backup to go on",
        VaultError::NotFound => "show the list again",
        VaultError::Randomness => "try again after a restart of the device",
        VaultError::OutOfMemory => "close other apps, then try again",
        VaultError::Db(error) => match error {
            DbError::Damaged => "keep the file; restore from a backup",
            DbError::Newer { .. } => "update the app",
            DbError::Unreleased => "use the build that wrote it to export the records",
            DbError::Full => "make room, then try again",
            DbError::Busy => "close the other program, then try again",
            DbError::Io => "check the disk, then try again",
        },
        VaultError::Keystore(error) => match error {
            KeystoreError::Cancelled => "nothing, or ask again",
            KeystoreError::LockedOut => "ask for the passphrase or wait",
            KeystoreError::Invalidated | KeystoreError::Missing => "ask for the words",
            KeystoreError::Unavailable => "try again when the device is unlocked",
        },
    }
}

const fn of_consent(error: ConsentError) -> &'static str {
    match error {
        ConsentError::Invalid | ConsentError::WrongType => "ask the sender for it again",
        ConsentError::UnknownVersion => "update the app",
        ConsentError::Expired | ConsentError::RequestExpired => "ask for a new one",
        ConsentError::NotYetValid => "check the clock, then try again later",
        ConsentError::Revoked | ConsentError::Used | ConsentError::Ended => {
            "nothing: ask the patient anew if it is needed"
        }
        ConsentError::OtherRequester => "give it to whom it is for",
        ConsentError::WiderThanDelegated
        | ConsentError::DelegationEnded
        | ConsentError::DelegationRevoked => "nothing: ask the patient",
        ConsentError::WrongPatientKey | ConsentError::DelegatedOn => {
            "stop, and ask the patient in person"
        }
        ConsentError::Replayed | ConsentError::Answered => "show what became of the first",
        ConsentError::WiderThanAsked => "take away what was not asked for",
        ConsentError::ReviewStale => "review again",
        ConsentError::InboxFull => "answer or deny what waits",
        ConsentError::TooLong => "choose a shorter time",
        ConsentError::TooMany => "choose fewer",
        ConsentError::NotFound => "show the list again",
        ConsentError::NothingToRelease => "show what is withheld and why",
        ConsentError::NotTrusted => "show it as not vouched for",
        ConsentError::CredentialRevoked | ConsentError::CredentialExpired => {
            "show it as not vouched for, with the reason"
        }
        ConsentError::Randomness => "try again after a restart of the device",
    }
}

const fn of_delegation(error: DelegationError) -> &'static str {
    match error {
        DelegationError::Widen => "take away what the delegation does not cover",
        DelegationError::DelegateOn
        | DelegationError::Recover
        | DelegationError::Erase
        | DelegationError::NotAllowed
        | DelegationError::OtherRequester => "nothing: ask the patient",
        DelegationError::Ended | DelegationError::Revoked => "ask the patient for a new one",
        DelegationError::OfAge | DelegationError::TooLong => "choose a shorter time",
        DelegationError::BornUnknown => "ask for the date of birth",
        DelegationError::UnknownVersion => "update the app",
        DelegationError::Undecryptable | DelegationError::Invalid | DelegationError::WrongType => {
            "ask the patient for it again"
        }
        DelegationError::NotFound => "show the list again",
    }
}

const fn of_receipt(error: ReceiptError) -> &'static str {
    match error {
        ReceiptError::Invalid | ReceiptError::WrongType => "ask the reader for it again",
        ReceiptError::UnknownVersion => "update the app",
        ReceiptError::NotYetValid => "check the clock, then try again later",
        ReceiptError::Foreign => "give it back: it tells of somebody else",
        ReceiptError::TooMany => "ask the reader why there are so many",
        ReceiptError::NotFound => "show the list again",
    }
}

const fn of_disclosure(error: &DisclosureError) -> &'static str {
    match error {
        DisclosureError::Invalid
        | DisclosureError::WrongType
        | DisclosureError::Undecryptable
        | DisclosureError::Truncated => "ask the patient for it again",
        DisclosureError::OtherConsent => "look for the token it came with",
        DisclosureError::TooLarge | DisclosureError::TooManyEntries => "disclose in parts",
        DisclosureError::Attachment(error) => of_attachment(error),
        DisclosureError::Changed => "review again",
        DisclosureError::NotFound => "show the list again",
        DisclosureError::Read { .. } => "check the file, then try again",
        DisclosureError::Output { .. } => "check the place to write to",
        DisclosureError::Unwritten { .. } => "show the consent: disclose again, or take it back",
        DisclosureError::Randomness => "try again after a restart of the device",
        DisclosureError::Cancelled => "nothing",
    }
}

const fn of_record(error: &RecordError) -> &'static str {
    match error {
        RecordError::NotFhir
        | RecordError::Malformed { .. }
        | RecordError::UnknownType
        | RecordError::GzipDamaged => "ask the sender for a FHIR R4 file",
        RecordError::TooDeep { .. }
        | RecordError::TooManyEntries { .. }
        | RecordError::TooManyReferences { .. }
        | RecordError::FileTooLarge { .. }
        | RecordError::ResourceTooLarge { .. }
        | RecordError::GzipRatio { .. } => "ask the sender for smaller files",
        RecordError::NoResource => "nothing: the entry is listed as refused",
        RecordError::AnotherPatient => "show whose file it is; take it in only on request",
        RecordError::Read { .. } => "check the file, then try again",
        RecordError::InvalidId
        | RecordError::InvalidDate
        | RecordError::InvalidCategory
        | RecordError::InvalidLabel
        | RecordError::InvalidEntry => "ask for another input",
        RecordError::Randomness => "try again after a restart of the device",
    }
}

const fn of_keys(error: &KeyError) -> &'static str {
    match error {
        KeyError::Undecryptable | KeyError::Invalid => "ask for the right key or file",
        KeyError::WordCount { .. } | KeyError::Checksum => "let the patient compare with the paper",
        KeyError::UnknownWord { .. } => "mark the word and offer similar ones",
        KeyError::KdfOutOfBounds => "choose parameters inside the bounds",
        KeyError::OutOfMemory => "close other apps, then try again",
        KeyError::Randomness => "try again after a restart of the device",
        KeyError::PassphraseLength => "ask for another passphrase",
    }
}

const fn of_audit(error: &AuditError) -> &'static str {
    match error {
        AuditError::Invalid => "ask for the file again",
        AuditError::Unproven | AuditError::Forked => "do not trust this log; ask its patient",
        AuditError::Unrelated => "ask for the proof that belongs to this checkpoint",
        AuditError::Randomness => "try again after a restart of the device",
    }
}

const fn of_attachment(error: &AttachmentError) -> &'static str {
    match error {
        AttachmentError::TooLarge { .. } => "ask for a smaller file",
        AttachmentError::Damaged | AttachmentError::Missing => "restore from a backup",
        AttachmentError::NotFound => "show the list again",
        AttachmentError::Read { .. } => "check the file, then try again",
        AttachmentError::Output { .. } => "check the place to write to",
        AttachmentError::Cancelled => "nothing",
        AttachmentError::StorageFull => "make room, then try again",
        AttachmentError::Storage { .. } => "check the disk, then try again",
        AttachmentError::InvalidId => "ask for another input",
        AttachmentError::Randomness => "try again after a restart of the device",
    }
}

const fn of_backup(error: &BackupError) -> &'static str {
    match error {
        BackupError::NotABackup => "ask for the right file",
        BackupError::NewerFormat { .. } => "update the app",
        BackupError::Damaged | BackupError::HeaderTooLarge { .. } | BackupError::KdfOutOfBounds => {
            "take another backup"
        }
        BackupError::WrongKey => "ask again",
        BackupError::NoSuchSlot => "ask for the words",
        BackupError::SamePassphrase => "ask for another passphrase, or offer a generated one",
        BackupError::Older => "ask whether what is newer may be lost",
        BackupError::OtherWallet => "restore into an empty folder",
        BackupError::SourceChanged | BackupError::Read { .. } => "check the file, then try again",
        BackupError::Output { .. } => "check the place to write to",
        BackupError::Cancelled => "nothing",
        BackupError::Randomness => "try again after a restart of the device",
        BackupError::OutOfMemory => "close other apps, then try again",
    }
}
