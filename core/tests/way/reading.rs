//! The clinic's side: whose token, under which key, until when, how often.

use std::io::Cursor;

use patient_wallet::Requester;
use patient_wallet::consent::{Denial, Flags, Narrowing, RequestId, RequesterClass, Standing};
use patient_wallet::disclosure::DisclosedPart;
use patient_wallet::host::{CancelToken, WalletClock};
use patient_wallet::keys::{Mnemonic, SigningKey, WordCount};
use patient_wallet::record::{Category, Text};
use patient_wallet::requester::{Ask, Received};
use patient_wallet::session::Authentication;
use patient_wallet::testing::TestWallet;
use patient_wallet::{Directory, Session};

use crate::common::{bundle, import_from, quiet, refusal, words};
use crate::scene::*;

/// Another patient, with one record.
pub(crate) fn bea() -> (TestWallet, Session) {
    let (test, mut session) = TestWallet::create();
    let file = bundle(&[lab("hba1c", "4548-4", "HbA1c", "2024-03-05")]);
    import_from(&mut session, "st-anna", &file).unwrap();
    (test, session)
}

/// A patient answers a request.
pub(crate) fn answer(session: &mut Session, request: &[u8]) -> Given {
    let id = session.receive_request(request).unwrap().id;
    let review = session.review(id, &Narrowing::new()).unwrap();
    approve(session, &review).unwrap()
}

pub(crate) fn name(name: &str) -> Option<Text> {
    Some(Text::from(name))
}

#[test]
fn a_token_opens_for_nobody_else() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let (_home, mut other) = requester("Dr. Alder", RequesterClass::Clinician);
    assert_eq!(refusal(other.verify(given.token(), None)), "consent.other-requester");
    assert_eq!(refusal(open(&mut other, &given)), "consent.other-requester");
    assert_eq!(names(&scene.open(&given).unwrap()).len(), 9);
}

#[test]
fn a_consent_holds_from_its_first_second_to_its_last() {
    let mut scene = Scene::new();
    // The patient gives it after the last entry of the clinic's log, before which no clock counts.
    scene.ask(&everything());
    let made = scene.test.clock.now().unix() + HOUR;
    scene.test.clock.set(made);
    let request = scene.session.inbox().unwrap()[0].id;
    let review = scene.session.review(request, &Narrowing::new().seconds(DAY)).unwrap();
    let given = approve(&mut scene.session, &review).unwrap();
    for (at, code) in [
        (made - 121, Some("consent.not-yet-valid")),
        (made - 120, None),
        (made, None),
        (made + DAY - 1, None),
        (made + DAY, Some("consent.expired")),
        (made + 1000 * DAY, Some("consent.expired")),
    ] {
        scene.home.clock.set(at);
        let verified = scene.clinic.verify(given.token(), None);
        assert_eq!(verified.err().map(|error| error.code()), code, "{}", at - made);
        assert_eq!(scene.open(&given).err().map(|error| error.code()), code);
    }
}

#[test]
fn the_first_key_that_answers_a_request_is_the_only_one() {
    let mut scene = Scene::new();
    let (_bea, mut bea) = bea();
    let request = scene.clinic.request(&everything()).unwrap();
    let anna = answer(&mut scene.session, &request);
    let bea = answer(&mut bea, &request);
    assert_eq!(scene.clinic.verify(anna.token(), None).unwrap().standing.word(), "first-contact");
    assert_eq!(scene.clinic.verify(anna.token(), None).unwrap().standing.word(), "known");
    assert_eq!(refusal(scene.clinic.verify(bea.token(), None)), "consent.wrong-patient-key");
    assert_eq!(refusal(scene.open(&bea)), "consent.wrong-patient-key");
    assert_eq!(scene.open(&anna).unwrap().len(), 9);
}

