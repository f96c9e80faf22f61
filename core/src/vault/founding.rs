//! How a vault comes to be, and how an opened root key turns into an open vault.
//!
//! Keystore items are durable before the file that needs them appears, and the file appears whole
//! or not at all. What the keystore has lost is brought back from the words where they are given;
//! nothing is ever deleted because something is missing.

use std::path::Path;

use zeroize::Zeroizing;

use crate::codec::Buffer;
use crate::db::{Db, Txn};
use crate::host::{KeystoreError, Policy};
use crate::keys::{
    Cipher, Domain, KdfParams, Mnemonic, Passphrase, SealingPublicKey, Secret, Seed,
};
use crate::vault::access::{Access, HEAD, Replaced, shred_name};
use crate::vault::cipher::{Buckets, VaultKeys, meta_data};
use crate::vault::slots::{Header, RootKey, SlotKind, VaultEpoch, random_id, vault_key};
use crate::vault::state::State;
use crate::vault::{Vault, VaultError};

/// A vault whose root key was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) db: Db,
    pub(crate) header: Header,
    /// `None` when the device has lost the key of the records and no words were given.
    pub(crate) vault: Option<Vault>,
}

/// Makes a vault for a seed.
///
/// # Errors
/// [`VaultError`]; then there is no file, and the keystore holds nothing of it.
pub(crate) fn found(
    path: &Path,
    access: &Access<'_>,
    mnemonic: &Mnemonic,
    passphrase: &Passphrase,
    params: KdfParams,
) -> Result<(), VaultError> {
    let (root, shred): (RootKey, Secret<32>) = (Secret::generate()?, Secret::generate()?);
    let seed = mnemonic.to_seed();
    let state = State::generate()?;
    let mut header = Header::new(VaultEpoch { id: random_id()?, epoch: 0 });
    // EXPOSE: the seed slot's key is derived from it.
    let seed_secret = seed.derive_secret(Domain::SeedSlot);
    header.put(SlotKind::Seed, access.clock.now(), seed_secret.expose(), &root)?;
    let replaced = access.put_passphrase(&mut header, &root, passphrase, params)?;
    // EXPOSE: the keystore keeps the shred key.
    access.keystore.put(&shred_name(FIRST_SHRED), shred.expose(), Policy::Silent)?;
    access.keystore.put(HEAD, &state.head(), Policy::Silent)?;
    let made =
        Db::create(path, |txn| write(txn, &mut header, &root, &shred, &state, mnemonic, &seed));
    if made.is_err() {
        replaced.forget_new(access)?;
        access.keystore.delete(&shred_name(FIRST_SHRED))?;
        access.keystore.delete(HEAD)?;
    }
    made.map(drop)
}

/// Checks the header, the head and the shred key, and opens the records.
///
/// With the seed, a shred key that the device has lost comes back from the escrow.
///
/// # Errors
/// [`VaultError::Damaged`]; [`VaultError::RolledBack`]; [`VaultError::Keystore`].
pub(crate) fn assemble(
    db: Db,
    header: Header,
    access: &Access<'_>,
    root: &RootKey,
    seed: Option<&Seed>,
) -> Result<Opened, VaultError> {
    authenticate(&db, &header, root)?;
    let epoch = header.vault;
    let keys = VaultKeys::derive(root, epoch);
    let sealed_state = required(&db, "state")?;
    let state = State::open(&epoch, keys.state(), &sealed_state)?;
    match access.keystore.get(HEAD) {
        Ok(head) if !state.follows(&head) => return Err(VaultError::RolledBack),
        Ok(_) => {}
        Err(KeystoreError::Missing | KeystoreError::Invalidated) => {
            access.keystore.put(HEAD, &state.head(), Policy::Silent)?;
        }
        Err(error) => return Err(error.into()),
    }
    let sealed = required(&db, "buckets")?;
    let number = Buckets::shred_number(&sealed)?;
    let Some(shred) = shred_key(&db, access, &epoch, number, seed)? else {
        return Ok(Opened { db, header, vault: None });
    };
    let buckets = Buckets::open(&sealed, &epoch, root, &shred)?;
    for other in [number.checked_sub(1), number.checked_add(1)].into_iter().flatten() {
        access.keystore.delete(&shred_name(other))?;
    }
    let vault = Vault::open(&db, keys, buckets)?;
    Ok(Opened { db, header, vault: Some(vault) })
}

/// Writes a changed header, with its MAC under the root key.
///
/// # Errors
/// [`VaultError::Db`]; then the header in the file is as it was, and what the keystore got for the
/// new one is deleted.
pub(crate) fn rewrite(
    db: &mut Db,
    access: &Access<'_>,
    header: &mut Header,
    root: &RootKey,
    replaced: &Replaced,
) -> Result<(), VaultError> {
    let written = escrow_key(db).and_then(|escrow_key| {
        let mut txn = db.begin()?;
        txn.put_meta("header", &header.encode(root, &escrow_key))?;
        Ok(txn.commit()?)
    });
    if written.is_err() {
        replaced.forget_new(access)?;
    }
    written
}

