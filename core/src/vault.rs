//! The records at rest: sealed rows, the slots that open them, the index in memory.
//!
//! Invariant: nothing about a record stands in clear: no id, type, date, version. Every row is
//! bound to its place, the sealed state to the set of rows. Methods take a transaction and never
//! commit; what a transaction will have changed is a `Change`, adopted after the commit.
//! Bytes: docs/formats.md 3 and 4.

pub(crate) mod access;
pub mod attachments;
pub(crate) mod backup;
pub(crate) mod body;
pub(crate) mod buckets;
pub(crate) mod cipher;
pub(crate) mod copy;
mod erase;
mod error;
mod fault;
pub(crate) mod founding;
pub(crate) mod index;
pub(crate) mod obsolete;
mod opening;
pub(crate) mod slots;
pub(crate) mod state;
pub(crate) mod text;
pub(crate) mod version;

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::db::{Db, Txn, blob};
use crate::vault::attachments::AttachmentId;
use crate::vault::attachments::meta::Meta;
use crate::vault::body::{Body, Content, Cut};
use crate::vault::buckets::Buckets;
use crate::vault::cipher::{BodyOf, Place, Row, VaultKeys};
use crate::vault::erase::Erasure;
use crate::vault::index::{Entry, Index};
use crate::vault::state::Rows;
use crate::vault::text::{TextIndex, Words};
use crate::vault::version::Version;

pub use backup::{BackupError, BackupKey};
pub use error::VaultError;
pub use fault::Fault;

/// An open vault: its keys and its index. The rows stay in the database, sealed.
#[derive(Debug)]
pub(crate) struct Vault {
    keys: Arc<VaultKeys>,
    buckets: Buckets,
    /// What is of the patient's record.
    index: Index,
    /// What the wallet remembers besides: rows of type `pmw:<kind>`.
    own: Index,
    attachments: HashMap<AttachmentId, Kept>,
    text: TextIndex,
    next_seq: u64,
}

/// One row of `att`, opened.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) place: Place,
    pub(crate) meta: Meta,
}

/// A version to append; seq, key and hash are given to it here.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) version: Version,
    /// `None` for a new record.
    pub(crate) bucket: Option<u8>,
    pub(crate) reason: &'a str,
    pub(crate) full_url: &'a str,
    pub(crate) resource: &'a [u8],
    pub(crate) cuts: Vec<Cut>,
}

/// What a transaction will have changed once it is committed.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) rows: Rows,
    next_seq: u64,
    entries: Vec<Entry>,
    attachments: Vec<(AttachmentId, Kept)>,
    erasure: Option<Erasure>,
}

impl Change {
    /// Gives the entries of this change.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Gives the entry that [`Vault::append`] put at a place of this change.
    pub(crate) fn entry(&self, at: usize) -> Option<&Entry> {
        self.entries.get(at)
    }

    /// Gives an attachment of this change.
    pub(crate) fn attachment(&self, id: AttachmentId) -> Option<&Kept> {
        self.attachments.iter().find(|(other, _)| *other == id).map(|(_, kept)| kept)
    }
}

impl Vault {
    /// Gives the index.
    pub(crate) const fn index(&self) -> &Index {
        &self.index
    }

    /// Gives the bucket keys.
    pub(crate) const fn buckets(&self) -> &Buckets {
        &self.buckets
    }

    /// Gives an attachment.
    pub(crate) fn attachment(&self, id: AttachmentId) -> Option<&Kept> {
        self.attachments.get(&id)
    }

    /// Gives every attachment, in no order.
    pub(crate) fn attachments(&self) -> impl Iterator<Item = (&AttachmentId, &Kept)> {
        self.attachments.iter()
    }

    /// Begins to note what a transaction changes in the set of rows.
    pub(crate) fn change(&self, rows: &Rows) -> Change {
        Change {
            rows: rows.clone(),
            next_seq: self.next_seq,
            entries: Vec::new(),
            attachments: Vec::new(),
            erasure: None,
        }
    }

    /// Seals a version and writes it; gives its place in the change.
    ///
    /// # Errors
    /// [`VaultError::Db`]; [`VaultError::Randomness`].
    pub(crate) fn append(
        &self,
        txn: &mut Txn<'_>,
        change: &mut Change,
        draft: Draft<'_>,
    ) -> Result<usize, VaultError> {
        let mut version = draft.version;
        let bucket = match draft.bucket {
            Some(bucket) => bucket,
            None => Buckets::draw()?,
        };
        let seq = change.next_seq;
        let place = Place { row: Row::Version(seq), bucket, epoch: self.buckets.epoch(bucket)? };
        let facts = version.place_facts();
        let Draft { reason, full_url, resource, cuts, .. } = draft;
        let facts = facts.as_deref().unwrap_or_default();
        let plain = Body { facts, reason, full_url, resource, cuts }.encode();
        let body = body_of(&version).seal(self.keys.vault(), &version.key, &plain)?;
        version.body_hash = Sha256::digest(&body).into();
        let header = self.buckets.seal_header(self.keys.vault(), place, &version.encode())?;
        let seq = i64::try_from(seq).map_err(|_| VaultError::Damaged)?;
        txn.execute(
            "INSERT INTO ver (seq, b, e, hdr, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            &[&seq, &place.bucket, &place.epoch, &header, &body],
        )?;
        let length = u32::try_from(body.len()).map_err(|_| VaultError::Damaged)?;
        change.rows.add(place, &self.keys.fingerprint(place, &header, length));
        change.next_seq += 1;
        change.entries.push(Entry { place, version });
        Ok(change.entries.len() - 1)
    }

