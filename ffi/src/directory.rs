//! A directory: vouches for requesters, and takes that back.

use std::sync::Arc;

use patient_wallet::consent::RequesterClass;
use patient_wallet::{Error, directory};

use crate::call::call;
use crate::error::WalletError;
use crate::home::Unlocked;
use crate::live::{Kind, Live};
use crate::page::{page, part};
use crate::parse;
use crate::wallet::Wallet;

/// An unlocked home of a directory.
#[derive(uniffi::Object)]
pub struct Directory {
    home: Unlocked<directory::Directory>,
    _live: Live,
}

/// What a directory says of a requester.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Vouch {
    /// Its class, as the directory has found it to be.
    pub requester_class: RequesterClass,
    /// Seconds for which the credential holds; three years at most.
    pub seconds: u64,
    /// Its name; absent for the one in its contact.
    #[uniffi(default = None)]
    pub name: Option<String>,
    /// Its DID; absent for that of its key.
    #[uniffi(default = None)]
    pub did: Option<String>,
}

/// A credential that was issued.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Vouched {
    /// Names the credential.
    pub id: String,
    /// For whom.
    pub name: String,
    /// Until when.
    pub expires_at: u64,
    /// When it was taken back.
    pub revoked: Option<u64>,
}

page! {
    /// A page of credentials that were issued.
    VouchedPage of Vouched
}

impl Directory {
    fn of(wallet: &Wallet, home: directory::Directory) -> Arc<Self> {
        let home = Unlocked::new(home, Arc::clone(wallet.clock()));
        Arc::new(Self { home, _live: Live::new(Kind::Directory) })
    }

    fn call<T>(
        &self,
        work: impl FnOnce(&mut directory::Directory) -> Result<T, Error>,
    ) -> Result<T, WalletError> {
        self.home.call(|directory| Ok(work(directory)?))
    }
}

#[uniffi::export]
impl Directory {
    /// Makes a home for a directory in an empty place.
    #[uniffi::constructor]
    pub fn create(
        wallet: Arc<Wallet>,
        passphrase: Vec<u8>,
        name: String,
    ) -> Result<Arc<Self>, WalletError> {
        call(|| {
            let passphrase = parse::passphrase(passphrase)?;
            let create = |wallet: &_| directory::Directory::create(wallet, &passphrase, &name);
            Ok(Self::of(&wallet, wallet.call(create)?))
        })
    }

    /// Makes a home for a directory from words that were kept elsewhere first.
    #[uniffi::constructor]
    pub fn create_from(
        wallet: Arc<Wallet>,
        words: Vec<u8>,
        passphrase: Vec<u8>,
        name: String,
    ) -> Result<Arc<Self>, WalletError> {
        call(|| {
            let (words, passphrase) = (parse::words(words), parse::passphrase(passphrase));
            let (words, passphrase) = (words?, passphrase?);
            let home = wallet.call(|wallet| {
                directory::Directory::create_from(wallet, &words, &passphrase, &name)
            })?;
            Ok(Self::of(&wallet, home))
        })
    }

    /// Opens the home of a directory.
    #[uniffi::constructor]
    pub fn unlock(wallet: Arc<Wallet>, passphrase: Vec<u8>) -> Result<Arc<Self>, WalletError> {
        call(|| {
            let passphrase = parse::passphrase(passphrase)?;
            let home = wallet.call(|wallet| directory::Directory::unlock(wallet, &passphrase))?;
            Ok(Self::of(&wallet, home))
        })
    }

    /// Locks: stops the call that runs, waits for that, and forgets every key.
    pub fn lock(&self) -> Result<(), WalletError> {
        self.home.end(|directory| Ok(directory.lock()?)).map(|_| ())
    }

    /// Tells its name.
    pub fn name(&self) -> Result<String, WalletError> {
        self.call(|directory| Ok(directory.name().as_str().to_owned()))
    }

    /// Gives the contact (`pmw-cc`) that patients believe; it holds for a year.
    pub fn contact(&self) -> Result<Vec<u8>, WalletError> {
        self.call(directory::Directory::contact)
    }

    /// Vouches for the requester of a contact: gives the credential (`pmw-cr`).
    ///
    /// The contact is its own word only. That name, class and key belong together is for whoever
    /// calls this to have found out.
    pub fn vouch(&self, contact: Vec<u8>, vouch: Vouch) -> Result<Vec<u8>, WalletError> {
        let vouch = directory::Vouch {
            class: vouch.requester_class,
            name: parse::wiped(vouch.name),
            did: parse::wiped(vouch.did),
            seconds: vouch.seconds,
        };
        self.call(|directory| directory.vouch(&contact, &vouch))
    }

    /// Takes a credential back, and gives the list (`pmw-cl`) that says so.
    pub fn revoke(&self, credential: String) -> Result<Vec<u8>, WalletError> {
        self.home.call(|directory| Ok(directory.revoke(parse::id(&credential)?)?))
    }

    /// Signs the list of credentials taken back (`pmw-cl`), as of now.
    pub fn list(&self) -> Result<Vec<u8>, WalletError> {
        self.call(directory::Directory::list)
    }

    /// Lists the credentials that were issued.
    pub fn vouched(&self, offset: u64, limit: u32) -> Result<VouchedPage, WalletError> {
        let vouched = self.call(directory::Directory::vouched)?;
        Ok(part(vouched, offset, limit, Vouched::from).into())
    }
}

impl From<directory::Vouched> for Vouched {
    fn from(vouched: directory::Vouched) -> Self {
        Self {
            id: vouched.id.to_string(),
            name: vouched.name.as_str().to_owned(),
            expires_at: vouched.expires_at.unix(),
            revoked: vouched.revoked.map(parse::seconds),
        }
    }
}
