//! What has to be looked for at any depth: labels, references, free text.

use zeroize::Zeroizing;

use super::{
    super::{
        RecordError,
        codes::{CodeSets, WordNet},
        json::{Fields, Json, JsonText},
        label::{LabelSet, SensitivityLabel},
        text::{Text, fold, push},
    },
    Code,
    identity::{Origin, RefKey},
    prose::{self, Prose},
    walk::walk,
};

/// What one walk over a resource has found.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) labels: LabelSet,
    pub(super) classified: bool,
    pub(super) free_text: bool,
    pub(super) references: Vec<RefKey>,
    pub(super) security: Vec<Code>,
}

impl Survey {
    pub(super) fn of(root: Json<'_>, origin: &Origin<'_>) -> Result<Self, RecordError> {
        let mut survey = Self::default();
        let mut words = Words::new(root.raw().len());
        walk(root, &mut |name, fields| {
            if let Some(reference) = fields.text("reference") {
                origin.each_reference(reference.as_str(), &mut |key| survey.references.push(key));
            }
            survey.resource(name, fields);
            survey.coding(name, fields);
            survey.free_text |= is_free_text(name, fields);
            prose::each(name, fields, &mut |kind, text| {
                if kind == Prose::Statement {
                    words.read(text);
                }
            });
        })?;
        survey.labels = survey.labels.union(words.labels());
        survey.references.sort_unstable();
        survey.references.dedup();
        Ok(survey)
    }

    /// Looks at the type: of the resource itself, and of what it contains.
    fn resource(&mut self, name: &str, fields: &Fields<'_>) {
        let Some(kind) = fields.text("resourceType") else { return };
        if let Some(labels) = CodeSets::embedded().lookup(RESOURCE_TYPES, kind.as_str()) {
            self.labels = self.labels.union(labels);
            self.classified |= name.is_empty();
        }
    }

    /// Looks at a coding, wherever it stands.
    fn coding(&mut self, name: &str, fields: &Fields<'_>) {
        let Some(code) = fields.text("code") else { return };
        let system = fields.text("system").unwrap_or(JsonText::Plain(""));
        let security = name == "security";
        if security || system.as_str() == ACT_CODE {
            self.labels = SensitivityLabel::from_code(code.as_str())
                .into_iter()
                .collect::<LabelSet>()
                .union(self.labels);
        }
        if let Some(labels) = CodeSets::embedded().lookup(system.as_str(), code.as_str()) {
            self.labels = self.labels.union(labels);
            self.classified |= !security;
        }
        if security && self.security.len() < SECURITY_MAX {
            self.security.push(Code {
                system: Text::from(system.as_str()),
                code: Text::from(code.as_str()),
            });
        }
    }
}

/// Says whether an object tells something in words that no code stands for.
fn is_free_text(name: &str, fields: &Fields<'_>) -> bool {
    let is_text = |key: &&str| fields.find(key).and_then(Json::text).is_some();
    let attached = fields.find("contentType").is_some()
        && ATTACHED.iter().any(|key| fields.find(key).is_some());
    // The text of a name or an address is the name or the address.
    let uncoded =
        || !matches!(name, "name" | "address") && is_text(&"text") && !has_code(fields);
    let in_extension = || fields.find("url").is_some();
    attached
        || uncoded()
        || (FREE_KEYS.iter().any(|key| is_text(key)) && !in_extension())
}

fn has_code(fields: &Fields<'_>) -> bool {
    let mut codings = fields.find("coding").and_then(Json::array).into_iter().flatten();
    codings.any(|coding| coding.member("code").is_some())
}

/// Reads statements through the net of words, in bounded memory.
struct Words {
    folded: Zeroizing<String>,
    labels: LabelSet,
}

impl Words {
    fn new(size: usize) -> Self {
        let folded = Zeroizing::new(String::with_capacity(size.min(WORDS_MAX)));
        Self { folded, labels: LabelSet::EMPTY }
    }

    fn read(&mut self, text: &str) {
        for piece in prose::pieces(text) {
            fold(piece, &mut self.folded);
            push(&mut self.folded, "\n");
            if self.folded.len() >= WORDS_MAX {
                self.flush();
            }
        }
    }

    fn flush(&mut self) {
        self.labels = self.labels.union(WordNet::embedded().labels(&self.folded));
        self.folded.clear();
    }

    fn labels(mut self) -> LabelSet {
        self.flush();
        self.labels
    }
}

const RESOURCE_TYPES: &str = "http://hl7.org/fhir/resource-types";
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const ATTACHED: [&str; 2] = ["data", "url"];

/// Strings of FHIR R4 that are prose by definition.
const FREE_KEYS: [&str; 9] = [
    "valueString", "valueMarkdown", "conclusion", "comment", "description", "patientInstruction",
    "summary", "details", "instruction",
];

const SECURITY_MAX: usize = 32;
const WORDS_MAX: usize = 64 << 10;
