//! The decision against an oracle that was written from the rules another way, and against the
//! properties that make it safe.

use std::collections::BTreeSet;

use patient_wallet::consent::{
    Because, Candidate, CategorySet, DateRange, Flags, Grant, Narrowing, Reader, RequesterClass,
    Rule, RuleId, decide,
};
use patient_wallet::host::Timestamp;
use patient_wallet::record::{Category, LabelSet, RecordDate, RecordId, SensitivityLabel};
use proptest::prelude::*;

use crate::bench::*;

/// What speaks against a release, told record by record in words.
fn oracle(
    record: &Candidate,
    grant: &Grant,
    reader: Reader,
    rules: &[Rule],
    revoked: bool,
    now: Timestamp,
) -> BTreeSet<&'static str> {
    let words = |set: LabelSet| set.iter().map(SensitivityLabel::word).collect::<BTreeSet<_>>();
    let mut against = BTreeSet::new();
    let mut denied_anywhere = words(grant.denied());
    for rule in rules {
        let hers = match (rule.class(), reader.class) {
            (None, _) | (Some(_), None) => true,
            (Some(of), Some(is)) => of.word() == is.word(),
        };
        if !hers {
            continue;
        }
        denied_anywhere.extend(words(rule.labels()));
        let by_label = words(record.labels).iter().any(|word| words(rule.labels()).contains(word));
        let by_category = rule.categories().iter().any(|category| category == record.category);
        if by_label || by_category {
            against.insert("rule");
        }
    }
    if !grant.categories().iter().any(|category| category == record.category) {
        against.insert("category");
    }
    if !grant.only().is_empty() && !grant.only().contains(&record.id) {
        against.insert("not-named");
    }
    if grant.withheld().contains(&record.id) {
        against.insert("withheld");
    }
    if words(record.labels).iter().any(|word| words(grant.denied()).contains(word)) {
        against.insert("label");
    }
    if record.free_text && !record.confirmed && !denied_anywhere.is_empty() {
        against.insert("free-text");
    }
    if let (Some(range), Some(date)) = (grant.dates(), record.date) {
        let first = range.from().unwrap_or(i64::MIN);
        let last = range.to().map_or(i64::MAX, |to| to - 1);
        if date.end() - 1 < first || date.start() > last {
            against.insert("date");
        }
    }
    if now.unix() < grant.not_before().unix() {
        against.insert("not-yet");
    }
    if now.unix() >= grant.expires_at().unix() {
        against.insert("expired");
    }
    if revoked {
        against.insert("revoked");
    }
    against
}

fn check(
    record: &Candidate,
    grant: &Grant,
    reader: Reader,
    rules: &[Rule],
    revoked: bool,
    now: Timestamp,
) {
    let reasons = decide(record, grant, reader, rules, revoked, now);
    let words: BTreeSet<_> = reasons.iter().map(Because::word).collect();
    let expected = oracle(record, grant, reader, rules, revoked, now);
    assert_eq!(words, expected, "{record:?} {reader:?} {rules:?} {now}");
    assert_eq!(reasons.is_empty(), expected.is_empty());
}

fn candidate() -> Candidate {
    Candidate {
        id: record(1),
        category: Category::Laboratory,
        labels: LabelSet::EMPTY,
        confirmed: false,
        free_text: false,
        date: None,
    }
}

fn unasked(categories: CategorySet, narrowing: Narrowing) -> Grant {
    Grant::unasked(&narrowing.only(categories), LabelSet::EMPTY, NOW).unwrap()
}

fn rule(class: Option<RequesterClass>, labels: LabelSet, categories: CategorySet) -> Rule {
    Rule::new(RuleId::from_bytes([1; 16]), class, labels, categories).unwrap()
}

fn date(text: &str) -> RecordDate {
    text.parse().unwrap()
}

fn year_2020() -> DateRange {
    DateRange::new(Some(date("2020").start()), Some(date("2020").end())).unwrap()
}

fn mental_health() -> LabelSet {
    labels(&[SensitivityLabel::MentalHealth])
}

