//! The way of a consent, from a request to what a clinic opens and refuses.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

mod attached;
mod clock;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/decoder.rs"]
mod decoder;
mod failing;
#[path = "../common/files.rs"]
mod files;
mod identifying;
mod inbox;
mod known;
mod leak;
mod leaks;
mod noticed;
mod outputs;
mod reading;
mod receipts;
mod refreshing;
mod review;
mod revoking;
mod scene;
mod story;
mod strangers;
mod vouching;
mod whole;
