use crate::consent::{Alias, ConsentId};
use crate::keys::{Secret, SigningKey};
use crate::receipt::{About, AccessReceipt, Act, NewReceipt, Why};
use crate::session::tests::{Scene, access, import, lab, receipt};
use crate::session::{Look, Session};

const DAY: u64 = 86_400;

fn whys(session: &mut Session) -> Vec<Vec<Why>> {
    let told = session.reconcile().unwrap();
    told.flagged.into_iter().map(|look| look.flag.why).collect()
}

/// Gives everything to Dr. Chen, who opens it, and hands the receipt in; gives the consent with the
/// receipt.
fn opened(scene: &mut Scene) -> (ConsentId, AccessReceipt) {
    let given = scene.give();
    let record = scene.record("sugar");
    let alias = scene.alias(record);
    let envelope = scene.receipt(given.consent.id, Act::Opened(given.disclosure), &[alias]);
    scene.session.add_receipts(&[&envelope]).unwrap().remove(0).unwrap();
    (given.consent.id, AccessReceipt::read(&envelope).unwrap())
}

/// Has somebody hand in a receipt that follows another.
fn hand_in(
    scene: &mut Scene,
    key: &SigningKey,
    before: &AccessReceipt,
    change: impl FnOnce(&mut NewReceipt<'_>),
) {
    let known = scene.patient();
    let mut new = NewReceipt {
        number: before.number() + 1,
        previous: Some(before.id()),
        ..access(before.consent(), known, Act::Read, before.records())
    };
    change(&mut new);
    let envelope = receipt(key, &new, scene.now());
    scene.session.add_receipts(&[&envelope]).unwrap().remove(0).unwrap();
}

#[test]
fn what_readers_do_as_they_may_is_listed_and_not_flagged() {
    let mut scene = Scene::new();
    let (consent, first) = opened(&mut scene);
    let key = scene.key();
    scene.later(60);
    hand_in(&mut scene, &key, &first, |_| {});
    let told = scene.session.reconcile().unwrap();
    assert_eq!((told.accesses, told.flagged.len(), told.log.len()), (2, 0, 1));
    assert_eq!((told.log[0].consent, told.log[0].name.as_str()), (consent, "Dr. Chen"));
    scene.session.lock().unwrap();
    let mut session = scene.test.unlock().unwrap();
    assert_eq!(session.reconcile().unwrap().accesses, 2);
}

#[test]
fn a_wallet_that_gave_nothing_has_nothing_to_compare() {
    let mut scene = Scene::new();
    let told = scene.session.reconcile().unwrap();
    assert_eq!((told.accesses, told.flagged.len(), told.log.len()), (0, 0, 0));
}

#[test]
fn a_record_that_was_not_given_is_named_beside_those_that_were() {
    let mut scene = Scene::new();
    let (_, first) = opened(&mut scene);
    let key = scene.key();
    let salt = scene.record("salt");
    let records = [scene.alias(salt), Alias::from_bytes([7; 16])];
    let known = scene.patient();
    let envelope = receipt(
        &key,
        &NewReceipt {
            number: 2,
            previous: Some(first.id()),
            ..access(first.consent(), known, Act::Read, &records)
        },
        scene.now(),
    );
    scene.session.add_receipts(&[&envelope]).unwrap().remove(0).unwrap();
    let told = scene.session.reconcile().unwrap();
    let [Look { flag, records }] = told.flagged.as_slice() else { panic!("{told:?}") };
    assert_eq!(
        (flag.why.as_slice(), records.as_slice()),
        ([Why::OutOfScope].as_slice(), [None].as_slice())
    );
    assert_eq!(flag.records, [Alias::from_bytes([7; 16])]);
}

#[test]
fn what_the_patient_does_counts_from_when_it_was_done() {
    let mut scene = Scene::new();
    let (consent, first) = opened(&mut scene);
    let key = scene.key();
    scene.later(60);
    scene.session.revoke(&[consent]).unwrap();
    assert!(whys(&mut scene.session).is_empty());
    scene.later(60);
    hand_in(&mut scene, &key, &first, |_| {});
    assert_eq!(whys(&mut scene.session), [[Why::AfterRevocation]]);
    let asked = scene.session.ask_erasure(consent).unwrap();
    scene.later(7 * DAY);
    let owed = [vec![Why::MissingErasure], vec![Why::AfterRevocation]];
    assert_eq!(whys(&mut scene.session), owed);
    let statement = scene.statement(consent);
    scene.session.add_receipts(&[&statement]).unwrap().remove(0).unwrap();
    assert_eq!(whys(&mut scene.session), [[Why::AfterRevocation]]);
    assert!(asked.answered.is_none());
}

#[test]
fn what_was_passed_on_is_flagged_with_its_records() {
    let mut scene = Scene::new();
    let (_, first) = opened(&mut scene);
    let colleague = SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(9))).unwrap();
    let known = scene.patient();
    let new = NewReceipt {
        name: "Dr. Alder",
        ..access(first.consent(), known, Act::Read, first.records())
    };
    let envelope = receipt(&colleague, &new, scene.now());
    scene.session.add_receipts(&[&envelope]).unwrap().remove(0).unwrap();
    let sugar = scene.record("sugar");
    let told = scene.session.reconcile().unwrap();
    let [Look { flag, records }] = told.flagged.as_slice() else { panic!("{told:?}") };
    assert_eq!(
        (flag.why.as_slice(), records.as_slice()),
        ([Why::WrongReader].as_slice(), [Some(sugar)].as_slice())
    );
    assert_eq!(flag.name.as_str(), "Dr. Alder");
}

