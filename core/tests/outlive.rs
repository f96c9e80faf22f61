//! What must not outlive an erasure, a restoration or a stop in between, and what must.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

mod common;

use std::fs;
use std::path::Path;

use common::{
    any, back_up, bundle, count, import_from, observation, quiet, refusal, restore, words,
};
use patient_wallet::Session;
use patient_wallet::audit::{self, Destroyed, Finding};
use patient_wallet::host::{CancelToken, KeystoreError};
use patient_wallet::keys::{KdfParams, Passphrase};
use patient_wallet::record::RecordId;
use patient_wallet::session::{
    Attachment, Authentication, BackupKey, NewAttachment, Query, Replace,
};
use patient_wallet::testing::{TestWallet, Trouble};

const BUSY: Trouble = Trouble::Writing(KeystoreError::Unavailable);

fn add(session: &mut Session, name: &str) {
    import_from(session, "x", &bundle(&[observation(name, name)])).unwrap();
}

fn attach(session: &mut Session, bytes: &[u8], to: RecordId) -> Attachment {
    let mut file = bytes;
    let new = NewAttachment::new("scan.pdf").unwrap().to(Some(to));
    session.attach(&mut file, &new, &quiet, &CancelToken::new()).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let there = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &there);
        } else {
            fs::copy(entry.path(), there).unwrap();
        }
    }
}

/// A copy of all files as they are now.
fn copied(test: &TestWallet) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(test.folder(), folder.path());
    folder
}

/// Opens an old copy of the files with what the device's keystore holds today.
fn opens_with_todays_keystore(old: &tempfile::TempDir, test: &TestWallet, id: RecordId) -> bool {
    let mut there = TestWallet::empty();
    there.keystore = test.keystore.twin().into();
    copy(old.path(), there.folder());
    let passphrase = TestWallet::passphrase();
    let opened = there.wallet().unlock_read_only(&Authentication::Passphrase(&passphrase));
    opened.is_ok_and(|mut session| session.read(id, None).is_ok())
}

fn items(test: &TestWallet, prefix: &str) -> usize {
    test.keystore.names().iter().filter(|name| name.starts_with(prefix)).count()
}

#[test]
fn an_old_copy_opens_until_its_record_is_erased() {
    let (test, mut session) = TestWallet::create();
    add(&mut session, "1");
    session.lock().unwrap();
    let old = copied(&test);
    let mut session = test.unlock().unwrap();
    let id = any(&mut session);
    assert!(opens_with_todays_keystore(&old, &test, id), "the tests below mean something");
    session.erase(id).unwrap();
    assert!(!opens_with_todays_keystore(&old, &test, id));
}

#[test]
fn no_shred_key_outlives_two_erasures_of_which_the_first_was_hindered() {
    let (test, mut session) = TestWallet::create();
    ["1", "2", "3"].iter().for_each(|name| add(&mut session, name));
    session.lock().unwrap();
    let old = copied(&test);
    let mut session = test.unlock().unwrap();
    let ids = session.find(&Query::default()).unwrap().ids;
    test.keystore.trouble("shred/0", BUSY);
    assert!(session.erase(ids[0]).unwrap().pending);
    test.keystore.calm();
    assert!(!session.erase(ids[1]).unwrap().pending);
    assert_eq!(items(&test, "shred/"), 1);
    assert!(!opens_with_todays_keystore(&old, &test, ids[0]));
}

#[test]
fn a_hindered_erasure_claims_no_more_than_it_did() {
    let (test, mut session) = TestWallet::create();
    add(&mut session, "1");
    let id = any(&mut session);
    attach(&mut session, b"scan", id);
    test.keystore.trouble("shred/0", BUSY);
    let claims = |statement: &[u8]| {
        let findings = audit::verify(&[statement]).unwrap();
        let [Finding::Erasure(statement)] = findings.as_slice() else { panic!("{findings:?}") };
        statement.destroyed().to_vec()
    };
    let erased = session.erase(id).unwrap();
    assert_eq!(claims(&erased.statement), [Destroyed::Keys, Destroyed::Rows]);
    test.keystore.calm();
    session.lock().unwrap();
    let mut session = test.unlock().unwrap();
    let later = session.erasure_statement(id).unwrap();
    let all = [Destroyed::Keys, Destroyed::ShredKey, Destroyed::Rows, Destroyed::Attachments];
    assert_eq!(claims(&later), all);
    assert_eq!(
        refusal(session.erasure_statement(RecordId::from_bytes([9; 16]))),
        "record.not-found"
    );
}

