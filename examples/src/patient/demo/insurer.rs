//! The insurer: a standing rule outranks every approval that comes later.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use crate::errors::Failure;
use crate::patient::demo::clinics::{self, Asker, Papers, labelled, references};
use crate::patient::demo::facts::{PATIENT, list, number, text, told};
use crate::patient::demo::ready;
use crate::patient::demo::stage::{Role, Stage, parsed};

#[derive(Deserialize)]
struct Story {
    title: String,
    rule: Rule,
    directory: String,
    vouched: Asker,
    unvouched: Asker,
    request: Request,
    expect: Expect,
}

#[derive(Deserialize)]
struct Rule {
    class: String,
    label: String,
}

#[derive(Deserialize)]
struct Request {
    purpose: String,
    categories: String,
    #[serde(rename = "for")]
    lasting: String,
}

#[derive(Deserialize)]
struct Expect {
    /// Records with the label that would leave if there were no rule.
    labelled: usize,
    never: Vec<String>,
    standings: [String; 2],
}

/// Tells the story.
pub(crate) fn tell(stage: &mut Stage) -> Result<(), Failure> {
    let story: Story = told(STORY)?;
    stage.title(&story.title)?;
    ready::make(stage)?;
    let patient = stage.role();
    stage.at("2025-06-16T08:00:00Z");
    let asked = ask(stage, &story, patient)?;
    rule(stage, &story, patient)?;
    approve(stage, &story, &asked)?;
    open(stage, &story, &asked)?;
    pretend(stage, &story, patient)
}

/// What an insurer asked for, and what would have left without a rule.
struct Asked {
    papers: Papers,
    labelled: BTreeSet<String>,
}

fn ask(stage: &mut Stage, story: &Story, patient: Role) -> Result<Asked, Failure> {
    stage.part(
        "1. An insurer asks for everything",
        "It wants to pay a bill, it says. A register vouches that it is an insurer, and she \
         believes that register.",
    )?;
    clinics::settle(stage, INSURER, &story.vouched)?;
    let [contact, list] = clinics::vouch(stage, INSURER, &story.vouched, &story.directory)?;
    let papers = request(stage, story, INSURER)?;
    stage.play(patient)?;
    stage.run(&["trust", "add", &contact])?;
    stage.ask(&["trust", "add", &list])?;
    let from = parsed(&stage.run(&["inbox", "add", &papers.request])?)?;
    let [vouched, _] = &story.expect.standings;
    stage.holds("it is vouched for", text(&from, "/request/from/standing") == vouched)?;
    stage.holds("as an insurer", text(&from, "/request/from/class") == story.vouched.class)?;
    let review = parsed(&stage.ask(&["review", &papers.request])?)?;
    let label = &story.rule.label;
    let count = labelled(&review, "/release", label);
    let fact = format!("without a rule {} records with {label} would leave", story.expect.labelled);
    stage.holds(&fact, count == story.expect.labelled)?;
    let labelled = marked(&review, label);
    Ok(Asked { papers, labelled })
}

/// Makes a request; gives where everything of it is.
fn request(stage: &Stage, story: &Story, role: Role) -> Result<Papers, Failure> {
    let papers = Papers::of(stage, role);
    let Request { purpose, categories, lasting } = &story.request;
    let asks = ["clinic", "request", "--purpose", purpose, "--categories", categories];
    stage.run(&[&asks[..], &["--for", lasting, "-o", &papers.request]].concat())?;
    Ok(papers)
}

fn rule(stage: &mut Stage, story: &Story, patient: Role) -> Result<(), Failure> {
    let Rule { class, label } = &story.rule;
    stage.part(
        "2. A rule that stands",
        "She has made up her mind once and for all, and will not have to think of it when she is \
         tired, ill or in a hurry.",
    )?;
    stage.play(patient)?;
    let made = parsed(&stage.run(&["rules", "add", "--class", class, "--label", label])?)?;
    let rules = parsed(&stage.ask(&["rules"])?)?;
    let stands = rules.pointer("/rules/0") == made.pointer("/rule");
    stage.holds("the rule stands", stands && made.pointer("/rule/id").is_some())
}

