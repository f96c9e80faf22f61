//! The records at rest: sealed rows, the slots that open them, the index in memory.
//!
//! Invariant: nothing about a record stands in clear: no id, type, date, version. Every row is
//! bound to its place, the sealed state to the set of rows. Methods take a transaction and never
//! commit; what a transaction will have changed is a `Change`, adopted after the commit.
//! Bytes: docs/formats.md 3 and 4.

pub(crate) mod access;
#[cfg_attr(not(test), expect(dead_code, reason = "the session's part of the backup comes next"))]
pub(crate) mod backup;
pub(crate) mod body;
pub(crate) mod cipher;
pub(crate) mod founding;
pub(crate) mod index;
pub(crate) mod slots;
pub(crate) mod state;
pub(crate) mod text;
pub(crate) mod version;

use sha2::{Digest, Sha256};

use crate::codec::{Buffer, Malformed};
use crate::db::{Db, DbError, Txn, blob, column};
use crate::host::KeystoreError;
use crate::keys::KeyError;
use crate::vault::body::{Body, Content};
use crate::vault::cipher::{BodyOf, Buckets, Place, VaultKeys};
use crate::vault::index::{Entry, Index};
use crate::vault::state::State;
use crate::vault::text::{TextIndex, Words};
use crate::vault::version::{Facts, Version};

pub use backup::{BackupError, BackupKey};

/// Why the vault could not do its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// Wrong key or tampered bytes; which of the two cannot be told.
    #[error("the key does not open this")]
    Undecryptable,
    /// Bytes of the vault are not what was written.
    #[error("the vault is damaged or is no vault; it was left as it is")]
    Damaged,
    /// The header is of a version or a suite that this wallet does not know.
    #[error("the vault's header has a version that this wallet does not know")]
    UnknownHeader,
    /// The header asks for a key derivation outside the bounds.
    #[error("the vault asks for a key derivation outside the bounds")]
    KdfOutOfBounds,
    /// The vault has no slot of this kind.
    #[error("the vault cannot be opened in this way")]
    NoSuchSlot,
    /// The passphrase is wrong.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The keystore has lost the device secret of the passphrase slot.
    #[error("the device lost its part of the passphrase; the words open the wallet")]
    DeviceSecretLost,
    /// The keystore has lost the secret of the biometric slot, or new biometrics were enrolled.
    #[error("biometrics do not open the wallet any more; the passphrase does")]
    BiometricsLost,
    /// The words are those of another wallet.
    #[error("these words belong to another wallet")]
    OtherWords,
    /// Too many wrong passphrases; the next attempt must wait.
    #[error("too many wrong attempts; try again in {seconds} s")]
    TryLater {
        /// Seconds to wait.
        seconds: u64,
    },
    /// The device lost the key of the records; the words bring it back.
    #[error("the device lost the key of the records; the words bring it back")]
    NeedsWords,
    /// The file is older than what the device remembers of it.
    #[error("the vault is older than the device remembers; an earlier copy was put back")]
    RolledBack,
    /// There is no such record or version.
    #[error("there is no such record")]
    NotFound,
    /// The system gave no randomness.
    #[error("the system gives no randomness")]
    Randomness,
    /// There is not enough memory for the key derivation.
    #[error("there is not enough memory for the key derivation")]
    OutOfMemory,
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The keystore of the device.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
}

impl VaultError {
    /// Gives the stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Undecryptable => "vault.undecryptable",
            Self::Damaged => "vault.damaged",
            Self::UnknownHeader => "vault.newer-format",
            Self::KdfOutOfBounds => "vault.kdf-out-of-bounds",
            Self::NoSuchSlot => "vault.no-such-slot",
            Self::WrongPassphrase => "wallet.wrong-passphrase",
            Self::DeviceSecretLost => "wallet.device-secret-lost",
            Self::BiometricsLost => "wallet.biometrics-lost",
            Self::OtherWords => "wallet.other-words",
            Self::TryLater { .. } => "wallet.try-later",
            Self::NeedsWords => "vault.needs-words",
            Self::RolledBack => "vault.rolled-back",
            Self::NotFound => "record.not-found",
            Self::Randomness => "keys.randomness",
            Self::OutOfMemory => "keys.out-of-memory",
            Self::Db(error) => error.code(),
            Self::Keystore(error) => error.code(),
        }
    }
}

impl From<Malformed> for VaultError {
    fn from(_: Malformed) -> Self {
        Self::Damaged
    }
}

