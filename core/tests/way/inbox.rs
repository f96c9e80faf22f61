//! What comes in: requests, replays, floods, names that are somebody else's.

use patient_wallet::Requester;
use patient_wallet::consent::{
    AccessRequest, CategorySet, Flags, Narrowing, NewRequest, Purpose, RequestId, RequestState,
    RequesterClass, Standing,
};
use patient_wallet::host::{Timestamp, WalletClock};
use patient_wallet::keys::{SealingKey, SigningKey};
use patient_wallet::record::{LabelSet, Text};
use patient_wallet::requester::{Ask, Received};

use crate::common::refusal;
use crate::scene::*;

#[test]
fn a_request_comes_in_once() {
    let mut scene = Scene::new();
    let request = scene.clinic.request(&everything()).unwrap();
    let id = scene.session.receive_request(&request).unwrap().id;
    assert_eq!(refusal(scene.session.receive_request(&request)), "consent.replayed");
    scene.session.deny(id, None).unwrap();
    assert_eq!(refusal(scene.session.receive_request(&request)), "consent.replayed");
    assert_eq!(scene.session.inbox().unwrap().len(), 1);
}

#[test]
fn a_request_has_its_last_second_and_none_after() {
    let mut scene = Scene::new();
    let [answered, late] = [HOUR, HOUR].map(|valid_seconds| {
        let ask = Ask { valid_seconds, ..everything() };
        scene.clinic.request(&ask).unwrap()
    });
    scene.later(HOUR - 1);
    let id = scene.session.receive_request(&answered).unwrap().id;
    let review = scene.session.review(id, &Narrowing::new()).unwrap();
    scene.later(1);
    assert_eq!(refusal(scene.session.receive_request(&late)), "consent.request-expired");
    assert_eq!(scene.session.inbox().unwrap()[0].state, RequestState::Expired);
    let refused = scene.session.review(id, &Narrowing::new());
    assert_eq!(refusal(refused), "consent.request-expired");
    assert_eq!(refusal(approve(&mut scene.session, &review)), "consent.request-expired");
    assert_eq!(refusal(scene.session.deny(id, None)), "consent.request-expired");
    assert!(scene.session.consents().unwrap().is_empty());
}

#[test]
fn a_request_is_answered_once() {
    let mut scene = Scene::new();
    let [given, denied] = [(); 2].map(|()| scene.ask(&everything()));
    let reviews = [(); 2].map(|()| scene.session.review(given, &Narrowing::new()).unwrap());
    approve(&mut scene.session, &reviews[0]).unwrap();
    assert_eq!(refusal(approve(&mut scene.session, &reviews[1])), "consent.answered");
    scene.session.deny(denied, None).unwrap();
    for id in [given, denied] {
        let review = scene.session.review(id, &Narrowing::new());
        assert_eq!(refusal(review), "consent.answered");
        assert_eq!(refusal(scene.session.deny(id, None)), "consent.answered");
    }
    assert_eq!(scene.session.consents().unwrap().len(), 1);
}

#[test]
fn a_denial_says_no_more_than_the_patient_says() {
    let mut scene = Scene::new();
    let [plain, reasoned] = [(); 2].map(|()| scene.ask(&everything()));
    let long = scene.session.deny(plain, Some(&"x".repeat(81)));
    assert_eq!(refusal(long), "consent.invalid");
    assert_eq!(scene.session.inbox().unwrap()[0].state, RequestState::Requested);
    for (id, reason) in [(plain, None), (reasoned, Some("I have another doctor"))] {
        let denial = scene.session.deny(id, reason).unwrap();
        assert!(denial.len() < 300, "{}", denial.len());
        let Received::Denied { request, reason: told, .. } = scene.clinic.receive(&denial).unwrap()
        else {
            panic!("it is a denial");
        };
        assert_eq!((request, told.as_ref().map(Text::as_str)), (id, reason));
    }
    assert!(scene.session.inbox().unwrap().iter().all(|item| item.state == RequestState::Denied));
    scene.is_whole();
}

