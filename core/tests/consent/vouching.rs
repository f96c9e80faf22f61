//! Requests, contacts, credentials: who asks, who says so, and until when.

use patient_wallet::consent::{
    AccessRequest, Alias, AliasKey, ConsentError, Contact, Credential, CredentialId,
    CredentialList, DateRange, NewContact, NewRequest, RequestId, RequesterClass, Role, Subject,
    looks_like,
};
use patient_wallet::host::Timestamp;
use patient_wallet::keys::{Secret, SignedKind, sign};
use patient_wallet::record::SensitivityLabel;

use crate::bench::*;
use crate::loose::{Change, Item};

fn changed_request(change: impl FnOnce(&mut Item)) -> Result<AccessRequest, ConsentError> {
    let mut claims = Item::claims(&full_request());
    change(&mut claims);
    let bytes = sign(SignedKind::Request, &clinic(), &claims.written()).unwrap();
    AccessRequest::verify(&bytes, NOW)
}

#[test]
fn a_request_says_what_was_asked() {
    let request = AccessRequest::verify(&full_request(), NOW).unwrap();
    assert_eq!(request.id(), RequestId::from_bytes([0x55; 16]));
    assert_eq!((request.key(), request.did().to_string()), (&public(&clinic()), did(&clinic())));
    assert_eq!(request.claimed_did(), Some("did:web:klinik-nord.example"));
    assert_eq!((request.issued_at(), request.expires_at()), (NOW, after(3600)));
    assert_eq!(request.answer_key(), &answer_key().public_key());
    assert_eq!(request.categories(), asked());
    assert_eq!(request.labels(), labels(&[SensitivityLabel::MentalHealth, SensitivityLabel::Hiv]));
    assert_eq!(request.dates().unwrap().to(), Some(0));
    assert_eq!((request.seconds(), request.retain_seconds()), (Some(7 * DAY), 30 * DAY));
    assert_eq!(request.name(), Some("Dr. Chen, Klinik Nord"));
    assert_eq!(request.response(), Some("https://klinik-nord.example/in"));
    assert_eq!(request.text(), Some("Follow-up of your laboratory results"));
    assert_eq!(request.credential(), Some(credential().as_slice()));
    assert_eq!(AccessRequest::read(&full_request()), Ok(request));
}

#[test]
fn a_request_lives_for_72_hours_at_most() {
    let until = |expires_at| {
        AccessRequest::sign(&clinic(), &NewRequest { expires_at, ..new_request(None) })
    };
    let longest = until(after(72 * 3600)).unwrap();
    assert_eq!(until(after(72 * 3600 + 1)), Err(ConsentError::TooLong));
    assert_eq!(until(NOW), Err(ConsentError::Invalid));
    assert_eq!(until(before(1)), Err(ConsentError::Invalid), "negative");
    assert!(AccessRequest::verify(&longest, after(72 * 3600 - 1)).is_ok());
    let expired = AccessRequest::verify(&longest, after(72 * 3600));
    assert_eq!(expired, Err(ConsentError::RequestExpired), "by no second");
    assert!(AccessRequest::verify(&longest, before(120)).is_ok());
    assert_eq!(AccessRequest::verify(&longest, before(121)), Err(ConsentError::NotYetValid));
    assert!(AccessRequest::read(&longest).is_ok(), "kept ones are read at any time");
}

