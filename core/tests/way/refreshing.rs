//! Refreshing: what has come within a consent since goes out under the same token, previewed.

use patient_wallet::consent::{ConsentId, Flags, Narrowing, RequesterClass, Rule, RuleId};
use patient_wallet::host::CancelToken;
use patient_wallet::record::{Category, LabelSet};

use crate::common::{bundle, import_from, quiet, refusal};
use crate::scene::*;

/// Dr. Chen may see laboratory results, and not mental health.
fn laboratory() -> Narrowing {
    Narrowing::new().only(categories(&[Category::Laboratory])).deny(mental_health())
}

/// A new result comes in.
fn new_result(scene: &mut Scene, id: &str) {
    let file = bundle(&[lab(id, "1988-5", "CRP", "2026-01-01")]);
    import_from(&mut scene.session, "st-anna", &file).unwrap();
}

/// What a refreshment would disclose.
fn preview(scene: &mut Scene, given: &Given) -> Vec<String> {
    let refreshment = scene.session.review_refresh(given.id()).unwrap();
    let id = |text: &str| text.rsplit('/').next().unwrap().to_owned();
    let names = refreshment.release.iter();
    let mut names: Vec<_> =
        names.map(|record| id(record.reference.as_ref().unwrap().as_str())).collect();
    names.sort();
    names
}

#[test]
fn new_and_corrected_records_go_out_under_the_same_token() {
    let mut scene = Scene::new();
    let given = scene.give(&laboratory());
    assert_eq!(names(&scene.open(&given).unwrap()), ["hba1c", "lipids"]);
    assert!(preview(&mut scene, &given).is_empty());
    assert_eq!(refusal(refresh(&mut scene.session, given.id())), "consent.nothing-to-release");

    new_result(&mut scene, "crp");
    let id = scene.record("hba1c");
    let corrected = lab("hba1c", "4548-4", "HbA1c, repeated", "2024-03-05");
    scene.session.correct(id, &corrected, "Dr. Chen", "typing error").unwrap();
    let file = bundle(&[lab("lithium-2", "14334-7", "Lithium", "2026-01-01")]);
    import_from(&mut scene.session, "st-anna", &file).unwrap();
    assert_eq!(preview(&mut scene, &given), ["crp", "hba1c"]);
    let from = log_size(&mut scene.session);
    let fresh = refresh(&mut scene.session, given.id()).unwrap();
    assert_eq!(kinds(&log(&mut scene.session, from)), ["disclosed"]);
    assert_eq!(fresh.token(), given.token());
    assert_eq!(fresh.approved.consent.holds.len(), 3);
    let parts = scene.open(&fresh).unwrap();
    assert_eq!(names(&parts), ["crp", "hba1c"]);
    assert!(parts.iter().any(|part| part.text().contains("HbA1c, repeated")));
    assert!(preview(&mut scene, &given).is_empty());
    scene.is_whole();
}

#[test]
fn a_refreshment_is_the_one_that_was_previewed() {
    let mut scene = Scene::new();
    let given = scene.give(&laboratory());
    new_result(&mut scene, "crp");
    let preview = scene.session.review_refresh(given.id()).unwrap();
    new_result(&mut scene, "tsh");
    let mut out = Vec::new();
    let refused =
        scene.session.refresh(given.id(), &preview.digest, &mut out, &quiet, &CancelToken::new());
    assert_eq!(refusal(refused), "consent.review-stale");
    assert!(out.is_empty());
    assert_eq!(scene.session.consents().unwrap()[0].holds.len(), 2);
}

