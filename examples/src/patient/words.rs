//! The words: to a private file or to the terminal, from a file with a mistake named by its place.

use std::fs;
use std::io::{self, IsTerminal, Seek, Write};
use std::path::{Path, PathBuf};

use patient_wallet::keys::{KeyError, Mnemonic, suggestions};
use zeroize::Zeroizing;

use crate::errors::{CliError, Failure};
use crate::files;

/// Where new words will go; made before the wallet, so that no words are without a place.
pub(crate) enum Place {
    /// The terminal behind stdout.
    Terminal,
    /// A file, blank until the words are there; removed when they never come.
    File { path: PathBuf, file: fs::File, is_written: bool },
}

impl Place {
    /// Prepares the file, or makes sure of a terminal.
    pub(crate) fn prepare(file: Option<&Path>, json: bool) -> Result<Self, Failure> {
        match file {
            Some(path) => {
                let unwritable = |error: io::Error| files::unwritable(path, error.kind());
                let file = files::create_private(path).map_err(unwritable)?;
                let mut place = Self::File { path: path.to_owned(), file, is_written: false };
                place.reserve().map_err(unwritable)?;
                Ok(place)
            }
            None if !json && io::stdout().is_terminal() => Ok(Self::Terminal),
            None => Err(CliError::WordsNeedAPlace.into()),
        }
    }

    /// Puts the words there.
    pub(crate) fn put(&mut self, words: &Mnemonic) -> Result<(), Failure> {
        match self {
            Self::Terminal => {
                let mut out = io::stdout().lock();
                tell(words, &mut out).map_err(|error| Failure::Answer(error.kind()))
            }
            Self::File { path, file, is_written } => {
                write(words, file).map_err(|error| files::unwritable(path, error.kind()))?;
                *is_written = true;
                Ok(())
            }
        }
    }

    /// Takes the room on the disk now: words that find none would be lost.
    fn reserve(&mut self) -> io::Result<()> {
        match self {
            Self::Terminal => Ok(()),
            Self::File { file, .. } => {
                file.write_all(&[b' '; ROOM])?;
                file.sync_all()
            }
        }
    }

    /// Gives the path of the file.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Terminal => None,
            Self::File { path, .. } => Some(path.clone()),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Self::File { path, is_written: false, .. } = self {
            // A blank file left behind harms nobody.
            let _ = fs::remove_file(path);
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
    file.rewind()?;
    file.write_all(text.as_bytes())?;
    file.set_len(u64::try_from(text.len()).unwrap_or(u64::MAX))?;
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
