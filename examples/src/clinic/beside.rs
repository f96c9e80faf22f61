//! The page that shows what was opened, beside it in its folder.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Seek};
use std::path::Path;

use patient_wallet::Error;
use patient_wallet::consent::{Alias, ConsentToken, Flags};
use patient_wallet::disclosure::DisclosedPart;
use patient_wallet::file::{FileError, NewFolder};
use patient_wallet::host::Timestamp;
use patient_wallet::keys::DidKey;
use patient_wallet::requester::{Checked, CopiedPart, Copies, Opened, Profile};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::errors::Failure;
use crate::files;
use crate::page::{PageBound, PageConsent, PageFile, PageRecord, page};

/// What the patient has corrected, and when.
pub(super) type Corrected = BTreeMap<Alias, Timestamp>;

/// What a page says about what it shows.
pub(super) struct About<'a> {
    pub(super) token: &'a ConsentToken,
    pub(super) reader: &'a Profile,
    pub(super) opened: Timestamp,
    /// When the patient signed the disclosure.
    pub(super) signed: Timestamp,
    pub(super) corrected: &'a Corrected,
}

/// Writes the page into a folder in the making.
pub(super) fn write<S: Read + Seek>(
    folder: &mut NewFolder,
    opened: &mut Opened<S>,
    parts: &[CopiedPart],
    about: &About<'_>,
) -> Result<(), Error> {
    let html = drawn(about, parts, |place| opened.record(place))?;
    let length = u64::try_from(html.len()).unwrap_or(u64::MAX);
    folder.file(Path::new(PAGE), length, |out| {
        out.write_all(html.as_bytes()).map_err(FileError::unwritable)
    })?;
    Ok(())
}

/// Writes the page of a folder anew. A record whose file is not what was written is named there,
/// not shown.
pub(super) fn write_again(copies: &Copies, about: &About<'_>) -> Result<(), Failure> {
    let html = drawn::<Failure>(about, &copies.parts, |place| {
        let part = copies.parts.get(place);
        Ok(part.and_then(|part| whole(&copies.folder, part)).unwrap_or_default())
    })?;
    let path = copies.folder.join(PAGE);
    let mut file = files::begin(&path, true)?;
    let written = std::io::Write::write_all(&mut file, html.as_bytes());
    written.map_err(|error| files::unwritable(&path, error.kind()))?;
    patient_wallet::file::Output::finish(file).map_err(|error| files::at(&path, error))
}

/// Reads a record of a folder, if it is what was written there.
fn whole(folder: &Path, part: &CopiedPart) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = files::read(&folder.join(part.path.as_str()), part.size).ok()?;
    (<[u8; 32]>::from(Sha256::digest(&*bytes)) == part.sha256).then_some(bytes)
}

fn drawn<E>(
    about: &About<'_>,
    parts: &[CopiedPart],
    mut read: impl FnMut(usize) -> Result<Zeroizing<Vec<u8>>, E>,
) -> Result<Zeroizing<String>, E> {
    let mut beside: HashMap<Alias, Vec<PageFile<'_>>> = HashMap::new();
    let (mut records, mut room) = (Vec::new(), LARGEST_PAGE);
    for (place, part) in parts.iter().enumerate() {
        if let Some(title) = &part.name {
            let (name, media_type) = (part.path.as_str(), part.media_type.as_str());
            let file = PageFile { name, title: title.as_str(), media_type, size: part.size };
            beside.entry(part.alias).or_default().push(file);
            continue;
        }
        // What the page has no room for is named there, not shown.
        let left = room.checked_sub(part.size);
        let json = if left.is_some() { read(place)? } else { Zeroizing::default() };
        room = left.unwrap_or(room);
        records.push((part, json));
    }
    let token = about.token;
    let (id, key) = (token.id().to_string(), DidKey::from(token.patient_key()).to_string());
    let scope = token.scope();
    let terms = PageConsent {
        id: &id,
        patient_key: &key,
        given_to: about.reader.name.as_str(),
        purpose: scope.purpose().word(),
        reason: scope.reason(),
        given: token.issued_at(),
        until: token.expires_at(),
        erase_by: scope.erase_by(),
        opened: about.opened,
        bounds: &bounds(scope.flags()),
    };
    let shown = records.iter().map(|(part, json)| PageRecord {
        category: part.category,
        fhir: std::str::from_utf8(json).unwrap_or_default(),
        files: beside.get(&part.alias).map_or(&[], Vec::as_slice),
        corrected: about.corrected.get(&part.alias).copied().filter(|at| about.signed < *at),
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
