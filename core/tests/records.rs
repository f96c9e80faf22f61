//! What is the same record and what is another; versions, labels, finding, giving out.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failing helper fails its test"
)]

mod common;

use common::{
    SAMPLE, bundle, count, import_from, import_sample, import_with, observation, refusal,
};
use patient_wallet::Session;
use patient_wallet::record::{
    Authored, AuthoredKind, Category, LabelSet, RecordDate, RecordId, SensitivityLabel, Text,
};
use patient_wallet::session::{ExportFormat, ImportOptions, Query, Record};
use patient_wallet::testing::TestWallet;

fn import(session: &mut Session, file: &str) -> (usize, usize, usize) {
    let report = import_with(session, file.as_bytes(), &ImportOptions::default()).unwrap();
    assert_eq!(report.refused, []);
    (report.new, report.changed, report.same)
}

fn find(session: &mut Session, query: &Query) -> Vec<Record> {
    let ids = session.find(query).unwrap().ids;
    ids.into_iter().map(|id| session.record(id).unwrap()).collect()
}

fn only(session: &mut Session, text: &str) -> Record {
    let query = Query { text: Some(Text::from(text)), ..Query::default() };
    let mut found = find(session, &query);
    assert_eq!(found.len(), 1, "{text}");
    found.remove(0)
}

fn label(label: SensitivityLabel) -> LabelSet {
    LabelSet::from_iter([label])
}

#[test]
fn the_same_again_is_recognised_and_a_change_becomes_a_version() {
    let (test, mut session) = TestWallet::create();
    let first = import_sample(&mut session);
    assert_eq!((first.new, first.entries), (count(&mut session), count(&mut session)));
    let again = import_sample(&mut session);
    assert_eq!((again.new, again.changed, again.same), (0, 0, first.entries));
    let spaced = SAMPLE.replace("\":", "\" : ");
    let again = import_with(&mut session, spaced.as_bytes(), &ImportOptions::default()).unwrap();
    assert_eq!((again.new, again.changed, again.same), (0, 0, first.entries), "but for blanks");

    let one = |value: &str| observation("1", value);
    for (hospital, file, expected) in [
        ("anna", one("HbA1c"), (1, 0, 0)),
        ("anna", one("HbA1c"), (0, 0, 1)),
        ("anna", one("HbA1c, corrected"), (0, 1, 0)),
        ("berta", one("HbA1c"), (1, 0, 0)),
        ("berta", one("HbA1c, corrected"), (0, 1, 0)),
    ] {
        let report = import_from(&mut session, hospital, &file).unwrap();
        assert_eq!((report.new, report.changed, report.same), expected, "{hospital}");
    }
    let records = count(&mut session);
    session.lock().unwrap();
    let mut session = test.unlock().unwrap();
    assert_eq!(count(&mut session), records);
    let report = import_from(&mut session, "anna", &one("HbA1c, corrected")).unwrap();
    assert_eq!(report.same, 1, "also after an unlock");
}

#[test]
fn a_bare_resource_of_nobody_knows_where_is_the_same_only_when_it_reads_the_same() {
    let (_test, mut session) = TestWallet::create();
    assert_eq!(import(&mut session, &observation("1", "a")), (1, 0, 0));
    assert_eq!(import(&mut session, &observation("1", "a")), (0, 0, 1));
    assert_eq!(import(&mut session, &observation("1", "b")), (1, 0, 0), "another record");
}

