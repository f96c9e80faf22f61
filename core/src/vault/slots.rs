//! The vault's header and its slots: each slot opens the vault's root key (VRK) in its own way.
//! A backup file has slots of the same shape, with other means and for a key of its own.
//!
//! Bytes: docs/formats.md 3. A slot commits to its key before anything is opened with it, so no
//! ciphertext opens under two keys. The header's MAC, under a key from the VRK, covers every byte
//! of the header and the escrow public key; it is checked after a slot has opened.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::codec::{Fields, Malformed};
use crate::host::Timestamp;
use crate::keys::{Cipher, Domain, KdfParams, Secret, derive_secret};
use crate::vault::VaultError;

/// The vault's root key: every key of the vault follows from it, and every slot holds it.
pub(crate) type RootKey = Secret<32>;

/// A random name of 8 bytes for a slot or a keystore item.
pub(crate) type ShortId = [u8; 8];

/// The means that open the slots of one kind of file, with what a slot must remember for each.
pub(crate) trait Means: Sized {
    /// Gives the number that stands for the means.
    fn code(&self) -> u8;

    /// Gives what the key of such a slot is derived for.
    fn domain(&self) -> Domain;

    /// Writes what the slot remembers, at most 34 bytes.
    fn encode(&self) -> Vec<u8>;

    /// Reads what the slot remembers.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::KdfOutOfBounds`] before anything is allocated for it.
    fn decode(code: u8, bytes: &[u8]) -> Result<Self, VaultError>;
}

/// What opens a slot of the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlotKind {
    /// Passphrase and a device secret, `dsk/<id>` of the keystore.
    Passphrase { salt: [u8; 16], params: KdfParams, device: ShortId },
    /// A secret that the keystore gives after recognising the patient, `bsk/<id>`.
    Biometric { item: ShortId },
    /// A key from the seed, so that the words open the vault.
    Seed,
}

impl Means for SlotKind {
    fn code(&self) -> u8 {
        match self {
            Self::Passphrase { .. } => 1,
            Self::Biometric { .. } => 3,
            Self::Seed => 4,
        }
    }

    fn domain(&self) -> Domain {
        match self {
            Self::Passphrase { .. } => Domain::SlotPassphrase,
            Self::Biometric { .. } => Domain::SlotBiometric,
            Self::Seed => Domain::SlotSeed,
        }
    }

    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Passphrase { salt, params, device } => {
                [encode_kdf(salt, *params).as_slice(), device].concat()
            }
            Self::Biometric { item } => item.to_vec(),
            Self::Seed => Vec::new(),
        }
    }

    fn decode(code: u8, bytes: &[u8]) -> Result<Self, VaultError> {
        let mut fields = Fields::new(bytes);
        let kind = match code {
            1 => {
                let (salt, params) = decode_kdf(&mut fields)?;
                Self::Passphrase { salt, params, device: fields.array()? }
            }
            3 => Self::Biometric { item: fields.array()? },
            4 => Self::Seed,
            _ => return Err(Malformed.into()),
        };
        fields.finish()?;
        Ok(kind)
    }
}

/// What a slot is bound to besides its own bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) vault: &'a [u8; 16],
    /// The bytes of the file before its slots, but for their number.
    pub(crate) before: &'a [u8],
}

/// One way into the vault or into a backup file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot<K = SlotKind> {
    pub(crate) kind: K,
    pub(crate) created: Timestamp,
    id: ShortId,
    commitment: [u8; 32],
    sealed: Vec<u8>,
}

impl<K: Means> Slot<K> {
    /// Opens the slot with the secret that belongs to it.
    ///
    /// # Errors
    /// [`VaultError::Undecryptable`] for another secret.
    pub(crate) fn open(&self, frame: Frame<'_>, secret: &[u8]) -> Result<Secret<32>, VaultError> {
        let (key, commitment) = slot_keys(frame.vault, self.id, self.kind.domain(), secret);
        if commitment != Secret::from_slice(&self.commitment)? {
            return Err(VaultError::Undecryptable);
        }
        let opened = Cipher::new(&key).open(&self.associated(frame), &self.sealed)?;
        Ok(Secret::from_slice(&opened)?)
    }

