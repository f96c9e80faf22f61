//! A resource as it may be disclosed: no narrative, and no name of a record that stays behind.
//!
//! [`redact`] takes the resource apart member by member and writes what may stay, byte for byte as
//! it came. What a member is comes from the table `redact/elements.tsv`; where that does not
//! reach, the shape of the value tells. What must go takes with it what would be empty or not FHIR
//! R4 without it, up to the first element that R4 requires: there stands that it is not included.
//! Denied, not asked for and unknown all look alike.
//!
//! Nothing recurses: what is open lies on a stack of frames, one a level.

mod elements;
mod frame;
mod judge;
mod number;
mod target;

use zeroize::Zeroizing;

pub use self::judge::{Aim, Judge};
use self::{
    elements::{Owner, Role},
    frame::{Child, Frame, Inside, Left, Loss},
    number::Numbers,
    target::{ids, is_inline, is_opaque, is_resource_name, names_resource},
};
use super::{
    RecordError,
    json::{Fields, Json, JsonText, push_quoted},
    limits::Limits,
    text::push,
};
use crate::order;

/// Writes a resource as it may be disclosed.
///
/// Narratives go at every depth. A reference to the patient becomes a logical one to
/// `patient_did`; one to a disclosed record or to something contained stays; any other goes, and so
/// does one without an address to judge it by. URIs that name a resource and addresses of
/// attachments go unless they lead to a disclosed record, and so do identifiers that are the id of a
/// record that stays behind. Numbers that count or point to parts go where those parts are gone.
///
/// # Errors
/// [`RecordError::NotFhir`] for what is no resource; [`RecordError::Malformed`] or
/// [`RecordError::TooDeep`] for broken JSON.
pub fn redact(
    json: &str,
    patient_did: &str,
    judge: &dyn Judge,
) -> Result<Zeroizing<String>, RecordError> {
    let (once, may_dangle) = pass(json, patient_did, judge, false)?;
    if !may_dangle {
        return Ok(once);
    }
    // Only now it is known which parts are left.
    pass(&once, patient_did, judge, true).map(|(twice, _)| twice)
}

/// Goes through a resource once, and says whether numbers are left that may count what went.
fn pass(
    json: &str,
    patient_did: &str,
    judge: &dyn Judge,
    counts: bool,
) -> Result<(Zeroizing<String>, bool), RecordError> {
    let root = Json::parse(json, Limits::default().depth)?;
    let fields = root.fields()?.ok_or(RecordError::NotFhir)?;
    fields.text("resourceType").ok_or(RecordError::NotFhir)?;
    let mut redaction = Redaction {
        text: json,
        judge,
        patient: patient_reference(patient_did),
        out: Zeroizing::new(String::with_capacity(json.len())),
        frames: Vec::with_capacity(Limits::default().depth),
        scopes: Vec::with_capacity(1),
        counts,
        has_numbers: false,
        has_lost: false,
    };
    let (start, end) = redaction.span(root);
    push(&mut redaction.out, json.get(..start).unwrap_or_default());
    let root = Child {
        name: JsonText::Plain(""),
        value: root,
        role: Role::Plain,
        loss: Loss::Instead(MASKED),
        is_one: false,
        partner: None,
    };
    redaction.open(&root, Inside::object(root.role, fields));
    while let Some(frame) = redaction.frames.last_mut() {
        match frame.next() {
            Some(child) => redaction.take(&child)?,
            None => redaction.close(),
        }
    }
    push(&mut redaction.out, json.get(end..).unwrap_or_default());
    Ok((redaction.out, redaction.has_numbers && redaction.has_lost))
}

/// One resource on its way from `text` to `out`.
struct Redaction<'a, 'j> {
    text: &'a str,
    judge: &'j dyn Judge,
    /// What stands for every reference to the patient.
    patient: Zeroizing<String>,
    out: Zeroizing<String>,
    frames: Vec<Frame<'a>>,
    /// The sorted ids of what is contained, for each open resource that is not itself contained.
    scopes: Vec<Vec<JsonText<'a>>>,
    /// Whether parts are counted, so that numbers of what went go too.
    counts: bool,
    has_numbers: bool,
    has_lost: bool,
}

/// What is to be done with a value.
enum Verdict<'a> {
    Keep,
    Lose,
    NamePatient,
    Open(Inside<'a>),
}

