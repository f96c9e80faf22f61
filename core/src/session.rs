//! An unlocked wallet. Dropped, locked or left alone for five minutes, it forgets every key.
//!
//! Each method checks the deadline and does its work in one transaction: the effect, its audit
//! entries, the sealed state. The root key, the seed and the words are not held: what needs them
//! asks for a fresh authentication.

mod accounting;
mod attachments;
mod backup;
mod changes;
mod checkpoints;
mod clock;
mod consents;
mod erase;
mod export;
mod import;
mod keys;
mod log;
mod notices;
mod opening;
pub(crate) mod own;
mod receipts;
mod records;
mod restore;
mod status;
mod suspension;
mod unpacking;
mod verify;
mod work;

use std::fmt;
use std::sync::Arc;

use crate::audit::log::Log;
use crate::db::Db;
use crate::error::{Error, WalletError};
use crate::home::Claim;
use crate::host::{Host, Policy, Timestamp};
use crate::session::consents::Plan;
use crate::session::suspension::Suspended;
use crate::session::work::{Done, Work};
use crate::vault::access::{Access, HEAD, TRIES, needed, shred_name};
use crate::vault::attachments::folder::Folder;
use crate::vault::buckets::Buckets;
use crate::vault::cipher::VaultKeys;
use crate::vault::slots::Header;
use crate::vault::state::State;
use crate::vault::{Change, Fault, Vault, VaultError, founding, obsolete};

pub use attachments::{Attachment, NewAttachment};
pub use backup::{BackupReport, Rehearsal};
pub use consents::{
    Approved, ApprovedFor, Consent, Delegated, Delegating, Delegation, Entrusted, EntrustedRecord,
    InboxItem, KnownRequester, Refreshment, Review, ReviewFor, Revoked, Taken, TrustedDirectory,
    Who, Whom, Withheld,
};
pub use erase::Erased;
pub use export::{ExportFormat, ExportReport};
pub use import::{ImportOptions, ImportReport, Refused};
pub use keys::Authentication;
pub use log::{LogEntry, LogPage, LogQuery};
pub use notices::{Holder, NoticeState, OwedErasure};
pub(crate) use opening::Purpose;
pub use receipts::{AddedReceipt, HandedIn, Told};
pub use records::{DisplayedCode, Page, Query, Record, Resource, VersionOf};
pub use restore::Replace;
pub(crate) use restore::Restoration;
pub use status::{Status, Way, WayBack};
pub use verify::{Checked, Verification};

pub use crate::vault::attachments::{AttachmentId, ContentAddress};
pub use crate::vault::backup::BackupKey;

/// An unlocked wallet.
pub struct Session {
    open: Option<Open>,
    suspended: Option<Suspended>,
    host: Host,
    idle_ms: u64,
    /// Milliseconds of the monotonic clock at the last call.
    last_ms: u64,
    /// Reviews that wait for their approval.
    plans: Vec<Plan>,
}

/// A wallet whose files are open.
struct Open {
    db: Db,
    held: Held,
    /// Milliseconds of the monotonic clock at the present call.
    called_ms: u64,
    claim: Claim,
}

/// What an unlocked wallet holds in memory, whether its files are open or let go.
struct Held {
    header: Header,
    keys: Arc<VaultKeys>,
    state: State,
    log: Log,
    /// `None` while the device has lost the key of the records.
    vault: Option<Vault>,
    /// What was found wrong at unlock; a wallet with a fault is open for reading only.
    faults: Vec<Fault>,
    read_only: bool,
    /// Whether traces of an erasure wait to be removed.
    pending: bool,
    /// When the oldest change was made that the device's head does not witness yet.
    unwitnessed: Option<u64>,
}

impl Session {
    /// Forgets every key and gives the wallet back.
    ///
    /// # Errors
    /// [`VaultError::Keystore`] when the head could not be written; the wallet is locked all the
    /// same.
    pub fn lock(mut self) -> Result<(), Error> {
        self.close()
    }

