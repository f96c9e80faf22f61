//! On which terms: the options that `review`, `approve` and `disclose` share.

use std::env;

use clap::Args;
use clap::error::ErrorKind;
use patient_wallet::Session;
use patient_wallet::consent::{DateRange, Flags, Narrowing, Preset};
use patient_wallet::host::Timestamp;
use patient_wallet::record::{Category, RecordDate, RecordId, SensitivityLabel, Text};
use patient_wallet::words::Language;

use crate::errors::Failure;
use crate::patient::{filters, log};
use crate::{cli, clock, ids};

/// What the patient takes away from what was asked, or chooses when nobody asked.
#[derive(Args, Debug)]
#[command(next_help_heading = "Terms")]
pub(crate) struct Terms {
    /// Terms for an occasion: visit, 48h, 7d, emergency-room, cardiology, insurer, school, research
    #[arg(long, value_name = "P", value_parser = preset)]
    preset: Option<Preset>,
    /// Only these categories: laboratory, medications, allergies, ...
    #[arg(long, value_name = "C,..", value_delimiter = ',', value_parser = filters::category)]
    only: Vec<Category>,
    /// No record under these labels: mental-health, substance-use, hiv, ...
    #[arg(long, value_name = "L,..", value_delimiter = ',', value_parser = filters::label)]
    deny: Vec<SensitivityLabel>,
    /// For how long, such as 48h or 7d
    #[arg(long = "for", value_name = "TIME", value_parser = clock::duration)]
    lasting: Option<u64>,
    /// Until this moment, such as 2025-04-02T10:00:00Z
    #[arg(long, value_name = "T", value_parser = clock::moment, conflicts_with = "lasting")]
    until: Option<Timestamp>,
    /// Only these records
    #[arg(long, value_name = "ID,..", value_delimiter = ',')]
    records: Vec<String>,
    /// None of these records; nothing tells that they are held back
    #[arg(long, value_name = "ID,..", value_delimiter = ',')]
    except: Vec<String>,
    /// To be looked at, and no copy kept
    #[arg(long)]
    view_only: bool,
    /// To be passed on to nobody
    #[arg(long)]
    no_onward: bool,
    /// To be opened once
    #[arg(long)]
    single_use: bool,
    /// Every copy erased by this moment
    #[arg(long, value_name = "T", value_parser = clock::moment)]
    erase_by: Option<Timestamp>,
    /// A reason, which the reader sees
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Language of what is signed: en, de or es; else that of the environment
    #[arg(long, value_name = "L", value_parser = log::language)]
    language: Option<Language>,
}

/// Of which dates the records are.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Terms")]
pub(crate) struct Dates {
    /// Only records from this day, month, year or moment on
    #[arg(long, value_name = "D", value_parser = filters::date)]
    pub(crate) from: Option<RecordDate>,
    /// Only records up to this day, month, year or moment, itself included
    #[arg(long, value_name = "D", value_parser = filters::date)]
    pub(crate) to: Option<RecordDate>,
}

impl Dates {
    /// Gives the range; between its ends must be a day.
    pub(crate) fn range(self) -> Result<Option<DateRange>, clap::Error> {
        if self.from.is_none() && self.to.is_none() {
            return Ok(None);
        }
        let (from, to) = (self.from.map(RecordDate::start), self.to.map(RecordDate::end));
        let empty = |_| cli::usage(ErrorKind::ValueValidation, "no date lies between the two");
        DateRange::new(from, to).map(Some).map_err(empty)
    }
}

impl Terms {
    /// Demands that the terms say what is given: nobody asked for anything.
    pub(crate) fn check_unasked(&self) -> Result<(), clap::Error> {
        if self.only.is_empty() && self.preset.is_none() {
            let missing = "--only or --preset says what is given";
            return Err(cli::usage(ErrorKind::MissingRequiredArgument, missing));
        }
        Ok(())
    }

    /// Gives the terms; ids of records are looked up.
    pub(crate) fn narrowing(
        &self,
        session: &mut Session,
        dates: Dates,
    ) -> Result<Narrowing, Failure> {
        self.narrowing_by(dates, |typed| ids::resolve(session, typed))
    }

    /// Gives the terms; `find` looks up a record.
    pub(crate) fn narrowing_by(
        &self,
        dates: Dates,
        mut find: impl FnMut(&str) -> Result<RecordId, Failure>,
    ) -> Result<Narrowing, Failure> {
        let mut found = |typed: &[String]| typed.iter().map(|typed| find(typed)).collect();
        let (records, except): (Result<Vec<_>, _>, Result<Vec<_>, _>) =
            (found(&self.records), found(&self.except));
        let mut narrowing = Narrowing::new()
            .deny(self.deny.iter().copied().collect())
            .records(records?)
            .except(except?)
            .flags(self.flags());
        if let Some(preset) = self.preset {
            narrowing = narrowing.preset(preset);
        }
        if !self.only.is_empty() {
            narrowing = narrowing.only(self.only.iter().copied().collect());
        }
        if let Some(seconds) = self.lasting {
            narrowing = narrowing.seconds(seconds);
        }
        if let Some(until) = self.until {
            narrowing = narrowing.until(until);
        }
        if let Some(dates) = dates.range().map_err(Failure::Usage)? {
            narrowing = narrowing.dates(dates);
        }
        if let Some(erase_by) = self.erase_by {
            narrowing = narrowing.erase_by(erase_by);
        }
        if let Some(reason) = &self.reason {
            narrowing = narrowing.reason(Text::from(reason.as_str()));
        }
        Ok(narrowing)
    }

    /// Gives the language of what is signed: it must be understood.
    pub(crate) fn language(&self) -> Language {
        self.language.or_else(of_environment).unwrap_or_default()
    }

    fn flags(&self) -> Flags {
        let chosen = [
            (self.view_only, Flags::VIEW_ONLY),
            (self.no_onward, Flags::NO_ONWARD),
            (self.single_use, Flags::SINGLE_USE),
        ];
        let chosen = chosen.into_iter().filter(|(is_chosen, _)| *is_chosen);
        chosen.fold(Flags::NONE, |flags, (_, flag)| flags.union(flag))
    }
}

fn preset(text: &str) -> Result<Preset, String> {
    let words = || Preset::ALL.iter().map(Preset::word).collect::<Vec<_>>();
    text.parse().map_err(|_| format!("one of: {}", words().join(", ")))
}

/// Gives the language of messages, as POSIX names it.
fn of_environment() -> Option<Language> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
    Language::from_tag(&locale?)
}
