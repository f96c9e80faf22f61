//! The words of what comes after a consent: receipts, notices, acting for a patient.

use patient_wallet::consent::{NoticeKind, ProxyAct, Relation};
use patient_wallet::receipt::{Act, LineKind};
use patient_wallet::requester::Owed;

/// What a patient tells a reader.
#[uniffi::remote(Enum)]
pub enum NoticeKind {
    /// Records that were given were corrected since.
    Correction,
    /// Everything that was given shall be erased.
    ErasureWish,
}

/// Why copies have to be erased.
#[uniffi::remote(Enum)]
pub enum Owed {
    /// The time has come by which the patient wanted it.
    EraseBy,
    /// The patient asked for it.
    Asked,
}

/// What a reader did, as it signed.
#[derive(Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ReceiptAct {
    /// Opened a disclosure.
    Opened,
    /// Read again what was opened.
    Read,
    /// Let a machine read what was opened.
    Machine,
    /// Marked what was opened as a notice demands.
    NoticeApplied,
    /// Erased what was opened.
    Erased,
}

impl From<&Act> for ReceiptAct {
    fn from(act: &Act) -> Self {
        match act {
            Act::Opened(_) => Self::Opened,
            Act::Read => Self::Read,
            Act::Machine => Self::Machine,
            Act::NoticeApplied(_) => Self::NoticeApplied,
        }
    }
}

/// How a record was read.
#[uniffi::remote(Enum)]
pub enum LineKind {
    /// By a person, the first time or again.
    Person,
    /// By a machine.
    Machine,
    /// To mark what the patient corrected.
    Notice,
}

/// Something that somebody could do for a patient.
#[uniffi::remote(Enum)]
pub enum ProxyAct {
    /// Reads the records that were given along.
    Read,
    /// Consents.
    Approve,
    /// Denies.
    Deny,
    /// Gives more than is covered. Nobody can allow it.
    Widen,
    /// Lets somebody else act. Nobody can allow it.
    DelegateOn,
    /// Brings the patient's keys back. Nobody can allow it.
    Recover,
    /// Erases what is the patient's. Nobody can allow it.
    Erase,
}

/// How whoever acts stands to the patient.
#[uniffi::remote(Enum)]
pub enum Relation {
    /// The patient's parent, until the patient is of age.
    Parent,
    /// The patient's grown child.
    Child,
    /// Somebody who cares for the patient.
    Carer,
}
