//! Backup files spliced, cut off, exchanged: the wallet that is here stays as it is. Each byte of a
//! backup is flipped where the file is opened, in the tests of the backup itself.

use patient_wallet::host::CancelToken;
use patient_wallet::session::{Authentication, BackupKey, Replace};
use patient_wallet::testing::TestWallet;

use crate::bench::{Bench, Noticed, files};
use crate::bytes::fill;
use crate::common::quiet;
use crate::common::{bundle, import_from, observation};

fn back_up(bench: &mut Bench) -> Vec<u8> {
    let mut file = Vec::new();
    bench.go_on(|session| {
        let with = Authentication::Biometrics;
        session.backup(&with, None, &mut file, &quiet, &CancelToken::new()).unwrap();
    });
    file
}

/// Tries to restore over the wallet that is here, which must stay as it is.
fn refused(bench: &Bench, mut file: &[u8], replace: Replace) -> &'static str {
    let before = files(bench.test.folder());
    let names = bench.test.keystore.names();
    let passphrase = TestWallet::passphrase();
    let key = BackupKey::Words(&bench.words);
    let cancel = CancelToken::new();
    let wallet = bench.test.wallet();
    let result = wallet.restore_backup(&mut file, &key, &passphrase, replace, &quiet, &cancel);
    assert!(files(bench.test.folder()) == before, "the wallet that is here is as it was");
    assert_eq!(bench.test.keystore.names(), names);
    result.unwrap_err().code()
}

#[test]
fn a_backup_spliced_from_two_of_one_wallet_is_refused() {
    let mut bench = Bench::new(fill);
    let (one, two) = (back_up(&mut bench), back_up(&mut bench));
    let length = one.len().min(two.len());
    for at in (64..length).step_by(length / 40).chain([length - 32, length - 1]) {
        let spliced = [&one[..at], &two[at..]].concat();
        let code = refused(&bench, &spliced, Replace::Newer);
        assert!(["backup.damaged", "backup.wrong-key"].contains(&code), "{at}: {code}");
    }
    assert_eq!(bench.notice(), Noticed::Nowhere);
}

#[test]
fn a_backup_cut_off_or_lengthened_is_refused() {
    let mut bench = Bench::new(fill);
    let file = back_up(&mut bench);
    for length in (0..file.len()).step_by(file.len() / 40).chain([file.len() - 1]) {
        let code = refused(&bench, &file[..length], Replace::Newer);
        assert!(["backup.damaged", "backup.not-a-backup"].contains(&code), "{length}: {code}");
    }
    let longer = [file.as_slice(), &[0]].concat();
    assert_eq!(refused(&bench, &longer, Replace::Newer), "backup.damaged");
    let twice = [file.as_slice(), &file].concat();
    assert_eq!(refused(&bench, &twice, Replace::Newer), "backup.damaged");
}

#[test]
fn a_backup_of_another_wallet_or_an_older_one_is_refused() {
    let mut bench = Bench::new(fill);
    let mut other = Bench::new(fill);
    let theirs = back_up(&mut other);
    assert_eq!(refused(&bench, &theirs, Replace::Newer), "backup.wrong-key");
    let older = back_up(&mut bench);
    bench.go_on(|session| {
        import_from(session, "x", &bundle(&[observation("9", "new")])).unwrap();
    });
    assert_eq!(refused(&bench, &older, Replace::Older), "backup.older");
    assert_eq!(bench.notice(), Noticed::Nowhere);
}
