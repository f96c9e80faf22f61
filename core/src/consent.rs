//! Consent: who may read what, why and until when, decided by one function and signed by the
//! patient.
//!
//! ```text
//! request -> narrowing -> grant -> decide (record by record) -> token, signed -> verified consent
//! ```
//! Everything here is pure: no vault, no clock, no session. What a token says in clear never names
//! a label that was denied or a record that was held back: it holds a commitment to them, and the
//! [`Opening`] stays with the patient. Only [`ConsentToken::verify`] makes a [`VerifiedConsent`].
//! Bytes: docs/formats.md, signed objects and scope.

mod contact;
mod credential;
mod delegation;
mod denial;
mod error;
mod grant;
mod ids;
mod lookalike;
mod narrowing;
mod policy;
mod preset;
mod request;
mod revocation;
mod scope;
mod state;
mod token;
mod vocabulary;
mod wire;

pub use contact::{Contact, NewContact, Role};
pub use credential::{Credential, CredentialList, Subject};
pub use delegation::DelegationError;
pub use denial::Denial;
pub use error::ConsentError;
pub use grant::Grant;
pub use ids::{Alias, AliasKey, ConsentId, CredentialId, RequestId, RuleId, Thumbprint};
pub(crate) use ids::{generated, id};
pub(crate) use lookalike::Names;
pub use lookalike::looks_like;
pub use narrowing::Narrowing;
pub use policy::{Because, Candidate, Reader, Reasons, Rule, decide};
pub use preset::Preset;
pub use request::{AccessRequest, NewRequest};
pub use revocation::{Revocation, Revocations};
pub use scope::{Opening, Scope};
pub use state::{ConsentState, RequestState, Standing};
pub use token::{ConsentToken, Expected, Terms, VerifiedConsent};
pub use vocabulary::{CategorySet, DateRange, Flags, Purpose, RequesterClass};
pub use wire::without_hidden;
