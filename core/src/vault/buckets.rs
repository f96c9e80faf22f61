//! The 64 buckets: which key seals the header of which row.
//!
//! A record's bucket is drawn at its birth. Erasing a record gives its bucket a fresh key and the
//! whole table a fresh shred key, so that what the old keys opened stays closed for good.

use crate::codec::{Buffer, Fields, Malformed, pad, unpad};
use crate::keys::{Cipher, Secret};
use crate::vault::VaultError;
use crate::vault::cipher::{FORMAT, LONGEST_HEADER, Place, VaultKeys, open_into};
use crate::vault::slots::VaultEpoch;

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

    /// Gives the table with a fresh key for one bucket, for another shred key.
    ///
    /// # Errors
    /// [`VaultError::Randomness`]; [`VaultError::Damaged`] when the bucket has no further epoch.
    pub(crate) fn rotated(&self, bucket: u8, shred: u32) -> Result<Self, VaultError> {
        let mut rotated = Self { shred, ..self.copy() };
        let (epoch, key, cipher) =
            rotated.keys.get_mut(usize::from(bucket)).ok_or(VaultError::Damaged)?;
        *epoch = epoch.checked_add(1).ok_or(VaultError::Damaged)?;
        *key = Secret::generate()?;
        *cipher = Cipher::new(key);
        Ok(rotated)
    }

    /// Gives the same table a second time.
    pub(crate) fn copy(&self) -> Self {
        let copy = |(epoch, key, _): &(u32, Secret<32>, Cipher)| {
            // EXPOSE: copied from one secret into another.
            let key = Secret::init_with(|copy| copy.copy_from_slice(key.expose()));
            let cipher = Cipher::new(&key);
            (*epoch, key, cipher)
        };
        Self { shred: self.shred, keys: self.keys.iter().map(copy).collect() }
    }

    /// Writes epoch and key of each bucket.
    pub(crate) fn encode(&self) -> Buffer {
        let mut table = Buffer::with_capacity(BUCKETS * ENTRY);
        for (epoch, key, _) in &self.keys {
            table.extend(&epoch.to_be_bytes());
            // EXPOSE: the keys are sealed by whoever asks.
            table.extend(key.expose());
        }
        table
    }

    /// Reads what [`Buckets::encode`] wrote.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(crate) fn decode(shred: u32, table: &[u8]) -> Result<Self, VaultError> {
        let mut fields = Fields::new(table);
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

    /// Seals the table under the vault's table key and a shred key: u32 number, then the sealed
    /// table.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub(crate) fn seal(&self, keys: &VaultKeys, shred: &Secret<32>) -> Result<Vec<u8>, VaultError> {
        let number = self.shred.to_be_bytes();
        let data = table_data(keys.vault(), self.shred);
        let sealed = keys.table(shred).seal(&data, &self.encode())?;
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
        keys: &VaultKeys,
        shred_key: &Secret<32>,
    ) -> Result<Self, VaultError> {
        let shred = Self::shred_number(sealed)?;
        let sealed = sealed.get(4..).ok_or(Malformed)?;
        let table = keys.table(shred_key).open(&table_data(keys.vault(), shred), sealed);
        Self::decode(shred, &table.map_err(|_| VaultError::Damaged)?)
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

    /// Seals the header of a row for its place.
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
        Ok(self.cipher(place)?.seal(&place.header_data(vault), &padded)?)
    }

    /// Opens the header of a row into `out` and gives the part that is not padding.
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
        open_into(self.cipher(place)?, &place.header_data(vault), sealed, out)?;
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

fn table_data(vault: &VaultEpoch, shred: u32) -> Vec<u8> {
    [&FORMAT, vault.id.as_slice(), b"buckets", &shred.to_be_bytes()].concat()
}

fn header_size(length: usize) -> Option<usize> {
    HEADER_SIZES.into_iter().find(|size| *size >= length)
}

const BUCKETS: usize = 64;
const BUCKETS_U8: u8 = 64;
/// Epoch and key of one bucket in the table.
const ENTRY: usize = 4 + 32;
const HEADER_SIZES: [usize; 3] = [256, 512, LONGEST_HEADER];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::cipher::Row;

    const VAULT: VaultEpoch = VaultEpoch { id: [3; 16], epoch: 0 };
    const PLACE: Place = Place { row: Row::Version(7), bucket: 1, epoch: 0 };

    #[test]
    fn a_header_opens_at_its_place_only() {
        let buckets = Buckets::generate(0).unwrap();
        let sealed = buckets.seal_header(&VAULT, PLACE, b"header").unwrap();
        let mut out = Buffer::default();
        assert_eq!(buckets.open_header(&VAULT, PLACE, &sealed, &mut out), Ok(b"header".as_slice()));
        let other = VaultEpoch { id: [4; 16], epoch: 0 };
        for (vault, place) in [
            (VAULT, Place { row: Row::Version(8), ..PLACE }),
            (VAULT, Place { row: Row::Attachment([0; 16]), ..PLACE }),
            (VAULT, Place { bucket: 2, ..PLACE }),
            (VAULT, Place { epoch: 1, ..PLACE }),
            (other, PLACE),
        ] {
            let opened = buckets.open_header(&vault, place, &sealed, &mut out);
            assert_eq!(opened, Err(VaultError::Damaged));
        }
    }

    #[test]
    fn an_attachment_is_bound_to_its_id() {
        let buckets = Buckets::generate(0).unwrap();
        let place = Place { row: Row::Attachment([1; 16]), bucket: 1, epoch: 0 };
        let sealed = buckets.seal_header(&VAULT, place, b"header").unwrap();
        let mut out = Buffer::default();
        assert!(buckets.open_header(&VAULT, place, &sealed, &mut out).is_ok());
        let other = Place { row: Row::Attachment([2; 16]), ..place };
        assert!(buckets.open_header(&VAULT, other, &sealed, &mut out).is_err());
    }

    #[test]
    fn a_rotated_bucket_does_not_open_what_was_sealed_before() {
        let buckets = Buckets::generate(0).unwrap();
        let rotated = buckets.rotated(1, 1).unwrap();
        let mut out = Buffer::default();
        let sealed = buckets.seal_header(&VAULT, PLACE, b"header").unwrap();
        for place in [PLACE, Place { epoch: 1, ..PLACE }] {
            assert!(rotated.open_header(&VAULT, place, &sealed, &mut out).is_err());
        }
        let elsewhere = Place { bucket: 2, ..PLACE };
        let sealed = buckets.seal_header(&VAULT, elsewhere, b"header").unwrap();
        assert!(rotated.open_header(&VAULT, elsewhere, &sealed, &mut out).is_ok());
        assert_eq!((rotated.epoch(1), rotated.epoch(2)), (Ok(1), Ok(0)));
    }

    #[test]
    fn a_header_is_padded_to_one_of_three_sizes() {
        let buckets = Buckets::generate(0).unwrap();
        for (length, size) in [(0, 256), (252, 256), (253, 512), (509, 1024), (1020, 1024)] {
            let sealed = buckets.seal_header(&VAULT, PLACE, &vec![1; length]).unwrap();
            assert_eq!(sealed.len(), 24 + size + 16);
        }
        assert!(buckets.seal_header(&VAULT, PLACE, &[1; 1021]).is_err());
    }
}
