//! The patient may only narrow, and an approval signs what was reviewed or nothing.

use patient_wallet::consent::{
    AccessRequest, Because, CategorySet, DateRange, Flags, Narrowing, Preset, Purpose,
    RequestState, RequesterClass, Rule, RuleId,
};
use patient_wallet::host::{Timestamp, WalletClock};
use patient_wallet::record::{Category, LabelSet, RecordId, SensitivityLabel};
use patient_wallet::requester::Ask;
use patient_wallet::session::Review;
use patient_wallet::words::Language;

use crate::common::{bundle, import_from, refusal};
use crate::scene::*;

#[test]
fn more_than_was_asked_is_refused_by_name() {
    let mut scene = Scene::new();
    let ask = Ask {
        categories: categories(&[Category::Laboratory]),
        dates: Some(DateRange::new(Some(1_600_000_000), None).unwrap()),
        ..everything()
    };
    let id = scene.ask(&ask);
    let now = scene.test.clock.now().unix();
    let wider = [Category::Laboratory, Category::Medications];
    for narrowing in [
        Narrowing::new().only(categories(&wider)),
        Narrowing::new().seconds(30 * DAY + 1),
        Narrowing::new().until(Timestamp::from_unix(now + 30 * DAY + 1)),
        Narrowing::new().erase_by(Timestamp::from_unix(now + 30 * DAY + 1)),
    ] {
        let refused = scene.session.review(id, &narrowing);
        assert_eq!(refusal(refused), "consent.wider-than-asked");
    }
    let other_purpose = Narrowing::new().purpose(Purpose::Research);
    assert_eq!(refusal(scene.session.review(id, &other_purpose)), "consent.invalid");
    let earlier = DateRange::new(None, Some(1_500_000_000)).unwrap();
    let refused = scene.session.review(id, &Narrowing::new().dates(earlier));
    assert_eq!(refusal(refused), "consent.nothing-to-release", "dates only meet");
    let all_dates = DateRange::new(None, None).unwrap();
    let review = scene.session.review(id, &Narrowing::new().dates(all_dates)).unwrap();
    assert_eq!(released(&review), ["hba1c", "lithium"]);
    assert_eq!(scene.session.inbox().unwrap()[0].state, RequestState::Requested);
}

#[test]
fn a_review_grants_nothing() {
    let mut scene = Scene::new();
    scene.ask(&everything());
    let before = log_size(&mut scene.session);
    let id = scene.session.inbox().unwrap()[0].id;
    scene.session.review(id, &Narrowing::new()).unwrap();
    assert_eq!(log_size(&mut scene.session), before, "not even an entry");
    assert!(scene.session.consents().unwrap().is_empty());
}

#[test]
fn where_nothing_would_be_released_the_review_says_why_and_nothing_is_signed() {
    let mut scene = Scene::new();
    let request = scene.ask(&everything());
    let picked = scene.record("depression");
    let only_unknown = Narrowing::new().records(vec![unknown()]);
    let only_denied = Narrowing::new().records(vec![picked]).deny(mental_health());
    for (narrowing, because) in
        [(only_unknown, vec![Because::NotNamed]), (only_denied, vec![Because::Label])]
    {
        let review = scene.session.review(request, &narrowing).unwrap();
        assert!(review.release.is_empty() && review.files.is_empty());
        assert_eq!(review.withhold.len(), 9);
        let held_back = review.withhold.iter().find(|withheld| withheld.record == picked).unwrap();
        assert_eq!(held_back.because.iter().collect::<Vec<_>>(), because);
        assert!(!review.sentence(Language::En).unwrap().as_str().is_empty());
        is_refused(&mut scene, &review);
    }
    let contact = scene.clinic.contact().unwrap();
    let devices = Narrowing::new().only(categories(&[Category::Devices]));
    let review = scene.session.review_contact(&contact, &devices).unwrap();
    assert_eq!((review.release.len(), review.withhold.len()), (0, 9));
    is_refused(&mut scene, &review);
    assert_eq!(scene.session.inbox().unwrap()[0].state, RequestState::Requested);
}

