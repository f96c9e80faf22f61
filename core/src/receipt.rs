//! What a reader signs about an access, and what that tells the patient.
//!
//! A consent is a promise about the future; receipts show whether it was kept. A reader signs who
//! read what, when, under which consent and what for; the wallet compares that with what was given.
//! Bytes: docs/formats.md, receipts.

use crate::codec::Malformed;
use crate::keys::KeyError;

macro_rules! errors {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $sentence:literal;)+) => {
        /// Why a receipt was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
        #[non_exhaustive]
        pub enum ReceiptError {
            $($(#[doc = $doc])+ #[error($sentence)] $name,)+
        }

        impl ReceiptError {
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
    Invalid = "receipt.invalid", "this receipt is damaged, or not signed by the key that it names";
    /// It is a signed object of another kind.
    WrongType = "receipt.wrong-type", "this is no receipt but another signed object";
    /// The version is not one that this wallet knows.
    UnknownVersion = "receipt.unknown-version", "this receipt was made by a newer version";
    /// It tells of an access that is still to come.
    NotYetValid = "receipt.not-yet-valid", "this receipt is of a time that has not come";
    /// It is about what another patient gave.
    Foreign = "receipt.foreign", "this receipt is about another patient";
    /// As many are kept of this reader as may be.
    TooMany = "receipt.too-many", "this reader has sent more receipts than are kept";
    /// There is no such receipt, notice or opened disclosure.
    NotFound = "receipt.not-found", "there is no such receipt, notice or opened disclosure";
}

impl From<Malformed> for ReceiptError {
    fn from(_: Malformed) -> Self {
        Self::Invalid
    }
}

impl From<KeyError> for ReceiptError {
    fn from(_: KeyError) -> Self {
        Self::Invalid
    }
}
