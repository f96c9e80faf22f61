//! The peer: the same records in one table, with an index on the code.
//!
//! WAL, `synchronous=FULL`, one process, as the wallet has it. With a key the linked library must
//! be SQLCipher, and the file is looked at to be sure that it is.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use rusqlite::{Connection, Params, params};
use serde::Deserialize;

use crate::workload::WANTED;
use crate::{Figures, Result, Task, files, memory};

/// Does a round and gives what was measured; with a key the file is encrypted.
///
/// # Errors
/// When anything goes wrong.
pub fn measure(task: &Task, key: Option<&str>) -> Result<Figures> {
    let mut figures = Figures::default();
    let path = task.folder.join("peer.db");
    let mut db = create(&path, key)?;
    let records = task.workload.records();
    memory::forget_peak()?;
    figures.time("import", records, || import(&mut db, &task.input))?;
    figures.note("import-peak", memory::peak_kib()?);
    drop(db);
    figures.note("disk", fs::metadata(&path)?.len() as f64 / records as f64);
    let mut db = figures.time("open", 1, || open(&path, key))?;
    figures.note("resident-open", memory::resident_kib()?);
    reads(task, &db, &mut figures)?;
    figures.note("resident-used", memory::resident_kib()?);
    figures.note("peak", memory::peak_kib()?);
    parts(task, key, &mut figures)?;
    for series in ["write", "write-import"] {
        figures.time_each(series, &task.workload.singles(series), |json| {
            let txn = db.transaction()?;
            insert(&txn, json, &Parsed::of(json)?)?;
            Ok(txn.commit()?)
        })?;
    }
    drop(db);
    is_sealed(&path, key, WANTED.as_bytes())?;
    files::measure(task, key, &mut figures)?;
    Ok(figures)
}

fn reads(task: &Task, db: &Connection, figures: &mut Figures) -> Result<()> {
    let workload = task.workload;
    let mut ids: Vec<String> = (0..workload.records()).map(|number| workload.id(number)).collect();
    workload.shuffle(&mut ids);
    let all = "SELECT body FROM record WHERE id = ?1";
    let got = figures.time("get", ids.len(), || query(db, all, &ids))?;
    figures.agree("bytes-got", got.bytes)?;

    let codes: Vec<String> = (0..workload.codes()).map(|code| workload.code(code)).collect();
    let by_code = "SELECT id FROM record WHERE code = ?1 ORDER BY date DESC";
    let found = figures.time("query-ids", codes.len(), || query(db, by_code, &codes))?;
    figures.agree("ids-found", found.rows)?;
    let page = "SELECT id FROM record WHERE code = ?1 ORDER BY date DESC LIMIT 20";
    figures.time("query-page", codes.len(), || query(db, page, &codes))?;
    let bodies = "SELECT body FROM record WHERE code = ?1 ORDER BY date DESC";
    let found = figures.time("query-bodies", codes.len(), || query(db, bodies, &codes))?;
    figures.agree("bytes-found", found.bytes)?;

    let scan = "SELECT body FROM record";
    let scanned = figures.time("scan", workload.records(), || total(db, scan, []))?;
    figures.agree("bytes-scanned", scanned.bytes)?;

    let wanted = format!("%{WANTED}%");
    let like = "SELECT id FROM record WHERE body LIKE ?1";
    let hits = figures.time("search-first", 1, || total(db, like, [&wanted]))?;
    figures.agree("hits", hits.rows)?;
    figures.time("search-next", 1, || total(db, like, [&wanted]))?;

    // The best index this query can have; it is not there while the figures above are taken.
    db.execute_batch("CREATE INDEX covering ON record (code, date DESC, id)")?;
    figures.time("query-covered", codes.len(), || query(db, by_code, &codes))?;
    Ok(db.execute_batch("DROP INDEX covering")?)
}

