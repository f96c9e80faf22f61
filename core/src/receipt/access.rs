//! Receipt: an access, signed by whoever read (`pmw-ar`): who, when, which records, under which
//! consent and what for.
//!
//! The receipts of one reader about one patient are a chain: each has a number and names the one
//! before by what was signed, so that a missing one shows. Bytes: docs/formats.md, receipts.

use std::fmt;
use std::str::FromStr;

use super::ReceiptError;
use crate::codec::{Buffer, Decoder, Encoder, Hex, Malformed, Map};
use crate::consent::scope::versioned;
use crate::consent::wire::{
    ISSUED_AT, KEY, NAME, SCOPE, VERSION, has_come, read_array, read_ascending, read_key,
    read_text, read_thumbprint, read_time, unverified, write_list,
};
use crate::consent::{Alias, ConsentId, Purpose, Thumbprint};
use crate::disclosure::{DisclosureId, MOST_PARTS};
use crate::host::Timestamp;
use crate::keys::{SignedKind, SigningKey, VerifyingKey, sign};
use crate::order;
use crate::record::{RecordId, Text};

/// Names a receipt: SHA-256 of what was signed, whichever form of the signature it came with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceiptId([u8; 32]);

impl ReceiptId {
    /// Wraps the 32 bytes of an id.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ReceiptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for ReceiptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReceiptId({self})")
    }
}

/// Reads 64 lower-case hex digits.
impl FromStr for ReceiptId {
    type Err = ReceiptError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (first, second) = text.split_at_checked(32).ok_or(ReceiptError::NotFound)?;
        let mut id = [0; 32];
        for (half, digits) in id.chunks_exact_mut(16).zip([first, second]) {
            let digits: RecordId = digits.parse().map_err(|_| ReceiptError::NotFound)?;
            half.copy_from_slice(digits.as_bytes());
        }
        Ok(Self(id))
    }
}

/// What a reader did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Opened a disclosure.
    Opened(DisclosureId),
    /// Somebody read again what was opened.
    Read,
    /// A machine read what was opened.
    Machine,
    /// Marked what was opened as a notice of this id demands.
    NoticeApplied([u8; 32]),
}

impl Act {
    /// Returns the code that stands in a receipt.
    #[must_use]
    pub const fn code(&self) -> u64 {
        match self {
            Self::Opened(_) => 0,
            Self::Read => 1,
            Self::Machine => 2,
            Self::NoticeApplied(_) => 3,
        }
    }

    /// Returns the word the act is written with.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::Read => "read",
            Self::Machine => "machine",
            Self::NoticeApplied(_) => "notice-applied",
        }
    }
}

/// Everything that a receipt says.
#[derive(Debug, Clone, Copy)]
pub struct NewReceipt<'a> {
    /// The consent.
    pub consent: ConsentId,
    /// The patient, by the key that the reader knows them by.
    pub patient: Thumbprint,
    /// What was done.
    pub act: Act,
    /// What for.
    pub purpose: Purpose,
    /// The records, in any order.
    pub records: &'a [Alias],
    /// The number of the receipt among those of this reader about this patient, from 1.
    pub number: u64,
    /// The receipt before; none for the first.
    pub previous: Option<ReceiptId>,
    /// The name of the reader.
    pub name: &'a str,
    /// Who read, where that is to be said.
    pub person: Option<&'a str>,
}

/// A receipt whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessReceipt {
    id: ReceiptId,
    reader: VerifyingKey,
    at: Timestamp,
    consent: ConsentId,
    patient: Thumbprint,
    act: Act,
    purpose: Purpose,
    records: Vec<Alias>,
    number: u64,
    previous: Option<ReceiptId>,
    name: Text,
    person: Option<Text>,
}

impl AccessReceipt {
    /// The most records that one receipt can name.
    pub const MOST_RECORDS: usize = MOST_PARTS;

    /// Signs a receipt about an access at a time.
    ///
    /// # Errors
    /// [`ReceiptError::Invalid`] for more records than one receipt can name, for a first receipt
    /// that names one before or a later one that names none, and for a name or person that is
    /// empty, longer than 64 bytes, or has hidden characters.
    pub fn sign(
        key: &SigningKey,
        new: &NewReceipt<'_>,
        at: Timestamp,
    ) -> Result<Vec<u8>, ReceiptError> {
        let scope = new.scope();
        let mut out = Encoder::with_capacity(scope.len() + ROOM);
        out.map(3);
        out.int(ISSUED_AT);
        out.uint(at.unix());
        out.int(SCOPE);
        out.bytes(&scope);
        out.int(KEY);
        out.bytes(&key.verifying_key().to_sec1());
        let signed = sign(SignedKind::Receipt, key, &out.finish())?.to_vec();
        // What no patient would accept must not be handed out.
        Self::verify(&signed, at).map(|_| signed)
    }

    /// Verifies a receipt with the key that it names; whose key that is, it cannot tell.
    ///
    /// # Errors
    /// [`ReceiptError::WrongType`], [`ReceiptError::Invalid`], [`ReceiptError::UnknownVersion`],
    /// [`ReceiptError::NotYetValid`].
    pub fn verify(bytes: &[u8], now: Timestamp) -> Result<Self, ReceiptError> {
        let receipt = Self::read(bytes)?;
        has_come(receipt.at, now)?;
        Ok(receipt)
    }

