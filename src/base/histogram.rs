//! Durations, counted in buckets: four for each power of two, so that the bounds of a bucket differ by a
//! quarter at most (as in Go's `timeHistogram` and in `HdrHistogram`).

/// A bucket has as many bits of a duration's value below its highest one.
const BITS: u32 = 2;
/// So many buckets make up a power of two.
const PARTS: usize = 1 << BITS;

/// So many buckets hold every duration of 64 bits of nanoseconds.
pub(crate) const BUCKETS: usize = bucket(u64::MAX) + 1;

/// The bucket of a duration.
pub(crate) const fn bucket(ns: u64) -> usize {
    // Below `PARTS` each duration has a bucket of its own.
    let shift = (ns | 1).ilog2().saturating_sub(BITS);
    #[expect(clippy::cast_possible_truncation, reason = "below two times PARTS")]
    let part = (ns >> shift) as usize;
    PARTS * shift as usize + part
}

/// The longest duration in a bucket.
pub(crate) const fn bound_ns(bucket: usize) -> u64 {
    let shift = (bucket / PARTS).saturating_sub(1);
    let part = (bucket - PARTS * shift) as u64;
    part << shift | ((1 << shift) - 1)
}

/// How many durations were measured, and how long they were.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    sum_ns: u64,
    largest_ns: u64,
}

impl Histogram {
    /// Nothing was measured.
    pub(crate) fn new() -> Self {
        Self { counts: vec![0; BUCKETS], sum_ns: 0, largest_ns: 0 }
    }

    /// Adds what was counted elsewhere: by the buckets, then the sum, and the largest.
    pub(crate) fn add(&mut self, counts: impl Iterator<Item = u64>, sum_ns: u64, largest_ns: u64) {
        self.counts.iter_mut().zip(counts).for_each(|(all, more)| *all += more);
        self.sum_ns = self.sum_ns.wrapping_add(sum_ns);
        self.largest_ns = self.largest_ns.max(largest_ns);
    }

    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub(crate) fn sum_ns(&self) -> u64 {
        self.sum_ns
    }

    pub(crate) fn largest_ns(&self) -> u64 {
        self.largest_ns
    }

    /// The bound of the bucket that holds the smallest duration which is not exceeded by this part of them all,
    /// or the largest, if that is less.
    pub(crate) fn quantile_ns(&self, q: f64) -> u64 {
        let count = self.count();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank among so many that a small error does not matter; it is not negative"
        )]
        let rank = ((q * count as f64).ceil() as u64).clamp(1, count.max(1));
        let mut below = 0;
        let bound = self.buckets().find_map(|(bound_ns, n)| {
            below += n;
            (below >= rank).then_some(bound_ns)
        });
        bound.unwrap_or(0).min(self.largest_ns)
    }

    /// The buckets that are not empty: the bound of each, and how many durations it has.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (u64, u64)> {
        let all = self.counts.iter().enumerate().map(|(bucket, &n)| (bound_ns(bucket), n));
        all.filter(|&(_, n)| n != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(samples: &[u64]) -> Histogram {
        let mut all = Histogram::new();
        for &ns in samples {
            all.add((0..BUCKETS).map(|at| u64::from(at == bucket(ns))), ns, ns);
        }
        all
    }

    /// Durations of all sizes, the same ones each time.
    fn samples(n: usize) -> Vec<u64> {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let draw = |_| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed >> (20 + seed % 40)
        };
        (0..n).map(draw).collect()
    }

    #[test]
    fn each_duration_lies_in_the_bucket_whose_bounds_hold_it() {
        let powers =
            (0..64).flat_map(|power| [0, 1, 2, 3].map(|part| (4_u64 | part) << power >> 2));
        let edges = powers.flat_map(|edge| [edge.wrapping_sub(1), edge, edge.saturating_add(1)]);
        for ns in edges.chain(samples(1_000)).chain([0, u64::MAX]) {
            let bucket = bucket(ns);
            assert!(ns <= bound_ns(bucket), "{ns}");
            assert!(bucket == 0 || ns > bound_ns(bucket - 1), "{ns}");
        }
        assert_eq!((BUCKETS, bound_ns(BUCKETS - 1)), (252, u64::MAX));
    }

    #[test]
    fn a_bucket_is_no_wider_than_a_quarter_of_what_it_holds() {
        for at in 1..BUCKETS {
            let (least, most) = (bound_ns(at - 1) + 1, bound_ns(at));
            assert!(most - least < least.div_ceil(4), "{least} to {most}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_samples_and_at_most_a_quarter_more() {
        for n in [1, 2, 3, 10, 101, 5_000] {
            let mut samples = samples(n);
            let all = of(&samples);
            samples.sort_unstable();
            for q in [0, 1, 250, 500, 900, 990, 999, 1_000_u16] {
                let rank = (usize::from(q) * n).div_ceil(1_000).clamp(1, n);
                let (exact, told) = (samples[rank - 1], all.quantile_ns(f64::from(q) / 1_000.0));
                assert!(told >= exact, "{q} of {n}: {told} below {exact}");
                assert!(told - exact <= exact / 4, "{q} of {n}: {told} above {exact}");
            }
            assert_eq!(all.quantile_ns(1.0), samples[n - 1]);
            assert_eq!((all.count(), all.largest_ns()), (n as u64, samples[n - 1]));
            assert_eq!(all.sum_ns(), samples.iter().sum::<u64>());
            assert_eq!(all.buckets().map(|(_, n)| n).sum::<u64>(), n as u64);
        }
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!(Histogram::new().quantile_ns(0.5), 0);
    }
}
