//! The log truncated, reordered, forked, doubled; its tiles and checkpoints likewise.

use patient_wallet::Session;
use patient_wallet::session::Query;

use crate::bench::{Bench, DAMAGED, Noticed, ROLLED_BACK};
use crate::bytes::{fill, flip};
use crate::common::{bundle, import_from, observation};

const STATE: &str = "UPDATE meta SET v = (SELECT v FROM other.meta WHERE k = 'state')
                     WHERE k = 'state'";

fn add(session: &mut Session, name: &str) {
    import_from(session, "x", &bundle(&[observation(name, name)])).unwrap();
}

fn verify(faults: &[&'static str]) -> Noticed {
    Noticed::Verify(faults.to_vec())
}

/// Does each attack on its own; all records are still whole.
fn attack(bench: &mut Bench, noticed: &[Noticed], attacks: &[&str]) {
    for sql in attacks {
        assert!(bench.sql(sql, []) > 0, "{sql}");
        let (found, readable) = bench.notice_and_read();
        assert!(noticed.contains(&found), "{sql}: {found:?}");
        assert_eq!(readable.len(), bench.content.records.len(), "{sql}");
        bench.reset();
    }
}

#[test]
fn a_log_cut_off_is_noticed() {
    let mut bench = Bench::new(fill);
    let size: i64 = bench.get("SELECT count(*) FROM audit");
    for kept in 0..size {
        let sql = format!("DELETE FROM audit WHERE seq >= {kept}");
        attack(&mut bench, &[DAMAGED], &[&sql]);
    }
}

#[test]
fn a_log_cut_off_with_the_state_of_that_time_is_noticed() {
    let mut bench = Bench::new(fill);
    let earlier = bench.go_on(|session| add(session, "new"));
    let log = "DELETE FROM audit WHERE seq NOT IN (SELECT seq FROM other.audit)";
    let rows = "DELETE FROM ver WHERE seq NOT IN (SELECT seq FROM other.ver)";
    for (statements, noticed) in [
        (STATE.to_owned(), ROLLED_BACK),
        (log.to_owned(), DAMAGED),
        (format!("{log}; {STATE}"), ROLLED_BACK),
        (format!("{log}; {rows}"), DAMAGED),
        (format!("{log}; {rows}; {STATE}"), ROLLED_BACK),
    ] {
        bench.sql_from(&earlier.vault, &statements);
        let (found, readable) = bench.notice_and_read();
        assert_eq!(found, noticed, "{statements}");
        assert!(readable.len() >= 2, "{statements}");
        bench.reset();
    }
}

#[test]
fn entries_reordered_moved_or_doubled_are_noticed() {
    let mut bench = Bench::new(fill);
    let swap = |columns: &str| {
        format!(
            "WITH it AS MATERIALIZED (SELECT seq, entry, leaf FROM audit)
             UPDATE audit SET ({columns}) = (SELECT {columns} FROM it WHERE it.seq = 7 - audit.seq)
             WHERE seq IN (3, 4)"
        )
    };
    attack(
        &mut bench,
        &[DAMAGED],
        &[
            &swap("entry, leaf"),
            &swap("leaf"),
            "UPDATE audit SET seq = -1 WHERE seq = 3",
            "UPDATE audit SET seq = 9223372036854775807 WHERE seq = 3",
            "INSERT INTO audit SELECT -1, entry, leaf FROM audit WHERE seq = 3",
            "DELETE FROM audit WHERE seq = 0",
            "DELETE FROM audit WHERE seq = 3",
            "INSERT INTO audit SELECT max(seq) + 1, entry, leaf FROM audit",
            "INSERT INTO audit SELECT 9223372036854775807, entry, leaf FROM audit WHERE seq = 3",
            "UPDATE audit SET leaf = x'' WHERE seq = 3",
            "UPDATE audit SET leaf = CAST(leaf || x'00' AS BLOB) WHERE seq = 3",
        ],
    );
    attack(
        &mut bench,
        &[verify(&["log-entry", "unlogged"])],
        &[&swap("entry"), "UPDATE audit SET entry = x'' WHERE seq = 3"],
    );
}

#[test]
fn an_entry_of_another_wallet_is_noticed() {
    let mut bench = Bench::new(fill);
    let other = Bench::new(fill);
    for (columns, noticed) in
        [("entry", verify(&["log-entry", "unlogged"])), ("leaf", DAMAGED), ("entry, leaf", DAMAGED)]
    {
        bench.sql_from(
            &other.vault(),
            &format!(
                "UPDATE audit SET ({columns}) = (SELECT {columns} FROM other.audit AS it
                      WHERE it.seq = audit.seq) WHERE seq = 3"
            ),
        );
        assert_eq!(bench.notice_and_read().0, noticed, "{columns}");
        bench.reset();
    }
}

#[test]
fn a_fork_is_noticed() {
    let mut bench = Bench::new(fill);
    let mut other = bench.fork();
    // Both go on from one state, with as many entries.
    other.go_on(|session| add(session, "theirs"));
    bench.go_on(|session| add(session, "ours"));
    let log = "DELETE FROM audit; INSERT INTO audit SELECT * FROM other.audit";
    let last = "UPDATE audit SET (entry, leaf) = (SELECT entry, leaf FROM other.audit AS it
                WHERE it.seq = audit.seq) WHERE seq = (SELECT max(seq) FROM audit)";
    let rows = "DELETE FROM ver; INSERT INTO ver SELECT * FROM other.ver";
    for (statements, noticed) in [
        (log.to_owned(), DAMAGED),
        (last.to_owned(), DAMAGED),
        (STATE.to_owned(), ROLLED_BACK),
        (rows.to_owned(), DAMAGED),
        (format!("{log}; {STATE}"), ROLLED_BACK),
        (format!("{log}; {rows}"), DAMAGED),
        // This is the other's whole file: the device remembers which of the two it had.
        (format!("{log}; {rows}; {STATE}"), ROLLED_BACK),
    ] {
        bench.sql_from(&other.vault(), &statements);
        let found = bench.notice();
        assert_eq!(found, noticed, "{statements}");
        bench.reset();
    }
}

