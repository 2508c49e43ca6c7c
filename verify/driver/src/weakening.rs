//! How an atomic site is weakened.

/// A step down; the names are the facade's (`src/facade/loom_sites.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weakening {
    Acquire,
    Release,
    Failure,
    Fence,
}

impl Weakening {
    pub const ALL: [Self; 4] = [Self::Acquire, Self::Release, Self::Failure, Self::Fence];

    pub fn name(self) -> &'static str {
        match self {
            Self::Acquire => "acquire",
            Self::Release => "release",
            Self::Failure => "failure",
            Self::Fence => "fence",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|weakening| weakening.name() == name)
    }
}
