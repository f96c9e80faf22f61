//! Keystore items that a committed change has made needless, named within the vault until they are
//! surely gone: a process that does not get to delete them leaves that to the next one.

use crate::db::{Db, Txn};
use crate::vault::VaultError;
use crate::vault::cipher::{VaultKeys, meta_data};

/// Reads the names; a vault without any has no such row.
///
/// # Errors
/// [`VaultError::Damaged`]; [`VaultError::Db`].
pub(crate) fn read(db: &Db, keys: &VaultKeys) -> Result<Vec<String>, VaultError> {
    let Some(sealed) = db.meta(ROW)? else { return Ok(Vec::new()) };
    let names = keys.state().open(&meta_data(keys.vault(), ROW), &sealed);
    let names = names.map_err(|_| VaultError::Damaged)?;
    let names = std::str::from_utf8(&names).map_err(|_| VaultError::Damaged)?;
    Ok(names.lines().map(str::to_owned).collect())
}

/// Writes the names, in the transaction that makes them needless.
///
/// # Errors
/// [`VaultError::Db`]; [`VaultError::Randomness`].
pub(crate) fn put(txn: &mut Txn<'_>, keys: &VaultKeys, names: &[String]) -> Result<(), VaultError> {
    let sealed = keys.state().seal(&meta_data(keys.vault(), ROW), names.join("\n").as_bytes())?;
    Ok(txn.put_meta(ROW, &sealed)?)
}

const ROW: &str = "obsolete";
