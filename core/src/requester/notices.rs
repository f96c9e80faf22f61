//! Notices of a patient: what was corrected since it was given, and what shall be erased.
//!
//! A correction is answered with a receipt, a wish that all be erased with an erasure statement
//! ([`Requester::erase_copies`]). Until it is answered so, the patient sees that it was not.

use std::collections::BTreeMap;

use crate::audit::AuditKind;
use crate::consent::{Alias, ConsentError, ConsentId, Notice, NoticeKind};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::VerifyingKey;
use crate::receipt::Act;
use crate::record::Text;
use crate::requester::access::Access;
use crate::requester::kept::{Copies, KeptApplied};
use crate::requester::{GivenReceipt, Requester};
use crate::session::own::{Kind, Memo};
use crate::vault::VaultError;

/// A notice that holds, and what it is about here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noticed {
    /// What the patient signed.
    pub notice: Notice,
    /// The consents among those it names that were received here and are not erased.
    pub consents: Vec<ConsentId>,
    /// The folders that hold what was corrected, or what shall be erased.
    pub folders: Vec<Copies>,
    /// The receipt that answers a correction, once it was applied.
    pub answer: Option<GivenReceipt>,
}

impl Noticed {
    /// Tells whether a part of a folder is the old version of what was corrected.
    #[must_use]
    pub fn is_outdated(&self, copies: &Copies, alias: Alias) -> bool {
        self.notice.kind() == NoticeKind::Correction
            && copies.signed_at < self.notice.issued_at()
            && self.notice.records().binary_search(&alias).is_ok()
    }
}

impl Requester {
    /// Verifies a notice (`pmw-no`) with the key that its patient is known by here, and tells what
    /// it is about. Nothing is changed.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`] when it names no consent that was received here, or erased;
    /// [`ConsentError::WrongPatientKey`] when another key signed than the one of these consents;
    /// [`ConsentError::WrongType`]; [`ConsentError::Invalid`]; [`ConsentError::NotYetValid`].
    pub fn read_notice(&mut self, envelope: &[u8]) -> Result<Noticed, Error> {
        let notice = Notice::verify(envelope, self.session.consent_now()?)?;
        let before = self.applied(notice.id())?;
        let mut consents = Vec::new();
        for consent in notice.consents() {
            match self.received_token(*consent) {
                Ok(token) if token.patient_key() == notice.key() => consents.push(*consent),
                Ok(_) => return Err(ConsentError::WrongPatientKey.into()),
                Err(Error::Consent(ConsentError::NotFound)) => {}
                Err(error) => return Err(error),
            }
        }
        if consents.is_empty() && before.is_none() && !self.erased_of(&notice)? {
            return Err(ConsentError::NotFound.into());
        }
        let mut noticed = Noticed { notice, consents, folders: Vec::new(), answer: None };
        for copies in self.copies(None)? {
            let is_of_patient = self.is_of(&copies, noticed.notice.key())?;
            let is_meant = match noticed.notice.kind() {
                NoticeKind::ErasureWish => noticed.consents.contains(&copies.consent),
                NoticeKind::Correction => {
                    copies.parts.iter().any(|part| noticed.is_outdated(&copies, part.alias))
                }
            };
            if is_of_patient && is_meant {
                noticed.folders.push(copies);
            }
        }
        if let Some(receipt) = before.and_then(|before| before.receipt) {
            noticed.answer = Some(self.signed_receipt(receipt)?);
        }
        Ok(noticed)
    }

