//! The time that a consent counts from, where clock and log disagree.
//!
//! A clock that was set back must not bring back what has ended, so the later of the device's clock
//! and the log's last entries counts. A clock that once stood ahead would then stand in the way for
//! as long: the patient can say that it is right now, and the log keeps that they did. Taking back
//! never waits for either.

use crate::audit::log::Log;
use crate::audit::{Actor, AuditEntry, AuditKind};
use crate::error::Error;
use crate::host::Timestamp;
use crate::session::{Open, Session};

impl Session {
    /// Tells by how many seconds the device's clock stands before the log's last entries; 0 when it
    /// does not.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::Db`]; [`crate::error::WalletError::Locked`].
    pub fn clock_lag(&mut self) -> Result<u64, Error> {
        let later = self.consent_now()?;
        Ok(later.unix().saturating_sub(self.now().unix()))
    }

    /// Lets the device's clock count from here on, although the log has entries that are later: for
    /// a patient whose clock stood ahead and is right now.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::Db`]; [`crate::vault::VaultError::ReadOnly`].
    pub fn confirm_clock(&mut self) -> Result<(), Error> {
        let now = self.now();
        self.writable()?.note(AuditEntry::new(now, AuditKind::ClockBack, Actor::Patient))
    }

    /// Gives the time that a consent counts from, and notes nothing.
    pub(crate) fn consent_now(&mut self) -> Result<Timestamp, Error> {
        let now = self.now();
        Ok(self.open()?.latest()?.max(now))
    }

    /// Gives the time that a consent counts from; that the device's clock stands before it is noted
    /// in the log.
    pub(crate) fn consent_time(&mut self) -> Result<Timestamp, Error> {
        let now = self.now();
        let open = self.writable()?;
        let latest = open.latest()?;
        if latest > now {
            // The entry stands at the later time, so that the next one is not taken for on time.
            open.note(AuditEntry::new(latest, AuditKind::ClockBack, Actor::Device))?;
        }
        Ok(latest.max(now))
    }
}

impl Open {
    /// Gives the time of the latest among the last entries of the log, up to the one by which the
    /// patient said that the clock is right.
    fn latest(&self) -> Result<Timestamp, Error> {
        let size = self.held.log.size();
        let mut latest = Timestamp::default();
        for seq in (size.saturating_sub(LAST)..size).rev() {
            let Some(logged) = Log::read(&self.db, &self.held.keys, seq)? else { continue };
            latest = latest.max(logged.entry.at());
            if (logged.entry.kind(), logged.entry.actor()) == (AuditKind::ClockBack, Actor::Patient)
            {
                break;
            }
        }
        Ok(latest)
    }
}

/// Entries of the log among which the latest time is looked for.
const LAST: u64 = 16;
