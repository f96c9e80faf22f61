//! `wallet status`

use std::io::{self, Write};

use clap::Args;

use patient_wallet::session::{self, Status, Way};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::screen::Screen;

/// Tells what the wallet holds, and what opens it
#[derive(Args, Debug)]
pub(crate) struct StatusOf {}

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
        let mut session = context.unlock()?;
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
                root: (status.log_size > 0)
                    .then(|| status.log_root.iter().map(|byte| format!("{byte:02x}")).collect()),
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
        Way::BackupWithWords => "backup with the words",
        Way::BackupWithPassphrase => "backup with its passphrase",
        _ => "other",
    }
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
        for (place, way) in self.ways_back.iter().enumerate() {
            let name = if place == 0 { "opened by" } else { "" };
            let since: String = way.since.chars().take_while(|letter| *letter != 'T').collect();
            screen.fact(name, &format!("{}, since {since}", way.kind))?;
        }
        match vault.records {
            Some(0) => Ok(()),
            Some(_) => {
                writeln!(screen)?;
                screen.paragraph(
                    "No way back is proven yet: only a backup that has been rehearsed proves one.",
                )
            }
            None => {
                writeln!(screen)?;
                screen.paragraph(
                    "The device has lost the key of the records. The words bring it back: \
                     wallet restore --words-file FILE",
                )
            }
        }
    }
}
