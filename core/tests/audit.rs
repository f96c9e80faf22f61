//! Audit files: golden vectors, and every byte of every file.
//!
//! `UPDATE_VECTORS=1 cargo test --test audit` writes `vectors/audit.json` anew; the row `check_cose`
//! of `./check` judges the same files with another implementation.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing helper fails its test")]

use std::convert::Infallible;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use patient_wallet::audit::{
    Actor, AuditEntry, AuditError, AuditKind, Checkpoint, Continuation, Destroyed,
    ErasureStatement, Finding, Hash, Head, LogId, MayRemain, Nodes, ProvenContinuation,
    ProvenEntry, Salted, Stamp, Subject, consistency_path, inclusion_path, root_at, subtree_hash,
    verify,
};
use patient_wallet::host::Timestamp;
use patient_wallet::keys::{DidKey, Mnemonic, SigningKey};
use serde_json::{Value, json};

const VAULT: [u8; 16] = [0x22; 16];
const RECORD: [u8; 16] = [0x33; 16];
const FIRST: [u8; 8] = [0x44; 8];
const SECOND: [u8; 8] = [0x55; 8];
const START: u64 = 1_800_000_000;
/// What happens in the log that all files are about.
const HISTORY: [AuditKind; 9] = [
    AuditKind::Created,
    AuditKind::Imported,
    AuditKind::Added,
    AuditKind::Corrected,
    AuditKind::Backup,
    AuditKind::Restored,
    AuditKind::Attached,
    AuditKind::Erased,
    AuditKind::Checkpoint,
];

struct Log(Vec<Salted>);

impl Log {
    fn new(size: usize) -> Self {
        let entries = HISTORY.iter().take(size).enumerate();
        Self(entries.map(|(at, kind)| entry(u8::try_from(at).unwrap(), *kind)).collect())
    }

    fn head(&self, incarnation: [u8; 8]) -> Head {
        let size = u64::try_from(self.0.len()).unwrap();
        let Ok(root) = root_at(self, size);
        Head::new(incarnation, size, root)
    }

    fn stamp(&self, incarnation: [u8; 8]) -> Stamp {
        let at = Timestamp::from_unix(START + 60 * u64::try_from(self.0.len()).unwrap());
        Stamp::new(LogId::derive(&VAULT), self.head(incarnation), at)
    }
}

impl Nodes for Log {
    type Error = Infallible;
    fn node(&self, height: u8, index: u64) -> Result<Hash, Infallible> {
        let (first, count) = (usize::try_from(index << height).unwrap(), 1 << height);
        let leaves: Vec<Hash> = self.0[first..first + count].iter().map(Salted::leaf).collect();
        Ok(subtree_hash(&leaves).unwrap())
    }
}

/// The entry at a place, behind a salt that can be told, as its sealed row holds it.
fn entry(at: u8, kind: AuditKind) -> Salted {
    let time = Timestamp::from_unix(START + 60 * u64::from(at));
    let entry = AuditEntry::new(time, kind, Actor::Patient).with_id(RECORD).with_hash([at; 32]);
    let salted = [[at; 32].as_slice(), &entry.encode()].concat();
    let length = u32::try_from(salted.len()).unwrap();
    let mut padded = [length.to_be_bytes().as_slice(), &salted].concat();
    padded.resize(padded.len().next_multiple_of(128), 0);
    Salted::from_padded(&padded).unwrap()
}

fn key() -> SigningKey {
    let node = Mnemonic::from_entropy(&[0x11; 32]).unwrap().to_seed().derive_identity_node();
    node.unwrap().derive_signing_key("pmw://audit", 0).unwrap()
}

/// One file of each kind, and both of a wallet that was restored from five entries.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let (early, log) = (Log::new(3), Log::new(9));
    let parent = Log::new(5).head(FIRST);
    let earlier = Checkpoint::sign(&key(), &early.stamp(FIRST), None).unwrap();
    let later = Checkpoint::sign(&key(), &log.stamp(SECOND), Some(&parent)).unwrap();
    let Ok(path) = inclusion_path(&log, 7, 9);
    let inclusion = ProvenEntry::encode(7, &log.0[7], &path.unwrap(), &later).unwrap();
    let Ok(path) = consistency_path(&log, 3, 9);
    let consistency = ProvenContinuation::encode(&earlier, &later, &path.unwrap()).unwrap();
    let statement = |log: &Log, subject, destroyed: &[Destroyed]| {
        let stamp = log.stamp(SECOND);
        ErasureStatement::sign(&key(), &stamp, subject, destroyed, MayRemain::OF_WALLET).unwrap()
    };
    let of_record = [Destroyed::Keys, Destroyed::ShredKey, Destroyed::Rows, Destroyed::Attachments];
    vec![
        ("checkpoint", earlier),
        ("checkpoint_restored", later),
        ("inclusion", inclusion),
        ("consistency", consistency),
        ("erasure_record", statement(&Log::new(8), Subject::Record(RECORD), &of_record)),
        ("erasure_wallet", statement(&log, Subject::Wallet(VAULT), Destroyed::OF_WALLET)),
    ]
}

