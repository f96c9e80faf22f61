//! The audit log: what happened, and proof of it for others.

use patient_wallet::audit::{Actor, AuditKind};
use patient_wallet::host::Timestamp;
use patient_wallet::session;
use patient_wallet::words::Language;

use crate::error::WalletError;
use crate::page::limited;
use crate::parse;
use crate::session::Session;

/// Which entries of the log; what is not set admits everything.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct LogQuery {
    /// Only entries of this kind.
    #[uniffi(default = None)]
    pub kind: Option<AuditKind>,
    /// Only entries about this record.
    #[uniffi(default = None)]
    pub record: Option<String>,
    /// Only entries at or after this moment.
    #[uniffi(default = None)]
    pub since: Option<u64>,
    /// Only entries before this moment.
    #[uniffi(default = None)]
    pub until: Option<u64>,
    /// Only entries before this place of the log: `next` of the page before.
    #[uniffi(default = None)]
    pub before: Option<u64>,
    /// Number of entries wanted at most; above 1,000 counts as 1,000.
    #[uniffi(default = 100)]
    pub limit: u32,
}

/// One page of the log, the latest entry first.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct LogPage {
    /// The entries.
    pub items: Vec<LogEntry>,
    /// Where the next page begins; absent at the end.
    pub next: Option<u64>,
    /// Places of entries on the way that are not what was written.
    pub damaged: Vec<u64>,
}

/// One entry of the log.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct LogEntry {
    /// Place in the log, from 0.
    pub seq: u64,
    /// When.
    pub at: u64,
    /// What happened.
    pub kind: AuditKind,
    /// Who did it.
    pub actor: Actor,
    /// The record it is about; one that was erased is known by its id.
    pub record: Option<String>,
    /// What happened, in the language that was asked for.
    pub sentence: String,
}

#[uniffi::export]
impl Session {
    /// Tells what happened, the latest first.
    pub fn log(&self, query: LogQuery, language: Language) -> Result<LogPage, WalletError> {
        self.home.call(|open| {
            let record = query.record.as_deref().map(parse::id).transpose()?;
            let page = open.session.log(&session::LogQuery {
                kind: query.kind,
                record,
                from: query.since.map(Timestamp::from_unix),
                to: query.until.map(Timestamp::from_unix),
                before: query.before,
                limit: Some(limited(query.limit)),
            })?;
            let entry = |it: &session::LogEntry| LogEntry {
                seq: it.seq,
                at: it.entry.at().unix(),
                kind: it.entry.kind(),
                actor: it.entry.actor(),
                record: it.record().map(|id| id.to_string()),
                sentence: language.entry(&it.entry).to_owned(),
            };
            let items = page.entries.iter().map(entry).collect();
            Ok(LogPage { items, next: page.next, damaged: page.damaged })
        })
    }

    /// Signs the state of the log (`pmw-cp`).
    pub fn checkpoint(&self) -> Result<Vec<u8>, WalletError> {
        self.call(session::Session::checkpoint)
    }

    /// Proves that an entry stands in the log.
    pub fn prove(&self, seq: u64) -> Result<Vec<u8>, WalletError> {
        self.call(|session| session.prove(seq))
    }

    /// Proves that the log continues the one of an earlier checkpoint.
    pub fn prove_since(&self, earlier: Vec<u8>) -> Result<Vec<u8>, WalletError> {
        self.call(|session| session.prove_since(&earlier))
    }
}
