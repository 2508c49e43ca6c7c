//! `proto/semaphore` under loom.

crate::cells::semaphore::suite!();
