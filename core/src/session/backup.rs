//! The backup: everything of the wallet in one file, while the wallet is open.

mod made;

use std::fs::File;
use std::io::{Read, Write};

use crate::audit::log::Log;
use crate::audit::{Actor, AuditEntry, AuditKind};
use crate::db::Db;
use crate::error::{Error, WalletError};
use crate::file::Output;
use crate::host::{CancelToken, ProgressListener, Timestamp};
use crate::keys::{Domain, KdfParams, Mnemonic, Passphrase, Secret};
use crate::order;
use crate::record::RecordId;
use crate::session::backup::made::Made;
use crate::session::keys::Authentication;
use crate::session::own::{Kind, Memo};
use crate::session::restore::Restored;
use crate::session::status::{Way, WayBack};
use crate::session::unpacking::{Files, Unpacked};
use crate::session::{Open, Session};
use crate::vault::VaultError;
use crate::vault::access::Access;
use crate::vault::attachments::{AttachmentError, AttachmentId};
use crate::vault::backup::writer::Writer;
use crate::vault::backup::{About, AttachmentAt, BackupError, BackupKey, Parts, Watch};
use crate::vault::buckets::Buckets;
use crate::vault::copy::Copy;
use crate::vault::founding::open_entropy;
use crate::vault::slots::{RootKey, random_id};
use crate::vault::state::Head;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// Names the backup file, 16 random bytes.
    pub id: RecordId,
    /// Records in it.
    pub records: usize,
    /// Attachments in it.
    pub attachments: usize,
    /// Attachments whose file is missing: the backup holds what is known of them, not their bytes.
    pub missing: Vec<AttachmentId>,
}

/// What a rehearsal of a backup has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsal {
    /// Names the backup file.
    pub id: RecordId,
    /// When it was made.
    pub made: Timestamp,
    /// Records that it would bring back.
    pub records: usize,
    /// Attachments that it would bring back.
    pub attachments: usize,
    /// Records of which some version cannot be read in it.
    pub unreadable: Vec<RecordId>,
    /// Attachments whose bytes are not in it.
    pub missing: Vec<AttachmentId>,
    /// Whether it would bring back every record that there is now.
    pub good: bool,
}

/// What a backup file is opened with besides the words.
struct Kit {
    root: RootKey,
    seed_secret: Secret<32>,
}

