//! Numbers in a resource that tell how many parts it has, or had before some were left out.

use super::super::json::{Fields, Json};
use crate::order;

/// What a number says about the parts of its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is the `sequence` of one of them.
    Sequence,
    /// It is the number of them.
    Total,
    /// It is the place of one of them among the others.
    Rank,
}

impl Kind {
    /// Finds the kind that the table calls by this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "sequence" => Some(Self::Sequence),
            "total" => Some(Self::Total),
            "rank" => Some(Self::Rank),
            _ => None,
        }
    }
}

/// The parts of one resource that its numbers can be about.
#[derive(Debug)]
pub(super) struct Numbers<'a>(Vec<Parts<'a>>);

#[derive(Debug)]
struct Parts<'a> {
    name: &'static str,
    total: usize,
    /// Up to where every rank from one on is there.
    ranks: usize,
    /// In order.
    sequences: Vec<&'a str>,
}

impl<'a> Numbers<'a> {
    /// Counts the parts of a resource.
    pub(super) fn of(fields: &Fields<'a>) -> Self {
        let kind = fields.text("resourceType");
        let parts = kind.map_or(&[][..], |kind| parts_of(kind.as_str()));
        Self(parts.iter().map(|name| Parts::of(name, fields.find(name))).collect())
    }

    /// Says whether a number is about parts that are there.
    pub(super) fn has(&self, kind: Kind, part: &str, number: &str) -> bool {
        let Some(parts) = self.0.iter().find(|parts| parts.name == part) else { return false };
        let value = number.parse::<usize>().ok();
        match kind {
            Kind::Sequence => parts.sequences.binary_search(&number).is_ok(),
            Kind::Total => value == Some(parts.total),
            Kind::Rank => value.is_some_and(|rank| rank <= parts.ranks),
        }
    }
}

impl<'a> Parts<'a> {
    fn of(name: &'static str, value: Option<Json<'a>>) -> Self {
        let (mut total, mut ranks, mut sequences) = (0, Vec::new(), Vec::new());
        for part in value.and_then(Json::array).into_iter().flatten() {
            total += 1;
            let number = |name| part.member(name).and_then(Json::number);
            ranks.extend(number("rank").and_then(|rank| rank.parse::<usize>().ok()));
            sequences.extend(number("sequence"));
        }
        order::sort(&mut sequences);
        order::sort(&mut ranks);
        ranks.dedup();
        let ranks = (1..).zip(ranks).take_while(|(place, rank)| place == rank).count();
        Self { name, total, ranks, sequences }
    }
}

/// Returns the parts that something in a resource of this type counts or points to.
fn parts_of(kind: &str) -> &'static [&'static str] {
    match kind {
        "Bundle" => &["entry"],
        "Claim" | "ExplanationOfBenefit" => {
            &["careTeam", "diagnosis", "item", "procedure", "supportingInfo"]
        }
        "CoverageEligibilityRequest" => &["supportingInfo"],
        "Encounter" | "EpisodeOfCare" => &["diagnosis"],
        "Group" => &["member"],
        _ => &[],
    }
}
