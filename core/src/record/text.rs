//! Text that comes from a record: wiped when freed, never printed by `Debug`.
//!
//! A `String` that grows leaves its old contents in freed memory. So record text is either copied
//! into an allocation that fits, or appended through [`push`], which moves a full buffer into a
//! fresh one and wipes the old.

use std::{cmp::Ordering, fmt};

use unicode_normalization::char::{decompose_compatible, is_combining_mark};
use zeroize::Zeroizing;

/// Owns a piece of record text and wipes it when dropped.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Text(Zeroizing<String>);

impl Text {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(String::from(text)))
    }
}

impl From<Zeroizing<String>> for Text {
    fn from(text: Zeroizing<String>) -> Self {
        Self(text)
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(..)")
    }
}

/// Appends `text` to `out`, moving `out` to a larger allocation first when it is full.
pub fn push(out: &mut Zeroizing<String>, text: &str) {
    reserve(out, text.len());
    out.push_str(text);
}

/// Makes room for `extra` more bytes in `out` and wipes the allocation it leaves.
pub fn reserve(out: &mut Zeroizing<String>, extra: usize) {
    let needed = out.len().saturating_add(extra);
    if needed > out.capacity() {
        let larger = needed.max(out.capacity().saturating_mul(2));
        let mut moved = Zeroizing::new(String::with_capacity(larger));
        moved.push_str(out);
        *out = moved;
    }
}

/// Makes room for `extra` more bytes in `out` and wipes the allocation it leaves.
pub(crate) fn reserve_bytes(out: &mut Zeroizing<Vec<u8>>, extra: usize) {
    let needed = out.len().saturating_add(extra);
    if needed > out.capacity() {
        let larger = needed.max(out.capacity().saturating_mul(2));
        let mut moved = Zeroizing::new(Vec::with_capacity(larger));
        moved.extend_from_slice(out);
        *out = moved;
    }
}

/// Returns `text` folded for comparison; see [`fold`].
#[must_use]
pub fn folded(text: &str) -> Text {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    fold(text, &mut out);
    Text(out)
}

/// Appends `text` to `out` in the form that search and the word net compare: compatibility
/// decomposed (NFKD), lower case, without accents and invisible characters, ß as ss, each run of
/// anything but letters and digits as one space, none at either end.
pub fn fold(text: &str, out: &mut Zeroizing<String>) {
    reserve(out, text.len());
    let mut folding = Folding { start: out.len(), blank: false, out };
    if text.is_ascii() {
        for byte in text.bytes() {
            folding.push(char::from(byte.to_ascii_lowercase()));
        }
    } else {
        for sent in text.chars() {
            decompose_compatible(sent, |part| {
                if !is_combining_mark(part) && !is_invisible(part) {
                    part.to_lowercase().filter(|c| !is_combining_mark(*c)).for_each(|lower| {
                        if lower == 'ß' {
                            folding.push('s');
                            folding.push('s');
                        } else {
                            folding.push(lower);
                        }
                    });
                }
            });
        }
    }
}

struct Folding<'a> {
    out: &'a mut Zeroizing<String>,
    start: usize,
    blank: bool,
}

impl Folding<'_> {
    fn push(&mut self, folded: char) {
        if !folded.is_alphanumeric() {
            self.blank = self.out.len() > self.start;
            return;
        }
        reserve(self.out, 1 + folded.len_utf8());
        if self.blank {
            self.out.push(' ');
            self.blank = false;
        }
        self.out.push(folded);
    }
}

/// Soft hyphens, joiners and marks of direction: they split a word for a machine, for no reader.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Appends `text` to `out` until `out` holds `limit` bytes, on a character boundary; control and
/// invisible characters become blanks, runs of blanks become one.
pub(crate) fn push_line(out: &mut Zeroizing<String>, text: &str, limit: usize) {
    reserve(out, text.len().min(limit));
    for sent in text.chars() {
        let shown = if sent.is_control() || sent.is_whitespace() { ' ' } else { sent };
        if is_invisible(shown) || (shown == ' ' && (out.is_empty() || out.ends_with(' '))) {
            continue;
        }
        if out.len() + shown.len_utf8() > limit {
            break;
        }
        reserve(out, shown.len_utf8());
        out.push(shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_keeps_letters_and_digits_without_case_and_accents() {
        for (sent, folded_to) in [
            ("  Straße\t\nNORD ", "strasse nord"),
            ("Depresión", "depresion"),
            ("Mu\u{308}ller", "muller"),
            ("ẞ İ K ﬁ ſ", "ss i k fi s"),
            ("Schizo\u{ad}phre\u{200b}nie", "schizophrenie"),
            ("a\u{a0}b", "a b"),
            ("(HIV-1/2) +", "hiv 1 2"),
            ("", ""),
        ] {
            assert_eq!(folded(sent).as_str(), folded_to, "{sent:?}");
        }
    }

    #[test]
    fn folding_appends_and_survives_growth_far_beyond_its_input() {
        let mut out = Zeroizing::new(String::from("x\n"));
        fold(&"\u{fdfa}".repeat(50), &mut out);
        assert!(out.starts_with("x\nصلى الله عليه وسلم"), "the long ligature decomposes");
    }

    #[test]
    fn debug_does_not_show_the_text() {
        assert_eq!(format!("{:?}", Text::from("HIV")), "Text(..)");
    }

    #[test]
    fn a_line_is_cut_on_a_character_boundary_and_keeps_no_control_character() {
        let mut out = Zeroizing::new(String::new());
        push_line(&mut out, "a\u{1b}[31m\n\u{202e}bää", 9);
        assert_eq!(out.as_str(), "a [31m b");
        push_line(&mut out, "é", 9);
        assert_eq!(out.as_str(), "a [31m b");
    }
}
