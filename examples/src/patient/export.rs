//! `wallet export`

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use patient_wallet::session::ExportFormat;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::files::NewFile;
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
}

impl Export {
    /// Writes the file.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut session = context.unlock()?;
        let format = match self.format {
            Format::Fhir => ExportFormat::Bundle,
            Format::Ndjson => ExportFormat::Ndjson,
        };
        let query = self.filters.query();
        if self.output == Path::new("-") {
            let mut out = BufWriter::new(io::stdout().lock());
            session.export(&query, format, &mut out)?;
            out.flush().map_err(|error| Failure::Answer(error.kind()))?;
            context.lock(session);
            return Ok(Box::new(Said));
        }
        let mut file = NewFile::begin(&self.output, context.yes())?;
        let records = session.export(&query, format, &mut file)?.records;
        file.finish()?;
        context.lock(session);
        Ok(Box::new(Exported { file: self.output.clone(), format: self.format, records }))
    }
}

/// The answer where the records themselves went to stdout: nothing stands beside them.
struct Said;

impl Tell for Said {
    fn tell(&self, _: &mut Screen<'_>) -> io::Result<()> {
        Ok(())
    }
}

impl Answer for Said {
    fn write_json(&self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

impl Tell for Exported {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let (records, file) = (self.records, self.file.display());
        let what = if records == 1 { "record is" } else { "records are" };
        screen.paragraph(&format!("{records} {what} in {file}, in clear: keep the file safe."))
    }
}
