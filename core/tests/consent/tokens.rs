//! Tokens: who may read them, and when. The names of the tests are the list of what goes wrong
//! elsewhere.

use patient_wallet::codec::{Encoder, Sign1};
use patient_wallet::consent::{
    ConsentError, ConsentToken, Expected, Flags, Narrowing, Opening, Revocation, Revocations,
    Terms, Thumbprint,
};
use patient_wallet::host::Timestamp;
use patient_wallet::keys::{Signature, SignedKind, SigningKey, sign};
use patient_wallet::record::{LabelSet, RecordId, SensitivityLabel};

use crate::bench::*;
use crate::loose::{Change, Item};

fn judge(bytes: &[u8], now: Timestamp) -> Result<[u8; 32], ConsentError> {
    let (reader, pinned) = clinics_eyes();
    let expected = Expected { reader: &reader, pinned: Some(&pinned), was_known: false };
    ConsentToken::verify(bytes, &expected, now, None).map(|consent| *consent.object_id())
}

/// Signs the claims of the good token after a change.
fn changed(change: impl FnOnce(&mut Item)) -> Vec<u8> {
    let mut claims = Item::claims(&token());
    change(&mut claims);
    sign(SignedKind::Consent, &patient(), &claims.written()).unwrap().to_vec()
}

fn with_times(not_before: u64, expires_at: u64, issued_at: u64) -> Vec<u8> {
    changed(|claims| {
        claims.set(5, Item::Uint(not_before));
        claims.set(4, Item::Uint(expires_at));
        claims.set(6, Item::Uint(issued_at));
        claims.at(9).set(8, Item::Uint(not_before + 1));
    })
}

#[test]
fn a_token_says_what_the_patient_permitted() {
    let (reader, pinned) = clinics_eyes();
    let expected = Expected { reader: &reader, pinned: None, was_known: false };
    let consent = ConsentToken::verify(&token(), &expected, NOW, None).unwrap();
    assert_eq!((consent.id(), consent.key()), (crate::bench::consent(0x88), &pinned));
    assert_eq!(consent.did().to_string(), did(&patient()));
    assert_eq!((consent.not_before(), consent.issued_at()), (NOW, NOW));
    assert_eq!(consent.expires_at(), after(7 * DAY));
    let scope = consent.scope();
    assert_eq!((scope.categories(), scope.erase_by()), (asked(), after(30 * DAY)));
    assert_eq!(scope.request(), Some(read_request().id()));
    assert_eq!((scope.only(), scope.dates(), scope.reason()), ([].as_slice(), None, None));
    assert_eq!(consent.token().reader(), Thumbprint::of(&reader));
    let denied = labels(&[SensitivityLabel::MentalHealth]);
    assert_eq!(scope.private_terms(), &Opening::new([0x66; 16], denied, &[]).commit());
    // Everything that can be there survives the way.
    let consent = ConsentToken::verify(&full_token(), &expected, NOW, None).unwrap();
    let scope = consent.scope();
    assert_eq!((scope.only().len(), scope.reason()), (2, Some("second opinion")));
    assert_eq!(scope.dates().unwrap().from(), Some(0));
    assert!(scope.flags().contains(Flags::SINGLE_USE) && !scope.flags().contains(Flags::NO_ONWARD));
    assert_eq!(consent.token().audience(), Some(did(&clinic()).as_str()));
}

#[test]
fn another_kind_is_refused_before_its_claims_are_read() {
    let claims = Item::claims(&token()).written();
    for kind in SignedKind::ALL.iter().filter(|kind| **kind != SignedKind::Consent) {
        let bytes = sign(*kind, &patient(), &claims).unwrap();
        assert_eq!(judge(&bytes, NOW), Err(ConsentError::WrongType), "{kind:?}");
        let garbage = sign(*kind, &patient(), b"\xff").unwrap();
        assert_eq!(judge(&garbage, NOW), Err(ConsentError::WrongType), "{kind:?}");
    }
    for kind in kinds() {
        for other in kinds().iter().filter(|other| other.kind != kind.kind) {
            let refused = (other.judge)(&kind.good);
            assert_eq!(refused, Err(ConsentError::WrongType), "{} as {}", kind.name, other.name);
        }
    }
}

