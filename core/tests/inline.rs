//! Files inside resources: they become attachments, and every resource leaves as it came.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a failing helper fails its test"
)]

mod common;
#[path = "common/decoder.rs"]
mod decoder;
#[path = "common/files.rs"]
mod files;

use std::io;

use common::{bundle, count, import_from, import_with, quiet, refusal};
use files::{base64, bytes, folder, only, save, sealed_files};
use patient_wallet::audit::AuditKind;
use patient_wallet::host::CancelToken;
use patient_wallet::record::{Authored, AuthoredKind, LabelSet, RecordId, SensitivityLabel, Text};
use patient_wallet::session::{
    Authentication, BackupKey, ExportFormat, ImportOptions, LogQuery, Query, Replace, Resource,
};
use patient_wallet::testing::TestWallet;
use patient_wallet::{Error, Session};

fn import(session: &mut Session, file: &str) -> (usize, usize, usize) {
    let report = import_with(session, file.as_bytes(), &ImportOptions::default()).unwrap();
    assert_eq!(report.refused, []);
    (report.new, report.changed, report.same)
}

fn read(session: &mut Session, id: RecordId) -> String {
    String::from_utf8(session.read(id, None).unwrap().json().to_vec()).unwrap()
}

fn export(session: &mut Session, format: ExportFormat) -> String {
    let mut out = Vec::new();
    session.export(&Query::default(), format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A DocumentReference about which the wallet can be asked, with one file.
fn letter(note: &str, data: &[u8]) -> String {
    format!(
        r#"{{"resourceType":"DocumentReference","id":"d","meta":{{"source":"urn:anna"}},"description":"Letter {note}","content":[{{"attachment":{{"contentType":"application/pdf","data":"{}","title":"Arztbrief.pdf"}}}}]}}"#,
        base64(data)
    )
}

/// Resources with files at many places: name, text, and type, name and bytes of each file.
type Files = Vec<(&'static str, &'static str, Vec<u8>)>;

fn resources() -> Vec<(&'static str, String, Files)> {
    let [a, b, c] = [49_152, 50_001, 100_000].map(bytes);
    let (x, y, z) = (base64(&a), base64(&b), base64(&c));
    let pdf = [b"%PDF-1.4 ".as_slice(), &b].concat();
    let p = base64(&pdf);
    vec![
        (
            "Binary",
            format!(
                r#"{{"resourceType":"Binary","id":"1","contentType":"image/png","data":"{x}"}}"#
            ),
            vec![("image/png", "attachment.png", a.clone())],
        ),
        (
            "DocumentReference",
            format!(
                "{{\n\t\"resourceType\" : \"DocumentReference\",\r\n \"id\":\"2\", \"description\":\"Ä\", \"content\":[ {{\"attachment\":{{\"data\" :\n \"{y}\" , \"title\":\"Brief\\u0020ä\"}}}}]\n}}"
            ),
            vec![("application/octet-stream", "Brief ä", b.clone())],
        ),
        (
            "Media",
            format!(
                r#"{{"resourceType":"Media","id":"3","status":"completed","content":{{"data":"{p}"}}}}"#
            ),
            vec![("application/pdf", "attachment.pdf", pdf)],
        ),
        (
            "DiagnosticReport",
            format!(
                r#"{{"resourceType":"DiagnosticReport","id":"4","status":"final","code":{{"text":"CT"}},"presentedForm":[{{"contentType":"application/pdf","data":"{x}","title":"one"}},{{"contentType":"text/html","data":"PGI+"}},{{"contentType":"application/dicom","data":"{z}"}},{{"data":"{y}"}}]}}"#
            ),
            vec![
                ("application/pdf", "one", a),
                ("application/dicom", "attachment.dcm", c.clone()),
                ("application/octet-stream", "attachment", b),
            ],
        ),
        (
            "contained",
            format!(
                r#"{{"resourceType":"Observation","id":"5","code":{{"text":"ECG"}},"contained":[{{"resourceType":"Binary","id":"in","contentType":"image/jpeg","data":"{z}"}}],"note":[{{"text":"AAAA"}}]}}"#
            ),
            vec![("image/jpeg", "attachment.jpg", c)],
        ),
    ]
}

#[test]
fn a_file_inside_a_resource_becomes_an_attachment_and_comes_back() {
    for (name, json, expected) in resources() {
        let (test, mut session) = TestWallet::create();
        assert_eq!(import(&mut session, &json), (1, 0, 0), "{name}");
        let id = session.find(&Query::default()).unwrap().ids[0];
        let check = |session: &mut Session| {
            assert!(read(session, id) == json, "{name}: byte for byte");
            assert!(session.history(id).unwrap()[0].json() == json.as_bytes());
            let found = session.attachments(id).unwrap();
            assert_eq!((found.len(), sealed_files(&test)), (expected.len(), expected.len()));
            for (media_type, title, data) in &expected {
                let one = found.iter().find(|one| one.name.as_str() == *title).unwrap();
                assert_eq!((one.record, one.media_type.as_str()), (id, *media_type), "{name}");
                assert!(save(session, one.id) == *data, "{name}");
            }
        };
        check(&mut session);
        let record = session.record(id).unwrap();
        assert_eq!(usize::try_from(record.size).unwrap(), json.len(), "the whole resource");
        session.lock().unwrap();
        let mut session = test.unlock().unwrap();
        check(&mut session);
        assert_eq!(import(&mut session, &json), (0, 0, 1), "{name}");
        let spaced = json.replace("\":", "\" : ");
        assert_eq!(import(&mut session, &spaced), (0, 0, 1), "{name}: but for blanks");
        check(&mut session);
        assert!(session.verify(&quiet, &CancelToken::new()).unwrap().faults.is_empty());
    }
}

#[test]
fn every_file_has_an_entry_in_the_log() {
    let (_test, mut session) = TestWallet::create();
    let (_, json, expected) = resources().remove(3);
    import(&mut session, &json);
    let id = session.find(&Query::default()).unwrap().ids[0];
    let page = session.log(&LogQuery { record: Some(id), ..LogQuery::default() }).unwrap();
    let kinds: Vec<_> = page.entries.iter().map(|entry| entry.entry.kind()).collect();
    assert_eq!(kinds, [[AuditKind::Attached; 3].as_slice(), &[AuditKind::Added]].concat());
    let found = session.attachments(id).unwrap();
    assert_eq!(found.len(), expected.len());
    for one in found {
        let logged = page.entries.iter().any(|entry| {
            entry.entry.ids()[1..].iter().any(|other| other.as_bytes() == one.id.as_bytes())
                && entry.entry.hashes() == [*one.address.as_bytes()]
        });
        assert!(logged);
    }
}

#[test]
fn a_whole_file_of_them_goes_out_and_is_the_same_again() {
    let (test, mut session) = TestWallet::create();
    let all: Vec<String> = resources().into_iter().map(|(_, json, _)| json).collect();
    assert_eq!(import(&mut session, &bundle(&all)), (5, 0, 0));
    let files = sealed_files(&test);
    assert_eq!(files, 7);
    let out = export(&mut session, ExportFormat::Bundle);
    assert!(all.iter().all(|json| out.contains(json.as_str())), "byte for byte");
    assert_eq!(import(&mut session, &out), (0, 0, 5));
    let lines = export(&mut session, ExportFormat::Ndjson);
    assert_eq!(lines.lines().count(), 5);
    for json in &all {
        let line = json.replace(['\n', '\r'], " ");
        assert!(lines.lines().any(|other| other == line));
    }
    assert_eq!(import(&mut session, &lines), (0, 0, 5));
    assert_eq!(sealed_files(&test), files, "no file twice");
    let (_other, mut other) = TestWallet::create();
    assert_eq!(import(&mut other, &out), (5, 0, 0));
    assert!(export(&mut other, ExportFormat::Bundle).len() == out.len());
}

#[test]
fn from_48_kib_on_a_file_moves_out() {
    let binary = |kind: &str, data: &[u8]| {
        format!(
            r#"{{"resourceType":"Binary","id":"1","contentType":"{kind}","data":"{}"}}"#,
            base64(data)
        )
    };
    let sloppy = binary("image/png", &bytes(60_000)).replace("\"}", "\\n\"}");
    for (json, expected) in [
        (binary("image/png", &bytes((48 << 10) - 3)), 0),
        (binary("image/png", &bytes((48 << 10) - 2)), 1),
        (binary("image/png", &bytes(48 << 10)), 1),
        (binary("text/plain", &bytes(60_000)), 0),
        (sloppy, 0),
    ] {
        let (test, mut session) = TestWallet::create();
        assert_eq!(import(&mut session, &json), (1, 0, 0));
        assert_eq!(sealed_files(&test), expected);
        let id = session.find(&Query::default()).unwrap().ids[0];
        assert!(read(&mut session, id) == json);
        assert_eq!(import(&mut session, &json), (0, 0, 1));
    }
}

#[test]
fn a_large_file_lies_beside_the_database() {
    let (test, mut session) = TestWallet::create();
    let json = letter("", &bytes(3 << 20));
    assert_eq!(import(&mut session, &json), (1, 0, 0));
    let id = only(&mut session, "letter").id;
    assert!(read(&mut session, id) == json);
    session.lock().unwrap();
    let database = std::fs::metadata(test.folder().join("vault.db")).unwrap().len();
    assert!(database < 1 << 20 && sealed_files(&test) == 1);
}

#[test]
fn a_correction_with_a_file_is_another_version() {
    let (test, mut session) = TestWallet::create();
    let (first, second) = (letter("old", &bytes(60_000)), letter("new", &bytes(60_000)));
    import(&mut session, &first);
    let id = only(&mut session, "letter").id;
    assert_eq!(session.correct(id, &second, "Dr. A", "mixed up").unwrap(), 2);
    let third = letter("newest", &bytes(70_000));
    assert_eq!(session.correct(id, &third, "Dr. A", "another file").unwrap(), 3);
    let refused = session.correct(id, &third.replace("\"d\"", "\"e\""), "Dr. A", "wrong");
    assert_eq!(refusal(refused), "record.another-record");
    assert_eq!(sealed_files(&test), 3);
    session.lock().unwrap();
    let mut session = test.unlock().unwrap();
    let history = session.history(id).unwrap();
    let versions: Vec<_> = history.iter().map(Resource::json).collect();
    assert!(versions == [first.as_bytes(), second.as_bytes(), third.as_bytes()]);
    assert!(export(&mut session, ExportFormat::Bundle).contains(&third));
    assert_eq!(import(&mut session, &first), (0, 0, 1), "an earlier version undoes nothing");
    let fourth = letter("from the clinic", &bytes(60_000));
    assert_eq!(import(&mut session, &fourth), (0, 1, 0));
    assert!(read(&mut session, id) == fourth);
    session.erase(id).unwrap();
    assert_eq!(sealed_files(&test), 0, "of every version");
}

#[test]
fn versions_that_say_the_same_share_their_files() {
    let (test, mut session) = TestWallet::create();
    let json = letter("", &bytes(60_000));
    import(&mut session, &json);
    let id = only(&mut session, "letter").id;
    let before = session.attachments(id).unwrap();
    let label = LabelSet::from_iter([SensitivityLabel::Hiv]);
    session.relabel(id, label, LabelSet::EMPTY).unwrap();
    // A file in which another record calls it by a further name makes a version too.
    let named = format!(
        r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{json}}},{{"resource":{{"resourceType":"Basic","id":"x","subject":{{"reference":"DocumentReference/d"}}}}}}]}}"#
    );
    import(&mut session, &named);
    session.lock().unwrap();
    let mut session = test.unlock().unwrap();
    let history = session.history(id).unwrap();
    assert!(history.len() >= 2 && history.iter().all(|one| one.json() == json.as_bytes()));
    assert_eq!(session.attachments(id).unwrap(), before);
    assert_eq!(sealed_files(&test), 1);
    assert!(session.record(id).unwrap().labels.contains(SensitivityLabel::Hiv));
}