#[test]
fn what_is_given_again_is_what_was_previewed() {
    let mut scene = Scene::new();
    let given = scene.give(&laboratory());
    new_result(&mut scene, "crp");
    let fresh = scene.session.review_refresh(given.id()).unwrap();
    let again = scene.session.review_again(given.id()).unwrap();
    assert_eq!((fresh.release.len(), again.release.len()), (1, 2));
    let id = scene.record("hba1c");
    let corrected = lab("hba1c", "4548-4", "HbA1c, repeated", "2024-03-05");
    scene.session.correct(id, &corrected, "Dr. Chen", "typing error").unwrap();
    let current = scene.session.review_refresh(given.id()).unwrap();
    for digest in [again.digest, fresh.digest, current.digest] {
        let mut out = Vec::new();
        let refused = scene.session.disclose_again(
            given.id(),
            &digest,
            &mut out,
            &quiet,
            &CancelToken::new(),
        );
        assert_eq!(refusal(refused), "consent.review-stale");
        assert!(out.is_empty());
    }
    let again = scene.session.review_again(given.id()).unwrap();
    assert!(again.release.iter().any(|record| (record.id, record.version) == (id, 2)));
    disclose_again(&mut scene.session, given.id()).unwrap();
    assert_eq!(preview(&mut scene, &given), ["crp"], "what went out again is held as it went");
}

#[test]
fn a_refreshment_is_no_preview_of_the_same_records_once_more() {
    let mut scene = Scene::new();
    let given = scene.give(&laboratory());
    for name in ["hba1c", "lipids"] {
        let id = scene.record(name);
        let corrected = lab(name, "4548-4", "HbA1c, repeated", "2024-03-05");
        scene.session.correct(id, &corrected, "Dr. Chen", "typing error").unwrap();
    }
    let fresh = scene.session.review_refresh(given.id()).unwrap();
    let again = scene.session.review_again(given.id()).unwrap();
    assert_eq!((fresh.release.len(), again.release.len()), (2, 2));
    assert_ne!(fresh.digest, again.digest);
}

#[test]
fn a_consent_of_a_single_use_is_never_refreshed() {
    let mut scene = Scene::new();
    let given = scene.give(&laboratory().flags(Flags::SINGLE_USE));
    new_result(&mut scene, "crp");
    assert_eq!(refusal(refresh(&mut scene.session, given.id())), "consent.used");
    assert_eq!(refusal(disclose_again(&mut scene.session, given.id())), "consent.used");
}

#[test]
fn what_has_ended_is_never_refreshed() {
    let mut scene = Scene::new();
    let [expired, revoked] = [1, 2].map(|days| scene.give(&laboratory().seconds(days * DAY)));
    new_result(&mut scene, "crp");
    scene.session.revoke(&[revoked.id()]).unwrap();
    assert_eq!(refusal(refresh(&mut scene.session, revoked.id())), "consent.revoked");
    scene.later(DAY - 1);
    let last = scene.session.review_refresh(expired.id()).unwrap();
    scene.later(1);
    assert_eq!(refusal(scene.session.review_refresh(expired.id())), "consent.expired");
    let refused = scene.session.refresh(
        expired.id(),
        &last.digest,
        &mut Vec::new(),
        &quiet,
        &CancelToken::new(),
    );
    assert_eq!(refusal(refused), "consent.expired");
    assert_eq!(refusal(disclose_again(&mut scene.session, expired.id())), "consent.expired");
    let unknown = ConsentId::from_bytes([7; 16]);
    assert_eq!(refusal(refresh(&mut scene.session, unknown)), "consent.not-found");
}

#[test]
fn a_rule_or_a_label_that_came_later_holds() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new().only(categories(&[Category::Laboratory])));
    assert_eq!(names(&scene.open(&given).unwrap()), ["hba1c", "lipids", "lithium"]);
    let file = bundle(&[
        lab("lithium-2", "14334-7", "Lithium", "2026-01-01"),
        lab("crp", "1988-5", "CRP", "2026-01-01"),
    ]);
    import_from(&mut scene.session, "st-anna", &file).unwrap();
    assert_eq!(preview(&mut scene, &given), ["crp", "lithium-2"]);
    scene.session.add_rule(&rule(Some(RequesterClass::Insurer), mental_health())).unwrap();
    assert_eq!(preview(&mut scene, &given), ["crp"], "nobody vouches for Dr. Chen");
    let id = scene.record("crp");
    scene.session.relabel(id, mental_health(), LabelSet::EMPTY).unwrap();
    assert!(preview(&mut scene, &given).is_empty());
    let again = disclose_again(&mut scene.session, given.id()).unwrap();
    assert_eq!(names(&scene.open(&again).unwrap()), ["hba1c", "lipids"], "nor again");
}

