//! A device whose clock stands before the log's last entry: the later time counts.

use patient_wallet::consent::{ConsentToken, Denial, Narrowing, Revocation};
use patient_wallet::host::WalletClock;
use patient_wallet::record::Category;

use crate::common::refusal;
use crate::scene::*;

/// A patient whose clock was set back by an hour since the last entry of the log.
fn behind() -> (Scene, u64) {
    let scene = Scene::new();
    let now = scene.test.clock.now().unix();
    scene.test.clock.set(now - HOUR);
    (scene, now)
}

#[test]
fn a_clock_set_back_is_told_at_the_review_and_noted_once_at_the_approval() {
    let (mut scene, now) = behind();
    let review = scene.review(&Narrowing::new().seconds(DAY));
    assert!(review.is_clock_back);
    let from = log_size(&mut scene.session);
    let given = approve(&mut scene.session, &review).unwrap();
    let entries = log(&mut scene.session, from);
    assert_eq!(kinds(&entries), ["clock-back", "consented", "remembered"]);
    assert!(entries.iter().all(|entry| entry.entry.at().unix() == now), "at the later time");
    let token = ConsentToken::read(given.token()).unwrap();
    assert_eq!(token.issued_at().unix(), now);
    assert_eq!(token.not_before().unix(), now);
    assert_eq!(token.expires_at().unix(), now + DAY);
    assert_eq!(names(&scene.open(&given).unwrap()).len(), 9);
    scene.is_whole();
}

#[test]
fn a_clock_that_is_right_is_not_told_of() {
    let mut scene = Scene::new();
    let review = scene.review(&Narrowing::new());
    assert!(!review.is_clock_back);
    let from = log_size(&mut scene.session);
    approve(&mut scene.session, &review).unwrap();
    assert_eq!(kinds(&log(&mut scene.session, from)), ["consented", "remembered"]);
}

#[test]
fn every_answer_has_the_later_time() {
    let (mut scene, now) = behind();
    let given = scene.give(&Narrowing::new());
    let id = scene.ask(&everything());
    let denial = scene.session.deny(id, None).unwrap();
    let read = Denial::verify(&denial, scene.home.clock.now()).unwrap();
    assert_eq!(read.issued_at().unix(), now);
    let again = disclose_again(&mut scene.session, given.id()).unwrap();
    assert_eq!(names(&scene.open(&again).unwrap()).len(), 9);
    let revoked = scene.session.revoke(&[given.id()]).unwrap();
    let read = Revocation::verify(&revoked[0].envelope).unwrap();
    assert_eq!(read.issued_at().unix(), now);
    scene.clinic.receive(&revoked[0].envelope).unwrap();
    scene.is_whole();
}

#[test]
fn a_clock_set_back_brings_no_consent_and_no_request_back() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new().seconds(DAY));
    let request = scene.ask(&everything());
    scene.later(DAY);
    scene.session.add_rule(&rule(None, mental_health())).unwrap();
    scene.test.clock.set(scene.test.clock.now().unix() - 2 * HOUR);
    assert_eq!(refusal(refresh(&mut scene.session, given.id())), "consent.expired");
    let refused = scene.session.review(request, &Narrowing::new());
    assert_eq!(refusal(refused), "consent.request-expired");
    assert_eq!(scene.session.consents().unwrap()[0].state.word(), "expired");
    let inbox = scene.session.inbox().unwrap();
    let asked = inbox.iter().find(|item| item.id == request).unwrap();
    assert_eq!(asked.state.word(), "expired");
}

#[test]
fn unasked_too() {
    let (mut scene, now) = behind();
    let contact = {
        // The contact is older than both.
        scene.home.clock.set(now - 2 * HOUR);
        let contact = scene.clinic.contact().unwrap();
        scene.home.clock.set(now);
        contact
    };
    let narrowing = Narrowing::new().only(categories(&[Category::Allergies]));
    let review = scene.session.review_contact(&contact, &narrowing).unwrap();
    assert!(review.is_clock_back);
    let given = approve(&mut scene.session, &review).unwrap();
    assert_eq!(ConsentToken::read(given.token()).unwrap().issued_at().unix(), now);
}
