//! What readers signed, compared with what the patient gave.

use patient_wallet::consent::Purpose;
use patient_wallet::host::Timestamp;
use patient_wallet::keys::DidKey;
use patient_wallet::receipt::{About, LineKind, LogLine, Why};
use patient_wallet::session::{self, Look};
use patient_wallet::words::Language;

use crate::error::WalletError;
use crate::page::{page, part};
use crate::parse;
use crate::session::Session;

/// What came of comparing what readers signed with what was given.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Reconciliation {
    /// How many accesses there were.
    pub accesses: u64,
    /// What the patient should look at, the latest first.
    pub flagged: FlaggedPage,
}

/// Something that the patient should look at.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Flagged {
    /// What it is about.
    pub about: FlaggedAbout,
    /// Names that: a receipt, a disclosure, a consent or a notice; absent for what is missing.
    pub id: Option<String>,
    /// The reader's key, as a DID.
    pub reader: String,
    /// The reader's name: as it was shown when a consent was given, or else as the reader says.
    pub name: String,
    /// Who it was, where the reader says so.
    pub person: Option<String>,
    /// The consent; absent where several may be concerned.
    pub consent: Option<String>,
    /// The first thousand of the records that it is about.
    pub records: Vec<String>,
    /// Number of records that were never given to this reader.
    pub unknown_records: u64,
    /// When it was, or since when it is owed.
    pub at: u64,
    /// Why; at least one.
    pub why: Vec<Flag>,
}

page! {
    /// A page of what the patient should look at, the latest first.
    FlaggedPage of Flagged
}

/// Why somebody should look.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Flag {
    /// What is wrong.
    pub kind: FlagKind,
    /// The same in the language that was asked for.
    pub sentence: String,
    /// When the last access before a gap was.
    pub gap_after: Option<u64>,
    /// When the first access after a gap was.
    pub gap_before: Option<u64>,
    /// How many receipts are missing in a gap.
    pub missing: Option<u64>,
}

/// One line of the log of accesses: several that nothing is wrong with, or one that is flagged.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct AccessLine {
    /// The key that signed, as a DID.
    pub reader: String,
    /// The reader's name.
    pub name: String,
    /// Under which consent.
    pub consent: String,
    /// What for.
    pub purpose: Purpose,
    /// How.
    pub kind: LineKind,
    /// When the first was.
    pub first: u64,
    /// When the last was.
    pub last: u64,
    /// How many there were.
    pub accesses: u64,
    /// What is wrong with it; nothing for a line that tells of several.
    pub flags: Vec<FlagKind>,
}

page! {
    /// A page of the log of accesses, the latest first.
    AccessLinePage of AccessLine
}

/// What a flag is about.
#[derive(Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum FlaggedAbout {
    /// An access that a receipt tells of.
    Access,
    /// Receipts that are missing.
    Missing,
    /// A disclosure that nobody says was opened.
    Disclosure,
    /// A consent under which everything should be erased.
    Consent,
    /// A notice that nobody answered.
    Notice,
}

/// What is wrong.
#[derive(Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum FlagKind {
    /// No consent of this id was given to this key, or it did not hold yet.
    NoConsent,
    /// A record or a disclosure was not given under the consent, or not yet.
    OutOfScope,
    /// The consent had expired.
    AfterExpiry,
    /// The consent had been taken back.
    AfterRevocation,
    /// Not what the consent is for.
    WrongPurpose,
    /// Not the reader whom the consent names.
    WrongReader,
    /// Receipts of a reader are missing.
    Gap,
    /// The reader signed two receipts of one number.
    Forked,
    /// It names another receipt than the one before it, or is of an earlier time.
    Reordered,
    /// No receipt says that a disclosure was opened, and it is owed.
    MissingReceipt,
    /// The reader had signed that everything was erased.
    AfterErasure,
    /// No statement says that everything was erased, and it is owed.
    MissingErasure,
    /// The reader did not answer a notice that a record was corrected.
    NoticeUnanswered,
    /// The reader has the patient's surname, or the name of somebody in the patient's record.
    Household,
}

