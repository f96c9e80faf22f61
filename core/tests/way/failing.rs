//! Outputs, disks and keystores that fail, and a stop in between: effect and entry, or neither.

use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use patient_wallet::Session;
use patient_wallet::consent::{ConsentState, Flags, Narrowing, RequestState, RequesterClass};
use patient_wallet::host::{CancelToken, KeystoreError};
use patient_wallet::record::Category;
use patient_wallet::requester::Ask;
use patient_wallet::session::{Authentication, Review};
use patient_wallet::testing::{TestWallet, Trouble};

use crate::common::{quiet, refusal, words};
use crate::files::Failing;
use crate::scene::*;

const BUSY: Trouble = Trouble::Writing(KeystoreError::Unavailable);

fn approve_to(session: &mut Session, review: &Review, out: &mut dyn Write) -> Option<&'static str> {
    let approved = session.approve(&review.digest, out, &quiet, &CancelToken::new());
    approved.err().map(|error| error.code())
}

#[test]
fn an_output_that_fails_after_the_signature_leaves_the_consent_standing() {
    for kind in [ErrorKind::StorageFull, ErrorKind::BrokenPipe, ErrorKind::PermissionDenied] {
        let mut scene = Scene::new();
        let review = scene.review(&Narrowing::new());
        let from = log_size(&mut scene.session);
        let code = approve_to(&mut scene.session, &review, &mut Failing(kind));
        assert_eq!(code, Some("disclosure.unwritten"));
        assert_eq!(kinds(&log(&mut scene.session, from)), ["consented", "remembered"]);
        let consent = scene.session.consents().unwrap().remove(0);
        assert_eq!(consent.state, ConsentState::Active);
        assert_eq!(consent.holds.len(), 9, "they may hold all of it");
        assert_eq!(scene.session.inbox().unwrap()[0].state, RequestState::Granted);
        let again = disclose_again(&mut scene.session, consent.id).unwrap();
        assert_eq!(names(&scene.open(&again).unwrap()).len(), 9);
        scene.is_whole();
    }
}

#[test]
fn a_cancelled_approval_signs_nothing() {
    let mut scene = Scene::new();
    let review = scene.review(&Narrowing::new());
    let from = log_size(&mut scene.session);
    let cancel = CancelToken::new();
    cancel.cancel();
    let mut out = Vec::new();
    let cancelled = scene.session.approve(&review.digest, &mut out, &quiet, &cancel);
    assert_eq!(refusal(cancelled), "wallet.cancelled");
    assert!(out.is_empty());
    assert_eq!(log_size(&mut scene.session), from);
    assert!(scene.session.consents().unwrap().is_empty());
    assert_eq!(scene.session.inbox().unwrap()[0].state, RequestState::Requested);
}

/// An output that looks at the wallet's files at the first byte that it is given.
struct Onlooker<'a> {
    test: &'a TestWallet,
    there: Option<TestWallet>,
    bytes: Vec<u8>,
}

impl Write for Onlooker<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.there.is_none() {
            self.there = Some(copy(self.test));
        }
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Copies files and keystore, as a stop at this moment leaves them.
fn copy(test: &TestWallet) -> TestWallet {
    let mut there = TestWallet::empty();
    there.keystore = test.keystore.twin().into();
    for entry in std::fs::read_dir(test.folder()).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_file() && path.file_name().unwrap() != "lock" {
            std::fs::copy(&path, there.folder().join(path.file_name().unwrap())).unwrap();
        }
    }
    there
}

#[test]
fn a_stop_at_the_first_byte_finds_consent_and_entry() {
    let mut scene = Scene::new();
    let review = scene.review(&Narrowing::new());
    let mut out = Onlooker { test: &scene.test, there: None, bytes: Vec::new() };
    assert_eq!(approve_to(&mut scene.session, &review, &mut out), None);
    assert!(!out.bytes.is_empty());
    let there = out.there.unwrap();
    let mut stopped = there.unlock().unwrap();
    let consents = stopped.consents().unwrap();
    assert_eq!(consents, scene.session.consents().unwrap());
    let entries = log(&mut stopped, 0);
    assert_eq!(kinds(&entries)[entries.len() - 2..], ["consented", "remembered"]);
    is_whole(&mut stopped);
    let again = disclose_again(&mut stopped, consents[0].id).unwrap();
    assert_eq!(names(&open(&mut scene.clinic, &again).unwrap()).len(), 9);
}

