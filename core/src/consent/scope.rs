//! Scope: what a token permits, as it stands in its claim 9, and the opening of its private terms.
//!
//! In clear stand the categories that are permitted, never a label that is denied or a record that
//! is held back: of these only a salted hash. The list and the salt are the [`Opening`], which stays
//! with the patient. Bytes: docs/formats.md, scope.

use std::fmt;

use sha2::{Digest, Sha256};

use super::ids::first_half;
use super::wire::{
    REASON, VERSION, read_array, read_ascending, read_categories, read_labels, read_text,
    read_time, write_categories, write_labels, write_list,
};
use super::{Alias, CategorySet, ConsentError, DateRange, Flags, Purpose, RequestId};
use crate::codec::{Buffer, Decoder, Encoder, Malformed, Map};
use crate::host::Timestamp;
use crate::order;
use crate::record::{LabelSet, RecordId, Text};

/// What a token permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    pub(super) categories: CategorySet,
    pub(super) private_terms: [u8; 16],
    pub(super) purpose: Purpose,
    pub(super) dates: Option<DateRange>,
    pub(super) request: Option<RequestId>,
    pub(super) only: Vec<Alias>,
    pub(super) reason: Option<Text>,
    pub(super) erase_by: Timestamp,
    pub(super) flags: Flags,
}

impl Scope {
    /// The most records that can be named one by one.
    pub const MOST_RECORDS: usize = 16;

    /// Returns the categories that are permitted.
    #[must_use]
    pub const fn categories(&self) -> CategorySet {
        self.categories
    }

    /// Returns the commitment to what is denied.
    #[must_use]
    pub const fn private_terms(&self) -> &[u8; 16] {
        &self.private_terms
    }

    /// Returns why may be read.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Returns the dates of the records that are permitted; `None` for every date.
    #[must_use]
    pub const fn dates(&self) -> Option<DateRange> {
        self.dates
    }

    /// Returns the request that this answers; `None` when nobody asked.
    #[must_use]
    pub const fn request(&self) -> Option<RequestId> {
        self.request
    }

    /// Returns the only records that are permitted, by alias; none when all are.
    #[must_use]
    pub fn only(&self) -> &[Alias] {
        &self.only
    }

    /// Returns what the patient added as the reason.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_ref().map(Text::as_str)
    }

    /// Returns when every copy must have been erased.
    #[must_use]
    pub const fn erase_by(&self) -> Timestamp {
        self.erase_by
    }

    /// Returns what the reader promises besides.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        self.flags
    }

    /// Writes the scope.
    #[must_use]
    pub fn encode(&self) -> Buffer {
        let optional = [
            self.dates.is_some(),
            self.request.is_some(),
            !self.only.is_empty(),
            self.reason.is_some(),
        ];
        let mut out = Encoder::with_capacity(ROOM);
        out.map(6 + optional.into_iter().filter(|there| *there).count());
        out.int(0);
        out.uint(VERSION);
        out.int(CATEGORIES);
        write_categories(&mut out, self.categories);
        out.int(PRIVATE_TERMS);
        out.bytes(&self.private_terms);
        out.int(PURPOSE);
        out.text(self.purpose.code());
        if let Some(dates) = self.dates {
            out.int(DATES);
            write_dates(&mut out, dates);
        }
        if let Some(request) = self.request {
            out.int(REQUEST);
            out.bytes(request.as_bytes());
        }
        if !self.only.is_empty() {
            out.int(ONLY);
            write_list(&mut out, self.only.iter().map(Alias::as_bytes));
        }
        if let Some(reason) = &self.reason {
            out.int(REASON_KEY);
            out.text(reason.as_str());
        }
        out.int(ERASE_BY);
        out.uint(self.erase_by.unix());
        out.int(FLAGS);
        out.uint(self.flags.bits().into());
        out.finish()
    }

    /// Reads a scope.
    ///
    /// # Errors
    /// [`ConsentError::UnknownVersion`], and [`ConsentError::Invalid`] for any other bytes than
    /// [`Scope::encode`] writes.
    pub fn decode(bytes: &[u8]) -> Result<Self, ConsentError> {
        let mut map = versioned(bytes)?;
        let categories = permitted(&mut map)?;
        let private_terms = read_array(map.at(PRIVATE_TERMS)?)?;
        let purpose = read_purpose(&mut map)?;
        let dates = map.optional(DATES)?.map(read_dates).transpose()?;
        let request = map.optional(REQUEST)?.map(read_array).transpose()?;
        let only = match map.optional(ONLY)? {
            Some(input) => read_ascending(input, Self::MOST_RECORDS)?,
            None => Vec::new(),
        };
        let reason = map.optional(REASON_KEY)?.map(|input| read_text(input, REASON)).transpose()?;
        let erase_by = read_time(map.at(ERASE_BY)?)?;
        let flags = read_flags(&mut map)?;
        map.finish()?;
        let scope = Self {
            categories,
            private_terms,
            purpose,
            dates,
            request: request.map(RequestId::from_bytes),
            only: only.into_iter().map(Alias::from_bytes).collect(),
            reason,
            erase_by,
            flags,
        };
        // An empty list of records, which would mean all of them, must not pass for none.
        if *scope.encode() == *bytes { Ok(scope) } else { Err(ConsentError::Invalid) }
    }
}

