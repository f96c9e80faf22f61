//! What is open while a resource is taken apart: an object or an array, and what it has left.

use super::{
    super::json::{Elements, Fields, Json, JsonText},
    MASKED, NOT_INCLUDED, NOWHERE,
    elements::{Owner, Role, plain_role},
    number::Numbers,
};

/// What becomes of a value that must go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// It goes.
    Alone,
    /// What holds it goes too: R4 requires it there.
    WithHolder,
    /// R4 requires it in something that must stay: this stands in its place.
    Instead(&'static str),
}

/// One value, and what its holder knows about it.
#[derive(Debug)]
pub(super) struct Child<'a> {
    /// The name of the member, empty for an element of an array.
    pub(super) name: JsonText<'a>,
    pub(super) value: Json<'a>,
    pub(super) role: Role,
    pub(super) loss: Loss,
    /// Whether an invariant counts it among the members of which its holder needs one.
    pub(super) is_one: bool,
    /// For the `_name` of a primitive: the primitive itself.
    pub(super) partner: Option<Partner<'a>>,
}

/// The primitive to which a `_name` adds an id and extensions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Partner<'a> {
    pub(super) role: Role,
    pub(super) value: Option<Json<'a>>,
}

/// An open object or array.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    pub(super) inside: Inside<'a>,
    /// Up to where the source has been read, and where it ends.
    pub(super) read: usize,
    pub(super) end: usize,
    /// Where the name of the member and the value itself begin in what is written.
    pub(super) mark: usize,
    pub(super) begin: usize,
    pub(super) loss: Loss,
    pub(super) is_one: bool,
    pub(super) is_scope: bool,
    /// Of a resource whose parts are counted.
    pub(super) numbers: Option<Numbers<'a>>,
    /// Whether something went.
    pub(super) has_lost: bool,
    pub(super) left: Left,
}

/// What a frame has left.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// Something stands in it, so a comma comes next.
    pub(super) anything: bool,
    /// Something that is more than an id.
    pub(super) content: bool,
    /// One of the members of which an invariant demands one.
    pub(super) one: bool,
}

#[derive(Debug)]
pub(super) enum Inside<'a> {
    Object { fields: Fields<'a>, next: usize, owner: Option<&'static Owner>, is_resource: bool },
    Array { elements: Elements<'a>, role: Role, is_required: bool, twin: Option<Twin<'a>> },
}

/// The primitives beside an array of their extensions.
#[derive(Debug)]
pub(super) struct Twin<'a> {
    role: Role,
    values: Option<Elements<'a>>,
}

impl<'a> Inside<'a> {
    /// Opens an object.
    pub(super) fn object(role: Role, fields: Fields<'a>) -> Self {
        let kind = fields.text("resourceType");
        let owner = match (&kind, role) {
            (Some(kind), _) => Owner::named(kind.as_str()),
            (None, Role::Owner(name)) => Owner::named(name),
            (None, Role::Reference) => Owner::named("Reference"),
            (None, _) => None,
        };
        Self::Object { fields, next: 0, owner, is_resource: kind.is_some() }
    }

    /// Opens an array.
    pub(super) fn array(child: &Child<'a>, elements: Elements<'a>) -> Self {
        let twin = child.partner.map(|partner| Twin {
            role: partner.role,
            values: partner.value.and_then(Json::array),
        });
        let is_required = child.loss != Loss::Alone;
        Self::Array { elements, role: child.role, is_required, twin }
    }
}

