//! Erasing: a record's keys are destroyed, and what else its bucket seals is sealed anew.
//!
//! ```text
//! shred/<n+1> put -> one transaction (rows deleted, bucket under a fresh key, table under the new
//! shred key) -> shred/<n> deleted -> write-ahead log emptied -> attachment files unlinked
//! ```
//! After the transaction no key at hand opens what the old file or its remnants hold.

use crate::codec::Buffer;
use crate::db::{Txn, blob, column};
use crate::keys::{Domain, SealingPublicKey, Secret};
use crate::order;
use crate::record::RecordId;
use crate::vault::attachments::AttachmentId;
use crate::vault::buckets::Buckets;
use crate::vault::cipher::{LONGEST_HEADER, Place, Row};
use crate::vault::{Change, Vault, VaultError};

/// What an erasure will have changed.
#[derive(Debug)]
pub(crate) struct Erasure {
    records: Vec<RecordId>,
    attachments: Vec<AttachmentId>,
    /// The buckets that got a fresh key.
    rotated: Vec<u8>,
    buckets: Buckets,
}

impl Vault {
    /// Gives the number of the shred key that the bucket table is under.
    pub(crate) const fn shred(&self) -> u32 {
        self.buckets.shred
    }

    /// Deletes the rows of some records, or of what the wallet remembers besides, and seals what
    /// shares their buckets under fresh keys.
    ///
    /// `number` and `shred` are the next shred key, durable in the keystore already; it goes to
    /// the escrow as well. Nothing else may have been appended in this transaction.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`VaultError::Db`]; [`VaultError::Damaged`] when a row of a
    /// bucket is not what was written.
    pub(crate) fn erase(
        &self,
        txn: &mut Txn<'_>,
        change: &mut Change,
        records: &[RecordId],
        (number, shred): (u32, &Secret<32>),
        escrow: &SealingPublicKey,
    ) -> Result<(), VaultError> {
        let mut rotated = Vec::new();
        for record in records {
            let entry = self.index.current(*record).or_else(|| self.own.current(*record));
            rotated.push(entry.ok_or(VaultError::NotFound)?.place.bucket);
        }
        order::sort(&mut rotated);
        rotated.dedup();
        let mut buckets = self.buckets.copy();
        for bucket in &rotated {
            buckets = buckets.rotated(*bucket, number)?;
        }
        for entry in self.entries().filter(|entry| rotated.contains(&entry.place.bucket)) {
            let is_erased = records.contains(&entry.version.record);
            self.reseal(txn, change, entry.place, (!is_erased).then_some(&buckets))?;
        }
        let mut attachments = Vec::new();
        for (id, kept) in &self.attachments {
            if !rotated.contains(&kept.place.bucket) {
                continue;
            }
            let is_erased = records.contains(&kept.meta.record);
            self.reseal(txn, change, kept.place, (!is_erased).then_some(&buckets))?;
            if is_erased {
                attachments.push(*id);
            }
        }
        txn.put_meta("buckets", &buckets.seal(&self.keys, shred)?)?;
        let info = Domain::ShredEscrow.info(&[&self.keys.vault().id]);
        // EXPOSE: the shred key is sealed to the escrow key.
        txn.put_meta("escrow", &escrow.seal(&info, &[], shred.expose())?)?;
        let records = records.to_vec();
        change.erasure = Some(Erasure { records, attachments, rotated, buckets });
        Ok(())
    }

    /// Seals a header under the new key of its bucket, or deletes its row.
    fn reseal(
        &self,
        txn: &mut Txn<'_>,
        change: &mut Change,
        place: Place,
        new: Option<&Buckets>,
    ) -> Result<(), VaultError> {
        let mut read = |header: &[u8], body: u32| -> Result<_, VaultError> {
            change.rows.remove(place, &self.keys.fingerprint(place, header, body));
            let Some(new) = new else { return Ok(None) };
            let mut plain = Buffer::with_capacity(24 + LONGEST_HEADER + 16);
            let vault = self.keys.vault();
            let header = self.buckets.open_header(vault, place, header, &mut plain)?;
            let moved = Place { epoch: new.epoch(place.bucket)?, ..place };
            let sealed = new.seal_header(vault, moved, header)?;
            change.rows.add(moved, &self.keys.fingerprint(moved, &sealed, body));
            Ok(Some((moved.epoch, sealed)))
        };
        match place.row {
            Row::Version(seq) => {
                let seq = i64::try_from(seq).map_err(|_| VaultError::Damaged)?;
                let sql = "SELECT hdr, length(body) FROM ver WHERE seq = ?1";
                let row = txn.one(sql, [seq], |row| read(blob(row, 0)?, column(row, 1)?))?;
                match row.ok_or(VaultError::Damaged)? {
                    None => txn.execute("DELETE FROM ver WHERE seq = ?1", &[&seq])?,
                    Some((epoch, header)) => txn.execute(
                        "UPDATE ver SET e = ?2, hdr = ?3 WHERE seq = ?1",
                        &[&seq, &epoch, &header],
                    )?,
                }
            }
            Row::Attachment(id) => {
                let sql = "SELECT hdr FROM att WHERE aid = ?1";
                let row = txn.one(sql, [id.as_slice()], |row| read(blob(row, 0)?, 0))?;
                match row.ok_or(VaultError::Damaged)? {
                    None => txn.execute("DELETE FROM att WHERE aid = ?1", &[&id])?,
                    Some((epoch, header)) => txn.execute(
                        "UPDATE att SET e = ?2, hdr = ?3 WHERE aid = ?1",
                        &[&id, &epoch, &header],
                    )?,
                }
            }
        };
        Ok(())
    }

    /// Forgets what was erased.
    pub(super) fn forget(&mut self, erasure: Erasure) {
        let Erasure { records, attachments, rotated, buckets } = erasure;
        self.buckets = buckets;
        for bucket in rotated {
            let epoch = self.buckets.epoch(bucket).unwrap_or_default();
            self.index.moved(bucket, epoch);
            self.own.moved(bucket, epoch);
            for kept in self.attachments.values_mut().filter(|kept| kept.place.bucket == bucket) {
                kept.place.epoch = epoch;
            }
        }
        for record in records {
            self.index.remove(record);
            self.own.remove(record);
        }
        self.attachments.retain(|id, _| !attachments.contains(id));
        // Its text must not stay findable, and one text is not taken out of the middle of all.
        self.text = Default::default();
    }
}
