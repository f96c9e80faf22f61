//! What can be typed: the options that every command has, the commands, and how a run ends.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};
use patient_wallet::host::Timestamp;
use patient_wallet::keys::KdfParams;

use crate::answer::{self, Answer};
use crate::clock;
use crate::context::Context;
use crate::errors::Failure;
use crate::{clinic, directory, passphrase, patient, qr};

/// A patient's health record, sealed on their own device.
///
/// Without a command, `wallet demo` tells a story on sample data.
#[derive(Debug, Parser)]
#[command(
    name = "wallet",
    version,
    max_term_width = 80,
    help_template = HELP,
    after_help = "wallet help COMMAND tells more about one of them."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The help, grouped by role: the commands of the other roles are hidden from the patient's.
const HELP: &str = "\
{about-section}
{usage-heading} {usage}

Patient:
{subcommands}

Clinic:
  clinic        Asks patients for records, verifies their answers and opens what
                they disclose

Directory:
  directory     Vouches for clinics by name, class and key, and takes that back

Any role:
  qr            Shows any request, consent, contact or other envelope as a QR
                code or as text

Options of every command:
{options}{after-help}";

/// The options that every command has.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Common {
    /// Folder of the wallet; else WALLET_HOME, else the platform's data folder
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Sets the clock, for example 2025-04-02T10:00:00Z
    #[arg(long, global = true, value_name = "RFC3339", value_parser = clock::moment)]
    pub(crate) at: Option<Timestamp>,
    /// File with the passphrase; else WALLET_PASSPHRASE, else a prompt
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Cost of a guess at a new passphrase, such as 64,3; else WALLET_KDF, else as measured here
    #[arg(long, global = true, value_name = "MIB,PASSES", value_parser = passphrase::cost)]
    pub(crate) kdf: Option<KdfParams>,
    /// Does what cannot be undone, or what would be refused, without asking
    #[arg(long, global = true)]
    pub(crate) yes: bool,
    /// Writes one JSON document instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// The commands, in the order of `wallet help`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Create(patient::create::Create),
    Restore(patient::restore::Restore),
    Status(patient::status::StatusOf),
    Passphrase(patient::passphrase::Change),
    Import(patient::import::Import),
    Add(patient::add::Add),
    Records(patient::records::Records),
    Search(patient::records::Search),
    Show(patient::show::Show),
    History(patient::history::History),
    Correct(patient::correct::Correct),
    Label(patient::label::Label),
    Export(patient::export::Export),
    Attach(patient::attach::Attach),
    Attachment(patient::attachment::SaveAttachment),
    Erase(patient::erase::Erase),
    EraseWallet(patient::erase_wallet::EraseWallet),
    Verify(patient::verify::Verify),
    Log(patient::log::Log),
    Audit(patient::audit::Audit),
    Backup(patient::backup::Backup),
    Rehearse(patient::rehearse::Rehearse),
    Trust(patient::trust::Trust),
    Inbox(patient::inbox::Inbox),
    Review(patient::review::Review),
    Approve(patient::approve::Approve),
    Deny(patient::deny::Deny),
    Disclose(patient::disclose::Disclose),
    Refresh(patient::refresh::Refresh),
    Consents(patient::consents::Consents),
    Revoke(patient::revoke::Revoke),
    Rules(patient::rules::Rules),
    Receipts(patient::receipts::Receipts),
    Accounting(patient::accounting::Accounting),
    Notices(patient::notices::Notices),
    Delegate(patient::delegate::Delegate),
    Demo(patient::demo::Demo),
    #[command(hide = true, visible_alias = "requester")]
    Clinic(clinic::Clinic),
    #[command(hide = true)]
    Directory(directory::Directory),
    #[command(hide = true)]
    Qr(qr::Qr),
}

impl Command {
    /// Checks what no single argument shows.
    fn check(&self) -> Result<(), clap::Error> {
        match self {
            Self::Label(command) => command.check(),
            Self::Review(command) => command.check(),
            Self::Approve(command) => command.check(),
            Self::Disclose(command) => command.check(),
            Self::Rules(command) => command.check(),
            Self::Accounting(command) => command.check(),
            Self::Delegate(command) => command.check(),
            Self::Clinic(command) => command.check(),
            _ => Ok(()),
        }
    }

