//! Acting for a patient: offering, taking in, reading, answering, reporting.

use std::sync::Arc;

use patient_wallet::consent::{Because, ProxyAct, Relation};
use patient_wallet::record::{Category, RecordId, SensitivityLabel};
use patient_wallet::session;
use patient_wallet::words::Language;

use crate::error::{WalletError, refused};
use crate::host::{CancelToken, ProgressListener};
use crate::page::{page, part};
use crate::parse;
use crate::session::{GrantTerms, Narrowing, RequestTerms, Session, Who};

/// A patient whom this wallet acts for.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Entrusted {
    /// Names the patient's trust in this wallet.
    pub id: String,
    /// The patient's name, where the record says it.
    pub patient: Option<String>,
    /// How whoever acts stands to the patient.
    pub relation: Relation,
    /// The names of the requesters that may be answered.
    pub requesters: Vec<String>,
    /// What may be given.
    pub categories: Vec<Category>,
    /// What may be done.
    pub acts: Vec<ProxyAct>,
    /// When the packet was made.
    pub at: u64,
    /// Until when, this moment not included.
    pub until: u64,
    /// Whether its time is over.
    pub is_over: bool,
    /// How many consents and denials were signed in the patient's name.
    pub signed: u64,
}

page! {
    /// A page of patients whom this wallet acts for.
    EntrustedPage of Entrusted
}

/// A record of a patient whom this wallet acts for.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct EntrustedRecord {
    /// Its name between the two wallets.
    pub id: String,
    /// Version, from 1.
    pub version: u32,
    /// Category of the scope vocabulary.
    pub category: Category,
    /// Labels in force.
    pub labels: Vec<SensitivityLabel>,
    /// What it is, in one line.
    pub title: String,
    /// When it happened, as precisely as is known (FHIR dateTime).
    pub date: Option<String>,
}

page! {
    /// A page of records of a patient whom this wallet acts for, the newest first.
    EntrustedRecordPage of EntrustedRecord
}

/// What an approval in a patient's name would do, before anything is signed.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ReviewFor {
    /// Names this review: the consent that it would be; an approval names it too.
    pub consent: String,
    /// The patient's name, where the record says it.
    pub patient: Option<String>,
    /// Who would read.
    pub who: Who,
    /// What was asked.
    pub request: RequestTerms,
    /// The terms.
    pub grant: GrantTerms,
    /// What is signed, and in whose name, rendered from the bytes that get signed.
    pub sentence: String,
    /// The first thousand records that would be released.
    pub release: EntrustedRecordPage,
    /// The first thousand records that would not, with the reasons.
    pub withhold: WithheldForPage,
}

/// A record of the patient that would not be released.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct WithheldFor {
    /// Its name between the two wallets.
    pub record: String,
    /// Why; never empty.
    pub because: Vec<Because>,
}

page! {
    /// A page of records that would not be released.
    WithheldForPage of WithheldFor
}

/// A consent that was signed in a patient's name.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ApprovedFor {
    /// The consent.
    pub consent: String,
    /// The token (`pmw-ct`), for the requester.
    pub token: Vec<u8>,
    /// Names the disclosure, whose file goes with the token.
    pub disclosure: String,
    /// Records in it.
    pub released: u64,
    /// Bytes of it.
    pub bytes: u64,
}

/// The latest reviews in somebody's name.
#[derive(Default)]
pub(crate) struct Reviews(Vec<(String, session::ReviewFor)>);

/// As many reviews as are kept.
const KEPT: usize = 8;

impl Reviews {
    fn keep(&mut self, name: String, review: session::ReviewFor) {
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push((name, review));
    }

    fn named(&self, name: &str) -> Result<&session::ReviewFor, WalletError> {
        let stale = || refused(patient_wallet::consent::ConsentError::ReviewStale);
        let found = self.0.iter().find(|(kept, _)| kept == name).ok_or_else(stale)?;
        Ok(&found.1)
    }
}

#[uniffi::export]
impl Session {
    /// Offers to act for a patient: gives the contact for them (`pmw-cc`).
    pub fn offer_to_act(&self, name: String) -> Result<Vec<u8>, WalletError> {
        self.call(|session| session.offer_to_act(&name))
    }

    /// Takes in the packet that a patient handed over, or a newer one.
    pub fn accept_delegation(&self, packet: Vec<u8>) -> Result<Entrusted, WalletError> {
        Ok(self.call(|session| session.accept_delegation(&packet))?.into())
    }

    /// Lists the patients whom this wallet acts for.
    pub fn entrusted(&self, offset: u64, limit: u32) -> Result<EntrustedPage, WalletError> {
        let all = self.call(session::Session::entrusted)?;
        Ok(part(all, offset, limit, Entrusted::from).into())
    }

    /// Demands that this wallet may do something for a patient now; what nobody may is refused by
    /// its name.
    pub fn may_act_for(&self, entrusted: String, act: ProxyAct) -> Result<(), WalletError> {
        self.home.call(|open| Ok(open.session.may_act_for(parse::id(&entrusted)?, act)?))
    }

