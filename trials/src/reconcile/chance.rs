//! Chance that is the same in every run: SplitMix64.

/// Draws numbers from a seed.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Draws a number from `from` up to, but without, `to`.
    pub(crate) const fn between(&mut self, from: u64, to: u64) -> u64 {
        let width = to.saturating_sub(from);
        if width == 0 { from } else { from + self.next() % width }
    }

    /// Says yes once in `times`.
    pub(crate) const fn once_in(&mut self, times: u64) -> bool {
        self.between(0, times) == 0
    }

    /// Draws one of several things.
    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        let at = usize::try_from(self.next() % of.len() as u64).expect("a place in the slice");
        *of.get(at).expect("there is something to draw from")
    }

    pub(crate) fn id(&mut self) -> [u8; 16] {
        (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes()
    }

    /// Puts things in another order.
    pub(crate) fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            let other = usize::try_from(self.between(0, last as u64 + 1)).expect("a place");
            things.swap(last, other);
        }
    }
}
