//! Which record a resource is, and how resources name one another.
//!
//! Nothing here keeps a URL or an id: identities and references are prefixes of SHA-256. A
//! resource is the same as another only if its type and absolute `fullUrl`, its id within the
//! same source, or a business identifier agree.

use std::{collections::HashMap, fmt};

use sha2::{Digest, Sha256};

use super::super::{
    RecordError,
    category::Category,
    json::{Fields, Json},
    kind::ResourceType,
    text::Text,
};
use super::facts;
use crate::order;

/// Says where a resource came from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    file: [u8; 16],
    name: Option<&'a str>,
    full_url: Option<&'a str>,
    sections: Option<&'a SectionMap>,
}

impl<'a> Source<'a> {
    /// Begins with the file: bare references hold within it.
    #[must_use]
    pub const fn file(scope: [u8; 16]) -> Self {
        Self { file: scope, name: None, full_url: None, sections: None }
    }

    /// Adds the name the patient gave to the source.
    #[must_use]
    pub const fn named(self, name: Option<&'a str>) -> Self {
        Self { name, ..self }
    }

    /// Adds the `fullUrl` of the entry.
    #[must_use]
    pub fn at(self, full_url: Option<&'a Text>) -> Self {
        Self { full_url: full_url.map(Text::as_str), ..self }
    }

    /// Adds the sections of the patient summary that the file is.
    #[must_use]
    pub const fn in_sections(self, sections: Option<&'a SectionMap>) -> Self {
        Self { sections, ..self }
    }

    pub(super) fn section_of(&self, keys: &[RefKey]) -> Option<Category> {
        let sections = self.sections?;
        keys.iter().find_map(|key| sections.0.get(key).copied())
    }
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source(..)")
    }
}

/// How sure an identity is, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityKind {
    /// Type and absolute `fullUrl`.
    Url,
    /// Type and id within a source.
    Id,
    /// Type and business identifier.
    Identifier,
    /// The content itself, where nobody says where a resource came from.
    Content,
}

/// One thing a resource may be recognised by.
///
/// Two resources with identities of kind [`IdentityKind::Url`] or [`IdentityKind::Id`] in the same
/// scope, but with other keys, are two records, whatever their business identifiers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// What agrees.
    pub kind: IdentityKind,
    /// Within what it is unique: the server or the file, the source, the identifier's system.
    pub scope: [u8; 8],
    /// What is compared, the type included.
    pub key: [u8; 16],
}

/// The name of a resource in a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefKey(pub u64);

impl RefKey {
    /// Gives the key of a name that holds everywhere: an absolute URL without version. A bare
    /// `Type/id` gets a key that stands for this text and for no resource.
    pub(crate) fn of_name(name: &str) -> Self {
        Self::of(&[name.as_bytes()])
    }

    fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new_with_prefix("pmw/v1/reference");
        for part in parts {
            hash.update(part);
        }
        let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(hash.finalize());
        Self(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }
}

/// Where a patient summary files its entries: the section of each reference.
#[derive(Debug, Default)]
pub struct SectionMap(HashMap<RefKey, Category>);

impl SectionMap {
    /// Reads the sections of a `Composition`; `None` when the resource is none.
    ///
    /// # Errors
    /// As for any JSON: [`RecordError::Malformed`] or [`RecordError::TooDeep`].
    pub fn from_composition(raw: &str, source: &Source<'_>) -> Result<Option<Self>, RecordError> {
        let root = Json::parse(raw, super::Limits::default().depth)?;
        let Some(fields) = root.fields()? else { return Ok(None) };
        let is_composition = |name: &str| name == "Composition";
        let kind = fields.text("resourceType").filter(|name| is_composition(name.as_str()));
        let Some(kind) = kind.and_then(|name| name.as_str().parse().ok()) else { return Ok(None) };
        let origin = Origin::of(kind, &fields, source);
        let mut map = HashMap::new();
        super::walk::walk(root, &mut |name, section| {
            let code = || facts::codings_of(section, "code").map(|(_, code)| code);
            let category = || code().find_map(|code| Category::of_section(code.as_str()));
            let entries = section.find("entry").and_then(Json::array);
            if let ("section", Some(entries), Some(category)) = (name, entries, category()) {
                for reference in entries.filter_map(|entry| entry.member("reference")?.text()) {
                    origin.each_reference(reference.as_str(), &mut |key| {
                        map.entry(key).or_insert(category);
                    });
                }
            }
        })?;
        Ok(Some(Self(map)))
    }
}

/// A resource's own names, as the source has them.
pub(super) struct Origin<'a> {
    kind: ResourceType,
    id: Option<Text>,
    file: [u8; 16],
    full_url: Option<&'a str>,
    base: Option<&'a str>,
    source: Option<Text>,
}