/// What a token commits to without saying it: labels denied, records held back one by one.
#[derive(Clone, PartialEq, Eq)]
pub struct Opening {
    salt: [u8; 16],
    denied: LabelSet,
    withheld: Vec<RecordId>,
}

impl Opening {
    /// Takes what is denied, under a fresh salt.
    ///
    /// # Errors
    /// [`ConsentError::Randomness`].
    pub fn generate(denied: LabelSet, withheld: &[RecordId]) -> Result<Self, ConsentError> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|_| ConsentError::Randomness)?;
        Ok(Self::new(salt, denied, withheld))
    }

    /// Takes what is denied, under a salt that was drawn before.
    #[must_use]
    pub fn new(salt: [u8; 16], denied: LabelSet, withheld: &[RecordId]) -> Self {
        let mut withheld = withheld.to_vec();
        order::sort(&mut withheld);
        withheld.dedup();
        Self { salt, denied, withheld }
    }

    /// Returns the labels that are denied.
    #[must_use]
    pub const fn denied(&self) -> LabelSet {
        self.denied
    }

    /// Returns the records that are held back one by one, in the order of their ids.
    #[must_use]
    pub fn withheld(&self) -> &[RecordId] {
        &self.withheld
    }

    /// Computes the commitment that stands in the token.
    #[must_use]
    pub fn commit(&self) -> [u8; 16] {
        let mut terms = Encoder::with_capacity(self.room());
        self.write_terms(&mut terms);
        let hash = Sha256::new()
            .chain_update(COMMITMENT)
            .chain_update(self.salt)
            .chain_update(&*terms.finish());
        first_half(hash.finalize().into())
    }

    /// Writes salt and terms, to be kept by the patient.
    #[must_use]
    pub fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(self.room());
        out.array(2);
        out.bytes(&self.salt);
        self.write_terms(&mut out);
        out.finish()
    }

    /// Reads what [`Opening::encode`] wrote.
    ///
    /// # Errors
    /// [`ConsentError::Invalid`]; a label that is not known is refused, never skipped.
    pub fn decode(bytes: &[u8]) -> Result<Self, ConsentError> {
        let mut input = Decoder::new(bytes);
        two(&mut input)?;
        let salt = read_array(&mut input)?;
        two(&mut input)?;
        let denied = read_labels(&mut input)?;
        let withheld = read_ascending(&mut input, usize::MAX)?;
        input.finish()?;
        Ok(Self {
            salt,
            denied,
            withheld: withheld.into_iter().map(RecordId::from_bytes).collect(),
        })
    }

    fn write_terms(&self, out: &mut Encoder) {
        out.array(2);
        write_labels(out, self.denied);
        write_list(out, self.withheld.iter().map(RecordId::as_bytes));
    }

    fn room(&self) -> usize {
        ROOM + self.withheld.len() * 17
    }
}

/// What is denied says what there is.
impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opening(..)")
    }
}

/// Opens a map whose first item is a version that is known.
pub(crate) fn versioned(bytes: &[u8]) -> Result<Map<'_>, ConsentError> {
    let mut map = Map::new(Decoder::new(bytes))?;
    if map.at(0)?.uint()? == VERSION { Ok(map) } else { Err(ConsentError::UnknownVersion) }
}

pub(super) fn permitted(map: &mut Map<'_>) -> Result<CategorySet, Malformed> {
    let categories = read_categories(map.at(CATEGORIES)?)?;
    if categories.is_empty() { Err(Malformed) } else { Ok(categories) }
}

pub(crate) fn read_purpose(map: &mut Map<'_>) -> Result<Purpose, Malformed> {
    Purpose::from_code(map.at(PURPOSE)?.text()?).ok_or(Malformed)
}

pub(super) fn read_flags(map: &mut Map<'_>) -> Result<Flags, Malformed> {
    Flags::from_bits(map.at(FLAGS)?.narrow()?).map_err(|_| Malformed)
}

pub(super) fn read_dates(input: &mut Decoder<'_>) -> Result<DateRange, Malformed> {
    two(input)?;
    DateRange::new(Some(input.int()?), Some(input.int()?)).map_err(|_| Malformed)
}

pub(super) fn write_dates(out: &mut Encoder, dates: DateRange) {
    let (from, to) = dates.ends();
    out.array(2);
    out.int(from);
    out.int(to);
}

fn two(input: &mut Decoder<'_>) -> Result<(), Malformed> {
    if input.array()? == 2 { Ok(()) } else { Err(Malformed) }
}

const COMMITMENT: &str = "pmw/v1/private-terms";
// Keys of the scope.
pub(super) const CATEGORIES: i64 = 1;
const PRIVATE_TERMS: i64 = 2;
pub(super) const PURPOSE: i64 = 3;
pub(super) const DATES: i64 = 4;
const REQUEST: i64 = 5;
const ONLY: i64 = 6;
const REASON_KEY: i64 = 7;
pub(super) const ERASE_BY: i64 = 8;
pub(super) const FLAGS: i64 = 9;
const ROOM: usize = 512;
