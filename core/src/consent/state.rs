//! How far a request or a consent has come, and how far an identity is proven.

use std::fmt;

macro_rules! states {
    ($(#[$type_doc:meta])+ $type:ident: $($(#[$doc:meta])+ $name:ident = $word:literal,)+) => {
        $(#[$type_doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $($(#[$doc])+ $name,)+
        }

        impl $type {
            /// Every one, in its order.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the word it is written with.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

states! {
    /// How far a request has come.
    RequestState:
    /// It waits for an answer.
    Requested = "requested",
    /// The patient granted what was asked.
    Granted = "granted",
    /// The patient granted less than was asked.
    Narrowed = "narrowed",
    /// The patient denied it.
    Denied = "denied",
    /// It expired without an answer.
    Expired = "expired",
}

states! {
    /// How far a consent has come.
    ConsentState:
    /// It holds.
    Active = "active",
    /// It has expired.
    Expired = "expired",
    /// The patient took it back.
    Revoked = "revoked",
    /// It was for one use, and it was used.
    Used = "used",
}

states! {
    /// How far an identity is proven, the least first.
    Standing:
    /// Never met before: only their own word.
    FirstContact = "first-contact",
    /// The same key as before.
    Known = "known",
    /// A directory that the patient believes says who they are.
    Vouched = "vouched",
}
