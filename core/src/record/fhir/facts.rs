//! What a resource is about: its codes, a title, a date.

use zeroize::Zeroizing;

use super::{
    super::{
        date::RecordDate,
        json::{Fields, Json, JsonText},
        kind::ResourceType,
        text::{Text, push_line},
    },
    Code,
};

/// What one look at the top of a resource tells.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) codes: Vec<Code>,
    pub(super) display: Option<Text>,
    pub(super) title: Text,
    pub(super) date: Option<RecordDate>,
}

impl Facts {
    pub(super) fn of(kind: ResourceType, fields: &Fields<'_>) -> Self {
        let mut codes: Vec<Code> = Vec::new();
        let mut display = None;
        for key in PRINCIPAL {
            for coding in each(fields.find(key)).flat_map(codings) {
                let text = |key| coding.member(key).and_then(Json::text);
                display = display.or_else(|| text("display"));
                let Some(code) = text("code") else { continue };
                let code = Code {
                    system: text("system").map_or_else(|| Text::from(""), JsonText::into_text),
                    code: code.into_text(),
                };
                let fits = code.system.as_str().len().max(code.code.as_str().len()) <= CODE_MAX;
                if fits && codes.len() < CODES_MAX && !codes.contains(&code) {
                    codes.push(code);
                }
            }
        }
        Self {
            codes,
            display: display.map(|display| {
                let mut line = Zeroizing::new(String::new());
                push_line(&mut line, display.as_str(), TITLE_MAX);
                Text::from(line)
            }),
            title: title(kind, fields),
            date: date(kind, fields),
        }
    }
}

/// Iterates over a value that is one element or an array of them.
pub(super) fn each<'a>(value: Option<Json<'a>>) -> impl Iterator<Item = Json<'a>> {
    let single = value.filter(|value| value.array().is_none());
    single.into_iter().chain(value.and_then(Json::array).into_iter().flatten())
}

/// Iterates over system and code of an element that is a CodeableConcept, a Coding, or several.
pub(super) fn codings_of<'a>(
    fields: &Fields<'a>,
    key: &str,
) -> impl Iterator<Item = (JsonText<'a>, JsonText<'a>)> {
    each(fields.find(key)).flat_map(codings).filter_map(|coding| {
        let system = coding.member("system").and_then(Json::text);
        Some((system.unwrap_or(JsonText::Plain("")), coding.member("code")?.text()?))
    })
}

/// Iterates over the codings of a CodeableConcept; a Coding is its own.
fn codings<'a>(concept: Json<'a>) -> impl Iterator<Item = Json<'a>> {
    let inside = concept.member("coding");
    each(inside).chain(inside.is_none().then_some(concept))
}

/// Returns what a concept is called: its text, or the first display of a code.
fn label(concept: Json<'_>) -> Option<JsonText<'_>> {
    let display = || codings(concept).find_map(|coding| filled(coding, "display"));
    filled(concept, "text").or_else(display)
}

fn filled<'a>(value: Json<'a>, key: &str) -> Option<JsonText<'a>> {
    value.member(key)?.text().filter(|text| !text.as_str().trim().is_empty())
}

fn title(kind: ResourceType, fields: &Fields<'_>) -> Text {
    let mut line = Zeroizing::new(String::with_capacity(TITLE_MAX));
    match kind.name() {
        "Patient" | "Person" | "Practitioner" | "RelatedPerson" => person(fields, &mut line),
        "DocumentReference" | "DocumentManifest" | "Media" => {
            string(fields, &["description"], &mut line);
        }
        "Composition" => string(fields, &["title"], &mut line),
        "Device" => nested(fields, "deviceName", "name", &mut line),
        _ => {}
    }
    let named = each(fields.find("code")).find_map(label);
    let named =
        named.or_else(|| PRINCIPAL.iter().find_map(|key| each(fields.find(key)).find_map(label)));
    if line.is_empty()
        && let Some(named) = named
    {
        push_line(&mut line, named.as_str(), TITLE_MAX);
    }
    if line.is_empty() {
        string(fields, &["title", "name", "description"], &mut line);
    }
    for (holder, inside) in POINTERS {
        nested(fields, holder, inside, &mut line);
    }
    if line.is_empty() {
        telling_code(fields, &mut line);
    }
    if line.is_empty() {
        line.push_str(kind.name());
    }
    if kind.name() == "Observation" {
        value(fields, &mut line);
    }
    Text::from(line)
}

/// Appends a code that is words itself: `no-known-allergies` comes without a display.
fn telling_code(fields: &Fields<'_>, line: &mut Zeroizing<String>) {
    let words = |code: &str| code.contains('-') && code.contains(|c: char| c.is_ascii_lowercase());
    let code = codings_of(fields, "code").map(|(_, code)| code).find(|code| words(code.as_str()));
    push_line(line, code.as_ref().map_or("", JsonText::as_str), TITLE_MAX);
}

/// Appends the first of these strings to an empty line.
fn string(fields: &Fields<'_>, keys: &[&str], line: &mut Zeroizing<String>) {
    for text in keys.iter().filter_map(|key| fields.text(key)) {
        if line.is_empty() {
            push_line(line, text.as_str(), TITLE_MAX);
        }
    }
}

/// Appends what the element `inside` the element `holder` is called to an empty line.
fn nested(fields: &Fields<'_>, holder: &str, inside: &str, line: &mut Zeroizing<String>) {
    if line.is_empty() {
        let found = each(fields.find(holder)).find_map(|holder| {
            let value = holder.member(inside)?;
            value.text().or_else(|| label(value))
        });
        if let Some(text) = found {
            push_line(line, text.as_str(), TITLE_MAX);
        }
    }
}