#[uniffi::export]
impl Session {
    /// Compares what readers handed in with what was given to them, and lists what the patient
    /// should look at, the latest first.
    pub fn reconcile(
        &self,
        language: Language,
        offset: u64,
        limit: u32,
    ) -> Result<Reconciliation, WalletError> {
        let told = self.call(session::Session::reconcile)?;
        let flagged = part(told.flagged, offset, limit, |look| Flagged::of(&look, language)).into();
        Ok(Reconciliation { accesses: parse::count(told.accesses), flagged })
    }

    /// Lists every access, the latest first: folded where nothing is wrong.
    pub fn accesses(&self, offset: u64, limit: u32) -> Result<AccessLinePage, WalletError> {
        let told = self.call(session::Session::reconcile)?;
        Ok(part(told.log, offset, limit, |line| AccessLine::from(&line)).into())
    }
}

impl Flagged {
    fn of(look: &Look, language: Language) -> Self {
        let flag = &look.flag;
        let known = look.records.iter().flatten();
        let (about, id) = match &flag.about {
            About::Access(id) => (FlaggedAbout::Access, Some(id.to_string())),
            About::Missing(_) => (FlaggedAbout::Missing, None),
            About::Disclosure(id) => (FlaggedAbout::Disclosure, Some(id.to_string())),
            About::Consent(id) => (FlaggedAbout::Consent, Some(id.to_string())),
            About::Notice(id) => {
                (FlaggedAbout::Notice, Some(patient_wallet::codec::Hex(id).to_string()))
            }
        };
        Self {
            about,
            id,
            reader: DidKey::from(&flag.reader).to_string(),
            name: flag.name.as_str().to_owned(),
            person: parse::text(flag.person.as_ref()),
            consent: flag.consent.map(|id| id.to_string()),
            records: known.take(1000).map(ToString::to_string).collect(),
            unknown_records: parse::count(look.records.iter().filter(|id| id.is_none()).count()),
            at: flag.at.unix(),
            why: flag.why.iter().map(|why| Flag::of(*why, language)).collect(),
        }
    }
}

impl Flag {
    fn of(why: Why, language: Language) -> Self {
        let (gap_after, gap_before, missing) = match why {
            Why::Gap { after, before, missing } => {
                (after.map(Timestamp::unix), Some(before.unix()), Some(missing))
            }
            _ => (None, None, None),
        };
        let (kind, sentence) = (why.into(), language.why(why));
        Self { kind, sentence, gap_after, gap_before, missing }
    }
}

impl From<Why> for FlagKind {
    fn from(why: Why) -> Self {
        match why {
            Why::NoConsent => Self::NoConsent,
            Why::OutOfScope => Self::OutOfScope,
            Why::AfterExpiry => Self::AfterExpiry,
            Why::AfterRevocation => Self::AfterRevocation,
            Why::WrongPurpose => Self::WrongPurpose,
            Why::WrongReader => Self::WrongReader,
            Why::Gap { .. } => Self::Gap,
            Why::Forked => Self::Forked,
            Why::Reordered => Self::Reordered,
            Why::MissingReceipt => Self::MissingReceipt,
            Why::AfterErasure => Self::AfterErasure,
            Why::MissingErasure => Self::MissingErasure,
            Why::NoticeUnanswered => Self::NoticeUnanswered,
            Why::Household => Self::Household,
        }
    }
}

impl From<&LogLine> for AccessLine {
    fn from(line: &LogLine) -> Self {
        Self {
            reader: DidKey::from(&line.reader).to_string(),
            name: line.name.as_str().to_owned(),
            consent: line.consent.to_string(),
            purpose: line.purpose,
            kind: line.kind,
            first: line.first.unix(),
            last: line.last.unix(),
            accesses: parse::count(line.receipts.len()),
            flags: line.why.iter().map(|why| (*why).into()).collect(),
        }
    }
}
