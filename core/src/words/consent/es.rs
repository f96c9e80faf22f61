//! Spanish.

use super::{Kept, KeptBy, Phrases};
use crate::consent::{Because, ConsentState, Purpose, RequestState, RequesterClass};
use crate::record::{Category, SensitivityLabel};

pub(super) static PHRASES: Phrases = Phrases {
    quotes: ["«", "»"],
    // Before the sound of an i, «y» becomes «e».
    and: |next| if next.starts_with('i') { " e " } else { " y " },
    or: " o ",
    vouched: "{name} (lo avala {voucher})",
    not_vouched: "{name} (un nombre que nadie avala)",
    nameless: "Alguien que no da su nombre y a quien nadie avala",
    may_read: "{who} puede leer {what} hasta el {until}, {purpose}.",
    may_read_from: "{who} puede leer {what} desde el {from} hasta el {until}, {purpose}.",
    categories: "sus {list}",
    every_category: "todo lo que hay en su carpeta",
    every_category_but_other: "todo lo que hay en su carpeta salvo lo de tipo desconocido",
    one_record: "De ello, solo el documento que usted eligió.",
    records: "De ello, solo los {count} documentos que usted eligió.",
    dated_from: "De ello, solo lo que es del {from} o posterior, o no tiene fecha.",
    dated_to: "De ello, solo lo que es anterior al {to}, o no tiene fecha.",
    dated_between: "De ello, solo lo que es del {from} o posterior y anterior al {to}, o no tiene fecha.",
    never: "Nunca lo marcado como {list}, ni texto libre que usted no haya revisado.",
    one_withheld: "Nunca el documento que usted se reserva.",
    withheld: "Nunca los {count} documentos que usted se reserva.",
    nothing_denied: "Usted no se reserva nada de ello.",
    erase_by: "Toda copia debe estar borrada antes del {time}.",
    view_only: "Solo mirar, sin guardar copia.",
    no_onward: "Sin pasar nada a otros.",
    single_use: "Se puede abrir una sola vez.",
    in_name: "{name} firma esto en nombre del paciente, que lo ha permitido.",
    reason: "Su motivo, que podrán leer: {reason}.",
    asked: "Se lo pidieron a usted.",
    unasked: "Nadie se lo pidió a usted.",
    months: &crate::words::es::MONTHS,
    date: "{day} de {month} de {year}",
    no_date: "día que ningún calendario tiene",
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
        Category::Other => "documentos de tipo desconocido",
        Category::Allergies => "alergias",
        Category::Medications => "medicamentos",
        Category::Conditions => "diagnósticos",
        Category::Immunizations => "vacunas",
        Category::Laboratory => "resultados de laboratorio",
        Category::VitalSigns => "signos vitales",
        Category::Procedures => "intervenciones",
        Category::Imaging => "imágenes médicas",
        Category::Devices => "dispositivos médicos",
        Category::Encounters => "visitas médicas",
        Category::Notes => "informes",
        Category::CarePlans => "planes de tratamiento",
        Category::FamilyHistory => "antecedentes familiares",
        Category::SocialHistory => "hábitos de vida",
        Category::Pregnancy => "embarazos",
        Category::Directives => "voluntades anticipadas",
        Category::Demographics => "datos personales",
        Category::Coverage => "seguros",
    }
}

fn label(label: SensitivityLabel) -> &'static str {
    match label {
        SensitivityLabel::MentalHealth => "salud mental",
        SensitivityLabel::SubstanceUse => "adicción",
        SensitivityLabel::Hiv => "VIH",
        SensitivityLabel::Std => "enfermedad de transmisión sexual",
        SensitivityLabel::SexualHealth => "salud sexual",
        SensitivityLabel::Violence => "violencia",
        SensitivityLabel::Genetics => "genética",
    }
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Treatment => "para tratarle",
        Purpose::EmergencyTreatment => "para tratarle en una urgencia",
        Purpose::BreakGlass => {
            "para ayudarle en una urgencia en la que nadie pudo preguntarle a usted"
        }
        Purpose::Payment => "para liquidar lo que cuesta su atención",
        Purpose::Research => "para la investigación",
        Purpose::PatientRequest => "porque usted lo desea",
    }
}

