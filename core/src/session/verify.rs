//! Walking everything the wallet holds: every row, file, slot and log entry.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use crate::audit::log::Log;
use crate::audit::{AuditEntry, AuditKind, Frontier};
use crate::db::{Db, blob};
use crate::error::{Error, WalletError};
use crate::host::{CancelToken, KeystoreError, ProgressListener};
use crate::order;
use crate::record::RecordId;
use crate::session::{Open, Session};
use crate::vault::access::{Access, needed};
use crate::vault::attachments::AttachmentError;
use crate::vault::founding::{is_named, read_header};
use crate::vault::index::Entry;
use crate::vault::state::State;
use crate::vault::{Fault, Vault, VaultError};

/// What a walk through the whole wallet found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// How much was looked at.
    pub checked: Checked,
    /// What is not what was written; empty for a sound wallet.
    pub faults: Vec<Fault>,
    /// Records of which every version can be read.
    pub readable: usize,
}

/// How much a verification looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Rows of versions and of attachments.
    pub rows: u64,
    /// Attachment files.
    pub files: u64,
    /// Ways to open the wallet.
    pub slots: u64,
    /// Entries of the log.
    pub entries: u64,
}

impl Session {
    /// Reads every row, file, slot and log entry and names each fault; changes nothing.
    ///
    /// `progress` hears rows, files and entries together.
    ///
    /// # Errors
    /// [`WalletError::Cancelled`]; [`VaultError::Keystore`] when the keystore does not answer. A
    /// fault is no error.
    pub fn verify(
        &mut self,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Verification, Error> {
        let host = self.host.clone();
        let open = self.open()?;
        let found = Verification { faults: open.held.faults.clone(), ..Verification::default() };
        let mut walk = Walk { found, progress, cancel, logged: Logged::default() };
        walk.file(open)?;
        walk.slots(open, &Access::of(&host))?;
        walk.entries(open)?;
        walk.checkpoints(open);
        match &open.held.vault {
            Some(vault) => {
                walk.versions(open, vault)?;
                walk.attachments(open, vault)?;
            }
            None => walk.found.faults.push(Fault::Buckets),
        }
        let mut found = walk.found;
        order::sort(&mut found.faults);
        found.faults.dedup();
        // Work counts as presence.
        self.touch();
        Ok(found)
    }
}

struct Walk<'a> {
    found: Verification,
    progress: &'a dyn ProgressListener,
    cancel: &'a CancelToken,
    logged: Logged,
}

/// What the log tells of versions.
#[derive(Default)]
struct Logged {
    bodies: HashMap<[u8; 32], RecordId>,
    erased: HashSet<RecordId>,
    /// Sizes of the log that a checkpoint was signed at.
    checkpoints: HashSet<u64>,
}

