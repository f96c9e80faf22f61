//! Corrections and the wish to erase reach those who hold something: what was signed for whom, who
//! answered, and who still owes an answer.

mod readers;

use std::collections::HashMap;

use crate::audit::AuditKind;
use crate::codec::{Buffer, Encoder, Malformed};
use crate::consent::{Alias, AliasKey, ConsentError, ConsentId, Notice, NoticeKind};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::VerifyingKey;
use crate::order;
use crate::receipt::Act;
use crate::record::{RecordId, Text};
use crate::session::consents::Given;
use crate::session::own::{Kind, Memo, begin, versioned};
use crate::session::receipts::Told;
use crate::session::{Open, Session};
use crate::vault::VaultError;

/// A notice that was signed for a reader, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeState {
    /// Its id: SHA-256 of what was signed.
    pub id: [u8; 32],
    /// What it is about.
    pub kind: NoticeKind,
    /// The reader's name, as it was shown.
    pub audience: Text,
    /// Their DID.
    pub did: Text,
    /// The consents under which they hold what it is about.
    pub consents: Vec<ConsentId>,
    /// The records that were corrected; none for a wish that everything be erased.
    pub records: Vec<RecordId>,
    /// When it was signed.
    pub at: Timestamp,
    /// When they signed that they applied it, or that they erased what it is about.
    pub answered: Option<Timestamp>,
    /// The signed object (`pmw-no`), to be carried to them.
    pub envelope: Vec<u8>,
}

/// Erasing that a reader owes: the day has passed or the patient asked, and no statement came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedErasure {
    /// The consent under which they hold something.
    pub consent: ConsentId,
    /// Their name, as it was shown.
    pub audience: Text,
    /// Their DID.
    pub did: Text,
    /// Since when they owe it.
    pub since: Timestamp,
}

/// Somebody who was given a record under a consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Their name, as it was shown.
    pub audience: Text,
    /// Their DID.
    pub did: Text,
    /// The consent.
    pub consent: ConsentId,
    /// The latest version that they were given.
    pub version: u32,
    /// Since when they have that.
    pub since: Timestamp,
    /// When they first signed that they read the record after that.
    pub read: Option<Timestamp>,
    /// When they signed that they erased it.
    pub erased: Option<Timestamp>,
}

impl Session {
    /// Gives the notices that were signed, the newest first.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub fn notices(&mut self) -> Result<Vec<NoticeState>, Error> {
        let open = self.open()?;
        let answers = Answers::of(open)?;
        let mut all = Vec::new();
        for (_, memo) in open.memos(Kind::Notice)? {
            let kept = KeptNotice::decode(&memo).map_err(|_| VaultError::Damaged)?;
            all.push(answers.state(kept)?);
        }
        all.reverse();
        Ok(all)
    }

    /// Signs the wish that a reader erase what it opened under a consent, and gives it; one that
    /// waits for its answer is given again.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`]; [`VaultError::Db`]: then nothing was signed.
    pub fn ask_erasure(&mut self, consent: ConsentId) -> Result<NoticeState, Error> {
        let at = self.now();
        let asked = |notice: &NoticeState| {
            notice.kind == NoticeKind::ErasureWish && notice.consents == [consent]
        };
        let waits = |notice: &NoticeState| asked(notice) && notice.answered.is_none();
        if let Some(waiting) = self.notices()?.into_iter().find(waits) {
            return Ok(waiting);
        }
        let open = self.writable()?;
        let memo = open.readers()?.wish(consent, at)?.ok_or(ConsentError::NotFound)?;
        let row = memo.id;
        open.remember(at, vec![memo])?;
        self.witness_later();
        let signed = self.open()?.memo(Kind::Notice, row)?.ok_or(VaultError::Damaged)?;
        let kept = KeptNotice::decode(&signed).map_err(|_| VaultError::Damaged)?;
        Answers::of(self.open()?)?.state(kept)
    }

    /// Gives what readers owe to erase, what they owe longest first.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub fn owed_erasures(&mut self) -> Result<Vec<OwedErasure>, Error> {
        let now = self.consent_now()?;
        let notices = self.notices()?;
        let answers = Answers::of(self.open()?)?;
        let mut owed = Vec::new();
        for given in answers.given.iter().filter(|given| answers.erased(given, now).is_none()) {
            let asks = |notice: &&NoticeState| {
                notice.kind == NoticeKind::ErasureWish && notice.consents.contains(&given.id)
            };
            let asked = notices.iter().filter(asks).map(|notice| notice.at).min();
            let due = Some(given.token.scope().erase_by()).filter(|by| *by <= now);
            let Some(since) = asked.into_iter().chain(due).min() else { continue };
            let (audience, did) = (given.kept.name.clone(), answers.did(&given.kept.key)?);
            owed.push(OwedErasure { consent: given.id, audience, did, since });
        }
        order::sort_by_key(&mut owed, |owed| owed.since);
        Ok(owed)
    }

    /// Gives who was given a record, under each consent, the latest first.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub fn holders(&mut self, record: RecordId) -> Result<Vec<Holder>, Error> {
        let now = self.consent_now()?;
        let open = self.open()?;
        let answers = Answers::of(open)?;
        let mut alias_key = None;
        let mut holders = Vec::new();
        for given in &answers.given {
            let went = given.kept.disclosures.iter().rev().find_map(|disclosed| {
                let (_, version) = disclosed.records.iter().find(|(id, _)| *id == record)?;
                Some((*version, disclosed.at))
            });
            let Some((version, since)) = went else { continue };
            let did = answers.did(&given.kept.key)?;
            let key = match &mut alias_key {
                Some(key) => key,
                none => none.insert(AliasKey::new(open.private()?.alias)),
            };
            let alias = Alias::derive(key, did.as_str(), record.as_bytes());
            holders.push(Holder {
                audience: given.kept.name.clone(),
                did,
                consent: given.id,
                version,
                since,
                read: answers.read(given, &alias, since),
                erased: answers.erased(given, now),
            });
        }
        order::sort_by_key(&mut holders, |holder| std::cmp::Reverse(holder.since));
        Ok(holders)
    }
}

