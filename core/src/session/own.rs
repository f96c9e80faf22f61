//! What a home remembers besides the record: rows of type `pmw:<kind>`, docs/formats.md 4.
//!
//! Every role keeps its things so: requests, consents, rules, directories; a clinic its answer
//! keys. They are sealed, versioned, logged and erased like records, and never listed among them.

use sha2::{Digest, Sha256};

use crate::audit::{Actor, AuditEntry, AuditId, AuditKind, Stamp};
use crate::codec::{Buffer, Decoder, Encoder, Fields, Malformed, Map};
use crate::consent::ConsentError;
use crate::error::{Error, WalletError};
use crate::host::Timestamp;
use crate::keys::{IdentityNode, SealingKey, Secret, SigningKey};
use crate::order;
use crate::record::{Category, RecordId, Text};
use crate::session::checkpoints::stamp;
use crate::session::work::Work;
use crate::session::{Open, Session};
use crate::vault::cipher::meta_data;
use crate::vault::index::Entry;
use crate::vault::version::{Facts, Labels, Traits, Version};
use crate::vault::{Change, Draft, Vault, VaultError};

/// What a home remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A backup that was made.
    Backup,
    /// A request in the patient's inbox.
    Request,
    /// Requests that were answered, and gave way in a full inbox.
    Cleared,
    /// A consent that the patient gave.
    Consent,
    /// A standing rule of the patient.
    Rule,
    /// A directory that the patient believes.
    Directory,
    /// What a directory has taken back that the patient believes no more.
    TakenBack,
    /// Somebody whom the patient has answered.
    Requester,
    /// Who this home is: a requester or a directory.
    Profile,
    /// A request that this requester made, with its answer key.
    Asked,
    /// A patient's key as this requester first saw it.
    Patient,
    /// A revocation that has reached this requester.
    Revocation,
    /// A consent that this requester received.
    Received,
    /// A credential that this directory issued.
    Vouched,
    /// A receipt that a reader gave to the patient.
    Receipt,
    /// An erasure statement that a reader gave to the patient.
    Statement,
    /// A notice that the patient signed for a reader.
    Notice,
    /// Somebody who may act for the patient.
    Delegation,
    /// A patient whom this wallet acts for.
    Entrusted,
    /// A record of a patient whom this wallet acts for.
    EntrustedRecord,
    /// A receipt that this requester signed.
    Access,
    /// A folder into which this requester opened a disclosure.
    Opened,
    /// A notice of a patient that this requester applied.
    Applied,
}

impl Kind {
    /// Gives the type of its rows.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Backup => "pmw:backup",
            Self::Request => "pmw:request",
            Self::Cleared => "pmw:cleared",
            Self::Consent => "pmw:consent",
            Self::Rule => "pmw:rule",
            Self::Directory => "pmw:directory",
            Self::TakenBack => "pmw:taken-back",
            Self::Requester => "pmw:requester",
            Self::Profile => "pmw:profile",
            Self::Asked => "pmw:asked",
            Self::Patient => "pmw:patient",
            Self::Revocation => "pmw:revocation",
            Self::Received => "pmw:received",
            Self::Vouched => "pmw:vouched",
            Self::Receipt => "pmw:receipt",
            Self::Statement => "pmw:statement",
            Self::Notice => "pmw:notice",
            Self::Delegation => "pmw:delegation",
            Self::Entrusted => "pmw:entrusted",
            Self::EntrustedRecord => "pmw:entrusted-record",
            Self::Access => "pmw:access",
            Self::Opened => "pmw:opened",
            Self::Applied => "pmw:applied",
        }
    }

    /// Gives the id of the row for something that has a name of its own, so that it is found
    /// without a search; whoever chooses the name does not choose the id.
    pub(crate) fn id(self, name: &[u8]) -> RecordId {
        let hash = Sha256::new_with_prefix("pmw/v1/own");
        let hash = hash.chain_update(self.word()).chain_update([0]).chain_update(name);
        let hash: [u8; 32] = hash.finalize().into();
        let ([id, ..], _) = hash.as_chunks() else { unreachable!("32 is twice 16") };
        RecordId::from_bytes(*id)
    }
}

