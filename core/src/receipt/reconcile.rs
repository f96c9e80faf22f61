//! What readers signed, compared with what the patient gave: one function without a clock or a
//! vault.
//!
//! A flag says that somebody should look, not that somebody did wrong: a receipt may still be under
//! way, and a namesake is no relative. Rules, tolerances, and what receipts cannot show:
//! docs/reconcile.md.

mod rules;

use std::collections::HashMap;

use self::rules::Rules;
use super::chain;
use super::facts::{ConsentFacts, Facts};
use super::fold::{LogLine, fold};
use super::{AccessReceipt, Household, ReceiptId};
use crate::consent::{Alias, ConsentId};
use crate::disclosure::DisclosureId;
use crate::host::Timestamp;
use crate::keys::VerifyingKey;
use crate::order;
use crate::record::Text;

/// Why somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// No consent of this id was given to this key, or it did not hold yet.
    NoConsent,
    /// A record or a disclosure was not given under the consent, or not yet.
    OutOfScope,
    /// The consent had expired.
    AfterExpiry,
    /// The consent had been taken back.
    AfterRevocation,
    /// Not what the consent is for.
    WrongPurpose,
    /// Not the reader whom the consent names.
    WrongReader,
    /// Receipts of a reader are missing.
    Gap {
        /// When the last access before them was; `None` where they are the first.
        after: Option<Timestamp>,
        /// When the first access after them was.
        before: Timestamp,
        /// How many they are.
        missing: u64,
    },
    /// The reader signed two receipts of one number.
    Forked,
    /// It names another receipt than the one before it, or is of an earlier time.
    Reordered,
    /// No receipt says that a disclosure was opened, and it is owed.
    MissingReceipt,
    /// The reader had signed that everything was erased.
    AfterErasure,
    /// No statement says that everything was erased, and it is owed.
    MissingErasure,
    /// The reader did not answer a notice that a record was corrected.
    NoticeUnanswered,
    /// The reader has the patient's surname, or the name of somebody in the patient's record.
    Household,
}

impl Why {
    /// The words that they are written with, in their order.
    pub const WORDS: [&str; 14] = [
        "no-consent",
        "out-of-scope",
        "after-expiry",
        "after-revocation",
        "wrong-purpose",
        "wrong-reader",
        "gap",
        "forked",
        "reordered",
        "missing-receipt",
        "after-erasure",
        "missing-erasure",
        "notice-unanswered",
        "household",
    ];

    /// Returns the word it is written with.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoConsent => "no-consent",
            Self::OutOfScope => "out-of-scope",
            Self::AfterExpiry => "after-expiry",
            Self::AfterRevocation => "after-revocation",
            Self::WrongPurpose => "wrong-purpose",
            Self::WrongReader => "wrong-reader",
            Self::Gap { .. } => "gap",
            Self::Forked => "forked",
            Self::Reordered => "reordered",
            Self::MissingReceipt => "missing-receipt",
            Self::AfterErasure => "after-erasure",
            Self::MissingErasure => "missing-erasure",
            Self::NoticeUnanswered => "notice-unanswered",
            Self::Household => "household",
        }
    }
}

/// What a flag is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// An access that a receipt tells of.
    Access(ReceiptId),
    /// Receipts that are missing, of which the first would have this number.
    Missing(u64),
    /// A disclosure that nobody says was opened.
    Disclosure(DisclosureId),
    /// A consent under which everything should be erased.
    Consent(ConsentId),
    /// A notice that nobody answered.
    Notice([u8; 32]),
}

/// Something that the patient should look at.
#[derive(Clone, Debug)]
pub struct Flagged {
    /// What it is about.
    pub about: About,
    /// The reader's key.
    pub reader: VerifyingKey,
    /// The reader's name: as it was shown when a consent was given, or else as the reader says.
    pub name: Text,
    /// Who it was, where the reader says so.
    pub person: Option<Text>,
    /// The consent; `None` where several may be concerned.
    pub consent: Option<ConsentId>,
    /// The records: those out of scope where there are such, or else all of them.
    pub records: Vec<Alias>,
    /// When it was, or since when it is owed.
    pub at: Timestamp,
    /// Why; at least one.
    pub why: Vec<Why>,
}

