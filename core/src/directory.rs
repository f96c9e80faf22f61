//! A directory: vouches for requesters by name, class and key, and takes that back.
//!
//! Its home is a vault like any other. Patients who believe it take in its contact once; after that
//! only its lists of credentials taken back have to reach them.

use crate::audit::AuditKind;
use crate::codec::{Buffer, Encoder, Malformed};
use crate::consent::{
    ConsentError, Contact, Credential, CredentialId, CredentialList, NewContact, RequesterClass,
    Role, Subject,
};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::{Mnemonic, Passphrase, SigningKey};
use crate::order;
use crate::record::{RecordId, Text};
use crate::requester::IDENTITY;
use crate::requester::kept::KeptProfile;
use crate::session::Session;
use crate::session::own::{Kind, Memo, begin, resolve, versioned};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// An unlocked home of a directory.
#[derive(Debug)]
pub struct Directory {
    session: Session,
    profile: KeptProfile,
}

/// What a directory says of a requester.
#[derive(Clone, Debug)]
pub struct Vouch {
    /// Its class, as the directory has found it to be.
    pub class: RequesterClass,
    /// Its name; `None` for the one in its contact.
    pub name: Option<Text>,
    /// Its DID; `None` for that of its key.
    pub did: Option<Text>,
    /// Seconds for which the credential holds; three years at most.
    pub seconds: u64,
}

/// A credential that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// Names the credential.
    pub id: CredentialId,
    /// For whom.
    pub name: Text,
    /// Until when.
    pub expires_at: Timestamp,
    /// When it was taken back.
    pub revoked: Option<Timestamp>,
}

impl Directory {
    /// Makes a home for a directory in an empty place, or finishes one whose making was cut short, with
    /// its passphrase.
    ///
    /// # Errors
    /// As [`Wallet::create`]; [`ConsentError::Invalid`] for a name of no or more than 64 bytes.
    pub fn create(wallet: &Wallet, passphrase: &Passphrase, name: &str) -> Result<Self, Error> {
        let profile = KeptProfile::new(Role::Directory, name, None)?;
        let session = profile.found(wallet, None, passphrase)?;
        Ok(Self { session, profile })
    }

    /// Makes a home for a directory from words that were kept elsewhere first.
    ///
    /// # Errors
    /// As [`Directory::create`].
    pub fn create_from(
        wallet: &Wallet,
        words: &Mnemonic,
        passphrase: &Passphrase,
        name: &str,
    ) -> Result<Self, Error> {
        let profile = KeptProfile::new(Role::Directory, name, None)?;
        let session = profile.found(wallet, Some(words), passphrase)?;
        Ok(Self { session, profile })
    }

    /// Opens the home of a directory.
    ///
    /// # Errors
    /// As [`Wallet::unlock`]; [`crate::error::WalletError::AnotherRole`].
    pub fn unlock(wallet: &Wallet, passphrase: &Passphrase) -> Result<Self, Error> {
        let mut session = wallet.unlock(passphrase)?;
        let profile = KeptProfile::of(&mut session, Role::Directory)?;
        Ok(Self { session, profile })
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

    /// Returns its name.
    #[must_use]
    pub const fn name(&self) -> &Text {
        &self.profile.name
    }

    /// Gives the contact (`pmw-cc`) that patients believe; it holds for a year.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn contact(&mut self) -> Result<Vec<u8>, Error> {
        let (now, key) = (self.session.now(), self.key()?);
        let contact = NewContact {
            name: self.profile.name.as_str(),
            role: Role::Directory,
            class: None,
            answer_key: None,
            credential: None,
            proxy_keys: &[],
            expires_at: Timestamp::from_unix(now.unix().saturating_add(YEAR)),
        };
        Ok(Contact::sign(&key, &contact, now)?)
    }

