//! Base64 (RFC 4648 section 4), as FHIR carries attachments, into wiped memory.

use zeroize::Zeroizing;

/// Appends the Base64 text of `bytes` to `out`, which has room for it.
pub(crate) fn encode(bytes: &[u8], out: &mut Zeroizing<String>) {
    super::text::reserve(out, bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        let word = word << (8 * (3 - group.len()));
        for index in 0..4 {
            let six = (word >> (18 - 6 * index)) & 0x3f;
            let digit = usize::try_from(six).ok().and_then(|six| ALPHABET.get(six));
            out.push(if index > group.len() { '=' } else { char::from(*digit.unwrap_or(&b'=')) });
        }
    }
}

/// Decodes a Base64 text, blanks inside it passed over; `None` when it is none.
pub(crate) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len() / 4 * 3 + 3));
    let (mut word, mut bits) = (0_u32, 0_u32);
    let mut ended = false;
    for byte in text.bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                ended = true;
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => return None,
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

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
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
        }
        assert_eq!(decode("Zm9v\r\nYmFy ").unwrap().as_slice(), b"foobar");
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in ["Z", "Zh", "Zm9v!", "Zg==Zg==", "Zm9vY"] {
            assert!(decode(text).is_none(), "{text}");
        }
    }
}
