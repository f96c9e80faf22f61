//! What can be wrong with a wallet's files, each thing by its name and with what it costs.

use std::fmt;

use crate::record::RecordId;
use crate::vault::attachments::AttachmentId;

/// Something that is not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The header, its slots or the sealed keys beside it are not what was written.
    Header,
    /// The sealed state does not open.
    State,
    /// The file is older than the device remembers, or another file of the same wallet.
    RolledBack,
    /// The keys of the records do not open, and nothing at hand brings them back.
    Buckets,
    /// The key that signs for the log, sealed in the file, does not open.
    Identity,
    /// SQLite cannot read a part of the file.
    Pages,
    /// Rows are missing, moved, put back or exchanged.
    Rows,
    /// A version's sealed header does not open at its place.
    Row {
        /// Place of the row.
        seq: u64,
    },
    /// A version's content is not what was written.
    Content {
        /// Place of the row.
        seq: u64,
        /// Record it is a version of.
        record: RecordId,
    },
    /// An attachment's sealed header does not open at its place.
    Attachment {
        /// Name of the row.
        id: AttachmentId,
    },
    /// An attachment's file is missing or not what was written.
    File {
        /// Name of the file.
        id: AttachmentId,
        /// Record it belongs to.
        record: RecordId,
    },
    /// A file that belongs to no attachment.
    StrayFile {
        /// Name of the file.
        id: AttachmentId,
    },
    /// The log's entries, leaves or tree are not those that the state names.
    Log,
    /// An entry of the log is not what was written.
    LogEntry {
        /// Place in the log.
        seq: u64,
    },
    /// A version that no entry of the log tells of.
    Unlogged {
        /// Place of the row.
        seq: u64,
    },
    /// A version that the log tells of and that is neither there nor erased.
    Gone {
        /// Record it was a version of.
        record: RecordId,
    },
    /// A signed checkpoint is not one of this log.
    Checkpoint {
        /// Number of entries it covers.
        size: u64,
    },
    /// A keystore item that a slot needs is gone.
    KeystoreItem,
}

impl Fault {
    /// Names what is wrong, in one word for scripts.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::State => "state",
            Self::RolledBack => "rolled-back",
            Self::Buckets => "record-keys",
            Self::Identity => "identity",
            Self::Pages => "pages",
            Self::Rows => "rows",
            Self::Row { .. } => "row",
            Self::Content { .. } => "content",
            Self::Attachment { .. } => "attachment",
            Self::File { .. } => "attachment-file",
            Self::StrayFile { .. } => "stray-file",
            Self::Log => "log",
            Self::LogEntry { .. } => "log-entry",
            Self::Unlogged { .. } => "unlogged",
            Self::Gone { .. } => "gone",
            Self::Checkpoint { .. } => "checkpoint",
            Self::KeystoreItem => "keystore-item",
        }
    }

    /// Says what is lost by it.
    #[must_use]
    pub const fn lost(&self) -> &'static str {
        match self {
            Self::Header => "certainty about the ways to open the wallet",
            Self::State => "certainty that no record is missing",
            Self::RolledBack => "whatever happened after this copy of the file was made",
            Self::Buckets => "the records, unless the words or a backup bring them back",
            Self::Identity => "the keys that sign, unless the words bring them back",
            Self::Pages => "what stood in these pages",
            Self::Rows => "certainty that no record is missing or outdated",
            Self::Row { .. } => "one version of a record; which one cannot be told",
            Self::Content { .. } => "the content of this version",
            Self::Attachment { .. } => "the attachment",
            Self::File { .. } => "the attachment, or a part of it",
            Self::StrayFile { .. } | Self::KeystoreItem => "nothing",
            Self::Log | Self::LogEntry { .. } | Self::Checkpoint { .. } => {
                "certainty about what the log tells"
            }
            Self::Unlogged { .. } => "certainty about where this version came from",
            Self::Gone { .. } => "a version of this record",
        }
    }
}

impl fmt::Display for Fault {
    /// Writes where the fault is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row { seq } | Self::Unlogged { seq } => write!(f, "version row {seq}"),
            Self::Content { seq, record } => write!(f, "version row {seq} of record {record}"),
            Self::Attachment { id } | Self::StrayFile { id } => write!(f, "attachment {id}"),
            Self::File { id, record } => write!(f, "attachment {id} of record {record}"),
            Self::LogEntry { seq } => write!(f, "log entry {seq}"),
            Self::Gone { record } => write!(f, "record {record}"),
            Self::Checkpoint { size } => write!(f, "checkpoint at {size}"),
            Self::KeystoreItem => f.write_str("keystore"),
            Self::Log => f.write_str("log"),
            _ => f.write_str("vault file"),
        }
    }
}