#[test]
fn full_urls_identifiers_and_meta_sources_tell_records_apart() {
    let (_test, mut session) = TestWallet::create();
    let entry = |url: &str, id: &str, identifier: &str, text: &str| {
        format!(
            r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"fullUrl":"{url}","resource":{{"resourceType":"Condition","id":"{id}","identifier":[{{"system":"urn:acc","value":"{identifier}"}}],"code":{{"text":"{text}"}}}}}}]}}"#
        )
    };
    let a = "https://a.example/fhir/Condition";
    let steps = [
        (entry(&format!("{a}/1"), "1", "X", "one"), (1, 0, 0)),
        (entry(&format!("{a}/1"), "1", "X", "one, changed"), (0, 1, 0)),
        (entry("urn:uuid:0b4f6a5e-0000-4000-8000-000000000001", "9", "X", "one more"), (0, 1, 0)),
        (entry(&format!("{a}/2"), "2", "X", "another id of one source"), (1, 0, 0)),
        (
            entry("urn:uuid:0b4f6a5e-0000-4000-8000-000000000002", "9", "X", "two hold it"),
            (1, 0, 0),
        ),
        (entry("https://b.example/fhir/Condition/1", "1", "Y", "other"), (1, 0, 0)),
    ];
    for (place, (file, expected)) in steps.iter().enumerate() {
        assert_eq!(import(&mut session, file), *expected, "step {place}");
    }
    let meta = |source: &str, text: &str| {
        format!(
            r#"{{"resourceType":"Condition","id":"1","meta":{{"source":"{source}"}},"code":{{"text":"{text}"}}}}"#
        )
    };
    assert_eq!(import(&mut session, &meta("urn:c", "three")), (1, 0, 0));
    assert_eq!(import(&mut session, &meta("urn:c", "three, changed")), (0, 1, 0));
    assert_eq!(import(&mut session, &meta("urn:d", "three")), (1, 0, 0));
}

#[test]
fn two_entries_of_one_file_are_never_merged_for_an_identifier() {
    let (_test, mut session) = TestWallet::create();
    let one = |id: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"{id}","identifier":[{{"system":"urn:order","value":"7"}}],"code":{{"text":"{id}"}}}}"#
        )
    };
    assert_eq!(import(&mut session, &bundle(&[one("a"), one("b"), one("c")])), (3, 0, 0));
}

#[test]
fn another_patients_file_is_refused_by_name_unless_asked_for() {
    let (_test, mut session) = TestWallet::create();
    let patient = |family: &str, born: &str| {
        bundle(&[
            observation("1", "a"),
            format!(
                r#"{{"resourceType":"Patient","id":"p","name":[{{"family":"{family}"}}],"birthDate":"{born}"}}"#
            ),
        ])
    };
    let options = |any_patient| ImportOptions {
        any_patient,
        source: Some(Text::from("anna")),
        ..ImportOptions::default()
    };
    let mut take = |family: &str, born: &str, any: bool| {
        import_with(&mut session, patient(family, born).as_bytes(), &options(any))
    };
    take("Núñez", "1970-01-01", false).unwrap();
    take("NUNEZ", "1970-01-01", false).unwrap();
    assert_eq!(refusal(take("Núñez", "1970-01-02", false)), "import.another-patient");
    assert_eq!(refusal(take("Keller", "1970-01-01", false)), "import.another-patient");
    take("Keller", "1970-01-01", true).unwrap();
    assert_eq!(count(&mut session), 2, "the refused files left nothing");
}

#[test]
fn entries_without_a_resource_are_listed_and_the_rest_is_taken_in() {
    let (_test, mut session) = TestWallet::create();
    let file = r#"{"resourceType":"Bundle","type":"searchset","entry":[
        {"fullUrl":"https://a.example/Condition/1","resource":{"resourceType":"Condition","id":"1"}},
        {"fullUrl":"https://a.example/Condition/2"},
        {"resource":{"resourceType":"Spaceship","id":"3"}}]}"#;
    let report = import_with(&mut session, file.as_bytes(), &ImportOptions::default()).unwrap();
    assert_eq!((report.entries, report.new), (3, 1));
    let refused: Vec<_> = report.refused.iter().map(|one| (one.index, one.error.code())).collect();
    assert_eq!(refused, [(1, "import.no-resource"), (2, "import.unknown-type")]);
}

