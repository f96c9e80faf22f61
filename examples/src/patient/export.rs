//! `wallet export`

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use patient_wallet::Session;
use patient_wallet::session::{ExportFormat, ExportReport};
use serde::Serialize;

use crate::answer::{Answer, Said, Tell};
use crate::context::Context;
use crate::errors::{CliError, Failure};
use crate::files;
use crate::ids;
use crate::patient::filters::Filters;
use crate::screen::Screen;

/// Writes records to a file, each resource as it came
#[derive(Args, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    filters: Filters,
    /// One Bundle, or one resource a line
    #[arg(long, value_enum, default_value = "fhir")]
    format: Format,
    /// The file, or - for standard output; one that is there is replaced only with --yes
    #[arg(short, long = "output", value_name = "FILE")]
    output: PathBuf,
}

#[derive(Clone, Copy, Debug, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
enum Format {
    Fhir,
    Ndjson,
}

#[derive(Serialize)]
struct Exported {
    file: PathBuf,
    format: Format,
    records: usize,
    #[serde(skip)]
    missing: Option<Failure>,
}

impl Export {
    /// Writes the file.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut session = context.look()?;
        let format = match self.format {
            Format::Fhir => ExportFormat::Bundle,
            Format::Ndjson => ExportFormat::Ndjson,
        };
        let query = self.filters.query();
        if files::is_standard(&self.output) {
            let mut out = BufWriter::new(io::stdout().lock());
            let report = session.export(&query, format, &mut out)?;
            out.flush().map_err(|error| Failure::Answer(error.kind()))?;
            let missing = missing(&report, &mut session)?;
            context.lock(session);
            return Ok(Box::new(Said(missing)));
        }
        let file = files::begin(&self.output, context.yes())?;
        let report = session.export(&query, format, file);
        let report = report.map_err(|error| files::within(&self.output, error))?;
        let missing = missing(&report, &mut session)?;
        context.lock(session);
        let (file, format) = (self.output.clone(), self.format);
        Ok(Box::new(Exported { file, format, records: report.records, missing }))
    }
}

impl Tell for Exported {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let (records, file) = (self.records, self.file.display());
        let what = if records == 1 { "record is" } else { "records are" };
        screen.paragraph(&format!("{records} {what} in {file}, in clear: keep the file safe."))
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.missing.take()
    }
}

/// Says what was left out, as far as that is known.
fn missing(report: &ExportReport, session: &mut Session) -> Result<Option<Failure>, Failure> {
    let what = match report.damaged.as_slice() {
        [] if session.faults()?.is_empty() => return Ok(None),
        [] => "the wallet is damaged: what was written may not be all".to_owned(),
        [one] => format!("1 record is damaged and was left out: {one}"),
        many => {
            format!("{} records are damaged and were left out: {}", many.len(), ids::list(many))
        }
    };
    Ok(Some(CliError::Incomplete { what }.into()))
}
