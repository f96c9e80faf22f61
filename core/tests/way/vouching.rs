//! Directories: who is vouched for, by whom, until when, and whose name is somebody else's.

use patient_wallet::consent::{
    AccessRequest, ConsentError, ConsentToken, Contact, Credential, CredentialId, Narrowing,
    NewContact, NewRequest, RequestId, RequesterClass, Role, Standing, Subject,
};
use patient_wallet::directory::Vouch;
use patient_wallet::host::{Timestamp, WalletClock};
use patient_wallet::keys::{DidKey, SealingKey, SigningKey};
use patient_wallet::record::{LabelSet, RecordId, Text};
use patient_wallet::session::Who;
use patient_wallet::testing::TestWallet;
use patient_wallet::{Directory, Session};

use crate::common::refusal;
use crate::scene::*;

/// A patient, Dr. Chen with a credential, and the register that gave it and is believed.
struct Vouched {
    scene: Scene,
    home: TestWallet,
    register: Directory,
}

impl Vouched {
    fn new(vouch: &Vouch) -> Self {
        let mut scene = Scene::new();
        let (home, mut register) = directory("Register");
        let contact = scene.clinic.contact().unwrap();
        let credential = register.vouch(&contact, vouch).unwrap();
        scene.clinic.add_credential(&credential).unwrap();
        scene.session.trust(&register.contact().unwrap()).unwrap();
        Self { scene, home, register }
    }

    fn later(&self, seconds: u64) {
        self.scene.later(seconds);
        self.home.clock.set(self.home.clock.now().unix() + seconds);
    }

    /// Says who Dr. Chen is to the patient.
    fn who(&mut self) -> Who {
        let request = self.scene.clinic.request(&everything()).unwrap();
        self.scene.session.receive_request(&request).unwrap().who
    }

    fn list(&mut self) -> Vec<u8> {
        self.register.list().unwrap()
    }
}

fn clinician() -> Vouch {
    Vouch { class: RequesterClass::Clinician, name: None, did: None, seconds: 365 * DAY }
}

#[test]
fn the_name_and_the_class_are_the_directorys_words() {
    let vouch = Vouch {
        class: RequesterClass::Insurer,
        name: Some(Text::from("Chen Versicherungen AG")),
        ..clinician()
    };
    let mut it = Vouched::new(&vouch);
    let who = it.who();
    assert_eq!(who.standing, Standing::Vouched);
    assert_eq!(who.name.as_str(), "Chen Versicherungen AG");
    assert_eq!(who.says.as_str(), "Dr. Chen");
    assert_eq!(who.class, Some(RequesterClass::Insurer), "it calls itself a clinician");
    assert_eq!(who.vouched_by.as_ref().map(Text::as_str), Some("Register"));
    assert_eq!((who.refused, who.known_since), (None, None));
    let issued = it.register.vouched().unwrap();
    assert_eq!(issued[0].name.as_str(), "Chen Versicherungen AG");
    assert_eq!(it.register.resolve(&issued[0].id.to_string()[..6]).unwrap(), issued[0].id);
    it.scene.is_whole();
    is_whole(it.register.session());
}

#[test]
fn an_unknown_requester_is_never_taken_for_vouched() {
    let mut scene = Scene::new();
    let who = |scene: &mut Scene| {
        let request = scene.clinic.request(&everything()).unwrap();
        scene.session.receive_request(&request).unwrap().who
    };
    let stranger = who(&mut scene);
    assert_eq!((stranger.standing, stranger.refused), (Standing::FirstContact, None));
    assert_eq!((stranger.class, stranger.vouched_by), (None, None));
    let (_home, mut register) = directory("Register");
    vouch(&mut register, &mut scene.clinic, RequesterClass::Clinician);
    let nobodys = who(&mut scene);
    assert_eq!(nobodys.standing, Standing::FirstContact);
    assert_eq!(nobodys.refused, Some(ConsentError::NotTrusted), "a directory nobody believes");
    assert_eq!(nobodys.class, None);
    scene.give(&Narrowing::new());
    let known = who(&mut scene);
    assert_eq!((known.standing, known.class), (Standing::Known, None));
    assert_eq!(known.known_since, Some(scene.test.clock.now()));
}

