//! What went wrong in earlier systems, each by the name of the system, as something that does not
//! happen here. `abdm_mixed`, a token in other hands, algorithms and foreign signatures stand in
//! `consent/tokens.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

mod common;
#[path = "common/decoder.rs"]
mod decoder;
#[path = "way/leak.rs"]
mod leak;
#[path = "way/scene.rs"]
mod scene;

use std::collections::HashSet;
use std::io::Cursor;

use ciborium::Value as Item;
use common::{bundle, import_from, refusal, words};
use patient_wallet::consent::{
    ConsentToken, Expected, Narrowing, Preset, RequesterClass, Standing, VerifiedConsent,
};
use patient_wallet::disclosure::Disclosure;
use patient_wallet::host::{Timestamp, WalletClock};
use patient_wallet::keys::{SealingKey, Secret};
use patient_wallet::record::{Category, RecordId};
use patient_wallet::requester::Ask;
use scene::*;

/// Verifies a token as somebody does who keeps nothing and obeys nothing.
fn verified(scene: &mut Scene, given: &Given) -> VerifiedConsent {
    let reader = scene.clinic.profile().unwrap().key;
    let expected = Expected { reader: &reader, pinned: None, was_known: false };
    ConsentToken::verify(given.token(), &expected, scene.home.clock.now(), None).unwrap()
}

/// What the clinic keeps of its request: the key that opens the answer.
fn answer_key(scene: &mut Scene) -> (Vec<u8>, SealingKey) {
    let words = words(scene.clinic.session());
    scene.clinic.session().suspend().unwrap();
    let asked = remembered(&scene.home, &words, "pmw:asked").pop().unwrap();
    scene.clinic.session().resume().unwrap();
    let item: Item = ciborium::from_reader(asked.as_slice()).unwrap();
    let pairs = item.into_map().unwrap();
    let secret = pairs.iter().find(|(key, _)| *key == Item::from(2)).unwrap().1.as_bytes().unwrap();
    let secret = Secret::from_slice(secret).unwrap();
    (asked, SealingKey::from_secret(&secret))
}

/// The entries of the key box: alias, key and what is told of each part.
fn entries(scene: &mut Scene, given: &Given) -> Vec<Vec<Item>> {
    let (asked, _) = answer_key(scene);
    let opened = leak::key_box(&given.disclosure, &asked);
    let item: Item = ciborium::from_reader(opened.as_slice()).unwrap();
    item.into_array().unwrap().into_iter().map(|entry| entry.into_array().unwrap()).collect()
}

/// In MedRec a contract names a query, and the provider's own gatekeeper decides what it answers:
/// a gatekeeper that was changed answers everything.
#[test]
fn medrec_left_the_permission_to_the_readers_software() {
    let mut scene = Scene::new();
    let labs = Narrowing::new().only(categories(&[Category::Laboratory])).deny(mental_health());
    let given = scene.give(&labs);
    let consent = verified(&mut scene, &given);
    let (_, answer) = answer_key(&mut scene);
    // No gatekeeper: the library's own reader, with every key that the clinic has.
    let mut source = Cursor::new(&given.disclosure);
    let disclosure = Disclosure::open(&mut source, &consent, &answer).unwrap();
    assert_eq!(disclosure.parts().len(), 2);
    let of_part = |part| disclosure.record(&mut source, part).unwrap().to_vec();
    let both: String = (0..2).map(of_part).map(|json| String::from_utf8(json).unwrap()).collect();
    assert!(both.contains("HbA1c") && both.contains("Cholesterol"));
    let keys = entries(&mut scene, &given);
    assert_eq!(keys.len(), 2, "there is no key for anything else to be found");
}

/// In MedRec a patient is one address on a public ledger, and so are all their providers.
#[test]
fn medrec_linked_every_provider_of_a_patient_by_one_address() {
    let mut scene = Scene::new();
    let one = scene.give(&Narrowing::new());
    let (other_home, other) = requester("Dr. Alder", RequesterClass::Clinician);
    let mut scene = Scene { home: other_home, clinic: other, ..scene };
    let two = scene.give(&Narrowing::new());
    let [one, two] = [one, two].map(|given| ConsentToken::read(given.token()).unwrap());
    assert_ne!(one.key(), two.key());
    assert_ne!(one.id(), two.id());
    assert_ne!(one.scope().private_terms(), two.scope().private_terms(), "salted");
}

