//! Records: found, read, corrected, labelled, erased.

use patient_wallet::record::{Authored, AuthoredKind, Category, SensitivityLabel};
use patient_wallet::session;
use zeroize::Zeroizing;

use crate::error::{WalletError, refused};
use crate::page::{at, limited, page, part};
use crate::parse;
use crate::session::Session;

/// What is known of the latest version of a record.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Record {
    /// Names the record for good.
    pub id: String,
    /// Version, from 1.
    pub version: u32,
    /// Category of the scope vocabulary.
    pub category: Category,
    /// Labels in force: its own, those of what it refers to, and the patient's.
    pub labels: Vec<SensitivityLabel>,
    /// Whether a code set or the patient has classified it.
    pub classified: bool,
    /// FHIR resource type.
    pub resource_type: String,
    /// `Type/id` as its source sent it.
    pub reference: Option<String>,
    /// Principal code.
    pub code: Option<DisplayedCode>,
    /// What it is, in one line.
    pub title: String,
    /// When it happened, as precisely as is known (FHIR dateTime).
    pub date: Option<String>,
    /// Who changed it, when that is not its source.
    pub author: Option<String>,
    /// Where it came from.
    pub source: Option<String>,
    /// Bytes of the resource.
    pub size: u32,
    /// When this version was appended.
    pub at: u64,
}

/// A code with the text that came with it.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct DisplayedCode {
    /// URI of the code system.
    pub system: String,
    /// Code in that system.
    pub code: String,
    /// Text that came with the code.
    pub display: Option<String>,
}

/// One version of a record with its content.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Resource {
    /// What is known of it.
    pub record: Record,
    /// Why this version was appended, when somebody said so.
    pub reason: Option<String>,
    /// The FHIR JSON as it came, byte for byte.
    pub json: String,
    /// The fullUrl of the Bundle entry it came in.
    pub full_url: Option<String>,
}

/// One version in the history of a record.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Version {
    /// What is known of it.
    pub record: Record,
    /// Why this version was appended, when somebody said so.
    pub reason: Option<String>,
}

page! {
    /// A page of records, the newest first.
    RecordPage of Record
}

page! {
    /// A page of the history of a record, first to last.
    VersionPage of Version
}

/// What to look for; what is not set admits everything.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Query {
    /// Only this category.
    #[uniffi(default = None)]
    pub category: Option<Category>,
    /// Only records under this label.
    #[uniffi(default = None)]
    pub label: Option<SensitivityLabel>,
    /// Only records that neither a code set nor the patient classified.
    #[uniffi(default = false)]
    pub unclassified: bool,
    /// Only records with a code of this system; needs `code`.
    #[uniffi(default = None)]
    pub system: Option<String>,
    /// Only records with this code.
    #[uniffi(default = None)]
    pub code: Option<String>,
    /// Only records dated at or after this moment, in seconds since 1970.
    #[uniffi(default = None)]
    pub since: Option<i64>,
    /// Only records dated before this moment.
    #[uniffi(default = None)]
    pub until: Option<i64>,
    /// Only records whose text holds all these words, without regard to case and accents.
    #[uniffi(default = None)]
    pub text: Option<String>,
    /// Number of matches to pass over.
    #[uniffi(default = 0)]
    pub offset: u64,
    /// Number of matches wanted at most; above 1,000 counts as 1,000.
    #[uniffi(default = 100)]
    pub limit: u32,
}

/// What a patient writes down.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewEntry {
    /// What it is.
    pub kind: AuthoredKind,
    /// The text, at most 64 KiB.
    pub text: String,
    /// A code, written `SYSTEM|CODE`.
    #[uniffi(default = None)]
    pub code: Option<String>,
    /// Since when (FHIR dateTime).
    #[uniffi(default = None)]
    pub since: Option<String>,
}

page! {
    /// A page of ids.
    IdPage of String
}

/// What was erased.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Erased {
    /// The signed statement that says what was destroyed and what may remain elsewhere (`pmw-es`).
    pub statement: Vec<u8>,
    /// Whether traces wait to be removed; it is tried again at lock and unlock.
    pub pending: bool,
}

#[uniffi::export]
impl Session {
    /// Finds records. A record without a date matches no query for a time.
    pub fn find(&self, query: Query) -> Result<RecordPage, WalletError> {
        let query = query.into();
        self.call(|session| {
            let page = session.find(&query)?;
            let items: Result<Vec<_>, _> =
                page.ids.iter().map(|id| session.record(*id).map(Record::from)).collect();
            let next = page.next.map(parse::count);
            Ok(RecordPage { items: items?, total: parse::count(page.total), next })
        })
    }

    /// Describes the latest version of a record.
    pub fn record(&self, id: String) -> Result<Record, WalletError> {
        self.home.call(|open| Ok(open.session.record(parse::id(&id)?)?.into()))
    }

