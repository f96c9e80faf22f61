//! What a clinic signs about reading: one receipt for each access, in one chain for each patient.

use std::collections::BTreeSet;
use std::io::Cursor;

use patient_wallet::consent::{Alias, Flags, Narrowing, Purpose, RequesterClass, Thumbprint};
use patient_wallet::host::{CancelToken, WalletClock};
use patient_wallet::receipt::{AccessReceipt, Act};
use patient_wallet::record::Text;
use patient_wallet::requester::{GivenReceipt, NewAccess, Reading};

use crate::common::{quiet, refusal};
use crate::reading::{answer, bea, name};
use crate::scene::*;

/// The next access to what was opened.
fn again(given: &Given) -> NewAccess {
    let reading = Reading::Person;
    NewAccess { consent: given.id(), records: Vec::new(), reading, purpose: None, person: None }
}

fn numbers(given: &[GivenReceipt]) -> Vec<u64> {
    given.iter().map(|given| given.receipt.number()).collect()
}

#[test]
fn every_opening_is_signed_before_anything_can_be_copied() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let source = Cursor::new(&given.disclosure);
    let cancel = CancelToken::new();
    let checked = scene.clinic.check(given.token(), source, None, &quiet, &cancel).unwrap();
    assert!(scene.clinic.receipts(None, true).unwrap().is_empty(), "checked is not opened");
    let expected: BTreeSet<Alias> =
        checked.parts().iter().map(patient_wallet::disclosure::DisclosedPart::alias).collect();
    let opened = checked.by(Text::from("Wei Chen")).begin(&mut scene.clinic).unwrap();
    let signed = scene.clinic.receipts(None, false).unwrap();
    assert_eq!(signed, [opened.receipt().clone()]);
    let receipt = AccessReceipt::verify(&signed[0].envelope, scene.home.clock.now()).unwrap();
    assert_eq!(*receipt.reader(), scene.clinic.profile().unwrap().key);
    assert_eq!(receipt.patient(), Thumbprint::of(opened.verified().consent.key()));
    assert_eq!((receipt.consent(), receipt.act()), (given.id(), Act::Opened(opened.id())));
    assert_eq!((receipt.purpose(), receipt.number()), (Purpose::Treatment, 1));
    assert_eq!((receipt.name(), receipt.person()), ("Dr. Chen", Some("Wei Chen")));
    assert!(receipt.records().iter().eq(&expected));
    let added = scene.session.add_receipts(&[&signed[0].envelope]).unwrap();
    assert!(added[0].as_ref().unwrap().is_new, "the patient takes it in");
    scene.is_whole();
}

#[test]
fn the_receipts_about_one_patient_are_one_chain_and_tell_nothing_of_another() {
    let mut scene = Scene::new();
    let (_bea, mut bea) = bea();
    let [first, second] = [(); 2].map(|()| scene.give(&Narrowing::new()));
    let other = answer(&mut bea, &scene.clinic.request(&everything()).unwrap());
    scene.open(&first).unwrap();
    scene.open(&other).unwrap();
    scene.later(HOUR);
    scene.open(&second).unwrap();
    scene.clinic.note_access(&again(&first)).unwrap();
    scene = scene.reopen_clinic();
    scene.open(&first).unwrap();
    let all = scene.clinic.receipts(None, false).unwrap();
    let (hers, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|given| given.receipt.consent() != other.id());
    assert_eq!((numbers(&hers), numbers(&others)), (vec![1, 2, 3, 4], vec![1]));
    for pair in hers.windows(2) {
        assert_eq!(pair[1].receipt.previous(), Some(pair[0].receipt.id()));
        assert!(pair[0].receipt.at() <= pair[1].receipt.at());
    }
    scene.is_whole();
}

