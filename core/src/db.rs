//! One SQLite file: how it is opened, its schema, its transactions.
//!
//! Only this module opens databases. Writers take `&mut Txn` and never commit; whoever began the
//! transaction commits it. Durable means `synchronous=FULL`: what was committed survives a power
//! cut. The schema is `db/schema.sql`, byte for byte; another one is refused by name.

mod file;
mod txn;

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::FromSql;
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Params, Row, TransactionBehavior,
};

use crate::db::file::{make_private, remove, sync_parent};

pub use txn::Txn;

/// Why the database could not do its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// The file is not a database of this wallet, or its pages are damaged.
    #[error("the vault is damaged or is no vault; it was left as it is")]
    Damaged,
    /// A later version of the wallet wrote the file.
    #[error("the vault has format {found}, this wallet reads up to {known}")]
    Newer {
        /// Format of the file.
        found: u32,
        /// Latest format this wallet reads.
        known: u32,
    },
    /// A build between two releases wrote the file.
    #[error("the vault was written by an unreleased build with another schema")]
    Unreleased,
    /// The disk is full.
    #[error("there is no room left on the disk; nothing was changed")]
    Full,
    /// Another process has the database.
    #[error("the vault is in use by another process")]
    Busy,
    /// The system failed to read or write the file.
    #[error("the vault file could not be read or written")]
    Io,
}

impl DbError {
    /// Gives the stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Damaged => "vault.damaged",
            Self::Newer { .. } => "vault.newer-format",
            Self::Unreleased => "vault.unreleased-format",
            Self::Full => "vault.storage-full",
            Self::Busy => "vault.busy",
            Self::Io => "vault.storage",
        }
    }
}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::Full,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted => Self::Io,
                _ => Self::Damaged,
            },
            _ => Self::Damaged,
        }
    }
}

/// The open database of one vault: one connection, one process.
#[derive(Debug)]
pub struct Db {
    connection: Connection,
}

impl Db {
    /// Makes a new file with the latest schema; `write` fills it before it can be seen at `path`.
    ///
    /// The file is built beside its place and moved there when it is whole and durable.
    ///
    /// # Errors
    /// [`DbError`], or what `write` refused; then nothing stands at `path`.
    pub fn create<E: From<DbError>>(
        path: &Path,
        write: impl FnOnce(&mut Txn<'_>) -> Result<(), E>,
    ) -> Result<Self, E> {
        let draft = path.with_extension("new");
        Self::draft(&draft, write)?;
        std::fs::rename(&draft, path).map_err(|_| DbError::Io)?;
        // SQLite says nothing when it could not remove its journal.
        let opened =
            remove(&draft).and_then(|()| sync_parent(path)).and_then(|()| Self::open(path));
        if opened.is_err() {
            remove(path)?;
        }
        Ok(opened?)
    }

    /// Makes a new file with the latest schema in the place of a draft that was left behind.
    ///
    /// Its content is durable, its name is not; nothing of it stands in a write-ahead log.
    ///
    /// # Errors
    /// [`DbError`], or what `write` refused; then there is no file.
    pub fn draft<E: From<DbError>>(
        path: &Path,
        write: impl FnOnce(&mut Txn<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        remove(path)?;
        make_private(path)?;
        Self::build(path, write).or_else(|error| {
            remove(path)?;
            Err(error)
        })
    }

    /// Removes a closed database and the files that SQLite keeps beside it.
    ///
    /// # Errors
    /// [`DbError::Io`].
    pub fn remove(path: &Path) -> Result<(), DbError> {
        remove(path)
    }

    /// Opens a file that [`Db::create`] made.
    ///
    /// # Errors
    /// [`DbError::Damaged`], [`DbError::Newer`], [`DbError::Unreleased`] as they say;
    /// [`DbError::Io`] when there is no file.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        if !path.is_file() {
            return Err(DbError::Io);
        }
        let mut db = Self::connect(path, OpenFlags::empty())?;
        db.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        db.identify()?;
        db.connection.pragma_update(None, "journal_mode", "WAL")?;
        Ok(db)
    }

