//! Credential: who somebody is, as a directory says (`pmw-cr`), and the list of those that the
//! directory has taken back (`pmw-cl`).
//!
//! A credential is verified with the key of a directory that the patient believes, and counts only
//! for the very key that it names. A list older than a day still counts, and is shown as old.
//! Bytes: docs/formats.md, signed objects.

use super::contact::{CLASS, NAME_KEY, ROLE, read_class};
use super::scope::versioned;
use super::wire::{
    self, DAY, EXPIRES, ID, ISSUED_AT, KEY, NAME, NOT_BEFORE, SCOPE, SUBJECT, THREE_YEARS, VERSION,
    has_come, read_array, read_ascending, read_key, read_text, read_time, unverified, write_list,
};
use super::{ConsentError, CredentialId, RequesterClass, Role};
use crate::codec::{Buffer, Decoder, Encoder, Map};
use crate::host::Timestamp;
use crate::keys::{SignedKind, SigningKey, VerifyingKey, sign};
use crate::order;
use crate::record::Text;

/// Whom a directory is about to vouch for.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// The DID, 64 bytes at most.
    pub did: &'a str,
    /// The name, 1 to 64 bytes.
    pub name: &'a str,
    /// The role.
    pub role: Role,
    /// The class.
    pub class: RequesterClass,
    /// The key that signs for them.
    pub key: &'a VerifyingKey,
}

/// What a directory says about somebody; its signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    id: CredentialId,
    did: Text,
    name: Text,
    role: Role,
    class: RequesterClass,
    key: VerifyingKey,
    not_before: Timestamp,
    expires_at: Timestamp,
    issued_at: Timestamp,
}

impl Credential {
    /// Vouches for somebody; holds from now on.
    ///
    /// # Errors
    /// [`ConsentError::TooLong`] for a life beyond three years, [`ConsentError::Invalid`] for
    /// anything else that no reader would accept.
    pub fn sign(
        directory: &SigningKey,
        subject: &Subject<'_>,
        id: CredentialId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Vec<u8>, ConsentError> {
        let mut out = Encoder::with_capacity(ROOM);
        out.map(7);
        out.int(SUBJECT);
        out.text(subject.did);
        out.int(EXPIRES);
        out.uint(expires_at.unix());
        out.int(NOT_BEFORE);
        out.uint(now.unix());
        out.int(ISSUED_AT);
        out.uint(now.unix());
        out.int(ID);
        out.bytes(id.as_bytes());
        out.int(SCOPE);
        out.bytes(&subject.scope());
        out.int(KEY);
        out.bytes(&subject.key.to_sec1());
        let signed = sign(SignedKind::Credential, directory, &out.finish())?.to_vec();
        // What no reader would accept must not be given away.
        Self::verify(&signed, &directory.verifying_key(), now).map(|_| signed)
    }

    /// Verifies a credential with the key of a directory.
    ///
    /// # Errors
    /// [`ConsentError::WrongType`], [`ConsentError::Invalid`] (another directory's is that too),
    /// [`ConsentError::UnknownVersion`], [`ConsentError::TooLong`],
    /// [`ConsentError::NotYetValid`], [`ConsentError::CredentialExpired`].
    pub fn verify(
        bytes: &[u8],
        directory: &VerifyingKey,
        now: Timestamp,
    ) -> Result<Self, ConsentError> {
        let claims = unverified(SignedKind::Credential, bytes)?.verify(directory)?.claims();
        let credential = Self::decode(claims)?;
        has_come(credential.issued_at, now)?;
        has_come(credential.not_before, now)?;
        if credential.expires_at <= now {
            return Err(ConsentError::CredentialExpired);
        }
        Ok(credential)
    }

    /// Reads a credential without verifying it: whose directory's it is, is not asked.
    ///
    /// # Errors
    /// As [`Credential::verify`], except for those of time and signature.
    ///
    /// # Security
    /// Anybody can have written what it says.
    pub fn read(bytes: &[u8]) -> Result<Self, ConsentError> {
        Self::decode(unverified(SignedKind::Credential, bytes)?.dangerous_claims())
    }

    fn decode(claims: &[u8]) -> Result<Self, ConsentError> {
        let mut claims = Map::new(Decoder::new(claims))?;
        let did = Text::from(wire::did(claims.at(SUBJECT)?.text()?)?);
        let expires_at = read_time(claims.at(EXPIRES)?)?;
        let not_before = read_time(claims.at(NOT_BEFORE)?)?;
        let issued_at = read_time(claims.at(ISSUED_AT)?)?;
        let id = CredentialId::from_bytes(read_array(claims.at(ID)?)?);
        let scope = claims.at(SCOPE)?.bytes()?;
        let key = read_key(claims.at(KEY)?)?;
        claims.finish()?;
        wire::is_of(did.as_str(), &key)?;
        let mut map = versioned(scope)?;
        let name = read_text(map.at(NAME_KEY)?, NAME)?;
        let role = Role::read(map.at(ROLE)?)?;
        let class = read_class(map.at(CLASS)?)?;
        map.finish()?;
        wire::lives(not_before, expires_at, THREE_YEARS)?;
        Ok(Self { id, did, name, role, class, key, not_before, expires_at, issued_at })
    }

    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> CredentialId {
        self.id
    }

    /// Returns the DID.
    #[must_use]
    pub fn did(&self) -> &str {
        self.did.as_str()
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

    /// Returns the class.
    #[must_use]
    pub const fn class(&self) -> RequesterClass {
        self.class
    }

    /// Returns the key that signs for them; the credential says nothing about any other.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
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

    /// Returns when it was signed.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }
}

impl Subject<'_> {
    fn scope(&self) -> Buffer {
        let mut out = Encoder::with_capacity(ROOM);
        out.map(4);
        out.int(0);
        out.uint(VERSION);
        out.int(NAME_KEY);
        out.text(self.name);
        out.int(ROLE);
        out.uint(self.role.code().into());
        out.int(CLASS);
        out.uint(self.class.code().into());
        out.finish()
    }
}

/// The credentials that a directory has taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialList {
    ids: Vec<CredentialId>,
    issued_at: Timestamp,
}