#[test]
fn a_credential_counts_for_the_key_that_it_names() {
    let mut it = Vouched::new(&clinician());
    let (_other, mut other) = requester("Dr. Chen", RequesterClass::Clinician);
    let theirs = it.register.vouch(&other.contact().unwrap(), &clinician()).unwrap();
    let refused = it.scene.clinic.add_credential(&theirs);
    assert_eq!(refusal(refused), "consent.other-requester");
    assert_eq!(refusal(it.scene.clinic.add_credential(b"?")), "consent.invalid");

    // Whoever shows it all the same is not vouched for.
    let who =
        receive(&mut it.scene.session, &SigningKey::generate().unwrap(), "Dr. Chen", Some(&theirs));
    assert_eq!((who.standing, who.class), (Standing::FirstContact, None));
    assert_eq!(who.refused, Some(ConsentError::Invalid));
}

#[test]
fn a_directory_vouches_for_requesters_only() {
    let mut it = Vouched::new(&clinician());
    let own = it.register.contact().unwrap();
    assert_eq!(refusal(it.register.vouch(&own, &clinician())), "consent.wrong-type");
    let contact = it.scene.clinic.contact().unwrap();
    let too_long = Vouch { seconds: 3 * 366 * DAY + 1, ..clinician() };
    assert_eq!(refusal(it.register.vouch(&contact, &too_long)), "consent.too-long");
    assert_eq!(it.register.vouched().unwrap().len(), 1);

    // A credential for another role, by whatever means it was made.
    let (key, stranger) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let contact = Contact::sign(
        &key,
        &NewContact {
            name: "Own register",
            role: Role::Directory,
            class: None,
            answer_key: None,
            credential: None,
            proxy_keys: &[],
            expires_at: Timestamp::from_unix(it.scene.test.clock.now().unix() + DAY),
        },
        it.scene.test.clock.now(),
    );
    it.scene.session.trust(&contact.unwrap()).unwrap();
    let now = it.scene.test.clock.now();
    let subject = Subject {
        did: &DidKey::from(&stranger.verifying_key()).to_string(),
        name: "Stranger",
        role: Role::Directory,
        class: RequesterClass::Clinician,
        key: &stranger.verifying_key(),
    };
    let id = CredentialId::generate().unwrap();
    let until = Timestamp::from_unix(now.unix() + DAY);
    let credential = Credential::sign(&key, &subject, id, now, until).unwrap();
    let who = receive(&mut it.scene.session, &stranger, "Stranger", Some(&credential));
    assert_eq!((who.standing, who.refused), (Standing::FirstContact, Some(ConsentError::Invalid)));
}

#[test]
fn a_credential_ends_with_its_last_second_and_with_its_directory() {
    let mut it = Vouched::new(&Vouch { seconds: 3 * DAY, ..clinician() });
    it.later(3 * DAY - 1);
    assert_eq!(it.who().standing, Standing::Vouched);
    it.later(1);
    let who = it.who();
    assert_eq!(who.standing, Standing::FirstContact);
    assert_eq!(who.refused, Some(ConsentError::CredentialExpired));

    let mut it = Vouched::new(&Vouch { seconds: 2 * 366 * DAY, ..clinician() });
    it.later(366 * DAY);
    let who = it.who();
    assert_eq!(
        (who.standing, who.refused),
        (Standing::FirstContact, Some(ConsentError::CredentialExpired))
    );
    let contact = it.register.contact().unwrap();
    it.scene.session.trust(&contact).unwrap();
    assert_eq!(it.who().standing, Standing::Vouched, "with a new contact of the directory");
}

#[test]
fn a_credential_that_was_taken_back_counts_no_more() {
    let mut it = Vouched::new(&clinician());
    let id = it.register.vouched().unwrap()[0].id;
    let list = it.register.revoke(id).unwrap();
    assert!(it.register.vouched().unwrap()[0].revoked.is_some());
    assert_eq!(it.who().standing, Standing::Vouched, "the list has not arrived");
    it.scene.session.trust(&list).unwrap();
    let who = it.who();
    assert_eq!(who.standing, Standing::FirstContact);
    assert_eq!((who.refused, who.class), (Some(ConsentError::CredentialRevoked), None));
    let unknown = CredentialId::from_bytes([7; 16]);
    assert_eq!(refusal(it.register.revoke(unknown)), "consent.not-found");
    it.register.revoke(id).expect("again, for a list that was lost");
    is_whole(it.register.session());
}

