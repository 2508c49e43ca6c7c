//! Random numbers.

/// Random numbers that a seed determines (`SplitMix64`).
pub(super) struct Rng(u64);

impl Rng {
    /// For the `nth` execution.
    pub(super) fn new(seed: u64, nth: u64) -> Self {
        let mut rng = Self(seed ^ nth.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        rng.next();
        rng
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).unwrap_or(0)
    }

    /// One of `n`, and mostly the first: but for one time in so many.
    pub(super) fn mishap(&mut self, one_in: usize, n: usize) -> usize {
        if self.below(one_in) == 0 { 1 + self.below(n - 1) } else { 0 }
    }
}
