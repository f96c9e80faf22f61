//! Consent: what is decided, what is signed, and what every reader refuses.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

mod bench;
mod decision;
mod delegating;
mod hostile;
mod loose;
mod narrowing;
mod revocations;
mod sizes;
mod tokens;
mod vectors;
mod vouching;
