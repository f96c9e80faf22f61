//! The JSON that scripts rely on.

pub(crate) mod consent;

use patient_wallet::record::SensitivityLabel;
use patient_wallet::session::{Record, Resource};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A record as JSON: `{id, version, category, labels, classified, ...}`.
#[derive(Debug)]
pub(crate) struct RecordShape<'a>(pub(crate) &'a Record);

#[derive(Serialize)]
struct Fields<'a> {
    id: String,
    version: u32,
    category: &'static str,
    labels: Vec<&'static str>,
    classified: bool,
    resource_type: &'a str,
    reference: Option<&'a str>,
    code: Option<Code<'a>>,
    title: &'a str,
    date: Option<String>,
    author: Option<&'a str>,
    source: Option<&'a str>,
    size: u32,
}

#[derive(Serialize)]
struct Code<'a> {
    system: &'a str,
    code: &'a str,
    display: Option<&'a str>,
}

impl Serialize for RecordShape<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let record = self.0;
        let code = record.code.as_ref().map(|code| Code {
            system: code.system.as_str(),
            code: code.code.as_str(),
            display: code.display.as_ref().map(AsRef::as_ref),
        });
        let fields = Fields {
            id: record.id.to_string(),
            version: record.version,
            category: record.category.word(),
            labels: record.labels.iter().map(SensitivityLabel::word).collect(),
            classified: record.classified,
            resource_type: record.resource_type.as_str(),
            reference: record.reference.as_ref().map(AsRef::as_ref),
            code,
            title: record.title.as_str(),
            date: record.date.map(|date| date.to_string()),
            author: record.author.as_ref().map(AsRef::as_ref),
            source: record.source.as_ref().map(AsRef::as_ref),
            size: record.size,
        };
        fields.serialize(serializer)
    }
}

/// Writes records as JSON.
pub(crate) fn records<S: Serializer>(records: &[Record], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(records.iter().map(RecordShape))
}

/// Writes a record as JSON.
pub(crate) fn record<S: Serializer>(record: &Record, serializer: S) -> Result<S::Ok, S::Error> {
    RecordShape(record).serialize(serializer)
}

/// Gives a resource as JSON, each number with the digits it came with.
pub(crate) fn resource<E: serde::ser::Error>(resource: &Resource) -> Result<&RawValue, E> {
    serde_json::from_slice(resource.json()).map_err(|_| E::custom("a resource is not JSON"))
}
