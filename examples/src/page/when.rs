//! Dates as people write them, and how long ago they were.

use patient_wallet::{
    host::Timestamp,
    record::{RecordDate, date::Precision},
};

use super::html::Html;

/// Writes a date, no more precise than it was sent: `1968`, `Sep 2023`, `14 Sep 2023, 09:30`.
pub(super) fn date(html: &mut Html, date: RecordDate) {
    let written = date.to_string();
    let (day, time) = written.split_once('T').unwrap_or((&written, ""));
    let mut parts = day.splitn(3, '-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    if let Some(day) = day {
        html.text(day.trim_start_matches('0'));
        html.raw(" ");
    }
    if let Some(month) = month {
        html.raw(month_name(month));
        html.raw(" ");
    }
    html.text(year.unwrap_or_default());
    if let Some(time) = time.get(..5) {
        html.raw(", ");
        html.text(time);
    }
}

/// Writes the day of a date.
pub(super) fn day(html: &mut Html, date: RecordDate) {
    let written = date.to_string();
    let day = written.split_once('T').and_then(|(day, _)| RecordDate::parse(day).ok());
    self::date(html, day.unwrap_or(date));
}

/// Writes a moment of the consent.
pub(super) fn moment(html: &mut Html, moment: Timestamp) {
    match RecordDate::parse(&moment.to_string()) {
        Ok(when) => {
            date(html, when);
            html.raw(" UTC");
        }
        Err(_) => html.text(&moment.to_string()),
    }
}

/// Writes how long ago a date was; nothing for one that may still come.
pub(super) fn age(html: &mut Html, date: RecordDate, now: Timestamp) {
    let seconds = i64::try_from(now.unix()).unwrap_or(i64::MAX);
    let days = seconds.saturating_sub(date.start()).div_euclid(DAY);
    let (count, one, many) = match (date.precision(), days) {
        (_, ..0) => return,
        (Precision::Year, _) => (year(&now.to_string()) - year(&date.to_string()), YEAR, YEARS),
        (Precision::Month, 0..60) => return,
        // Of what is as fresh as that the hour counts.
        (Precision::Second, 0 | 1) => {
            let written = date.to_string();
            let time = written.split_once('T').and_then(|(_, time)| time.get(..5));
            html.raw("at ");
            return html.text(time.unwrap_or_default());
        }
        (_, 0) => return html.raw("today"),
        (_, 1..60) => (days, "day ago", "days ago"),
        (_, 60..730) => (days * 12 / 365, "month ago", "months ago"),
        (..) => (days * 100 / 36525, YEAR, YEARS),
    };
    if count == 0 {
        return;
    }
    html.number(count);
    html.raw(" ");
    html.raw(if count == 1 { one } else { many });
}

fn year(date: &str) -> i64 {
    date.get(..4).and_then(|year| year.parse().ok()).unwrap_or_default()
}

fn month_name(month: &str) -> &'static str {
    let number: usize = month.parse().unwrap_or_default();
    MONTHS.get(number.wrapping_sub(1)).copied().unwrap_or_default()
}

const YEAR: &str = "year ago";
const YEARS: &str = "years ago";
const DAY: i64 = 86_400;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Html)) -> String {
        let mut html = Html::with_capacity(0);
        write(&mut html);
        html.into_page().to_string()
    }

    #[test]
    fn a_date_is_as_precise_as_it_was_sent() {
        for (sent, shown) in [
            ("1968", "1968"),
            ("2023-09", "Sep 2023"),
            ("2023-09-04", "4 Sep 2023"),
            ("2023-12-14T09:30:59+02:00", "14 Dec 2023, 09:30"),
        ] {
            let sent = RecordDate::parse(sent).unwrap();
            assert_eq!(written(|html| date(html, sent)), shown);
        }
        let moment = Timestamp::from_unix(1_743_588_000);
        assert_eq!(written(|html| super::moment(html, moment)), "2 Apr 2025, 10:00 UTC");
    }

    #[test]
    fn the_age_of_a_fact_is_told_in_the_unit_that_counts() {
        let now = Timestamp::from_unix(1_743_588_000); // 2025-04-02T10:00:00Z
        for (sent, shown) in [
            ("2025-04-02", "today"),
            ("2025-04-01", "1 day ago"),
            ("2025-04-02T08:30:00+02:00", "at 08:30"),
            ("2025-03-01T08:30:00+02:00", "32 days ago"),
            ("2025-02-05", "56 days ago"),
            ("2025-01-01", "2 months ago"),
            ("2023-09-14", "18 months ago"),
            ("2023-04-01", "2 years ago"),
            ("1968-04-17", "56 years ago"),
            ("2025-05-01", ""),
            ("2025", ""),
            ("2024", "1 year ago"),
            ("2025-03", ""),
            ("2024-03", "13 months ago"),
        ] {
            let sent = RecordDate::parse(sent).unwrap();
            assert_eq!(written(|html| age(html, sent, now)), shown);
        }
    }
}
