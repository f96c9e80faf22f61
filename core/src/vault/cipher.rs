//! Rows at rest: how the header and the body of a version are sealed, and under which keys.
//!
//! ```text
//! VRK --HKDF--> state, rows, node, root, audit        VRK || SK[n] --HKDF--> bucket table --> EK[0..64]
//! EK[b] seals a version's header; the header holds VK, which seals its body
//! ```
//! Bytes and associated data: docs/formats.md 4. A row opens only at its place, under its vault.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::codec::{Buffer, Fields, Malformed, pad, unpad};
use crate::keys::{Cipher, Domain, Secret, derive_secret};
use crate::record::RecordId;
use crate::vault::VaultError;
use crate::vault::slots::{RootKey, VaultEpoch, keyed_hash, vault_key};

/// The keys that an open vault holds all the time.
pub(crate) struct VaultKeys {
    vault: VaultEpoch,
    state: Cipher,
    node: Cipher,
    rows: Hmac<Sha256>,
}

impl VaultKeys {
    /// Derives the keys; the root key is not kept.
    pub(crate) fn derive(root: &RootKey, vault: VaultEpoch) -> Self {
        let key = |domain| vault_key(root, &vault, domain);
        Self {
            vault,
            state: Cipher::new(&key(Domain::VaultState)),
            node: Cipher::new(&key(Domain::VaultNode)),
            rows: keyed_hash(&key(Domain::VaultRows)),
        }
    }

    /// Gives what the vault's bytes are bound to.
    pub(crate) const fn vault(&self) -> &VaultEpoch {
        &self.vault
    }

    /// Gives the key of the sealed state.
    pub(crate) const fn state(&self) -> &Cipher {
        &self.state
    }

    /// Gives the key of the sealed identity node.
    pub(crate) const fn node(&self) -> &Cipher {
        &self.node
    }

    /// Gives the fingerprint of a row of `ver`; the state holds the XOR of all.
    pub(crate) fn fingerprint(&self, place: Place, header: &[u8], body: u32) -> [u8; 32] {
        let first = header.get(..NONCE).unwrap_or(header);
        let last = header.get(header.len().saturating_sub(TAG)..).unwrap_or(header);
        let mut mac = self.rows.clone();
        mac.update(b"ver");
        mac.update(&place.seq.to_be_bytes());
        mac.update(&[place.bucket]);
        mac.update(&place.epoch.to_be_bytes());
        mac.update(first);
        mac.update(last);
        mac.update(&body.to_be_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for VaultKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VaultKeys").finish_non_exhaustive()
    }
}

/// Where a row of `ver` stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) seq: u64,
    pub(crate) bucket: u8,
    pub(crate) epoch: u32,
}

/// The keys of the 64 buckets, each with its epoch.
pub(crate) struct Buckets {
    /// Number of the shred key that the table is sealed under.
    pub(crate) shred: u32,
    keys: Vec<(u32, Secret<32>, Cipher)>,
}