#[test]
fn a_flood_fills_the_inbox_to_its_limit_and_who_is_vouched_for_still_comes_in() {
    let mut scene = Scene::new();
    let now = scene.test.clock.now();
    let stranger = SigningKey::generate().unwrap();
    let first = flood(&stranger, now, HOUR);
    scene.session.receive_request(&first).unwrap();
    for _ in 1..1000 {
        scene.session.receive_request(&flood(&stranger, now, DAY)).unwrap();
    }
    let one_above = flood(&stranger, now, DAY);
    assert_eq!(refusal(scene.session.receive_request(&one_above)), "consent.inbox-full");
    assert_eq!(scene.session.inbox().unwrap().len(), 1000);

    let (_register, mut register) = directory("Register");
    vouch(&mut register, &mut scene.clinic, RequesterClass::Clinician);
    scene.session.trust(&register.contact().unwrap()).unwrap();
    let vouched = scene.ask(&everything());
    let inbox = scene.session.inbox().unwrap();
    assert_eq!((inbox.len(), inbox[0].id), (1000, vouched), "it stands first");
    assert_eq!(inbox[0].who.standing, Standing::Vouched);
    assert!(inbox[1..].iter().all(|item| item.who.standing == Standing::FirstContact));
    let first = AccessRequest::read(&first).unwrap().id();
    assert!(inbox.iter().all(|item| item.id != first), "the oldest unvouched one gave way");

    scene.session.deny(inbox[999].id, None).unwrap();
    scene.session.receive_request(&one_above).expect("what was answered makes room");
    assert_eq!(scene.session.inbox().unwrap().len(), 1000);
    is_whole(&mut scene.session);
}

#[test]
fn a_denied_request_stays_refused_after_a_flood() {
    let mut scene = Scene::new();
    let now = scene.test.clock.now();
    let pest = SigningKey::generate().unwrap();
    let denied = flood(&pest, now, DAY);
    let id = scene.session.receive_request(&denied).unwrap().id;
    scene.session.deny(id, None).unwrap();
    for _ in 0..1000 {
        scene.session.receive_request(&flood(&pest, now, HOUR)).unwrap();
    }
    assert!(scene.session.inbox().unwrap().iter().all(|item| item.id != id), "it gave way");
    assert_eq!(refusal(scene.session.receive_request(&denied)), "consent.replayed");
    scene.later(HOUR);
    assert_eq!(refusal(scene.session.receive_request(&denied)), "consent.replayed");
    scene.session.receive_request(&flood(&pest, now, DAY)).expect("what has expired makes room");
    assert_eq!(scene.session.inbox().unwrap().len(), 1);
    assert_eq!(refusal(scene.session.receive_request(&denied)), "consent.replayed");
    is_whole(&mut scene.session);
}

#[test]
fn what_waits_stands_before_what_was_answered_and_the_newest_first() {
    let mut scene = Scene::new();
    let (_register, mut register) = directory("Register");
    scene.session.trust(&register.contact().unwrap()).unwrap();
    let (_other_home, mut other) = requester("Dr. Alder", RequesterClass::Clinician);
    let ask = |scene: &mut Scene, clinic: &mut Requester| {
        scene.later(1);
        let request = clinic.request(&everything()).unwrap();
        scene.session.receive_request(&request).unwrap().id
    };
    let given = scene.give(&Narrowing::new()).approved.consent.request.unwrap();
    scene.later(1);
    let denied = scene.ask(&everything());
    scene.session.deny(denied, None).unwrap();
    scene.later(1);
    let known = scene.ask(&everything());
    let stranger = ask(&mut scene, &mut other);
    let newer = ask(&mut scene, &mut other);
    vouch(&mut register, &mut other, RequesterClass::Clinician);
    let vouched = ask(&mut scene, &mut other);
    let order: Vec<_> = scene.session.inbox().unwrap().iter().map(|item| item.id).collect();
    assert_eq!(order, [vouched, known, newer, stranger, denied, given]);
}

/// A request of somebody who has no wallet at all.
fn flood(key: &SigningKey, now: Timestamp, seconds: u64) -> Vec<u8> {
    let new = NewRequest {
        id: RequestId::generate().unwrap(),
        issued_at: now,
        expires_at: Timestamp::from_unix(now.unix() + seconds),
        did: None,
        answer_key: SealingKey::generate().unwrap().public_key(),
        categories: CategorySet::ALL,
        labels: LabelSet::EMPTY,
        purpose: Purpose::Treatment,
        dates: None,
        retain_seconds: DAY,
        seconds: None,
        flags: Flags::NONE,
        name: Some("Lottery"),
        response: None,
        text: None,
        credential: None,
    };
    AccessRequest::sign(key, &new).unwrap()
}