/// The classic of JWT: the object says how it wants to be verified.
#[test]
fn algorithms_none_es256_and_rs256_are_refused() {
    let good = token();
    let es256k = [0x01, 0x38, 0x2e];
    let at = good.windows(3).position(|window| window == es256k).unwrap();
    for alg in [[0x01, 0x38, 0x06], [0x01, 0x38, 0x23], [0x01, 0x38, 0x2f], [0x01, 0x18, 0x2e]] {
        let mut bytes = good.clone();
        bytes[at..at + 3].copy_from_slice(&alg);
        assert_eq!(judge(&bytes, NOW), Err(ConsentError::Invalid));
    }
    // Shorter and longer ones, as another implementation writes them, signed over what they say.
    for alg in [Some(0_i64), Some(-7), Some(-257), Some(-48), None] {
        let bytes = foreign(alg, "pmw-ct", &Item::claims(&good).written());
        assert_eq!(judge(&bytes, NOW), Err(ConsentError::Invalid), "{alg:?}");
    }
    let ours = foreign(Some(-47), "pmw-ct", &Item::claims(&good).written());
    assert_eq!(ours, good, "the helper writes what we write");
}

#[test]
fn foreign_high_s_is_accepted_under_the_same_id_and_never_emitted() {
    let good = token();
    let (head, s) = good.split_last_chunk::<32>().unwrap();
    assert!(*s <= HALF_ORDER, "emitted low");
    let high = [head, &negated(s)].concat();
    assert_ne!(high, good);
    assert_eq!(judge(&high, NOW), judge(&good, NOW));
    assert!(judge(&high, NOW).is_ok());
}

/// A kid finds no key: the key comes out of the claims, and the kid must be its hash.
#[test]
fn a_kid_of_the_patient_does_not_make_it_the_patients() {
    let mallory = signing(0x66);
    let mut claims = Item::claims(&token());
    claims.set(-70_002, Item::Bytes(public(&mallory).to_sec1().to_vec()));
    let by_mallory = sign(SignedKind::Consent, &mallory, &claims.written()).unwrap();
    assert_eq!(judge(&by_mallory, NOW), Err(ConsentError::WrongPatientKey));
    let honest_kid = {
        let good = token();
        *Sign1::decode(&good).unwrap().kid
    };
    let claims = claims.written();
    let unsigned = Sign1 { kid: &honest_kid, typ: "pmw-ct", payload: &claims, signature: &[0; 64] };
    let signature = mallory.sign(&unsigned.sig_structure()).to_bytes();
    let collided = Sign1 { signature: &signature, ..unsigned }.encode();
    assert_eq!(judge(&collided, NOW), Err(ConsentError::Invalid));
    // The patient's claims, signed by somebody else.
    let claims = Item::claims(&token()).written();
    let stolen = sign(SignedKind::Consent, &mallory, &claims).unwrap();
    assert_eq!(judge(&stolen, NOW), Err(ConsentError::Invalid));
}

#[test]
fn a_token_expired_by_no_second_is_expired() {
    assert!(judge(&token(), after(7 * DAY - 1)).is_ok());
    assert_eq!(judge(&token(), after(7 * DAY)), Err(ConsentError::Expired));
    assert_eq!(judge(&token(), after(7 * DAY + 60)), Err(ConsentError::Expired), "no grace");
    assert_eq!(judge(&token(), Timestamp::from_unix(u64::MAX)), Err(ConsentError::Expired));
}

#[test]
fn a_token_from_the_future_is_not_valid_yet() {
    let now = NOW.unix();
    assert!(judge(&with_times(now + 120, now + 500, now), NOW).is_ok(), "clocks differ");
    let late = with_times(now + 121, now + 500, now);
    assert_eq!(judge(&late, NOW), Err(ConsentError::NotYetValid));
    assert!(judge(&with_times(now, now + 500, now + 120), NOW).is_ok());
    let early = with_times(now, now + 500, now + 121);
    assert_eq!(judge(&early, NOW), Err(ConsentError::NotYetValid));
    assert_eq!(judge(&token(), before(121)), Err(ConsentError::NotYetValid));
}

#[test]
fn three_hundred_and_sixty_six_days_are_the_longest_life() {
    let now = NOW.unix();
    assert!(judge(&with_times(now, now + 366 * DAY, now), NOW).is_ok());
    for (not_before, issued_at) in [(now, now), (now, now + 60), (now + 60, now)] {
        let long = with_times(not_before, now + 366 * DAY + 1, issued_at);
        assert_eq!(judge(&long, NOW), Err(ConsentError::TooLong));
    }
}

