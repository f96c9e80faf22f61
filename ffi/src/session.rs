//! An unlocked wallet. Each call is one transaction; calls of several threads take turns.

mod accounting;
mod backup;
mod consents;
mod delegation;
mod files;
mod log;
mod moving;
mod previews;
mod receipts;
mod reconcile;
mod records;
mod requests;
mod rules;

use std::sync::Arc;

use patient_wallet::session::{self, Way};
use patient_wallet::wallet::Wallet;
use patient_wallet::{Error, vault};

use crate::error::WalletError;
use crate::home::Unlocked;
use crate::host::{self, CancelToken, DeviceClock, ProgressListener};
use crate::live::{Kind, Live};
use crate::page::{page, part};
use crate::parse;

pub use accounting::*;
pub use backup::*;
pub use consents::*;
pub use delegation::*;
pub use files::*;
pub use log::*;
pub use moving::*;
pub use previews::*;
pub use receipts::*;
pub use reconcile::*;
pub use records::*;
pub use requests::*;
pub use rules::*;

/// An unlocked wallet: locked by `lock`, by being released, or by five minutes without a call.
#[derive(uniffi::Object)]
pub struct Session {
    pub(crate) home: Unlocked<Open>,
    wallet: Wallet,
    _live: Live,
}

/// What is open: the session, and the previews that it showed.
pub(crate) struct Open {
    session: session::Session,
    previews: Previews,
    reviews: Reviews,
}

/// How a wallet stands.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Status {
    /// Vault id.
    pub vault: String,
    /// Version of the database schema.
    pub schema: u32,
    /// Number of records; absent while the device has lost their key.
    pub records: Option<u64>,
    /// Number of versions of all records.
    pub versions: Option<u64>,
    /// Number of attachments.
    pub attachments: u64,
    /// Bytes that the database and the attachments take.
    pub bytes: u64,
    /// The ways back to the records.
    pub ways_back: Vec<WayBack>,
    /// Number of entries of the audit log.
    pub log_size: u64,
    /// Root of the audit log's tree (RFC 9162).
    pub log_root: Vec<u8>,
}

/// One way back to the records.
#[derive(Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct WayBack {
    /// Which.
    pub way: Way,
    /// Since when.
    pub since: u64,
    /// When it was last shown to work.
    pub rehearsed: Option<u64>,
    /// Whether it would bring back every record that there is now.
    pub good: bool,
}

/// Something that is not what was written.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Fault {
    /// Stable word, the key of a translated text.
    pub code: String,
    /// What it costs, in English.
    pub lost: String,
    /// The record it is about.
    pub record: Option<String>,
    /// The attachment it is about.
    pub attachment: Option<String>,
}

page! {
    /// A page of what is not what was written.
    FaultPage of Fault
}

/// What a look at every byte has found.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Verification {
    /// Rows of versions and of attachments that were looked at.
    pub rows: u64,
    /// Attachment files that were looked at.
    pub files: u64,
    /// Ways to open the wallet that were looked at.
    pub slots: u64,
    /// Entries of the log that were looked at.
    pub entries: u64,
    /// Records of which every version can be read.
    pub readable: u64,
    /// The first thousand faults; none for a sound wallet.
    pub faults: FaultPage,
}

impl Session {
    pub(crate) fn of(
        session: session::Session,
        wallet: Wallet,
        clock: Arc<DeviceClock>,
    ) -> Arc<Self> {
        let open = Open { session, previews: Previews::default(), reviews: Reviews::default() };
        let home = Unlocked::new(open, clock);
        Arc::new(Self { home, wallet, _live: Live::new(Kind::Session) })
    }

    /// Does one call of the core.
    pub(crate) fn call<T>(
        &self,
        work: impl FnOnce(&mut session::Session) -> Result<T, Error>,
    ) -> Result<T, WalletError> {
        self.home.call(|open| Ok(work(&mut open.session)?))
    }

