//! The words: to a private file or to the terminal, from a file with a mistake named by its place.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use patient_wallet::file::{self, FileError};
use patient_wallet::keys::{KeyError, Mnemonic, suggestions};
use zeroize::Zeroizing;

use crate::errors::{CliError, Failure};
use crate::files;

/// Where new words go.
pub(crate) enum Place {
    /// The terminal behind stdout.
    Terminal,
    /// A file that is not there yet.
    File(PathBuf),
}

impl Place {
    /// Makes sure of a terminal or of a free name; nothing is written.
    pub(crate) fn find(file: Option<&Path>, json: bool) -> Result<Self, Failure> {
        match file {
            Some(path) if fs::symlink_metadata(path).is_ok() => {
                Err(files::at(path, FileError::Exists))
            }
            Some(path) => Ok(Self::File(path.to_owned())),
            None if !json && io::stdout().is_terminal() => Ok(Self::Terminal),
            None => Err(CliError::WordsNeedAPlace.into()),
        }
    }

    /// Puts the words there, whole and durably or not at all.
    pub(crate) fn put(&self, words: &Mnemonic) -> Result<(), Failure> {
        match self {
            Self::Terminal => {
                let mut out = io::stdout().lock();
                tell(words, &mut out).map_err(|error| Failure::Answer(error.kind()))
            }
            Self::File(path) => {
                let unwritable = |error: io::Error| files::unwritable(path, error.kind());
                let mut file = file::create_private(path).map_err(unwritable)?;
                let written =
                    write(words, &mut file).and_then(|()| file::sync_folder(file::folder_of(path)));
                written.map_err(|error| {
                    self.withdraw();
                    unwritable(error)
                })
            }
        }
    }

    /// Takes words back that no wallet has.
    pub(crate) fn withdraw(&self) {
        match self {
            Self::Terminal => {
                let no_wallet = "These words are of no use: no wallet was made.";
                // The refusal that follows says the same where this is not heard.
                let _ = writeln!(io::stdout(), "{no_wallet}");
            }
            // Words of no wallet open nothing.
            Self::File(path) => drop(fs::remove_file(path)),
        }
    }

    /// Gives the path of the file.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Terminal => None,
            Self::File(path) => Some(path.clone()),
        }
    }
}

/// Reads the words from a file.
pub(crate) fn read(file: &Path) -> Result<Mnemonic, Failure> {
    let bytes = files::read(file, LARGEST)?;
    let typed = std::str::from_utf8(&bytes).map_err(|_| KeyError::Invalid)?;
    Mnemonic::parse(typed).map_err(|error| match error {
        KeyError::UnknownWord { position } => misspelt(typed, position),
        other => other.into(),
    })
}

fn misspelt(typed: &str, position: usize) -> Failure {
    let word = typed.split_whitespace().nth(position.saturating_sub(1)).unwrap_or_default();
    let failure = Failure::from(KeyError::UnknownWord { position });
    match suggestions(word).as_slice() {
        [] => failure.with_hint("no word of the list comes near it".to_owned()),
        near => failure.with_hint(format!("did you mean {}?", near.join(", "))),
    }
}

/// Writes the words, four in a line.
fn write(words: &Mnemonic, file: &mut fs::File) -> io::Result<()> {
    let mut text = Zeroizing::new(String::with_capacity(ROOM));
    for (place, word) in words.dangerous_words().enumerate() {
        if place > 0 {
            text.push(if place % 4 == 0 { '\n' } else { ' ' });
        }
        text.push_str(word);
    }
    text.push('\n');
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Shows the words, numbered, four in a line.
fn tell(words: &Mnemonic, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Your words. Write them on paper, in this order; they are shown only now.")?;
    writeln!(out, "Whoever has them has your wallet.")?;
    for (place, word) in (1..).zip(words.dangerous_words()) {
        if place % 4 == 1 {
            writeln!(out)?;
        }
        write!(out, "{place:4}  {word:10}")?;
    }
    writeln!(out, "\n")
}

/// 24 words of at most eight letters, each with a blank.
const ROOM: usize = 24 * 9;
/// 24 words of any list and the blanks between them.
const LARGEST: u64 = 4096;
