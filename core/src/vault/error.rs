//! Why the vault could not do its part.

use crate::codec::Malformed;
use crate::db::DbError;
use crate::host::KeystoreError;
use crate::keys::KeyError;

/// Why the vault could not do its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// Wrong key or tampered bytes; which of the two cannot be told.
    #[error("the key does not open this")]
    Undecryptable,
    /// Bytes of the vault are not what was written.
    #[error("the vault is damaged or is no vault; it was left as it is")]
    Damaged,
    /// The header is of a version or a suite that this wallet does not know.
    #[error("the vault's header has a version that this wallet does not know")]
    UnknownHeader,
    /// The header asks for a key derivation outside the bounds.
    #[error("the vault asks for a key derivation outside the bounds")]
    KdfOutOfBounds,
    /// The vault has no slot of this kind.
    #[error("the vault cannot be opened in this way")]
    NoSuchSlot,
    /// The passphrase is wrong.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The keystore has lost the device secret of the passphrase slot.
    #[error("the device lost its part of the passphrase; the words open the wallet")]
    DeviceSecretLost,
    /// The keystore has lost the secret of the biometric slot, or new biometrics were enrolled.
    #[error("biometrics do not open the wallet any more; the passphrase does")]
    BiometricsLost,
    /// The words are those of another wallet.
    #[error("these words belong to another wallet")]
    OtherWords,
    /// Too many wrong passphrases; the next attempt must wait.
    #[error("too many wrong attempts; try again in {seconds} s")]
    TryLater {
        /// Seconds to wait.
        seconds: u64,
    },
    /// The device lost the key of the records; the words bring it back.
    #[error("the device lost the key of the records; the words bring it back")]
    NeedsWords,
    /// The file is older than what the device remembers of it.
    #[error("the vault is older than the device remembers; an earlier copy was put back")]
    RolledBack,
    /// The wallet was opened although it is damaged, for reading only.
    #[error("the wallet is damaged and open for reading only")]
    ReadOnly,
    /// There is no such record or version.
    #[error("there is no such record")]
    NotFound,
    /// The system gave no randomness.
    #[error("the system gives no randomness")]
    Randomness,
    /// There is not enough memory for the key derivation.
    #[error("there is not enough memory for the key derivation")]
    OutOfMemory,
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The keystore of the device.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
}

impl VaultError {
    /// Gives the stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Undecryptable => "vault.undecryptable",
            Self::Damaged => "vault.damaged",
            Self::UnknownHeader => "vault.newer-format",
            Self::KdfOutOfBounds => "vault.kdf-out-of-bounds",
            Self::NoSuchSlot => "vault.no-such-slot",
            Self::WrongPassphrase => "wallet.wrong-passphrase",
            Self::DeviceSecretLost => "wallet.device-secret-lost",
            Self::BiometricsLost => "wallet.biometrics-lost",
            Self::OtherWords => "wallet.other-words",
            Self::TryLater { .. } => "wallet.try-later",
            Self::NeedsWords => "vault.needs-words",
            Self::RolledBack => "vault.rolled-back",
            Self::ReadOnly => "vault.read-only",
            Self::NotFound => "record.not-found",
            Self::Randomness => "keys.randomness",
            Self::OutOfMemory => "keys.out-of-memory",
            Self::Db(error) => error.code(),
            Self::Keystore(error) => error.code(),
        }
    }
}

impl From<Malformed> for VaultError {
    fn from(_: Malformed) -> Self {
        Self::Damaged
    }
}

impl From<KeyError> for VaultError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Randomness => Self::Randomness,
            KeyError::OutOfMemory => Self::OutOfMemory,
            KeyError::KdfOutOfBounds => Self::KdfOutOfBounds,
            _ => Self::Undecryptable,
        }
    }
}
