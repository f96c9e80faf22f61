use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn key(byte: u8) -> SealingKey {
    SealingKey::derive(&Secret::init_with(|ikm| ikm.fill(byte)))
}

#[test]
fn seal_known_answer() {
    let text = include_str!("../../../tests/vectors/rfc9180-a2-base.json");
    let vector: Value = serde_json::from_str(text).unwrap();
    let bytes = |name: &str| hex::decode(vector[name].as_str().unwrap()).unwrap();
    let secret = |name: &str| Secret::from_slice(&bytes(name)).unwrap();

    let key = SealingKey::derive(&secret("ikmR"));
    assert_eq!(key.public_key().to_bytes().as_slice(), bytes("pkRm"));
    let read = SealingKey::from_secret(&secret("skRm"));
    assert_eq!(read.public_key(), key.public_key());
    assert_eq!(read.to_secret(), key.to_secret());

    let first = hex::decode(vector["ct"][0].as_str().unwrap()).unwrap();
    let expected = [&[0x00, 0x20], &*bytes("enc"), &first].concat();
    let (info, pt) = (bytes("info"), bytes("pt"));
    let sealed = key.public_key().seal_with(&secret("ikmE"), &info, b"Count-0", &pt).unwrap();
    assert_eq!(sealed, expected);
    assert_eq!(*key.open(&info, b"Count-0", &sealed).unwrap(), pt);
}

#[test]
fn the_buffer_is_exact() {
    let sealed = key(1).public_key().seal(b"info", b"aad", &[7; 1000]).unwrap();
    assert_eq!((sealed.len(), sealed.capacity()), (1050, 1050));
}

#[test]
fn equal_plaintexts_are_sealed_differently() {
    let public_key = key(1).public_key();
    assert_ne!(public_key.seal(b"", b"", b"same"), public_key.seal(b"", b"", b"same"));
}

#[test]
fn every_flipped_bit_is_refused() {
    let sealed = key(1).public_key().seal(b"info", b"aad", b"plaintext").unwrap();
    // X25519 ignores the top bit of a public key, but the key schedule hashes it.
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let opened = key(1).open(b"info", b"aad", &flipped);
        assert_eq!(opened.unwrap_err(), KeyError::Undecryptable, "bit {bit}");
    }
}

#[test]
fn every_other_length_is_refused() {
    let sealed = key(1).public_key().seal(b"info", b"aad", b"plaintext").unwrap();
    for length in 0..sealed.len() {
        let opened = key(1).open(b"info", b"aad", &sealed[..length]);
        assert_eq!(opened.unwrap_err(), KeyError::Undecryptable, "length {length}");
    }
}

#[test]
fn wrong_key_info_and_aad_look_alike() {
    let sealed = key(1).public_key().seal(b"info", b"aad", b"plaintext").unwrap();
    for (byte, info, aad) in [(2, b"info", b"aad"), (1, b"inf0", b"aad"), (1, b"info", b"add")] {
        let opened = key(byte).open(info, aad, &sealed);
        assert_eq!(opened.unwrap_err(), KeyError::Undecryptable);
    }
}

#[test]
fn an_oversized_info_is_refused_and_does_not_panic() {
    let info = vec![0; 70_000];
    assert_eq!(key(1).public_key().seal(&info, b"", b""), Err(KeyError::Invalid));
    let sealed = key(1).public_key().seal(b"", b"", b"").unwrap();
    assert_eq!(key(1).open(&info, b"", &sealed).unwrap_err(), KeyError::Invalid);
}

#[test]
fn another_length_is_no_public_key() {
    assert_eq!(SealingPublicKey::from_slice(&[9; 31]), Err(KeyError::Invalid));
    assert_eq!(SealingPublicKey::from_slice(&[9; 33]), Err(KeyError::Invalid));
}

#[test]
fn a_key_of_low_order_is_no_public_key() {
    // The list of https://cr.yp.to/ecdh.html#validate, in the bytes of X25519.
    let eight = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800";
    let other = "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157";
    let mut low: Vec<[u8; 32]> =
        [eight, other].map(|hex| hex::decode(hex).unwrap().try_into().unwrap()).into();
    for (first, rest, last) in
        [(0, 0, 0), (1, 0, 0), (0xec, 0xff, 0x7f), (0xed, 0xff, 0x7f), (0xee, 0xff, 0x7f)]
    {
        let mut point = [rest; 32];
        (point[0], point[31]) = (first, last);
        low.push(point);
    }
    for point in low {
        for bit in [0, 0x80] {
            let mut point = point;
            point[31] |= bit;
            assert_eq!(SealingPublicKey::from_slice(&point), Err(KeyError::Invalid), "{point:?}");
            let sealed = SealingPublicKey(point).seal(b"", b"", b"plaintext");
            assert_eq!(sealed, Err(KeyError::Invalid), "X25519 agrees");
        }
        let mut near = point;
        near[7] ^= 1;
        SealingPublicKey::from_slice(&near).unwrap().seal(b"", b"", b"plaintext").unwrap();
    }
}

#[test]
fn private_key_survives_storage() {
    let generated = SealingKey::generate().unwrap();
    let read = SealingKey::from_secret(&generated.to_secret());
    let sealed = generated.public_key().seal(b"", b"", b"plaintext").unwrap();
    assert_eq!(*read.open(b"", b"", &sealed).unwrap(), b"plaintext");
}

#[test]
fn debug_does_not_leak_key_material() {
    assert_eq!(format!("{:?}", key(1)), "SealingKey(..)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_sealed_opens(
        ikm: [u8; 32],
        info: [u8; 24],
        aad: Vec<u8>,
        plaintext: Vec<u8>,
    ) {
        let key = SealingKey::derive(&Secret::from_slice(&ikm).unwrap());
        let sealed = key.public_key().seal(&info, &aad, &plaintext).unwrap();
        prop_assert_eq!(&*key.open(&info, &aad, &sealed).unwrap(), &plaintext);
    }

    #[test]
    fn garbage_does_not_open(mut garbage in prop::collection::vec(any::<u8>(), 2..200)) {
        garbage[..2].copy_from_slice(&[0x00, 0x20]);
        let opened = key(1).open(b"", b"", &garbage);
        prop_assert_eq!(opened.unwrap_err(), KeyError::Undecryptable);
    }
}
