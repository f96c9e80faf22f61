//! The sealed state: how many rows there are and the XOR of their fingerprints.
//!
//! Written in every transaction, checked at every unlock: a row removed, put back or exchanged
//! shows at once. Bytes: docs/formats.md 4.

use sha2::{Digest, Sha256};

use crate::codec::Fields;
use crate::keys::Cipher;
use crate::vault::VaultError;
use crate::vault::cipher::meta_data;
use crate::vault::slots::{VaultEpoch, random_id};

/// What the vault holds, as its last transaction left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    /// Random; a new one for each creation or restoration of the file.
    pub(crate) incarnation: [u8; 8],
    pub(crate) log_size: u64,
    pub(crate) log_root: [u8; 32],
    pub(crate) versions: u64,
    pub(crate) attachments: u64,
    pub(crate) fingerprint: [u8; 32],
}

impl State {
    /// Makes the state of an empty vault.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub(crate) fn generate() -> Result<Self, VaultError> {
        Ok(Self {
            incarnation: random_id()?,
            log_size: 0,
            log_root: Sha256::digest([]).into(),
            versions: 0,
            attachments: 0,
            fingerprint: [0; 32],
        })
    }

    /// Takes one row of `ver` in.
    pub(crate) fn count(&mut self, fingerprint: &[u8; 32]) {
        self.versions += 1;
        for (all, one) in self.fingerprint.iter_mut().zip(fingerprint) {
            *all ^= one;
        }
    }

    /// Seals the state.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub(crate) fn seal(&self, vault: &VaultEpoch, key: &Cipher) -> Result<Vec<u8>, VaultError> {
        let plain = [
            self.incarnation.as_slice(),
            &self.log_size.to_be_bytes(),
            &self.log_root,
            &self.versions.to_be_bytes(),
            &self.attachments.to_be_bytes(),
            &self.fingerprint,
        ]
        .concat();
        Ok(key.seal(&meta_data(vault, "state"), &plain)?)
    }

    /// Opens a sealed state.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(crate) fn open(
        vault: &VaultEpoch,
        key: &Cipher,
        sealed: &[u8],
    ) -> Result<Self, VaultError> {
        let plain =
            key.open(&meta_data(vault, "state"), sealed).map_err(|_| VaultError::Damaged)?;
        let mut fields = Fields::new(&plain);
        let state = Self {
            incarnation: fields.array()?,
            log_size: fields.u64()?,
            log_root: fields.array()?,
            versions: fields.u64()?,
            attachments: fields.u64()?,
            fingerprint: fields.array()?,
        };
        fields.finish()?;
        Ok(state)
    }

    /// Writes what the keystore keeps of the state: `head`.
    pub(crate) fn head(&self) -> Vec<u8> {
        [self.incarnation.as_slice(), &self.log_size.to_be_bytes(), &self.log_root].concat()
    }

    /// Tells whether a head belongs to this state or to an earlier one of the same incarnation.
    pub(crate) fn follows(&self, head: &[u8]) -> bool {
        let mut fields = Fields::new(head);
        let (Ok(incarnation), Ok(size), Ok(root)) =
            (fields.array::<8>(), fields.u64(), fields.array::<32>())
        else {
            return false;
        };
        incarnation == self.incarnation
            && (size < self.log_size || (size == self.log_size && root == self.log_root))
            && fields.finish().is_ok()
    }
}
