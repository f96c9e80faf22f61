//! `wallet accounting`

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use clap::error::ErrorKind;
use patient_wallet::file::Output as _;
use patient_wallet::host::Timestamp;
use patient_wallet::record::RecordDate;
use patient_wallet::words::{Accounted, AccountedRecord, Accounting as Listed};
use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::patient::filters;
use crate::patient::log::{ToldIn, moment};
use crate::screen::{Screen, many};
use crate::{cli, files};

/// Lists every disclosure of a period: when, to whom, what and what for, to read and to hand on
#[derive(Args, Debug)]
pub(crate) struct Accounting {
    /// From this day, month, year or moment on
    #[arg(long, value_name = "D", value_parser = filters::date)]
    from: RecordDate,
    /// Up to this day, month, year or moment, itself included
    #[arg(long, value_name = "D", value_parser = filters::date)]
    to: RecordDate,
    /// Writes it to this file: .html, .txt or .json; one that is there is replaced only with --yes
    #[arg(short, long = "output", value_name = "FILE", value_parser = files::named)]
    output: Option<PathBuf>,
    #[command(flatten)]
    told: ToldIn,
}

/// What an accounting is written as.
#[derive(Clone, Copy)]
enum Form {
    Html,
    Text,
    Json,
}

/// An accounting that is told at once.
struct Told {
    listed: Shape,
    text: Zeroizing<String>,
}

/// An accounting that was written to a file.
#[derive(Serialize)]
struct Written {
    file: PathBuf,
    disclosures: usize,
    #[serde(skip)]
    told: String,
}

impl Accounting {
    /// Tells what is wrong with the file's name before anything is asked.
    pub(crate) fn check(&self) -> Result<(), clap::Error> {
        self.form().map(|_| ())
    }

    /// Lists the disclosures.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let form = self.form().map_err(Failure::Usage)?;
        let mut session = context.look()?;
        let file = self.output.as_deref().map(|path| files::begin(path, context.yes()));
        let file = file.transpose()?;
        let (from, until) = (moment(self.from.start()), moment(self.to.end()));
        let listed = session.accounting(from, until)?;
        context.lock(session);
        let language = self.told.language;
        let Some((path, mut file)) = self.output.clone().zip(file) else {
            let text = language.accounting_text(&listed);
            return Ok(Box::new(Told { listed: Shape(listed), text }));
        };
        let (disclosures, told) =
            (listed.disclosures.len(), many(&listed.disclosures, "disclosure"));
        let written = match form {
            Form::Html => file.write_all(language.accounting_html(&listed).as_bytes()),
            Form::Text => file.write_all(language.accounting_text(&listed).as_bytes()),
            Form::Json => serde_json::to_writer(&mut file, &Shape(listed)).map_err(io::Error::from),
        };
        written.map_err(|error| files::unwritable(&path, error.kind()))?;
        file.finish().map_err(|error| files::at(&path, error))?;
        Ok(Box::new(Written { file: path, disclosures, told }))
    }

    fn form(&self) -> Result<Form, clap::Error> {
        let Some(path) = self.output.as_deref() else { return Ok(Form::Text) };
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("html" | "htm") => Ok(Form::Html),
            Some("txt") => Ok(Form::Text),
            Some("json") => Ok(Form::Json),
            _ => Err(unknown(path)),
        }
    }
}

fn unknown(path: &Path) -> clap::Error {
    let file = path.display();
    cli::usage(ErrorKind::ValueValidation, &format!("{file} ends in .html, .txt or .json"))
}

/// An accounting as JSON.
struct Shape(Listed);

#[derive(Serialize)]
struct Fields<'a> {
    patient: Option<&'a str>,
    from: String,
    until: String,
    made: String,
    disclosures: Vec<Disclosure<'a>>,
}

#[derive(Serialize)]
struct Disclosure<'a> {
    at: String,
    disclosure: String,
    recipient: Recipient<'a>,
    purpose: &'static str,
    consent: String,
    by: Option<&'a str>,
    records: Vec<Record<'a>>,
}

#[derive(Serialize)]
struct Recipient<'a> {
    name: &'a str,
    did: &'a str,
    standing: &'static str,
    vouched_by: Option<&'a str>,
}

#[derive(Serialize)]
struct Record<'a> {
    id: String,
    version: u32,
    erased: bool,
    category: Option<&'static str>,
    title: Option<&'a str>,
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let listed = &self.0;
        let shown = |at: Timestamp| at.to_string();
        let fields = Fields {
            patient: listed.patient.as_ref().map(AsRef::as_ref),
            from: shown(listed.from),
            until: shown(listed.until),
            made: shown(listed.made),
            disclosures: listed.disclosures.iter().map(Disclosure::of).collect(),
        };
        fields.serialize(serializer)
    }
}

impl<'a> Disclosure<'a> {
    fn of(given: &'a Accounted) -> Self {
        let recipient = &given.recipient;
        Self {
            at: given.at.to_string(),
            disclosure: given.id.to_string(),
            recipient: Recipient {
                name: recipient.name.as_str(),
                did: recipient.did.as_str(),
                standing: recipient.standing.word(),
                vouched_by: recipient.vouched_by.as_ref().map(AsRef::as_ref),
            },
            purpose: given.purpose.code(),
            consent: given.consent.to_string(),
            by: given.by.as_ref().map(AsRef::as_ref),
            records: given.records.iter().map(Record::of).collect(),
        }
    }
}

impl<'a> Record<'a> {
    fn of(record: &'a AccountedRecord) -> Self {
        let about = record.about.as_ref();
        Self {
            id: record.id.to_string(),
            version: record.version,
            erased: about.is_none(),
            category: about.map(|(category, _)| category.word()),
            title: about.map(|(_, title)| title.as_str()),
        }
    }
}

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.listed.serialize(serializer)
    }
}

impl Tell for Told {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.lines(self.text.trim_end())
    }
}

impl Tell for Written {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let (told, file) = (&self.told, self.file.display());
        screen.paragraph(&format!("{told} in {file}, in clear: keep the file safe."))
    }
}
