//! A review as a person reads it: who asks, for what, what would be signed, what leaves, what stays.

use std::collections::BTreeSet;
use std::io::{self, Write};

use patient_wallet::consent::{
    AccessRequest, Because, CategorySet, DateRange, Flags, RequesterClass, Standing,
};
use patient_wallet::host::Timestamp;
use patient_wallet::session::{Record, Who};
use patient_wallet::words::{Kept, KeptBy, Language};
use time::OffsetDateTime;

use super::{Detail, Preview, Withheld};
use crate::answer::Tell;
use crate::clock;
use crate::ids::ShortIds;
use crate::patient::records;
use crate::screen::{Screen, Table, many};
use crate::shapes::consent::flags;

impl Tell for Preview {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        self.tell_who(screen)?;
        if let Some(request) = &self.request {
            tell_request(screen, request)?;
        }
        writeln!(screen)?;
        screen.heading("What you sign")?;
        screen.lines(self.sentence.as_str())?;
        writeln!(screen)?;
        self.tell_released(screen)?;
        writeln!(screen)?;
        self.tell_withheld(screen)?;
        writeln!(screen)?;
        tell_kept(screen, self.language)
    }
}

impl Preview {
    fn tell_who(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let name = name_of(&self.who);
        screen.title(&match self.request {
            Some(_) => format!("{name} asks for records"),
            None => format!("Records for {name}"),
        })?;
        tell_standing(screen, &self.who)?;
        if self.is_clock_back {
            screen.fact(
                "warning",
                "the clock of this device stands before the last entry of the log; the later time \
                 counts, unless wallet status --clock-is-right says otherwise",
            )?;
        }
        Ok(())
    }

    fn tell_released(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.heading(&format!("Released: {}", many(&self.release, "record")))?;
        tell_records(screen, &self.release, self.ids)?;
        let unclassified = self.release.iter().filter(|record| !record.classified).count();
        if unclassified > 0 {
            screen.paragraph(&format!(
                "Unclassified: {unclassified}. No code set knows what they are about: look at them \
                 with wallet show."
            ))?;
        }
        Ok(())
    }

    fn tell_withheld(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.heading(&format!(
            "Withheld: {}, which only you see",
            many(&self.withhold, "record")
        ))?;
        let (told, rest): (Vec<&Withheld>, Vec<&Withheld>) =
            self.withhold.iter().partition(|it| self.detail == Detail::Every || it.was_wanted());
        let mut table = Table::new(["id", "date", "category", "title", "why"], 3);
        let mut reasons = BTreeSet::new();
        for withheld in &told {
            let words: Vec<_> = withheld.because.iter().map(Because::word).collect();
            let [id, date, category, title, _] = records::row(&withheld.record, self.ids);
            table.push([id, date, category, title, words.join("\n")]);
            reasons.extend(withheld.because.iter());
        }
        if !told.is_empty() {
            table.tell(screen)?;
        }
        for because in reasons {
            screen.fact(because.word(), self.language.because(because))?;
        }
        if !rest.is_empty() {
            screen
                .paragraph(&format!("Not asked for, or not named: {}.", many(&rest, "record")))?;
        }
        Ok(())
    }
}

impl Withheld {
    /// Tells whether more than category, date and choice speaks against it.
    fn was_wanted(&self) -> bool {
        let terms = [Because::Category, Because::Date, Because::NotNamed];
        !terms.iter().any(|because| self.because.contains(*because))
    }
}

/// Lists records in a table, those that nobody has classified marked.
pub(crate) fn tell_records(
    screen: &mut Screen<'_>,
    records: &[Record],
    ids: ShortIds,
) -> io::Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(["id", "date", "category", "title", "labels"], 3);
    records.iter().for_each(|record| table.push(records::row(record, ids)));
    table.tell(screen)
}

