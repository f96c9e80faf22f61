//! The side of whoever acts: offering, taking a packet in, reading what was given along.

use std::cmp::Reverse;

use crate::audit::{Actor, AuditKind};
use crate::consent::{
    CategorySet, ConsentError, Contact, DelegationError, NewContact, ProxyAct, ProxyActs, Relation,
    Role,
};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::{SealingKey, SigningKey, VerifyingKey};
use crate::order;
use crate::record::{Category, LabelSet, RecordDate, RecordId, Text};
use crate::session::consents::delegation::kept::{KeptEntrusted, Taken};
use crate::session::consents::delegation::packet::{Covered, Lent, Packet};
use crate::session::consents::delegation::{TO_PROXY, damaged};
use crate::session::own::{Kind, Memo};
use crate::session::{Open, Session};
use crate::vault::VaultError;

/// A patient whom this wallet acts for.
#[derive(Clone, Debug)]
pub struct Entrusted {
    /// Names the patient's trust in this wallet.
    pub id: RecordId,
    /// The patient's name, where the record says it.
    pub patient: Option<Text>,
    /// How whoever acts stands to the patient.
    pub relation: Relation,
    /// The names of the requesters that may be answered.
    pub requesters: Vec<Text>,
    /// What may be given.
    pub categories: CategorySet,
    /// What may be done.
    pub acts: ProxyActs,
    /// When the packet was made.
    pub at: Timestamp,
    /// Until when, this moment not included.
    pub until: Timestamp,
    /// Whether its time is over.
    pub is_over: bool,
    /// How many consents and denials were signed in the patient's name.
    pub signed: usize,
}

/// A record of a patient whom this wallet acts for.
#[derive(Clone, Debug)]
pub struct EntrustedRecord {
    /// Its name between the two wallets.
    pub id: RecordId,
    /// Version, from 1.
    pub version: u32,
    /// Category of the scope vocabulary.
    pub category: Category,
    /// Labels in force.
    pub labels: LabelSet,
    /// What it is, in one line.
    pub title: Text,
    /// When it happened.
    pub date: Option<RecordDate>,
    /// The FHIR JSON, as it may be disclosed.
    pub json: Text,
}

impl Session {
    /// Offers to act for a patient: gives the contact for them (`pmw-cc`), with keys that serve for
    /// nobody else.
    ///
    /// # Errors
    /// [`ConsentError::Invalid`] for a name that is empty, longer than 64 bytes, or has hidden
    /// characters; [`ConsentError::Randomness`].
    pub fn offer_to_act(&mut self, name: &str) -> Result<Vec<u8>, Error> {
        let now = self.now();
        let open = self.writable()?;
        let mut offer = [0; 16];
        getrandom::fill(&mut offer).map_err(|_| ConsentError::Randomness)?;
        let mut keys = open.proxy_keys(&offer)?;
        let own = keys.pop().ok_or(VaultError::Damaged)?;
        let proxy_keys: Vec<VerifyingKey> = keys.iter().map(SigningKey::verifying_key).collect();
        let contact = NewContact {
            name,
            role: Role::Proxy,
            class: None,
            answer_key: Some(SealingKey::from_secret(&open.private()?.sealing).public_key()),
            credential: None,
            proxy_keys: &proxy_keys,
            expires_at: Timestamp::from_unix(now.unix().saturating_add(OFFER)),
        };
        let contact = Contact::sign(&own, &contact, now)?;
        let key = own.verifying_key();
        let kept = KeptEntrusted { offer, key, taken: None, done: Vec::new() };
        let row = Kind::Entrusted.id(&key.to_sec1());
        let memo = Memo::new(Kind::Entrusted, row, kept.encode(), AuditKind::Remembered);
        open.remember(now, vec![memo])?;
        Ok(contact)
    }

