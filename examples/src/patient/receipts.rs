//! `wallet receipts`

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use patient_wallet::Error;
use patient_wallet::audit::Destroyed;
use patient_wallet::consent::Alias;
use patient_wallet::keys::{DidKey, SignedKind};
use patient_wallet::receipt::ReceiptError;
use patient_wallet::record::{RecordId, Text};
use patient_wallet::session::{AddedReceipt, HandedIn, Told};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::ids::{self, ShortIds};
use crate::patient::review::minute;
use crate::screen::{Screen, Table};
use crate::{envelope, files};

/// Lists what readers signed about reading and erasing, or takes it in
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Receipts {
    #[command(subcommand)]
    command: Option<Action>,
    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(List),
    Add(Add),
}

/// Lists what readers signed, the oldest first
#[derive(Args, Debug)]
struct List {
    /// Only what is about this consent
    #[arg(long, value_name = "CONSENT")]
    consent: Option<String>,
}

/// Takes in receipts and erasure statements, in any order; the same twice does no harm
#[derive(Args, Debug)]
struct Add {
    /// Files, folders with such files, - or PMW1: texts
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Receipts {
    /// Lists the receipts, or takes some in.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        match &self.command {
            None => self.list.run(context),
            Some(Action::List(list)) => list.run(context),
            Some(Action::Add(add)) => add.run(context),
        }
    }
}

/// What a reader signed, as JSON.
#[derive(Serialize)]
struct Shape {
    id: String,
    kind: &'static str,
    consent: String,
    reader: Reader,
    at: String,
    act: &'static str,
    purpose: Option<&'static str>,
    number: Option<u64>,
    person: Option<String>,
}

#[derive(Serialize)]
struct Reader {
    name: Option<String>,
    says: Option<String>,
    key: String,
}

impl Shape {
    fn of(told: &Told, audience: Option<&Text>) -> Self {
        let receipt = match told {
            Told::Access(receipt) => Some(receipt),
            _ => None,
        };
        let owned = |name: &str| name.to_owned();
        Self {
            id: ids::hex(&told.id()),
            kind: if receipt.is_some() { "receipt" } else { "statement" },
            consent: told.consent().to_string(),
            reader: Reader {
                name: audience.map(|name| owned(name.as_str())),
                says: receipt.map(|receipt| owned(receipt.name())),
                key: DidKey::from(told.reader()).to_string(),
            },
            at: told.at().to_string(),
            act: act(told),
            purpose: receipt.map(|receipt| receipt.purpose().code()),
            number: receipt.map(|receipt| receipt.number()),
            person: receipt.and_then(|receipt| receipt.person().map(owned)),
        }
    }

    /// Names the reader; one whom no consent names is marked.
    fn reader(&self) -> String {
        let says = || format!("{}?", self.reader.says.as_deref().unwrap_or_default());
        self.reader.name.clone().unwrap_or_else(says)
    }
}

/// Names what was done; a statement may leave the opened copies out.
fn act(told: &Told) -> &'static str {
    match told {
        Told::Access(receipt) => receipt.act().word(),
        Told::Erasure(statement) if statement.destroyed().contains(&Destroyed::Copies) => "erased",
        _ => "keys-erased",
    }
}

#[derive(Serialize)]
struct Listed {
    receipts: Vec<Item>,
    #[serde(skip)]
    consents: ShortIds,
}

#[derive(Serialize)]
struct Item {
    #[serde(flatten)]
    shape: Shape,
    received: String,
    records: Vec<Named>,
    #[serde(skip)]
    when: String,
}

#[derive(Serialize)]
struct Named {
    alias: String,
    record: Option<String>,
}

impl List {
    fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut session = context.look()?;
        let typed = self.consent.as_deref();
        let found = |typed: &str| session.resolve_consent(&typed.to_ascii_lowercase());
        let consent = typed.map(found).transpose()?;
        let all = session.receipts(consent)?;
        context.lock(session);
        let consents = all.iter().map(|one| one.told.consent().to_string()).collect();
        let consents = ShortIds::telling_apart(consents);
        Ok(Box::new(Listed { receipts: all.iter().map(Item::of).collect(), consents }))
    }
}