impl Walk<'_> {
    fn step(&self) -> Result<(), Error> {
        if self.cancel.is_cancelled() {
            return Err(WalletError::Cancelled.into());
        }
        let Checked { rows, files, entries, .. } = self.found.checked;
        self.progress.progress(rows + files + entries, None);
        Ok(())
    }

    /// The pages of the database, the header and the state as they stand in it now.
    fn file(&mut self, open: &Open) -> Result<(), Error> {
        if !open.db.is_sound().unwrap_or(false) {
            self.found.faults.push(Fault::Pages);
        }
        if read_header(&open.db).ok().as_ref() != Some(&open.held.header)
            || !is_named(&open.db, &open.held.keys, &open.held.state)
        {
            self.found.faults.push(Fault::Header);
        }
        let state = open.db.meta("state").ok().flatten();
        let state = state.and_then(|sealed| State::open(&open.held.keys, &sealed).ok());
        if state.as_ref() != Some(&open.held.state) {
            self.found.faults.push(Fault::State);
        }
        if open.audit_key().is_err() {
            self.found.faults.push(Fault::Identity);
        }
        self.step()
    }

    /// Every checkpoint that was kept, and that each which the log tells of was.
    fn checkpoints(&mut self, open: &Open) {
        let mut kept = HashSet::new();
        let read = open.each_checkpoint(|size, is_ours| {
            kept.insert(size);
            if !is_ours {
                self.found.faults.push(Fault::Checkpoint { size });
            }
        });
        if read.is_err() {
            self.found.faults.push(Fault::Pages);
        }
        let gone = self.logged.checkpoints.iter().filter(|size| !kept.contains(*size));
        self.found.faults.extend(gone.map(|size| Fault::Checkpoint { size: *size }));
    }

    /// Each slot's keystore item; the patient is not asked to be present.
    fn slots(&mut self, open: &Open, access: &Access<'_>) -> Result<(), Error> {
        for slot in open.held.header.slots() {
            self.found.checked.slots += 1;
            let Some(item) = needed(slot) else { continue };
            match access.keystore.get(&item) {
                Ok(_) => {}
                Err(KeystoreError::Missing | KeystoreError::Invalidated) => {
                    self.found.faults.push(Fault::KeystoreItem);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Every entry, its leaf, and the tree over all leaves.
    fn entries(&mut self, open: &Open) -> Result<(), Error> {
        let mut tree = Frontier::default();
        let mut next = 0;
        let read = Log::forwards(&open.db, &open.held.keys, |seq, leaf, logged| {
            self.found.checked.entries += 1;
            if seq != next {
                self.found.faults.push(Fault::LogEntry { seq: next });
            }
            next = seq.saturating_add(1);
            tree.push(leaf, |_, _, _| {});
            match logged {
                Ok(logged) => self.logged.take(seq, &logged.entry),
                Err(_) => self.found.faults.push(Fault::LogEntry { seq }),
            }
            if seq.is_multiple_of(STEP) && self.cancel.is_cancelled() {
                return Err(VaultError::NotFound);
            }
            Ok(())
        });
        self.step()?;
        let head = &open.held.state.head;
        let agrees = tree.size() == head.size()
            && tree.root() == *head.root()
            && Log::count(&open.db) == Ok(head.size());
        // The tiles must lead to the same root as the leaves themselves.
        let tiles = Log::open(&open.db, head.size());
        if read.is_err() || !agrees || tiles.is_ok_and(|log| log.root() != *head.root()) {
            self.found.faults.push(Fault::Log);
        }
        if !Log::tiles_are_whole(&open.db).unwrap_or(false) {
            self.found.faults.push(Fault::Log);
        }
        Ok(())
    }

    fn versions(&mut self, open: &Open, vault: &Vault) -> Result<(), Error> {
        let expected = (!open.held.faults.contains(&Fault::State)).then_some(&open.held.state.rows);
        // The rows as they stand in the file now: it may have changed since it was opened.
        let buckets = vault.buckets().copy();
        let (_, _, faults) = Vault::open(&open.db, open.held.keys.clone(), buckets, expected)?;
        self.found.faults.extend(faults);
        let mut readable: HashMap<RecordId, bool> = HashMap::new();
        let mut bodies = HashSet::new();
        for entry in vault.entries() {
            self.found.checked.rows += 1;
            self.step()?;
            let (seq, version) = (entry.place.seq(), &entry.version);
            bodies.insert(version.body_hash);
            if self.logged.bodies.get(&version.body_hash) != Some(&version.record) {
                self.found.faults.push(Fault::Unlogged { seq });
            }
            let is_whole = vault.read(&open.db, entry).is_ok()
                && vault.sealed_body(&open.db, entry).is_ok_and(|hash| hash == version.body_hash);
            if !is_whole {
                self.found.faults.push(Fault::Content { seq, record: version.record });
            }
            if !version.is_own() {
                *readable.entry(version.record).or_insert(true) &= is_whole;
            }
        }
        let gone = self.logged.bodies.iter().filter(|(hash, record)| {
            !bodies.contains(*hash) && !self.logged.erased.contains(*record)
        });
        self.found.faults.extend(gone.map(|(_, record)| Fault::Gone { record: *record }));
        self.found.readable = readable.values().filter(|whole| **whole).count();
        Ok(())
    }

    fn attachments(&mut self, open: &Open, vault: &Vault) -> Result<(), Error> {
        let files = open.files();
        for (id, kept) in vault.attachments() {
            self.found.checked.rows += 1;
            self.found.checked.files += 1;
            self.step()?;
            let quiet = |_: u64, _: Option<u64>| {};
            let checked = files
                .open(*id, &kept.meta)
                .and_then(|mut reader| reader.check(&quiet, self.cancel));
            match checked {
                Ok(()) => {}
                Err(AttachmentError::Cancelled) => return Err(WalletError::Cancelled.into()),
                Err(_) => self.found.faults.push(Fault::File { id: *id, record: kept.meta.record }),
            }
        }
        // What a vault that was kept aside has attached is not in this one's rows.
        if !open.claim.home().keeps_a_vault() {
            let strays = files.ids()?.into_iter().filter(|id| vault.attachment(*id).is_none());
            self.found.faults.extend(strays.map(|id| Fault::StrayFile { id }));
        }
        Ok(())
    }
}

impl Logged {
    fn take(&mut self, seq: u64, entry: &AuditEntry) {
        if entry.kind() == AuditKind::Checkpoint {
            // It is the last entry that the checkpoint covers.
            self.checkpoints.insert(seq.saturating_add(1));
        }
        let record = entry.ids().first().and_then(|id| id.as_bytes().try_into().ok());
        let Some(record) = record.map(RecordId::from_bytes) else { return };
        match entry.kind() {
            AuditKind::Erased => {
                self.erased.insert(record);
            }
            kind if is_destroying(kind) => {
                let ids = entry.ids().iter().filter_map(|id| id.as_bytes().try_into().ok());
                self.erased.extend(ids.map(RecordId::from_bytes));
            }
            AuditKind::Attached | AuditKind::AttachmentSaved => {}
            _ => {
                if let Some(hash) = entry.hashes().first() {
                    self.bodies.insert(*hash, record);
                }
            }
        }
    }
}

const fn is_destroying(kind: AuditKind) -> bool {
    matches!(
        kind,
        AuditKind::Destroyed
            | AuditKind::Distrusted
            | AuditKind::RuleRemoved
            | AuditKind::Refused
            | AuditKind::CopiesErased
    )
}

impl Vault {
    /// Hashes the sealed body of a version.
    fn sealed_body(&self, db: &Db, entry: &Entry) -> Result<[u8; 32], VaultError> {
        let seq = i64::try_from(entry.place.seq()).map_err(|_| VaultError::Damaged)?;
        db.one("SELECT body FROM ver WHERE seq = ?1", [seq], |row| {
            Ok::<_, VaultError>(Sha256::digest(blob(row, 0)?).into())
        })?
        .ok_or(VaultError::Damaged)
    }
}

/// Entries between two looks at the cancel token.
const STEP: u64 = 256;
