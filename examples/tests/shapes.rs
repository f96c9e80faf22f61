//! The JSON documents that scripts rely on: their keys, and that nothing else is on stdout.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails its test"
)]

mod common;

use common::{Home, bare, run, sample};
use serde_json::{Value, json};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

const RECORD: [&str; 13] = [
    "author",
    "category",
    "classified",
    "code",
    "date",
    "id",
    "labels",
    "reference",
    "resource_type",
    "size",
    "source",
    "title",
    "version",
];

#[test]
fn each_command_answers_with_its_shape() {
    let home = Home::new();
    let words = home.path("words");
    let created = home.json(&["create", "--words", "12", "--words-out", &words]);
    assert_eq!(keys(&created), ["home", "vault", "words", "words_file"]);
    assert_eq!(created["words"], 12);
    let id = created["vault"]["id"].as_str().unwrap();
    assert_eq!(id.len(), 32);

    let file = sample("patient.json");
    let import = home.json(&["import", &file]);
    let counts = json!({"entries": 198, "new": 198, "changed": 0, "same": 0, "refused": 0});
    assert_eq!(import["total"], counts);
    let first = &import["files"][0];
    assert_eq!(keys(first), ["changed", "entries", "file", "new", "refused", "same"]);
    assert_eq!(first["refused"], json!([]));

    let status = home.json(&["status", "--at", "2025-04-02T10:00:00Z"]);
    assert_eq!(keys(&status), ["log", "vault", "ways_back"]);
    let vault = ["attachments", "bytes", "id", "records", "schema", "versions"];
    assert_eq!(keys(&status["vault"]), vault);
    assert_eq!(status["vault"]["id"], id);
    let ways = status["ways_back"].as_array().unwrap();
    assert!(ways.iter().any(|way| way["kind"] == "words"));
    for way in ways {
        assert_eq!(keys(way), ["good", "kind", "rehearsed", "since"]);
        assert!(way["good"] == true && way["rehearsed"].is_null());
        assert!(way["since"].as_str().unwrap().ends_with('Z'));
    }
    assert_eq!(keys(&status["log"]), ["root", "size"]);

    for arguments in [&["records", "--code", "882-1"][..], &["search", "blood group"]] {
        let records = home.json(arguments);
        assert_eq!(keys(&records), ["next", "records", "total"]);
        assert!(records["next"].is_null());
        assert_eq!(keys(&records["records"][0]), RECORD);
    }
    let id = home.id_of("Observation/lab-blood-group");
    assert_eq!(id.len(), 32);
    let show = home.json(&["show", &id]);
    assert_eq!(keys(&show), ["attachments", "record", "resource"]);
    assert_eq!(show["attachments"], json!([]));
    assert_eq!(keys(&show["record"]), RECORD);
    assert_eq!(show["record"]["classified"].as_bool().map(|_| ()), Some(()));
    assert_eq!(keys(&show["record"]["code"]), ["code", "display", "system"]);
    assert_eq!(show["resource"]["id"], "lab-blood-group");
}

#[test]
fn each_change_answers_with_its_shape() {
    let home = Home::with_sample();
    let id = home.id_of("Observation/lab-blood-group");
    let history = home.json(&["history", &id]);
    assert_eq!(keys(&history), ["holders", "record", "versions"]);
    assert_eq!(history["holders"], json!([]));
    let version = &history["versions"][0];
    assert_eq!(keys(version), ["at", "author", "reason", "resource", "version"]);

    let correction = sample("correction.json");
    for arguments in [
        &["add", "note", "Slept badly"][..],
        &["correct", &id, &correction, "--author", "a", "--reason", "r"],
    ] {
        let changed = home.json(arguments);
        assert_eq!(keys(&changed), ["record"]);
        assert_eq!(keys(&changed["record"]), RECORD);
    }
    let labelled = home.json(&["label", &id, "--add", "hiv"]);
    assert_eq!(keys(&labelled), ["records"]);
    assert_eq!(keys(&labelled["records"][0]), RECORD);
    let export = home.json(&["export", "--code", "882-1", "-o", &home.path("out")]);
    assert_eq!(keys(&export), ["file", "format", "records"]);
    assert_eq!((&export["format"], &export["records"]), (&json!("fhir"), &json!(1)));
    let new = home.file("new", "another passphrase\n");
    assert_eq!(keys(&home.json(&["passphrase", "--new-passphrase-file", &new])), ["vault"]);
    let words = home.path("words");
    let restored = home.json(&["restore", "--words-file", &words]);
    assert_eq!(keys(&restored), ["records", "vault"]);
    assert_eq!(restored["records"], 199);
}

