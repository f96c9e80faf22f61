//! Grant: the patient's terms in plain.

use std::fmt;

use super::wire::DAY;
use super::{
    CategorySet, ConsentError, ConsentToken, DateRange, Flags, Opening, Purpose, RequestId,
};
use crate::host::Timestamp;
use crate::order;
use crate::record::{LabelSet, RecordId, Text};

/// The terms of a consent: who may read is added when they are signed.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    pub(super) categories: CategorySet,
    pub(super) denied: LabelSet,
    pub(super) withheld: Vec<RecordId>,
    pub(super) only: Vec<RecordId>,
    pub(super) dates: Option<DateRange>,
    pub(super) purpose: Purpose,
    pub(super) not_before: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) erase_by: Timestamp,
    pub(super) flags: Flags,
    pub(super) request: Option<RequestId>,
    pub(super) reason: Option<Text>,
}

impl Grant {
    /// The longest life of a consent, in seconds: 366 days.
    pub const LONGEST: u64 = 366 * DAY;

    /// Gives the terms of a token again, with what its patient keeps of them.
    ///
    /// # Errors
    /// [`ConsentError::Invalid`] when the opening is that of another token.
    pub fn of_token(
        token: &ConsentToken,
        opening: &Opening,
        only: Vec<RecordId>,
    ) -> Result<Self, ConsentError> {
        let scope = token.scope();
        let only = sorted(&only);
        if opening.commit() != *scope.private_terms() || only.len() != scope.only().len() {
            return Err(ConsentError::Invalid);
        }
        Ok(Self {
            categories: scope.categories(),
            denied: opening.denied(),
            withheld: opening.withheld().to_vec(),
            only,
            dates: scope.dates(),
            purpose: scope.purpose(),
            not_before: token.not_before(),
            expires_at: token.expires_at(),
            erase_by: scope.erase_by(),
            flags: scope.flags(),
            request: scope.request(),
            reason: scope.reason().map(Text::from),
        })
    }

    /// Returns the categories that are permitted.
    #[must_use]
    pub const fn categories(&self) -> CategorySet {
        self.categories
    }

    /// Returns the labels that are denied.
    #[must_use]
    pub const fn denied(&self) -> LabelSet {
        self.denied
    }

    /// Returns the records that are held back one by one, in the order of their ids.
    #[must_use]
    pub fn withheld(&self) -> &[RecordId] {
        &self.withheld
    }

    /// Returns the only records that are permitted, in the order of their ids; none when all are.
    #[must_use]
    pub fn only(&self) -> &[RecordId] {
        &self.only
    }

    /// Returns the dates of the records that are permitted; `None` for every date.
    #[must_use]
    pub const fn dates(&self) -> Option<DateRange> {
        self.dates
    }

    /// Returns why may be read.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Returns from when.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Returns until when, this moment not included.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Returns when every copy must have been erased.
    #[must_use]
    pub const fn erase_by(&self) -> Timestamp {
        self.erase_by
    }

    /// Returns what the reader promises besides.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        self.flags
    }

    /// Returns the request that this answers; `None` when nobody asked.
    #[must_use]
    pub const fn request(&self) -> Option<RequestId> {
        self.request
    }

    /// Returns what the patient added as the reason.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_ref().map(Text::as_str)
    }
}

/// What the terms permit and deny says what there is.
impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Grant(..)")
    }
}

pub(super) fn sorted(ids: &[RecordId]) -> Vec<RecordId> {
    let mut ids = ids.to_vec();
    order::sort(&mut ids);
    ids.dedup();
    ids
}
