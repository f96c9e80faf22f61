//! Previews: what an approval would release, shown page by page until the session locks.

use std::collections::VecDeque;

use patient_wallet::consent::{Because, ConsentError, Purpose};
use patient_wallet::record::{Category, SensitivityLabel};
use patient_wallet::session;
use patient_wallet::words::Language;

use crate::error::{WalletError, refused};
use crate::page::{page, part};
use crate::parse;
use crate::session::{
    Attachment, AttachmentPage, Consent, Record, RecordPage, RequestTerms, Session, Who,
};
use crate::vocabulary::{ConsentFlags, DateRange};

/// What an approval would do, before anything is signed. Its lists are asked for by its digest.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Review {
    /// Names this preview; an approval names it too.
    pub digest: Vec<u8>,
    /// Who would read.
    pub who: Who,
    /// What was asked; absent when nobody asked.
    pub request: Option<RequestTerms>,
    /// The terms.
    pub grant: GrantTerms,
    /// What the patient signs, rendered from the bytes that get signed.
    pub sentence: String,
    /// Number of records that would be released.
    pub released: u64,
    /// Number of files that would go with them.
    pub files: u64,
    /// Number of records that would not be released.
    pub withheld: u64,
    /// Whether the device's clock stands before the log's last entry: the later time counts.
    pub is_clock_back: bool,
}

/// The terms of a consent that may be signed.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct GrantTerms {
    /// What for.
    pub purpose: Purpose,
    /// Categories permitted.
    pub categories: Vec<Category>,
    /// Labels denied.
    pub denied: Vec<SensitivityLabel>,
    /// Records permitted one by one; none: all that the rest permits.
    pub only: Vec<String>,
    /// Records withheld one by one.
    pub withheld: Vec<String>,
    /// The dates of the records permitted; absent for every date.
    pub dates: Option<DateRange>,
    /// First second inside.
    pub not_before: u64,
    /// First second outside.
    pub expires_at: u64,
    /// When the reader has to erase what was opened.
    pub erase_by: u64,
    /// What else it demands.
    pub flags: ConsentFlags,
    /// Why, in the patient's words.
    pub reason: Option<String>,
}

/// A record that would not be released: for the patient's eyes only.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct WithheldRecord {
    /// Which.
    pub record: Record,
    /// Why; never empty.
    pub because: Vec<Because>,
}

page! {
    /// A page of records that would not be released.
    WithheldPage of WithheldRecord
}

/// What would leave under a consent that was given: its lists are asked for by its digest.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Refreshment {
    /// Names this preview; who asks for it to leave names it too.
    pub digest: Vec<u8>,
    /// The consent that it is under.
    pub consent: Consent,
    /// Number of records that would leave.
    pub released: u64,
    /// Number of files that would go with them.
    pub files: u64,
}

/// The latest previews of a session.
#[derive(Default)]
pub(crate) struct Previews(VecDeque<Preview>);

/// The lists of one preview.
struct Preview {
    digest: [u8; 32],
    release: Vec<session::Record>,
    files: Vec<session::Attachment>,
    withhold: Vec<session::Withheld>,
}

/// As many previews as the core keeps.
const KEPT: usize = 8;

impl Previews {
    /// Keeps the lists of a review.
    pub(crate) fn keep_review(
        &mut self,
        review: session::Review,
        language: Language,
    ) -> Result<Review, WalletError> {
        let shown = Review {
            digest: review.digest.to_vec(),
            sentence: review.sentence(language).map_err(refused)?.as_str().to_owned(),
            released: parse::count(review.release.len()),
            files: parse::count(review.files.len()),
            withheld: parse::count(review.withhold.len()),
            is_clock_back: review.is_clock_back,
            who: review.who.into(),
            request: review.request.as_ref().map(RequestTerms::from),
            grant: (&review.grant).into(),
        };
        self.keep(Preview {
            digest: review.digest,
            release: review.release,
            files: review.files,
            withhold: review.withhold,
        });
        Ok(shown)
    }

    /// Keeps the lists of a refreshment.
    pub(crate) fn keep_refreshment(&mut self, found: session::Refreshment) -> Refreshment {
        let shown = Refreshment {
            digest: found.digest.to_vec(),
            consent: found.consent.into(),
            released: parse::count(found.release.len()),
            files: parse::count(found.files.len()),
        };
        self.keep(Preview {
            digest: found.digest,
            release: found.release,
            files: found.files,
            withhold: Vec::new(),
        });
        shown
    }

    fn keep(&mut self, preview: Preview) {
        self.0.retain(|kept| kept.digest != preview.digest);
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(preview);
    }

    fn named(&self, digest: &[u8]) -> Result<&Preview, WalletError> {
        let found = self.0.iter().find(|preview| preview.digest == digest);
        found.ok_or_else(|| refused(ConsentError::ReviewStale))
    }
}

#[uniffi::export]
impl Session {
    /// Lists the records that a preview would release, the newest first.
    pub fn released(
        &self,
        digest: Vec<u8>,
        offset: u64,
        limit: u32,
    ) -> Result<RecordPage, WalletError> {
        self.home.call(|open| {
            let release = open.previews.named(&digest)?.release.iter().collect();
            open.session.status()?; // A session that has locked meanwhile shows nothing.
            Ok(part(release, offset, limit, |record: &session::Record| Record::from(record)).into())
        })
    }

    /// Lists the files that would go with the records of a preview.
    pub fn released_files(
        &self,
        digest: Vec<u8>,
        offset: u64,
        limit: u32,
    ) -> Result<AttachmentPage, WalletError> {
        self.home.call(|open| {
            open.session.status()?;
            let files = open.previews.named(&digest)?.files.iter().collect();
            Ok(part(files, offset, limit, |file: &session::Attachment| Attachment::from(file))
                .into())
        })
    }

    /// Lists the records that a preview would not release, with the reasons.
    pub fn withheld(
        &self,
        digest: Vec<u8>,
        offset: u64,
        limit: u32,
    ) -> Result<WithheldPage, WalletError> {
        self.home.call(|open| {
            let withhold = open.previews.named(&digest)?.withhold.iter().collect();
            let page = part(withhold, offset, limit, |withheld: &session::Withheld| {
                let record = open.session.record(withheld.record)?.into();
                Ok(WithheldRecord { record, because: withheld.because.iter().collect() })
            });
            let items: Result<Vec<_>, WalletError> = page.items.into_iter().collect();
            Ok(WithheldPage { items: items?, total: page.total, next: page.next })
        })
    }
}

impl From<&patient_wallet::consent::Grant> for GrantTerms {
    fn from(grant: &patient_wallet::consent::Grant) -> Self {
        Self {
            purpose: grant.purpose(),
            categories: parse::categories(grant.categories()),
            denied: parse::labels(grant.denied()),
            only: parse::shown(grant.only()),
            withheld: parse::shown(grant.withheld()),
            dates: grant.dates().map(DateRange::from),
            not_before: grant.not_before().unix(),
            expires_at: grant.expires_at().unix(),
            erase_by: grant.erase_by().unix(),
            flags: grant.flags().into(),
            reason: grant.reason().map(str::to_owned),
        }
    }
}
