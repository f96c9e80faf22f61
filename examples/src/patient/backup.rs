//! `wallet backup`

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use patient_wallet::file::Output as _;
use patient_wallet::host::CancelToken;
use patient_wallet::keys::Passphrase;
use patient_wallet::session::{Authentication, BackupReport};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::{CliError, Failure};
use crate::files;
use crate::screen::Screen;
use crate::{ids, passphrase, progress};

/// Writes everything to one sealed file: the USB stick
///
/// The words open it on any device, and so does an export passphrase where one is given.
#[derive(Args, Debug)]
pub(crate) struct Backup {
    /// The file; one that is there is replaced only with --yes
    #[arg(short, long = "output", value_name = "FILE", value_parser = files::named)]
    output: PathBuf,
    /// File with an export passphrase, not the one of the wallet; a weak one only with --yes
    #[arg(long, value_name = "FILE", conflicts_with = "export_passphrase_out")]
    export_passphrase_file: Option<PathBuf>,
    /// Draws an export passphrase of seven words into a new file that only you can read
    #[arg(long, value_name = "FILE", value_parser = files::named)]
    export_passphrase_out: Option<PathBuf>,
}

#[derive(Serialize)]
struct BackedUp {
    file: PathBuf,
    id: String,
    records: usize,
    attachments: usize,
    missing: Vec<String>,
    size: u64,
    export_passphrase_file: Option<PathBuf>,
}

impl Backup {
    /// Writes the file.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let file = files::begin(&self.output, context.yes())?;
        let given = self.export_passphrase_file.as_deref().map(passphrase::from_file);
        let mut export = given.transpose()?;
        if export.as_ref().is_some_and(is_weak) && !context.yes() {
            return Err(CliError::WeakPassphrase.into());
        }
        let (mut session, authentication) = context.unlock_with_passphrase()?;
        let authentication = Authentication::Passphrase(&authentication);
        // The passphrase comes first: an end in between leaves one that opens nothing.
        let drawn = match &self.export_passphrase_out {
            Some(path) => {
                let drawn = export.insert(Passphrase::generate()?);
                Some(Drawn::put(path, drawn)?)
            }
            None => None,
        };
        let export = export.as_ref().map(|export| (export, context.export_kdf()));
        let bar = progress::bytes(&self.output, None);
        let moved = |done, total| progress::moved(&bar, done, total);
        let report =
            session.backup_with(&authentication, export, file, &moved, &CancelToken::new());
        bar.finish_and_clear();
        let report = report.map_err(|error| files::within(&self.output, error))?;
        let drawn = drawn.map(Drawn::keep);
        context.lock(session);
        let passphrase_file = drawn.or_else(|| self.export_passphrase_file.clone());
        Ok(Box::new(BackedUp::of(&self.output, report, passphrase_file)))
    }
}

/// A drawn passphrase in its file, which goes again when no backup comes to be.
struct Drawn(Option<PathBuf>);

impl Drawn {
    fn put(path: &Path, passphrase: &Passphrase) -> Result<Self, Failure> {
        let mut file = files::begin(path, false)?;
        // EXPOSE: the patient wants it in this file.
        let written = file.write_all(passphrase.dangerous_text().as_bytes());
        written
            .and_then(|()| file.write_all(b"\n"))
            .map_err(|error| files::unwritable(path, error.kind()))?;
        file.finish().map_err(|error| files::at(path, error))?;
        Ok(Self(Some(path.to_owned())))
    }

    fn keep(mut self) -> PathBuf {
        self.0.take().unwrap_or_default()
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // A passphrase of no backup opens nothing.
            let _ = fs::remove_file(path);
        }
    }
}

/// Tells whether a passphrase is short or of few characters: a backup is guessed at for years.
fn is_weak(passphrase: &Passphrase) -> bool {
    // EXPOSE: it is measured, not kept.
    let text = passphrase.dangerous_text();
    let different: HashSet<char> = text.chars().collect();
    text.chars().count() < SHORTEST || different.len() < FEWEST
}

impl BackedUp {
    fn of(file: &Path, report: BackupReport, export_passphrase_file: Option<PathBuf>) -> Self {
        Self {
            file: file.to_owned(),
            id: report.id.to_string(),
            records: report.records,
            attachments: report.attachments,
            missing: report.missing.iter().map(ToString::to_string).collect(),
            size: fs::metadata(file).map_or(0, |found| found.len()),
            export_passphrase_file,
        }
    }
}

impl Tell for BackedUp {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.heading(&format!("Everything is in {}.", self.file.display()))?;
        screen.fact("records", &self.records.to_string())?;
        screen.fact("attachments", &self.attachments.to_string())?;
        screen.fact("size", &format!("{} bytes", self.size))?;
        let ways = match &self.export_passphrase_file {
            Some(file) => format!("the words, or the export passphrase in {}", file.display()),
            None => "the words".to_owned(),
        };
        screen.fact("opened by", &ways)?;
        writeln!(screen)?;
        screen.paragraph("Only a rehearsal proves that it opens: wallet rehearse FILE")
    }

    fn shortfall(&mut self) -> Option<Failure> {
        let what = match self.missing.as_slice() {
            [] => return None,
            [one] => format!("the file of attachment {one} is missing, here and in the backup"),
            many => {
                format!("the files of attachments {} are missing, here and there", ids::list(many))
            }
        };
        Some(CliError::Incomplete { what }.into())
    }
}

/// Characters of the shortest passphrase that is not weak, and different ones among them.
const SHORTEST: usize = 16;
const FEWEST: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_is_weak_when_it_is_short_or_of_few_characters() {
        let weak = |text: &str| is_weak(&Passphrase::new(text.as_bytes()).unwrap());
        assert!(weak("summer2025") && weak("correct horse b") && weak(&"abcdefg".repeat(9)));
        assert!(!weak("correct horse ba") && !weak("血液型は大切な記録です忘れないでね"));
        assert!(!is_weak(&Passphrase::generate().unwrap()));
    }
}