#[test]
fn the_decision_is_the_oracles_over_the_whole_cross_product() {
    let hiv = labels(&[SensitivityLabel::Hiv]);
    let label_sets = [LabelSet::EMPTY, mental_health(), hiv];
    let dates = [None, Some("2020"), Some("2019-12-31T23:59:59Z"), Some("2021-01-01")];
    let mut records = Vec::new();
    for category in [Category::Other, Category::Laboratory, Category::Notes] {
        for labels in label_sets {
            for (confirmed, free_text) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                for date in dates.map(|text| text.map(date)) {
                    let id = record(1);
                    records.push(Candidate { id, category, labels, confirmed, free_text, date });
                }
            }
        }
    }
    let laboratory = categories(&[Category::Laboratory]);
    let mut grants = Vec::new();
    for permitted in [laboratory, CategorySet::ALL_BUT_OTHER, CategorySet::ALL] {
        for denied in [LabelSet::EMPTY, mental_health(), all_labels()] {
            for range in [None, Some(year_2020())] {
                for only in [vec![], vec![record(1)], vec![record(2)]] {
                    for except in [vec![], vec![record(1)]] {
                        let narrowing = Narrowing::new().deny(denied).except(except);
                        let mut narrowing = narrowing.records(only.clone());
                        if let Some(range) = range {
                            narrowing = narrowing.dates(range);
                        }
                        let made = Grant::unasked(&narrowing.only(permitted), LabelSet::EMPTY, NOW);
                        grants.extend(made.ok());
                    }
                }
            }
        }
    }
    assert_eq!((records.len(), grants.len()), (144, 90));
    let insurer = Some(RequesterClass::Insurer);
    let rules = [
        rule(insurer, mental_health(), CategorySet::EMPTY),
        rule(None, LabelSet::EMPTY, categories(&[Category::Notes])),
    ];
    let rules: [&[Rule]; 4] = [&[], &rules[..1], &rules[1..], &rules];
    let readers = [None, insurer, Some(RequesterClass::Clinician)].map(|class| Reader { class });
    for record in &records {
        for grant in &grants {
            for rules in rules {
                for reader in readers {
                    for (revoked, now) in
                        [(false, NOW), (true, NOW), (false, before(1)), (false, after(7 * DAY))]
                    {
                        check(record, grant, reader, rules, revoked, now);
                    }
                }
            }
        }
    }
}

#[test]
fn every_label_meets_every_denial() {
    for denied in 0..128 {
        let denied = LabelSet::from_bits(denied).unwrap();
        let grant = unasked(CategorySet::ALL, Narrowing::new().deny(denied));
        for labels in 0..128 {
            let labels = LabelSet::from_bits(labels).unwrap();
            for free_text in [false, true] {
                let record = Candidate { labels, free_text, ..candidate() };
                check(&record, &grant, Reader::default(), &[], false, NOW);
            }
        }
    }
}

#[test]
fn every_category_needs_its_own_permission() {
    for permitted in Category::ALL {
        let grant = unasked(categories(&[permitted]), Narrowing::new());
        for category in Category::ALL {
            let record = Candidate { category, ..candidate() };
            let reasons = decide(&record, &grant, Reader::default(), &[], false, NOW);
            assert_eq!(reasons.is_empty(), category == permitted);
        }
    }
}

#[test]
fn every_class_is_met_by_its_rules_and_nobody_vouched_for_by_all() {
    let grant = unasked(CategorySet::ALL, Narrowing::new());
    let record = Candidate { labels: mental_health(), ..candidate() };
    let classes = RequesterClass::ALL.iter().copied().map(Some).chain([None]);
    for of in classes.clone() {
        let rules = [rule(of, mental_health(), CategorySet::EMPTY)];
        for is in classes.clone() {
            let reasons = decide(&record, &grant, Reader { class: is }, &rules, false, NOW);
            let denied = of.is_none() || is.is_none() || of == is;
            assert_eq!(reasons.contains(Because::Rule), denied, "{of:?} {is:?}");
        }
    }
}

/// To deny mental health is to deny psychiatry, behavioural health and psychotherapy notes too.
#[test]
fn a_denied_label_closes_over_its_codes() {
    let grant = unasked(CategorySet::ALL, Narrowing::new().deny(mental_health()));
    for code in ["PSY", "MH", "BH", "PSYTHPN"] {
        let labels = labels(&[SensitivityLabel::from_code(code).unwrap()]);
        let reasons = decide(
            &Candidate { labels, ..candidate() },
            &grant,
            Reader::default(),
            &[],
            false,
            NOW,
        );
        assert_eq!(reasons.iter().collect::<Vec<_>>(), [Because::Label], "{code}");
    }
}

#[test]
fn an_unread_note_stays_as_soon_as_anything_is_denied() {
    let note = Candidate { category: Category::Notes, free_text: true, ..candidate() };
    let open = unasked(CategorySet::ALL, Narrowing::new());
    let reader = Reader { class: Some(RequesterClass::Insurer) };
    assert!(decide(&note, &open, reader, &[], false, NOW).is_empty());
    let denying = unasked(CategorySet::ALL, Narrowing::new().deny(mental_health()));
    let reasons = decide(&note, &denying, reader, &[], false, NOW);
    assert_eq!(reasons.iter().collect::<Vec<_>>(), [Because::FreeText]);
    let confirmed = Candidate { confirmed: true, ..note };
    assert!(decide(&confirmed, &denying, reader, &[], false, NOW).is_empty());
    // A rule denies something too; one for others does not.
    let rules = [rule(reader.class, mental_health(), CategorySet::EMPTY)];
    assert!(!decide(&note, &open, reader, &rules, false, NOW).is_empty());
    let other = Reader { class: Some(RequesterClass::Clinician) };
    assert!(decide(&note, &open, other, &rules, false, NOW).is_empty());
}

