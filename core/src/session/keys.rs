//! What needs the root key: each call authenticates afresh and forgets it at its end.

use crate::error::Error;
use crate::keys::{KdfParams, Mnemonic, Passphrase};
use crate::session::{Open, Session};
use crate::vault::VaultError;
use crate::vault::access::{Access, Replaced};
use crate::vault::founding::{open_entropy, rewrite};
use crate::vault::slots::{Header, RootKey};

/// Shows that the patient is there now.
#[derive(Debug)]
#[non_exhaustive]
pub enum Authentication<'a> {
    /// The passphrase, typed again.
    Passphrase(&'a Passphrase),
    /// A prompt of the device.
    Biometrics,
}

impl Session {
    /// Changes the passphrase: a new slot, a new device secret, the old one destroyed.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`], [`VaultError::TryLater`] from the authentication;
    /// [`VaultError::Db`], [`VaultError::Keystore`]: then the old passphrase still holds, unless only
    /// the old device secret could not be deleted.
    pub fn change_passphrase(
        &mut self,
        authentication: &Authentication<'_>,
        new: &Passphrase,
        params: KdfParams,
    ) -> Result<(), Error> {
        self.rewrite_header(authentication, |access, header, root| {
            access.put_passphrase(header, root, new, params)
        })
    }

    /// Lets the device open the wallet after recognising the patient.
    ///
    /// # Errors
    /// As [`Session::change_passphrase`]; [`VaultError::Keystore`] with `Unavailable` when the
    /// device has no such keystore.
    pub fn enable_biometrics(&mut self, authentication: &Authentication<'_>) -> Result<(), Error> {
        self.rewrite_header(authentication, |access, header, root| {
            access.put_biometrics(header, root)
        })
    }

    /// Takes that back.
    ///
    /// # Errors
    /// As [`Session::change_passphrase`]; [`VaultError::NoSuchSlot`] when it was not enabled.
    pub fn disable_biometrics(&mut self, authentication: &Authentication<'_>) -> Result<(), Error> {
        self.rewrite_header(authentication, |_, header, _| Access::remove_biometrics(header))
    }

    /// Gives the words that bring everything back.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`], [`VaultError::TryLater`] from the authentication.
    ///
    /// # Security
    /// Whoever reads them is the patient. To be shown once, on paper or a screen that nobody else
    /// sees, never kept.
    pub fn dangerous_words(
        &mut self,
        authentication: &Authentication<'_>,
    ) -> Result<Mnemonic, Error> {
        let (open, root) = self.authenticate(authentication)?;
        let entropy = open_entropy(&open.db, &open.header.vault, &root)?;
        Ok(Mnemonic::from_entropy(&entropy)?)
    }

    /// Changes the header on a copy, makes it durable, then deletes the keystore item it replaced.
    fn rewrite_header(
        &mut self,
        authentication: &Authentication<'_>,
        change: impl FnOnce(&Access<'_>, &mut Header, &RootKey) -> Result<Replaced, VaultError>,
    ) -> Result<(), Error> {
        let host = self.host.clone();
        let access = Access::of(&host);
        let (open, root) = self.authenticate(authentication)?;
        let mut header = open.header.clone();
        let replaced = change(&access, &mut header, &root)?;
        rewrite(&mut open.db, &access, &mut header, &root, &replaced)?;
        open.header = header;
        Ok(replaced.forget_old(&access)?)
    }

    fn authenticate(
        &mut self,
        authentication: &Authentication<'_>,
    ) -> Result<(&mut Open, RootKey), Error> {
        let host = self.host.clone();
        let open = self.open()?;
        let root = match authentication {
            Authentication::Passphrase(passphrase) => {
                Access::of(&host).by_passphrase(&open.header, passphrase)?
            }
            Authentication::Biometrics => Access::of(&host).by_biometrics(&open.header)?,
        };
        Ok((open, root))
    }
}
