//! Why something of a consent was refused.

use crate::codec::Malformed;
use crate::keys::KeyError;

macro_rules! errors {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $sentence:literal;)+) => {
        /// Why a request, a token, or anything else of a consent was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
        #[non_exhaustive]
        pub enum ConsentError {
            $($(#[doc = $doc])+ #[error($sentence)] $name,)+
        }

        impl ConsentError {
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
    /// The bytes are damaged, say what cannot be, or are not signed by the key that they name.
    Invalid = "consent.invalid", "this is damaged, or not signed by the key that it names";
    /// The signed object is intact in its form, but of another kind than what was asked for.
    WrongType = "consent.wrong-type", "this is another kind of signed object";
    /// The version is not one that this wallet knows.
    UnknownVersion = "consent.unknown-version", "this was made by a newer version";
    /// The consent or the contact has ended.
    Expired = "consent.expired", "this has expired";
    /// The time from which it holds, or the time of signing, has not come yet.
    NotYetValid = "consent.not-yet-valid", "this is not valid yet";
    /// The patient took the consent back.
    Revoked = "consent.revoked", "the patient has taken this consent back";
    /// The consent names another reader.
    OtherRequester = "consent.other-requester", "this consent was given to somebody else";
    /// Another key signed than the one that the patient used before.
    WrongPatientKey = "consent.wrong-patient-key", "another key signed than the one known for this patient";
    /// A consent for a single use was used.
    Used = "consent.used", "this consent was for one use, and it was used";
    /// The request was seen before.
    Replayed = "consent.replayed", "this request was seen before";
    /// The request was answered before.
    Answered = "consent.answered", "this request was answered before";
    /// The request has expired.
    RequestExpired = "consent.request-expired", "the request has expired";
    /// The patient's choice goes beyond what was asked.
    WiderThanAsked = "consent.wider-than-asked", "this would give more than was asked for";
    /// What was reviewed is too old or would be released differently now.
    ReviewStale = "consent.review-stale", "what was reviewed has changed: review it again";
    /// The inbox holds as many requests as it may.
    InboxFull = "consent.inbox-full", "the inbox is full";
    /// The life is longer than its kind may have.
    TooLong = "consent.too-long", "this would hold for longer than it may";
    /// More than one object can carry.
    TooMany = "consent.too-many", "this names more than one object can carry";
    /// There is no such request, consent, contact or rule.
    NotFound = "consent.not-found", "there is no such request, consent, contact or rule";
    /// Nothing would be released.
    NothingToRelease = "consent.nothing-to-release", "nothing would be released";
    /// Nobody whom the patient believes vouches for it.
    NotTrusted = "consent.not-trusted", "nobody you trust vouches for this";
    /// The directory has taken the credential back.
    CredentialRevoked = "consent.credential-revoked", "the directory has taken this credential back";
    /// The credential has expired.
    CredentialExpired = "consent.credential-expired", "the credential has expired";
    /// The consent ended, and the key to open what was given under it was destroyed.
    Ended = "consent.ended", "this consent has ended, and the key for it was destroyed";
    /// Somebody who acts for the patient signed more than the delegation covers.
    WiderThanDelegated = "consent.wider-than-delegated", "this gives more than the patient let somebody else give";
    /// Somebody who acts for the patient signed when the delegation had ended.
    DelegationEnded = "consent.delegation-ended", "whoever signed did not act for the patient any more";
    /// The patient took the delegation back before this reader had seen what was signed under it.
    DelegationRevoked = "consent.delegation-revoked", "the patient took back that somebody else may sign";
    /// Somebody who acts for the patient let somebody else act.
    DelegatedOn = "consent.delegated-on", "who acts for a patient cannot let somebody else do so";
    /// The operating system gave no random bytes.
    Randomness = "consent.randomness", "the system gives no randomness";
}

impl From<Malformed> for ConsentError {
    fn from(_: Malformed) -> Self {
        Self::Invalid
    }
}

impl From<KeyError> for ConsentError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Randomness => Self::Randomness,
            _ => Self::Invalid,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_error_has_a_code_and_a_sentence_of_its_own() {
        let codes: HashSet<_> = ConsentError::ALL.iter().map(ConsentError::code).collect();
        let sentences: HashSet<_> = ConsentError::ALL.iter().map(ToString::to_string).collect();
        assert_eq!((codes.len(), sentences.len()), (ConsentError::ALL.len(), codes.len()));
        for error in ConsentError::ALL {
            assert!(error.code().starts_with("consent."), "{error:?}");
            assert!(!error.to_string().ends_with('.'), "{error:?}");
        }
    }
}
