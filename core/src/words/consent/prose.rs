//! Sentences put together from the phrases of a language, without a copy left behind.

use std::fmt::{self, Write};

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{Phrases, Sentence};
use crate::consent::{CategorySet, ConsentToken, DateRange, Flags, Opening, without_hidden};
use crate::host::Timestamp;
use crate::record::text::push;
use crate::record::{LabelSet, Text};
use crate::words::month;

/// What is put in the place of a name in braces.
type Part<'a> = (&'static str, &'a dyn Fn(&mut Prose));

/// A text that leaves no copy behind while it grows.
pub(super) struct Prose {
    phrases: &'static Phrases,
    out: Zeroizing<String>,
}

impl Prose {
    pub(super) fn new(phrases: &'static Phrases) -> Self {
        Self { phrases, out: Zeroizing::new(String::with_capacity(ROOM)) }
    }

    /// Gives the text.
    pub(super) fn finish(self) -> Text {
        Text::from(self.out)
    }

    /// Tells who may read what, until when and why.
    pub(super) fn may_read(&mut self, token: &ConsentToken, sentence: &Sentence<'_>) {
        let words = self.phrases;
        let later = token.not_before() > token.issued_at();
        let phrase = if later { words.may_read_from } else { words.may_read };
        self.say(
            phrase,
            &[
                ("who", &|prose| prose.who(sentence)),
                ("what", &|prose| prose.categories(token.scope().categories())),
                ("from", &|prose| prose.time(token.not_before())),
                ("until", &|prose| prose.time(token.expires_at())),
                ("purpose", &|prose| prose.put((words.purpose)(token.scope().purpose()))),
            ],
        );
    }

    fn who(&mut self, sentence: &Sentence<'_>) {
        let words = self.phrases;
        let name = |prose: &mut Self| prose.quoted(sentence.name.unwrap_or_default());
        match (sentence.name, sentence.vouched_by) {
            (Some(_), Some(voucher)) => self.fill(
                words.vouched,
                &[("name", &name), ("voucher", &|prose| prose.quoted(voucher))],
            ),
            (Some(_), None) => self.fill(words.not_vouched, &[("name", &name)]),
            (None, _) => self.put(words.nameless),
        }
    }

    fn categories(&mut self, categories: CategorySet) {
        let words = self.phrases;
        match categories {
            CategorySet::ALL => self.put(words.every_category),
            CategorySet::ALL_BUT_OTHER => self.put(words.every_category_but_other),
            some => {
                let names: Vec<_> = some.iter().map(words.category).collect();
                self.fill(words.categories, &[("list", &|prose| prose.list(&names, words.and))]);
            }
        }
    }

    /// Tells what is left of the categories.
    pub(super) fn narrower(&mut self, token: &ConsentToken) {
        let words = self.phrases;
        let scope = token.scope();
        match scope.only().len() {
            0 => {}
            1 => self.say(words.one_record, &[]),
            many => self.say(words.records, &[("count", &|prose| prose.show(many))]),
        }
        if let Some(range) = scope.dates() {
            self.dates(range);
        }
    }

    fn dates(&mut self, range: DateRange) {
        let words = self.phrases;
        let moment = |seconds: Option<i64>| move |prose: &mut Self| prose.moment(seconds);
        let (from, to) = (moment(range.from()), moment(range.to()));
        match (range.from(), range.to()) {
            (None, None) => {}
            (Some(_), None) => self.say(words.dated_from, &[("from", &from)]),
            (None, Some(_)) => self.say(words.dated_to, &[("to", &to)]),
            (Some(_), Some(_)) => self.say(words.dated_between, &[("from", &from), ("to", &to)]),
        }
    }

    /// Tells what the patient denies, which no reader is told.
    pub(super) fn never(&mut self, opening: &Opening) {
        let words = self.phrases;
        let denied = opening.denied();
        if denied != LabelSet::EMPTY {
            let names: Vec<_> = denied.iter().map(words.label).collect();
            self.say(words.never, &[("list", &|prose| prose.list(&names, |_| words.or))]);
        }
        match opening.withheld().len() {
            0 if denied == LabelSet::EMPTY => self.say(words.nothing_denied, &[]),
            0 => {}
            1 => self.say(words.one_withheld, &[]),
            many => self.say(words.withheld, &[("count", &|prose| prose.show(many))]),
        }
    }

