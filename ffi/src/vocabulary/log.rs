//! The words of the log.

use patient_wallet::audit::{Actor, AuditKind};
use patient_wallet::keys::SignedKind;

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