/// In ABDM the date until which data are kept was read as the date until which they are given.
#[test]
fn abdm_let_a_longer_keeping_lengthen_the_access() {
    let mut scene = Scene::new();
    let ask = Ask { seconds: Some(DAY), retain_seconds: 30 * DAY, ..everything() };
    let id = scene.ask(&ask);
    let review = scene.session.review(id, &Narrowing::new()).unwrap();
    let given = approve(&mut scene.session, &review).unwrap();
    let now = scene.test.clock.now().unix();
    let consent = scene.session.consents().unwrap().remove(0);
    assert_eq!(consent.expires_at, Timestamp::from_unix(now + DAY));
    assert_eq!(consent.erase_by, Timestamp::from_unix(now + 30 * DAY));
    scene.later(DAY);
    assert_eq!(refusal(scene.open(&given)), "consent.expired");
    assert_eq!(refusal(refresh(&mut scene.session, given.id())), "consent.expired");
}

/// In ABDM, as in every exchange of its kind, whoever asks says who they are.
#[test]
fn abdm_showed_a_requester_by_the_name_it_gave_itself() {
    let mut scene = Scene::new();
    let (_home, mut pretender) = requester("Hospital", RequesterClass::Clinician);
    scene.session.add_rule(&rule(Some(RequesterClass::Insurer), mental_health())).unwrap();
    let request = pretender.request(&everything()).unwrap();
    let item = scene.session.receive_request(&request).unwrap();
    assert_eq!((item.who.standing, item.who.class), (Standing::FirstContact, None));
    let review = scene.session.review(item.id, &Narrowing::new()).unwrap();
    let insurers = review.release.iter().all(|record| !record.labels.intersects(mental_health()));
    assert!(insurers, "who may be an insurer is treated as one");
}

/// A SMART Health Link opens for whoever holds it.
#[test]
fn shl_was_a_bearer_link() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let (other_home, mut other) = requester("Dr. Alder", RequesterClass::Clinician);
    assert_eq!(refusal(open(&mut other, &given)), "consent.other-requester");
    // Nor with a reader that does not ask whose it is: the keys are sealed to the one who asked.
    let consent = verified(&mut scene, &given);
    let mut theirs = Scene { home: other_home, clinic: other, ..scene };
    theirs.ask(&everything());
    let (_, answer) = answer_key(&mut theirs);
    let refused = Disclosure::open(&mut Cursor::new(&given.disclosure), &consent, &answer);
    assert_eq!(refused.unwrap_err().code(), "disclosure.undecryptable");
}

/// In a SMART Health Link `exp` is a hint to the reader, and nothing is taken back from who has it.
#[test]
fn shl_expired_by_the_readers_courtesy() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new().seconds(DAY));
    scene.clinic.verify(given.token(), None).unwrap();
    scene.later(DAY);
    assert_eq!(refusal(scene.open(&given)), "consent.expired");
    let mut scene = scene.reopen_clinic();
    scene.home.clock.set(scene.home.clock.now().unix() - 1);
    let gone = refusal(scene.open(&given));
    assert_eq!(gone, "consent.expired", "a clock that is set back is not believed");
}

/// All files of a SMART Health Link are sealed under the one key in the link.
#[test]
fn shl_had_one_key_for_every_file() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let entries = entries(&mut scene, &given);
    let keys: HashSet<Vec<u8>> =
        entries.iter().map(|entry| entry[1].as_bytes().unwrap().clone()).collect();
    assert_eq!((entries.len(), keys.len()), (9, 9));
    let again = disclose_again(&mut scene.session, given.id()).unwrap();
    let again = self::entries(&mut scene, &again);
    assert!(again.iter().all(|entry| !keys.contains(entry[1].as_bytes().unwrap())), "nor twice");
}

/// The manifest of a SMART Health Link asks for the recipient's name and takes any.
#[test]
fn shl_took_any_recipients_word() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let entries = log(&mut scene.session, 0);
    let consented = entries.iter().find(|entry| entry.entry.kind().word() == "consented").unwrap();
    let is_named = |id: &[u8]| consented.entry.ids().iter().any(|it| it.as_bytes() == id);
    assert!(is_named(given.id().as_bytes()), "and each disclosure is in the patient's log");
    assert!(is_named(given.approved.disclosure.as_bytes()));
    let asked = scene.clinic.profile().unwrap();
    assert_eq!(given.approved.consent.did.as_str(), asked.did.to_string(), "the key that signed");
}

