//! Fixed keys, fixed times, one good object of each kind.

use patient_wallet::consent::{
    AccessRequest, Alias, AliasKey, CategorySet, ConsentError, ConsentId, ConsentToken, Contact,
    Credential, CredentialId, CredentialList, DateRange, Delegation, DelegationError, Denial,
    Expected, Flags, Grant, Narrowing, NewContact, NewDelegation, NewNotice, NewRequest, Notice,
    NoticeKind, Opening, ProxyActs, Purpose, Relation, RequestId, RequesterClass, Revocation, Role,
    Subject, Terms, Thumbprint,
};
use patient_wallet::disclosure::DisclosureId;
use patient_wallet::host::Timestamp;
use patient_wallet::keys::{DidKey, SealingKey, Secret, SignedKind, SigningKey, VerifyingKey};
use patient_wallet::receipt::{AccessReceipt, Act, NewReceipt, ReceiptError};
use patient_wallet::record::{Category, LabelSet, RecordId, SensitivityLabel, Text};

pub(crate) const DAY: u64 = 24 * 3600;
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_795_258_800);

pub(crate) fn after(seconds: u64) -> Timestamp {
    Timestamp::from_unix(NOW.unix() + seconds)
}

pub(crate) fn before(seconds: u64) -> Timestamp {
    Timestamp::from_unix(NOW.unix() - seconds)
}

pub(crate) fn signing(byte: u8) -> SigningKey {
    SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(byte))).unwrap()
}

/// The patient's key for this clinic.
pub(crate) fn patient() -> SigningKey {
    signing(0x11)
}

pub(crate) fn clinic() -> SigningKey {
    signing(0x22)
}

pub(crate) fn directory() -> SigningKey {
    signing(0x33)
}

/// The key that somebody acts for the patient with, at this clinic.
pub(crate) fn proxy() -> SigningKey {
    signing(0xaa)
}

pub(crate) fn answer_key() -> SealingKey {
    SealingKey::from_secret(&Secret::init_with(|bytes| bytes.fill(0x44)))
}

pub(crate) fn public(key: &SigningKey) -> VerifyingKey {
    key.verifying_key()
}

pub(crate) fn did(key: &SigningKey) -> String {
    DidKey::from(&key.verifying_key()).to_string()
}

pub(crate) fn record(byte: u8) -> RecordId {
    RecordId::from_bytes([byte; 16])
}

pub(crate) fn consent(byte: u8) -> ConsentId {
    ConsentId::from_bytes([byte; 16])
}

pub(crate) fn labels(labels: &[SensitivityLabel]) -> LabelSet {
    labels.iter().copied().collect()
}

pub(crate) fn all_labels() -> LabelSet {
    labels(&SensitivityLabel::ALL)
}

pub(crate) fn categories(categories: &[Category]) -> CategorySet {
    categories.iter().copied().collect()
}

pub(crate) fn asked() -> CategorySet {
    categories(&[Category::Allergies, Category::Medications, Category::Laboratory])
}

pub(crate) fn new_request(credential: Option<&[u8]>) -> NewRequest<'_> {
    NewRequest {
        id: RequestId::from_bytes([0x55; 16]),
        issued_at: NOW,
        expires_at: after(3600),
        did: None,
        answer_key: answer_key().public_key(),
        categories: asked(),
        labels: LabelSet::EMPTY,
        purpose: Purpose::Treatment,
        dates: None,
        retain_seconds: 30 * DAY,
        seconds: Some(7 * DAY),
        flags: Flags::NONE,
        name: Some("Dr. Chen, Klinik Nord"),
        response: None,
        text: Some("Follow-up of your laboratory results"),
        credential,
    }
}

pub(crate) fn request() -> Vec<u8> {
    AccessRequest::sign(&clinic(), &new_request(None)).unwrap()
}

pub(crate) fn read_request() -> AccessRequest {
    AccessRequest::verify(&request(), NOW).unwrap()
}

pub(crate) fn grant(narrowing: &Narrowing) -> Grant {
    Grant::from_request(&read_request(), narrowing, LabelSet::EMPTY, NOW).unwrap()
}

