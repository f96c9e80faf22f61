//! `wallet records` and `wallet search`

use std::io::{self, Write};
use std::num::NonZeroUsize;

use clap::Args;
use patient_wallet::Session;
use patient_wallet::record::Text;
use patient_wallet::session::{Query, Record};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::ids::ShortIds;
use crate::patient::filters::{self, Filters};
use crate::screen::{Screen, Table};
use crate::shapes;

/// Lists records, newest first
#[derive(Args, Debug)]
pub(crate) struct Records {
    #[command(flatten)]
    filters: Filters,
    #[command(flatten)]
    page: Page,
}

/// Finds records by their text, without regard to case and accents
#[derive(Args, Debug)]
pub(crate) struct Search {
    /// Words that a record must hold, all of them
    #[arg(value_parser = filters::words)]
    text: String,
    #[command(flatten)]
    filters: Filters,
    #[command(flatten)]
    page: Page,
}

#[derive(Args, Debug)]
struct Page {
    /// How many records on a page
    #[arg(long, value_name = "N", default_value = "50")]
    limit: NonZeroUsize,
    /// Which page
    #[arg(long, value_name = "P", default_value = "1")]
    page: NonZeroUsize,
}

#[derive(Serialize)]
struct Found {
    #[serde(serialize_with = "shapes::records")]
    records: Vec<Record>,
    next: Option<usize>,
    total: usize,
    #[serde(skip)]
    ids: ShortIds,
}

impl Records {
    /// Lists the records.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        find(context, self.filters.query(), &self.page)
    }
}

impl Search {
    /// Finds the records.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let query = Query { text: Some(Text::from(self.text.as_str())), ..self.filters.query() };
        find(context, query, &self.page)
    }
}

fn find(context: &Context, query: Query, page: &Page) -> Result<Box<dyn Answer>, Failure> {
    let mut session = context.look()?;
    let found = Found::of(&mut session, query, page)?;
    context.lock(session);
    Ok(Box::new(found))
}

impl Found {
    fn of(session: &mut Session, query: Query, page: &Page) -> Result<Self, Failure> {
        let limit = page.limit.get();
        let offset = limit.saturating_mul(page.page.get() - 1);
        let found = session.find(&Query { offset, limit: Some(limit), ..query })?;
        let records: Result<_, _> = found.ids.iter().map(|id| session.record(*id)).collect();
        Ok(Self {
            records: records?,
            next: found.next.map(|_| page.page.get() + 1),
            total: found.total,
            ids: ShortIds::of(session)?,
        })
    }
}

impl Tell for Found {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if !self.records.is_empty() {
            let mut table = Table::new(["id", "date", "category", "title", "labels"], 3);
            for record in &self.records {
                table.push(row(record, self.ids));
            }
            table.tell(screen)?;
            writeln!(screen)?;
        }
        let (shown, total) = (self.records.len(), self.total);
        match self.next {
            Some(next) => writeln!(screen, "{shown} of {total} records; --page {next} has more."),
            None if shown == total && total == 1 => writeln!(screen, "1 record."),
            None if shown == total => writeln!(screen, "{total} records."),
            None => writeln!(screen, "{shown} of {total} records."),
        }
    }
}

/// Shows a record as a row: id, date, category, title, labels.
pub(crate) fn row(record: &Record, ids: ShortIds) -> [String; 5] {
    let date = record.date.map(|date| date.to_string()).unwrap_or_default();
    [
        ids.short(record.id),
        date.chars().take(10).collect(),
        record.category.to_string(),
        record.title.as_str().to_owned(),
        labels(record).replace(", ", "\n"),
    ]
}

/// Names the labels of a record, and says when nobody has classified it.
pub(crate) fn labels(record: &Record) -> String {
    let labels = record.labels.to_string();
    match (record.classified, labels.is_empty()) {
        (true, _) => labels,
        (false, true) => UNCLASSIFIED.to_owned(),
        (false, false) => format!("{labels}, {UNCLASSIFIED}"),
    }
}

const UNCLASSIFIED: &str = "unclassified";
