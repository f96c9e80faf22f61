use std::collections::HashSet;

use super::*;
use crate::audit::{
    Checkpoint, ErasureStatement, Head, LogId, ProvenContinuation, ProvenEntry, Salted, node_hash,
    verify,
};
use crate::keys::{Secret, SigningKey};

const AT: Timestamp = Timestamp::from_unix(1_800_000_000);

fn sentences(language: Language) -> Vec<String> {
    let mut all = Vec::new();
    for kind in AuditKind::ALL {
        for actor in [Actor::Patient, Actor::Device] {
            all.push(language.entry(&AuditEntry::new(AT, *kind, actor)).to_owned());
        }
    }
    // What a proxy may not do is told in one sentence: it stands in no log.
    for kind in [AuditKind::Consented, AuditKind::Denied, AuditKind::Erased] {
        all.push(language.entry(&AuditEntry::new(AT, kind, Actor::Proxy)).to_owned());
    }
    all.extend(Destroyed::ALL.iter().map(|one| language.destroyed(*one).to_owned()));
    all.extend(MayRemain::ALL.iter().map(|one| language.may_remain(*one).to_owned()));
    all
}

/// A checkpoint, continuations of three kinds, two statements and an entry.
fn findings(language: Language) -> Vec<String> {
    let key = SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(1))).unwrap();
    let roots = [[7; 32], node_hash(&[7; 32], &[8; 32])];
    let stamp = |incarnation, size: u64, root| {
        Stamp::new(LogId::derive(&[0; 16]), Head::new([incarnation; 8], size, root), AT)
    };
    let sign = |incarnation, size: u64, root, parent: Option<Head>| {
        Checkpoint::sign(&key, &stamp(incarnation, size, root), parent.as_ref()).unwrap()
    };
    let one = sign(1, 1, roots[0], None);
    let parent = Head::new([1; 8], 1, roots[0]);
    let two = sign(1, 2, roots[1], None);
    let restored = sign(2, 2, roots[1], Some(parent));
    let continuation = |earlier: &[u8], later: &[u8]| {
        ProvenContinuation::encode(earlier, later, &[[8; 32]]).unwrap()
    };
    let erase = |subject, may_remain: &[MayRemain]| {
        let stamp = stamp(1, 2, roots[1]);
        ErasureStatement::sign(&key, &stamp, subject, &[Destroyed::Keys], may_remain).unwrap()
    };
    let corrected = AuditEntry::new(AT, AuditKind::Corrected, Actor::Patient).with_id([0; 16]);
    let corrected = Salted::generate(&corrected).unwrap();
    let alone = sign(3, 1, corrected.leaf(), None);
    let files = [
        one.clone(),
        continuation(&one, &two),
        continuation(&one, &restored),
        continuation(&sign(1, 9, [9; 32], None), &restored),
        erase(Subject::Record([0; 16]), MayRemain::ALL),
        erase(Subject::Wallet([0; 16]), &[]),
        ProvenEntry::encode(0, &corrected, &[], &alone).unwrap(),
    ];
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    verify(&files).unwrap().iter().map(|finding| language.finding(finding)).collect()
}

#[test]
fn every_sentence_is_there_and_differs_between_languages() {
    let mut seen = HashSet::new();
    for language in Language::ALL {
        for sentence in sentences(*language).into_iter().chain(findings(*language)) {
            assert!(sentence.len() > 5 && !sentence.contains("  "), "{sentence}");
            assert!(seen.insert(sentence.clone()), "twice: {sentence}");
        }
        for kind in AuditKind::ALL {
            for actor in Actor::ALL {
                let sentence = language.entry(&AuditEntry::new(AT, *kind, *actor));
                assert!(sentence.ends_with('.'), "{sentence}");
            }
        }
    }
}

#[test]
fn no_sentence_needs_a_technical_word() {
    let technical = [
        "hash",
        "root",
        "leaf",
        "tree",
        "merkle",
        "checkpoint",
        "nonce",
        "incarnation",
        "cbor",
        "cose",
        "sha-",
        "row",
        "keystore",
        "byte",
        "sync",
        "metadata",
        "wurzel",
        "blatt",
        "baum",
        "prüfsumme",
        "zeile",
        "raíz",
        "hoja",
        "árbol",
        "fila",
        "biometr",
        "log entry",
    ];
    for language in Language::ALL {
        for sentence in sentences(*language).into_iter().chain(findings(*language)) {
            let lower = sentence.to_lowercase();
            let words: Vec<&str> = lower.split(|c: char| !c.is_alphabetic() && c != '-').collect();
            let found = technical.iter().find(|term| words.contains(term));
            assert_eq!(found, None, "{sentence}");
        }
    }
}

#[test]
fn findings_are_told_with_numbers_and_times() {
    let english = findings(Language::En);
    assert_eq!(
        english[0],
        "The wallet signed that its log had 1 entry on 15 January 2027, 08:00 UTC."
    );
    assert_eq!(
        english[1],
        "The log of 15 January 2027, 08:00 UTC with 2 entries contains the log of 15 January 2027, \
         08:00 UTC with 1 entry, unchanged."
    );
    assert!(
        english[2].ends_with("In between, the wallet was brought back from a backup with 1 entry.")
    );
    assert!(english[3].ends_with("(8 entries) is missing from the later one."));
    assert!(english[5].starts_with("The whole wallet was erased on 15 January 2027"));
    let quoted = "“You gave a record new content; the old content is kept.”";
    assert!(english[6].ends_with(quoted), "{}", english[6]);
    let german = findings(Language::De);
    assert!(german[0].contains("am 15. Januar 2027, 08:00 UTC 1 Eintrag hatte"), "{}", german[0]);
    assert!(german[1].contains("mit 2 Einträgen"), "{}", german[1]);
    let spanish = findings(Language::Es);
    assert!(spanish[0].contains("1 entrada el 15 de enero de 2027, 08:00 UTC"), "{}", spanish[0]);
    // No time is refused, however far.
    let far = Moment::from(Timestamp::from_unix(u64::MAX));
    assert_eq!(far.tell("unknown", |_| String::new()), "unknown");
}

#[test]
fn languages_are_found_by_tag() {
    for language in Language::ALL {
        assert_eq!(Language::from_tag(language.tag()), Some(*language));
    }
    assert_eq!(Language::from_tag("de_AT.UTF-8"), Some(Language::De));
    assert_eq!(Language::from_tag("ES-mx"), Some(Language::Es));
    assert_eq!(Language::from_tag("den"), None);
    assert_eq!(Language::from_tag(""), None);
}
