use crate::audit::Subject;
use crate::consent::{Alias, ConsentId, Thumbprint};
use crate::disclosure::DisclosureId;
use crate::host::Timestamp;
use crate::keys::{Secret, SigningKey};
use crate::receipt::{AccessReceipt, Act, NewReceipt, ReceiptError};
use crate::session::tests::{Scene, access, give, log_size, patient, receipt, statement};
use crate::session::{AddedReceipt, LogQuery, Session, Told};

fn add(session: &mut Session, envelope: &[u8]) -> Result<AddedReceipt, ReceiptError> {
    session.add_receipts(&[envelope]).unwrap().remove(0)
}

fn stranger() -> SigningKey {
    SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(9))).unwrap()
}

/// The same object with the other s, which ECDSA takes for as good.
fn other_s(envelope: &[u8]) -> Vec<u8> {
    use k256::elliptic_curve::PrimeField;
    let (head, low) = envelope.split_last_chunk::<32>().unwrap();
    let s = k256::Scalar::from_repr((*low).into()).unwrap();
    [head, (-s).to_repr().as_slice()].concat()
}

/// What the log says of receipts: how often, and about which consents.
fn logged(session: &mut Session) -> usize {
    let kind = Some(crate::audit::AuditKind::Receipted);
    session.log(&LogQuery { kind, ..LogQuery::default() }).unwrap().entries.len()
}

#[test]
fn receipts_come_in_in_any_order_and_twice_without_harm() {
    let mut scene = Scene::new();
    let given = scene.give();
    let id = given.consent.id;
    let (key, known, at) = (scene.key(), scene.patient(), scene.now());
    let record = scene.record("sugar");
    let alias = scene.alias(record);
    let opened = Act::Opened(given.disclosure);
    let records = [alias, Alias::from_bytes([7; 16])];
    let first = receipt(&key, &access(id, known, opened, &records), at);
    let previous = Some(AccessReceipt::read(&first).unwrap().id());
    let second = NewReceipt { number: 2, previous, ..access(id, known, Act::Read, &[]) };
    let second = receipt(&key, &second, Timestamp::from_unix(at.unix() + 60));
    scene.later(60);
    let both = scene.session.add_receipts(&[&second, &first, &second]).unwrap();
    let both: Vec<_> = both.into_iter().map(Result::unwrap).collect();
    assert_eq!(both.iter().map(|one| one.is_new).collect::<Vec<_>>(), [true, true, false]);
    assert!(both.iter().all(|one| one.audience.as_ref().unwrap().as_str() == "Dr. Chen"));
    assert!(!add(&mut scene.session, &first).unwrap().is_new);
    assert!(!add(&mut scene.session, &other_s(&first)).unwrap().is_new, "the other s");
    assert_eq!(logged(&mut scene.session), 2, "what changes nothing is not logged");

    scene.session.lock().unwrap();
    let mut session = scene.test.unlock().unwrap();
    let kept = session.receipts(Some(id)).unwrap();
    assert_eq!(
        kept.iter().map(|one| one.told.at()).collect::<Vec<_>>(),
        [at, Timestamp::from_unix(at.unix() + 60)]
    );
    let named = AccessReceipt::read(&first).unwrap();
    let place = named.records().iter().position(|one| *one == alias).unwrap();
    assert_eq!(kept[0].records.len(), 2);
    assert_eq!((kept[0].records[place], kept[0].records[1 - place]), (Some(record), None));
    assert_eq!(session.receipts(Some(ConsentId::from_bytes([7; 16]))).unwrap(), []);
}

#[test]
fn what_is_forged_foreign_of_tomorrow_or_something_else_is_named_and_the_rest_comes_in() {
    let mut scene = Scene::new();
    let id = scene.give().consent.id;
    let (key, known, at) = (scene.key(), scene.patient(), scene.now());
    let good = scene.receipt(id, Act::Read, &[]);
    let mut forged = good.clone();
    *forged.last_mut().unwrap() ^= 1;
    let foreign = Thumbprint::of(&stranger().verifying_key());
    let foreign = receipt(&key, &access(id, foreign, Act::Read, &[]), at);
    let tomorrow = Timestamp::from_unix(at.unix() + 24 * 3600);
    let early = receipt(&key, &access(id, known, Act::Read, &[]), tomorrow);
    let contact = scene.reader.contact().unwrap();
    let all = [&forged[..], &foreign, &early, &contact, b"no envelope", &good];
    let judged = scene.session.add_receipts(&all).unwrap();
    let codes: Vec<_> = judged.iter().map(|one| one.as_ref().err().copied()).collect();
    assert_eq!(
        codes,
        [
            Some(ReceiptError::Invalid),
            Some(ReceiptError::Foreign),
            Some(ReceiptError::NotYetValid),
            Some(ReceiptError::WrongType),
            Some(ReceiptError::Invalid),
            None
        ]
    );
    assert_eq!(scene.session.receipts(None).unwrap().len(), 1);
}

