//! Does one thing after another, and says each before and after.

use std::fs::{self, File};
use std::io::{self, Read, Write};

use patient_wallet::error::{Error, WalletError};
use patient_wallet::host::CancelToken;
use patient_wallet::keys::KdfParams;
use patient_wallet::record::{Authored, AuthoredKind, LabelSet, RecordId, SensitivityLabel, Text};
use patient_wallet::session::{
    Authentication, BackupKey, ExportFormat, ImportOptions, Query, Replace,
};
use patient_wallet::vault::VaultError;

use patient_wallet::{Session, Wallet};

use crate::content::{Digest, Numbers, digest, note, resource};
use crate::history::{History, Model};
use crate::op::{Kind, Op};
use crate::wallet::{Place, names, passphrase, with_passphrase, words};
use crate::{Trouble, files, say};

/// Works on the wallet: COUNT operations, or as many as there is time for; of the kinds named, in
/// their order, or of any kind.
pub(crate) fn work(place: &Place, seed: &str, rest: &[&str]) -> Result<(), Trouble> {
    let usage = Trouble::Usage("SEED and COUNT are numbers, KINDS are words");
    let seed = seed.parse().ok();
    let count = rest.first().map_or(Some(u64::MAX), |count| count.parse().ok());
    let kinds: Option<Vec<Kind>> =
        rest.get(1).map_or(Some(Vec::new()), |kinds| kinds.split(',').map(Kind::parse).collect());
    let (Some(seed), Some(count), Some(kinds)) = (seed, count, kinds) else { return Err(usage) };
    let mut history = History::read(io::stdin().lock())?;
    if history.is_new() {
        let line = format!("seed {seed}");
        say(&line)?;
        history = History::new(seed);
    }
    let wallet = place.wallet();
    let mut worker = Worker { place, wallet, seed, session: None };
    if worker.wallet.exists() {
        worker.unlock(&history)?;
    }
    let mut kinds = kinds.into_iter();
    let first = history.next();
    for n in first..first.saturating_add(count) {
        worker.revive();
        let mut numbers = Numbers::of(seed, n);
        let drawn = kinds.next().unwrap_or_else(|| Kind::draw(&mut numbers));
        let backups = history.possible().first().map(Model::backups);
        let backups: Vec<String> =
            backups.into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let (kind, there) = match &mut worker.session {
            Some(session) => (drawn, names(session)?.into_keys().collect()),
            None if worker.wallet.exists() => (Kind::Reopen, Vec::new()),
            None if drawn == Kind::Restore && !backups.is_empty() => (drawn, Vec::new()),
            None => (Kind::Create, Vec::new()),
        };
        let op = Op::draw(kind, n, &mut numbers, &there, &backups);
        tell(&mut history, &format!("begin {n} {op}"))?;
        match worker.perform(n, &op, &history) {
            Ok(promised) => tell(&mut history, format!("ack {n} {promised}").trim_end())?,
            Err(trouble) => tell(&mut history, &format!("failed {n} {}", trouble.code()))?,
        }
    }
    worker.session.map_or(Ok(()), |session| Ok(session.lock()?))
}

/// Says a line and keeps it in mind.
fn tell(history: &mut History, line: &str) -> Result<(), Trouble> {
    say(line)?;
    history.hear(line).ok_or(Trouble::Usage("a line that says nothing"))
}

struct Worker<'a> {
    place: &'a Place,
    wallet: Wallet,
    seed: u64,
    /// `None` before the wallet is made, and after it could not be opened again.
    session: Option<Session>,
}

