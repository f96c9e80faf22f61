//! The index in memory: everything the headers say, built at unlock, wiped at lock.
//!
//! Entries only grow; what follows from them (order, postings, inherited labels) is made when a
//! query first needs it and dropped by a change, so that it cannot disagree with them.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::record::{Category, LabelSet, RecordId, RefKey, SensitivityLabel, Text};
use crate::vault::VaultError;
use crate::vault::cipher::Place;
use crate::vault::version::{Traits, Version};

/// One row of `ver`, as the index holds it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) version: Version,
}

/// The entries of a vault and the ways to find one.
#[derive(Debug, Default)]
pub(crate) struct Index {
    entries: Vec<Entry>,
    versions: HashMap<RecordId, Vec<usize>>,
    derived: OnceCell<Derived>,
    hasher: RandomState,
}

impl Index {
    /// Takes an entry in.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when that version of that record is already there.
    pub(crate) fn add(&mut self, entry: Entry) -> Result<(), VaultError> {
        let versions = self.versions.entry(entry.version.record).or_default();
        let number = entry.version.number;
        let after = versions.partition_point(|at| {
            self.entries.get(*at).is_some_and(|other| other.version.number < number)
        });
        let taken = versions.get(after).and_then(|at| self.entries.get(*at));
        if taken.is_some_and(|other| other.version.number == number) {
            return Err(VaultError::Damaged);
        }
        versions.insert(after, self.entries.len());
        self.entries.push(entry);
        self.derived.take();
        Ok(())
    }

    /// Gives the number of versions.
    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Gives the number of records.
    pub(crate) fn records(&self) -> usize {
        self.versions.len()
    }

    /// Gives the versions of a record, first to last; empty for a record that is not there.
    pub(crate) fn history(&self, record: RecordId) -> impl DoubleEndedIterator<Item = &Entry> {
        let versions = self.versions.get(&record).map_or(&[][..], Vec::as_slice);
        versions.iter().filter_map(|at| self.entries.get(*at))
    }

    /// Gives the latest version of a record.
    pub(crate) fn current(&self, record: RecordId) -> Option<&Entry> {
        self.history(record).next_back()
    }

    /// Gives every version, in no order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Gives the latest version of every record, in no order.
    pub(crate) fn currents(&self) -> impl Iterator<Item = &Entry> {
        self.versions
            .values()
            .filter_map(|versions| versions.last().and_then(|at| self.entries.get(*at)))
    }

    /// Gives the records whose id starts with some hex digits, at most two of them.
    pub(crate) fn starting_with(&self, digits: &str) -> Vec<RecordId> {
        let matches = |id: &&RecordId| id.to_string().starts_with(digits);
        self.versions.keys().filter(matches).take(2).copied().collect()
    }

    /// Gives the labels in force for a version: its own, inherited and the patient's.
    pub(crate) fn labels(&self, entry: &Entry) -> LabelSet {
        let inherited = self.derived().inherited.get(&entry.version.record).copied();
        entry.version.labels.in_force(inherited.unwrap_or_default())
    }

    /// Finds current versions, newest first.
    pub(crate) fn find<'a>(
        &'a self,
        filter: &'a Filter,
    ) -> Box<dyn Iterator<Item = &'a Entry> + 'a> {
        let derived = self.derived();
        let entry = |rank: &u32| -> Option<&'a Entry> {
            let at = derived.newest.get(usize::try_from(*rank).ok()?)?;
            self.entries.get(*at)
        };
        let rest = move |entry: &&'a Entry| filter.admits(entry, || self.labels(entry));
        if let Some(code) = &filter.code {
            let hash = self.hash(code.system.as_ref().map_or("", Text::as_str), code.code.as_str());
            let from = derived.codes.partition_point(|(other, _)| *other < hash);
            let found = derived.codes.get(from..).unwrap_or_default();
            let found = found.iter().take_while(move |(other, _)| *other == hash);
            return Box::new(found.filter_map(move |(_, rank)| entry(rank)).filter(rest));
        }
        let all = derived.newest.iter().filter_map(|at| self.entries.get(*at));
        Box::new(all.filter(rest))
    }

    fn derived(&self) -> &Derived {
        self.derived.get_or_init(|| Derived::new(self))
    }

    fn hash(&self, system: &str, code: &str) -> u64 {
        self.hasher.hash_one((system, code))
    }
}

