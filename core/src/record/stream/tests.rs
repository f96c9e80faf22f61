use std::io::{self, Cursor, Read};

use super::{super::gzip::tests::compress, *};

type Found = (usize, Option<String>, Option<String>);

fn read_with(file: impl Read, limits: Limits) -> Result<Vec<Found>, RecordError> {
    let mut reader = ResourceReader::with_limits(file, limits)?;
    let mut found = Vec::new();
    while let Some(item) = reader.next()? {
        found.push((
            item.index(),
            item.full_url().map(|url| url.as_str().to_owned()),
            item.resource().map(str::to_owned),
        ));
    }
    assert!(reader.next()?.is_none(), "the end stays the end");
    Ok(found)
}

fn read(file: &str) -> Result<Vec<Found>, RecordError> {
    // Both at once and byte by byte: where a piece ends must not matter.
    let found = read_with(file.as_bytes(), Limits::default());
    assert_eq!(read_with(Dripping(Cursor::new(file.as_bytes())), Limits::default()), found);
    found
}

fn resources(file: &str) -> Vec<String> {
    read(file).unwrap().into_iter().map(|(_, _, resource)| resource.unwrap()).collect()
}

struct Dripping<R>(R);

impl<R: Read> Read for Dripping<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let one = out.len().min(1);
        self.0.read(&mut out[..one])
    }
}

/// A file of any length that is never in memory.
struct Endless {
    start: &'static [u8],
    at: u64,
    length: u64,
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length - self.at).unwrap().min(out.len());
        for byte in &mut out[..left] {
            let at = usize::try_from(self.at).unwrap();
            *byte = self.start.get(at).copied().unwrap_or(b'a');
            self.at += 1;
        }
        Ok(left)
    }
}

const PATIENT: &str = r#"{"resourceType":"Patient","weight": 1.10 , "id":"p"}"#;
const LIST: &str = r#"{"entry":[{"item":{"reference":"a"}},{"item":1}],"resourceType":"List"}"#;

#[test]
fn a_single_resource_comes_back_byte_by_byte() {
    assert_eq!(resources(&format!("\n {PATIENT}\r\n ")), [PATIENT]);
    assert_eq!(resources(&format!("\u{feff}{PATIENT}")), [PATIENT]);
    assert_eq!(resources(LIST), [LIST]);
    let untyped = r#"{ "a" : [ ] , "b" : 1 }"#;
    assert_eq!(resources(untyped), [untyped]);
    assert_eq!(resources("{ }"), ["{ }"]);
}

#[test]
fn lines_of_resources_are_ndjson() {
    assert_eq!(resources(&format!("{PATIENT}\n{LIST}\r\n\n{PATIENT}")), [PATIENT, LIST, PATIENT]);
    let found = read(&format!("{PATIENT}\n{PATIENT}\n")).unwrap();
    assert_eq!(found[1], (1, None, Some(PATIENT.to_owned())));
}

#[test]
fn a_bundle_gives_its_entries_wherever_they_stand() {
    let entries = format!(
        r#""entry" : [ {{ "fullUrl":"urn:uuid:1", "resource": {PATIENT} }} , {{"resource":{LIST},"search":{{}}}},{{"response":{{"status":"201"}}}} ]"#
    );
    let kind = r#""resourceType":"Bundle""#;
    let other = r#""type" : "batch-response", "total":3,"link":[{"url":"a]}\"{"}],"meta":null"#;
    let expected = [
        (0, Some("urn:uuid:1".to_owned()), Some(PATIENT.to_owned())),
        (1, None, Some(LIST.to_owned())),
        (2, None, None),
    ];
    for order in [[kind, other, &entries], [other, &entries, kind], [&entries, kind, other]] {
        let file = format!("{{ {} }}\n", order.join(" , "));
        assert_eq!(read(&file).unwrap(), expected, "{file}");
        let zipped = compress(file.as_bytes());
        assert_eq!(read_with(zipped.as_slice(), Limits::default()).unwrap(), expected);
        assert_eq!(read_with(Dripping(zipped.as_slice()), Limits::default()).unwrap(), expected);
    }
}

#[test]
fn an_empty_bundle_is_no_mistake() {
    for file in [
        r#"{"resourceType":"Bundle"}"#,
        r#"{"resourceType":"Bundle","entry":[ ]}"#,
        r#"{"entry":[ ],"resourceType":"Bundle"}"#,
    ] {
        assert_eq!(read(file).unwrap(), []);
    }
}

