//! Outside the checks of users' programs nobody directs: all of this is nothing.

#![allow(
    dead_code,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "the shape of the directed one"
)]

use core::ptr::NonNull;
use std::os::fd::RawFd;

use super::news::{News, Next};

#[inline(always)]
pub(crate) const fn is_on() -> bool {
    false
}

#[inline(always)]
pub(crate) fn tell(_: impl FnOnce() -> News) {}

pub(crate) fn next(_: Option<u64>, _: &[u64], _: bool) -> Next {
    Next::Stay
}

pub(crate) fn is_over() -> bool {
    false
}

pub(crate) const fn may_start() -> bool {
    true
}

pub(crate) fn hand_over() {}

pub(crate) const fn watch(_: RawFd, _: usize) -> bool {
    false
}

pub(crate) fn forget(_: RawFd) {}

pub(crate) fn set_quiet(_: bool) {}

pub(crate) fn is_quiet() -> bool {
    false
}

/// Nobody is set aside.
#[derive(Default)]
pub(crate) struct Aside;

impl Aside {
    pub(crate) fn push(&mut self, _: usize, _: NonNull<()>) {}

    pub(crate) fn of(&self, _: usize) -> impl Iterator<Item = NonNull<()>> {
        core::iter::empty()
    }

    pub(crate) fn choose(&mut self, _: usize, _: usize) {}

    pub(crate) fn prefer(&mut self, _: NonNull<()>) {}

    pub(crate) fn arrange(&mut self) {}

    pub(crate) fn take(&mut self, _: usize, _: usize) -> Option<NonNull<()>> {
        None
    }

    pub(crate) fn take_chosen(&mut self, _: usize) -> Option<NonNull<()>> {
        None
    }
}

pub(crate) fn aside<R>(use_it: impl FnOnce(&mut Aside) -> R) -> R {
    use_it(&mut Aside)
}