    /// Lets the write-ahead log go into the file when the database is closed. Without this, closing
    /// changes nothing: a damaged file stays as it was found.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub fn tidy_when_closed(&self) -> Result<(), DbError> {
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        Ok(())
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub fn begin(&mut self) -> Result<Txn<'_>, DbError> {
        Ok(Txn::new(self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?))
    }

    /// Calls `visit` for each row, in order; stops at the first error.
    ///
    /// # Errors
    /// [`DbError`] as `E`, or what `visit` gave.
    pub fn each<E: From<DbError>>(
        &self,
        sql: &'static str,
        parameters: impl Params,
        mut visit: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self.connection.prepare_cached(sql).map_err(DbError::from)?;
        let mut rows = statement.query(parameters).map_err(DbError::from)?;
        while let Some(row) = rows.next().map_err(DbError::from)? {
            visit(row)?;
        }
        Ok(())
    }

    /// Calls `read` for the one row that the statement finds; `None` when there is none.
    ///
    /// # Errors
    /// [`DbError`] as `E`, or what `read` gave.
    pub fn one<T, E: From<DbError>>(
        &self,
        sql: &'static str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        one(&self.connection, sql, parameters, read)
    }

    /// Gives the value kept under a name of `meta`.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, DbError> {
        meta(&self.connection, name)
    }

    /// Tells whether SQLite finds every page in order.
    ///
    /// # Errors
    /// [`DbError`] when it cannot even look.
    pub fn is_sound(&self) -> Result<bool, DbError> {
        let sql = "PRAGMA quick_check(1)";
        let found = self.one(sql, [], |row| column::<String>(row, 0))?;
        Ok(found.is_some_and(|found| found == "ok"))
    }

    /// Moves everything from the write-ahead log to the database, and empties the log.
    ///
    /// # Errors
    /// [`DbError::Busy`] when a reader stands in the way; [`DbError`] as they say.
    pub fn truncate_log(&self) -> Result<(), DbError> {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        match self.one(sql, [], |row| column::<i64>(row, 0))? {
            Some(0) => Ok(()),
            _ => Err(DbError::Busy),
        }
    }

    /// Gives the number of bytes the database takes.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub fn size(&self) -> Result<u64, DbError> {
        let pages: u32 = self.pragma("page_count")?;
        let page: u32 = self.pragma("page_size")?;
        Ok(u64::from(pages) * u64::from(page))
    }

    /// Bounds the size of the file, so that a test can meet a full disk.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    #[cfg(any(test, feature = "testing"))]
    pub fn limit_pages(&self, pages: u32) -> Result<(), DbError> {
        Ok(self.connection.pragma_update(None, "max_page_count", pages)?)
    }

    fn build<E: From<DbError>>(
        draft: &Path,
        write: impl FnOnce(&mut Txn<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut db = Self::connect(draft, OpenFlags::SQLITE_OPEN_CREATE)?;
        db.connection.pragma_update(None, "journal_mode", "DELETE").map_err(DbError::from)?;
        let mut txn = db.begin()?;
        txn.climb(0)?;
        txn.mark(APPLICATION_ID)?;
        write(&mut txn)?;
        Ok(txn.commit()?)
    }

    fn connect(path: &Path, extra: OpenFlags) -> Result<Self, DbError> {
        if rusqlite::version_number() < OLDEST_SQLITE {
            return Err(DbError::Io);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | extra;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::ZERO)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE)?;
        connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        for (name, value) in PRAGMAS {
            connection.pragma_update(None, name, value)?;
        }
        Ok(Self { connection })
    }

    /// Knows the file for a vault, brings an older format up, and compares the schema.
    fn identify(&mut self) -> Result<(), DbError> {
        let id: i32 = self.pragma("application_id")?;
        if id != APPLICATION_ID {
            return Err(DbError::Damaged);
        }
        let found: u32 = self.pragma("user_version")?;
        let known = SCHEMA_VERSION;
        if found > known {
            return Err(DbError::Newer { found, known });
        }
        if (1..known).contains(&found) {
            let txn = self.begin()?;
            txn.climb(found)?;
            txn.commit()?;
        }
        if found == 0 || self.schema()? != SCHEMA {
            return Err(DbError::Unreleased);
        }
        Ok(())
    }

    fn schema(&self) -> Result<String, DbError> {
        let mut schema = String::new();
        self.each(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid",
            [],
            |row| {
                schema.push_str(&column::<String>(row, 0)?);
                schema.push_str(";\n\n");
                Ok::<(), DbError>(())
            },
        )?;
        schema.pop();
        Ok(schema)
    }

    fn pragma<T: FromSql>(&self, name: &str) -> Result<T, DbError> {
        Ok(self.connection.pragma_query_value(None, name, |row| row.get(0))?)
    }
}

/// Reads one column of a row.
///
/// # Errors
/// [`DbError::Damaged`] when the column holds another type.
pub fn column<T: FromSql>(row: &Row<'_>, index: usize) -> Result<T, DbError> {
    row.get(index).map_err(|_| DbError::Damaged)
}

/// Borrows one column of a row as bytes.
///
/// # Errors
/// [`DbError::Damaged`] when the column holds another type.
pub fn blob<'a>(row: &'a Row<'_>, index: usize) -> Result<&'a [u8], DbError> {
    row.get_ref(index).ok().and_then(|value| value.as_blob().ok()).ok_or(DbError::Damaged)
}

fn one<T, E: From<DbError>>(
    connection: &Connection,
    sql: &'static str,
    parameters: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let mut statement = connection.prepare_cached(sql).map_err(DbError::from)?;
    let mut rows = statement.query(parameters).map_err(DbError::from)?;
    rows.next().map_err(DbError::from)?.map(read).transpose()
}