impl From<KeyError> for VaultError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Randomness => Self::Randomness,
            KeyError::OutOfMemory => Self::OutOfMemory,
            KeyError::KdfOutOfBounds => Self::KdfOutOfBounds,
            _ => Self::Undecryptable,
        }
    }
}

/// An open vault: its keys and its index. The rows stay in the database, sealed.
#[derive(Debug)]
pub(crate) struct Vault {
    keys: VaultKeys,
    buckets: Buckets,
    state: State,
    index: Index,
    text: TextIndex,
    next_seq: u64,
}

/// A version to append; seq, key and hash are given to it here.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) version: Version,
    /// `None` for a new record.
    pub(crate) bucket: Option<u8>,
    pub(crate) reason: &'a str,
    pub(crate) full_url: &'a str,
    pub(crate) resource: &'a [u8],
}

/// What a transaction will have changed once it is committed.
#[derive(Debug)]
pub(crate) struct Change {
    state: State,
    next_seq: u64,
    entries: Vec<Entry>,
}

impl Change {
    /// Gives the entries of this change.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Gives the entry that [`Vault::append`] put at a place of this change.
    pub(crate) fn entry(&self, at: usize) -> Option<&Entry> {
        self.entries.get(at)
    }
}

impl Vault {
    /// Opens every header, builds the index and checks the set of rows against the state.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when a row is not what was written at its place, or rows are
    /// missing, moved or put back.
    pub(crate) fn open(db: &Db, keys: VaultKeys, buckets: Buckets) -> Result<Self, VaultError> {
        let sealed = db.meta("state")?.ok_or(VaultError::Damaged)?;
        let state = State::open(keys.vault(), keys.state(), &sealed)?;
        let mut vault = Self {
            keys,
            buckets,
            state,
            index: Index::default(),
            text: TextIndex::default(),
            next_seq: 1,
        };
        let mut found =
            State { versions: 0, fingerprint: [0; 32], attachments: 0, ..vault.state.clone() };
        let mut plain = Buffer::with_capacity(LARGEST_SEALED_HEADER);
        let (mut in_body, mut next_seq) = (Vec::new(), 1);
        let rows = "SELECT seq, b, e, hdr, length(body) FROM ver ORDER BY seq";
        db.each(rows, [], |row| {
            let seq = unsigned(column(row, 0)?)?;
            let place = Place { seq, bucket: column(row, 1)?, epoch: column(row, 2)? };
            let (sealed, body) = (blob(row, 3)?, column::<u32>(row, 4)?);
            found.count(&vault.keys.fingerprint(place, sealed, body));
            let header =
                vault.buckets.open_header(vault.keys.vault(), place, sealed, &mut plain)?;
            let entry = Entry { place, version: Version::decode(header)? };
            next_seq = seq.checked_add(1).ok_or(VaultError::Damaged)?;
            if entry.version.has_facts_in_body() {
                in_body.push(entry);
                return Ok(());
            }
            vault.index.add(entry)
        })?;
        vault.next_seq = next_seq;
        for mut entry in in_body {
            entry.version.facts = vault.read_facts(db, &entry)?;
            vault.index.add(entry)?;
        }
        if found != vault.state {
            return Err(VaultError::Damaged);
        }
        Ok(vault)
    }

    /// Gives the index.
    pub(crate) const fn index(&self) -> &Index {
        &self.index
    }

    /// Gives the state as the last transaction left it.
    pub(crate) const fn state(&self) -> &State {
        &self.state
    }

    /// Begins to note what a transaction changes.
    pub(crate) fn change(&self) -> Change {
        Change { state: self.state.clone(), next_seq: self.next_seq, entries: Vec::new() }
    }

    /// Seals a version and writes it; gives its place in the change.
    ///
    /// # Errors
    /// [`VaultError::Db`]; [`VaultError::Randomness`].
    pub(crate) fn append(
        &self,
        txn: &mut Txn<'_>,
        change: &mut Change,
        draft: Draft<'_>,
    ) -> Result<usize, VaultError> {
        let mut version = draft.version;
        let bucket = match draft.bucket {
            Some(bucket) => bucket,
            None => Buckets::draw()?,
        };
        let place = Place { seq: change.next_seq, bucket, epoch: self.buckets.epoch(bucket)? };
        let facts = version.place_facts();
        let Draft { reason, full_url, resource, .. } = draft;
        let facts = facts.as_deref().unwrap_or_default();
        let plain = Body { facts, reason, full_url, resource }.encode();
        let body = body_of(&version).seal(self.keys.vault(), &version.key, &plain)?;
        version.body_hash = Sha256::digest(&body).into();
        let header = self.buckets.seal_header(self.keys.vault(), place, &version.encode())?;
        let seq = i64::try_from(place.seq).map_err(|_| VaultError::Damaged)?;
        txn.execute(
            "INSERT INTO ver (seq, b, e, hdr, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            &[&seq, &place.bucket, &place.epoch, &header, &body],
        )?;
        let length = u32::try_from(body.len()).map_err(|_| VaultError::Damaged)?;
        change.state.count(&self.keys.fingerprint(place, &header, length));
        change.next_seq += 1;
        change.entries.push(Entry { place, version });
        Ok(change.entries.len() - 1)
    }

