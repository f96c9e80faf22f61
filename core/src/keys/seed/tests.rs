use super::*;
use crate::keys::DidKey;

/// The golden values of `docs/formats.md` 3 start from this entropy.
fn golden() -> Mnemonic {
    Mnemonic::from_entropy(&[0x11; 32]).unwrap()
}

fn did(uri: &str, index: u32) -> String {
    let node = golden().to_seed().derive_identity_node().unwrap();
    DidKey::from(&node.derive_signing_key(uri, index).unwrap().verifying_key()).to_string()
}

#[test]
fn words_known_answer() {
    let words: Vec<_> = golden().dangerous_words().collect();
    assert_eq!(words.len(), 24);
    assert_eq!(&words[..4], ["baby", "mass", "dust", "captain"]);
    assert_eq!(words[23], "cake");
}

#[test]
fn seed_known_answer() {
    let seed = golden().to_seed();
    assert_eq!(hex::encode(&seed.0.expose()[..16]), "8466f3299bd2934ed51a5f92977f6c81");
}

#[test]
fn signing_keys_known_answer() {
    let expected = [
        ("pmw://identity", 0, "zQ3shVXcc4vEm4HXBaPcQenwfxEJ8JDF4QP3K2gbn46tywfXY"),
        ("pmw://identity", 1, "zQ3shhTgB7ASruECTyx9tUC5BJf2LhBe1xCq7MrUHuZAJCuYG"),
        (
            "pmw://peer/did:web:clinic.example",
            0,
            "zQ3shi5dUfAQ1Pr9TqJJo1QA8gqnjj6ttTRzmes5jXuAD5jLk",
        ),
        (
            "pmw://peer/did:web:clinic.example",
            1,
            "zQ3shNjL4DLAiT89fjwpi85h1YiCDMjC8Y7f4aVPUFqzcCduf",
        ),
    ];
    for (uri, index, key) in expected {
        assert_eq!(did(uri, index), format!("did:key:{key}"), "{uri} {index}");
    }
}

#[test]
fn symmetric_and_sealing_keys_known_answer() {
    let seed = golden().to_seed();
    assert_eq!(
        hex::encode(seed.derive_secret(Domain::SeedSlot).expose()),
        "61a9d456548caa60860ac0f82bc3563ca40b4a25be1891c5c460ef96b69822b4"
    );
    assert_eq!(
        hex::encode(seed.derive_sealing_key(Domain::Hpke).public_key().to_bytes()),
        "7d2a76447321832ffb028ff3771a1baaa787b5ae0420aee9b07beac7122c7803"
    );
}

#[test]
fn words_and_entropy_stand_for_each_other_at_every_length() {
    for length in [16, 20, 24, 28, 32] {
        let entropy: Vec<u8> = (0..length).collect();
        let mnemonic = Mnemonic::from_entropy(&entropy).unwrap();
        let phrase = mnemonic.dangerous_words().collect::<Vec<_>>().join(" ");
        assert_eq!(mnemonic.dangerous_words().count(), usize::from(length) * 3 / 4);
        assert_eq!(*Mnemonic::parse(&phrase).unwrap().entropy(), entropy);
        assert_eq!(*mnemonic.entropy(), entropy);
    }
}

#[test]
fn another_entropy_length_is_refused() {
    for length in (0..=40).filter(|length| ![16, 20, 24, 28, 32].contains(length)) {
        assert_eq!(Mnemonic::from_entropy(&vec![1; length]).unwrap_err(), KeyError::Invalid);
    }
}

#[test]
fn new_words_are_24_by_default_and_differ() {
    let words = |count| Mnemonic::generate(count).unwrap().dangerous_words().collect::<Vec<_>>();
    assert_eq!(words(WordCount::default()).len(), 24);
    assert_eq!(words(WordCount::Twelve).len(), 12);
    assert_ne!(words(WordCount::Twelve), words(WordCount::Twelve));
}

