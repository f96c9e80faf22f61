//! `wallet add`

use clap::{Args, ValueEnum};
use patient_wallet::record::{Authored, AuthoredKind, RecordDate};

use crate::answer::Answer;
use crate::context::Context;
use crate::errors::Failure;
use crate::patient::changed::Changed;
use crate::patient::filters;

/// Takes down what the patient knows
#[derive(Args, Debug)]
pub(crate) struct Add {
    /// What it is
    #[arg(value_enum)]
    kind: Kind,
    /// In the patient's own words
    text: String,
    /// A code for it
    #[arg(long, value_name = "SYSTEM|CODE")]
    code: Option<String>,
    /// Since when; for a note, when it happened
    #[arg(long, value_name = "DATE", value_parser = filters::date)]
    since: Option<RecordDate>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Allergy,
    Medication,
    Condition,
    Note,
}

impl Add {
    /// Adds the record.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let kind = match self.kind {
            Kind::Allergy => AuthoredKind::Allergy,
            Kind::Medication => AuthoredKind::Medication,
            Kind::Condition => AuthoredKind::Condition,
            Kind::Note => AuthoredKind::Note,
        };
        let mut entry = Authored::new(kind, &self.text)?.since(self.since);
        if let Some(code) = &self.code {
            entry = entry.coded(code)?;
        }
        let mut session = context.unlock()?;
        let id = session.add(&entry)?;
        let record = session.record(id)?;
        Ok(Box::new(Changed::finish(context, session, record, "Added.")))
    }
}