#[test]
fn a_disk_that_fills_up_takes_both_or_neither() {
    let mut scene = Scene::new();
    let narrowing = Narrowing::new().deny(mental_health());
    let id = scene.ask(&everything());
    fill(&mut scene.session);
    scene.session.limit_pages(100_000).unwrap();
    let size = std::fs::metadata(scene.test.folder().join("vault.db")).unwrap().len();
    let pages = u32::try_from(size / 4096).unwrap();
    let (mut refused, mut approved) = (0, None);
    for pages in pages..pages + 1000 {
        let review = scene.session.review(id, &narrowing).unwrap();
        let from = log_size(&mut scene.session);
        scene.session.limit_pages(pages).unwrap();
        let mut out = Vec::new();
        let code = approve_to(&mut scene.session, &review, &mut out);
        scene.session.limit_pages(100_000).unwrap();
        let entries = log(&mut scene.session, from);
        match code {
            Some(code) => {
                assert_eq!(code, "vault.storage-full");
                assert!(out.is_empty() && entries.is_empty(), "{pages}");
                assert!(scene.session.consents().unwrap().is_empty());
                refused += 1;
            }
            None => {
                assert_eq!(kinds(&entries), ["consented", "remembered"]);
                approved = Some(out);
                break;
            }
        }
    }
    assert!(refused > 0 && approved.is_some(), "{refused}");
    scene.is_whole();
}

#[test]
fn a_disk_that_is_full_answers_nothing_else_either() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let [id, other] = [(); 2].map(|()| scene.ask(&everything()));
    let request = scene.clinic.request(&everything()).unwrap();
    let (_home, mut register) = directory("Register");
    let contact = register.contact().unwrap();
    let rules = fill(&mut scene.session);
    let from = log_size(&mut scene.session);
    let full = "vault.storage-full";
    let session = &mut scene.session;
    assert_eq!(refusal(session.deny(id, Some(&"x".repeat(80)))), full);
    assert_eq!(refusal(session.receive_request(&request)), full);
    assert_eq!(refusal(session.trust(&contact)), full);
    assert_eq!(refusal(session.add_rule(&rule(None, mental_health()))), full);
    assert_eq!(refusal(session.revoke(&[given.id()])), full);
    assert_eq!(refusal(session.revoke_everything()), full);
    assert_eq!(refusal(disclose_again(session, given.id())), full);
    assert_eq!(log_size(session), from);
    session.limit_pages(100_000).unwrap();
    assert_eq!(session.consents().unwrap()[0].state, ConsentState::Active);
    assert_eq!(session.rules().unwrap().len(), rules);
    assert!(session.trusted().unwrap().is_empty());
    let inbox = session.inbox().unwrap();
    let waits =
        |id| inbox.iter().any(|item| item.id == id && item.state == RequestState::Requested);
    assert!(waits(id) && waits(other));
    session.deny(id, None).unwrap();
    session.revoke(&[given.id()]).unwrap();
    scene.is_whole();
}

/// Fills the disk up to the last page with rules, and gives their number.
fn fill(session: &mut Session) -> usize {
    session.limit_pages(1).unwrap();
    let never = || rule(None, mental_health());
    std::iter::repeat_with(never).take_while(|never| session.add_rule(never).is_ok()).count()
}

#[test]
fn a_keystore_out_of_reach_hinders_no_consent_and_no_revocation() {
    let mut scene = Scene::new();
    scene.test.keystore.trouble("", BUSY);
    let given = scene.give(&Narrowing::new());
    let revoked = scene.session.revoke(&[given.id()]).unwrap();
    scene.test.keystore.calm();
    scene.clinic.receive(&revoked[0].envelope).unwrap();
    assert_eq!(scene.session.consents().unwrap()[0].state, ConsentState::Revoked);
    scene.session.lock().unwrap();
    scene.session = scene.test.unlock().unwrap();
    assert_eq!(scene.session.consents().unwrap()[0].state, ConsentState::Revoked);
    scene.is_whole();
}

