//! Approval: signs exactly what was reviewed, notes it, and only then lets bytes leave.

use std::io::{ErrorKind, Write};

use crate::audit::AuditKind;
use crate::consent::{
    AccessRequest, AliasKey, ConsentError, ConsentId, ConsentToken, RequestState,
};
use crate::disclosure::{DisclosureError, DisclosureId, Prepared, Sealer};
use crate::error::Error;
use crate::file::{FileError, Output};
use crate::host::{CancelToken, ProgressListener, Timestamp};
use crate::keys::{DidKey, SealingPublicKey};
use crate::record::{RecordId, Text};
use crate::session::consents::Consent;
use crate::session::consents::kept::{Held, KeptConsent, KeptDisclosure};
use crate::session::consents::outgoing::{Load, Outgoing};
use crate::session::consents::review::Plan;
use crate::session::own::{Kind, Memo};
use crate::session::{Open, Session};
use crate::vault::attachments::AttachmentError;

/// A consent under which records were disclosed.
#[derive(Clone, Debug)]
pub struct Approved {
    /// The consent.
    pub consent: Consent,
    /// The token (`pmw-ct`), for the requester.
    pub token: Vec<u8>,
    /// Names the disclosure.
    pub disclosure: DisclosureId,
    /// Records in it.
    pub released: usize,
    /// Bytes of it.
    pub bytes: u64,
}

/// Where a disclosure goes, who hears of it, and who may stop it.
pub(super) struct Way<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) progress: &'a dyn ProgressListener,
    pub(super) cancel: &'a CancelToken,
}

impl Session {
    /// Signs what a review showed, and writes the disclosure to `out`.
    ///
    /// The consent, with its entry in the log, is durable before the first byte is written; until
    /// then it can be cancelled. When `out` refuses, the consent stands:
    /// [`Session::disclose_again`], or [`Session::revoke`].
    ///
    /// # Errors
    /// [`ConsentError::ReviewStale`] when the review is older than ten minutes or would show
    /// something else now; [`ConsentError::NothingToRelease`] when it showed no record;
    /// [`ConsentError::RequestExpired`]; [`ConsentError::Answered`];
    /// [`crate::vault::VaultError::Damaged`] for a record that cannot be read;
    /// [`DisclosureError`]: with any but [`DisclosureError::Unwritten`] nothing was signed.
    pub fn approve(
        &mut self,
        digest: &[u8; 32],
        mut out: impl Output,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<Approved, Error> {
        let approved = self.approve_reviewed(digest, Way { out: &mut out, progress, cancel })?;
        approved.lasting(out)
    }

    fn approve_reviewed(&mut self, digest: &[u8; 32], way: Way<'_>) -> Result<Approved, Error> {
        let at = self.consent_time()?;
        let plan = self.take_plan(digest)?;
        let open = self.writable()?;
        open.still_holds(&plan, at)?;
        if plan.released.is_empty() {
            return Err(ConsentError::NothingToRelease.into());
        }
        let id = plan.id()?;
        let token = ConsentToken::sign(&open.peer_key(&plan.who.did)?, &plan.payload)?;
        let to = To { id, did: &plan.who.did, answer: plan.answer, at };
        let (load, prepared) = open.prepare(&to, &plan.released, Vec::new(), way.cancel)?;
        let kept = KeptConsent {
            token,
            opening: plan.opening,
            key: plan.who.key,
            answer: plan.answer,
            name: plan.who.name.clone(),
            only: plan.grant.only().to_vec(),
            disclosures: vec![KeptDisclosure::new(prepared.id(), at, &plan.released)],
            holds: plan.released,
            request: plan.request.as_ref().map(AccessRequest::id),
            revoked: None,
            by: None,
        };
        let met = open.met(&open.believed()?, &plan.who, plan.credential.as_deref(), Some(at));
        self.disclose(id, kept, (load, prepared), met, (AuditKind::Consented, at), way)
    }

    /// Notes a disclosure, makes it durable, and writes it.
    pub(super) fn disclose(
        &mut self,
        id: ConsentId,
        kept: KeptConsent,
        (load, prepared): (Load, Prepared),
        met: Option<Memo>,
        (kind, at): (AuditKind, Timestamp),
        way: Way<'_>,
    ) -> Result<Approved, Error> {
        let row = RecordId::from_bytes(*id.as_bytes());
        let memo = Memo::new(Kind::Consent, row, kept.encode(), kind);
        let memo = memo.about(*prepared.id().as_bytes());
        self.remember(at, [Some(memo), met].into_iter().flatten().collect())?;
        self.witness_later();
        let consent = self.consents()?.into_iter().find(|consent| consent.id == id);
        let approved = Approved {
            consent: consent.ok_or(ConsentError::NotFound)?,
            token: kept.token,
            disclosure: prepared.id(),
            released: load.released(),
            bytes: prepared.length(),
        };
        let open = self.open()?;
        let folder = open.files();
        let (db, vault) = open.records()?;
        let outgoing = Outgoing::new((db, vault, &folder), &load);
        // What is signed can be taken back, not cancelled.
        let written = outgoing.write(prepared, way.out, way.progress, &CancelToken::new());
        // Work counts as presence: a long one must not lock the wallet at its end.
        self.touch();
        written.map_err(|error| unwritten(id, &error))?;
        Ok(approved)
    }
}

impl Approved {
    /// Makes the disclosure last.
    ///
    /// # Errors
    /// [`DisclosureError::Unwritten`].
    pub(super) fn lasting(self, out: impl Output) -> Result<Self, Error> {
        out.finish().map_err(|error| unwritten(self.consent.id, &error.into()))?;
        Ok(self)
    }
}

/// Says of a consent that it stands without its disclosure.
pub(super) fn unwritten(consent: ConsentId, error: &Error) -> Error {
    let kind = match error {
        Error::Disclosure(DisclosureError::Output { kind })
        | Error::Attachment(AttachmentError::Output { kind } | AttachmentError::Storage { kind })
        | Error::File(FileError::Unwritable { kind }) => *kind,
        Error::File(FileError::Exists) => ErrorKind::AlreadyExists,
        // What was sealed before cannot be sealed again.
        _ => ErrorKind::InvalidData,
    };
    DisclosureError::Unwritten { consent, kind }.into()
}

/// Whom a disclosure is for.
pub(super) struct To<'a> {
    pub(super) id: ConsentId,
    pub(super) did: &'a Text,
    pub(super) answer: SealingPublicKey,
    pub(super) at: Timestamp,
}