#[test]
fn where_rules_leave_nothing_of_what_was_asked_the_review_names_them() {
    let mut scene = Scene::new();
    let labs = categories(&[Category::Laboratory]);
    let id = RuleId::generate().unwrap();
    let rule = Rule::new(id, None, LabelSet::EMPTY, labs).unwrap();
    scene.session.add_rule(&rule).unwrap();
    let request = scene.ask(&Ask { categories: labs, ..everything() });
    let contact = scene.clinic.contact().unwrap();
    let reviews = [
        scene.session.review(request, &Narrowing::new()).unwrap(),
        scene.session.review_contact(&contact, &Narrowing::new().only(labs)).unwrap(),
    ];
    let lipids = scene.record("lipids");
    for review in &reviews {
        assert!(review.release.is_empty());
        let held_back = review.withhold.iter().find(|withheld| withheld.record == lipids).unwrap();
        assert_eq!(held_back.because.iter().collect::<Vec<_>>(), [Because::Rule]);
    }
    is_refused(&mut scene, &reviews[0]);
    scene.session.remove_rule(id).unwrap();
    let refused = approve(&mut scene.session, &reviews[1]);
    assert_eq!(refusal(refused), "consent.review-stale", "terms without the rule were never shown");
    assert!(scene.session.consents().unwrap().is_empty());
}

fn is_refused(scene: &mut Scene, review: &Review) {
    let from = log_size(&mut scene.session);
    assert_eq!(refusal(approve(&mut scene.session, review)), "consent.nothing-to-release");
    assert_eq!(log_size(&mut scene.session), from);
    assert!(scene.session.consents().unwrap().is_empty());
}

#[test]
fn a_preset_takes_away_and_never_adds() {
    let mut scene = Scene::new();
    let preset: Preset = "visit".parse().unwrap();
    let review = scene.review(&Narrowing::new().preset(preset));
    assert_eq!(released(&review), ["aspirin", "bee", "hba1c", "lipids"]);
    assert_eq!(review.grant.expires_at().unix(), scene.test.clock.now().unix() + DAY);
    assert!(review.grant.flags().contains(Flags::NO_ONWARD));
    let ask = Ask { categories: categories(&[Category::Laboratory]), ..everything() };
    let id = scene.ask(&ask);
    let review = scene.session.review(id, &Narrowing::new().preset(preset)).unwrap();
    assert_eq!(released(&review), ["hba1c", "lipids"]);
}

#[test]
fn a_review_waits_for_ten_minutes() {
    for (last, refused) in [(199, None), (200, Some("consent.review-stale"))] {
        let mut scene = Scene::new();
        let review = scene.review(&Narrowing::new());
        for seconds in [200, 200, last] {
            scene.test.clock.pass(seconds);
            scene.session.status().unwrap();
        }
        let approved = approve(&mut scene.session, &review);
        assert_eq!(approved.err().map(|error| error.code()), refused);
        assert_eq!(scene.session.consents().unwrap().is_empty(), refused.is_some());
    }
}

#[test]
fn a_clock_that_is_set_keeps_no_review_alive() {
    let mut scene = Scene::new();
    let review = scene.review(&Narrowing::new());
    for _ in 0..3 {
        scene.test.clock.pass(200);
        scene.session.status().unwrap();
    }
    scene.test.clock.set(scene.test.clock.now().unix() - 600);
    assert_eq!(refusal(approve(&mut scene.session, &review)), "consent.review-stale");
}