#[test]
fn what_the_keystore_must_destroy_stays_whole_until_it_can() {
    let mut scene = Scene::new();
    let (_home, mut register) = directory("Register");
    let trusted = scene.session.trust(&register.contact().unwrap()).unwrap();
    let never = rule(None, mental_health());
    scene.session.add_rule(&never).unwrap();
    let given = scene.give(&Narrowing::new());
    let anna = crate::reading::name("Anna Muster");
    scene.clinic.verify(given.token(), anna.as_ref()).unwrap();
    let id = scene.ask(&Ask { patient: anna, ..everything() });
    let denial = scene.session.deny(id, None).unwrap();
    let sizes =
        |scene: &mut Scene| (log_size(&mut scene.session), log_size(scene.clinic.session()));
    let before = sizes(&mut scene);
    scene.test.keystore.trouble("shred/", BUSY);
    scene.home.keystore.trouble("shred/", BUSY);
    let busy = "keystore.unavailable";
    assert_eq!(refusal(scene.session.remove_rule(never.id())), busy);
    assert_eq!(refusal(scene.session.distrust(trusted.id)), busy);
    assert_eq!(refusal(scene.clinic.receive(&denial)), busy);
    assert_eq!(sizes(&mut scene), before);
    assert_eq!(scene.session.rules().unwrap(), [never]);
    assert_eq!(scene.session.trusted().unwrap().len(), 1);
    scene.test.keystore.calm();
    scene.home.keystore.calm();
    scene.session.remove_rule(never.id()).unwrap();
    scene.session.distrust(trusted.id).unwrap();
    scene.clinic.receive(&denial).unwrap();
    scene.is_whole();
}

#[test]
fn a_single_use_whose_key_cannot_be_destroyed_gives_nothing() {
    let mut scene = Scene::new();
    let words = words(scene.clinic.session());
    let given = scene.give(&Narrowing::new().flags(Flags::SINGLE_USE));
    scene.home.keystore.trouble("shred/", BUSY);
    assert_eq!(refusal(scene.open(&given)), "keystore.unavailable");
    assert_eq!(refusal(scene.open(&given)), "consent.used");
    scene.home.keystore.calm();
    scene = scene.reopen_clinic();
    scene.is_whole();
    scene.clinic.lock().unwrap();
    assert!(
        remembered(&scene.home, &words, "pmw:asked").is_empty(),
        "destroyed at the next unlock"
    );
}

#[test]
fn a_wallet_open_for_reading_only_gives_nothing() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let id = scene.ask(&everything());
    let contact = scene.clinic.contact().unwrap();
    let passphrase = TestWallet::passphrase();
    let with = Authentication::Passphrase(&passphrase);
    scene.session.lock().unwrap();
    scene.session = scene.test.wallet().unlock_read_only(&with).unwrap();
    let session = &mut scene.session;
    assert_eq!(session.consents().unwrap().len(), 1);
    assert_eq!(session.inbox().unwrap().len(), 2);
    let review = session.review(id, &Narrowing::new()).unwrap();
    let read_only = "vault.read-only";
    assert_eq!(refusal(approve(session, &review)), read_only);
    assert_eq!(refusal(session.deny(id, None)), read_only);
    assert_eq!(refusal(session.revoke(&[given.id()])), read_only);
    assert_eq!(refusal(disclose_again(session, given.id())), read_only);
    assert_eq!(refusal(session.add_rule(&rule(None, mental_health()))), read_only);
    let narrowing = Narrowing::new().only(categories(&[Category::Allergies]));
    let review = session.review_contact(&contact, &narrowing).unwrap();
    assert_eq!(refusal(approve(session, &review)), read_only);
    let request = scene.clinic.request(&everything()).unwrap();
    assert_eq!(refusal(scene.session.receive_request(&request)), read_only);
}

#[test]
fn a_locked_wallet_answers_nothing() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let id = scene.ask(&everything());
    let review = scene.session.review(id, &Narrowing::new()).unwrap();
    let (_home, mut other) = requester("Dr. Alder", RequesterClass::Other);
    let request = other.request(&everything()).unwrap();
    scene.test.clock.pass(300);
    let session = &mut scene.session;
    let locked = "wallet.locked";
    assert_eq!(refusal(session.inbox()), locked);
    assert_eq!(refusal(session.consents()), locked);
    assert_eq!(refusal(approve(session, &review)), locked);
    assert_eq!(refusal(session.review(id, &Narrowing::new())), locked);
    assert_eq!(refusal(refresh(session, given.id())), locked);
    assert_eq!(refusal(session.revoke_everything()), locked);
    assert_eq!(refusal(session.receive_request(&request)), locked);
    assert_eq!(refusal(session.trusted()), locked);
    assert_eq!(refusal(session.rules()), locked);
}