pub(crate) fn opening(grant: &Grant) -> Opening {
    Opening::new([0x66; 16], grant.denied(), grant.withheld())
}

pub(crate) fn aliases(grant: &Grant) -> Vec<Alias> {
    let key = AliasKey::new(Secret::init_with(|bytes| bytes.fill(0x77)));
    let did = did(&clinic());
    grant.only().iter().map(|id| Alias::derive(&key, &did, id.as_bytes())).collect()
}

pub(crate) fn payload(grant: &Grant) -> Vec<u8> {
    let opening = opening(grant);
    let terms = Terms {
        id: consent(0x88),
        issued_at: NOW,
        grant,
        opening: &opening,
        aliases: &aliases(grant),
        reader: &public(&clinic()),
        audience: None,
        key: &public(&patient()),
        delegation: None,
    };
    ConsentToken::payload(&terms).unwrap().to_vec()
}

pub(crate) fn token_of(grant: &Grant) -> Vec<u8> {
    ConsentToken::sign(&patient(), &payload(grant)).unwrap()
}

/// What Dr. Chen gets: no mental health, laboratory, medications and allergies, for 7 days.
pub(crate) fn token() -> Vec<u8> {
    token_of(&grant(&Narrowing::new().deny(labels(&[SensitivityLabel::MentalHealth]))))
}

/// A token in which everything is there.
pub(crate) fn full_token() -> Vec<u8> {
    let everything = Narrowing::new()
        .deny(labels(&[SensitivityLabel::MentalHealth]))
        .records(vec![record(1), record(2)])
        .except(vec![record(3)])
        .dates(DateRange::new(Some(0), None).unwrap())
        .flags(Flags::VIEW_ONLY.union(Flags::SINGLE_USE))
        .reason(Text::from("second opinion"));
    let grant = grant(&everything);
    let terms = Terms {
        id: consent(0x89),
        issued_at: NOW,
        grant: &grant,
        opening: &opening(&grant),
        aliases: &aliases(&grant),
        reader: &public(&clinic()),
        audience: Some(&did(&clinic())),
        key: &public(&patient()),
        delegation: None,
    };
    ConsentToken::sign(&patient(), &ConsentToken::payload(&terms).unwrap()).unwrap()
}

/// What the patient's mother may give the clinic.
pub(crate) fn new_delegation<'a>(
    proxy: &'a VerifyingKey,
    requester: &'a VerifyingKey,
) -> NewDelegation<'a> {
    NewDelegation {
        id: consent(0xbb),
        proxy,
        requester,
        categories: asked(),
        acts: ProxyActs::ALL,
        purposes: &[Purpose::Treatment, Purpose::EmergencyTreatment],
        longest: 7 * DAY,
        flags: Flags::NO_ONWARD,
        relation: Relation::Parent,
        name: "Elena Rossi",
        not_before: NOW,
        expires_at: after(300 * DAY),
    }
}

pub(crate) fn delegation() -> Vec<u8> {
    let (proxy, clinic) = (public(&proxy()), public(&clinic()));
    Delegation::sign(&patient(), &new_delegation(&proxy, &clinic), NOW).unwrap()
}

/// What she signs within it.
pub(crate) fn proxied_token() -> Vec<u8> {
    let grant = grant(&Narrowing::new().flags(Flags::NO_ONWARD));
    let delegation = Delegation::read(&delegation()).unwrap();
    let terms = Terms {
        id: consent(0x8a),
        issued_at: NOW,
        grant: &grant,
        opening: &opening(&grant),
        aliases: &[],
        reader: &public(&clinic()),
        audience: None,
        key: &public(&proxy()),
        delegation: Some(&delegation),
    };
    ConsentToken::sign(&proxy(), &ConsentToken::payload(&terms).unwrap()).unwrap()
}

pub(crate) fn proxied_denial() -> Vec<u8> {
    let request = RequestId::from_bytes([0x55; 16]);
    let delegation = Delegation::read(&delegation()).unwrap();
    Denial::sign_under(Some(&delegation), &proxy(), request, None, NOW).unwrap()
}

