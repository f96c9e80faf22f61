//! Published vectors that are not kept in the repository: BIP39 and did:key.
//!
//! They are found by `WALLET_TEST_DATA`. Unset, this says "not run" instead of passing in silence,
//! which a harness that swallows output cannot; set, every file must be there.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a test without the harness")]
#![allow(clippy::indexing_slicing, reason = "a test without the harness")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use patient_wallet::keys::{DidKey, Mnemonic, Secret, SigningKey};

fn main() {
    let Some(folder) = std::env::var_os("WALLET_TEST_DATA").map(PathBuf::from) else {
        println!("not run: no WALLET_TEST_DATA");
        return;
    };
    let vectors = folder.join("vectors");
    println!("bip39: {} cases", bip39_english(&load(&vectors, "bip39-english.json")));
    println!("did:key: {} cases", did_key(&load(&vectors, "did-key-secp256k1.json")));
}

fn load(folder: &Path, name: &str) -> Value {
    let text = fs::read_to_string(folder.join(name)).expect("WALLET_TEST_DATA has the vectors");
    serde_json::from_str(&text).unwrap()
}

/// Entropy to words and back through our door. The seed needs the passphrase "TREZOR", which the
/// wallet does not offer: there the crate beneath is checked.
fn bip39_english(vectors: &Value) -> usize {
    let cases = vectors["english"].as_array().unwrap();
    for case in cases {
        let [entropy, words, seed] = [0, 1, 2].map(|at| case[at].as_str().unwrap());
        let mnemonic = Mnemonic::from_entropy(&hex::decode(entropy).unwrap()).unwrap();
        assert_eq!(mnemonic.dangerous_words().collect::<Vec<_>>().join(" "), words);
        assert_eq!(hex::encode(&*Mnemonic::parse(words).unwrap().entropy()), entropy);
        let theirs = bip39::Mnemonic::parse_in_normalized(bip39::Language::English, words).unwrap();
        assert_eq!(hex::encode(theirs.to_seed_normalized("TREZOR")), seed);
    }
    assert_eq!(cases.len(), 24);
    cases.len()
}

fn did_key(vectors: &Value) -> usize {
    let cases = vectors.as_object().unwrap();
    let (mut private, mut public) = (0, 0);
    for (text, case) in cases {
        let did = DidKey::parse(text).unwrap();
        assert_eq!(&did.to_string(), text);
        let point = did.verifying_key().to_sec1();
        let pair = &case["verificationKeyPair"];
        if let Some(encoded) = pair["publicKeyBase58"].as_str() {
            assert_eq!(bs58::encode(point).into_string(), encoded);
            public += 1;
        }
        if let Some(x) = pair["publicKeyJwk"]["x"].as_str() {
            assert_eq!(point[1..], base64url(x));
            public += 1;
        }
        if let Some(seed) = case["seed"].as_str() {
            let secret = Secret::from_slice(&hex::decode(seed).unwrap()).unwrap();
            let key = SigningKey::from_secret(&secret).unwrap().verifying_key();
            assert_eq!(DidKey::from(&key), did);
            private += 1;
        }
    }
    assert_eq!((cases.len(), public, private), (6, 6, 5));
    cases.len()
}

fn base64url(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: String = text
        .bytes()
        .map(|byte| alphabet.iter().position(|&letter| letter == byte).unwrap())
        .map(|value| format!("{value:06b}"))
        .collect();
    bits.as_bytes()
        .chunks_exact(8)
        .map(|byte| u8::from_str_radix(str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect()
}
