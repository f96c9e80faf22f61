//! Rows moved, swapped, replayed, deleted, doubled, exchanged for another wallet's.

use patient_wallet::Session;
use patient_wallet::session::{Authentication, Query};
use patient_wallet::testing::TestWallet;

use crate::bench::{Bench, DAMAGED, Noticed, ROLLED_BACK};
use crate::bytes::fill;
use crate::common::{bundle, import_from, observation};
use crate::files::attach_to;

/// Five records, in rows 1 to 5.
fn five(session: &mut Session) {
    let all: Vec<String> = (1..6).map(|n| observation(&n.to_string(), "same length")).collect();
    import_from(session, "x", &bundle(&all)).unwrap();
}

/// Does each attack on its own: it is noticed at unlock, and so many records are still whole.
fn attack(bench: &mut Bench, attacks: &[(&str, usize)]) {
    for (sql, whole) in attacks {
        assert!(bench.sql(sql, []) > 0, "{sql}");
        let (noticed, readable) = bench.notice_and_read();
        assert_eq!((noticed, readable.len()), (DAMAGED, *whole), "{sql}");
        bench.reset();
    }
}

#[test]
fn a_row_moved_is_noticed_and_the_others_are_read() {
    let mut bench = Bench::new(five);
    attack(
        &mut bench,
        &[
            ("UPDATE ver SET seq = 9 WHERE seq = 2", 4),
            ("UPDATE ver SET seq = -1 WHERE seq = 2", 4),
            ("UPDATE ver SET seq = 9223372036854775807 WHERE seq = 2", 4),
            ("UPDATE ver SET b = (b + 1) % 64 WHERE seq = 2", 4),
            ("UPDATE ver SET b = 64 WHERE seq = 2", 4),
            ("UPDATE ver SET b = 256 + b WHERE seq IN (1, 5)", 3),
            ("UPDATE ver SET b = -1 WHERE seq IN (1, 5)", 3),
            ("UPDATE ver SET e = e + 1 WHERE seq = 2", 4),
            ("UPDATE ver SET e = 4294967296 WHERE seq IN (1, 5)", 3),
        ],
    );
}

#[test]
fn rows_swapped_are_noticed() {
    let mut bench = Bench::new(five);
    let swapped = |column: &str| {
        format!(
            "WITH it AS MATERIALIZED (SELECT seq, {column} FROM ver)
             UPDATE ver SET {column} = (SELECT {column} FROM it WHERE it.seq = 3 - ver.seq)
             WHERE seq IN (1, 2)"
        )
    };
    attack(
        &mut bench,
        &[
            (&swapped("hdr"), 3),
            ("UPDATE ver SET seq = CASE seq WHEN 1 THEN 2 ELSE 1 END + 10 WHERE seq IN (1, 2)", 3),
            (
                "UPDATE ver SET (b, e, hdr, body) = (SELECT b, e, hdr, body FROM ver WHERE seq = 1)
              WHERE seq = 2",
                4,
            ),
        ],
    );
    // A body is opened when it is read: it belongs to its record, version and type.
    assert_eq!(bench.sql(&swapped("body"), []), 2);
    let (noticed, readable) = bench.notice_and_read();
    assert_eq!((noticed, readable.len()), (Noticed::Read("vault.damaged"), 3));
}

#[test]
fn bodies_of_two_versions_of_one_record_swapped_are_noticed() {
    let mut bench = Bench::new(five);
    bench.go_on(|session| {
        let id = session.find(&Query::default()).unwrap().ids[0];
        let json = session.read(id, None).unwrap().json().to_vec();
        let json = String::from_utf8(json).unwrap().replace("6.10", "6.20");
        session.correct(id, &json, "Dr. A", "").unwrap_err();
        session.correct(id, &json, "Dr. A", "tubes").unwrap();
    });
    // With their keys or without: row 6 is the second version of one of the first five.
    let swap = "UPDATE ver SET body = (SELECT body FROM ver AS it WHERE it.seq = ?1) WHERE seq = 6";
    for other in 1..6 {
        bench.sql(swap, [other]);
        let (noticed, readable) = bench.notice_and_read();
        assert_eq!((noticed, readable.len()), (Noticed::Read("vault.damaged"), 4));
        bench.reset();
    }
}

#[test]
fn a_row_deleted_is_noticed() {
    let mut bench = Bench::new(five);
    for seq in 1..6 {
        attack(&mut bench, &[(&format!("DELETE FROM ver WHERE seq = {seq}"), 4)]);
    }
    attack(&mut bench, &[("DELETE FROM ver", 0)]);
}

