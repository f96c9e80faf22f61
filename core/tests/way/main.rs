//! The way of a consent, from a request to what a clinic opens and refuses.

mod common;

use std::io::Cursor;

use common::{import_sample, quiet, refusal};
use patient_wallet::Requester;
use patient_wallet::consent::{
    CategorySet, Flags, Narrowing, Purpose, RequesterClass, Rule, RuleId,
};
use patient_wallet::host::CancelToken;
use patient_wallet::record::{Category, LabelSet, SensitivityLabel};
use patient_wallet::requester::{Ask, Received};
use patient_wallet::session::{ConsentState, RequestState, Standing};
use patient_wallet::testing::TestWallet;

const DAY: u64 = 24 * 60 * 60;

fn everything() -> Ask {
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

fn clinic(test: &TestWallet) -> Requester {
    let name = "Dr. Chen";
    Requester::create(&test.wallet(), &TestWallet::passphrase(), name, RequesterClass::Clinician)
        .unwrap()
}

/// What a clinic opened: the JSON of each record.
fn opened(clinic: &mut Requester, token: &[u8], disclosure: &[u8]) -> Vec<String> {
    let source = Cursor::new(disclosure.to_vec());
    let mut opened = clinic.open(token, source, None, &quiet, &CancelToken::new()).unwrap();
    (0..opened.parts().len())
        .map(|part| {
            let mut out = Vec::new();
            opened.copy(part, &mut out, &quiet, &CancelToken::new()).unwrap();
            String::from_utf8(out).unwrap()
        })
        .collect()
}

#[test]
fn a_clinic_opens_exactly_what_was_granted() {
    let (_patient, mut session) = TestWallet::create();
    import_sample(&mut session);
    let home = TestWallet::empty();
    let mut clinic = clinic(&home);
    let request = clinic.request(&everything()).unwrap();
    let item = session.receive_request(&request).unwrap();
    assert_eq!(item.who.standing, Standing::FirstContact);
    assert_eq!(item.who.name.as_str(), "Dr. Chen");
    let only: CategorySet =
        [Category::Laboratory, Category::Medications, Category::Allergies].into_iter().collect();
    let narrowing = Narrowing::new()
        .only(only)
        .deny([SensitivityLabel::MentalHealth].into_iter().collect())
        .seconds(7 * DAY);
    let review = session.review(item.id, &narrowing).unwrap();
    assert!(review.release.len() > 10);
    assert!(review.release.iter().all(|record| only.contains(record.category)));
    let mut disclosure = Vec::new();
    let approved =
        session.approve(&review.digest, &mut disclosure, &quiet, &CancelToken::new()).unwrap();
    assert_eq!(approved.released, review.release.len());
    assert_eq!(approved.bytes, disclosure.len() as u64);
    assert_eq!(session.inbox().unwrap()[0].state, RequestState::Narrowed);
    assert_eq!(approved.consent.state, ConsentState::Active);
    let records = opened(&mut clinic, &approved.token, &disclosure);
    assert_eq!(records.len(), approved.released);
    let revoked = session.revoke(&[approved.consent.id]).unwrap();
    let received = clinic.receive(&revoked[0].envelope).unwrap();
    assert_eq!(received, Received::Revoked { has_gaps: false });
    assert_eq!(refusal(clinic.verify(&approved.token, None)), "consent.revoked");
    let found = session.verify(&quiet, &CancelToken::new()).unwrap();
    assert!(found.faults.is_empty(), "{:?}", found.faults);
}
