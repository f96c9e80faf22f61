//! Whatever goes wrong has a name, loses nothing, and the next call works.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

mod common;

use std::io::Read;

use common::{
    SAMPLE, bundle, count, import_from, import_sample, import_with, observation, refusal,
};
use patient_wallet::Session;
use patient_wallet::host::CancelToken;
use patient_wallet::keys::{KdfParams, WordCount};
use patient_wallet::record::{Limits, Text};
use patient_wallet::session::{ImportOptions, Query};
use patient_wallet::testing::TestWallet;

fn vault(test: &TestWallet) -> std::path::PathBuf {
    test.folder().join("vault.db")
}

/// Changes one value of `meta` behind the wallet's back.
fn edit_meta(test: &TestWallet, name: &str, edit: impl FnOnce(&mut Vec<u8>)) {
    let db = rusqlite::Connection::open(vault(test)).unwrap();
    let read = "SELECT v FROM meta WHERE k = ?1";
    let mut value: Vec<u8> = db.query_row(read, [name], |row| row.get(0)).unwrap();
    edit(&mut value);
    db.execute("UPDATE meta SET v = ?2 WHERE k = ?1", rusqlite::params![name, value]).unwrap();
}

fn filled() -> TestWallet {
    let (test, mut session) = TestWallet::create();
    import_from(&mut session, "st-anna", &bundle(&[observation("1", "HbA1c")])).unwrap();
    session.lock().unwrap();
    test
}

#[test]
fn a_damaged_file_is_named_and_kept() {
    let test = filled();
    let good = std::fs::read(vault(&test)).unwrap();
    for (place, bytes) in [(0, 16), (18, 2), (100, 400), (4096, 200)] {
        let mut bad = good.clone();
        bad[place..place + bytes].iter_mut().for_each(|byte| *byte ^= 0x5a);
        std::fs::write(vault(&test), &bad).unwrap();
        let code = refusal(test.unlock());
        assert!(
            ["vault.damaged", "vault.unreleased-format", "vault.storage"].contains(&code),
            "{place}: {code}"
        );
        assert!(std::fs::read(vault(&test)).unwrap().len() == good.len(), "kept as it is");
    }
    std::fs::write(vault(&test), &good).unwrap();
    assert_eq!(count(&mut test.unlock().unwrap()), 1);
}

#[test]
fn every_flipped_byte_of_what_opens_the_vault_is_noticed() {
    for name in ["header", "escrow-key", "buckets", "state"] {
        let test = filled();
        let mut length = 0;
        edit_meta(&test, name, |value| length = value.len());
        // A passphrase slot is stretched for each try, so of long values every 37th byte is tried.
        for place in (0..length).step_by(if length > 100 { 37 } else { 5 }) {
            edit_meta(&test, name, |value| value[place] ^= 0x80);
            // Another number of the shred key reads as one that the device has lost.
            let opened = test.unlock().and_then(|mut session| session.find(&Query::default()));
            assert!(opened.is_err(), "{name} {place}");
            test.clock.pass(600);
            edit_meta(&test, name, |value| value[place] ^= 0x80);
        }
        test.clock.pass(600);
        assert_eq!(count(&mut test.unlock().unwrap()), 1, "{name}");
    }
}

#[test]
fn edited_kdf_parameters_are_refused_before_memory_is_taken_or_never_open() {
    let test = filled();
    let at = passphrase_params(&test);
    for memory_kib in [u32::MAX, 256 * 1024 + 1, 19 * 1024 - 1, 0] {
        edit_meta(&test, "header", |v| v[at..at + 4].copy_from_slice(&memory_kib.to_be_bytes()));
        assert_eq!(refusal(test.unlock()), "vault.kdf-out-of-bounds");
    }
    edit_meta(&test, "header", |v| v[at..at + 4].copy_from_slice(&(20_u32 * 1024).to_be_bytes()));
    assert_eq!(refusal(test.unlock()), "wallet.wrong-passphrase", "an edit inside the bounds");
    let floor = KdfParams::FLOOR.m_kib();
    edit_meta(&test, "header", |v| v[at..at + 4].copy_from_slice(&floor.to_be_bytes()));
    assert_eq!(count(&mut test.unlock().unwrap()), 1);
}