    /// Seals the header of an attachment whose file is in its place, and writes the row.
    ///
    /// # Errors
    /// [`VaultError::Db`]; [`VaultError::Randomness`].
    pub(crate) fn attach(
        &self,
        txn: &mut Txn<'_>,
        change: &mut Change,
        (id, bucket): (AttachmentId, u8),
        meta: Meta,
    ) -> Result<(), VaultError> {
        let row = Row::Attachment(*id.as_bytes());
        let place = Place { row, bucket, epoch: self.buckets.epoch(bucket)? };
        let header = self.buckets.seal_header(self.keys.vault(), place, &meta.encode()?)?;
        txn.execute(
            "INSERT INTO att (aid, b, e, hdr) VALUES (?1, ?2, ?3, ?4)",
            &[id.as_bytes(), &place.bucket, &place.epoch, &header],
        )?;
        change.rows.add(place, &self.keys.fingerprint(place, &header, 0));
        change.attachments.push((id, Kept { place, meta }));
        Ok(())
    }

    /// Takes a change in after its transaction was committed.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when a version stands twice.
    pub(crate) fn adopt(&mut self, change: Change) -> Result<(), VaultError> {
        self.next_seq = change.next_seq;
        self.attachments.extend(change.attachments);
        if let Some(erasure) = change.erasure {
            self.forget(erasure);
        }
        for entry in change.entries {
            self.take(entry)?;
        }
        Ok(())
    }

    /// Gives what the wallet remembers besides the record.
    pub(crate) const fn own(&self) -> &Index {
        &self.own
    }

    /// Gives every version of anything, in no order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.index.all().chain(self.own.all())
    }

    /// Takes an entry into the index where it belongs.
    fn take(&mut self, entry: Entry) -> Result<(), VaultError> {
        let index = if entry.version.is_own() { &mut self.own } else { &mut self.index };
        index.add(entry)
    }

    /// Opens the content of a version that is committed.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when it is not what was written.
    pub(crate) fn read(&self, db: &Db, entry: &Entry) -> Result<Content, VaultError> {
        let seq = i64::try_from(entry.place.seq()).map_err(|_| VaultError::Damaged)?;
        db.one("SELECT body FROM ver WHERE seq = ?1", [seq], |row| {
            self.open_body(entry, blob(row, 0)?)
        })?
        .ok_or(VaultError::Damaged)
    }

    /// Opens the content of a version within the transaction that wrote it, or after.
    ///
    /// # Errors
    /// As [`Vault::read`].
    pub(crate) fn read_within(&self, txn: &Txn<'_>, entry: &Entry) -> Result<Content, VaultError> {
        let seq = i64::try_from(entry.place.seq()).map_err(|_| VaultError::Damaged)?;
        txn.one("SELECT body FROM ver WHERE seq = ?1", [seq], |row| {
            self.open_body(entry, blob(row, 0)?)
        })?
        .ok_or(VaultError::Damaged)
    }

    /// Keeps the folded text of every current record that is not kept yet, up to the cap; what
    /// cannot be read is left out.
    pub(crate) fn index_text(&mut self, db: &Db) {
        let mut text = std::mem::take(&mut self.text);
        for entry in self.index.currents() {
            if text.has_room() && !text.has(entry.place.seq()) {
                // A damaged content is named where somebody asks for it.
                let _ = self.read(db, entry).and_then(|content| {
                    text.add(entry.place.seq(), content.text()?, &entry.version.facts.title)
                        .map_err(|_| VaultError::Damaged)
                });
            }
        }
        self.text = text;
    }

    /// Tells whether the text of a record holds every word.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(crate) fn holds(&self, db: &Db, entry: &Entry, words: &Words) -> Result<bool, VaultError> {
        if let Some(holds) = self.text.matches(entry.place.seq(), words) {
            return Ok(holds);
        }
        let content = self.read(db, entry)?;
        words
            .in_resource(content.text()?, &entry.version.facts.title)
            .map_err(|_| VaultError::Damaged)
    }

    fn open_body(&self, entry: &Entry, sealed: &[u8]) -> Result<Content, VaultError> {
        let version = &entry.version;
        let padded = body_of(version).open(self.keys.vault(), &version.key, sealed)?;
        Ok(Content::new(padded)?)
    }
}

fn body_of(version: &Version) -> BodyOf<'_> {
    BodyOf { record: version.record, version: version.number, kind: version.kind.as_str() }
}

/// Reads a number that SQLite keeps with a sign.
///
/// # Errors
/// [`VaultError::Damaged`] when it is negative.
pub(crate) fn unsigned(value: i64) -> Result<u64, VaultError> {
    u64::try_from(value).map_err(|_| VaultError::Damaged)
}