/// What a query asks of a version; what is not set admits everything.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    pub(crate) category: Option<Category>,
    pub(crate) label: Option<SensitivityLabel>,
    pub(crate) unclassified: bool,
    pub(crate) code: Option<WantedCode>,
    /// First second inside.
    pub(crate) from: Option<i64>,
    /// First second outside.
    pub(crate) to: Option<i64>,
}

/// A code to look for, in one system or in any.
#[derive(Debug)]
pub(crate) struct WantedCode {
    pub(crate) system: Option<Text>,
    pub(crate) code: Text,
}

impl Filter {
    fn admits(&self, entry: &Entry, labels: impl FnOnce() -> LabelSet) -> bool {
        let version = &entry.version;
        let date = version.facts.date.as_ref();
        self.category.is_none_or(|category| version.category == category)
            && self.from.is_none_or(|from| date.is_some_and(|date| date.end() > from))
            && self.to.is_none_or(|to| date.is_some_and(|date| date.start() < to))
            && (!self.unclassified || !version.traits.is_classified())
            && self.label.is_none_or(|label| labels().contains(label))
    }
}

impl Traits {
    /// Tells whether a code set or the patient classified the version.
    pub(crate) const fn is_classified(self) -> bool {
        self.has(Self::CLASSIFIED) || self.has(Self::CONFIRMED)
    }
}

/// What follows from the entries.
#[derive(Debug)]
struct Derived {
    /// Places of the current versions among the entries, newest first.
    newest: Vec<usize>,
    /// Keyed hash of a code, with and without its system, and rank in `newest`; sorted.
    codes: Vec<(u64, u32)>,
    /// Labels of the records that a record refers to, at any distance.
    inherited: HashMap<RecordId, LabelSet>,
}

impl Derived {
    fn new(index: &Index) -> Self {
        let latest = |versions: &Vec<usize>| {
            let at = *versions.last()?;
            let entry = index.entries.get(at)?;
            let date = entry.version.facts.date.as_ref().map(|date| date.start());
            Some((Reverse(date), Reverse(entry.place.seq), at))
        };
        let mut sorted: Vec<_> = index.versions.values().filter_map(latest).collect();
        sorted.sort_unstable();
        let newest: Vec<usize> = sorted.into_iter().map(|(_, _, at)| at).collect();
        let mut codes = Vec::with_capacity(newest.len() * 2);
        for (rank, at) in (0_u32..).zip(&newest) {
            for code in index.entries.get(*at).map_or(&[][..], |entry| &entry.version.facts.codes) {
                let (system, code) = (code.system.as_str(), code.code.as_str());
                codes.push((index.hash(system, code), rank));
                codes.push((index.hash("", code), rank));
            }
        }
        codes.sort_unstable();
        codes.dedup();
        Self { newest, codes, inherited: inherit(index) }
    }
}

/// Carries labels from every record to those that refer to it, until nothing changes.
fn inherit(index: &Index) -> HashMap<RecordId, LabelSet> {
    let mut inherited: HashMap<RecordId, LabelSet> = HashMap::new();
    let mut waiting: Vec<&Entry> = index
        .currents()
        .filter(|entry| !entry.version.labels.in_force(LabelSet::default()).is_empty())
        .collect();
    if waiting.is_empty() {
        return inherited;
    }
    let mut referrers: Vec<(RefKey, &Entry)> = Vec::new();
    for entry in index.currents() {
        referrers.extend(entry.version.facts.references.iter().map(|key| (*key, entry)));
    }
    referrers.sort_unstable_by_key(|(key, _)| *key);
    while let Some(entry) = waiting.pop() {
        let known = inherited.get(&entry.version.record).copied().unwrap_or_default();
        let labels = entry.version.labels.in_force(known);
        for key in &entry.version.facts.reference_keys {
            let from = referrers.partition_point(|(other, _)| other < key);
            let all = referrers.get(from..).unwrap_or_default().iter();
            for (_, referrer) in all.take_while(|(other, _)| other == key) {
                let theirs = inherited.entry(referrer.version.record).or_default();
                let united = theirs.union(labels);
                if united != *theirs {
                    *theirs = united;
                    waiting.push(referrer);
                }
            }
        }
    }
    inherited
}
