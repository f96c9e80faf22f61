//! A clinic, a specialist, an insurer: asks, verifies what the patient answers, and opens it.
//!
//! A requester's home is a vault like a patient's: its keys come from its own words, what it keeps
//! is sealed and logged. Nothing here needs a network or any wallet of the patient; what has not
//! reached this home (a revocation) it cannot know.

mod held;
pub(crate) mod kept;
mod open;

use crate::audit::{Actor, AuditKind};
use crate::consent::{
    AccessRequest, CategorySet, ConsentError, ConsentToken, Contact, Credential, DateRange, Denial,
    Expected, Flags, NewContact, NewRequest, Purpose, RequestId, RequesterClass, Revocations, Role,
    Standing, VerifiedConsent,
};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::{
    DidKey, Mnemonic, Passphrase, SealingKey, SignedKind, SigningKey, VerifyingKey, WordCount,
};
use crate::record::{LabelSet, RecordId, Text};
use crate::requester::kept::{KeptAsked, KeptPatient, KeptProfile, KeptReceived};
use crate::session::Session;
use crate::session::own::{Kind, Memo};
use crate::vault::VaultError;
use crate::wallet::Wallet;

pub use held::Held;
pub use open::Opened;

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
        /// Why, when the patient says so.
        reason: Option<Text>,
    },
    /// Consents were taken back.
    Revoked {
        /// Whether another revocation under this key is known to be missing here.
        has_gaps: bool,
    },
}

impl Requester {
    /// Makes a home for a requester in an empty place.
    ///
    /// # Errors
    /// As [`Wallet::create`]; [`ConsentError::Invalid`] for a name of no or more than 64 bytes.
    pub fn create(
        wallet: &Wallet,
        passphrase: &Passphrase,
        name: &str,
        class: RequesterClass,
    ) -> Result<Self, Error> {
        let words = Mnemonic::generate(WordCount::TwentyFour)?;
        Self::create_from(wallet, &words, passphrase, name, class)
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
        let mut session = wallet.create_from(words, passphrase)?;
        profile.keep(&mut session)?;
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
            Some(name) => Some(self.patient_named(name)?.ok_or(ConsentError::NotFound)?.key()),
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
        let asked = KeptAsked { id, answer: answer.to_secret(), ends: expires_at, patient: pinned };
        let row = Kind::Asked.id(id.as_bytes());
        let memo = Memo::new(Kind::Asked, row, asked.encode(), AuditKind::Asked);
        self.session.remember(now, vec![memo])?;
        Ok(envelope)
    }

    /// Verifies a consent token (`pmw-ct`) with what is here: the own key, the clock, the
    /// revocations that have arrived, and the patient's key as it was first seen, which is kept.
    ///
    /// `patient` is the requester's own name for the patient; a name that is new here is kept with
    /// the key.
    ///
    /// # Errors
    /// [`ConsentError`], by name; [`ConsentError::WrongPatientKey`] when another key answers than
    /// the one known for the patient or for the request.
    pub fn verify(&mut self, token: &[u8], patient: Option<&Text>) -> Result<Verified, Error> {
        let now = self.session.now();
        let (verified, asked) = self.judge(token, patient, now)?;
        let consent = &verified.consent;
        let mut memos = Vec::new();
        let row = Kind::Received.id(consent.id().as_bytes());
        if self.session.memo(Kind::Received, row)?.is_none() {
            let received = KeptReceived { token: token.to_vec(), opened: Vec::new() };
            memos.push(Memo::new(Kind::Received, row, received.encode(), AuditKind::Received));
        }
        let mut known =
            self.patient(consent.key())?.unwrap_or_else(|| KeptPatient::new(*consent.key()));
        if known.since.is_none() || (known.name.is_none() && patient.is_some()) {
            known.since = known.since.or(Some(now));
            known.name = known.name.or_else(|| patient.cloned());
            memos.push(known.memo(AuditKind::Remembered).by_device());
        }
        if let Some((row, mut asked)) = asked {
            let ends = consent.expires_at();
            if asked.patient != Some(*consent.key()) || asked.ends != ends {
                asked.patient = Some(*consent.key());
                asked.ends = ends;
                let memo = Memo::new(Kind::Asked, row, asked.encode(), AuditKind::Remembered);
                memos.push(memo.by_device());
            }
        }
        if !memos.is_empty() {
            self.session.remember(now, memos)?;
        }
        Ok(verified)
    }

