//! The manifest: what the patient signs of a disclosure.
//!
//! Claims of a `pmw-pk` (docs/formats.md 6 and 10): {6: time, 7: consent, 9: scope, -70002: key}, the
//! scope being the bytes of {0: 1, 1: id, 2: key box, 3: [SHA-256 of each body]}.

use crate::codec::{Buffer, Decoder, Encoder, Malformed, Map};
use crate::consent::ConsentId;
use crate::disclosure::{DisclosureError, DisclosureId, MOST_PARTS};
use crate::host::Timestamp;
use crate::keys::{Domain, VerifyingKey};

/// What the claims say.
#[derive(Debug)]
pub(super) struct Manifest<'a> {
    pub(super) issued_at: Timestamp,
    pub(super) consent: ConsentId,
    pub(super) id: DisclosureId,
    pub(super) key_box: &'a [u8],
    pub(super) hashes: Vec<[u8; 32]>,
    /// The key that signs: the patient's for this reader.
    pub(super) key: VerifyingKey,
}

impl<'a> Manifest<'a> {
    pub(super) fn encode(&self) -> Buffer {
        let length = self.key_box.len() + self.hashes.len() * HASH + ROOM;
        let mut scope = Encoder::with_capacity(length);
        scope.map(4);
        scope.int(VERSION);
        scope.uint(1);
        scope.int(DISCLOSURE);
        scope.bytes(self.id.as_bytes());
        scope.int(KEY_BOX);
        scope.bytes(self.key_box);
        scope.int(HASHES);
        scope.array(self.hashes.len());
        self.hashes.iter().for_each(|hash| scope.bytes(hash));
        let mut out = Encoder::with_capacity(length + ROOM);
        out.map(4);
        out.int(ISSUED_AT);
        out.uint(self.issued_at.unix());
        out.int(ID);
        out.bytes(self.consent.as_bytes());
        out.int(SCOPE);
        out.bytes(&scope.finish());
        out.int(KEY);
        out.bytes(&self.key.to_sec1());
        out.finish()
    }

    /// Reads the claims, which nobody has verified yet.
    ///
    /// # Errors
    /// [`DisclosureError::TooManyEntries`]; [`DisclosureError::Invalid`] for any other bytes.
    pub(super) fn decode(claims: &'a [u8]) -> Result<Self, DisclosureError> {
        let mut claims = Map::new(Decoder::new(claims))?;
        let issued_at = Timestamp::from_unix(claims.at(ISSUED_AT)?.uint()?);
        let consent = ConsentId::from_bytes(array(claims.at(ID)?)?);
        let mut scope = Map::new(claims.at(SCOPE)?.nested()?)?;
        let key = VerifyingKey::from_sec1(claims.at(KEY)?.bytes()?)?;
        claims.finish()?;
        if scope.at(VERSION)?.uint()? != 1 {
            return Err(DisclosureError::Invalid);
        }
        let id = DisclosureId::from_bytes(array(scope.at(DISCLOSURE)?)?);
        let key_box = scope.at(KEY_BOX)?.bytes()?;
        let hashes = hashes(scope.at(HASHES)?)?;
        scope.finish()?;
        Ok(Self { issued_at, consent, id, key_box, hashes, key })
    }
}

/// Gives the info that a key box is sealed with.
pub(super) fn info(consent: &ConsentId, id: &DisclosureId) -> Vec<u8> {
    Domain::Disclosure.info(&[consent.as_bytes(), id.as_bytes()])
}

fn hashes(input: &mut Decoder<'_>) -> Result<Vec<[u8; 32]>, DisclosureError> {
    let count = input.array()?;
    if count > MOST_PARTS {
        return Err(DisclosureError::TooManyEntries);
    }
    // The count is only a claim: room is made for what is there.
    let mut all = Vec::with_capacity(count.min(input.rest().len() / HASH));
    for _ in 0..count {
        all.push(array(input)?);
    }
    Ok(all)
}

fn array<const N: usize>(input: &mut Decoder<'_>) -> Result<[u8; N], Malformed> {
    input.bytes()?.try_into().map_err(|_| Malformed)
}

// Claims (RFC 8392, RFC 9200), and a private one below -65536.
const ISSUED_AT: i64 = 6;
const ID: i64 = 7;
const SCOPE: i64 = 9;
const KEY: i64 = -70_002;
// What stands in the scope.
const VERSION: i64 = 0;
const DISCLOSURE: i64 = 1;
const KEY_BOX: i64 = 2;
const HASHES: i64 = 3;
/// Bytes of a hash with its head.
pub(super) const HASH: usize = 34;
/// More than everything else takes.
pub(super) const ROOM: usize = 128;