impl Buckets {
    /// Draws fresh keys for all buckets.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub(crate) fn generate(shred: u32) -> Result<Self, VaultError> {
        let mut keys = Vec::with_capacity(BUCKETS);
        for _ in 0..BUCKETS {
            let key = Secret::generate()?;
            let cipher = Cipher::new(&key);
            keys.push((0, key, cipher));
        }
        Ok(Self { shred, keys })
    }

    /// Seals the table under the root key and a shred key: u32 number, then the sealed table.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub(crate) fn seal(
        &self,
        vault: &VaultEpoch,
        root: &RootKey,
        shred: &Secret<32>,
    ) -> Result<Vec<u8>, VaultError> {
        let mut table = Buffer::with_capacity(BUCKETS * ENTRY);
        for (epoch, key, _) in &self.keys {
            table.extend(&epoch.to_be_bytes());
            // EXPOSE: the keys are sealed here.
            table.extend(key.expose());
        }
        let number = self.shred.to_be_bytes();
        let sealed = table_key(vault, root, shred).seal(&table_data(vault, self.shred), &table)?;
        Ok([number.as_slice(), &sealed].concat())
    }

    /// Tells which shred key a sealed table needs.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(crate) fn shred_number(sealed: &[u8]) -> Result<u32, VaultError> {
        Ok(Fields::new(sealed).u32()?)
    }

    /// Opens a sealed table.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(crate) fn open(
        sealed: &[u8],
        vault: &VaultEpoch,
        root: &RootKey,
        shred_key: &Secret<32>,
    ) -> Result<Self, VaultError> {
        let mut fields = Fields::new(sealed);
        let shred = fields.u32()?;
        let sealed = sealed.get(4..).ok_or(Malformed)?;
        let table = table_key(vault, root, shred_key)
            .open(&table_data(vault, shred), sealed)
            .map_err(|_| VaultError::Damaged)?;
        let mut fields = Fields::new(&table);
        let mut keys = Vec::with_capacity(BUCKETS);
        for _ in 0..BUCKETS {
            let epoch = fields.u32()?;
            let key = Secret::from_slice(fields.take(32)?)?;
            let cipher = Cipher::new(&key);
            keys.push((epoch, key, cipher));
        }
        fields.finish()?;
        Ok(Self { shred, keys })
    }

    /// Draws the bucket of a new record.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub(crate) fn draw() -> Result<u8, VaultError> {
        let [byte] = crate::vault::slots::random_id::<1>()?;
        Ok(byte % BUCKETS_U8)
    }

    /// Gives the epoch of a bucket's key.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when there is no such bucket.
    pub(crate) fn epoch(&self, bucket: u8) -> Result<u32, VaultError> {
        self.keys.get(usize::from(bucket)).map(|key| key.0).ok_or(VaultError::Damaged)
    }

    /// Seals the header of a version for its place.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when it does not fit 1024 bytes or the bucket has another epoch.
    pub(crate) fn seal_header(
        &self,
        vault: &VaultEpoch,
        place: Place,
        header: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let padded = pad(header, header_size).ok_or(VaultError::Damaged)?;
        Ok(self.cipher(place)?.seal(&header_data(vault, place), &padded)?)
    }

    /// Opens the header of a version into `out` and gives the part that is not padding.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(crate) fn open_header<'a>(
        &self,
        vault: &VaultEpoch,
        place: Place,
        sealed: &[u8],
        out: &'a mut Buffer,
    ) -> Result<&'a [u8], VaultError> {
        open_into(self.cipher(place)?, &header_data(vault, place), sealed, out)?;
        Ok(unpad(out)?)
    }

    fn cipher(&self, place: Place) -> Result<&Cipher, VaultError> {
        match self.keys.get(usize::from(place.bucket)) {
            Some((epoch, _, cipher)) if *epoch == place.epoch => Ok(cipher),
            _ => Err(VaultError::Damaged),
        }
    }
}

impl std::fmt::Debug for Buckets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buckets").field("shred", &self.shred).finish_non_exhaustive()
    }
}

/// What a body is bound to besides its key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyOf<'a> {
    pub(crate) record: RecordId,
    pub(crate) version: u32,
    pub(crate) kind: &'a str,
}

impl BodyOf<'_> {
    /// Seals a body under the key of its version.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub(crate) fn seal(
        &self,
        vault: &VaultEpoch,
        key: &Secret<32>,
        body: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let padded = pad(body, |length| length.checked_next_multiple_of(BODY_STEP))
            .ok_or(VaultError::Damaged)?;
        Ok(Cipher::new(key).seal(&self.data(vault), &padded)?)
    }

    /// Opens a body, with its padding.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(crate) fn open(
        &self,
        vault: &VaultEpoch,
        key: &Secret<32>,
        sealed: &[u8],
    ) -> Result<Buffer, VaultError> {
        let mut out = Buffer::default();
        open_into(&Cipher::new(key), &self.data(vault), sealed, &mut out)?;
        Ok(out)
    }

    fn data(&self, vault: &VaultEpoch) -> Vec<u8> {
        let length = u8::try_from(self.kind.len()).expect("a type's name is short");
        [
            &FORMAT,
            vault.id.as_slice(),
            b"body",
            self.record.as_bytes(),
            &self.version.to_be_bytes(),
            &[length],
            self.kind.as_bytes(),
        ]
        .concat()
    }
}

/// Gives the associated data of a value of `meta`.
pub(crate) fn meta_data(vault: &VaultEpoch, name: &str) -> Vec<u8> {
    [&FORMAT, vault.id.as_slice(), name.as_bytes()].concat()
}

fn open_into(
    cipher: &Cipher,
    data: &[u8],
    sealed: &[u8],
    out: &mut Buffer,
) -> Result<(), VaultError> {
    out.clear();
    out.reserve(sealed.len());
    cipher.open_into(data, sealed, out.as_mut_vec()).map_err(|_| VaultError::Damaged)
}

