//! What opens a backup: the words, or the export passphrase that it was made with.

use std::io::{self, IsTerminal};
use std::path::Path;

use patient_wallet::keys::{Mnemonic, Passphrase};
use patient_wallet::session::BackupKey;

use crate::errors::{CliError, Failure};
use crate::passphrase;
use crate::patient::words;

/// Words or an export passphrase.
pub(crate) enum Key {
    /// The words of the wallet.
    Words(Mnemonic),
    /// The export passphrase.
    Passphrase(Passphrase),
}

impl Key {
    /// Reads one of the files, or asks at the terminal.
    pub(crate) fn find(words_file: Option<&Path>, export: Option<&Path>) -> Result<Self, Failure> {
        match (words_file, export) {
            (Some(file), _) => words::read(file).map(Self::Words),
            (None, Some(file)) => passphrase::from_file(file).map(Self::Passphrase),
            (None, None) => Self::ask(),
        }
    }

    fn ask() -> Result<Self, Failure> {
        if !io::stdin().is_terminal() {
            return Err(CliError::KeyNeeded.into());
        }
        let typed = passphrase::asked("Words, or export passphrase: ")?;
        // What are no words may still be a passphrase.
        let words = std::str::from_utf8(&typed).ok().and_then(|text| Mnemonic::parse(text).ok());
        match words {
            Some(words) => Ok(Self::Words(words)),
            None => Ok(Self::Passphrase(Passphrase::new(&typed)?)),
        }
    }

    /// Gives it as the core wants it.
    pub(crate) const fn borrowed(&self) -> BackupKey<'_> {
        match self {
            Self::Words(words) => BackupKey::Words(words),
            Self::Passphrase(passphrase) => BackupKey::Passphrase(passphrase),
        }
    }
}
