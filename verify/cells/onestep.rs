//! A lock that is taken in one step, for protocols that are under one.

use super::checker::{Mutex, MutexGuard};
use crate::base::rank::Rank;
use crate::proto::lock::Exclude;

/// A lock that is taken in one step: the real one has its own suite.
pub(crate) struct OneStep<D>(Mutex<D>);

impl<D: 'static> Exclude<D> for OneStep<D> {
    type Guard<'a> = MutexGuard<'a, D>;

    fn new(_: Rank, data: D) -> Self {
        Self(Mutex::new(data))
    }

    fn lock(&self) -> MutexGuard<'_, D> {
        self.0.lock().unwrap()
    }
}
