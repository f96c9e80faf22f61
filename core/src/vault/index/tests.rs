use super::*;
use crate::host::Timestamp;
use crate::keys::Secret;
use crate::vault::cipher::Row;
use crate::vault::version::{Facts, Labels, Traits};

fn id(record: u8) -> RecordId {
    RecordId::from_bytes([record; 16])
}

/// Records 1 and 3 share a bucket; record 2 is a Patient.
fn entry(seq: u64, (record, number): (u8, u32)) -> Entry {
    let kind = if record == 2 { "Patient" } else { "Basic" };
    let version = Version {
        record: id(record),
        number,
        kind: Text::from(kind),
        category: Category::Other,
        labels: Labels::default(),
        traits: Traits::default(),
        at: Timestamp::from_unix(0),
        size: 0,
        facts: Facts::default(),
        body_hash: [0; 32],
        key: Secret::generate().unwrap(),
    };
    Entry { place: Place { row: Row::Version(seq), bucket: record % 2, epoch: 0 }, version }
}

#[test]
fn the_others_are_found_after_a_record_was_removed() {
    let versions = [(1, 1), (2, 1), (1, 2), (3, 1), (2, 2), (3, 2), (1, 3)];
    for gone in [1, 2, 3] {
        let mut index = Index::default();
        for (seq, version) in (0..).zip(versions) {
            index.add(entry(seq, version)).unwrap();
        }
        index.moved(gone % 2, 7);
        index.remove(id(gone));
        index.add(entry(7, (4, 1))).unwrap();
        for record in 1..=4 {
            let all = (0..).zip(versions.into_iter().chain([(4, 1)]));
            let expected: Vec<(u64, u32)> = all
                .filter(|(_, (of, _))| *of == record && record != gone)
                .map(|(seq, (_, number))| (seq, number))
                .collect();
            let found: Vec<_> = index
                .history(id(record))
                .map(|entry| (entry.place.seq(), entry.version.number))
                .collect();
            assert_eq!(found, expected, "record {record} without {gone}");
        }
        assert_eq!(index.records(), 3);
        assert_eq!(index.patients().len(), usize::from(gone != 2));
        let moved = |entry: &&Entry| entry.place.epoch == 7;
        let beside = versions.iter().filter(|(of, _)| *of != gone && of % 2 == gone % 2);
        assert_eq!(index.all().filter(moved).count(), beside.count());
    }
}
