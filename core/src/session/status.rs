//! What a wallet says of itself: how much it holds, and which ways back there are.

use crate::codec::Hex;
use crate::error::Error;
use crate::host::{KeystoreError, Timestamp};
use crate::session::Session;
use crate::vault::Vault;
use crate::vault::access::{Access, needed};
use crate::vault::index::Index;
use crate::vault::slots::{Slot, SlotKind};

/// What a session knows of its wallet as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Vault id, 32 lower-case hex digits.
    pub vault: String,
    /// Version of the database schema.
    pub schema: u32,
    /// Number of records; `None` while the device has lost their key.
    pub records: Option<usize>,
    /// Number of versions of all records.
    pub versions: Option<usize>,
    /// Number of attachments.
    pub attachments: u64,
    /// Bytes that the database and the attachments take.
    pub bytes: u64,
    /// The ways back to the records.
    pub ways_back: Vec<WayBack>,
    /// Number of entries of the audit log.
    pub log_size: u64,
    /// Root of the audit log's tree, RFC 9162.
    pub log_root: [u8; 32],
}

/// A way back to the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayBack {
    /// Which.
    pub way: Way,
    /// Since when.
    pub since: Timestamp,
    /// When it was last shown to work: by a rehearsal, or because it brought the wallet back.
    pub rehearsed: Option<Timestamp>,
    /// Whether it would bring back every record that there is now.
    pub good: bool,
}

/// How the records come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// The passphrase, on this device.
    Passphrase,
    /// Biometrics, on this device.
    Biometrics,
    /// The words, wherever the vault file is.
    Words,
    /// A backup file with the words, anywhere.
    BackupWithWords,
    /// A backup file with its export passphrase, anywhere.
    BackupWithPassphrase,
}

impl Session {
    /// Describes the wallet.
    ///
    /// A wallet whose device has lost the key of the records still has its words: only they are a
    /// good way then, and whatever backup covers everything.
    ///
    /// # Errors
    /// [`crate::error::WalletError::Locked`]; [`crate::vault::VaultError::Db`].
    pub fn status(&mut self) -> Result<Status, Error> {
        let host = self.host.clone();
        let open = self.open()?;
        let access = Access::of(&host);
        let has_key = open.held.vault.is_some();
        let backups = open.backups()?;
        let mut ways_back: Vec<WayBack> = Vec::new();
        for slot in open.held.header.slots() {
            let way = way_of(slot);
            let good = way == Way::Words || has_key && has_item(slot, &access);
            let (since, rehearsed) = (slot.created, open.rehearsed(&backups, way));
            ways_back.push(WayBack { way, since, rehearsed, good });
        }
        ways_back.extend(backups);
        let index = open.held.vault.as_ref().map(Vault::index);
        let files = open.held.vault.as_ref().map_or(0, |vault| {
            vault.attachments().map(|(_, kept)| kept.meta.size).fold(0, u64::saturating_add)
        });
        Ok(Status {
            vault: Hex(&open.held.header.vault.id).to_string(),
            schema: crate::db::SCHEMA_VERSION,
            records: index.map(Index::records),
            versions: index.map(Index::len),
            attachments: open.held.state.rows.attachments,
            bytes: open.db.size()?.saturating_add(files),
            ways_back,
            log_size: open.held.state.head.size(),
            log_root: *open.held.state.head.root(),
        })
    }
}

const fn way_of(slot: &Slot) -> Way {
    match slot.kind {
        SlotKind::Passphrase { .. } => Way::Passphrase,
        SlotKind::Biometric { .. } => Way::Biometrics,
        SlotKind::Seed => Way::Words,
    }
}

/// Tells whether the device still holds its part of a slot; the patient is not asked to be present,
/// so biometrics count as long as the keystore does not say that they are gone.
fn has_item(slot: &Slot, access: &Access<'_>) -> bool {
    let Some(item) = needed(slot).filter(|_| way_of(slot) == Way::Passphrase) else { return true };
    !matches!(access.keystore.get(&item), Err(KeystoreError::Missing | KeystoreError::Invalidated))
}
