//! A read-only view of one JSON text (RFC 8259) that copies nothing.
//!
//! [`Json::parse`] checks a text once: nesting by one iterative pass, grammar by `serde_json`,
//! which is asked to ignore every value and so never buffers one. After that a [`Json`] is a slice
//! of the text. Strings are unescaped here, into memory that is wiped, never by `serde_json`.
//! Nothing recurses.

use std::fmt::{self, Write as _};

use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::{
    RecordError,
    text::{Text, push, reserve},
};

/// One value inside a checked JSON text.
#[derive(Clone, Copy)]
pub struct Json<'a> {
    raw: &'a str,
}

impl<'a> Json<'a> {
    /// Checks a text that is one JSON value nested at most `depth` levels.
    ///
    /// # Errors
    /// [`RecordError::TooDeep`], or [`RecordError::Malformed`] with the position of the mistake.
    pub fn parse(text: &'a str, depth: usize) -> Result<Self, RecordError> {
        check_depth(text.as_bytes(), depth)?;
        serde_json::from_str::<IgnoredAny>(text)
            .map_err(|error| RecordError::Malformed { at: position(text, &error) })?;
        Ok(Self { raw: text.trim_matches(JSON_SPACE) })
    }

    /// Checks bytes that are one JSON value in UTF-8, nested at most `depth` levels.
    ///
    /// # Errors
    /// As [`Json::parse`]; bytes that are not UTF-8 are malformed.
    pub fn parse_bytes(bytes: &'a [u8], depth: usize) -> Result<Self, RecordError> {
        let text = std::str::from_utf8(bytes).map_err(|error| RecordError::Malformed {
            at: u64::try_from(error.valid_up_to()).unwrap_or(u64::MAX),
        })?;
        Self::parse(text, depth)
    }

    /// Returns the value exactly as it was written.
    #[must_use]
    pub const fn raw(self) -> &'a str {
        self.raw
    }

    /// Says whether the value is an object or an array.
    #[must_use]
    pub fn is_nested(self) -> bool {
        self.raw.starts_with(['{', '['])
    }

    /// Iterates over the members of an object, in their order.
    #[must_use]
    pub fn object(self) -> Option<Members<'a>> {
        self.raw.strip_prefix('{').map(|rest| Members { rest })
    }

    /// Iterates over the elements of an array.
    #[must_use]
    pub fn array(self) -> Option<Elements<'a>> {
        self.raw.strip_prefix('[').map(|rest| Elements { rest })
    }

    /// Returns the characters of a string.
    #[must_use]
    pub fn text(self) -> Option<JsonText<'a>> {
        let inside = self.raw.strip_prefix('"')?.strip_suffix('"')?;
        Some(unescape(inside))
    }

    /// Returns the digits of a number as they were written.
    #[must_use]
    pub fn number(self) -> Option<&'a str> {
        self.raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()).then_some(self.raw)
    }

    /// Finds a member of an object by its name.
    #[must_use]
    pub fn member(self, key: &str) -> Option<Self> {
        self.object()?.find_map(|(name, value)| (name.as_str() == key).then_some(value))
    }

    /// Collects the members of an object; `None` when the value is no object.
    ///
    /// # Errors
    /// [`RecordError::Malformed`] when a name occurs twice (readers disagree which one counts, so
    /// a consent could be decided on one and the clinic read the other), or when there are more
    /// members than any FHIR element has.
    pub fn fields(self) -> Result<Option<Fields<'a>>, RecordError> {
        let Some(members) = self.object() else { return Ok(None) };
        let mut fields: Vec<(JsonText<'a>, Self)> = Vec::with_capacity(8);
        for (name, value) in members {
            if fields.len() == MEMBERS_MAX || fields.iter().any(|(seen, _)| *seen == name) {
                return Err(RecordError::Malformed { at: offset(self.raw, value.raw) });
            }
            fields.push((name, value));
        }
        Ok(Some(Fields(fields)))
    }
}

impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({} bytes)", self.raw.len())
    }
}

/// The members of one object, each name once.
#[derive(Debug)]
pub struct Fields<'a>(Vec<(JsonText<'a>, Json<'a>)>);

impl<'a> Fields<'a> {
    /// Finds a member by its name.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<Json<'a>> {
        self.0.iter().find_map(|(name, value)| (name.as_str() == key).then_some(*value))
    }

    /// Finds a member that is a string.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<JsonText<'a>> {
        self.find(key)?.text()
    }

    /// Iterates over the members in their order.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &(JsonText<'a>, Json<'a>)> {
        self.0.iter()
    }
}

/// A string of a JSON text: a slice of it, or a wiped copy where escapes had to be resolved.
#[derive(Clone)]
pub enum JsonText<'a> {
    /// The string stood there without an escape.
    Plain(&'a str),
    /// The string held escapes.
    Unescaped(Text),
}

