//! A token that held: what a reader may rely on.

use super::ConsentToken;
use crate::consent::{ConsentId, Delegation, Scope};
use crate::host::Timestamp;
use crate::keys::{DidKey, VerifyingKey};

/// A consent that held when it was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedConsent {
    pub(super) token: ConsentToken,
    pub(super) object_id: [u8; 32],
}

impl VerifiedConsent {
    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> ConsentId {
        self.token.id
    }

    /// Returns the key that signed: the patient's for this reader, or that of whoever acts.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.token.key
    }

    /// Returns the patient's key for this reader, whoever signed.
    #[must_use]
    pub const fn patient_key(&self) -> &VerifyingKey {
        self.token.patient_key()
    }

    /// Returns what let somebody else than the patient sign.
    #[must_use]
    pub const fn delegation(&self) -> Option<&Delegation> {
        self.token.delegation()
    }

    /// Returns the patient's name for this reader: the DID of the patient's key.
    #[must_use]
    pub fn did(&self) -> DidKey {
        DidKey::from(self.patient_key())
    }

    /// Returns when it was signed.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.token.issued_at
    }

    /// Returns from when it holds.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.token.not_before
    }

    /// Returns until when it holds, this moment not included.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.token.expires_at
    }

    /// Returns what it permits.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.token.scope
    }

    /// Returns everything that it says.
    #[must_use]
    pub const fn token(&self) -> &ConsentToken {
        &self.token
    }

    /// Returns the id of the signed object: SHA-256 of what was signed.
    #[must_use]
    pub const fn object_id(&self) -> &[u8; 32] {
        &self.object_id
    }
}
