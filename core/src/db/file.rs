//! The file of a database before SQLite has it, and its name.

use std::io::ErrorKind;
use std::path::Path;

use crate::db::DbError;
use crate::file::{create_private, folder_of, sync_folder};

/// Removes a database and the files that SQLite keeps beside it.
///
/// # Errors
/// [`DbError::Io`].
pub(super) fn remove(database: &Path) -> Result<(), DbError> {
    for end in ["", "-journal", "-wal"] {
        let mut path = database.as_os_str().to_owned();
        path.push(end);
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(DbError::Io),
            _ => {}
        }
    }
    Ok(())
}

/// Makes an empty file for its owner only; SQLite gives its other files the same rights.
///
/// # Errors
/// [`DbError::Io`].
pub(super) fn make_private(path: &Path) -> Result<(), DbError> {
    create_private(path).map(drop).map_err(|_| DbError::Io)
}

/// Makes the name of a file durable.
///
/// # Errors
/// [`DbError::Io`].
pub(super) fn sync_parent(path: &Path) -> Result<(), DbError> {
    sync_folder(folder_of(path)).map_err(|_| DbError::Io)
}
