//! Which elements of FHIR R4 name other resources, and which of them R4 requires.
//!
//! The table `elements.tsv` is made from HL7's StructureDefinitions by `tools/redact_elements.py`.

use std::{collections::HashMap, sync::OnceLock};

use super::number::Kind;
use crate::record::tables;

/// What is done with the value of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It names nothing as a primitive; an object is a reference if it has the shape of one.
    Plain,
    /// Words.
    Text,
    /// An object that R4 requires and that names no resource itself.
    Data,
    /// A Reference.
    Reference,
    /// A URI that may name a resource.
    Uri,
    /// A URI from which content can be fetched, whatever it names.
    Link,
    /// A text that may be the name or the id of a resource and nothing else: one that anything may
    /// stand in, or a member that R4 does not have.
    Name,
    /// What identifies something, and may be the id of a resource.
    Id,
    /// A number that counts the parts of its resource, or points to one.
    Number(Kind, &'static str),
    /// An Identifier of another resource.
    Other,
    /// A narrative.
    Narrative,
    /// Resources inside a resource.
    Contained,
    /// An object with members of its own in the table.
    Owner(&'static str),
}

/// One member of an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    name: &'static str,
    pub(super) role: Role,
    pub(super) is_required: bool,
}

/// A type, or an element that is an object of its own.
#[derive(Debug, Default)]
pub(super) struct Owner {
    members: Vec<Member>,
    one_of: Vec<&'static str>,
}

impl Owner {
    /// Finds the owner of this name.
    ///
    /// # Panics
    /// Never: a test reads every line of the embedded table.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        static OWNERS: OnceLock<HashMap<&str, Owner>> = OnceLock::new();
        OWNERS
            .get_or_init(|| load(tables::elements()).expect("the embedded table is tested"))
            .get(name)
    }

    /// Finds what the table says about a member.
    pub(super) fn member(&self, name: &str) -> Option<Member> {
        let at = self.members.binary_search_by_key(&name, |member| member.name).ok()?;
        self.members.get(at).copied()
    }

    /// Says whether R4 demands one of several members of it.
    pub(super) const fn demands_one(&self) -> bool {
        !self.one_of.is_empty()
    }

    /// Says whether a member is one of those.
    pub(super) fn is_one(&self, name: &str) -> bool {
        self.one_of.iter().any(|one| {
            one.strip_suffix('*').map_or(*one == name, |choice| name.starts_with(choice))
        })
    }
}

/// Reads the table; `None` when a line cannot be read.
fn load(table: &'static str) -> Option<HashMap<&'static str, Owner>> {
    let mut rows = table.lines().filter(|line| !line.starts_with('#'));
    if rows.next()? != HEADER {
        return None;
    }
    rows.map(|line| {
        let mut cells = line.split('\t');
        let (owner, members, one_of) = (cells.next()?, cells.next()?, cells.next()?);
        let members = members.split(' ').map(member).collect::<Option<Vec<_>>>()?;
        Some((owner, Owner { members, one_of: one_of.split_whitespace().collect() }))
    })
    .collect()
}

fn member(cell: &'static str) -> Option<Member> {
    let (name, what) = cell.split_once('=')?;
    let (role, is_required) = what.strip_suffix('!').map_or((what, false), |role| (role, true));
    let role = match role {
        "data" => Role::Data,
        "reference" => Role::Reference,
        "uri" => Role::Uri,
        "link" => Role::Link,
        "string" => Role::Name,
        "id" => Role::Id,
        "other" => Role::Other,
        "narrative" => Role::Narrative,
        owner => match owner.split_once(':') {
            Some((kind, part)) => Role::Number(Kind::named(kind)?, part),
            None => Role::Owner(owner),
        },
    };
    Some(Member { name, role, is_required })
}

/// Says what a member is that the table does not have, by its name alone.
pub(super) fn plain_role(name: &str) -> Role {
    static NAMES: OnceLock<Vec<(&str, bool)>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let lines = tables::texts().lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| line.strip_suffix('*').map_or((line, false), |name| (name, true)))
            .collect()
    });
    match names.binary_search_by_key(&name, |(name, _)| name).map(|at| names.get(at)) {
        Ok(Some((_, true))) => Role::Text,
        Ok(_) => Role::Plain,
        Err(_) => Role::Name,
    }
}