#[test]
fn a_list_is_stale_after_a_day_and_still_counts() {
    let mut it = Vouched::new(&clinician());
    assert!(it.who().is_stale, "there is none yet");
    assert!(it.scene.session.trusted().unwrap()[0].is_stale);
    let list = it.list();
    let shown = it.scene.session.trust(&list).unwrap();
    assert!(!shown.is_stale);
    assert_eq!(shown.list, Some(it.home.clock.now()));
    it.later(DAY);
    assert!(!it.who().is_stale);
    it.later(1);
    let who = it.who();
    assert_eq!((who.is_stale, who.standing), (true, Standing::Vouched));
    let list = it.list();
    it.scene.session.trust(&list).unwrap();
    assert!(!it.who().is_stale);
}

#[test]
fn an_older_list_brings_nothing_back() {
    let mut it = Vouched::new(&clinician());
    let before = it.list();
    it.later(1);
    let id = it.register.vouched().unwrap()[0].id;
    let after = it.register.revoke(id).unwrap();
    it.scene.session.trust(&before).unwrap();
    it.scene.session.trust(&after).unwrap();
    it.scene.session.trust(&after).expect("the same again");
    assert_eq!(refusal(it.scene.session.trust(&before)), "consent.replayed");
    let contact = it.register.contact().unwrap();
    it.scene.session.trust(&contact).unwrap();
    assert_eq!(it.who().refused, Some(ConsentError::CredentialRevoked), "nor does a contact");
    let (_home, mut other) = directory("Other");
    assert_eq!(refusal(it.scene.session.trust(&other.list().unwrap())), "consent.not-trusted");
}

#[test]
fn only_a_directory_is_believed() {
    let mut scene = Scene::new();
    let contact = scene.clinic.contact().unwrap();
    assert_eq!(refusal(scene.session.trust(&contact)), "consent.wrong-type");
    let request = scene.clinic.request(&everything()).unwrap();
    assert_eq!(refusal(scene.session.trust(&request)), "consent.wrong-type");
    assert_eq!(refusal(scene.session.trust(b"?")), "consent.invalid");
    assert!(scene.session.trusted().unwrap().is_empty());
    let unknown = RecordId::from_bytes([7; 16]);
    assert_eq!(refusal(scene.session.distrust(unknown)), "consent.not-found");
}

#[test]
fn who_believes_a_directory_no_more_believes_nobody_by_it() {
    let mut it = Vouched::new(&clinician());
    let id = it.scene.session.trusted().unwrap()[0].id;
    it.scene.session.distrust(id).unwrap();
    assert_eq!(it.who().refused, Some(ConsentError::NotTrusted));
    assert!(it.scene.session.trusted().unwrap().is_empty());
    it.scene.is_whole();
}

#[test]
fn names_that_look_like_somebody_elses_are_flagged() {
    let mut it = Vouched::new(&clinician());
    it.scene.give(&Narrowing::new());
    let mut flagged = |name: &str| -> Vec<String> {
        let who = receive(&mut it.scene.session, &SigningKey::generate().unwrap(), name, None);
        who.looks_like.iter().map(|name| name.as_str().to_owned()).collect()
    };
    for (name, like) in [
        ("Dr. Chen", "Dr. Chen"),
        ("DR. CHEN", "Dr. Chen"),
        ("Dr. Ch\u{e9}n", "Dr. Chen"),
        ("Dr. \u{421}hen", "Dr. Chen"),
        ("Dr. Ch\u{435}n", "Dr. Chen"),
        ("Dr.Chen", "Dr. Chen"),
        ("Reg\u{456}ster", "Register"),
        ("Register", "Register"),
    ] {
        assert_eq!(flagged(name), [like], "{name:?}");
    }
    for name in ["Dr. Chan", "Dr. Cheng", "Registrar"] {
        assert!(flagged(name).is_empty(), "{name:?}");
    }
    assert!(it.who().looks_like.is_empty(), "nobody is like themselves");
}

#[test]
fn somebody_vouched_for_may_share_a_name_but_not_a_likeness() {
    let mut it = Vouched::new(&clinician());
    it.scene.give(&Narrowing::new());
    for (name, flags) in [("Dr. Chen", 0), ("Dr. Ch\u{e9}n", 1)] {
        let (_home, mut other) = requester(name, RequesterClass::Clinician);
        vouch(&mut it.register, &mut other, RequesterClass::Clinician);
        let request = other.request(&everything()).unwrap();
        let who = it.scene.session.receive_request(&request).unwrap().who;
        assert_eq!((who.standing, who.looks_like.len()), (Standing::Vouched, flags), "{name}");
    }
}