#[test]
fn a_request_to_a_patient_who_is_known_is_answered_by_that_patients_key_only() {
    let mut scene = Scene::new();
    let (_bea, mut bea) = bea();
    let unknown = Ask { patient: name("Anna Muster"), ..everything() };
    assert_eq!(refusal(scene.clinic.request(&unknown)), "consent.not-found");
    for (session, called) in [(&mut scene.session, "Anna Muster"), (&mut bea, "Bea Beispiel")] {
        let given = answer(session, &scene.clinic.request(&everything()).unwrap());
        let verified = scene.clinic.verify(given.token(), name(called).as_ref()).unwrap();
        assert_eq!(verified.patient, name(called));
    }
    let request = scene.clinic.request(&unknown).unwrap();
    let anna = answer(&mut scene.session, &request);
    let bea = answer(&mut bea, &request);
    for called in [None, name("Anna Muster"), name("Bea Beispiel"), name("Somebody")] {
        let verified = scene.clinic.verify(bea.token(), called.as_ref());
        assert_eq!(refusal(verified), "consent.wrong-patient-key", "{called:?}");
    }
    assert_eq!(scene.clinic.verify(anna.token(), None).unwrap().patient, name("Anna Muster"));
}

#[test]
fn a_name_belongs_to_one_key_and_a_key_to_one_name() {
    let mut scene = Scene::new();
    let (_bea, mut bea) = bea();
    let anna = scene.give(&Narrowing::new());
    let bea = answer(&mut bea, &scene.clinic.request(&everything()).unwrap());
    let (called, other) = (name("Anna Muster"), name("Bea Beispiel"));
    scene.clinic.verify(anna.token(), called.as_ref()).unwrap();
    let wrong = scene.clinic.verify(bea.token(), called.as_ref());
    assert_eq!(refusal(wrong), "consent.wrong-patient-key");
    let wrong = scene.clinic.verify(anna.token(), other.as_ref());
    assert_eq!(refusal(wrong), "consent.wrong-patient-key");
    scene.clinic.verify(bea.token(), other.as_ref()).unwrap();
    assert_eq!(scene.clinic.verify(anna.token(), None).unwrap().patient, called);
}

#[test]
fn a_patient_who_is_named_later_is_named() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    assert_eq!(scene.clinic.verify(given.token(), None).unwrap().patient, None);
    let called = name("Anna Muster");
    scene.clinic.verify(given.token(), called.as_ref()).unwrap();
    assert_eq!(scene.clinic.verify(given.token(), None).unwrap().patient, called);
}

#[test]
fn a_single_use_is_opened_once() {
    let mut scene = Scene::new();
    let asked = scene.give(&Narrowing::new().flags(Flags::SINGLE_USE));
    let contact = scene.clinic.contact().unwrap();
    let narrowing =
        Narrowing::new().flags(Flags::SINGLE_USE).only(categories(&[Category::Allergies]));
    let review = scene.session.review_contact(&contact, &narrowing).unwrap();
    let unasked = approve(&mut scene.session, &review).unwrap();
    for given in [&asked, &unasked] {
        scene.open(given).unwrap();
        assert_eq!(refusal(scene.open(given)), "consent.used");
        scene.clinic.verify(given.token(), None).expect("the consent itself still holds");
    }
    scene = scene.reopen_clinic();
    for given in [&asked, &unasked] {
        assert_eq!(refusal(scene.open(given)), "consent.used");
    }
    scene.is_whole();
}

#[test]
fn a_single_use_that_was_checked_is_not_used_and_opens_once() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new().flags(Flags::SINGLE_USE));
    let cancel = CancelToken::new();
    let from = log_size(scene.clinic.session());
    let [first, second, third] = [(); 3].map(|()| {
        let source = Cursor::new(&given.disclosure);
        scene.clinic.check(given.token(), source, None, &quiet, &cancel).unwrap()
    });
    assert_eq!(first.bytes(), first.parts().iter().map(DisclosedPart::length).sum::<u64>());
    assert!(!kinds(&log(scene.clinic.session(), from)).contains(&"opened"));
    drop(first);
    let mut opened = second.begin(&mut scene.clinic).unwrap();
    assert_eq!(refusal(third.begin(&mut scene.clinic)), "consent.used");
    let mut out = Vec::new();
    opened.copy(0, &mut out, &quiet, &cancel).unwrap();
    assert_eq!(u64::try_from(out.len()).unwrap(), opened.parts()[0].length());
    assert_eq!(refusal(scene.open(&given)), "consent.used");
    scene.is_whole();
}

