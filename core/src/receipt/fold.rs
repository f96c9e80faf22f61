//! The log of every access, short enough to be read: what nothing is wrong with is told in one line
//! for each reader, consent, purpose and kind of reading.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::reconcile::Why;
use super::{AccessReceipt, Act, ReceiptId};
use crate::consent::{ConsentId, Purpose};
use crate::host::Timestamp;
use crate::keys::VerifyingKey;
use crate::order;
use crate::record::Text;

/// How a record was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    /// By a person, the first time or again.
    Person,
    /// By a machine.
    Machine,
    /// To mark what the patient corrected.
    Notice,
}

impl LineKind {
    /// Every one, in its order.
    pub const ALL: &[Self] = &[Self::Person, Self::Machine, Self::Notice];

    /// Returns the word it is written with.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Machine => "machine",
            Self::Notice => "notice",
        }
    }
}

impl From<&Act> for LineKind {
    fn from(act: &Act) -> Self {
        match act {
            Act::Opened(_) | Act::Read => Self::Person,
            Act::Machine => Self::Machine,
            Act::NoticeApplied(_) => Self::Notice,
        }
    }
}

/// One line of the log: several accesses that nothing is wrong with, or one that is flagged.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// The key that signed.
    pub reader: VerifyingKey,
    /// The reader's name.
    pub name: Text,
    /// Under which consent.
    pub consent: ConsentId,
    /// What for.
    pub purpose: Purpose,
    /// How.
    pub kind: LineKind,
    /// When the first was.
    pub first: Timestamp,
    /// When the last was.
    pub last: Timestamp,
    /// The receipts, the oldest first.
    pub receipts: Vec<ReceiptId>,
    /// What is wrong with it; empty for a line that tells of several.
    pub why: Vec<Why>,
}

/// Folds accesses into lines, the latest first; `whys` go with the accesses.
pub(super) fn fold(
    accesses: &[&AccessReceipt],
    whys: &[Vec<Why>],
    name: impl Fn(&AccessReceipt) -> Text,
) -> Vec<LogLine> {
    let mut all: Vec<_> = accesses.iter().zip(whys).collect();
    order::sort_by_key(&mut all, |(access, _)| (access.at(), access.number(), access.id()));
    let mut lines: Vec<LogLine> = Vec::new();
    let mut open: BTreeMap<_, usize> = BTreeMap::new();
    for (access, why) in all {
        let kind = LineKind::from(&access.act());
        let key = (access.reader().to_sec1(), access.consent(), access.purpose().code(), kind);
        let line = open.get(&key).and_then(|at| lines.get_mut(*at)).filter(|_| why.is_empty());
        if let Some(line) = line {
            line.last = access.at();
            line.receipts.push(access.id());
            continue;
        }
        if why.is_empty() {
            open.insert(key, lines.len());
        }
        lines.push(LogLine {
            reader: *access.reader(),
            name: name(access),
            consent: access.consent(),
            purpose: access.purpose(),
            kind,
            first: access.at(),
            last: access.at(),
            receipts: vec![access.id()],
            why: why.clone(),
        });
    }
    order::sort_by_key(&mut lines, |line| Reverse(line.last));
    lines
}
