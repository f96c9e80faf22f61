//! What every command stands on: which wallet, what the computer lends it, what the patient said.

use std::path::PathBuf;
use std::sync::Arc;

use patient_wallet::error::WalletError;
use patient_wallet::host::{Host, Timestamp, WalletClock};
use patient_wallet::keys::{KdfParams, Passphrase};
use patient_wallet::session::Authentication;
use patient_wallet::{Directory, Error, Requester, Session, Wallet, WalletOptions};

use crate::cli::Common;
use crate::clock::Clock;
use crate::errors::{self, CliError, Failure};
use crate::home;
use crate::keystore::FileKeystore;
use crate::passphrase;
use crate::screen::counted;

/// One run of the command line.
#[derive(Debug)]
pub(crate) struct Context {
    common: Common,
    /// What the patient wants a guess to cost.
    kdf: Option<KdfParams>,
    /// What it costs where nobody says: in a story nothing is measured.
    measured: Option<KdfParams>,
    /// Where goes what is told beside the answer.
    aside: Aside,
}

/// Where goes what a person is told beside the answer: notes, and what a consent would give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aside {
    Stderr,
    /// In a story, which is told in one place.
    Stdout,
    /// Nobody sees the command.
    Nowhere,
}

impl Context {
    /// Takes what was typed; of the environment, what was not.
    pub(crate) fn new(common: Common) -> Result<Self, Failure> {
        let kdf = match common.kdf {
            Some(params) => Some(params),
            None => passphrase::cost_of_environment().map_err(Failure::Usage)?,
        };
        Ok(Self { common, kdf, measured: None, aside: Aside::Stderr })
    }

    /// Takes this for the cost of a passphrase instead of measuring the computer.
    pub(crate) const fn measured(mut self, params: KdfParams) -> Self {
        self.measured = Some(params);
        self
    }

    /// Says where goes what is told beside the answer.
    pub(crate) const fn telling(mut self, aside: Aside) -> Self {
        self.aside = aside;
        self
    }

    /// Tells where goes what is told beside the answer; a script that has said yes reads no text.
    pub(crate) const fn aside(&self) -> Aside {
        if self.common.json && self.common.yes { Aside::Nowhere } else { self.aside }
    }

    /// Gives the cost of a guess at an export passphrase.
    pub(crate) fn export_kdf(&self) -> KdfParams {
        self.kdf.unwrap_or(KdfParams::EXPORT)
    }

    /// Gives the folder of the wallet; a story has its own and asks for none.
    pub(crate) fn home(&self) -> Result<PathBuf, Failure> {
        let home = self.common.home.clone().or_else(home::of_environment);
        Ok(home.ok_or(CliError::NoHome)?)
    }

