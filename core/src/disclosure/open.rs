//! The reader's side: opens a disclosure under a verified consent, and gives what is in it.
//!
//! The file is in a stranger's hand. Memory is taken for bytes that are there, never for a length
//! that is claimed; the manifest is held, bodies are read one by one, files chunk by chunk.

use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::codec::{Decoder, Sign1};
use crate::consent::{ConsentId, VerifiedConsent};
use crate::disclosure::body::{self, Opened, Place};
use crate::disclosure::entry::{DisclosedPart, decode_all};
use crate::disclosure::inflate::inflate_into;
use crate::disclosure::manifest::{self, Manifest};
use crate::disclosure::seal::LONGEST_HEAD;
use crate::disclosure::window::Window;
use crate::disclosure::{DisclosureError, DisclosureId};
use crate::host::{CancelToken, ProgressListener, Timestamp};
use crate::keys::{ContentKey, SealingKey, Secret, SignedKind, Unverified};
use crate::vault::attachments::read::Reader;
use crate::vault::attachments::{AttachmentId, ContentAddress};

/// A disclosure whose manifest was verified and whose key box was opened.
///
/// The source is not kept: each call takes it again, and it may have changed since. What is given
/// has held its hash and its tag in the very call that gives it.
#[derive(Debug)]
pub struct Disclosure {
    consent: ConsentId,
    id: DisclosureId,
    issued_at: Timestamp,
    object_id: [u8; 32],
    parts: Vec<DisclosedPart>,
    bodies: Vec<Body>,
    /// Whether every body was found whole.
    checked: bool,
}

/// Where a body lies, and what opens it.
#[derive(Debug)]
struct Body {
    key: ContentKey,
    hash: [u8; 32],
    start: u64,
    length: u64,
}

impl Disclosure {
    /// Verifies the manifest, opens the key box, and finds every body in its place.
    ///
    /// # Errors
    /// [`DisclosureError::WrongType`] for another signed object; [`DisclosureError::OtherConsent`];
    /// [`DisclosureError::Undecryptable`] for another answer key; [`DisclosureError::Truncated`];
    /// [`DisclosureError::TooLarge`]; [`DisclosureError::TooManyEntries`];
    /// [`DisclosureError::Invalid`] for any other bytes; [`DisclosureError::Read`].
    pub fn open<S: Read + Seek>(
        source: &mut S,
        consent: &VerifiedConsent,
        answer: &SealingKey,
    ) -> Result<Self, DisclosureError> {
        let total = seek(source, SeekFrom::End(0))?;
        let bytes = read_manifest(source, total)?;
        let unverified =
            Unverified::decode(SignedKind::Disclosure, &bytes).map_err(
                |_| match SignedKind::of(&bytes) {
                    Some(SignedKind::Disclosure) | None => DisclosureError::Invalid,
                    Some(_) => DisclosureError::WrongType,
                },
            )?;
        let manifest = Manifest::decode(unverified.dangerous_claims())?;
        if manifest.consent != consent.id() || manifest.key != *consent.key() {
            return Err(DisclosureError::OtherConsent);
        }
        let object_id = *unverified.verify(consent.key())?.id();
        let info = manifest::info(&manifest.consent, &manifest.id);
        let key_box = answer.open_cose(&info, b"", manifest.key_box)?;
        let entries = decode_all(&key_box, manifest.hashes.len())?;
        let (parts, keys): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        let bodies = find(source, as_u64(bytes.len())..total, &parts, &manifest.hashes, keys)?;
        let Manifest { consent, id, issued_at, .. } = manifest;
        Ok(Self { consent, id, issued_at, object_id, parts, bodies, checked: false })
    }

    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> DisclosureId {
        self.id
    }

    /// Returns the consent that it was made under.
    #[must_use]
    pub const fn consent(&self) -> ConsentId {
        self.consent
    }

    /// Returns when it was signed, as the patient's device says.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// Returns the id of the signed manifest: SHA-256 of what was signed.
    #[must_use]
    pub const fn object_id(&self) -> &[u8; 32] {
        &self.object_id
    }

    /// Returns what is in it, in its order.
    #[must_use]
    pub fn parts(&self) -> &[DisclosedPart] {
        &self.parts
    }