/// Finds the memory parameter: behind type, id, time, length and salt of the passphrase slot.
fn passphrase_params(test: &TestWallet) -> usize {
    let mut found = 0;
    edit_meta(test, "header", |value| {
        let floor = KdfParams::FLOOR.m_kib().to_be_bytes();
        found = value.windows(4).position(|window| window == floor).unwrap();
    });
    found
}

#[test]
fn newer_formats_are_refused_by_name() {
    let test = filled();
    edit_meta(&test, "header", |value| value[4] = 2);
    assert_eq!(refusal(test.unlock()), "vault.newer-format");
    edit_meta(&test, "header", |value| value[4] = 1);
    let set = |version: u32| {
        let db = rusqlite::Connection::open(vault(&test)).unwrap();
        db.pragma_update(None, "user_version", version).unwrap();
    };
    set(2);
    let newer = test.unlock().unwrap_err();
    assert_eq!(newer.code(), "vault.newer-format");
    assert!(newer.to_string().contains('2'));
    set(1);
    assert_eq!(count(&mut test.unlock().unwrap()), 1);
}

#[test]
fn rows_moved_removed_or_put_back_are_noticed() {
    let test = filled();
    let copy = std::fs::read(vault(&test)).unwrap();
    let mut session = test.unlock().unwrap();
    import_from(&mut session, "st-anna", &bundle(&[observation("2", "Glucose")])).unwrap();
    session.lock().unwrap();
    let good = std::fs::read(vault(&test)).unwrap();
    let attacks = [
        "DELETE FROM ver WHERE seq = 2",
        "UPDATE ver SET seq = 3 WHERE seq = 2",
        "UPDATE ver SET b = (b + 1) % 64 WHERE seq = 1",
        "UPDATE ver SET e = e + 1 WHERE seq = 1",
        "UPDATE ver SET hdr = (SELECT hdr FROM ver WHERE seq = 2) WHERE seq = 1",
        "UPDATE ver SET body = x'00' WHERE seq = 1",
        "INSERT INTO ver SELECT 3, b, e, hdr, body FROM ver WHERE seq = 1",
    ];
    for attack in attacks {
        std::fs::write(vault(&test), &good).unwrap();
        let db = rusqlite::Connection::open(vault(&test)).unwrap();
        assert_eq!(db.execute(attack, []).unwrap(), 1);
        drop(db);
        assert_eq!(refusal(test.unlock()), "vault.damaged", "{attack}");
    }
    let old_state: Vec<u8> = {
        std::fs::write(vault(&test), &copy).unwrap();
        let db = rusqlite::Connection::open(vault(&test)).unwrap();
        db.query_row("SELECT v FROM meta WHERE k = 'state'", [], |row| row.get(0)).unwrap()
    };
    std::fs::write(vault(&test), &good).unwrap();
    edit_meta(&test, "state", |value| *value = old_state);
    assert_eq!(refusal(test.unlock()), "vault.rolled-back", "an older state");
    std::fs::write(vault(&test), &good).unwrap();
    assert_eq!(count(&mut test.unlock().unwrap()), 2);
}

#[test]
fn a_body_exchanged_for_another_is_noticed_when_read() {
    let test = filled();
    let mut session = test.unlock().unwrap();
    import_from(&mut session, "st-anna", &bundle(&[observation("2", "HbA1c")])).unwrap();
    session.lock().unwrap();
    let db = rusqlite::Connection::open(vault(&test)).unwrap();
    let attack = "UPDATE ver SET body = (SELECT body FROM ver WHERE seq = 2) WHERE seq = 1";
    assert_eq!(db.execute(attack, []).unwrap(), 1);
    drop(db);
    let mut session = test.unlock().unwrap();
    let ids = session.find(&Query::default()).unwrap().ids;
    let read: Vec<_> = ids.iter().map(|id| session.read(*id, None)).collect();
    assert_eq!(read.iter().filter(|read| read.is_ok()).count(), 1);
    assert!(read.into_iter().any(|read| read.is_err_and(|e| e.code() == "vault.damaged")));
}

