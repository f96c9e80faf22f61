//! Delegation: who may act for the patient towards one requester, signed by the patient's key for
//! that requester (`pmw-dl`).
//!
//! It travels inside what it lets somebody sign, so that a reader needs nothing else: the reader
//! pins the key that signed the delegation, and takes from the other no more than it covers. What
//! the patient denies is not in it, for whoever acts was never given that. One names one requester
//! and a key for that requester alone, so that two of them find nothing in common.
//! Bytes: docs/formats.md, delegation.

mod act;
mod error;

use super::scope::{CATEGORIES, permitted, versioned};
use super::wire::{
    DELEGATION, EXPIRES, ID, ISSUED_AT, KEY, NAME, NOT_BEFORE, PROXY_KEY, SCOPE, THREE_YEARS,
    VERSION, lives, read_array, read_key, read_text, read_thumbprint, read_time, unverified,
    write_categories,
};
use super::{CategorySet, ConsentId, ConsentToken, Flags, Grant, Purpose, Thumbprint};
use crate::codec::{Buffer, Decoder, Encoder, Malformed, Map};
use crate::host::Timestamp;
use crate::keys::{SignedKind, SigningKey, VerifyingKey, sign};
use crate::order;
use crate::record::Text;

pub use act::{ProxyAct, ProxyActs, Relation};
pub use error::DelegationError;

/// What a delegation is about to say.
#[derive(Debug, Clone)]
pub struct NewDelegation<'a> {
    /// The id, by which it is taken back like a consent.
    pub id: ConsentId,
    /// The key of whoever acts, for this requester alone.
    pub proxy: &'a VerifyingKey,
    /// The key of the requester.
    pub requester: &'a VerifyingKey,
    /// What may be given.
    pub categories: CategorySet,
    /// What may be done.
    pub acts: ProxyActs,
    /// What for.
    pub purposes: &'a [Purpose],
    /// The longest life of a consent, in seconds.
    pub longest: u64,
    /// What every consent must promise.
    pub flags: Flags,
    /// How whoever acts stands to the patient.
    pub relation: Relation,
    /// The name whoever acts goes by, 1 to 64 bytes.
    pub name: &'a str,
    /// From when it holds.
    pub not_before: Timestamp,
    /// Until when it holds, this moment not included; three years at most.
    pub expires_at: Timestamp,
}

/// A delegation whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    bytes: Vec<u8>,
    key: VerifyingKey,
    proxy: VerifyingKey,
    id: ConsentId,
    issued_at: Timestamp,
    not_before: Timestamp,
    expires_at: Timestamp,
    requester: Thumbprint,
    categories: CategorySet,
    acts: ProxyActs,
    purposes: Vec<Purpose>,
    longest: u64,
    flags: Flags,
    relation: Relation,
    name: Text,
}

impl Delegation {
    /// Signs a delegation with the patient's key for the requester.
    ///
    /// # Errors
    /// [`DelegationError::TooLong`] for a life beyond three years; [`DelegationError::Invalid`] for
    /// terms that no reader would accept.
    pub fn sign(
        key: &SigningKey,
        new: &NewDelegation<'_>,
        now: Timestamp,
    ) -> Result<Vec<u8>, DelegationError> {
        let mut out = Encoder::with_capacity(ROOM);
        out.map(7);
        out.int(EXPIRES);
        out.uint(new.expires_at.unix());
        out.int(NOT_BEFORE);
        out.uint(new.not_before.unix());
        out.int(ISSUED_AT);
        out.uint(now.unix());
        out.int(ID);
        out.bytes(new.id.as_bytes());
        out.int(SCOPE);
        out.bytes(&new.scope());
        out.int(KEY);
        out.bytes(&key.verifying_key().to_sec1());
        out.int(PROXY_KEY);
        out.bytes(&new.proxy.to_sec1());
        let signed = sign(SignedKind::Delegation, key, &out.finish())?.to_vec();
        // What no reader would accept must not be given away.
        Self::read(&signed).map(|_| signed)
    }

