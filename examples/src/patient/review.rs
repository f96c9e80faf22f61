//! `wallet review`

mod told;

use std::cmp::Reverse;
use std::path::PathBuf;

use clap::Args;
use patient_wallet::Session;
use patient_wallet::consent::{AccessRequest, Because, Grant, Reasons};
use patient_wallet::record::{RecordDate, Text};
use patient_wallet::session::{Attachment, Record, Review as Reviewed, Who};
use patient_wallet::words::Language;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::answer::Answer;
use crate::context::Context;
use crate::errors::Failure;
use crate::ids::{self, ShortIds};
use crate::patient::asked;
use crate::patient::terms::{Dates, Terms};
use crate::shapes::RecordShape;
use crate::shapes::consent::{WhoShape, categories, flags};

pub(crate) use self::told::{
    doubts, leaving, minute, name_of, taken_for, tell_records, tell_standing,
};

/// Shows what an approval would release, and what not: nothing is granted by it
///
/// What is withheld, and that there is such, is for your eyes only. A request that is not in the
/// inbox yet is taken in.
#[derive(Args, Debug)]
pub(crate) struct Review {
    /// Id of the request, or its beginning; or the request: a file, -, or its PMW1: text
    request: PathBuf,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    dates: Dates,
}

impl Review {
    /// Checks what no single argument shows.
    pub(crate) fn check(&self) -> Result<(), clap::Error> {
        self.dates.range().map(drop)
    }

    /// Shows what would be released.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut session = context.unlock()?;
        let id = asked::find(&mut session, &self.request)?;
        let narrowing = self.terms.narrowing(&mut session, self.dates)?;
        let review = session.review(id, &narrowing)?;
        let preview = Preview::of(&mut session, review, self.terms.language(), Detail::Every)?;
        context.lock(session);
        Ok(Box::new(preview))
    }
}

/// How much of what is withheld is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Every record.
    Every,
    /// What was asked for and is withheld; of the rest, how much it is.
    Telling,
}

/// What an approval would release, on which terms, as the patient sees it.
#[derive(Debug)]
pub(crate) struct Preview {
    pub(crate) who: Who,
    pub(crate) grant: Grant,
    pub(crate) release: Vec<Record>,
    pub(crate) files: Vec<Attachment>,
    pub(crate) withhold: Vec<Withheld>,
    pub(crate) digest: [u8; 32],
    request: Option<AccessRequest>,
    sentence: Text,
    language: Language,
    is_clock_back: bool,
    ids: ShortIds,
    detail: Detail,
}

/// A record that would not be released.
#[derive(Debug)]
pub(crate) struct Withheld {
    record: Record,
    because: Reasons,
}

impl Preview {
    /// Describes a review.
    pub(crate) fn of(
        session: &mut Session,
        review: Reviewed,
        language: Language,
        detail: Detail,
    ) -> Result<Self, Failure> {
        let sentence = review.sentence(language)?;
        let mut withhold = Vec::with_capacity(review.withhold.len());
        for withheld in review.withhold {
            let record = session.record(withheld.record)?;
            withhold.push(Withheld { record, because: withheld.because });
        }
        // As what is released: the newest first.
        withhold.sort_by_key(|it| Reverse(it.record.date.map(RecordDate::start)));
        Ok(Self {
            who: review.who,
            grant: review.grant,
            release: review.release,
            files: review.files,
            withhold,
            digest: review.digest,
            request: review.request,
            sentence,
            language,
            is_clock_back: review.is_clock_back,
            ids: ShortIds::of(session)?,
            detail,
        })
    }
}

#[derive(Serialize)]
struct Asked<'a> {
    id: Option<String>,
    from: WhoShape,
    purpose: &'static str,
    categories: Vec<&'static str>,
    flags: Vec<&'static str>,
    wanted_seconds: Option<u64>,
    reason: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(preview: &'a Preview) -> Self {
        let from = WhoShape::from(&preview.who);
        let grant = &preview.grant;
        preview.request.as_ref().map_or_else(
            || Self {
                id: None,
                from: WhoShape::from(&preview.who),
                purpose: grant.purpose().code(),
                categories: categories(grant.categories()),
                flags: flags(grant.flags()),
                wanted_seconds: None,
                reason: None,
            },
            |request| Self {
                id: Some(request.id().to_string()),
                from,
                purpose: request.purpose().code(),
                categories: categories(request.categories()),
                flags: flags(request.flags()),
                wanted_seconds: request.seconds(),
                reason: request.text(),
            },
        )
    }
}

/// A file that would leave, as JSON.
#[derive(Serialize)]
pub(crate) struct FileShape<'a> {
    id: String,
    record: String,
    name: &'a str,
    media_type: &'a str,
    size: u64,
}

impl<'a> FileShape<'a> {
    /// Describes files.
    pub(crate) fn all(files: &'a [Attachment]) -> Vec<Self> {
        let shape = |file: &'a Attachment| Self {
            id: file.id.to_string(),
            record: file.record.to_string(),
            name: file.name.as_str(),
            media_type: file.media_type.as_str(),
            size: file.size,
        };
        files.iter().map(shape).collect()
    }
}

impl Serialize for Withheld {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let because: Vec<_> = self.because.iter().map(Because::word).collect();
        let mut shape = serializer.serialize_struct("Withheld", 2)?;
        shape.serialize_field("record", &RecordShape(&self.record))?;
        shape.serialize_field("because", &because)?;
        shape.end()
    }
}

impl Serialize for Preview {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let release: Vec<_> = self.release.iter().map(RecordShape).collect();
        let mut shape = serializer.serialize_struct("Review", 7)?;
        shape.serialize_field("request", &Asked::of(self))?;
        shape.serialize_field("release", &release)?;
        shape.serialize_field("files", &FileShape::all(&self.files))?;
        shape.serialize_field("withhold", &self.withhold)?;
        shape.serialize_field("sentence", self.sentence.as_str())?;
        shape.serialize_field("clock_back", &self.is_clock_back)?;
        shape.serialize_field("digest", &ids::hex(&self.digest))?;
        shape.end()
    }
}