#[test]
fn dates_end_where_the_next_begin() {
    let grant = unasked(CategorySet::ALL, Narrowing::new().dates(year_2020()));
    let cases = [
        (None, true),
        (Some("2020-01-01T00:00:00Z"), true),
        (Some("2019-12-31T23:59:59Z"), false),
        (Some("2020-12-31T23:59:59Z"), true),
        (Some("2021-01-01T00:00:00Z"), false),
        (Some("2021-01-01T00:30:00+01:00"), true),
        // What may lie inside is inside: a year, a month.
        (Some("2020"), true),
        (Some("2019"), false),
        (Some("2021-01"), false),
    ];
    for (text, inside) in cases {
        let record = Candidate { date: text.map(date), ..candidate() };
        let reasons = decide(&record, &grant, Reader::default(), &[], false, NOW);
        assert_eq!(reasons.is_empty(), inside, "{text:?}");
    }
}

#[test]
fn a_rule_survives_storage_and_says_something() {
    let id = RuleId::from_bytes([9; 16]);
    for class in RequesterClass::ALL.iter().copied().map(Some).chain([None]) {
        let rule = Rule::new(id, class, all_labels(), CategorySet::ALL).unwrap();
        assert_eq!(Rule::decode(&rule.encode()), Ok(rule));
    }
    assert!(Rule::new(id, None, LabelSet::EMPTY, CategorySet::EMPTY).is_err());
    let encoded = rule(None, mental_health(), CategorySet::EMPTY).encode();
    for end in 0..encoded.len() {
        assert!(Rule::decode(&encoded[..end]).is_err());
    }
    for class in RequesterClass::ALL {
        assert_eq!(class.word().parse(), Ok(*class));
        assert_eq!(RequesterClass::from_code(class.code()), Some(*class));
    }
    assert_eq!(RequesterClass::from_code(8), None);
}

fn any_labels() -> impl Strategy<Value = LabelSet> {
    (0..128_u8).prop_map(|bits| LabelSet::from_bits(bits).unwrap())
}

fn any_categories() -> impl Strategy<Value = CategorySet> {
    let all = proptest::sample::subsequence(Category::ALL.to_vec(), 1..=19);
    all.prop_map(|some| some.into_iter().collect())
}

fn any_range() -> impl Strategy<Value = Option<DateRange>> {
    let ends = (0..40_i64, 1..40_i64);
    let range = ends.prop_map(|(from, length)| {
        let day = i64::try_from(DAY).unwrap();
        DateRange::new(Some(from * day), Some((from + length) * day)).unwrap()
    });
    proptest::option::of(range)
}

fn any_ids() -> impl Strategy<Value = Vec<RecordId>> {
    proptest::collection::vec((0..6_u8).prop_map(record), 0..4)
}

fn any_record() -> impl Strategy<Value = Candidate> {
    let date = proptest::option::of((1..29_u8, 1..3_u8));
    let date = date.prop_map(|date| date.map(|(day, month)| format!("1970-{month:02}-{day:02}")));
    (0..6_u8, 0..19_usize, any_labels(), any::<(bool, bool)>(), date).prop_map(
        |(id, category, labels, (confirmed, free_text), date)| Candidate {
            id: record(id),
            category: Category::ALL[category],
            labels,
            confirmed,
            free_text,
            date: date.map(|text| text.parse().unwrap()),
        },
    )
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let class = proptest::option::of(0..8_u8);
    (class, any_labels(), any_categories()).prop_map(|(class, labels, categories)| {
        rule(class.map(|code| RequesterClass::from_code(code).unwrap()), labels, categories)
    })
}

fn any_reader() -> impl Strategy<Value = Reader> {
    let class = proptest::option::of(0..8_u8);
    class.prop_map(|class| Reader {
        class: class.map(|code| RequesterClass::from_code(code).unwrap()),
    })
}

