//! Delegation: who may act for the patient towards one requester, signed by the patient's key for
//! that requester (`pmw-dl`). Bytes: docs/formats.md, delegation.

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
    /// The key is wrong or the sealed delegation was changed: nothing tells which.
    Undecryptable = "delegation.undecryptable", "wrong key or damaged delegation";
    /// There is no such delegation.
    NotFound = "delegation.not-found", "there is no such delegation";
}
