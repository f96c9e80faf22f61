//! How large the objects are, because they have to fit into a QR code.

use patient_wallet::consent::{
    AccessRequest, CategorySet, ConsentToken, DateRange, Flags, Narrowing, NewRequest, Purpose,
    Terms,
};
use patient_wallet::record::Text;

use crate::bench::*;

/// Bytes that a code of level M holds behind `PMW1:`, in Base45 and alphanumeric mode.
const V12_M: usize = 267;
const V13_M: usize = 318;
const V19_M: usize = 602;
const V25_M: usize = 964;

/// What a QR code carries: the object without its tag.
fn carried(envelope: &[u8]) -> usize {
    envelope.len() - 1
}

#[test]
fn a_typical_token_is_a_small_code() {
    assert_eq!(carried(&token()), 252);
    assert!(carried(&token()) <= V12_M);
}

#[test]
fn a_typical_request_is_a_small_code() {
    assert_eq!(carried(&request()), 299);
    assert!(carried(&request()) <= V13_M);
    let credential = credential();
    let vouched = AccessRequest::sign(&clinic(), &new_request(Some(&credential))).unwrap();
    assert_eq!(carried(&vouched), 530);
    assert!(carried(&vouched) <= V19_M);
}

#[test]
fn the_largest_token_is_a_code_that_phones_read() {
    let open = NewRequest {
        categories: CategorySet::ALL,
        purpose: Purpose::EmergencyTreatment,
        dates: Some(DateRange::new(None, None).unwrap()),
        ..new_request(None)
    };
    let request = AccessRequest::sign(&clinic(), &open).unwrap();
    let request = AccessRequest::verify(&request, NOW).unwrap();
    let narrowing = Narrowing::new()
        .deny(all_labels())
        .records((0..16).map(record).collect())
        .except((20..250).map(record).collect())
        .flags(Flags::from_bits(7).unwrap())
        .reason(Text::from("x".repeat(80).as_str()));
    let grant =
        patient_wallet::consent::Grant::from_request(&request, &narrowing, all_labels(), NOW)
            .unwrap();
    let opening = opening(&grant);
    let audience = format!("did:web:{}", "x".repeat(56));
    let terms = Terms {
        id: consent(1),
        issued_at: NOW,
        grant: &grant,
        opening: &opening,
        aliases: &aliases(&grant),
        reader: &public(&clinic()),
        audience: Some(&audience),
        key: &public(&patient()),
        delegation: None,
    };
    let payload = ConsentToken::payload(&terms).unwrap();
    let largest = ConsentToken::sign(&patient(), &payload).unwrap();
    assert_eq!(carried(&largest), 715);
    assert!(carried(&largest) <= V25_M);
}

#[test]
fn the_largest_request_without_a_credential_is_a_code_that_phones_read() {
    let did = format!("did:web:{}", "x".repeat(56));
    let (name, response, text) = ("x".repeat(64), "x".repeat(96), "x".repeat(120));
    let new = NewRequest {
        did: Some(&did),
        categories: CategorySet::ALL,
        labels: all_labels(),
        dates: Some(DateRange::new(None, None).unwrap()),
        flags: Flags::from_bits(7).unwrap(),
        name: Some(&name),
        response: Some(&response),
        text: Some(&text),
        ..new_request(None)
    };
    let largest = AccessRequest::sign(&clinic(), &new).unwrap();
    assert_eq!(carried(&largest), 660);
    assert!(carried(&largest) <= V25_M);
}

#[test]
fn the_small_answers_are_small() {
    let sizes = [denial(), revocation(), contact(None), credential(), credential_list()];
    let sizes = sizes.each_ref().map(|bytes| carried(bytes));
    assert_eq!(sizes, [187, 180, 207, 222, 182]);
}