#[test]
fn a_second_process_is_kept_out() {
    let (test, mut session) = TestWallet::create();
    assert_eq!(refusal(test.unlock()), "wallet.busy");
    assert_eq!(count(&mut session), 0);
    session.lock().unwrap();
    test.unlock().unwrap();
}

#[test]
fn a_wallet_is_neither_made_twice_nor_opened_where_there_is_none() {
    let test = TestWallet::empty();
    assert_eq!(refusal(test.unlock()), "wallet.none");
    let make = || test.wallet().create(&TestWallet::passphrase(), WordCount::Twelve);
    make().unwrap().lock().unwrap();
    assert_eq!(refusal(make()), "wallet.exists");
    test.unlock().unwrap();
}

#[test]
fn words_of_another_wallet_do_not_open_this_one() {
    let test = filled();
    let other = patient_wallet::keys::Mnemonic::generate(WordCount::TwentyFour).unwrap();
    assert_eq!(
        refusal(test.wallet().restore(&other, &TestWallet::passphrase())),
        "wallet.other-words"
    );
    assert_eq!(count(&mut test.unlock().unwrap()), 1);
}

/// Imports what is refused, and shows that nothing came of it and that the next import works.
fn refused(session: &mut Session, file: &[u8], options: &ImportOptions) -> &'static str {
    let before = count(session);
    let code = refusal(import_with(session, file, options));
    assert_eq!(count(session), before, "nothing is half-written");
    code
}

fn limited(limits: Limits) -> ImportOptions {
    ImportOptions { limits, source: Some(Text::from("st-anna")), ..ImportOptions::default() }
}

