//! `wallet trust`

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use patient_wallet::Session;
use patient_wallet::keys::DidKey;
use patient_wallet::record::{RecordId, Text};
use patient_wallet::session::TrustedDirectory;
use serde::{Serialize, Serializer};

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::envelope;
use crate::errors::Failure;
use crate::ids::{self, ShortIds};
use crate::patient::review::{minute, taken_for};
use crate::screen::{Screen, Table};

/// Lists the directories that you believe: they say who somebody is who asks
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Trust {
    #[command(subcommand)]
    command: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(Add),
    List(List),
    Remove(Remove),
}

/// Believes a directory from here on, or takes in its list of what it has taken back
#[derive(Args, Debug)]
struct Add {
    /// The directory's contact, or its list: a file, -, or its PMW1: text
    file: PathBuf,
}

/// Lists the directories that you believe
#[derive(Args, Debug)]
struct List {}

/// Believes a directory no more: whom it vouched for is not vouched for any more
#[derive(Args, Debug)]
struct Remove {
    /// Id of the directory, or its beginning
    id: String,
}

#[derive(Serialize)]
struct Listed {
    directories: Vec<Shape>,
    #[serde(skip)]
    ids: ShortIds,
}

#[derive(Serialize)]
struct Added {
    directory: Shape,
}

#[derive(Serialize)]
struct Removed {
    removed: String,
}

struct Shape(TrustedDirectory);

#[derive(Serialize)]
struct Fields<'a> {
    id: String,
    name: &'a str,
    did: String,
    since: String,
    expires_at: String,
    list_at: Option<String>,
    list_stale: bool,
    looks_like: Vec<&'a str>,
}

impl Trust {
    /// Lists, adds or removes directories.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        match &self.command {
            None | Some(Action::List(List {})) => {
                let mut session = context.look()?;
                let trusted = session.trusted()?;
                context.lock(session);
                let ids = trusted.iter().map(|directory| directory.id.to_string()).collect();
                let ids = ShortIds::telling_apart(ids);
                Ok(Box::new(Listed { directories: trusted.into_iter().map(Shape).collect(), ids }))
            }
            Some(Action::Add(add)) => {
                let envelope = envelope::read(&add.file)?;
                let mut session = context.unlock()?;
                let directory = session.trust(&envelope)?;
                context.lock(session);
                Ok(Box::new(Added { directory: Shape(directory) }))
            }
            Some(Action::Remove(remove)) => {
                let mut session = context.unlock()?;
                let id = resolve(&mut session, &remove.id)?;
                session.distrust(id)?;
                context.lock(session);
                Ok(Box::new(Removed { removed: id.to_string() }))
            }
        }
    }
}

fn resolve(session: &mut Session, typed: &str) -> Result<RecordId, Failure> {
    let trusted = session.trusted()?;
    ids::among(typed, trusted.iter().map(|directory| directory.id))
}

impl Shape {
    fn did(&self) -> String {
        DidKey::from(&self.0.key).to_string()
    }

    /// Tells why the directory may be another than it seems.
    fn doubts(&self) -> impl Iterator<Item = String> {
        self.0.looks_like.iter().map(taken_for)
    }

    fn list(&self) -> String {
        match (self.0.list, self.0.is_stale) {
            (None, _) => "none yet: trust add takes it in".to_owned(),
            (Some(at), true) => format!("of {} UTC, which is old", minute(at)),
            (Some(at), false) => format!("of {} UTC", minute(at)),
        }
    }
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let directory = &self.0;
        let fields = Fields {
            id: directory.id.to_string(),
            name: directory.name.as_str(),
            did: self.did(),
            since: directory.since.to_string(),
            expires_at: directory.expires.to_string(),
            list_at: directory.list.map(|at| at.to_string()),
            list_stale: directory.is_stale,
            looks_like: directory.looks_like.iter().map(Text::as_str).collect(),
        };
        fields.serialize(serializer)
    }
}

impl Tell for Listed {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if self.directories.is_empty() {
            return writeln!(screen, "No directories.");
        }
        let mut table = Table::new(["id", "name", "until", "list"], 1);
        for shape in &self.directories {
            let directory = &shape.0;
            table.push([
                self.ids.beginning(&directory.id.to_string()).to_owned(),
                directory.name.as_str().to_owned(),
                minute(directory.expires),
                directory.list.map_or_else(|| "none".to_owned(), |_| shape.list()),
            ]);
        }
        table.tell(screen)?;
        for shape in &self.directories {
            for doubt in shape.doubts() {
                let id = shape.0.id.to_string();
                screen.paragraph(&format!("{}: {doubt}.", self.ids.beginning(&id)))?;
            }
        }
        Ok(())
    }
}

impl Tell for Added {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let directory = &self.directory.0;
        screen.title(&format!("You believe {}", directory.name.as_str()))?;
        screen.fact("id", &directory.id.to_string())?;
        screen.fact("key", &self.directory.did())?;
        screen.fact("until", &format!("{} UTC", minute(directory.expires)))?;
        screen.fact("list", &self.directory.list())?;
        for doubt in self.directory.doubts() {
            screen.fact("warning", &doubt)?;
        }
        writeln!(screen)?;
        screen.paragraph("Compare the key with the one that the directory itself makes known.")
    }
}

impl Tell for Removed {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        writeln!(screen, "You believe this directory no more.")
    }
}
