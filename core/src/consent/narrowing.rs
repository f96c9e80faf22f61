//! Narrowing: what the patient takes away from what was asked, and the grant that is left.
//!
//! What would give more than was asked is refused, not cut down in silence, so that nobody believes
//! to have given what was never asked for.

use std::fmt;

use super::grant::sorted;
use super::wire::{DAY, REASON, later, plain};
use super::{
    AccessRequest, CategorySet, ConsentError, DateRange, Flags, Grant, Preset, Purpose, RequestId,
    Scope,
};
use crate::host::Timestamp;
use crate::record::{LabelSet, RecordId, Text};

impl Grant {
    /// Makes the terms that answer a request; `ruled` are the labels that standing rules deny to
    /// this requester.
    ///
    /// # Errors
    /// [`ConsentError::WiderThanAsked`] when the choice goes beyond the request;
    /// [`ConsentError::NothingToRelease`] when it leaves nothing; [`ConsentError::TooLong`],
    /// [`ConsentError::TooMany`], [`ConsentError::Invalid`].
    pub fn from_request(
        request: &AccessRequest,
        narrowing: &Narrowing,
        ruled: LabelSet,
        now: Timestamp,
    ) -> Result<Self, ConsentError> {
        let asked = Asked {
            categories: request.categories(),
            purpose: request.purpose(),
            dates: request.dates(),
            seconds: request.seconds(),
            retain_seconds: Some(request.retain_seconds()),
            flags: request.flags(),
            request: Some(request.id()),
        };
        asked.grant(narrowing, ruled, now)
    }

    /// Makes the terms of a disclosure that nobody asked for.
    ///
    /// # Errors
    /// [`ConsentError::NothingToRelease`] unless the choice names categories or a preset;
    /// [`ConsentError::TooLong`], [`ConsentError::TooMany`], [`ConsentError::Invalid`].
    pub fn unasked(
        narrowing: &Narrowing,
        ruled: LabelSet,
        now: Timestamp,
    ) -> Result<Self, ConsentError> {
        let preset = narrowing.preset.map(|preset| preset.categories());
        let purpose = narrowing.preset.map_or(Purpose::Treatment, |preset| preset.purpose());
        let asked = Asked {
            categories: narrowing.only.or(preset).ok_or(ConsentError::NothingToRelease)?,
            purpose: narrowing.purpose.unwrap_or(purpose),
            dates: None,
            seconds: None,
            retain_seconds: None,
            flags: Flags::NONE,
            request: None,
        };
        asked.grant(narrowing, ruled, now)
    }
}

/// What the patient takes away from what was asked, or chooses when nobody asked.
#[derive(Clone, Default)]
pub struct Narrowing {
    only: Option<CategorySet>,
    without: CategorySet,
    deny: LabelSet,
    seconds: Option<u64>,
    until: Option<Timestamp>,
    records: Vec<RecordId>,
    except: Vec<RecordId>,
    dates: Option<DateRange>,
    flags: Flags,
    erase_by: Option<Timestamp>,
    purpose: Option<Purpose>,
    reason: Option<Text>,
    preset: Option<Preset>,
}

impl Narrowing {
    /// Takes nothing away.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Permits these categories only.
    #[must_use]
    pub fn only(self, categories: CategorySet) -> Self {
        Self { only: Some(categories), ..self }
    }

    /// Takes these categories away: what nobody may see is not to be promised.
    #[must_use]
    pub fn without(self, categories: CategorySet) -> Self {
        Self { without: self.without.union(categories), ..self }
    }

    /// Denies records with one of these labels.
    #[must_use]
    pub fn deny(self, labels: LabelSet) -> Self {
        Self { deny: self.deny.union(labels), ..self }
    }

    /// Ends after so many seconds.
    #[must_use]
    pub fn seconds(self, seconds: u64) -> Self {
        Self { seconds: Some(seconds), ..self }
    }

    /// Ends at this moment.
    #[must_use]
    pub fn until(self, until: Timestamp) -> Self {
        Self { until: Some(until), ..self }
    }

    /// Permits these records only.
    #[must_use]
    pub fn records(self, records: Vec<RecordId>) -> Self {
        Self { records, ..self }
    }

    /// Holds these records back.
    #[must_use]
    pub fn except(self, except: Vec<RecordId>) -> Self {
        Self { except, ..self }
    }

    /// Permits records of these dates only.
    #[must_use]
    pub fn dates(self, dates: DateRange) -> Self {
        Self { dates: Some(dates), ..self }
    }

    /// Demands further promises of the reader.
    #[must_use]
    pub fn flags(self, flags: Flags) -> Self {
        Self { flags: self.flags.union(flags), ..self }
    }

    /// Demands that every copy be erased by this moment.
    #[must_use]
    pub fn erase_by(self, erase_by: Timestamp) -> Self {
        Self { erase_by: Some(erase_by), ..self }
    }

    /// Says what for; an answer to a request has the purpose of the request.
    #[must_use]
    pub fn purpose(self, purpose: Purpose) -> Self {
        Self { purpose: Some(purpose), ..self }
    }

