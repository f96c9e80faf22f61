//! The table of errors in the README is made from the enum and the core's errors.
//!
//! `UPDATE_DOCS=1 cargo test -p patient-wallet-ffi --test readme` writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use patient_wallet::Error;
use patient_wallet_ffi::WalletError;

const BEGIN: &str = "<!-- errors: made by tests/readme.rs -->\n";
const END: &str = "<!-- end -->";

/// Gives the name of a variant.
fn variant(error: &WalletError) -> &'static str {
    match error {
        WalletError::Locked { .. } => "Locked",
        WalletError::WrongPassphrase { .. } => "WrongPassphrase",
        WalletError::TryLater { .. } => "TryLater",
        WalletError::Busy { .. } => "Busy",
        WalletError::NotFound { .. } => "NotFound",
        WalletError::InvalidInput { .. } => "InvalidInput",
        WalletError::NotPermitted { .. } => "NotPermitted",
        WalletError::Expired { .. } => "Expired",
        WalletError::NotEnoughShares { .. } => "NotEnoughShares",
        WalletError::Damaged { .. } => "Damaged",
        WalletError::UnsupportedVersion { .. } => "UnsupportedVersion",
        WalletError::KeystoreUnavailable { .. } => "KeystoreUnavailable",
        WalletError::KeyInvalidated { .. } => "KeyInvalidated",
        WalletError::Cancelled { .. } => "Cancelled",
        WalletError::Storage { .. } => "Storage",
    }
}

/// Gives every variant in its order with its sentence.
fn sentences() -> Vec<(String, String)> {
    let source = include_str!("../src/error.rs");
    let (_, body) = source.split_once("pub enum WalletError {").expect("the enum is there");
    let (body, _) = body.split_once("\n}").expect("the enum ends");
    let mut found = Vec::new();
    let mut sentence = String::new();
    for line in body.lines() {
        if let Some(text) = line.strip_prefix("    /// ") {
            sentence = text.to_owned();
        } else if let Some(name) = line.strip_prefix("    ").and_then(|it| it.strip_suffix(" {")) {
            found.push((name.to_owned(), std::mem::take(&mut sentence)));
        }
    }
    found
}

fn table() -> String {
    let mut codes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for error in Error::samples() {
        let code = error.code();
        codes.entry(variant(&error.into())).or_default().insert(code);
    }
    let mut table = String::from("| variant | what the app does | codes |\n|---|---|---|\n");
    for (name, sentence) in sentences() {
        let codes = codes.remove(name.as_str()).unwrap_or_default();
        let codes: Vec<_> = codes.into_iter().map(|code| format!("`{code}`")).collect();
        let codes = if codes.is_empty() { "none yet".to_owned() } else { codes.join(", ") };
        table += &format!("| `{name}` | {sentence} | {codes} |\n");
    }
    assert!(codes.is_empty(), "variants without a sentence: {codes:?}");
    table
}

#[test]
fn the_readme_lists_every_error() {
    assert_eq!(sentences().len(), 15, "style.md: at most 15");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let made = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
        return;
    }
    assert!(text == made, "UPDATE_DOCS=1 cargo test -p patient-wallet-ffi --test readme");
}
