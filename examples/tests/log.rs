//! What the log tells, and what it proves to others.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failing helper fails its test"
)]

mod common;

use std::fs;
use std::io::Write;
use std::process::Stdio;

use common::{Done, Home, bare, run};
use serde_json::{Value, json};

/// A wallet with four entries: created, added, added, relabelled.
fn home() -> (Home, String) {
    let home = Home::new();
    let at = |moment: &str, arguments: &[&str]| home.json(&[arguments, &["--at", moment]].concat());
    at("2025-01-01T08:00:00Z", &["create", "--words-out", &home.path("words")]);
    at("2025-02-01T08:00:00Z", &["add", "note", "One"]);
    let added = at("2025-03-01T08:00:00Z", &["add", "note", "Two"]);
    let id = added["record"]["id"].as_str().unwrap().to_owned();
    at("2025-03-31T23:00:00Z", &["label", &id, "--add", "hiv"]);
    (home, id)
}

fn seqs(log: &Value) -> Vec<u64> {
    log["entries"].as_array().unwrap().iter().map(|it| it["seq"].as_u64().unwrap()).collect()
}

/// Runs `audit verify` where there is no wallet, no folder for one and no passphrase.
fn verify(arguments: &[&str]) -> Done {
    let mut command = bare();
    command.env_remove("HOME").env_remove("XDG_DATA_HOME");
    run(command.args(["audit", "verify"]).args(arguments))
}

#[test]
fn the_log_is_narrowed_down_and_paged() {
    let (home, id) = home();
    let found = |arguments: &[&str]| home.json(&[&["log"], arguments].concat());
    assert_eq!(seqs(&found(&[])), [3, 2, 1, 0]);
    assert_eq!(seqs(&found(&["--record", &id])), [3, 2]);
    assert_eq!(seqs(&found(&["--record", &id[..10].to_uppercase()])), [3, 2]);
    assert_eq!(seqs(&found(&["--kind", "added"])), [2, 1]);
    assert_eq!(seqs(&found(&["--from", "2025-02-01"])), [3, 2, 1]);
    assert_eq!(seqs(&found(&["--from", "2025-02", "--to", "2025-03-01"])), [2, 1]);
    assert_eq!(seqs(&found(&["--to", "2025-03-31"])), [3, 2, 1, 0], "the last day included");
    assert!(seqs(&found(&["--to", "1950"])).is_empty());
    assert_eq!(seqs(&found(&["--from", "1950", "--kind", "created"])), [0]);
    let first = found(&["--limit", "3"]);
    assert_eq!((seqs(&first), &first["next"]), (vec![3, 2, 1], &json!(1)));
    let second = found(&["--limit", "3", "--before", "1"]);
    assert_eq!((seqs(&second), &second["next"]), (vec![0], &Value::Null));
    assert!(home.wallet(&["log", "--limit", "3"]).done().out.ends_with("--before 1 has more.\n"));

    home.wallet(&["log", "--record", "ffffffff"]).refused("record.not-found");
    home.wallet(&["log", "--record", "nonsense"]).refused("record.not-found");
    for wrong in [
        &["--kind", "viewed"][..],
        &["--from", "yesterday"],
        &["--limit", "0"],
        &["--language", "fr"],
        &["--before", "-1"],
    ] {
        let done = home.wallet(&[&["log"], wrong].concat());
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{wrong:?}");
    }
}

#[test]
fn the_log_is_told_in_words_of_three_languages() {
    let (home, id) = home();
    let entry = &home.json(&["log", "--limit", "1"])["entries"][0];
    let words = "You changed what a record is marked as.";
    let expected = json!({
        "seq": 3, "at": "2025-03-31T23:00:00Z", "kind": "relabelled", "actor": "patient",
        "subject": id, "words": words,
    });
    assert_eq!(entry, &expected);
    for (language, said) in [("en", words), ("de-CH", "Sie haben"), ("es", "Usted")] {
        let told = home.json(&["log", "--limit", "1", "--language", language]);
        let words = told["entries"][0]["words"].as_str().unwrap().to_owned();
        assert!(words.starts_with(said) || language == "es" && words != said, "{words}");
    }
    let text = home.wallet(&["log"]).done().out;
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains("2025-03-31 23:00:00") && text.contains(&id[..6]), "{text}");
    assert!(!text.contains("Two") && !text.contains("hiv"), "no content");
}

