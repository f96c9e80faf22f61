//! Names of what is written: in the order of the disclosure, and harmless whatever it calls itself.

use std::borrow::Cow;

use patient_wallet::disclosure::DisclosedPart;
use serde::Deserialize;

/// The folder of files.
pub(super) const FILES: &str = "files";

/// Names what is written.
#[derive(Clone, Copy)]
pub(super) struct Names {
    /// Digits of the last number.
    digits: usize,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "resourceType", borrow)]
    resource_type: Cow<'a, str>,
}

impl Names {
    /// Makes names for so many parts.
    pub(super) fn of(parts: usize) -> Self {
        Self { digits: parts.to_string().len() }
    }

    /// Names a record by its number, its type and its alias.
    pub(super) fn record(self, place: usize, part: &DisclosedPart, json: &[u8]) -> String {
        let head = serde_json::from_slice::<Head<'_>>(json).ok();
        let kind = head.map(|head| head.resource_type).filter(|kind| is_kind(kind));
        let kind = kind.as_deref().unwrap_or("Resource");
        let alias: String = part.alias().to_string().chars().take(ALIAS).collect();
        format!("{:0digits$}-{kind}-{alias}.json", place + 1, digits = self.digits)
    }

    /// Names a file by its number and what is harmless of its name, `/` after its folder.
    pub(super) fn file(self, place: usize, name: &str) -> String {
        format!("{FILES}/{:0digits$}-{}", place + 1, safe(name), digits = self.digits)
    }
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
        assert_eq!(Names::of(1000).file(8, "/"), "files/0009-_");
    }

    #[test]
    fn a_type_in_a_name_is_plain() {
        assert!(is_kind("AllergyIntolerance"));
        for wrong in ["", "../x", "A B", "Ärzte", &"a".repeat(65)] {
            assert!(!is_kind(wrong), "{wrong}");
        }
    }
}