/// What readers handed in, to be looked up.
struct Answers {
    given: Vec<Given>,
    dids: HashMap<[u8; 33], Text>,
    handed_in: Vec<Told>,
}

impl Answers {
    fn of(open: &Open) -> Result<Self, Error> {
        let known = open.answered()?.into_iter();
        Ok(Self {
            given: open.given()?,
            dids: known.map(|known| (known.key.to_sec1(), known.did)).collect(),
            handed_in: open.handed_in()?.into_iter().map(|(told, _)| told).collect(),
        })
    }

    fn did(&self, key: &VerifyingKey) -> Result<Text, VaultError> {
        self.dids.get(&key.to_sec1()).cloned().ok_or(VaultError::Damaged)
    }

    fn state(&self, kept: KeptNotice) -> Result<NoticeState, Error> {
        let notice = Notice::read(&kept.bytes).map_err(|_| VaultError::Damaged)?;
        let theirs = |given: &&Given| notice.consents().contains(&given.id);
        let theirs: Vec<&Given> = self.given.iter().filter(theirs).collect();
        let name = theirs.last().map(|given| given.kept.name.clone()).unwrap_or_default();
        let applied = self.handed_in.iter().filter_map(|told| match told {
            Told::Access(receipt) if receipt.act() == Act::NoticeApplied(*notice.id()) => {
                (*receipt.reader() == kept.reader).then(|| receipt.at())
            }
            _ => None,
        });
        let erased = theirs.iter().map(|given| self.erased(given, notice.issued_at()));
        let erased: Option<Vec<Timestamp>> = erased.collect();
        let erased = erased.and_then(|all| all.into_iter().max());
        Ok(NoticeState {
            id: *notice.id(),
            kind: notice.kind(),
            audience: name,
            did: self.did(&kept.reader)?,
            consents: notice.consents().to_vec(),
            records: kept.records,
            at: notice.issued_at(),
            answered: match notice.kind() {
                NoticeKind::Correction => applied.min().into_iter().chain(erased).min(),
                NoticeKind::ErasureWish => erased,
            },
            envelope: kept.bytes,
        })
    }

    /// Tells when a reader first signed that it erased everything that had been given under a
    /// consent up to a moment.
    fn erased(&self, given: &Given, until: Timestamp) -> Option<Timestamp> {
        let went = || given.kept.disclosures.iter().map(|disclosed| disclosed.at);
        // A clock that was set back puts all of them after that moment.
        let last = went().filter(|at| *at <= until).max().or_else(|| went().min())?;
        let theirs = || self.handed_in.iter().filter(|told| told.consent() == given.id);
        let is_opened = theirs().any(Told::is_opening);
        let statements = theirs().filter(|told| told.is_whole_erasure(is_opened)).map(Told::at);
        // Two clocks may differ.
        statements.filter(|at| at.unix().saturating_add(SKEW) >= last.unix()).min()
    }

    /// Tells when the reader of a consent first signed, after a moment, that it read a record.
    fn read(&self, given: &Given, alias: &Alias, since: Timestamp) -> Option<Timestamp> {
        let reads = self.handed_in.iter().filter_map(|told| match told {
            Told::Access(receipt) if !matches!(receipt.act(), Act::NoticeApplied(_)) => {
                let is_theirs = *receipt.reader() == given.kept.key
                    && receipt.consent() == given.id
                    && receipt.records().binary_search(alias).is_ok();
                is_theirs.then(|| receipt.at())
            }
            _ => None,
        });
        reads.filter(|at| at.unix().saturating_add(SKEW) >= since.unix()).min()
    }
}

/// A notice that was signed: type `pmw:notice`.
#[derive(Debug)]
struct KeptNotice {
    bytes: Vec<u8>,
    /// The key of the reader that it is for.
    reader: VerifyingKey,
    /// The records behind its aliases.
    records: Vec<RecordId>,
}

impl KeptNotice {
    fn memo(&self, id: &[u8; 32], entry: AuditKind) -> Memo {
        Memo::new(Kind::Notice, Kind::Notice.id(id), self.encode(), entry)
    }

    fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(self.bytes.len() + 17 * self.records.len() + 96);
        begin(&mut out, 3);
        out.uint(1);
        out.bytes(&self.bytes);
        out.uint(2);
        out.bytes(&self.reader.to_sec1());
        out.uint(3);
        out.array(self.records.len());
        self.records.iter().for_each(|id| out.bytes(id.as_bytes()));
        out.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let bytes = map.at(1)?.bytes()?.to_vec();
        let reader = VerifyingKey::from_sec1(map.at(2)?.bytes()?).map_err(|_| Malformed)?;
        let items = map.at(3)?;
        let count = items.array()?;
        let id = |_| Ok(RecordId::from_bytes(items.bytes()?.try_into().map_err(|_| Malformed)?));
        let records = (0..count).map(id).collect::<Result<_, _>>()?;
        map.finish()?;
        Ok(Self { bytes, reader, records })
    }
}

/// How far two clocks may differ, in seconds.
const SKEW: u64 = 120;

#[cfg(test)]
mod tests;
