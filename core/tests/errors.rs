//! The first part of `docs/errors.md` is what the core's errors say; no code is missing and none means two things.
//!
//! `UPDATE_DOCS=1 cargo test --test errors` writes the page anew.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use patient_wallet::Error;
use patient_wallet::error::ErrorClass;

const HEAD: &str = "# Errors\n\nMade from the core's errors by `core/tests/errors.rs`. The code is stable; \
    numbers in a sentence are examples. \
    The class is that of\n`ErrorClass`: by it an app decides, a code has one.\n\n\
    | code | class | sentence | what the app does |\n|---|---|---|---|\n";

#[test]
fn the_page_says_what_the_errors_say() {
    let mut rows = BTreeMap::new();
    for error in Error::samples() {
        let (code, class) = (error.code(), name(error.class()));
        let row = format!("| `{code}` | `{class}` | {error} | {} |\n", error.advice());
        rows.entry(error.code()).or_insert_with(BTreeSet::new).insert(row);
    }
    let page = HEAD.to_owned() + &rows.into_values().flatten().collect::<String>();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors.md");
    let old = fs::read_to_string(&path).unwrap();
    let rest = old.find("\n## ").unwrap_or(old.len());
    let (core, others) = old.split_at(rest);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, page + others).unwrap();
        return;
    }
    assert_eq!(core, page);
}

#[test]
fn every_code_in_the_sources_is_on_the_page() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let parts = [
        "attachment.",
        "audit.",
        "backup.",
        "consent.",
        "delegation.",
        "disclosure.",
        "file.",
        "import.",
        "keys.",
        "keystore.",
        "qr.",
        "receipt.",
        "record.",
        "vault.",
        "wallet.",
    ];
    let mut found = BTreeSet::new();
    for file in files(&source) {
        let text = fs::read_to_string(file).unwrap();
        let tables = [" = \"consent.", " = \"delegation.", " = \"receipt."];
        let in_table = |line: &str| tables.iter().any(|code| line.contains(code));
        for line in text.lines().filter(|line| line.contains("=> \"") || in_table(line)) {
            let code = line.split('"').nth(1).unwrap_or_default();
            if parts.iter().any(|part| code.starts_with(part)) {
                found.insert(code.to_owned());
            }
        }
    }
    let listed: BTreeSet<String> =
        Error::samples().iter().map(|error| error.code().to_owned()).collect();
    assert!(found.len() > 50, "codes are found");
    assert_eq!(found, listed);
}

/// Names a class without what it tells.
fn name(class: ErrorClass) -> String {
    format!("{class:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}