    /// Opens a version of a record, the latest unless another is named.
    #[uniffi::method(default(version = None))]
    pub fn read(&self, id: String, version: Option<u32>) -> Result<Resource, WalletError> {
        self.home.call(|open| Resource::of(&open.session.read(parse::id(&id)?, version)?))
    }

    /// Lists the versions of a record, first to last.
    pub fn history(&self, id: String, offset: u64, limit: u32) -> Result<VersionPage, WalletError> {
        self.home.call(|open| {
            let versions = open.session.history(parse::id(&id)?)?;
            Ok(part(versions, offset, limit, Version::from).into())
        })
    }

    /// Adds what a patient writes down, and gives the id of the record.
    pub fn add(&self, entry: NewEntry) -> Result<String, WalletError> {
        self.home.call(|open| {
            let text = Zeroizing::new(entry.text);
            let since = entry.since.as_deref().map(str::parse).transpose().map_err(refused)?;
            let mut authored = Authored::new(entry.kind, &text).map_err(refused)?.since(since);
            if let Some(code) = &entry.code {
                authored = authored.coded(code).map_err(refused)?;
            }
            Ok(open.session.add(&authored)?.to_string())
        })
    }

    /// Appends a corrected version with its author and reason, and gives its number.
    pub fn correct(
        &self,
        id: String,
        json: String,
        author: String,
        reason: String,
    ) -> Result<u32, WalletError> {
        let json = Zeroizing::new(json);
        self.home.call(|open| Ok(open.session.correct(parse::id(&id)?, &json, &author, &reason)?))
    }

    /// Adds labels to a record and takes others away; the patient's word counts. Gives the number
    /// of the new version.
    pub fn relabel(
        &self,
        id: String,
        add: Vec<SensitivityLabel>,
        remove: Vec<SensitivityLabel>,
    ) -> Result<u32, WalletError> {
        let (add, remove) = (parse::label_set(add), parse::label_set(remove));
        self.home.call(|open| Ok(open.session.relabel(parse::id(&id)?, add, remove)?))
    }

    /// Erases a record: its keys are destroyed.
    pub fn erase(&self, id: String) -> Result<Erased, WalletError> {
        self.home.call(|open| {
            let erased = open.session.erase(parse::id(&id)?)?;
            Ok(Erased { statement: erased.statement, pending: erased.pending })
        })
    }

    /// Signs anew what says that a record was erased (`pmw-es`).
    pub fn erasure_statement(&self, id: String) -> Result<Vec<u8>, WalletError> {
        self.home.call(|open| Ok(open.session.erasure_statement(parse::id(&id)?)?))
    }

    /// Erases the whole wallet; the session is locked afterwards. Gives the statement, if the
    /// wallet could still sign one.
    pub fn erase_wallet(&self) -> Result<Option<Vec<u8>>, WalletError> {
        let erased = self.home.end(|open| Ok(open.session.erase_wallet()?))?;
        erased.ok_or_else(|| refused(patient_wallet::error::WalletError::Locked))
    }
}

impl From<Query> for session::Query {
    fn from(query: Query) -> Self {
        let system = parse::wiped(query.system);
        Self {
            category: query.category,
            label: query.label,
            unclassified: query.unclassified,
            code: parse::wiped(query.code).map(|code| (system, code)),
            from: query.since,
            to: query.until,
            text: parse::wiped(query.text),
            offset: at(query.offset),
            limit: Some(limited(query.limit)),
        }
    }
}

impl From<session::Record> for Record {
    fn from(record: session::Record) -> Self {
        (&record).into()
    }
}

impl From<&session::Record> for Record {
    fn from(record: &session::Record) -> Self {
        let code = record.code.as_ref().map(|code| DisplayedCode {
            system: code.system.as_str().to_owned(),
            code: code.code.as_str().to_owned(),
            display: parse::text(code.display.as_ref()),
        });
        Self {
            id: record.id.to_string(),
            version: record.version,
            category: record.category,
            labels: parse::labels(record.labels),
            classified: record.classified,
            resource_type: record.resource_type.as_str().to_owned(),
            reference: parse::text(record.reference.as_ref()),
            code,
            title: record.title.as_str().to_owned(),
            date: record.date.map(|date| date.to_string()),
            author: parse::text(record.author.as_ref()),
            source: parse::text(record.source.as_ref()),
            size: record.size,
            at: record.at.unix(),
        }
    }
}

impl Resource {
    fn of(resource: &session::Resource) -> Result<Self, WalletError> {
        let json = str::from_utf8(resource.json());
        let json = json.map_err(|_| refused(patient_wallet::vault::VaultError::Damaged))?;
        Ok(Self {
            record: (&resource.record).into(),
            reason: parse::text(resource.reason.as_ref()),
            json: json.to_owned(),
            full_url: parse::text(resource.full_url()),
        })
    }
}

impl From<session::VersionOf> for Version {
    fn from(version: session::VersionOf) -> Self {
        Self { record: (&version.record).into(), reason: parse::text(version.reason.as_ref()) }
    }
}
