//! What the command line refuses, by name, and that nothing is lost by it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails its test"
)]

mod common;

use std::fs::{self, File};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::process::Command;

use common::{Home, PASSPHRASE, bare, run, sample};

#[test]
fn a_second_process_is_told_that_the_wallet_is_busy() {
    let home = Home::with_wallet();
    let lock = File::options().write(true).open(home.folder().join("lock")).unwrap();
    lock.lock().unwrap();
    home.wallet(&["status"]).refused("wallet.busy");
    home.wallet(&["restore", "--words-file", &home.path("words")]).refused("wallet.busy");
    lock.unlock().unwrap();
    home.wallet(&["status"]).done();
}

#[test]
fn five_wrong_passphrases_are_free_then_waiting_begins() {
    let home = Home::with_wallet();
    let at = |moment: &str, passphrase: &str| {
        let mut command = home.command(&["status", "--at", moment]);
        run(command.env("WALLET_PASSPHRASE", passphrase))
    };
    for _ in 0..5 {
        at("2025-01-01T00:00:00Z", "wrong").refused("wallet.wrong-passphrase");
    }
    at("2025-01-01T00:00:00Z", "wrong").refused("wallet.try-later");
    at("2025-01-01T00:00:00Z", PASSPHRASE).refused("wallet.try-later");
    at("2025-01-01T00:10:00Z", PASSPHRASE).done();
    at("2025-01-01T00:10:00Z", "wrong").refused("wallet.wrong-passphrase");
}

