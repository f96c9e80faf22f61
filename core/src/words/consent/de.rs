//! German.

use super::{Kept, KeptBy, Phrases};
use crate::consent::{Because, ConsentState, Purpose, RequestState, RequesterClass};
use crate::record::{Category, SensitivityLabel};

pub(super) static PHRASES: Phrases = Phrases {
    quotes: ["„", "“"],
    and: |_| " und ",
    or: " oder ",
    vouched: "{name} (dafür bürgt {voucher})",
    not_vouched: "{name} (für diesen Namen bürgt niemand)",
    nameless: "Jemand, der keinen Namen nennt und für den niemand bürgt,",
    may_read: "{who} darf bis zum {until} {what} lesen, {purpose}.",
    may_read_from: "{who} darf vom {from} bis zum {until} {what} lesen, {purpose}.",
    categories: "Ihre {list}",
    every_category: "alles in Ihrer Mappe",
    every_category_but_other: "alles in Ihrer Mappe außer Befunden unbekannter Art",
    one_record: "Davon nur den einen Befund, den Sie ausgewählt haben.",
    records: "Davon nur die {count} Befunde, die Sie ausgewählt haben.",
    dated_from: "Davon nur, was vom {from} oder später ist oder kein Datum hat.",
    dated_to: "Davon nur, was von vor dem {to} ist oder kein Datum hat.",
    dated_between: "Davon nur, was vom {from} oder später und von vor dem {to} ist oder kein Datum hat.",
    never: "Niemals, was als {list} gekennzeichnet ist, und keinen freien Text, den Sie nicht \
            durchgesehen haben.",
    one_withheld: "Niemals den einen Befund, den Sie zurückhalten.",
    withheld: "Niemals die {count} Befunde, die Sie zurückhalten.",
    nothing_denied: "Sie halten davon nichts zurück.",
    erase_by: "Jede Kopie muss bis zum {time} gelöscht sein.",
    view_only: "Nur ansehen, keine Kopie behalten.",
    no_onward: "Nichts weitergeben.",
    single_use: "Nur ein einziges Mal öffnen.",
    in_name: "{name} unterschreibt das im Namen der Patientin oder des Patienten und darf das.",
    reason: "Ihr Grund, der mitgeteilt wird: {reason}.",
    asked: "Sie wurden darum gebeten.",
    unasked: "Niemand hat Sie darum gebeten.",
    months: &crate::words::de::MONTHS,
    date: "{day}. {month} {year}",
    no_date: "Tag, den kein Kalender hat",
    category,
    label,
    purpose,
    class,
    because,
    consent_state,
    request_state,
    kept: &KEPT,
    kept_by,
};

fn category(category: Category) -> &'static str {
    match category {
        Category::Other => "Befunde unbekannter Art",
        Category::Allergies => "Allergien",
        Category::Medications => "Medikamente",
        Category::Conditions => "Diagnosen",
        Category::Immunizations => "Impfungen",
        Category::Laboratory => "Laborwerte",
        Category::VitalSigns => "Vitalwerte",
        Category::Procedures => "Eingriffe",
        Category::Imaging => "Bildaufnahmen",
        Category::Devices => "Medizinprodukte",
        Category::Encounters => "Arzt- und Klinikbesuche",
        Category::Notes => "Arztbriefe",
        Category::CarePlans => "Behandlungspläne",
        Category::FamilyHistory => "Familiengeschichte",
        Category::SocialHistory => "Lebensumstände",
        Category::Pregnancy => "Schwangerschaften",
        Category::Directives => "Patientenverfügungen",
        Category::Demographics => "Angaben zur Person",
        Category::Coverage => "Versicherung",
    }
}

fn label(label: SensitivityLabel) -> &'static str {
    match label {
        SensitivityLabel::MentalHealth => "seelische Gesundheit",
        SensitivityLabel::SubstanceUse => "Sucht",
        SensitivityLabel::Hiv => "HIV",
        SensitivityLabel::Std => "sexuell übertragbare Krankheit",
        SensitivityLabel::SexualHealth => "Sexualität",
        SensitivityLabel::Violence => "Gewalt",
        SensitivityLabel::Genetics => "Erbanlagen",
    }
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Treatment => "um Sie zu behandeln",
        Purpose::EmergencyTreatment => "um Sie in einem Notfall zu behandeln",
        Purpose::BreakGlass => {
            "um Ihnen in einem Notfall zu helfen, in dem niemand Sie fragen konnte"
        }
        Purpose::Payment => "um die Kosten Ihrer Behandlung abzurechnen",
        Purpose::Research => "für die Forschung",
        Purpose::PatientRequest => "weil Sie es wünschen",
    }
}

