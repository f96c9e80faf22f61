//! What stories do with folders: copy them as a thief would, search them as anybody can.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::Path;

use crate::errors::Failure;
use crate::files;

/// Copies what is wanted of a folder.
pub(crate) fn copied(
    from: &Path,
    to: &Path,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<(), Failure> {
    copy(from, to, is_wanted).map_err(|error| files::unwritable(to, error.kind()))
}

fn copy(from: &Path, to: &Path, is_wanted: &dyn Fn(&str) -> bool) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if !is_wanted(&name.to_string_lossy()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(name), is_wanted)?;
        } else {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

/// Collects the bytes of every file of a folder.
pub(crate) fn collect(folder: &Path, bytes: &mut Vec<u8>) -> Result<(), Failure> {
    let unreadable = |error: io::Error| files::unreadable(folder, error.kind());
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            collect(&path, bytes)?;
        } else {
            bytes.extend(fs::read(&path).map_err(|error| files::unreadable(&path, error.kind()))?);
        }
    }
    Ok(())
}

/// Counts how often bytes hold a text.
pub(crate) fn found(bytes: &[u8], text: &str) -> usize {
    bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
}
