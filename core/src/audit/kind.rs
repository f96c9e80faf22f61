//! What happened: every kind of entry, with its code in the log and its word in commands.

use crate::codec::Malformed;

macro_rules! kinds {
    ($($(#[$doc:meta])+ $name:ident = $code:literal, $word:literal;)+) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AuditKind {
            $($(#[$doc])+ $name,)+
        }

        impl AuditKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the code that stands in an entry.
            #[must_use]
            pub const fn code(self) -> u64 {
                match self { $(Self::$name => $code),+ }
            }

            /// Returns the word that stands for it in commands.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

kinds! {
    /// The wallet was created.
    Created = 0, "created";
    /// The wallet was restored from a backup: a new incarnation.
    Restored = 1, "restored";
    /// A file was imported.
    Imported = 2, "imported";
    /// A record came in, from a file or by the patient's hand.
    Added = 3, "added";
    /// A record got a version with other content.
    Corrected = 4, "corrected";
    /// A record got other labels.
    Relabelled = 5, "relabelled";
    /// A file was attached.
    Attached = 6, "attached";
    /// A record was erased.
    Erased = 7, "erased";
    /// Records left the wallet in a file.
    Exported = 8, "exported";
    /// A backup was written.
    Backup = 9, "backup";
    /// A backup was opened to see that it can be.
    Rehearsed = 10, "rehearsed";
    /// The passphrase was changed.
    Passphrase = 11, "passphrase";
    /// Biometrics open the wallet from here on.
    BiometricsEnabled = 12, "biometrics-enabled";
    /// Biometrics open the wallet no more.
    BiometricsDisabled = 13, "biometrics-disabled";
    /// The recovery words were shown.
    WordsShown = 14, "words-shown";
    /// The keystore had lost the head: whether the file is the newest was unknown once.
    HeadLost = 15, "head-lost";
    /// A key that the device had lost was made anew with the words.
    Repaired = 17, "repaired";
    /// A checkpoint was signed.
    Checkpoint = 18, "checkpoint";
    /// An attachment left the wallet in a file.
    AttachmentSaved = 19, "attachment-saved";
    /// The wallet remembered something that is not a medical record.
    Remembered = 20, "remembered";
    /// A request for records came in.
    Requested = 21, "requested";
    /// A consent was signed, and what it covers was disclosed.
    Consented = 22, "consented";
    /// A request was denied.
    Denied = 23, "denied";
    /// Records were disclosed under a consent that was there.
    Disclosed = 24, "disclosed";
    /// Consents were taken back.
    Revoked = 25, "revoked";
    /// A directory is believed from here on, or a list of it came in.
    Trusted = 26, "trusted";
    /// A directory is believed no more.
    Distrusted = 27, "distrusted";
    /// A standing rule was made.
    RuleAdded = 28, "rule-added";
    /// A standing rule was dropped.
    RuleRemoved = 29, "rule-removed";
    /// The device's clock stands before the last entry.
    ClockBack = 30, "clock-back";
    /// Keys or notes that were needed no more were destroyed.
    Destroyed = 31, "destroyed";
    /// A requester asked a patient for records.
    Asked = 32, "asked";
    /// A requester took a patient's answer in: a consent, a denial, a revocation.
    Received = 33, "received";
    /// A requester opened what a patient disclosed.
    Opened = 34, "opened";
    /// A directory vouched for a requester.
    Vouched = 35, "vouched";
    /// A directory took a credential back.
    Unvouched = 36, "unvouched";
    /// A requester took a patient's denial in: its request is destroyed.
    Refused = 37, "refused";
    /// Receipts or statements of a reader came in.
    Receipted = 38, "receipted";
    /// A notice of a correction was signed for a reader.
    Notified = 39, "notified";
    /// A reader was asked to erase what it holds.
    ErasureAsked = 40, "erasure-asked";
    /// An accounting of disclosures was written.
    Accounted = 41, "accounted";
    /// A requester signed a receipt of a further access.
    AccessNoted = 42, "access-noted";
    /// A requester took a patient’s notice in and applied it.
    NoticeApplied = 43, "notice-applied";
    /// A requester erased what it had opened under a consent.
    CopiesErased = 44, "copies-erased";
    /// Somebody may act for the patient from here on.
    Delegated = 45, "delegated";
    /// Somebody may act for the patient no more.
    DelegationEnded = 46, "delegation-ended";
    /// This wallet may act for another patient from here on.
    Entrusted = 47, "entrusted";
    /// A consent was signed in another patient’s name.
    ConsentedFor = 48, "consented-for";
    /// A request was denied in another patient’s name.
    DeniedFor = 49, "denied-for";
}

impl AuditKind {
    /// Reads the code in an entry.
    ///
    /// # Errors
    /// [`Malformed`] when no kind has it.
    pub fn from_code(code: u64) -> Result<Self, Malformed> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code).ok_or(Malformed)
    }

    /// Reads the word of a command; `None` when no kind has it.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.word() == word)
    }
}
