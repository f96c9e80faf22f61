//! The one error that crosses, and the errors that foreign code may answer with.

use patient_wallet::error::ErrorClass;
use patient_wallet::{Error, host};

/// Why a call was refused, named by what the app has to do; `code` says it exactly
/// (`docs/errors.md`) and is the key of a translated text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum WalletError {
    /// Unlock: the session is locked or suspended.
    #[error("{code}")]
    Locked {
        /// Stable code.
        code: String,
    },
    /// Ask again: the passphrase, the words or the key of a file is wrong.
    #[error("{code}")]
    WrongPassphrase {
        /// Stable code.
        code: String,
    },
    /// Wait so long.
    #[error("{code}")]
    TryLater {
        /// Stable code.
        code: String,
        /// Seconds to wait.
        seconds: u64,
    },
    /// Try again when whoever has the wallet is done.
    #[error("{code}")]
    Busy {
        /// Stable code.
        code: String,
    },
    /// Show the list again: what was named is not there.
    #[error("{code}")]
    NotFound {
        /// Stable code.
        code: String,
    },
    /// Ask for another input.
    #[error("{code}")]
    InvalidInput {
        /// Stable code.
        code: String,
        /// Which part is wrong, from 1, where one can be named: a word of a mnemonic.
        position: Option<u32>,
    },
    /// Say why: this is refused on purpose.
    #[error("{code}")]
    NotPermitted {
        /// Stable code.
        code: String,
    },
    /// Ask for a new one: this has ended.
    #[error("{code}")]
    Expired {
        /// Stable code.
        code: String,
    },
    /// Ask for more shares.
    #[error("{code}")]
    NotEnoughShares {
        /// Stable code.
        code: String,
    },
    /// Keep it, and look for another copy: it is not what was written.
    #[error("{code}")]
    Damaged {
        /// Stable code.
        code: String,
    },
    /// Update the app.
    #[error("{code}")]
    UnsupportedVersion {
        /// Stable code.
        code: String,
    },
    /// Try again when the device is unlocked: the keystore does not answer.
    #[error("{code}")]
    KeystoreUnavailable {
        /// Stable code.
        code: String,
    },
    /// Offer another way to open: the device has lost a key.
    #[error("{code}")]
    KeyInvalidated {
        /// Stable code.
        code: String,
    },
    /// Nothing: it was cancelled, and nothing was changed.
    #[error("{code}")]
    Cancelled {
        /// Stable code.
        code: String,
    },
    /// Check disk and place: a file or the disk cannot be used.
    #[error("{code}")]
    Storage {
        /// Stable code.
        code: String,
    },
}

impl From<Error> for WalletError {
    fn from(error: Error) -> Self {
        let code = error.code().to_owned();
        match error.class() {
            ErrorClass::Locked => Self::Locked { code },
            ErrorClass::WrongPassphrase => Self::WrongPassphrase { code },
            ErrorClass::TryLater { seconds } => Self::TryLater { code, seconds },
            ErrorClass::Busy => Self::Busy { code },
            ErrorClass::NotFound => Self::NotFound { code },
            ErrorClass::InvalidInput { position } => Self::InvalidInput { code, position },
            ErrorClass::NotPermitted => Self::NotPermitted { code },
            ErrorClass::Expired => Self::Expired { code },
            ErrorClass::NotEnoughShares => Self::NotEnoughShares { code },
            ErrorClass::Damaged => Self::Damaged { code },
            ErrorClass::UnsupportedVersion => Self::UnsupportedVersion { code },
            ErrorClass::KeystoreUnavailable => Self::KeystoreUnavailable { code },
            ErrorClass::KeyInvalidated => Self::KeyInvalidated { code },
            ErrorClass::Cancelled => Self::Cancelled { code },
            ErrorClass::Storage => Self::Storage { code },
        }
    }
}

/// Turns any error of the core into the one that crosses.
pub(crate) fn refused(error: impl Into<Error>) -> WalletError {
    error.into().into()
}

/// Why a keystore did not do what it was asked; each has its own way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum KeystoreError {
    /// The patient turned the prompt away.
    #[error("keystore.cancelled")]
    Cancelled,
    /// Too many failed attempts at the prompt.
    #[error("keystore.locked-out")]
    LockedOut,
    /// The item exists no more because the enrolled biometrics changed.
    #[error("keystore.invalidated")]
    Invalidated,
    /// There is no such item.
    #[error("keystore.missing")]
    Missing,
    /// The keystore cannot answer now, or does not support the policy; says nothing about the item.
    #[error("keystore.unavailable")]
    Unavailable,
}

impl From<KeystoreError> for host::KeystoreError {
    fn from(error: KeystoreError) -> Self {
        match error {
            KeystoreError::Cancelled => Self::Cancelled,
            KeystoreError::LockedOut => Self::LockedOut,
            KeystoreError::Invalidated => Self::Invalidated,
            KeystoreError::Missing => Self::Missing,
            KeystoreError::Unavailable => Self::Unavailable,
        }
    }
}

/// What is thrown and is none of these says nothing about the item. Its text is dropped: it may be
/// a whole stack trace.
impl From<uniffi::UnexpectedUniFFICallbackError> for KeystoreError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable
    }
}

/// A clock or a listener did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum CallbackError {
    /// It failed; why is its own business.
    #[error("callback.failed")]
    Failed,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for CallbackError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}
