//! What comes on standard input and has to be read more than once: kept in a file until then.
//!
//! It is sealed as it comes, and what is opened of it never goes here.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use patient_wallet::file::{create_private, part, remove_left_over};

use crate::errors::Failure;
use crate::files::{self, unreadable, unwritable};

/// A source that can be read from any place.
pub(super) struct Source {
    pub(super) file: File,
    /// What is removed at the end; held for its lock.
    spooled: Option<(PathBuf, File)>,
}

impl Source {
    /// Opens a file, or keeps standard input in a file of a folder that is there.
    pub(super) fn open(path: &Path, folder: &Path) -> Result<Self, Failure> {
        if !files::is_standard(path) {
            return Ok(Self { file: files::open_regular(path)?, spooled: None });
        }
        let name = folder.join(NAME);
        remove_left_over(&name);
        let fresh = name.with_file_name(part(&name, &std::process::id().to_string()));
        let out = create_private(&fresh).map_err(|error| unwritable(&fresh, error.kind()))?;
        // As for any file in the making.
        let _ = out.try_lock();
        let file = File::open(&fresh).map_err(|error| unreadable(&fresh, error.kind()))?;
        let source = Self { file, spooled: Some((fresh, out)) };
        source.fill(path)?;
        Ok(source)
    }

    /// Keeps what standard input gives.
    fn fill(&self, path: &Path) -> Result<(), Failure> {
        let Some((_, out)) = &self.spooled else { return Ok(()) };
        let copied = io::copy(&mut io::stdin().lock(), &mut &*out);
        copied.map(|_| ()).map_err(|error| unreadable(path, error.kind()))
    }

    /// Tells how many bytes there are.
    pub(super) fn length(&self) -> Option<u64> {
        self.file.metadata().ok().map(|found| found.len())
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let Some((path, _)) = &self.spooled {
            // The next to need the name removes what is left.
            let _ = fs::remove_file(path);
        }
    }
}

const NAME: &str = "disclosure";
