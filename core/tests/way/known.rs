//! Whom a wallet knows: by what it gave, under which name and DID, and what it keeps of it.

use patient_wallet::Directory;
use patient_wallet::consent::{
    ConsentError, ConsentToken, Denial, Narrowing, RequesterClass, Standing,
};
use patient_wallet::directory::Vouch;
use patient_wallet::host::WalletClock;
use patient_wallet::keys::{SigningKey, VerifyingKey};
use patient_wallet::record::Text;
use patient_wallet::session::{KnownRequester, Who};
use patient_wallet::testing::TestWallet;

use crate::common::refusal;
use crate::scene::*;
use crate::vouching::request_of;

/// A patient who believes a directory.
fn believing(name: &str) -> (Scene, TestWallet, Directory) {
    let mut scene = Scene::new();
    let (home, mut register) = directory(name);
    scene.session.trust(&register.contact().unwrap()).unwrap();
    (scene, home, register)
}

fn comes_in(scene: &mut Scene, request: &[u8]) -> Who {
    scene.session.receive_request(request).unwrap().who
}

/// Dr. Chen asks once more.
fn chen(scene: &mut Scene) -> Who {
    let request = scene.clinic.request(&everything()).unwrap();
    comes_in(scene, &request)
}

fn alike(who: &Who) -> Vec<&str> {
    who.looks_like.iter().map(Text::as_str).collect()
}

fn under(did: &str) -> Vouch {
    let (class, did) = (RequesterClass::Clinician, Some(Text::from(did)));
    Vouch { class, name: None, did, seconds: 365 * DAY }
}

fn signer(given: &Given) -> VerifyingKey {
    *ConsentToken::read(given.token()).unwrap().key()
}

#[test]
fn whom_everything_was_denied_is_not_known() {
    let mut scene = Scene::new();
    let spammer = SigningKey::generate().unwrap();
    let request = request_of(&spammer, "Flower shop", None);
    let id = scene.session.receive_request(&request).unwrap().id;
    scene.session.deny(id, None).unwrap();
    let who = comes_in(&mut scene, &request_of(&spammer, "University Hospital", None));
    assert_eq!((who.standing, who.known_since), (Standing::FirstContact, None));
    assert_eq!(who.known_as.as_ref().map(Text::as_str), Some("Flower shop"));
    let who = comes_in(&mut scene, &request_of(&spammer, "Flower shop", None));
    assert_eq!((who.standing, who.known_as), (Standing::FirstContact, None));

    // Nor does the name of one who was denied make anybody else's a likeness.
    let other = SigningKey::generate().unwrap();
    let who = comes_in(&mut scene, &request_of(&other, "Flower shop", None));
    assert!(who.looks_like.is_empty());
    scene.is_whole();
}

#[test]
fn a_known_key_under_another_name_is_told() {
    let mut scene = Scene::new();
    scene.give(&Narrowing::new());
    let since = Some(scene.test.clock.now());
    let (_other_home, mut other) = requester("Dr. Alder", RequesterClass::Clinician);
    let request = other.request(&everything()).unwrap();
    let id = scene.session.receive_request(&request).unwrap().id;
    let review = scene.session.review(id, &Narrowing::new()).unwrap();
    approve(&mut scene.session, &review).unwrap();
    assert_eq!(chen(&mut scene).known_as, None, "by the same name");

    let (_home, mut register) = directory("Register");
    scene.session.trust(&register.contact().unwrap()).unwrap();
    let named = Vouch { name: Some(Text::from("Chen AG")), ..under("did:web:chen.example") };
    let credential = register.vouch(&scene.clinic.contact().unwrap(), &named).unwrap();
    scene.clinic.add_credential(&credential).unwrap();
    let who = chen(&mut scene);
    assert_eq!((who.standing, who.known_since), (Standing::Vouched, since));
    assert_eq!(who.known_as.as_ref().map(Text::as_str), Some("Dr. Chen"));
    // What was approved under the new name makes it the one that is known.
    scene.give(&Narrowing::new());
    assert_eq!(chen(&mut scene).known_as, None);
    let known = scene.session.known_requesters().unwrap();
    let names: Vec<_> = known.iter().map(|known| known.name.as_str()).collect();
    assert_eq!(names, ["Chen AG", "Dr. Alder"]);
}