    /// Makes a slot that opens to `content`.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub(crate) fn seal(
        kind: K,
        created: Timestamp,
        frame: Frame<'_>,
        secret: &[u8],
        content: &Secret<32>,
    ) -> Result<Self, VaultError> {
        let id = random_id()?;
        let (key, commitment) = slot_keys(frame.vault, id, kind.domain(), secret);
        let mut slot =
            Self { kind, created, id, commitment: *commitment.expose(), sealed: Vec::new() };
        // EXPOSE: the content is sealed here.
        slot.sealed = Cipher::new(&key).seal(&slot.associated(frame), content.expose())?;
        Ok(slot)
    }

    /// Tells whether both are opened by the same means.
    pub(crate) fn same_means(&self, kind: &K) -> bool {
        self.kind.code() == kind.code()
    }

    /// Writes the slot.
    pub(crate) fn encode(&self) -> Vec<u8> {
        [self.before_commitment().as_slice(), &self.commitment, &self.sealed].concat()
    }

    /// Reads a slot.
    ///
    /// # Errors
    /// As [`Means::decode`].
    pub(crate) fn decode(fields: &mut Fields<'_>) -> Result<Self, VaultError> {
        let code = fields.u8()?;
        let id = fields.array()?;
        let created = Timestamp::from_unix(fields.u64()?);
        let length = fields.u16()?;
        let kind = K::decode(code, fields.take(usize::from(length))?)?;
        let commitment = fields.array()?;
        let sealed = fields.take(SEALED_KEY)?.to_vec();
        Ok(Self { kind, created, id, commitment, sealed })
    }

    fn associated(&self, frame: Frame<'_>) -> Vec<u8> {
        [frame.before, &self.before_commitment()].concat()
    }

    fn before_commitment(&self) -> Vec<u8> {
        let params = self.kind.encode();
        let length = u16::try_from(params.len()).expect("slot parameters are at most 34 bytes");
        [
            &[self.kind.code()],
            self.id.as_slice(),
            &self.created.unix().to_be_bytes(),
            &length.to_be_bytes(),
            &params,
        ]
        .concat()
    }
}

/// A vault under one root key: what every sealed byte is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VaultEpoch {
    /// 16 random bytes.
    pub(crate) id: [u8; 16],
    /// Number of root keys this vault has had before the present one.
    pub(crate) epoch: u32,
}

impl VaultEpoch {
    fn encode(&self) -> Vec<u8> {
        [MAGIC.as_slice(), &[VERSION, SUITE], &self.id, &self.epoch.to_be_bytes()].concat()
    }

    const fn frame<'a>(&'a self, before: &'a [u8]) -> Frame<'a> {
        Frame { vault: &self.id, before }
    }
}

/// The vault's header: its identity and its slots, at most one of each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) vault: VaultEpoch,
    /// X25519 public key that shred keys are escrowed to; stands beside the header, under its MAC.
    pub(crate) escrow_key: [u8; 32],
    slots: Vec<Slot>,
    mac: [u8; 32],
}

impl Header {
    /// Makes a header without a slot.
    pub(crate) const fn new(vault: VaultEpoch, escrow_key: [u8; 32]) -> Self {
        Self { vault, escrow_key, slots: Vec::new(), mac: [0; 32] }
    }

    /// Gives the slots.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Opens the slot that `is_wanted` picks with the secret that belongs to it.
    ///
    /// # Errors
    /// [`VaultError::NoSuchSlot`]; [`VaultError::Undecryptable`] for another secret.
    pub(crate) fn open(
        &self,
        is_wanted: impl Fn(&SlotKind) -> bool,
        secret: &[u8],
    ) -> Result<RootKey, VaultError> {
        let slot = self.slots.iter().find(|slot| is_wanted(&slot.kind));
        let before = self.vault.encode();
        slot.ok_or(VaultError::NoSuchSlot)?.open(self.vault.frame(&before), secret)
    }

    /// Puts a slot for the root key in the place of the one of the same kind.
    ///
    /// # Errors
    /// [`VaultError`] when no randomness is to be had.
    pub(crate) fn put(
        &mut self,
        kind: SlotKind,
        created: Timestamp,
        secret: &[u8],
        root: &RootKey,
    ) -> Result<(), VaultError> {
        let before = self.vault.encode();
        let slot = Slot::seal(kind, created, self.vault.frame(&before), secret, root)?;
        self.remove(&kind);
        self.slots.push(slot);
        Ok(())
    }

