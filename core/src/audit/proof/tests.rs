use super::*;
use crate::audit::{
    Actor, AuditKind, Finding, LogId, Nodes, Refused, Stamp, Subject, consistency_path,
    inclusion_path, root_at, verify,
};
use crate::audit::{Destroyed, ErasureStatement};
use crate::host::Timestamp;
use crate::keys::{Secret, SigningKey};

/// A log in memory; its entries tell their place by their time.
#[derive(Clone)]
struct Log {
    entries: Vec<Salted>,
    incarnation: [u8; 8],
    parent: Option<Head>,
}

impl Clone for Salted {
    fn clone(&self) -> Self {
        let (salt, entry) = self.parts().unwrap();
        Self::new(salt, entry)
    }
}

impl Nodes for Log {
    type Error = std::convert::Infallible;
    fn node(&self, height: u8, index: u64) -> Result<Hash, Self::Error> {
        let (first, count) = (usize::try_from(index << height).unwrap(), 1 << height);
        let leaves: Vec<_> = self.entries[first..first + count].iter().map(Salted::leaf).collect();
        Ok(crate::audit::subtree_hash(&leaves).unwrap())
    }
}

impl Log {
    fn new(size: u64) -> Self {
        let mut log = Self { entries: Vec::new(), incarnation: [1; 8], parent: None };
        log.grow(size);
        log
    }

    fn grow(&mut self, size: u64) {
        for at in u64::try_from(self.entries.len()).unwrap()..size {
            self.append(at);
        }
    }

    fn append(&mut self, at: u64) {
        let time = Timestamp::from_unix(at);
        let entry = AuditEntry::new(time, AuditKind::Added, Actor::Patient).with_id([7; 16]);
        self.entries.push(Salted::new(&[self.incarnation[0]; 32], &entry.encode()));
    }

    fn size(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap()
    }

    fn head(&self) -> Head {
        let Ok(root) = root_at(self, self.size());
        Head::new(self.incarnation, self.size(), root)
    }

    /// Goes on with the first `size` entries under a new incarnation.
    fn restored(&self, size: u64) -> Self {
        let mut log = self.clone();
        log.entries.truncate(usize::try_from(size).unwrap());
        log.parent = Some(log.head());
        log.incarnation = [self.incarnation[0] + 1; 8];
        log.append(999);
        log
    }

    fn stamp(&self) -> Stamp {
        Stamp::new(LogId::derive(&[2; 16]), self.head(), Timestamp::from_unix(self.size()))
    }

    fn checkpoint(&self) -> Vec<u8> {
        Checkpoint::sign(&key(1), &self.stamp(), self.parent.as_ref()).unwrap()
    }

    fn prove(&self, index: u64) -> Result<Vec<u8>, AuditError> {
        let Ok(path) = inclusion_path(self, index, self.size());
        let entry = &self.entries[usize::try_from(index).unwrap()];
        ProvenEntry::encode(index, entry, &path.unwrap(), &self.checkpoint())
    }

    fn prove_since(&self, earlier: &[u8]) -> Result<Vec<u8>, AuditError> {
        let now = self.checkpoint();
        let verified = (Checkpoint::verify(earlier)?, Checkpoint::verify(&now)?);
        let (_, start) = Continuation::between(&verified.0, &verified.1)?;
        let Ok(path) = consistency_path(self, start.size(), self.size());
        ProvenContinuation::encode(earlier, &now, &path.ok_or(AuditError::Unproven)?)
    }
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(byte))).unwrap()
}

fn continuation(proof: &[u8]) -> Continuation {
    let findings = verify(&[proof]).unwrap();
    let [Finding::Continuation(proven)] = findings.as_slice() else { panic!("no continuation") };
    proven.continuation()
}

#[test]
fn an_entry_is_proven_by_its_file_alone() {
    let log = Log::new(9);
    for index in 0..9 {
        let proven = ProvenEntry::verify(&log.prove(index).unwrap()).unwrap();
        assert_eq!((proven.index(), proven.entry().at().unix()), (index, index));
        assert_eq!(*proven.checkpoint().head(), log.head());
    }
}

