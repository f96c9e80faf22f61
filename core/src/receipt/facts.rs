//! What [`reconcile`](super::reconcile()) compares: what the patient gave, and what readers signed.

use super::{AccessReceipt, Household};
use crate::consent::{Alias, ConsentId, Purpose, Thumbprint};
use crate::disclosure::DisclosureId;
use crate::host::Timestamp;
use crate::keys::VerifyingKey;
use crate::record::Text;

/// Everything that is compared.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The consents that were given, each once.
    pub consents: Vec<ConsentFacts>,
    /// The receipts of readers; one that stands there twice is one access.
    pub receipts: Vec<AccessReceipt>,
    /// The corrections that readers were told of.
    pub notices: Vec<NoticeFacts>,
    /// The names in the patient's record.
    pub household: Household,
}

/// A consent that was given.
#[derive(Clone, Debug)]
pub struct ConsentFacts {
    /// Names the consent.
    pub id: ConsentId,
    /// The reader's key.
    pub reader: VerifyingKey,
    /// The reader's name, as it was shown.
    pub name: Text,
    /// The patient's key for this reader.
    pub patient: Thumbprint,
    /// What for.
    pub purpose: Purpose,
    /// First second inside.
    pub not_before: Timestamp,
    /// First second outside.
    pub expires_at: Timestamp,
    /// When the reader has to have erased what was opened.
    pub erase_by: Timestamp,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// When the patient asked for erasure before that was due.
    pub erasure_asked: Option<Timestamp>,
    /// When the reader signed that all of it was erased.
    pub statements: Vec<Timestamp>,
    /// What was disclosed under it.
    pub disclosures: Vec<DisclosureFacts>,
}

/// What was disclosed at one time.
#[derive(Clone, Debug)]
pub struct DisclosureFacts {
    /// Names the disclosure.
    pub id: DisclosureId,
    /// When it was signed.
    pub at: Timestamp,
    /// The records in it, by their names for this reader.
    pub records: Vec<Alias>,
}

/// A correction that a reader was told of.
#[derive(Clone, Debug)]
pub struct NoticeFacts {
    /// Names the notice.
    pub id: [u8; 32],
    /// The reader's key.
    pub reader: VerifyingKey,
    /// The consents under which the reader holds an older version.
    pub consents: Vec<ConsentId>,
    /// The records that were corrected.
    pub records: Vec<Alias>,
    /// When it was signed.
    pub at: Timestamp,
    /// When the reader answered.
    pub answered: Option<Timestamp>,
}
