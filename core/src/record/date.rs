//! FHIR dates: as precise as they were sent, comparable all the same.
//!
//! `date`, `dateTime` and `instant` of FHIR R4 (section 2.24): a year, a month, a day, or a second
//! with its offset. Fractions of a second are dropped. A time without an offset, which FHIR
//! forbids and the world sends, counts as UTC: a record must not lose its date over it.

use std::{cmp::Ordering, fmt, str::FromStr};

use time::{Date, Month, OffsetDateTime, Time};

use super::RecordError;

/// When something happened, as precisely as the sender knew.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordDate {
    precision: Precision,
    seconds: i64,
    offset_minutes: i16,
}

/// How much of a date was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// `2019`
    Year,
    /// `2019-03`
    Month,
    /// `2019-03-31`
    Day,
    /// `2019-03-31T23:59:59+02:00`
    Second,
}

impl RecordDate {
    /// Length of the compact form.
    pub const BYTES: usize = 11;

    /// Reads a FHIR date.
    ///
    /// # Errors
    /// [`RecordError::InvalidDate`] when the text is none, or names no day of the calendar.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        read(text).ok_or(RecordError::InvalidDate)
    }

    /// Returns how much of the date was given.
    #[must_use]
    pub const fn precision(self) -> Precision {
        self.precision
    }

    /// Returns the first second that the date means, since 1970 in UTC.
    #[must_use]
    pub const fn start(self) -> i64 {
        self.seconds
    }

    /// Returns the first second after what the date means.
    #[must_use]
    pub fn end(self) -> i64 {
        let day = self.local().date();
        let (year, month) = (day.year(), day.month());
        let next = match self.precision {
            Precision::Year => Date::from_calendar_date(year + 1, Month::January, 1).ok(),
            Precision::Month if month == Month::December => {
                Date::from_calendar_date(year + 1, Month::January, 1).ok()
            }
            Precision::Month => Date::from_calendar_date(year, month.next(), 1).ok(),
            Precision::Day => day.next_day(),
            Precision::Second => return self.seconds + 1,
        };
        // Only the last day of the year 9999 has no next.
        next.map_or(YEAR_10000, |next| next.midnight().assume_utc().unix_timestamp())
    }

    /// Returns the compact form: precision, seconds, offset in minutes; big-endian.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let parts = [self.precision as u8]
            .into_iter()
            .chain(self.seconds.to_be_bytes())
            .chain(self.offset_minutes.to_be_bytes());
        for (byte, part) in bytes.iter_mut().zip(parts) {
            *byte = part;
        }
        bytes
    }

    /// Reads the compact form; only what [`RecordDate::to_bytes`] writes is accepted.
    ///
    /// # Errors
    /// [`RecordError::InvalidDate`].
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Result<Self, RecordError> {
        let [precision, s0, s1, s2, s3, s4, s5, s6, s7, o0, o1] = bytes;
        let date = Self {
            precision: match precision {
                0 => Precision::Year,
                1 => Precision::Month,
                2 => Precision::Day,
                3 => Precision::Second,
                _ => return Err(RecordError::InvalidDate),
            },
            seconds: i64::from_be_bytes([s0, s1, s2, s3, s4, s5, s6, s7]),
            offset_minutes: i16::from_be_bytes([o0, o1]),
        };
        let local = date.seconds.checked_add(i64::from(date.offset_minutes) * 60);
        let in_calendar = local.is_some_and(|local| (YEAR_1..YEAR_10000).contains(&local));
        let in_zones = i64::from(date.offset_minutes.unsigned_abs()) * 60 <= OFFSET_MAX;
        if !in_calendar || !in_zones || !date.is_first_second() {
            return Err(RecordError::InvalidDate);
        }
        Ok(date)
    }

    /// Says whether nothing is set that the precision leaves open.
    fn is_first_second(self) -> bool {
        let local = self.local();
        let (month, day) = (u8::from(local.month()), local.day());
        let midnight = self.offset_minutes == 0 && local.time() == Time::MIDNIGHT;
        match self.precision {
            Precision::Year => midnight && (month, day) == (1, 1),
            Precision::Month => midnight && day == 1,
            Precision::Day => midnight,
            Precision::Second => true,
        }
    }

    /// Returns the sender's own calendar and clock.
    fn local(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.seconds + i64::from(self.offset_minutes) * 60)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl FromStr for RecordDate {
    type Err = RecordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for RecordDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.local();
        let (year, month, day) = local.to_calendar_date();
        write!(f, "{year:04}")?;
        if self.precision >= Precision::Month {
            write!(f, "-{:02}", u8::from(month))?;
        }
        if self.precision >= Precision::Day {
            write!(f, "-{day:02}")?;
        }
        if self.precision == Precision::Second {
            let (hour, minute, second) = local.to_hms();
            write!(f, "T{hour:02}:{minute:02}:{second:02}")?;
            let minutes = self.offset_minutes.unsigned_abs();
            match self.offset_minutes {
                0 => f.write_str("Z")?,
                east if east > 0 => write!(f, "+{:02}:{:02}", minutes / 60, minutes % 60)?,
                _ => write!(f, "-{:02}:{:02}", minutes / 60, minutes % 60)?,
            }
        }
        Ok(())
    }
}

/// A date is part of the record.
impl fmt::Debug for RecordDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordDate(..)")
    }
}

impl PartialOrd for RecordDate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Orders by start; of two that start together the more precise one comes later.
impl Ord for RecordDate {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.seconds, self.precision, self.offset_minutes).cmp(&(
            other.seconds,
            other.precision,
            other.offset_minutes,
        ))
    }
}

