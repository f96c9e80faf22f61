//! A clinic, a specialist, an insurer: asks, verifies what the patient answers, and opens it.
//!
//! A requester's home is a vault like a patient's: its keys come from its own words, what it keeps
//! is sealed and logged. Nothing here needs a network or any wallet of the patient; what has not
//! reached this home (a revocation) it cannot know.

mod access;
mod answers;
mod ended;
mod erase;
mod folder;
mod held;
pub(crate) mod kept;
mod names;
mod notices;
mod open;
mod revoked;

use crate::audit::AuditKind;
use crate::consent::{
    AccessRequest, CategorySet, ConsentError, Contact, Credential, DateRange, Flags, NewContact,
    NewRequest, Purpose, RequestId, RequesterClass, Role, Standing, VerifiedConsent,
};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::{DidKey, Mnemonic, Passphrase, SealingKey, SigningKey, VerifyingKey};
use crate::record::{LabelSet, RecordId, Text};
use crate::requester::kept::{KeptAsked, KeptPatient, KeptProfile};
use crate::session::Session;
use crate::session::own::{Kind, Memo};
use crate::vault::VaultError;
use crate::wallet::Wallet;

pub use access::{GivenReceipt, NewAccess, Reading};
pub use erase::ErasedCopies;
pub use folder::{OpenedFolder, WrittenPart};
pub use held::{Held, Owed};
pub use kept::{CopiedPart, Copies};
pub use notices::Noticed;
pub use open::{Checked, Opened};

/// An unlocked home of somebody who asks patients for records.
#[derive(Debug)]
pub struct Requester {
    session: Session,
    profile: KeptProfile,
}

/// Who a requester is, as it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: Text,
    /// What it is.
    pub class: RequesterClass,
    /// Its key.
    pub key: VerifyingKey,
    /// The DID of that key.
    pub did: DidKey,
    /// Whether a directory vouches for it.
    pub has_credential: bool,
}

/// What a requester asks for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The categories wanted.
    pub categories: CategorySet,
    /// The labels wanted by name.
    pub labels: LabelSet,
    /// What for.
    pub purpose: Purpose,
    /// The dates of the records wanted; `None` for every date.
    pub dates: Option<DateRange>,
    /// For how long, in seconds; `None` leaves it to the patient.
    pub seconds: Option<u64>,
    /// How long copies are kept, in seconds after the approval.
    pub retain_seconds: u64,
    /// What is promised besides.
    pub flags: Flags,
    /// What is told to the patient.
    pub text: Option<Text>,
    /// Where the answer goes.
    pub response: Option<Text>,
    /// Seconds in which it can be answered; 72 hours at most.
    pub valid_seconds: u64,
    /// The requester's own name for the patient, when they have met: then only the key known for
    /// them may answer. It stays in this home.
    pub patient: Option<Text>,
}

/// A consent that holds, and what is known of whoever gave it.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The consent.
    pub consent: VerifiedConsent,
    /// [`Standing::Known`] when the same key has answered before.
    pub standing: Standing,
    /// The requester's own name for the patient.
    pub patient: Option<Text>,
    /// Whether a revocation under this key is known to be missing here.
    pub has_gaps: bool,
}

/// What a patient sent that is no consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// The request was denied.
    Denied {
        /// Which.
        request: RequestId,
        /// [`Standing::Known`] when the key that alone may answer has denied it: then the answer
        /// key is destroyed. Anybody who saw the request can deny it under another key.
        standing: Standing,
        /// Why, when the patient says so.
        reason: Option<Text>,
    },
    /// Consents were taken back.
    Revoked {
        /// Whether another revocation under this key is known to be missing here.
        has_gaps: bool,
    },
    /// The patient corrected what was given, or wishes it erased.
    Noticed(Box<Noticed>),
}

impl Requester {
    /// Makes a home for a requester in an empty place, or finishes one whose making was cut short, with
    /// its passphrase.
    ///
    /// # Errors
    /// As [`Wallet::create`]; [`ConsentError::Invalid`] for a name of no or more than 64 bytes.
    pub fn create(
        wallet: &Wallet,
        passphrase: &Passphrase,
        name: &str,
        class: RequesterClass,
    ) -> Result<Self, Error> {
        let profile = KeptProfile::new(Role::Requester, name, Some(class))?;
        let session = profile.found(wallet, None, passphrase)?;
        Ok(Self { session, profile })
    }

    /// Makes a home for a requester from words that were kept elsewhere first.
    ///
    /// # Errors
    /// As [`Requester::create`].
    pub fn create_from(
        wallet: &Wallet,
        words: &Mnemonic,
        passphrase: &Passphrase,
        name: &str,
        class: RequesterClass,
    ) -> Result<Self, Error> {
        let profile = KeptProfile::new(Role::Requester, name, Some(class))?;
        let session = profile.found(wallet, Some(words), passphrase)?;
        Ok(Self { session, profile })
    }

    /// Opens the home of a requester, and destroys the answer keys of what has ended.
    ///
    /// # Errors
    /// As [`Wallet::unlock`]; [`crate::error::WalletError::AnotherRole`].
    pub fn unlock(wallet: &Wallet, passphrase: &Passphrase) -> Result<Self, Error> {
        let mut session = wallet.unlock(passphrase)?;
        let profile = KeptProfile::of(&mut session, Role::Requester)?;
        let mut requester = Self { session, profile };
        requester.destroy_ended()?;
        Ok(requester)
    }

