//! Somebody who acts for the patient: what the delegation covers, and nothing else.

use patient_wallet::consent::{
    ConsentError, ConsentToken, Contact, Delegation, DelegationError, Denial, Expected, Flags,
    NewDelegation, ProxyAct, ProxyActs, Purpose, Revocation, Revocations, VerifiedConsent,
};
use patient_wallet::host::Timestamp;
use patient_wallet::keys::{SignedKind, sign};
use patient_wallet::record::Category;

use crate::bench::*;
use crate::loose::{Change, Item};

fn judge(bytes: &[u8], now: Timestamp) -> Result<VerifiedConsent, ConsentError> {
    let (reader, pinned) = clinics_eyes();
    let expected = Expected { reader: &reader, pinned: Some(&pinned), was_known: false };
    ConsentToken::verify(bytes, &expected, now, None)
}

/// Signs what a proxy signs after a change, whatever the product would refuse to write.
fn changed(change: impl FnOnce(&mut Item)) -> Vec<u8> {
    let mut claims = Item::claims(&proxied_token());
    change(&mut claims);
    sign(SignedKind::Consent, &proxy(), &claims.written()).unwrap().to_vec()
}

/// Gives the token with another delegation in it.
fn under(delegation: Vec<u8>) -> Vec<u8> {
    changed(|claims| claims.set(-70_005, Item::Bytes(delegation)))
}

