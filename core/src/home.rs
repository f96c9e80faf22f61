//! The folder a wallet lives in: its files, and the lock that keeps a second process out.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::db::Db;
use crate::error::{Error, WalletError};
use crate::host::{Keystore, Timestamp};
use crate::vault::attachments::folder::Folder;
use crate::vault::founding::{ERASING, draft_destroyed};

/// Where a wallet's files are.
#[derive(Clone, Debug)]
pub(crate) struct Home(PathBuf);

impl Home {
    /// Takes a folder, which need not exist yet.
    pub(crate) fn new(folder: &Path) -> Self {
        Self(folder.to_path_buf())
    }

    /// Gives the folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// Gives the path of the vault.
    pub(crate) fn vault(&self) -> PathBuf {
        self.0.join("vault.db")
    }

    /// Gives the path of a file that is gone when the work that needs it ends.
    pub(crate) fn temporary(&self, work: &str) -> PathBuf {
        self.0.join(work).with_extension("new")
    }

    /// Gives a folder that is gone when the work that needs it ends.
    pub(crate) fn staging(&self) -> Self {
        Self(self.0.join("vault.restore"))
    }

    /// Removes what work that was stopped has left behind, and nothing that is not the wallet's.
    ///
    /// # Errors
    /// [`WalletError::Home`].
    pub(crate) fn clean(&self) -> Result<(), WalletError> {
        for work in TEMPORARY {
            Db::remove(&self.temporary(work)).map_err(|_| io::Error::from(ErrorKind::Other))?;
        }
        let staging = self.staging();
        Folder::of(&staging.0).remove_all().map_err(|_| io::Error::from(ErrorKind::Other))?;
        Ok(remove_folder(&staging.0)?)
    }

    /// Puts a restored vault in the place of the one that is there, if one is; `keep` asks for a
    /// copy of that one beside it, and says what time it is. The vault that is there must be closed.
    ///
    /// # Errors
    /// [`WalletError::Home`].
    pub(crate) fn put_in_place(&self, keep: Option<Timestamp>) -> Result<(), WalletError> {
        let log = self.0.join("vault.db-wal");
        if let Some(at) = keep {
            let name = |time: &u64| self.0.join(format!("{KEPT}{time}"));
            // One copy never takes another's place.
            let is_free = |time: &u64| name(time).symlink_metadata().is_err();
            let time = (at.unix()..)
                .find(is_free)
                .ok_or_else(|| io::Error::from(ErrorKind::AlreadyExists))?;
            // Copies, because not every phone lets an app link files.
            keep_aside(&self.vault(), &name(&time))?;
            keep_aside(&log, &self.0.join(format!("{KEPT}{time}-wal")))?;
        }
        // SQLite would take a log that was left behind for the new vault's own. There is one only
        // where the old vault could not be opened, and then it is kept.
        remove(&log)?;
        self.sync()?;
        Ok(std::fs::rename(self.temporary("vault"), self.vault())?)
    }

    /// Puts the file of a destroyed vault in the place of one that lets nobody write.
    ///
    /// # Errors
    /// [`WalletError::Home`].
    pub(crate) fn put_destroyed(&self) -> Result<(), Error> {
        draft_destroyed(&self.temporary("vault"))?;
        Ok(self.put_in_place(None)?)
    }

