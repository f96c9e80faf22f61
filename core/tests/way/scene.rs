//! A patient with a small record, a clinic that asks, and the calls between them.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::io::Cursor;

use patient_wallet::consent::{
    CategorySet, ConsentId, Flags, Narrowing, Purpose, RequestId, RequesterClass, Rule, RuleId,
};
use patient_wallet::directory::Vouch;
use patient_wallet::disclosure::DisclosedPart;
use patient_wallet::host::{CancelToken, WalletClock};
use patient_wallet::keys::Mnemonic;
use patient_wallet::record::{Category, LabelSet, RecordId, SensitivityLabel, Text};
use patient_wallet::requester::Ask;
use patient_wallet::session::{Approved, LogEntry, LogQuery, Query, Review};
use patient_wallet::testing::TestWallet;
use patient_wallet::{Directory, Error, Requester, Session};

use crate::common::{bundle, import_from, quiet};
use crate::decoder::{Version, decode};

pub(crate) const HOUR: u64 = 60 * 60;
pub(crate) const DAY: u64 = 24 * HOUR;

/// A patient and a clinic.
pub(crate) struct Scene {
    pub(crate) test: TestWallet,
    pub(crate) session: Session,
    pub(crate) home: TestWallet,
    pub(crate) clinic: Requester,
}

/// What left the patient's phone.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) approved: Approved,
    pub(crate) disclosure: Vec<u8>,
}

impl Given {
    pub(crate) fn id(&self) -> ConsentId {
        self.approved.consent.id
    }

    pub(crate) fn token(&self) -> &[u8] {
        &self.approved.token
    }
}

impl Scene {
    /// A patient with [`RECORDS`], and Dr. Chen, whom nobody vouches for.
    pub(crate) fn new() -> Self {
        Self::of(|session| {
            import_from(session, "st-anna", &bundle(&records())).unwrap();
        })
    }

    /// A patient with a record of their own, and Dr. Chen.
    pub(crate) fn of(fill: impl FnOnce(&mut Session)) -> Self {
        let (test, mut session) = TestWallet::create();
        fill(&mut session);
        let (home, clinic) = requester("Dr. Chen", RequesterClass::Clinician);
        Self { test, session, home, clinic }
    }

    /// Dr. Chen asks, and the request comes in.
    pub(crate) fn ask(&mut self, ask: &Ask) -> RequestId {
        let request = self.clinic.request(ask).unwrap();
        self.session.receive_request(&request).unwrap().id
    }

    /// Dr. Chen asks for everything, the patient reviews.
    pub(crate) fn review(&mut self, narrowing: &Narrowing) -> Review {
        let request = self.ask(&everything());
        self.session.review(request, narrowing).unwrap()
    }

    /// Dr. Chen asks for everything, the patient approves.
    pub(crate) fn give(&mut self, narrowing: &Narrowing) -> Given {
        let review = self.review(narrowing);
        approve(&mut self.session, &review).unwrap()
    }

    /// Dr. Chen opens what was given, and reads every part.
    pub(crate) fn open(&mut self, given: &Given) -> Result<Vec<Part>, Error> {
        open(&mut self.clinic, given)
    }

    /// Sets both clocks; no session locks by it.
    pub(crate) fn later(&self, seconds: u64) {
        for clock in [&self.test.clock, &self.home.clock] {
            clock.set(clock.now().unix() + seconds);
        }
    }

    /// The record whose source calls it so.
    pub(crate) fn record(&mut self, id: &str) -> RecordId {
        record(&mut self.session, id)
    }

    /// Locks and unlocks the clinic.
    pub(crate) fn reopen_clinic(self) -> Self {
        self.clinic.lock().unwrap();
        let clinic = Requester::unlock(&self.home.wallet(), &TestWallet::passphrase()).unwrap();
        Self { clinic, ..self }
    }

    /// Every row, file and entry of both homes is what was written.
    pub(crate) fn is_whole(&mut self) {
        is_whole(&mut self.session);
        is_whole(self.clinic.session());
    }
}

pub(crate) fn is_whole(session: &mut Session) {
    let found = session.verify(&quiet, &CancelToken::new()).unwrap();
    assert!(found.faults.is_empty(), "{:?}", found.faults);
}

/// One part of what a clinic opened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) about: DisclosedPart,
    pub(crate) bytes: Vec<u8>,
}