#[test]
fn a_life_that_ends_before_it_begins_is_refused() {
    let now = NOW.unix();
    let none = [
        (now, now, now),
        (now, now - 1, now),
        (now + 10, now + 5, now),
        (now, now + 9, now + 10),
        (now, now + 9, now + 9),
    ];
    for (not_before, expires_at, issued_at) in none {
        let token = with_times(not_before, expires_at, issued_at);
        let refused = judge(&token, Timestamp::from_unix(expires_at - 1));
        assert_eq!(refused, Err(ConsentError::Invalid));
    }
    // A time that no calendar has.
    let far = changed(|claims| claims.at(9).set(8, Item::Uint(253_402_300_800)));
    assert_eq!(judge(&far, NOW), Err(ConsentError::Invalid));
}

/// ABDM let the end of access and the end of keeping be one date.
#[test]
fn erasing_is_apart_from_expiry_which_abdm_mixed() {
    let token = with_times(NOW.unix(), NOW.unix() + 500, NOW.unix());
    let (reader, _) = clinics_eyes();
    let expected = Expected { reader: &reader, pinned: None, was_known: false };
    let consent = ConsentToken::verify(&token, &expected, NOW, None).unwrap();
    assert_eq!(consent.scope().erase_by(), after(1));
    assert_eq!(consent.expires_at(), after(500));
    let before_it_begins = changed(|claims| claims.at(9).set(8, Item::Uint(NOW.unix() - 1)));
    assert_eq!(judge(&before_it_begins, NOW), Err(ConsentError::Invalid));
}

/// A SMART Health Link opens for whoever has it, and its end is a hint.
#[test]
fn a_token_in_other_hands_opens_nothing_as_an_shl_would() {
    let thief = public(&signing(0x67));
    let pinned = public(&patient());
    for pinned in [None, Some(&pinned)] {
        let expected = Expected { reader: &thief, pinned, was_known: false };
        let refused = ConsentToken::verify(&token(), &expected, NOW, None);
        assert_eq!(refused.err(), Some(ConsentError::OtherRequester));
    }
    // Even one that names somebody else as audience and this reader's key: it contradicts itself.
    let other = did(&signing(0x68));
    let contradicting = changed(|claims| claims.insert(3, Item::Text(other)));
    assert_eq!(judge(&contradicting, NOW), Err(ConsentError::OtherRequester));
}

#[test]
fn another_key_than_the_pinned_one_is_named() {
    let (reader, _) = clinics_eyes();
    let other = public(&signing(0x12));
    let expected = Expected { reader: &reader, pinned: Some(&other), was_known: false };
    let refused = ConsentToken::verify(&token(), &expected, NOW, None);
    assert_eq!(refused.err(), Some(ConsentError::WrongPatientKey));
    // Revocations under another key say nothing about this patient, and must not pass for none.
    let revocations = Revocations::new(other);
    let expected = Expected { reader: &reader, pinned: None, was_known: false };
    let refused = ConsentToken::verify(&token(), &expected, NOW, Some(&revocations));
    assert_eq!(refused.err(), Some(ConsentError::WrongPatientKey));
}

#[test]
fn a_token_that_was_taken_back_is_refused() {
    let (reader, pinned) = clinics_eyes();
    let expected = Expected { reader: &reader, pinned: Some(&pinned), was_known: false };
    let mut revocations = Revocations::new(pinned);
    assert!(ConsentToken::verify(&token(), &expected, NOW, Some(&revocations)).is_ok());
    let revocation = Revocation::sign(&patient(), 0, &[consent(0x88)], None, NOW).unwrap();
    revocations.add(&revocation).unwrap();
    let refused = ConsentToken::verify(&token(), &expected, NOW, Some(&revocations));
    assert_eq!(refused.err(), Some(ConsentError::Revoked));
    assert!(ConsentToken::verify(&full_token(), &expected, NOW, Some(&revocations)).is_ok());
    let mut revocations = Revocations::new(pinned);
    let everything = Revocation::sign(&patient(), 0, &[], Some(after(1)), NOW).unwrap();
    revocations.add(&everything).unwrap();
    let refused = ConsentToken::verify(&full_token(), &expected, NOW, Some(&revocations));
    assert_eq!(refused.err(), Some(ConsentError::Revoked));
}

#[test]
fn an_unknown_version_is_named_when_the_patient_signed_it() {
    let newer = |key: &SigningKey| {
        let mut claims = Item::claims(&token());
        claims.at(9).set(0, Item::Uint(2));
        claims.at(9).insert(40, Item::Text("what version 2 says".to_owned()));
        sign(SignedKind::Consent, key, &claims.written()).unwrap().to_vec()
    };
    assert_eq!(judge(&newer(&patient()), NOW), Err(ConsentError::UnknownVersion));
    assert_eq!(judge(&newer(&signing(0x13)), NOW), Err(ConsentError::Invalid));
}