impl<'a> Origin<'a> {
    pub(super) fn of(kind: ResourceType, fields: &Fields<'_>, source: &Source<'a>) -> Self {
        let id = fields.text("id").filter(|id| id.as_str().len() <= super::ID_MAX);
        let id = id.map(super::JsonText::into_text);
        let full_url = source.full_url.map(without_version).filter(|url| !url.is_empty());
        let base = full_url.and_then(|url| base_of(url, kind, id.as_ref()?));
        let meta = fields.find("meta").and_then(|meta| meta.member("source")?.text());
        // What stands behind # names a request, not the source.
        let meta = meta.as_ref().and_then(|source| source.as_str().split('#').next());
        let meta = meta.filter(|source| !source.is_empty());
        let known = base.or(meta).or(source.name);
        Self {
            kind,
            id,
            file: source.file,
            full_url,
            base,
            source: known.map(|source| Text::from(source.trim_end_matches('/'))),
        }
    }

    pub(super) fn into_source(self) -> Option<Text> {
        self.source.filter(|source| source.as_str().len() <= SOURCE_MAX)
    }

    /// Returns the keys under which other resources refer to this one.
    pub(super) fn keys(&self) -> Vec<RefKey> {
        let mut keys = Vec::new();
        match self.full_url {
            Some(url) if is_absolute(url) => keys.push(RefKey::of(&[url.as_bytes()])),
            Some(url) => keys.push(RefKey::of(&[&self.file, b"/", url.as_bytes()])),
            None => {}
        }
        if let Some(id) = &self.id {
            let (name, id) = (self.kind.name().as_bytes(), id.as_str().as_bytes());
            if let Some(source) = &self.source {
                keys.push(RefKey::of(&[source.as_str().as_bytes(), b"/", name, b"/", id]));
            }
            keys.push(RefKey::of(&[&self.file, b"/", name, b"/", id]));
        }
        order::sort(&mut keys);
        keys.dedup();
        keys
    }

    /// Resolves a reference: an absolute one by itself, a relative one within the source and
    /// within the file. One of both has the target, or nothing has.
    pub(super) fn each_reference(&self, reference: &str, found: &mut dyn FnMut(RefKey)) {
        let target = target(reference);
        if target.is_empty() {
            return;
        }
        if is_absolute(target) {
            found(RefKey::of(&[target.as_bytes()]));
            return;
        }
        if let Some(source) = &self.source {
            found(RefKey::of(&[source.as_str().as_bytes(), b"/", target.as_bytes()]));
        }
        found(RefKey::of(&[&self.file, b"/", target.as_bytes()]));
    }

    /// Returns what the resource may be recognised by.
    pub(super) fn identities(&self, fields: &Fields<'_>) -> Vec<Identity> {
        let name = self.kind.name();
        let mut identities = Vec::with_capacity(IDENTITIES_MAX);
        if let Some(url) = self.full_url.filter(|url| is_absolute(url)) {
            let scope = match self.base {
                Some(base) => digest(&[b"scope", base.as_bytes()]),
                None => digest(&[b"file", &self.file]),
            };
            let key = digest(&[b"url", name.as_bytes(), url.as_bytes()]);
            identities.push(Identity { kind: IdentityKind::Url, scope, key });
        }
        if let (Some(id), Some(source)) = (&self.id, &self.source) {
            let (id, source) = (id.as_str().as_bytes(), source.as_str().as_bytes());
            let scope = digest(&[b"scope", source]);
            let key = digest(&[b"id", name.as_bytes(), source, id]);
            identities.push(Identity { kind: IdentityKind::Id, scope, key });
        }
        for identifier in facts::each(fields.find("identifier")) {
            let member = |key| identifier.member(key).and_then(Json::text);
            let (Some(system), Some(value)) = (member("system"), member("value")) else { continue };
            let (system, value) = (system.as_str().as_bytes(), value.as_str().as_bytes());
            if system.is_empty() || value.is_empty() || identities.len() == IDENTITIES_MAX {
                continue;
            }
            let scope = digest(&[b"system", system]);
            let key = digest(&[b"identifier", name.as_bytes(), system, value]);
            identities.push(Identity { kind: IdentityKind::Identifier, scope, key });
        }
        identities
    }
}

/// Returns a prefix of SHA-256 over parts, each behind its length.
fn digest<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut hash = Sha256::new_with_prefix("pmw/v1/identity");
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let whole = <[u8; 32]>::from(hash.finalize());
    let mut prefix = [0; N];
    prefix.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
    prefix
}

/// Returns the server of a RESTful `fullUrl`, which ends in the type and the id.
fn base_of<'a>(url: &'a str, kind: ResourceType, id: &Text) -> Option<&'a str> {
    let base = url.strip_suffix(id.as_str())?.strip_suffix('/')?;
    let base = base.strip_suffix(kind.name())?.strip_suffix('/')?;
    let (scheme, host) = base.split_once("://")?;
    (matches!(scheme, "http" | "https") && !host.is_empty()).then_some(base)
}

/// Gives the name in a reference, without the version and what stands behind `#`.
pub(crate) fn target(reference: &str) -> &str {
    without_version(reference).split('#').next().unwrap_or_default()
}

/// Tells whether a name holds everywhere.
pub(crate) fn is_absolute(url: &str) -> bool {
    url.starts_with("urn:") || url.contains("://")
}

fn without_version(url: &str) -> &str {
    url.split_once("/_history/").map_or(url, |(resource, _)| resource)
}

const IDENTITIES_MAX: usize = 8;
/// Bytes of the longest source that is shown; a longer one counts, but is not kept.
const SOURCE_MAX: usize = 256;
