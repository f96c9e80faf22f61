//! Asking before what cannot be undone.

use std::io::{self, BufRead, IsTerminal, Write};

use patient_wallet::error::WalletError;

use crate::context::Context;
use crate::errors::{CliError, Failure};
use crate::screen::{WIDTH, wrapped};

/// Demands that there is somebody to ask, before anything is done.
pub(crate) fn demand(context: &Context) -> Result<(), Failure> {
    if context.yes() || io::stdin().is_terminal() {
        return Ok(());
    }
    Err(CliError::ConfirmationNeeded.into())
}

/// Asks whether it shall be done; the patient types `word`, or has said yes beforehand.
pub(crate) fn ask(context: &Context, question: &str, word: &str) -> Result<(), Failure> {
    if context.yes() {
        return Ok(());
    }
    demand(context)?;
    let asked = show(question, word);
    if asked.is_ok() && is_typed(&mut io::stdin().lock(), word) {
        return Ok(());
    }
    Err(WalletError::Cancelled.into())
}

fn show(question: &str, word: &str) -> io::Result<()> {
    let mut out = io::stderr().lock();
    wrapped(question, WIDTH).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    write!(out, "Type {word} to go on: ")?;
    out.flush()
}

/// Reads one line; what cannot be read is no consent.
fn is_typed(input: &mut dyn BufRead, word: &str) -> bool {
    let mut line = String::new();
    input.read_line(&mut line).is_ok() && line.trim().eq_ignore_ascii_case(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_is_consent() {
        for (line, is_consent) in [
            ("yes\n", true),
            (" YES \r\n", true),
            ("yes", true),
            ("y\n", false),
            ("\n", false),
            ("", false),
            ("no\nyes\n", false),
            ("\u{ff}", false),
        ] {
            assert_eq!(is_typed(&mut line.as_bytes(), "yes"), is_consent, "{line:?}");
        }
        assert!(!is_typed(&mut [0xff, b'\n'].as_slice(), "yes"));
    }
}
