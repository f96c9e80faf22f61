//! Whoever holds something, to be told when it was corrected or shall be erased.
//!
//! It is read before the transaction that corrects something begins, so that record and notices are
//! one step.

use std::collections::{BTreeSet, HashMap};

use super::KeptNotice;
use crate::audit::AuditKind;
use crate::consent::{Alias, AliasKey, ConsentId, NewNotice, Notice, NoticeKind};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::{IdentityNode, VerifyingKey};
use crate::order;
use crate::record::{RecordId, Text};
use crate::session::Open;
use crate::session::notices::Answers;
use crate::session::own::{Kind, Memo};

/// Everybody who holds something under a consent.
pub(in crate::session) struct Readers {
    /// What signs for them and names records to them; `None` when nobody holds anything.
    means: Option<(IdentityNode, AliasKey)>,
    readers: Vec<Reader>,
}

/// Somebody who holds something.
struct Reader {
    key: VerifyingKey,
    did: Text,
    /// The consents under which they hold something, with the records.
    holds: Vec<(ConsentId, BTreeSet<RecordId>)>,
}

impl Open {
    /// Gives everybody who was given something and has not signed that it is erased.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::Damaged`]; [`crate::vault::VaultError::NeedsWords`].
    pub(in crate::session) fn readers(&self) -> Result<Readers, Error> {
        if self.count(Kind::Consent)? == 0 {
            return Ok(Readers { means: None, readers: Vec::new() });
        }
        let answers = Answers::of(self)?;
        let mut readers: Vec<Reader> = Vec::new();
        let mut places = HashMap::new();
        for given in &answers.given {
            if answers.erased(given, Timestamp::from_unix(u64::MAX)).is_some() {
                continue;
            }
            let key = given.kept.key;
            let place = *places.entry(key.to_sec1()).or_insert(readers.len());
            if place == readers.len() {
                readers.push(Reader { key, did: answers.did(&key)?, holds: Vec::new() });
            }
            let went = given.kept.disclosures.iter().flat_map(|disclosed| &disclosed.records);
            let records = order::set(went.map(|(record, _)| *record));
            if let Some(reader) = readers.get_mut(place) {
                reader.holds.push((given.id, records));
            }
        }
        let private = self.private()?;
        Ok(Readers { means: Some((private.node, AliasKey::new(private.alias))), readers })
    }
}

impl Readers {
    /// Signs that records were corrected, for each who holds one of them.
    ///
    /// # Errors
    /// [`crate::consent::ConsentError`] when it cannot be signed, which it always can.
    pub(in crate::session) fn corrections(
        &self,
        records: &BTreeSet<RecordId>,
        at: Timestamp,
    ) -> Result<Vec<Memo>, Error> {
        let mut memos = Vec::new();
        if records.is_empty() {
            return Ok(memos);
        }
        for reader in &self.readers {
            let holds = |(_, held): &&(ConsentId, BTreeSet<RecordId>)| !held.is_disjoint(records);
            let concerned: Vec<_> = reader.holds.iter().filter(holds).collect();
            for part in concerned.chunks(Notice::MOST_CONSENTS) {
                let consents: Vec<ConsentId> = part.iter().map(|(id, _)| *id).collect();
                let held = |id: &&RecordId| part.iter().any(|(_, held)| held.contains(*id));
                let held: Vec<RecordId> = records.iter().filter(held).copied().collect();
                for held in held.chunks(Notice::MOST_RECORDS) {
                    memos.extend(self.sign(reader, &consents, held, at)?);
                }
            }
        }
        Ok(memos)
    }

    /// Signs the wish that everything under a consent be erased; `None` when nobody holds anything
    /// under it.
    ///
    /// # Errors
    /// As [`Readers::corrections`].
    pub(super) fn wish(&self, consent: ConsentId, at: Timestamp) -> Result<Option<Memo>, Error> {
        let holds = |reader: &&Reader| reader.holds.iter().any(|(id, _)| *id == consent);
        match self.readers.iter().find(holds) {
            Some(reader) => self.sign(reader, &[consent], &[], at),
            None => Ok(None),
        }
    }

    /// Signs a notice: that these records were corrected, or, without any, the wish to erase.
    fn sign(
        &self,
        reader: &Reader,
        consents: &[ConsentId],
        records: &[RecordId],
        at: Timestamp,
    ) -> Result<Option<Memo>, Error> {
        let Some((node, alias_key)) = &self.means else { return Ok(None) };
        let did = reader.did.as_str();
        let alias = |id: &RecordId| Alias::derive(alias_key, did, id.as_bytes());
        let aliases: Vec<Alias> = records.iter().map(alias).collect();
        let (kind, entry) = if records.is_empty() {
            (NoticeKind::ErasureWish, AuditKind::ErasureAsked)
        } else {
            (NoticeKind::Correction, AuditKind::Notified)
        };
        let key = node.derive_signing_key(&["pmw://peer/", did].concat(), 0)?;
        let new = NewNotice { kind, consents, records: &aliases, text: None };
        let bytes = Notice::sign(&key, &new, at)?;
        let id = *Notice::read(&bytes)?.id();
        let kept = KeptNotice { bytes, reader: reader.key, records: records.to_vec() };
        let memo = kept.memo(&id, entry);
        Ok(Some(consents.iter().fold(memo, |memo, id| memo.about(*id.as_bytes()))))
    }
}
