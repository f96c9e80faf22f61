//! What was asked, by whom, and what the patient makes of it.

use patient_wallet::consent::{
    self, AccessRequest, Preset, Purpose, RequestState, RequesterClass, Standing,
};
use patient_wallet::host::Timestamp;
use patient_wallet::keys::DidKey;
use patient_wallet::record::{Category, SensitivityLabel};
use patient_wallet::session;
use patient_wallet::words::Language;

use crate::error::{WalletError, refused};
use crate::page::{page, part};
use crate::parse;
use crate::session::{Review, Session};
use crate::vocabulary::{ConsentFlags, DateRange};

/// Who asks or reads.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Who {
    /// The name: as a directory says it where one vouches, else as they say it.
    pub name: String,
    /// What they say of themselves.
    pub says: String,
    /// Their key, as a DID.
    pub key: String,
    /// The DID that the patient's keys for them derive from.
    pub did: String,
    /// What they are; only a directory's word counts.
    pub requester_class: Option<RequesterClass>,
    /// How far this is proven.
    pub standing: Standing,
    /// Since when something was given to the key; absent when nothing was.
    pub known_since: Option<u64>,
    /// The name under which the key was answered before, where it is another than now.
    pub known_as: Option<String>,
    /// The directory that vouches.
    pub vouched_by: Option<String>,
    /// Why a credential that they showed does not count (docs/errors.md).
    pub refused: Option<String>,
    /// Whoever was answered before under the DID that the credential gives them.
    pub shares_did_with: Option<String>,
    /// Whether the directory's list of credentials taken back is missing or older than a day.
    pub is_stale: bool,
    /// Names of others that theirs could be taken for.
    pub looks_like: Vec<String>,
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct RequestTerms {
    /// Names the request.
    pub id: String,
    /// What for.
    pub purpose: Purpose,
    /// The categories wanted.
    pub categories: Vec<Category>,
    /// The labels wanted by name.
    pub labels: Vec<SensitivityLabel>,
    /// The dates of the records wanted; absent for every date.
    pub dates: Option<DateRange>,
    /// For how long, in seconds; absent: it is left to the patient.
    pub seconds: Option<u64>,
    /// How long copies are kept, in seconds after the approval.
    pub retain_seconds: u64,
    /// What is promised besides.
    pub flags: ConsentFlags,
    /// What is told to the patient.
    pub text: Option<String>,
    /// Where the answer goes.
    pub response: Option<String>,
    /// When it was signed.
    pub issued_at: u64,
    /// Until when it can be answered.
    pub expires_at: u64,
}

/// A request that came in.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct InboxItem {
    /// Names the request.
    pub id: String,
    /// When it came in.
    pub received: u64,
    /// Who asks.
    pub who: Who,
    /// What became of it.
    pub state: RequestState,
    /// What is asked.
    pub request: RequestTerms,
}

page! {
    /// A page of the inbox, the newest first.
    InboxPage of InboxItem
}

/// What the patient takes away from what was asked, or chooses when nobody asked.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Narrowing {
    /// Permits these categories only; absent: what was asked.
    #[uniffi(default = None)]
    pub only: Option<Vec<Category>>,
    /// Takes these categories away.
    #[uniffi(default = [])]
    pub without: Vec<Category>,
    /// Denies records with one of these labels.
    #[uniffi(default = [])]
    pub deny: Vec<SensitivityLabel>,
    /// Ends after so many seconds.
    #[uniffi(default = None)]
    pub seconds: Option<u64>,
    /// Ends at this moment.
    #[uniffi(default = None)]
    pub until: Option<u64>,
    /// Permits these records only; none: all that the rest permits.
    #[uniffi(default = [])]
    pub records: Vec<String>,
    /// Holds these records back.
    #[uniffi(default = [])]
    pub except: Vec<String>,
    /// Permits records of these dates only.
    #[uniffi(default = None)]
    pub dates: Option<DateRange>,
    /// Demands more of the reader.
    #[uniffi(default = None)]
    pub flags: Option<ConsentFlags>,
    /// When the reader has to erase what was opened.
    #[uniffi(default = None)]
    pub erase_by: Option<u64>,
    /// What for, when nobody asked.
    #[uniffi(default = None)]
    pub purpose: Option<Purpose>,
    /// Why, in the patient's words.
    #[uniffi(default = None)]
    pub reason: Option<String>,
    /// A preset to begin with, by its word.
    #[uniffi(default = None)]
    pub preset: Option<String>,
}

