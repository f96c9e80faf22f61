//! What the vault knows of one attachment: the content of its sealed header.
//!
//! Bytes: docs/formats.md 4. It always fits the largest padded header.

use zeroize::Zeroizing;

use crate::codec::{Buffer, Decoder, Encoder, Malformed};
use crate::host::Timestamp;
use crate::keys::Secret;
use crate::record::text::push_line;
use crate::record::{RecordId, Text};
use crate::vault::attachments::{ContentAddress, LARGEST_ATTACHMENT};
use crate::vault::cipher::LONGEST_HEADER;

/// One attachment, without its content.
#[derive(Debug)]
pub(crate) struct Meta {
    /// The record it belongs to.
    pub(crate) record: RecordId,
    /// Key of the file.
    pub(crate) key: Secret<32>,
    /// Bytes without padding.
    pub(crate) size: u64,
    /// SHA-256 of the sealed file.
    pub(crate) address: ContentAddress,
    /// At most 120 characters on one line.
    pub(crate) name: Text,
    /// At most 80 characters on one line; what the sender said, not what was found.
    pub(crate) media_type: Text,
    /// When it was attached.
    pub(crate) at: Timestamp,
    /// Where else the sealed file is kept.
    pub(crate) locators: Vec<Locator>,
}

/// A place outside the device that keeps the sealed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Locator {
    pub(crate) scheme: Text,
    pub(crate) uri: Text,
}

impl Meta {
    /// Brings a name to one line of at most 120 characters.
    pub(crate) fn name(given: &str) -> Text {
        line(given, LONGEST_NAME)
    }

    /// Brings a media type to one line of at most 80 characters.
    pub(crate) fn media_type(given: &str) -> Text {
        line(given, LONGEST_MEDIA_TYPE)
    }

    /// Writes the map.
    ///
    /// # Errors
    /// [`Malformed`] when it would not fit the largest padded header: there are too many locators.
    pub(crate) fn encode(&self) -> Result<Buffer, Malformed> {
        let mut out = Encoder::with_capacity(LONGEST_HEADER);
        out.map(8);
        out.uint(1);
        out.bytes(self.record.as_bytes());
        out.uint(2);
        // EXPOSE: the header is sealed.
        out.bytes(self.key.expose());
        out.uint(3);
        out.uint(self.size);
        out.uint(4);
        out.bytes(self.address.as_bytes());
        out.uint(5);
        out.text(self.name.as_str());
        out.uint(6);
        out.text(self.media_type.as_str());
        out.uint(7);
        out.uint(self.at.unix());
        out.uint(8);
        out.array(self.locators.len());
        for locator in &self.locators {
            out.array(2);
            out.text(locator.scheme.as_str());
            out.text(locator.uri.as_str());
        }
        let bytes = out.finish();
        if bytes.len() <= LONGEST_HEADER - LENGTH_OF_PADDING { Ok(bytes) } else { Err(Malformed) }
    }

    /// Reads the map.
    ///
    /// # Errors
    /// [`Malformed`] for any other bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut input = Decoder::new(bytes);
        let mut keys = input.map()?;
        let mut at = |input: &mut Decoder<'_>, key| match keys.next(input)? {
            Some(found) if found == key => Ok(()),
            _ => Err(Malformed),
        };
        at(&mut input, 1)?;
        let record = RecordId::from_bytes(input.bytes()?.try_into().map_err(|_| Malformed)?);
        at(&mut input, 2)?;
        let key = Secret::from_slice(input.bytes()?).map_err(|_| Malformed)?;
        at(&mut input, 3)?;
        let size = input.uint()?;
        at(&mut input, 4)?;
        let address = input.bytes()?.try_into().map_err(|_| Malformed)?;
        at(&mut input, 5)?;
        let name = short(input.text()?, LONGEST_NAME)?;
        at(&mut input, 6)?;
        let media_type = short(input.text()?, LONGEST_MEDIA_TYPE)?;
        at(&mut input, 7)?;
        let time = Timestamp::from_unix(input.uint()?);
        at(&mut input, 8)?;
        let count = input.array()?;
        let locators = (0..count).map(|_| locator(&mut input)).collect::<Result<_, _>>()?;
        if size > LARGEST_ATTACHMENT || keys.next(&mut input)?.is_some() {
            return Err(Malformed);
        }
        input.finish()?;
        let address = ContentAddress::from_bytes(address);
        Ok(Self { record, key, size, address, name, media_type, at: time, locators })
    }
}

fn locator(input: &mut Decoder<'_>) -> Result<Locator, Malformed> {
    match input.array()? {
        2 => Ok(Locator { scheme: Text::from(input.text()?), uri: Text::from(input.text()?) }),
        _ => Err(Malformed),
    }
}

