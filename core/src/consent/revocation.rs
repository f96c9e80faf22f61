//! Revocation: consents taken back, signed by the patient's key for the reader (`pmw-rv`).
//!
//! A reader keeps the union of all it has seen under a key: a consent that was taken back never
//! comes back, whatever a later object says or leaves out. The number of each object, and of the one
//! before it, only shows that something is missing. Bytes: docs/formats.md, signed objects.

use std::collections::BTreeSet;

use super::scope::versioned;
use super::wire::{
    ISSUED_AT, KEY, SCOPE, VERSION, read_ascending, read_key, read_time, unverified, write_list,
};
use super::{ConsentError, ConsentId, ConsentToken, VerifiedConsent};
use crate::codec::{Buffer, Decoder, Encoder, Malformed, Map};
use crate::host::Timestamp;
use crate::keys::{SignedKind, SigningKey, VerifyingKey, sign};
use crate::order;

/// The first 8 bytes of the id of a consent.
type Prefix = [u8; 8];

/// Consents that were taken back, as one signed object says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    key: VerifyingKey,
    issued_at: Timestamp,
    number: u64,
    previous: u64,
    revoked: Vec<Prefix>,
    before: Option<Timestamp>,
}

impl Revocation {
    /// The most consents that one object can name.
    pub const MOST: usize = MOST_CONSENTS;

    /// Signs that consents are taken back: those named, and all that were signed before `before`.
    ///
    /// The number is the time, or one more than `previous` where that is later; `previous` is the
    /// number of the object before, 0 for the first.
    ///
    /// # Errors
    /// [`ConsentError::TooMany`] for more consents than one object can carry,
    /// [`ConsentError::Invalid`] when it would take nothing back.
    pub fn sign(
        key: &SigningKey,
        previous: u64,
        consents: &[ConsentId],
        before: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Vec<u8>, ConsentError> {
        if consents.len() > MOST_CONSENTS {
            return Err(ConsentError::TooMany);
        }
        let number = previous.checked_add(1).ok_or(ConsentError::Invalid)?.max(now.unix());
        let revoked = order::set(consents.iter().map(prefix));
        let mut out = Encoder::with_capacity(ROOM + 2 * revoked.len() * 9);
        out.map(3);
        out.int(ISSUED_AT);
        out.uint(now.unix());
        out.int(SCOPE);
        out.bytes(&scope(number, previous, &revoked, before));
        out.int(KEY);
        out.bytes(&key.verifying_key().to_sec1());
        let signed = sign(SignedKind::Revocation, key, &out.finish())?.to_vec();
        // What no reader would accept must not be sent.
        Self::verify(&signed).map(|_| signed)
    }

    /// Verifies a revocation with the key that it names. The clock is not asked: what was taken
    /// back is taken back.
    ///
    /// # Errors
    /// [`ConsentError::WrongType`], [`ConsentError::Invalid`], [`ConsentError::UnknownVersion`].
    pub fn verify(bytes: &[u8]) -> Result<Self, ConsentError> {
        let unverified = unverified(SignedKind::Revocation, bytes)?;
        let mut claims = Map::new(Decoder::new(unverified.dangerous_claims()))?;
        let issued_at = read_time(claims.at(ISSUED_AT)?)?;
        let scope = claims.at(SCOPE)?.bytes()?;
        let key = read_key(claims.at(KEY)?)?;
        claims.finish()?;
        unverified.verify(&key)?;
        let mut map = versioned(scope)?;
        let number = map.at(NUMBER)?.uint()?;
        let revoked = read_ascending(map.at(REVOKED)?, MOST_CONSENTS)?;
        let before = map.optional(BEFORE)?.map(read_time).transpose()?;
        let previous = map.at(PREVIOUS)?.uint()?;
        map.finish()?;
        let empty = revoked.is_empty() && before.is_none();
        if empty || number <= previous {
            return Err(ConsentError::Invalid);
        }
        Ok(Self { key, issued_at, number, previous, revoked, before })
    }

    /// Returns the key that signed: the patient's for this reader.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Returns when it was signed.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// Returns the number of this object under its key.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Says whether it takes back a consent of this id that was signed at this time.
    #[must_use]
    pub fn covers(&self, consent: &ConsentId, issued_at: Timestamp) -> bool {
        self.revoked.binary_search(&prefix(consent)).is_ok()
            || self.before.is_some_and(|before| issued_at < before)
    }
}

/// Everything that was taken back under one key, as far as it has reached the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocations {
    key: VerifyingKey,
    revoked: BTreeSet<Prefix>,
    before: Option<Timestamp>,
    /// Numbers of the objects seen, each with that of the one before it.
    seen: BTreeSet<(u64, u64)>,
}

impl Revocations {
    /// Starts with nothing taken back under this key.
    #[must_use]
    pub const fn new(key: VerifyingKey) -> Self {
        Self { key, revoked: BTreeSet::new(), before: None, seen: BTreeSet::new() }
    }

