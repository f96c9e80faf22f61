//! A copy of a vault's rows under fresh bucket keys: into a backup, and out of one.
//!
//! Bodies and attachment files stay as they are sealed; every header is sealed anew, so that no
//! bucket key of one file opens another. The log is copied as it is.

use crate::codec::Buffer;
use crate::db::{Db, Txn, blob, column};
use crate::vault::buckets::Buckets;
use crate::vault::cipher::{LONGEST_HEADER, Place, Row, VaultKeys};
use crate::vault::state::Rows;
use crate::vault::{VaultError, unsigned};

/// Where the rows come from and which keys they go under.
pub(crate) struct Copy<'a> {
    pub(crate) from: &'a Db,
    pub(crate) keys: &'a VaultKeys,
    pub(crate) old: &'a Buckets,
    pub(crate) new: &'a Buckets,
}

impl Copy<'_> {
    /// Copies every row and what `meta` says of the identity, and gives the new set of rows.
    ///
    /// `step` is called for each row and may stop the work.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when a header is not what was written; what `step` gives.
    pub(crate) fn run(
        &self,
        to: &mut Txn<'_>,
        step: &mut dyn FnMut() -> Result<(), VaultError>,
    ) -> Result<Rows, VaultError> {
        for name in IDENTITY {
            let value = self.from.meta(name)?.ok_or(VaultError::Damaged)?;
            to.put_meta(name, &value)?;
        }
        let mut rows = Rows::default();
        self.versions(to, &mut rows, step)?;
        self.attachments(to, &mut rows, step)?;
        self.log(to, step)?;
        Ok(rows)
    }

    fn versions(
        &self,
        to: &mut Txn<'_>,
        rows: &mut Rows,
        step: &mut dyn FnMut() -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        let sql = "SELECT seq, b, e, hdr, body FROM ver ORDER BY seq";
        self.from.each(sql, [], |row| {
            step()?;
            let signed = column::<i64>(row, 0)?;
            let place = Place {
                row: Row::Version(unsigned(signed)?),
                bucket: column(row, 1)?,
                epoch: column(row, 2)?,
            };
            let (moved, header) = self.reseal(place, blob(row, 3)?)?;
            let body = blob(row, 4)?;
            let length = u32::try_from(body.len()).map_err(|_| VaultError::Damaged)?;
            rows.add(moved, &self.keys.fingerprint(moved, &header, length));
            to.execute(
                "INSERT INTO ver (seq, b, e, hdr, body) VALUES (?1, ?2, ?3, ?4, ?5)",
                &[&signed, &moved.bucket, &moved.epoch, &header, &body],
            )?;
            Ok(())
        })
    }

    fn attachments(
        &self,
        to: &mut Txn<'_>,
        rows: &mut Rows,
        step: &mut dyn FnMut() -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        self.from.each("SELECT aid, b, e, hdr FROM att ORDER BY aid", [], |row| {
            step()?;
            let id: [u8; 16] = blob(row, 0)?.try_into().map_err(|_| VaultError::Damaged)?;
            let place =
                Place { row: Row::Attachment(id), bucket: column(row, 1)?, epoch: column(row, 2)? };
            let (moved, header) = self.reseal(place, blob(row, 3)?)?;
            rows.add(moved, &self.keys.fingerprint(moved, &header, 0));
            to.execute(
                "INSERT INTO att (aid, b, e, hdr) VALUES (?1, ?2, ?3, ?4)",
                &[&id, &moved.bucket, &moved.epoch, &header],
            )?;
            Ok(())
        })
    }

    fn log(
        &self,
        to: &mut Txn<'_>,
        step: &mut dyn FnMut() -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        self.from.each("SELECT seq, entry, leaf FROM audit ORDER BY seq", [], |row| {
            step()?;
            let seq = column::<i64>(row, 0)?;
            let sql = "INSERT INTO audit (seq, entry, leaf) VALUES (?1, ?2, ?3)";
            to.execute(sql, &[&seq, &blob(row, 1)?, &blob(row, 2)?])?;
            Ok::<_, VaultError>(())
        })?;
        self.from.each("SELECT lvl, n, data FROM tile ORDER BY lvl, n", [], |row| {
            let (level, number) = (column::<i64>(row, 0)?, column::<i64>(row, 1)?);
            let sql = "INSERT INTO tile (lvl, n, data) VALUES (?1, ?2, ?3)";
            to.execute(sql, &[&level, &number, &blob(row, 2)?])?;
            Ok::<_, VaultError>(())
        })?;
        self.from.each("SELECT size, note FROM ckpt ORDER BY size", [], |row| {
            let size = column::<i64>(row, 0)?;
            let sql = "INSERT INTO ckpt (size, note) VALUES (?1, ?2)";
            to.execute(sql, &[&size, &blob(row, 1)?])?;
            Ok(())
        })
    }

    fn reseal(&self, place: Place, sealed: &[u8]) -> Result<(Place, Vec<u8>), VaultError> {
        let mut plain = Buffer::with_capacity(24 + LONGEST_HEADER + 16);
        let vault = self.keys.vault();
        let header = self.old.open_header(vault, place, sealed, &mut plain)?;
        let moved = Place { epoch: self.new.epoch(place.bucket)?, ..place };
        Ok((moved, self.new.seal_header(vault, moved, header)?))
    }
}

/// What `meta` says of the identity: the same wherever the vault goes.
const IDENTITY: [&str; 3] = ["escrow-key", "root", "node"];
