//! From what was asked to what is granted: only ever less.

use patient_wallet::consent::{
    AccessRequest, CategorySet, ConsentError, ConsentToken, DateRange, Flags, Grant, Narrowing,
    NewRequest, Opening, Preset, Purpose, Scope,
};
use patient_wallet::record::{Category, LabelSet, RecordId, SensitivityLabel, Text};

use crate::bench::*;

fn answer(narrowing: Narrowing) -> Result<Grant, ConsentError> {
    Grant::from_request(&read_request(), &narrowing, LabelSet::EMPTY, NOW)
}

fn asking(new: &NewRequest<'_>) -> AccessRequest {
    AccessRequest::verify(&AccessRequest::sign(&clinic(), new).unwrap(), NOW).unwrap()
}

#[test]
fn who_takes_nothing_away_grants_what_was_asked() {
    let grant = answer(Narrowing::new()).unwrap();
    assert_eq!((grant.categories(), grant.denied()), (asked(), LabelSet::EMPTY));
    assert_eq!((grant.not_before(), grant.expires_at()), (NOW, after(7 * DAY)));
    assert_eq!((grant.erase_by(), grant.purpose()), (after(30 * DAY), Purpose::Treatment));
    assert_eq!(grant.request(), Some(read_request().id()));
    assert_eq!((grant.only(), grant.withheld()), ([].as_slice(), [].as_slice()));
    assert_eq!((grant.dates(), grant.flags(), grant.reason()), (None, Flags::NONE, None));
}

#[test]
fn more_than_was_asked_is_refused_not_cut_down() {
    let wider = [
        Narrowing::new().only(asked().with(Category::Notes)),
        Narrowing::new().only(CategorySet::ALL),
        Narrowing::new().seconds(7 * DAY + 1),
        Narrowing::new().until(after(7 * DAY + 1)),
        Narrowing::new().erase_by(after(30 * DAY + 1)),
    ];
    for narrowing in wider {
        assert_eq!(answer(narrowing).err(), Some(ConsentError::WiderThanAsked));
    }
    let most = Narrowing::new().only(asked()).seconds(7 * DAY).erase_by(after(30 * DAY));
    assert!(answer(most).is_ok());
}

#[test]
fn labels_denied_by_rules_join_those_denied_by_choice() {
    let hiv = labels(&[SensitivityLabel::Hiv]);
    let std = labels(&[SensitivityLabel::Std]);
    let request = read_request();
    let grant = Grant::from_request(&request, &Narrowing::new().deny(hiv), std, NOW).unwrap();
    assert_eq!(grant.denied(), hiv.union(std));
}

#[test]
fn what_leaves_nothing_is_said() {
    let nothing = [
        Narrowing::new().only(CategorySet::EMPTY),
        Narrowing::new().preset("insurer".parse().unwrap()),
        // Every record that was picked is held back: that must not mean every record.
        Narrowing::new().records(vec![record(1)]).except(vec![record(1)]),
    ];
    for narrowing in nothing {
        assert_eq!(answer(narrowing).err(), Some(ConsentError::NothingToRelease));
    }
    let asked = NewRequest {
        dates: Some(DateRange::new(Some(0), Some(100)).unwrap()),
        ..new_request(None)
    };
    let dates = |from, to| {
        let narrowing = Narrowing::new().dates(DateRange::new(Some(from), Some(to)).unwrap());
        Grant::from_request(&asking(&asked), &narrowing, LabelSet::EMPTY, NOW)
    };
    assert_eq!(dates(100, 200).err(), Some(ConsentError::NothingToRelease));
    let both = dates(50, 200).unwrap().dates().unwrap();
    assert_eq!((both.from(), both.to()), (Some(50), Some(100)));
}

#[test]
fn categories_are_taken_away_one_by_one() {
    let without = |categories| answer(Narrowing::new().without(categories));
    let laboratory = categories(&[Category::Laboratory]);
    assert_eq!(without(laboratory).unwrap().categories(), asked().without(laboratory));
    // What was not asked for can be taken away without being asked for.
    let other = categories(&[Category::Notes, Category::Laboratory]);
    assert_eq!(without(other).unwrap().categories(), asked().without(laboratory));
    let twice = Narrowing::new().without(laboratory).without(asked());
    assert_eq!(answer(twice).err(), Some(ConsentError::NothingToRelease));
}