fn person(fields: &Fields<'_>, line: &mut Zeroizing<String>) {
    let Some(name) = each(fields.find("name")).next() else { return };
    if let Some(text) = filled(name, "text") {
        return push_line(line, text.as_str(), TITLE_MAX);
    }
    for part in each(name.member("given")).chain(name.member("family")) {
        if let Some(text) = part.text() {
            push_line(line, text.as_str(), TITLE_MAX);
            push_line(line, " ", TITLE_MAX);
        }
    }
    let end = line.trim_end().len();
    line.truncate(end);
}

/// Appends the value of an observation, its digits as they were sent.
fn value(fields: &Fields<'_>, line: &mut Zeroizing<String>) {
    let parts: Vec<_> = each(fields.find("component"))
        .filter_map(|part| part.member("valueQuantity"))
        .filter_map(|part| Some((part.member("value")?.number()?, part)))
        .collect();
    if let Some(quantity) = fields.find("valueQuantity") {
        let number = quantity.member("value").and_then(Json::number);
        let comparator = quantity.member("comparator").and_then(Json::text);
        push_line(line, " ", TITLE_MAX);
        push_line(line, comparator.as_ref().map_or("", JsonText::as_str), TITLE_MAX);
        push_line(line, number.unwrap_or_default(), TITLE_MAX);
        unit(quantity, line);
    } else if let Some(concept) = fields.find("valueCodeableConcept").and_then(label) {
        push_line(line, " ", TITLE_MAX);
        push_line(line, concept.as_str(), TITLE_MAX);
    } else if let Some(text) = fields.text("valueString") {
        push_line(line, " ", TITLE_MAX);
        push_line(line, text.as_str(), TITLE_MAX);
    } else if let [(first, _), (second, quantity)] = parts.as_slice() {
        // Two numbers that belong together: a blood pressure.
        for part in [" ", first, "/", second] {
            push_line(line, part, TITLE_MAX);
        }
        unit(*quantity, line);
    }
    let end = line.trim_end().len();
    line.truncate(end);
}

fn unit(quantity: Json<'_>, line: &mut Zeroizing<String>) {
    let unit = filled(quantity, "unit").or_else(|| filled(quantity, "code"));
    // In UCUM braces hold a remark, and 1 is no unit.
    if let Some(unit) = unit.filter(|unit| !unit.as_str().starts_with('{') && unit.as_str() != "1")
    {
        push_line(line, " ", TITLE_MAX);
        push_line(line, unit.as_str(), TITLE_MAX);
    }
}

/// Returns when what the resource tells happened, or else when it was told.
fn date(kind: ResourceType, fields: &Fields<'_>) -> Option<RecordDate> {
    if UNDATED.contains(&kind.name()) {
        return None;
    }
    DATES.iter().find_map(|key| {
        let value = fields.find(key)?;
        let own = value.text().and_then(|text| RecordDate::parse(text.as_str()).ok());
        own.or_else(|| {
            let value = value.member("period").unwrap_or(value);
            let mut inside = INSIDE.iter().filter_map(|key| value.member(key)?.text());
            inside.find_map(|text| RecordDate::parse(text.as_str()).ok())
        })
    })
}

/// Elements that say what a resource is about, the most telling first.
/// Bytes of the longest code, and of the longest system, that the index keeps.
const CODE_MAX: usize = 256;
const PRINCIPAL: [&str; 20] = [
    "code",
    "vaccineCode",
    "medicationCodeableConcept",
    "itemCodeableConcept",
    "codeCodeableConcept",
    "productCodeableConcept",
    "procedureCode",
    "type",
    "serviceType",
    "description",
    "event",
    "outcomeCode",
    "category",
    "scope",
    "modality",
    "relationship",
    "specialty",
    "class",
    "reasonCode",
    "conclusionCode",
];

/// Where a resource without a code of its own names its matter.
const POINTERS: [(&str, &str); 8] = [
    ("medicationReference", "display"),
    ("device", "display"),
    ("item", "productOrService"),
    ("series", "modality"),
    ("condition", "code"),
    ("addresses", "display"),
    ("content", "title"),
    ("payor", "display"),
];

/// Elements that date a resource: when it happened, then when it was written down.
const DATES: [&str; 35] = [
    "effectiveDateTime",
    "effectivePeriod",
    "effectiveInstant",
    "performedDateTime",
    "performedPeriod",
    "occurrenceDateTime",
    "occurrencePeriod",
    "onsetDateTime",
    "onsetPeriod",
    "collection",
    "started",
    "period",
    "billablePeriod",
    "servicedDate",
    "servicedPeriod",
    "whenHandedOver",
    "whenPrepared",
    "startDate",
    "start",
    "dateTime",
    "context",
    "date",
    "detected",
    "identifiedDateTime",
    "authoredOn",
    "authored",
    "dateWritten",
    "sent",
    "createdDateTime",
    "recordedDate",
    "dateAsserted",
    "issued",
    "created",
    "recorded",
    "timestamp",
];

/// Where an element that is no date holds one: a period, a specimen's collection.
const INSIDE: [&str; 3] = ["start", "end", "collectedDateTime"];

/// Types whose dates say since when somebody works or lives somewhere, not when anything happened.
const UNDATED: [&str; 8] = [
    "Patient",
    "Person",
    "RelatedPerson",
    "Practitioner",
    "PractitionerRole",
    "Organization",
    "OrganizationAffiliation",
    "Location",
];

const TITLE_MAX: usize = 120;
const CODES_MAX: usize = 8;
