//! The keystore contract, and what happens when an item of it is missing, invalid or out of reach.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

mod common;

use common::{bundle, count, import_from, observation, refusal};
use patient_wallet::host::{Host, Keystore, KeystoreError, Policy};
use patient_wallet::keys::{Domain, KdfParams, Passphrase, SealingPublicKey};
use patient_wallet::session::Authentication;
use patient_wallet::testing::keystore::{contract, hardware_contract};
use patient_wallet::testing::{FakeKeystore, TestWallet, Trouble};
use patient_wallet::{Wallet, WalletOptions};
use std::cell::RefCell;

const LOST: [KeystoreError; 2] = [KeystoreError::Missing, KeystoreError::Invalidated];
const PASSING: [KeystoreError; 3] =
    [KeystoreError::Unavailable, KeystoreError::LockedOut, KeystoreError::Cancelled];

/// A wallet with one record, biometrics enabled, locked.
fn wallet() -> (TestWallet, patient_wallet::keys::Mnemonic) {
    let (test, mut session) = TestWallet::create();
    let again = TestWallet::passphrase();
    let authentication = Authentication::Passphrase(&again);
    session.enable_biometrics(&authentication).unwrap();
    let words = session.dangerous_words(&authentication).unwrap();
    import_from(&mut session, "st-anna", &bundle(&[observation("1", "HbA1c")])).unwrap();
    session.lock().unwrap();
    (test, words)
}

#[test]
fn the_keystore_in_memory_keeps_the_contract() {
    let keystore = FakeKeystore::default();
    contract(&keystore);
    let copy = RefCell::new(None);
    hardware_contract(
        &keystore,
        || drop(copy.replace(Some(keystore.copy()))),
        || keystore.put_back(copy.borrow().as_ref().unwrap()),
    );
}

#[test]
fn a_keystore_that_keeps_a_deleted_item_breaks_the_contract() {
    struct Keeps(FakeKeystore);
    impl Keystore for Keeps {
        fn put(&self, name: &str, secret: &[u8], policy: Policy) -> Result<(), KeystoreError> {
            self.0.put(name, secret, policy)
        }
        fn get(&self, name: &str) -> Result<zeroize::Zeroizing<Vec<u8>>, KeystoreError> {
            self.0.get(name)
        }
        fn delete(&self, _: &str) -> Result<(), KeystoreError> {
            Ok(())
        }
    }
    let broken = Keeps(FakeKeystore::default());
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| contract(&broken))).is_err());
}

#[test]
fn a_lost_device_secret_leaves_words_and_biometrics() {
    for lost in LOST {
        let (test, words) = wallet();
        test.keystore.trouble("dsk/", Trouble::Reading(lost));
        assert_eq!(refusal(test.unlock()), "wallet.device-secret-lost");
        let mut session = test.wallet().unlock_with_biometrics().unwrap();
        assert_eq!(count(&mut session), 1);
        session.lock().unwrap();
        test.keystore.calm();
        let mut session = test.wallet().restore(&words, &TestWallet::passphrase()).unwrap();
        assert_eq!(count(&mut session), 1);
        session.lock().unwrap();
        assert_eq!(count(&mut test.unlock().unwrap()), 1, "a new device secret was made");
    }
}

#[test]
fn lost_biometrics_leave_the_passphrase() {
    let (test, _) = wallet();
    test.keystore.enrol_biometrics();
    assert_eq!(refusal(test.wallet().unlock_with_biometrics()), "wallet.biometrics-lost");
    assert_eq!(count(&mut test.unlock().unwrap()), 1);
    test.keystore.lose("bsk/");
    assert_eq!(refusal(test.wallet().unlock_with_biometrics()), "wallet.biometrics-lost");
}

#[test]
fn a_lost_shred_key_leaves_the_identity_and_the_words_bring_the_records_back() {
    let (test, words) = wallet();
    test.keystore.lose("shred/");
    let mut session = test.unlock().unwrap();
    assert_eq!(refusal(session.find(&Default::default())), "vault.needs-words");
    assert_eq!(session.status().unwrap().records, None);
    let again = TestWallet::passphrase();
    let shown = session.dangerous_words(&Authentication::Passphrase(&again)).unwrap();
    assert!(shown.dangerous_words().eq(words.dangerous_words()), "the identity opens");
    session.lock().unwrap();
    let mut session = test.wallet().restore(&words, &TestWallet::passphrase()).unwrap();
    assert_eq!(count(&mut session), 1);
    session.lock().unwrap();
    assert_eq!(count(&mut test.unlock().unwrap()), 1, "and it stays so");
}