impl Part {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }
}

pub(crate) fn open(clinic: &mut Requester, given: &Given) -> Result<Vec<Part>, Error> {
    let source = Cursor::new(&given.disclosure);
    let mut opened = clinic.open(given.token(), source, None, &quiet, &CancelToken::new())?;
    let parts = opened.parts().to_vec();
    let read = |(part, about): (usize, DisclosedPart)| {
        let mut bytes = Vec::new();
        opened.copy(part, &mut bytes, &quiet, &CancelToken::new())?;
        Ok(Part { about, bytes })
    };
    parts.into_iter().enumerate().map(read).collect()
}

pub(crate) fn approve(session: &mut Session, review: &Review) -> Result<Given, Error> {
    let mut disclosure = Vec::new();
    let approved = session.approve(&review.digest, &mut disclosure, &quiet, &CancelToken::new())?;
    Ok(Given { approved, disclosure })
}

pub(crate) fn refresh(session: &mut Session, id: ConsentId) -> Result<Given, Error> {
    let preview = session.review_refresh(id)?;
    let mut disclosure = Vec::new();
    let approved =
        session.refresh(id, &preview.digest, &mut disclosure, &quiet, &CancelToken::new())?;
    Ok(Given { approved, disclosure })
}

pub(crate) fn disclose_again(session: &mut Session, id: ConsentId) -> Result<Given, Error> {
    let preview = session.review_again(id)?;
    let mut disclosure = Vec::new();
    let cancel = CancelToken::new();
    let approved = session.disclose_again(id, &preview.digest, &mut disclosure, &quiet, &cancel)?;
    Ok(Given { approved, disclosure })
}

/// Makes the home of somebody who asks.
pub(crate) fn requester(name: &str, class: RequesterClass) -> (TestWallet, Requester) {
    let home = TestWallet::empty();
    let made = Requester::create(&home.wallet(), &TestWallet::passphrase(), name, class);
    (home, made.unwrap())
}

/// Makes the home of a directory.
pub(crate) fn directory(name: &str) -> (TestWallet, Directory) {
    let home = TestWallet::empty();
    let made = Directory::create(&home.wallet(), &TestWallet::passphrase(), name);
    (home, made.unwrap())
}

/// Lets a directory vouch for a requester, by the name that it gives itself.
pub(crate) fn vouch(directory: &mut Directory, requester: &mut Requester, class: RequesterClass) {
    let vouch = Vouch { class, name: None, did: None, seconds: 365 * DAY };
    let credential = directory.vouch(&requester.contact().unwrap(), &vouch).unwrap();
    requester.add_credential(&credential).unwrap();
}

/// A wish for everything, for 30 days.
pub(crate) fn everything() -> Ask {
    Ask {
        categories: CategorySet::ALL,
        labels: LabelSet::EMPTY,
        purpose: Purpose::Treatment,
        dates: None,
        seconds: Some(30 * DAY),
        retain_seconds: 30 * DAY,
        flags: Flags::NONE,
        text: None,
        response: None,
        valid_seconds: DAY,
        patient: None,
    }
}

pub(crate) fn labels(labels: &[SensitivityLabel]) -> LabelSet {
    labels.iter().copied().collect()
}

pub(crate) fn mental_health() -> LabelSet {
    labels(&[SensitivityLabel::MentalHealth])
}

pub(crate) fn categories(categories: &[Category]) -> CategorySet {
    categories.iter().copied().collect()
}

/// A standing rule.
pub(crate) fn rule(class: Option<RequesterClass>, labels: LabelSet) -> Rule {
    Rule::new(RuleId::generate().unwrap(), class, labels, CategorySet::EMPTY).unwrap()
}

/// The record whose source calls it so.
pub(crate) fn record(session: &mut Session, id: &str) -> RecordId {
    let ids = session.find(&Query::default()).unwrap().ids;
    let called = |record: &RecordId| {
        let reference = session.record(*record).unwrap().reference;
        reference.is_some_and(|reference| reference.as_str().ends_with(&["/", id].concat()))
    };
    let found: Vec<_> = ids.into_iter().filter(called).collect();
    assert_eq!(found.len(), 1, "{id}");
    found[0]
}