/// One thing to remember.
pub(crate) struct Memo {
    pub(crate) kind: Kind,
    pub(crate) id: RecordId,
    pub(crate) content: Buffer,
    /// What the log says of it.
    pub(crate) entry: (AuditKind, Actor),
    /// What else the entry is about.
    pub(crate) also: Vec<AuditId>,
}

impl Memo {
    /// Notes something that the patient did.
    pub(crate) fn new(kind: Kind, id: RecordId, content: Buffer, entry: AuditKind) -> Self {
        Self { kind, id, content, entry: (entry, Actor::Patient), also: Vec::new() }
    }

    /// Says that the wallet did it by itself.
    pub(crate) fn by_device(self) -> Self {
        Self { entry: (self.entry.0, Actor::Device), ..self }
    }

    /// Adds what else the entry is about.
    pub(crate) fn about(mut self, id: impl Into<AuditId>) -> Self {
        self.also.push(id.into());
        self
    }
}

impl Session {
    /// Gives what is remembered under an id.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub(crate) fn memo(&mut self, kind: Kind, id: RecordId) -> Result<Option<Buffer>, Error> {
        self.open()?.memo(kind, id)
    }

    /// Gives everything of a kind that is remembered, the oldest first.
    ///
    /// # Errors
    /// As [`Session::memo`].
    pub(crate) fn memos(&mut self, kind: Kind) -> Result<Vec<(RecordId, Buffer)>, Error> {
        self.open()?.memos(kind)
    }

    /// Remembers things, all or none of them.
    ///
    /// # Errors
    /// [`VaultError::Db`]; [`VaultError::ReadOnly`].
    pub(crate) fn remember(&mut self, at: Timestamp, memos: Vec<Memo>) -> Result<(), Error> {
        self.writable()?.remember(at, memos)
    }

    /// Destroys what is remembered under some ids, with the keys that open it, up to the keystore.
    ///
    /// # Errors
    /// As [`Session::erase`].
    pub(crate) fn forget(
        &mut self,
        ids: &[RecordId],
        entry: (AuditKind, Actor),
    ) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let entry = AuditEntry::new(self.host.clock.now(), entry.0, entry.1);
        let entry = ids.iter().fold(entry, |entry, id| entry.with_id(*id));
        self.forget_noting(ids, &entry).map(drop)
    }

    /// Destroys what is remembered under some ids, as [`Session::forget`] does, with an entry that
    /// says more; tells whether a trace of it waits to be removed.
    ///
    /// # Errors
    /// As [`Session::erase`].
    pub(crate) fn forget_noting(
        &mut self,
        ids: &[RecordId],
        entry: &AuditEntry,
    ) -> Result<bool, Error> {
        self.erase_rows(ids, entry)?;
        self.witness_later();
        Ok(self.open()?.held.pending)
    }

    /// Gives the log as it is now, as of a time.
    ///
    /// # Errors
    /// [`VaultError::NeedsWords`].
    pub(crate) fn stamp(&mut self, at: Timestamp) -> Result<Stamp, Error> {
        let open = self.open()?;
        Ok(stamp(&open.held.keys, &open.held.state, at))
    }

    /// Derives a signing key of this home.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(crate) fn signing_key(&mut self, uri: &str) -> Result<SigningKey, Error> {
        self.open()?.signing_key(uri)
    }

    /// Gives the key that what is sealed to this home's contact opens with.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(crate) fn sealing_key(&mut self) -> Result<SealingKey, Error> {
        Ok(SealingKey::from_secret(&self.open()?.private()?.sealing))
    }
}

/// The private keys of a home, for one call.
pub(super) struct Private {
    pub(super) node: IdentityNode,
    pub(super) alias: Secret<32>,
    pub(super) sealing: Secret<32>,
}

