//! What a receipt says, and what it cannot say.

use k256::elliptic_curve::PrimeField;

use super::*;
use crate::keys::Secret;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

fn key(byte: u8) -> SigningKey {
    SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(byte))).unwrap()
}

fn aliases(count: u16) -> Vec<Alias> {
    let alias = |n: u16| {
        let mut bytes = [7; 16];
        bytes[..2].copy_from_slice(&n.to_be_bytes());
        Alias::from_bytes(bytes)
    };
    (0..count).rev().map(alias).collect()
}

fn new(records: &[Alias]) -> NewReceipt<'_> {
    NewReceipt {
        consent: ConsentId::from_bytes([8; 16]),
        patient: Thumbprint::of(&key(1).verifying_key()),
        act: Act::Opened(DisclosureId::from_bytes([9; 16])),
        purpose: Purpose::Treatment,
        records,
        number: 1,
        previous: None,
        name: "Klinik Nord",
        person: None,
    }
}

#[test]
fn a_receipt_says_what_was_signed() {
    let records = aliases(20_000);
    let first = AccessReceipt::sign(&key(2), &new(&records), NOW).unwrap();
    let first = AccessReceipt::verify(&first, NOW).unwrap();
    assert_eq!((first.at(), first.number(), first.previous()), (NOW, 1, None));
    assert_eq!(*first.reader(), key(2).verifying_key());
    assert!(first.records().iter().eq(records.iter().rev()), "ascending");
    assert_eq!((first.name(), first.person()), ("Klinik Nord", None));
    for act in [Act::Read, Act::Machine, Act::NoticeApplied([3; 32])] {
        let next = NewReceipt {
            act,
            number: 2,
            previous: Some(first.id()),
            person: Some("Dr. Chen"),
            purpose: Purpose::Research,
            ..new(&records[..1])
        };
        let next = AccessReceipt::sign(&key(2), &next, NOW).unwrap();
        let next = AccessReceipt::verify(&next, NOW).unwrap();
        assert_eq!((next.act(), next.previous()), (act, Some(first.id())));
        assert_eq!((next.person(), next.purpose()), (Some("Dr. Chen"), Purpose::Research));
        assert_eq!((next.consent(), next.patient()), (new(&[]).consent, new(&[]).patient));
        assert_ne!(next.id(), first.id());
    }
}

#[test]
fn the_other_form_of_its_signature_is_the_same_receipt() {
    let bytes = AccessReceipt::sign(&key(2), &new(&aliases(2)), NOW).unwrap();
    let (head, low) = bytes.split_last_chunk::<32>().unwrap();
    let s = k256::Scalar::from_repr((*low).into()).unwrap();
    let high = [head, (-s).to_repr().as_slice()].concat();
    assert_ne!(high, bytes);
    assert_eq!(AccessReceipt::verify(&high, NOW), AccessReceipt::verify(&bytes, NOW));
}

#[test]
fn every_flipped_bit_is_refused() {
    let mut bytes = AccessReceipt::sign(&key(2), &new(&aliases(1)), NOW).unwrap();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let refused = AccessReceipt::verify(&bytes, NOW);
        let is_named = matches!(refused, Err(ReceiptError::Invalid | ReceiptError::WrongType));
        assert!(is_named, "bit {bit}: {refused:?}");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    for end in 0..bytes.len() {
        assert_eq!(AccessReceipt::verify(&bytes[..end], NOW), Err(ReceiptError::Invalid));
    }
}

#[test]
fn a_chain_begins_with_one_and_every_later_receipt_names_the_one_before() {
    let records = aliases(1);
    let before = Some(ReceiptId::from_bytes([4; 32]));
    let sign = |number, previous| {
        AccessReceipt::sign(&key(2), &NewReceipt { number, previous, ..new(&records) }, NOW).err()
    };
    assert_eq!((sign(1, None), sign(2, before), sign(u64::MAX, before)), (None, None, None));
    for (number, previous) in [(0, None), (0, before), (1, before), (2, None)] {
        assert_eq!(sign(number, previous), Some(ReceiptError::Invalid), "{number}");
    }
}

