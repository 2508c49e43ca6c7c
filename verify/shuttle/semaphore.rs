//! `proto/semaphore` under shuttle.

crate::cells::semaphore::suite!();