#[test]
fn the_terms_of_a_token_are_those_it_was_signed_with() {
    let narrowing = Narrowing::new()
        .deny(all_labels())
        .records(vec![record(2), record(1)])
        .except(vec![record(3)])
        .flags(Flags::VIEW_ONLY)
        .reason(Text::from("why"));
    let grant = answer(narrowing).unwrap();
    let token = ConsentToken::read(&token_of(&grant)).unwrap();
    let again = |opening: &Opening, only| Grant::of_token(&token, opening, only);
    let only = vec![record(2), record(1)];
    assert_eq!(again(&opening(&grant), only.clone()), Ok(grant.clone()), "in any order");
    let other = Opening::new([0x67; 16], grant.denied(), grant.withheld());
    assert_eq!(again(&other, only).err(), Some(ConsentError::Invalid));
    // No record named must not turn into every record.
    assert_eq!(again(&opening(&grant), vec![]).err(), Some(ConsentError::Invalid));
    let doubled = vec![record(1), record(1)];
    assert_eq!(again(&opening(&grant), doubled).err(), Some(ConsentError::Invalid));
    assert_eq!(ConsentToken::read(&request()).err(), Some(ConsentError::WrongType));
    assert_eq!(ConsentToken::read(b"").err(), Some(ConsentError::Invalid));
}

#[test]
fn the_earliest_end_counts() {
    let end = |narrowing| answer(narrowing).unwrap().expires_at();
    assert_eq!(end(Narrowing::new().seconds(60)), after(60));
    assert_eq!(end(Narrowing::new().until(after(50)).seconds(60)), after(50));
    assert_eq!(end(Narrowing::new().until(after(70)).seconds(60)), after(60));
    assert_eq!(end(Narrowing::new().preset("visit".parse().unwrap())), after(DAY));
    let week: Preset = "7d".parse().unwrap();
    assert_eq!(end(Narrowing::new().preset(week).seconds(60)), after(60));
    let visit: Preset = "visit".parse().unwrap();
    assert_eq!(end(Narrowing::new().preset(visit).seconds(2 * DAY)), after(DAY));
    let unasked = Narrowing::new().preset(visit).until(after(20 * DAY));
    let unasked = Grant::unasked(&unasked, LabelSet::EMPTY, NOW).unwrap();
    assert_eq!(unasked.expires_at(), after(DAY));
    for narrowing in [Narrowing::new().seconds(0), Narrowing::new().until(NOW)] {
        assert_eq!(answer(narrowing).err(), Some(ConsentError::Invalid));
    }
}

#[test]
fn a_consent_lives_for_366_days_at_most() {
    let open = NewRequest { seconds: None, ..new_request(None) };
    let grant = |seconds| {
        let narrowing = Narrowing::new().seconds(seconds);
        Grant::from_request(&asking(&open), &narrowing, LabelSet::EMPTY, NOW)
    };
    assert_eq!(grant(366 * DAY).unwrap().expires_at(), after(366 * DAY));
    assert_eq!(grant(366 * DAY + 1).err(), Some(ConsentError::TooLong));
    assert_eq!(grant(u64::MAX).err(), Some(ConsentError::TooLong));
    let usual = Grant::from_request(&asking(&open), &Narrowing::new(), LabelSet::EMPTY, NOW);
    assert_eq!(usual.unwrap().expires_at(), after(7 * DAY));
    let asks_more = NewRequest { seconds: Some(366 * DAY + 1), ..new_request(None) };
    assert_eq!(AccessRequest::sign(&clinic(), &asks_more), Err(ConsentError::TooLong));
}

#[test]
fn sixteen_records_can_be_picked() {
    let ids = |count: u8| -> Vec<RecordId> { (0..count).map(record).collect() };
    let grant = answer(Narrowing::new().records(ids(16))).unwrap();
    assert_eq!(grant.only().len(), Scope::MOST_RECORDS);
    assert_eq!(answer(Narrowing::new().records(ids(17))).err(), Some(ConsentError::TooMany));
    // Any number can be held back: it shows nowhere.
    let grant = answer(Narrowing::new().except(ids(255))).unwrap();
    assert_eq!(grant.withheld().len(), 255);
    assert_eq!(token_of(&grant).len(), token().len());
    let doubled = [ids(16), ids(16)].concat();
    assert_eq!(answer(Narrowing::new().records(doubled)).unwrap().only().len(), 16);
}

