//! One record of a page: what it is, how it stands, and everything else that it says.

use patient_wallet::{
    host::Timestamp,
    record::{
        Category, RecordDate, Resource,
        json::{Json, JsonText},
    },
};

use super::{
    PageFile, PageRecord, files,
    html::Html,
    when,
    words::{Words, each, label, text_of},
};

/// One record, understood.
pub(super) struct Entry<'a> {
    pub(super) category: Category,
    pub(super) resource: &'a Resource<'a>,
    pub(super) root: Json<'a>,
    pub(super) files: &'a [PageFile<'a>],
    pub(super) standing: Standing,
    /// When the patient corrected it.
    corrected: Option<Timestamp>,
    /// The element that names it.
    named_by: Option<&'static str>,
}

/// Where a record stands among others of its kind: what to act on comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    Alert,
    Current,
    Past,
    Wrong,
}

impl<'a> Entry<'a> {
    /// Understands a record whose resource has been read.
    pub(super) fn of(record: &PageRecord<'a>, resource: &'a Resource<'a>) -> Option<Self> {
        let root = Json::parse(resource.raw(), DEPTH).ok()?;
        let mut entry = Self {
            category: record.category,
            resource,
            root,
            files: record.files,
            standing: Standing::Current,
            corrected: record.corrected,
            named_by: NAMES.iter().copied().find(|name| root.member(name).is_some()),
        };
        entry.standing = match record.corrected {
            Some(_) => Standing::Wrong,
            None => entry.find_standing(),
        };
        Some(entry)
    }

    pub(super) fn date(&self) -> Option<RecordDate> {
        self.resource.date()
    }