/// Gives the name of somebody; who says none has a key.
pub(crate) fn name_of(who: &Who) -> &str {
    let name = who.name.as_str();
    if name.is_empty() { "Somebody without a name" } else { name }
}

/// Tells how far it is proven who somebody is.
pub(crate) fn tell_standing(screen: &mut Screen<'_>, who: &Who) -> io::Result<()> {
    screen.fact("standing", &standing(who))?;
    let class = who.class.map_or("unknown: every rule of yours holds", RequesterClass::word);
    screen.fact("class", class)?;
    if who.says != who.name {
        screen.fact("they say", who.says.as_str())?;
    }
    screen.fact("key", who.did.as_str())?;
    for name in &who.looks_like {
        let warning = format!("the name is easily taken for {}, which is another", name.as_str());
        screen.fact("warning", &warning)?;
    }
    if let Some(refused) = who.refused {
        screen.fact("warning", &format!("the credential does not count: {refused}"))?;
    }
    if who.is_stale {
        screen.fact(
            "warning",
            "what the directory has taken back lately is not known here: trust add takes its list",
        )?;
    }
    Ok(())
}

fn standing(who: &Who) -> String {
    let since = who.known_since.map(|since| format!("known since {}", clock::day(since)));
    match (who.standing, &who.vouched_by, since) {
        (Standing::Vouched, Some(directory), Some(since)) => {
            format!("vouched for by {}, {since}", directory.as_str())
        }
        (Standing::Vouched, Some(directory), None) => {
            format!("vouched for by {}, answered for the first time", directory.as_str())
        }
        (_, _, Some(since)) => format!("{since}; nobody you trust vouches for them"),
        _ => "not vouched for, never answered before: the name is only their own word".to_owned(),
    }
}

fn tell_request(screen: &mut Screen<'_>, request: &AccessRequest) -> io::Result<()> {
    screen.fact("asked", &asked(request.categories()))?;
    if !request.labels().is_empty() {
        screen.fact("by name", &request.labels().to_string())?;
    }
    screen.fact("what for", request.purpose().word())?;
    if let Some(dates) = request.dates() {
        screen.fact("dates", &dated(dates))?;
    }
    let lasting = request.seconds().map_or_else(|| "as you say".to_owned(), clock::lasting);
    screen.fact("for", &lasting)?;
    screen.fact("copies kept", &clock::lasting(request.retain_seconds()))?;
    if request.flags() != Flags::NONE {
        screen.fact("promised", &flags(request.flags()).join(", "))?;
    }
    if let Some(text) = request.text() {
        screen.fact("they write", text)?;
    }
    screen.fact("answer by", &request.expires_at().to_string())
}

/// Tells who or what keeps the terms, and what nobody can.
fn tell_kept(screen: &mut Screen<'_>, language: Language) -> io::Result<()> {
    KeptBy::ALL.iter().try_for_each(|by| {
        let rows = language.kept().iter().filter(|row| row.by() == *by);
        let rows: Vec<_> = rows.map(Kept::what).collect();
        screen.paragraph(&format!("{}. {}", language.kept_by(*by), rows.join(" ")))
    })
}

fn asked(categories: CategorySet) -> String {
    match categories {
        CategorySet::ALL => "everything".to_owned(),
        CategorySet::ALL_BUT_OTHER => "everything but other".to_owned(),
        some => some.to_string(),
    }
}

fn dated(dates: DateRange) -> String {
    let day = |seconds: i64| {
        let moment = OffsetDateTime::from_unix_timestamp(seconds);
        moment.map_or_else(|_| String::new(), |moment| moment.date().to_string())
    };
    let from = dates.from().map(|from| format!("from {}", day(from)));
    let to = dates.to().map(|to| format!("before {}", day(to)));
    [from, to].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Gives a moment as a table shows it, to the minute.
pub(crate) fn minute(moment: Timestamp) -> String {
    moment.to_string().replace('T', " ").chars().take(16).collect()
}