#[test]
fn the_words_on_an_old_copy_revive_no_shred_key() {
    let (test, mut session) = TestWallet::create();
    ["1", "2", "3"].iter().for_each(|name| add(&mut session, name));
    let words = words(&mut session);
    session.lock().unwrap();
    let old = copied(&test);
    let mut session = test.unlock().unwrap();
    let ids = session.find(&Query::default()).unwrap().ids;
    session.erase(ids[0]).unwrap();
    session.erase(ids[1]).unwrap();
    session.lock().unwrap();
    let vault = test.folder().join("vault.db");
    let new = fs::read(&vault).unwrap();
    fs::copy(old.path().join("vault.db"), &vault).unwrap();
    let names = test.keystore.names();
    drop(test.wallet().unlock_read_only(&Authentication::Words(&words)).unwrap());
    assert_eq!(test.keystore.names(), names, "looking changes nothing");
    // Coming back with the words takes the old copy up again; then the newer file returns.
    drop(test.wallet().restore(&words, &TestWallet::passphrase()).unwrap());
    fs::write(&vault, new).unwrap();
    drop(test.wallet().restore(&words, &TestWallet::passphrase()).unwrap());
    assert_eq!(items(&test, "shred/"), 1);
    assert!(!opens_with_todays_keystore(&old, &test, ids[0]));
}

#[test]
fn the_items_of_a_replaced_wallet_go_even_when_the_keystore_is_busy() {
    let (test, mut session) = TestWallet::create();
    add(&mut session, "1");
    let (words, file) = (words(&mut session), back_up(&mut session, None));
    add(&mut session, "2");
    session.lock().unwrap();
    let old = copied(&test);
    for name in test.keystore.names() {
        if name.starts_with("dsk/") || name.starts_with("shred/") {
            test.keystore.trouble(&name, BUSY);
        }
    }
    let mut session = restore(&test, &file, &BackupKey::Words(&words), Replace::Newer).unwrap();
    test.keystore.calm();
    let id = any(&mut session);
    session.erase(id).unwrap();
    session.lock().unwrap();
    drop(test.unlock().unwrap());
    assert_eq!((items(&test, "dsk/"), items(&test, "shred/")), (1, 1));
    assert!(!opens_with_todays_keystore(&old, &test, id));
}

#[test]
fn a_diverged_wallet_is_replaced_by_name_only() {
    let (here, mut session) = TestWallet::create();
    add(&mut session, "1");
    let (words, file) = (words(&mut session), back_up(&mut session, None));
    let there = TestWallet::empty();
    let mut other = restore(&there, &file, &BackupKey::Words(&words), Replace::Older).unwrap();
    (10..20).for_each(|n| add(&mut other, &n.to_string()));
    let longer = back_up(&mut other, None);
    add(&mut session, "only here");
    // However long its log: the backup of a fork does not bring back what is only here.
    let mut fork = longer.as_slice();
    let key = BackupKey::Words(&words);
    assert!(!session.rehearse(&mut fork, &key, &quiet, &CancelToken::new()).unwrap().good);
    session.lock().unwrap();
    assert_eq!(
        refusal(restore(&here, &longer, &BackupKey::Words(&words), Replace::Older)),
        "backup.older"
    );
    assert_eq!(count(&mut here.unlock().unwrap()), 2);
    assert_eq!(
        count(&mut restore(&here, &longer, &BackupKey::Words(&words), Replace::Newer).unwrap()),
        11
    );
}

#[test]
fn what_a_restoration_keeps_stays_until_something_is_erased() {
    let (test, mut session) = TestWallet::create();
    add(&mut session, "1");
    let (words, file) = (words(&mut session), back_up(&mut session, None));
    add(&mut session, "newest");
    let id = any(&mut session);
    let scan = attach(&mut session, b"scan", id);
    session.lock().unwrap();
    let kept = || {
        let names = fs::read_dir(test.folder()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("vault.replaced-")).count()
    };
    for times in 1..=2 {
        drop(restore(&test, &file, &BackupKey::Words(&words), Replace::Newer).unwrap());
        assert_eq!(kept(), times, "none replaces another");
    }
    let scan = test.folder().join("attachments").join(scan.id.to_string());
    drop(test.unlock().unwrap());
    assert!(scan.exists(), "and its files stay with it");
    let mut session = test.unlock().unwrap();
    let gone = any(&mut session);
    session.erase(gone).unwrap();
    assert_eq!(kept(), 0, "it held what was erased");
    assert!(!scan.exists());
}

#[test]
fn failed_restorations_do_not_lock_a_sound_wallet_out() {
    let (test, mut session) = TestWallet::create();
    add(&mut session, "1");
    let id = any(&mut session);
    attach(&mut session, b"scan", id);
    let (words, file) = (words(&mut session), back_up(&mut session, None));
    add(&mut session, "2");
    session.lock().unwrap();
    // The attachments cannot be moved in: a file stands where their folder was.
    let (files, aside) = (test.folder().join("attachments"), test.folder().join("aside"));
    fs::rename(&files, &aside).unwrap();
    fs::write(&files, b"").unwrap();
    for _ in 0..6 {
        assert_eq!(
            refusal(restore(&test, &file, &BackupKey::Words(&words), Replace::Newer)),
            "vault.storage"
        );
        assert_eq!((items(&test, "dsk/"), items(&test, "shred/")), (1, 1));
    }
    fs::remove_file(&files).unwrap();
    fs::rename(&aside, &files).unwrap();
    assert_eq!(count(&mut test.unlock().unwrap()), 2);
}