#[test]
fn what_was_checked_opens_only_while_the_consent_holds() {
    let ends: [(&str, End); 2] = [
        ("consent.expired", |scene, _| scene.later(30 * DAY)),
        ("consent.revoked", |scene, given| {
            let revoked = scene.session.revoke(&[given.id()]).unwrap();
            scene.clinic.receive(&revoked[0].envelope).unwrap();
        }),
    ];
    for (refused, end) in ends {
        let mut scene = Scene::new();
        let given = scene.give(&Narrowing::new());
        let source = Cursor::new(&given.disclosure);
        let checked = scene.clinic.check(given.token(), source, None, &quiet, &CancelToken::new());
        end(&mut scene, &given);
        assert_eq!(refusal(checked.unwrap().begin(&mut scene.clinic)), refused);
    }
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let (_home, mut other) = requester("Dr. Alder", RequesterClass::Clinician);
    let source = Cursor::new(&given.disclosure);
    let checked = scene.clinic.check(given.token(), source, None, &quiet, &CancelToken::new());
    assert_eq!(refusal(checked.unwrap().begin(&mut other)), "consent.not-found");
}

#[test]
fn what_does_not_open_uses_nothing_up() {
    let mut scene = Scene::new();
    let mut given = scene.give(&Narrowing::new().flags(Flags::SINGLE_USE));
    let last = given.disclosure.len() - 1;
    given.disclosure[last] ^= 1;
    let from = log_size(scene.clinic.session());
    assert_eq!(refusal(scene.open(&given)), "disclosure.undecryptable");
    assert!(!kinds(&log(scene.clinic.session(), from)).contains(&"opened"));
    given.disclosure[last] ^= 1;
    let cancel = CancelToken::new();
    cancel.cancel();
    let source = Cursor::new(&given.disclosure);
    let cancelled = scene.clinic.open(given.token(), source, None, &quiet, &cancel);
    assert_eq!(refusal(cancelled), "wallet.cancelled");
    assert_eq!(names(&scene.open(&given).unwrap()).len(), 9);
}

#[test]
fn a_disclosure_opens_under_its_own_consent_only() {
    let mut scene = Scene::new();
    let [mut one, two] = [(); 2].map(|()| scene.give(&Narrowing::new()));
    one.disclosure.clone_from(&two.disclosure);
    assert_eq!(refusal(scene.open(&one)), "disclosure.other-consent");
    assert_eq!(names(&scene.open(&two).unwrap()).len(), 9);
}

#[test]
fn that_it_was_opened_is_noted_before_anything_is_given() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    let from = log_size(scene.clinic.session());
    let source = Cursor::new(&given.disclosure);
    let opened = scene.clinic.open(given.token(), source, None, &quiet, &CancelToken::new());
    let opened = opened.unwrap();
    assert_eq!(opened.verified().consent.id(), given.id());
    let entries = log(scene.clinic.session(), from);
    let told = kinds(&entries);
    assert_eq!(told[told.len() - 3..], ["opened", "remembered", "remembered"], "and the receipt");
    let ids = entries[entries.len() - 3].entry.ids();
    assert!(ids.iter().any(|id| id.as_bytes() == opened.id().as_bytes()), "and which");
}

/// How an answer key comes to its end.
type End = fn(&mut Scene, &Given);

