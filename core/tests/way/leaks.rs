//! What a clinic holds says nothing of what was withheld.

use std::collections::HashSet;

use patient_wallet::consent::{ConsentToken, Narrowing, RequesterClass};
use patient_wallet::keys::DidKey;
use patient_wallet::record::Category;
use serde_json::{Value, json};

use crate::common::{SAMPLE, bundle, import_from, import_with};
use crate::leak::{Held, denied, held, permitted, visit};
use crate::scene::*;

#[test]
fn the_clinic_of_the_sample_patient_holds_what_was_granted_and_no_trace_of_the_rest() {
    let searched = visit(SAMPLE.as_bytes());
    assert!(searched.granted > 40 && searched.withheld > 80, "{searched:?}");
    assert!(searched.pieces > searched.withheld, "{searched:?}");
}

#[test]
fn withheld_and_never_there_look_the_same() {
    let mut bundle: Value = serde_json::from_str(SAMPLE).unwrap();
    let (mut all, whole) = seen(&bundle.to_string());
    let granted = |resource: &Value| {
        // A patient of whom there is no resource is known by no name.
        resource["resourceType"] == "Patient"
            || all
                .iter()
                .any(|seen| seen.name == (resource["resourceType"].clone(), resource["id"].clone()))
    };
    bundle["entry"].as_array_mut().unwrap().retain(|entry| granted(&entry["resource"]));
    let (mut only, alone) = seen(&bundle.to_string());
    assert!(all.len() > 40 && SAMPLE.len() > 2 * bundle.to_string().len());
    all.sort_by_key(Seen::order);
    only.sort_by_key(Seen::order);
    assert_eq!(all, only);
    assert_eq!(whole, alone, "bytes of token and manifest");
}

#[test]
fn text_that_no_code_stands_for_stays_where_a_label_is_denied() {
    let mut scene = Scene::new();
    let before = released(&scene.review(&Narrowing::new().deny(mental_health())));
    let asthma = json!({"coding": [{"system": "http://snomed.info/sct", "code": "195967001"}]});
    let remark = "patient hears voices";
    let anna = json!({"reference": "Patient/anna"});
    let records = [
        json!({"resourceType": "Condition", "id": "onset", "code": asthma, "subject": anna, "onsetString": remark}),
        json!({"resourceType": "Condition", "id": "extension", "code": asthma, "subject": anna,
            "extension": [{"url": "http://x.example/remark", "valueString": remark}]}),
        json!({"resourceType": "DetectedIssue", "id": "detail", "status": "final", "patient": anna, "detail": remark}),
        json!({"resourceType": "RiskAssessment", "id": "risk", "status": "final", "subject": anna, "mitigation": remark}),
        json!({"resourceType": "FamilyMemberHistory", "id": "family", "status": "completed", "patient": anna,
            "relationship": {"coding": [{"code": "MTH"}]}, "deceasedString": remark}),
        json!({"resourceType": "CarePlan", "id": "plan", "status": "active", "intent": "plan", "subject": anna, "title": remark}),
        json!({"resourceType": "Immunization", "id": "twin", "status": "completed", "patient": anna,
            "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "140", "_display": {"extension": [
                {"url": "http://hl7.org/fhir/StructureDefinition/rendering-markdown", "valueMarkdown": remark}]}}]},
            "occurrenceDateTime": "2024-01-01"}),
        json!({"resourceType": "Immunization", "id": "occurrence", "status": "completed", "patient": anna,
            "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "140"}]}, "occurrenceString": remark}),
        json!({"resourceType": "Condition", "id": "coded", "code": asthma, "subject": anna, "onsetDateTime": "2024-01-01"}),
    ];
    let file = bundle(&records.map(|record| record.to_string()));
    import_from(&mut scene.session, "st-anna", &file).unwrap();
    let mut now = released(&scene.review(&Narrowing::new().deny(mental_health())));
    now.retain(|name| !before.contains(name));
    assert_eq!(now, ["coded"]);
    let all = released(&scene.review(&Narrowing::new()));
    assert_eq!(all.iter().filter(|name| *name == "onset").count(), 1, "nothing denied, all told");
}

/// What a clinic sees of one record.
#[derive(Debug, PartialEq)]
struct Seen {
    name: (Value, Value),
    about: String,
    json: Value,
}

impl Seen {
    fn order(&self) -> (String, String) {
        (self.name.0.to_string(), self.name.1.to_string())
    }
}

/// Gives what a clinic sees of a file, and how long token and manifest are.
fn seen(file: &str) -> (Vec<Seen>, (usize, usize)) {
    let mut scene = Scene::of(|session| {
        import_with(session, file.as_bytes(), &Default::default()).unwrap();
    });
    let given = scene.give(&Narrowing::new().only(permitted()).deny(denied()));
    let patient = DidKey::from(ConsentToken::read(given.token()).unwrap().key()).to_string();
    let parts = scene.open(&given).unwrap();
    let of_part = |part: &Part| {
        let json: Value = serde_json::from_slice(&part.bytes).unwrap();
        let about = &part.about;
        let told = (about.category(), about.labels(), about.media_type(), about.length());
        Seen {
            name: (json["resourceType"].clone(), json["id"].clone()),
            about: format!("{told:?}"),
            // The order of the fields of a resource is not what this is about.
            json: serde_json::from_str(&json.to_string().replace(&patient, "the patient")).unwrap(),
        }
    };
    let bodies: usize = bodies(&given.disclosure);
    let manifest = given.disclosure.len() - bodies;
    (parts.iter().map(of_part).collect(), (given.token().len(), manifest))
}

/// Counts the bytes after the manifest.
fn bodies(disclosure: &[u8]) -> usize {
    let mut rest = disclosure;
    let _: ciborium::Value = ciborium::from_reader(&mut rest).unwrap();
    rest.len()
}

/// Every four bytes of what a clinic holds of somebody else: frames, names, the records themselves.
struct Common(HashSet<[u8; 4]>);

impl Common {
    fn shows_in(&self, window: &[u8; 8]) -> bool {
        window.windows(4).any(|part| self.0.contains(part))
    }
}

#[test]
fn two_clinics_share_nothing_of_one_patient_but_what_the_records_say() {
    let mut scene = Scene::of(|session| {
        import_with(session, SAMPLE.as_bytes(), &Default::default()).unwrap();
    });
    let mut stranger = Scene::of(|session| {
        import_with(session, SAMPLE.as_bytes(), &Default::default()).unwrap();
    });
    let (other_home, other) = requester("Dr. Alder", RequesterClass::Clinician);
    let some = categories(&[Category::Conditions, Category::Medications]);
    let narrowing = Narrowing::new().only(some).deny(denied());
    let one = held(&mut scene, &narrowing);
    let again = held(&mut scene, &narrowing);
    // What is held of another patient with one and the same record is what all have in common.
    let common = Common(held(&mut stranger, &narrowing).windows());
    let mut scene = Scene { home: other_home, clinic: other, ..scene };
    let two = held(&mut scene, &narrowing);

    assert_eq!(one.key, again.key);
    assert_ne!(one.key, two.key);
    let shared = |one: &Held, two: &Held| {
        let windows = one.windows::<8>();
        windows.intersection(&two.windows()).filter(|window| !common.shows_in(window)).count()
    };
    assert!(shared(&one, &again) > 100, "one clinic knows its patient again");
    assert_eq!(shared(&one, &two), 0);
}
