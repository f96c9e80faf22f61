//! Notice: what the patient tells a reader about what was given before, signed by the key for that
//! reader (`pmw-no`): that records were corrected, or that everything shall be erased.
//!
//! It never says what a record says now, nor why: that flows only under a consent.
//! Bytes: docs/formats.md, notices.

use super::scope::versioned;
use super::wire::{
    ISSUED_AT, KEY, SCOPE, VERSION, has_come, read_ascending, read_key, read_text, read_time,
    unverified, write_list,
};
use super::{Alias, ConsentError, ConsentId};
use crate::codec::{Buffer, Decoder, Encoder, Map};
use crate::host::Timestamp;
use crate::keys::{SignedKind, SigningKey, VerifyingKey, sign};
use crate::order;
use crate::record::Text;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// Records that were given were corrected since.
    Correction,
    /// Everything that was given shall be erased.
    ErasureWish,
}

impl NoticeKind {
    /// Every one.
    pub const ALL: &[Self] = &[Self::Correction, Self::ErasureWish];

    /// Returns the code that stands in a notice.
    #[must_use]
    pub const fn code(self) -> u64 {
        match self {
            Self::Correction => 1,
            Self::ErasureWish => 2,
        }
    }

    /// Returns the word the kind is written with.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Correction => "correction",
            Self::ErasureWish => "erasure-wish",
        }
    }

    fn from_code(code: u64) -> Result<Self, ConsentError> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code).ok_or(ConsentError::Invalid)
    }
}

/// Everything that a notice says.
#[derive(Debug, Clone, Copy)]
pub struct NewNotice<'a> {
    /// What it is about.
    pub kind: NoticeKind,
    /// The consents under which it was given, in any order.
    pub consents: &'a [ConsentId],
    /// The records that were corrected, in any order; none for a wish that all be erased.
    pub records: &'a [Alias],
    /// What the patient adds.
    pub text: Option<&'a str>,
}

/// A notice whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    id: [u8; 32],
    key: VerifyingKey,
    issued_at: Timestamp,
    kind: NoticeKind,
    consents: Vec<ConsentId>,
    records: Vec<Alias>,
    text: Option<Text>,
}

impl Notice {
    /// The most consents that one notice can name.
    pub const MOST_CONSENTS: usize = 64;
    /// The most records that one notice can name.
    pub const MOST_RECORDS: usize = 20_000;

    /// Signs a notice.
    ///
    /// # Errors
    /// [`ConsentError::TooMany`] for more than one object can carry; [`ConsentError::Invalid`] for
    /// no consent, for a correction of no record, for a wish that names records, and for a text
    /// that is empty, longer than 120 bytes, or has hidden characters.
    pub fn sign(
        key: &SigningKey,
        new: &NewNotice<'_>,
        now: Timestamp,
    ) -> Result<Vec<u8>, ConsentError> {
        let scope = new.scope()?;
        let mut out = Encoder::with_capacity(scope.len() + ROOM);
        out.map(3);
        out.int(ISSUED_AT);
        out.uint(now.unix());
        out.int(SCOPE);
        out.bytes(&scope);
        out.int(KEY);
        out.bytes(&key.verifying_key().to_sec1());
        let signed = sign(SignedKind::Notice, key, &out.finish())?.to_vec();
        // What no reader would accept must not be sent.
        Self::verify(&signed, now).map(|_| signed)
    }

    /// Verifies a notice with the key that it names; whose key that is, it cannot tell.
    ///
    /// # Errors
    /// [`ConsentError::WrongType`], [`ConsentError::Invalid`], [`ConsentError::UnknownVersion`],
    /// [`ConsentError::NotYetValid`].
    pub fn verify(bytes: &[u8], now: Timestamp) -> Result<Self, ConsentError> {
        let notice = Self::read(bytes)?;
        has_come(notice.issued_at, now).map(|()| notice)
    }

    /// Verifies a notice without asking the clock: one that was verified when it came in, or that
    /// this wallet signed.
    ///
    /// # Errors
    /// As [`Notice::verify`], except for that of time.
    pub fn read(bytes: &[u8]) -> Result<Self, ConsentError> {
        let unverified = unverified(SignedKind::Notice, bytes)?;
        let mut claims = Map::new(Decoder::new(unverified.dangerous_claims()))?;
        let issued_at = read_time(claims.at(ISSUED_AT)?)?;
        let scope = claims.at(SCOPE)?.bytes()?;
        let key = read_key(claims.at(KEY)?)?;
        claims.finish()?;
        let id = *unverified.verify(&key)?.id();
        let mut map = versioned(scope)?;
        let kind = NoticeKind::from_code(map.at(KIND)?.uint()?)?;
        let consents = read_ascending(map.at(CONSENTS)?, Self::MOST_CONSENTS)?;
        let records = read_ascending(map.at(RECORDS)?, Self::MOST_RECORDS)?;
        let text = map.optional(TEXT)?.map(|input| read_text(input, MOST_TEXT)).transpose()?;
        map.finish()?;
        let names_records = kind == NoticeKind::Correction;
        if consents.is_empty() || names_records == records.is_empty() {
            return Err(ConsentError::Invalid);
        }
        let consents = consents.into_iter().map(ConsentId::from_bytes).collect();
        let records = records.into_iter().map(Alias::from_bytes).collect();
        Ok(Self { id, key, issued_at, kind, consents, records, text })
    }

