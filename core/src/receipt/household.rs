//! Whether a reader may be family: by the names in the patient's own record.
//!
//! Staff who look up relatives are the commonest misuse of a record, and the names are all that a
//! receipt tells of it. A surname is compared without regard to case, accents, umlauts, hyphens and
//! particles; whoever else the record names is recognised by the full name. A match says: look.
//! Rules and what they cannot see: docs/reconcile.md.

use std::fmt;

use zeroize::Zeroizing;

use crate::record::json::{Json, JsonText};
use crate::record::limits::Limits;
use crate::record::text::{folded, push};
use crate::record::{RecordError, Text};

/// The names of a patient and of the people whom the record names beside them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Household {
    /// Parts of the patient's surnames.
    families: Vec<Text>,
    people: Vec<Person>,
}

#[derive(Clone, PartialEq, Eq)]
struct Person {
    given: Vec<Text>,
    family: Vec<Text>,
}

impl Household {
    /// Takes the names in a FHIR resource: of a Patient and the contacts in it, or of a
    /// RelatedPerson; any other resource names nobody.
    ///
    /// # Errors
    /// [`RecordError::Malformed`] or [`RecordError::TooDeep`] for broken JSON.
    pub fn take(&mut self, resource: &str) -> Result<(), RecordError> {
        let root = Json::parse(resource, Limits::default().depth)?;
        let kind = root.member("resourceType").and_then(Json::text);
        match kind.as_ref().map(JsonText::as_str) {
            Some("Patient") => {
                for name in list(root, "name") {
                    self.families.extend(family(name));
                    self.families.truncate(MOST);
                }
                for contact in list(root, "contact") {
                    self.add(contact.member("name"));
                }
            }
            Some("RelatedPerson") => list(root, "name").for_each(|name| self.add(Some(name))),
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, name: Option<Json<'_>>) {
        let Some(name) = name else { return };
        let given: Vec<Text> =
            list(name, "given").filter_map(Json::text).flat_map(|it| parts(it.as_str())).collect();
        let person = match given.as_slice() {
            [] => name
                .member("text")
                .and_then(Json::text)
                .and_then(|text| Person::read(text.as_str())),
            _ => Some(Person { given, family: family(name) }),
        };
        if let Some(person) = person.filter(|it| !it.family.is_empty())
            && self.people.len() < MOST
        {
            self.people.push(person);
        }
    }

    /// Says whether somebody of this name may be of the patient's family or household.
    #[must_use]
    pub fn has_person(&self, name: &str) -> bool {
        let words = Words::of(name);
        let surnames = words.surnames();
        self.families.iter().any(|family| surnames.contains(&family)) || self.knows(&words)
    }

    /// Says whether a reader of this name, a person or a practice named after one, may be of the
    /// patient's family or household.
    #[must_use]
    pub fn has_reader(&self, name: &str) -> bool {
        let words = Words::of(name);
        if !words.is_practice {
            return self.has_person(name);
        }
        let all: Vec<&Text> = words.words.iter().flat_map(|word| &word.parts).collect();
        self.families.iter().any(|family| all.contains(&family)) || self.knows(&words)
    }

    /// Says whether the words hold a given name and a surname of somebody whom the record names.
    fn knows(&self, words: &Words) -> bool {
        let all: Vec<&Text> = words.words.iter().flat_map(|word| &word.parts).collect();
        self.people.iter().any(|person| {
            all.iter().enumerate().any(|(at, given)| {
                let is_given = person.given.iter().any(|own| is_one(own.as_str(), given.as_str()));
                let mut others = all.iter().enumerate().filter(|(other, _)| *other != at);
                is_given && others.any(|(_, part)| person.family.contains(part))
            })
        })
    }
}

impl fmt::Debug for Household {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Household(..)")
    }
}

impl Person {
    /// Reads a name that is one text.
    fn read(text: &str) -> Option<Self> {
        let words = Words::of(text);
        let (first, _) = words.words.split_first()?;
        let family: Vec<Text> = words.surnames().into_iter().cloned().collect();
        let given: Vec<Text> = words.words.iter().flat_map(|word| &word.parts).cloned().collect();
        let given = if words.words.len() > 1 && !family.contains(first.parts.first()?) {
            first.parts.clone()
        } else {
            given
        };
        Some(Self { given, family })
    }
}

/// Says whether two given names are one, of which either may be an initial.
fn is_one(one: &str, other: &str) -> bool {
    let is_initial = one.chars().count() == 1 || other.chars().count() == 1;
    one == other || is_initial && one.chars().next() == other.chars().next()
}

