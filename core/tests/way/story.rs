//! The visit: what was granted opens, and nothing else does.

use patient_wallet::consent::{
    Because, ConsentState, DateRange, Flags, Narrowing, RequestState, Standing,
};
use patient_wallet::host::{Timestamp, WalletClock};
use patient_wallet::record::{Category, Text};
use patient_wallet::requester::Received;
use patient_wallet::testing::TestWallet;

use crate::common::{import_sample, refusal};
use crate::scene::*;

#[test]
fn a_clinic_opens_exactly_what_was_granted() {
    let mut scene = Scene::of(|session| {
        import_sample(session);
    });
    let request = scene.clinic.request(&everything()).unwrap();
    let item = scene.session.receive_request(&request).unwrap();
    assert_eq!(item.who.standing, Standing::FirstContact);
    assert_eq!(item.who.name.as_str(), "Dr. Chen");
    let only = categories(&[Category::Laboratory, Category::Medications, Category::Allergies]);
    let narrowing = Narrowing::new().only(only).deny(mental_health()).seconds(7 * DAY);
    let review = scene.session.review(item.id, &narrowing).unwrap();
    assert!(review.release.len() > 10);
    assert!(review.release.iter().all(|record| only.contains(record.category)));
    let given = approve(&mut scene.session, &review).unwrap();
    assert_eq!(given.approved.released, review.release.len());
    assert_eq!(given.approved.bytes, u64::try_from(given.disclosure.len()).unwrap());
    assert_eq!(scene.session.inbox().unwrap()[0].state, RequestState::Narrowed);
    assert_eq!(given.approved.consent.state, ConsentState::Active);
    assert_eq!(names(&scene.open(&given).unwrap()), released(&review));
    let revoked = scene.session.revoke(&[given.id()]).unwrap();
    let received = scene.clinic.receive(&revoked[0].envelope).unwrap();
    assert_eq!(received, Received::Revoked { has_gaps: false });
    assert_eq!(refusal(scene.clinic.verify(given.token(), None)), "consent.revoked");
    scene.is_whole();
}

#[test]
fn the_review_says_what_would_leave_and_to_the_patient_why_the_rest_would_not() {
    let mut scene = Scene::new();
    let held_back = scene.record("bee");
    let only = [Category::Laboratory, Category::Allergies, Category::Conditions, Category::Notes];
    let narrowing = Narrowing::new()
        .only(categories(&only))
        .deny(mental_health())
        .except(vec![held_back])
        .dates(DateRange::new(Some(1_577_836_800), None).unwrap());
    let review = scene.review(&narrowing);
    assert_eq!(released(&review), ["hba1c"]);
    assert_eq!(review.withhold.len(), 8);
    for (name, reasons) in [
        ("anna", vec![Because::Category]),
        ("lipids", vec![Because::Date]),
        ("lithium", vec![Because::Label]),
        ("bee", vec![Because::Withheld]),
        ("aspirin", vec![Because::Category]),
        ("depression", vec![Because::Label, Because::Date]),
        ("sertraline", vec![Because::Category, Because::Label, Because::Date]),
        ("letter", vec![Because::FreeText]),
    ] {
        let id = scene.record(name);
        let found = review.withhold.iter().find(|withheld| withheld.record == id).unwrap();
        assert_eq!(found.because.iter().collect::<Vec<_>>(), reasons, "{name}");
    }
}

#[test]
fn what_was_picked_opens_and_nothing_besides() {
    let mut scene = Scene::new();
    let picked = vec![scene.record("hba1c"), scene.record("bee")];
    let given = scene.give(&Narrowing::new().records(picked));
    let parts = scene.open(&given).unwrap();
    assert_eq!(names(&parts), ["bee", "hba1c"]);
    assert_eq!(scene.session.consents().unwrap()[0].holds.len(), 2);
}