    /// Does one call of the core that can be watched and stopped.
    fn long_call<T>(
        &self,
        progress: Option<Arc<dyn ProgressListener>>,
        cancel: Option<&Arc<CancelToken>>,
        work: impl FnOnce(&mut session::Session, Watch<'_>) -> Result<T, WalletError>,
    ) -> Result<T, WalletError> {
        let (progress, cancel) = (host::progress(progress), host::token(cancel));
        let watch = Watch { progress: &progress, cancel: &cancel };
        self.home.long_call(&cancel, |open| work(&mut open.session, watch))
    }
}

/// Who watches a long call, and what stops it.
#[derive(Clone, Copy)]
pub(crate) struct Watch<'a> {
    pub(crate) progress: &'a dyn patient_wallet::host::ProgressListener,
    pub(crate) cancel: &'a patient_wallet::host::CancelToken,
}

#[uniffi::export]
impl Session {
    /// Locks: stops the call that runs, waits for that, and forgets every key. To lock again does
    /// nothing.
    pub fn lock(&self) -> Result<(), WalletError> {
        self.home.end(|open| Ok(open.session.lock()?)).map(|_| ())
    }

    /// Tells whether it is locked, without waiting for a call that runs.
    pub fn is_locked(&self) -> Result<bool, WalletError> {
        crate::call::call(|| Ok(self.glance()))
    }

    /// Locks when nothing was asked for the idle time, and tells whether it is locked: for a
    /// timer of the app, every minute.
    pub fn lock_if_due(&self) -> Result<bool, WalletError> {
        crate::call::call(|| Ok(self.glance()))
    }

    /// Lets go of the files, so that another process may have the wallet, and keeps the keys.
    pub fn suspend(&self) -> Result<(), WalletError> {
        self.call(session::Session::suspend)
    }

    /// Takes the files again.
    pub fn resume(&self) -> Result<(), WalletError> {
        self.call(session::Session::resume)
    }

    /// Tells what was found wrong when the wallet was opened; none for a whole one.
    pub fn faults(&self, offset: u64, limit: u32) -> Result<FaultPage, WalletError> {
        let faults = self.call(session::Session::faults)?;
        Ok(part(faults, offset, limit, Fault::from).into())
    }

    /// Tells how the wallet stands.
    pub fn status(&self) -> Result<Status, WalletError> {
        Ok(self.call(session::Session::status)?.into())
    }

    /// Looks at every byte of the wallet.
    #[uniffi::method(default(progress = None, cancel = None))]
    pub fn verify(
        &self,
        progress: Option<Arc<dyn ProgressListener>>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<Verification, WalletError> {
        self.long_call(progress, cancel.as_ref(), |session, watch| {
            Ok(session.verify(watch.progress, watch.cancel)?.into())
        })
    }
}

impl From<session::Status> for Status {
    fn from(status: session::Status) -> Self {
        let way = |way: session::WayBack| WayBack {
            way: way.way,
            since: way.since.unix(),
            rehearsed: way.rehearsed.map(parse::seconds),
            good: way.good,
        };
        Self {
            vault: status.vault,
            schema: status.schema,
            records: status.records.map(parse::count),
            versions: status.versions.map(parse::count),
            attachments: status.attachments,
            bytes: status.bytes,
            ways_back: status.ways_back.into_iter().map(way).collect(),
            log_size: status.log_size,
            log_root: status.log_root.to_vec(),
        }
    }
}

impl From<vault::Fault> for Fault {
    fn from(fault: vault::Fault) -> Self {
        use vault::Fault as F;
        let record = match fault {
            F::Content { record, .. } | F::File { record, .. } | F::Gone { record } => Some(record),
            _ => None,
        };
        let attachment = match fault {
            F::Attachment { id } | F::File { id, .. } | F::StrayFile { id } => Some(id),
            _ => None,
        };
        Self {
            code: fault.what().to_owned(),
            lost: fault.lost().to_owned(),
            record: record.map(|id| id.to_string()),
            attachment: attachment.map(|id| id.to_string()),
        }
    }
}

impl From<session::Verification> for Verification {
    fn from(found: session::Verification) -> Self {
        let checked = found.checked;
        Self {
            rows: checked.rows,
            files: checked.files,
            slots: checked.slots,
            entries: checked.entries,
            readable: parse::count(found.readable),
            faults: part(found.faults, 0, u32::MAX, Fault::from).into(),
        }
    }
}

impl Session {
    fn glance(&self) -> bool {
        // While a call runs it is open.
        let look = |open: Option<&mut Open>| open.is_none_or(|open| open.session.lock_if_due());
        self.home.glance(look).unwrap_or(false)
    }
}