#[test]
fn the_answer_key_is_destroyed_when_what_it_is_for_has_ended() {
    let ends: [(&str, &str, End); 4] = [
        // Also by a clock that is set back afterwards.
        ("expired", "consent.expired", |scene, given| {
            scene.clinic.verify(given.token(), None).unwrap();
            scene.later(30 * DAY);
        }),
        ("no answer in time", "consent.ended", |scene, _| scene.later(DAY)),
        ("taken back", "consent.revoked", |scene, given| {
            scene.clinic.verify(given.token(), None).unwrap();
            let revoked = scene.session.revoke(&[given.id()]).unwrap();
            scene.clinic.receive(&revoked[0].envelope).unwrap();
        }),
        ("used", "consent.used", |scene, given| drop(scene.open(given).unwrap())),
    ];
    for (what, refused, end) in ends {
        let mut scene = Scene::new();
        let words = words(scene.clinic.session());
        let made = scene.home.clock.now().unix();
        let flags = if what == "used" { Flags::SINGLE_USE } else { Flags::NONE };
        let given = scene.give(&Narrowing::new().flags(flags));
        scene = scene.reopen_clinic();
        scene.clinic.lock().unwrap();
        let asked = remembered(&scene.home, &words, "pmw:asked");
        assert_eq!(asked.len(), 1, "{what}: it is there at first");
        let old = Copy::of(&scene.home);
        scene.clinic = unlock(&scene.home);

        end(&mut scene, &given);
        scene = scene.reopen_clinic();
        scene.is_whole();
        if what == "expired" {
            assert_eq!(refusal(scene.open(&given)), "consent.expired");
            scene.home.clock.set(made);
        }
        assert_eq!(refusal(scene.open(&given)), refused, "{what}");
        scene.clinic.lock().unwrap();
        assert!(remembered(&scene.home, &words, "pmw:asked").is_empty(), "{what}");
        assert!(!old.opens_with_the_keystore_of(&scene.home), "{what}");
        for file in crate::files::everything(scene.home.folder()) {
            let secret = &asked[0][20..];
            assert!(!file.windows(32).any(|window| secret.windows(32).any(|key| key == window)));
        }
    }
}

#[test]
fn a_denial_destroys_the_answer_key_where_the_key_is_known() {
    let mut scene = Scene::new();
    let words = words(scene.clinic.session());
    let given = scene.give(&Narrowing::new());
    scene.clinic.verify(given.token(), name("Anna Muster").as_ref()).unwrap();
    let revoked = scene.session.revoke(&[given.id()]).unwrap();
    scene.clinic.receive(&revoked[0].envelope).unwrap();
    let id = scene.ask(&Ask { patient: name("Anna Muster"), ..everything() });
    let denial = scene.session.deny(id, None).unwrap();
    let denied = Received::Denied { request: id, standing: Standing::Known, reason: None };
    assert_eq!(scene.clinic.receive(&denial).unwrap(), denied);
    assert_eq!(refusal(scene.clinic.receive(&denial)), "consent.not-found");
    scene.clinic.lock().unwrap();
    assert!(remembered(&scene.home, &words, "pmw:asked").is_empty());
}

#[test]
fn nobody_else_denies_for_a_patient_who_is_known() {
    let mut scene = Scene::new();
    let (_bea, mut bea) = bea();
    let given = scene.give(&Narrowing::new());
    scene.clinic.verify(given.token(), name("Anna Muster").as_ref()).unwrap();
    let ask = Ask { patient: name("Anna Muster"), ..everything() };
    let request = scene.clinic.request(&ask).unwrap();
    let id = bea.receive_request(&request).unwrap().id;
    let foreign = bea.deny(id, None).unwrap();
    assert_eq!(refusal(scene.clinic.receive(&foreign)), "consent.wrong-patient-key");
    scene.session.receive_request(&request).unwrap();
    let denial = scene.session.deny(id, None).unwrap();
    scene.clinic.receive(&denial).unwrap();
}

#[test]
fn a_home_has_one_role() {
    let passphrase = TestWallet::passphrase();
    let (patient, session) = TestWallet::create();
    session.lock().unwrap();
    let (clinic, requester) = requester("Dr. Chen", RequesterClass::Clinician);
    requester.lock().unwrap();
    let (register, directory) = directory("Register");
    directory.lock().unwrap();
    for home in [&patient, &register] {
        let refused = Requester::unlock(&home.wallet(), &passphrase);
        assert_eq!(refusal(refused), "wallet.another-role");
    }
    for home in [&patient, &clinic] {
        let refused = Directory::unlock(&home.wallet(), &passphrase);
        assert_eq!(refusal(refused), "wallet.another-role");
    }
    Requester::unlock(&clinic.wallet(), &passphrase).unwrap();
    Directory::unlock(&register.wallet(), &passphrase).unwrap();
}

