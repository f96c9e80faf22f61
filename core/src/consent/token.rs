//! Token: the consent, signed by the patient's key for this requester (`pmw-ct`).
//!
//! The payload is fixed first and signed later, so that what is signed is what was shown. Reading
//! goes kind, claims, key, signature, version, lives, reader, patient, time, revocations; only
//! [`ConsentToken::verify`] makes a [`VerifiedConsent`]. Bytes: docs/formats.md, signed objects and
//! scope.

mod verified;

use super::wire::{
    self, AUDIENCE, CONFIRMATION, DELEGATION, EXPIRES, ID, ISSUED_AT, KEY, NOT_BEFORE, SCOPE,
    has_come, read_array, read_key, read_thumbprint, read_time, unverified,
};
use super::{
    Alias, ConsentError, ConsentId, Delegation, Grant, Opening, Revocations, Scope, Thumbprint,
};
use crate::codec::{Buffer, Decoder, Encoder, Map};
use crate::host::Timestamp;
use crate::keys::{SignedKind, SigningKey, VerifyingKey, sign};
use crate::order;
use crate::record::Text;

pub use verified::VerifiedConsent;

/// Everything that a token says.
#[derive(Debug, Clone)]
pub struct Terms<'a> {
    /// The id, which is used once.
    pub id: ConsentId,
    /// When it is signed.
    pub issued_at: Timestamp,
    /// What the patient permits.
    pub grant: &'a Grant,
    /// What the patient denies, committed to.
    pub opening: &'a Opening,
    /// The aliases of the records that the grant picks, in any order.
    pub aliases: &'a [Alias],
    /// The key of the reader.
    pub reader: &'a VerifyingKey,
    /// The DID of the reader, where it is to be said.
    pub audience: Option<&'a str>,
    /// The key that will sign: the patient's for this reader, or that of whoever acts.
    pub key: &'a VerifyingKey,
    /// What lets somebody else than the patient sign (`pmw-dl`).
    pub delegation: Option<&'a Delegation>,
}

/// What somebody who reads a token knows by themselves.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The reader's own key.
    pub reader: &'a VerifyingKey,
    /// The key that this patient used before; `None` at the first contact.
    pub pinned: Option<&'a VerifyingKey>,
    /// Whether the reader had verified this very token before: what a delegation let somebody sign
    /// holds on when it is taken back afterwards.
    pub was_known: bool,
}

/// What a token says, read from its payload; who signed it, if anybody, is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentToken {
    id: ConsentId,
    key: VerifyingKey,
    delegation: Option<Delegation>,
    reader: Thumbprint,
    audience: Option<Text>,
    issued_at: Timestamp,
    not_before: Timestamp,
    expires_at: Timestamp,
    scope: Scope,
}

impl ConsentToken {
    /// Writes the payload that is shown and then signed.
    ///
    /// # Errors
    /// [`ConsentError::Invalid`] when grant, opening and aliases do not belong together, or no
    /// reader would accept it; [`ConsentError::TooLong`]; for what somebody else signs than the
    /// patient as [`Delegation::covers`].
    pub fn payload(terms: &Terms<'_>) -> Result<Buffer, ConsentError> {
        let grant = terms.grant;
        let mut only = terms.aliases.to_vec();
        order::sort(&mut only);
        if terms.opening.denied() != grant.denied()
            || terms.opening.withheld() != grant.withheld()
            || only.len() != grant.only().len()
        {
            return Err(ConsentError::Invalid);
        }
        let scope = Scope {
            categories: grant.categories(),
            private_terms: terms.opening.commit(),
            purpose: grant.purpose(),
            dates: grant.dates(),
            request: grant.request(),
            only,
            reason: grant.reason().map(Text::from),
            erase_by: grant.erase_by(),
            flags: grant.flags(),
        };
        let token = Self {
            id: terms.id,
            key: *terms.key,
            delegation: terms.delegation.cloned(),
            reader: Thumbprint::of(terms.reader),
            audience: terms.audience.map(Text::from),
            issued_at: terms.issued_at,
            not_before: grant.not_before(),
            expires_at: grant.expires_at(),
            scope,
        };
        let payload = token.encode();
        Self::parse_payload(&payload).map(|_| payload)
    }