    /// Notes that another file of this wallet may come back, whose attachments are here: until an
    /// erasure they stay.
    ///
    /// # Errors
    /// [`WalletError::Home`].
    pub(crate) fn expect_another(&self, at: Timestamp) -> Result<(), WalletError> {
        let mark = self.0.join(format!("{KEPT}{}", at.unix()));
        match File::options().create_new(true).write(true).open(mark) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
            _ => Ok(self.sync()?),
        }
    }

    /// Tells whether a restoration has kept a vault that it replaced.
    pub(crate) fn keeps_a_vault(&self) -> bool {
        // What cannot be listed may hold one.
        self.kept().is_none_or(|kept| !kept.is_empty())
    }

    /// Removes the vaults that restorations have kept.
    ///
    /// # Errors
    /// [`WalletError::Home`].
    pub(crate) fn remove_kept(&self) -> Result<(), WalletError> {
        for path in self.kept().ok_or_else(|| io::Error::from(ErrorKind::Other))? {
            remove(&path)?;
        }
        Ok(())
    }

    fn kept(&self) -> Option<Vec<PathBuf>> {
        let mut kept = Vec::new();
        for entry in std::fs::read_dir(&self.0).ok()? {
            let entry = entry.ok()?;
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(KEPT)) {
                kept.push(entry.path());
            }
        }
        Some(kept)
    }

    /// Makes the names in the folder durable.
    ///
    /// # Errors
    /// [`WalletError::Home`].
    pub(crate) fn sync(&self) -> Result<(), WalletError> {
        Ok(File::open(&self.0)?.sync_all()?)
    }

    /// Makes the folder, for its owner only.
    ///
    /// # Errors
    /// [`WalletError::Home`].
    pub(crate) fn make(&self) -> Result<(), WalletError> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        Ok(builder.create(&self.0)?)
    }

    /// Tells whether a vault is there, or a part of one: SQLite would take a log that was left
    /// behind for the new vault's own.
    pub(crate) fn has_vault(&self) -> bool {
        ["vault.db", "vault.db-wal"].iter().any(|name| self.0.join(name).symlink_metadata().is_ok())
    }

    /// Makes the folder, for its owner only, and keeps every other process out.
    ///
    /// # Errors
    /// [`WalletError::Busy`]; [`WalletError::Home`].
    pub(crate) fn claim(&self) -> Result<Claim, WalletError> {
        self.make()?;
        let path = self.0.join("lock");
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Claim { home: self.clone(), _file: file }),
            Err(TryLockError::WouldBlock) => Err(WalletError::Busy),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Deletes what is left of a wallet whose keys are destroyed: keystore items, then files. The
    /// database goes last, so that a stop in between is seen and finished.
    ///
    /// # Errors
    /// The keystore's error; [`WalletError::Home`].
    pub(crate) fn finish_erasure(
        &self,
        items: &[String],
        keystore: &dyn Keystore,
    ) -> Result<(), Error> {
        for item in items {
            keystore.delete(item)?;
        }
        Folder::of(&self.0).remove_all()?;
        self.clean()?;
        self.remove_kept()?;
        for name in FILES {
            remove(&self.0.join(name)).map_err(WalletError::from)?;
        }
        self.sync()?;
        Ok(keystore.delete(ERASING)?)
    }
}

/// Copies a file durably, where there is one that holds something; else there is no copy.
fn keep_aside(from: &Path, to: &Path) -> io::Result<()> {
    match from.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) if found.len() == 0 => return Ok(()),
        Ok(_) => {}
    }
    let copied = std::fs::copy(from, to).and_then(|_| File::open(to)?.sync_all());
    copied.inspect_err(|_| {
        // Half a copy is no copy; the original is where it was.
        let _ = remove(to);
    })
}

/// Removes an empty folder; what somebody else has put into one keeps it there.
fn remove_folder(path: &Path) -> io::Result<()> {
    match std::fs::remove_dir(path) {
        Err(error)
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) =>
        {
            Ok(())
        }
        other => other,
    }
}

/// Removes a file; one that is not there is no error.
fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The right of this process to a home; given back when dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    home: Home,
    _file: File,
}

impl Claim {
    /// Gives the home.
    pub(crate) const fn home(&self) -> &Home {
        &self.home
    }
}

/// Work that has a temporary file, by its name.
const TEMPORARY: [&str; 3] = ["vault", "backup", "unpacked"];

/// What a wallet consists of besides its attachments, the vault last.
const FILES: [&str; 2] = ["vault.db-wal", "vault.db"];
/// How the name of a vault begins that a restoration has replaced.
const KEPT: &str = "vault.replaced-";
