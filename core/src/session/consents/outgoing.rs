//! What leaves: each record as it may be disclosed, and the files that belong to it.
//!
//! References are judged against what is released now and nothing else, so that a record that was
//! denied, one that was not asked for and one that never was look alike from outside.

use std::collections::{HashMap, HashSet};

use zeroize::Zeroizing;

use crate::consent::{Alias, AliasKey};
use crate::db::Db;
use crate::disclosure::{Content, DisclosureError, FileId, NewFile, NewPart, Prepared, Sealer};
use crate::error::Error;
use crate::host::{CancelToken, ProgressListener};
use crate::keys::SigningKey;
use crate::order;
use crate::record::fhir::{is_absolute, target};
use crate::record::redact::{Aim, Judge, redact};
use crate::record::{LabelSet, RecordId, RefKey, Text};
use crate::session::attachments::inline::Files;
use crate::session::consents::kept::Held;
use crate::session::records::reference;
use crate::vault::attachments::AttachmentId;
use crate::vault::attachments::folder::Folder;
use crate::vault::index::Entry;
use crate::vault::version::Version;
use crate::vault::{Vault, VaultError};

/// What goes to one requester.
pub(super) struct Load {
    /// The patient's name for this requester: the DID of the pairwise key; `None` where references
    /// to the patient stay as they are.
    patient: Option<String>,
    released: Vec<RecordId>,
    /// Records that the requester holds already: references to them stay.
    known: Vec<RecordId>,
    parts: Vec<Part>,
}

/// A record, or a file that belongs to one.
struct Part {
    alias: Alias,
    record: RecordId,
    file: Option<(FileId, AttachmentId)>,
}

impl Load {
    /// Takes what is released: these records, and these files of theirs.
    ///
    /// Aliases order it, each record before its files: the order of the wallet's own ids would be
    /// the same for every requester.
    ///
    /// # Errors
    /// [`DisclosureError::Randomness`].
    pub(super) fn new(
        released: &[Held],
        known: Vec<RecordId>,
        (alias, did): (&AliasKey, &Text),
        patient: String,
    ) -> Result<Self, Error> {
        let mut parts = Vec::new();
        for Held { record, files, .. } in released {
            let (record, alias) = (*record, Alias::derive(alias, did.as_str(), record.as_bytes()));
            parts.push(Part { alias, record, file: None });
            for file in files {
                parts.push(Part { alias, record, file: Some((FileId::generate()?, *file)) });
            }
        }
        order::sort_by_key(&mut parts, |part| (part.alias, part.file));
        let released = released.iter().map(|held| held.record).collect();
        let patient = Some(patient);
        Ok(Self { patient, released, known, parts })
    }

    /// Takes what is lent to somebody who acts for the patient: they name the patient by themselves,
    /// to each requester otherwise.
    pub(super) const fn lent(released: Vec<RecordId>) -> Self {
        Self { patient: None, released, known: Vec::new(), parts: Vec::new() }
    }

    /// Gives the number of records.
    pub(super) const fn released(&self) -> usize {
        self.released.len()
    }
}

/// A load and where its content is.
pub(super) struct Outgoing<'a> {
    db: &'a Db,
    vault: &'a Vault,
    folder: &'a Folder,
    load: &'a Load,
    /// Names under which others refer to what is released, and to the patient.
    named: HashMap<RefKey, Vec<(RecordId, Aim)>>,
    /// The resource ids of what stays behind.
    withheld: HashSet<RefKey>,
}

