//! `wallet clinic`: somebody who asks patients for records, verifies what they answer, opens it.

mod beside;
mod consents;
mod contact;
mod credential;
mod erase;
mod handed;
mod ids;
mod init;
mod made;
mod notice;
mod open;
mod receipt;
mod request;
mod revocations;
mod shapes;
mod spool;
mod terms;
mod verify;

use clap::{Args, Subcommand};

use crate::answer::Answer;
use crate::context::Context;
use crate::errors::Failure;

pub(crate) use self::credential::CredentialShape;
pub(crate) use self::made::Made;
pub(crate) use self::terms::{class, name};

/// Asks patients for records, verifies their answers and opens what they disclose
#[derive(Args, Debug)]
pub(crate) struct Clinic {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Contact(contact::Contact),
    Credential(credential::Credential),
    Request(Box<request::Request>),
    Verify(verify::Verify),
    Open(open::Open),
    Receipt(receipt::Receipt),
    Notice(notice::Notice),
    Erase(erase::Erase),
    Consents(consents::Consents),
}

impl Clinic {
    /// Checks what no single argument shows.
    pub(crate) fn check(&self) -> Result<(), clap::Error> {
        match &self.command {
            Command::Request(command) => command.check(),
            Command::Open(command) => command.check(),
            Command::Notice(command) => command.check(),
            _ => Ok(()),
        }
    }

    /// Does what was asked.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        match &self.command {
            Command::Init(command) => command.run(context),
            Command::Contact(command) => command.run(context),
            Command::Credential(command) => command.run(context),
            Command::Request(command) => command.run(context),
            Command::Verify(command) => command.run(context),
            Command::Open(command) => command.run(context),
            Command::Receipt(command) => command.run(context),
            Command::Notice(command) => command.run(context),
            Command::Erase(command) => command.run(context),
            Command::Consents(command) => command.run(context),
        }
    }
}
