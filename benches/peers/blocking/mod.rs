//! The workloads that are the same for all who block: goroutines and threads have the same names, those of
//! std and crossbeam-channel, which each program gives in its module `rt`.

pub(crate) mod chans;
pub(crate) mod create;
pub(crate) mod flow;
pub(crate) mod locks;
pub(crate) mod selects;
pub(crate) mod wake;
