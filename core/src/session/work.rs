//! One transaction of a session: an effect and its audit entries, both or neither.

use crate::audit::entry::{Actor, AuditEntry, AuditKind};
use crate::audit::log::{Growth, Log};
use crate::db::{Db, Txn};
use crate::error::Error;
use crate::host::Timestamp;
use crate::record::RecordId;
use crate::vault::cipher::VaultKeys;
use crate::vault::state::{Rows, State};
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
    pub(super) fn note(
        &mut self,
        kind: AuditKind,
        ids: &[&[u8]],
        hashes: &[[u8; 32]],
    ) -> Result<(), Error> {
        self.note_by(Actor::Patient, kind, ids, hashes)
    }

    /// Does what [`Work::note`] does, in the name of somebody else.
    ///
    /// # Errors
    /// As [`Work::note`].
    pub(super) fn note_by(
        &mut self,
        actor: Actor,
        kind: AuditKind,
        ids: &[&[u8]],
        hashes: &[[u8; 32]],
    ) -> Result<(), Error> {
        let entry = AuditEntry::new(self.at, kind, actor, ids, hashes);
        Ok(self.log.append(&mut self.txn, self.keys, &entry)?)
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
        let at = vault.append(&mut self.txn, change, draft)?;
        let version = &change.entry(at).ok_or(VaultError::Damaged)?.version;
        let (record, hash): (RecordId, _) = (version.record, version.body_hash);
        self.note(kind, &[record.as_bytes()], &[hash])?;
        Ok(at)
    }

    /// Starts a new incarnation, whose parent is the log as it is now.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub(super) fn start_incarnation(&mut self) -> Result<(), Error> {
        let parent = self.state.head;
        self.state.head = crate::vault::state::Head::begin(parent.size, parent.root)?;
        self.state.parent = Some(parent);
        Ok(())
    }

    /// Writes the state over the set of rows and makes everything durable.
    ///
    /// # Errors
    /// [`VaultError::Db`]: then nothing was written.
    pub(super) fn commit(mut self, rows: Rows) -> Result<Done, Error> {
        let log = self.log.finish();
        self.state.rows = rows;
        self.state.head.size = log.size();
        self.state.head.root = log.root();
        self.txn.put_meta("state", &self.state.seal(self.keys)?)?;
        self.txn.commit()?;
        Ok(Done { state: self.state, log })
    }
}
