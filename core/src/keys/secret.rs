//! Bytes that must not outlive their use.

use std::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::KeyError;

/// `N` secret bytes: on the heap so that a move copies nothing, wiped when dropped, compared in
/// constant time, neither cloned nor printed.
pub struct Secret<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// Draws a secret from the operating system's generator.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] if the operating system has none to give.
    pub fn generate() -> Result<Self, KeyError> {
        Self::try_init_with(|bytes| Ok(getrandom::fill(bytes)?))
    }

    /// Makes a secret in its place, from zeros that `init` overwrites.
    pub fn init_with(init: impl FnOnce(&mut [u8; N])) -> Self {
        let mut secret = Self(Box::new([0; N]));
        init(&mut secret.0);
        secret
    }

    /// Makes a secret in its place; what `init` wrote before it failed is wiped.
    ///
    /// # Errors
    /// The error of `init`.
    pub fn try_init_with<E>(init: impl FnOnce(&mut [u8; N]) -> Result<(), E>) -> Result<Self, E> {
        let mut secret = Self(Box::new([0; N]));
        init(&mut secret.0)?;
        Ok(secret)
    }

    /// Copies a secret out of `bytes`, which the caller wipes.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] unless there are exactly `N` bytes.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: &[u8; N] = bytes.try_into().map_err(|_| KeyError::Invalid)?;
        Ok(Self::init_with(|secret| secret.copy_from_slice(bytes)))
    }

    /// Lends the bytes; each call says why in an `EXPOSE` comment.
    #[must_use]
    pub fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl Secret<64> {
    /// Lends the two halves: key and chain code, or key and commitment.
    #[must_use]
    pub fn expose_halves(&self) -> (&[u8; 32], &[u8; 32]) {
        let ([left, right], []) = self.0.as_chunks() else { unreachable!("64 is twice 32") };
        (left, right)
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> ZeroizeOnDrop for Secret<N> {}

impl<const N: usize> ConstantTimeEq for Secret<N> {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.as_slice().ct_eq(other.0.as_slice())
    }
}

impl<const N: usize> PartialEq for Secret<N> {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl<const N: usize> Eq for Secret<N> {}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret<{N}>(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_leak_key_material() {
        let secret = Secret::<32>::init_with(|bytes| bytes.fill(0xa7));
        assert_eq!(format!("{secret:?} {secret:#?}"), "Secret<32>(..) Secret<32>(..)");
    }

    #[test]
    fn equal_means_every_byte() {
        let secret = Secret::<32>::generate().unwrap();
        assert_eq!(secret, Secret::from_slice(secret.expose()).unwrap());
        for byte in 0..32 {
            let other = Secret::<32>::init_with(|bytes| {
                bytes.copy_from_slice(secret.expose());
                bytes[byte] ^= 1;
            });
            assert_ne!(secret, other);
        }
    }

    #[test]
    fn two_generated_secrets_differ() {
        assert_ne!(Secret::<32>::generate().unwrap(), Secret::<32>::generate().unwrap());
    }

    #[test]
    fn another_length_is_refused() {
        assert_eq!(Secret::<32>::from_slice(&[1; 31]).unwrap_err(), KeyError::Invalid);
        assert_eq!(Secret::<32>::from_slice(&[1; 33]).unwrap_err(), KeyError::Invalid);
    }

    #[test]
    fn halves_are_left_and_right() {
        let secret = Secret::<64>::init_with(|bytes| bytes[32..].fill(1));
        assert_eq!(secret.expose_halves(), (&[0; 32], &[1; 32]));
    }

    #[test]
    fn failed_init_returns_its_error() {
        assert_eq!(Secret::<8>::try_init_with(|_| Err(7)).unwrap_err(), 7);
    }
}