    /// Vouches for the requester of a contact: gives the credential (`pmw-cr`).
    ///
    /// # Errors
    /// [`ConsentError::WrongType`] for a contact that is no requester's; [`ConsentError`].
    ///
    /// # Security
    /// The contact is its own word only. That name, class and key belong together is for whoever
    /// calls this to have found out.
    pub fn vouch(&mut self, contact: &[u8], vouch: &Vouch) -> Result<Vec<u8>, Error> {
        let now = self.session.now();
        let contact = Contact::verify(contact, now)?;
        if contact.role() != Role::Requester {
            return Err(ConsentError::WrongType.into());
        }
        let did = vouch.did.clone();
        let did = did.unwrap_or_else(|| Text::from(contact.did().to_string().as_str()));
        let name = vouch.name.as_ref().map_or_else(|| contact.name(), Text::as_str);
        let subject = Subject {
            did: did.as_str(),
            name,
            role: Role::Requester,
            class: vouch.class,
            key: contact.key(),
        };
        let id = CredentialId::generate()?;
        let expires_at = Timestamp::from_unix(now.unix().saturating_add(vouch.seconds));
        let credential = Credential::sign(&self.key()?, &subject, id, now, expires_at)?;
        let kept = Kept { credential: credential.clone(), revoked: None };
        let row = Kind::Vouched.id(id.as_bytes());
        let memo = Memo::new(Kind::Vouched, row, kept.encode(), AuditKind::Vouched);
        self.session.remember(now, vec![memo])?;
        Ok(credential)
    }

    /// Takes a credential back and gives the new list (`pmw-cl`).
    ///
    /// # Errors
    /// [`ConsentError::NotFound`]; as [`Directory::list`].
    pub fn revoke(&mut self, id: CredentialId) -> Result<Vec<u8>, Error> {
        let now = self.session.now();
        let row = Kind::Vouched.id(id.as_bytes());
        let memo = self.session.memo(Kind::Vouched, row)?.ok_or(ConsentError::NotFound)?;
        let mut kept = Kept::decode(&memo).map_err(|_| VaultError::Damaged)?;
        if kept.revoked.is_none() {
            kept.revoked = Some(now);
            let memo = Memo::new(Kind::Vouched, row, kept.encode(), AuditKind::Unvouched);
            self.session.remember(now, vec![memo])?;
        }
        self.list()
    }

    /// Signs the list of every credential that was taken back and has not expired; patients take it
    /// for fresh for a day.
    ///
    /// # Errors
    /// [`ConsentError::TooMany`] beyond a megabyte; [`VaultError::Damaged`].
    pub fn list(&mut self) -> Result<Vec<u8>, Error> {
        let now = self.session.now();
        let all = self.vouched()?;
        let mut ids: Vec<CredentialId> = all
            .iter()
            .filter(|vouched| vouched.revoked.is_some() && vouched.expires_at > now)
            .map(|vouched| vouched.id)
            .collect();
        order::sort(&mut ids);
        Ok(CredentialList::sign(&self.key()?, &ids, now)?)
    }

    /// Gives every credential that was issued, the oldest first.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn vouched(&mut self) -> Result<Vec<Vouched>, Error> {
        let read = |(_, memo): &(RecordId, Buffer)| {
            let kept = Kept::decode(memo).map_err(|_| VaultError::Damaged)?;
            let credential = Credential::read(&kept.credential)?;
            Ok(Vouched {
                id: credential.id(),
                name: Text::from(credential.name()),
                expires_at: credential.expires_at(),
                revoked: kept.revoked,
            })
        };
        self.session.memos(Kind::Vouched)?.iter().map(read).collect()
    }

    /// Gives the credential whose id starts with some hex digits.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`]; [`crate::error::WalletError::AmbiguousId`].
    pub fn resolve(&mut self, digits: &str) -> Result<CredentialId, Error> {
        resolve(digits, self.vouched()?.into_iter().map(|vouched| vouched.id))
    }

    fn key(&mut self) -> Result<SigningKey, Error> {
        self.session.signing_key(IDENTITY)
    }
}

/// A credential that was issued: type `pmw:vouched`.
struct Kept {
    credential: Vec<u8>,
    revoked: Option<Timestamp>,
}

impl Kept {
    fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(self.credential.len() + 32);
        begin(&mut out, 1 + usize::from(self.revoked.is_some()));
        out.uint(1);
        out.bytes(&self.credential);
        if let Some(revoked) = self.revoked {
            out.uint(2);
            out.uint(revoked.unix());
        }
        out.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let credential = map.at(1)?.bytes()?.to_vec();
        let revoked = map.optional(2)?.map(|item| item.uint().map(Timestamp::from_unix));
        let revoked = revoked.transpose()?;
        map.finish()?;
        Ok(Self { credential, revoked })
    }
}

const YEAR: u64 = 366 * 24 * 60 * 60;
