//! The ways into a vault: its slots against what the keystore holds, the patient knows or is.
//!
//! Wrong passphrases are counted in the keystore, so that a restart does not help: five are free,
//! then the wait doubles from one second to five minutes. Nothing is ever destroyed for them.

use zeroize::Zeroizing;

use crate::codec::{Buffer, Fields};
use crate::host::{Host, Keystore, KeystoreError, Policy, Timestamp, WalletClock};
use crate::keys::{Domain, KdfParams, Passphrase, Secret, Seed, stretch};
use crate::vault::VaultError;
use crate::vault::slots::{Header, RootKey, ShortId, Slot, SlotKind, random_id};

/// Opens slots with what the phone lends.
pub(crate) struct Access<'a> {
    pub(crate) keystore: &'a dyn Keystore,
    pub(crate) clock: &'a dyn WalletClock,
}

/// Keystore items around a change of the header: made for the new one, left over from the old.
#[derive(Debug, Default)]
pub(crate) struct Replaced {
    new: Option<String>,
    old: Option<String>,
}

impl Replaced {
    /// Deletes the item of the new header, which did not become durable.
    ///
    /// # Errors
    /// [`VaultError::Keystore`]; the item then stays, and opens nothing.
    pub(crate) fn forget_new(&self, access: &Access<'_>) -> Result<(), VaultError> {
        self.new.as_ref().map_or(Ok(()), |name| Ok(access.keystore.delete(name)?))
    }

    /// Gives the name of the item of the old header.
    pub(crate) fn old(&self) -> Option<&str> {
        self.old.as_deref()
    }
}

impl<'a> Access<'a> {
    /// Uses what a host lends.
    pub(crate) fn of(host: &'a Host) -> Self {
        Self { keystore: host.keystore.as_ref(), clock: host.clock.as_ref() }
    }

    /// Opens the passphrase slot.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`]; [`VaultError::TryLater`]; [`VaultError::DeviceSecretLost`];
    /// [`VaultError::Keystore`] when it does not answer, which counts as no attempt.
    pub(crate) fn by_passphrase(
        &self,
        header: &Header,
        passphrase: &Passphrase,
    ) -> Result<RootKey, VaultError> {
        let slot = header.slots().iter().find(|slot| is_passphrase(&slot.kind));
        let kind = slot.ok_or(VaultError::NoSuchSlot)?.kind;
        let SlotKind::Passphrase { salt, params, device } = kind else {
            return Err(VaultError::NoSuchSlot);
        };
        let device = self.item(&device_name(device), VaultError::DeviceSecretLost)?;
        let tries = self.tries()?;
        Tries::put(self.keystore, tries.failures.saturating_add(1), self.clock.now())?;
        let secret = passphrase_secret(passphrase, &salt, params, &device)?;
        match header.open(is_passphrase, &secret) {
            Ok(root) => {
                Tries::put(self.keystore, 0, self.clock.now())?;
                Ok(root)
            }
            Err(VaultError::Undecryptable) => Err(VaultError::WrongPassphrase),
            Err(other) => Err(other),
        }
    }

    /// Tells whether a passphrase opens the passphrase slot. It counts no attempt: only for whoever
    /// has authenticated already.
    ///
    /// # Errors
    /// [`VaultError::Keystore`]; [`VaultError::OutOfMemory`].
    pub(crate) fn is_opened_by(
        &self,
        header: &Header,
        passphrase: &Passphrase,
    ) -> Result<bool, VaultError> {
        let slot = header.slots().iter().find(|slot| is_passphrase(&slot.kind));
        let Some(SlotKind::Passphrase { salt, params, device }) = slot.map(|slot| slot.kind) else {
            return Ok(false);
        };
        let device = match self.item(&device_name(device), VaultError::DeviceSecretLost) {
            Err(VaultError::DeviceSecretLost) => return Ok(false),
            other => other?,
        };
        let secret = passphrase_secret(passphrase, &salt, params, &device)?;
        Ok(header.open(is_passphrase, &secret).is_ok())
    }

    /// Opens the biometric slot.
    ///
    /// # Errors
    /// [`VaultError::BiometricsLost`]; [`VaultError::Keystore`] when the prompt gave nothing.
    pub(crate) fn by_biometrics(&self, header: &Header) -> Result<RootKey, VaultError> {
        let slot = header.slots().iter().find(|slot| is_biometric(&slot.kind));
        let Some(SlotKind::Biometric { item }) = slot.map(|slot| slot.kind) else {
            return Err(VaultError::NoSuchSlot);
        };
        let secret = self.item(&biometric_name(item), VaultError::BiometricsLost)?;
        header.open(is_biometric, &secret).map_err(|error| match error {
            VaultError::Undecryptable => VaultError::Damaged,
            other => other,
        })
    }

