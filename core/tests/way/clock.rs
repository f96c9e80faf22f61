//! A device whose clock stands before the log's last entry: the later time counts.

use patient_wallet::consent::{CategorySet, ConsentToken, Denial, Narrowing, Revocation};
use patient_wallet::host::WalletClock;
use patient_wallet::record::{Authored, AuthoredKind, Category};

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
fn taking_back_and_denying_wait_for_no_clock() {
    let (mut scene, now) = behind();
    let behind = now - HOUR;
    let given = scene.give(&Narrowing::new());
    let id = scene.ask(&everything());
    let denial = scene.session.deny(id, None).unwrap();
    let read = Denial::verify(&denial, scene.home.clock.now()).unwrap();
    assert_eq!(read.issued_at().unix(), behind);
    let again = disclose_again(&mut scene.session, given.id()).unwrap();
    assert_eq!(names(&scene.open(&again).unwrap()).len(), 9);
    let revoked = scene.session.revoke(&[given.id()]).unwrap();
    let read = Revocation::verify(&revoked[0].envelope).unwrap();
    assert_eq!(read.issued_at().unix(), behind);
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

/// A patient with a consent whose clock stood a year ahead for one entry, and is right again.
fn after_a_glitch() -> (Scene, Given) {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let good = scene.test.clock.now().unix();
    scene.test.clock.set(good + 365 * DAY);
    let note = Authored::new(AuthoredKind::Note, "Slept well").unwrap();
    scene.session.add(&note).unwrap();
    scene.test.clock.set(good + HOUR);
    scene.home.clock.set(good + HOUR);
    (scene, given)
}

#[test]
fn a_consent_can_be_taken_back_whatever_the_log_says_of_the_time() {
    let (mut scene, given) = after_a_glitch();
    assert!(scene.open(&given).is_ok());
    let revoked = scene.session.revoke(&[given.id()]).unwrap();
    scene.clinic.receive(&revoked[0].envelope).unwrap();
    assert_eq!(refusal(scene.open(&given)), "consent.revoked");
}

#[test]
fn taking_everything_back_does_not_reach_into_the_future() {
    let (mut scene, given) = after_a_glitch();
    let all = scene.session.revoke_everything().unwrap();
    scene.clinic.receive(&all[0].envelope).unwrap();
    assert_eq!(refusal(scene.open(&given)), "consent.revoked");
    scene.later(HOUR);
    scene.session.confirm_clock().unwrap();
    let again = scene.give(&Narrowing::new());
    assert!(scene.open(&again).is_ok());
    // What was signed by the clock that stood ahead is taken back by name.
    let (mut scene, _) = after_a_glitch();
    scene.home.clock.set(scene.test.clock.now().unix() + 364 * DAY);
    let contact = scene.clinic.contact().unwrap();
    scene.home.clock.set(scene.test.clock.now().unix());
    let narrowing = Narrowing::new().only(CategorySet::ALL);
    let review = scene.session.review_contact(&contact, &narrowing).unwrap();
    let ahead = approve(&mut scene.session, &review).unwrap();
    let all = scene.session.revoke_everything().unwrap();
    assert!(all.iter().any(|one| one.consents.contains(&ahead.id())));
}

#[test]
fn a_clock_that_stood_ahead_is_right_again_when_the_patient_says_so() {
    let (mut scene, _) = after_a_glitch();
    assert_eq!(scene.session.clock_lag().unwrap(), 365 * DAY - HOUR);
    let envelope = scene.clinic.request(&everything()).unwrap();
    let refused = scene.session.receive_request(&envelope);
    assert_eq!(refusal(refused), "consent.request-expired");
    scene.session.confirm_clock().unwrap();
    assert_eq!(scene.session.clock_lag().unwrap(), 0);
    let request = scene.session.receive_request(&envelope).unwrap().id;
    let review = scene.session.review(request, &Narrowing::new()).unwrap();
    assert!(!review.is_clock_back);
    assert!(approve(&mut scene.session, &review).is_ok());
}
