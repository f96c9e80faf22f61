//! A patient with the sample record, played with the library, beside whom the clinics stand.

use std::fs;

use patient_wallet::Session;
use patient_wallet::consent::Narrowing;
use patient_wallet::host::CancelToken;
use patient_wallet::record::RecordId;
use patient_wallet::session::{Approved, ImportOptions, NewAttachment, Query, Review};
use patient_wallet::testing::TestWallet;

use crate::common::sample;

/// The moment at which a test begins, for the patient and for `--at`.
pub(crate) const NOW: &str = "2026-11-21T10:40:00Z";

/// A patient.
pub(crate) struct Patient {
    _test: TestWallet,
    pub(crate) session: Session,
}

/// What a patient gave.
pub(crate) struct Given {
    pub(crate) review: Review,
    pub(crate) approved: Approved,
    pub(crate) disclosure: Vec<u8>,
}

impl Patient {
    /// A patient with the sample record.
    pub(crate) fn new() -> Self {
        let (test, mut session) = TestWallet::create();
        let file = fs::read(sample("patient.json")).unwrap();
        let options = ImportOptions::default();
        session.import(&mut file.as_slice(), &options, &quiet, &CancelToken::new()).unwrap();
        Self { _test: test, session }
    }

    /// Answers a request.
    pub(crate) fn approve(&mut self, request: &[u8], narrowing: &Narrowing) -> Given {
        let id = self.session.receive_request(request).unwrap().id;
        let review = self.session.review(id, narrowing).unwrap();
        self.give(review)
    }

    /// Shares with a contact that has not asked.
    pub(crate) fn share(&mut self, contact: &[u8], narrowing: &Narrowing) -> Given {
        let review = self.session.review_contact(contact, narrowing).unwrap();
        self.give(review)
    }

    /// Takes a consent back.
    pub(crate) fn revoke(&mut self, given: &Given) -> Vec<u8> {
        self.session.revoke(&[given.approved.consent.id]).unwrap().remove(0).envelope
    }

    /// Attaches a file to the record with a reference.
    pub(crate) fn attach(&mut self, reference: &str, name: &str, content: &[u8]) {
        let record = self.record(reference);
        let new = NewAttachment::new(name).unwrap().to(Some(record));
        self.session.attach(&mut &*content, &new, &quiet, &CancelToken::new()).unwrap();
    }

    /// The id of the record with a reference.
    pub(crate) fn record(&mut self, reference: &str) -> RecordId {
        let ids = self.session.find(&Query::default()).unwrap().ids;
        let is_it = |id: &RecordId| {
            let record = self.session.record(*id).unwrap();
            record.reference.is_some_and(|it| it.as_str() == reference)
        };
        ids.into_iter().find(is_it).unwrap()
    }

    fn give(&mut self, review: Review) -> Given {
        let mut disclosure = Vec::new();
        let cancel = CancelToken::new();
        let approved =
            self.session.approve(&review.digest, &mut disclosure, &quiet, &cancel).unwrap();
        Given { review, approved, disclosure }
    }
}

fn quiet(_: u64, _: Option<u64>) {}
