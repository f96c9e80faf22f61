//! The page for the clinician: what a patient disclosed, in one file without script.
//!
//! The terms of the consent stand on top, what kills when it is overlooked comes next. All that
//! comes from a record or a contact is hostile: it is written as text ([`html`]), and nothing but a
//! file beside the page can be clicked. The page says what it shows, never what it lacks.

mod entry;
mod files;
mod html;
mod names;
mod results;
mod terms;
mod when;
mod words;

use std::cmp::Reverse;

use patient_wallet::{
    host::Timestamp,
    record::{Category, RecordDate, Resource, Source},
};
use zeroize::Zeroizing;

use self::{
    entry::{Entry, Standing},
    html::Html,
    names::Names,
    words::{Words, each},
};

/// What the patient signed, in words and moments.
#[derive(Debug)]
pub(crate) struct PageConsent<'a> {
    /// The consent's id.
    pub(crate) id: &'a str,
    /// The key under which the reader knows the patient, as a did:key.
    pub(crate) patient_key: &'a str,
    /// Who may read, as the patient saw the name.
    pub(crate) given_to: &'a str,
    /// What for, in words.
    pub(crate) purpose: &'a str,
    /// The patient's own words about it.
    pub(crate) reason: Option<&'a str>,
    pub(crate) given: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) erase_by: Timestamp,
    /// When the disclosure was opened: ages are counted up to then.
    pub(crate) opened: Timestamp,
    pub(crate) bounds: &'a [PageBound],
}

/// What the reader's software is bound to, beyond the times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageBound {
    ViewOnly,
    NoOnward,
    SingleUse,
}

/// One record that was disclosed.
#[derive(Clone, Copy)]
pub(crate) struct PageRecord<'a> {
    pub(crate) category: Category,
    /// The resource, as it was opened.
    pub(crate) fhir: &'a str,
    /// The files that came with it.
    pub(crate) files: &'a [PageFile<'a>],
    /// When the patient corrected it: what stands here is the old version.
    pub(crate) corrected: Option<Timestamp>,
}

/// One file beside the page.
#[derive(Clone, Copy)]
pub(crate) struct PageFile<'a> {
    /// Its path from the page, `/` between the parts.
    pub(crate) name: &'a str,
    /// What it is called.
    pub(crate) title: &'a str,
    pub(crate) media_type: &'a str,
    /// Its size in bytes.
    pub(crate) size: u64,
}

/// Writes the page. A record that is no FHIR is named, not shown.
pub(crate) fn page(consent: &PageConsent<'_>, records: &[PageRecord<'_>]) -> Zeroizing<String> {
    let source = Source::file([0; 16]);
    let parsed: Vec<_> =
        records.iter().map(|record| Resource::parse(record.fhir, &source).ok()).collect();
    let entries = records.iter().zip(&parsed);
    let mut entries: Vec<_> =
        entries.filter_map(|(record, resource)| Entry::of(record, resource.as_ref()?)).collect();
    entries.sort_by_cached_key(|entry| {
        let date = entry.date().map(RecordDate::start);
        (entry.standing, Reverse(date), entry.resource.title().clone())
    });
    let names = Names::of(parsed.iter().flatten());
    let size: usize = records.iter().map(|record| record.fhir.len()).sum();
    let corrected = records.iter().filter_map(|record| record.corrected);
    let corrected = corrected.clone().max().map(|last| (corrected.count(), last));
    let page = Page { consent, names: &names, entries: &entries, corrected };
    let mut html = Html::with_capacity(size + (32 << 10));
    page.write(&mut html, records.len() - entries.len());
    html.into_page()
}

/// Everything a page is made of.
struct Page<'a> {
    consent: &'a PageConsent<'a>,
    names: &'a Names,
    entries: &'a [Entry<'a>],
    /// How many records the patient has corrected since, and when the last.
    corrected: Option<(usize, Timestamp)>,
}

