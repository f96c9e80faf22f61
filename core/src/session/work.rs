//! One transaction of a session: an effect and its audit entries, both or neither.

use crate::audit::log::{Growth, Log};
use crate::audit::{Actor, AuditEntry, AuditId, AuditKind};
use crate::db::{Db, Txn};
use crate::error::Error;
use crate::host::Timestamp;
use crate::vault::cipher::VaultKeys;
use crate::vault::state::{Head, Rows, State};
use crate::vault::{Change, Draft, Vault, VaultError};

/// A transaction that ends with its audit entries, the log's tree and the sealed state.
pub(super) struct Work<'a> {
    pub(super) txn: Txn<'a>,
    pub(super) at: Timestamp,
    keys: &'a VaultKeys,
    state: State,
    log: Growth,
}

/// What a committed transaction leaves behind.
pub(super) struct Done {
    pub(super) state: State,
    pub(super) log: Log,
}

impl<'a> Work<'a> {
    /// Begins.
    ///
    /// # Errors
    /// [`VaultError::Db`].
    pub(super) fn begin(
        db: &'a mut Db,
        keys: &'a VaultKeys,
        state: &State,
        log: &Log,
        at: Timestamp,
    ) -> Result<Self, Error> {
        Ok(Self { txn: db.begin()?, at, keys, state: state.clone(), log: log.grow() })
    }

    /// Appends an entry to the log.
    ///
    /// # Errors
    /// [`VaultError::Db`]; [`VaultError::Randomness`].
    pub(super) fn note(&mut self, entry: &AuditEntry) -> Result<(), Error> {
        Ok(self.log.append(&mut self.txn, self.keys, entry)?)
    }

    /// Makes an entry of the patient's at the time of this transaction.
    pub(super) const fn entry(&self, kind: AuditKind) -> AuditEntry {
        AuditEntry::new(self.at, kind, Actor::Patient)
    }

    /// Appends a version, with its entry.
    ///
    /// # Errors
    /// As [`Work::note`].
    pub(super) fn append(
        &mut self,
        vault: &Vault,
        change: &mut Change,
        kind: AuditKind,
        draft: Draft<'_>,
    ) -> Result<usize, Error> {
        let entry = self.entry(kind);
        self.append_as(vault, change, entry, &[], draft)
    }

    /// Appends a version, with an entry that is about it and then about `also`.
    ///
    /// # Errors
    /// As [`Work::note`].
    pub(super) fn append_as(
        &mut self,
        vault: &Vault,
        change: &mut Change,
        entry: AuditEntry,
        also: &[AuditId],
        draft: Draft<'_>,
    ) -> Result<usize, Error> {
        let at = vault.append(&mut self.txn, change, draft)?;
        let version = &change.entry(at).ok_or(VaultError::Damaged)?.version;
        let entry = entry.with_id(version.record).with_hash(version.body_hash);
        self.note(&also.iter().fold(entry, |entry, id| entry.with_id(*id)))?;
        Ok(at)
    }

    /// Writes the state over the set of rows.
    ///
    /// # Errors
    /// [`VaultError::Db`]; [`VaultError::Randomness`].
    pub(super) fn seal(mut self, rows: Rows) -> Result<Ready<'a>, Error> {
        let log = self.log.finish();
        self.state.rows = rows;
        self.state.head = Head::new(*self.state.head.incarnation(), log.size(), log.root());
        if self.txn.has_put_meta() {
            self.state.meta = self.keys.meta_fingerprint(|name| self.txn.meta(name))?;
        }
        self.txn.put_meta("state", &self.state.seal(self.keys)?)?;
        Ok(Ready { txn: self.txn, keys: self.keys, done: Done { state: self.state, log } })
    }

    /// Does what [`Work::seal`] and [`Ready::commit`] do.
    ///
    /// # Errors
    /// [`VaultError::Db`]: then nothing was written.
    pub(super) fn commit(self, rows: Rows) -> Result<Done, Error> {
        self.seal(rows)?.commit()
    }
}

/// A transaction that only has to be made durable.
pub(super) struct Ready<'a> {
    pub(super) txn: Txn<'a>,
    pub(super) keys: &'a VaultKeys,
    pub(super) done: Done,
}

impl Ready<'_> {
    /// Makes everything durable.
    ///
    /// # Errors
    /// [`VaultError::Db`]: then nothing was written, unless the disk itself failed.
    pub(super) fn commit(self) -> Result<Done, Error> {
        self.txn.commit()?;
        Ok(self.done)
    }
}