    /// Does what was asked and gives the answer.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        match self {
            Self::Create(command) => command.run(context),
            Self::Restore(command) => command.run(context),
            Self::Status(command) => command.run(context),
            Self::Passphrase(command) => command.run(context),
            Self::Import(command) => command.run(context),
            Self::Add(command) => command.run(context),
            Self::Records(command) => command.run(context),
            Self::Search(command) => command.run(context),
            Self::Show(command) => command.run(context),
            Self::History(command) => command.run(context),
            Self::Correct(command) => command.run(context),
            Self::Label(command) => command.run(context),
            Self::Export(command) => command.run(context),
            Self::Attach(command) => command.run(context),
            Self::Attachment(command) => command.run(context),
            Self::Erase(command) => command.run(context),
            Self::EraseWallet(command) => command.run(context),
            Self::Verify(command) => command.run(context),
            Self::Log(command) => command.run(context),
            Self::Audit(command) => command.run(context),
            Self::Backup(command) => command.run(context),
            Self::Rehearse(command) => command.run(context),
            Self::Trust(command) => command.run(context),
            Self::Inbox(command) => command.run(context),
            Self::Review(command) => command.run(context),
            Self::Approve(command) => command.run(context),
            Self::Deny(command) => command.run(context),
            Self::Disclose(command) => command.run(context),
            Self::Refresh(command) => command.run(context),
            Self::Consents(command) => command.run(context),
            Self::Revoke(command) => command.run(context),
            Self::Rules(command) => command.run(context),
            Self::Receipts(command) => command.run(context),
            Self::Accounting(command) => command.run(context),
            Self::Notices(command) => command.run(context),
            Self::Delegate(command) => command.run(context),
            Self::Demo(command) => command.run(context),
            Self::Clinic(command) => command.run(context),
            Self::Directory(command) => command.run(context),
            Self::Qr(command) => command.run(),
        }
    }
}

/// Runs one command line: 0 done, 1 refused, 2 not understood.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    // What is not understood is answered too as the script wants it.
    let json = arguments.iter().take_while(|it| *it != "--").any(|it| it == "--json");
    match answered(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads us has enough, like `head`.
        Err(failure) if failure.is_unheard() => ExitCode::SUCCESS,
        Err(Failure::Usage(error)) if !json || !error.use_stderr() => {
            // Help and version are answers too; nobody is left to hear that they were not heard.
            let _ = error.print();
            if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
        }
        Err(failure) => {
            failure.tell(json);
            ExitCode::from(if matches!(failure, Failure::Usage(_)) { 2 } else { 1 })
        }
    }
}

fn answered(arguments: &[OsString]) -> Result<(), Failure> {
    let cli = Cli::try_parse_from(arguments).map_err(Failure::Usage)?;
    let json = cli.common.json;
    let command = cli.command.unwrap_or_else(|| Command::Demo(patient::demo::Demo::default()));
    command.check().map_err(Failure::Usage)?;
    let context = Context::new(cli.common)?;
    let mut answer = command.run(&context)?;
    answer::give(answer.as_ref(), json)?;
    answer.shortfall().map_or(Ok(()), Err)
}

/// Says that an argument is not understood, as the parser says it.
pub(crate) fn usage(kind: clap::error::ErrorKind, message: &str) -> clap::Error {
    Cli::command().error(kind, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what would be said of a command that is not understood.
    fn not_understood(arguments: &[&str]) -> String {
        let arguments = ["wallet"].iter().chain(arguments);
        let checked = Cli::try_parse_from(arguments)
            .and_then(|cli| cli.command.map_or(Ok(()), |command| command.check()));
        checked.map_or_else(|error| Failure::Usage(error).json(), |()| "understood".to_owned())
    }

    #[test]
    fn no_two_options_of_a_command_have_one_name() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_names_every_command_with_what_it_does() {
        let help = Cli::command().render_help().to_string();
        let said = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for command in Cli::command().get_subcommands() {
            let about = command.get_about().unwrap().to_string();
            assert!(said.contains(&format!("{} {about}", command.get_name())), "{about}\n{help}");
        }
        assert!(help.lines().all(|line| line.len() <= 80), "{help}");
    }

    #[test]
    fn what_is_not_understood_is_one_line_for_a_script() {
        assert_eq!(
            not_understood(&["import"]),
            r#"{"error":{"code":"usage","hint":null,"sentence":"the following required arguments were not provided: <FILE>..."}}"#
        );
        for wrong in [
            &["search", " "][..],
            &["search", ""],
            &["label", "3f"],
            &["label", "3f", "--add", "hiv", "--remove", "genetics", "--remove", "HIV"],
        ] {
            let said = not_understood(wrong);
            assert!(said.starts_with(r#"{"error":{"code":"usage","#), "{wrong:?}: {said}");
            assert!(!said.contains(r"\n"), "{said}");
        }
        let fine = ["label", "3f", "--add", "hiv", "--remove", "genetics"];
        assert_eq!(not_understood(&fine), "understood");
    }
}
