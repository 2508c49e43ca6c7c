//! How often which time was taken, in buckets that are at most a hundredth wide.

/// Each power of two has so many buckets.
const PARTS: u64 = 128;
const BITS: u32 = PARTS.ilog2();

#[derive(Clone, Default)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    pub fn add(&mut self, ns: u64) {
        let bucket = bucket(ns);
        if self.counts.len() <= bucket {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.total += 1;
    }

    pub fn join(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.total += other.total;
    }

    /// The time within which so many of a thousand are, by nearest rank.
    pub fn within(&self, per_mille: u64) -> u64 {
        let rank = (self.total * per_mille).div_ceil(1_000).max(1);
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        found.map_or(0, least)
    }
}

fn bucket(ns: u64) -> usize {
    let shift = ns.max(1).ilog2().saturating_sub(BITS);
    (u64::from(shift) * PARTS + (ns >> shift)) as usize
}

/// The least time of a bucket.
fn least(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let shift = (bucket / PARTS).saturating_sub(1);
    (bucket - shift * PARTS) << shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_begins_at_most_a_hundredth_below() {
        for ns in (0..2_000).chain([12_345, 1_000_000, 123_456_789, u64::from(u32::MAX)]) {
            let low = least(bucket(ns));
            assert!(low <= ns && ns - low <= ns / 100, "{ns}: {low}");
        }
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let mut times = Histogram::default();
        (1..=100).for_each(|ns| times.add(ns));
        assert_eq!([500, 990, 999].map(|n| times.within(n)), [50, 99, 100]);
    }
}
