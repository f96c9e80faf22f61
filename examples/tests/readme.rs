//! Every command that the README shows runs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails its test"
)]

mod common;

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Home, sample};

const README: &str = include_str!("../../README.md");

/// The commands, without their comments.
fn commands() -> Vec<&'static str> {
    let lines = README.lines().filter(|line| line.starts_with("wallet "));
    lines.map(|line| line.split(" # ").next().unwrap().trim_end()).collect()
}

/// What a reader would type at a terminal, or has of their own.
fn typed(command: &str, id: &str) -> String {
    let beside = |name: &str| match name {
        "create" => " --words-out words",
        "rehearse" => " --words-file words",
        "erase" => " --yes",
        _ => "",
    };
    let name = command.split_whitespace().nth(1).unwrap();
    let command = command.replace("3f8a21", id).replace("~/another", "another");
    format!("{command}{}", beside(name))
}

#[test]
fn every_command_runs() {
    let home = Home::new();
    let folder = home.folder().parent().unwrap().to_owned();
    fs::copy(sample("patient.json"), folder.join("record.json")).unwrap();
    fs::copy(sample("correction.json"), folder.join("corrected.json")).unwrap();
    fs::copy(sample("pacemaker-card.pdf"), folder.join("scan.pdf")).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_wallet")).parent().unwrap();
    let path = env::join_paths(
        [program.to_owned()].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap())),
    )
    .unwrap();
    let commands = commands();
    assert!(commands.len() >= 17, "{commands:?}");
    let mut id = String::new();
    for command in commands {
        if id.is_empty() && command.contains("3f8a21") {
            id = home.id_of("Observation/lab-blood-group");
        }
        let line = typed(command, &id);
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(&folder).env("PATH", &path);
        shell.env("WALLET_HOME", home.folder()).env("WALLET_PASSPHRASE", common::PASSPHRASE);
        let done = common::run(shell.env("WALLET_KDF", "19,2"));
        assert_eq!(done.code, 0, "{line}: {}", done.err);
    }
}