impl Open {
    /// Seals records once, to know what will be written.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::Damaged`]; [`crate::disclosure::DisclosureError`].
    pub(super) fn prepare(
        &mut self,
        to: &To<'_>,
        released: &[Held],
        known: Vec<RecordId>,
        cancel: &CancelToken,
    ) -> Result<(Load, Prepared), Error> {
        let key = self.peer_key(to.did)?;
        let alias = AliasKey::new(self.private()?.alias);
        let patient = DidKey::from(&key.verifying_key()).to_string();
        let folder = self.files();
        let (db, vault) = self.records()?;
        let load = Load::new(released, known, (&alias, to.did), patient)?;
        let sealer = Sealer::new(to.id, to.at, to.answer)?;
        let outgoing = Outgoing::new((db, vault, &folder), &load);
        let prepared = outgoing.prepare(sealer, &key, cancel)?;
        Ok((load, prepared))
    }

    /// Demands that a review would show the same now.
    fn still_holds(&mut self, plan: &Plan, now: Timestamp) -> Result<(), Error> {
        if let Some(request) = &plan.request {
            let asked = self.asked_by(&request.id())?;
            if asked.state(&self.answers()?, now) != RequestState::Requested {
                return Err(asked.refusal(now).into());
            }
        }
        let shown = plan.shown();
        let who = self.believed()?.who(&shown, now);
        let judged = self.judge(&plan.grant, &who, &self.rules()?, false, now)?;
        if judged.released == plan.released && who == plan.who {
            Ok(())
        } else {
            Err(ConsentError::ReviewStale.into())
        }
    }
}
