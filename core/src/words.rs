//! What happened and what is consented to, told in words: sentences for a patient, in three
//! languages.
//!
//! Every language says the same things: what one can say, all can, or it does not compile. No
//! sentence shows an id or needs a technical word to be understood. Only the sentence of a consent
//! names what is consented to; it is made from the bytes that are signed.

mod consent;
mod de;
mod en;
mod es;

use time::{Date, OffsetDateTime};

use crate::audit::{
    Actor, AuditEntry, AuditKind, Continuation, Destroyed, Finding, MayRemain, Stamp, Subject,
};
use crate::host::Timestamp;

pub use consent::{Kept, KeptBy, Sentence};

/// A language that things are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
    /// Spanish.
    Es,
}

impl Language {
    /// Every language.
    pub const ALL: &[Self] = &[Self::En, Self::De, Self::Es];

    /// Returns the language tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Es => "es",
        }
    }

    /// Reads a language tag or the name of a locale, of which the region does not matter: `de`,
    /// `de-AT`, `de_AT.UTF-8`; `None` for another language.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_', '.', '@']).next()?;
        Self::ALL.iter().copied().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// Tells what an entry of the log says.
    #[must_use]
    pub fn entry(self, entry: &AuditEntry) -> &'static str {
        match entry.actor() {
            Actor::Patient => self.words().by_patient(entry.kind()),
            Actor::Device => self.words().by_device(entry.kind()),
            Actor::Proxy => self.words().by_proxy(entry.kind()),
        }
    }

    /// Tells one thing that was destroyed.
    #[must_use]
    pub fn destroyed(self, destroyed: Destroyed) -> &'static str {
        self.words().destroyed(destroyed)
    }

    /// Tells one thing that may remain elsewhere.
    #[must_use]
    pub fn may_remain(self, may_remain: MayRemain) -> &'static str {
        self.words().may_remain(may_remain)
    }

    /// Tells what an audit file shows.
    #[must_use]
    pub fn finding(self, finding: &Finding) -> String {
        let words = self.words();
        match finding {
            Finding::Checkpoint(checkpoint) => words.checkpoint(LogAt::of(checkpoint.stamp())),
            Finding::Entry(proven) => {
                let sentence = self.entry(proven.entry());
                let at = Moment::from(proven.entry().at());
                words.proven(proven.index(), at, sentence)
            }
            Finding::Continuation(proven) => {
                let earlier = LogAt::of(proven.earlier().stamp());
                let later = LogAt::of(proven.later().stamp());
                words.continuation(earlier, later, proven.continuation())
            }
            Finding::Erasure(statement) => {
                let destroyed = statement.destroyed().iter().map(|one| words.destroyed(*one));
                let remains = statement.may_remain().iter().map(|one| words.may_remain(*one));
                words.erasure(
                    *statement.subject(),
                    Moment::from(statement.stamp().at()),
                    &destroyed.collect::<Vec<_>>().join("; "),
                    &remains.collect::<Vec<_>>().join("; "),
                )
            }
        }
    }

    const fn words(self) -> &'static dyn Words {
        match self {
            Self::En => &en::English,
            Self::De => &de::German,
            Self::Es => &es::Spanish,
        }
    }
}

/// Everything that is said in a language.
trait Words {
    /// What the patient did, as told to them.
    fn by_patient(&self, kind: AuditKind) -> &'static str;
    /// What the wallet did by itself.
    fn by_device(&self, kind: AuditKind) -> &'static str;
    /// What somebody did who acts for the patient.
    fn by_proxy(&self, kind: AuditKind) -> &'static str;
    /// One thing that was destroyed: part of a list.
    fn destroyed(&self, destroyed: Destroyed) -> &'static str;
    /// One thing that may remain: part of a list.
    fn may_remain(&self, may_remain: MayRemain) -> &'static str;
    /// The state of a log was signed.
    fn checkpoint(&self, log: LogAt) -> String;
    /// An entry, whose sentence is given, stands in a log.
    fn proven(&self, index: u64, at: Moment, sentence: &str) -> String;
    /// A log continues another.
    fn continuation(&self, earlier: LogAt, later: LogAt, how: Continuation) -> String;
    /// Something was erased; the second list may be empty.
    fn erasure(&self, subject: Subject, at: Moment, destroyed: &str, may_remain: &str) -> String;
}

/// How far a log had come at a time.
#[derive(Clone, Copy)]
struct LogAt {
    at: Moment,
    entries: u64,
}

impl LogAt {
    fn of(stamp: &Stamp) -> Self {
        Self { at: Moment::from(stamp.at()), entries: stamp.head().size() }
    }
}

/// A time that can be told to the minute, in UTC; `None` beyond the year 9999.
#[derive(Clone, Copy)]
struct Moment(Option<OffsetDateTime>);

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        let seconds = i64::try_from(at.unix()).ok();
        Self(seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok()))
    }
}

impl Moment {
    /// Tells the time as `date` tells the date, or `unknown`.
    fn tell(self, unknown: &str, date: impl FnOnce(Date) -> String) -> String {
        self.0.map_or_else(
            || unknown.to_owned(),
            |at| format!("{}, {:02}:{:02} UTC", date(at.date()), at.hour(), at.minute()),
        )
    }
}

fn month<'a>(date: Date, months: &[&'a str; 12]) -> &'a str {
    let number = usize::from(u8::from(date.month()));
    months.get(number - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
