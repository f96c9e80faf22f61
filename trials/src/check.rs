//! Compares a wallet after a crash with what was promised before it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use patient_wallet::Error;

use crate::content::{Digest, digest};
use crate::history::{History, Model};
use crate::wallet::{Place, passphrase, records, with_passphrase};
use crate::{Broken, Trouble, say};

/// Opens the wallet, reads everything, and says which of the wallets that may be there it is.
pub(crate) fn check(place: &Place) -> Result<(), Trouble> {
    let history = History::read(io::stdin().lock())?;
    let found = look(place, &history)?;
    let kept = history.possible().iter().position(|model| model.allows(&found));
    let Some(kept) = kept else {
        let nearest = history.possible().first().cloned().unwrap_or_default();
        return Err(Trouble::Broken(Broken::Lost(nearest.differences(&found))));
    };
    let versions: usize = found.records.values().map(Vec::len).sum();
    say(&format!("settled {kept}"))?;
    say(&format!("found {} {versions}", found.records.len()))
}

/// Reads the wallet and the files beside it.
fn look(place: &Place, history: &History) -> Result<Model, Trouble> {
    let refused = |what: &str, error: &Error| damaged(format!("{what}: {}", error.code()));
    let wallet = place.wallet();
    let mut found = Model { files: read_files(&place.files())?, ..Model::default() };
    if !wallet.exists() {
        return Ok(found);
    }
    let opened = with_passphrase(history.possible(), |number| {
        Ok((number, wallet.unlock(&passphrase(number))?))
    });
    let (number, mut session) = opened.map_err(|error| refused("unlock", &error))?;
    found.passphrase = Some(number);
    found.records = records(&mut session).map_err(|error| refused("reading", &error))?;
    session.lock().map_err(|error| refused("lock", &error))?;
    for entry in fs::read_dir(place.vault())? {
        let name = entry?.file_name();
        if !BELONGS.iter().any(|known| name == *known) {
            return Err(damaged(format!("{name:?} stayed in the wallet's folder")));
        }
    }
    Ok(found)
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
            if wanted != there {
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

/// What may stand in the folder of a wallet that is locked.
const BELONGS: [&str; 2] = ["vault.db", "lock"];
