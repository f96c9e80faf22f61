//! Finding and reading records.

use zeroize::Zeroizing;

use crate::codec::Buffer;
use crate::db::Db;
use crate::error::{Error, WalletError};
use crate::host::Timestamp;
use crate::record::text::push;
use crate::record::{Category, LabelSet, RecordDate, RecordId, SensitivityLabel, Text};
use crate::session::Session;
use crate::session::attachments::inline::Files;
use crate::vault::body::Content;
use crate::vault::index::{Entry, Filter, WantedCode};
use crate::vault::text::Words;
use crate::vault::{Vault, VaultError};

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
    /// The resource with the files that were cut out of it, where there are any.
    whole: Option<Buffer>,
}

impl Resource {
    /// Gives the FHIR JSON as it came, byte for byte.
    #[must_use]
    pub fn json(&self) -> &[u8] {
        self.whole.as_deref().unwrap_or_else(|| self.content.resource())
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
        let limit = query.limit.unwrap_or(usize::MAX);
        let (ids, total) = match &query.text {
            None => vault.index().page(&filter, query.offset, limit),
            Some(text) => {
                let found = search(db, vault, &filter, &Words::new(text.as_str()))?;
                let total = found.len();
                (found.into_iter().skip(query.offset).take(limit).collect(), total)
            }
        };
        let end = query.offset.saturating_add(ids.len());
        Ok(Page { ids, total, next: (end < total).then_some(end) })
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
    /// [`VaultError::NotFound`]; [`VaultError::Damaged`];
    /// [`crate::vault::attachments::AttachmentError`] of a file inside it that is damaged or
    /// missing; as [`Session::find`].
    pub fn read(&mut self, id: RecordId, version: Option<u32>) -> Result<Resource, Error> {
        let open = self.open()?;
        let folder = open.files();
        let (db, vault) = open.records()?;
        let mut versions = vault.index().history(id);
        let entry = match version {
            None => versions.next_back(),
            Some(number) => versions.find(|entry| entry.version.number == number),
        };
        let files = Files { folder: &folder, vault, change: None };
        open_whole(db, &files, entry.ok_or(VaultError::NotFound)?)
    }

    /// Opens every version of a record, first to last.
    ///
    /// # Errors
    /// As [`Session::read`].
    pub fn history(&mut self, id: RecordId) -> Result<Vec<VersionOf>, Error> {
        let open = self.open()?;
        let folder = open.files();
        let (db, vault) = open.records()?;
        let files = Files { folder: &folder, vault, change: None };
        let versions: Result<Vec<_>, Error> =
            vault.index().history(id).map(|entry| open_whole(db, &files, entry)).collect();
        match versions {
            Ok(versions) if versions.is_empty() => Err(VaultError::NotFound.into()),
            other => other,
        }
    }
}

fn search(
    db: &Db,
    vault: &mut Vault,
    filter: &Filter,
    words: &Words,
) -> Result<Vec<RecordId>, Error> {
    vault.index_text(db);
    let mut found = Vec::new();
    for entry in vault.index().find(filter) {
        match vault.holds(db, entry, words) {
            Ok(true) => found.push(entry.version.record),
            // What cannot be read matches nothing; `verify` names it.
            Ok(false) | Err(VaultError::Damaged) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

fn open_whole(db: &Db, files: &Files<'_>, entry: &Entry) -> Result<Resource, Error> {
    let content = files.vault.read(db, entry)?;
    let (record, reason) = (describe(files.vault, entry), content.reason.clone());
    let whole = files.whole(&content)?;
    Ok(Resource { record, reason, content, whole })
}

pub(super) fn describe(vault: &Vault, entry: &Entry) -> Record {
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

pub(super) fn reference(entry: &Entry) -> Option<Text> {
    let id = entry.version.facts.resource_id.as_ref()?;
    let mut reference = Zeroizing::new(String::new());
    for part in [entry.version.kind.as_str(), "/", id.as_str()] {
        push(&mut reference, part);
    }
    Some(Text::from(reference))
}
