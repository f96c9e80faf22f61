//! The folder of the sealed files, each under the name of its id.

use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::host::{CancelToken, ProgressListener};
use crate::keys::Secret;
use crate::vault::attachments::file::{CHUNK_LOG2, Header};
use crate::vault::attachments::meta::Meta;
use crate::vault::attachments::read::Reader;
use crate::vault::attachments::write::seal;
use crate::vault::attachments::{
    AttachmentError, AttachmentId, ContentAddress, LARGEST_ATTACHMENT,
};

/// Where the sealed files are. Nobody else writes there: the home is claimed.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

/// A file that is whole and durable, and that no row names yet.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) id: AttachmentId,
    pub(crate) key: Secret<32>,
    /// Bytes without padding.
    pub(crate) size: u64,
    pub(crate) address: ContentAddress,
}

impl Folder {
    /// Takes the folder inside a home; it need not exist yet.
    pub(crate) fn of(home: &Path) -> Self {
        Self(home.join("attachments"))
    }

    /// Seals all of `source` into a new file, under an id and a key of its own. `progress` hears
    /// the bytes read so far.
    ///
    /// # Errors
    /// [`AttachmentError::TooLarge`], [`AttachmentError::Read`], [`AttachmentError::Cancelled`],
    /// [`AttachmentError::StorageFull`], [`AttachmentError::Storage`],
    /// [`AttachmentError::Randomness`]. After each, nothing is left behind.
    pub(crate) fn write(
        &self,
        source: &mut dyn Read,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Written, AttachmentError> {
        let (id, key) = (AttachmentId::generate()?, Secret::generate()?);
        let header = Header::generate(CHUNK_LOG2)?;
        self.write_as((id, key, header), source, LARGEST_ATTACHMENT, progress, cancel)
    }

    /// Opens the file that `meta` describes.
    ///
    /// # Errors
    /// [`AttachmentError::Missing`]; [`AttachmentError::Damaged`]; [`AttachmentError::Storage`].
    pub(crate) fn open(&self, id: AttachmentId, meta: &Meta) -> Result<Reader, AttachmentError> {
        Reader::new(self.sealed(id)?, id, meta)
    }

    /// Opens a file as it is, sealed, for a backup.
    ///
    /// # Errors
    /// [`AttachmentError::Missing`]; [`AttachmentError::Damaged`] when it is no file;
    /// [`AttachmentError::Storage`].
    pub(crate) fn sealed(&self, id: AttachmentId) -> Result<File, AttachmentError> {
        let path = self.path(id);
        // A pipe put in the place of a file would hold the wallet up.
        match path.symlink_metadata() {
            Ok(found) if !found.is_file() => return Err(AttachmentError::Damaged),
            Ok(_) => {}
            Err(error) => return Err(missing(error)),
        }
        File::open(path).map_err(missing)
    }

    /// Takes in the sealed bytes of a file that another home had, under the id it had there, and
    /// gives their address: it is for the caller to compare it with the one that the row names.
    ///
    /// # Errors
    /// What `write` gives; [`AttachmentError::Storage`] when there is a file of this id. After
    /// each, nothing is left behind.
    pub(crate) fn receive<E: From<AttachmentError>>(
        &self,
        id: AttachmentId,
        write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<ContentAddress, E> {
        self.make(id, |file| {
            let mut hashed = Hashed::new(file);
            write(&mut hashed)?;
            Ok(hashed.address())
        })
    }

    /// Moves a received file here, in the place of one of the same id.
    ///
    /// # Errors
    /// [`AttachmentError::Storage`].
    pub(crate) fn take(&self, from: &Self, id: AttachmentId) -> Result<(), AttachmentError> {
        self.create()?;
        Ok(std::fs::rename(from.path(id), self.path(id))?)
    }

    /// Unlinks a file, durably; one that is gone already is no error.
    ///
    /// # Errors
    /// [`AttachmentError::Storage`].
    pub(crate) fn remove(&self, id: AttachmentId) -> Result<(), AttachmentError> {
        match std::fs::remove_file(self.path(id)) {
            Ok(()) => self.sync(),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Unlinks what was left behind: every file whose id is not known, every unfinished one. What
    /// has another name is nobody's business here. Gives the number of files it unlinked.
    ///
    /// # Errors
    /// [`AttachmentError::Storage`].
    pub(crate) fn sweep(
        &self,
        known: impl Fn(&AttachmentId) -> bool,
    ) -> Result<usize, AttachmentError> {
        let mut swept = 0;
        let mut failed = None;
        for name in self.names()? {
            if matches!(name, Name::Draft(_)) || matches!(name, Name::File(id) if !known(&id)) {
                // One that stays does not keep the others.
                match std::fs::remove_file(self.0.join(name.text())) {
                    Ok(()) => swept += 1,
                    Err(error) => failed = Some(error),
                }
            }
        }
        if swept > 0 {
            self.sync()?;
        }
        failed.map_or(Ok(swept), |error| Err(error.into()))
    }

    /// Unlinks every file, and the folder unless somebody else has put something into it.
    ///
    /// # Errors
    /// [`AttachmentError::Storage`].
    pub(crate) fn remove_all(&self) -> Result<(), AttachmentError> {
        self.sweep(|_| false)?;
        match std::fs::remove_dir(&self.0) {
            Err(error)
                if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) =>
            {
                Err(error.into())
            }
            _ => Ok(()),
        }
    }

    /// Gives the ids of all files, in no order.
    ///
    /// # Errors
    /// [`AttachmentError::Storage`].
    pub(crate) fn ids(&self) -> Result<Vec<AttachmentId>, AttachmentError> {
        let ids = self.names()?.into_iter().filter_map(|name| match name {
            Name::File(id) => Some(id),
            Name::Draft(_) => None,
        });
        Ok(ids.collect())
    }

    /// As [`Folder::write`], under an id, a key and a header that were drawn before.
    pub(super) fn write_as(
        &self,
        (id, key, header): (AttachmentId, Secret<32>, Header),
        source: &mut dyn Read,
        limit: u64,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Written, AttachmentError> {
        let (size, address) =
            self.make(id, |file| seal((id, &key, header), source, file, limit, progress, cancel))?;
        Ok(Written { id, key, size, address })
    }

    /// Makes a file that appears whole and durable under its id, or not at all.
    fn make<T, E: From<AttachmentError>>(
        &self,
        id: AttachmentId,
        write: impl FnOnce(&mut File) -> Result<T, E>,
    ) -> Result<T, E> {
        self.create()?;
        let path = self.path(id);
        if path.symlink_metadata().is_ok() {
            return Err(AttachmentError::Storage { kind: ErrorKind::AlreadyExists }.into());
        }
        let draft = self.0.join(Name::Draft(id).text());
        let made = build(&draft, write).and_then(|made| {
            let renamed = std::fs::rename(&draft, &path).map_err(AttachmentError::from);
            renamed.and_then(|()| self.sync())?;
            Ok(made)
        });
        if made.is_err() {
            // What cannot be unlinked now is swept at the next open.
            let _ = std::fs::remove_file(draft);
            let _ = std::fs::remove_file(path);
        }
        made
    }

    /// Makes the folder where there is none, for its owner only.
    fn create(&self) -> Result<(), AttachmentError> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(&self.0) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
            // Even when it was there: whoever made it may have been stopped before this.
            _ => Ok(File::open(self.0.parent().unwrap_or(&self.0))?.sync_all()?),
        }
    }

    /// Makes the names in the folder durable.
    ///
    /// # Errors
    /// [`AttachmentError::Storage`].
    pub(crate) fn sync(&self) -> Result<(), AttachmentError> {
        Ok(File::open(&self.0)?.sync_all()?)
    }

    fn names(&self) -> Result<Vec<Name>, AttachmentError> {
        let entries = match std::fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry?.file_name().to_str().and_then(Name::parse));
        }
        Ok(names)
    }

