//! One fact of the log: when, what, by whom, about which ids.
//!
//! [1, time, kind, actor, [id, ...], [SHA-256, ...]] in CBOR, an id being 16 or 8 bytes. No name,
//! category, label, title or count stands in it. A random salt stands before it, so that a leaf
//! hash tells nothing of a fact that could be guessed, and one entry can be shown without another.

use crate::audit::tree::{Hash, leaf_hash};
use crate::audit::{AuditError, AuditKind};
use crate::codec::{Buffer, Decoder, Encoder, Fields, Malformed, pad, unpad};
use crate::host::Timestamp;
use crate::record::RecordId;

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The patient, in an unlocked wallet.
    Patient,
    /// The wallet by itself.
    Device,
    /// Somebody who acts for the patient, within a delegation.
    Proxy,
}

impl Actor {
    /// Every actor.
    pub const ALL: &[Self] = &[Self::Patient, Self::Device, Self::Proxy];

    /// Returns the code that stands in an entry.
    #[must_use]
    pub const fn code(self) -> u64 {
        match self {
            Self::Patient => 0,
            Self::Device => 1,
            Self::Proxy => 2,
        }
    }

    /// Returns the word that stands for it in output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Device => "device",
            Self::Proxy => "proxy",
        }
    }

    /// Reads the code in an entry.
    ///
    /// # Errors
    /// [`Malformed`] when no actor has it.
    pub fn from_code(code: u64) -> Result<Self, Malformed> {
        Self::ALL.iter().copied().find(|actor| actor.code() == code).ok_or(Malformed)
    }
}

/// What an entry is about: a record, an attachment, a backup, a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditId {
    /// 16 bytes: everything that has an id of its own.
    Long([u8; 16]),
    /// 8 bytes: slots and keystore items.
    Short([u8; 8]),
}

impl AuditId {
    /// Returns the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Long(bytes) => bytes,
            Self::Short(bytes) => bytes,
        }
    }
}

impl From<[u8; 16]> for AuditId {
    fn from(bytes: [u8; 16]) -> Self {
        Self::Long(bytes)
    }
}

impl From<[u8; 8]> for AuditId {
    fn from(bytes: [u8; 8]) -> Self {
        Self::Short(bytes)
    }
}

impl From<RecordId> for AuditId {
    fn from(id: RecordId) -> Self {
        Self::Long(*id.as_bytes())
    }
}

/// One fact of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    at: Timestamp,
    kind: AuditKind,
    actor: Actor,
    ids: Vec<AuditId>,
    hashes: Vec<Hash>,
}

impl AuditEntry {
    /// Makes an entry without ids and hashes.
    #[must_use]
    pub const fn new(at: Timestamp, kind: AuditKind, actor: Actor) -> Self {
        Self { at, kind, actor, ids: Vec::new(), hashes: Vec::new() }
    }

    /// Adds an id that it is about.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<AuditId>) -> Self {
        self.ids.push(id.into());
        self
    }

    /// Adds the SHA-256 of what was written: a sealed body, a file, a statement.
    #[must_use]
    pub fn with_hash(mut self, hash: Hash) -> Self {
        self.hashes.push(hash);
        self
    }

    /// Returns when it happened.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Returns what happened.
    #[must_use]
    pub const fn kind(&self) -> AuditKind {
        self.kind
    }

    /// Returns who did it.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        self.actor
    }

    /// Returns what it is about.
    #[must_use]
    pub fn ids(&self) -> &[AuditId] {
        &self.ids
    }

    /// Returns the hashes of what was written.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Writes the entry.
    #[must_use]
    pub fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(32 + 17 * self.ids.len() + 34 * self.hashes.len());
        out.array(6);
        for number in [VERSION, self.at.unix(), self.kind.code(), self.actor.code()] {
            out.uint(number);
        }
        out.array(self.ids.len());
        self.ids.iter().for_each(|id| out.bytes(id.as_bytes()));
        out.array(self.hashes.len());
        self.hashes.iter().for_each(|hash| out.bytes(hash));
        out.finish()
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// [`Malformed`] for any other bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut input = Decoder::new(bytes);
        if input.array()? != 6 || input.uint()? != VERSION {
            return Err(Malformed);
        }
        let at = Timestamp::from_unix(input.uint()?);
        let kind = AuditKind::from_code(input.uint()?)?;
        let actor = Actor::from_code(input.uint()?)?;
        let ids =
            (0..input.array()?).map(|_| decode_id(input.bytes()?)).collect::<Result<_, _>>()?;
        let hashes = (0..input.array()?)
            .map(|_| input.bytes()?.try_into().map_err(|_| Malformed))
            .collect::<Result<_, _>>()?;
        input.finish()?;
        Ok(Self { at, kind, actor, ids, hashes })
    }
}

fn decode_id(bytes: &[u8]) -> Result<AuditId, Malformed> {
    if let Ok(long) = bytes.try_into() {
        return Ok(AuditId::Long(long));
    }
    bytes.try_into().map(AuditId::Short).map_err(|_| Malformed)
}

/// An entry behind its salt: what a leaf hashes, and what is sealed.
#[derive(Debug)]
pub struct Salted(Buffer);

