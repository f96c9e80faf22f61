//! Writes a backup file: header, database, attachments in the order of their ids, MAC.

use std::io::{Read, Write};

use hmac::Mac;

use crate::vault::backup::{AttachmentAt, BackupError, Parts, Stream, Watch, is_at_end};

/// A backup file whose header is written; the database comes next.
pub(crate) struct Writer<'a> {
    output: Output<'a>,
}

impl<'a> Writer<'a> {
    /// Writes the header.
    ///
    /// # Errors
    /// [`BackupError::Output`]; [`BackupError::Randomness`]; [`BackupError::OutOfMemory`].
    pub(crate) fn begin(
        file: &'a mut dyn Write,
        parts: &Parts<'_>,
        watch: Watch<'a>,
    ) -> Result<Self, BackupError> {
        let (header, mac) = parts.encode()?;
        let mut output = Output { file, stream: Stream::new(mac, watch) };
        output.put(&header)?;
        Ok(Self { output })
    }

    /// Writes the database, of exactly `length` bytes, and how many attachments follow.
    ///
    /// # Errors
    /// [`BackupError::SourceChanged`] for another length; [`BackupError::Read`];
    /// [`BackupError::Output`]; [`BackupError::Cancelled`].
    pub(crate) fn database(
        mut self,
        length: u64,
        database: &mut dyn Read,
        attachments: u32,
    ) -> Result<AttachmentWriter<'a>, BackupError> {
        self.output.content(length, database)?;
        self.output.put(&attachments.to_be_bytes())?;
        Ok(AttachmentWriter { output: self.output, left: attachments, last: None })
    }
}

/// A backup file that waits for attachments.
pub(crate) struct AttachmentWriter<'a> {
    output: Output<'a>,
    left: u32,
    last: Option<[u8; 16]>,
}

impl AttachmentWriter<'_> {
    /// Writes an attachment as it is sealed, of exactly as many bytes as said; ids ascend.
    ///
    /// # Errors
    /// [`BackupError::SourceChanged`] for another length, an id out of order, one too many; the
    /// others as [`Writer::database`].
    pub(crate) fn attachment(
        &mut self,
        at: AttachmentAt,
        sealed: &mut dyn Read,
    ) -> Result<(), BackupError> {
        if self.last.is_some_and(|last| last >= at.id) {
            return Err(BackupError::SourceChanged);
        }
        self.left = self.left.checked_sub(1).ok_or(BackupError::SourceChanged)?;
        self.last = Some(at.id);
        self.output.put(&at.id)?;
        self.output.content(at.length, sealed)
    }

    /// Ends the file with its MAC; syncing it is the caller's.
    ///
    /// # Errors
    /// [`BackupError::SourceChanged`] when attachments are missing; [`BackupError::Output`].
    pub(crate) fn finish(self) -> Result<(), BackupError> {
        if self.left > 0 {
            return Err(BackupError::SourceChanged);
        }
        let Output { file, stream } = self.output;
        let mac = stream.mac.finalize().into_bytes();
        file.write_all(&mac)
            .and_then(|()| file.flush())
            .map_err(|error| BackupError::output(&error))
    }
}

struct Output<'a> {
    file: &'a mut dyn Write,
    stream: Stream<'a>,
}

impl Output<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.file.write_all(bytes).map_err(|error| BackupError::output(&error))?;
        self.stream.pass(bytes);
        Ok(())
    }

    fn content(&mut self, length: u64, source: &mut dyn Read) -> Result<(), BackupError> {
        self.put(&length.to_be_bytes())?;
        self.stream.copy(length, source, self.file, BackupError::SourceChanged)?;
        if is_at_end(source)? { Ok(()) } else { Err(BackupError::SourceChanged) }
    }
}