fn header_data(vault: &VaultEpoch, place: Place) -> [u8; 34] {
    let mut data = [0; 34];
    let parts: [&[u8]; 6] = [
        &FORMAT,
        &vault.id,
        b"hdr",
        &place.seq.to_be_bytes(),
        &[place.bucket],
        &place.epoch.to_be_bytes(),
    ];
    for (byte, value) in data.iter_mut().zip(parts.into_iter().flatten()) {
        *byte = *value;
    }
    data
}

fn table_key(vault: &VaultEpoch, root: &RootKey, shred: &Secret<32>) -> Cipher {
    let mut secret = Buffer::with_capacity(64);
    // EXPOSE: both keys are the input of the derivation.
    secret.extend(root.expose());
    secret.extend(shred.expose());
    let epoch = vault.epoch.to_be_bytes();
    Cipher::new(&derive_secret(&vault.id, &secret, Domain::VaultBuckets, &[&epoch]))
}

fn table_data(vault: &VaultEpoch, shred: u32) -> Vec<u8> {
    [&FORMAT, vault.id.as_slice(), b"buckets", &shred.to_be_bytes()].concat()
}

fn header_size(length: usize) -> Option<usize> {
    HEADER_SIZES.into_iter().find(|size| *size >= length)
}

/// Version of the row formats, first in all associated data.
const FORMAT: [u8; 2] = [0, 1];
const BUCKETS: usize = 64;
const BUCKETS_U8: u8 = 64;
/// Epoch and key of one bucket in the table.
const ENTRY: usize = 4 + 32;
const HEADER_SIZES: [usize; 3] = [256, 512, LONGEST_HEADER];
/// The largest padded header; what does not fit stays in the body.
pub(crate) const LONGEST_HEADER: usize = 1024;
const BODY_STEP: usize = 256;
const NONCE: usize = 24;
const TAG: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    const VAULT: VaultEpoch = VaultEpoch { id: [3; 16], epoch: 0 };
    const PLACE: Place = Place { seq: 7, bucket: 1, epoch: 0 };

    #[test]
    fn a_header_opens_at_its_place_only() {
        let buckets = Buckets::generate(0).unwrap();
        let sealed = buckets.seal_header(&VAULT, PLACE, b"header").unwrap();
        let mut out = Buffer::default();
        assert_eq!(buckets.open_header(&VAULT, PLACE, &sealed, &mut out), Ok(b"header".as_slice()));
        let other = VaultEpoch { id: [4; 16], epoch: 0 };
        for (vault, place) in [
            (VAULT, Place { seq: 8, ..PLACE }),
            (VAULT, Place { bucket: 2, ..PLACE }),
            (VAULT, Place { epoch: 1, ..PLACE }),
            (other, PLACE),
        ] {
            let opened = buckets.open_header(&vault, place, &sealed, &mut out);
            assert_eq!(opened, Err(VaultError::Damaged));
        }
    }

    #[test]
    fn a_body_opens_as_its_own_record_version_and_type_only() {
        let key = Secret::generate().unwrap();
        let ours = BodyOf { record: RecordId::from_bytes([1; 16]), version: 1, kind: "Basic" };
        let sealed = ours.seal(&VAULT, &key, b"body").unwrap();
        assert!(ours.open(&VAULT, &key, &sealed).is_ok());
        for other in [
            BodyOf { record: RecordId::from_bytes([2; 16]), ..ours },
            BodyOf { version: 2, ..ours },
            BodyOf { kind: "List", ..ours },
        ] {
            assert_eq!(other.open(&VAULT, &key, &sealed).unwrap_err(), VaultError::Damaged);
        }
    }

    #[test]
    fn a_header_is_padded_to_one_of_three_sizes_and_a_body_in_steps() {
        let buckets = Buckets::generate(0).unwrap();
        for (length, size) in [(0, 256), (252, 256), (253, 512), (509, 1024), (1020, 1024)] {
            let sealed = buckets.seal_header(&VAULT, PLACE, &vec![1; length]).unwrap();
            assert_eq!(sealed.len(), NONCE + size + TAG);
        }
        assert!(buckets.seal_header(&VAULT, PLACE, &[1; 1021]).is_err());
        let body = BodyOf { record: RecordId::from_bytes([1; 16]), version: 1, kind: "Basic" };
        let key = Secret::generate().unwrap();
        for (length, size) in [(0, 256), (252, 256), (253, 512), (5000, 5120)] {
            let sealed = body.seal(&VAULT, &key, &vec![1; length]).unwrap();
            assert_eq!(sealed.len(), NONCE + size + TAG);
        }
    }
}
