//! Erasing what was opened under a consent, and the signed statement that the patient is owed.
//!
//! ```text
//! what is there is noted -> our files unlinked -> rows and keys destroyed, up to the keystore -> signed
//! ```
//! A stop in between is finished by erasing again. Only what this home wrote is deleted.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::audit::{
    Actor, AuditEntry, AuditId, AuditKind, Destroyed, ErasureStatement, MayRemain, Subject,
};
use crate::consent::{ConsentError, ConsentId};
use crate::error::Error;
use crate::file::folder::remove_left_over;
use crate::file::{FileError, folder_of, sync_folder};
use crate::host::Timestamp;
use crate::requester::Requester;
use crate::requester::kept::Copies;
use crate::requester::names::FILES;
use crate::session::own::Kind;
use crate::session::{LogEntry, LogQuery};

/// What came of an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasedCopies {
    /// The statement (`pmw-es`), for the patient.
    pub statement: Vec<u8>,
    /// What stands in the folders and is not from here: it was left there.
    pub foreign: Vec<PathBuf>,
    /// Folders that were not found where they were written: the statement does not say that they
    /// were destroyed.
    pub missing: Vec<PathBuf>,
    /// Whether traces of the keys wait to be removed.
    pub pending: bool,
}

impl Requester {
    /// Erases what was opened under a consent: the files that were written, the consent itself, the
    /// key that opens what comes under it. It cannot be undone. Receipts stay: they tell of what was.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`] for a consent that was not received here, or is erased:
    /// [`Requester::erasure_statement`] signs once more; [`FileError::Unwritable`] when a file cannot
    /// be deleted: then nothing is signed, and it can be tried again.
    pub fn erase_copies(&mut self, consent: ConsentId) -> Result<ErasedCopies, Error> {
        let token = self.received_token(consent)?;
        let opened = self.opened_under(consent)?;
        let copies = self.note_going(consent)?;
        let (mut foreign, mut missing) = (Vec::new(), Vec::new());
        for copies in &copies {
            if copies.is_going {
                unlink(copies, &mut foreign)?;
            } else {
                missing.push(copies.folder.clone());
            }
        }
        let mut rows = vec![Kind::Received.id(consent.as_bytes())];
        rows.extend(copies.iter().map(Copies::row));
        if let Some(request) = token.scope().request() {
            let row = Kind::Asked.id(request.as_bytes());
            if self.asked(row)?.is_some() {
                rows.push(row);
            }
        }
        // Every disclosure that was opened has its folder, and every folder was there.
        let is_whole = !opened.is_empty()
            && missing.is_empty()
            && opened.iter().all(|id| copies.iter().any(|one| one.disclosure == *id));
        let at = self.session.consent_time()?;
        // The disclosures whose copies are gone stand before the rows: so the log tells of them.
        let gone = opened.iter().filter(|_| is_whole).map(|id| AuditId::from(*id.as_bytes()));
        let rows_gone = rows.iter().map(|row| AuditId::from(*row));
        let entry = AuditEntry::new(at, AuditKind::CopiesErased, Actor::Patient);
        let entry =
            gone.chain(rows_gone).fold(entry.with_id(*consent.as_bytes()), AuditEntry::with_id);
        let pending = self.session.forget_noting(&rows, &entry)?;
        let statement = self.sign_erasure(consent, at, is_whole, pending)?;
        Ok(ErasedCopies { statement, foreign, missing, pending })
    }

    /// Signs once more that what was opened under a consent was erased, as the log tells it.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`] when the log tells of no such erasure.
    pub fn erasure_statement(&mut self, consent: ConsentId) -> Result<Vec<u8>, Error> {
        let (at, ids) = self.was_erased(consent)?.ok_or(ConsentError::NotFound)?;
        let row = AuditId::from(Kind::Received.id(consent.as_bytes()));
        let has_copies = ids.get(1).is_some_and(|second| *second != row);
        self.sign_erasure(consent, at, has_copies, false)
    }