    /// Adds a reason, which the reader sees.
    #[must_use]
    pub fn reason(self, reason: Text) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// Takes away what the preset does not permit.
    #[must_use]
    pub fn preset(self, preset: Preset) -> Self {
        Self { preset: Some(preset), ..self }
    }

    /// Computes when the consent ends: the earliest of what was asked, chosen and preset.
    fn end(&self, asked: Option<u64>, now: Timestamp) -> Result<Timestamp, ConsentError> {
        let chosen = match (self.seconds, self.until) {
            (Some(seconds), until) => {
                let after = later(now, seconds);
                Some(until.map_or(after, |until| until.min(after)))
            }
            (None, until) => until,
        };
        let asked = asked.map(|seconds| later(now, seconds));
        if chosen.zip(asked).is_some_and(|(chosen, asked)| chosen > asked) {
            return Err(ConsentError::WiderThanAsked);
        }
        let preset = self.preset.map(|preset| later(now, preset.seconds()));
        let end = [chosen, asked, preset].into_iter().flatten().min();
        let end = end.unwrap_or_else(|| later(now, USUAL));
        if end > later(now, Grant::LONGEST) { Err(ConsentError::TooLong) } else { Ok(end) }
    }
}

impl fmt::Debug for Narrowing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Narrowing(..)")
    }
}

/// What was asked, whether by a request or not at all.
struct Asked {
    categories: CategorySet,
    purpose: Purpose,
    dates: Option<DateRange>,
    seconds: Option<u64>,
    retain_seconds: Option<u64>,
    flags: Flags,
    request: Option<RequestId>,
}

impl Asked {
    fn grant(
        self,
        narrowing: &Narrowing,
        ruled: LabelSet,
        now: Timestamp,
    ) -> Result<Grant, ConsentError> {
        let preset = narrowing.preset;
        let expires_at = narrowing.end(self.seconds, now)?;
        if expires_at <= now {
            return Err(ConsentError::Invalid);
        }
        let denied = preset.map_or(LabelSet::EMPTY, |preset| preset.denied());
        let preset_flags = preset.map_or(Flags::NONE, |preset| preset.flags());
        let reason = narrowing.reason.as_ref();
        if reason.is_some_and(|reason| plain(reason.as_str(), REASON).is_err())
            || narrowing.purpose.is_some_and(|purpose| purpose != self.purpose)
        {
            return Err(ConsentError::Invalid);
        }
        Ok(Grant {
            categories: self.categories(narrowing)?,
            denied: narrowing.deny.union(ruled).union(denied),
            withheld: sorted(&narrowing.except),
            only: picked(&narrowing.records, &narrowing.except)?,
            dates: self.dates(narrowing)?,
            purpose: self.purpose,
            not_before: now,
            expires_at,
            erase_by: self.erase_by(narrowing, expires_at, now)?,
            flags: self.flags.union(narrowing.flags).union(preset_flags),
            request: self.request,
            reason: reason.cloned(),
        })
    }

    fn categories(&self, narrowing: &Narrowing) -> Result<CategorySet, ConsentError> {
        let mut categories = self.categories;
        if let Some(only) = narrowing.only {
            if !only.is_subset(categories) {
                return Err(ConsentError::WiderThanAsked);
            }
            categories = only;
        }
        if let Some(preset) = narrowing.preset {
            categories = categories.intersection(preset.categories());
        }
        let categories = categories.without(narrowing.without);
        if categories.is_empty() { Err(ConsentError::NothingToRelease) } else { Ok(categories) }
    }

    fn dates(&self, narrowing: &Narrowing) -> Result<Option<DateRange>, ConsentError> {
        match (self.dates, narrowing.dates) {
            (Some(asked), Some(chosen)) => {
                asked.intersection(chosen).map(Some).ok_or(ConsentError::NothingToRelease)
            }
            (asked, chosen) => Ok(asked.or(chosen)),
        }
    }

    fn erase_by(
        &self,
        narrowing: &Narrowing,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Timestamp, ConsentError> {
        let asked = self.retain_seconds.map(|seconds| later(now, seconds));
        let erase_by = narrowing.erase_by.or(asked).unwrap_or(expires_at);
        match asked {
            Some(asked) if erase_by > asked => Err(ConsentError::WiderThanAsked),
            _ if erase_by < now => Err(ConsentError::Invalid),
            _ => Ok(erase_by),
        }
    }
}

/// Gives the records picked one by one, without those held back.
fn picked(records: &[RecordId], except: &[RecordId]) -> Result<Vec<RecordId>, ConsentError> {
    let mut only = sorted(records);
    only.retain(|id| !except.contains(id));
    if only.is_empty() && !records.is_empty() {
        // No record left must not turn into every record.
        return Err(ConsentError::NothingToRelease);
    }
    if only.len() > Scope::MOST_RECORDS { Err(ConsentError::TooMany) } else { Ok(only) }
}

/// How long a consent holds when nobody says: seven days.
const USUAL: u64 = 7 * DAY;