#[test]
fn a_proof_of_another_entry_is_refused() {
    let log = Log::new(9);
    let Ok(path) = inclusion_path(&log, 4, 9);
    let (path, checkpoint) = (path.unwrap(), log.checkpoint());
    let encode = |index, entry: &Salted| ProvenEntry::encode(index, entry, &path, &checkpoint);
    assert!(encode(4, &log.entries[4]).is_ok());
    assert_eq!(encode(5, &log.entries[4]), Err(AuditError::Unproven), "another place");
    assert_eq!(encode(4, &log.entries[5]), Err(AuditError::Unproven), "another entry");
    let (_, entry) = log.entries[4].parts().unwrap();
    assert_eq!(encode(4, &Salted::new(&[0; 32], entry)), Err(AuditError::Unproven), "another salt");
    let other = Log::new(10).checkpoint();
    let refused = ProvenEntry::encode(4, &log.entries[4], &path, &other);
    assert_eq!(refused, Err(AuditError::Unproven), "another checkpoint");
    let long = vec![[0; 32]; LONGEST_PATH + 1];
    let refused = ProvenEntry::encode(4, &log.entries[4], &long, &checkpoint);
    assert_eq!(refused, Err(AuditError::Invalid), "a path longer than any");
}

#[test]
fn a_log_that_grew_continues_what_it_was() {
    for from in 1..12 {
        let earlier = Log::new(from).checkpoint();
        for to in from..12 {
            let proof = Log::new(to).prove_since(&earlier).unwrap();
            assert_eq!(continuation(&proof), Continuation::Unbroken);
        }
    }
}

#[test]
fn a_forked_reordered_or_shortened_log_cannot_prove_that_it_continues() {
    let earlier = Log::new(8).checkpoint();
    let changed = |change: &dyn Fn(&mut Vec<Salted>)| {
        let mut log = Log::new(12);
        change(&mut log.entries);
        log.prove_since(&earlier)
    };
    assert!(changed(&|_| ()).is_ok());
    let other = || Log::new(1).restored(1).entries.remove(1);
    assert_eq!(changed(&|log| log[3] = other()), Err(AuditError::Unproven), "forked");
    assert_eq!(changed(&|log| log.swap(3, 4)), Err(AuditError::Unproven), "reordered");
    assert_eq!(changed(&|log| drop(log.remove(0))), Err(AuditError::Unproven), "cut in front");
    assert_eq!(changed(&|log| log.truncate(7)), Err(AuditError::Unproven), "truncated");
    let rewritten = changed(&|log| {
        log[3] = other();
        log.truncate(8);
    });
    assert_eq!(rewritten, Err(AuditError::Forked), "another log of the same size");
    assert!(changed(&|log| log[9] = other()).is_ok(), "nobody has seen entry 9");
}

#[test]
fn a_restored_log_says_where_it_was_restored_and_what_is_lost() {
    let original = Log::new(8);
    let mut restored = original.restored(6);
    restored.grow(11);
    for from in 1..=8 {
        let earlier = Log::new(from).checkpoint();
        let proof = restored.prove_since(&earlier).unwrap();
        let lost = from.saturating_sub(6);
        assert_eq!(continuation(&proof), Continuation::Restored { at: 6, lost }, "{from}");
    }
    assert_eq!(original.prove_since(&restored.checkpoint()), Err(AuditError::Unrelated));
    // Restored from something that the earlier checkpoint excludes.
    let mut other = original.clone();
    other.entries.swap(2, 3);
    let proof = other.restored(6).prove_since(&Log::new(6).checkpoint());
    assert_eq!(proof, Err(AuditError::Forked));
    let proof = other.restored(6).prove_since(&Log::new(5).checkpoint());
    assert_eq!(proof, Err(AuditError::Unproven));
    // A later restoration tells of the last one only: the checkpoint between joins the two.
    let mut again = restored.restored(10);
    again.grow(13);
    assert_eq!(again.prove_since(&original.checkpoint()), Err(AuditError::Unrelated));
    let between = again.prove_since(&restored.checkpoint()).unwrap();
    assert_eq!(continuation(&between), Continuation::Restored { at: 10, lost: 1 });
}

