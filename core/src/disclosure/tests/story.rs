//! A patient, a reader and a consent between them.

use std::fs;
use std::io::{self, Cursor, Read, Write};

use zeroize::Zeroizing;

use crate::consent::{
    Alias, ConsentId, ConsentToken, Expected, Grant, Narrowing, Opening, Terms, VerifiedConsent,
};
use crate::disclosure::{
    Content, Disclosure, DisclosureError, FileId, NewFile, NewPart, Prepared, Sealer,
};
use crate::host::{CancelToken, Timestamp};
use crate::keys::{SealingKey, SigningKey};
use crate::record::{Category, LabelSet, RecordId, Text};
use crate::vault::attachments::AttachmentId;
use crate::vault::attachments::folder::Folder;
use crate::vault::attachments::meta::Meta;

pub(super) struct Story {
    pub(super) now: Timestamp,
    pub(super) patient: SigningKey,
    pub(super) answer: SealingKey,
    pub(super) consent: VerifiedConsent,
}

impl Story {
    pub(super) fn new() -> Self {
        let patient = SigningKey::generate().unwrap();
        let answer = SealingKey::generate().unwrap();
        let now = Timestamp::from_unix(1_800_000_000);
        let consent = consent(&patient, now);
        Self { now, patient, answer, consent }
    }

    pub(super) fn draft(&self) -> Draft<'_> {
        let answer_key = self.answer.public_key();
        let sealer = Sealer::new(self.consent.id(), self.now, answer_key).unwrap();
        Draft { story: self, sealer, contents: Contents(Vec::new()) }
    }

    pub(super) fn open(&self, bytes: &[u8]) -> Result<Disclosure, DisclosureError> {
        Disclosure::open(&mut Cursor::new(bytes), &self.consent, &self.answer)
    }
}

/// A consent of this patient for a reader that is nobody in particular.
pub(super) fn consent(patient: &SigningKey, now: Timestamp) -> VerifiedConsent {
    consent_as(ConsentId::generate().unwrap(), patient, now)
}

pub(super) fn consent_as(id: ConsentId, patient: &SigningKey, now: Timestamp) -> VerifiedConsent {
    let reader = SigningKey::generate().unwrap().verifying_key();
    let preset = Narrowing::new().preset("7d".parse().unwrap());
    let grant = Grant::unasked(&preset, LabelSet::EMPTY, now).unwrap();
    let terms = Terms {
        id,
        issued_at: now,
        grant: &grant,
        opening: &Opening::generate(grant.denied(), grant.withheld()).unwrap(),
        aliases: &[],
        reader: &reader,
        audience: None,
        key: &patient.verifying_key(),
        delegation: None,
    };
    let token = ConsentToken::sign(patient, &ConsentToken::payload(&terms).unwrap()).unwrap();
    ConsentToken::verify(
        &token,
        &Expected { reader: &reader, pinned: None, was_known: false },
        now,
        None,
    )
    .unwrap()
}

/// A disclosure in the making and what it is made of.
pub(super) struct Draft<'a> {
    story: &'a Story,
    sealer: Sealer,
    contents: Contents,
}

impl Draft<'_> {
    pub(super) fn record(&mut self, json: &str) {
        self.add(Category::Laboratory, LabelSet::EMPTY, json);
    }

    pub(super) fn add(&mut self, category: Category, labels: LabelSet, json: &str) {
        let alias = alias(self.contents.len());
        self.try_add(alias, category, labels, json, &CancelToken::new()).unwrap();
    }

    pub(super) fn record_as(&mut self, alias: Alias, json: &str) {
        let (category, labels) = (Category::Laboratory, LabelSet::EMPTY);
        self.try_add(alias, category, labels, json, &CancelToken::new()).unwrap();
    }

    pub(super) fn try_record(
        &mut self,
        json: &str,
        cancel: &CancelToken,
    ) -> Result<(), DisclosureError> {
        let alias = alias(self.contents.len());
        self.try_add(alias, Category::Laboratory, LabelSet::EMPTY, json, cancel)
    }

    pub(super) fn try_typed_record(&mut self, media_type: &str) -> Result<(), DisclosureError> {
        let (alias, category) = (alias(self.contents.len()), Category::Other);
        let part = NewPart { alias, category, labels: LabelSet::EMPTY, media_type, file: None };
        self.seal(&part, "{}", &CancelToken::new())
    }

    fn try_add(
        &mut self,
        alias: Alias,
        category: Category,
        labels: LabelSet,
        json: &str,
        cancel: &CancelToken,
    ) -> Result<(), DisclosureError> {
        let media_type = "application/fhir+json";
        let part = NewPart { alias, category, labels, media_type, file: None };
        self.seal(&part, json, cancel)
    }

    fn seal(
        &mut self,
        part: &NewPart<'_>,
        json: &str,
        cancel: &CancelToken,
    ) -> Result<(), DisclosureError> {
        self.sealer.add(part, &mut record(json), cancel)?;
        self.contents.0.push(Source::Record(json.to_owned()));
        Ok(())
    }

    pub(super) fn file(&mut self, name: &str, data: &[u8]) -> FileId {
        self.file_from(name, &mut &*data)
    }

    pub(super) fn file_from(&mut self, name: &str, source: &mut dyn Read) -> FileId {
        let stored = Stored::new(source);
        self.add_file(name, stored, &CancelToken::new()).unwrap()
    }

    pub(super) fn try_file(
        &mut self,
        mut data: &[u8],
        cancel: &CancelToken,
    ) -> Result<FileId, DisclosureError> {
        self.add_file("scan", Stored::new(&mut data), cancel)
    }

    fn add_file(
        &mut self,
        name: &str,
        stored: Stored,
        cancel: &CancelToken,
    ) -> Result<FileId, DisclosureError> {
        let id = FileId::generate().unwrap();
        let part = NewPart {
            alias: alias(0),
            category: Category::Imaging,
            labels: LabelSet::EMPTY,
            media_type: "application/octet-stream",
            file: Some(NewFile { id, name }),
        };
        self.sealer.add(&part, &mut stored.open(), cancel)?;
        self.contents.0.push(Source::File(stored));
        Ok(id)
    }

    pub(super) fn sign(self) -> Result<(Prepared, Contents), DisclosureError> {
        let prepared = self.sealer.sign(&self.story.patient)?;
        Ok((prepared, self.contents))
    }

    pub(super) fn prepare(self) -> (Prepared, Contents) {
        self.sign().unwrap()
    }

    pub(super) fn write(self) -> Vec<u8> {
        let patient = &self.story.patient;
        self.write_signed(patient)
    }

    pub(super) fn write_signed(self, key: &SigningKey) -> Vec<u8> {
        let (prepared, contents) = (self.sealer.sign(key).unwrap(), self.contents);
        let mut out = Vec::new();
        written(prepared, &mut out, |at| contents.give(at)).unwrap();
        out
    }

    /// Writes, but gives something else at one place.
    pub(super) fn write_changed(
        self,
        place: usize,
        change: &Change,
    ) -> (Vec<u8>, Result<(), DisclosureError>) {
        let (prepared, contents) = self.prepare();
        let mut out = Vec::new();
        let result = written(prepared, &mut out, |at| match change {
            _ if at != place => contents.give(at),
            Change::Record(json) => record(json),
            Change::File(data) => Stored::new(&mut &**data).open(),
        });
        (out, result)
    }
}

