//! What a patient tells a clinic afterwards: corrected, or to be erased; and how it is answered.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use patient_wallet::audit::{Destroyed, ErasureStatement, MayRemain, Subject};
use patient_wallet::consent::{Narrowing, NewNotice, Notice, NoticeKind, RequesterClass};
use patient_wallet::file::NewFolder;
use patient_wallet::host::CancelToken;
use patient_wallet::keys::{Secret, SigningKey};
use patient_wallet::receipt::Act;
use patient_wallet::requester::{OpenedFolder, Owed, Received};

use crate::common::{quiet, refusal};
use crate::files::{attach_to, bytes};
use crate::reading::bea;
use crate::scene::*;

fn open_into(scene: &mut Scene, given: &Given, path: &Path) -> OpenedFolder {
    let (folder, source) = (NewFolder::begin(path).unwrap(), Cursor::new(&given.disclosure));
    let cancel = CancelToken::new();
    scene.clinic.open_into(given.token(), source, folder, None, &quiet, &cancel).unwrap()
}

/// The patient corrects a record; gives the notice for the clinic.
fn correct(scene: &mut Scene) -> Vec<u8> {
    let id = scene.record("hba1c");
    let corrected = lab("hba1c", "4548-4", "HbA1c", "2024-03-05").replace("6.10", "5.40");
    scene.session.correct(id, &corrected, "Dr. Berg", "Two samples were mixed up").unwrap();
    scene.session.notices().unwrap().remove(0).envelope
}

#[test]
fn a_correction_finds_every_folder_and_is_answered_with_a_receipt() {
    let outer = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let first = open_into(&mut scene, &given, &outer.path().join("a"));
    open_into(&mut scene, &given, &outer.path().join("b"));
    scene.later(HOUR);
    let envelope = correct(&mut scene);
    let read = scene.clinic.read_notice(&envelope).unwrap();
    assert_eq!(
        (read.notice.kind(), read.consents.as_slice()),
        (NoticeKind::Correction, &[given.id()][..])
    );
    assert_eq!((read.folders.len(), &read.answer), (2, &None));
    let hba1c = read.notice.records()[0];
    for copies in &read.folders {
        let marked: Vec<_> =
            copies.parts.iter().filter(|part| read.is_outdated(copies, part.alias)).collect();
        assert_eq!((marked.len(), marked[0].alias), (1, hba1c));
        let there = fs::read_to_string(copies.folder.join(marked[0].path.as_str())).unwrap();
        assert!(there.contains("HbA1c"));
        assert_eq!(copies.parts.len(), first.parts.len());
    }
    assert!(scene.clinic.corrections(read.notice.key()).unwrap().is_empty(), "only read");
    let Received::Noticed(applied) = scene.clinic.receive(&envelope).unwrap() else { panic!() };
    let answer = applied.answer.clone().unwrap();
    assert_eq!(answer.receipt.act(), Act::NoticeApplied(*read.notice.id()));
    assert_eq!((answer.receipt.number(), answer.receipt.records()), (3, &[hba1c][..]));
    let corrections = scene.clinic.corrections(read.notice.key()).unwrap();
    assert_eq!(corrections.into_iter().collect::<Vec<_>>(), [(hba1c, read.notice.issued_at())]);
    assert!(scene.session.notices().unwrap()[0].answered.is_none());
    scene.session.add_receipts(&[&answer.envelope]).unwrap().remove(0).unwrap();
    assert!(scene.session.notices().unwrap()[0].answered.is_some());
    // What is given after the correction is the new version.
    let new = refresh(&mut scene.session, given.id()).unwrap();
    open_into(&mut scene, &new, &outer.path().join("c"));
    assert_eq!(scene.clinic.read_notice(&envelope).unwrap().folders.len(), 2);
    scene.is_whole();
}

#[test]
fn a_notice_that_comes_twice_changes_nothing_and_has_the_same_answer() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    scene.open(&given).unwrap();
    scene.later(HOUR);
    let envelope = correct(&mut scene);
    let first = scene.clinic.apply_notice(&envelope).unwrap();
    let from = log_size(scene.clinic.session());
    assert_eq!(scene.clinic.apply_notice(&envelope).unwrap(), first);
    assert_eq!(log_size(scene.clinic.session()), from);
    // In the other form of its signature it is the same notice.
    let (head, low) = envelope.split_last_chunk::<32>().unwrap();
    let high = negated(low);
    let other = [head, &high].concat();
    assert_eq!(scene.clinic.apply_notice(&other).unwrap().answer, first.answer);
    assert_eq!(log_size(scene.clinic.session()), from);
    assert_eq!(scene.clinic.receipts(None, true).unwrap().len(), 2);
}

/// The order of the curve less a number below it (SEC 2, secp256k1).
fn negated(number: &[u8; 32]) -> [u8; 32] {
    let order: [u8; 32] =
        hex::decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
            .unwrap()
            .try_into()
            .unwrap();
    let (mut out, mut borrow) = ([0; 32], 0_i16);
    for at in (0..32).rev() {
        let left = i16::from(order[at]) - i16::from(number[at]) - borrow;
        borrow = i16::from(left < 0);
        out[at] = u8::try_from(left + 256 * borrow).unwrap();
    }
    out
}

