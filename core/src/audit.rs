//! The audit log: what happened to the records, in a form that cannot be changed unnoticed.
//!
//! ```text
//! effect -> entry -> salt || entry -> leaf ─┐
//!                                           ├─ tree ─> root ─> checkpoint, signed by pmw://audit
//!                          earlier leaves ──┘
//! ```
//! Entries name records by id only. A checkpoint, a proof and an erasure statement are files that
//! [`verify`] judges without any wallet. Bytes: docs/formats.md, audit log.

mod tree;

pub use tree::{
    Frontier, Hash, Nodes, Unproven, consistency_path, empty_root, inclusion_path, leaf_hash,
    node_hash, root_at, subtree_hash, verify_consistency, verify_inclusion,
};
