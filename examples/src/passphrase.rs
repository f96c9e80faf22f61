//! Where a passphrase comes from: a file, else `WALLET_PASSPHRASE`, else the keyboard without echo.
//!
//! Never an argument: arguments are seen by every process of the computer.

use std::io::{self, IsTerminal};
use std::path::Path;

use clap::error::ErrorKind as UsageError;
use patient_wallet::keys::{KdfParams, Passphrase};
use zeroize::Zeroizing;

use crate::cli;
use crate::errors::{CliError, Failure};
use crate::files;

/// Asks for the passphrase of the wallet.
pub(crate) fn known(file: Option<&Path>) -> Result<Passphrase, Failure> {
    match given(file)? {
        Some(passphrase) => Ok(passphrase),
        None => parsed(&typed("Passphrase: ")?),
    }
}

/// Asks for a passphrase to be set; at the keyboard twice.
pub(crate) fn fresh(file: Option<&Path>) -> Result<Passphrase, Failure> {
    if let Some(passphrase) = given(file)? {
        return Ok(passphrase);
    }
    typed_twice()
}

/// Asks for a passphrase to be set that has a file of its own or is typed twice.
pub(crate) fn replacement(file: Option<&Path>) -> Result<Passphrase, Failure> {
    file.map_or_else(typed_twice, from_file)
}

/// Reads the cost of a guess, `MIB,PASSES`.
pub(crate) fn cost(text: &str) -> Result<KdfParams, String> {
    let parts = text.split_once(',').and_then(|(mib, passes)| {
        Some((mib.trim().parse::<u32>().ok()?.checked_mul(1024)?, passes.trim().parse().ok()?))
    });
    let (memory, passes) = parts.ok_or("two numbers with a comma between, such as 64,3")?;
    KdfParams::new(memory, passes).map_err(|error| error.to_string())
}

/// Reads the cost of a guess from `WALLET_KDF`.
pub(crate) fn cost_of_environment() -> Result<Option<KdfParams>, clap::Error> {
    let Some(value) = std::env::var_os("WALLET_KDF").filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let read = cost(&value.to_string_lossy());
    read.map(Some)
        .map_err(|why| cli::usage(UsageError::InvalidValue, &format!("WALLET_KDF: {why}")))
}

fn given(file: Option<&Path>) -> Result<Option<Passphrase>, Failure> {
    if let Some(file) = file {
        return from_file(file).map(Some);
    }
    let Some(value) = std::env::var_os("WALLET_PASSPHRASE").filter(|value| !value.is_empty())
    else {
        return Ok(None);
    };
    let value = Zeroizing::new(value.into_encoded_bytes());
    parsed(&value).map(Some)
}

/// Reads a passphrase: the first line of a file.
pub(crate) fn from_file(file: &Path) -> Result<Passphrase, Failure> {
    let bytes = files::read(file, LARGEST)?;
    let line = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).next();
    parsed(line.unwrap_or_default())
}

fn typed_twice() -> Result<Passphrase, Failure> {
    let once = typed("New passphrase: ")?;
    let again = typed("The same again: ")?;
    if *once == *again { parsed(&once) } else { Err(CliError::PassphraseMismatch.into()) }
}

fn typed(question: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if !io::stdin().is_terminal() {
        return Err(CliError::PassphraseNeeded.into());
    }
    asked(question)
}

/// Asks at the terminal, without echo.
pub(crate) fn asked(question: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let answer = rpassword::prompt_password(question)
        .map_err(|error| CliError::Prompt { kind: error.kind() })?;
    Ok(Zeroizing::new(answer.into_bytes()))
}

fn parsed(typed: &[u8]) -> Result<Passphrase, Failure> {
    Ok(Passphrase::new(typed)?)
}

/// A passphrase has at most 1024 bytes, four times that in other normal forms.
const LARGEST: u64 = 4100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_two_numbers_inside_the_bounds() {
        assert_eq!(cost("64,3"), Ok(KdfParams::APP));
        assert_eq!(cost(" 19 , 2 "), Ok(KdfParams::FLOOR));
        for wrong in ["", "64", "64,", "18,2", "19,1", "257,2", "64,17", "4294967295,3", "a,b"] {
            assert!(cost(wrong).is_err(), "{wrong}");
        }
    }
}
