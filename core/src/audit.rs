//! The audit log: what happened to the records, in a form that cannot be changed unnoticed.
//!
//! ```text
//! effect -> entry -> salt || entry -> leaf ─┐
//!                                           ├─ tree ─> root ─> checkpoint, signed by pmw://audit
//!                          earlier leaves ──┘
//! ```
//! Entries name records by id only. A checkpoint, a proof and an erasure statement are files that
//! [`verify`] judges without any wallet. Bytes: docs/formats.md 6 and 7.

mod checkpoint;
mod entry;
mod erasure;
mod kind;
pub(crate) mod log;
mod proof;
mod tree;

use std::collections::BTreeMap;

use crate::codec::Malformed;
use crate::keys::{KeyError, SignedKind, VerifyingKey};

pub use crate::vault::state::Head;
pub use checkpoint::{Checkpoint, LogId, Stamp};
pub use entry::{Actor, AuditEntry, AuditId, Salted};
pub use erasure::{Destroyed, ErasureStatement, MayRemain, Subject};
pub use kind::AuditKind;
pub use proof::{Continuation, ProvenContinuation, ProvenEntry};
pub use tree::{
    Frontier, Hash, Nodes, Unproven, consistency_path, empty_root, inclusion_path, leaf_hash,
    node_hash, root_at, subtree_hash, verify_consistency, verify_inclusion,
};

/// What one audit file shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A key signed the state of a log.
    Checkpoint(Checkpoint),
    /// An entry stands in a log whose state was signed.
    Entry(ProvenEntry),
    /// A log continues an earlier one.
    Continuation(ProvenContinuation),
    /// A key signed that something was destroyed.
    Erasure(ErasureStatement),
}

/// Verifies audit files of any kinds with no wallet: each by itself, and that no two contradict
/// each other. The findings stand in the order of the files.
///
/// Whose key signed is for the reader to compare: the files only show that it is one and the same.
///
/// # Errors
/// [`Refused`] at the first file that does not hold, or that contradicts one before it.
pub fn verify(files: &[&[u8]]) -> Result<Vec<Finding>, Refused> {
    let mut known = Known::default();
    let judge = |(file, bytes): (usize, &&[u8])| {
        let finding = judge(bytes).and_then(|finding| known.add(&finding).map(|()| finding));
        finding.map_err(|error| Refused { file, error })
    };
    files.iter().enumerate().map(judge).collect()
}

fn judge(bytes: &[u8]) -> Result<Finding, AuditError> {
    match SignedKind::of(bytes) {
        Some(SignedKind::Checkpoint) => Checkpoint::verify(bytes).map(Finding::Checkpoint),
        Some(SignedKind::Erasure) => ErasureStatement::verify(bytes).map(Finding::Erasure),
        Some(_) => Err(AuditError::Invalid),
        None => match proof::is_inclusion(bytes) {
            Some(true) => ProvenEntry::verify(bytes).map(Finding::Entry),
            Some(false) => ProvenContinuation::verify(bytes).map(Finding::Continuation),
            None => Err(AuditError::Invalid),
        },
    }
}

/// A log of one incarnation under the key that signs for it.
type Incarnation = ([u8; 33], LogId, [u8; 8]);

/// What has been signed about logs: a log has one root at each size, and one parent.
#[derive(Default)]
struct Known {
    roots: BTreeMap<(Incarnation, u64), Hash>,
    parents: BTreeMap<Incarnation, Option<Head>>,
}

impl Known {
    fn add(&mut self, finding: &Finding) -> Result<(), AuditError> {
        match finding {
            Finding::Checkpoint(checkpoint) => self.add_checkpoint(checkpoint),
            Finding::Entry(proven) => self.add_checkpoint(proven.checkpoint()),
            Finding::Continuation(proven) => {
                self.add_checkpoint(proven.earlier())?;
                self.add_checkpoint(proven.later())
            }
            Finding::Erasure(statement) => {
                let stamp = statement.stamp();
                self.add_head(statement.signer(), stamp.log(), stamp.head())
            }
        }
    }

    fn add_checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<(), AuditError> {
        let (signer, log, head) =
            (checkpoint.signer(), checkpoint.stamp().log(), checkpoint.head());
        self.add_head(signer, log, head)?;
        let parent = checkpoint.parent();
        parent.map_or(Ok(()), |parent| self.add_head(signer, log, parent))?;
        let incarnation = (signer.to_sec1(), log, *head.incarnation());
        let known = self.parents.entry(incarnation).or_insert_with(|| parent.copied());
        if known.as_ref() == parent { Ok(()) } else { Err(AuditError::Forked) }
    }

    fn add_head(
        &mut self,
        signer: &VerifyingKey,
        log: LogId,
        head: &Head,
    ) -> Result<(), AuditError> {
        let place = ((signer.to_sec1(), log, *head.incarnation()), head.size());
        let known = self.roots.entry(place).or_insert_with(|| *head.root());
        if known == head.root() { Ok(()) } else { Err(AuditError::Forked) }
    }
}

/// The first of several files that does not hold, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Refused {
    file: usize,
    error: AuditError,
}

impl Refused {
    /// Returns which file it is, counted from 0.
    #[must_use]
    pub const fn file(&self) -> usize {
        self.file
    }

    /// Returns why.
    #[must_use]
    pub const fn error(&self) -> AuditError {
        self.error
    }
}

/// Why an audit file was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The bytes are damaged, of another kind, or not signed by the key that they name.
    #[error("this is not an intact checkpoint, proof or erasure statement")]
    Invalid,
    /// A path does not lead to the root that a checkpoint names.
    #[error("the proof does not show what it claims")]
    Unproven,
    /// A proof leads from one log to another, or over a restoration that the later does not name.
    #[error("the two checkpoints do not belong to one log that was continued")]
    Unrelated,
    /// One key signed two states of one log that exclude each other.
    #[error("two signed states of this log contradict each other: its history was changed")]
    Forked,
    /// The operating system gave no random bytes.
    #[error("the system gives no randomness")]
    Randomness,
}

impl AuditError {
    /// Every one, for the documentation and for tests.
    pub const ALL: &[Self] =
        &[Self::Invalid, Self::Unproven, Self::Unrelated, Self::Forked, Self::Randomness];

    /// Returns the stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid => "audit.invalid",
            Self::Unproven => "audit.unproven",
            Self::Unrelated => "audit.unrelated",
            Self::Forked => "audit.forked",
            Self::Randomness => "audit.randomness",
        }
    }
}

impl From<Refused> for AuditError {
    fn from(refused: Refused) -> Self {
        refused.error
    }
}

impl From<Unproven> for AuditError {
    fn from(_: Unproven) -> Self {
        Self::Unproven
    }
}

impl From<Malformed> for AuditError {
    fn from(_: Malformed) -> Self {
        Self::Invalid
    }
}

impl From<KeyError> for AuditError {
    fn from(_: KeyError) -> Self {
        Self::Invalid
    }
}
