//! Files of resources, read one resource at a time in bounded memory.
//!
//! A file is a Bundle, one resource, or NDJSON (one resource after another), plain or gzip. Of a
//! Bundle only the entry at hand is in memory; its other members are passed over. Members come in
//! any order: while it is open whether an object is a Bundle it is kept like a resource, and an
//! `entry` met before the `resourceType` is judged by its first element (a `List` has entries too).

use std::{fmt, io::Read};

use zeroize::Zeroizing;

use super::{
    RecordError,
    input::Input,
    json::{Fields, Json, JsonText},
    limits::Limits,
    text::{Text, reserve_bytes},
};

/// Yields the resources of a file one by one.
pub struct ResourceReader<R> {
    input: Input<R>,
    limits: Limits,
    place: Place,
    kind: Kind,
    /// What is being read: a whole resource, or one entry of a Bundle.
    kept: Zeroizing<Vec<u8>>,
    /// Names of the members of the Bundle at hand.
    seen: Vec<Text>,
    kept_at: u64,
    position: u64,
    items: usize,
}

/// One resource of a file, or an entry without one.
pub struct Item<'a> {
    index: usize,
    full_url: Option<Text>,
    resource: Option<&'a str>,
}

impl<'a> Item<'a> {
    /// Returns the place in the file, counted from zero.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Returns the entry's `fullUrl`.
    #[must_use]
    pub const fn full_url(&self) -> Option<&Text> {
        self.full_url.as_ref()
    }

    /// Returns the resource byte by byte as it came; `None` for an entry that holds none.
    #[must_use]
    pub const fn resource(&self) -> Option<&'a str> {
        self.resource
    }
}

impl fmt::Debug for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item").field("index", &self.index).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first byte.
    Start,
    /// Between two top-level objects.
    Between,
    /// Before a member of the top-level object.
    Members,
    /// Behind a member of the top-level object.
    AfterMember,
    /// Inside the `entry` array, before an element.
    Entries,
    /// Behind the end of the file.
    End,
}

/// What the top-level object is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open,
    /// Judged by its entries; the `resourceType` is still to come.
    LooksLikeBundle,
    Bundle,
}

/// What lies in `kept` when reading pauses.
enum Ready {
    Resource,
    Entry { from: usize },
}

impl<R: Read> ResourceReader<R> {
    /// Opens a file with the limits of the product.
    ///
    /// # Errors
    /// [`RecordError::Read`] when the first bytes cannot be read.
    pub fn new(reader: R) -> Result<Self, RecordError> {
        Self::with_limits(reader, Limits::default())
    }

    /// Opens a file with limits of the caller's choice.
    ///
    /// # Errors
    /// [`RecordError::Read`] when the first bytes cannot be read.
    pub fn with_limits(reader: R, limits: Limits) -> Result<Self, RecordError> {
        Ok(Self {
            input: Input::open(reader, limits)?,
            limits,
            place: Place::Start,
            kind: Kind::Open,
            kept: Zeroizing::new(Vec::new()),
            seen: Vec::new(),
            kept_at: 0,
            position: 0,
            items: 0,
        })
    }

    /// Returns how many bytes of the file were read so far, for a progress bar.
    pub const fn bytes_read(&self) -> u64 {
        self.input.bytes_read()
    }