#[test]
fn a_namesake_in_the_record_is_found_and_expiry_is_the_tokens() {
    let mut scene = Scene::new();
    let related = r#"{"resourceType":"RelatedPerson","id":"r","patient":{"reference":"Patient/p"},"name":[{"family":"Zurbrügg","given":["Eva"]}]}"#;
    import(&mut scene.session, &[related.to_owned()]);
    let (_, first) = opened(&mut scene);
    let key = scene.key();
    hand_in(&mut scene, &key, &first, |new| new.person = Some("Dr. Eva Zurbruegg"));
    assert_eq!(whys(&mut scene.session), [[Why::Household]]);
    scene.later(30 * DAY);
    let second = scene.session.receipts(None).unwrap();
    let Some(crate::session::Told::Access(second)) =
        second.into_iter().map(|one| one.told).find(|told| told.id() != *first.id().as_bytes())
    else {
        panic!()
    };
    hand_in(&mut scene, &key, &second, |_| {});
    assert_eq!(whys(&mut scene.session), [vec![Why::AfterExpiry], vec![Why::Household]]);
}

#[test]
fn a_correction_is_owed_an_answer_after_a_week() {
    let mut scene = Scene::new();
    let (_, first) = opened(&mut scene);
    let sugar = scene.record("sugar");
    let corrected = lab("sugar", "6.5");
    scene.session.correct(sugar, &corrected, "Dr. Chen", "mistyped").unwrap();
    assert!(whys(&mut scene.session).is_empty());
    scene.later(7 * DAY);
    let told = scene.session.reconcile().unwrap();
    let [Look { flag, records }] = told.flagged.as_slice() else { panic!("{told:?}") };
    assert_eq!(
        (flag.why.as_slice(), records.as_slice()),
        ([Why::NoticeUnanswered].as_slice(), [Some(sugar)].as_slice())
    );
    let About::Notice(notice) = flag.about else { panic!("{flag:?}") };
    let key = scene.key();
    hand_in(&mut scene, &key, &first, |new| new.act = Act::NoticeApplied(notice));
    assert!(whys(&mut scene.session).is_empty());
}
