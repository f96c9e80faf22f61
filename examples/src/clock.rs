//! The clock of the computer, or one that was set.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use patient_wallet::host::{Timestamp, WalletClock};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::screen::counted;

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

/// Reads how long something takes, in seconds: `30m`, `48h`, `7d`, `4w`.
pub(crate) fn duration(text: &str) -> Result<u64, String> {
    let wrong = || "a duration looks like 30m, 48h, 7d or 4w".to_owned();
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        'w' => 7 * 24 * 3600,
        _ => return Err(wrong()),
    };
    let digits = text.strip_suffix(unit).filter(|it| it.bytes().all(|it| it.is_ascii_digit()));
    let count = digits.and_then(|digits| digits.parse::<u64>().ok());
    count.and_then(|count| count.checked_mul(seconds)).filter(|it| *it > 0).ok_or_else(wrong)
}

/// Writes how long something takes, in the largest unit that measures it.
pub(crate) fn lasting(seconds: u64) -> String {
    let units = [(24 * 3600, "day"), (3600, "hour"), (60, "minute")];
    let unit =
        units.into_iter().find(|(length, _)| seconds >= *length && seconds.is_multiple_of(*length));
    unit.map_or_else(|| counted(seconds, "second"), |(length, it)| counted(seconds / length, it))
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

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        for (text, seconds) in [("30m", 1800), ("48h", 172_800), ("7d", 604_800), ("2w", 1_209_600)]
        {
            assert_eq!(duration(text), Ok(seconds));
        }
        for wrong in [
            "",
            "7",
            "d",
            "0d",
            "-1d",
            "+1d",
            "1.5h",
            "7 d",
            "7days",
            "99999999999999999999d",
            "18446744073709551615w",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            [604_800, 172_800, 5400, 3600, 1].map(lasting),
            ["7 days", "2 days", "90 minutes", "1 hour", "1 second"]
        );
    }
}
