//! A backup file taken apart in temporary places and proven to its last byte.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use crate::audit::log::Log;
use crate::db::Db;
use crate::error::{Error, WalletError};
use crate::home::Home;
use crate::order;
use crate::record::RecordId;
use crate::vault::Vault;
use crate::vault::attachments::folder::{Folder, Hashed};
use crate::vault::attachments::{AttachmentId, ContentAddress};
use crate::vault::backup::reader::Reader;
use crate::vault::backup::{About, AttachmentAt, BackupError, BackupKey, Watch};
use crate::vault::buckets::Buckets;
use crate::vault::cipher::VaultKeys;
use crate::vault::index::Entry;
use crate::vault::slots::RootKey;

/// A backup that was read to its end, whose MAC held, and whose headers all opened.
pub(super) struct Unpacked {
    pub(super) about: About,
    pub(super) root: RootKey,
    pub(super) keys: Arc<VaultKeys>,
    pub(super) vault: Vault,
    pub(super) log: Log,
    pub(super) db: Db,
    /// Attachments whose file is not in the backup, or is not the one that the row names.
    pub(super) missing: Vec<AttachmentId>,
    _temporary: Temporary,
}

/// What to do with the attachments' files.
#[derive(Clone, Copy)]
pub(super) enum Files<'a> {
    /// Only prove them.
    Prove,
    /// Keep them in a folder.
    Keep(&'a Folder),
}

impl Unpacked {
    /// Takes a backup apart; `accept` sees what it says of itself before anything is written.
    ///
    /// # Errors
    /// [`BackupError`]; [`crate::vault::VaultError::Db`]. Temporary files are gone then.
    pub(super) fn read(
        home: &Home,
        file: &mut dyn Read,
        key: &BackupKey<'_>,
        watch: Watch<'_>,
        files: Files<'_>,
        accept: impl FnOnce(&About) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let reader = Reader::open(file, key, watch)?;
        accept(reader.about())?;
        let temporary = Temporary(home.temporary("unpacked"));
        let mut out = temporary.create()?;
        let mut reader = reader.database(&mut out)?;
        drop(out);
        let mut addresses = HashMap::new();
        while let Some(AttachmentAt { id, .. }) = reader.next_attachment()? {
            let id = AttachmentId::from_bytes(id);
            let address = match files {
                Files::Prove => {
                    let mut sink = io::sink();
                    let mut hashed = Hashed::new(&mut sink);
                    reader.attachment(&mut hashed)?;
                    hashed.address()
                }
                Files::Keep(folder) => {
                    folder.receive::<Error>(id, |out| Ok(reader.attachment(out)?))?
                }
            };
            addresses.insert(id, address);
        }
        let proven = reader.finish()?;
        // From here on every byte is one that the holder of the key has written.
        let db = Db::open(&temporary.0)?;
        let keys = Arc::new(VaultKeys::derive(&proven.root, proven.about.vault));
        // EXPOSE: the bucket keys are read out of the table.
        let buckets = Buckets::decode(0, proven.table.expose())?;
        let (vault, _, faults) = Vault::open(&db, keys.clone(), buckets, None)?;
        let log = Log::open(&db, Log::count(&db)?)?;
        if !faults.is_empty() {
            return Err(BackupError::Damaged.into());
        }
        let missing = missing(&vault, &addresses);
        let (about, root) = (proven.about, proven.root);
        Ok(Self { about, root, keys, vault, log, db, missing, _temporary: temporary })
    }

    /// Opens every body, and gives the records of which one does not open.
    pub(super) fn unreadable(&self) -> Vec<RecordId> {
        let damaged = |entry: &&Entry| self.vault.read(&self.db, entry).is_err();
        let mut records: Vec<RecordId> =
            self.vault.entries().filter(damaged).map(|entry| entry.version.record).collect();
        order::sort(&mut records);
        records.dedup();
        records
    }
}

fn missing(vault: &Vault, addresses: &HashMap<AttachmentId, ContentAddress>) -> Vec<AttachmentId> {
    let mut missing: Vec<AttachmentId> = vault
        .attachments()
        .filter(|(id, kept)| addresses.get(id) != Some(&kept.meta.address))
        .map(|(id, _)| *id)
        .collect();
    order::sort(&mut missing);
    missing
}

/// The database of the backup while it is looked at.
struct Temporary(PathBuf);

impl Temporary {
    fn create(&self) -> Result<File, WalletError> {
        let mut options = File::options();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(options.open(&self.0)?)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed now is removed before the next work of this kind.
        let _ = Db::remove(&self.0);
    }
}
