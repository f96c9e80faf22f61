//! A folder in the making: it takes its name when it is whole, and leaves nothing when it is not.
//!
//! Until then it is `NAME.PID.part`, locked by the process that writes it: what stands in it is in
//! clear. What a process left that was ended in between is removed by the next that writes a folder
//! of that name.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::file::new::{is_part, part};
use crate::file::{FileError, create_private, folder_of, sync_folder};

/// A folder in the making.
#[derive(Debug)]
pub struct NewFolder {
    path: PathBuf,
    fresh: PathBuf,
    /// Held for its lock.
    _open: Option<File>,
    room: Option<Room>,
    is_finished: bool,
}

impl NewFolder {
    /// Begins a folder; anything of that name is left alone and refused.
    ///
    /// # Errors
    /// [`FileError::Exists`]; [`FileError::Unwritable`].
    pub fn begin(path: &Path) -> Result<Self, FileError> {
        let path = path.with_file_name(path.file_name().ok_or(FileError::Exists)?);
        demand_free(&path)?;
        remove_left_over(&path);
        let fresh = path.with_file_name(part(&path, &std::process::id().to_string()));
        make_private(&fresh).map_err(FileError::unwritable)?;
        let open = File::open(&fresh).ok();
        // Where folders have no locks, nothing is ever taken for left over.
        let _ = open.as_ref().map(File::try_lock);
        Ok(Self { path, fresh, _open: open, room: None, is_finished: false })
    }

    /// Returns the path that it will have.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the room that files of these lengths need, so that a full disk is found before
    /// anything is used up.
    ///
    /// # Errors
    /// [`FileError::Unwritable`].
    pub fn take_room(&mut self, lengths: impl Iterator<Item = u64>) -> Result<(), FileError> {
        let bytes = lengths.map(on_disk).fold(0, u64::saturating_add);
        let room = Room::take(self.fresh.join(ROOM), bytes);
        self.room = Some(room.map_err(FileError::unwritable)?);
        Ok(())
    }

    /// Makes a folder in it.
    ///
    /// # Errors
    /// [`FileError::Exists`]; [`FileError::Unwritable`].
    pub fn folder(&self, name: &str) -> Result<(), FileError> {
        make_private(&self.fresh.join(name)).map_err(FileError::unwritable)
    }

    /// Writes a file in it as `write` says, durably, in the room that was taken for its length;
    /// gives the SHA-256 of what stands there.
    ///
    /// # Errors
    /// [`FileError::Exists`]; [`FileError::Unwritable`]; what `write` says.
    pub fn file<E: From<FileError>>(
        &mut self,
        name: &Path,
        length: u64,
        write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<[u8; 32], E> {
        if let Some(room) = &mut self.room {
            room.give(on_disk(length)).map_err(FileError::unwritable)?;
        }
        let file = create_private(&self.fresh.join(name)).map_err(FileError::unwritable)?;
        let mut out = Hashed { file, hash: Sha256::new() };
        write(&mut out)?;
        out.file.sync_all().map_err(FileError::unwritable)?;
        Ok(out.hash.finalize().into())
    }

    /// Makes the folder durable under its name.
    ///
    /// # Errors
    /// [`FileError::Exists`] where something has appeared meanwhile; [`FileError::Unwritable`].
    pub fn finish(mut self) -> Result<(), FileError> {
        demand_free(&self.path)?;
        if let Some(room) = self.room.take() {
            fs::remove_file(room.path).map_err(FileError::unwritable)?;
        }
        let named = self.sync().and_then(|()| fs::rename(&self.fresh, &self.path));
        named.map_err(|error| match error.kind() {
            // Something of that name appeared meanwhile.
            ErrorKind::DirectoryNotEmpty | ErrorKind::NotADirectory => FileError::Exists,
            kind => FileError::Unwritable { kind },
        })?;
        self.is_finished = true;
        sync_folder(folder_of(&self.path)).map_err(FileError::unwritable)
    }

    fn sync(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.fresh)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                sync_folder(&entry.path())?;
            }
        }
        sync_folder(&self.fresh)
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if !self.is_finished {
            // What was begun is of no use; that it stays is no second error.
            let _ = fs::remove_dir_all(&self.fresh);
        }
    }
}

/// Room on the disk: a file of zeros, for a length alone takes none.
#[derive(Debug)]
struct Room {
    path: PathBuf,
    file: File,
    left: u64,
}

