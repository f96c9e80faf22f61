//! The patient's side: letting somebody act, and ending it.

use time::{Date, Month};

use crate::audit::AuditKind;
use crate::consent::{
    AccessRequest, Alias, AliasKey, ConsentError, ConsentId, Contact, Delegation as Signed,
    DelegationError, Grant, Narrowing, NewDelegation, Relation, Role,
};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::{DidKey, SealingKey, VerifyingKey};
use crate::order;
use crate::record::{LabelSet, RecordDate, RecordId, RefKey, Text};
use crate::session::consents::delegation::kept::KeptDelegation;
use crate::session::consents::delegation::packet::{Covered, Lent, Packet};
use crate::session::consents::delegation::{
    Delegated, Delegating, Delegation, TO_PROXY, Whom, damaged,
};
use crate::session::consents::kept::Held;
use crate::session::consents::outgoing::{Load, Outgoing};
use crate::session::consents::revoke::Revoked;
use crate::session::consents::trust::{Believed, Shown, Who};
use crate::session::import::patient::patients;
use crate::session::own::{Kind, Memo};
use crate::session::records::{describe, reference};
use crate::session::{Open, Session};
use crate::vault::VaultError;
use crate::vault::version::Traits;

impl Session {
    /// Lets somebody act for the patient, and gives the packet for them.
    ///
    /// A parent acts until the patient is of age, at most.
    ///
    /// # Errors
    /// [`DelegationError::OfAge`]; [`DelegationError::BornUnknown`]; [`DelegationError::TooLong`];
    /// [`DelegationError::Invalid`] for terms that cannot be; [`ConsentError::WrongType`] for a
    /// contact of another role; [`ConsentError::Replayed`] for an offer that was taken before;
    /// [`ConsentError::TooMany`] for more requesters than an offer has keys;
    /// [`ConsentError::NotFound`] for a requester that is not known.
    pub fn delegate(&mut self, new: &Delegating<'_>) -> Result<Delegated, Error> {
        let at = self.consent_time()?;
        let open = self.writable()?;
        let offer = Contact::verify(new.offer, at)?;
        if offer.role() != Role::Proxy || offer.answer_key().is_none() {
            return Err(ConsentError::WrongType.into());
        }
        let row = Kind::Delegation.id(&offer.key().to_sec1());
        if open.memo(Kind::Delegation, row)?.is_some() {
            return Err(ConsentError::Replayed.into());
        }
        if new.requesters.len() > Contact::KEYS {
            return Err(ConsentError::TooMany.into());
        }
        if new.relation == Relation::Parent && new.until > open.of_age(new.born)? {
            return Err(DelegationError::OfAge.into());
        }
        let believed = open.believed()?;
        let (mut memos, mut requesters, mut covered) = (Vec::new(), Vec::new(), Vec::new());
        for (whom, proxy) in new.requesters.iter().zip(offer.proxy_keys()) {
            let (who, credential) = whom.who(&believed, at)?;
            if requesters.contains(&who.key) {
                return Err(DelegationError::Invalid.into());
            }
            let signed = Signed::sign(
                &open.peer_key(&who.did)?,
                &NewDelegation {
                    id: ConsentId::generate()?,
                    proxy,
                    requester: &who.key,
                    categories: new.categories,
                    acts: new.acts,
                    purposes: new.purposes,
                    longest: new.longest,
                    flags: new.flags,
                    relation: new.relation,
                    name: offer.name(),
                    not_before: at,
                    expires_at: new.until,
                },
                at,
            )?;
            memos.extend(open.met(&believed, &who, credential.as_deref(), Some(at)));
            requesters.push(who.key);
            covered.push(Covered { name: who.name, delegation: Signed::read(&signed)? });
        }
        if covered.is_empty() {
            return Err(DelegationError::Invalid.into());
        }
        let offer = new.offer.to_vec();
        let (denied, ended, refused) = (new.deny, None, Vec::new());
        let kept = KeptDelegation { offer, denied, requesters, covered, at, ended, refused };
        memos.push(Memo::new(Kind::Delegation, row, kept.encode(), AuditKind::Delegated));
        open.remember(at, memos)?;
        self.witness_later();
        self.delegation_packet(row)
    }