impl Worker<'_> {
    /// Does an operation and gives what is promised of it besides.
    fn perform(&mut self, n: u64, op: &Op, history: &History) -> Result<Digest, Trouble> {
        match op.kind {
            Kind::Create => {
                self.session = Some(self.wallet.create_from(&words(self.seed)?, &passphrase(n))?);
            }
            Kind::Reopen => {
                if let Some(session) = self.session.take() {
                    session.lock()?;
                }
                match self.unlock(history) {
                    // An erasure of the whole wallet was finished on the way.
                    Err(error)
                        if error == WalletError::NoWallet.into() && !self.wallet.exists() => {}
                    unlocked => unlocked?,
                }
            }
            Kind::Import => self.import(n, op)?,
            Kind::Correct => {
                let seed = self.seed;
                for name in &op.names {
                    let (session, id) = self.record(name)?;
                    session.correct(id, &resource(seed, n, name), "Dr. Trial", "a trial")?;
                }
            }
            Kind::Add => {
                for name in &op.names {
                    let text = note(self.seed, n, name);
                    let entry = Authored::new(AuthoredKind::Note, &text).map_err(Error::from)?;
                    self.session()?.add(&entry)?;
                }
            }
            Kind::Relabel => {
                for name in &op.names {
                    let (session, id) = self.record(name)?;
                    let labels = LabelSet::from_iter([SensitivityLabel::Hiv]);
                    session.relabel(id, labels, LabelSet::EMPTY)?;
                }
            }
            Kind::Passphrase => {
                let session = self.session()?;
                with_passphrase(history.possible(), |old| {
                    let old = passphrase(old);
                    let old = Authentication::Passphrase(&old);
                    session.change_passphrase(&old, &passphrase(n), KdfParams::FLOOR)
                })?;
            }
            Kind::Erase => {
                for name in &op.names {
                    let (session, id) = self.record(name)?;
                    session.erase(id)?;
                }
            }
            Kind::Suspend => {
                let session = self.session()?;
                let suspended = session.suspend();
                session.resume()?;
                suspended?;
            }
            Kind::EraseWallet => {
                if let Some(session) = self.session.take() {
                    session.erase_wallet()?;
                }
            }
            Kind::Export => return self.export(op),
            Kind::Backup => return self.backup(op, history),
            Kind::Rehearse => {
                let words = words(self.seed)?;
                for name in &op.names {
                    let mut file = File::open(self.place.files().join(name))?;
                    let (key, cancel) = (BackupKey::Words(&words), CancelToken::new());
                    self.session()?.rehearse(&mut file, &key, &|_, _| {}, &cancel)?;
                }
            }
            Kind::Restore => self.restore(n, op)?,
        }
        Ok(Digest::new())
    }

    fn import(&mut self, n: u64, op: &Op) -> Result<(), Trouble> {
        let lines: Vec<String> =
            op.names.iter().map(|name| resource(self.seed, n, name).to_string()).collect();
        let text = lines.join("\n");
        let source = Some(Text::from("Trial"));
        let options = ImportOptions { source, ..ImportOptions::default() };
        let file: &mut dyn Read = &mut text.as_bytes();
        let report = self.session()?.import(file, &options, &|_, _| {}, &CancelToken::new())?;
        if report.new + report.changed == op.names.len() {
            Ok(())
        } else {
            Err(Trouble::Usage("an import did not take every resource"))
        }
    }

    fn export(&mut self, op: &Op) -> Result<Digest, Trouble> {
        let mut bytes = Vec::new();
        self.session()?.export(&Query::default(), ExportFormat::Ndjson, &mut bytes)?;
        for name in &op.names {
            files::write(&self.place.files().join(name), |file| file.write_all(&bytes))?;
        }
        Ok(digest(&bytes))
    }

    fn backup(&mut self, op: &Op, history: &History) -> Result<Digest, Trouble> {
        let mut promised = Digest::new();
        for name in &op.names {
            let path = self.place.files().join(name);
            let session = self.session()?;
            with_passphrase(history.possible(), |n| {
                let passphrase = passphrase(n);
                let mut refused = Ok(());
                let written = files::write(&path, |file| {
                    let (shown, cancel) =
                        (Authentication::Passphrase(&passphrase), CancelToken::new());
                    refused = session.backup(&shown, None, file, &|_, _| {}, &cancel).map(drop);
                    refused.as_ref().map_err(|_| io::Error::other("no backup")).copied()
                });
                refused?;
                Ok(written.map_err(WalletError::from)?)
            })?;
            promised = digest(&fs::read(&path)?);
        }
        Ok(promised)
    }

    fn restore(&mut self, n: u64, op: &Op) -> Result<(), Trouble> {
        let words = words(self.seed)?;
        for name in &op.names {
            let mut file = File::open(self.place.files().join(name))?;
            if let Some(session) = self.session.take() {
                session.lock()?;
            }
            let (key, cancel) = (BackupKey::Words(&words), CancelToken::new());
            let restored = self.wallet.restore_backup(
                &mut file,
                &key,
                &passphrase(n),
                Replace::Newer,
                &|_, _| {},
                &cancel,
            );
            self.session = Some(restored?);
        }
        Ok(())
    }

    /// Takes up a session that an operation left suspended, or gives it up.
    fn revive(&mut self) {
        self.session.take_if(|session| session.resume().is_err());
    }

    fn unlock(&mut self, history: &History) -> Result<(), Error> {
        let session = with_passphrase(history.possible(), |n| self.wallet.unlock(&passphrase(n)))?;
        self.session = Some(session);
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