/// The names that their source gave to records, in order.
pub(crate) fn names(parts: &[Part]) -> Vec<String> {
    let mut names: Vec<String> = parts
        .iter()
        .filter(|part| part.about.file().is_none())
        .map(|part| {
            let json: serde_json::Value = serde_json::from_slice(&part.bytes).unwrap();
            json["id"].as_str().unwrap().to_owned()
        })
        .collect();
    names.sort();
    names
}

/// The names of the records that a review would release, in order.
pub(crate) fn released(review: &Review) -> Vec<String> {
    let name = |reference: &Option<Text>| {
        reference.as_ref().unwrap().as_str().rsplit('/').next().unwrap().to_owned()
    };
    let mut names: Vec<String> =
        review.release.iter().map(|record| name(&record.reference)).collect();
    names.sort();
    names
}

/// The entries of a log, the first first, without those of the beginning.
pub(crate) fn log(session: &mut Session, from: u64) -> Vec<LogEntry> {
    let query = LogQuery { limit: Some(usize::MAX), ..LogQuery::default() };
    let mut entries = session.log(&query).unwrap().entries;
    entries.reverse();
    entries.retain(|entry| entry.seq >= from);
    entries
}

/// Number of entries in a log.
pub(crate) fn log_size(session: &mut Session) -> u64 {
    u64::try_from(log(session, 0).len()).unwrap()
}

/// Words of the kinds of entries.
pub(crate) fn kinds(entries: &[LogEntry]) -> Vec<&'static str> {
    entries.iter().map(|entry| entry.entry.kind().word()).collect()
}

/// What the patient of most scenes has: each record is there for one reason to hold it back.
pub(crate) fn records() -> Vec<String> {
    vec![
        r#"{"resourceType":"Patient","id":"anna","name":[{"family":"Muster"}],"birthDate":"1980-02-03"}"#.to_owned(),
        lab("hba1c", "4548-4", "HbA1c", "2024-03-05"),
        lab("lipids", "2093-3", "Cholesterol", "2015-06-01"),
        lab("lithium", "14334-7", "Lithium", "2024-03-06"),
        r#"{"resourceType":"AllergyIntolerance","id":"bee","code":{"coding":[{"system":"http://snomed.info/sct","code":"288328004"}],"text":"Bee venom"},"patient":{"reference":"Patient/anna","display":"Anna Muster"}}"#.to_owned(),
        r#"{"resourceType":"MedicationStatement","id":"aspirin","status":"active","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"1191"}],"text":"Aspirin"},"subject":{"reference":"Patient/anna"},"reasonReference":[{"reference":"Observation/lipids"}],"effectiveDateTime":"2023-01-01"}"#.to_owned(),
        r#"{"resourceType":"Condition","id":"depression","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"F32.9"}],"text":"Major depression"},"subject":{"reference":"Patient/anna"},"onsetDateTime":"2019-04-04"}"#.to_owned(),
        r#"{"resourceType":"MedicationStatement","id":"sertraline","status":"active","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"36437"}],"text":"Sertraline"},"subject":{"reference":"Patient/anna"},"reasonReference":[{"reference":"Condition/depression"}],"effectiveDateTime":"2019-05-05"}"#.to_owned(),
        r#"{"resourceType":"DocumentReference","id":"letter","status":"current","type":{"text":"Letter"},"subject":{"reference":"Patient/anna"},"date":"2024-04-01T10:00:00Z","content":[{"attachment":{"contentType":"text/plain","data":"QXMgZGlzY3Vzc2VkLg=="}}]}"#.to_owned(),
    ]
}

pub(crate) fn lab(id: &str, loinc: &str, text: &str, date: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"{loinc}"}}],"text":"{text}"}},"subject":{{"reference":"Patient/anna"}},"effectiveDateTime":"{date}","valueQuantity":{{"value":6.10,"unit":"%"}}}}"#
    )
}

/// What a locked home remembers of a kind, read with its words by the second decoder.
pub(crate) fn remembered(home: &TestWallet, words: &Mnemonic, kind: &str) -> Vec<Vec<u8>> {
    let is_of_kind = |version: &Version| {
        let found = version.header.iter().find(|(key, _)| *key == 10).unwrap();
        found.1.as_text() == Some(kind)
    };
    let versions = decode(home, words).versions;
    versions.into_iter().filter(is_of_kind).map(|version| version.resource).collect()
}
