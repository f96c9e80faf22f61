//! Sealing a stream, one chunk in memory.

use std::io::{ErrorKind, Read, Write};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::host::{CancelToken, ProgressListener};
use crate::keys::Secret;
use crate::vault::attachments::file::{Chunks, Header, TAG, buffer, padded};
use crate::vault::attachments::{AttachmentError, AttachmentId, ContentAddress};

/// Seals all of `source` into `file`; gives its size and the address of what was written.
///
/// # Errors
/// [`AttachmentError::TooLarge`] beyond `limit`; [`AttachmentError::Read`]; those of the file.
pub(crate) fn seal(
    (id, key, header): (AttachmentId, &Secret<32>, Header),
    source: &mut dyn Read,
    file: &mut dyn Write,
    limit: u64,
    progress: &dyn ProgressListener,
    cancel: &CancelToken,
) -> Result<(u64, ContentAddress), AttachmentError> {
    let mut sealer = Sealer::begin((id, key, header), file)?;
    let chunk = header.chunk();
    let (mut size, mut filled) = (0_u64, 0);
    // Whether a chunk is the last is known only when another byte follows or none.
    loop {
        stop_when_cancelled(cancel)?;
        let read = fill(source, sealer.buffer.get_mut(filled..=chunk).unwrap_or_default())?;
        filled += read;
        size = size.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if size > limit {
            return Err(AttachmentError::TooLarge { limit });
        }
        if filled <= chunk {
            break;
        }
        let ahead = sealer.buffer.get(chunk).copied().unwrap_or_default();
        sealer.put(chunk, false)?;
        if let Some(first) = sealer.buffer.first_mut() {
            *first = ahead;
        }
        filled = 1;
        progress.progress(size, None);
    }
    let mut missing = padded(size) - size;
    loop {
        stop_when_cancelled(cancel)?;
        let room = sealer.buffer.get_mut(filled..chunk).unwrap_or_default();
        let zeros = room.len().min(usize::try_from(missing).unwrap_or(usize::MAX));
        room.fill(0);
        missing -= u64::try_from(zeros).unwrap_or(missing);
        sealer.put(filled + zeros, missing == 0)?;
        if missing == 0 {
            break;
        }
        filled = 0;
    }
    progress.progress(size, None);
    Ok((size, ContentAddress(sealer.hash.finalize().into())))
}

/// Writes header and chunks and hashes what it writes.
struct Sealer<'a> {
    chunks: Chunks,
    buffer: Zeroizing<Vec<u8>>,
    number: u64,
    hash: Sha256,
    file: &'a mut dyn Write,
}

impl<'a> Sealer<'a> {
    fn begin(
        (id, key, header): (AttachmentId, &Secret<32>, Header),
        file: &'a mut dyn Write,
    ) -> Result<Self, AttachmentError> {
        let start = header.encode();
        file.write_all(&start)?;
        Ok(Self {
            chunks: Chunks::new(id, key, header),
            buffer: buffer(header),
            number: 0,
            hash: Sha256::new_with_prefix(start),
            file,
        })
    }

    /// Seals the first `length` bytes of the buffer as the next chunk; the tag overwrites 16 more.
    fn put(&mut self, length: usize, last: bool) -> Result<(), AttachmentError> {
        let chunk = self.buffer.get_mut(..length + TAG).unwrap_or_default();
        self.chunks.seal(self.number, last, chunk)?;
        self.hash.update(&*chunk);
        self.file.write_all(chunk)?;
        self.number += 1;
        Ok(())
    }
}

/// Reads until `buffer` is full or the source ends; gives how much was read.
///
/// # Errors
/// [`AttachmentError::Read`].
pub(crate) fn fill(source: &mut dyn Read, buffer: &mut [u8]) -> Result<usize, AttachmentError> {
    let mut filled = 0;
    loop {
        // A source that says it read more than there was room for is broken.
        let broken = AttachmentError::Read { kind: ErrorKind::InvalidData };
        let room = buffer.get_mut(filled..).ok_or(broken)?;
        if room.is_empty() {
            return Ok(filled);
        }
        match source.read(room) {
            Ok(0) => return Ok(filled),
            Ok(read) => filled = filled.saturating_add(read),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(AttachmentError::Read { kind: error.kind() }),
        }
    }
}

/// Gives up when the patient does.
///
/// # Errors
/// [`AttachmentError::Cancelled`].
pub(crate) fn stop_when_cancelled(cancel: &CancelToken) -> Result<(), AttachmentError> {
    if cancel.is_cancelled() { Err(AttachmentError::Cancelled) } else { Ok(()) }
}
