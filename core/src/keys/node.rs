//! Signing keys from the seed: hardened BIP32 on SLIP-13 paths.
//!
//! A URI and an index name a key; nothing has to be counted or stored to find it again. Only
//! hardened steps exist here, so a leaked leaf tells nothing about its siblings or its parent. The
//! chain codes, which the public crate leaves in memory, are wiped with the keys.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use k256::Scalar;
use k256::elliptic_curve::PrimeField;
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroize;

use super::{KeyError, Secret, SigningKey};

/// The node m/13' (SLIP-13): every signing key of the patient derives from it, nothing else does.
pub struct IdentityNode(Node);

impl IdentityNode {
    pub(super) fn from_seed(seed: &[u8]) -> Result<Self, KeyError> {
        Ok(Self(Node::from_seed(seed)?.derive_hardened(PURPOSE)?))
    }

    /// Reads a node: private key 32 ‖ chain code 32.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] if the private key is not one.
    pub fn from_secret(secret: Secret<64>) -> Result<Self, KeyError> {
        Node::new(secret).map(Self)
    }

    /// Returns private key 32 ‖ chain code 32, to be sealed.
    #[must_use]
    pub fn to_secret(&self) -> Secret<64> {
        // EXPOSE: copied from one secret into another.
        Secret::init_with(|bytes| bytes.copy_from_slice(self.0.0.expose()))
    }

    /// Derives the signing key for a URI; `index` counts its rotations.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] where BIP32 has no key on this path, once in 2^127.
    pub fn derive_signing_key(&self, uri: &str, index: u32) -> Result<SigningKey, KeyError> {
        let [a, b, c, d] = slip13_path(uri, index);
        let leaf = self.0.derive_hardened(a)?.derive_hardened(b)?;
        let leaf = leaf.derive_hardened(c)?.derive_hardened(d)?;
        // EXPOSE: the left half of a node is its private key.
        let secret = Secret::init_with(|key| key.copy_from_slice(leaf.0.expose_halves().0));
        SigningKey::from_secret(&secret)
    }
}

impl fmt::Debug for IdentityNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityNode(..)")
    }
}

/// A BIP32 node: private key 32 ‖ chain code 32, the key between zero and the curve's order.
struct Node(Secret<64>);

impl Node {
    fn new(secret: Secret<64>) -> Result<Self, KeyError> {
        // EXPOSE: the range check needs the number; both copies are wiped.
        let mut key = scalar(secret.expose_halves().0)?;
        let zero = key == Scalar::ZERO;
        key.zeroize();
        if zero { Err(KeyError::Invalid) } else { Ok(Self(secret)) }
    }

    fn from_seed(seed: &[u8]) -> Result<Self, KeyError> {
        Self::new(hmac_sha512(b"Bitcoin seed", &[seed]))
    }

    /// CKDpriv of BIP32 for a hardened `index`.
    fn derive_hardened(&self, index: u32) -> Result<Self, KeyError> {
        // EXPOSE: what BIP32 hashes and adds; every copy made here is wiped.
        let (key, chain_code) = self.0.expose_halves();
        let tag = hmac_sha512(chain_code, &[&[0], key, &(index | HARDENED).to_be_bytes()]);
        let (tweak, child_chain_code) = tag.expose_halves();
        let (mut tweak, mut parent) = (scalar(tweak)?, scalar(key)?);
        let mut sum = tweak + parent;
        let mut child_key = sum.to_repr();
        let child = Secret::init_with(|node| {
            let (left, right) = node.split_at_mut(child_key.len());
            left.copy_from_slice(&child_key);
            right.copy_from_slice(child_chain_code);
        });
        child_key.zeroize();
        [&mut tweak, &mut parent, &mut sum].into_iter().for_each(Zeroize::zeroize);
        Self::new(child)
    }
}

/// The four hardened steps below m/13' (SLIP-13).
fn slip13_path(uri: &str, index: u32) -> [u32; 4] {
    let hash: [u8; 32] =
        Sha256::new().chain_update(index.to_le_bytes()).chain_update(uri).finalize().into();
    let ([a, b, c, d, ..], _) = hash.as_chunks() else { unreachable!("32 is eight times 4") };
    [*a, *b, *c, *d].map(|word| u32::from_le_bytes(word) | HARDENED)
}

fn hmac_sha512(key: &[u8], parts: &[&[u8]]) -> Secret<64> {
    let mut mac = Hmac::<Sha512>::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    let mut tag = mac.finalize().into_bytes();
    let secret = Secret::init_with(|bytes| bytes.copy_from_slice(&tag));
    tag.zeroize();
    secret
}

fn scalar(bytes: &[u8; 32]) -> Result<Scalar, KeyError> {
    Option::from(Scalar::from_repr((*bytes).into())).ok_or(KeyError::Invalid)
}

/// SLIP-13 names 13 its purpose (BIP43).
const PURPOSE: u32 = 13;
const HARDENED: u32 = 0x8000_0000;

#[cfg(test)]
mod tests;