    /// Forgets every key and gives the home back.
    ///
    /// # Errors
    /// As [`Session::lock`].
    pub fn lock(self) -> Result<(), Error> {
        self.session.lock()
    }

    /// Gives the session beneath: log, backup, verification and passphrase are those of any vault.
    pub const fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Tells who this is.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn profile(&mut self) -> Result<Profile, Error> {
        let key = self.key()?.verifying_key();
        let KeptProfile { name, class, credential, .. } = &self.profile;
        Ok(Profile {
            name: name.clone(),
            class: class.unwrap_or(RequesterClass::Other),
            key,
            did: DidKey::from(&key),
            has_credential: credential.is_some(),
        })
    }

    /// Gives the contact (`pmw-cc`) that a patient can share with, unasked, or a directory vouch
    /// for; it holds for a year.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn contact(&mut self) -> Result<Vec<u8>, Error> {
        let now = self.session.now();
        let (key, answer) = (self.key()?, self.session.sealing_key()?.public_key());
        let contact = NewContact {
            name: self.profile.name.as_str(),
            role: Role::Requester,
            class: self.profile.class,
            answer_key: Some(answer),
            credential: self.profile.credential.as_deref(),
            proxy_keys: &[],
            expires_at: Timestamp::from_unix(now.unix().saturating_add(YEAR)),
        };
        Ok(Contact::sign(&key, &contact, now)?)
    }

    /// Takes in what a directory says of this requester (`pmw-cr`): contacts and requests carry it
    /// from here on.
    ///
    /// # Errors
    /// [`ConsentError::OtherRequester`] when it is about another key; [`ConsentError`].
    pub fn add_credential(&mut self, credential: &[u8]) -> Result<(), Error> {
        let key = self.key()?.verifying_key();
        if *Credential::read(credential)?.key() != key {
            return Err(ConsentError::OtherRequester.into());
        }
        self.profile.credential = Some(credential.to_vec());
        self.profile.keep(&mut self.session)
    }

    /// Makes a request (`pmw-rq`) with an answer key of its own.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`] for a patient of that name; [`ConsentError::TooLong`];
    /// [`ConsentError::Invalid`] when nothing is asked or a text is too long.
    pub fn request(&mut self, ask: &Ask) -> Result<Vec<u8>, Error> {
        self.destroy_ended()?;
        let now = self.session.now();
        let key = self.key()?;
        let pinned = match &ask.patient {
            Some(name) => Some(self.patient_named(name)?.ok_or(ConsentError::NotFound)?.key),
            None => None,
        };
        let (id, answer) = (RequestId::generate()?, SealingKey::generate()?);
        let expires_at = Timestamp::from_unix(now.unix().saturating_add(ask.valid_seconds));
        let envelope = AccessRequest::sign(
            &key,
            &NewRequest {
                id,
                issued_at: now,
                expires_at,
                did: None,
                answer_key: answer.public_key(),
                categories: ask.categories,
                labels: ask.labels,
                purpose: ask.purpose,
                dates: ask.dates,
                retain_seconds: ask.retain_seconds,
                seconds: ask.seconds,
                flags: ask.flags,
                name: Some(self.profile.name.as_str()),
                response: ask.response.as_ref().map(Text::as_str),
                text: ask.text.as_ref().map(Text::as_str),
                credential: self.profile.credential.as_deref(),
            },
        )?;
        let asked = KeptAsked {
            id,
            answer: answer.to_secret(),
            ends: expires_at,
            patient: pinned,
            denied: None,
        };
        let row = Kind::Asked.id(id.as_bytes());
        let memo = Memo::new(Kind::Asked, row, asked.encode(), AuditKind::Asked);
        self.session.remember(now, vec![memo])?;
        Ok(envelope)
    }

    fn key(&mut self) -> Result<SigningKey, Error> {
        self.session.signing_key(IDENTITY)
    }

    fn asked(&mut self, row: RecordId) -> Result<Option<KeptAsked>, Error> {
        let memo = self.session.memo(Kind::Asked, row)?;
        memo.map(|memo| KeptAsked::decode(&memo).map_err(|_| VaultError::Damaged.into()))
            .transpose()
    }

    fn patient(&mut self, key: &VerifyingKey) -> Result<Option<KeptPatient>, Error> {
        let memo = self.session.memo(Kind::Patient, Kind::Patient.id(&key.to_sec1()))?;
        memo.map(|memo| KeptPatient::decode(&memo).map_err(|_| VaultError::Damaged.into()))
            .transpose()
    }

    fn patient_named(&mut self, name: &Text) -> Result<Option<KeptPatient>, Error> {
        for (_, memo) in self.session.memos(Kind::Patient)? {
            let kept = KeptPatient::decode(&memo).map_err(|_| VaultError::Damaged)?;
            if kept.name.as_ref() == Some(name) {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }
}

/// URI of the key that a requester signs with.
pub(crate) const IDENTITY: &str = "pmw://identity";
const YEAR: u64 = 366 * 24 * 60 * 60;
