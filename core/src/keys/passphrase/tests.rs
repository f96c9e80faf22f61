use serde_json::Value;

use super::*;

fn passphrase(typed: &str) -> Passphrase {
    Passphrase::new(typed.as_bytes()).unwrap()
}

#[test]
fn stretch_known_answer() {
    let text = include_str!("../../../tests/vectors/argon2id-stretch.json");
    let vectors: Value = serde_json::from_str(text).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 2);
    for case in cases {
        let number = |name: &str| u32::try_from(case[name].as_u64().unwrap()).unwrap();
        let bytes = |name: &str| hex::decode(case[name].as_str().unwrap()).unwrap();
        let params = KdfParams::new(number("m_kib"), number("t")).unwrap();
        let typed = passphrase(case["passphrase"].as_str().unwrap());
        let salt = bytes("salt").try_into().unwrap();
        let secret = stretch(&typed, &salt, params).unwrap();
        assert_eq!(secret.expose().as_slice(), bytes("secret"));
    }
}

#[test]
fn bounds_are_kept_on_every_side() {
    let accepted = [
        (19_456, 2),
        (19_456, 16),
        (65_536, 3),
        (65_536, 16),
        (65_537, 15),
        (262_144, 2),
        (262_144, 4),
    ];
    for (m_kib, t) in accepted {
        let params = KdfParams::new(m_kib, t).unwrap();
        assert_eq!((params.m_kib(), params.t()), (m_kib, t));
    }
    let refused = [
        (19_455, 2),
        (19_456, 1),
        (19_456, 17),
        (65_537, 16),
        (262_145, 2),
        (262_144, 5),
        (0, 3),
        (65_536, 0),
        (u32::MAX, 2),
        (19_456, u32::MAX),
        (u32::MAX, u32::MAX),
    ];
    for (m_kib, t) in refused {
        assert_eq!(KdfParams::new(m_kib, t), Err(KeyError::KdfOutOfBounds), "{m_kib} {t}");
    }
}

// Bounds are checked while this compiles, where nothing can be allocated.
const _: () = assert!(KdfParams::new(u32::MAX, 1).is_err() && KdfParams::new(65_536, 3).is_ok());

#[test]
fn constants_lie_within_the_bounds() {
    for params in [KdfParams::APP, KdfParams::EXPORT, KdfParams::FLOOR] {
        assert_eq!(KdfParams::new(params.m_kib, params.t), Ok(params));
    }
    assert!(KdfParams::APP.cost() > KdfParams::FLOOR.cost());
    assert!(KdfParams::EXPORT.cost() > KdfParams::APP.cost());
}

#[test]
fn calibration_follows_the_device_and_never_leaves_the_bounds() {
    let chosen = |pass_ms| {
        let params = KdfParams::calibrated(pass_ms);
        assert_eq!(KdfParams::new(params.m_kib, params.t), Ok(params));
        (params.m_kib / 1024, params.t)
    };
    let expected = [
        (0, (64, 12)),
        (1, (64, 12)),
        (58, (64, 12)),
        (100, (64, 7)),
        (233, (64, 3)),
        (350, (64, 3)),
        (351, (32, 6)),
        (10_000, (32, 6)),
        (u64::MAX, (32, 6)),
    ];
    for (pass_ms, params) in expected {
        assert_eq!(chosen(pass_ms), params, "{pass_ms} ms");
    }
}

#[test]
fn one_passphrase_has_one_form() {
    assert_eq!(passphrase("Gr\u{fc}\u{df}e"), passphrase("Gru\u{308}\u{df}e"));
    assert_eq!(passphrase("\u{ff21}\u{2460}"), passphrase("A1"));
    assert_ne!(passphrase("correct"), passphrase("Correct"));
    assert_ne!(passphrase("correct"), passphrase("correct "));
}

#[test]
fn length_counts_after_normalisation() {
    for (typed, refused) in [
        (String::new(), true),
        ("a".repeat(1024), false),
        ("a".repeat(1025), true),
        ("\u{ff41}".repeat(1024), false),
        ("\u{1d41a}".repeat(1024), false),
        ("\u{ff41}".repeat(1025), true),
        ("\u{fdfa}".repeat(341), true),
        ("a".repeat(10_000_000), true),
    ] {
        let read = Passphrase::new(typed.as_bytes());
        let expected = refused.then_some(KeyError::PassphraseLength);
        assert_eq!(read.err(), expected, "{:.8} x {}", typed, typed.len());
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    assert_eq!(Passphrase::new(&[0xff, 0xfe]).unwrap_err(), KeyError::Invalid);
}

#[test]
fn debug_does_not_leak_the_passphrase() {
    assert_eq!(format!("{:?}", passphrase("correct")), "Passphrase(..)");
}

#[test]
fn a_generated_passphrase_is_seven_words_of_the_list() {
    let list = Language::English.word_list();
    let mut places = Vec::new();
    for _ in 0..1000 {
        let generated = Passphrase::generate().unwrap();
        let words: Vec<_> = generated.dangerous_text().split(' ').collect();
        assert_eq!(words.len(), 7);
        places.extend(words.iter().map(|word| list.binary_search(word).unwrap()));
        assert_eq!(generated, passphrase(generated.dangerous_text()), "typed, it is the same");
    }
    // 7000 of 2048 words: each bit of the places is set in about half, six deviations at most off.
    for bit in 0..11 {
        let set = places.iter().filter(|place| *place >> bit & 1 == 1).count();
        assert!((3250..=3750).contains(&set), "bit {bit}: {set}");
    }
}

#[test]
fn two_generated_passphrases_differ() {
    assert_ne!(Passphrase::generate().unwrap(), Passphrase::generate().unwrap());
}

#[test]
fn debug_does_not_show_a_generated_passphrase() {
    assert_eq!(format!("{:?}", Passphrase::generate().unwrap()), "Passphrase(..)");
}
