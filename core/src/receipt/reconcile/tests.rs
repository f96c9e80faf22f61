use std::collections::{BTreeMap, BTreeSet};

use k256::elliptic_curve::scalar::IsHigh;
use proptest::prelude::*;

use super::*;
use crate::consent::{Purpose, Thumbprint};
use crate::keys::{Secret, SigningKey};
use crate::receipt::{Act, DisclosureFacts, LineKind, NewReceipt, NoticeFacts};

const DAY: u64 = 86_400;
const GIVEN: u64 = 1_800_000_000;
const NOW: Timestamp = at(20 * DAY);

const fn at(after: u64) -> Timestamp {
    Timestamp::from_unix(GIVEN + after)
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(byte))).unwrap()
}

fn alias(byte: u8) -> Alias {
    Alias::from_bytes([byte; 16])
}

fn consent() -> ConsentFacts {
    let disclosure = DisclosureFacts {
        id: DisclosureId::from_bytes([1; 16]),
        at: at(0),
        records: vec![alias(1), alias(2)],
    };
    ConsentFacts {
        id: ConsentId::from_bytes([1; 16]),
        reader: key(1).verifying_key(),
        name: Text::from("Dr. Chen"),
        patient: Thumbprint::of(&key(9).verifying_key()),
        purpose: Purpose::Treatment,
        not_before: at(0),
        expires_at: at(30 * DAY),
        erase_by: at(30 * DAY),
        revoked_at: None,
        erasure_asked: None,
        statements: Vec::new(),
        disclosures: vec![disclosure],
    }
}

/// What a reader signs next: each follows the one before.
struct Chain {
    key: SigningKey,
    number: u64,
    previous: Option<ReceiptId>,
}

impl Chain {
    fn new(byte: u8) -> Self {
        Self { key: key(byte), number: 0, previous: None }
    }