    /// Finds in the log when what was opened under a consent was erased last, and what was.
    pub(super) fn was_erased(
        &mut self,
        consent: ConsentId,
    ) -> Result<Option<(Timestamp, Vec<AuditId>)>, Error> {
        let kind = Some(AuditKind::CopiesErased);
        let query = LogQuery { kind, limit: Some(usize::MAX), ..LogQuery::default() };
        let told = self.session.log(&query)?.entries;
        let is_of = |entry: &&LogEntry| {
            entry.entry.ids().first() == Some(&AuditId::from(*consent.as_bytes()))
        };
        let last = told.iter().find(is_of);
        Ok(last.map(|last| (last.entry.at(), last.entry.ids().to_vec())))
    }

    fn sign_erasure(
        &mut self,
        consent: ConsentId,
        at: Timestamp,
        has_copies: bool,
        pending: bool,
    ) -> Result<Vec<u8>, Error> {
        let destroyed = [
            (Destroyed::Keys, true),
            (Destroyed::ShredKey, !pending),
            (Destroyed::Rows, true),
            (Destroyed::Copies, has_copies),
        ];
        let destroyed: Vec<Destroyed> =
            destroyed.into_iter().filter_map(|(what, is)| is.then_some(what)).collect();
        let may_remain = [
            MayRemain::Backups,
            MayRemain::OlderCopyWithWords,
            MayRemain::StorageTraces,
            MayRemain::Copies,
        ];
        let (key, stamp) = (self.key()?, self.session.stamp(at)?);
        let subject = Subject::Consent(*consent.as_bytes());
        Ok(ErasureStatement::sign(&key, &stamp, subject, &destroyed, &may_remain)?)
    }

    /// Notes which of the folders are there before the first file goes, so that a stop in between
    /// leaves no doubt about what was.
    fn note_going(&mut self, consent: ConsentId) -> Result<Vec<Copies>, Error> {
        let all = self.copies(None)?;
        let mut memos = Vec::new();
        let mut going: Vec<Copies> = Vec::new();
        for (place, copies) in all.iter().enumerate() {
            if copies.consent != consent {
                continue;
            }
            let mut copies = copies.clone();
            // What was opened into the same place later took it over.
            let is_theirs = all.iter().skip(place + 1).any(|later| later.folder == copies.folder);
            let is_there = copies.parts.is_empty() || is_folder(&copies.folder);
            if !copies.is_going && is_there && !is_theirs {
                copies.is_going = true;
                memos.push(copies.memo()?);
            }
            going.push(copies);
        }
        if !memos.is_empty() {
            self.session.remember(self.session.now(), memos)?;
        }
        Ok(going)
    }
}

/// Deletes our files of a folder, and the folder when nothing else is left in it.
fn unlink(copies: &Copies, foreign: &mut Vec<PathBuf>) -> Result<(), Error> {
    let folder = &copies.folder;
    remove_left_over(folder);
    if !is_folder(folder) {
        return Ok(());
    }
    let files = folder.join(FILES);
    for name in copies.parts.iter().map(|part| &part.path).chain(&copies.beside) {
        let path = folder.join(name.as_str());
        // Nothing is deleted through a link that leads elsewhere.
        if path.parent().is_some_and(is_folder) {
            gone(fs::remove_file(&path))?;
        }
    }
    for folder in [&files, folder] {
        if !is_folder(folder) {
            continue;
        }
        let left = fs::read_dir(folder).map_err(FileError::unwritable)?;
        let left: Vec<PathBuf> = left.flatten().map(|entry| entry.path()).collect();
        if left.is_empty() {
            gone(fs::remove_dir(folder))?;
        }
        foreign.extend(left.into_iter().filter(|path| *path != files));
    }
    sync_folder(folder_of(folder)).map_err(FileError::unwritable)?;
    Ok(())
}

fn gone(removed: std::io::Result<()>) -> Result<(), FileError> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(FileError::unwritable(error)),
        _ => Ok(()),
    }
}

fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}
