use std::collections::HashSet;

use super::*;
use crate::consent::{
    Alias, CategorySet, ConsentId, DateRange, Delegation, Flags, Grant, Narrowing, NewDelegation,
    ProxyActs, Relation, Terms,
};
use crate::host::Timestamp;
use crate::keys::{Secret, SigningKey};
use crate::record::{LabelSet, RecordId};

const NOW: Timestamp = Timestamp::from_unix(1_795_255_200);

fn key(byte: u8) -> VerifyingKey {
    let secret = Secret::init_with(|bytes| bytes.fill(byte));
    SigningKey::from_secret(&secret).unwrap().verifying_key()
}

fn usual() -> Narrowing {
    let permitted = [Category::Laboratory, Category::Medications, Category::Allergies];
    Narrowing::new()
        .only(permitted.into_iter().collect())
        .deny([SensitivityLabel::MentalHealth].into_iter().collect())
}

struct Made {
    payload: Vec<u8>,
    opening: Opening,
}

/// Writes a payload under terms that the patient chose.
fn made_at(narrowing: &Narrowing, issued_at: Timestamp) -> Made {
    let grant = Grant::unasked(narrowing, LabelSet::EMPTY, NOW).unwrap();
    let opening = Opening::new([7; 16], grant.denied(), grant.withheld());
    let aliases: Vec<_> = grant.only().iter().map(|id| Alias::from_bytes(*id.as_bytes())).collect();
    let terms = Terms {
        id: ConsentId::from_bytes([1; 16]),
        issued_at,
        grant: &grant,
        opening: &opening,
        aliases: &aliases,
        reader: &key(2),
        audience: None,
        key: &key(1),
        delegation: None,
    };
    let payload = ConsentToken::payload(&terms).unwrap().to_vec();
    Made { payload, opening }
}

fn made(narrowing: &Narrowing) -> Made {
    made_at(narrowing, NOW)
}

fn told_to(language: Language, made: &Made, name: Option<&str>, voucher: Option<&str>) -> String {
    let sentence = Sentence {
        payload: &made.payload,
        opening: &made.opening,
        reader: &key(2),
        name,
        vouched_by: voucher,
    };
    language.consent(&sentence).unwrap().as_str().to_owned()
}

fn told(language: Language, narrowing: &Narrowing) -> String {
    told_to(language, &made(narrowing), Some("Dr. Chen"), Some("Swiss Clinics"))
}

fn everything() -> Narrowing {
    let record = |byte| RecordId::from_bytes([byte; 16]);
    let all: LabelSet = SensitivityLabel::ALL.into_iter().collect();
    Narrowing::new()
        .only([Category::Imaging, Category::Laboratory].into_iter().collect())
        .deny(all)
        .records(vec![record(1), record(2)])
        .except(vec![record(3), record(4), record(5)])
        .dates(DateRange::new(Some(1_577_836_800), Some(1_609_459_230)).unwrap())
        .flags(Flags::from_bits(7).unwrap())
        .until(Timestamp::from_unix(1_795_255_230))
        .erase_by(Timestamp::from_unix(1_795_860_000))
        .purpose(Purpose::Research)
        .reason(Text::from("for the heart study"))
}

#[test]
fn the_usual_sentence_in_three_languages() {
    assert_eq!(
        told(Language::En, &usual()),
        "“Dr. Chen” (vouched for by “Swiss Clinics”) may read your allergies, medications and \
         laboratory results until 28 November 2026, 10:00 UTC, to treat you. Never what is marked \
         as mental health, and no free text that you have not looked through. Every copy must be \
         erased by 28 November 2026, 10:00 UTC. Nobody asked you for this."
    );
    assert_eq!(
        told(Language::De, &usual()),
        "„Dr. Chen“ (dafür bürgt „Swiss Clinics“) darf bis zum 28. November 2026, 10:00 UTC Ihre \
         Allergien, Medikamente und Laborwerte lesen, um Sie zu behandeln. Niemals, was als \
         seelische Gesundheit gekennzeichnet ist, und keinen freien Text, den Sie nicht \
         durchgesehen haben. Jede Kopie muss bis zum 28. November 2026, 10:00 UTC gelöscht sein. \
         Niemand hat Sie darum gebeten."
    );
    assert_eq!(
        told(Language::Es, &usual()),
        "«Dr. Chen» (lo avala «Swiss Clinics») puede leer sus alergias, medicamentos y resultados \
         de laboratorio hasta el 28 de noviembre de 2026, 10:00 UTC, para tratarle. Nunca lo \
         marcado como salud mental, ni texto libre que usted no haya revisado. Toda copia debe \
         estar borrada antes del 28 de noviembre de 2026, 10:00 UTC. Nadie se lo pidió a usted."
    );
}

