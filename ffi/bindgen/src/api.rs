//! Writes out the border of the library as text: names, signatures and docs of all that crosses.
//!
//! ```text
//! api LIBRARY > ffi/api/patient_wallet.txt
//! ```
//! The source is the metadata in the library itself, which the generated code is made from; so the
//! text changes when the border does, and only then. What exists for tests is left out.

mod page;

use std::env;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use uniffi_bindgen::macro_metadata::extract_from_bytes;

fn main() -> ExitCode {
    let Some(library) = env::args_os().nth(1) else {
        return told("usage: api LIBRARY");
    };
    let Ok(bytes) = fs::read(library) else {
        return told("the library cannot be read");
    };
    let Ok(items) = extract_from_bytes(&bytes) else {
        return told("the library has no metadata of UniFFI");
    };
    match io::stdout().write_all(page::of(items).as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn told(why: &str) -> ExitCode {
    // Nobody is left to hear that stderr is closed.
    let _ = writeln!(io::stderr(), "{why}");
    ExitCode::FAILURE
}
