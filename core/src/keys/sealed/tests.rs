use chacha20poly1305::aead::{Aead, Payload};
use serde_json::Value;

use super::*;

fn key(byte: u8) -> SealingKey {
    SealingKey::derive(&Secret::init_with(|ikm| ikm.fill(byte)))
}

fn content_key(byte: u8) -> ContentKey {
    ContentKey::from_secret(Secret::init_with(|key| key.fill(byte)))
}

#[test]
fn both_forms_are_one_hpke() {
    // The vector of RFC 9180 A.2.1 with the Enc_structure as its aad: the form without COSE, which
    // the vector itself holds to account, gives the ciphertext.
    let text = include_str!("../../../tests/vectors/rfc9180-a2-base.json");
    let vector: Value = serde_json::from_str(text).unwrap();
    let bytes = |name: &str| hex::decode(vector[name].as_str().unwrap()).unwrap();
    let secret = |name: &str| Secret::from_slice(&bytes(name)).unwrap();
    let reader = SealingKey::derive(&secret("ikmR"));
    let (info, pt, enc) = (bytes("info"), bytes("pt"), bytes("enc"));

    let ikm = secret("ikmE");
    let sealed = reader.public_key().seal_cose_with(&ikm, &info, b"outside", &pt).unwrap();
    let frame = Encrypt0::decode(SealMethod::PublicKey, &sealed).unwrap();
    assert_eq!(frame.value, enc);
    let plain = [&[0x00, 0x20], &*enc, frame.ciphertext].concat();
    let aad = SealMethod::PublicKey.enc_structure(b"outside");
    assert_eq!(*reader.open(&info, &aad, &plain).unwrap(), pt);
    assert_eq!(*reader.open_cose(&info, b"outside", &sealed).unwrap(), pt);
}

#[test]
fn boxes_are_those_of_another_implementation() {
    // Computed by core/tests/vectors/disclosure.py.
    let text = include_str!("../../../tests/vectors/disclosure.json");
    let vectors: Value = serde_json::from_str(text).unwrap();
    let boxes = vectors["boxes"].as_array().unwrap();
    assert_eq!(boxes.len(), 3);
    for vector in boxes {
        let bytes = |name: &str| hex::decode(vector[name].as_str().unwrap()).unwrap();
        let secret = |name: &str| Secret::from_slice(&bytes(name)).unwrap();
        let (info, outside, text) = (bytes("info"), bytes("external_aad"), bytes("plaintext"));
        let reader = SealingKey::from_secret(&secret("private"));
        let ikm = secret("ephemeral_ikm");
        let sealed = reader.public_key().seal_cose_with(&ikm, &info, &outside, &text).unwrap();
        assert_eq!(*sealed, bytes("box"));
        assert_eq!(*reader.open_cose(&info, &outside, &sealed).unwrap(), text);
    }
}

#[test]
fn a_content_key_seals_as_the_cipher_does() {
    let sealed = content_key(1).seal_with([2; 12], b"outside", b"plaintext").unwrap();
    let frame = Encrypt0::decode(SealMethod::ContentKey, &sealed).unwrap();
    let aad = SealMethod::ContentKey.enc_structure(b"outside");
    let expected = ChaCha20Poly1305::new(&[1; 32].into())
        .encrypt(&[2; 12].into(), Payload { msg: b"plaintext", aad: &aad })
        .unwrap();
    assert_eq!((frame.value, frame.ciphertext), ([2; 12].as_slice(), &*expected));
}

#[test]
fn what_is_sealed_opens() {
    for length in [0, 1, 15, 16, 17, 100_000] {
        let text = vec![7; length];
        let sealed = key(1).public_key().seal_cose(b"info", b"outside", &text).unwrap();
        assert_eq!(*key(1).open_cose(b"info", b"outside", &sealed).unwrap(), text);
        let sealed = content_key(1).seal(b"outside", &text).unwrap();
        assert_eq!(*content_key(1).open(b"outside", &sealed).unwrap(), text);
    }
}

#[test]
fn equal_plaintexts_are_sealed_differently() {
    let seal = || key(1).public_key().seal_cose(b"", b"", b"same").unwrap();
    assert_ne!(*seal(), *seal());
    let seal = || content_key(1).seal(b"", b"same").unwrap();
    assert_ne!(*seal(), *seal());
    assert_ne!(ContentKey::generate().unwrap(), ContentKey::generate().unwrap());
}

#[test]
fn every_flipped_bit_and_every_other_length_is_refused() {
    let to_key = key(1).public_key().seal_cose(b"info", b"outside", b"plaintext").unwrap();
    let under_key = content_key(1).seal(b"outside", b"plaintext").unwrap();
    let open_both = |to_key: &[u8], under_key: &[u8]| {
        let opened = [
            key(1).open_cose(b"info", b"outside", to_key),
            content_key(1).open(b"outside", under_key),
        ];
        opened.map(Result::err)
    };
    let refused = [Some(KeyError::Undecryptable); 2];
    assert_eq!(open_both(&to_key, &under_key), [None; 2]);
    assert_eq!(open_both(&under_key, &to_key), refused);
    for bit in 0..8 * to_key.len().max(under_key.len()) {
        let flip = |sealed: &[u8]| {
            let (mut flipped, length) = (sealed.to_vec(), sealed.len());
            flipped[bit / 8 % length] ^= 1 << (bit % 8);
            flipped
        };
        assert_eq!(open_both(&flip(&to_key), &flip(&under_key)), refused, "bit {bit}");
    }
    for length in 0..to_key.len() {
        let cut = |sealed: &[u8]| sealed[..length.min(sealed.len() - 1)].to_vec();
        assert_eq!(open_both(&cut(&to_key), &cut(&under_key)), refused, "length {length}");
    }
    let longer = |sealed: &[u8]| [sealed, &[0]].concat();
    assert_eq!(open_both(&longer(&to_key), &longer(&under_key)), refused);
}

#[test]
fn wrong_key_info_and_outside_look_alike() {
    let sealed = key(1).public_key().seal_cose(b"info", b"outside", b"text").unwrap();
    for (byte, info, outside) in [(2, b"info", b"outside"), (1, b"inf0", b"outside")] {
        let opened = key(byte).open_cose(info, outside, &sealed);
        assert_eq!(opened.unwrap_err(), KeyError::Undecryptable);
    }
    let opened = key(1).open_cose(b"info", b"0utside", &sealed);
    assert_eq!(opened.unwrap_err(), KeyError::Undecryptable);
    let sealed = content_key(1).seal(b"outside", b"text").unwrap();
    for (byte, outside) in [(2, b"outside"), (1, b"0utside")] {
        let opened = content_key(byte).open(outside, &sealed);
        assert_eq!(opened.unwrap_err(), KeyError::Undecryptable);
    }
}

#[test]
fn debug_does_not_leak_key_material() {
    assert_eq!(format!("{:?}", content_key(7)), "ContentKey(..)");
    assert_eq!(content_key(7).secret(), &Secret::init_with(|key| key.fill(7)));
}
