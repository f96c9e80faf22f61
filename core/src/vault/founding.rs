//! How a vault comes to be, and how an opened root key turns into an open vault.
//!
//! Keystore items are durable before the file that needs them appears, and the file appears whole
//! or not at all. What the keystore has lost is brought back from the words where they are given;
//! nothing is ever deleted because something is missing.

use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::codec::Buffer;
use crate::db::{Db, DbError, Txn};
use crate::host::{Keystore, KeystoreError, Policy};
use crate::keys::{
    Cipher, Domain, KdfParams, Mnemonic, Passphrase, SealingPublicKey, Secret, Seed,
};
use crate::vault::access::{Access, HEAD, is_needed, shred_name};
use crate::vault::buckets::Buckets;
use crate::vault::cipher::{VaultKeys, meta_data};
use crate::vault::slots::{Header, RootKey, SlotKind, VaultEpoch, random_id, vault_key};
use crate::vault::state::{Head, State};
use crate::vault::{Fault, Vault, VaultError, obsolete};

/// A vault whose root key was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) db: Db,
    pub(crate) header: Header,
    pub(crate) keys: Arc<VaultKeys>,
    /// `None` when it does not open; then that is among the faults.
    pub(crate) state: Option<State>,
    /// `None` when the device has lost the key of the records and no words were given.
    pub(crate) vault: Option<Vault>,
    /// The shred key that the device has lost, as the words brought it back.
    pub(crate) revived: Option<Secret<32>>,
    pub(crate) faults: Vec<Fault>,
}

