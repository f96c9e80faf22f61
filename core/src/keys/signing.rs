//! Signatures: ES256K, that is ECDSA on secp256k1 with SHA-256 (RFC 8812).
//!
//! Nonces follow RFC 6979 and S is low, so a key signs a message in one way only. Others' high S is
//! brought low before it is verified; nothing may therefore be looked up by a signature's bytes.

use std::fmt;

use k256::ecdsa::signature::{Signer, Verifier};
use zeroize::Zeroize;

use super::{DidKey, KeyError, Secret};

/// A private key on secp256k1.
pub struct SigningKey(Box<k256::ecdsa::SigningKey>);

impl SigningKey {
    /// Draws a key from the operating system's generator.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] if the operating system has none to give.
    pub fn generate() -> Result<Self, KeyError> {
        Self::from_secret(&Secret::generate()?)
    }

    /// Reads a private key of 32 bytes, big-endian.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] unless it lies between zero and the order of the curve.
    pub fn from_secret(secret: &Secret<32>) -> Result<Self, KeyError> {
        // EXPOSE: the key keeps its own copy and wipes it when dropped.
        let key = k256::ecdsa::SigningKey::from_slice(secret.expose());
        Ok(Self(Box::new(key.map_err(|_| KeyError::Invalid)?)))
    }

    /// Returns the private key, to be sealed.
    #[must_use]
    pub fn to_secret(&self) -> Secret<32> {
        let mut bytes = self.0.to_bytes();
        let secret = Secret::init_with(|secret| secret.copy_from_slice(&bytes));
        bytes.zeroize();
        secret
    }

    /// Returns the public key that verifies what this one signs.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(*self.0.verifying_key())
    }

    /// Signs a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        let signature: k256::ecdsa::Signature = self.0.sign(message);
        Signature(signature.to_bytes().into())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// A public key on secp256k1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(k256::ecdsa::VerifyingKey);

impl VerifyingKey {
    /// Reads a compressed point (SEC 1).
    ///
    /// # Errors
    /// [`KeyError::Invalid`] unless it is 33 bytes and a point of the curve.
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, KeyError> {
        // The crate also reads other tags (5 is a compact point): one key must have one encoding.
        if !matches!(bytes, [2 | 3, rest @ ..] if rest.len() == 32) {
            return Err(KeyError::Invalid);
        }
        let key = k256::ecdsa::VerifyingKey::from_sec1_bytes(bytes);
        Ok(Self(key.map_err(|_| KeyError::Invalid)?))
    }

    /// Returns the compressed point (SEC 1).
    #[must_use]
    pub fn to_sec1(&self) -> [u8; 33] {
        k256::CompressedPoint::from(&self.0).into()
    }

    /// Verifies that `signature` was made over `message` by this key.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] if it was not.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), KeyError> {
        let signature =
            k256::ecdsa::Signature::from_slice(&signature.0).map_err(|_| KeyError::Invalid)?;
        self.0.verify(message, &signature.normalize_s()).map_err(|_| KeyError::Invalid)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", DidKey::from(self))
    }
}

/// A signature: r ‖ s, 32 bytes each, big-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Reads a signature; whether r and s are in range shows when it is verified.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] unless there are 64 bytes.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, KeyError> {
        bytes.try_into().map(Self).map_err(|_| KeyError::Invalid)
    }

    /// Returns r ‖ s.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; 64] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use k256::elliptic_curve::PrimeField;

    use super::*;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(byte))).unwrap()
    }

    #[test]
    fn signs_in_one_way_and_with_low_s() {
        for message in 0..32_u8 {
            let signature = key(1).sign(&[message]);
            assert_eq!(signature, key(1).sign(&[message]));
            assert_eq!(key(1).verifying_key().verify(&[message], &signature), Ok(()));
            let parsed = k256::ecdsa::Signature::from_slice(&signature.to_bytes()).unwrap();
            assert_eq!(parsed, parsed.normalize_s());
        }
    }

    #[test]
    fn foreign_high_s_verifies() {
        let low = key(1).sign(b"message");
        let (r, s) = low.0.split_first_chunk::<32>().unwrap();
        let s = k256::Scalar::from_repr(<[u8; 32]>::try_from(s).unwrap().into()).unwrap();
        let high = Signature::from_slice(&[r.as_slice(), &(-s).to_repr()].concat()).unwrap();
        assert_ne!(high, low);
        assert_eq!(key(1).verifying_key().verify(b"message", &high), Ok(()));
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let signature = key(1).sign(b"message");
        for bit in 0..512 {
            let mut bytes = signature.to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let flipped = Signature::from_slice(&bytes).unwrap();
            let verified = key(1).verifying_key().verify(b"message", &flipped);
            assert_eq!(verified, Err(KeyError::Invalid), "bit {bit}");
        }
        let other_key = key(2).verifying_key().verify(b"message", &signature);
        assert_eq!(other_key, Err(KeyError::Invalid));
        let other_message = key(1).verifying_key().verify(b"massage", &signature);
        assert_eq!(other_message, Err(KeyError::Invalid));
    }

    #[test]
    fn zero_and_the_order_are_no_private_keys() {
        let order = -k256::Scalar::ONE;
        let mut bytes: [u8; 32] = order.to_repr().into();
        assert!(SigningKey::from_secret(&Secret::from_slice(&bytes).unwrap()).is_ok());
        bytes[31] += 1;
        for bytes in [bytes, [0; 32], [0xff; 32]] {
            let key = SigningKey::from_secret(&Secret::from_slice(&bytes).unwrap());
            assert_eq!(key.unwrap_err(), KeyError::Invalid);
        }
    }

    #[test]
    fn only_compressed_points_are_read() {
        let compressed = key(1).verifying_key().to_sec1();
        assert_eq!(VerifyingKey::from_sec1(&compressed), Ok(key(1).verifying_key()));
        let uncompressed = key(1).0.verifying_key().to_sec1_point(false);
        assert_eq!(VerifyingKey::from_sec1(uncompressed.as_bytes()), Err(KeyError::Invalid));
        for tag in [0, 1, 4, 5, 6, 7] {
            let mut bytes = compressed;
            bytes[0] = tag;
            assert_eq!(VerifyingKey::from_sec1(&bytes), Err(KeyError::Invalid), "tag {tag}");
        }
        assert_eq!(VerifyingKey::from_sec1(&compressed[..32]), Err(KeyError::Invalid));
    }

    #[test]
    fn private_key_survives_storage() {
        let generated = SigningKey::generate().unwrap();
        let read = SigningKey::from_secret(&generated.to_secret()).unwrap();
        assert_eq!(read.verifying_key(), generated.verifying_key());
    }

    #[test]
    fn debug_does_not_leak_key_material() {
        assert_eq!(format!("{:?}", key(1)), "SigningKey(..)");
        assert!(format!("{:?}", key(1).verifying_key()).starts_with("VerifyingKey(did:key:zQ3s"));
    }
}