/// Who offers to act for a patient.
pub(crate) fn offer() -> Vec<u8> {
    let keys: Vec<_> = (0xa0..0xb0).map(|byte| public(&signing(byte))).collect();
    let new = NewContact {
        name: "Elena Rossi",
        role: Role::Proxy,
        class: None,
        answer_key: Some(answer_key().public_key()),
        credential: None,
        proxy_keys: &keys,
        expires_at: after(30 * DAY),
    };
    Contact::sign(&signing(0x9f), &new, NOW).unwrap()
}

pub(crate) fn credential() -> Vec<u8> {
    let subject = Subject {
        did: "did:web:klinik-nord.example",
        name: "Klinik Nord",
        role: Role::Requester,
        class: RequesterClass::Clinician,
        key: &public(&clinic()),
    };
    let id = CredentialId::from_bytes([0x99; 16]);
    Credential::sign(&directory(), &subject, id, NOW, after(365 * DAY)).unwrap()
}

pub(crate) fn contact(credential: Option<&[u8]>) -> Vec<u8> {
    let new = NewContact {
        name: "Klinik Nord",
        role: Role::Requester,
        class: Some(RequesterClass::Clinician),
        answer_key: Some(answer_key().public_key()),
        credential,
        proxy_keys: &[],
        expires_at: after(365 * DAY),
    };
    Contact::sign(&clinic(), &new, NOW).unwrap()
}

pub(crate) fn revocation() -> Vec<u8> {
    let consents = [consent(0x88), consent(0x10)];
    Revocation::sign(&patient(), 0, &consents, Some(before(DAY)), NOW).unwrap()
}

pub(crate) fn denial() -> Vec<u8> {
    let request = RequestId::from_bytes([0x55; 16]);
    Denial::sign(&patient(), request, Some("I have another doctor"), NOW).unwrap()
}

/// Two records were corrected that went under two consents.
pub(crate) fn notice() -> Vec<u8> {
    let new = NewNotice {
        kind: NoticeKind::Correction,
        consents: &[consent(0x88), consent(0x10)],
        records: &[Alias::from_bytes([2; 16]), Alias::from_bytes([1; 16])],
        text: Some("The blood group was wrong"),
    };
    Notice::sign(&patient(), &new, NOW).unwrap()
}

pub(crate) fn wish() -> Vec<u8> {
    let consents = &[consent(0x88)];
    let kind = NoticeKind::ErasureWish;
    let new = NewNotice { kind, consents, records: &[], text: None };
    Notice::sign(&patient(), &new, NOW).unwrap()
}

/// The first three receipts of the clinic: it opened, somebody read, a notice was applied.
pub(crate) fn receipts() -> [Vec<u8>; 3] {
    let records = &[Alias::from_bytes([2; 16]), Alias::from_bytes([1; 16])];
    let first = NewReceipt {
        consent: consent(0x88),
        patient: Thumbprint::of(&public(&patient())),
        act: Act::Opened(DisclosureId::from_bytes([0x99; 16])),
        purpose: Purpose::Treatment,
        records,
        number: 1,
        previous: None,
        name: "Klinik Nord",
        person: None,
    };
    let sign = |new: &NewReceipt<'_>, at| AccessReceipt::sign(&clinic(), new, at).unwrap();
    let id = |bytes: &[u8]| Some(AccessReceipt::read(bytes).unwrap().id());
    let opened = sign(&first, before(2));
    let (previous, person) = (id(&opened), Some("Dr. Chen"));
    let read =
        NewReceipt { act: Act::Read, records: &records[..1], number: 2, previous, person, ..first };
    let read = sign(&read, before(1));
    let act = Act::NoticeApplied(*Notice::read(&notice()).unwrap().id());
    let applied = sign(&NewReceipt { act, number: 3, previous: id(&read), ..first }, NOW);
    [opened, read, applied]
}