#[test]
fn a_damaged_page_neither_closes_a_wallet_nor_keeps_a_backup_out() {
    for table in ["audit", "tile", "ckpt", "ver", "att", "meta"] {
        let (test, mut session) = TestWallet::create();
        ["1", "2"].iter().for_each(|name| add(&mut session, name));
        session.checkpoint().unwrap();
        let (words, file) = (words(&mut session), back_up(&mut session, None));
        session.lock().unwrap();
        damage(&test.folder().join("vault.db"), table);
        let passphrase = TestWallet::passphrase();
        let with = Authentication::Passphrase(&passphrase);
        if table != "meta" {
            let mut session = test.wallet().unlock_read_only(&with).unwrap();
            let whole = if table == "ver" { 0 } else { 2 };
            assert!(count(&mut session) >= whole, "{table}");
            let found = session.verify(&quiet, &CancelToken::new()).unwrap();
            assert!(!found.faults.is_empty(), "{table}");
        }
        let mut session = restore(&test, &file, &BackupKey::Words(&words), Replace::Newer).unwrap();
        assert_eq!(count(&mut session), 2, "{table}");
    }
}

/// Overwrites the first bytes of a table's root page.
fn damage(vault: &Path, table: &str) {
    let db = rusqlite::Connection::open(vault).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let page: u32 = db.query_row(sql, [table], |row| row.get(0)).unwrap();
    let size: u32 = db.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    drop(db);
    let mut bytes = fs::read(vault).unwrap();
    bytes[usize::try_from((page - 1) * size).unwrap()..][..12].fill(0xee);
    fs::write(vault, bytes).unwrap();
}

#[test]
fn a_damaged_wallet_can_be_erased_as_a_whole() {
    for table in ["audit", "tile", "ckpt", "ver", "att"] {
        let (test, mut session) = TestWallet::create();
        add(&mut session, "1");
        session.lock().unwrap();
        damage(&test.folder().join("vault.db"), table);
        let passphrase = TestWallet::passphrase();
        let with = Authentication::Passphrase(&passphrase);
        test.wallet().unlock_read_only(&with).unwrap().erase_wallet().unwrap();
        assert!(!test.wallet().exists(), "{table}");
        assert_eq!(test.keystore.names(), [""; 0], "{table}");
    }
}

#[test]
fn a_stopped_erasure_of_the_wallet_is_finished_by_whatever_comes_next() {
    for next in ["unlock", "create", "words", "backup"] {
        let (test, mut session) = TestWallet::create();
        add(&mut session, "1");
        let (words, file) = (words(&mut session), back_up(&mut session, None));
        let id = any(&mut session);
        session.suspend().unwrap();
        let old = copied(&test);
        session.resume().unwrap();
        test.keystore.trouble("dsk/", BUSY);
        assert_eq!(refusal(session.erase_wallet()), "keystore.unavailable");
        test.keystore.calm();
        let passphrase = TestWallet::passphrase();
        match next {
            "unlock" => assert_eq!(refusal(test.unlock()), "wallet.none"),
            "create" => drop(test.wallet().create_from(&words, &passphrase).unwrap()),
            "words" => drop(test.wallet().restore(&words, &passphrase).unwrap()),
            _ => drop(restore(&test, &file, &BackupKey::Words(&words), Replace::Older).unwrap()),
        }
        assert!(!opens_with_todays_keystore(&old, &test, id), "{next}");
        assert!(items(&test, "dsk/") <= 1 && items(&test, "erasing") == 0, "{next}");
    }
}

#[test]
fn erasing_a_wallet_takes_what_was_pending_along() {
    let (test, mut session) = TestWallet::create();
    ["1", "2"].iter().for_each(|name| add(&mut session, name));
    let id = any(&mut session);
    let passphrase = TestWallet::passphrase();
    let device = test.keystore.names().into_iter().find(|name| name.starts_with("dsk/")).unwrap();
    test.keystore.trouble("shred/0", BUSY);
    test.keystore.trouble(&device, BUSY);
    session.erase(id).unwrap();
    let with = Authentication::Passphrase(&passphrase);
    session.change_passphrase(&with, &passphrase, KdfParams::FLOOR).unwrap();
    test.keystore.calm();
    session.erase_wallet().unwrap();
    assert_eq!(test.keystore.names(), [""; 0]);
}