#[test]
fn a_correction_appends_and_the_original_stays() {
    let (test, mut session) = TestWallet::create();
    import_from(&mut session, "anna", &observation("1", "Blood group A")).unwrap();
    let id = only(&mut session, "blood group").id;
    let right = observation("1", "Blood group 0");
    for (author, reason) in [("", "mixed up"), ("Dr. A", " "), ("Dr. A", &"x".repeat(201))] {
        assert_eq!(refusal(session.correct(id, &right, author, reason)), "record.unexplained");
    }
    let other = r#"{"resourceType":"Condition","id":"1"}"#;
    assert_eq!(refusal(session.correct(id, other, "Dr. A", "mixed up")), "record.another-type");
    let other = observation("2", "Blood group 0");
    assert_eq!(refusal(session.correct(id, &other, "Dr. A", "mixed up")), "record.another-record");
    assert_eq!(refusal(session.correct(id, "nonsense", "Dr. A", "mixed up")), "import.malformed");
    let nobody = RecordId::from_bytes([1; 16]);
    assert_eq!(refusal(session.correct(nobody, &right, "Dr. A", "mixed up")), "record.not-found");

    test.clock.pass(60);
    let corrected = session.correct(id, &right, "Dr. A", "tubes were mixed up").unwrap();
    assert_eq!(corrected, 2);
    let history = session.history(id).unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].json(), observation("1", "Blood group A").as_bytes());
    assert_eq!(history[1].json(), right.as_bytes());
    assert!(history[0].reason.is_none() && history[0].record.author.is_none());
    assert_eq!(history[1].reason.as_ref().unwrap().as_str(), "tubes were mixed up");
    assert_eq!(history[1].record.author.as_ref().unwrap().as_str(), "Dr. A");
    assert_eq!(history[1].record.at.unix() - history[0].record.at.unix(), 60);
    assert_eq!(session.read(id, Some(1)).unwrap().json(), history[0].json());
    assert_eq!(refusal(session.read(id, Some(3))), "record.not-found");
    assert_eq!(session.record(id).unwrap().title.as_str(), "Blood group 0 6.10 %");
    session.lock().unwrap();
    let mut session = test.unlock().unwrap();
    assert_eq!(session.history(id).unwrap().len(), 2);
    let report = import_from(&mut session, "anna", &right).unwrap();
    assert_eq!(report.same, 1, "the hospital sends the corrected one: known already");
}

#[test]
fn records_are_found_by_category_code_date_and_text() {
    let (_test, mut session) = TestWallet::create();
    import_sample(&mut session);
    let total = count(&mut session);
    let of = |session: &mut Session, query: Query| session.find(&query).unwrap();
    let mut sum = 0;
    for code in 0..=18 {
        let category = Some(Category::from_code(code).unwrap());
        let found = find(&mut session, &Query { category, ..Query::default() });
        assert!(!found.is_empty(), "the sample has every category: {code}");
        assert!(found.iter().all(|record| Some(record.category) == category));
        sum += found.len();
    }
    assert_eq!(sum, total);

    let code = |system: Option<&str>| Query {
        code: Some((system.map(Text::from), Text::from("882-1"))),
        ..Query::default()
    };
    assert_eq!(of(&mut session, code(Some("http://loinc.org"))).total, 1);
    assert_eq!(of(&mut session, code(None)).total, 1);
    assert_eq!(of(&mut session, code(Some("http://snomed.info/sct"))).total, 0);

    let day = |text: &str| RecordDate::parse(text).unwrap();
    let span = Query {
        from: Some(day("2000").start()),
        to: Some(day("2001").start()),
        ..Query::default()
    };
    let found = find(&mut session, &span);
    assert!(!found.is_empty() && found.len() < total);
    assert!(found.iter().all(|record| record.date.unwrap().to_string().starts_with("2000")));

    for (typed, expected) in [("NURIA", true), ("núria", true), ("nuria xyz", false)] {
        let query = Query { text: Some(Text::from(typed)), ..Query::default() };
        assert_eq!(of(&mut session, query).total > 0, expected, "{typed}");
    }
}

