//! Acting: review, approval and denial in a patient's name, by the code that the patient's own go
//! through.

use crate::audit::AuditKind;
use crate::codec::Buffer;
use crate::consent::{
    AccessRequest, ConsentError, ConsentId, ConsentToken, DelegationError, Denial, Grant,
    Narrowing, Opening, ProxyAct, Reader, RequestId, Terms, decide,
};
use crate::disclosure::{DisclosureId, Sealer};
use crate::error::Error;
use crate::file::Output;
use crate::host::{CancelToken, ProgressListener, Timestamp};
use crate::keys::{DidKey, SigningKey};
use crate::record::{LabelSet, RecordId, Text};
use crate::session::consents::approve::unwritten;
use crate::session::consents::delegation::TO_PATIENT;
use crate::session::consents::delegation::entrusted::EntrustedRecord;
use crate::session::consents::delegation::give::place_of;
use crate::session::consents::delegation::kept::{KeptEntrusted, Taken};
use crate::session::consents::delegation::outgoing::Outgoing;
use crate::session::consents::delegation::packet::{Covered, Packet};
use crate::session::consents::delegation::report::{Done, Gave, encode};
use crate::session::consents::inbox::shown;
use crate::session::consents::review::{LIFE_MS, Withheld};
use crate::session::consents::trust::Who;
use crate::session::own::{Kind, Memo};
use crate::session::{Open, Session};
use crate::words::{Language, Sentence};

/// What an approval in a patient's name would release, to whom, on which terms.
#[derive(Debug)]
pub struct ReviewFor {
    /// The patient's trust that it would be under.
    pub id: RecordId,
    /// The patient's name, where the record says it.
    pub patient: Option<Text>,
    /// Who would read, as far as the wallet of whoever acts can tell.
    pub who: Who,
    /// What was asked.
    pub request: AccessRequest,
    /// The terms.
    pub grant: Grant,
    /// The records that would be released.
    pub release: Vec<EntrustedRecord>,
    /// The records that would not, with the reasons.
    pub withhold: Vec<Withheld>,
    payload: Buffer,
    opening: Opening,
    /// The packet that it was made from.
    packet: RecordId,
    made_ms: u64,
}

impl ReviewFor {
    /// Returns the id of the consent that it would be.
    ///
    /// # Errors
    /// As [`ReviewFor::sentence`].
    pub fn consent(&self) -> Result<ConsentId, ConsentError> {
        Ok(ConsentToken::parse_payload(&self.payload)?.id())
    }

    /// Tells in words what would be signed, from the very bytes.
    ///
    /// # Errors
    /// [`ConsentError::Invalid`] when bytes and terms do not fit, which they always do.
    pub fn sentence(&self, language: Language) -> Result<Text, ConsentError> {
        let name = Some(self.who.name.as_str()).filter(|name| !name.is_empty());
        language.consent(&Sentence {
            payload: &self.payload,
            opening: &self.opening,
            reader: &self.who.key,
            name,
            vouched_by: self.who.vouched_by.as_ref().map(Text::as_str),
        })
    }
}

/// A consent that was signed in a patient's name.
#[derive(Clone, Debug)]
pub struct ApprovedFor {
    /// The consent.
    pub consent: ConsentId,
    /// The token (`pmw-ct`), for the requester.
    pub token: Vec<u8>,
    /// Names the disclosure.
    pub disclosure: DisclosureId,
    /// Records in it.
    pub released: usize,
    /// Bytes of it.
    pub bytes: u64,
}

