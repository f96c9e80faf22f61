//! The core's file in the making, which refuses by the name that the command line was given.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use patient_wallet::file;

use crate::errors::Failure;
use crate::files::at;

/// A file in the making.
pub(crate) struct NewFile {
    path: PathBuf,
    file: file::NewFile,
}

impl NewFile {
    /// Begins a file; a regular file of that name is replaced only when `replace` says so.
    pub(crate) fn begin(path: &Path, replace: bool) -> Result<Self, Failure> {
        let file = file::NewFile::begin(path, replace).map_err(|error| at(path, error))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Makes the file durable under its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.file.finish().map_err(|error| at(&self.path, error))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