impl Item {
    fn of(one: &HandedIn) -> Self {
        let aliases = match &one.told {
            Told::Access(receipt) => receipt.records(),
            _ => &[],
        };
        let named = |(alias, record): (&Alias, &Option<RecordId>)| Named {
            alias: alias.to_string(),
            record: record.map(|record| record.to_string()),
        };
        Self {
            shape: Shape::of(&one.told, one.audience.as_ref()),
            received: one.received.to_string(),
            records: aliases.iter().zip(&one.records).map(named).collect(),
            when: minute(one.told.at()),
        }
    }
}

impl Tell for Listed {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if self.receipts.is_empty() {
            return writeln!(screen, "No receipts.");
        }
        let mut table = Table::new(["when", "what", "reader", "person", "records", "consent"], 2);
        for Item { shape, records, when, .. } in &self.receipts {
            table.push([
                when.clone(),
                shape.act.to_owned(),
                shape.reader(),
                shape.person.clone().unwrap_or_else(|| "-".to_owned()),
                records.len().to_string(),
                self.consents.beginning(&shape.consent).to_owned(),
            ]);
        }
        table.tell(screen)
    }
}

#[derive(Serialize)]
struct Judged {
    receipts: Vec<One>,
    #[serde(skip)]
    refused: Option<Failure>,
}

#[derive(Serialize)]
struct One {
    file: PathBuf,
    verdict: &'static str,
    code: Option<&'static str>,
    receipt: Option<Shape>,
    #[serde(skip)]
    sentence: String,
}

impl Add {
    fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut paths = Vec::new();
        for path in &self.files {
            if path.is_dir() { paths.extend(inside(path)?) } else { paths.push(path.clone()) }
        }
        let envelopes = paths.iter().map(|path| envelope::read_within(path, LARGEST));
        let envelopes = envelopes.collect::<Result<Vec<_>, _>>()?;
        let bytes: Vec<&[u8]> = envelopes.iter().map(|envelope| envelope.as_slice()).collect();
        let mut session = context.unlock()?;
        let judged = session.add_receipts(&bytes)?;
        context.lock(session);
        let refused = judged.iter().find_map(|one| one.as_ref().err());
        let refused = refused.map(|error| Failure::from(Error::from(*error)));
        let receipts = paths.into_iter().zip(&judged).map(|(file, one)| One::of(file, one));
        Ok(Box::new(Judged { receipts: receipts.collect(), refused }))
    }
}

/// Gives the files of a folder, in the order of their names.
fn inside(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: io::Error| files::unreadable(folder, error.kind());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_file() {
            found.push(path);
        }
    }
    found.sort_unstable();
    Ok(found)
}

impl One {
    fn of(file: PathBuf, judged: &Result<AddedReceipt, ReceiptError>) -> Self {
        let added = match judged {
            Ok(added) => added,
            Err(error) => {
                let (code, sentence) = (Some(error.code()), error.to_string());
                return Self { file, verdict: "refused", code, receipt: None, sentence };
            }
        };
        let shape = Shape::of(&added.told, added.audience.as_ref());
        let verdict = if added.is_new { "added" } else { "known" };
        let sentence = format!("{} {} {}", minute(added.told.at()), shape.reader(), shape.act);
        Self { file, verdict, code: None, receipt: Some(shape), sentence }
    }
}

impl Tell for Judged {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let mut table = Table::new(["file", "verdict", "what"], 2);
        for one in &self.receipts {
            let name = one.file.file_name().unwrap_or_default().to_string_lossy();
            // A text is no name.
            let name = if name.starts_with("PMW1:") { "-".into() } else { name };
            table.push([name.into_owned(), one.verdict.to_owned(), one.sentence.clone()]);
        }
        table.tell(screen)
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.refused.take()
    }
}

/// Bytes of the largest receipt, as a file or as its text.
const LARGEST: u64 = 2 * SignedKind::Receipt.largest() as u64;
