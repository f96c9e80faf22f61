//! A wallet put aside while the app is in the background: the keys stay, the files are let go.
//!
//! A phone ends an app that holds a file lock while it is suspended. So the head is written, the
//! write-ahead log emptied, the database closed and the home given back; resuming takes them again
//! and accepts the file only as it was left.

use crate::db::{Db, DbError};
use crate::error::{Error, WalletError};
use crate::home::Home;
use crate::session::{Held, Open, Session};
use crate::vault::VaultError;
use crate::vault::founding::{is_named, read_header};
use crate::vault::state::State;

/// A wallet whose files are let go.
pub(super) struct Suspended {
    held: Held,
    home: Home,
}

impl Session {
    /// Lets go of the files: writes the head, empties the write-ahead log, closes the database and
    /// gives the home back. Keys stay in memory until [`Session::resume`], a lock or five minutes.
    ///
    /// To be called when the system announces that the app is put aside; work under way is stopped
    /// with its [`crate::host::CancelToken`] first.
    ///
    /// # Errors
    /// [`WalletError::Locked`]; [`VaultError::Keystore`] or [`VaultError::Db`] when head or log
    /// could not be written: the files are let go all the same, and nothing that was acknowledged
    /// is lost.
    pub fn suspend(&mut self) -> Result<(), Error> {
        if self.suspended.is_some() {
            return Ok(());
        }
        self.open()?;
        let witnessed = self.witness();
        let open = self.open.take().ok_or(WalletError::Locked)?;
        let emptied = if open.held.read_only { Ok(()) } else { open.db.truncate_log() };
        let Open { db, held, claim, .. } = open;
        self.suspended = Some(Suspended { held, home: claim.home().clone() });
        // The home is given back when nothing of it is open any more.
        drop(db);
        drop(claim);
        witnessed?;
        Ok(emptied?)
    }

    /// Takes the files again; does nothing when the wallet is not suspended.
    ///
    /// # Errors
    /// [`WalletError::Locked`] after five minutes; [`WalletError::Busy`] when another process has
    /// the wallet now, which can be tried again; [`VaultError::Damaged`] when the file is not as it
    /// was left: the wallet is locked then.
    pub fn resume(&mut self) -> Result<(), Error> {
        self.lock_if_due();
        if self.open.is_some() {
            return Ok(());
        }
        let suspended = self.suspended.as_ref().ok_or(WalletError::Locked)?;
        let claim = suspended.home.claim()?;
        let db = match suspended.reopen() {
            // The disk may answer another time.
            Err(error @ Error::Vault(VaultError::Db(DbError::Io | DbError::Full))) => {
                return Err(error);
            }
            other => other,
        };
        let suspended = self.suspended.take().ok_or(WalletError::Locked)?;
        let db = db?;
        self.touch();
        let Suspended { held, .. } = suspended;
        self.open = Some(Open { db, held, called_ms: self.last_ms, claim });
        Ok(())
    }
}

impl Suspended {
    /// Opens the file that must be as it was left.
    fn reopen(&self) -> Result<Db, Error> {
        let db = Db::open(&self.home.vault())?;
        let Held { header, keys, state, read_only, .. } = &self.held;
        if *read_only {
            return Ok(db);
        }
        let sealed = db.meta("state")?.ok_or(VaultError::Damaged)?;
        let is_ours = State::open(keys, &sealed)? == *state
            && is_named(&db, keys, state)
            && read_header(&db)? == *header;
        if !is_ours {
            return Err(VaultError::Damaged.into());
        }
        db.tidy_when_closed()?;
        Ok(db)
    }
}
