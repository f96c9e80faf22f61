//! The sealed state: how many rows there are, the XOR of their fingerprints, the head of the log,
//! the fingerprint of what opens the vault.
//!
//! Written in every transaction, checked at every unlock: a row removed, put back or exchanged
//! shows at once. Bytes: docs/formats.md 4.

use sha2::{Digest, Sha256};

use crate::codec::{Fields, Malformed};
use crate::vault::VaultError;
use crate::vault::cipher::{Place, Row, VaultKeys, meta_data};
use crate::vault::slots::random_id;

/// What the vault holds, as its last transaction left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) head: Head,
    /// Head of the log that was restored, where this incarnation began with a restoration.
    pub(crate) parent: Option<Head>,
    pub(crate) rows: Rows,
    /// [`VaultKeys::meta_fingerprint`].
    pub(crate) meta: [u8; 32],
}

/// How far a log has come: incarnation, number of entries, and the root over them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    incarnation: [u8; 8],
    size: u64,
    root: [u8; 32],
}

/// The set of rows: how many, and the XOR of their fingerprints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) versions: u64,
    pub(crate) attachments: u64,
    fingerprint: [u8; 32],
}

impl Head {
    /// Takes incarnation, number of entries and root together.
    #[must_use]
    pub const fn new(incarnation: [u8; 8], size: u64, root: [u8; 32]) -> Self {
        Self { incarnation, size, root }
    }

    /// Returns which creation or restoration of the wallet it belongs to.
    #[must_use]
    pub const fn incarnation(&self) -> &[u8; 8] {
        &self.incarnation
    }

    /// Returns the number of entries.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Returns the root of the tree over them, RFC 9162.
    #[must_use]
    pub const fn root(&self) -> &[u8; 32] {
        &self.root
    }

    /// Begins an incarnation with the log as it is.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub(crate) fn begin(size: u64, root: [u8; 32]) -> Result<Self, VaultError> {
        Ok(Self { incarnation: random_id()?, size, root })
    }

    /// Writes the 48 bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        [self.incarnation.as_slice(), &self.size.to_be_bytes(), &self.root].concat()
    }

    /// Reads 48 bytes.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(crate) fn decode(fields: &mut Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self { incarnation: fields.array()?, size: fields.u64()?, root: fields.array()? })
    }

    /// Reads the keystore item `head`: one head, or several around restorations.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(crate) fn decode_item(bytes: &[u8]) -> Result<Vec<Self>, Malformed> {
        if bytes.is_empty() || bytes.len() > Self::MOST * Self::BYTES {
            return Err(Malformed);
        }
        let read = |part| {
            let mut fields = Fields::new(part);
            let head = Self::decode(&mut fields)?;
            fields.finish().map(|()| head)
        };
        bytes.chunks(Self::BYTES).map(read).collect()
    }

    /// Adds a head to the keystore item, for a vault that is about to take another one's place.
    pub(crate) fn add_to_item(&self, item: &[u8]) -> Vec<u8> {
        let mut heads = Self::decode_item(item).unwrap_or_default();
        let surplus = (heads.len() + 1).saturating_sub(Self::MOST);
        heads.drain(..surplus);
        heads.push(*self);
        heads.iter().flat_map(Self::encode).collect()
    }

    const BYTES: usize = 8 + 8 + 32;
    /// A restoration that is stopped leaves one more, until the next unlock.
    const MOST: usize = 4;
}

impl Rows {
    /// Takes one row in.
    pub(crate) fn add(&mut self, place: Place, fingerprint: &[u8; 32]) {
        let count = self.count(place);
        *count = count.saturating_add(1);
        self.toggle(fingerprint);
    }

    /// Takes one row out.
    pub(crate) fn remove(&mut self, place: Place, fingerprint: &[u8; 32]) {
        let count = self.count(place);
        *count = count.saturating_sub(1);
        self.toggle(fingerprint);
    }

    fn count(&mut self, place: Place) -> &mut u64 {
        match place.row {
            Row::Version(_) => &mut self.versions,
            Row::Attachment(_) => &mut self.attachments,
        }
    }

    fn toggle(&mut self, fingerprint: &[u8; 32]) {
        for (all, one) in self.fingerprint.iter_mut().zip(fingerprint) {
            *all ^= one;
        }
    }
}

impl State {
    /// Makes the state of an empty vault.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub(crate) fn generate() -> Result<Self, VaultError> {
        let head = Head::begin(0, Sha256::digest([]).into())?;
        Ok(Self { head, parent: None, rows: Rows::default(), meta: [0; 32] })
    }

    /// Stands in for a state that does not open: the log as it was found, no rows.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub(crate) fn unknown(size: u64, root: [u8; 32]) -> Result<Self, VaultError> {
        Ok(Self { head: Head::begin(size, root)?, ..Self::generate()? })
    }

    /// Seals the state.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub(crate) fn seal(&self, keys: &VaultKeys) -> Result<Vec<u8>, VaultError> {
        let plain = [
            self.head.encode().as_slice(),
            &self.rows.versions.to_be_bytes(),
            &self.rows.attachments.to_be_bytes(),
            &self.rows.fingerprint,
            &self.meta,
            &self.parent.map(|parent| parent.encode()).unwrap_or_default(),
        ]
        .concat();
        Ok(keys.state().seal(&meta_data(keys.vault(), "state"), &plain)?)
    }

    /// Opens a sealed state.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub(crate) fn open(keys: &VaultKeys, sealed: &[u8]) -> Result<Self, VaultError> {
        let plain = keys.state().open(&meta_data(keys.vault(), "state"), sealed);
        let plain = plain.map_err(|_| VaultError::Damaged)?;
        let mut fields = Fields::new(&plain);
        let head = Head::decode(&mut fields)?;
        let rows = Rows {
            versions: fields.u64()?,
            attachments: fields.u64()?,
            fingerprint: fields.array()?,
        };
        let meta = fields.array()?;
        let parent = match fields.clone().finish() {
            Ok(()) => None,
            Err(Malformed) => Some(Head::decode(&mut fields)?),
        };
        fields.finish()?;
        Ok(Self { head, parent, rows, meta })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_item_holds_one_head_or_a_few() {
        let heads = [1, 2, 3, 4, 5].map(|size| Head::begin(size, [7; 32]).unwrap());
        let mut item = heads[0].encode();
        assert_eq!(Head::decode_item(&item), Ok(vec![heads[0]]));
        for head in &heads[1..] {
            item = head.add_to_item(&item);
        }
        assert_eq!(Head::decode_item(&item), Ok(heads[1..].to_vec()), "the latest four");
        assert_eq!(heads[0].add_to_item(b"no item"), heads[0].encode());
        let five = [item.as_slice(), &heads[0].encode()].concat();
        for bad in [&[][..], &item[..95], &item[..47], &five] {
            assert_eq!(Head::decode_item(bad), Err(Malformed));
        }
    }

    #[test]
    fn taking_a_row_out_undoes_taking_it_in() {
        let place = Place { row: Row::Version(1), bucket: 0, epoch: 0 };
        let mut rows = Rows::default();
        rows.add(place, &[5; 32]);
        assert_ne!(rows, Rows::default());
        rows.remove(place, &[5; 32]);
        assert_eq!(rows, Rows::default());
    }
}
