//! Files that belong to records: pictures, PDF, DICOM, of any size, as opaque bytes.
//!
//! A file that belongs to no record yet gets one of its own, which shares its fate: erased
//! together, found together. Bytes: docs/formats.md 4.

mod document;
pub(in crate::session) mod inline;

use std::fmt;
use std::io::Read;
use std::ops::Range;

use zeroize::Zeroizing;

use crate::audit::{Actor, AuditEntry, AuditKind};
use crate::error::{Error, WalletError};
use crate::file::Output;
use crate::host::{CancelToken, ProgressListener, Timestamp};
use crate::order;
use crate::record::{RecordError, RecordId, Text};
use crate::session::attachments::document::{HEAD, document, guess};
use crate::session::attachments::inline::NewFiles;
use crate::session::changes::{subject, version_by_patient};
use crate::session::{Open, Session};
use crate::vault::attachments::folder::Written;
use crate::vault::attachments::meta::Meta;
use crate::vault::attachments::write::fill;
use crate::vault::attachments::{AttachmentError, AttachmentId, ContentAddress};
use crate::vault::{Draft, VaultError};

/// A file that belongs to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Names the attachment for good.
    pub id: AttachmentId,
    /// The record it belongs to.
    pub record: RecordId,
    /// Its name, at most 120 characters on one line.
    pub name: Text,
    /// Its media type, as whoever attached it said, or as its first bytes do.
    pub media_type: Text,
    /// Bytes of the file.
    pub size: u64,
    /// Where the sealed file can be found by its content.
    pub address: ContentAddress,
    /// When it was attached.
    pub at: Timestamp,
}

impl Attachment {
    pub(in crate::session) fn of(id: AttachmentId, meta: &Meta) -> Self {
        Self {
            id,
            record: meta.record,
            name: meta.name.clone(),
            media_type: meta.media_type.clone(),
            size: meta.size,
            address: meta.address,
            at: meta.at,
        }
    }
}

/// What is said of a file that is to be attached.
#[derive(Clone)]
pub struct NewAttachment {
    name: Text,
    media_type: Option<Text>,
    to: Option<RecordId>,
}

impl NewAttachment {
    /// Begins with the name, of which one line of 120 characters is kept.
    ///
    /// # Errors
    /// [`RecordError::InvalidEntry`] when nothing is left of it.
    pub fn new(name: &str) -> Result<Self, RecordError> {
        let name = Meta::name(name);
        if name.as_str().is_empty() {
            return Err(RecordError::InvalidEntry);
        }
        Ok(Self { name, media_type: None, to: None })
    }

    /// Adds the media type; without one, the first bytes of the file tell.
    ///
    /// # Errors
    /// [`RecordError::InvalidEntry`] when it is none, or longer than 80 characters.
    pub fn of_type(self, media_type: Option<&str>) -> Result<Self, RecordError> {
        match media_type {
            Some(given) if !is_media_type(given) => Err(RecordError::InvalidEntry),
            given => Ok(Self { media_type: given.map(Text::from), ..self }),
        }
    }

    /// Adds the record it belongs to; without one, it gets a `DocumentReference` of its own.
    #[must_use]
    pub fn to(self, record: Option<RecordId>) -> Self {
        Self { to: record, ..self }
    }
}

impl fmt::Debug for NewAttachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAttachment").field("to", &self.to).finish_non_exhaustive()
    }
}

