//! The audit log: what happened to the records, in a form that cannot be changed unnoticed.
//!
//! ```text
//! effect -> entry -> salt || entry -> leaf ─┐
//!                                           ├─ tree ─> root ─> checkpoint, signed by pmw://audit
//!                          earlier leaves ──┘
//! ```
//! Entries name records by id only. A checkpoint, a proof and an erasure statement are files that
//! [`verify`] judges without any wallet. Bytes: docs/formats.md, audit log.

mod entry;
pub(crate) mod log;
mod tree;

use crate::codec::Malformed;
use crate::keys::KeyError;

pub use entry::{Actor, AuditEntry, AuditId, AuditKind, Salted};
pub use tree::{
    Frontier, Hash, Nodes, Unproven, consistency_path, empty_root, inclusion_path, leaf_hash,
    node_hash, root_at, subtree_hash, verify_consistency, verify_inclusion,
};

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
