//! The log in the database: sealed entries, leaf hashes, tiles of inner nodes.
//!
//! `audit` holds an entry and a leaf hash a row; `tile` holds the hashes of complete subtrees of
//! 256, 65,536, ... leaves, 256 of them a row. What is in memory is the frontier: an append costs
//! one row, and a root or a path at any size reads at most a tile a level.

use std::collections::BTreeMap;

use crate::audit::{
    AuditEntry, Frontier, Hash, Nodes, Salted, consistency_path, inclusion_path, root_at,
    subtree_hash,
};
use crate::db::{Db, Txn, blob, column};
use crate::vault::cipher::VaultKeys;
use crate::vault::{VaultError, unsigned};

/// The log as its last transaction left it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Frontier);

/// A log that a transaction appends to.
#[derive(Debug)]
pub(crate) struct Growth(Frontier);

/// An entry at its place.
#[derive(Debug)]
pub(crate) struct Logged {
    pub(crate) seq: u64,
    pub(crate) salted: Salted,
    pub(crate) entry: AuditEntry,
}

impl Log {
    /// Reads the frontier of a log.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when hashes are missing; [`VaultError::Db`].
    pub(crate) fn open(db: &Db, size: u64) -> Result<Self, VaultError> {
        Frontier::load(&Stored(db), size).map(Self)
    }

    /// Tells the number of entries from the first and the last place.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when the first place is not 0; [`VaultError::Db`].
    pub(crate) fn count(db: &Db) -> Result<u64, VaultError> {
        let sql = "SELECT min(seq), max(seq) FROM audit";
        let found = db.one(sql, [], |row| Ok::<_, VaultError>((column(row, 0)?, column(row, 1)?)));
        match found?.ok_or(VaultError::Damaged)? {
            (None, None) => Ok(0),
            (Some(0), Some(last)) => Ok(unsigned(last)?.saturating_add(1)),
            (_, _) => Err(VaultError::Damaged),
        }
    }

    /// Gives the number of entries.
    pub(crate) const fn size(&self) -> u64 {
        self.0.size()
    }

    /// Gives the root over all entries.
    pub(crate) fn root(&self) -> Hash {
        self.0.root()
    }

    /// Gives the root that the log had at an earlier size.
    ///
    /// # Errors
    /// As [`Log::open`].
    pub(crate) fn root_at(&self, db: &Db, size: u64) -> Result<Hash, VaultError> {
        if size == self.size() { Ok(self.root()) } else { root_at(&Stored(db), size) }
    }

    /// Makes the path from an entry to the root; `None` when there is no such entry.
    ///
    /// # Errors
    /// As [`Log::open`].
    pub(crate) fn inclusion(&self, db: &Db, seq: u64) -> Result<Option<Vec<Hash>>, VaultError> {
        inclusion_path(&Stored(db), seq, self.size())
    }

    /// Makes the path from the root at an earlier size; `None` when that is larger.
    ///
    /// # Errors
    /// As [`Log::open`].
    pub(crate) fn consistency(&self, db: &Db, from: u64) -> Result<Option<Vec<Hash>>, VaultError> {
        consistency_path(&Stored(db), from, self.size())
    }

    /// Begins to append within a transaction.
    pub(crate) fn grow(&self) -> Growth {
        Growth(self.0.clone())
    }

    /// Opens one entry; `None` when there is none.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when it is not what was written at its place.
    pub(crate) fn read(db: &Db, keys: &VaultKeys, seq: u64) -> Result<Option<Logged>, VaultError> {
        let place = i64::try_from(seq).map_err(|_| VaultError::NotFound)?;
        let sql = "SELECT entry, leaf FROM audit WHERE seq = ?1";
        db.one(sql, [place], |row| open(keys, seq, blob(row, 0)?, blob(row, 1)?))
    }

