//! An unlocked home, shared between threads: one call at a time, and a lock that does not wait for
//! long work to end by itself.

use std::panic;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, ThreadId};

use patient_wallet::error;
use patient_wallet::host::CancelToken;

use crate::call::{attempt, call};
use crate::error::{WalletError, refused};
use crate::host::DeviceClock;

/// Something unlocked, until it is locked.
pub(crate) struct Unlocked<T> {
    home: Mutex<Option<T>>,
    turn: Mutex<Turn>,
    clock: Arc<DeviceClock>,
}

/// Whose turn it is.
#[derive(Default)]
struct Turn {
    thread: Option<ThreadId>,
    /// Stops the call that runs.
    cancel: Option<CancelToken>,
    /// Set for good by a lock.
    ends: bool,
}

impl<T> Unlocked<T> {
    pub(crate) fn new(home: T, clock: Arc<DeviceClock>) -> Self {
        Self { home: Mutex::new(Some(home)), turn: Mutex::default(), clock }
    }

    /// Does one call.
    pub(crate) fn call<R>(
        &self,
        work: impl FnOnce(&mut T) -> Result<R, WalletError>,
    ) -> Result<R, WalletError> {
        self.long_call(&CancelToken::new(), work)
    }

    /// Does one call that a lock stops by its token.
    ///
    /// A panic closes the home before it goes on: nobody knows in which state it is.
    pub(crate) fn long_call<R>(
        &self,
        cancel: &CancelToken,
        work: impl FnOnce(&mut T) -> Result<R, WalletError>,
    ) -> Result<R, WalletError> {
        let (mut work, mut done) = (Some(work), None);
        self.turn(cancel, &mut |home| {
            done = work.take().map(|work| work(home)).transpose()?;
            Ok(())
        })?;
        Ok(done.expect("a turn that was not refused is done"))
    }

    /// Does what [`Unlocked::long_call`] does; apart, so that it is there once for all calls.
    fn turn(
        &self,
        cancel: &CancelToken,
        work: &mut dyn FnMut(&mut T) -> Result<(), WalletError>,
    ) -> Result<(), WalletError> {
        call(|| {
            let mut home = self.take_turn(Some(cancel))?;
            let _turn = EndOfTurn(&self.turn);
            let open = home.as_mut().ok_or_else(locked)?;
            if let Err(error) = self.clock.check() {
                close(&mut home);
                return Err(error);
            }
            attempt(|| work(open)).unwrap_or_else(|defect| {
                close(&mut home);
                panic::resume_unwind(defect)
            })
        })
    }

    /// Ends it: stops the call that runs, waits for that, and hands the home over.
    pub(crate) fn end<R>(
        &self,
        work: impl FnOnce(T) -> Result<R, WalletError>,
    ) -> Result<Option<R>, WalletError> {
        call(|| {
            self.stop()?;
            let mut home = self.take_turn(None)?;
            let _turn = EndOfTurn(&self.turn);
            home.take().map(work).transpose()
        })
    }

    /// Looks without waiting; `None` while a call runs.
    pub(crate) fn glance<R>(&self, look: impl FnOnce(Option<&mut T>) -> R) -> Option<R> {
        let mut home = match self.home.try_lock() {
            Ok(home) => home,
            Err(TryLockError::Poisoned(home)) => home.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        unpoisoned(&self.turn).thread = Some(thread::current().id());
        let _turn = EndOfTurn(&self.turn);
        Some(look(home.as_mut()))
    }

    /// Lets nobody in any more and stops who is in.
    fn stop(&self) -> Result<(), WalletError> {
        let mut turn = unpoisoned(&self.turn);
        if turn.thread == Some(thread::current().id()) {
            return Err(refused(error::WalletError::Busy));
        }
        turn.ends = true;
        if let Some(cancel) = turn.cancel.take() {
            cancel.cancel();
        }
        Ok(())
    }

    /// Waits for the turn. Within a callback of the same call it would never come.
    fn take_turn(
        &self,
        cancel: Option<&CancelToken>,
    ) -> Result<MutexGuard<'_, Option<T>>, WalletError> {
        let me = thread::current().id();
        if unpoisoned(&self.turn).thread == Some(me) {
            return Err(refused(error::WalletError::Busy));
        }
        let home = unpoisoned(&self.home);
        let mut turn = unpoisoned(&self.turn);
        if turn.ends && cancel.is_some() {
            return Err(locked());
        }
        turn.thread = Some(me);
        turn.cancel = cancel.cloned();
        Ok(home)
    }
}

/// Forgets a home; a defect in that is not worth a second one.
fn close<T>(home: &mut Option<T>) {
    let _ = attempt(|| drop(home.take()));
}

impl<T> Drop for Unlocked<T> {
    fn drop(&mut self) {
        close(self.home.get_mut().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Ends a turn however it ends; it must go before the guard of the home does.
struct EndOfTurn<'a>(&'a Mutex<Turn>);

impl Drop for EndOfTurn<'_> {
    fn drop(&mut self) {
        let mut turn = unpoisoned(self.0);
        turn.thread = None;
        turn.cancel = None;
    }
}

/// What panics here leaves nothing half-done: a home is closed first.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn locked() -> WalletError {
    refused(error::WalletError::Locked)
}

#[cfg(test)]
mod tests;
