//! The `wallet` command line: every role of the patient wallet can be tried in a terminal.

mod answer;
mod cli;
mod clinic;
mod clock;
mod confirm;
mod context;
mod directory;
mod envelope;
mod errors;
mod fhir;
mod files;
mod founding;
mod home;
mod ids;
mod keystore;
mod page;
mod passphrase;
mod patient;
mod progress;
mod qr;
mod screen;
mod shapes;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::env::args_os())
}
