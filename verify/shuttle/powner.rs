//! `proto/powner` under shuttle.

use super::{cut, random};
use crate::cells::powner;

crate::cells::powner::suite!();

#[test]
fn of_two_takers_one_gets_the_processor() {
    cut("powner::of_two_takers_one_gets_the_processor", &powner::TWO_TAKERS, 200, 20_000);
}

#[test]
fn a_processor_has_one_owner_among_many_takers() {
    random("powner::a_processor_has_one_owner_among_many_takers", 5_000, powner::siege);
}