    /// Takes a notice in, verified as by [`Requester::read_notice`]: a correction is answered with a
    /// receipt, which says that what was opened is marked; a wish that all be erased is noted. One
    /// that was taken in before changes nothing, and has the same answer.
    ///
    /// # Errors
    /// As [`Requester::read_notice`]; [`ConsentError::TooMany`] after a thousand of one patient.
    pub fn apply_notice(&mut self, envelope: &[u8]) -> Result<Noticed, Error> {
        let mut noticed = self.read_notice(envelope)?;
        let id = *noticed.notice.id();
        if self.applied(&id)?.is_some() {
            return Ok(noticed);
        }
        let kept = self.notices_of(noticed.notice.key())?;
        if kept.len() >= MOST {
            return Err(ConsentError::TooMany.into());
        }
        let now = self.session.consent_time()?;
        let mut memos = Vec::new();
        let mut applied = KeptApplied { envelope: envelope.to_vec(), at: now, receipt: None };
        let first =
            noticed.consents.first().filter(|_| noticed.notice.kind() == NoticeKind::Correction);
        if let Some(consent) = first {
            let token = self.received_token(*consent)?;
            let access = Access {
                patient: token.patient_key(),
                consent: *consent,
                act: Act::NoticeApplied(id),
                purpose: token.scope().purpose(),
                records: noticed.notice.records(),
                person: None,
            };
            let (given, rows) = self.sign_access(&access, now)?;
            applied.receipt = Some(given.receipt.id());
            noticed.answer = Some(given);
            memos.extend(rows);
        }
        let row = Kind::Applied.id(&id);
        let memo = Memo::new(Kind::Applied, row, applied.encode(), AuditKind::NoticeApplied);
        memos.insert(0, memo);
        self.session.remember(now, memos)?;
        Ok(noticed)
    }

    /// Gives what a patient corrected, as far as notices tell it: each record with the time of the
    /// last. What was signed before that is the old version.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn corrections(
        &mut self,
        patient: &VerifyingKey,
    ) -> Result<BTreeMap<Alias, Timestamp>, Error> {
        let mut corrected = BTreeMap::new();
        for notice in self.notices_of(patient)? {
            for alias in notice.records() {
                let at = corrected.entry(*alias).or_insert_with(|| notice.issued_at());
                *at = notice.issued_at().max(*at);
            }
        }
        Ok(corrected)
    }

    /// Gives the folders into which was opened what was received under a consent, or under any.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn copies(&mut self, consent: Option<ConsentId>) -> Result<Vec<Copies>, Error> {
        let mut found = Vec::new();
        for (_, memo) in self.session.memos(Kind::Opened)? {
            let copies = Copies::decode(&memo).map_err(|_| VaultError::Damaged)?;
            if consent.is_none_or(|consent| copies.consent == consent) {
                found.push(copies);
            }
        }
        Ok(found)
    }

    /// Remembers that a file is being written beside what was opened into a folder, so that erasing
    /// finds it.
    ///
    /// # Errors
    /// [`VaultError::Db`].
    pub fn keep_beside(&mut self, copies: &Copies, name: &str) -> Result<(), Error> {
        let name = Text::from(name);
        if copies.beside.contains(&name) {
            return Ok(());
        }
        let mut copies = copies.clone();
        copies.beside.push(name);
        self.session.remember(self.session.now(), vec![copies.memo()?])
    }

    /// Says whether a known patient asks about what was erased here before.
    fn erased_of(&mut self, notice: &Notice) -> Result<bool, Error> {
        if self.patient(notice.key())?.is_none() {
            return Ok(false);
        }
        for consent in notice.consents() {
            if self.was_erased(*consent)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Gives the notices that were taken in of a patient.
    pub(super) fn notices_of(&mut self, patient: &VerifyingKey) -> Result<Vec<Notice>, Error> {
        let mut notices = self.all_notices()?;
        notices.retain(|notice| notice.key() == patient);
        Ok(notices)
    }

    /// Gives every notice that was taken in.
    pub(super) fn all_notices(&mut self) -> Result<Vec<Notice>, Error> {
        let read = |(_, memo): (_, crate::codec::Buffer)| {
            let kept = KeptApplied::decode(&memo).map_err(|_| VaultError::Damaged)?;
            Ok(Notice::read(&kept.envelope).map_err(|_| VaultError::Damaged)?)
        };
        self.session.memos(Kind::Applied)?.into_iter().map(read).collect()
    }

    fn applied(&mut self, notice: &[u8; 32]) -> Result<Option<KeptApplied>, Error> {
        let memo = self.session.memo(Kind::Applied, Kind::Applied.id(notice))?;
        let read = |memo: crate::codec::Buffer| KeptApplied::decode(&memo);
        Ok(memo.map(read).transpose().map_err(|_| VaultError::Damaged)?)
    }

    fn is_of(&mut self, copies: &Copies, patient: &VerifyingKey) -> Result<bool, Error> {
        Ok(self.received_token(copies.consent)?.patient_key() == patient)
    }
}

/// Notices that are kept of one patient.
const MOST: usize = 1_000;
