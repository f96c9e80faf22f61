//! The text index: folded text of every current record, made when first searched, wiped at lock.
//!
//! Text beyond the cap is not kept; those records are read again for each search.

use std::collections::HashMap;
use std::ops::Range;

use zeroize::Zeroizing;

use crate::record::fhir::search_text;
use crate::record::text::{fold, push};
use crate::record::{RecordError, Text};

/// Folded text by row.
#[derive(Default)]
pub(crate) struct TextIndex {
    all: Zeroizing<String>,
    rows: HashMap<u64, Range<usize>>,
}

impl TextIndex {
    /// Tells whether the text of a row is kept.
    pub(crate) fn has(&self, seq: u64) -> bool {
        self.rows.contains_key(&seq)
    }

    /// Tells whether there is room for more text.
    pub(crate) fn has_room(&self) -> bool {
        self.all.len() < CAP
    }

    /// Keeps the text of a resource.
    ///
    /// # Errors
    /// [`RecordError`] when the resource cannot be read.
    pub(crate) fn add(
        &mut self,
        seq: u64,
        resource: &str,
        title: &Text,
    ) -> Result<(), RecordError> {
        let text = text_of(resource, title)?;
        let start = self.all.len();
        push(&mut self.all, &text);
        self.rows.insert(seq, start..self.all.len());
        Ok(())
    }

    /// Tells whether the text of a row holds every word; `None` when it is not kept.
    pub(crate) fn matches(&self, seq: u64, words: &Words) -> Option<bool> {
        let text = self.all.get(self.rows.get(&seq)?.clone())?;
        Some(words.all_in(text))
    }
}

impl std::fmt::Debug for TextIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextIndex").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

/// The words of a search, folded: without case and accents.
pub(crate) struct Words(Zeroizing<String>);

impl Words {
    /// Folds what the patient typed.
    pub(crate) fn new(typed: &str) -> Self {
        let mut folded = Zeroizing::new(String::new());
        fold(typed, &mut folded);
        Self(folded)
    }

    /// Tells whether a resource holds every word.
    ///
    /// # Errors
    /// [`RecordError`] when the resource cannot be read.
    pub(crate) fn in_resource(&self, resource: &str, title: &Text) -> Result<bool, RecordError> {
        let text = text_of(resource, title)?;
        Ok(self.all_in(&text))
    }

    fn all_in(&self, text: &str) -> bool {
        self.0.split(' ').all(|word| text.contains(word))
    }
}

fn text_of(resource: &str, title: &Text) -> Result<Zeroizing<String>, RecordError> {
    let mut text = Zeroizing::new(String::new());
    search_text(resource, title, &mut text)?;
    Ok(text)
}

/// Bytes of folded text that are kept.
const CAP: usize = 16 * 1024 * 1024;
