//! What a program meets that is built with the checker's feature and runs outside a model.

use std::panic::catch_unwind;

use crate::Runtime;

#[test]
fn a_runtime_that_is_started_outside_a_model_says_so_in_one_sentence() {
    let start = || drop(Runtime::builder().start_threaded());
    let panic = catch_unwind(start).expect_err("nothing works there");
    let text = panic.downcast_ref::<&str>().copied().expect("a constant text");
    let begin =
        "gosched: a runtime was started outside a check, in a build with the feature `shuttle`, ";
    assert!(text.starts_with(begin), "{text}");
    assert!(text.contains("start it inside `gosched::check::random` or its like"), "{text}");
}
