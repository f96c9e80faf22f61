//! Does what an operation says with a session.

use std::fs::{self, File};
use std::io::{Read, Write};

use patient_wallet::error::{Error, WalletError};
use patient_wallet::host::CancelToken;
use patient_wallet::keys::KdfParams;
use patient_wallet::record::{Authored, AuthoredKind, LabelSet, RecordId, SensitivityLabel, Text};
use patient_wallet::session::{
    Authentication, BackupKey, ExportFormat, ImportOptions, NewAttachment, Query, Replace,
};
use patient_wallet::vault::VaultError;
use patient_wallet::{Session, Wallet};

use crate::content::{Digest, attached, digest, note, resource};
use crate::history::History;
use crate::op::{Kind, Op};
use crate::wallet::{Place, names, passphrase, with_passphrase, words};
use crate::{Trouble, files};

/// A wallet at work.
pub(crate) struct Worker<'a> {
    pub(crate) wallet: Wallet,
    /// `None` before the wallet is made, and after it could not be opened again.
    pub(crate) session: Option<Session>,
    place: &'a Place,
    seed: u64,
}

impl<'a> Worker<'a> {
    /// Takes a place, in which there may be a wallet.
    pub(crate) fn new(place: &'a Place, seed: u64) -> Self {
        Self { wallet: place.wallet(), session: None, place, seed }
    }

    /// Does an operation and gives what is promised of it besides.
    ///
    /// # Errors
    /// What the wallet or the system refused.
    pub(crate) fn perform(
        &mut self,
        n: u64,
        op: &Op,
        history: &History,
    ) -> Result<Digest, Trouble> {
        match op.kind {
            Kind::Create => {
                self.session = Some(self.wallet.create_from(&words(self.seed)?, &passphrase(n))?);
            }
            Kind::Import => self.import(n, &op.names)?,
            Kind::Passphrase => self.change_passphrase(n, history)?,
            Kind::Attach => self.attach(n, &op.names)?,
            Kind::Suspend => self.suspend()?,
            Kind::Reopen => self.reopen(history)?,
            Kind::EraseWallet => {
                if let Some(session) = self.session.take() {
                    session.erase_wallet()?;
                }
            }
            _ => {
                let mut promised = Digest::new();
                for name in &op.names {
                    promised = self.perform_on(name, n, op.kind, history)?;
                }
                return Ok(promised);
            }
        }
        Ok(Digest::new())
    }

    /// Opens the wallet.
    ///
    /// # Errors
    /// As [`Wallet::unlock`].
    pub(crate) fn unlock(&mut self, history: &History) -> Result<(), Error> {
        let session = with_passphrase(history.possible(), |n| self.wallet.unlock(&passphrase(n)))?;
        self.session = Some(session);
        Ok(())
    }

    /// Takes up a session that an operation left suspended, or gives it up.
    pub(crate) fn revive(&mut self) {
        self.session.take_if(|session| session.resume().is_err());
    }

    fn perform_on(
        &mut self,
        name: &str,
        n: u64,
        kind: Kind,
        history: &History,
    ) -> Result<Digest, Trouble> {
        match kind {
            Kind::Correct => {
                let json = resource(self.seed, n, name);
                let (session, id) = self.record(name)?;
                session.correct(id, &json, "Dr. Trial", "a trial")?;
            }
            Kind::Add => {
                let text = note(self.seed, n, name);
                let entry = Authored::new(AuthoredKind::Note, &text).map_err(Error::from)?;
                self.session()?.add(&entry)?;
            }
            Kind::Relabel => {
                let (session, id) = self.record(name)?;
                let labels = LabelSet::from_iter([SensitivityLabel::Hiv]);
                session.relabel(id, labels, LabelSet::EMPTY)?;
            }
            Kind::Erase => {
                let (session, id) = self.record(name)?;
                session.erase(id)?;
            }
            Kind::Export => return self.export(name),
            Kind::Backup => return self.backup(name, history),
            Kind::Rehearse => {
                let (words, cancel) = (words(self.seed)?, CancelToken::new());
                let mut file = File::open(self.place.files().join(name))?;
                let key = BackupKey::Words(&words);
                self.session()?.rehearse(&mut file, &key, &|_, _| {}, &cancel)?;
            }
            Kind::Restore => self.restore(n, name)?,
            Kind::Create
            | Kind::Import
            | Kind::Attach
            | Kind::Passphrase
            | Kind::Suspend
            | Kind::Reopen
            | Kind::EraseWallet => {}
        }
        Ok(Digest::new())
    }

