//! Golden objects, made from fixed keys: `UPDATE_VECTORS=1` writes them anew.

use std::fs;
use std::path::Path;

use patient_wallet::consent::{
    AccessRequest, Alias, AliasKey, ConsentToken, Contact, Credential, CredentialList, Delegation,
    Denial, Expected, Notice, Opening, Revocation, Rule, RuleId,
};
use patient_wallet::host::Timestamp;
use patient_wallet::keys::{Secret, SigningKey, VerifyingKey};
use patient_wallet::receipt::AccessReceipt;
use patient_wallet::record::SensitivityLabel;
use serde_json::{Value, json};

use crate::bench::*;

fn hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(bytes)
}

fn sec1(key: &SigningKey) -> String {
    hex(public(key).to_sec1())
}

fn object(name: &str, kind: &str, bytes: &[u8], key: &SigningKey) -> Value {
    json!({"name": name, kind: hex(bytes), "key": sec1(key), "at": NOW.unix()})
}

fn golden() -> Value {
    let tokens = [("typical", token()), ("everything", full_token())].map(|(name, bytes)| {
        let mut token = object(name, "token", &bytes, &patient());
        token["reader"] = json!(sec1(&clinic()));
        token
    });
    let mut proxied = object("by a proxy", "token", &proxied_token(), &proxy());
    proxied["reader"] = json!(sec1(&clinic()));
    proxied["patient"] = json!(sec1(&patient()));
    let requests = [("typical", request()), ("everything", full_request())]
        .map(|(name, bytes)| object(name, "request", &bytes, &clinic()));
    let contacts = [("typical", contact(None)), ("vouched for", contact(Some(&credential())))]
        .map(|(name, bytes)| object(name, "contact", &bytes, &clinic()));
    let mut credential = object("clinician", "credential", &credential(), &directory());
    credential["subject"] = json!(sec1(&clinic()));
    let notices = [("correction", notice()), ("erasure wish", wish())]
        .map(|(name, bytes)| object(name, "notice", &bytes, &patient()));
    let names = ["opened", "read again", "notice applied"].into_iter();
    let receipts = names.zip(receipts()).map(|(name, bytes)| {
        let mut receipt = object(name, "receipt", &bytes, &clinic());
        receipt["id"] = json!(AccessReceipt::read(&bytes).unwrap().id().to_string());
        receipt
    });
    let denied = labels(&[SensitivityLabel::MentalHealth, SensitivityLabel::Genetics]);
    let opening = Opening::new([0x66; 16], denied, &[record(3), record(1)]);
    let alias_key = AliasKey::new(Secret::init_with(|bytes| bytes.fill(0x77)));
    let alias = Alias::derive(&alias_key, "did:web:klinik-nord.example", &[1; 16]);
    let rule = Rule::new(RuleId::from_bytes([5; 16]), None, denied, asked()).unwrap();
    json!({
        "note": "private keys: patient 11 x 32, clinic 22 x 32, directory 33 x 32, proxy aa x 32, offer 9f x 32; X25519 private key of the answer 44 x 32; alias key 77 x 32",
        "tokens": tokens,
        "requests": requests,
        "contacts": contacts,
        "credentials": [credential],
        "lists": [object("two", "list", &credential_list(), &directory())],
        "delegations": [object("a parent", "delegation", &delegation(), &patient())],
        "offers": [object("sixteen keys", "offer", &offer(), &signing(0x9f))],
        "proxied": [proxied],
        "revocations": [object("two and all before", "revocation", &revocation(), &patient())],
        "denials": [
            object("with a reason", "denial", &denial(), &patient()),
            object("by a proxy", "denial", &proxied_denial(), &proxy()),
        ],
        "notices": notices,
        "receipts": receipts.collect::<Vec<_>>(),
        "openings": [{
            "opening": hex(&*opening.encode()),
            "commitment": hex(opening.commit()),
        }],
        "aliases": [{
            "did": "did:web:klinik-nord.example", "record": hex([1; 16]), "alias": alias.to_string(),
        }],
        "rules": [hex(&*rule.encode())],
    })
}

#[test]
fn objects_are_the_golden_ones() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/consent.json");
    let written = serde_json::to_string_pretty(&golden()).unwrap() + "\n";
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        fs::write(&path, &written).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), written);
}

/// The file says by itself what holds when.
#[test]
fn golden_objects_verify_by_what_stands_beside_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/consent.json");
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let bytes = |value: &Value| hex::decode(value.as_str().unwrap()).unwrap();
    let key = |value: &Value| VerifyingKey::from_sec1(&bytes(value)).unwrap();
    let at = |case: &Value| Timestamp::from_unix(case["at"].as_u64().unwrap());
    let mut seen = 0;
    let mut cases = |kind: &str, judge: &dyn Fn(&Value) -> VerifyingKey| {
        for case in file[kind].as_array().unwrap() {
            assert_eq!(judge(case), key(&case["key"]), "{kind} {}", case["name"]);
            seen += 1;
        }
    };
    cases("tokens", &|case| {
        let reader = key(&case["reader"]);
        let expected = Expected { reader: &reader, pinned: None, was_known: false };
        *ConsentToken::verify(&bytes(&case["token"]), &expected, at(case), None).unwrap().key()
    });
    cases("requests", &|case| {
        *AccessRequest::verify(&bytes(&case["request"]), at(case)).unwrap().key()
    });
    cases("contacts", &|case| *Contact::verify(&bytes(&case["contact"]), at(case)).unwrap().key());
    cases("credentials", &|case| {
        let directory = key(&case["key"]);
        let read = Credential::verify(&bytes(&case["credential"]), &directory, at(case)).unwrap();
        assert_eq!(*read.key(), key(&case["subject"]));
        directory
    });
    cases("lists", &|case| {
        let directory = key(&case["key"]);
        CredentialList::verify(&bytes(&case["list"]), &directory, at(case)).unwrap();
        directory
    });
    cases("revocations", &|case| *Revocation::verify(&bytes(&case["revocation"])).unwrap().key());
    cases("denials", &|case| *Denial::verify(&bytes(&case["denial"]), at(case)).unwrap().key());
    cases("delegations", &|case| *Delegation::read(&bytes(&case["delegation"])).unwrap().key());
    cases("offers", &|case| {
        let offer = Contact::verify(&bytes(&case["offer"]), at(case)).unwrap();
        assert_eq!(offer.proxy_keys().len(), Contact::KEYS);
        *offer.key()
    });
    cases("proxied", &|case| {
        let (reader, patient) = (key(&case["reader"]), key(&case["patient"]));
        let expected = Expected { reader: &reader, pinned: Some(&patient), was_known: false };
        *ConsentToken::verify(&bytes(&case["token"]), &expected, at(case), None).unwrap().key()
    });
    cases("notices", &|case| *Notice::verify(&bytes(&case["notice"]), at(case)).unwrap().key());
    let mut last = None;
    for case in file["receipts"].as_array().unwrap() {
        let receipt = AccessReceipt::verify(&bytes(&case["receipt"]), at(case)).unwrap();
        assert_eq!((receipt.reader(), receipt.previous()), (&key(&case["key"]), last));
        assert_eq!(receipt.id().to_string(), case["id"].as_str().unwrap());
        last = Some(receipt.id());
    }
    assert_eq!(file["receipts"].as_array().unwrap().len(), 3);
    assert_eq!(seen, 16);
    let opening = Opening::decode(&bytes(&file["openings"][0]["opening"])).unwrap();
    assert_eq!(hex(opening.commit()), file["openings"][0]["commitment"].as_str().unwrap());
}
