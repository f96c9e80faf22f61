//! The clinic's side against those whom it does not know, and against its own clock.

use patient_wallet::Requester;
use patient_wallet::consent::{CategorySet, ConsentId, Denial, Narrowing, Revocation, Standing};
use patient_wallet::host::{Timestamp, WalletClock};
use patient_wallet::keys::{Secret, SigningKey};
use patient_wallet::requester::{Ask, Received};
use patient_wallet::testing::TestWallet;

use crate::common::{refusal, words};
use crate::reading::{answer, bea, name};
use crate::scene::*;

fn key(byte: u8) -> SigningKey {
    SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(byte))).unwrap()
}

/// A consent that nobody asked for, for an hour.
fn unasked(scene: &mut Scene) -> Given {
    let contact = scene.clinic.contact().unwrap();
    let narrowing = Narrowing::new().only(CategorySet::ALL).seconds(HOUR);
    let review = scene.session.review_contact(&contact, &narrowing).unwrap();
    approve(&mut scene.session, &review).unwrap()
}

#[test]
fn a_clinics_clock_set_back_brings_no_consent_back() {
    let mut scene = Scene::new();
    let given = unasked(&mut scene);
    let start = scene.home.clock.now().unix();
    scene.home.clock.set(start + 2 * HOUR);
    assert_eq!(refusal(scene.open(&given)), "consent.expired");
    scene.clinic.request(&everything()).unwrap();
    scene.home.clock.set(start + 10);
    let from = log_size(scene.clinic.session());
    assert_eq!(refusal(scene.open(&given)), "consent.expired");
    assert_eq!(kinds(&log(scene.clinic.session(), from)), ["clock-back"]);
    scene = scene.reopen_clinic();
    assert_eq!(refusal(scene.clinic.verify(given.token(), None)), "consent.expired");
    scene.is_whole();
}

#[test]
fn a_consent_that_is_held_is_told_by_the_later_time() {
    let mut scene = Scene::new();
    let given = unasked(&mut scene);
    scene.clinic.verify(given.token(), None).unwrap();
    let start = scene.home.clock.now().unix();
    scene.home.clock.set(start + 2 * HOUR);
    scene.clinic.request(&everything()).unwrap();
    scene.home.clock.set(start + 10);
    let from = log_size(scene.clinic.session());
    assert_eq!(scene.clinic.consents().unwrap()[0].state.word(), "expired");
    assert_eq!(log_size(scene.clinic.session()), from, "looking leaves no trace");
}

#[test]
fn a_strangers_denial_destroys_no_answer_key() {
    let mut scene = Scene::new();
    let id = scene.ask(&everything());
    let forged = Denial::sign(&key(9), id, None, scene.home.clock.now()).unwrap();
    let denied = Received::Denied { request: id, standing: Standing::FirstContact, reason: None };
    assert_eq!(scene.clinic.receive(&forged).unwrap(), denied);
    let from = log_size(scene.clinic.session());
    assert_eq!(scene.clinic.receive(&forged).unwrap(), denied);
    assert_eq!(log_size(scene.clinic.session()), from, "a replay leaves nothing");
    let review = scene.session.review(id, &Narrowing::new()).unwrap();
    let given = approve(&mut scene.session, &review).unwrap();
    assert_eq!(names(&scene.open(&given).unwrap()).len(), 9);
    // From here on only the key that answered can deny.
    assert_eq!(refusal(scene.clinic.receive(&forged)), "consent.wrong-patient-key");
    scene.is_whole();
}

#[test]
fn a_request_that_a_stranger_denied_still_ends() {
    let mut scene = Scene::new();
    let words = words(scene.clinic.session());
    let id = scene.ask(&everything());
    let denial = scene.session.deny(id, None).unwrap();
    scene.clinic.receive(&denial).unwrap();
    scene.later(DAY);
    scene = scene.reopen_clinic();
    scene.clinic.lock().unwrap();
    assert!(remembered(&scene.home, &words, "pmw:asked").is_empty());
}

#[test]
fn a_request_for_one_patient_is_not_answered_by_another_under_any_name() {
    let mut scene = Scene::new();
    let (_bea, mut bea) = bea();
    let anna = scene.give(&Narrowing::new());
    scene.clinic.verify(anna.token(), name("Anna Muster").as_ref()).unwrap();
    let first = answer(&mut bea, &scene.clinic.request(&everything()).unwrap());
    scene.clinic.verify(first.token(), name("Bea Beispiel").as_ref()).unwrap();
    let ask = Ask { patient: name("Anna Muster"), ..everything() };
    let for_anna = scene.clinic.request(&ask).unwrap();
    let wrong = answer(&mut bea, &for_anna);
    for called in [name("Bea Beispiel"), name("Anna Muster"), name("Clara"), None] {
        let verified = scene.clinic.verify(wrong.token(), called.as_ref());
        assert_eq!(refusal(verified), "consent.wrong-patient-key", "{called:?}");
    }
    let right = answer(&mut scene.session, &for_anna);
    scene.clinic.verify(right.token(), None).expect("the pin is as it was");
}

/// Bytes of a home.
fn size(home: &TestWallet) -> u64 {
    crate::files::everything(home.folder())
        .iter()
        .map(|file| u64::try_from(file.len()).unwrap())
        .sum()
}

fn many(from: u64) -> Vec<ConsentId> {
    let id = |number: u64| {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        ConsentId::from_bytes(bytes)
    };
    (from..from + 1_500).map(id).collect()
}

fn take_in(clinic: &mut Requester, key: &SigningKey, number: u64, ids: &[ConsentId]) -> Vec<u8> {
    let at = Timestamp::from_unix(number + 1);
    let envelope = Revocation::sign(key, number, ids, None, at).unwrap();
    clinic.receive(&envelope).unwrap();
    envelope
}

#[test]
fn what_says_nothing_new_leaves_nothing_and_the_new_costs_itself() {
    let mut scene = Scene::new();
    let stranger = key(9);
    let mut first = Vec::new();
    let empty = size(&scene.home);
    for number in 0..20 {
        first = take_in(&mut scene.clinic, &stranger, number, &many(number * 1_500));
    }
    let grown = size(&scene.home) - empty;
    assert!(grown < 2 * 20 * 16_384, "{grown} bytes");
    let (from, before) = (log_size(scene.clinic.session()), size(&scene.home));
    for _ in 0..20 {
        assert_eq!(scene.clinic.receive(&first).unwrap(), Received::Revoked { has_gaps: false });
    }
    assert_eq!(log_size(scene.clinic.session()), from);
    assert_eq!(size(&scene.home), before);
    scene.is_whole();
}

#[test]
fn a_revocation_that_comes_before_its_consent_holds() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let revoked = scene.session.revoke(&[given.id()]).unwrap();
    for byte in 1..=20 {
        take_in(&mut scene.clinic, &key(byte), 0, &[given.id()]);
    }
    scene.clinic.receive(&revoked[0].envelope).unwrap();
    scene = scene.reopen_clinic();
    assert_eq!(refusal(scene.open(&given)), "consent.revoked");
}
