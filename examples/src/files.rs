//! Files that a command reads or writes beside the wallet: bounded when read, private when written.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::errors::{CliError, Failure};

/// Makes a file that only its owner reads; one that is there is not touched.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Opens a file that the patient names.
pub(crate) fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| unreadable(path, error.kind()))
}

/// Reads a file of at most `limit` bytes into memory that is wiped.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let file = open(path)?;
    let length = file.metadata().map_err(|error| unreadable(path, error.kind()))?.len();
    if length > limit {
        return Err(CliError::FileTooLarge { file: path.to_owned(), limit }.into());
    }
    let room = usize::try_from(length.saturating_add(1)).unwrap_or(0);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let read = file.take(limit.saturating_add(1)).read_to_end(&mut bytes);
    match read.map(u64::try_from) {
        Ok(Ok(length)) if length <= limit => Ok(bytes),
        Ok(_) => Err(CliError::FileTooLarge { file: path.to_owned(), limit }.into()),
        Err(error) => Err(unreadable(path, error.kind())),
    }
}

/// A file in the making: it takes its name when it is whole, and leaves nothing when it is not.
pub(crate) struct NewFile {
    path: PathBuf,
    fresh: PathBuf,
    out: Option<BufWriter<File>>,
}

impl NewFile {
    /// Begins a file; one of that name is replaced only when `replace` says so.
    pub(crate) fn begin(path: &Path, replace: bool) -> Result<Self, Failure> {
        if !replace && fs::symlink_metadata(path).is_ok() {
            return Err(CliError::FileExists { file: path.to_owned() }.into());
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let fresh = path.with_file_name(name);
        let file = create_private(&fresh).map_err(|error| unwritable(path, error.kind()))?;
        Ok(Self { path: path.to_owned(), fresh, out: Some(BufWriter::new(file)) })
    }

    /// Makes the file durable under its name.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        let Some(out) = self.out.take() else { return Ok(()) };
        let finished = out
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.fresh, &self.path));
        finished.map_err(|error| {
            // What could not be finished is of no use; that it stays is no second error.
            let _ = fs::remove_file(&self.fresh);
            unwritable(&self.path, error.kind())
        })
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.as_mut().map_or_else(|| Err(ErrorKind::BrokenPipe.into()), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if self.out.take().is_some() {
            // As in `finish`.
            let _ = fs::remove_file(&self.fresh);
        }
    }
}

/// Says that a file cannot be read.
pub(crate) fn unreadable(path: &Path, kind: ErrorKind) -> Failure {
    CliError::FileUnreadable { file: path.to_owned(), kind }.into()
}

/// Says that a file cannot be written.
pub(crate) fn unwritable(path: &Path, kind: ErrorKind) -> Failure {
    if kind == ErrorKind::AlreadyExists {
        return CliError::FileExists { file: path.to_owned() }.into();
    }
    CliError::FileUnwritable { file: path.to_owned(), kind }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        let mut file = NewFile::begin(&path, false).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_is_there_is_replaced_only_on_purpose() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        fs::write(&path, b"old").unwrap();
        assert!(NewFile::begin(&path, false).is_err());
        let mut file = NewFile::begin(&path, true).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        file.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_above_its_limit_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in");
        fs::write(&path, b"12345").unwrap();
        assert_eq!(*read(&path, 5).unwrap(), b"12345");
        assert!(read(&path, 4).is_err());
    }
}
