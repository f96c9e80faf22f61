//! A locked wallet: a folder, and what the phone lends. Everything begins here.

use std::io::Read;
use std::path::Path;

use crate::audit::log::Log;
use crate::audit::{Actor, AuditEntry, AuditKind};
use crate::db::Db;
use crate::error::{Error, WalletError};
use crate::home::{Claim, Home};
use crate::host::{CancelToken, Host, ProgressListener};
use crate::keys::{KdfParams, Mnemonic, Passphrase, WordCount, stretch};
use crate::session::{Authentication, BackupKey, Purpose, Replace, Restoration, Session};
use crate::vault::access::Access;
use crate::vault::backup::Watch;
use crate::vault::founding::{Opened, assemble, erasing, found, is_destroyed, read_header};
use crate::vault::slots::{Header, SlotKind};

/// A locked wallet.
#[derive(Clone, Debug)]
pub struct Wallet {
    home: Home,
    host: Host,
    options: WalletOptions,
}

/// What an app may decide about its wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalletOptions {
    /// Cost of a guess at the passphrase; `None` measures the device when the passphrase is set.
    /// Slots that cost less are raised at the next unlock.
    pub kdf: Option<KdfParams>,
    /// Milliseconds without a call after which a session locks.
    pub idle_ms: u64,
}

impl Default for WalletOptions {
    fn default() -> Self {
        Self { kdf: None, idle_ms: 5 * 60 * 1000 }
    }
}

impl Wallet {
    /// Names a wallet; the folder is made when the wallet is.
    #[must_use]
    pub fn at(folder: &Path, host: Host, options: WalletOptions) -> Self {
        Self { home: Home::new(folder), host, options }
    }