fn any_narrowing() -> impl Strategy<Value = Narrowing> {
    let times = (proptest::option::of(1..20 * DAY), proptest::option::of(1..20 * DAY));
    let flags = (0..8_u8).prop_map(|bits| Flags::from_bits(bits).unwrap());
    let preset = proptest::option::of(0..8_usize);
    let sets = (proptest::option::of(any_categories()), any_categories(), any_labels());
    (sets, times, any_ids(), any_ids(), any_range(), flags, preset).prop_map(
        |((only, without, deny), (seconds, until), records, except, dates, flags, preset)| {
            let narrowing =
                Narrowing::new().deny(deny).records(records).except(except).flags(flags);
            let narrowing = narrowing.without(without);
            let narrowing = only.into_iter().fold(narrowing, Narrowing::only);
            let narrowing = seconds.into_iter().fold(narrowing, Narrowing::seconds);
            let until = until.map(after);
            let narrowing = until.into_iter().fold(narrowing, Narrowing::until);
            let narrowing = dates.into_iter().fold(narrowing, Narrowing::dates);
            let preset = preset.map(|at| patient_wallet::consent::Preset::ALL[at]);
            preset.into_iter().fold(narrowing, Narrowing::preset)
        },
    )
}

proptest! {
    #[test]
    fn random_decisions_are_the_oracles(
        record in any_record(), categories in any_categories(), narrowing in any_narrowing(),
        reader in any_reader(), rules in proptest::collection::vec(any_rule(), 0..3),
        revoked: bool, time in 0..30 * DAY,
    ) {
        let grant = Grant::unasked(&narrowing.only(categories), LabelSet::EMPTY, NOW);
        if let Ok(grant) = grant {
            check(&record, &grant, reader, &rules, revoked, after(time));
        }
    }

    #[test]
    fn deny_wins(
        mut record in any_record(), denied in any_labels(), label in 0..7_usize,
        reader in any_reader(),
    ) {
        let label = SensitivityLabel::ALL[label];
        record.labels.insert(label);
        let mut denied = denied;
        denied.insert(label);
        let grant = unasked(CategorySet::ALL, Narrowing::new().deny(denied));
        prop_assert!(!decide(&record, &grant, reader, &[], false, NOW).is_empty());
        // A standing rule outranks a grant that denies nothing.
        let open = unasked(CategorySet::ALL, Narrowing::new());
        let rules = [rule(reader.class, denied, CategorySet::EMPTY)];
        prop_assert!(!decide(&record, &open, reader, &rules, false, NOW).is_empty());
    }

    #[test]
    fn a_further_denial_never_releases_more(
        record in any_record(), categories in any_categories(), narrowing in any_narrowing(),
        further in any_labels(), held in any_ids(), reader in any_reader(),
        rules in proptest::collection::vec(any_rule(), 0..3), another in any_rule(),
        time in 0..30 * DAY,
    ) {
        let narrowing = narrowing.only(categories);
        let grant = |narrowing: Narrowing| Grant::unasked(&narrowing, LabelSet::EMPTY, NOW);
        let Ok(first) = grant(narrowing.clone()) else { return Ok(()) };
        let now = after(time);
        let released = decide(&record, &first, reader, &rules, false, now).is_empty();
        let released_by = |grant: &Grant, reader, rules: &[Rule], revoked| {
            decide(&record, grant, reader, rules, revoked, now).is_empty()
        };
        let denying = grant(narrowing.clone().deny(further)).unwrap();
        prop_assert!(released || !released_by(&denying, reader, &rules, false));
        let mut more = rules.clone();
        more.push(another);
        prop_assert!(released || !released_by(&first, reader, &more, false));
        prop_assert!(released || !released_by(&first, Reader::default(), &rules, false));
        prop_assert!(!released_by(&first, reader, &rules, true));
        let held = [first.withheld(), &held].concat();
        if let Ok(holding) = grant(narrowing.except(held)) {
            prop_assert!(released || !released_by(&holding, reader, &rules, false));
        }
    }

    #[test]
    fn narrowing_never_widens(
        record in any_record(), narrowing in any_narrowing(), ruled in any_labels(),
        reader in any_reader(), time in 0..30 * DAY,
    ) {
        let request = read_request();
        let whole =
            Grant::from_request(&request, &Narrowing::new(), LabelSet::EMPTY, NOW).unwrap();
        let Ok(grant) = Grant::from_request(&request, &narrowing, ruled, NOW) else {
            return Ok(());
        };
        prop_assert!(grant.categories().is_subset(whole.categories()));
        prop_assert!(grant.expires_at() <= whole.expires_at());
        prop_assert!(grant.erase_by() <= whole.erase_by());
        prop_assert!(grant.flags().contains(whole.flags()));
        prop_assert_eq!(grant.purpose(), whole.purpose());
        let now = after(time);
        let released = |grant| decide(&record, grant, reader, &[], false, now).is_empty();
        prop_assert!(released(&whole) || !released(&grant));
    }
}
