//! What the vault knows of one version of a record: the content of its sealed header.
//!
//! Bytes: docs/formats.md 4. What must be known to open the body always stands in the header. The
//! facts for finding a record stand there too when they fit 1024 bytes, else in the body.

mod input;

use std::collections::HashSet;
use std::hash::Hash;

use crate::codec::{Buffer, Decoder, Encoder, Fields, Malformed};
use crate::host::Timestamp;
use crate::keys::{KeyError, Secret};
use crate::record::{
    Category, Code, Identity, IdentityKind, LabelSet, RecordDate, RecordId, RefKey, Text,
};
use crate::vault::cipher::LONGEST_HEADER;
use crate::vault::version::input::Input;

/// One version of a record, without its content.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) record: RecordId,
    /// From 1.
    pub(crate) number: u32,
    /// FHIR resource type, or `pmw:<kind>`.
    pub(crate) kind: Text,
    pub(crate) category: Category,
    pub(crate) labels: Labels,
    pub(crate) traits: Traits,
    /// When the version was appended.
    pub(crate) at: Timestamp,
    /// Bytes of the resource as it came.
    pub(crate) size: u32,
    pub(crate) facts: Facts,
    /// SHA-256 of the sealed body.
    pub(crate) body_hash: [u8; 32],
    /// Key of the body (VK).
    pub(crate) key: Secret<32>,
}

/// Sensitivity labels of a version by where they come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Labels {
    /// Sent with it, or found in its codes and words.
    pub(crate) own: LabelSet,
    /// Added by the patient.
    pub(crate) added: LabelSet,
    /// Removed by the patient.
    pub(crate) removed: LabelSet,
}

impl Labels {
    /// Gives the labels in force, with those of the records it refers to.
    pub(crate) fn in_force(&self, inherited: LabelSet) -> LabelSet {
        self.own.union(inherited).without(self.removed).union(self.added)
    }
}

/// What holds or not of a version, as bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Traits(u8);

impl Traits {
    /// A code set knows at least one of its codes.
    pub(crate) const CLASSIFIED: Self = Self(1);
    /// It holds text that no code describes.
    pub(crate) const FREE_TEXT: Self = Self(2);
    /// The patient looked at its labels.
    pub(crate) const CONFIRMED: Self = Self(4);
    /// Its facts stand in the body.
    const FACTS_IN_BODY: Self = Self(8);

    /// Adds what `other` says when `holds`.
    pub(crate) const fn with(self, other: Self, holds: bool) -> Self {
        if holds { Self(self.0 | other.0) } else { Self(self.0 & !other.0) }
    }

    /// Tells whether all that `other` says holds.
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What a record is found by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) codes: Vec<Code>,
    /// Text that came with the first code.
    pub(crate) display: Option<Text>,
    pub(crate) date: Option<RecordDate>,
    /// At most 120 characters.
    pub(crate) title: Text,
    pub(crate) source: Option<Text>,
    /// Id of the resource as its source gave it.
    pub(crate) resource_id: Option<Text>,
    /// Who changed it, when that is not its source.
    pub(crate) author: Option<Text>,
    /// What makes another resource the same.
    pub(crate) identities: Vec<Identity>,
    /// Under which others refer to it.
    pub(crate) reference_keys: Vec<RefKey>,
    /// To what it refers.
    pub(crate) references: Vec<RefKey>,
}

impl Version {
    /// Makes the draft of a further version that says the same, under a key of its own.
    ///
    /// # Errors
    /// [`KeyError::Randomness`].
    pub(crate) fn next(&self, number: u32, at: Timestamp) -> Result<Self, KeyError> {
        Ok(Self {
            record: self.record,
            number,
            kind: self.kind.clone(),
            category: self.category,
            labels: self.labels,
            traits: self.traits,
            at,
            size: self.size,
            facts: self.facts.clone(),
            body_hash: [0; 32],
            key: Secret::generate()?,
        })
    }

