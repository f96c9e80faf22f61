//! The words that terms are made of: purposes, classes of requesters, sets of categories, dates,
//! flags. Their codes are specified in docs/formats.md, scope.

use std::fmt;
use std::str::FromStr;

use super::ConsentError;
use crate::record::{Category, RecordDate};

/// Why somebody reads (HL7 v3 `PurposeOfUse`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// To treat the patient.
    Treatment,
    /// To treat the patient in an emergency.
    EmergencyTreatment,
    /// To help where nobody could be asked.
    BreakGlass,
    /// To pay for care.
    Payment,
    /// For research.
    Research,
    /// Because the patient wishes it.
    PatientRequest,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: &[Self] = &[
        Self::Treatment,
        Self::EmergencyTreatment,
        Self::BreakGlass,
        Self::Payment,
        Self::Research,
        Self::PatientRequest,
    ];

    /// Returns the code of HL7 v3 that stands in a scope.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Treatment => "TREAT",
            Self::EmergencyTreatment => "ETREAT",
            Self::BreakGlass => "BTG",
            Self::Payment => "HPAYMT",
            Self::Research => "HRESCH",
            Self::PatientRequest => "PATRQT",
        }
    }

    /// Returns the word the purpose is written with.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Treatment => "treatment",
            Self::EmergencyTreatment => "emergency",
            Self::BreakGlass => "break-glass",
            Self::Payment => "payment",
            Self::Research => "research",
            Self::PatientRequest => "patient-request",
        }
    }

    /// Finds the purpose of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|purpose| purpose.code() == code)
    }
}

/// Reads the code or the word.
impl FromStr for Purpose {
    type Err = ConsentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = Self::ALL.iter().copied().find(|purpose| purpose.word() == text);
        word.or_else(|| Self::from_code(text)).ok_or(ConsentError::Invalid)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a requester is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequesterClass {
    /// None of those below.
    Other = 0,
    /// Treats patients.
    Clinician = 1,
    /// Helps in emergencies.
    Emergency = 2,
    /// Pays for care.
    Insurer = 3,
    /// Does research.
    Researcher = 4,
    /// A school or a kindergarten.
    School = 5,
    /// Employs the patient.
    Employer = 6,
    /// A public authority.
    Authority = 7,
}

impl RequesterClass {
    /// Every class, by ascending code.
    pub const ALL: &[Self] = &[
        Self::Other,
        Self::Clinician,
        Self::Emergency,
        Self::Insurer,
        Self::Researcher,
        Self::School,
        Self::Employer,
        Self::Authority,
    ];

    /// Returns the number of the class.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Finds the class of a number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// Returns the word the class is written with.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Clinician => "clinician",
            Self::Emergency => "emergency",
            Self::Insurer => "insurer",
            Self::Researcher => "researcher",
            Self::School => "school",
            Self::Employer => "employer",
            Self::Authority => "authority",
        }
    }
}

impl FromStr for RequesterClass {
    type Err = ConsentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|class| class.word() == text).ok_or(ConsentError::Invalid)
    }
}

impl fmt::Display for RequesterClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A set of categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct CategorySet(u32);

impl CategorySet {
    /// The set without a category.
    pub const EMPTY: Self = Self(0);
    /// Every category.
    pub const ALL: Self = Self((1 << Category::ALL.len()) - 1);
    /// Every category but [`Category::Other`], which is released only when it is named.
    pub const ALL_BUT_OTHER: Self = Self(Self::ALL.0 & !1);

    /// Says whether the category is in the set.
    #[must_use]
    pub const fn contains(self, category: Category) -> bool {
        self.0 & 1 << category.code() != 0
    }

    /// Returns the set with one category more.
    #[must_use]
    pub const fn with(self, category: Category) -> Self {
        Self(self.0 | 1 << category.code())
    }

    /// Returns what either set contains.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns what both sets contain.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns what this set contains and the other does not.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Says whether the other set contains all of this one.
    #[must_use]
    pub const fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Says whether no category is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns how many categories are in the set.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Iterates over the categories in the order of their codes.
    pub fn iter(self) -> impl Iterator<Item = Category> {
        Category::ALL.into_iter().filter(move |category| self.contains(*category))
    }
}

impl FromIterator<Category> for CategorySet {
    fn from_iter<I: IntoIterator<Item = Category>>(categories: I) -> Self {
        categories.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// Writes the words of the categories, a comma and a space between them.
impl fmt::Display for CategorySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, category) in self.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            f.write_str(category.word())?;
        }
        Ok(())
    }
}

/// Dates of records: from a second up to, but without, another, since 1970 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateRange {
    from: i64,
    to: i64,
}

impl DateRange {
    /// Takes two ends; `None` is an open one.
    ///
    /// # Errors
    /// [`ConsentError::Invalid`] when no second lies between them, or one lies outside of the years
    /// 1 to 9999.
    pub const fn new(from: Option<i64>, to: Option<i64>) -> Result<Self, ConsentError> {
        let from = match from {
            Some(from) => from,
            None => YEAR_1,
        };
        let to = match to {
            Some(to) => to,
            None => YEAR_10000,
        };
        if YEAR_1 <= from && from < to && to <= YEAR_10000 {
            Ok(Self { from, to })
        } else {
            Err(ConsentError::Invalid)
        }
    }

    /// Returns the first second; `None` when this end is open.
    #[must_use]
    pub const fn from(&self) -> Option<i64> {
        if self.from == YEAR_1 { None } else { Some(self.from) }
    }

    /// Returns the first second after the last; `None` when this end is open.
    #[must_use]
    pub const fn to(&self) -> Option<i64> {
        if self.to == YEAR_10000 { None } else { Some(self.to) }
    }

    /// Says whether something that the date means lies in the range.
    #[must_use]
    pub fn meets(&self, date: RecordDate) -> bool {
        date.start() < self.to && self.from < date.end()
    }

    /// Returns what lies in both ranges; `None` when nothing does.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        (from < to).then_some(Self { from, to })
    }

    /// Returns both ends as they stand in a scope.
    pub(super) const fn ends(&self) -> (i64, i64) {
        (self.from, self.to)
    }
}

/// What a reader has promised besides: a set of flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Flags(u8);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// To look, and to keep no copy.
    pub const VIEW_ONLY: Self = Self(1);
    /// To pass nothing on.
    pub const NO_ONWARD: Self = Self(2);
    /// To open it once.
    pub const SINGLE_USE: Self = Self(4);

    /// Returns the bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Reads the bits.
    ///
    /// # Errors
    /// [`ConsentError::Invalid`] when a bit stands for no flag.
    pub const fn from_bits(bits: u8) -> Result<Self, ConsentError> {
        if bits & !7 == 0 { Ok(Self(bits)) } else { Err(ConsentError::Invalid) }
    }

    /// Says whether every one of these flags is set.
    #[must_use]
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Returns the flags of both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

const YEAR_1: i64 = -62_135_596_800;
const YEAR_10000: i64 = 253_402_300_800;
