//! Small stacks, backups, and a home that is whole after all of it.

use patient_wallet::consent::{Narrowing, RequesterClass};
use patient_wallet::keys::Mnemonic;
use patient_wallet::record::{Category, Text};
use patient_wallet::requester::Ask;
use patient_wallet::session::{BackupKey, Replace};
use patient_wallet::testing::TestWallet;
use patient_wallet::{Requester, Session};

use crate::common::{back_up, bundle, import_from, import_sample, refusal, restore, words};
use crate::files::attach_to;
use crate::scene::*;

/// Does everything once that can be done with a consent.
fn everything_once(scene: &mut Scene) {
    let (_home, mut register) = directory("Register");
    vouch(&mut register, &mut scene.clinic, RequesterClass::Clinician);
    let trusted = scene.session.trust(&register.contact().unwrap()).unwrap();
    scene.session.trust(&register.list().unwrap()).unwrap();
    let never = rule(Some(RequesterClass::Insurer), mental_health());
    scene.session.add_rule(&never).unwrap();
    let id = scene.record("alg-bee");
    attach_to(&mut scene.session, "scan.pdf", Some(id), &[7; 100_000]);

    let given = scene.give(&Narrowing::new().deny(mental_health()));
    scene.clinic.verify(given.token(), Some(&Text::from("Nuria"))).unwrap();
    scene.open(&given).unwrap();
    let ask = Ask { patient: Some(Text::from("Nuria")), ..everything() };
    let request = scene.ask(&ask);
    let denial = scene.session.deny(request, Some("another time")).unwrap();
    scene.clinic.receive(&denial).unwrap();
    let file = bundle(&[lab("crp", "1988-5", "CRP", "2026-01-01")]);
    import_from(&mut scene.session, "st-anna", &file).unwrap();
    let fresh = refresh(&mut scene.session, given.id()).unwrap();
    scene.open(&fresh).unwrap();
    let again = disclose_again(&mut scene.session, given.id()).unwrap();
    scene.open(&again).unwrap();
    let contact = scene.clinic.contact().unwrap();
    let narrowing = Narrowing::new().only(categories(&[Category::Allergies]));
    let review = scene.session.review_contact(&contact, &narrowing).unwrap();
    let unasked = approve(&mut scene.session, &review).unwrap();
    scene.open(&unasked).unwrap();
    assert_eq!(scene.session.inbox().unwrap().len(), 2);
    assert_eq!(scene.session.consents().unwrap().len(), 2);
    let revoked = scene.session.revoke(&[given.id()]).unwrap();
    scene.clinic.receive(&revoked[0].envelope).unwrap();
    let revoked = scene.session.revoke_everything().unwrap();
    scene.clinic.receive(&revoked[0].envelope).unwrap();
    assert_eq!(refusal(scene.open(&unasked)), "consent.revoked");
    scene.session.remove_rule(never.id()).unwrap();
    scene.session.distrust(trusted.id).unwrap();
    scene.is_whole();
    is_whole(register.session());
}

