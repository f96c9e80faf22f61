//! The border of the patient wallet: what Kotlin, Swift and Python see of the core.
//!
//! ```text
//! app -> facade (android/, ios/) -> generated code -> here -> patient_wallet
//! ```
//! Names and conversions only; nothing is decided here. Every call is synchronous and answers a
//! `Result`. Ids cross as hex, times as seconds since 1970, lists in pages, files by path. Memory
//! that this library frees is wiped first. Threads, lifetimes, errors: ffi/README.md.

#![expect(
    missing_debug_implementations,
    reason = "records that cross hold health data in plain strings: nothing may print them"
)]
#![expect(
    clippy::missing_errors_doc,
    reason = "every call answers `WalletError`, whose variants say what the app does"
)]

mod call;
mod directory;
mod envelope;
mod error;
mod home;
mod host;
mod live;
mod page;
mod parse;
mod requester;
mod session;
#[cfg(feature = "testing")]
mod testing;
mod vocabulary;
mod wallet;

pub use directory::*;
pub use envelope::*;
pub use error::{CallbackError, KeystoreError, WalletError};
pub use host::{CancelToken, Keystore, ProgressListener, WalletClock};
pub use requester::*;
pub use session::*;
pub use vocabulary::*;
pub use wallet::*;

#[cfg(feature = "testing")]
pub use testing::*;

uniffi::setup_scaffolding!("patient_wallet");

/// Buffers that crossed cannot be wiped one by one, so all memory is wiped when it is freed.
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);