fn line(given: &str, characters: usize) -> Text {
    let bytes = 4 * characters;
    let mut out = Zeroizing::new(String::with_capacity(bytes));
    push_line(&mut out, given, bytes);
    Text::from(
        out.char_indices()
            .nth(characters)
            .map_or(out.as_str(), |(end, _)| out.get(..end).unwrap_or_default())
            .trim_end(),
    )
}

fn short(text: &str, characters: usize) -> Result<Text, Malformed> {
    if text.chars().count() <= characters { Ok(Text::from(text)) } else { Err(Malformed) }
}

const LONGEST_NAME: usize = 120;
const LONGEST_MEDIA_TYPE: usize = 80;
/// The u32 that [`crate::codec::pad`] puts first.
const LENGTH_OF_PADDING: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(name: &str, media_type: &str) -> Meta {
        Meta {
            record: RecordId::from_bytes([1; 16]),
            key: Secret::init_with(|key| key.fill(2)),
            size: LARGEST_ATTACHMENT,
            address: ContentAddress::from_bytes([3; 32]),
            name: Meta::name(name),
            media_type: Meta::media_type(media_type),
            at: Timestamp::from_unix(u64::MAX),
            locators: Vec::new(),
        }
    }

    fn same(left: &Meta, right: &Meta) -> bool {
        left.record == right.record
            && left.key == right.key
            && (left.size, left.address, left.at) == (right.size, right.address, right.at)
            && left.name == right.name
            && left.media_type == right.media_type
            && left.locators == right.locators
    }

    #[test]
    fn what_is_written_is_read() {
        let mut meta = meta("Röntgen.dcm", "application/dicom");
        assert!(same(&Meta::decode(&meta.encode().unwrap()).unwrap(), &meta));
        meta.locators.push(Locator { scheme: Text::from("ipfs"), uri: Text::from("bafk") });
        assert!(same(&Meta::decode(&meta.encode().unwrap()).unwrap(), &meta));
    }

    #[test]
    fn the_bytes_are_those_of_another_implementation() {
        use ciborium::Value;
        let key = |key: u8| Value::Integer(key.into());
        let map = Value::Map(vec![
            (key(1), Value::Bytes(vec![1; 16])),
            (key(2), Value::Bytes(vec![2; 32])),
            (key(3), Value::Integer((64_u64 << 30).into())),
            (key(4), Value::Bytes(vec![3; 32])),
            (key(5), Value::Text("scan".into())),
            (key(6), Value::Text("image/jpeg".into())),
            (key(7), Value::Integer(u64::MAX.into())),
            (key(8), Value::Array(Vec::new())),
        ]);
        let mut theirs = Vec::new();
        ciborium::into_writer(&map, &mut theirs).unwrap();
        assert_eq!(*meta("scan", "image/jpeg").encode().unwrap(), theirs);
    }

    #[test]
    fn the_longest_names_fit_and_longer_ones_are_cut_by_characters() {
        let meta = meta(&"\u{1f600}".repeat(500), &"\u{1f600}".repeat(500));
        assert_eq!(meta.name.as_str().chars().count(), 120);
        assert_eq!(meta.media_type.as_str().chars().count(), 80);
        assert!(same(&Meta::decode(&meta.encode().unwrap()).unwrap(), &meta));
        assert_eq!(Meta::name("a\nb\u{202e}\u{1b}[2J ").as_str(), "a b [2J");
        assert_eq!(Meta::name(&"a ".repeat(100)).as_str(), "a ".repeat(60).trim_end());
    }

    #[test]
    fn too_many_locators_do_not_fit() {
        let mut meta = meta("", "");
        let uri = Text::from("x".repeat(90).as_str());
        meta.locators = vec![Locator { scheme: Text::from("https"), uri }; 10];
        assert_eq!(meta.encode().unwrap_err(), Malformed);
    }

    #[test]
    fn any_other_bytes_are_refused() {
        let good = meta("name", "text/plain").encode().unwrap();
        for length in 0..good.len() {
            assert_eq!(Meta::decode(&good[..length]).unwrap_err(), Malformed, "{length}");
        }
        assert_eq!(Meta::decode(&[&*good, &[0]].concat()).unwrap_err(), Malformed);
        let mut wrong = meta("name", "text/plain");
        wrong.size += 1;
        assert_eq!(Meta::decode(&wrong.encode().unwrap()).unwrap_err(), Malformed);
        let mut wrong = meta("name", "text/plain");
        wrong.name = Text::from("x".repeat(121).as_str());
        assert_eq!(Meta::decode(&wrong.encode().unwrap()).unwrap_err(), Malformed);
    }

    #[test]
    fn debug_shows_neither_key_nor_name() {
        let shown = format!("{:?}", meta("HIV.pdf", "text/secret"));
        assert!(!shown.contains("HIV") && !shown.contains("secret"), "{shown}");
        assert!(shown.contains("Secret<32>(..)") && shown.contains("Text(..)"), "{shown}");
    }
}
