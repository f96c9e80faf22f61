//! `wallet notices`

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use patient_wallet::session::{NoticeState, OwedErasure};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::envelope::{Place, Put, Shown};
use crate::errors::Failure;
use crate::files;
use crate::ids::{self, ShortIds};
use crate::patient::review::minute;
use crate::screen::{Screen, Table};

/// Lists the notices for those who hold what was corrected, who answered, and who owes to erase
#[derive(Args, Debug)]
pub(crate) struct Notices {
    /// Writes the notices that wait for an answer to this folder, a file each, to be carried to
    /// their readers
    #[arg(short, long = "output", value_name = "DIR", value_parser = files::named)]
    output: Option<PathBuf>,
    /// First asks the reader of this consent to erase what it opened
    #[arg(long, value_name = "CONSENT")]
    ask_erasure: Option<String>,
}

#[derive(Serialize)]
struct Listed {
    notices: Vec<Item>,
    owed: Vec<Owed>,
    /// The wish that was asked for, where no folder takes it.
    wish: Option<Put>,
    #[serde(skip)]
    ids: ShortIds,
    #[serde(skip)]
    consents: ShortIds,
    #[serde(skip)]
    failure: Option<Failure>,
}

#[derive(Serialize)]
struct Item {
    id: String,
    kind: &'static str,
    audience: String,
    did: String,
    consents: Vec<String>,
    records: Vec<String>,
    at: String,
    answered: Option<String>,
    file: Option<PathBuf>,
    #[serde(skip)]
    signed: String,
    #[serde(skip)]
    answer: String,
}

#[derive(Serialize)]
struct Owed {
    consent: String,
    audience: String,
    did: String,
    since: String,
    #[serde(skip)]
    when: String,
}

impl Notices {
    /// Lists the notices, and writes those that wait.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let asks = self.ask_erasure.as_deref();
        let mut session = if asks.is_some() { context.unlock()? } else { context.look()? };
        let consent = |typed: &str| session.resolve_consent(&typed.to_ascii_lowercase());
        let consent = asks.map(consent).transpose()?;
        if let Some(folder) = &self.output {
            std::fs::create_dir_all(folder)
                .map_err(|error| files::unwritable(folder, error.kind()))?;
        }
        let wish = consent.map(|consent| session.ask_erasure(consent)).transpose()?;
        let notices = session.notices()?;
        let owed = session.owed_erasures()?;
        context.lock(session);
        let mut failure = None;
        let mut put = |notice: &NoticeState| {
            let folder = self.output.as_deref().filter(|_| notice.answered.is_none())?;
            // What was signed stands, wherever that can be written.
            written(folder, notice).map_err(|error| failure = Some(error)).ok()
        };
        let items = notices.iter().map(|notice| Item::of(notice, put(notice))).collect();
        let wish = match wish.filter(|_| self.output.is_none()) {
            Some(wish) => Some(Place::find(None, Shown::default())?.put(&wish.envelope)?),
            None => None,
        };
        let ids = notices.iter().map(|notice| ids::hex(&notice.id)).collect();
        let consents = owed.iter().map(|owed| owed.consent.to_string()).collect();
        Ok(Box::new(Listed {
            notices: items,
            owed: owed.iter().map(Owed::of).collect(),
            wish,
            ids: ShortIds::telling_apart(ids),
            consents: ShortIds::telling_apart(consents),
            failure,
        }))
    }
}

/// Writes a notice to its file in a folder; one that is there already stays.
fn written(folder: &Path, notice: &NoticeState) -> Result<PathBuf, Failure> {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let audience: String = notice.audience.as_str().chars().map(plain).take(24).collect();
    let id = ids::hex(&notice.id);
    let path = folder.join(format!("{audience}-{}.pmw-no", id.get(..ID).unwrap_or(&id)));
    let is_there = std::fs::read(&path).is_ok_and(|there| there == notice.envelope);
    if !is_there {
        Place::find(Some(&path), Shown::default())?.put(&notice.envelope)?;
    }
    Ok(path)
}

impl Item {
    fn of(notice: &NoticeState, file: Option<PathBuf>) -> Self {
        Self {
            id: ids::hex(&notice.id),
            kind: notice.kind.word(),
            audience: notice.audience.as_str().to_owned(),
            did: notice.did.as_str().to_owned(),
            consents: notice.consents.iter().map(ToString::to_string).collect(),
            records: notice.records.iter().map(ToString::to_string).collect(),
            at: notice.at.to_string(),
            answered: notice.answered.map(|at| at.to_string()),
            file,
            signed: minute(notice.at),
            answer: notice.answered.map_or_else(|| "no".to_owned(), minute),
        }
    }
}

impl Owed {
    fn of(owed: &OwedErasure) -> Self {
        Self {
            consent: owed.consent.to_string(),
            audience: owed.audience.as_str().to_owned(),
            did: owed.did.as_str().to_owned(),
            since: owed.since.to_string(),
            when: minute(owed.since),
        }
    }
}

impl Tell for Listed {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        // A single text stands alone: it may go on to a file or a program.
        if let Some(wish) = &self.wish {
            return wish.tell(screen);
        }
        if self.notices.is_empty() {
            writeln!(screen, "No notices.")?;
        } else {
            let mut table = Table::new(["id", "what", "for", "records", "signed", "answered"], 2);
            for notice in &self.notices {
                table.push([
                    self.ids.beginning(&notice.id).to_owned(),
                    notice.kind.to_owned(),
                    notice.audience.clone(),
                    notice.records.len().to_string(),
                    notice.signed.clone(),
                    notice.answer.clone(),
                ]);
            }
            table.tell(screen)?;
        }
        for file in self.notices.iter().filter_map(|notice| notice.file.as_ref()) {
            screen.fact("to carry", &file.display().to_string())?;
        }
        if self.owed.is_empty() {
            return Ok(());
        }
        writeln!(screen)?;
        let mut table = Table::new(["consent", "owes to erase", "since"], 1);
        for owed in &self.owed {
            table.push([
                self.consents.beginning(&owed.consent).to_owned(),
                owed.audience.clone(),
                owed.when.clone(),
            ]);
        }
        table.tell(screen)
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.failure.take()
    }
}

/// Letters of a notice's id that tell the files apart.
const ID: usize = 12;