#[test]
fn a_lost_head_opens_and_is_written_anew() {
    let (test, _) = wallet();
    test.keystore.lose("head");
    assert_eq!(count(&mut test.unlock().unwrap()), 1);
    assert!(test.keystore.names().contains(&"head".to_owned()));
}

#[test]
fn a_head_of_another_vault_is_a_rollback() {
    let (test, _) = wallet();
    test.keystore.put("head", &[7; 48], Policy::Silent).unwrap();
    assert_eq!(refusal(test.unlock()), "vault.rolled-back");
}

#[test]
fn lost_tries_count_as_five_failures_until_the_next_success() {
    let (test, _) = wallet();
    let wrong = Passphrase::new(b"wrong").unwrap();
    test.keystore.lose("tries");
    assert_eq!(refusal(test.wallet().unlock(&wrong)), "wallet.wrong-passphrase");
    assert_eq!(refusal(test.unlock()), "wallet.try-later");
    test.clock.pass(2);
    test.unlock().unwrap().lock().unwrap();
    assert_eq!(refusal(test.wallet().unlock(&wrong)), "wallet.wrong-passphrase");
    test.unlock().unwrap();
}

#[test]
fn an_item_that_cannot_be_read_is_as_good_as_lost() {
    for wrong in [b"?".as_slice(), &[7; 32]] {
        let (test, words) = wallet();
        test.keystore.put("tries", b"?", Policy::Silent).unwrap();
        test.keystore.put("shred/0", wrong, Policy::Silent).unwrap();
        let mut session = test.unlock().unwrap();
        assert_eq!(refusal(session.find(&Default::default())), "vault.needs-words");
        session.lock().unwrap();
        let mut session = test.wallet().restore(&words, &TestWallet::passphrase()).unwrap();
        assert_eq!(count(&mut session), 1);
    }
}

#[test]
fn an_escrow_from_elsewhere_does_not_get_into_the_keystore() {
    let (test, words) = wallet();
    let open = || rusqlite::Connection::open(test.folder().join("vault.db")).unwrap();
    let read = |name| -> Vec<u8> {
        open().query_row("SELECT v FROM meta WHERE k = ?1", [name], |row| row.get(0)).unwrap()
    };
    let write = |value| open().execute("UPDATE meta SET v = ?1 WHERE k = 'escrow'", [value]);
    let escrow_key = SealingPublicKey::from_slice(&read("escrow-key")).unwrap();
    let vault = read("header")[6..22].to_vec();
    let forged = escrow_key.seal(&Domain::ShredEscrow.info(&[&vault]), &[], &[7; 32]).unwrap();
    let genuine = read("escrow");
    assert_eq!(write(forged), Ok(1));
    test.keystore.lose("shred/");
    let restored = test.wallet().restore(&words, &TestWallet::passphrase());
    assert_eq!(refusal(restored), "vault.damaged");
    assert!(!test.keystore.names().contains(&"shred/0".to_owned()));
    assert_eq!(write(genuine), Ok(1));
    let mut session = test.wallet().restore(&words, &TestWallet::passphrase()).unwrap();
    assert_eq!(count(&mut session), 1);
}

#[test]
fn a_second_vault_on_the_same_keystore_spares_the_first() {
    let (test, words) = wallet();
    let vault = test.folder().join("vault.db");
    let aside = test.folder().join("aside.db");
    std::fs::rename(&vault, &aside).unwrap();
    test.wallet().create(&TestWallet::passphrase(), Default::default()).unwrap().lock().unwrap();
    test.unlock().unwrap().lock().unwrap();
    std::fs::rename(&aside, &vault).unwrap();
    assert_eq!(refusal(test.unlock()), "vault.rolled-back", "the head is the second one's");
    let mut session = test.wallet().restore(&words, &TestWallet::passphrase()).unwrap();
    assert_eq!(count(&mut session), 1, "its shred key was not overwritten");
    session.lock().unwrap();
    assert_eq!(count(&mut test.unlock().unwrap()), 1);
}

#[test]
fn a_log_that_was_left_behind_is_not_built_upon() {
    let test = TestWallet::empty();
    std::fs::write(test.folder().join("vault.db-wal"), b"somebody's").unwrap();
    let made = test.wallet().create(&TestWallet::passphrase(), Default::default());
    assert_eq!(refusal(made), "wallet.exists");
}

