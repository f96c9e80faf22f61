//! Files of any kind go in, belong to a record, and come out again as they were.

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

use common::Home;
use serde_json::{Value, json};

/// Bytes that no two chunks of a sealed file share.
fn picture() -> Vec<u8> {
    (0..200_000_u32).flat_map(u32::to_be_bytes).collect()
}

#[test]
fn a_file_comes_back_as_it_was_and_in_parts() {
    let home = Home::with_sample();
    let record = home.id_of("ImagingStudy/img-thorax-2003");
    let file = home.file("thorax.dcm", picture());
    let attached = home.json(&["attach", &file, "--to", &record, "--type", "application/dicom"]);
    assert_eq!((&attached["record"], &attached["size"]), (&json!(record), &json!(800_000)));
    let id = attached["id"].as_str().unwrap();

    let out = home.path("out.dcm");
    home.wallet(&["attachment", &id[..8], "-o", &out]).done();
    assert!(fs::read(&out).unwrap() == picture());
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    home.wallet(&["attachment", id, "-o", &out]).refused("file.exists");
    for (range, part) in [
        ("0-3", &picture()[..4]),
        ("70000-140001", &picture()[70_000..140_002]),
        ("799990-", &picture()[799_990..]),
        ("799990-900000", &picture()[799_990..]),
    ] {
        home.wallet(&["attachment", id, "-o", &out, "--yes", "--range", range]).done();
        assert!(fs::read(&out).unwrap() == part, "{range}");
    }
    let raw = common::run_bytes(&mut home.command(&["attachment", id, "-o", "-"]));
    assert!(raw == picture(), "and nothing beside it");

    let shown = home.json(&["show", &record]);
    let expected = json!([{
        "id": id, "name": "thorax.dcm", "media_type": "application/dicom", "size": 800_000,
        "sha256": attached["sha256"],
    }]);
    assert_eq!(shown["attachments"], expected);
    let text = home.wallet(&["show", &record]).done().out;
    let line = text.lines().find(|line| line.starts_with("attachment ")).unwrap();
    let short = line.split_whitespace().nth(1).unwrap().trim_end_matches(':');
    assert!(short.len() < 32 && id.starts_with(short), "{line}");
    assert!(line.contains("thorax.dcm, application/dicom, 800000 bytes"), "{line}");
}

#[test]
fn a_file_without_a_record_gets_one() {
    let home = Home::with_wallet();
    let file = home.file("letter.pdf", b"%PDF-1.4 made up");
    let attached = home.json(&["attach", &file, "--name", "Discharge letter"]);
    let shown = home.json(&["show", attached["record"].as_str().unwrap()]);
    assert_eq!(shown["record"]["resource_type"], "DocumentReference");
    assert_eq!(shown["attachments"][0]["name"], "Discharge letter");
    assert_eq!(shown["attachments"][0]["media_type"], "application/pdf", "its first bytes tell");
    assert_eq!(home.json(&["search", "discharge"])["total"], 1);
    assert_eq!(home.json(&["status"])["vault"]["attachments"], 1);
}

#[test]
fn what_is_no_file_or_no_record_is_refused_and_nothing_is_kept() {
    let home = Home::with_wallet();
    let file = home.file("a.pdf", b"%PDF-");
    home.wallet(&["attach", &home.path("missing")]).refused("file.unreadable");
    home.wallet(&["attach", home.folder().to_str().unwrap()]).refused("file.not-regular");
    home.wallet(&["attach", &file, "--to", "ffffffff"]).refused("record.not-found");
    home.wallet(&["attach", &file, "--type", "pdf"]).refused("record.invalid-entry");
    home.wallet(&["attach", &file, "--name", " "]).refused("record.invalid-entry");
    assert_eq!(home.json(&["status"])["vault"]["attachments"], 0);
    let out = home.path("out");
    home.wallet(&["attachment", "ffffffff", "-o", &out]).refused("attachment.not-found");
    assert!(!fs::exists(&out).unwrap());
    for wrong in ["5", "9-3", "a-b"] {
        let done = home.wallet(&["attachment", "ff", "-o", &out, "--range", wrong]);
        assert_eq!(done.code, 2, "{wrong}");
    }
}

#[test]
fn a_damaged_file_is_named_and_nothing_of_it_is_left() {
    let home = Home::with_wallet();
    let file = home.file("picture", picture());
    let attached = home.json(&["attach", &file]);
    let id = attached["id"].as_str().unwrap();
    let sealed = home.folder().join("attachments").join(id);
    let mut bytes = fs::read(&sealed).unwrap();
    bytes[400_000] ^= 1;
    fs::write(&sealed, &bytes).unwrap();
    let out = home.path("out");
    home.wallet(&["attachment", id, "-o", &out]).refused("attachment.damaged");
    assert!(!fs::exists(&out).unwrap(), "not even the whole beginning");
    let done = home.wallet(&["verify", "--json"]);
    let found: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((done.code, &found["faults"][0]["what"]), (1, &json!("attachment-file")));
    fs::remove_file(&sealed).unwrap();
    home.wallet(&["attachment", id, "-o", &out]).refused("attachment.missing");
    home.wallet(&["show", attached["record"].as_str().unwrap()]).done();
    let backup = home.wallet(&["backup", "-o", &home.path("backup")]);
    assert_eq!(backup.code, 1);
    assert!(backup.err.starts_with("error[wallet.incomplete]: ") && backup.err.contains(id));
    assert!(fs::exists(home.path("backup")).unwrap(), "what there is was backed up");
}
