//! The patient's side again: what was signed in the patient's name.

use crate::audit::{Actor, AuditKind};
use crate::consent::{
    AliasKey, ConsentError, ConsentId, ConsentToken, Contact, DelegationError, Denial, Expected,
    RequestId,
};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::DidKey;
use crate::order;
use crate::record::{RecordId, Text};
use crate::session::consents::delegation::give::between;
use crate::session::consents::delegation::kept::KeptDelegation;
use crate::session::consents::delegation::packet::Covered;
use crate::session::consents::delegation::report::{Done, Gave, decode};
use crate::session::consents::delegation::{TO_PATIENT, damaged};
use crate::session::consents::kept::{Held, KeptConsent, KeptDisclosure, KeptRequest};
use crate::session::own::{Kind, Memo};
use crate::session::{Open, Session};
use crate::vault::VaultError;

/// Something that was signed in the patient's name, as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The name of who signed.
    pub by: Text,
    /// The name of the requester, as it was shown to them.
    pub audience: Text,
    /// When it was signed.
    pub at: Timestamp,
    /// The consent; `None` for a denial.
    pub consent: Option<ConsentId>,
    /// The request that was denied.
    pub denied: Option<RequestId>,
    /// How many records went.
    pub records: usize,
    /// Whether the wallet did not know of it.
    pub is_new: bool,
}

impl Session {
    /// Takes in what somebody who acts for the patient reports: from here on consents stand among
    /// those that were given, with the name of who signed, and can be taken back. Twice does no
    /// harm.
    ///
    /// # Errors
    /// [`DelegationError::Undecryptable`] for a report to somebody else;
    /// [`DelegationError::NotFound`] for one by nobody who was let act;
    /// [`DelegationError::Invalid`] for something that was not signed under the delegation: nothing
    /// of it is taken in then.
    pub fn take_report(&mut self, report: &[u8]) -> Result<Vec<Taken>, Error> {
        let at = self.now();
        let key = self.sealing_key()?;
        let plain = key.open_cose(TO_PATIENT, b"", report).map_err(DelegationError::from)?;
        let (offer, all) = decode(&plain)?;
        let row = Kind::Delegation.id(&offer.to_sec1());
        let open = self.writable()?;
        let memo = open.memo(Kind::Delegation, row)?.ok_or(DelegationError::NotFound)?;
        let mut kept = KeptDelegation::decode(&memo).map_err(damaged)?;
        let records = open.between_ids(&kept)?;
        let (mut memos, mut taken, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for done in all {
            let place = kept.requesters.iter().position(|key| *key == done.requester);
            let covered = place.and_then(|place| kept.covered.get(place));
            let covered = covered.ok_or(DelegationError::Invalid)?;
            let one = match &done.gave {
                Some(gave) => open.take_consent(covered, &done, gave, &records, &mut memos)?,
                None => {
                    let one = open.take_denial(covered, &done, &kept, &mut memos)?;
                    let new = one.denied.filter(|id| one.is_new && !refused.contains(id));
                    refused.extend(new);
                    one
                }
            };
            taken.push(one);
        }
        if !refused.is_empty() {
            kept.refused.extend(&refused);
            let memo = Memo::new(Kind::Delegation, row, kept.encode(), AuditKind::Denied);
            let memo = Memo { entry: (AuditKind::Denied, Actor::Proxy), ..memo };
            memos.push(refused.iter().fold(memo, |memo, id| memo.about(*id.as_bytes())));
        }
        if !memos.is_empty() {
            open.remember(at, memos)?;
            self.witness_later();
        }
        Ok(taken)
    }
}

/// The names of records between two wallets, in their order, each with the record.
type Between = Vec<(RecordId, RecordId)>;

impl Open {
    /// Gives the names that whoever acts knows the records by.
    fn between_ids(&mut self, kept: &KeptDelegation) -> Result<Between, Error> {
        let offer = Contact::read(&kept.offer)?;
        let did = DidKey::from(offer.key()).to_string();
        let key = AliasKey::new(self.private()?.alias);
        let (_, vault) = self.records()?;
        let all = vault.index().currents().map(|entry| entry.version.record);
        let mut all: Between = all.map(|id| (between(&key, &did, id), id)).collect();
        order::sort(&mut all);
        Ok(all)
    }

    /// Says whether something has an id already.
    fn is_taken(&self, id: RecordId) -> Result<bool, Error> {
        let vault = self.held.vault.as_ref().ok_or(VaultError::NeedsWords)?;
        Ok(vault.own().current(id).is_some() || vault.index().current(id).is_some())
    }