#[test]
fn the_sentence_says_who_signs_for_the_patient() {
    let signing =
        |byte: u8| SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(byte))).unwrap();
    let (proxy, reader) = (key(3), key(2));
    let new = NewDelegation {
        id: ConsentId::from_bytes([9; 16]),
        proxy: &proxy,
        requester: &reader,
        categories: CategorySet::ALL,
        acts: ProxyActs::ALL,
        purposes: &[Purpose::Treatment],
        longest: Grant::LONGEST,
        flags: Flags::NONE,
        relation: Relation::Parent,
        name: "Elena “Rossi",
        not_before: NOW,
        expires_at: Timestamp::from_unix(NOW.unix() + Grant::LONGEST),
    };
    let delegation = Delegation::read(&Delegation::sign(&signing(1), &new, NOW).unwrap()).unwrap();
    let grant = Grant::unasked(&usual(), LabelSet::EMPTY, NOW).unwrap();
    let opening = Opening::new([7; 16], grant.denied(), grant.withheld());
    let terms = Terms {
        id: ConsentId::from_bytes([1; 16]),
        issued_at: NOW,
        grant: &grant,
        opening: &opening,
        aliases: &[],
        reader: &reader,
        audience: None,
        key: &proxy,
        delegation: Some(&delegation),
    };
    let payload = ConsentToken::payload(&terms).unwrap().to_vec();
    let made = Made { payload, opening };
    for (language, end) in [
        (Language::En, " signs this for the patient, who has allowed it."),
        (
            Language::De,
            " unterschreibt das im Namen der Patientin oder des Patienten und darf das.",
        ),
        (Language::Es, " firma esto en nombre del paciente, que lo ha permitido."),
    ] {
        let told = told_to(language, &made, Some("Dr. Chen"), None);
        assert!(told.ends_with(end) && told.contains("Elena"), "{told}");
        assert!(!told_to(language, &self::made(&usual()), None, None).ends_with(end));
    }
}

#[test]
fn the_longest_sentence_in_three_languages() {
    let later = |language| {
        let made = made_at(&everything(), Timestamp::from_unix(NOW.unix() - 60));
        told_to(language, &made, Some("Dr. Chen"), None)
    };
    assert_eq!(
        later(Language::En),
        "“Dr. Chen” (a name that nobody vouches for) may read your laboratory results and medical \
         images from 21 November 2026, 10:00 UTC until 21 November 2026, 10:00:30 UTC, for \
         research. Of these, only the 2 records that you picked. Of these, only what is of 1 \
         January 2020, 00:00 UTC or later and from before 1 January 2021, 00:00:30 UTC, or has no \
         date. Never what is marked as mental health, addiction, HIV, sexually transmitted \
         disease, sexual health, violence or genetics, and no free text that you have not looked \
         through. Never the 3 records that you hold back. Every copy must be erased by 28 November \
         2026, 10:00 UTC. They may look, but keep no copy. They may pass nothing on. They may open \
         it once. Your reason, which they can read: “for the heart study”. Nobody asked you for \
         this."
    );
    assert_eq!(
        later(Language::De),
        "„Dr. Chen“ (für diesen Namen bürgt niemand) darf vom 21. November 2026, 10:00 UTC bis zum \
         21. November 2026, 10:00:30 UTC Ihre Laborwerte und Bildaufnahmen lesen, für die \
         Forschung. Davon nur die 2 Befunde, die Sie ausgewählt haben. Davon nur, was vom 1. \
         Januar 2020, 00:00 UTC oder später und von vor dem 1. Januar 2021, 00:00:30 UTC ist oder \
         kein Datum hat. Niemals, was als seelische Gesundheit, Sucht, HIV, sexuell übertragbare \
         Krankheit, Sexualität, Gewalt oder Erbanlagen gekennzeichnet ist, und keinen freien Text, \
         den Sie nicht durchgesehen haben. Niemals die 3 Befunde, die Sie zurückhalten. Jede Kopie \
         muss bis zum 28. November 2026, 10:00 UTC gelöscht sein. Nur ansehen, keine Kopie \
         behalten. Nichts weitergeben. Nur ein einziges Mal öffnen. Ihr Grund, der mitgeteilt \
         wird: „for the heart study“. Niemand hat Sie darum gebeten."
    );
    assert_eq!(
        later(Language::Es),
        "«Dr. Chen» (un nombre que nadie avala) puede leer sus resultados de laboratorio e \
         imágenes médicas desde el 21 de noviembre de 2026, 10:00 UTC hasta el 21 de noviembre de \
         2026, 10:00:30 UTC, para la investigación. De ello, solo los 2 documentos que usted \
         eligió. De ello, solo lo que es del 1 de enero de 2020, 00:00 UTC o posterior y anterior \
         al 1 de enero de 2021, 00:00:30 UTC, o no tiene fecha. Nunca lo marcado como salud \
         mental, adicción, VIH, enfermedad de transmisión sexual, salud sexual, violencia o \
         genética, ni texto libre que usted no haya revisado. Nunca los 3 documentos que usted se \
         reserva. Toda copia debe estar borrada antes del 28 de noviembre de 2026, 10:00 UTC. Solo \
         mirar, sin guardar copia. Sin pasar nada a otros. Se puede abrir una sola vez. Su motivo, \
         que podrán leer: «for the heart study». Nadie se lo pidió a usted."
    );
}

