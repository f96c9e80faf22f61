//! English.

use super::{Kept, KeptBy, Phrases};
use crate::consent::{Because, ConsentState, Purpose, RequestState, RequesterClass};
use crate::record::{Category, SensitivityLabel};

pub(super) static PHRASES: Phrases = Phrases {
    quotes: ["“", "”"],
    and: |_| " and ",
    or: " or ",
    vouched: "{name} (vouched for by {voucher})",
    not_vouched: "{name} (a name that nobody vouches for)",
    nameless: "Somebody who gives no name, and for whom nobody vouches,",
    may_read: "{who} may read {what} until {until}, {purpose}.",
    may_read_from: "{who} may read {what} from {from} until {until}, {purpose}.",
    categories: "your {list}",
    every_category: "everything in your record",
    every_category_but_other: "everything in your record except what is of no known kind",
    one_record: "Of these, only the one record that you picked.",
    records: "Of these, only the {count} records that you picked.",
    dated_from: "Of these, only what is of {from} or later, or has no date.",
    dated_to: "Of these, only what is from before {to}, or has no date.",
    dated_between: "Of these, only what is of {from} or later and from before {to}, or has no date.",
    never: "Never what is marked as {list}, and no free text that you have not looked through.",
    one_withheld: "Never the one record that you hold back.",
    withheld: "Never the {count} records that you hold back.",
    nothing_denied: "You hold nothing of it back.",
    erase_by: "Every copy must be erased by {time}.",
    view_only: "They may look, but keep no copy.",
    no_onward: "They may pass nothing on.",
    single_use: "They may open it once.",
    in_name: "{name} signs this for the patient, who has allowed it.",
    reason: "Your reason, which they can read: {reason}.",
    asked: "They asked you for this.",
    unasked: "Nobody asked you for this.",
    months: &crate::words::en::MONTHS,
    date: "{day} {month} {year}",
    no_date: "a day that no calendar has",
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
        Category::Other => "records of no known kind",
        Category::Allergies => "allergies",
        Category::Medications => "medications",
        Category::Conditions => "diagnoses",
        Category::Immunizations => "vaccinations",
        Category::Laboratory => "laboratory results",
        Category::VitalSigns => "vital signs",
        Category::Procedures => "procedures",
        Category::Imaging => "medical images",
        Category::Devices => "medical devices",
        Category::Encounters => "visits",
        Category::Notes => "letters",
        Category::CarePlans => "care plans",
        Category::FamilyHistory => "family history",
        Category::SocialHistory => "way of life",
        Category::Pregnancy => "pregnancies",
        Category::Directives => "living wills",
        Category::Demographics => "personal details",
        Category::Coverage => "insurance",
    }
}

fn label(label: SensitivityLabel) -> &'static str {
    match label {
        SensitivityLabel::MentalHealth => "mental health",
        SensitivityLabel::SubstanceUse => "addiction",
        SensitivityLabel::Hiv => "HIV",
        SensitivityLabel::Std => "sexually transmitted disease",
        SensitivityLabel::SexualHealth => "sexual health",
        SensitivityLabel::Violence => "violence",
        SensitivityLabel::Genetics => "genetics",
    }
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Treatment => "to treat you",
        Purpose::EmergencyTreatment => "to treat you in an emergency",
        Purpose::BreakGlass => "to help you in an emergency in which nobody could ask you",
        Purpose::Payment => "to settle what your care costs",
        Purpose::Research => "for research",
        Purpose::PatientRequest => "because you wish it",
    }
}

fn class(class: RequesterClass) -> &'static str {
    match class {
        RequesterClass::Other => "something else",
        RequesterClass::Clinician => "a doctor or a clinic",
        RequesterClass::Emergency => "an emergency service",
        RequesterClass::Insurer => "an insurer",
        RequesterClass::Researcher => "a research team",
        RequesterClass::School => "a school",
        RequesterClass::Employer => "an employer",
        RequesterClass::Authority => "a public authority",
    }
}

fn because(because: Because) -> &'static str {
    match because {
        Because::Category => "You do not give records of this kind.",
        Because::NotNamed => "You picked other records.",
        Because::Withheld => "You hold this record back.",
        Because::Label => "It is marked as something that you hold back.",
        Because::FreeText => {
            "It holds free text that you have not looked through, and it may speak of what you \
             hold back."
        }
        Because::Date => "Its date lies outside of the dates you chose.",
        Because::Rule => "One of your standing rules holds it back.",
        Because::NotYet => "The consent does not hold yet.",
        Because::Expired => "The consent has ended.",
        Because::Revoked => "You took the consent back.",
    }
}

fn consent_state(state: ConsentState) -> &'static str {
    match state {
        ConsentState::Active => "in force",
        ConsentState::Expired => "ended",
        ConsentState::Revoked => "taken back",
        ConsentState::Used => "used up",
    }
}

fn request_state(state: RequestState) -> &'static str {
    match state {
        RequestState::Requested => "waits for your answer",
        RequestState::Granted => "granted as asked",
        RequestState::Narrowed => "granted in part",
        RequestState::Denied => "refused",
        RequestState::Expired => "ran out unanswered",
    }
}

fn kept_by(by: KeptBy) -> &'static str {
    match by {
        KeptBy::Keys => "Kept by keys: nobody can break it",
        KeptBy::HonestSoftware => "Kept by honest software: the reader's program must play fair",
        KeptBy::Nobody => "Not kept: nothing can prevent it",
    }
}

const KEPT: [Kept; 11] = [
    Kept {
        by: KeptBy::Keys,
        what: "Only the records that you gave can be opened. No key for any other leaves your phone.",
    },
    Kept {
        by: KeptBy::Keys,
        what: "Nothing that leaves your phone says what you held back, or that you held anything back.",
    },
    Kept { by: KeptBy::Keys, what: "Only the reader whom you chose can open what you gave." },
    Kept { by: KeptBy::Keys, what: "Nobody can change what you signed, or sign in your place." },
    Kept {
        by: KeptBy::HonestSoftware,
        what: "After the end, or once they have heard that you took it back, readers open it no more.",
    },
    Kept { by: KeptBy::HonestSoftware, what: "What was given for one use is opened once." },
    Kept {
        by: KeptBy::HonestSoftware,
        what: "Readers keep no copy, pass nothing on and read for no other purpose, where you said so.",
    },
    Kept { by: KeptBy::HonestSoftware, what: "Every copy is erased by the date that you signed." },
    Kept {
        by: KeptBy::Nobody,
        what: "What was read, copied or photographed cannot be called back.",
    },
    Kept {
        by: KeptBy::Nobody,
        what: "A reader who breaks their word can pass on what they opened.",
    },
    Kept {
        by: KeptBy::Nobody,
        what: "Names, dates and numbers inside the records can show two readers that both know you.",
    },
];