    /// Writes the state that the transaction leaves behind.
    ///
    /// # Errors
    /// [`VaultError::Db`]; [`VaultError::Randomness`].
    pub(crate) fn seal_state(&self, txn: &mut Txn<'_>, change: &Change) -> Result<(), VaultError> {
        let sealed = change.state.seal(self.keys.vault(), self.keys.state())?;
        Ok(txn.put_meta("state", &sealed)?)
    }

    /// Takes a change in after its transaction was committed.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when a version stands twice.
    pub(crate) fn adopt(&mut self, change: Change) -> Result<(), VaultError> {
        self.state = change.state;
        self.next_seq = change.next_seq;
        for entry in change.entries {
            self.index.add(entry)?;
        }
        Ok(())
    }

    /// Opens the content of a version that is committed.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when it is not what was written.
    pub(crate) fn read(&self, db: &Db, entry: &Entry) -> Result<Content, VaultError> {
        let seq = i64::try_from(entry.place.seq).map_err(|_| VaultError::Damaged)?;
        db.one("SELECT body FROM ver WHERE seq = ?1", [seq], |row| {
            self.open_body(entry, blob(row, 0)?)
        })?
        .ok_or(VaultError::Damaged)
    }

    /// Opens the content of a version within the transaction that wrote it, or after.
    ///
    /// # Errors
    /// As [`Vault::read`].
    pub(crate) fn read_within(&self, txn: &Txn<'_>, entry: &Entry) -> Result<Content, VaultError> {
        let seq = i64::try_from(entry.place.seq).map_err(|_| VaultError::Damaged)?;
        txn.one("SELECT body FROM ver WHERE seq = ?1", [seq], |row| {
            self.open_body(entry, blob(row, 0)?)
        })?
        .ok_or(VaultError::Damaged)
    }

    /// Keeps the folded text of every current record that is not kept yet, up to the cap.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(crate) fn index_text(&mut self, db: &Db) -> Result<(), VaultError> {
        let mut text = std::mem::take(&mut self.text);
        for entry in self.index.currents() {
            if text.has_room() && !text.has(entry.place.seq) {
                let content = self.read(db, entry)?;
                text.add(entry.place.seq, content.text()?, &entry.version.facts.title)
                    .map_err(|_| VaultError::Damaged)?;
            }
        }
        self.text = text;
        Ok(())
    }

    /// Tells whether the text of a record holds every word.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(crate) fn holds(&self, db: &Db, entry: &Entry, words: &Words) -> Result<bool, VaultError> {
        if let Some(holds) = self.text.matches(entry.place.seq, words) {
            return Ok(holds);
        }
        let content = self.read(db, entry)?;
        words
            .in_resource(content.text()?, &entry.version.facts.title)
            .map_err(|_| VaultError::Damaged)
    }

    fn open_body(&self, entry: &Entry, sealed: &[u8]) -> Result<Content, VaultError> {
        let version = &entry.version;
        let padded = body_of(version).open(self.keys.vault(), &version.key, sealed)?;
        Ok(Content::new(padded)?)
    }

    fn read_facts(&self, db: &Db, entry: &Entry) -> Result<Facts, VaultError> {
        Ok(Facts::decode(Body::decode(self.read(db, entry)?.plain()?)?.facts)?)
    }
}

fn body_of(version: &Version) -> BodyOf<'_> {
    BodyOf { record: version.record, version: version.number, kind: version.kind.as_str() }
}

fn unsigned(value: i64) -> Result<u64, VaultError> {
    u64::try_from(value).map_err(|_| VaultError::Damaged)
}

/// Nonce, the largest padded header, tag.
const LARGEST_SEALED_HEADER: usize = 24 + 1024 + 16;