impl Open {
    /// Opens the private keys of this home.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(super) fn private(&self) -> Result<Private, Error> {
        let sealed = self.db.meta("node")?.ok_or(VaultError::Damaged)?;
        let data = meta_data(self.held.keys.vault(), "node");
        let plain = self.held.keys.node().open(&data, &sealed).map_err(|_| VaultError::Damaged)?;
        let mut fields = Fields::new(&plain);
        let mut secret = |length| fields.take(length).map_err(VaultError::from);
        let node = Secret::from_slice(secret(64)?).map_err(|_| VaultError::Damaged)?;
        let alias = Secret::from_slice(secret(32)?).map_err(|_| VaultError::Damaged)?;
        let sealing = Secret::from_slice(secret(32)?).map_err(|_| VaultError::Damaged)?;
        Ok(Private { node: IdentityNode::from_secret(node)?, alias, sealing })
    }

    /// Derives a signing key of this home.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(super) fn signing_key(&self, uri: &str) -> Result<SigningKey, Error> {
        Ok(self.private()?.node.derive_signing_key(uri, 0)?)
    }

    /// Gives what is remembered under an id.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub(super) fn memo(&self, kind: Kind, id: RecordId) -> Result<Option<Buffer>, Error> {
        let vault = self.held.vault.as_ref().ok_or(VaultError::NeedsWords)?;
        let entry = vault.own().current(id);
        let Some(entry) = entry.filter(|entry| entry.version.kind.as_str() == kind.word()) else {
            return Ok(None);
        };
        Ok(Some(Buffer::copy_of(vault.read(&self.db, entry)?.resource())))
    }

    /// Gives everything of a kind that is remembered, the oldest first.
    ///
    /// # Errors
    /// As [`Open::memo`].
    pub(super) fn memos(&self, kind: Kind) -> Result<Vec<(RecordId, Buffer)>, Error> {
        let vault = self.held.vault.as_ref().ok_or(VaultError::NeedsWords)?;
        let of_kind = vault.own().currents();
        let born = |record| vault.own().history(record).next().map(|first| first.place.seq());
        let mut found: Vec<_> = of_kind
            .filter(|entry| entry.version.kind.as_str() == kind.word())
            .map(|entry| (born(entry.version.record), entry))
            .collect();
        order::sort_by_key(&mut found, |(born, _)| *born);
        let read = |(_, entry): &(_, &_)| {
            let content = vault.read(&self.db, entry)?;
            Ok((entry.version.record, Buffer::copy_of(content.resource())))
        };
        found.iter().map(read).collect()
    }

    /// Tells how many of a kind there are.
    ///
    /// # Errors
    /// [`VaultError::NeedsWords`].
    pub(super) fn count(&self, kind: Kind) -> Result<usize, Error> {
        let vault = self.held.vault.as_ref().ok_or(VaultError::NeedsWords)?;
        let of_kind = |entry: &&Entry| entry.version.kind.as_str() == kind.word();
        Ok(vault.own().currents().filter(of_kind).count())
    }

    /// Remembers things, all or none of them.
    ///
    /// # Errors
    /// [`VaultError::Db`].
    pub(super) fn remember(&mut self, at: Timestamp, memos: Vec<Memo>) -> Result<(), Error> {
        let (mut work, vault, mut change) = self.change(at)?;
        work.remember(vault, &mut change, &memos)?;
        let done = work.commit(change.rows.clone())?;
        self.adopt(done, Some(change))
    }
}

impl Work<'_> {
    /// Remembers things as part of a transaction.
    ///
    /// # Errors
    /// [`VaultError::Db`]; [`VaultError::Randomness`].
    pub(super) fn remember(
        &mut self,
        vault: &Vault,
        change: &mut Change,
        memos: &[Memo],
    ) -> Result<(), Error> {
        for memo in memos {
            let before = vault.own().current(memo.id);
            let number = before.map_or(1, |entry| entry.version.number.saturating_add(1));
            let bucket = before.map(|entry| entry.place.bucket);
            let version = Version {
                record: memo.id,
                number,
                kind: Text::from(memo.kind.word()),
                category: Category::Other,
                labels: Labels::default(),
                traits: Traits::default(),
                at: self.at,
                size: u32::try_from(memo.content.len()).map_err(|_| VaultError::Damaged)?,
                facts: Facts::default(),
                body_hash: [0; 32],
                key: Secret::generate().map_err(VaultError::from)?,
            };
            let resource = &*memo.content;
            let draft =
                Draft { version, bucket, reason: "", full_url: "", resource, cuts: Vec::new() };
            let entry = AuditEntry::new(self.at, memo.entry.0, memo.entry.1);
            self.append_as(vault, change, entry, &memo.also, draft)?;
        }
        Ok(())
    }
}