    fn sign(&mut self, new: impl FnOnce(&mut NewReceipt<'_>), when: Timestamp) -> Vec<u8> {
        self.number += 1;
        let records = [alias(1)];
        let mut receipt = NewReceipt {
            consent: consent().id,
            patient: consent().patient,
            act: Act::Read,
            purpose: Purpose::Treatment,
            records: &records,
            number: self.number,
            previous: self.previous,
            name: "Practice Chen",
            person: None,
        };
        new(&mut receipt);
        let signed = AccessReceipt::sign(&self.key, &receipt, when).unwrap();
        self.previous = Some(AccessReceipt::read(&signed).unwrap().id());
        signed
    }

    fn opened(&mut self) -> AccessReceipt {
        let opened = Act::Opened(DisclosureId::from_bytes([1; 16]));
        read(&self.sign(|new| new.act = opened, at(60)))
    }

    fn next(&mut self, day: u64) -> AccessReceipt {
        read(&self.sign(|_| {}, at(day * DAY)))
    }
}

fn read(signed: &[u8]) -> AccessReceipt {
    AccessReceipt::read(signed).unwrap()
}

fn told(receipts: Vec<AccessReceipt>) -> Reconciliation {
    let facts = Facts { consents: vec![consent()], receipts, ..Facts::default() };
    reconcile(&facts, NOW)
}

fn whys(told: &Reconciliation) -> Vec<&[Why]> {
    told.flagged.iter().map(|flag| flag.why.as_slice()).collect()
}

#[test]
fn what_keeps_the_consent_is_not_flagged() {
    let mut chain = Chain::new(1);
    let told = told(vec![chain.opened(), chain.next(1), chain.next(2)]);
    assert_eq!((told.accesses, told.flagged.len(), told.log.len()), (3, 0, 1));
    assert_eq!(told.log[0].name.as_str(), "Dr. Chen");
    assert_eq!((told.log[0].first, told.log[0].last), (at(60), at(2 * DAY)));
}

#[test]
fn a_receipt_with_the_other_s_of_its_signature_is_the_same_receipt() {
    let mut chain = Chain::new(1);
    let opened = chain.opened();
    let signed = chain.sign(|_| {}, at(DAY));
    let mut other = signed.clone();
    let (_, signature) = other.split_at_mut(signed.len() - 64);
    let parsed = k256::ecdsa::Signature::from_slice(signature).unwrap();
    let (r, s) = parsed.split_scalars();
    assert!(!bool::from(s.is_high()));
    let high = k256::ecdsa::Signature::from_scalars(r, -*s).unwrap();
    signature.copy_from_slice(&high.to_bytes());
    assert_ne!(other, signed);
    let told = told(vec![opened, read(&signed), read(&other), read(&signed)]);
    assert_eq!((told.accesses, told.flagged.len()), (2, 0));
}

#[test]
fn a_gap_is_shown_with_its_dates_and_closes_when_the_rest_comes() {
    let mut chain = Chain::new(1);
    let mut all = vec![chain.opened(), chain.next(1), chain.next(2), chain.next(3), chain.next(7)];
    all.reverse();
    let some = vec![all[4].clone(), all[0].clone(), all[3].clone()];
    let gap = Why::Gap { after: Some(at(DAY)), before: at(7 * DAY), missing: 2 };
    let found = told(some);
    assert_eq!(whys(&found), [[gap]]);
    assert_eq!((found.flagged[0].about, found.flagged[0].at), (About::Missing(3), at(7 * DAY)));
    assert_eq!(found.flagged[0].name.as_str(), "Dr. Chen");
    assert!(told(all.clone()).flagged.is_empty());
    let [first, .., last] = all.as_slice() else { panic!("five receipts") };
    let found = told(vec![first.clone(), all[1].clone()]);
    let gap = Why::Gap { after: None, before: at(3 * DAY), missing: 3 };
    assert!(whys(&found).contains(&[gap].as_slice()) && last.number() == 1, "{found:?}");
}

#[test]
fn a_number_beyond_all_others_is_a_gap_and_no_trouble() {
    let mut chain = Chain::new(1);
    let first = chain.opened();
    let last = read(&chain.sign(|new| new.number = u64::MAX, at(DAY)));
    let found = told(vec![last, first]);
    let missing = u64::MAX - 2;
    assert_eq!(whys(&found), [[Why::Gap { after: Some(at(60)), before: at(DAY), missing }]]);
}

#[test]
fn two_receipts_of_one_number_are_both_flagged_and_either_may_be_followed() {
    let mut chain = Chain::new(1);
    let opened = chain.opened();
    let mut other = Chain { key: key(1), number: 1, previous: chain.previous };
    let (one, follows) = (chain.next(1), chain.next(3));
    let found = told(vec![opened, follows, other.next(2), one]);
    assert_eq!(whys(&found), [[Why::Forked], [Why::Forked]]);
}

#[test]
fn what_is_owed_is_owed_from_its_first_second() {
    let facts = |consent: ConsentFacts| Facts { consents: vec![consent], ..Facts::default() };
    let owed = |facts: &Facts, now| -> Vec<Why> {
        reconcile(facts, now).flagged.iter().flat_map(|flag| flag.why.clone()).collect()
    };
    let unopened = facts(consent());
    assert_eq!(owed(&unopened, at(30 * DAY - 1)), []);
    assert_eq!(owed(&unopened, at(30 * DAY)), [Why::MissingReceipt]);
    assert_eq!(owed(&unopened, at(37 * DAY - 1)), [Why::MissingReceipt]);
    assert_eq!(owed(&unopened, at(37 * DAY)), [Why::MissingErasure, Why::MissingReceipt]);
    let revoked = facts(ConsentFacts { revoked_at: Some(at(DAY)), ..consent() });
    assert_eq!(owed(&revoked, at(DAY - 1)), []);
    assert_eq!(owed(&revoked, at(DAY)), [Why::MissingReceipt]);
    let asked = facts(ConsentFacts { erasure_asked: Some(at(DAY)), ..consent() });
    assert_eq!(owed(&asked, at(8 * DAY - 1)), []);
    assert_eq!(owed(&asked, at(8 * DAY)), [Why::MissingErasure]);
    let erased = facts(ConsentFacts { statements: vec![at(0)], ..consent() });
    assert_eq!(owed(&erased, at(99 * DAY)), []);
    let nothing = facts(ConsentFacts { disclosures: Vec::new(), ..consent() });
    assert_eq!(owed(&nothing, at(99 * DAY)), []);
}

#[test]
fn a_notice_is_owed_an_answer_by_whoever_still_holds_what_it_is_about() {
    let notice = |answered| NoticeFacts {
        id: [5; 32],
        reader: key(1).verifying_key(),
        consents: vec![consent().id],
        records: vec![alias(1)],
        at: at(DAY),
        answered,
    };
    let flags = |consent: ConsentFacts, notice: NoticeFacts, now| {
        let receipts = vec![Chain::new(1).opened()];
        let facts =
            Facts { consents: vec![consent], receipts, notices: vec![notice], ..Facts::default() };
        reconcile(&facts, now).flagged
    };
    assert!(flags(consent(), notice(None), at(8 * DAY - 1)).is_empty());
    assert!(flags(consent(), notice(Some(at(9 * DAY))), NOW).is_empty());
    let erased = ConsentFacts { statements: vec![at(2 * DAY)], ..consent() };
    assert!(flags(erased, notice(None), NOW).is_empty());
    let found = flags(consent(), notice(None), at(8 * DAY));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].about, found[0].at), (About::Notice([5; 32]), at(8 * DAY)));
    assert_eq!(
        (found[0].why.as_slice(), found[0].records.len()),
        ([Why::NoticeUnanswered].as_slice(), 1)
    );
}

