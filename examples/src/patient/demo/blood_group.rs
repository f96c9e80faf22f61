//! The wrong blood group: a correction keeps the original and says who, when and why.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use patient_wallet::record::json::Json;
use serde_json::Value;

use crate::errors::Failure;
use crate::files;
use crate::ids::ShortIds;
use crate::patient::demo::facts::{Expect, PATIENT, Story, list, told};
use crate::patient::demo::folders::{collect, found};
use crate::patient::demo::readers;
use crate::patient::demo::stage::{Stage, parsed};

/// Tells the story.
pub(crate) fn tell(stage: &mut Stage) -> Result<(), Failure> {
    let story: Story = told(STORY)?;
    stage.at("2025-04-02T10:00:00Z");
    begin(stage, &story)?;
    import(stage, &story.expect)?;
    let ids = look(stage, &story.expect)?;
    thief(stage, &story)?;
    find(stage, &story)?;
    let id = ids.id_of(&story.correction.reference);
    read(stage, &story, &id, &ids)?;
    readers::read(stage, &story.readers, &id, &story.expect.before)?;
    stage.at("2025-04-09T09:30:00Z");
    correct(stage, &story, &id)?;
    readers::tell(stage, &story.readers)?;
    stage.at("2025-04-23T08:00:00Z");
    readers::look(stage, &story.readers)?;
    honest(stage, &story)
}

fn begin(stage: &Stage, story: &Story) -> Result<(), Failure> {
    let name = &story.patient.name;
    stage.title(&story.title)?;
    if stage.facts() == 0 {
        stage.say(&format!(
            "{name}, born {}, never lived: her record is made up. Everything else is real. Each \
             line that begins with $ is a command that runs now, in {}.",
            story.patient.birth_date,
            stage.folder().display(),
        ))?;
    } else {
        stage.say(&format!(
            "A new wallet in a place of its own, {}: this story begins on its first day.",
            stage.folder().display(),
        ))?;
    }
    stage.part(
        "1. A wallet",
        "Her passphrase was drawn for this story and lies in a file, because nobody is here to type \
         it; yours you would keep in your head. The words, on paper, bring the wallet back when the \
         passphrase or the device is gone.",
    )?;
    stage.show_passphrase()?;
    stage.run(&["create", "--words-out", &stage.path("words")]).map(drop)
}

fn import(stage: &mut Stage, expect: &Expect) -> Result<(), Failure> {
    stage.part(
        "2. Her record goes in",
        "Six hospitals and practices, three languages, 57 years: one file of FHIR R4. It goes in \
         whole or not at all.",
    )?;
    let file = stage.write("patient.json", PATIENT)?;
    let report = parsed(&stage.run(&["import", &file])?)?;
    let count = |name: &str| report.pointer(&format!("/total/{name}")).and_then(Value::as_u64);
    stage.holds("every entry is read", count("entries") == Some(expect.entries))?;
    stage.holds("every entry becomes a record", count("new") == Some(expect.records))?;
    stage.holds("nothing is refused", count("refused") == Some(expect.refused))
}

