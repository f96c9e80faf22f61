//! The core of the patient wallet: a person's medical record in their own pocket, sealed on the
//! phone.
//!
//! ```text
//! file -> record -> vault (sealed rows, index in memory) -> session -> the app
//!                      consent -> disclosure, sealed to one requester -> requester
//! ```
//! A [`wallet::Wallet`] is locked; unlocking gives a [`session::Session`], and dropping that locks
//! again. The modules stand in the order of their dependencies: each uses only those above it.
//! The core opens no connection, starts no thread, and has no clock of its own: see [`host`].

// Ground: bytes, files, what the phone lends, keys, one database.
pub(crate) mod order;

pub mod codec;
pub mod file;
pub mod host;
pub mod keys;

pub mod db;

// Way: what a record is, and how it rests.
pub mod record;

pub mod vault;

pub mod consent;

pub mod disclosure;

pub mod receipt;

// Proof: the log, and how it is told.
pub mod audit;

pub mod words;

pub mod qr;

// Door: errors, the folder, an unlocked wallet, a locked one.
pub mod error;

pub(crate) mod home;

pub mod session;

pub mod wallet;

// The other side: who asks, and who vouches.
pub mod requester;

pub mod directory;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use directory::Directory;
pub use error::Error;
pub use requester::Requester;
pub use session::Session;
pub use wallet::{Wallet, WalletOptions};
