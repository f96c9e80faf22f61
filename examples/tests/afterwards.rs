//! After a consent, as the patient sees it: what readers signed, who was given what, who heard of a
//! correction.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failing helper fails its test"
)]

#[path = "common/clinic.rs"]
mod clinic;
mod common;

use std::fs;

use clinic::{Clinic, NOW, read};
use common::{Done, Home, run, sample};
use serde_json::{Value, json};

/// The sample patient, who gave Dr. Chen the laboratory results, and Dr. Chen, who opened them.
struct Scene {
    home: Home,
    clinic: Clinic,
    consent: String,
    /// The receipt that the opening signed.
    receipt: Vec<u8>,
}

impl Scene {
    fn new() -> Self {
        let home = Home::new();
        let words = home.path("words");
        at(&home, "2026-11-20T08:00:00Z", &["create", "--words-out", &words]).done();
        at(&home, "2026-11-20T08:01:00Z", &["import", &sample("patient.json")]).done();
        let mut clinic = Clinic::named("Dr. Chen");
        let request = home.file("request", clinic.ask());
        let (token, disclosure) = (home.path("token"), home.path("disclosure"));
        let out = ["--token-out", &token, "--disclosure-out", &disclosure, "--yes"];
        let terms = ["--only", "laboratory,allergies", "--for", "7d"];
        let approved = json(&home, &[&["approve", &request], &terms[..], &out[..]].concat());
        let consent = approved["consent"]["id"].as_str().unwrap().to_owned();
        clinic.open(&read(&token), &read(&disclosure));
        let receipt = clinic.requester.receipts(None, false).unwrap().remove(0).envelope;
        Self { home, clinic, consent, receipt }
    }

    /// Corrects a result that Dr. Chen has, and gives its id.
    fn correct(&self) -> String {
        let held = json(&self.home, &["consents", &self.consent]);
        let held = held["consents"][0]["holds"].as_array().unwrap().clone();
        let all = json(&self.home, &["records", "--category", "laboratory"]);
        let records = all["records"].as_array().unwrap();
        let record = records.iter().find(|record| held.contains(&record["id"])).unwrap();
        let id = record["id"].as_str().unwrap().to_owned();
        let shown = json(&self.home, &["show", &id]);
        let mut resource = shown["resource"].clone();
        resource["status"] = json!("corrected");
        let file = self.home.file("corrected.json", resource.to_string());
        let why = ["--reason", "samples mixed up", "--author", "Dr. Lab"];
        now(&self.home, &[&["correct", &id, &file], &why[..]].concat()).done();
        id
    }
}

fn at(home: &Home, moment: &str, arguments: &[&str]) -> Done {
    let mut command = home.command(&[arguments, &["--at", moment]].concat());
    run(command.env("LC_ALL", "en_US.UTF-8"))
}

/// Runs a command at the moment of the clinics.
fn now(home: &Home, arguments: &[&str]) -> Done {
    at(home, NOW, arguments)
}

fn json(home: &Home, arguments: &[&str]) -> Value {
    let done = now(home, &[arguments, &["--json"]].concat()).done();
    serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("not one document: {}", done.out))
}

/// Insists that everything fits the narrowest terminal.
fn narrow(done: &Done) {
    for line in done.out.lines().chain(done.err.lines()) {
        assert!(line.chars().count() <= 80 || line.starts_with("PMW1:"), "{line}");
    }
}

#[test]
fn receipts_come_in_from_files_folders_and_texts_each_with_a_verdict() {
    let scene = Scene::new();
    let home = &scene.home;
    assert_eq!(now(home, &["receipts"]).done().out, "No receipts.\n");
    fs::create_dir(home.path("in")).unwrap();
    let receipt = home.file("in/receipt", &scene.receipt);
    let mut forged = scene.receipt.clone();
    *forged.last_mut().unwrap() ^= 1;
    home.file("in/forged", forged);
    let judged = now(home, &["receipts", "add", &home.path("in"), "--json"]);
    assert_eq!(judged.code, 1, "{}", judged.err);
    assert!(judged.err.contains("receipt.invalid"), "{}", judged.err);
    let judged: Value = serde_json::from_str(&judged.out).unwrap();
    let verdicts: Vec<_> = judged["receipts"].as_array().unwrap().iter().collect();
    assert_eq!(
        (&verdicts[0]["verdict"], &verdicts[0]["code"]),
        (&json!("refused"), &json!("receipt.invalid"))
    );
    assert_eq!((&verdicts[1]["verdict"], &verdicts[1]["file"]), (&json!("added"), &json!(receipt)));
    assert_eq!(verdicts[1]["receipt"]["reader"]["name"], "Dr. Chen");
    let again = now(home, &["receipts", "add", &receipt]).done();
    narrow(&again);
    assert!(again.out.contains("known") && again.out.contains("Dr. Chen opened"), "{}", again.out);

    let listed = json(home, &["receipts", "--consent", &scene.consent[..8]]);
    let one = &listed["receipts"][0];
    assert_eq!(
        (&one["kind"], &one["act"], &one["number"]),
        (&json!("receipt"), &json!("opened"), &json!(1))
    );
    assert_eq!((&one["consent"], &one["purpose"]), (&json!(scene.consent), &json!("TREAT")));
    let held = json(home, &["consents"])["consents"][0]["holds"].clone();
    let mut named: Vec<_> =
        one["records"].as_array().unwrap().iter().map(|it| it["record"].clone()).collect();
    named.sort_by_key(ToString::to_string);
    assert_eq!(Value::Array(named), held);
    narrow(&now(home, &["receipts"]).done());
    let entries = json(home, &["log", "--kind", "receipted"]);
    assert_eq!(entries["entries"].as_array().unwrap().len(), 1);
}

