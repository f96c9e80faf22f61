//! Reading maps of which every key is known.

use crate::codec::{Decoder, Malformed, MapKeys};
use crate::record::LabelSet;

/// Reads a map whose keys are known and in order.
pub(super) struct Input<'a> {
    decoder: Decoder<'a>,
    keys: Option<MapKeys>,
}

impl<'a> Input<'a> {
    /// Starts at the map.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { decoder: Decoder::new(bytes), keys: None }
    }

    /// Goes to the value of the next key, which must be this one.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(super) fn at(&mut self, key: i64) -> Result<&mut Decoder<'a>, Malformed> {
        let keys = match &mut self.keys {
            Some(keys) => keys,
            None => self.keys.insert(self.decoder.map()?),
        };
        if keys.next(&mut self.decoder)? == Some(key) {
            Ok(&mut self.decoder)
        } else {
            Err(Malformed)
        }
    }

    /// Reads a number.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(super) fn number<T: TryFrom<u64>>(&mut self, key: i64) -> Result<T, Malformed> {
        self.at(key)?.narrow()
    }

    /// Reads a set of labels.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(super) fn labels(&mut self, key: i64) -> Result<LabelSet, Malformed> {
        LabelSet::from_bits(self.number(key)?).map_err(|_| Malformed)
    }

    /// Reads a byte string of one length.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(super) fn array<const N: usize>(&mut self, key: i64) -> Result<[u8; N], Malformed> {
        self.at(key)?.bytes()?.try_into().map_err(|_| Malformed)
    }

    /// Reads an array.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(super) fn list<T>(
        &mut self,
        key: i64,
        mut read: impl FnMut(&mut Decoder<'a>) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let decoder = self.at(key)?;
        let count = decoder.array()?;
        (0..count).map(|_| read(decoder)).collect()
    }

    /// Demands that nothing follows.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(super) fn finish(mut self) -> Result<(), Malformed> {
        let rest = self.keys.as_mut().ok_or(Malformed)?.next(&mut self.decoder)?;
        if rest.is_some() { Err(Malformed) } else { self.decoder.finish() }
    }
}