    /// Signs a payload that [`ConsentToken::payload`] wrote.
    ///
    /// # Errors
    /// [`ConsentError::Invalid`] when the payload names another key; the errors of
    /// [`ConsentToken::parse_payload`].
    pub fn sign(key: &SigningKey, payload: &[u8]) -> Result<Vec<u8>, ConsentError> {
        if Self::parse_payload(payload)?.key != key.verifying_key() {
            return Err(ConsentError::Invalid);
        }
        Ok(sign(SignedKind::Consent, key, payload)?.to_vec())
    }

    /// Reads a payload, signed or not.
    ///
    /// # Errors
    /// [`ConsentError::Invalid`], [`ConsentError::UnknownVersion`], [`ConsentError::TooLong`];
    /// [`ConsentError::WiderThanDelegated`], [`ConsentError::DelegationEnded`],
    /// [`ConsentError::DelegatedOn`], [`ConsentError::OtherRequester`] for what a delegation does
    /// not cover.
    pub fn parse_payload(payload: &[u8]) -> Result<Self, ConsentError> {
        Claims::decode(payload)?.judge()
    }

    /// Reads a token without verifying it: one of this wallet's own, or to find the key that it has
    /// to agree with.
    ///
    /// # Errors
    /// [`ConsentError::WrongType`]; as [`ConsentToken::parse_payload`].
    ///
    /// # Security
    /// Anybody can have written what it says.
    pub fn read(bytes: &[u8]) -> Result<Self, ConsentError> {
        Self::parse_payload(unverified(SignedKind::Consent, bytes)?.dangerous_claims())
    }

    /// Verifies a token; the only way to a [`VerifiedConsent`].
    ///
    /// `revocations` are those that have reached the reader, under the key of the patient. Where
    /// somebody else signs, this is the key that signed the delegation.
    ///
    /// # Errors
    /// [`ConsentError::WrongType`], [`ConsentError::Invalid`], [`ConsentError::UnknownVersion`],
    /// [`ConsentError::TooLong`], [`ConsentError::OtherRequester`],
    /// [`ConsentError::WrongPatientKey`], [`ConsentError::NotYetValid`],
    /// [`ConsentError::Expired`], [`ConsentError::Revoked`], [`ConsentError::DelegationRevoked`];
    /// those of a delegation as [`ConsentToken::parse_payload`].
    pub fn verify(
        bytes: &[u8],
        expected: &Expected<'_>,
        now: Timestamp,
        revocations: Option<&Revocations>,
    ) -> Result<VerifiedConsent, ConsentError> {
        let unverified = unverified(SignedKind::Consent, bytes)?;
        let claims = Claims::decode(unverified.dangerous_claims())?;
        let object_id = *unverified.verify(&claims.key)?.id();
        let token = claims.judge()?;
        if token.reader != Thumbprint::of(expected.reader) {
            return Err(ConsentError::OtherRequester);
        }
        if token.audience().is_some_and(|did| wire::is_of(did, expected.reader).is_err()) {
            return Err(ConsentError::OtherRequester);
        }
        if expected.pinned.is_some_and(|pinned| *pinned != *token.patient_key()) {
            return Err(ConsentError::WrongPatientKey);
        }
        has_come(token.issued_at, now)?;
        has_come(token.not_before, now)?;
        if token.expires_at <= now {
            return Err(ConsentError::Expired);
        }
        let consent = VerifiedConsent { token, object_id };
        match revocations {
            Some(revocations) if revocations.key() != consent.patient_key() => {
                Err(ConsentError::WrongPatientKey)
            }
            Some(revocations) if revocations.revokes(&consent) => Err(ConsentError::Revoked),
            Some(revocations)
                if !expected.was_known && revocations.revokes_delegation(&consent.token) =>
            {
                Err(ConsentError::DelegationRevoked)
            }
            _ => Ok(consent),
        }
    }

    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> ConsentId {
        self.id
    }

    /// Returns the key that signs: the patient's for this reader, or that of whoever acts.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Returns the patient's key for this reader, whoever signs.
    #[must_use]
    pub const fn patient_key(&self) -> &VerifyingKey {
        match &self.delegation {
            Some(delegation) => delegation.key(),
            None => &self.key,
        }
    }

    /// Returns what lets somebody else than the patient sign.
    #[must_use]
    pub const fn delegation(&self) -> Option<&Delegation> {
        self.delegation.as_ref()
    }

