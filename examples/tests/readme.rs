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

use common::{Done, Home, sample};
use serde_json::Value;

const README: &str = include_str!("../../README.md");

/// The heading of what a reader types in a fresh folder.
const SHARE: &str = "## Share with a doctor";

/// The commands of a part of the README, without their comments.
fn commands(part: &'static str) -> Vec<&'static str> {
    let lines = part.lines().filter(|line| line.starts_with("wallet "));
    lines.map(|line| line.split(" # ").next().unwrap().trim_end()).collect()
}

/// The parts before and after the heading.
fn parts() -> (&'static str, &'static str) {
    README.split_once(SHARE).unwrap()
}

/// What a reader would type at a terminal, or has of their own.
fn typed(command: &str, ids: &[(&str, &str)]) -> String {
    let words: Vec<_> = command.split_whitespace().collect();
    let name = if words[1] == "--home" { words[3] } else { words[1] };
    let beside = match name {
        "create" if !command.contains("--words-out") => " --words-out words",
        "rehearse" => " --words-file words",
        "erase" | "approve" | "revoke" | "delegate" => " --yes",
        _ => "",
    };
    let mut command = command.replace("~/another", "another");
    for (shown, id) in ids {
        command = command.replace(shown, id);
    }
    format!("{command}{beside}")
}

/// Runs a command as a shell does, in the folder of a home.
fn shell(home: &Home, line: &str) -> Done {
    let program = Path::new(env!("CARGO_BIN_EXE_wallet")).parent().unwrap();
    let path = env::var_os("PATH").unwrap();
    let paths = [program.to_owned()].into_iter().chain(env::split_paths(&path));
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(home.folder().parent().unwrap());
    shell.env("PATH", env::join_paths(paths).unwrap()).env("WALLET_KDF", "19,2");
    shell.env("WALLET_HOME", home.folder()).env("WALLET_PASSPHRASE", common::PASSPHRASE);
    common::run(&mut shell)
}

#[test]
fn every_command_runs() {
    let home = Home::new();
    let folder = home.folder().parent().unwrap().to_owned();
    fs::copy(sample("patient.json"), folder.join("record.json")).unwrap();
    fs::copy(sample("correction.json"), folder.join("corrected.json")).unwrap();
    fs::copy(sample("pacemaker-card.pdf"), folder.join("scan.pdf")).unwrap();
    let commands = commands(parts().0);
    assert!(commands.len() >= 17, "{commands:?}");
    let mut id = String::new();
    for command in commands {
        if id.is_empty() && command.contains("3f8a21") {
            id = home.id_of("Observation/lab-blood-group");
        }
        let line = typed(command, &[("3f8a21", &id)]);
        let done = shell(&home, &line);
        assert_eq!(done.code, 0, "{line}: {}", done.err);
    }
}

#[test]
fn a_reader_shares_with_a_doctor_in_a_fresh_folder() {
    let home = Home::new();
    let folder = home.folder().parent().unwrap().to_owned();
    fs::copy(sample("patient.json"), folder.join("record.json")).unwrap();
    fs::copy(sample("correction.json"), folder.join("corrected.json")).unwrap();
    let commands = commands(parts().1);
    assert!(commands.len() >= 42, "{commands:?}");
    let ask = |command: &str| -> Value {
        let done = shell(&home, command).done();
        serde_json::from_str(&done.out).unwrap()
    };
    for command in commands {
        let mut ids = Vec::new();
        if command.contains("3f8a21") {
            let found = ask("wallet --home me records --category allergies --json");
            ids.push(("3f8a21", found["records"][0]["id"].clone()));
        }
        if command.contains("b100d5") {
            let code = "'http://loinc.org|882-1'";
            let found = ask(&format!("wallet --home me records --code {code} --json"));
            ids.push(("b100d5", found["records"][0]["id"].clone()));
        }
        if command.contains("c0ffee") {
            let given = ask("wallet --home me consents --json");
            ids.push(("c0ffee", given["consents"][0]["consent"]["id"].clone()));
        }
        let ids: Vec<_> = ids.iter().map(|(shown, id)| (*shown, id.as_str().unwrap())).collect();
        let line = typed(command, &ids);
        let done = shell(&home, &line);
        assert_eq!(done.code, 0, "{line}: {}", done.err);
        if command.contains("clinic open") {
            assert!(folder.join("opened/index.html").is_file());
        }
    }
    assert!(!folder.join("opened").exists(), "it was erased");
    let refused = shell(&home, "wallet --home chen clinic verify token");
    refused.refused("consent.revoked");
}