#[test]
fn an_old_device_secret_goes_even_after_two_changes() {
    let (test, mut session) = TestWallet::create();
    add(&mut session, "1");
    let id = any(&mut session);
    session.suspend().unwrap();
    let old = copied(&test);
    session.resume().unwrap();
    let device = test.keystore.names().into_iter().find(|name| name.starts_with("dsk/")).unwrap();
    let (first, second) = (TestWallet::passphrase(), Passphrase::new(b"another one").unwrap());
    test.keystore.trouble(&device, BUSY);
    let change = |session: &mut Session, from: &Passphrase| {
        session.change_passphrase(&Authentication::Passphrase(from), &second, KdfParams::FLOOR)
    };
    change(&mut session, &first).unwrap();
    test.keystore.calm();
    change(&mut session, &second).unwrap();
    assert_eq!(items(&test, "dsk/"), 1);
    assert!(!opens_with_todays_keystore(&old, &test, id), "the old passphrase opens no old copy");
}

#[test]
fn a_passphrase_that_was_changed_is_changed_whatever_the_head_does() {
    let (test, mut session) = TestWallet::create();
    let (old, new) = (TestWallet::passphrase(), Passphrase::new(b"another one").unwrap());
    test.keystore.trouble("head", BUSY);
    session.change_passphrase(&Authentication::Passphrase(&old), &new, KdfParams::FLOOR).unwrap();
    drop(session);
    test.keystore.calm();
    assert_eq!(refusal(test.unlock()), "wallet.wrong-passphrase");
    test.wallet().unlock(&new).unwrap();
}

#[test]
fn what_is_not_the_wallets_stays_and_hinders_nothing() {
    let (test, mut session) = TestWallet::create();
    add(&mut session, "1");
    let id = any(&mut session);
    let scan = attach(&mut session, b"scan", id);
    let files = test.folder().join("attachments");
    fs::write(files.join(".nomedia"), b"").unwrap();
    fs::create_dir(files.join("0".repeat(32))).unwrap();
    fs::create_dir_all(test.folder().join("restore")).unwrap();
    fs::write(test.folder().join("restore/mine"), b"").unwrap();
    assert!(session.erase(id).unwrap().pending, "a folder with the name of a file");
    assert!(!files.join(scan.id.to_string()).exists(), "the others went all the same");
    fs::remove_dir(files.join("0".repeat(32))).unwrap();
    session.lock().unwrap();
    let session = test.unlock().unwrap();
    session.erase_wallet().unwrap();
    assert!(!test.wallet().exists());
    assert!(files.join(".nomedia").exists() && test.folder().join("restore/mine").exists());
}

#[test]
fn a_change_before_a_suspension_is_witnessed_after_it() {
    let (test, session) = TestWallet::create();
    session.lock().unwrap();
    let old = copied(&test);
    let mut session = test.unlock().unwrap();
    add(&mut session, "1");
    test.keystore.trouble("head", BUSY);
    assert_eq!(refusal(session.suspend()), "keystore.unavailable");
    test.keystore.calm();
    session.resume().unwrap();
    test.clock.pass(60);
    session.lock_if_due();
    std::mem::forget(session);
    let mut there = TestWallet::empty();
    there.keystore = test.keystore.twin().into();
    fs::copy(old.path().join("vault.db"), there.folder().join("vault.db")).unwrap();
    assert_eq!(refusal(there.unlock()), "vault.rolled-back");
}

#[test]
fn an_older_file_does_not_cost_the_newer_one_its_attachments() {
    for with_words in [true, false] {
        let (test, mut session) = TestWallet::create();
        add(&mut session, "1");
        let (id, words) = (any(&mut session), words(&mut session));
        session.lock().unwrap();
        let old = copied(&test);
        let mut session = test.unlock().unwrap();
        let scan = attach(&mut session, b"attached since", id);
        session.lock().unwrap();
        let vault = test.folder().join("vault.db");
        let new = fs::read(&vault).unwrap();
        fs::copy(old.path().join("vault.db"), &vault).unwrap();
        if with_words {
            drop(test.wallet().restore(&words, &TestWallet::passphrase()).unwrap());
        } else {
            test.keystore.lose("head");
        }
        // Twice: a later unlock must not sweep either.
        (0..2).for_each(|_| drop(test.unlock().unwrap()));
        fs::write(&vault, new).unwrap();
        let mut session = test.wallet().restore(&words, &TestWallet::passphrase()).unwrap();
        let mut out = Vec::new();
        session.save_attachment(scan.id, None, &mut out, &quiet, &CancelToken::new()).unwrap();
        assert_eq!(out, b"attached since");
        session.erase(id).unwrap();
        assert_eq!(fs::read_dir(test.folder().join("attachments")).unwrap().count(), 0);
    }
}
