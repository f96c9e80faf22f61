//! What stands before the records in a backup file: who it is, what opens it, the sealed keys.
//!
//! Everything is read into bounded memory before anything is made of it: no length of the file is
//! believed beyond the limit, and no key is derived with parameters outside their bounds.

use std::io::Read;

use hmac::Hmac;
use sha2::Sha256;

use crate::codec::{Fields, Malformed};
use crate::host::Timestamp;
use crate::keys::{
    Cipher, Domain, KdfParams, Passphrase, SEAL_OVERHEAD, Secret, derive_secret, stretch,
};
use crate::vault::VaultError;
use crate::vault::backup::{About, BackupError, BackupKey, Proven, read_all};
use crate::vault::slots::{
    Frame, Means, RootKey, Slot, VaultEpoch, decode_kdf, encode_kdf, keyed_hash, random_id,
};

/// What a backup file is made of before its records.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) about: About,
    /// The key of the words' slots, from the seed.
    pub(crate) seed_secret: &'a Secret<32>,
    /// A passphrase that opens the file beside the words.
    pub(crate) export: Option<(&'a Passphrase, KdfParams)>,
    pub(crate) root: &'a RootKey,
    /// Keys of the buckets: 64 times epoch u32, key 32.
    pub(crate) table: &'a Secret<TABLE>,
}

impl Parts<'_> {
    /// Writes the header under a fresh key, and starts the MAC that covers the whole file.
    ///
    /// # Errors
    /// [`BackupError::Randomness`]; [`BackupError::OutOfMemory`].
    pub(super) fn encode(&self) -> Result<(Vec<u8>, Hmac<Sha256>), BackupError> {
        let key: Secret<32> = Secret::generate()?;
        let before = before_slots(&self.about);
        let slots = self.slots(&before, &key)?;
        let count = u8::try_from(slots.len()).expect("there are two kinds of slots");
        let keys = FileKeys::derive(&self.about, &key);
        let mut bytes = before.clone();
        bytes.extend_from_slice(&self.about.created.unix().to_be_bytes());
        bytes.push(count);
        for slot in &slots {
            bytes.extend_from_slice(&slot.encode());
        }
        // EXPOSE: the keys of the vault are sealed here.
        bytes.extend_from_slice(&keys.wrap.seal(&before, self.root.expose())?);
        bytes.extend_from_slice(&keys.table.seal(&before, self.table.expose())?);
        bytes.extend_from_slice(&NO_CAPSULES);
        Ok((bytes, keys.mac))
    }

    fn slots(&self, before: &[u8], key: &Secret<32>) -> Result<Vec<Slot<Way>>, BackupError> {
        let frame = Frame { vault: &self.about.vault.id, before };
        let seal = |way, secret: &Secret<32>| {
            // EXPOSE: the slot's key is derived from it.
            Slot::seal(way, self.about.created, frame, secret.expose(), key)
                .map_err(BackupError::of_slot)
        };
        let mut slots = vec![seal(Way::Words, self.seed_secret)?];
        if let Some((passphrase, params)) = self.export {
            let salt = random_id().map_err(BackupError::of_slot)?;
            let secret = stretch(passphrase, &salt, params)?;
            slots.push(seal(Way::Export { salt, params }, &secret)?);
        }
        Ok(slots)
    }
}

/// A header that was read: nothing of it is proven yet.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) about: About,
    /// Every byte of it.
    pub(super) bytes: Vec<u8>,
    slots: Vec<Slot<Way>>,
    root: Vec<u8>,
    table: Vec<u8>,
}

impl Header {
    /// Reads a header.
    ///
    /// # Errors
    /// [`BackupError::NotABackup`]; [`BackupError::NewerFormat`]; [`BackupError::HeaderTooLarge`];
    /// [`BackupError::KdfOutOfBounds`]; [`BackupError::Damaged`]; [`BackupError::Read`].
    pub(super) fn read(file: &mut dyn Read) -> Result<Self, BackupError> {
        let mut source = Source { file, bytes: Vec::with_capacity(USUAL_HEADER) };
        if source.take(MAGIC.len()).map_err(no_backup)? != MAGIC {
            return Err(BackupError::NotABackup);
        }
        let [version, suite] = source.array()?;
        if [version, suite] != [VERSION, SUITE] {
            return Err(BackupError::NewerFormat { version });
        }
        let vault = VaultEpoch { id: source.array()?, epoch: u32::from_be_bytes(source.array()?) };
        let id = source.array()?;
        let created = Timestamp::from_unix(u64::from_be_bytes(source.array()?));
        let [count] = source.array()?;
        let mut slots: Vec<Slot<Way>> = Vec::new();
        for _ in 0..count {
            let slot = source.slot()?;
            if slots.iter().any(|other| other.same_means(&slot.kind)) {
                return Err(BackupError::Damaged);
            }
            slots.push(slot);
        }
        let root = source.take(SEAL_OVERHEAD + 32)?.to_vec();
        let table = source.take(SEAL_OVERHEAD + TABLE)?.to_vec();
        for _ in 0..u16::from_be_bytes(source.array()?) {
            // They serve who opens the file with the guardians, who give the words back.
            let length = u16::from_be_bytes(source.array()?);
            source.take(usize::from(length))?;
        }
        let about = About { vault, id, created };
        Ok(Self { about, bytes: source.bytes, slots, root, table })
    }

