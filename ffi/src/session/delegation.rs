//! Acting for a patient: handing over, taking in, acting, reporting, ending.

use std::sync::Arc;

use patient_wallet::consent::{Because, ProxyAct, Purpose, Relation};
use patient_wallet::host::Timestamp;
use patient_wallet::record::{Category, RecordId, SensitivityLabel};
use patient_wallet::session::{self, Whom};
use patient_wallet::words::Language;

use crate::error::{WalletError, refused};
use crate::host::{CancelToken, ProgressListener};
use crate::page::{page, part};
use crate::parse;
use crate::session::{GrantTerms, Narrowing, RequestTerms, Revoked, Session, Who};
use crate::vocabulary::ConsentFlags;

/// What a patient lets somebody do.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Delegating {
    /// The contact of whoever offers to act (`pmw-cc`).
    pub offer: Vec<u8>,
    /// How they stand to the patient.
    pub relation: Relation,
    /// The contacts of the requesters that they may answer (`pmw-cc`).
    #[uniffi(default = [])]
    pub contacts: Vec<Vec<u8>>,
    /// The DIDs of those among them whom the wallet has answered before.
    #[uniffi(default = [])]
    pub known: Vec<String>,
    /// What they may give.
    pub categories: Vec<Category>,
    /// What they may never give, nor see.
    #[uniffi(default = [])]
    pub deny: Vec<SensitivityLabel>,
    /// What they may give for.
    pub purposes: Vec<Purpose>,
    /// What they may do: read, approve, deny.
    pub acts: Vec<ProxyAct>,
    /// What every consent must promise.
    #[uniffi(default = None)]
    pub flags: Option<ConsentFlags>,
    /// Until when, this moment not included.
    pub until: u64,
    /// The longest life of a consent, in seconds.
    pub longest_seconds: u64,
    /// When the patient was born (FHIR date), where the record does not say it.
    #[uniffi(default = None)]
    pub born: Option<String>,
}

/// Somebody who may act for the patient.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Delegation {
    /// Names the delegation in this wallet.
    pub id: String,
    /// The name that they go by.
    pub name: String,
    /// How they stand to the patient.
    pub relation: Relation,
    /// The names of the requesters that they may answer.
    pub requesters: Vec<String>,
    /// What they may give.
    pub categories: Vec<Category>,
    /// What they never get.
    pub denied: Vec<SensitivityLabel>,
    /// What they may do.
    pub acts: Vec<ProxyAct>,
    /// Since when.
    pub since: u64,
    /// Until when, this moment not included.
    pub until: u64,
    /// When the patient ended it before that.
    pub ended: Option<u64>,
}

page! {
    /// A page of delegations, the oldest first.
    DelegationPage of Delegation
}

/// A delegation and the packet that carries it.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Delegated {
    /// What was delegated.
    pub delegation: Delegation,
    /// For whoever acts, sealed to them.
    pub packet: Vec<u8>,
    /// How many records are in it.
    pub records: u64,
}

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

/// Something that was signed in the patient's name, as it came in.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct DoneFor {
    /// The name of who signed.
    pub by: String,
    /// The name of the requester, as it was shown to them.
    pub audience: String,
    /// When it was signed.
    pub at: u64,
    /// The consent; absent for a denial.
    pub consent: Option<String>,
    /// The request that was denied.
    pub denied: Option<String>,
    /// How many records went.
    pub records: u64,
    /// Whether the wallet did not know of it.
    pub is_new: bool,
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

    fn take(&mut self, name: &str) -> Result<session::ReviewFor, WalletError> {
        let stale = || refused(patient_wallet::consent::ConsentError::ReviewStale);
        let at = self.0.iter().position(|(kept, _)| kept == name).ok_or_else(stale)?;
        Ok(self.0.remove(at).1)
    }
}