    /// Reads the next resource; `None` at the end of the file.
    ///
    /// # Errors
    /// Any `import.*` error of [`RecordError`]; the file is then refused as a whole.
    #[expect(clippy::should_implement_trait, reason = "an item borrows the reader's buffer")]
    pub fn next(&mut self) -> Result<Option<Item<'_>>, RecordError> {
        let Some(ready) = self.advance()? else { return Ok(None) };
        let index = self.items;
        self.items += 1;
        if index == self.limits.entries {
            return Err(RecordError::TooManyEntries { limit: self.limits.entries });
        }
        let limit = self.limits.resource;
        let (full_url, resource) = match ready {
            Ready::Resource => (None, Some(self.parse(0, self.limits.depth)?)),
            Ready::Entry { from } => {
                let entry = self.entry(from)?;
                (entry.text("fullUrl"), entry.find("resource"))
            }
        };
        if resource.is_some_and(|resource| resource.raw().len() > limit) {
            return Err(RecordError::ResourceTooLarge { limit });
        }
        Ok(Some(Item {
            index,
            full_url: full_url.map(JsonText::into_text),
            resource: resource.map(Json::raw),
        }))
    }

    fn advance(&mut self) -> Result<Option<Ready>, RecordError> {
        loop {
            let ready = match self.place {
                Place::Start => self.start()?,
                Place::Between => self.between()?,
                Place::Members => self.member()?,
                Place::AfterMember => self.after_member()?,
                Place::Entries => self.element()?,
                Place::End => return Ok(None),
            };
            if ready.is_some() {
                return Ok(ready);
            }
        }
    }

    /// Passes over a byte order mark and demands that an object follows.
    fn start(&mut self) -> Result<Option<Ready>, RecordError> {
        for mark in [0xef, 0xbb, 0xbf] {
            if self.peek()? == Some(mark) {
                self.skip(1);
            } else if mark != 0xef {
                return Err(RecordError::NotFhir);
            } else {
                break;
            }
        }
        match self.token()? {
            Some(b'{') => self.open_object(),
            _ => Err(RecordError::NotFhir),
        }
    }

    fn between(&mut self) -> Result<Option<Ready>, RecordError> {
        match self.token()? {
            Some(b'{') => self.open_object(),
            Some(_) => Err(self.malformed()),
            None => {
                self.place = Place::End;
                Ok(None)
            }
        }
    }

    fn open_object(&mut self) -> Result<Option<Ready>, RecordError> {
        self.keep_from_here();
        self.seen.clear();
        self.kind = Kind::Open;
        self.place = Place::Members;
        self.keep(1)?;
        if self.token()? == Some(b'}') {
            return self.close_object();
        }
        Ok(None)
    }

    fn close_object(&mut self) -> Result<Option<Ready>, RecordError> {
        self.keep(1)?;
        self.place = Place::Between;
        match self.kind {
            Kind::Open => Ok(Some(Ready::Resource)),
            Kind::Bundle => Ok(None),
            Kind::LooksLikeBundle => Err(RecordError::NotFhir),
        }
    }

    /// Reads one member of the top-level object.
    fn member(&mut self) -> Result<Option<Ready>, RecordError> {
        if self.kind != Kind::Open {
            self.keep_from_here();
        }
        let name = self.name()?;
        match (name.as_str(), self.kind) {
            ("resourceType", _) => {
                let from = self.kept.len();
                self.value(true)?;
                if self.string(from)?.as_str() == "Bundle" {
                    self.kind = Kind::Bundle;
                } else if self.kind == Kind::Open {
                    return self.rest_of_resource();
                } else {
                    return Err(RecordError::NotFhir);
                }
            }
            ("entry", Kind::Bundle) => return self.open_entries(),
            ("entry", Kind::Open) => return self.judge_entries(),
            (_, kind) => self.value(kind == Kind::Open)?,
        }
        self.remember(name)?;
        self.after_member()
    }

    /// Goes on behind a member's value: to the next member or the end of the object.
    fn after_member(&mut self) -> Result<Option<Ready>, RecordError> {
        match self.token()? {
            Some(b',') => {
                self.keep(1)?;
                self.place = Place::Members;
                Ok(None)
            }
            Some(b'}') => self.close_object(),
            _ => Err(self.malformed()),
        }
    }

    /// Keeps the rest of an object that is one resource.
    fn rest_of_resource(&mut self) -> Result<Option<Ready>, RecordError> {
        self.scan(Scan::inside(1), true)?;
        self.place = Place::Between;
        Ok(Some(Ready::Resource))
    }

    fn open_entries(&mut self) -> Result<Option<Ready>, RecordError> {
        self.remember(Text::from("entry"))?;
        if self.token()? != Some(b'[') {
            return Err(self.malformed());
        }
        self.skip(1);
        if self.token()? == Some(b']') {
            self.skip(1);
            return self.after_member();
        }
        self.place = Place::Entries;
        Ok(None)
    }

    /// Decides, before the `resourceType` is known, whether these entries are a Bundle's.
    fn judge_entries(&mut self) -> Result<Option<Ready>, RecordError> {
        if self.token()? != Some(b'[') {
            return self.rest_of_resource();
        }
        self.keep(1)?;
        if self.token()? != Some(b'{') {
            self.scan(Scan::inside(1), true)?;
            self.remember(Text::from("entry"))?;
            return self.after_member();
        }
        let from = self.kept.len();
        self.value(true)?;
        let entry = self.entry(from)?;
        if BUNDLE_ENTRY.iter().all(|name| entry.find(name).is_none()) {
            self.scan(Scan::inside(2), true)?;
            self.place = Place::Between;
            return Ok(Some(Ready::Resource));
        }
        self.kind = Kind::LooksLikeBundle;
        self.remember(Text::from("entry"))?;
        self.after_element()?;
        Ok(Some(Ready::Entry { from }))
    }

    /// Reads one element of the `entry` array.
    fn element(&mut self) -> Result<Option<Ready>, RecordError> {
        if self.token()? != Some(b'{') {
            return Err(self.malformed());
        }
        self.keep_from_here();
        self.value(true)?;
        self.after_element()?;
        Ok(Some(Ready::Entry { from: 0 }))
    }

    fn after_element(&mut self) -> Result<(), RecordError> {
        match self.token()? {
            Some(b',') => {
                self.skip(1);
                self.place = Place::Entries;
                Ok(())
            }
            Some(b']') => {
                self.skip(1);
                self.place = Place::AfterMember;
                Ok(())
            }
            _ => Err(self.malformed()),
        }
    }

    /// Reads the name of a member and the colon behind it.
    fn name(&mut self) -> Result<Text, RecordError> {
        if self.token()? != Some(b'"') {
            return Err(self.malformed());
        }
        let from = self.kept.len();
        self.value(true)?;
        let name = self.string(from)?;
        if self.token()? != Some(b':') {
            return Err(self.malformed());
        }
        self.keep(1)?;
        Ok(name)
    }

    /// Refuses a second member of the same name.
    fn remember(&mut self, name: Text) -> Result<(), RecordError> {
        if self.seen.len() == MEMBERS_MAX || self.seen.contains(&name) {
            return Err(self.malformed());
        }
        self.seen.push(name);
        Ok(())
    }

    /// Reads one value, into `kept` or past it.
    fn value(&mut self, keep: bool) -> Result<(), RecordError> {
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

    fn scan(&mut self, mut scan: Scan, keep: bool) -> Result<(), RecordError> {
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

    /// Passes over blanks and returns the byte behind them; they are kept while all is kept.
    fn token(&mut self) -> Result<Option<u8>, RecordError> {
        let kept = matches!(self.place, Place::Members | Place::AfterMember)
            && self.kind == Kind::Open;
        loop {
            match self.peek()? {
                Some(b' ' | b'\n' | b'\t' | b'\r') if kept => self.keep(1)?,
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.skip(1),
                other => return Ok(other),
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, RecordError> {
        self.input.fill()?;
        Ok(self.input.rest().first().copied())
    }

    fn keep_from_here(&mut self) {
        self.kept.clear();
        self.kept_at = self.position;
    }

    fn keep(&mut self, count: usize) -> Result<(), RecordError> {
        if self.kept.len().saturating_add(count) > self.limits.resource + ENTRY_BYTES {
            return Err(RecordError::ResourceTooLarge { limit: self.limits.resource });
        }
        reserve_bytes(&mut self.kept, count);
        self.kept.extend_from_slice(self.input.rest().get(..count).unwrap_or_default());
        self.skip(count);
        Ok(())
    }

    fn skip(&mut self, count: usize) {
        self.input.consume(count);
        self.position = self.position.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// Checks the text kept from `from` on.
    fn parse(&self, from: usize, depth: usize) -> Result<Json<'_>, RecordError> {
        let before = self.kept_at.saturating_add(u64::try_from(from).unwrap_or(u64::MAX));
        Json::parse_bytes(self.kept.get(from..).unwrap_or_default(), depth)
            .map_err(|error| moved(error, before))
    }

    fn string(&self, from: usize) -> Result<Text, RecordError> {
        let string = self.parse(from, 0)?.text();
        string.map(JsonText::into_text).ok_or_else(|| self.malformed())
    }

    fn entry(&self, from: usize) -> Result<Fields<'_>, RecordError> {
        self.parse(from, self.limits.depth + ENTRY_DEPTH)?
            .fields()?
            .ok_or_else(|| self.malformed())
    }

    const fn malformed(&self) -> RecordError {
        RecordError::Malformed { at: self.position }
    }
}

impl<R> fmt::Debug for ResourceReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceReader").field("items", &self.items).finish_non_exhaustive()
    }
}

/// Finds the end of a string, object or array that arrives in pieces.
#[derive(Clone, Copy)]
struct Scan {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Scan {
    /// Begins inside `depth` open brackets.
    const fn inside(depth: usize) -> Self {
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

/// Counts the position of a mistake, and the limit of depth, from the outside.
fn moved(error: RecordError, before: u64) -> RecordError {
    match error {
        RecordError::Malformed { at } => RecordError::Malformed { at: at.saturating_add(before) },
        other => other,
    }
}

/// What an element of `Bundle.entry` can hold, and an element of `List.entry` cannot.
const BUNDLE_ENTRY: [&str; 5] = ["resource", "fullUrl", "request", "response", "search"];

/// An entry wraps its resource in one more level and a few more bytes.
const ENTRY_DEPTH: usize = 1;
const ENTRY_BYTES: usize = 64 << 10;

/// More members than a Bundle has.
const MEMBERS_MAX: usize = 64;

#[cfg(test)]
mod tests;
