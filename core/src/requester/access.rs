//! Receipts: what this requester signs about each access, and hands out to the patient.
//!
//! An opening is signed in the transaction that notes it, before a byte can be copied out. A receipt
//! states a fact: it is signed after the end of a consent as well, and for whatever purpose.

use std::collections::BTreeSet;

use crate::audit::AuditKind;
use crate::consent::{Alias, ConsentError, ConsentId, ConsentToken, Purpose, Thumbprint};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::VerifyingKey;
use crate::receipt::{AccessReceipt, Act, NewReceipt, ReceiptError, ReceiptId};
use crate::record::Text;
use crate::requester::Requester;
use crate::requester::kept::{KeptAccess, KeptReceived};
use crate::session::own::{Kind, Memo};
use crate::vault::VaultError;

/// How what was opened was read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// Somebody read it.
    Person,
    /// A machine read it.
    Machine,
}

/// A further access to what was opened.
#[derive(Clone, Debug)]
pub struct NewAccess {
    /// The consent that it was opened under.
    pub consent: ConsentId,
    /// The records; none stands for all that were opened under the consent.
    pub records: Vec<Alias>,
    /// Who read.
    pub reading: Reading,
    /// What for; `None` for the purpose of the consent.
    pub purpose: Option<Purpose>,
    /// The name of the person.
    pub person: Option<Text>,
}

/// A receipt that this requester signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenReceipt {
    /// The receipt (`pmw-ar`), for the patient.
    pub envelope: Vec<u8>,
    /// What it says.
    pub receipt: AccessReceipt,
}

/// What a receipt to be signed says.
pub(super) struct Access<'a> {
    /// The key that the patient is known by.
    pub(super) patient: &'a VerifyingKey,
    pub(super) consent: ConsentId,
    pub(super) act: Act,
    pub(super) purpose: Purpose,
    pub(super) records: &'a [Alias],
    pub(super) person: Option<&'a Text>,
}

impl Requester {
    /// Signs a receipt of a further access, and keeps it to be handed out.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`] for a consent that was not received here;
    /// [`ReceiptError::NotFound`] when nothing was opened under it, or a record was not opened here
    /// of this patient; [`ReceiptError::Invalid`] for a person of no or more than 64 bytes.
    pub fn note_access(&mut self, access: &NewAccess) -> Result<GivenReceipt, Error> {
        let token = self.received_token(access.consent)?;
        let patient = Thumbprint::of(token.patient_key());
        let opened = self.signed_receipts()?.into_iter().filter(|(_, _, signed)| {
            matches!(signed.act(), Act::Opened(_)) && signed.patient() == patient
        });
        let (mut of_consent, mut of_patient) = (BTreeSet::new(), BTreeSet::new());
        for (_, _, signed) in opened {
            of_patient.extend(signed.records().iter().copied());
            if signed.consent() == access.consent {
                of_consent.extend(signed.records().iter().copied());
            }
        }
        let is_known = access.records.iter().all(|alias| of_patient.contains(alias));
        if of_consent.is_empty() || !is_known {
            return Err(ReceiptError::NotFound.into());
        }
        let all: Vec<Alias> = of_consent.into_iter().collect();
        let records = if access.records.is_empty() { &all } else { &access.records };
        let act = match access.reading {
            Reading::Person => Act::Read,
            Reading::Machine => Act::Machine,
        };
        let now = self.session.consent_time()?;
        let access = Access {
            patient: token.patient_key(),
            consent: access.consent,
            act,
            purpose: access.purpose.unwrap_or_else(|| token.scope().purpose()),
            records,
            person: access.person.as_ref(),
        };
        let (given, [kept, head]) = self.sign_access(&access, now)?;
        let kept = Memo { entry: (AuditKind::AccessNoted, kept.entry.1), ..kept };
        self.session.remember(now, vec![kept, head])?;
        Ok(given)
    }