impl<'a> Redaction<'a, '_> {
    /// Takes the next value of the innermost frame.
    fn take(&mut self, child: &Child<'a>) -> Result<(), RecordError> {
        let goes_with_partner = child.partner.is_some_and(|partner| {
            partner.value.is_some_and(|value| self.is_withheld(partner.role, value))
        });
        if goes_with_partner {
            self.lose(child, Loss::Alone);
            return Ok(());
        }
        self.has_numbers |= matches!(child.role, Role::Number(..));
        match self.verdict(child)? {
            Verdict::Keep => self.put(child, child.value.raw()),
            Verdict::Lose => self.lose(child, child.loss),
            Verdict::Open(inside) => self.open(child, inside),
            Verdict::NamePatient => {
                let patient = std::mem::take(&mut self.patient);
                self.put(child, &patient);
                self.patient = patient;
            }
        }
        Ok(())
    }

    fn verdict(&self, child: &Child<'a>) -> Result<Verdict<'a>, RecordError> {
        let (role, value) = (child.role, child.value);
        if matches!(role, Role::Narrative | Role::Other) {
            return Ok(Verdict::Lose);
        }
        if let Some(elements) = value.array() {
            return Ok(Verdict::Open(Inside::array(child, elements)));
        }
        let Some(fields) = value.fields()? else {
            let is_lost = match role {
                Role::Reference => value.raw() != "null",
                role => self.is_withheld(role, value),
            };
            return Ok(if is_lost { Verdict::Lose } else { Verdict::Keep });
        };
        if role == Role::Reference || is_reference(role, &fields) {
            return Ok(self.reference(value, fields));
        }
        let is_narrative = child.name.as_str() == "text" && fields.find("div").is_some();
        Ok(if is_narrative { Verdict::Lose } else { Verdict::Open(Inside::object(role, fields)) })
    }

    fn reference(&self, value: Json<'a>, fields: Fields<'a>) -> Verdict<'a> {
        let aim = match fields.text("reference") {
            Some(target) => self.aim(target.as_str()),
            // A resource that was redacted before.
            None if value.raw() == self.patient.as_str() => Aim::Patient,
            None => Aim::Other,
        };
        match aim {
            Aim::Patient => Verdict::NamePatient,
            Aim::Disclosed => Verdict::Open(Inside::object(Role::Reference, fields)),
            Aim::Other => Verdict::Lose,
        }
    }

    /// Judges a target: what is contained goes where its resource goes.
    fn aim(&self, target: &str) -> Aim {
        let Some(id) = target.strip_prefix('#') else { return self.judge.reference(target) };
        let contained = self.scopes.last().map_or(&[][..], Vec::as_slice);
        let is_there = contained.binary_search_by(|one| one.as_str().cmp(id)).is_ok();
        if id.is_empty() || is_there { Aim::Disclosed } else { Aim::Other }
    }

    /// Says whether a primitive names what may not be named, or counts what is gone.
    fn is_withheld(&self, role: Role, value: Json<'_>) -> bool {
        if let Role::Number(kind, part) = role {
            let numbers = self.frames.iter().rev().find_map(|frame| frame.numbers.as_ref());
            let dangles = |number| numbers.is_some_and(|all| !all.has(kind, part, number));
            return value.number().is_some_and(dangles);
        }
        let Some(text) = value.text() else { return false };
        let text = text.as_str();
        let names = match role {
            Role::Uri => names_resource(text),
            Role::Link => !is_inline(text),
            Role::Name => is_resource_name(text),
            _ => false,
        };
        let may_be_id = match role {
            Role::Id => true,
            // A date or an answer that happens to be an id too stays.
            Role::Name => text.contains(|c: char| c.is_ascii_alphabetic()) || is_opaque(text),
            Role::Text => is_opaque(text),
            _ => false,
        };
        (names && self.aim(text) != Aim::Disclosed)
            || (may_be_id && ids(text).any(|id| self.judge.is_withheld_id(id)))
    }

    /// Writes what stands between the last value and this one: comma, blanks, name, colon.
    fn lead(&mut self, child: &Child<'a>) {
        let (start, end) = self.span(child.value);
        let Some(frame) = self.frames.last_mut() else { return };
        let lead = self.text.get(frame.read..start).unwrap_or_default();
        let trimmed = lead.trim_start();
        let rest = trimmed.strip_prefix(',').filter(|_| !frame.left.anything).unwrap_or(lead);
        frame.read = end;
        push(&mut self.out, rest);
    }

    /// Writes `raw` as the value.
    fn put(&mut self, child: &Child<'a>, raw: &str) {
        self.lead(child);
        push(&mut self.out, raw);
        let is_content = child.name.as_str() != "id" && raw != "null";
        self.count(is_content, child.is_one);
    }

    fn count(&mut self, is_content: bool, is_one: bool) {
        let Some(frame) = self.frames.last_mut() else { return };
        frame.left.anything = true;
        frame.left.content |= is_content;
        frame.left.one |= is_one;
    }

    /// Opens an object or an array.
    fn open(&mut self, child: &Child<'a>, inside: Inside<'a>) {
        let mark = self.out.len();
        self.lead(child);
        let (start, end) = self.span(child.value);
        let (mut loss, mut scope, mut numbers) = (child.loss, None, None);
        if let Inside::Object { fields, is_resource: true, .. } = &inside {
            // A resource stays, whatever it is left with: its type says what it is.
            loss = Loss::Instead(MASKED);
            scope = (child.role != Role::Contained).then(|| contained_ids(fields));
            numbers = self.counts.then(|| Numbers::of(fields));
        }
        let begin = self.out.len();
        push(&mut self.out, if matches!(inside, Inside::Object { .. }) { "{" } else { "[" });
        self.frames.push(Frame {
            inside,
            read: start + 1,
            end,
            mark,
            begin,
            loss,
            is_one: child.is_one,
            is_scope: scope.is_some(),
            numbers,
            has_lost: false,
            left: Left::default(),
        });
        self.scopes.extend(scope);
    }

    /// Closes the innermost frame.
    fn close(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        if frame.is_scope {
            self.scopes.pop();
        }
        match frame.loss {
            _ if frame.stands() => {
                push(&mut self.out, self.text.get(frame.read..frame.end).unwrap_or_default());
                self.count(true, frame.is_one);
            }
            Loss::Instead(text) if !frame.left.content => {
                self.out.truncate(frame.begin);
                push(&mut self.out, text);
                self.count(text != "null", frame.is_one);
                self.note_loss();
            }
            Loss::WithHolder => {
                self.out.truncate(frame.mark);
                self.leave_holder();
            }
            _ => {
                self.out.truncate(frame.mark);
                self.note_loss();
            }
        }
    }

    /// Leaves a value out.
    fn lose(&mut self, child: &Child<'a>, loss: Loss) {
        let end = self.span(child.value).1;
        match loss {
            Loss::Alone => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.read = end;
                }
                self.note_loss();
            }
            Loss::WithHolder => self.leave_holder(),
            Loss::Instead(text) => {
                self.put(child, text);
                self.note_loss();
            }
        }
    }

    /// Leaves the innermost frame out, which may go as a whole.
    fn leave_holder(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        if frame.is_scope {
            self.scopes.pop();
        }
        self.out.truncate(frame.mark);
        self.note_loss();
    }

    fn note_loss(&mut self) {
        self.has_lost = true;
        if let Some(frame) = self.frames.last_mut() {
            frame.has_lost = true;
        }
    }

    /// Returns where a value begins and ends in the text.
    fn span(&self, value: Json<'_>) -> (usize, usize) {
        let start = value.raw().as_ptr().addr() - self.text.as_ptr().addr();
        (start, start + value.raw().len())
    }
}

