//! How well the wallet finds what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use patient_wallet::receipt::{About, Why, reconcile};

use crate::scene::{Label, Played};

/// What was found of what there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Wrong and found.
    pub(crate) found: u64,
    /// Wrong and not found.
    pub(crate) missed: u64,
    /// Not wrong, and flagged.
    pub(crate) unfounded: u64,
}

impl Tally {
    /// Gives how much of what is wrong is found.
    pub(crate) fn recall(self) -> f64 {
        ratio(self.found, self.missed)
    }

    /// Gives how much of what is flagged is wrong.
    pub(crate) fn precision(self) -> f64 {
        ratio(self.found, self.unfounded)
    }

    fn add(&mut self, is_wrong: bool, is_flagged: bool) {
        match (is_wrong, is_flagged) {
            (true, true) => self.found += 1,
            (true, false) => self.missed += 1,
            (false, true) => self.unfounded += 1,
            (false, false) => {}
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a corpus is far smaller than 2^52")]
fn ratio(part: u64, rest: u64) -> f64 {
    if part + rest == 0 { 1.0 } else { part as f64 / (part + rest) as f64 }
}

/// The figures of a corpus.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) scenes: u64,
    pub(crate) accesses: u64,
    /// Of accesses, whatever is wrong with them.
    pub(crate) of_accesses: Tally,
    /// Of reasons, all of them.
    pub(crate) of_reasons: Tally,
    pub(crate) by_reason: BTreeMap<&'static str, Tally>,
}

impl Figures {
    /// Asks the wallet about a scene, and counts.
    pub(crate) fn take(&mut self, played: &Played) {
        let told = reconcile(&played.facts, played.now);
        let flagged: BTreeSet<Label> = told
            .flagged
            .iter()
            .flat_map(|flag| {
                flag.why.iter().map(|why| (flag.reader.to_sec1(), flag.about, why.word()))
            })
            .collect();
        self.scenes += 1;
        self.accesses += told.accesses as u64;
        for word in Why::WORDS {
            let _ = self.by_reason.entry(word).or_default();
        }
        for label in played.labels.union(&flagged) {
            let (is_wrong, is_flagged) = (played.labels.contains(label), flagged.contains(label));
            self.of_reasons.add(is_wrong, is_flagged);
            self.by_reason.entry(label.2).or_default().add(is_wrong, is_flagged);
        }
        let accesses = |labels: &BTreeSet<Label>| -> BTreeSet<_> {
            let accesses = labels.iter().filter(|label| matches!(label.1, About::Access(_)));
            accesses.map(|(reader, about, _)| (*reader, *about)).collect()
        };
        let (wrong, flagged) = (accesses(&played.labels), accesses(&flagged));
        for access in wrong.union(&flagged) {
            self.of_accesses.add(wrong.contains(access), flagged.contains(access));
        }
    }
}