#[test]
fn each_safeguard_answers_with_its_shape() {
    let home = Home::with_sample();
    let attached = home.json(&["attach", &home.file("a.pdf", "%PDF-")]);
    assert_eq!(keys(&attached), ["id", "record", "sha256", "size"]);
    assert_eq!(attached["sha256"].as_str().unwrap().len(), 64);
    let (id, record) = (attached["id"].as_str().unwrap(), attached["record"].as_str().unwrap());
    let saved = home.json(&["attachment", id, "-o", &home.path("saved"), "--range", "0-1"]);
    assert_eq!(keys(&saved), ["file", "id", "size", "written"]);
    assert_eq!((&saved["written"], &saved["size"]), (&json!(2), &json!(5)));
    let shown = home.json(&["show", record]);
    let attachment = ["id", "media_type", "name", "sha256", "size"];
    assert_eq!(keys(&shown["attachments"][0]), attachment);

    let verified = home.json(&["verify"]);
    assert_eq!(keys(&verified), ["checked", "faults", "sound"]);
    assert_eq!(keys(&verified["checked"]), ["entries", "files", "rows", "slots"]);
    let log = home.json(&["log", "--limit", "1"]);
    assert_eq!(keys(&log), ["entries", "next"]);
    let entry = ["actor", "at", "kind", "seq", "subject", "words"];
    assert_eq!(keys(&log["entries"][0]), entry);

    let (backup, words) = (home.path("backup"), home.path("words"));
    let made = home.json(&["backup", "-o", &backup]);
    let expected =
        ["attachments", "export_passphrase_file", "file", "id", "missing", "records", "size"];
    assert_eq!(keys(&made), expected);
    let rehearsed = home.json(&["rehearse", &backup, "--words-file", &words]);
    let expected = ["attachments", "good", "id", "made", "missing", "records", "unreadable"];
    assert_eq!(keys(&rehearsed), expected);
    let other = Home::new();
    let restored = other.json(&["restore", &backup, "--words-file", &words]);
    assert_eq!(keys(&restored), ["records", "vault"]);

    let statement = home.path("statement");
    let erased = home.json(&["erase", record, "--yes", "-o", &statement]);
    assert_eq!(keys(&erased), ["destroyed", "id", "may_remain", "pending", "statement_file"]);
    let gone = home.json(&["erase-wallet", "--yes"]);
    assert_eq!(keys(&gone), ["destroyed", "may_remain", "statement_file", "vault"]);
    assert_eq!(keys(&gone["vault"]), ["id"]);
}

#[test]
fn each_proof_answers_with_its_shape() {
    let home = Home::with_wallet();
    let [checkpoint, entry, since] = ["c", "e", "s"].map(|name| home.path(name));
    let found = [
        "at",
        "entry",
        "erasure",
        "file",
        "incarnation",
        "kind",
        "log",
        "restored_at",
        "root",
        "signer",
        "since",
        "size",
        "words",
    ];
    let signed = home.json(&["audit", "checkpoint", "-o", &checkpoint]);
    assert_eq!(keys(&signed), found);
    let proven = home.json(&["audit", "prove", "0", "-o", &entry]);
    assert_eq!(keys(&proven), found);
    let continued = home.json(&["audit", "checkpoint", "--since", &checkpoint, "-o", &since]);
    assert_eq!(keys(&continued), found);
    let verified = home.json(&["audit", "verify", &entry, &since]);
    assert_eq!(keys(&verified), ["findings"]);
    assert_eq!(keys(&verified["findings"][0]), found);
    let entry = ["actor", "at", "kind", "seq", "subject", "words"];
    assert_eq!(keys(&verified["findings"][0]["entry"]), entry);
    let since = ["at", "incarnation", "missing", "restored", "root", "size"];
    assert_eq!(keys(&verified["findings"][1]["since"]), since);
}

#[test]
fn the_demo_answers_with_its_shape() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare();
    command.args(["demo", "--json"]).current_dir(folder.path()).env("TMPDIR", folder.path());
    let done = run(&mut command).done();
    let told: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(keys(&told), ["facts", "folder", "home", "passphrase_file", "stories"]);
    let stories =
        ["visit", "audit", "wrong-blood-group", "right-to-be-forgotten", "usb-stick", "insurer"];
    assert_eq!(told["stories"], json!(stories));
    assert!(told["facts"].as_u64().unwrap() > 200);
    assert_eq!(done.err, "", "what nobody sees makes no notes");
}

#[test]
fn a_refusal_is_one_line_of_json_on_stderr() {
    let home = Home::new();
    let done = home.wallet(&["records", "--json"]);
    assert_eq!((done.code, done.out.as_str()), (1, ""));
    assert_eq!(done.err.lines().count(), 1);
    let error: Value = serde_json::from_str(&done.err).unwrap();
    assert_eq!(keys(&error["error"]), ["code", "hint", "sentence"]);
    assert_eq!(error["error"]["code"], "wallet.none");
}
