//! What patients write down themselves, as FHIR R4 resources.
//!
//! Every element that R4 requires is there, and nothing is claimed that nobody has checked: the
//! verification status is `unconfirmed`, the patient is named as the source.

use std::fmt::{self, Write};

use zeroize::Zeroizing;

use super::{
    RecordError, base64,
    date::{Precision, RecordDate},
    json::push_quoted,
    text::{push, push_line, reserve},
};

/// What a patient can enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthoredKind {
    /// An `AllergyIntolerance`.
    Allergy,
    /// A `MedicationStatement`.
    Medication,
    /// A `Condition`.
    Condition,
    /// A `DocumentReference` with the text inside.
    Note,
}

/// One entry by the patient.
#[derive(Clone, Copy)]
pub struct Authored<'a> {
    kind: AuthoredKind,
    text: &'a str,
    code: Option<(&'a str, &'a str)>,
    since: Option<RecordDate>,
    patient: Option<&'a str>,
}

impl<'a> Authored<'a> {
    /// Begins an entry with its text.
    ///
    /// # Errors
    /// [`RecordError::InvalidEntry`] when the text is blank or longer than 64 KiB.
    pub fn new(kind: AuthoredKind, text: &'a str) -> Result<Self, RecordError> {
        let text = text.trim();
        if text.is_empty() || text.len() > TEXT_MAX {
            return Err(RecordError::InvalidEntry);
        }
        Ok(Self { kind, text, code: None, since: None, patient: None })
    }

    /// Adds a code, written `SYSTEM|CODE`.
    ///
    /// # Errors
    /// [`RecordError::InvalidEntry`] when one of the two is missing.
    pub fn coded(self, code: &'a str) -> Result<Self, RecordError> {
        let parts = code.rsplit_once('|').filter(|(_, code)| code.len() <= CODE_MAX);
        match parts.map(|(system, code)| (system.trim(), code.trim())) {
            Some((system, code)) if !system.is_empty() && !code.is_empty() => {
                Ok(Self { code: Some((system, code)), ..self })
            }
            _ => Err(RecordError::InvalidEntry),
        }
    }

    /// Adds since when it holds; for a note, when it happened.
    #[must_use]
    pub const fn since(self, since: Option<RecordDate>) -> Self {
        Self { since, ..self }
    }

    /// Adds the patient's own resource, as `Patient/id`.
    #[must_use]
    pub const fn of_patient(self, patient: Option<&'a str>) -> Self {
        Self { patient, ..self }
    }

    /// Writes the resource.
    #[must_use]
    pub fn to_fhir(&self) -> Zeroizing<String> {
        let sent = self.text.len()
            + self.code.map_or(0, |(system, code)| system.len() + code.len())
            + 2 * self.patient.map_or(0, str::len);
        // An escape is at most six times what it stands for; Base64 adds a third.
        let mut json = Writer(Zeroizing::new(String::with_capacity(1024 + 8 * sent)));
        match self.kind {
            AuthoredKind::Allergy => self.allergy(&mut json),
            AuthoredKind::Medication => self.medication(&mut json),
            AuthoredKind::Condition => self.condition(&mut json),
            AuthoredKind::Note => self.note(&mut json),
        }
        json.raw("}");
        json.0
    }