#[test]
fn what_the_patient_writes_down_at_length_stays_searchable() {
    let (test, mut session) = TestWallet::create();
    let text = format!("{} kolumbarium", "word ".repeat(12_000));
    let note = Authored::new(AuthoredKind::Note, &text).unwrap();
    let id = session.add(&note).unwrap();
    assert_eq!((only(&mut session, "kolumbarium").id, sealed_files(&test)), (id, 0));
}

#[test]
fn search_reads_no_file_and_a_lost_one_costs_one_version() {
    let (test, mut session) = TestWallet::create();
    let json = letter("lost", &bytes(60_000));
    let other = common::observation("1", "HbA1c");
    import(&mut session, &bundle(&[json.clone(), other]));
    let id = only(&mut session, "lost").id;
    let attachment = session.attachments(id).unwrap()[0].id;
    let path = folder(&test).join(attachment.to_string());
    let sealed = std::fs::read(&path).unwrap();
    for damage in ["attachment.missing", "attachment.damaged"] {
        std::fs::remove_file(&path).unwrap();
        if damage == "attachment.damaged" {
            let mut bad = sealed.clone();
            *bad.last_mut().unwrap() ^= 1;
            std::fs::write(&path, bad).unwrap();
        }
        session.lock().unwrap();
        session = test.unlock().unwrap();
        assert_eq!(only(&mut session, "letter lost").id, id);
        assert_eq!(refusal(session.read(id, None)), damage);
        assert_eq!(refusal(session.history(id)), damage);
        assert_eq!(session.record(id).unwrap().title.as_str(), "Letter lost");
        for format in [ExportFormat::Bundle, ExportFormat::Ndjson] {
            let mut out = Vec::new();
            let report = session.export(&Query::default(), format, &mut out).unwrap();
            assert_eq!((report.records, report.damaged), (1, vec![id]));
            let out = String::from_utf8(out).unwrap();
            assert!(out.contains("HbA1c") && !out.contains("Letter"), "no half resource");
        }
        std::fs::write(&path, &sealed).unwrap();
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(import(&mut session, &json), (0, 1, 0), "the same file brings it back");
    assert!(read(&mut session, id) == json);
    assert_eq!(import(&mut session, &json), (0, 0, 1));
}

#[test]
fn a_refused_or_cancelled_import_leaves_no_file() {
    let (test, mut session) = TestWallet::create();
    let patient = |family: &str| {
        format!(
            r#"{{"resourceType":"Patient","id":"p","name":[{{"family":"{family}"}}],"birthDate":"1970-01-01"}}"#
        )
    };
    import_from(&mut session, "anna", &patient("Keller")).unwrap();
    let log = session.status().unwrap().log_size;
    let json = letter("", &bytes(60_000));
    let foreign = bundle(&[json.clone(), patient("Somebody")]);
    let refused = import_from(&mut session, "anna", &foreign);
    assert_eq!(refusal(refused), "import.another-patient");
    let broken = bundle(&[json.clone(), json]);
    let broken = &broken[..broken.len() - 1000];
    assert!(matches!(import_from(&mut session, "anna", broken), Err(Error::Record(_))));
    let cancel = CancelToken::new();
    let mut file = Stops { rest: foreign.as_bytes(), cancel: &cancel };
    let options = ImportOptions::default();
    let stopped = session.import(&mut file, &options, &quiet, &cancel);
    assert_eq!(refusal(stopped), "wallet.cancelled");
    assert_eq!((sealed_files(&test), count(&mut session)), (0, 1));
    assert_eq!(session.status().unwrap().log_size, log);
}

/// Cancels once most of a file is read.
struct Stops<'a> {
    rest: &'a [u8],
    cancel: &'a CancelToken,
}

