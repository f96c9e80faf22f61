//! What only a command line has to refuse.

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;

use patient_wallet::file::FileError;

use crate::errors::said;

/// What only a command line has to refuse.
#[derive(Debug)]
pub(crate) enum CliError {
    /// The words would have been shown to a pipe.
    WordsNeedAPlace,
    /// There is no passphrase, and no terminal to ask for one.
    PassphraseNeeded,
    /// The passphrase was not typed twice alike.
    PassphraseMismatch,
    /// The terminal did not answer the question for the passphrase.
    Prompt { kind: ErrorKind },
    /// The environment names no folder for data.
    NoHome,
    /// There is no terminal to ask whether it shall be done.
    ConfirmationNeeded,
    /// There are neither words nor an export passphrase, and no terminal to ask for them.
    KeyNeeded,
    /// An export passphrase can be guessed.
    WeakPassphrase,
    /// A part of what was asked for could not be had.
    Incomplete { what: String },
    /// The core refuses a file, and knows no path.
    File { file: PathBuf, error: FileError },
    /// A file is larger than what it should hold.
    FileTooLarge { file: PathBuf, limit: u64 },
    /// A story did not come out as it should.
    Story { fact: String },
}

impl CliError {
    /// Gives the stable code.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::WordsNeedAPlace => "wallet.words-need-a-place",
            Self::PassphraseNeeded => "wallet.passphrase-needed",
            Self::PassphraseMismatch => "wallet.passphrase-mismatch",
            Self::Prompt { .. } => "wallet.prompt",
            Self::NoHome => "wallet.no-home",
            Self::ConfirmationNeeded => "wallet.confirmation-needed",
            Self::KeyNeeded => "wallet.key-needed",
            Self::WeakPassphrase => "wallet.weak-passphrase",
            Self::Incomplete { .. } => "wallet.incomplete",
            Self::File { error, .. } => error.code(),
            Self::FileTooLarge { .. } => "file.too-large",
            Self::Story { .. } => "demo.story",
        }
    }

    /// Gives what helps.
    pub(super) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::WordsNeedAPlace => Some("--words-out FILE writes them to a file of your own"),
            Self::PassphraseNeeded => Some("give --passphrase-file FILE or WALLET_PASSPHRASE"),
            Self::NoHome => Some("--home DIR or WALLET_HOME names a folder"),
            Self::ConfirmationNeeded => Some("--yes does it without asking"),
            Self::KeyNeeded => Some("give --words-file FILE or --export-passphrase-file FILE"),
            Self::WeakPassphrase => Some(
                "--export-passphrase-out FILE draws a strong one; --yes takes yours all the same",
            ),
            Self::Incomplete { .. } => Some("wallet verify names every fault"),
            Self::File { error: FileError::Exists | FileError::NotRegular, .. } => {
                Some("name another file")
            }
            Self::Story { .. } => Some("the story's folder was kept"),
            _ => None,
        }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WordsNeedAPlace => f.write_str("the words are not shown to a pipe"),
            Self::PassphraseNeeded => {
                f.write_str("a passphrase is needed, and there is no terminal to ask for it")
            }
            Self::PassphraseMismatch => f.write_str("the two passphrases differ"),
            Self::Prompt { kind } => {
                write!(f, "the passphrase could not be asked for: {}", said(*kind))
            }
            Self::NoHome => f.write_str("the environment names no folder for data"),
            Self::ConfirmationNeeded => {
                f.write_str("this cannot be undone, and there is no terminal to ask you")
            }
            Self::KeyNeeded => {
                f.write_str("words or an export passphrase are needed, and there is no terminal")
            }
            Self::WeakPassphrase => f.write_str(
                "whoever finds the backup can guess this passphrase: it has fewer than 16 \
                 characters, or few different ones",
            ),
            Self::Incomplete { what } => f.write_str(what),
            Self::File { file, error } => match error {
                FileError::Exists => write!(f, "{} is there already", file.display()),
                FileError::NotRegular => write!(f, "{} is not a regular file", file.display()),
                FileError::Unreadable { kind } => {
                    write!(f, "{} cannot be read: {}", file.display(), said(*kind))
                }
                FileError::Unwritable { kind } => {
                    write!(f, "{} cannot be written: {}", file.display(), said(*kind))
                }
                other => write!(f, "{}: {other}", file.display()),
            },
            Self::FileTooLarge { file, limit } => {
                write!(f, "{} has more than {limit} bytes", file.display())
            }
            Self::Story { fact } => write!(f, "the story went another way: {fact}"),
        }
    }
}