#[test]
fn a_stranger_goes_by_their_own_word_and_a_reader_by_the_name_that_was_shown() {
    let mut stranger = Chain::new(2);
    let read = stranger.next(1);
    let mut chain = Chain::new(1);
    let found = told(vec![chain.opened(), read]);
    assert_eq!(whys(&found), [[Why::WrongReader]]);
    assert_eq!(found.flagged[0].name.as_str(), "Practice Chen");
    assert_eq!(found.flagged[0].records, [alias(1)]);
}

#[test]
fn of_an_access_out_of_scope_the_records_are_told_that_were_not_given() {
    let mut chain = Chain::new(1);
    let opened = chain.opened();
    let records = [alias(1), alias(7), alias(8)];
    let other = read(&chain.sign(|new| new.records = Box::leak(Box::new(records)), at(DAY)));
    let found = told(vec![opened, other]);
    assert_eq!(whys(&found), [[Why::OutOfScope]]);
    assert_eq!(found.flagged[0].records, [alias(7), alias(8)]);
}

/// Accesses by two readers under two consents for two purposes, in any way and order of time, and
/// which of them are flagged.
fn any_log() -> impl Strategy<Value = Vec<(AccessReceipt, bool)>> {
    let one = (1..3_u8, 1..3_u8, any::<bool>(), 0..4_u8, 0..100_u64, prop::bool::weighted(0.2));
    prop::collection::vec(one, 0..60).prop_map(|all| {
        let mut chains = [Chain::new(1), Chain::new(2)];
        let sign =
            |(reader, consent, is_paid, act, time, is_flagged): (u8, u8, bool, u8, u64, bool)| {
                let signed = chains[usize::from(reader) - 1].sign(
                    |new| {
                        new.consent = ConsentId::from_bytes([consent; 16]);
                        new.purpose = if is_paid { Purpose::Payment } else { Purpose::Treatment };
                        new.act = match act {
                            0 => Act::Opened(DisclosureId::from_bytes([1; 16])),
                            1 => Act::Read,
                            2 => Act::Machine,
                            _ => Act::NoticeApplied([1; 32]),
                        };
                    },
                    at(time),
                );
                (read(&signed), is_flagged)
            };
        all.into_iter().map(sign).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn folding_loses_nothing_hides_no_flag_and_mixes_nothing(all in any_log()) {
        let accesses: Vec<_> = all.iter().map(|(access, _)| access).collect();
        let whys: Vec<_> = all
            .iter()
            .map(|(_, is_flagged)| if *is_flagged { vec![Why::AfterExpiry] } else { Vec::new() })
            .collect();
        let lines = fold(&accesses, &whys, |access| Text::from(access.name()));
        let by_id: BTreeMap<_, _> =
            all.iter().map(|(access, is_flagged)| (access.id(), (access, *is_flagged))).collect();
        let told: Vec<_> = lines.iter().flat_map(|line| &line.receipts).collect();
        prop_assert_eq!(told.len(), all.len());
        prop_assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), all.len());
        let mut folded = BTreeSet::new();
        for line in &lines {
            let of: Vec<_> = line.receipts.iter().map(|id| by_id[id]).collect();
            prop_assert!(of.iter().all(|(_, is_flagged)| *is_flagged != line.why.is_empty()));
            prop_assert!(line.why.is_empty() || of.len() == 1);
            for (access, _) in &of {
                prop_assert_eq!(access.reader(), &line.reader);
                prop_assert_eq!(access.consent(), line.consent);
                prop_assert_eq!(access.purpose(), line.purpose);
                prop_assert_eq!(LineKind::from(&access.act()), line.kind);
            }
            let times: Vec<_> = of.iter().map(|(access, _)| access.at()).collect();
            prop_assert!(times.is_sorted());
            prop_assert_eq!((times.first(), times.last()), (Some(&line.first), Some(&line.last)));
            if line.why.is_empty() {
                let of = (line.reader.to_sec1(), line.consent, line.purpose.code(), line.kind);
                prop_assert!(folded.insert(of), "two lines of one kind");
            }
        }
        prop_assert!(lines.is_sorted_by(|one, other| one.last >= other.last));
    }

    #[test]
    fn the_order_of_the_receipts_does_not_matter(all in any_log(), turn in 0..60_usize) {
        let mut receipts: Vec<_> = all.into_iter().map(|(access, _)| access).collect();
        let one = told(receipts.clone());
        let half = turn % receipts.len().max(1);
        receipts.rotate_left(half);
        receipts.extend(receipts.first().cloned());
        let other = told(receipts);
        prop_assert_eq!(format!("{:?}", one), format!("{:?}", other));
    }
}
