//! Attachments: large files of records, streamed from and to paths, or read in chunks.

use std::sync::Arc;

use patient_wallet::session;

use crate::error::{WalletError, refused};
use crate::host::{CancelToken, ProgressListener};
use crate::page::{page, part};
use crate::parse;
use crate::session::Session;

/// The most bytes of one chunk.
const LARGEST_CHUNK: u32 = 1024 * 1024;

/// A file of a record.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Attachment {
    /// Names the attachment for good.
    pub id: String,
    /// The record it belongs to.
    pub record: String,
    /// Its name, at most 120 characters on one line.
    pub name: String,
    /// Its media type, as whoever attached it said, or as its first bytes do.
    pub media_type: String,
    /// Bytes of the file.
    pub size: u64,
    /// Where the sealed file can be found by its content (CIDv1).
    pub address: String,
    /// When it was attached.
    pub at: u64,
}

page! {
    /// A page of attachments.
    AttachmentPage of Attachment
}

/// What is attached.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewAttachment {
    /// The name of the file.
    pub name: String,
    /// Its media type; absent: its first bytes tell.
    #[uniffi(default = None)]
    pub media_type: Option<String>,
    /// The record it belongs to; absent: one is made for it.
    #[uniffi(default = None)]
    pub record: Option<String>,
}

#[uniffi::export]
impl Session {
    /// Attaches a file.
    #[uniffi::method(default(progress = None, cancel = None))]
    pub fn attach(
        &self,
        path: String,
        new: NewAttachment,
        progress: Option<Arc<dyn ProgressListener>>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<Attachment, WalletError> {
        self.long_call(progress, cancel.as_ref(), |session, watch| {
            let record = new.record.as_deref().map(parse::id).transpose()?;
            let named = session::NewAttachment::new(&new.name).map_err(refused)?;
            let typed = named.of_type(new.media_type.as_deref()).map_err(refused)?;
            let mut file = parse::read(path)?;
            let new = typed.to(record);
            Ok(session.attach(&mut file, &new, watch.progress, watch.cancel)?.into())
        })
    }

    /// Lists the attachments of a record.
    pub fn attachments(
        &self,
        record: String,
        offset: u64,
        limit: u32,
    ) -> Result<AttachmentPage, WalletError> {
        self.home.call(|open| {
            let attachments = open.session.attachments(parse::id(&record)?)?;
            Ok(part(attachments, offset, limit, Attachment::from).into())
        })
    }

    /// Describes an attachment.
    pub fn attachment(&self, id: String) -> Result<Attachment, WalletError> {
        self.home.call(|open| Ok(open.session.attachment(parse::id(&id)?)?.into()))
    }

    /// Reads bytes of an attachment from an offset: 1 MiB at most, fewer at its end, none beyond.
    pub fn read_attachment(
        &self,
        id: String,
        offset: u64,
        length: u32,
    ) -> Result<Vec<u8>, WalletError> {
        self.home.call(|open| {
            let length = usize::try_from(length.min(LARGEST_CHUNK)).unwrap_or(0);
            let mut chunk = vec![0; length];
            let read = open.session.read_attachment(parse::id(&id)?, offset, &mut chunk)?;
            chunk.truncate(read);
            Ok(chunk)
        })
    }

    /// Writes an attachment into a file, and gives its bytes; a file that is there is replaced only
    /// on purpose.
    #[uniffi::method(default(replace = false, progress = None, cancel = None))]
    pub fn save_attachment(
        &self,
        id: String,
        path: String,
        replace: bool,
        progress: Option<Arc<dyn ProgressListener>>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<u64, WalletError> {
        self.long_call(progress, cancel.as_ref(), |session, watch| {
            let id = parse::id(&id)?;
            let file = parse::new_file(path, replace)?;
            Ok(session.save_attachment(id, None, file, watch.progress, watch.cancel)?)
        })
    }
}

impl From<session::Attachment> for Attachment {
    fn from(attachment: session::Attachment) -> Self {
        (&attachment).into()
    }
}

impl From<&session::Attachment> for Attachment {
    fn from(attachment: &session::Attachment) -> Self {
        Self {
            id: attachment.id.to_string(),
            record: attachment.record.to_string(),
            name: attachment.name.as_str().to_owned(),
            media_type: attachment.media_type.as_str().to_owned(),
            size: attachment.size,
            address: attachment.address.cid(),
            at: attachment.at.unix(),
        }
    }
}