    /// Locks when nothing was asked for five minutes, and tells whether the wallet is locked.
    ///
    /// For a shell's timer: every other method checks the time by itself. It also lets the device
    /// witness what was changed a minute ago.
    pub fn lock_if_due(&mut self) -> bool {
        if self.is_due() {
            // The head is written again at the next lock; being locked matters more.
            let _ = self.close();
        }
        self.witness_if_due();
        self.open.is_none() && self.suspended.is_none()
    }

    /// Tells what was found wrong when the wallet was opened; empty for a whole one.
    ///
    /// # Errors
    /// [`WalletError::Locked`].
    pub fn faults(&mut self) -> Result<Vec<Fault>, Error> {
        Ok(self.open()?.held.faults.clone())
    }

    /// Bounds the size of the database, so that a test can meet a full disk.
    ///
    /// # Errors
    /// [`VaultError::Db`] when the database does not answer.
    #[cfg(any(test, feature = "testing"))]
    pub fn limit_pages(&mut self, pages: u32) -> Result<(), Error> {
        Ok(self.open()?.db.limit_pages(pages)?)
    }

    /// Tells the time as the device knows it.
    pub(crate) fn now(&self) -> Timestamp {
        self.host.clock.now()
    }

    /// Notes that somebody is there: long work counts as presence.
    pub(crate) fn present(&mut self) {
        self.touch();
    }

    fn is_due(&self) -> bool {
        let idle = self.host.clock.monotonic_ms().saturating_sub(self.last_ms);
        (self.open.is_some() || self.suspended.is_some()) && idle >= self.idle_ms
    }

    /// Gives what is open, for reading.
    fn open(&mut self) -> Result<&mut Open, Error> {
        self.lock_if_due();
        if self.suspended.is_some() {
            return Err(WalletError::Suspended.into());
        }
        self.touch();
        let called_ms = self.last_ms;
        let open = self.open.as_mut().ok_or(WalletError::Locked)?;
        open.called_ms = called_ms;
        Ok(open)
    }

    /// Gives what is open, for a change.
    fn writable(&mut self) -> Result<&mut Open, Error> {
        let open = self.open()?;
        if open.held.read_only { Err(VaultError::ReadOnly.into()) } else { Ok(open) }
    }

    fn touch(&mut self) {
        self.last_ms = self.host.clock.monotonic_ms();
    }

    /// Lets the device's keystore remember the log as it is.
    fn witness(&mut self) -> Result<(), Error> {
        let Some(open) = self.open.as_mut().filter(|open| !open.held.read_only) else {
            return Ok(());
        };
        self.host.keystore.put(HEAD, &open.held.state.head.encode(), Policy::Silent)?;
        open.held.unwitnessed = None;
        Ok(())
    }

    /// Does what [`Session::witness`] does where nothing hangs on it: a head that cannot be written
    /// now is written at a later call or at the lock.
    fn witness_later(&mut self) {
        let _ = self.witness();
    }

    fn witness_if_due(&mut self) {
        let now = self.host.clock.monotonic_ms();
        let since = self.open.as_ref().and_then(|open| open.held.unwitnessed);
        if since.is_some_and(|since| now.saturating_sub(since) >= WITNESS_MS) {
            self.witness_later();
        }
    }

    fn close(&mut self) -> Result<(), Error> {
        self.suspended = None;
        self.plans.clear();
        if self.open.is_none() {
            return Ok(());
        }
        let host = self.host.clone();
        // While the home is still ours: another process may write a later head once it is not.
        let witnessed = self.witness();
        if let Some(open) = self.open.take().as_mut().filter(|open| open.held.pending) {
            // What cannot be removed now is removed at the next unlock.
            let _ = open.sweep(&Access::of(&host));
        }
        witnessed
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("open", &self.open.is_some()).finish_non_exhaustive()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A drop cannot report; the head is written again at the next lock.
        let _ = self.close();
    }
}

impl Open {
    /// Gives database and records, for reading.
    fn records(&mut self) -> Result<(&mut Db, &mut Vault), Error> {
        match &mut self.held.vault {
            Some(vault) => Ok((&mut self.db, vault)),
            None => Err(VaultError::NeedsWords.into()),
        }
    }