#[test]
fn an_answer_that_was_lost_is_disclosed_again_and_nothing_new_with_it() {
    let mut scene = Scene::new();
    let given = scene.give(&laboratory());
    new_result(&mut scene, "crp");
    let from = log_size(&mut scene.session);
    let again = disclose_again(&mut scene.session, given.id()).unwrap();
    assert_eq!(kinds(&log(&mut scene.session, from)), ["disclosed"]);
    assert_ne!(again.approved.disclosure, given.approved.disclosure);
    assert_ne!(again.disclosure, given.disclosure);
    assert_eq!(names(&scene.open(&again).unwrap()), ["hba1c", "lipids"]);
    assert_eq!(preview(&mut scene, &given), ["crp"]);
}

#[test]
fn who_was_vouched_for_at_the_approval_is_judged_anew_at_each_refreshment() {
    let mut scene = Scene::new();
    let (_home, mut register) = directory("Register");
    vouch(&mut register, &mut scene.clinic, RequesterClass::Clinician);
    let trusted = scene.session.trust(&register.contact().unwrap()).unwrap();
    scene.session.add_rule(&rule(Some(RequesterClass::Insurer), mental_health())).unwrap();
    let given = scene.give(&Narrowing::new().only(categories(&[Category::Laboratory])));
    assert_eq!(names(&scene.open(&given).unwrap()), ["hba1c", "lipids", "lithium"]);
    let file = bundle(&[lab("lithium-2", "14334-7", "Lithium", "2026-01-01")]);
    import_from(&mut scene.session, "st-anna", &file).unwrap();
    assert_eq!(preview(&mut scene, &given), ["lithium-2"]);
    scene.session.distrust(trusted.id).unwrap();
    assert!(preview(&mut scene, &given).is_empty(), "nobody vouches any more");
}

/// Corrects the aspirin, which refers to the lipids, and gives what a refreshment says of it.
fn corrected_aspirin(scene: &mut Scene, given: &Given, status: &str) -> String {
    let id = scene.record("aspirin");
    let resource = scene.session.read(id, None).unwrap();
    let mut json: serde_json::Value = serde_json::from_slice(resource.json()).unwrap();
    json["status"] = status.into();
    scene.session.correct(id, &json.to_string(), "Dr. Chen", "stopped").unwrap();
    let fresh = refresh(&mut scene.session, given.id()).unwrap();
    let parts = scene.open(&fresh).unwrap();
    assert_eq!(names(&parts), ["aspirin"]);
    parts[0].text().to_owned()
}

#[test]
fn a_reference_to_what_they_hold_already_stays_while_they_may() {
    let reference = r#""reference":"Observation/lipids""#;
    let both = categories(&[Category::Laboratory, Category::Medications]);
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new().only(both));
    let parts = scene.open(&given).unwrap();
    assert!(parts.iter().any(|part| part.text().contains(reference)));
    assert!(corrected_aspirin(&mut scene, &given, "completed").contains(reference));
    let id = RuleId::generate().unwrap();
    let labs = categories(&[Category::Laboratory]);
    let never = Rule::new(id, None, LabelSet::EMPTY, labs).unwrap();
    scene.session.add_rule(&never).unwrap();
    let text = corrected_aspirin(&mut scene, &given, "stopped");
    assert!(!text.contains("lipids"), "what they may not have any more is unknown: {text}");
    scene.session.remove_rule(id).unwrap();
    assert!(corrected_aspirin(&mut scene, &given, "active").contains(reference));
    let lipids = scene.record("lipids");
    scene.session.erase(lipids).unwrap();
    let text = corrected_aspirin(&mut scene, &given, "stopped");
    assert!(!text.contains("lipids"), "what is gone too: {text}");
}
