//! What an auditor gets: signed checkpoints of the log, and proofs that hang on them.

use crate::audit::log::Log;
use crate::audit::{
    AuditKind, Checkpoint, Continuation, Hash, LogId, ProvenContinuation, ProvenEntry, Stamp,
};
use crate::db::{blob, column};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::{SigningKey, VerifyingKey};
use crate::session::work::{Done, Ready};
use crate::session::{Open, Session};
use crate::vault::cipher::VaultKeys;
use crate::vault::state::State;
use crate::vault::{VaultError, unsigned};

impl Session {
    /// Signs the log as it is (`pmw-cp`, docs/formats.md), and keeps a copy.
    ///
    /// That a checkpoint was signed is an entry of its own, the last one it covers.
    ///
    /// # Errors
    /// [`VaultError::Db`]; [`VaultError::ReadOnly`].
    pub fn checkpoint(&mut self) -> Result<Vec<u8>, Error> {
        let at = self.host.clock.now();
        let open = self.writable()?;
        let key = open.audit_key()?;
        let rows = open.held.state.rows.clone();
        let mut work = open.begin(at)?;
        work.note(&work.entry(AuditKind::Checkpoint))?;
        let (ready, signed) = work.seal(rows)?.sign_checkpoint(&key, at)?;
        let done = ready.commit()?;
        open.adopt(done, None)?;
        Ok(signed)
    }

    /// Proves that an entry stands in the log: a file for `audit::verify`, which shows this entry
    /// and no other. The checkpoint in it is signed now.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`VaultError::Damaged`]; as [`Session::checkpoint`].
    pub fn prove(&mut self, seq: u64) -> Result<Vec<u8>, Error> {
        let open = self.open()?;
        Log::read(&open.db, &open.held.keys, seq)?.ok_or(VaultError::NotFound)?;
        let checkpoint = self.checkpoint()?;
        let open = self.open()?;
        let logged = Log::read(&open.db, &open.held.keys, seq)?.ok_or(VaultError::NotFound)?;
        let path = open.held.log.inclusion(&open.db, seq)?.ok_or(VaultError::NotFound)?;
        Ok(ProvenEntry::encode(seq, &logged.salted, &path, &checkpoint)?)
    }

    /// Proves that the log continues the one that an earlier checkpoint was signed for: a file for
    /// `audit::verify`. The later checkpoint in it is signed now.
    ///
    /// # Errors
    /// [`crate::audit::AuditError::Unrelated`] for a checkpoint of another log,
    /// [`crate::audit::AuditError::Forked`] for one that this log contradicts; as
    /// [`Session::checkpoint`].
    pub fn prove_since(&mut self, earlier: &[u8]) -> Result<Vec<u8>, Error> {
        let before = Checkpoint::verify(earlier)?;
        let later = self.checkpoint()?;
        let (_, from) = Continuation::between(&before, &Checkpoint::verify(&later)?)?;
        let open = self.open()?;
        let path: Option<Vec<Hash>> = open.held.log.consistency(&open.db, from.size())?;
        Ok(ProvenContinuation::encode(earlier, &later, &path.unwrap_or_default())?)
    }
}

impl Open {
    /// Derives the key that signs for the log: `pmw://audit`.
    pub(super) fn audit_key(&self) -> Result<SigningKey, Error> {
        self.signing_key(AUDIT_KEY)
    }

    /// Compares every checkpoint that was kept with the log, and calls `visit` with the size that
    /// it covers and whether it is one of this log.
    ///
    /// # Errors
    /// [`VaultError::Db`] when the database does not answer.
    pub(super) fn each_checkpoint(&self, mut visit: impl FnMut(u64, bool)) -> Result<(), Error> {
        let key = self.audit_key().map(|key| key.verifying_key()).ok();
        self.db.each("SELECT size, note FROM ckpt ORDER BY size", [], |row| {
            let place: i64 = column(row, 0)?;
            let is_ours = unsigned(place).is_ok_and(|size| {
                let signed = blob(row, 1).map_err(VaultError::from);
                let signed = signed.and_then(|note| self.held.keys.open_checkpoint(size, note));
                signed.is_ok_and(|it| key.as_ref().is_none_or(|key| self.is_ours(key, size, &it)))
            });
            visit(place.unsigned_abs(), is_ours);
            Ok::<_, VaultError>(())
        })?;
        Ok(())
    }

    fn is_ours(&self, key: &VerifyingKey, size: u64, signed: &[u8]) -> bool {
        Checkpoint::verify(signed).is_ok_and(|signed| {
            let head = signed.head();
            let root = self.held.log.root_at(&self.db, size);
            signed.signer() == key && head.size() == size && root.is_ok_and(|it| it == *head.root())
        })
    }
}

impl Ready<'_> {
    /// Signs the log as this transaction leaves it, and keeps the checkpoint.
    fn sign_checkpoint(
        mut self,
        key: &SigningKey,
        at: Timestamp,
    ) -> Result<(Self, Vec<u8>), Error> {
        let Done { state, .. } = &self.done;
        let signed = Checkpoint::sign(key, &stamp(self.keys, state, at), state.parent.as_ref())?;
        let size = state.head.size();
        let sealed = self.keys.seal_checkpoint(size, &signed)?;
        let size = i64::try_from(size).map_err(|_| VaultError::Damaged)?;
        self.txn.execute("INSERT INTO ckpt (size, note) VALUES (?1, ?2)", &[&size, &sealed])?;
        Ok((self, signed))
    }
}

/// Gives what is signed about a log: which it is, and how far it has come.
pub(super) fn stamp(keys: &VaultKeys, state: &State, at: Timestamp) -> Stamp {
    Stamp::new(LogId::derive(&keys.vault().id), state.head, at)
}

/// URI of the key that signs for the log.
const AUDIT_KEY: &str = "pmw://audit";
