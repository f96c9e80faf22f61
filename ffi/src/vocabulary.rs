//! The words of the wallet as they cross: the core's own enums, so that a new one is seen here.

mod afterwards;
mod log;

use patient_wallet::consent::{
    Because, ConsentState, Purpose, RequestState, RequesterClass, Standing,
};
use patient_wallet::keys::WordCount;
use patient_wallet::record::{AuthoredKind, Category, SensitivityLabel};
use patient_wallet::session::{ExportFormat, Replace, Way};
use patient_wallet::words::{KeptBy, Language};

pub use afterwards::ReceiptAct;

/// Names one category of records.
#[uniffi::remote(Enum)]
pub enum Category {
    /// Released only when named, never by a preset.
    Other,
    /// Allergies and intolerances.
    Allergies,
    /// Medicines prescribed, given or taken.
    Medications,
    /// Problems, diagnoses, alerts.
    Conditions,
    /// Vaccinations.
    Immunizations,
    /// Laboratory results.
    Laboratory,
    /// Blood pressure, weight and other signs.
    VitalSigns,
    /// Operations and other procedures.
    Procedures,
    /// Pictures and what they show.
    Imaging,
    /// Implants and aids.
    Devices,
    /// Visits, stays, appointments.
    Encounters,
    /// Letters, reports, messages: anything told in free text.
    Notes,
    /// Plans, goals, orders.
    CarePlans,
    /// Diseases of relatives.
    FamilyHistory,
    /// Smoking, work, living.
    SocialHistory,
    /// Pregnancies and their outcome.
    Pregnancy,
    /// Living wills and consents.
    Directives,
    /// Name, address, relatives.
    Demographics,
    /// Insurance and bills.
    Coverage,
}

/// Names one kind of sensitive content.
#[uniffi::remote(Enum)]
pub enum SensitivityLabel {
    /// Psychiatry, psychotherapy, behavioural health.
    MentalHealth,
    /// Alcohol, drugs, and their treatment.
    SubstanceUse,
    /// HIV and AIDS, tests and prophylaxis included.
    Hiv,
    /// Sexually transmitted diseases.
    Std,
    /// Sexuality, contraception, pregnancy, reproduction.
    SexualHealth,
    /// Sexual assault, abuse, domestic violence.
    Violence,
    /// Genetic disease and genetic tests.
    Genetics,
}

/// What a patient can enter.
#[uniffi::remote(Enum)]
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

/// Why somebody reads (HL7 v3 `PurposeOfUse`).
#[uniffi::remote(Enum)]
pub enum Purpose {
    /// To treat the patient.
    Treatment,
    /// To treat the patient in an emergency.
    EmergencyTreatment,
    /// To help where nobody could be asked.
    BreakGlass,
    /// To pay for care.
    Payment,
    /// For research.
    Research,
    /// Because the patient wishes it.
    PatientRequest,
}

/// What a requester is.
#[uniffi::remote(Enum)]
pub enum RequesterClass {
    /// None of those below.
    Other,
    /// Treats patients.
    Clinician,
    /// Helps in emergencies.
    Emergency,
    /// Pays for care.
    Insurer,
    /// Does research.
    Researcher,
    /// A school or a kindergarten.
    School,
    /// Employs the patient.
    Employer,
    /// A public authority.
    Authority,
}

/// Why a record is not released.
#[uniffi::remote(Enum)]
pub enum Because {
    /// Its category is not permitted.
    Category,
    /// Single records were picked, and it is not among them.
    NotNamed,
    /// The patient holds it back.
    Withheld,
    /// It has a label that is denied.
    Label,
    /// It holds free text that may speak of what is denied, and nobody has looked.
    FreeText,
    /// It lies outside of the dates.
    Date,
    /// A standing rule denies it.
    Rule,
    /// The consent does not hold yet.
    NotYet,
    /// The consent has expired.
    Expired,
    /// The consent was taken back.
    Revoked,
}

/// How far a request has come.
#[uniffi::remote(Enum)]
pub enum RequestState {
    /// It waits for an answer.
    Requested,
    /// The patient granted what was asked.
    Granted,
    /// The patient granted less than was asked.
    Narrowed,
    /// The patient denied it.
    Denied,
    /// It expired without an answer.
    Expired,
}

/// How far a consent has come.
#[uniffi::remote(Enum)]
pub enum ConsentState {
    /// It holds.
    Active,
    /// It has expired.
    Expired,
    /// The patient took it back.
    Revoked,
    /// It was for one use, and it was used.
    Used,
}

/// How far an identity is proven, the least first.
#[uniffi::remote(Enum)]
pub enum Standing {
    /// Never met before: only their own word.
    FirstContact,
    /// The same key as before.
    Known,
    /// A directory that the patient believes says who they are.
    Vouched,
}

/// How many words a new wallet gets.
#[uniffi::remote(Enum)]
pub enum WordCount {
    /// 12 words, 128 bits of entropy.
    Twelve,
    /// 24 words, 256 bits of entropy.
    TwentyFour,
}

/// How records are written out.
#[uniffi::remote(Enum)]
pub enum ExportFormat {
    /// A Bundle of type collection.
    Bundle,
    /// One resource a line.
    Ndjson,
}

/// What a restoration may do to the wallet that is here.
#[uniffi::remote(Enum)]
pub enum Replace {
    /// Replace it only when the backup holds everything that it holds.
    Older,
    /// Replace it although it holds what the backup does not, or is so damaged that nobody can
    /// tell. Its file is kept beside the new one, as `vault.replaced-<time>`, for whoever has the
    /// words; erasing a record removes what was kept.
    Newer,
}

/// How the records come back.
#[uniffi::remote(Enum)]
pub enum Way {
    /// The passphrase, on this device.
    Passphrase,
    /// Biometrics, on this device.
    Biometrics,
    /// The words, wherever the vault file is.
    Words,
    /// A backup file with the words, anywhere.
    BackupWithWords,
    /// A backup file with its export passphrase, anywhere.
    BackupWithPassphrase,
}

/// A language that things are told in.
#[uniffi::remote(Enum)]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
    /// Spanish.
    Es,
}

/// Who or what keeps a promise.
#[uniffi::remote(Enum)]
pub enum KeptBy {
    /// Keys: nobody can break it.
    Keys,
    /// The reader's software, as long as it is honest.
    HonestSoftware,
    /// Nobody: it is no promise.
    Nobody,
}

/// What a reader promises besides.
#[derive(Clone, Copy, PartialEq, Eq, Default, uniffi::Record)]
pub struct ConsentFlags {
    /// To look, and to keep no copy.
    #[uniffi(default = false)]
    pub view_only: bool,
    /// To pass nothing on.
    #[uniffi(default = false)]
    pub no_onward: bool,
    /// To open it once.
    #[uniffi(default = false)]
    pub single_use: bool,
}

/// Dates of records: from a second up to, but without, another, since 1970 in UTC.
#[derive(Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct DateRange {
    /// First second; absent for an open end.
    #[uniffi(default = None)]
    pub since: Option<i64>,
    /// First second after the last.
    #[uniffi(default = None)]
    pub until: Option<i64>,
}
