//! Finding, reading, correcting and giving out records.

use std::io::Write;

use zeroize::Zeroizing;

use crate::db::Db;
use crate::error::{Error, WalletError};
use crate::host::Timestamp;
use crate::record::json::push_quoted;
use crate::record::text::push;
use crate::record::{
    Authored, Category, LabelSet, RecordDate, RecordId, Resource as ParsedResource,
    SensitivityLabel, Source, Text,
};
use crate::session::Session;
use crate::session::import::version_of;
use crate::vault::index::{Entry, Filter, WantedCode};
use crate::vault::slots::random_id;
use crate::vault::text::Words;
use crate::vault::version::{Labels, Traits};
use crate::vault::{Content, Draft, Vault, VaultError};

/// What is known of one version of a record without opening its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Names the record for good.
    pub id: RecordId,
    /// Version, from 1.
    pub version: u32,
    /// Category of the scope vocabulary.
    pub category: Category,
    /// Labels in force: its own, those of what it refers to, and the patient's.
    pub labels: LabelSet,
    /// Whether a code set or the patient has classified it.
    pub classified: bool,
    /// FHIR resource type.
    pub resource_type: Text,
    /// `Type/id` as its source sent it.
    pub reference: Option<Text>,
    /// Principal code.
    pub code: Option<DisplayedCode>,
    /// What it is, in one line.
    pub title: Text,
    /// When it happened.
    pub date: Option<RecordDate>,
    /// Who changed it, when that is not its source.
    pub author: Option<Text>,
    /// Where it came from.
    pub source: Option<Text>,
    /// Bytes of the resource.
    pub size: u32,
    /// When this version was appended.
    pub at: Timestamp,
}

/// A code with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayedCode {
    /// URI of the code system.
    pub system: Text,
    /// Code in that system.
    pub code: Text,
    /// Text that came with the code.
    pub display: Option<Text>,
}

/// One version of a record with its content.
#[derive(Debug)]
pub struct Resource {
    /// What is known of it.
    pub record: Record,
    /// Why this version was appended, when somebody said so.
    pub reason: Option<Text>,
    content: Content,
}

impl Resource {
    /// Gives the FHIR JSON as it came, byte for byte.
    #[must_use]
    pub fn json(&self) -> &[u8] {
        self.content.resource()
    }

    /// Gives the fullUrl of the Bundle entry it came in.
    #[must_use]
    pub const fn full_url(&self) -> Option<&Text> {
        self.content.full_url.as_ref()
    }
}

/// One version in the history of a record.
pub type VersionOf = Resource;

/// What to look for; what is not set admits everything.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Only this category.
    pub category: Option<Category>,
    /// Only records under this label.
    pub label: Option<SensitivityLabel>,
    /// Only records that neither a code set nor the patient classified.
    pub unclassified: bool,
    /// Only records with this code, in this system or in any.
    pub code: Option<(Option<Text>, Text)>,
    /// Only records dated at or after this moment, in seconds since 1970.
    pub from: Option<i64>,
    /// Only records dated before this moment.
    pub to: Option<i64>,
    /// Only records whose text holds all these words, without regard to case and accents.
    pub text: Option<Text>,
    /// Number of matches to pass over.
    pub offset: usize,
    /// Number of matches wanted at most; `None` for all.
    pub limit: Option<usize>,
}

/// One page of matches, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The matches of this page.
    pub ids: Vec<RecordId>,
    /// Number of all matches.
    pub total: usize,
    /// Offset of the next page.
    pub next: Option<usize>,
}

/// How records are written out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportFormat {
    /// A Bundle of type collection.
    #[default]
    Bundle,
    /// One resource a line.
    Ndjson,
}

impl Session {
    /// Finds records.
    ///
    /// A record without a date matches no query for a time.
    ///
    /// # Errors
    /// [`WalletError::Locked`]; [`VaultError::NeedsWords`]; [`VaultError::Damaged`].
    pub fn find(&mut self, query: &Query) -> Result<Page, Error> {
        let (db, vault) = self.open()?.records()?;
        let filter = Filter {
            category: query.category,
            label: query.label,
            unclassified: query.unclassified,
            code: query.code.clone().map(|(system, code)| WantedCode { system, code }),
            from: query.from,
            to: query.to,
        };
        let mut found = match &query.text {
            None => vault.index().find(&filter).map(|entry| entry.version.record).collect(),
            Some(text) => search(db, vault, &filter, &Words::new(text.as_str()))?,
        };
        let total = found.len();
        found.drain(..query.offset.min(total));
        found.truncate(query.limit.unwrap_or(usize::MAX));
        let end = query.offset.saturating_add(found.len());
        Ok(Page { ids: found, total, next: (end < total).then_some(end) })
    }

