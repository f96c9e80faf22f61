//! FHIR values in words, told by the shapes of the data types, numbers with the digits they came with.

use patient_wallet::record::{RecordDate, json::Json};

use super::{html::Html, names::Names, when};

/// Writes values of one resource.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    /// The resource, which may contain others.
    pub(super) root: Json<'a>,
    /// What the records of the page are called.
    pub(super) names: &'a Names,
}

impl Words<'_> {
    /// Writes a value; nothing when it says nothing.
    pub(super) fn say(&self, html: &mut Html, value: Json<'_>) {
        self.value(html, value, 0);
    }

    fn value(&self, html: &mut Html, value: Json<'_>, depth: usize) {
        if depth > DEEPEST {
            html.raw("…");
        } else if let Some(elements) = value.array() {
            self.list(html, elements, depth);
        } else if value.object().is_some() {
            self.object(html, value, depth);
        } else if let Some(text) = value.text() {
            match date_of(text.as_str()) {
                Some(date) => when::date(html, date),
                None => limited(html, text.as_str()),
            }
        } else if value.raw() != "null" {
            html.text(match value.raw() {
                "true" => "yes",
                "false" => "no",
                number => number,
            });
        }
    }

    fn list<'e>(&self, html: &mut Html, elements: impl Iterator<Item = Json<'e>>, depth: usize) {
        let mut said = 0_usize;
        for element in elements {
            if said == MOST {
                html.raw("; more in the file");
                return;
            }
            let separator = if said == 0 { "" } else { "; " };
            said += usize::from(html.within(separator, "", |html| {
                self.value(html, element, depth + 1);
            }));
        }
    }

    fn object(&self, html: &mut Html, value: Json<'_>, depth: usize) {
        let has = |name: &str| value.member(name).is_some();
        let part = |name: &str, open: &'static str, html: &mut Html| {
            value
                .member(name)
                .is_some_and(|part| html.within(open, "", |html| self.value(html, part, depth + 1)))
        };
        if has("value") && value.member("value").and_then(Json::number).is_some() {
            quantity(html, value);
        } else if has("numerator") {
            part("numerator", "", html);
            part("denominator", " per ", html);
        } else if has("low") || has("high") {
            if !part("low", "", html) {
                html.raw("up to");
            }
            part("high", if has("low") { " to " } else { " " }, html);
        } else if has("start") || has("end") {
            if has("end") {
                part("start", "", html);
                part("end", if has("start") { " to " } else { "until " }, html);
            } else {
                part("start", "since ", html);
            }
        } else if DOSAGE.iter().any(|name| has(name)) {
            self.dosage(html, value, depth);
        } else if has("family") || has("given") {
            self.name(html, value, depth);
        } else if has("manifestation") {
            part("manifestation", "", html);
            html.within(" (", ")", |html| {
                part("severity", "", html);
            });
            part("description", ": ", html);
        } else if has("coding")
            || has("display")
            || has("reference")
            || has("code") && has("system")
        {
            self.coded(html, value, depth);
        } else if let Some(text) = text_of(value, "text").or_else(|| text_of(value, "value")) {
            limited(html, text.as_str());
        } else {
            self.members(html, value, depth);
        }
    }

    /// Writes a CodeableConcept, a Coding or a Reference as what it is called.
    fn coded(&self, html: &mut Html, value: Json<'_>, depth: usize) {
        let told = text_of(value, "text").or_else(|| text_of(value, "display"));
        if let Some(told) = told.filter(|told| !told.as_str().trim().is_empty()) {
            limited(html, told.as_str());
        } else if let Some(reference) = text_of(value, "reference") {
            let contained = contained(self.root, reference.as_str());
            match (contained, self.names.find(reference.as_str())) {
                (Some(one), _) if depth < DEEPEST => self.called(html, one, depth + 1),
                (_, Some(name)) => html.text(name),
                _ => html.raw("another record"),
            }
        } else if let Some(codings) = value.member("coding") {
            self.value(html, codings, depth + 1);
        } else if let Some(code) = text_of(value, "code") {
            html.text(code.as_str());
        }
    }

    /// Writes what a contained resource is called.
    fn called(&self, html: &mut Html, resource: Json<'_>, depth: usize) {
        let mut named = CALLED.iter().filter_map(|name| resource.member(name));
        if let Some(name) = named.next() {
            self.value(html, name, depth);
        }
    }

    fn name(&self, html: &mut Html, value: Json<'_>, depth: usize) {
        if let Some(text) = text_of(value, "text") {
            return limited(html, text.as_str());
        }
        let mut open = "";
        for part in ["prefix", "given", "family", "suffix"] {
            for piece in each(value.member(part)) {
                if html.within(open, "", |html| self.value(html, piece, depth + 1)) {
                    open = " ";
                }
            }
        }
    }

    /// Writes a Dosage that has no text of its own: how much, how often, how, since when.
    fn dosage(&self, html: &mut Html, value: Json<'_>, depth: usize) {
        if let Some(text) = text_of(value, "text").or_else(|| text_of(value, "patientInstruction"))
        {
            return limited(html, text.as_str());
        }
        let mut open = "";
        let mut next = |html: &mut Html, write: &mut dyn FnMut(&mut Html)| {
            if html.within(open, "", |html| write(html)) {
                open = ", ";
            }
        };
        for dose in each(value.member("doseAndRate")) {
            for part in ["doseQuantity", "doseRange", "rateRatio", "rateQuantity", "rateRange"] {
                if let Some(part) = dose.member(part) {
                    next(html, &mut |html| self.value(html, part, depth + 1));
                }
            }
        }
        if let Some(timing) = value.member("timing") {
            next(html, &mut |html| self.timing(html, timing, depth + 1));
        }
        for part in ["route", "site", "method", "additionalInstruction"] {
            if let Some(part) = value.member(part) {
                next(html, &mut |html| self.value(html, part, depth + 1));
            }
        }
        if value.member("asNeededBoolean").is_some_and(|needed| needed.raw() == "true") {
            next(html, &mut |html| html.raw("as needed"));
        }
        if let Some(reason) = value.member("asNeededCodeableConcept") {
            next(html, &mut |html| {
                html.raw("as needed for ");
                self.value(html, reason, depth + 1);
            });
        }
    }

    fn timing(&self, html: &mut Html, timing: Json<'_>, depth: usize) {
        if let Some(code) = timing.member("code") {
            return self.value(html, code, depth + 1);
        }
        let Some(repeat) = timing.member("repeat") else {
            return self.members(html, timing, depth);
        };
        let number = |name| repeat.member(name).and_then(Json::number);
        if let (Some(period), Some(unit)) = (number("period"), text_of(repeat, "periodUnit")) {
            html.text(number("frequency").unwrap_or("1"));
            let unit = UNITS.iter().find(|(code, ..)| *code == unit.as_str());
            let (_, one, many) = unit.copied().unwrap_or(("", "unit of time", "units of time"));
            if period == "1" {
                html.raw("× a ");
                html.raw(one);
            } else {
                html.raw("× in ");
                html.text(period);
                html.raw(" ");
                html.raw(many);
            }
        } else {
            self.members(html, repeat, depth);
        }
        if let Some(bounds) =
            repeat.member("boundsPeriod").or_else(|| repeat.member("boundsDuration"))
        {
            html.within(" ", "", |html| self.value(html, bounds, depth + 1));
        }
    }

    /// Writes an object of which nothing else is known: names and values.
    fn members(&self, html: &mut Html, value: Json<'_>, depth: usize) {
        let mut open = "";
        for (name, member) in value.object().into_iter().flatten() {
            if PASSED_OVER.contains(&name.as_str()) || name.as_str().starts_with('_') {
                continue;
            }
            let is_said = html.within_named(
                |html| {
                    html.raw(open);
                    label(html, name.as_str());
                    html.raw(" ");
                },
                "",
                |html| self.value(html, member, depth + 1),
            );
            if is_said {
                open = ", ";
            }
        }
    }
}

