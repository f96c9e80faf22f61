//! Does one thing after another, and says each before and after.

use std::io;

use crate::content::Numbers;
use crate::history::{History, Model};
use crate::op::{Kind, Op};
use crate::wallet::{Place, names};
use crate::worker::Worker;
use crate::{Trouble, say};

/// Works on the wallet: COUNT operations, or as many as there is time for; of the kinds named, in
/// their order, or of any kind.
pub(crate) fn work(place: &Place, seed: &str, rest: &[&str]) -> Result<(), Trouble> {
    let usage = Trouble::Usage("SEED and COUNT are numbers, KINDS are words");
    let seed = seed.parse().ok();
    let count = rest.first().map_or(Some(u64::MAX), |count| count.parse().ok());
    let kinds: Option<Vec<Kind>> =
        rest.get(1).map_or(Some(Vec::new()), |kinds| kinds.split(',').map(Kind::parse).collect());
    let (Some(seed), Some(count), Some(kinds)) = (seed, count, kinds) else { return Err(usage) };
    let mut history = History::read(io::stdin().lock())?;
    if history.is_new() {
        say(&format!("seed {seed}"))?;
        history = History::new(seed);
    }
    let mut worker = Worker::new(place, seed);
    if worker.wallet.exists() {
        worker.unlock(&history)?;
    }
    let mut kinds = kinds.into_iter();
    let first = history.next();
    for n in first..first.saturating_add(count) {
        worker.revive();
        let mut numbers = Numbers::of(seed, n);
        let drawn = kinds.next().unwrap_or_else(|| Kind::draw(&mut numbers));
        let backups = history.possible().first().map(Model::backups);
        let backups: Vec<String> =
            backups.into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let (kind, there) = match &mut worker.session {
            Some(session) => (drawn, names(session)?.into_keys().collect()),
            None if worker.wallet.exists() => (Kind::Reopen, Vec::new()),
            None if drawn == Kind::Restore && !backups.is_empty() => (drawn, Vec::new()),
            None => (Kind::Create, Vec::new()),
        };
        let op = Op::draw(kind, n, &mut numbers, &there, &backups);
        tell(&mut history, &format!("begin {n} {op}"))?;
        match worker.perform(n, &op, &history) {
            Ok(promised) => tell(&mut history, format!("ack {n} {promised}").trim_end())?,
            Err(trouble) => tell(&mut history, &format!("failed {n} {}", trouble.code()))?,
        }
    }
    worker.session.map_or(Ok(()), |session| Ok(session.lock()?))
}

/// Says a line and keeps it in mind.
fn tell(history: &mut History, line: &str) -> Result<(), Trouble> {
    say(line)?;
    history.hear(line).ok_or(Trouble::Usage("a line that says nothing"))
}