pub(crate) fn credential_list() -> Vec<u8> {
    let ids = [CredentialId::from_bytes([2; 16]), CredentialId::from_bytes([1; 16])];
    CredentialList::sign(&directory(), &ids, NOW).unwrap()
}

pub(crate) fn clinics_eyes() -> (VerifyingKey, VerifyingKey) {
    (public(&clinic()), public(&patient()))
}

/// One good object of each kind, who signs it, and what its reader says to any bytes.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) kind: SignedKind,
    pub(crate) key: SigningKey,
    pub(crate) good: Vec<u8>,
    pub(crate) judge: fn(&[u8]) -> Result<(), ConsentError>,
}

pub(crate) fn kinds() -> Vec<Kind> {
    let judge_token = |bytes: &[u8]| {
        let (reader, pinned) = clinics_eyes();
        let expected = Expected { reader: &reader, pinned: Some(&pinned), was_known: false };
        ConsentToken::verify(bytes, &expected, NOW, None).map(drop)
    };
    let kind = |name, kind, key, good, judge| Kind { name, kind, key, good, judge };
    vec![
        kind("token", SignedKind::Consent, patient(), token(), judge_token),
        kind("full token", SignedKind::Consent, patient(), full_token(), judge_token),
        kind("proxied token", SignedKind::Consent, proxy(), proxied_token(), judge_token),
        kind("delegation", SignedKind::Delegation, patient(), delegation(), |bytes| {
            match Delegation::read(bytes) {
                Err(DelegationError::WrongType) => Err(ConsentError::WrongType),
                other => other.map(drop).map_err(ConsentError::from),
            }
        }),
        kind("proxied denial", SignedKind::Denial, proxy(), proxied_denial(), |bytes| {
            Denial::verify(bytes, NOW).map(drop)
        }),
        kind("offer", SignedKind::Contact, signing(0x9f), offer(), |bytes| {
            Contact::verify(bytes, NOW).map(drop)
        }),
        kind("request", SignedKind::Request, clinic(), full_request(), |bytes| {
            AccessRequest::verify(bytes, NOW).map(drop)
        }),
        kind("denial", SignedKind::Denial, patient(), denial(), |bytes| {
            Denial::verify(bytes, NOW).map(drop)
        }),
        kind("revocation", SignedKind::Revocation, patient(), revocation(), |bytes| {
            Revocation::verify(bytes).map(drop)
        }),
        kind("notice", SignedKind::Notice, patient(), notice(), |bytes| {
            Notice::verify(bytes, NOW).map(drop)
        }),
        kind("receipt", SignedKind::Receipt, clinic(), receipts()[1].clone(), |bytes| {
            AccessReceipt::verify(bytes, NOW).map(drop).map_err(|error| match error {
                ReceiptError::WrongType => ConsentError::WrongType,
                ReceiptError::Invalid => ConsentError::Invalid,
                other => panic!("{other:?}"),
            })
        }),
        kind("contact", SignedKind::Contact, clinic(), contact(Some(&credential())), |bytes| {
            Contact::verify(bytes, NOW).map(drop)
        }),
        kind("credential", SignedKind::Credential, directory(), credential(), |bytes| {
            Credential::verify(bytes, &public(&directory()), NOW).map(drop)
        }),
        kind("list", SignedKind::CredentialList, directory(), credential_list(), |bytes| {
            CredentialList::verify(bytes, &public(&directory()), NOW).map(drop)
        }),
    ]
}

/// A request in which everything is there.
pub(crate) fn full_request() -> Vec<u8> {
    let credential = credential();
    let new = NewRequest {
        did: Some("did:web:klinik-nord.example"),
        labels: labels(&[SensitivityLabel::MentalHealth, SensitivityLabel::Hiv]),
        dates: Some(DateRange::new(Some(-DAY.cast_signed()), Some(0)).unwrap()),
        flags: Flags::NO_ONWARD,
        response: Some("https://klinik-nord.example/in"),
        ..new_request(Some(&credential))
    };
    AccessRequest::sign(&clinic(), &new).unwrap()
}
