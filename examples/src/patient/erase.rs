//! `wallet erase`

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use patient_wallet::Session;
use patient_wallet::record::RecordId;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::ids::{self, ShortIds};
use crate::patient::statement::{Place, Statement};
use crate::screen::{Screen, counted, shortened};
use crate::{confirm, files};

/// Erases a record for good, with every version and attachment
///
/// Its keys are destroyed up to the keystore: no copy of the wallet's files brings it back with what
/// is on this device. That it was erased stays in the log, not what it was. It cannot be undone.
#[derive(Args, Debug)]
pub(crate) struct Erase {
    /// Id of the record, or its beginning
    id: String,
    /// Writes the signed statement of what was destroyed and what may remain
    #[arg(short, long = "output", value_name = "STATEMENT", value_parser = files::named)]
    output: Option<PathBuf>,
}

#[derive(Serialize)]
struct Erased {
    id: String,
    #[serde(flatten)]
    statement: Statement,
    pending: bool,
    #[serde(skip)]
    short: String,
}

impl Erase {
    /// Erases the record.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let place = Place::find(self.output.as_deref())?;
        let mut session = context.unlock()?;
        let id = ids::resolve(&mut session, &self.id)?;
        let short = ShortIds::of(&mut session)?.short(id);
        confirm::ask(context, &question(&mut session, id, &short)?, "yes")?;
        let erased = session.erase(id)?;
        let statement = place.put(&erased.statement)?;
        context.lock(session);
        let pending = erased.pending;
        Ok(Box::new(Erased { id: id.to_string(), statement, pending, short }))
    }
}

fn question(session: &mut Session, id: RecordId, short: &str) -> Result<String, Failure> {
    let record = session.record(id)?;
    let attachments = session.attachments(id)?.len();
    let title = shortened(record.title.as_str(), TITLE);
    let date = record.date.map(|date| format!(", {date}")).unwrap_or_default();
    Ok(format!(
        "Record {short} ({title}{date}) goes for good: {}, {}. It cannot be undone.",
        counted(record.version, "version"),
        counted(u64::try_from(attachments).unwrap_or(u64::MAX), "attachment"),
    ))
}

impl Tell for Erased {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.heading(&format!("Record {} is erased.", self.short))?;
        self.statement.tell(screen)?;
        if self.pending {
            writeln!(screen)?;
            screen.paragraph(
                "The keys are destroyed. A trace of them could not be removed yet; the wallet tries \
                 again each time it is locked or opened.",
            )?;
        }
        Ok(())
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.statement.shortfall()
    }
}

const TITLE: usize = 40;