#[test]
fn who_is_not_asked_shares_by_a_contact() {
    let mut scene = Scene::new();
    let contact = scene.clinic.contact().unwrap();
    let nothing = scene.session.review_contact(&contact, &Narrowing::new());
    assert_eq!(refusal(nothing), "consent.nothing-to-release");
    let narrowing = Narrowing::new().only(categories(&[Category::Allergies]));
    let review = scene.session.review_contact(&contact, &narrowing).unwrap();
    assert!(review.request.is_none());
    let given = approve(&mut scene.session, &review).unwrap();
    assert_eq!(given.approved.consent.request, None);
    assert_eq!(names(&scene.open(&given).unwrap()), ["bee"]);
    assert_eq!(names(&scene.open(&given).unwrap()), ["bee"], "the contact's key stays");
    scene.is_whole();
}

#[test]
fn a_contact_that_no_requester_made_is_no_address() {
    let mut scene = Scene::new();
    let (_home, mut directory) = directory("Register");
    let narrowing = Narrowing::new().only(categories(&[Category::Allergies]));
    let contact = directory.contact().unwrap();
    let refused = scene.session.review_contact(&contact, &narrowing);
    assert_eq!(refusal(refused), "consent.wrong-type");
    let request = scene.clinic.request(&everything()).unwrap();
    let refused = scene.session.review_contact(&request, &narrowing);
    assert_eq!(refusal(refused), "consent.wrong-type");
    let contact = scene.clinic.contact().unwrap();
    scene.later(366 * DAY);
    let refused = scene.session.review_contact(&contact, &narrowing);
    assert_eq!(refusal(refused), "consent.expired");
}

#[test]
fn the_list_says_of_every_consent_whether_it_holds_and_who_has_what() {
    let mut scene = Scene::new();
    let until = |days| Narrowing::new().seconds(days * DAY);
    let [expired, revoked, active] = [1, 20, 30].map(|days| scene.give(&until(days)).id());
    let used = scene.give(&until(30).flags(Flags::SINGLE_USE)).id();
    scene.session.revoke(&[revoked]).unwrap();
    scene.later(2 * DAY);
    let consents = scene.session.consents().unwrap();
    let states: Vec<_> =
        consents.iter().map(|consent| (consent.id, consent.state.word())).collect();
    let expected = [(used, "used"), (active, "active"), (revoked, "revoked"), (expired, "expired")];
    assert_eq!(states, expected, "the newest first");
    let now = scene.test.clock.now().unix();
    for consent in &consents {
        assert_eq!(consent.audience.as_str(), "Dr. Chen");
        assert_eq!(consent.did.as_str(), scene.clinic.profile().unwrap().did.to_string());
        assert_eq!(consent.holds.len(), 9);
        assert_eq!(consent.not_before, Timestamp::from_unix(now - 2 * DAY));
    }
    assert_eq!(consents[1].expires_at, Timestamp::from_unix(now + 28 * DAY));
    let digits = active.to_string();
    assert_eq!(scene.session.resolve_consent(&digits[..8]).unwrap(), active);
    assert_eq!(refusal(scene.session.resolve_consent("")), "record.ambiguous-id");
    assert_eq!(refusal(scene.session.resolve_consent("nothing")), "consent.not-found");
}

#[test]
fn the_inbox_says_whether_less_was_granted_than_asked() {
    let earlier = DateRange::new(None, Some(1_700_000_000)).unwrap();
    let now = TestWallet::empty().clock.now().unix();
    for (narrowing, state) in [
        (Narrowing::new(), RequestState::Granted),
        (Narrowing::new().seconds(30 * DAY), RequestState::Granted),
        (Narrowing::new().reason(Text::from("second opinion")), RequestState::Granted),
        (Narrowing::new().seconds(DAY), RequestState::Narrowed),
        (Narrowing::new().deny(mental_health()), RequestState::Narrowed),
        (Narrowing::new().only(categories(&[Category::Laboratory])), RequestState::Narrowed),
        (Narrowing::new().dates(earlier), RequestState::Narrowed),
        (Narrowing::new().flags(Flags::SINGLE_USE), RequestState::Narrowed),
        (Narrowing::new().erase_by(Timestamp::from_unix(now + DAY)), RequestState::Narrowed),
    ] {
        let mut scene = Scene::new();
        scene.give(&narrowing);
        assert_eq!(scene.session.inbox().unwrap()[0].state, state, "{narrowing:?}");
    }
}