/// A SMART Health Card or a digital COVID certificate is read by whoever sees the code.
#[test]
fn shc_and_dcc_were_readable_by_anyone() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let parts = scene.open(&given).unwrap();
    for part in &parts {
        for piece in part.bytes.windows(12).step_by(12) {
            let is_there = |bytes: &[u8]| bytes.windows(12).any(|window| window == piece);
            assert!(!is_there(given.token()) && !is_there(&given.disclosure));
        }
    }
}

/// A digital COVID certificate is taken back by taking the key off the list: all of it or nothing.
#[test]
fn dcc_took_back_by_dropping_the_key() {
    let mut scene = Scene::new();
    let [one, other] = [(); 2].map(|()| scene.give(&Narrowing::new()));
    let revoked = scene.session.revoke(&[one.id()]).unwrap();
    scene.clinic.receive(&revoked[0].envelope).unwrap();
    assert_eq!(refusal(scene.open(&one)), "consent.revoked");
    assert_eq!(names(&scene.open(&other).unwrap()).len(), 9, "under the same key");
}

/// The narrative of an International Patient Summary goes on naming what its sections leave out.
#[test]
fn ips_narrative_still_named_what_was_excluded() {
    let mut scene = Scene::new();
    let composition = r#"{"resourceType":"Composition","id":"ips","status":"final","type":{"coding":[{"system":"http://loinc.org","code":"60591-5"}]},"subject":{"reference":"Patient/anna"},"date":"2024-04-02","author":[{"display":"Dr. Alder"}],"title":"Summary","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">Depression, Sertraline, HbA1c</div>"},"section":[{"title":"Problems","code":{"coding":[{"system":"http://loinc.org","code":"11450-4"}]},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">Major depression</div>"},"entry":[{"reference":"Condition/depression"}]},{"title":"Results","code":{"coding":[{"system":"http://loinc.org","code":"30954-2"}]},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">HbA1c 6.1 %</div>"},"entry":[{"reference":"Observation/hba1c"}]}]}"#;
    import_from(&mut scene.session, "st-anna", &bundle(&[composition.to_owned()])).unwrap();
    let picked: Vec<RecordId> = ["ips", "hba1c"].map(|name| scene.record(name)).to_vec();
    let given = scene.give(&Narrowing::new().records(picked));
    let parts = scene.open(&given).unwrap();
    assert_eq!(names(&parts), ["hba1c", "ips"]);
    for part in &parts {
        let text = part.text();
        for gone in ["epression", "ertraline", "<div", "Condition/"] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
    }
    let summary = parts.iter().find(|part| part.text().contains("Composition")).unwrap();
    assert!(summary.text().contains(r#"{"reference":"Observation/hba1c"}"#));
}

/// A lithium level says what a label `PSY` on the diagnosis hides, as consents by PCF showed.
#[test]
fn pcf_let_a_laboratory_result_speak_of_psychiatry() {
    let mut scene = Scene::new();
    let labs = Narrowing::new().only(categories(&[Category::Laboratory])).deny(mental_health());
    let review = scene.review(&labs);
    assert_eq!(released(&review), ["hba1c", "lipids"]);
    let medications = Narrowing::new().only(categories(&[Category::Medications]));
    let review = scene.review(&medications.deny(mental_health()));
    assert_eq!(released(&review), ["aspirin"], "sertraline refers to a depression");
}

/// `MyChart` and most portals share the whole summary or none of it.
#[test]
fn mychart_shared_the_whole_summary_or_nothing() {
    let mut scene = Scene::new();
    for word in ["visit", "48h", "7d", "emergency-room", "research"] {
        let preset: Preset = word.parse().unwrap();
        let released = released(&scene.review(&Narrowing::new().preset(preset)));
        assert!(!released.is_empty(), "{word}");
        let withheld = ["depression", "sertraline", "lithium", "letter"];
        assert!(withheld.iter().all(|name| !released.iter().any(|it| it == name)), "{word}");
    }
}
