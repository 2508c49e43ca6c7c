//! `proto/mlife` under shuttle.

use super::{pct, random};
use crate::cells::mlife;

crate::cells::mlife::suite!();

#[test]
fn generations_of_threads_share_few_records() {
    const NAME: &str = "mlife::generations_of_threads_share_few_records";
    random(NAME, 3_000, mlife::generations);
    pct(NAME, 3, 3_000, mlife::generations);
}