impl io::Read for Stops<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.rest.len() < 1000 {
            self.cancel.cancel();
        }
        let length = out.len().min(999);
        self.rest.read(&mut out[..length])
    }
}

#[test]
fn an_output_that_refuses_ends_an_export_by_name() {
    let (_test, mut session) = TestWallet::create();
    import(&mut session, &letter("", &bytes(60_000)));
    for room in [0, 100, 400, 5_000, 80_000] {
        for format in [ExportFormat::Bundle, ExportFormat::Ndjson] {
            let refused = session.export(&Query::default(), format, &mut Narrow(room));
            assert_eq!(refusal(refused), "wallet.output", "{room}");
        }
    }
}

/// An output with room for so many bytes.
struct Narrow(usize);

impl io::Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_second_decoder_finds_the_cuts() {
    let (test, mut session) = TestWallet::create();
    let json = letter("", &bytes(60_000));
    import(&mut session, &json);
    let passphrase = TestWallet::passphrase();
    let words = session.dangerous_words(&Authentication::Passphrase(&passphrase)).unwrap();
    let id = only(&mut session, "letter").id;
    let attachment = session.attachments(id).unwrap()[0].id;
    session.lock().unwrap();
    let decoded = decoder::decode(&test, &words);
    let [version] = &decoded.versions[..] else { unreachable!("there is one version") };
    let rest = std::str::from_utf8(&version.resource).unwrap();
    let [(place, id)] = version.cuts[..] else { unreachable!("there is one cut") };
    assert_eq!(id, *attachment.as_bytes());
    assert!(rest[..place].ends_with("\"data\":\"") && rest[place..].starts_with('"'));
    assert!([&rest[..place], &base64(&bytes(60_000)), &rest[place..]].concat() == json);
}

