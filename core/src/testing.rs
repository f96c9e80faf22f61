//! Constructors for tests: a keystore in memory, a clock that stands still, a wallet ready to use.
//!
//! Feature `testing`. It changes no default, no floor and no check: a wallet made here is a wallet.

pub mod keystore;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::host::{Host, Timestamp, WalletClock};
use crate::keys::{KdfParams, Passphrase, WordCount};
use crate::session::Session;
use crate::wallet::{Wallet, WalletOptions};

pub use keystore::{FakeKeystore, Trouble};

/// A clock that goes on only when it is told to.
#[derive(Debug)]
pub struct FixedClock {
    seconds: AtomicU64,
    elapsed_ms: AtomicU64,
}

impl FixedClock {
    /// Makes a clock that shows a moment, in seconds since 1970.
    #[must_use]
    pub const fn at(seconds: u64) -> Self {
        Self { seconds: AtomicU64::new(seconds), elapsed_ms: AtomicU64::new(0) }
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
        self.elapsed_ms.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    /// Sets the time of day, as somebody may do by hand; no time passes.
    pub fn set(&self, seconds: u64) {
        self.seconds.store(seconds, Ordering::Relaxed);
    }
}

impl WalletClock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.seconds.load(Ordering::Relaxed))
    }

    fn monotonic_ms(&self) -> u64 {
        self.elapsed_ms.load(Ordering::Relaxed)
    }
}

/// A wallet in a temporary folder, with the cheapest passphrase that is allowed.
#[derive(Debug)]
pub struct TestWallet {
    folder: tempfile::TempDir,
    /// Its keystore.
    pub keystore: Arc<FakeKeystore>,
    /// Its clock.
    pub clock: Arc<FixedClock>,
}

impl TestWallet {
    /// Makes the folder, the keystore and the clock; no wallet yet.
    ///
    /// # Panics
    /// When the system gives no temporary folder.
    #[must_use]
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let clock = Arc::new(FixedClock::at(MOMENT));
        Self { folder, keystore: Arc::new(FakeKeystore::default()), clock }
    }

    /// Makes a wallet and opens it.
    ///
    /// # Panics
    /// When the wallet cannot be made.
    #[must_use]
    pub fn create() -> (Self, Session) {
        let test = Self::empty();
        let session = test.wallet().create(&Self::passphrase(), WordCount::TwentyFour);
        (test, session.expect("a wallet can be made in an empty folder"))
    }

    /// Gives the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Gives the locked wallet.
    #[must_use]
    pub fn wallet(&self) -> Wallet {
        let options = WalletOptions { kdf: Some(KdfParams::FLOOR), ..WalletOptions::default() };
        let host = Host { keystore: self.keystore.clone(), clock: self.clock.clone() };
        Wallet::at(self.folder(), host, options)
    }

    /// Gives the passphrase of every test wallet.
    ///
    /// # Panics
    /// Never: it is well formed.
    #[must_use]
    pub fn passphrase() -> Passphrase {
        Passphrase::new(b"correct horse battery staple").expect("it is well formed")
    }

    /// Opens the wallet.
    ///
    /// # Errors
    /// As [`Wallet::unlock`].
    pub fn unlock(&self) -> Result<Session, crate::error::Error> {
        self.wallet().unlock(&Self::passphrase())
    }
}

/// 2026-11-21T10:40:00Z.
const MOMENT: u64 = 1_795_257_600;