    /// Begins a transaction that does not touch the records.
    fn begin(&mut self, at: Timestamp) -> Result<Work<'_>, Error> {
        Work::begin(&mut self.db, &self.held.keys, &self.held.state, &self.held.log, at)
    }

    /// Begins a transaction on the records.
    fn change(&mut self, at: Timestamp) -> Result<(Work<'_>, &Vault, Change), Error> {
        let vault = self.held.vault.as_ref().ok_or(VaultError::NeedsWords)?;
        let change = vault.change(&self.held.state.rows);
        let work =
            Work::begin(&mut self.db, &self.held.keys, &self.held.state, &self.held.log, at)?;
        Ok((work, vault, change))
    }

    /// Takes in what a transaction has changed.
    fn adopt(&mut self, done: Done, change: Option<Change>) -> Result<(), Error> {
        self.held.state = done.state;
        self.held.log = done.log;
        self.held.unwitnessed = self.held.unwitnessed.or(Some(self.called_ms));
        if let (Some(vault), Some(change)) = (&mut self.held.vault, change) {
            vault.adopt(change)?;
        }
        Ok(())
    }

    fn files(&self) -> Folder {
        Folder::of(self.claim.home().folder())
    }

    /// Tells whether there is a file of an attachment that no row names.
    fn has_strays(&self) -> Result<bool, Error> {
        let Some(vault) = &self.held.vault else { return Ok(false) };
        Ok(self.files().ids()?.iter().any(|id| vault.attachment(*id).is_none()))
    }

    /// Names every keystore item of this wallet.
    fn items(&self) -> Vec<String> {
        let mut items: Vec<String> = self.held.header.slots().iter().filter_map(needed).collect();
        items.extend(obsolete::read(&self.db, &self.held.keys).unwrap_or_default());
        if let Some(number) = self.shred() {
            let beside = [number.checked_sub(1), Some(number), number.checked_add(1)];
            items.extend(beside.into_iter().flatten().map(shred_name));
        }
        items.extend([HEAD, TRIES].map(str::to_owned));
        items
    }

    /// Gives the number of the shred key in use, even while the device has lost it.
    fn shred(&self) -> Option<u32> {
        let of_file = || Buckets::shred_number(&self.db.meta("buckets").ok()??).ok();
        self.held.vault.as_ref().map(Vault::shred).or_else(of_file)
    }

    /// Names the keystore items of earlier changes that could not be deleted yet.
    fn needless(&self) -> Result<Vec<String>, Error> {
        if self.held.pending {
            Ok(obsolete::read(&self.db, &self.held.keys)?)
        } else {
            Ok(Vec::new())
        }
    }

    /// Removes what an earlier process, or an erasure that met an obstacle, left over.
    fn sweep(&mut self, access: &Access<'_>) -> Result<(), Error> {
        self.sweep_within(access, 1)
    }

    /// Does what [`Open::sweep`] does, with the shred keys up to `reach` beside the one in use.
    fn sweep_within(&mut self, access: &Access<'_>, reach: u32) -> Result<(), Error> {
        let shred = self.held.vault.as_ref().map(Vault::shred);
        let items =
            founding::sweep(&self.db, &self.held.header, access, &self.held.keys, shred, reach);
        let log = self.db.truncate_log();
        // What a vault that was kept aside has attached is not in this one's rows.
        let keeps = self.claim.home().keeps_a_vault();
        let files = self.held.vault.as_ref().map_or(Ok(0), |vault| {
            self.files().sweep(|id| keeps || vault.attachment(*id).is_some())
        });
        let work = self.claim.home().clean();
        items?;
        log?;
        files?;
        work?;
        self.held.pending = false;
        Ok(())
    }
}

/// After this time a change is witnessed by the device, whatever else happens.
const WITNESS_MS: u64 = 60 * 1000;

#[cfg(test)]
pub(crate) mod tests;
