//! Writes what was opened: each record, each file that came with one, and a page that shows them.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use patient_wallet::consent::{Alias, Flags};
use patient_wallet::disclosure::DisclosedPart;
use patient_wallet::host::{CancelToken, Timestamp};
use patient_wallet::record::Category;
use patient_wallet::requester::{Checked, Opened, Profile};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::clinic::folder::NewFolder;
use crate::clinic::names::{FILES, Names};
use crate::errors::Failure;
use crate::page::{PageBound, PageConsent, PageFile, PageRecord, page};
use crate::{files, ids, progress};

/// Writes a folder.
pub(super) struct Writer<'a> {
    folder: NewFolder,
    opened: Opened<&'a File>,
    records: Vec<Shown>,
    files: Vec<Beside>,
    written: Vec<Written>,
    /// Bytes of records that the page has room for.
    room: u64,
}

/// A file that was written.
#[derive(Serialize)]
pub(super) struct Written {
    /// The alias of the record: the only name that it has here.
    record: String,
    path: PathBuf,
    sha256: String,
}

/// A record as the page needs it.
struct Shown {
    alias: Alias,
    category: Category,
    json: Zeroizing<Vec<u8>>,
}

/// A file as the page needs it.
struct Beside {
    name: String,
    part: DisclosedPart,
}

impl<'a> Writer<'a> {
    /// Takes what was opened and where it goes.
    pub(super) fn new(folder: NewFolder, opened: Opened<&'a File>) -> Self {
        let (records, files, written) = (Vec::new(), Vec::new(), Vec::new());
        Self { folder, opened, records, files, written, room: LARGEST_PAGE }
    }

