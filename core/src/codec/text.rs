//! An envelope as text: what stands in a QR code, and what a person can copy and paste.
//!
//! `PMW1:`, then Base45 (RFC 9285) of the envelope or of its zlib stream (RFC 1950), whichever is
//! shorter. The tags of a COSE_Sign1 and of a COSE_Encrypt0 are left out here and restored when
//! the text is read. Bytes: docs/formats.md, signed objects.
//!
//! Base45 is written out here because a reader must refuse a last pair beyond 255, which the crate
//! `base45` takes for another byte.

use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

use super::{Buffer, Malformed};

/// Letters of the longest text that is an envelope.
pub const LONGEST_TEXT: usize = PREFIX.len() + base45_length(LARGEST);

/// Writes an envelope as text.
///
/// # Errors
/// [`Malformed`] when the bytes do not begin as an envelope does, or are more than
/// [`LONGEST_TEXT`] can hold.
pub fn encode_text(envelope: &[u8]) -> Result<String, Malformed> {
    let sent = exchange(envelope, |frame| (frame.kept, frame.sent))?;
    if sent.len() > LARGEST {
        return Err(Malformed);
    }
    if sent.len() <= LARGEST_INFLATED {
        let deflated = Buffer(compress_to_vec_zlib(&sent, BEST));
        if deflated.len() < sent.len() {
            return Ok(write(&deflated));
        }
    }
    Ok(write(&sent))
}

/// Reads an envelope from its text, which one line break may end.
///
/// # Errors
/// [`Malformed`] for anything but an envelope: another prefix or alphabet, a kind of envelope that
/// does not exist, more than [`LONGEST_TEXT`] letters, a stream that inflates to more than 8 kB.
pub fn decode_text(text: &str) -> Result<Buffer, Malformed> {
    let line = text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text);
    if line.len() > LONGEST_TEXT {
        return Err(Malformed);
    }
    let sent = decode_base45(line.strip_prefix(PREFIX).ok_or(Malformed)?)?;
    let sent = if sent.first() == Some(&ZLIB) { inflate(&sent)? } else { sent };
    exchange(&sent, |frame| (frame.sent, frame.kept))
}

/// Replaces the first bytes of the frame that begins like this.
fn exchange(bytes: &[u8], sides: fn(&Frame) -> (&[u8], &[u8])) -> Result<Buffer, Malformed> {
    let begin = |(from, to)| Some((bytes.strip_prefix(from)?, to));
    let (rest, start) = FRAMES.iter().map(sides).find_map(begin).ok_or(Malformed)?;
    let mut out = Buffer::with_capacity(start.len() + rest.len());
    out.extend(start);
    out.extend(rest);
    Ok(out)
}

/// Inflates one zlib stream to its end, which must be the end of the bytes.
fn inflate(stream: &[u8]) -> Result<Buffer, Malformed> {
    let mut out = Buffer::default();
    out.fill_to(LARGEST_INFLATED);
    let mut state = Box::<DecompressorOxide>::default();
    let (status, read, written) = decompress(&mut state, stream, out.as_mut_vec(), 0, WHOLE);
    if status != TINFLStatus::Done || read != stream.len() {
        return Err(Malformed);
    }
    out.as_mut_vec().truncate(written);
    Ok(out)
}

fn write(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(PREFIX.len() + base45_length(bytes.len()));
    text.push_str(PREFIX);
    let (pairs, last) = bytes.as_chunks();
    for pair in pairs {
        write_digits(u16::from_be_bytes(*pair), 3, &mut text);
    }
    for byte in last {
        write_digits(u16::from(*byte), 2, &mut text);
    }
    text
}

/// Writes a number in base 45, the lowest digit first.
fn write_digits(mut number: u16, digits: usize, out: &mut String) {
    for _ in 0..digits {
        let digit = ALPHABET.get(usize::from(number % 45)).expect("a remainder of 45 is a digit");
        out.push(char::from(*digit));
        number /= 45;
    }
}

fn decode_base45(text: &str) -> Result<Buffer, Malformed> {
    let (groups, last) = text.as_bytes().as_chunks::<3>();
    let mut out = Buffer::with_capacity(groups.len() * 2 + 1);
    for group in groups {
        let pair = u16::try_from(read_digits(group)?).map_err(|_| Malformed)?;
        out.extend(&pair.to_be_bytes());
    }
    match last.len() {
        0 => {}
        2 => out.extend(&[u8::try_from(read_digits(last)?).map_err(|_| Malformed)?]),
        _ => return Err(Malformed),
    }
    Ok(out)
}

/// Reads at most three digits, the lowest first.
fn read_digits(letters: &[u8]) -> Result<u32, Malformed> {
    letters.iter().rev().try_fold(0, |number, letter| Ok(number * 45 + digit(*letter)?))
}

/// Reads a letter of the alphabet (RFC 9285, 4.2).
fn digit(letter: u8) -> Result<u32, Malformed> {
    let digit = match letter {
        b'0'..=b'9' => letter - b'0',
        b'A'..=b'Z' => letter - b'A' + 10,
        b' ' => 36,
        b'$' => 37,
        b'%' => 38,
        b'*' => 39,
        b'+' => 40,
        b'-' => 41,
        b'.' => 42,
        b'/' => 43,
        b':' => 44,
        _ => return Err(Malformed),
    };
    Ok(u32::from(digit))
}

const fn base45_length(bytes: usize) -> usize {
    bytes / 2 * 3 + bytes % 2 * 2
}

/// How a kind of envelope begins in memory and files, and how in a text.
struct Frame {
    kept: &'static [u8],
    sent: &'static [u8],
}

/// COSE_Sign1 (tag 18), COSE_Encrypt0 (tag 16), an unsigned array of two, a packet for a guardian.
const FRAMES: [Frame; 4] = [
    Frame { kept: &[0xd2, 0x84], sent: &[0x84] },
    Frame { kept: &[0xd0, 0x83], sent: &[0x83] },
    Frame { kept: &[0x82], sent: &[0x82] },
    Frame { kept: b"PMG1", sent: b"PMG1" },
];
const PREFIX: &str = "PMW1:";
const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
/// First byte of a zlib stream with the usual window.
const ZLIB: u8 = 0x78;
const BEST: u8 = 9;
const WHOLE: u32 = inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER
    | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
/// Bytes of the largest envelope, without its tag: those of the largest list of credentials.
const LARGEST: usize = 1024 * 1024;
/// What may come out of a zlib stream.
const LARGEST_INFLATED: usize = 8 * 1024;

#[cfg(test)]
mod tests;