    /// Gives those who may act for the patient, the oldest first.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub fn delegations(&mut self) -> Result<Vec<Delegation>, Error> {
        let mut all = Vec::new();
        for (id, memo) in self.open()?.memos(Kind::Delegation)? {
            all.extend(shown(id, &KeptDelegation::decode(&memo).map_err(damaged)?));
        }
        Ok(all)
    }

    /// Gives the packet of a delegation anew, with the records as they are now.
    ///
    /// # Errors
    /// [`DelegationError::NotFound`]; [`DelegationError::Ended`] when its time is over or the
    /// patient ended it; [`VaultError::Damaged`] for a record that cannot be read.
    pub fn delegation_packet(&mut self, id: RecordId) -> Result<Delegated, Error> {
        let now = self.consent_now()?;
        let open = self.open()?;
        let kept = open.delegated(id)?;
        let delegation = shown(id, &kept).ok_or(VaultError::Damaged)?;
        if kept.ended.is_some() || delegation.until <= now {
            return Err(DelegationError::Ended.into());
        }
        let offer = Contact::read(&kept.offer)?;
        let answer = offer.answer_key().ok_or(VaultError::Damaged)?;
        let packet = open.packet(&kept, &offer, now)?;
        let plain = packet.encode();
        if plain.len() > Packet::LARGEST {
            return Err(ConsentError::TooMany.into());
        }
        let sealed = answer.seal_cose(TO_PROXY, b"", &plain).map_err(DelegationError::from)?;
        Ok(Delegated { delegation, packet: sealed.to_vec(), records: packet.records.len() })
    }

    /// Ends that somebody acts for the patient: gives a revocation for each requester. What was
    /// given by then holds on, and can be taken back like any other consent; nothing that a
    /// requester has not seen by then holds any more.
    ///
    /// # Errors
    /// [`DelegationError::NotFound`].
    pub fn end_delegation(&mut self, id: RecordId) -> Result<Vec<Revoked>, Error> {
        let at = self.now();
        let open = self.writable()?;
        let mut kept = open.delegated(id)?;
        let (mut memos, mut revoked) = (Vec::new(), Vec::new());
        for mut known in open.believed()?.into_known() {
            let place = kept.requesters.iter().position(|key| *key == known.key);
            let Some(covered) = place.and_then(|place| kept.covered.get(place)) else { continue };
            let ids = [covered.delegation.id()];
            let envelope = open.sign_revocation(&mut known, &ids, None, at)?;
            let row = Kind::Requester.id(&known.key.to_sec1());
            memos.push(Memo::new(Kind::Requester, row, known.encode(), AuditKind::Revoked));
            let (audience, did) = (known.name, known.did);
            revoked.push(Revoked { audience, did, consents: ids.to_vec(), envelope });
        }
        kept.ended = kept.ended.or(Some(at));
        memos.push(Memo::new(Kind::Delegation, id, kept.encode(), AuditKind::DelegationEnded));
        open.remember(at, memos)?;
        self.witness_later();
        Ok(revoked)
    }
}

impl Whom {
    /// Says who it is, and what they show of themselves.
    fn who(
        &self,
        believed: &Believed,
        now: Timestamp,
    ) -> Result<(Who, Option<Vec<u8>>), ConsentError> {
        match self {
            Self::Contact(contact) => {
                let contact = Contact::verify(contact, now)?;
                if contact.role() != Role::Requester {
                    return Err(ConsentError::WrongType);
                }
                let (key, name) = (contact.key(), Some(contact.name()));
                let credential = contact.credential();
                let who = believed.who(&Shown { key, name, credential }, now);
                Ok((who, credential.map(<[u8]>::to_vec)))
            }
            Self::Known(did) => {
                let known = believed.known_as(did).ok_or(ConsentError::NotFound)?;
                let (key, name) = (&known.key, Some(known.name.as_str()));
                let credential = known.credential.as_deref();
                Ok((believed.who(&Shown { key, name, credential }, now), known.credential.clone()))
            }
        }
    }
}

impl Open {
    /// Reads what is kept of a delegation.
    pub(super) fn delegated(&self, id: RecordId) -> Result<KeptDelegation, Error> {
        let memo = self.memo(Kind::Delegation, id)?.ok_or(DelegationError::NotFound)?;
        KeptDelegation::decode(&memo).map_err(damaged)
    }

    /// Puts the packet together.
    fn packet(
        &mut self,
        kept: &KeptDelegation,
        offer: &Contact,
        now: Timestamp,
    ) -> Result<Packet, Error> {
        let alias_key = AliasKey::new(self.private()?.alias);
        let report_key = SealingKey::from_secret(&self.private()?.sealing).public_key();
        let proxy_did = DidKey::from(offer.key()).to_string();
        let mut dids = Vec::new();
        let mut may_get: Vec<Vec<Held>> = Vec::new();
        for (key, covered) in kept.requesters.iter().zip(&kept.covered) {
            let (did, held) = self.may_get(key, covered, kept.denied, now)?;
            dids.push(did);
            may_get.push(held);
        }
        let mut all: Vec<RecordId> = may_get.iter().flatten().map(|held| held.record).collect();
        order::sort(&mut all);
        all.dedup();
        let alias = |place: usize, did: &Text, record: RecordId| {
            let held = may_get.get(place)?;
            held.binary_search_by_key(&record, |held| held.record).ok()?;
            Some(Alias::derive(&alias_key, did.as_str(), record.as_bytes()))
        };
        let patient = self.patient_name()?;
        let folder = self.files();
        let (db, vault) = self.records()?;
        let load = Load::lent(all.clone());
        let outgoing = Outgoing::new((db, vault, &folder), &load);
        let mut records = Vec::with_capacity(all.len());
        for record in all {
            let entry = vault.index().current(record).ok_or(VaultError::NotFound)?;
            let (facts, traits) = (&entry.version.facts, entry.version.traits);
            let places = dids.iter().enumerate();
            records.push(Lent {
                id: between(&alias_key, &proxy_did, record),
                version: entry.version.number,
                category: entry.version.category,
                labels: [
                    vault.index().labels(entry),
                    entry.version.labels.in_force(LabelSet::EMPTY),
                ],
                is_confirmed: traits.has(Traits::CONFIRMED),
                has_free_text: traits.has(Traits::FREE_TEXT),
                date: facts.date,
                title: describe(vault, entry).title,
                names: names(entry),
                resource_id: facts.resource_id.as_ref().map(|id| RefKey::of_name(id.as_str())),
                aliases: places.map(|(place, did)| alias(place, did, record)).collect(),
                json: Text::from(outgoing.json(record)?),
            });
        }
        let known = vault.index().patients().iter();
        let names = known.filter_map(|id| vault.index().current(*id)).flat_map(names).collect();
        let (offer, covered) = (*offer.key(), kept.covered.clone());
        Ok(Packet { offer, at: now, patient, report_key, covered, names, records })
    }