    /// Takes in what a patient sent that is no consent: a denial or a revocation. A revocation is
    /// remembered for good, and the answer keys of what it ends are destroyed.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`] for an answer to a request that is not from here;
    /// [`ConsentError::WrongType`]; [`ConsentError`].
    pub fn receive(&mut self, envelope: &[u8]) -> Result<Received, Error> {
        let now = self.session.now();
        match SignedKind::of(envelope) {
            Some(SignedKind::Denial) => {
                let denial = Denial::verify(envelope, now)?;
                let row = Kind::Asked.id(denial.request().as_bytes());
                let asked = self.asked(row)?.ok_or(ConsentError::NotFound)?;
                if asked.patient.is_some_and(|patient| patient != *denial.key()) {
                    return Err(ConsentError::WrongPatientKey.into());
                }
                self.session.forget(&[row], (AuditKind::Refused, Actor::Patient))?;
                let (request, reason) = (denial.request(), denial.reason().map(Text::from));
                Ok(Received::Denied { request, reason })
            }
            Some(SignedKind::Revocation) => {
                let key = *crate::consent::Revocation::verify(envelope)?.key();
                let mut kept = self.patient(&key)?.unwrap_or_else(|| KeptPatient::new(key));
                kept.revocations.add(envelope)?;
                let has_gaps = kept.revocations.has_gaps();
                self.session.remember(now, vec![kept.memo(AuditKind::Received)])?;
                self.destroy_ended()?;
                Ok(Received::Revoked { has_gaps })
            }
            Some(_) => Err(ConsentError::WrongType.into()),
            None => Err(ConsentError::Invalid.into()),
        }
    }

    fn key(&mut self) -> Result<SigningKey, Error> {
        self.session.signing_key(IDENTITY)
    }

    /// Verifies a token and changes nothing.
    fn judge(
        &mut self,
        token: &[u8],
        patient: Option<&Text>,
        now: Timestamp,
    ) -> Result<(Verified, Option<(RecordId, KeptAsked)>), Error> {
        // Read before it is verified, only to find what it has to agree with.
        let claimed = ConsentToken::read(token)?;
        let known = self.patient(claimed.key())?;
        let row = claimed.scope().request().map(|id| Kind::Asked.id(id.as_bytes()));
        let asked = match row {
            Some(row) => self.asked(row)?.map(|asked| (row, asked)),
            None => None,
        };
        let named = match patient {
            Some(name) => self.patient_named(name)?.map(|named| named.key()),
            None => None,
        };
        // The key known for the name and the one known for the request: both must agree.
        let mut pins = [named, asked.as_ref().and_then(|(_, asked)| asked.patient)];
        pins.sort_by_key(|pin| *pin == Some(*claimed.key()));
        let pinned = pins.into_iter().flatten().next();
        let reader = self.key()?.verifying_key();
        let expected = Expected { reader: &reader, pinned: pinned.as_ref() };
        let revocations = known.as_ref().map(|known| &known.revocations);
        let consent = ConsentToken::verify(token, &expected, now, revocations)?;
        let has_gaps = revocations.is_some_and(Revocations::has_gaps);
        let is_known = known.as_ref().is_some_and(|known| known.since.is_some());
        let standing = if is_known { Standing::Known } else { Standing::FirstContact };
        let name = known.as_ref().and_then(|known| known.name.clone());
        if let (Some(name), Some(given)) = (&name, patient)
            && name != given
        {
            // The key is known, for somebody else.
            return Err(ConsentError::WrongPatientKey.into());
        }
        let patient = name.or_else(|| patient.cloned());
        Ok((Verified { consent, standing, patient, has_gaps }, asked))
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

    /// Destroys the answer keys of requests that nobody answered in time, and of consents that
    /// have ended.
    fn destroy_ended(&mut self) -> Result<(), Error> {
        let now = self.session.now();
        let mut ended = Vec::new();
        for (row, memo) in self.session.memos(Kind::Asked)? {
            let asked = KeptAsked::decode(&memo).map_err(|_| VaultError::Damaged)?;
            if asked.ends <= now {
                ended.push(row);
            }
        }
        for (_, memo) in self.session.memos(Kind::Received)? {
            let received = KeptReceived::decode(&memo).map_err(|_| VaultError::Damaged)?;
            let token = ConsentToken::read(&received.token)?;
            let Some(request) = token.scope().request() else { continue };
            let row = Kind::Asked.id(request.as_bytes());
            let known = self.patient(token.key())?;
            let is_revoked =
                known.is_some_and(|known| known.revocations.covers(&token.id(), token.issued_at()));
            let is_used =
                token.scope().flags().contains(Flags::SINGLE_USE) && !received.opened.is_empty();
            if (is_revoked || is_used) && self.asked(row)?.is_some() && !ended.contains(&row) {
                ended.push(row);
            }
        }
        self.session.forget(&ended, (AuditKind::Destroyed, Actor::Device))
    }
}

/// URI of the key that a requester signs with.
pub(crate) const IDENTITY: &str = "pmw://identity";
const YEAR: u64 = 366 * 24 * 60 * 60;