    /// Opens the entries before a place, the latest first, until `visit` has enough.
    ///
    /// # Errors
    /// What `visit` gives; a damaged entry is given to it as an error.
    pub(crate) fn backwards(
        db: &Db,
        keys: &VaultKeys,
        before: u64,
        mut visit: impl FnMut(u64, Result<Logged, VaultError>) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        let sql =
            "SELECT seq, entry, leaf FROM audit WHERE seq >= 0 AND seq < ?1 ORDER BY seq DESC";
        db.each(sql, [before], |row| {
            let seq = unsigned(column(row, 0)?)?;
            visit(seq, open(keys, seq, blob(row, 1)?, blob(row, 2)?))
        })
    }
}

impl Log {
    /// Opens every entry in order, with the leaf hash that the database keeps for it.
    ///
    /// # Errors
    /// What `visit` gives; a damaged entry is given to it as an error.
    pub(crate) fn forwards(
        db: &Db,
        keys: &VaultKeys,
        mut visit: impl FnMut(u64, Hash, Result<Logged, VaultError>) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        db.each("SELECT seq, entry, leaf FROM audit WHERE seq >= 0 ORDER BY seq", [], |row| {
            let seq = unsigned(column(row, 0)?)?;
            let leaf = blob(row, 2)?;
            // What is no hash leads to another root, and its entry does not open.
            let hash = leaf.try_into().unwrap_or_default();
            visit(seq, hash, open(keys, seq, blob(row, 1)?, leaf))
        })
    }

    /// Tells whether the tiles are those that follow from the leaves, no more and no fewer.
    ///
    /// # Errors
    /// [`VaultError::Db`]; [`VaultError::Damaged`].
    pub(crate) fn tiles_are_whole(db: &Db) -> Result<bool, VaultError> {
        let mut expected: BTreeMap<(u8, u64), Vec<u8>> = BTreeMap::new();
        let mut tree = Frontier::default();
        db.each("SELECT leaf FROM audit ORDER BY seq", [], |row| {
            let leaf = blob(row, 0)?.try_into().map_err(|_| VaultError::Damaged)?;
            tree.push(leaf, |height, index, hash| {
                if is_stored(height) {
                    expected.entry((height, index / TILE_WIDTH)).or_default().extend(hash);
                }
            });
            Ok::<_, VaultError>(())
        })?;
        let mut whole = true;
        db.each("SELECT lvl, n, data FROM tile ORDER BY lvl, n", [], |row| {
            let place = (column(row, 0)?, unsigned(column(row, 1)?)?);
            whole &= expected
                .remove(&place)
                .is_some_and(|data| data == blob(row, 2).unwrap_or_default());
            Ok::<_, VaultError>(())
        })?;
        Ok(whole && expected.is_empty())
    }
}

impl Growth {
    /// Seals an entry and appends it.
    ///
    /// # Errors
    /// [`VaultError::Db`]; [`VaultError::Randomness`].
    pub(crate) fn append(
        &mut self,
        txn: &mut Txn<'_>,
        keys: &VaultKeys,
        entry: &AuditEntry,
    ) -> Result<(), VaultError> {
        let salted = Salted::generate(entry).map_err(|_| VaultError::Randomness)?;
        let (seq, leaf) = (self.0.size(), salted.leaf());
        let sealed = keys.seal_entry(seq, &salted.to_padded()?)?;
        let place = i64::try_from(seq).map_err(|_| VaultError::Damaged)?;
        txn.execute(
            "INSERT INTO audit (seq, entry, leaf) VALUES (?1, ?2, ?3)",
            &[&place, &sealed, &leaf],
        )?;
        let mut written = Ok(());
        self.0.push(leaf, |height, index, hash| {
            if is_stored(height) && written.is_ok() {
                written = put_node(txn, height, index, hash);
            }
        });
        written
    }

    /// Ends the appending.
    pub(crate) fn finish(self) -> Log {
        Log(self.0)
    }
}

/// The hashes that the database keeps.
struct Stored<'a>(&'a Db);

