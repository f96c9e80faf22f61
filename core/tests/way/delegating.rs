//! Somebody acts for the patient: what they may, what they may not, and what the patient sees of it.

use patient_wallet::audit::Actor;
use patient_wallet::consent::{
    AccessRequest, ConsentId, ConsentToken, Contact, Delegation as Signed, Denial, Flags, Grant,
    Narrowing, NewDelegation, Opening, ProxyAct, ProxyActs, Purpose, Relation, RequesterClass,
    Standing, Terms,
};
use patient_wallet::host::{CancelToken, Timestamp, WalletClock};
use patient_wallet::keys::{Secret, SigningKey};
use patient_wallet::record::{Category, LabelSet, RecordDate, RecordId, Text};
use patient_wallet::requester::{Ask, Received};
use patient_wallet::session::{ApprovedFor, Delegated, Delegating, ReviewFor, Whom};
use patient_wallet::testing::TestWallet;
use patient_wallet::words::Language;
use patient_wallet::{Error, Requester, Session};

use crate::common::{bundle, import_from, quiet, refusal};
use crate::scene::*;

/// A child, the mother who acts for it, and two clinics.
struct Family {
    scene: Scene,
    mothers: TestWallet,
    mother: Session,
    alders: TestWallet,
    alder: Requester,
}

/// What left the mother's phone.
#[derive(Debug)]
struct GivenFor {
    approved: ApprovedFor,
    disclosure: Vec<u8>,
}

impl Family {
    fn new() -> Self {
        let scene = Scene::of(|session| {
            let records: Vec<String> =
                records().iter().map(|one| one.replace("1980-02-03", "2016-02-03")).collect();
            import_from(session, "st-anna", &bundle(&records)).unwrap();
        });
        let (mothers, mother) = TestWallet::create();
        let (alders, alder) = requester("Dr. Alder", RequesterClass::Other);
        Self { scene, mothers, mother, alders, alder }
    }

    /// The mother may give allergies, laboratory and medications to both, nothing of mental health.
    fn delegate(&mut self) -> (Delegated, RecordId) {
        self.delegate_with(|_| {})
    }