impl Page<'_> {
    fn write(&self, html: &mut Html, unread: usize) {
        html.raw(HEAD);
        html.raw(STYLE);
        html.raw("</style>\n<title>Disclosed by a patient to ");
        html.text(self.consent.given_to);
        html.raw("</title>\n</head>\n<body>\n");
        self.banner(html);
        html.raw("<header>\n<h1>");
        self.person(html);
        html.raw("</h1>\n");
        terms::write(html, self.consent);
        html.raw("</header>\n");
        self.contents(html);
        html.raw("<main>\n<div class=first>\n");
        for column in [FIRST, SECOND] {
            html.raw("<div>\n");
            for section in column {
                self.section(html, section);
            }
            html.raw("</div>\n");
        }
        html.raw("</div>\n");
        for section in THEN {
            self.section(html, section);
        }
        html.raw("</main>\n<footer>\n<p>");
        html.number(self.entries.len());
        html.raw(if self.entries.len() == 1 { " record was" } else { " records were" });
        html.raw(" disclosed; the main elements are shown here, the whole resources lie beside this page.</p>\n");
        if unread > 0 {
            html.raw("<p><strong class=mark>");
            html.number(unread);
            html.raw(" could not be shown here and are only in their files.</strong></p>\n");
        }
        html.raw("</footer>\n</body>\n</html>\n");
    }

    /// Writes on top of all that what stands below is in part the old version.
    fn banner(&self, html: &mut Html) {
        let Some((count, last)) = self.corrected else { return };
        html.raw("<p class=banner role=alert><strong>The patient corrected ");
        html.number(count);
        html.raw(if count == 1 { " record" } else { " records" });
        html.raw(" of this page, last on ");
        when::moment(html, last);
        html.raw(": do not rely on what is marked; ask for the new version.</strong></p>\n");
    }

    /// Writes who the patient is, where a record says it.
    fn person(&self, html: &mut Html) {
        let mut patients = self.entries.iter().filter(|entry| entry.kind() == "Patient");
        let Some(patient) = patients.next() else {
            return html.raw("A patient, not named in what was disclosed");
        };
        let words = self.words(patient);
        let name = each(patient.root.member("name")).next();
        let is_named =
            html.within("", "", |html| name.into_iter().for_each(|name| words.say(html, name)));
        html.raw(if is_named { "" } else { "A patient" });
        html.within(" <small>", "</small>", |html| {
            let mut open = "";
            for (name, before) in
                [("birthDate", "born "), ("gender", ""), ("deceasedDateTime", "died ")]
            {
                let Some(value) = patient.root.member(name) else { continue };
                html.raw(open);
                html.within(before, "", |html| words.say(html, value));
                open = ", ";
            }
        });
    }

    /// Writes the way to each section that has something.
    fn contents(&self, html: &mut Html) {
        html.raw("<nav>");
        for section in FIRST.iter().chain(SECOND).chain(THEN) {
            let count = self.of(section).count();
            if count > 0 {
                html.raw("<a href=\"#");
                html.raw(section.category.word());
                html.raw("\">");
                html.raw(section.title);
                html.raw(" <small>");
                html.number(count);
                html.raw("</small></a> ");
            }
        }
        html.raw("</nav>\n");
    }

    fn of(&self, section: &Section) -> impl Iterator<Item = &Entry<'_>> {
        self.entries.iter().filter(|entry| entry.category == section.category)
    }

    fn section(&self, html: &mut Html, section: &Section) {
        let is_empty = self.of(section).next().is_none();
        if is_empty && !section.is_vital {
            return;
        }
        html.raw("<section id=");
        html.raw(section.category.word());
        html.raw("><h2>");
        html.raw(section.title);
        html.raw("</h2>\n");
        if is_empty {
            html.raw("<p class=none>Nothing was disclosed. That does not mean that there is nothing.</p>\n");
        }
        let (results, others): (Vec<_>, Vec<_>) =
            self.of(section).partition(|entry| results::is_result(entry));
        results::table(html, self, &results);
        let is_over = |entry: &&&Entry<'_>| entry.standing >= Standing::Past;
        for entry in others.iter().filter(|entry| !is_over(entry)) {
            self.entry(html, entry);
        }
        html.within("<h3 class=over>No longer current</h3>\n", "", |html| {
            for entry in others.iter().filter(is_over) {
                self.entry(html, entry);
            }
        });
        html.raw("</section>\n");
    }

    fn entry(&self, html: &mut Html, entry: &Entry<'_>) {
        let words = self.words(entry);
        html.raw(match entry.standing {
            Standing::Alert => "<article class=alert>",
            Standing::Current => "<article>",
            Standing::Past => "<article class=past>",
            Standing::Wrong => "<article class=wrong>",
        });
        html.raw("<p class=when>");
        self.dated(html, entry.date());
        html.raw("</p><div><h4>");
        entry.name(html, &words);
        entry.marks(html, &words);
        html.raw("</h4>");
        entry.details(html, &words);
        html.raw("</div></article>\n");
    }

    fn words<'b>(&'b self, entry: &Entry<'b>) -> Words<'b> {
        Words { root: entry.root, names: self.names }
    }

    /// Writes the date of a record and how long ago it was.
    fn dated(&self, html: &mut Html, date: Option<RecordDate>) {
        let Some(date) = date else { return html.raw("<small>no date</small>") };
        when::day(html, date);
        html.within(" <small>", "</small>", |html| when::age(html, date, self.consent.opened));
    }
}

/// One part of the page.
struct Section {
    category: Category,
    title: &'static str,
    /// Whether a reader looks for it and must be told when nothing is there.
    is_vital: bool,
}

const fn vital(category: Category, title: &'static str) -> Section {
    Section { category, title, is_vital: true }
}

const fn section(category: Category, title: &'static str) -> Section {
    Section { category, title, is_vital: false }
}

/// What somebody in a hurry looks for: first, and beside it where there is room.
const FIRST: &[Section] =
    &[vital(Category::Allergies, "Allergies"), vital(Category::Medications, "Medications")];

const SECOND: &[Section] = &[
    vital(Category::Conditions, "Conditions and alerts"),
    section(Category::Devices, "Implants and devices"),
    section(Category::Pregnancy, "Pregnancy"),
    section(Category::Directives, "Directives"),
];

const THEN: &[Section] = &[
    section(Category::Laboratory, "Laboratory"),
    section(Category::VitalSigns, "Vital signs"),
    section(Category::Procedures, "Procedures"),
    section(Category::Imaging, "Imaging"),
    section(Category::Immunizations, "Immunizations"),
    section(Category::Notes, "Letters and notes"),
    section(Category::Encounters, "Visits and stays"),
    section(Category::CarePlans, "Plans and orders"),
    section(Category::FamilyHistory, "Family history"),
    section(Category::SocialHistory, "Social history"),
    section(Category::Demographics, "Person and contacts"),
    section(Category::Coverage, "Insurance"),
    section(Category::Other, "Other"),
];

const HEAD: &str = "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
    <meta name=referrer content=no-referrer>\n\
    <meta name=robots content=noindex>\n\
    <meta name=viewport content=\"width=device-width, initial-scale=1\">\n\
    <meta name=color-scheme content=\"light dark\">\n<style>\n";

const STYLE: &str = include_str!("page/style.css");

#[cfg(test)]
mod tests;
