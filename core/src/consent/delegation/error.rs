//! Why somebody may not act for a patient.

use crate::codec::Malformed;
use crate::consent::ConsentError;
use crate::keys::KeyError;

macro_rules! errors {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $sentence:literal;)+) => {
        /// Why somebody may not act for a patient.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
        #[non_exhaustive]
        pub enum DelegationError {
            $($(#[doc = $doc])+ #[error($sentence)] $name,)+
        }

        impl DelegationError {
            /// Every one, for the documentation and for tests.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the stable code.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }
        }
    };
}

errors! {
    /// It would give more than the delegation covers.
    Widen = "delegation.widen", "who acts for a patient gives no more than the delegation covers";
    /// It would let somebody else act for the patient.
    DelegateOn = "delegation.delegate-on", "who acts for a patient cannot pass that on";
    /// It would bring the patient's keys back.
    Recover = "delegation.recover", "who acts for a patient cannot recover the keys";
    /// It would erase what is the patient's.
    Erase = "delegation.erase", "who acts for a patient cannot erase";
    /// The delegation does not name this act.
    NotAllowed = "delegation.not-allowed", "the delegation does not allow this";
    /// The delegation does not cover this requester.
    OtherRequester = "delegation.other-requester", "the delegation does not cover this requester";
    /// The delegation has ended.
    Ended = "delegation.ended", "the delegation has ended";
    /// The patient took the delegation back.
    Revoked = "delegation.revoked", "the patient has taken the delegation back";
    /// The patient is of age before the delegation would end, and decides alone from then on.
    OfAge = "delegation.of-age", "the patient is of age before the delegation would end";
    /// Nothing says when the patient was born, so nobody knows when they are of age.
    BornUnknown = "delegation.born-unknown", "the record does not say when the patient was born";
    /// The key is wrong or the sealed delegation was changed: nothing tells which.
    Undecryptable = "delegation.undecryptable", "wrong key or damaged delegation";
    /// The bytes are damaged, say what cannot be, or are not signed by the key that they name.
    Invalid = "delegation.invalid", "this delegation is damaged, or not signed by the key that it names";
    /// It is a signed object of another kind.
    WrongType = "delegation.wrong-type", "this is no delegation but another signed object";
    /// The version is not one that this wallet knows.
    UnknownVersion = "delegation.unknown-version", "this delegation was made by a newer version";
    /// It would hold for longer than three years.
    TooLong = "delegation.too-long", "this would hold for longer than a delegation may";
    /// There is no such delegation.
    NotFound = "delegation.not-found", "there is no such delegation";
}

impl From<Malformed> for DelegationError {
    fn from(_: Malformed) -> Self {
        Self::Invalid
    }
}

impl From<KeyError> for DelegationError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Undecryptable => Self::Undecryptable,
            _ => Self::Invalid,
        }
    }
}

/// What reading the parts that every signed object has says of a delegation.
impl From<ConsentError> for DelegationError {
    fn from(error: ConsentError) -> Self {
        match error {
            ConsentError::WrongType => Self::WrongType,
            ConsentError::UnknownVersion => Self::UnknownVersion,
            ConsentError::TooLong => Self::TooLong,
            ConsentError::OtherRequester => Self::OtherRequester,
            _ => Self::Invalid,
        }
    }
}

/// What a reader says of a token whose delegation does not stand.
impl From<DelegationError> for ConsentError {
    fn from(error: DelegationError) -> Self {
        match error {
            DelegationError::UnknownVersion => Self::UnknownVersion,
            DelegationError::TooLong => Self::TooLong,
            DelegationError::OtherRequester => Self::OtherRequester,
            DelegationError::Ended => Self::DelegationEnded,
            DelegationError::Revoked => Self::DelegationRevoked,
            DelegationError::DelegateOn => Self::DelegatedOn,
            DelegationError::Widen
            | DelegationError::Recover
            | DelegationError::Erase
            | DelegationError::NotAllowed
            | DelegationError::OfAge => Self::WiderThanDelegated,
            DelegationError::Undecryptable
            | DelegationError::Invalid
            | DelegationError::WrongType
            | DelegationError::BornUnknown
            | DelegationError::NotFound => Self::Invalid,
        }
    }
}
