//! The decision: which records a consent releases.
//!
//! [`decide`] is one pure function. A record is released when nothing speaks against it; deny wins,
//! and a standing rule outranks every later approval. What is not known counts against a release:
//! a reader nobody vouches for is of every class, and free text that nobody has looked at may speak
//! of anything that is denied.

use std::fmt;

use super::scope::versioned;
use super::wire::{
    VERSION, read_array, read_categories, read_labels, write_categories, write_labels,
};
use super::{CategorySet, ConsentError, Grant, RequesterClass, RuleId};
use crate::codec::{Buffer, Encoder};
use crate::host::Timestamp;
use crate::record::{Category, LabelSet, RecordDate, RecordId};

/// What the decision needs to know about a record.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Which record it is.
    pub id: RecordId,
    /// Its category.
    pub category: Category,
    /// Its labels, those inherited from what it refers to included.
    pub labels: LabelSet,
    /// Whether the patient has confirmed the labels.
    pub confirmed: bool,
    /// Whether it holds free text, which may speak of anything.
    pub free_text: bool,
    /// When it happened; a record without a date lies in every range.
    pub date: Option<RecordDate>,
}

/// Who reads, as far as somebody whom the patient believes vouches for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reader {
    /// The class; `None`: nobody vouches, so every rule applies.
    pub class: Option<RequesterClass>,
}

/// A standing rule: what a class of readers never sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    id: RuleId,
    class: Option<RequesterClass>,
    labels: LabelSet,
    categories: CategorySet,
}

impl Rule {
    /// Makes a rule that denies records with one of the labels, and those of one of the categories,
    /// to a class of readers, or to everybody.
    ///
    /// # Errors
    /// [`ConsentError::Invalid`] when it would deny nothing.
    pub fn new(
        id: RuleId,
        class: Option<RequesterClass>,
        labels: LabelSet,
        categories: CategorySet,
    ) -> Result<Self, ConsentError> {
        let empty = labels.is_empty() && categories.is_empty();
        if empty { Err(ConsentError::Invalid) } else { Ok(Self { id, class, labels, categories }) }
    }

    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> RuleId {
        self.id
    }

    /// Returns to whom it applies; `None` for everybody.
    #[must_use]
    pub const fn class(&self) -> Option<RequesterClass> {
        self.class
    }

    /// Returns the labels that are denied.
    #[must_use]
    pub const fn labels(&self) -> LabelSet {
        self.labels
    }

    /// Returns the categories that are denied.
    #[must_use]
    pub const fn categories(&self) -> CategorySet {
        self.categories
    }

    /// Says whether the rule applies to a reader.
    #[must_use]
    pub fn applies_to(&self, reader: Reader) -> bool {
        self.class.is_none() || reader.class.is_none() || self.class == reader.class
    }

    /// Writes the rule.
    #[must_use]
    pub fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(ROOM);
        out.map(4 + usize::from(self.class.is_some()));
        out.int(0);
        out.uint(VERSION);
        out.int(1);
        out.bytes(self.id.as_bytes());
        if let Some(class) = self.class {
            out.int(2);
            out.uint(class.code().into());
        }
        out.int(3);
        write_labels(&mut out, self.labels);
        out.int(4);
        write_categories(&mut out, self.categories);
        out.finish()
    }

    /// Reads what [`Rule::encode`] wrote.
    ///
    /// # Errors
    /// [`ConsentError::UnknownVersion`], [`ConsentError::Invalid`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ConsentError> {
        let mut map = versioned(bytes)?;
        let id = RuleId::from_bytes(read_array(map.at(1)?)?);
        let class = match map.optional(2)? {
            Some(input) => {
                Some(RequesterClass::from_code(input.narrow()?).ok_or(ConsentError::Invalid)?)
            }
            None => None,
        };
        let labels = read_labels(map.at(3)?)?;
        let categories = read_categories(map.at(4)?)?;
        map.finish()?;
        Self::new(id, class, labels, categories)
    }
}

/// Why a record is not released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Because {
    /// Its category is not permitted.
    Category,
    /// Single records were picked, and it is not among them.
    NotNamed,
    /// The patient holds it back.
    Withheld,
    /// It has a label that is denied.
    Label,
    /// It holds free text that may speak of what is denied, and nobody has looked.
    FreeText,
    /// It lies outside of the dates.
    Date,
    /// A standing rule denies it.
    Rule,
    /// The consent does not hold yet.
    NotYet,
    /// The consent has expired.
    Expired,
    /// The consent was taken back.
    Revoked,
}

impl Because {
    /// Every one, in the order of its bit.
    pub const ALL: &[Self] = &[
        Self::Category,
        Self::NotNamed,
        Self::Withheld,
        Self::Label,
        Self::FreeText,
        Self::Date,
        Self::Rule,
        Self::NotYet,
        Self::Expired,
        Self::Revoked,
    ];

    /// Returns the word it is written with.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::NotNamed => "not-named",
            Self::Withheld => "withheld",
            Self::Label => "label",
            Self::FreeText => "free-text",
            Self::Date => "date",
            Self::Rule => "rule",
            Self::NotYet => "not-yet",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Everything that speaks against the release of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Reasons(u16);

impl Reasons {
    /// Says whether nothing speaks against it: the record is released.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Says whether this is one of the reasons.
    #[must_use]
    pub const fn contains(self, because: Because) -> bool {
        self.0 & 1 << because as u16 != 0
    }

    /// Iterates over the reasons in their order.
    pub fn iter(self) -> impl Iterator<Item = Because> {
        Because::ALL.iter().copied().filter(move |because| self.contains(*because))
    }

    fn add_if(&mut self, holds: bool, because: Because) {
        self.0 |= u16::from(holds) << because as u16;
    }
}

/// Decides whether a record is released: it is when no reason stands against it.
#[must_use]
pub fn decide(
    record: &Candidate,
    grant: &Grant,
    reader: Reader,
    rules: &[Rule],
    revoked: bool,
    now: Timestamp,
) -> Reasons {
    let rules = || rules.iter().filter(|rule| rule.applies_to(reader));
    let denied = rules().fold(grant.denied(), |denied, rule| denied.union(rule.labels));
    let ruled = |rule: &Rule| {
        rule.labels.intersects(record.labels) || rule.categories.contains(record.category)
    };
    let unread = record.free_text && !record.confirmed;
    let outside = match (grant.dates(), record.date) {
        (Some(range), Some(date)) => !range.meets(date),
        _ => false,
    };
    let named = grant.only().is_empty() || grant.only().binary_search(&record.id).is_ok();
    let withheld = grant.withheld().binary_search(&record.id).is_ok();

    let mut reasons = Reasons::default();
    reasons.add_if(!grant.categories().contains(record.category), Because::Category);
    reasons.add_if(!named, Because::NotNamed);
    reasons.add_if(withheld, Because::Withheld);
    reasons.add_if(grant.denied().intersects(record.labels), Because::Label);
    reasons.add_if(unread && !denied.is_empty(), Because::FreeText);
    reasons.add_if(outside, Because::Date);
    reasons.add_if(rules().any(ruled), Because::Rule);
    reasons.add_if(now < grant.not_before(), Because::NotYet);
    reasons.add_if(grant.expires_at() <= now, Because::Expired);
    reasons.add_if(revoked, Because::Revoked);
    reasons
}

const ROOM: usize = 128;