#[test]
fn the_did_of_a_denial_stays() {
    let mut scene = Scene::new();
    let id = scene.ask(&everything());
    let denial = scene.session.deny(id, None).unwrap();
    let denial = Denial::verify(&denial, scene.test.clock.now()).unwrap();
    let (_home, mut register) = directory("Register");
    let contact = scene.clinic.contact().unwrap();
    let credential = register.vouch(&contact, &under("did:web:chen.example")).unwrap();
    scene.clinic.add_credential(&credential).unwrap();
    scene.session.trust(&register.contact().unwrap()).unwrap();
    let given = scene.give(&Narrowing::new());
    assert_eq!(signer(&given), *denial.key());
    assert_eq!(chen(&mut scene).known_since, Some(scene.test.clock.now()), "since it was given");
}

#[test]
fn denials_leave_no_rows_without_bound() {
    let mut scene = Scene::new();
    scene.give(&Narrowing::new());
    let id = scene.session.receive_request(&request_of(
        &SigningKey::generate().unwrap(),
        "Taken back from",
        None,
    ));
    scene.session.deny(id.unwrap().id, None).unwrap();
    scene.session.revoke_everything().unwrap();
    for n in 0..205 {
        let request = request_of(&SigningKey::generate().unwrap(), &n.to_string(), None);
        let id = scene.session.receive_request(&request).unwrap().id;
        scene.session.deny(id, None).unwrap();
    }
    let known = scene.session.known_requesters().unwrap();
    let names: Vec<_> = known.iter().map(|known| known.name.as_str()).collect();
    // Whom a revocation went to stays, with its number.
    let last: Vec<_> = (5..205).map(|n| n.to_string()).collect();
    assert_eq!(names[..2], ["Dr. Chen", "Taken back from"]);
    assert_eq!(names[2..], last);
    scene.is_whole();
}

#[test]
fn whom_the_wallet_has_answered_is_listed() {
    let mut scene = Scene::new();
    assert_eq!(scene.session.known_requesters().unwrap(), []);
    let denied = scene.ask(&everything());
    scene.session.deny(denied, None).unwrap();
    let chen = KnownRequester {
        name: Text::from("Dr. Chen"),
        did: Text::from(scene.clinic.profile().unwrap().did.to_string().as_str()),
        since: None,
    };
    assert_eq!(scene.session.known_requesters().unwrap(), std::slice::from_ref(&chen));
    scene.later(1);
    scene.give(&Narrowing::new());
    let since = Some(scene.test.clock.now());
    assert_eq!(scene.session.known_requesters().unwrap(), [KnownRequester { since, ..chen }]);
}

#[test]
fn a_name_that_looks_like_one_in_the_inbox_is_flagged() {
    let (mut scene, _home, mut register) = believing("Register");
    vouch(&mut register, &mut scene.clinic, RequesterClass::Clinician);
    let vouched = scene.ask(&everything());
    let forger = SigningKey::generate().unwrap();
    for name in ["Dr. Chen", "Dr. \u{421}hen"] {
        let who = comes_in(&mut scene, &request_of(&forger, name, None));
        assert_eq!(alike(&who), ["Dr. Chen"], "{name:?}");
    }
    let inbox = scene.session.inbox().unwrap();
    assert_eq!(inbox[0].id, vouched);
    assert!(inbox[0].who.looks_like.is_empty(), "who only says so flags nobody");
    assert!(inbox[1..].iter().all(|item| alike(&item.who) == ["Dr. Chen"]));
    let review = scene.session.review(inbox[1].id, &Narrowing::new()).unwrap();
    assert_eq!(alike(&review.who), ["Dr. Chen"]);
}