fn meta(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>, DbError> {
    let mut statement = connection.prepare_cached("SELECT v FROM meta WHERE k = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// Version of the schema that this wallet writes, as `user_version` of the file.
pub const SCHEMA_VERSION: u32 = 1;

/// One step each from an empty file to the latest format; `user_version` counts them.
const MIGRATIONS: [&str; SCHEMA_VERSION as usize] = [include_str!("db/migrations/0001_vault.sql")];

/// What the migrations amount to.
const SCHEMA: &str = include_str!("db/schema.sql");

/// "PMWV": marks the file as a vault for `file(1)` and for us.
const APPLICATION_ID: i32 = 0x504d_5756;

/// SQLite 3.51.3 mends the WAL-reset bug, which lost committed work.
const OLDEST_SQLITE: i32 = 3_051_003;

/// A body is a resource of at most 16 MiB with its padding and seal.
const LONGEST_VALUE: i32 = 20 * 1024 * 1024;

/// Set on every connection. `fullfsync` because `fsync` of Apple does not flush the drive;
/// `temp_store` because Android has no place for temporary files; `locking_mode` because one
/// process has the vault, which also spares the shared-memory file.
const PRAGMAS: [(&str, &str); 9] = [
    ("locking_mode", "EXCLUSIVE"),
    ("synchronous", "FULL"),
    ("fullfsync", "ON"),
    ("checkpoint_fullfsync", "ON"),
    ("secure_delete", "ON"),
    ("temp_store", "MEMORY"),
    ("cell_size_check", "ON"),
    ("mmap_size", "0"),
    ("journal_size_limit", "1048576"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh(path: &Path) -> Db {
        Db::create(path, |txn| txn.put_meta("header", b"x")).unwrap()
    }

    #[test]
    fn migrations_amount_to_the_pinned_schema() {
        let home = tempfile::tempdir().unwrap();
        let draft = home.path().join("vault.db");
        Db::build::<DbError>(&draft, |_| Ok(())).unwrap();
        let found = Db::connect(&draft, OpenFlags::empty()).unwrap().schema().unwrap();
        assert_eq!(found, SCHEMA, "core/src/db/schema.sql must read:\n{found}");
    }

    #[test]
    fn what_is_committed_is_there_and_what_is_not_is_gone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("vault.db");
        let mut db = fresh(&path);
        let mut txn = db.begin().unwrap();
        txn.put_meta("state", b"1").unwrap();
        txn.commit().unwrap();
        let mut txn = db.begin().unwrap();
        txn.put_meta("state", b"2").unwrap();
        drop(txn);
        drop(db);
        let db = Db::open(&path).unwrap();
        assert_eq!(db.meta("state").unwrap().as_deref(), Some(b"1".as_slice()));
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("vault.db");
        let mut db = fresh(&path);
        let mut txn = db.begin().unwrap();
        txn.put_meta("state", b"1").unwrap();
        txn.commit().unwrap();
        for entry in std::fs::read_dir(home.path()).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_failed_creation_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("vault.db");
        let refused = Db::create(&path, |_| Err(DbError::Full)).unwrap_err();
        assert_eq!(refused, DbError::Full);
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn other_files_and_other_formats_are_refused_by_name() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("vault.db");
        std::fs::write(&path, [7; 5000]).unwrap();
        assert_eq!(Db::open(&path).unwrap_err(), DbError::Damaged);
        remove(&path).unwrap();
        assert_eq!(Db::open(&path).unwrap_err(), DbError::Io);

        fresh(&path).connection.pragma_update(None, "user_version", 9).unwrap();
        assert_eq!(Db::open(&path).unwrap_err(), DbError::Newer { found: 9, known: 1 });
        remove(&path).unwrap();

        fresh(&path).connection.execute_batch("CREATE TABLE more (x)").unwrap();
        assert_eq!(Db::open(&path).unwrap_err(), DbError::Unreleased);
    }

    #[test]
    fn every_pragma_holds() {
        let home = tempfile::tempdir().unwrap();
        let db = fresh(&home.path().join("vault.db"));
        let text = |name| db.pragma::<String>(name).unwrap();
        let number = |name| db.pragma::<i64>(name).unwrap();
        assert_eq!(text("journal_mode"), "wal");
        assert_eq!(text("locking_mode"), "exclusive");
        assert_eq!(number("synchronous"), 2, "FULL");
        assert_eq!(number("secure_delete"), 1);
        assert_eq!(number("temp_store"), 2, "MEMORY");
        assert_eq!(number("fullfsync"), 1);
        assert_eq!(number("checkpoint_fullfsync"), 1);
        assert_eq!(number("trusted_schema"), 0);
        assert_eq!(number("cell_size_check"), 1);
    }

    #[test]
    fn a_full_file_is_named_and_loses_nothing() {
        let home = tempfile::tempdir().unwrap();
        let mut db = fresh(&home.path().join("vault.db"));
        db.limit_pages(20).unwrap();
        let mut txn = db.begin().unwrap();
        let refused = txn.put_meta("root", &[1; 200_000]).unwrap_err();
        assert_eq!(refused, DbError::Full);
        drop(txn);
        assert_eq!(db.meta("header").unwrap().as_deref(), Some(b"x".as_slice()));
    }
}