    /// Tells whether there is a wallet.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.home.has_vault()
    }

    /// Makes a wallet with fresh words and opens it.
    ///
    /// The words are shown by [`Session::dangerous_words`].
    ///
    /// # Errors
    /// [`WalletError::Exists`]; [`WalletError::Busy`]; [`crate::vault::VaultError`]: then nothing is left behind.
    pub fn create(&self, passphrase: &Passphrase, words: WordCount) -> Result<Session, Error> {
        self.create_from(&Mnemonic::generate(words)?, passphrase)
    }

    /// Makes a wallet for words that the patient has seen already, and opens it.
    ///
    /// # Errors
    /// As [`Wallet::create`].
    pub fn create_from(&self, words: &Mnemonic, passphrase: &Passphrase) -> Result<Session, Error> {
        let claim = self.claim_home()?;
        if self.exists() {
            return Err(WalletError::Exists.into());
        }
        let access = Access::of(&self.host);
        let first = AuditEntry::new(self.host.clock.now(), AuditKind::Created, Actor::Patient);
        found(&self.home.vault(), &access, words, passphrase, self.params()?, |txn, keys| {
            let mut log = Log::default().grow();
            log.append(txn, keys, &first)?;
            let log = log.finish();
            Ok((log.size(), log.root()))
        })?;
        let (db, header) = self.open_file()?;
        let root = access.by_passphrase(&header, passphrase)?;
        let opened = assemble(db, header, &access, &root, None)?;
        self.start(claim, opened, Purpose::Everything)
    }

    /// Comes back with the words: opens the wallet that is here, under a new passphrase, or makes
    /// a new one with the same identity where there is none.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::OtherWords`] when the wallet here is somebody else's; as [`Wallet::create`].
    pub fn restore(&self, words: &Mnemonic, passphrase: &Passphrase) -> Result<Session, Error> {
        if !self.exists() {
            return self.create_from(words, passphrase);
        }
        let (claim, db, header) = match self.claim() {
            // What was there was being erased.
            Err(Error::Wallet(WalletError::NoWallet)) => {
                return self.create_from(words, passphrase);
            }
            other => other?,
        };
        let seed = words.to_seed();
        let root = Access::by_seed(&header, &seed)?;
        let opened = assemble(db, header, &Access::of(&self.host), &root, Some(&seed))?;
        let mut session = self.start(claim, opened, Purpose::ComeBack)?;
        session.replace_passphrase(&root, passphrase, self.params()?, Actor::Patient)?;
        Ok(session)
    }

    /// Comes back from a backup file, with its words or its export passphrase, under a new
    /// passphrase: all of it or nothing.
    ///
    /// What the wallet that is here has beyond the backup is lost only when `replace` says so.
    ///
    /// # Errors
    /// [`crate::vault::BackupError::Older`]; [`crate::vault::BackupError::OtherWallet`]; [`crate::vault::BackupError`] for a file that does
    /// not hold; [`WalletError::Busy`]; [`crate::vault::VaultError`]. The wallet that was here is as it was then.
    pub fn restore_backup(
        &self,
        file: &mut dyn Read,
        key: &BackupKey<'_>,
        passphrase: &Passphrase,
        replace: Replace,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Session, Error> {
        let claim = self.claim_home()?;
        let (home, host, params) = (&self.home, &self.host, self.params()?);
        let watch = Watch { progress, cancel, total: None };
        let restoration = Restoration { home, host, key, passphrase, params, replace, watch };
        let (root, restored) = restoration.run(file)?;
        let (db, header) = self.open_file()?;
        let opened = assemble(db, header, &Access::of(&self.host), &root, None)?;
        let mut session = self.start(claim, opened, Purpose::Everything)?;
        session.remember_restored(&restored);
        Ok(session)
    }

    /// Opens the wallet with the passphrase.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::WrongPassphrase`]; [`crate::vault::VaultError::TryLater`] after five wrong ones;
    /// [`crate::vault::VaultError::DeviceSecretLost`]; [`crate::vault::VaultError::Damaged`]; [`WalletError::NoWallet`];
    /// [`WalletError::Busy`].
    pub fn unlock(&self, passphrase: &Passphrase) -> Result<Session, Error> {
        let (claim, db, header) = self.claim()?;
        let root = Access::of(&self.host).by_passphrase(&header, passphrase)?;
        let raised = self.raised(&header);
        let opened = assemble(db, header, &Access::of(&self.host), &root, None)?;
        let mut session = self.start(claim, opened, Purpose::Everything)?;
        if let Some(params) = raised {
            // On a full disk the wallet opens as it is and is raised another time.
            let _ = session.replace_passphrase(&root, passphrase, params, Actor::Device);
        }
        Ok(session)
    }

    /// Opens the wallet after the device has recognised the patient.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::BiometricsLost`]; [`crate::vault::VaultError::NoSuchSlot`]; [`crate::vault::VaultError::Keystore`] as the
    /// prompt ended; otherwise as [`Wallet::unlock`].
    pub fn unlock_with_biometrics(&self) -> Result<Session, Error> {
        let (claim, db, header) = self.claim()?;
        let root = Access::of(&self.host).by_biometrics(&header)?;
        let opened = assemble(db, header, &Access::of(&self.host), &root, None)?;
        self.start(claim, opened, Purpose::Everything)
    }

    /// Opens a damaged wallet, or one that was rolled back, for reading what is whole.
    ///
    /// Nothing is changed, neither file nor keystore but for the count of wrong passphrases; what is
    /// wrong is told by [`Session::faults`] and [`Session::verify`]. It opens a whole wallet too.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::Damaged`] when the file is no database or has no header any more; otherwise as
    /// the authentication says.
    pub fn unlock_read_only(&self, with: &Authentication<'_>) -> Result<Session, Error> {
        let (claim, db, header) = self.claim()?;
        let access = Access::of(&self.host);
        let seed = match with {
            Authentication::Words(words) => Some(words.to_seed()),
            _ => None,
        };
        let root = match (with, &seed) {
            (_, Some(seed)) => Access::by_seed(&header, seed)?,
            (Authentication::Passphrase(typed), _) => access.by_passphrase(&header, typed)?,
            _ => access.by_biometrics(&header)?,
        };
        let opened = assemble(db, header, &access, &root, seed.as_ref())?;
        self.start(claim, opened, Purpose::Reading)
    }

    /// Gives the parameters that a passphrase set now would get.
    ///
    /// # Errors
    /// [`crate::keys::KeyError::OutOfMemory`].
    pub fn params(&self) -> Result<KdfParams, Error> {
        if let Some(params) = self.options.kdf {
            return Ok(params);
        }
        let clock = self.host.clock.as_ref();
        let before = clock.monotonic_ms();
        stretch(&Passphrase::new(b"measured")?, &[0; 16], KdfParams::APP)?;
        let passes = u64::from(KdfParams::APP.t());
        Ok(KdfParams::calibrated(clock.monotonic_ms().saturating_sub(before) / passes))
    }

    fn claim(&self) -> Result<(Claim, Db, Header), Error> {
        if !self.exists() {
            return Err(WalletError::NoWallet.into());
        }
        let claim = self.claim_home()?;
        if !self.exists() {
            return Err(WalletError::NoWallet.into());
        }
        let (db, header) = self.open_file()?;
        Ok((claim, db, header))
    }

    /// Keeps every other process out, and ends what an earlier one did not: afterwards there is a
    /// wallet or there is none.
    fn claim_home(&self) -> Result<Claim, Error> {
        let claim = self.home.claim()?;
        self.finish_erasure()?;
        Ok(claim)
    }

    /// Ends an erasure of the whole wallet that was stopped halfway: the keystore says that one was
    /// begun, the file that its keys are gone.
    fn finish_erasure(&self) -> Result<(), Error> {
        let keystore = self.host.keystore.as_ref();
        let Some(items) = erasing(keystore)? else { return Ok(()) };
        if self.home.vault().exists() {
            let db = Db::open(&self.home.vault())?;
            if !is_destroyed(&db)? {
                return Ok(());
            }
            // Else the old file would be back should only its log be removed.
            db.truncate_log()?;
        }
        self.home.finish_erasure(&items, keystore)
    }

    fn open_file(&self) -> Result<(Db, Header), Error> {
        let db = Db::open(&self.home.vault())?;
        let header = read_header(&db)?;
        Ok((db, header))
    }

    fn start(&self, claim: Claim, opened: Opened, purpose: Purpose) -> Result<Session, Error> {
        Session::start(opened, claim, self.host.clone(), self.options.idle_ms, purpose)
    }

    /// Gives what the passphrase slot should cost when it costs less.
    fn raised(&self, header: &Header) -> Option<KdfParams> {
        let wanted = self.options.kdf.unwrap_or(KdfParams::APP);
        header.slots().iter().find_map(|slot| match slot.kind {
            SlotKind::Passphrase { params, .. } if params.cost() < wanted.cost() => Some(wanted),
            _ => None,
        })
    }
}
