//! A patient with a small record, a reader, and what passes between them: for the tests of what
//! comes after a consent.

use crate::audit::{Destroyed, ErasureStatement, Head, LogId, MayRemain, Stamp, Subject};
use crate::consent::{
    Alias, AliasKey, CategorySet, ConsentId, Flags, Narrowing, Purpose, RequesterClass, Thumbprint,
};
use crate::host::{CancelToken, Timestamp, WalletClock};
use crate::keys::SigningKey;
use crate::receipt::{AccessReceipt, Act, NewReceipt, ReceiptId};
use crate::record::{LabelSet, RecordId, Text};
use crate::requester::{Ask, Requester};
use crate::session::{Approved, ImportOptions, Query, Session};
use crate::testing::TestWallet;

/// A patient and a reader.
pub(crate) struct Scene {
    pub(crate) test: TestWallet,
    pub(crate) session: Session,
    pub(crate) home: TestWallet,
    pub(crate) reader: Requester,
}

impl Scene {
    /// A patient with two results, and Dr. Chen.
    pub(crate) fn new() -> Self {
        let (test, mut session) = TestWallet::create();
        import(&mut session, &[PATIENT.to_owned(), lab("sugar", "5.5"), lab("salt", "140")]);
        let (home, reader) = reader("Dr. Chen");
        Self { test, session, home, reader }
    }

    /// Dr. Chen asks for everything for 30 days, and the patient gives it.
    pub(crate) fn give(&mut self) -> Approved {
        give(&mut self.session, &mut self.reader)
    }

    /// The record whose source calls it so.
    pub(crate) fn record(&mut self, id: &str) -> RecordId {
        let ids = self.session.find(&Query::default()).unwrap().ids;
        let called = |record: &RecordId| {
            let reference = self.session.record(*record).unwrap().reference.unwrap();
            reference.as_str().ends_with(&["/", id].concat())
        };
        ids.into_iter().find(called).unwrap()
    }

    /// Lets time pass for both, without a lock.
    pub(crate) fn later(&self, seconds: u64) {
        for clock in [&self.test.clock, &self.home.clock] {
            clock.set(clock.now().unix() + seconds);
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.test.clock.now()
    }

    /// Dr. Chen's key.
    pub(crate) fn key(&mut self) -> SigningKey {
        self.reader.session().signing_key("pmw://identity").unwrap()
    }

    /// The patient's name for Dr. Chen's books.
    pub(crate) fn patient(&mut self) -> Thumbprint {
        let did = self.session.known_requesters().unwrap().pop().unwrap().did;
        patient(&mut self.session, &did)
    }

    /// A record as Dr. Chen knows it.
    pub(crate) fn alias(&mut self, record: RecordId) -> Alias {
        let did = self.session.known_requesters().unwrap().remove(0).did;
        let key = AliasKey::new(self.session.open().unwrap().private().unwrap().alias);
        Alias::derive(&key, did.as_str(), record.as_bytes())
    }

    /// Signs a receipt with Dr. Chen's key.
    pub(crate) fn receipt(&mut self, consent: ConsentId, act: Act, records: &[Alias]) -> Vec<u8> {
        let (key, patient, at) = (self.key(), self.patient(), self.now());
        receipt(&key, &access(consent, patient, act, records), at)
    }

    /// Signs with Dr. Chen's key that what was opened is erased.
    pub(crate) fn statement(&mut self, consent: ConsentId) -> Vec<u8> {
        let (key, at) = (self.key(), self.now());
        statement(&key, Subject::Consent(*consent.as_bytes()), at)
    }
}

pub(crate) fn receipt(key: &SigningKey, new: &NewReceipt<'_>, at: Timestamp) -> Vec<u8> {
    AccessReceipt::sign(key, new, at).unwrap()
}

/// The first receipt of a reader.
pub(crate) fn access<'a>(
    consent: ConsentId,
    patient: Thumbprint,
    act: Act,
    records: &'a [Alias],
) -> NewReceipt<'a> {
    let (purpose, previous) = (Purpose::Treatment, None::<ReceiptId>);
    let name = "Dr. Chen";
    NewReceipt { consent, patient, act, purpose, records, number: 1, previous, name, person: None }
}

pub(crate) fn statement(key: &SigningKey, subject: Subject, at: Timestamp) -> Vec<u8> {
    statement_of(key, subject, Destroyed::Copies, at)
}

pub(crate) fn statement_of(
    key: &SigningKey,
    subject: Subject,
    destroyed: Destroyed,
    at: Timestamp,
) -> Vec<u8> {
    let head = Head::new([1; 8], 5, [2; 32]);
    let stamp = Stamp::new(LogId::derive(&[3; 16]), head, at);
    ErasureStatement::sign(key, &stamp, subject, &[destroyed], &[MayRemain::Copies]).unwrap()
}

/// The patient's name for a reader's books.
pub(crate) fn patient(session: &mut Session, did: &Text) -> Thumbprint {
    let key = session.open().unwrap().peer_key(did).unwrap();
    Thumbprint::of(&key.verifying_key())
}

/// Makes the home of a reader.
pub(crate) fn reader(name: &str) -> (TestWallet, Requester) {
    let home = TestWallet::empty();
    let class = RequesterClass::Clinician;
    let made = Requester::create(&home.wallet(), &TestWallet::passphrase(), name, class);
    (home, made.unwrap())
}

/// Lets a reader ask for everything for 30 days, and the patient give it.
pub(crate) fn give(session: &mut Session, reader: &mut Requester) -> Approved {
    let ask = Ask {
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
    };
    let request = reader.request(&ask).unwrap();
    let id = session.receive_request(&request).unwrap().id;
    let review = session.review(id, &Narrowing::new()).unwrap();
    session.approve(&review.digest, &mut Vec::new(), &|_, _| {}, &CancelToken::new()).unwrap()
}

/// Takes resources in, as a file of one source.
pub(crate) fn import(session: &mut Session, resources: &[String]) {
    let entries: Vec<String> =
        resources.iter().map(|resource| format!(r#"{{"resource":{resource}}}"#)).collect();
    let bundle = format!(
        r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#,
        entries.join(",")
    );
    let options = ImportOptions { source: Some(Text::from("st-anna")), ..ImportOptions::default() };
    let (quiet, cancel) = (|_: u64, _: Option<u64>| {}, CancelToken::new());
    session.import(&mut bundle.as_bytes(), &options, &quiet, &cancel).unwrap();
}

/// A result that is final.
pub(crate) fn lab(id: &str, value: &str) -> String {
    lab_as(id, value, "final")
}

/// A result of a status.
pub(crate) fn lab_as(id: &str, value: &str, status: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"{status}","code":{{"text":"{id}"}},"subject":{{"reference":"Patient/anna"}},"effectiveDateTime":"2024-03-05","valueQuantity":{{"value":{value}}}}}"#
    )
}

pub(crate) const DAY: u64 = 24 * 60 * 60;
const PATIENT: &str = r#"{"resourceType":"Patient","id":"anna","name":[{"given":["Anna"],"family":"Muster"}],"birthDate":"1980-02-03"}"#;

/// Entries in the log.
pub(crate) fn log_size(session: &mut Session) -> u64 {
    session.status().unwrap().log_size
}
