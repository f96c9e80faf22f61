//! A file in the making: it takes its name when it is whole, and leaves nothing when it is not.
//!
//! Until then it is `NAME.PID.part`, locked by the process that writes it. What a process left that
//! was ended in between is removed by the next that writes a file of that name.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::file::{FileError, Output, create_private, folder_of, sync_folder};

/// A file in the making.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    fresh: PathBuf,
    replace: bool,
    out: Option<BufWriter<File>>,
}

impl NewFile {
    /// Begins a file; a regular file of that name is replaced only when `replace` says so, and what
    /// is no regular file never.
    ///
    /// # Errors
    /// [`FileError::Exists`]; [`FileError::NotRegular`]; [`FileError::Unwritable`].
    pub fn begin(path: &Path, replace: bool) -> Result<Self, FileError> {
        match fs::symlink_metadata(path) {
            Ok(found) if !found.is_file() => return Err(FileError::NotRegular),
            Ok(_) if !replace => return Err(FileError::Exists),
            _ => {}
        }
        remove_left_over(path);
        let fresh = path.with_file_name(part(path, &std::process::id().to_string()));
        let file = create_private(&fresh).map_err(FileError::unwritable)?;
        // Where a file system has no locks, nothing is ever taken for left over.
        let _ = file.try_lock();
        Ok(Self { path: path.to_owned(), fresh, replace, out: Some(BufWriter::new(file)) })
    }

    /// Renames; a file that appeared meanwhile is replaced only where that is wanted.
    fn take_name(&self) -> io::Result<()> {
        if self.replace {
            return fs::rename(&self.fresh, &self.path);
        }
        // A rename replaces; an empty file of our own holds the name for it.
        drop(create_private(&self.path)?);
        fs::rename(&self.fresh, &self.path).inspect_err(|_| {
            let _ = fs::remove_file(&self.path);
        })
    }
}

impl Output for NewFile {
    /// Makes the file durable under its name, unless one has appeared there meanwhile.
    fn finish(mut self) -> Result<(), FileError> {
        let Some(out) = self.out.take() else { return Ok(()) };
        let finished = out
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .and_then(|()| self.take_name())
            .and_then(|()| sync_folder(folder_of(&self.path)));
        finished.map_err(|error| {
            // What could not be finished is of no use; that it stays is no second error.
            let _ = fs::remove_file(&self.fresh);
            FileError::unwritable(error)
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

/// Names what a process writes until it takes its name.
#[must_use]
pub fn part(path: &Path, process: &str) -> OsString {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{process}.part"));
    name
}

/// Removes what ended processes left of a file; what cannot be removed stays and hinders nothing.
pub fn remove_left_over(path: &Path) {
    let Ok(entries) = fs::read_dir(folder_of(path)) else { return };
    for entry in entries.flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && is_part(path, &entry.file_name()) && !is_being_written(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Tells whether a name is that of something in the making.
pub(super) fn is_part(path: &Path, name: &OsStr) -> bool {
    let Some(process) = name.to_str().and_then(|name| name.rsplit('.').nth(1)) else {
        return false;
    };
    process.parse::<u32>().is_ok() && part(path, process) == name
}

fn is_being_written(path: &Path) -> bool {
    File::options().write(true).open(path).is_ok_and(|file| file.try_lock().is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        (folder, path)
    }

    #[test]
    fn a_file_that_is_not_finished_leaves_nothing() {
        let (folder, path) = in_folder();
        let mut file = NewFile::begin(&path, false).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_is_there_is_replaced_only_on_purpose() {
        let (folder, path) = in_folder();
        fs::write(&path, b"old").unwrap();
        assert_eq!(NewFile::begin(&path, false).unwrap_err(), FileError::Exists);
        let mut file = NewFile::begin(&path, true).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        file.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_appears_meanwhile_is_not_replaced() {
        let (folder, path) = in_folder();
        let mut file = NewFile::begin(&path, false).unwrap();
        file.write_all(b"new").unwrap();
        fs::write(&path, b"theirs").unwrap();
        assert_eq!(file.finish().unwrap_err(), FileError::Exists);
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_or_a_folder_is_never_replaced() {
        let (folder, path) = in_folder();
        let target = folder.path().join("target");
        fs::write(&target, b"kept").unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        let inner = folder.path().join("folder");
        fs::create_dir(&inner).unwrap();
        for replace in [false, true] {
            assert_eq!(NewFile::begin(&path, replace).unwrap_err(), FileError::NotRegular);
            assert_eq!(NewFile::begin(&inner, replace).unwrap_err(), FileError::NotRegular);
        }
        assert_eq!(fs::read(&target).unwrap(), b"kept");
        assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    }

    #[test]
    fn what_an_ended_process_left_is_removed_and_nothing_else() {
        let (folder, path) = in_folder();
        let beside = |name: &str| folder.path().join(name);
        let ours = ["out.json.1.part", "out.json.4294967295.part"];
        let others = ["out.json.x.part", "out.json.part", "other.1.part", "out.json.1.2.part"];
        for name in ours.iter().chain(&others) {
            fs::write(beside(name), b"half").unwrap();
        }
        let busy = create_private(&beside("out.json.2.part")).unwrap();
        busy.lock().unwrap();
        NewFile::begin(&path, false).unwrap().finish().unwrap();
        assert!(ours.iter().all(|name| !beside(name).exists()));
        assert!(others.iter().all(|name| beside(name).exists()));
        assert!(beside("out.json.2.part").exists(), "somebody writes it");
        drop(busy);
        NewFile::begin(&path, true).unwrap().finish().unwrap();
        assert!(!beside("out.json.2.part").exists());
    }
}