    /// Opens the seed slot.
    ///
    /// # Errors
    /// [`VaultError::OtherWords`] when the words belong to another wallet.
    pub(crate) fn by_seed(header: &Header, seed: &Seed) -> Result<RootKey, VaultError> {
        let secret = seed.derive_secret(Domain::SeedSlot);
        // EXPOSE: the slot's key is derived from it.
        header.open(|kind| matches!(kind, SlotKind::Seed), secret.expose()).map_err(|error| {
            match error {
                VaultError::Undecryptable => VaultError::OtherWords,
                other => other,
            }
        })
    }

    /// Puts a passphrase slot with a fresh device secret into a header that is to be written.
    ///
    /// # Errors
    /// [`VaultError::Keystore`]; [`VaultError::Randomness`].
    pub(crate) fn put_passphrase(
        &self,
        header: &mut Header,
        root: &RootKey,
        passphrase: &Passphrase,
        params: KdfParams,
    ) -> Result<Replaced, VaultError> {
        let old = header.slots().iter().find_map(|slot| match slot.kind {
            SlotKind::Passphrase { device, .. } => Some(device_name(device)),
            _ => None,
        });
        let (device, salt) = (random_id()?, random_id()?);
        let secret: Secret<32> = Secret::generate()?;
        // EXPOSE: the keystore keeps the device secret; the slot's key is derived from it.
        let both = passphrase_secret(passphrase, &salt, params, secret.expose())?;
        let kind = SlotKind::Passphrase { salt, params, device };
        header.put(kind, self.clock.now(), &both, root)?;
        Tries::put(self.keystore, 0, self.clock.now())?;
        self.keystore.put(&device_name(device), secret.expose(), Policy::Silent)?;
        Ok(Replaced { new: Some(device_name(device)), old })
    }

    /// Puts a biometric slot with a fresh secret into a header that is to be written.
    ///
    /// # Errors
    /// [`VaultError::Keystore`] when the device has no such keystore.
    pub(crate) fn put_biometrics(
        &self,
        header: &mut Header,
        root: &RootKey,
    ) -> Result<Replaced, VaultError> {
        let old = header.slots().iter().find_map(biometric_item);
        let item = random_id()?;
        let secret: Secret<32> = Secret::generate()?;
        // EXPOSE: the keystore keeps the secret; the slot's key is derived from it.
        header.put(SlotKind::Biometric { item }, self.clock.now(), secret.expose(), root)?;
        self.keystore.put(&biometric_name(item), secret.expose(), Policy::UserPresence)?;
        Ok(Replaced { new: Some(biometric_name(item)), old })
    }

    /// Takes the biometric slot out of a header that is to be written.
    ///
    /// # Errors
    /// [`VaultError::NoSuchSlot`].
    pub(crate) fn remove_biometrics(header: &mut Header) -> Result<Replaced, VaultError> {
        let slot = header.slots().iter().find(|slot| is_biometric(&slot.kind));
        let slot = slot.ok_or(VaultError::NoSuchSlot)?;
        let (kind, old) = (slot.kind, biometric_item(slot));
        header.remove(&kind);
        Ok(Replaced { new: None, old })
    }

