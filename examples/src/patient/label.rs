//! `wallet label`

use clap::error::ErrorKind;
use clap::{ArgGroup, Args};
use patient_wallet::record::SensitivityLabel;

use crate::answer::Answer;
use crate::cli;
use crate::context::Context;
use crate::errors::Failure;
use crate::ids;
use crate::patient::changed::Changed;
use crate::patient::filters;

/// Puts labels on a record or takes them off
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("change").args(["add", "remove"]).required(true).multiple(true))]
pub(crate) struct Label {
    /// Id of the record, or its beginning
    id: String,
    /// Label to put on: mental-health, substance-use, hiv, std, sexual-health, violence, genetics
    #[arg(long, value_name = "L", value_parser = filters::label)]
    add: Vec<SensitivityLabel>,
    /// Label to take off
    #[arg(long, value_name = "L", value_parser = filters::label)]
    remove: Vec<SensitivityLabel>,
}

impl Label {
    /// Refuses a label that is put on and taken off.
    pub(crate) fn check(&self) -> Result<(), clap::Error> {
        match self.add.iter().find(|label| self.remove.contains(label)) {
            Some(label) => {
                let both = format!("{} is both in --add and in --remove", label.word());
                Err(cli::usage(ErrorKind::ArgumentConflict, &both))
            }
            None => Ok(()),
        }
    }

    /// Changes the labels.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut session = context.unlock()?;
        let id = ids::resolve(&mut session, &self.id)?;
        let (add, remove) = (self.add.iter().copied(), self.remove.iter().copied());
        session.relabel(id, add.collect(), remove.collect())?;
        let record = session.record(id)?;
        Ok(Box::new(Changed::finish(context, session, record, "The labels are changed.")))
    }
}
