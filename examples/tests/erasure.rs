//! What is erased is gone, and what is told about it is true.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failing helper fails its test"
)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use common::{Home, bare, run};
use serde_json::{Value, json};

const SHELTER: &str = "DocumentReference/doc-shelter";

/// Verifies audit files where there is no wallet and no passphrase.
fn verified(files: &[&str]) -> Value {
    let mut command = bare();
    command.env_remove("HOME").env_remove("XDG_DATA_HOME");
    let done = run(command.args(["audit", "verify", "--json"]).args(files)).done();
    serde_json::from_str(&done.out).unwrap()
}

#[test]
fn an_erased_record_is_gone_and_a_statement_says_so() {
    let home = Home::with_sample();
    let id = home.id_of(SHELTER);
    let statement = home.path("statement");
    let erased = home.json(&["erase", &id[..8], "-o", &statement, "--yes"]);
    assert_eq!((&erased["id"], &erased["pending"]), (&json!(id), &json!(false)));
    home.wallet(&["show", &id]).refused("record.not-found");
    home.wallet(&["history", &id]).refused("record.not-found");
    home.wallet(&["erase", &id, "--yes"]).refused("record.not-found");
    assert_eq!(home.json(&["status"])["vault"]["records"], 197);
    assert_eq!(home.json(&["verify"])["sound"], true);

    assert_eq!(fs::metadata(&statement).unwrap().permissions().mode() & 0o777, 0o600);
    let found = &verified(&[&statement])["findings"][0];
    assert_eq!(found["kind"], "erasure");
    assert_eq!(
        (&found["erasure"]["subject"], &found["erasure"]["id"]),
        (&json!("record"), &json!(id))
    );
    assert_eq!(found["erasure"]["destroyed"], erased["destroyed"]);
    assert_eq!(found["erasure"]["may_remain"], erased["may_remain"]);
    assert_eq!(erased["destroyed"].as_array().unwrap().len(), 3);
    assert_eq!(erased["may_remain"].as_array().unwrap().len(), 5);
    let log = home.json(&["log", "--record", &id[..8]]);
    let kinds: Vec<_> = log["entries"].as_array().unwrap().iter().map(|it| &it["kind"]).collect();
    assert_eq!(kinds, ["erased", "added"], "the log keeps that it happened");
}

#[test]
fn attachments_go_with_their_record() {
    let home = Home::with_wallet();
    let file = home.file("a.pdf", b"%PDF-1.4");
    let attached = home.json(&["attach", &file]);
    let (id, record) = (attached["id"].as_str().unwrap(), attached["record"].as_str().unwrap());
    let erased = home.json(&["erase", record, "--yes"]);
    assert!(erased["destroyed"].as_array().unwrap().contains(&json!("the attached files")));
    assert!(erased["statement_file"].is_null());
    home.wallet(&["attachment", id, "-o", &home.path("out")]).refused("attachment.not-found");
    assert!(!home.folder().join("attachments").join(id).exists());
}

#[test]
fn an_old_copy_of_the_files_opens_nothing_with_the_keystore_of_today() {
    let home = Home::with_sample();
    let id = home.id_of(SHELTER);
    let before = home.bytes();
    home.wallet(&["erase", &id, "--yes"]).done();
    for (path, bytes) in before {
        if !path.starts_with(home.folder().join("keystore")) {
            fs::write(path, bytes).unwrap();
        }
    }
    for arguments in
        [&["show", &id][..], &["records"], &["search", "Frauenhaus"], &["export", "-o", "-"]]
    {
        home.wallet(arguments).refused_noted("vault.needs-words");
    }
    let words = home.path("words");
    home.wallet(&["restore", "--words-file", &words]).done();
    home.wallet(&["show", &id]).done();
    // As the statement says: an older copy, for whoever has the words.
}

#[test]
fn nothing_is_erased_without_a_yes() {
    let home = Home::with_sample();
    let id = home.id_of(SHELTER);
    let statement = home.path("statement");
    home.wallet(&["erase", &id, "-o", &statement]).refused("wallet.confirmation-needed");
    home.wallet(&["erase-wallet", "-o", &statement]).refused("wallet.confirmation-needed");
    assert!(!fs::exists(&statement).unwrap(), "no statement of what did not happen");
    let taken = home.file("taken", "mine");
    home.wallet(&["erase", &id, "-o", &taken, "--yes"]).refused("file.exists");
    home.wallet(&["erase-wallet", "-o", &taken, "--yes"]).refused("file.exists");
    assert_eq!(fs::read_to_string(&taken).unwrap(), "mine");
    home.wallet(&["erase", "ffffffff", "--yes"]).refused("record.not-found");
    assert_eq!(home.wallet(&["erase", &id, "-o", "-", "--yes"]).code, 2);
    assert_eq!(home.wallet(&["erase", "--yes"]).code, 2);
    assert_eq!(home.json(&["status"])["vault"]["records"], 198);
}

#[test]
fn the_whole_wallet_goes_and_says_so() {
    let home = Home::with_sample();
    let file = home.file("a.pdf", b"%PDF-1.4");
    home.wallet(&["attach", &file]).done();
    let vault = home.json(&["status"])["vault"]["id"].clone();
    let statement = home.path("statement");
    let wrong = home.file("wrong", "wrong");
    let erase = ["erase-wallet", "-o", &statement, "--yes"];
    home.wallet(&[&erase[..], &["--passphrase-file", &wrong]].concat())
        .refused("wallet.wrong-passphrase");
    let text = home.wallet(&erase).done().out;
    assert!(text.contains("may remain") && text.contains("older backups"), "{text}");
    home.wallet(&["records"]).refused("wallet.none");
    let left: Vec<_> = home.bytes().into_iter().filter(|(_, bytes)| !bytes.is_empty()).collect();
    assert!(left.is_empty(), "{left:?}");
    let found = &verified(&[&statement])["findings"][0];
    assert_eq!((&found["erasure"]["subject"], &found["erasure"]["id"]), (&json!("wallet"), &vault));
    home.wallet(&["create", "--words-out", &home.path("new-words")]).done();
}