    pub(super) fn kind(&self) -> &'static str {
        self.resource.resource_type().name()
    }

    /// Tells from what it says of itself where the record stands.
    fn find_standing(&self) -> Standing {
        let ends = matches!(self.category, Category::Medications | Category::CarePlans);
        // A Flag is there to be seen; so is what nearly killed somebody once.
        let severe =
            |reaction| text_of(reaction, "severity").is_some_and(|it| it.as_str() == "severe");
        let is_alert = self.kind() == "Flag" || each(self.root.member("reaction")).any(severe);
        let mut standing = if is_alert { Standing::Alert } else { Standing::Current };
        if self.root.member("abatementDateTime").is_some() {
            standing = Standing::Past;
        }
        for (name, code, _) in self.statuses() {
            match (name, code.as_str()) {
                (_, "entered-in-error") | ("verificationStatus", "refuted") => {
                    return Standing::Wrong;
                }
                ("status", "completed") if ends => standing = Standing::Past,
                ("clinicalStatus" | "status" | "lifecycleStatus", code) if OVER.contains(&code) => {
                    standing = Standing::Past;
                }
                ("criticality", "high") | ("severity", "severe") if standing != Standing::Past => {
                    standing = Standing::Alert;
                }
                _ => {}
            }
        }
        standing
    }

    /// Iterates over the elements that say how the record stands: name, code, value.
    fn statuses(&self) -> impl Iterator<Item = (&'static str, JsonText<'_>, Json<'_>)> {
        STATUSES.iter().filter_map(|name| {
            let value = self.root.member(name)?;
            let coding = || each(value.member("coding")).next();
            let code = value.text().or_else(|| text_of(coding()?, "code"));
            Some((*name, code.or_else(|| text_of(value, "text"))?, value))
        })
    }

    /// Writes what the record is called, with the code behind it.
    pub(super) fn name(&self, html: &mut Html, words: &Words<'_>) {
        if let Some(value) = self.named_by.and_then(|name| self.root.member(name)) {
            let value = each(Some(value)).next().unwrap_or(value);
            let value = value.member("name").unwrap_or(value);
            if html.within("", "", |html| words.say(html, value)) {
                return codes(html, value);
            }
        }
        html.text(self.resource.title().as_str());
    }

    /// Writes the marks that stand behind the name.
    pub(super) fn marks(&self, html: &mut Html, words: &Words<'_>) {
        if let Some(at) = self.corrected {
            html.raw(" <strong class=\"mark corrected\">the patient corrected this on ");
            when::moment(html, at);
            html.raw(": do not rely on it; ask for the new version</strong>");
        }
        for name in ["doNotPerform", "modifierExtension", "implicitRules"] {
            match self.root.member(name).map(Json::raw) {
                None | Some("false") => {}
                Some("true") => mark(html, true, |html| html.raw("do not give or do")),
                // Who does not know what changes the meaning must not act on the rest (FHIR R4, 2.4).
                Some(_) => mark(html, true, |html| {
                    html.raw("an extension changes what this means: read the file");
                }),
            }
        }
        for (name, code, value) in self.statuses() {
            if self.is_silent(name, code.as_str()) {
                continue;
            }
            let is_loud =
                LOUD.contains(&(name, code.as_str())) || code.as_str() == "entered-in-error";
            mark(html, is_loud, |html| match (name, code.as_str()) {
                ("criticality", "high") => html.raw("high risk"),
                ("criticality", "low") => html.raw("low risk"),
                ("criticality", _) => html.raw("risk unknown"),
                (_, "entered-in-error") => html.raw("entered in error: disregard"),
                _ if value.text().is_none() => words.say(html, value),
                (_, code) => code.split('-').enumerate().for_each(|(at, word)| {
                    html.raw(if at == 0 { "" } else { " " });
                    html.text(word);
                }),
            });
        }
    }

    /// Tells whether a status says only what everybody expects.
    fn is_silent(&self, name: &str, code: &str) -> bool {
        let ends = matches!(self.category, Category::Medications | Category::CarePlans);
        match name {
            "verificationStatus" => code == "confirmed",
            "clinicalStatus" | "status" | "lifecycleStatus" => {
                EXPECTED.contains(&code) || (code == "completed" && !ends)
            }
            _ => false,
        }
    }

    /// Writes every element that was not written yet: names and values, then texts, then files.
    pub(super) fn details(&self, html: &mut Html, words: &Words<'_>) {
        html.within("<dl>", "</dl>", |html| {
            for (name, value) in self.root.object().into_iter().flatten() {
                let name = name.as_str();
                if self.is_detail(name) && !self.is_date(value) {
                    detail(html, name, |html| words.say(html, value));
                }
            }
        });
        for name in ["note", "comment", "conclusion"] {
            for note in each(self.root.member(name)) {
                html.within("<p class=note>", "</p>", |html| words.say(html, note));
            }
        }
        files::inline(html, self.root);
        files::links(html, self.files);
    }

    fn is_detail(&self, name: &str) -> bool {
        self.named_by != Some(name)
            && !name.starts_with('_')
            && !STATUSES.contains(&name)
            && !PASSED_OVER.contains(&name)
            && !self.says_the_name(name)
    }

    /// Tells whether an element only repeats what the record or its section is called.
    fn says_the_name(&self, name: &str) -> bool {
        let Some(value) = self.root.member(name) else { return false };
        let told =
            text_of(value, "text").is_some_and(|it| it.as_str() == self.resource.title().as_str());
        told || (name == "type" && value.raw() == "\"allergy\"")
    }

    /// Tells whether a value is the date of the record, which stands beside it.
    fn is_date(&self, value: Json<'_>) -> bool {
        let date = value.text().and_then(|text| RecordDate::parse(text.as_str()).ok());
        date.is_some() && date == self.date()
    }
}

/// Writes the name of an element and what `say` says; nothing when that is nothing.
fn detail(html: &mut Html, name: &str, say: impl FnOnce(&mut Html)) {
    html.within_named(
        |html| {
            html.raw("<div><dt>");
            label(html, name);
            html.raw("</dt><dd>");
        },
        "</dd></div>",
        say,
    );
}