fn read(text: &str) -> Option<RecordDate> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year: i32 = digits(parts.next()?, 4)?.try_into().ok()?;
    let month = parts.next().map(|month| digits(month, 2));
    let day = parts.next().map(|day| digits(day, 2));
    if parts.next().is_some() || year == 0 {
        return None;
    }
    let precision = match (month, day, time) {
        (None, None, None) => Precision::Year,
        (Some(_), None, None) => Precision::Month,
        (Some(_), Some(_), None) => Precision::Day,
        (Some(_), Some(_), Some(_)) => Precision::Second,
        _ => return None,
    };
    let month = u8::try_from(month.unwrap_or(Some(1))?).ok()?;
    let day = u8::try_from(day.unwrap_or(Some(1))?).ok()?;
    let day = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    let (time, offset_minutes) = time.map_or(Some((Time::MIDNIGHT, 0)), clock)?;
    let local = day.with_time(time).assume_utc().unix_timestamp();
    Some(RecordDate { precision, seconds: local - i64::from(offset_minutes) * 60, offset_minutes })
}

/// Reads `hh:mm:ss.fff` and the offset behind it.
fn clock(text: &str) -> Option<(Time, i16)> {
    let (time, offset_minutes) = match text.find(['Z', '+', '-']) {
        None => (text, 0),
        Some(at) => {
            let (time, offset) = text.split_at_checked(at)?;
            (time, zone(offset)?)
        }
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut parts = time.split(':');
    let hour = u8::try_from(digits(parts.next()?, 2)?).ok()?;
    let minute = u8::try_from(digits(parts.next()?, 2)?).ok()?;
    let second = u8::try_from(parts.next().map_or(Some(0), |second| digits(second, 2))?).ok()?;
    // A leap second has no place in Unix time; FHIR allows to send one.
    let second = if second == 60 { 59 } else { second };
    if parts.next().is_some() {
        return None;
    }
    Some((Time::from_hms(hour, minute, second).ok()?, offset_minutes))
}

fn zone(text: &str) -> Option<i16> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, text) = match text.strip_prefix('+') {
        Some(east) => (1, east),
        None => (-1, text.strip_prefix('-')?),
    };
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    if minutes > 59 || hours * 60 + minutes > 14 * 60 {
        return None;
    }
    Some(sign * i16::try_from(hours * 60 + minutes).ok()?)
}

/// Reads exactly `count` decimal digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    if text.len() != count || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

const YEAR_1: i64 = -62_135_596_800;
const YEAR_10000: i64 = 253_402_300_800;
const OFFSET_MAX: i64 = 14 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> RecordDate {
        RecordDate::parse(text).unwrap()
    }

    #[test]
    fn a_date_is_shown_and_kept_as_precisely_as_it_was_sent() {
        for text in [
            "2019",
            "2019-03",
            "2019-03-31",
            "2020-02-29",
            "2019-03-31T23:59:59+02:00",
            "1969-12-31T00:00:00-11:30",
            "2019-03-31T00:00:00Z",
            "0001",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31",
            "9999-12-31T23:59:59-12:00",
        ] {
            assert_eq!(date(text).to_string(), text);
            assert_eq!(RecordDate::from_bytes(date(text).to_bytes()), Ok(date(text)), "{text}");
        }
        assert_eq!(date("2015-02-07T13:28:17.239+02:00"), date("2015-02-07T13:28:17+02:00"));
        assert_eq!(date("2015-02-07T13:28").to_string(), "2015-02-07T13:28:00Z");
        assert_eq!(date("2016-12-31T23:59:60Z").to_string(), "2016-12-31T23:59:59Z");
    }

    #[test]
    fn what_is_no_day_of_the_calendar_is_refused() {
        for text in [
            "",
            "19",
            "0000",
            "2019-",
            "2019-13",
            "2019-02-29",
            "2019-2-3",
            "2019-03-31T",
            "2019-03-31T24:00:00Z",
            "2019T10:00:00Z",
            "2019-03-31T10:00:00+15:00",
            "2019-03-31T10:00:00.Z",
            "2019-03-31T10:00:00Zx",
            "+2019",
            "2019-03-31 10:00",
            "٢٠١٩",
            "2019-03-31T10:00:00+02",
            "2019-01-01-01",
        ] {
            assert_eq!(RecordDate::parse(text), Err(RecordError::InvalidDate), "{text}");
        }
    }

    #[test]
    fn a_date_means_everything_up_to_the_next() {
        let span = |text| (date(text).end() - date(text).start()) / 86_400;
        assert_eq!(
            (span("2020"), span("2019"), span("2020-02"), span("2019-12")),
            (366, 365, 29, 31)
        );
        assert_eq!((span("9999"), span("9999-12-31")), (365, 1));
        assert_eq!(date("1970-01-01T01:00:00+01:00").start(), 0);
        assert_eq!(date("1970-01-01T01:00:00+01:00").end(), 1);
        assert_eq!(date("2019").start(), date("2019-01-01").start());
    }

    #[test]
    fn dates_order_by_their_start_whatever_the_offset() {
        let sent = ["2018", "2019-01-01T00:30:00+01:00", "2019", "2019-01", "2019-01-01T00:00:00Z"];
        assert!(sent.is_sorted_by_key(|text| date(text)));
    }

    #[test]
    fn bytes_that_no_date_writes_are_refused() {
        let good = date("2019-03").to_bytes();
        for (at, value) in [(0, 4), (8, 1), (1, 0x7f), (9, 0x7f)] {
            let mut bad = good;
            bad[at] = value;
            assert_eq!(RecordDate::from_bytes(bad), Err(RecordError::InvalidDate), "byte {at}");
        }
    }
}
