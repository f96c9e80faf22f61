//! `wallet directory`: vouches for those who ask, and takes that back.

mod credentials;
mod init;
mod vouch;

use clap::{Args, Subcommand};

use crate::answer::Answer;
use crate::context::Context;
use crate::errors::Failure;

/// Vouches for clinics by name, class and key, and takes that back
#[derive(Args, Debug)]
pub(crate) struct Directory {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Contact(init::Contact),
    Vouch(vouch::Vouch),
    Revoke(credentials::Revoke),
    List(credentials::List),
}

impl Directory {
    /// Does what was asked.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        match &self.command {
            Command::Init(command) => command.run(context),
            Command::Contact(command) => command.run(context),
            Command::Vouch(command) => command.run(context),
            Command::Revoke(command) => command.run(context),
            Command::List(command) => command.run(context),
        }
    }
}
