mod hostile;
mod story;

use std::cell::{Cell, RefCell};
use std::io::{self, Cursor, ErrorKind, Read, Seek, SeekFrom, Write};

use proptest::prelude::*;

use self::story::{Story, listen_to_nothing, search};
use super::*;
use crate::consent::{Alias, ConsentId};
use crate::host::{CancelToken, Timestamp};
use crate::keys::{SealingKey, Secret, SigningKey};
use crate::record::{Category, LabelSet, SensitivityLabel};

const RECORDS: [&str; 3] = [
    r#"{"resourceType":"Patient","name":[{"family":"Muster"}]}"#,
    r#"{"resourceType":"Observation","valueString":"5.4 mmol/L"}"#,
    "{}",
];

fn copy(disclosure: &Disclosure, bytes: &[u8], index: usize) -> Result<Vec<u8>, DisclosureError> {
    let (mut out, cancel) = (Vec::new(), CancelToken::new());
    let mut source = Cursor::new(bytes);
    let length = disclosure.copy(&mut source, index, &mut out, &listen_to_nothing, &cancel)?;
    assert_eq!(length, u64::try_from(out.len()).unwrap());
    Ok(out)
}

#[test]
fn what_is_disclosed_opens_and_is_what_it_was() {
    let story = Story::new();
    let mut draft = story.draft();
    for record in RECORDS {
        draft.record(record);
    }
    let scan = draft.file("scan.dcm", &[7; 100_000]);
    draft.file("empty.txt", b"");
    let bytes = draft.write();

    let mut disclosure = story.open(&bytes).unwrap();
    assert_eq!(disclosure.consent(), story.consent.id());
    assert_eq!(disclosure.issued_at(), story.now);
    let mut source = Cursor::new(&bytes);
    disclosure.check(&mut source, &listen_to_nothing, &CancelToken::new()).unwrap();
    assert_eq!(disclosure.parts().len(), 5);
    for (index, (record, part)) in RECORDS.iter().zip(disclosure.parts()).enumerate() {
        assert_eq!(part.alias(), story::alias(index));
        assert_eq!((part.category(), part.file()), (Category::Laboratory, None));
        assert_eq!(part.media_type(), "application/fhir+json");
        assert_eq!(part.length(), u64::try_from(record.len()).unwrap());
        assert_eq!(copy(&disclosure, &bytes, index).unwrap(), record.as_bytes());
        assert_eq!(*disclosure.record(&mut source, index).unwrap(), record.as_bytes());
    }
    let file = disclosure.parts()[3].file().unwrap();
    assert_eq!((file.id(), file.name()), (scan, "scan.dcm"));
    assert_eq!(copy(&disclosure, &bytes, 3).unwrap(), vec![7; 100_000]);
    assert_eq!(copy(&disclosure, &bytes, 4).unwrap(), b"");
    assert_eq!(copy(&disclosure, &bytes, 5), Err(DisclosureError::NotFound));
    assert_eq!(disclosure.record(&mut source, 3).err(), Some(DisclosureError::NotFound));
}

#[test]
fn a_disclosure_that_another_implementation_wrote_opens() {
    // Computed by core/tests/vectors/disclosure.py.
    let text = include_str!("../../tests/vectors/disclosure.json");
    let vectors: serde_json::Value = serde_json::from_str(text).unwrap();
    let vector = &vectors["disclosure"];
    let bytes = |name: &str| hex::decode(vector[name].as_str().unwrap()).unwrap();
    let secret = |name: &str| Secret::from_slice(&bytes(name)).unwrap();
    let id = |name: &str| <[u8; 16]>::try_from(bytes(name)).unwrap();

    let now = Timestamp::from_unix(vector["issued_at"].as_u64().unwrap());
    let patient = SigningKey::from_secret(&secret("patient")).unwrap();
    let consent = story::consent_as(ConsentId::from_bytes(id("consent")), &patient, now);
    let answer = SealingKey::from_secret(&secret("answer"));
    let story = Story { now, patient, answer, consent };
    let file = bytes("bytes");
    let mut disclosure = story.open(&file).unwrap();
    assert_eq!((disclosure.id().as_bytes(), disclosure.issued_at()), (&id("id"), now));
    let cancel = CancelToken::new();
    disclosure.check(&mut Cursor::new(&file), &listen_to_nothing, &cancel).unwrap();
    let [record, scan] = disclosure.parts() else { unreachable!("{disclosure:?}") };
    assert_eq!(
        (record.category(), record.media_type()),
        (Category::Laboratory, "application/fhir+json")
    );
    assert_eq!((scan.category(), scan.labels().bits()), (Category::Imaging, 64));
    assert_eq!((scan.media_type(), scan.alias()), ("application/dicom", record.alias()));
    assert_eq!(scan.file().unwrap().id().as_bytes(), &id("file_id"));
    assert_eq!(scan.file().unwrap().name(), vector["file_name"]);
    assert_eq!(copy(&disclosure, &file, 0).unwrap(), bytes("record"));
    assert_eq!(copy(&disclosure, &file, 1).unwrap(), bytes("file"));
}

