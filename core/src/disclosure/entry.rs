//! The key box: what is in a disclosure, and the key of each body.
//!
//! Bytes: docs/formats.md 10. An array with one array for each body, in their order. All of it is
//! sealed to the reader: outside, only how many bodies there are and their padded sizes show.

use crate::codec::{Decoder, Encoder, Malformed};
use crate::consent::{Alias, without_hidden};
use crate::disclosure::{DisclosureError, FileId, LARGEST_RECORD, MOST_PARTS};
use crate::keys::Secret;
use crate::order;
use crate::record::{Category, LabelSet, Text};
use crate::vault::attachments::LARGEST_ATTACHMENT;
use crate::vault::attachments::meta::Meta;

/// A record, or a file that belongs to one, as a disclosure tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisclosedPart {
    pub(super) alias: Alias,
    pub(super) category: Category,
    pub(super) labels: LabelSet,
    pub(super) media_type: Text,
    pub(super) length: u64,
    pub(super) file: Option<DisclosedFile>,
}

impl DisclosedPart {
    /// Returns the name of the record to this reader; for a file, of the record it belongs to.
    #[must_use]
    pub const fn alias(&self) -> Alias {
        self.alias
    }

    /// Returns the category of the record.
    #[must_use]
    pub const fn category(&self) -> Category {
        self.category
    }

    /// Returns the labels of the record.
    #[must_use]
    pub const fn labels(&self) -> LabelSet {
        self.labels
    }

    /// Returns the media type, on one line.
    #[must_use]
    pub fn media_type(&self) -> &str {
        self.media_type.as_str()
    }

    /// Returns the bytes of the record's JSON, or of the file.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Returns what else is told of a file; `None` for a record.
    #[must_use]
    pub const fn file(&self) -> Option<&DisclosedFile> {
        self.file.as_ref()
    }
}

/// What a disclosure tells of a file beside its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisclosedFile {
    pub(super) id: FileId,
    pub(super) name: Text,
}

impl DisclosedFile {
    /// Returns the id that it has in this disclosure.
    #[must_use]
    pub const fn id(&self) -> FileId {
        self.id
    }

    /// Returns its name, on one line: what its sender called it, and no path to be trusted.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }
}

impl DisclosedPart {
    /// Writes what is told and the key.
    ///
    /// # Errors
    /// [`DisclosureError::TooLarge`] beyond the limit of a record or of a file.
    pub(super) fn encode(
        &self,
        key: &Secret<32>,
        out: &mut Encoder,
    ) -> Result<(), DisclosureError> {
        if self.length > self.largest() {
            return Err(DisclosureError::TooLarge);
        }
        out.array(if self.file.is_some() { WITH_FILE } else { WITHOUT_FILE });
        out.bytes(self.alias.as_bytes());
        // EXPOSE: the box is sealed to the reader.
        out.bytes(key.expose());
        out.uint(self.category.code().into());
        out.uint(self.labels.bits().into());
        out.text(self.media_type.as_str());
        out.uint(self.length);
        if let Some(file) = &self.file {
            out.bytes(file.id.as_bytes());
            out.text(file.name.as_str());
        }
        Ok(())
    }

    fn decode(input: &mut Decoder<'_>) -> Result<(Self, Secret<32>), DisclosureError> {
        let items = input.array()?;
        let alias = Alias::from_bytes(array(input)?);
        let key = Secret::from_slice(input.bytes()?)?;
        let category = Category::from_code(input.narrow()?).map_err(|_| Malformed)?;
        let labels = LabelSet::from_bits(input.narrow()?).map_err(|_| Malformed)?;
        let media_type = exactly(input.text()?, clean_media_type)?;
        let length = input.uint()?;
        let file = match items {
            WITHOUT_FILE => None,
            WITH_FILE => Some(DisclosedFile {
                id: FileId::from_bytes(array(input)?),
                name: exactly(input.text()?, clean_name)?,
            }),
            _ => return Err(DisclosureError::Invalid),
        };
        let part = Self { alias, category, labels, media_type, length, file };
        if part.length > part.largest() {
            return Err(DisclosureError::TooLarge);
        }
        Ok((part, key))
    }

    const fn largest(&self) -> u64 {
        if self.file.is_some() { LARGEST_ATTACHMENT } else { LARGEST_RECORD }
    }
}

/// Reads the key box of a disclosure with `count` bodies.
///
/// # Errors
/// [`DisclosureError::TooLarge`]; [`DisclosureError::Invalid`] for any other bytes, another count,
/// a record or a file twice.
pub(super) fn decode_all(
    bytes: &[u8],
    count: usize,
) -> Result<Vec<(DisclosedPart, Secret<32>)>, DisclosureError> {
    let mut input = Decoder::new(bytes);
    if count > MOST_PARTS || input.array()? != count {
        return Err(DisclosureError::Invalid);
    }
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        all.push(DisclosedPart::decode(&mut input)?);
    }
    input.finish()?;
    if each_once(all.iter().map(|(part, _)| part)) {
        Ok(all)
    } else {
        Err(DisclosureError::Invalid)
    }
}

/// Tells whether no alias names two records and no id two files.
pub(super) fn each_once<'a>(parts: impl Iterator<Item = &'a DisclosedPart>) -> bool {
    let mut names: Vec<_> = parts
        .map(|part| match &part.file {
            None => (false, *part.alias.as_bytes()),
            Some(file) => (true, *file.id.as_bytes()),
        })
        .collect();
    order::sort(&mut names);
    names.is_sorted_by(|one, next| one < next)
}

/// Brings the name of a file to what a disclosure may hold.
pub(super) fn clean_name(given: &str) -> Text {
    Meta::name(without_hidden(given).as_str())
}

/// Brings a media type to what a disclosure may hold.
pub(super) fn clean_media_type(given: &str) -> Text {
    Meta::media_type(without_hidden(given).as_str())
}

/// Demands a text that is clean as it stands.
fn exactly(text: &str, clean: fn(&str) -> Text) -> Result<Text, Malformed> {
    let cleaned = clean(text);
    if cleaned.as_str() == text { Ok(cleaned) } else { Err(Malformed) }
}

fn array<const N: usize>(input: &mut Decoder<'_>) -> Result<[u8; N], Malformed> {
    input.bytes()?.try_into().map_err(|_| Malformed)
}

const WITHOUT_FILE: usize = 6;
const WITH_FILE: usize = 8;