fn class(class: RequesterClass) -> &'static str {
    match class {
        RequesterClass::Other => "otra cosa",
        RequesterClass::Clinician => "una consulta o una clínica",
        RequesterClass::Emergency => "un servicio de urgencias",
        RequesterClass::Insurer => "una aseguradora",
        RequesterClass::Researcher => "un grupo de investigación",
        RequesterClass::School => "una escuela",
        RequesterClass::Employer => "una empresa que le da trabajo",
        RequesterClass::Authority => "una autoridad pública",
    }
}

fn because(because: Because) -> &'static str {
    match because {
        Because::Category => "Usted no entrega documentos de este tipo.",
        Because::NotNamed => "Usted eligió otros documentos.",
        Because::Withheld => "Usted se reserva este documento.",
        Because::Label => "Está marcado como algo que usted se reserva.",
        Because::FreeText => {
            "Contiene texto libre que usted no ha revisado y que puede hablar de lo que usted se \
             reserva."
        }
        Because::Date => "Su fecha queda fuera de las fechas que usted eligió.",
        Because::Rule => "Una de sus reglas permanentes lo reserva.",
        Because::NotYet => "El consentimiento todavía no vale.",
        Because::Expired => "El consentimiento ha terminado.",
        Because::Revoked => "Usted revocó el consentimiento.",
    }
}

fn consent_state(state: ConsentState) -> &'static str {
    match state {
        ConsentState::Active => "vigente",
        ConsentState::Expired => "terminado",
        ConsentState::Revoked => "revocado",
        ConsentState::Used => "usado",
    }
}

fn request_state(state: RequestState) -> &'static str {
    match state {
        RequestState::Requested => "espera su respuesta",
        RequestState::Granted => "concedida como se pidió",
        RequestState::Narrowed => "concedida en parte",
        RequestState::Denied => "rechazada",
        RequestState::Expired => "caducó sin respuesta",
    }
}

fn kept_by(by: KeptBy) -> &'static str {
    match by {
        KeptBy::Keys => "Lo aseguran las llaves: nadie puede romperlo",
        KeptBy::HonestSoftware => {
            "Lo asegura un programa honrado: el del lector tiene que respetarlo"
        }
        KeptBy::Nobody => "No está asegurado: nada puede impedirlo",
    }
}

const KEPT: [Kept; 11] = [
    Kept {
        by: KeptBy::Keys,
        what: "Solo se pueden abrir los documentos que usted entregó. Ninguna llave de otros sale \
               de su teléfono.",
    },
    Kept {
        by: KeptBy::Keys,
        what: "Nada de lo que sale de su teléfono dice qué se reservó usted, ni que se reservó algo.",
    },
    Kept { by: KeptBy::Keys, what: "Solo quien usted eligió puede abrir lo que usted entregó." },
    Kept { by: KeptBy::Keys, what: "Nadie puede cambiar lo que usted firmó ni firmar por usted." },
    Kept {
        by: KeptBy::HonestSoftware,
        what: "Pasado el plazo, o en cuanto les llega que usted lo revocó, ya no se abre.",
    },
    Kept {
        by: KeptBy::HonestSoftware,
        what: "Lo entregado para una sola vez se abre una sola vez.",
    },
    Kept {
        by: KeptBy::HonestSoftware,
        what: "Donde usted lo dijo, no se guarda copia, no se pasa nada a otros y no se lee para \
               otra cosa.",
    },
    Kept {
        by: KeptBy::HonestSoftware, what: "Toda copia se borra antes del día que usted firmó."
    },
    Kept {
        by: KeptBy::Nobody, what: "Lo leído, copiado o fotografiado no se puede hacer volver."
    },
    Kept {
        by: KeptBy::Nobody, what: "Quien falta a su palabra puede pasar a otros lo que abrió."
    },
    Kept {
        by: KeptBy::Nobody,
        what: "Nombres, fechas y números dentro de los documentos pueden mostrar a dos lectores \
               que ambos le conocen.",
    },
];
