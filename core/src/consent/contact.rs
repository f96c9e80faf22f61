//! Contact: who somebody is, as they say themselves: name, role, keys (`pmw-cc`).
//!
//! The signature shows that the name was chosen by the key, no more. A patient gives a requester
//! what nobody asked for by its contact, and adds a directory to those believed by its contact.

use super::scope::versioned;
use super::wire::{
    ANSWER_KEY, CREDENTIAL, EXPIRES, ISSUED_AT, KEY, NAME, PROXY_KEYS, SCOPE, THREE_YEARS, VERSION,
    has_come, lives, read_key, read_text, read_time, unverified,
};
use super::{ConsentError, RequesterClass};
use crate::codec::{Buffer, Decoder, Encoder, Malformed, Map};
use crate::host::Timestamp;
use crate::keys::{DidKey, SealingPublicKey, SignedKind, SigningKey, VerifyingKey, sign};
use crate::record::Text;

/// What somebody does with consents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Asks for records.
    Requester,
    /// Vouches for requesters.
    Directory,
    /// Offers to act for a patient.
    Proxy = 3,
}

impl Role {
    /// Every role, by ascending code.
    pub const ALL: &[Self] = &[Self::Requester, Self::Directory, Self::Proxy];

    /// Returns the number of the role.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the word the role is written with.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Requester => "requester",
            Self::Directory => "directory",
            Self::Proxy => "proxy",
        }
    }

    /// Finds the role of a number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.code() == code)
    }

    pub(super) fn read(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Self::from_code(input.narrow()?).ok_or(Malformed)
    }
}

pub(super) fn read_class(input: &mut Decoder<'_>) -> Result<RequesterClass, Malformed> {
    RequesterClass::from_code(input.narrow()?).ok_or(Malformed)
}

/// What a contact is about to say.
#[derive(Debug, Clone)]
pub struct NewContact<'a> {
    /// The name, 1 to 64 bytes.
    pub name: &'a str,
    /// The role.
    pub role: Role,
    /// The class, as they say.
    pub class: Option<RequesterClass>,
    /// The key that what nobody asked for is sealed to.
    pub answer_key: Option<SealingPublicKey>,
    /// The credential of a directory (`pmw-cr`).
    pub credential: Option<&'a [u8]>,
    /// The keys of whoever offers to act for a patient, one for each requester: [`Contact::KEYS`]
    /// for [`Role::Proxy`], none for any other.
    pub proxy_keys: &'a [VerifyingKey],
    /// Until when it holds, three years at most.
    pub expires_at: Timestamp,
}

/// A contact whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    key: VerifyingKey,
    name: Text,
    role: Role,
    class: Option<RequesterClass>,
    answer_key: Option<SealingPublicKey>,
    credential: Option<Vec<u8>>,
    proxy_keys: Vec<VerifyingKey>,
    issued_at: Timestamp,
    expires_at: Timestamp,
}

impl Contact {
    /// How many keys a contact of [`Role::Proxy`] offers.
    pub const KEYS: usize = 16;

    /// Signs a contact.
    ///
    /// # Errors
    /// [`ConsentError::TooLong`] for a life beyond three years; [`ConsentError::Invalid`] for a name
    /// that is empty, longer than 64 bytes, or has hidden characters.
    pub fn sign(
        key: &SigningKey,
        new: &NewContact<'_>,
        now: Timestamp,
    ) -> Result<Vec<u8>, ConsentError> {
        let credential = new.credential.map_or(0, <[u8]>::len);
        let mut out = Encoder::with_capacity(ROOM + credential + 40 * new.proxy_keys.len());
        let there =
            [new.answer_key.is_some(), new.credential.is_some(), !new.proxy_keys.is_empty()];
        out.map(4 + there.into_iter().filter(|is_there| *is_there).count());
        out.int(EXPIRES);
        out.uint(new.expires_at.unix());
        out.int(ISSUED_AT);
        out.uint(now.unix());
        out.int(SCOPE);
        out.bytes(&new.scope());
        out.int(KEY);
        out.bytes(&key.verifying_key().to_sec1());
        if let Some(answer_key) = new.answer_key {
            out.int(ANSWER_KEY);
            out.bytes(&answer_key.to_bytes());
        }
        if let Some(credential) = new.credential {
            out.int(CREDENTIAL);
            out.bytes(credential);
        }
        if !new.proxy_keys.is_empty() {
            out.int(PROXY_KEYS);
            out.array(new.proxy_keys.len());
            new.proxy_keys.iter().for_each(|key| out.bytes(&key.to_sec1()));
        }
        let signed = sign(SignedKind::Contact, key, &out.finish())?.to_vec();
        // What no reader would accept must not be given away.
        Self::verify(&signed, now).map(|_| signed)
    }