#[test]
fn a_notice_of_somebody_else_about_strangers_or_of_tomorrow_is_named() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let envelope = {
        scene.open(&given).unwrap();
        scene.later(HOUR);
        correct(&mut scene)
    };
    let notice = Notice::read(&envelope).unwrap();
    let at = notice.issued_at();
    let new = NewNotice {
        kind: NoticeKind::Correction,
        consents: notice.consents(),
        records: notice.records(),
        text: None,
    };
    let mallory = SigningKey::from_secret(&Secret::init_with(|it| it.fill(7))).unwrap();
    let forged = Notice::sign(&mallory, &new, at).unwrap();
    assert_eq!(refusal(scene.clinic.receive(&forged)), "consent.wrong-patient-key");
    let mut broken = envelope.clone();
    *broken.last_mut().unwrap() ^= 1;
    assert_eq!(refusal(scene.clinic.receive(&broken)), "consent.invalid");
    let (home, mut other) = requester("Dr. Alder", RequesterClass::Clinician);
    home.clock.set(at.unix());
    assert_eq!(refusal(other.receive(&envelope)), "consent.not-found");
    scene.home.clock.set(at.unix() - DAY);
    let from = log_size(scene.clinic.session());
    assert_eq!(refusal(scene.clinic.receive(&envelope)), "consent.not-yet-valid");
    scene.home.clock.set(at.unix());
    let (hers, mut bea) = bea();
    hers.clock.set(at.unix());
    let theirs = crate::reading::answer(&mut bea, &scene.clinic.request(&everything()).unwrap());
    open(&mut scene.clinic, &theirs).unwrap();
    let mixed = [given.id(), theirs.id()];
    let mixed = Notice::sign(&mallory, &NewNotice { consents: &mixed, ..new }, at).unwrap();
    assert_eq!(refusal(scene.clinic.receive(&mixed)), "consent.wrong-patient-key");
    let told = log(scene.clinic.session(), from);
    assert!(!kinds(&told).contains(&"notice-applied"));
    scene.clinic.receive(&envelope).unwrap();
}

#[test]
fn what_was_opened_is_erased_and_nothing_else() {
    let outer = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let hba1c = scene.record("hba1c");
    attach_to(&mut scene.session, "Scan 1.pdf", Some(hba1c), &bytes(200_000));
    let [given, other] = [(); 2].map(|()| scene.give(&Narrowing::new()));
    let paths = ["a", "b", "c"].map(|name| outer.path().join(name));
    let opened = open_into(&mut scene, &given, &paths[0]);
    open_into(&mut scene, &given, &paths[1]);
    open_into(&mut scene, &other, &paths[2]);
    let there = |path: &Path| fs::read_dir(path).map_or(0, Iterator::count);
    let (before, kept) = (there(&paths[2]), paths[0].join("note of the nurse.txt"));
    fs::write(&kept, "theirs").unwrap();
    fs::write(paths[0].join(opened.parts[0].path.as_str()), "changed").unwrap();
    let erased = scene.clinic.erase_copies(given.id()).unwrap();
    assert_eq!(
        (erased.foreign.as_slice(), erased.missing.as_slice()),
        (&[kept.clone()][..], &[][..])
    );
    assert_eq!(fs::read_dir(&paths[0]).unwrap().count(), 1, "only what is theirs");
    assert_eq!(fs::read_to_string(&kept).unwrap(), "theirs");
    assert!(!paths[1].exists());
    assert_eq!(there(&paths[2]), before, "another consent");
    let statement = ErasureStatement::verify(&erased.statement).unwrap();
    assert_eq!(*statement.subject(), Subject::Consent(*given.id().as_bytes()));
    assert_eq!(*statement.signer(), scene.clinic.profile().unwrap().key);
    let all = [Destroyed::Keys, Destroyed::ShredKey, Destroyed::Rows, Destroyed::Copies];
    assert_eq!(statement.destroyed(), all);
    assert!(statement.may_remain().contains(&MayRemain::Copies));
    assert_eq!(scene.clinic.consents().unwrap().len(), 1);
    assert_eq!(refusal(scene.clinic.erase_copies(given.id())), "consent.not-found");
    assert_eq!(scene.clinic.receipts(Some(given.id()), true).unwrap().len(), 2, "what was, was");
    let added = scene.session.add_receipts(&[&erased.statement]).unwrap();
    assert!(added[0].as_ref().unwrap().is_new);
    let again = ErasureStatement::verify(&scene.clinic.erasure_statement(given.id()).unwrap());
    let again = again.unwrap();
    assert_eq!((again.subject(), again.destroyed()), (statement.subject(), statement.destroyed()));
    assert_eq!(refusal(scene.clinic.erasure_statement(other.id())), "consent.not-found");
    scene = scene.reopen_clinic();
    scene.is_whole();
}

