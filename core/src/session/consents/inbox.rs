//! The inbox: requests that came in, each with what became of it.

use crate::audit::{Actor, AuditKind};
use crate::consent::{
    AccessRequest, CategorySet, ConsentError, DateRange, Denial, Flags, RequestId, RequestState,
    Standing,
};
use crate::error::Error;
use crate::host::Timestamp;
use crate::order;
use crate::record::RecordId;
use crate::session::consents::kept::{KeptCleared, KeptRequest};
use crate::session::consents::trust::{Believed, Shown, Who};
use crate::session::own::{Kind, Memo};
use crate::session::{Open, Session};
use crate::vault::VaultError;

/// A request in the inbox.
#[derive(Clone, Debug)]
pub struct InboxItem {
    /// Names the request.
    pub id: RequestId,
    /// When it came in.
    pub received: Timestamp,
    /// Who asks.
    pub who: Who,
    /// What became of it.
    pub state: RequestState,
    /// What is asked.
    pub request: AccessRequest,
}

/// A request, read.
pub(super) struct Asked {
    pub(super) row: RecordId,
    pub(super) kept: KeptRequest,
    pub(super) request: AccessRequest,
}

impl Session {
    /// Takes a request in (`pmw-rq`) and gives it as the inbox shows it. Nothing is granted.
    ///
    /// # Errors
    /// [`ConsentError::Replayed`] for one that is here already, or was and was answered; [`ConsentError::RequestExpired`];
    /// [`ConsentError::InboxFull`] when a thousand are here and none of them gives way;
    /// [`ConsentError`] for any other envelope.
    pub fn receive_request(&mut self, envelope: &[u8]) -> Result<InboxItem, Error> {
        let now = self.consent_now()?;
        let open = self.writable()?;
        let request = AccessRequest::verify(envelope, now)?;
        let id = request.id();
        let row = Kind::Request.id(id.as_bytes());
        let cleared = open.cleared()?;
        if open.memo(Kind::Request, row)?.is_some() || cleared.holds(&id) {
            return Err(ConsentError::Replayed.into());
        }
        let believed = open.believed()?;
        let who = believed.who(&shown(&request), now);
        let room = open.room(&believed, &who, now)?;
        if !room.answered.is_empty() {
            // Before they go: what fails in between leaves an answered one that is told twice.
            let memo = cleared.with(room.answered, now).encode();
            let memo = Memo::new(Kind::Cleared, Kind::Cleared.id(&[]), memo, AuditKind::Remembered);
            open.remember(now, vec![memo.by_device()])?;
        }
        self.forget(&room.rows, (AuditKind::Destroyed, Actor::Device))?;
        let kept = KeptRequest { bytes: envelope.to_vec(), received: now, denied: None };
        let memo = Memo::new(Kind::Request, row, kept.encode(), AuditKind::Requested);
        self.remember(now, vec![memo])?;
        Ok(InboxItem { id, received: now, who, state: RequestState::Requested, request })
    }

    /// Gives the inbox: what waits for an answer first, and of that what is vouched for; the
    /// newest first.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub fn inbox(&mut self) -> Result<Vec<InboxItem>, Error> {
        let now = self.consent_now()?;
        let open = self.open()?;
        let believed = open.believed()?;
        let answers = open.answers()?;
        let mut items = Vec::new();
        for asked in open.asked()? {
            let who = believed.who(&shown(&asked.request), now);
            let state = asked.state(&answers, now);
            let (id, received) = (asked.request.id(), asked.kept.received);
            items.push(InboxItem { id, received, who, state, request: asked.request });
        }
        order::sort_by_key(&mut items, |item| {
            let waits = item.state == RequestState::Requested;
            (!waits, std::cmp::Reverse((item.who.standing, item.received)))
        });
        Ok(items)
    }

    /// Denies a request: gives the signed answer (`pmw-dn`), which says no more than that and the
    /// reason that is given here.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`]; [`ConsentError::Answered`]; [`ConsentError::Invalid`] for a
    /// reason longer than 80 bytes.
    pub fn deny(&mut self, id: RequestId, reason: Option<&str>) -> Result<Vec<u8>, Error> {
        let (signed, at) = (self.now(), self.consent_time()?);
        let open = self.writable()?;
        let asked = open.asked_by(&id)?;
        if asked.state(&open.answers()?, at) != RequestState::Requested {
            return Err(asked.refusal(at).into());
        }
        let believed = open.believed()?;
        let who = believed.who(&shown(&asked.request), at);
        let key = open.peer_key(&who.did)?;
        // By the device's own clock: theirs must not stand before it.
        let denial = Denial::sign(&key, id, reason, signed)?;
        let kept = KeptRequest { denied: Some(at), ..asked.kept };
        let mut memos = vec![Memo::new(Kind::Request, asked.row, kept.encode(), AuditKind::Denied)];
        let met = open.met(&believed, &who, asked.request.credential(), None);
        let spare = if met.is_some() { believed.spare(&who.key) } else { Vec::new() };
        memos.extend(met);
        self.forget(&spare, (AuditKind::Destroyed, Actor::Device))?;
        self.remember(at, memos)?;
        Ok(denial)
    }
}