    /// Gives the shred key of a number; `None` when it is gone or is no key.
    ///
    /// # Errors
    /// [`VaultError::Keystore`] when it does not answer.
    pub(crate) fn shred(&self, number: u32) -> Result<Option<Secret<32>>, VaultError> {
        match self.item(&shred_name(number), VaultError::NeedsWords) {
            Ok(bytes) => Ok(Secret::from_slice(&bytes).ok()),
            Err(VaultError::NeedsWords) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Picks the number of a new vault's first shred key: no item of another vault has it, nor
    /// one beside it.
    ///
    /// # Errors
    /// [`VaultError::Keystore`]; [`VaultError::Randomness`].
    pub(crate) fn free_shred(&self) -> Result<u32, VaultError> {
        if self.shred(0)?.is_none() && self.shred(1)?.is_none() {
            return Ok(0);
        }
        Ok(u32::from_be_bytes(random_id()?) >> 1)
    }

    fn item(&self, name: &str, lost: VaultError) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.keystore.get(name).map_err(|error| match error {
            KeystoreError::Missing | KeystoreError::Invalidated => lost,
            other => VaultError::Keystore(other),
        })
    }

    fn tries(&self) -> Result<Tries, VaultError> {
        let now = self.clock.now();
        let tries = match self.keystore.get(TRIES) {
            Ok(bytes) => Tries::decode(&bytes).unwrap_or(Tries::LOST),
            Err(KeystoreError::Missing | KeystoreError::Invalidated) => Tries::LOST,
            Err(error) => return Err(error.into()),
        };
        if now < tries.last {
            // The clock was set back: the wait starts anew instead of lasting until then.
            Tries::put(self.keystore, tries.failures, now)?;
        }
        let waited = now.unix().saturating_sub(tries.last.unix());
        match tries.wait().saturating_sub(waited) {
            0 => Ok(tries),
            seconds => Err(VaultError::TryLater { seconds }),
        }
    }
}

/// Wrong passphrases since the last right one, as the keystore item `tries` keeps them.
#[derive(Debug, Clone, Copy)]
struct Tries {
    failures: u32,
    last: Timestamp,
}

impl Tries {
    /// What a count stands for that is gone or cannot be read.
    const LOST: Self = Self { failures: FREE_TRIES, last: Timestamp::from_unix(0) };

    fn wait(self) -> u64 {
        match self.failures.checked_sub(FREE_TRIES) {
            None => 0,
            Some(over) => 1_u64.checked_shl(over).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT),
        }
    }

    fn put(keystore: &dyn Keystore, failures: u32, last: Timestamp) -> Result<(), VaultError> {
        let bytes = [failures.to_be_bytes().as_slice(), &last.unix().to_be_bytes()].concat();
        Ok(keystore.put(TRIES, &bytes, Policy::Silent)?)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        let failures = fields.u32().ok()?;
        let last = Timestamp::from_unix(fields.u64().ok()?);
        fields.finish().ok()?;
        Some(Self { failures, last })
    }
}

/// Tells whether a slot of the header needs a keystore item.
pub(crate) fn is_needed(header: &Header, name: &str) -> bool {
    header.slots().iter().any(|slot| needed(slot).is_some_and(|needed| needed == name))
}

/// Gives the name of the keystore item that a slot needs.
pub(crate) fn needed(slot: &Slot) -> Option<String> {
    match slot.kind {
        SlotKind::Passphrase { device, .. } => Some(device_name(device)),
        SlotKind::Biometric { item } => Some(biometric_name(item)),
        SlotKind::Seed => None,
    }
}

/// Gives the name of the keystore item of a shred key.
pub(crate) fn shred_name(number: u32) -> String {
    format!("shred/{number}")
}

/// Tells whether a slot is opened by a passphrase.
pub(crate) const fn is_passphrase(kind: &SlotKind) -> bool {
    matches!(kind, SlotKind::Passphrase { .. })
}

/// Tells whether a slot is opened by recognising the patient.
pub(crate) const fn is_biometric(kind: &SlotKind) -> bool {
    matches!(kind, SlotKind::Biometric { .. })
}

fn biometric_item(slot: &Slot) -> Option<String> {
    match slot.kind {
        SlotKind::Biometric { item } => Some(biometric_name(item)),
        _ => None,
    }
}

fn device_name(id: ShortId) -> String {
    format!("dsk/{:016x}", u64::from_be_bytes(id))
}

fn biometric_name(id: ShortId) -> String {
    format!("bsk/{:016x}", u64::from_be_bytes(id))
}

fn passphrase_secret(
    passphrase: &Passphrase,
    salt: &[u8; 16],
    params: KdfParams,
    device: &[u8],
) -> Result<Buffer, VaultError> {
    let stretched = stretch(passphrase, salt, params)?;
    let mut secret = Buffer::with_capacity(32 + device.len());
    // EXPOSE: the slot's key is derived from it.
    secret.extend(stretched.expose());
    secret.extend(device);
    Ok(secret)
}

/// Name of the keystore item that counts wrong passphrases.
pub(crate) const TRIES: &str = "tries";
/// Name of the keystore item that remembers the log.
pub(crate) const HEAD: &str = "head";
/// Wrong passphrases without a wait.
const FREE_TRIES: u32 = 5;
/// Seconds.
const LONGEST_WAIT: u64 = 300;