/// A name in its words, without titles.
struct Words {
    words: Vec<Word>,
    /// What stands before a comma, where there is one.
    before_comma: Option<usize>,
    is_titled: bool,
    is_practice: bool,
}

struct Word {
    parts: Vec<Text>,
    is_upper: bool,
}

impl Words {
    fn of(name: &str) -> Self {
        let mut found =
            Self { words: Vec::new(), before_comma: None, is_titled: false, is_practice: false };
        let mut is_place = false;
        for word in name.split_whitespace().take(MOST) {
            let bare = folded(word);
            let is_preposition = PREPOSITIONS.contains(&bare.as_str());
            let is_title = TITLES.contains(&bare.as_str());
            let is_practice = PRACTICES.iter().any(|end| bare.as_str().ends_with(end))
                || COMPANIES.contains(&bare.as_str());
            found.is_titled |= is_title;
            found.is_practice |= is_practice;
            if !(is_preposition || is_title || is_practice || is_place) {
                let parts = parts(word);
                let is_upper = word.chars().filter(|c| c.is_alphabetic()).count() > 1
                    && !word.chars().any(char::is_lowercase);
                if !parts.is_empty() {
                    found.words.push(Word { parts, is_upper });
                }
            }
            is_place = is_preposition;
            if word.ends_with(',') && found.before_comma.is_none() && !found.words.is_empty() {
                found.before_comma = Some(found.words.len());
            }
        }
        found
    }

    /// Gives what may be surnames in the name of a person, however it is ordered: the given name
    /// first, or last after a comma, or last after a surname in capitals, or an initial.
    fn surnames(&self) -> Vec<&Text> {
        let (before, _) = self
            .words
            .split_at_checked(self.before_comma.unwrap_or(usize::MAX))
            .unwrap_or((&self.words, &[]));
        let upper = before.iter().filter(|word| word.is_upper);
        let is_mixed = before.iter().any(|word| !word.is_upper && !word.is_initial());
        let chosen: Vec<&Word> = if is_mixed && upper.clone().next().is_some() {
            upper.collect()
        } else {
            match before {
                [first @ .., last] if last.is_initial() && !first.is_empty() => {
                    first.iter().collect()
                }
                [_, rest @ ..]
                    if !rest.is_empty() && (self.before_comma.is_none() || self.is_titled) =>
                {
                    rest.iter().collect()
                }
                all => all.iter().collect(),
            }
        };
        chosen.into_iter().flat_map(|word| &word.parts).collect()
    }
}

impl Word {
    fn is_initial(&self) -> bool {
        matches!(self.parts.as_slice(), [part] if part.as_str().chars().count() == 1)
    }
}

/// Gives the parts of a surname of a FHIR HumanName: of `family`, or else of its `text`.
fn family(name: Json<'_>) -> Vec<Text> {
    let text = |key| name.member(key).and_then(Json::text);
    match (text("family"), text("text")) {
        (Some(family), _) => family_parts(family.as_str()),
        (None, Some(text)) => Words::of(text.as_str()).surnames().into_iter().cloned().collect(),
        (None, None) => Vec::new(),
    }
}

fn family_parts(family: &str) -> Vec<Text> {
    let all = || family.split_whitespace().flat_map(parts);
    let named: Vec<Text> = all().filter(|part| !PARTICLES.contains(&part.as_str())).collect();
    if named.is_empty() { all().collect() } else { named }
}

/// Gives the parts of a word, without particles where more is left: hyphens part, apostrophes do
/// not.
fn parts(word: &str) -> Vec<Text> {
    let pieces = word.split(['-', '\u{2010}', '\u{2011}', '\u{2013}']);
    pieces.map(letters).filter(|part| !part.as_str().is_empty()).collect()
}

/// Folds a part of a name: only its letters, and what an umlaut may be written as is one letter.
fn letters(word: &str) -> Text {
    let mut bare = Zeroizing::new(String::with_capacity(word.len()));
    for letter in word.chars().filter(|letter| !APOSTROPHES.contains(letter)) {
        push(&mut bare, letter.encode_utf8(&mut [0; 4]));
    }
    let bare = folded(&bare);
    let mut out = Zeroizing::new(String::with_capacity(bare.as_str().len().saturating_mul(2)));
    for letter in bare.as_str().chars() {
        match letter {
            'æ' => push(&mut out, "a"),
            'ø' | 'œ' => push(&mut out, "o"),
            'ł' => push(&mut out, "l"),
            'đ' | 'ð' => push(&mut out, "d"),
            'ı' => push(&mut out, "i"),
            'þ' => push(&mut out, "th"),
            'e' if ends_like_an_umlaut(&out) => {}
            other => push(&mut out, other.encode_utf8(&mut [0; 4])),
        }
    }
    Text::from(out)
}

