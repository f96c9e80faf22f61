//! What travels: its kinds, its text, its QR code; and words for what the app shows.

use patient_wallet::audit::{self, Finding};
use patient_wallet::codec::{decode_text, encode_text};
use patient_wallet::consent::{
    Because, ConsentState, Preset, Purpose, RequestState, RequesterClass,
};
use patient_wallet::keys::{self, Passphrase, SignedKind};
use patient_wallet::qr::{self, QrError};
use patient_wallet::record::{Category, SensitivityLabel};
use patient_wallet::words::{self, KeptBy, Language};

use crate::call::call;
use crate::error::{WalletError, refused};
use crate::parse;
use crate::vocabulary::ConsentFlags;

/// A QR code as modules, to be drawn with a quiet zone of four.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct QrCode {
    /// Version (ISO/IEC 18004), 1 to 40.
    pub version: u8,
    /// Modules of a side.
    pub width: u32,
    /// Row by row, 1 where a module is dark.
    pub modules: Vec<u8>,
}

/// What one audit file shows.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct LogFinding {
    /// What kind of proof it is.
    pub kind: LogFindingKind,
    /// What it shows, in the language that was asked for.
    pub sentence: String,
}

/// What kind of proof an audit file is.
#[derive(Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum LogFindingKind {
    /// A key signed the state of a log.
    Checkpoint,
    /// An entry stands in a log whose state was signed.
    Entry {
        /// Its place in the log.
        seq: u64,
    },
    /// A log continues an earlier one.
    Continuation {
        /// Whether the wallet was restored in between.
        restored: bool,
        /// Entries of the earlier log that the later one does not have.
        missing: u64,
    },
    /// A key signed that something was destroyed.
    Erasure,
}

/// Terms to begin with.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct PresetTerms {
    /// Its word, for a narrowing.
    pub word: String,
    /// What for.
    pub purpose: Purpose,
    /// The categories it permits.
    pub categories: Vec<Category>,
    /// The labels it denies.
    pub denied: Vec<SensitivityLabel>,
    /// For how long.
    pub seconds: u64,
    /// What else it demands.
    pub flags: ConsentFlags,
}

/// One row of the table of what a consent promises: the approve screen shows it.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Kept {
    /// Who keeps it.
    pub by: KeptBy,
    /// What is kept, or not.
    pub what: String,
}

/// Draws an export passphrase of seven words, in UTF-8.
#[uniffi::export]
pub fn generate_passphrase() -> Result<Vec<u8>, WalletError> {
    call(|| {
        let passphrase = Passphrase::generate().map_err(refused)?;
        Ok(passphrase.dangerous_text().as_bytes().to_vec())
    })
}

/// Suggests words of the BIP39 list for what was typed.
#[uniffi::export]
pub fn suggest_words(typed: String) -> Result<Vec<String>, WalletError> {
    call(|| Ok(keys::suggestions(&typed).into_iter().map(str::to_owned).collect()))
}

/// Tells what some bytes claim to be; absent when they are no signed object.
#[uniffi::export]
pub fn envelope_kind(envelope: Vec<u8>) -> Result<Option<SignedKind>, WalletError> {
    call(|| Ok(SignedKind::of(&envelope)))
}

/// Writes an envelope as text (`PMW1:`), as it stands in a QR code.
#[uniffi::export]
pub fn envelope_to_text(envelope: Vec<u8>) -> Result<String, WalletError> {
    call(|| encode_text(&envelope).map_err(|_| refused(QrError::TooLarge)))
}

/// Reads an envelope out of its text.
#[uniffi::export]
pub fn envelope_from_text(text: String) -> Result<Vec<u8>, WalletError> {
    call(|| match decode_text(&text) {
        Ok(bytes) => Ok(bytes.to_vec()),
        Err(_) => Err(refused(QrError::Invalid)),
    })
}

/// Draws the QR code of an envelope.
#[uniffi::export]
pub fn qr_code(envelope: Vec<u8>) -> Result<QrCode, WalletError> {
    call(|| {
        let code = qr::QrCode::of(&envelope).map_err(refused)?;
        let width = code.width();
        let module = |at| u8::from(code.is_dark(at % width, at / width));
        Ok(QrCode {
            version: code.version(),
            width: u32::try_from(width).unwrap_or(0),
            modules: (0..width * width).map(module).collect(),
        })
    })
}