#[test]
fn labels_of_a_record_go_with_it() {
    let story = Story::new();
    let mut labels = LabelSet::EMPTY;
    labels.insert(SensitivityLabel::ALL[2]);
    let mut draft = story.draft();
    draft.add(Category::Notes, labels, RECORDS[1]);
    let disclosure = story.open(&draft.write()).unwrap();
    assert_eq!(disclosure.parts()[0].category(), Category::Notes);
    assert_eq!(disclosure.parts()[0].labels(), labels);
}

#[test]
fn a_disclosure_of_nothing_is_one() {
    let story = Story::new();
    let bytes = story.draft().write();
    assert!(story.open(&bytes).unwrap().parts().is_empty());
}

#[test]
fn nothing_of_a_record_shows_outside() {
    let story = Story::new();
    let mut draft = story.draft();
    RECORDS.iter().for_each(|record| draft.record(record));
    draft.file("scan of the liver.dcm", b"the bytes of a scan");
    let bytes = draft.write();
    for inside in [
        "Muster",
        "resourceType",
        "mmol",
        "fhir+json",
        "scan of the liver",
        "the bytes of a scan",
        "the name in the vault",
    ] {
        assert!(!search(&bytes, inside.as_bytes()), "{inside}");
    }
    for index in 0..3 {
        assert!(!search(&bytes, story::alias(index).as_bytes()));
    }
}

#[test]
fn two_disclosures_of_the_same_share_no_bytes() {
    let story = Story::new();
    let write = || {
        let mut draft = story.draft();
        draft.record(RECORDS[0]);
        draft.file("scan.dcm", &[7; 1000]);
        draft.write()
    };
    let (one, other) = (write(), write());
    assert_eq!(one.len(), other.len());
    // What they share names the consent and the key that signs, and eleven bytes stand before the
    // nonce of each body; sixteen bytes by chance never.
    let key = story.patient.verifying_key().to_sec1();
    let claims = one.windows(33).position(|window| window == key).unwrap() + 33;
    assert!(one[claims..].windows(16).all(|window| !search(&other, window)));
    let boxes = one.windows(3).position(|window| window == [0x83, 0x44, 0xa1]).unwrap() + 10;
    assert!(one[boxes..boxes + 200].windows(16).all(|window| !search(&other, window)));
}

#[test]
fn sizes_show_no_more_than_their_class() {
    let story = Story::new();
    let lengths: std::collections::BTreeSet<_> = (300..340)
        .map(|length| {
            let mut draft = story.draft();
            let text = story::text(length);
            draft.record(&text);
            draft.write().len()
        })
        .collect();
    assert!((2..6).contains(&lengths.len()), "{lengths:?}");
}

