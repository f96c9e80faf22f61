//! Request: what a requester asks for, signed by the requester (`pmw-rq`).
//!
//! The signature shows that one key asked, not whose it is: that is what a credential says, if a
//! directory that the patient believes has signed it. A request lives for 72 hours at most, and its
//! answer is sealed to a key that was drawn for it alone. Bytes: docs/formats.md, scope.

use super::scope::{
    CATEGORIES, DATES, ERASE_BY, FLAGS, PURPOSE, permitted, read_dates, read_flags, read_purpose,
    versioned, write_dates,
};
use super::wire::{
    self, ANSWER_KEY, CREDENTIAL, DAY, EXPIRES, ID, ISSUED_AT, ISSUER, KEY, NAME, SCOPE, VERSION,
    has_come, read_array, read_key, read_labels, read_text, read_time, unverified,
    write_categories, write_labels,
};
use super::{CategorySet, ConsentError, DateRange, Flags, Grant, Purpose, RequestId};
use crate::codec::{Buffer, Decoder, Encoder, Map};
use crate::host::Timestamp;
use crate::keys::{DidKey, SealingPublicKey, SignedKind, SigningKey, VerifyingKey, sign};
use crate::record::{LabelSet, Text};

/// What a requester is about to ask.
#[derive(Debug, Clone)]
pub struct NewRequest<'a> {
    /// The id, which is used once.
    pub id: RequestId,
    /// When it is signed.
    pub issued_at: Timestamp,
    /// Until when it can be answered.
    pub expires_at: Timestamp,
    /// The DID of the requester, where it is not that of the key.
    pub did: Option<&'a str>,
    /// The key that the answer is sealed to, drawn for this request alone.
    pub answer_key: SealingPublicKey,
    /// The categories that are wanted.
    pub categories: CategorySet,
    /// The labels that are wanted by name.
    pub labels: LabelSet,
    /// Why.
    pub purpose: Purpose,
    /// The dates of the records that are wanted; `None` for every date.
    pub dates: Option<DateRange>,
    /// How long copies are kept, in seconds after the approval.
    pub retain_seconds: u64,
    /// For how long the requester wants to read, in seconds; `None` leaves it to the patient.
    pub seconds: Option<u64>,
    /// What the requester promises by itself.
    pub flags: Flags,
    /// The name, as the requester says it.
    pub name: Option<&'a str>,
    /// Where the answer goes.
    pub response: Option<&'a str>,
    /// What the requester tells the patient.
    pub text: Option<&'a str>,
    /// The credential of a directory (`pmw-cr`).
    pub credential: Option<&'a [u8]>,
}

/// A request whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRequest {
    id: RequestId,
    key: VerifyingKey,
    issued_at: Timestamp,
    expires_at: Timestamp,
    did: Option<Text>,
    answer_key: SealingPublicKey,
    wish: Wish,
    credential: Option<Vec<u8>>,
    object_id: [u8; 32],
}

/// What claim 9 says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wish {
    categories: CategorySet,
    labels: LabelSet,
    purpose: Purpose,
    dates: Option<DateRange>,
    retain_seconds: u64,
    flags: Flags,
    seconds: Option<u64>,
    name: Option<Text>,
    response: Option<Text>,
    text: Option<Text>,
}

impl AccessRequest {
    /// The longest life of a request, in seconds: 72 hours.
    pub const LONGEST: u64 = 72 * 3600;

    /// Signs a request.
    ///
    /// # Errors
    /// [`ConsentError::TooLong`] for a life beyond 72 hours, [`ConsentError::Invalid`] for anything
    /// else that no reader would accept.
    pub fn sign(key: &SigningKey, new: &NewRequest<'_>) -> Result<Vec<u8>, ConsentError> {
        let mut out = Encoder::with_capacity(ROOM + new.credential.map_or(0, <[u8]>::len));
        out.map(6 + usize::from(new.did.is_some()) + usize::from(new.credential.is_some()));
        if let Some(did) = new.did {
            out.int(ISSUER);
            out.text(did);
        }
        out.int(EXPIRES);
        out.uint(new.expires_at.unix());
        out.int(ISSUED_AT);
        out.uint(new.issued_at.unix());
        out.int(ID);
        out.bytes(new.id.as_bytes());
        out.int(SCOPE);
        out.bytes(&new.scope());
        out.int(KEY);
        out.bytes(&key.verifying_key().to_sec1());
        out.int(ANSWER_KEY);
        out.bytes(&new.answer_key.to_bytes());
        if let Some(credential) = new.credential {
            out.int(CREDENTIAL);
            out.bytes(credential);
        }
        let signed = sign(SignedKind::Request, key, &out.finish())?.to_vec();
        // What no reader would accept must not be sent.
        Self::verify(&signed, new.issued_at).map(|_| signed)
    }

