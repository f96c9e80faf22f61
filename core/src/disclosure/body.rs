//! The body of a record: deflated, padded, sealed under a key of its own.
//!
//! Bytes: docs/formats.md 10. What the seal is bound to says where the body belongs: no body opens in
//! another disclosure, for another record, or in another place.

use zeroize::Zeroizing;

use crate::codec::{Buffer, pad, unpad};
use crate::consent::{Alias, ConsentId};
use crate::disclosure::inflate::Deflater;
use crate::disclosure::{DisclosureError, DisclosureId};
use crate::keys::ContentKey;
use crate::vault::attachments::file::padded;

/// Where the body of a record belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) consent: ConsentId,
    pub(super) disclosure: DisclosureId,
    pub(super) alias: Alias,
    pub(super) index: usize,
}

impl Place {
    fn bytes(&self) -> Result<Vec<u8>, DisclosureError> {
        let index = u32::try_from(self.index).map_err(|_| DisclosureError::TooManyEntries)?;
        let (consent, disclosure) =
            (self.consent.as_bytes().as_slice(), self.disclosure.as_bytes());
        Ok([consent, disclosure, self.alias.as_bytes(), &index.to_be_bytes()].concat())
    }
}

/// Seals the JSON of a record.
///
/// # Security
/// As [`ContentKey::seal_with`]: key and IV are drawn for this text and serve no other.
pub(super) fn seal(
    place: &Place,
    (key, iv): (&ContentKey, [u8; 12]),
    json: &[u8],
    deflater: &mut Deflater,
) -> Result<Buffer, DisclosureError> {
    let deflated = deflater.deflate(json);
    let plain = pad(&deflated, padded_length).ok_or(DisclosureError::TooLarge)?;
    Ok(key.seal_with(iv, &place.bytes()?, &plain)?)
}

/// A body that has opened: the deflated text of a record.
pub(super) struct Opened(Zeroizing<Vec<u8>>);

impl Opened {
    /// Opens a body.
    ///
    /// # Errors
    /// [`DisclosureError::Undecryptable`]; [`DisclosureError::Invalid`] when its padding is not what
    /// [`seal`] writes.
    pub(super) fn open(
        place: &Place,
        key: &ContentKey,
        sealed: &[u8],
    ) -> Result<Self, DisclosureError> {
        let plain = key.open(&place.bytes()?, sealed)?;
        let deflated = unpad(&plain)?.len();
        if padded_length(LENGTH + deflated) == Some(plain.len()) {
            Ok(Self(plain))
        } else {
            Err(DisclosureError::Invalid)
        }
    }

    /// Returns the deflated text.
    pub(super) fn deflated(&self) -> &[u8] {
        unpad(&self.0).unwrap_or_default()
    }
}

/// Gives the most bytes that the body of a record with this much JSON can have: what does not shrink
/// grows by an eighth at most, whatever the compressor.
pub(super) fn largest(json: u64) -> u64 {
    padded(json.saturating_add(json / 8).saturating_add(AROUND)).saturating_add(AROUND)
}

fn padded_length(length: usize) -> Option<usize> {
    padded(length.try_into().ok()?).try_into().ok()
}

/// The length that stands before padded data.
const LENGTH: usize = 4;
/// More than heads, header, tag and the ends of a deflated text take.
const AROUND: u64 = 128;
