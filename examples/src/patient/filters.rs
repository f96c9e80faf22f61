//! Which records: the options that `records`, `search` and `export` share.

use clap::Args;
use patient_wallet::record::{Category, RecordDate, SensitivityLabel, Text};
use patient_wallet::session::Query;

/// Narrows down which records are meant; all options together.
#[derive(Args, Clone, Debug)]
pub(crate) struct Filters {
    /// Only this category: laboratory, medications, allergies, ...
    #[arg(long, value_name = "C", value_parser = category)]
    category: Option<Category>,
    /// Only records under this label: mental-health, substance-use, hiv, ...
    #[arg(long, value_name = "L", value_parser = label)]
    label: Option<SensitivityLabel>,
    /// Only records that nobody has classified: no code set and not the patient
    #[arg(long)]
    unclassified: bool,
    /// Only records with this code, for example `http://loinc.org|882-1`, or `882-1` of any system
    #[arg(long, value_name = "SYSTEM|CODE", value_parser = code)]
    code: Option<Code>,
    /// Only from this day, month, year or moment on
    #[arg(long, value_name = "D", value_parser = date)]
    from: Option<RecordDate>,
    /// Only up to this day, month, year or moment, itself included
    #[arg(long, value_name = "D", value_parser = date)]
    to: Option<RecordDate>,
}

/// A code, in one system or in any.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    /// URI of the code system.
    pub(crate) system: Option<Text>,
    /// Code in that system.
    pub(crate) code: Text,
}

impl Filters {
    /// Makes the query, of everything so far.
    pub(crate) fn query(&self) -> Query {
        let code = self.code.as_ref().map(|code| (code.system.clone(), code.code.clone()));
        Query {
            category: self.category,
            label: self.label,
            unclassified: self.unclassified,
            code,
            from: self.from.map(RecordDate::start),
            to: self.to.map(RecordDate::end),
            ..Query::default()
        }
    }
}

/// Reads a category: its word or its number.
pub(crate) fn category(text: &str) -> Result<Category, String> {
    text.parse().map_err(|_| one_of(Category::ALL.iter().map(|category| category.word())))
}

/// Reads a label: its word or one of its codes.
pub(crate) fn label(text: &str) -> Result<SensitivityLabel, String> {
    let word = text.parse().ok().or_else(|| SensitivityLabel::from_code(text));
    word.ok_or_else(|| one_of(SensitivityLabel::ALL.iter().map(|label| label.word())))
}

/// Reads words to look for.
pub(crate) fn words(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("there is no word in it".to_owned());
    }
    Ok(text.to_owned())
}

/// Reads `SYSTEM|CODE` or `CODE`.
pub(crate) fn code(text: &str) -> Result<Code, String> {
    let (system, code) = text.split_once('|').unwrap_or(("", text));
    if code.is_empty() {
        return Err("a code looks like http://loinc.org|882-1".to_owned());
    }
    let system = (!system.is_empty()).then(|| Text::from(system));
    Ok(Code { system, code: Text::from(code) })
}

/// Reads a FHIR date.
pub(crate) fn date(text: &str) -> Result<RecordDate, String> {
    RecordDate::parse(text).map_err(|_| {
        "a date looks like 2024, 2024-03, 2024-03-31 or 2024-03-31T10:00:00Z".to_owned()
    })
}

fn one_of(words: impl Iterator<Item = &'static str>) -> String {
    format!("one of: {}", words.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_words_or_codes() {
        assert_eq!(label("mental-health"), Ok(SensitivityLabel::MentalHealth));
        assert_eq!(label("PSYTHPN"), Ok(SensitivityLabel::MentalHealth));
        assert!(label("mental").unwrap_err().contains("mental-health"));
    }

    #[test]
    fn categories_are_words_or_numbers() {
        assert_eq!(category("vital-signs"), Ok(Category::VitalSigns));
        assert_eq!(category("6"), Ok(Category::VitalSigns));
        assert!(category("19").is_err());
    }

    #[test]
    fn a_code_may_name_its_system() {
        let read = code("http://loinc.org|882-1").unwrap();
        assert_eq!(read.system.unwrap().as_str(), "http://loinc.org");
        assert_eq!(read.code.as_str(), "882-1");
        assert!(code("882-1").unwrap().system.is_none());
        assert!(code("http://loinc.org|").is_err());
    }
}