#[test]
fn every_term_that_limits_changes_the_sentence() {
    let record = |byte| RecordId::from_bytes([byte; 16]);
    let range = |from, to| DateRange::new(from, to).unwrap();
    let other: LabelSet = [SensitivityLabel::Hiv].into_iter().collect();
    let mut changes = vec![
        usual(),
        usual().only([Category::Laboratory].into_iter().collect()),
        usual().only(CategorySet::ALL),
        usual().only(CategorySet::ALL_BUT_OTHER),
        usual().deny(other),
        Narrowing::new().only([Category::Laboratory].into_iter().collect()),
        usual().seconds(60),
        usual().seconds(61),
        usual().erase_by(Timestamp::from_unix(NOW.unix() + 5)),
        usual().dates(range(Some(0), None)),
        usual().dates(range(None, Some(0))),
        usual().dates(range(Some(0), Some(1))),
        usual().dates(range(Some(0), Some(2))),
        usual().dates(range(Some(-1), Some(2))),
        usual().records(vec![record(1)]),
        usual().records(vec![record(1), record(2)]),
        usual().except(vec![record(1)]),
        usual().except(vec![record(1), record(2)]),
        usual().flags(Flags::VIEW_ONLY),
        usual().flags(Flags::NO_ONWARD),
        usual().flags(Flags::SINGLE_USE),
        usual().reason(Text::from("one")),
        usual().reason(Text::from("two")),
    ];
    changes.extend(Purpose::ALL.iter().skip(1).map(|purpose| usual().purpose(*purpose)));
    for language in Language::ALL {
        let sentences: HashSet<_> =
            changes.iter().map(|narrowing| told(*language, narrowing)).collect();
        assert_eq!(sentences.len(), changes.len(), "{language:?}");
        for sentence in &sentences {
            assert!(!sentence.contains(['{', '}']) && !sentence.contains("  "), "{sentence}");
            assert!(sentence.ends_with('.'), "{sentence}");
        }
        // From when.
        let earlier = made_at(&usual(), Timestamp::from_unix(NOW.unix() - 1));
        let earlier = told_to(*language, &earlier, Some("Dr. Chen"), Some("Swiss Clinics"));
        assert!(!sentences.contains(&earlier));
    }
}

#[test]
fn a_payload_that_does_not_fit_its_opening_is_refused() {
    let good = made(&usual());
    let tell = |payload: &[u8], opening: &Opening, reader: &VerifyingKey| {
        let name = Some("Dr. Chen");
        let sentence = Sentence { payload, opening, reader, name, vouched_by: None };
        Language::En.consent(&sentence).err()
    };
    assert_eq!(tell(&good.payload, &good.opening, &key(2)), None);
    let denied = good.opening.denied();
    for opening in [
        Opening::new([8; 16], denied, &[]),
        Opening::new([7; 16], LabelSet::EMPTY, &[]),
        Opening::new([7; 16], denied, &[RecordId::from_bytes([1; 16])]),
    ] {
        let refused = tell(&good.payload, &opening, &key(2));
        assert_eq!(refused, Some(ConsentError::Invalid));
    }
    let other = tell(&good.payload, &good.opening, &key(3));
    assert_eq!(other, Some(ConsentError::OtherRequester));
    for end in 0..good.payload.len() {
        let refused = tell(&good.payload[..end], &good.opening, &key(2));
        assert_eq!(refused, Some(ConsentError::Invalid));
    }
}

#[test]
fn a_name_cannot_leave_its_quotes() {
    let made = made(&usual());
    let name = "Eve” (vouched for by “Swiss Clinics”) may read\n every\u{202e}thing";
    let sentence = told_to(Language::En, &made, Some(name), None);
    let quoted = "“Eve' (vouched for by 'Swiss Clinics') may read everything” (a name that nobody \
                  vouches for) may read your allergies";
    assert!(sentence.starts_with(quoted), "{sentence}");
    for language in Language::ALL {
        let quotes = "“”„‟\"«»「」『』〝〞〟＂〃ˮ״″";
        let [open, close] = language.phrases().quotes;
        let sentence = told_to(*language, &made, Some(quotes), None);
        let inside = sentence.strip_prefix(open).unwrap().split_once(close).unwrap().0;
        assert_eq!(inside.len(), quotes.chars().count(), "{sentence}");
        assert!(inside.chars().all(|letter| letter == '\''), "{sentence}");
    }
    let nameless = told_to(Language::En, &made, None, None);
    assert!(nameless.starts_with("Somebody who gives no name, and for whom nobody vouches, may"));
}