impl JsonText<'_> {
    /// Returns the characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Unescaped(text) => text.as_str(),
        }
    }

    /// Copies the characters into wiped memory of their own.
    #[must_use]
    pub fn into_text(self) -> Text {
        match self {
            Self::Plain(text) => Text::from(text),
            Self::Unescaped(text) => text,
        }
    }
}

impl PartialEq for JsonText<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for JsonText<'_> {}

impl fmt::Debug for JsonText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonText(..)")
    }
}

/// Iterates over the members of an object.
#[derive(Clone)]
pub struct Members<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Members<'a> {
    type Item = (JsonText<'a>, Json<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = next_value(self.rest)?;
        let (value, rest) = next_value(rest)?;
        self.rest = rest;
        Some((name.text()?, value))
    }
}

impl fmt::Debug for Members<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Members(..)")
    }
}

/// Iterates over the elements of an array.
#[derive(Clone)]
pub struct Elements<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (value, rest) = next_value(self.rest)?;
        self.rest = rest;
        Some(value)
    }
}

impl fmt::Debug for Elements<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Elements(..)")
    }
}

/// Cuts the next value off a checked text; blanks, commas and colons before it are passed over.
fn next_value(text: &str) -> Option<(Json<'_>, &str)> {
    let text = text.trim_start_matches([' ', '\n', '\t', '\r', ',', ':']);
    let (raw, rest) = text.split_at_checked(value_length(text.as_bytes())?)?;
    Some((Json { raw }, rest))
}

/// Returns the length of the value that a checked text begins with, `None` at a closing bracket.
fn value_length(bytes: &[u8]) -> Option<usize> {
    match bytes.first()? {
        b'"' => Some(string_length(bytes)),
        b'{' | b'[' => {
            let mut depth = 0_usize;
            let mut at = 0;
            while let Some(byte) = bytes.get(at) {
                match byte {
                    b'"' => {
                        at += string_length(bytes.get(at..)?);
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    break;
                }
            }
            Some(at)
        }
        b'}' | b']' => None,
        _ => Some(
            bytes
                .iter()
                .position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\t' | b'\r'))
                .unwrap_or(bytes.len()),
        ),
    }
}

/// Returns the length of the string that `bytes` begins with, both quotes included.
fn string_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn check_depth(bytes: &[u8], limit: usize) -> Result<(), RecordError> {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at += string_length(bytes.get(at..).unwrap_or_default());
                continue;
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return Err(RecordError::TooDeep { limit });
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// Resolves the escapes of a checked string. Half a surrogate pair becomes U+FFFD.
fn unescape(inside: &str) -> JsonText<'_> {
    if !inside.contains('\\') {
        return JsonText::Plain(inside);
    }
    // No escape is shorter than what it stands for, so this never grows.
    let mut out = Zeroizing::new(String::with_capacity(inside.len()));
    let mut rest = inside;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = after.chars();
        let unescaped = match chars.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let (unit, tail) = unescape_unicode(chars.as_str());
                chars = tail.chars();
                unit
            }
            Some(itself) => itself,
            None => break,
        };
        out.push(unescaped);
        rest = chars.as_str();
    }
    out.push_str(rest);
    JsonText::Unescaped(Text::from(out))
}

/// Reads what follows `\u`: four hex digits, or a surrogate pair of two escapes.
fn unescape_unicode(text: &str) -> (char, &str) {
    let Some((high, rest)) = hex4(text) else { return (char::REPLACEMENT_CHARACTER, text) };
    if (0xd800..0xdc00).contains(&high)
        && let Some((low, tail)) = rest.strip_prefix("\\u").and_then(hex4)
        && (0xdc00..0xe000).contains(&low)
    {
        let point = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        return (char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER), tail);
    }
    (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), rest)
}

fn hex4(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}

/// Returns the position of a `serde_json` error, which counts lines and columns from one.
fn position(text: &str, error: &serde_json::Error) -> u64 {
    let before: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    u64::try_from(before + error.column().saturating_sub(1)).unwrap_or(u64::MAX)
}

/// Returns how far `part` begins behind `whole`, of which it is a slice.
fn offset(whole: &str, part: &str) -> u64 {
    let distance = part.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
    u64::try_from(distance).unwrap_or(u64::MAX)
}

const JSON_SPACE: [char; 4] = [' ', '\n', '\t', '\r'];

/// More members than any element of FHIR R4 has; it bounds the search for a repeated name.
const MEMBERS_MAX: usize = 256;

/// Appends `text` as a JSON string.
pub fn push_quoted(out: &mut Zeroizing<String>, text: &str) {
    push(out, "\"");
    for c in text.chars() {
        match c {
            '"' => push(out, "\\\""),
            '\\' => push(out, "\\\\"),
            '\n' => push(out, "\\n"),
            '\r' => push(out, "\\r"),
            '\t' => push(out, "\\t"),
            control if control < ' ' => {
                reserve(out, 6);
                // Writing to memory does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => push(out, other.encode_utf8(&mut [0; 4])),
        }
    }
    push(out, "\"");
}

#[cfg(test)]
mod tests;