    /// Writes every record and every file.
    pub(super) fn write(&mut self) -> Result<(), Failure> {
        let parts = self.opened.parts().to_vec();
        if parts.iter().any(|part| part.file().is_some()) {
            self.folder.folder(FILES)?;
        }
        let names = Names::of(parts.len());
        let total = parts.iter().map(DisclosedPart::length).fold(0, u64::saturating_add);
        let bar = progress::bytes(Path::new("writing"), Some(total));
        let mut before = 0_u64;
        for (place, part) in parts.into_iter().enumerate() {
            let after = before.saturating_add(part.length());
            self.folder.give_room(on_disk(part.length()))?;
            if part.file().is_some() {
                let moved = |done, _| progress::moved(&bar, before.saturating_add(done), None);
                self.file(place, part, names, &moved)?;
            } else {
                self.record(place, &part, names)?;
            }
            progress::moved(&bar, after, None);
            before = after;
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn record(&mut self, place: usize, part: &DisclosedPart, names: Names) -> Result<(), Failure> {
        // A record has 16 MiB at most, and every byte of it was checked.
        let room = usize::try_from(part.length()).unwrap_or(0);
        let mut json = Zeroizing::new(Vec::with_capacity(room));
        self.opened.copy(place, &mut *json, &|_, _| {}, &CancelToken::new())?;
        let name = names.record(place, part, &json);
        let path = self.folder.will_be(&name);
        let sha256 = self.folder.file(&name, |out| {
            out.write_all(&json).map_err(|error| files::unwritable(&path, error.kind()))
        })?;
        self.note(part, &name, sha256);
        let left = self.room.checked_sub(part.length());
        // What the page has no room for is named there, not shown.
        let json = if left.is_some() { json } else { Zeroizing::default() };
        self.room = left.unwrap_or(self.room);
        self.records.push(Shown { alias: part.alias(), category: part.category(), json });
        Ok(())
    }

    fn file(
        &mut self,
        place: usize,
        part: DisclosedPart,
        names: Names,
        moved: &dyn Fn(u64, Option<u64>),
    ) -> Result<(), Failure> {
        let name = names.file(place, part.file().map_or("", |file| file.name()));
        let opened = &mut self.opened;
        let sha256 = self.folder.file(&name, |out| {
            opened.copy(place, out, &moved, &CancelToken::new())?;
            Ok(())
        })?;
        self.note(&part, &name, sha256);
        self.files.push(Beside { name, part });
        Ok(())
    }

    fn note(&mut self, part: &DisclosedPart, name: &str, sha256: [u8; 32]) {
        let record = part.alias().to_string();
        let path = self.folder.will_be(name);
        self.written.push(Written { record, path, sha256: ids::hex(&sha256) });
    }

    /// Counts the records.
    pub(super) const fn records(&self) -> usize {
        self.records.len()
    }

    /// Writes the page, gives the folder its name, and tells what stands in it.
    pub(super) fn finish(
        mut self,
        reader: &Profile,
        now: Timestamp,
    ) -> Result<Vec<Written>, Failure> {
        self.folder.give_all_room()?;
        let (html, path) = (self.page(reader, now), self.folder.will_be(PAGE));
        self.folder.file(PAGE, |out| {
            out.write_all(html.as_bytes()).map_err(|error| files::unwritable(&path, error.kind()))
        })?;
        self.folder.finish()?;
        Ok(self.written)
    }

    fn page(&self, reader: &Profile, now: Timestamp) -> Zeroizing<String> {
        let consent = &self.opened.verified().consent;
        let (id, key) = (consent.id().to_string(), consent.did().to_string());
        let scope = consent.scope();
        let terms = PageConsent {
            id: &id,
            patient_key: &key,
            given_to: reader.name.as_str(),
            purpose: scope.purpose().word(),
            reason: scope.reason(),
            given: consent.issued_at(),
            until: consent.expires_at(),
            erase_by: scope.erase_by(),
            opened: now,
            bounds: &bounds(scope.flags()),
        };
        let mut beside: HashMap<Alias, Vec<PageFile<'_>>> = HashMap::new();
        for file in &self.files {
            beside.entry(file.part.alias()).or_default().push(file.shown());
        }
        let shown = self.records.iter().map(|record| PageRecord {
            category: record.category,
            fhir: std::str::from_utf8(&record.json).unwrap_or_default(),
            files: beside.get(&record.alias).map_or(&[], Vec::as_slice),
        });
        page(&terms, &shown.collect::<Vec<_>>())
    }
}

/// Tells the room on the disk that a folder of these parts may need, with its page.
pub(super) fn room<S: Read + Seek>(checked: &Checked<S>) -> u64 {
    let parts = checked.parts();
    let records = parts.iter().filter(|part| part.file().is_none()).map(DisclosedPart::length);
    // The page says what a record says in more bytes.
    let page = records.fold(0, u64::saturating_add).min(LARGEST_PAGE).saturating_mul(2);
    let parts = parts.iter().map(|part| on_disk(part.length()));
    parts.fold(page.saturating_add(PAGE_AROUND), u64::saturating_add)
}

/// Files take whole blocks, and a line in their folder.
const fn on_disk(length: u64) -> u64 {
    length.saturating_add(2 * BLOCK)
}

impl Beside {
    fn shown(&self) -> PageFile<'_> {
        PageFile {
            name: &self.name,
            title: self.part.file().map_or(&self.name, |file| file.name()),
            media_type: self.part.media_type(),
            size: self.part.length(),
        }
    }
}

fn bounds(flags: Flags) -> Vec<PageBound> {
    let bounds = [
        (Flags::VIEW_ONLY, PageBound::ViewOnly),
        (Flags::NO_ONWARD, PageBound::NoOnward),
        (Flags::SINGLE_USE, PageBound::SingleUse),
    ];
    bounds.into_iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, it)| it).collect()
}

/// The page.
pub(super) const PAGE: &str = "index.html";
/// Bytes of records that a page shows: more would be of no use to anybody, and cost memory.
const LARGEST_PAGE: u64 = 64 << 20;
/// Bytes of a page that shows nothing, with some to spare.
const PAGE_AROUND: u64 = 1 << 20;
const BLOCK: u64 = 4096;
