//! Categories: what a patient permits, in words a patient knows.
//!
//! Nineteen categories (docs/formats.md 5). Each FHIR R4 resource type maps to one; an
//! `Observation`, a `DiagnosticReport` and a `List` are told by what they say about themselves.

use std::{fmt, str::FromStr};

use super::{RecordError, kind::ResourceType};

/// Names one category of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Released only when named, never by a preset.
    Other,
    /// Allergies and intolerances.
    Allergies,
    /// Medicines prescribed, given or taken.
    Medications,
    /// Problems, diagnoses, alerts.
    Conditions,
    /// Vaccinations.
    Immunizations,
    /// Laboratory results.
    Laboratory,
    /// Blood pressure, weight and other signs.
    VitalSigns,
    /// Operations and other procedures.
    Procedures,
    /// Pictures and what they show.
    Imaging,
    /// Implants and aids.
    Devices,
    /// Visits, stays, appointments.
    Encounters,
    /// Letters, reports, messages: anything told in free text.
    Notes,
    /// Plans, goals, orders.
    CarePlans,
    /// Diseases of relatives.
    FamilyHistory,
    /// Smoking, work, living.
    SocialHistory,
    /// Pregnancies and their outcome.
    Pregnancy,
    /// Living wills and consents.
    Directives,
    /// Name, address, relatives.
    Demographics,
    /// Insurance and bills.
    Coverage,
}

impl Category {
    /// Every category, in the order of its code.
    pub const ALL: [Self; 19] = [
        Self::Other,
        Self::Allergies,
        Self::Medications,
        Self::Conditions,
        Self::Immunizations,
        Self::Laboratory,
        Self::VitalSigns,
        Self::Procedures,
        Self::Imaging,
        Self::Devices,
        Self::Encounters,
        Self::Notes,
        Self::CarePlans,
        Self::FamilyHistory,
        Self::SocialHistory,
        Self::Pregnancy,
        Self::Directives,
        Self::Demographics,
        Self::Coverage,
    ];

    /// Returns the number the category has in a scope.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Finds the category of a number.
    ///
    /// # Errors
    /// [`RecordError::InvalidCategory`] beyond 18.
    pub fn from_code(code: u8) -> Result<Self, RecordError> {
        Self::ALL.get(usize::from(code)).copied().ok_or(RecordError::InvalidCategory)
    }

    /// Returns the word the category is written with.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Allergies => "allergies",
            Self::Medications => "medications",
            Self::Conditions => "conditions",
            Self::Immunizations => "immunizations",
            Self::Laboratory => "laboratory",
            Self::VitalSigns => "vital-signs",
            Self::Procedures => "procedures",
            Self::Imaging => "imaging",
            Self::Devices => "devices",
            Self::Encounters => "encounters",
            Self::Notes => "notes",
            Self::CarePlans => "care-plans",
            Self::FamilyHistory => "family-history",
            Self::SocialHistory => "social-history",
            Self::Pregnancy => "pregnancy",
            Self::Directives => "directives",
            Self::Demographics => "demographics",
            Self::Coverage => "coverage",
        }
    }

    /// Finds the category of a section of the International Patient Summary by its LOINC code.
    #[must_use]
    pub fn of_section(loinc: &str) -> Option<Self> {
        Some(match loinc {
            "48765-2" => Self::Allergies,
            "10160-0" => Self::Medications,
            "11450-4" | "11348-0" | "104605-1" | "47420-5" => Self::Conditions,
            "11369-6" => Self::Immunizations,
            "30954-2" => Self::Laboratory,
            "8716-3" => Self::VitalSigns,
            "47519-4" => Self::Procedures,
            "46264-8" => Self::Devices,
            "81338-6" => Self::Notes,
            "18776-5" => Self::CarePlans,
            "29762-2" => Self::SocialHistory,
            "10162-6" => Self::Pregnancy,
            "42348-3" => Self::Directives,
            _ => return None,
        })
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Reads the word or the number of a category.
impl FromStr for Category {
    type Err = RecordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = Self::ALL.into_iter().find(|category| category.word() == text);
        let code = || text.parse().ok().and_then(|code| Self::from_code(code).ok());
        word.or_else(code).ok_or(RecordError::InvalidCategory)
    }
}

/// What a resource says about itself, beyond its type.
#[derive(Clone, Copy, Default)]
pub struct Hints<'a> {
    /// Codes of the `category` element.
    pub categories: &'a [&'a str],
    /// System and code of the `code` element.
    pub codes: &'a [(&'a str, &'a str)],
    /// Whether the resource refers to pictures.
    pub pictures: bool,
    /// Where a patient summary files the resource.
    pub section: Option<Category>,
}

impl fmt::Debug for Hints<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hints(..)")
    }
}

/// Files a resource under its one category.
///
/// A pregnancy code counts before everything else: who permits `social-history` or `laboratory`
/// has not thereby told about a pregnancy.
#[must_use]
pub fn category_of(kind: ResourceType, hints: Hints<'_>) -> Category {
    match kind.name() {
        "Observation" => observation(hints),
        "DiagnosticReport" => {
            let sent = hints.categories.iter().find_map(|code| report_category(code));
            match sent {
                _ if hints.pictures => Category::Imaging,
                Some(category) => category,
                None => hints.section.unwrap_or(Category::Laboratory),
            }
        }
        "List" => loinc(hints).find_map(Category::of_section).unwrap_or(Category::Notes),
        _ => kind.category(),
    }
}

fn observation(hints: Hints<'_>) -> Category {
    if loinc(hints).any(|code| PREGNANCY.contains(&code)) {
        return Category::Pregnancy;
    }
    if let Some(category) = hints.categories.iter().find_map(|code| observation_category(code)) {
        return category;
    }
    if loinc(hints).any(|code| VITAL_SIGNS.contains(&code)) {
        return Category::VitalSigns;
    }
    hints.section.unwrap_or(Category::Laboratory)
}