#[test]
fn values_that_no_request_has_are_refused() {
    let refused: &[Change<'_>] = &[
        ("an unknown label", &|claims| {
            claims.at(9).set(2, Item::Array(vec![Item::Text("XYZ".to_owned())]));
        }),
        ("no seconds", &|claims| claims.at(9).set(10, Item::Uint(0))),
        ("a name of 65 bytes", &|claims| claims.at(9).set(12, Item::Text("x".repeat(65)))),
        ("an address of 97 bytes", &|claims| claims.at(9).set(13, Item::Text("x".repeat(97)))),
        ("a text of 121 bytes", &|claims| claims.at(9).set(14, Item::Text("x".repeat(121)))),
        ("a turned name", &|claims| claims.at(9).set(12, Item::Text("Dr\u{202e}nehC".to_owned()))),
        ("an alias", &|claims| {
            claims.at(9).insert(6, Item::Array(vec![Item::Bytes(vec![1; 16])]));
        }),
        ("a reason", &|claims| claims.at(9).insert(7, Item::Text("x".to_owned()))),
        ("an answer key of 31 bytes", &|claims| claims.set(-70_003, Item::Bytes(vec![1; 31]))),
        ("a DID of another key", &|claims| claims.set(1, Item::Text(did(&patient())))),
    ];
    for (name, change) in refused {
        assert_eq!(changed_request(change), Err(ConsentError::Invalid), "{name}");
    }
    let long = changed_request(|claims| claims.at(9).set(8, Item::Uint(36_525 * DAY + 1)));
    assert_eq!(long, Err(ConsentError::TooLong));
    let most = changed_request(|claims| {
        claims.at(9).set(8, Item::Uint(36_525 * DAY));
        claims.at(9).set(12, Item::Text("x".repeat(64)));
        claims.at(9).set(13, Item::Text("x".repeat(96)));
        claims.at(9).set(14, Item::Text("x".repeat(120)));
    });
    assert!(most.is_ok());
    let newer = changed_request(|claims| claims.at(9).set(0, Item::Uint(2)));
    assert_eq!(newer, Err(ConsentError::UnknownVersion));
}

#[test]
fn sixteen_kilobytes_are_the_largest_request() {
    let with = |length: usize| {
        let credential = vec![0; length];
        AccessRequest::sign(&clinic(), &new_request(Some(&credential)))
    };
    let overhead = with(1000).unwrap().len() - 1000;
    let most = with(SignedKind::Request.largest() - overhead).unwrap();
    assert_eq!(most.len(), SignedKind::Request.largest());
    assert!(AccessRequest::verify(&most, NOW).is_ok());
    let more = with(SignedKind::Request.largest() - overhead + 1);
    assert_eq!(more, Err(ConsentError::Invalid));
}

#[test]
fn a_contact_says_who_somebody_says_to_be() {
    let contact = Contact::verify(&contact(Some(&credential())), NOW).unwrap();
    assert_eq!((contact.name(), contact.role()), ("Klinik Nord", Role::Requester));
    assert_eq!((contact.key(), contact.did().to_string()), (&public(&clinic()), did(&clinic())));
    assert_eq!(contact.class(), Some(RequesterClass::Clinician));
    assert_eq!(contact.answer_key(), Some(&answer_key().public_key()));
    assert_eq!(contact.credential(), Some(credential().as_slice()));
    assert_eq!((contact.issued_at(), contact.expires_at()), (NOW, after(365 * DAY)));
    let directory_contact = NewContact {
        name: "Swiss Clinics",
        role: Role::Directory,
        class: None,
        answer_key: None,
        credential: None,
        proxy_keys: &[],
        expires_at: after(DAY),
    };
    let bytes = Contact::sign(&directory(), &directory_contact, NOW).unwrap();
    let read = Contact::verify(&bytes, NOW).unwrap();
    assert_eq!((read.role(), read.class(), read.answer_key()), (Role::Directory, None, None));
    assert_eq!(Contact::verify(&bytes, after(DAY)), Err(ConsentError::Expired));
    assert!(Contact::read(&bytes).is_ok());
    let sign = |name, expires_at| {
        let new = NewContact { name, expires_at, ..directory_contact.clone() };
        Contact::sign(&directory(), &new, NOW).err()
    };
    let (most, more) = ("x".repeat(64), "x".repeat(65));
    assert_eq!(sign(&most, after(1096 * DAY)), None);
    assert_eq!(sign(&more, after(DAY)), Some(ConsentError::Invalid));
    assert_eq!(sign("", after(DAY)), Some(ConsentError::Invalid));
    assert_eq!(sign("x", after(1096 * DAY + 1)), Some(ConsentError::TooLong));
    assert_eq!(sign("x", NOW), Some(ConsentError::Invalid));
}

