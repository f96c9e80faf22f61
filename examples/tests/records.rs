//! A record goes in, is found, read, corrected, labelled and comes out again, as it was.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails its test"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{Home, sample, story};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The resources of a Bundle, each as it was written, by its fullUrl.
fn resources(path: &str) -> BTreeMap<String, String> {
    #[derive(Deserialize)]
    struct Bundle {
        entry: Vec<Entry>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Entry {
        full_url: String,
        resource: Box<RawValue>,
    }
    let bundle: Bundle = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    bundle.entry.into_iter().map(|it| (it.full_url, it.resource.get().to_owned())).collect()
}

#[test]
fn the_sample_comes_back_byte_for_byte() {
    let home = Home::with_wallet();
    let file = sample("patient.json");
    let entries = story()["expect"]["entries"].as_u64().unwrap();
    let report = home.json(&["import", &file]);
    assert_eq!(report["total"]["new"], entries);
    let again = home.json(&["import", &file]);
    assert_eq!((&again["total"]["same"], &again["total"]["new"]), (&entries.into(), &0.into()));
    assert_eq!(
        home.json(&["status"])["vault"]["versions"],
        entries,
        "the same again is no version"
    );

    let out = home.path("out.json");
    assert_eq!(home.json(&["export", "-o", &out])["records"], entries);
    assert_eq!(resources(&out), resources(&file));

    home.wallet(&["export", "-o", &out]).refused("file.exists");
    let said = home.wallet(&["export", "-o", "-", "--json"]).done().out;
    assert_eq!(said, fs::read_to_string(&out).unwrap(), "and nothing beside it");
    home.wallet(&["export", "--format", "ndjson", "-o", &out, "--yes"]).done();
    let lines = fs::read_to_string(&out).unwrap();
    let mut sent: Vec<_> = resources(&file).into_values().collect();
    let mut came: Vec<_> = lines.lines().map(str::to_owned).collect();
    sent.sort();
    came.sort();
    assert_eq!(came, sent);
}

#[test]
fn filters_and_pages_narrow_the_list() {
    let home = Home::with_sample();
    let total = |arguments: &[&str]| {
        home.json(&[&["records"], arguments].concat())["total"].as_u64().unwrap()
    };
    let expect = &story()["expect"];
    for (category, count) in expect["by_category"].as_object().unwrap() {
        assert_eq!(total(&["--category", category]), count.as_u64().unwrap(), "{category}");
    }
    assert_eq!(total(&["--category", "5"]), total(&["--category", "laboratory"]));
    assert_eq!(total(&["--label", "PSYTHPN"]), total(&["--label", "mental-health"]));
    assert_eq!(total(&["--code", "http://loinc.org|882-1"]), 1);
    assert_eq!(total(&["--code", "882-1"]), 1);
    assert_eq!(total(&["--code", "http://snomed.info/sct|882-1"]), 0);
    assert_eq!(total(&["--code", "882-1", "--from", "2000", "--to", "2000-05-19"]), 1);
    assert_eq!(total(&["--code", "882-1", "--to", "2000-05-18"]), 0);
    assert_eq!(total(&["--code", "882-1", "--from", "2000-05-20"]), 0);
    let all = total(&[]);
    let unclassified = total(&["--unclassified"]);
    assert!(0 < unclassified && unclassified < all);

    let first = home.json(&["records", "--limit", "150"]);
    let second = home.json(&["records", "--limit", "150", "--page", "2"]);
    assert_eq!((&first["next"], &second["next"]), (&2.into(), &serde_json::Value::Null));
    let ids = |page: &serde_json::Value| page["records"].as_array().unwrap().len();
    assert_eq!((ids(&first), ids(&second)), (150, usize::try_from(all).unwrap() - 150));
}

#[test]
fn a_table_fits_80_columns_and_its_ids_are_accepted() {
    let home = Home::with_sample();
    let done = home.wallet(&["records", "--limit", "200"]).done();
    assert!(done.out.lines().all(|line| line.chars().count() <= 80), "{}", done.out);
    assert!(done.out.contains("unclassified"));
    assert_eq!(done.err, "");
    let id = done.out.lines().nth(1).unwrap().split_whitespace().next().unwrap();
    assert!(id.len() < 32);
    home.wallet(&["show", id]).done();
    home.wallet(&["show", &id.to_uppercase()]).done();
}

#[test]
fn show_gives_the_resource_and_nothing_else() {
    let home = Home::with_sample();
    let reference = "Observation/lab-chol-2025";
    let id = home.id_of(reference);
    let raw = home.wallet(&["show", &id, "--fhir"]).done().out;
    assert!(resources(&sample("patient.json")).into_values().any(|sent| sent == raw));
    assert!(raw.contains("6.10"));
    let document = home.wallet(&["show", &id, "--json"]).done().out;
    assert!(document.contains(&raw), "the resource stands in the document as it came");
    let text = home.wallet(&["show", &id]).done().out;
    assert!(text.contains("6.10 mmol/L") && text.contains("laboratory"), "{text}");
}

#[test]
fn a_correction_keeps_the_original_and_its_reason() {
    let home = Home::with_sample();
    let id = home.id_of("Observation/lab-blood-group");
    let correction = sample("correction.json");
    let arguments = ["correct", &id, &correction, "--reason", "mixed up", "--author", "Dr. Roca"];
    home.wallet(&[&arguments[..], &["--at", "2025-05-01T00:00:00Z"]].concat()).done();
    let history = home.wallet(&["history", &id]).done().out.replace('\n', " ");
    assert!(history.contains("On 2025-05-01 Dr. Roca corrected it: Blood group"), "{history}");
    assert!(history.contains("O negative. Reason: mixed up."), "{history}");
    let old = home.json(&["show", &id, "--version", "1"]);
    assert_eq!(old["resource"]["valueCodeableConcept"]["text"], "A positive");
    let new = home.json(&["show", &id]);
    assert_eq!(new["resource"]["valueCodeableConcept"]["text"], "O negative");
    assert_eq!(new["record"]["version"], 2);
    assert_eq!(home.json(&["search", "blood group"])["total"], 1);

    let patient = home.file("patient.json", r#"{"resourceType":"Patient","id":"x"}"#);
    let arguments = ["correct", &id, &patient, "--reason", "r", "--author", "a"];
    home.wallet(&arguments).refused("record.another-type");
    let blank = ["correct", &id, &correction, "--reason", " ", "--author", "a"];
    home.wallet(&blank).refused("record.unexplained");
    assert_eq!(home.json(&["show", &id])["record"]["version"], 2);
}

#[test]
fn the_patient_labels_a_record() {
    let home = Home::with_sample();
    let id = home.id_of("Observation/lab-blood-group");
    let labels = |home: &Home| home.json(&["show", &id])["record"]["labels"].clone();
    assert_eq!(labels(&home), serde_json::json!([]));
    home.wallet(&["label", &id, "--add", "genetics", "--add", "HIV"]).done();
    assert_eq!(labels(&home), serde_json::json!(["hiv", "genetics"]));
    home.wallet(&["label", &id, "--remove", "hiv"]).done();
    assert_eq!(labels(&home), serde_json::json!(["genetics"]));
    let history = home.wallet(&["history", &id]).done().out.replace('\n', " ");
    assert!(history.contains("the patient changed its labels"), "{history}");
    let other = home.id_of("AllergyIntolerance/alg-penicillin");
    let confirmed = home.json(&["label", &id, &other, "--confirm"]);
    let labels_of = |at: usize| confirmed["records"][at]["labels"].clone();
    assert_eq!(
        [labels_of(0), labels_of(1)],
        [serde_json::json!(["genetics"]), serde_json::json!([])]
    );
    assert_eq!(confirmed["records"][1]["version"], 2, "that it was looked through is remembered");
    home.wallet(&["label", &other, "ffffffff", "--add", "hiv"]).refused("record.not-found");
    assert_eq!(home.json(&["show", &other])["record"]["version"], 2, "all or none");
    assert_eq!(home.wallet(&["label", &id, "--confirm", "--add", "hiv"]).code, 2);
    assert_eq!(home.wallet(&["label", &id]).code, 2);
    assert_eq!(home.wallet(&["label", &id, "--add", "secret"]).code, 2);
}

#[test]
fn what_the_patient_adds_is_a_record() {
    let home = Home::with_wallet();
    let pollen = ["add", "allergy", "Birch pollen", "--since", "2011-04"];
    let code = ["--code", "http://snomed.info/sct|256259004"];
    let added = home.json(&[&pollen[..], &code].concat());
    assert_eq!(added["record"]["category"], "allergies");
    assert_eq!(added["record"]["resource_type"], "AllergyIntolerance");
    assert_eq!(added["record"]["author"], "patient");
    assert_eq!(added["record"]["date"], "2011-04");
    assert_eq!(added["record"]["code"]["code"], "256259004");
    for (kind, category) in
        [("medication", "medications"), ("condition", "conditions"), ("note", "notes")]
    {
        assert_eq!(home.json(&["add", kind, "Word"])["record"]["category"], category);
    }
    assert_eq!(home.json(&["search", "BIRCH"])["total"], 1);
    home.wallet(&["add", "note", " "]).refused("record.invalid-entry");
    home.wallet(&["add", "note", "x", "--code", "nonsense"]).refused("record.invalid-entry");
    assert_eq!(home.json(&["status"])["vault"]["records"], 4);
}