/// Makes a vault for a seed; `begin_log` writes the first entries and gives their number and root.
///
/// # Errors
/// [`VaultError`]; then there is no file, and the keystore is as it was but for the count of tries,
/// unless the disk died so that the file may be there: then it opens.
pub(crate) fn found(
    path: &Path,
    access: &Access<'_>,
    mnemonic: &Mnemonic,
    passphrase: &Passphrase,
    params: KdfParams,
    begin_log: impl FnOnce(&mut Txn<'_>, &VaultKeys) -> Result<(u64, [u8; 32]), VaultError>,
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
        .and_then(|()| access.keystore.put(HEAD, &state.head.encode(), Policy::Silent));
    let made = kept.map_err(VaultError::from).and_then(|()| {
        Db::create(path, |txn| {
            let (size, root_hash) = begin_log(txn, &VaultKeys::derive(&root, header.vault))?;
            let head = Head::new(*state.head.incarnation(), size, root_hash);
            let state = State { head, ..state };
            write(txn, &mut header, &root, (number, &shred), state, mnemonic, &seed)
        })
    });
    // A file that may still be there is opened by what the keystore has for it.
    if made.is_err() && matches!(path.try_exists(), Ok(false)) {
        replaced.forget_new(access)?;
        access.keystore.delete(&shred_name(number))?;
        match head_before {
            Ok(head) => access.keystore.put(HEAD, &head, Policy::Silent)?,
            Err(_) => access.keystore.delete(HEAD)?,
        }
    }
    made.map(drop)
}

/// Checks the header and opens state and records; what is wrong is among the faults.
///
/// With the seed, a shred key that the device has lost comes back from the escrow.
///
/// # Errors
/// [`VaultError::Db`], [`VaultError::Keystore`] when they do not answer.
pub(crate) fn assemble(
    db: Db,
    header: Header,
    access: &Access<'_>,
    root: &RootKey,
    seed: Option<&Seed>,
) -> Result<Opened, VaultError> {
    let mut faults = Vec::new();
    if header.authenticate(root).is_err() {
        faults.push(Fault::Header);
    }
    let keys = Arc::new(VaultKeys::derive(root, header.vault));
    let state = required(&db, "state").and_then(|sealed| State::open(&keys, &sealed)).ok();
    if state.is_none() {
        faults.push(Fault::State);
    }
    if state.as_ref().is_some_and(|state| !is_named(&db, &keys, state)) {
        faults.push(Fault::Header);
    }
    let (buckets, revived) = match open_buckets(&db, access, &keys, seed) {
        Ok(Some(found)) => (Some(found.0), found.1),
        Ok(None) => (None, None),
        Err(VaultError::Damaged | VaultError::Db(DbError::Damaged)) => {
            faults.push(Fault::Buckets);
            (None, None)
        }
        Err(other) => return Err(other),
    };
    let mut vault = None;
    if let Some(buckets) = buckets {
        let rows = state.as_ref().map(|state| &state.rows);
        let (opened, _, found) = Vault::open(&db, keys.clone(), buckets, rows)?;
        vault = Some(opened);
        faults.extend(found);
    }
    Ok(Opened { db, header, keys, state, vault, revived, faults })
}

/// Tells whether what opens the vault is what the state names.
pub(crate) fn is_named(db: &Db, keys: &VaultKeys, state: &State) -> bool {
    keys.meta_fingerprint(|name| db.meta(name)).is_ok_and(|found| found == state.meta)
}

/// Deletes what is left over in the keystore from changes that did not get to it: what they made
/// needless, and the shred keys within `reach` of the one in use.
///
/// To be called when the vault was found whole.
///
/// # Errors
/// [`VaultError::Keystore`]; the items then wait for the next unlock.
pub(crate) fn sweep(
    db: &Db,
    header: &Header,
    access: &Access<'_>,
    keys: &VaultKeys,
    shred: Option<u32>,
    reach: u32,
) -> Result<(), VaultError> {
    let ours = shred.map(shred_name);
    for name in obsolete::read(db, keys)? {
        if !is_needed(header, &name) && ours.as_ref() != Some(&name) {
            access.keystore.delete(&name)?;
        }
    }
    // An erasure of the whole wallet that never came to the file.
    if erasing(access.keystore)?.is_some() {
        access.keystore.delete(ERASING)?;
    }
    let Some(number) = shred else { return Ok(()) };
    for distance in 1..=reach {
        for other in [number.checked_sub(distance), number.checked_add(distance)] {
            other.map_or(Ok(()), |other| access.keystore.delete(&shred_name(other)))?;
        }
    }
    Ok(())
}

/// Writes a changed header with a fresh MAC, and beside it the names of the keystore items that are
/// needless now.
///
/// # Errors
/// [`VaultError::Db`]; [`VaultError::Randomness`].
pub(crate) fn put_header(
    txn: &mut Txn<'_>,
    header: &mut Header,
    root: &RootKey,
    keys: &VaultKeys,
    needless: &[String],
) -> Result<(), VaultError> {
    txn.put_meta("header", &header.encode(root))?;
    obsolete::put(txn, keys, needless)
}

/// Destroys what a vault holds, in one transaction that leaves only a mark.
///
/// The keystore is told first, and which items are to go: a mark that somebody puts into a file
/// makes nobody delete anything.
///
/// # Errors
/// [`VaultError::Db`], [`VaultError::Keystore`]: then the vault is as it was.
pub(crate) fn destroy(
    db: &mut Db,
    items: &[String],
    keystore: &dyn Keystore,
) -> Result<(), VaultError> {
    keystore.put(ERASING, items.join("\n").as_bytes(), Policy::Silent)?;
    let mut txn = db.begin()?;
    for sql in [
        "DELETE FROM meta",
        "DELETE FROM ver",
        "DELETE FROM att",
        "DELETE FROM audit",
        "DELETE FROM tile",
        "DELETE FROM ckpt",
    ] {
        txn.execute(sql, &[])?;
    }
    txn.put_meta(ERASED, &[])?;
    txn.commit()?;
    Ok(db.truncate_log()?)
}

/// Makes the file of a vault that was destroyed, where the damaged one lets nobody write.
///
/// # Errors
/// [`VaultError::Db`].
pub(crate) fn draft_destroyed(path: &Path) -> Result<(), VaultError> {
    Db::draft(path, |txn| Ok(txn.put_meta(ERASED, &[])?))
}

/// Tells whether a vault was destroyed.
///
/// # Errors
/// [`VaultError::Db`].
pub(crate) fn is_destroyed(db: &Db) -> Result<bool, VaultError> {
    Ok(db.meta(ERASED)?.is_some() && db.meta("header")?.is_none())
}

/// Gives the keystore items that an erasure of the whole wallet was to delete; `None` when none
/// was begun.
///
/// # Errors
/// [`VaultError::Keystore`].
pub(crate) fn erasing(keystore: &dyn Keystore) -> Result<Option<Vec<String>>, VaultError> {
    match keystore.get(ERASING) {
        Ok(items) => {
            let items = std::str::from_utf8(&items).map_err(|_| VaultError::Damaged)?;
            Ok(Some(items.lines().map(str::to_owned).collect()))
        }
        Err(KeystoreError::Missing | KeystoreError::Invalidated) => Ok(None),
        Err(error) => Err(error.into()),
    }
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
    mut state: State,
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
    let buckets = Buckets::generate(number)?;
    txn.put_meta("buckets", &buckets.seal(&keys, shred)?)?;
    txn.put_meta("header", &header.encode(root))?;
    state.meta = keys.meta_fingerprint(|name| txn.meta(name))?;
    txn.put_meta("state", &state.seal(&keys)?)?;
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

/// Opens the bucket table with the keystore's shred key, or with the one from the escrow, and
/// gives that one where it was needed: the keystore is to get it when the vault is found whole.
///
/// `None` when the keystore's does not open it and no words are given.
fn open_buckets(
    db: &Db,
    access: &Access<'_>,
    keys: &VaultKeys,
    seed: Option<&Seed>,
) -> Result<Option<(Buckets, Option<Secret<32>>)>, VaultError> {
    let sealed = required(db, "buckets")?;
    let number = Buckets::shred_number(&sealed)?;
    if let Some(shred) = access.shred(number)?
        && let Ok(buckets) = Buckets::open(&sealed, keys, &shred)
    {
        return Ok(Some((buckets, None)));
    }
    let Some(seed) = seed else { return Ok(None) };
    let info = Domain::ShredEscrow.info(&[&keys.vault().id]);
    let escrow = seed.derive_sealing_key(Domain::Escrow);
    let shred = escrow.open(&info, &[], &required(db, "escrow")?);
    let shred = shred.map_err(|_| VaultError::Damaged)?;
    let key = Secret::from_slice(&shred).map_err(|_| VaultError::Damaged)?;
    let buckets = Buckets::open(&sealed, keys, &key)?;
    Ok(Some((buckets, Some(key))))
}

fn required(db: &Db, name: &str) -> Result<Vec<u8>, VaultError> {
    db.meta(name)?.ok_or(VaultError::Damaged)
}

/// Name of the keystore item that says that a whole wallet is being erased.
pub(crate) const ERASING: &str = "erasing";
/// Row of `meta` that stands alone in a vault that was destroyed.
const ERASED: &str = "erased";