    /// Turns a first draft into the version after `before`: the same record, what the patient
    /// added, and every name it has had. What the patient removed is judged anew.
    ///
    /// # Errors
    /// [`Malformed`] when there is no further number.
    pub(crate) fn follow(&mut self, before: &Self) -> Result<(), Malformed> {
        self.record = before.record;
        self.number = before.number.checked_add(1).ok_or(Malformed)?;
        self.labels.added = before.labels.added;
        let theirs = &before.facts;
        unite(&mut self.facts.identities, &theirs.identities, MOST_NAMES);
        unite(&mut self.facts.reference_keys, &theirs.reference_keys, MOST_NAMES);
        if self.facts.source.is_none() {
            // What a bare reference meant in an earlier file cannot be told from the text alone.
            unite(&mut self.facts.references, &theirs.references, MOST_REFERENCES);
        }
        Ok(())
    }

    /// Adds names under which others refer to the record, and names of what it refers to.
    pub(crate) fn add_names(&mut self, reference_keys: &[RefKey], references: &[RefKey]) {
        unite(&mut self.facts.reference_keys, reference_keys, MOST_NAMES);
        unite(&mut self.facts.references, references, MOST_REFERENCES);
    }

    /// Tells whether it is something that the wallet remembers, and no part of the record.
    pub(crate) fn is_own(&self) -> bool {
        self.kind.as_str().starts_with("pmw:")
    }

    /// Decides where the facts stand, and gives them when it is the body.
    pub(crate) fn place_facts(&mut self) -> Option<Buffer> {
        self.traits = self.traits.with(Traits::FACTS_IN_BODY, false);
        if self.encode().len() + LENGTH_OF_PADDING <= LONGEST_HEADER {
            return None;
        }
        self.traits = self.traits.with(Traits::FACTS_IN_BODY, true);
        Some(self.facts.encode())
    }

    /// Tells whether the facts stand in the body.
    pub(crate) const fn has_facts_in_body(&self) -> bool {
        self.traits.has(Traits::FACTS_IN_BODY)
    }

    /// Writes the header, with the facts unless they stand in the body.
    pub(crate) fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(LONGEST_HEADER);
        out.map(if self.has_facts_in_body() { 12 } else { 13 });
        for (key, value) in [
            (1, u64::from(self.number)),
            (2, u64::from(self.category.code())),
            (3, u64::from(self.labels.own.bits())),
            (4, u64::from(self.labels.added.bits())),
            (5, u64::from(self.labels.removed.bits())),
            (6, u64::from(self.traits.0)),
            (7, self.at.unix()),
            (8, u64::from(self.size)),
        ] {
            out.uint(key);
            out.uint(value);
        }
        out.uint(9);
        out.bytes(self.record.as_bytes());
        out.uint(10);
        out.text(self.kind.as_str());
        out.uint(11);
        out.bytes(&self.body_hash);
        out.uint(12);
        // EXPOSE: the body's key is sealed within the header.
        out.bytes(self.key.expose());
        if !self.has_facts_in_body() {
            out.uint(13);
            out.bytes(&self.facts.encode());
        }
        out.finish()
    }

    /// Reads a header; facts that stand in the body are left empty.
    ///
    /// # Errors
    /// [`Malformed`] for any other bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut input = Input::new(bytes);
        let number = input.number(1)?;
        let category = Category::from_code(input.number(2)?).map_err(|_| Malformed)?;
        let own = input.labels(3)?;
        let added = input.labels(4)?;
        let removed = input.labels(5)?;
        let traits = Traits(input.number(6)?);
        let at = Timestamp::from_unix(input.number(7)?);
        let size = input.number(8)?;
        let record = RecordId::from_bytes(input.array(9)?);
        let kind = Text::from(input.at(10)?.text()?);
        let body_hash = input.array(11)?;
        let key = Secret::from_slice(input.at(12)?.bytes()?).map_err(|_| Malformed)?;
        let facts = if traits.has(Traits::FACTS_IN_BODY) {
            Facts::default()
        } else {
            Facts::decode(input.at(13)?.bytes()?)?
        };
        input.finish()?;
        let labels = Labels { own, added, removed };
        Ok(Self { record, number, kind, category, labels, traits, at, size, facts, body_hash, key })
    }
}