    fn take_consent(
        &self,
        covered: &Covered,
        done: &Done,
        gave: &Gave,
        records: &Between,
        memos: &mut Vec<Memo>,
    ) -> Result<Taken, Error> {
        let delegation = &covered.delegation;
        let claimed = ConsentToken::read(&done.envelope)?;
        let expected =
            Expected { reader: &done.requester, pinned: Some(delegation.key()), was_known: false };
        // It is asked what held when it was signed: its time may be over by now.
        let when = claimed.issued_at().max(claimed.not_before());
        let consent = ConsentToken::verify(&done.envelope, &expected, when, None)?;
        let is_ours = consent.delegation() == Some(delegation)
            && gave.opening.commit() == *consent.scope().private_terms();
        if !is_ours {
            return Err(DelegationError::Invalid.into());
        }
        let id = consent.id();
        let row = RecordId::from_bytes(*id.as_bytes());
        let before = self.memo(Kind::Consent, row)?;
        let before = before.map(|memo| KeptConsent::decode(&memo)).transpose();
        let before = before.map_err(|_| VaultError::Damaged)?;
        let is_new = before.is_none();
        let is_other = before.is_some_and(|kept| ConsentToken::read(&kept.token) != Ok(claimed));
        // Whoever signed chose the id: it must not be that of anything else.
        if is_other || (is_new && self.is_taken(row)?) {
            return Err(DelegationError::Invalid.into());
        }
        let mut holds: Vec<Held> = gave
            .records
            .iter()
            .filter_map(|(id, version)| Some(held(of(records, *id)?, *version)))
            .collect();
        order::sort(&mut holds);
        if is_new && !memos.iter().any(|memo| memo.id == row) {
            let kept = KeptConsent {
                token: done.envelope.clone(),
                opening: gave.opening.clone(),
                key: done.requester,
                answer: gave.answer,
                name: done.name.clone(),
                only: gave.only.iter().filter_map(|id| of(records, *id)).collect(),
                disclosures: vec![KeptDisclosure::new(gave.disclosure, done.at, &holds)],
                holds,
                request: consent.scope().request(),
                revoked: None,
                by: Some(Text::from(delegation.name())),
            };
            let memo = Memo::new(Kind::Consent, row, kept.encode(), AuditKind::Consented);
            let memo = Memo { entry: (AuditKind::Consented, Actor::Proxy), ..memo };
            memos.push(memo.about(*gave.disclosure.as_bytes()));
        }
        Ok(Taken {
            by: Text::from(delegation.name()),
            audience: done.name.clone(),
            at: consent.issued_at(),
            consent: Some(id),
            denied: None,
            records: gave.records.len(),
            is_new,
        })
    }

    fn take_denial(
        &self,
        covered: &Covered,
        done: &Done,
        kept: &KeptDelegation,
        memos: &mut Vec<Memo>,
    ) -> Result<Taken, Error> {
        let denial = Denial::verify(&done.envelope, done.at)?;
        if denial.delegation() != Some(&covered.delegation) {
            return Err(DelegationError::Invalid.into());
        }
        let request = denial.request();
        let is_new = !kept.refused.contains(&request);
        let row = Kind::Request.id(request.as_bytes());
        let is_noted = memos.iter().any(|memo| memo.id == row);
        // The same request may have come to the patient too.
        match self.asked_by(&request) {
            Ok(asked) if asked.kept.denied.is_none() && !is_noted => {
                let denied = Some(denial.issued_at());
                let content = KeptRequest { denied, ..asked.kept }.encode();
                let memo = Memo::new(Kind::Request, asked.row, content, AuditKind::Remembered);
                memos.push(memo.by_device());
            }
            Ok(_) | Err(Error::Consent(ConsentError::NotFound)) => {}
            Err(error) => return Err(error),
        }
        Ok(Taken {
            by: Text::from(covered.delegation.name()),
            audience: done.name.clone(),
            at: denial.issued_at(),
            consent: None,
            denied: Some(request),
            records: 0,
            is_new,
        })
    }
}

fn of(records: &Between, id: RecordId) -> Option<RecordId> {
    let at = records.binary_search_by_key(&id, |(between, _)| *between).ok()?;
    records.get(at).map(|(_, record)| *record)
}

fn held(record: RecordId, version: u32) -> Held {
    Held { record, version, files: Vec::new() }
}