    /// Verifies a request with the key that it names; whose key that is, it cannot tell.
    ///
    /// # Errors
    /// [`ConsentError::WrongType`], [`ConsentError::Invalid`], [`ConsentError::UnknownVersion`],
    /// [`ConsentError::TooLong`], [`ConsentError::NotYetValid`], [`ConsentError::RequestExpired`].
    pub fn verify(bytes: &[u8], now: Timestamp) -> Result<Self, ConsentError> {
        let request = Self::read(bytes)?;
        has_come(request.issued_at, now)?;
        if request.expires_at <= now { Err(ConsentError::RequestExpired) } else { Ok(request) }
    }

    /// Verifies a request without asking the clock: one that was verified when it came in.
    ///
    /// # Errors
    /// As [`AccessRequest::verify`], except for those of time.
    pub fn read(bytes: &[u8]) -> Result<Self, ConsentError> {
        let unverified = unverified(SignedKind::Request, bytes)?;
        let mut claims = Map::new(Decoder::new(unverified.dangerous_claims()))?;
        let did = claims.optional(ISSUER)?.map(Decoder::text).transpose()?;
        let expires_at = read_time(claims.at(EXPIRES)?)?;
        let issued_at = read_time(claims.at(ISSUED_AT)?)?;
        let id = RequestId::from_bytes(read_array(claims.at(ID)?)?);
        let scope = claims.at(SCOPE)?.bytes()?;
        let key = read_key(claims.at(KEY)?)?;
        let answer_key = SealingPublicKey::from_slice(claims.at(ANSWER_KEY)?.bytes()?)?;
        let credential = claims.optional(CREDENTIAL)?.map(Decoder::bytes).transpose()?;
        claims.finish()?;
        let did = did.map(|did| wire::did(did)).transpose()?;
        did.map_or(Ok(()), |did| wire::is_of(did, &key))?;
        let object_id = *unverified.verify(&key)?.id();
        let wish = Wish::decode(scope)?;
        wire::lives(issued_at, expires_at, Self::LONGEST)?;
        let credential = credential.map(<[u8]>::to_vec);
        let did = did.map(Text::from);
        Ok(Self { id, key, issued_at, expires_at, did, answer_key, wish, credential, object_id })
    }

    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> RequestId {
        self.id
    }

    /// Returns the id of the signed object.
    #[must_use]
    pub const fn object_id(&self) -> &[u8; 32] {
        &self.object_id
    }

    /// Returns the key that signed.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Returns the DID of the key that signed.
    #[must_use]
    pub fn did(&self) -> DidKey {
        DidKey::from(&self.key)
    }

    /// Returns the DID that the requester claims, which only a credential can prove.
    #[must_use]
    pub fn claimed_did(&self) -> Option<&str> {
        self.did.as_ref().map(Text::as_str)
    }

    /// Returns when it was signed.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// Returns until when it can be answered, this moment not included.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Returns the key that the answer is sealed to.
    #[must_use]
    pub const fn answer_key(&self) -> &SealingPublicKey {
        &self.answer_key
    }

    /// Returns the categories that are wanted.
    #[must_use]
    pub const fn categories(&self) -> CategorySet {
        self.wish.categories
    }

    /// Returns the labels that are wanted by name.
    #[must_use]
    pub const fn labels(&self) -> LabelSet {
        self.wish.labels
    }