fn class(class: RequesterClass) -> &'static str {
    match class {
        RequesterClass::Other => "etwas anderes",
        RequesterClass::Clinician => "eine Praxis oder Klinik",
        RequesterClass::Emergency => "ein Rettungsdienst",
        RequesterClass::Insurer => "eine Versicherung",
        RequesterClass::Researcher => "eine Forschungsgruppe",
        RequesterClass::School => "eine Schule",
        RequesterClass::Employer => "ein Arbeitgeber",
        RequesterClass::Authority => "eine Behörde",
    }
}

fn because(because: Because) -> &'static str {
    match because {
        Because::Category => "Befunde dieser Art geben Sie nicht.",
        Because::NotNamed => "Sie haben andere Befunde ausgewählt.",
        Because::Withheld => "Sie halten diesen Befund zurück.",
        Because::Label => "Er ist mit etwas gekennzeichnet, das Sie zurückhalten.",
        Because::FreeText => {
            "Er enthält freien Text, den Sie nicht durchgesehen haben und der von dem sprechen \
             kann, was Sie zurückhalten."
        }
        Because::Date => "Sein Datum liegt außerhalb der Zeit, die Sie gewählt haben.",
        Because::Rule => "Eine Ihrer dauernden Regeln hält ihn zurück.",
        Because::NotYet => "Die Einwilligung gilt noch nicht.",
        Because::Expired => "Die Einwilligung ist abgelaufen.",
        Because::Revoked => "Sie haben die Einwilligung widerrufen.",
    }
}

fn consent_state(state: ConsentState) -> &'static str {
    match state {
        ConsentState::Active => "gilt",
        ConsentState::Expired => "abgelaufen",
        ConsentState::Revoked => "widerrufen",
        ConsentState::Used => "verbraucht",
    }
}

fn request_state(state: RequestState) -> &'static str {
    match state {
        RequestState::Requested => "wartet auf Ihre Antwort",
        RequestState::Granted => "gewährt wie erbeten",
        RequestState::Narrowed => "zum Teil gewährt",
        RequestState::Denied => "abgelehnt",
        RequestState::Expired => "ohne Antwort abgelaufen",
    }
}

fn kept_by(by: KeptBy) -> &'static str {
    match by {
        KeptBy::Keys => "Von Schlüsseln gehalten: niemand kann es brechen",
        KeptBy::HonestSoftware => {
            "Von ehrlicher Software gehalten: das Programm der Gegenseite muss sich daran halten"
        }
        KeptBy::Nobody => "Nicht gehalten: nichts kann es verhindern",
    }
}

const KEPT: [Kept; 11] = [
    Kept {
        by: KeptBy::Keys,
        what: "Nur die Befunde, die Sie gegeben haben, lassen sich öffnen. Kein Schlüssel zu einem \
               anderen verlässt Ihr Telefon.",
    },
    Kept {
        by: KeptBy::Keys,
        what: "Nichts, was Ihr Telefon verlässt, sagt, was Sie zurückhalten oder dass Sie etwas \
               zurückhalten.",
    },
    Kept {
        by: KeptBy::Keys,
        what: "Nur wen Sie gewählt haben, kann öffnen, was Sie gegeben haben.",
    },
    Kept {
        by: KeptBy::Keys,
        what: "Niemand kann ändern, was Sie unterschrieben haben, oder an Ihrer Stelle \
               unterschreiben.",
    },
    Kept {
        by: KeptBy::HonestSoftware,
        what: "Nach dem Ende, oder sobald Ihr Widerruf angekommen ist, wird nichts mehr geöffnet.",
    },
    Kept {
        by: KeptBy::HonestSoftware,
        what: "Was für ein einziges Mal gegeben wurde, wird einmal geöffnet.",
    },
    Kept {
        by: KeptBy::HonestSoftware,
        what: "Wo Sie es so gesagt haben, wird keine Kopie behalten, nichts weitergegeben und zu \
               keinem anderen Zweck gelesen.",
    },
    Kept {
        by: KeptBy::HonestSoftware,
        what: "Jede Kopie wird bis zu dem Tag gelöscht, den Sie unterschrieben haben.",
    },
    Kept {
        by: KeptBy::Nobody,
        what: "Was gelesen, kopiert oder fotografiert wurde, lässt sich nicht zurückrufen.",
    },
    Kept {
        by: KeptBy::Nobody,
        what: "Wer sein Wort bricht, kann weitergeben, was er geöffnet hat.",
    },
    Kept {
        by: KeptBy::Nobody,
        what: "Namen, Daten und Nummern in den Befunden können zweien zeigen, dass beide Sie kennen.",
    },
];
