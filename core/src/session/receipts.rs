//! What readers hand back: receipts and erasure statements come in, in any order, twice without
//! harm, and are listed.
//!
//! Whether they fit what was given is not asked here: a reader who did what nobody permitted must
//! be able to hand in its receipt.

pub(in crate::session) mod kept;

use std::collections::{HashMap, HashSet};

use crate::audit::{AuditKind, Destroyed, ErasureStatement, Subject};
use crate::codec::Buffer;
use crate::consent::wire::has_come;
use crate::consent::{Alias, AliasKey, ConsentId, Thumbprint};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::{SignedKind, VerifyingKey};
use crate::order;
use crate::receipt::{AccessReceipt, Act, ReceiptError};
use crate::record::{RecordId, Text};
use crate::session::consents::Given;
use crate::session::own::{Kind, Memo};
use crate::session::receipts::kept::{KeptReceipt, KeptStatement};
use crate::session::{Open, Session};
use crate::vault::VaultError;

/// What came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedReceipt {
    /// What it says.
    pub told: Told,
    /// The name under which the patient consented to this reader; `None` for a reader whom no
    /// consent names.
    pub audience: Option<Text>,
    /// Whether it was not here before.
    pub is_new: bool,
}

/// What a reader signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Told {
    /// A receipt of an access.
    Access(AccessReceipt),
    /// A statement that what was opened is erased.
    Erasure(ErasureStatement),
}

impl Told {
    /// Returns the id: SHA-256 of what was signed.
    #[must_use]
    pub const fn id(&self) -> [u8; 32] {
        match self {
            Self::Access(receipt) => *receipt.id().as_bytes(),
            Self::Erasure(statement) => *statement.id(),
        }
    }

    /// Returns the consent that it names.
    #[must_use]
    pub const fn consent(&self) -> ConsentId {
        match self {
            Self::Access(receipt) => receipt.consent(),
            Self::Erasure(statement) => ConsentId::from_bytes(*statement.subject().id()),
        }
    }

    /// Returns when it says that it was.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Access(receipt) => receipt.at(),
            Self::Erasure(statement) => statement.stamp().at(),
        }
    }

    /// Returns the key that signed.
    #[must_use]
    pub const fn reader(&self) -> &VerifyingKey {
        match self {
            Self::Access(receipt) => receipt.reader(),
            Self::Erasure(statement) => statement.signer(),
        }
    }

    /// Tells whether it says that a disclosure was opened.
    pub(in crate::session) const fn is_opening(&self) -> bool {
        match self {
            Self::Access(receipt) => matches!(receipt.act(), Act::Opened(_)),
            Self::Erasure(_) => false,
        }
    }

    /// Tells whether it says that everything is erased: what was opened has copies, and the keys
    /// alone are not all of it then.
    pub(in crate::session) fn is_whole_erasure(&self, is_opened: bool) -> bool {
        match self {
            Self::Access(_) => false,
            Self::Erasure(statement) => {
                !is_opened || statement.destroyed().contains(&Destroyed::Copies)
            }
        }
    }

    fn memo(&self, bytes: &[u8], received: Timestamp) -> Memo {
        let (kind, row) = self.row();
        let content: Buffer = match self {
            Self::Access(receipt) => {
                KeptReceipt { bytes: bytes.to_vec(), received, reader: *receipt.reader() }.encode()
            }
            Self::Erasure(_) => KeptStatement { bytes: bytes.to_vec(), received }.encode(),
        };
        let memo = Memo::new(kind, row, content, AuditKind::Receipted);
        memo.about(*self.consent().as_bytes())
    }

    fn row(&self) -> (Kind, RecordId) {
        let kind = match self {
            Self::Access(_) => Kind::Receipt,
            Self::Erasure(_) => Kind::Statement,
        };
        (kind, kind.id(&self.id()))
    }
}

/// Something that a reader handed in, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedIn {
    /// What it says.
    pub told: Told,
    /// When it came in.
    pub received: Timestamp,
    /// The name under which the patient consented to this reader; `None` for a reader whom no
    /// consent names.
    pub audience: Option<Text>,
    /// The records that a receipt names, in its order; `None` for one that was never given to this
    /// reader. A statement names none.
    pub records: Vec<Option<RecordId>>,
}

