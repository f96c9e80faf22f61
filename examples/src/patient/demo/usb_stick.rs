//! The USB stick: the whole wallet in one file, and back on another device.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::errors::Failure;
use crate::files;
use crate::patient::demo::facts::{list, number, text, told};
use crate::patient::demo::ready;
use crate::patient::demo::stage::{Stage, parsed};

#[derive(Deserialize)]
struct Story {
    title: String,
    attachment: Attachment,
    since: String,
    expect: Expect,
}

#[derive(Deserialize)]
struct Attachment {
    file: String,
    reference: String,
    media_type: String,
}

#[derive(Deserialize)]
struct Expect {
    attachments: u64,
    without: String,
    continuation: Continuation,
    older: String,
}

#[derive(Deserialize)]
struct Continuation {
    restored: bool,
    missing: u64,
}

/// What was there before the phone was lost.
struct Before {
    attachment: String,
    records: Option<u64>,
    export: String,
    checkpoint: String,
    backup: String,
    /// Entries of the log that the backup holds.
    entries: Option<u64>,
}

/// Tells the story.
pub(crate) fn tell(stage: &mut Stage) -> Result<(), Failure> {
    let story: Story = told(STORY)?;
    stage.title(&story.title)?;
    ready::make(stage)?;
    stage.at("2025-06-01T10:00:00Z");
    let attachment = attach(stage, &story)?;
    let before = back_up(stage, &story, attachment)?;
    stage.at("2025-06-08T19:30:00Z");
    come_back(stage, &story, &before)?;
    compare(stage, &before)?;
    prove(stage, &story, &before)?;
    refuse(stage, &story, &before)
}

/// Attaches a file to a record and gives the attachment's id, as short as it is shown.
fn attach(stage: &mut Stage, story: &Story) -> Result<String, Failure> {
    let Attachment { file, reference, media_type } = &story.attachment;
    stage.part(
        "1. A file of any kind",
        "The hospital hands her the card of her pacemaker. Pictures, PDF, DICOM: a file belongs to \
         a record, is sealed like it, and is erased with it.",
    )?;
    let all = parsed(&stage.ask(&["records", "--limit", "1000"])?)?;
    let is_meant = |record: &&Value| text(record, "/reference") == reference;
    let record = list(&all, "/records").iter().find(is_meant);
    let id = ready::short(stage, record.map_or("", |record| text(record, "/id")))?;
    let path = stage.write(file, CARD)?;
    let attached = parsed(&stage.run(&["attach", &path, "--to", &id])?)?;
    let shown = parsed(&stage.ask(&["show", &id])?)?;
    let id = text(&attached, "/id");
    stage.holds("the record lists it", text(&shown, "/attachments/0/id") == id)?;
    let said = text(&shown, "/attachments/0/media_type");
    stage.holds("its first bytes tell what it is", said == media_type)?;
    Ok(id.get(..SHORT).unwrap_or(id).to_owned())
}

fn back_up(stage: &mut Stage, story: &Story, attachment: String) -> Result<Before, Failure> {
    let export = stage.path("before.json");
    stage.ask(&["export", "-o", &export])?;
    stage.part(
        "2. A note for her sister",
        "Her sister keeps a checkpoint: the wallet's signature under how far its log has come. \
         With it she can tell later whether anything was changed or left out.",
    )?;
    let checkpoint = stage.path("checkpoint");
    stage.run(&["audit", "checkpoint", "-o", &checkpoint])?;
    stage.part(
        "3. Everything in one file",
        "Records, every version, the attachment, the log: one sealed file on a USB stick. A \
         backup that nobody has tried is a hope; a rehearsal opens it to its last byte.",
    )?;
    let stick = stage.folder().join("usb");
    fs::create_dir(&stick).map_err(|error| files::unwritable(&stick, error.kind()))?;
    let backup = stick.join("wallet.backup").to_string_lossy().into_owned();
    let made = parsed(&stage.run(&["backup", "-o", &backup])?)?;
    let attachments = number(&made, "/attachments");
    stage.holds("the attachment is in it", attachments == Some(story.expect.attachments))?;
    let log = parsed(&stage.ask(&["log", "--kind", "backup", "--limit", "1"])?)?;
    let entries = number(&log, "/entries/0/seq").map(|seq| seq + 1);
    let words = stage.path("words");
    let rehearsed = parsed(&stage.run(&["rehearse", &backup, "--words-file", &words])?)?;
    let is_good = |answer: &Value, path: &str| answer.pointer(path) == Some(&Value::Bool(true));
    stage.holds("it would bring back everything", is_good(&rehearsed, "/good"))?;
    let status = parsed(&stage.run(&["status"])?)?;
    let ways = list(&status, "/ways_back");
    let way = ways.iter().find(|way| text(way, "/kind") == "backup-words");
    let is_known = way.is_some_and(|way| is_good(way, "/good") && way["rehearsed"].is_string());
    stage.holds("the wallet knows that this way back is good", is_known)?;
    let records = number(&status, "/vault/records");
    Ok(Before { attachment, records, export, checkpoint, backup, entries })
}

