//! Sealing to a person: HPKE base mode (RFC 9180) with X25519, HKDF-SHA256, ChaCha20-Poly1305.
//!
//! Sealed bytes are the KEM's number 0x0020 ‖ encapsulated key 32 ‖ ciphertext ‖ tag 16
//! (`docs/formats.md` 2). The number comes first so that another KEM can join. Base mode says
//! nothing about the sender: what must be believed is signed outside.

use std::convert::Infallible;
use std::fmt;

use hpke::aead::{AeadTag, ChaCha20Poly1305};
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use rand_core::{TryCryptoRng, TryRng};
use zeroize::{Zeroize, Zeroizing};

use super::{KeyError, Secret};

/// A private key that opens what was sealed to its public key.
pub struct SealingKey(Box<<X25519HkdfSha256 as Kem>::PrivateKey>);

impl SealingKey {
    /// Draws a key from the operating system's generator.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] if the operating system has none to give.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self::derive(&Secret::generate()?))
    }

    /// Derives a key (`DeriveKeyPair` of RFC 9180).
    #[must_use]
    pub fn derive(ikm: &Secret<32>) -> Self {
        // EXPOSE: the input of the derivation.
        Self(Box::new(X25519HkdfSha256::derive_keypair(ikm.expose()).0))
    }

    /// Reads a private key.
    #[must_use]
    pub fn from_secret(secret: &Secret<32>) -> Self {
        // EXPOSE: the key keeps its own copy and wipes it when dropped.
        let Ok(key) = Deserializable::from_bytes(secret.expose()) else {
            unreachable!("any 32 bytes are a private key of X25519")
        };
        Self(Box::new(key))
    }

    /// Returns the private key, to be sealed.
    #[must_use]
    pub fn to_secret(&self) -> Secret<32> {
        Secret::init_with(|secret| self.0.write_exact(secret))
    }

    /// Returns the public key to seal to.
    #[must_use]
    pub fn public_key(&self) -> SealingPublicKey {
        SealingPublicKey(X25519HkdfSha256::sk_to_pk(&self.0).to_bytes().into())
    }

    /// Opens what was sealed to this key's public key.
    ///
    /// # Errors
    /// [`KeyError::Undecryptable`] if key, `info`, `aad` or any byte is not what it was.
    pub fn open(
        &self,
        info: &[u8],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let undecryptable = KeyError::Undecryptable;
        let sealed = sealed.strip_prefix(&KEM_ID).ok_or(undecryptable)?;
        let (enc, rest) = sealed.split_first_chunk::<ENC_LEN>().ok_or(undecryptable)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_LEN>().ok_or(undecryptable)?;
        let mut plaintext = Zeroizing::new(ciphertext.to_vec());
        self.open_in_place(enc, info, aad, &mut plaintext, tag)?;
        Ok(plaintext)
    }

    /// Opens `buffer` where it lies.
    pub(super) fn open_in_place(
        &self,
        enc: &[u8; ENC_LEN],
        info: &[u8],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), KeyError> {
        let enc = Deserializable::from_bytes(enc).map_err(|_| KeyError::Undecryptable)?;
        let tag: AeadTag<_> =
            Deserializable::from_bytes(tag).map_err(|_| KeyError::Undecryptable)?;
        hpke::single_shot_open_inout_detached::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.0,
            &enc,
            bounded(info)?,
            buffer.into(),
            aad,
            &tag,
        )
        .map_err(|_| KeyError::Undecryptable)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(..)")
    }
}

/// A public key that anybody can seal to.
///
/// # Examples
///
/// ```
/// use patient_wallet::keys::{Domain, SealingKey};
///
/// let guardian = SealingKey::generate()?;
/// let info = Domain::GuardianShare.info(&[b"guardian key"]);
/// let sealed = guardian.public_key().seal(&info, b"", b"a share")?;
/// assert_eq!(*guardian.open(&info, b"", &sealed)?, b"a share");
/// # Ok::<(), patient_wallet::keys::KeyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SealingPublicKey([u8; 32]);

