use std::io::Read;

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

const DEPTH: usize = 64;

fn ranges(text: &str, least: usize) -> Vec<&str> {
    let files = find(text, least, DEPTH).unwrap();
    files.iter().map(|file| text.get(file.range.clone()).unwrap()).collect()
}

/// Cuts the files out, keeps their bytes, and puts them back.
fn cut_and_put_back(text: &str, least: usize) -> (usize, Vec<u8>) {
    let files = find(text, least, DEPTH).unwrap();
    let (rest, places) = cut(text, &files);
    let kept: Vec<Vec<u8>> = files
        .iter()
        .map(|file| {
            let mut bytes = Vec::new();
            file.bytes(text).read_to_end(&mut bytes).unwrap();
            bytes
        })
        .collect();
    let mut out = Vec::new();
    put_back(&rest, &places, &mut out, |number, text| text.write_all(&kept[number])).unwrap();
    (files.len(), out)
}

#[test]
fn a_long_file_is_found_with_its_type_and_title() {
    let text = r#"{"resourceType":"DocumentReference","content":[{"attachment":
        {"contentType":"application/pdf","data":"QUJDREVG","title":"Br\u0069ef"}}]}"#;
    let [file] = &find(text, 8, DEPTH).unwrap()[..] else { unreachable!("there is one") };
    assert_eq!(text.get(file.range.clone()), Some("QUJDREVG"));
    assert_eq!(file.media_type, Some(Text::from("application/pdf")));
    assert_eq!(file.title, Some(Text::from("Brief")));
    let (rest, places) = cut(text, std::slice::from_ref(file));
    assert!(rest.contains(r#""data":"","title""#));
    assert_eq!(rest.get(places[0] - 8..=places[0]), Some(r#""data":"""#));
    assert_eq!(rest.capacity(), rest.len());
    assert_eq!(cut_and_put_back(text, 8), (1, text.into()));
}

#[test]
fn several_files_come_in_the_order_of_the_text() {
    let text = r#"{"a":[[{"data":"AAAA"}],{"b":{"data":"BBBB"},"data":"CCCC"}],"data":"DDDD"}"#;
    assert_eq!(ranges(text, 4), ["AAAA", "BBBB", "CCCC", "DDDD"]);
    assert_eq!(cut_and_put_back(text, 4), (4, text.into()));
}

#[test]
fn a_name_written_with_escapes_counts_and_stays() {
    let text = r#"{"d\u0061ta":"AAAA","x":{"data\u0000":"BBBB"}}"#;
    assert_eq!(ranges(text, 4), ["AAAA"]);
    assert_eq!(cut_and_put_back(text, 4), (1, text.into()));
}

#[test]
fn what_encoding_would_not_give_stays_inline() {
    for value in [
        r#""AAA""#,
        r#""AAA\n""#,
        r#""AA A""#,
        r#""AA\/A""#,
        r#""Zh==""#,
        r#""Zg==Zg==""#,
        r#""AA-_""#,
        r#""\u0041AAA""#,
        "[\"AAAA\"]",
        "{\"x\":\"AAAA\"}",
        "12345678",
        "null",
    ] {
        let text = format!(r#"{{"data":{value}}}"#);
        assert_eq!(ranges(&text, 1), [""; 0], "{value}");
        assert_eq!(cut_and_put_back(&text, 1), (0, text.into()));
    }
}

#[test]
fn sampled_data_stays_and_other_members_do_too() {
    let text = r#"{"valueSampledData":{"origin":{"value":0},"data":"1 2 E L 3.5"},
        "valueString":"AAAAAAAA","payload":"AAAAAAAA"}"#;
    assert_eq!(ranges(text, 1), [""; 0]);
    assert_eq!(cut_and_put_back(text, 1), (0, text.into()));
}

#[test]
fn one_character_less_stays_inline() {
    let text = |length| format!(r#"{{"data":"{}"}}"#, "A".repeat(length));
    assert_eq!(ranges(&text(LEAST_INLINE), LEAST_INLINE).len(), 1);
    assert_eq!(ranges(&text(LEAST_INLINE - 4), LEAST_INLINE).len(), 0);
    assert_eq!(LEAST_INLINE / 4 * 3, 48 << 10);
    assert_eq!(cut_and_put_back(&text(1 << 20), LEAST_INLINE), (1, text(1 << 20).into()));
}

#[test]
fn what_is_no_json_or_too_deep_or_ambiguous_is_refused() {
    let deep = "[".repeat(65) + &"]".repeat(65);
    assert_eq!(find(&deep, 1, DEPTH), Err(RecordError::TooDeep { limit: DEPTH }));
    for text in ["{\"data\":\"AAAA\"", "{\"data\":\"AAAA\",\"data\":\"BBBB\"}", "\u{1f600}"] {
        assert!(matches!(find(text, 1, DEPTH), Err(RecordError::Malformed { .. })), "{text}");
    }
}

#[test]
fn wrong_places_are_an_error() {
    for places in [&[100][..], &[5, 4], &[2]] {
        let put = put_back("{\"ä\":1}", places, &mut Vec::new(), |_, _| Ok::<_, io::Error>(()));
        let expected = (places != [2]).then_some(io::ErrorKind::InvalidData);
        assert_eq!(put.err().map(|error| error.kind()), expected, "{places:?}");
    }
    let inside = put_back("ä", &[1], &mut Vec::new(), |_, _| Ok::<_, io::Error>(()));
    assert_eq!(inside.unwrap_err().kind(), io::ErrorKind::InvalidData);
}

#[test]
fn an_error_of_filling_comes_through() {
    let failed = put_back("{}", &[1], &mut Vec::new(), |_, _| Err(io::ErrorKind::NotFound.into()));
    assert_eq!(failed.map_err(|error: io::Error| error.kind()), Err(io::ErrorKind::NotFound));
}

#[test]
fn debug_shows_no_text() {
    let text = r#"{"contentType":"text/hiv","data":"AAAA","title":"HIV"}"#;
    assert_eq!(format!("{:?}", find(text, 4, DEPTH).unwrap()), "[Inline(34..38)]");
}

/// Documents in which files, near misses and everything else stand at any place.
fn document() -> impl Strategy<Value = Value> {
    let file = proptest::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| {
        let mut text = Zeroizing::new(String::new());
        base64::encode(&bytes, &mut text);
        Value::String(text.to_string())
    });
    let leaf = prop_oneof![
        3 => file,
        1 => "[A-Za-z0-9+/= \\\\\"\n\u{e4}]{0,24}".prop_map(Value::String),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let name = prop_oneof![3 => Just("data".to_owned()), 2 => "[a-d\"\\\\]{0,4}"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            proptest::collection::vec((name, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Counts what should be found, the slow way.
fn expected(value: &Value, least: usize) -> usize {
    match value {
        Value::Array(elements) => elements.iter().map(|element| expected(element, least)).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match value {
                Value::String(text) if name == "data" => {
                    usize::from(text.len() >= least && base64::is_canonical(text))
                }
                _ => expected(value, least),
            })
            .sum(),
        _ => 0,
    }
}

proptest! {
    #[test]
    fn what_is_cut_out_is_put_back_byte_for_byte(
        value in document(),
        least in 1_usize..30,
        pretty: bool,
    ) {
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        let (found, back) = cut_and_put_back(&text, least);
        prop_assert_eq!(found, expected(&value, least));
        prop_assert_eq!(back, text.into_bytes());
    }
}