#[test]
fn a_refused_restore_changes_nothing() {
    let (test, words) = wallet();
    let path = test.folder().join("vault.db");
    let good = std::fs::read(&path).unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute("DELETE FROM ver", []).unwrap();
    drop(db);
    let items = test.keystore.names();
    let new = Passphrase::new(b"another one").unwrap();
    assert_eq!(refusal(test.wallet().restore(&words, &new)), "vault.damaged");
    assert_eq!(test.keystore.names(), items);
    std::fs::write(&path, good).unwrap();
    assert_eq!(count(&mut test.unlock().unwrap()), 1, "the old passphrase still holds");
}

/// A keystore that stops working at its n-th call that writes.
struct Dying(std::sync::Arc<FakeKeystore>, std::sync::atomic::AtomicUsize);

impl Dying {
    fn spend(&self) -> Result<(), KeystoreError> {
        use std::sync::atomic::Ordering::SeqCst;
        let spent = self.1.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        spent.map(drop).map_err(|_| KeystoreError::Unavailable)
    }
}

impl Keystore for Dying {
    fn put(&self, name: &str, secret: &[u8], policy: Policy) -> Result<(), KeystoreError> {
        self.spend()?;
        self.0.put(name, secret, policy)
    }
    fn get(&self, name: &str) -> Result<zeroize::Zeroizing<Vec<u8>>, KeystoreError> {
        self.0.get(name)
    }
    fn delete(&self, name: &str) -> Result<(), KeystoreError> {
        self.spend()?;
        self.0.delete(name)
    }
}

#[test]
fn whenever_the_keystore_dies_one_of_the_two_passphrases_opens_and_nothing_is_left_over() {
    let new = Passphrase::new(b"another one").unwrap();
    let mut changed = false;
    for calls in 0..20 {
        let (test, _) = wallet();
        let dying = Dying(test.keystore.clone(), calls.into());
        let host = Host { keystore: std::sync::Arc::new(dying), clock: test.clock.clone() };
        let options = WalletOptions { kdf: Some(KdfParams::FLOOR), ..WalletOptions::default() };
        let opened = Wallet::at(test.folder(), host, options).unlock(&TestWallet::passphrase());
        changed = opened.is_ok_and(|mut session| {
            let old = TestWallet::passphrase();
            let authentication = Authentication::Passphrase(&old);
            session.change_passphrase(&authentication, &new, KdfParams::FLOOR).is_ok()
        });
        test.clock.pass(600);
        let opened = test.wallet().unlock(&new).or_else(|_| test.unlock());
        assert_eq!(count(&mut opened.unwrap()), 1, "dies at call {calls}");
        let names = test.keystore.names();
        let devices = names.iter().filter(|name| name.starts_with("dsk/")).count();
        assert_eq!(devices, 1, "dies at call {calls}: {names:?}");
    }
    assert!(changed, "with calls enough the passphrase is changed");
}

#[test]
fn out_of_reach_is_never_taken_for_gone() {
    for passing in PASSING {
        for item in ["dsk/", "shred/", "head", "tries"] {
            let (test, _) = wallet();
            let before = test.keystore.names();
            test.keystore.trouble(item, Trouble::Reading(passing));
            assert_eq!(refusal(test.unlock()), passing.code(), "{item}");
            assert_eq!(test.keystore.names(), before, "nothing is deleted or made anew");
            test.keystore.calm();
            assert_eq!(count(&mut test.unlock().unwrap()), 1, "and the next try works");
        }
    }
    let (test, _) = wallet();
    test.keystore.trouble("bsk/", Trouble::Reading(KeystoreError::Cancelled));
    assert_eq!(refusal(test.wallet().unlock_with_biometrics()), "keystore.cancelled");
}

#[test]
fn a_keystore_that_cannot_write_makes_no_half_wallet() {
    for item in ["dsk/", "shred/", "head", "tries"] {
        let test = TestWallet::empty();
        test.keystore.trouble(item, Trouble::Writing(KeystoreError::Unavailable));
        let made = test.wallet().create(&TestWallet::passphrase(), Default::default());
        assert_eq!(refusal(made), "keystore.unavailable", "{item}");
        assert!(!test.wallet().exists());
        let names = test.keystore.names();
        assert!(names.iter().all(|name| name == "tries"), "{item}: {names:?}");
        test.keystore.calm();
        test.wallet().create(&TestWallet::passphrase(), Default::default()).unwrap();
    }
}