/// Says by its shape whether an object is a Reference where the table does not expect one.
fn is_reference(role: Role, fields: &Fields<'_>) -> bool {
    if fields.find("resourceType").is_some() {
        return false;
    }
    let owner = if let Role::Owner(name) = role { Owner::named(name) } else { None };
    let is_own = |name: &str| owner.is_some_and(|owner| owner.member(name).is_some());
    let is_direct = fields.text("reference").is_some() && !is_own("reference");
    let identifier = fields.find("identifier").and_then(Json::object);
    let is_logical = identifier.is_some()
        && !is_own("identifier")
        && fields.iter().all(|(name, _)| REFERENCE.contains(&name.as_str()));
    is_direct || is_logical
}

fn contained_ids<'a>(fields: &Fields<'a>) -> Vec<JsonText<'a>> {
    let contained = fields.find("contained").and_then(Json::array).into_iter().flatten();
    let mut ids: Vec<_> = contained.filter_map(|one| one.member("id")?.text()).collect();
    order::sort_by(&mut ids, |one, other| one.as_str().cmp(other.as_str()));
    ids
}

fn patient_reference(did: &str) -> Zeroizing<String> {
    let mut reference = Zeroizing::new(String::with_capacity(128 + did.len()));
    push(
        &mut reference,
        r#"{"type":"Patient","identifier":{"system":"urn:ietf:rfc:3986","value":"#,
    );
    push_quoted(&mut reference, did);
    push(&mut reference, "}}");
    reference
}

/// The members of a Reference (FHIR R4, Reference).
const REFERENCE: [&str; 6] = ["id", "extension", "reference", "type", "identifier", "display"];

/// Stands where R4 requires a reference.
const NOT_INCLUDED: &str = r#"{"display":"not included"}"#;

/// Stands where R4 requires a URI.
const NOWHERE: &str = r#""about:blank""#;

/// Stands where R4 requires anything else (FHIR R4, extension data-absent-reason).
const MASKED: &str = r#"{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]}"#;

#[cfg(test)]
mod tests;
