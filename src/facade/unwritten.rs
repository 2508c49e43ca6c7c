//! In a build without models nobody keeps a journal, and this is nothing.

#[inline(always)]
pub(super) fn load<V>(_: *const (), _: V) {}

#[inline(always)]
pub(super) fn store<V>(_: *const (), _: V) {}

#[inline(always)]
pub(super) fn change<V>(_: *const (), _: V, _: V) {}

#[inline(always)]
pub(super) fn exchange<V>(_: *const (), _: (V, V), _: Result<V, V>) {}

#[cfg(any(feature = "loom", feature = "shuttle"))]
pub(super) fn other(_: &str) {}