#[test]
fn a_passphrase_change_replaces_the_device_secret_and_one_slot() {
    let (test, _) = wallet();
    let new = Passphrase::new(b"another one").unwrap();
    let again = TestWallet::passphrase();
    let mut session = test.unlock().unwrap();
    let device = |test: &TestWallet| {
        let names = test.keystore.names();
        names.into_iter().filter(|name| name.starts_with("dsk/")).collect::<Vec<_>>()
    };
    let before = device(&test);
    let params = KdfParams::FLOOR;
    session.change_passphrase(&Authentication::Passphrase(&again), &new, params).unwrap();
    session.lock().unwrap();
    assert_eq!(device(&test).len(), 1);
    assert_ne!(device(&test), before);
    assert_eq!(refusal(test.unlock()), "wallet.wrong-passphrase");
    assert_eq!(count(&mut test.wallet().unlock(&new).unwrap()), 1);
    assert_eq!(count(&mut test.wallet().unlock_with_biometrics().unwrap()), 1);
}

#[test]
fn a_passphrase_change_that_fails_changes_nothing() {
    let (test, _) = wallet();
    let new = Passphrase::new(b"another one").unwrap();
    let again = TestWallet::passphrase();
    let mut session = test.unlock().unwrap();
    test.keystore.trouble("dsk/", Trouble::Writing(KeystoreError::Unavailable));
    let params = KdfParams::FLOOR;
    let changed = session.change_passphrase(&Authentication::Passphrase(&again), &new, params);
    assert_eq!(refusal(changed), "keystore.unavailable");
    drop(session);
    test.keystore.calm();
    assert_eq!(refusal(test.wallet().unlock(&new)), "wallet.wrong-passphrase");
    test.unlock().unwrap();
}

#[test]
fn five_wrong_passphrases_are_free_then_the_wait_doubles_and_survives_a_restart() {
    let (test, _) = wallet();
    let wrong = Passphrase::new(b"wrong").unwrap();
    for _ in 0..5 {
        assert_eq!(refusal(test.wallet().unlock(&wrong)), "wallet.wrong-passphrase");
    }
    for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
        let later = test.unlock().unwrap_err();
        assert_eq!(later.code(), "wallet.try-later");
        assert!(later.to_string().contains(&format!(" {wait} s")), "{later}");
        test.clock.pass(wait);
        assert_eq!(refusal(test.wallet().unlock(&wrong)), "wallet.wrong-passphrase");
    }
    test.clock.set(1_000);
    assert!(test.unlock().unwrap_err().to_string().contains(" 300 s"), "a clock set back");
    test.clock.pass(300);
    test.unlock().unwrap().lock().unwrap();
    assert_eq!(refusal(test.wallet().unlock(&wrong)), "wallet.wrong-passphrase", "free again");
}

#[test]
fn a_session_locks_after_five_minutes_without_a_call() {
    let (test, _) = wallet();
    let mut session = test.unlock().unwrap();
    test.clock.pass(299);
    assert_eq!(count(&mut session), 1, "a call starts the five minutes anew");
    test.clock.pass(299);
    assert!(!session.lock_if_due());
    test.clock.pass(1);
    assert!(session.lock_if_due());
    assert_eq!(refusal(session.find(&Default::default())), "wallet.locked");
    let mut session = test.unlock().unwrap();
    test.clock.pass(300);
    assert_eq!(refusal(session.status()), "wallet.locked");
    test.unlock().expect("the lock also gave the home back");
}

#[test]
fn weaker_parameters_are_raised_at_the_next_unlock() {
    let (test, _) = wallet();
    let stronger = KdfParams::new(19 * 1024, 3).unwrap();
    let options = WalletOptions { kdf: Some(stronger), ..WalletOptions::default() };
    let host = Host { keystore: test.keystore.clone(), clock: test.clock.clone() };
    let before = test.keystore.names();
    Wallet::at(test.folder(), host, options).unlock(&TestWallet::passphrase()).unwrap();
    assert_ne!(test.keystore.names(), before, "the slot was written anew");
    let before = test.keystore.names();
    assert_eq!(count(&mut test.unlock().unwrap()), 1);
    assert_eq!(test.keystore.names(), before, "and is not lowered again");
}
