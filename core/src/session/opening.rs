//! From an opened root key to a session: the log, the head that the device remembers, and what an
//! earlier process did not get to.

use crate::audit::log::Log;
use crate::audit::{Actor, AuditEntry, AuditKind};
use crate::db::{Db, DbError};
use crate::error::Error;
use crate::home::Claim;
use crate::host::{Host, KeystoreError, Policy, Timestamp};
use crate::keys::Secret;
use crate::session::{Held, Open, Session};
use crate::vault::access::{Access, HEAD, shred_name};
use crate::vault::founding::Opened;
use crate::vault::state::{Head, State};
use crate::vault::{Fault, VaultError};

/// What a wallet may be opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Everything; only when nothing is wrong.
    Everything,
    /// Everything, by the words: whoever has them is the patient, so a head of another file gives
    /// way.
    ComeBack,
    /// Reading what is whole; nothing is changed.
    Reading,
}

/// What the keystore remembers of the log.
enum Witness {
    Agrees,
    Lost,
    Disagrees,
}

impl Session {
    /// Begins a session on an opened vault.
    ///
    /// # Errors
    /// [`VaultError::RolledBack`] and [`VaultError::Damaged`], unless it is opened for reading;
    /// [`VaultError::Keystore`] when the head cannot be read.
    pub(crate) fn start(
        opened: Opened,
        claim: Claim,
        host: Host,
        idle_ms: u64,
        purpose: Purpose,
    ) -> Result<Self, Error> {
        let Opened { db, header, keys, state, vault, revived, mut faults } = opened;
        let (log, is_whole) = log(&db, state.as_ref())?;
        if !is_whole {
            faults.push(Fault::Log);
        }
        let witness = match &state {
            Some(state) => witness(&host, &db, state, is_whole.then_some(&log))?,
            // Without a state nobody can tell; that is a fault of its own.
            None => Witness::Agrees,
        };
        let state = state.map_or_else(|| State::unknown(log.size(), log.root()), Ok)?;
        if matches!(witness, Witness::Disagrees) && purpose != Purpose::ComeBack {
            faults.push(Fault::RolledBack);
        }
        if purpose != Purpose::Reading {
            refuse(&faults)?;
        }
        let read_only = purpose == Purpose::Reading;
        let last_ms = host.clock.monotonic_ms();
        let (pending, unwitnessed) = (false, None);
        let held =
            Held { header, keys, state, log, vault, faults, read_only, pending, unwitnessed };
        let open = Open { db, held, called_ms: last_ms, claim };
        let mut session =
            Self { open: Some(open), suspended: None, host, idle_ms, last_ms, plans: Vec::new() };
        if !read_only {
            let head_lost = !matches!(witness, Witness::Agrees);
            session.settle(head_lost, revived.as_ref(), purpose)?;
        }
        Ok(session)
    }

    /// Notes what the device had lost, and finishes what an earlier process did not get to.
    fn settle(
        &mut self,
        head_lost: bool,
        revived: Option<&Secret<32>>,
        purpose: Purpose,
    ) -> Result<(), Error> {
        let host = self.host.clone();
        let open = self.open()?;
        open.db.tidy_when_closed()?;
        if let (Some(shred), Some(number)) = (revived, open.shred()) {
            // EXPOSE: the keystore keeps the shred key.
            host.keystore.put(&shred_name(number), shred.expose(), Policy::Silent)?;
        }
        if head_lost && open.has_strays()? {
            // Perhaps this is an older file: what the newer one has attached must not go.
            open.claim.home().expect_another(host.clock.now())?;
        }
        // Whoever came back with the words may have an older file: newer keys are about.
        let reach = if purpose == Purpose::ComeBack { FAR } else { NEAR };
        // What cannot be removed now is removed at the lock or at the next unlock.
        open.held.pending = open.sweep_within(&Access::of(&host), reach).is_err();
        match open.note_losses(host.clock.now(), head_lost, revived.is_some()) {
            // The wallet opens on a full disk too; the loss is noted when there is room.
            Err(Error::Vault(VaultError::Db(DbError::Full))) => Ok(()),
            Err(error) => Err(error),
            Ok(()) => self.witness(),
        }
    }
}

impl Open {
    fn note_losses(&mut self, at: Timestamp, head_lost: bool, repaired: bool) -> Result<(), Error> {
        if !head_lost && !repaired {
            return Ok(());
        }
        let rows = self.held.state.rows.clone();
        let mut work = self.begin(at)?;
        if head_lost {
            work.note(&AuditEntry::new(at, AuditKind::HeadLost, Actor::Device))?;
        }
        if repaired {
            work.note(&work.entry(AuditKind::Repaired))?;
        }
        let done = work.commit(rows)?;
        self.adopt(done, None)
    }
}

/// Reads the log, and tells whether it is the one that the state names.
fn log(db: &Db, state: Option<&State>) -> Result<(Log, bool), Error> {
    let count = match Log::count(db) {
        Err(VaultError::Damaged | VaultError::Db(DbError::Damaged)) => 0,
        count => count?,
    };
    if let Some(state) = state
        && count == state.head.size()
        && let Ok(log) = Log::open(db, count)
        && log.root() == *state.head.root()
    {
        return Ok((log, true));
    }
    // Without hashes that lead to a root, entries can still be read one by one.
    let log = Log::open(db, count).or_else(|_| Log::open(db, 0));
    Ok((log?, false))
}

/// Names the first thing that is wrong.
fn refuse(faults: &[Fault]) -> Result<(), VaultError> {
    if faults.contains(&Fault::RolledBack) {
        return Err(VaultError::RolledBack);
    }
    if faults.is_empty() { Ok(()) } else { Err(VaultError::Damaged) }
}

/// Compares the log with what the keystore remembers of it. A log that is not the one that the
/// state names tells nothing: then the state itself must have come as far.
fn witness(host: &Host, db: &Db, state: &State, log: Option<&Log>) -> Result<Witness, Error> {
    let item = match host.keystore.get(HEAD) {
        Ok(item) => item,
        Err(KeystoreError::Missing | KeystoreError::Invalidated) => return Ok(Witness::Lost),
        Err(error) => return Err(error.into()),
    };
    let agrees = |head: &Head| {
        let root_at = |log: &Log| log.root_at(db, head.size());
        head == &state.head
            || head.incarnation() == state.head.incarnation()
                && head.size() < state.head.size()
                && log.is_none_or(|log| root_at(log).is_ok_and(|root| root == *head.root()))
    };
    let heads = Head::decode_item(&item).unwrap_or_default();
    Ok(if heads.iter().any(agrees) { Witness::Agrees } else { Witness::Disagrees })
}

/// Shred keys around the one in use that an unlock deletes: those of an erasure that was stopped.
const NEAR: u32 = 1;
/// The same for whoever comes back with the words.
const FAR: u32 = 16;
