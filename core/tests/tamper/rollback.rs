//! Files put back from another time: the whole database, its write-ahead log, attached files.

use std::path::Path;

use patient_wallet::Session;
use patient_wallet::audit::AuditKind;
use patient_wallet::session::{LogQuery, Query};
use patient_wallet::testing::TestWallet;

use crate::bench::{Bench, DAMAGED, Noticed, ROLLED_BACK};
use crate::bytes::fill;
use crate::common::{bundle, count, import_from, observation};
use crate::files::{attach_to, bytes};

fn add(session: &mut Session, name: &str) {
    import_from(session, "x", &bundle(&[observation(name, name)])).unwrap();
}

fn last_kind(session: &mut Session) -> AuditKind {
    let page = session.log(&LogQuery { limit: Some(1), ..LogQuery::default() }).unwrap();
    page.entries[0].entry.kind()
}

#[test]
fn a_whole_database_put_back_is_noticed_and_can_be_read() {
    let mut bench = Bench::new(fill);
    let earlier = bench.go_on(|session| add(session, "new"));
    std::fs::copy(&earlier.vault, bench.vault()).unwrap();
    let (noticed, readable) = bench.notice_and_read();
    assert_eq!((noticed, readable.len()), (ROLLED_BACK, 2), "what it held is there");
    assert_eq!(bench.content.records.len(), 3);
    bench.reset();
    assert_eq!(bench.notice(), Noticed::Nowhere);
}

#[test]
fn a_database_and_the_head_put_back_stand_in_the_log() {
    let mut bench = Bench::new(fill);
    let earlier = bench.go_on(|session| add(session, "new"));
    let blobs = earlier.keystore.copy();
    std::fs::copy(&earlier.vault, bench.vault()).unwrap();
    // The hardware key of the old head was destroyed when the new one was written.
    bench.test.keystore.put_back(&blobs);
    let mut session = bench.test.unlock().unwrap();
    assert_eq!(count(&mut session), 2);
    assert_eq!(last_kind(&mut session), AuditKind::HeadLost, "the patient can see it");
}

#[test]
fn a_phone_put_back_with_its_keys_cannot_know() {
    let mut bench = Bench::new(fill);
    let earlier = bench.go_on(|session| add(session, "new"));
    std::fs::copy(&earlier.vault, bench.vault()).unwrap();
    // Files and a keystore without hardware, all of one moment: nothing is left that remembers.
    bench.test.keystore = std::sync::Arc::new(earlier.keystore.twin());
    let mut session = bench.unlock().unwrap();
    assert_eq!(count(&mut session), 2);
    assert_ne!(last_kind(&mut session), AuditKind::HeadLost);
}

#[test]
fn a_write_ahead_log_of_another_time_or_wallet_is_noticed_and_changes_no_file() {
    let mut bench = Bench::new(fill);
    // Its frames as they stand while the wallet is open.
    let log = |bench: &Bench, name: &str| {
        let mut session = bench.unlock().unwrap();
        add(&mut session, name);
        let log = std::fs::read(bench.test.folder().join("vault.db-wal")).unwrap();
        assert!(log.len() > 4096);
        session.lock().unwrap();
        log
    };
    let earlier = log(&bench, "1");
    bench.go_on(|session| add(session, "2"));
    let foreign = log(&Bench::new(fill), "1");
    for (log, code) in [(earlier, "vault.rolled-back"), (foreign, "wallet.biometrics-lost")] {
        let path = bench.test.folder().join("vault.db-wal");
        std::fs::write(&path, &log).unwrap();
        let found = bench.notice();
        assert!([DAMAGED, Noticed::Unlock(code)].contains(&found), "{found:?}");
        assert!(bench.read_only().is_ok() == (code == "vault.rolled-back"));
        assert_eq!(std::fs::read(&path).unwrap(), log);
        // Taken away again, nothing was lost by it.
        std::fs::remove_file(&path).unwrap();
        assert_eq!(bench.notice(), Noticed::Nowhere);
    }
    for garbage in [bytes(100), bytes(100_000)] {
        std::fs::write(bench.test.folder().join("vault.db-wal"), garbage).unwrap();
        let mut session = bench.unlock().unwrap();
        assert_eq!(count(&mut session), bench.content.records.len());
        drop(session);
        bench.reset();
    }
}

#[test]
fn a_wallet_in_the_place_of_another_is_noticed() {
    let bench = Bench::new(fill);
    let other = Bench::new(fill);
    std::fs::copy(other.vault(), bench.vault()).unwrap();
    assert_eq!(bench.notice(), Noticed::Unlock("wallet.biometrics-lost"));
    assert_eq!(bench.test.unlock().unwrap_err().code(), "wallet.device-secret-lost");
    let back = bench.test.wallet().restore(&bench.words, &TestWallet::passphrase());
    assert_eq!(back.unwrap_err().code(), "wallet.other-words");
}

