//! Reading a sealed file at any place, one chunk in memory.
//!
//! The file is one of the folder, or a stretch of a disclosure.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::host::{CancelToken, ProgressListener};
use crate::keys::Secret;
use crate::vault::attachments::file::{Chunks, HEADER, Header, Layout, TAG, buffer};
use crate::vault::attachments::meta::Meta;
use crate::vault::attachments::write::stop_when_cancelled;
use crate::vault::attachments::{AttachmentError, AttachmentId, ContentAddress};

/// An open attachment. Of what it gives, every byte was checked first.
#[derive(Debug)]
pub(crate) struct Reader<R = File> {
    file: R,
    start: [u8; HEADER],
    chunks: Chunks,
    layout: Layout,
    size: u64,
    address: ContentAddress,
    buffer: Zeroizing<Vec<u8>>,
    /// The number of the chunk that lies open in the buffer.
    open: Option<u64>,
}

impl Reader {
    /// Takes a file that must be the one of `id` that `meta` describes.
    ///
    /// # Errors
    /// [`AttachmentError::Damaged`] when header or length are not those that were written.
    pub(super) fn new(file: File, id: AttachmentId, meta: &Meta) -> Result<Self, AttachmentError> {
        Self::over(file, id, &meta.key, meta.size, meta.address)
    }
}

impl<R: Read + Seek> Reader<R> {
    /// Takes a sealed file, which begins at the place 0 and ends at the end of `file`.
    ///
    /// # Errors
    /// [`AttachmentError::Damaged`] when header or length are not those that were written.
    pub(crate) fn over(
        mut file: R,
        id: AttachmentId,
        key: &Secret<32>,
        size: u64,
        address: ContentAddress,
    ) -> Result<Self, AttachmentError> {
        let mut start = [0; HEADER];
        file.rewind()?;
        file.read_exact(&mut start).map_err(too_short)?;
        let header = Header::decode(&start)?;
        let mut reader = Self {
            file,
            start,
            chunks: Chunks::new(id, key, header),
            layout: Layout::new(header, size),
            size,
            address,
            buffer: buffer(header),
            open: None,
        };
        reader.check_length()?;
        Ok(reader)
    }

    /// Gives the size of the attachment in bytes.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Gives the address of the sealed file that this must be.
    pub(crate) const fn address(&self) -> ContentAddress {
        self.address
    }

    /// Reads bytes from a place on; fewer than `out` has room for only at the end.
    ///
    /// # Errors
    /// [`AttachmentError::Damaged`]; [`AttachmentError::Storage`].
    pub(crate) fn read_at(&mut self, at: u64, out: &mut [u8]) -> Result<usize, AttachmentError> {
        let mut filled = 0;
        while let Some(room) = out.get_mut(filled..)
            && !room.is_empty()
        {
            let from = at.saturating_add(as_u64(filled));
            let part = self.part(from..from.saturating_add(as_u64(room.len())))?;
            if part.is_empty() {
                break;
            }
            room.get_mut(..part.len()).unwrap_or_default().copy_from_slice(part);
            filled += part.len();
        }
        Ok(filled)
    }

    /// Writes the bytes of a range, or those of them that are there, to `out`; gives their number.
    ///
    /// # Errors
    /// [`AttachmentError::Damaged`]; [`AttachmentError::Output`]; [`AttachmentError::Cancelled`].
    /// What was written before stays written.
    pub(crate) fn copy(
        &mut self,
        range: Range<u64>,
        out: &mut dyn Write,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<u64, AttachmentError> {
        let total = range.end.min(self.size).saturating_sub(range.start);
        let mut done = 0;
        while done < total {
            stop_when_cancelled(cancel)?;
            let part = self.part(range.start.saturating_add(done)..range.end)?;
            out.write_all(part).map_err(|error| AttachmentError::Output { kind: error.kind() })?;
            done += as_u64(part.len());
            progress.progress(done, Some(total));
        }
        Ok(total)
    }

    /// Walks the whole file: every chunk opens at its place, the padding is zeros, and the file is
    /// the very one that was written.
    ///
    /// # Errors
    /// [`AttachmentError::Damaged`] at the first byte that is not; [`AttachmentError::Cancelled`].
    pub(crate) fn check(
        &mut self,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<(), AttachmentError> {
        self.check_length()?;
        let mut hash = Sha256::new_with_prefix(self.start);
        for number in 0..=self.layout.last() {
            stop_when_cancelled(cancel)?;
            hash.update(self.fetch(number)?);
            let start = self.layout.start(number);
            let used = usize::try_from(self.size.saturating_sub(start)).unwrap_or(usize::MAX);
            let text = self.open_fetched(number)?;
            let end = start.saturating_add(as_u64(text.len()));
            let padding = text.get(used..).unwrap_or_default();
            if padding.iter().any(|byte| *byte != 0) {
                return Err(AttachmentError::Damaged);
            }
            progress.progress(end.min(self.size), Some(self.size));
        }
        if ContentAddress(hash.finalize().into()) == self.address {
            Ok(())
        } else {
            Err(AttachmentError::Damaged)
        }
    }

    /// Gives the bytes of a range that lie in the chunk of its first byte; none beyond the end.
    fn part(&mut self, range: Range<u64>) -> Result<&[u8], AttachmentError> {
        if range.start >= self.size.min(range.end) {
            return Ok(&[]);
        }
        let (number, from) = self.layout.find(range.start);
        if self.open != Some(number) {
            self.fetch(number)?;
            self.open_fetched(number)?;
        }
        let left = range.end.min(self.size) - range.start;
        let wanted = usize::try_from(left).unwrap_or(usize::MAX);
        let chunk = self.buffer.get(from..self.layout.length(number)).unwrap_or_default();
        Ok(chunk.get(..wanted).unwrap_or(chunk))
    }

    /// Reads a sealed chunk into the buffer.
    fn fetch(&mut self, number: u64) -> Result<&[u8], AttachmentError> {
        self.open = None;
        self.file.seek(SeekFrom::Start(self.layout.place(number)))?;
        let sealed = self.layout.length(number) + TAG;
        let chunk = self.buffer.get_mut(..sealed).unwrap_or_default();
        self.file.read_exact(chunk).map_err(too_short)?;
        Ok(chunk)
    }

    /// Opens the chunk in the buffer.
    fn open_fetched(&mut self, number: u64) -> Result<&[u8], AttachmentError> {
        let length = self.layout.length(number);
        let chunk = self.buffer.get_mut(..length + TAG).unwrap_or_default();
        self.chunks.open(number, number == self.layout.last(), chunk)?;
        self.open = Some(number);
        Ok(chunk.get(..length).unwrap_or_default())
    }

    fn check_length(&mut self) -> Result<(), AttachmentError> {
        if self.file.seek(SeekFrom::End(0))? == self.layout.file() {
            Ok(())
        } else {
            Err(AttachmentError::Damaged)
        }
    }
}

fn too_short(error: std::io::Error) -> AttachmentError {
    match error.kind() {
        ErrorKind::UnexpectedEof => AttachmentError::Damaged,
        _ => error.into(),
    }
}

fn as_u64(length: usize) -> u64 {
    u64::try_from(length).expect("no machine has more than 64 bits")
}
