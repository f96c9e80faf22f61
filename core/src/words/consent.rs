//! The sentence that the patient reads before signing, and the words around it.
//!
//! The sentence is made from the bytes that are signed and from the opening of what they only
//! commit to, each checked against the other: nothing else can put a term into it, and no term can
//! stay out of it. Names that others chose stand in quotes, which they cannot leave.

mod de;
mod en;
mod es;
mod prose;

use super::Language;
use crate::consent::{
    Because, ConsentError, ConsentState, ConsentToken, Opening, Purpose, RequestState,
    RequesterClass, Thumbprint,
};
use crate::host::Timestamp;
use crate::keys::VerifyingKey;
use crate::record::{Category, SensitivityLabel, Text};
use prose::Prose;

/// What the sentence of a consent is made from.
#[derive(Debug, Clone, Copy)]
pub struct Sentence<'a> {
    /// The bytes that are signed.
    pub payload: &'a [u8],
    /// What they commit to without saying it.
    pub opening: &'a Opening,
    /// The key of the reader, which the payload names.
    pub reader: &'a VerifyingKey,
    /// The name of the reader, as somebody believed vouches for it or else as they say it.
    pub name: Option<&'a str>,
    /// The name of who vouches for it; `None` when nobody does.
    pub vouched_by: Option<&'a str>,
}

/// Who or what keeps a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeptBy {
    /// Keys: nobody can break it.
    Keys,
    /// The reader's software, as long as it is honest.
    HonestSoftware,
    /// Nobody: it is no promise.
    Nobody,
}

impl KeptBy {
    /// Every one, in the order of the table.
    pub const ALL: [Self; 3] = [Self::Keys, Self::HonestSoftware, Self::Nobody];
}

/// One row of the table of what a consent promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    by: KeptBy,
    what: &'static str,
}

impl Kept {
    /// Returns who keeps it.
    #[must_use]
    pub const fn by(&self) -> KeptBy {
        self.by
    }

    /// Returns what is kept, or not.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }
}

impl Language {
    /// Tells what a consent permits, to whom, why and until when.
    ///
    /// # Errors
    /// [`ConsentError::Invalid`] when payload and opening do not belong together,
    /// [`ConsentError::OtherRequester`] when the payload names another reader, and the errors of
    /// [`ConsentToken::parse_payload`].
    pub fn consent(self, sentence: &Sentence<'_>) -> Result<Text, ConsentError> {
        let token = ConsentToken::parse_payload(sentence.payload)?;
        if token.scope().private_terms() != &sentence.opening.commit() {
            return Err(ConsentError::Invalid);
        }
        if token.reader() != Thumbprint::of(sentence.reader) {
            return Err(ConsentError::OtherRequester);
        }
        let mut prose = Prose::new(self.phrases());
        prose.may_read(&token, sentence);
        prose.narrower(&token);
        prose.never(sentence.opening);
        prose.afterwards(&token);
        Ok(prose.finish())
    }

    /// Names a category.
    #[must_use]
    pub fn category(self, category: Category) -> &'static str {
        (self.phrases().category)(category)
    }

    /// Names a label.
    #[must_use]
    pub fn label(self, label: SensitivityLabel) -> &'static str {
        (self.phrases().label)(label)
    }

    /// Names a purpose, as the end of a sentence.
    #[must_use]
    pub fn purpose(self, purpose: Purpose) -> &'static str {
        (self.phrases().purpose)(purpose)
    }

    /// Names what a requester is.
    #[must_use]
    pub fn class(self, class: RequesterClass) -> &'static str {
        (self.phrases().class)(class)
    }

    /// Tells why a record is not released.
    #[must_use]
    pub fn because(self, because: Because) -> &'static str {
        (self.phrases().because)(because)
    }

    /// Tells how far a consent has come.
    #[must_use]
    pub fn consent_state(self, state: ConsentState) -> &'static str {
        (self.phrases().consent_state)(state)
    }

    /// Tells how far a request has come.
    #[must_use]
    pub fn request_state(self, state: RequestState) -> &'static str {
        (self.phrases().request_state)(state)
    }

    /// Gives the table of what a consent promises, in the order of who keeps it.
    #[must_use]
    pub fn kept(self) -> &'static [Kept] {
        self.phrases().kept
    }

    /// Names who keeps a promise: the heading over its rows.
    #[must_use]
    pub fn kept_by(self, by: KeptBy) -> &'static str {
        (self.phrases().kept_by)(by)
    }

    /// Tells a moment, in UTC.
    pub(super) fn moment(self, at: Timestamp) -> Text {
        let mut prose = Prose::new(self.phrases());
        prose.time(at);
        prose.finish()
    }

    const fn phrases(self) -> &'static Phrases {
        match self {
            Self::En => &en::PHRASES,
            Self::De => &de::PHRASES,
            Self::Es => &es::PHRASES,
        }
    }
}

/// Everything that is said of consents in a language. A name in braces stands for what is put there.
struct Phrases {
    quotes: [&'static str; 2],
    and: fn(&str) -> &'static str,
    or: &'static str,
    /// `{name}`, `{voucher}`
    vouched: &'static str,
    /// `{name}`
    not_vouched: &'static str,
    nameless: &'static str,
    /// `{who}`, `{what}`, `{until}`, `{purpose}`
    may_read: &'static str,
    /// As before, and `{from}`.
    may_read_from: &'static str,
    /// `{list}`
    categories: &'static str,
    every_category: &'static str,
    every_category_but_other: &'static str,
    one_record: &'static str,
    /// `{count}`
    records: &'static str,
    /// `{from}`
    dated_from: &'static str,
    /// `{to}`
    dated_to: &'static str,
    /// `{from}`, `{to}`
    dated_between: &'static str,
    /// `{list}`
    never: &'static str,
    one_withheld: &'static str,
    /// `{count}`
    withheld: &'static str,
    nothing_denied: &'static str,
    /// `{time}`
    erase_by: &'static str,
    view_only: &'static str,
    no_onward: &'static str,
    single_use: &'static str,
    /// `{reason}`
    reason: &'static str,
    asked: &'static str,
    unasked: &'static str,
    months: &'static [&'static str; 12],
    /// `{day}`, `{month}`, `{year}`
    date: &'static str,
    no_date: &'static str,
    category: fn(Category) -> &'static str,
    label: fn(SensitivityLabel) -> &'static str,
    purpose: fn(Purpose) -> &'static str,
    class: fn(RequesterClass) -> &'static str,
    because: fn(Because) -> &'static str,
    consent_state: fn(ConsentState) -> &'static str,
    request_state: fn(RequestState) -> &'static str,
    kept: &'static [Kept],
    kept_by: fn(KeptBy) -> &'static str,
}

#[cfg(test)]
mod tests;