#[test]
fn a_fork_that_has_gone_further_is_noticed() {
    let mut bench = Bench::new(fill);
    let mut other = bench.fork();
    bench.go_on(|session| add(session, "ours"));
    for name in ["theirs", "and", "more"] {
        other.go_on(|session| add(session, name));
    }
    std::fs::copy(other.vault(), bench.vault()).unwrap();
    assert_eq!(bench.notice(), ROLLED_BACK);
}

/// A log of so many entries that complete subtrees of it are kept.
fn long(session: &mut Session) {
    let all: Vec<String> = (0..520).map(|n| observation(&n.to_string(), "a")).collect();
    import_from(session, "x", &bundle(&all)).unwrap();
}

#[test]
fn every_byte_of_a_tile_is_noticed_at_unlock() {
    let mut bench = Bench::new(long);
    assert_eq!(bench.get::<i64>("SELECT length(data) FROM tile"), 64);
    assert_eq!(flip(&mut bench, ("tile", "data", "1"), &[DAMAGED]), 520);
}

#[test]
fn tiles_moved_swapped_deleted_doubled_or_put_back_are_noticed() {
    let mut bench = Bench::new(long);
    for (sql, noticed) in [
        ("DELETE FROM tile", DAMAGED),
        ("UPDATE tile SET n = 1", DAMAGED),
        ("UPDATE tile SET lvl = 16", DAMAGED),
        ("UPDATE tile SET data = CAST(substr(data, 33) || substr(data, 1, 32) AS BLOB)", DAMAGED),
        ("UPDATE tile SET data = substr(data, 1, 32)", DAMAGED),
        ("UPDATE tile SET data = CAST(data || substr(data, 1, 32) AS BLOB)", verify(&["log"])),
        ("INSERT INTO tile SELECT 16, 0, data FROM tile", verify(&["log"])),
        ("INSERT INTO tile SELECT -8, 0, data FROM tile", verify(&["log"])),
        ("INSERT INTO tile SELECT 8, -1, data FROM tile", verify(&["log"])),
        // Under a tile, single leaves are looked at only by `verify`.
        (
            "UPDATE audit SET leaf = zeroblob(32) WHERE seq = 7",
            verify(&["log", "log-entry", "unlogged"]),
        ),
        ("DELETE FROM audit WHERE seq = 7", verify(&["log", "log-entry", "unlogged"])),
    ] {
        assert!(bench.sql(sql, []) > 0, "{sql}");
        let found = bench.notice();
        assert_eq!(found, noticed, "{sql}");
        bench.reset();
    }
    // The tile as it was when it held one hash.
    let (mut short, all) = (Bench::new(|_| {}), 300);
    let _ = short.go_on(|session| {
        let all: Vec<String> = (0..all).map(|n| observation(&n.to_string(), "a")).collect();
        import_from(session, "x", &bundle(&all)).unwrap();
    });
    let earlier = short.go_on(|session| {
        let all: Vec<String> = (all..all + 300).map(|n| observation(&n.to_string(), "a")).collect();
        import_from(session, "x", &bundle(&all)).unwrap();
    });
    short.sql_from(&earlier.vault, "DELETE FROM tile; INSERT INTO tile SELECT * FROM other.tile");
    assert!([DAMAGED].contains(&short.notice()));
}

#[test]
fn checkpoints_moved_swapped_deleted_doubled_or_exchanged_are_noticed() {
    let mut bench = Bench::new(|session| {
        add(session, "1");
        session.checkpoint().unwrap();
        add(session, "2");
        session.checkpoint().unwrap();
    });
    let mut other = bench.fork();
    other.go_on(|session| drop(session.checkpoint().unwrap()));
    attack(
        &mut bench,
        &[verify(&["checkpoint"])],
        &[
            "DELETE FROM ckpt WHERE size = (SELECT min(size) FROM ckpt)",
            "DELETE FROM ckpt",
            "UPDATE ckpt SET size = size + 1",
            "UPDATE ckpt SET size = -size",
            "WITH it AS MATERIALIZED (SELECT * FROM ckpt)
             UPDATE ckpt SET note = (SELECT note FROM it WHERE it.size <> ckpt.size)",
            "UPDATE ckpt SET note = x''",
            "INSERT INTO ckpt SELECT size + 1, note FROM ckpt",
            "INSERT INTO ckpt SELECT -1, note FROM ckpt LIMIT 1",
        ],
    );
    let theirs =
        "INSERT INTO ckpt SELECT * FROM other.ckpt WHERE size = (SELECT max(size) FROM other.ckpt)";
    bench.sql_from(&other.vault(), theirs);
    assert_eq!(bench.notice(), verify(&["checkpoint"]));
    bench.reset();
    assert_eq!(bench.unlock().unwrap().find(&Query::default()).unwrap().total, 2);
}
