//! Files inside a resource: out when it is taken in, back when it is given out.
//!
//! A file is durable before the row that names it. Should the row never be committed, the file is
//! unlinked here, or, where nobody can tell whether it was committed, at the next unlock.

use std::io::{self, Read, Write};
use std::ops::Deref;

use zeroize::Zeroizing;

use crate::audit::AuditKind;
use crate::codec::Buffer;
use crate::error::Error;
use crate::host::{CancelToken, ProgressListener, Timestamp};
use crate::record::inline::{LEAST_INLINE, cut, find, put_back};
use crate::record::{Limits, RecordId, Text};
use crate::session::attachments::document::{HEAD, default_name, guess};
use crate::session::work::Work;
use crate::vault::attachments::folder::{Folder, Written};
use crate::vault::attachments::meta::Meta;
use crate::vault::attachments::read::Reader;
use crate::vault::attachments::write::fill;
use crate::vault::attachments::{AttachmentError, AttachmentId};
use crate::vault::body::{Content, Cut};
use crate::vault::{Change, Draft, Vault, VaultError};

/// Files that are written and that no committed row names yet; dropped, they are unlinked.
#[derive(Debug)]
pub(in crate::session) struct NewFiles {
    folder: Folder,
    written: Vec<AttachmentId>,
    /// Those that have no row in the transaction either.
    waiting: Vec<(AttachmentId, Meta)>,
}

impl NewFiles {
    /// Begins without any.
    pub(in crate::session) const fn new(folder: Folder) -> Self {
        Self { folder, written: Vec::new(), waiting: Vec::new() }
    }

    /// Gives the folder they are in.
    pub(in crate::session) const fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Seals a source into a new file.
    ///
    /// # Errors
    /// As [`Folder::write`].
    pub(super) fn write(
        &mut self,
        source: &mut dyn Read,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Written, AttachmentError> {
        let written = self.folder.write(source, progress, cancel)?;
        self.written.push(written.id);
        Ok(written)
    }

    /// Lets a file wait for its row.
    pub(super) fn wait(&mut self, id: AttachmentId, meta: Meta) {
        self.waiting.push((id, meta));
    }

    /// Moves the long files of a resource out; gives what is left of its text, and the cuts.
    ///
    /// What says of itself that it is text stays where it is: it is searched.
    ///
    /// # Errors
    /// [`crate::record::RecordError`] when it is no JSON; as [`Folder::write`].
    pub(in crate::session) fn move_out<'a>(
        &mut self,
        json: &'a str,
        record: RecordId,
        at: Timestamp,
    ) -> Result<(Stored<'a>, Vec<Cut>), Error> {
        let mut files = find(json, LEAST_INLINE, Limits::default().depth)?;
        let is_text = |text: &Text| text.as_str().starts_with("text/");
        files.retain(|file| !file.media_type.as_ref().is_some_and(is_text));
        if files.is_empty() {
            return Ok((Stored::Whole(json), Vec::new()));
        }
        let (rest, places) = cut(json, &files);
        let mut cuts = Vec::with_capacity(files.len());
        for (file, place) in files.iter().zip(places) {
            let mut head = Zeroizing::new([0; HEAD]);
            let length = fill(&mut file.bytes(json), &mut *head)?;
            let guessed = guess(head.get(..length).unwrap_or_default());
            let said = Meta::media_type(file.media_type.as_ref().map_or("", Text::as_str));
            let media_type = if said.as_str().is_empty() { Text::from(guessed) } else { said };
            let title = Meta::name(file.title.as_ref().map_or("", Text::as_str));
            let name =
                if title.as_str().is_empty() { default_name(media_type.as_str()) } else { title };
            let quiet = |_: u64, _: Option<u64>| {};
            // One resource is bounded: who cancels an import is heard before the next one.
            let never = CancelToken::new();
            let Written { id, key, size, address } =
                self.write(&mut file.bytes(json), &quiet, &never)?;
            let locators = Vec::new();
            self.wait(id, Meta { record, key, size, address, name, media_type, at, locators });
            cuts.push(Cut { place, attachment: id });
        }
        Ok((Stored::Rest(rest), cuts))
    }

    /// Leaves the files alone, to be called right before the commit: after one that failed, only
    /// the next unlock can tell whether their rows are there.
    pub(in crate::session) fn keep(mut self) {
        self.written.clear();
    }
}

impl Drop for NewFiles {
    fn drop(&mut self) {
        for id in &self.written {
            // What cannot be unlinked now is swept at the next unlock.
            let _ = self.folder.remove(*id);
        }
    }
}

/// The text of a resource as it is stored.
pub(in crate::session) enum Stored<'a> {
    Whole(&'a str),
    Rest(Zeroizing<String>),
}

