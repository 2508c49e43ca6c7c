//! The watcher's deep sleep beside the scheduler, under loom.

crate::cells::watcher::suite!();
