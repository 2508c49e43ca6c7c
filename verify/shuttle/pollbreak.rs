//! `proto/pollbreak` under shuttle.

crate::cells::pollbreak::suite!();
