//! Erasing a record, or the whole wallet: keys are destroyed, not hidden.

use crate::audit::{AuditKind, Destroyed, ErasureStatement, MayRemain, Subject};
use crate::error::{Error, WalletError};
use crate::host::{Policy, Timestamp};
use crate::keys::{SealingPublicKey, Secret};
use crate::record::RecordId;
use crate::session::{Open, Session};
use crate::vault::VaultError;
use crate::vault::access::{Access, shred_name};
use crate::vault::founding::destroy;

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
        let host = self.host.clone();
        let access = Access::of(&host);
        let at = host.clock.now();
        let open = self.writable()?;
        let (_, vault) = open.records()?;
        vault.index().current(id).ok_or(VaultError::NotFound)?;
        let has_files = vault.attachments().any(|(_, kept)| kept.meta.record == id);
        let next = vault.shred().checked_add(1).ok_or(VaultError::Damaged)?;
        let shred = Secret::generate().map_err(VaultError::from)?;
        // EXPOSE: the keystore keeps the shred key.
        host.keystore.put(&shred_name(next), shred.expose(), Policy::Silent)?;
        // Should this fail, the key stays: after a failed commit nobody knows which one the file
        // needs. The next unlock deletes the one that it does not.
        open.erase(id, (next, &shred), at)?;
        open.pending = open.sweep(&access).is_err();
        let pending = open.pending;
        let mut destroyed = vec![Destroyed::Keys, Destroyed::ShredKey, Destroyed::Rows];
        destroyed.extend(has_files.then_some(Destroyed::Attachments));
        let statement = open.statement(at, Subject::Record(*id.as_bytes()), &destroyed);
        // The erasure is done; a head that cannot be written now is written at the lock.
        let _ = self.witness();
        Ok(Erased { statement: statement?, pending })
    }

    /// Erases the whole wallet: keys, records, attachments, log, and what the keystore holds for
    /// it. Gives the signed statement. It cannot be undone.
    ///
    /// # Errors
    /// [`VaultError::Keystore`], [`VaultError::Db`], [`WalletError::Home`]. When the keys of the
    /// file are destroyed already, the next attempt to open the wallet finishes the work.
    pub fn erase_wallet(mut self) -> Result<Vec<u8>, Error> {
        let host = self.host.clone();
        let at = host.clock.now();
        let open = self.open()?;
        let subject = Subject::Wallet(open.header.vault.id);
        let statement = open.statement(at, subject, Destroyed::ALL)?;
        let mut open = self.open.take().ok_or(WalletError::Locked)?;
        let items = open.items();
        destroy(&mut open.db, &items, host.keystore.as_ref())?;
        let home = open.claim.home().clone();
        let Open { db, claim, .. } = open;
        drop(db);
        home.finish_erasure(&items, host.keystore.as_ref())?;
        drop(claim);
        Ok(statement)
    }
}

impl Open {
    fn erase(
        &mut self,
        id: RecordId,
        (number, shred): (u32, &Secret<32>),
        at: Timestamp,
    ) -> Result<(), Error> {
        let escrow = SealingPublicKey::from_slice(&self.header.escrow_key);
        let escrow = escrow.map_err(|_| VaultError::Damaged)?;
        let (mut work, vault, mut change) = self.change(at)?;
        vault.erase(&mut work.txn, &mut change, id, (number, shred), &escrow)?;
        work.note(&work.entry(AuditKind::Erased).with_id(id))?;
        let done = work.commit(change.rows.clone())?;
        self.adopt(done, Some(change))
    }

    /// Signs what was destroyed, over the log as it is now.
    fn statement(
        &self,
        at: Timestamp,
        subject: Subject,
        destroyed: &[Destroyed],
    ) -> Result<Vec<u8>, Error> {
        let (key, stamp) = (self.audit_key()?, self.stamp(at));
        Ok(ErasureStatement::sign(&key, &stamp, subject, destroyed, MayRemain::ALL)?)
    }
}
