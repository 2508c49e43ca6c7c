//! A rate limiter: the refill looks whether there is room, and adds a token afterwards.

use std::sync::Arc;
use std::time::Duration;

use gosched::go;
use gosched::sync::Mutex;
use gosched::time::{after_func, sleep};

const MOST: u32 = 2;

pub fn kernel(fixed: bool) {
    let tokens = Arc::new(Mutex::new(MOST - 1));
    let theirs = tokens.clone();
    let refill = after_func(Duration::from_millis(10), move || add(&theirs, fixed));
    let returned = tokens.clone();
    let request = go(move || {
        sleep(Duration::from_millis(5)); // refused by the server: the token comes back
        add(&returned, fixed);
    });
    request.join().unwrap();
    sleep(Duration::from_millis(20));
    drop(refill);
    assert!(*tokens.lock().unwrap() <= MOST, "more tokens than there are");
}

fn add(tokens: &Mutex<u32>, fixed: bool) {
    if fixed {
        let mut tokens = tokens.lock().unwrap();
        *tokens = (*tokens + 1).min(MOST);
    } else {
        let has_room = *tokens.lock().unwrap() < MOST;
        if has_room {
            *tokens.lock().unwrap() += 1;
        }
    }
}