    /// Verifies a receipt without asking the clock: one that was verified when it came in.
    ///
    /// # Errors
    /// As [`AccessReceipt::verify`], except for that of time.
    pub fn read(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let unverified = unverified(SignedKind::Receipt, bytes)?;
        let mut claims = Map::new(Decoder::new(unverified.dangerous_claims()))?;
        let at = read_time(claims.at(ISSUED_AT)?)?;
        let scope = claims.at(SCOPE)?.bytes()?;
        let reader = read_key(claims.at(KEY)?)?;
        claims.finish()?;
        let id = ReceiptId(*unverified.verify(&reader)?.id());
        let mut map = versioned(scope)?;
        let consent = ConsentId::from_bytes(read_array(map.at(CONSENT)?)?);
        let patient = read_thumbprint(map.at(PATIENT)?)?;
        let code = map.at(ACT)?.uint()?;
        let purpose = Purpose::from_code(map.at(PURPOSE)?.text()?).ok_or(Malformed)?;
        let records = read_ascending(map.at(RECORDS)?, Self::MOST_RECORDS)?;
        let number = map.at(NUMBER)?.uint()?;
        let previous = map.optional(PREVIOUS)?.map(read_array).transpose()?.map(ReceiptId);
        let act = read_act(code, &mut map)?;
        let name = read_text(map.at(NAME_KEY)?, NAME)?;
        let person = map.optional(PERSON)?.map(|input| read_text(input, NAME)).transpose()?;
        map.finish()?;
        if number == 0 || (number == 1) != previous.is_none() {
            return Err(ReceiptError::Invalid);
        }
        let records = records.into_iter().map(Alias::from_bytes).collect();
        Ok(Self {
            id,
            reader,
            at,
            consent,
            patient,
            act,
            purpose,
            records,
            number,
            previous,
            name,
            person,
        })
    }

    /// Returns the id: SHA-256 of what was signed.
    #[must_use]
    pub const fn id(&self) -> ReceiptId {
        self.id
    }

    /// Returns the key that signed: the reader's.
    #[must_use]
    pub const fn reader(&self) -> &VerifyingKey {
        &self.reader
    }

    /// Returns when the access was.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Returns the consent that the reader names.
    #[must_use]
    pub const fn consent(&self) -> ConsentId {
        self.consent
    }

    /// Returns the thumbprint of the key that the reader knows the patient by.
    #[must_use]
    pub const fn patient(&self) -> Thumbprint {
        self.patient
    }

    /// Returns what was done.
    #[must_use]
    pub const fn act(&self) -> Act {
        self.act
    }

    /// Returns what for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Returns the records, by alias in ascending order.
    #[must_use]
    pub fn records(&self) -> &[Alias] {
        &self.records
    }

    /// Returns the number among the receipts of this reader about this patient, from 1.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Returns the receipt before; none for the first.
    #[must_use]
    pub const fn previous(&self) -> Option<ReceiptId> {
        self.previous
    }

    /// Returns the name that the reader gives itself.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Returns who read, where the reader says so.
    #[must_use]
    pub fn person(&self) -> Option<&str> {
        self.person.as_ref().map(Text::as_str)
    }
}

impl NewReceipt<'_> {
    /// Writes claim 9.
    fn scope(&self) -> Buffer {
        let mut records = self.records.to_vec();
        order::sort(&mut records);
        records.dedup();
        let has_object = matches!(self.act, Act::Opened(_) | Act::NoticeApplied(_));
        let optional = [self.previous.is_some(), has_object, self.person.is_some()];
        let mut out = Encoder::with_capacity(ROOM + 17 * records.len());
        out.map(8 + optional.into_iter().filter(|there| *there).count());
        out.int(0);
        out.uint(VERSION);
        out.int(CONSENT);
        out.bytes(self.consent.as_bytes());
        out.int(PATIENT);
        out.bytes(self.patient.as_bytes());
        out.int(ACT);
        out.uint(self.act.code());
        out.int(PURPOSE);
        out.text(self.purpose.code());
        out.int(RECORDS);
        write_list(&mut out, records.iter().map(Alias::as_bytes));
        out.int(NUMBER);
        out.uint(self.number);
        if let Some(previous) = &self.previous {
            out.int(PREVIOUS);
            out.bytes(previous.as_bytes());
        }
        match &self.act {
            Act::Opened(disclosure) => {
                out.int(DISCLOSURE);
                out.bytes(disclosure.as_bytes());
            }
            Act::NoticeApplied(notice) => {
                out.int(NOTICE);
                out.bytes(notice);
            }
            Act::Read | Act::Machine => {}
        }
        out.int(NAME_KEY);
        out.text(self.name);
        if let Some(person) = self.person {
            out.int(PERSON);
            out.text(person);
        }
        out.finish()
    }
}

/// Reads what an act is about: nothing, or the one thing that belongs to it.
fn read_act(code: u64, map: &mut Map<'_>) -> Result<Act, Malformed> {
    let disclosure = map.optional(DISCLOSURE)?.map(read_array).transpose()?;
    let notice = map.optional(NOTICE)?.map(read_array).transpose()?;
    match (code, disclosure, notice) {
        (0, Some(id), None) => Ok(Act::Opened(DisclosureId::from_bytes(id))),
        (1, None, None) => Ok(Act::Read),
        (2, None, None) => Ok(Act::Machine),
        (3, None, Some(id)) => Ok(Act::NoticeApplied(id)),
        _ => Err(Malformed),
    }
}

// Keys of the scope.
const CONSENT: i64 = 1;
const PATIENT: i64 = 2;
const ACT: i64 = 3;
const PURPOSE: i64 = 4;
const RECORDS: i64 = 5;
const NUMBER: i64 = 6;
const PREVIOUS: i64 = 7;
const DISCLOSURE: i64 = 8;
const NOTICE: i64 = 9;
const NAME_KEY: i64 = 10;
const PERSON: i64 = 11;
const ROOM: usize = 384;

#[cfg(test)]
mod tests;
