//! What is kept of a part between the two passes that seal it.
//!
//! No key and IV may meet two texts. For a record the hash of its JSON is kept and compared before
//! it is sealed again. A file comes from the vault's own [`Reader`], and the address of its sealed
//! bytes is compared: what such a reader gives has opened under a key that sealed this one file and
//! nothing else, at its place, so that a second reading gives the same bytes or none.

use std::io::{self, ErrorKind, Read, Write};

use sha2::{Digest, Sha256};

use crate::codec::Buffer;
use crate::disclosure::DisclosureError;
use crate::disclosure::body::{self, Place};
use crate::disclosure::entry::DisclosedPart;
use crate::disclosure::inflate::Deflater;
use crate::disclosure::seal::{Content, as_u64};
use crate::host::CancelToken;
use crate::keys::{ContentKey, Secret};
use crate::vault::attachments::file::{CHUNK_LOG2, Header, Layout};
use crate::vault::attachments::read::Reader;
use crate::vault::attachments::write::seal as seal_file;
use crate::vault::attachments::{
    AttachmentError, AttachmentId, ContentAddress, LARGEST_ATTACHMENT,
};

/// What is kept of a part between the passes.
pub(super) struct Sealed {
    pub(super) key: ContentKey,
    means: Means,
    /// SHA-256 of the body.
    pub(super) hash: [u8; 32],
    /// Bytes of the body.
    pub(super) length: u64,
}

/// What makes a second pass give the bytes of the first.
enum Means {
    Record { iv: [u8; 12], json: [u8; 32] },
    File { id: AttachmentId, header: Header, source: ContentAddress },
}

impl Sealed {
    pub(super) fn new(
        part: &DisclosedPart,
        content: &Content,
        key: Secret<32>,
    ) -> Result<Self, DisclosureError> {
        let (means, length) = match (content, &part.file) {
            (Content::Record(json), None) => {
                let mut iv = [0; 12];
                getrandom::fill(&mut iv).map_err(|_| DisclosureError::Randomness)?;
                (Means::Record { iv, json: Sha256::digest(json.as_bytes()).into() }, 0)
            }
            (Content::File(reader), Some(file)) => {
                let header = Header::generate(CHUNK_LOG2)?;
                let id = AttachmentId::from_bytes(*file.id.as_bytes());
                let source = reader.address();
                (Means::File { id, header, source }, Layout::new(header, reader.size()).file())
            }
            _ => return Err(DisclosureError::Invalid),
        };
        Ok(Self { key: ContentKey::from_secret(key), means, hash: [0; 32], length })
    }

    /// Seals a record, if it is the one that was sealed before.
    pub(super) fn record(
        &self,
        place: &Place,
        json: &str,
        deflater: &mut Deflater,
    ) -> Result<Buffer, DisclosureError> {
        match self.means {
            Means::Record { iv, json: hash } if hash == *Sha256::digest(json.as_bytes()) => {
                body::seal(place, (&self.key, iv), json.as_bytes(), deflater)
            }
            _ => Err(DisclosureError::Changed),
        }
    }

    /// Seals a file into `out`, if it is the one that was sealed before; gives the hash of what it wrote.
    pub(super) fn file(
        &self,
        reader: &mut Reader,
        out: &mut dyn Write,
        cancel: &CancelToken,
    ) -> Result<[u8; 32], DisclosureError> {
        let means = match self.means {
            Means::File { id, header, source } if source == reader.address() => {
                (id, self.key.secret(), header)
            }
            _ => return Err(DisclosureError::Changed),
        };
        let mut source = Whole { reader, at: 0, failed: None };
        match seal_file(means, &mut source, out, LARGEST_ATTACHMENT, &|_, _| {}, cancel) {
            Ok((_, address)) => Ok(*address.as_bytes()),
            Err(error) => {
                Err(source.failed.map_or_else(|| of_output(error), DisclosureError::Attachment))
            }
        }
    }
}

/// Tells why a file could not be sealed, when it was not for the file itself.
fn of_output(error: AttachmentError) -> DisclosureError {
    match error {
        AttachmentError::Storage { kind } => DisclosureError::Output { kind },
        AttachmentError::StorageFull => DisclosureError::Output { kind: ErrorKind::StorageFull },
        other => other.into(),
    }
}

/// A file of the vault from its first byte to its last.
struct Whole<'a> {
    reader: &'a mut Reader,
    at: u64,
    failed: Option<AttachmentError>,
}

impl Read for Whole<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read_at(self.at, out).map_err(|error| {
            self.failed = Some(error);
            io::Error::from(ErrorKind::Other)
        })?;
        self.at = self.at.saturating_add(as_u64(read));
        Ok(read)
    }
}