/// Says whether an e would make an umlaut of what stands before it: not after another vowel, as in
/// Bauer, nor after a q.
fn ends_like_an_umlaut(text: &str) -> bool {
    let mut back = text.chars().rev();
    let (last, before) = (back.next(), back.next());
    matches!(last, Some('a' | 'o' | 'u'))
        && !matches!(before, Some('a' | 'e' | 'i' | 'o' | 'u' | 'q'))
}

fn list<'a>(value: Json<'a>, key: &str) -> impl Iterator<Item = Json<'a>> {
    value.member(key).and_then(Json::array).into_iter().flatten()
}

const APOSTROPHES: [char; 4] = ['\'', '\u{2019}', '\u{2bc}', '`'];

/// Names of one kind that are kept, and words of a name that are read.
const MOST: usize = 256;

/// Parts of a surname that many share.
const PARTICLES: [&str; 38] = [
    "von", "vom", "van", "der", "den", "dem", "de", "del", "della", "delle", "di", "da", "das",
    "do", "dos", "du", "des", "la", "las", "le", "les", "los", "lo", "zu", "zum", "zur", "ter",
    "ten", "te", "af", "av", "al", "el", "bin", "ibn", "ben", "y", "i",
];

const TITLES: [&str; 62] = [
    "dr",
    "dres",
    "dra",
    "drs",
    "med",
    "dent",
    "vet",
    "phil",
    "pharm",
    "rer",
    "nat",
    "hc",
    "h c",
    "prof",
    "pd",
    "priv",
    "doz",
    "dipl",
    "lic",
    "mag",
    "md",
    "m d",
    "phd",
    "ph d",
    "do",
    "rn",
    "np",
    "pa",
    "msc",
    "bsc",
    "mph",
    "mba",
    "fmh",
    "mr",
    "mrs",
    "ms",
    "mx",
    "miss",
    "sir",
    "herr",
    "frau",
    "hr",
    "fr",
    "sr",
    "sra",
    "srta",
    "don",
    "dona",
    "schwester",
    "pfleger",
    "nurse",
    "doctor",
    "doctora",
    "doktor",
    "arzt",
    "arztin",
    "oberarzt",
    "oberarztin",
    "chefarzt",
    "jr",
    "jun",
    "sen",
];

/// Ends of words that say that a name is a practice's.
const PRACTICES: [&str; 36] = [
    "praxis",
    "klinik",
    "spital",
    "spitaler",
    "krankenhaus",
    "apotheke",
    "labor",
    "labore",
    "zentrum",
    "versicherung",
    "krankenkasse",
    "kasse",
    "universitat",
    "institut",
    "stiftung",
    "ambulatorium",
    "dialyse",
    "register",
    "hospital",
    "clinic",
    "clinics",
    "pharmacy",
    "laboratory",
    "laboratories",
    "center",
    "centre",
    "insurance",
    "university",
    "institute",
    "clinica",
    "farmacia",
    "laboratorio",
    "centro",
    "seguros",
    "clinique",
    "pharmacie",
];

const COMPANIES: [&str; 12] =
    ["ag", "gmbh", "mvz", "ltd", "inc", "llc", "sa", "sl", "co", "kg", "practice", "surgery"];

/// Words after which a place stands, not a person.
const PREPOSITIONS: [&str; 13] =
    ["am", "an", "im", "in", "bei", "beim", "at", "of", "fur", "for", "para", "en", "ob"];

#[cfg(test)]
mod tests {
    use super::*;