    /// Lists the records of a patient whom this wallet acts for, the newest first.
    pub fn entrusted_records(
        &self,
        entrusted: String,
        offset: u64,
        limit: u32,
    ) -> Result<EntrustedRecordPage, WalletError> {
        self.home.call(|open| {
            let records = open.session.entrusted_records(parse::id(&entrusted)?)?;
            Ok(part(records, offset, limit, |record| (&record).into()).into())
        })
    }

    /// Gives the FHIR JSON of a record of a patient whom this wallet acts for.
    pub fn entrusted_resource(
        &self,
        entrusted: String,
        record: String,
    ) -> Result<String, WalletError> {
        self.home.call(|open| {
            let id: RecordId = parse::id(&record)?;
            let records = open.session.entrusted_records(parse::id(&entrusted)?)?;
            let found = records.iter().find(|record| record.id == id);
            let found =
                found.ok_or_else(|| refused(patient_wallet::vault::VaultError::NotFound))?;
            Ok(found.json.as_str().to_owned())
        })
    }

    /// Shows what an approval of a request (`pmw-rq`) in a patient's name would release: nothing is
    /// granted by it.
    pub fn review_for(
        &self,
        entrusted: String,
        request: Vec<u8>,
        narrowing: Narrowing,
        language: Language,
    ) -> Result<ReviewFor, WalletError> {
        self.home.call(|open| {
            let id = parse::id(&entrusted)?;
            let review = open.session.review_for(id, &request, &narrowing.read()?)?;
            let shown = ReviewFor::of(&review, language)?;
            open.reviews.keep(shown.consent.clone(), review);
            Ok(shown)
        })
    }

    /// Signs what was reviewed in a patient's name, and writes the disclosure into a new file.
    #[uniffi::method(default(progress = None, cancel = None))]
    pub fn approve_for(
        &self,
        consent: String,
        path: String,
        progress: Option<Arc<dyn ProgressListener>>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<ApprovedFor, WalletError> {
        let (progress, cancel) =
            (crate::host::progress(progress), crate::host::token(cancel.as_ref()));
        self.home.long_call(&cancel, |open| {
            let file = parse::new_file(path, false)?;
            let review = open.reviews.named(&consent)?;
            Ok(open.session.approve_for(review, file, &progress, &cancel)?.into())
        })
    }

    /// Denies a request (`pmw-rq`) in a patient's name and gives the signed denial (`pmw-dn`).
    #[uniffi::method(default(reason = None))]
    pub fn deny_for(
        &self,
        entrusted: String,
        request: Vec<u8>,
        reason: Option<String>,
    ) -> Result<Vec<u8>, WalletError> {
        self.home.call(|open| {
            Ok(open.session.deny_for(parse::id(&entrusted)?, &request, reason.as_deref())?)
        })
    }

    /// Gives what was signed in a patient's name, sealed to the patient.
    pub fn report(&self, entrusted: String) -> Result<Vec<u8>, WalletError> {
        self.home.call(|open| Ok(open.session.report(parse::id(&entrusted)?)?))
    }
}

impl ReviewFor {
    fn of(review: &session::ReviewFor, language: Language) -> Result<Self, WalletError> {
        let release: Vec<_> = review.release.iter().collect();
        let withhold: Vec<_> = review.withhold.iter().collect();
        Ok(Self {
            consent: review.consent().map_err(refused)?.to_string(),
            patient: parse::text(review.patient.as_ref()),
            who: review.who.clone().into(),
            request: (&review.request).into(),
            grant: (&review.grant).into(),
            sentence: review.sentence(language).map_err(refused)?.as_str().to_owned(),
            release: part(release, 0, u32::MAX, EntrustedRecord::from).into(),
            withhold: part(withhold, 0, u32::MAX, |one| WithheldFor {
                record: one.record.to_string(),
                because: one.because.iter().collect(),
            })
            .into(),
        })
    }
}

impl From<session::Entrusted> for Entrusted {
    fn from(one: session::Entrusted) -> Self {
        Self {
            id: one.id.to_string(),
            patient: parse::text(one.patient.as_ref()),
            relation: one.relation,
            requesters: parse::texts(&one.requesters),
            categories: parse::categories(one.categories),
            acts: one.acts.iter().collect(),
            at: one.at.unix(),
            until: one.until.unix(),
            is_over: one.is_over,
            signed: parse::count(one.signed),
        }
    }
}

impl From<&session::EntrustedRecord> for EntrustedRecord {
    fn from(one: &session::EntrustedRecord) -> Self {
        Self {
            id: one.id.to_string(),
            version: one.version,
            category: one.category,
            labels: parse::labels(one.labels),
            title: one.title.as_str().to_owned(),
            date: one.date.map(|date| date.to_string()),
        }
    }
}

impl From<session::ApprovedFor> for ApprovedFor {
    fn from(one: session::ApprovedFor) -> Self {
        Self {
            consent: one.consent.to_string(),
            token: one.token,
            disclosure: one.disclosure.to_string(),
            released: parse::count(one.released),
            bytes: one.bytes,
        }
    }
}
