//! The `wallet` command line: every role of the patient wallet can be tried in a terminal.

mod answer;
mod cli;
mod clock;
mod confirm;
mod context;
mod envelope;
mod errors;
mod fhir;
mod files;
mod home;
mod ids;
mod keystore;
#[cfg(test)]
mod page;
mod passphrase;
mod patient;
mod progress;
mod screen;
mod shapes;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::env::args_os())
}
