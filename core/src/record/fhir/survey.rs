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
    element::Prose,
    identity::{Origin, RefKey},
    prose,
    walk::walk,
};
use crate::order;

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
    pub(super) fn of(
        root: Json<'_>,
        origin: &Origin<'_>,
        sets: &CodeSets,
        net: &WordNet,
    ) -> Result<Self, RecordError> {
        let mut survey = Self::default();
        let mut words = Words::new(root.raw().len(), net);
        walk(root, &mut |name, fields| {
            if let Some(reference) = fields.text("reference") {
                origin.each_reference(reference.as_str(), &mut |key| survey.references.push(key));
            }
            survey.resource(name, fields, sets);
            survey.coding(name, fields, sets);
            survey.free_text |= is_attachment(fields);
            prose::each(name, fields, &mut |kind, text| {
                survey.free_text |= kind == Prose::Statement && prose::is_in_words(text);
                if kind != Prose::Name {
                    words.read(text);
                }
            });
        })?;
        survey.labels = survey.labels.union(words.labels());
        order::sort(&mut survey.references);
        survey.references.dedup();
        if survey.references.len() > REFERENCES_MAX {
            return Err(RecordError::TooManyReferences { limit: REFERENCES_MAX });
        }
        Ok(survey)
    }

    /// Looks at the type: of the resource itself, and of what it contains.
    fn resource(&mut self, name: &str, fields: &Fields<'_>, sets: &CodeSets) {
        let Some(kind) = fields.text("resourceType") else { return };
        if let Some(labels) = sets.lookup(RESOURCE_TYPES, kind.as_str()) {
            self.labels = self.labels.union(labels);
            self.classified |= name.is_empty();
        }
    }

    /// Looks at a coding, wherever it stands.
    fn coding(&mut self, name: &str, fields: &Fields<'_>, sets: &CodeSets) {
        let Some(code) = fields.text("code") else { return };
        let system = fields.text("system").unwrap_or(JsonText::Plain(""));
        let security = name == "security";
        if security || system.as_str() == ACT_CODE {
            self.labels = SensitivityLabel::from_code(code.as_str())
                .into_iter()
                .collect::<LabelSet>()
                .union(self.labels);
        }
        if let Some(labels) = sets.lookup(system.as_str(), code.as_str()) {
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

/// Says whether an object holds or names a content that is no FHIR.
fn is_attachment(fields: &Fields<'_>) -> bool {
    let is_named = || fields.find("contentType").is_some() && fields.find("url").is_some();
    // The data of a SampledData are measurements from its origin.
    let is_data = |key: &str| key == "data" && !is_sampled(fields);
    let mut keys = fields.iter().map(|(key, _)| key.as_str());
    keys.any(|key| is_data(key) || key.ends_with("Base64Binary")) || is_named()
}

/// Says whether the data of an object are numbers, and `E`, `U` or `L` for what was not measured.
fn is_sampled(fields: &Fields<'_>) -> bool {
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '.' | '-' | 'E' | 'U' | 'L');
    fields.find("origin").is_some()
        && fields.text("data").is_some_and(|data| data.as_str().chars().all(is_number))
}

/// Reads statements through the net of words, in bounded memory.
struct Words<'n> {
    net: &'n WordNet,
    folded: Zeroizing<String>,
    labels: LabelSet,
}

impl<'n> Words<'n> {
    fn new(size: usize, net: &'n WordNet) -> Self {
        let folded = Zeroizing::new(String::with_capacity(size.min(WORDS_MAX)));
        Self { net, folded, labels: LabelSet::EMPTY }
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
        self.labels = self.labels.union(self.net.labels(&self.folded));
        self.folded.clear();
    }

    fn labels(mut self) -> LabelSet {
        self.flush();
        self.labels
    }
}

const RESOURCE_TYPES: &str = "http://hl7.org/fhir/resource-types";
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

const SECURITY_MAX: usize = 32;
const WORDS_MAX: usize = 64 << 10;

/// References of one resource: every one is in the index, and none may be left out.
const REFERENCES_MAX: usize = 4096;

#[cfg(test)]
mod tests {
    use super::{super::identity::Source, *};