/// Counts what is there and checks what is labelled; gives the ids.
fn look(stage: &mut Stage, expect: &Expect) -> Result<Ids, Failure> {
    stage.part(
        "3. What is in it",
        "A record that speaks of something delicate gets a label, from codes and from words. One \
         that no code set knows is marked: unclassified.",
    )?;
    stage.run(&["records", "--label", "violence"])?;
    let all = parsed(&stage.ask(&["records", "--limit", "1000"])?)?;
    let records = list(&all, "/records");
    let text = |record: &Value, name: &str| {
        record.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let has = |record: &Value, label: &str| {
        list(record, "/labels").iter().any(|found| found.as_str() == Some(label))
    };
    let mut categories = BTreeMap::new();
    for record in records {
        *categories.entry(text(record, "category")).or_insert(0) += 1;
    }
    stage.say("By category:")?;
    let counts: Vec<_> = categories.iter().map(|(name, count)| format!("{name} {count}")).collect();
    stage.tell(|screen| screen.paragraph(&counts.join(", ")))?;
    stage.holds("each category holds what it should", categories == expect.by_category)?;
    for (label, least) in &expect.sensitive {
        let count = records.iter().filter(|record| has(record, label)).count();
        let fact = format!("{label} is on {least} records or more");
        stage.holds(&fact, u64::try_from(count).is_ok_and(|count| count >= *least))?;
    }
    let by_reference =
        |reference: &str| records.iter().find(|record| text(record, "reference") == reference);
    for wanted in &expect.labelled {
        let record = by_reference(&wanted.reference);
        let fact = format!("{} is labelled {}", wanted.reference, wanted.label);
        stage.holds(&fact, record.is_some_and(|record| has(record, &wanted.label)))?;
    }
    for reference in &expect.unlabelled {
        let record = by_reference(reference);
        let is_bare = record.is_some_and(|record| list(record, "/labels").is_empty());
        stage.holds(&format!("{reference} has no label"), is_bare)?;
    }
    Ok(Ids::new(records.iter().map(|record| (text(record, "reference"), text(record, "id")))))
}

fn thief(stage: &mut Stage, story: &Story) -> Result<(), Failure> {
    stage.part(
        "4. What a thief sees",
        "Somebody copies the folder of the wallet and searches every byte of every file in it.",
    )?;
    let mut bytes = Vec::new();
    collect(&stage.home(), &mut bytes)?;
    let blood_group = story.correction.find.code.rsplit('|').next().unwrap_or_default();
    let names = story.patient.name.split_whitespace();
    let wanted = names.chain([
        story.patient.birth_date.as_str(),
        blood_group,
        story.expect.before.as_str(),
        "resourceType",
        "Observation",
    ]);
    stage.tell(|screen| writeln!(screen))?;
    for text in wanted {
        let found = found(&bytes, text);
        stage.tell(|screen| screen.fact(text, &format!("found {found} times")))?;
        stage.holds(&format!("the files do not hold {text:?}"), found == 0)?;
    }
    stage.say(
        "On this computer the keystore is a folder beside the vault, so the passphrase is all that \
         keeps this thief out. On a phone half of the key never leaves the phone.",
    )
}

/// Finds the record in two ways.
fn find(stage: &mut Stage, story: &Story) -> Result<(), Failure> {
    let wanted = &story.correction;
    stage.part(
        "5. The blood group",
        "Before an operation somebody asks for her blood group. It is found by words, in any case \
         and without accents, and by its code.",
    )?;
    let by_text = parsed(&stage.run(&["search", &wanted.find.text])?)?;
    let by_code = parsed(&stage.run(&["records", "--code", &wanted.find.code])?)?;
    for (how, found) in [("words", &by_text), ("code", &by_code)] {
        let total = found.pointer("/total").and_then(Value::as_u64);
        stage.holds(&format!("the {how} find it"), total == Some(wanted.find.matches))?;
        let reference = found.pointer("/records/0/reference").and_then(Value::as_str);
        let fact = format!("what the {how} find is {}", wanted.reference);
        stage.holds(&fact, reference == Some(wanted.reference.as_str()))?;
    }
    for search in &story.expect.searches {
        let found = parsed(&stage.ask(&["search", &search.text])?)?;
        let mut references: Vec<_> = list(&found, "/records")
            .iter()
            .filter_map(|record| record.get("reference")?.as_str())
            .collect();
        references.sort_unstable();
        let fact = format!("a search for {:?} finds what it should", search.text);
        stage.holds(&fact, references == search.references)?;
    }
    Ok(())
}

fn read(stage: &mut Stage, story: &Story, id: &str, ids: &Ids) -> Result<(), Failure> {
    let shown = parsed(&stage.run(&["show", id])?)?;
    let fact = format!("the record says {}", story.expect.before);
    stage.holds(&fact, blood_group(&shown, "/resource") == Some(&story.expect.before))?;
    for kept in &story.expect.kept_exactly {
        let json = stage.ask(&["show", &ids.id_of(&kept.reference)])?;
        let mut value = Json::parse(&json, DEPTH).ok().and_then(|json| json.member("resource"));
        for name in kept.path.split('.') {
            value = value.and_then(|value| value.member(name));
        }
        let fact = format!("{} keeps the digits {}", kept.reference, kept.digits);
        stage.holds(&fact, value.is_some_and(|value| value.raw() == kept.digits))?;
    }
    Ok(())
}

fn correct(stage: &mut Stage, story: &Story, id: &str) -> Result<(), Failure> {
    let (wanted, expect) = (&story.correction, &story.expect);
    stage.part(
        "7. It is wrong",
        "A week later she learns that the laboratory determined it anew in 2023: in 2000 her \
         sample was mixed up with another. She takes the correction in, with its author and the \
         reason.",
    )?;
    let file = stage.write("correction.json", CORRECTION)?;
    let arguments = ["correct", id, &file, "--author", &wanted.author, "--reason", &wanted.reason];
    stage.run(&arguments)?;
    let shown = parsed(&stage.ask(&["show", id])?)?;
    let fact = format!("the record now says {}", expect.after);
    stage.holds(&fact, blood_group(&shown, "/resource") == Some(&expect.after))?;
    stage.say("Nothing was painted over. The record tells its own history:")?;
    let history = parsed(&stage.run(&["history", id])?)?;
    stage.holds("there are two versions", list(&history, "/versions").len() == expect.versions)?;
    let text = |path: &str| history.pointer(path).and_then(Value::as_str);
    let is_said = text("/versions/1/author") == Some(&wanted.author)
        && text("/versions/1/reason") == Some(&wanted.reason);
    stage.holds("the history says who corrected it and why", is_said)?;
    let is_kept = blood_group(&history, "/versions/0/resource") == Some(&expect.before);
    stage.holds("the history keeps the original", is_kept)
}

fn honest(stage: &mut Stage, story: &Story) -> Result<(), Failure> {
    stage.part(
        "10. A wrong passphrase",
        "Five are free; then each takes longer. Nothing is destroyed.",
    )?;
    let wrong = stage.write("wrong", b"somebody else's passphrase")?;
    let code = stage.refused(&["records", "--passphrase-file", &wrong])?;
    stage.holds("a wrong passphrase is refused", code == story.expect.wrong_passphrase)?;
    fs::remove_file(&wrong).map_err(|error| files::unwritable(Path::new(&wrong), error.kind()))?;
    stage.part(
        "11. What is not done yet",
        "There is no backup so far. The wallet says so itself.",
    )?;
    let status = parsed(&stage.run(&["status"])?)?;
    let count = |name: &str| status.pointer(&format!("/vault/{name}")).and_then(Value::as_u64);
    stage.holds("no record was lost", count("records") == Some(story.expect.records))?;
    let versions =
        count("versions").and_then(|versions| versions.checked_sub(story.expect.records));
    stage.holds("one version was added", versions == Some(1))
}

/// The ids of the story's records, as short as the wallet shows them.
struct Ids {
    by_reference: BTreeMap<String, String>,
    digits: ShortIds,
}

impl Ids {
    fn new(ids: impl Iterator<Item = (String, String)>) -> Self {
        let by_reference: BTreeMap<_, _> = ids.collect();
        let digits = ShortIds::telling_apart(by_reference.values().cloned().collect());
        Self { by_reference, digits }
    }

    fn id_of(&self, reference: &str) -> String {
        let id = self.by_reference.get(reference).map(String::as_str).unwrap_or_default();
        self.digits.beginning(id).to_owned()
    }
}

fn blood_group<'a>(answer: &'a Value, resource: &str) -> Option<&'a String> {
    match answer.pointer(&format!("{resource}/valueCodeableConcept/text")) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

const STORY: &str = include_str!("../../../stories/wrong-blood-group.json");
const CORRECTION: &[u8] = include_bytes!("../../../data/correction.json");
const DEPTH: usize = 64;
