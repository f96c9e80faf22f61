//! After the opening: receipts are handed out, notices mark the page, copies are erased.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails its test"
)]

mod common;

use std::fs;
use std::path::Path;

use common::{Done, Home, sample};
use serde_json::{Value, json};

const MONDAY: &str = "2026-11-16T09:00:00Z";
const TUESDAY: &str = "2026-11-17T09:00:00Z";
const WEDNESDAY: &str = "2026-11-18T09:00:00Z";
const MONTHS_LATER: &str = "2027-02-01T09:00:00Z";

fn at(home: &Home, moment: &str, arguments: &[&str]) -> Done {
    home.wallet(&[arguments, &["--at", moment]].concat())
}

fn told(home: &Home, moment: &str, arguments: &[&str]) -> Value {
    home.json(&[arguments, &["--at", moment]].concat())
}

/// A patient who gave her laboratory results, and a clinic that opened them.
struct Scene {
    patient: Home,
    clinic: Home,
    token: String,
    disclosure: String,
    opened: Value,
}

impl Scene {
    fn new() -> Self {
        let (patient, clinic) = (Home::new(), Home::new());
        at(&patient, MONDAY, &["create", "--words-out", &patient.path("words")]).done();
        at(&patient, MONDAY, &["import", &sample("patient.json")]).done();
        let init = ["clinic", "init", "--name", "Dr. Chen", "--class", "clinician"];
        at(&clinic, MONDAY, &init).done();
        let [request, token, disclosure] =
            ["request", "token", "disclosure"].map(|it| clinic.path(it));
        let ask = ["clinic", "request", "--purpose", "TREAT", "--categories", "laboratory"];
        at(&clinic, MONDAY, &[&ask[..], &["-o", &request]].concat()).done();
        let out = ["--token-out", &token, "--disclosure-out", &disclosure, "--yes"];
        at(&patient, MONDAY, &[&["approve", &request][..], &out].concat()).done();
        let mut scene = Self { patient, clinic, token, disclosure, opened: Value::Null };
        scene.opened = scene.open("opened", MONDAY);
        scene
    }

    fn open(&self, folder: &str, moment: &str) -> Value {
        let (out, receipt) = (self.clinic.path(folder), self.clinic.path(&format!("{folder}.ar")));
        let open = ["clinic", "open", &self.token, &self.disclosure, "--by", "Wei Chen"];
        let to = ["--receipt-out", &receipt, "-o", &out];
        told(&self.clinic, moment, &[&open[..], &to].concat())
    }

    /// Corrects the blood group on Tuesday; gives the file of the notice.
    fn correct(&self) -> String {
        let found = told(&self.patient, TUESDAY, &["search", "blood group"]);
        let id = found["records"][0]["id"].as_str().unwrap().to_owned();
        let why = ["--author", "Dr. Zbinden", "--reason", "Mixed up"];
        let correct = ["correct", &id, &sample("correction.json")];
        at(&self.patient, TUESDAY, &[&correct[..], &why].concat()).done();
        let folder = self.patient.path("notices");
        let notices = told(&self.patient, TUESDAY, &["notices", "-o", &folder]);
        notices["notices"][0]["file"].as_str().unwrap().to_owned()
    }

    fn page(&self, folder: &str) -> String {
        fs::read_to_string(Path::new(&self.clinic.path(folder)).join("index.html")).unwrap()
    }

    fn take_in(&self, file: &str) -> Value {
        told(&self.patient, WEDNESDAY, &["receipts", "add", file])
    }
}

#[test]
fn receipts_are_handed_out_as_text_as_a_file_and_as_a_folder() {
    let scene = Scene::new();
    let clinic = &scene.clinic;
    assert_eq!(scene.opened["receipt_file"], clinic.path("opened.ar"));
    assert_eq!(told(clinic, MONDAY, &["clinic", "receipt"])["receipts"], json!([]));
    scene.take_in(&clinic.path("opened.ar"));
    let again = told(clinic, MONDAY, &["clinic", "receipt", "--again"]);
    let first = &again["receipts"][0];
    assert_eq!(first["receipt"], scene.opened["receipt_due"]);
    assert_eq!((&first["act"], &first["person"]), (&json!("opened"), &json!("Wei Chen")));
    let consent = first["consent"].as_str().unwrap();
    let alias = first["records"][0].as_str().unwrap();
    let read = ["clinic", "receipt", consent, "--read", "--records", alias, "--purpose"];
    let file = clinic.path("read.ar");
    let one = told(clinic, TUESDAY, &[&read[..], &["HRESCH", "--machine", "-o", &file]].concat());
    let one = &one["receipts"][0];
    assert_eq!((&one["act"], &one["number"]), (&json!("machine"), &json!(2)));
    assert_eq!((&one["purpose"], &one["records"]), (&json!("HRESCH"), &json!([alias])));
    scene.take_in(&file);
    let stranger = "00".repeat(16);
    let read = ["clinic", "receipt", consent, "--read", "--records", &stranger];
    at(clinic, TUESDAY, &read).refused("receipt.not-found");
    at(clinic, TUESDAY, &["clinic", "receipt", "ffffffff"]).refused("consent.not-found");
    let folder = clinic.path("receipts");
    told(clinic, TUESDAY, &["clinic", "receipt", "--again", "-o", &folder]);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    let text = at(clinic, TUESDAY, &["clinic", "receipt", "--again"]).done().out;
    assert_eq!(text.lines().filter(|line| line.starts_with("PMW1:")).count(), 2);
}