    /// Gives the record whose id starts with some hex digits.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`WalletError::AmbiguousId`]; as [`Session::find`].
    pub fn resolve(&mut self, digits: &str) -> Result<RecordId, Error> {
        let (_, vault) = self.open()?.records()?;
        match vault.index().starting_with(digits).as_slice() {
            [id] if !digits.is_empty() => Ok(*id),
            [] | [_] => Err(VaultError::NotFound.into()),
            _ => Err(WalletError::AmbiguousId.into()),
        }
    }

    /// Describes the latest version of a record.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; as [`Session::find`].
    pub fn record(&mut self, id: RecordId) -> Result<Record, Error> {
        let (_, vault) = self.open()?.records()?;
        let entry = vault.index().current(id).ok_or(VaultError::NotFound)?;
        Ok(describe(vault, entry))
    }

    /// Opens a version of a record, the latest unless another is named.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`VaultError::Damaged`]; as [`Session::find`].
    pub fn read(&mut self, id: RecordId, version: Option<u32>) -> Result<Resource, Error> {
        let (db, vault) = self.open()?.records()?;
        let mut versions = vault.index().history(id);
        let entry = match version {
            None => versions.next_back(),
            Some(number) => versions.find(|entry| entry.version.number == number),
        };
        open(db, vault, entry.ok_or(VaultError::NotFound)?)
    }

    /// Opens every version of a record, first to last.
    ///
    /// # Errors
    /// As [`Session::read`].
    pub fn history(&mut self, id: RecordId) -> Result<Vec<VersionOf>, Error> {
        let (db, vault) = self.open()?.records()?;
        let versions: Result<Vec<_>, Error> =
            vault.index().history(id).map(|entry| open(db, vault, entry)).collect();
        match versions {
            Ok(versions) if versions.is_empty() => Err(VaultError::NotFound.into()),
            other => other,
        }
    }