impl Deref for Stored<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Whole(text) => text,
            Self::Rest(text) => text,
        }
    }
}

impl Work<'_> {
    /// Appends a version, and the files that were moved out of it; each with its entry.
    ///
    /// # Errors
    /// [`VaultError::Db`]; [`VaultError::Randomness`].
    pub(in crate::session) fn append_with_files(
        &mut self,
        vault: &Vault,
        change: &mut Change,
        kind: AuditKind,
        draft: Draft<'_>,
        files: &mut NewFiles,
    ) -> Result<usize, Error> {
        let at = self.append(vault, change, kind, draft)?;
        let bucket = change.entry(at).ok_or(VaultError::Damaged)?.place.bucket;
        self.attach(vault, change, bucket, files)?;
        Ok(at)
    }

    /// Writes the rows of the files that wait for them, and an entry for each.
    ///
    /// # Errors
    /// [`VaultError::Db`]; [`VaultError::Randomness`].
    pub(super) fn attach(
        &mut self,
        vault: &Vault,
        change: &mut Change,
        bucket: u8,
        files: &mut NewFiles,
    ) -> Result<(), Error> {
        for (id, meta) in files.waiting.drain(..) {
            let entry = self.entry(AuditKind::Attached).with_id(meta.record);
            let entry = entry.with_id(*id.as_bytes()).with_hash(*meta.address.as_bytes());
            vault.attach(&mut self.txn, change, (id, bucket), meta)?;
            self.note(&entry)?;
        }
        Ok(())
    }
}

/// Finds the files that were cut out of contents.
pub(in crate::session) struct Files<'a> {
    pub(in crate::session) folder: &'a Folder,
    pub(in crate::session) vault: &'a Vault,
    /// The transaction that may have written some of them.
    pub(in crate::session) change: Option<&'a Change>,
}

impl Files<'_> {
    /// Gives the whole resource, byte for byte as it came; `None` when nothing was cut out of it.
    ///
    /// # Errors
    /// [`AttachmentError::Damaged`], [`AttachmentError::Missing`] of a file that was cut out.
    pub(in crate::session) fn whole(
        &self,
        content: &Content,
    ) -> Result<Option<Buffer>, AttachmentError> {
        if content.cuts.is_empty() {
            return Ok(None);
        }
        let mut length = content.resource().len();
        for cut in &content.cuts {
            let size = usize::try_from(self.open(cut.attachment)?.size()).unwrap_or(usize::MAX);
            length = length.saturating_add(size.div_ceil(3).saturating_mul(4));
        }
        // A resource tells its size in 32 bits.
        if u32::try_from(length).is_err() {
            return Err(AttachmentError::Damaged);
        }
        let mut out = Memory(Buffer::with_capacity(length));
        self.write(content, &mut out)?;
        Ok(Some(out.0))
    }

    /// Writes the whole resource, byte for byte as it came, and holds a piece of it at a time.
    ///
    /// # Errors
    /// [`AttachmentError::Output`] of `out`; as [`Files::whole`].
    pub(in crate::session) fn write(
        &self,
        content: &Content,
        out: &mut dyn Write,
    ) -> Result<(), AttachmentError> {
        let rest = content.text().map_err(|_| AttachmentError::Damaged)?;
        let places: Vec<usize> = content.cuts.iter().map(|cut| cut.place).collect();
        let put = put_back(rest, &places, out, |number, text| {
            let cut = content.cuts.get(number).ok_or(AttachmentError::Damaged).map_err(Failure)?;
            let mut reader = self.open(cut.attachment).map_err(Failure)?;
            let size = reader.size();
            reader.copy(0..size, text, &|_, _| {}, &CancelToken::new()).map_err(Failure)?;
            Ok(())
        });
        put.map_err(|Failure(error)| error)
    }

    /// Reads every file that was cut out of a content, and gives nothing.
    ///
    /// # Errors
    /// As [`Files::whole`].
    pub(in crate::session) fn check(&self, content: &Content) -> Result<(), AttachmentError> {
        let check = |cut: &Cut| self.open(cut.attachment)?.check(&|_, _| {}, &CancelToken::new());
        content.cuts.iter().try_for_each(check)
    }

    fn open(&self, id: AttachmentId) -> Result<Reader, AttachmentError> {
        let kept = self.vault.attachment(id).or_else(|| self.change?.attachment(id));
        self.folder.open(id, &kept.ok_or(AttachmentError::Damaged)?.meta)
    }
}

/// Why a resource was not put together; an error of writing is the output's.
struct Failure(AttachmentError);

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self(AttachmentError::Output { kind: error.kind() })
    }
}

/// Takes what is written into memory that is wiped.
struct Memory(Buffer);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
