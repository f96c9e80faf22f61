//! `wallet correct`

use std::path::PathBuf;

use clap::Args;
use patient_wallet::record::{Limits, RecordError};

use crate::answer::Answer;
use crate::context::Context;
use crate::errors::Failure;
use crate::patient::changed::Changed;
use crate::{files, ids};

/// Appends a corrected version; the original stays
#[derive(Args, Debug)]
pub(crate) struct Correct {
    /// Id of the record, or its beginning
    id: String,
    /// The corrected FHIR resource, of the same type
    file: PathBuf,
    /// Why it is corrected
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who corrects it
    #[arg(long, value_name = "TEXT")]
    author: String,
}

impl Correct {
    /// Corrects the record.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let limit = u64::try_from(Limits::default().resource).unwrap_or(u64::MAX);
        let bytes = files::read(&self.file, limit)?;
        let json = std::str::from_utf8(&bytes).map_err(|_| RecordError::NotFhir)?;
        let mut session = context.unlock()?;
        let id = ids::resolve(&mut session, &self.id)?;
        session.correct(id, json, &self.author, &self.reason)?;
        let record = session.record(id)?;
        let done = "Corrected. The original stays in the history.";
        Ok(Box::new(Changed::finish(context, session, record, done)))
    }
}