impl Session {
    /// Attaches a file, in constant memory.
    ///
    /// `progress` hears the bytes read so far.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is no such record; [`AttachmentError::TooLarge`],
    /// [`AttachmentError::Read`], [`AttachmentError::Cancelled`], [`AttachmentError::Storage`],
    /// [`AttachmentError::StorageFull`]; [`VaultError::Db`]. Nothing was attached then.
    pub fn attach(
        &mut self,
        source: &mut dyn Read,
        new: &NewAttachment,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Attachment, Error> {
        let at = self.host.clock.now();
        let attached = self.writable()?.attach(source, new, at, progress, cancel);
        // Work counts as presence: a long one must not lock the wallet at its end.
        self.touch();
        attached
    }

    /// Gives the attachments of a record, in the order they were attached.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; as [`Session::find`].
    pub fn attachments(&mut self, record: RecordId) -> Result<Vec<Attachment>, Error> {
        let (_, vault) = self.open()?.records()?;
        vault.index().current(record).ok_or(VaultError::NotFound)?;
        let of_record = vault.attachments().filter(|(_, kept)| kept.meta.record == record);
        let mut found: Vec<_> =
            of_record.map(|(id, kept)| Attachment::of(*id, &kept.meta)).collect();
        order::sort_by_key(&mut found, |attachment| (attachment.at, attachment.id));
        Ok(found)
    }

    /// Describes an attachment.
    ///
    /// # Errors
    /// [`AttachmentError::NotFound`]; as [`Session::find`].
    pub fn attachment(&mut self, id: AttachmentId) -> Result<Attachment, Error> {
        let (_, vault) = self.open()?.records()?;
        let kept = vault.attachment(id).ok_or(AttachmentError::NotFound)?;
        Ok(Attachment::of(id, &kept.meta))
    }

    /// Gives the attachment whose id starts with some hex digits.
    ///
    /// # Errors
    /// [`AttachmentError::NotFound`]; [`WalletError::AmbiguousId`]; as [`Session::find`].
    pub fn resolve_attachment(&mut self, digits: &str) -> Result<AttachmentId, Error> {
        let (_, vault) = self.open()?.records()?;
        let starts = |id: &&AttachmentId| id.to_string().starts_with(digits);
        let mut found = vault.attachments().map(|(id, _)| id).filter(starts);
        match (found.next(), found.next()) {
            (Some(id), None) if !digits.is_empty() => Ok(*id),
            (Some(_), Some(_)) => Err(WalletError::AmbiguousId.into()),
            _ => Err(AttachmentError::NotFound.into()),
        }
    }

    /// Reads bytes of an attachment from a place on; fewer than `out` has room for only at its end.
    ///
    /// Every byte was checked before it is given. What is read lies in the app's memory and leaves
    /// no entry in the log.
    ///
    /// # Errors
    /// [`AttachmentError::NotFound`]; [`AttachmentError::Damaged`]; [`AttachmentError::Missing`];
    /// [`AttachmentError::Storage`]; as [`Session::find`].
    pub fn read_attachment(
        &mut self,
        id: AttachmentId,
        offset: u64,
        out: &mut [u8],
    ) -> Result<usize, Error> {
        let open = self.open()?;
        let files = open.files();
        let (_, vault) = open.records()?;
        let kept = vault.attachment(id).ok_or(AttachmentError::NotFound)?;
        Ok(files.open(id, &kept.meta)?.read_at(offset, out)?)
    }

    /// Writes an attachment out, or those bytes of it that are in a range; gives their number.
    ///
    /// That it was saved is in the log before the first byte leaves.
    ///
    /// # Errors
    /// [`AttachmentError::Output`] when `out` refuses; [`AttachmentError::Cancelled`]; as
    /// [`Session::read_attachment`]; [`crate::file::FileError`] when it is a file that cannot take
    /// its name. What was written to another output before stays written.
    pub fn save_attachment(
        &mut self,
        id: AttachmentId,
        range: Option<Range<u64>>,
        mut out: impl Output,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<u64, Error> {
        let at = self.host.clock.now();
        let open = self.open()?;
        let files = open.files();
        let (_, vault) = open.records()?;
        let meta = &vault.attachment(id).ok_or(AttachmentError::NotFound)?.meta;
        let entry = AuditEntry::new(at, AuditKind::AttachmentSaved, Actor::Patient);
        let entry = entry.with_id(meta.record).with_id(*id.as_bytes());
        let entry = entry.with_hash(*meta.address.as_bytes());
        let mut reader = files.open(id, meta)?;
        if !open.held.read_only {
            open.note(entry)?;
        }
        let range = range.unwrap_or_else(|| 0..reader.size());
        let written = reader.copy(range, &mut out, progress, cancel);
        self.touch();
        let written = written?;
        out.finish()?;
        Ok(written)
    }
}

impl Open {
    /// Writes the file, then, in one transaction, its row and the record that it may need.
    fn attach(
        &mut self,
        source: &mut dyn Read,
        new: &NewAttachment,
        at: Timestamp,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Attachment, Error> {
        let mut files = NewFiles::new(self.files());
        let (_, vault) = self.records()?;
        let owner = match new.to {
            Some(id) => Some(vault.index().current(id).ok_or(VaultError::NotFound)?.place.bucket),
            None => None,
        };
        let record = new.to.map_or_else(RecordId::generate, Ok)?;
        let mut head = Zeroizing::new([0; HEAD]);
        let length = fill(source, &mut *head)?;
        let head = head.get(..length).unwrap_or_default();
        let media_type = new.media_type.clone().unwrap_or_else(|| Text::from(guess(head)));
        let Written { id, key, size, address } =
            files.write(&mut head.chain(source), progress, cancel)?;
        let (name, locators) = (new.name.clone(), Vec::new());
        let meta = Meta { record, key, size, address, name, media_type, at, locators };
        let attached = Attachment::of(id, &meta);
        let subject = subject(vault);
        let json = owner.is_none().then(|| document(id, &meta, subject.as_ref()));
        files.wait(id, meta);
        let (mut work, vault, mut change) = self.change(at)?;
        if let Some(bucket) = owner {
            work.attach(vault, &mut change, bucket, &mut files)?;
        }
        if let Some(json) = json {
            let version = version_by_patient(&json, record, at)?;
            let (resource, cuts) = (json.as_bytes(), Vec::new());
            let draft = Draft { version, bucket: None, reason: "", full_url: "", resource, cuts };
            work.append_with_files(vault, &mut change, AuditKind::Added, draft, &mut files)?;
        }
        let ready = work.seal(change.rows.clone())?;
        files.keep();
        let done = ready.commit()?;
        self.adopt(done, Some(change))?;
        Ok(attached)
    }
}

/// Tells whether a text is a media type, with or without parameters (RFC 2045 5.1, roughly).
fn is_media_type(text: &str) -> bool {
    let is_token = |part: &str| {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        !part.is_empty() && part.bytes().all(is_token)
    };
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    text.len() <= LONGEST_MEDIA_TYPE
        && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && essence
            .split_once('/')
            .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

const LONGEST_MEDIA_TYPE: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_file_is_bounded() {
        for name in ["", " \n", "\u{200b}"] {
            assert_eq!(NewAttachment::new(name).err(), Some(RecordError::InvalidEntry), "{name:?}");
        }
        let long = NewAttachment::new(&"ä".repeat(500)).unwrap();
        assert_eq!(long.name.as_str().chars().count(), 120);
        assert_eq!(NewAttachment::new("a\n\u{1b}[2Jb").unwrap().name.as_str(), "a [2Jb");
    }

    #[test]
    fn only_media_types_are_taken_for_one() {
        let typed = |given: &str| NewAttachment::new("x").unwrap().of_type(Some(given));
        let longest = format!("image/{}", "x".repeat(74));
        for good in ["image/jpeg", "text/plain; charset=utf-8", "image/svg+xml", &longest] {
            assert_eq!(typed(good).unwrap().media_type.unwrap().as_str(), good);
        }
        let longer = format!("image/{}", "x".repeat(75));
        let wrong = ["", "image", "/jpeg", "image/", "image/jp eg", "image/j\n", "ä/b", &longer];
        for wrong in wrong {
            assert_eq!(typed(wrong).err(), Some(RecordError::InvalidEntry), "{wrong:?}");
        }
    }

    #[test]
    fn debug_shows_neither_name_nor_type() {
        let new = NewAttachment::new("HIV.pdf").unwrap().of_type(Some("text/secret")).unwrap();
        let shown = format!("{new:?}");
        assert!(!shown.contains("HIV") && !shown.contains("secret"), "{shown}");
    }
}