#[test]
fn what_is_not_fhir_is_refused_and_nothing_is_kept() {
    let test = filled();
    let mut session = test.unlock().unwrap();
    let default = ImportOptions::default();
    let mut half = SAMPLE.as_bytes().to_vec();
    half.truncate(SAMPLE.len() / 2);
    for (file, code) in [
        (b"".as_slice(), "import.not-fhir"),
        (b"hello", "import.not-fhir"),
        (b"[]", "import.not-fhir"),
        (b"{}", "import.not-fhir"),
        (b"\x89PNG\r\n\x1a\n", "import.not-fhir"),
        (br#"{"resourceType":"Spaceship"}"#, "import.unknown-type"),
        (&half, "import.malformed"),
        (b"\x1f\x8b\x08\x00garbage", "import.gzip-damaged"),
    ] {
        assert_eq!(refused(&mut session, file, &default), code);
    }
    import_sample(&mut session);
    session.lock().unwrap();
    assert!(count(&mut test.unlock().unwrap()) > 1);
}

#[test]
fn a_hundred_megabytes_of_garbage_are_refused() {
    let (_test, mut session) = TestWallet::create();
    let options = ImportOptions::default();
    let cancel = CancelToken::new();
    for (start, byte, code) in [
        ("", 0x41, "import.not-fhir"),
        (r#"{"resourceType":"Patient","id":""#, 0x61, "import.resource-too-large"),
        (r#"{"resourceType":"Bundle","entry":[{"resource":"#, 0x5b, "import.too-deep"),
    ] {
        let mut file = start.as_bytes().chain(std::io::repeat(byte).take(100 << 20));
        let progress = |_: u64, _: Option<u64>| {};
        assert_eq!(refusal(session.import(&mut file, &options, &progress, &cancel)), code);
        assert_eq!(count(&mut session), 0);
    }
    import_sample(&mut session);
}

#[test]
fn each_limit_of_an_import_holds_one_above() {
    let (_test, mut session) = TestWallet::create();
    let file = bundle(&[observation("1", "a"), observation("2", "b"), observation("3", "c")]);
    let default = Limits::default();
    assert_eq!(default.file, 1 << 30);
    assert_eq!(default.resource, 16 << 20);
    assert_eq!((default.depth, default.entries, default.ratio), (64, 200_000, 200));
    let entries = limited(Limits { entries: 2, ..default });
    assert_eq!(refused(&mut session, file.as_bytes(), &entries), "import.too-many-entries");
    let length = u64::try_from(file.len()).unwrap();
    let size = limited(Limits { file: length - 1, ..default });
    assert_eq!(refused(&mut session, file.as_bytes(), &size), "import.file-too-large");
    let fits = limited(Limits { file: length, entries: 3, ..default });
    assert_eq!(import_with(&mut session, file.as_bytes(), &fits).unwrap().new, 3);

    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
        format!(r#"{{"resourceType":"Basic","id":"deep","x":{open}1{close}}}"#)
    };
    let real = ImportOptions { source: Some(Text::from("st-anna")), ..ImportOptions::default() };
    assert_eq!(refused(&mut session, nested(65).as_bytes(), &real), "import.too-deep");
    assert_eq!(import_with(&mut session, nested(64).as_bytes(), &real).unwrap().new, 1);

    let sized = |bytes: usize| {
        let frame = r#"{"resourceType":"Basic","id":"big","x":""}"#.len();
        format!(r#"{{"resourceType":"Basic","id":"big","x":"{}"}}"#, "a".repeat(bytes - frame))
    };
    let limit = 16 << 20;
    assert_eq!(
        refused(&mut session, sized(limit + 1).as_bytes(), &real),
        "import.resource-too-large"
    );
    assert_eq!(import_with(&mut session, sized(limit).as_bytes(), &real).unwrap().new, 1);
    let biggest = session.find(&Query { text: None, ..Query::default() }).unwrap();
    assert!(biggest.ids.iter().any(|id| session.read(*id, None).unwrap().json().len() == limit));
}

#[test]
fn a_full_disk_is_named_and_the_wallet_goes_on() {
    let test = filled();
    let mut session = test.unlock().unwrap();
    session.limit_pages(60).unwrap();
    assert_eq!(
        refused(&mut session, SAMPLE.as_bytes(), &ImportOptions::default()),
        "vault.storage-full"
    );
    session.limit_pages(100_000).unwrap();
    import_sample(&mut session);
    session.lock().unwrap();
    assert!(count(&mut test.unlock().unwrap()) > 1);
}

#[test]
fn a_cancelled_import_leaves_nothing() {
    let test = filled();
    let mut session = test.unlock().unwrap();
    let cancel = CancelToken::new();
    let stop = cancel.clone();
    let progress = move |_: u64, _: Option<u64>| stop.cancel();
    let mut file = SAMPLE.as_bytes();
    let stopped = session.import(&mut file, &ImportOptions::default(), &progress, &cancel);
    assert_eq!(refusal(stopped), "wallet.cancelled");
    assert_eq!(count(&mut session), 1);
    session.lock().unwrap();
    assert_eq!(count(&mut test.unlock().unwrap()), 1);
}

#[test]
fn every_call_fits_a_stack_of_256_kib() {
    let work = || {
        let (test, mut session) = TestWallet::create();
        let open = "[".repeat(62);
        let deep = format!(
            r#"{{"resourceType":"Basic","id":"deep","x":{open}{{"text":"a"}}{}}}"#,
            "]".repeat(62)
        );
        import_from(&mut session, "st-anna", &deep).unwrap();
        import_sample(&mut session);
        let query = Query { text: Some(Text::from("blood")), ..Query::default() };
        let id = session.find(&query).unwrap().ids[0];
        session.history(id).unwrap();
        session.export(&Query::default(), Default::default(), &mut std::io::sink()).unwrap();
        session.lock().unwrap();
        assert!(count(&mut test.unlock().unwrap()) > 1);
    };
    std::thread::Builder::new().stack_size(256 * 1024).spawn(work).unwrap().join().unwrap();
}

#[test]
fn errors_say_nothing_of_the_record() {
    let (_test, mut session) = TestWallet::create();
    let file = r#"{"resourceType":"Secretissimus","id":"Secretissimus","x":Secretissimus}"#;
    let error = import_from(&mut session, "Secretissimus", file).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("ecretissimus"));
    let file = bundle(&[observation("1", "Secretissimus")]);
    let report = import_from(&mut session, "Secretissimus", &file).unwrap();
    let id = session.find(&Query::default()).unwrap().ids[0];
    let read = session.read(id, None).unwrap();
    let record = session.record(id).unwrap();
    assert!(!format!("{session:?} {report:?} {record:?} {read:?}").contains("ecretissimus"));
}
