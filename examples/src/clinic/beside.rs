//! The page that shows what was opened, beside it in its folder.

use std::collections::HashMap;
use std::io::{Read, Seek};
use std::path::Path;

use patient_wallet::Error;
use patient_wallet::consent::{Alias, Flags};
use patient_wallet::disclosure::DisclosedPart;
use patient_wallet::file::{FileError, NewFolder};
use patient_wallet::host::Timestamp;
use patient_wallet::requester::{Checked, Opened, Profile, WrittenPart};
use zeroize::Zeroizing;

use crate::page::{PageBound, PageConsent, PageFile, PageRecord, page};

/// Writes the page.
pub(super) fn write<S: Read + Seek>(
    folder: &mut NewFolder,
    opened: &mut Opened<S>,
    parts: &[WrittenPart],
    reader: &Profile,
    now: Timestamp,
) -> Result<(), Error> {
    let html = drawn(opened, parts, reader, now)?;
    let length = u64::try_from(html.len()).unwrap_or(u64::MAX);
    folder.file(Path::new(PAGE), length, |out| {
        out.write_all(html.as_bytes()).map_err(FileError::unwritable)
    })?;
    Ok(())
}

fn drawn<S: Read + Seek>(
    opened: &mut Opened<S>,
    parts: &[WrittenPart],
    reader: &Profile,
    now: Timestamp,
) -> Result<Zeroizing<String>, Error> {
    let mut beside: HashMap<Alias, Vec<PageFile<'_>>> = HashMap::new();
    let (mut records, mut room) = (Vec::new(), LARGEST_PAGE);
    for (place, written) in parts.iter().enumerate() {
        let part = &written.part;
        if part.file().is_some() {
            beside.entry(part.alias()).or_default().push(shown(written));
            continue;
        }
        // What the page has no room for is named there, not shown.
        let left = room.checked_sub(part.length());
        let json = if left.is_some() { opened.record(place)? } else { Zeroizing::default() };
        room = left.unwrap_or(room);
        records.push((part, json));
    }
    let consent = &opened.verified().consent;
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
    let shown = records.iter().map(|(part, json)| PageRecord {
        category: part.category(),
        fhir: std::str::from_utf8(json).unwrap_or_default(),
        files: beside.get(&part.alias()).map_or(&[], Vec::as_slice),
    });
    Ok(page(&terms, &shown.collect::<Vec<_>>()))
}

/// Tells the length that a page of these parts may have.
pub(super) fn length<S: Read + Seek>(checked: &Checked<S>) -> u64 {
    let records = checked.parts().iter().filter(|part| part.file().is_none());
    let records = records.map(DisclosedPart::length).fold(0, u64::saturating_add);
    // The page says what a record says in more bytes.
    records.min(LARGEST_PAGE).saturating_mul(2).saturating_add(PAGE_AROUND)
}

fn shown(written: &WrittenPart) -> PageFile<'_> {
    let (part, name) = (&written.part, written.path.as_str());
    PageFile {
        name,
        title: part.file().map_or(name, |file| file.name()),
        media_type: part.media_type(),
        size: part.length(),
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
