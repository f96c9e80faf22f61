//! The folder a wallet lives in: its files, and the lock that keeps a second process out.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::db::Db;
use crate::error::{Error, WalletError};
use crate::host::Keystore;
use crate::vault::attachments::folder::Folder;
use crate::vault::founding::ERASING;

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
        Self(self.0.join("restore"))
    }

    /// Removes what work that was stopped has left behind.
    ///
    /// # Errors
    /// [`WalletError::Home`].
    pub(crate) fn clean(&self) -> Result<(), WalletError> {
        for work in TEMPORARY {
            Db::remove(&self.temporary(work)).map_err(|_| io::Error::from(ErrorKind::Other))?;
        }
        match std::fs::remove_dir_all(&self.staging().0) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Puts a restored vault in the place of the one that is there, if one is; `keep` keeps a copy
    /// of that one beside it. The vault that is there must be closed.
    ///
    /// # Errors
    /// [`WalletError::Home`].
    pub(crate) fn put_in_place(&self, keep: bool) -> Result<(), WalletError> {
        let log = self.0.join("vault.db-wal");
        if keep {
            // Copies, because not every phone lets an app link files.
            keep_aside(&self.vault(), &self.0.join("vault.replaced"))?;
            keep_aside(&log, &self.0.join("vault.replaced-wal"))?;
        }
        // SQLite would take a log that was left behind for the new vault's own. There is one only
        // where the old vault could not be opened, and then it is kept.
        remove(&log)?;
        self.sync()?;
        Ok(std::fs::rename(self.temporary("vault"), self.vault())?)
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
        Folder::of(&self.0).sweep(|_| false)?;
        self.clean()?;
        match std::fs::remove_dir(self.0.join("attachments")) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(WalletError::from(error).into());
            }
            _ => {}
        }
        for name in FILES {
            remove(&self.0.join(name)).map_err(WalletError::from)?;
        }
        self.sync()?;
        Ok(keystore.delete(ERASING)?)
    }
}

/// Copies a file durably, where there is one that holds something; else there is no copy.
fn keep_aside(from: &Path, to: &Path) -> io::Result<()> {
    remove(to)?;
    if from.metadata().is_ok_and(|found| found.len() == 0) {
        return Ok(());
    }
    match std::fs::copy(from, to) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(_) => File::open(to)?.sync_all(),
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
const FILES: [&str; 4] = ["vault.replaced", "vault.replaced-wal", "vault.db-wal", "vault.db"];