/// Writes a status.
fn mark(html: &mut Html, is_loud: bool, write: impl FnOnce(&mut Html)) {
    let open = if is_loud { " <strong class=mark>" } else { " <span class=mark>" };
    html.within(open, if is_loud { "</strong>" } else { "</span>" }, write);
}

/// Writes the codes of a concept, each with what its system calls it where that differs.
pub(super) fn codes(html: &mut Html, concept: Json<'_>) {
    let told = text_of(concept, "text");
    for coding in each(concept.member("coding")).take(CODES) {
        html.within(" <small>", "</small>", |html| {
            if let Some(display) = text_of(coding, "display") {
                let is_told = told.as_ref().is_none_or(|told| told == &display);
                if !is_told {
                    html.text(display.as_str());
                    html.raw(" · ");
                }
            }
            let system = text_of(coding, "system");
            let system = system.as_ref().map_or("", JsonText::as_str);
            if let Some((_, name)) = SYSTEMS.iter().find(|(start, _)| system.starts_with(start)) {
                html.raw(name);
                html.raw(" ");
            }
            if let Some(code) = text_of(coding, "code") {
                html.text(code.as_str());
            }
        });
    }
}

/// Elements that name a record, the most telling first.
const NAMES: [&str; 14] = [
    "code",
    "vaccineCode",
    "medicationCodeableConcept",
    "medicationReference",
    "deviceName",
    "title",
    "description",
    "relationship",
    "name",
    "device",
    "type",
    "category",
    "class",
    "scope",
];

const STATUSES: [&str; 8] = [
    "criticality",
    "clinicalStatus",
    "verificationStatus",
    "status",
    "lifecycleStatus",
    "achievementStatus",
    "severity",
    "docStatus",
];

/// Codes of a status that end what a record tells.
const OVER: [&str; 12] = [
    "inactive",
    "resolved",
    "remission",
    "stopped",
    "cancelled",
    "ended",
    "revoked",
    "rejected",
    "superseded",
    "abandoned",
    "declined",
    "nullified",
];

/// Codes of a status that need no saying.
const EXPECTED: [&str; 6] = ["active", "final", "available", "finished", "current", "registered"];

/// Statuses that nobody may overlook.
const LOUD: [(&str, &str); 5] = [
    ("criticality", "high"),
    ("severity", "severe"),
    ("verificationStatus", "refuted"),
    ("status", "not-done"),
    ("status", "not-taken"),
];

/// What stands elsewhere on the page, in the files only, or is of no use to a reader.
const PASSED_OVER: [&str; 27] = [
    "resourceType",
    "id",
    "meta",
    "text",
    "contained",
    "language",
    "implicitRules",
    "identifier",
    "extension",
    "modifierExtension",
    "doNotPerform",
    "subject",
    "patient",
    "beneficiary",
    "encounter",
    "intent",
    "active",
    "category",
    "scope",
    "note",
    "comment",
    "conclusion",
    "content",
    "presentedForm",
    "photo",
    "data",
    "contentType",
];

/// Code systems by what doctors call them.
const SYSTEMS: [(&str, &str); 9] = [
    ("http://snomed.info/sct", "SNOMED CT"),
    ("http://loinc.org", "LOINC"),
    ("http://hl7.org/fhir/sid/icd-10", "ICD-10"),
    ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "ICD-10-GM"),
    ("http://hl7.org/fhir/sid/icd-9", "ICD-9"),
    ("http://www.nlm.nih.gov/research/umls/rxnorm", "RxNorm"),
    ("http://www.whocc.no/atc", "ATC"),
    ("http://hl7.org/fhir/sid/cvx", "CVX"),
    ("http://standardterms.edqm.eu", "EDQM"),
];

const CODES: usize = 3;

/// Levels of nesting in a record (docs/formats.md 9).
const DEPTH: usize = 64;
