//! A vault is what docs/formats.md says: a second decoder opens it, and nothing stands in clear.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

mod common;
#[path = "common/decoder.rs"]
mod decoder;

use common::{SAMPLE, import_sample};
use decoder::decode;
use patient_wallet::session::{Authentication, Query};
use patient_wallet::testing::TestWallet;

#[test]
fn a_second_decoder_reads_every_record() {
    let (test, mut session) = TestWallet::create();
    let entries = import_sample(&mut session).entries;
    let id = session.find(&Query::default()).unwrap().ids[0];
    let json = session.read(id, None).unwrap().json().to_vec();
    session.correct(id, std::str::from_utf8(&json).unwrap(), "Dr. Test", "to see").unwrap();
    let again = TestWallet::passphrase();
    let words = session.dangerous_words(&Authentication::Passphrase(&again)).unwrap();
    session.lock().unwrap();
    let decoded = decode(&test, &words);
    assert_eq!(decoded.versions.len(), entries + 1);
    assert_eq!(decoded.versions.last().unwrap().resource, json);
    for version in &decoded.versions {
        assert!(!version.header.is_empty() && version.facts.len() == 10);
        let resource = std::str::from_utf8(&version.resource).unwrap();
        assert!(SAMPLE.contains(resource), "byte for byte as it came");
    }
}

#[test]
fn nothing_of_a_record_stands_in_clear() {
    let (test, mut session) = TestWallet::create();
    import_sample(&mut session);
    let mut needles: Vec<Vec<u8>> = Vec::new();
    for id in session.find(&Query::default()).unwrap().ids {
        let record = session.record(id).unwrap();
        needles.push(id.as_bytes().to_vec());
        needles.push(record.title.as_str().into());
        needles.extend(record.reference.map(|reference| reference.as_str().into()));
        needles.extend(record.code.map(|code| code.system.as_str().into()));
        needles.extend(record.date.map(|date| date.to_string().into_bytes()));
        needles.push(session.read(id, None).unwrap().json()[..40].to_vec());
    }
    let mut open = files(&test);
    session.lock().unwrap();
    open.extend(files(&test));
    assert!(open.iter().map(Vec::len).sum::<usize>() > 200_000, "there is something to search");
    needles.retain(|needle| needle.len() >= 6);
    assert!(needles.len() > 500);
    let search = aho_corasick::AhoCorasick::new(&needles).unwrap();
    let found = open.iter().find_map(|file| search.find(file)).map(|found| found.pattern());
    let found = found.map(|at| String::from_utf8_lossy(&needles[at.as_usize()]));
    assert_eq!(found, None);
    assert!(search.is_match(SAMPLE), "the search finds what is there");
}

/// Database, write-ahead log and whatever else is in the folder.
fn files(test: &TestWallet) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(test.folder()).unwrap();
    entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}
