//! Rows at rest: how the header and the body of a version are sealed, and under which keys.
//!
//! ```text
//! VRK --HKDF--> state, rows, node, audit, table        table || SK[n] --HKDF--> bucket table --> EK[0..64]
//! EK[b] seals a row's header; a version's header holds VK, which seals its body
//! ```
//! Bytes and associated data: docs/formats.md 4. A row opens only at its place, under its vault.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::codec::{Buffer, pad};
use crate::keys::{Cipher, Domain, Secret, derive_secret};
use crate::record::RecordId;
use crate::vault::VaultError;
use crate::vault::slots::{RootKey, VaultEpoch, keyed_hash, vault_key};

/// The keys that an open vault holds all the time; the root key is not among them.
pub(crate) struct VaultKeys {
    vault: VaultEpoch,
    state: Cipher,
    node: Cipher,
    audit: Cipher,
    table: Secret<32>,
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
            audit: Cipher::new(&key(Domain::VaultAudit)),
            table: key(Domain::VaultTable),
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

    /// Gives the key of the bucket table under a shred key.
    pub(crate) fn table(&self, shred: &Secret<32>) -> Cipher {
        let mut secret = Buffer::with_capacity(64);
        // EXPOSE: both keys are the input of the derivation.
        secret.extend(self.table.expose());
        secret.extend(shred.expose());
        let epoch = self.vault.epoch.to_be_bytes();
        Cipher::new(&derive_secret(&self.vault.id, &secret, Domain::VaultBuckets, &[&epoch]))
    }

    /// Seals an audit entry for its place in the log.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub(crate) fn seal_entry(&self, seq: u64, padded: &[u8]) -> Result<Vec<u8>, VaultError> {
        Ok(self.audit.seal(&self.log_data(b"audit", seq), padded)?)
    }

    /// Opens an audit entry.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(crate) fn open_entry(&self, seq: u64, sealed: &[u8]) -> Result<Buffer, VaultError> {
        let mut out = Buffer::default();
        open_into(&self.audit, &self.log_data(b"audit", seq), sealed, &mut out)?;
        Ok(out)
    }

    /// Seals a checkpoint for the size that it covers.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub(crate) fn seal_checkpoint(&self, size: u64, signed: &[u8]) -> Result<Vec<u8>, VaultError> {
        Ok(self.audit.seal(&self.log_data(b"ckpt", size), signed)?)
    }

    /// Opens a checkpoint.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(crate) fn open_checkpoint(&self, size: u64, sealed: &[u8]) -> Result<Buffer, VaultError> {
        let mut out = Buffer::default();
        open_into(&self.audit, &self.log_data(b"ckpt", size), sealed, &mut out)?;
        Ok(out)
    }

    /// Gives the fingerprint of a row; the state holds the XOR of all.
    ///
    /// `body` is the length of a version's body, 0 for an attachment.
    pub(crate) fn fingerprint(&self, place: Place, header: &[u8], body: u32) -> [u8; 32] {
        let first = header.get(..NONCE).unwrap_or(header);
        let last = header.get(header.len().saturating_sub(TAG)..).unwrap_or(header);
        let mut mac = self.rows.clone();
        match place.row {
            Row::Version(seq) => {
                mac.update(b"ver");
                mac.update(&seq.to_be_bytes());
            }
            Row::Attachment(id) => {
                mac.update(b"att");
                mac.update(&id);
            }
        }
        mac.update(&[place.bucket]);
        mac.update(&place.epoch.to_be_bytes());
        mac.update(first);
        mac.update(last);
        mac.update(&body.to_be_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Gives the fingerprint of what opens the vault, in `meta` beside the state that names it.
    ///
    /// # Errors
    /// What `read` gives.
    pub(crate) fn meta_fingerprint<E>(
        &self,
        read: impl Fn(&'static str) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<[u8; 32], E> {
        let mut mac = self.rows.clone();
        mac.update(b"meta");
        for name in META {
            let Some(value) = read(name)? else { continue };
            for part in [name.as_bytes(), &value] {
                let length = u32::try_from(part.len()).expect("SQLite keeps no longer value");
                mac.update(&length.to_be_bytes());
                mac.update(part);
            }
        }
        Ok(mac.finalize().into_bytes().into())
    }

    fn log_data(&self, table: &[u8], key: u64) -> Vec<u8> {
        [&FORMAT, self.vault.id.as_slice(), table, &key.to_be_bytes()].concat()
    }
}

impl std::fmt::Debug for VaultKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VaultKeys").finish_non_exhaustive()
    }
}

/// Which row of which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    /// A row of `ver`, by its seq.
    Version(u64),
    /// A row of `att`, by its id.
    Attachment([u8; 16]),
}

/// Where a sealed header stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) row: Row,
    pub(crate) bucket: u8,
    pub(crate) epoch: u32,
}

impl Place {
    /// Gives the seq of a version; attachments have none, and no order among versions.
    pub(crate) const fn seq(self) -> u64 {
        match self.row {
            Row::Version(seq) => seq,
            Row::Attachment(_) => 0,
        }
    }