    /// Gives the receipts that were not handed out yet, or with `again` all, the oldest first; of
    /// one consent or of every one.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn receipts(
        &mut self,
        consent: Option<ConsentId>,
        again: bool,
    ) -> Result<Vec<GivenReceipt>, Error> {
        let signed = self.signed_receipts()?.into_iter();
        let wanted = signed.filter(|(_, kept, signed)| {
            (again || kept.given.is_none()) && consent.is_none_or(|id| signed.consent() == id)
        });
        let given =
            wanted.map(|(_, kept, receipt)| GivenReceipt { envelope: kept.envelope, receipt });
        Ok(given.collect())
    }

    /// Notes that receipts were handed out.
    ///
    /// # Errors
    /// [`ReceiptError::NotFound`] for one that was not signed here; [`VaultError::Db`].
    pub fn mark_given(&mut self, receipts: &[ReceiptId]) -> Result<(), Error> {
        let now = self.session.now();
        let mut memos = Vec::new();
        for id in receipts {
            let row = Kind::Access.id(id.as_bytes());
            let memo = self.session.memo(Kind::Access, row)?.ok_or(ReceiptError::NotFound)?;
            let mut kept = KeptAccess::decode(&memo).map_err(|_| VaultError::Damaged)?;
            if kept.given.is_none() {
                kept.given = Some(now);
                let memo = Memo::new(Kind::Access, row, kept.encode(), AuditKind::Remembered);
                memos.push(memo.by_device());
            }
        }
        if memos.is_empty() { Ok(()) } else { self.session.remember(now, memos) }
    }

    /// Signs the next receipt about a patient; gives it with the two rows that keep it and the head
    /// of the chain, to be written in one transaction.
    pub(super) fn sign_access(
        &mut self,
        access: &Access<'_>,
        at: Timestamp,
    ) -> Result<(GivenReceipt, [Memo; 2]), Error> {
        let mut patient = self.patient(access.patient)?.ok_or(ConsentError::NotFound)?;
        let (last, previous) = match patient.last {
            Some((number, id)) => (number, Some(id)),
            None => (0, None),
        };
        let number = last.checked_add(1).ok_or(ReceiptError::TooMany)?;
        let new = NewReceipt {
            consent: access.consent,
            patient: Thumbprint::of(access.patient),
            act: access.act,
            purpose: access.purpose,
            records: access.records,
            number,
            previous,
            name: self.profile.name.as_str(),
            person: access.person.map(Text::as_str),
        };
        let envelope = AccessReceipt::sign(&self.session.signing_key(super::IDENTITY)?, &new, at)?;
        let receipt = AccessReceipt::read(&envelope)?;
        let id = receipt.id();
        patient.last = Some((number, id));
        let kept = KeptAccess { envelope: envelope.clone(), given: None };
        let row = Kind::Access.id(id.as_bytes());
        let kept = Memo::new(Kind::Access, row, kept.encode(), AuditKind::Remembered);
        let head = patient.memo(AuditKind::Remembered).by_device();
        Ok((GivenReceipt { envelope, receipt }, [kept.by_device(), head]))
    }

    /// Gives a receipt that was signed here.
    pub(super) fn signed_receipt(&mut self, id: ReceiptId) -> Result<GivenReceipt, Error> {
        let row = Kind::Access.id(id.as_bytes());
        let memo = self.session.memo(Kind::Access, row)?.ok_or(VaultError::Damaged)?;
        let kept = KeptAccess::decode(&memo).map_err(|_| VaultError::Damaged)?;
        let receipt = AccessReceipt::read(&kept.envelope).map_err(|_| VaultError::Damaged)?;
        Ok(GivenReceipt { envelope: kept.envelope, receipt })
    }

    /// Reads the token of a consent that was received here.
    pub(super) fn received_token(&mut self, consent: ConsentId) -> Result<ConsentToken, Error> {
        let row = Kind::Received.id(consent.as_bytes());
        let memo = self.session.memo(Kind::Received, row)?.ok_or(ConsentError::NotFound)?;
        let received = KeptReceived::decode(&memo).map_err(|_| VaultError::Damaged)?;
        Ok(ConsentToken::read(&received.token).map_err(|_| VaultError::Damaged)?)
    }

    /// Gives every receipt that was signed here, the oldest first.
    fn signed_receipts(&mut self) -> Result<Vec<(ReceiptId, KeptAccess, AccessReceipt)>, Error> {
        let memos = self.session.memos(Kind::Access)?;
        let read = memos.into_iter().map(|(_, memo)| {
            let kept = KeptAccess::decode(&memo).map_err(|_| VaultError::Damaged)?;
            let receipt = AccessReceipt::read(&kept.envelope).map_err(|_| VaultError::Damaged)?;
            Ok((receipt.id(), kept, receipt))
        });
        read.collect()
    }
}