/// The patient's side.
#[uniffi::export]
impl Session {
    /// Lets somebody act for the patient, and gives the packet for them; a parent until the patient
    /// is of age, at most.
    pub fn delegate(&self, delegating: Delegating) -> Result<Delegated, WalletError> {
        self.home.call(|open| {
            let contacts = delegating.contacts.into_iter().map(Whom::Contact);
            let known = delegating.known.iter().map(|did| Whom::Known(did.as_str().into()));
            let requesters: Vec<Whom> = contacts.chain(known).collect();
            let born = delegating.born.as_deref().map(str::parse).transpose();
            let delegated = open.session.delegate(&session::Delegating {
                offer: &delegating.offer,
                relation: delegating.relation,
                requesters: &requesters,
                categories: parse::category_set(delegating.categories),
                deny: parse::label_set(delegating.deny),
                purposes: &delegating.purposes,
                acts: acts(&delegating.acts)?,
                flags: delegating.flags.unwrap_or_default().into(),
                until: Timestamp::from_unix(delegating.until),
                longest: delegating.longest_seconds,
                born: born.map_err(refused)?,
            })?;
            Ok(delegated.into())
        })
    }

    /// Lists those who may act for the patient, the oldest first.
    pub fn delegations(&self, offset: u64, limit: u32) -> Result<DelegationPage, WalletError> {
        let all = self.call(session::Session::delegations)?;
        Ok(part(all, offset, limit, Delegation::from).into())
    }

    /// Gives the packet of a delegation anew, with the records as they are now.
    pub fn delegation_packet(&self, delegation: String) -> Result<Delegated, WalletError> {
        self.home.call(|open| Ok(open.session.delegation_packet(parse::id(&delegation)?)?.into()))
    }

    /// Ends that somebody acts for the patient: one signed object for each requester.
    pub fn end_delegation(&self, delegation: String) -> Result<Vec<Revoked>, WalletError> {
        self.home.call(|open| {
            let revoked = open.session.end_delegation(parse::id(&delegation)?)?;
            Ok(revoked.into_iter().map(Revoked::from).collect())
        })
    }

    /// Takes in what somebody who acts for the patient reports; twice does no harm.
    pub fn take_report(&self, report: Vec<u8>) -> Result<Vec<DoneFor>, WalletError> {
        let taken = self.call(|session| session.take_report(&report))?;
        Ok(taken.into_iter().map(DoneFor::from).collect())
    }
}

/// The side of whoever acts.
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
            let review = open.reviews.take(&consent)?;
            Ok(open.session.approve_for(&review, file, &progress, &cancel)?.into())
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

fn acts(acts: &[ProxyAct]) -> Result<patient_wallet::consent::ProxyActs, WalletError> {
    patient_wallet::consent::ProxyActs::new(acts).map_err(refused)
}

impl From<session::Delegation> for Delegation {
    fn from(one: session::Delegation) -> Self {
        Self {
            id: one.id.to_string(),
            name: one.name.as_str().to_owned(),
            relation: one.relation,
            requesters: parse::texts(&one.requesters),
            categories: parse::categories(one.categories),
            denied: parse::labels(one.denied),
            acts: one.acts.iter().collect(),
            since: one.since.unix(),
            until: one.until.unix(),
            ended: one.ended.map(parse::seconds),
        }
    }
}

impl From<session::Delegated> for Delegated {
    fn from(one: session::Delegated) -> Self {
        let records = parse::count(one.records);
        Self { delegation: one.delegation.into(), packet: one.packet, records }
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

impl From<session::Taken> for DoneFor {
    fn from(one: session::Taken) -> Self {
        Self {
            by: one.by.as_str().to_owned(),
            audience: one.audience.as_str().to_owned(),
            at: one.at.unix(),
            consent: one.consent.map(|id| id.to_string()),
            denied: one.denied.map(|id| id.to_string()),
            records: parse::count(one.records),
            is_new: one.is_new,
        }
    }
}