#[test]
fn what_no_receipt_can_say_is_not_signed() {
    let (records, more) = (aliases(1), aliases(20_001));
    let sign = |new: &NewReceipt<'_>| AccessReceipt::sign(&key(2), new, NOW).err();
    let good = new(&records);
    let long = "x".repeat(65);
    let wrong = [
        NewReceipt { records: &more, ..good },
        NewReceipt { name: "", ..good },
        NewReceipt { name: &long, ..good },
        NewReceipt { name: "a\u{200b}b", ..good },
        NewReceipt { person: Some(""), ..good },
        NewReceipt { person: Some(&long), ..good },
    ];
    assert_eq!(sign(&good), None);
    for new in &wrong {
        assert_eq!(sign(new), Some(ReceiptError::Invalid), "{new:?}");
    }
}

/// Signs a scope of any keys in the place of a good one.
/// A key of a map, and what writes its value.
type Pair<'a> = (i64, &'a dyn Fn(&mut Encoder));

fn signed_scope(pairs: &[Pair<'_>]) -> Vec<u8> {
    let mut scope = Encoder::default();
    scope.map(pairs.len());
    for (name, value) in pairs {
        scope.int(*name);
        value(&mut scope);
    }
    let mut out = Encoder::default();
    out.map(3);
    out.int(ISSUED_AT);
    out.uint(NOW.unix());
    out.int(SCOPE);
    out.bytes(&scope.finish());
    out.int(KEY);
    out.bytes(&key(2).verifying_key().to_sec1());
    sign(SignedKind::Receipt, &key(2), &out.finish()).unwrap().to_vec()
}

#[test]
fn an_act_has_what_it_is_about_and_nothing_else() {
    let verify = |version: u64, act: u64, disclosure: bool, notice: bool, two: bool| {
        let mut pairs: Vec<Pair<'_>> = vec![
            (1, &|out| out.bytes(&[8; 16])),
            (2, &|out| out.bytes(&[1; 16])),
            (4, &|out| out.text("TREAT")),
            (5, &|out| out.array(0)),
            (6, &|out| out.uint(1)),
            (10, &|out| out.text("Klinik Nord")),
        ];
        let (version, act) =
            (move |out: &mut Encoder| out.uint(version), move |out: &mut Encoder| out.uint(act));
        pairs.push((0, &version));
        pairs.push((3, &act));
        if disclosure {
            pairs.push((8, &|out| out.bytes(&[9; 16])));
        }
        if notice {
            pairs.push((9, &|out| out.bytes(&[3; 32])));
        }
        if two {
            pairs.push((12, &|out| out.uint(0)));
        }
        pairs.sort_by_key(|(name, _)| *name);
        AccessReceipt::verify(&signed_scope(&pairs), NOW).err()
    };
    let refused = Some(ReceiptError::Invalid);
    for (act, disclosure, notice) in
        [(0, true, false), (1, false, false), (2, false, false), (3, false, true)]
    {
        assert_eq!(verify(1, act, disclosure, notice, false), None, "{act}");
        assert_eq!(verify(1, act, disclosure, notice, true), refused, "a further key");
        assert_eq!(verify(2, act, disclosure, notice, false), Some(ReceiptError::UnknownVersion));
        assert_eq!(verify(1, act, !disclosure, notice, false), refused, "{act}");
        assert_eq!(verify(1, act, disclosure, !notice, false), refused, "{act}");
        assert_eq!(verify(1, act, !disclosure, !notice, false), refused, "{act}");
    }
    assert_eq!(verify(1, 4, false, false, false), refused, "an unknown act");
}

#[test]
fn a_receipt_of_tomorrow_and_another_kind_are_named() {
    let bytes = AccessReceipt::sign(&key(2), &new(&aliases(1)), NOW).unwrap();
    let verify = |now: u64| AccessReceipt::verify(&bytes, Timestamp::from_unix(now)).err();
    assert_eq!(verify(NOW.unix() - 120), None);
    assert_eq!(verify(NOW.unix() - 121), Some(ReceiptError::NotYetValid));
    let unverified = unverified(SignedKind::Receipt, &bytes).unwrap();
    let claims = unverified.dangerous_claims();
    let other = sign(SignedKind::Notice, &key(2), claims).unwrap();
    assert_eq!(AccessReceipt::verify(&other, NOW), Err(ReceiptError::WrongType));
    let foreign = sign(SignedKind::Receipt, &key(3), claims).unwrap();
    assert_eq!(AccessReceipt::verify(&foreign, NOW), Err(ReceiptError::Invalid), "another key");
}