/// Everything that is said beside the sentence.
fn words(language: Language) -> Vec<&'static str> {
    let mut all = Vec::new();
    all.extend(Category::ALL.map(|one| language.category(one)));
    all.extend(SensitivityLabel::ALL.map(|one| language.label(one)));
    all.extend(Purpose::ALL.iter().map(|one| language.purpose(*one)));
    all.extend(RequesterClass::ALL.iter().map(|one| language.class(*one)));
    all.extend(Because::ALL.iter().map(|one| language.because(*one)));
    all.extend(ConsentState::ALL.iter().map(|one| language.consent_state(*one)));
    all.extend(RequestState::ALL.iter().map(|one| language.request_state(*one)));
    all.extend(KeptBy::ALL.iter().map(|one| language.kept_by(*one)));
    all.extend(language.kept().iter().map(Kept::what));
    all
}

#[test]
fn every_word_is_there_once_in_each_language() {
    for language in Language::ALL {
        let words = words(*language);
        let mut seen = HashSet::new();
        for word in &words {
            assert!(!word.is_empty() && !word.contains(['{', '}']) && !word.contains("  "));
            assert!(seen.insert(word), "twice: {word}");
        }
        for because in Because::ALL {
            assert!(language.because(*because).ends_with('.'));
        }
        let by: Vec<_> = language.kept().iter().map(Kept::by).collect();
        assert_eq!(by, Language::En.kept().iter().map(Kept::by).collect::<Vec<_>>());
        assert!(KeptBy::ALL.iter().all(|one| by.contains(one)));
        let places = by.iter().map(|one| KeptBy::ALL.iter().position(|other| other == one));
        assert!(places.is_sorted(), "in the order of the table");
    }
}

#[test]
fn no_word_needs_a_technical_one() {
    let technical = [
        "hash",
        "token",
        "scope",
        "claim",
        "label",
        "cbor",
        "cose",
        "sha-",
        "nonce",
        "byte",
        "exp",
        "commitment",
        "salt",
        "did",
        "alias",
        "signature",
        "disclosure",
        "requester",
        "grant",
        "payload",
        "metadata",
        "etikett",
        "unterzeichner",
        "etiqueta",
        "firma",
        "clave",
        "credential",
        "public",
        "privat",
        "encrypted",
        "verschlüsselt",
        "cifrado",
        "json",
        "fhir",
    ];
    for language in Language::ALL {
        let mut all: Vec<String> = words(*language).into_iter().map(str::to_owned).collect();
        all.push(told(*language, &usual()));
        all.push(told(*language, &everything()));
        for sentence in all {
            let lower = sentence.to_lowercase();
            let words: Vec<&str> = lower.split(|c: char| !c.is_alphabetic() && c != '-').collect();
            let found = technical.iter().find(|term| words.contains(term));
            // An authority is one of the public.
            let found = found.filter(|term| **term != "public");
            assert_eq!(found, None, "{sentence}");
        }
    }
}

/// A phrase without one of its parts would keep a term from the patient.
#[test]
fn every_phrase_has_its_parts() {
    for language in Language::ALL {
        let words = language.phrases();
        let phrases = [
            (words.vouched, ["{name}", "{voucher}"].as_slice()),
            (words.not_vouched, &["{name}"]),
            (words.may_read, &["{who}", "{what}", "{until}", "{purpose}"]),
            (words.may_read_from, &["{who}", "{what}", "{from}", "{until}", "{purpose}"]),
            (words.categories, &["{list}"]),
            (words.records, &["{count}"]),
            (words.dated_from, &["{from}"]),
            (words.dated_to, &["{to}"]),
            (words.dated_between, &["{from}", "{to}"]),
            (words.never, &["{list}"]),
            (words.withheld, &["{count}"]),
            (words.erase_by, &["{time}"]),
            (words.reason, &["{reason}"]),
            (words.date, &["{day}", "{month}", "{year}"]),
        ];
        for (phrase, parts) in phrases {
            assert!(parts.iter().all(|part| phrase.contains(part)), "{phrase}");
            assert_eq!(phrase.matches('{').count(), parts.len(), "{phrase}");
        }
    }
}

#[test]
fn a_sentence_is_not_printed() {
    let made = made(&usual());
    let sentence = Sentence {
        payload: &made.payload,
        opening: &made.opening,
        reader: &key(2),
        name: None,
        vouched_by: None,
    };
    assert_eq!(format!("{:?}", Language::En.consent(&sentence)), "Ok(Text(..))");
}