    /// Removes the slot of a kind.
    pub(crate) fn remove(&mut self, kind: &SlotKind) {
        self.slots.retain(|slot| !slot.same_means(kind));
    }

    /// Gives the header a fresh MAC and writes it.
    pub(crate) fn encode(&mut self, root: &RootKey) -> Vec<u8> {
        let mut bytes = self.before_mac();
        self.mac = self.mac(root, &bytes).finalize().into_bytes().into();
        bytes.extend_from_slice(&self.mac);
        bytes
    }

    /// Reads a header; its MAC is checked by [`Header::authenticate`] once a slot has opened.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::UnknownHeader`]; [`VaultError::KdfOutOfBounds`].
    pub(crate) fn decode(bytes: &[u8], escrow_key: [u8; 32]) -> Result<Self, VaultError> {
        let mut fields = Fields::new(bytes);
        if fields.array()? != *MAGIC {
            return Err(Malformed.into());
        }
        let found = fields.array()?;
        if found != [VERSION, SUITE] {
            return Err(VaultError::UnknownHeader);
        }
        let vault = VaultEpoch { id: fields.array()?, epoch: fields.u32()? };
        let count = fields.u8()?;
        let mut slots = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            let slot = Slot::decode(&mut fields)?;
            if slots.iter().any(|other: &Slot| other.same_means(&slot.kind)) {
                return Err(Malformed.into());
            }
            slots.push(slot);
        }
        let mac = fields.array()?;
        fields.finish()?;
        Ok(Self { vault, escrow_key, slots, mac })
    }

    /// Checks every byte of the header and the escrow public key against the root key.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(crate) fn authenticate(&self, root: &RootKey) -> Result<(), VaultError> {
        self.mac(root, &self.before_mac()).verify_slice(&self.mac).map_err(|_| VaultError::Damaged)
    }

    fn before_mac(&self) -> Vec<u8> {
        let mut bytes = self.vault.encode();
        bytes.push(u8::try_from(self.slots.len()).expect("there is at most one slot of a kind"));
        for slot in &self.slots {
            bytes.extend_from_slice(&slot.encode());
        }
        bytes
    }

    fn mac(&self, root: &RootKey, bytes: &[u8]) -> Hmac<Sha256> {
        let key = vault_key(root, &self.vault, Domain::VaultHeaderMac);
        let mut mac = keyed_hash(&key);
        mac.update(bytes);
        mac.update(&self.escrow_key);
        mac
    }
}

/// Derives a key of the vault from its root key.
pub(crate) fn vault_key(root: &RootKey, vault: &VaultEpoch, domain: Domain) -> Secret<32> {
    // EXPOSE: the root key is the input of the derivation.
    derive_secret(&vault.id, root.expose(), domain, &[&vault.epoch.to_be_bytes()])
}

/// Starts HMAC-SHA256 under a key.
pub(crate) fn keyed_hash(key: &Secret<32>) -> Hmac<Sha256> {
    // EXPOSE: the key is the key of the MAC.
    Hmac::new_from_slice(key.expose()).expect("HMAC takes keys of any length")
}

/// Draws a random name.
///
/// # Errors
/// [`VaultError::Randomness`] when the system gives none.
pub(crate) fn random_id<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut id = [0; N];
    getrandom::fill(&mut id).map_err(|_| VaultError::Randomness)?;
    Ok(id)
}

/// Writes salt and parameters of Argon2id with one lane.
pub(crate) fn encode_kdf(salt: &[u8; 16], params: KdfParams) -> Vec<u8> {
    [
        salt.as_slice(),
        &params.m_kib().to_be_bytes(),
        &params.t().to_be_bytes(),
        &[1, ARGON2_VERSION],
    ]
    .concat()
}

/// Reads salt and parameters of Argon2id.
///
/// # Errors
/// [`VaultError::KdfOutOfBounds`]; [`VaultError::Damaged`] when bytes are missing.
pub(crate) fn decode_kdf(fields: &mut Fields<'_>) -> Result<([u8; 16], KdfParams), VaultError> {
    let salt = fields.array()?;
    let (memory_kib, passes) = (fields.u32()?, fields.u32()?);
    if [fields.u8()?, fields.u8()?] != [1, ARGON2_VERSION] {
        return Err(VaultError::KdfOutOfBounds);
    }
    let params = KdfParams::new(memory_kib, passes).map_err(|_| VaultError::KdfOutOfBounds)?;
    Ok((salt, params))
}

