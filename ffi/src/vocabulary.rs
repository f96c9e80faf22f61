//! The words of the wallet as they cross: the core's own enums, so that a new one is seen here.

use patient_wallet::audit::{Actor, AuditKind};
use patient_wallet::consent::{
    Because, ConsentState, Purpose, RequestState, RequesterClass, Standing,
};
use patient_wallet::keys::{SignedKind, WordCount};
use patient_wallet::record::{AuthoredKind, Category, SensitivityLabel};
use patient_wallet::session::{ExportFormat, Replace, Way};
use patient_wallet::words::{KeptBy, Language};

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

/// What happened.
#[uniffi::remote(Enum)]
pub enum AuditKind {
    /// The wallet was created.
    Created,
    /// The wallet was restored from a backup: a new incarnation.
    Restored,
    /// A file was imported.
    Imported,
    /// A record came in, from a file or by the patient's hand.
    Added,
    /// A record got a version with other content.
    Corrected,
    /// A record got other labels.
    Relabelled,
    /// A file was attached.
    Attached,
    /// A record was erased.
    Erased,
    /// Records left the wallet in a file.
    Exported,
    /// A backup was written.
    Backup,
    /// A backup was opened to see that it can be.
    Rehearsed,
    /// The passphrase was changed.
    Passphrase,
    /// Biometrics open the wallet from here on.
    BiometricsEnabled,
    /// Biometrics open the wallet no more.
    BiometricsDisabled,
    /// The recovery words were shown.
    WordsShown,
    /// The keystore had lost the head: whether the file is the newest was unknown once.
    HeadLost,
    /// A key that the device had lost was made anew with the words.
    Repaired,
    /// A checkpoint was signed.
    Checkpoint,
    /// An attachment left the wallet in a file.
    AttachmentSaved,
    /// The wallet remembered something that is not a medical record.
    Remembered,
    /// A request for records came in.
    Requested,
    /// A consent was signed, and what it covers was disclosed.
    Consented,
    /// A request was denied.
    Denied,
    /// Records were disclosed under a consent that was there.
    Disclosed,
    /// Consents were taken back.
    Revoked,
    /// A directory is believed from here on, or a list of it came in.
    Trusted,
    /// A directory is believed no more.
    Distrusted,
    /// A standing rule was made.
    RuleAdded,
    /// A standing rule was dropped.
    RuleRemoved,
    /// The device's clock stands before the last entry.
    ClockBack,
    /// Keys or notes that were needed no more were destroyed.
    Destroyed,
    /// A requester asked a patient for records.
    Asked,
    /// A requester took a patient's answer in: a consent, a denial, a revocation.
    Received,
    /// A requester opened what a patient disclosed.
    Opened,
    /// A directory vouched for a requester.
    Vouched,
    /// A directory took a credential back.
    Unvouched,
    /// A requester took a patient's denial in: its request is destroyed.
    Refused,
    /// Receipts or statements of a reader came in.
    Receipted,
    /// A notice of a correction was signed for a reader.
    Notified,
    /// A reader was asked to erase what it holds.
    ErasureAsked,
    /// An accounting of disclosures was written.
    Accounted,
    /// A requester signed a receipt of a further access.
    AccessNoted,
    /// A requester took a patient’s notice in and applied it.
    NoticeApplied,
    /// A requester erased what it had opened under a consent.
    CopiesErased,
    /// Somebody may act for the patient from here on.
    Delegated,
    /// Somebody may act for the patient no more.
    DelegationEnded,
    /// This wallet may act for another patient from here on.
    Entrusted,
    /// A consent was signed in another patient’s name.
    ConsentedFor,
    /// A request was denied in another patient’s name.
    DeniedFor,
}

/// Who did it.
#[uniffi::remote(Enum)]
pub enum Actor {
    /// The patient, in an unlocked wallet.
    Patient,
    /// The wallet by itself.
    Device,
    /// Somebody who acts for the patient, within a delegation.
    Proxy,
}

/// What is signed.
#[uniffi::remote(Enum)]
pub enum SignedKind {
    /// A checkpoint of the audit log.
    Checkpoint,
    /// An erasure statement.
    Erasure,
    /// What a requester asks for.
    Request,
    /// A consent token.
    Consent,
    /// What the patient answers who does not consent.
    Denial,
    /// Consents taken back.
    Revocation,
    /// What is disclosed under a consent.
    Disclosure,
    /// Who somebody is, as they say.
    Contact,
    /// Who somebody is, as a directory says.
    Credential,
    /// Credentials that a directory has taken back.
    CredentialList,
    /// What a reader signs about an access.
    Receipt,
    /// What the patient tells everybody who holds a record.
    Notice,
    /// Who may act for the patient.
    Delegation,
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