impl Session {
    /// Writes a backup to `out`: every record, version, attachment and log entry.
    ///
    /// It opens on any device with the words and, where one is given, with the export passphrase.
    /// It is remembered once it lasts: whoever gives anything but a file makes it durable, and
    /// discards it after an error. While it is written, a sealed copy of the database stands in the
    /// home.
    ///
    /// # Errors
    /// [`BackupError::SamePassphrase`]; [`BackupError::Output`]; [`WalletError::Cancelled`];
    /// [`crate::file::FileError`]; as the authentication says.
    pub fn backup(
        &mut self,
        authentication: &Authentication<'_>,
        export: Option<&Passphrase>,
        out: impl Output,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<BackupReport, Error> {
        self.backup_with(
            authentication,
            export.map(|it| (it, KdfParams::EXPORT)),
            out,
            progress,
            cancel,
        )
    }

    /// Does what [`Session::backup`] does, with another cost of the export passphrase.
    ///
    /// # Errors
    /// As [`Session::backup`].
    pub fn backup_with(
        &mut self,
        authentication: &Authentication<'_>,
        export: Option<(&Passphrase, KdfParams)>,
        mut out: impl Output,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<BackupReport, Error> {
        let host = self.host.clone();
        let at = host.clock.now();
        self.writable()?.records()?;
        let (open, root) = self.authenticate(authentication)?;
        if let Some((passphrase, _)) = export
            && Access::of(&host).is_opened_by(&open.held.header, passphrase)?
        {
            return Err(BackupError::SamePassphrase.into());
        }
        let words =
            Mnemonic::from_entropy(&open_entropy(&open.db, &open.held.header.vault, &root)?)?;
        let kit = Kit { root, seed_secret: words.to_seed().derive_secret(Domain::SeedSlot) };
        let about = About { vault: open.held.header.vault, id: random_id()?, created: at };
        // It is in the log before a byte leaves.
        open.note(AuditEntry::new(at, AuditKind::Backup, Actor::Patient).with_id(about.id))?;
        let covered = open.held.state.head;
        let watch = Watch { progress, cancel, total: None };
        let report = open.write_backup(&kit, about, export, &mut out, watch)?;
        out.finish()?;
        let made =
            Made { made: at, covered, has_passphrase: export.is_some(), rehearsed: [None; 2] };
        open.remember_backup(report.id, &made, at, AuditKind::Remembered)?;
        self.touch();
        Ok(report)
    }

    /// Opens a backup to its last byte and shows what it would bring back; changes nothing but
    /// what the wallet remembers of its backups.
    ///
    /// # Errors
    /// [`BackupError`]; [`BackupError::OtherWallet`] for a backup of another wallet.
    pub fn rehearse(
        &mut self,
        file: &mut dyn Read,
        key: &BackupKey<'_>,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Rehearsal, Error> {
        let at = self.host.clock.now();
        let open = self.writable()?;
        open.records()?;
        let ours = open.held.header.vault.id;
        let watch = Watch { progress, cancel, total: None };
        let home = open.claim.home().clone();
        home.clean()?;
        let unpacked = Unpacked::read(&home, file, key, watch, Files::Prove, |about| {
            let is_ours = about.vault.id == ours;
            if is_ours { Ok(()) } else { Err(BackupError::OtherWallet.into()) }
        })?;
        let id = RecordId::from_bytes(unpacked.about.id);
        let (unreadable, missing) = (unpacked.unreadable(), unpacked.missing.clone());
        let covered = Head::new([0; 8], unpacked.log.size(), unpacked.log.root());
        let (records, attachments) =
            (unpacked.vault.index().records(), unpacked.vault.attachments().count());
        let made = unpacked.about.created;
        drop(unpacked);
        let is_whole = unreadable.is_empty() && missing.is_empty();
        let mut known = open.made(id)?.unwrap_or(Made {
            made,
            covered,
            has_passphrase: matches!(key, BackupKey::Passphrase(_)),
            rehearsed: [None; 2],
        });
        let good = is_whole && open.covers_everything(&covered)?;
        if is_whole {
            let place = usize::from(matches!(key, BackupKey::Passphrase(_)));
            if let Some(rehearsed) = known.rehearsed.get_mut(place) {
                *rehearsed = Some(at);
            }
        }
        open.remember_backup(id, &known, at, AuditKind::Rehearsed)?;
        self.touch();
        let attachments = attachments.saturating_sub(missing.len());
        Ok(Rehearsal { id, made, records, attachments, unreadable, missing, good })
    }
}

impl Session {
    /// Notes that a backup was shown to work: it brought the wallet back.
    pub(crate) fn remember_restored(&mut self, restored: &Restored) {
        let at = self.host.clock.now();
        let Restored { about, log, with_words } = restored;
        let rehearsed = if *with_words { [Some(at), None] } else { [None, Some(at)] };
        let (made, has_passphrase) = (about.created, !with_words);
        let made = Made { made, covered: *log, has_passphrase, rehearsed };
        // The records are back; that this could not be noted on a full disk is no reason to refuse.
        let _ = self.writable().and_then(|open| {
            open.remember_backup(RecordId::from_bytes(about.id), &made, at, AuditKind::Remembered)
        });
        self.witness_later();
    }
}

impl Open {
    fn write_backup(
        &self,
        kit: &Kit,
        about: About,
        export: Option<(&Passphrase, KdfParams)>,
        out: &mut dyn Write,
        watch: Watch<'_>,
    ) -> Result<BackupReport, Error> {
        let home = self.claim.home().clone();
        home.clean()?;
        let path = home.temporary("backup");
        let buckets = Buckets::generate(0)?;
        let vault = self.held.vault.as_ref().ok_or(VaultError::NeedsWords)?;
        let copy =
            Copy { from: &self.db, keys: &self.held.keys, old: vault.buckets(), new: &buckets };
        let incarnation = self.held.state.head.incarnation();
        let cancelled = || watch.cancel.is_cancelled();
        let copied = Db::draft(&path, |txn| {
            let mut step = || if cancelled() { Err(VaultError::NotFound) } else { Ok(()) };
            copy.run(txn, &mut step)?;
            Ok::<_, VaultError>(txn.put_meta(INCARNATION, incarnation)?)
        });
        let written = copied.map_err(Error::from).and_then(|()| {
            let (there, missing) = self.sealed_files()?;
            let table = Secret::from_slice(&buckets.encode())?;
            let Kit { root, seed_secret } = kit;
            let parts = Parts { about, seed_secret, export, root, table: &table };
            let mut database = File::open(&path).map_err(WalletError::from)?;
            let length = database.metadata().map_err(WalletError::from)?.len();
            let count = u32::try_from(there.len()).map_err(|_| VaultError::Damaged)?;
            let mut writer =
                Writer::begin(out, &parts, watch)?.database(length, &mut database, count)?;
            for at in &there {
                let mut file = self.files().sealed(AttachmentId::from_bytes(at.id))?;
                writer.attachment(*at, &mut file)?;
            }
            writer.finish()?;
            Ok((there.len(), missing))
        });
        let removed = Db::remove(&path);
        if cancelled() {
            return Err(WalletError::Cancelled.into());
        }
        let (attachments, missing) = written?;
        removed?;
        let (id, records) = (RecordId::from_bytes(about.id), vault.index().records());
        Ok(BackupReport { id, records, attachments, missing })
    }

    /// Gives the attachments whose files are there, in the order of their ids and with their
    /// lengths, and those whose files are not.
    fn sealed_files(&self) -> Result<(Vec<AttachmentAt>, Vec<AttachmentId>), Error> {
        let vault = self.held.vault.as_ref().ok_or(VaultError::NeedsWords)?;
        let files = self.files();
        let mut ids: Vec<AttachmentId> = vault.attachments().map(|(id, _)| *id).collect();
        order::sort(&mut ids);
        let (mut there, mut missing) = (Vec::new(), Vec::new());
        for id in ids {
            match files.sealed(id) {
                Ok(file) => {
                    let length = file.metadata().map_err(WalletError::from)?.len();
                    there.push(AttachmentAt { id: *id.as_bytes(), length });
                }
                Err(AttachmentError::Missing | AttachmentError::Damaged) => missing.push(id),
                // One that cannot be read now must not be left out in silence.
                Err(error) => return Err(error.into()),
            }
        }
        Ok((there, missing))
    }

    /// Appends what is known of a backup, with an entry of its own kind.
    fn remember_backup(
        &mut self,
        id: RecordId,
        made: &Made,
        at: Timestamp,
        kind: AuditKind,
    ) -> Result<(), Error> {
        self.remember(at, vec![Memo::new(Kind::Backup, id, made.encode(), kind)])
    }

    fn made(&self, id: RecordId) -> Result<Option<Made>, Error> {
        if self.held.vault.is_none() {
            return Ok(None);
        }
        Ok(self.memo(Kind::Backup, id)?.and_then(|memo| Made::decode(&memo)))
    }

    /// Gives the ways back that backups are, the latest first.
    pub(super) fn backups(&self) -> Result<Vec<WayBack>, Error> {
        let Some(vault) = &self.held.vault else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for entry in vault.own().currents() {
            // One that cannot be read is named by `verify`.
            if let Ok(Some(made)) = self.made(entry.version.record) {
                all.push(made);
            }
        }
        order::sort_by_key(&mut all, |made| std::cmp::Reverse(made.made));
        let mut ways = Vec::new();
        for made in all {
            let good = self.covers_everything(&made.covered)?;
            let [words, passphrase] = made.rehearsed;
            let way = |way, rehearsed| WayBack { way, since: made.made, rehearsed, good };
            ways.push(way(Way::BackupWithWords, words));
            ways.extend(made.has_passphrase.then(|| way(Way::BackupWithPassphrase, passphrase)));
        }
        Ok(ways)
    }

    /// Tells when a way was last shown to work.
    pub(super) fn rehearsed(&self, backups: &[WayBack], way: Way) -> Option<Timestamp> {
        let shown = backups.iter().filter(|back| back.way == Way::BackupWithWords);
        shown.filter_map(|back| back.rehearsed).max().filter(|_| way == Way::Words)
    }

    /// Tells whether the log was there once, and nothing was added to the record since.
    fn covers_everything(&self, then: &Head) -> Result<bool, Error> {
        let size = then.size();
        if size > self.held.log.size() || self.held.log.root_at(&self.db, size)? != *then.root() {
            return Ok(false);
        }
        let mut covers = true;
        Log::backwards(&self.db, &self.held.keys, u64::MAX, |seq, logged| {
            if seq < size {
                // The rest is covered: reading ends here.
                return Err(VaultError::NotFound);
            }
            covers &= logged.is_ok_and(|logged| !adds_to_the_record(logged.entry.kind()));
            Ok(())
        })
        .or_else(|error| if error == VaultError::NotFound { Ok(()) } else { Err(error) })?;
        Ok(covers)
    }
}

const fn adds_to_the_record(kind: AuditKind) -> bool {
    matches!(
        kind,
        AuditKind::Added | AuditKind::Corrected | AuditKind::Relabelled | AuditKind::Attached
    )
}

/// Row of `meta` in a backup's database: the incarnation of the log that it holds.
pub(super) const INCARNATION: &str = "incarnation";
