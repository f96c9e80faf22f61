//! Taking back: the union of everything that was taken back, whatever arrives and in what order.

use patient_wallet::Requester;
use patient_wallet::consent::{
    ConsentId, ConsentState, Flags, Narrowing, RequesterClass, Revocation,
};
use patient_wallet::host::WalletClock;
use patient_wallet::keys::SigningKey;
use patient_wallet::requester::Received;
use patient_wallet::session::{BackupKey, Replace, Revoked};
use patient_wallet::testing::TestWallet;

use crate::common::{back_up, refusal, restore, words};
use crate::scene::*;

/// Takes one consent back.
fn revoke(scene: &mut Scene, id: ConsentId) -> Vec<u8> {
    let mut revoked = scene.session.revoke(&[id]).unwrap();
    assert_eq!(revoked.len(), 1);
    revoked.remove(0).envelope
}

fn gaps(clinic: &mut Requester, envelope: &[u8]) -> bool {
    match clinic.receive(envelope).unwrap() {
        Received::Revoked { has_gaps } => has_gaps,
        other => panic!("a revocation: {other:?}"),
    }
}

#[test]
fn what_was_taken_back_never_comes_back_in_any_order_of_arrival() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut scene = Scene::new();
        let given = [(); 3].map(|()| scene.give(&Narrowing::new()));
        let kept = scene.give(&Narrowing::new());
        // All in one second: the numbers grow all the same.
        let revoked = [0, 1, 2].map(|one: usize| revoke(&mut scene, given[one].id()));
        let mut arrived = Vec::new();
        for one in order {
            arrived.push(one);
            // A gap is one that others follow and that never came.
            let missing =
                (0..arrived.iter().max().copied().unwrap()).any(|n| !arrived.contains(&n));
            assert_eq!(gaps(&mut scene.clinic, &revoked[one]), missing, "{arrived:?}");
            for (n, given) in given.iter().enumerate() {
                let verified = scene.clinic.verify(given.token(), None);
                let code = verified.err().map(|error| error.code());
                assert_eq!(code, arrived.contains(&n).then_some("consent.revoked"), "{arrived:?}");
            }
            assert_eq!(scene.clinic.verify(kept.token(), None).unwrap().has_gaps, missing);
        }
        assert!(!gaps(&mut scene.clinic, &revoked[0]), "again, and nothing changes");
    }
}

#[test]
fn a_revocation_that_was_lost_can_be_sent_anew() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let lost = revoke(&mut scene, given.id());
    let again = revoke(&mut scene, given.id());
    assert!(gaps(&mut scene.clinic, &again), "the first never came");
    assert_eq!(refusal(scene.clinic.verify(given.token(), None)), "consent.revoked");
    assert!(!gaps(&mut scene.clinic, &lost));
}

#[test]
fn what_cannot_be_taken_back_is_said_and_nothing_else_is_taken_back() {
    let mut scene = Scene::new();
    let [expired, given] = [1, 30].map(|days| scene.give(&Narrowing::new().seconds(days * DAY)));
    let unknown = ConsentId::from_bytes([7; 16]);
    let refused = scene.session.revoke(&[given.id(), unknown]);
    assert_eq!(refusal(refused), "consent.not-found");
    assert_eq!(scene.session.consents().unwrap()[0].state, ConsentState::Active);
    scene.later(2 * DAY);
    // Also what has expired: whether it has is for a clock to say, and clocks can be wrong.
    let revoked = scene.session.revoke(&[expired.id(), given.id()]).unwrap();
    assert_eq!(revoked[0].consents, [expired.id(), given.id()]);
}

#[test]
fn each_requester_hears_of_its_own_consents_only() {
    let mut scene = Scene::new();
    let (_other_home, mut other) = requester("Dr. Alder", RequesterClass::Other);
    let mine = scene.give(&Narrowing::new());
    let request = other.request(&everything()).unwrap();
    let id = scene.session.receive_request(&request).unwrap().id;
    let review = scene.session.review(id, &Narrowing::new()).unwrap();
    let theirs = approve(&mut scene.session, &review).unwrap();
    let revoked = scene.session.revoke(&[mine.id(), theirs.id()]).unwrap();
    assert_eq!(revoked.len(), 2);
    for Revoked { audience, consents, envelope, .. } in &revoked {
        let (clinic, own, foreign) = if audience.as_str() == "Dr. Chen" {
            (&mut scene.clinic, &mine, &theirs)
        } else {
            (&mut other, &theirs, &mine)
        };
        assert_eq!(*consents, [own.id()]);
        let prefix = &foreign.id().as_bytes()[..8].to_vec();
        assert!(!envelope.windows(8).any(|window| window == prefix));
        clinic.receive(envelope).unwrap();
        assert_eq!(refusal(clinic.verify(own.token(), None)), "consent.revoked");
    }
    let keys = revoked.iter().map(|revoked| *Revocation::verify(&revoked.envelope).unwrap().key());
    let keys: Vec<_> = keys.collect();
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn a_single_use_is_taken_back_too() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new().flags(Flags::SINGLE_USE));
    let envelope = revoke(&mut scene, given.id());
    scene.clinic.receive(&envelope).unwrap();
    assert_eq!(refusal(scene.open(&given)), "consent.revoked");
    assert_eq!(scene.session.consents().unwrap()[0].state, ConsentState::Revoked);
}

