//! Where a reader stands in its file: a byte at a time, or a value at a time, kept or passed over.

use std::{fmt, io::Read};

use zeroize::Zeroizing;

use super::super::{
    RecordError,
    input::Input,
    json::{Fields, Json, JsonText},
    limits::Limits,
    text::{Text, reserve_bytes},
};

/// Reads a file forward and keeps the parts it is told to keep.
pub(super) struct Cursor<R> {
    input: Input<R>,
    limits: Limits,
    kept: Zeroizing<Vec<u8>>,
    kept_at: u64,
    keeps_blanks: bool,
    position: u64,
}

impl<R: Read> Cursor<R> {
    pub(super) fn open(reader: R, limits: Limits) -> Result<Self, RecordError> {
        Ok(Self {
            input: Input::open(reader, limits)?,
            limits,
            kept: Zeroizing::new(Vec::new()),
            kept_at: 0,
            keeps_blanks: false,
            position: 0,
        })
    }

    pub(super) const fn bytes_read(&self) -> u64 {
        self.input.bytes_read()
    }

    /// Returns how many bytes are kept.
    pub(super) fn kept(&self) -> usize {
        self.kept.len()
    }

    /// Says whether blanks between tokens are kept: they belong to a resource, not to a Bundle.
    pub(super) const fn keep_blanks(&mut self, keep: bool) {
        self.keeps_blanks = keep;
    }

    /// Reads the name of a member and the colon behind it.
    pub(super) fn name(&mut self) -> Result<Text, RecordError> {
        if self.token()? != Some(b'"') {
            return Err(self.malformed());
        }
        let from = self.kept();
        self.value(true)?;
        let name = self.string(from)?;
        if self.token()? != Some(b':') {
            return Err(self.malformed());
        }
        self.keep(1)?;
        Ok(name)
    }

    /// Reads one value, into `kept` or past it.
    pub(super) fn value(&mut self, keep: bool) -> Result<(), RecordError> {
        match self.token()? {
            Some(b'"' | b'{' | b'[') => self.scan(Scan::inside(0), keep),
            Some(_) => {
                let from = self.kept.len();
                while let Some(byte) = self.peek()?
                    && !matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\t' | b'\r')
                {
                    self.keep(1)?;
                }
                self.parse(from, 0).map(drop)
            }
            None => Err(self.malformed()),
        }
    }

    pub(super) fn scan(&mut self, mut scan: Scan, keep: bool) -> Result<(), RecordError> {
        let depth = self.limits.depth + ENTRY_DEPTH;
        while self.input.fill()? {
            let (count, done) = scan.advance(self.input.rest(), depth)?;
            if keep {
                self.keep(count)?;
            } else {
                self.skip(count);
            }
            if done {
                return Ok(());
            }
        }
        Err(self.malformed())
    }

    /// Passes over blanks and returns the byte behind them; see [`Cursor::keep_blanks`].
    pub(super) fn token(&mut self) -> Result<Option<u8>, RecordError> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\n' | b'\t' | b'\r') if self.keeps_blanks => self.keep(1)?,
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.skip(1),
                other => return Ok(other),
            }
        }
    }

    pub(super) fn peek(&mut self) -> Result<Option<u8>, RecordError> {
        self.input.fill()?;
        Ok(self.input.rest().first().copied())
    }

    pub(super) fn keep_from_here(&mut self) {
        self.kept.clear();
        self.kept_at = self.position;
    }

    pub(super) fn keep(&mut self, count: usize) -> Result<(), RecordError> {
        if self.kept.len().saturating_add(count) > self.limits.resource + ENTRY_BYTES {
            return Err(RecordError::ResourceTooLarge { limit: self.limits.resource });
        }
        reserve_bytes(&mut self.kept, count);
        self.kept.extend_from_slice(self.input.rest().get(..count).unwrap_or_default());
        self.skip(count);
        Ok(())
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.input.consume(count);
        self.position = self.position.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// Checks the text kept from `from` on.
    pub(super) fn parse(&self, from: usize, depth: usize) -> Result<Json<'_>, RecordError> {
        Json::parse_bytes(self.kept.get(from..).unwrap_or_default(), depth)
            .map_err(|error| moved(error, self.place_of(from)))
    }

    pub(super) fn string(&self, from: usize) -> Result<Text, RecordError> {
        let string = self.parse(from, 0)?.text();
        string.map(JsonText::into_text).ok_or_else(|| self.malformed())
    }

    /// Checks the object kept from `from` on.
    pub(super) fn object(&self, from: usize, depth: usize) -> Result<Fields<'_>, RecordError> {
        let object = self.parse(from, depth)?.fields();
        let object = object.map_err(|error| moved(error, self.place_of(from)))?;
        object.ok_or_else(|| self.malformed())
    }

    /// Returns where in the file the kept byte `from` stood.
    fn place_of(&self, from: usize) -> u64 {
        self.kept_at.saturating_add(u64::try_from(from).unwrap_or(u64::MAX))
    }

    pub(super) const fn malformed(&self) -> RecordError {
        RecordError::Malformed { at: self.position }
    }
}

impl<R> fmt::Debug for Cursor<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor(at {})", self.position)
    }
}

/// Finds the end of a string, object or array that arrives in pieces.
#[derive(Clone, Copy)]
pub(super) struct Scan {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Scan {
    /// Begins inside `depth` open brackets.
    pub(super) const fn inside(depth: usize) -> Self {
        Self { depth, in_string: false, escaped: false }
    }

    /// Goes through `bytes` and returns how many belong to the value and whether it ends there.
    fn advance(&mut self, bytes: &[u8], limit: usize) -> Result<(usize, bool), RecordError> {
        for (at, byte) in bytes.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_string = false;
                        if self.depth == 0 {
                            return Ok((at + 1, true));
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    if self.depth > limit {
                        return Err(RecordError::TooDeep { limit: limit - ENTRY_DEPTH });
                    }
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Ok((at + 1, true));
                    }
                }
                _ => {}
            }
        }
        Ok((bytes.len(), false))
    }
}

/// Counts the position of a mistake from the start of the file.
fn moved(error: RecordError, before: u64) -> RecordError {
    match error {
        RecordError::Malformed { at } => RecordError::Malformed { at: at.saturating_add(before) },
        other => other,
    }
}

/// An entry wraps its resource in one more level and a few more bytes.
pub(super) const ENTRY_DEPTH: usize = 1;
const ENTRY_BYTES: usize = 64 << 10;