#[test]
fn a_row_doubled_is_noticed() {
    let mut bench = Bench::new(five);
    attack(
        &mut bench,
        &[
            ("INSERT INTO ver SELECT 9, b, e, hdr, body FROM ver WHERE seq = 2", 5),
            ("INSERT INTO ver SELECT -9, b, e, hdr, body FROM ver WHERE seq = 2", 5),
            ("INSERT INTO ver SELECT 9, 300, e, hdr, body FROM ver WHERE seq = 2", 5),
            ("INSERT INTO ver SELECT seq + 9, b, e, hdr, body FROM ver", 5),
        ],
    );
}

#[test]
fn a_row_cut_short_lengthened_or_emptied_is_noticed() {
    let mut bench = Bench::new(five);
    attack(
        &mut bench,
        &[
            ("UPDATE ver SET hdr = x'' WHERE seq = 2", 4),
            ("UPDATE ver SET hdr = substr(hdr, 1, length(hdr) - 1) WHERE seq = 2", 4),
            ("UPDATE ver SET hdr = CAST(hdr || x'00' AS BLOB) WHERE seq = 2", 4),
            ("UPDATE ver SET body = x'' WHERE seq = 2", 4),
            ("UPDATE ver SET body = substr(body, 1, length(body) - 1) WHERE seq = 2", 4),
            ("UPDATE ver SET body = CAST(body || x'00' AS BLOB) WHERE seq = 2", 4),
        ],
    );
}

#[test]
fn an_attachments_row_moved_swapped_doubled_or_deleted_is_noticed() {
    let mut bench = Bench::new(|session| {
        five(session);
        let ids = session.find(&Query::default()).unwrap().ids;
        attach_to(session, "one.pdf", Some(ids[0]), b"one");
        attach_to(session, "two.pdf", Some(ids[1]), b"two");
    });
    let first = "aid = (SELECT min(aid) FROM att)";
    let swap = |column: &str| {
        format!(
            "WITH it AS MATERIALIZED (SELECT aid, {column} FROM att)
             UPDATE att SET {column} = (SELECT {column} FROM it WHERE it.aid <> att.aid)"
        )
    };
    attack(
        &mut bench,
        &[
            (&format!("UPDATE att SET aid = x'00112233445566778899aabbccddeeff' WHERE {first}"), 5),
            (&format!("UPDATE att SET aid = x'00' WHERE {first}"), 5),
            (&format!("UPDATE att SET b = (b + 1) % 64 WHERE {first}"), 5),
            (&format!("UPDATE att SET b = 300 WHERE {first}"), 5),
            (&format!("UPDATE att SET e = e + 1 WHERE {first}"), 5),
            (&swap("hdr"), 5),
            (&format!("INSERT INTO att SELECT zeroblob(16), b, e, hdr FROM att WHERE {first}"), 5),
            (&format!("DELETE FROM att WHERE {first}"), 5),
            ("DELETE FROM att", 5),
        ],
    );
}

#[test]
fn rows_of_another_wallet_are_noticed() {
    let mut bench = Bench::new(fill);
    let other = Bench::new(fill);
    for statements in [
        "UPDATE ver SET (b, e, hdr, body) =
             (SELECT b, e, hdr, body FROM other.ver AS it WHERE it.seq = ver.seq) WHERE seq = 1",
        "DELETE FROM att; INSERT INTO att SELECT * FROM other.att",
        "UPDATE meta SET v = (SELECT v FROM other.meta AS it WHERE it.k = meta.k)
             WHERE k = 'state'",
        "UPDATE meta SET v = (SELECT v FROM other.meta AS it WHERE it.k = meta.k)
             WHERE k IN ('root', 'node')",
        "UPDATE meta SET v = (SELECT v FROM other.meta AS it WHERE it.k = meta.k)
             WHERE k IN ('escrow', 'escrow-key', 'buckets')",
    ] {
        bench.sql_from(&other.vault(), statements);
        assert_eq!(bench.notice_and_read().0, DAMAGED, "{statements}");
        bench.reset();
    }
    bench.sql_from(
        &other.vault(),
        "UPDATE ver SET body = (SELECT body FROM other.ver AS it WHERE it.seq = ver.seq)
             WHERE seq = 1",
    );
    assert_eq!(bench.notice_and_read().0, Noticed::Read("vault.damaged"));
}

