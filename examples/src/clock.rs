//! The clock of the computer, or one that was set.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use patient_wallet::host::{Timestamp, WalletClock};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The time of day as the computer knows it or as somebody says; time passes either way.
#[derive(Debug)]
pub(crate) struct Clock {
    set: Option<Timestamp>,
    started: Instant,
}

impl Clock {
    /// Starts a clock.
    pub(crate) fn new(set: Option<Timestamp>) -> Self {
        Self { set, started: Instant::now() }
    }
}

impl WalletClock for Clock {
    fn now(&self) -> Timestamp {
        let since = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.set.unwrap_or_else(|| Timestamp::from_unix(since().as_secs()))
    }

    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Reads a moment, RFC 3339.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let moment = OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| "a moment looks like 2025-04-02T10:00:00Z".to_owned())?;
    u64::try_from(moment.unix_timestamp())
        .map(Timestamp::from_unix)
        .map_err(|_| "the clock starts in 1970".to_owned())
}

/// Gives the day of a moment, in UTC.
pub(crate) fn day(moment: Timestamp) -> String {
    moment.to_string().chars().take_while(|letter| *letter != 'T').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_clock_shows_what_it_was_set_to() {
        let moment = moment("2025-04-02T12:00:00+02:00").unwrap();
        let clock = Clock::new(Some(moment));
        assert_eq!(clock.now().to_string(), "2025-04-02T10:00:00Z");
        assert_eq!(day(clock.now()), "2025-04-02");
    }

    #[test]
    fn a_moment_has_a_day_a_time_and_an_offset() {
        for wrong in ["", "2025-04-02", "2025-04-02T10:00:00", "1969-12-31T23:59:59Z"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
