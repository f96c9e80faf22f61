//! The content of a version: what its sealed body holds.
//!
//! Bytes: docs/formats.md 4. A CBOR map whose last value is the resource as it came.

use std::ops::Range;

use crate::codec::{Buffer, Decoder, Encoder, Malformed, unpad};
use crate::record::Text;
use crate::vault::VaultError;

/// The content of one version, opened.
#[derive(Debug)]
pub(crate) struct Content {
    /// Why the version was appended, when somebody said so.
    pub(crate) reason: Option<Text>,
    /// The fullUrl of the Bundle entry it came in.
    pub(crate) full_url: Option<Text>,
    resource: Range<usize>,
    bytes: Buffer,
}

impl Content {
    /// Takes the plaintext of a body with its padding.
    ///
    /// # Errors
    /// [`Malformed`] for any other bytes.
    pub(crate) fn new(padded: Buffer) -> Result<Self, Malformed> {
        let plain = unpad(&padded)?;
        let body = Body::decode(plain)?;
        let text = |text: &str| (!text.is_empty()).then(|| Text::from(text));
        let (reason, full_url) = (text(body.reason), text(body.full_url));
        let end = LENGTH_OF_PADDING + plain.len();
        let resource = end - body.resource.len()..end;
        Ok(Self { reason, full_url, resource, bytes: padded })
    }

    /// Gives the map again.
    ///
    /// # Errors
    /// [`Malformed`] for any other bytes.
    pub(crate) fn plain(&self) -> Result<&[u8], Malformed> {
        unpad(&self.bytes)
    }

    /// Gives the resource as text.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when it is not UTF-8.
    pub(crate) fn text(&self) -> Result<&str, VaultError> {
        std::str::from_utf8(self.resource()).map_err(|_| VaultError::Damaged)
    }

    /// Gives the resource as it came, byte for byte.
    pub(crate) fn resource(&self) -> &[u8] {
        self.bytes.get(self.resource.clone()).unwrap_or_default()
    }
}

/// The content of a body: a CBOR map whose last value is the resource.
pub(crate) struct Body<'a> {
    /// Facts that did not fit the header.
    pub(crate) facts: &'a [u8],
    /// Why the version was appended; may be empty.
    pub(crate) reason: &'a str,
    /// The fullUrl of the entry it came in; may be empty.
    pub(crate) full_url: &'a str,
    /// The resource as it came.
    pub(crate) resource: &'a [u8],
}

impl<'a> Body<'a> {
    /// Reads the map.
    ///
    /// # Errors
    /// [`Malformed`] for any other bytes.
    pub(crate) fn decode(plain: &'a [u8]) -> Result<Self, Malformed> {
        let mut input = Decoder::new(plain);
        let mut keys = input.map()?;
        let mut body = Self { facts: &[], reason: "", full_url: "", resource: &[] };
        while let Some(key) = keys.next(&mut input)? {
            match key {
                0 => body.facts = input.bytes()?,
                1 => body.reason = input.text()?,
                2 => body.full_url = input.text()?,
                3 => body.resource = input.bytes()?,
                _ => return Err(Malformed),
            }
        }
        input.finish()?;
        Ok(body)
    }
}

impl Body<'_> {
    /// Writes the map; the facts stand in it only when there are any.
    pub(crate) fn encode(&self) -> Buffer {
        let lengths =
            [self.facts.len(), self.reason.len(), self.full_url.len(), self.resource.len()];
        let mut out = Encoder::with_capacity(lengths.iter().sum::<usize>() + 64);
        out.map(if self.facts.is_empty() { 3 } else { 4 });
        if !self.facts.is_empty() {
            out.uint(0);
            out.bytes(self.facts);
        }
        out.uint(1);
        out.text(self.reason);
        out.uint(2);
        out.text(self.full_url);
        out.uint(3);
        out.bytes(self.resource);
        out.finish()
    }
}

/// The u32 that [`crate::codec::pad`] puts first.
const LENGTH_OF_PADDING: usize = 4;
