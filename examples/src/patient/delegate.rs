//! `wallet delegate`: letting somebody act for the patient, and acting for one.

mod act;
mod give;
mod list;
mod shapes;

use clap::{Args, Subcommand};

use crate::answer::Answer;
use crate::context::Context;
use crate::errors::Failure;

/// Lets a parent, a child or a carer act for you with their own wallet, or acts for somebody
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Delegate {
    #[command(subcommand)]
    command: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(list::List),
    Add(Box<give::Add>),
    Packet(give::PacketOf),
    End(give::End),
    Take(give::Take),
    Offer(act::Offer),
    Accept(act::Accept),
    Records(act::Records),
    Review(Box<act::Review>),
    Approve(Box<act::Approve>),
    Deny(act::Deny),
    Report(act::Report),
    Pass(act::Pass),
    Recover(act::Recover),
    Erase(act::Erase),
}

impl Delegate {
    /// Checks what no single argument shows.
    pub(crate) fn check(&self) -> Result<(), clap::Error> {
        match &self.command {
            Some(Action::Add(command)) => command.check(),
            Some(Action::Review(command)) => command.check(),
            Some(Action::Approve(command)) => command.check(),
            _ => Ok(()),
        }
    }

    /// Does what was asked.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        match &self.command {
            None => list::List {}.run(context),
            Some(Action::List(command)) => command.run(context),
            Some(Action::Add(command)) => command.run(context),
            Some(Action::Packet(command)) => command.run(context),
            Some(Action::End(command)) => command.run(context),
            Some(Action::Take(command)) => command.run(context),
            Some(Action::Offer(command)) => command.run(context),
            Some(Action::Accept(command)) => command.run(context),
            Some(Action::Records(command)) => command.run(context),
            Some(Action::Review(command)) => command.run(context),
            Some(Action::Approve(command)) => command.run(context),
            Some(Action::Deny(command)) => command.run(context),
            Some(Action::Report(command)) => command.run(context),
            Some(Action::Pass(command)) => command.run(context),
            Some(Action::Recover(command)) => command.run(context),
            Some(Action::Erase(command)) => command.run(context),
        }
    }
}
