//! `wallet history`

use std::io::{self, Write};

use clap::Args;
use patient_wallet::session::{Holder, Resource};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::answer::{Answer, Tell};
use crate::clock::day;
use crate::context::Context;
use crate::errors::Failure;
use crate::fhir;
use crate::ids;
use crate::patient::records::labels;
use crate::patient::review::minute;
use crate::screen::{Screen, Table, shortened};
use crate::shapes::{self, RecordShape};

/// Tells what became of a record, version by version
#[derive(Args, Debug)]
pub(crate) struct History {
    /// Id of the record, or its beginning
    id: String,
}

struct Told {
    versions: Vec<Resource>,
    holders: Vec<Holder>,
}

impl History {
    /// Reads every version.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut session = context.look()?;
        let id = ids::resolve(&mut session, &self.id)?;
        let versions = session.history(id)?;
        // What a damaged wallet cannot tell of its consents keeps nobody from reading a record.
        let holders = match session.holders(id) {
            Err(_) if !session.faults()?.is_empty() => Vec::new(),
            other => other?,
        };
        context.lock(session);
        Ok(Box::new(Told { versions, holders }))
    }
}

/// Tells one version as a sentence, after the one before it.
fn sentence(version: &Resource, before: Option<&Resource>) -> String {
    let record = &version.record;
    let (on, author) = (day(record.at), record.author.as_ref().map(AsRef::as_ref));
    let reason = version.reason.as_ref().map(AsRef::as_ref);
    let is_same = before.is_some_and(|before| before.json() == version.json());
    let what = said(record.title.as_str(), fhir::value(version.json()));
    match (author, reason) {
        (Some("patient"), _) if is_same => {
            let labels = labels(record);
            let labels = if labels.is_empty() { "none" } else { &labels };
            format!("On {on} the patient changed its labels; they are now: {labels}.")
        }
        (Some("patient"), None) => format!("On {on} the patient wrote it down: {what}"),
        (Some(author), Some(reason)) => {
            let stop = if reason.ends_with(['.', '!', '?']) { "" } else { "." };
            format!("On {on} {author} corrected it: {what} Reason: {reason}{stop}")
        }
        (Some(author), None) => format!("On {on} {author} changed it: {what}"),
        (None, _) => {
            let source = record.source.as_ref().map_or("a file", AsRef::as_ref);
            let came =
                if before.is_none() { "it was imported" } else { "a new version was imported" };
            format!("On {on} {came} from {source}: {what}")
        }
    }
}

/// Says title and value; a title may end with the value already.
fn said(title: &str, value: Option<String>) -> String {
    let Some(value) = value else { return format!("{title}.") };
    let name = title.strip_suffix(value.as_str()).unwrap_or(title).trim_end_matches([' ', ':']);
    if name.is_empty() { format!("{value}.") } else { format!("{name}: {value}.") }
}

impl Tell for Told {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let mut before = None;
        for version in &self.versions {
            screen.paragraph(&sentence(version, before))?;
            before = Some(version);
        }
        writeln!(screen)?;
        let mut table = Table::new(["version", "added", "author", "size"], 2);
        for version in &self.versions {
            let record = &version.record;
            let author = record.author.as_ref().or(record.source.as_ref());
            table.push([
                record.version.to_string(),
                record.at.to_string(),
                author.map_or_else(|| "-".to_owned(), |author| shortened(author.as_str(), 80)),
                record.size.to_string(),
            ]);
        }
        table.tell(screen)?;
        if self.holders.is_empty() {
            return Ok(());
        }
        writeln!(screen)?;
        let mut table = Table::new(["given to", "version", "since", "read by them"], 0);
        for holder in &self.holders {
            let read = holder.read.map_or_else(|| "not said".to_owned(), minute);
            let erased = |at| format!("erased {}", minute(at));
            table.push([
                holder.audience.as_str().to_owned(),
                holder.version.to_string(),
                minute(holder.since),
                holder.erased.map_or(read, erased),
            ]);
        }
        table.tell(screen)
    }
}

#[derive(Serialize)]
struct Held<'a> {
    audience: &'a str,
    did: &'a str,
    consent: String,
    version: u32,
    since: String,
    read: Option<String>,
    erased: Option<String>,
}

impl<'a> From<&'a Holder> for Held<'a> {
    fn from(holder: &'a Holder) -> Self {
        Self {
            audience: holder.audience.as_str(),
            did: holder.did.as_str(),
            consent: holder.consent.to_string(),
            version: holder.version,
            since: holder.since.to_string(),
            read: holder.read.map(|at| at.to_string()),
            erased: holder.erased.map(|at| at.to_string()),
        }
    }
}

#[derive(Serialize)]
struct Version<'a> {
    version: u32,
    at: String,
    author: Option<&'a str>,
    reason: Option<&'a str>,
    resource: &'a RawValue,
}

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut versions = Vec::with_capacity(self.versions.len());
        for version in &self.versions {
            let record = &version.record;
            versions.push(Version {
                version: record.version,
                at: record.at.to_string(),
                author: record.author.as_ref().or(record.source.as_ref()).map(AsRef::as_ref),
                reason: version.reason.as_ref().map(AsRef::as_ref),
                resource: shapes::resource::<S::Error>(version)?,
            });
        }
        let mut shape = serializer.serialize_struct("History", 3)?;
        shape.serialize_field(
            "record",
            &self.versions.last().map(|last| RecordShape(&last.record)),
        )?;
        shape.serialize_field("versions", &versions)?;
        let holders: Vec<_> = self.holders.iter().map(Held::from).collect();
        shape.serialize_field("holders", &holders)?;
        shape.end()
    }
}
