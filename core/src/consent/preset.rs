//! Presets: terms that fit an occasion, with safe denials on.
//!
//! A preset only narrows what was asked. None names [`Category::Other`], and each denies every label:
//! what is sensitive is given because the patient chose to, never because a preset did.

use std::fmt;
use std::str::FromStr;

use super::wire::DAY;
use super::{CategorySet, ConsentError, Flags, Purpose};
use crate::record::{Category, LabelSet, SensitivityLabel};

/// Terms for an occasion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    word: &'static str,
    purpose: Purpose,
    categories: &'static [Category],
    seconds: u64,
    flags: Flags,
}

impl Preset {
    /// Every preset.
    pub const ALL: &[Self] = &[
        Self::of("visit", Purpose::Treatment, CARE, DAY),
        Self::of("48h", Purpose::Treatment, CARE, 2 * DAY),
        Self::of("7d", Purpose::Treatment, CARE, 7 * DAY),
        Self::of("emergency-room", Purpose::EmergencyTreatment, URGENT, 2 * DAY),
        Self::of("cardiology", Purpose::Treatment, HEART, 30 * DAY),
        Self::of("insurer", Purpose::Payment, BILLING, 30 * DAY),
        Self::of("school", Purpose::PatientRequest, SCHOOL, 30 * DAY),
        Self::of("research", Purpose::Research, STUDY, 90 * DAY),
    ];

    const fn of(
        word: &'static str,
        purpose: Purpose,
        categories: &'static [Category],
        seconds: u64,
    ) -> Self {
        Self { word, purpose, categories, seconds, flags: Flags::NO_ONWARD }
    }

    /// Returns the word the preset is written with.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        self.word
    }

    /// Returns why may be read.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Returns the categories that it permits at most.
    #[must_use]
    pub fn categories(&self) -> CategorySet {
        self.categories.iter().copied().collect()
    }

    /// Returns the labels that it denies: every one.
    #[must_use]
    pub fn denied(&self) -> LabelSet {
        SensitivityLabel::ALL.into_iter().collect()
    }

    /// Returns for how many seconds it holds at most.
    #[must_use]
    pub const fn seconds(&self) -> u64 {
        self.seconds
    }

    /// Returns what the reader promises besides.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        self.flags
    }
}

impl FromStr for Preset {
    type Err = ConsentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|preset| preset.word == text).ok_or(ConsentError::Invalid)
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)
    }
}

const CARE: &[Category] = &[
    Category::Allergies,
    Category::Medications,
    Category::Conditions,
    Category::Immunizations,
    Category::Laboratory,
    Category::VitalSigns,
    Category::Procedures,
    Category::Imaging,
    Category::Devices,
    Category::Encounters,
    Category::CarePlans,
];

const URGENT: &[Category] = &[
    Category::Allergies,
    Category::Medications,
    Category::Conditions,
    Category::Immunizations,
    Category::Laboratory,
    Category::VitalSigns,
    Category::Procedures,
    Category::Imaging,
    Category::Devices,
    Category::Encounters,
    Category::Pregnancy,
    Category::Directives,
];

const HEART: &[Category] = &[
    Category::Allergies,
    Category::Medications,
    Category::Conditions,
    Category::Laboratory,
    Category::VitalSigns,
    Category::Procedures,
    Category::Imaging,
    Category::Devices,
    Category::Encounters,
    Category::FamilyHistory,
];

const BILLING: &[Category] = &[Category::Procedures, Category::Encounters, Category::Coverage];

const SCHOOL: &[Category] = &[Category::Allergies, Category::Immunizations];

const STUDY: &[Category] = &[
    Category::Medications,
    Category::Conditions,
    Category::Immunizations,
    Category::Laboratory,
    Category::VitalSigns,
    Category::Procedures,
];
