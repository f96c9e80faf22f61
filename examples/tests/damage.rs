//! A damaged wallet is read as far as it is whole, is told of, and is not written to.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails its test"
)]

mod common;

use std::fs;

use common::Home;
use serde_json::{Value, json};

/// A note that fills pages of its own.
fn long_note(home: &Home) -> String {
    let resource = json!({
        "resourceType": "Observation", "id": "long", "status": "final",
        "code": {"text": "Long reading"}, "valueString": "x".repeat(60_000),
    });
    home.file("long.json", resource.to_string())
}

/// Flips a byte of the long note's content, which stands in overflow pages at the end of the file.
fn damage(home: &Home) {
    let vault = home.folder().join("vault.db");
    let mut bytes = fs::read(&vault).unwrap();
    let at = bytes.len() - 20_000;
    bytes[at] ^= 1;
    fs::write(&vault, bytes).unwrap();
}

#[test]
fn a_flipped_byte_is_named_and_the_rest_is_read() {
    let home = Home::with_wallet();
    home.wallet(&["add", "note", "Whole"]).done();
    let sound = home.json(&["verify"]);
    assert_eq!((&sound["sound"], &sound["faults"]), (&json!(true), &json!([])));
    home.wallet(&["import", &long_note(&home)]).done();
    damage(&home);

    let done = home.wallet(&["verify", "--json"]);
    let found: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((done.code, &found["sound"]), (1, &json!(false)));
    let id = home.id_of("Observation/long");
    let fault = &found["faults"][0];
    assert_eq!((&fault["what"], found["faults"].as_array().unwrap().len()), (&json!("content"), 1));
    assert!(fault["where"].as_str().unwrap().contains(&id), "{fault}");
    assert!(done.err.starts_with(r#"{"error":{"code":"vault.damaged""#), "{}", done.err);
    let done = home.wallet(&["verify"]);
    assert_eq!(done.code, 1);
    assert!(done.out.contains("1 of 2 records") && done.err.contains("error[vault.damaged]"));

    home.wallet(&["show", &id]).refused("vault.damaged");
    assert_eq!(home.json(&["records"])["total"], 2);
    let out = home.path("out.json");
    let done = home.wallet(&["export", "-o", &out]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(done.err.starts_with("error[wallet.incomplete]: 1 record is damaged"), "{}", done.err);
    assert!(done.err.contains(&id) && done.out.starts_with("1 record is in"), "{}", done.out);
    assert!(fs::read_to_string(&out).unwrap().contains("Whole"));
    let done = home.wallet(&["export", "-o", "-"]);
    assert!(done.code == 1 && done.out.contains("Whole"), "{}", done.err);
}

#[test]
fn a_wallet_that_was_put_back_is_read_and_not_written() {
    let home = Home::with_sample();
    let vault = home.folder().join("vault.db");
    let before = fs::read(&vault).unwrap();
    home.wallet(&["add", "note", "Later"]).done();
    fs::write(&vault, before).unwrap();
    let id = home.id_of("Observation/lab-blood-group");
    for arguments in [
        &["records"][..],
        &["search", "blood group"],
        &["show", &id],
        &["history", &id],
        &["status"],
        &["log"],
    ] {
        let done = home.wallet(arguments).done();
        assert!(done.err.starts_with("note[vault.rolled-back]: "), "{arguments:?}: {}", done.err);
        let said = done.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("1 fault, named by wallet verify"), "{said}");
        let json = home.wallet(&[arguments, &["--json"]].concat()).done();
        let note: Value = serde_json::from_str(&json.err).unwrap();
        assert_eq!(note["note"]["code"], "vault.rolled-back");
    }
    let done = home.wallet(&["verify"]);
    assert!(done.code == 1 && done.out.contains("rolled-back"), "{}", done.out);
    let out = home.path("out.json");
    let done = home.wallet(&["export", "-o", &out]);
    assert!(done.code == 1 && done.err.contains("may not be all"), "{}", done.err);
    assert!(fs::exists(&out).unwrap());

    // Attempts at the passphrase are counted all the same.
    let kept = |home: &Home| {
        let mut files = home.bytes();
        files.retain(|(path, _)| !path.ends_with("keystore/tries.item"));
        files
    };
    let files = kept(&home);
    let file = home.file("a.pdf", b"%PDF-");
    let backup = home.path("backup");
    for arguments in [
        &["add", "note", "x"][..],
        &["import", &file],
        &["label", &id, "--add", "hiv"],
        &["attach", &file],
        &["erase", &id, "--yes"],
        &["backup", "-o", &backup],
        &["audit", "checkpoint", "-o", &backup],
        &["audit", "prove", "0", "-o", &backup],
    ] {
        home.wallet(arguments).refused("vault.rolled-back");
    }
    assert!(!fs::exists(&backup).unwrap());
    assert!(kept(&home) == files, "nothing was changed");
    home.wallet(&["erase-wallet", "--yes"]).done();
    assert!(!fs::exists(home.folder().join("vault.db")).unwrap(), "but erased it can be");
}

#[test]
fn a_backup_brings_a_damaged_wallet_back() {
    let home = Home::with_wallet();
    home.wallet(&["import", &long_note(&home)]).done();
    let (backup, words) = (home.path("backup"), home.path("words"));
    home.wallet(&["backup", "-o", &backup]).done();
    let vault = home.folder().join("vault.db");
    fs::write(&vault, vec![7; 40_000]).unwrap();
    home.wallet(&["records"]).refused("vault.damaged");
    home.wallet(&["verify"]).refused("vault.damaged");
    assert_eq!(fs::read(&vault).unwrap(), vec![7; 40_000], "kept as it is");
    let restore = ["restore", &backup, "--words-file", &words];
    home.wallet(&restore).refused("backup.older");
    home.wallet(&[&restore[..], &["--replace-newer"]].concat()).done();
    assert_eq!(home.json(&["verify"])["sound"], true);
    assert_eq!(home.json(&["records"])["total"], 1);
}