    /// Opens the slot that belongs to `key`, and what is sealed in the header.
    ///
    /// # Errors
    /// [`BackupError::NoSuchSlot`]; [`BackupError::WrongKey`]; [`BackupError::Damaged`];
    /// [`BackupError::OutOfMemory`].
    pub(super) fn open(&self, key: &BackupKey<'_>) -> Result<(Proven, Hmac<Sha256>), BackupError> {
        let key = self.open_slot(key)?;
        let keys = FileKeys::derive(&self.about, &key);
        let before = before_slots(&self.about);
        let open = |cipher: &Cipher, sealed: &[u8]| {
            cipher.open(&before, sealed).map_err(|_| BackupError::Damaged)
        };
        let root = Secret::from_slice(&open(&keys.wrap, &self.root)?)?;
        let table = Secret::from_slice(&open(&keys.table, &self.table)?)?;
        Ok((Proven { about: self.about, root, table }, keys.mac))
    }

    fn open_slot(&self, key: &BackupKey<'_>) -> Result<Secret<32>, BackupError> {
        let opened = self.slots.iter().find_map(|slot| match (slot.kind, key) {
            (Way::Words, BackupKey::Words(words)) => {
                Some(Ok((slot, words.to_seed().derive_secret(Domain::SeedSlot))))
            }
            (Way::Export { salt, params }, BackupKey::Passphrase(passphrase)) => {
                Some(stretch(passphrase, &salt, params).map(|secret| (slot, secret)))
            }
            _ => None,
        });
        let (slot, secret) = opened.ok_or(BackupError::NoSuchSlot)??;
        let before = before_slots(&self.about);
        let frame = Frame { vault: &self.about.vault.id, before: &before };
        // EXPOSE: the slot's key is derived from it.
        slot.open(frame, secret.expose()).map_err(BackupError::of_slot)
    }
}

/// What opens a slot of a backup file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A passphrase alone.
    Export { salt: [u8; 16], params: KdfParams },
    /// A key from the seed, so that the words open the file.
    Words,
}

impl Means for Way {
    fn code(&self) -> u8 {
        match self {
            Self::Export { .. } => 2,
            Self::Words => 4,
        }
    }

    fn domain(&self) -> Domain {
        match self {
            Self::Export { .. } => Domain::SlotExport,
            Self::Words => Domain::SlotSeed,
        }
    }

    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Export { salt, params } => encode_kdf(salt, *params),
            Self::Words => Vec::new(),
        }
    }

    fn decode(code: u8, bytes: &[u8]) -> Result<Self, VaultError> {
        let mut fields = Fields::new(bytes);
        let way = match code {
            2 => {
                let (salt, params) = decode_kdf(&mut fields)?;
                Self::Export { salt, params }
            }
            4 => Self::Words,
            _ => return Err(Malformed.into()),
        };
        fields.finish()?;
        Ok(way)
    }
}

/// The keys of one file.
struct FileKeys {
    wrap: Cipher,
    table: Cipher,
    mac: Hmac<Sha256>,
}

impl FileKeys {
    fn derive(about: &About, key: &Secret<32>) -> Self {
        let salt = [about.vault.id, about.id].concat();
        // EXPOSE: the key of the file is the input of the derivation.
        let derived = |domain| derive_secret(&salt, key.expose(), domain, &[]);
        Self {
            wrap: Cipher::new(&derived(Domain::BackupWrap)),
            table: Cipher::new(&derived(Domain::BackupTable)),
            mac: keyed_hash(&derived(Domain::BackupMac)),
        }
    }
}

/// A file whose header is being read, and the bytes so far.
struct Source<'a> {
    file: &'a mut dyn Read,
    bytes: Vec<u8>,
}

impl Source<'_> {
    fn take(&mut self, length: usize) -> Result<&[u8], BackupError> {
        let start = self.bytes.len();
        let end = start.saturating_add(length);
        if end > LONGEST_HEADER {
            return Err(BackupError::HeaderTooLarge { limit: LONGEST_HEADER });
        }
        self.bytes.resize(end, 0);
        let room = self.bytes.get_mut(start..).unwrap_or_default();
        read_all(self.file, room, BackupError::Damaged)?;
        Ok(room)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BackupError> {
        self.take(N)?.try_into().map_err(|_| BackupError::Damaged)
    }

    /// Reads a slot; only the parameters vary in length.
    fn slot(&mut self) -> Result<Slot<Way>, BackupError> {
        let start = self.bytes.len();
        self.take(1 + 8 + 8)?;
        let length = u16::from_be_bytes(self.array()?);
        self.take(usize::from(length))?;
        self.take(32 + SEAL_OVERHEAD + 32)?;
        let bytes = self.bytes.get(start..).unwrap_or_default();
        Slot::decode(&mut Fields::new(bytes)).map_err(BackupError::of_slot)
    }
}

/// What a file too short for the first bytes is.
const fn no_backup(error: BackupError) -> BackupError {
    match error {
        BackupError::Damaged => BackupError::NotABackup,
        other => other,
    }
}

/// The bytes that every seal of the header is bound to.
fn before_slots(about: &About) -> Vec<u8> {
    let epoch = about.vault.epoch.to_be_bytes();
    [MAGIC.as_slice(), &[VERSION, SUITE], &about.vault.id, &epoch, &about.id].concat()
}

/// Bytes of the table: 64 times epoch and key of a bucket.
pub(crate) const TABLE: usize = 64 * (4 + 32);
pub(super) const LONGEST_HEADER: usize = 64 * 1024;
/// A header with two slots and without capsules.
const USUAL_HEADER: usize = 2783;
const MAGIC: &[u8; 4] = b"PMWB";
const VERSION: u8 = 1;
const SUITE: u8 = 1;
/// Number of capsules of guardians' sets.
const NO_CAPSULES: [u8; 2] = [0, 0];
