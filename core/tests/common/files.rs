//! What tests of attachments share: bytes, short calls, a Base64 of its own.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use patient_wallet::Session;
use patient_wallet::host::CancelToken;
use patient_wallet::record::{RecordId, Text};
use patient_wallet::session::{Attachment, AttachmentId, NewAttachment, Query, Record};
use patient_wallet::testing::TestWallet;
use sha2::{Digest, Sha256};

use crate::common::quiet;

/// Numbers that look random and are the same each time (xorshift).
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Bytes that look random and are the same for a length.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    let mut draw = Draw(0x9e37_79b9_7f4a_7c15 ^ u64::try_from(length).unwrap());
    (0..length.div_ceil(8)).flat_map(|_| draw.next().to_le_bytes()).take(length).collect()
}

/// Encodes as RFC 4648 section 4 says, bit by bit.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len() / 3 * 4 + 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4_usize {
            let six = usize::try_from(word >> (18 - 6 * digit) & 63).unwrap();
            text.push(if digit <= group.len() { char::from(DIGITS[six]) } else { '=' });
        }
    }
    text
}

pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// A source that breaks, an output that refuses.
pub(crate) struct Failing(pub(crate) ErrorKind);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
}

impl Write for Failing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Attaches bytes that get a record of their own.
pub(crate) fn attach(session: &mut Session, name: &str, data: &[u8]) -> Attachment {
    attach_to(session, name, None, data)
}

/// Attaches bytes.
pub(crate) fn attach_to(
    session: &mut Session,
    name: &str,
    to: Option<RecordId>,
    mut data: &[u8],
) -> Attachment {
    let new = NewAttachment::new(name).unwrap().to(to);
    session.attach(&mut data, &new, &quiet, &CancelToken::new()).unwrap()
}

/// Saves a whole attachment.
pub(crate) fn save(session: &mut Session, id: AttachmentId) -> Vec<u8> {
    let mut out = Vec::new();
    let written = session.save_attachment(id, None, &mut out, &quiet, &CancelToken::new()).unwrap();
    assert_eq!(written, u64::try_from(out.len()).unwrap());
    out
}

/// The one record whose text holds some words.
pub(crate) fn only(session: &mut Session, text: &str) -> Record {
    let query = Query { text: Some(Text::from(text)), ..Query::default() };
    let ids = session.find(&query).unwrap().ids;
    assert_eq!(ids.len(), 1, "{text}");
    session.record(ids[0]).unwrap()
}

/// The folder of the sealed files.
pub(crate) fn folder(test: &TestWallet) -> PathBuf {
    test.folder().join("attachments")
}

/// Number of files in it.
pub(crate) fn sealed_files(test: &TestWallet) -> usize {
    std::fs::read_dir(folder(test)).map_or(0, Iterator::count)
}

/// Every file below a folder.
pub(crate) fn everything(folder: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(everything(&path));
        } else {
            found.push(std::fs::read(path).unwrap());
        }
    }
    found
}
