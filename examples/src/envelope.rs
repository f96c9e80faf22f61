//! An envelope on the command line: a request, a token, a contact, or anything else that is signed.
//!
//! It is read from a file, from standard input or from its `PMW1:` text, and written to a file, as
//! a picture of its QR code, or as its text to stdout. A place is found before the work, so that
//! what was signed is not lost to a folder that cannot be written.

mod place;

use std::path::Path;

use patient_wallet::codec::{LONGEST_TEXT, decode_text};
use patient_wallet::consent::ConsentError;
use zeroize::Zeroizing;

use crate::errors::Failure;
use crate::files;

pub(crate) use self::place::{Output, Place, Put, Shown, written};

/// Reads what was named: a file, `-` for standard input, or the `PMW1:` text itself.
pub(crate) fn read(argument: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    read_within(argument, LARGEST)
}

/// Reads what was named, of at most so many bytes.
pub(crate) fn read_within(argument: &Path, most: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if let Some(text) = argument.to_str().filter(|text| text.starts_with(PREFIX)) {
        return decoded(text);
    }
    let bytes = files::read_input(argument, most)?;
    // A file may show the QR code above the text.
    let text = std::str::from_utf8(&bytes).ok();
    let line = text.and_then(|text| text.lines().find(|line| line.starts_with(PREFIX)));
    line.map_or_else(|| Ok(bytes.clone()), decoded)
}

fn decoded(text: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let envelope = decode_text(text).map_err(|_| ConsentError::Invalid)?;
    Ok(Zeroizing::new(envelope.to_vec()))
}

const PREFIX: &str = "PMW1:";
/// Bytes of the longest text, with room for its QR code above it.
const LARGEST: u64 = LONGEST_TEXT as u64 + 64 * 1024;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use patient_wallet::codec::encode_text;

    use super::*;

    const ENVELOPE: &[u8] = &[0xd2, 0x84, 1, 2, 3];

    #[test]
    fn a_file_a_text_and_a_file_with_a_text_are_the_same_envelope() {
        let folder = tempfile::tempdir().unwrap();
        let text = encode_text(ENVELOPE).unwrap();
        assert_eq!(*read(Path::new(&text)).unwrap(), ENVELOPE);
        let file = folder.path().join("envelope");
        for content in [
            ENVELOPE.to_vec(),
            text.clone().into_bytes(),
            format!("{text}\n").into_bytes(),
            format!("█▀█\n█▄█\n\n{text}\r\n").into_bytes(),
        ] {
            fs::write(&file, content).unwrap();
            assert_eq!(*read(&file).unwrap(), ENVELOPE);
        }
    }

    #[test]
    fn what_is_no_envelope_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let code = |argument: PathBuf| read(&argument).map_err(|failure| failure.code());
        assert_eq!(code(PathBuf::from("PMW1:nonsense")), Err("consent.invalid"));
        assert_eq!(code(folder.path().join("none")), Err("file.unreadable"));
        let large = folder.path().join("large");
        fs::File::create(&large).unwrap().set_len(LARGEST + 1).unwrap();
        assert_eq!(code(large), Err("file.too-large"));
    }
}