impl Session {
    /// Shows what an approval of a request (`pmw-rq`) in a patient's name would release. Nothing is
    /// granted by it.
    ///
    /// # Errors
    /// [`DelegationError::OtherRequester`]; [`DelegationError::Ended`];
    /// [`DelegationError::NotAllowed`]; [`DelegationError::Widen`] when the terms go beyond the
    /// delegation; [`ConsentError`] as [`Session::review`].
    pub fn review_for(
        &mut self,
        id: RecordId,
        request: &[u8],
        narrowing: &Narrowing,
    ) -> Result<ReviewFor, Error> {
        let now = self.consent_now()?;
        let made_ms = self.host.clock.monotonic_ms();
        let open = self.open()?;
        let (acting, request) = open.acting(id, request, ProxyAct::Approve, now)?;
        let Acting { taken, place, covered, packet, .. } = &acting;
        let delegation = &covered.delegation;
        let narrowing = narrowing.clone().flags(delegation.flags());
        let grant = Grant::from_request(&request, &narrowing, LabelSet::EMPTY, now)?;
        let who = open.believed()?.who(&shown(&request), now);
        let reader = Reader { class: who.class };
        let (mut release, mut withhold, mut only) = (Vec::new(), Vec::new(), Vec::new());
        for record in &packet.records {
            // What this requester may not get is not there for it.
            let Some(alias) = record.alias(*place) else { continue };
            if grant.only().binary_search(&record.id).is_ok() {
                only.push(alias);
            }
            let because = decide(&record.candidate(), &grant, reader, &[], false, now);
            if because.is_empty() {
                release.push(record.shown());
            } else {
                withhold.push(Withheld { record: record.id, because });
            }
        }
        if only.len() != grant.only().len() {
            return Err(ConsentError::NotFound.into());
        }
        let opening = Opening::generate(grant.denied(), grant.withheld())?;
        let payload = ConsentToken::payload(&Terms {
            id: ConsentId::generate()?,
            issued_at: now,
            grant: &grant,
            opening: &opening,
            aliases: &only,
            reader: request.key(),
            audience: None,
            key: delegation.proxy(),
            delegation: Some(delegation),
        });
        let payload = payload.map_err(|error| match error {
            ConsentError::WiderThanDelegated => Error::from(DelegationError::Widen),
            ConsentError::DelegationEnded => DelegationError::Ended.into(),
            other => other.into(),
        })?;
        let (patient, packet) = (taken.patient.clone(), taken.packet);
        Ok(ReviewFor {
            id,
            patient,
            who,
            request,
            grant,
            release,
            withhold,
            payload,
            opening,
            packet,
            made_ms,
        })
    }