    /// Gives the associated data of the header that stands here.
    pub(crate) fn header_data(self, vault: &VaultEpoch) -> HeaderData {
        let mut data = HeaderData { bytes: [0; LONGEST_DATA], length: 0 };
        data.push(&FORMAT);
        data.push(&vault.id);
        match self.row {
            Row::Version(seq) => {
                data.push(b"hdr");
                data.push(&seq.to_be_bytes());
            }
            Row::Attachment(id) => {
                data.push(b"att");
                data.push(&id);
            }
        }
        data.push(&[self.bucket]);
        data.push(&self.epoch.to_be_bytes());
        data
    }
}

/// Associated data of a header, on the stack: an unlock makes one for each row.
pub(crate) struct HeaderData {
    bytes: [u8; LONGEST_DATA],
    length: usize,
}

impl HeaderData {
    fn push(&mut self, part: &[u8]) {
        let room = self.bytes.iter_mut().skip(self.length);
        room.zip(part).for_each(|(byte, value)| *byte = *value);
        self.length += part.len();
    }
}

impl std::ops::Deref for HeaderData {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
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

/// Opens sealed bytes into a buffer that is wiped.
///
/// # Errors
/// [`VaultError::Damaged`].
pub(crate) fn open_into(
    cipher: &Cipher,
    data: &[u8],
    sealed: &[u8],
    out: &mut Buffer,
) -> Result<(), VaultError> {
    out.clear();
    out.reserve(sealed.len());
    cipher.open_into(data, sealed, out.as_mut_vec()).map_err(|_| VaultError::Damaged)
}

/// What the state names of `meta`, in this order.
const META: [&str; 7] = ["header", "obsolete", "buckets", "escrow-key", "escrow", "root", "node"];
/// Version of the row formats, first in all associated data.
pub(crate) const FORMAT: [u8; 2] = [0, 1];
/// The largest padded header; what does not fit stays in the body.
pub(crate) const LONGEST_HEADER: usize = 1024;
/// Format, vault id, table, key of the row, bucket, epoch.
const LONGEST_DATA: usize = 2 + 16 + 3 + 16 + 1 + 4;
const BODY_STEP: usize = 256;
const NONCE: usize = 24;
const TAG: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    const VAULT: VaultEpoch = VaultEpoch { id: [3; 16], epoch: 0 };

    #[test]
    fn a_body_opens_as_its_own_record_version_and_type_only() {
        let key = Secret::generate().unwrap();
        let ours = BodyOf { record: RecordId::from_bytes([1; 16]), version: 1, kind: "Basic" };
        let sealed = ours.seal(&VAULT, &key, b"body").unwrap();
        assert!(ours.open(&VAULT, &key, &sealed).is_ok());
        for other in [
            BodyOf { record: RecordId::from_bytes([2; 16]), ..ours },
            BodyOf { version: 2, ..ours },
            BodyOf { kind: "Group", ..ours },
        ] {
            assert_eq!(other.open(&VAULT, &key, &sealed).unwrap_err(), VaultError::Damaged);
        }
    }

    #[test]
    fn a_body_is_padded_in_steps() {
        let body = BodyOf { record: RecordId::from_bytes([1; 16]), version: 1, kind: "Basic" };
        let key = Secret::generate().unwrap();
        for (length, size) in [(0, 256), (252, 256), (253, 512), (5000, 5120)] {
            let sealed = body.seal(&VAULT, &key, &vec![1; length]).unwrap();
            assert_eq!(sealed.len(), NONCE + size + TAG);
        }
    }

    #[test]
    fn an_audit_entry_opens_at_its_place_only() {
        let root = Secret::generate().unwrap();
        let keys = VaultKeys::derive(&root, VAULT);
        let sealed = keys.seal_entry(3, b"entry").unwrap();
        assert_eq!(keys.open_entry(3, &sealed).unwrap().as_ref(), b"entry");
        assert_eq!(keys.open_entry(4, &sealed).unwrap_err(), VaultError::Damaged);
        let other = VaultKeys::derive(&root, VaultEpoch { id: [4; 16], epoch: 0 });
        assert_eq!(other.open_entry(3, &sealed).unwrap_err(), VaultError::Damaged);
    }

    #[test]
    fn a_fingerprint_tells_places_and_tables_apart() {
        let root = Secret::generate().unwrap();
        let keys = VaultKeys::derive(&root, VAULT);
        let ours = Place { row: Row::Version(1), bucket: 2, epoch: 3 };
        let header = [7; 100];
        let all = [
            keys.fingerprint(ours, &header, 9),
            keys.fingerprint(ours, &header, 8),
            keys.fingerprint(ours, &[8; 100], 9),
            keys.fingerprint(Place { bucket: 1, ..ours }, &header, 9),
            keys.fingerprint(Place { epoch: 4, ..ours }, &header, 9),
            keys.fingerprint(Place { row: Row::Version(2), ..ours }, &header, 9),
            keys.fingerprint(Place { row: Row::Attachment([0; 16]), ..ours }, &header, 9),
        ];
        let different: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }
}