#[test]
fn a_statement_says_nothing_of_copies_that_were_not_found() {
    let outer = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let [moved, copied, never] = [(); 3].map(|()| scene.give(&Narrowing::new()));
    let path = outer.path().join("a");
    open_into(&mut scene, &moved, &path);
    fs::rename(&path, outer.path().join("elsewhere")).unwrap();
    // Into the same place somebody opened something else meanwhile.
    open_into(&mut scene, &copied, &path);
    let claims = |statement: &[u8]| {
        let statement = ErasureStatement::verify(statement).unwrap();
        statement.destroyed().contains(&Destroyed::Copies)
    };
    let there = fs::read_dir(&path).unwrap().count();
    let erased = scene.clinic.erase_copies(moved.id()).unwrap();
    assert_eq!(erased.missing, std::slice::from_ref(&path));
    assert!(!claims(&erased.statement));
    assert!(!claims(&scene.clinic.erasure_statement(moved.id()).unwrap()));
    assert_eq!(fs::read_dir(&path).unwrap().count(), there, "it belongs to the other consent");
    assert!(claims(&scene.clinic.erase_copies(copied.id()).unwrap().statement));
    assert!(!path.exists());
    // Read without a folder: where that went, this home does not know.
    scene.open(&never).unwrap();
    assert!(!claims(&scene.clinic.erase_copies(never.id()).unwrap().statement));
    scene.is_whole();
}

#[test]
fn an_erasure_that_is_stopped_is_finished_by_the_next() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("a");
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    open_into(&mut scene, &given, &path);
    let busy = patient_wallet::host::KeystoreError::Unavailable;
    let busy = patient_wallet::testing::Trouble::Writing(busy);
    scene.home.keystore.trouble("shred/", busy);
    assert_eq!(refusal(scene.clinic.erase_copies(given.id())), "keystore.unavailable");
    assert!(!path.exists(), "the files went first");
    assert_eq!(scene.clinic.consents().unwrap().len(), 1);
    assert_eq!(refusal(scene.clinic.erasure_statement(given.id())), "consent.not-found");
    scene.home.keystore.calm();
    scene = scene.reopen_clinic();
    let erased = scene.clinic.erase_copies(given.id()).unwrap();
    let statement = ErasureStatement::verify(&erased.statement).unwrap();
    assert!(statement.destroyed().contains(&Destroyed::Copies), "they were there before");
    scene.is_whole();
}

#[cfg(unix)]
#[test]
fn nothing_is_deleted_through_a_link() {
    let outer = tempfile::tempdir().unwrap();
    let (path, real) = (outer.path().join("a"), outer.path().join("real"));
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    open_into(&mut scene, &given, &path);
    fs::rename(&path, &real).unwrap();
    std::os::unix::fs::symlink(&real, &path).unwrap();
    let before = fs::read_dir(&real).unwrap().count();
    let erased = scene.clinic.erase_copies(given.id()).unwrap();
    assert_eq!((erased.missing, fs::read_dir(&real).unwrap().count()), (vec![path], before));
}

#[test]
fn what_is_owed_shows_and_a_wish_is_answered_with_a_statement() {
    let outer = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let [given, late, unopened] = [(); 3].map(|()| scene.give(&Narrowing::new()));
    open_into(&mut scene, &given, &outer.path().join("a"));
    open_into(&mut scene, &late, &outer.path().join("b"));
    scene.clinic.verify(unopened.token(), None).unwrap();
    let owed = |scene: &mut Scene, given: &Given| {
        let held = scene.clinic.consents().unwrap();
        held.iter().find(|held| held.token.id() == given.id()).unwrap().owed
    };
    assert_eq!((owed(&mut scene, &given), owed(&mut scene, &late)), (None, None));
    scene.later(HOUR);
    let wish = scene.session.ask_erasure(given.id()).unwrap();
    let Received::Noticed(noticed) = scene.clinic.receive(&wish.envelope).unwrap() else {
        panic!()
    };
    assert_eq!((noticed.notice.kind(), noticed.folders.len()), (NoticeKind::ErasureWish, 1));
    assert_eq!(noticed.answer, None, "only erasing answers it");
    assert_eq!((owed(&mut scene, &given), owed(&mut scene, &late)), (Some(Owed::Asked), None));
    scene.later(30 * DAY);
    assert_eq!(owed(&mut scene, &late), Some(Owed::EraseBy));
    assert_eq!(owed(&mut scene, &unopened), None, "nothing of it was opened");
    let erased = scene.clinic.erase_copies(given.id()).unwrap();
    scene.session.add_receipts(&[&erased.statement]).unwrap().remove(0).unwrap();
    assert!(scene.session.notices().unwrap()[0].answered.is_some());
    // The wish that comes again finds nothing more to erase, and is known.
    let noticed = scene.clinic.read_notice(&wish.envelope).unwrap();
    assert!(noticed.consents.is_empty() && noticed.folders.is_empty());
    // One that comes after the erasure is no stranger's.
    let late_wish = scene.session.ask_erasure(late.id()).unwrap();
    scene.clinic.erase_copies(late.id()).unwrap();
    assert!(scene.clinic.read_notice(&late_wish.envelope).unwrap().consents.is_empty());
    scene.is_whole();
}
