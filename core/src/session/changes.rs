//! Adding to the record and mending it: each change appends a version, the original stays.

use crate::audit::AuditKind;
use crate::error::{Error, WalletError};
use crate::host::Timestamp;
use crate::order;
use crate::record::{Authored, LabelSet, Limits, RecordError, RecordId, Resource, Source, Text};
use crate::session::attachments::inline::NewFiles;
use crate::session::import::version_of;
use crate::session::own::Memo;
use crate::session::records::reference;
use crate::session::{Open, Session};
use crate::vault::slots::random_id;
use crate::vault::version::{Labels, Traits, Version};
use crate::vault::{Draft, Vault, VaultError};

impl Session {
    /// Takes down what the patient knows, as a record of its own, and gives its id.
    ///
    /// # Errors
    /// [`RecordError::InvalidEntry`]; [`VaultError::Db`]: then nothing was written.
    pub fn add(&mut self, entry: &Authored<'_>) -> Result<RecordId, Error> {
        let at = self.host.clock.now();
        let open = self.writable()?;
        let mut files = NewFiles::new(open.files());
        let (_, vault) = open.records()?;
        let subject = subject(vault);
        let json = entry.of_patient(subject.as_ref().map(Text::as_str)).to_fhir();
        let version = version_by_patient(&json, RecordId::generate()?, at)?;
        let (stored, cuts) = files.move_out(&json, version.record, at)?;
        let resource = stored.as_bytes();
        let draft = Draft { version, bucket: None, reason: "", full_url: "", resource, cuts };
        open.append(at, AuditKind::Added, draft, files, &[]).map(|(record, _)| record)
    }

    /// Appends a corrected version and gives its number; the original stays. Whoever holds an
    /// older version is to be told: the same step signs a notice for each of them
    /// ([`Session::notices`]).
    ///
    /// # Errors
    /// [`WalletError::AnotherType`]; [`WalletError::AnotherRecord`]; [`WalletError::Unexplained`];
    /// [`VaultError::NotFound`]; [`RecordError`] when it is not FHIR or too large; [`VaultError::Db`]: then nothing was
    /// written.
    pub fn correct(
        &mut self,
        id: RecordId,
        json: &str,
        author: &str,
        reason: &str,
    ) -> Result<u32, Error> {
        for text in [author, reason] {
            if text.trim().is_empty() || text.chars().count() > LONGEST_EXPLANATION {
                return Err(WalletError::Unexplained.into());
            }
        }
        let limit = Limits::default().resource;
        if json.len() > limit {
            return Err(RecordError::ResourceTooLarge { limit }.into());
        }
        let at = self.host.clock.now();
        let open = self.writable()?;
        let mut files = NewFiles::new(open.files());
        let notices = open.readers()?.corrections(&order::set([id]), at)?;
        let (db, vault) = open.records()?;
        let entry = vault.index().current(id).ok_or(VaultError::NotFound)?;
        let full_url = vault.read(db, entry)?.full_url;
        let named = entry.version.facts.source.as_ref().map(Text::as_str);
        let source = Source::file(random_id()?).named(named).at(full_url.as_ref());
        let resource = Resource::parse(json, &source)?;
        if resource.resource_type().name() != entry.version.kind.as_str() {
            return Err(WalletError::AnotherType.into());
        }
        let ids = (resource.id(), entry.version.facts.resource_id.as_ref());
        if matches!(ids, (Some(theirs), Some(ours)) if theirs != ours) {
            return Err(WalletError::AnotherRecord.into());
        }
        let mut version = version_of(&resource, id, 1, at)?;
        // What the record is the same as is not for a correction to say.
        version.facts.identities.clear();
        version.follow(&entry.version).map_err(VaultError::from)?;
        version.facts.author = Some(Text::from(author.trim()));
        let full_url = full_url.as_ref().map_or("", Text::as_str);
        let bucket = Some(entry.place.bucket);
        let (stored, cuts) = files.move_out(json, id, at)?;
        let resource = stored.as_bytes();
        let draft = Draft { version, bucket, reason: reason.trim(), full_url, resource, cuts };
        open.append(at, AuditKind::Corrected, draft, files, &notices).map(|(_, number)| number)
    }

    /// Sets the patient's own labels on a record, as a version of its own, and gives its number.
    ///
    /// A removed label does not come back by inheritance. Either way the record counts as
    /// classified by the patient.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`VaultError::Db`]: then nothing was written.
    pub fn relabel(&mut self, id: RecordId, add: LabelSet, remove: LabelSet) -> Result<u32, Error> {
        let at = self.host.clock.now();
        let open = self.writable()?;
        let files = NewFiles::new(open.files());
        let (db, vault) = open.records()?;
        let entry = vault.index().current(id).ok_or(VaultError::NotFound)?;
        let content = vault.read(db, entry)?;
        let labels = Labels {
            own: entry.version.labels.own,
            added: entry.version.labels.added.without(remove).union(add),
            removed: entry.version.labels.removed.without(add).union(remove.without(add)),
        };
        let number = entry.version.number.checked_add(1).ok_or(VaultError::Damaged)?;
        let mut version = entry.version.next(number, at)?;
        version.labels = labels;
        version.traits = version.traits.with(Traits::CONFIRMED, true);
        version.facts.author = Some(Text::from(PATIENT));
        let full_url = content.full_url.as_ref().map_or("", Text::as_str);
        let bucket = Some(entry.place.bucket);
        // Files that were cut out of the text serve this version too.
        let (resource, cuts) = (content.resource(), content.cuts.clone());
        let draft = Draft { version, bucket, reason: RELABELLED, full_url, resource, cuts };
        open.append(at, AuditKind::Relabelled, draft, files, &[]).map(|(_, number)| number)
    }
}

impl Open {
    /// Appends a version with its files, and the notices of it, in a transaction of its own; gives
    /// its record and number.
    fn append(
        &mut self,
        at: Timestamp,
        kind: AuditKind,
        draft: Draft<'_>,
        mut files: NewFiles,
        notices: &[Memo],
    ) -> Result<(RecordId, u32), Error> {
        let appended = (draft.version.record, draft.version.number);
        let (mut work, vault, mut change) = self.change(at)?;
        work.append_with_files(vault, &mut change, kind, draft, &mut files)?;
        work.remember(vault, &mut change, notices)?;
        let ready = work.seal(change.rows.clone())?;
        files.keep();
        let done = ready.commit()?;
        self.adopt(done, Some(change))?;
        Ok(appended)
    }
}

/// Gives the patient's own resource as `Patient/id`, when the wallet holds it.
pub(super) fn subject(vault: &Vault) -> Option<Text> {
    let patient = vault.index().patients().first()?;
    vault.index().current(*patient).and_then(reference)
}

/// Makes the first version of a record that the patient writes.
///
/// # Errors
/// [`RecordError`] when it is no resource; [`VaultError::Randomness`].
pub(super) fn version_by_patient(
    json: &str,
    record: RecordId,
    at: Timestamp,
) -> Result<Version, Error> {
    let source = Source::file(random_id()?).named(Some(PATIENT));
    let resource = Resource::parse(json, &source)?;
    let mut version = version_of(&resource, record, 1, at)?;
    version.facts.author = Some(Text::from(PATIENT));
    Ok(version)
}

/// Who wrote a record that the patient entered or relabelled.
const PATIENT: &str = "patient";
const RELABELLED: &str = "labels changed";
const LONGEST_EXPLANATION: usize = 200;
