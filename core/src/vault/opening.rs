//! Opening every header: the index, and every row that is not what was written.
//!
//! Nothing here gives up at the first fault: what is whole is found, whatever is beside it.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Row as DbRow;

use crate::codec::Buffer;
use crate::db::{Db, blob, column};
use crate::vault::attachments::AttachmentId;
use crate::vault::attachments::meta::Meta;
use crate::vault::body::Body;
use crate::vault::buckets::Buckets;
use crate::vault::cipher::{LONGEST_HEADER, Place, Row, VaultKeys};
use crate::vault::fault::Fault;
use crate::vault::index::{Entry, Index};
use crate::vault::state::Rows;
use crate::vault::text::TextIndex;
use crate::vault::version::{Facts, Version};
use crate::vault::{Kept, Vault, VaultError, unsigned};

impl Vault {
    /// Opens every header, builds the index and compares the set of rows with the state's, where
    /// there is one.
    ///
    /// # Errors
    /// None for a damaged row: it is among the faults. [`VaultError::Db`] when the database does
    /// not answer at all.
    pub(crate) fn open(
        db: &Db,
        keys: Arc<VaultKeys>,
        buckets: Buckets,
        expected: Option<&Rows>,
    ) -> Result<(Self, Rows, Vec<Fault>), VaultError> {
        let vault = Self {
            keys,
            buckets,
            index: Index::default(),
            own: Index::default(),
            attachments: HashMap::new(),
            text: TextIndex::default(),
            next_seq: 1,
        };
        let plain = Buffer::with_capacity(24 + LONGEST_HEADER + 16);
        let (found, faults) = (Rows::default(), Vec::new());
        let mut opening = Opening { vault, found, faults, plain, in_body: Vec::new(), last: 0 };
        opening.versions(db);
        opening.attachments(db);
        opening.facts(db);
        let Opening { vault, found, mut faults, .. } = opening;
        if faults.is_empty() && expected.is_some_and(|expected| found != *expected) {
            faults.push(Fault::Rows);
        }
        Ok((vault, found, faults))
    }
}

struct Opening {
    vault: Vault,
    found: Rows,
    faults: Vec<Fault>,
    plain: Buffer,
    /// Versions whose facts stand in the body.
    in_body: Vec<Entry>,
    /// The last seq that was read in order.
    last: u64,
}

impl Opening {
    fn versions(&mut self, db: &Db) {
        let sql = "SELECT seq, b, e, hdr, length(body) FROM ver ORDER BY seq";
        let read = db.each(sql, [], |row| self.version(row));
        if read.is_ok() {
            return;
        }
        // Pages in the middle cannot be read: what stands behind them is reached from the end.
        self.faults.push(Fault::Pages);
        let from = i64::try_from(self.last).unwrap_or(i64::MAX);
        let sql = "SELECT seq, b, e, hdr, length(body) FROM ver WHERE seq > ?1 ORDER BY seq DESC";
        // It ends at the same pages, from the other side.
        let _ = db.each(sql, [from], |row| self.version(row));
    }

    fn version(&mut self, row: &DbRow<'_>) -> Result<(), VaultError> {
        let Ok(seq) = unsigned(column(row, 0)?) else {
            self.faults.push(Fault::Rows);
            return Ok(());
        };
        self.last = seq;
        let (Ok(bucket), Ok(epoch)) = (column(row, 1), column(row, 2)) else {
            self.faults.push(Fault::Row { seq });
            return Ok(());
        };
        let place = Place { row: Row::Version(seq), bucket, epoch };
        let (sealed, body) = (blob(row, 3)?, column::<u32>(row, 4)?);
        self.found.add(place, &self.vault.keys.fingerprint(place, sealed, body));
        self.vault.next_seq = self.vault.next_seq.max(seq.saturating_add(1));
        let vault = &self.vault;
        let header = vault.buckets.open_header(vault.keys.vault(), place, sealed, &mut self.plain);
        let version = header.and_then(|header| Ok(Version::decode(header)?));
        match version {
            Ok(version) if version.has_facts_in_body() => {
                self.in_body.push(Entry { place, version });
            }
            Ok(version) => self.take(seq, Entry { place, version }),
            Err(_) => self.faults.push(Fault::Row { seq }),
        }
        Ok(())
    }

    fn take(&mut self, seq: u64, entry: Entry) {
        if self.vault.take(entry).is_err() {
            self.faults.push(Fault::Row { seq });
        }
    }

    /// Reads the facts that stand in bodies.
    fn facts(&mut self, db: &Db) {
        for mut entry in std::mem::take(&mut self.in_body) {
            let seq = entry.place.seq();
            match self.vault.read_facts(db, &entry) {
                Ok(facts) => entry.version.facts = facts,
                Err(_) => {
                    self.faults.push(Fault::Content { seq, record: entry.version.record });
                }
            }
            self.take(seq, entry);
        }
    }

    fn attachments(&mut self, db: &Db) {
        let sql = "SELECT aid, b, e, hdr FROM att ORDER BY aid";
        if db.each(sql, [], |row| self.attachment(row)).is_err() {
            self.faults.push(Fault::Pages);
        }
    }

    fn attachment(&mut self, row: &DbRow<'_>) -> Result<(), VaultError> {
        let Ok(name) = <[u8; 16]>::try_from(blob(row, 0)?) else {
            self.faults.push(Fault::Rows);
            return Ok(());
        };
        let id = AttachmentId::from_bytes(name);
        let (Ok(bucket), Ok(epoch)) = (column(row, 1), column(row, 2)) else {
            self.faults.push(Fault::Attachment { id });
            return Ok(());
        };
        let place = Place { row: Row::Attachment(name), bucket, epoch };
        let sealed = blob(row, 3)?;
        self.found.add(place, &self.vault.keys.fingerprint(place, sealed, 0));
        let vault = &self.vault;
        let header = vault.buckets.open_header(vault.keys.vault(), place, sealed, &mut self.plain);
        match header.and_then(|header| Ok(Meta::decode(header)?)) {
            Ok(meta) => {
                self.vault.attachments.insert(id, Kept { place, meta });
            }
            Err(_) => self.faults.push(Fault::Attachment { id }),
        }
        Ok(())
    }
}

impl Vault {
    fn read_facts(&self, db: &Db, entry: &Entry) -> Result<Facts, VaultError> {
        Ok(Facts::decode(Body::decode(self.read(db, entry)?.plain()?)?.facts)?)
    }
}
