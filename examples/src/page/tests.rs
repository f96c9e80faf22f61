use std::{fs, path::Path};

use patient_wallet::record::{
    ResourceReader,
    redact::{Aim, redact},
};

use super::*;

const DID: &str = "did:key:zQ3shVXcc4vEm4HXBaPcQenwfxEJ8JDF4QP3K2gbn46tywfXY";

fn consent() -> PageConsent<'static> {
    PageConsent {
        id: "5f0c1d2e3a4b5c6d7e8f90a1b2c3d4e5",
        patient_key: DID,
        given_to: "Dr. Wei Chen, Cardiology",
        purpose: "treatment",
        reason: Some("Second opinion before the valve operation"),
        given: Timestamp::from_unix(1_743_588_000),
        until: Timestamp::from_unix(1_744_192_800),
        erase_by: Timestamp::from_unix(1_746_180_000),
        opened: Timestamp::from_unix(1_743_591_600),
        bounds: &[PageBound::ViewOnly, PageBound::NoOnward],
    }
}

/// Writes a page of resources, each with its own category.
fn page_of(resources: &[&str]) -> String {
    let source = Source::file([0; 16]);
    let category =
        |fhir| Resource::parse(fhir, &source).map_or(Category::Other, |one| one.category());
    let records: Vec<_> = resources
        .iter()
        .map(|fhir| PageRecord { category: category(fhir), fhir, files: &[], corrected: None })
        .collect();
    page(&consent(), &records).to_string()
}

#[test]
fn the_page_of_the_sample_stays_as_it_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sent = fs::File::open(folder.join("data/patient.json")).unwrap();
    let mut reader = ResourceReader::new(sent).unwrap();
    let mut disclosed = Vec::new();
    let judge = |reference: &str| match reference {
        _ if reference.contains("Patient/") => Aim::Patient,
        _ if reference.contains("Organization/") || reference.contains("Practitioner/") => {
            Aim::Other
        }
        _ => Aim::Disclosed,
    };
    while let Some(item) = reader.next().unwrap() {
        let fhir = item.resource().unwrap();
        let kind = Resource::parse(fhir, &Source::file([0; 16])).unwrap();
        if kind.category() != Category::Other {
            disclosed.push(redact(fhir, DID, &judge).unwrap().to_string());
        }
    }
    let resources: Vec<_> = disclosed.iter().map(String::as_str).collect();
    let written = page_of(&resources);
    let golden = folder.join("src/page/sample.html");
    if std::env::var_os("UPDATE_PAGE").is_some() {
        fs::write(&golden, &written).unwrap();
    }
    assert!(written == fs::read_to_string(golden).unwrap(), "UPDATE_PAGE=1 writes the page anew");
}

/// Finds the next place of each of these words, in this order.
fn in_order(page: &str, words: &[&str]) {
    let mut rest = page;
    for word in words {
        let found = rest.split_once(word);
        rest = found.unwrap_or_else(|| panic!("{word} is not where it should be")).1;
    }
}

#[test]
fn terms_come_first_then_what_kills_when_it_is_overlooked() {
    let records = [
        r#"{"resourceType":"Coverage","type":{"text":"Basic insurance"}}"#,
        r#"{"resourceType":"Observation","category":[{"coding":[{"code":"laboratory"}]}],"code":{"text":"Potassium"},"valueQuantity":{"value":5.10,"unit":"mmol/L"}}"#,
        r#"{"resourceType":"Device","deviceName":[{"name":"Pacemaker"}]}"#,
        r#"{"resourceType":"Condition","code":{"text":"Varicella"},"clinicalStatus":{"coding":[{"code":"resolved"}]}}"#,
        r#"{"resourceType":"Condition","code":{"text":"Asthma"},"onsetDateTime":"2005-10"}"#,
        r#"{"resourceType":"Flag","status":"active","code":{"text":"MRI only under conditions"}}"#,
        r#"{"resourceType":"MedicationRequest","status":"stopped","medicationCodeableConcept":{"text":"Lisinopril"}}"#,
        r#"{"resourceType":"MedicationRequest","status":"active","medicationCodeableConcept":{"text":"Apixaban"},"dosageInstruction":[{"doseAndRate":[{"doseQuantity":{"value":5.0,"unit":"mg"}}],"timing":{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}},"route":{"text":"oral"}}]}"#,
        r#"{"resourceType":"AllergyIntolerance","criticality":"low","code":{"text":"Nickel"},"recordedDate":"2024"}"#,
        r#"{"resourceType":"AllergyIntolerance","criticality":"high","code":{"text":"Penicillin"},"recordedDate":"1992"}"#,
    ];
    let page = page_of(&records);
    in_order(
        &page,
        &[
            "Dr. Wei Chen",
            "9 Apr 2025, 10:00 UTC",
            "2 May 2025, 10:00 UTC",
            "viewing only",
            "not to be passed on",
            "zQ3shVXc…46tywfXY",
            "Nobody checked the content",
            "Kept by keys",
            "Kept by honest software",
            "Not kept",
            "<h2>Allergies",
            "Penicillin",
            "high risk",
            "Nickel",
            "low risk",
            "<h2>Medications",
            "Apixaban",
            "5.0\u{a0}mg, 2× a day, oral",
            "No longer current",
            "Lisinopril",
            "stopped",
            "<h2>Conditions",
            "MRI only under conditions",
            "Oct 2005",
            "19 years ago",
            "Asthma",
            "No longer current",
            "Varicella",
            "<h2>Implants",
            "Pacemaker",
            "<h2>Laboratory",
            "Potassium",
            "5.10\u{a0}mmol/L",
            "<h2>Insurance",
            "10 records were disclosed",
        ],
    );
}