    /// Returns the thumbprint of the reader's key.
    #[must_use]
    pub const fn reader(&self) -> Thumbprint {
        self.reader
    }

    /// Returns the DID of the reader, where it was said.
    #[must_use]
    pub fn audience(&self) -> Option<&str> {
        self.audience.as_ref().map(Text::as_str)
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

    /// Returns what it permits.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    fn encode(&self) -> Buffer {
        let delegation = self.delegation.as_ref().map(Delegation::bytes);
        let mut out = Encoder::with_capacity(ROOM + delegation.map_or(0, <[u8]>::len));
        out.map(7 + usize::from(self.audience.is_some()) + usize::from(delegation.is_some()));
        if let Some(audience) = &self.audience {
            out.int(AUDIENCE);
            out.text(audience.as_str());
        }
        out.int(EXPIRES);
        out.uint(self.expires_at.unix());
        out.int(NOT_BEFORE);
        out.uint(self.not_before.unix());
        out.int(ISSUED_AT);
        out.uint(self.issued_at.unix());
        out.int(ID);
        out.bytes(self.id.as_bytes());
        out.int(CONFIRMATION);
        out.map(1);
        out.int(THUMBPRINT);
        out.bytes(self.reader.as_bytes());
        out.int(SCOPE);
        out.bytes(&self.scope.encode());
        out.int(KEY);
        out.bytes(&self.key.to_sec1());
        if let Some(delegation) = delegation {
            out.int(DELEGATION);
            out.bytes(delegation);
        }
        out.finish()
    }
}

/// The claims as they stand there; the scope is read when the signature holds.
struct Claims<'a> {
    audience: Option<&'a str>,
    expires_at: Timestamp,
    not_before: Timestamp,
    issued_at: Timestamp,
    id: ConsentId,
    reader: Thumbprint,
    scope: &'a [u8],
    key: VerifyingKey,
    delegation: Option<&'a [u8]>,
}

impl<'a> Claims<'a> {
    fn decode(payload: &'a [u8]) -> Result<Self, ConsentError> {
        let mut claims = Map::new(Decoder::new(payload))?;
        let audience = claims.optional(AUDIENCE)?.map(Decoder::text).transpose()?;
        let expires_at = read_time(claims.at(EXPIRES)?)?;
        let not_before = read_time(claims.at(NOT_BEFORE)?)?;
        let issued_at = read_time(claims.at(ISSUED_AT)?)?;
        let id = ConsentId::from_bytes(read_array(claims.at(ID)?)?);
        let input = claims.at(CONFIRMATION)?;
        let mut confirmation = input.map()?;
        if confirmation.next(input)? != Some(THUMBPRINT) {
            return Err(ConsentError::Invalid);
        }
        let reader = read_thumbprint(input)?;
        if confirmation.next(input)?.is_some() {
            return Err(ConsentError::Invalid);
        }
        let scope = claims.at(SCOPE)?.bytes()?;
        let key = read_key(claims.at(KEY)?)?;
        let delegation = claims.optional(DELEGATION)?.map(Decoder::bytes).transpose()?;
        claims.finish()?;
        Ok(Self { audience, expires_at, not_before, issued_at, id, reader, scope, key, delegation })
    }

    /// Reads scope and delegation, and demands lives that a token can have and what is covered.
    fn judge(&self) -> Result<ConsentToken, ConsentError> {
        let scope = Scope::decode(self.scope)?;
        let (from, to) = (self.not_before.min(self.issued_at), self.expires_at);
        if self.not_before.max(self.issued_at) >= to || scope.erase_by < self.not_before {
            return Err(ConsentError::Invalid);
        }
        wire::lives(from, to, Grant::LONGEST)?;
        let audience = self.audience.map(wire::did).transpose()?.map(Text::from);
        let token = ConsentToken {
            id: self.id,
            key: self.key,
            delegation: self.delegation.map(Delegation::read).transpose()?,
            reader: self.reader,
            audience,
            issued_at: self.issued_at,
            not_before: self.not_before,
            expires_at: to,
            scope,
        };
        if let Some(delegation) = &token.delegation {
            delegation.covers(&token)?;
        }
        Ok(token)
    }
}

/// The method of confirmation by the thumbprint of a key (RFC 8747: kid).
const THUMBPRINT: i64 = 3;
const ROOM: usize = 1024;
