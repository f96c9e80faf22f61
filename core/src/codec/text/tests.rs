//! Texts of other makers: each refused or read for one reason.

use miniz_oxide::deflate::compress_to_vec_zlib;
use proptest::prelude::*;

use super::*;

/// Bytes that no deflate makes shorter.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

fn text_of(sent: &[u8]) -> String {
    write(sent)
}

fn read(text: &str) -> Result<Vec<u8>, Malformed> {
    decode_text(text).map(|envelope| envelope.to_vec())
}

/// A signed object of so many bytes without its tag.
fn signed(length: usize) -> Vec<u8> {
    [&[0xd2, 0x84], noise(length - 1).as_slice()].concat()
}

#[test]
fn base45_is_that_of_the_rfc() {
    // RFC 9285, 4.3 and 4.4.
    for (bytes, text) in [
        (b"AB".as_slice(), "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
        (b"", ""),
    ] {
        assert_eq!(write(bytes), [PREFIX, text].concat());
        assert_eq!(*decode_base45(text).unwrap(), *bytes, "{text}");
    }
    let all: String = ALPHABET.iter().copied().map(char::from).collect();
    for (place, letter) in all.bytes().enumerate() {
        assert_eq!(digit(letter).map(usize::try_from), Ok(Ok(place)));
    }
    let known = (0..=u8::MAX).filter(|letter| digit(*letter).is_ok()).count();
    assert_eq!(known, 45);
}

#[test]
fn base45_beyond_its_bytes_is_refused() {
    assert_eq!(*decode_base45("FGW").unwrap(), [0xff, 0xff]);
    assert_eq!(decode_base45("GGW").err(), Some(Malformed), "65536, RFC 9285 4.4");
    assert_eq!(decode_base45(":::").err(), Some(Malformed), "91124");
    assert_eq!(*decode_base45("U5").unwrap(), [0xff]);
    assert_eq!(decode_base45("V5").err(), Some(Malformed), "256 in a pair");
    assert_eq!(decode_base45("::").err(), Some(Malformed), "2024 in a pair");
    assert_eq!(decode_base45("0").err(), Some(Malformed), "a letter alone");
    assert_eq!(decode_base45("BB80").err(), Some(Malformed));
}

#[test]
fn each_kind_of_envelope_is_read_back_with_its_tag() {
    let bodies = [noise(9), noise(1000), vec![7; 1000]];
    let kinds: [(&[u8], u8); 4] =
        [(&[0xd2, 0x84], 0x84), (&[0xd0, 0x83], 0x83), (&[0x82], 0x82), (b"PMG1", 0x50)];
    for (kept, first) in kinds {
        for body in &bodies {
            let envelope = [kept, body].concat();
            let text = encode_text(&envelope).unwrap();
            assert_eq!(read(&text), Ok(envelope));
            let sent = decode_base45(text.strip_prefix("PMW1:").unwrap()).unwrap();
            let repeats = body.iter().all(|byte| *byte == 7);
            assert_eq!(sent[0], if repeats { 0x78 } else { first });
        }
    }
}

#[test]
fn every_other_first_byte_is_refused() {
    for first in 0..=u8::MAX {
        let sent = [&[first], b"MG1 and more".as_slice()].concat();
        let known = [0x84, 0x83, 0x82, 0x50].contains(&first);
        assert_eq!(read(&text_of(&sent)).is_ok(), known, "{first:#x}");
        let deflated = compress_to_vec_zlib(&sent, 9);
        assert_eq!(read(&text_of(&deflated)).is_ok(), known, "{first:#x}, deflated");
    }
    let packet = b"PMG2 and more";
    assert_eq!(read(&text_of(packet)), Err(Malformed), "no packet of version 1");
    let twice = compress_to_vec_zlib(&compress_to_vec_zlib(&[0x84; 200], 9), 9);
    assert_eq!(read(&text_of(&twice)), Err(Malformed), "deflated twice");
    assert_eq!(read("PMW1:"), Err(Malformed), "nothing");
}

#[test]
fn bytes_that_are_no_envelope_have_no_text() {
    let untagged = &signed(20)[1..];
    for bytes in [b"".as_slice(), b"{}", &[0xd2], &[0xd2, 0x83, 0], &[0xd0, 0x84, 0], untagged] {
        assert_eq!(encode_text(bytes), Err(Malformed), "{bytes:?}");
    }
}

#[test]
fn prefix_and_alphabet_are_exact() {
    let envelope = signed(40);
    let text = encode_text(&envelope).unwrap();
    assert_eq!(read(&text), Ok(envelope.clone()));
    for good in [format!("{text}\n"), format!("{text}\r\n")] {
        assert_eq!(read(&good), Ok(envelope.clone()), "a line");
    }
    let base45 = text.strip_prefix("PMW1:").unwrap();
    for bad in [
        base45.to_owned(),
        format!("PMW2:{base45}"),
        format!("HC1:{base45}"),
        format!("pmw1:{base45}"),
        format!("PMW1{base45}"),
        text.to_lowercase(),
        format!("PMW1:{}", base45.to_lowercase()),
        format!(" {text}"),
        format!("\n{text}"),
        format!("{text}\n\n"),
        format!("{text}\r"),
        format!("{text}\t"),
        format!("{text}\u{a0}"),
        text.replacen(|letter: char| letter.is_ascii_digit(), "\n", 1),
        format!("\u{feff}{text}"),
        text.replacen("PMW1:", "PMW1:\u{ff21}", 1),
    ] {
        assert_eq!(read(&bad), Err(Malformed), "{bad:?}");
    }
    for end in 0..PREFIX.len() {
        let cut: String = text.chars().take(end).collect();
        assert_eq!(read(&cut), Err(Malformed), "cut at {end}");
    }
}

#[test]
fn shorter_of_the_two_is_sent() {
    for length in 1..300 {
        let envelope = [&[0xd2, 0x84], vec![0; length].as_slice()].concat();
        let untagged = &envelope[1..];
        let deflated = compress_to_vec_zlib(untagged, BEST);
        let shorter = untagged.len().min(deflated.len());
        let text = encode_text(&envelope).unwrap();
        assert_eq!(text.len(), PREFIX.len() + base45_length(shorter), "{length}");
    }
    // Both are read, whichever was chosen by the other side.
    let envelope = signed(100);
    assert_eq!(read(&text_of(&envelope[1..])), Ok(envelope.clone()));
    assert_eq!(read(&text_of(&compress_to_vec_zlib(&envelope[1..], 0))), Ok(envelope.clone()));
    assert_eq!(read(&text_of(&compress_to_vec_zlib(&envelope[1..], 9))), Ok(envelope));
}

#[test]
fn a_stream_inflates_to_eight_kilobytes_at_most() {
    let most = vec![0x84; LARGEST_INFLATED];
    let inflated = read(&text_of(&compress_to_vec_zlib(&most, 9))).unwrap();
    assert_eq!(inflated.len(), LARGEST_INFLATED + 1, "and its tag");
    let more = vec![0x84; LARGEST_INFLATED + 1];
    assert_eq!(read(&text_of(&compress_to_vec_zlib(&more, 9))), Err(Malformed));
    let bomb = compress_to_vec_zlib(&vec![0x84; 100 << 20], 9);
    assert!(bomb.len() < 200_000, "a thousandth of what it inflates to");
    assert_eq!(read(&text_of(&bomb)), Err(Malformed));
    // An envelope beyond that is sent as it is, however well it deflates.
    let large = [&[0xd2], more.as_slice()].concat();
    let text = encode_text(&large).unwrap();
    assert_eq!(text.len(), PREFIX.len() + base45_length(more.len()));
    assert_eq!(read(&text), Ok(large));
}

#[test]
fn a_damaged_stream_is_refused() {
    let envelope = [&[0xd2, 0x84], b"consent ".repeat(30).as_slice()].concat();
    let stream = compress_to_vec_zlib(&envelope[1..], 9);
    assert_eq!(read(&text_of(&stream)), Ok(envelope));
    for end in 1..stream.len() {
        assert_eq!(read(&text_of(&stream[..end])), Err(Malformed), "cut at {end}");
    }
    for extra in [&[0][..], &[0; 9], &stream] {
        assert_eq!(read(&text_of(&[&stream, extra].concat())), Err(Malformed), "trailing");
    }
    let mut wrong = stream.clone();
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(read(&text_of(&wrong)), Err(Malformed), "its checksum");
    // The check bits of the header are made to hold with the flag for a dictionary.
    let mut dictionary = stream;
    dictionary[1] = 0x20;
    dictionary[1] += 31 - u8::try_from(0x7820 % 31).unwrap();
    assert_eq!(read(&text_of(&dictionary)), Err(Malformed), "a dictionary that nobody has");
}

#[test]
fn a_hundred_megabytes_are_refused_at_once() {
    let largest = signed(LARGEST);
    let text = encode_text(&largest).unwrap();
    assert_eq!(text.len(), LONGEST_TEXT);
    assert_eq!(read(&(text + "\r\n")), Ok(largest));
    let larger = signed(LARGEST + 1);
    assert_eq!(encode_text(&larger), Err(Malformed));
    assert_eq!(read(&text_of(&larger[1..])), Err(Malformed));
    for letters in ["BB8", "é", "\0", ":::"] {
        let garbage = ["PMW1:", &letters.repeat(100_000_000 / letters.len())].concat();
        assert_eq!(read(&garbage), Err(Malformed), "{letters}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_is_read(
        kind in 0_usize..4,
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..700),
            proptest::collection::vec(0_u8..4, 0..9000),
        ],
    ) {
        let envelope = [FRAMES[kind].kept, body.as_slice()].concat();
        let text = encode_text(&envelope).unwrap();
        prop_assert!(text.is_ascii());
        prop_assert_eq!(read(&text).unwrap(), envelope);
    }

    #[test]
    fn one_run_of_base45_for_each_run_of_bytes(text in "[0-9A-Z $%*+./:-]{0,12}") {
        if let Ok(bytes) = decode_base45(&text) {
            prop_assert_eq!(write(&bytes), [PREFIX, &text].concat());
        }
    }

    #[test]
    fn any_text_is_refused_or_read(text in "(PMW1:)?\\PC{0,40}") {
        if let Ok(envelope) = decode_text(&text) {
            prop_assert!(FRAMES.iter().any(|frame| envelope.starts_with(frame.kept)));
        }
    }
}