    /// Verifies a delegation with the key that it names; whose key that is, it cannot tell, and the
    /// clock is not asked.
    ///
    /// # Errors
    /// [`DelegationError::DelegateOn`] for one that itself rests on a delegation;
    /// [`DelegationError::Widen`], [`DelegationError::DelegateOn`], [`DelegationError::Recover`],
    /// [`DelegationError::Erase`] for one that allows what nobody can allow;
    /// [`DelegationError::NotAllowed`] for one that allows what is not known;
    /// [`DelegationError::TooLong`]; [`DelegationError::UnknownVersion`];
    /// [`DelegationError::Invalid`].
    pub fn read(bytes: &[u8]) -> Result<Self, DelegationError> {
        let unverified = unverified(SignedKind::Delegation, bytes)?;
        let mut claims = Map::new(Decoder::new(unverified.dangerous_claims()))?;
        let expires_at = read_time(claims.at(EXPIRES)?)?;
        let not_before = read_time(claims.at(NOT_BEFORE)?)?;
        let issued_at = read_time(claims.at(ISSUED_AT)?)?;
        let id = ConsentId::from_bytes(read_array(claims.at(ID)?)?);
        let scope = claims.at(SCOPE)?.bytes()?;
        let key = read_key(claims.at(KEY)?)?;
        let is_passed_on = claims.optional(DELEGATION)?.map(Decoder::bytes);
        let is_passed_on = is_passed_on.transpose()?.is_some();
        let proxy = read_key(claims.at(PROXY_KEY)?)?;
        claims.finish()?;
        unverified.verify(&key)?;
        if is_passed_on {
            return Err(DelegationError::DelegateOn);
        }
        let mut map = versioned(scope)?;
        let categories = permitted(&mut map)?;
        let acts = ProxyActs::read(map.at(ACTS)?)?;
        let purposes = read_purposes(map.at(PURPOSES)?)?;
        let requester = read_thumbprint(map.at(REQUESTER)?)?;
        let longest = map.at(LONGEST)?.uint()?;
        let flags = Flags::from_bits(map.at(MUST_PROMISE)?.narrow()?)?;
        let relation = Relation::from_code(map.at(RELATION)?.narrow()?).ok_or(Malformed)?;
        let name = read_text(map.at(PROXY_NAME)?, NAME)?;
        map.finish()?;
        lives(not_before.min(issued_at), expires_at, THREE_YEARS)?;
        if !(1..=Grant::LONGEST).contains(&longest) || not_before >= expires_at || proxy == key {
            return Err(DelegationError::Invalid);
        }
        let bytes = bytes.to_vec();
        Ok(Self {
            bytes,
            key,
            proxy,
            id,
            issued_at,
            not_before,
            expires_at,
            requester,
            categories,
            acts,
            purposes,
            longest,
            flags,
            relation,
            name,
        })
    }

    /// Demands that it allows an act.
    ///
    /// # Errors
    /// As [`ProxyAct::can_be_allowed`]; [`DelegationError::NotAllowed`].
    pub fn permits(&self, act: ProxyAct) -> Result<(), DelegationError> {
        act.can_be_allowed()?;
        if self.acts.contains(act) { Ok(()) } else { Err(DelegationError::NotAllowed) }
    }

    /// Demands that its time has come and is not over.
    ///
    /// # Errors
    /// [`DelegationError::Ended`]; [`DelegationError::NotAllowed`] before it begins.
    pub fn holds_at(&self, now: Timestamp) -> Result<(), DelegationError> {
        if self.expires_at <= now {
            Err(DelegationError::Ended)
        } else if now < self.not_before {
            Err(DelegationError::NotAllowed)
        } else {
            Ok(())
        }
    }

