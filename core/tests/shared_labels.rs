//! The table of docs/labels.md is what the test data gives.
//!
//! `UPDATE_DOCS=1 WALLET_TEST_DATA=FOLDER cargo test --test shared_labels` writes it anew.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod common;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use common::import_with;
use patient_wallet::session::{ImportOptions, Query};
use patient_wallet::testing::TestWallet;

#[test]
fn the_page_tells_how_much_of_the_test_data_is_unclassified() {
    let Some(folder) = std::env::var_os("WALLET_TEST_DATA") else {
        println!("not run: no WALLET_TEST_DATA");
        return;
    };
    let folder = Path::new(&folder).join("fhir");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    let mut table = String::from(HEAD);
    let mut sum = [0; 3];
    for name in names {
        let counts = count(&fs::read(folder.join(&name)).unwrap());
        row(&mut table, &format!("`{name}`"), counts);
        sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    row(&mut table, "all", sum);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/labels.md");
    let page = fs::read_to_string(&path).unwrap();
    let start = page.find(HEAD).unwrap();
    let (before, rest) = page.split_at(start);
    let rows = rest.lines().take_while(|line| line.starts_with('|'));
    let end = rows.map(|line| line.len() + 1).sum::<usize>().min(rest.len());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let after = rest.get(end..).unwrap();
        fs::write(&path, format!("{before}{table}{after}")).unwrap();
        return;
    }
    assert_eq!(rest.get(..end).unwrap(), table);
}

/// Records, labelled ones, unclassified ones.
fn count(file: &[u8]) -> [usize; 3] {
    let (_test, mut session) = TestWallet::create();
    import_with(&mut session, file, &ImportOptions::default()).unwrap();
    let ids = session.find(&Query::default()).unwrap().ids;
    let records: Vec<_> = ids.into_iter().map(|id| session.record(id).unwrap()).collect();
    let labelled = records.iter().filter(|record| !record.labels.is_empty()).count();
    let unclassified = records.iter().filter(|record| !record.classified).count();
    [records.len(), labelled, unclassified]
}

fn row(table: &mut String, name: &str, [records, labelled, unclassified]: [usize; 3]) {
    let tenths = (unclassified * 1000 + records / 2) / records;
    let share = format!("{}.{} %", tenths / 10, tenths % 10);
    writeln!(table, "| {name} | {records} | {labelled} | {unclassified} | {share} |").unwrap();
}

const HEAD: &str = "| file | records | with a label | unclassified | unclassified, share |\n\
    | --- | ---: | ---: | ---: | ---: |\n";
