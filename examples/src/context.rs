//! What every command stands on: which wallet, what the computer lends it, what the patient said.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use patient_wallet::host::Host;
use patient_wallet::keys::{KdfParams, Passphrase};
use patient_wallet::{Session, Wallet, WalletOptions};

use crate::cli::Common;
use crate::clock::Clock;
use crate::errors::{CliError, Failure};
use crate::home;
use crate::keystore::FileKeystore;
use crate::passphrase;

/// One run of the command line.
#[derive(Debug)]
pub(crate) struct Context {
    home: PathBuf,
    common: Common,
    kdf: Option<KdfParams>,
}

impl Context {
    /// Finds the home.
    pub(crate) fn new(common: Common) -> Result<Self, Failure> {
        let home = match &common.home {
            Some(home) => home.clone(),
            None => home::of_platform().ok_or(CliError::NoHome)?,
        };
        Ok(Self { home, kdf: common.kdf, common })
    }

    /// Sets the cost of a passphrase instead of measuring the computer.
    pub(crate) const fn with_kdf(mut self, params: KdfParams) -> Self {
        self.kdf = Some(params);
        self
    }

    /// Gives the folder of the wallet.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// Tells whether the patient said yes beforehand.
    pub(crate) const fn yes(&self) -> bool {
        self.common.yes
    }

    /// Tells whether the answer is for a script.
    pub(crate) const fn json(&self) -> bool {
        self.common.json
    }

    /// Gives the locked wallet.
    pub(crate) fn wallet(&self) -> Wallet {
        let host = Host {
            keystore: Arc::new(FileKeystore::in_folder(self.home.join("keystore"))),
            clock: Arc::new(Clock::new(self.common.at)),
        };
        let options = WalletOptions { kdf: self.kdf, ..WalletOptions::default() };
        Wallet::at(&self.home, host, options)
    }

    /// Gives the passphrase that is.
    pub(crate) fn passphrase(&self) -> Result<Passphrase, Failure> {
        passphrase::known(self.common.passphrase_file.as_deref())
    }

    /// Gives the passphrase that shall be.
    pub(crate) fn new_passphrase(&self) -> Result<Passphrase, Failure> {
        passphrase::fresh(self.common.passphrase_file.as_deref())
    }

    /// Opens the wallet with the passphrase.
    pub(crate) fn unlock(&self) -> Result<Session, Failure> {
        let wallet = self.wallet();
        if !wallet.exists() {
            return Err(patient_wallet::error::WalletError::NoWallet.into());
        }
        Ok(wallet.unlock(&self.passphrase()?)?)
    }
}