impl CredentialList {
    /// The most credentials that a list can name.
    pub const MOST: usize = 60_000;
    /// How long a list is fresh, in seconds: a day.
    pub const FRESH: u64 = DAY;

    /// Signs the list of everything that was taken back, in any order.
    ///
    /// # Errors
    /// [`ConsentError::TooMany`] beyond [`CredentialList::MOST`].
    pub fn sign(
        directory: &SigningKey,
        ids: &[CredentialId],
        now: Timestamp,
    ) -> Result<Vec<u8>, ConsentError> {
        let mut ids = ids.to_vec();
        order::sort(&mut ids);
        ids.dedup();
        if ids.len() > Self::MOST {
            return Err(ConsentError::TooMany);
        }
        let mut scope = Encoder::with_capacity(ROOM + ids.len() * 17);
        scope.map(2);
        scope.int(0);
        scope.uint(VERSION);
        scope.int(REVOKED);
        write_list(&mut scope, ids.iter().map(CredentialId::as_bytes));
        let scope = scope.finish();
        let mut out = Encoder::with_capacity(ROOM + scope.len());
        out.map(3);
        out.int(ISSUED_AT);
        out.uint(now.unix());
        out.int(SCOPE);
        out.bytes(&scope);
        out.int(KEY);
        out.bytes(&directory.verifying_key().to_sec1());
        Ok(sign(SignedKind::CredentialList, directory, &out.finish())?.to_vec())
    }

    /// Verifies a list with the key of a directory.
    ///
    /// # Errors
    /// [`ConsentError::WrongType`], [`ConsentError::Invalid`] (another directory's is that too),
    /// [`ConsentError::UnknownVersion`], [`ConsentError::NotYetValid`].
    pub fn verify(
        bytes: &[u8],
        directory: &VerifyingKey,
        now: Timestamp,
    ) -> Result<Self, ConsentError> {
        let claims = unverified(SignedKind::CredentialList, bytes)?.verify(directory)?.claims();
        let mut claims = Map::new(Decoder::new(claims))?;
        let issued_at = read_time(claims.at(ISSUED_AT)?)?;
        let scope = claims.at(SCOPE)?.bytes()?;
        let key = read_key(claims.at(KEY)?)?;
        claims.finish()?;
        if key != *directory {
            return Err(ConsentError::Invalid);
        }
        let mut map = versioned(scope)?;
        let ids = read_ascending(map.at(REVOKED)?, Self::MOST)?;
        map.finish()?;
        has_come(issued_at, now)?;
        let ids = ids.into_iter().map(CredentialId::from_bytes).collect();
        Ok(Self { ids, issued_at })
    }

    /// Says whether a credential was taken back.
    #[must_use]
    pub fn covers(&self, credential: CredentialId) -> bool {
        self.ids.binary_search(&credential).is_ok()
    }

    /// Returns everything that was taken back, in the order of the ids.
    #[must_use]
    pub fn ids(&self) -> &[CredentialId] {
        &self.ids
    }

    /// Returns when it was signed.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// Says whether the list is older than a day: it still counts, and something may be missing.
    #[must_use]
    pub const fn is_stale(&self, now: Timestamp) -> bool {
        now.unix() > self.issued_at.unix().saturating_add(Self::FRESH)
    }
}

/// Key of the scope of a list.
const REVOKED: i64 = 1;
const ROOM: usize = 512;
