//! Checkpoint: the state of a log at a time, signed by the patient's key for the log (`pmw-cp`).
//!
//! Every creation and every restoration of a wallet starts an incarnation. A restored log goes on
//! where the restored one ended, and its checkpoints name that end as their parent. Bytes:
//! docs/formats.md 6 and 7.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::audit::tree::empty_root;
use crate::audit::{AuditError, Head};
use crate::codec::{Decoder, Encoder, Hex, Malformed, Map};
use crate::host::Timestamp;
use crate::keys::{SignedKind, SigningKey, Unverified, VerifyingKey, sign};

/// Names the log of one vault without naming the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId([u8; 16]);

impl LogId {
    /// Derives the id of a vault's log.
    #[must_use]
    pub fn derive(vault: &[u8; 16]) -> Self {
        let hash: [u8; 32] =
            Sha256::new().chain_update("pmw/v1/log").chain_update(vault).finalize().into();
        let ([first, _], _) = hash.as_chunks() else { unreachable!("32 is twice 16") };
        Self(*first)
    }

    /// Returns the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

/// What is signed about a log: which, how far, when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    log: LogId,
    head: Head,
    at: Timestamp,
}

impl Stamp {
    /// Takes log, head and time together.
    #[must_use]
    pub const fn new(log: LogId, head: Head, at: Timestamp) -> Self {
        Self { log, head, at }
    }

    /// Returns the log.
    #[must_use]
    pub const fn log(&self) -> LogId {
        self.log
    }

    /// Returns how far the log had come.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Returns when that was, by the clock of the device.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Writes six claims.
    pub(super) fn encode(&self, signer: &VerifyingKey, out: &mut Encoder) {
        out.int(AT);
        out.uint(self.at.unix());
        out.int(SIGNER);
        out.bytes(&signer.to_sec1());
        out.int(LOG);
        out.bytes(&self.log.0);
        out.int(INCARNATION);
        out.bytes(self.head.incarnation());
        out.int(SIZE);
        out.uint(self.head.size());
        out.int(ROOT);
        out.bytes(self.head.root());
    }

    /// Reads six claims.
    ///
    /// # Errors
    /// [`AuditError::Invalid`].
    pub(super) fn decode(claims: &mut Map<'_>) -> Result<(VerifyingKey, Self), AuditError> {
        let at = Timestamp::from_unix(claims.at(AT)?.uint()?);
        let signer = VerifyingKey::from_sec1(claims.at(SIGNER)?.bytes()?)?;
        let log = LogId(array(claims.at(LOG)?)?);
        let incarnation = array(claims.at(INCARNATION)?)?;
        let size = claims.at(SIZE)?.uint()?;
        let root = array(claims.at(ROOT)?)?;
        let head = checked(Head::new(incarnation, size, root))?;
        Ok((signer, Self { log, head, at }))
    }
}

/// The signed state of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    signer: VerifyingKey,
    stamp: Stamp,
    parent: Option<Head>,
}

impl Checkpoint {
    /// Signs the state of a log; `parent` is where the log was restored, if it was.
    ///
    /// # Errors
    /// [`AuditError::Invalid`] when no log can be in that state.
    pub fn sign(
        key: &SigningKey,
        stamp: &Stamp,
        parent: Option<&Head>,
    ) -> Result<Vec<u8>, AuditError> {
        let signer = key.verifying_key();
        let mut claims = Encoder::with_capacity(ROOM);
        claims.map(STAMP_CLAIMS + usize::from(parent.is_some()));
        stamp.encode(&signer, &mut claims);
        if let Some(parent) = parent {
            claims.int(PARENT);
            claims.array(3);
            claims.bytes(parent.incarnation());
            claims.uint(parent.size());
            claims.bytes(parent.root());
        }
        let signed = sign(SignedKind::Checkpoint, key, &claims.finish())?.to_vec();
        // What no reader would accept must not leave the wallet.
        Self::verify(&signed).map(|_| signed)
    }

    /// Verifies a checkpoint with the key that it names; whose key that is, it cannot tell.
    ///
    /// # Errors
    /// [`AuditError::Invalid`].
    pub fn verify(bytes: &[u8]) -> Result<Self, AuditError> {
        let unverified = Unverified::decode(SignedKind::Checkpoint, bytes)?;
        let mut claims = Map::new(Decoder::new(unverified.dangerous_claims()))?;
        let (signer, stamp) = Stamp::decode(&mut claims)?;
        let parent = claims.optional(PARENT)?.map(decode_parent).transpose()?;
        claims.finish()?;
        if parent.is_some_and(|parent| !can_follow(&stamp.head, &parent)) {
            return Err(AuditError::Invalid);
        }
        unverified.verify(&signer)?;
        Ok(Self { signer, stamp, parent })
    }

    /// Returns the key that signed.
    #[must_use]
    pub const fn signer(&self) -> &VerifyingKey {
        &self.signer
    }

    /// Returns what was signed: log, head, time.
    #[must_use]
    pub const fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// Returns how far the log had come.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.stamp.head
    }

    /// Returns where the log was restored; `None` in the first incarnation.
    #[must_use]
    pub const fn parent(&self) -> Option<&Head> {
        self.parent.as_ref()
    }
}