/// Writes the name of an element as words: `maritalStatus` as `marital status`, and
/// `onsetDateTime`, a choice of `onset[x]`, as `onset`.
pub(super) fn label(html: &mut Html, element: &str) {
    if let Some((_, word)) = PLAINLY.iter().find(|(name, _)| element.starts_with(name)) {
        return html.raw(word);
    }
    let is_choice = |name: &&&str| {
        let rest = element.strip_prefix(**name);
        rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    for letter in CHOICES.iter().find(is_choice).copied().unwrap_or(element).chars() {
        if letter.is_ascii_uppercase() {
            html.raw(" ");
        }
        html.text(letter.to_ascii_lowercase().encode_utf8(&mut [0; 4]));
    }
}

/// Writes a number with its comparator and its unit.
fn quantity(html: &mut Html, value: Json<'_>) {
    if let Some(comparator) = text_of(value, "comparator") {
        html.text(comparator.as_str());
        html.raw(" ");
    }
    html.text(value.member("value").and_then(Json::number).unwrap_or_default());
    let unit = ["unit", "code", "currency"].iter().find_map(|name| text_of(value, name));
    // In UCUM braces hold a remark, and 1 is no unit.
    if let Some(unit) = unit.filter(|unit| unit.as_str() != "1" && !unit.as_str().starts_with('{'))
    {
        html.raw("\u{a0}");
        html.text(unit.as_str());
    }
}

/// Iterates over a value that is one element or an array of them.
pub(super) fn each<'a>(value: Option<Json<'a>>) -> impl Iterator<Item = Json<'a>> {
    let single = value.filter(|value| value.array().is_none());
    single.into_iter().chain(value.and_then(Json::array).into_iter().flatten())
}

