//! What the phone lends: keystore, clock, listener; and the sign that work should stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use patient_wallet::error;
use patient_wallet::host::{self, Host, Policy, Timestamp};
use zeroize::Zeroizing;

use crate::error::{CallbackError, KeystoreError, WalletError, refused};
use crate::live::{Kind, Live};

/// How a keystore item may be read.
#[uniffi::remote(Enum)]
pub enum Policy {
    /// Without asking anybody, while the device is unlocked.
    Silent,
    /// Only after the patient was recognised there and then; gone when new biometrics are enrolled.
    UserPresence,
}

/// A place of the device for small secrets, backed by its secure hardware where it has any.
///
/// Each `put` seals under a hardware key of its own and returns only when the item is durable;
/// overwriting and `delete` destroy the old hardware key; `Unavailable` is never an answer for an
/// item that is gone. Anything else that is thrown counts as `Unavailable`. It is called on the
/// thread of the call that needs it, and must not call the same wallet.
#[uniffi::export(foreign)]
pub trait Keystore: Send + Sync {
    /// Keeps a secret under a name, replacing what was there.
    fn put(&self, name: String, secret: Vec<u8>, policy: Policy) -> Result<(), KeystoreError>;

    /// Reads a secret.
    fn get(&self, name: String) -> Result<Vec<u8>, KeystoreError>;

    /// Destroys a secret; deleting what is not there succeeds.
    fn delete(&self, name: String) -> Result<(), KeystoreError>;
}

/// The time, as the device knows it.
#[uniffi::export(foreign)]
pub trait WalletClock: Send + Sync {
    /// Tells the time of day, in seconds since 1970.
    fn now(&self) -> Result<u64, CallbackError>;

    /// Tells milliseconds since some fixed moment; never goes back, goes on while the device sleeps.
    fn monotonic_ms(&self) -> Result<u64, CallbackError>;
}

/// Is told how far a long call has come. What it throws is ignored: progress is for show.
#[uniffi::export(foreign)]
pub trait ProgressListener: Send + Sync {
    /// Hears that `done` units of `total` are done; `total` is unknown for a stream.
    fn progress(&self, done: u64, total: Option<u64>) -> Result<(), CallbackError>;
}

/// A sign, shared between threads, that a call should stop.
#[derive(uniffi::Object)]
pub struct CancelToken {
    token: host::CancelToken,
    _live: Live,
}

#[uniffi::export]
impl CancelToken {
    /// Makes a token that nobody has cancelled.
    #[uniffi::constructor]
    pub fn new() -> Result<Self, WalletError> {
        Ok(Self { token: host::CancelToken::new(), _live: Live::new(Kind::CancelToken) })
    }

    /// Asks the call to stop at its next step.
    pub fn cancel(&self) -> Result<(), WalletError> {
        self.token.cancel();
        Ok(())
    }

    /// Tells whether the call should stop.
    pub fn is_cancelled(&self) -> Result<bool, WalletError> {
        Ok(self.token.is_cancelled())
    }
}

/// Gives the token of a call; one of its own where the app gave none, so that a lock can stop it.
pub(crate) fn token(cancel: Option<&Arc<CancelToken>>) -> host::CancelToken {
    cancel.map_or_else(host::CancelToken::new, |cancel| cancel.token.clone())
}

/// Tells a listener, if there is one.
pub(crate) fn progress(listener: Option<Arc<dyn ProgressListener>>) -> impl host::ProgressListener {
    move |done, total| {
        if let Some(listener) = &listener {
            // As the trait says.
            let _ = listener.progress(done, total);
        }
    }
}

/// Gives the core what the phone lends.
pub(crate) fn host(keystore: Arc<dyn Keystore>, clock: &Arc<DeviceClock>) -> Host {
    Host { keystore: Arc::new(DeviceKeystore(keystore)), clock: Arc::clone(clock) as _ }
}

struct DeviceKeystore(Arc<dyn Keystore>);

impl host::Keystore for DeviceKeystore {
    fn put(&self, name: &str, secret: &[u8], policy: Policy) -> Result<(), host::KeystoreError> {
        Ok(self.0.put(name.to_owned(), secret.to_vec(), policy)?)
    }

    fn get(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, host::KeystoreError> {
        Ok(Zeroizing::new(self.0.get(name.to_owned())?))
    }

    fn delete(&self, name: &str) -> Result<(), host::KeystoreError> {
        Ok(self.0.delete(name.to_owned())?)
    }
}

/// The clock of the device. The core's has no way to fail: each call asks first, and what fails
/// within a call stands still.
pub(crate) struct DeviceClock {
    clock: Arc<dyn WalletClock>,
    now: AtomicU64,
    monotonic_ms: AtomicU64,
}

impl DeviceClock {
    pub(crate) fn new(clock: Arc<dyn WalletClock>) -> Arc<Self> {
        Arc::new(Self { clock, now: AtomicU64::new(0), monotonic_ms: AtomicU64::new(0) })
    }

    /// Asks whether the clock answers.
    pub(crate) fn check(&self) -> Result<(), WalletError> {
        let answers = keep(&self.now, self.clock.now())
            && keep(&self.monotonic_ms, self.clock.monotonic_ms());
        if answers { Ok(()) } else { Err(refused(error::WalletError::NoClock)) }
    }
}

fn keep(last: &AtomicU64, answer: Result<u64, CallbackError>) -> bool {
    answer.map(|answer| last.store(answer, Ordering::Relaxed)).is_ok()
}

impl host::WalletClock for DeviceClock {
    fn now(&self) -> Timestamp {
        keep(&self.now, self.clock.now());
        Timestamp::from_unix(self.now.load(Ordering::Relaxed))
    }

    fn monotonic_ms(&self) -> u64 {
        keep(&self.monotonic_ms, self.clock.monotonic_ms());
        self.monotonic_ms.load(Ordering::Relaxed)
    }
}
