//! What a resource says in words that a person reads.

use zeroize::Zeroizing;

use super::super::{
    base64,
    json::{Fields, Json, JsonText},
    text::reserve,
};

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

/// Shows every text of one object to `read`.
pub(super) fn each(name: &str, fields: &Fields<'_>, read: &mut dyn FnMut(Prose, &str)) {
    for (key, value) in fields.iter() {
        texts(*value, &mut |text| one(name, key.as_str(), text, fields, read));
    }
}

/// Says whether a text says anything: a number or a date does not.
pub(super) fn is_in_words(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_alphabetic() || !c.is_ascii())
}

/// Shows a text, or those of an array. The objects of an array come on their own.
fn texts(value: Json<'_>, read: &mut dyn FnMut(&str)) {
    if let Some(text) = value.text() {
        read(text.as_str());
    }
    for element in value.array().into_iter().flatten() {
        texts(element, read);
    }
}

fn one(name: &str, key: &str, text: &str, fields: &Fields<'_>, read: &mut dyn FnMut(Prose, &str)) {
    match key {
        // The narrative of a resource and of a section; it is never disclosed.
        "div" if name == "text" => read(Prose::Told, &without_tags(text)),
        "div" => read(Prose::Statement, &without_tags(text)),
        "data" => attachment(text, fields.text("contentType").as_ref(), read),
        _ if is_plain(name, key, text) => {}
        _ => read(kind(name, key, fields), text),
    }
}

/// Says whether a text is a code, an id, a date or a URI by its element and by its look.
fn is_plain(name: &str, key: &str, text: &str) -> bool {
    if text.contains(char::is_whitespace) {
        return URIS.contains(&key) && SCHEMES.iter().any(|scheme| text.starts_with(scheme));
    }
    PLAIN_KEYS.binary_search(&key).is_ok()
        || PLAIN_ENDS.iter().any(|end| key.ends_with(end))
        || (key == "value" && IDENTIFIERS.contains(&name))
        || IDENTIFIER_KEYS.contains(&key)
}

/// Tells a statement from what is no statement. What nothing is known about is one.
fn kind(name: &str, key: &str, fields: &Fields<'_>) -> Prose {
    if NAME_KEYS.contains(&key) || (key == "text" && NAMES.contains(&name)) {
        return Prose::Name;
    }
    let is_there = |key: &str| is_text(fields.find(key));
    let is_told = match key {
        "text" => has_code(fields),
        // What a reference leads to is judged on its own, and both go out or neither.
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

/// Reads an attachment that is itself text.
fn attachment(data: &str, kind: Option<&JsonText<'_>>, read: &mut dyn FnMut(Prose, &str)) {
    let Some(kind) = kind.filter(|kind| kind.as_str().starts_with("text/")) else { return };
    let Some(bytes) = base64::decode(data) else { return };
    for part in bytes.utf8_chunks() {
        if kind.as_str().starts_with("text/html") {
            read(Prose::Statement, &without_tags(part.valid()));
        } else {
            read(Prose::Statement, part.valid());
        }
    }
}

/// Cuts a text into pieces of at most 64 KiB, between words where it has words.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let head =
            rest.get(..rest.floor_char_boundary(PIECE_MAX)).filter(|head| !head.is_empty())?;
        let blank = if head.len() < rest.len() { head.rfind(char::is_whitespace) } else { None };
        let (piece, tail) =
            rest.split_at_checked(blank.filter(|at| *at > 0).unwrap_or(head.len()))?;
        rest = tail;
        Some(piece)
    })
}

/// Returns the text of an XHTML narrative. A tag that stands inside words parts nothing.
pub(super) fn without_tags(html: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(html.len()));
    let mut rest = html;
    while let Some((before, after)) = rest.split_once(['<', '&']) {
        out.push_str(before);
        let is_tag = rest.as_bytes().get(before.len()) == Some(&b'<');
        rest = if is_tag { tag(after, &mut out) } else { entity(after, &mut out) };
    }
    reserve(&mut out, rest.len());
    out.push_str(rest);
    out
}

/// Passes over a tag or a comment, of which the `<` is read, and returns what follows.
fn tag<'t>(text: &'t str, out: &mut Zeroizing<String>) -> &'t str {
    reserve(out, 1);
    if let Some(comment) = text.strip_prefix("!--") {
        return comment.split_once("-->").map_or("", |(_, rest)| rest);
    }
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
        out.push('<');
        return text;
    }
    let name = text.trim_start_matches('/');
    let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    if !INLINE_TAGS.contains(&name) {
        out.push(' ');
    }
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (byte, quote) {
            (b'>', None) => return text.get(at + 1..).unwrap_or_default(),
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    // A tag without an end is none: what stands there is read as text rather than dropped.
    reserve(out, text.len());
    out.push_str(text);
    ""
}

