//! What another implementation made from docs/formats.md is accepted: `vectors/foreign.json`, written
//! by `tools/foreign.py`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing helper fails its test")]

use std::fs;
use std::path::Path;

use serde_json::Value;

use patient_wallet::codec::decode_text;
use patient_wallet::consent::{
    AccessRequest, ConsentError, ConsentToken, Credential, Expected, Opening,
};
use patient_wallet::host::Timestamp;
use patient_wallet::keys::{ContentKey, KeyError, SealingKey, Secret, VerifyingKey};
use patient_wallet::record::{LabelSet, RecordId, SensitivityLabel};

#[test]
fn tokens_are_accepted() {
    let file = load();
    let tokens = cases(&file, "tokens", 3);
    for case in tokens {
        let (token, key, reader) = (bytes(&case["token"]), key(&case["key"]), key(&case["reader"]));
        let verify = |reader, now| {
            ConsentToken::verify(
                &token,
                &Expected { reader, pinned: Some(&key), was_known: false },
                now,
                None,
            )
        };
        let consent = verify(&reader, now(&file)).unwrap();
        assert_eq!(consent.id().to_string(), case["id"].as_str().unwrap());
        assert_eq!(hex::encode(consent.object_id()), case["object_id"].as_str().unwrap());
        assert_eq!(*consent.scope().private_terms(), opening(&case["opening"]).commit());
        assert_eq!(verify(&reader, consent.expires_at()).err(), Some(ConsentError::Expired));
        assert_eq!(verify(&key, now(&file)).err(), Some(ConsentError::OtherRequester));
        assert_eq!(*decode_text(case["text"].as_str().unwrap()).unwrap(), token);
    }
    let high = tokens.iter().filter(|case| {
        let token = bytes(&case["token"]);
        token[token.len() - 32] >= 0x80
    });
    assert!(high.count() > 0, "one signature has an s that the wallet never writes");
}

#[test]
fn requests_and_the_credential_they_carry_are_accepted() {
    let file = load();
    let [vouched] = cases(&file, "credentials", 1) else { unreachable!("one was demanded") };
    let directory = key(&vouched["key"]);
    let mut carried = 0;
    for case in cases(&file, "requests", 2) {
        let bytes_of_it = bytes(&case["request"]);
        let request = AccessRequest::verify(&bytes_of_it, now(&file)).unwrap();
        assert_eq!(request.id().to_string(), case["id"].as_str().unwrap());
        assert_eq!(hex::encode(request.object_id()), case["object_id"].as_str().unwrap());
        assert_eq!(*request.key(), key(&case["key"]));
        let answer = SealingKey::from_secret(&Secret::from_slice(&bytes(&case["answer"])).unwrap());
        assert_eq!(request.answer_key().to_bytes(), answer.public_key().to_bytes());
        assert_eq!(request.name(), Some("Praxis am Markt"));
        assert_eq!(
            AccessRequest::verify(&bytes_of_it, request.expires_at()).err(),
            Some(ConsentError::RequestExpired)
        );
        assert_eq!(*decode_text(case["text"].as_str().unwrap()).unwrap(), bytes_of_it);
        if let Some(credential) = request.credential() {
            assert_eq!(credential, bytes(&vouched["credential"]));
            let credential = Credential::verify(credential, &directory, now(&file)).unwrap();
            assert_eq!(credential.key(), request.key());
            assert_eq!(credential.id().to_string(), vouched["id"].as_str().unwrap());
            carried += 1;
        }
    }
    assert_eq!(carried, 1);
}

#[test]
fn boxes_are_opened() {
    let file = load();
    for case in cases(&file, "boxes", 2) {
        let [private, info, aad, sealed, text] =
            ["private", "info", "external_aad", "box", "plaintext"]
                .map(|field| bytes(&case[field]));
        let key = SealingKey::from_secret(&Secret::from_slice(&private).unwrap());
        assert_eq!(*key.open_cose(&info, &aad, &sealed).unwrap(), text);
        let other = key.open_cose(&info, b"other", &sealed);
        assert_eq!(other.err(), Some(KeyError::Undecryptable));
    }
    for case in cases(&file, "contents", 2) {
        let [key, aad, sealed, text] =
            ["key", "external_aad", "box", "plaintext"].map(|field| bytes(&case[field]));
        let key = ContentKey::from_secret(Secret::from_slice(&key).unwrap());
        assert_eq!(*key.open(&aad, &sealed).unwrap(), text);
        assert_eq!(key.open(b"other", &sealed).err(), Some(KeyError::Undecryptable));
    }
}

fn opening(value: &Value) -> Opening {
    let denied = value["denied"].as_array().unwrap().iter();
    let denied: LabelSet =
        denied.map(|code| SensitivityLabel::from_code(code.as_str().unwrap()).unwrap()).collect();
    let withheld = value["withheld"].as_array().unwrap().iter();
    let withheld: Vec<RecordId> =
        withheld.map(|id| RecordId::from_bytes(bytes(id).try_into().unwrap())).collect();
    Opening::new(bytes(&value["salt"]).try_into().unwrap(), denied, &withheld)
}

fn load() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/foreign.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Gives the cases of a kind, which must be so many.
fn cases<'a>(file: &'a Value, kind: &str, count: usize) -> &'a [Value] {
    let cases = file[kind].as_array().unwrap();
    assert_eq!(cases.len(), count, "{kind}");
    cases
}

fn now(file: &Value) -> Timestamp {
    Timestamp::from_unix(file["now"].as_u64().unwrap())
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn key(value: &Value) -> VerifyingKey {
    VerifyingKey::from_sec1(&bytes(value)).unwrap()
}