impl Nodes for Stored<'_> {
    type Error = VaultError;

    fn node(&self, height: u8, index: u64) -> Result<Hash, VaultError> {
        let Some(wanted) = index.checked_shl(u32::from(height % TILE_HEIGHT)) else {
            return Err(VaultError::Damaged);
        };
        let level = height - height % TILE_HEIGHT;
        let count = 1_usize << (height % TILE_HEIGHT);
        let hashes =
            if level == 0 { self.leaves(wanted, count)? } else { self.tile(level, wanted, count)? };
        subtree_hash(&hashes).filter(|_| hashes.len() == count).ok_or(VaultError::Damaged)
    }
}

impl Stored<'_> {
    fn leaves(&self, from: u64, count: usize) -> Result<Vec<Hash>, VaultError> {
        let signed = |value| i64::try_from(value).map_err(|_| VaultError::Damaged);
        let to = u64::try_from(count).ok().and_then(|count| from.checked_add(count));
        let range = [signed(from)?, signed(to.ok_or(VaultError::Damaged)?)?];
        let mut hashes = Vec::with_capacity(count);
        let sql = "SELECT leaf FROM audit WHERE seq >= ?1 AND seq < ?2 ORDER BY seq";
        self.0.each(sql, range, |row| {
            hashes.push(blob(row, 0)?.try_into().map_err(|_| VaultError::Damaged)?);
            Ok::<_, VaultError>(())
        })?;
        Ok(hashes)
    }

    /// Reads neighbours of one tile: a subtree never lies across two.
    fn tile(&self, level: u8, from: u64, count: usize) -> Result<Vec<Hash>, VaultError> {
        let number = i64::try_from(from / TILE_WIDTH).map_err(|_| VaultError::Damaged)?;
        let first = usize::try_from(from % TILE_WIDTH).map_err(|_| VaultError::Damaged)?;
        let sql = "SELECT data FROM tile WHERE lvl = ?1 AND n = ?2";
        let read = |data: &[u8]| -> Option<Vec<Hash>> {
            let (hashes, rest) = data.as_chunks::<HASH>();
            let wanted = hashes.get(first..first.checked_add(count)?)?;
            rest.is_empty().then(|| wanted.to_vec())
        };
        let level = i64::from(level);
        let found =
            self.0.one(sql, [level, number], |row| Ok::<_, VaultError>(read(blob(row, 0)?)));
        found?.flatten().ok_or(VaultError::Damaged)
    }
}

/// Tells whether the hashes of complete subtrees of this height are kept.
const fn is_stored(height: u8) -> bool {
    height > 0 && height.is_multiple_of(TILE_HEIGHT)
}

/// Appends the hash of a complete subtree to its tile.
fn put_node(txn: &mut Txn<'_>, height: u8, index: u64, hash: &Hash) -> Result<(), VaultError> {
    let number = i64::try_from(index / TILE_WIDTH).map_err(|_| VaultError::Damaged)?;
    txn.execute(
        "INSERT INTO tile (lvl, n, data) VALUES (?1, ?2, ?3)
         ON CONFLICT (lvl, n) DO UPDATE SET data = CAST(data || ?3 AS BLOB)",
        &[&i64::from(height), &number, hash],
    )?;
    Ok(())
}

fn open(keys: &VaultKeys, seq: u64, sealed: &[u8], leaf: &[u8]) -> Result<Logged, VaultError> {
    let salted = Salted::from_padded(&keys.open_entry(seq, sealed)?)?;
    let entry = salted.entry()?;
    if salted.leaf() != leaf {
        return Err(VaultError::Damaged);
    }
    Ok(Logged { seq, salted, entry })
}

/// Levels between two rows of tiles.
const TILE_HEIGHT: u8 = 8;
/// Hashes in a full tile.
const TILE_WIDTH: u64 = 256;
const HASH: usize = 32;
