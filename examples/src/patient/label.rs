//! `wallet label`

use std::io;

use clap::error::ErrorKind;
use clap::{ArgGroup, Args};
use patient_wallet::record::SensitivityLabel;
use patient_wallet::session::Record;
use serde::{Serialize, Serializer};

use crate::answer::{Answer, Tell};
use crate::cli;
use crate::context::Context;
use crate::errors::Failure;
use crate::ids::{self, ShortIds};
use crate::patient::filters;
use crate::patient::review::tell_records;
use crate::screen::Screen;
use crate::shapes::RecordShape;

/// Puts labels on records, takes them off, or confirms them
///
/// Either way you have looked the records through: free text in them is no obstacle any more to
/// giving them under a consent that denies something.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("change").args(["add", "remove", "confirm"]).required(true).multiple(true))]
pub(crate) struct Label {
    /// Ids of the records, or their beginnings
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Label to put on: mental-health, substance-use, hiv, std, sexual-health, violence, genetics
    #[arg(long, value_name = "L", value_parser = filters::label)]
    add: Vec<SensitivityLabel>,
    /// Label to take off
    #[arg(long, value_name = "L", value_parser = filters::label)]
    remove: Vec<SensitivityLabel>,
    /// Leaves the labels as they are: you have looked the records through
    #[arg(long, conflicts_with_all = ["add", "remove"])]
    confirm: bool,
}

#[derive(Serialize)]
struct Labelled {
    #[serde(serialize_with = "shapes")]
    records: Vec<Record>,
    #[serde(skip)]
    done: &'static str,
    #[serde(skip)]
    ids: ShortIds,
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
        let resolve = |typed: &String| ids::resolve(&mut session, typed);
        let ids = self.ids.iter().map(resolve).collect::<Result<Vec<_>, _>>()?;
        let mut records = Vec::with_capacity(ids.len());
        for id in ids {
            let (add, remove) = (self.add.iter().copied(), self.remove.iter().copied());
            session.relabel(id, add.collect(), remove.collect())?;
            records.push(session.record(id)?);
        }
        let done =
            if self.confirm { "The labels are confirmed." } else { "The labels are changed." };
        // What was done stays done: without the other ids, these are shown whole.
        let ids = ShortIds::of(&mut session).unwrap_or(ShortIds::WHOLE);
        context.lock(session);
        Ok(Box::new(Labelled { records, done, ids }))
    }
}

fn shapes<S: Serializer>(records: &[Record], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(records.iter().map(RecordShape))
}

impl Tell for Labelled {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.heading(self.done)?;
        tell_records(screen, &self.records, &[], self.ids)
    }
}
