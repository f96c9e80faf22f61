//! Clinical records as the world sends them: FHIR R4 JSON, read without trust and without copies.
//!
//! Reading goes `stream` (files to resources, in bounded memory) -> `json` (one resource as a view
//! over its bytes) -> `fhir` (what storage needs to know about it). What a resource *is* comes from
//! `category`, `label`, `codes` and `date`; `authored` writes the resources a patient makes.
//! Nothing here knows how records are kept. Every buffer that holds record text is wiped when it
//! is freed, and grows only by moving into a fresh allocation.

pub mod authored;
pub mod category;
pub mod codes;
pub mod date;
pub mod fhir;
pub mod json;
pub mod kind;
pub mod label;
pub mod limits;
pub mod redact;
pub mod stream;
pub mod text;

mod base64;
mod gzip;
pub(crate) mod inline;
mod input;
mod tables;

use std::{fmt, io, str::FromStr};

use crate::codec::Hex;

pub use self::{
    authored::{Authored, AuthoredKind},
    category::Category,
    date::RecordDate,
    fhir::{Code, Identity, IdentityKind, PatientFacts, RefKey, Resource, SectionMap, Source},
    kind::ResourceType,
    label::{LabelSet, SensitivityLabel},
    limits::Limits,
    stream::{Item, ResourceReader},
    text::Text,
};

/// Names one record of the vault: 16 random bytes, shown as 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId([u8; 16]);

impl RecordId {
    /// Draws a new id.
    ///
    /// # Errors
    /// [`RecordError::Randomness`] when the system has no random bytes to give.
    pub fn generate() -> Result<Self, RecordError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|_| RecordError::Randomness)?;
        Ok(Self(bytes))
    }

    /// Wraps the 16 bytes of an id that was drawn before.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the 16 bytes of the id.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({self})")
    }
}

impl FromStr for RecordId {
    type Err = RecordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 16];
        if text.len() != 2 * bytes.len() {
            return Err(RecordError::InvalidId);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let [high, low] = pair else { return Err(RecordError::InvalidId) };
            *byte = hex_digit(*high)? << 4 | hex_digit(*low)?;
        }
        Ok(Self(bytes))
    }
}

fn hex_digit(digit: u8) -> Result<u8, RecordError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(RecordError::InvalidId),
    }
}

/// Says why a file or a resource was refused.
///
/// The fields hold positions and limits only, never a word of the record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The input is not a FHIR resource, Bundle or NDJSON of resources.
    #[error("this is not FHIR JSON")]
    NotFhir,
    /// The JSON breaks off, breaks the grammar, or names a member twice.
    #[error("the JSON is malformed at byte {at}")]
    Malformed {
        /// Position in the text that was being read.
        at: u64,
    },
    /// Objects and arrays nest too deep.
    #[error("the JSON nests deeper than {limit} levels")]
    TooDeep {
        /// The deepest nesting that is accepted.
        limit: usize,
    },
    /// A Bundle or NDJSON file has too many resources.
    #[error("the file has more than {limit} entries")]
    TooManyEntries {
        /// The most entries that are accepted.
        limit: usize,
    },
    /// A resource refers to too many others.
    #[error("a resource has more than {limit} references")]
    TooManyReferences {
        /// The most references that are accepted.
        limit: usize,
    },
    /// The file, once inflated, is too large.
    #[error("the file is larger than {limit} bytes")]
    FileTooLarge {
        /// The largest file that is accepted.
        limit: u64,
    },
    /// One resource is too large.
    #[error("a resource is larger than {limit} bytes")]
    ResourceTooLarge {
        /// The largest resource that is accepted.
        limit: usize,
    },
    /// The gzip file inflates beyond any honest ratio.
    #[error("the gzip file inflates to more than {limit} times its size")]
    GzipRatio {
        /// The largest ratio that is accepted.
        limit: u64,
    },
    /// The gzip file is cut short or fails its checksum.
    #[error("the gzip file is damaged")]
    GzipDamaged,
    /// The `resourceType` is not one of FHIR R4.
    #[error("the resource type is not one of FHIR R4")]
    UnknownType,
    /// A Bundle entry holds no resource.
    #[error("the entry holds no resource")]
    NoResource,
    /// The file is about another patient than this wallet.
    #[error("the file is about another patient")]
    AnotherPatient,
    /// The input could not be read.
    #[error("the input could not be read: {kind}")]
    Read {
        /// What the operating system said.
        kind: io::ErrorKind,
    },
    /// The text is not the id of a record.
    #[error("this is not a record id")]
    InvalidId,
    /// The text is not a FHIR date.
    #[error("this is not a date")]
    InvalidDate,
    /// The text names no category.
    #[error("this is not a category")]
    InvalidCategory,
    /// The text names no sensitivity label.
    #[error("this is not a label")]
    InvalidLabel,
    /// What the patient entered cannot become a resource.
    #[error("the entry is empty or too long")]
    InvalidEntry,
    /// The system has no random bytes to give.
    #[error("the system gives no randomness")]
    Randomness,
}

impl RecordError {
    /// Returns the stable code of the error, `part.kebab-case`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFhir => "import.not-fhir",
            Self::Malformed { .. } => "import.malformed",
            Self::TooDeep { .. } => "import.too-deep",
            Self::TooManyEntries { .. } => "import.too-many-entries",
            Self::TooManyReferences { .. } => "import.too-many-references",
            Self::FileTooLarge { .. } => "import.file-too-large",
            Self::ResourceTooLarge { .. } => "import.resource-too-large",
            Self::GzipRatio { .. } => "import.gzip-ratio",
            Self::GzipDamaged => "import.gzip-damaged",
            Self::UnknownType => "import.unknown-type",
            Self::NoResource => "import.no-resource",
            Self::AnotherPatient => "import.another-patient",
            Self::Read { .. } => "import.read",
            Self::InvalidId => "record.invalid-id",
            Self::InvalidDate => "record.invalid-date",
            Self::InvalidCategory => "record.invalid-category",
            Self::InvalidLabel => "record.invalid-label",
            Self::InvalidEntry => "record.invalid-entry",
            Self::Randomness => "keys.randomness",
        }
    }
}

impl From<io::Error> for RecordError {
    fn from(error: io::Error) -> Self {
        Self::Read { kind: error.kind() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_shown_as_32_lower_case_digits_and_read_back() {
        let id = RecordId::from_bytes([0xab; 16]);
        assert_eq!(id.to_string(), "ab".repeat(16));
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in ["", "ab", &"AB".repeat(16), &"ag".repeat(16), &"ab".repeat(17)] {
            assert_eq!(wrong.parse::<RecordId>(), Err(RecordError::InvalidId));
        }
    }

    #[test]
    fn two_generated_ids_differ() {
        assert_ne!(RecordId::generate().unwrap(), RecordId::generate().unwrap());
    }
}