#[test]
fn a_credential_says_who_a_directory_knows() {
    let read = Credential::verify(&credential(), &public(&directory()), NOW).unwrap();
    assert_eq!(read.id(), CredentialId::from_bytes([0x99; 16]));
    assert_eq!((read.did(), read.name()), ("did:web:klinik-nord.example", "Klinik Nord"));
    assert_eq!((read.role(), read.class()), (Role::Requester, RequesterClass::Clinician));
    assert_eq!(read.key(), &public(&clinic()));
    assert_eq!((read.not_before(), read.issued_at()), (NOW, NOW));
    assert_eq!(read.expires_at(), after(365 * DAY));
    let verify =
        |now: Timestamp| Credential::verify(&credential(), &public(&directory()), now).err();
    assert_eq!(verify(after(365 * DAY - 1)), None);
    assert_eq!(verify(after(365 * DAY)), Some(ConsentError::CredentialExpired));
    assert_eq!(verify(before(121)), Some(ConsentError::NotYetValid));
    assert_eq!(Credential::read(&credential()), Ok(read), "what it says, whoever says so");
    assert_eq!(Credential::read(&token()), Err(ConsentError::WrongType));
    assert!(Role::ALL.iter().all(|role| Role::from_code(role.code()) == Some(*role)));
    assert_eq!(Role::from_code(2), None);
    let other = Credential::verify(&credential(), &public(&signing(0x34)), NOW);
    assert_eq!(other, Err(ConsentError::Invalid), "another directory's");
    let own = Credential::verify(&credential(), &public(&clinic()), NOW);
    assert_eq!(own, Err(ConsentError::Invalid), "nobody vouches for themselves");
}

#[test]
fn a_credential_of_a_key_names_that_key() {
    let key = public(&clinic());
    let sign = |did: &str, days| {
        let class = RequesterClass::Insurer;
        let subject = Subject { did, name: "n", role: Role::Requester, class, key: &key };
        let id = CredentialId::from_bytes([1; 16]);
        Credential::sign(&directory(), &subject, id, NOW, after(days * DAY)).err()
    };
    assert_eq!(sign(&did(&clinic()), 1), None);
    assert_eq!(sign(&did(&patient()), 1), Some(ConsentError::Invalid));
    assert_eq!(sign("klinik-nord.example", 1), Some(ConsentError::Invalid));
    assert_eq!(sign(&format!("did:web:{}", "x".repeat(56)), 1), None);
    assert_eq!(sign(&format!("did:web:{}", "x".repeat(57)), 1), Some(ConsentError::Invalid));
    assert_eq!(sign("did:web:a", 1096), None);
    assert_eq!(sign("did:web:a", 1097), Some(ConsentError::TooLong));
    assert_eq!(sign("did:web:a", 0), Some(ConsentError::Invalid));
}

#[test]
fn a_list_names_what_was_taken_back_and_grows_old() {
    let key = public(&directory());
    let list = CredentialList::verify(&credential_list(), &key, NOW).unwrap();
    let id = |byte| CredentialId::from_bytes([byte; 16]);
    assert_eq!(list.ids(), [id(1), id(2)]);
    assert!(list.covers(id(1)) && list.covers(id(2)) && !list.covers(id(3)));
    assert_eq!(list.issued_at(), NOW);
    assert!(!list.is_stale(NOW) && !list.is_stale(after(DAY)) && list.is_stale(after(DAY + 1)));
    assert!(CredentialList::verify(&credential_list(), &key, after(900 * DAY)).is_ok());
    let early = CredentialList::verify(&credential_list(), &key, before(121));
    assert_eq!(early, Err(ConsentError::NotYetValid));
    let other = CredentialList::verify(&credential_list(), &public(&signing(0x34)), NOW);
    assert_eq!(other, Err(ConsentError::Invalid));
    // Signed by the directory, about another one.
    let mut claims = Item::claims(&credential_list());
    claims.set(-70_002, Item::Bytes(public(&clinic()).to_sec1().to_vec()));
    let bytes = sign(SignedKind::CredentialList, &directory(), &claims.written()).unwrap();
    assert_eq!(CredentialList::verify(&bytes, &key, NOW), Err(ConsentError::Invalid));
}

