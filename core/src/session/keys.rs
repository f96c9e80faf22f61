//! What needs the root key: each call authenticates afresh and forgets it at its end.

use crate::audit::{Actor, AuditEntry, AuditKind};
use crate::error::Error;
use crate::keys::{KdfParams, Mnemonic, Passphrase};
use crate::session::{Open, Session};
use crate::vault::VaultError;
use crate::vault::access::{Access, Replaced};
use crate::vault::founding::{open_entropy, put_header};
use crate::vault::slots::{Header, RootKey};

/// Shows that the patient is there now.
#[derive(Debug)]
#[non_exhaustive]
pub enum Authentication<'a> {
    /// The passphrase, typed again.
    Passphrase(&'a Passphrase),
    /// A prompt of the device.
    Biometrics,
    /// The words.
    Words(&'a Mnemonic),
}

impl Session {
    /// Changes the passphrase: a new slot, a new device secret, the old one destroyed.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`], [`VaultError::TryLater`] from the authentication;
    /// [`VaultError::Db`], [`VaultError::Keystore`]: then the old passphrase still holds. Done is done
    /// when only the old device secret could not be deleted: that is tried again at lock and unlock.
    pub fn change_passphrase(
        &mut self,
        authentication: &Authentication<'_>,
        new: &Passphrase,
        params: KdfParams,
    ) -> Result<(), Error> {
        self.rewrite_header(authentication, AuditKind::Passphrase, |access, header, root| {
            access.put_passphrase(header, root, new, params)
        })
    }

    /// Lets the device open the wallet after recognising the patient.
    ///
    /// # Errors
    /// As [`Session::change_passphrase`]; [`VaultError::Keystore`] with `Unavailable` when the
    /// device has no such keystore.
    pub fn enable_biometrics(&mut self, authentication: &Authentication<'_>) -> Result<(), Error> {
        self.rewrite_header(authentication, AuditKind::BiometricsEnabled, |access, header, root| {
            access.put_biometrics(header, root)
        })
    }

    /// Takes that back.
    ///
    /// # Errors
    /// As [`Session::change_passphrase`]; [`VaultError::NoSuchSlot`] when it was not enabled.
    pub fn disable_biometrics(&mut self, authentication: &Authentication<'_>) -> Result<(), Error> {
        self.rewrite_header(authentication, AuditKind::BiometricsDisabled, |_, header, _| {
            Access::remove_biometrics(header)
        })
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
        let at = self.host.clock.now();
        let (open, root) = self.authenticate(authentication)?;
        let entropy = open_entropy(&open.db, &open.held.header.vault, &root)?;
        let words = Mnemonic::from_entropy(&entropy)?;
        // A damaged wallet writes nothing, and its patient needs the words most.
        if !open.held.read_only {
            open.note(AuditEntry::new(at, AuditKind::WordsShown, Actor::Patient))?;
        }
        Ok(words)
    }

    /// Replaces the passphrase for a root key that was just opened.
    ///
    /// # Errors
    /// As [`Session::change_passphrase`].
    pub(crate) fn replace_passphrase(
        &mut self,
        root: &RootKey,
        new: &Passphrase,
        params: KdfParams,
        actor: Actor,
    ) -> Result<(), Error> {
        let host = self.host.clone();
        let access = Access::of(&host);
        let entry = AuditEntry::new(host.clock.now(), AuditKind::Passphrase, actor);
        let open = self.writable()?;
        open.rewrite_header(&access, root, entry, |header| {
            access.put_passphrase(header, root, new, params)
        })?;
        self.witness_later();
        Ok(())
    }

    fn rewrite_header(
        &mut self,
        authentication: &Authentication<'_>,
        kind: AuditKind,
        change: impl FnOnce(&Access<'_>, &mut Header, &RootKey) -> Result<Replaced, VaultError>,
    ) -> Result<(), Error> {
        let host = self.host.clone();
        let access = Access::of(&host);
        self.writable()?;
        let (open, root) = self.authenticate(authentication)?;
        let entry = AuditEntry::new(host.clock.now(), kind, Actor::Patient);
        let change = |header: &mut Header| change(&access, header, &root);
        open.rewrite_header(&access, &root, entry, change)?;
        self.witness_later();
        Ok(())
    }

    /// Opens the root key anew.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`]; [`VaultError::TryLater`]; [`VaultError::OtherWords`];
    /// [`VaultError::BiometricsLost`].
    pub(super) fn authenticate(
        &mut self,
        authentication: &Authentication<'_>,
    ) -> Result<(&mut Open, RootKey), Error> {
        let host = self.host.clone();
        let open = self.open()?;
        let root = match authentication {
            Authentication::Passphrase(passphrase) => {
                Access::of(&host).by_passphrase(&open.held.header, passphrase)?
            }
            Authentication::Biometrics => Access::of(&host).by_biometrics(&open.held.header)?,
            Authentication::Words(words) => Access::by_seed(&open.held.header, &words.to_seed())?,
        };
        Ok((open, root))
    }
}

impl Open {
    /// Notes an entry in a transaction of its own.
    ///
    /// # Errors
    /// [`VaultError::Db`]; [`VaultError::Randomness`].
    pub(super) fn note(&mut self, entry: AuditEntry) -> Result<(), Error> {
        let rows = self.held.state.rows.clone();
        let mut work = self.begin(entry.at())?;
        work.note(&entry)?;
        let done = work.commit(rows)?;
        self.adopt(done, None)
    }

    /// Changes the header on a copy, makes it durable and deletes what it replaced in the keystore;
    /// what cannot be deleted now is deleted at lock or unlock.
    ///
    /// What the keystore got for the new header is deleted when the header is surely not in the
    /// file, and kept when the commit failed.
    fn rewrite_header(
        &mut self,
        access: &Access<'_>,
        root: &RootKey,
        entry: AuditEntry,
        change: impl FnOnce(&mut Header) -> Result<Replaced, VaultError>,
    ) -> Result<(), Error> {
        let mut header = self.held.header.clone();
        let replaced = change(&mut header)?;
        let mut needless = self.needless()?;
        needless.extend(replaced.old().map(str::to_owned));
        let (rows, keys) = (self.held.state.rows.clone(), self.held.keys.clone());
        let staged = self.begin(entry.at()).and_then(|mut work| {
            put_header(&mut work.txn, &mut header, root, &keys, &needless)?;
            work.note(&entry)?;
            work.seal(rows)
        });
        if staged.is_err() {
            replaced.forget_new(access)?;
        }
        let done = staged?.commit()?;
        self.held.header = header;
        self.adopt(done, None)?;
        self.held.pending |= self.sweep(access).is_err();
        Ok(())
    }
}
