//! Reads a backup file. Nothing that comes out is to be used before the end was reached and held.

use std::io::{self, Read, Write};

use hmac::Mac;

use crate::vault::backup::header::Header;
use crate::vault::backup::{
    About, AttachmentAt, BackupError, BackupKey, MAC, Proven, Stream, Watch, is_at_end, read_all,
};

/// A backup file whose header has opened; the database comes next.
pub(crate) struct Reader<'a> {
    input: Input<'a>,
}

impl<'a> Reader<'a> {
    /// Reads the header and opens it.
    ///
    /// # Errors
    /// [`BackupError::NotABackup`], [`BackupError::NewerFormat`], [`BackupError::HeaderTooLarge`],
    /// [`BackupError::KdfOutOfBounds`] before any key is derived; [`BackupError::NoSuchSlot`],
    /// [`BackupError::WrongKey`]; [`BackupError::Damaged`]; [`BackupError::Read`].
    pub(crate) fn open(
        file: &'a mut dyn Read,
        key: &BackupKey<'_>,
        watch: Watch<'a>,
    ) -> Result<Self, BackupError> {
        let header = Header::read(file)?;
        let (claimed, mac) = header.open(key)?;
        let mut stream = Stream::new(mac, watch);
        stream.pass(&header.bytes);
        Ok(Self { input: Input { file, stream, claimed } })
    }

    /// Tells what the file says of itself: `created` is proven by the end only, the rest by the key.
    pub(crate) const fn about(&self) -> &About {
        &self.input.claimed.about
    }

    /// Writes the database to a temporary place.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] when the file ends before; [`BackupError::Read`];
    /// [`BackupError::Output`]; [`BackupError::Cancelled`].
    pub(crate) fn database(
        mut self,
        to: &mut dyn Write,
    ) -> Result<AttachmentReader<'a>, BackupError> {
        let length = u64::from_be_bytes(self.input.array()?);
        self.input.content(length, to)?;
        let left = u32::from_be_bytes(self.input.array()?);
        Ok(AttachmentReader { input: self.input, left, last: None, pending: 0 })
    }
}

/// A backup file that is at its attachments.
pub(crate) struct AttachmentReader<'a> {
    input: Input<'a>,
    left: u32,
    last: Option<[u8; 16]>,
    /// Bytes of the attachment at hand that nobody asked for yet.
    pending: u64,
}

impl AttachmentReader<'_> {
    /// Goes to the next attachment, over the one at hand if nobody asked for it; ids ascend.
    ///
    /// # Errors
    /// As [`Reader::database`]; [`BackupError::Damaged`] for an id out of order.
    pub(crate) fn next_attachment(&mut self) -> Result<Option<AttachmentAt>, BackupError> {
        self.attachment(&mut io::sink())?;
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        let id = self.input.array()?;
        if self.last.is_some_and(|last| last >= id) {
            return Err(BackupError::Damaged);
        }
        let length = u64::from_be_bytes(self.input.array()?);
        (self.left, self.last, self.pending) = (left, Some(id), length);
        Ok(Some(AttachmentAt { id, length }))
    }

    /// Writes the attachment at hand, as it is sealed, to a temporary place.
    ///
    /// # Errors
    /// As [`Reader::database`].
    pub(crate) fn attachment(&mut self, to: &mut dyn Write) -> Result<(), BackupError> {
        let length = std::mem::take(&mut self.pending);
        self.input.content(length, to)
    }

    /// Reads what is left, checks every byte of the file and gives the keys away.
    ///
    /// # Errors
    /// As [`Reader::database`]; [`BackupError::Damaged`] when a byte is not what was written or any
    /// follows: then nothing of the file may be used.
    pub(crate) fn finish(mut self) -> Result<Proven, BackupError> {
        while self.next_attachment()?.is_some() {}
        let Input { file, stream, claimed } = self.input;
        let mut mac = [0; MAC];
        read_all(file, &mut mac, BackupError::Damaged)?;
        stream.mac.verify_slice(&mac).map_err(|_| BackupError::Damaged)?;
        if is_at_end(file)? { Ok(claimed) } else { Err(BackupError::Damaged) }
    }
}

struct Input<'a> {
    file: &'a mut dyn Read,
    stream: Stream<'a>,
    /// Not to be given away before the MAC has held.
    claimed: Proven,
}

impl Input<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], BackupError> {
        let mut bytes = [0; N];
        read_all(self.file, &mut bytes, BackupError::Damaged)?;
        self.stream.pass(&bytes);
        Ok(bytes)
    }

    fn content(&mut self, length: u64, to: &mut dyn Write) -> Result<(), BackupError> {
        self.stream.copy(length, self.file, to, BackupError::Damaged)
    }
}
