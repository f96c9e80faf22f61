//! `wallet audit`: proofs that others check with no wallet.

mod verify;

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use patient_wallet::audit::{self, AuditError};
use patient_wallet::file::NewFile;
use patient_wallet::words::Language;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::envelope;
use crate::errors::Failure;
use crate::files;
use crate::patient::audit::verify::{Found, Verify};
use crate::screen::Screen;

/// Signs the log, proves what stands in it, and verifies such proofs
#[derive(Args, Debug)]
pub(crate) struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Checkpoint(Checkpoint),
    Prove(Prove),
    Verify(Verify),
}

/// Signs how far the log has come
///
/// Whoever keeps the file can tell later whether anything before it was changed.
#[derive(Args, Debug)]
struct Checkpoint {
    /// The file; one that is there is replaced only with --yes
    #[arg(short, long = "output", value_name = "FILE", value_parser = files::named)]
    output: PathBuf,
    /// An earlier checkpoint: the file proves that the log of today continues the one of then
    #[arg(long, value_name = "CHECKPOINT")]
    since: Option<PathBuf>,
}

/// Proves that an entry stands in the log, and shows no other
#[derive(Args, Debug)]
struct Prove {
    /// Number of the entry, as wallet log tells it
    entry: u64,
    /// The file; one that is there is replaced only with --yes
    #[arg(short, long = "output", value_name = "FILE", value_parser = files::named)]
    output: PathBuf,
}

/// What was written, as whoever gets it will read it.
#[derive(Serialize)]
struct Written(Found);

impl Audit {
    /// Does what was asked.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        match &self.command {
            Command::Checkpoint(command) => command.run(context),
            Command::Prove(command) => command.run(context),
            Command::Verify(command) => command.run(),
        }
    }
}

impl Checkpoint {
    fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let file = files::begin(&self.output, context.yes())?;
        let since = self.since.as_deref().map(verify::read_file).transpose()?;
        let mut session = context.unlock()?;
        let signed = match &since {
            Some(earlier) => session.prove_since(earlier)?,
            None => session.checkpoint()?,
        };
        context.lock(session);
        Written::put(file, &self.output, &signed)
    }
}

impl Prove {
    fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let file = files::begin(&self.output, context.yes())?;
        let mut session = context.unlock()?;
        let proof = session.prove(self.entry)?;
        context.lock(session);
        Written::put(file, &self.output, &proof)
    }
}

impl Written {
    /// Writes the file and reads it back as its reader will.
    fn put(file: NewFile, path: &Path, bytes: &[u8]) -> Result<Box<dyn Answer>, Failure> {
        envelope::written(file, path, bytes)?;
        let findings = audit::verify(&[bytes]).map_err(|refused| refused.error())?;
        let finding = findings.first().ok_or(AuditError::Invalid)?;
        Ok(Box::new(Self(Found::of(path, finding, Language::En))))
    }
}

impl Tell for Written {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        self.0.tell_briefly(screen)
    }
}
