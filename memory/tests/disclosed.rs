//! After a consent was given, refreshed, opened and both homes are locked, the memory that the
//! process has freed holds no key and no record text.

#[path = "../../core/tests/common/mod.rs"]
mod common;
#[path = "../../core/tests/common/decoder.rs"]
mod decoder;
#[path = "../../core/tests/way/leak.rs"]
mod leak;
#[path = "scan/needles.rs"]
mod needles;
#[path = "../../core/tests/way/scene.rs"]
mod scene;

use std::io::{Cursor, sink};
use std::sync::LazyLock;

use ciborium::Value as Item;
use common::{import_sample, import_with, observation, quiet, words};
use needles::{found, secrets, texts};
use patient_wallet::consent::{ConsentId, Narrowing, RequesterClass};
use patient_wallet::host::CancelToken;
use patient_wallet::keys::{IdentityNode, Mnemonic, Secret};
use patient_wallet::record::Text;
use patient_wallet::session::{ImportOptions, NewAttachment, Query, Review};
use patient_wallet::testing::TestWallet;
use patient_wallet::{Requester, Session};
use patient_wallet_memory::Keeper;
use scene::{Given, everything, mental_health, remembered, requester};

#[global_allocator]
static KEEPER: Keeper = Keeper::new();

#[test]
fn after_a_disclosure_freed_memory_holds_no_key_and_no_record_text() {
    LazyLock::force(&NEW);
    LazyLock::force(&SCAN);
    let (home, mut clinic) = requester("Dr. Chen", RequesterClass::Clinician);
    let (test, mut session) = TestWallet::create();
    let (mine, theirs) = (words(&mut session), words(clinic.session()));
    KEEPER.watch(true);

    import_sample(&mut session);
    let record = common::any(&mut session);
    let scan = NewAttachment::new("Herzschrittmacherausweis").unwrap().to(Some(record));
    session.attach(&mut SCAN.as_slice(), &scan, &quiet, &CancelToken::new()).unwrap();
    let request = clinic.request(&everything()).unwrap();
    let id = session.receive_request(&request).unwrap().id;
    let stale = session.review(id, &Narrowing::new()).unwrap();
    let denied = session.review(id, &Narrowing::new().deny(mental_health())).unwrap();
    drop(stale);
    let given = approve(&mut session, &denied);
    drop(denied);
    import_with(&mut session, NEW.as_bytes(), &ImportOptions::default()).unwrap();
    let fresh = refresh(&mut session, given.id());
    session.inbox().unwrap();
    session.consents().unwrap();
    let name = Text::from(NAME);
    for given in [&given, &fresh] {
        open(&mut clinic, given, &name);
    }
    let revoked = session.revoke(&[given.id()]).unwrap();
    session.find(&Query::default()).unwrap();
    session.lock().unwrap();
    clinic.session().suspend().unwrap();

    KEEPER.watch(false);
    let asked = remembered(&home, &theirs, "pmw:asked").pop().unwrap();
    let boxes = [&given, &fresh].map(|given| leak::key_box(&given.disclosure, &asked));
    KEEPER.watch(true);
    clinic.session().resume().unwrap();
    // It destroys the answer key.
    clinic.receive(&revoked[0].envelope).unwrap();
    clinic.lock().unwrap();
    let opened = Requester::unlock(&home.wallet(), &TestWallet::passphrase()).unwrap();
    drop(opened);
    test.unlock().unwrap().lock().unwrap();
    KEEPER.watch(false);

    assert!(KEEPER.kept() > 10_000, "there is something to search");
    let mut needles = secrets(&test, &mine);
    needles.extend(secrets(&home, &theirs));
    needles.extend(texts(&test, &mine));
    needles.push(("the answer key".to_owned(), answer_key(&asked)));
    needles.extend(boxes.iter().flat_map(|opened| content_keys(opened)));
    needles.extend(private(&test, &mine));
    needles.extend(private(&home, &theirs));
    for (name, text) in [
        ("the attachment", "Rhythmus des Herzens"),
        ("its name", "Herzschrittmacherausweis"),
        ("the clinic's name for the patient", NAME),
    ] {
        needles.push((name.to_owned(), text.as_bytes().to_vec()));
    }
    assert_eq!(found(&KEEPER, &needles), [""; 0]);

    let key = answer_key(&asked);
    KEEPER.watch(true);
    drop(key);
    KEEPER.watch(false);
    assert_eq!(found(&KEEPER, &needles), ["the answer key"], "the search finds what is there");
}