#[test]
fn an_eight_megabyte_file_passes_in_constant_memory() {
    let story = Story::new();
    let size = (8 << 20) + 4321;
    let mut draft = story.draft();
    draft.file_from("scan.dcm", &mut story::Generated::new(size));
    let (mut written, progress) = (Vec::new(), RefCell::new(Vec::new()));
    let (prepared, contents) = draft.prepare();
    let total = prepared.length();
    let mut out = Widest { out: &mut written, widest: 0 };
    let listen = |done, of| progress.borrow_mut().push((done, of));
    let cancel = CancelToken::new();
    prepared
        .write::<DisclosureError>(&mut out, |at| Ok(contents.give(at)), &listen, &cancel)
        .unwrap();
    assert!(out.widest <= (64 << 10) + 16, "chunk by chunk");
    assert_eq!(total, u64::try_from(written.len()).unwrap());
    assert_eq!(progress.borrow().last(), Some(&(total, Some(total))));
    assert!(progress.borrow().is_sorted());

    let disclosure = story.open(&written).unwrap();
    let mut check = story::Compared::new(size);
    let mut out = Widest { out: &mut check, widest: 0 };
    let mut source = Cursor::new(&written);
    disclosure.copy(&mut source, 0, &mut out, &listen_to_nothing, &cancel).unwrap();
    assert!(out.widest <= 64 << 10);
    assert!(check.is_whole());
}

/// Notes the most that was written at once.
struct Widest<'a> {
    out: &'a mut dyn Write,
    widest: usize,
}

impl Write for Widest<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.widest = self.widest.max(bytes.len());
        self.out.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[test]
fn a_large_record_opens() {
    let story = Story::new();
    // Hardly compressible: the body is larger than what is read without a look at its hash.
    let text = story::text(1_500_000);
    let json = format!("{{\"text\":\"{text}\"}}");
    let mut draft = story.draft();
    draft.record(&json);
    let bytes = draft.write();
    assert!(bytes.len() > 600_000);
    let disclosure = story.open(&bytes).unwrap();
    assert_eq!(copy(&disclosure, &bytes, 0).unwrap(), json.as_bytes());
    let mut flipped = bytes;
    *flipped.last_mut().unwrap() ^= 1;
    assert_eq!(copy(&disclosure, &flipped, 0), Err(DisclosureError::Undecryptable));
}

#[test]
fn what_changed_between_the_passes_is_not_sealed() {
    let story = Story::new();
    for (name, change) in [
        ("another record", story::Change::Record("{\"other\":1}")),
        ("a file for a record", story::Change::File(b"file")),
    ] {
        let mut draft = story.draft();
        draft.record(RECORDS[0]);
        draft.record(RECORDS[1]);
        let (written, result) = draft.write_changed(1, &change);
        assert_eq!(result, Err(DisclosureError::Changed), "{name}");
        assert_eq!(story.open(&written).err(), Some(DisclosureError::Truncated), "{name}");
    }
    for (name, change) in [
        ("another file of the same size", story::Change::File(b"bytes of b scan")),
        ("a longer file", story::Change::File(b"bytes of a scan.")),
        ("a record for a file", story::Change::Record("{}")),
    ] {
        let mut draft = story.draft();
        draft.file("scan", b"bytes of a scan");
        let (written, result) = draft.write_changed(0, &change);
        assert_eq!(result, Err(DisclosureError::Changed), "{name}");
        assert_eq!(story.open(&written).err(), Some(DisclosureError::Truncated), "{name}");
    }
}

#[test]
fn a_damaged_file_of_the_vault_is_named_and_not_disclosed() {
    let story = Story::new();
    let mut draft = story.draft();
    draft.file("scan", &[7; 200_000]);
    let (prepared, contents) = draft.prepare();
    contents.damage(0, 150_000);
    let mut written = Vec::new();
    let result = prepared.write::<DisclosureError>(
        &mut written,
        |at| Ok(contents.give(at)),
        &listen_to_nothing,
        &CancelToken::new(),
    );
    assert_eq!(result, Err(DisclosureError::Attachment(AttachmentError::Damaged)));
    assert_eq!(story.open(&written).err(), Some(DisclosureError::Truncated));
}

