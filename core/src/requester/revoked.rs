//! The revocations that have reached a requester: a row for each (docs/formats.md 4).
//!
//! What says nothing new leaves no row, so that a replay costs nothing. Anybody can sign a
//! revocation with a key of their own: those under a key that has given no consent here are kept,
//! for they may have come before the consent, but only so many; the oldest give way.

use std::collections::BTreeMap;

use crate::audit::{Actor, AuditKind};
use crate::codec::Buffer;
use crate::consent::{ConsentError, ConsentToken, Revocation, Revocations};
use crate::error::Error;
use crate::keys::VerifyingKey;
use crate::record::RecordId;
use crate::requester::Requester;
use crate::session::own::{Kind, Memo};
use crate::vault::VaultError;

/// The revocations under every key.
pub(super) struct Known(BTreeMap<[u8; 33], Revocations>);

impl Known {
    /// Says whether a consent was taken back.
    pub(super) fn covers(&self, token: &ConsentToken) -> bool {
        let revocations = self.0.get(&token.patient_key().to_sec1());
        revocations.is_some_and(|known| known.covers(&token.id(), token.issued_at()))
    }
}

impl Requester {
    /// Gives everything that is known here to be taken back under a key.
    pub(super) fn revocations(&mut self, key: &VerifyingKey) -> Result<Revocations, Error> {
        Ok(union(key, self.kept_revocations()?))
    }

    /// Gives everything that is known here to be taken back.
    pub(super) fn all_revocations(&mut self) -> Result<Known, Error> {
        let mut known: BTreeMap<[u8; 33], Revocations> = BTreeMap::new();
        for (_, kept) in self.kept_revocations()? {
            let of_key = known.entry(kept.key().to_sec1());
            of_key.or_insert_with(|| Revocations::new(*kept.key())).merge(kept);
        }
        Ok(Known(known))
    }

    /// Keeps a revocation that says something new, and gives the union of those under its key.
    pub(super) fn keep_revocation(&mut self, envelope: &[u8]) -> Result<Revocations, Error> {
        let key = *Revocation::verify(envelope)?.key();
        let mut kept = self.kept_revocations()?;
        kept.retain(|(_, kept)| *kept.key() == key);
        let of_key = kept.len();
        let before = union(&key, kept);
        let mut after = before.clone();
        after.add(envelope)?;
        if after == before {
            return Ok(after);
        }
        if self.patient(&key)?.is_none() {
            self.make_room()?;
        } else if of_key >= MOST {
            return Err(ConsentError::TooMany.into());
        }
        let mut alone = Revocations::new(key);
        alone.add(envelope)?;
        let id = Kind::Revocation.id(envelope);
        let memo = Memo::new(Kind::Revocation, id, alone.encode(), AuditKind::Received);
        self.session.remember(self.session.now(), vec![memo])?;
        Ok(after)
    }

    /// Lets the oldest revocations under keys that have given no consent here give way.
    fn make_room(&mut self) -> Result<(), Error> {
        let kept = self.kept_revocations()?;
        if kept.len() < MOST {
            return Ok(());
        }
        let mut has_given = BTreeMap::new();
        let mut strangers = Vec::new();
        for (row, kept) in kept {
            let key = kept.key().to_sec1();
            let is_known = match has_given.get(&key) {
                Some(is_known) => *is_known,
                None => self.patient(kept.key())?.is_some(),
            };
            has_given.insert(key, is_known);
            if !is_known {
                strangers.push(row);
            }
        }
        if strangers.len() < MOST {
            return Ok(());
        }
        // Each destruction writes to the keystore: many at once.
        strangers.truncate(strangers.len() - MOST + AT_ONCE);
        self.session.forget(&strangers, (AuditKind::Destroyed, Actor::Device))
    }

    /// Gives what is kept, the oldest first.
    fn kept_revocations(&mut self) -> Result<Vec<(RecordId, Revocations)>, Error> {
        let read = |(row, memo): (RecordId, Buffer)| {
            Ok((row, Revocations::decode(&memo).map_err(|_| VaultError::Damaged)?))
        };
        self.session.memos(Kind::Revocation)?.into_iter().map(read).collect()
    }
}

fn union(key: &VerifyingKey, kept: Vec<(RecordId, Revocations)>) -> Revocations {
    let mut union = Revocations::new(*key);
    let of_key = kept.into_iter().filter(|(_, kept)| kept.key() == key);
    of_key.for_each(|(_, kept)| union.merge(kept));
    union
}

/// Revocations that are kept under one patient's key, and under all keys of strangers together.
const MOST: usize = 1_000;
/// How many give way at once.
const AT_ONCE: usize = 100;

#[cfg(test)]
mod tests;
