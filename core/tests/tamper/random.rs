//! Random flips through a whole small wallet.

use crate::bench::{Bench, Noticed};
use crate::bytes::fill;
use crate::common::{bundle, import_from, observation};
use crate::files::Draw;

#[test]
fn of_500_random_flips_through_a_whole_wallet_none_changes_anything_unnoticed() {
    let mut bench = Bench::new(|session| {
        fill(session);
        let more: Vec<String> = (10..35).map(|n| observation(&n.to_string(), "more")).collect();
        import_from(session, "x", &bundle(&more)).unwrap();
    });
    let size = std::fs::read(bench.vault()).unwrap().len();
    assert!(size < 64 << 10, "{size}");
    let mut draw = Draw(0x5eed);
    let (mut noticed, mut without_effect) = (0, 0);
    for round in 0..500 {
        let place = draw.below(size);
        let mask = if round % 2 == 0 { 1 << draw.below(8) } else { 0xff };
        bench.flip(place, mask);
        // Where it is noticed nowhere, everything that the wallet gives was compared.
        let found = if round % 5 == 0 { bench.notice_and_read().0 } else { bench.notice() };
        match found {
            Noticed::Nowhere => without_effect += 1,
            _ => noticed += 1,
        }
        bench.reset();
    }
    eprintln!(
        "of 500 flips in {size} bytes {noticed} are noticed, {without_effect} lie in free space"
    );
    assert_eq!(noticed + without_effect, 500);
    assert!(noticed > 250, "most of a file means something");
}
