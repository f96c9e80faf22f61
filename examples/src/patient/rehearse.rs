//! `wallet rehearse`

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use patient_wallet::host::CancelToken;
use patient_wallet::session::Rehearsal;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::{CliError, Failure};
use crate::patient::backup_key::Key;
use crate::screen::Screen;
use crate::{files, ids, progress};

/// Opens a backup to its last byte, to prove that it would bring everything back
///
/// The records stay as they are; the wallet remembers the rehearsal.
#[derive(Args, Debug)]
pub(crate) struct Rehearse {
    /// The backup
    file: PathBuf,
    /// File with the words; without one, they are asked for
    #[arg(long, value_name = "FILE", conflicts_with = "export_passphrase_file")]
    words_file: Option<PathBuf>,
    /// File with the export passphrase
    #[arg(long, value_name = "FILE")]
    export_passphrase_file: Option<PathBuf>,
}

#[derive(Serialize)]
struct Rehearsed {
    id: String,
    made: String,
    records: usize,
    attachments: usize,
    unreadable: Vec<String>,
    missing: Vec<String>,
    good: bool,
}

impl Rehearse {
    /// Opens the backup.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut file = files::open_regular(&self.file)?;
        let length = file.metadata().ok().map(|found| found.len());
        let key = Key::find(self.words_file.as_deref(), self.export_passphrase_file.as_deref())?;
        let mut session = context.unlock()?;
        let bar = progress::bytes(&self.file, length);
        let moved = |done, total| progress::moved(&bar, done, total);
        let rehearsal = session.rehearse(&mut file, &key.borrowed(), &moved, &CancelToken::new());
        bar.finish_and_clear();
        let rehearsal = rehearsal?;
        context.lock(session);
        Ok(Box::new(Rehearsed::of(&rehearsal)))
    }
}

impl Rehearsed {
    fn of(rehearsal: &Rehearsal) -> Self {
        Self {
            id: rehearsal.id.to_string(),
            made: rehearsal.made.to_string(),
            records: rehearsal.records,
            attachments: rehearsal.attachments,
            unreadable: rehearsal.unreadable.iter().map(ToString::to_string).collect(),
            missing: rehearsal.missing.iter().map(ToString::to_string).collect(),
            good: rehearsal.good,
        }
    }

    fn is_whole(&self) -> bool {
        self.unreadable.is_empty() && self.missing.is_empty()
    }
}

impl Tell for Rehearsed {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.heading("The backup opens, to its last byte.")?;
        screen.fact("made", &self.made)?;
        screen.fact("records", &self.records.to_string())?;
        screen.fact("attachments", &self.attachments.to_string())?;
        writeln!(screen)?;
        screen.paragraph(match (self.good, self.is_whole()) {
            (true, _) => "It would bring back everything that this wallet holds now.",
            (false, true) => {
                "It would bring back everything of then. What was added since is not in it: make \
                 another."
            }
            (false, false) => "It would not bring back everything.",
        })
    }

    fn shortfall(&mut self) -> Option<Failure> {
        if self.is_whole() {
            return None;
        }
        let part = |what: &str, ids: &[String]| {
            (!ids.is_empty()).then(|| format!("{what} {}", ids::list(ids)))
        };
        let parts = [
            part("it cannot be read what the backup holds of", &self.unreadable),
            part("the backup has no file of attachment", &self.missing),
        ];
        let what = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
        Some(CliError::Incomplete { what }.into())
    }
}
