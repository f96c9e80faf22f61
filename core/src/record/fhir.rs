//! One FHIR R4 resource: everything that storage needs to know about it, read in one place.
//!
//! [`Resource::parse`] is given the resource as it came and where it came from ([`Source`]). It
//! answers what it is (type, category, title, date, codes), how sensitive (labels, free text),
//! which record it may be ([`Identity`]) and what it refers to ([`RefKey`]).

mod element;
mod facts;
mod identity;
mod prose;
mod survey;
pub(super) mod walk;

use std::fmt;

use zeroize::Zeroizing;

pub use self::identity::{Identity, IdentityKind, RefKey, SectionMap, Source};
pub(crate) use self::identity::{is_absolute, target};
use self::{facts::Facts, identity::Origin, survey::Survey};
use super::{
    RecordError,
    category::{Category, Hints, category_of},
    codes::{CodeSets, WordNet},
    date::RecordDate,
    json::{Fields, Json, JsonText},
    kind::ResourceType,
    label::LabelSet,
    limits::Limits,
    text::{Text, fold, folded, push},
};

/// A code and the system it belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Code {
    /// The URI of the code system; empty when the sender gave none.
    pub system: Text,
    /// The code.
    pub code: Text,
}

/// One resource, understood.
pub struct Resource<'a> {
    root: Json<'a>,
    kind: ResourceType,
    id: Option<Text>,
    category: Category,
    facts: Facts,
    survey: Survey,
    source: Option<Text>,
    identities: Vec<Identity>,
    reference_keys: Vec<RefKey>,
}

/// What tells whose record a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientFacts {
    /// The `birthDate` as sent.
    pub birth_date: Option<Text>,
    /// Every family name, folded for comparison.
    pub families: Vec<Text>,
}

impl<'a> Resource<'a> {
    /// Understands a resource.
    ///
    /// # Errors
    /// [`RecordError::NotFhir`] for an object that is no resource, [`RecordError::UnknownType`]
    /// for a type outside FHIR R4, [`RecordError::TooManyReferences`], [`RecordError::Malformed`] or [`RecordError::TooDeep`] for
    /// broken JSON.
    pub fn parse(raw: &'a str, source: &Source<'_>) -> Result<Self, RecordError> {
        let root = Json::parse(raw, Limits::default().depth)?;
        let fields = root.fields()?.ok_or(RecordError::NotFhir)?;
        let kind: ResourceType =
            fields.text("resourceType").ok_or(RecordError::NotFhir)?.as_str().parse()?;
        let origin = Origin::of(kind, &fields, source);
        let reference_keys = origin.keys();
        let section = source.section_of(&reference_keys);
        let category = categorise(kind, &fields, section);
        let mut survey = Survey::of(root, &origin, CodeSets::embedded(), WordNet::embedded())?;
        let facts = Facts::of(kind, &fields);
        survey.classified &= is_principal_known(&facts, &fields);
        survey.free_text |= category == Category::Notes || kind.name() == "Media";
        Ok(Self {
            root,
            kind,
            id: fields.text("id").filter(|id| id.as_str().len() <= ID_MAX).map(JsonText::into_text),
            category,
            facts,
            survey,
            identities: origin.identities(&fields),
            source: origin.into_source(),
            reference_keys,
        })
    }

