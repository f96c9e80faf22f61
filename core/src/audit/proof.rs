//! Proofs as files: that an entry stands in a log, and that a later log continues an earlier one.
//!
//! A proof is not signed; the checkpoints inside are. It is judged by what it carries and nothing
//! else. Bytes: docs/formats.md 6 and 7.

use crate::audit::AuditError;
use crate::audit::Head;
use crate::audit::checkpoint::Checkpoint;
use crate::audit::entry::{AuditEntry, Salted};
use crate::audit::tree::{Hash, verify_consistency, verify_inclusion};
use crate::codec::{Decoder, Encoder, Malformed};

/// An entry that stands in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenEntry {
    index: u64,
    entry: AuditEntry,
    checkpoint: Checkpoint,
}

impl ProvenEntry {
    /// Writes the proof of an entry: its path to the root that the checkpoint names.
    ///
    /// # Errors
    /// [`AuditError`] when it would not verify.
    pub fn encode(
        index: u64,
        entry: &Salted,
        path: &[Hash],
        checkpoint: &[u8],
    ) -> Result<Vec<u8>, AuditError> {
        let (salt, bytes) = entry.parts()?;
        let mut out = Encoder::with_capacity(checkpoint.len() + 40 * path.len() + 256);
        out.array(6);
        out.text(INCLUSION);
        out.uint(index);
        out.bytes(salt);
        out.bytes(bytes);
        encode_path(path, &mut out);
        out.bytes(checkpoint);
        let proof = out.finish().to_vec();
        Self::verify(&proof).map(|_| proof)
    }

    /// Verifies a proof file.
    ///
    /// # Errors
    /// [`AuditError::Invalid`] for other bytes or a checkpoint that is not signed;
    /// [`AuditError::Unproven`] when the path does not lead to its root.
    pub fn verify(bytes: &[u8]) -> Result<Self, AuditError> {
        let mut input = open(bytes, INCLUSION, 6)?;
        let index = input.uint()?;
        let salt = input.bytes()?.try_into().map_err(|_| AuditError::Invalid)?;
        let salted = Salted::new(salt, input.bytes()?);
        let path = decode_path(&mut input)?;
        let checkpoint = Checkpoint::verify(input.bytes()?)?;
        input.finish()?;
        let entry = salted.entry()?;
        let head = checkpoint.head();
        verify_inclusion(&salted.leaf(), index, &path, head.size(), head.root())?;
        Ok(Self { index, entry, checkpoint })
    }

    /// Returns its place in the log, from 0.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Returns the entry.
    #[must_use]
    pub const fn entry(&self) -> &AuditEntry {
        &self.entry
    }

    /// Returns the checkpoint of the log that it stands in.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

/// How a later log relates to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continuation {
    /// It holds every entry of the earlier one, unchanged and in its place.
    Unbroken,
    /// The wallet was restored in between.
    Restored {
        /// Entries that the log had when it was restored.
        at: u64,
        /// Entries that the earlier log had beyond those: they are not in the later one.
        lost: u64,
    },
}

impl Continuation {
    /// Tells how `later` claims to relate to `earlier`; what remains to be proven is that the log
    /// of `later` begins with the head given back.
    ///
    /// # Errors
    /// [`AuditError::Unrelated`] or [`AuditError::Forked`] when no proof can relate them.
    pub fn between(earlier: &Checkpoint, later: &Checkpoint) -> Result<(Self, Head), AuditError> {
        let (before, after) = (earlier.head(), later.head());
        if earlier.signer() != later.signer() || earlier.stamp().log() != later.stamp().log() {
            return Err(AuditError::Unrelated);
        }
        if before.incarnation() == after.incarnation() {
            if earlier.parent() != later.parent() || excludes(before, after) {
                return Err(AuditError::Forked);
            }
            return Ok((Self::Unbroken, *before));
        }
        let parent = later.parent().filter(|parent| parent.incarnation() == before.incarnation());
        let parent = parent.ok_or(AuditError::Unrelated)?;
        if excludes(before, parent) {
            return Err(AuditError::Forked);
        }
        let (at, lost) = (parent.size(), before.size().saturating_sub(parent.size()));
        Ok((Self::Restored { at, lost }, if lost > 0 { *parent } else { *before }))
    }
}

