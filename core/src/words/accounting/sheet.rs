//! A page that is being written, as text or as HTML: what comes from outside is one line and never
//! markup.

use std::fmt::{self, Write};

use zeroize::Zeroizing;

use super::phrases::Phrases;
use crate::consent::{Purpose, without_hidden};
use crate::host::Timestamp;
use crate::record::Category;
use crate::record::text::push;
use crate::words::Language;

/// What a page is written as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Html,
}

/// Holds what has been written, and wipes it when dropped.
pub(super) struct Sheet {
    form: Form,
    language: Language,
    words: &'static Phrases,
    out: Zeroizing<String>,
}

impl Sheet {
    pub(super) fn new(form: Form, language: Language, words: &'static Phrases) -> Self {
        Self { form, language, words, out: Zeroizing::new(String::with_capacity(ROOM)) }
    }

    pub(super) const fn words(&self) -> &'static Phrases {
        self.words
    }

    /// Begins the page with its title.
    pub(super) fn begin(&mut self) {
        self.mark("<!doctype html>\n<html lang=", "");
        self.mark(self.language.tag(), "");
        self.mark(HEAD, "");
        self.mark("<title>", "");
        let title = self.words.title;
        if self.form == Form::Html {
            self.put(title);
        }
        self.mark("</title>\n</head>\n<body>\n<h1>", "");
        self.put(title);
        self.mark("</h1>\n<dl>\n", "\n\n");
    }

    /// Ends the facts about the whole.
    pub(super) fn end_head(&mut self) {
        self.mark("</dl>\n<p>", "\n");
        self.put(self.words.limits);
        self.mark("</p>\n", "\n");
    }

    /// Begins what is told together, under a heading.
    pub(super) fn begin_entry(&mut self, heading: impl FnOnce(&mut Self)) {
        self.mark("<section><h2>", "\n");
        heading(self);
        self.mark("</h2>\n<dl>\n", "\n");
    }

    pub(super) fn end_entry(&mut self) {
        self.mark("</dl></section>\n", "\n");
    }

    /// Ends the page.
    pub(super) fn end(mut self, is_empty: bool) -> Zeroizing<String> {
        if is_empty {
            self.mark("<p>", "\n");
            self.put(self.words.none);
            self.mark("</p>\n", "\n");
        }
        self.mark("</body>\n</html>\n", "");
        self.out
    }

    /// Writes a fact with its name.
    pub(super) fn fact(&mut self, name: &'static str, value: impl FnOnce(&mut Self)) {
        self.mark("<div><dt>", "");
        self.put(name);
        self.mark("</dt><dd>", ": ");
        value(self);
        self.mark("</dd></div>\n", "\n");
    }

    /// Writes a moment, in UTC.
    pub(super) fn moment(&mut self, at: Timestamp) {
        let told = self.language.moment(at);
        self.put(told.as_str());
    }

    pub(super) fn put_category(&mut self, category: Category) {
        self.put(self.language.category(category));
    }

    pub(super) fn put_purpose(&mut self, purpose: Purpose) {
        self.put(self.language.purpose(purpose));
    }

    /// Writes what has nothing to hide.
    pub(super) fn show(&mut self, value: impl fmt::Display) {
        let Ok(()) = write!(self, "{value}") else { unreachable!("there is always room") };
    }

    /// Writes text: without what cannot be seen or would begin a line, and without markup.
    pub(super) fn put(&mut self, text: &str) {
        let plain = without_hidden(text);
        let mut rest = plain.as_str();
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']).filter(|_| self.is_html()) {
            let (before, after) = rest.split_at(at);
            push(&mut self.out, before);
            let mut letters = after.chars();
            push(
                &mut self.out,
                match letters.next() {
                    Some('&') => "&amp;",
                    Some('<') => "&lt;",
                    Some('>') => "&gt;",
                    Some('"') => "&quot;",
                    _ => "&#39;",
                },
            );
            rest = letters.as_str();
        }
        push(&mut self.out, rest);
    }

    fn is_html(&self) -> bool {
        self.form == Form::Html
    }

    /// Writes what is between things: markup, or what stands for it in text.
    fn mark(&mut self, html: &'static str, text: &'static str) {
        let mark = if self.is_html() { html } else { text };
        push(&mut self.out, mark);
    }
}

impl Write for Sheet {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text);
        Ok(())
    }
}

const ROOM: usize = 8 * 1024;

const HEAD: &str = concat!(
    ">\n<head>\n<meta charset=utf-8>\n",
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ",
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n",
    "<meta name=referrer content=no-referrer>\n<meta name=robots content=noindex>\n",
    "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n",
    "<meta name=color-scheme content=\"light dark\">\n<style>\n",
    include_str!("style.css"),
    "</style>\n",
);
