//! What an accounting says in each language.

use crate::words::Language;

/// Everything that is said.
pub(super) struct Phrases {
    pub(super) title: &'static str,
    pub(super) patient: &'static str,
    pub(super) unnamed: &'static str,
    pub(super) time: &'static str,
    pub(super) made: &'static str,
    pub(super) limits: &'static str,
    pub(super) to: &'static str,
    pub(super) nameless: &'static str,
    pub(super) address: &'static str,
    pub(super) voucher: &'static str,
    pub(super) nobody: &'static str,
    pub(super) purpose: &'static str,
    pub(super) what: &'static str,
    /// After a number of further titles.
    pub(super) more: &'static str,
    pub(super) erased: &'static str,
    pub(super) by: &'static str,
    pub(super) consent: &'static str,
    /// Between how often it was, and the last time.
    pub(super) times: &'static str,
    pub(super) none: &'static str,
}

impl Phrases {
    pub(super) const fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &ENGLISH,
            Language::De => &GERMAN,
            Language::Es => &SPANISH,
        }
    }
}

static ENGLISH: Phrases = Phrases {
    title: "What was given to whom",
    patient: "Patient",
    unnamed: "not named in the records",
    time: "Period",
    made: "Made",
    limits: "Listed is everything that this wallet gave in this period; the end is not included. \
             What readers passed on, the wallet cannot know.",
    to: "Given to",
    nameless: "somebody who gives no name",
    address: "Address",
    voucher: "Vouched for by",
    nobody: "nobody",
    purpose: "What for",
    what: "What",
    more: " more",
    erased: "records that the patient has erased since",
    by: "Signed in the patient’s name by",
    consent: "Consent",
    times: " times, the last ",
    none: "Nothing was given in this period.",
};

static GERMAN: Phrases = Phrases {
    title: "Was wem gegeben wurde",
    patient: "Patient",
    unnamed: "in den Befunden nicht genannt",
    time: "Zeitraum",
    made: "Erstellt",
    limits: "Aufgeführt ist alles, was diese Mappe in diesem Zeitraum gegeben hat; das Ende zählt \
             nicht mit. Was jemand weitergegeben hat, kann sie nicht wissen.",
    to: "Gegeben an",
    nameless: "jemanden, der keinen Namen nennt",
    address: "Adresse",
    voucher: "Dafür bürgt",
    nobody: "niemand",
    purpose: "Wofür",
    what: "Was",
    more: " weitere",
    erased: "Befunde, die inzwischen gelöscht wurden",
    by: "Im Namen des Patienten unterschrieben von",
    consent: "Einwilligung",
    times: " Mal, zuletzt am ",
    none: "In diesem Zeitraum wurde nichts gegeben.",
};

static SPANISH: Phrases = Phrases {
    title: "Qué se dio y a quién",
    patient: "Paciente",
    unnamed: "sin nombre en los informes",
    time: "Período",
    made: "Hecho",
    limits: "Aquí está todo lo que esta carpeta dio en este período; el final no se incluye. La \
             carpeta no puede saber lo que otros transmitieron.",
    to: "Dado a",
    nameless: "alguien que no dice su nombre",
    address: "Dirección",
    voucher: "Lo avala",
    nobody: "nadie",
    purpose: "Para qué",
    what: "Qué",
    more: " más",
    erased: "informes que el paciente ha borrado desde entonces",
    by: "Firmado en nombre del paciente por",
    consent: "Consentimiento",
    times: " veces, la última el ",
    none: "En este período no se dio nada.",
};