#[test]
fn the_page_says_what_it_shows_and_never_what_it_lacks() {
    let page = page_of(&[
        r#"{"resourceType":"Immunization","vaccineCode":{"text":"BCG"},"status":"not-done"}"#,
    ]);
    assert_eq!(page.matches("Nothing was disclosed. That does not mean").count(), 3);
    in_order(&page, &["A patient, not named", "BCG", "<strong class=mark>not done"]);
    assert!(!page.contains("<h2>Pregnancy") && !page.contains("#pregnancy"));
    for word in ["withheld", "denied", "unclassified", "mental"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn what_is_wrong_or_changed_in_meaning_cannot_be_overlooked() {
    let page = page_of(&[
        r#"{"resourceType":"AllergyIntolerance","code":{"text":"Latex"},"verificationStatus":{"coding":[{"code":"entered-in-error"}]}}"#,
        r#"{"resourceType":"MedicationRequest","medicationCodeableConcept":{"text":"Warfarin"},"doNotPerform":true,"status":"active"}"#,
        r#"{"resourceType":"Condition","code":{"text":"Gout"},"modifierExtension":[{"url":"u","valueCode":"c"}]}"#,
        r#"{"resourceType":"Observation","status":"entered-in-error","category":[{"coding":[{"code":"laboratory"}]}],"code":{"text":"Potassium"},"valueQuantity":{"value":9}}"#,
        "not FHIR",
    ]);
    in_order(
        &page,
        &[
            "No longer current",
            "<article class=wrong>",
            "Latex",
            "entered in error: disregard",
            "Warfarin",
            "do not give or do",
            "Gout",
            "an extension changes what this means",
            "<article class=wrong>",
            "Potassium",
            "1 could not be shown",
        ],
    );
}

#[test]
fn what_the_patient_corrected_is_said_on_top_and_beside_it() {
    let group = r#"{"resourceType":"Observation","status":"final","category":[{"coding":[{"code":"laboratory"}]}],"code":{"text":"Blood group"},"valueString":"AB negative"}"#;
    let other = group.replace("Blood group", "Rhesus").replace("AB negative", "positive");
    let at = Some(Timestamp::from_unix(1_743_600_000));
    let record = |fhir, corrected| PageRecord {
        category: Category::Laboratory,
        fhir,
        files: &[],
        corrected,
    };
    let written = page(&consent(), &[record(group, at), record(&other, None), record("no", at)]);
    in_order(
        &written,
        &[
            "<body>\n<p class=banner role=alert>",
            "corrected 2 records of this page, last on 2 Apr 2025, 13:20 UTC: do not rely on",
            "ask for the new version",
            "<header>",
            "<table><tbody><tr><th scope=row>Rhesus",
            "No longer current",
            "<article class=wrong>",
            "Blood group",
            "the patient corrected this on 2 Apr 2025, 13:20 UTC: do not rely on it",
            "ask for the new version",
            "1 could not be shown",
        ],
    );
    assert_eq!(written.matches("mark corrected\"").count(), 1, "Rhesus stands as it did");
    let untouched = page(&consent(), &[record(group, None)]);
    assert!(!untouched.contains("role=alert") && !untouched.contains("mark corrected\""));
}

#[test]
fn measurements_of_two_tests_never_share_a_line() {
    let result = |code: &str, value: &str, date: &str| {
        format!(
            r#"{{"resourceType":"Observation","category":[{{"coding":[{{"code":"laboratory"}}]}}],"code":{code},"effectiveDateTime":"{date}",{value}}}"#
        )
    };
    let number = |value: &str| format!(r#""valueQuantity":{{"value":{value},"unit":"mmol/L"}}"#);
    let potassium =
        r#"{"coding":[{"system":"http://loinc.org","code":"2823-3"}],"text":"Potassium"}"#;
    let pressure = r#""component":[{"code":{"coding":[{"code":"8462-4"}]},"valueQuantity":{"value":80,"unit":"mmHg"}},{"code":{"coding":[{"code":"8480-6"}]},"valueQuantity":{"value":120,"unit":"mmHg"}}]"#;
    let records = [
        result(potassium, &number("4.10"), "2023-01-02"),
        result(
            potassium,
            &format!(r#"{},"interpretation":[{{"coding":[{{"code":"HH"}}]}}]"#, number("6.90")),
            "2025-01-02",
        ),
        result(r#"{"text":"Troponin"}"#, &number("11"), "2025-03-01"),
        result(r#"{"text":"CDT"}"#, r#""valueString":"absent""#, "2004"),
        result(r#"{"text":"Pressure"}"#, pressure, "2001"),
        result(r#"{"text":"Nothing"}"#, r#""dataAbsentReason":{"text":"clotted"}"#, "2000"),
    ];
    let records: Vec<_> = records.iter().map(String::as_str).collect();
    let page = page_of(&records);
    assert_eq!(
        page.matches("<tr><th scope=row>").count() - 3,
        5,
        "three lines of the terms, five tests"
    );
    in_order(
        &page,
        &[
            "Troponin",
            "<b>11",
            "Potassium",
            "<small>LOINC 2823-3</small>",
            "<b>6.90",
            "critically high",
            "earlier: 4.10",
            "(2 Jan 2023)",
            "CDT",
            "absent",
            "Pressure",
            "120/80\u{a0}mmHg",
            "Nothing",
            "no value: clotted",
        ],
    );
}

#[test]
fn nothing_that_comes_from_outside_can_act() {
    let bad = "</title><script>alert(1)</script><img src=x onerror=alert(1)>\\u202e javascript:alert(1) http://evil.example";
    let text = bad.replace("\\\\", "\\");
    let fhir = r#"{"resourceType":"Condition","id":"BAD","code":{"coding":[{"system":"BAD","code":"BAD","display":"BAD"}],"text":"BAD"},"clinicalStatus":{"coding":[{"code":"BAD"}]},"severity":{"text":"BAD"},"onsetString":"BAD","BAD":"BAD","note":[{"text":"BAD"}],"evidence":[{"BAD":{"BAD":"BAD"}}],"asserter":{"reference":"BAD"}}"#
        .replace("BAD", &text);
    let patient =
        r#"{"resourceType":"Patient","name":[{"text":"BAD"}],"birthDate":"BAD","gender":"BAD"}"#
            .replace("BAD", &text);
    let files = [
        PageFile { name: bad, title: bad, media_type: bad, size: 1 },
        PageFile { name: "files/1.pdf", title: bad, media_type: bad, size: 1 },
    ];
    let records = [
        PageRecord { category: Category::Conditions, fhir: &fhir, files: &files, corrected: None },
        PageRecord {
            category: Category::Demographics,
            fhir: &patient,
            files: &[],
            corrected: None,
        },
    ];
    let consent = PageConsent {
        id: bad,
        patient_key: bad,
        given_to: bad,
        purpose: bad,
        reason: Some(bad),
        bounds: &[PageBound::SingleUse],
        ..consent()
    };
    let page = page(&consent, &records);
    let lower = page.to_lowercase();
    for tag in [
        "<script",
        "<img",
        "onerror=alert(1)>",
        "<iframe",
        "<link",
        "<object",
        "\u{202e}",
        "@import",
        "url(",
    ] {
        assert!(!lower.contains(tag), "{tag}");
    }
    let links: Vec<_> =
        page.split("href=").skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
    assert!(
        links.iter().all(|link| link.starts_with("\"#") || *link == "\"files/1.pdf\""),
        "{links:?}"
    );
    assert!(page.contains("default-src 'none'") && page.contains("&lt;script&gt;alert(1)"));
    assert_eq!(page.matches("</title>").count(), 1);
}

#[test]
fn a_page_is_bounded_however_much_one_record_says() {
    let list = vec![r#"{"text":"word"}"#; 10_000].join(",");
    let deep = format!("{}1{}", r#"{"a":"#.repeat(50), "}".repeat(50));
    let fhir = format!(
        r#"{{"resourceType":"Condition","code":{{"text":"c"}},"category":[{list}],"stage":[{list}],"b":{deep},"c":"{}"}}"#,
        "ä".repeat(100_000)
    );
    assert!(page_of(&[&fhir]).len() < 40_000);
}