    /// Returns the key.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Adds what one object takes back; nothing is ever taken away.
    ///
    /// # Errors
    /// [`ConsentError::WrongPatientKey`] when another key signed it; [`ConsentError::TooMany`]
    /// beyond 100,000 consents; the errors of [`Revocation::verify`].
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), ConsentError> {
        let revocation = Revocation::verify(bytes)?;
        if revocation.key != self.key {
            return Err(ConsentError::WrongPatientKey);
        }
        let news = revocation.revoked.iter().filter(|one| !self.revoked.contains(*one)).count();
        if self.revoked.len() + news > MOST_KEPT || self.seen.len() >= MOST_KEPT {
            return Err(ConsentError::TooMany);
        }
        self.revoked.extend(revocation.revoked);
        self.before = self.before.max(revocation.before);
        self.seen.insert((revocation.number, revocation.previous));
        Ok(())
    }

    /// Adds what was kept elsewhere under the same key.
    pub(crate) fn merge(&mut self, kept: Self) {
        self.revoked.extend(kept.revoked);
        self.before = self.before.max(kept.before);
        self.seen.extend(kept.seen);
    }

    /// Says whether a consent of this id, signed at this time, was taken back.
    #[must_use]
    pub fn covers(&self, consent: &ConsentId, issued_at: Timestamp) -> bool {
        self.revoked.contains(&prefix(consent))
            || self.before.is_some_and(|before| issued_at < before)
    }

    /// Says whether a verified consent was taken back since.
    #[must_use]
    pub fn revokes(&self, consent: &VerifiedConsent) -> bool {
        *consent.patient_key() == self.key && self.covers(&consent.id(), consent.issued_at())
    }

    /// Says whether the delegation that a token rests on was taken back.
    #[must_use]
    pub fn revokes_delegation(&self, token: &ConsentToken) -> bool {
        let delegation = token.delegation().filter(|delegation| *delegation.key() == self.key);
        delegation.is_some_and(|delegation| self.covers(&delegation.id(), delegation.issued_at()))
    }

    /// Says whether an object before one of those seen has not arrived.
    #[must_use]
    pub fn has_gaps(&self) -> bool {
        self.missing().next().is_some()
    }

    /// Gives the numbers of objects that have not arrived, as far as others name them.
    pub fn missing(&self) -> impl Iterator<Item = u64> {
        let arrived = order::set(self.seen.iter().map(|(number, _)| *number));
        let named = order::set(self.seen.iter().map(|(_, previous)| *previous));
        named.into_iter().filter(move |number| *number != 0 && !arrived.contains(number))
    }

    /// Returns the greatest number seen; 0 when none was.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.seen.last().map_or(0, |(number, _)| *number)
    }

    /// Writes everything, to be kept by the reader.
    #[must_use]
    pub fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(ROOM + 9 * self.revoked.len() + 19 * self.seen.len());
        out.map(4 + usize::from(self.before.is_some()));
        out.int(0);
        out.uint(VERSION);
        out.int(1);
        out.bytes(&self.key.to_sec1());
        out.int(2);
        write_list(&mut out, self.revoked.iter());
        if let Some(before) = self.before {
            out.int(3);
            out.uint(before.unix());
        }
        out.int(4);
        out.array(self.seen.len());
        for (number, previous) in &self.seen {
            out.array(2);
            out.uint(*number);
            out.uint(*previous);
        }
        out.finish()
    }

    /// Reads what [`Revocations::encode`] wrote.
    ///
    /// # Errors
    /// [`ConsentError::UnknownVersion`], [`ConsentError::Invalid`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ConsentError> {
        let mut map = versioned(bytes)?;
        let key = read_key(map.at(1)?)?;
        let revoked = order::set(read_ascending(map.at(2)?, MOST_KEPT)?);
        let before = map.optional(3)?.map(read_time).transpose()?;
        let seen = read_seen(map.at(4)?)?;
        map.finish()?;
        Ok(Self { key, revoked, before, seen })
    }
}

fn read_seen(input: &mut Decoder<'_>) -> Result<BTreeSet<(u64, u64)>, Malformed> {
    let count = input.array()?;
    let mut seen = BTreeSet::new();
    for _ in 0..count {
        let pair = match input.array()? {
            2 => (input.uint()?, input.uint()?),
            _ => return Err(Malformed),
        };
        if seen.last().is_some_and(|last| *last >= pair) {
            return Err(Malformed);
        }
        seen.insert(pair);
    }
    Ok(seen)
}

fn scope(
    number: u64,
    previous: u64,
    revoked: &BTreeSet<Prefix>,
    before: Option<Timestamp>,
) -> Buffer {
    let mut out = Encoder::with_capacity(ROOM + revoked.len() * 9);
    out.map(4 + usize::from(before.is_some()));
    out.int(0);
    out.uint(VERSION);
    out.int(NUMBER);
    out.uint(number);
    out.int(REVOKED);
    write_list(&mut out, revoked.iter());
    if let Some(before) = before {
        out.int(BEFORE);
        out.uint(before.unix());
    }
    out.int(PREVIOUS);
    out.uint(previous);
    out.finish()
}

fn prefix(consent: &ConsentId) -> Prefix {
    let ([first, _], _) = consent.as_bytes().as_chunks() else { unreachable!("16 is twice 8") };
    *first
}

// Keys of the scope.
const NUMBER: i64 = 1;
const REVOKED: i64 = 2;
const BEFORE: i64 = 3;
const PREVIOUS: i64 = 4;
/// Consents that fit into one object of 16 kB.
const MOST_CONSENTS: usize = 1_500;
/// What a reader keeps under one key.
const MOST_KEPT: usize = 100_000;
const ROOM: usize = 256;