/// What came of a comparison.
#[derive(Clone, Debug, Default)]
pub struct Reconciliation {
    /// How many accesses there were.
    pub accesses: usize,
    /// Every access, the latest first: folded where nothing is wrong.
    pub log: Vec<LogLine>,
    /// What the patient should look at, the latest first.
    pub flagged: Vec<Flagged>,
}

/// Compares what readers signed with what the patient gave.
#[must_use]
pub fn reconcile(facts: &Facts, now: Timestamp) -> Reconciliation {
    let mut accesses: Vec<&AccessReceipt> = facts.receipts.iter().collect();
    order::sort_by_key(&mut accesses, |receipt| receipt.id());
    accesses.dedup_by_key(|receipt| receipt.id());
    let names = Names::of(&facts.consents);
    let mut whys = vec![Vec::new(); accesses.len()];
    let mut flagged = Vec::new();
    let mut records = judge(facts, &accesses, &mut whys);
    for gap in chain::check(&accesses, &mut whys) {
        flagged.push(Flagged {
            about: About::Missing(gap.number),
            reader: *gap.next.reader(),
            name: names.of_reader(gap.next),
            person: None,
            consent: None,
            records: Vec::new(),
            at: gap.next.at(),
            why: vec![gap.why],
        });
    }
    find_household(&facts.household, &accesses, &mut whys);
    for (at, (access, why)) in
        accesses.iter().zip(&whys).enumerate().filter(|(_, (_, why))| !why.is_empty())
    {
        flagged.push(Flagged {
            about: About::Access(access.id()),
            reader: *access.reader(),
            name: names.of_reader(access),
            person: access.person().map(Text::from),
            consent: Some(access.consent()),
            records: records.remove(&at).unwrap_or_else(|| access.records().to_vec()),
            at: access.at(),
            why: why.clone(),
        });
    }
    rules::find_owed(facts, &accesses, now, &mut flagged);
    order::sort_by(&mut flagged, |one, other| (other.at, one.about).cmp(&(one.at, other.about)));
    let log = fold(&accesses, &whys, |access| names.of_reader(access));
    Reconciliation { accesses: accesses.len(), log, flagged }
}

/// An access with its place and what is wrong with it.
type Judged<'a> = (usize, &'a AccessReceipt, &'a mut Vec<Why>);

/// Judges each access by the consent that it names; gives which records are out of scope, by the
/// place of the access.
fn judge(
    facts: &Facts,
    accesses: &[&AccessReceipt],
    whys: &mut [Vec<Why>],
) -> HashMap<usize, Vec<Alias>> {
    let mut under: HashMap<ConsentId, Vec<Judged<'_>>> = HashMap::new();
    for (at, (access, why)) in accesses.iter().zip(whys).enumerate() {
        under.entry(access.consent()).or_default().push((at, access, why));
    }
    let mut outside = HashMap::new();
    for consent in &facts.consents {
        let Some(named) = under.remove(&consent.id) else { continue };
        let rules = Rules::of(consent);
        for (at, access, why) in named {
            let unread = rules.outside(access);
            rules.judge(access, !unread.is_empty(), why);
            if !unread.is_empty() {
                outside.insert(at, unread);
            }
        }
    }
    under.into_values().flatten().for_each(|(_, _, why)| why.push(Why::NoConsent));
    outside
}

/// Flags whoever may be of the patient's family or household; each name is looked at once.
fn find_household(household: &Household, accesses: &[&AccessReceipt], whys: &mut [Vec<Why>]) {
    let mut seen = HashMap::new();
    for (access, why) in accesses.iter().zip(whys) {
        let is_family = *seen.entry((access.name(), access.person())).or_insert_with(|| {
            household.has_reader(access.name())
                || access.person().is_some_and(|person| household.has_person(person))
        });
        if is_family {
            why.push(Why::Household);
        }
    }
}

/// The names of readers as they were shown to the patient.
struct Names<'a>(HashMap<[u8; 33], &'a Text>);

impl<'a> Names<'a> {
    fn of(consents: &'a [ConsentFacts]) -> Self {
        Self(consents.iter().map(|consent| (consent.reader.to_sec1(), &consent.name)).collect())
    }

    fn of_reader(&self, access: &AccessReceipt) -> Text {
        let known = self.0.get(&access.reader().to_sec1());
        known.map_or_else(|| Text::from(access.name()), |name| (*name).clone())
    }
}

/// How far the clocks of two devices may differ, in seconds: as for every signed object.
pub(super) const SKEW: u64 = 120;

#[cfg(test)]
mod tests;