    fn path(&self, id: AttachmentId) -> PathBuf {
        self.0.join(Name::File(id).text())
    }
}

/// Passes bytes on and hashes them.
pub(crate) struct Hashed<'a> {
    out: &'a mut dyn Write,
    hash: Sha256,
}

impl<'a> Hashed<'a> {
    /// Begins.
    pub(crate) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, hash: Sha256::new() }
    }

    /// Gives the address of what passed.
    pub(crate) fn address(self) -> ContentAddress {
        ContentAddress::from_bytes(self.hash.finalize().into())
    }
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// The name of a file in the folder.
#[derive(Clone, Copy)]
enum Name {
    File(AttachmentId),
    /// Not whole yet.
    Draft(AttachmentId),
}

impl Name {
    fn parse(name: &str) -> Option<Self> {
        match name.strip_suffix(DRAFT) {
            Some(id) => id.parse().ok().map(Self::Draft),
            None => name.parse().ok().map(Self::File),
        }
    }

    fn text(self) -> String {
        match self {
            Self::File(id) => id.to_string(),
            Self::Draft(id) => id.to_string() + DRAFT,
        }
    }
}

/// Makes a file for its owner only, and what it holds durable.
fn build<T, E: From<AttachmentError>>(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<T, E>,
) -> Result<T, E> {
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(AttachmentError::from)?;
    let made = write(&mut file)?;
    file.sync_all().map_err(AttachmentError::from)?;
    Ok(made)
}

fn missing(error: std::io::Error) -> AttachmentError {
    match error.kind() {
        ErrorKind::NotFound => AttachmentError::Missing,
        _ => error.into(),
    }
}

const DRAFT: &str = ".new";