    /// Tells what comes after the reading, and why it was given.
    pub(super) fn afterwards(&mut self, token: &ConsentToken) {
        let words = self.phrases;
        let scope = token.scope();
        let erase_by = scope.erase_by();
        self.say(words.erase_by, &[("time", &|prose| prose.time(erase_by))]);
        let promises = [
            (Flags::VIEW_ONLY, words.view_only),
            (Flags::NO_ONWARD, words.no_onward),
            (Flags::SINGLE_USE, words.single_use),
        ];
        for (_, phrase) in promises.into_iter().filter(|(flag, _)| scope.flags().contains(*flag)) {
            self.say(phrase, &[]);
        }
        if let Some(reason) = scope.reason() {
            self.say(words.reason, &[("reason", &|prose| prose.quoted(reason))]);
        }
        self.say(if scope.request().is_some() { words.asked } else { words.unasked }, &[]);
    }

    /// Adds a sentence.
    fn say(&mut self, phrase: &'static str, parts: &[Part<'_>]) {
        if !self.out.is_empty() {
            self.put(" ");
        }
        self.fill(phrase, parts);
    }

    /// Adds a phrase with its parts in their places.
    fn fill(&mut self, phrase: &'static str, parts: &[Part<'_>]) {
        let mut rest = phrase;
        while let Some((before, name, after)) = next_part(rest) {
            self.put(before);
            if let Some((_, write)) = parts.iter().find(|(part, _)| *part == name) {
                write(self);
            }
            rest = after;
        }
        self.put(rest);
    }

    fn list(&mut self, names: &[&'static str], and: impl Fn(&str) -> &'static str) {
        for (at, name) in names.iter().enumerate() {
            match names.len() - at {
                _ if at == 0 => {}
                1 => self.put(and(name)),
                _ => self.put(", "),
            }
            self.put(name);
        }
    }

    /// Adds what somebody else wrote: without hidden characters, in quotes that it cannot close.
    fn quoted(&mut self, text: &str) {
        let [open, close] = self.phrases.quotes;
        self.put(open);
        for letter in without_hidden(text).as_str().chars() {
            let letter = if is_quote(letter) { '\'' } else { letter };
            self.put(letter.encode_utf8(&mut [0; 4]));
        }
        self.put(close);
    }

    /// Adds a moment.
    pub(super) fn time(&mut self, at: Timestamp) {
        self.moment(i64::try_from(at.unix()).ok());
    }

    /// Adds a moment, to the second where it is not a whole minute.
    fn moment(&mut self, seconds: Option<i64>) {
        let words = self.phrases;
        let moment = seconds.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
        let Some(moment) = moment else { return self.put(words.no_date) };
        let (hour, minute, second) = moment.to_hms();
        self.fill(
            words.date,
            &[
                ("day", &|prose| prose.show(moment.day())),
                ("month", &|prose| prose.put(month(moment.date(), words.months))),
                ("year", &|prose| prose.show(moment.year())),
            ],
        );
        self.show(format_args!(", {hour:02}:{minute:02}"));
        if second != 0 {
            self.show(format_args!(":{second:02}"));
        }
        self.put(" UTC");
    }

    fn show(&mut self, value: impl fmt::Display) {
        let Ok(()) = write!(self, "{value}") else { unreachable!("there is always room") };
    }

    fn put(&mut self, text: &str) {
        push(&mut self.out, text);
    }
}

impl Write for Prose {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text);
        Ok(())
    }
}

/// Splits a phrase at its first name in braces.
fn next_part(phrase: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let (before, rest) = phrase.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// Says whether a letter could be taken for a quote.
fn is_quote(letter: char) -> bool {
    matches!(
        letter,
        '"' | '\u{ab}' | '\u{bb}' | '\u{2ba}' | '\u{2ee}' | '\u{201c}'..='\u{201f}' | '\u{2033}'
            | '\u{2036}' | '\u{275d}' | '\u{275e}' | '\u{300a}'..='\u{300f}'
            | '\u{301d}'..='\u{301f}' | '\u{3003}' | '\u{ff02}' | '\u{226a}' | '\u{226b}'
            | '\u{5f4}'
    )
}

const ROOM: usize = 1024;
