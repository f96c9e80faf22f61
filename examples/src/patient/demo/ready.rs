//! A wallet that holds her record: where a story begins that is not told first.

use crate::errors::Failure;
use crate::ids::ShortIds;
use crate::patient::demo::facts::{PATIENT, list, text};
use crate::patient::demo::stage::{Stage, parsed};

/// Makes the wallet, unless an earlier story has.
pub(crate) fn make(stage: &mut Stage) -> Result<(), Failure> {
    if stage.home().exists() {
        return stage.say("Her wallet is the one of the story before.");
    }
    stage.at("2025-04-02T10:00:00Z");
    stage.say(
        "Núria Peñalver Zurbrügg never lived: her record is made up. Everything else is real, and \
         each line that begins with $ is a command that runs now.",
    )?;
    stage.part("0. Her wallet", "57 years of a life, in one sealed file.")?;
    stage.show_passphrase()?;
    stage.run(&["create", "--words-out", &stage.path("words")])?;
    let file = stage.write("patient.json", PATIENT)?;
    stage.run(&["import", &file]).map(drop)
}

/// Shortens the id of a record as the wallet shows it.
pub(crate) fn short(stage: &Stage, id: &str) -> Result<String, Failure> {
    let all = parsed(&stage.ask(&["records", "--limit", "1000"])?)?;
    let ids = list(&all, "/records").iter().map(|record| text(record, "/id").to_owned());
    Ok(ShortIds::telling_apart(ids.collect()).beginning(id).to_owned())
}