#[test]
fn pages_are_sorted_newest_first_and_meet_without_a_gap() {
    let (_test, mut session) = TestWallet::create();
    import_sample(&mut session);
    let all = find(&mut session, &Query::default());
    let dates: Vec<_> =
        all.iter().filter_map(|record| record.date).map(RecordDate::start).collect();
    assert!(dates.is_sorted_by(|one, other| one >= other));
    assert!(all.iter().rev().take(all.len() - dates.len()).all(|record| record.date.is_none()));
    let mut paged = Vec::new();
    let mut offset = Some(0);
    while let Some(from) = offset {
        let query = Query { offset: from, limit: Some(7), ..Query::default() };
        let page = session.find(&query).unwrap();
        assert_eq!(page.total, all.len());
        paged.extend(page.ids);
        offset = page.next;
    }
    assert_eq!(paged, all.iter().map(|record| record.id).collect::<Vec<_>>());
    let beyond = Query { offset: 10_000, limit: Some(7), ..Query::default() };
    assert_eq!(session.find(&beyond).unwrap().ids, []);
}

#[test]
fn ids_are_accepted_shortened_while_unique() {
    let (_test, mut session) = TestWallet::create();
    import_from(&mut session, "anna", &bundle(&[observation("1", "a"), observation("2", "b")]))
        .unwrap();
    let ids = session.find(&Query::default()).unwrap().ids;
    assert_eq!(session.resolve(&ids[0].to_string()).unwrap(), ids[0]);
    assert_eq!(refusal(session.resolve("")), "record.ambiguous-id");
    assert_eq!(refusal(session.resolve("xyz")), "record.not-found");
    let (one, other) = (ids[0].to_string(), ids[1].to_string());
    let common = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
    assert_eq!(session.resolve(&other[..=common]).unwrap(), ids[1]);
}

