//! `wallet reconcile`

use std::io::{self, Write};

use clap::Args;
use patient_wallet::host::Timestamp;
use patient_wallet::keys::DidKey;
use patient_wallet::receipt::{About, Flagged, LogLine, Why};
use patient_wallet::session::{Look, Reconciled};
use patient_wallet::words::Language;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::ids::{self, ShortIds};
use crate::patient::log::ToldIn;
use crate::patient::review::minute;
use crate::screen::{Screen, Table, counted, many};

/// Compares what readers signed with what was given, and tells what to look at
///
/// A flag says that somebody should look, not that somebody did wrong.
#[derive(Args, Debug)]
pub(crate) struct Reconcile {
    /// Lists every access too; those that nothing is wrong with are folded
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    told: ToldIn,
}

impl Reconcile {
    /// Compares.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut session = context.look()?;
        let found = session.reconcile()?;
        let ids = ShortIds::of(&mut session)?;
        context.lock(session);
        Ok(Box::new(Told::of(&found, self.all, self.told.language, ids)))
    }
}

#[derive(Serialize)]
struct Told {
    accesses: usize,
    flagged: Vec<Item>,
    /// Every access, where that was asked for.
    log: Option<Vec<Line>>,
    #[serde(skip)]
    ids: ShortIds,
}

#[derive(Serialize)]
struct Item {
    /// The receipt that tells of it; `None` where there is none.
    receipt: Option<String>,
    /// The record, where it is about one alone.
    record: Option<String>,
    /// Those that were given to this reader.
    records: Vec<String>,
    /// How many records it is about, those that were never given among them.
    count: usize,
    consent: Option<String>,
    notice: Option<String>,
    reader: Reader,
    at: String,
    why: Vec<&'static str>,
    gap: Option<Gap>,
    sentences: Vec<String>,
    #[serde(skip)]
    when: String,
}

#[derive(Serialize)]
struct Reader {
    name: String,
    person: Option<String>,
    key: String,
}

#[derive(Serialize)]
struct Gap {
    after: Option<String>,
    before: String,
    missing: u64,
}

#[derive(Serialize)]
struct Line {
    reader: Reader,
    consent: String,
    purpose: &'static str,
    how: &'static str,
    accesses: usize,
    first: String,
    last: String,
    receipts: Vec<String>,
    why: Vec<&'static str>,
    #[serde(skip)]
    when: (String, String),
}

impl Told {
    fn of(found: &Reconciled, all: bool, language: Language, ids: ShortIds) -> Self {
        Self {
            accesses: found.accesses,
            flagged: found.flagged.iter().map(|look| Item::of(look, language)).collect(),
            log: all.then(|| found.log.iter().map(Line::of).collect()),
            ids,
        }
    }
}

impl Item {
    fn of(look: &Look, language: Language) -> Self {
        let flag = &look.flag;
        let records: Vec<String> = look.records.iter().flatten().map(ToString::to_string).collect();
        let alone = [records.as_slice()].into_iter().find(|_| look.records.len() == 1);
        Self {
            receipt: match flag.about {
                About::Access(id) => Some(id.to_string()),
                _ => None,
            },
            record: alone.and_then(|records| records.first().cloned()),
            records,
            count: look.records.len(),
            consent: flag.consent.map(|consent| consent.to_string()),
            notice: match flag.about {
                About::Notice(id) => Some(ids::hex(&id)),
                _ => None,
            },
            reader: Reader::of(flag),
            at: flag.at.to_string(),
            why: flag.why.iter().map(|why| why.word()).collect(),
            gap: flag.why.iter().find_map(|why| Gap::of(*why)),
            sentences: flag.why.iter().map(|why| language.why(*why)).collect(),
            when: minute(flag.at),
        }
    }

    /// Shows the one record by its id, or else how many there are.
    fn shown(&self, ids: ShortIds) -> String {
        match (&self.record, self.count) {
            (Some(record), _) => ids.beginning(record).to_owned(),
            (None, 0) => "-".to_owned(),
            (None, count) => counted(u64::try_from(count).unwrap_or(u64::MAX), "record"),
        }
    }
}

impl Reader {
    fn of(flag: &Flagged) -> Self {
        Self {
            name: flag.name.as_str().to_owned(),
            person: flag.person.as_ref().map(|person| person.as_str().to_owned()),
            key: DidKey::from(&flag.reader).to_string(),
        }
    }

    fn lines(&self) -> String {
        self.person.as_ref().map_or_else(
            || self.name.clone(),
            |person| [self.name.as_str(), person.as_str()].join("\n"),
        )
    }
}

impl Gap {
    fn of(why: Why) -> Option<Self> {
        let Why::Gap { after, before, missing } = why else { return None };
        let after = after.map(|after: Timestamp| after.to_string());
        Some(Self { after, before: before.to_string(), missing })
    }
}

