//! Revocations: a union that only grows.

use patient_wallet::consent::{
    ConsentError, ConsentId, Denial, RequestId, Revocation, Revocations,
};
use patient_wallet::host::Timestamp;
use patient_wallet::keys::{SignedKind, sign};
use proptest::prelude::*;

use crate::bench::*;
use crate::loose::Item;

fn revoke(previous: u64, ids: &[ConsentId], now: Timestamp) -> Vec<u8> {
    Revocation::sign(&patient(), previous, ids, None, now).unwrap()
}

fn number(bytes: &[u8]) -> u64 {
    Revocation::verify(bytes).unwrap().number()
}

fn known(all: &[&[u8]]) -> Revocations {
    let mut revocations = Revocations::new(public(&patient()));
    all.iter().for_each(|bytes| revocations.add(bytes).unwrap());
    revocations
}

#[test]
fn a_lower_number_keeps_the_union() {
    let first = revoke(0, &[consent(1)], NOW);
    let second = revoke(number(&first), &[consent(2)], after(5));
    for order in [[&first[..], &second], [&second, &first]] {
        let known = known(&order);
        assert!(known.covers(&consent(1), NOW) && known.covers(&consent(2), NOW));
        assert!(!known.covers(&consent(3), NOW));
        assert!(!known.has_gaps());
        assert_eq!(known.last(), after(5).unix());
    }
}

#[test]
fn numbers_grow_even_when_the_clock_does_not() {
    let first = number(&revoke(0, &[consent(1)], NOW));
    assert_eq!(first, NOW.unix());
    assert_eq!(number(&revoke(first, &[consent(2)], NOW)), first + 1);
    assert_eq!(number(&revoke(first, &[consent(2)], before(1000))), first + 1);
    assert_eq!(number(&revoke(first, &[consent(2)], after(10))), first + 10);
    let most = Revocation::sign(&patient(), u64::MAX, &[consent(1)], None, NOW);
    assert_eq!(most, Err(ConsentError::Invalid));
}

#[test]
fn what_did_not_arrive_shows_as_a_gap() {
    let first = revoke(0, &[consent(1)], NOW);
    let second = revoke(number(&first), &[consent(2)], after(5));
    let third = revoke(number(&second), &[consent(3)], after(9));
    let partial = known(&[&first, &third]);
    assert!(partial.has_gaps());
    assert_eq!(partial.missing().collect::<Vec<_>>(), [number(&second)]);
    assert!(known(&[&third]).has_gaps());
    assert!(!known(&[&third, &first, &second]).has_gaps());
    assert!(!known(&[]).has_gaps());
    assert_eq!(known(&[]).last(), 0);
}

#[test]
fn before_takes_back_what_was_signed_earlier_whatever_its_id() {
    let restored = Revocation::sign(&patient(), 0, &[], Some(NOW), NOW).unwrap();
    let known = known(&[&restored]);
    assert!(known.covers(&consent(9), before(1)));
    assert!(!known.covers(&consent(9), NOW), "the same second is not before");
    // An earlier `before` that arrives later takes nothing of it away.
    let mut known = known;
    let earlier = Revocation::sign(&patient(), 0, &[], Some(before(100)), before(100)).unwrap();
    known.add(&earlier).unwrap();
    assert!(known.covers(&consent(9), before(1)));
}

#[test]
fn another_key_takes_nothing_back() {
    let theirs = Revocation::sign(&signing(0x55), 0, &[consent(1)], None, NOW).unwrap();
    let mut revocations = known(&[]);
    assert_eq!(revocations.add(&theirs), Err(ConsentError::WrongPatientKey));
    assert!(!revocations.covers(&consent(1), NOW));
    let mut broken = revoke(0, &[consent(1)], NOW);
    *broken.last_mut().unwrap() ^= 1;
    assert_eq!(revocations.add(&broken), Err(ConsentError::Invalid));
    assert_eq!(revocations.add(&token()), Err(ConsentError::WrongType));
    assert!(!revocations.covers(&consent(1), NOW));
}

#[test]
fn one_object_carries_1500_consents() {
    let ids = |count: u32| -> Vec<ConsentId> {
        let id = |n: u32| {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&n.to_be_bytes());
            ConsentId::from_bytes(bytes)
        };
        (0..count).map(id).collect()
    };
    let most = Revocation::sign(&patient(), 0, &ids(1500), Some(NOW), NOW).unwrap();
    assert!(most.len() <= SignedKind::Revocation.largest());
    assert!(known(&[&most]).covers(&ids(1500)[1499], NOW));
    let more = Revocation::sign(&patient(), 0, &ids(1501), None, NOW);
    assert_eq!(more, Err(ConsentError::TooMany));
    let nothing = Revocation::sign(&patient(), 0, &[], None, NOW);
    assert_eq!(nothing, Err(ConsentError::Invalid));
}