#[test]
fn a_correction_marks_what_was_opened_and_what_is_opened_later() {
    let scene = Scene::new();
    let before = scene.page("opened");
    assert!(before.contains("A positive") && !before.contains("patient corrected"));
    let notice = scene.correct();
    let answer = scene.clinic.path("answer");
    let applied = told(&scene.clinic, TUESDAY, &["clinic", "notice", &notice, "-o", &answer]);
    assert_eq!(applied["notices"][0]["marked"].as_array().unwrap().len(), 1);
    assert_eq!(applied["answers"][0]["kind"], "receipt");
    for _ in 0..2 {
        let page = scene.page("opened");
        assert_eq!(page.matches("patient corrected").count(), 2, "on top and beside it");
        assert!(
            page.contains("17 Nov 2026, 09:00 UTC: do not rely on it; ask for the new version")
        );
        // Once more: the same page, the same answer.
        let again = scene.clinic.path("again");
        let _ = fs::remove_file(&again);
        at(&scene.clinic, WEDNESDAY, &["clinic", "notice", &notice, "-o", &again]).done();
        assert_eq!(fs::read(&again).unwrap(), fs::read(&answer).unwrap());
    }
    scene.open("later", WEDNESDAY);
    assert!(scene.page("later").contains("patient corrected"), "the old disclosure is old");
    scene.take_in(&answer);
    let notices = told(&scene.patient, WEDNESDAY, &["notices"]);
    assert!(notices["notices"][0]["answered"].is_string());
}

#[test]
fn what_was_opened_is_erased_and_the_patient_gets_the_statement() {
    let scene = Scene::new();
    let clinic = &scene.clinic;
    let held = told(clinic, MONTHS_LATER, &["clinic", "consents"]);
    assert_eq!(held["consents"][0]["erase_due"], "erase-by");
    let consent = held["consents"][0]["consent"]["id"].as_str().unwrap();
    let wish = scene.patient.path("wishes");
    let ask = ["notices", "--ask-erasure", consent, "-o", &wish];
    let wished = told(&scene.patient, MONTHS_LATER, &ask);
    let file = wished["notices"][0]["file"].as_str().unwrap();
    let foreign = Path::new(&clinic.path("opened")).join("note.txt");
    fs::write(&foreign, "theirs").unwrap();
    let statement = clinic.path("statement");
    let notice = ["clinic", "notice", file, "-o", &statement];
    at(clinic, MONTHS_LATER, &notice).refused("wallet.confirmation-needed");
    assert!(scene.page("opened").contains("A positive"), "nothing went yet");
    let applied = told(clinic, MONTHS_LATER, &[&notice[..], &["--yes"]].concat());
    assert_eq!(applied["answers"][0]["kind"], "statement");
    assert_eq!(applied["notices"][0]["foreign"], json!([foreign]));
    let left: Vec<_> = fs::read_dir(clinic.path("opened")).unwrap().collect();
    assert_eq!(left.len(), 1);
    assert_eq!(told(clinic, MONTHS_LATER, &["clinic", "consents"])["consents"], json!([]));
    let lost = clinic.path("lost");
    let again = told(clinic, MONTHS_LATER, &["clinic", "erase", consent, "-o", &lost]);
    assert_eq!(again["statement_file"], lost);
    assert!(again["destroyed"].as_array().unwrap().contains(&json!("the opened copies")));
    let add = ["receipts", "add", &statement, &lost];
    told(&scene.patient, MONTHS_LATER, &add);
    let notices = told(&scene.patient, MONTHS_LATER, &["notices"]);
    assert!(notices["notices"][0]["answered"].is_string());
    at(clinic, MONTHS_LATER, &["clinic", "erase", "ffff", "-o", &clinic.path("x")])
        .refused("consent.not-found");
}
