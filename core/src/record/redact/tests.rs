use proptest::prelude::*;

use super::*;

const DID: &str = "did:key:zQ3shXYZ";
const PATIENT: &str =
    r#"{"type":"Patient","identifier":{"system":"urn:ietf:rfc:3986","value":"did:key:zQ3shXYZ"}}"#;
const GONE: &str = r#"{"display":"not included"}"#;

fn judge(reference: &str) -> Aim {
    match reference {
        "Patient/p" => Aim::Patient,
        "Encounter/e" | "urn:uuid:e" | "https://h.example/Binary/e" => Aim::Disclosed,
        _ => Aim::Other,
    }
}

fn redacted(json: &str) -> String {
    let out = redact(json, DID, &judge).unwrap();
    let again = redact(&out, DID, &judge).unwrap();
    assert_eq!(*out, *again, "a second redaction finds nothing more");
    Json::parse(&out, 64).unwrap();
    out.to_string()
}

/// Redacts the members of a resource of this type, one of them standing in front and one behind.
fn members(kind: &str, members: &str) -> String {
    let between = |members: &str| match members {
        "" => format!(r#"{{"resourceType":"{kind}","id":"a","language":"en"}}"#),
        _ => format!(r#"{{"resourceType":"{kind}","id":"a",{members},"language":"en"}}"#),
    };
    let front = format!(r#"{{{members},"resourceType":"{kind}"}}"#);
    let out = redacted(&between(members));
    let left = out.strip_prefix(&format!(r#"{{"resourceType":"{kind}","id":"a","#)).unwrap();
    let left = left.strip_suffix(r#""language":"en"}"#).unwrap().trim_end_matches(',').to_owned();
    assert_eq!(out, between(&left));
    let expected = if left.is_empty() { left.clone() } else { format!("{left},") };
    assert_eq!(redacted(&front), format!(r#"{{{expected}"resourceType":"{kind}"}}"#));
    left
}

fn check(kind: &str, cases: &[(&str, &str)]) {
    for (sent, left) in cases {
        assert_eq!(members(kind, sent), *left, "{sent}");
    }
}

#[test]
fn what_names_nobody_stays_byte_for_byte() {
    let json = "\n { \"resourceType\" : \"Observation\",\t\"id\": \"o\", \"valueQuantity\": {\"value\": 7.10e0, \"unit\":\"\\u006d\\/l\"},\n \"code\":{\"coding\":[ {\"system\":\"http://loinc.org\",\"code\":\"718-7\",\"display\":\"Hb\"} ],\"text\":\"Hb\"}, \"interpretation\":[ ], \"bodySite\":{ },\r\n \"contained\":[{\"resourceType\":\"Device\",\"id\":\"d\"}],\"device\":{\"reference\":\"#d\"},\"encounter\":{\"reference\":\"Encounter/e\",\"display\":\"visit\"} } \n";
    assert_eq!(redacted(json), json);
}

#[test]
fn the_patient_is_named_by_the_key_alone() {
    check(
        "Observation",
        &[
            (
                r#""subject":{"reference":"Patient/p","display":"Nuria","identifier":{"value":"MRN 1"}}"#,
                &format!(r#""subject":{PATIENT}"#),
            ),
            (
                r#""performer":[{"reference":"Patient/p"},{"display":"Dr Chen"}]"#,
                &format!(r#""performer":[{PATIENT}]"#),
            ),
        ],
    );
}

#[test]
fn a_disclosed_reference_stays_and_any_other_goes() {
    check(
        "Observation",
        &[
            (
                r#""encounter":{"reference":"Encounter/e"}"#,
                r#""encounter":{"reference":"Encounter/e"}"#,
            ),
            (r#""encounter":{"reference":"Encounter/x","display":"psychiatry"}"#, ""),
            (r#""encounter":{"display":"psychiatry"}"#, ""),
            (r#""encounter":{"identifier":{"value":"1"}}"#, ""),
            (r#""encounter":{"type":"Encounter"}"#, ""),
            (r#""encounter":"Encounter/x""#, ""),
            (
                r#""hasMember":[{"reference":"Observation/1"}, {"reference":"urn:uuid:e"} ,{"display":"x"}]"#,
                r#""hasMember":[ {"reference":"urn:uuid:e"}]"#,
            ),
            (r#""hasMember":[{"reference":"Observation/1"},{"reference":"Observation/2"}]"#, ""),
            (
                r#""encounter":{"reference":"Encounter/e","identifier":{"value":"1","assigner":{"display":"Clinic"}}}"#,
                r#""encounter":{"reference":"Encounter/e","identifier":{"value":"1"}}"#,
            ),
            (r#""\u0065ncounter":{"\u0072eference":"Encounter\/x"}"#, ""),
        ],
    );
}

#[test]
fn what_is_contained_is_named_only_where_it_is() {
    let contained = r#""contained":[{"resourceType":"Practitioner","id":"d"}]"#;
    for (target, stays) in [("#d", true), ("#", true), ("#x", false), ("Practitioner/d", false)] {
        let sent = format!(r#"{contained},"performer":[{{"reference":"{target}"}}]"#);
        let left = if stays { sent.as_str() } else { contained };
        assert_eq!(members("Observation", &sent), left, "{target}");
    }
    let nested = r##"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Observation","contained":[{"resourceType":"Device","id":"d"}],"device":{"reference":"#d"}}},{"resource":{"resourceType":"Observation","status":"final","device":{"reference":"#d"}}}]}"##;
    let left =
        nested.replace(r##""status":"final","device":{"reference":"#d"}"##, r#""status":"final""#);
    assert_eq!(redacted(nested), left, "what one resource contains is not in the next");
    let inside = r##"{"resourceType":"List","contained":[{"resourceType":"Condition","subject":{"display":"Nuria"},"asserter":{"reference":"#"},"encounter":{"reference":"Encounter/x"}}]}"##;
    let left = r##"{"resourceType":"List","contained":[{"resourceType":"Condition","subject":{"display":"not included"},"asserter":{"reference":"#"}}]}"##;
    assert_eq!(redacted(inside), left);
}

#[test]
fn where_r4_requires_a_reference_it_says_not_included() {
    for (kind, member) in [
        ("Condition", "subject"),
        ("AllergyIntolerance", "patient"),
        ("MedicationRequest", "subject"),
        ("MedicationRequest", "medicationReference"),
        ("Coverage", "beneficiary"),
        ("ImagingStudy", "subject"),
        ("FamilyMemberHistory", "patient"),
    ] {
        let sent = format!(r#""{member}":{{"reference":"Any/1","display":"secret"}}"#);
        assert_eq!(members(kind, &sent), format!(r#""{member}":{GONE}"#), "{kind}");
    }
    check(
        "Composition",
        &[
            (
                r#""author":[{"display":"Dr Chen"},{"reference":"Encounter/e"}]"#,
                r#""author":[{"reference":"Encounter/e"}]"#,
            ),
            (r#""author":[ {"display":"A"}, {"display":"B"} ]"#, &format!(r#""author":[{GONE}]"#)),
        ],
    );
    assert_eq!(members("Encounter", r#""subject":{"display":"Nuria"}"#), "", "optional in R4");
}

#[test]
fn what_is_about_a_reference_goes_with_it_where_r4_allows() {
    check(
        "Encounter",
        &[
            (
                r#""diagnosis":[{"condition":{"reference":"Condition/1"},"rank":1},{"condition":{"reference":"Encounter/e"},"rank":2}]"#,
                r#""diagnosis":[{"condition":{"reference":"Encounter/e"}}]"#,
            ),
            (r#""location":[{"location":{"display":"Ward 5"},"status":"active"}]"#, ""),
            (
                r#""participant":[{"individual":{"display":"Dr Chen"}},{"type":[{"text":"a"}],"individual":{"display":"B"}}]"#,
                r#""participant":[{"type":[{"text":"a"}]}]"#,
            ),
            (r#""hospitalization":{"origin":{"display":"x"},"destination":{"display":"y"}}"#, ""),
            (r#""hospitalization":{"id":"h","origin":{"display":"x"}}"#, ""),
        ],
    );
    check(
        "List",
        &[(
            r#""entry":[{"item":{"reference":"Condition/1"},"date":"2020"},{"item":{"reference":"Condition/2"}}]"#,
            "",
        )],
    );
    check(
        "Immunization",
        &[(r#""performer":[{"actor":{"display":"x"},"function":{"text":"f"}}]"#, "")],
    );
    // What must be there keeps what it requires.
    check(
        "Provenance",
        &[(
            r#""agent":[{"type":{"text":"author"},"who":{"display":"x"}}]"#,
            &format!(r#""agent":[{{"type":{{"text":"author"}},"who":{GONE}}}]"#),
        )],
    );
    check(
        "Claim",
        &[
            (
                r#""insurance":[{"sequence":1,"focal":true,"coverage":{"display":"x"}}]"#,
                &format!(r#""insurance":[{{"sequence":1,"focal":true,"coverage":{GONE}}}]"#),
            ),
            (r#""related":[{"claim":{"display":"x"},"reference":{"value":"1"}}]"#, ""),
        ],
    );
    check(
        "Consent",
        &[(
            r#""provision":{"type":"deny","data":[{"meaning":"instance","reference":{"reference":"Condition/1"}}]}"#,
            &format!(
                r#""provision":{{"type":"deny","data":[{{"meaning":"instance","reference":{GONE}}}]}}"#
            ),
        )],
    );
    check(
        "Task",
        &[(r#""input":[{"type":{"text":"t"},"valueReference":{"reference":"Condition/1"}}]"#, "")],
    );
}

#[test]
fn an_invariant_that_demands_one_member_takes_the_rest_along() {
    check(
        "Patient",
        &[
            (r#""contact":[{"relationship":[{"text":"r"}],"organization":{"display":"x"}}]"#, ""),
            (
                r#""contact":[{"name":{"text":"n"},"organization":{"display":"x"}}]"#,
                r#""contact":[{"name":{"text":"n"}}]"#,
            ),
        ],
    );
    check(
        "Condition",
        &[
            (r#""stage":[{"type":{"text":"t"},"assessment":[{"reference":"Observation/1"}]}]"#, ""),
            (
                r#""evidence":[{"id":"i","extension":[{"url":"u","valueCode":"c"}],"detail":[{"display":"x"}]}]"#,
                "",
            ),
        ],
    );
    check(
        "Appointment",
        &[(
            r#""participant":[{"status":"accepted","actor":{"display":"x"}}]"#,
            &format!(r#""participant":[{{"status":"accepted","actor":{GONE}}}]"#),
        )],
    );
    check(
        "Parameters",
        &[(r#""parameter":[{"name":"a","valueReference":{"reference":"Any/1"}}]"#, "")],
    );
}

#[test]
fn no_narrative_stays_at_any_depth() {
    let div = r#"{"status":"generated","div":"<div>secret</div>"}"#;
    check(
        "Condition",
        &[
            (&format!(r#""text":{div},"_text":{{"id":"x"}}"#), ""),
            (r#""text":"secret""#, ""),
            (r#""code":{"text":"Asthma"}"#, r#""code":{"text":"Asthma"}"#),
            (
                &format!(r#""contained":[{{"resourceType":"Device","text":{div},"id":"d"}}]"#),
                r#""contained":[{"resourceType":"Device","id":"d"}]"#,
            ),
            (
                &format!(
                    r#""extension":[{{"url":"u","valueCode":"c"}},{{"url":"v","extension":[{{"url":"w","valueX":{{"text":{div}}}}}]}}]"#
                ),
                r#""extension":[{"url":"u","valueCode":"c"}]"#,
            ),
        ],
    );
    check(
        "Composition",
        &[
            (
                &format!(
                    r#""section":[{{"title":"A","text":{div}}},{{"title":"B","entry":[{{"reference":"Encounter/e"}}],"text":{div}}},{{"title":"C","section":[{{"title":"D","text":{div}}}]}}]"#
                ),
                r#""section":[{"title":"B","entry":[{"reference":"Encounter/e"}]}]"#,
            ),
            (r#""section":[{"title":"A"}]"#, r#""section":[{"title":"A"}]"#),
        ],
    );
}

#[test]
fn an_extension_goes_with_its_value() {
    check(
        "Condition",
        &[
            (
                r#""extension":[{"url":"u","valueReference":{"reference":"Any/1"}},{"url":"v","valueReference":{"reference":"Encounter/e"}}]"#,
                r#""extension":[{"url":"v","valueReference":{"reference":"Encounter/e"}}]"#,
            ),
            (
                r#""extension":[{"url":"u","extension":[{"url":"a","valueReference":{"display":"x"}}]}]"#,
                "",
            ),
            (
                r#""extension":[{"url":"u","extension":[{"url":"a","valueReference":{"display":"x"}},{"url":"b","valueCode":"c"}]}]"#,
                r#""extension":[{"url":"u","extension":[{"url":"b","valueCode":"c"}]}]"#,
            ),
            (r#""modifierExtension":[{"url":"u","valueUri":"Condition/1"}]"#, ""),
            (
                r#""extension":[{"url":"u","valueString":"Condition/1"},{"url":"u","valueString":"see 1/2"}]"#,
                r#""extension":[{"url":"u","valueString":"see 1/2"}]"#,
            ),
            (
                r#""extension":[{"url":"http://hl7.org/fhir/StructureDefinition/a","valueCanonical":"http://a.example/Questionnaire/b"}]"#,
                r#""extension":[{"url":"http://hl7.org/fhir/StructureDefinition/a","valueCanonical":"http://a.example/Questionnaire/b"}]"#,
            ),
            (r#""severity":{"extension":[{"url":"u","valueReference":{"display":"x"}}]}"#, ""),
            (
                r#""subject":{"reference":"Encounter/e","extension":[{"url":"u","valueUrl":"Any/1"}]}"#,
                r#""subject":{"reference":"Encounter/e"}"#,
            ),
        ],
    );
    check(
        "Observation",
        &[(
            r#""code":{"extension":[{"url":"u","valueReference":{"display":"x"}}]}"#,
            &format!(r#""code":{MASKED}"#),
        )],
    );
}

#[test]
fn the_extensions_of_a_primitive_go_with_it_and_keep_their_places() {
    let extension = |target: &str| {
        format!(r#"{{"extension":[{{"url":"u","valueReference":{{"reference":"{target}"}}}}]}}"#)
    };
    let (gone, stays) = (extension("Any/1"), extension("Encounter/e"));
    check(
        "Patient",
        &[
            (&format!(r#""birthDate":"1968","_birthDate":{gone}"#), r#""birthDate":"1968""#),
            (&format!(r#""_birthDate":{gone}"#), &format!(r#""_birthDate":{MASKED}"#)),
            (
                &format!(r#""name":[{{"given":["A","B",null],"_given":[{gone},null,{stays}]}}]"#),
                &format!(r#""name":[{{"given":["A","B",null],"_given":[null,null,{stays}]}}]"#),
            ),
            (
                &format!(r#""name":[{{"given":["A","B"],"_given":[{gone},null]}}]"#),
                r#""name":[{"given":["A","B"]}]"#,
            ),
            (
                &format!(r#""name":[{{"given":[null,"B"],"_given":[{gone},null]}}]"#),
                &format!(r#""name":[{{"given":[null,"B"],"_given":[{MASKED},null]}}]"#),
            ),
        ],
    );
    check(
        "CarePlan",
        &[
            (
                &format!(
                    r#""_instantiatesUri":[{stays},{{"id":"b"}},null],"instantiatesUri":["http://a.example/g","Any/1","Any/2"]"#
                ),
                &format!(
                    r#""_instantiatesUri":[{stays}],"instantiatesUri":["http://a.example/g"]"#
                ),
            ),
            (r#""instantiatesUri":["Any/1"],"_instantiatesUri":[{"id":"b"}]"#, ""),
        ],
    );
    check("Observation", &[(r#""encounter":{"display":"x"},"_encounter":{"id":"secret"}"#, "")]);
}

#[test]
fn addresses_go_unless_what_they_lead_to_is_disclosed() {
    check(
        "DocumentReference",
        &[
            (
                r#""content":[{"attachment":{"contentType":"text/plain","url":"https://h.example/letter/7","title":"t"}}]"#,
                r#""content":[{"attachment":{"contentType":"text/plain","title":"t"}}]"#,
            ),
            (
                r#""content":[{"attachment":{"url":"https://h.example/Binary/e"}}]"#,
                r#""content":[{"attachment":{"url":"https://h.example/Binary/e"}}]"#,
            ),
            (
                r#""content":[{"attachment":{"url":"data:,x"}}]"#,
                r#""content":[{"attachment":{"url":"data:,x"}}]"#,
            ),
            (
                r#""content":[{"attachment":{"url":"Binary/1","_url":{"id":"i"}}}]"#,
                &format!(r#""content":[{{"attachment":{MASKED}}}]"#),
            ),
        ],
    );
    check(
        "Communication",
        &[(
            r#""payload":[{"contentAttachment":{"url":"Binary/1"}},{"contentString":"s"}]"#,
            r#""payload":[{"contentString":"s"}]"#,
        )],
    );
    check("Patient", &[(r#""photo":[{"url":"Binary/1"}]"#, "")]);
}

#[test]
fn uris_that_name_a_record_go_and_those_of_definitions_stay() {
    check(
        "MessageHeader",
        &[
            (
                r#""source":{"endpoint":"https://h.example/Endpoint/1"}"#,
                r#""source":{"endpoint":"about:blank"}"#,
            ),
            (
                r#""source":{"name":"n", "endpoint":"https://h.example/Endpoint/1"}"#,
                r#""source":{"name":"n", "endpoint":"about:blank"}"#,
            ),
            (
                r#""source":{"endpoint":"https://h.example/hl7"}"#,
                r#""source":{"endpoint":"https://h.example/hl7"}"#,
            ),
        ],
    );
    check(
        "Bundle",
        &[(
            r#""entry":[{"fullUrl":"urn:uuid:x","resource":{"resourceType":"Basic"}}],"link":[{"relation":"self","url":"Basic?x=1"}]"#,
            r#""entry":[{"resource":{"resourceType":"Basic"}}]"#,
        )],
    );
    check(
        "Observation",
        &[
            (
                r#""meta":{"source":"http://h.example/fhir","profile":["http://hl7.org/fhir/StructureDefinition/vitalsigns"]}"#,
                r#""meta":{"source":"http://h.example/fhir","profile":["http://hl7.org/fhir/StructureDefinition/vitalsigns"]}"#,
            ),
            (r#""meta":{"source":"http://h.example/fhir/Bundle/1"}"#, ""),
            (
                r#""meta":{"profile":["http://h.example/fhir/Condition/1","http://h.example/fhir/condition%2f1"]}"#,
                "",
            ),
        ],
    );
}

/// Knows the ids of two records that stay behind.
struct Clerk;

impl Judge for Clerk {
    fn reference(&self, reference: &str) -> Aim {
        judge(reference)
    }

    fn is_withheld_id(&self, id: &str) -> bool {
        ["7", "c1", "2020-01-01", "53fefa32-fcbb-4ff8-8a92-55ee120877b7"].contains(&id)
    }
}

#[test]
fn an_identifier_that_is_the_id_of_what_stays_behind_goes() {
    for (sent, left) in [
        (
            r#""identifier":[{"system":"s/clm_id","value":"c1"},{"value":"own"}]"#,
            r#""identifier":[{"value":"own"}]"#,
        ),
        (r#""identifier":[{"type":{"text":"t"},"value":"7"}]"#, ""),
        (r#""identifier":[{"value":"urn:uuid:c1"},{"value":"http://h.example/Claim/c1"}]"#, ""),
        (
            r#""identifier":[{"value":"urn:uuid:c2"},{"value":"http://h.example/Claim/c2"}]"#,
            r#""identifier":[{"value":"urn:uuid:c2"},{"value":"http://h.example/Claim/c2"}]"#,
        ),
        (
            r#""encounter":{"reference":"Encounter/e","identifier":{"value":"c1"}}"#,
            r#""encounter":{"reference":"Encounter/e"}"#,
        ),
        (r#""extension":[{"url":"u","valueId":"7"},{"url":"u","valueString":"c1"}]"#, ""),
        (r#""basedOnId":"c1""#, ""),
        (
            r#""note":[{"text":"53fefa32-fcbb-4ff8-8a92-55ee120877b7"}]"#,
            r#""note":[{"text":"about:blank"}]"#,
        ),
        // An answer, a date or a code is no id because it reads like one.
        (
            r#""valueString":"7","issued":"2020-01-01""#,
            r#""valueString":"7","issued":"2020-01-01""#,
        ),
        (r#""note":[{"text":"c1"}]"#, r#""note":[{"text":"c1"}]"#),
        (
            r#""code":{"coding":[{"code":"53fefa32-fcbb-4ff8-8a92-55ee120877b7"}]}"#,
            r#""code":{"coding":[{"code":"53fefa32-fcbb-4ff8-8a92-55ee120877b7"}]}"#,
        ),
    ] {
        let json = |members: &str| match members {
            "" => r#"{"resourceType":"Observation","id":"c1"}"#.to_owned(),
            _ => format!(r#"{{"resourceType":"Observation","id":"c1",{members}}}"#),
        };
        assert_eq!(*redact(&json(sent), DID, &Clerk).unwrap(), json(left), "{sent}");
    }
}

#[test]
fn numbers_do_not_tell_what_went() {
    let lost = r#"{"sequence":1,"diagnosisReference":{"reference":"Condition/1"}}"#;
    let kept = r#"{"sequence":2,"diagnosisReference":{"reference":"Encounter/e"}}"#;
    for kind in ["Claim", "ExplanationOfBenefit"] {
        check(
            kind,
            &[
                (
                    &format!(
                        r#""item":[{{"sequence":1,"diagnosisSequence":[1,2],"_diagnosisSequence":[{{"id":"a"}},null],"careTeamSequence":[1]}}],"diagnosis":[{lost},{kept}]"#
                    ),
                    &format!(
                        r#""item":[{{"sequence":1,"diagnosisSequence":[2]}}],"diagnosis":[{kept}]"#
                    ),
                ),
                (
                    &format!(
                        r#""diagnosis":[{lost}],"item":[{{"sequence":1,"diagnosisSequence":[1]}}]"#
                    ),
                    r#""item":[{"sequence":1}]"#,
                ),
                (
                    r#""careTeam":[{"sequence":1,"provider":{"display":"x"}}],"item":[{"sequence":1,"careTeamSequence":[1],"informationSequence":[3]}],"supportingInfo":[{"sequence":3,"valueString":"s"}]"#,
                    r#""item":[{"sequence":1,"informationSequence":[3]}],"supportingInfo":[{"sequence":3,"valueString":"s"}]"#,
                ),
                // Nothing went.
                (
                    &format!(
                        r#""item":[{{"sequence":1,"diagnosisSequence":[2,9]}}],"diagnosis":[{kept}]"#
                    ),
                    &format!(
                        r#""item":[{{"sequence":1,"diagnosisSequence":[2,9]}}],"diagnosis":[{kept}]"#
                    ),
                ),
            ],
        );
    }
}

#[test]
fn neither_ranks_nor_counts_tell_what_went() {
    check(
        "Encounter",
        &[(
            r#""diagnosis":[{"condition":{"reference":"Encounter/e"},"rank":1},{"condition":{"reference":"Condition/1"},"rank":2},{"condition":{"reference":"Encounter/e"},"rank":3}]"#,
            r#""diagnosis":[{"condition":{"reference":"Encounter/e"},"rank":1},{"condition":{"reference":"Encounter/e"}}]"#,
        )],
    );
    check(
        "Group",
        &[
            (
                r#""quantity":2,"member":[{"entity":{"reference":"Patient/p"}},{"entity":{"reference":"Patient/x"}}]"#,
                &format!(r#""member":[{{"entity":{PATIENT}}}]"#),
            ),
            (r#""quantity":1,"member":[{"entity":{"reference":"Patient/x"}}]"#, ""),
        ],
    );
    check(
        "Bundle",
        &[
            (
                r#""total":2,"entry":[{"fullUrl":"urn:uuid:x"},{"resource":{"resourceType":"Basic"}}]"#,
                r#""entry":[{"resource":{"resourceType":"Basic"}}]"#,
            ),
            (
                r#""total":1,"entry":[{"fullUrl":"urn:uuid:x","resource":{"resourceType":"Basic"}}]"#,
                r#""total":1,"entry":[{"resource":{"resourceType":"Basic"}}]"#,
            ),
        ],
    );
}

#[test]
fn a_member_that_r4_does_not_have_names_nobody() {
    check(
        "Observation",
        &[
            (r#""basedOnId":"Condition/1","links":["Condition/1","http://h/Condition%2F1"]"#, ""),
            (r#""foo":{"ref":"condition/1","uri":"http://h/Condition/1","url":"urn:uuid:1"}"#, ""),
            (
                r#""links":["Encounter/e","a b"],"foo":1"#,
                r#""links":["Encounter/e","a b"],"foo":1"#,
            ),
        ],
    );
}

#[test]
fn a_text_that_is_only_a_name_goes_where_anything_may_stand() {
    check("Observation", &[(r#""valueString":"Condition/1""#, "")]);
    check("Task", &[(r#""input":[{"type":{"text":"t"},"valueMarkdown":"Condition/1"}]"#, "")]);
    check(
        "QuestionnaireResponse",
        &[(
            r#""item":[{"linkId":"1","answer":[{"valueString":"Condition/1"},{"valueString":"no"}]}]"#,
            r#""item":[{"linkId":"1","answer":[{"valueString":"no"}]}]"#,
        )],
    );
}

#[test]
fn codes_and_identifiers_are_never_damaged() {
    for member in [
        r#""code":{"coding":[{"display":"Observation/1"}]}"#,
        r#""code":{"coding":[{"system":"urn:oid:1.2.3","code":"Any/1"}],"text":"Condition/1"}"#,
        r#""identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:1"}]"#,
        r#""identifier":[{"system":"http://h.example/Patient/1","value":"http://h.example/Condition/1"}]"#,
        r#""valueQuantity":{"value":1.50,"unit":"mg/dl","system":"http://unitsofmeasure.org","code":"mg/dL"}"#,
        r#""note":[{"text":"see Condition/1"}]"#,
        r#""anything":{"display":"words"}"#,
    ] {
        assert_eq!(members("Observation", member), member);
    }
}

#[test]
fn what_the_table_does_not_know_is_told_by_its_shape() {
    check(
        "Observation",
        &[
            (r#""context":{"reference":"Encounter/x"}"#, ""),
            (
                r#""context":{"a":{"b":[{"reference":"Encounter/x","foo":1}]},"c":1}"#,
                r#""context":{"c":1}"#,
            ),
            (r#""context":{"identifier":{"value":"1"},"display":"x"}"#, ""),
            (r#""component":{"reference":"Observation/1"}"#, ""),
            (r#""reference":"Observation/1""#, ""),
            (r#""reference":{"reference":{"reference":"x"}}"#, ""),
        ],
    );
    check(
        "DetectedIssue",
        &[
            (
                r#""reference":"http://h.example/guideline""#,
                r#""reference":"http://h.example/guideline""#,
            ),
            (r#""reference":"http://h.example/Condition/1""#, ""),
        ],
    );
    check(
        "FutureType",
        &[(r#""subject":{"reference":"Patient/p"},"text":{}"#, &format!(r#""subject":{PATIENT}"#))],
    );
}

#[test]
fn what_is_no_resource_is_refused_by_name() {
    let deep = format!(r#"{{"resourceType":"Basic","a":{}{}}}"#, "[".repeat(64), "]".repeat(64));
    for (json, error) in [
        ("[]", RecordError::NotFhir),
        ("{}", RecordError::NotFhir),
        (r#"{"resourceType":1}"#, RecordError::NotFhir),
        (r#"{"resourceType":"Basic""#, RecordError::Malformed { at: 22 }),
        (deep.as_str(), RecordError::TooDeep { limit: 64 }),
    ] {
        assert_eq!(redact(json, DID, &judge).map(|_| ()), Err(error), "{json}");
    }
    let twice =
        r#"{"resourceType":"Basic","subject":{"reference":"Patient/p","reference":"Any/1"}}"#;
    assert!(matches!(redact(twice, DID, &judge), Err(RecordError::Malformed { .. })));
}

#[test]
fn a_resource_of_any_size_fits_a_stack_of_256_kib() {
    let work = || {
        let nest = 62;
        let deep = format!(
            r#"{{"resourceType":"Basic","a":{}{{"reference":"Any/1"}}{}}}"#,
            r#"{"extension":["#.repeat(nest / 2),
            "]}".repeat(nest / 2)
        );
        assert_eq!(redacted(&deep), r#"{"resourceType":"Basic"}"#);
        let many = format!(
            r#"{{"resourceType":"List","entry":[{}{{}}]}}"#,
            r##"{"item":{"reference":"#x"}},"##.repeat(50_000)
        );
        assert_eq!(redacted(&many), r#"{"resourceType":"List","entry":[{}]}"#);
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(work).unwrap().join().unwrap();
}

/// A value that may hold references anywhere, each with words that must not survive it.
fn value() -> impl Strategy<Value = String> {
    let reference = (0..4_u8, any::<u16>()).prop_map(|(shape, number)| match shape {
        0 => format!(r#"{{"reference":"Condition/secret{number}","display":"secret"}}"#),
        1 => format!(r#"{{"identifier":{{"value":"secret{number}"}},"display":"secret"}}"#),
        2 => r#"{"reference":"Encounter/e","identifier":{"value":"1","assigner":{"display":"secret"}}}"#.into(),
        _ => r#"{"reference":"Patient/p","display":"secret"}"#.into(),
    });
    let leaf = prop_oneof![
        reference.clone(),
        Just(r#"{"value":1.2300,"unit":"mg"}"#.into()),
        Just(r#"{"coding":[{"code":"a","display":"kept"}],"text":"kept"}"#.into()),
        Just("null".into()),
        Just("-0.10".into()),
    ];
    let tree = leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop_oneof![
            Just("extension"),
            Just("note"),
            Just("foo"),
            Just("_foo"),
            Just("contained"),
            Just("valueQuantity")
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| format!("[{}]", all.join(", "))),
            prop::collection::btree_map(name, inner, 0..4).prop_map(|all| {
                let all: Vec<_> =
                    all.iter().map(|(name, value)| format!("\"{name}\" :{value}")).collect();
                format!("{{ {} }}", all.join(","))
            }),
        ]
    });
    (tree, reference).prop_map(|(tree, reference)| {
        format!(r#""subject":{reference},"note":{tree},"encounter": {reference},"hasMember":[{reference},{reference}],"other":{tree}"#)
    })
}

proptest! {
    #[test]
    fn no_reference_survives_in_any_mix(value in value(), front in any::<bool>()) {
        let json = if front {
            format!(r#"{{{value},"resourceType":"Observation"}}"#)
        } else {
            format!(r#"{{ "resourceType":"Condition", {value} }}"#)
        };
        let out = redacted(&json);
        prop_assert!(!out.contains("secret"), "{json} -> {out}");
        // An extension takes along what stands beside its value; nothing else does.
        for kept in ["kept", "1.2300", "-0.10", "Encounter/e"] {
            if json.contains("extension") {
                break;
            }
            prop_assert_eq!(out.matches(kept).count(), json.matches(kept).count(), "{} -> {}", &json, &out);
        }
        // What stays stands in the order in which it came; null keeps the place of what is gone.
        let mut rest = json.chars();
        let plain = out.replace(PATIENT, "").replace(GONE, "").replace(MASKED, "");
        let plain = plain.replace("null", "");
        prop_assert!(plain.chars().all(|c| rest.any(|sent| sent == c)), "{} -> {}", &json, &out);
    }
}