#[uniffi::export]
impl Session {
    /// Takes in a request (`pmw-rq`): it waits in the inbox.
    pub fn receive_request(&self, envelope: Vec<u8>) -> Result<InboxItem, WalletError> {
        Ok(self.call(|session| session.receive_request(&envelope))?.into())
    }

    /// Lists the requests that came in, the newest first.
    pub fn inbox(&self, offset: u64, limit: u32) -> Result<InboxPage, WalletError> {
        let inbox = self.call(session::Session::inbox)?;
        Ok(part(inbox, offset, limit, InboxItem::from).into())
    }

    /// Shows what an approval of a request would release: nothing is granted by it.
    pub fn review(
        &self,
        request: String,
        narrowing: Narrowing,
        language: Language,
    ) -> Result<Review, WalletError> {
        self.home.call(|open| {
            let review = open.session.review(parse::id(&request)?, &narrowing.read()?)?;
            open.previews.keep_review(review, language)
        })
    }

    /// Shows what an approval would release to whom a contact (`pmw-cc`) names, who did not ask.
    pub fn review_contact(
        &self,
        contact: Vec<u8>,
        narrowing: Narrowing,
        language: Language,
    ) -> Result<Review, WalletError> {
        self.home.call(|open| {
            let review = open.session.review_contact(&contact, &narrowing.read()?)?;
            open.previews.keep_review(review, language)
        })
    }

    /// Denies a request and gives the signed denial (`pmw-dn`).
    #[uniffi::method(default(reason = None))]
    pub fn deny(&self, request: String, reason: Option<String>) -> Result<Vec<u8>, WalletError> {
        self.home.call(|open| Ok(open.session.deny(parse::id(&request)?, reason.as_deref())?))
    }
}

impl Narrowing {
    pub(super) fn read(self) -> Result<consent::Narrowing, WalletError> {
        let mut read = consent::Narrowing::new();
        if let Some(word) = &self.preset {
            read = read.preset(word.parse::<Preset>().map_err(refused)?);
        }
        if let Some(only) = self.only {
            read = read.only(parse::category_set(only));
        }
        read = read.without(parse::category_set(self.without)).deny(parse::label_set(self.deny));
        if let Some(seconds) = self.seconds {
            read = read.seconds(seconds);
        }
        if let Some(until) = self.until {
            read = read.until(Timestamp::from_unix(until));
        }
        read = read.records(parse::ids(&self.records)?).except(parse::ids(&self.except)?);
        if let Some(dates) = parse::dates(self.dates)? {
            read = read.dates(dates);
        }
        if let Some(flags) = self.flags {
            read = read.flags(flags.into());
        }
        if let Some(erase_by) = self.erase_by {
            read = read.erase_by(Timestamp::from_unix(erase_by));
        }
        if let Some(purpose) = self.purpose {
            read = read.purpose(purpose);
        }
        match parse::wiped(self.reason) {
            Some(reason) => Ok(read.reason(reason)),
            None => Ok(read),
        }
    }
}

impl From<session::Who> for Who {
    fn from(who: session::Who) -> Self {
        let code = |error| patient_wallet::Error::Consent(error).code().to_owned();
        Self {
            name: who.name.as_str().to_owned(),
            says: who.says.as_str().to_owned(),
            key: DidKey::from(&who.key).to_string(),
            did: who.did.as_str().to_owned(),
            requester_class: who.class,
            standing: who.standing,
            known_since: who.known_since.map(parse::seconds),
            known_as: parse::text(who.known_as.as_ref()),
            vouched_by: parse::text(who.vouched_by.as_ref()),
            refused: who.refused.map(code),
            shares_did_with: parse::text(who.shares_did_with.as_ref()),
            is_stale: who.is_stale,
            looks_like: parse::texts(&who.looks_like),
        }
    }
}

impl From<&AccessRequest> for RequestTerms {
    fn from(request: &AccessRequest) -> Self {
        Self {
            id: request.id().to_string(),
            purpose: request.purpose(),
            categories: parse::categories(request.categories()),
            labels: parse::labels(request.labels()),
            dates: request.dates().map(DateRange::from),
            seconds: request.seconds(),
            retain_seconds: request.retain_seconds(),
            flags: request.flags().into(),
            text: request.text().map(str::to_owned),
            response: request.response().map(str::to_owned),
            issued_at: request.issued_at().unix(),
            expires_at: request.expires_at().unix(),
        }
    }
}

impl From<session::InboxItem> for InboxItem {
    fn from(item: session::InboxItem) -> Self {
        Self {
            id: item.id.to_string(),
            received: item.received.unix(),
            who: item.who.into(),
            state: item.state,
            request: (&item.request).into(),
        }
    }
}
