use super::*;

fn parse(text: &str) -> Json<'_> {
    Json::parse(text, 64).unwrap()
}

#[test]
fn a_number_comes_back_as_it_was_written() {
    let json = parse(r#" {"a":[1.10,-0.0e+7] , "b":1e400} "#);
    let numbers: Vec<_> =
        json.member("a").unwrap().array().unwrap().map(|n| n.number().unwrap()).collect();
    assert_eq!(numbers, ["1.10", "-0.0e+7"]);
    assert_eq!(json.member("b").unwrap().raw(), "1e400");
    assert!(json.member("c").is_none());
}

#[test]
fn members_and_elements_keep_their_order_and_their_bytes() {
    let json = parse("{ \"x\" : { \"y\" : [ ] } ,\n\"z\":\"}\\\"]\" ,\"e\":null}");
    let members: Vec<_> =
        json.object().unwrap().map(|(k, v)| (k.as_str().to_owned(), v.raw())).collect();
    assert_eq!(
        members,
        [("x".into(), "{ \"y\" : [ ] }"), ("z".into(), "\"}\\\"]\""), ("e".into(), "null")]
    );
    assert_eq!(json.member("x").unwrap().member("y").unwrap().array().unwrap().count(), 0);
    assert_eq!(parse("[[],[1,[2]],{}]").array().unwrap().count(), 3);
    assert_eq!(parse("[ ]").array().unwrap().count(), 0);
    assert_eq!(parse("{ }").object().unwrap().count(), 0);
}

#[test]
fn escapes_resolve_in_values_and_in_names() {
    let json = parse(
        r#"{"resourc\u0065Type":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00z","bad":"\ud800!\udc00"}"#,
    );
    assert_eq!(
        json.member("resourceType").unwrap().text().unwrap().as_str(),
        "a\"\\/\u{8}\u{c}\n\r\té😀z"
    );
    assert_eq!(json.member("bad").unwrap().text().unwrap().as_str(), "\u{fffd}!\u{fffd}");
}

#[test]
fn a_name_given_twice_is_refused_even_behind_an_escape() {
    for text in [r#"{"a":1,"a":2}"#, r#"{"a":1,"\u0061":2}"#] {
        assert!(matches!(parse(text).fields(), Err(RecordError::Malformed { .. })), "{text}");
    }
    assert_eq!(parse(r#"{"a":1,"A":2}"#).fields().unwrap().unwrap().iter().count(), 2);
}

#[test]
fn more_members_than_fhir_knows_are_refused() {
    let object = |count: usize| {
        let members: Vec<_> = (0..count).map(|n| format!("\"m{n}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(parse(&object(256)).fields().is_ok());
    assert!(matches!(parse(&object(257)).fields(), Err(RecordError::Malformed { .. })));
}

#[test]
fn sixty_four_levels_pass_and_sixty_five_do_not() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Json::parse(&nested(64), 64).is_ok());
    assert_eq!(Json::parse(&nested(65), 64).unwrap_err(), RecordError::TooDeep { limit: 64 });
    assert!(Json::parse(r#"["[[[[[[[[[[\"[[["]"#, 1).is_ok(), "brackets in a string do not nest");
}

#[test]
fn what_breaks_the_grammar_is_refused_with_its_place() {
    for text in [
        "",
        "{",
        "{\"a\":}",
        "[1,]",
        "{\"a\":1,}",
        "01",
        "\"\\x\"",
        "\"\n\"",
        "nul",
        "{}{}",
        "'a'",
        "[1 2]",
        "\"\\u12g4\"",
        "{\"a\" 1}",
        "\u{feff}{}",
        "NaN",
    ] {
        assert!(matches!(Json::parse(text, 64), Err(RecordError::Malformed { .. })), "{text:?}");
    }
    assert_eq!(Json::parse("{\n\"a\": x}", 64).unwrap_err(), RecordError::Malformed { at: 7 });
    assert_eq!(Json::parse_bytes(b"\"ab\xff\"", 64).unwrap_err(), RecordError::Malformed { at: 3 });
}

#[test]
fn a_million_levels_fit_a_small_stack() {
    let handle = std::thread::Builder::new().stack_size(256 << 10).spawn(|| {
        let deep = "[".repeat(1 << 20);
        assert_eq!(Json::parse(&deep, 64).unwrap_err(), RecordError::TooDeep { limit: 64 });
        // Grammar and walk do not recurse either, whatever the limit.
        let closed = format!("{deep}{}", "]".repeat(1 << 20));
        let json = Json::parse(&closed, usize::MAX).unwrap();
        assert_eq!(json.array().unwrap().count(), 1);
    });
    handle.unwrap().join().unwrap();
}

#[test]
fn debug_does_not_show_the_text() {
    let json = parse(r#"{"secret":"wor\u0064"}"#);
    let shown = format!("{json:?}{:?}{:?}", json.fields(), json.object());
    assert!(!shown.contains("secret") && !shown.contains("wor"));
}