/// Signs a delegation that differs from the usual one.
fn delegated(change: impl FnOnce(&mut NewDelegation<'_>)) -> Result<Vec<u8>, DelegationError> {
    let (proxy, clinic) = (public(&proxy()), public(&clinic()));
    let mut new = new_delegation(&proxy, &clinic);
    change(&mut new);
    Delegation::sign(&patient(), &new, NOW)
}

/// Signs the claims of a delegation after a change.
fn loosely(change: impl FnOnce(&mut Item)) -> Vec<u8> {
    let mut claims = Item::claims(&delegation());
    change(&mut claims);
    sign(SignedKind::Delegation, &patient(), &claims.written()).unwrap().to_vec()
}

#[test]
fn a_reader_pins_the_patient_and_knows_who_signed() {
    let consent = judge(&proxied_token(), NOW).unwrap();
    assert_eq!(*consent.key(), public(&proxy()));
    assert_eq!(*consent.patient_key(), public(&patient()));
    assert_eq!(consent.did().to_string(), did(&patient()));
    let delegation = consent.delegation().unwrap();
    assert_eq!((delegation.name(), delegation.relation().word()), ("Elena Rossi", "parent"));
    assert_eq!(delegation.bytes(), crate::bench::delegation());
    // What the patient signs needs none.
    let own = judge(&token(), NOW).unwrap();
    assert_eq!((own.key(), own.delegation()), (own.patient_key(), None));
}

#[test]
fn a_token_is_within_every_bound_of_its_delegation() {
    let wider: &[Change<'_>] = &[
        ("a category more", &|claims| {
            let codes = [1, 2, 3, 5].map(Item::Uint);
            claims.at(9).set(1, Item::Array(codes.to_vec()));
        }),
        ("another purpose", &|claims| claims.at(9).set(3, Item::Text("HRESCH".to_owned()))),
        ("without the promise", &|claims| claims.at(9).set(9, Item::Uint(0))),
        ("with another promise only", &|claims| claims.at(9).set(9, Item::Uint(1))),
        ("a second longer", &|claims| claims.set(4, Item::Uint(after(7 * DAY + 1).unix()))),
        ("a second longer, signed before it holds", &|claims| {
            claims.set(5, Item::Uint(after(1).unix()));
            claims.set(4, Item::Uint(after(7 * DAY + 1).unix()));
        }),
    ];
    for (name, change) in wider {
        let refused = judge(&changed(change), NOW).err();
        assert_eq!(refused, Some(ConsentError::WiderThanDelegated), "{name}");
    }
    let narrower: &[Change<'_>] = &[
        ("a category less", &|claims| claims.at(9).set(1, Item::Array(vec![Item::Uint(1)]))),
        ("the other purpose", &|claims| claims.at(9).set(3, Item::Text("ETREAT".to_owned()))),
        ("a promise more", &|claims| claims.at(9).set(9, Item::Uint(7))),
        ("a second shorter", &|claims| claims.set(4, Item::Uint(after(7 * DAY - 1).unix()))),
    ];
    for (name, change) in narrower {
        assert!(judge(&changed(change), NOW).is_ok(), "{name}");
    }
    let emergencies =
        delegated(|new| new.purposes = &[Purpose::EmergencyTreatment]).map(under).unwrap();
    assert_eq!(judge(&emergencies, NOW).err(), Some(ConsentError::WiderThanDelegated));
}

#[test]
fn who_may_not_approve_signs_nothing_and_who_may_not_deny_denies_nothing() {
    let no_consent = ProxyActs::new(&[ProxyAct::Read, ProxyAct::Deny]).unwrap();
    let token = delegated(|new| new.acts = no_consent).map(under).unwrap();
    assert_eq!(judge(&token, NOW).err(), Some(ConsentError::WiderThanDelegated));
    let denied = Denial::verify(&proxied_denial(), NOW).unwrap();
    assert_eq!(*denied.patient_key(), public(&patient()));
    assert_eq!(*denied.key(), public(&proxy()));
    let no_denial = ProxyActs::new(&[ProxyAct::Approve]).unwrap();
    let without = Delegation::read(&delegated(|new| new.acts = no_denial).unwrap()).unwrap();
    let request = read_request().id();
    let refused = Denial::sign_under(Some(&without), &proxy(), request, None, NOW);
    assert_eq!(refused.err(), Some(ConsentError::WiderThanDelegated));
    let late = Denial::verify(&proxied_denial(), after(300 * DAY));
    assert_eq!(late.err(), Some(ConsentError::DelegationEnded));
    let delegation = Delegation::read(&delegation()).unwrap();
    let other = Denial::sign_under(Some(&delegation), &signing(0x55), request, None, NOW);
    assert_eq!(other.err(), Some(ConsentError::Invalid), "the key of somebody else");
}

/// Neither a token that is dated back nor one that outlives it.
#[test]
fn after_the_end_of_the_delegation_nothing_holds() {
    let ends = after(300 * DAY);
    let at = |from: Timestamp, to: Timestamp| {
        changed(|claims| {
            claims.set(5, Item::Uint(from.unix()));
            claims.set(6, Item::Uint(from.unix()));
            claims.set(4, Item::Uint(to.unix()));
            claims.at(9).set(8, Item::Uint(to.unix()));
        })
    };
    let last = at(after(299 * DAY), ends);
    assert!(judge(&last, after(299 * DAY)).is_ok());
    assert_eq!(judge(&last, ends).err(), Some(ConsentError::Expired));
    let outlives = at(after(299 * DAY), after(300 * DAY + 1));
    assert_eq!(judge(&outlives, after(299 * DAY)).err(), Some(ConsentError::WiderThanDelegated));
    let signed_later = at(ends, after(301 * DAY));
    assert_eq!(judge(&signed_later, ends).err(), Some(ConsentError::DelegationEnded));
    let before_it_began = at(before(1), after(DAY));
    assert_eq!(judge(&before_it_began, NOW).err(), Some(ConsentError::WiderThanDelegated));
}

#[test]
fn a_delegation_that_is_taken_back_lets_nothing_new_in() {
    let (reader, pinned) = clinics_eyes();
    let verify = |was_known, revocations: &Revocations| {
        let expected = Expected { reader: &reader, pinned: None, was_known };
        ConsentToken::verify(&proxied_token(), &expected, NOW, Some(revocations)).err()
    };
    let taken_back = |consents: &[_], all_before| {
        let mut revocations = Revocations::new(pinned);
        let signed = Revocation::sign(&patient(), 0, consents, all_before, NOW).unwrap();
        revocations.add(&signed).unwrap();
        revocations
    };
    let delegation = taken_back(&[consent(0xbb)], None);
    assert_eq!(verify(false, &delegation), Some(ConsentError::DelegationRevoked));
    assert_eq!(verify(true, &delegation), None, "what was here before holds on");
    // The consent itself, whoever signed it, is the patient's to take back.
    let token = taken_back(&[consent(0x8a)], None);
    assert_eq!(verify(true, &token), Some(ConsentError::Revoked));
    // And everything means everything.
    let everything = taken_back(&[], Some(after(1)));
    assert_eq!(verify(true, &everything), Some(ConsentError::Revoked));
    // A date before the delegation was signed takes neither back.
    assert_eq!(verify(false, &taken_back(&[], Some(NOW))), None);
    // What was signed after that date rests on a delegation from before it.
    let mut revocations = Revocations::new(pinned);
    let signed = Revocation::sign(&patient(), 0, &[], Some(after(1)), NOW).unwrap();
    revocations.add(&signed).unwrap();
    let later = changed(|claims| {
        claims.set(5, Item::Uint(after(DAY).unix()));
        claims.set(6, Item::Uint(after(DAY).unix()));
    });
    let expected = Expected { reader: &reader, pinned: None, was_known: false };
    let refused = ConsentToken::verify(&later, &expected, after(DAY), Some(&revocations)).err();
    assert_eq!(refused, Some(ConsentError::DelegationRevoked));
    // Under the key of whoever acts nothing can be taken back.
    let theirs = Revocations::new(public(&proxy()));
    assert_eq!(verify(false, &theirs), Some(ConsentError::WrongPatientKey));
}

#[test]
fn a_delegation_is_of_one_patient_for_one_key_and_one_reader() {
    // Somebody else's key, with the delegation beside it.
    let mut claims = Item::claims(&proxied_token());
    let thief = signing(0x66);
    claims.set(-70_002, Item::Bytes(public(&thief).to_sec1().to_vec()));
    let stolen = sign(SignedKind::Consent, &thief, &claims.written()).unwrap();
    assert_eq!(judge(&stolen, NOW).err(), Some(ConsentError::Invalid));
    // One that another patient signed does not make it this patient's.
    let (key, clinic_key) = (public(&proxy()), public(&clinic()));
    let mallory = Delegation::sign(&thief, &new_delegation(&key, &clinic_key), NOW).unwrap();
    assert_eq!(judge(&under(mallory), NOW).err(), Some(ConsentError::WrongPatientKey));
    // One for another requester.
    let other_key = public(&signing(0x23));
    let other = Delegation::sign(&patient(), &new_delegation(&key, &other_key), NOW).unwrap();
    assert_eq!(judge(&under(other), NOW).err(), Some(ConsentError::OtherRequester));
    // A flipped bit anywhere in it.
    let good = delegation();
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(judge(&under(bytes), NOW).is_err(), "bit {bit}");
    }
}