    /// Returns the resource exactly as it came.
    #[must_use]
    pub const fn raw(&self) -> &'a str {
        self.root.raw()
    }

    /// Returns the type.
    #[must_use]
    pub const fn resource_type(&self) -> ResourceType {
        self.kind
    }

    /// Returns the id the source gave it.
    #[must_use]
    pub const fn id(&self) -> Option<&Text> {
        self.id.as_ref()
    }

    /// Returns `Type/id` as sent.
    #[must_use]
    pub fn reference(&self) -> Option<Text> {
        let id = self.id.as_ref()?.as_str();
        let name = self.kind.name();
        let mut reference = Zeroizing::new(String::with_capacity(name.len() + 1 + id.len()));
        for part in [name, "/", id] {
            push(&mut reference, part);
        }
        Some(Text::from(reference))
    }

    /// Returns the category.
    #[must_use]
    pub const fn category(&self) -> Category {
        self.category
    }

    /// Returns the labels that its own content gives it, none inherited.
    #[must_use]
    pub const fn labels(&self) -> LabelSet {
        self.survey.labels
    }

    /// Says whether a code set knows the type or a code in it.
    #[must_use]
    pub const fn is_classified(&self) -> bool {
        self.survey.classified
    }

    /// Says whether it tells something in free text, which no code set can judge.
    #[must_use]
    pub const fn has_free_text(&self) -> bool {
        self.survey.free_text
    }

    /// Returns the codes of `meta.security`, as sent.
    #[must_use]
    pub fn security(&self) -> &[Code] {
        &self.survey.security
    }

    /// Returns its codes, the principal one first, eight at most.
    #[must_use]
    pub fn codes(&self) -> &[Code] {
        &self.facts.codes
    }

    /// Returns the display of the principal code.
    #[must_use]
    pub const fn display(&self) -> Option<&Text> {
        self.facts.display.as_ref()
    }

    /// Returns a line that names it to its patient, 120 bytes at most.
    #[must_use]
    pub const fn title(&self) -> &Text {
        &self.facts.title
    }

    /// Returns when what it tells happened.
    #[must_use]
    pub const fn date(&self) -> Option<RecordDate> {
        self.facts.date
    }

    /// Returns the source, when one is known: the base of the `fullUrl`, `meta.source`, or the
    /// name given by the patient.
    #[must_use]
    pub const fn source(&self) -> Option<&Text> {
        self.source.as_ref()
    }

    /// Returns what it may be recognised by, the surest first, eight at most.
    #[must_use]
    pub fn identities(&self) -> &[Identity] {
        &self.identities
    }

    /// Returns the keys under which others refer to it.
    #[must_use]
    pub fn reference_keys(&self) -> &[RefKey] {
        &self.reference_keys
    }

    /// Returns the keys of everything it refers to, sorted, each once.
    #[must_use]
    pub fn references(&self) -> &[RefKey] {
        &self.survey.references
    }

    /// Returns what tells whose record this is; `None` when it is no `Patient`.
    #[must_use]
    pub fn patient_facts(&self) -> Option<PatientFacts> {
        if self.kind.name() != "Patient" {
            return None;
        }
        let names = self.root.member("name").and_then(Json::array).into_iter().flatten();
        Some(PatientFacts {
            birth_date: self.root.member("birthDate").and_then(Json::text).map(JsonText::into_text),
            families: names
                .filter_map(|name| name.member("family")?.text())
                .map(|family| folded(family.as_str()))
                .collect(),
        })
    }
}

/// Appends everything a person could search for in a resource, folded, a line for each text: the
/// title, displays, texts, names, narrative without its tags. At most about 1 MiB.
///
/// # Errors
/// [`RecordError::Malformed`] or [`RecordError::TooDeep`] for broken JSON.
pub fn search_text(
    raw: &str,
    title: &Text,
    out: &mut Zeroizing<String>,
) -> Result<(), RecordError> {
    let root = Json::parse(raw, Limits::default().depth)?;
    let end = out.len().saturating_add(SEARCH_TEXT_MAX);
    fold(title.as_str(), out);
    push(out, "\n");
    walk::walk(root, &mut |name, fields| {
        prose::each(name, fields, &mut |_, text| {
            for piece in prose::pieces(text) {
                if out.len() < end {
                    fold(piece, out);
                    push(out, "\n");
                }
            }
        });
    })
}

impl fmt::Debug for Resource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource").field("kind", &self.kind).finish_non_exhaustive()
    }
}

fn categorise(kind: ResourceType, fields: &Fields<'_>, section: Option<Category>) -> Category {
    let codings = |key| facts::codings_of(fields, key);
    let categories: Vec<_> = codings("category").collect();
    let codes: Vec<_> = codings("code").collect();
    let categories: Vec<&str> = categories.iter().map(|(_, code)| code.as_str()).collect();
    let codes: Vec<_> =
        codes.iter().map(|(system, code)| (system.as_str(), code.as_str())).collect();
    let pictures = fields.find("imagingStudy").is_some() || fields.find("media").is_some();
    category_of(kind, Hints { categories: &categories, codes: &codes, pictures, section })
}

/// Says whether a code set knows what a resource is mainly about: a principal code where there is
/// one, and the answer where that is a code.
fn is_principal_known(facts: &Facts, fields: &Fields<'_>) -> bool {
    let sets = CodeSets::embedded();
    let is_known = |system: &str, code: &str| sets.lookup(system, code).is_some();
    // The codes that FHIR itself brings say how a resource is used, not what it is about.
    let is_clinical = |system: &str| {
        !system.starts_with("http://terminology.hl7.org/")
            && (!system.starts_with("http://hl7.org/fhir/") || system.contains("/sid/"))
    };
    let mut codes = facts.codes.iter().map(|one| (one.system.as_str(), one.code.as_str()));
    let codes_are_unknown = codes.clone().any(|(system, _)| is_clinical(system))
        && !codes.any(|(system, code)| is_known(system, code));
    let mut answers = facts::codings_of(fields, "valueCodeableConcept").peekable();
    let answer_is_unknown = answers.peek().is_some()
        && !answers.any(|(system, code)| is_known(system.as_str(), code.as_str()));
    !codes_are_unknown && !answer_is_unknown
}

/// FHIR R4, data type id: at most 64 characters.
const ID_MAX: usize = 64;

/// Beyond this a text search would hold more of one record than anybody searches.
const SEARCH_TEXT_MAX: usize = 1 << 20;

#[cfg(test)]
mod tests;
