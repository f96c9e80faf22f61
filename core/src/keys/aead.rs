//! Symmetric sealing: XChaCha20-Poly1305 with a random nonce for each message.
//!
//! Sealed bytes are nonce 24 ‖ ciphertext ‖ tag 16 (`docs/formats.md` 4; RFC 8439 and
//! draft-irtf-cfrg-xchacha). The nonce is wide enough to be drawn at random without counting. The
//! cipher does not commit to its key: where several keys may be tried, compare a commitment first.
//! Chunks of a file are sealed in place, under nonces that their place in the file determines.

use std::fmt;

use chacha20poly1305::{AeadInOut, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize, Zeroizing};

use super::{KeyError, Secret};

/// How much longer sealed bytes are than their plaintext.
pub const SEAL_OVERHEAD: usize = NONCE_LEN + TAG_LEN;

/// One key, ready to seal and open many messages.
pub struct Cipher(Box<XChaCha20Poly1305>);

impl Cipher {
    /// Sets up the cipher for `key`.
    #[must_use]
    pub fn new(key: &Secret<32>) -> Self {
        // EXPOSE: the cipher keeps its own copy and wipes it when dropped.
        Self(Box::new(XChaCha20Poly1305::new(key.expose().into())))
    }

    /// Seals `plaintext`, binding `aad` to it.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] if no nonce can be drawn.
    pub fn seal(&self, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce)?;
        self.seal_with(nonce, aad, plaintext)
    }

    /// Opens `sealed` into a new buffer.
    ///
    /// # Errors
    /// [`KeyError::Undecryptable`] if key, `aad` or any byte is not what it was.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let mut out = Zeroizing::new(Vec::with_capacity(sealed.len()));
        self.open_into(aad, sealed, &mut out)?;
        Ok(out)
    }

    /// Opens `sealed` into `out`, replacing what it held; after an error it is empty.
    ///
    /// # Errors
    /// [`KeyError::Undecryptable`] if key, `aad` or any byte is not what it was.
    ///
    /// # Security
    /// `out` is a caller's `Zeroizing` buffer, reused from row to row. Before it grows it is wiped,
    /// so that no plaintext stays behind in the memory it leaves.
    pub fn open_into(&self, aad: &[u8], sealed: &[u8], out: &mut Vec<u8>) -> Result<(), KeyError> {
        out.clear();
        let (nonce, rest) =
            sealed.split_first_chunk::<NONCE_LEN>().ok_or(KeyError::Undecryptable)?;
        let (ciphertext, tag) =
            rest.split_last_chunk::<TAG_LEN>().ok_or(KeyError::Undecryptable)?;
        if out.capacity() < ciphertext.len() {
            out.zeroize();
            out.reserve(ciphertext.len());
        }
        out.extend_from_slice(ciphertext);
        self.open_in_place(*nonce, aad, out, *tag).inspect_err(|_| {
            out.as_mut_slice().zeroize();
            out.clear();
        })
    }

    /// Seals `buffer` where it lies and gives the tag.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] for more than the 256 GiB that one nonce can cover.
    ///
    /// # Security
    /// The caller sees to it that this key never meets this nonce again, with this plaintext or
    /// another: a second use gives both plaintexts away. Where nothing counts, [`Cipher::seal`].
    pub(crate) fn seal_in_place(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LEN], KeyError> {
        let tag = self.0.encrypt_inout_detached(&nonce.into(), aad, buffer.into());
        tag.map(Into::into).map_err(|_| KeyError::Invalid)
    }

    /// Opens `buffer` where it lies; after an error it holds what it held.
    ///
    /// # Errors
    /// [`KeyError::Undecryptable`] if key, nonce, `aad` or any byte is not what it was.
    pub(crate) fn open_in_place(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        buffer: &mut [u8],
        tag: [u8; TAG_LEN],
    ) -> Result<(), KeyError> {
        let (nonce, tag) = (XNonce::from(nonce), Tag::from(tag));
        self.0
            .decrypt_inout_detached(&nonce, aad, buffer.into(), &tag)
            .map_err(|_| KeyError::Undecryptable)
    }

    fn seal_with(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        let mut sealed = Vec::with_capacity(SEAL_OVERHEAD + plaintext.len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let (_, buffer) = sealed.split_at_mut(NONCE_LEN);
        match self.seal_in_place(nonce, aad, buffer) {
            Ok(tag) => {
                sealed.extend_from_slice(&tag);
                Ok(sealed)
            }
            Err(error) => {
                sealed.zeroize();
                Err(error)
            }
        }
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(..)")
    }
}

const NONCE_LEN: usize = 24;
const TAG_LEN: usize = 16;

#[cfg(test)]
mod tests;