#[test]
fn checkpoints_of_two_logs_or_keys_are_unrelated() {
    let log = Log::new(8);
    let head = Log::new(5).head();
    let at = Timestamp::from_unix(5);
    let other_log = Stamp::new(LogId::derive(&[3; 16]), head, at);
    let other_log = Checkpoint::sign(&key(1), &other_log, None).unwrap();
    assert_eq!(log.prove_since(&other_log), Err(AuditError::Unrelated));
    let other_key = Checkpoint::sign(&key(2), &Log::new(5).stamp(), None).unwrap();
    assert_eq!(log.prove_since(&other_key), Err(AuditError::Unrelated));
    let other_parent = Head::new([9; 8], 2, [0; 32]);
    let other_parent = Checkpoint::sign(&key(1), &Log::new(5).stamp(), Some(&other_parent));
    assert_eq!(log.prove_since(&other_parent.unwrap()), Err(AuditError::Forked));
}

#[test]
fn files_of_every_kind_are_judged_together() {
    let log = Log::new(8);
    let erased = Subject::Record([7; 16]);
    let statement =
        ErasureStatement::sign(&key(1), &log.stamp(), erased, &[Destroyed::Keys], &[]).unwrap();
    let since = log.prove_since(&Log::new(3).checkpoint()).unwrap();
    let files = [log.checkpoint(), log.prove(2).unwrap(), since, statement];
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let findings = verify(&files).unwrap();
    assert!(matches!(
        findings.as_slice(),
        [Finding::Checkpoint(_), Finding::Entry(_), Finding::Continuation(_), Finding::Erasure(_)]
    ));
    assert_eq!(verify(&[]), Ok(vec![]));
    let refused = |files: &[&[u8]]| {
        let refused: Refused = verify(files).unwrap_err();
        (refused.file(), refused.error())
    };
    assert_eq!(refused(&[files[0], b"", files[1]]), (1, AuditError::Invalid));
    assert_eq!(refused(&[&[0x82, 0x66, b'p', b'm', b'w', b'-', b'r', b'r']]).0, 0);
}

#[test]
fn two_states_that_one_key_signed_of_one_log_are_a_fork() {
    let log = Log::new(8);
    let mut other = log.clone();
    other.entries.swap(2, 3);
    let refused = |files: &[Vec<u8>]| {
        let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
        verify(&files).map(|_| ()).map_err(|refused| (refused.file(), refused.error()))
    };
    let fork = Err((1, AuditError::Forked));
    assert_eq!(refused(&[log.checkpoint(), other.checkpoint()]), fork);
    assert_eq!(refused(&[log.checkpoint(), log.checkpoint()]), Ok(()));
    assert_eq!(refused(&[log.checkpoint(), Log::new(7).checkpoint()]), Ok(()));
    assert_eq!(refused(&[log.prove(1).unwrap(), other.prove(1).unwrap()]), fork);
    let subject = Subject::Wallet([7; 16]);
    let statement =
        ErasureStatement::sign(&key(1), &other.stamp(), subject, &[Destroyed::Log], &[]).unwrap();
    assert_eq!(refused(&[log.checkpoint(), statement]), fork);
    assert_eq!(refused(&[log.checkpoint(), other.restored(8).checkpoint()]), fork);
    // One incarnation has one parent.
    let (mut one, mut two) = (log.restored(4), log.restored(5));
    one.grow(9);
    two.grow(10);
    assert_eq!(refused(&[one.checkpoint(), two.checkpoint()]), fork);
    // Another key's word is no contradiction.
    let foreign = Checkpoint::sign(&key(2), &other.stamp(), None).unwrap();
    assert_eq!(refused(&[log.checkpoint(), foreign]), Ok(()));
}

#[test]
fn sixty_four_kibibytes_are_the_most() {
    let time = Timestamp::from_unix(0);
    let entry = |hashes: usize| {
        let mut entry = AuditEntry::new(time, AuditKind::Added, Actor::Patient);
        for _ in 0..hashes {
            entry = entry.with_hash([0; 32]);
        }
        Salted::new(&[0; 32], &entry.encode())
    };
    let encode = |salted: &Salted| {
        let head = Head::new([1; 8], 1, salted.leaf());
        let stamp = Stamp::new(LogId::derive(&[2; 16]), head, time);
        let checkpoint = Checkpoint::sign(&key(1), &stamp, None).unwrap();
        ProvenEntry::encode(0, salted, &[], &checkpoint)
    };
    let overhead = encode(&entry(1000)).unwrap().len() - 34 * 1000;
    let most = (LARGEST - overhead) / 34;
    assert!(encode(&entry(most)).unwrap().len() <= LARGEST);
    assert_eq!(encode(&entry(most + 1)), Err(AuditError::Invalid));
}
