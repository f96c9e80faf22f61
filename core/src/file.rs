//! Files and folders beside the wallet, which belong to whoever names them: private when written, whole or not
//! at all, never one in the place of another unasked.

pub(crate) mod folder;
mod new;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

pub use folder::NewFolder;
pub use new::{NewFile, part, remove_left_over};

/// Why a file beside the wallet was not read or written; who named it knows its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Something of that name is there, and may not be replaced.
    #[error("there is something of that name already")]
    Exists,
    /// A folder, a device, a pipe or a link stands where a file is wanted.
    #[error("this is not a regular file")]
    NotRegular,
    /// The file cannot be read.
    #[error("the file cannot be read: {kind}")]
    Unreadable {
        /// What the operating system said.
        kind: ErrorKind,
    },
    /// The file cannot be written.
    #[error("the file cannot be written: {kind}")]
    Unwritable {
        /// What the operating system said.
        kind: ErrorKind,
    },
}

impl FileError {
    /// Gives the stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Exists => "file.exists",
            Self::NotRegular => "file.not-regular",
            Self::Unreadable { .. } => "file.unreadable",
            Self::Unwritable { .. } => "file.unwritable",
        }
    }

    /// Says that a file cannot be read.
    #[must_use]
    pub fn unreadable(error: io::Error) -> Self {
        Self::Unreadable { kind: error.kind() }
    }

    /// Says that a file cannot be written.
    #[must_use]
    pub fn unwritable(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::AlreadyExists => Self::Exists,
            kind => Self::Unwritable { kind },
        }
    }
}

/// Where something is written that is good for nothing unless it is whole.
pub trait Output: Write {
    /// Makes what was written last.
    ///
    /// # Errors
    /// [`FileError::Exists`]; [`FileError::Unwritable`].
    fn finish(self) -> Result<(), FileError>;
}

/// Whoever lends a writer makes its bytes last.
impl<W: Write + ?Sized> Output for &mut W {
    fn finish(self) -> Result<(), FileError> {
        Ok(())
    }
}

/// Opens a regular file, or a link to one; to open a pipe would be to wait for its other end.
///
/// # Errors
/// [`FileError::NotRegular`]; [`FileError::Unreadable`].
pub fn open_regular(path: &Path) -> Result<File, FileError> {
    let found = fs::metadata(path).map_err(FileError::unreadable)?;
    if !found.is_file() {
        return Err(FileError::NotRegular);
    }
    File::open(path).map_err(FileError::unreadable)
}

/// Makes a file that only its owner reads; one that is there is not touched.
///
/// # Errors
/// What the operating system says.
pub fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes what was made, renamed or removed in a folder durable.
///
/// # Errors
/// What the operating system says.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    // Windows has no such call and needs none.
    if cfg!(windows) { Ok(()) } else { File::open(folder)?.sync_all() }
}

/// Gives the folder that a file is in.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