    /// Verifies a contact with the key that it names.
    ///
    /// # Errors
    /// [`ConsentError::WrongType`], [`ConsentError::Invalid`], [`ConsentError::UnknownVersion`],
    /// [`ConsentError::TooLong`], [`ConsentError::NotYetValid`], [`ConsentError::Expired`].
    pub fn verify(bytes: &[u8], now: Timestamp) -> Result<Self, ConsentError> {
        let contact = Self::read(bytes)?;
        has_come(contact.issued_at, now)?;
        if contact.expires_at <= now { Err(ConsentError::Expired) } else { Ok(contact) }
    }

    /// Verifies a contact without asking the clock: one that was verified when it was added.
    ///
    /// # Errors
    /// As [`Contact::verify`], except for those of time.
    pub fn read(bytes: &[u8]) -> Result<Self, ConsentError> {
        let unverified = unverified(SignedKind::Contact, bytes)?;
        let mut claims = Map::new(Decoder::new(unverified.dangerous_claims()))?;
        let expires_at = read_time(claims.at(EXPIRES)?)?;
        let issued_at = read_time(claims.at(ISSUED_AT)?)?;
        let scope = claims.at(SCOPE)?.bytes()?;
        let key = read_key(claims.at(KEY)?)?;
        let answer_key = claims.optional(ANSWER_KEY)?.map(Decoder::bytes).transpose()?;
        let credential = claims.optional(CREDENTIAL)?.map(Decoder::bytes).transpose()?;
        let proxy_keys = claims.optional(PROXY_KEYS)?.map(read_proxy_keys).transpose()?;
        claims.finish()?;
        let answer_key = answer_key.map(SealingPublicKey::from_slice).transpose()?;
        unverified.verify(&key)?;
        let mut map = versioned(scope)?;
        let name = read_text(map.at(NAME_KEY)?, NAME)?;
        let role = Role::read(map.at(ROLE)?)?;
        let class = map.optional(CLASS)?.map(read_class).transpose()?;
        map.finish()?;
        lives(issued_at, expires_at, THREE_YEARS)?;
        if (role == Role::Proxy) != proxy_keys.is_some() {
            return Err(ConsentError::Invalid);
        }
        let credential = credential.map(<[u8]>::to_vec);
        let proxy_keys = proxy_keys.unwrap_or_default();
        Ok(Self {
            key,
            name,
            role,
            class,
            answer_key,
            credential,
            proxy_keys,
            issued_at,
            expires_at,
        })
    }

    /// Returns the key.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Returns the DID of the key.
    #[must_use]
    pub fn did(&self) -> DidKey {
        DidKey::from(&self.key)
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Returns the role.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Returns the class that they say they are of, which nothing proves.
    #[must_use]
    pub const fn class(&self) -> Option<RequesterClass> {
        self.class
    }

    /// Returns the key that what nobody asked for is sealed to.
    #[must_use]
    pub const fn answer_key(&self) -> Option<&SealingPublicKey> {
        self.answer_key.as_ref()
    }

    /// Returns the credential, of which nothing is verified.
    #[must_use]
    pub fn credential(&self) -> Option<&[u8]> {
        self.credential.as_deref()
    }

    /// Returns the keys to act for a patient with, one for each requester.
    #[must_use]
    pub fn proxy_keys(&self) -> &[VerifyingKey] {
        &self.proxy_keys
    }

    /// Returns when it was signed.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// Returns until when it holds, this moment not included.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

impl NewContact<'_> {
    fn scope(&self) -> Buffer {
        let mut out = Encoder::with_capacity(ROOM);
        out.map(3 + usize::from(self.class.is_some()));
        out.int(0);
        out.uint(VERSION);
        out.int(NAME_KEY);
        out.text(self.name);
        out.int(ROLE);
        out.uint(self.role.code().into());
        if let Some(class) = self.class {
            out.int(CLASS);
            out.uint(class.code().into());
        }
        out.finish()
    }
}

/// Reads as many keys as an offer has, none of them twice.
fn read_proxy_keys(input: &mut Decoder<'_>) -> Result<Vec<VerifyingKey>, Malformed> {
    if input.array()? != Contact::KEYS {
        return Err(Malformed);
    }
    let mut keys = Vec::with_capacity(Contact::KEYS);
    for _ in 0..Contact::KEYS {
        let key = read_key(input)?;
        if keys.contains(&key) {
            return Err(Malformed);
        }
        keys.push(key);
    }
    Ok(keys)
}

// Keys of the scope, which a credential shares.
pub(super) const NAME_KEY: i64 = 1;
pub(super) const ROLE: i64 = 2;
pub(super) const CLASS: i64 = 3;
const ROOM: usize = 512;
