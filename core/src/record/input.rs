//! The bytes of a file, plain or gzip, through wiped windows of fixed size.

use std::{
    fmt,
    io::{ErrorKind, Read},
};

use zeroize::Zeroizing;

use super::{RecordError, gzip::GzipInput, limits::Limits};

/// A buffer of fixed size: filled at once, consumed in steps, wiped when dropped.
pub(crate) struct Window {
    bytes: Zeroizing<Vec<u8>>,
    start: usize,
    end: usize,
}

impl Window {
    pub(crate) fn new() -> Self {
        Self { bytes: Zeroizing::new(vec![0; WINDOW]), start: 0, end: 0 }
    }

    pub(crate) fn rest(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    pub(crate) fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
    }

    pub(crate) fn space(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    pub(crate) fn filled(&mut self, count: usize) {
        self.start = 0;
        self.end = count.min(self.bytes.len());
    }
}

/// Reads the file as it lies there.
pub(crate) struct RawInput<R> {
    reader: R,
    window: Window,
    limit: u64,
    read: u64,
}

impl<R> RawInput<R> {
    pub(crate) fn new(reader: R, limit: u64) -> Self {
        Self { reader, window: Window::new(), limit, read: 0 }
    }

    pub(crate) fn rest(&self) -> &[u8] {
        self.window.rest()
    }

    pub(crate) fn consume(&mut self, count: usize) {
        self.window.consume(count);
    }

    pub(crate) const fn bytes_read(&self) -> u64 {
        self.read
    }

    /// Returns how many bytes were both read and consumed.
    pub(crate) fn consumed(&self) -> u64 {
        self.read.saturating_sub(u64::try_from(self.rest().len()).unwrap_or(u64::MAX))
    }
}

impl<R: Read> RawInput<R> {
    /// Reads the next bytes once the last ones are consumed; false at the end.
    pub(crate) fn fill(&mut self) -> Result<bool, RecordError> {
        if !self.rest().is_empty() {
            return Ok(true);
        }
        let count = loop {
            match self.reader.read(self.window.space()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.window.filled(count);
        self.read = self.read.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        if self.read > self.limit {
            return Err(RecordError::FileTooLarge { limit: self.limit });
        }
        Ok(count > 0)
    }
}

/// Reads the text of a file, inflated when it is gzip.
pub(crate) enum Input<R> {
    Plain(RawInput<R>),
    Gzip(GzipInput<R>),
}

impl<R: Read> Input<R> {
    /// Reads the first bytes of the file. No JSON begins as gzip does.
    pub(crate) fn open(reader: R, limits: Limits) -> Result<Self, RecordError> {
        let mut raw = RawInput::new(reader, limits.file);
        raw.fill()?;
        Ok(match raw.rest().first() {
            Some(&GZIP) => Self::Gzip(GzipInput::new(raw, limits)),
            _ => Self::Plain(raw),
        })
    }

    /// Gets the next bytes once the last ones are consumed; false at the end.
    pub(crate) fn fill(&mut self) -> Result<bool, RecordError> {
        match self {
            Self::Plain(raw) => raw.fill(),
            Self::Gzip(gzip) => gzip.fill(),
        }
    }

    /// Returns the bytes at hand.
    pub(crate) fn rest(&self) -> &[u8] {
        match self {
            Self::Plain(raw) => raw.rest(),
            Self::Gzip(gzip) => gzip.rest(),
        }
    }

    pub(crate) fn consume(&mut self, count: usize) {
        match self {
            Self::Plain(raw) => raw.consume(count),
            Self::Gzip(gzip) => gzip.consume(count),
        }
    }

    /// Returns how far the file was read, as it lies there.
    pub(crate) const fn bytes_read(&self) -> u64 {
        match self {
            Self::Plain(raw) => raw.bytes_read(),
            Self::Gzip(gzip) => gzip.bytes_read(),
        }
    }
}

impl<R> fmt::Debug for Input<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Input(..)")
    }
}

const GZIP: u8 = 0x1f;
const WINDOW: usize = 64 << 10;
