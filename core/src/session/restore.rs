//! Coming back from a backup file: everything or nothing.
//!
//! ```text
//! file -> temporary places, proven to the last byte -> a new vault beside the old one -> keystore
//! items -> attachments moved in -> the new vault takes the old one's name -> unlocked
//! ```
//! Until the name changes the old wallet is as it was; after it, the new one is whole. In between
//! the keystore remembers the heads of both.

use std::io::Read;

use crate::audit::log::Log;
use crate::audit::{Actor, AuditEntry, AuditKind};
use crate::db::{Db, Txn};
use crate::error::Error;
use crate::home::Home;
use crate::host::{Host, KeystoreError, Policy};
use crate::keys::{Domain, KdfParams, Mnemonic, Passphrase, SealingPublicKey, Secret};
use crate::session::backup::INCARNATION;
use crate::session::unpacking::{Files, Unpacked};
use crate::vault::access::{Access, HEAD, Replaced, needed, shred_name};
use crate::vault::attachments::folder::Folder;
use crate::vault::backup::{About, BackupError, BackupKey, Watch};
use crate::vault::buckets::Buckets;
use crate::vault::copy::Copy;
use crate::vault::founding::{open_entropy, put_header, read_header};
use crate::vault::slots::{Header, RootKey, SlotKind};
use crate::vault::state::{Head, Rows, State};
use crate::vault::{VaultError, obsolete};

/// What a restoration may do to the wallet that is here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replace {
    /// Replace it only when the backup holds everything that it holds.
    #[default]
    Older,
    /// Replace it although it holds what the backup does not, or is so damaged that nobody can
    /// tell. Its file is kept beside the new one, as `vault.replaced-<time>`, for whoever has the
    /// words; erasing a record removes what was kept.
    Newer,
}

/// What a restoration needs besides the file.
pub(crate) struct Restoration<'a> {
    pub(crate) home: &'a Home,
    pub(crate) host: &'a Host,
    pub(crate) key: &'a BackupKey<'a>,
    pub(crate) passphrase: &'a Passphrase,
    pub(crate) params: KdfParams,
    pub(crate) replace: Replace,
    pub(crate) watch: Watch<'a>,
}

/// The vault that is here, as far as it can be told.
#[derive(Default)]
struct Here {
    head: Option<Head>,
    /// Keystore items that are needless once it is replaced.
    items: Vec<String>,
}