#[test]
fn a_reader_keeps_100000_consents_of_one_key() {
    let mut known = known(&[]);
    let mut next = 0_u32;
    let mut more = |count: u32| {
        let ids: Vec<ConsentId> = (next..next + count)
            .map(|n| {
                let mut bytes = [0; 16];
                bytes[..4].copy_from_slice(&n.to_be_bytes());
                ConsentId::from_bytes(bytes)
            })
            .collect();
        next += count;
        let bytes = revoke(0, &ids, after(next.into()));
        known.add(&bytes)
    };
    for _ in 0..66 {
        more(1500).unwrap();
    }
    assert_eq!(more(1001), Err(ConsentError::TooMany));
    assert_eq!(more(1000), Ok(()));
    assert_eq!(more(1), Err(ConsentError::TooMany));
}

#[test]
fn numbers_that_lead_nowhere_are_refused() {
    let changed = |change: &dyn Fn(&mut Item)| {
        let mut claims = Item::claims(&revocation());
        change(&mut claims);
        let bytes = sign(SignedKind::Revocation, &patient(), &claims.written()).unwrap();
        Revocation::verify(&bytes).err()
    };
    let at = NOW.unix();
    assert_eq!(changed(&|claims| claims.at(9).set(4, Item::Uint(at - 1))), None);
    let refused = Some(ConsentError::Invalid);
    assert_eq!(changed(&|claims| claims.at(9).set(4, Item::Uint(at))), refused);
    assert_eq!(changed(&|claims| claims.at(9).set(1, Item::Uint(0))), refused);
    let prefix = |byte| Item::Bytes(vec![byte; 8]);
    let list = |ids: Vec<Item>| changed(&|claims| claims.at(9).set(2, Item::Array(ids.clone())));
    assert_eq!(list(vec![prefix(1), prefix(2)]), None);
    assert_eq!(list(vec![prefix(2), prefix(1)]), refused);
    assert_eq!(list(vec![prefix(1), prefix(1)]), refused);
    assert_eq!(list(vec![Item::Bytes(vec![1; 16])]), refused);
}

#[test]
fn what_a_reader_knows_survives_storage() {
    let first = revoke(0, &[consent(1), consent(2)], NOW);
    let restored = Revocation::sign(&patient(), 5, &[], Some(NOW), after(1)).unwrap();
    for known in [known(&[]), known(&[&first]), known(&[&first, &restored])] {
        let encoded = known.encode();
        assert_eq!(Revocations::decode(&encoded), Ok(known));
        for end in 0..encoded.len() {
            assert!(Revocations::decode(&encoded[..end]).is_err());
        }
    }
}

#[test]
fn a_denial_answers_one_request() {
    let denial = Denial::verify(&denial(), NOW).unwrap();
    assert_eq!(denial.request(), read_request().id());
    assert_eq!(denial.reason(), Some("I have another doctor"));
    assert_eq!((denial.key(), denial.issued_at()), (&public(&patient()), NOW));
    let request = RequestId::from_bytes([1; 16]);
    let sign = |reason| Denial::sign(&patient(), request, reason, NOW);
    let silent = sign(None).unwrap();
    assert_eq!(Denial::verify(&silent, NOW).unwrap().reason(), None);
    let (most, more) = ("x".repeat(80), "x".repeat(81));
    assert!(sign(Some(&most)).is_ok());
    for reason in [more.as_str(), "", "a\u{202e}b"] {
        assert_eq!(sign(Some(reason)), Err(ConsentError::Invalid));
    }
    assert_eq!(Denial::verify(&silent, before(121)), Err(ConsentError::NotYetValid));
    assert!(Denial::verify(&silent, before(120)).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_order_and_any_repetition_lead_to_the_same(
        ids in proptest::collection::vec(0..20_u8, 1..6),
        order in proptest::collection::vec(0..6_usize, 0..12),
    ) {
        let mut last = 0;
        let all: Vec<Vec<u8>> = ids
            .iter()
            .map(|id| {
                let bytes = revoke(last, &[consent(*id)], NOW);
                last = number(&bytes);
                bytes
            })
            .collect();
        let mut shuffled: Vec<&[u8]> = order.iter().map(|at| &*all[at % all.len()]).collect();
        shuffled.extend(all.iter().map(Vec::as_slice));
        let straight: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(known(&shuffled), known(&straight));
        prop_assert!(!known(&shuffled).has_gaps());
        prop_assert!(ids.iter().all(|id| known(&shuffled).covers(&consent(*id), NOW)));
    }
}
