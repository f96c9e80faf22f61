//! A locked wallet: a folder, and what the phone lends. Everything begins here.

use std::path::Path;
use std::sync::Arc;

use patient_wallet::keys::{KdfParams, Mnemonic, Passphrase};
use patient_wallet::session::{self, Replace};
use patient_wallet::{keys, wallet};

use crate::call::call;
use crate::error::{WalletError, refused};
use crate::host::{CancelToken, DeviceClock, Keystore, ProgressListener, WalletClock};
use crate::live::{Kind, Live};
use crate::session::Session;
use crate::{host, parse};

/// A locked wallet.
#[derive(uniffi::Object)]
pub struct Wallet {
    wallet: wallet::Wallet,
    clock: Arc<DeviceClock>,
    _live: Live,
}

/// What an app may decide about its wallet.
#[derive(Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct WalletOptions {
    /// Cost of a guess at the passphrase; absent: the device is measured when one is set.
    #[uniffi(default = None)]
    pub kdf: Option<KdfCost>,
    /// Milliseconds without a call after which a session locks.
    #[uniffi(default = 300000)]
    pub idle_ms: u64,
}

/// Cost of one guess at a passphrase (Argon2id, RFC 9106).
#[derive(Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct KdfCost {
    /// Memory in KiB, 19 MiB at least.
    pub memory_kib: u32,
    /// Passes over it, 2 at least.
    pub passes: u32,
}

/// How the patient shows to be there, freshly.
#[derive(uniffi::Enum)]
pub enum Authentication {
    /// The passphrase, typed again.
    Passphrase {
        /// UTF-8.
        bytes: Vec<u8>,
    },
    /// A prompt of the device.
    Biometrics,
    /// The words.
    Words {
        /// UTF-8, blanks between them.
        bytes: Vec<u8>,
    },
}

/// What opens a backup file.
#[derive(uniffi::Enum)]
pub enum BackupKey {
    /// The words of the wallet.
    Words {
        /// UTF-8, blanks between them.
        bytes: Vec<u8>,
    },
    /// The export passphrase that it was made with.
    Passphrase {
        /// UTF-8.
        bytes: Vec<u8>,
    },
}

/// An authentication whose secret was read.
pub(crate) enum Shown {
    Passphrase(Passphrase),
    Biometrics,
    Words(Mnemonic),
}

impl Authentication {
    pub(crate) fn read(self) -> Result<Shown, WalletError> {
        Ok(match self {
            Self::Passphrase { bytes } => Shown::Passphrase(parse::passphrase(bytes)?),
            Self::Biometrics => Shown::Biometrics,
            Self::Words { bytes } => Shown::Words(parse::words(bytes)?),
        })
    }
}

impl Shown {
    pub(crate) const fn as_core(&self) -> session::Authentication<'_> {
        match self {
            Self::Passphrase(typed) => session::Authentication::Passphrase(typed),
            Self::Biometrics => session::Authentication::Biometrics,
            Self::Words(words) => session::Authentication::Words(words),
        }
    }
}

/// A key of a backup that was read.
pub(crate) enum Key {
    Words(Mnemonic),
    Passphrase(Passphrase),
}

impl BackupKey {
    pub(crate) fn read(self) -> Result<Key, WalletError> {
        Ok(match self {
            Self::Words { bytes } => Key::Words(parse::words(bytes)?),
            Self::Passphrase { bytes } => Key::Passphrase(parse::passphrase(bytes)?),
        })
    }
}

impl Key {
    pub(crate) const fn as_core(&self) -> session::BackupKey<'_> {
        match self {
            Self::Words(words) => session::BackupKey::Words(words),
            Self::Passphrase(typed) => session::BackupKey::Passphrase(typed),
        }
    }
}

impl Wallet {
    /// Does one call with the wallet, once the clock has answered.
    pub(crate) fn call<T>(
        &self,
        work: impl FnOnce(&wallet::Wallet) -> Result<T, patient_wallet::Error>,
    ) -> Result<T, WalletError> {
        self.clock.check()?;
        Ok(work(&self.wallet)?)
    }

    pub(crate) const fn clock(&self) -> &Arc<DeviceClock> {
        &self.clock
    }