#[test]
fn an_unknown_key_in_the_scope_is_refused_not_skipped() {
    for key in [10, 11, 12, 40, -1, -70_006] {
        let token = changed(|claims| claims.at(9).insert(key, Item::Uint(0)));
        assert_eq!(judge(&token, NOW), Err(ConsentError::Invalid), "{key}");
        let token = changed(|claims| claims.insert(key, Item::Uint(0)));
        assert_eq!(judge(&token, NOW), Err(ConsentError::Invalid), "{key}");
    }
    // A delegation that is none is not overlooked.
    let token = changed(|claims| claims.insert(-70_005, Item::Bytes(vec![1])));
    assert_eq!(judge(&token, NOW), Err(ConsentError::Invalid));
}

#[test]
fn values_that_no_token_has_are_refused() {
    let refused: &[Change<'_>] = &[
        ("no category", &|claims| claims.at(9).set(1, Item::Array(vec![]))),
        ("an unknown category", &|claims| claims.at(9).set(1, Item::Array(vec![Item::Uint(19)]))),
        ("an unknown purpose", &|claims| claims.at(9).set(3, Item::Text("TREATX".to_owned()))),
        ("an unknown flag", &|claims| claims.at(9).set(9, Item::Uint(8))),
        ("no records at all", &|claims| claims.at(9).insert(6, Item::Array(vec![]))),
        ("an empty reason", &|claims| claims.at(9).insert(7, Item::Text(String::new()))),
        ("a reason of 81 bytes", &|claims| claims.at(9).insert(7, Item::Text("x".repeat(81)))),
        ("a hidden letter", &|claims| {
            claims.at(9).insert(7, Item::Text("to\u{202e}treat".to_owned()));
        }),
        ("17 records", &|claims| {
            let ids = (0..17).map(|byte| Item::Bytes(vec![byte; 16])).collect();
            claims.at(9).insert(6, Item::Array(ids));
        }),
        ("records out of order", &|claims| {
            let ids = [2, 1].map(|byte| Item::Bytes(vec![byte; 16]));
            claims.at(9).insert(6, Item::Array(ids.to_vec()));
        }),
        ("no dates between", &|claims| {
            claims.at(9).insert(4, Item::Array(vec![Item::Uint(5), Item::Uint(5)]));
        }),
        ("labels in clear", &|claims| {
            claims.at(9).set(2, Item::Array(vec![Item::Text("PSY".to_owned())]));
        }),
        ("a short commitment", &|claims| claims.at(9).set(2, Item::Bytes(vec![0; 15]))),
        ("an id of 15 bytes", &|claims| claims.set(7, Item::Bytes(vec![0; 15]))),
        ("a thumbprint of 32 bytes", &|claims| claims.at(8).set(3, Item::Bytes(vec![0; 32]))),
        ("a whole key as confirmation", &|claims| {
            claims.set(8, Item::Map(vec![(Item::Uint(1), Item::Uint(0))]));
        }),
        ("an uncompressed key", &|claims| claims.set(-70_002, Item::Bytes(vec![4; 65]))),
        ("an audience that is no DID", &|claims| claims.insert(3, Item::Text("Chen".to_owned()))),
        ("a long audience", &|claims| {
            claims.insert(3, Item::Text(format!("did:web:{}", "x".repeat(57))));
        }),
    ];
    for (name, change) in refused {
        assert_eq!(judge(&changed(change), NOW), Err(ConsentError::Invalid), "{name}");
    }
    // What stands one below is read.
    let most = changed(|claims| {
        let ids = (0..16).map(|byte| Item::Bytes(vec![byte; 16])).collect();
        claims.at(9).insert(6, Item::Array(ids));
        claims.at(9).insert(7, Item::Text("x".repeat(80)));
        claims.insert(3, Item::Text(format!("did:web:{}", "x".repeat(56))));
    });
    assert!(judge(&most, NOW).is_ok());
}

