//! Which URIs name a resource, and so a record that may not be disclosed.

use zeroize::Zeroizing;

use super::super::kind::ResourceType;

/// Says whether a URI names a resource: a relative one always does, an absolute one by the type in
/// its path or as a `urn`. Definitions (profiles, code systems, questionnaires) are nobody's
/// record.
pub(super) fn names_resource(uri: &str) -> bool {
    match scheme(uri) {
        None => !uri.is_empty(),
        Some("urn") => has_prefix(uri, "urn:uuid:") || has_prefix(uri, "urn:oid:"),
        Some(_) => has_typed_segment(uri),
    }
}

/// Says whether a text is the name of a resource and nothing else.
pub(super) fn is_resource_name(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && (has_typed_segment(text) || has_prefix(text, "urn:uuid:"))
}

/// Says whether a URI carries what it names inside itself.
pub(super) fn is_inline(uri: &str) -> bool {
    has_prefix(uri, "data:")
}

/// Says whether a text is long enough to be an id and nothing that people write.
pub(super) fn is_opaque(text: &str) -> bool {
    text.len() >= 16
        && text.contains(|c: char| c.is_ascii_digit())
        && !text.contains(char::is_whitespace)
}

/// Iterates over what may be the id of a resource in a text: all of it, or what stands behind
/// `urn:uuid:` or the last `Type/`.
pub(super) fn ids(text: &str) -> impl Iterator<Item = &str> {
    let urn = ["urn:uuid:", "urn:oid:"].into_iter().find(|urn| has_prefix(text, urn));
    let urn = urn.and_then(|urn| text.get(urn.len()..));
    let last = if has_typed_segment(text) { text.rsplit(['/', '?']).next() } else { None };
    [Some(text), urn, last].into_iter().flatten()
}

/// Says whether a path has the type of a record, with an id or a search behind it. Neither case
/// nor percent-encoding hides it.
fn has_typed_segment(uri: &str) -> bool {
    let decoded = uri.contains('%').then(|| decode(uri));
    let mut rest = decoded.as_ref().map_or(uri.as_bytes(), |bytes| bytes.as_slice());
    while let Some(at) = rest.iter().position(|byte| b"/?".contains(byte)) {
        let (segment, behind) = rest.split_at(at);
        if behind.len() > 1 && is_record_type(segment) {
            return true;
        }
        rest = behind.get(1..).unwrap_or_default();
    }
    false
}

fn is_record_type(segment: &[u8]) -> bool {
    let is_named = |kind: &ResourceType| kind.name().as_bytes().eq_ignore_ascii_case(segment);
    let found = ResourceType::all().find(is_named);
    found.is_some_and(|kind| DEFINITIONS.binary_search(&kind.name()).is_err())
}

/// Takes the percent-encoding off a URI (RFC 3986, 2.1), however often it was put on.
fn decode(uri: &str) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(uri.len()));
    for byte in uri.bytes() {
        out.push(byte);
        while let [.., b'%', high, low] = out.as_slice() {
            let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { break };
            let left = out.len() - 3;
            out.truncate(left);
            out.push(high << 4 | low);
        }
    }
    out
}

fn digit(hex: u8) -> Option<u8> {
    let digit = char::from(hex).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// Returns the scheme of a URI (RFC 3986), `None` for a relative one.
fn scheme(uri: &str) -> Option<&str> {
    let (scheme, _) = uri.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then_some(if scheme.eq_ignore_ascii_case("urn") { "urn" } else { scheme })
}

fn has_prefix(uri: &str, prefix: &str) -> bool {
    uri.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// The types of FHIR R4 that have a canonical URL of their own and are about no patient.
const DEFINITIONS: [&str; 28] = [
    "ActivityDefinition",
    "CapabilityStatement",
    "ChargeItemDefinition",
    "CodeSystem",
    "CompartmentDefinition",
    "ConceptMap",
    "EffectEvidenceSynthesis",
    "EventDefinition",
    "Evidence",
    "EvidenceVariable",
    "ExampleScenario",
    "GraphDefinition",
    "ImplementationGuide",
    "Library",
    "Measure",
    "MessageDefinition",
    "NamingSystem",
    "OperationDefinition",
    "PlanDefinition",
    "Questionnaire",
    "ResearchDefinition",
    "ResearchElementDefinition",
    "RiskEvidenceSynthesis",
    "SearchParameter",
    "StructureDefinition",
    "StructureMap",
    "TestScript",
    "ValueSet",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_names_a_resource_by_its_type_or_because_it_is_relative() {
        for named in [
            "Observation/1",
            "Questionnaire/phq-9",
            "letter.pdf",
            "http://hospital.example/fhir/Observation/1",
            "https://hospital.example/Binary/1/_history/2#page",
            "http://hospital.example/Observation?patient=1",
            "http://hospital.example/observation/1",
            "http://hospital.example/fhir/Observation%2F1",
            "http://hospital.example/fhir/%4fbservation%252f1",
            "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7",
            "URN:UUID:53fefa32-fcbb-4ff8-8a92-55ee120877b7",
            "urn:oid:1.2.3",
        ] {
            assert!(names_resource(named), "{named}");
        }
        for other in [
            "",
            "http://hl7.org/fhir/StructureDefinition/Patient",
            "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient|3.1.0",
            "http://loinc.org/q/Questionnaire/44249-1",
            "http://example.org/Observation",
            "http://example.org/Observation/",
            "http://example.org/library/1",
            "http://example.org/Observation%2",
            "urn:ietf:rfc:3986",
            "mailto:chen@clinic.example",
            "did:key:zQ3sh",
        ] {
            assert!(!names_resource(other), "{other}");
        }
    }

    #[test]
    fn a_text_names_a_resource_only_as_a_whole() {
        for named in
            ["Observation/1", "http://a.example/Condition/c", "urn:uuid:1", "condition%2F1"]
        {
            assert!(is_resource_name(named), "{named}");
        }
        for other in ["see Observation/1", "120/80", "Observation", "mg/dl", "urn:oid:1.2", ""] {
            assert!(!is_resource_name(other), "{other}");
        }
    }

    #[test]
    fn an_id_is_found_behind_what_is_put_before_it() {
        for (text, found) in [
            ("abc", vec!["abc"]),
            ("urn:uuid:abc", vec!["urn:uuid:abc", "abc"]),
            ("http://a.example/Claim/abc", vec!["http://a.example/Claim/abc", "abc"]),
            ("120/80", vec!["120/80"]),
        ] {
            assert!(ids(text).eq(found), "{text}");
        }
        assert!(is_opaque("53fefa32-fcbb-4ff8") && !is_opaque("53fefa32"));
        assert!(!is_opaque("53fefa32 fcbb 4ff8") && !is_opaque("hyperparathyroidism"));
    }

    #[test]
    fn the_definitions_are_types_in_order() {
        assert!(DEFINITIONS.is_sorted());
        assert!(DEFINITIONS.iter().all(|name| name.parse::<ResourceType>().is_ok()));
    }

    #[test]
    fn only_a_data_uri_carries_its_content() {
        assert!(is_inline("data:text/plain,x") && is_inline("DATA:,"));
        assert!(!is_inline("https://data:80/") && !is_inline("dat"));
    }
}