impl Room {
    fn take(path: PathBuf, bytes: u64) -> io::Result<Self> {
        let mut file = create_private(&path)?;
        io::copy(&mut io::repeat(0).take(bytes), &mut file)?;
        file.sync_all()?;
        Ok(Self { path, file, left: bytes })
    }

    fn give(&mut self, bytes: u64) -> io::Result<()> {
        self.left = self.left.saturating_sub(bytes);
        self.file.set_len(self.left)
    }
}

/// A file that is hashed while it is written.
struct Hashed {
    file: File,
    hash: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Files take whole blocks, and a line in their folder.
fn on_disk(length: u64) -> u64 {
    length.saturating_add(2 * BLOCK)
}

const BLOCK: u64 = 4096;
/// The file that holds the room; no record and no attachment has such a name.
const ROOM: &str = ".room";

fn demand_free(path: &Path) -> Result<(), FileError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Err(FileError::Exists),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(FileError::unwritable(error)),
    }
}

fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Removes what ended processes left of a folder; what cannot be removed stays.
pub(crate) fn remove_left_over(path: &Path) {
    let Ok(entries) = fs::read_dir(folder_of(path)) else { return };
    for entry in entries.flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && is_part(path, &entry.file_name()) && is_left(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_left(folder: &Path) -> bool {
    File::open(folder).is_ok_and(|open| open.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        (folder, path)
    }

    fn write(folder: &mut NewFolder, name: &str) -> [u8; 32] {
        let written = folder
            .file(Path::new(name), 3, |out| out.write_all(b"abc").map_err(FileError::unwritable));
        written.unwrap()
    }

    #[test]
    fn a_folder_is_there_whole_or_not_at_all() {
        let (outer, path) = in_folder();
        let mut folder = NewFolder::begin(&path).unwrap();
        folder.folder("files").unwrap();
        // SHA-256 of abc (FIPS 180-4, example).
        assert_eq!(write(&mut folder, "files/a")[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert!(!path.exists());
        drop(folder);
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 0);
        let mut folder = NewFolder::begin(&path).unwrap();
        write(&mut folder, "a");
        folder.finish().unwrap();
        assert_eq!(fs::read(path.join("a")).unwrap(), b"abc");
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_there_or_appears_meanwhile_is_left_alone() {
        let (outer, path) = in_folder();
        let mut folder = NewFolder::begin(&path).unwrap();
        write(&mut folder, "a");
        fs::write(&path, b"theirs").unwrap();
        assert_eq!(NewFolder::begin(&path).unwrap_err(), FileError::Exists);
        assert_eq!(folder.finish().unwrap_err(), FileError::Exists);
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1);
        assert_eq!(NewFolder::begin(Path::new("/")).unwrap_err(), FileError::Exists);
        assert_eq!(NewFolder::begin(Path::new("..")).unwrap_err(), FileError::Exists);
    }

    #[test]
    fn room_is_given_back() {
        let (_outer, path) = in_folder();
        let mut folder = NewFolder::begin(&path).unwrap();
        let length = |folder: &NewFolder| fs::metadata(folder.fresh.join(ROOM)).unwrap().len();
        folder.take_room([3, 10_000].into_iter()).unwrap();
        assert_eq!(length(&folder), 10_003 + 4 * BLOCK);
        assert!(fs::read(folder.fresh.join(ROOM)).unwrap().iter().all(|byte| *byte == 0));
        write(&mut folder, "a");
        assert_eq!(length(&folder), 10_000 + 2 * BLOCK);
        let larger = folder.file(Path::new("b"), u64::MAX, |_| Ok::<_, FileError>(()));
        assert!(larger.is_ok());
        assert_eq!(length(&folder), 0);
        folder.finish().unwrap();
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let (_outer, path) = in_folder();
        let mut folder = NewFolder::begin(&path).unwrap();
        folder.folder("files").unwrap();
        write(&mut folder, "files/a");
        folder.finish().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join("files"))), (0o700, 0o700));
        assert_eq!(mode(&path.join("files/a")), 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn what_an_ended_process_left_is_removed() {
        let (outer, path) = in_folder();
        let left = outer.path().join("out.1.part");
        let busy = outer.path().join("out.2.part");
        for folder in [&left, &busy] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("a"), b"half").unwrap();
        }
        let held = File::open(&busy).unwrap();
        held.lock().unwrap();
        drop(NewFolder::begin(&path).unwrap());
        assert!(!left.exists() && busy.exists());
        drop(held);
        drop(NewFolder::begin(&path).unwrap());
        assert!(!busy.exists());
    }
}