/// Resolves a character reference, of which the `&` is read, and returns what follows. Of a named
/// letter with an accent the letter is enough: folding drops the accent.
fn entity<'t>(text: &'t str, out: &mut Zeroizing<String>) -> &'t str {
    let is_name = |name: &str| {
        (1..=ENTITY_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte == b'#' || byte.is_ascii_alphanumeric())
    };
    // No name is longer, so a text of nothing but & is read once.
    let end = text.bytes().take(ENTITY_MAX + 1).position(|byte| byte == b';');
    let parts = end.and_then(|end| Some((text.get(..end)?, text.get(end + 1..)?)));
    let Some((name, rest)) = parts.filter(|(name, _)| is_name(name)) else {
        reserve(out, 1);
        out.push('&');
        return text;
    };
    let number = name.strip_prefix('#').map(|digits| match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => digits.parse(),
    });
    let named = match (number, name) {
        (Some(number), _) => number.ok().and_then(char::from_u32),
        (None, "lt") => Some('<'),
        (None, "gt") => Some('>'),
        (None, "amp") => Some('&'),
        (None, "szlig") => Some('ß'),
        (None, "shy") => Some('\u{ad}'),
        (None, _) if ACCENTS.iter().any(|accent| name.get(1..) == Some(accent)) => {
            name.chars().next()
        }
        (None, _) => Some(' '),
    };
    reserve(out, 4);
    out.push(named.unwrap_or(' '));
    rest
}

const ACCENTS: [&str; 8] = ["uml", "acute", "grave", "circ", "tilde", "ring", "cedil", "slash"];

/// Bytes of the longest name of a character reference that is resolved.
const ENTITY_MAX: usize = 10;

const INLINE_TAGS: [&str; 14] = [
    "a", "abbr", "b", "big", "em", "font", "i", "small", "span", "strong", "sub", "sup", "tt", "u",
];

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

// Names of elements and their types are those of HL7's StructureDefinitions of FHIR R4 (4.0.1).

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

const URIS: [&str; 4] = ["reference", "system", "uri", "url"];

const SCHEMES: [&str; 3] = ["http://", "https://", "urn:"];

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

const PIECE_MAX: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_elements_are_sorted() {
        assert!(PLAIN_KEYS.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn a_less_than_sign_and_an_open_tag_hide_nothing() {
        assert_eq!(
            without_tags("< 50 copies, the patient's HIV").as_str(),
            "< 50 copies, the patient's HIV"
        );
        assert_eq!(without_tags("a <b class='x HIV").as_str(), "a b class='x HIV");
    }

    #[test]
    fn a_text_of_ampersands_is_read_once() {
        let text = "&".repeat(4 << 20);
        assert_eq!(without_tags(&text).len(), text.len());
    }

    #[test]
    fn tags_go_and_words_stay_whole() {
        for (html, text) in [
            ("<div xmlns=\"x\"><p>HIV<b>-</b>Test</p></div>", "HIV-Test  "),
            ("a<br/>b<td title=\"x>y\">c</td>", "a b c "),
            (
                "Mu<!-- <p> -->ller &lt;b&gt; &amp; &#228;&#xE9;&auml;&szlig;&nbsp;.",
                "Muller <b> & äéaß .",
            ),
            ("a & b &; &toolongforanentity;", "a & b &; &toolongforanentity;"),
            ("<", "<"),
            ("&#xD800;&#99999999999;", "&#99999999999;"),
        ] {
            assert_eq!(without_tags(html).trim_start(), text, "{html}");
        }
    }

    #[test]
    fn long_texts_are_cut_between_words() {
        let text = format!("{} {}", "a".repeat(PIECE_MAX - 3), "b".repeat(2 * PIECE_MAX));
        let cut: Vec<_> = pieces(&text).map(str::len).collect();
        assert_eq!(cut.iter().sum::<usize>(), text.len());
        assert_eq!(cut[0], PIECE_MAX - 3);
        assert_eq!(pieces("").count(), 0);
        assert_eq!(pieces("ä b").collect::<Vec<_>>(), ["ä b"]);
        assert_eq!(pieces(&"ä".repeat(PIECE_MAX)).count(), 2);
    }
}
