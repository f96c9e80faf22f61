//! The index in memory: everything the headers say, built at unlock, wiped at lock.
//!
//! Entries only grow; what follows from them (order, postings, inherited labels) is made when a
//! query first needs it and dropped by a change, so that it cannot disagree with them.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::slice;

use crate::order;
use crate::record::{
    Category, Identity, IdentityKind, LabelSet, RecordId, RefKey, SensitivityLabel, Text,
};
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
    /// Records of type Patient.
    patients: Vec<RecordId>,
    holders: OnceCell<Holders>,
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
        if versions.is_empty() && entry.version.kind.as_str() == "Patient" {
            self.patients.push(entry.version.record);
        }
        if let Some(holders) = self.holders.get_mut() {
            holders.add(&entry.version);
        }
        versions.insert(after, self.entries.len());
        self.entries.push(entry);
        self.derived.take();
        Ok(())
    }

    /// Notes that a bucket has moved to another epoch.
    pub(crate) fn moved(&mut self, bucket: u8, epoch: u32) {
        for entry in self.entries.iter_mut().filter(|entry| entry.place.bucket == bucket) {
            entry.place.epoch = epoch;
        }
    }

    /// Forgets a record.
    pub(crate) fn remove(&mut self, record: RecordId) {
        let Some(mut gone) = self.versions.remove(&record) else { return };
        order::sort(&mut gone);
        self.entries.retain(|entry| entry.version.record != record);
        // Whatever stood behind an entry that is gone has moved up.
        for at in self.versions.values_mut().flatten() {
            *at -= gone.partition_point(|removed| removed < at);
        }
        self.patients.retain(|patient| *patient != record);
        self.holders.take();
        self.derived.take();
    }

    /// Gives every version, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
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

    /// Gives the records of type Patient.
    pub(crate) fn patients(&self) -> &[RecordId] {
        &self.patients
    }

    /// Tells which record has an identity.
    pub(crate) fn holder(&self, identity: &Identity) -> Holder {
        let holders = self.holders.get_or_init(|| {
            let mut holders = Holders::default();
            self.entries.iter().for_each(|entry| holders.add(&entry.version));
            holders
        });
        holders.of(identity)
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
    pub(crate) fn find<'a>(&'a self, filter: &'a Filter) -> impl Iterator<Item = &'a Entry> {
        let derived = self.derived();
        let ranks = match &filter.code {
            Some(code) => Ranks::Of(derived.with_code(self.hash_of(code)).iter()),
            None => Ranks::All(0..derived.newest.len()),
        };
        ranks
            .filter_map(|rank| self.entries.get(*derived.newest.get(rank)?))
            .filter(|entry| filter.admits(entry, || self.labels(entry)))
    }

    /// Gives one page of what [`Index::find`] finds, and how many that are.
    pub(crate) fn page(
        &self,
        filter: &Filter,
        offset: usize,
        limit: usize,
    ) -> (Vec<RecordId>, usize) {
        if let Some(code) = filter.code.as_ref().filter(|_| filter.is_only_code()) {
            let derived = self.derived();
            let found = derived.with_code(self.hash_of(code));
            let page = found.iter().skip(offset).take(limit);
            let ids = page.filter_map(|(_, rank)| derived.ids.get(*rank).copied());
            return (ids.collect(), found.len());
        }
        let mut total = 0;
        let mut ids = Vec::new();
        for entry in self.find(filter) {
            if total >= offset && ids.len() < limit {
                ids.push(entry.version.record);
            }
            total += 1;
        }
        (ids, total)
    }

    fn derived(&self) -> &Derived {
        self.derived.get_or_init(|| Derived::new(self))
    }

    fn hash_of(&self, code: &WantedCode) -> u64 {
        self.hash(code.system.as_ref().map_or("", Text::as_str), code.code.as_str())
    }

    fn hash(&self, system: &str, code: &str) -> u64 {
        self.hasher.hash_one((system, code))
    }
}

/// Which record has an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Nobody,
    One(RecordId),
    /// A business identifier that more than one record holds identifies none.
    Many,
}

/// Every identity that some version has, and whose it is.
#[derive(Debug, Default)]
pub(crate) struct Holders(HashMap<(IdentityKind, [u8; 16]), Holder>);

impl Holders {
    /// Takes the identities of a version in.
    pub(crate) fn add(&mut self, version: &Version) {
        for identity in &version.facts.identities {
            let one = Holder::One(version.record);
            let holder = self.0.entry((identity.kind, identity.key)).or_insert(one);
            if identity.kind == IdentityKind::Identifier && *holder != one {
                *holder = Holder::Many;
            }
        }
    }

    /// Tells whose an identity is.
    pub(crate) fn of(&self, identity: &Identity) -> Holder {
        self.0.get(&(identity.kind, identity.key)).copied().unwrap_or(Holder::Nobody)
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
    const fn is_only_code(&self) -> bool {
        self.category.is_none()
            && self.label.is_none()
            && !self.unclassified
            && self.from.is_none()
            && self.to.is_none()
    }

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
    /// Their records, in the same order.
    ids: Vec<RecordId>,
    /// Keyed hash of a code, with and without its system, and rank in `newest`; sorted.
    codes: Vec<(u64, usize)>,
    /// Labels of the records that a record refers to, at any distance.
    inherited: HashMap<RecordId, LabelSet>,
}

impl Derived {
    fn new(index: &Index) -> Self {
        let latest = |versions: &Vec<usize>| {
            let at = *versions.last()?;
            let entry = index.entries.get(at)?;
            let date = entry.version.facts.date.as_ref().map(|date| date.start());
            Some((Reverse(date), Reverse(entry.place.seq()), at))
        };
        let mut sorted: Vec<_> = index.versions.values().filter_map(latest).collect();
        order::sort(&mut sorted);
        let newest: Vec<usize> = sorted.into_iter().map(|(_, _, at)| at).collect();
        let mut codes = Vec::with_capacity(newest.len() * 2);
        for (rank, at) in newest.iter().enumerate() {
            for code in index.entries.get(*at).map_or(&[][..], |entry| &entry.version.facts.codes) {
                let (system, code) = (code.system.as_str(), code.code.as_str());
                codes.push((index.hash(system, code), rank));
                codes.push((index.hash("", code), rank));
            }
        }
        order::sort(&mut codes);
        codes.dedup();
        let record = |at: &usize| index.entries.get(*at).map(|entry| entry.version.record);
        let ids = newest.iter().filter_map(record).collect();
        Self { newest, ids, codes, inherited: inherit(index) }
    }

    /// Gives the ranks of the records with a code.
    fn with_code(&self, hash: u64) -> &[(u64, usize)] {
        let from = self.codes.partition_point(|(other, _)| *other < hash);
        let to = self.codes.partition_point(|(other, _)| *other <= hash);
        self.codes.get(from..to).unwrap_or_default()
    }
}

/// Ranks to look at, newest first.
enum Ranks<'a> {
    All(Range<usize>),
    Of(slice::Iter<'a, (u64, usize)>),
}

impl Iterator for Ranks<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        match self {
            Self::All(ranks) => ranks.next(),
            Self::Of(ranks) => ranks.next().map(|(_, rank)| *rank),
        }
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
    order::sort_by_key(&mut referrers, |(key, _)| *key);
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

#[cfg(test)]
mod tests;