    /// Demands that a token that it lets somebody sign gives no more than it covers: one function
    /// for who signs and for who reads.
    ///
    /// # Errors
    /// [`DelegationError::Invalid`] when another key is to sign; [`DelegationError::NotAllowed`];
    /// [`DelegationError::OtherRequester`]; [`DelegationError::Ended`]; [`DelegationError::Widen`].
    pub fn covers(&self, token: &ConsentToken) -> Result<(), DelegationError> {
        if *token.key() != self.proxy {
            return Err(DelegationError::Invalid);
        }
        self.permits(ProxyAct::Approve)?;
        if token.reader() != self.requester {
            return Err(DelegationError::OtherRequester);
        }
        self.holds_at(token.issued_at())?;
        let from = token.issued_at().min(token.not_before());
        let scope = token.scope();
        let is_within = from >= self.not_before
            && token.expires_at() <= self.expires_at
            && token.expires_at().unix().saturating_sub(from.unix()) <= self.longest
            && scope.categories().is_subset(self.categories)
            && self.purposes.contains(&scope.purpose())
            && scope.flags().contains(self.flags);
        if is_within { Ok(()) } else { Err(DelegationError::Widen) }
    }

    /// Returns the bytes that were read.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the key that signed: the patient's for the requester.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Returns the key of whoever acts.
    #[must_use]
    pub const fn proxy(&self) -> &VerifyingKey {
        &self.proxy
    }

    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> ConsentId {
        self.id
    }

    /// Returns when it was signed.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// Returns from when it holds.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Returns until when it holds, this moment not included.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Returns the thumbprint of the requester's key.
    #[must_use]
    pub const fn requester(&self) -> Thumbprint {
        self.requester
    }

    /// Returns what may be given.
    #[must_use]
    pub const fn categories(&self) -> CategorySet {
        self.categories
    }

    /// Returns what may be done.
    #[must_use]
    pub const fn acts(&self) -> ProxyActs {
        self.acts
    }

    /// Returns what may be given for.
    #[must_use]
    pub fn purposes(&self) -> &[Purpose] {
        &self.purposes
    }

    /// Returns the longest life of a consent, in seconds.
    #[must_use]
    pub const fn longest(&self) -> u64 {
        self.longest
    }

    /// Returns what every consent must promise.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        self.flags
    }

    /// Returns how whoever acts stands to the patient.
    #[must_use]
    pub const fn relation(&self) -> Relation {
        self.relation
    }

    /// Returns the name whoever acts goes by.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }
}

impl NewDelegation<'_> {
    fn scope(&self) -> Buffer {
        let mut purposes = self.purposes.to_vec();
        order::sort(&mut purposes);
        purposes.dedup();
        let mut out = Encoder::with_capacity(ROOM);
        out.map(9);
        out.int(0);
        out.uint(VERSION);
        out.int(CATEGORIES);
        write_categories(&mut out, self.categories);
        out.int(ACTS);
        self.acts.write(&mut out);
        out.int(PURPOSES);
        out.array(purposes.len());
        purposes.iter().for_each(|purpose| out.text(purpose.code()));
        out.int(REQUESTER);
        out.bytes(Thumbprint::of(self.requester).as_bytes());
        out.int(LONGEST);
        out.uint(self.longest);
        out.int(MUST_PROMISE);
        out.uint(self.flags.bits().into());
        out.int(RELATION);
        out.uint(self.relation.code().into());
        out.int(PROXY_NAME);
        out.text(self.name);
        out.finish()
    }
}

/// Reads at least one code of a purpose, in their order.
fn read_purposes(input: &mut Decoder<'_>) -> Result<Vec<Purpose>, Malformed> {
    let count = input.array()?;
    let mut all = Vec::with_capacity(Purpose::ALL.len());
    let mut left = Purpose::ALL.iter().copied();
    for _ in 0..count {
        let code = input.text()?;
        all.push(left.find(|purpose| purpose.code() == code).ok_or(Malformed)?);
    }
    if all.is_empty() { Err(Malformed) } else { Ok(all) }
}

// Keys of the scope.
const ACTS: i64 = 2;
const PURPOSES: i64 = 3;
const REQUESTER: i64 = 4;
const LONGEST: i64 = 5;
const MUST_PROMISE: i64 = 6;
const RELATION: i64 = 7;
const PROXY_NAME: i64 = 8;
const ROOM: usize = 512;
