//! Where what was opened lies: the content of rows of type `pmw:opened`.

use std::path::PathBuf;

use crate::audit::AuditKind;
use crate::codec::{Buffer, Decoder, Encoder, Malformed};
use crate::consent::{Alias, ConsentId};
use crate::disclosure::DisclosureId;
use crate::host::Timestamp;
use crate::record::{Category, RecordId, Text};
use crate::requester::WrittenPart;
use crate::session::own::{Kind, Memo, begin, versioned};
use crate::vault::VaultError;

/// A folder into which a disclosure was opened, as this home remembers it; nobody says that it is
/// still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies {
    /// The consent that it was opened under.
    pub consent: ConsentId,
    /// The disclosure.
    pub disclosure: DisclosureId,
    /// The folder, from the root on.
    pub folder: PathBuf,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When the patient signed the disclosure: what was corrected later is the old version here.
    pub signed_at: Timestamp,
    /// Records and files; none when the writing of the folder was cut short.
    pub parts: Vec<CopiedPart>,
    /// What else was written into it.
    pub beside: Vec<Text>,
    /// Whether the erasure of it began: then it was there until that.
    pub(crate) is_going: bool,
}

/// A record or a file in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedPart {
    /// The alias of the record.
    pub alias: Alias,
    /// Its category.
    pub category: Category,
    /// Where it stands in the folder, `/` between the parts.
    pub path: Text,
    /// The media type.
    pub media_type: Text,
    /// The bytes.
    pub size: u64,
    /// SHA-256 of what was written there.
    pub sha256: [u8; 32],
    /// What a file is called; `None` for a record.
    pub name: Option<Text>,
}

impl Copies {
    /// Gives the row that keeps it: one for each folder that a disclosure was opened into.
    pub(crate) fn row(&self) -> RecordId {
        let folder = self.folder.as_os_str().as_encoded_bytes();
        Kind::Opened.id(&[self.disclosure.as_bytes().as_slice(), folder].concat())
    }

    /// Gives what is to be remembered.
    pub(crate) fn memo(&self) -> Result<Memo, VaultError> {
        let content = self.encode()?;
        Ok(Memo::new(Kind::Opened, self.row(), content, AuditKind::Remembered).by_device())
    }

    fn encode(&self) -> Result<Buffer, Malformed> {
        let folder = self.folder.to_str().ok_or(Malformed)?;
        let texts = self.parts.iter().map(CopiedPart::room).fold(0, usize::saturating_add);
        let mut out = Encoder::with_capacity(texts + folder.len() + 256);
        begin(&mut out, 7 + usize::from(self.is_going));
        out.uint(1);
        out.bytes(self.consent.as_bytes());
        out.uint(2);
        out.bytes(self.disclosure.as_bytes());
        out.uint(3);
        out.text(folder);
        out.uint(4);
        out.uint(self.opened_at.unix());
        out.uint(5);
        out.uint(self.signed_at.unix());
        out.uint(6);
        out.array(self.parts.len());
        self.parts.iter().for_each(|part| part.encode(&mut out));
        out.uint(7);
        out.array(self.beside.len());
        self.beside.iter().for_each(|name| out.text(name.as_str()));
        if self.is_going {
            out.uint(8);
            out.uint(1);
        }
        Ok(out.finish())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let consent = ConsentId::from_bytes(array(map.at(1)?)?);
        let disclosure = DisclosureId::from_bytes(array(map.at(2)?)?);
        let folder = PathBuf::from(map.at(3)?.text()?);
        let opened_at = Timestamp::from_unix(map.at(4)?.uint()?);
        let signed_at = Timestamp::from_unix(map.at(5)?.uint()?);
        let item = map.at(6)?;
        let parts = (0..item.array()?).map(|_| CopiedPart::decode(item));
        let parts = parts.collect::<Result<_, _>>()?;
        let item = map.at(7)?;
        let beside = (0..item.array()?).map(|_| item.text().map(Text::from));
        let beside = beside.collect::<Result<_, _>>()?;
        let is_going = map.optional(8)?.map(Decoder::uint).transpose()?.is_some();
        map.finish()?;
        Ok(Self { consent, disclosure, folder, opened_at, signed_at, parts, beside, is_going })
    }
}

impl CopiedPart {
    fn room(&self) -> usize {
        let name = self.name.as_ref().map_or(0, |name| name.as_str().len());
        96 + self.path.as_str().len() + self.media_type.as_str().len() + name
    }

    fn encode(&self, out: &mut Encoder) {
        out.array(if self.name.is_some() { 7 } else { 6 });
        out.bytes(self.alias.as_bytes());
        out.uint(self.category.code().into());
        out.text(self.path.as_str());
        out.text(self.media_type.as_str());
        out.uint(self.size);
        out.bytes(&self.sha256);
        if let Some(name) = &self.name {
            out.text(name.as_str());
        }
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let items = input.array()?;
        Ok(Self {
            alias: Alias::from_bytes(array(input)?),
            category: Category::from_code(input.narrow()?).map_err(|_| Malformed)?,
            path: Text::from(input.text()?),
            media_type: Text::from(input.text()?),
            size: input.uint()?,
            sha256: array(input)?,
            name: match items {
                6 => None,
                7 => Some(Text::from(input.text()?)),
                _ => return Err(Malformed),
            },
        })
    }
}

impl From<&WrittenPart> for CopiedPart {
    fn from(written: &WrittenPart) -> Self {
        let part = &written.part;
        Self {
            alias: part.alias(),
            category: part.category(),
            path: written.path.clone(),
            media_type: Text::from(part.media_type()),
            size: part.length(),
            sha256: written.sha256,
            name: part.file().map(|file| Text::from(file.name())),
        }
    }
}

fn array<const N: usize>(input: &mut Decoder<'_>) -> Result<[u8; N], Malformed> {
    input.bytes()?.try_into().map_err(|_| Malformed)
}