/// Reads the header of a vault that is still locked.
///
/// # Errors
/// As [`Header::decode`].
pub(crate) fn read_header(db: &Db) -> Result<Header, VaultError> {
    Header::decode(&required(db, "header")?)
}

/// Checks every byte of the header and the escrow key.
///
/// # Errors
/// [`VaultError::Damaged`].
pub(crate) fn authenticate(db: &Db, header: &Header, root: &RootKey) -> Result<(), VaultError> {
    header.authenticate(root, &escrow_key(db)?)
}

/// Opens the entropy that the words stand for.
///
/// # Errors
/// [`VaultError::Damaged`].
pub(crate) fn open_entropy(
    db: &Db,
    epoch: &VaultEpoch,
    root: &RootKey,
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let cipher = Cipher::new(&vault_key(root, epoch, Domain::VaultRoot));
    let sealed = required(db, "root")?;
    cipher.open(&meta_data(epoch, "root"), &sealed).map_err(|_| VaultError::Damaged)
}

fn write(
    txn: &mut Txn<'_>,
    header: &mut Header,
    root: &RootKey,
    shred: &Secret<32>,
    state: &State,
    mnemonic: &Mnemonic,
    seed: &Seed,
) -> Result<(), VaultError> {
    let epoch = header.vault;
    let keys = VaultKeys::derive(root, epoch);
    let escrow = seed.derive_sealing_key(Domain::Escrow).public_key();
    let info = Domain::ShredEscrow.info(&[&epoch.id]);
    let entropy_key = Cipher::new(&vault_key(root, &epoch, Domain::VaultRoot));
    let sealed_entropy = entropy_key.seal(&meta_data(&epoch, "root"), &mnemonic.entropy())?;
    // EXPOSE: the shred key is sealed to the escrow key.
    let sealed_shred = escrow.seal(&info, &[], shred.expose())?;
    let sealed_node = keys.node().seal(&meta_data(&epoch, "node"), &node(seed)?)?;
    txn.put_meta("escrow-key", &escrow.to_bytes())?;
    txn.put_meta("escrow", &sealed_shred)?;
    txn.put_meta("root", &sealed_entropy)?;
    txn.put_meta("node", &sealed_node)?;
    txn.put_meta("state", &state.seal(&epoch, keys.state())?)?;
    let buckets = Buckets::generate(FIRST_SHRED)?;
    txn.put_meta("buckets", &buckets.seal(&epoch, root, shred)?)?;
    txn.put_meta("header", &header.encode(root, &escrow.to_bytes()))?;
    Ok(())
}

/// The node m/13', the alias key and the private sealing key, one after the other.
fn node(seed: &Seed) -> Result<Buffer, VaultError> {
    let mut plain = Buffer::with_capacity(128);
    // EXPOSE: the three are sealed under the node key.
    plain.extend(seed.derive_identity_node()?.to_secret().expose());
    plain.extend(seed.derive_secret(Domain::RecordAlias).expose());
    plain.extend(seed.derive_sealing_key(Domain::Hpke).to_secret().expose());
    Ok(plain)
}

fn shred_key(
    db: &Db,
    access: &Access<'_>,
    epoch: &VaultEpoch,
    number: u32,
    seed: Option<&Seed>,
) -> Result<Option<Secret<32>>, VaultError> {
    if let Some(shred) = access.shred(number)? {
        return Ok(Some(shred));
    }
    let Some(seed) = seed else { return Ok(None) };
    let info = Domain::ShredEscrow.info(&[&epoch.id]);
    let sealed = required(db, "escrow")?;
    let escrow = seed.derive_sealing_key(Domain::Escrow);
    let opened = escrow.open(&info, &[], &sealed).map_err(|_| VaultError::Damaged)?;
    access.keystore.put(&shred_name(number), &opened, Policy::Silent)?;
    Ok(Some(Secret::from_slice(&opened).map_err(|_| VaultError::Damaged)?))
}

fn escrow_key(db: &Db) -> Result<[u8; 32], VaultError> {
    let bytes = required(db, "escrow-key")?;
    Ok(SealingPublicKey::from_slice(&bytes).map_err(|_| VaultError::Damaged)?.to_bytes())
}

fn required(db: &Db, name: &str) -> Result<Vec<u8>, VaultError> {
    db.meta(name)?.ok_or(VaultError::Damaged)
}

/// Number of the first shred key.
const FIRST_SHRED: u32 = 0;
