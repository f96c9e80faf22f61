//! The visit of every patient of the test data, and a search of everything that the clinic holds.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

mod common;
#[path = "common/decoder.rs"]
mod decoder;
#[path = "way/leak.rs"]
mod leak;
#[path = "way/scene.rs"]
mod scene;

use std::fs;
use std::path::Path;

#[test]
fn the_clinic_of_every_patient_holds_what_was_granted_and_no_trace_of_the_rest() {
    let Some(folder) = std::env::var_os("WALLET_TEST_DATA") else {
        println!("not run: no WALLET_TEST_DATA");
        return;
    };
    let mut files: Vec<_> = fs::read_dir(Path::new(&folder).join("fhir"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    assert!(files.len() >= 8, "every patient");
    for path in files {
        let searched = leak::visit(&fs::read(&path).unwrap());
        assert!(searched.granted > 5 && searched.withheld > 10, "{}: {searched:?}", path.display());
        assert!(searched.pieces > searched.withheld, "{}: {searched:?}", path.display());
    }
}