#[test]
fn words_are_read_as_people_type_them() {
    let words = ["legal", "winner", "thank", "year", "wave", "sausage"];
    let phrase = [words.as_slice(), &["worth", "useful"], &words[..3], &["yellow"]].concat();
    let entropy = vec![0x7f; 16];
    let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).unwrap();
    for typed in [
        phrase.join(" "),
        phrase.join("  \t\r\n"),
        format!("\u{a0}\n{}\u{3000}", phrase.join("\u{3000}")),
        phrase.join(" ").to_uppercase(),
        phrase.join(" ").replacen('l', "L", 1),
        phrase.iter().map(|w| w.chars().map(wide).collect()).collect::<Vec<String>>().join(" "),
    ] {
        assert_eq!(*Mnemonic::parse(&typed).unwrap().entropy(), entropy, "{typed}");
    }
}

#[test]
fn a_typo_names_its_place() {
    let words: Vec<_> = golden().dangerous_words().collect();
    for position in 1..=24 {
        for typo in ["captian", "caké", "\u{202e}cake", "cake,", "x", &"a".repeat(100_000)] {
            let mut typed = words.clone();
            typed[position - 1] = typo;
            let error = Mnemonic::parse(&typed.join(" ")).unwrap_err();
            assert_eq!(error, KeyError::UnknownWord { position }, "{typo:.20}");
        }
    }
}

#[test]
fn two_words_exchanged_are_noticed() {
    let mut words: Vec<_> = golden().dangerous_words().collect();
    words.swap(0, 1);
    assert_eq!(Mnemonic::parse(&words.join(" ")).unwrap_err(), KeyError::Checksum);
}

#[test]
fn another_number_of_words_is_refused() {
    for count in (0..=40).filter(|count| ![12, 15, 18, 21, 24].contains(count)) {
        let typed = vec!["abandon"; count].join(" ");
        assert_eq!(Mnemonic::parse(&typed).unwrap_err(), KeyError::WordCount { count });
    }
}

#[test]
fn a_typo_gets_the_word_that_was_meant() {
    for (typed, meant) in [
        ("captian", "captain"),
        ("CAPTAN", "captain"),
        ("capt", "captain"),
        ("abandonn", "abandon"),
        ("recieve", "receive"),
        ("wolrd", "world"),
        ("zooo", "zoo"),
    ] {
        let suggested = suggestions(typed);
        assert!(suggested.contains(&meant) && suggested.len() <= 5, "{typed}: {suggested:?}");
    }
    assert_eq!(suggestions("captian")[0], "captain");
    assert_eq!(suggestions("abandon")[0], "abandon");
    for typed in ["", " ", "xqzwvkjh", "caké caké caké caké", &"a".repeat(100_000)] {
        assert!(suggestions(typed).is_empty(), "{typed:.20}");
    }
}

#[test]
fn distance_known_answers() {
    for (typed, word, expected) in [
        ("", "cake", 4),
        ("cake", "cake", 0),
        ("cake", "", 4),
        ("kitten", "sitting", 3),
        ("sunday", "saturday", 3),
        ("flaw", "lawn", 2),
    ] {
        assert_eq!(distance(typed, word), expected, "{typed} {word}");
    }
}

#[test]
fn the_list_is_what_the_constants_say() {
    let words = Language::English.word_list();
    assert!(words.is_sorted());
    assert_eq!(words.iter().map(|word| word.len()).max(), Some(MAX_WORD_LEN));
}

#[test]
fn debug_does_not_leak_key_material() {
    assert_eq!(format!("{:?} {:?}", golden(), golden().to_seed()), "Mnemonic(..) Seed(..)");
    assert!(!format!("{:?}", Mnemonic::parse("captian").unwrap_err()).contains("captian"));
}

#[test]
fn every_count_of_words_has_the_seed_of_bip39() {
    for length in [16, 20, 24, 28, 32] {
        let entropy: Vec<u8> = (0..length).map(|at| at * 7 + length).collect();
        let theirs = bip39::Mnemonic::from_entropy(&entropy).unwrap().to_seed_normalized("");
        let ours = Mnemonic::from_entropy(&entropy).unwrap().to_seed();
        assert_eq!(*ours.0.expose(), theirs, "{length} bytes");
    }
}
