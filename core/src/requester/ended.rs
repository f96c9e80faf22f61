//! Answer keys come to their end with what they are for.

use crate::audit::{Actor, AuditKind};
use crate::consent::{ConsentToken, Flags};
use crate::error::Error;
use crate::requester::Requester;
use crate::requester::kept::{KeptAsked, KeptReceived};
use crate::session::own::Kind;
use crate::vault::VaultError;

impl Requester {
    /// Destroys the answer keys of requests that nobody answered in time, and of consents that
    /// have ended. The device's clock decides: a log that once ran ahead must destroy nothing.
    pub(super) fn destroy_ended(&mut self) -> Result<(), Error> {
        let now = self.session.now();
        let (mut ended, mut open) = (Vec::new(), Vec::new());
        for (row, memo) in self.session.memos(Kind::Asked)? {
            let asked = KeptAsked::decode(&memo).map_err(|_| VaultError::Damaged)?;
            if asked.ends <= now { &mut ended } else { &mut open }.push(row);
        }
        let received =
            if open.is_empty() { Vec::new() } else { self.session.memos(Kind::Received)? };
        let mut known = None;
        for (_, memo) in received {
            let received = KeptReceived::decode(&memo).map_err(|_| VaultError::Damaged)?;
            let token = ConsentToken::read(&received.token)?;
            let Some(request) = token.scope().request() else { continue };
            let row = Kind::Asked.id(request.as_bytes());
            if !open.contains(&row) || ended.contains(&row) {
                continue;
            }
            let known = match &mut known {
                Some(known) => known,
                none => none.insert(self.all_revocations()?),
            };
            let is_used =
                token.scope().flags().contains(Flags::SINGLE_USE) && !received.opened.is_empty();
            if is_used || known.covers(&token) {
                ended.push(row);
            }
        }
        self.session.forget(&ended, (AuditKind::Destroyed, Actor::Device))
    }
}
