//! The demo tells its stories word for word, and what it says to try next works.
//!
//! `UPDATE_TRANSCRIPTS=1 cargo test -p patient-wallet-examples --test transcript` writes
//! `transcripts/demo.txt` anew; read the difference before committing it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failing helper fails its test"
)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{bare, run};

const TRANSCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/transcripts/demo.txt");

/// Tells the demo in a folder that looks like a checkout.
fn told(folder: &Path, arguments: &[&str]) -> String {
    fs::create_dir_all(folder.join("examples/stories")).unwrap();
    fs::write(folder.join("Cargo.toml"), "[workspace]\n").unwrap();
    run(bare().args(arguments).current_dir(folder)).done().out
}

/// Takes out what differs from run to run: ids and sizes, the passphrase, the program's path.
fn normalised(text: &str) -> String {
    let mut normal = String::new();
    for line in text.replace(env!("CARGO_BIN_EXE_wallet"), "wallet").lines() {
        match line.split_once("for this story only): ") {
            Some((before, _)) => {
                normal.push_str(before);
                normal.push_str("for this story only): PASSPHRASE");
            }
            None => normal.push_str(&without_ids(&without_key(line))),
        }
        normal.push('\n');
    }
    normal
}

/// Writes x for each letter of a did:key.
fn without_key(line: &str) -> String {
    match line.split_once("did:key:") {
        Some((before, key)) => format!("{before}did:key:{}", "x".repeat(key.len())),
        None => line.to_owned(),
    }
}

/// Writes x for each of six and more hex digits in a row.
fn without_ids(line: &str) -> String {
    let is_hex = |letter: char| letter.is_ascii_digit() || ('a'..='f').contains(&letter);
    let mut out = String::new();
    for part in line.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric()) {
        let word = part.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
        if word.len() >= 6 && word.chars().all(is_hex) {
            out.push_str(&"x".repeat(word.len()));
            out.push_str(&part[word.len()..]);
        } else {
            out.push_str(part);
        }
    }
    out
}

/// Tells the demo until no two of its random ids begin with the same six digits, which happens once
/// in a thousand times and widens the tables.
fn told_with_short_ids() -> String {
    loop {
        let folder = tempfile::tempdir().unwrap();
        let text = told(folder.path(), &[]);
        if !text.contains("\nid       date") {
            return text;
        }
    }
}

#[test]
fn the_demo_tells_its_stories_word_for_word() {
    let text = normalised(&told_with_short_ids());
    if std::env::var_os("UPDATE_TRANSCRIPTS").is_some() {
        fs::create_dir_all(Path::new(TRANSCRIPT).parent().unwrap()).unwrap();
        fs::write(TRANSCRIPT, &text).unwrap();
    }
    let pinned = fs::read_to_string(TRANSCRIPT).unwrap();
    for (place, (told, pinned)) in (1..).zip(text.lines().zip(pinned.lines())) {
        assert_eq!(told, pinned, "line {place} of the transcript");
    }
    assert_eq!(text.lines().count(), pinned.lines().count());
    assert!(text.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn what_the_demo_says_to_try_next_works() {
    let folder = tempfile::tempdir().unwrap();
    let text = told(folder.path(), &["demo"]);
    let next: Vec<_> = text
        .split("And now you")
        .nth(1)
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .collect();
    assert_eq!(next.len(), 8, "{next:?}");
    let script = format!("set -e\n{}", next.join("\n"));
    let output = Command::new("sh").arg("-c").arg(&script).current_dir(folder.path()).output();
    let output = output.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for expected in [
        "Apixaban",
        "Strawberries",
        "mental-health",
        "You added a record.",
        "Nothing is wrong.",
        "What was added since the rehearsed backup is not in it",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn each_demo_has_a_folder_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    told(folder.path(), &["demo", "wrong-blood-group"]);
    // A story needs no home of the patient's.
    let mut homeless = bare();
    homeless.env_remove("HOME").env_remove("XDG_DATA_HOME").current_dir(folder.path());
    run(homeless.args(["demo", "wrong-blood-group", "--json"])).done();
    for name in ["target/demo-1", "target/demo-2"] {
        assert!(folder.path().join(name).join("home/vault.db").exists(), "{name}");
    }
}

#[test]
fn each_story_is_told_alone_too() {
    for story in ["visit", "right-to-be-forgotten", "usb-stick", "insurer"] {
        let folder = tempfile::tempdir().unwrap();
        // Where the program lies says nothing of the width of the story.
        let text =
            told(folder.path(), &["demo", story]).replace(env!("CARGO_BIN_EXE_wallet"), "wallet");
        assert!(text.contains("0. Her wallet") && text.contains("The story is over"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