/// A restored log has one entry more than what it was restored from: that it was restored.
fn can_follow(head: &Head, parent: &Head) -> bool {
    parent.incarnation() != head.incarnation() && parent.size() < head.size()
}

/// Refuses a head that no log can have.
fn checked(head: Head) -> Result<Head, Malformed> {
    let possible = head.size() <= LARGEST && (head.size() > 0 || *head.root() == empty_root());
    if possible { Ok(head) } else { Err(Malformed) }
}

fn decode_parent(input: &mut Decoder<'_>) -> Result<Head, Malformed> {
    if input.array()? != 3 {
        return Err(Malformed);
    }
    let incarnation = array(input)?;
    checked(Head::new(incarnation, input.uint()?, array(input)?))
}

fn array<const N: usize>(input: &mut Decoder<'_>) -> Result<[u8; N], Malformed> {
    input.bytes()?.try_into().map_err(|_| Malformed)
}

/// Claims of a [`Stamp`].
pub(super) const STAMP_CLAIMS: usize = 6;
// Claims: iat (RFC 8392), and private ones (RFC 8392 9.1: below -65536).
const AT: i64 = 6;
const SIGNER: i64 = -70_010;
const LOG: i64 = -70_011;
const INCARNATION: i64 = -70_012;
const SIZE: i64 = -70_013;
const ROOT: i64 = -70_014;
const PARENT: i64 = -70_015;
/// Entries that a log can have.
const LARGEST: u64 = 1 << 63;
const ROOM: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Hash;
    use crate::keys::Secret;

    fn key() -> SigningKey {
        SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(1))).unwrap()
    }

    fn stamp(size: u64, root: Hash) -> Stamp {
        let head = Head::new([1; 8], size, root);
        Stamp::new(LogId::derive(&[2; 16]), head, Timestamp::from_unix(1_800_000_000))
    }

    #[test]
    fn checkpoint_says_what_was_signed() {
        let parent = Head::new([2; 8], 4, [3; 32]);
        for parent in [None, Some(parent)] {
            let bytes = Checkpoint::sign(&key(), &stamp(5, [4; 32]), parent.as_ref()).unwrap();
            let read = Checkpoint::verify(&bytes).unwrap();
            assert_eq!((read.stamp(), read.parent()), (&stamp(5, [4; 32]), parent.as_ref()));
            assert_eq!(*read.signer(), key().verifying_key());
        }
    }

    #[test]
    fn states_that_no_log_can_be_in_are_refused() {
        let sign = |size, root, parent: Option<Head>| {
            Checkpoint::sign(&key(), &stamp(size, root), parent.as_ref()).err()
        };
        let refused = Some(AuditError::Invalid);
        assert_eq!(sign(0, empty_root(), None), None);
        assert_eq!(sign(0, [0; 32], None), refused, "a root without entries");
        assert_eq!(sign(LARGEST, [0; 32], None), None);
        assert_eq!(sign(LARGEST + 1, [0; 32], None), refused);
        assert_eq!(sign(5, [0; 32], Some(Head::new([2; 8], 5, [0; 32]))), refused, "no entry");
        assert_eq!(
            sign(5, [0; 32], Some(Head::new([1; 8], 4, [0; 32]))),
            refused,
            "its own parent"
        );
        assert_eq!(sign(5, [0; 32], Some(Head::new([2; 8], 0, [0; 32]))), refused, "parent's root");
        assert_eq!(sign(5, [0; 32], Some(Head::new([2; 8], 0, empty_root()))), None);
    }

    #[test]
    fn only_the_claims_of_a_checkpoint_are_read() {
        let verify = |write: &dyn Fn(&mut Encoder)| {
            let mut claims = Encoder::default();
            write(&mut claims);
            let bytes = sign(SignedKind::Checkpoint, &key(), &claims.finish()).unwrap();
            Checkpoint::verify(&bytes).err()
        };
        let own = key().verifying_key();
        let other = SigningKey::generate().unwrap().verifying_key();
        let stamp = stamp(5, [4; 32]);
        let with = |pairs: usize, signer: VerifyingKey, more: &'static dyn Fn(&mut Encoder)| {
            verify(&move |claims| {
                claims.map(pairs);
                stamp.encode(&signer, claims);
                more(claims);
            })
        };
        let refused = Some(AuditError::Invalid);
        assert_eq!(with(6, own, &|_| ()), None);
        assert_eq!(with(6, other, &|_| ()), refused, "another key than signed");
        assert_eq!(with(5, own, &|_| ()), refused, "a pair more than the head says");
        let unknown: &dyn Fn(&mut Encoder) = &|claims| {
            claims.int(-70_019);
            claims.uint(1);
        };
        assert_eq!(with(7, own, unknown), refused, "an unknown claim");
        assert_eq!(verify(&|claims| claims.map(0)), refused);
    }

    #[test]
    fn log_id_known_answer() {
        assert_eq!(LogId::derive(&[0; 16]).to_string(), "7092752e3e1e8f764e105921e3bbb1d1");
    }
}
