//! A short script in each language whose toolchain is found: create, take a file in, find, lock.
//!
//! What was not found counts as ignored and is named; `./check --all` installs it. The stories are
//! told in `ffi/tests/python`, `android/` and `ios/`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod common;

use std::env;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

/// How the script of a language ended.
enum Outcome {
    Passed,
    Failed(String),
    NotRun(String),
}

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
    let wanted = LANGUAGES.iter().filter(|it| filter.is_none_or(|filter| it.contains(&**filter)));
    let (started, bindings) = (Instant::now(), common::made());
    let (mut passed, mut failed, mut ignored) = (0, 0, 0);
    for language in wanted {
        match run(language, &bindings) {
            Outcome::Passed => {
                passed += 1;
                println!("test {language} ... ok");
            }
            Outcome::Failed(why) => {
                failed += 1;
                println!("test {language} ... FAILED\n{why}");
            }
            Outcome::NotRun(why) => {
                ignored += 1;
                println!("test {language} ... ignored, {why}: ./check --all installs it");
            }
        }
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    let seconds = started.elapsed().as_secs_f32();
    println!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; {ignored} ignored; \
         0 measured; 0 filtered out; finished in {seconds:.2}s\n"
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(language: &str, bindings: &Path) -> Outcome {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Beside the build: a Swift of its own root sees nothing of /tmp.
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let output = Command::new(crate_folder.join(format!("tests/languages/{language}.sh")))
        .arg(bindings)
        .arg(place.path().join("wallet"))
        .arg(crate_folder.join("../examples/data/patient.json"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let last = said.trim_end().lines().last().unwrap_or_default();
    match output.status.code() {
        Some(0) if last == EXPECTED => Outcome::Passed,
        Some(NOT_FOUND) => Outcome::NotRun(last.to_owned()),
        code => {
            let complained = String::from_utf8_lossy(&output.stderr);
            Outcome::Failed(format!("exit {code:?}\n{said}\n{complained}"))
        }
    }
}

const LANGUAGES: [&str; 3] = ["python", "kotlin", "swift"];
/// What the search finds, and how a locked session answers.
const EXPECTED: &str = "Observation/lab-blood-group wallet.locked";
/// Exit of a script whose toolchain is not there.
const NOT_FOUND: i32 = 77;
