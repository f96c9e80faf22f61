//! What the phone lends: a keystore, a clock, a listener, a way to cancel.
//!
//! The core starts no thread and holds no lock when it calls one of these. Secrets that pass here
//! are small: device secrets, never the seed and never the vault's root key.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

/// How a keystore item may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Without asking anybody, while the device is unlocked.
    Silent,
    /// Only after the patient was recognised there and then; gone when new biometrics are enrolled.
    UserPresence,
}

/// Why a keystore did not do what it was asked.
///
/// The five are kept apart because the patient's way back differs for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum KeystoreError {
    /// The patient turned the prompt away.
    #[error("the prompt was cancelled")]
    Cancelled,
    /// Too many failed attempts at the prompt.
    #[error("the device refuses further attempts for now")]
    LockedOut,
    /// The item exists no more because the enrolled biometrics changed.
    #[error("the item was invalidated by a change of biometrics")]
    Invalidated,
    /// There is no such item.
    #[error("the keystore has no such item")]
    Missing,
    /// The keystore cannot answer now, or does not support the policy; says nothing about the item.
    #[error("the keystore is unavailable")]
    Unavailable,
}

impl KeystoreError {
    /// Gives the stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Cancelled => "keystore.cancelled",
            Self::LockedOut => "keystore.locked-out",
            Self::Invalidated => "keystore.invalidated",
            Self::Missing => "keystore.missing",
            Self::Unavailable => "keystore.unavailable",
        }
    }
}

/// A place of the device for small secrets, backed by its secure hardware where it has any.
///
/// Contract, which `testing::keystore` checks for every implementation: each `put` seals under a
/// hardware key of its own and returns only when the item is durable; overwriting and `delete`
/// destroy the old hardware key once the new item is durable; a blob put back from outside answers
/// `Missing`; `Unavailable` is never an answer for an item that is gone.
pub trait Keystore: Send + Sync {
    /// Keeps a secret under a name, replacing what was there.
    ///
    /// # Errors
    /// `Unavailable` when the keystore cannot or the policy is not supported; the old item is kept.
    fn put(&self, name: &str, secret: &[u8], policy: Policy) -> Result<(), KeystoreError>;

    /// Reads a secret.
    ///
    /// # Errors
    /// `Missing` when there is no such item; the others as they say.
    fn get(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeystoreError>;

    /// Destroys a secret; deleting what is not there succeeds.
    ///
    /// # Errors
    /// `Unavailable` when the keystore cannot.
    fn delete(&self, name: &str) -> Result<(), KeystoreError>;
}

/// Whole seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Takes seconds since 1970.
    #[must_use]
    pub const fn from_unix(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Gives seconds since 1970.
    #[must_use]
    pub const fn unix(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    /// Writes RFC 3339 in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = i64::try_from(self.0)
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .and_then(|moment| moment.format(&Rfc3339).ok());
        f.write_str(written.as_deref().unwrap_or("after the year 9999"))
    }
}

/// The time, as the device knows it.
pub trait WalletClock: Send + Sync {
    /// Tells the time of day.
    fn now(&self) -> Timestamp;

    /// Tells milliseconds since some fixed moment; never goes back, goes on while the device sleeps.
    fn monotonic_ms(&self) -> u64;
}

/// The keystore and the clock of the device a wallet lives on.
#[derive(Clone)]
pub struct Host {
    /// Where the device keeps small secrets.
    pub keystore: Arc<dyn Keystore>,
    /// The time, as the device knows it.
    pub clock: Arc<dyn WalletClock>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

/// Is told how far a long piece of work has come.
pub trait ProgressListener {
    /// Hears that `done` units of `total` are done; `total` is unknown for a stream.
    fn progress(&self, done: u64, total: Option<u64>);
}

impl<F: Fn(u64, Option<u64>)> ProgressListener for F {
    fn progress(&self, done: u64, total: Option<u64>) {
        self(done, total);
    }
}

/// A sign, shared between threads, that work should stop.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Makes a token that nobody has cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the work to stop at its next step.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Tells whether the work should stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_read_as_rfc_3339() {
        assert_eq!(Timestamp::from_unix(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp::from_unix(1_795_257_600).to_string(), "2026-11-21T10:40:00Z");
        assert_eq!(Timestamp::from_unix(u64::MAX).to_string(), "after the year 9999");
    }

    #[test]
    fn a_cancel_reaches_every_clone() {
        let token = CancelToken::new();
        let other = token.clone();
        token.cancel();
        assert!(other.is_cancelled());
    }
}
