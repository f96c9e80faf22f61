//! Patients, their families, and people who work for readers.
//!
//! Whether somebody has a name of the family is known from how the name was made.

use crate::chance::Chance;

/// Somebody who reads.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    /// Made from a name in the patient's record.
    pub(crate) is_family: bool,
}

/// A patient with the people in their record.
pub(crate) struct Family {
    given: &'static str,
    /// The parts of the surname, and what stands before them.
    surname: (&'static str, &'static [&'static str]),
    contact: (&'static str, &'static str),
}

impl Family {
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        Self {
            given: chance.one(&GIVEN),
            surname: chance.one(&SURNAMES),
            contact: (chance.one(&GIVEN), chance.one(&CONTACTS)),
        }
    }

    fn surname(&self) -> String {
        let (particle, parts) = self.surname;
        [particle, &parts.join(" ")].join(" ").trim().to_owned()
    }

    /// Writes the resources that name the family.
    pub(crate) fn resources(&self) -> [String; 2] {
        let (given, surname) = (self.given, self.surname());
        let (contact, theirs) = self.contact;
        [
            format!(
                r#"{{"resourceType":"Patient","name":[{{"family":"{surname}","given":["{given}"]}}],"contact":[{{"name":{{"family":"{theirs}","given":["{contact}"]}}}}]}}"#
            ),
            format!(
                r#"{{"resourceType":"RelatedPerson","name":[{{"text":"Oskar {surname}","family":"{surname}","given":["Oskar"]}}]}}"#
            ),
        ]
    }

    /// Makes somebody with the patient's surname, or a part of it, in one of the ways in which
    /// names are written.
    pub(crate) fn relative(&self, chance: &mut Chance) -> Person {
        let part = chance.one(self.surname.1);
        let other = chance.one(&STAFF);
        let written = match chance.between(0, 7) {
            0 => part.to_owned(),
            1 => spelled(part),
            2 => bare(part),
            3 => part.to_uppercase(),
            4 => format!("{part}-{other}"),
            5 => format!("{other}-{part}"),
            _ => self.surname(),
        };
        let given = chance.one(&GIVEN);
        let name = match chance.between(0, 6) {
            0 => format!("{written}, {given}"),
            1 => format!("Dr. med. {given} {written}"),
            2 => format!("{}. {written}", given.chars().take(1).collect::<String>()),
            3 => format!("{} {given}", written.to_uppercase()),
            4 => format!("Dr. {written}"),
            _ => format!("{given} {written}"),
        };
        Person { name, is_family: true }
    }

    /// Makes the contact that the record names, as a reader.
    pub(crate) fn contact(&self, chance: &mut Chance) -> Person {
        let (given, surname) = self.contact;
        let name = match chance.between(0, 3) {
            0 => format!("{surname}, {given}"),
            1 => format!("Dr. {given} {}", spelled(surname)),
            _ => format!("{given} {surname}"),
        };
        Person { name, is_family: true }
    }

    /// Makes a practice that is named after one of the family.
    pub(crate) fn practice(&self, chance: &mut Chance) -> Person {
        let part = chance.one(self.surname.1);
        let name = match chance.between(0, 3) {
            0 => format!("Praxis Dr. {part}"),
            1 => format!("Apotheke {part}"),
            _ => format!("{part} & {} Pharmacy", chance.one(&STAFF)),
        };
        Person { name, is_family: true }
    }

    /// Makes somebody whose name only resembles one of the family.
    pub(crate) fn near_miss(&self, chance: &mut Chance) -> Person {
        let (_, parts) = self.surname;
        let part = parts.first().copied().unwrap_or_default();
        let staff = chance.one(&STAFF);
        let name = match chance.between(0, 7) {
            // The patient's own given name.
            0 => format!("{} {staff}", self.given),
            // The surname as a given name.
            1 => format!("{part} {staff}"),
            // Longer by an ending.
            2 => format!("{} {part}inger", chance.one(&GIVEN)),
            // The contact's surname, another given name.
            3 => format!("Theodora {}", self.contact.1),
            // The contact's given name.
            4 => format!("{} {staff}", self.contact.0),
            // The same particle.
            5 => format!("Anna {} {staff}", self.surname.0),
            // A place after a preposition.
            _ => format!("Apotheke am {part}"),
        };
        Person { name, is_family: false }
    }

    /// Makes a namesake by chance whom no rule can tell from one of the family.
    pub(crate) fn coincidence(&self, chance: &mut Chance) -> Person {
        let part = self.surname.1.first().copied().unwrap_or_default();
        let name = if chance.once_in(2) {
            format!("Jean {part} {}", chance.one(&STAFF))
        } else {
            format!("Kantonsspital {part}")
        };
        Person { name, is_family: false }
    }
}

/// Makes somebody who has nothing to do with any patient.
pub(crate) fn stranger(chance: &mut Chance) -> Person {
    let (given, surname) = (chance.one(&GIVEN), chance.one(&STAFF));
    let name = match chance.between(0, 4) {
        0 => format!("Dr. med. {given} {surname}"),
        1 => format!("{surname}, {given}"),
        2 => format!("Schwester {given} {surname}"),
        _ => format!("{given} {surname}"),
    };
    Person { name, is_family: false }
}

/// Makes the name of a reader.
pub(crate) fn reader(chance: &mut Chance) -> Person {
    let surname = chance.one(&STAFF);
    let name = match chance.between(0, 6) {
        0 => format!("Praxis Dr. {surname}"),
        1 => format!("Apotheke {surname} AG"),
        2 => "Dialysezentrum Aaretal".to_owned(),
        3 => "Kantonsspital Aarau".to_owned(),
        4 => "Swiss Laboratory Ltd".to_owned(),
        _ => format!("Dr. {} {surname}, Lugano", chance.one(&GIVEN)),
    };
    Person { name, is_family: false }
}

/// Writes umlauts as two letters.
fn spelled(name: &str) -> String {
    let pairs = [("Ö", "Oe"), ("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")];
    pairs.iter().fold(name.to_owned(), |name, (from, to)| name.replace(from, to))
}

/// Leaves accents out.
fn bare(name: &str) -> String {
    let pairs = [
        ("Ö", "O"),
        ("ä", "a"),
        ("ö", "o"),
        ("ü", "u"),
        ("ñ", "n"),
        ("é", "e"),
        ("í", "i"),
        ("ç", "c"),
        ("ß", "ss"),
    ];
    pairs.iter().fold(name.to_owned(), |name, (from, to)| name.replace(from, to))
}

const GIVEN: [&str; 16] = [
    "Núria", "Hans", "Eva", "Luca", "Beatrice", "Jürg", "Aylin", "Mateo", "Chiara", "Noah", "Ida",
    "Rania", "Pavel", "Zoë", "Urs", "Liv",
];

/// Surnames of patients; none is one of the staff's.
const SURNAMES: [(&str, &[&str]); 16] = [
    ("", &["Müller"]),
    ("", &["Peñalver", "Zurbrügg"]),
    ("von", &["Grünigen"]),
    ("", &["Strauß"]),
    ("de la", &["Cruz"]),
    ("", &["García", "Muñoz"]),
    ("", &["Bauer"]),
    ("", &["François"]),
    ("", &["Schönbächler"]),
    ("van", &["Dijk"]),
    ("", &["Okafor"]),
    ("", &["Martin"]),
    ("", &["Weiß"]),
    ("", &["Nguyen"]),
    ("", &["Özdemir"]),
    ("di", &["Lorenzo"]),
];

const CONTACTS: [&str; 6] = ["Odermatt", "Kübler", "Nydegger", "Hösli", "Ferrero", "Tschudi"];

/// Surnames of staff, some of them close to a patient's.
const STAFF: [&str; 22] = [
    "Miller",
    "Möller",
    "Baur",
    "Bächler",
    "Marti",
    "Strasser",
    "Kruz",
    "Dijkstra",
    "Weisser",
    "Camenzind",
    "Aebi",
    "Rohner",
    "Suter",
    "Chen",
    "Fontana",
    "Wyss",
    "Ramseier",
    "Lorenzi",
    "Ozbek",
    "Garcin",
    "Gruber",
    "Frank",
];