    fn delegate_with(&mut self, change: impl FnOnce(&mut Delegating<'_>)) -> (Delegated, RecordId) {
        let delegated = self.try_to(change).unwrap();
        let entrusted = self.mother.accept_delegation(&delegated.packet).unwrap();
        (delegated, entrusted.id)
    }

    fn try_to(&mut self, change: impl FnOnce(&mut Delegating<'_>)) -> Result<Delegated, Error> {
        let offer = self.mother.offer_to_act("Elena Muster").unwrap();
        let contacts = [&mut self.scene.clinic, &mut self.alder]
            .map(|clinic| Whom::Contact(clinic.contact().unwrap()));
        let mut new = Delegating {
            offer: &offer,
            relation: Relation::Parent,
            requesters: &contacts,
            categories: given(),
            deny: mental_health(),
            purposes: &[Purpose::Treatment],
            acts: ProxyActs::ALL,
            flags: Flags::NO_ONWARD,
            until: self.after(100 * DAY),
            longest: 30 * DAY,
            born: None,
        };
        change(&mut new);
        self.scene.session.delegate(&new)
    }

    fn after(&self, seconds: u64) -> Timestamp {
        Timestamp::from_unix(self.scene.test.clock.now().unix() + seconds)
    }

    fn later(&self, seconds: u64) {
        self.scene.later(seconds);
        for home in [&self.mothers, &self.alders] {
            home.clock.set(home.clock.now().unix() + seconds);
        }
    }

    fn review(&mut self, id: RecordId, request: &[u8]) -> Result<ReviewFor, Error> {
        self.mother.review_for(id, request, &Narrowing::new())
    }

    fn approve(&mut self, review: &ReviewFor) -> Result<GivenFor, Error> {
        let mut disclosure = Vec::new();
        let cancel = CancelToken::new();
        let approved = self.mother.approve_for(review, &mut disclosure, &quiet, &cancel)?;
        Ok(GivenFor { approved, disclosure })
    }

    fn give(&mut self, id: RecordId) -> GivenFor {
        let request = self.scene.clinic.request(&ask()).unwrap();
        let review = self.review(id, &request).unwrap();
        self.approve(&review).unwrap()
    }
}

fn given() -> patient_wallet::consent::CategorySet {
    categories(&[Category::Allergies, Category::Laboratory, Category::Medications])
}

fn ask() -> Ask {
    Ask { categories: given(), ..everything() }
}

fn opened(clinic: &mut Requester, given: &GivenFor) -> Result<Vec<Part>, Error> {
    let source = std::io::Cursor::new(&given.disclosure);
    let cancel = CancelToken::new();
    let mut opened = clinic.open(&given.approved.token, source, None, &quiet, &cancel)?;
    let parts = opened.parts().to_vec();
    let read = |(part, about)| {
        let mut bytes = Vec::new();
        opened.copy(part, &mut bytes, &quiet, &CancelToken::new())?;
        Ok(Part { about, bytes })
    };
    parts.into_iter().enumerate().map(read).collect()
}

#[test]
fn a_mother_gives_for_her_child() {
    let mut family = Family::new();
    let (delegated, id) = family.delegate();
    // HbA1c, cholesterol, bee venom, aspirin; nothing that is denied is in the packet.
    assert_eq!(delegated.records, 4);
    let records = family.mother.entrusted_records(id).unwrap();
    assert_eq!(records.len(), 4);
    for record in &records {
        let json = record.json.as_str();
        assert!(!json.contains("depression") && !json.contains("Sertraline"), "{json}");
    }
    let entrusted = family.mother.entrusted().unwrap();
    assert_eq!(entrusted[0].patient.as_ref().map(Text::as_str), Some("Muster"));
    assert_eq!(entrusted[0].requesters.len(), 2);

    let request = family.scene.clinic.request(&ask()).unwrap();
    let review = family.review(id, &request).unwrap();
    assert_eq!((review.release.len(), review.withhold.len()), (4, 0));
    let sentence = review.sentence(Language::En).unwrap();
    assert!(sentence.as_str().contains("“Elena Muster” signs this for the patient"));
    assert!(review.grant.flags().contains(Flags::NO_ONWARD), "what every consent must promise");
    let given = family.approve(&review).unwrap();
    assert_eq!(given.approved.released, 4);

    let verified = family.scene.clinic.verify(&given.approved.token, None).unwrap();
    assert_eq!(verified.standing, Standing::FirstContact);
    let patient = *verified.consent.patient_key();
    assert_ne!(*verified.consent.key(), patient);
    let parts = opened(&mut family.scene.clinic, &given).unwrap();
    assert_eq!(names(&parts), ["aspirin", "bee", "hba1c", "lipids"]);
    let did = verified.consent.did().to_string();
    let aspirin = parts.iter().find(|part| part.text().contains("Aspirin")).unwrap();
    assert!(aspirin.text().contains(&did), "the patient by the name for this clinic");
    assert!(!aspirin.text().contains("Patient/anna"));
    assert!(aspirin.text().contains("Observation/lipids"), "what goes along stays named");
}

#[test]
fn the_child_sees_who_signed_and_stays_the_same_patient() {
    let mut family = Family::new();
    let (_, id) = family.delegate();
    let given = family.give(id);
    let patient =
        *family.scene.clinic.verify(&given.approved.token, None).unwrap().consent.patient_key();
    opened(&mut family.scene.clinic, &given).unwrap();
    assert!(family.scene.session.consents().unwrap().is_empty());
    let report = family.mother.report(id).unwrap();
    let taken = family.scene.session.take_report(&report).unwrap();
    assert_eq!((taken.len(), taken[0].is_new, taken[0].records), (1, true, 4));
    let again = family.scene.session.take_report(&report).unwrap();
    assert_eq!((again[0].is_new, again[0].consent), (false, taken[0].consent));
    let consents = family.scene.session.consents().unwrap();
    assert_eq!(consents.len(), 1);
    assert_eq!(consents[0].by.as_ref().map(Text::as_str), Some("Elena Muster"));
    assert_eq!((consents[0].audience.as_str(), consents[0].holds.len()), ("Dr. Chen", 4));
    // What the clinic signs about its reading is about this patient, whoever signed the consent.
    let receipts = family.scene.clinic.receipts(None, false).unwrap();
    let added = family.scene.session.add_receipts(&[&receipts[0].envelope]).unwrap();
    assert!(added[0].as_ref().unwrap().is_new);
    let hba1c = family.scene.record("hba1c");
    assert!(consents[0].holds.contains(&hba1c));
    let log = log(&mut family.scene.session, 0);
    let by_proxy: Vec<_> = log.iter().filter(|entry| entry.entry.actor() == Actor::Proxy).collect();
    assert_eq!(by_proxy.len(), 1, "once, however often it is reported");
    assert_eq!(by_proxy[0].entry.kind().word(), "consented");
    let refused = family.scene.session.review_refresh(consents[0].id);
    assert_eq!(refusal(refused), "delegation.not-allowed");
    let own = family.scene.give(&Narrowing::new());
    let verified = family.scene.clinic.verify(own.token(), None).unwrap();
    assert_eq!((verified.standing, *verified.consent.key()), (Standing::Known, patient));
    let revoked = family.scene.session.revoke(&[consents[0].id]).unwrap();
    family.scene.clinic.receive(&revoked[0].envelope).unwrap();
    let refused = family.scene.clinic.verify(&given.approved.token, None);
    assert_eq!(refusal(refused), "consent.revoked");
    family.scene.is_whole();
    is_whole(&mut family.mother);
}

#[test]
fn what_goes_along_is_named_and_what_stays_behind_is_not() {
    let mut family = Family::new();
    let (_, id) = family.delegate();
    let request = family.scene.clinic.request(&ask()).unwrap();
    let medications = Narrowing::new().only(categories(&[Category::Medications]));
    let review = family.mother.review_for(id, &request, &medications).unwrap();
    assert_eq!((review.release.len(), review.withhold.len()), (1, 3));
    let given = family.approve(&review).unwrap();
    let parts = opened(&mut family.scene.clinic, &given).unwrap();
    assert_eq!(names(&parts), ["aspirin"]);
    assert!(!parts[0].text().contains("lipids"), "{}", parts[0].text());
}

#[test]
fn each_forbidden_act_is_refused_by_name() {
    let mut family = Family::new();
    let (_, id) = family.delegate();
    let refused = [
        (ProxyAct::Widen, "delegation.widen"),
        (ProxyAct::DelegateOn, "delegation.delegate-on"),
        (ProxyAct::Recover, "delegation.recover"),
        (ProxyAct::Erase, "delegation.erase"),
    ];
    for (act, code) in refused {
        assert_eq!(refusal(family.mother.may_act_for(id, act)), code);
    }
    for act in [ProxyAct::Read, ProxyAct::Approve, ProxyAct::Deny] {
        family.mother.may_act_for(id, act).unwrap();
    }
    // More than is covered: refused, not cut down in silence.
    let more = family.scene.clinic.request(&everything()).unwrap();
    assert_eq!(refusal(family.review(id, &more)), "delegation.widen");
    let narrowed = Narrowing::new().only(given());
    assert!(family.mother.review_for(id, &more, &narrowed).is_ok());
    let longer = Ask { seconds: Some(31 * DAY), ..ask() };
    let longer = family.scene.clinic.request(&longer).unwrap();
    assert_eq!(refusal(family.review(id, &longer)), "delegation.widen");
    let research = Ask { purpose: Purpose::Research, ..ask() };
    let research = family.scene.clinic.request(&research).unwrap();
    assert_eq!(refusal(family.review(id, &research)), "delegation.widen");
    // A requester whom the patient did not name.
    let (_home, mut stranger) = requester("Dr. Bell", RequesterClass::Clinician);
    let asked = stranger.request(&ask()).unwrap();
    assert_eq!(refusal(family.review(id, &asked)), "delegation.other-requester");
    assert_eq!(refusal(family.mother.deny_for(id, &asked, None)), "delegation.other-requester");
    // A record that is not there, and one request twice.
    let request = family.scene.clinic.request(&ask()).unwrap();
    let unknown = Narrowing::new().records(vec![RecordId::from_bytes([1; 16])]);
    let refused = family.mother.review_for(id, &request, &unknown);
    assert_eq!(refusal(refused), "consent.not-found");
    let review = family.review(id, &request).unwrap();
    family.approve(&review).unwrap();
    assert_eq!(refusal(family.approve(&review)), "consent.answered");
    assert_eq!(refusal(family.review(id, &request)), "consent.answered");
}

#[test]
fn who_may_only_read_signs_nothing_and_who_may_only_sign_reads_nothing() {
    let mut family = Family::new();
    let (_, id) = family.delegate_with(|new| new.acts = ProxyActs::new(&[ProxyAct::Read]).unwrap());
    let request = family.scene.clinic.request(&ask()).unwrap();
    assert_eq!(family.mother.entrusted_records(id).unwrap().len(), 4);
    assert_eq!(refusal(family.review(id, &request)), "delegation.not-allowed");
    assert_eq!(refusal(family.mother.deny_for(id, &request, None)), "delegation.not-allowed");
    let mut family = Family::new();
    let (_, id) = family.delegate_with(|new| new.acts = ProxyActs::new(&[ProxyAct::Deny]).unwrap());
    assert_eq!(refusal(family.mother.entrusted_records(id)), "delegation.not-allowed");
    let request = family.scene.clinic.request(&ask()).unwrap();
    let denial = family.mother.deny_for(id, &request, Some("we moved")).unwrap();
    let read = Denial::verify(&denial, family.after(0)).unwrap();
    assert_ne!(read.key(), read.patient_key());
    let received = family.scene.clinic.receive(&denial).unwrap();
    assert!(matches!(received, Received::Denied { .. }));
    // To another requester it says nothing.
    assert!(family.alder.receive(&denial).is_err());
    let report = family.mother.report(id).unwrap();
    for is_new in [true, false] {
        let taken = family.scene.session.take_report(&report).unwrap();
        assert_eq!((taken[0].denied, taken[0].is_new), (Some(read.request()), is_new));
    }
    let log = log(&mut family.scene.session, 0);
    let denied = log.iter().filter(|entry| entry.entry.actor() == Actor::Proxy);
    assert_eq!(denied.map(|entry| entry.entry.kind().word()).collect::<Vec<_>>(), ["denied"]);
}

#[test]
fn a_child_of_age_decides_alone() {
    let mut family = Family::new();
    let birthday = RecordDate::parse("2034-02-03").unwrap().start().cast_unsigned();
    let late = family.try_to(|new| {
        new.relation = Relation::Parent;
        new.until = Timestamp::from_unix(birthday + 1);
    });
    assert_eq!(refusal(late), "delegation.of-age");
    // Six days before the eighteenth birthday.
    let days = (birthday - family.after(0).unix()) / DAY - 6;
    family.later(days * DAY);
    let (_, id) = family.delegate_with(|new| new.until = Timestamp::from_unix(birthday));
    let given = {
        let request = family.scene.clinic.request(&ask()).unwrap();
        let week = Narrowing::new().seconds(5 * DAY);
        let review = family.mother.review_for(id, &request, &week).unwrap();
        family.approve(&review).unwrap()
    };
    // A consent that would outlive it is refused.
    let request = family.scene.clinic.request(&ask()).unwrap();
    assert_eq!(refusal(family.review(id, &request)), "delegation.widen");
    family.scene.clinic.verify(&given.approved.token, None).unwrap();
    let last = family.scene.clinic.request(&Ask { valid_seconds: 3 * DAY, ..ask() }).unwrap();
    let week = Narrowing::new().seconds(5 * DAY);
    let waiting = family.mother.review_for(id, &last, &week).unwrap();
    family.later(7 * DAY);
    let code = refusal(family.approve(&waiting));
    assert!(["consent.request-expired", "delegation.ended"].contains(&code), "{code}");
    let request = family.scene.clinic.request(&ask()).unwrap();
    assert_eq!(refusal(family.review(id, &request)), "delegation.ended");
    assert_eq!(refusal(family.mother.deny_for(id, &request, None)), "delegation.ended");
    assert_eq!(refusal(family.mother.entrusted_records(id)), "delegation.ended");
    assert!(family.mother.entrusted().unwrap()[0].is_over);
    assert_eq!(refusal(family.scene.clinic.verify(&given.approved.token, None)), "consent.expired");
    // What she signed by then can still be reported; the records are gone.
    let report = family.mother.report(id).unwrap();
    assert_eq!(family.scene.session.take_report(&report).unwrap().len(), 1);
    assert_eq!(refusal(family.mother.entrusted_records(id)), "delegation.ended");
    let own = family.scene.give(&Narrowing::new());
    family.scene.clinic.verify(own.token(), None).unwrap();
    let too_late = family.try_to(|_| {});
    assert_eq!(refusal(too_late), "delegation.of-age");
    assert!(family.try_to(|new| new.relation = Relation::Carer).is_ok());
}

#[test]
fn without_a_date_of_birth_it_must_be_given() {
    let mut family = Family::new();
    family.scene = Scene::of(|session| {
        import_from(session, "st-anna", &bundle(&[lab("hba1c", "4548-4", "HbA1c", "2024-03-05")]))
            .unwrap();
    });
    assert_eq!(refusal(family.try_to(|_| {})), "delegation.born-unknown");
    let born = RecordDate::parse("2000-01-01").unwrap();
    assert_eq!(refusal(family.try_to(|new| new.born = Some(born))), "delegation.of-age");
    let born = RecordDate::parse("2016").unwrap();
    assert!(family.try_to(|new| new.born = Some(born)).is_ok());
}

#[test]
fn after_the_end_nothing_new_is_let_in() {
    let mut family = Family::new();
    let (delegated, id) = family.delegate();
    let known = family.give(id);
    family.scene.clinic.verify(&known.approved.token, None).unwrap();
    let held_back = family.give(id);
    let revoked = family.scene.session.end_delegation(delegated.delegation.id).unwrap();
    assert_eq!(revoked.len(), 2, "one for each requester");
    let chens = revoked.iter().find(|one| one.audience.as_str() == "Dr. Chen").unwrap();
    family.scene.clinic.receive(&chens.envelope).unwrap();
    let refused = family.scene.clinic.verify(&held_back.approved.token, None);
    assert_eq!(refusal(refused), "consent.delegation-revoked");
    let later = family.give(id);
    let refused = family.scene.clinic.verify(&later.approved.token, None);
    assert_eq!(refusal(refused), "consent.delegation-revoked");
    assert!(opened(&mut family.scene.clinic, &later).is_err());
    let request = family.scene.clinic.request(&ask()).unwrap();
    let denial = family.mother.deny_for(id, &request, None).unwrap();
    let refused = family.scene.clinic.receive(&denial);
    assert_eq!(refusal(refused), "consent.delegation-revoked");
    // What the clinic knew before holds on, until it is taken back itself.
    assert_eq!(opened(&mut family.scene.clinic, &known).unwrap().len(), 4);
    let packet = family.scene.session.delegation_packet(delegated.delegation.id);
    assert_eq!(refusal(packet), "delegation.ended");
    let ended = family.scene.session.delegations().unwrap();
    assert!(ended[0].ended.is_some());
    let again = family.scene.session.end_delegation(delegated.delegation.id).unwrap();
    family.scene.clinic.receive(&again[0].envelope).unwrap();
    // Everything that was ever given includes what others may give.
    let mut family = Family::new();
    let (_, id) = family.delegate();
    family.later(10);
    let everything = family.scene.session.revoke_everything().unwrap();
    let chens = everything.iter().find(|one| one.audience.as_str() == "Dr. Chen").unwrap();
    family.scene.clinic.receive(&chens.envelope).unwrap();
    family.later(10);
    let later = family.give(id);
    let refused = family.scene.clinic.verify(&later.approved.token, None);
    assert_eq!(refusal(refused), "consent.delegation-revoked");
}

#[test]
fn a_packet_is_for_one_and_from_one() {
    let mut family = Family::new();
    let (first, id) = family.delegate();
    let (_, mut other) = TestWallet::create();
    assert_eq!(refusal(other.accept_delegation(&first.packet)), "delegation.undecryptable");
    let mut broken = first.packet.clone();
    *broken.last_mut().unwrap() ^= 1;
    assert_eq!(refusal(family.mother.accept_delegation(&broken)), "delegation.undecryptable");
    // A newer one takes its place, with what has come since; an older one does not.
    family.later(10);
    let session = &mut family.scene.session;
    let new = [lab("ferritin", "2276-4", "Ferritin", "2024-08-01")];
    import_from(session, "st-anna", &bundle(&new)).unwrap();
    let newer = session.delegation_packet(first.delegation.id).unwrap();
    assert_eq!(newer.records, 5);
    let request = family.scene.clinic.request(&ask()).unwrap();
    let before = family.review(id, &request).unwrap();
    assert_eq!(family.mother.accept_delegation(&newer.packet).unwrap().id, id);
    assert_eq!(refusal(family.approve(&before)), "consent.review-stale");
    assert_eq!(family.mother.entrusted_records(id).unwrap().len(), 5);
    assert_eq!(refusal(family.mother.accept_delegation(&first.packet)), "consent.replayed");
    // An offer is taken once.
    let offer = family.mother.offer_to_act("Elena Muster").unwrap();
    let clinics = [Whom::Contact(family.scene.clinic.contact().unwrap())];
    let until = family.after(DAY);
    let terms = |born: &'static str| Delegating {
        offer: &offer,
        relation: Relation::Carer,
        requesters: &clinics,
        categories: given(),
        deny: LabelSet::EMPTY,
        purposes: &[Purpose::Treatment],
        acts: ProxyActs::ALL,
        flags: Flags::NONE,
        until,
        longest: DAY,
        born: RecordDate::parse(born).ok(),
    };
    let theirs = family.scene.session.delegate(&terms("2016")).unwrap();
    let refused = family.scene.session.delegate(&terms("2016"));
    assert_eq!(refusal(refused), "consent.replayed");
    family.mother.accept_delegation(&theirs.packet).unwrap();
    // Somebody else who got hold of the offer.
    let mut mallory = Scene::new();
    mallory.later(20);
    let forged = mallory.session.delegate(&terms("2016")).unwrap();
    let refused = family.mother.accept_delegation(&forged.packet);
    assert_eq!(refusal(refused), "consent.wrong-patient-key");
}

#[test]
fn two_requesters_find_nothing_in_common() {
    let mut family = Family::new();
    let (_, id) = family.delegate();
    let chens = family.give(id);
    let request = family.alder.request(&ask()).unwrap();
    let review = family.review(id, &request).unwrap();
    let alders = family.approve(&review).unwrap();
    let tokens = [&chens, &alders].map(|given| ConsentToken::read(&given.approved.token).unwrap());
    let [one, other] = &tokens;
    assert_ne!(one.key(), other.key());
    assert_ne!(one.patient_key(), other.patient_key());
    assert_ne!(one.delegation().unwrap().id(), other.delegation().unwrap().id());
    // The longest stretch that is the same is what is said to everybody: no key, no id, no hash.
    let (one, other) = (&chens.approved.token, &alders.approved.token);
    for window in one.windows(40) {
        assert!(!other.windows(40).any(|its| its == window), "{window:?}");
    }
    let at_chens = opened(&mut family.scene.clinic, &chens).unwrap();
    let at_alders = opened(&mut family.alder, &alders).unwrap();
    assert_eq!((at_chens.len(), at_alders.len()), (4, 4));
    for part in &at_chens {
        assert!(at_alders.iter().all(|its| its.about.alias() != part.about.alias()));
        assert!(at_alders.iter().all(|its| !its.text().contains("did:key:") || its != part));
    }
    // The offer itself is seen by the patient alone.
    let offer = family.mother.offer_to_act("Elena Muster").unwrap();
    let keys = Contact::read(&offer).unwrap();
    assert!(!keys.proxy_keys().contains(keys.key()));
}

/// Neither as a patient nor as somebody who lets others act.
#[test]
fn a_key_that_acted_for_somebody_is_believed_in_no_name_of_its_own() {
    let (_home, mut clinic) = requester("Dr. Chen", RequesterClass::Clinician);
    let mut sign = |by: u8, under: Option<(u8, u8)>| {
        let request = clinic.request(&ask()).unwrap();
        let request = AccessRequest::read(&request).unwrap();
        let at = request.issued_at();
        let until = Timestamp::from_unix(at.unix() + 60 * DAY);
        let delegation = under.map(|(patient, proxy)| {
            let new = NewDelegation {
                id: ConsentId::generate().unwrap(),
                proxy: &key(proxy).verifying_key(),
                requester: request.key(),
                categories: given(),
                acts: ProxyActs::ALL,
                purposes: &[Purpose::Treatment],
                longest: 30 * DAY,
                flags: Flags::NONE,
                relation: Relation::Carer,
                name: "Elena Muster",
                not_before: at,
                expires_at: until,
            };
            Signed::read(&Signed::sign(&key(patient), &new, at).unwrap()).unwrap()
        });
        let grant = Grant::from_request(&request, &Narrowing::new(), LabelSet::EMPTY, at).unwrap();
        let opening = Opening::generate(LabelSet::EMPTY, &[]).unwrap();
        let payload = ConsentToken::payload(&Terms {
            id: ConsentId::generate().unwrap(),
            issued_at: at,
            grant: &grant,
            opening: &opening,
            aliases: &[],
            reader: request.key(),
            audience: None,
            key: &key(by).verifying_key(),
            delegation: delegation.as_ref(),
        });
        let token = ConsentToken::sign(&key(by), &payload.unwrap()).unwrap();
        clinic.verify(&token, None)
    };
    // A stranger is a new patient; one who acted here is none.
    assert!(sign(7, None).is_ok());
    assert!(sign(2, Some((1, 2))).is_ok());
    assert_eq!(refusal(sign(2, None)), "consent.delegated-on");
    assert_eq!(refusal(sign(3, Some((2, 3)))), "consent.delegated-on");
    assert!(sign(2, Some((1, 2))).is_ok() && sign(1, None).is_ok());
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(byte))).unwrap()
}

#[test]
fn a_report_is_believed_only_where_the_patient_delegated() {
    let mut family = Family::new();
    let (_, id) = family.delegate();
    family.give(id);
    let report = family.mother.report(id).unwrap();
    let mut other = Scene::new();
    assert_eq!(refusal(other.session.take_report(&report)), "delegation.undecryptable");
    let mut broken = report.clone();
    *broken.last_mut().unwrap() ^= 1;
    let refused = family.scene.session.take_report(&broken);
    assert_eq!(refusal(refused), "delegation.undecryptable");
    // Nothing of it was taken in.
    assert!(family.scene.session.consents().unwrap().is_empty());
    assert_eq!(family.scene.session.take_report(&report).unwrap().len(), 1);
}
