use crate::audit::AuditKind;
use crate::consent::Standing;
use crate::host::Timestamp;
use crate::session::LogQuery;
use crate::session::tests::{DAY, Scene, give, import, lab, reader};

#[test]
fn an_accounting_lists_every_disclosure_of_a_time_and_what_went_then() {
    let mut scene = Scene::new();
    let first = scene.give();
    let start = scene.now();
    scene.later(DAY);
    let (home, mut other) = reader("Dr. Alder");
    home.clock.set(scene.now().unix());
    let second = give(&mut scene.session, &mut other);
    scene.later(DAY);
    import(&mut scene.session, &[lab("sugar", "6.5")]);
    let id = first.consent.id;
    let preview = scene.session.review_refresh(id).unwrap();
    let cancel = crate::host::CancelToken::new();
    scene.session.refresh(id, &preview.digest, &mut Vec::new(), &|_, _| {}, &cancel).unwrap();
    scene.session.revoke(&[id]).unwrap();
    let salt = scene.record("salt");
    scene.session.erase(salt).unwrap();

    let end = Timestamp::from_unix(scene.now().unix() + 1);
    let all = scene.session.accounting(start, end).unwrap();
    assert_eq!(all.patient.as_ref().unwrap().as_str(), "Anna Muster");
    let consents: Vec<_> = all.disclosures.iter().map(|given| given.consent).collect();
    assert_eq!(consents, [id, second.consent.id, id]);
    assert_eq!(all.disclosures[0].id, first.disclosure);
    assert_eq!(all.disclosures[0].recipient.name.as_str(), "Dr. Chen");
    assert_eq!(all.disclosures[0].recipient.standing, Standing::Known);
    let told = |at: usize| {
        let records = all.disclosures[at].records.iter();
        let mut told: Vec<_> = records
            .map(|record| record.about.as_ref().map(|(_, title)| title.as_str().to_owned()))
            .collect();
        told.sort();
        told
    };
    let was = [None, Some("Anna Muster".to_owned()), Some("sugar 5.5".to_owned())];
    assert_eq!(told(0), was, "as it was then, and without what was erased");
    assert_eq!(told(2), [Some("sugar 6.5".to_owned())]);

    let between = scene.session.accounting(Timestamp::from_unix(start.unix() + 1), end).unwrap();
    assert_eq!(between.disclosures, all.disclosures[1..]);
    let before = scene.session.accounting(start, scene.now()).unwrap();
    assert_eq!(before.disclosures, all.disclosures[..2]);
    let kind = Some(AuditKind::Accounted);
    let entries = scene.session.log(&LogQuery { kind, ..LogQuery::default() }).unwrap().entries;
    assert_eq!(entries.len(), 3);
}
