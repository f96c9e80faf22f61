//! The other side: a clinic, a specialist, an insurer asks, verifies and opens.

mod opened;
mod receipts;

use std::sync::Arc;

use patient_wallet::consent::{self, ConsentState, Purpose, RequesterClass, Standing};
use patient_wallet::keys::DidKey;
use patient_wallet::record::{Category, SensitivityLabel};
use patient_wallet::requester::Owed;
use patient_wallet::{Error, requester};

use crate::call::call;
use crate::error::WalletError;
use crate::home::Unlocked;
use crate::live::{Kind, Live};
use crate::page::{page, part};
use crate::parse;
use crate::vocabulary::{ConsentFlags, DateRange};
use crate::wallet::Wallet;

pub use opened::*;
pub use receipts::*;

/// An unlocked home of somebody who asks patients for records.
#[derive(uniffi::Object)]
pub struct Requester {
    home: Unlocked<requester::Requester>,
    _live: Live,
}

/// Who a requester is, as it says.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// What it is.
    pub requester_class: RequesterClass,
    /// Its key, as a DID.
    pub did: String,
    /// Whether a directory vouches for it.
    pub has_credential: bool,
}

/// What a requester asks for.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Ask {
    /// What for.
    pub purpose: Purpose,
    /// The categories wanted.
    pub categories: Vec<Category>,
    /// The labels wanted by name.
    #[uniffi(default = [])]
    pub labels: Vec<SensitivityLabel>,
    /// The dates of the records wanted; absent for every date.
    #[uniffi(default = None)]
    pub dates: Option<DateRange>,
    /// For how long, in seconds; absent: it is left to the patient.
    #[uniffi(default = None)]
    pub seconds: Option<u64>,
    /// How long copies are kept, in seconds after the approval.
    pub retain_seconds: u64,
    /// What is promised besides.
    #[uniffi(default = None)]
    pub flags: Option<ConsentFlags>,
    /// What is told to the patient.
    #[uniffi(default = None)]
    pub text: Option<String>,
    /// Where the answer goes.
    #[uniffi(default = None)]
    pub response: Option<String>,
    /// Seconds in which it can be answered; 72 hours at most.
    #[uniffi(default = 259200)]
    pub valid_seconds: u64,
    /// The requester's own name for the patient, when they have met.
    #[uniffi(default = None)]
    pub patient: Option<String>,
}

/// A consent that holds, and what is known of whoever gave it.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct VerifiedConsent {
    /// Names the consent.
    pub id: String,
    /// The patient's key for this requester, as a DID.
    pub did: String,
    /// What for.
    pub purpose: Purpose,
    /// Categories permitted.
    pub categories: Vec<Category>,
    /// The dates of the records permitted; absent for every date.
    pub dates: Option<DateRange>,
    /// The request that it answers.
    pub request: Option<String>,
    /// Why, in the patient's words.
    pub reason: Option<String>,
    /// First second inside.
    pub not_before: u64,
    /// First second outside.
    pub expires_at: u64,
    /// When what was opened has to be erased.
    pub erase_by: u64,
    /// What else it demands.
    pub flags: ConsentFlags,
    /// `Known` when the same key has answered before.
    pub standing: Standing,
    /// The requester's own name for the patient.
    pub patient: Option<String>,
    /// Who signed it in the patient's name, as the patient called them; absent for the patient.
    pub by: Option<String>,
    /// Whether a revocation under this key is known to be missing here.
    pub has_gaps: bool,
}

/// What a patient sent that is no consent.
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Received {
    /// A request was denied.
    Denied {
        /// Which.
        request: String,
        /// `Known` when the key that alone may answer has denied it.
        standing: Standing,
        /// Why, when the patient says so.
        reason: Option<String>,
    },
    /// Consents were taken back.
    Revoked {
        /// Whether another revocation under this key is known to be missing here.
        has_gaps: bool,
    },
    /// The patient corrected what was given, or wishes it erased.
    Noticed {
        /// What was taken in.
        notice: AppliedNotice,
    },
}

