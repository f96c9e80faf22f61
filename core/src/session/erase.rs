//! Erasing a record, or the whole wallet: keys are destroyed, not hidden.

use crate::audit::{Actor, AuditEntry, AuditKind, Destroyed, ErasureStatement, MayRemain, Subject};
use crate::db::DbError;
use crate::error::{Error, WalletError};
use crate::host::{Policy, Timestamp};
use crate::keys::{SealingPublicKey, Secret, SigningKey};
use crate::record::RecordId;
use crate::session::checkpoints::stamp;
use crate::session::{LogQuery, Open, Session};
use crate::vault::access::{Access, shred_name};
use crate::vault::founding::destroy;
use crate::vault::{VaultError, obsolete};

/// What came of an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The signed statement that says what was destroyed and what may remain elsewhere
    /// (`pmw-es`, docs/formats.md).
    pub statement: Vec<u8>,
    /// Whether traces wait to be removed: the keys are destroyed, but the old shred key, the
    /// write-ahead log or a file could not be removed yet. It is tried again at lock and unlock.
    pub pending: bool,
}

impl Session {
    /// Erases a record with all its versions and attachments. It cannot be undone.
    ///
    /// Its keys are destroyed up to the keystore, so that no copy of the rows can be opened with
    /// what is on the device. No passphrase is needed: a right to forget must not hang on it.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`VaultError::Keystore`], [`VaultError::Db`]: then the record is
    /// still there.
    pub fn erase(&mut self, id: RecordId) -> Result<Erased, Error> {
        let at = self.host.clock.now();
        let open = self.writable()?;
        let (_, vault) = open.records()?;
        vault.index().current(id).ok_or(VaultError::NotFound)?;
        let has_files = vault.attachments().any(|(_, kept)| kept.meta.record == id);
        let key = open.audit_key()?;
        let entry = AuditEntry::new(at, AuditKind::Erased, Actor::Patient).with_id(id);
        self.erase_rows(&[id], &entry)?;
        let open = self.writable()?;
        let pending = open.held.pending;
        let statement = open.statement_on_record(&key, at, id, has_files)?;
        self.witness_later();
        Ok(Erased { statement, pending })
    }

    /// Deletes the rows of some ids with the keys that open them, up to the keystore, and notes
    /// `entry` in the same transaction.
    ///
    /// # Errors
    /// As [`Session::erase`].
    pub(super) fn erase_rows(&mut self, ids: &[RecordId], entry: &AuditEntry) -> Result<(), Error> {
        let host = self.host.clone();
        let access = Access::of(&host);
        let open = self.writable()?;
        let (_, vault) = open.records()?;
        let next = vault.shred().checked_add(1).ok_or(VaultError::Damaged)?;
        // One may be there that an erasure left whose commit failed: the file may need it.
        let shred = match access.shred(next)? {
            Some(shred) => shred,
            None => Secret::generate().map_err(VaultError::from)?,
        };
        // EXPOSE: the keystore keeps the shred key.
        host.keystore.put(&shred_name(next), shred.expose(), Policy::Silent)?;
        // Should this fail, the key stays: after a failed commit nobody knows which one the file
        // needs. The next unlock deletes the one that it does not.
        open.erase(ids, (next, &shred), entry)?;
        // A vault that was kept aside holds the rows too, and its files are not in ours.
        let kept = open.claim.home().remove_kept();
        open.held.pending = open.sweep(&access).is_err() || kept.is_err();
        Ok(())
    }

    /// Signs once more that a record was erased, as the log tells it.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when the log tells of no such erasure.
    pub fn erasure_statement(&mut self, id: RecordId) -> Result<Vec<u8>, Error> {
        let query = LogQuery { record: Some(id), limit: Some(usize::MAX), ..LogQuery::default() };
        let told = self.log(&query)?.entries;
        let tells_of = |kind| told.iter().any(|entry| entry.entry.kind() == kind);
        if !tells_of(AuditKind::Erased) {
            return Err(VaultError::NotFound.into());
        }
        let at = self.host.clock.now();
        let open = self.open()?;
        open.statement_on_record(&open.audit_key()?, at, id, tells_of(AuditKind::Attached))
    }

    /// Erases the whole wallet: keys, records, attachments, log, and what the keystore holds for
    /// it. Gives the signed statement, unless a damaged wallet has lost the key that signs. It
    /// cannot be undone.
    ///
    /// # Errors
    /// [`VaultError::Keystore`], [`VaultError::Db`], [`WalletError::Home`]. When the keys of the
    /// file are destroyed already, the next attempt to open the wallet finishes the work.
    pub fn erase_wallet(mut self) -> Result<Option<Vec<u8>>, Error> {
        let host = self.host.clone();
        let at = host.clock.now();
        let open = self.open()?;
        let subject = Subject::Wallet(open.held.header.vault.id);
        let key = open.audit_key();
        let statement =
            key.and_then(|key| open.statement(&key, at, subject, Destroyed::OF_WALLET)).ok();
        let mut open = self.open.take().ok_or(WalletError::Locked)?;
        let items = open.items();
        let destroyed = destroy(&mut open.db, &items, host.keystore.as_ref());
        let home = open.claim.home().clone();
        let Open { db, claim, .. } = open;
        drop(db);
        match destroyed {
            // SQLite cannot write to what is damaged: the file as a whole goes.
            Err(VaultError::Db(DbError::Damaged)) => home.put_destroyed()?,
            other => other?,
        }
        home.finish_erasure(&items, host.keystore.as_ref())?;
        drop(claim);
        Ok(statement)
    }
}

impl Open {
    fn erase(
        &mut self,
        ids: &[RecordId],
        (number, shred): (u32, &Secret<32>),
        entry: &AuditEntry,
    ) -> Result<(), Error> {
        let escrow = SealingPublicKey::from_slice(&self.held.header.escrow_key);
        let escrow = escrow.map_err(|_| VaultError::Damaged)?;
        let (keys, mut needless) = (self.held.keys.clone(), self.needless()?);
        let (mut work, vault, mut change) = self.change(entry.at())?;
        needless.push(shred_name(vault.shred()));
        obsolete::put(&mut work.txn, &keys, &needless)?;
        vault.erase(&mut work.txn, &mut change, ids, (number, shred), &escrow)?;
        work.note(entry)?;
        let done = work.commit(change.rows.clone())?;
        self.adopt(done, Some(change))
    }

    /// Signs that a record was erased; what is still pending is not said to be destroyed.
    fn statement_on_record(
        &self,
        key: &SigningKey,
        at: Timestamp,
        id: RecordId,
        had_files: bool,
    ) -> Result<Vec<u8>, Error> {
        let is_done = !self.held.pending;
        let destroyed = [
            (Destroyed::Keys, true),
            (Destroyed::ShredKey, is_done),
            (Destroyed::Rows, true),
            (Destroyed::Attachments, is_done && had_files),
        ];
        let destroyed: Vec<Destroyed> =
            destroyed.into_iter().filter_map(|(what, is)| is.then_some(what)).collect();
        self.statement(key, at, Subject::Record(*id.as_bytes()), &destroyed)
    }

    /// Signs what was destroyed, over the log as it is now.
    fn statement(
        &self,
        key: &SigningKey,
        at: Timestamp,
        subject: Subject,
        destroyed: &[Destroyed],
    ) -> Result<Vec<u8>, Error> {
        let stamp = stamp(&self.held.keys, &self.held.state, at);
        Ok(ErasureStatement::sign(key, &stamp, subject, destroyed, MayRemain::OF_WALLET)?)
    }
}