#[test]
fn a_receipt_about_another_wallet_of_the_same_reader_is_foreign() {
    let mut scene = Scene::new();
    let mine = scene.give().consent.id;
    let mut other = Scene::new();
    give(&mut other.session, &mut scene.reader);
    let did = other.session.known_requesters().unwrap().remove(0).did;
    let theirs = patient(&mut other.session, &did);
    let (key, at) = (scene.key(), scene.now());
    // It names this patient's consent, and still tells of somebody else.
    let envelope = receipt(&key, &access(mine, theirs, Act::Read, &[]), at);
    assert_eq!(add(&mut scene.session, &envelope), Err(ReceiptError::Foreign));
    assert!(add(&mut other.session, &envelope).unwrap().is_new);
}

#[test]
fn a_reader_whom_no_consent_names_is_kept_to_be_flagged() {
    let mut scene = Scene::new();
    let id = scene.give().consent.id;
    let (known, at) = (scene.patient(), scene.now());
    let envelope = receipt(&stranger(), &access(id, known, Act::Read, &[]), at);
    let added = add(&mut scene.session, &envelope).unwrap();
    assert!(added.is_new && added.audience.is_none());
    assert_eq!(scene.session.receipts(None).unwrap()[0].audience, None);
}

#[test]
fn strangers_fill_no_wallet_and_take_no_place_of_a_known_reader() {
    let mut scene = Scene::new();
    let id = scene.give().consent.id;
    let (known, at) = (scene.patient(), scene.now());
    let numbered = |number| {
        let previous = Some(crate::receipt::ReceiptId::from_bytes([1; 32]));
        let new = NewReceipt { number, previous, ..access(id, known, Act::Read, &[]) };
        receipt(&stranger(), &new, at)
    };
    let all: Vec<_> = (2..1_003).map(numbered).collect();
    let all: Vec<_> = all.iter().map(Vec::as_slice).collect();
    let judged = scene.session.add_receipts(&all[..999]).unwrap();
    assert!(judged.iter().all(Result::is_ok));
    let judged = scene.session.add_receipts(&all[999..]).unwrap();
    assert!(judged[0].is_ok());
    assert_eq!(judged[1], Err(ReceiptError::TooMany));
    assert!(!add(&mut scene.session, all[0]).unwrap().is_new, "what is here is no news");
    let mine = scene.receipt(id, Act::Read, &[]);
    assert!(add(&mut scene.session, &mine).unwrap().is_new);
}

#[test]
fn a_statement_counts_only_from_the_reader_of_a_consent_of_this_wallet() {
    let mut scene = Scene::new();
    let id = scene.give().consent.id;
    let (key, at) = (scene.key(), scene.now());
    let subject = Subject::Consent(*id.as_bytes());
    let mut code = |envelope: &[u8]| add(&mut scene.session, envelope).err();
    assert_eq!(code(&statement(&stranger(), subject, at)), Some(ReceiptError::Invalid));
    let unknown = Subject::Consent([9; 16]);
    assert_eq!(code(&statement(&key, unknown, at)), Some(ReceiptError::Foreign));
    let record = Subject::Record([9; 16]);
    assert_eq!(code(&statement(&key, record, at)), Some(ReceiptError::WrongType));
    let tomorrow = Timestamp::from_unix(at.unix() + 24 * 3600);
    assert_eq!(code(&statement(&key, subject, tomorrow)), Some(ReceiptError::NotYetValid));
    let good = statement(&key, subject, at);
    let added = add(&mut scene.session, &good).unwrap();
    assert!(added.is_new && matches!(added.told, Told::Erasure(_)));
    assert_eq!((added.told.consent(), added.told.at()), (id, at));
    assert!(!add(&mut scene.session, &other_s(&good)).unwrap().is_new);
    assert_eq!(scene.session.receipts(Some(id)).unwrap().len(), 1);
}

#[test]
fn a_receipt_and_its_entry_are_written_both_or_neither() {
    let mut scene = Scene::new();
    let given = scene.give();
    let aliases: Vec<_> = (0..u8::MAX).map(|at| Alias::from_bytes([at; 16])).collect();
    let opened = Act::Opened(DisclosureId::from_bytes(*given.disclosure.as_bytes()));
    let envelope = scene.receipt(given.consent.id, opened, &aliases);
    let entries = log_size(&mut scene.session);
    let mut pages = 1;
    loop {
        scene.session.limit_pages(pages).unwrap();
        let done = scene.session.add_receipts(&[&envelope]);
        scene.session.limit_pages(1 << 20).unwrap();
        let kept = scene.session.receipts(None).unwrap().len();
        let logged = log_size(&mut scene.session) - entries;
        assert_eq!((kept == 1, logged), (done.is_ok(), u64::from(done.is_ok())), "{pages} pages");
        if done.is_ok() {
            break;
        }
        pages += 1;
    }
    assert!(pages > 1, "it was stopped before");
}
