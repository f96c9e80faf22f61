//! Base64 (RFC 4648 section 4), as FHIR carries attachments, into wiped memory.
//!
//! Texts of any length go through [`Decode`] and [`Encode`], which hold one group of it.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};

use zeroize::Zeroizing;

/// Appends the Base64 text of `bytes` to `out`, which has room for it.
pub(crate) fn encode(bytes: &[u8], out: &mut Zeroizing<String>) {
    super::text::reserve(out, bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        encode_group(group).into_iter().for_each(|digit| out.push(char::from(digit)));
    }
}

/// Decodes a Base64 text, blanks inside it passed over; `None` when it is none.
pub(crate) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len() / 4 * 3 + 3));
    let (mut word, mut bits) = (0_u32, 0_u32);
    let mut ended = false;
    for byte in text.bytes() {
        let six = match byte {
            b'=' => {
                ended = true;
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => digit(byte)?,
        };
        if ended {
            return None;
        }
        word = word << 6 | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(word >> bits & 0xff).ok()?);
            word &= (1 << bits) - 1;
        }
    }
    (bits < 6 && word == 0).then_some(out)
}

/// Tells whether a text is exactly what encoding gives: whole groups, no blanks, no stray bits.
pub(crate) fn is_canonical(text: &str) -> bool {
    let (groups, []) = text.as_bytes().as_chunks() else { return false };
    let Some((last, whole)) = groups.split_last() else { return true };
    whole.iter().all(|group| group.iter().all(|byte| digit(*byte).is_some()))
        && decode_group(*last).is_some()
}

/// Reads the bytes that a canonical text stands for; any other text ends in an error.
pub(crate) struct Decode<'a> {
    text: &'a [u8],
    group: Group,
}

impl<'a> Decode<'a> {
    /// Starts at the first character.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), group: Group::default() }
    }
}

impl Read for Decode<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < out.len() {
            if self.group.is_empty() {
                if self.text.is_empty() {
                    break;
                }
                let (group, text) = self.text.split_first_chunk().ok_or(ErrorKind::InvalidData)?;
                self.group = decode_group(*group).ok_or(ErrorKind::InvalidData)?;
                if self.group.length < 3 && !text.is_empty() {
                    return Err(ErrorKind::InvalidData.into());
                }
                self.text = text;
            }
            filled += self.group.take(out.get_mut(filled..).unwrap_or_default());
        }
        Ok(filled)
    }
}

impl fmt::Debug for Decode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decode(..)")
    }
}

/// Writes the canonical text of what is written to it; [`Encode::finish`] ends the text.
pub(crate) struct Encode<'a> {
    out: &'a mut dyn Write,
    group: Group,
}

impl<'a> Encode<'a> {
    /// Begins a text.
    pub(crate) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, group: Group::default() }
    }

    /// Writes the last group, which may not be whole.
    ///
    /// # Errors
    /// That of the output.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self.group.bytes() {
            [] => Ok(()),
            rest => self.out.write_all(&*Zeroizing::new(encode_group(rest))),
        }
    }
}

impl Write for Encode<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut text = Zeroizing::new(String::with_capacity(BLOCK / 3 * 4));
        let missing = (3 - self.group.length) % 3;
        let (first, rest) = bytes.split_at(missing.min(bytes.len()));
        self.group.push(first);
        if self.group.length == 3 {
            encode(self.group.bytes(), &mut text);
            self.group = Group::default();
        }
        let (whole, last) = rest.split_at(rest.len() - rest.len() % 3);
        for block in whole.chunks(BLOCK) {
            self.out.write_all(text.as_bytes())?;
            text.clear();
            encode(block, &mut text);
        }
        self.out.write_all(text.as_bytes())?;
        self.group.push(last);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl fmt::Debug for Encode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encode(..)")
    }
}

/// Up to three bytes on their way.
#[derive(Default)]
struct Group {
    bytes: Zeroizing<[u8; 3]>,
    length: usize,
}

