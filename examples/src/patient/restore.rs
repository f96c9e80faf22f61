//! `wallet restore`

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use patient_wallet::Session;
use patient_wallet::host::CancelToken;
use patient_wallet::session::{KnownRequester, Replace};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::{CliError, Failure};
use crate::patient::backup_key::Key;
use crate::patient::create::VaultShape;
use crate::patient::words;
use crate::screen::{Screen, counted};
use crate::{files, progress};

/// Comes back with the words or from a backup, and sets a new passphrase
///
/// With a backup everything comes back, anywhere. Without one the words open the wallet that is here;
/// in an empty folder they make a new, empty one with the same identity: words bring back the keys,
/// not the records.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("key").args(["words_file", "export_passphrase_file"]).required(true))]
pub(crate) struct Restore {
    /// The backup
    backup: Option<PathBuf>,
    /// File with the words
    #[arg(long, value_name = "FILE")]
    words_file: Option<PathBuf>,
    /// File with the export passphrase of the backup
    #[arg(long, value_name = "FILE", requires = "backup")]
    export_passphrase_file: Option<PathBuf>,
    /// Replaces the wallet here although it is newer than the backup; its file is kept
    #[arg(long, requires = "backup")]
    replace_newer: bool,
}

#[derive(Serialize)]
struct Restored {
    vault: VaultShape,
    records: Option<usize>,
    /// What may still be out there, where a backup knew somebody who was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip)]
    came: Came,
    #[serde(skip)]
    attachments: u64,
}

/// How the wallet came back.
#[derive(Clone, Copy)]
enum Came {
    Opened,
    Anew,
    FromBackup,
}

impl Restore {
    /// Opens, makes or brings back the wallet.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let (mut session, came) = match &self.backup {
            Some(backup) => (self.unpack(context, backup)?, Came::FromBackup),
            None => self.with_words(context)?,
        };
        let status = session.status()?;
        let hint = match came {
            Came::FromBackup => hint(&mut session),
            Came::Opened | Came::Anew => None,
        };
        context.lock(session);
        let vault = VaultShape { id: status.vault };
        let (records, attachments) = (status.records, status.attachments);
        Ok(Box::new(Restored { vault, records, hint, came, attachments }))
    }

    fn unpack(&self, context: &Context, backup: &Path) -> Result<Session, Failure> {
        let mut file = files::open_regular(backup)?;
        let length = file.metadata().ok().map(|found| found.len());
        let key = Key::find(self.words_file.as_deref(), self.export_passphrase_file.as_deref())?;
        let passphrase = context.new_passphrase()?;
        let replace = if self.replace_newer { Replace::Newer } else { Replace::Older };
        let wallet = context.wallet()?;
        let bar = progress::bytes(backup, length);
        let moved = |done, total| progress::moved(&bar, done, total);
        let cancel = CancelToken::new();
        let restored = wallet.restore_backup(
            &mut file,
            &key.borrowed(),
            &passphrase,
            replace,
            &moved,
            &cancel,
        );
        bar.finish_and_clear();
        Ok(restored?)
    }

    fn with_words(&self, context: &Context) -> Result<(Session, Came), Failure> {
        let words = words::read(self.words_file.as_deref().ok_or(CliError::KeyNeeded)?)?;
        let passphrase = context.new_passphrase()?;
        let wallet = context.wallet()?;
        let came = if wallet.exists() { Came::Opened } else { Came::Anew };
        Ok((wallet.restore(&words, &passphrase)?, came))
    }
}

/// Tells what may still be out there, if anybody was ever answered; what cannot be read now is told
/// by other commands.
fn hint(session: &mut Session) -> Option<String> {
    let known = session.known_requesters().ok().filter(|known| !known.is_empty())?;
    let name = |known: &KnownRequester| match known.name.as_str() {
        "" => "somebody without a name".to_owned(),
        name => name.to_owned(),
    };
    let mut names: Vec<String> = known.iter().take(NAMED).map(name).collect();
    if let Some(more) = known.len().checked_sub(NAMED).filter(|more| *more > 0) {
        names.push(format!("{more} more"));
    }
    Some(format!("{CONSENTS} It goes to whom you have answered: {}.", names.join(", ")))
}

impl Tell for Restored {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        match self.came {
            Came::Anew => {
                return screen.paragraph(
                    "A new, empty wallet with the same identity is made. Words bring back the \
                     keys, not the records.",
                );
            }
            Came::Opened => {
                writeln!(screen, "The wallet is open again, under the new passphrase.")?;
            }
            Came::FromBackup => writeln!(screen, "The wallet is back, under the new passphrase.")?,
        }
        let Some(records) = self.records.and_then(|records| u64::try_from(records).ok()) else {
            return Ok(());
        };
        let records = counted(records, "record");
        match self.attachments {
            0 => writeln!(screen, "It holds {records}.")?,
            many => writeln!(screen, "It holds {records} and {}.", counted(many, "attachment"))?,
        }
        self.hint.as_deref().map_or(Ok(()), |hint| screen.paragraph(hint))
    }
}

const CONSENTS: &str = "Consents that were given after the backup are unknown here: wallet revoke \
                        --all takes back everything given so far.";
/// Names that the hint tells.
const NAMED: usize = 3;
