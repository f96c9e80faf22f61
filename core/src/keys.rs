//! The key tree, and everything that is done with a key.
//!
//! ```text
//! entropy ─BIP39─> words ─PBKDF2─> seed ─┬─BIP32─> m/13' ─SLIP-13 URI─> signing keys (secp256k1)
//!                                        ├─HKDF──> seed-slot, record-alias, backup-id
//!                                        └─HKDF──> escrow, hpke/x25519 ─> sealing keys (X25519)
//! passphrase ─Argon2id─┐
//! device secret ───────┴─HKDF─> slot key ─opens─> vault root key ─HKDF─> root node state rows ...
//! ```
//!
//! A secret is wiped when it is dropped, compared in constant time, and never printed. Labels keep
//! the keys apart ([`Domain`]). Labels, sizes and paths are specified in `docs/formats.md` 2 and 3.

mod aead;
mod did;
mod domain;
mod node;
mod passphrase;
mod sealed;
mod sealing;
mod secret;
mod seed;
mod signed;
mod signing;

pub use aead::{Cipher, SEAL_OVERHEAD};
pub use did::DidKey;
pub use domain::{Domain, derive_secret};
pub use node::IdentityNode;
pub use passphrase::{KdfParams, Passphrase, stretch};
pub use sealed::ContentKey;
pub use sealing::{SealingKey, SealingPublicKey};
pub use secret::Secret;
pub use seed::{Mnemonic, Seed, WordCount, suggestions};
pub use signed::{Signed, SignedKind, Unverified, sign};
pub use signing::{Signature, SigningKey, VerifyingKey};

/// What can go wrong with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key is wrong or the sealed bytes were changed: nothing tells which.
    #[error("wrong key or damaged data")]
    Undecryptable,
    /// A key, a signature, a DID or an entropy is not well formed, or a signature does not verify.
    #[error("malformed or not valid")]
    Invalid,
    /// A recovery phrase has a number of words that BIP39 does not know.
    #[error("{count} words given, 12, 15, 18, 21 or 24 expected")]
    WordCount {
        /// How many words were given.
        count: usize,
    },
    /// A word is not in the English list of BIP39.
    #[error("word {position} is not in the list")]
    UnknownWord {
        /// Its place in the phrase, counted from 1.
        position: usize,
    },
    /// Every word is in the list, but together they are no recovery phrase.
    #[error("the words do not belong together: one is wrong or out of place")]
    Checksum,
    /// Parameters of Argon2id lie outside the accepted bounds.
    #[error("key derivation parameters out of bounds")]
    KdfOutOfBounds,
    /// The memory for Argon2id could not be had.
    #[error("there is not enough memory for the key derivation")]
    OutOfMemory,
    /// The operating system gave no random bytes.
    #[error("the system gives no randomness")]
    Randomness,
    /// A passphrase is empty or too long.
    #[error("a passphrase has 1 to 1024 bytes")]
    PassphraseLength,
}

impl KeyError {
    /// Returns the stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Undecryptable => "keys.undecryptable",
            Self::Invalid => "keys.invalid",
            Self::WordCount { .. } => "keys.word-count",
            Self::UnknownWord { .. } => "keys.unknown-word",
            Self::Checksum => "keys.checksum",
            Self::KdfOutOfBounds => "keys.kdf-out-of-bounds",
            Self::OutOfMemory => "keys.out-of-memory",
            Self::Randomness => "keys.randomness",
            Self::PassphraseLength => "keys.passphrase-length",
        }
    }
}

impl From<getrandom::Error> for KeyError {
    fn from(_: getrandom::Error) -> Self {
        Self::Randomness
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_error_has_a_code_of_its_own() {
        let errors = [
            KeyError::Undecryptable,
            KeyError::Invalid,
            KeyError::WordCount { count: 1 },
            KeyError::UnknownWord { position: 1 },
            KeyError::Checksum,
            KeyError::KdfOutOfBounds,
            KeyError::OutOfMemory,
            KeyError::Randomness,
            KeyError::PassphraseLength,
        ];
        let codes: HashSet<_> = errors.iter().map(KeyError::code).collect();
        assert_eq!(codes.len(), errors.len());
        assert!(codes.iter().all(|code| code.starts_with("keys.")));
    }
}