fn come_back(stage: &mut Stage, story: &Story, before: &Before) -> Result<(), Failure> {
    stage.part(
        "4. The phone is gone",
        "A week later it lies in the lake. What is left: the stick, and 24 words on paper. The new \
         phone knows nothing.",
    )?;
    stage.move_to("new-phone", "new-passphrase")?;
    stage.show_passphrase()?;
    let code = stage.refused(&["status"])?;
    stage.holds("the new phone has no wallet", code == story.expect.without)?;
    let words = stage.path("words");
    let restored = parsed(&stage.run(&["restore", &before.backup, "--words-file", &words])?)?;
    let records = number(&restored, "/records");
    stage.holds("every record is back", records.is_some() && records == before.records)
}

fn compare(stage: &mut Stage, before: &Before) -> Result<(), Failure> {
    stage.part(
        "5. The same to the last byte",
        "The export of the new phone is compared with one of the old; the card with the card.",
    )?;
    let export = stage.path("after.json");
    stage.run(&["export", "-o", &export])?;
    let is_same = read(&before.export)? == read(&export)?;
    stage.holds("both exports have the same bytes", is_same)?;
    let card = stage.path("card-again.pdf");
    stage.run(&["attachment", &before.attachment, "-o", &card])?;
    stage.holds("the attachment has the same bytes", read(&card)? == CARD)?;
    stage.say("Both are the same, byte for byte.")
}

fn prove(stage: &mut Stage, story: &Story, before: &Before) -> Result<(), Failure> {
    stage.part(
        "6. Her sister checks",
        "The log goes on where the backup ended, and says so. Her sister holds the proof against \
         the checkpoint that she kept; she needs no wallet for it.",
    )?;
    let proof = stage.path("continued");
    stage.run(&["audit", "checkpoint", "--since", &before.checkpoint, "-o", &proof])?;
    let verified = parsed(&stage.run(&["audit", "verify", &before.checkpoint, &proof])?)?;
    let at = |name: &str| verified.pointer(&format!("/findings/1/{name}"));
    let restored = at("restored_at").and_then(Value::as_u64);
    stage.holds("it was restored where the backup ended", restored == before.entries)?;
    let expect = &story.expect.continuation;
    let is_so = at("since/restored").and_then(Value::as_bool) == Some(expect.restored)
        && at("since/missing").and_then(Value::as_u64) == Some(expect.missing);
    stage.holds("nothing of the earlier log is missing", is_so)
}

fn refuse(stage: &mut Stage, story: &Story, before: &Before) -> Result<(), Failure> {
    stage.part(
        "7. Not over something newer",
        "She writes something down. From now on the stick holds less than the wallet, and the \
         wallet does not let itself be replaced by it.",
    )?;
    stage.run(&["add", "note", &story.since])?;
    let words = stage.path("words");
    let code = stage.refused(&["restore", &before.backup, "--words-file", &words])?;
    stage.holds("an older backup is refused", code == story.expect.older)?;
    let found = parsed(&stage.ask(&["search", &story.since])?)?;
    stage.holds("what was added is still there", number(&found, "/total") == Some(1))
}

fn read(path: &str) -> Result<Vec<u8>, Failure> {
    let path = Path::new(path);
    fs::read(path).map_err(|error| files::unreadable(path, error.kind()))
}

const STORY: &str = include_str!("../../../stories/usb-stick.json");
const CARD: &[u8] = include_bytes!("../../../data/pacemaker-card.pdf");
/// Digits of the only attachment's id that are shown.
const SHORT: usize = 6;