/// A consent that a requester has received, as it stands here and now.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct HeldConsent {
    /// Names the consent.
    pub id: String,
    /// The patient's key for this requester, as a DID.
    pub did: String,
    /// What for.
    pub purpose: Purpose,
    /// First second outside.
    pub expires_at: u64,
    /// When what was opened has to be erased.
    pub erase_by: u64,
    /// Whether it still holds, as far as is known here.
    pub state: ConsentState,
    /// How many disclosures under it were opened.
    pub opened: u64,
    /// The requester's own name for the patient.
    pub patient: Option<String>,
    /// Why what was opened under it has to be erased by now, if it has.
    pub owed: Option<Owed>,
}

page! {
    /// A page of consents that were received, the newest first.
    HeldConsentPage of HeldConsent
}

impl Requester {
    fn of(wallet: &Wallet, home: requester::Requester) -> Arc<Self> {
        let home = Unlocked::new(home, Arc::clone(wallet.clock()));
        Arc::new(Self { home, _live: Live::new(Kind::Requester) })
    }

    fn call<T>(
        &self,
        work: impl FnOnce(&mut requester::Requester) -> Result<T, Error>,
    ) -> Result<T, WalletError> {
        self.home.call(|requester| Ok(work(requester)?))
    }
}

#[uniffi::export]
impl Requester {
    /// Makes a home for a requester in an empty place.
    #[uniffi::constructor]
    pub fn create(
        wallet: Arc<Wallet>,
        passphrase: Vec<u8>,
        name: String,
        requester_class: RequesterClass,
    ) -> Result<Arc<Self>, WalletError> {
        call(|| {
            let passphrase = parse::passphrase(passphrase)?;
            let create = |wallet: &_| {
                requester::Requester::create(wallet, &passphrase, &name, requester_class)
            };
            Ok(Self::of(&wallet, wallet.call(create)?))
        })
    }

    /// Makes a home for a requester from words that were kept elsewhere first.
    #[uniffi::constructor]
    pub fn create_from(
        wallet: Arc<Wallet>,
        words: Vec<u8>,
        passphrase: Vec<u8>,
        name: String,
        requester_class: RequesterClass,
    ) -> Result<Arc<Self>, WalletError> {
        call(|| {
            let (words, passphrase) = (parse::words(words), parse::passphrase(passphrase));
            let (words, passphrase) = (words?, passphrase?);
            let home = wallet.call(|wallet| {
                requester::Requester::create_from(
                    wallet,
                    &words,
                    &passphrase,
                    &name,
                    requester_class,
                )
            })?;
            Ok(Self::of(&wallet, home))
        })
    }

    /// Opens the home of a requester.
    #[uniffi::constructor]
    pub fn unlock(wallet: Arc<Wallet>, passphrase: Vec<u8>) -> Result<Arc<Self>, WalletError> {
        call(|| {
            let passphrase = parse::passphrase(passphrase)?;
            let home = wallet.call(|wallet| requester::Requester::unlock(wallet, &passphrase))?;
            Ok(Self::of(&wallet, home))
        })
    }

    /// Locks: stops the call that runs, waits for that, and forgets every key.
    pub fn lock(&self) -> Result<(), WalletError> {
        self.home.end(|requester| Ok(requester.lock()?)).map(|_| ())
    }

    /// Tells who it is.
    pub fn profile(&self) -> Result<Profile, WalletError> {
        let profile = self.call(requester::Requester::profile)?;
        Ok(Profile {
            name: profile.name.as_str().to_owned(),
            requester_class: profile.class,
            did: profile.did.to_string(),
            has_credential: profile.has_credential,
        })
    }

    /// Gives the contact (`pmw-cc`): who it is, signed by itself.
    pub fn contact(&self) -> Result<Vec<u8>, WalletError> {
        self.call(requester::Requester::contact)
    }

