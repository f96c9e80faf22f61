//! Sealing in the form of COSE (RFC 9052 5.2): to a person by HPKE-4, or under a content key.
//!
//! Both are a COSE_Encrypt0 (`docs/formats.md` 2) that binds `external_aad` to the text. HPKE is the
//! one of [`SealingKey`]; its aad is the Enc_structure. A [`ContentKey`] is drawn for one text and
//! handed to whom it is meant for, inside what is sealed to them.

use std::fmt;

use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit, Nonce, Tag};
use zeroize::Zeroizing;

use super::sealing::TAG_LEN;
use super::{KeyError, SealingKey, SealingPublicKey, Secret};
use crate::codec::{Buffer, Encrypt0, SealMethod};

impl SealingPublicKey {
    /// Seals `plaintext` into a COSE_Encrypt0 for the holder of the private key.
    ///
    /// # Errors
    /// [`KeyError::Randomness`]; [`KeyError::Invalid`] as [`SealingPublicKey::seal`] gives it.
    pub fn seal_cose(
        &self,
        info: &[u8],
        external_aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Buffer, KeyError> {
        self.seal_cose_with(&Secret::generate()?, info, external_aad, plaintext)
    }

    /// Seals with an ephemeral key derived from `ikm`, which must be fresh.
    fn seal_cose_with(
        &self,
        ikm: &Secret<32>,
        info: &[u8],
        external_aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Buffer, KeyError> {
        let method = SealMethod::PublicKey;
        let aad = method.enc_structure(external_aad);
        let mut text = with_room_for_tag(plaintext);
        let (ek, tag) = self.seal_in_place(ikm, info, &aad, text.as_mut_vec())?;
        text.extend(&tag);
        Ok(Encrypt0 { method, value: &ek, ciphertext: &text }.encode())
    }
}

impl SealingKey {
    /// Opens a COSE_Encrypt0 that was sealed to this key's public key.
    ///
    /// # Errors
    /// [`KeyError::Undecryptable`] if key, `info`, `external_aad` or any byte is not what it was.
    pub fn open_cose(
        &self,
        info: &[u8],
        external_aad: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let method = SealMethod::PublicKey;
        let (ek, ciphertext, tag) = take_apart(method, sealed)?;
        let aad = method.enc_structure(external_aad);
        let mut text = Zeroizing::new(ciphertext.to_vec());
        self.open_in_place(ek, info, &aad, &mut text, tag)?;
        Ok(text)
    }
}

/// A key for one text: ChaCha20-Poly1305.
#[derive(PartialEq, Eq)]
pub struct ContentKey(Secret<32>);

impl ContentKey {
    /// Draws a key from the operating system's generator.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] if the operating system has none to give.
    pub fn generate() -> Result<Self, KeyError> {
        Secret::generate().map(Self)
    }

    /// Wraps a key that was handed over.
    #[must_use]
    pub const fn from_secret(secret: Secret<32>) -> Self {
        Self(secret)
    }

    /// Lends the key, to be sealed to whom it is meant for.
    #[must_use]
    pub const fn secret(&self) -> &Secret<32> {
        &self.0
    }

    /// Seals the text into a COSE_Encrypt0 under an IV drawn for it.
    ///
    /// # Errors
    /// [`KeyError::Randomness`]; [`KeyError::Invalid`] for a text of 256 GiB.
    pub fn seal(&self, external_aad: &[u8], plaintext: &[u8]) -> Result<Buffer, KeyError> {
        let mut iv = [0; IV_LEN];
        getrandom::fill(&mut iv)?;
        self.seal_with(iv, external_aad, plaintext)
    }

    /// Seals the text under a given IV.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] for a text of 256 GiB.
    ///
    /// # Security
    /// The caller sees to it that this key and this IV never meet another text: that would give
    /// both away.
    pub(crate) fn seal_with(
        &self,
        iv: [u8; IV_LEN],
        external_aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Buffer, KeyError> {
        let method = SealMethod::ContentKey;
        let aad = method.enc_structure(external_aad);
        let mut text = with_room_for_tag(plaintext);
        let buffer = text.as_mut_vec().as_mut_slice();
        let tag = self
            .cipher()
            .encrypt_inout_detached(&iv.into(), &aad, buffer.into())
            .map_err(|_| KeyError::Invalid)?;
        text.extend(&tag);
        Ok(Encrypt0 { method, value: &iv, ciphertext: &text }.encode())
    }

    /// Opens a COSE_Encrypt0 that was sealed under this key.
    ///
    /// # Errors
    /// [`KeyError::Undecryptable`] if key, `external_aad` or any byte is not what it was.
    pub fn open(&self, external_aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let method = SealMethod::ContentKey;
        let (iv, ciphertext, tag): (&[u8; IV_LEN], _, _) = take_apart(method, sealed)?;
        let aad = method.enc_structure(external_aad);
        let mut text = Zeroizing::new(ciphertext.to_vec());
        self.cipher()
            .decrypt_inout_detached(
                &Nonce::from(*iv),
                &aad,
                text.as_mut_slice().into(),
                &Tag::from(*tag),
            )
            .map_err(|_| KeyError::Undecryptable)?;
        Ok(text)
    }

    fn cipher(&self) -> Box<ChaCha20Poly1305> {
        // EXPOSE: the cipher keeps its own copy and wipes it when dropped.
        Box::new(ChaCha20Poly1305::new(self.0.expose().into()))
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey(..)")
    }
}

/// Copies a text that is sealed where it lies, so that the tag fits behind it.
fn with_room_for_tag(plaintext: &[u8]) -> Buffer {
    let mut text = Buffer::with_capacity(plaintext.len() + TAG_LEN);
    text.extend(plaintext);
    text
}

type Parts<'a, const N: usize> = (&'a [u8; N], &'a [u8], &'a [u8; TAG_LEN]);

/// Gives header value, ciphertext and tag; what is malformed is no less undecryptable.
fn take_apart<const N: usize>(method: SealMethod, sealed: &[u8]) -> Result<Parts<'_, N>, KeyError> {
    let frame = Encrypt0::decode(method, sealed).map_err(|_| KeyError::Undecryptable)?;
    let value = frame.value.try_into().map_err(|_| KeyError::Undecryptable)?;
    let (ciphertext, tag) = frame.ciphertext.split_last_chunk().ok_or(KeyError::Undecryptable)?;
    Ok((value, ciphertext, tag))
}

const IV_LEN: usize = 12;

#[cfg(test)]
mod tests;