impl Session {
    /// Takes in receipts (`pmw-ar`) and erasure statements about a consent (`pmw-es`), in any
    /// order; each is judged for itself, and all that are good are kept, or none.
    ///
    /// The judgement of each is [`ReceiptError::Foreign`] for one about another patient, or about a
    /// consent that this wallet never gave; [`ReceiptError::Invalid`] also for a statement of
    /// somebody else than the reader of that consent; [`ReceiptError::TooMany`]; and the errors of
    /// [`AccessReceipt::verify`].
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`]; [`VaultError::Db`]: then nothing was
    /// written.
    pub fn add_receipts(
        &mut self,
        envelopes: &[&[u8]],
    ) -> Result<Vec<Result<AddedReceipt, ReceiptError>>, Error> {
        let now = self.consent_now()?;
        let open = self.writable()?;
        let mut desk = Desk::of(open, now)?;
        let mut memos = Vec::new();
        let mut judged = Vec::with_capacity(envelopes.len());
        for envelope in envelopes {
            let told = match desk.read(envelope) {
                Ok(told) => told,
                Err(error) => {
                    judged.push(Err(error));
                    continue;
                }
            };
            let (kind, row) = told.row();
            let is_new = desk.seen.insert(row) && open.memo(kind, row)?.is_none();
            if is_new && !desk.has_room(&told) {
                desk.seen.remove(&row);
                judged.push(Err(ReceiptError::TooMany));
                continue;
            }
            if is_new {
                memos.push(told.memo(envelope, now));
            }
            let audience = desk.names.get(&told.reader().to_sec1()).cloned();
            judged.push(Ok(AddedReceipt { told, audience, is_new }));
        }
        if !memos.is_empty() {
            open.remember(now, memos)?;
            self.witness_later();
        }
        Ok(judged)
    }

    /// Gives what readers handed in, about one consent or about all, in the order of the accesses
    /// that it tells of.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub fn receipts(&mut self, consent: Option<ConsentId>) -> Result<Vec<HandedIn>, Error> {
        let open = self.open()?;
        let given = open.given()?;
        let (names, aliases) = (names(&given), open.records_by_alias(&given)?);
        let mut all = Vec::new();
        for (told, received) in open.handed_in()? {
            if consent.is_some_and(|consent| consent != told.consent()) {
                continue;
            }
            let reader = told.reader().to_sec1();
            let theirs = aliases.get(&reader);
            let records = match &told {
                Told::Access(receipt) => receipt
                    .records()
                    .iter()
                    .map(|alias| theirs.and_then(|theirs| theirs.get(alias)).copied())
                    .collect(),
                Told::Erasure(_) => Vec::new(),
            };
            let audience = names.get(&reader).cloned();
            all.push(HandedIn { told, received, audience, records });
        }
        order::sort_by_key(&mut all, |one| one.told.at());
        Ok(all)
    }
}

/// What decides about what comes in.
struct Desk {
    now: Timestamp,
    /// Thumbprints of the keys that readers know this patient by.
    patient: HashSet<[u8; 16]>,
    /// Whose key each consent names.
    readers: HashMap<ConsentId, VerifyingKey>,
    names: HashMap<[u8; 33], Text>,
    /// How many receipts are kept of each reader, by the key; of all whom no consent names, `None`.
    kept: HashMap<Option<[u8; 33]>, usize>,
    /// How many statements are kept about each consent.
    stated: HashMap<ConsentId, usize>,
    /// Rows of this call.
    seen: HashSet<RecordId>,
}

impl Desk {
    fn of(open: &Open, now: Timestamp) -> Result<Self, Error> {
        let given = open.given()?;
        let mut desk = Self {
            now,
            patient: open.thumbprints()?,
            readers: given.iter().map(|given| (given.id, given.kept.key)).collect(),
            names: names(&given),
            kept: HashMap::new(),
            stated: HashMap::new(),
            seen: HashSet::new(),
        };
        for (_, memo) in open.memos(Kind::Receipt)? {
            let kept = KeptReceipt::decode(&memo).map_err(|_| VaultError::Damaged)?;
            *desk.kept.entry(desk.place(&kept.reader)).or_default() += 1;
        }
        for (statement, _) in open.statements()? {
            let consent = ConsentId::from_bytes(*statement.subject().id());
            *desk.stated.entry(consent).or_default() += 1;
        }
        Ok(desk)
    }

    fn place(&self, reader: &VerifyingKey) -> Option<[u8; 33]> {
        Some(reader.to_sec1()).filter(|key| self.names.contains_key(key))
    }

    fn read(&self, envelope: &[u8]) -> Result<Told, ReceiptError> {
        match SignedKind::of(envelope) {
            Some(SignedKind::Receipt) => {
                let receipt = AccessReceipt::verify(envelope, self.now)?;
                if self.patient.contains(receipt.patient().as_bytes()) {
                    Ok(Told::Access(receipt))
                } else {
                    Err(ReceiptError::Foreign)
                }
            }
            Some(SignedKind::Erasure) => self.read_statement(envelope),
            Some(_) => Err(ReceiptError::WrongType),
            None => Err(ReceiptError::Invalid),
        }
    }

    fn read_statement(&self, envelope: &[u8]) -> Result<Told, ReceiptError> {
        let read = ErasureStatement::verify(envelope).map_err(|_| ReceiptError::Invalid)?;
        let Subject::Consent(consent) = read.subject() else {
            return Err(ReceiptError::WrongType);
        };
        let reader = self.readers.get(&ConsentId::from_bytes(*consent));
        if reader.ok_or(ReceiptError::Foreign)? != read.signer() {
            return Err(ReceiptError::Invalid);
        }
        has_come(read.stamp().at(), self.now)?;
        Ok(Told::Erasure(read))
    }

    /// Takes a place for something new, if there is one.
    fn has_room(&mut self, told: &Told) -> bool {
        let place = self.place(told.reader());
        let (count, most) = match told {
            Told::Erasure(_) => (self.stated.entry(told.consent()).or_default(), STATEMENTS),
            Told::Access(_) => {
                let most = if place.is_some() { OF_A_READER } else { OF_STRANGERS };
                (self.kept.entry(place).or_default(), most)
            }
        };
        let has_room = *count < most;
        *count += usize::from(has_room);
        has_room
    }
}

/// Gives the name under which the patient last consented to each reader, by the key.
fn names(given: &[Given]) -> HashMap<[u8; 33], Text> {
    given.iter().map(|given| (given.kept.key.to_sec1(), given.kept.name.clone())).collect()
}

impl Open {
    /// Gives everything that readers handed in, and when it came.
    pub(in crate::session) fn handed_in(&self) -> Result<Vec<(Told, Timestamp)>, Error> {
        let mut all = Vec::new();
        for (_, memo) in self.memos(Kind::Receipt)? {
            let kept = KeptReceipt::decode(&memo).map_err(|_| VaultError::Damaged)?;
            let read = AccessReceipt::read(&kept.bytes).map_err(|_| VaultError::Damaged)?;
            all.push((Told::Access(read), kept.received));
        }
        let statements = self.statements()?.into_iter();
        all.extend(statements.map(|(statement, at)| (Told::Erasure(statement), at)));
        Ok(all)
    }

    /// Gives the erasure statements that readers handed in, and when they came.
    pub(in crate::session) fn statements(
        &self,
    ) -> Result<Vec<(ErasureStatement, Timestamp)>, Error> {
        let read = |(_, memo): (_, Buffer)| {
            let kept = KeptStatement::decode(&memo).map_err(|_| VaultError::Damaged)?;
            let read = ErasureStatement::verify(&kept.bytes).map_err(|_| VaultError::Damaged)?;
            Ok((read, kept.received))
        };
        self.memos(Kind::Statement)?.into_iter().map(read).collect()
    }

    /// Gives the records behind the aliases of everything that was given, for each reader's key.
    pub(in crate::session) fn records_by_alias(
        &self,
        given: &[Given],
    ) -> Result<HashMap<[u8; 33], HashMap<Alias, RecordId>>, Error> {
        if given.is_empty() {
            return Ok(HashMap::new());
        }
        let alias_key = AliasKey::new(self.private()?.alias);
        let known = self.answered()?;
        let dids: HashMap<_, _> =
            known.iter().map(|known| (known.key.to_sec1(), &known.did)).collect();
        let mut all: HashMap<_, HashMap<_, _>> = HashMap::new();
        for one in given {
            let key = one.kept.key.to_sec1();
            let did = dids.get(&key).ok_or(VaultError::Damaged)?;
            let theirs = all.entry(key).or_default();
            for record in one.kept.disclosures.iter().flat_map(|went| &went.records) {
                let (record, _) = record;
                theirs.insert(Alias::derive(&alias_key, did.as_str(), record.as_bytes()), *record);
            }
        }
        Ok(all)
    }

    /// Gives the thumbprints of the keys by which those who were answered know this patient.
    fn thumbprints(&self) -> Result<HashSet<[u8; 16]>, Error> {
        let known = self.answered()?;
        let thumbprint = |did: &Text| {
            let key = self.peer_key(did)?;
            Ok(*Thumbprint::of(&key.verifying_key()).as_bytes())
        };
        known.iter().map(|known| thumbprint(&known.did)).collect()
    }
}

/// Receipts that are kept of a reader whom a consent names.
const OF_A_READER: usize = 10_000;
/// Receipts that are kept of all readers together whom no consent names.
const OF_STRANGERS: usize = 1_000;
/// Statements that are kept about a consent.
const STATEMENTS: usize = 100;

#[cfg(test)]
mod tests;