    /// Keeps what a directory says of it (`pmw-cr`), to be shown with every request.
    pub fn add_credential(&self, credential: Vec<u8>) -> Result<(), WalletError> {
        self.call(|requester| requester.add_credential(&credential))
    }

    /// Signs a request (`pmw-rq`).
    pub fn request(&self, ask: Ask) -> Result<Vec<u8>, WalletError> {
        self.home.call(|requester| Ok(requester.request(&ask.read()?)?))
    }

    /// Verifies a consent token (`pmw-ct`) with what is here, and keeps it. `patient` is the
    /// requester's own name for the patient.
    #[uniffi::method(default(patient = None))]
    pub fn verify(
        &self,
        token: Vec<u8>,
        patient: Option<String>,
    ) -> Result<VerifiedConsent, WalletError> {
        let patient = parse::wiped(patient);
        let verified = self.call(|requester| requester.verify(&token, patient.as_ref()))?;
        Ok((&verified).into())
    }

    /// Takes in a denial (`pmw-dn`), a revocation (`pmw-rv`) or a notice (`pmw-no`).
    pub fn receive(&self, envelope: Vec<u8>) -> Result<Received, WalletError> {
        Ok(self.call(|requester| requester.receive(&envelope))?.into())
    }

    /// Lists the consents that were received, the newest first.
    pub fn consents(&self, offset: u64, limit: u32) -> Result<HeldConsentPage, WalletError> {
        let held = self.call(requester::Requester::consents)?;
        Ok(part(held, offset, limit, HeldConsent::from).into())
    }
}

impl Ask {
    fn read(self) -> Result<requester::Ask, WalletError> {
        Ok(requester::Ask {
            categories: parse::category_set(self.categories),
            labels: parse::label_set(self.labels),
            purpose: self.purpose,
            dates: parse::dates(self.dates)?,
            seconds: self.seconds,
            retain_seconds: self.retain_seconds,
            flags: self.flags.unwrap_or_default().into(),
            text: parse::wiped(self.text),
            response: parse::wiped(self.response),
            valid_seconds: self.valid_seconds,
            patient: parse::wiped(self.patient),
        })
    }
}

impl From<&requester::Verified> for VerifiedConsent {
    fn from(verified: &requester::Verified) -> Self {
        let consent: &consent::VerifiedConsent = &verified.consent;
        let scope = consent.scope();
        Self {
            id: consent.id().to_string(),
            did: consent.did().to_string(),
            purpose: scope.purpose(),
            categories: parse::categories(scope.categories()),
            dates: scope.dates().map(DateRange::from),
            request: scope.request().map(|id| id.to_string()),
            reason: scope.reason().map(str::to_owned),
            not_before: consent.not_before().unix(),
            expires_at: consent.expires_at().unix(),
            erase_by: scope.erase_by().unix(),
            flags: scope.flags().into(),
            standing: verified.standing,
            patient: parse::text(verified.patient.as_ref()),
            by: consent.delegation().map(|delegation| delegation.name().to_owned()),
            has_gaps: verified.has_gaps,
        }
    }
}

impl From<requester::Received> for Received {
    fn from(received: requester::Received) -> Self {
        match received {
            requester::Received::Denied { request, standing, reason } => Self::Denied {
                request: request.to_string(),
                standing,
                reason: parse::text(reason.as_ref()),
            },
            requester::Received::Revoked { has_gaps } => Self::Revoked { has_gaps },
            requester::Received::Noticed(noticed) => {
                Self::Noticed { notice: noticed.as_ref().into() }
            }
        }
    }
}

impl From<requester::Held> for HeldConsent {
    fn from(held: requester::Held) -> Self {
        let token = &held.token;
        Self {
            id: token.id().to_string(),
            did: DidKey::from(token.patient_key()).to_string(),
            purpose: token.scope().purpose(),
            expires_at: token.expires_at().unix(),
            erase_by: token.scope().erase_by().unix(),
            state: held.state,
            opened: parse::count(held.opened),
            patient: parse::text(held.patient.as_ref()),
            owed: held.owed,
        }
    }
}