fn excludes(one: &Head, other: &Head) -> bool {
    one.size() == other.size() && one.root() != other.root()
}

/// Two checkpoints, the later log continuing the earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenContinuation {
    earlier: Checkpoint,
    later: Checkpoint,
    continuation: Continuation,
}

impl ProvenContinuation {
    /// Writes the proof: the path from the head that [`Continuation::between`] gives to `later`.
    ///
    /// # Errors
    /// [`AuditError`] when it would not verify.
    pub fn encode(earlier: &[u8], later: &[u8], path: &[Hash]) -> Result<Vec<u8>, AuditError> {
        let length = earlier.len() + later.len() + 40 * path.len() + 64;
        let mut out = Encoder::with_capacity(length);
        out.array(4);
        out.text(CONSISTENCY);
        out.bytes(earlier);
        out.bytes(later);
        encode_path(path, &mut out);
        let proof = out.finish().to_vec();
        Self::verify(&proof).map(|_| proof)
    }

    /// Verifies a proof file.
    ///
    /// # Errors
    /// [`AuditError::Invalid`] for other bytes or a checkpoint that is not signed,
    /// [`AuditError::Unrelated`] and [`AuditError::Forked`] as [`Continuation::between`] says,
    /// [`AuditError::Unproven`] when the path does not lead from one root to the other.
    pub fn verify(bytes: &[u8]) -> Result<Self, AuditError> {
        let mut input = open(bytes, CONSISTENCY, 4)?;
        let earlier = Checkpoint::verify(input.bytes()?)?;
        let later = Checkpoint::verify(input.bytes()?)?;
        let path = decode_path(&mut input)?;
        input.finish()?;
        let (continuation, start) = Continuation::between(&earlier, &later)?;
        let end = later.head();
        verify_consistency((start.size(), start.root()), (end.size(), end.root()), &path)?;
        Ok(Self { earlier, later, continuation })
    }

    /// Returns the earlier checkpoint.
    #[must_use]
    pub const fn earlier(&self) -> &Checkpoint {
        &self.earlier
    }

    /// Returns the later checkpoint.
    #[must_use]
    pub const fn later(&self) -> &Checkpoint {
        &self.later
    }

    /// Returns how the later log relates to the earlier one.
    #[must_use]
    pub const fn continuation(&self) -> Continuation {
        self.continuation
    }
}

/// Tells the two proof files apart by their first item; `None` when it is neither.
pub(super) fn is_inclusion(bytes: &[u8]) -> Option<bool> {
    let mut input = Decoder::new(bytes);
    input.array().ok()?;
    match input.text().ok()? {
        INCLUSION => Some(true),
        CONSISTENCY => Some(false),
        _ => None,
    }
}

fn open<'a>(bytes: &'a [u8], name: &str, items: usize) -> Result<Decoder<'a>, Malformed> {
    let mut input = Decoder::new(bytes);
    if bytes.len() > LARGEST || input.array()? != items || input.text()? != name {
        return Err(Malformed);
    }
    Ok(input)
}

fn encode_path(path: &[Hash], out: &mut Encoder) {
    out.array(path.len());
    path.iter().for_each(|hash| out.bytes(hash));
}

fn decode_path(input: &mut Decoder<'_>) -> Result<Vec<Hash>, Malformed> {
    let count = input.array()?;
    if count > LONGEST_PATH {
        return Err(Malformed);
    }
    (0..count).map(|_| input.bytes()?.try_into().map_err(|_| Malformed)).collect()
}

const INCLUSION: &str = "pmw-ip";
const CONSISTENCY: &str = "pmw-cy";
/// Bytes of the largest proof file.
const LARGEST: usize = 64 * 1024;
/// No log is so large that a path is longer.
const LONGEST_PATH: usize = 64;

#[cfg(test)]
mod tests;