#[test]
fn entries_of_something_that_turns_out_to_be_no_bundle_are_refused() {
    let file = format!(r#"{{"entry":[{{"resource":{PATIENT}}}],"resourceType":"Patient"}}"#);
    assert_eq!(read(&file), Err(RecordError::NotFhir));
    let untyped = format!(r#"{{"entry":[{{"resource":{PATIENT}}}]}}"#);
    assert_eq!(read(&untyped), Err(RecordError::NotFhir));
}

#[test]
fn what_is_no_json_object_is_not_fhir() {
    for file in
        ["", "  \n", "[]", "<Patient/>", "null", "\"a\"", "\u{feff}", "PK\u{3}\u{4}", "\u{1f}x"]
    {
        assert_eq!(read(file), Err(RecordError::NotFhir), "{file:?}");
    }
}

#[test]
fn what_breaks_off_or_breaks_the_grammar_is_malformed() {
    let bundle =
        r#"{"resourceType":"Bundle","total":1,"entry":[{"resource":{"id":"1"}},{}],"x":{}}"#;
    assert_eq!(read(bundle).unwrap().len(), 2);
    for (end, _) in bundle.char_indices().skip(1) {
        let (cut, _) = bundle.split_at(end);
        assert!(matches!(read(cut), Err(RecordError::Malformed { .. })), "cut at {end}");
    }
    for file in [
        r#"{"resourceType":"Bundle","entry":{}}"#,
        r#"{"resourceType":"Bundle","entry":[1]}"#,
        r#"{"resourceType":"Bundle","entry":[{},]}"#,
        r#"{"resourceType":"Bundle","entry":[{}],"entry":[]}"#,
        r#"{"resourceType":"Bundle","resourceType":"Bundle"}"#,
        r#"{"resourceType":"Bundle","total":0x1}"#,
        r#"{"resourceType":"Bundle",}"#,
        r#"{"resourceType":"Bundle" "total":1}"#,
        r#"{"resourceType":"Bundle","entry":[{"resource":{},"resource":{}}]}"#,
        r#"{"resourceType":"Bundle","entry":[{"resource":{1}}]}"#,
        r#"{"resourceType":1}"#,
        r#"{,}"#,
        r#"{"a":1} x"#,
        "{\"resourceType\":\"Patient\",\"id\":\"\n\"}",
    ] {
        assert!(matches!(read(file), Err(RecordError::Malformed { .. })), "{file}");
    }
    let latin = b"{\"resourceType\":\"Patient\",\"id\":\"M\xfcller\"}";
    let refused = read_with(latin.as_slice(), Limits::default());
    assert_eq!(refused, Err(RecordError::Malformed { at: 33 }));
}

#[test]
fn the_place_of_a_mistake_is_counted_from_the_start_of_the_file() {
    let file = r#" {"resourceType":"Bundle","entry":[ {"resource":{"a":x}}]}"#;
    let at = u64::try_from(file.find('x').unwrap()).unwrap();
    assert_eq!(read(file), Err(RecordError::Malformed { at }));
    let twice = r#"{"resourceType":"Bundle","entry":[{"fullUrl":"a","fullUrl":"b"}]}"#;
    let at = u64::try_from(twice.find("\"b\"").unwrap()).unwrap();
    assert_eq!(read(twice), Err(RecordError::Malformed { at }));
}

#[test]
fn garbage_of_any_length_is_refused_at_once() {
    let mut garbage = Endless { start: b"", at: 0, length: 100 << 20 };
    assert_eq!(read_with(&mut garbage, Limits::default()), Err(RecordError::NotFhir));
    assert!(garbage.at <= 64 << 10, "it read on");
}

#[test]
fn a_string_without_end_stops_at_the_largest_resource() {
    for start in [&b"{\"a\":\""[..], b"{\"resourceType\":\"Patient\",\"", b"{\"entry\":[{\""] {
        let limits = Limits { resource: 1 << 20, ..Limits::default() };
        let mut file = Endless { start, at: 0, length: 100 << 20 };
        let refused = read_with(&mut file, limits);
        assert_eq!(refused, Err(RecordError::ResourceTooLarge { limit: 1 << 20 }));
        assert!(file.at <= 2 << 20, "it read on");
    }
    // Passed over, not kept: a Bundle's other members end at the largest file.
    let start = b"{\"resourceType\":\"Bundle\",\"signature\":\"";
    let limits = Limits { file: 2 << 20, resource: 1 << 10, ..Limits::default() };
    let refused = read_with(Endless { start, at: 0, length: 100 << 20 }, limits);
    assert_eq!(refused, Err(RecordError::FileTooLarge { limit: 2 << 20 }));
}

#[test]
fn one_byte_more_than_the_largest_file_is_refused() {
    let whole = u64::try_from(PATIENT.len()).unwrap();
    let limits = |file| Limits { file, ..Limits::default() };
    assert!(read_with(PATIENT.as_bytes(), limits(whole)).is_ok());
    let refused = RecordError::FileTooLarge { limit: whole - 1 };
    assert_eq!(read_with(PATIENT.as_bytes(), limits(whole - 1)), Err(refused));
    let long = format!("{PATIENT}{}", " ".repeat(500));
    let zipped = compress(long.as_bytes());
    assert!(zipped.len() < PATIENT.len() + 40);
    let limit = u64::try_from(long.len()).unwrap();
    assert!(read_with(zipped.as_slice(), limits(limit)).is_ok());
    let refused = RecordError::FileTooLarge { limit: limit - 1 };
    assert_eq!(read_with(zipped.as_slice(), limits(limit - 1)), Err(refused));
}

#[test]
fn one_byte_more_than_the_largest_resource_is_refused() {
    let limit = |resource| Limits { resource, ..Limits::default() };
    let bundle = format!(r#"{{"resourceType":"Bundle","entry":[{{"resource":{PATIENT}}}]}}"#);
    for file in [PATIENT, &bundle] {
        assert!(read_with(file.as_bytes(), limit(PATIENT.len())).is_ok());
        let refused = RecordError::ResourceTooLarge { limit: PATIENT.len() - 1 };
        assert_eq!(read_with(file.as_bytes(), limit(PATIENT.len() - 1)), Err(refused));
    }
}

#[test]
fn one_level_more_than_the_deepest_nesting_is_refused() {
    let resource =
        |depth: usize| format!(r#"{{"x":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1));
    let bundle = |resource: &str| {
        format!(r#"{{"resourceType":"Bundle","entry":[{{"resource":{resource}}}]}}"#)
    };
    assert!(read(&resource(64)).is_ok());
    assert!(read(&bundle(&resource(64))).is_ok());
    for file in [resource(65), bundle(&resource(65)), resource(100_000)] {
        assert_eq!(read(&file), Err(RecordError::TooDeep { limit: 64 }));
    }
}

#[test]
fn one_entry_more_than_allowed_is_refused() {
    let bundle = |count: usize| {
        let entries = vec![r#"{"resource":{}}"#; count].join(",");
        format!(r#"{{"resourceType":"Bundle","entry":[{entries}]}}"#)
    };
    let limits = Limits { entries: 3, ..Limits::default() };
    assert_eq!(read_with(bundle(3).as_bytes(), limits).unwrap().len(), 3);
    let refused = Err(RecordError::TooManyEntries { limit: 3 });
    assert_eq!(read_with(bundle(4).as_bytes(), limits), refused);
    assert_eq!(read_with("{}\n".repeat(4).as_bytes(), limits), refused);
}

#[test]
fn a_gzip_bomb_is_refused() {
    let mut bomb = br#"{"resourceType":"Patient","id":""#.to_vec();
    bomb.resize(8 << 20, b' ');
    let refused = read_with(compress(&bomb).as_slice(), Limits::default());
    assert_eq!(refused, Err(RecordError::GzipRatio { limit: 200 }));
}

#[test]
fn a_reader_that_fails_is_told_apart_from_a_bad_file() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let refused = Err(RecordError::Read { kind: io::ErrorKind::ConnectionReset });
    assert_eq!(read_with(PATIENT.as_bytes().take(9).chain(Failing), Limits::default()), refused);
}

#[test]
fn reading_fits_a_small_stack() {
    let handle = std::thread::Builder::new().stack_size(256 << 10).spawn(|| {
        let file = format!(r#"{{"resourceType":"Bundle","entry":[{{"resource":{PATIENT}}}]}}"#);
        assert_eq!(read(&file).unwrap().len(), 1);
        let zipped = compress(file.as_bytes());
        assert_eq!(read_with(zipped.as_slice(), Limits::default()).unwrap().len(), 1);
    });
    handle.unwrap().join().unwrap();
}
