//! The table: figures side by side, ratios, bars.

use std::fmt::Write;

use patient_wallet_bench_peer::{Figures, Result, Workload};

use crate::rounds::Measured;

/// A line of the table.
struct Row {
    title: &'static str,
    /// Name of the wallet's figure.
    ours: &'static str,
    /// Name of the peers' figure; empty when they have none.
    theirs: &'static str,
    unit: Unit,
    bars: &'static [Bar],
}

#[derive(Clone, Copy, PartialEq)]
enum Unit {
    /// Nanoseconds, shown as operations in a second.
    PerSecond,
    Milliseconds,
    Bytes,
    /// KiB, shown as MiB.
    Memory,
    /// Nanoseconds a MiB, shown as MiB in a second.
    Speed,
}

/// What the wallet is to reach.
enum Bar {
    /// Times as fast as SQLite.
    Sqlite(f64),
    /// Times as fast as SQLCipher.
    Sqlcipher(f64),
    /// Milliseconds at most.
    Within(f64),
    /// MiB at most.
    Room(f64),
}

use Unit::{Bytes, Memory, Milliseconds, PerSecond, Speed};

const fn row(
    title: &'static str,
    ours: &'static str,
    theirs: &'static str,
    unit: Unit,
    bars: &'static [Bar],
) -> Row {
    Row { title, ours, theirs, unit, bars }
}

const ROWS: &[Row] = &[
    row(
        "import: read, parse, write; a record",
        "import",
        "import",
        PerSecond,
        &[Bar::Sqlcipher(1.0)],
    ),
    row("  the same, on the wall", "import-waited", "import-waited", PerSecond, &[]),
    row("  of it reading, parsing (and labels)", "parse", "parse", PerSecond, &[]),
    row("  of it writing (and sealing)", "store", "store", PerSecond, &[]),
    row("durable write: a correction", "write", "write", PerSecond, &[]),
    row(
        "  the same, on the wall",
        "write-waited",
        "write-waited",
        PerSecond,
        &[Bar::Sqlite(0.85), Bar::Sqlcipher(1.0)],
    ),
    row("durable write: a file of one record", "write-import", "write-import", PerSecond, &[]),
    row(
        "  the same, on the wall",
        "write-import-waited",
        "write-import-waited",
        PerSecond,
        &[Bar::Sqlite(0.85), Bar::Sqlcipher(1.0)],
    ),
    row("get by id, at random", "get", "get", PerSecond, &[Bar::Sqlcipher(3.0)]),
    row(
        "query by code: ids, newest first",
        "query-ids",
        "query-ids",
        PerSecond,
        &[Bar::Sqlcipher(1000.0)],
    ),
    row("  against an index that covers it", "query-ids", "query-covered", PerSecond, &[]),
    row("query by code: the first 20 ids", "query-page", "query-page", PerSecond, &[]),
    row("query by code: bodies, newest first", "query-bodies", "query-bodies", PerSecond, &[]),
    row("scan of all bodies; a record", "scan", "scan", PerSecond, &[Bar::Sqlcipher(2.5)]),
    row("text search, the first", "search-first", "search-first", Milliseconds, &[]),
    row("text search, the next", "search-next", "search-next", Milliseconds, &[]),
    row("first page after unlocking", "query-first", "", Milliseconds, &[]),
    row("first page after a write", "query-after-write", "", Milliseconds, &[]),
    row("open with the library's own derivation", "", "open", Milliseconds, &[]),
    row("unlock, derivation at the floor", "unlock", "", Milliseconds, &[]),
    row("  the derivation alone", "derive", "", Milliseconds, &[]),
    row("  unlock beyond the derivation", "unlock-beyond", "", Milliseconds, &[Bar::Within(40.0)]),
    row(
        "unlock by biometrics (no derivation)",
        "unlock-biometrics",
        "",
        Milliseconds,
        &[Bar::Within(40.0)],
    ),
    row("lock, on the wall", "lock-waited", "", Milliseconds, &[]),
    row("bytes on disk, a record", "disk", "disk", Bytes, &[]),
    row("memory when opened", "resident-open", "resident-open", Memory, &[]),
    row("memory after reading everything", "resident-used", "resident-used", Memory, &[]),
    row("peak during the import", "import-peak", "import-peak", Memory, &[]),
    row("peak of reading", "peak", "peak", Memory, &[]),
    row("attachment: in", "file-write", "file-write", Speed, &[Bar::Sqlcipher(8.0)]),
    row("  the same, on the wall", "file-write-waited", "file-write-waited", Speed, &[]),
    row("  against rows of 64 KiB", "file-write", "file-rows-write", Speed, &[]),
    row("attachment: out", "file-read", "file-read", Speed, &[Bar::Sqlcipher(3.5)]),
    row("  against rows of 64 KiB", "file-read", "file-rows-read", Speed, &[]),
    row(
        "attachment: 64 KiB somewhere in it",
        "file-seek",
        "file-seek",
        PerSecond,
        &[Bar::Sqlcipher(1000.0)],
    ),
    row("  against rows of 64 KiB", "file-seek", "file-rows-seek", PerSecond, &[]),
    row("memory above idle, a large one in", "large-in", "", Memory, &[Bar::Room(2.0)]),
    row("memory above idle, a large one out", "large-out", "", Memory, &[Bar::Room(2.0)]),
    row("erase one record", "erase", "", Milliseconds, &[]),
    row("  the same, on the wall", "erase-waited", "", Milliseconds, &[Bar::Within(20.0)]),
    row(
        "consent: request in, review, approve 100",
        "approve",
        "",
        Milliseconds,
        &[Bar::Within(20.0)],
    ),
    row("  the same, on the wall", "approve-waited", "", Milliseconds, &[]),
    row("  review alone", "review", "", Milliseconds, &[]),
    row("consent: verify a token", "token", "", Milliseconds, &[Bar::Within(1.0)]),
    row("consent: check and open 100", "open-disclosed", "", Milliseconds, &[]),
    row("backup of everything", "backup", "", Milliseconds, &[]),
    row("  a MiB of the file", "backup-mib", "", Speed, &[]),
    row("  the same, on the wall", "backup-mib-waited", "", Speed, &[]),
    row("restore with the words", "restore", "", Milliseconds, &[]),
    row("verify everything", "verify", "", Milliseconds, &[]),
];