impl Salted {
    /// Puts a fresh random salt before an entry.
    ///
    /// # Errors
    /// [`AuditError::Randomness`].
    pub fn generate(entry: &AuditEntry) -> Result<Self, AuditError> {
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).map_err(|_| AuditError::Randomness)?;
        Ok(Self::new(&salt, &entry.encode()))
    }

    /// Puts a salt before the bytes of an entry.
    pub(super) fn new(salt: &[u8; SALT], entry: &[u8]) -> Self {
        let mut bytes = Buffer::with_capacity(SALT + entry.len());
        bytes.extend(salt);
        bytes.extend(entry);
        Self(bytes)
    }

    /// Takes the plaintext of a sealed entry, with its padding.
    ///
    /// # Errors
    /// [`Malformed`] when it is none.
    pub fn from_padded(padded: &[u8]) -> Result<Self, Malformed> {
        let plain = unpad(padded)?;
        if padded.len() != padded_size(4 + plain.len()) {
            return Err(Malformed);
        }
        let mut fields = Fields::new(plain);
        let salt = fields.array()?;
        let entry = fields.take(plain.len() - SALT)?;
        AuditEntry::decode(entry)?;
        Ok(Self::new(&salt, entry))
    }

    /// Returns the plaintext to be sealed: padded to a multiple of 128 bytes.
    ///
    /// # Errors
    /// [`Malformed`] beyond 4 GiB.
    pub fn to_padded(&self) -> Result<Buffer, Malformed> {
        pad(&self.0, |length| Some(padded_size(length))).ok_or(Malformed)
    }

    /// Returns the leaf hash.
    #[must_use]
    pub fn leaf(&self) -> Hash {
        leaf_hash(&self.0)
    }

    /// Reads the entry.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn entry(&self) -> Result<AuditEntry, Malformed> {
        AuditEntry::decode(self.parts()?.1)
    }

    /// Gives the salt and the bytes of the entry.
    pub(super) fn parts(&self) -> Result<(&[u8; SALT], &[u8]), Malformed> {
        self.0.split_first_chunk().ok_or(Malformed)
    }
}

const fn padded_size(length: usize) -> usize {
    length.next_multiple_of(STEP)
}

const VERSION: u64 = 1;
const SALT: usize = 32;
/// A sealed entry tells its length in such steps only.
const STEP: usize = 128;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn entry() -> AuditEntry {
        AuditEntry::new(Timestamp::from_unix(1_800_000_000), AuditKind::Corrected, Actor::Patient)
            .with_id([7; 16])
            .with_id([8; 8])
            .with_hash([9; 32])
    }

    #[test]
    fn kinds_and_actors_have_codes_and_words_of_their_own() {
        let words: HashSet<_> = AuditKind::ALL.iter().map(|kind| kind.word()).collect();
        assert_eq!(words.len(), AuditKind::ALL.len());
        let codes: HashSet<_> = AuditKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), AuditKind::ALL.len());
        for kind in AuditKind::ALL {
            assert_eq!(AuditKind::from_code(kind.code()), Ok(*kind));
            assert_eq!(AuditKind::from_word(kind.word()), Some(*kind));
        }
        for actor in Actor::ALL {
            assert_eq!(Actor::from_code(actor.code()), Ok(*actor));
        }
        assert_eq!(AuditKind::from_code(50), Err(Malformed));
        assert_eq!(AuditKind::from_word("viewed"), None);
        assert_eq!(Actor::from_code(3), Err(Malformed));
    }

    #[test]
    fn entry_known_answer() {
        let bytes = entry().encode();
        let expected = [
            hex::decode("86011a6b49d2000400825007070707070707070707070707070707").unwrap(),
            hex::decode("48080808080808080881582009090909090909090909090909090909").unwrap(),
            vec![9; 16],
        ];
        assert_eq!(hex::encode(&*bytes), hex::encode(expected.concat()));
        assert_eq!(AuditEntry::decode(&bytes), Ok(entry()));
    }

    #[test]
    fn any_other_entry_is_refused() {
        let bytes = entry().encode();
        let changed = |at: usize, to: u8| {
            let mut bytes = bytes.to_vec();
            bytes[at] = to;
            AuditEntry::decode(&bytes)
        };
        assert_eq!(changed(0, 0x85), Err(Malformed), "an item less");
        assert_eq!(changed(1, 2), Err(Malformed), "another version");
        assert_eq!(changed(7, 16), Err(Malformed), "an unknown kind");
        assert_eq!(changed(8, 3), Err(Malformed), "an unknown actor");
        assert_eq!(changed(10, 0x4f), Err(Malformed), "an id of another length");
        assert!((0..bytes.len()).all(|end| AuditEntry::decode(&bytes[..end]).is_err()));
        assert!(AuditEntry::decode(&[&bytes, [0].as_slice()].concat()).is_err(), "trailing");
        let endless = [0x86, 1, 0, 0, 0, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(AuditEntry::decode(&endless), Err(Malformed), "more ids than memory");
    }

    #[test]
    fn salt_hides_the_entry_and_padding_its_length() {
        let one = Salted::generate(&entry()).unwrap();
        let other = Salted::generate(&entry()).unwrap();
        assert_ne!(one.leaf(), other.leaf());
        assert_eq!(one.entry(), Ok(entry()));
        let padded = one.to_padded().unwrap();
        assert_eq!(padded.len(), 128);
        let read = Salted::from_padded(&padded).unwrap();
        assert_eq!((read.leaf(), read.entry()), (one.leaf(), one.entry()));
        let longer = [&*padded, &[0; 128]].concat();
        assert_eq!(Salted::from_padded(&longer).err(), Some(Malformed), "more padding");
        let nothing = pad(&[0; 31], |_| Some(128)).unwrap();
        assert_eq!(Salted::from_padded(&nothing).err(), Some(Malformed), "no salt");
    }
}
