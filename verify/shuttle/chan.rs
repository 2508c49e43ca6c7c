//! Channels under shuttle, over the whole scheduler.

use super::sampled;
use crate::cells::chan;

#[test]
fn an_unbuffered_value_passes_from_one_goroutine_to_another() {
    sampled(&chan::UNBUFFERED);
}

#[test]
fn buffered_values_arrive_in_order_and_then_the_end() {
    sampled(&chan::BUFFERED);
}

#[test]
fn each_of_two_senders_is_received_once() {
    sampled(&chan::TWO_SENDERS);
}

#[test]
fn a_receiver_learns_that_the_last_sender_is_gone() {
    sampled(&chan::LAST_SENDER);
}

#[test]
fn a_sender_gets_its_value_back_when_the_last_receiver_goes() {
    sampled(&chan::LAST_RECEIVER);
}

#[test]
fn a_thread_receives_from_a_goroutine() {
    sampled(&chan::THREAD_RECEIVES);
}