#[test]
fn an_approval_names_its_review_by_digest() {
    let mut scene = Scene::new();
    let mut review = scene.review(&Narrowing::new().only(categories(&[Category::Allergies])));
    let digest = review.digest;
    for bit in 0..256 {
        review.digest[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(refusal(approve(&mut scene.session, &review)), "consent.review-stale");
        review.digest = digest;
    }
    let given = approve(&mut scene.session, &review).unwrap();
    assert_eq!(names(&scene.open(&given).unwrap()), ["bee"]);
    assert_eq!(refusal(approve(&mut scene.session, &review)), "consent.review-stale", "once");
    assert_eq!(scene.session.consents().unwrap().len(), 1);
}

#[test]
fn two_reviews_of_one_request_have_two_digests_and_each_signs_its_own_terms() {
    let mut scene = Scene::new();
    let id = scene.ask(&everything());
    let narrow = Narrowing::new().only(categories(&[Category::Allergies]));
    let wide = scene.session.review(id, &Narrowing::new()).unwrap();
    let narrow = scene.session.review(id, &narrow).unwrap();
    let again = scene.session.review(id, &Narrowing::new()).unwrap();
    assert_ne!(wide.digest, narrow.digest);
    assert_ne!(wide.digest, again.digest, "each has its own id and salt");
    let given = approve(&mut scene.session, &narrow).unwrap();
    assert_eq!(names(&scene.open(&given).unwrap()), ["bee"]);
}

/// What happens between review and approval.
type Between = fn(&mut Scene);

#[test]
fn what_changes_the_set_makes_the_review_stale() {
    let betweens: [(&str, Between); 7] = [
        ("a file comes in", |scene| {
            let file = bundle(&[lab("crp", "1988-5", "CRP", "2026-01-01")]);
            import_from(&mut scene.session, "st-anna", &file).unwrap();
        }),
        ("a record is labelled", |scene| {
            let id = scene.record("hba1c");
            scene.session.relabel(id, mental_health(), LabelSet::EMPTY).unwrap();
        }),
        ("a label is taken away", |scene| {
            let id = scene.record("lithium");
            scene.session.relabel(id, LabelSet::EMPTY, mental_health()).unwrap();
        }),
        ("a record is corrected", |scene| {
            let id = scene.record("hba1c");
            let new = lab("hba1c", "4548-4", "HbA1c, repeated", "2024-03-05");
            scene.session.correct(id, &new, "Dr. Chen", "typing error").unwrap();
        }),
        ("a record is erased", |scene| {
            let id = scene.record("hba1c");
            scene.session.erase(id).unwrap();
        }),
        ("a rule is added", |scene| {
            let hiv = labels(&[SensitivityLabel::Hiv]);
            let labs = categories(&[Category::Laboratory]);
            let id = RuleId::generate().unwrap();
            let rule = Rule::new(id, Some(RequesterClass::Insurer), hiv, labs).unwrap();
            scene.session.add_rule(&rule).unwrap();
        }),
        ("somebody locks the wallet", |scene| {
            scene.test.clock.pass(300);
            assert!(scene.session.lock_if_due());
            scene.session = scene.test.unlock().unwrap();
        }),
    ];
    for (what, between) in betweens {
        let mut scene = Scene::new();
        let review = scene.review(&Narrowing::new().deny(mental_health()));
        between(&mut scene);
        let refused = approve(&mut scene.session, &review);
        assert_eq!(refusal(refused), "consent.review-stale", "{what}");
        assert!(scene.session.consents().unwrap().is_empty(), "{what}");
        let id = review.request.unwrap().id();
        let again = scene.session.review(id, &Narrowing::new().deny(mental_health())).unwrap();
        approve(&mut scene.session, &again).unwrap();
    }
}

#[test]
fn who_is_vouched_for_no_more_is_reviewed_again() {
    let mut scene = Scene::new();
    let (_home, mut register) = directory("Register");
    vouch(&mut register, &mut scene.clinic, RequesterClass::Clinician);
    let trusted = scene.session.trust(&register.contact().unwrap()).unwrap();
    let review = scene.review(&Narrowing::new());
    scene.session.distrust(trusted.id).unwrap();
    assert_eq!(refusal(approve(&mut scene.session, &review)), "consent.review-stale");
}

#[test]
fn what_leaves_the_set_as_it_is_lets_the_review_stand() {
    let mut scene = Scene::new();
    let review = scene.review(&Narrowing::new().only(categories(&[Category::Allergies])));
    let file = bundle(&[lab("crp", "1988-5", "CRP", "2026-01-01")]);
    import_from(&mut scene.session, "st-anna", &file).unwrap();
    let given = approve(&mut scene.session, &review).unwrap();
    assert_eq!(names(&scene.open(&given).unwrap()), ["bee"]);
}

#[test]
fn insurers_never_see_mental_health_whatever_is_approved_later() {
    let mut scene = Scene::new();
    let never = rule(Some(RequesterClass::Insurer), mental_health());
    scene.session.add_rule(&never).unwrap();
    let (_home, mut register) = directory("Register");
    scene.session.trust(&register.contact().unwrap()).unwrap();
    let picked = ["depression", "hba1c"].map(|name| scene.record(name)).to_vec();
    // Nobody vouches: the rule for insurers applies to whoever may be one.
    let review = scene.review(&Narrowing::new().records(picked.clone()));
    assert_eq!(released(&review), ["hba1c"]);
    assert_eq!(review.grant.denied(), mental_health(), "the terms say so too");
    let held_back = review.withhold.iter().find(|withheld| withheld.record == picked[0]).unwrap();
    assert!(held_back.because.contains(Because::Rule));

    vouch(&mut register, &mut scene.clinic, RequesterClass::Insurer);
    let review = scene.review(&Narrowing::new().records(picked.clone()));
    assert_eq!(released(&review), ["hba1c"], "an insurer by a directory's word");
    vouch(&mut register, &mut scene.clinic, RequesterClass::Clinician);
    let review = scene.review(&Narrowing::new().records(picked.clone()));
    assert_eq!(released(&review), ["depression", "hba1c"], "a clinician by a directory's word");

    scene.session.remove_rule(never.id()).unwrap();
    vouch(&mut register, &mut scene.clinic, RequesterClass::Insurer);
    let review = scene.review(&Narrowing::new().records(picked));
    assert_eq!(released(&review), ["depression", "hba1c"], "no rule, no refusal");
    assert_eq!(refusal(scene.session.remove_rule(never.id())), "consent.not-found");
    scene.is_whole();
}

#[test]
fn a_rule_for_everybody_needs_no_class() {
    let mut scene = Scene::new();
    let id = RuleId::generate().unwrap();
    let notes = Rule::new(id, None, LabelSet::EMPTY, categories(&[Category::Notes])).unwrap();
    scene.session.add_rule(&notes).unwrap();
    scene.session.add_rule(&rule(None, mental_health())).unwrap();
    assert_eq!(scene.session.rules().unwrap()[0], notes);
    let review = scene.review(&Narrowing::new());
    assert_eq!(released(&review), ["anna", "aspirin", "bee", "hba1c", "lipids"]);
}

#[test]
fn eight_reviews_wait_at_once_and_the_oldest_goes_first() {
    for (which, refused) in [(0, Some("consent.review-stale")), (1, None), (8, None)] {
        let mut scene = Scene::new();
        let reviews: Vec<_> = (0..9).map(|_| scene.review(&Narrowing::new())).collect();
        let approved = approve(&mut scene.session, &reviews[which]);
        assert_eq!(approved.err().map(|error| error.code()), refused, "{which}");
    }
}

#[test]
fn who_has_become_known_since_is_reviewed_again() {
    let mut scene = Scene::new();
    let [first, second] = [(); 2].map(|()| scene.review(&Narrowing::new()));
    approve(&mut scene.session, &first).unwrap();
    assert_eq!(refusal(approve(&mut scene.session, &second)), "consent.review-stale");
}

#[test]
fn the_request_is_shown_as_it_was_signed() {
    let mut scene = Scene::new();
    let ask = Ask { labels: mental_health(), ..everything() };
    let request = scene.clinic.request(&ask).unwrap();
    let id = scene.session.receive_request(&request).unwrap().id;
    let review = scene.session.review(id, &Narrowing::new()).unwrap();
    let signed = AccessRequest::read(&request).unwrap();
    assert_eq!(review.request.as_ref(), Some(&signed));
    assert_eq!(signed.labels(), mental_health());
    assert_eq!(signed.categories(), CategorySet::ALL);
}

fn unknown() -> RecordId {
    RecordId::from_bytes([7; 16])
}
