use super::*;
use crate::keys::{SealingKey, Secret, SigningKey};
use crate::record::LabelSet;

fn held(record: u8, version: u32) -> Held {
    Held { record: RecordId::from_bytes([record; 16]), version, files: Vec::new() }
}

fn kept() -> KeptConsent {
    let secret = |byte| Secret::init_with(|bytes| bytes.fill(byte));
    let at = Timestamp::from_unix(1_800_000_000);
    let holds = vec![held(1, 2), held(2, 1)];
    KeptConsent {
        token: vec![1, 2, 3],
        opening: Opening::new([5; 16], LabelSet::EMPTY, &[]),
        key: SigningKey::from_secret(&secret(1)).unwrap().verifying_key(),
        answer: SealingKey::from_secret(&secret(2)).public_key(),
        name: Text::from("Dr. Chen"),
        only: Vec::new(),
        disclosures: vec![
            KeptDisclosure::new(DisclosureId::from_bytes([7; 16]), at, &[held(1, 1), held(2, 1)]),
            KeptDisclosure::new(DisclosureId::from_bytes([8; 16]), at, &[held(1, 2)]),
        ],
        holds,
        request: None,
        revoked: Some(at),
        by: Some(Text::from("Nora Gray")),
    }
}

#[test]
fn a_consent_is_read_as_it_was_written() {
    let written = kept();
    let read = KeptConsent::decode(&written.encode()).unwrap();
    assert_eq!(read.disclosures, written.disclosures);
    assert_eq!((read.revoked, read.by), (written.revoked, written.by));
    let versions = [(RecordId::from_bytes([1; 16]), 2)];
    assert_eq!(read.disclosures[1].records, versions);
}

/// The row of a wallet that noted only when it disclosed.
#[test]
fn a_row_without_what_went_reads_as_if_everything_went_each_time() {
    let kept = KeptConsent { revoked: None, by: None, ..kept() };
    let now = kept.encode();
    let mut list = Encoder::default();
    list.uint(8);
    list.array(2);
    kept.disclosures.iter().for_each(|given| given.encode(&mut list));
    let mut old = Encoder::default();
    old.uint(8);
    old.array(2);
    for given in &kept.disclosures {
        old.array(2);
        old.bytes(given.id.as_bytes());
        old.uint(given.at.unix());
    }
    let (list, old) = (list.finish(), old.finish());
    let head = now.strip_suffix(&*list).unwrap();
    let read = KeptConsent::decode(&[head, &*old].concat()).unwrap();
    let all = [(RecordId::from_bytes([1; 16]), 2), (RecordId::from_bytes([2; 16]), 1)];
    assert!(read.disclosures.iter().all(|given| given.records == all));
    assert_eq!(read.disclosures[1].id, kept.disclosures[1].id);
}