/// What comes in later. It lies in static memory: the process must not have freed it itself.
static NEW: LazyLock<String> = LazyLock::new(|| observation("later", "Glykiertes Haemoglobin neu"));
static SCAN: LazyLock<Vec<u8>> = LazyLock::new(|| b"Rhythmus des Herzens. ".repeat(8000));
const NAME: &str = "Nuria, Zimmer siebzehn";

fn approve(session: &mut Session, review: &Review) -> Given {
    let mut disclosure = Vec::new();
    let approved = session.approve(&review.digest, &mut disclosure, &quiet, &CancelToken::new());
    Given { approved: approved.unwrap(), disclosure }
}

fn refresh(session: &mut Session, id: ConsentId) -> Given {
    let preview = session.review_refresh(id).unwrap();
    assert_eq!(preview.release.len(), 1);
    let mut disclosure = Vec::new();
    let cancel = CancelToken::new();
    let approved = session.refresh(id, &preview.digest, &mut disclosure, &quiet, &cancel);
    Given { approved: approved.unwrap(), disclosure }
}

/// Opens everything and lets it go where nothing is kept.
fn open(clinic: &mut Requester, given: &Given, name: &Text) {
    let source = Cursor::new(&given.disclosure);
    let cancel = CancelToken::new();
    let opened = clinic.open(given.approved.token.as_slice(), source, Some(name), &quiet, &cancel);
    let mut opened = opened.unwrap();
    for part in 0..opened.parts().len() {
        opened.copy(part, &mut sink(), &quiet, &cancel).unwrap();
    }
}

fn answer_key(asked: &[u8]) -> Vec<u8> {
    let item: Item = ciborium::from_reader(asked).unwrap();
    let pairs = item.into_map().unwrap();
    pairs.iter().find(|(key, _)| *key == Item::from(2)).unwrap().1.as_bytes().unwrap().clone()
}

/// The keys of the records of a disclosure.
fn content_keys(opened: &[u8]) -> Vec<(String, Vec<u8>)> {
    let item: Item = ciborium::from_reader(opened).unwrap();
    let entries = item.into_array().unwrap();
    assert!(!entries.is_empty());
    let key = |entry: Item| entry.into_array().unwrap()[1].as_bytes().unwrap().clone();
    entries.into_iter().map(|entry| ("a content key".to_owned(), key(entry))).collect()
}

/// What a home derives its signing keys from, the keys that this story used, and the others.
fn private(home: &TestWallet, words: &Mnemonic) -> Vec<(String, Vec<u8>)> {
    let decoded = decoder::decode(home, words);
    let node = decoded.keys.iter().find(|key| key.len() == 128).unwrap();
    let parts = ["the node", "the chain code", "the alias key", "the sealing key"];
    let parts = parts.iter().zip(node.chunks(32));
    let mut private: Vec<_> = parts.map(|(name, key)| ((*name).to_owned(), key.to_vec())).collect();
    let node = || IdentityNode::from_secret(Secret::from_slice(&node[..64]).unwrap()).unwrap();
    let uri = match remembered(home, words, "pmw:requester").first() {
        Some(row) => {
            let item: Item = ciborium::from_reader(row.as_slice()).unwrap();
            let pairs = item.into_map().unwrap();
            let did = pairs.iter().find(|(key, _)| *key == Item::from(2)).unwrap();
            ["pmw://peer/", did.1.as_text().unwrap()].concat()
        }
        None => "pmw://identity".to_owned(),
    };
    let key = node().derive_signing_key(&uri, 0).unwrap().to_secret();
    private.push((uri, key.expose().to_vec()));
    private
}