/// Reading without writing, and writing without reading.
fn parts(task: &Task, key: Option<&str>, figures: &mut Figures) -> Result<()> {
    let records = task.workload.records();
    let mut titles = 0;
    figures.time("parse", records, || {
        each_line(&task.input, |json| {
            titles += Parsed::of(json)?.code.text.len();
            Ok(())
        })
    })?;
    std::hint::black_box(titles);
    let mut lines = Vec::with_capacity(records);
    each_line(&task.input, |json| {
        lines.push(json.to_owned());
        Ok(())
    })?;
    let rows: Vec<_> = lines.iter().map(|json| Parsed::of(json)).collect::<Result<_>>()?;
    let mut db = create(&task.folder.join("raw.db"), key)?;
    figures.time("store", records, || {
        let txn = db.transaction()?;
        lines.iter().zip(&rows).try_for_each(|(json, parsed)| insert(&txn, json, parsed))?;
        Ok(txn.commit()?)
    })
}

fn create(path: &Path, key: Option<&str>) -> Result<Connection> {
    let db = open(path, key)?;
    db.execute_batch(SCHEMA)?;
    Ok(db)
}

pub(crate) fn open(path: &Path, key: Option<&str>) -> Result<Connection> {
    let db = Connection::open(path)?;
    if let Some(key) = key {
        db.pragma_update(None, "key", key)?;
    }
    db.execute_batch(PRAGMAS)?;
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, u32>(0))?;
    Ok(db)
}

fn import(db: &mut Connection, input: &Path) -> Result<()> {
    let txn = db.transaction()?;
    each_line(input, |json| insert(&txn, json, &Parsed::of(json)?))?;
    Ok(txn.commit()?)
}

fn each_line(input: &Path, mut visit: impl FnMut(&str) -> Result<()>) -> Result<()> {
    let mut reader = BufReader::with_capacity(64 * 1024, File::open(input)?);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        visit(line.trim_end())?;
        line.clear();
    }
    Ok(())
}

fn insert(db: &Connection, json: &str, row: &Parsed<'_>) -> Result<()> {
    let code = row.code.coding.first().map(|coding| coding.code);
    let mut statement = db.prepare_cached(INSERT)?;
    statement.execute(params![row.id, row.resource_type, code, row.date, row.code.text, json])?;
    Ok(())
}

/// What came out of a query.
#[derive(Default)]
struct Total {
    rows: usize,
    /// Of the first column.
    bytes: usize,
}

fn query(db: &Connection, sql: &str, values: &[String]) -> Result<Total> {
    let mut all = Total::default();
    for value in values {
        let found = total(db, sql, [value])?;
        all.rows += found.rows;
        all.bytes += found.bytes;
    }
    Ok(all)
}

fn total(db: &Connection, sql: &str, parameters: impl Params) -> Result<Total> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut total = Total::default();
    while let Some(row) = rows.next()? {
        total.rows += 1;
        total.bytes += row.get_ref(0)?.as_str()?.len();
    }
    Ok(total)
}

/// Makes sure that what is called encrypted is, and the other way round.
pub(crate) fn is_sealed(path: &Path, key: Option<&str>, wanted: &[u8]) -> Result<()> {
    let clear = fs::read(path)?.windows(wanted.len()).any(|bytes| bytes == wanted);
    if clear == key.is_none() { Ok(()) } else { Err("the linked library is another one".into()) }
}

/// What the table has columns for.
#[derive(Deserialize)]
struct Parsed<'a> {
    #[serde(rename = "resourceType")]
    resource_type: &'a str,
    id: &'a str,
    #[serde(borrow)]
    code: Code<'a>,
    #[serde(alias = "effectiveDateTime", alias = "onsetDateTime")]
    date: &'a str,
}

#[derive(Deserialize)]
struct Code<'a> {
    #[serde(borrow)]
    coding: Vec<Coding<'a>>,
    text: &'a str,
}

#[derive(Deserialize)]
struct Coding<'a> {
    code: &'a str,
}

impl<'a> Parsed<'a> {
    fn of(json: &'a str) -> Result<Self> {
        Ok(serde_json::from_str(json)?)
    }
}

const PRAGMAS: &str = "
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA temp_store = MEMORY;
    PRAGMA mmap_size = 0;
";
const SCHEMA: &str = "
    CREATE TABLE record (
        id TEXT PRIMARY KEY, type TEXT, code TEXT, date TEXT, title TEXT, body TEXT
    ) STRICT;
    CREATE INDEX by_code ON record (code);
";
const INSERT: &str = "
    INSERT INTO record (id, type, code, date, title, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
";
