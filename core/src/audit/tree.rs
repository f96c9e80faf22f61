//! The log as a tree: RFC 9162, 2.1, with SHA-256.
//!
//! ```text
//!  frontier of 7:     [0..4]       [4..6]  [6]     complete subtrees, the largest first
//! ```
//! A log only grows. A root at any size and every path between sizes come from hashes of complete
//! subtrees, which never change. The two `verify_` functions take hostile input: bounded work, no
//! overflow, no allocation.

use sha2::{Digest, Sha256};

/// A hash of the tree.
pub type Hash = [u8; 32];

/// A proof that does not lead from what it starts with to the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not hold")]
pub struct Unproven;

/// Stored hashes of complete subtrees.
pub trait Nodes {
    /// Why a hash could not be read.
    type Error;

    /// Reads the hash over the leaves from `index * 2^height` up to `(index + 1) * 2^height`.
    ///
    /// # Errors
    /// [`Self::Error`] when it is not there.
    fn node(&self, height: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// Hashes a leaf: SHA-256(0x00 || data).
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

/// Hashes an inner node: SHA-256(0x01 || left || right).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// Returns the root of a log without entries: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// Hashes neighbours into the complete subtree above them; `None` unless they are a power of two.
#[must_use]
pub fn subtree_hash(hashes: &[Hash]) -> Option<Hash> {
    if !hashes.len().is_power_of_two() {
        return None;
    }
    let mut frontier = Frontier::default();
    for hash in hashes {
        frontier.push(*hash, |_, _, _| {});
    }
    frontier.peaks.first().copied()
}

/// What a growing log needs to know of itself: the roots of the largest complete subtrees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// From left to right, so the largest first: one for each bit of the size.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Reads the frontier of the first `size` leaves.
    ///
    /// # Errors
    /// What `nodes` answers.
    pub fn load<N: Nodes>(nodes: &N, size: u64) -> Result<Self, N::Error> {
        Ok(Self { size, peaks: peaks(nodes, 0, size)? })
    }

    /// Returns the number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Returns the root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold(&self.peaks).unwrap_or_else(empty_root)
    }

    /// Appends a leaf; `completed` gets height, index and hash of every subtree that it completes,
    /// the leaf itself first.
    pub fn push(&mut self, leaf: Hash, mut completed: impl FnMut(u8, u64, &Hash)) {
        let (mut height, mut index, mut hash) = (0, self.size, leaf);
        completed(height, index, &hash);
        while index & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            hash = node_hash(&left, &hash);
            (height, index) = (height + 1, index >> 1);
            completed(height, index, &hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }
}

/// Computes the root over the first `size` leaves.
///
/// # Errors
/// What `nodes` answers.
pub fn root_at<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    Ok(Frontier::load(nodes, size)?.root())
}

/// Makes the path from the leaf `index` to the root over `size` leaves (RFC 9162, 2.1.3.1);
/// `None` when there is no such leaf.
///
/// # Errors
/// What `nodes` answers.
pub fn inclusion_path<N: Nodes>(
    nodes: &N,
    index: u64,
    size: u64,
) -> Result<Option<Vec<Hash>>, N::Error> {
    if index >= size {
        return Ok(None);
    }
    let mut path = Vec::new();
    let (mut first, mut count) = (0, size);
    while count > 1 {
        let left = left_of(count);
        if index - first < left {
            path.push(range(nodes, first + left, count - left)?);
            count = left;
        } else {
            path.push(range(nodes, first, left)?);
            (first, count) = (first + left, count - left);
        }
    }
    path.reverse();
    Ok(Some(path))
}

