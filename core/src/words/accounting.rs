//! Accounting: what was given to whom in a time, the way 45 CFR 164.528 lists it, as a page that a
//! person can read and hand on.
//!
//! What goes to one reader for one purpose is told together: the first time with everything that
//! went, how often, and the last time. Nothing that others chose can look like more than it is: it
//! is one line of its own, and never markup.

mod phrases;
mod sheet;

use std::collections::{BTreeMap, HashMap};

use zeroize::Zeroizing;

use crate::consent::{ConsentId, Purpose, Standing};
use crate::disclosure::DisclosureId;
use crate::host::Timestamp;
use crate::order;
use crate::record::{Category, RecordId, Text};
use crate::words::Language;
use phrases::Phrases;
use sheet::{Form, Sheet};

/// Every disclosure of a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accounting {
    /// The patient's name, as a record says it.
    pub patient: Option<Text>,
    /// First second inside.
    pub from: Timestamp,
    /// First second outside.
    pub until: Timestamp,
    /// When it was made.
    pub made: Timestamp,
    /// The disclosures, the oldest first.
    pub disclosures: Vec<Accounted>,
}

/// One disclosure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accounted {
    /// Names it.
    pub id: DisclosureId,
    /// When it was given.
    pub at: Timestamp,
    /// To whom.
    pub recipient: Recipient,
    /// What for.
    pub purpose: Purpose,
    /// The consent that it was under.
    pub consent: ConsentId,
    /// Who signed in the patient's name, where somebody did.
    pub by: Option<Text>,
    /// What went.
    pub records: Vec<AccountedRecord>,
}

/// Somebody to whom something was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Their name, as it was shown when the patient consented.
    pub name: Text,
    /// Their DID.
    pub did: Text,
    /// How far it is proven today who they are.
    pub standing: Standing,
    /// Who vouches for them today.
    pub vouched_by: Option<Text>,
}

/// A record that went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountedRecord {
    /// Which.
    pub id: RecordId,
    /// In which version.
    pub version: u32,
    /// Its category, and what it is in one line; `None` when it was erased since.
    pub about: Option<(Category, Text)>,
}

impl Language {
    /// Tells an accounting as text: a fact a line, blank lines between readers.
    #[must_use]
    pub fn accounting_text(self, accounting: &Accounting) -> Zeroizing<String> {
        self.accounting(accounting, Form::Text)
    }

    /// Tells an accounting as a page: self-contained HTML without script, to be read or printed.
    #[must_use]
    pub fn accounting_html(self, accounting: &Accounting) -> Zeroizing<String> {
        self.accounting(accounting, Form::Html)
    }

    fn accounting(self, accounting: &Accounting, form: Form) -> Zeroizing<String> {
        let words = Phrases::of(self);
        let mut sheet = Sheet::new(form, self, words);
        sheet.begin();
        sheet.fact(words.patient, |sheet| {
            sheet.put(accounting.patient.as_ref().map_or(words.unnamed, Text::as_str));
        });
        sheet.fact(words.time, |sheet| {
            sheet.moment(accounting.from);
            sheet.put(" – ");
            sheet.moment(accounting.until);
        });
        sheet.fact(words.made, |sheet| sheet.moment(accounting.made));
        sheet.end_head();
        let series = series(&accounting.disclosures);
        series.iter().for_each(|one| one.tell(&mut sheet));
        sheet.end(series.is_empty())
    }
}

/// What was given to one reader for one purpose.
struct Series<'a> {
    first: &'a Accounted,
    /// When, the oldest first.
    times: Vec<Timestamp>,
    consents: Vec<ConsentId>,
    /// Every record that went, as it went last.
    records: BTreeMap<RecordId, &'a AccountedRecord>,
}

/// Puts together what may be told together, in the order of the first of each.
fn series(disclosures: &[Accounted]) -> Vec<Series<'_>> {
    let mut all: Vec<Series<'_>> = Vec::new();
    let mut places = HashMap::new();
    for given in disclosures {
        let by = given.by.as_ref().map(Text::as_str);
        let place = (given.recipient.did.as_str(), given.purpose, by);
        let place = *places.entry(place).or_insert(all.len());
        if place == all.len() {
            let (times, consents, records) = (Vec::new(), Vec::new(), BTreeMap::new());
            all.push(Series { first: given, times, consents, records });
        }
        let Some(one) = all.get_mut(place) else { continue };
        one.times.push(given.at);
        if !one.consents.contains(&given.consent) {
            one.consents.push(given.consent);
        }
        one.records.extend(given.records.iter().map(|record| (record.id, record)));
    }
    all
}

impl Series<'_> {
    fn tell(&self, sheet: &mut Sheet) {
        let words = sheet.words();
        sheet.begin_entry(|sheet| self.when(sheet));
        let recipient = &self.first.recipient;
        sheet.fact(words.to, |sheet| match recipient.name.as_str() {
            "" => sheet.put(words.nameless),
            name => sheet.put(name),
        });
        sheet.fact(words.address, |sheet| sheet.put(recipient.did.as_str()));
        sheet.fact(words.voucher, |sheet| {
            sheet.put(recipient.vouched_by.as_ref().map_or(words.nobody, Text::as_str));
        });
        sheet.fact(words.purpose, |sheet| sheet.put_purpose(self.first.purpose));
        self.what(sheet);
        if let Some(by) = &self.first.by {
            sheet.fact(words.by, |sheet| sheet.put(by.as_str()));
        }
        sheet.fact(words.consent, |sheet| {
            for (at, id) in self.consents.iter().enumerate() {
                sheet.put(if at == 0 { "" } else { ", " });
                sheet.show(id);
            }
        });
        sheet.end_entry();
    }

    /// Tells each time of a few; of many the first, how many, and the last.
    fn when(&self, sheet: &mut Sheet) {
        let words = sheet.words();
        if self.times.len() <= FEW {
            for (at, time) in self.times.iter().enumerate() {
                sheet.put(if at == 0 { "" } else { "; " });
                sheet.moment(*time);
            }
            return;
        }
        sheet.moment(self.first.at);
        sheet.put("; ");
        sheet.show(self.times.len());
        sheet.put(words.times);
        sheet.moment(self.times.last().copied().unwrap_or(self.first.at));
    }

    fn what(&self, sheet: &mut Sheet) {
        let words = sheet.words();
        let mut kinds: BTreeMap<Category, Vec<&str>> = BTreeMap::new();
        for (category, title) in self.records.values().filter_map(|record| record.about.as_ref()) {
            kinds.entry(*category).or_default().push(title.as_str());
        }
        for (category, mut titles) in kinds {
            let count = titles.len();
            order::sort(&mut titles);
            titles.dedup();
            sheet.fact(words.what, |sheet| {
                sheet.put_category(category);
                sheet.put(" (");
                sheet.show(count);
                sheet.put("): ");
                for (at, title) in titles.iter().take(TITLES).enumerate() {
                    sheet.put(if at == 0 { "" } else { "; " });
                    sheet.put(title);
                }
                if let Some(more) = titles.len().checked_sub(TITLES).filter(|more| *more > 0) {
                    sheet.put("; ");
                    sheet.show(more);
                    sheet.put(words.more);
                }
            });
        }
        let erased = self.records.values().filter(|record| record.about.is_none()).count();
        if erased > 0 {
            sheet.fact(words.what, |sheet| {
                sheet.put(words.erased);
                sheet.put(" (");
                sheet.show(erased);
                sheet.put(")");
            });
        }
    }
}

/// Times that are each told.
const FEW: usize = 6;
/// Titles that a category is told with.
const TITLES: usize = 12;

#[cfg(test)]
mod tests;