#[test]
fn what_nobody_can_allow_is_refused_by_name() {
    let forbidden = [
        (ProxyAct::Widen, DelegationError::Widen, 16, ConsentError::WiderThanDelegated),
        (ProxyAct::DelegateOn, DelegationError::DelegateOn, 17, ConsentError::DelegatedOn),
        (ProxyAct::Recover, DelegationError::Recover, 18, ConsentError::WiderThanDelegated),
        (ProxyAct::Erase, DelegationError::Erase, 19, ConsentError::WiderThanDelegated),
    ];
    let good = Delegation::read(&delegation()).unwrap();
    for (act, named, code, at_the_reader) in forbidden {
        assert_eq!((act.code(), act.can_be_allowed()), (code, Err(named)));
        assert_eq!(good.permits(act), Err(named));
        assert_eq!(ProxyActs::new(&[ProxyAct::Read, act]), Err(named));
        let lists = loosely(|claims| {
            let acts = [1, u64::from(code)].map(Item::Uint);
            claims.at(9).set(2, Item::Array(acts.to_vec()));
        });
        assert_eq!(Delegation::read(&lists), Err(named));
        assert_eq!(judge(&under(lists), NOW).err(), Some(at_the_reader));
    }
    let unknown = loosely(|claims| claims.at(9).set(2, Item::Array(vec![Item::Uint(4)])));
    assert_eq!(Delegation::read(&unknown), Err(DelegationError::NotAllowed));
    // A delegation that rests on one: whoever acts lets somebody else act.
    let passed_on = {
        let mut claims = Item::claims(&delegation());
        claims.set(-70_002, Item::Bytes(public(&proxy()).to_sec1().to_vec()));
        claims.set(-70_007, Item::Bytes(public(&signing(0xac)).to_sec1().to_vec()));
        claims.insert(-70_005, Item::Bytes(delegation()));
        sign(SignedKind::Delegation, &proxy(), &claims.written()).unwrap().to_vec()
    };
    assert_eq!(Delegation::read(&passed_on), Err(DelegationError::DelegateOn));
    let mut claims = Item::claims(&proxied_token());
    claims.set(-70_002, Item::Bytes(public(&signing(0xac)).to_sec1().to_vec()));
    claims.set(-70_005, Item::Bytes(passed_on));
    let token = sign(SignedKind::Consent, &signing(0xac), &claims.written()).unwrap();
    assert_eq!(judge(&token, NOW).err(), Some(ConsentError::DelegatedOn));
}