#[test]
fn labels_pass_along_references_in_any_order_and_across_files() {
    use SensitivityLabel::{Genetics, MentalHealth};
    let (test, mut session) = TestWallet::create();
    let entry = |kind: &str, id: &str, body: &str| {
        format!(
            r#"{{"fullUrl":"https://a.example/{kind}/{id}","resource":{{"resourceType":"{kind}","id":"{id}",{body}}}}}"#
        )
    };
    let file = |entries: &[String]| {
        format!(
            r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#,
            entries.join(",")
        )
    };
    let visit = entry(
        "Encounter",
        "v",
        r#""meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"}]},"type":[{"text":"Visit"}]"#,
    );
    let plan = entry("CarePlan", "p", r#""title":"Plan","encounter":{"reference":"Encounter/v"}"#);
    let goal = entry(
        "Goal",
        "g",
        r#""description":{"text":"Aim"},"addresses":[{"reference":"https://a.example/CarePlan/p"}]"#,
    );
    let other = entry(
        "Goal",
        "o",
        r#""description":{"text":"Other"},"addresses":[{"reference":"CarePlan/q"}]"#,
    );
    import(&mut session, &file(&[goal, other]));
    assert!(only(&mut session, "aim").labels.is_empty());
    import(&mut session, &file(&[plan, visit]));
    let of = |session: &mut Session, text: &str| only(session, text).labels;
    for text in ["visit", "plan", "aim"] {
        assert_eq!(of(&mut session, text), label(MentalHealth), "{text}");
    }
    assert!(of(&mut session, "other").is_empty());

    let plan = only(&mut session, "plan").id;
    session.relabel(plan, label(Genetics), LabelSet::default()).unwrap();
    assert!(of(&mut session, "aim").contains(Genetics), "a label given later spreads");
    session.relabel(plan, LabelSet::default(), label(MentalHealth)).unwrap();
    assert_eq!(of(&mut session, "plan"), label(Genetics), "removed by the patient");
    assert_eq!(of(&mut session, "aim"), label(Genetics), "and so passes on no more");
    assert_eq!(of(&mut session, "visit"), label(MentalHealth));
    session.lock().unwrap();
    let mut session = test.unlock().unwrap();
    assert_eq!(of(&mut session, "aim"), label(Genetics));
    let query = Query { label: Some(Genetics), ..Query::default() };
    assert_eq!(session.find(&query).unwrap().total, 2);
}

#[test]
fn the_patient_classifies_and_a_later_change_keeps_what_was_added() {
    use SensitivityLabel::{Hiv, Violence};
    let (_test, mut session) = TestWallet::create();
    let odd =
        |text: &str| format!(r#"{{"resourceType":"Basic","id":"1","code":{{"text":"{text}"}}}}"#);
    import_from(&mut session, "anna", &odd("zweckfrei")).unwrap();
    let query = Query { unclassified: true, ..Query::default() };
    let id = session.find(&query).unwrap().ids[0];
    session.relabel(id, label(Hiv), LabelSet::default()).unwrap();
    let record = session.record(id).unwrap();
    assert!(record.classified && record.labels == label(Hiv) && record.version == 2);
    assert_eq!(session.find(&query).unwrap().total, 0);
    session.relabel(id, label(Violence), label(Hiv)).unwrap();
    assert_eq!(session.record(id).unwrap().labels, label(Violence));
    import_from(&mut session, "anna", &odd("zweckfrei, neu")).unwrap();
    let record = session.record(id).unwrap();
    assert_eq!((record.version, record.labels), (4, label(Violence)));
    assert!(!record.classified, "the new text was not looked at");
    assert_eq!(session.history(id).unwrap()[2].json(), odd("zweckfrei").as_bytes());
}

#[test]
fn a_file_imported_again_does_not_undo_a_correction() {
    let (_test, mut session) = TestWallet::create();
    let wrong = observation("1", "Blood group A");
    import_from(&mut session, "anna", &wrong).unwrap();
    let id = only(&mut session, "blood group").id;
    session.correct(id, &observation("1", "Blood group 0"), "Dr. A", "mixed up").unwrap();
    let report = import_from(&mut session, "anna", &wrong).unwrap();
    assert_eq!((report.same, report.changed), (1, 0));
    assert!(session.record(id).unwrap().title.as_str().starts_with("Blood group 0"));
    let report = import_from(&mut session, "anna", &observation("1", "Blood group B")).unwrap();
    assert_eq!(report.changed, 1, "but something new is a change");
}

#[test]
fn labels_reach_a_new_record_that_names_a_known_one_in_another_way() {
    let (_test, mut session) = TestWallet::create();
    let condition = r#"{"resourceType":"Condition","id":"c","code":{"text":"HIV infection"}}"#;
    import(&mut session, condition);
    let visit = r#"{"resourceType":"Encounter","id":"e","type":[{"text":"Kontrolle"}],"diagnosis":[{"condition":{"reference":"Condition/c"}}]}"#;
    let file = bundle(&[condition.to_owned(), visit.to_owned()]);
    assert_eq!(import(&mut session, &file), (1, 0, 1));
    assert_eq!(only(&mut session, "kontrolle").labels, label(SensitivityLabel::Hiv));
    assert_eq!(count(&mut session), 2, "and no record was made for a name");
}

#[test]
fn a_patient_who_says_nothing_does_not_let_everybody_in() {
    let (_test, mut session) = TestWallet::create();
    let patient =
        |id: &str, more: &str| format!(r#"{{"resourceType":"Patient","id":"{id}"{more}}}"#);
    let named = |family: &str, born: &str| {
        format!(r#","name":[{{"family":"{family}"}}],"birthDate":"{born}""#)
    };
    import_from(&mut session, "anna", &patient("1", &named("Keller", "1970-01-01"))).unwrap();
    import_from(&mut session, "berta", &patient("2", "")).unwrap();
    let same = patient("3", &named("Keller", "1970"));
    import_from(&mut session, "carla", &same).unwrap();
    let other = patient("4", &named("Muster", "1980-01-01"));
    assert_eq!(refusal(import_from(&mut session, "dora", &other)), "import.another-patient");
}

#[test]
fn a_shared_order_number_does_not_hide_another_test() {
    let (_test, mut session) = TestWallet::create();
    let value = |code: &str| {
        format!(
            r#"{{"resourceType":"Observation","identifier":[{{"system":"urn:order","value":"7"}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}}}}"#
        )
    };
    assert_eq!(import(&mut session, &value("718-7")), (1, 0, 0));
    assert_eq!(import(&mut session, &value("6690-2")), (1, 0, 0));
}

#[test]
fn a_known_code_beside_the_principal_one_does_not_classify() {
    let (_test, mut session) = TestWallet::create();
    let odd = r#"{"resourceType":"Condition","id":"1","code":{"coding":[{"system":"urn:local","code":"X1"}]},"evidence":[{"code":[{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"I10"}]}]}]}"#;
    import_from(&mut session, "anna", odd).unwrap();
    let query = Query { unclassified: true, ..Query::default() };
    assert_eq!(session.find(&query).unwrap().total, 1);
}

#[test]
fn a_resource_with_too_many_references_is_refused() {
    let (_test, mut session) = TestWallet::create();
    let list = |count: usize| {
        let entries: Vec<String> =
            (0..count).map(|n| format!(r#"{{"item":{{"reference":"Basic/{n}"}}}}"#)).collect();
        format!(r#"{{"resourceType":"List","id":"l","entry":[{}]}}"#, entries.join(","))
    };
    assert_eq!(import(&mut session, &list(4096)), (1, 0, 0));
    assert_eq!(
        refusal(import_from(&mut session, "anna", &list(4097))),
        "import.too-many-references"
    );
}

#[test]
fn what_the_patient_enters_is_a_record_like_any_other() {
    let (_test, mut session) = TestWallet::create();
    import_sample(&mut session);
    for (kind, text, category) in [
        (AuthoredKind::Allergy, "Erdnüsse \"roh\"", Category::Allergies),
        (AuthoredKind::Medication, "Ibuprofen 400 mg", Category::Medications),
        (AuthoredKind::Condition, "Migraine", Category::Conditions),
        (AuthoredKind::Note, "Ask about the cough", Category::Notes),
    ] {
        let entry = Authored::new(kind, text).unwrap();
        let id = session.add(&entry.since(Some(RecordDate::parse("2019-05").unwrap()))).unwrap();
        let record = session.record(id).unwrap();
        assert_eq!(record.category, category);
        assert_eq!(record.author.as_ref().unwrap().as_str(), "patient");
        assert_eq!(record.title.as_str(), text);
        let read = session.read(record.id, None).unwrap();
        let json: serde_json::Value = serde_json::from_slice(read.json()).unwrap();
        assert!(json.to_string().contains("Patient/nuria-penalver"), "names its subject: {json}");
    }
    let coded = Authored::new(AuthoredKind::Condition, "Depression").unwrap();
    let coded = coded.coded("http://hl7.org/fhir/sid/icd-10|F32.9").unwrap();
    let id = session.add(&coded).unwrap();
    let record = session.record(id).unwrap();
    assert!(record.classified && record.labels.contains(SensitivityLabel::MentalHealth));
}

#[test]
fn an_export_gives_every_resource_as_it_came_and_comes_back_in() {
    let (_test, mut session) = TestWallet::create();
    let entries = import_sample(&mut session).entries;
    for format in [ExportFormat::Bundle, ExportFormat::Ndjson] {
        let mut out = Vec::new();
        assert_eq!(session.export(&Query::default(), format, &mut out).unwrap().records, entries);
        let out = String::from_utf8(out).unwrap();
        for id in session.find(&Query::default()).unwrap().ids {
            let read = session.read(id, None).unwrap();
            assert!(out.contains(std::str::from_utf8(read.json()).unwrap()));
        }
        assert!(out.contains("6.10") && out.contains("1.50"), "zeros stay");
        if format == ExportFormat::Bundle {
            let json: serde_json::Value = serde_json::from_str(&out).unwrap();
            assert_eq!(json["entry"].as_array().unwrap().len(), entries);
            let (new, changed, same) = import(&mut session, &out);
            assert_eq!((new, changed, same), (0, 0, entries));
        } else {
            assert_eq!(out.lines().count(), entries);
        }
    }
    let query = Query { category: Some(Category::Allergies), ..Query::default() };
    let mut out = Vec::new();
    assert_eq!(session.export(&query, ExportFormat::Ndjson, &mut out).unwrap().records, 5);
}