#[test]
fn a_cancel_stops_at_any_step() {
    let story = Story::new();
    let cancelled = CancelToken::new();
    cancelled.cancel();
    let mut draft = story.draft();
    assert_eq!(draft.try_record(RECORDS[0], &cancelled), Err(DisclosureError::Cancelled));
    assert_eq!(draft.try_file(&[7; 200_000], &cancelled), Err(DisclosureError::Cancelled));
    for steps in 1..8 {
        let mut draft = story.draft();
        draft.record(RECORDS[0]);
        draft.file("scan", &[7; 200_000]);
        let (prepared, contents) = draft.prepare();
        let (cancel, heard, mut written) = (CancelToken::new(), Cell::new(0), Vec::new());
        let listen = |_, _| {
            heard.set(heard.get() + 1);
            if heard.get() == steps {
                cancel.cancel();
            }
        };
        let give = |at| Ok(contents.give(at));
        let stopped = prepared.write::<DisclosureError>(&mut written, give, &listen, &cancel);
        assert_eq!(stopped, Err(DisclosureError::Cancelled), "{steps}");
        assert!(story.open(&written).is_err());
    }
    let mut draft = story.draft();
    draft.record(RECORDS[0]);
    draft.file("scan", &[7; 200_000]);
    let bytes = draft.write();
    let mut disclosure = story.open(&bytes).unwrap();
    let mut source = Cursor::new(&bytes);
    let stopped = disclosure.check(&mut source, &listen_to_nothing, &cancelled);
    assert_eq!(stopped, Err(DisclosureError::Cancelled));
    for index in 0..2 {
        let mut out = Vec::new();
        let stopped = disclosure.copy(&mut source, index, &mut out, &listen_to_nothing, &cancelled);
        assert_eq!((stopped, out.len()), (Err(DisclosureError::Cancelled), 0));
    }
}

/// Writes as much as there is room for, and reads nothing.
struct Broken(usize);

impl Write for Broken {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(ErrorKind::TimedOut.into())
    }
}

impl Seek for Broken {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(1000)
    }
}

#[test]
fn an_output_that_fails_is_named() {
    let (story, cancel) = (Story::new(), CancelToken::new());
    let full = Err(DisclosureError::Output { kind: ErrorKind::StorageFull });
    let draft = || {
        let mut draft = story.draft();
        draft.record(RECORDS[0]);
        draft.file("scan", &[7; 200_000]);
        draft
    };
    for room in [0, 700, 100_000] {
        let (prepared, contents) = draft().prepare();
        let give = |at| Ok(contents.give(at));
        let failed = prepared.write(&mut Broken(room), give, &listen_to_nothing, &cancel);
        assert_eq!(failed, full, "{room}");
    }
    let bytes = draft().write();
    let disclosure = story.open(&bytes).unwrap();
    for index in 0..2 {
        let (mut source, mut out) = (Cursor::new(&bytes), Broken(10));
        let failed = disclosure.copy(&mut source, index, &mut out, &listen_to_nothing, &cancel);
        assert_eq!(failed.map(drop), full, "{index}");
    }
}

#[test]
fn a_source_that_fails_is_named() {
    let (story, cancel) = (Story::new(), CancelToken::new());
    let mut draft = story.draft();
    draft.record(RECORDS[0]);
    draft.file("scan", &[7; 200_000]);
    let disclosure = story.open(&draft.write()).unwrap();
    let failed = Some(DisclosureError::Read { kind: ErrorKind::TimedOut });
    for index in 0..2 {
        let (mut source, mut out) = (Broken(0), Vec::new());
        let copied = disclosure.copy(&mut source, index, &mut out, &listen_to_nothing, &cancel);
        assert_eq!(copied.err(), failed, "{index}");
    }
    let opened = Disclosure::open(&mut Broken(0), &story.consent, &story.answer);
    assert_eq!(opened.err(), failed);
}

#[test]
fn a_part_beyond_its_limit_or_twice_is_not_sealed() {
    let story = Story::new();
    let mut draft = story.draft();
    let cancel = CancelToken::new();
    let most = usize::try_from(LARGEST_RECORD).unwrap();
    assert_eq!(draft.try_record(&"x".repeat(most + 1), &cancel), Err(DisclosureError::TooLarge));
    assert_eq!(draft.try_record(&"x".repeat(most), &cancel), Ok(()));
    let bytes = draft.write();
    let disclosure = story.open(&bytes).unwrap();
    assert_eq!(copy(&disclosure, &bytes, 0).unwrap().len(), most);

    let mut draft = story.draft();
    draft.record_as(Alias::from_bytes([1; 16]), RECORDS[0]);
    draft.record_as(Alias::from_bytes([1; 16]), RECORDS[1]);
    assert_eq!(draft.sign().err(), Some(DisclosureError::Invalid));
}

