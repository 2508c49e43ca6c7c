//! What an M does: it is started, parks, hands a P on, answers a stop, runs goroutines, ends.

pub(crate) mod answer;
pub(crate) mod exit;
pub(crate) mod find;
pub(crate) mod handoffp;
pub(crate) mod lockedm;
pub(crate) mod moves;
pub(crate) mod netpoll;
pub(crate) mod newm;
pub(crate) mod outside;
pub(crate) mod park;
pub(crate) mod refused;
pub(crate) mod schedule;
pub(crate) mod sleeper;
pub(crate) mod start;
pub(crate) mod template;
pub(crate) mod wired;
