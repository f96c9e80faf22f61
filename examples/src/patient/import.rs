//! `wallet import`

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use patient_wallet::Session;
use patient_wallet::host::CancelToken;
use patient_wallet::record::Text;
use patient_wallet::session::{ImportOptions, ImportReport, Refused};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::screen::{Screen, Table};
use crate::{files, progress};

/// Takes in FHIR R4: Bundles, single resources, NDJSON; plain or gzip
///
/// Each file goes in whole or not at all. The first that is refused ends the import; those before it
/// stay in.
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// Files to take in
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Who the files are from, when they do not say
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
}

#[derive(Serialize)]
struct Imported {
    files: Vec<FileReport>,
    total: Total,
}

#[derive(Serialize)]
struct FileReport {
    file: PathBuf,
    entries: usize,
    new: usize,
    changed: usize,
    same: usize,
    refused: Vec<RefusedEntry>,
}

#[derive(Serialize)]
struct RefusedEntry {
    index: usize,
    code: &'static str,
    #[serde(skip)]
    sentence: String,
}

#[derive(Default, Serialize)]
struct Total {
    entries: usize,
    new: usize,
    changed: usize,
    same: usize,
    refused: usize,
}

impl Import {
    /// Takes the files in, one after the other.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let options = ImportOptions {
            source: self.source.as_deref().map(Text::from),
            any_patient: context.yes(),
            ..ImportOptions::default()
        };
        let mut session = context.unlock()?;
        let mut reports = Vec::with_capacity(self.files.len());
        for file in &self.files {
            match import(&mut session, file, &options) {
                Ok(report) => reports.push(FileReport::of(file, &report)),
                Err(failure) => return Err(self.ended(failure, file, reports.len())),
            }
        }
        context.lock(session);
        Ok(Box::new(Imported { total: Total::of(&reports), files: reports }))
    }

    /// Says in the hint which of several files are in; of one file the error says all.
    fn ended(&self, failure: Failure, refused: &Path, done: usize) -> Failure {
        if self.files.len() == 1 {
            return failure;
        }
        let before: Vec<_> =
            self.files.iter().take(done).map(|file| file.display().to_string()).collect();
        let inside = match done {
            0 => "no file is in".to_owned(),
            1 => format!("1 file before it is in: {}", before.concat()),
            _ => format!("{done} files before it are in: {}", before.join(", ")),
        };
        let advice = failure.hint().map(|hint| format!("{hint}; ")).unwrap_or_default();
        failure.with_hint(format!("{advice}{} was refused, {inside}", refused.display()))
    }
}

fn import(
    session: &mut Session,
    path: &Path,
    options: &ImportOptions,
) -> Result<ImportReport, Failure> {
    let mut file = files::open_regular(path)?;
    let length = file.metadata().map_err(|error| files::unreadable(path, error.kind()))?.len();
    let bar = progress::bytes(path, Some(length));
    let moved = |done, _| progress::moved(&bar, done, None);
    let report = session.import(&mut file, options, &moved, &CancelToken::new());
    bar.finish_and_clear();
    Ok(report?)
}

impl FileReport {
    fn of(file: &Path, report: &ImportReport) -> Self {
        let entry = |refused: &Refused| RefusedEntry {
            index: refused.index,
            code: refused.error.code(),
            sentence: refused.error.to_string(),
        };
        Self {
            file: file.to_owned(),
            entries: report.entries,
            new: report.new,
            changed: report.changed,
            same: report.same,
            refused: report.refused.iter().map(entry).collect(),
        }
    }
}

impl Total {
    fn of(reports: &[FileReport]) -> Self {
        reports.iter().fold(Self::default(), |sum, report| Self {
            entries: sum.entries + report.entries,
            new: sum.new + report.new,
            changed: sum.changed + report.changed,
            same: sum.same + report.same,
            refused: sum.refused + report.refused.len(),
        })
    }
}

impl Tell for Imported {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let mut table = Table::new(["file", "entries", "new", "changed", "same", "refused"], 0);
        let row = |name: String, counts: [usize; 5]| {
            let [entries, new, changed, same, refused] = counts.map(|count| count.to_string());
            [name, entries, new, changed, same, refused]
        };
        for report in &self.files {
            let name = report.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let refused = report.refused.len();
            let counts = [report.entries, report.new, report.changed, report.same, refused];
            table.push(row(name, counts));
        }
        if self.files.len() > 1 {
            let Total { entries, new, changed, same, refused } = self.total;
            table.push(row("total".to_owned(), [entries, new, changed, same, refused]));
        }
        table.tell(screen)?;
        for report in &self.files {
            for RefusedEntry { index, code, sentence } in &report.refused {
                let file = report.file.display();
                screen.paragraph(&format!("{file}, entry {index}: {sentence} [{code}]"))?;
            }
        }
        Ok(())
    }
}
