//! Compares a wallet after a crash with what was promised before it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use patient_wallet::Session;
use patient_wallet::error::{Error, WalletError};
use patient_wallet::host::CancelToken;
use patient_wallet::session::BackupKey;

use crate::content::{Digest, digest};
use crate::history::{ANY, Held, History, Model};
use crate::wallet::{Place, passphrase, records, with_passphrase, words};
use crate::{Broken, Trouble, say};

/// Opens the wallet, reads everything, and says which of the wallets that may be there it is.
pub(crate) fn check(place: &Place) -> Result<(), Trouble> {
    let history = History::read(io::stdin().lock())?;
    let mut found = Model { files: read_files(&place.files())?, ..Model::default() };
    let mut session = open(place, &history, &mut found)?;
    if let Some(session) = &mut session {
        found.records = records(session).map_err(|error| refused("reading", &error))?;
        let verified = session.verify(&|_, _| {}, &CancelToken::new());
        let verified = verified.map_err(|error| refused("verify", &error))?;
        if let Some(fault) = verified.faults.first() {
            return Err(damaged(format!("verify: {fault:?}")));
        }
    }
    let kept = history.possible().iter().enumerate().find(|(_, model)| model.allows(&found));
    let Some((number, model)) = kept else {
        let nearest = history.possible().first().cloned().unwrap_or_default();
        return Err(Trouble::Broken(Broken::Lost(nearest.differences(&found))));
    };
    if let Some(session) = session {
        rehearse(place, history.seed(), model, session)?;
        look_for_strays(place)?;
    }
    let versions: usize = found.records.values().map(|held| held.versions.len()).sum();
    say(&format!("settled {number}"))?;
    say(&format!("found {} {versions}", found.records.len()))
}

/// Opens the wallet; `None` where there is none.
fn open(place: &Place, history: &History, found: &mut Model) -> Result<Option<Session>, Trouble> {
    let wallet = place.wallet();
    if !wallet.exists() {
        return Ok(None);
    }
    let opened = with_passphrase(history.possible(), |number| {
        Ok((number, wallet.unlock(&passphrase(number))?))
    });
    match opened {
        Ok((number, session)) => {
            found.passphrase = Some(number);
            Ok(Some(session))
        }
        // An erasure of the whole wallet was finished on the way.
        Err(error) if error == WalletError::NoWallet.into() && !wallet.exists() => Ok(None),
        Err(error) => Err(refused("unlock", &error)),
    }
}

/// Shows that the last backup brings back what it was made of, and locks.
fn rehearse(place: &Place, seed: u64, model: &Model, mut session: Session) -> Result<(), Trouble> {
    if let Some((name, held)) = model.backups().max_by_key(|(name, _)| (name.len(), *name)) {
        let (words, cancel) = (words(seed)?, CancelToken::new());
        let mut file = fs::File::open(place.files().join(name))?;
        let shown = session.rehearse(&mut file, &BackupKey::Words(&words), &|_, _| {}, &cancel);
        let shown = shown.map_err(|error| refused("rehearsal", &error))?;
        if !shown.unreadable.is_empty() || !shown.missing.is_empty() || shown.records != held.len()
        {
            return Err(damaged(format!(
                "{name} holds {} of {} records",
                shown.records,
                held.len()
            )));
        }
    }
    session.lock().map_err(|error| refused("lock", &error))
}

fn look_for_strays(place: &Place) -> Result<(), Trouble> {
    for entry in fs::read_dir(place.vault())? {
        let name = entry?.file_name();
        let is_kept = name.to_str().is_some_and(|name| name.starts_with(KEPT));
        if !is_kept && !BELONGS.iter().any(|known| name == *known) {
            return Err(damaged(format!("{name:?} stayed in the wallet's folder")));
        }
    }
    Ok(())
}

/// Gives the digest of each file; what was never finished is removed.
fn read_files(folder: &Path) -> Result<BTreeMap<String, Option<Digest>>, Trouble> {
    let mut files = BTreeMap::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "part") {
            fs::remove_file(path)?;
        } else if let Some(name) = path.file_name() {
            let name = name.to_string_lossy().into_owned();
            files.insert(name, Some(digest(&fs::read(&path)?)));
        }
    }
    Ok(files)
}

fn refused(what: &str, error: &Error) -> Trouble {
    damaged(format!("{what}: {}", error.code()))
}

const fn damaged(what: String) -> Trouble {
    Trouble::Broken(Broken::Damaged(what))
}

impl Model {
    /// Tells whether what was found is what this wallet must hold.
    fn allows(&self, found: &Self) -> bool {
        self.differences(found).is_empty()
    }

    /// Says in what the found wallet differs.
    fn differences(&self, found: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.passphrase != found.passphrase {
            lines.push(format!("passphrase {:?}, not {:?}", found.passphrase, self.passphrase));
        }
        let names: BTreeSet<&String> = self.records.keys().chain(found.records.keys()).collect();
        for name in names {
            let (wanted, there) = (self.records.get(name), found.records.get(name));
            if !wanted.zip(there).is_some_and(|(wanted, there)| wanted.is(there)) {
                lines.push(format!("{name}: {there:?}, not {wanted:?}"));
            }
        }
        let names: BTreeSet<&String> = self.files.keys().chain(found.files.keys()).collect();
        for name in names {
            match (self.files.get(name), found.files.get(name)) {
                (Some(None), Some(_)) => {}
                (wanted, there) if wanted == there => {}
                (wanted, there) => lines.push(format!("file {name}: {there:?}, not {wanted:?}")),
            }
        }
        lines
    }
}

impl Held {
    /// Tells whether what was found is this.
    fn is(&self, found: &Self) -> bool {
        let one = |(wanted, there): (&Digest, &Digest)| wanted == ANY || wanted == there;
        self.versions.len() == found.versions.len()
            && self.versions.iter().zip(&found.versions).all(one)
            && self.attachments == found.attachments
    }
}

/// What may stand in the folder of a wallet that is locked.
const BELONGS: [&str; 3] = ["attachments", "lock", "vault.db"];
/// How the names begin of what a restoration keeps.
const KEPT: &str = "vault.replaced-";
