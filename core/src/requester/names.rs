//! Names of what is written: in the order of the disclosure, and harmless whatever it calls itself.

use crate::disclosure::DisclosedPart;
use crate::record::json::Json;
use crate::record::{Limits, Text};

/// The folder of files.
pub(super) const FILES: &str = "files";

/// Names what is written.
#[derive(Clone, Copy)]
pub(super) struct Names {
    /// Digits of the last number.
    digits: usize,
}

impl Names {
    /// Makes names for so many parts.
    pub(super) fn of(parts: usize) -> Self {
        Self { digits: parts.to_string().len() }
    }

    /// Names a record by its number, its type and its alias.
    pub(super) fn record(self, place: usize, part: &DisclosedPart, json: &[u8]) -> Text {
        let kind = kind_of(json).unwrap_or_else(|| "Resource".to_owned());
        let alias: String = part.alias().to_string().chars().take(ALIAS).collect();
        let name = format!("{:0digits$}-{kind}-{alias}.json", place + 1, digits = self.digits);
        Text::from(name.as_str())
    }

    /// Names a file by its number and what is harmless of its name, `/` after its folder.
    pub(super) fn file(self, place: usize, name: &str) -> Text {
        let name = format!("{FILES}/{:0digits$}-{}", place + 1, safe(name), digits = self.digits);
        Text::from(name.as_str())
    }
}

/// Reads the type of a resource.
fn kind_of(json: &[u8]) -> Option<String> {
    let json = Json::parse(std::str::from_utf8(json).ok()?, Limits::default().depth).ok()?;
    let kind = json.fields().ok()??.text("resourceType")?;
    is_kind(kind.as_str()).then(|| kind.as_str().to_owned())
}

fn is_kind(text: &str) -> bool {
    let is_short = (1..=LONGEST_KIND).contains(&text.len());
    is_short && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Keeps letters, digits and what else no file system and no shell minds; of a long name its end,
/// which says what it is.
fn safe(name: &str) -> String {
    let keep = |letter: char| {
        if letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_') { letter } else { '_' }
    };
    let name: String = name.trim().chars().map(keep).collect();
    let mut end = name.as_str();
    while end.len() > LONGEST_NAME {
        let mut letters = end.chars();
        letters.next();
        end = letters.as_str();
    }
    match end.trim_matches('.') {
        "" => "file".to_owned(),
        end => end.to_owned(),
    }
}

/// Digits of an alias in a name.
const ALIAS: usize = 8;
const LONGEST_KIND: usize = 64;
/// Bytes of a name that every file system takes, with a number before it.
const LONGEST_NAME: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_outside_leads_nowhere_else() {
        for (name, expected) in [
            ("../../etc/passwd", "_.._etc_passwd"),
            ("C:\\scan.pdf", "C__scan.pdf"),
            ("Röntgen Thorax.dcm", "Röntgen_Thorax.dcm"),
            (".bashrc", "bashrc"),
            ("a.", "a"),
            ("...", "file"),
            ("", "file"),
            ("<img src=x>\u{202e}", "_img_src_x__"),
        ] {
            assert_eq!(safe(name), expected, "{name}");
        }
        let long = safe(&format!("{}.pdf", "ä".repeat(200)));
        assert!(long.len() <= LONGEST_NAME && long.ends_with("ä.pdf"));
        assert_eq!(Names::of(1000).file(8, "/"), Text::from("files/0009-_"));
    }

    #[test]
    fn a_type_in_a_name_is_plain() {
        assert!(is_kind("AllergyIntolerance"));
        for wrong in ["", "../x", "A B", "Ärzte", &"a".repeat(65)] {
            assert!(!is_kind(wrong), "{wrong}");
        }
        assert_eq!(kind_of(br#"{"resourceType":"Flag"}"#).as_deref(), Some("Flag"));
        for wrong in ["", "{}", "[]", r#"{"resourceType":"../x"}"#, r#"{"resourceType":1}"#] {
            assert_eq!(kind_of(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