fn slot_keys(
    vault: &[u8; 16],
    id: ShortId,
    domain: Domain,
    secret: &[u8],
) -> (Secret<32>, Secret<32>) {
    let salt = [vault.as_slice(), &id].concat();
    let both: Secret<64> = derive_secret(&salt, secret, domain, &[]);
    // EXPOSE: the derivation gives the key and the commitment side by side.
    let (key, commitment) = both.expose_halves();
    let half = |bytes: &[u8; 32]| Secret::init_with(|secret| secret.copy_from_slice(bytes));
    (half(key), half(commitment))
}

const MAGIC: &[u8; 4] = b"PMWV";
const VERSION: u8 = 1;
const SUITE: u8 = 1;
const ARGON2_VERSION: u8 = 0x13;
/// Nonce, what the slot opens to, tag.
const SEALED_KEY: usize = 24 + 32 + 16;

#[cfg(test)]
mod tests {
    use super::*;

    const VAULT: VaultEpoch = VaultEpoch { id: [3; 16], epoch: 0 };
    const PASSPHRASE: SlotKind =
        SlotKind::Passphrase { salt: [1; 16], params: KdfParams::FLOOR, device: [2; 8] };

    fn header() -> (Header, RootKey) {
        let root = Secret::generate().unwrap();
        let mut header = Header::new(VAULT, [9; 32]);
        header.put(PASSPHRASE, Timestamp::from_unix(5), b"one", &root).unwrap();
        header.put(SlotKind::Seed, Timestamp::from_unix(6), b"two", &root).unwrap();
        let bytes = header.encode(&root);
        (Header::decode(&bytes, [9; 32]).unwrap(), root)
    }

    fn is_seed(kind: &SlotKind) -> bool {
        matches!(kind, SlotKind::Seed)
    }

    #[test]
    fn each_slot_opens_with_its_own_secret_only() {
        let (header, root) = header();
        assert_eq!(header.open(|kind| !is_seed(kind), b"one").unwrap(), root);
        assert_eq!(header.open(is_seed, b"two").unwrap(), root);
        assert_eq!(header.open(is_seed, b"one").unwrap_err(), VaultError::Undecryptable);
        let biometric = |kind: &SlotKind| matches!(kind, SlotKind::Biometric { .. });
        assert_eq!(header.open(biometric, b"one").unwrap_err(), VaultError::NoSuchSlot);
    }

    #[test]
    fn every_flipped_byte_is_noticed() {
        let (mut header, root) = header();
        let bytes = header.encode(&root);
        for place in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1;
            let opened = Header::decode(&flipped, [9; 32]).and_then(|header| {
                let root = header.open(is_seed, b"two")?;
                header.authenticate(&root)
            });
            assert!(opened.is_err(), "byte {place}");
        }
        header.escrow_key = [8; 32];
        assert_eq!(header.authenticate(&root), Err(VaultError::Damaged));
        for end in 0..bytes.len() {
            assert!(Header::decode(&bytes[..end], [9; 32]).is_err());
        }
    }

    #[test]
    fn slots_of_another_vault_do_not_open() {
        let (mut header, _) = header();
        header.vault.id = [4; 16];
        assert_eq!(header.open(is_seed, b"two").unwrap_err(), VaultError::Undecryptable);
    }

    #[test]
    fn kdf_parameters_out_of_bounds_are_refused_while_reading() {
        let (mut header, root) = header();
        let bytes = header.encode(&root);
        let at = 26 + 1 + 1 + 8 + 8 + 2 + 16;
        assert_eq!(bytes[at..at + 4], KdfParams::FLOOR.m_kib().to_be_bytes());
        for memory_kib in [0, 19 * 1024 - 1, 256 * 1024 + 1, u32::MAX] {
            let mut edited = bytes.clone();
            edited[at..at + 4].copy_from_slice(&memory_kib.to_be_bytes());
            assert_eq!(Header::decode(&edited, [9; 32]), Err(VaultError::KdfOutOfBounds));
        }
        let mut edited = bytes;
        edited[at + 8] = 4;
        assert_eq!(Header::decode(&edited, [9; 32]), Err(VaultError::KdfOutOfBounds), "four lanes");
    }
}
