use super::*;

const FILE: [u8; 16] = [7; 16];

fn parse<'a>(raw: &'a str, source: Source<'_>) -> Resource<'a> {
    Resource::parse(raw, &source).unwrap()
}

fn alone(raw: &str) -> Resource<'_> {
    parse(raw, Source::file(FILE))
}

fn labels(raw: &str) -> String {
    alone(raw).labels().to_string()
}

fn same(one: &Resource<'_>, other: &Resource<'_>) -> bool {
    one.identities().iter().any(|identity| other.identities().contains(identity))
}

fn refers(from: &Resource<'_>, to: &Resource<'_>) -> bool {
    to.reference_keys().iter().any(|key| from.references().contains(key))
}

#[test]
fn what_is_no_resource_is_refused_by_name() {
    let refused = |raw| Resource::parse(raw, &Source::file(FILE)).unwrap_err();
    for raw in ["{}", "[]", "1", r#"{"resourceType":1}"#] {
        assert_eq!(refused(raw), RecordError::NotFhir);
    }
    assert_eq!(refused(r#"{"resourceType":"Shoe"}"#), RecordError::UnknownType);
    for raw in [
        r#"{"resourceType":"Patient","id":"a","id":"b"}"#,
        r#"{"resourceType":"Patient","name":[{"family":"a","\u0066amily":"b"}]}"#,
    ] {
        assert!(matches!(refused(raw), RecordError::Malformed { .. }), "a name twice at any depth");
    }
    let deep = |depth: usize| {
        format!(
            r#"{{"resourceType":"Basic","x":{}{}}}"#,
            "[".repeat(depth - 1),
            "]".repeat(depth - 1)
        )
    };
    assert!(Resource::parse(&deep(64), &Source::file(FILE)).is_ok());
    assert_eq!(refused(&deep(65)), RecordError::TooDeep { limit: 64 });
}

#[test]
fn an_escaped_name_is_the_same_name() {
    let raw = r#"{"resourc\u0065Type":"Patient","i\u0064":"p\u0031"}"#;
    assert_eq!(alone(raw).reference().unwrap().as_str(), "Patient/p1");
    assert_eq!(alone(raw).raw(), raw);
}

#[test]
fn titles_say_what_a_patient_would_say() {
    for (raw, title) in [
        (
            r#"{"resourceType":"Observation","code":{"text":"Hemoglobin A1c"},"valueQuantity":{"value":6.10,"unit":"%"}}"#,
            "Hemoglobin A1c 6.10 %",
        ),
        (
            r#"{"resourceType":"Observation","code":{"coding":[{"display":"CRP"}]},"valueQuantity":{"value":5,"comparator":"<","code":"mg/L"}}"#,
            "CRP <5 mg/L",
        ),
        (
            r#"{"resourceType":"Observation","code":{"text":"Blood pressure"},"component":[{"valueQuantity":{"value":120,"unit":"mmHg"}},{"valueQuantity":{"value":80,"unit":"mmHg"}}]}"#,
            "Blood pressure 120/80 mmHg",
        ),
        (
            r#"{"resourceType":"Observation","code":{"text":"Blood group"},"valueCodeableConcept":{"coding":[{"display":"A\u0020positive"}]}}"#,
            "Blood group A positive",
        ),
        (
            r#"{"resourceType":"Patient","name":[{"given":["Ana","M."],"family":"Ruiz"}]}"#,
            "Ana M. Ruiz",
        ),
        (
            r#"{"resourceType":"DocumentReference","type":{"text":"Letter"},"description":"Discharge\nletter"}"#,
            "Discharge letter",
        ),
        (
            r#"{"resourceType":"MedicationStatement","medicationReference":{"display":"Ibuprofen"}}"#,
            "Ibuprofen",
        ),
        (
            r#"{"resourceType":"Claim","type":{"coding":[{"code":"x"}]},"item":[{"productOrService":{"text":"Visit"}}]}"#,
            "Visit",
        ),
        (r#"{"resourceType":"Organization","name":"St. Anna"}"#, "St. Anna"),
        (
            r#"{"resourceType":"AllergyIntolerance","code":{"coding":[{"code":"no-known-allergies"}]}}"#,
            "no-known-allergies",
        ),
        (r#"{"resourceType":"Condition","code":{"coding":[{"code":"386661006"}]}}"#, "Condition"),
        (r#"{"resourceType":"Encounter"}"#, "Encounter"),
    ] {
        assert_eq!(alone(raw).title().as_str(), title);
    }
    let long = format!(r#"{{"resourceType":"Condition","code":{{"text":"{}"}}}}"#, "ä".repeat(200));
    assert_eq!(alone(&long).title().as_str(), "ä".repeat(60));
}

#[test]
fn codes_begin_with_the_principal_one() {
    let raw = r#"{"resourceType":"Observation","category":[{"coding":[{"code":"laboratory"}]}],
        "code":{"coding":[{"system":"s","code":"1","display":"One"},{"code":"2"},{"system":"s","code":"1"}]}}"#;
    let resource = alone(raw);
    let codes: Vec<_> =
        resource.codes().iter().map(|c| (c.system.as_str(), c.code.as_str())).collect();
    assert_eq!(codes, [("s", "1"), ("", "2"), ("", "laboratory")]);
    assert_eq!(resource.display().unwrap().as_str(), "One");
    let many: Vec<_> = (0..20).map(|n| format!(r#"{{"code":"{n}"}}"#)).collect();
    let many =
        format!(r#"{{"resourceType":"Condition","code":{{"coding":[{}]}}}}"#, many.join(","));
    assert_eq!(alone(&many).codes().len(), 8);
}

#[test]
fn the_date_is_when_it_happened_before_when_it_was_written_down() {
    for (members, date) in [
        (r#""issued":"2020-01-02T00:00:00Z","effectiveDateTime":"2019-05""#, Some("2019-05")),
        (r#""effectivePeriod":{"end":"2019"}"#, Some("2019")),
        (r#""effectiveDateTime":"nonsense","issued":"2020-01-02""#, Some("2020-01-02")),
        (r#""meta":{"lastUpdated":"2020-01-01"}"#, None),
    ] {
        let raw = format!(r#"{{"resourceType":"Observation",{members}}}"#);
        assert_eq!(alone(&raw).date().map(|date| date.to_string()).as_deref(), date);
    }
    let patient = r#"{"resourceType":"Patient","birthDate":"1970-01-01"}"#;
    assert_eq!(alone(patient).date(), None);
}

#[test]
fn labels_come_from_security_at_any_depth_and_from_what_is_contained() {
    for raw in [
        r#"{"resourceType":"Basic","meta":{"security":[{"system":"urn:x","code":"PSYTHPN"}]}}"#,
        r#"{"resourceType":"Basic","contained":[{"resourceType":"Basic","meta":{"security":[{"code":"MH"}]}}]}"#,
        r#"{"resourceType":"DocumentReference","securityLabel":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"}]}]}"#,
    ] {
        assert_eq!(labels(raw), "mental-health");
    }
    let raw = r#"{"resourceType":"Basic","meta":{"security":[{"system":"s","code":"R"},{"code":"HIV"}]}}"#;
    let resource = alone(raw);
    assert_eq!(resource.labels().to_string(), "hiv");
    assert_eq!(resource.security()[0].code.as_str(), "R");
    assert!(!resource.is_classified(), "a label sent is not a code looked at");
}

#[test]
fn free_text_is_what_no_code_stands_for() {
    for (raw, free) in [
        (r#"{"resourceType":"Condition","code":{"text":"a","coding":[{"code":"1"}]}}"#, false),
        (r#"{"resourceType":"Condition","code":{"text":"a","coding":[{"display":"b"}]}}"#, true),
        (r#"{"resourceType":"Condition","note":[{"text":"a"}]}"#, true),
        (
            r#"{"resourceType":"Condition","text":{"status":"generated","div":"<div>a</div>"}}"#,
            false,
        ),
        (r#"{"resourceType":"Observation","valueString":"a"}"#, true),
        (r#"{"resourceType":"Observation","extension":[{"url":"u","valueString":"a"}]}"#, true),
        (
            r#"{"resourceType":"DiagnosticReport","presentedForm":[{"contentType":"application/pdf","data":"AA=="}]}"#,
            true,
        ),
        (r#"{"resourceType":"DiagnosticReport","conclusion":"a"}"#, true),
        (r#"{"resourceType":"Patient","name":[{"text":"a"}],"address":[{"text":"b"}]}"#, false),
        (r#"{"resourceType":"DocumentReference"}"#, true),
        (r#"{"resourceType":"Binary"}"#, true),
        (r#"{"resourceType":"Media"}"#, true),
    ] {
        assert_eq!(alone(raw).has_free_text(), free, "{raw}");
    }
}

#[test]
fn text_without_a_code_is_free_wherever_it_stands() {
    for raw in [
        r#"{"resourceType":"Condition","code":{"coding":[{"code":"1"}]},"onsetString":"a b"}"#,
        r#"{"resourceType":"DetectedIssue","detail":"a b"}"#,
        r#"{"resourceType":"RiskAssessment","mitigation":"a"}"#,
        r#"{"resourceType":"FamilyMemberHistory","deceasedString":"a b"}"#,
        r#"{"resourceType":"CarePlan","title":"a b"}"#,
        r#"{"resourceType":"Communication","payload":[{"contentString":"a"}]}"#,
        r#"{"resourceType":"Immunization","vaccineCode":{"coding":[{"code":"140","_display":{"extension":[{"url":"u","valueMarkdown":"a"}]}}]}}"#,
        r#"{"resourceType":"Immunization","occurrenceString":"a"}"#,
        r#"{"resourceType":"AllergyIntolerance","reaction":[{"description":"a"}]}"#,
        r#"{"resourceType":"Observation","extension":[{"url":"u","valueBase64Binary":"YQ=="}]}"#,
        r#"{"resourceType":"Observation","extension":[{"url":"u","valueAnnotation":{"text":"a"}}]}"#,
        r#"{"resourceType":"Observation","extension":[{"url":"u","valueCode":"a b"}]}"#,
        r#"{"resourceType":"Observation","valueSampledData":{"origin":{"value":0},"data":"a b"}}"#,
        r#"{"resourceType":"Observation","valueQuantity":{"unit":"a"}}"#,
        r#"{"resourceType":"Observation","status":"a b"}"#,
        r#"{"resourceType":"Observation","code":{"coding":[{"code":"","display":"a"}]}}"#,
        r#"{"resourceType":"Observation","method":{"div":"<p>a</p>"}}"#,
        r#"{"resourceType":"Observation","unheard":"a"}"#,
        r#"{"resourceType":"Observation","unheard":[{},"a"]}"#,
        r#"{"resourceType":"Observation","unheard":[[["a"]]]}"#,
        r#"{"resourceType":"Group","name":"a"}"#,
        r#"{"resourceType":"Goal","target":[{"detailString":"a"}]}"#,
        r#"{"resourceType":"Procedure","reasonReference":[{"display":"a"}]}"#,
        r#"{"resourceType":"Basic","contained":[{"resourceType":"Procedure","performedString":"a"}]}"#,
    ] {
        assert!(alone(raw).has_free_text(), "{raw}");
    }
}

#[test]
fn what_is_coded_or_says_who_and_where_is_no_free_text() {
    for raw in [
        r#"{"resourceType":"Observation","id":"o-1","meta":{"versionId":"1","lastUpdated":"2024-01-01T00:00:00Z","source":"urn:x","profile":["http://x.example/p"],"tag":[{"system":"http://x.example","code":"t"}]},
            "implicitRules":"http://x.example","language":"en","text":{"status":"generated","div":"<div>she said</div>"},"status":"final",
            "category":[{"coding":[{"code":"laboratory","display":"Laboratory"}],"text":"Lab"}],
            "code":{"coding":[{"system":"http://loinc.org","version":"2.77","code":"4548-4","display":"HbA1c in Blood"}],"text":"HbA1c"},
            "subject":{"reference":"Patient/1","type":"Patient","display":"Ana Ruiz"},"encounter":{"reference":"urn:uuid:1"},
            "effectiveDateTime":"2024-03-05","issued":"2024-03-05T08:00:00Z","performer":[{"display":"Laboratory of St. Anna"}],
            "identifier":[{"use":"usual","system":"urn:x","value":"MRN 12","assigner":{"display":"St. Anna"}}],
            "valueQuantity":{"value":6.1,"comparator":"<","unit":"per cent","system":"http://unitsofmeasure.org","code":"%"},
            "interpretation":[{"coding":[{"code":"H","display":"High"}]}],"referenceRange":[{"low":{"value":4,"unit":"%"},"text":"4-6"}]}"#,
        r#"{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"code":"active"}]},"type":"allergy","category":["food"],"criticality":"high",
            "code":{"coding":[{"code":"91935009","display":"Allergy to peanuts"}],"text":"Peanuts"},"recordedDate":"2020-01-01",
            "reaction":[{"manifestation":[{"coding":[{"code":"247472004","display":"Hives"}]}],"severity":"mild"}]}"#,
        r#"{"resourceType":"MedicationRequest","status":"active","intent":"order","priority":"routine",
            "medicationCodeableConcept":{"coding":[{"code":"860975","display":"Metformin"}]},"authoredOn":"2020-01-01",
            "requester":{"reference":"Practitioner/1","display":"Dr. Chen"},"reasonReference":[{"reference":"Condition/1","display":"Diabetes"}],
            "dosageInstruction":[{"sequence":1,"timing":{"repeat":{"frequency":1,"period":1.0,"periodUnit":"d","dayOfWeek":["mon"],"when":["AC"],"timeOfDay":["08:00:00"]}},
            "doseAndRate":[{"doseQuantity":{"value":500,"unit":"mg"}}]}],"dispenseRequest":{"validityPeriod":{"start":"2020-01-01","end":"2021-01-01"}}}"#,
        r#"{"resourceType":"Immunization","lotNumber":"A 1","expirationDate":"2020-01-01","protocolApplied":[{"doseNumberString":"1"}]}"#,
        r#"{"resourceType":"Observation","valueSampledData":{"origin":{"value":0},"period":10,"dimensions":1,"data":"1.5 -2 E U L"}}"#,
        r#"{"resourceType":"Patient","gender":"female","name":[{"use":"official","text":"Ana Ruiz","family":"Ruiz","given":["Ana","M."],"prefix":["Dr. med."]}],
            "telecom":[{"system":"phone","value":"+34 1 2","use":"home"}],"address":[{"type":"physical","text":"1 High St","line":["1 High St"],"city":"New Bedford"}],
            "extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName","valueString":"de la Cruz"}]}"#,
        r#"{"resourceType":"Organization","name":"Hospital of St. Anna"}"#,
    ] {
        assert!(!alone(raw).has_free_text(), "{raw}");
    }
}

#[test]
fn the_same_resource_is_recognised_and_that_of_another_hospital_is_not() {
    let raw = r#"{"resourceType":"Observation","id":"1"}"#;
    let (one, two) = (
        Text::from("https://a.example/fhir/Observation/1"),
        Text::from("https://b.example/Observation/1"),
    );
    let at = |url| parse(raw, Source::file(FILE).at(Some(url)));
    assert!(same(&at(&one), &at(&one)));
    assert!(!same(&at(&one), &at(&two)));
    assert!(!same(&alone(raw), &alone(raw)), "a bare id names nothing");
    let named = |name| parse(raw, Source::file(FILE).named(Some(name)));
    assert!(same(&named("Hospital A"), &named("Hospital A")));
    assert!(!same(&named("Hospital A"), &named("Hospital B")));
    // The same server, whether it says so by fullUrl or by name.
    assert!(same(&at(&one), &named("https://a.example/fhir/")));
    let meta =
        r#"{"resourceType":"Observation","id":"1","meta":{"source":"https://a.example/fhir#r7"}}"#;
    assert!(same(&at(&one), &alone(meta)));
    let other_type = r#"{"resourceType":"Condition","id":"1"}"#;
    assert!(!same(&named("A"), &parse(other_type, Source::file(FILE).named(Some("A")))));
    let version = Text::from("https://a.example/fhir/Observation/1/_history/4");
    assert!(same(&at(&one), &at(&version)));
}

#[test]
fn a_business_identifier_needs_system_and_value() {
    let with = |identifier| format!(r#"{{"resourceType":"Condition","identifier":{identifier}}}"#);
    let one = with(r#"[{"system":"urn:s","value":"1"},{"system":"urn:s","value":"2"}]"#);
    let object = with(r#"{"value":"2","system":"urn:s"}"#);
    assert!(same(&alone(&one), &alone(&object)));
    for none in [r#"[{"value":"1"}]"#, r#"[{"system":"","value":"1"}]"#, r#"[1]"#, "null"] {
        assert!(alone(&with(none)).identities().is_empty());
    }
    let many = with(&format!("[{}]", vec![r#"{"system":"s","value":"v"}"#; 30].join(",")));
    assert_eq!(alone(&many).identities().len(), 8);
}

#[test]
fn two_ids_of_one_source_can_be_told_apart_though_an_identifier_agrees() {
    let raw = |id| {
        format!(
            r#"{{"resourceType":"Condition","id":"{id}","identifier":[{{"system":"s","value":"v"}}]}}"#
        )
    };
    let (one, two) = (raw("1"), raw("2"));
    let named = |raw| parse(raw, Source::file(FILE).named(Some("A")));
    let (one, two) = (named(one.as_str()), named(two.as_str()));
    let id = |resource: &Resource<'_>| resource.identities()[0];
    assert_eq!((id(&one).kind, id(&two).kind), (IdentityKind::Id, IdentityKind::Id));
    assert_eq!(id(&one).scope, id(&two).scope);
    assert_ne!(id(&one).key, id(&two).key);
    assert!(same(&one, &two), "storage refuses the match by the two lines above");
}

#[test]
fn references_meet_their_target_however_they_are_written() {
    let patient = r#"{"resourceType":"Patient","id":"p"}"#;
    let pointing = |to: &str| {
        format!(r#"{{"resourceType":"Condition","id":"c","subject":{{"reference":"{to}"}}}}"#)
    };
    let url = |text: &str| Text::from(text);
    let (patient_url, own_url) =
        (url("https://a.example/r4/Patient/p"), url("https://a.example/r4/Condition/c"));
    let file = Source::file(FILE);
    for (to, from_source, to_source, met) in [
        ("Patient/p", file, file, true),
        ("Patient/q", file, file, false),
        ("Patient/p", Source::file([8; 16]), file, false),
        ("Patient/p", Source::file([8; 16]).named(Some("A")), file.named(Some("A")), true),
        ("Patient/p", file.at(Some(&own_url)), file.at(Some(&patient_url)), true),
        ("Patient/p", Source::file([8; 16]).at(Some(&own_url)), file.at(Some(&patient_url)), true),
        (
            "https://a.example/r4/Patient/p/_history/2",
            Source::file([8; 16]),
            file.at(Some(&patient_url)),
            true,
        ),
        ("https://a.example/r4/Patient/p", file, file.named(Some("https://a.example/r4")), true),
        ("https://b.example/Patient/p", file, file.at(Some(&patient_url)), false),
        ("urn:uuid:1", file, file.at(Some(&url("urn:uuid:1"))), true),
        ("resource:0", file, file.at(Some(&url("resource:0"))), true),
        ("resource:0", Source::file([8; 16]), file.at(Some(&url("resource:0"))), false),
        ("#p", file, file, false),
    ] {
        let pointing = pointing(to);
        let (from, to_resource) = (parse(&pointing, from_source), parse(patient, to_source));
        assert_eq!(refers(&from, &to_resource), met, "{to}");
    }
}

#[test]
fn references_are_found_at_any_depth_and_once() {
    let raw = r##"{"resourceType":"Encounter","a":[{"b":[[{"reference":"Patient/1"}]]},{"reference":"#x"}],
        "contained":[{"resourceType":"Condition","id":"x","subject":{"reference":"Patient/1"}}]}"##;
    assert_eq!(alone(raw).references().len(), 1);
}

#[test]
fn a_patient_summary_files_what_does_not_file_itself() {
    let composition = r#"{"resourceType":"Composition","section":[
        {"code":{"coding":[{"system":"http://loinc.org","code":"29762-2"}]},"entry":[{"reference":"Observation/s"}],
         "section":[{"code":{"coding":[{"code":"8716-3"}]},"entry":[{"reference":"Observation/v"}]}]}]}"#;
    let file = Source::file(FILE);
    let map = SectionMap::from_composition(composition, &file).unwrap().unwrap();
    let category = |id| {
        let raw = format!(r#"{{"resourceType":"Observation","id":"{id}"}}"#);
        parse(&raw, file.in_sections(Some(&map))).category()
    };
    assert_eq!(category("s"), Category::SocialHistory);
    assert_eq!(category("v"), Category::VitalSigns);
    assert_eq!(category("x"), Category::Laboratory);
    let patient = SectionMap::from_composition(r#"{"resourceType":"Patient"}"#, &file);
    assert!(patient.unwrap().is_none());
}

#[test]
fn a_patient_tells_birth_date_and_families() {
    let raw = r#"{"resourceType":"Patient","birthDate":"1970-01-01","name":[{"family":"Müller"},{"use":"maiden","family":"O'Neil"},{}]}"#;
    let facts = alone(raw).patient_facts().unwrap();
    assert_eq!(facts.birth_date.unwrap().as_str(), "1970-01-01");
    let families: Vec<_> = facts.families.iter().map(Text::as_str).collect();
    assert_eq!(families, ["muller", "o neil"]);
    assert!(alone(r#"{"resourceType":"Person"}"#).patient_facts().is_none());
}

#[test]
fn search_finds_titles_names_notes_and_narrative() {
    let raw = r#"{"resourceType":"DocumentReference","description":"Brief vom Arzt",
        "text":{"div":"<div><p>Grüße &amp; Küsse</p></div>"},"author":[{"display":"Dr. Pérez"}],
        "content":[{"attachment":{"contentType":"text/plain","data":"TmlnaHQgc3dlYXRz"}}],
        "identifier":[{"system":"urn:x","value":"12345"}]}"#;
    let mut out = Zeroizing::new(String::new());
    search_text(raw, alone(raw).title(), &mut out).unwrap();
    for found in ["brief vom arzt", "grusse kusse", "dr perez", "night sweats"] {
        assert!(out.contains(found), "{found}");
    }
    assert!(!out.contains("12345") && !out.contains("urn"));
    let huge = format!(r#"{{"resourceType":"Basic","a":"{}"}}"#, "word ".repeat(1 << 20));
    out.clear();
    search_text(&huge, alone(&huge).title(), &mut out).unwrap();
    assert!(out.len() < (1 << 20) + (128 << 10));
}

#[test]
fn debug_does_not_show_the_record() {
    let raw = r#"{"resourceType":"Condition","id":"SECRET","code":{"text":"SECRET","coding":[{"code":"SECRET"}]}}"#;
    let resource = alone(raw);
    let shown = format!("{resource:?}{:?}{:?}", resource.codes(), resource.title());
    assert!(!shown.contains("SECRET"));
}

#[test]
fn the_largest_nesting_fits_a_small_stack() {
    let handle = std::thread::Builder::new().stack_size(256 << 10).spawn(|| {
        let raw = format!(
            r#"{{"resourceType":"Basic","a":{}{{"reference":"Patient/1","text":"x"}}{}}}"#,
            "[{\"a\":".repeat(31),
            "}]".repeat(31)
        );
        let resource = alone(&raw);
        assert_eq!(resource.references().len(), 1);
        assert!(resource.has_free_text());
        let mut out = Zeroizing::new(String::new());
        search_text(resource.raw(), resource.title(), &mut out).unwrap();
    });
    handle.unwrap().join().unwrap();
}
