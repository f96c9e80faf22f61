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
use crate::vault::access::{Access, HEAD, Replaced, is_needed, shred_name};
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
/// [`VaultError`]; then there is no file, and the keystore is as it was but for the count of tries.
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
    let escrow_key = seed.derive_sealing_key(Domain::Escrow).public_key().to_bytes();
    let mut header = Header::new(VaultEpoch { id: random_id()?, epoch: 0 }, escrow_key);
    // EXPOSE: the seed slot's key is derived from it.
    let seed_secret = seed.derive_secret(Domain::SeedSlot);
    header.put(SlotKind::Seed, access.clock.now(), seed_secret.expose(), &root)?;
    let number = access.free_shred()?;
    let head_before = access.keystore.get(HEAD);
    let replaced = access.put_passphrase(&mut header, &root, passphrase, params)?;
    // EXPOSE: the keystore keeps the shred key.
    let kept = access
        .keystore
        .put(&shred_name(number), shred.expose(), Policy::Silent)
        .and_then(|()| access.keystore.put(HEAD, &state.head(), Policy::Silent));
    let made = kept.map_err(VaultError::from).and_then(|()| {
        Db::create(path, |txn| {
            write(txn, &mut header, &root, (number, &shred), &state, mnemonic, &seed)
        })
    });
    if made.is_err() {
        replaced.forget_new(access)?;
        access.keystore.delete(&shred_name(number))?;
        match head_before {
            Ok(head) => access.keystore.put(HEAD, &head, Policy::Silent)?,
            Err(_) => access.keystore.delete(HEAD)?,
        }
    }
    made.map(drop)
}

/// Checks the header, the head and the shred key, and opens the records.
///
/// With the seed, a shred key that the device has lost comes back from the escrow, and a head of
/// another vault gives way: whoever has the words is the patient.
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
    header.authenticate(root)?;
    let epoch = header.vault;
    let keys = VaultKeys::derive(root, epoch);
    let state = State::open(&epoch, keys.state(), &required(&db, "state")?)?;
    let head_is_ours = match access.keystore.get(HEAD) {
        Ok(head) => state.follows(&head),
        Err(KeystoreError::Missing | KeystoreError::Invalidated) => true,
        Err(error) => return Err(error.into()),
    };
    if !head_is_ours && seed.is_none() {
        return Err(VaultError::RolledBack);
    }
    if let Some(sealed) = db.meta("obsolete")? {
        sweep(&sealed, &header, access, keys.state())?;
    }
    let Some(buckets) = open_buckets(&db, access, &epoch, root, seed)? else {
        return Ok(Opened { db, header, vault: None });
    };
    let number = buckets.shred;
    let vault = Vault::open(&db, keys, buckets)?;
    access.keystore.put(HEAD, &state.head(), Policy::Silent)?;
    for other in [number.checked_sub(1), number.checked_add(1)].into_iter().flatten() {
        access.keystore.delete(&shred_name(other))?;
    }
    Ok(Opened { db, header, vault: Some(vault) })
}

/// Writes a changed header with a fresh MAC, and beside it the name of the keystore item that it
/// makes obsolete, so that an unlock deletes it when this process does not get to it.
///
/// # Errors
/// [`VaultError::Db`]. What the keystore got for the new header is deleted when the header is
/// surely not in the file, and kept when the commit failed.
pub(crate) fn rewrite(
    db: &mut Db,
    access: &Access<'_>,
    header: &mut Header,
    root: &RootKey,
    replaced: &Replaced,
) -> Result<(), VaultError> {
    let epoch = header.vault;
    let bytes = header.encode(root);
    let stage = |db: &mut Db| {
        let mut txn = db.begin()?;
        txn.put_meta("header", &bytes)?;
        if let Some(name) = replaced.old() {
            let key = Cipher::new(&vault_key(root, &epoch, Domain::VaultState));
            let sealed = key.seal(&meta_data(&epoch, "obsolete"), name.as_bytes())?;
            txn.put_meta("obsolete", &sealed)?;
        }
        Ok::<_, VaultError>(txn.commit())
    };
    let committed = stage(db);
    if committed.is_err() {
        replaced.forget_new(access)?;
    }
    Ok(committed??)
}

/// Deletes the keystore item that the last change of the header made obsolete.
fn sweep(
    sealed: &[u8],
    header: &Header,
    access: &Access<'_>,
    key: &Cipher,
) -> Result<(), VaultError> {
    let name = key.open(&meta_data(&header.vault, "obsolete"), sealed);
    let name = name.map_err(|_| VaultError::Damaged)?;
    let name = std::str::from_utf8(&name).map_err(|_| VaultError::Damaged)?;
    if is_needed(header, name) {
        return Ok(());
    }
    Ok(access.keystore.delete(name)?)
}

/// Reads the header of a vault that is still locked.
///
/// # Errors
/// As [`Header::decode`].
pub(crate) fn read_header(db: &Db) -> Result<Header, VaultError> {
    let escrow_key = SealingPublicKey::from_slice(&required(db, "escrow-key")?);
    let escrow_key = escrow_key.map_err(|_| VaultError::Damaged)?.to_bytes();
    Header::decode(&required(db, "header")?, escrow_key)
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
    (number, shred): (u32, &Secret<32>),
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
    let buckets = Buckets::generate(number)?;
    txn.put_meta("buckets", &buckets.seal(&epoch, root, shred)?)?;
    txn.put_meta("header", &header.encode(root))?;
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

/// Opens the bucket table with the keystore's shred key, or with the one from the escrow.
///
/// `None` when the keystore's does not open it and no words are given.
fn open_buckets(
    db: &Db,
    access: &Access<'_>,
    epoch: &VaultEpoch,
    root: &RootKey,
    seed: Option<&Seed>,
) -> Result<Option<Buckets>, VaultError> {
    let sealed = required(db, "buckets")?;
    let number = Buckets::shred_number(&sealed)?;
    if let Some(shred) = access.shred(number)?
        && let Ok(buckets) = Buckets::open(&sealed, epoch, root, &shred)
    {
        return Ok(Some(buckets));
    }
    let Some(seed) = seed else { return Ok(None) };
    let info = Domain::ShredEscrow.info(&[&epoch.id]);
    let escrow = seed.derive_sealing_key(Domain::Escrow);
    let shred = escrow.open(&info, &[], &required(db, "escrow")?);
    let shred = shred.map_err(|_| VaultError::Damaged)?;
    let key = Secret::from_slice(&shred).map_err(|_| VaultError::Damaged)?;
    // The escrow is not under the MAC: only what opens the table goes into the keystore.
    let buckets = Buckets::open(&sealed, epoch, root, &key)?;
    access.keystore.put(&shred_name(number), &shred, Policy::Silent)?;
    Ok(Some(buckets))
}

fn required(db: &Db, name: &str) -> Result<Vec<u8>, VaultError> {
    db.meta(name)?.ok_or(VaultError::Damaged)
}