    const CODES: &str = "icd-10\tF10-F19\tsubstance-use\n\
        http://loinc.org\t718-7\tnone\n\
        http://hl7.org/fhir/resource-types\tOrganization\tnone\n\
        http://hl7.org/fhir/resource-types\tMolecularSequence\tgenetics\n";
    const WORDS: &str = "label\tlanguage\tterm\tkind\n\
        hiv\ten\thiv\tterm\n\
        mental-health\tde\tschizophren*\tterm\n";

    fn survey(raw: &str) -> (String, bool) {
        let root = Json::parse(raw, 64).unwrap();
        let fields = root.fields().unwrap().unwrap();
        let kind = fields.text("resourceType").unwrap().as_str().parse().unwrap();
        let origin = Origin::of(kind, &fields, &Source::file([0; 16]));
        let sets = CodeSets::load(CODES).unwrap();
        let net = WordNet::load(WORDS).unwrap();
        let survey = Survey::of(root, &origin, &sets, &net).unwrap();
        (survey.labels.to_string(), survey.classified)
    }

    #[test]
    fn a_code_labels_at_any_depth_and_in_what_is_contained() {
        let icd = r#"{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"F11.20"}"#;
        for raw in [
            format!(
                r#"{{"resourceType":"Claim","diagnosis":[{{"diagnosisCodeableConcept":{{"coding":[{icd}]}}}}]}}"#
            ),
            format!(
                r#"{{"resourceType":"Encounter","contained":[{{"resourceType":"Condition","code":{{"coding":[{icd}]}}}}]}}"#
            ),
            format!(
                r#"{{"resourceType":"Basic","extension":[{{"url":"u","extension":[{{"valueCoding":{icd}}}]}}]}}"#
            ),
        ] {
            assert_eq!(survey(&raw), ("substance-use".into(), true), "{raw}");
        }
    }

    #[test]
    fn a_record_counts_as_looked_at_when_its_type_or_a_code_is_known() {
        for (raw, classified) in [
            (r#"{"resourceType":"Organization"}"#, true),
            (
                r#"{"resourceType":"Condition","contained":[{"resourceType":"Organization"}]}"#,
                false,
            ),
            (
                r#"{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]}}"#,
                true,
            ),
            (
                r#"{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"1-1"}]}}"#,
                false,
            ),
            (
                r#"{"resourceType":"Basic","meta":{"security":[{"system":"http://loinc.org","code":"718-7"}]}}"#,
                false,
            ),
        ] {
            assert_eq!(survey(raw), (String::new(), classified), "{raw}");
        }
        let contained =
            r#"{"resourceType":"Condition","contained":[{"resourceType":"MolecularSequence"}]}"#;
        assert_eq!(survey(contained), ("genetics".into(), false));
    }

    #[test]
    fn a_word_labels_wherever_a_person_would_read_it() {
        for raw in [
            r#"{"resourceType":"Basic","code":{"text":"Verdacht auf Schizophrenie"}}"#,
            r#"{"resourceType":"Basic","subject":{"display":"SCHIZOPHRENIE"}}"#,
            r#"{"resourceType":"Basic","text":{"div":"<div>Schizo<b>phrenie</b></div>"}}"#,
            r#"{"resourceType":"Basic","text":{"div":"<p>\u0053chizo&shy;phrenie</p>"}}"#,
            r#"{"resourceType":"Basic","note":[{"text":"x"},{"text":"schizophrene Psychose"}]}"#,
            r#"{"resourceType":"Basic","any":["a b","Schizophrenie, paranoid"]}"#,
            r#"{"resourceType":"Binary","contentType":"text/plain","data":"U2NoaXpvcGhyZW5pZQ=="}"#,
        ] {
            assert_eq!(survey(raw).0, "mental-health", "{raw}");
        }
        for raw in [
            r#"{"resourceType":"Patient","name":[{"family":"Hiv","text":"A Hiv"}]}"#,
            r#"{"resourceType":"Basic","url":"http://hiv.example/x"}"#,
            r#"{"resourceType":"Basic","a":["text one h"],"b":["iv"]}"#,
            r#"{"resourceType":"Binary","contentType":"image/png","data":"SElW"}"#,
        ] {
            assert_eq!(survey(raw).0, "", "{raw}");
        }
    }

    #[test]
    fn a_word_far_inside_a_long_text_is_found() {
        let long = format!("{} HIV {}", "word ".repeat(50_000), "word ".repeat(50_000));
        assert_eq!(survey(&format!(r#"{{"resourceType":"Basic","text":"{long}"}}"#)).0, "hiv");
    }
}
