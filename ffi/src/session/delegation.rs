//! Letting somebody act for the patient: handing over, taking a report in, ending.

mod acting;

use patient_wallet::consent::{ProxyAct, Purpose, Relation};
use patient_wallet::host::Timestamp;
use patient_wallet::record::{Category, SensitivityLabel};
use patient_wallet::session::{self, Whom};

use crate::error::{WalletError, refused};
use crate::page::{page, part};
use crate::parse;
use crate::session::{Revoked, Session};
use crate::vocabulary::ConsentFlags;

pub use acting::*;

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
