//! Strategies: who answers the questions of an execution.

mod exhaustive;
mod pct;
mod question;
mod random;
mod replay;
mod rng;

pub(super) use exhaustive::Exhaustive;
pub(super) use pct::Pct;
pub(super) use question::{Kind, Question, Strategy};
pub(super) use random::Random;
pub(super) use replay::Replay;