/// Verifies audit files of any kinds with no wallet: each by itself, and that no two contradict
/// each other. The findings stand in the order of the files.
#[uniffi::export]
pub fn check_log_files(
    files: Vec<Vec<u8>>,
    language: Language,
) -> Result<Vec<LogFinding>, WalletError> {
    call(|| {
        let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
        let findings = audit::verify(&files).map_err(|file| refused(file.error()))?;
        let show = |finding: &Finding| LogFinding {
            kind: finding.into(),
            sentence: language.finding(finding),
        };
        Ok(findings.iter().map(show).collect())
    })
}

/// Lists the presets.
#[uniffi::export]
pub fn presets() -> Result<Vec<PresetTerms>, WalletError> {
    call(|| Ok(Preset::ALL.iter().map(PresetTerms::from).collect()))
}

/// Gives the table of what a consent promises, and who keeps it.
#[uniffi::export]
pub fn kept_table(language: Language) -> Result<Vec<Kept>, WalletError> {
    let row = |kept: &words::Kept| Kept { by: kept.by(), what: kept.what().to_owned() };
    call(|| Ok(language.kept().iter().map(row).collect()))
}

/// Names who keeps a promise.
#[uniffi::export]
pub fn kept_by_name(by: KeptBy, language: Language) -> Result<String, WalletError> {
    call(|| Ok(language.kept_by(by).to_owned()))
}

/// Names a category.
#[uniffi::export]
pub fn category_name(category: Category, language: Language) -> Result<String, WalletError> {
    call(|| Ok(language.category(category).to_owned()))
}

/// Names a label.
#[uniffi::export]
pub fn label_name(label: SensitivityLabel, language: Language) -> Result<String, WalletError> {
    call(|| Ok(language.label(label).to_owned()))
}

/// Names a purpose, as the end of a sentence.
#[uniffi::export]
pub fn purpose_name(purpose: Purpose, language: Language) -> Result<String, WalletError> {
    call(|| Ok(language.purpose(purpose).to_owned()))
}

/// Names what a requester is.
#[uniffi::export]
pub fn requester_class_name(
    requester_class: RequesterClass,
    language: Language,
) -> Result<String, WalletError> {
    call(|| Ok(language.class(requester_class).to_owned()))
}

/// Tells why a record is not released.
#[uniffi::export]
pub fn because_name(because: Because, language: Language) -> Result<String, WalletError> {
    call(|| Ok(language.because(because).to_owned()))
}

/// Tells how far a consent has come.
#[uniffi::export]
pub fn consent_state_name(state: ConsentState, language: Language) -> Result<String, WalletError> {
    call(|| Ok(language.consent_state(state).to_owned()))
}

/// Tells how far a request has come.
#[uniffi::export]
pub fn request_state_name(state: RequestState, language: Language) -> Result<String, WalletError> {
    call(|| Ok(language.request_state(state).to_owned()))
}

impl From<&Preset> for PresetTerms {
    fn from(preset: &Preset) -> Self {
        Self {
            word: preset.word().to_owned(),
            purpose: preset.purpose(),
            categories: parse::categories(preset.categories()),
            denied: parse::labels(preset.denied()),
            seconds: preset.seconds(),
            flags: preset.flags().into(),
        }
    }
}

impl From<&Finding> for LogFindingKind {
    fn from(finding: &Finding) -> Self {
        match finding {
            Finding::Checkpoint(_) => Self::Checkpoint,
            Finding::Entry(entry) => Self::Entry { seq: entry.index() },
            Finding::Continuation(proven) => match proven.continuation() {
                audit::Continuation::Unbroken => Self::Continuation { restored: false, missing: 0 },
                audit::Continuation::Restored { lost, .. } => {
                    Self::Continuation { restored: true, missing: lost }
                }
            },
            Finding::Erasure(_) => Self::Erasure,
        }
    }
}