fn approve(stage: &mut Stage, story: &Story, asked: &Asked) -> Result<(), Failure> {
    let Asked { papers, labelled: before } = asked;
    let label = &story.rule.label;
    let review = parsed(&stage.ask(&["review", &papers.request])?)?;
    let withheld = list(&review, "/withhold").iter();
    let ruled: Vec<_> = withheld.filter(|it| is_because(it, "rule")).collect();
    let stays: BTreeSet<_> =
        ruled.iter().map(|it| text(it, "/record/reference").to_owned()).collect();
    stage.holds("the rule keeps every one of them", before.is_subset(&stays))?;
    stage.holds("nothing so marked is left", labelled(&review, "/release", label) == 0)?;
    stage.part(
        "3. She approves all the same",
        &format!(
            "Everything, as it was asked. The rule outranks her: {} records stay that are marked as \
             mental health, and with them all free text that she has not looked through. What \
             approve shows her before it asks is left out here.",
            stays.len(),
        ),
    )?;
    let Papers { request, token, disclosure, .. } = papers;
    let out = ["--token-out", token, "--disclosure-out", disclosure, "--yes"];
    let approved = parsed(&stage.run_briefly(&[&["approve", request], &out[..]].concat())?)?;
    let released = u64::try_from(list(&review, "/release").len()).ok();
    let is_so = released.is_some() && number(&approved, "/released") == released;
    stage.holds("what was reviewed leaves, and nothing else", is_so)?;
    let denied = list(&approved, "/consent/denied");
    stage.holds("the consent denies what the rule denies", denied.iter().any(|it| it == label))?;
    let consents = parsed(&stage.ask(&["consents"])?)?;
    let held: BTreeSet<_> =
        list(&consents, "/consents/0/holds").iter().filter_map(Value::as_str).collect();
    let is_held = ruled.iter().any(|it| held.contains(text(it, "/record/id")));
    stage.holds("none of them is held by anybody", !is_held)
}

fn open(stage: &mut Stage, story: &Story, asked: &Asked) -> Result<(), Failure> {
    let papers = &asked.papers;
    stage.part(
        "4. What the insurer has",
        "It opens what it got and searches everything it holds. There is no key for the rest, and \
         nothing says that there is a rest.",
    )?;
    stage.play(INSURER)?;
    let open = ["clinic", "open", &papers.token, &papers.disclosure, "-o", &papers.opened];
    let answer = parsed(&stage.run(&open)?)?;
    let (references, all) = clinics::opened(&answer, &papers.opened)?;
    let is_there = |reference: &String| references.contains(reference) || all.contains(reference);
    stage.holds("it got something", !references.is_empty())?;
    stage.holds("none of them is there", !asked.labelled.iter().any(is_there))?;
    clinics::search(stage, INSURER, papers, &story.expect.never, PATIENT)
}

fn pretend(stage: &mut Stage, story: &Story, patient: Role) -> Result<(), Failure> {
    stage.part(
        "5. Under another name",
        "The same insurer tries again and calls itself a practice. Nobody whom she believes vouches \
         for that, so it counts as every class, insurers among them.",
    )?;
    clinics::settle(stage, PRETENDER, &story.unvouched)?;
    let papers = request(stage, story, PRETENDER)?;
    stage.play(patient)?;
    let added = parsed(&stage.run(&["inbox", "add", &papers.request])?)?;
    let [_, unvouched] = &story.expect.standings;
    stage.holds("nobody vouches", text(&added, "/request/from/standing") == unvouched)?;
    let class = added.pointer("/request/from/class");
    stage.holds("its own word counts for nothing", class == Some(&Value::Null))?;
    let review = parsed(&stage.ask(&["review", &papers.request])?)?;
    let label = &story.rule.label;
    stage.holds("nothing so marked would leave", labelled(&review, "/release", label) == 0)?;
    let withheld = list(&review, "/withhold").iter();
    let ruled = withheld.filter(|it| is_because(it, "rule")).count();
    stage.holds("the rule holds for it too", ruled >= story.expect.labelled)?;
    stage.say("wallet review shows her the same as before: the rule holds. She says no.")?;
    let denial = stage.path("denial");
    stage.run(&["deny", &papers.request, "--reason", "I do not know you", "-o", &denial])?;
    stage.play(PRETENDER)?;
    let answer = parsed(&stage.run(&["clinic", "verify", &denial])?)?;
    stage.holds("it learns that", text(&answer, "/answer/kind") == "denial")?;
    stage.play(patient)
}

/// Lists the records with a label that would leave.
fn marked(review: &Value, label: &str) -> BTreeSet<String> {
    let has = |it: &Value| list(it, "/labels").iter().any(|it| it == label);
    let mut marked = references(review, "/release");
    for record in list(review, "/release").iter().filter(|it| !has(it)) {
        marked.remove(text(record, "/reference"));
    }
    marked
}

fn is_because(withheld: &Value, reason: &str) -> bool {
    list(withheld, "/because").iter().any(|it| it == reason)
}

const STORY: &str = include_str!("../../../stories/insurer.json");
const INSURER: Role = Role { home: "insurer", passphrase: "insurer-passphrase" };
const PRETENDER: Role = Role { home: "pretender", passphrase: "pretender-passphrase" };
