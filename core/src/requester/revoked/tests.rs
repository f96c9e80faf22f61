use super::*;
use crate::consent::{ConsentId, RequesterClass};
use crate::host::Timestamp;
use crate::keys::{Secret, SigningKey};
use crate::requester::kept::KeptPatient;
use crate::testing::TestWallet;

fn requester() -> (TestWallet, Requester) {
    let home = TestWallet::empty();
    let passphrase = TestWallet::passphrase();
    let made =
        Requester::create(&home.wallet(), &passphrase, "Dr. Chen", RequesterClass::Clinician);
    (home, made.unwrap())
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(byte))).unwrap()
}

fn revocation(key: &SigningKey, number: u64) -> Vec<u8> {
    let at = Timestamp::from_unix(number + 1);
    Revocation::sign(key, number, &[ConsentId::from_bytes([7; 16])], None, at).unwrap()
}

/// Keeps as many revocations under a key as there may be, and gives their rows, the first first.
fn fill(requester: &mut Requester, key: &SigningKey) -> Vec<RecordId> {
    let mut alone = Revocations::new(key.verifying_key());
    alone.add(&revocation(key, 0)).unwrap();
    let row = |number: usize| {
        Kind::Revocation
            .id(&[key.verifying_key().to_sec1().as_slice(), &number.to_be_bytes()].concat())
    };
    let memo =
        |number| Memo::new(Kind::Revocation, row(number), alone.encode(), AuditKind::Received);
    let at = requester.session.now();
    requester.session.remember(at, (0..MOST).map(memo).collect()).unwrap();
    (0..MOST).map(row).collect()
}

fn rows(requester: &mut Requester) -> Vec<RecordId> {
    requester.session.memos(Kind::Revocation).unwrap().into_iter().map(|(row, _)| row).collect()
}

#[test]
fn of_strangers_so_many_are_kept_and_the_oldest_give_way() {
    let (home, mut requester) = requester();
    let filled = fill(&mut requester, &key(1));
    for byte in 2..=4 {
        requester.keep_revocation(&revocation(&key(byte), 0)).unwrap();
    }
    let kept = rows(&mut requester);
    assert_eq!(kept.len(), MOST - AT_ONCE + 3);
    assert_eq!(kept[0], filled[AT_ONCE]);
    let newest = requester.revocations(&key(4).verifying_key()).unwrap();
    assert_eq!(newest.last(), 1);
    requester.session.lock().unwrap();
    Requester::unlock(&home.wallet(), &TestWallet::passphrase()).unwrap();
}

#[test]
fn what_a_patient_has_taken_back_gives_way_to_nobody() {
    let (_home, mut requester) = requester();
    let patient = KeptPatient {
        key: key(1).verifying_key(),
        name: None,
        since: Timestamp::from_unix(1_800_000_000),
        last: None,
    };
    let at = requester.session.now();
    requester.session.remember(at, vec![patient.memo(AuditKind::Remembered)]).unwrap();
    let of_patient = fill(&mut requester, &key(1));
    let of_stranger = fill(&mut requester, &key(2));
    requester.keep_revocation(&revocation(&key(3), 0)).unwrap();
    let kept = rows(&mut requester);
    assert!(of_patient.iter().all(|row| kept.contains(row)));
    assert!(!kept.contains(&of_stranger[0]));
    assert_eq!(kept.len(), 2 * MOST - AT_ONCE + 1);
    let one_more = requester.keep_revocation(&revocation(&key(1), 5));
    assert_eq!(one_more.unwrap_err().code(), "consent.too-many");
}