pub(super) enum Change {
    Record(&'static str),
    File(&'static [u8]),
}

/// What a disclosure is made of, to be given a second time.
pub(super) struct Contents(Vec<Source>);

enum Source {
    Record(String),
    File(Stored),
}

impl Contents {
    fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn give(&self, at: usize) -> Content {
        match &self.0[at] {
            Source::Record(json) => record(json),
            Source::File(stored) => stored.open(),
        }
    }

    /// Flips a bit of a file of the vault.
    pub(super) fn damage(&self, at: usize, byte: usize) {
        let Source::File(stored) = &self.0[at] else { unreachable!("a file stands there") };
        let path = stored.home.path().join("attachments").join(stored.id.to_string());
        let mut bytes = fs::read(&path).unwrap();
        bytes[byte] ^= 1;
        fs::write(path, bytes).unwrap();
    }
}

/// A file in a vault of its own.
struct Stored {
    home: tempfile::TempDir,
    id: AttachmentId,
    meta: Meta,
}

impl Stored {
    fn new(source: &mut dyn Read) -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::of(home.path());
        let written = folder.write(source, &listen_to_nothing, &CancelToken::new()).unwrap();
        let meta = Meta {
            record: RecordId::from_bytes([1; 16]),
            key: written.key,
            size: written.size,
            address: written.address,
            name: Text::from("the name in the vault"),
            media_type: Text::from("application/octet-stream"),
            at: Timestamp::from_unix(0),
            locators: Vec::new(),
        };
        Self { home, id: written.id, meta }
    }

    fn open(&self) -> Content {
        Content::File(Folder::of(self.home.path()).open(self.id, &self.meta).unwrap())
    }
}

/// Gives bytes that do not shrink, and are the same each time.
pub(super) struct Generated {
    state: u64,
    left: usize,
}

impl Generated {
    pub(super) fn new(length: usize) -> Self {
        Self { state: 1, left: length }
    }

    fn step(&mut self) -> u8 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.state.to_be_bytes()[0]
    }
}

impl Read for Generated {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = out.len().min(self.left);
        self.left -= length;
        for byte in &mut out[..length] {
            *byte = self.step();
        }
        Ok(length)
    }
}

/// Takes the bytes that [`Generated`] gives, and no others.
pub(super) struct Compared(Generated);

impl Compared {
    pub(super) fn new(length: usize) -> Self {
        Self(Generated::new(length))
    }

    pub(super) fn is_whole(&self) -> bool {
        self.0.left == 0
    }
}

impl Write for Compared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut expected = vec![0; bytes.len()];
        self.0.read_exact(&mut expected).unwrap();
        assert!(expected == bytes, "{} bytes before the end", self.0.left);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes a text that shrinks by a quarter.
pub(super) fn text(length: usize) -> String {
    let mut bytes = Vec::new();
    Generated::new(length).read_to_end(&mut bytes).unwrap();
    bytes.into_iter().map(|byte| char::from(b'0' + byte % 64)).collect()
}

pub(super) fn written(
    prepared: Prepared,
    out: &mut dyn Write,
    give: impl Fn(usize) -> Content,
) -> Result<(), DisclosureError> {
    prepared.write(out, |at| Ok(give(at)), &listen_to_nothing, &CancelToken::new())
}

fn record(json: &str) -> Content {
    Content::Record(Zeroizing::new(json.to_owned()))
}

pub(super) fn alias(index: usize) -> Alias {
    let mut bytes = [0xa5; 16];
    bytes[8..].copy_from_slice(&u64::try_from(index).unwrap().to_be_bytes());
    Alias::from_bytes(bytes)
}

pub(super) fn listen_to_nothing(_: u64, _: Option<u64>) {}

pub(super) fn search(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