    /// Takes in what a patient handed over, or a newer packet in the place of the one that is here.
    ///
    /// # Errors
    /// [`DelegationError::Undecryptable`] for one that is for somebody else;
    /// [`DelegationError::NotFound`] for one that answers no offer of this wallet;
    /// [`DelegationError::Ended`]; [`ConsentError::Replayed`] for one older than what is here;
    /// [`ConsentError::WrongPatientKey`] when another patient signed it than the one before.
    pub fn accept_delegation(&mut self, packet: &[u8]) -> Result<Entrusted, Error> {
        let now = self.consent_time()?;
        let open = self.writable()?;
        let key = SealingKey::from_secret(&open.private()?.sealing);
        if packet.len() > Packet::LARGEST + ROOM {
            return Err(DelegationError::Invalid.into());
        }
        let plain = key.open_cose(TO_PROXY, b"", packet).map_err(DelegationError::from)?;
        let packet = Packet::decode(&plain)?;
        let row = Kind::Entrusted.id(&packet.offer.to_sec1());
        let mut kept = open.entrusted(row)?;
        let mut own = open.proxy_keys(&kept.offer)?;
        own.truncate(Contact::KEYS);
        let is_mine = |covered: &Covered| {
            own.iter().any(|key| key.verifying_key() == *covered.delegation.proxy())
        };
        if !packet.covered.iter().all(is_mine) {
            return Err(DelegationError::Invalid.into());
        }
        if until(&packet.covered) <= now {
            return Err(DelegationError::Ended.into());
        }
        if let Some(before) = &kept.taken {
            follows(before, &packet)?;
        }
        let content = Kind::EntrustedRecord.id(&plain);
        let before = kept.taken.take().map(|taken| taken.packet).filter(|row| *row != content);
        kept.taken = Some(Taken {
            patient: packet.patient.clone(),
            report_key: packet.report_key,
            at: packet.at,
            covered: packet.covered,
            packet: content,
        });
        let records = crate::codec::Buffer::copy_of(&plain);
        let memos = vec![
            Memo::new(Kind::EntrustedRecord, content, records, AuditKind::Remembered).by_device(),
            Memo::new(Kind::Entrusted, row, kept.encode(), AuditKind::Entrusted),
        ];
        open.remember(now, memos)?;
        // What the patient gave before is no longer what they give.
        let before: Vec<RecordId> = before.into_iter().collect();
        self.forget(&before, (AuditKind::Destroyed, Actor::Device))?;
        self.witness_later();
        Ok(shown(row, &kept, now).ok_or(VaultError::Damaged)?)
    }

    /// Gives the patients whom this wallet acts for, the oldest first. The records of those for whom
    /// it acts no more are destroyed.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`]; as [`Session::erase`].
    pub fn entrusted(&mut self) -> Result<Vec<Entrusted>, Error> {
        let (device, now) = (self.now(), self.consent_now()?);
        let open = self.open()?;
        let (mut all, mut over) = (Vec::new(), Vec::new());
        for (row, memo) in open.memos(Kind::Entrusted)? {
            let kept = KeptEntrusted::decode(&memo).map_err(damaged)?;
            all.extend(shown(row, &kept, now));
            // The device's clock decides: a log that once ran ahead must destroy nothing.
            let taken = kept.taken.filter(|taken| until(&taken.covered) <= device);
            let packet = taken.map(|taken| taken.packet);
            over.extend(packet.filter(|row| {
                open.memo(Kind::EntrustedRecord, *row).is_ok_and(|memo| memo.is_some())
            }));
        }
        if !over.is_empty() && self.writable().is_ok() {
            self.forget(&over, (AuditKind::Destroyed, Actor::Device))?;
        }
        Ok(all)
    }

    /// Gives the records of a patient whom this wallet acts for, the newest first.
    ///
    /// # Errors
    /// [`DelegationError::NotFound`]; [`DelegationError::NotAllowed`]; [`DelegationError::Ended`].
    pub fn entrusted_records(&mut self, id: RecordId) -> Result<Vec<EntrustedRecord>, Error> {
        self.may_act_for(id, ProxyAct::Read)?;
        let open = self.open()?;
        let packet = open.packet_of(&open.entrusted(id)?)?;
        let mut records: Vec<_> = packet.records.iter().map(Lent::shown).collect();
        order::sort_by_key(&mut records, |record| Reverse(record.date.map(RecordDate::start)));
        Ok(records)
    }