#[test]
fn proofs_are_verified_with_no_wallet() {
    let (home, id) = home();
    let paths = ["checkpoint", "entry", "since"].map(|name| home.path(name));
    let [checkpoint, entry, since] = &paths;
    let signed = home.json(&["audit", "checkpoint", "-o", checkpoint]);
    assert_eq!((&signed["kind"], &signed["size"]), (&json!("checkpoint"), &json!(5)));
    home.wallet(&["audit", "prove", "2", "-o", entry]).done();
    home.wallet(&["audit", "checkpoint", "--since", checkpoint, "-o", since]).done();
    home.wallet(&["audit", "checkpoint", "-o", since]).refused("file.exists");
    home.wallet(&["audit", "prove", "99", "-o", &home.path("none")]).refused("record.not-found");
    assert!(!fs::exists(home.path("none")).unwrap());

    let done = verify(&[checkpoint, entry, since, "--json"]).done();
    let found: Value = serde_json::from_str(&done.out).unwrap();
    let findings = found["findings"].as_array().unwrap();
    let kinds: Vec<_> = findings.iter().map(|finding| &finding["kind"]).collect();
    assert_eq!(kinds, ["checkpoint", "entry", "continuation"]);
    assert!(
        findings.iter().all(|it| it["log"] == signed["log"] && it["signer"] == signed["signer"])
    );
    assert!(signed["signer"].as_str().unwrap().starts_with("did:key:zQ3s"));
    let proven = &findings[1]["entry"];
    assert_eq!((&proven["seq"], &proven["subject"]), (&json!(2), &json!(id)));
    assert_eq!(
        (&findings[2]["since"]["size"], &findings[2]["since"]["restored"]),
        (&json!(5), &json!(false))
    );
    let text = verify(&[entry, "--language", "de"]).done().out;
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains("did:key:zQ3s") && text.contains("Sie haben"), "{text}");

    let mut reader = bare();
    let child = reader.args(["audit", "verify", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(checkpoint).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("5 entries"));
}

#[test]
fn what_does_not_hold_is_refused_by_name() {
    let (home, _) = home();
    let (checkpoint, entry) = (home.path("checkpoint"), home.path("entry"));
    home.wallet(&["audit", "checkpoint", "-o", &checkpoint]).done();
    home.wallet(&["audit", "prove", "0", "-o", &entry]).done();
    let mut bytes = fs::read(&entry).unwrap();
    let middle = bytes.len() / 4;
    bytes[middle] ^= 1;
    let changed = home.file("changed", &bytes);
    let done = verify(&[&checkpoint, &changed]);
    assert_eq!((done.code, done.out.as_str()), (1, ""));
    assert!(done.err.starts_with("error[audit.") && done.err.contains("changed"), "{}", done.err);
    verify(&[&home.file("hello", "hello")]).refused("audit.invalid");
    verify(&[&home.file("large", [0; 65_537])]).refused("file.too-large");
    verify(&[&home.path("missing")]).refused("file.unreadable");
    assert_eq!(verify(&[]).code, 2);

    let (other, _) = self::home();
    let out = home.path("out");
    other
        .wallet(&["audit", "checkpoint", "--since", &checkpoint, "-o", &out])
        .refused("audit.unrelated");
    let hello = home.path("hello");
    home.wallet(&["audit", "checkpoint", "--since", &hello, "-o", &out]).refused("audit.invalid");
    assert!(!fs::exists(&out).unwrap());
}

#[test]
fn a_log_that_lost_what_was_signed_is_told() {
    let (home, _) = home();
    let (backup, words) = (home.path("backup"), home.path("words"));
    home.wallet(&["backup", "-o", &backup]).done();
    home.wallet(&["add", "note", "Lost later"]).done();
    let checkpoint = home.path("checkpoint");
    home.wallet(&["audit", "checkpoint", "-o", &checkpoint]).done();
    home.wallet(&["restore", &backup, "--words-file", &words, "--replace-newer"]).done();
    let proof = home.path("proof");
    home.wallet(&["audit", "checkpoint", "--since", &checkpoint, "-o", &proof]).done();
    let done = verify(&[&checkpoint, &proof, "--json"]).done();
    let found: Value = serde_json::from_str(&done.out).unwrap();
    let finding = &found["findings"][1];
    // Created, two added, one relabelled, the backup itself; then: remembered, added, signed.
    assert_eq!(finding["restored_at"], 5);
    assert_eq!(
        (&finding["since"]["restored"], &finding["since"]["missing"]),
        (&json!(true), &json!(3))
    );
}

#[test]
fn a_checkpoint_and_a_statement_are_pictures_where_the_name_asks_for_one() {
    let (home, id) = home();
    let (text, svg) = (home.path("log.txt"), home.path("log.svg"));
    home.wallet(&["audit", "checkpoint", "-o", &text]).done();
    assert!(verify(&[&text]).done().out.contains("5 entries"));
    home.wallet(&["audit", "checkpoint", "-o", &svg]).done();
    assert!(fs::read_to_string(&svg).unwrap().starts_with("<svg"));
    let statement = home.path("erased.txt");
    home.wallet(&["erase", &id, "-o", &statement, "--yes"]).done();
    assert!(verify(&[&statement]).done().out.contains("was erased"));
}