#[test]
fn rows_put_back_after_an_erasure_are_noticed() {
    let mut bench = Bench::new(five);
    let earlier = bench.go_on(|session| {
        let id = session.find(&Query::default()).unwrap().ids[0];
        session.erase(id).unwrap();
    });
    assert_eq!(bench.content.records.len(), 4);
    let erased = "INSERT INTO ver SELECT * FROM other.ver
                  WHERE seq NOT IN (SELECT seq FROM main.ver)";
    let rows = "DELETE FROM ver; INSERT INTO ver SELECT * FROM other.ver";
    let meta = |names: &str| {
        format!(
            "UPDATE meta SET v = (SELECT v FROM other.meta AS it WHERE it.k = meta.k)
             WHERE k IN ({names})"
        )
    };
    // Sealed anew, because it shared the bucket of the erased record: mostly none, seldom several.
    let sealed_anew: u32 = {
        let db = rusqlite::Connection::open(bench.vault()).unwrap();
        db.query_row("SELECT count(*) FROM ver WHERE e > 0", [], |row| row.get(0)).unwrap()
    };
    let others = 4_usize.saturating_sub(usize::try_from(sealed_anew).unwrap());
    let tables = meta("'buckets', 'escrow'");
    let all = meta("'buckets', 'escrow', 'state'");
    for (statements, noticed, whole) in [
        (erased, DAMAGED, 4),
        (rows, DAMAGED, others),
        (&tables, DAMAGED, 0),
        (&format!("{erased}; {tables}"), DAMAGED, 0),
        (&format!("{rows}; {tables}"), DAMAGED, 0),
        (&format!("{rows}; {all}"), ROLLED_BACK, 0),
        (&meta("'state'"), ROLLED_BACK, 4),
        (&meta("'escrow'"), DAMAGED, 4),
    ] {
        bench.sql_from(&earlier.vault, statements);
        let (found, readable) = bench.notice_and_read();
        assert_eq!(found, noticed, "{statements}");
        assert!(readable.len() >= whole, "{statements}");
        // The words bring the old key of the bucket table back, but not unnoticed.
        let passphrase = TestWallet::passphrase();
        let back = bench.test.wallet().restore(&bench.words, &passphrase);
        assert_eq!(back.unwrap_err().code(), "vault.damaged", "{statements}");
        bench.reset();
    }
}

#[test]
fn an_old_header_put_back_is_noticed() {
    let mut bench = Bench::new(fill);
    let header = "UPDATE meta SET v = (SELECT v FROM other.meta AS it WHERE it.k = meta.k)
                  WHERE k = 'header'";
    // From before a way in was added: nothing else would miss it.
    let mut session = bench.unlock().unwrap();
    session.disable_biometrics(&Authentication::Biometrics).unwrap();
    session.lock().unwrap();
    let without = bench.earlier();
    let mut session = bench.test.unlock().unwrap();
    let passphrase = TestWallet::passphrase();
    session.enable_biometrics(&Authentication::Passphrase(&passphrase)).unwrap();
    session.lock().unwrap();
    bench.settle();
    bench.sql_from(&without.vault, header);
    assert_eq!(bench.test.unlock().unwrap_err().code(), "vault.damaged");
    bench.reset();
    assert_eq!(bench.notice(), Noticed::Nowhere);
}

#[test]
fn rows_of_meta_deleted_are_noticed() {
    let mut bench = Bench::new(fill);
    for name in ["header", "escrow-key", "escrow", "root", "node", "buckets", "state", "obsolete"] {
        assert_eq!(bench.sql("DELETE FROM meta WHERE k = ?1", [name]), 1);
        assert_eq!(bench.notice_and_read().0, DAMAGED, "{name}");
        bench.reset();
        assert_eq!(bench.sql("UPDATE meta SET v = x'' WHERE k = ?1", [name]), 1);
        assert_eq!(bench.notice_and_read().0, DAMAGED, "{name}");
        bench.reset();
    }
}

#[test]
fn a_schema_that_somebody_added_to_is_noticed() {
    let mut bench = Bench::new(five);
    for sql in [
        "CREATE TRIGGER t AFTER INSERT ON ver BEGIN DELETE FROM audit; END",
        "CREATE VIEW v AS SELECT * FROM ver",
        "CREATE INDEX i ON ver (b)",
        "CREATE TABLE t (x)",
        "DROP TABLE ckpt",
    ] {
        bench.sql(sql, []);
        assert_eq!(bench.notice(), Noticed::Unlock("vault.unreleased-format"), "{sql}");
        bench.reset();
    }
}
