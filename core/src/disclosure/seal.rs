//! The patient's side: seals, signs, writes, and never holds more than one record.
//!
//! ```text
//! Sealer::add, part by part: sealed, hashed, forgotten -> sign -> Prepared::write: sealed again
//! ```
//! The second pass gives the bytes of the first, because keys and IVs are kept; that what it seals
//! is the same too is made sure first. Besides, the first pass leaves nothing but hashes, and
//! [`Prepared::write`] can be called once: a write that failed is prepared anew, under new keys.

use std::fmt;
use std::io::{self, Write};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::codec::{Buffer, Encoder};
use crate::consent::{Alias, ConsentId};
use crate::disclosure::body::Place;
use crate::disclosure::entry::{
    DisclosedFile, DisclosedPart, clean_media_type, clean_name, each_once,
};
use crate::disclosure::inflate::Deflater;
use crate::disclosure::kept::Sealed;
use crate::disclosure::manifest::{self, HASH, Manifest, ROOM};
use crate::disclosure::{DisclosureError, DisclosureId, FileId, MOST_PARTS};
use crate::host::{CancelToken, ProgressListener, Timestamp};
use crate::keys::{SealingPublicKey, Secret, SignedKind, SigningKey, sign};
use crate::record::{Category, LabelSet};
use crate::vault::attachments::read::Reader;
use crate::vault::attachments::write::stop_when_cancelled;

/// What the reader is told of a record or of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewPart<'a> {
    /// Names the record; for a file, the record it belongs to.
    pub(crate) alias: Alias,
    pub(crate) category: Category,
    pub(crate) labels: LabelSet,
    pub(crate) media_type: &'a str,
    /// What else there is to tell of a file; `None` for a record.
    pub(crate) file: Option<NewFile<'a>>,
}

/// What the reader is told of a file beside its record.
#[derive(Clone, Copy)]
pub(crate) struct NewFile<'a> {
    /// Drawn for this disclosure.
    pub(crate) id: FileId,
    pub(crate) name: &'a str,
}

impl fmt::Debug for NewFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewFile").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What is sealed: asked for twice, and the same both times.
pub(crate) enum Content {
    /// The JSON of a record.
    Record(Zeroizing<String>),
    /// A file out of the vault.
    File(Reader),
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Record(_) => "Record(..)",
            Self::File(_) => "File(..)",
        })
    }
}

/// A disclosure in the making: takes one part after the other.
pub(crate) struct Sealer {
    consent: ConsentId,
    id: DisclosureId,
    issued_at: Timestamp,
    answer_key: SealingPublicKey,
    deflater: Deflater,
    parts: Vec<(DisclosedPart, Sealed)>,
    /// Bytes that the manifest has by now.
    manifest: usize,
}

impl Sealer {
    /// Begins a disclosure under a consent, for the holder of the answer key.
    ///
    /// # Errors
    /// [`DisclosureError::Randomness`].
    pub(crate) fn new(
        consent: ConsentId,
        issued_at: Timestamp,
        answer_key: SealingPublicKey,
    ) -> Result<Self, DisclosureError> {
        let (id, deflater) = (DisclosureId::generate()?, Deflater::new());
        let (parts, manifest) = (Vec::new(), 2 * ROOM);
        Ok(Self { consent, id, issued_at, answer_key, deflater, parts, manifest })
    }

    /// Seals the next part and keeps no more of it than its key and its hash.
    ///
    /// # Errors
    /// [`DisclosureError::TooManyEntries`]; [`DisclosureError::TooLarge`] for a record, a file or a
    /// manifest beyond its limit; [`DisclosureError::Invalid`] when part and content are not of one
    /// kind; [`DisclosureError::Attachment`]; [`DisclosureError::Cancelled`];
    /// [`DisclosureError::Randomness`].
    pub(crate) fn add(
        &mut self,
        part: &NewPart<'_>,
        content: &mut Content,
        cancel: &CancelToken,
    ) -> Result<(), DisclosureError> {
        stop_when_cancelled(cancel)?;
        if self.parts.len() >= MOST_PARTS {
            return Err(DisclosureError::TooManyEntries);
        }
        let part = described(part, content);
        let key = Secret::generate()?;
        let mut entry = Encoder::with_capacity(ROOM);
        part.encode(&key, &mut entry)?;
        self.manifest += entry.finish().len() + HASH;
        if self.manifest > SignedKind::Disclosure.largest() {
            return Err(DisclosureError::TooLarge);
        }
        let mut sealed = Sealed::new(&part, content, key)?;
        sealed.hash = match content {
            Content::Record(json) => {
                let body = sealed.record(&self.place(&part), json, &mut self.deflater)?;
                sealed.length = as_u64(body.len());
                Sha256::digest(&*body).into()
            }
            Content::File(reader) => sealed.file(reader, &mut io::sink(), cancel)?,
        };
        self.parts.push((part, sealed));
        Ok(())
    }

