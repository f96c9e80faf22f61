//! Names: of a consent, a request, a record outside the vault, a key.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::ConsentError;
use crate::keys::{Secret, VerifyingKey};

/// Makes a name of 16 bytes, shown as 32 lower-case hex digits; what reads it and draws it refuses
/// with the error given.
macro_rules! id {
    ($(#[$doc:meta])+ $name:ident, $error:ident) => {
        $(#[$doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Wraps the 16 bytes of an id.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// Returns the 16 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&$crate::codec::Hex(&self.0), f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        /// Reads 32 lower-case hex digits.
        impl std::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let id: $crate::record::RecordId = text.parse().map_err(|_| $error::Invalid)?;
                Ok(Self(*id.as_bytes()))
            }
        }
    };
}

/// Lets names be drawn at random.
macro_rules! generated {
    ($error:ident: $($name:ident)+) => {$(
        impl $name {
            /// Draws a new id.
            ///
            /// # Errors
            /// When the system has no random bytes to give.
            pub fn generate() -> Result<Self, $error> {
                let mut bytes = [0; 16];
                getrandom::fill(&mut bytes).map_err(|_| $error::Randomness)?;
                Ok(Self(bytes))
            }
        }
    )+};
}

pub(crate) use {generated, id};

id! {
    /// Names one consent: the `cti` of its token.
    ConsentId, ConsentError
}

id! {
    /// Names one request: its `cti`.
    RequestId, ConsentError
}

id! {
    /// Names one credential of a directory: its `cti`.
    CredentialId, ConsentError
}

id! {
    /// Names one standing rule.
    RuleId, ConsentError
}

id! {
    /// Names a record to one requester: the only name that it has outside the vault.
    Alias, ConsentError
}

generated!(ConsentError: ConsentId RequestId CredentialId RuleId);

/// The key that aliases are derived with.
#[derive(Debug)]
pub struct AliasKey(Secret<32>);

impl AliasKey {
    /// Takes the key.
    #[must_use]
    pub const fn new(key: Secret<32>) -> Self {
        Self(key)
    }
}

impl Alias {
    /// Derives the alias of a record, or of a file, for a requester.
    #[must_use]
    pub fn derive(key: &AliasKey, requester_did: &str, id: &[u8; 16]) -> Self {
        // EXPOSE: the key of the HMAC.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(key.0.expose()) else {
            unreachable!("HMAC takes keys of any length")
        };
        let mac = mac.chain_update(requester_did).chain_update([0]).chain_update(id);
        Self(first_half(mac.finalize().into_bytes().into()))
    }
}

/// Names a public key: the first 16 bytes of SHA-256 over its compressed point.
#[derive(Clone, Copy, Debug)]
pub struct Thumbprint([u8; 16]);

impl Thumbprint {
    /// Computes the thumbprint of a key.
    #[must_use]
    pub fn of(key: &VerifyingKey) -> Self {
        Self(first_half(Sha256::digest(key.to_sec1()).into()))
    }

    /// Returns the 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Wraps the 16 bytes of a thumbprint.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl PartialEq for Thumbprint {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Thumbprint {}

pub(super) fn first_half(hash: [u8; 32]) -> [u8; 16] {
    let ([first, _], _) = hash.as_chunks() else { unreachable!("32 is twice 16") };
    *first
}