impl Line {
    fn of(line: &LogLine) -> Self {
        let key = DidKey::from(&line.reader).to_string();
        Self {
            reader: Reader { name: line.name.as_str().to_owned(), person: None, key },
            consent: line.consent.to_string(),
            purpose: line.purpose.code(),
            how: line.kind.word(),
            accesses: line.receipts.len(),
            first: line.first.to_string(),
            last: line.last.to_string(),
            receipts: line.receipts.iter().map(ToString::to_string).collect(),
            why: line.why.iter().map(|why| why.word()).collect(),
            when: (minute(line.first), minute(line.last)),
        }
    }
}

impl Tell for Told {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let accesses = u64::try_from(self.accesses).unwrap_or(u64::MAX);
        let accesses = counted(accesses, "receipt");
        if self.flagged.is_empty() {
            writeln!(screen, "{accesses}, and nothing to look at.")?;
        } else {
            writeln!(screen, "{accesses}, and {} to look at:", many(&self.flagged, "thing"))?;
            self.tell_flagged(screen)?;
        }
        match &self.log {
            Some(lines) if !lines.is_empty() => {
                writeln!(screen)?;
                tell_log(screen, lines)
            }
            _ => Ok(()),
        }
    }
}

impl Told {
    fn tell_flagged(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        writeln!(screen)?;
        let mut table = Table::new(["when", "reader", "record", "why"], 1);
        let mut sentences: Vec<&String> = Vec::new();
        for item in &self.flagged {
            table.push([
                item.when.clone(),
                item.reader.lines(),
                item.shown(self.ids),
                item.why.join("\n"),
            ]);
            for sentence in &item.sentences {
                if !sentences.contains(&sentence) {
                    sentences.push(sentence);
                }
            }
        }
        table.tell(screen)?;
        writeln!(screen)?;
        sentences.into_iter().try_for_each(|sentence| screen.paragraph(sentence))
    }
}

fn tell_log(screen: &mut Screen<'_>, lines: &[Line]) -> io::Result<()> {
    let mut table = Table::new(["first", "last", "times", "how", "reader", "what for", ""], 4);
    for line in lines {
        let (first, last) = line.when.clone();
        let is_one = line.accesses == 1;
        table.push([
            first,
            if is_one { String::new() } else { last },
            line.accesses.to_string(),
            line.how.to_owned(),
            line.reader.name.clone(),
            line.purpose.to_owned(),
            if line.why.is_empty() { String::new() } else { "!".to_owned() },
        ]);
    }
    table.tell(screen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::columns;

    fn reader(name: &str, person: Option<&str>) -> Reader {
        let (name, person) = (name.to_owned(), person.map(str::to_owned));
        Reader { name, person, key: "did:key:z".to_owned() }
    }

    fn item(record: Option<&str>, count: usize, why: &[&'static str]) -> Item {
        Item {
            receipt: None,
            record: record.map(str::to_owned),
            records: Vec::new(),
            count,
            consent: None,
            notice: None,
            reader: reader(&"Spital ".repeat(20), Some(&"Frau ".repeat(30))),
            at: "2025-04-07T09:00:00Z".to_owned(),
            why: why.to_vec(),
            gap: None,
            sentences: vec!["The consent had expired.".to_owned()],
            when: "2025-04-07 09:00".to_owned(),
        }
    }

    fn told(told: &Told) -> String {
        let mut out = Vec::new();
        told.tell(&mut Screen::plain(&mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn whatever_is_flagged_fits_80_columns_and_a_reason_is_explained_once() {
        let ids = ShortIds::telling_apart(Vec::new());
        let record = "0123456789abcdef0123456789abcdef";
        let one = item(Some(record), 1, &["after-revocation", "notice-unanswered"]);
        let line = Line {
            reader: reader(&"Spital ".repeat(20), None),
            consent: record.to_owned(),
            purpose: "HPAYMT",
            how: "machine",
            accesses: 10_000,
            first: String::new(),
            last: String::new(),
            receipts: Vec::new(),
            why: vec!["gap"],
            when: ("2025-04-07 09:00".to_owned(), "2025-04-07 09:00".to_owned()),
        };
        let flagged = vec![one, item(None, 20_000, &["out-of-scope"]), item(None, 0, &["gap"])];
        let text = told(&Told { accesses: 10_000, flagged, log: Some(vec![line]), ids });
        assert!(text.lines().all(|line| columns(line) <= 80), "{text}");
        assert_eq!(text.matches("The consent had expired.").count(), 1, "{text}");
        assert!(text.contains("20000 records") && text.contains("10000 receipts"), "{text}");
        assert!(text.trim_end().ends_with('!'), "{text}");
    }

    #[test]
    fn nothing_to_look_at_is_said() {
        let ids = ShortIds::WHOLE;
        let text = told(&Told { accesses: 1, flagged: Vec::new(), log: None, ids });
        assert_eq!(text, "1 receipt, and nothing to look at.\n");
    }
}