#[test]
fn twenty_thousand_parts_are_the_most() {
    let story = Story::new();
    let mut draft = story.draft();
    for _ in 0..MOST_PARTS {
        draft.record("{}");
    }
    let refused = draft.try_record("{}", &CancelToken::new());
    assert_eq!(refused, Err(DisclosureError::TooManyEntries));
    let bytes = draft.write();
    let mut disclosure = story.open(&bytes).unwrap();
    let cancel = CancelToken::new();
    disclosure.check(&mut Cursor::new(&bytes), &listen_to_nothing, &cancel).unwrap();
    assert_eq!(disclosure.parts().len(), MOST_PARTS);
}

#[test]
fn four_mebibytes_of_manifest_are_the_most() {
    let story = Story::new();
    let mut draft = story.draft();
    let (media_type, mut count) = ("\u{1f600}".repeat(80), 0);
    let refused = loop {
        match draft.try_typed_record(&media_type) {
            Ok(()) => count += 1,
            Err(error) => break error,
        }
        assert!(count < MOST_PARTS);
    };
    assert_eq!(refused, DisclosureError::TooLarge);
    let bytes = draft.write();
    assert!(story.open(&bytes).is_ok(), "what was taken can be signed");
    assert!(count > 9000, "{count}");
}

#[test]
fn names_are_one_line_that_shows_what_it_is() {
    let story = Story::new();
    let mut draft = story.draft();
    for name in ["a\u{202e}b\nc ", "\u{2800} x \u{2800} y", "", "../../etc/passwd"] {
        draft.file(name, b"x");
    }
    let disclosure = story.open(&draft.write()).unwrap();
    let names: Vec<_> = disclosure.parts().iter().map(|part| part.file().unwrap().name()).collect();
    assert_eq!(names, ["abc", "x y", "", "../../etc/passwd"]);
}

#[test]
fn every_error_has_a_code_and_a_sentence_of_its_own() {
    let mut codes: Vec<_> = DisclosureError::ALL.iter().map(DisclosureError::code).collect();
    let mut sentences: Vec<_> = DisclosureError::ALL.iter().map(ToString::to_string).collect();
    codes.sort_unstable();
    codes.dedup();
    sentences.sort_unstable();
    sentences.dedup();
    assert_eq!((codes.len(), sentences.len()), (DisclosureError::ALL.len(), codes.len()));
    assert!(sentences.iter().all(|sentence| !sentence.ends_with('.')));
}

#[test]
fn debug_shows_no_name_and_no_key() {
    let story = Story::new();
    let mut draft = story.draft();
    draft.record(RECORDS[0]);
    draft.file("HIV.pdf", b"x");
    let (prepared, contents) = draft.prepare();
    let shown = format!("{prepared:?} {:?} {:?}", contents.give(0), contents.give(1));
    assert!(!shown.contains("HIV") && !shown.contains("Muster"), "{shown}");
    let mut draft = story.draft();
    draft.file("HIV.pdf", b"x");
    let shown = format!("{:?}", story.open(&draft.write()).unwrap());
    assert!(!shown.contains("HIV") && shown.contains("ContentKey(..)"), "{shown}");
}

#[test]
fn an_id_is_shown_as_32_lower_case_digits_and_read_back() {
    let id = DisclosureId::from_bytes([0xab; 16]);
    assert_eq!(id.to_string(), "ab".repeat(16));
    assert_eq!(id.to_string().parse(), Ok(id));
    assert_eq!("AB".parse::<FileId>(), Err(DisclosureError::Invalid));
    assert_ne!(FileId::generate().unwrap(), FileId::generate().unwrap());
}

#[test]
fn another_signer_than_the_consents_key_is_refused() {
    let story = Story::new();
    let mut draft = story.draft();
    draft.record(RECORDS[0]);
    let bytes = draft.write_signed(&SigningKey::generate().unwrap());
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::OtherConsent));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_records_come_back(records in prop::collection::vec("[a-z ]{0,300}", 0..12)) {
        let story = Story::new();
        let mut draft = story.draft();
        records.iter().for_each(|record| draft.record(record));
        let bytes = draft.write();
        let disclosure = story.open(&bytes).unwrap();
        for (index, record) in records.iter().enumerate() {
            prop_assert_eq!(copy(&disclosure, &bytes, index).unwrap(), record.as_bytes());
        }
    }
}