#[test]
fn labels_are_read_from_the_whole_resource() {
    let (_test, mut session) = TestWallet::create();
    let json = letter("", &bytes(60_000)).replace("Letter", "Schizophrenia");
    import(&mut session, &json);
    let record = only(&mut session, "schizophrenia");
    assert!(record.labels.contains(SensitivityLabel::MentalHealth));
    assert_eq!(record.resource_type, Text::from("DocumentReference"));
}

#[test]
fn a_backup_brings_the_files_back_elsewhere() {
    let (_test, mut session) = TestWallet::create();
    let all: Vec<String> = resources().into_iter().map(|(_, json, _)| json).collect();
    import(&mut session, &bundle(&all));
    let alone = files::attach(&mut session, "scan", &bytes(200_000));
    let passphrase = TestWallet::passphrase();
    let with = Authentication::Passphrase(&passphrase);
    let words = session.dangerous_words(&with).unwrap();
    let mut backup = Vec::new();
    session.backup(&with, None, &mut backup, &quiet, &CancelToken::new()).unwrap();
    let before = export(&mut session, ExportFormat::Bundle);

    let there = TestWallet::empty();
    let (wallet, key) = (there.wallet(), BackupKey::Words(&words));
    let (file, never) = (&mut backup.as_slice(), CancelToken::new());
    let restored = wallet.restore_backup(file, &key, &passphrase, Replace::Older, &quiet, &never);
    let mut restored = restored.unwrap();
    assert!(export(&mut restored, ExportFormat::Bundle) == before);
    assert_eq!(restored.attachment(alone.id).unwrap(), alone);
    assert!(save(&mut restored, alone.id) == bytes(200_000));
    assert_eq!(import(&mut restored, &bundle(&all)), (0, 0, 5));
    assert!(restored.verify(&quiet, &CancelToken::new()).unwrap().faults.is_empty());
}