#[test]
fn the_did_of_the_first_answer_stays_and_with_it_the_patients_key() {
    let web = Vouch { did: Some(Text::from("did:web:chen.example")), ..clinician() };
    let mut it = Vouched::new(&web);
    let plain = it.scene.clinic.profile().unwrap().did.to_string();
    assert_eq!(it.who().did.as_str(), "did:web:chen.example");
    let key = |given: &Given| *ConsentToken::read(given.token()).unwrap().key();
    let first = it.scene.give(&Narrowing::new());
    let id = it.scene.session.trusted().unwrap()[0].id;
    it.scene.session.distrust(id).unwrap();
    assert_eq!(it.who().did.as_str(), "did:web:chen.example");
    assert_eq!(key(&it.scene.give(&Narrowing::new())), key(&first));

    let mut scene = Scene::new();
    let unvouched = scene.give(&Narrowing::new());
    assert_eq!(
        unvouched.approved.consent.did.as_str(),
        scene.clinic.profile().unwrap().did.to_string()
    );
    let (_home, mut register) = directory("Register");
    let credential = register.vouch(&scene.clinic.contact().unwrap(), &web).unwrap();
    scene.clinic.add_credential(&credential).unwrap();
    scene.session.trust(&register.contact().unwrap()).unwrap();
    let vouched = scene.give(&Narrowing::new());
    assert_eq!(key(&vouched), key(&unvouched));
    assert_ne!(plain, vouched.approved.consent.did.as_str());
    scene.clinic.verify(vouched.token(), None).unwrap();
}

#[test]
fn a_clinic_with_a_new_key_under_its_old_did_meets_the_same_patient() {
    let web = Vouch { did: Some(Text::from("did:web:chen.example")), ..clinician() };
    let mut it = Vouched::new(&web);
    let old = it.scene.give(&Narrowing::new());
    let (_home, mut renewed) = requester("Dr. Chen", RequesterClass::Clinician);
    let credential = it.register.vouch(&renewed.contact().unwrap(), &web).unwrap();
    renewed.add_credential(&credential).unwrap();
    let request = renewed.request(&everything()).unwrap();
    let item = it.scene.session.receive_request(&request).unwrap();
    assert_eq!(item.who.known_since, None);
    let review = it.scene.session.review(item.id, &Narrowing::new()).unwrap();
    let new = approve(&mut it.scene.session, &review).unwrap();
    let key = |given: &Given| *ConsentToken::read(given.token()).unwrap().key();
    assert_eq!(key(&new), key(&old));
    assert_eq!(refusal(renewed.verify(old.token(), None)), "consent.other-requester");
    let revoked = it.scene.session.revoke(&[old.id(), new.id()]).unwrap();
    assert_eq!(revoked.len(), 2, "one to each key");
    for one in &revoked {
        renewed.receive(&one.envelope).unwrap();
    }
    assert_eq!(refusal(renewed.verify(new.token(), None)), "consent.revoked");
}

/// Somebody without a wallet asks; gives who that is to the patient.
fn receive(session: &mut Session, key: &SigningKey, name: &str, credential: Option<&[u8]>) -> Who {
    session.receive_request(&request_of(key, name, credential)).unwrap().who
}

/// A request of somebody without a wallet.
pub(crate) fn request_of(key: &SigningKey, name: &str, credential: Option<&[u8]>) -> Vec<u8> {
    let ask = everything();
    let now = TestWallet::empty().clock.now();
    let new = NewRequest {
        id: RequestId::generate().unwrap(),
        issued_at: now,
        expires_at: Timestamp::from_unix(now.unix() + DAY),
        did: None,
        answer_key: SealingKey::generate().unwrap().public_key(),
        categories: ask.categories,
        labels: LabelSet::EMPTY,
        purpose: ask.purpose,
        dates: None,
        retain_seconds: DAY,
        seconds: None,
        flags: ask.flags,
        name: Some(name),
        response: None,
        text: None,
        credential,
    };
    AccessRequest::sign(key, &new).unwrap()
}
