use super::*;

const AT: u64 = 1_743_588_000;

fn record(id: u8, version: u32, about: Option<(Category, &str)>) -> AccountedRecord {
    let about = about.map(|(category, title)| (category, Text::from(title)));
    AccountedRecord { id: RecordId::from_bytes([id; 16]), version, about }
}

fn given(day: u64, name: &str, records: Vec<AccountedRecord>) -> Accounted {
    Accounted {
        id: DisclosureId::from_bytes([u8::try_from(day).unwrap(); 16]),
        at: Timestamp::from_unix(AT + day * 86_400),
        recipient: Recipient {
            name: Text::from(name),
            did: Text::from(format!("did:web:{}.example", name.len()).as_str()),
            standing: Standing::Known,
            vouched_by: None,
        },
        purpose: Purpose::Treatment,
        consent: ConsentId::from_bytes([3; 16]),
        by: None,
        records,
    }
}

fn accounting(disclosures: Vec<Accounted>) -> Accounting {
    Accounting {
        patient: Some(Text::from("Ana Peñalver")),
        from: Timestamp::from_unix(AT),
        until: Timestamp::from_unix(AT + 365 * 86_400),
        made: Timestamp::from_unix(AT + 400 * 86_400),
        disclosures,
    }
}

#[test]
fn a_line_tells_when_to_whom_what_and_what_for() {
    let mut one = given(
        0,
        "Dr. Chen",
        vec![
            record(1, 1, Some((Category::Allergies, "Penicillin"))),
            record(2, 3, Some((Category::Laboratory, "Hb 13.2 g/dl"))),
            record(3, 1, None),
        ],
    );
    one.recipient.vouched_by = Some(Text::from("City Health"));
    one.by = Some(Text::from("Nora Gray"));
    assert_eq!(
        *Language::En.accounting_text(&accounting(vec![one])),
        "What was given to whom\n\
         \n\
         Patient: Ana Peñalver\n\
         Period: 2 April 2025, 10:00 UTC – 2 April 2026, 10:00 UTC\n\
         Made: 7 May 2026, 10:00 UTC\n\
         \n\
         Listed is everything that this wallet gave in this period; the end is not included. What \
         readers passed on, the wallet cannot know.\n\
         \n\
         2 April 2025, 10:00 UTC\n\
         Given to: Dr. Chen\n\
         Address: did:web:8.example\n\
         Vouched for by: City Health\n\
         What for: to treat you\n\
         What: allergies (1): Penicillin\n\
         What: laboratory results (1): Hb 13.2 g/dl\n\
         What: records that the patient has erased since (1)\n\
         Signed in the patient’s name by: Nora Gray\n\
         Consent: 03030303030303030303030303030303\n\
         \n"
    );
}

#[test]
fn what_goes_to_one_reader_for_one_purpose_is_told_together_and_nothing_else_is() {
    let mut all: Vec<_> = (0..9)
        .map(|day| given(day, "Dialysis", vec![record(1, 1, Some((Category::Notes, "Letter")))]))
        .collect();
    all[8].records = vec![record(2, 1, Some((Category::Notes, "Other")))];
    let mut paid = given(4, "Dialysis", Vec::new());
    paid.purpose = Purpose::Payment;
    all.push(paid);
    let mut by = given(5, "Dialysis", Vec::new());
    by.by = Some(Text::from("Nora Gray"));
    all.push(by);
    let text = Language::En.accounting_text(&accounting(all));
    assert_eq!(text.matches("Given to: Dialysis").count(), 3);
    let many = "2 April 2025, 10:00 UTC; 9 times, the last 10 April 2025, 10:00 UTC\n";
    assert!(text.contains(many), "{}", *text);
    assert!(text.contains("What: letters (2): Letter; Other\n"), "{}", *text);
    let few = Language::En.accounting_text(&accounting(vec![
        given(0, "Dr. Chen", Vec::new()),
        given(1, "Dr. Chen", Vec::new()),
    ]));
    assert!(few.contains("2 April 2025, 10:00 UTC; 3 April 2025, 10:00 UTC\n"), "{}", *few);
}

#[test]
fn of_many_titles_some_are_told_and_the_rest_is_counted() {
    let title = |at: u8| format!("Result {at:02}");
    let many = (0..15).map(|at| record(at, 1, Some((Category::Laboratory, &title(at)))));
    let text = Language::En.accounting_text(&accounting(vec![given(0, "Lab", many.collect())]));
    assert!(text.contains("What: laboratory results (15): Result 00; "), "{}", *text);
    assert!(text.contains("; Result 11; 3 more\n"), "{}", *text);
}

#[test]
fn what_others_wrote_is_one_line_and_never_markup() {
    let name = "<script>alert('1')</script>\nVouched for by: City \u{202e}Health";
    let all = accounting(vec![given(0, name, Vec::new())]);
    let html = Language::En.accounting_html(&all);
    assert!(!html.contains("<script") && !html.contains('\u{202e}'), "{}", *html);
    assert!(html.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;Vouched"), "{}", *html);
    assert!(html.contains("default-src 'none'") && html.contains("size: A4"));
    let text = Language::En.accounting_text(&all);
    assert_eq!(text.matches("\nVouched for by: ").count(), 1, "{}", *text);
}

#[test]
fn every_language_says_it_and_an_empty_time_is_said() {
    for language in Language::ALL {
        let text = language.accounting_text(&accounting(Vec::new()));
        let html = language.accounting_html(&accounting(vec![given(0, "", Vec::new())]));
        let words = Phrases::of(*language);
        assert!(text.ends_with(&[words.none, "\n"].concat()), "{}", *text);
        assert!(html.contains(&format!("<html lang={}>", language.tag())));
        assert!(html.contains(words.nameless) && html.contains(words.nobody), "{}", *html);
        assert_eq!(html.matches("<section>").count(), html.matches("</section>").count());
        assert!(!html.contains(words.none), "{}", *html);
    }
}