/// Writes the table.
///
/// # Errors
/// When a figure is missing.
pub(crate) fn table(workload: Workload, measured: &Measured) -> Result<String> {
    let mut out = String::new();
    let [wallet, _, sqlcipher] = &measured.sides;
    writeln!(out, "{} records, {} rounds\n", grouped(workload.records() as f64), wallet.len())?;
    writeln!(out, "{EXPLAINED}\n")?;
    if sqlcipher.is_empty() {
        writeln!(out, "SQLCipher: not built; run {BUILD}\n")?;
    }
    let heads = ["wallet", "SQLite", "SQLCipher", "to SQLite", "to SQLCipher"];
    write!(out, "{:42}", "")?;
    for head in heads {
        write!(out, "{head:>14}")?;
    }
    writeln!(out)?;
    for row in ROWS {
        line(&mut out, row, measured)?;
    }
    let floor = Spread::of(measured.floor.iter().copied()).ok_or("no round")?;
    writeln!(
        out,
        "\nThe disk: {} appends of 4 KiB a second, each durable.",
        PerSecond.show(floor.median)
    )?;
    Ok(out)
}

fn line(out: &mut String, row: &Row, measured: &Measured) -> Result<()> {
    let spread = |side: &[Figures], name| Spread::of(side.iter().filter_map(|of| of.get(name)));
    let [wallet, sqlite, sqlcipher] = &measured.sides;
    let ours = spread(wallet, row.ours);
    let theirs = [spread(sqlite, row.theirs), spread(sqlcipher, row.theirs)];
    if (ours.is_none() && !row.ours.is_empty()) || (theirs[0].is_none() && !row.theirs.is_empty()) {
        return Err(format!("nothing measured for: {}", row.title).into());
    }
    write!(out, "{:42}", row.title)?;
    for spread in [ours, theirs[0], theirs[1]] {
        write!(out, "{:>14}", spread.map_or_else(String::new, |of| row.unit.show(of.median)))?;
    }
    let ratios = theirs.map(|theirs| Some(row.unit.ratio(ours?, theirs?)));
    for ratio in ratios {
        let shown = ratio.map(|of| format!("{} ({})", short(of.median), short(of.best)));
        write!(out, "{:>14}", shown.unwrap_or_default())?;
    }
    for bar in row.bars {
        let (text, met) = match *bar {
            Bar::Sqlite(least) => (
                format!("{} x SQLite", grouped_short(least)),
                ratios[0].map(|of| of.median >= least),
            ),
            Bar::Sqlcipher(least) => (
                format!("{} x SQLCipher", grouped_short(least)),
                ratios[1].map(|of| of.median >= least),
            ),
            Bar::Within(most) => (format!("{most} ms"), ours.map(|of| of.median / 1e6 <= most)),
            Bar::Room(most) => (format!("{most} MiB"), ours.map(|of| of.median / 1024.0 <= most)),
        };
        let verdict = match met {
            Some(true) => "met",
            Some(false) => "not met",
            None => "not measured",
        };
        write!(out, "   {text}: {verdict}")?;
    }
    Ok(writeln!(out)?)
}