#[test]
fn a_receipt_states_a_fact_also_after_the_end_and_for_another_purpose() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    assert_eq!(refusal(scene.clinic.note_access(&again(&given))), "consent.not-found");
    scene.clinic.verify(given.token(), None).unwrap();
    assert_eq!(refusal(scene.clinic.note_access(&again(&given))), "receipt.not-found");
    let parts = scene.open(&given).unwrap();
    let alias = parts[0].about.alias();
    scene.later(40 * DAY);
    let revoked = scene.session.revoke(&[given.id()]).unwrap();
    scene.clinic.receive(&revoked[0].envelope).unwrap();
    let access = NewAccess {
        records: vec![alias],
        reading: Reading::Machine,
        purpose: Some(Purpose::Research),
        person: name("Nightly job"),
        ..again(&given)
    };
    let signed = scene.clinic.note_access(&access).unwrap().receipt;
    assert_eq!((signed.act(), signed.purpose()), (Act::Machine, Purpose::Research));
    assert_eq!((signed.records(), signed.person()), ([alias].as_slice(), Some("Nightly job")));
    assert_eq!(signed.at(), scene.home.clock.now());
    let all = scene.clinic.note_access(&again(&given)).unwrap().receipt;
    assert_eq!((all.act(), all.records().len()), (Act::Read, 9));
    let stranger = NewAccess { records: vec![Alias::from_bytes([7; 16])], ..again(&given) };
    assert_eq!(refusal(scene.clinic.note_access(&stranger)), "receipt.not-found");
    let long = NewAccess { person: name(&"x".repeat(65)), ..again(&given) };
    assert_eq!(refusal(scene.clinic.note_access(&long)), "receipt.invalid");
    assert_eq!(scene.clinic.receipts(None, true).unwrap().len(), 3, "a refusal signs nothing");
    scene.is_whole();
}

#[test]
fn a_receipt_is_handed_out_once_unless_asked_for_again() {
    let mut scene = Scene::new();
    let [one, two] = [(); 2].map(|()| scene.give(&Narrowing::new()));
    scene.open(&one).unwrap();
    scene.open(&two).unwrap();
    let waiting = scene.clinic.receipts(None, false).unwrap();
    assert_eq!(numbers(&waiting), [1, 2]);
    assert_eq!(scene.clinic.receipts(Some(two.id()), false).unwrap(), waiting[1..]);
    scene.clinic.mark_given(&[waiting[0].receipt.id()]).unwrap();
    scene = scene.reopen_clinic();
    assert_eq!(scene.clinic.receipts(None, false).unwrap(), waiting[1..]);
    assert!(scene.clinic.receipts(Some(one.id()), false).unwrap().is_empty());
    assert_eq!(scene.clinic.receipts(None, true).unwrap(), waiting, "the oldest first");
    let (_home, mut other) = requester("Dr. Alder", RequesterClass::Clinician);
    assert_eq!(refusal(other.mark_given(&[waiting[0].receipt.id()])), "receipt.not-found");
}

#[test]
fn a_disk_that_fills_up_takes_the_opening_and_its_receipt_or_neither() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new().flags(Flags::SINGLE_USE));
    scene.clinic.verify(given.token(), None).unwrap();
    let from = log_size(scene.clinic.session());
    let size = std::fs::metadata(scene.home.folder().join("vault.db")).unwrap().len();
    let first = u32::try_from(size / 4096).unwrap();
    let mut refused = 0;
    for pages in first..first + 1000 {
        scene.clinic.session().limit_pages(pages).unwrap();
        let opened = scene.open(&given);
        scene.clinic.session().limit_pages(100_000).unwrap();
        let signed = scene.clinic.receipts(None, true).unwrap().len();
        let told = kinds(&log(scene.clinic.session(), from));
        let noted = told.iter().filter(|kind| **kind == "opened").count();
        assert_eq!(signed, noted, "{pages}");
        let Err(error) = opened else { break };
        match error.code() {
            "vault.storage-full" => refused += 1,
            other => {
                // Noted, and the key of the single use could not be destroyed in what was left.
                assert_eq!((other, noted), ("consent.used", 1));
                break;
            }
        }
    }
    assert!(refused > 0);
    assert_eq!(numbers(&scene.clinic.receipts(None, true).unwrap()), [1]);
    scene = scene.reopen_clinic();
    scene.is_whole();
}