impl SealingPublicKey {
    /// Reads a public key.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] unless there are 32 bytes, and for a key of low order: what is sealed
    /// to it anybody could open.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, KeyError> {
        let key: [u8; 32] = bytes.try_into().map_err(|_| KeyError::Invalid)?;
        let (words, _) = key.as_chunks();
        let mut point = [0; 4];
        point.iter_mut().zip(words).for_each(|(to, word)| *to = u64::from_le_bytes(*word));
        // X25519 does not read the last bit (RFC 7748 5).
        point[3] &= u64::MAX >> 1;
        if LOW_ORDER.contains(&point) { Err(KeyError::Invalid) } else { Ok(Self(key)) }
    }

    /// Returns the bytes of the key.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; 32] {
        self.0
    }

    /// Seals `plaintext` to the holder of the private key, binding `info` and `aad` to it.
    ///
    /// # Errors
    /// [`KeyError::Randomness`]; [`KeyError::Invalid`] for a public key of low order, which would
    /// let anybody open it, or an `info` longer than 1024 bytes.
    pub fn seal(&self, info: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.seal_with(&Secret::generate()?, info, aad, plaintext)
    }

    /// Seals with an ephemeral key derived from `ikm`, which must be fresh.
    fn seal_with(
        &self,
        ikm: &Secret<32>,
        info: &[u8],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        let overhead = KEM_ID.len() + ENC_LEN + TAG_LEN;
        let mut sealed = Vec::with_capacity(overhead + plaintext.len());
        sealed.extend_from_slice(&KEM_ID);
        sealed.extend_from_slice(&[0; ENC_LEN]);
        sealed.extend_from_slice(plaintext);
        let (head, buffer) = sealed.split_at_mut(KEM_ID.len() + ENC_LEN);
        let (_, enc_place) = head.split_at_mut(KEM_ID.len());
        match self.seal_in_place(ikm, info, aad, buffer) {
            Ok((enc, tag)) => {
                enc_place.copy_from_slice(&enc);
                sealed.extend_from_slice(&tag);
                Ok(sealed)
            }
            Err(error) => {
                sealed.zeroize();
                Err(error)
            }
        }
    }

    /// Seals `buffer` where it lies, with an ephemeral key derived from `ikm`, which must be fresh;
    /// gives the encapsulated key and the tag. After an error the buffer may hold either text.
    pub(super) fn seal_in_place(
        &self,
        ikm: &Secret<32>,
        info: &[u8],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<([u8; ENC_LEN], [u8; TAG_LEN]), KeyError> {
        let recipient = Deserializable::from_bytes(&self.0).map_err(|_| KeyError::Invalid)?;
        let (enc, tag) =
            hpke::single_shot_seal_inout_detached_with_rng::<
                ChaCha20Poly1305,
                HkdfSha256,
                X25519HkdfSha256,
            >(
                &OpModeS::Base, &recipient, bounded(info)?, buffer.into(), aad, &mut OneDraw(ikm)
            )
            .map_err(|_| KeyError::Invalid)?;
        Ok((enc.to_bytes().into(), tag.to_bytes().into()))
    }
}

/// Hands the crate the randomness that was drawn before, so that a failing operating system is an
/// error here and not a panic there.
struct OneDraw<'a>(&'a Secret<32>);

impl TryRng for OneDraw<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("an ephemeral key is drawn as bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("an ephemeral key is drawn as bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        // EXPOSE: an ephemeral key is drawn as 32 bytes, once; any other length panics.
        bytes.copy_from_slice(self.0.expose());
        Ok(())
    }
}

impl TryCryptoRng for OneDraw<'_> {}

/// The crate panics on an info of 64 kB; ours are a label and an id or two.
fn bounded(info: &[u8]) -> Result<&[u8], KeyError> {
    if info.len() <= MAX_INFO_LEN { Ok(info) } else { Err(KeyError::Invalid) }
}

/// The points of low order, as X25519 reads them: every private key shares zero with them
/// (<https://cr.yp.to/ecdh.html#validate>).
const LOW_ORDER: [[u64; 4]; 7] = [
    [0, 0, 0, 0],
    [1, 0, 0, 0],
    // Of order 8.
    [0xaeb8_413b_7c7a_ebe0, 0x6ac4_9ff1_fae3_5616, 0xfdb1_329c_eb8d_09da, 0x00b8_495f_1605_6286],
    [0x248c_50a3_bc95_9c5f, 0x5bef_839c_55b1_d0b1, 0x868e_1c58_c45c_4404, 0x5711_9fd0_dd4e_22d8],
    // The prime of the field, and its neighbours.
    [0xffff_ffff_ffff_ffec, 0xffff_ffff_ffff_ffff, 0xffff_ffff_ffff_ffff, 0x7fff_ffff_ffff_ffff],
    [0xffff_ffff_ffff_ffed, 0xffff_ffff_ffff_ffff, 0xffff_ffff_ffff_ffff, 0x7fff_ffff_ffff_ffff],
    [0xffff_ffff_ffff_ffee, 0xffff_ffff_ffff_ffff, 0xffff_ffff_ffff_ffff, 0x7fff_ffff_ffff_ffff],
];
const KEM_ID: [u8; 2] = X25519HkdfSha256::KEM_ID.to_be_bytes();
pub(super) const ENC_LEN: usize = 32;
pub(super) const TAG_LEN: usize = 16;
const MAX_INFO_LEN: usize = 1024;

#[cfg(test)]
mod tests;