/// What several rounds gave.
#[derive(Clone, Copy)]
struct Spread {
    median: f64,
    /// The least: all figures are times or sizes.
    best: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        Some(Self { median: *values.get(values.len() / 2)?, best: *values.first()? })
    }
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            PerSecond => format!("{} /s", grouped(1e9 / value)),
            Milliseconds => format!("{:.2} ms", value / 1e6),
            Bytes => format!("{} B", grouped(value)),
            Memory => format!("{:.1} MiB", value / 1024.0),
            Speed => format!("{} MiB/s", grouped(1e9 / value)),
        }
    }

    /// Times as fast, or times as much.
    fn ratio(self, ours: Spread, theirs: Spread) -> Spread {
        let of = |ours: f64, theirs: f64| match self {
            PerSecond | Milliseconds | Speed => theirs / ours,
            Bytes | Memory => ours / theirs,
        };
        Spread { median: of(ours.median, theirs.median), best: of(ours.best, theirs.best) }
    }
}

fn short(value: f64) -> String {
    match value {
        100.0.. => grouped(value),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn grouped_short(value: f64) -> String {
    if value < 1000.0 { value.to_string() } else { grouped(value) }
}

/// Writes a whole number with a comma before every three digits.
fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

const BUILD: &str = "cargo build --release --manifest-path bench/sqlcipher/Cargo.toml";
const EXPLAINED: &str = "\
Each figure is the median of the rounds; a ratio is that of the medians, with that of the best
rounds behind it: times as fast, or times as much for bytes and memory. Each side runs in a process
of its own, in every round. Times are those of the processor, which waiting for the disk or for
other work on the machine does not change, unless the line says otherwise. Durable writes are made in
turns, one by each side; on the wall each is the median within its round.
wallet: its door, with a keystore in memory and a clock that stands still. An import reads FHIR,
  finds codes, dates, references and labels, looks for what it has already, seals and writes. A
  correction opens the version before, seals and writes the new one and the sealed state.
SQLite, SQLCipher: one table (id, type, code, date, title, body) with an index on the code. An
  import parses the same files for these columns with serde_json and inserts. A single write parses
  and inserts one row. Text search is LIKE over the bodies. An attachment is one value that is
  filled and read in place, or rows of 64 KiB.
All: WAL, synchronous=FULL, page cache of 2 MB, prepared statements, the same resources.";
