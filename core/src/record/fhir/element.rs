//! What a text says by the element that holds it: a statement, what a code says too, or a name.
//!
//! Names and types of elements are those of HL7's StructureDefinitions of FHIR R4 (4.0.1).

use super::super::json::{Fields, Json};

/// What kind of words a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prose {
    /// It may say something about health that no code says.
    Statement,
    /// A code beside it says the same, its element says what it is, or it is the narrative.
    Told,
    /// It is part of a name or an address.
    Name,
}

/// Says whether a text is a code, an id, a date or a URI by its element and by its look.
pub(super) fn is_plain(name: &str, key: &str, text: &str) -> bool {
    let is_plain = PLAIN_KEYS.binary_search(&key).is_ok()
        || PLAIN_ENDS.iter().any(|end| key.ends_with(end))
        || (key == "value" && IDENTIFIERS.contains(&name))
        || IDENTIFIER_KEYS.contains(&key);
    is_plain && !text.contains(char::is_whitespace)
}

/// Tells a statement from what is no statement. What nothing is known about is one.
pub(super) fn kind(name: &str, key: &str, fields: &Fields<'_>) -> Prose {
    if NAME_KEYS.contains(&key) || (key == "text" && NAMES.contains(&name)) {
        return Prose::Name;
    }
    let is_there = |key: &str| is_text(fields.find(key));
    let is_told = match key {
        "text" => has_code(fields),
        // A reference leaves only with the record that it leads to, which is judged on its own.
        "display" => is_there("code") || is_there("reference") || ACTORS.contains(&name),
        "definition" | "description" => is_there("code"),
        "unit" => fields.find("value").and_then(Json::number).is_some(),
        "value" => IDENTIFIERS.contains(&name),
        "valueString" => fields.text("url").is_some_and(|url| is_name_extension(url.as_str())),
        "name" => fields.text("resourceType").is_some_and(|kind| PLACES.contains(&kind.as_str())),
        _ => key == "code" || IDENTIFIER_KEYS.contains(&key) || PRODUCT_KEYS.contains(&key),
    };
    if is_told { Prose::Told } else { Prose::Statement }
}

fn has_code(fields: &Fields<'_>) -> bool {
    let mut codings = fields.find("coding").and_then(Json::array).into_iter().flatten();
    codings.any(|coding| is_text(coding.member("code")))
}

fn is_text(value: Option<Json<'_>>) -> bool {
    value.and_then(Json::text).is_some_and(|text| !text.as_str().trim().is_empty())
}

fn is_name_extension(url: &str) -> bool {
    let name = url.strip_prefix("http://hl7.org/fhir/StructureDefinition/").unwrap_or_default();
    NAME_EXTENSIONS.iter().any(|start| name.starts_with(start))
}

/// Parts of names and addresses, and a date of birth.
const NAME_KEYS: [&str; 11] = [
    "family",
    "given",
    "prefix",
    "suffix",
    "line",
    "city",
    "district",
    "state",
    "postalCode",
    "country",
    "birthDate",
];

/// Elements that are a code, an id, a date or a URI wherever a record of a person has them, sorted.
const PLAIN_KEYS: [&str; 82] = [
    "action",
    "actuality",
    "authored",
    "authoredOn",
    "category",
    "code",
    "comparator",
    "contentType",
    "created",
    "creation",
    "criticality",
    "currency",
    "date",
    "dateAsserted",
    "dateWritten",
    "dayOfWeek",
    "daysOfWeek",
    "detected",
    "docStatus",
    "durationUnit",
    "end",
    "event",
    "expiry",
    "eye",
    "gender",
    "hash",
    "id",
    "ifModifiedSince",
    "implicitRules",
    "instantiates",
    "intent",
    "issued",
    "issuer",
    "kind",
    "language",
    "lastModified",
    "lastOccurrence",
    "lastUpdated",
    "lifecycleStatus",
    "meaning",
    "method",
    "mode",
    "onset",
    "operationalStatus",
    "orientation",
    "outcome",
    "participantStatus",
    "periodUnit",
    "policy",
    "priority",
    "profile",
    "publicationStatus",
    "questionnaire",
    "received",
    "recorded",
    "recordedOn",
    "reference",
    "relationship",
    "resourceType",
    "role",
    "sent",
    "severity",
    "sigFormat",
    "source",
    "start",
    "started",
    "status",
    "strand",
    "system",
    "targetFormat",
    "time",
    "timeOfDay",
    "timestamp",
    "type",
    "uid",
    "uri",
    "url",
    "use",
    "versionId",
    "when",
    "whenHandedOver",
    "whenPrepared",
];

/// How the names of such elements end where R4 lets a sender choose the type.
const PLAIN_ENDS: [&str; 12] = [
    "Behavior",
    "Canonical",
    "Code",
    "Date",
    "DateTime",
    "Id",
    "Instant",
    "Oid",
    "Time",
    "Uri",
    "Url",
    "Uuid",
];

/// Elements of type HumanName and Address.
const NAMES: [&str; 5] = ["address", "locationAddress", "name", "valueAddress", "valueHumanName"];

/// Resources whose `name` is that of a place or a house.
const PLACES: [&str; 2] = ["Location", "Organization"];

/// Elements of type Identifier and ContactPoint.
const IDENTIFIERS: [&str; 11] = [
    "accessionIdentifier",
    "groupIdentifier",
    "identifier",
    "masterIdentifier",
    "paymentIdentifier",
    "preAdmissionIdentifier",
    "requestIdentifier",
    "requisition",
    "telecom",
    "valueContactPoint",
    "valueIdentifier",
];

/// Strings that number a thing.
const IDENTIFIER_KEYS: [&str; 9] = [
    "carrierAIDC",
    "carrierHRF",
    "deviceIdentifier",
    "distinctIdentifier",
    "lotNumber",
    "partNumber",
    "preAuthRef",
    "serialNumber",
    "version",
];

/// Strings that say who made a thing.
const PRODUCT_KEYS: [&str; 3] = ["authorString", "manufacturer", "modelNumber"];

/// References to persons, organisations, places and insurance, by the target profiles of R4: their
/// display is a name, and redaction leaves out one that leads nowhere.
const ACTORS: [&str; 42] = [
    "actor",
    "asserter",
    "assigner",
    "author",
    "authorReference",
    "beneficiary",
    "careManager",
    "collector",
    "coverage",
    "custodian",
    "enterer",
    "facility",
    "generalPractitioner",
    "individual",
    "informationSource",
    "insurer",
    "location",
    "managingOrganization",
    "member",
    "onBehalfOf",
    "operator",
    "organization",
    "owner",
    "patient",
    "payor",
    "performer",
    "policyHolder",
    "practitioner",
    "provider",
    "receiver",
    "recipient",
    "recorder",
    "referrer",
    "requester",
    "requestor",
    "sender",
    "serviceProvider",
    "subject",
    "submitter",
    "subscriber",
    "verifiedWith",
    "who",
];

/// How the names of HL7's extensions begin that hold a part of a name or an address.
const NAME_EXTENSIONS: [&str; 4] =
    ["humanname-", "iso21090-ADXP-", "iso21090-EN-", "patient-mothersMaidenName"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_elements_are_sorted() {
        assert!(PLAIN_KEYS.is_sorted_by(|a, b| a < b));
    }
}
