//! Litmus programs under shuttle: exactly the sequentially consistent outcomes, all of which loom
//! shows too (the table's test in the loom twin).

crate::cells::litmus::suite!();