#[test]
fn a_list_names_60000_credentials() {
    let ids = |count: u32| -> Vec<CredentialId> {
        let id = |n: u32| {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&n.to_be_bytes());
            CredentialId::from_bytes(bytes)
        };
        (0..count).map(id).collect()
    };
    let most = CredentialList::sign(&directory(), &ids(60_000), NOW).unwrap();
    assert!(most.len() <= SignedKind::CredentialList.largest());
    let list = CredentialList::verify(&most, &public(&directory()), NOW).unwrap();
    assert_eq!(list.ids().len(), CredentialList::MOST);
    let more = CredentialList::sign(&directory(), &ids(60_001), NOW);
    assert_eq!(more, Err(ConsentError::TooMany));
    assert!(CredentialList::sign(&directory(), &[], NOW).is_ok());
}

#[test]
fn an_alias_differs_between_requesters_and_records() {
    let key = |byte| AliasKey::new(Secret::init_with(|bytes| bytes.fill(byte)));
    let alias = Alias::derive(&key(1), "did:web:a", &[1; 16]);
    assert_eq!(alias, Alias::derive(&key(1), "did:web:a", &[1; 16]));
    let others = [
        Alias::derive(&key(2), "did:web:a", &[1; 16]),
        Alias::derive(&key(1), "did:web:b", &[1; 16]),
        Alias::derive(&key(1), "did:web:a", &[2; 16]),
    ];
    assert!(others.iter().all(|other| *other != alias));
    assert_eq!(format!("{:?}", key(1)), "AliasKey(Secret<32>(..))");
    assert_eq!(alias.to_string().parse(), Ok(alias));
    assert_eq!("AB".repeat(16).parse::<Alias>(), Err(ConsentError::Invalid));
}

#[test]
fn dates_have_two_ends_of_which_either_may_be_open() {
    let range = DateRange::new(None, None).unwrap();
    assert_eq!((range.from(), range.to()), (None, None));
    assert!(DateRange::new(Some(5), Some(5)).is_err());
    assert!(DateRange::new(Some(5), Some(4)).is_err());
    assert!(DateRange::new(Some(i64::MIN), None).is_err());
    assert!(DateRange::new(None, Some(i64::MAX)).is_err());
}

#[test]
fn a_name_that_looks_like_another_is_flagged() {
    let alike = [
        ("Klinik Nord", "klinik nord"),
        ("Klinik Nord", "KLINIK NORD"),
        ("Klinik Nord", "Kl\u{131}n\u{131}k Nord"),
        ("Klinik Zürich", "Klinik Zurich"),
        ("Klinik Zürich", "Klinik Zu\u{308}rich"),
        ("Dr. Chen", "Dr. Сhеn"),
        ("Dr. Chen", "Ｄｒ． Ｃｈｅｎ"),
        ("Mercy", "rnercy"),
        ("Iris", "lris"),
        ("Clinic 10", "Clinic lO"),
        ("Groß", "GROSS"),
        ("O'Brien", "O’Brien"),
        ("Αθήνα", "αθηνα"),
    ];
    for (name, other) in alike {
        assert!(looks_like(name, other) && looks_like(other, name), "{name} {other}");
    }
    for (name, other) in [
        ("Klinik Nord", "Klinik Nord"),
        ("Klinik Nord", "Klinik Süd"),
        ("Dr. Chen", "Dr. Chan"),
        ("Mail", "Mall"),
        ("", "a"),
    ] {
        assert!(!looks_like(name, other), "{name} {other}");
    }
}
