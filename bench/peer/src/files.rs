//! The peer's attachments: one large value, and rows of 64 KiB.
//!
//! A value is filled and read in place, piece by piece, as whoever does not want it whole in memory
//! must do it. Rows are what a database is better at.

use rusqlite::{Connection, MAIN_DB, params};

use crate::workload::{PIECE, Sum};
use crate::{Figures, Result, Task, table};

/// Writes and reads a file of the workload in both shapes, in a database of its own.
///
/// # Errors
/// When anything goes wrong.
pub(crate) fn measure(task: &Task, key: Option<&str>, figures: &mut Figures) -> Result<()> {
    let (workload, path) = (task.workload, task.folder.join("files.db"));
    let file = workload.file();
    let mut db = table::open(&path, key)?;
    db.execute_batch(SCHEMA)?;
    let mib = file.len() >> 20;
    figures.time("file-write", mib, || write_value(&mut db, &file))?;
    figures.time("file-rows-write", mib, || write_rows(&mut db, &file))?;
    drop(db);
    let db = table::open(&path, key)?;
    let sum = figures.time("file-read", mib, || read_value(&db))?;
    figures.agree_sum("file", sum);
    let sum = figures.time("file-rows-read", mib, || read_rows(&db))?;
    figures.agree_sum("file", sum);
    let places = workload.places();
    let few = places.get(..SLOW.min(places.len())).unwrap_or_default();
    figures.time("file-seek", few.len(), || seek_value(&db, few))?;
    let sum = figures.time("file-rows-seek", places.len(), || seek_rows(&db, &places))?;
    figures.agree_sum("pieces", sum);
    table::is_sealed(&path, key, file.get(..32).unwrap_or_default())
}

fn write_value(db: &mut Connection, file: &[u8]) -> Result<()> {
    let txn = db.transaction()?;
    let length = i64::try_from(file.len())?;
    txn.execute("INSERT INTO value (id, data) VALUES (1, zeroblob(?1))", [length])?;
    let mut value = txn.blob_open(MAIN_DB, "value", "data", 1, false)?;
    for (number, piece) in file.chunks(PIECE).enumerate() {
        value.write_at(piece, number * PIECE)?;
    }
    value.close()?;
    Ok(txn.commit()?)
}

fn write_rows(db: &mut Connection, file: &[u8]) -> Result<()> {
    let txn = db.transaction()?;
    let mut statement = txn.prepare("INSERT INTO piece (n, data) VALUES (?1, ?2)")?;
    for (number, piece) in (0_i64..).zip(file.chunks(PIECE)) {
        statement.execute(params![number, piece])?;
    }
    drop(statement);
    Ok(txn.commit()?)
}

fn read_value(db: &Connection) -> Result<Sum> {
    let value = db.blob_open(MAIN_DB, "value", "data", 1, true)?;
    let (mut sum, mut piece) = (Sum::default(), vec![0; PIECE]);
    for place in (0..value.len()).step_by(PIECE) {
        value.read_at_exact(&mut piece, place)?;
        sum.add(&piece);
    }
    Ok(sum)
}

fn read_rows(db: &Connection) -> Result<Sum> {
    let mut sum = Sum::default();
    let mut statement = db.prepare("SELECT data FROM piece ORDER BY n")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        sum.add(row.get_ref(0)?.as_blob()?);
    }
    Ok(sum)
}

fn seek_value(db: &Connection, places: &[usize]) -> Result<Sum> {
    let (mut sum, mut piece) = (Sum::default(), vec![0; PIECE]);
    for place in places {
        let value = db.blob_open(MAIN_DB, "value", "data", 1, true)?;
        value.read_at_exact(&mut piece, place * PIECE)?;
        sum.add(&piece);
    }
    Ok(sum)
}

fn seek_rows(db: &Connection, places: &[usize]) -> Result<Sum> {
    let mut sum = Sum::default();
    for place in places {
        let mut statement = db.prepare_cached("SELECT data FROM piece WHERE n = ?1")?;
        let mut rows = statement.query([i64::try_from(*place)?])?;
        sum.add(rows.next()?.ok_or("no such piece")?.get_ref(0)?.as_blob()?);
    }
    Ok(sum)
}

const SCHEMA: &str = "
    CREATE TABLE value (id INTEGER PRIMARY KEY, data BLOB) STRICT;
    CREATE TABLE piece (n INTEGER PRIMARY KEY, data BLOB) STRICT;
";
/// Places that are looked for in one value, which takes a walk through half of its pages each.
const SLOW: usize = 16;
