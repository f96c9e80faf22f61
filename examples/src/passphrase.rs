//! Where a passphrase comes from: a file, else `WALLET_PASSPHRASE`, else the keyboard without echo.
//!
//! Never an argument: arguments are seen by every process of the computer.

use std::io::{self, IsTerminal};
use std::path::Path;

use patient_wallet::keys::Passphrase;
use zeroize::Zeroizing;

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

/// Reads the first line of a file.
fn from_file(file: &Path) -> Result<Passphrase, Failure> {
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
    let answer = rpassword::prompt_password(question)
        .map_err(|error| CliError::Prompt { kind: error.kind() })?;
    Ok(Zeroizing::new(answer.into_bytes()))
}

fn parsed(typed: &[u8]) -> Result<Passphrase, Failure> {
    Ok(Passphrase::new(typed)?)
}

/// A passphrase has at most 1024 bytes, four times that in other normal forms.
const LARGEST: u64 = 4100;