#[test]
fn a_home_whose_making_was_cut_short_is_finished_by_making_it_again() {
    let passphrase = TestWallet::passphrase();
    let [own, other] = [(); 2].map(|()| Mnemonic::generate(WordCount::TwentyFour).unwrap());
    let home = TestWallet::empty();
    // What is left when the process ends before the home has a role.
    drop(home.wallet().create_from(&own, &passphrase).unwrap());
    assert_eq!(refusal(Requester::unlock(&home.wallet(), &passphrase)), "wallet.another-role");
    let make = |words: &Mnemonic| {
        let class = RequesterClass::Clinician;
        Requester::create_from(&home.wallet(), words, &passphrase, "Dr. Chen", class)
    };
    assert_eq!(refusal(make(&other)), "wallet.exists");
    make(&own).unwrap().lock().unwrap();
    assert_eq!(refusal(make(&own)), "wallet.exists");
    unlock(&home).contact().unwrap();
    let register = TestWallet::empty();
    drop(register.wallet().create_from(&other, &passphrase).unwrap());
    Directory::create(&register.wallet(), &passphrase, "Register").unwrap();
    // A home in which something happened is no beginning.
    let (bea, session) = bea();
    session.lock().unwrap();
    let made = Directory::create(&bea.wallet(), &passphrase, "Register");
    assert_eq!(refusal(made), "wallet.exists");
}

#[test]
fn names_that_nobody_can_read_make_no_home() {
    let passphrase = TestWallet::passphrase();
    for name in ["", " ", &"x".repeat(65), "Dr.\u{202e}nehC", "Dr.\nChen"] {
        let home = TestWallet::empty();
        let made = Requester::create(&home.wallet(), &passphrase, name, RequesterClass::Other);
        assert_eq!(refusal(made), "consent.invalid", "{name:?}");
        assert!(!home.wallet().exists(), "{name:?}");
    }
    let (_home, mut requester) = requester(&"x".repeat(64), RequesterClass::Other);
    requester.contact().unwrap();
}

#[test]
fn what_is_no_answer_is_refused_by_name() {
    let mut scene = Scene::new();
    let given = scene.give(&Narrowing::new());
    assert_eq!(refusal(scene.clinic.receive(given.token())), "consent.wrong-type");
    assert_eq!(refusal(scene.clinic.receive(b"?")), "consent.invalid");
    let contact = scene.clinic.contact().unwrap();
    assert_eq!(refusal(scene.clinic.verify(&contact, None)), "consent.wrong-type");
    let unknown = RequestId::from_bytes([7; 16]);
    let key = SigningKey::generate().unwrap();
    let now = scene.home.clock.now();
    let denial = Denial::sign(&key, unknown, None, now).unwrap();
    assert_eq!(refusal(scene.clinic.receive(&denial)), "consent.not-found");
}

fn unlock(home: &TestWallet) -> Requester {
    Requester::unlock(&home.wallet(), &TestWallet::passphrase()).unwrap()
}

/// The vault of a home as it was at some time.
struct Copy(Vec<u8>);

impl Copy {
    fn of(home: &TestWallet) -> Self {
        Self(std::fs::read(home.folder().join("vault.db")).unwrap())
    }

    /// Says whether its records open with what the device's keystore holds now.
    fn opens_with_the_keystore_of(&self, home: &TestWallet) -> bool {
        let mut there = TestWallet::empty();
        there.keystore = home.keystore.twin().into();
        std::fs::write(there.folder().join("vault.db"), &self.0).unwrap();
        let passphrase = TestWallet::passphrase();
        let opened = there.wallet().unlock_read_only(&Authentication::Passphrase(&passphrase));
        opened.is_ok_and(|mut session| session.find(&Default::default()).is_ok())
    }
}
