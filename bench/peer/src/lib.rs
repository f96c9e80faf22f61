//! What the wallet and its peers share: the workload, the clock, the lines they report in; and the
//! peer itself, one table of SQLite that does the same work.
//!
//! Plain SQLite and SQLCipher are this same code, linked into two programs.

pub mod figures;
mod files;
pub mod memory;
pub mod table;
pub mod turns;
pub mod workload;

pub use figures::Figures;
pub use workload::Workload;

use std::path::PathBuf;

/// Whatever went wrong: a measurement has nobody who could tell the errors apart.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What one side is asked to do in one round.
#[derive(Debug)]
pub struct Task {
    /// The records, and how often each thing is done.
    pub workload: Workload,
    /// The records as NDJSON.
    pub input: PathBuf,
    /// An empty folder for its files.
    pub folder: PathBuf,
}

impl Task {
    /// Reads a task from the words that [`Task::words`] gives.
    ///
    /// # Errors
    /// When they are others.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut word = |what: &str| words.next().ok_or(format!("no {what}"));
        let workload = Workload::new(word("number of records")?.parse()?)?;
        Ok(Self { workload, input: word("input")?.into(), folder: word("folder")?.into() })
    }

    /// Gives the task as words of a command line.
    #[must_use]
    pub fn words(&self) -> [std::ffi::OsString; 3] {
        let records = self.workload.records().to_string();
        [records.into(), self.input.clone().into(), self.folder.clone().into()]
    }
}