const HEADER: &str = "owner\tmembers\tone of";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ResourceType;

    #[test]
    fn every_line_is_read_and_leads_to_an_owner() {
        let owners = load(tables::elements()).unwrap();
        assert_eq!(
            owners.len(),
            tables::elements().lines().count() - 5,
            "each owner once, and five lines above"
        );
        for (name, owner) in &owners {
            let first = name.split('.').next().unwrap();
            let is_type = first.parse::<ResourceType>().is_ok();
            assert!(is_type || DATA_TYPES.contains(&first), "{name}");
            assert!(owner.members.is_sorted_by(|a, b| a.name < b.name), "{name}");
            for member in &owner.members {
                if let Role::Owner(inside) = member.role {
                    assert!(owners.contains_key(inside), "{name}.{}", member.name);
                }
            }
        }
    }

    #[test]
    fn a_name_tells_what_stands_in_a_member_without_a_line() {
        for (name, role) in [
            ("display", Role::Text),
            ("code", Role::Plain),
            ("system", Role::Plain),
            ("resourceType", Role::Plain),
            ("url", Role::Name),
            ("basedOnId", Role::Name),
        ] {
            assert_eq!(plain_role(name), role, "{name}");
        }
        let names: Vec<_> = tables::texts().lines().filter(|line| !line.starts_with('#')).collect();
        let plain = |name: &'static str| name.trim_end_matches('*');
        assert!(names.is_sorted_by(|a, b| plain(a) < plain(b)));
    }

    #[test]
    fn a_broken_line_is_noticed() {
        assert!(load("owner\tmembers\tone of\nA\tb=uri\t").is_some());
        for wrong in [
            "",
            "owner\tmembers\n",
            "owner\tmembers\tone of\nA\tb=c:d\t",
            "owner\tmembers\tone of\nA\tb\t",
            "owner\tmembers\tone of\nA",
        ] {
            assert!(load(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn cardinalities_are_those_of_r4() {
        for (owner, name, role, is_required) in [
            ("Condition", "subject", Role::Reference, true),
            ("Condition", "encounter", Role::Reference, false),
            ("Composition", "author", Role::Reference, true),
            ("List.entry", "item", Role::Reference, true),
            ("MedicationRequest", "medicationReference", Role::Reference, true),
            ("MedicationRequest", "medicationCodeableConcept", Role::Data, true),
            ("Claim.related", "reference", Role::Other, false),
            ("Immunization.education", "reference", Role::Uri, false),
            ("Extension", "valueReference", Role::Reference, true),
            ("Attachment", "url", Role::Link, false),
            ("Encounter", "diagnosis", Role::Owner("Encounter.diagnosis"), false),
            ("Identifier", "value", Role::Id, true),
            ("Bundle", "total", Role::Number(Kind::Total, "entry"), false),
            ("Questionnaire.item", "item", Role::Owner("Questionnaire.item"), false),
        ] {
            let found = Owner::named(owner).and_then(|owner| owner.member(name)).unwrap();
            assert_eq!((found.role, found.is_required), (role, is_required), "{owner}.{name}");
        }
        assert_eq!(Owner::named("Coding").map(|_| ()), None, "a code names no resource");
        assert!(Owner::named("Extension").unwrap().is_one("valueCode"));
        assert!(!Owner::named("Extension").unwrap().is_one("url"));
    }

    const DATA_TYPES: [&str; 19] = [
        "Annotation",
        "Attachment",
        "DataRequirement",
        "ElementDefinition",
        "Expression",
        "Extension",
        "Identifier",
        "MarketingStatus",
        "Meta",
        "ParameterDefinition",
        "ProdCharacteristic",
        "ProductShelfLife",
        "Reference",
        "RelatedArtifact",
        "SampledData",
        "Signature",
        "SubstanceAmount",
        "TriggerDefinition",
        "UsageContext",
    ];
}
