//! FHIR for people: a resource as names and values, numbers with the digits they came with.
//!
//! It reads any resource by the shapes of FHIR's data types (a quantity, a code, a period, a name),
//! so that it needs no list of resources. What is long is cut short; `show --fhir` has it all.

use patient_wallet::record::json::Json;

use crate::screen::shortened;

/// Gives the main elements of a resource as names and values.
pub(crate) fn facts(resource: &[u8]) -> Vec<(String, String)> {
    let Some(members) = parsed(resource).and_then(Json::object) else { return Vec::new() };
    let mut facts = Vec::new();
    for (name, value) in members {
        if !PASSED_OVER.contains(&name.as_str()) {
            facts.push((spaced(name.as_str()), shortened(&words(value, 0), LONGEST)));
        }
    }
    facts
}

/// Gives what a resource says of what it is about: a result, a dose, a severity.
pub(crate) fn value(resource: &[u8]) -> Option<String> {
    let members = parsed(resource)?.object()?;
    let mut values = members.filter(|(name, _)| is_choice(name.as_str(), "value"));
    values.next().map(|(_, value)| shortened(&words(value, 0), LONGEST))
}

fn parsed(resource: &[u8]) -> Option<Json<'_>> {
    // What the wallet keeps was checked when it came.
    Json::parse_bytes(resource, DEEPEST).ok()
}

/// Says a value in one line.
fn words(value: Json<'_>, depth: usize) -> String {
    if depth > DEEPEST_SAID {
        return "…".to_owned();
    }
    if let Some(elements) = value.array() {
        let said: Vec<_> = elements.map(|element| words(element, depth + 1)).collect();
        return said.join("; ");
    }
    if value.object().is_some() {
        return object(value, depth);
    }
    match value.text() {
        Some(text) => text.as_str().to_owned(),
        None => value.raw().to_owned(),
    }
}

fn object(value: Json<'_>, depth: usize) -> String {
    let text = |name: &str| Some(value.member(name)?.text()?.as_str().to_owned());
    let said = |name: &str| value.member(name).map(|value| words(value, depth + 1));
    if let Some(number) = said("value").filter(|_| value.member("value").is_some_and(is_number)) {
        let comparator = text("comparator").map(|sign| format!("{sign} ")).unwrap_or_default();
        let unit = text("unit").or_else(|| text("code")).or_else(|| text("currency"));
        return format!(
            "{comparator}{number}{}",
            unit.map(|it| format!(" {it}")).unwrap_or_default()
        );
    }
    if let (Some(low), Some(high)) = (said("low"), said("high")) {
        return format!("{low} to {high}");
    }
    if let Some(name) = text("family") {
        return said("given")
            .map(|given| format!("{} {name}", given.replace("; ", " ")))
            .unwrap_or(name);
    }
    if let Some(name) = text("text").or_else(|| text("display")) {
        return name;
    }
    if let Some(codings) = said("coding") {
        return codings;
    }
    if value.member("start").or_else(|| value.member("end")).is_some() {
        return match (text("start"), text("end")) {
            (Some(start), Some(end)) => format!("{start} to {end}"),
            (Some(start), None) => format!("since {start}"),
            (None, end) => format!("until {}", end.unwrap_or_default()),
        };
    }
    if let Some(value) = text("reference").or_else(|| text("value")).or_else(|| text("code")) {
        return value;
    }
    let members = value.object().into_iter().flatten();
    let said: Vec<_> = members
        .map(|(name, value)| format!("{} {}", spaced(name.as_str()), words(value, depth + 1)))
        .collect();
    said.join(", ")
}

fn is_number(value: Json<'_>) -> bool {
    value.number().is_some()
}

/// Tells whether an element is one of the choices of `name[x]`.
fn is_choice(element: &str, name: &str) -> bool {
    element
        .strip_prefix(name)
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// Writes `medicationCodeableConcept` as `medication`, `maritalStatus` as `marital status`.
fn spaced(element: &str) -> String {
    if let Some(choice) = CHOICES.iter().find(|name| is_choice(element, name)) {
        return (*choice).to_owned();
    }
    let mut name = String::with_capacity(element.len() + 4);
    for letter in element.chars() {
        if letter.is_ascii_uppercase() {
            name.push(' ');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// What the head of an answer says already, or no person reads.
const PASSED_OVER: [&str; 6] = ["resourceType", "id", "meta", "text", "contained", "language"];
const CHOICES: [&str; 10] = [
    "value",
    "effective",
    "onset",
    "abatement",
    "performed",
    "occurrence",
    "medication",
    "deceased",
    "multipleBirth",
    "serviced",
];
const LONGEST: usize = 600;
const DEEPEST: usize = 64;
const DEEPEST_SAID: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn said(element: &str) -> String {
        let resource = format!(r#"{{"resourceType":"Basic","it":{element}}}"#);
        facts(resource.as_bytes()).remove(0).1
    }

    #[test]
    fn data_types_read_as_people_say_them() {
        let cases = [
            (r#""final""#, "final"),
            ("6.10", "6.10"),
            (r#"{"value":6.10,"unit":"mmol/L","code":"x"}"#, "6.10 mmol/L"),
            (r#"{"value":5,"comparator":"<"}"#, "< 5"),
            (r#"{"coding":[{"system":"s","code":"c","display":"d"}]}"#, "d"),
            (r#"{"coding":[{"system":"s","code":"c"}],"text":"t"}"#, "t"),
            (r#"{"coding":[{"system":"s","code":"c"}]}"#, "c"),
            (r#"{"reference":"Patient/1"}"#, "Patient/1"),
            (r#"{"reference":"Patient/1","display":"Eva"}"#, "Eva"),
            (r#"{"start":"2001","end":"2002"}"#, "2001 to 2002"),
            (r#"{"start":"2001"}"#, "since 2001"),
            (r#"{"end":"2002"}"#, "until 2002"),
            (r#"[{"family":"Roca","given":["Eva","Ida"]}]"#, "Eva Ida Roca"),
            (r#"[{"system":"urn:x","value":"7"},{"value":"8"}]"#, "7; 8"),
            (r#"{"low":{"value":1.0,"unit":"g"},"high":{"value":2,"unit":"g"}}"#, "1.0 g to 2 g"),
            (r#"{"doseNumber":2,"seriesDoses":3}"#, "dose number 2, series doses 3"),
            (r#"[]"#, ""),
        ];
        for (element, words) in cases {
            assert_eq!(said(element), words, "{element}");
        }
    }

    #[test]
    fn what_is_long_or_deep_is_cut_short() {
        assert_eq!(said(&format!("\"{}\"", "ä".repeat(5000))).chars().count(), LONGEST);
        assert!(said(&format!("{}1{}", "[".repeat(60), "]".repeat(60))).contains('…'));
    }

    #[test]
    fn the_value_of_an_observation_is_found_whatever_its_type() {
        let of = |text: &str| value(text.as_bytes());
        assert_eq!(of(r#"{"valueCodeableConcept":{"text":"O negative"}}"#).unwrap(), "O negative");
        assert_eq!(of(r#"{"valueQuantity":{"value":1.50,"unit":"m"}}"#).unwrap(), "1.50 m");
        assert_eq!(of(r#"{"valuation":1,"status":"final"}"#), None);
    }

    #[test]
    fn names_of_elements_read_as_words() {
        assert_eq!(spaced("valueQuantity"), "value");
        assert_eq!(spaced("medicationCodeableConcept"), "medication");
        assert_eq!(spaced("maritalStatus"), "marital status");
        assert_eq!(spaced("medication"), "medication");
    }
}
