//! Sensitivity labels: what a patient may want to keep from a reader.
//!
//! Seven labels (docs/formats.md 5). Each stands for a policy code of HL7 v3-ActCode *and* all
//! codes below it: to deny mental health is to deny psychiatry, behavioural health and
//! psychotherapy notes too.

use std::{fmt, str::FromStr};

use super::RecordError;

/// Names one kind of sensitive content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SensitivityLabel {
    /// Psychiatry, psychotherapy, behavioural health.
    MentalHealth,
    /// Alcohol, drugs, and their treatment.
    SubstanceUse,
    /// HIV and AIDS, tests and prophylaxis included.
    Hiv,
    /// Sexually transmitted diseases.
    Std,
    /// Sexuality, contraception, pregnancy, reproduction.
    SexualHealth,
    /// Sexual assault, abuse, domestic violence.
    Violence,
    /// Genetic disease and genetic tests.
    Genetics,
}

impl SensitivityLabel {
    /// Every label, in the order of its bit.
    pub const ALL: [Self; 7] = [
        Self::MentalHealth,
        Self::SubstanceUse,
        Self::Hiv,
        Self::Std,
        Self::SexualHealth,
        Self::Violence,
        Self::Genetics,
    ];

    /// Returns the word the label is written with.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::MentalHealth => "mental-health",
            Self::SubstanceUse => "substance-use",
            Self::Hiv => "hiv",
            Self::Std => "std",
            Self::SexualHealth => "sexual-health",
            Self::Violence => "violence",
            Self::Genetics => "genetics",
        }
    }

    /// Returns the v3-ActCode that stands for the label in FHIR.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self.codes().first() {
            Some(code) => code,
            None => "",
        }
    }

    /// Returns the v3-ActCodes that the label closes over, its own first.
    ///
    /// docs/formats.md 5; further codes of HL7 stand in the code sets, with their source.
    #[must_use]
    pub const fn codes(self) -> &'static [&'static str] {
        match self {
            Self::MentalHealth => &["PSY", "MH", "BH", "PSYTHPN"],
            Self::SubstanceUse => &["ETH", "SUD", "ETHUD", "OPIOIDUD"],
            Self::Hiv => &["HIV"],
            Self::Std => &["STD"],
            Self::SexualHealth => &["SEX"],
            Self::Violence => &["SDV"],
            Self::Genetics => &["GDIS"],
        }
    }

    /// Finds the label that closes over a v3-ActCode.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.codes().contains(&code))
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for SensitivityLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for SensitivityLabel {
    type Err = RecordError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|label| label.word() == word).ok_or(RecordError::InvalidLabel)
    }
}

/// A set of labels, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct LabelSet(u8);

impl LabelSet {
    /// The set without a label.
    pub const EMPTY: Self = Self(0);

    /// Returns the bits, the first label lowest.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Reads the bits of a set.
    ///
    /// # Errors
    /// [`RecordError::InvalidLabel`] when a bit stands for no label.
    pub const fn from_bits(bits: u8) -> Result<Self, RecordError> {
        if bits >> SensitivityLabel::ALL.len() == 0 {
            Ok(Self(bits))
        } else {
            Err(RecordError::InvalidLabel)
        }
    }

    /// Says whether no label is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Says whether the label is set.
    #[must_use]
    pub const fn contains(self, label: SensitivityLabel) -> bool {
        self.0 & label.bit() != 0
    }

    /// Says whether the two sets share a label.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Adds a label.
    pub const fn insert(&mut self, label: SensitivityLabel) {
        self.0 |= label.bit();
    }

    /// Takes a label away.
    pub const fn remove(&mut self, label: SensitivityLabel) {
        self.0 &= !label.bit();
    }

    /// Returns the labels of both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the labels of this set that the other lacks.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Iterates over the labels in their order.
    pub fn iter(self) -> impl Iterator<Item = SensitivityLabel> {
        SensitivityLabel::ALL.into_iter().filter(move |label| self.contains(*label))
    }
}

impl FromIterator<SensitivityLabel> for LabelSet {
    fn from_iter<I: IntoIterator<Item = SensitivityLabel>>(labels: I) -> Self {
        labels.into_iter().fold(Self::EMPTY, |set, label| Self(set.0 | label.bit()))
    }
}

/// Writes the words of the labels, a comma and a space between them.
impl fmt::Display for LabelSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, label) in self.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            f.write_str(label.word())?;
        }
        Ok(())
    }
}

/// The labels of a record are as private as the record.
impl fmt::Debug for LabelSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LabelSet(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_codes_lead_back_to_their_label() {
        for label in SensitivityLabel::ALL {
            assert_eq!(label.word().parse(), Ok(label));
            assert!(!label.code().is_empty());
            for code in label.codes() {
                assert_eq!(SensitivityLabel::from_code(code), Some(label), "{code}");
            }
        }
        assert_eq!("mental".parse::<SensitivityLabel>(), Err(RecordError::InvalidLabel));
        for code in ["R", "N", "psy", ""] {
            assert_eq!(SensitivityLabel::from_code(code), None);
        }
    }

    #[test]
    fn mental_health_closes_over_psychotherapy_notes() {
        let denied: LabelSet = [SensitivityLabel::MentalHealth].into_iter().collect();
        for code in ["PSY", "MH", "BH", "PSYTHPN"] {
            assert!(denied.contains(SensitivityLabel::from_code(code).unwrap()));
        }
    }

    #[test]
    fn a_set_keeps_what_was_put_in() {
        let mut set = LabelSet::EMPTY;
        set.insert(SensitivityLabel::Genetics);
        set.insert(SensitivityLabel::Hiv);
        assert_eq!(set.to_string(), "hiv, genetics");
        assert_eq!(LabelSet::from_bits(set.bits()), Ok(set));
        assert_eq!(LabelSet::from_bits(0x80), Err(RecordError::InvalidLabel));
        let other = [SensitivityLabel::Std].into_iter().collect();
        assert!(!set.intersects(other) && set.union(other).intersects(other));
        set.remove(SensitivityLabel::Hiv);
        assert_eq!(set.iter().collect::<Vec<_>>(), [SensitivityLabel::Genetics]);
        set.remove(SensitivityLabel::Genetics);
        assert!(set.is_empty());
    }
}