#[test]
fn an_accounting_is_told_as_text_page_and_json() {
    let scene = Scene::new();
    let home = &scene.home;
    let period = ["accounting", "--from", "2026-11", "--to", "2026-11"];
    let told = now(home, &period).done();
    narrow(&told);
    for said in ["Patient: Núria Peñalver Zurbrügg", "Given to: Dr. Chen", "What for: to treat you"]
    {
        assert!(told.out.contains(said), "{said}\n{}", told.out);
    }
    let listed = json(home, &period);
    let given = &listed["disclosures"][0];
    assert_eq!((&given["at"], &given["consent"]), (&json!(NOW), &json!(scene.consent)));
    assert_eq!(given["recipient"]["standing"], "known");
    let records = given["records"].as_array().unwrap();
    assert!(records.len() > 10 && records.iter().all(|record| record["erased"] == json!(false)));

    let gone = records[0]["id"].as_str().unwrap();
    now(home, &["erase", gone, "--yes"]).done();
    let (page, data) = (home.path("given.html"), home.path("given.json"));
    let out = |file: &str, more: &[&str]| now(home, &[&period[..], &["-o", file], more].concat());
    out(&page, &["--language", "de"]).done();
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.contains("<html lang=de>") && html.contains("inzwischen gelöscht"), "{html}");
    out(&page, &[]).refused("file.exists");
    out(&page, &["--yes"]).done();
    out(&data, &[]).done();
    let written: Value = serde_json::from_slice(&read(&data)).unwrap();
    let record = &written["disclosures"][0]["records"][0];
    assert_eq!(
        (&record["id"], &record["erased"], &record["title"]),
        (&json!(gone), &json!(true), &Value::Null)
    );
    assert_eq!(out(&home.path("given.pdf"), &[]).code, 2);
    let before = json(home, &["accounting", "--from", "2025", "--to", "2025"]);
    assert_eq!(before["disclosures"], json!([]));
}

#[test]
fn who_holds_what_was_corrected_is_told_and_whoever_does_not_answer_is_seen() {
    let mut scene = Scene::new();
    let receipt = scene.home.file("receipt", &scene.receipt);
    now(&scene.home, &["receipts", "add", &receipt]).done();
    assert_eq!(now(&scene.home, &["notices"]).done().out, "No notices.\n");
    let id = scene.correct();
    let home = &scene.home;
    let told = now(home, &["history", &id]).done();
    narrow(&told);
    assert!(told.out.contains("read by them") && told.out.contains("Dr. Chen"), "{}", told.out);
    let history = json(home, &["history", &id]);
    let holder = &history["holders"][0];
    assert_eq!((&holder["version"], &holder["read"]), (&json!(1), &json!(NOW)));

    let listed = json(home, &["notices", "-o", &home.path("out")]);
    let notice = &listed["notices"][0];
    assert_eq!((&notice["kind"], &notice["audience"]), (&json!("correction"), &json!("Dr. Chen")));
    assert_eq!((&notice["records"], &notice["answered"]), (&json!([id]), &Value::Null));
    let file = notice["file"].as_str().unwrap();
    let again = json(home, &["notices", "-o", &home.path("out")]);
    assert_eq!(again["notices"][0]["file"], json!(file), "the same file, not a second one");
    scene.clinic.requester.receive(&read(file)).unwrap();
    let answer = scene.clinic.requester.receipts(None, false).unwrap().pop().unwrap().envelope;
    let answer = home.file("answer", answer);
    now(home, &["receipts", "add", &answer]).done();
    let listed = json(home, &["notices", "-o", &home.path("out")]);
    assert_eq!(listed["notices"][0]["answered"], json!(NOW));
    assert_eq!(listed["notices"][0]["file"], Value::Null, "nothing to carry");
    narrow(&now(home, &["notices"]).done());
}

#[test]
fn a_reader_asked_to_erase_owes_a_statement_until_it_comes() {
    let mut scene = Scene::new();
    let home = &scene.home;
    let asked = now(home, &["notices", "--ask-erasure", &scene.consent[..8]]).done();
    assert!(asked.out.starts_with("PMW1:"), "{}", asked.out);
    let listed = json(home, &["notices"]);
    assert_eq!(listed["notices"][0]["kind"], "erasure-wish");
    assert_eq!(listed["owed"][0]["consent"], json!(scene.consent));
    let told = now(home, &["notices"]).done();
    narrow(&told);
    assert!(told.out.contains("owes to erase"), "{}", told.out);
    let id = scene.consent.parse().unwrap();
    let erased = scene.clinic.requester.erase_copies(id).unwrap();
    let statement = home.file("statement", erased.statement);
    now(home, &["receipts", "add", &statement]).done();
    let listed = json(home, &["notices"]);
    assert_eq!((&listed["owed"], &listed["notices"][0]["answered"]), (&json!([]), &json!(NOW)));
    now(home, &["notices", "--ask-erasure", &scene.consent]).refused("consent.not-found");
    // It opened them, and does not say that these copies are gone.
    let receipt = home.file("receipt", &scene.receipt);
    now(home, &["receipts", "add", &receipt]).done();
    assert_eq!(json(home, &["notices"])["owed"][0]["consent"], json!(scene.consent));
    assert!(now(home, &["receipts"]).done().out.contains("keys-erased"));
}
