//! Files of resources, read one resource at a time in bounded memory.
//!
//! A file is a Bundle, one resource, or NDJSON (one resource after another), plain or gzip. Of a
//! Bundle only the entry at hand is in memory; its other members are passed over. Members come in
//! any order: while it is open whether an object is a Bundle it is kept like a resource, and an
//! `entry` met before the `resourceType` is judged by its first element (a `List` has entries too).

mod cursor;

use std::{fmt, io::Read};

use self::cursor::{Cursor, ENTRY_DEPTH, Scan};
use super::{
    RecordError,
    json::{Json, JsonText},
    limits::Limits,
    text::Text,
};

/// Yields the resources of a file one by one.
pub struct ResourceReader<R> {
    cursor: Cursor<R>,
    limits: Limits,
    place: Place,
    kind: Kind,
    /// Names of the members of the Bundle at hand.
    seen: Vec<Text>,
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
            cursor: Cursor::open(reader, limits)?,
            limits,
            place: Place::Start,
            kind: Kind::Open,
            seen: Vec::new(),
            items: 0,
        })
    }

    /// Returns how many bytes of the file were read so far, for a progress bar.
    pub const fn bytes_read(&self) -> u64 {
        self.cursor.bytes_read()
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
            Ready::Resource => (None, Some(self.cursor.parse(0, self.limits.depth)?)),
            Ready::Entry { from } => {
                let entry = self.cursor.object(from, self.limits.depth + ENTRY_DEPTH)?;
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
            if self.cursor.peek()? == Some(mark) {
                self.cursor.skip(1);
            } else if mark != 0xef {
                return Err(RecordError::NotFhir);
            } else {
                break;
            }
        }
        match self.cursor.token()? {
            Some(b'{') => self.open_object(),
            _ => Err(RecordError::NotFhir),
        }
    }

    fn between(&mut self) -> Result<Option<Ready>, RecordError> {
        match self.cursor.token()? {
            Some(b'{') => self.open_object(),
            Some(_) => Err(self.cursor.malformed()),
            None => {
                self.place = Place::End;
                Ok(None)
            }
        }
    }

    fn open_object(&mut self) -> Result<Option<Ready>, RecordError> {
        self.cursor.keep_from_here();
        self.cursor.keep_blanks(true);
        self.seen.clear();
        self.kind = Kind::Open;
        self.place = Place::Members;
        self.cursor.keep(1)?;
        if self.cursor.token()? == Some(b'}') {
            return self.close_object();
        }
        Ok(None)
    }

    fn close_object(&mut self) -> Result<Option<Ready>, RecordError> {
        self.cursor.keep(1)?;
        self.place = Place::Between;
        self.cursor.keep_blanks(false);
        match self.kind {
            Kind::Open => Ok(Some(Ready::Resource)),
            Kind::Bundle => Ok(None),
            Kind::LooksLikeBundle => Err(RecordError::NotFhir),
        }
    }

    /// Reads one member of the top-level object.
    fn member(&mut self) -> Result<Option<Ready>, RecordError> {
        if self.kind != Kind::Open {
            self.cursor.keep_from_here();
        }
        let name = self.cursor.name()?;
        match (name.as_str(), self.kind) {
            ("resourceType", _) => {
                let from = self.cursor.kept();
                self.cursor.value(true)?;
                if self.cursor.string(from)?.as_str() == "Bundle" {
                    self.kind = Kind::Bundle;
                    self.cursor.keep_blanks(false);
                } else if self.kind == Kind::Open {
                    return self.rest_of_resource();
                } else {
                    return Err(RecordError::NotFhir);
                }
            }
            ("entry", Kind::Bundle) => return self.open_entries(),
            ("entry", Kind::Open) => return self.judge_entries(),
            (_, kind) => self.cursor.value(kind == Kind::Open)?,
        }
        self.remember(name)?;
        self.after_member()
    }

    /// Goes on behind a member's value: to the next member or the end of the object.
    fn after_member(&mut self) -> Result<Option<Ready>, RecordError> {
        match self.cursor.token()? {
            Some(b',') => {
                self.cursor.keep(1)?;
                self.place = Place::Members;
                Ok(None)
            }
            Some(b'}') => self.close_object(),
            _ => Err(self.cursor.malformed()),
        }
    }

    /// Keeps the rest of an object that is one resource.
    fn rest_of_resource(&mut self) -> Result<Option<Ready>, RecordError> {
        self.cursor.scan(Scan::inside(1), true)?;
        self.place = Place::Between;
        self.cursor.keep_blanks(false);
        Ok(Some(Ready::Resource))
    }

    fn open_entries(&mut self) -> Result<Option<Ready>, RecordError> {
        self.remember(Text::from("entry"))?;
        if self.cursor.token()? != Some(b'[') {
            return Err(self.cursor.malformed());
        }
        self.cursor.skip(1);
        if self.cursor.token()? == Some(b']') {
            self.cursor.skip(1);
            return self.after_member();
        }
        self.place = Place::Entries;
        Ok(None)
    }

    /// Decides, before the `resourceType` is known, whether these entries are a Bundle's.
    fn judge_entries(&mut self) -> Result<Option<Ready>, RecordError> {
        if self.cursor.token()? != Some(b'[') {
            return self.rest_of_resource();
        }
        self.cursor.keep(1)?;
        if self.cursor.token()? != Some(b'{') {
            self.cursor.scan(Scan::inside(1), true)?;
            self.remember(Text::from("entry"))?;
            return self.after_member();
        }
        let from = self.cursor.kept();
        self.cursor.value(true)?;
        let entry = self.cursor.object(from, self.limits.depth + ENTRY_DEPTH)?;
        if BUNDLE_ENTRY.iter().all(|name| entry.find(name).is_none()) {
            self.cursor.scan(Scan::inside(2), true)?;
            self.place = Place::Between;
            self.cursor.keep_blanks(false);
            return Ok(Some(Ready::Resource));
        }
        self.kind = Kind::LooksLikeBundle;
        self.cursor.keep_blanks(false);
        self.remember(Text::from("entry"))?;
        self.after_element()?;
        Ok(Some(Ready::Entry { from }))
    }

    /// Reads one element of the `entry` array.
    fn element(&mut self) -> Result<Option<Ready>, RecordError> {
        if self.cursor.token()? != Some(b'{') {
            return Err(self.cursor.malformed());
        }
        self.cursor.keep_from_here();
        self.cursor.value(true)?;
        self.after_element()?;
        Ok(Some(Ready::Entry { from: 0 }))
    }

    fn after_element(&mut self) -> Result<(), RecordError> {
        match self.cursor.token()? {
            Some(b',') => {
                self.cursor.skip(1);
                self.place = Place::Entries;
                Ok(())
            }
            Some(b']') => {
                self.cursor.skip(1);
                self.place = Place::AfterMember;
                Ok(())
            }
            _ => Err(self.cursor.malformed()),
        }
    }

    /// Refuses a second member of the same name.
    fn remember(&mut self, name: Text) -> Result<(), RecordError> {
        let is_too_long = name.as_str().len() > NAME_MAX;
        if is_too_long || self.seen.len() == MEMBERS_MAX || self.seen.contains(&name) {
            return Err(self.cursor.malformed());
        }
        self.seen.push(name);
        Ok(())
    }
}

impl<R> fmt::Debug for ResourceReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceReader").field("items", &self.items).finish_non_exhaustive()
    }
}

/// What an element of `Bundle.entry` can hold, and an element of `List.entry` cannot.
const BUNDLE_ENTRY: [&str; 5] = ["resource", "fullUrl", "request", "response", "search"];

/// Bytes of the longest name of a member of a Bundle.
const NAME_MAX: usize = 256;
/// More members than a Bundle has.
const MEMBERS_MAX: usize = 64;

#[cfg(test)]
mod tests;
