//! Acting for a patient: what the patient's wallet hands over and takes back, and what the wallet
//! of whoever acts does with it.
//!
//! ```text
//! proxy: offer_to_act --contact--> patient: delegate --packet--> proxy: accept_delegation
//! requester --request--> proxy: review_for, approve_for --token, disclosure--> requester
//! proxy: report --> patient: take_report        patient: end_delegation --revocation--> requester
//! ```
//! What is decided, signed and sealed is what a patient's own approval decides, signs and seals,
//! with one more demand: that the delegation covers it.

mod act;
mod entrusted;
mod give;
mod kept;
mod outgoing;
mod packet;
mod report;
mod take;

use crate::consent::{CategorySet, DelegationError, Flags, ProxyActs, Purpose, Relation};
use crate::error::Error;
use crate::host::Timestamp;
use crate::record::{LabelSet, RecordDate, RecordId, Text};
use crate::vault::VaultError;

pub use act::{ApprovedFor, ReviewFor};
pub use entrusted::{Entrusted, EntrustedRecord};
pub use take::Taken;

/// What a patient lets somebody do.
#[derive(Clone, Debug)]
pub struct Delegating<'a> {
    /// The contact of whoever offers to act (`pmw-cc`).
    pub offer: &'a [u8],
    /// How they stand to the patient.
    pub relation: Relation,
    /// The requesters that they may answer.
    pub requesters: &'a [Whom],
    /// What they may give.
    pub categories: CategorySet,
    /// What they may never give, nor see.
    pub deny: LabelSet,
    /// What they may give for.
    pub purposes: &'a [Purpose],
    /// What they may do.
    pub acts: ProxyActs,
    /// What every consent must promise.
    pub flags: Flags,
    /// Until when, this moment not included.
    pub until: Timestamp,
    /// The longest life of a consent, in seconds.
    pub longest: u64,
    /// When the patient was born, where the record does not say it.
    pub born: Option<RecordDate>,
}

/// A requester that somebody may answer.
#[derive(Clone, Debug)]
pub enum Whom {
    /// By their contact (`pmw-cc`).
    Contact(Vec<u8>),
    /// By the DID of one whom the wallet has answered.
    Known(Text),
}

/// Somebody who may act for the patient.
#[derive(Clone, Debug)]
pub struct Delegation {
    /// Names the delegation in this wallet.
    pub id: RecordId,
    /// The name that they go by.
    pub name: Text,
    /// How they stand to the patient.
    pub relation: Relation,
    /// The names of the requesters that they may answer.
    pub requesters: Vec<Text>,
    /// What they may give.
    pub categories: CategorySet,
    /// What they never get.
    pub denied: LabelSet,
    /// What they may do.
    pub acts: ProxyActs,
    /// Since when.
    pub since: Timestamp,
    /// Until when, this moment not included.
    pub until: Timestamp,
    /// When the patient ended it before that.
    pub ended: Option<Timestamp>,
}

/// A delegation and the packet that carries it.
#[derive(Debug)]
pub struct Delegated {
    /// What was delegated.
    pub delegation: Delegation,
    /// For whoever acts, sealed to them.
    pub packet: Vec<u8>,
    /// How many records are in it.
    pub records: usize,
}

/// Tells that a row cannot be read.
fn damaged(_: DelegationError) -> Error {
    VaultError::Damaged.into()
}

/// Label of what is sealed to whoever acts.
const TO_PROXY: &[u8] = b"pmw/v1/delegation";
/// Label of what is sealed to the patient.
const TO_PATIENT: &[u8] = b"pmw/v1/report";