impl Restoration<'_> {
    /// Restores, and gives the root key of the vault that is in its place now, with what the backup
    /// was.
    ///
    /// # Errors
    /// [`BackupError`]; [`VaultError`]: then the wallet that was here is as it was.
    pub(crate) fn run(&self, file: &mut dyn Read) -> Result<(RootKey, Restored), Error> {
        let staging = self.home.staging();
        self.home.clean()?;
        let received = Folder::of(staging.folder());
        staging.make()?;
        let result = self.restore(file, &received);
        let cleaned = self.home.clean();
        let restored = result?;
        cleaned?;
        Ok(restored)
    }

    fn restore(
        &self,
        file: &mut dyn Read,
        received: &Folder,
    ) -> Result<(RootKey, Restored), Error> {
        let there = self.home.has_vault();
        let unpacked = Unpacked::read(
            self.home,
            file,
            self.key,
            self.watch,
            Files::Keep(received),
            |about| {
                // A file that cannot be read is nobody's: it is only replaced by name.
                let other = there.then(|| self.header_here()).flatten();
                let other = other.is_some_and(|header| header.vault.id != about.vault.id);
                if other { Err(BackupError::OtherWallet.into()) } else { Ok(()) }
            },
        )?;
        let here = if there { self.here(&unpacked)? } else { Here::default() };
        let is_older = here.head.is_some_and(|head| {
            let root = unpacked.log.root_at(&unpacked.db, head.size());
            head.size() <= unpacked.log.size() && root.is_ok_and(|root| root == *head.root())
        });
        if there && !is_older && self.replace == Replace::Older {
            return Err(BackupError::Older.into());
        }
        let made = self.make(&unpacked, here.items)?;
        let keep = (there && !is_older).then(|| self.host.clock.now());
        let keystore = self.host.keystore.as_ref();
        let before = match keystore.get(HEAD) {
            Err(KeystoreError::Missing | KeystoreError::Invalidated) => None,
            other => Some(other?),
        };
        let placed = self
            .move_in(
                &unpacked,
                received,
                &made,
                here.head.as_ref(),
                before.as_ref().map(|it| it.as_slice()),
            )
            .and_then(|()| Ok(self.home.put_in_place(keep)?));
        if let Err(error) = placed {
            self.forget(&made);
            // What was there before: the wallet that is here opens as it did.
            let _ = before.map_or(Ok(()), |head| keystore.put(HEAD, &head, Policy::Silent));
            return Err(error);
        }
        // From here on the new vault has the name; should that not be durable, the old one opens.
        self.home.sync()?;
        keystore.put(HEAD, &made.head.encode(), Policy::Silent)?;
        let log = Head::new([0; 8], unpacked.log.size(), unpacked.log.root());
        let with_words = matches!(self.key, BackupKey::Words(_));
        let Unpacked { root, about, .. } = unpacked;
        Ok((root, Restored { about, log, with_words }))
    }

    fn header_here(&self) -> Option<Header> {
        Db::open(&self.home.vault()).ok().and_then(|db| read_header(&db).ok())
    }

    /// Looks at the vault that is here with the keys of the backup, and empties its write-ahead log
    /// where it may be replaced. What is damaged of it tells nothing.
    fn here(&self, unpacked: &Unpacked) -> Result<Here, Error> {
        let Ok(db) = Db::open(&self.home.vault()) else { return Ok(Here::default()) };
        let read = |name| db.meta(name).ok().flatten();
        let header = read_header(&db);
        let slots = header.iter().flat_map(Header::slots).filter_map(needed);
        let number = read("buckets").and_then(|sealed| Buckets::shred_number(&sealed).ok());
        let mut items: Vec<String> = slots.chain(number.map(shred_name)).collect();
        items.extend(obsolete::read(&db, &unpacked.keys).unwrap_or_default());
        let state = read("state").and_then(|sealed| State::open(&unpacked.keys, &sealed).ok());
        let emptied = db.truncate_log();
        if self.replace == Replace::Older {
            // Without it the file that is replaced would not be the one that was looked at.
            emptied?;
        }
        Ok(Here { head: state.map(|state| state.head), items })
    }

    /// Builds the new vault beside its place, and puts what it needs into the keystore.
    ///
    /// `needless` are the keystore items of the vault that it replaces: it names them until they are
    /// gone.
    fn make(&self, unpacked: &Unpacked, needless: Vec<String>) -> Result<Made, Error> {
        let access = Access::of(self.host);
        let at = self.host.clock.now();
        let epoch = unpacked.about.vault;
        let words = Mnemonic::from_entropy(&open_entropy(&unpacked.db, &epoch, &unpacked.root)?)?;
        let seed = words.to_seed();
        let escrow = seed.derive_sealing_key(Domain::Escrow).public_key();
        let (number, shred) = (access.free_shred()?, Secret::generate().map_err(VaultError::from)?);
        let buckets = Buckets::generate(number)?;
        let mut header = Header::new(epoch, escrow.to_bytes());
        // EXPOSE: the seed slot's key is derived from it.
        let seed_secret = seed.derive_secret(Domain::SeedSlot);
        header.put(SlotKind::Seed, at, seed_secret.expose(), &unpacked.root)?;
        let replaced =
            access.put_passphrase(&mut header, &unpacked.root, self.passphrase, self.params)?;
        let mut made = Made { head: Head::new([0; 8], 0, [0; 32]), number, device: replaced };
        // EXPOSE: the keystore keeps the shred key.
        let kept = self.host.keystore.put(&shred_name(number), shred.expose(), Policy::Silent);
        let draft = self.home.temporary("vault");
        let written = kept.map_err(Error::from).and_then(|()| {
            Db::draft(&draft, |txn| {
                let copy = Copy {
                    from: &unpacked.db,
                    keys: &unpacked.keys,
                    old: unpacked.vault.buckets(),
                    new: &buckets,
                };
                let mut step = || match self.watch.cancel.is_cancelled() {
                    true => Err(VaultError::NotFound),
                    false => Ok(()),
                };
                let rows = copy.run(txn, &mut step)?;
                txn.put_meta("buckets", &buckets.seal(&unpacked.keys, &shred)?)?;
                put_escrow(txn, &escrow, &epoch.id, &shred)?;
                put_header(txn, &mut header, &unpacked.root, &unpacked.keys, &needless)?;
                made.head = self.put_state(txn, unpacked, rows)?;
                Ok::<_, VaultError>(())
            })
            .map_err(|error| match self.watch.cancel.is_cancelled() {
                true => BackupError::Cancelled.into(),
                false => Error::from(error),
            })
        });
        if let Err(error) = written {
            self.forget(&made);
            return Err(error);
        }
        Ok(made)
    }

    /// Continues the log in a new incarnation, whose first entry says where it came from.
    fn put_state(
        &self,
        txn: &mut Txn<'_>,
        unpacked: &Unpacked,
        rows: Rows,
    ) -> Result<Head, VaultError> {
        let incarnation = unpacked.db.meta(INCARNATION)?.ok_or(VaultError::Damaged)?;
        let incarnation = incarnation.as_slice().try_into().map_err(|_| VaultError::Damaged)?;
        let parent = Head::new(incarnation, unpacked.log.size(), unpacked.log.root());
        let mut log = unpacked.log.grow();
        let entry = AuditEntry::new(self.host.clock.now(), AuditKind::Restored, Actor::Patient);
        log.append(txn, &unpacked.keys, &entry.with_id(unpacked.about.id))?;
        let log: Log = log.finish();
        let head = Head::begin(log.size(), log.root())?;
        let meta = unpacked.keys.meta_fingerprint(|name| txn.meta(name))?;
        let state = State { head, parent: Some(parent), rows, meta };
        txn.put_meta("state", &state.seal(&unpacked.keys)?)?;
        Ok(head)
    }

    /// Lets the keystore remember both vaults, and moves the attachments in.
    fn move_in(
        &self,
        unpacked: &Unpacked,
        received: &Folder,
        made: &Made,
        here: Option<&Head>,
        before: Option<&[u8]>,
    ) -> Result<(), Error> {
        // Both heads: whichever vault has the name when the power fails, it opens.
        let here = here.map(Head::encode);
        let heads = made.head.add_to_item(here.as_deref().or(before).unwrap_or_default());
        self.host.keystore.put(HEAD, &heads, Policy::Silent)?;
        let files = Folder::of(self.home.folder());
        let mut moved = false;
        for (id, _) in unpacked.vault.attachments() {
            if !unpacked.missing.contains(id) {
                files.take(received, *id)?;
                moved = true;
            }
        }
        if moved {
            files.sync()?;
        }
        Ok(())
    }

    /// Takes out of the keystore what a vault needed that did not come to be.
    fn forget(&self, made: &Made) {
        // What stays opens nothing.
        let _ = made.device.forget_new(&Access::of(self.host));
        let _ = self.host.keystore.delete(&shred_name(made.number));
    }
}

/// The backup that brought a wallet back, and so was shown to work.
pub(crate) struct Restored {
    pub(super) about: About,
    pub(super) log: Head,
    pub(super) with_words: bool,
}

/// A vault that waits for its place.
struct Made {
    head: Head,
    number: u32,
    device: Replaced,
}

fn put_escrow(
    txn: &mut Txn<'_>,
    escrow: &SealingPublicKey,
    vault: &[u8; 16],
    shred: &Secret<32>,
) -> Result<(), VaultError> {
    let info = Domain::ShredEscrow.info(&[vault]);
    // EXPOSE: the shred key is sealed to the escrow key.
    Ok(txn.put_meta("escrow", &escrow.seal(&info, &[], shred.expose())?)?)
}