    /// Opens every body from its first byte to its last, and gives nothing of it. `progress` hears
    /// the bytes of what was sealed.
    ///
    /// # Errors
    /// [`DisclosureError::Undecryptable`] for a body that is not what was sealed;
    /// [`DisclosureError::Invalid`] for one that holds something else than was told;
    /// [`DisclosureError::Truncated`]; [`DisclosureError::Read`]; [`DisclosureError::Cancelled`].
    pub fn check<S: Read + Seek>(
        &mut self,
        source: &mut S,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<(), DisclosureError> {
        let lengths = self.parts.iter().map(DisclosedPart::length);
        let total = lengths.fold(0, u64::saturating_add);
        let mut before = 0_u64;
        for (index, part) in self.parts.iter().enumerate() {
            stop_when_cancelled(cancel)?;
            if part.file.is_some() {
                let told = |done, _| progress.progress(before.saturating_add(done), Some(total));
                self.file(source, index)?.check(&told, cancel)?;
            } else {
                let record = self.opened(source, index)?;
                inflate_into(record.deflated(), part.length, &mut |_| Ok(()))?;
            }
            before = before.saturating_add(part.length);
            progress.progress(before, Some(total));
        }
        self.checked = true;
        Ok(())
    }

    /// Gives the JSON of a record.
    ///
    /// # Errors
    /// [`DisclosureError::NotFound`] when no record has this place; as [`Disclosure::check`].
    pub fn record<S: Read + Seek>(
        &self,
        source: &mut S,
        index: usize,
    ) -> Result<Zeroizing<Vec<u8>>, DisclosureError> {
        let record = self.opened(source, index)?;
        let length = self.part(index)?.length;
        // A length is only a claim until that many bytes have come out.
        inflate_into(record.deflated(), length, &mut |_| Ok(()))?;
        let room = usize::try_from(length).map_err(|_| DisclosureError::TooLarge)?;
        let mut json = Zeroizing::new(Vec::with_capacity(room));
        inflate_into(record.deflated(), length, &mut |piece| {
            json.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(json)
    }

    /// Writes a record or a file to `out`, and gives its length. `progress` hears the bytes written.
    ///
    /// # Errors
    /// [`DisclosureError::NotFound`] when nothing has this place; as [`Disclosure::check`], before
    /// anything is written; [`DisclosureError::Output`]. Should the source change while a file is
    /// read, what was written by then stays written: all of it the file's.
    pub fn copy<S: Read + Seek>(
        &self,
        source: &mut S,
        index: usize,
        out: &mut dyn Write,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<u64, DisclosureError> {
        stop_when_cancelled(cancel)?;
        let part = self.part(index)?;
        if part.file.is_some() {
            let mut file = self.file(source, index)?;
            if !self.checked {
                file.check(&|_, _| {}, cancel)?;
            }
            return Ok(file.copy(0..part.length, out, progress, cancel)?);
        }
        let record = self.opened(source, index)?;
        inflate_into(record.deflated(), part.length, &mut |_| Ok(()))?;
        let mut done = 0_u64;
        inflate_into(record.deflated(), part.length, &mut |piece| {
            let written = out.write_all(piece);
            written.map_err(|error| DisclosureError::Output { kind: error.kind() })?;
            done = done.saturating_add(as_u64(piece.len()));
            progress.progress(done, Some(part.length));
            Ok(())
        })?;
        Ok(done)
    }

    fn part(&self, index: usize) -> Result<&DisclosedPart, DisclosureError> {
        self.parts.get(index).ok_or(DisclosureError::NotFound)
    }

    fn body(&self, index: usize) -> Result<&Body, DisclosureError> {
        self.bodies.get(index).ok_or(DisclosureError::NotFound)
    }

    /// Opens the body of a record.
    fn opened<S: Read + Seek>(
        &self,
        source: &mut S,
        index: usize,
    ) -> Result<Opened, DisclosureError> {
        let (part, body) = (self.part(index)?, self.body(index)?);
        if part.file.is_some() {
            return Err(DisclosureError::NotFound);
        }
        let (consent, disclosure, alias) = (self.consent, self.id, part.alias);
        Opened::open(&Place { consent, disclosure, alias, index }, &body.key, &body.read(source)?)
    }

    /// Opens the body of a file.
    fn file<'a, S: Read + Seek>(
        &self,
        source: &'a mut S,
        index: usize,
    ) -> Result<Reader<Window<'a, S>>, DisclosureError> {
        let (part, body) = (self.part(index)?, self.body(index)?);
        let file = part.file.as_ref().ok_or(DisclosureError::NotFound)?;
        let id = AttachmentId::from_bytes(*file.id.as_bytes());
        let address = ContentAddress::from_bytes(body.hash);
        let window = Window::new(source, body.start, body.length);
        Ok(Reader::over(window, id, body.key.secret(), part.length, address)?)
    }
}

impl Body {
    /// Reads the body and demands its hash.
    fn read<S: Read + Seek>(&self, source: &mut S) -> Result<Vec<u8>, DisclosureError> {
        if self.length > PROBE {
            // What the patient did not sign is not worth much memory.
            self.demand(self.hash_of(source)?)?;
        }
        let length = usize::try_from(self.length).map_err(|_| DisclosureError::TooLarge)?;
        let bytes = read(source, self.start, length)?;
        self.demand(Sha256::digest(&bytes).into())?;
        Ok(bytes)
    }

    fn hash_of<S: Read + Seek>(&self, source: &mut S) -> Result<[u8; 32], DisclosureError> {
        let (mut window, mut hash) = (Window::new(source, self.start, self.length), Sha256::new());
        let mut piece = vec![0; PIECE];
        loop {
            match window.read(&mut piece) {
                Ok(0) => return Ok(hash.finalize().into()),
                Ok(read) => hash.update(piece.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(DisclosureError::Read { kind: error.kind() }),
            }
        }
    }

    fn demand(&self, hash: [u8; 32]) -> Result<(), DisclosureError> {
        if hash == self.hash { Ok(()) } else { Err(DisclosureError::Undecryptable) }
    }
}

/// Reads the signed object at the beginning.
fn read_manifest<S: Read + Seek>(source: &mut S, total: u64) -> Result<Vec<u8>, DisclosureError> {
    let begin = read(source, 0, clamp(total, BEGIN))?;
    let length = Sign1::length(&begin)?;
    let length = usize::try_from(length).map_err(|_| DisclosureError::TooLarge)?;
    if length > SignedKind::Disclosure.largest() {
        return Err(DisclosureError::TooLarge);
    }
    if as_u64(length) > total {
        return Err(DisclosureError::Truncated);
    }
    read(source, 0, length)
}

/// Finds the bodies in what follows the manifest.
fn find<S: Read + Seek>(
    source: &mut S,
    rest: std::ops::Range<u64>,
    parts: &[DisclosedPart],
    hashes: &[[u8; 32]],
    keys: Vec<Secret<32>>,
) -> Result<Vec<Body>, DisclosureError> {
    let mut at = rest.start;
    let mut bodies = Vec::with_capacity(parts.len());
    for ((part, hash), key) in parts.iter().zip(hashes).zip(keys) {
        let left = rest.end.saturating_sub(at);
        let head = read(source, at, clamp(left, LONGEST_HEAD))?;
        let mut input = Decoder::new(&head);
        let length = input.bytes_head().map_err(|_| match head.len() {
            LONGEST_HEAD => DisclosureError::Invalid,
            _ => DisclosureError::Truncated,
        })?;
        let left = left.saturating_sub(as_u64(head.len() - input.rest().len()));
        if part.file.is_none() && length > body::largest(part.length) {
            return Err(DisclosureError::TooLarge);
        }
        let after = left.checked_sub(length).ok_or(DisclosureError::Truncated)?;
        let start = rest.end.saturating_sub(left);
        bodies.push(Body { key: ContentKey::from_secret(key), hash: *hash, start, length });
        at = rest.end.saturating_sub(after);
    }
    if at == rest.end { Ok(bodies) } else { Err(DisclosureError::Invalid) }
}

/// Reads bytes of which the caller knows that they are there.
fn read<S: Read + Seek>(
    source: &mut S,
    at: u64,
    length: usize,
) -> Result<Vec<u8>, DisclosureError> {
    seek(source, SeekFrom::Start(at))?;
    let mut bytes = vec![0; length];
    source.read_exact(&mut bytes).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => DisclosureError::Truncated,
        kind => DisclosureError::Read { kind },
    })?;
    Ok(bytes)
}

fn seek<S: Seek>(source: &mut S, to: SeekFrom) -> Result<u64, DisclosureError> {
    source.seek(to).map_err(|error| DisclosureError::Read { kind: error.kind() })
}

fn stop_when_cancelled(cancel: &CancelToken) -> Result<(), DisclosureError> {
    if cancel.is_cancelled() { Err(DisclosureError::Cancelled) } else { Ok(()) }
}

fn clamp(length: u64, most: usize) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX).min(most)
}

fn as_u64(length: usize) -> u64 {
    u64::try_from(length).expect("no machine has more than 64 bits")
}

/// Enough bytes to tell how long the manifest is.
const BEGIN: usize = 64;
/// A larger body is hashed before memory is taken for it.
const PROBE: u64 = 512 * 1024;
const PIECE: usize = 64 * 1024;