#[test]
fn directories_whose_names_look_alike_are_flagged() {
    let (mut scene, _home, mut register) = believing("Register");
    assert!(scene.session.trusted().unwrap()[0].looks_like.is_empty());
    for name in ["Reg\u{456}ster", "Register"] {
        let (_home, mut other) = directory(name);
        let shown = scene.session.trust(&other.contact().unwrap()).unwrap();
        assert_eq!(shown.looks_like[0].as_str(), "Register", "{name:?}");
    }
    let list = register.list().unwrap();
    let shown = scene.session.trust(&list).unwrap();
    let names: Vec<_> = shown.looks_like.iter().map(Text::as_str).collect();
    assert_eq!(names, ["Reg\u{456}ster", "Register"], "not itself");
    let (_home, mut other) = directory("Board");
    assert!(scene.session.trust(&other.contact().unwrap()).unwrap().looks_like.is_empty());
}

#[test]
fn what_a_directory_took_back_stays_taken_back_while_it_is_not_believed() {
    let (mut scene, home, mut register) = believing("Register");
    vouch(&mut register, &mut scene.clinic, RequesterClass::Clinician);
    let credential = register.vouched().unwrap()[0].id;
    let older = register.list().unwrap();
    scene.later(1);
    home.clock.set(scene.test.clock.now().unix());
    let list = register.revoke(credential).unwrap();
    let id = scene.session.trust(&list).unwrap().id;
    scene.session.distrust(id).unwrap();
    assert!(scene.session.trusted().unwrap().is_empty());
    assert_eq!(chen(&mut scene).refused, Some(ConsentError::NotTrusted));
    assert_eq!(refusal(scene.session.distrust(id)), "consent.not-found");
    assert_eq!(refusal(scene.session.trust(&list)), "consent.not-trusted");
    scene.session.trust(&register.contact().unwrap()).unwrap();
    let who = chen(&mut scene);
    assert_eq!(who.refused, Some(ConsentError::CredentialRevoked));
    assert_eq!((who.standing, who.is_stale), (Standing::FirstContact, false));
    assert_eq!(refusal(scene.session.trust(&older)), "consent.replayed");
    scene.is_whole();
}

#[test]
fn a_did_that_another_directory_gave_to_another_key_shares_nothing() {
    let (mut scene, _home, mut register) = believing("Register");
    let (_other_home, mut insurers) = directory("Insurers");
    scene.session.trust(&insurers.contact().unwrap()).unwrap();
    let (_liar_home, mut liar) = requester("Insurer", RequesterClass::Insurer);
    let vouch = under("did:web:chen.example");
    let credential = register.vouch(&scene.clinic.contact().unwrap(), &vouch).unwrap();
    scene.clinic.add_credential(&credential).unwrap();
    let credential = insurers.vouch(&liar.contact().unwrap(), &vouch).unwrap();
    liar.add_credential(&credential).unwrap();

    // Both wait; who is answered first has the DID, and the review of the other is stale by it.
    let request = liar.request(&everything()).unwrap();
    let item = scene.session.receive_request(&request).unwrap();
    assert_eq!(item.who.did.as_str(), "did:web:chen.example");
    let early = scene.session.review(item.id, &Narrowing::new()).unwrap();
    let first = scene.give(&Narrowing::new());
    assert_eq!(refusal(approve(&mut scene.session, &early)), "consent.review-stale");
    let review = scene.session.review(item.id, &Narrowing::new()).unwrap();
    assert_eq!(review.who.standing, Standing::Vouched);
    assert_eq!(review.who.shares_did_with.as_ref().map(Text::as_str), Some("Dr. Chen"));
    assert_eq!(review.who.did.as_str(), liar.profile().unwrap().did.to_string());
    let second = approve(&mut scene.session, &review).unwrap();
    assert_ne!(signer(&first), signer(&second));
    assert_eq!(chen(&mut scene).shares_did_with, None, "who came first keeps it");
    liar.verify(second.token(), None).unwrap();
    scene.is_whole();
}
