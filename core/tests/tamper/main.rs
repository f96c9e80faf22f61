//! The tamper campaign: whatever is changed behind the wallet's back is noticed at unlock, when it
//! is read or by `verify`; what is whole stays readable; and no file is changed by looking at it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

mod backup;
mod bench;
mod bytes;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/files.rs"]
mod files;
mod keystore;
mod log;
mod random;
mod rollback;
mod rows;
