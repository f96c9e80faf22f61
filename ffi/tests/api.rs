//! The border is what `ffi/api/patient_wallet.txt` says: a change of it is seen in review.
//!
//! `UPDATE_API=1 cargo test -p patient-wallet-ffi --test api` writes the text anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn the_border_is_as_it_was_reviewed() {
    let bindings = common::made();
    let output = Command::new(bindings.with_file_name("debug").join("api"))
        .arg(bindings.join("lib").join(common::LIBRARY))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let now = String::from_utf8(output.stdout).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("api/patient_wallet.txt");
    if env::var_os("UPDATE_API").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &now).unwrap();
    }
    let reviewed = fs::read_to_string(&path).unwrap_or_default();
    let differing = reviewed.lines().zip(now.lines()).position(|(was, is)| was != is);
    let line = differing.unwrap_or_else(|| reviewed.lines().count().min(now.lines().count()));
    assert!(
        reviewed == now,
        "the border changed at line {} of ffi/api/patient_wallet.txt:\n  was: {}\n  is:  {}\n\
         UPDATE_API=1 cargo test -p patient-wallet-ffi --test api writes it anew",
        line + 1,
        reviewed.lines().nth(line).unwrap_or("(the end)"),
        now.lines().nth(line).unwrap_or("(the end)"),
    );
}
