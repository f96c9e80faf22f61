//! Files that a command reads or writes beside the wallet: bounded when read, private when written.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use patient_wallet::Error;
use patient_wallet::file::{self, FileError, NewFile};
use zeroize::Zeroizing;

use crate::errors::{CliError, Failure};

/// Opens a regular file, or a link to one.
pub(crate) fn open_regular(path: &Path) -> Result<File, Failure> {
    file::open_regular(path).map_err(|error| at(path, error))
}

/// Begins a file; a regular file of that name is replaced only when `replace` says so.
pub(crate) fn begin(path: &Path, replace: bool) -> Result<NewFile, Failure> {
    NewFile::begin(path, replace).map_err(|error| at(path, error))
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| unreadable(path, error.kind()))
}

/// Reads a file of at most `limit` bytes into memory that is wiped.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let file = open(path)?;
    let length = file.metadata().map_err(|error| unreadable(path, error.kind()))?.len();
    if length > limit {
        return Err(CliError::FileTooLarge { file: path.to_owned(), limit }.into());
    }
    read_all(path, file, length, limit)
}

/// Reads what a file or, for `-`, standard input holds.
pub(crate) fn read_input(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if is_standard(path) {
        read_all(path, io::stdin().lock(), limit, limit)
    } else {
        read(path, limit)
    }
}

/// Tells whether standard input or output is meant.
pub(crate) fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// Shows a path as it would be typed here.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let inside = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    inside.as_deref().unwrap_or(path).display().to_string()
}

/// Reads the name of a file that is to be written; standard output is for the answer.
pub(crate) fn named(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() || is_standard(Path::new(text)) {
        return Err("name a file; standard output is for the answer".to_owned());
    }
    Ok(PathBuf::from(text))
}

fn read_all(
    path: &Path,
    from: impl Read,
    length: u64,
    limit: u64,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let room = usize::try_from(length.saturating_add(1)).unwrap_or(0);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let read = from.take(limit.saturating_add(1)).read_to_end(&mut bytes);
    match read.map(u64::try_from) {
        Ok(Ok(length)) if length <= limit => Ok(bytes),
        Ok(_) => Err(CliError::FileTooLarge { file: path.to_owned(), limit }.into()),
        Err(error) => Err(unreadable(path, error.kind())),
    }
}

/// Says of which file it is that the core speaks, where it speaks of one.
pub(crate) fn within(path: &Path, error: Error) -> Failure {
    match error {
        Error::File(error) => at(path, error),
        other => other.into(),
    }
}

/// Says of which file it is that the core speaks.
pub(crate) fn at(path: &Path, error: FileError) -> Failure {
    CliError::File { file: path.to_owned(), error }.into()
}

/// Says that a file cannot be read.
pub(crate) fn unreadable(path: &Path, kind: ErrorKind) -> Failure {
    at(path, FileError::unreadable(kind.into()))
}

/// Says that a file cannot be written.
pub(crate) fn unwritable(path: &Path, kind: ErrorKind) -> Failure {
    at(path, FileError::unwritable(kind.into()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_above_its_limit_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in");
        fs::write(&path, b"12345").unwrap();
        assert_eq!(*read(&path, 5).unwrap(), b"12345");
        assert!(read(&path, 4).is_err());
    }
}