#[test]
fn words_go_to_a_private_file_or_nowhere() {
    let home = Home::new();
    home.wallet(&["create"]).refused("wallet.words-need-a-place");
    home.wallet(&["create", "--json"]);
    assert!(!home.folder().exists(), "refused before anything was made");
    let taken = home.file("taken", "mine");
    home.wallet(&["create", "--words-out", &taken]).refused("file.exists");
    assert_eq!(fs::read_to_string(&taken).unwrap(), "mine");
    assert!(!home.folder().exists());

    let words = home.path("words");
    let mut command = home.command(&["create", "--words-out", &words]);
    run(command.env_remove("WALLET_PASSPHRASE")).refused("wallet.passphrase-needed");
    assert!(!fs::exists(&words).unwrap(), "no empty file is left");

    let nowhere = format!("{taken}/home");
    home.wallet(&["create", "--words-out", &words, "--home", &nowhere]).refused("wallet.home");
    assert!(!fs::exists(&words).unwrap(), "no words of no wallet are left");

    home.wallet(&["create", "--words-out", &words]).done();
    assert_eq!(fs::metadata(&words).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&words).unwrap();
    assert_eq!((text.split_whitespace().count(), text.lines().count()), (24, 6));
    assert_eq!(text.trim_end().len() + 1, text.len(), "nothing but the words");
    let again = home.path("again");
    home.wallet(&["create", "--words-out", &again]).refused("wallet.exists");
    assert!(!fs::exists(&again).unwrap());
    assert_eq!(fs::metadata(home.folder()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn words_bring_the_wallet_back() {
    let home = Home::with_sample();
    let words = fs::read_to_string(home.path("words")).unwrap();
    let typo: Vec<_> = words
        .split_whitespace()
        .enumerate()
        .map(|(place, word)| if place == 6 { "abandom" } else { word })
        .collect();
    let typo = home.file("typo", typo.join(" "));
    let done = home.wallet(&["restore", "--words-file", &typo]).refused("keys.unknown-word");
    assert!(done.err.contains("word 7") && done.err.contains("abandon"), "{}", done.err);
    let short = home.file("short", "abandon abandon");
    home.wallet(&["restore", "--words-file", &short]).refused("keys.word-count");
    let others = home.file("others", "abandon ".repeat(11) + "about");
    home.wallet(&["restore", "--words-file", &others]).refused("wallet.other-words");

    let other = |home: &Home, arguments: &[&str]| {
        run(home.command(arguments).env("WALLET_PASSPHRASE", "another passphrase"))
    };
    let upper = home.file("upper", words.to_uppercase());
    other(&home, &["restore", "--words-file", &upper]).done();
    home.wallet(&["status"]).refused("wallet.wrong-passphrase");
    let status = other(&home, &["status", "--json"]).done().out;
    assert!(status.contains(r#""records":198"#), "{status}");

    let empty = Home::new();
    let done = other(&empty, &["restore", "--words-file", &upper]).done();
    assert!(done.out.contains("same identity"), "{}", done.out);
    assert!(other(&empty, &["status", "--json"]).done().out.contains(r#""records":0"#));
}

#[test]
fn the_passphrase_changes() {
    let home = Home::with_wallet();
    let new = home.file("new", "another passphrase\n");
    let wrong = home.file("wrong", "wrong");
    let change = ["passphrase", "--new-passphrase-file", &new];
    home.wallet(&[&change[..], &["--passphrase-file", &wrong]].concat())
        .refused("wallet.wrong-passphrase");
    home.wallet(&change).done();
    home.wallet(&["status"]).refused("wallet.wrong-passphrase");
    home.wallet(&["status", "--passphrase-file", &new]).done();
    home.wallet(&["passphrase"]).refused("wallet.wrong-passphrase");
}

#[test]
fn what_is_not_fhir_is_refused_and_nothing_is_written() {
    let home = Home::with_wallet();
    let before = home.json(&["status"])["vault"].clone();
    for (content, code) in [
        ("", "import.not-fhir"),
        ("hello", "import.not-fhir"),
        ("{\"a\":1}", "import.not-fhir"),
        ("{\"resourceType\":\"Patient\"", "import.malformed"),
        ("{\"resourceType\":\"Spaceship\"}", "import.unknown-type"),
    ] {
        let file = home.file("bad.json", content);
        home.wallet(&["import", &file]).refused(code);
    }
    home.wallet(&["import", &home.path("missing.json")]).refused("file.unreadable");
    assert_eq!(home.json(&["status"])["vault"], before);
}

#[test]
fn the_first_refused_file_ends_an_import() {
    let home = Home::with_wallet();
    let good = home.file("good.json", r#"{"resourceType":"Observation","id":"a"}"#);
    let bad = home.file("bad.json", "hello");
    let late = home.file("late.json", r#"{"resourceType":"Observation","id":"b"}"#);
    let done = home.wallet(&["import", &good, &bad, &late]).refused("import.not-fhir");
    let said = done.err.split_whitespace().collect::<Vec<_>>().join(" ");
    let fate = format!("{bad} was refused, 1 file before it is in: {good}");
    assert!(said.ends_with(&fate), "{said}");
    let done = home.wallet(&["import", &good, &bad, "--json"]);
    let error: serde_json::Value = serde_json::from_str(&done.err).unwrap();
    assert_eq!((done.code, done.out.as_str()), (1, ""));
    assert!(error["error"]["hint"].as_str().unwrap().ends_with(&fate), "{error}");
    assert_eq!(home.json(&["status"])["vault"]["records"], 1);
}

#[test]
fn only_regular_files_are_read_and_replaced() {
    let home = Home::with_wallet();
    let pipe = home.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    home.wallet(&["import", &pipe]).refused("file.not-regular");
    home.wallet(&["import", home.folder().to_str().unwrap()]).refused("file.not-regular");
    home.wallet(&["export", "-o", &pipe, "--yes"]).refused("file.not-regular");
    assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn entries_without_a_resource_are_listed() {
    let home = Home::with_wallet();
    let bundle = r#"{"resourceType":"Bundle","type":"collection","entry":[
        {"resource":{"resourceType":"Observation","id":"a"}},{"fullUrl":"urn:x"}]}"#;
    let file = home.file("bundle.json", bundle);
    let report = home.json(&["import", &file]);
    assert_eq!(report["total"]["new"], 1);
    let refused = &report["files"][0]["refused"];
    assert_eq!(refused[0], serde_json::json!({"index": 1, "code": "import.no-resource"}));
    let text = home.wallet(&["import", &file]).done().out;
    // Where the folder has a long name, the line is broken.
    let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("entry 1: the entry holds no resource"), "{text}");
}

#[test]
fn another_patient_is_refused_unless_the_patient_says_yes() {
    let home = Home::with_sample();
    let other = r#"{"resourceType":"Patient","id":"other","birthDate":"1950-01-01",
        "name":[{"family":"Otherwise"}]}"#;
    let file = home.file("other.json", other);
    let done = home.wallet(&["import", &file]).refused("import.another-patient");
    assert!(done.err.contains("--yes"), "{}", done.err);
    assert_eq!(home.json(&["status"])["vault"]["records"], 198);
    home.wallet(&["import", &file, "--yes"]).done();
    assert_eq!(home.json(&["status"])["vault"]["records"], 199);
}

#[test]
fn ids_must_name_one_record() {
    let home = Home::with_sample();
    home.wallet(&["show", "ffffffffffffffffffffffffffffffff"]).refused("record.not-found");
    home.wallet(&["show", "nonsense"]).refused("record.not-found");
    // Of 198 random ids, two begin alike.
    let ids = home.json(&["records", "--limit", "200"]);
    let id = ids["records"][0]["id"].as_str().unwrap().to_owned();
    home.wallet(&["show", &id, "--version", "2"]).refused("record.not-found");
    let digits: Vec<_> = (0..16).map(|digit| format!("{digit:x}")).collect();
    let ambiguous = digits.iter().find(|digit| {
        let records = ids["records"].as_array().unwrap();
        let begins = |record: &&serde_json::Value| {
            record["id"].as_str().unwrap().starts_with(digit.as_str())
        };
        records.iter().filter(begins).count() > 1
    });
    home.wallet(&["show", ambiguous.unwrap()]).refused("record.ambiguous-id");
}

#[test]
fn exit_codes_tell_done_refused_and_not_understood_apart() {
    let home = Home::new();
    assert_eq!(home.wallet(&["help"]).done().code, 0);
    let version = home.wallet(&["--version"]).done().out;
    assert_eq!(version, format!("wallet {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(home.wallet(&["status"]).code, 1);
    for wrong in [
        &["frobnicate"][..],
        &["records", "--category", "weather"],
        &["records", "--from", "yesterday"],
        &["records", "--limit", "0"],
        &["status", "--at", "noon"],
        &["import"],
        &["correct", "abc", "file"],
        &["show", "abc", "--fhir", "--json"],
        &["demo", "no-such-story"],
    ] {
        let done = home.wallet(wrong);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{wrong:?}");
        assert!(!done.err.contains("--home <DIR>"), "{}", done.err);
    }
    let done = home.wallet(&["import", "--json"]);
    assert_eq!((done.code, done.err.lines().count()), (2, 1), "{}", done.err);
    assert!(done.err.starts_with(r#"{"error":{"code":"usage","#), "{}", done.err);
    assert_eq!(run(home.command(&["status"]).env("WALLET_KDF", "a lot")).code, 2);
}

#[test]
fn the_help_names_every_command_of_the_patient() {
    let help = run(bare().arg("help")).done().out;
    let patient = help.split("Patient:").nth(1).unwrap();
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    for command in [
        "create",
        "restore",
        "status",
        "passphrase",
        "import",
        "add",
        "records",
        "search",
        "show",
        "history",
        "correct",
        "label",
        "export",
        "attach",
        "attachment",
        "erase",
        "erase-wallet",
        "verify",
        "log",
        "audit",
        "backup",
        "rehearse",
        "trust",
        "inbox",
        "review",
        "approve",
        "deny",
        "disclose",
        "refresh",
        "consents",
        "revoke",
        "rules",
        "demo",
    ] {
        assert!(patient.contains(&format!("\n  {command} ")), "{command}");
    }
}

#[test]
fn nothing_is_coloured_outside_a_terminal() {
    let home = Home::with_sample();
    for colour in [None, Some("1")] {
        let mut command = home.command(&["import", &sample("patient.json")]);
        command.envs(colour.map(|value| ("NO_COLOR", value)));
        let done = run(&mut command).done();
        assert!(!done.out.contains('\x1b') && done.err.is_empty(), "no colour, no bar");
    }
}

#[test]
fn the_home_is_named_or_the_platform_s() {
    let folder = tempfile::tempdir().unwrap();
    let words = folder.path().join("words");
    let mut command = bare();
    command.env("XDG_DATA_HOME", folder.path()).env("HOME", folder.path());
    command.env("WALLET_PASSPHRASE", PASSPHRASE).args(["create", "--words-out"]).arg(&words);
    run(&mut command).done();
    let found = fs::exists(folder.path().join("patient-wallet/vault.db")).unwrap()
        || fs::exists(folder.path().join("Library/Application Support/patient-wallet/vault.db"))
            .unwrap();
    assert!(found);
    let mut homeless = bare();
    homeless.env_remove("XDG_DATA_HOME").env_remove("HOME").env("WALLET_HOME", "");
    run(homeless.arg("status")).refused("wallet.no-home");
}