/// Makes the path that shows that `to` leaves begin with the first `from` (RFC 9162, 2.1.4.1);
/// `None` when `from` is the larger.
///
/// # Errors
/// What `nodes` answers.
pub fn consistency_path<N: Nodes>(
    nodes: &N,
    from: u64,
    to: u64,
) -> Result<Option<Vec<Hash>>, N::Error> {
    if from > to {
        return Ok(None);
    }
    let mut path = Vec::new();
    let (mut first, mut count, mut known) = (0, to, from);
    while known > 0 && known < count {
        let left = left_of(count);
        if known <= left {
            path.push(range(nodes, first + left, count - left)?);
            count = left;
        } else {
            path.push(range(nodes, first, left)?);
            (first, count, known) = (first + left, count - left, known - left);
        }
    }
    // The verifier has the root of a part that starts at the first leaf.
    if first > 0 {
        path.push(range(nodes, first, count)?);
    }
    path.reverse();
    Ok(Some(path))
}

/// Verifies that `leaf` stands at `index` of the log with this size and root (RFC 9162, 2.1.3.2).
///
/// # Errors
/// [`Unproven`].
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    path: &[Hash],
    size: u64,
    root: &Hash,
) -> Result<(), Unproven> {
    if index >= size {
        return Err(Unproven);
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(Unproven);
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            climb_past_lone_nodes(&mut at, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last == 0 && hash == *root { Ok(()) } else { Err(Unproven) }
}

/// Verifies that the log of size `to` begins with the log of size `from` (RFC 9162, 2.1.4.2).
///
/// # Errors
/// [`Unproven`].
pub fn verify_consistency(
    (from, from_root): (u64, &Hash),
    (to, to_root): (u64, &Hash),
    path: &[Hash],
) -> Result<(), Unproven> {
    if from == 0 || from == to {
        let holds = if from == to { from_root == to_root } else { *from_root == empty_root() };
        return if holds && path.is_empty() { Ok(()) } else { Err(Unproven) };
    }
    if from > to {
        return Err(Unproven);
    }
    let (start, path) = if from.is_power_of_two() {
        (from_root, path)
    } else {
        path.split_first().ok_or(Unproven)?
    };
    let (mut at, mut last) = (from - 1, to - 1);
    let complete = at.trailing_ones();
    (at, last) = (at >> complete, last >> complete);
    let (mut earlier, mut later) = (*start, *start);
    for sibling in path {
        if last == 0 {
            return Err(Unproven);
        }
        if at & 1 == 1 || at == last {
            earlier = node_hash(sibling, &earlier);
            later = node_hash(sibling, &later);
            climb_past_lone_nodes(&mut at, &mut last);
        } else {
            later = node_hash(&later, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last == 0 && earlier == *from_root && later == *to_root { Ok(()) } else { Err(Unproven) }
}

/// A node at the right edge without a sibling is its own parent: it has no hash in the path.
const fn climb_past_lone_nodes(at: &mut u64, last: &mut u64) {
    while *at & 1 == 0 && *at != 0 {
        *at >>= 1;
        *last >>= 1;
    }
}

/// Returns the leaves of the left child: the largest power of two below `count`, which is above 1.
const fn left_of(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// Hashes `count` leaves from `first`, a multiple of the largest power of two within `count`.
fn range<N: Nodes>(nodes: &N, first: u64, count: u64) -> Result<Hash, N::Error> {
    Ok(fold(&peaks(nodes, first, count)?).unwrap_or_else(empty_root))
}

fn peaks<N: Nodes>(nodes: &N, first: u64, count: u64) -> Result<Vec<Hash>, N::Error> {
    let mut peaks = Vec::new();
    let mut at = first;
    for height in (0..64).rev().filter(|height| count >> height & 1 == 1) {
        peaks.push(nodes.node(height, at >> height)?);
        at = at.wrapping_add(1 << height);
    }
    Ok(peaks)
}

fn fold(peaks: &[Hash]) -> Option<Hash> {
    let (last, rest) = peaks.split_last()?;
    Some(rest.iter().rfold(*last, |right, left| node_hash(left, &right)))
}

#[cfg(test)]
mod tests;