    /// Signs what a review showed, and writes the disclosure to `out`. What was signed is noted
    /// before the first byte is written.
    ///
    /// # Errors
    /// [`ConsentError::ReviewStale`] when the review is older than ten minutes or a newer packet
    /// has come; [`ConsentError::NothingToRelease`]; as [`Session::review_for`] and
    /// [`Session::approve`].
    pub fn approve_for(
        &mut self,
        review: &ReviewFor,
        mut out: impl Output,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<ApprovedFor, Error> {
        let at = self.consent_time()?;
        let waited = self.host.clock.monotonic_ms().saturating_sub(review.made_ms);
        let open = self.writable()?;
        let acting = open.acting_on(review.id, &review.request, ProxyAct::Approve, at)?;
        let Acting { mut kept, packet, taken, place, covered, key } = acting;
        if waited >= LIFE_MS || taken.packet != review.packet {
            return Err(ConsentError::ReviewStale.into());
        }
        if review.release.is_empty() {
            return Err(ConsentError::NothingToRelease.into());
        }
        let token = ConsentToken::sign(&key, &review.payload)?;
        let consent = ConsentToken::parse_payload(&review.payload)?.id();
        let answer = *review.request.answer_key();
        let ids: Vec<RecordId> = review.release.iter().map(|record| record.id).collect();
        let patient = DidKey::from(covered.delegation.key()).to_string();
        let outgoing = Outgoing::new(&packet, place, patient, &ids);
        let prepared = outgoing.prepare(Sealer::new(consent, at, answer)?, &key, cancel)?;
        let (disclosure, bytes) = (prepared.id(), prepared.length());
        let records = review.release.iter().map(|record| (record.id, record.version)).collect();
        let only = review.grant.only().to_vec();
        let opening = review.opening.clone();
        let gave = Some(Gave { opening, answer, only, records, disclosure });
        let (requester, name) = (*review.request.key(), review.who.name.clone());
        kept.done.push(Done { at, requester, name, envelope: token.clone(), gave });
        let memo = Memo::new(Kind::Entrusted, review.id, kept.encode(), AuditKind::ConsentedFor);
        let memo = memo.about(*consent.as_bytes()).about(*disclosure.as_bytes());
        open.remember(at, vec![memo])?;
        self.witness_later();
        // What is signed can be reported, not cancelled.
        let content = |index| outgoing.content(index);
        let written = prepared.write(&mut out, content, progress, &CancelToken::new());
        self.touch();
        written.map_err(|error| unwritten(consent, &error))?;
        out.finish().map_err(|error| unwritten(consent, &error.into()))?;
        Ok(ApprovedFor { consent, token, disclosure, released: outgoing.released(), bytes })
    }

    /// Denies a request (`pmw-rq`) in a patient's name: gives the signed answer (`pmw-dn`).
    ///
    /// # Errors
    /// As [`Session::review_for`]; [`ConsentError::Invalid`] for a reason longer than 80 bytes.
    pub fn deny_for(
        &mut self,
        id: RecordId,
        request: &[u8],
        reason: Option<&str>,
    ) -> Result<Vec<u8>, Error> {
        let at = self.consent_time()?;
        let open = self.writable()?;
        let (acting, request) = open.acting(id, request, ProxyAct::Deny, at)?;
        let Acting { mut kept, covered, key, .. } = acting;
        let denial = Denial::sign_under(Some(&covered.delegation), &key, request.id(), reason, at)?;
        let name = open.believed()?.who(&shown(&request), at).name;
        let (requester, envelope) = (*request.key(), denial.clone());
        kept.done.push(Done { at, requester, name, envelope, gave: None });
        let memo = Memo::new(Kind::Entrusted, id, kept.encode(), AuditKind::DeniedFor);
        open.remember(at, vec![memo.about(*request.id().as_bytes())])?;
        self.witness_later();
        Ok(denial)
    }

    /// Gives what was signed in a patient's name, sealed to the patient: also when the time to act
    /// is over.
    ///
    /// # Errors
    /// [`DelegationError::NotFound`].
    pub fn report(&mut self, id: RecordId) -> Result<Vec<u8>, Error> {
        let kept = self.open()?.entrusted(id)?;
        let taken = kept.taken.as_ref().ok_or(DelegationError::NotFound)?;
        let plain = encode(&kept.key, &kept.done);
        let sealed = taken.report_key.seal_cose(TO_PATIENT, b"", &plain);
        Ok(sealed.map_err(DelegationError::from)?.to_vec())
    }
}

/// Everything needed to answer one request in a patient's name.
struct Acting {
    kept: KeptEntrusted,
    taken: Taken,
    packet: Packet,
    /// The place of the requester.
    place: usize,
    covered: Covered,
    key: SigningKey,
}

impl Open {
    /// Reads a request and what is needed to answer it.
    fn acting(
        &self,
        id: RecordId,
        request: &[u8],
        act: ProxyAct,
        now: Timestamp,
    ) -> Result<(Acting, AccessRequest), Error> {
        let request = AccessRequest::verify(request, now)?;
        Ok((self.acting_on(id, &request, act, now)?, request))
    }

    fn acting_on(
        &self,
        id: RecordId,
        request: &AccessRequest,
        act: ProxyAct,
        now: Timestamp,
    ) -> Result<Acting, Error> {
        if request.expires_at() <= now {
            return Err(ConsentError::RequestExpired.into());
        }
        let mut kept = self.entrusted(id)?;
        let packet = self.packet_of(&kept)?;
        let taken = kept.taken.clone().ok_or(DelegationError::NotFound)?;
        let place = place_of(&taken.covered, request).ok_or(DelegationError::OtherRequester)?;
        let covered = taken.covered.get(place).ok_or(DelegationError::OtherRequester)?.clone();
        covered.delegation.holds_at(now)?;
        covered.delegation.permits(act)?;
        if kept.done.iter().any(|done| done.answers(&request.id())) {
            return Err(ConsentError::Answered.into());
        }
        let mut keys = self.proxy_keys(&kept.offer)?.into_iter();
        let is_its = |key: &SigningKey| key.verifying_key() == *covered.delegation.proxy();
        let key = keys.find(is_its).ok_or(DelegationError::Invalid)?;
        kept.taken = Some(taken.clone());
        Ok(Acting { kept, taken, packet, place, covered, key })
    }
}

impl Done {
    /// Says whether it answers a request.
    fn answers(&self, request: &RequestId) -> bool {
        match &self.gave {
            Some(_) => ConsentToken::read(&self.envelope)
                .is_ok_and(|token| token.scope().request() == Some(*request)),
            None => Denial::verify(&self.envelope, self.at)
                .is_ok_and(|denial| denial.request() == *request),
        }
    }
}