#[test]
fn every_call_fits_a_stack_of_256_kib() {
    let work = || {
        let mut scene = Scene::of(|session| {
            import_sample(session);
            let open = "[".repeat(62);
            let close = "]".repeat(62);
            let deep =
                format!(r#"{{"resourceType":"Basic","id":"deep","x":{open}{{"a":1}}{close}}}"#);
            import_from(session, "st-anna", &deep).unwrap();
        });
        everything_once(&mut scene);
        let mut scene = scene.reopen_clinic();
        scene.session.lock().unwrap();
        scene.session = scene.test.unlock().unwrap();
        scene.is_whole();
    };
    std::thread::Builder::new().stack_size(256 * 1024).spawn(work).unwrap().join().unwrap();
}

/// Restores a home from its backup on another device.
fn moved(session: &mut Session, words: &Mnemonic) -> (TestWallet, Session) {
    let backup = back_up(session, None);
    let there = TestWallet::empty();
    let restored = restore(&there, &backup, &BackupKey::Words(words), Replace::Older).unwrap();
    (there, restored)
}

#[test]
fn a_backup_of_the_patient_brings_every_consent_rule_and_directory_back() {
    let mut scene = Scene::new();
    let words = words(&mut scene.session);
    let (_home, mut register) = directory("Register");
    vouch(&mut register, &mut scene.clinic, RequesterClass::Clinician);
    scene.session.trust(&register.contact().unwrap()).unwrap();
    scene.session.trust(&register.list().unwrap()).unwrap();
    scene.session.add_rule(&rule(Some(RequesterClass::Insurer), mental_health())).unwrap();
    let labs = Narrowing::new().only(categories(&[Category::Laboratory]));
    let [given, revoked] = [(); 2].map(|()| scene.give(&labs));
    scene.session.revoke(&[revoked.id()]).unwrap();
    let waiting = scene.ask(&everything());
    let request = scene.clinic.request(&everything()).unwrap();
    let denied = scene.session.receive_request(&request).unwrap().id;
    scene.session.deny(denied, None).unwrap();

    let (there, mut session) = moved(&mut scene.session, &words);
    assert_eq!(session.consents().unwrap(), scene.session.consents().unwrap());
    assert_eq!(session.rules().unwrap(), scene.session.rules().unwrap());
    assert_eq!(session.trusted().unwrap(), scene.session.trusted().unwrap());
    let inbox = |session: &mut Session| -> Vec<_> {
        let items = session.inbox().unwrap().into_iter();
        items.map(|item| (item.id, item.who, item.state, item.received)).collect()
    };
    assert_eq!(inbox(&mut session), inbox(&mut scene.session));
    assert_eq!(refusal(session.receive_request(&request)), "consent.replayed");
    is_whole(&mut session);

    // What was given goes on, under the same key.
    let file = bundle(&[lab("crp", "1988-5", "CRP", "2026-01-01")]);
    import_from(&mut session, "st-anna", &file).unwrap();
    let fresh = refresh(&mut session, given.id()).unwrap();
    assert_eq!(names(&scene.open(&fresh).unwrap()), ["crp"]);
    let review = session.review(waiting, &labs).unwrap();
    let new = approve(&mut session, &review).unwrap();
    assert_eq!(scene.clinic.verify(new.token(), None).unwrap().standing.word(), "known");
    drop(there);
}

#[test]
fn a_backup_of_a_clinic_brings_its_patients_revocations_and_open_requests_back() {
    let mut scene = Scene::new();
    let words = words(scene.clinic.session());
    let [given, revoked] = [(); 2].map(|()| scene.give(&Narrowing::new()));
    let name = Text::from("Anna Muster");
    scene.clinic.verify(given.token(), Some(&name)).unwrap();
    let envelope = scene.session.revoke(&[revoked.id()]).unwrap().remove(0).envelope;
    scene.clinic.receive(&envelope).unwrap();
    let waiting = scene.ask(&everything());

    let (there, session) = moved(scene.clinic.session(), &words);
    session.lock().unwrap();
    let mut clinic = Requester::unlock(&there.wallet(), &TestWallet::passphrase()).unwrap();
    assert_eq!(clinic.profile().unwrap(), scene.clinic.profile().unwrap());
    assert_eq!(clinic.verify(given.token(), None).unwrap().patient, Some(name));
    assert_eq!(refusal(clinic.verify(revoked.token(), None)), "consent.revoked");
    let review = scene.session.review(waiting, &Narrowing::new()).unwrap();
    let new = approve(&mut scene.session, &review).unwrap();
    assert_eq!(names(&open(&mut clinic, &new).unwrap()).len(), 9);
    is_whole(clinic.session());
}

#[test]
fn a_backup_of_a_directory_brings_what_it_took_back() {
    let mut scene = Scene::new();
    let (_home, mut register) = directory("Register");
    let words = words(register.session());
    vouch(&mut register, &mut scene.clinic, RequesterClass::Clinician);
    let id = register.vouched().unwrap()[0].id;
    register.revoke(id).unwrap();
    let (there, session) = moved(register.session(), &words);
    session.lock().unwrap();
    let wallet = there.wallet();
    let mut restored =
        patient_wallet::Directory::unlock(&wallet, &TestWallet::passphrase()).unwrap();
    assert_eq!(restored.vouched().unwrap(), register.vouched().unwrap());
    assert_eq!(restored.contact().unwrap(), register.contact().unwrap());
    assert_eq!(restored.list().unwrap(), register.list().unwrap());
    is_whole(restored.session());
}

#[test]
fn everything_survives_a_lock() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    scene.session.add_rule(&rule(None, mental_health())).unwrap();
    let (consents, rules) = (scene.session.consents().unwrap(), scene.session.rules().unwrap());
    scene.session.lock().unwrap();
    scene.session = scene.test.unlock().unwrap();
    assert_eq!(scene.session.consents().unwrap(), consents);
    assert_eq!(scene.session.rules().unwrap(), rules);
    let mut scene = scene.reopen_clinic();
    assert_eq!(names(&scene.open(&given).unwrap()).len(), 9);
    scene.is_whole();
}
