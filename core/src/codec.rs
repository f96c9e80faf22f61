//! Bytes written and read: deterministic CBOR (RFC 8949, 4.2.1), fixed layouts, padding.
//!
//! Invariant: one value has one encoding. A reader refuses whatever a writer here would not have
//! written: indefinite lengths, integers longer than needed, map keys out of order, trailing bytes.
//! Buffers that may hold health text or keys are wiped when they grow and when they are dropped.

use std::fmt;
use std::ops::Deref;

use zeroize::Zeroize;

/// Bytes that are not what the format demands; no more is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed bytes")]
pub struct Malformed;

/// A growable byte buffer that leaves no copy of its content behind.
#[derive(Default)]
pub struct Buffer(Vec<u8>);

impl Buffer {
    /// Makes an empty buffer with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
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

/// Writes deterministic CBOR into a [`Buffer`]; the caller gives map keys in ascending order.
#[derive(Debug, Default)]
pub struct Encoder(Buffer);

impl Encoder {
    /// Makes an encoder with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Buffer::with_capacity(capacity))
    }

    /// Opens a map of `pairs` pairs.
    pub fn map(&mut self, pairs: usize) {
        self.head(MAP, as_u64(pairs));
    }

    /// Opens an array of `items` items.
    pub fn array(&mut self, items: usize) {
        self.head(ARRAY, as_u64(items));
    }

    /// Writes an unsigned integer.
    pub fn uint(&mut self, value: u64) {
        self.head(UINT, value);
    }

    /// Writes a byte string.
    pub fn bytes(&mut self, value: &[u8]) {
        self.head(BYTES, as_u64(value.len()));
        self.0.extend(value);
    }

    /// Writes a text string.
    pub fn text(&mut self, value: &str) {
        self.head(TEXT, as_u64(value.len()));
        self.0.extend(value.as_bytes());
    }

    /// Ends the encoding and gives the bytes.
    #[must_use]
    pub fn finish(self) -> Buffer {
        self.0
    }

    /// Writes the shortest head: major type in the top three bits, then the argument.
    fn head(&mut self, major: u8, argument: u64) {
        let bytes = argument.to_be_bytes();
        let (info, width) = match argument {
            0..24 => (bytes[7], 0),
            24..0x100 => (24, 1),
            0x100..0x1_0000 => (25, 2),
            0x1_0000..0x1_0000_0000 => (26, 4),
            _ => (27, 8),
        };
        self.0.extend(&[major << 5 | info]);
        self.0.extend(bytes.get(8 - width..).unwrap_or_default());
    }
}

/// Reads deterministic CBOR without copying and refuses every other encoding.
#[derive(Debug, Clone)]
pub struct Decoder<'a> {
    rest: &'a [u8],
}