#[test]
fn a_database_cut_off_or_lengthened_is_noticed() {
    let mut bench = Bench::new(fill);
    let good = std::fs::read(bench.vault()).unwrap();
    for length in (0..good.len()).step_by(4096).chain([1, 99, 4095]) {
        std::fs::write(bench.vault(), &good[..length]).unwrap();
        let noticed = bench.notice_and_read().0;
        assert_ne!(noticed, Noticed::Nowhere, "{length}");
        assert_ne!(noticed, Noticed::Unlock("wallet.none"), "{length}: it is not taken for none");
        bench.reset();
    }
    let longer = [good.as_slice(), &bytes(10_000)].concat();
    std::fs::write(bench.vault(), longer).unwrap();
    bench.notice();
}

#[test]
fn what_is_not_as_it_was_left_when_suspended_is_noticed() {
    let mut bench = Bench::new(fill);
    let header = bench.places("ver", "hdr", "seq = 1")[100];
    let body = bench.places("ver", "body", "seq = 1")[100];
    let root = bench.places("meta", "v", "k = 'root'")[50];
    let state = bench.places("meta", "v", "k = 'state'")[50];
    for (place, at_resume, faults) in [
        (header, None, &["row"][..]),
        (body, None, &["content"]),
        (root, Some("vault.damaged"), &[]),
        (state, Some("vault.damaged"), &[]),
    ] {
        let mut session = bench.unlock().unwrap();
        session.suspend().unwrap();
        bench.flip(place, 4);
        let resumed = session.resume();
        assert_eq!(resumed.err().map(|error| error.code()), at_resume);
        if at_resume.is_none() {
            assert_eq!(crate::bench::faults(&mut session), faults);
        }
        drop(session);
        bench.flip(place, 4);
    }
    for sql in [
        "DELETE FROM ver WHERE seq = 1",
        "INSERT INTO ver SELECT 99, b, e, hdr, body FROM ver WHERE seq = 1",
    ] {
        let mut session = bench.unlock().unwrap();
        session.suspend().unwrap();
        bench.sql(sql, []);
        session.resume().unwrap();
        assert!(!crate::bench::faults(&mut session).is_empty(), "{sql}");
        drop(session);
        bench.reset();
    }
}

/// The paths of the attached files.
fn attached(bench: &Bench) -> Vec<std::path::PathBuf> {
    let folder = bench.test.folder().join("attachments");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn an_attached_file_removed_exchanged_cut_off_or_put_back_is_noticed() {
    let mut bench = Bench::new(|session| {
        add(session, "1");
        let id = session.find(&Query::default()).unwrap().ids[0];
        attach_to(session, "one", Some(id), &bytes(200_000));
        attach_to(session, "two", Some(id), &bytes(200_001));
    });
    let [one, two] = attached(&bench).try_into().unwrap();
    let (first, second) = (std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
    let damaged = Noticed::Read("attachment.damaged");
    let shows = |bench: &mut Bench, noticed: &Noticed| {
        assert_eq!(bench.notice(), *noticed);
        bench.reset();
    };
    std::fs::remove_file(&one).unwrap();
    shows(&mut bench, &Noticed::Read("attachment.missing"));
    std::fs::write(&one, &second).unwrap();
    shows(&mut bench, &damaged);
    std::fs::rename(&one, two.with_extension("tmp")).unwrap();
    std::fs::rename(&two, &one).unwrap();
    std::fs::rename(two.with_extension("tmp"), &two).unwrap();
    shows(&mut bench, &damaged);
    let chunk = (1 << 16) + 16;
    for length in [0, 10, first.len() - chunk, first.len() - 1] {
        std::fs::write(&one, &first[..length]).unwrap();
        shows(&mut bench, &damaged);
    }
    std::fs::write(&one, [first.as_slice(), &[0]].concat()).unwrap();
    shows(&mut bench, &damaged);
    // Two chunks of one file swapped, and one of the other file in the place of its own.
    let header = first.len() - 3 * chunk - (first.len() - 22) % chunk;
    let mut swapped = first.clone();
    swapped[header..header + 2 * chunk].rotate_left(chunk);
    std::fs::write(&one, swapped).unwrap();
    shows(&mut bench, &damaged);
    let mut mixed = first.clone();
    mixed[header..header + chunk].copy_from_slice(&second[header..header + chunk]);
    std::fs::write(&one, mixed).unwrap();
    shows(&mut bench, &damaged);
    // A file that no row names opens nothing, and goes at the next unlock.
    bench.go_on(|session| {
        let id = session.find(&Query::default()).unwrap().ids[0];
        session.erase(id).unwrap();
    });
    std::fs::write(&one, &first).unwrap();
    let mut session = bench.unlock().unwrap();
    assert_eq!(session.status().unwrap().attachments, 0);
    assert!(!Path::new(&one).exists());
}