    fn open(
        &self,
        work: impl FnOnce(&wallet::Wallet) -> Result<patient_wallet::Session, patient_wallet::Error>,
    ) -> Result<Arc<Session>, WalletError> {
        let session = self.call(work)?;
        Ok(Session::of(session, self.wallet.clone(), Arc::clone(&self.clock)))
    }
}

#[uniffi::export]
impl Wallet {
    /// Names a wallet; the folder is made when the wallet is. Nothing is read yet.
    #[uniffi::constructor]
    pub fn new(
        folder: String,
        keystore: Arc<dyn Keystore>,
        clock: Arc<dyn WalletClock>,
        options: WalletOptions,
    ) -> Result<Self, WalletError> {
        call(|| {
            let kdf = options.kdf.map(|cost| KdfParams::new(cost.memory_kib, cost.passes));
            let kdf = kdf.transpose().map_err(refused)?;
            let clock = DeviceClock::new(clock);
            let host = host::host(keystore, &clock);
            let options = wallet::WalletOptions { kdf, idle_ms: options.idle_ms };
            let wallet = wallet::Wallet::at(Path::new(&folder), host, options);
            Ok(Self { wallet, clock, _live: Live::new(Kind::Wallet) })
        })
    }

    /// Tells whether there is a wallet.
    pub fn exists(&self) -> Result<bool, WalletError> {
        call(|| Ok(self.wallet.exists()))
    }

    /// Makes a wallet with fresh words and opens it.
    pub fn create(
        &self,
        passphrase: Vec<u8>,
        words: keys::WordCount,
    ) -> Result<Arc<Session>, WalletError> {
        call(|| {
            let passphrase = parse::passphrase(passphrase)?;
            self.open(|wallet| wallet.create(&passphrase, words))
        })
    }

    /// Makes a wallet for words that the patient has seen already, and opens it.
    pub fn create_from(
        &self,
        words: Vec<u8>,
        passphrase: Vec<u8>,
    ) -> Result<Arc<Session>, WalletError> {
        call(|| {
            let (words, passphrase) = (parse::words(words), parse::passphrase(passphrase));
            let (words, passphrase) = (words?, passphrase?);
            self.open(|wallet| wallet.create_from(&words, &passphrase))
        })
    }

    /// Comes back with the words: opens the wallet that is here, under a new passphrase, or makes
    /// a new one with the same identity where there is none.
    pub fn restore(
        &self,
        words: Vec<u8>,
        passphrase: Vec<u8>,
    ) -> Result<Arc<Session>, WalletError> {
        call(|| {
            let (words, passphrase) = (parse::words(words), parse::passphrase(passphrase));
            let (words, passphrase) = (words?, passphrase?);
            self.open(|wallet| wallet.restore(&words, &passphrase))
        })
    }

    /// Comes back from a backup file under a new passphrase: all of it or nothing.
    #[uniffi::method(default(progress = None, cancel = None))]
    pub fn restore_backup(
        &self,
        path: String,
        key: BackupKey,
        passphrase: Vec<u8>,
        replace: Replace,
        progress: Option<Arc<dyn ProgressListener>>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<Arc<Session>, WalletError> {
        call(|| {
            let (key, passphrase) = (key.read(), parse::passphrase(passphrase));
            let (key, passphrase) = (key?, passphrase?);
            let mut file = parse::read(path)?;
            let (progress, cancel) = (host::progress(progress), host::token(cancel.as_ref()));
            let key = key.as_core();
            self.open(|wallet| {
                wallet.restore_backup(&mut file, &key, &passphrase, replace, &progress, &cancel)
            })
        })
    }

    /// Opens the wallet with the passphrase.
    pub fn unlock(&self, passphrase: Vec<u8>) -> Result<Arc<Session>, WalletError> {
        call(|| {
            let passphrase = parse::passphrase(passphrase)?;
            self.open(|wallet| wallet.unlock(&passphrase))
        })
    }

    /// Opens the wallet after the device has recognised the patient.
    pub fn unlock_with_biometrics(&self) -> Result<Arc<Session>, WalletError> {
        call(|| self.open(wallet::Wallet::unlock_with_biometrics))
    }

    /// Opens a damaged wallet, or one that was rolled back, for reading what is whole.
    pub fn unlock_read_only(&self, with: Authentication) -> Result<Arc<Session>, WalletError> {
        call(|| {
            let with = with.read()?;
            self.open(|wallet| wallet.unlock_read_only(&with.as_core()))
        })
    }
}
