//! Files inside a resource: long Base64 strings, cut out of its text and put back byte for byte.
//!
//! FHIR carries a file in a member `data` (Attachment, Binary, Signature). A string that encoding
//! its bytes gives again can be kept as these bytes. Any other stays where it is: blanks, escapes
//! and sloppy endings are the sender's own, and a resource leaves as it came.

use std::fmt;
use std::io::{self, Write};
use std::ops::Range;

use zeroize::Zeroizing;

use super::{
    RecordError, base64,
    fhir::walk::walk,
    json::{Fields, Json, JsonText},
    text::Text,
};
use crate::order;

/// Characters from which on a string is worth a file of its own: 48 KiB of bytes.
pub(crate) const LEAST_INLINE: usize = 64 << 10;

/// One file inside the text of a resource.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Inline {
    /// Where its characters stand, without the quotes.
    pub(crate) range: Range<usize>,
    /// The `contentType` beside it.
    pub(crate) media_type: Option<Text>,
    /// The `title` beside it.
    pub(crate) title: Option<Text>,
}

impl Inline {
    /// Reads the bytes of the file.
    pub(crate) fn bytes<'a>(&self, text: &'a str) -> base64::Decode<'a> {
        base64::Decode::new(text.get(self.range.clone()).unwrap_or_default())
    }
}

impl fmt::Debug for Inline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inline({:?})", self.range)
    }
}

/// Finds the files of at least `least` characters in the text of a resource, in their order.
///
/// # Errors
/// [`RecordError::TooDeep`]; [`RecordError::Malformed`], also when a name occurs twice.
pub(crate) fn find(text: &str, least: usize, depth: usize) -> Result<Vec<Inline>, RecordError> {
    let mut found = Vec::new();
    // Most resources are shorter than any string that is looked for.
    if text.len() < least {
        return Ok(found);
    }
    walk(Json::parse(text, depth)?, &mut |_, object| found.extend(file_of(text, object, least)))?;
    order::sort_by_key(&mut found, |file| file.range.start);
    Ok(found)
}

/// Copies the text of a resource without its files; gives the place of each in the copy.
pub(crate) fn cut(text: &str, files: &[Inline]) -> (Zeroizing<String>, Vec<usize>) {
    let cut_out: usize = files.iter().map(|file| file.range.len()).sum();
    let mut rest = Zeroizing::new(String::with_capacity(text.len().saturating_sub(cut_out)));
    let (mut places, mut from) = (Vec::with_capacity(files.len()), 0);
    for file in files {
        rest.push_str(text.get(from..file.range.start).unwrap_or_default());
        places.push(rest.len());
        from = file.range.end;
    }
    rest.push_str(text.get(from..).unwrap_or_default());
    (rest, places)
}

/// Writes a resource whose files were cut out, with its files: `fill` writes the bytes of each, by
/// its number, and they arrive as Base64.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] when the places are not those of a cut; that of the output; what
/// `fill` gave.
pub(crate) fn put_back<E: From<io::Error>>(
    rest: &str,
    places: &[usize],
    out: &mut dyn Write,
    mut fill: impl FnMut(usize, &mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let part = |range| rest.get(range).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData));
    let mut from = 0;
    for (number, place) in places.iter().enumerate() {
        out.write_all(part(from..*place)?.as_bytes())?;
        let mut text = base64::Encode::new(out);
        fill(number, &mut text)?;
        text.finish()?;
        from = *place;
    }
    Ok(out.write_all(part(from..rest.len())?.as_bytes())?)
}

/// Finds the file that is a member of this very object.
fn file_of(text: &str, object: &Fields<'_>, least: usize) -> Option<Inline> {
    let inside = object.find("data")?.raw().strip_prefix('"')?.strip_suffix('"')?;
    if inside.len() < least || !base64::is_canonical(inside) {
        return None;
    }
    let start = inside.as_ptr().addr() - text.as_ptr().addr();
    let beside = |name| object.text(name).map(JsonText::into_text);
    Some(Inline {
        range: start..start + inside.len(),
        media_type: beside("contentType"),
        title: beside("title"),
    })
}

#[cfg(test)]
mod tests;
