//! Bytes written and read: deterministic CBOR (RFC 8949, 4.2.1), the frame of a signed object
//! (COSE_Sign1, RFC 9052) and of a sealed one (COSE_Encrypt0), fixed layouts, padding.
//!
//! Invariant: one value has one encoding. A reader refuses whatever a writer here would not have
//! written: indefinite lengths, integers longer than needed, map keys out of order, trailing bytes.
//! Buffers that may hold health text or keys are wiped when they grow and when they are dropped.

mod cbor;
mod encrypt0;
mod sign1;
mod text;

use std::fmt;
use std::ops::Deref;

use zeroize::Zeroize;

pub use cbor::{Decoder, Encoder, Map, MapKeys};
pub use encrypt0::{Encrypt0, SealMethod};
pub use sign1::{Kid, Sign1};
pub use text::{LONGEST_TEXT, decode_text, encode_text};

/// Bytes that are not what the format demands; no more is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed bytes")]
pub struct Malformed;

/// Shows bytes as lower-case hex digits: ids and hashes of every kind.
#[derive(Clone, Copy, Debug)]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A growable byte buffer that leaves no copy of its content behind.
#[derive(Default)]
pub struct Buffer(Vec<u8>);

impl Buffer {
    /// Makes an empty buffer with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Copies bytes into a buffer of their own.
    #[must_use]
    pub fn copy_of(bytes: &[u8]) -> Self {
        let mut copy = Self::with_capacity(bytes.len());
        copy.extend(bytes);
        copy
    }

    /// Appends bytes; when the room does not suffice, moves to a larger place and wipes the old one.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// Makes room for `additional` bytes without leaving a copy behind.
    pub fn reserve(&mut self, additional: usize) {
        let needed = self.0.len().saturating_add(additional);
        if needed > self.0.capacity() {
            let mut larger = Vec::with_capacity(needed.max(self.0.capacity().saturating_mul(2)));
            larger.extend_from_slice(&self.0);
            self.0.zeroize();
            self.0 = larger;
        }
    }

    /// Wipes the content and keeps the room.
    pub fn clear(&mut self) {
        self.0.zeroize();
    }

    /// Appends zeros until the buffer is `length` bytes long.
    pub fn fill_to(&mut self, length: usize) {
        let missing = length.saturating_sub(self.0.len());
        self.reserve(missing);
        self.0.resize(self.0.len().max(length), 0);
    }

    /// Gives the vector for a call that writes into room reserved before.
    pub(crate) fn as_mut_vec(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Deref for Buffer {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes)", self.0.len())
    }
}

/// Reads a fixed big-endian layout field by field.
#[derive(Debug, Clone)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Reads `length` bytes.
    ///
    /// # Errors
    /// [`Malformed`] when fewer are left.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Reads `N` bytes into an array.
    ///
    /// # Errors
    /// [`Malformed`] when fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// Reads one byte.
    ///
    /// # Errors
    /// [`Malformed`] when none is left.
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Reads a 16-bit integer.
    ///
    /// # Errors
    /// [`Malformed`] when bytes are missing.
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    /// Reads a 32-bit integer.
    ///
    /// # Errors
    /// [`Malformed`] when bytes are missing.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    /// Reads a 64-bit integer.
    ///
    /// # Errors
    /// [`Malformed`] when bytes are missing.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }

    /// Demands that nothing follows.
    ///
    /// # Errors
    /// [`Malformed`] when bytes are left.
    pub const fn finish(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

/// Pads data as u32 length, data, zeros, to `size(4 + data)` bytes; `None` when it does not fit.
pub fn pad(data: &[u8], size: impl FnOnce(usize) -> Option<usize>) -> Option<Buffer> {
    let length = u32::try_from(data.len()).ok()?;
    let padded = size(data.len().checked_add(4)?)?;
    let mut out = Buffer::with_capacity(padded);
    out.extend(&length.to_be_bytes());
    out.extend(data);
    out.fill_to(padded);
    Some(out)
}

/// Gives the data inside padding that [`pad`] made.
///
/// # Errors
/// [`Malformed`] when the length does not fit or a byte of the padding is not zero.
pub fn unpad(padded: &[u8]) -> Result<&[u8], Malformed> {
    let mut fields = Fields::new(padded);
    let length = usize::try_from(fields.u32()?).map_err(|_| Malformed)?;
    let data = fields.take(length)?;
    if fields.0.iter().any(|byte| *byte != 0) { Err(Malformed) } else { Ok(data) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_hides_the_length_and_is_checked() {
        let padded = pad(b"four", |n| Some(n.next_multiple_of(256))).unwrap();
        assert_eq!(padded.len(), 256);
        assert_eq!(unpad(&padded), Ok(b"four".as_slice()));
        let mut dirty = padded.to_vec();
        *dirty.last_mut().unwrap() = 1;
        assert_eq!(unpad(&dirty), Err(Malformed));
        assert_eq!(unpad(&[0, 0, 0, 9, 1]), Err(Malformed));
    }
}
