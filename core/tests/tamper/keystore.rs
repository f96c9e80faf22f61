//! Every item of the keystore, flipped byte by byte, put back, exchanged.

use std::sync::Arc;

use patient_wallet::host::Keystore as _;
use patient_wallet::keys::KdfParams;
use patient_wallet::session::{Authentication, Query};
use patient_wallet::testing::TestWallet;

use crate::bench::{Bench, DAMAGED, Noticed, ROLLED_BACK};
use crate::bytes::fill;
use crate::common::{bundle, count, import_from, observation};

fn item(bench: &Bench, prefix: &str) -> String {
    let names = bench.test.keystore.names();
    let found: Vec<_> = names.into_iter().filter(|name| name.starts_with(prefix)).collect();
    let [name] = found.try_into().unwrap();
    name
}

/// Flips each byte of an item, cuts it off at each place, and shows that all of it is noticed.
fn flip(bench: &mut Bench, prefix: &str, noticed: &Noticed) {
    let name = item(bench, prefix);
    let length = bench.test.keystore.get(&name).unwrap().len();
    for at in 0..length {
        bench.test.keystore.edit(&name, |bytes| bytes[at] ^= 1 << (at % 8));
        assert_eq!(bench.notice(), *noticed, "{name} {at}");
        bench.reset();
        bench.test.keystore.edit(&name, |bytes| bytes.truncate(at));
        assert_eq!(bench.notice(), *noticed, "{name} cut off at {at}");
        bench.reset();
    }
    bench.test.keystore.edit(&name, |bytes| bytes.push(0));
    assert_eq!(bench.notice(), *noticed, "{name} longer");
    bench.reset();
}

#[test]
fn every_byte_of_the_head_is_noticed_at_unlock() {
    flip(&mut Bench::new(fill), "head", &ROLLED_BACK);
}

#[test]
fn every_byte_of_the_shred_key_and_of_the_biometric_secret_is_noticed() {
    let mut bench = Bench::new(fill);
    flip(&mut bench, "shred/", &Noticed::Read("vault.needs-words"));
    flip(&mut bench, "bsk/", &DAMAGED);
}

#[test]
fn every_byte_of_the_device_secret_reads_as_a_wrong_passphrase() {
    let mut bench = Bench::new(fill);
    let name = item(&bench, "dsk/");
    for at in 0..32 {
        bench.test.keystore.edit(&name, |bytes| bytes[at] ^= 1 << (at % 8));
        assert_eq!(bench.test.unlock().unwrap_err().code(), "wallet.wrong-passphrase", "{at}");
        bench.reset();
    }
}

#[test]
fn no_byte_of_the_count_of_tries_changes_what_the_wallet_gives() {
    let bench = Bench::new(fill);
    for at in 0..12 {
        bench.test.keystore.edit("tries", |bytes| bytes[at] ^= 1);
        match bench.test.unlock() {
            Ok(mut session) => assert_eq!(count(&mut session), bench.content.records.len()),
            Err(error) => assert_eq!(error.code(), "wallet.try-later", "{at}"),
        }
        bench.test.clock.pass(600);
        bench.test.unlock().unwrap().lock().unwrap();
    }
}

#[test]
fn items_put_back_open_nothing() {
    let mut bench = Bench::new(|session| {
        let both = [observation("1", "a"), observation("2", "b")];
        import_from(session, "x", &bundle(&both)).unwrap();
    });
    let old = bench.test.keystore.copy();
    let passphrase = TestWallet::passphrase();
    let new = patient_wallet::keys::Passphrase::new(b"another one").unwrap();
    bench.go_on(|session| {
        let with = Authentication::Biometrics;
        session.change_passphrase(&with, &new, KdfParams::FLOOR).unwrap();
        let id = session.find(&Query::default()).unwrap().ids[0];
        session.erase(id).unwrap();
    });
    assert_eq!(bench.content.records.len(), 1);
    // Head, shred key and device secret are those of before, their hardware keys are no more.
    bench.test.keystore.put_back(&old);
    let mut session = bench.unlock().unwrap();
    assert_eq!(session.find(&Query::default()).unwrap_err().code(), "vault.needs-words");
    drop(session);
    assert_eq!(bench.test.wallet().unlock(&new).unwrap_err().code(), "wallet.device-secret-lost");
    assert_eq!(
        bench.test.wallet().unlock(&passphrase).unwrap_err().code(),
        "wallet.device-secret-lost"
    );
}

#[test]
fn a_keystore_without_true_deletion_put_back_opens_neither_an_old_header_nor_an_old_table() {
    let mut bench = Bench::new(|session| {
        let both = [observation("1", "a"), observation("2", "b")];
        import_from(session, "x", &bundle(&both)).unwrap();
    });
    let new = patient_wallet::keys::Passphrase::new(b"another one").unwrap();
    let earlier = bench.go_on(|session| {
        let with = Authentication::Biometrics;
        session.change_passphrase(&with, &new, KdfParams::FLOOR).unwrap();
        let id = session.find(&Query::default()).unwrap().ids[0];
        session.erase(id).unwrap();
    });
    let meta = |names: &str| {
        format!(
            "UPDATE meta SET v = (SELECT v FROM other.meta AS it WHERE it.k = meta.k)
             WHERE k IN ({names})"
        )
    };
    for statements in [meta("'header'"), meta("'buckets', 'escrow'"), meta("'buckets'")] {
        bench.sql_from(&earlier.vault, &statements);
        bench.test.keystore = Arc::new(earlier.keystore.twin());
        assert_eq!(bench.notice(), DAMAGED, "{statements}");
        bench.reset();
    }
    // The old passphrase opens the old slot, and is refused all the same.
    bench.sql_from(&earlier.vault, &meta("'header'"));
    bench.test.keystore = Arc::new(earlier.keystore.twin());
    assert_eq!(bench.test.unlock().unwrap_err().code(), "vault.damaged");
}