    /// Demands that this wallet may do something for a patient now, towards some requester.
    ///
    /// # Errors
    /// [`DelegationError::NotFound`]; [`DelegationError::Ended`]; as [`ProxyAct::can_be_allowed`];
    /// [`DelegationError::NotAllowed`].
    pub fn may_act_for(&mut self, id: RecordId, act: ProxyAct) -> Result<(), Error> {
        let now = self.consent_now()?;
        let kept = self.open()?.entrusted(id)?;
        let taken = kept.taken.as_ref().ok_or(DelegationError::NotFound)?;
        // What nobody can allow is named as that, whether its time is over or not.
        act.can_be_allowed()?;
        let mut refused = DelegationError::NotFound;
        for covered in &taken.covered {
            let delegation = &covered.delegation;
            match delegation.holds_at(now).and_then(|()| delegation.permits(act)) {
                Ok(()) => return Ok(()),
                Err(error) => refused = error,
            }
        }
        Err(refused.into())
    }

    /// Gives the patient's trust whose id starts with some hex digits.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`]; [`crate::error::WalletError::AmbiguousId`].
    pub fn resolve_entrusted(&mut self, digits: &str) -> Result<RecordId, Error> {
        let rows = self.open()?.memos(Kind::Entrusted)?;
        crate::session::own::resolve(digits, rows.iter().map(|(id, _)| *id))
    }
}

impl Open {
    /// Reads what is kept of an offer.
    pub(super) fn entrusted(&self, row: RecordId) -> Result<KeptEntrusted, Error> {
        let memo = self.memo(Kind::Entrusted, row)?.ok_or(DelegationError::NotFound)?;
        KeptEntrusted::decode(&memo).map_err(damaged)
    }

    /// Reads the packet that is here.
    ///
    /// # Errors
    /// [`DelegationError::NotFound`] before there is one; [`DelegationError::Ended`] when it was
    /// destroyed with its end.
    pub(super) fn packet_of(&self, kept: &KeptEntrusted) -> Result<Packet, Error> {
        let taken = kept.taken.as_ref().ok_or(DelegationError::NotFound)?;
        let memo = self.memo(Kind::EntrustedRecord, taken.packet)?.ok_or(DelegationError::Ended)?;
        Packet::decode(&memo).map_err(damaged)
    }

    /// Derives the keys of an offer: one for each requester, and the offer's own at the end.
    pub(super) fn proxy_keys(&self, offer: &[u8; 16]) -> Result<Vec<SigningKey>, Error> {
        let node = self.private()?.node;
        let uri = ["pmw://proxy/", &RecordId::from_bytes(*offer).to_string()].concat();
        let mut keys = Vec::with_capacity(Contact::KEYS + 1);
        for index in (0..).take(Contact::KEYS + 1) {
            keys.push(node.derive_signing_key(&uri, index)?);
        }
        Ok(keys)
    }
}

impl Lent {
    pub(super) fn shown(&self) -> EntrustedRecord {
        EntrustedRecord {
            id: self.id,
            version: self.version,
            category: self.category,
            labels: self.labels[0],
            title: self.title.clone(),
            date: self.date,
            json: self.json.clone(),
        }
    }
}

/// Demands that a packet comes from whom the one before came from, and after it.
fn follows(before: &Taken, packet: &Packet) -> Result<(), ConsentError> {
    if packet.at < before.at {
        return Err(ConsentError::Replayed);
    }
    let same =
        |one: &Covered, other: &Covered| one.delegation.requester() == other.delegation.requester();
    let mut met = packet.covered.iter().filter_map(|new| {
        let old = before.covered.iter().find(|old| same(old, new))?;
        Some(old.delegation.key() == new.delegation.key())
    });
    let is_theirs = met.next().is_some_and(|first| first && met.all(|one| one));
    if is_theirs { Ok(()) } else { Err(ConsentError::WrongPatientKey) }
}

fn until(covered: &[Covered]) -> Timestamp {
    covered.iter().map(|one| one.delegation.expires_at()).max().unwrap_or_default()
}

fn shown(id: RecordId, kept: &KeptEntrusted, now: Timestamp) -> Option<Entrusted> {
    let taken = kept.taken.as_ref()?;
    let first = &taken.covered.first()?.delegation;
    let until = until(&taken.covered);
    Some(Entrusted {
        id,
        patient: taken.patient.clone(),
        relation: first.relation(),
        requesters: taken.covered.iter().map(|one| one.name.clone()).collect(),
        categories: first.categories(),
        acts: first.acts(),
        at: taken.at,
        until,
        is_over: until <= now,
        signed: kept.done.len(),
    })
}

/// How long an offer waits to be taken, in seconds.
const OFFER: u64 = 30 * 24 * 3600;
/// More than a seal adds.
const ROOM: usize = 128;