    /// Returns why.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.wish.purpose
    }

    /// Returns the dates of the records that are wanted; `None` for every date.
    #[must_use]
    pub const fn dates(&self) -> Option<DateRange> {
        self.wish.dates
    }

    /// Returns how long copies are kept, in seconds after the approval.
    #[must_use]
    pub const fn retain_seconds(&self) -> u64 {
        self.wish.retain_seconds
    }

    /// Returns for how long the requester wants to read, in seconds; `None` leaves it to the patient.
    #[must_use]
    pub const fn seconds(&self) -> Option<u64> {
        self.wish.seconds
    }

    /// Returns what the requester promises by itself.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        self.wish.flags
    }

    /// Returns the name, as the requester says it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.wish.name.as_ref().map(Text::as_str)
    }

    /// Returns where the answer goes.
    #[must_use]
    pub fn response(&self) -> Option<&str> {
        self.wish.response.as_ref().map(Text::as_str)
    }

    /// Returns what the requester tells the patient.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.wish.text.as_ref().map(Text::as_str)
    }

    /// Returns the credential, of which nothing is verified.
    #[must_use]
    pub fn credential(&self) -> Option<&[u8]> {
        self.credential.as_deref()
    }
}

impl NewRequest<'_> {
    /// Writes claim 9.
    fn scope(&self) -> Buffer {
        let texts = [(NAME_KEY, self.name), (RESPONSE, self.response), (TEXT, self.text)];
        let there = texts.iter().filter(|(_, text)| text.is_some()).count();
        let optional = usize::from(self.dates.is_some()) + usize::from(self.seconds.is_some());
        let mut out = Encoder::with_capacity(ROOM);
        out.map(6 + optional + there);
        out.int(0);
        out.uint(VERSION);
        out.int(CATEGORIES);
        write_categories(&mut out, self.categories);
        out.int(LABELS);
        write_labels(&mut out, self.labels);
        out.int(PURPOSE);
        out.text(self.purpose.code());
        if let Some(dates) = self.dates {
            out.int(DATES);
            write_dates(&mut out, dates);
        }
        out.int(ERASE_BY);
        out.uint(self.retain_seconds);
        out.int(FLAGS);
        out.uint(self.flags.bits().into());
        if let Some(seconds) = self.seconds {
            out.int(SECONDS);
            out.uint(seconds);
        }
        for (key, text) in texts {
            if let Some(text) = text {
                out.int(key);
                out.text(text);
            }
        }
        out.finish()
    }
}

impl Wish {
    fn decode(bytes: &[u8]) -> Result<Self, ConsentError> {
        let mut map = versioned(bytes)?;
        let wish = Self {
            categories: permitted(&mut map)?,
            labels: read_labels(map.at(LABELS)?)?,
            purpose: read_purpose(&mut map)?,
            dates: map.optional(DATES)?.map(read_dates).transpose()?,
            retain_seconds: map.at(ERASE_BY)?.uint()?,
            flags: read_flags(&mut map)?,
            seconds: map.optional(SECONDS)?.map(Decoder::uint).transpose()?,
            name: map.optional(NAME_KEY)?.map(|input| read_text(input, NAME)).transpose()?,
            response: map
                .optional(RESPONSE)?
                .map(|input| read_text(input, MOST_RESPONSE))
                .transpose()?,
            text: map.optional(TEXT)?.map(|input| read_text(input, MOST_TEXT)).transpose()?,
        };
        map.finish()?;
        match wish.seconds {
            Some(0) => Err(ConsentError::Invalid),
            Some(seconds) if seconds > Grant::LONGEST => Err(ConsentError::TooLong),
            _ if wish.retain_seconds > LONGEST_KEPT => Err(ConsentError::TooLong),
            _ => Ok(wish),
        }
    }
}

// Keys of the scope that only a request has.
const LABELS: i64 = 2;
const SECONDS: i64 = 10;
const NAME_KEY: i64 = 12;
const RESPONSE: i64 = 13;
const TEXT: i64 = 14;
// Bytes of texts.
const MOST_RESPONSE: usize = 96;
const MOST_TEXT: usize = 120;
/// For how long copies can be kept, in seconds: a hundred years.
const LONGEST_KEPT: u64 = 36_525 * DAY;
const ROOM: usize = 1024;
