//! Taking a file of FHIR resources in, in one transaction.

mod draft;
pub(super) mod patient;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::Read;

use crate::audit::AuditKind;
use crate::error::{Error, WalletError};
use crate::host::{CancelToken, ProgressListener, Timestamp};
use crate::record::{
    Identity, IdentityKind, Item, Limits, PatientFacts, RecordError, RecordId, RefKey, Resource,
    ResourceReader, SectionMap, Source, Text,
};
use crate::session::Session;
use crate::session::attachments::inline::{Files, NewFiles};
use crate::session::import::draft::{is_mended, same_json};
use crate::session::import::patient::{may_be_one, patients};
use crate::session::own::Memo;
use crate::session::work::Work;
use crate::vault::attachments::AttachmentError;
use crate::vault::index::{Entry, Holder, Holders};
use crate::vault::slots::random_id;
use crate::vault::version::{Facts, Version};
use crate::vault::{Change, Draft, Vault, VaultError};

pub(super) use draft::version_of;

/// How a file is taken in.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Name of the hospital, for files that do not say.
    pub source: Option<Text>,
    /// Take the file in although its patient differs from the wallet's.
    pub any_patient: bool,
    /// Bounds on what is read; the default is the product's.
    pub limits: Limits,
}

/// What came of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Entries of the file.
    pub entries: usize,
    /// Entries that became new records.
    pub new: usize,
    /// Entries that became new versions.
    pub changed: usize,
    /// Entries that the wallet held already.
    pub same: usize,
    /// Entries that could not be taken in.
    pub refused: Vec<Refused>,
}

/// An entry that could not be taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Place in the file, from 0.
    pub index: usize,
    /// Why.
    pub error: RecordError,
}

impl Session {
    /// Takes in a file: Bundle, NDJSON or one resource, plain or gzip. All of it or nothing.
    ///
    /// `progress` hears the bytes read so far, not inflated. Where a record that somebody holds
    /// comes back corrected, the same step signs a notice for them ([`Session::notices`]).
    ///
    /// # Errors
    /// [`RecordError`] when the file as a whole is refused, or its only entry is;
    /// [`RecordError::AnotherPatient`]; [`WalletError::Cancelled`]; [`VaultError::Db`]. Nothing was
    /// written then.
    pub fn import(
        &mut self,
        file: &mut dyn Read,
        options: &ImportOptions,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<ImportReport, Error> {
        let at = self.host.clock.now();
        let open = self.writable()?;
        let files = NewFiles::new(open.files());
        let readers = open.readers()?;
        let (db, vault) = open.records()?;
        let patients = patients(db, vault)?;
        let mut reader = ResourceReader::with_limits(file, options.limits)?;
        let (mut work, vault, change) = open.change(at)?;
        let mut import = Import {
            vault,
            known: Known::default(),
            renamed: Vec::new(),
            change,
            files,
            scope: random_id()?,
            source: options.source.as_ref(),
            sections: None,
            patients: (!options.any_patient).then_some(patients),
            report: ImportReport::default(),
            mended: BTreeSet::new(),
            at,
        };
        while let Some(item) = reader.next()? {
            if cancel.is_cancelled() {
                return Err(WalletError::Cancelled.into());
            }
            import.take(&mut work, &item)?;
            if import.report.entries.is_multiple_of(PROGRESS_STEP) {
                progress.progress(reader.bytes_read(), None);
            }
        }
        progress.progress(reader.bytes_read(), None);
        import.append_names(&mut work)?;
        let Import { mut change, report, files, mended, .. } = import;
        if let ([only], 1) = (report.refused.as_slice(), report.entries) {
            return Err(only.error.clone().into());
        }
        if change.entries().next().is_some() {
            let notices = readers.corrections(&mended, at)?.into_iter().map(Memo::by_device);
            work.remember(vault, &mut change, &notices.collect::<Vec<_>>())?;
            work.note(&work.entry(AuditKind::Imported))?;
            let ready = work.seal(change.rows.clone())?;
            files.keep();
            let done = ready.commit()?;
            open.adopt(done, Some(change))?;
        } else {
            drop(work);
        }
        // Work counts as presence: a long import must not lock the wallet at its end.
        self.touch();
        Ok(report)
    }
}

struct Import<'a> {
    vault: &'a Vault,
    known: Known,
    /// What this file calls, and refers to by, records that the wallet held already.
    renamed: Vec<Renamed>,
    change: Change,
    files: NewFiles,
    /// Names this file: bare references hold within it.
    scope: [u8; 16],
    source: Option<&'a Text>,
    sections: Option<SectionMap>,
    /// `None` when any patient will do.
    patients: Option<Vec<PatientFacts>>,
    report: ImportReport,
    /// Records that this file says were corrected.
    mended: BTreeSet<RecordId>,
    at: Timestamp,
}