    /// Signs the manifest; what follows it is known by its hashes.
    ///
    /// # Errors
    /// [`DisclosureError::Invalid`] when a record or a file was added twice, or nothing can be
    /// sealed to the answer key; [`DisclosureError::TooLarge`]; [`DisclosureError::Randomness`].
    pub(crate) fn sign(self, key: &SigningKey) -> Result<Prepared, DisclosureError> {
        if !each_once(self.parts.iter().map(|(part, _)| part)) {
            return Err(DisclosureError::Invalid);
        }
        let mut entries = Encoder::with_capacity(self.manifest);
        entries.array(self.parts.len());
        for (part, sealed) in &self.parts {
            part.encode(sealed.key.secret(), &mut entries)?;
        }
        let info = manifest::info(&self.consent, &self.id);
        let key_box = self.answer_key.seal_cose(&info, b"", &entries.finish())?;
        let claims = Manifest {
            issued_at: self.issued_at,
            consent: self.consent,
            id: self.id,
            key_box: &key_box,
            hashes: self.parts.iter().map(|(_, sealed)| sealed.hash).collect(),
            key: key.verifying_key(),
        };
        let manifest = sign(SignedKind::Disclosure, key, &claims.encode())
            .map_err(|_| DisclosureError::TooLarge)?;
        Ok(Prepared { sealer: self, manifest })
    }

    fn place(&self, part: &DisclosedPart) -> Place {
        self.place_at(part, self.parts.len())
    }

    const fn place_at(&self, part: &DisclosedPart, index: usize) -> Place {
        Place { consent: self.consent, disclosure: self.id, alias: part.alias, index }
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({}, {} parts)", self.id, self.parts.len())
    }
}

/// A disclosure that is signed and not yet written.
#[derive(Debug)]
pub(crate) struct Prepared {
    sealer: Sealer,
    manifest: Buffer,
}

impl Prepared {
    /// Returns the id of the disclosure.
    pub(crate) const fn id(&self) -> DisclosureId {
        self.sealer.id
    }

    /// Returns the bytes that will be written.
    pub(crate) fn length(&self) -> u64 {
        let bodies = self.sealer.parts.iter().map(|(_, sealed)| sealed.length);
        let bodies = bodies.map(|length| as_u64(head(length).len()).saturating_add(length));
        bodies.fold(as_u64(self.manifest.len()), u64::saturating_add)
    }

    /// Writes the disclosure; `content` gives each part once more. `progress` hears the bytes
    /// written.
    ///
    /// # Errors
    /// [`DisclosureError::Changed`] when a part is not what it was; [`DisclosureError::Output`];
    /// [`DisclosureError::Attachment`]; [`DisclosureError::Cancelled`]; those of `content`. What was written by then is
    /// no disclosure that opens, and its keys serve for nothing else.
    pub(crate) fn write<E>(
        mut self,
        out: &mut dyn Write,
        mut content: impl FnMut(usize) -> Result<Content, E>,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<(), E>
    where
        E: From<DisclosureError>,
    {
        let mut out = Output { out, done: 0, total: self.length(), progress };
        out.put(&self.manifest)?;
        let parts = std::mem::take(&mut self.sealer.parts);
        for (index, (part, sealed)) in parts.iter().enumerate() {
            stop_when_cancelled(cancel).map_err(DisclosureError::from)?;
            out.put(&head(sealed.length))?;
            match content(index)? {
                Content::Record(json) => {
                    let place = self.sealer.place_at(part, index);
                    let body = sealed.record(&place, &json, &mut self.sealer.deflater)?;
                    if sealed.hash != *Sha256::digest(&*body) {
                        return Err(DisclosureError::Changed.into());
                    }
                    out.put(&body)?;
                }
                Content::File(mut reader) => {
                    if reader.size() != part.length {
                        return Err(DisclosureError::Changed.into());
                    }
                    let hash = sealed.file(&mut reader, &mut out, cancel)?;
                    if hash != sealed.hash {
                        return Err(DisclosureError::Changed.into());
                    }
                }
            }
        }
        Ok(out.flush().map_err(|error| DisclosureError::Output { kind: error.kind() })?)
    }
}

/// Passes bytes on and tells how many.
struct Output<'a> {
    out: &'a mut dyn Write,
    done: u64,
    total: u64,
    progress: &'a dyn ProgressListener,
}

impl Output<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), DisclosureError> {
        self.write_all(bytes).map_err(|error| DisclosureError::Output { kind: error.kind() })
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.done = self.done.saturating_add(as_u64(written));
        self.progress.progress(self.done, Some(self.total));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn described(part: &NewPart<'_>, content: &Content) -> DisclosedPart {
    DisclosedPart {
        alias: part.alias,
        category: part.category,
        labels: part.labels,
        media_type: clean_media_type(part.media_type),
        length: match content {
            Content::Record(json) => as_u64(json.len()),
            Content::File(reader) => reader.size(),
        },
        file: part.file.map(|file| DisclosedFile { id: file.id, name: clean_name(file.name) }),
    }
}

/// Gives the head of the byte string that holds a body.
fn head(length: u64) -> Buffer {
    let mut out = Encoder::with_capacity(LONGEST_HEAD);
    out.bytes_head(length);
    out.finish()
}

pub(super) fn as_u64(length: usize) -> u64 {
    u64::try_from(length).expect("no machine has more than 64 bits")
}

/// Bytes of the longest head of a byte string.
pub(super) const LONGEST_HEAD: usize = 9;
