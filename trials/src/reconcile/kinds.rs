//! What readers do: what they may, what comes close to what they may not, and what they may not.

mod honest;
mod illegal;
mod owed;

use crate::scene::{DAY, Scene};

/// One kind of behaviour: what it is called, how rare it is, and what is done.
pub(crate) type Kind = (&'static str, u64, fn(&mut Scene));

/// Gives every kind; each is played once in so many rounds.
pub(crate) fn all() -> impl Iterator<Item = &'static Kind> {
    honest::KINDS.iter().chain(illegal::KINDS).chain(owed::KINDS)
}

/// Has a reader come who was given records some time ago, for some days.
fn given(scene: &mut Scene, ago: u64, days: u64) -> (usize, usize) {
    let reader = scene.reader();
    (reader, scene.give(reader, ago, days))
}

/// Has a reader come who opened at once what was given a hundred days ago for `days`.
fn opened(scene: &mut Scene, days: u64) -> (usize, usize, u64) {
    let (reader, consent) = given(scene, 100 * DAY, days);
    let at = scene.now - 100 * DAY + 90;
    scene.open(reader, consent, at);
    (reader, consent, at)
}