#[test]
fn what_is_signed_must_belong_together() {
    let terms = grant(&Narrowing::new().except(vec![record(1)]).records(vec![record(2)]));
    let good = Terms {
        id: consent(1),
        issued_at: NOW,
        grant: &terms,
        opening: &opening(&terms),
        aliases: &aliases(&terms),
        reader: &public(&clinic()),
        audience: None,
        key: &public(&patient()),
        delegation: None,
    };
    assert!(ConsentToken::payload(&good).is_ok());
    let refused = |terms: &Terms<'_>| ConsentToken::payload(terms).err();
    let silent = Opening::new([0; 16], LabelSet::EMPTY, &[]);
    assert_eq!(refused(&Terms { opening: &silent, ..good.clone() }), Some(ConsentError::Invalid));
    let harsher = Opening::new([0; 16], all_labels(), &[record(1)]);
    assert_eq!(refused(&Terms { opening: &harsher, ..good.clone() }), Some(ConsentError::Invalid));
    // No alias for a record that was picked would mean every record.
    assert_eq!(refused(&Terms { aliases: &[], ..good.clone() }), Some(ConsentError::Invalid));
    let payload = ConsentToken::payload(&good).unwrap();
    let other = ConsentToken::sign(&clinic(), &payload);
    assert_eq!(other, Err(ConsentError::Invalid), "another key than the payload names");
    assert_eq!(ConsentToken::sign(&patient(), b"\xa0"), Err(ConsentError::Invalid));
}

#[test]
fn an_opening_fits_one_commitment() {
    let denied = labels(&[SensitivityLabel::MentalHealth, SensitivityLabel::Genetics]);
    let ids = [record(3), record(1), record(3)];
    let opening = Opening::new([7; 16], denied, &ids);
    assert_eq!(opening.withheld(), [record(1), record(3)]);
    let read = Opening::decode(&opening.encode()).unwrap();
    assert_eq!((read.denied(), read.commit()), (denied, opening.commit()));
    let others = [
        Opening::new([8; 16], denied, &ids),
        Opening::new([7; 16], labels(&[SensitivityLabel::MentalHealth]), &ids),
        Opening::new([7; 16], denied, &[RecordId::from_bytes([1; 16])]),
        Opening::generate(denied, &ids).unwrap(),
    ];
    for other in others {
        assert_ne!(other.commit(), opening.commit());
    }
    assert_eq!(format!("{opening:?}"), "Opening(..)");
}

/// Fails closed: what is denied by a newer version is not dropped by this one.
#[test]
fn an_opening_with_an_unknown_label_is_refused() {
    let with = |codes: &[&str]| {
        let mut out = Encoder::default();
        out.array(2);
        out.bytes(&[7; 16]);
        out.array(2);
        out.array(codes.len());
        codes.iter().for_each(|code| out.text(code));
        out.array(0);
        Opening::decode(&out.finish())
    };
    assert!(with(&["PSY", "HIV"]).is_ok());
    assert_eq!(with(&["PSY", "XYZ"]).err(), Some(ConsentError::Invalid));
    assert_eq!(with(&["MH"]).err(), Some(ConsentError::Invalid), "a code below a label");
    assert_eq!(with(&["HIV", "PSY"]).err(), Some(ConsentError::Invalid), "out of order");
}

/// Frames claims with another protected header, signed over what it says.
fn foreign(alg: Option<i64>, typ: &str, claims: &[u8]) -> Vec<u8> {
    let good = token();
    let kid = *Sign1::decode(&good).unwrap().kid;
    let mut protected = Encoder::default();
    protected.map(2 + usize::from(alg.is_some()));
    if let Some(alg) = alg {
        protected.int(1);
        protected.int(alg);
    }
    protected.int(4);
    protected.bytes(&kid);
    protected.int(16);
    protected.text(typ);
    let protected = protected.finish();
    let mut signed = Encoder::default();
    signed.array(4);
    signed.text("Signature1");
    signed.bytes(&protected);
    signed.bytes(&[]);
    signed.bytes(claims);
    let signature: Signature = patient().sign(&signed.finish());
    let mut out = Encoder::default();
    out.array(4);
    out.bytes(&protected);
    out.map(0);
    out.bytes(claims);
    out.bytes(&signature.to_bytes());
    [&[0xd2], &*out.finish()].concat()
}

/// Gives the order of the curve less s.
fn negated(s: &[u8; 32]) -> [u8; 32] {
    let mut out = [0; 32];
    let mut borrow = 0;
    for at in (0..32).rev() {
        let digit = i16::from(ORDER[at]) - i16::from(s[at]) - borrow;
        borrow = i16::from(digit < 0);
        out[at] = u8::try_from(digit.rem_euclid(256)).unwrap();
    }
    out
}

const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];