    fn import(&mut self, n: u64, names: &[String]) -> Result<(), Trouble> {
        let lines: Vec<String> =
            names.iter().map(|name| resource(self.seed, n, name).to_string()).collect();
        let text = lines.join("\n");
        let source = Some(Text::from("Trial"));
        let options = ImportOptions { source, ..ImportOptions::default() };
        let file: &mut dyn Read = &mut text.as_bytes();
        let report = self.session()?.import(file, &options, &|_, _| {}, &CancelToken::new())?;
        if report.new + report.changed == names.len() {
            Ok(())
        } else {
            Err(Trouble::Usage("an import did not take every resource"))
        }
    }

    fn attach(&mut self, n: u64, names: &[String]) -> Result<(), Error> {
        let bytes = attached(self.seed, n);
        let (to, name) = (names.first(), names.last());
        let (Some(to), Some(name)) = (to, name) else { return Ok(()) };
        let to = if to == name { None } else { Some(self.record(to)?.1) };
        let new = NewAttachment::new(name)?.to(to);
        let source: &mut dyn Read = &mut bytes.as_slice();
        self.session()?.attach(source, &new, &|_, _| {}, &CancelToken::new()).map(drop)
    }

    fn change_passphrase(&mut self, n: u64, history: &History) -> Result<(), Error> {
        let session = self.session()?;
        with_passphrase(history.possible(), |old| {
            let old = passphrase(old);
            let shown = Authentication::Passphrase(&old);
            session.change_passphrase(&shown, &passphrase(n), KdfParams::FLOOR)
        })
    }

    fn suspend(&mut self) -> Result<(), Error> {
        let session = self.session()?;
        let suspended = session.suspend();
        session.resume()?;
        suspended
    }

    fn reopen(&mut self, history: &History) -> Result<(), Error> {
        if let Some(session) = self.session.take() {
            session.lock()?;
        }
        match self.unlock(history) {
            // An erasure of the whole wallet was finished on the way.
            Err(error) if error == WalletError::NoWallet.into() && !self.wallet.exists() => Ok(()),
            unlocked => unlocked,
        }
    }

    fn export(&mut self, name: &str) -> Result<Digest, Trouble> {
        let mut bytes = Vec::new();
        self.session()?.export(&Query::default(), ExportFormat::Ndjson, &mut bytes)?;
        files::write(&self.place.files().join(name), |file| {
            file.write_all(&bytes).map_err(WalletError::from)
        })
        .map_err(Error::from)?;
        Ok(digest(&bytes))
    }

    fn backup(&mut self, name: &str, history: &History) -> Result<Digest, Trouble> {
        let path = self.place.files().join(name);
        let session = self.session()?;
        with_passphrase(history.possible(), |number| {
            let shown = passphrase(number);
            let shown = Authentication::Passphrase(&shown);
            files::write(&path, |file| {
                session.backup(&shown, None, file, &|_, _| {}, &CancelToken::new()).map(drop)
            })
        })?;
        Ok(digest(&fs::read(&path)?))
    }

    fn restore(&mut self, n: u64, name: &str) -> Result<(), Trouble> {
        let (words, cancel) = (words(self.seed)?, CancelToken::new());
        let mut file = File::open(self.place.files().join(name))?;
        if let Some(session) = self.session.take() {
            session.lock()?;
        }
        let (key, new) = (BackupKey::Words(&words), passphrase(n));
        let replace = Replace::Newer;
        let restored =
            self.wallet.restore_backup(&mut file, &key, &new, replace, &|_, _| {}, &cancel)?;
        self.session = Some(restored);
        Ok(())
    }

    fn session(&mut self) -> Result<&mut Session, Error> {
        self.session.as_mut().ok_or_else(|| WalletError::Locked.into())
    }

    fn record(&mut self, name: &str) -> Result<(&mut Session, RecordId), Error> {
        let session = self.session()?;
        let id = names(session)?.get(name).copied().ok_or(VaultError::NotFound)?;
        Ok((session, id))
    }
}
