//! One error for the whole door: the sum of the modules' errors, each with a stable code.
//!
//! `docs/errors.md` lists every code with its sentence and what an app does; a test compares it.
//! No error holds plaintext, a key, SQL or a path.

mod catalogue;
mod class;

use std::io;

use crate::audit::AuditError;
use crate::consent::{ConsentError, DelegationError};
use crate::db::DbError;
use crate::disclosure::DisclosureError;
use crate::file::FileError;
use crate::host::KeystoreError;
use crate::keys::KeyError;
use crate::qr::QrError;
use crate::receipt::ReceiptError;
use crate::record::RecordError;
use crate::vault::attachments::AttachmentError;
use crate::vault::{BackupError, VaultError};

pub use class::ErrorClass;

/// Why a wallet or a session refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// The session is locked, by hand or by time.
    #[error("the wallet is locked")]
    Locked,
    /// The session was suspended and not resumed.
    #[error("the wallet is suspended")]
    Suspended,
    /// The clock of the device gives no time, and without one nothing is opened or kept open.
    #[error("the clock of the device does not answer")]
    NoClock,
    /// There is no wallet in this place.
    #[error("there is no wallet here")]
    NoWallet,
    /// There is a wallet in this place already.
    #[error("there is a wallet here already")]
    Exists,
    /// Another process has the wallet.
    #[error("the wallet is in use by another process")]
    Busy,
    /// The work was cancelled; nothing of it was kept.
    #[error("cancelled; nothing was changed")]
    Cancelled,
    /// A correction must be of the same resource type as the record.
    #[error("a correction must have the same resource type as the record")]
    AnotherType,
    /// A correction has the id of another resource.
    #[error("the correction has the id of another resource")]
    AnotherRecord,
    /// A correction says who makes it and why, in at most 200 characters each.
    #[error("a correction needs an author and a reason, of at most 200 characters each")]
    Unexplained,
    /// More than one of them has an id that starts like this.
    #[error("more than one has an id that starts like this")]
    AmbiguousId,
    /// The home is that of another role.
    #[error("this is the home of another role")]
    AnotherRole,
    /// The folder of the wallet could not be used.
    #[error("the folder of the wallet cannot be used: {kind}")]
    Home {
        /// What the operating system said.
        kind: io::ErrorKind,
    },
    /// What was to be written elsewhere could not be written.
    #[error("the output could not be written: {kind}")]
    Output {
        /// What the operating system said.
        kind: io::ErrorKind,
    },
}

impl WalletError {
    /// Gives the stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Locked => "wallet.locked",
            Self::Suspended => "wallet.suspended",
            Self::NoClock => "wallet.no-clock",
            Self::NoWallet => "wallet.none",
            Self::Exists => "wallet.exists",
            Self::Busy => "wallet.busy",
            Self::Cancelled => "wallet.cancelled",
            Self::AnotherType => "record.another-type",
            Self::AnotherRecord => "record.another-record",
            Self::Unexplained => "record.unexplained",
            Self::AmbiguousId => "record.ambiguous-id",
            Self::AnotherRole => "wallet.another-role",
            Self::Home { .. } => "wallet.home",
            Self::Output { .. } => "wallet.output",
        }
    }
}

impl From<io::Error> for WalletError {
    fn from(error: io::Error) -> Self {
        Self::Home { kind: error.kind() }
    }
}

/// Everything that a call of the wallet can answer besides its result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// From the door itself.
    #[error(transparent)]
    Wallet(#[from] WalletError),
    /// From a file beside the wallet.
    #[error(transparent)]
    File(#[from] FileError),
    /// From the vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// From reading records.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// From the keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// From the audit log.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// From the attachments.
    #[error(transparent)]
    Attachment(#[from] AttachmentError),
    /// From a backup file.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// From a consent, and what leads to one.
    #[error(transparent)]
    Consent(#[from] ConsentError),
    /// From acting for a patient.
    #[error(transparent)]
    Delegation(#[from] DelegationError),
    /// From a disclosure.
    #[error(transparent)]
    Disclosure(#[from] DisclosureError),
    /// From a receipt.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// From a QR code.
    #[error(transparent)]
    Qr(#[from] QrError),
}

impl Error {
    /// Gives the stable code, `part.kebab-case`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Wallet(error) => error.code(),
            Self::File(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::Keys(error) => error.code(),
            Self::Audit(error) => error.code(),
            Self::Attachment(error) => error.code(),
            Self::Backup(error) => error.code(),
            Self::Consent(error) => error.code(),
            Self::Delegation(error) => error.code(),
            Self::Disclosure(error) => error.code(),
            Self::Receipt(error) => error.code(),
            Self::Qr(error) => error.code(),
        }
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        Self::Vault(VaultError::Db(error))
    }
}

impl From<KeystoreError> for Error {
    fn from(error: KeystoreError) -> Self {
        Self::Vault(VaultError::Keystore(error))
    }
}