#[test]
fn a_delegation_that_cannot_be_is_refused() {
    let refused: &[Change<'_>] = &[
        ("no category", &|claims| claims.at(9).set(1, Item::Array(vec![]))),
        ("no act", &|claims| claims.at(9).set(2, Item::Array(vec![]))),
        ("acts out of order", &|claims| {
            claims.at(9).set(2, Item::Array([2, 1].map(Item::Uint).to_vec()));
        }),
        ("no purpose", &|claims| claims.at(9).set(3, Item::Array(vec![]))),
        ("purposes out of order", &|claims| {
            let codes = ["ETREAT", "TREAT"].map(|code| Item::Text(code.to_owned()));
            claims.at(9).set(3, Item::Array(codes.to_vec()));
        }),
        ("a whole hash of the requester", &|claims| claims.at(9).set(4, Item::Bytes(vec![0; 32]))),
        ("no time at all", &|claims| claims.at(9).set(5, Item::Uint(0))),
        ("longer than a consent", &|claims| claims.at(9).set(5, Item::Uint(366 * DAY + 1))),
        ("an unknown promise", &|claims| claims.at(9).set(6, Item::Uint(8))),
        ("an unknown relation", &|claims| claims.at(9).set(7, Item::Uint(4))),
        ("no name", &|claims| claims.at(9).set(8, Item::Text(String::new()))),
        ("a name that hides something", &|claims| {
            claims.at(9).set(8, Item::Text("Elena\u{202e}".to_owned()));
        }),
        ("the patient's own key", &|claims| {
            claims.set(-70_007, Item::Bytes(public(&patient()).to_sec1().to_vec()));
        }),
        ("an end before the beginning", &|claims| claims.set(4, Item::Uint(NOW.unix()))),
    ];
    for (name, change) in refused {
        assert_eq!(Delegation::read(&loosely(change)), Err(DelegationError::Invalid), "{name}");
    }
    let newer = loosely(|claims| claims.at(9).set(0, Item::Uint(2)));
    assert_eq!(Delegation::read(&newer), Err(DelegationError::UnknownVersion));
    let three_years = (3 * 365 + 1) * DAY;
    assert!(delegated(|new| new.expires_at = after(three_years)).is_ok());
    let longer = delegated(|new| new.expires_at = after(three_years + 1));
    assert_eq!(longer, Err(DelegationError::TooLong));
    let read = delegated(|new| new.flags = Flags::NONE).unwrap();
    let read = Delegation::read(&read).unwrap();
    assert!(read.categories().contains(Category::Allergies));
    assert_eq!((read.longest(), read.flags()), (7 * DAY, Flags::NONE));
    assert_eq!(read.holds_at(before(1)), Err(DelegationError::NotAllowed));
    assert_eq!(read.holds_at(after(300 * DAY)), Err(DelegationError::Ended));
}

#[test]
fn an_offer_has_sixteen_keys_and_nobody_else_has_any() {
    assert_eq!(Contact::read(&offer()).unwrap().proxy_keys().len(), 16);
    let changed = |bytes: Vec<u8>, key, change: &dyn Fn(&mut Item)| {
        let mut claims = Item::claims(&bytes);
        change(&mut claims);
        Contact::read(&sign(SignedKind::Contact, &signing(key), &claims.written()).unwrap()).err()
    };
    let keys = |bytes: std::ops::Range<u8>| {
        let keys = bytes.map(|byte| Item::Bytes(public(&signing(byte)).to_sec1().to_vec()));
        Item::Array(keys.collect())
    };
    let of_offer = |change: &dyn Fn(&mut Item)| changed(offer(), 0x9f, change);
    let invalid = Some(ConsentError::Invalid);
    assert_eq!(of_offer(&|claims| claims.set(-70_006, keys(0xa0..0xaf))), invalid, "fifteen");
    assert_eq!(of_offer(&|claims| claims.set(-70_006, keys(0xa0..0xb1))), invalid, "seventeen");
    let twice = |claims: &mut Item| {
        let Item::Array(mut all) = keys(0xa0..0xb0) else { panic!("keys are a list") };
        all[15] = all[0].clone();
        claims.set(-70_006, Item::Array(all));
    };
    assert_eq!(of_offer(&twice), invalid, "one twice");
    assert_eq!(of_offer(&|claims| claims.at(9).set(2, Item::Uint(0))), invalid, "of a requester");
    let of_clinic = |claims: &mut Item| claims.insert(-70_006, keys(0xa0..0xb0));
    assert_eq!(changed(contact(None), 0x22, &of_clinic), invalid);
}

/// The key, the id and the patient's key are drawn for one requester, so that two of them find
/// nothing in common but what is the same for everybody.
#[test]
fn what_two_requesters_see_has_no_key_and_no_id_in_common() {
    let second = {
        let (proxy, clinic) = (public(&signing(0xab)), public(&signing(0x23)));
        let new = NewDelegation { id: consent(0xbc), ..new_delegation(&proxy, &clinic) };
        Delegation::sign(&signing(0x12), &new, NOW).unwrap()
    };
    let first = Item::claims(&delegation()).written();
    let second = Item::claims(&second).written();
    let mut shared = 0;
    for window in first.windows(12) {
        let is_shared = second.windows(12).any(|other| other == window);
        // Times, categories and the name stand in both.
        shared += usize::from(is_shared);
    }
    let said_alike = ["Elena Rossi".len(), "ETREAT".len(), "TREAT".len(), 40];
    assert!(shared <= said_alike.iter().sum(), "{shared}");
}
