//! Reading the log: what happened, the latest first, page by page.

use crate::audit::log::{Log, Logged};
use crate::audit::{Actor, AuditEntry, AuditKind};
use crate::error::Error;
use crate::host::Timestamp;
use crate::record::RecordId;
use crate::session::Session;
use crate::vault::VaultError;

/// What to look for in the log; what is not set admits everything.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// Only entries of this kind.
    pub kind: Option<AuditKind>,
    /// Only entries about this record.
    pub record: Option<RecordId>,
    /// Only entries at or after this moment.
    pub from: Option<Timestamp>,
    /// Only entries before this moment.
    pub to: Option<Timestamp>,
    /// Only entries before this place of the log: [`LogPage::next`] of the page before.
    pub before: Option<u64>,
    /// Number of entries wanted at most; `None` for a hundred.
    pub limit: Option<usize>,
}

/// One page of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    /// The entries, the latest first.
    pub entries: Vec<LogEntry>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<u64>,
    /// Places of entries on the way that are not what was written.
    pub damaged: Vec<u64>,
}

/// One entry of the log; [`crate::words`] tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Place in the log, from 0.
    pub seq: u64,
    /// What happened.
    pub entry: AuditEntry,
}

impl LogEntry {
    /// Tells the record that it is about, when there is one.
    #[must_use]
    pub fn record(&self) -> Option<RecordId> {
        let id = self.entry.ids().first()?.as_bytes().try_into().ok()?;
        self.is_about_a_record().then(|| RecordId::from_bytes(id))
    }

    const fn is_about_a_record(&self) -> bool {
        matches!(
            self.entry.kind(),
            AuditKind::Added
                | AuditKind::Corrected
                | AuditKind::Relabelled
                | AuditKind::Attached
                | AuditKind::AttachmentSaved
                | AuditKind::Erased
        )
    }
}

impl Session {
    /// Reads a page of the log.
    ///
    /// It works without the key of the records, and with a damaged wallet.
    ///
    /// # Errors
    /// [`VaultError::Db`].
    pub fn log(&mut self, query: &LogQuery) -> Result<LogPage, Error> {
        let open = self.open()?;
        let limit = query.limit.unwrap_or(PAGE);
        let mut page = LogPage { entries: Vec::new(), next: None, damaged: Vec::new() };
        let before = query.before.unwrap_or(u64::MAX);
        let read = Log::backwards(&open.db, &open.held.keys, before, |seq, logged| {
            let Ok(Logged { seq, entry, .. }) = logged else {
                page.damaged.push(seq);
                return Ok(());
            };
            let entry = LogEntry { seq, entry };
            if !query.admits(&entry) {
                return Ok(());
            }
            if page.entries.len() >= limit {
                page.next = seq.checked_add(1);
                // The page is full: reading ends here.
                return Err(VaultError::NotFound);
            }
            page.entries.push(entry);
            Ok(())
        });
        match read {
            Err(VaultError::NotFound) | Ok(()) => Ok(page),
            Err(error) => Err(error.into()),
        }
    }
}

impl LogQuery {
    fn admits(&self, entry: &LogEntry) -> bool {
        let at = entry.entry.at();
        self.kind.is_none_or(|kind| entry.entry.kind() == kind)
            && self.record.is_none_or(|record| entry.record() == Some(record))
            && self.from.is_none_or(|from| at >= from)
            && self.to.is_none_or(|to| at < to)
    }
}

impl LogEntry {
    /// Tells who did it.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        self.entry.actor()
    }
}

/// Entries of a page where nobody says how many.
const PAGE: usize = 100;
