//! The content of a version: what its sealed body holds.
//!
//! Bytes: docs/formats.md 4. A CBOR map with the resource as it came, but for the files that were
//! cut out of it: these are attachments, and the cuts say which belongs where.

use std::ops::Range;

use crate::codec::{Buffer, Decoder, Encoder, Malformed, unpad};
use crate::record::Text;
use crate::vault::VaultError;
use crate::vault::attachments::AttachmentId;

/// The content of one version, opened.
#[derive(Debug)]
pub(crate) struct Content {
    /// Why the version was appended, when somebody said so.
    pub(crate) reason: Option<Text>,
    /// The fullUrl of the Bundle entry it came in.
    pub(crate) full_url: Option<Text>,
    /// What was cut out of the resource, in the order of the text.
    pub(crate) cuts: Vec<Cut>,
    resource: Range<usize>,
    bytes: Buffer,
}

/// A place in the text of a resource where a file was cut out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Bytes of the stored text before it.
    pub(crate) place: usize,
    /// The file.
    pub(crate) attachment: AttachmentId,
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
        check(&body.cuts, body.resource)?;
        let before = body.resource.as_ptr().addr() - plain.as_ptr().addr();
        let start = LENGTH_OF_PADDING + before;
        let (resource, cuts) = (start..start + body.resource.len(), body.cuts);
        Ok(Self { reason, full_url, cuts, resource, bytes: padded })
    }

    /// Gives the map again.
    ///
    /// # Errors
    /// [`Malformed`] for any other bytes.
    pub(crate) fn plain(&self) -> Result<&[u8], Malformed> {
        unpad(&self.bytes)
    }

    /// Gives the resource as text, without what was cut out.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when it is not UTF-8.
    pub(crate) fn text(&self) -> Result<&str, VaultError> {
        std::str::from_utf8(self.resource()).map_err(|_| VaultError::Damaged)
    }

    /// Gives the resource as it came, byte for byte, but for what was cut out.
    pub(crate) fn resource(&self) -> &[u8] {
        self.bytes.get(self.resource.clone()).unwrap_or_default()
    }
}

/// Demands that cuts are in ascending order, each inside the text.
fn check(cuts: &[Cut], resource: &[u8]) -> Result<(), Malformed> {
    if cuts.is_empty() {
        return Ok(());
    }
    let text = std::str::from_utf8(resource).map_err(|_| Malformed)?;
    let ascend = cuts.is_sorted_by(|one, next| one.place < next.place);
    let inside = cuts.iter().all(|cut| text.is_char_boundary(cut.place));
    if ascend && inside { Ok(()) } else { Err(Malformed) }
}

/// The content of a body: a CBOR map.
pub(crate) struct Body<'a> {
    /// Facts that did not fit the header.
    pub(crate) facts: &'a [u8],
    /// Why the version was appended; may be empty.
    pub(crate) reason: &'a str,
    /// The fullUrl of the entry it came in; may be empty.
    pub(crate) full_url: &'a str,
    /// The resource as it came, but for what was cut out.
    pub(crate) resource: &'a [u8],
    /// What was cut out, in the order of the text.
    pub(crate) cuts: Vec<Cut>,
}

impl<'a> Body<'a> {
    /// Reads the map.
    ///
    /// # Errors
    /// [`Malformed`] for any other bytes.
    pub(crate) fn decode(plain: &'a [u8]) -> Result<Self, Malformed> {
        let mut input = Decoder::new(plain);
        let mut keys = input.map()?;
        let mut resource = None;
        let mut body =
            Self { facts: &[], reason: "", full_url: "", resource: &[], cuts: Vec::new() };
        while let Some(key) = keys.next(&mut input)? {
            match key {
                0 => body.facts = input.bytes()?,
                1 => body.reason = input.text()?,
                2 => body.full_url = input.text()?,
                3 => resource = Some(input.bytes()?),
                4 => body.cuts = decode_cuts(&mut input)?,
                _ => return Err(Malformed),
            }
        }
        input.finish()?;
        body.resource = resource.ok_or(Malformed)?;
        Ok(body)
    }
}