    /// Returns the id of the notice: SHA-256 of what was signed.
    #[must_use]
    pub const fn id(&self) -> &[u8; 32] {
        &self.id
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

    /// Returns what it is about.
    #[must_use]
    pub const fn kind(&self) -> NoticeKind {
        self.kind
    }

    /// Returns the consents, in ascending order; at least one.
    #[must_use]
    pub fn consents(&self) -> &[ConsentId] {
        &self.consents
    }

    /// Returns the records that were corrected, in ascending order; none for a wish that everything
    /// under these consents be erased.
    #[must_use]
    pub fn records(&self) -> &[Alias] {
        &self.records
    }

    /// Returns what the patient added.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_ref().map(Text::as_str)
    }
}

impl NewNotice<'_> {
    /// Writes claim 9.
    fn scope(&self) -> Result<Buffer, ConsentError> {
        let (mut consents, mut records) = (self.consents.to_vec(), self.records.to_vec());
        order::sort(&mut consents);
        consents.dedup();
        order::sort(&mut records);
        records.dedup();
        if consents.len() > Notice::MOST_CONSENTS || records.len() > Notice::MOST_RECORDS {
            return Err(ConsentError::TooMany);
        }
        let mut out = Encoder::with_capacity(ROOM + 17 * (consents.len() + records.len()));
        out.map(4 + usize::from(self.text.is_some()));
        out.int(0);
        out.uint(VERSION);
        out.int(KIND);
        out.uint(self.kind.code());
        out.int(CONSENTS);
        write_list(&mut out, consents.iter().map(ConsentId::as_bytes));
        out.int(RECORDS);
        write_list(&mut out, records.iter().map(Alias::as_bytes));
        if let Some(text) = self.text {
            out.int(TEXT);
            out.text(text);
        }
        Ok(out.finish())
    }
}

// Keys of the scope.
const KIND: i64 = 1;
const CONSENTS: i64 = 2;
const RECORDS: i64 = 3;
const TEXT: i64 = 4;
/// Bytes of the text.
const MOST_TEXT: usize = 120;
const ROOM: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Secret;

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn key() -> SigningKey {
        SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(1))).unwrap()
    }

    fn aliases(count: u16) -> Vec<Alias> {
        let alias = |n: u16| {
            let mut bytes = [7; 16];
            bytes[..2].copy_from_slice(&n.to_be_bytes());
            Alias::from_bytes(bytes)
        };
        (0..count).rev().map(alias).collect()
    }

    fn consents(count: u8) -> Vec<ConsentId> {
        (0..count).rev().map(|n| ConsentId::from_bytes([n; 16])).collect()
    }

    fn correction<'a>(consents: &'a [ConsentId], records: &'a [Alias]) -> NewNotice<'a> {
        NewNotice { kind: NoticeKind::Correction, consents, records, text: None }
    }

    #[test]
    fn a_notice_says_what_was_signed_in_ascending_order() {
        let (consents, records) = (consents(3), aliases(20_000));
        let new = NewNotice { text: Some("see you"), ..correction(&consents, &records) };
        let bytes = Notice::sign(&key(), &new, NOW).unwrap();
        let read = Notice::verify(&bytes, NOW).unwrap();
        assert_eq!((read.kind(), read.issued_at(), read.text()), (new.kind, NOW, new.text));
        assert!(read.consents().iter().eq(consents.iter().rev()));
        assert!(read.records().iter().eq(records.iter().rev()));
        assert_eq!(*read.key(), key().verifying_key());
        let wish = NewNotice { kind: NoticeKind::ErasureWish, records: &[], ..new };
        let wish = Notice::verify(&Notice::sign(&key(), &wish, NOW).unwrap(), NOW).unwrap();
        assert_eq!((wish.kind(), wish.records()), (NoticeKind::ErasureWish, [].as_slice()));
        assert_ne!(wish.id(), read.id());
    }

    #[test]
    fn what_no_notice_can_say_is_not_signed() {
        let (one, records) = (consents(1), aliases(1));
        let sign = |new: &NewNotice<'_>| Notice::sign(&key(), new, NOW).err();
        let good = correction(&one, &records);
        assert_eq!(sign(&good), None);
        assert_eq!(sign(&NewNotice { consents: &[], ..good }), Some(ConsentError::Invalid));
        assert_eq!(sign(&NewNotice { records: &[], ..good }), Some(ConsentError::Invalid));
        let wish = NewNotice { kind: NoticeKind::ErasureWish, ..good };
        assert_eq!(sign(&wish), Some(ConsentError::Invalid), "a wish names no record");
        assert_eq!(
            sign(&NewNotice { text: Some("a\u{202e}"), ..good }),
            Some(ConsentError::Invalid)
        );
        let (many, more) = (consents(65), aliases(20_001));
        assert_eq!(sign(&NewNotice { consents: &many, ..good }), Some(ConsentError::TooMany));
        assert_eq!(sign(&NewNotice { records: &more, ..good }), Some(ConsentError::TooMany));
    }

    #[test]
    fn a_notice_of_tomorrow_is_refused_today() {
        let (consents, records) = (consents(1), aliases(1));
        let bytes = Notice::sign(&key(), &correction(&consents, &records), NOW).unwrap();
        let verify = |now: u64| Notice::verify(&bytes, Timestamp::from_unix(now)).err();
        assert_eq!(verify(NOW.unix() - 120), None);
        assert_eq!(verify(NOW.unix() - 121), Some(ConsentError::NotYetValid));
    }
}
