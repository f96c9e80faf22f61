//! What is asked for, as it is typed: words and codes.

use patient_wallet::consent::{CategorySet, Purpose, RequesterClass, without_hidden};

use crate::patient::filters;

/// Reads a purpose: its word, or its code of HL7 v3.
pub(super) fn purpose(text: &str) -> Result<Purpose, String> {
    let of_code = || Purpose::from_code(&text.to_ascii_uppercase());
    let purpose = text.to_ascii_lowercase().parse().ok().or_else(of_code);
    purpose.ok_or_else(|| one_of(Purpose::ALL.iter().map(|purpose| purpose.code())))
}

/// Reads a class of requesters: its word or its number.
pub(crate) fn class(text: &str) -> Result<RequesterClass, String> {
    let of_code = || RequesterClass::from_code(text.parse().ok()?);
    let class = text.to_ascii_lowercase().parse().ok().or_else(of_code);
    class.ok_or_else(|| one_of(RequesterClass::ALL.iter().map(|class| class.word())))
}

/// Reads a category, or `all` for every one but those of no other category.
pub(super) fn categories(text: &str) -> Result<CategorySet, String> {
    if text.eq_ignore_ascii_case("all") {
        return Ok(CategorySet::ALL_BUT_OTHER);
    }
    filters::category(text).map(|category| CategorySet::EMPTY.with(category))
}

/// Joins what was listed.
pub(super) fn joined(sets: &[CategorySet]) -> CategorySet {
    sets.iter().flat_map(|set| set.iter()).collect()
}

/// Reads a name that somebody will be shown.
pub(crate) fn name(text: &str) -> Result<String, String> {
    line(text, "a name", 64)
}

/// Reads what a patient is told besides.
pub(super) fn remark(text: &str) -> Result<String, String> {
    line(text, "what is told", 120)
}

/// Reads where an answer goes.
pub(super) fn address(text: &str) -> Result<String, String> {
    line(text, "an address", 96)
}

/// Reads a line of text that is shown as it is.
fn line(text: &str, what: &str, most: usize) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.len() > most {
        return Err(format!("{what} has 1 to {most} bytes"));
    }
    if without_hidden(text).as_str() != text {
        return Err(format!("{what} has no character that cannot be seen"));
    }
    Ok(text.to_owned())
}

fn one_of(words: impl Iterator<Item = &'static str>) -> String {
    format!("one of: {}", words.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_and_classes_are_words_or_codes() {
        for typed in ["TREAT", "treat", "treatment", "Treatment"] {
            assert_eq!(purpose(typed), Ok(Purpose::Treatment), "{typed}");
        }
        assert!(purpose("marketing").unwrap_err().contains("HRESCH"));
        for typed in ["insurer", "Insurer", "3"] {
            assert_eq!(class(typed), Ok(RequesterClass::Insurer), "{typed}");
        }
        assert!(class("8").unwrap_err().contains("clinician"));
    }

    #[test]
    fn all_categories_are_all_but_those_of_no_category() {
        assert_eq!(categories("All"), Ok(CategorySet::ALL_BUT_OTHER));
        let named = [categories("all").unwrap(), categories("other").unwrap()];
        assert_eq!(joined(&named), CategorySet::ALL);
        assert_eq!(categories("5").unwrap().to_string(), "laboratory");
        assert!(categories("everything").is_err());
    }

    #[test]
    fn a_name_can_be_seen() {
        assert_eq!(name(" Dr. Chen "), Ok("Dr. Chen".to_owned()));
        for wrong in ["", "  ", "Dr.\u{200b}Chen", "Dr.\u{202e}nehC", "a\nb"] {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
        assert!(name(&"a".repeat(64)).is_ok() && name(&"a".repeat(65)).is_err());
    }
}
