//! The USB stick: everything in one file, rehearsed, and back on another device.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails its test"
)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use common::{Home, run};
use serde_json::{Value, json};

/// The ways back of one kind: since when, and what is known of them.
fn way(home: &Home, kind: &str) -> Value {
    let status = home.json(&["status"]);
    let ways = status["ways_back"].as_array().unwrap();
    ways.iter().find(|way| way["kind"] == kind).cloned().unwrap_or(Value::Null)
}

#[test]
fn everything_comes_back_on_another_home_with_only_the_words() {
    let home = Home::with_sample();
    let picture: Vec<_> = (0..100_000_u32).flat_map(u32::to_be_bytes).collect();
    let attached = home.json(&["attach", &home.file("picture", &picture)]);
    let id = home.id_of("Observation/lab-blood-group");
    let correction = common::sample("correction.json");
    home.wallet(&["correct", &id, &correction, "--author", "a", "--reason", "r"]).done();
    let (before, checkpoint) = (home.path("before.json"), home.path("checkpoint"));
    home.wallet(&["export", "-o", &before]).done();
    home.wallet(&["audit", "checkpoint", "-o", &checkpoint]).done();
    let backup = home.path("backup");
    let made = home.json(&["backup", "-o", &backup]);
    assert_eq!((&made["records"], &made["attachments"]), (&json!(199), &json!(1)));
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);

    let other = Home::new();
    let words = home.path("words");
    let mut restore = other.command(&["restore", &backup, "--words-file", &words]);
    let done = run(restore.env("WALLET_PASSPHRASE", "another passphrase")).done();
    assert!(done.out.contains("199 records and 1 attachment"), "{}", done.out);
    let there = |arguments: &[&str]| {
        run(other.command(arguments).env("WALLET_PASSPHRASE", "another passphrase"))
    };
    let after = other.path("after.json");
    there(&["export", "-o", &after]).done();
    assert!(fs::read(&before).unwrap() == fs::read(&after).unwrap(), "byte for byte");
    let out = other.path("picture");
    there(&["attachment", attached["id"].as_str().unwrap(), "-o", &out]).done();
    assert!(fs::read(&out).unwrap() == picture);
    there(&["history", &id]).done();
    there(&["verify"]).done();

    let proof = other.path("proof");
    there(&["audit", "checkpoint", "--since", &checkpoint, "-o", &proof]).done();
    let told = there(&["audit", "verify", &checkpoint, &proof]).done().out;
    let size = home.json(&["log", "--kind", "backup"])["entries"][0]["seq"].as_u64().unwrap() + 1;
    assert!(told.contains(&format!("restored      at size {size}")), "{told}");
}

#[test]
fn a_rehearsal_says_what_would_come_back() {
    let home = Home::with_wallet();
    home.wallet(&["add", "note", "Slept badly"]).done();
    let (backup, words) = (home.path("backup"), home.path("words"));
    assert!(way(&home, "backup-words").is_null());
    home.wallet(&["backup", "-o", &backup]).done();
    assert_eq!(way(&home, "backup-words")["rehearsed"], Value::Null);
    let text = home.wallet(&["status"]).done().out;
    assert!(text.contains("No way back is proven yet"), "{text}");

    let rehearse = ["rehearse", &backup, "--words-file", &words];
    assert_eq!(home.json(&rehearse)["good"], true);
    let known = way(&home, "backup-words");
    assert!(known["rehearsed"].is_string() && known["good"] == true, "{known}");
    assert!(way(&home, "words")["rehearsed"].is_string());
    assert!(home.wallet(&["status"]).done().out.contains("brings everything back, anywhere"));

    home.wallet(&["add", "note", "Slept well"]).done();
    assert_eq!(home.json(&rehearse)["good"], false);
    assert_eq!(way(&home, "backup-words")["good"], false);
    assert!(home.wallet(&["status"]).done().out.contains("make another"));
}

#[test]
fn an_export_passphrase_opens_it_too() {
    let home = Home::with_wallet();
    let (backup, drawn) = (home.path("backup"), home.path("drawn"));
    let made = home.json(&["backup", "-o", &backup, "--export-passphrase-out", &drawn]);
    assert_eq!(made["export_passphrase_file"], json!(drawn));
    assert_eq!(fs::metadata(&drawn).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&drawn).unwrap();
    assert_eq!((text.split_whitespace().count(), text.lines().count()), (7, 1));
    home.wallet(&["rehearse", &backup, "--export-passphrase-file", &drawn]).done();
    assert!(way(&home, "backup-passphrase")["rehearsed"].is_string());
    let other = Home::new();
    other.wallet(&["restore", &backup, "--export-passphrase-file", &drawn]).done();
    assert_eq!(other.json(&["verify"])["sound"], true);

    let again = home.path("again");
    let taken = ["backup", "-o", &again, "--export-passphrase-out", &drawn];
    home.wallet(&taken).refused("file.exists");
    assert!(!fs::exists(&again).unwrap() && fs::read_to_string(&drawn).unwrap() == text);
}

