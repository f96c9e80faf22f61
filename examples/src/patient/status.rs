//! `wallet status`

use std::io::{self, Write};

use clap::Args;

use patient_wallet::session::{self, Status, Way};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::ids::hex;
use crate::screen::{Screen, Table};

/// Tells what the wallet holds, and what opens it
#[derive(Args, Debug)]
pub(crate) struct StatusOf {
    /// Lets the clock of this device count, although the log has later entries
    #[arg(long)]
    clock_is_right: bool,
}

#[derive(Serialize)]
struct Shape {
    vault: Vault,
    ways_back: Vec<WayBack>,
    log: Log,
}

#[derive(Serialize)]
struct Vault {
    id: String,
    schema: u32,
    records: Option<usize>,
    versions: Option<usize>,
    attachments: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct WayBack {
    kind: &'static str,
    since: String,
    rehearsed: Option<String>,
    good: bool,
}

#[derive(Serialize)]
struct Log {
    size: u64,
    /// Of an empty log there is no root to speak of.
    root: Option<String>,
}

impl StatusOf {
    /// Looks at the wallet as a whole.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut session = if self.clock_is_right { context.unlock()? } else { context.look()? };
        if self.clock_is_right {
            session.confirm_clock()?;
        }
        let status = session.status()?;
        context.lock(session);
        Ok(Box::new(Shape::of(status)))
    }
}

impl Shape {
    fn of(status: Status) -> Self {
        let way = |back: &session::WayBack| WayBack {
            kind: kind(back.way),
            since: back.since.to_string(),
            rehearsed: back.rehearsed.map(|at| at.to_string()),
            good: back.good,
        };
        Self {
            ways_back: status.ways_back.iter().map(way).collect(),
            log: Log {
                size: status.log_size,
                root: (status.log_size > 0).then(|| hex(&status.log_root)),
            },
            vault: Vault {
                id: status.vault,
                schema: status.schema,
                records: status.records,
                versions: status.versions,
                attachments: status.attachments,
                bytes: status.bytes,
            },
        }
    }
}

const fn kind(way: Way) -> &'static str {
    match way {
        Way::Passphrase => "passphrase",
        Way::Biometrics => "biometrics",
        Way::Words => "words",
        Way::BackupWithWords => "backup-words",
        Way::BackupWithPassphrase => "backup-passphrase",
    }
}

impl Shape {
    /// Says what stands between the patient and a way back that is proven.
    fn advice(&self) -> &'static str {
        let is_backup = |way: &&WayBack| way.kind.starts_with("backup");
        let mut backups = self.ways_back.iter().filter(is_backup);
        if self.vault.records.is_none() {
            return "The device has lost the key of the records. The words bring it back: wallet \
                    restore --words-file FILE";
        }
        if backups.clone().any(|way| way.good && way.rehearsed.is_some()) {
            return "A rehearsed backup brings everything back, anywhere.";
        }
        if backups.any(|way| way.rehearsed.is_some()) {
            return "What was added since the rehearsed backup is not in it: make another and \
                    rehearse it.";
        }
        "No way back is proven yet: only a backup that has been rehearsed proves one."
    }
}

fn day(moment: &str) -> String {
    moment.chars().take_while(|letter| *letter != 'T').collect()
}

impl Tell for Shape {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let vault = &self.vault;
        let id: String = vault.id.chars().take(8).collect();
        screen.fact("vault", &format!("{id}, schema {}", vault.schema))?;
        let count = |number: Option<usize>| {
            number.map_or_else(|| "out of reach".to_owned(), |number| number.to_string())
        };
        screen.fact("records", &count(vault.records))?;
        screen.fact("versions", &count(vault.versions))?;
        screen.fact("attachments", &vault.attachments.to_string())?;
        screen.fact("size", &format!("{} bytes", vault.bytes))?;
        screen.fact("log", &format!("{} entries", self.log.size))?;
        writeln!(screen)?;
        let mut table = Table::new(["way back", "since", "rehearsed", "brings all back"], 0);
        for way in &self.ways_back {
            let rehearsed = way.rehearsed.as_deref().map_or_else(|| "never".to_owned(), day);
            let good = if way.good { "yes" } else { "no" };
            table.push([way.kind.to_owned(), day(&way.since), rehearsed, good.to_owned()]);
        }
        table.tell(screen)?;
        if vault.records == Some(0) {
            return Ok(());
        }
        writeln!(screen)?;
        screen.paragraph(self.advice())
    }
}
