//! Measurements as a table: a line for each test, the latest value first.

use std::cmp::Reverse;

use patient_wallet::record::{
    RecordDate, Text,
    json::{Json, JsonText},
};

use super::{
    Page,
    entry::{Entry, Standing, codes},
    html::Html,
    when,
    words::{each, text_of},
};

/// Tells whether an entry is a measurement that counts.
pub(super) fn is_result(entry: &Entry<'_>) -> bool {
    entry.kind() == "Observation" && entry.standing != Standing::Wrong
}

/// Writes the table; nothing when there is no measurement.
pub(super) fn table(html: &mut Html, page: &Page<'_>, results: &[&Entry<'_>]) {
    let mut results = results.to_vec();
    results.sort_by_cached_key(|entry| (test_of(entry), Reverse(start(entry))));
    let mut tests: Vec<_> = results.chunk_by(|one, other| is_same_test(one, other)).collect();
    tests.sort_by_key(|test| Reverse(test.first().map(|latest| start(latest))));
    html.within("<table><tbody>", "</tbody></table>", |html| {
        for test in tests {
            if let [latest, earlier @ ..] = test {
                row(html, page, latest, earlier);
            }
        }
    });
}

fn row(html: &mut Html, page: &Page<'_>, latest: &Entry<'_>, earlier: &[&Entry<'_>]) {
    let words = page.words(latest);
    html.raw("<tr><th scope=row>");
    if let Some(code) = latest.root.member("code") {
        words.say(html, code);
        codes(html, code);
    }
    html.raw("</th><td><b>");
    value(html, page, latest);
    html.raw("</b>");
    interpretation(html, page, latest);
    latest.marks(html, &words);
    for range in each(latest.root.member("referenceRange")) {
        html.within(" <small>reference ", "</small>", |html| words.say(html, range));
    }
    for part in ["bodySite", "method", "note"] {
        let part = latest.root.member(part);
        html.within(" <small>", "</small>", |html| {
            part.into_iter().for_each(|part| words.say(html, part));
        });
    }
    html.within("<p class=earlier>earlier: ", "</p>", |html| {
        for (at, one) in earlier.iter().take(EARLIER).enumerate() {
            html.raw(if at == 0 { "" } else { " · " });
            value(html, page, one);
            interpretation(html, page, one);
            if let Some(date) = one.date() {
                html.raw(" (");
                when::day(html, date);
                html.raw(")");
            }
        }
        if earlier.len() > EARLIER {
            html.raw(" · ");
            html.number(earlier.len() - EARLIER);
            html.raw(" more in the files");
        }
    });
    html.raw("</td><td class=when>");
    page.dated(html, latest.date());
    html.raw("</td></tr>");
}

/// Writes what was measured, or why it was not.
fn value(html: &mut Html, page: &Page<'_>, entry: &Entry<'_>) {
    let words = page.words(entry);
    let mut members = entry.root.object().into_iter().flatten();
    let of = members.find(|(name, _)| {
        let rest = name.as_str().strip_prefix("value");
        rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
    });
    if let Some((_, value)) = of {
        return words.say(html, value);
    }
    let parts: Vec<_> = each(entry.root.member("component")).collect();
    if parts.is_empty() {
        html.raw(if entry.root.member("dataAbsentReason").is_some() { "no value: " } else { "" });
        return entry
            .root
            .member("dataAbsentReason")
            .into_iter()
            .for_each(|why| words.say(html, why));
    }
    if let Some((systolic, diastolic)) = pressure(&parts) {
        html.text(systolic);
        html.raw("/");
        return words.say(html, diastolic);
    }
    for (at, part) in parts.iter().enumerate() {
        html.raw(if at == 0 { "" } else { "; " });
        for (name, member) in part.object().into_iter().flatten() {
            if name.as_str() == "code" || name.as_str().starts_with("value") {
                words.say(html, member);
                html.raw(" ");
            }
        }
    }
}

/// Finds a blood pressure: its first number, and the second with the unit.
fn pressure<'a>(parts: &[Json<'a>]) -> Option<(&'a str, Json<'a>)> {
    let of = |loinc: &str| {
        let part = parts.iter().find(|part| {
            let code = part.member("code").and_then(|code| code.member("coding"));
            each(code)
                .any(|coding| text_of(coding, "code").is_some_and(|code| code.as_str() == loinc))
        })?;
        part.member("valueQuantity")
    };
    let [_, _] = parts else { return None };
    Some((of("8480-6")?.member("value")?.number()?, of("8462-4")?))
}

fn interpretation(html: &mut Html, page: &Page<'_>, entry: &Entry<'_>) {
    for concept in each(entry.root.member("interpretation")) {
        let coding = each(concept.member("coding")).next();
        let code = coding.and_then(|coding| text_of(coding, "code"));
        let code = code.as_ref().map_or("", |code| code.as_str());
        match MEANINGS.iter().find(|(known, _)| *known == code) {
            Some((_, "")) => {}
            Some((_, meaning)) => {
                html.raw(" <strong class=mark>");
                html.raw(meaning);
                html.raw("</strong>");
            }
            None => {
                html.within(" <span class=mark>", "</span>", |html| {
                    page.words(entry).say(html, concept);
                });
            }
        }
    }
}

/// What makes two measurements ones of the same test: code, words and site. Two that only share a
/// code may be of two eyes, so they stay apart.
fn test_of(entry: &Entry<'_>) -> [Option<Text>; 4] {
    let code = entry.root.member("code");
    let coding = each(code.and_then(|code| code.member("coding"))).next();
    let of_coding = |name| coding.and_then(|coding| text_of(coding, name));
    let site = entry.root.member("bodySite").map(Json::raw);
    let words = code.and_then(|code| text_of(code, "text"));
    [of_coding("system"), of_coding("code"), words, site.map(JsonText::Plain)]
        .map(|part| part.map(JsonText::into_text))
}

/// Tells whether two measurements are of the same test; what has no name is a test of its own.
fn is_same_test(one: &Entry<'_>, other: &Entry<'_>) -> bool {
    let test = test_of(one);
    let [_, code, words, _] = &test;
    (code.is_some() || words.is_some()) && test == test_of(other)
}

fn start(entry: &Entry<'_>) -> Option<i64> {
    entry.date().map(RecordDate::start)
}

/// Interpretations that matter (HL7 v3 ObservationInterpretation); normal says nothing.
const MEANINGS: [(&str, &str); 9] = [
    ("N", ""),
    ("H", "high"),
    ("L", "low"),
    ("HH", "critically high"),
    ("LL", "critically low"),
    ("A", "abnormal"),
    ("AA", "critically abnormal"),
    ("HU", "very high"),
    ("LU", "very low"),
];
const EARLIER: usize = 6;
