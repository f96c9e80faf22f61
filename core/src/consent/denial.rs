//! Denial: what the patient answers who does not consent, signed by the key for this requester
//! (`pmw-dn`), or by whoever acts for the patient. It says nothing about what there is.

use super::scope::versioned;
use super::wire::{
    DELEGATION, ISSUED_AT, KEY, REASON, SCOPE, VERSION, has_come, read_array, read_key, read_text,
    read_time, unverified,
};
use super::{ConsentError, Delegation, ProxyAct, RequestId};
use crate::codec::{Buffer, Decoder, Encoder, Map};
use crate::host::Timestamp;
use crate::keys::{SignedKind, SigningKey, VerifyingKey, sign};
use crate::record::Text;

/// A denial whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    request: RequestId,
    reason: Option<Text>,
    key: VerifyingKey,
    delegation: Option<Delegation>,
    issued_at: Timestamp,
}

impl Denial {
    /// Signs a denial with the patient's key for the requester.
    ///
    /// # Errors
    /// [`ConsentError::Invalid`] for a reason that is empty, longer than 80 bytes, or has hidden
    /// characters.
    pub fn sign(
        key: &SigningKey,
        request: RequestId,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<u8>, ConsentError> {
        Self::sign_under(None, key, request, reason, now)
    }

    /// Signs a denial, where there is a delegation with the key of whoever acts.
    ///
    /// # Errors
    /// As [`Denial::sign`], and as [`Denial::verify`] for a delegation.
    pub fn sign_under(
        delegation: Option<&Delegation>,
        key: &SigningKey,
        request: RequestId,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<u8>, ConsentError> {
        let delegation = delegation.map(Delegation::bytes);
        let mut out = Encoder::with_capacity(ROOM + delegation.map_or(0, <[u8]>::len));
        out.map(3 + usize::from(delegation.is_some()));
        out.int(ISSUED_AT);
        out.uint(now.unix());
        out.int(SCOPE);
        out.bytes(&scope(request, reason));
        out.int(KEY);
        out.bytes(&key.verifying_key().to_sec1());
        if let Some(delegation) = delegation {
            out.int(DELEGATION);
            out.bytes(delegation);
        }
        let signed = sign(SignedKind::Denial, key, &out.finish())?.to_vec();
        // What no reader would accept must not be sent.
        Self::verify(&signed, now).map(|_| signed)
    }

    /// Verifies a denial with the key that it names; whose key that is, it cannot tell, nor whom a
    /// delegation is for.
    ///
    /// # Errors
    /// [`ConsentError::WrongType`], [`ConsentError::Invalid`], [`ConsentError::UnknownVersion`],
    /// [`ConsentError::NotYetValid`]; [`ConsentError::WiderThanDelegated`],
    /// [`ConsentError::DelegationEnded`], [`ConsentError::DelegatedOn`].
    pub fn verify(bytes: &[u8], now: Timestamp) -> Result<Self, ConsentError> {
        let unverified = unverified(SignedKind::Denial, bytes)?;
        let mut claims = Map::new(Decoder::new(unverified.dangerous_claims()))?;
        let issued_at = read_time(claims.at(ISSUED_AT)?)?;
        let scope = claims.at(SCOPE)?.bytes()?;
        let key = read_key(claims.at(KEY)?)?;
        let delegation = claims.optional(DELEGATION)?.map(Decoder::bytes).transpose()?;
        claims.finish()?;
        unverified.verify(&key)?;
        let mut map = versioned(scope)?;
        let request = RequestId::from_bytes(read_array(map.at(REQUEST)?)?);
        let reason = map.optional(REASON_KEY)?.map(|input| read_text(input, REASON)).transpose()?;
        map.finish()?;
        has_come(issued_at, now)?;
        let delegation = delegation.map(Delegation::read).transpose()?;
        if let Some(delegation) = &delegation {
            if *delegation.proxy() != key {
                return Err(ConsentError::Invalid);
            }
            delegation.permits(ProxyAct::Deny)?;
            delegation.holds_at(issued_at)?;
            // Nothing else bounds a denial in time.
            if delegation.expires_at() <= now {
                return Err(ConsentError::DelegationEnded);
            }
        }
        Ok(Self { request, reason, key, delegation, issued_at })
    }

    /// Returns the request that is denied.
    #[must_use]
    pub const fn request(&self) -> RequestId {
        self.request
    }

    /// Returns why, where the patient says so.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_ref().map(Text::as_str)
    }

    /// Returns the key that signed: the patient's for this requester, or that of whoever acts.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Returns the patient's key for this requester, whoever signed.
    #[must_use]
    pub const fn patient_key(&self) -> &VerifyingKey {
        match &self.delegation {
            Some(delegation) => delegation.key(),
            None => &self.key,
        }
    }

    /// Returns what let somebody else than the patient sign.
    #[must_use]
    pub const fn delegation(&self) -> Option<&Delegation> {
        self.delegation.as_ref()
    }

    /// Returns when it was signed.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }
}

fn scope(request: RequestId, reason: Option<&str>) -> Buffer {
    let mut out = Encoder::with_capacity(ROOM);
    out.map(2 + usize::from(reason.is_some()));
    out.int(0);
    out.uint(VERSION);
    out.int(REQUEST);
    out.bytes(request.as_bytes());
    if let Some(reason) = reason {
        out.int(REASON_KEY);
        out.text(reason);
    }
    out.finish()
}

// Keys of the scope.
const REQUEST: i64 = 1;
const REASON_KEY: i64 = 2;
const ROOM: usize = 256;