impl Import<'_> {
    fn take(&mut self, work: &mut Work<'_>, item: &Item<'_>) -> Result<(), Error> {
        self.report.entries += 1;
        match self.parse_and_take(work, item) {
            Err(Error::Record(error)) if !ends_the_file(&error) => {
                self.report.refused.push(Refused { index: item.index(), error });
                Ok(())
            }
            other => other,
        }
    }

    fn parse_and_take(&mut self, work: &mut Work<'_>, item: &Item<'_>) -> Result<(), Error> {
        let json = item.resource().ok_or(RecordError::NoResource)?;
        let source = Source::file(self.scope).named(self.source.map(Text::as_str));
        let source = source.at(item.full_url());
        if self.report.entries == 1 {
            self.sections = SectionMap::from_composition(json, &source)?;
        }
        let resource = Resource::parse(json, &source.in_sections(self.sections.as_ref()))?;
        self.check_patient(&resource)?;
        let mut version = version_of(&resource, RecordId::generate()?, 1, self.at)?;
        let Some(record) = self.find(&version.facts) else {
            self.report.new += 1;
            return self.append(work, item, version, None);
        };
        self.known.touched.insert(record);
        let entry = self.current(record).ok_or(VaultError::NotFound)?;
        if self.holds(work, entry, json)? {
            self.report.same += 1;
            let Facts { reference_keys, references, .. } = version.facts;
            self.renamed.push(Renamed { record, reference_keys, references });
            return Ok(());
        }
        let bucket = entry.place.bucket;
        version.follow(&entry.version).map_err(VaultError::from)?;
        if is_mended(json) {
            self.mended.insert(record);
        }
        self.report.changed += 1;
        self.append(work, item, version, Some(bucket))
    }

    fn append(
        &mut self,
        work: &mut Work<'_>,
        item: &Item<'_>,
        version: Version,
        bucket: Option<u8>,
    ) -> Result<(), Error> {
        let json = item.resource().unwrap_or_default();
        let (stored, cuts) = self.files.move_out(json, version.record, self.at)?;
        let draft = Draft {
            version,
            bucket,
            reason: "",
            full_url: item.full_url().map_or("", Text::as_str),
            resource: stored.as_bytes(),
            cuts,
        };
        let (change, files) = (&mut self.change, &mut self.files);
        let at = work.append_with_files(self.vault, change, AuditKind::Added, draft, files)?;
        if let Some(entry) = self.change.entry(at) {
            self.known.add(&entry.version, at);
        }
        Ok(())
    }

    /// Tells whether a text is that of the latest version or of an earlier one: a file that is
    /// imported again must not undo what was corrected since.
    fn holds(&self, work: &Work<'_>, current: &Entry, json: &str) -> Result<bool, Error> {
        let earlier = self.vault.index().history(current.version.record).rev();
        let (folder, change) = (self.files.folder(), Some(&self.change));
        let files = Files { folder, vault: self.vault, change };
        for entry in std::iter::once(current).chain(earlier) {
            let content = self.vault.read_within(&work.txn, entry)?;
            let whole = match files.whole(&content) {
                Ok(whole) => whole,
                // What is lost of a version comes back as another one.
                Err(AttachmentError::Damaged | AttachmentError::Missing) => continue,
                Err(error) => return Err(error.into()),
            };
            let text = whole.as_deref().unwrap_or_else(|| content.resource());
            if same_json(text, json.as_bytes()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Gives records that were held already the names of this file, where a record of this file
    /// refers to them by these, or they to it: labels pass along references.
    fn append_names(&mut self, work: &mut Work<'_>) -> Result<(), Error> {
        let facts = || self.change.entries().map(|entry| &entry.version.facts);
        let meant: HashSet<RefKey> = facts().flat_map(|facts| facts.references.clone()).collect();
        let named: HashSet<RefKey> =
            facts().flat_map(|facts| facts.reference_keys.clone()).collect();
        for renamed in std::mem::take(&mut self.renamed) {
            let Renamed { record, reference_keys, references } = renamed;
            let entry = self.current(record).ok_or(VaultError::NotFound)?;
            let old = &entry.version.facts;
            let is_new = |key: &RefKey| meant.contains(key) && !old.reference_keys.contains(key);
            let is_used = |key: &RefKey| named.contains(key) && !old.references.contains(key);
            if !reference_keys.iter().any(is_new) && !references.iter().any(is_used) {
                continue;
            }
            let content = self.vault.read_within(&work.txn, entry)?;
            let number = entry.version.number.checked_add(1).ok_or(VaultError::Damaged)?;
            let mut version = entry.version.next(number, self.at).map_err(VaultError::from)?;
            version.add_names(&reference_keys, &references);
            let draft = Draft {
                version,
                bucket: Some(entry.place.bucket),
                reason: RENAMED,
                full_url: content.full_url.as_ref().map_or("", Text::as_str),
                resource: content.resource(),
                cuts: content.cuts.clone(),
            };
            let at = work.append(self.vault, &mut self.change, AuditKind::Added, draft)?;
            self.known.in_change.insert(record, at);
        }
        Ok(())
    }

    /// Finds the record that is the same, by the strongest identity that agrees.
    ///
    /// A business identifier does not count against two ids of one source that differ, against
    /// another principal code, nor between two entries of one file.
    fn find(&self, facts: &Facts) -> Option<RecordId> {
        let record = |identity: &&Identity| match self.holder(identity) {
            Holder::One(record) => Some(record),
            Holder::Nobody | Holder::Many => None,
        };
        let is_strong = |identity: &&Identity| identity.kind != IdentityKind::Identifier;
        if let Some(found) = facts.identities.iter().filter(is_strong).find_map(|one| record(&one))
        {
            return Some(found);
        }
        let may_be = |id: &RecordId| {
            let theirs = self.current(*id).map(|entry| &entry.version.facts);
            !self.known.touched.contains(id)
                && theirs.is_some_and(|theirs| !contradict(theirs, facts))
        };
        facts.identities.iter().filter_map(|one| record(&one)).find(may_be)
    }

    fn holder(&self, identity: &Identity) -> Holder {
        let stored = self.vault.index().holder(identity);
        let fresh = self.known.holders.of(identity);
        match (stored, fresh) {
            (Holder::Nobody, other) | (other, Holder::Nobody) => other,
            (one, other) if one == other => one,
            _ if identity.kind == IdentityKind::Identifier => Holder::Many,
            _ => stored,
        }
    }

    /// Gives the latest version of a record, that of this file first.
    fn current(&self, record: RecordId) -> Option<&Entry> {
        match self.known.in_change.get(&record) {
            Some(at) => self.change.entry(*at),
            None => self.vault.index().current(record),
        }
    }

    fn check_patient(&mut self, resource: &Resource<'_>) -> Result<(), RecordError> {
        let (Some(patients), Some(facts)) = (&mut self.patients, resource.patient_facts()) else {
            return Ok(());
        };
        if !patients.is_empty() && !patients.iter().any(|known| may_be_one(known, &facts)) {
            return Err(RecordError::AnotherPatient);
        }
        // One that says nothing would let everybody in.
        if facts.birth_date.is_some() || !facts.families.is_empty() {
            patients.push(facts);
        }
        Ok(())
    }
}

/// What this file made known so far.
#[derive(Default)]
struct Known {
    holders: Holders,
    /// Place in the change of the latest version that this file made.
    in_change: HashMap<RecordId, usize>,
    touched: HashSet<RecordId>,
}

impl Known {
    fn add(&mut self, version: &Version, at: usize) {
        self.holders.add(version);
        self.in_change.insert(version.record, at);
        self.touched.insert(version.record);
    }
}

/// A record that the wallet held already, under the names of this file.
struct Renamed {
    record: RecordId,
    reference_keys: Vec<RefKey>,
    references: Vec<RefKey>,
}

/// Tells whether an error of one entry ends the import of its file.
const fn ends_the_file(error: &RecordError) -> bool {
    matches!(error, RecordError::AnotherPatient | RecordError::Randomness)
}

/// Tells whether two resources are two records although a business identifier agrees.
fn contradict(one: &Facts, other: &Facts) -> bool {
    let differ = |one: &Identity, other: &Identity| {
        matches!(one.kind, IdentityKind::Url | IdentityKind::Id)
            && (one.kind, one.scope) == (other.kind, other.scope)
            && one.key != other.key
    };
    let names =
        one.identities.iter().any(|one| other.identities.iter().any(|other| differ(one, other)));
    let codes = !one.codes.is_empty()
        && !other.codes.is_empty()
        && !one.codes.iter().any(|code| other.codes.contains(code));
    names || codes
}

/// Why a version was appended that says the same.
const RENAMED: &str = "met under a further name";
/// Entries between two calls of the listener.
const PROGRESS_STEP: usize = 64;