#[test]
fn a_purpose_is_the_one_that_was_asked_for() {
    assert!(answer(Narrowing::new().purpose(Purpose::Treatment)).is_ok());
    let other = answer(Narrowing::new().purpose(Purpose::Research));
    assert_eq!(other.err(), Some(ConsentError::Invalid));
    for purpose in Purpose::ALL {
        assert_eq!(purpose.code().parse(), Ok(*purpose));
        assert_eq!(purpose.word().parse(), Ok(*purpose));
    }
    assert_eq!("treat".parse::<Purpose>(), Err(ConsentError::Invalid));
}

#[test]
fn a_reason_is_one_line_of_80_bytes() {
    let reason = |text: &str| answer(Narrowing::new().reason(Text::from(text)));
    assert_eq!(reason(&"x".repeat(80)).unwrap().reason().map(str::len), Some(80));
    for text in ["", " ", &"x".repeat(81), "a\nb", "a\u{200f}b"] {
        assert_eq!(reason(text).err(), Some(ConsentError::Invalid), "{text:?}");
    }
}

#[test]
fn flags_only_join() {
    let asked = NewRequest { flags: Flags::NO_ONWARD, ..new_request(None) };
    let narrowing = Narrowing::new().flags(Flags::SINGLE_USE);
    let grant = Grant::from_request(&asking(&asked), &narrowing, LabelSet::EMPTY, NOW).unwrap();
    assert_eq!(grant.flags(), Flags::NO_ONWARD.union(Flags::SINGLE_USE));
    assert!(Flags::from_bits(7).is_ok() && Flags::from_bits(8).is_err());
}

#[test]
fn presets_ship_with_safe_denials_and_without_what_has_no_name() {
    let words: Vec<_> = Preset::ALL.iter().map(Preset::word).collect();
    let all =
        ["visit", "48h", "7d", "emergency-room", "cardiology", "insurer", "school", "research"];
    assert_eq!(words, all);
    for preset in Preset::ALL {
        assert!(!preset.categories().contains(Category::Other), "{preset}");
        assert!(!preset.categories().is_empty() && preset.seconds() <= Grant::LONGEST);
        assert_eq!(preset.denied(), all_labels(), "{preset}");
        assert!(preset.flags().contains(Flags::NO_ONWARD));
        assert_eq!(preset.word().parse(), Ok(*preset));
        let grant =
            Grant::unasked(&Narrowing::new().preset(*preset), LabelSet::EMPTY, NOW).unwrap();
        assert_eq!((grant.categories(), grant.purpose()), (preset.categories(), preset.purpose()));
        assert_eq!(grant.denied(), all_labels());
        assert_eq!((grant.request(), grant.erase_by()), (None, after(preset.seconds())));
    }
    // A preset takes away from what was asked, in silence.
    let grant = answer(Narrowing::new().preset("school".parse().unwrap())).unwrap();
    assert_eq!(grant.categories(), categories(&[Category::Allergies]));
    assert_eq!("holiday".parse::<Preset>(), Err(ConsentError::Invalid));
}

#[test]
fn who_is_not_asked_says_what_to_give() {
    let nothing = Grant::unasked(&Narrowing::new(), LabelSet::EMPTY, NOW);
    assert_eq!(nothing.err(), Some(ConsentError::NothingToRelease));
    let named = Narrowing::new().only(categories(&[Category::Other]));
    let grant = Grant::unasked(&named, LabelSet::EMPTY, NOW).unwrap();
    assert_eq!(grant.categories(), categories(&[Category::Other]));
    assert_eq!((grant.expires_at(), grant.erase_by()), (after(7 * DAY), after(7 * DAY)));
    let research = named.purpose(Purpose::Research).erase_by(after(30 * DAY));
    let grant = Grant::unasked(&research, LabelSet::EMPTY, NOW).unwrap();
    assert_eq!((grant.purpose(), grant.erase_by()), (Purpose::Research, after(30 * DAY)));
}

#[test]
fn terms_are_not_printed() {
    let narrowing = Narrowing::new().deny(all_labels());
    assert_eq!(format!("{narrowing:?}"), "Narrowing(..)");
    assert_eq!(format!("{:?}", answer(narrowing).unwrap()), "Grant(..)");
}
