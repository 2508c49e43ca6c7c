//! `proto/template` under shuttle.

use super::{pct, random};
use crate::cells::template;

crate::cells::template::suite!();

#[test]
fn no_request_of_a_crowd_is_lost() {
    const NAME: &str = "template::no_request_of_a_crowd_is_lost";
    random(NAME, 5_000, template::a_crowd);
    pct(NAME, 3, 5_000, template::a_crowd);
}
