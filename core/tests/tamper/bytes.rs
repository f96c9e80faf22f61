//! Every byte of every object, flipped one after the other.

use patient_wallet::Session;
use patient_wallet::host::CancelToken;
use patient_wallet::keys::KdfParams;
use patient_wallet::session::{Authentication, Query};
use patient_wallet::testing::TestWallet;

use crate::bench::{Bench, DAMAGED, Noticed};
use crate::common::quiet;
use crate::common::{bundle, import_from, observation};
use crate::files::attach_to;

/// A wallet that has a row of every kind: versions, one of them corrected, an attachment, a
/// checkpoint, what it remembers of a backup, a keystore item that a change made obsolete.
pub(crate) fn fill(session: &mut Session) {
    import_from(session, "x", &bundle(&[observation("1", "a"), observation("2", "b")])).unwrap();
    let id = session.find(&Query::default()).unwrap().ids[0];
    let json = session.read(id, None).unwrap().json().to_vec();
    let json = String::from_utf8(json).unwrap().replace("6.10", "6.20");
    session.correct(id, &json, "Dr. A", "tubes exchanged").unwrap();
    attach_to(session, "scan.pdf", Some(id), b"%PDF-1.7 nothing to see");
    session.checkpoint().unwrap();
    let (mut out, cancel) = (Vec::new(), CancelToken::new());
    session.backup(&Authentication::Biometrics, None, &mut out, &quiet, &cancel).unwrap();
    let passphrase = TestWallet::passphrase();
    let params = KdfParams::FLOOR;
    session.change_passphrase(&Authentication::Biometrics, &passphrase, params).unwrap();
}

/// Flips each byte of a value where it lies in the file, and shows where it is noticed. Gives the
/// number of records that stayed whole, whichever byte it was.
pub(crate) fn flip(
    bench: &mut Bench,
    (table, column, row): (&str, &str, &str),
    noticed: &[Noticed],
) -> usize {
    let mut whole = usize::MAX;
    let places = bench.places(table, column, row);
    assert!(places.len() > 16);
    for (at, place) in places.into_iter().enumerate() {
        let mask = 1 << (at % 8);
        bench.flip(place, mask);
        // Opening it for reading as well costs time: a sample shows that it goes.
        let found = if at % 61 == 0 {
            let (found, readable) = bench.notice_and_read();
            whole = whole.min(readable.len());
            found
        } else {
            bench.notice()
        };
        assert!(noticed.contains(&found), "{table} {column} {row}, byte {at}: {found:?}");
        bench.flip(place, mask);
    }
    whole
}

fn flip_meta(name: &str, noticed: &[Noticed]) -> usize {
    let mut bench = Bench::new(fill);
    flip(&mut bench, ("meta", "v", &format!("k = '{name}'")), noticed)
}

#[test]
fn every_byte_of_the_header_is_noticed_at_unlock() {
    let codes = [
        "vault.damaged",
        "vault.kdf-out-of-bounds",
        "vault.newer-format",
        "wallet.biometrics-lost",
    ];
    flip_meta("header", &codes.map(Noticed::Unlock));
}

#[test]
fn every_byte_of_the_escrow_key_and_of_the_state_is_noticed_at_unlock() {
    assert_eq!(flip_meta("escrow-key", &[DAMAGED]), ALL);
    assert_eq!(flip_meta("state", &[DAMAGED]), ALL);
}

#[test]
fn every_byte_of_the_escrow_is_noticed_at_unlock() {
    assert_eq!(flip_meta("escrow", &[DAMAGED]), ALL);
}

#[test]
fn every_byte_of_the_sealed_words_is_noticed_at_unlock() {
    assert_eq!(flip_meta("root", &[DAMAGED]), ALL);
}

#[test]
fn every_byte_of_the_identity_is_noticed_at_unlock() {
    assert_eq!(flip_meta("node", &[DAMAGED]), ALL);
}

#[test]
fn every_byte_of_the_name_of_an_obsolete_item_is_noticed_at_unlock() {
    assert_eq!(flip_meta("obsolete", &[DAMAGED]), ALL);
}

#[test]
fn every_byte_of_the_bucket_table_is_noticed_at_unlock() {
    assert_eq!(flip_meta("buckets", &[DAMAGED]), 0, "they hang on its keys");
}

#[test]
fn every_byte_of_a_sealed_row_header_is_noticed_at_unlock() {
    let mut bench = Bench::new(fill);
    for row in ["seq = 1", "seq = (SELECT max(seq) FROM ver)"] {
        flip(&mut bench, ("ver", "hdr", row), &[DAMAGED]);
    }
    flip(&mut bench, ("att", "hdr", "1"), &[DAMAGED]);
}

#[test]
fn every_byte_of_a_sealed_body_is_noticed_when_read() {
    let mut bench = Bench::new(fill);
    flip(&mut bench, ("ver", "body", "seq = 1"), &[Noticed::Read("vault.damaged")]);
    // What the wallet itself remembers is no record that is read.
    let own = "seq = (SELECT max(seq) FROM ver)";
    flip(&mut bench, ("ver", "body", own), &[Noticed::Verify(vec!["content"])]);
}

#[test]
fn every_byte_of_a_body_that_holds_the_facts_is_noticed_at_unlock() {
    let coding = |n: usize| format!(r#"{{"system":"urn:{}{n}","code":"1"}}"#, "s".repeat(140));
    let codings: Vec<String> = (0..8).map(coding).collect();
    let mut bench = Bench::new(|session| {
        let long = format!(
            r#"{{"resourceType":"Observation","id":"1","status":"final","code":{{"coding":[{}]}}}}"#,
            codings.join(",")
        );
        import_from(session, "x", &bundle(&[long, observation("2", "b")])).unwrap();
    });
    assert!(bench.get::<i64>("SELECT length(hdr) FROM ver WHERE seq = 1") < 512);
    flip(&mut bench, ("ver", "body", "seq = 1"), &[DAMAGED]);
}

#[test]
fn every_byte_of_a_log_entry_is_noticed_by_verify_and_of_its_leaf_at_unlock() {
    let mut bench = Bench::new(fill);
    flip(&mut bench, ("audit", "entry", "seq = 2"), &[Noticed::Verify(vec!["log-entry"])]);
    flip(&mut bench, ("audit", "leaf", "seq = 2"), &[DAMAGED]);
}

#[test]
fn every_byte_of_a_checkpoint_is_noticed_by_verify() {
    let mut bench = Bench::new(fill);
    flip(&mut bench, ("ckpt", "note", "1"), &[Noticed::Verify(vec!["checkpoint"])]);
}

#[test]
fn every_byte_of_an_attached_file_is_noticed_when_read() {
    let mut bench = Bench::new(fill);
    let path = bench.attached();
    let good = std::fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        std::fs::write(&path, bad).unwrap();
        assert_eq!(bench.notice(), Noticed::Read("attachment.damaged"), "byte {at}");
    }
    bench.reset();
}

/// Records of [`fill`].
const ALL: usize = 2;