impl<'a> Decoder<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Opens a map whose keys are unsigned integers in strictly ascending order.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here.
    pub fn map(&mut self) -> Result<MapKeys, Malformed> {
        Ok(MapKeys { left: self.length(MAP)?, last: None })
    }

    /// Opens an array and gives the number of its items.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here.
    pub fn array(&mut self) -> Result<usize, Malformed> {
        self.length(ARRAY)
    }

    /// Reads an unsigned integer.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here.
    pub fn uint(&mut self) -> Result<u64, Malformed> {
        self.head(UINT)
    }

    /// Reads an unsigned integer that fits a narrower type.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here, or the value does not fit.
    pub fn narrow<T: TryFrom<u64>>(&mut self) -> Result<T, Malformed> {
        T::try_from(self.uint()?).map_err(|_| Malformed)
    }

    /// Reads a byte string.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here or bytes are missing.
    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.length(BYTES)?;
        self.take(length)
    }

    /// Reads a text string.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here, bytes are missing or are not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        let length = self.length(TEXT)?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Malformed)
    }

    /// Demands that nothing follows.
    ///
    /// # Errors
    /// [`Malformed`] when bytes are left.
    pub const fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }

    fn length(&mut self, major: u8) -> Result<usize, Malformed> {
        usize::try_from(self.head(major)?).map_err(|_| Malformed)
    }

    /// Reads the head of an item of one major type; a longer one than needed is refused.
    fn head(&mut self, major: u8) -> Result<u64, Malformed> {
        let mut fields = Fields::new(self.rest);
        let first = fields.u8()?;
        if first >> 5 != major {
            return Err(Malformed);
        }
        let (argument, least) = match first & 0x1f {
            info @ 0..24 => (u64::from(info), 0),
            24 => (u64::from(fields.u8()?), 24),
            25 => (u64::from(fields.u16()?), 0x100),
            26 => (u64::from(fields.u32()?), 0x1_0000),
            27 => (fields.u64()?, 0x1_0000_0000),
            _ => return Err(Malformed),
        };
        self.rest = fields.0;
        if argument < least { Err(Malformed) } else { Ok(argument) }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// The keys of a map being read: strictly ascending, as many as its head said.
#[derive(Debug)]
pub struct MapKeys {
    left: usize,
    last: Option<u64>,
}

impl MapKeys {
    /// Reads the next key; `None` after the last pair.
    ///
    /// # Errors
    /// [`Malformed`] when a key is not an unsigned integer or not above the one before.
    pub fn next(&mut self, decoder: &mut Decoder<'_>) -> Result<Option<u64>, Malformed> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let key = decoder.uint()?;
        if self.last.is_some_and(|last| last >= key) {
            return Err(Malformed);
        }
        self.last = Some(key);
        Ok(Some(key))
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

fn as_u64(length: usize) -> u64 {
    u64::try_from(length).expect("no machine has more than 64 bits")
}

// Major types, RFC 8949 3.1.
const UINT: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn map_round_trip() {
        let mut encoder = Encoder::default();
        encoder.map(3);
        encoder.uint(0);
        encoder.uint(1_000_000);
        encoder.uint(1);
        encoder.text("ä");
        encoder.uint(300);
        encoder.bytes(&[7; 300]);
        let bytes = encoder.finish();
        let mut decoder = Decoder::new(&bytes);
        let mut keys = decoder.map().unwrap();
        assert_eq!(keys.next(&mut decoder), Ok(Some(0)));
        assert_eq!(decoder.narrow::<u16>(), Err(Malformed));
        let mut decoder = Decoder::new(&bytes);
        let mut keys = decoder.map().unwrap();
        assert_eq!(keys.next(&mut decoder), Ok(Some(0)));
        assert_eq!(decoder.uint(), Ok(1_000_000));
        assert_eq!(keys.next(&mut decoder), Ok(Some(1)));
        assert_eq!(decoder.text(), Ok("ä"));
        assert_eq!(keys.next(&mut decoder), Ok(Some(300)));
        assert_eq!(decoder.bytes(), Ok([7; 300].as_slice()));
        assert_eq!(keys.next(&mut decoder), Ok(None));
        assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn heads_are_what_another_implementation_writes() {
        for value in [0, 23, 24, 255, 256, 65_535, 65_536, u64::from(u32::MAX), 1 << 32, u64::MAX] {
            let mut encoder = Encoder::default();
            encoder.uint(value);
            let ours = encoder.finish();
            let mut theirs = Vec::new();
            ciborium::into_writer(&value, &mut theirs).unwrap();
            assert_eq!(*ours, theirs);
            assert_eq!(Decoder::new(&theirs).uint(), Ok(value));
        }
        for length in [0, 23, 24, 255, 256, 65_535, 65_536] {
            let mut encoder = Encoder::default();
            encoder.array(2);
            encoder.bytes(&vec![7; length]);
            encoder.text(&"x".repeat(length));
            let ours = encoder.finish();
            let value = ciborium::Value::Array(vec![
                ciborium::Value::Bytes(vec![7; length]),
                ciborium::Value::Text("x".repeat(length)),
            ]);
            let mut theirs = Vec::new();
            ciborium::into_writer(&value, &mut theirs).unwrap();
            assert_eq!(*ours, theirs);
        }
    }

    #[test]
    fn loose_encodings_are_refused() {
        let integer = |bytes: &[u8]| Decoder::new(bytes).uint();
        assert_eq!(integer(&[0x17]), Ok(23));
        assert_eq!(integer(&[0x18, 0x17]), Err(Malformed), "one byte longer than needed");
        assert_eq!(integer(&[0x19, 0x00, 0xff]), Err(Malformed));
        assert_eq!(integer(&[0x1b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]), Err(Malformed));
        assert_eq!(integer(&[0x20]), Err(Malformed), "negative");
        assert_eq!(Decoder::new(&[0x5f, 0x41, 0x00, 0xff]).bytes(), Err(Malformed), "indefinite");
        assert_eq!(Decoder::new(&[0x43, 0x00]).bytes(), Err(Malformed), "short");
        assert_eq!(Decoder::new(&[0x61, 0xff]).text(), Err(Malformed), "not UTF-8");
        assert_eq!(Decoder::new(&[0x00]).finish(), Err(Malformed), "trailing");
        let unordered = [0xa2, 0x01, 0x00, 0x01, 0x00];
        let mut decoder = Decoder::new(&unordered);
        let mut keys = decoder.map().unwrap();
        keys.next(&mut decoder).unwrap();
        decoder.uint().unwrap();
        assert_eq!(keys.next(&mut decoder), Err(Malformed), "a key twice");
    }

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
