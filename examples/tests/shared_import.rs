//! Every FHIR file of the test data goes in and comes out again, and nothing of it can be read in
//! the files of the wallet.
//!
//! Needs `WALLET_TEST_DATA`, the folder of the test data.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a failing helper fails its test"
)]

mod common;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::PathBuf;

use common::Home;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Bundle {
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    resource: Box<RawValue>,
}

/// The files, in their order; none when there is no test data.
fn files() -> Vec<PathBuf> {
    let Some(folder) = std::env::var_os("WALLET_TEST_DATA") else {
        println!("not run: no WALLET_TEST_DATA");
        return Vec::new();
    };
    let folder = PathBuf::from(folder).join("fhir");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    assert!(!files.is_empty(), "the test data has no FHIR files");
    files
}

/// The resources of a Bundle as they were written, sorted.
fn resources(path: &str) -> Vec<String> {
    let bundle: Bundle = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut found: Vec<_> =
        bundle.entry.into_iter().map(|it| it.resource.get().to_owned()).collect();
    found.sort();
    found
}

/// Every string value of a file that is long enough not to occur by chance, and not part of the
/// database's schema, which is in clear.
fn strings(value: &Value, found: &mut HashSet<String>) {
    match value {
        Value::String(text) if text.len() >= KEY && !SCHEMA.contains(text.as_str()) => {
            found.insert(text.clone());
        }
        Value::Array(values) => values.iter().for_each(|value| strings(value, found)),
        Value::Object(members) => members.values().for_each(|value| strings(value, found)),
        _ => {}
    }
}

/// Finds the strings that occur in some bytes.
fn readable<'a>(bytes: &[u8], strings: &'a HashSet<String>) -> Vec<&'a str> {
    let mut beginnings: HashMap<&[u8], Vec<&str>> = HashMap::new();
    for text in strings {
        beginnings.entry(&text.as_bytes()[..KEY]).or_default().push(text);
    }
    let mut found = Vec::new();
    for (at, window) in bytes.windows(KEY).enumerate() {
        for text in beginnings.get(window).into_iter().flatten() {
            if bytes[at..].starts_with(text.as_bytes()) {
                found.push(*text);
            }
        }
    }
    found
}

#[test]
fn every_file_goes_in_and_comes_out_byte_for_byte() {
    for path in files() {
        let path = path.to_str().unwrap();
        let sent = resources(path);
        let home = Home::with_wallet();
        let report = home.json(&["import", path]);
        assert_eq!(report["total"]["new"], sent.len(), "{path}");
        assert_eq!(report["total"]["refused"], 0, "{path}");
        assert_eq!(home.json(&["records", "--limit", "1"])["total"], sent.len(), "{path}");
        let out = home.path("out.json");
        home.wallet(&["export", "-o", &out]).done();
        // The raw text of each resource: equal content, and every number with its digits.
        assert!(resources(&out) == sent, "{path} came back otherwise");
    }
}

#[test]
fn nothing_of_a_file_can_be_read_in_the_files_of_the_wallet() {
    for path in files() {
        let text = fs::read_to_string(&path).unwrap();
        let mut wanted = HashSet::new();
        strings(&serde_json::from_str(&text).unwrap(), &mut wanted);
        assert!(wanted.len() > 100, "{}", path.display());
        assert!(!readable(text.as_bytes(), &wanted).is_empty(), "the search itself works");
        let home = Home::with_wallet();
        home.wallet(&["import", path.to_str().unwrap()]).done();
        let files = home.bytes();
        assert!(files.iter().any(|(file, _)| file.ends_with("vault.db")));
        for (file, bytes) in files {
            let found = readable(&bytes, &wanted);
            assert!(found.is_empty(), "{} tells {found:?}", file.display());
        }
    }
}

const SCHEMA: &str = include_str!("../../core/src/db/schema.sql");
/// Shorter strings occur in random bytes by chance.
const KEY: usize = 7;