impl Body<'_> {
    /// Writes the map; facts and cuts stand in it only when there are any.
    pub(crate) fn encode(&self) -> Buffer {
        let lengths =
            [self.facts.len(), self.reason.len(), self.full_url.len(), self.resource.len()];
        let cuts = self.cuts.len() * LONGEST_CUT;
        let mut out = Encoder::with_capacity(lengths.iter().sum::<usize>() + cuts + 64);
        out.map(3 + usize::from(!self.facts.is_empty()) + usize::from(!self.cuts.is_empty()));
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
        if !self.cuts.is_empty() {
            out.uint(4);
            out.array(self.cuts.len());
            for cut in &self.cuts {
                out.array(2);
                out.uint(u64::try_from(cut.place).expect("no machine has more than 64 bits"));
                out.bytes(cut.attachment.as_bytes());
            }
        }
        out.finish()
    }
}

fn decode_cuts(input: &mut Decoder<'_>) -> Result<Vec<Cut>, Malformed> {
    let count = input.array()?;
    let cut = |input: &mut Decoder<'_>| {
        if input.array()? != 2 {
            return Err(Malformed);
        }
        let place = input.narrow()?;
        let id = input.bytes()?.try_into().map_err(|_| Malformed)?;
        Ok(Cut { place, attachment: AttachmentId::from_bytes(id) })
    };
    match count {
        // One encoding for one value: no cuts, no key.
        0 => Err(Malformed),
        _ => (0..count).map(|_| cut(input)).collect(),
    }
}

/// The u32 that [`crate::codec::pad`] puts first.
const LENGTH_OF_PADDING: usize = 4;
/// A cut in CBOR: the array's head, a number, an id with its head.
const LONGEST_CUT: usize = 1 + 9 + 17;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::pad;

    fn body(resource: &[u8], places: &[usize]) -> Result<Content, Malformed> {
        let cut =
            |place: &usize| Cut { place: *place, attachment: AttachmentId::from_bytes([7; 16]) };
        let cuts = places.iter().map(cut).collect();
        let body = Body { facts: &[1, 2], reason: "why", full_url: "", resource, cuts };
        Content::new(pad(&body.encode(), |length| Some(length.next_multiple_of(256))).unwrap())
    }

    #[test]
    fn what_is_written_is_read() {
        for places in [&[][..], &[0], &[4, 8], &[9]] {
            let content = body("{\"ä\":\"\"}".as_bytes(), places).unwrap();
            assert_eq!(content.text(), Ok("{\"ä\":\"\"}"));
            assert_eq!(content.cuts.iter().map(|cut| cut.place).collect::<Vec<_>>(), places);
            assert_eq!(content.reason, Some(Text::from("why")));
            assert_eq!(content.full_url, None);
            assert_eq!(Body::decode(content.plain().unwrap()).unwrap().facts, [1, 2]);
        }
    }

    #[test]
    fn the_bytes_are_those_of_another_implementation() {
        use ciborium::Value;
        let cut = Value::Array(vec![Value::Integer(9.into()), Value::Bytes(vec![7; 16])]);
        let values = [
            Value::Bytes(vec![1, 2]),
            Value::Text("why".into()),
            Value::Text(String::new()),
            Value::Bytes(br#"{"data":""}"#.to_vec()),
            Value::Array(vec![cut]),
        ];
        let keys = (0..).map(|key: u8| Value::Integer(key.into()));
        let mut theirs = Vec::new();
        ciborium::into_writer(&Value::Map(keys.zip(values).collect()), &mut theirs).unwrap();
        assert_eq!(body(br#"{"data":""}"#, &[9]).unwrap().plain().unwrap(), theirs);
    }

    #[test]
    fn cuts_that_are_no_cuts_of_the_text_are_refused() {
        for places in [&[10][..], &[5, 5], &[6, 5], &[3], &[1 << 40]] {
            assert!(body("{\"ä\":\"\"}".as_bytes(), places).is_err(), "{places:?}");
        }
        assert!(body(&[0xff, 0xff], &[1]).is_err());
        let empty = [0xa2, 3, 0x41, b'x', 4, 0x80];
        assert!(Body::decode(&empty).is_err(), "no cuts, and a key for them");
        let endless = [0xa1, 4, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert!(Body::decode(&endless).is_err(), "more cuts than memory");
    }
}
