//! Makes accesses of which it knows what is wrong with them, asks the wallet, and counts.
//!
//! ```text
//! reconcile [SEED]     prints precision and recall, overall and for each reason
//! reconcile kinds      lists what readers do in the scenes
//! ```
//! What is wrong is known from how a scene was made; the wallet is asked afterwards.

mod chance;
mod kinds;
mod people;
mod scene;
mod score;

use std::io::{self, Write};
use std::process::ExitCode;

use crate::scene::Scene;
use crate::score::{Figures, Tally};

fn main() -> ExitCode {
    let argument = std::env::args().nth(1);
    let done = match argument.as_deref() {
        Some("kinds") => list(&mut io::stdout().lock()),
        argument => match argument.map_or(Ok(SEED), str::parse) {
            Ok(seed) => print(&mut io::stdout().lock(), &figures(seed)),
            Err(_) => return ExitCode::from(2),
        },
    };
    if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays every kind of scene in every round in which it is due, and counts.
fn figures(seed: u64) -> Figures {
    let mut figures = Figures::default();
    for round in 0..ROUNDS {
        for (place, (_, rare, play)) in (0..).zip(kinds::all()) {
            if round % rare != 0 {
                continue;
            }
            let mut scene = Scene::new(seed << 32 | round << 16 | place);
            play(&mut scene);
            // Around it others go on as they should.
            for _ in 0..scene.chance.between(0, 3) {
                let reader = scene.reader();
                let consent = scene.give(reader, 40 * scene::DAY, 14);
                scene.behave(reader, consent);
            }
            figures.take(&scene.play());
        }
    }
    figures
}

fn list(out: &mut dyn Write) -> io::Result<()> {
    kinds::all().try_for_each(|(name, _, _)| writeln!(out, "{name}"))
}

fn print(out: &mut dyn Write, figures: &Figures) -> io::Result<()> {
    let Figures { scenes, accesses, of_accesses, of_reasons, by_reason } = figures;
    writeln!(out, "{scenes} scenes, {accesses} accesses")?;
    writeln!(
        out,
        "{:18} {:>6} {:>6} {:>9} {:>9} {:>7}",
        "", "wrong", "found", "unfounded", "precision", "recall"
    )?;
    let mut line = |name: &str, tally: &Tally| {
        let Tally { found, missed, unfounded } = tally;
        let (precision, recall) = (tally.precision(), tally.recall());
        let wrong = found + missed;
        writeln!(
            out,
            "{name:18} {wrong:>6} {found:>6} {unfounded:>9} {precision:>9.4} {recall:>7.4}"
        )
    };
    by_reason.iter().try_for_each(|(name, tally)| line(name, tally))?;
    line("all reasons", of_reasons)?;
    line("accesses", of_accesses)
}

const SEED: u64 = 7;
/// Rounds: so many that even the rarest kind is played.
const ROUNDS: u64 = 16;

#[cfg(test)]
mod tests {
    use patient_wallet::receipt::{Act, reconcile};

    use super::*;
    use crate::scene::{DAY, MINUTE};

    #[test]
    fn every_illegal_access_is_found_and_hardly_anything_else() {
        for seed in [SEED, 1, 20_260_101] {
            let figures = figures(seed);
            assert!(figures.scenes >= 600, "{}", figures.scenes);
            assert!(
                figures.of_accesses.missed == 0 && figures.of_reasons.missed == 0,
                "{figures:?}"
            );
            assert!(figures.of_accesses.precision() >= 0.98, "{figures:?}");
            assert!(figures.of_reasons.precision() >= 0.98, "{figures:?}");
            for (why, tally) in &figures.by_reason {
                assert!(tally.found >= 10, "{why} is hardly ever wrong: {tally:?}");
                assert!(tally.precision() >= 0.9, "{why}: {tally:?}");
            }
            // Some that is right looks wrong to everybody: a corpus without such proves nothing.
            assert!(figures.of_reasons.unfounded > 0);
        }
    }

    /// Dialysis three times a week and read by a machine every night, a pharmacy and a family
    /// doctor each month, a laboratory and specialists now and then.
    fn year(seed: u64) -> Scene {
        let mut scene = Scene::new(seed);
        let year = 365 * DAY;
        let mut treat = |every: u64, days: u64, reads: u64, nights: u64| {
            let reader = scene.reader();
            let mut ago = year;
            while ago > every {
                let consent = scene.give(reader, ago, days);
                let from = scene.now - ago;
                scene.open(reader, consent, from + MINUTE);
                let end = (from + days * DAY).min(scene.now);
                for at in (1..=reads).map(|read| from + MINUTE + read * days * DAY / (reads + 1)) {
                    if at < end {
                        scene.read(reader, consent, at);
                    }
                }
                for at in (1..nights).map(|night| from + night * DAY) {
                    if at < end {
                        scene.read(reader, consent, at).act = Act::Machine;
                    }
                }
                scene.end(consent);
                ago -= every;
            }
        };
        treat(91 * DAY, 91, 39, 91);
        treat(30 * DAY, 3, 2, 0);
        treat(30 * DAY, 2, 1, 0);
        treat(91 * DAY, 7, 2, 0);
        treat(120 * DAY, 14, 3, 0);
        scene
    }

    #[test]
    fn a_year_of_a_chronically_ill_patient_fits_one_page() {
        let played = year(SEED).play();
        let told = reconcile(&played.facts, played.now);
        assert!(told.accesses > 500 && told.flagged.is_empty(), "{}", told.accesses);
        assert!(told.log.len() <= PAGE - HEAD, "{}", told.log.len());
        let counted: usize = told.log.iter().map(|line| line.receipts.len()).sum();
        assert_eq!(counted, told.accesses);
    }

    #[test]
    fn what_is_wrong_in_that_year_stands_alone_in_its_log() {
        let mut scene = year(SEED);
        let late = scene.now - DAY;
        for _ in 0..3 {
            scene.read(1, 4, late).wrong = vec!["after-expiry"];
        }
        let played = scene.play();
        let told = reconcile(&played.facts, played.now);
        let lines: Vec<_> = told.log.iter().filter(|line| !line.why.is_empty()).collect();
        assert_eq!((lines.len(), told.flagged.len()), (3, 3));
        assert!(lines.iter().all(|line| line.receipts.len() == 1));
        assert!(told.log.len() <= PAGE - HEAD, "{}", told.log.len());
    }

    /// Lines of a page, and those of them that its head takes.
    const PAGE: usize = 60;
    const HEAD: usize = 6;
}
