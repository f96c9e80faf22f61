//! A transaction that may write.

use rusqlite::types::ToSql;
use rusqlite::{Params, Row, Transaction};

use crate::db::{DbError, MIGRATIONS, SCHEMA_VERSION, meta, one};

/// A transaction that may write; dropped without `commit`, it leaves no trace.
#[derive(Debug)]
pub struct Txn<'a> {
    transaction: Transaction<'a>,
    put_meta: bool,
}

impl<'a> Txn<'a> {
    pub(super) const fn new(transaction: Transaction<'a>) -> Self {
        Self { transaction, put_meta: false }
    }

    /// Marks the file as one of ours.
    pub(super) fn mark(&self, application_id: i32) -> Result<(), DbError> {
        Ok(self.transaction.pragma_update(None, "application_id", application_id)?)
    }

    /// Executes one statement and gives the number of rows it changed.
    ///
    /// # Errors
    /// [`DbError::Full`] on a full disk, others as they say.
    pub fn execute(&mut self, sql: &'static str, values: &[&dyn ToSql]) -> Result<usize, DbError> {
        Ok(self.transaction.prepare_cached(sql)?.execute(values)?)
    }

    /// Keeps a value under a name of `meta`, replacing what was there.
    ///
    /// # Errors
    /// As [`Txn::execute`].
    pub fn put_meta(&mut self, name: &str, value: &[u8]) -> Result<(), DbError> {
        self.execute(
            "INSERT INTO meta (k, v) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET v = ?2",
            &[&name, &value],
        )?;
        self.put_meta = true;
        Ok(())
    }

    /// Tells whether this transaction has put anything into `meta`.
    #[must_use]
    pub const fn has_put_meta(&self) -> bool {
        self.put_meta
    }

    /// Does what [`crate::db::Db::meta`] does, and sees what the transaction wrote.
    ///
    /// # Errors
    /// As [`crate::db::Db::meta`].
    pub fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, DbError> {
        meta(&self.transaction, name)
    }

    /// Does what [`crate::db::Db::one`] does, and sees what the transaction wrote.
    ///
    /// # Errors
    /// As [`crate::db::Db::one`].
    pub fn one<T, E: From<DbError>>(
        &self,
        sql: &'static str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        one(&self.transaction, sql, parameters, read)
    }

    /// Takes the steps that lead from one version of the schema to the latest.
    pub(super) fn climb(&self, from: u32) -> Result<(), DbError> {
        let taken = usize::try_from(from).map_err(|_| DbError::Damaged)?;
        for migration in MIGRATIONS.iter().skip(taken) {
            self.transaction.execute_batch(migration)?;
        }
        Ok(self.transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?)
    }

    /// Makes everything written durable.
    ///
    /// # Errors
    /// As [`Txn::execute`]; then nothing was written.
    pub fn commit(self) -> Result<(), DbError> {
        Ok(self.transaction.commit()?)
    }
}
