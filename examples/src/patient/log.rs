//! `wallet log`

use std::io::{self, Write};
use std::num::NonZeroUsize;

use clap::Args;
use patient_wallet::audit::{AuditEntry, AuditKind};
use patient_wallet::host::Timestamp;
use patient_wallet::record::RecordDate;
use patient_wallet::session::{LogEntry, LogQuery};
use patient_wallet::words::Language;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::{CliError, Failure};
use crate::ids::{self, ShortIds};
use crate::patient::filters;
use crate::screen::{Screen, Table, wrapped};

/// Tells what happened, the latest first
///
/// The log names records by id only. It tells of records that were erased, too.
#[derive(Args, Debug)]
pub(crate) struct Log {
    /// Only what happened to this record; one that was erased is known by its id
    #[arg(long, value_name = "ID")]
    record: Option<String>,
    /// Only from this day, month, year or moment on
    #[arg(long, value_name = "D", value_parser = filters::date)]
    from: Option<RecordDate>,
    /// Only up to this day, month, year or moment, itself included
    #[arg(long, value_name = "D", value_parser = filters::date)]
    to: Option<RecordDate>,
    /// Only entries of this kind: added, corrected, erased, exported, ...
    #[arg(long, value_name = "K", value_parser = kind)]
    kind: Option<AuditKind>,
    /// How many entries
    #[arg(long, value_name = "N", default_value = "50")]
    limit: NonZeroUsize,
    /// Only entries before this one: the next page
    #[arg(long, value_name = "N")]
    before: Option<u64>,
    #[command(flatten)]
    told: ToldIn,
}

/// The language that the log is told in.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ToldIn {
    /// Language: en, de or es
    #[arg(long, value_name = "L", default_value = "en", value_parser = language)]
    pub(crate) language: Language,
}

#[derive(Serialize)]
struct Told {
    entries: Vec<EntryShape>,
    next: Option<u64>,
    #[serde(skip)]
    damaged: Vec<u64>,
    #[serde(skip)]
    ids: ShortIds,
}

/// An entry of the log as JSON.
#[derive(Serialize)]
pub(crate) struct EntryShape {
    seq: u64,
    at: String,
    kind: &'static str,
    actor: &'static str,
    subject: Option<String>,
    words: &'static str,
}

impl Log {
    /// Reads a page of the log.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut session = context.look()?;
        let typed = self.record.as_deref();
        let record = typed.map(|typed| ids::resolve_logged(&mut session, typed)).transpose()?;
        let query = LogQuery {
            kind: self.kind,
            record,
            from: self.from.map(|date| moment(date.start())),
            to: self.to.map(|date| moment(date.end())),
            before: self.before,
            limit: Some(self.limit.get()),
        };
        let page = session.log(&query)?;
        let ids = ShortIds::of_log(&mut session)?;
        context.lock(session);
        let shape = |it: &LogEntry| EntryShape::of(it.seq, &it.entry, self.told.language);
        let entries = page.entries.iter().map(shape).collect();
        Ok(Box::new(Told { entries, next: page.next, damaged: page.damaged, ids }))
    }
}

/// A log begins in 1970 at the earliest.
pub(crate) fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_unix(u64::try_from(seconds).unwrap_or(0))
}

fn kind(text: &str) -> Result<AuditKind, String> {
    let words: Vec<_> = AuditKind::ALL.iter().map(|kind| kind.word()).collect();
    AuditKind::from_word(text).ok_or_else(|| format!("one of: {}", words.join(", ")))
}

/// Reads a language tag.
pub(crate) fn language(text: &str) -> Result<Language, String> {
    Language::from_tag(text).ok_or_else(|| "one of: en, de, es".to_owned())
}

impl EntryShape {
    /// Tells an entry in a language.
    pub(crate) fn of(seq: u64, entry: &AuditEntry, language: Language) -> Self {
        Self {
            seq,
            at: entry.at().to_string(),
            kind: entry.kind().word(),
            actor: entry.actor().word(),
            subject: ids::subject(entry),
            words: language.entry(entry),
        }
    }

    /// Gives the id that the entry is about.
    pub(crate) fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }
}

impl Tell for Told {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if self.entries.is_empty() {
            return writeln!(screen, "No entries.");
        }
        let mut table = Table::new(["entry", "time", "what", "about"], 2);
        for entry in &self.entries {
            let subject = entry.subject().unwrap_or_default();
            table.push([
                entry.seq.to_string(),
                entry.at.trim_end_matches('Z').replace('T', " "),
                wrapped(entry.words, WORDS).join("\n"),
                self.ids.beginning(subject).to_owned(),
            ]);
        }
        table.tell(screen)?;
        match self.next {
            Some(next) => writeln!(screen, "\n--before {next} has more."),
            None => Ok(()),
        }
    }

    fn shortfall(&mut self) -> Option<Failure> {
        let what = match self.damaged.as_slice() {
            [] => return None,
            [one] => format!("entry {one} of the log is damaged"),
            many => format!("entries {} of the log are damaged", ids::list(many)),
        };
        Some(CliError::Incomplete { what }.into())
    }
}

/// Columns for what happened: a row with an entry of six digits and an id of eight still fits.
const WORDS: usize = 41;
