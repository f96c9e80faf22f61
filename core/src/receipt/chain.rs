//! The chain of one reader's receipts for one patient: numbered from 1, each naming the one before.
//!
//! A receipt that was kept back leaves a gap, one that was exchanged a fork. What was cut off at
//! the end shows only where a receipt is owed.

use std::collections::BTreeMap;

use super::AccessReceipt;
use super::reconcile::{SKEW, Why};
use crate::host::Timestamp;
use crate::order;

/// Receipts that are missing from a chain.
pub(super) struct Gap<'a> {
    /// The first receipt after them.
    pub(super) next: &'a AccessReceipt,
    /// The number of the first of them.
    pub(super) number: u64,
    pub(super) why: Why,
}

/// Checks every chain: adds to `whys`, which go with the accesses, and gives the gaps.
pub(super) fn check<'a>(accesses: &[&'a AccessReceipt], whys: &mut [Vec<Why>]) -> Vec<Gap<'a>> {
    let mut chains: BTreeMap<_, Vec<(&AccessReceipt, &mut Vec<Why>)>> = BTreeMap::new();
    for (access, why) in accesses.iter().zip(whys) {
        let chain = (access.reader().to_sec1(), *access.patient().as_bytes());
        chains.entry(chain).or_default().push((access, why));
    }
    chains.into_values().flat_map(check_one).collect()
}

fn check_one<'a>(mut chain: Vec<(&'a AccessReceipt, &mut Vec<Why>)>) -> Vec<Gap<'a>> {
    order::sort_by_key(&mut chain, |(access, _)| (access.number(), access.at()));
    let mut gaps = Vec::new();
    let mut last: Vec<&AccessReceipt> = Vec::new();
    for same in chain.chunk_by_mut(|(one, _), (other, _)| one.number() == other.number()) {
        let Some(next) = same.first().map(|(access, _)| *access) else { continue };
        let expected = last.first().map_or(1, |before| before.number().saturating_add(1));
        if next.number() > expected {
            let after = last.iter().map(|access| access.at()).max();
            let missing = next.number() - expected;
            let why = Why::Gap { after, before: next.at(), missing };
            gaps.push(Gap { next, number: expected, why });
        }
        let is_forked = same.len() > 1;
        for (access, why) in same.iter_mut() {
            if is_forked {
                why.push(Why::Forked);
            }
            if next.number() == expected && !follows(access, &last) || is_before(access.at(), &last)
            {
                why.push(Why::Reordered);
            }
        }
        last = same.iter().map(|(access, _)| *access).collect();
    }
    gaps
}

/// Says whether a receipt names one of those before it, or is the first and names none.
fn follows(access: &AccessReceipt, last: &[&AccessReceipt]) -> bool {
    match &access.previous() {
        None => last.is_empty(),
        Some(previous) => last.iter().any(|before| before.id() == *previous),
    }
}

/// Says whether a time lies before that of every one of some receipts, by more than clocks differ.
fn is_before(at: Timestamp, last: &[&AccessReceipt]) -> bool {
    let earliest = last.iter().map(|before| before.at().unix()).min();
    earliest.is_some_and(|earliest| at.unix().saturating_add(SKEW) < earliest)
}
