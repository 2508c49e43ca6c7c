//! Channels under loom, over the whole scheduler. Bounded: the number of preemptions is in each line.

use super::{Bound, explore};
use crate::cells::chan;

#[test]
fn an_unbuffered_value_passes_from_one_goroutine_to_another() {
    explore(&chan::UNBUFFERED, Bound::Window(2));
}

#[test]
fn buffered_values_arrive_in_order_and_then_the_end() {
    explore(&chan::BUFFERED, Bound::Window(2));
}

#[test]
fn each_of_two_senders_is_received_once() {
    explore(&chan::TWO_SENDERS, Bound::Window(2));
}

#[test]
fn a_receiver_learns_that_the_last_sender_is_gone() {
    explore(&chan::LAST_SENDER, Bound::Window(2));
}

#[test]
fn a_sender_gets_its_value_back_when_the_last_receiver_goes() {
    explore(&chan::LAST_RECEIVER, Bound::Window(2));
}

#[test]
fn a_thread_receives_from_a_goroutine() {
    explore(&chan::THREAD_RECEIVES, Bound::Window(2));
}