/// Returns a member that is a string.
pub(super) fn text_of<'a>(
    value: Json<'a>,
    name: &str,
) -> Option<patient_wallet::record::json::JsonText<'a>> {
    value.member(name)?.text()
}

/// Finds what a `#id` names.
fn contained<'a>(root: Json<'a>, reference: &str) -> Option<Json<'a>> {
    let id = reference.strip_prefix('#').filter(|id| !id.is_empty())?;
    each(root.member("contained"))
        .find(|one| text_of(*one, "id").is_some_and(|own| own.as_str() == id))
}

/// Reads a string that is nothing but a date.
fn date_of(text: &str) -> Option<RecordDate> {
    let is_date =
        text.len() >= 7 && text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('-');
    RecordDate::parse(text).ok().filter(|_| is_date)
}

/// Writes a text as far as a page needs it.
fn limited(html: &mut Html, text: &str) {
    let end = text.floor_char_boundary(LONGEST);
    html.text(text.get(..end).unwrap_or_default());
    if end < text.len() {
        html.raw("… (the rest is in the file)");
    }
}

/// Elements whose names are not how people speak.
const PLAINLY: [(&str, &str); 9] = [
    ("abatement", "ended"),
    ("addresses", "because of"),
    ("authoredOn", "ordered"),
    ("dosage", "dose"),
    ("payor", "paid by"),
    ("performer", "by"),
    ("reason", "because of"),
    ("recordedDate", "recorded"),
    ("requester", "by"),
];

/// Elements of FHIR R4 that come as one of several types.
const CHOICES: [&str; 16] = [
    "abatement",
    "age",
    "asNeeded",
    "born",
    "content",
    "deceased",
    "detail",
    "due",
    "effective",
    "item",
    "medication",
    "multipleBirth",
    "occurrence",
    "onset",
    "performed",
    "value",
];
const CALLED: [&str; 4] = ["code", "deviceName", "name", "type"];
const PASSED_OVER: [&str; 6] = ["id", "uid", "extension", "system", "contentType", "language"];
/// Elements that make an object a Dosage.
const DOSAGE: [&str; 5] =
    ["doseAndRate", "timing", "route", "asNeededBoolean", "asNeededCodeableConcept"];

/// Units of time (UCUM), for one and for several.
const UNITS: [(&str, &str, &str); 7] = [
    ("s", "second", "seconds"),
    ("min", "minute", "minutes"),
    ("h", "hour", "hours"),
    ("d", "day", "days"),
    ("wk", "week", "weeks"),
    ("mo", "month", "months"),
    ("a", "year", "years"),
];
const DEEPEST: usize = 6;
const MOST: usize = 20;
const LONGEST: usize = 4000;