    fn household(families: &[&str]) -> Household {
        let mut household = Household::default();
        for family in families {
            let json = format!(r#"{{"resourceType":"Patient","name":[{{"family":"{family}"}}]}}"#);
            household.take(&json).unwrap();
        }
        household
    }

    #[test]
    fn a_surname_is_known_however_it_is_written() {
        for (family, person) in [
            ("Müller", "Hans Müller"),
            ("Müller", "Dr. med. Hans MUELLER"),
            ("Mueller", "Hans Muller"),
            ("Muller", "MÜLLER Hans"),
            ("Müller", "Müller, Hans"),
            ("Müller", "Müller H."),
            ("Müller", "H. Müller"),
            ("Müller", "Dr. Müller"),
            ("Müller-Weber", "Eva Weber"),
            ("Weber", "Eva Müller-Weber"),
            ("Peñalver Zurbrügg", "Aitana Penalver"),
            ("Peñalver Zurbrügg", "Prof. Dr. U. Zurbruegg, Bern"),
            ("von Arx", "Eva Arx"),
            ("Arx", "Eva von Arx"),
            ("de la Cruz", "Ana Cruz"),
            ("O'Brien", "Mary OBrien"),
            ("Łukasik", "Jan Lukasik"),
            ("Strauß", "Eva Strauss"),
            ("Sørensen", "Bo Soerensen"),
            ("Le", "Linh Le"),
            ("Goethe", "Eva Göthe"),
        ] {
            assert!(household(&[family]).has_person(person), "{family}: {person}");
        }
    }

    #[test]
    fn another_name_is_not_taken_for_it() {
        for (family, person) in [
            ("Martin", "Martin Weber"),
            ("Peter", "Hans-Peter Weber"),
            ("Müller", "Hans Miller"),
            ("Meier", "Eva Meyer"),
            ("Bauer", "Eva Baur"),
            ("von Arx", "Eva von Allmen"),
            ("de la Cruz", "Ana de la Fuente"),
            ("Lugano", "Dr. Mei Chen, Lugano"),
            ("Weber", "Eva Weberling"),
            ("Med", "Dr. med. Eva Roth"),
        ] {
            assert!(!household(&[family]).has_person(person), "{family}: {person}");
        }
        assert!(!Household::default().has_person("Eva Roth"));
    }

    #[test]
    fn a_practice_is_named_after_somebody_or_after_a_place() {
        for (family, reader, is_so) in [
            ("Keller", "Praxis Dr. Keller", true),
            ("Keller", "Apotheke Keller AG", true),
            ("Keller", "Gemeinschaftspraxis Roth & Keller", true),
            ("Keller", "Dr. Eva Keller", true),
            ("Bach", "Apotheke am Bach", false),
            ("Thun", "Spital in Thun", false),
            ("Praxis", "Praxis Dr. Roth", false),
            ("Clinic", "Swiss Clinic", false),
        ] {
            assert_eq!(household(&[family]).has_reader(reader), is_so, "{family}: {reader}");
        }
    }

    #[test]
    fn whoever_else_the_record_names_is_known_by_the_full_name() {
        let mut household = household(&["Keller"]);
        household
            .take(
                r#"{"resourceType":"Patient","contact":[
                    {"name":{"family":"Odermatt","given":["Beatrice","Maria"]}},
                    {"name":{"text":"Jürg von Allmen"}}, {"name":{"text":"Mama"}}, {}]}"#,
            )
            .unwrap();
        household
            .take(r#"{"resourceType":"RelatedPerson","name":[{"family":"Nydegger Roth","given":["Liam"]}]}"#)
            .unwrap();
        household
            .take(r#"{"resourceType":"Practitioner","name":[{"family":"Suter","given":["Eva"]}]}"#)
            .unwrap();
        for name in [
            "Beatrice Odermatt",
            "Odermatt, Beatrice",
            "B. Odermatt",
            "Dr. Maria Odermatt",
            "Juerg von Allmen",
            "Liam Roth",
            "NYDEGGER Liam",
        ] {
            assert!(household.has_person(name) && household.has_reader(name), "{name}");
        }
        for name in
            ["Beat Odermatt", "Odermatt", "Beatrice Suter", "Eva Suter", "Liam Liam", "Mama"]
        {
            assert!(!household.has_person(name), "{name}");
        }
    }

    #[test]
    fn whatever_a_record_or_a_receipt_says_is_no_trouble() {
        let mut household = Household::default();
        assert!(household.take("{").is_err());
        for json in [
            "{}",
            r#"{"resourceType":"Patient","name":"x"}"#,
            r#"{"resourceType":"Patient","name":[{"family":7},{"family":""},{}]}"#,
            r#"{"resourceType":"RelatedPerson","name":[{"given":["",null],"text":","}]}"#,
        ] {
            household.take(json).unwrap();
        }
        assert_eq!(household, Household::default());
        for name in ["", ",", ", ,", "-", "'", "Dr.", "von", "\u{301}"] {
            assert!(!household.has_person(name) && !household.has_reader(name), "{name}");
        }
        assert_eq!(format!("{household:?}"), "Household(..)");
    }
}