#[test]
fn a_weak_or_a_shared_export_passphrase_is_refused() {
    let home = Home::with_wallet();
    let (backup, weak) = (home.path("backup"), home.file("weak", "summer2025\n"));
    let weakly = ["backup", "-o", &backup, "--export-passphrase-file", &weak];
    home.wallet(&weakly).refused("wallet.weak-passphrase");
    let same = home.file("same", common::PASSPHRASE);
    home.wallet(&["backup", "-o", &backup, "--export-passphrase-file", &same])
        .refused("backup.same-passphrase");
    assert!(!fs::exists(&backup).unwrap());
    home.wallet(&[&weakly[..], &["--yes"]].concat()).done();
    home.wallet(&["rehearse", &backup, "--export-passphrase-file", &weak]).done();
    let drawn = home.path("drawn");
    let both = ["--export-passphrase-file", &weak, "--export-passphrase-out", &drawn];
    assert_eq!(home.wallet(&[&["backup", "-o", &backup], &both[..]].concat()).code, 2);
}

#[test]
fn an_older_backup_replaces_a_newer_wallet_only_by_name() {
    let home = Home::with_wallet();
    let (backup, words) = (home.path("backup"), home.path("words"));
    home.wallet(&["backup", "-o", &backup]).done();
    home.wallet(&["add", "note", "Added since"]).done();
    let restore = ["restore", &backup, "--words-file", &words];
    let done = home.wallet(&restore).refused("backup.older");
    assert!(done.err.contains("--replace-newer"), "{}", done.err);
    assert_eq!(home.json(&["search", "since"])["total"], 1);
    home.wallet(&[&restore[..], &["--replace-newer"]].concat()).done();
    assert_eq!(home.json(&["search", "since"])["total"], 0);
    let names = fs::read_dir(home.folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let is_kept = |name: std::ffi::OsString| name.to_string_lossy().starts_with("vault.replaced-");
    assert_eq!(names.filter(|name| is_kept(name.clone())).count(), 1, "what was replaced is kept");
    assert_eq!(home.json(&["verify"])["sound"], true);
}

#[test]
fn what_does_not_open_changes_nothing() {
    let home = Home::with_wallet();
    let (backup, words) = (home.path("backup"), home.path("words"));
    home.wallet(&["backup", "-o", &backup]).done();
    home.wallet(&["backup", "-o", &backup]).refused("file.exists");
    let others = home.file("others", "abandon ".repeat(11) + "about");
    let hello = home.file("hello", "hello");
    let mut bytes = fs::read(&backup).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = home.file("damaged", &bytes);
    let short = home.file("short", &bytes[..middle]);
    let other = Home::new();
    for (file, key, code) in [
        (&backup, &others, "backup.wrong-key"),
        (&hello, &words, "backup.not-a-backup"),
        (&damaged, &words, "backup.damaged"),
        (&short, &words, "backup.damaged"),
        (&home.path("missing"), &words, "file.unreadable"),
    ] {
        home.wallet(&["rehearse", file, "--words-file", key]).refused(code);
        other.wallet(&["restore", file, "--words-file", key]).refused(code);
        other.wallet(&["status"]).refused("wallet.none");
    }
    let plain = ["restore", &backup, "--export-passphrase-file", &hello];
    other.wallet(&plain).refused("backup.no-such-slot");
    home.wallet(&["rehearse", &backup]).refused("wallet.key-needed");
    let stranger = Home::with_wallet();
    stranger.wallet(&["restore", &backup, "--words-file", &words]).refused("backup.other-wallet");
    stranger.wallet(&["rehearse", &backup, "--words-file", &words]).refused("backup.other-wallet");
    assert_eq!(stranger.json(&["verify"])["sound"], true);
    for wrong in [
        &["restore"][..],
        &["restore", &backup],
        &["restore", "--export-passphrase-file", &hello],
        &["restore", "--words-file", &words, "--replace-newer"],
        &["restore", &backup, "--words-file", &words, "--export-passphrase-file", &hello],
        &["backup"],
        &["backup", "-o", "-"],
    ] {
        assert_eq!(other.wallet(wrong).code, 2, "{wrong:?}");
    }
}