    /// Gives what one requester may get, by the one function that decides, and the DID that their
    /// names for records derive from. Attached files stay with the patient.
    fn may_get(
        &mut self,
        key: &VerifyingKey,
        covered: &Covered,
        denied: LabelSet,
        now: Timestamp,
    ) -> Result<(Text, Vec<Held>), Error> {
        let believed = self.believed()?;
        let known = believed.known(key).ok_or(VaultError::Damaged)?;
        let (name, credential) = (Some(known.name.as_str()), known.credential.as_deref());
        let who = believed.who(&Shown { key, name, credential }, now);
        let terms = Narrowing::new().only(covered.delegation.categories()).deny(denied);
        let grant = Grant::unasked(&terms, LabelSet::EMPTY, now)?;
        let rules = self.rules()?;
        let judged = self.judge(&grant, &who, &rules, false, now)?;
        Ok((who.did, judged.released))
    }

    /// Gives the moment from which the patient is of age: by the earliest day that what is said of
    /// the birth admits.
    fn of_age(&mut self, said: Option<RecordDate>) -> Result<Timestamp, Error> {
        let (db, vault) = self.records()?;
        let recorded = patients(db, vault)?.into_iter().filter_map(|facts| facts.birth_date);
        let recorded = recorded.filter_map(|date| RecordDate::parse(date.as_str()).ok());
        let born = recorded.chain(said).map(RecordDate::start).min();
        let born = born.ok_or(DelegationError::BornUnknown)?;
        birthday(born, OF_AGE).ok_or_else(|| DelegationError::BornUnknown.into())
    }
}

/// Names a record between the wallet of the patient and that of whoever acts.
pub(super) fn between(key: &AliasKey, proxy_did: &str, record: RecordId) -> RecordId {
    RecordId::from_bytes(*Alias::derive(key, proxy_did, record.as_bytes()).as_bytes())
}

/// Says whether a request asks what a delegation was signed for.
pub(super) fn place_of(covered: &[Covered], request: &AccessRequest) -> Option<usize> {
    let reader = crate::consent::Thumbprint::of(request.key());
    covered.iter().position(|one| one.delegation.requester() == reader)
}

fn names(entry: &crate::vault::index::Entry) -> Vec<RefKey> {
    let bare = reference(entry).map(|name| RefKey::of_name(name.as_str()));
    entry.version.facts.reference_keys.iter().copied().chain(bare).collect()
}

fn shown(id: RecordId, kept: &KeptDelegation) -> Option<Delegation> {
    let first = &kept.covered.first()?.delegation;
    Some(Delegation {
        id,
        name: Text::from(first.name()),
        relation: first.relation(),
        requesters: kept.covered.iter().map(|one| one.name.clone()).collect(),
        categories: first.categories(),
        denied: kept.denied,
        acts: first.acts(),
        since: kept.at,
        until: first.expires_at(),
        ended: kept.ended,
    })
}

/// Gives the first second of a birthday, of 29 February the day before where there is none.
fn birthday(born: i64, years: i32) -> Option<Timestamp> {
    let born = time::OffsetDateTime::from_unix_timestamp(born).ok()?.date();
    let year = born.year().checked_add(years)?;
    let day = Date::from_calendar_date(year, born.month(), born.day());
    let day = day.or_else(|_| Date::from_calendar_date(year, Month::February, 28)).ok()?;
    let seconds = day.midnight().assume_utc().unix_timestamp();
    u64::try_from(seconds).ok().map(Timestamp::from_unix)
}

/// Years after which nobody acts for a patient as a parent.
const OF_AGE: i32 = 18;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patient_is_of_age_on_the_eighteenth_birthday() {
        let of_age = |born: &str| {
            let born = RecordDate::parse(born).unwrap();
            birthday(born.start(), OF_AGE).unwrap().unix()
        };
        assert_eq!(of_age("2010-05-04"), 1_841_011_200, "4 May 2028");
        assert_eq!(of_age("2010"), 1_830_297_600, "1 January 2028: no later day is certain");
        assert_eq!(of_age("2008-02-29"), 1_772_236_800, "28 February 2026");
    }
}