fn loinc(hints: Hints<'_>) -> impl Iterator<Item = &str> {
    hints.codes.iter().filter(|(system, _)| *system == "http://loinc.org").map(|(_, code)| *code)
}

/// Reads `http://terminology.hl7.org/CodeSystem/observation-category`.
fn observation_category(code: &str) -> Option<Category> {
    Some(match code {
        "laboratory" => Category::Laboratory,
        "vital-signs" | "exam" => Category::VitalSigns,
        "imaging" => Category::Imaging,
        "procedure" => Category::Procedures,
        "social-history" | "survey" | "activity" => Category::SocialHistory,
        "therapy" => Category::CarePlans,
        _ => return None,
    })
}

/// Reads `http://terminology.hl7.org/CodeSystem/v2-0074` and the LOINC parts that US Core uses.
fn report_category(code: &str) -> Option<Category> {
    Some(match code {
        "RAD" | "RUS" | "RX" | "CT" | "NMR" | "NMS" | "CUS" | "OUS" | "VUS" | "XRC"
        | "LP29684-5" | "imaging" => Category::Imaging,
        "AU" | "CTH" | "EC" | "EN" | "OT" | "PF" | "PT" | "RC" | "RT" | "LP29708-2" => {
            Category::Procedures
        }
        "LAB" | "BG" | "BLB" | "CG" | "CH" | "CP" | "GE" | "HM" | "IMM" | "MB" | "MCB" | "MYC"
        | "OSL" | "SP" | "SR" | "TX" | "VR" | "LP7839-6" | "laboratory" => Category::Laboratory,
        _ => return None,
    })
}

/// LOINC codes of `http://hl7.org/fhir/ValueSet/observation-vitalsignresult` (FHIR 4.0.1).
const VITAL_SIGNS: [&str; 13] = [
    "85353-1", "9279-1", "8867-4", "2708-6", "8310-5", "8302-2", "9843-4", "29463-7", "39156-5",
    "85354-9", "8480-6", "8462-4", "8478-0",
];

/// LOINC codes of the IPS value sets for pregnancy status, due date and outcome (IPS 2.0).
const PREGNANCY: [&str; 13] = [
    "82810-3", "11778-8", "11779-6", "11780-4", "11636-8", "11637-6", "11638-4", "11639-2",
    "11640-0", "11612-9", "11613-7", "11614-5", "33065-4",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn file(kind: &str, categories: &[&str], code: &str) -> Category {
        let codes = [("http://loinc.org", code)];
        category_of(kind.parse().unwrap(), Hints { categories, codes: &codes, ..Hints::default() })
    }

    #[test]
    fn a_category_is_read_by_word_and_by_number() {
        for (code, category) in (0_u8..).zip(Category::ALL) {
            assert_eq!((category.code(), Category::from_code(code)), (code, Ok(category)));
            assert_eq!(category.word().parse(), Ok(category));
            assert_eq!(code.to_string().parse(), Ok(category));
        }
        for text in ["19", "-1", "", "Laboratory", "256"] {
            assert_eq!(text.parse::<Category>(), Err(RecordError::InvalidCategory));
        }
    }

    #[test]
    fn an_observation_is_told_by_its_category_then_by_its_code() {
        assert_eq!(file("Observation", &["vital-signs"], "718-7"), Category::VitalSigns);
        assert_eq!(file("Observation", &["unknown", "survey"], "718-7"), Category::SocialHistory);
        assert_eq!(file("Observation", &[], "8867-4"), Category::VitalSigns);
        assert_eq!(file("Observation", &[], "882-1"), Category::Laboratory);
        assert_eq!(file("Observation", &["social-history"], "82810-3"), Category::Pregnancy);
    }

    #[test]
    fn a_section_files_only_what_does_not_file_itself() {
        let section = Some(Category::SocialHistory);
        let kind = "Observation".parse().unwrap();
        let bare = Hints { section, ..Hints::default() };
        assert_eq!(category_of(kind, bare), Category::SocialHistory);
        let own = Hints { categories: &["laboratory"], ..bare };
        assert_eq!(category_of(kind, own), Category::Laboratory);
        let condition = "Condition".parse().unwrap();
        assert_eq!(category_of(condition, bare), Category::Conditions);
    }

    #[test]
    fn a_report_is_laboratory_or_imaging() {
        assert_eq!(file("DiagnosticReport", &["LAB"], ""), Category::Laboratory);
        assert_eq!(file("DiagnosticReport", &["RAD"], ""), Category::Imaging);
        assert_eq!(file("DiagnosticReport", &["EC"], ""), Category::Procedures);
        assert_eq!(file("DiagnosticReport", &[], ""), Category::Laboratory);
        let pictures = Hints { pictures: true, ..Hints::default() };
        let kind = "DiagnosticReport".parse().unwrap();
        assert_eq!(category_of(kind, pictures), Category::Imaging);
    }

    #[test]
    fn a_list_is_filed_with_what_it_lists() {
        assert_eq!(file("List", &[], "48765-2"), Category::Allergies);
        assert_eq!(file("List", &[], "0"), Category::Notes);
    }

    #[test]
    fn every_section_of_a_patient_summary_has_a_category() {
        for code in [
            "11450-4", "48765-2", "10160-0", "11369-6", "30954-2", "47519-4", "46264-8", "42348-3",
            "104605-1", "47420-5", "11348-0", "10162-6", "81338-6", "18776-5", "29762-2", "8716-3",
        ] {
            assert!(Category::of_section(code).is_some(), "{code}");
        }
        assert_eq!(Category::of_section("60591-5"), None);
    }
}