impl<'a> Outgoing<'a> {
    /// Takes a load.
    pub(super) fn new(
        (db, vault, folder): (&'a Db, &'a Vault, &'a Folder),
        load: &'a Load,
    ) -> Self {
        let mut named: HashMap<RefKey, Vec<(RecordId, Aim)>> = HashMap::new();
        // The patient comes first: who is disclosed as a record is still the patient.
        let patient = if load.patient.is_some() { Aim::Patient } else { Aim::Disclosed };
        let patients = vault.index().patients().iter().map(|id| (id, patient));
        let disclosed = load.released.iter().chain(&load.known).map(|id| (id, Aim::Disclosed));
        for (id, aim) in patients.chain(disclosed) {
            let Some(entry) = vault.index().current(*id) else { continue };
            let bare = reference(entry).map(|name| RefKey::of_name(name.as_str()));
            for key in entry.version.facts.reference_keys.iter().copied().chain(bare) {
                named.entry(key).or_default().push((*id, aim));
            }
        }
        Self { db, vault, folder, load, named, withheld: withheld_ids(vault, load) }
    }

    /// Seals everything once and signs what will be written.
    ///
    /// # Errors
    /// [`DisclosureError`]; [`VaultError::Damaged`] of a record that cannot be read: nothing is
    /// disclosed then.
    pub(super) fn prepare(
        &self,
        mut sealer: Sealer,
        key: &SigningKey,
        cancel: &CancelToken,
    ) -> Result<Prepared, Error> {
        for (index, part) in self.load.parts.iter().enumerate() {
            let version = &self.current(part.record)?.version;
            let mut new = NewPart {
                alias: part.alias,
                category: version.category,
                labels: own_labels(version),
                media_type: "application/fhir+json",
                file: None,
            };
            let mut content = self.content(index)?;
            if let Some((id, attachment)) = part.file {
                let kept = self.vault.attachment(attachment).ok_or(VaultError::Damaged)?;
                new.media_type = kept.meta.media_type.as_str();
                new.file = Some(NewFile { id, name: kept.meta.name.as_str() });
            }
            sealer.add(&new, &mut content, cancel)?;
        }
        Ok(sealer.sign(key)?)
    }

    /// Writes what was prepared.
    ///
    /// # Errors
    /// [`DisclosureError::Output`]; [`DisclosureError::Cancelled`].
    pub(super) fn write(
        &self,
        prepared: Prepared,
        out: &mut dyn std::io::Write,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<(), Error> {
        prepared.write(out, |index| self.content(index), progress, cancel)
    }

    /// Gives what a part is made of.
    fn content(&self, index: usize) -> Result<Content, Error> {
        let part = self.load.parts.get(index).ok_or(DisclosureError::NotFound)?;
        let Some((_, attachment)) = part.file else {
            return Ok(Content::Record(self.json(part.record)?));
        };
        let kept = self.vault.attachment(attachment).ok_or(VaultError::Damaged)?;
        Ok(Content::File(self.folder.open(attachment, &kept.meta)?))
    }

    /// Gives a record as it may be disclosed.
    pub(super) fn json(&self, id: RecordId) -> Result<Zeroizing<String>, Error> {
        let entry = self.current(id)?;
        let content = self.vault.read(self.db, entry)?;
        let files = Files { folder: self.folder, vault: self.vault, change: None };
        let whole = files.whole(&content)?;
        let json = whole.as_deref().unwrap_or_else(|| content.resource());
        let json = std::str::from_utf8(json).map_err(|_| VaultError::Damaged)?;
        let refers = entry.version.facts.references.iter().copied().collect();
        let patient = self.load.patient.as_deref().unwrap_or_default();
        Ok(redact(json, patient, &Clerk { outgoing: self, refers })?)
    }

    /// Tells what a reference of a record aims at.
    fn aim(&self, refers: &HashSet<RefKey>, reference: &str) -> Aim {
        let name = target(reference);
        let Some(named) = self.named.get(&RefKey::of_name(name)) else { return Aim::Other };
        let found = named.iter().find(|(id, _)| {
            // A bare name may be another's in another file: the record itself must refer to it.
            is_absolute(name) || self.is_referred_to(*id, refers)
        });
        found.map_or(Aim::Other, |(_, aim)| *aim)
    }

    fn is_referred_to(&self, id: RecordId, refers: &HashSet<RefKey>) -> bool {
        let keys = self.current(id).map(|entry| entry.version.facts.reference_keys.as_slice());
        keys.is_ok_and(|keys| keys.iter().any(|key| refers.contains(key)))
    }

    fn current(&self, id: RecordId) -> Result<&'a Entry, VaultError> {
        self.vault.index().current(id).ok_or(VaultError::NotFound)
    }
}

/// Judges what one record names.
struct Clerk<'o, 'a> {
    outgoing: &'o Outgoing<'a>,
    /// What the record refers to.
    refers: HashSet<RefKey>,
}

impl Judge for Clerk<'_, '_> {
    fn reference(&self, reference: &str) -> Aim {
        self.outgoing.aim(&self.refers, reference)
    }

    fn is_withheld_id(&self, id: &str) -> bool {
        self.outgoing.withheld.contains(&RefKey::of_name(id))
    }
}

/// Gives the resource ids of records that the requester neither gets nor holds. An id that one of
/// those has too tells nothing.
fn withheld_ids(vault: &Vault, load: &Load) -> HashSet<RefKey> {
    let id =
        |entry: &Entry| Some(RefKey::of_name(entry.version.facts.resource_id.as_ref()?.as_str()));
    let mut ids: HashSet<RefKey> = vault.index().currents().filter_map(id).collect();
    for disclosed in load.released.iter().chain(&load.known) {
        if let Some(id) = vault.index().current(*disclosed).and_then(id) {
            ids.remove(&id);
        }
    }
    ids
}

/// Gives those of the files of a record that were attached by hand, in the order of their ids;
/// those that were cut out of its text go back into it.
///
/// # Errors
/// [`VaultError::Damaged`] when a version cannot be read: it may have been cut.
pub(super) fn attached_by_hand(
    (db, vault): (&Db, &Vault),
    id: RecordId,
    mut files: Vec<AttachmentId>,
) -> Result<Vec<AttachmentId>, VaultError> {
    let mut cut = HashSet::new();
    for entry in vault.index().history(id) {
        let content = vault.read(db, entry)?;
        cut.extend(content.cuts.iter().map(|cut| cut.attachment));
    }
    files.retain(|file| !cut.contains(file));
    order::sort(&mut files);
    Ok(files)
}

/// The labels that a record has by itself: those of what it refers to are not its own to tell.
fn own_labels(version: &Version) -> LabelSet {
    version.labels.in_force(LabelSet::EMPTY)
}
