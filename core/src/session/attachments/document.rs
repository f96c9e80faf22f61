//! What a file is when nobody says: its media type, its name, and the record that stands for it.

use std::fmt::Write;

use zeroize::Zeroizing;

use crate::record::json::push_quoted;
use crate::record::text::{push, reserve};
use crate::record::{RecordDate, Text};
use crate::vault::attachments::AttachmentId;
use crate::vault::attachments::meta::Meta;

/// Writes the `DocumentReference` of a file that belongs to no other record.
///
/// It has no `hash`: FHIR's is the SHA-1 of the plaintext, by which a known form is recognised.
pub(super) fn document(id: AttachmentId, meta: &Meta, subject: Option<&Text>) -> Zeroizing<String> {
    let subject = subject.map(Text::as_str);
    let sent = 3 * meta.name.as_str().len() + 2 * subject.map_or(0, str::len);
    // An escape is at most six times what it stands for.
    let mut json = Zeroizing::new(String::with_capacity(1024 + 6 * sent));
    let name = meta.name.as_str();
    push(&mut json, r#"{"resourceType":"DocumentReference","status":"current","type":{"text":"#);
    push_quoted(&mut json, name);
    push(&mut json, r#"},"subject":"#);
    push_patient(&mut json, subject);
    // An instant has a year of four digits.
    if let Ok(date) = meta.at.to_string().parse::<RecordDate>() {
        push(&mut json, r#","date":""#);
        push_shown(&mut json, date);
        push(&mut json, "\"");
    }
    push(&mut json, r#","author":["#);
    push_patient(&mut json, subject);
    push(&mut json, r#"],"description":"#);
    push_quoted(&mut json, name);
    push(&mut json, r#","content":[{"attachment":{"contentType":"#);
    push_quoted(&mut json, meta.media_type.as_str());
    push(&mut json, r#","url":"urn:uuid:"#);
    push_uuid(&mut json, id);
    push(&mut json, "\"");
    if meta.size <= LARGEST_UNSIGNED_INT {
        push(&mut json, r#","size":"#);
        push_shown(&mut json, meta.size);
    }
    push(&mut json, r#","title":"#);
    push_quoted(&mut json, name);
    push(&mut json, "}}]}");
    json
}

/// Tells the media type by the first [`HEAD`] bytes of a file.
pub(super) fn guess(head: &[u8]) -> &'static str {
    let known: [(usize, &[u8], &str); 4] = [
        (0, b"%PDF-", "application/pdf"),
        (0, b"\xff\xd8\xff", "image/jpeg"),
        (0, b"\x89PNG\r\n\x1a\n", "image/png"),
        (128, b"DICM", "application/dicom"),
    ];
    let is = |(at, magic, _): &&(usize, &[u8], &str)| {
        head.get(*at..).is_some_and(|rest| rest.starts_with(magic))
    };
    known.iter().find(is).map_or("application/octet-stream", |(_, _, name)| name)
}

/// Names a file that came without a name.
pub(super) fn default_name(media_type: &str) -> Text {
    Text::from(match media_type {
        "application/pdf" => "attachment.pdf",
        "image/jpeg" => "attachment.jpg",
        "image/png" => "attachment.png",
        "application/dicom" => "attachment.dcm",
        _ => "attachment",
    })
}

/// Refers to the patient, by words where no resource is known.
fn push_patient(json: &mut Zeroizing<String>, subject: Option<&str>) {
    match subject {
        Some(reference) => {
            push(json, r#"{"reference":"#);
            push_quoted(json, reference);
        }
        None => push(json, r#"{"display":"the patient""#),
    }
    push(json, "}");
}

fn push_uuid(json: &mut Zeroizing<String>, id: AttachmentId) {
    for (place, byte) in id.as_bytes().iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            push(json, "-");
        }
        push_shown(json, format_args!("{byte:02x}"));
    }
}

/// Appends something short: a date, a number.
fn push_shown(json: &mut Zeroizing<String>, shown: impl std::fmt::Display) {
    reserve(json, LONGEST_SHOWN);
    // Writing to memory does not fail.
    let _ = write!(**json, "{shown}");
}

/// Bytes of a file by which [`guess`] tells what it is.
pub(super) const HEAD: usize = 132;
/// FHIR R4, data type unsignedInt.
const LARGEST_UNSIGNED_INT: u64 = (1 << 31) - 1;
/// `9999-12-31T23:59:59+14:00`
const LONGEST_SHOWN: usize = 25;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Timestamp;
    use crate::keys::Secret;
    use crate::record::json::Json;
    use crate::record::{Category, RecordId, Resource, Source};
    use crate::vault::attachments::ContentAddress;

    fn meta(name: &str, size: u64, seconds: u64) -> Meta {
        Meta {
            record: RecordId::from_bytes([1; 16]),
            key: Secret::init_with(|key| key.fill(2)),
            size,
            address: ContentAddress::from_bytes([3; 32]),
            name: Meta::name(name),
            media_type: Text::from("application/pdf"),
            at: Timestamp::from_unix(seconds),
            locators: Vec::new(),
        }
    }

    #[test]
    fn the_record_of_a_file_reads_back() {
        let id = AttachmentId::from_bytes(*b"\x01\x23\x45\x67\x89\xab\xcd\xef0123456\xff");
        let meta = meta("Brief \"1\" \\ ä.pdf", 7, 1_795_257_600);
        let json = document(id, &meta, Some(&Text::from("Patient/p")));
        let resource = Resource::parse(&json, &Source::file([0; 16])).unwrap();
        assert_eq!(resource.resource_type().name(), "DocumentReference");
        assert_eq!(resource.category(), Category::Notes);
        assert_eq!(resource.title().as_str(), "Brief \"1\" \\ ä.pdf");
        assert!(resource.date().unwrap().to_string().starts_with("2026-11-21T10:40:00"));
        assert_eq!(resource.references().len(), 1, "the patient, and no file");
        assert!(resource.has_free_text());
        let root = Json::parse(&json, 64).unwrap();
        let content = root.member("content").unwrap().array().unwrap().next().unwrap();
        let attachment = content.member("attachment").unwrap();
        let text = |name| attachment.member(name).unwrap().text().unwrap().into_text();
        assert_eq!(text("url").as_str(), "urn:uuid:01234567-89ab-cdef-3031-3233343536ff");
        assert_eq!(text("contentType").as_str(), "application/pdf");
        assert_eq!(text("title").as_str(), "Brief \"1\" \\ ä.pdf");
        assert_eq!(attachment.member("size").unwrap().number(), Some("7"));
        assert!(attachment.member("hash").is_none());
    }

    #[test]
    fn what_fhir_cannot_say_is_left_out() {
        let id = AttachmentId::from_bytes([0; 16]);
        let json = document(id, &meta("x", LARGEST_UNSIGNED_INT + 1, u64::MAX), None);
        assert!(!json.contains("\"size\"") && !json.contains("\"date\""), "{}", &*json);
        assert!(json.contains(r#""subject":{"display":"the patient"}"#));
        Resource::parse(&json, &Source::file([0; 16])).unwrap();
        let json = document(id, &meta("x", LARGEST_UNSIGNED_INT, 0), None);
        assert!(json.contains(r#""size":2147483647"#) && json.contains("\"date\":\"1970-01-01"));
    }

    #[test]
    fn files_are_known_by_their_first_bytes() {
        let dicom = [&[0; 128], b"DICM".as_slice()].concat();
        assert_eq!(dicom.len(), HEAD);
        for (head, expected) in [
            (b"%PDF-1.7".as_slice(), "application/pdf"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n\0", "image/png"),
            (&dicom, "application/dicom"),
            (&dicom[..131], "application/octet-stream"),
            (b"%PDF", "application/octet-stream"),
            (b"", "application/octet-stream"),
        ] {
            assert_eq!(guess(head), expected);
        }
        assert_eq!(default_name("image/png").as_str(), "attachment.png");
        assert_eq!(default_name("x").as_str(), "attachment");
    }
}