    fn allergy(&self, json: &mut Writer) {
        json.raw(r#"{"resourceType":"AllergyIntolerance","clinicalStatus":"#);
        json.status("allergyintolerance-clinical", "active");
        json.raw(r#","verificationStatus":"#);
        json.status("allergyintolerance-verification", "unconfirmed");
        self.concept(json, "code");
        self.patient(json, "patient");
        self.date(json, ",\"onsetDateTime\":", "");
        self.patient(json, "asserter");
    }

    fn medication(&self, json: &mut Writer) {
        json.raw(r#"{"resourceType":"MedicationStatement","status":"active""#);
        self.concept(json, "medicationCodeableConcept");
        self.patient(json, "subject");
        self.date(json, ",\"effectivePeriod\":{\"start\":", "}");
        self.patient(json, "informationSource");
    }

    fn condition(&self, json: &mut Writer) {
        json.raw(r#"{"resourceType":"Condition","clinicalStatus":"#);
        json.status("condition-clinical", "active");
        json.raw(r#","verificationStatus":"#);
        json.status("condition-ver-status", "unconfirmed");
        self.concept(json, "code");
        self.patient(json, "subject");
        self.date(json, ",\"onsetDateTime\":", "");
        self.patient(json, "asserter");
    }

    fn note(&self, json: &mut Writer) {
        json.raw(r#"{"resourceType":"DocumentReference","status":"current""#);
        if let Some((system, code)) = self.code {
            json.raw(",\"type\":{\"coding\":[");
            json.coding(system, code);
            json.raw("]}");
        }
        self.patient(json, "subject");
        // `date` is an instant; a day or a year is a period of the context.
        if self.since.is_some_and(|since| since.precision() == Precision::Second) {
            self.date(json, ",\"date\":", "");
        } else {
            self.date(json, ",\"context\":{\"period\":{\"start\":", "}}");
        }
        self.patient_list(json, "author");
        let mut line = Zeroizing::new(String::with_capacity(DESCRIPTION_MAX));
        push_line(&mut line, self.text, DESCRIPTION_MAX);
        json.raw(",\"description\":");
        json.text(line.trim_end());
        json.raw(
            r#","content":[{"attachment":{"contentType":"text/plain; charset=utf-8","data":""#,
        );
        base64::encode(self.text.as_bytes(), &mut json.0);
        json.raw("\"}}]");
    }

    fn concept(&self, json: &mut Writer, key: &str) {
        json.key(key);
        json.raw("{");
        if let Some((system, code)) = self.code {
            json.raw("\"coding\":[");
            json.coding(system, code);
            json.raw("],");
        }
        json.raw("\"text\":");
        json.text(self.text);
        json.raw("}");
    }

    fn patient(&self, json: &mut Writer, key: &str) {
        json.key(key);
        json.reference(self.patient);
    }

    fn patient_list(&self, json: &mut Writer, key: &str) {
        json.key(key);
        json.raw("[");
        json.reference(self.patient);
        json.raw("]");
    }

    fn date(&self, json: &mut Writer, before: &str, after: &str) {
        if let Some(since) = self.since {
            json.raw(before);
            json.raw("\"");
            reserve(&mut json.0, DATE_MAX);
            // Writing to memory does not fail.
            let _ = write!(json.0, "{since}");
            json.raw("\"");
            json.raw(after);
        }
    }
}

impl fmt::Debug for Authored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authored").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Writes JSON into memory that is wiped.
struct Writer(Zeroizing<String>);

impl Writer {
    fn raw(&mut self, json: &str) {
        push(&mut self.0, json);
    }

    fn key(&mut self, key: &str) {
        for part in [",\"", key, "\":"] {
            self.raw(part);
        }
    }

    fn text(&mut self, text: &str) {
        push_quoted(&mut self.0, text);
    }

    fn coding(&mut self, system: &str, code: &str) {
        self.raw("{\"system\":");
        self.text(system);
        self.raw(",\"code\":");
        self.text(code);
        self.raw("}");
    }

    fn status(&mut self, system: &str, code: &str) {
        for part in [
            r#"{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/"#,
            system,
            r#"","code":""#,
            code,
            r#""}]}"#,
        ] {
            self.raw(part);
        }
    }

    /// Refers to the patient, by words where no resource is known: R4 demands the element.
    fn reference(&mut self, patient: Option<&str>) {
        match patient {
            Some(reference) => {
                self.raw("{\"reference\":");
                self.text(reference);
            }
            None => self.raw("{\"display\":\"the patient\""),
        }
        self.raw("}");
    }
}

const TEXT_MAX: usize = 64 << 10;
const CODE_MAX: usize = 256;
const DESCRIPTION_MAX: usize = 120;
/// `9999-12-31T23:59:59+14:00`
const DATE_MAX: usize = 25;

#[cfg(test)]
mod tests {
    use super::{
        super::{Category, LabelSet, Resource, Source, json::Json},
        *,
    };

    const KINDS: [(AuthoredKind, &str, Category); 4] = [
        (AuthoredKind::Allergy, "AllergyIntolerance", Category::Allergies),
        (AuthoredKind::Medication, "MedicationStatement", Category::Medications),
        (AuthoredKind::Condition, "Condition", Category::Conditions),
        (AuthoredKind::Note, "DocumentReference", Category::Notes),
    ];

    #[test]
    fn what_a_patient_enters_reads_back_as_a_record() {
        for (kind, name, category) in KINDS {
            let entry = Authored::new(kind, " Nuts\n\"all\" \u{1}\\ ä ").unwrap();
            let json = entry
                .coded("http://snomed.info/sct|91934008")
                .unwrap()
                .since(Some("2019-03".parse().unwrap()))
                .of_patient(Some("Patient/p"))
                .to_fhir();
            let resource = Resource::parse(&json, &Source::file([0; 16])).unwrap();
            assert_eq!(resource.resource_type().name(), name);
            assert_eq!(resource.category(), category);
            assert_eq!(resource.title().as_str(), "Nuts \"all\" \\ ä");
            assert_eq!(resource.date().unwrap().to_string(), "2019-03", "{name}");
            assert_eq!(resource.codes()[0].code.as_str(), "91934008");
            assert_eq!(resource.references().len(), 1);
            assert_eq!(resource.has_free_text(), kind == AuthoredKind::Note);
        }
    }

    #[test]
    fn the_bare_minimum_has_what_r4_requires() {
        for (kind, _, _) in KINDS {
            let json = Authored::new(kind, "x").unwrap().to_fhir();
            let root = Json::parse(&json, 64).unwrap();
            let required: &[&str] = match kind {
                AuthoredKind::Allergy => &["clinicalStatus", "code", "patient"],
                AuthoredKind::Medication => &["status", "medicationCodeableConcept", "subject"],
                AuthoredKind::Condition => &["clinicalStatus", "code", "subject"],
                AuthoredKind::Note => &["status", "content"],
            };
            for key in required {
                assert!(root.member(key).is_some(), "{key}");
            }
        }
    }

    #[test]
    fn a_note_carries_its_whole_text_and_an_exact_moment() {
        let text = "Ä note, with a line\nand another".repeat(50);
        let json = Authored::new(AuthoredKind::Note, &text)
            .unwrap()
            .since(Some("2019-03-31T10:00:00+02:00".parse().unwrap()))
            .to_fhir();
        let root = Json::parse(&json, 64).unwrap();
        assert_eq!(root.member("date").unwrap().raw(), "\"2019-03-31T10:00:00+02:00\"");
        let content = root.member("content").unwrap().array().unwrap().next().unwrap();
        let data = content.member("attachment").unwrap().member("data").unwrap().text().unwrap();
        assert_eq!(base64::decode(data.as_str()).unwrap().as_slice(), text.as_bytes());
        let resource = Resource::parse(&json, &Source::file([0; 16])).unwrap();
        assert_eq!(resource.labels(), LabelSet::EMPTY);
    }

    #[test]
    fn an_entry_without_text_or_with_half_a_code_is_refused() {
        for text in ["", " \n", &"x".repeat(TEXT_MAX + 1)] {
            let refused = Authored::new(AuthoredKind::Note, text).err();
            assert_eq!(refused, Some(RecordError::InvalidEntry));
        }
        let entry = Authored::new(AuthoredKind::Allergy, "x").unwrap();
        for code in ["", "a", "|", "a|", "|a", &format!("a|{}", "b".repeat(CODE_MAX + 1))] {
            assert_eq!(entry.coded(code).err(), Some(RecordError::InvalidEntry), "{code}");
        }
    }
}