    /// Writes out the records that a query finds, each resource as it came.
    ///
    /// # Errors
    /// [`WalletError::Output`] when `out` refuses; as [`Session::read`].
    pub fn export(
        &mut self,
        query: &Query,
        format: ExportFormat,
        out: &mut dyn Write,
    ) -> Result<usize, Error> {
        let ids = self.find(query)?.ids;
        let (db, vault) = self.open()?.records()?;
        let mut write = |bytes: &[u8]| {
            out.write_all(bytes).map_err(|error| WalletError::Output { kind: error.kind() })
        };
        if format == ExportFormat::Bundle {
            write(br#"{"resourceType":"Bundle","type":"collection","entry":["#)?;
        }
        for (place, id) in ids.iter().enumerate() {
            let entry = vault.index().current(*id).ok_or(VaultError::NotFound)?;
            let content = vault.read(db, entry)?;
            match format {
                ExportFormat::Ndjson => write_line(content.resource(), &mut write)?,
                ExportFormat::Bundle => {
                    write(if place == 0 { b"\n" } else { b",\n" })?;
                    write(br#"{"#)?;
                    if let Some(url) = &content.full_url {
                        let mut quoted = Zeroizing::new(String::new());
                        push_quoted(&mut quoted, url.as_str());
                        write(br#""fullUrl":"#)?;
                        write(quoted.as_bytes())?;
                        write(b",")?;
                    }
                    write(br#""resource":"#)?;
                    write(content.resource())?;
                    write(b"}")?;
                }
            }
        }
        if format == ExportFormat::Bundle {
            write(b"\n]}\n")?;
        }
        Ok(ids.len())
    }

    /// Takes down what the patient knows, as a record of its own.
    ///
    /// # Errors
    /// [`crate::record::RecordError::InvalidEntry`]; [`VaultError::Db`]: then nothing was written.
    pub fn add(&mut self, entry: &Authored<'_>) -> Result<Record, Error> {
        let at = self.host.clock.now();
        let (db, vault) = self.open()?.records()?;
        let patient =
            vault.index().currents().find(|entry| entry.version.kind.as_str() == "Patient");
        let subject = patient.and_then(reference);
        let json = entry.of_patient(subject.as_ref().map(Text::as_str)).to_fhir();
        let source = Source::file(random_id()?).named(Some(PATIENT));
        let resource = ParsedResource::parse(&json, &source)?;
        let mut version = version_of(&resource, RecordId::generate()?, 1, at)?;
        version.facts.author = Some(Text::from(PATIENT));
        append(
            db,
            vault,
            Draft { version, bucket: None, reason: "", full_url: "", resource: json.as_bytes() },
        )
    }

    /// Appends a corrected version; the original stays.
    ///
    /// # Errors
    /// [`WalletError::AnotherType`]; [`WalletError::Unexplained`]; [`VaultError::NotFound`];
    /// [`crate::record::RecordError`] when it is not FHIR; [`VaultError::Db`]: then nothing was
    /// written.
    pub fn correct(
        &mut self,
        id: RecordId,
        json: &str,
        author: &str,
        reason: &str,
    ) -> Result<Record, Error> {
        for text in [author, reason] {
            if text.trim().is_empty() || text.chars().count() > LONGEST_EXPLANATION {
                return Err(WalletError::Unexplained.into());
            }
        }
        let at = self.host.clock.now();
        let (db, vault) = self.open()?.records()?;
        let entry = vault.index().current(id).ok_or(VaultError::NotFound)?;
        let full_url = vault.read(db, entry)?.full_url;
        let named = entry.version.facts.source.as_ref().map(Text::as_str);
        let source = Source::file(random_id()?).named(named).at(full_url.as_ref());
        let resource = ParsedResource::parse(json, &source)?;
        if resource.resource_type().name() != entry.version.kind.as_str() {
            return Err(WalletError::AnotherType.into());
        }
        let mut version = version_of(&resource, id, 1, at)?;
        version.follow(&entry.version).map_err(VaultError::from)?;
        version.facts.author = Some(Text::from(author.trim()));
        let full_url = full_url.as_ref().map_or("", Text::as_str);
        let bucket = Some(entry.place.bucket);
        append(
            db,
            vault,
            Draft { version, bucket, reason: reason.trim(), full_url, resource: json.as_bytes() },
        )
    }

    /// Sets the patient's own labels on a record, as a version of its own.
    ///
    /// A removed label does not come back by inheritance. Either way the record counts as
    /// classified by the patient.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`VaultError::Db`]: then nothing was written.
    pub fn relabel(
        &mut self,
        id: RecordId,
        add: LabelSet,
        remove: LabelSet,
    ) -> Result<Record, Error> {
        let at = self.host.clock.now();
        let (db, vault) = self.open()?.records()?;
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
        append(
            db,
            vault,
            Draft { version, bucket, reason: RELABELLED, full_url, resource: content.resource() },
        )
    }
}

fn append(db: &mut Db, vault: &mut Vault, draft: Draft<'_>) -> Result<Record, Error> {
    let id = draft.version.record;
    let mut change = vault.change();
    let mut txn = db.begin()?;
    vault.append(&mut txn, &mut change, draft)?;
    vault.seal_state(&mut txn, &change)?;
    txn.commit()?;
    vault.adopt(change)?;
    let entry = vault.index().current(id).ok_or(VaultError::NotFound)?;
    Ok(describe(vault, entry))
}

fn search(
    db: &Db,
    vault: &mut Vault,
    filter: &Filter,
    words: &Words,
) -> Result<Vec<RecordId>, Error> {
    vault.index_text(db)?;
    let mut found = Vec::new();
    for entry in vault.index().find(filter) {
        if vault.holds(db, entry, words)? {
            found.push(entry.version.record);
        }
    }
    Ok(found)
}

fn open(db: &Db, vault: &Vault, entry: &Entry) -> Result<Resource, Error> {
    let content = vault.read(db, entry)?;
    Ok(Resource { record: describe(vault, entry), reason: content.reason.clone(), content })
}

fn describe(vault: &Vault, entry: &Entry) -> Record {
    let version = &entry.version;
    let facts = &version.facts;
    let code = facts.codes.first().map(|code| DisplayedCode {
        system: code.system.clone(),
        code: code.code.clone(),
        display: facts.display.clone(),
    });
    Record {
        id: version.record,
        version: version.number,
        category: version.category,
        labels: vault.index().labels(entry),
        classified: version.traits.is_classified(),
        resource_type: version.kind.clone(),
        reference: reference(entry),
        code,
        title: facts.title.clone(),
        date: facts.date,
        author: facts.author.clone(),
        source: facts.source.clone(),
        size: version.size,
        at: version.at,
    }
}

fn reference(entry: &Entry) -> Option<Text> {
    let id = entry.version.facts.resource_id.as_ref()?;
    let mut reference = Zeroizing::new(String::new());
    for part in [entry.version.kind.as_str(), "/", id.as_str()] {
        push(&mut reference, part);
    }
    Some(Text::from(reference))
}

/// NDJSON has one resource a line, so line breaks between tokens become blanks.
fn write_line(
    resource: &[u8],
    write: &mut impl FnMut(&[u8]) -> Result<(), WalletError>,
) -> Result<(), WalletError> {
    for (place, part) in resource.split(|byte| matches!(byte, b'\n' | b'\r')).enumerate() {
        if place > 0 {
            write(b" ")?;
        }
        write(part)?;
    }
    write(b"\n")
}

/// Who wrote a record that the patient entered or relabelled.
const PATIENT: &str = "patient";
const RELABELLED: &str = "labels changed";
const LONGEST_EXPLANATION: usize = 200;