impl<'a> Frame<'a> {
    /// Returns the next value in it.
    pub(super) fn next(&mut self) -> Option<Child<'a>> {
        let may_go = self.loss == Loss::Alone;
        match &mut self.inside {
            Inside::Array { elements, role, is_required, twin } => {
                let value = elements.next()?;
                Some(match twin {
                    Some(twin) => beside(value, twin),
                    None => element(value, *role, *is_required),
                })
            }
            Inside::Object { fields, next, owner, is_resource } => {
                let (name, value) = fields.iter().nth(*next)?;
                *next += 1;
                let (owner, is_resource) = (*owner, *is_resource);
                let of = |name: &str| role_of(name, owner, is_resource);
                let mut child = Child {
                    name: name.clone(),
                    value: *value,
                    role: Role::Plain,
                    loss: Loss::Alone,
                    is_one: false,
                    partner: None,
                };
                let plain = name.as_str().strip_prefix('_');
                child.is_one =
                    owner.is_some_and(|owner| owner.is_one(plain.unwrap_or(name.as_str())));
                if let Some(plain) = plain {
                    twin_of(&mut child, of(plain).0, fields.find(plain));
                } else {
                    let (role, is_required) = of(name.as_str());
                    child.role = role;
                    child.loss = loss(is_required, may_go, role, *value);
                    if role == Role::Text && value.text().is_some() {
                        // R4 may require it.
                        child.loss = Loss::Instead(NOWHERE);
                    }
                }
                Some(child)
            }
        }
    }

    /// Says whether what is left of it can stand.
    pub(super) fn stands(&self) -> bool {
        let demands_one = match &self.inside {
            Inside::Object { owner: Some(owner), .. } => owner.demands_one(),
            _ => false,
        };
        let lacks_one = demands_one && !self.left.one && self.loss == Loss::Alone;
        !self.has_lost || (self.left.content && !lacks_one)
    }
}

/// Says what a member is, and whether R4 requires it.
fn role_of(name: &str, owner: Option<&'static Owner>, is_resource: bool) -> (Role, bool) {
    match name {
        "extension" | "modifierExtension" => return (Role::Owner("Extension"), false),
        "text" if is_resource => return (Role::Narrative, false),
        "meta" if is_resource => return (Role::Owner("Meta"), false),
        "contained" if is_resource => return (Role::Contained, false),
        _ => {}
    }
    match owner.and_then(|owner| owner.member(name)) {
        Some(member) => (member.role, member.is_required),
        // No resource of R4 is a reference; what calls itself one is judged like one.
        None if is_resource && name == "reference" => (Role::Link, false),
        None => (plain_role(name), false),
    }
}

/// Says what becomes of a member that must go.
fn loss(is_required: bool, holder_may_go: bool, role: Role, value: Json<'_>) -> Loss {
    match (is_required, holder_may_go) {
        (false, _) => Loss::Alone,
        (true, true) => Loss::WithHolder,
        (true, false) => Loss::Instead(match (role, value.array().is_some()) {
            (Role::Reference, false) => NOT_INCLUDED,
            (Role::Reference, true) => NOT_INCLUDED_LIST,
            (Role::Uri | Role::Link | Role::Name | Role::Id, false) => NOWHERE,
            (_, false) => MASKED,
            (_, true) => MASKED_LIST,
        }),
    }
}

/// Makes a child of an element of an array.
fn element(value: Json<'_>, role: Role, is_required: bool) -> Child<'_> {
    // An object in an array that R4 requires may have to stay: then what it requires is masked.
    let stays = is_required && matches!(role, Role::Owner(_) | Role::Data);
    let loss = if stays { Loss::Instead(MASKED) } else { Loss::Alone };
    Child { name: JsonText::Plain(""), value, role, loss, is_one: false, partner: None }
}

/// Makes a child of the extensions of one primitive of an array: they keep their place beside it.
fn beside<'a>(value: Json<'a>, twin: &mut Twin<'a>) -> Child<'a> {
    let primitive = twin.values.as_mut().and_then(Elements::next);
    let has_value = primitive.is_some_and(|primitive| primitive.raw() != NULL);
    Child {
        name: JsonText::Plain(""),
        value,
        role: Role::Plain,
        loss: Loss::Instead(if has_value { NULL } else { MASKED }),
        is_one: false,
        partner: Some(Partner { role: twin.role, value: primitive }),
    }
}

/// Says of a `_name` what it is, from what the name without the line is.
fn twin_of<'a>(child: &mut Child<'a>, role: Role, value: Option<Json<'a>>) {
    if matches!(role, Role::Reference | Role::Other | Role::Narrative) {
        child.role = role;
        return;
    }
    // Extensions without a value stand for it: FHIR may require the element.
    if value.is_none() && child.value.array().is_none() {
        child.loss = Loss::Instead(MASKED);
    }
    child.partner = Some(Partner { role, value });
}

const NULL: &str = "null";
const NOT_INCLUDED_LIST: &str = r#"[{"display":"not included"}]"#;
const MASKED_LIST: &str = r#"[{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]}]"#;