impl Facts {
    fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(LONGEST_HEADER);
        out.map(10);
        out.uint(0);
        out.array(self.codes.len());
        for code in &self.codes {
            out.array(2);
            out.text(code.system.as_str());
            out.text(code.code.as_str());
        }
        out.uint(1);
        out.bytes(self.date.map(RecordDate::to_bytes).as_ref().map_or(&[], |date| date.as_slice()));
        for (key, text) in [
            (2, Some(&self.title)),
            (3, self.source.as_ref()),
            (4, self.resource_id.as_ref()),
            (5, self.author.as_ref()),
            (6, self.display.as_ref()),
        ] {
            out.uint(key);
            out.text(text.map_or("", Text::as_str));
        }
        out.uint(7);
        out.array(self.identities.len());
        for identity in &self.identities {
            out.bytes(&encode_identity(identity));
        }
        for (key, references) in [(8, &self.reference_keys), (9, &self.references)] {
            out.uint(key);
            out.array(references.len());
            for reference in references {
                out.bytes(&reference.0.to_be_bytes());
            }
        }
        out.finish()
    }

    /// Reads facts.
    ///
    /// # Errors
    /// [`Malformed`] for any other bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut input = Input::new(bytes);
        let codes = input.list(0, |item| {
            if item.array()? != 2 {
                return Err(Malformed);
            }
            Ok(Code { system: Text::from(item.text()?), code: Text::from(item.text()?) })
        })?;
        let date = match input.at(1)?.bytes()? {
            [] => None,
            bytes => {
                let bytes = bytes.try_into().map_err(|_| Malformed)?;
                Some(RecordDate::from_bytes(bytes).map_err(|_| Malformed)?)
            }
        };
        let title = Text::from(input.at(2)?.text()?);
        let mut optional = |key| {
            let text = input.at(key)?.text()?;
            Ok((!text.is_empty()).then(|| Text::from(text)))
        };
        let (source, resource_id) = (optional(3)?, optional(4)?);
        let (author, display) = (optional(5)?, optional(6)?);
        let identities = input.list(7, |item| decode_identity(item.bytes()?))?;
        let references = |item: &mut Decoder<'_>| -> Result<RefKey, Malformed> {
            let bytes = item.bytes()?.try_into().map_err(|_| Malformed)?;
            Ok(RefKey(u64::from_be_bytes(bytes)))
        };
        let reference_keys = input.list(8, references)?;
        let references = input.list(9, references)?;
        input.finish()?;
        Ok(Self {
            codes,
            display,
            date,
            title,
            source,
            resource_id,
            author,
            identities,
            reference_keys,
            references,
        })
    }
}

/// Adds what is not there yet, in the order of `more`, until there are `most`.
fn unite<T: Hash + Eq + Copy>(all: &mut Vec<T>, more: &[T], most: usize) {
    let known: HashSet<T> = all.iter().copied().collect();
    let room = most.saturating_sub(all.len());
    all.extend(more.iter().filter(|one| !known.contains(one)).take(room));
}

fn encode_identity(identity: &Identity) -> [u8; 25] {
    let mut bytes = [0; 25];
    let kind = match identity.kind {
        IdentityKind::Url => 1,
        IdentityKind::Id => 2,
        IdentityKind::Identifier => 3,
        IdentityKind::Content => 4,
    };
    let parts = [&[kind], identity.scope.as_slice(), &identity.key];
    for (byte, value) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
        *byte = *value;
    }
    bytes
}

fn decode_identity(bytes: &[u8]) -> Result<Identity, Malformed> {
    let mut fields = Fields::new(bytes);
    let kind = match fields.u8()? {
        1 => IdentityKind::Url,
        2 => IdentityKind::Id,
        3 => IdentityKind::Identifier,
        4 => IdentityKind::Content,
        _ => return Err(Malformed),
    };
    let identity = Identity { kind, scope: fields.array()?, key: fields.array()? };
    fields.finish()?;
    Ok(identity)
}

/// Names of a record that are kept from version to version.
const MOST_NAMES: usize = 64;
/// Twice what one resource may refer to.
const MOST_REFERENCES: usize = 8192;
/// The u32 that [`crate::codec::pad`] puts first.
const LENGTH_OF_PADDING: usize = 4;