/// Finds the one id that starts with some hex digits.
///
/// # Errors
/// [`ConsentError::NotFound`]; [`WalletError::AmbiguousId`].
pub(crate) fn resolve<T: std::fmt::Display>(
    digits: &str,
    ids: impl Iterator<Item = T>,
) -> Result<T, Error> {
    let mut found = ids.filter(|id| id.to_string().starts_with(digits));
    match (found.next(), found.next()) {
        (Some(id), None) if !digits.is_empty() => Ok(id),
        (Some(_), Some(_)) => Err(WalletError::AmbiguousId.into()),
        _ => Err(ConsentError::NotFound.into()),
    }
}

/// Begins the content of a row: a map of `pairs` pairs, the first of which is the version.
pub(crate) fn begin(out: &mut Encoder, pairs: usize) {
    out.map(pairs + 1);
    out.uint(0);
    out.uint(VERSION);
}

/// Reads the content of a row up to and with its version.
///
/// # Errors
/// [`Malformed`] for another version or any other bytes.
pub(crate) fn versioned(content: &[u8]) -> Result<Map<'_>, Malformed> {
    let mut map = Map::new(Decoder::new(content))?;
    if map.at(0)?.uint()? == VERSION { Ok(map) } else { Err(Malformed) }
}

const VERSION: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestWallet;

    fn memo(name: &[u8], content: &[u8]) -> Memo {
        Memo::new(Kind::Rule, Kind::Rule.id(name), Buffer::copy_of(content), AuditKind::RuleAdded)
    }

    #[test]
    fn what_is_remembered_is_no_record_and_survives_a_lock() {
        let (test, mut session) = TestWallet::create();
        let at = Timestamp::from_unix(1_800_000_000);
        session.remember(at, vec![memo(b"a", b"first"), memo(b"b", b"other")]).unwrap();
        session.remember(at, vec![memo(b"a", b"second")]).unwrap();
        session.lock().unwrap();
        let mut session = test.unlock().unwrap();
        assert_eq!(session.find(&Default::default()).unwrap().total, 0);
        let found: Vec<_> =
            session.memos(Kind::Rule).unwrap().into_iter().map(|(_, it)| it.to_vec()).collect();
        assert_eq!(found, [b"second".to_vec(), b"other".to_vec()]);
        assert!(session.memo(Kind::Consent, Kind::Rule.id(b"a")).unwrap().is_none());
        let found = session.verify(&|_: u64, _: Option<u64>| {}, &Default::default()).unwrap();
        assert!(found.faults.is_empty());
    }

    #[test]
    fn what_is_forgotten_is_gone_with_its_keys() {
        let (test, mut session) = TestWallet::create();
        let at = Timestamp::from_unix(1_800_000_000);
        let all = (0..40).map(|n| memo(&[n], &[n; 40])).collect();
        session.remember(at, all).unwrap();
        let gone: Vec<_> = (0..30).map(|n| Kind::Rule.id(&[n])).collect();
        session.forget(&gone, (AuditKind::Destroyed, Actor::Device)).unwrap();
        session.lock().unwrap();
        let mut session = test.unlock().unwrap();
        assert_eq!(session.memos(Kind::Rule).unwrap().len(), 10);
        let found = session.verify(&|_: u64, _: Option<u64>| {}, &Default::default()).unwrap();
        assert!(found.faults.is_empty());
        assert_eq!(
            session.memo(Kind::Rule, Kind::Rule.id(&[30])).unwrap().unwrap().to_vec(),
            [30; 40]
        );
    }
}