#[test]
fn files_known_answer() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/audit.json");
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        let files = files().into_iter().map(|(name, bytes)| (name.to_owned(), hex::encode(bytes)));
        let vectors = json!({
            "source": "this project: core/tests/audit.rs, entropy 32 x 0x11, pmw://audit index 0",
            "did": DidKey::from(&key().verifying_key()).to_string(),
            "files": files.map(|(name, bytes)| (name, Value::from(bytes))).collect::<serde_json::Map<_, _>>(),
        });
        fs::write(&path, serde_json::to_string_pretty(&vectors).unwrap() + "\n").unwrap();
    }
    let vectors: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(vectors["did"], DidKey::from(&key().verifying_key()).to_string());
    assert_eq!(vectors["files"].as_object().unwrap().len(), files().len());
    for (name, bytes) in files() {
        assert_eq!(vectors["files"][name], hex::encode(bytes), "{name}");
    }
}

#[test]
fn files_hold_together_and_say_what_was_signed() {
    let files = files();
    let bytes: Vec<&[u8]> = files.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    let findings = verify(&bytes).unwrap();
    let [
        Finding::Checkpoint(first),
        Finding::Checkpoint(second),
        Finding::Entry(proven),
        Finding::Continuation(continuation),
        Finding::Erasure(record),
        Finding::Erasure(wallet),
    ] = findings.as_slice()
    else {
        panic!("one finding a file");
    };
    assert_eq!(*first.signer(), key().verifying_key());
    assert_eq!(*second.parent().unwrap(), Log::new(5).head(FIRST));
    assert_eq!((proven.index(), proven.entry().kind()), (7, AuditKind::Erased));
    assert_eq!(proven.entry().at(), Timestamp::from_unix(START + 7 * 60));
    assert_eq!(proven.entry().ids(), [RECORD.into()]);
    assert_eq!(continuation.continuation(), Continuation::Restored { at: 5, lost: 0 });
    assert_eq!(*record.subject(), Subject::Record(RECORD));
    assert_eq!(*wallet.subject(), Subject::Wallet(VAULT));
    assert_eq!(
        (wallet.destroyed(), wallet.may_remain()),
        (Destroyed::OF_WALLET, MayRemain::OF_WALLET)
    );
    assert_ne!(record.id(), wallet.id());
}

#[test]
fn every_byte_of_every_file_counts() {
    for (name, bytes) in files() {
        for at in 0..bytes.len() {
            for flip in [0x01, 0x20, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                assert!(verify(&[&changed]).is_err(), "{name}: byte {at} ^ {flip:#x}");
            }
        }
        for end in 0..bytes.len() {
            assert!(verify(&[&bytes[..end]]).is_err(), "{name}: cut at {end}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(verify(&[&longer]).is_err(), "{name}: a byte more");
    }
}

#[test]
fn hostile_files_are_refused_at_once_and_on_a_small_stack() {
    // Heads that promise more than any memory holds, at every place where a length can stand.
    let huge = |major: u8| [major << 5 | 27, 0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let mut hostile: Vec<Vec<u8>> = vec![vec![], vec![0xd2; 1 << 20], vec![0x81; 1 << 20]];
    for (_, bytes) in files() {
        for at in 0..bytes.len() {
            for major in 2..=6 {
                hostile.push([&bytes[..at], &huge(major)].concat());
            }
        }
        hostile.push([bytes.as_slice(), &vec![0; 1 << 20]].concat());
    }
    let judged = thread::Builder::new().stack_size(256 * 1024).spawn(move || {
        for bytes in hostile {
            let start = Instant::now();
            let error = verify(&[&bytes]).unwrap_err().error();
            // Where the huge head falls into the last hash of a path, it is a hash.
            assert!(matches!(error, AuditError::Invalid | AuditError::Unproven), "{error}");
            assert!(start.elapsed() < Duration::from_secs(2), "{} bytes", bytes.len());
        }
    });
    judged.unwrap().join().unwrap();
}
