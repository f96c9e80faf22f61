//! What a story expects: `examples/stories/NAME.json`; and what an answer holds.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::errors::{CliError, Failure};
use crate::patient::demo::readers::Readers;

/// A story's inputs and the facts that must come out.
#[derive(Debug, Deserialize)]
pub(crate) struct Story {
    pub(crate) title: String,
    pub(crate) patient: Patient,
    pub(crate) correction: Correction,
    pub(crate) readers: Readers,
    pub(crate) expect: Expect,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Patient {
    pub(crate) name: String,
    pub(crate) birth_date: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Correction {
    pub(crate) find: Find,
    pub(crate) reference: String,
    pub(crate) author: String,
    pub(crate) reason: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Find {
    pub(crate) text: String,
    pub(crate) code: String,
    pub(crate) matches: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Expect {
    pub(crate) entries: u64,
    pub(crate) records: u64,
    pub(crate) refused: u64,
    pub(crate) by_category: BTreeMap<String, u64>,
    pub(crate) before: String,
    pub(crate) after: String,
    pub(crate) versions: usize,
    pub(crate) searches: Vec<Search>,
    pub(crate) kept_exactly: Vec<Kept>,
    pub(crate) sensitive: BTreeMap<String, u64>,
    pub(crate) labelled: Vec<Labelled>,
    pub(crate) unlabelled: Vec<String>,
    pub(crate) wrong_passphrase: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Search {
    pub(crate) text: String,
    pub(crate) references: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Kept {
    pub(crate) reference: String,
    pub(crate) path: String,
    pub(crate) digits: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Labelled {
    pub(crate) reference: String,
    pub(crate) label: String,
}

/// Reads the file of a story.
pub(crate) fn told<T: DeserializeOwned>(story: &str) -> Result<T, Failure> {
    serde_json::from_str(story)
        .map_err(|_| CliError::Story { fact: "the story's file does not read".to_owned() }.into())
}

/// Gives the list at a place of an answer.
pub(crate) fn list<'a>(answer: &'a Value, path: &str) -> &'a [Value] {
    answer.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Gives the text at a place of an answer.
pub(crate) fn text<'a>(answer: &'a Value, path: &str) -> &'a str {
    answer.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// Gives the number at a place of an answer.
pub(crate) fn number(answer: &Value, path: &str) -> Option<u64> {
    answer.pointer(path).and_then(Value::as_u64)
}

/// Her record, as it comes in.
pub(crate) const PATIENT: &[u8] = include_bytes!("../../../data/patient.json");
