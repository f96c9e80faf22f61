//! Files and folders that come out of the way: whole under their names, or not at all.

use std::fs;
use std::io::{Cursor, ErrorKind};
use std::path::Path;

use patient_wallet::Error;
use patient_wallet::consent::{Flags, Narrowing};
use patient_wallet::disclosure::DisclosureError;
use patient_wallet::file::{FileError, NewFile, NewFolder};
use patient_wallet::host::CancelToken;
use patient_wallet::requester::OpenedFolder;
use patient_wallet::session::Authentication;
use patient_wallet::testing::TestWallet;
use sha2::{Digest, Sha256};

use crate::common::{quiet, refusal};
use crate::files::{attach_to, bytes};
use crate::scene::*;

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_disclosure_that_cannot_take_its_name_leaves_the_consent_standing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disclosure");
    let mut scene = Scene::new();
    let review = scene.review(&Narrowing::new());
    let file = NewFile::begin(&path, false).unwrap();
    fs::write(&path, "theirs").unwrap();
    let refused = scene.session.approve(&review.digest, file, &quiet, &CancelToken::new());
    let consent = scene.session.consents().unwrap()[0].id;
    let kind = ErrorKind::AlreadyExists;
    assert_eq!(refused.unwrap_err(), DisclosureError::Unwritten { consent, kind }.into());
    assert_eq!(fs::read(&path).unwrap(), b"theirs");
    assert_eq!(entries(folder.path()), 1);
    let preview = scene.session.review_again(consent).unwrap();
    let file = NewFile::begin(&path, true).unwrap();
    let cancel = CancelToken::new();
    let again = scene.session.disclose_again(consent, &preview.digest, file, &quiet, &cancel);
    let given = Given { approved: again.unwrap(), disclosure: fs::read(&path).unwrap() };
    assert_eq!(scene.open(&given).unwrap().len(), 9);
}

#[test]
fn what_is_signed_is_written_to_its_end() {
    let mut scene = Scene::new();
    let review = scene.review(&Narrowing::new());
    let (cancel, mut disclosure) = (CancelToken::new(), Vec::new());
    let late = |_, _| cancel.cancel();
    let approved = scene.session.approve(&review.digest, &mut disclosure, &late, &cancel).unwrap();
    assert!(cancel.is_cancelled());
    assert_eq!(scene.open(&Given { approved, disclosure }).unwrap().len(), 9);
}

#[test]
fn a_backup_without_its_name_is_not_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup");
    let mut scene = Scene::new();
    let passphrase = TestWallet::passphrase();
    let with = Authentication::Passphrase(&passphrase);
    let before = scene.session.status().unwrap().ways_back.len();
    let file = NewFile::begin(&path, false).unwrap();
    fs::write(&path, "theirs").unwrap();
    let refused = scene.session.backup(&with, None, file, &quiet, &CancelToken::new());
    assert_eq!(refused.unwrap_err(), FileError::Exists.into());
    assert_eq!(scene.session.status().unwrap().ways_back.len(), before);
    let file = NewFile::begin(&path, true).unwrap();
    scene.session.backup(&with, None, file, &quiet, &CancelToken::new()).unwrap();
    assert!(scene.session.status().unwrap().ways_back.len() > before);
    assert_eq!(entries(folder.path()), 1);
}

fn open_into(scene: &mut Scene, given: &Given, path: &Path) -> Result<OpenedFolder, Error> {
    let folder = NewFolder::begin(path)?;
    let source = Cursor::new(&given.disclosure);
    scene.clinic.open_into(given.token(), source, folder, None, &quiet, &CancelToken::new())
}

#[test]
fn a_clinic_opens_into_a_folder_what_it_would_read() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("opened");
    let mut scene = Scene::new();
    let hba1c = scene.record("hba1c");
    attach_to(&mut scene.session, "Scan 1.pdf", Some(hba1c), &bytes(200_000));
    let given = scene.give(&Narrowing::new());
    let expected = scene.open(&given).unwrap();
    let opened = open_into(&mut scene, &given, &path).unwrap();
    assert_eq!(opened.verified.consent.id(), given.id());
    assert_eq!(opened.disclosure, given.approved.disclosure);
    assert_eq!(opened.parts.len(), 10);
    for (written, expected) in opened.parts.iter().zip(&expected) {
        assert_eq!(written.part, expected.about);
        let there = fs::read(path.join(written.path.as_str())).unwrap();
        assert!(there == expected.bytes, "{}", written.path.as_str());
        assert_eq!(written.sha256, <[u8; 32]>::from(Sha256::digest(&there)));
        let alias = written.part.alias().to_string();
        match written.part.file() {
            Some(_) => assert!(written.path.as_str().ends_with("-Scan_1.pdf")),
            None => assert!(written.path.as_str().ends_with(&format!("{}.json", &alias[..8]))),
        }
    }
    assert_eq!((entries(&path), entries(&path.join("files"))), (10, 1));
    let taken = open_into(&mut scene, &given, &path);
    assert_eq!(refusal(taken), "file.exists");
    assert_eq!(entries(outer.path()), 1);
}

#[test]
fn a_folder_is_cancelled_until_the_opening_is_noted() {
    let outer = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new().flags(Flags::SINGLE_USE));
    for (from, expected) in [(0, "wallet.cancelled"), (1, "done"), (2, "consent.used")] {
        let cancel = CancelToken::new();
        let path = outer.path().join("opened");
        let _ = fs::remove_dir_all(&path);
        let told = |done: u64, total: Option<u64>| {
            // The first half is checked, the second written.
            if done > from * total.unwrap() / 2 {
                cancel.cancel();
            }
        };
        let folder = NewFolder::begin(&path).unwrap();
        let source = Cursor::new(&given.disclosure);
        let opened = scene.clinic.open_into(given.token(), source, folder, None, &told, &cancel);
        assert_eq!(opened.map_or_else(|error| error.code(), |_| "done"), expected);
        assert_eq!(entries(outer.path()), usize::from(expected == "done"));
    }
}