impl Group {
    const fn is_empty(&self) -> bool {
        self.length == 0
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Adds bytes for which there is room.
    fn push(&mut self, more: &[u8]) {
        for byte in more {
            if let Some(place) = self.bytes.get_mut(self.length) {
                *place = *byte;
                self.length += 1;
            }
        }
    }

    /// Moves bytes from the front to `out`; gives their number.
    fn take(&mut self, out: &mut [u8]) -> usize {
        let taken = self.length.min(out.len());
        for (place, byte) in out.iter_mut().zip(self.bytes()) {
            *place = *byte;
        }
        self.bytes.rotate_left(taken);
        self.length -= taken;
        taken
    }
}

/// Gives the text of one to three bytes.
fn encode_group(bytes: &[u8]) -> [u8; 4] {
    let word = bytes.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
    let word = word << (8 * (3 - bytes.len()));
    let mut text = *b"====";
    for (place, shift) in text.iter_mut().zip([18, 12, 6, 0]).take(bytes.len() + 1) {
        let six = usize::try_from(word >> shift & 0x3f).unwrap_or_default();
        *place = ALPHABET.get(six).copied().unwrap_or(b'=');
    }
    text
}

/// Gives the bytes of a group, which may be the last one; `None` when encoding never gives it.
fn decode_group(text: [u8; 4]) -> Option<Group> {
    let length = match text {
        [_, _, b'=', b'='] => 1,
        [_, _, _, b'='] => 2,
        _ => 3,
    };
    let mut word = 0_u32;
    for byte in text.iter().take(length + 1) {
        word = word << 6 | u32::from(digit(*byte)?);
    }
    let [_, bytes @ ..] = (word << (6 * (3 - length))).to_be_bytes();
    let stray = bytes.iter().skip(length).any(|byte| *byte != 0);
    (!stray).then(|| Group { bytes: Zeroizing::new(bytes), length })
}

/// Gives the six bits of a digit.
const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes that are encoded at once: whole groups.
const BLOCK: usize = 3 << 10;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_vectors_of_the_rfc_encode_and_decode() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
            ("\u{fffd}\u{7ff}", "77+9378="),
        ] {
            let mut out = Zeroizing::new(String::new());
            encode(bytes.as_bytes(), &mut out);
            assert_eq!(out.as_str(), text);
            assert_eq!(decode(&out).unwrap().as_slice(), bytes.as_bytes());
            assert!(is_canonical(text));
            assert_eq!(stream(text, 64).unwrap(), bytes.as_bytes());
        }
        assert_eq!(decode("Zm9v\r\nYmFy ").unwrap().as_slice(), b"foobar");
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in ["Z", "Zh", "Zm9v!", "Zg==Zg==", "Zm9vY"] {
            assert!(decode(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_encoding_never_gives_is_not_canonical_and_does_not_stream() {
        for text in [
            "Zm9v\n", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "====", "Z===", "Zm9v====", "Zm=v",
            "Zm-_", "Zm9vé", " Zm9", "Zm9v=", "=m9v",
        ] {
            assert!(!is_canonical(text), "{text}");
            let refused = stream(text, 64).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidData, "{text}");
        }
    }

    #[test]
    fn debug_shows_no_text() {
        assert_eq!(format!("{:?}", Decode::new("SElW")), "Decode(..)");
        assert_eq!(format!("{:?}", Encode::new(&mut Vec::new())), "Encode(..)");
    }

    fn stream(text: &str, step: usize) -> io::Result<Vec<u8>> {
        let (mut reader, mut out) = (Decode::new(text), Vec::new());
        loop {
            let mut part = vec![0; step];
            let read = reader.read(&mut part)?;
            if read == 0 {
                return Ok(out);
            }
            out.extend_from_slice(&part[..read]);
        }
    }

    proptest! {
        #[test]
        fn streams_say_what_encode_says(
            bytes in proptest::collection::vec(any::<u8>(), 0..10_000),
            steps in proptest::collection::vec(1_usize..5000, 1..8),
        ) {
            let mut text = Zeroizing::new(String::new());
            encode(&bytes, &mut text);
            prop_assert!(is_canonical(&text));
            prop_assert_eq!(stream(&text, steps[0]).unwrap(), &bytes[..]);
            let mut streamed = Vec::new();
            let mut encode = Encode::new(&mut streamed);
            let mut rest = &bytes[..];
            for step in steps.iter().cycle() {
                let (now, later) = rest.split_at(rest.len().min(*step));
                encode.write_all(now).unwrap();
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            encode.finish().unwrap();
            prop_assert_eq!(streamed, text.as_bytes());
        }

        #[test]
        fn canonical_means_that_encoding_gives_the_same(text in "[A-Da-d+/=]{0,8}") {
            let again = decode(&text).map(|bytes| {
                let mut again = Zeroizing::new(String::new());
                encode(&bytes, &mut again);
                again
            });
            prop_assert_eq!(is_canonical(&text), again.is_some_and(|again| *again == *text));
        }
    }
}