impl Asked {
    fn of(row: RecordId, memo: &[u8]) -> Result<Self, Error> {
        let kept = KeptRequest::decode(memo).map_err(|_| VaultError::Damaged)?;
        // It was valid when it came in; whether it has expired is asked where it is used.
        let request = AccessRequest::read(&kept.bytes).map_err(|_| VaultError::Damaged)?;
        Ok(Self { row, kept, request })
    }

    /// Tells what became of it; `answers` are the requests that consents answer.
    pub(super) fn state(&self, answers: &[Answer], now: Timestamp) -> RequestState {
        let answer = answers.iter().find(|answer| answer.request == self.request.id());
        match answer {
            _ if self.kept.denied.is_some() => RequestState::Denied,
            Some(answer) if answer.is_as_asked(&self.request) => RequestState::Granted,
            Some(_) => RequestState::Narrowed,
            None if now >= self.request.expires_at() => RequestState::Expired,
            None => RequestState::Requested,
        }
    }

    /// Says why it can be answered no more.
    pub(super) fn refusal(&self, now: Timestamp) -> ConsentError {
        let is_expired = self.kept.denied.is_none() && now >= self.request.expires_at();
        if is_expired { ConsentError::RequestExpired } else { ConsentError::Answered }
    }
}

/// A consent that answers a request.
pub(super) struct Answer {
    pub(super) request: RequestId,
    pub(super) categories: CategorySet,
    pub(super) dates: Option<DateRange>,
    pub(super) seconds: u64,
    pub(super) retain_seconds: u64,
    pub(super) flags: Flags,
    pub(super) is_limited: bool,
}

impl Answer {
    fn is_as_asked(&self, request: &AccessRequest) -> bool {
        !self.is_limited
            && request.categories().is_subset(self.categories)
            && request.dates() == self.dates
            && request.seconds().is_none_or(|asked| self.seconds >= asked)
            && self.retain_seconds >= request.retain_seconds()
            && request.flags() == self.flags
    }
}

/// Gives what a request shows of whoever made it.
pub(super) fn shown(request: &AccessRequest) -> Shown<'_> {
    Shown { key: request.key(), name: request.name(), credential: request.credential() }
}

impl Open {
    /// Gives every request that is here.
    fn asked(&self) -> Result<Vec<Asked>, Error> {
        self.memos(Kind::Request)?.iter().map(|(row, memo)| Asked::of(*row, memo)).collect()
    }

    /// Gives the request of an id.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`].
    pub(super) fn asked_by(&self, id: &RequestId) -> Result<Asked, Error> {
        let row = Kind::Request.id(id.as_bytes());
        let memo = self.memo(Kind::Request, row)?.ok_or(ConsentError::NotFound)?;
        Asked::of(row, &memo)
    }

    /// Gives the answered requests that have given way.
    fn cleared(&self) -> Result<KeptCleared, Error> {
        let memo = self.memo(Kind::Cleared, Kind::Cleared.id(&[]))?;
        let kept = memo.map(|memo| KeptCleared::decode(&memo)).transpose();
        Ok(kept.map_err(|_| VaultError::Damaged)?.unwrap_or_default())
    }

    /// Makes room for a request. In a full inbox those that were answered or expired go, and
    /// without one, for a request that is vouched for, the oldest that waits and is not.
    fn room(&self, believed: &Believed, who: &Who, now: Timestamp) -> Result<Room, Error> {
        let mut room = Room::default();
        if self.count(Kind::Request)? < INBOX {
            return Ok(room);
        }
        let all = self.asked()?;
        let answers = self.answers()?;
        for asked in &all {
            let state = asked.state(&answers, now);
            if state == RequestState::Requested {
                continue;
            }
            room.rows.push(asked.row);
            if state != RequestState::Expired {
                room.answered.push((asked.request.id(), asked.request.expires_at()));
            }
        }
        if !room.rows.is_empty() {
            return Ok(room);
        }
        let is_vouched = who.standing == Standing::Vouched;
        let gives_way = |asked: &&Asked| {
            is_vouched && believed.who(&shown(&asked.request), now).standing != Standing::Vouched
        };
        let one = all.iter().find(gives_way).ok_or(ConsentError::InboxFull)?;
        room.rows.push(one.row);
        Ok(room)
    }
}

/// What gives way to a request.
#[derive(Default)]
struct Room {
    rows: Vec<RecordId>,
    /// Those of them that were answered, and when they expire.
    answered: Vec<(RequestId, Timestamp)>,
}

impl KeptCleared {
    fn holds(&self, id: &RequestId) -> bool {
        self.requests.iter().any(|(cleared, _)| cleared == id)
    }

    /// Adds more; those that have expired by now go, and beyond the bound those that expire first.
    fn with(mut self, more: Vec<(RequestId, Timestamp)>, now: Timestamp) -> Self {
        self.requests.extend(more);
        self.requests.retain(|(_, expires)| *expires > now);
        order::sort_by_key(&mut self.requests, |(_, expires)| std::cmp::Reverse(*expires));
        self.requests.truncate(INBOX);
        self
    }
}

/// Requests that are kept at most, and ids of such as were.
const INBOX: usize = 1000;