    /// Gives the time, as the computer knows it or as somebody says.
    pub(crate) fn now(&self) -> Timestamp {
        Clock::new(self.common.at).now()
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
    pub(crate) fn wallet(&self) -> Result<Wallet, Failure> {
        let home = self.home()?;
        let host = Host {
            keystore: Arc::new(FileKeystore::in_folder(home.join("keystore"))),
            clock: Arc::new(Clock::new(self.common.at)),
        };
        let options = WalletOptions { kdf: self.kdf.or(self.measured), ..WalletOptions::default() };
        Ok(Wallet::at(&home, host, options))
    }

    /// Gives the passphrase that is.
    pub(crate) fn passphrase(&self) -> Result<Passphrase, Failure> {
        passphrase::known(self.common.passphrase_file.as_deref())
    }

    /// Gives the passphrase that shall be.
    pub(crate) fn new_passphrase(&self) -> Result<Passphrase, Failure> {
        passphrase::fresh(self.common.passphrase_file.as_deref())
    }

    /// Opens the wallet with the passphrase, for a change.
    pub(crate) fn unlock(&self) -> Result<Session, Failure> {
        Ok(self.present()?.unlock(&self.passphrase()?)?)
    }

    /// Opens the wallet with the passphrase, for a change that asks for the passphrase once more.
    pub(crate) fn unlock_with_passphrase(&self) -> Result<(Session, Passphrase), Failure> {
        let wallet = self.present()?;
        let passphrase = self.passphrase()?;
        Ok((wallet.unlock(&passphrase)?, passphrase))
    }

    /// Opens the wallet with the passphrase, to look; a damaged one as far as it can be read, and
    /// says so.
    pub(crate) fn look(&self) -> Result<Session, Failure> {
        let wallet = self.present()?;
        let passphrase = self.passphrase()?;
        let refused = match wallet.unlock(&passphrase) {
            Err(error) if matches!(error.code(), "vault.damaged" | "vault.rolled-back") => error,
            other => return Ok(other?),
        };
        let mut session = wallet.unlock_read_only(&Authentication::Passphrase(&passphrase))?;
        let faults = u64::try_from(session.faults()?.len()).unwrap_or(u64::MAX);
        let faults = counted(faults, "fault");
        let sentence =
            format!("{refused}; {faults}, named by wallet verify; open for reading only");
        if self.aside != Aside::Nowhere {
            errors::note(refused.code(), &sentence, self.json());
        }
        Ok(session)
    }

    /// Gives the locked wallet that is there.
    fn present(&self) -> Result<Wallet, Failure> {
        let wallet = self.wallet()?;
        if wallet.exists() { Ok(wallet) } else { Err(WalletError::NoWallet.into()) }
    }

    /// Opens the home of somebody who asks patients, with its passphrase.
    pub(crate) fn requester(&self) -> Result<Requester, Failure> {
        Ok(Requester::unlock(&self.clinic()?, &self.passphrase()?)?)
    }

    /// Gives the locked home of somebody who asks patients.
    pub(crate) fn clinic(&self) -> Result<Wallet, Failure> {
        self.home_of("wallet clinic init makes one; --home or WALLET_HOME names another place")
    }

    /// Opens the home of a directory, with its passphrase.
    pub(crate) fn directory(&self) -> Result<Directory, Failure> {
        let hint = "wallet directory init makes one; --home or WALLET_HOME names another place";
        Ok(Directory::unlock(&self.home_of(hint)?, &self.passphrase()?)?)
    }

    /// Gives the locked home that is there, of whatever role.
    fn home_of(&self, hint: &str) -> Result<Wallet, Failure> {
        self.present().map_err(|failure| failure.with_hint(hint.to_owned()))
    }

    /// Locks a home after a command; what was done stays done when that finds an obstacle.
    pub(crate) fn lock(&self, home: impl Unlocked) {
        if let Some(failure) = locked(home) {
            failure.note(self.json());
        }
    }
}

/// A home that is open, of any role.
pub(crate) trait Unlocked {
    /// Forgets every key.
    fn lock(self) -> Result<(), Error>;
}

impl Unlocked for Session {
    fn lock(self) -> Result<(), Error> {
        self.lock()
    }
}

impl Unlocked for Requester {
    fn lock(self) -> Result<(), Error> {
        self.lock()
    }
}

impl Unlocked for Directory {
    fn lock(self) -> Result<(), Error> {
        self.lock()
    }
}

fn locked(home: impl Unlocked) -> Option<Failure> {
    home.lock().err().map(Failure::from)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use patient_wallet::record::{Authored, AuthoredKind};

    use super::*;

    #[test]
    fn what_was_done_stays_when_the_keystore_fails_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        let file = folder.path().join("passphrase");
        fs::write(&file, "a passphrase").unwrap();
        let common = Common {
            home: Some(home.clone()),
            passphrase_file: Some(file),
            kdf: Some(KdfParams::FLOOR),
            ..Common::default()
        };
        let context = Context::new(common).unwrap();
        let words = patient_wallet::keys::WordCount::Twelve;
        let passphrase = context.new_passphrase().unwrap();
        let mut session = context.wallet().unwrap().create(&passphrase, words).unwrap();
        session.add(&Authored::new(AuthoredKind::Note, "Kept").unwrap()).unwrap();
        let (keystore, aside) = (home.join("keystore"), home.join("aside"));
        fs::rename(&keystore, &aside).unwrap();
        fs::write(&keystore, "in the way").unwrap();
        assert_eq!(locked(session).unwrap().code(), "keystore.unavailable");
        fs::remove_file(&keystore).unwrap();
        fs::rename(&aside, &keystore).unwrap();
        let mut session = context.unlock().unwrap();
        assert_eq!(session.status().unwrap().records, Some(1));
        assert!(locked(session).is_none());
    }
}