#[test]
fn a_revocation_of_another_key_takes_nothing_back() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let stranger = SigningKey::generate().unwrap();
    let now = scene.home.clock.now();
    let forged = Revocation::sign(&stranger, 0, &[given.id()], Some(now), now).unwrap();
    scene.clinic.receive(&forged).unwrap();
    scene.clinic.verify(given.token(), None).unwrap();
    assert_eq!(names(&scene.open(&given).unwrap()).len(), 9);
}

#[test]
fn a_restored_wallet_takes_back_what_it_does_not_know_of() {
    let mut scene = Scene::new();
    let known = scene.give(&Narrowing::new());
    let words = words(&mut scene.session);
    let backup = back_up(&mut scene.session, None);
    scene.later(60);
    let unknown = scene.give(&Narrowing::new());
    scene.later(60);
    scene.session.lock().unwrap();

    let there = TestWallet::empty();
    there.clock.set(scene.test.clock.now().unix());
    let mut session = restore(&there, &backup, &BackupKey::Words(&words), Replace::Older).unwrap();
    let consents = session.consents().unwrap();
    assert_eq!(consents.iter().map(|consent| consent.id).collect::<Vec<_>>(), [known.id()]);
    assert_eq!(refusal(session.revoke(&[unknown.id()])), "consent.not-found");
    let revoked = session.revoke_everything().unwrap();
    assert_eq!(session.consents().unwrap()[0].state, ConsentState::Revoked);
    for given in [&known, &unknown] {
        scene.clinic.verify(given.token(), None).unwrap();
    }
    assert!(!gaps(&mut scene.clinic, &revoked[0].envelope));
    for given in [&known, &unknown] {
        assert_eq!(refusal(scene.clinic.verify(given.token(), None)), "consent.revoked");
    }
    is_whole(&mut session);

    // What is given afterwards holds, and the same key signs it.
    there.clock.set(there.clock.now().unix() + 1);
    let request = scene.clinic.request(&everything()).unwrap();
    let id = session.receive_request(&request).unwrap().id;
    let review = session.review(id, &Narrowing::new()).unwrap();
    let later = approve(&mut session, &review).unwrap();
    let verified = scene.clinic.verify(later.token(), None).unwrap();
    assert_eq!(verified.standing.word(), "known");
}

#[test]
fn everything_is_taken_back_from_everybody_at_once() {
    let mut scene = Scene::new();
    assert_eq!(refusal(scene.session.revoke_everything()), "consent.not-found");
    let given = [(); 3].map(|()| scene.give(&Narrowing::new()));
    let denied = {
        let (_home, mut other) = requester("Dr. Alder", RequesterClass::Other);
        let request = other.request(&everything()).unwrap();
        let id = scene.session.receive_request(&request).unwrap().id;
        scene.session.deny(id, None).unwrap();
        other.profile().unwrap().did
    };
    let revoked = scene.session.revoke_everything().unwrap();
    assert_eq!(revoked.len(), 2, "also who was only denied may hold something after a restore");
    assert!(revoked.iter().any(|revoked| revoked.did.as_str() == denied.to_string()));
    scene.clinic.receive(&revoked[0].envelope).unwrap();
    for given in &given {
        // They are as old as the revocation to the second.
        assert_eq!(refusal(scene.clinic.verify(given.token(), None)), "consent.revoked");
    }
    let states = scene.session.consents().unwrap();
    assert!(states.iter().all(|consent| consent.state == ConsentState::Revoked));
    scene.is_whole();
}

#[test]
fn what_is_taken_back_by_name_or_with_everything_is_noted_with_its_time() {
    let mut scene = Scene::new();
    let [first, second] = [(); 2].map(|()| scene.give(&Narrowing::new()));
    assert_eq!(scene.session.consents().unwrap()[0].revoked_at, None);
    scene.later(60);
    let at = scene.test.clock.now();
    revoke(&mut scene, first.id());
    scene.later(60);
    revoke(&mut scene, first.id());
    let later = scene.test.clock.now();
    scene.session.revoke_everything().unwrap();
    scene.session.lock().unwrap();
    let mut session = scene.test.unlock().unwrap();
    let noted: Vec<_> =
        session.consents().unwrap().iter().map(|given| (given.id, given.revoked_at)).collect();
    assert_eq!(noted, [(second.id(), Some(later)), (first.id(), Some(at))]);
}
