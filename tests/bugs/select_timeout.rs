//! A result that comes too late: whoever waits for it has given up, and the worker that sends it waits for ever
//! (GoBench: kubernetes 5316).

use std::time::Duration;

use gosched::{chan, go, time::sleep};

pub fn kernel(fixed: bool) {
    let (tx, rx) = chan::bounded(usize::from(fixed));
    go(move || {
        sleep(Duration::from_millis(10)); // the work
        // The caller may have gone by now.
        let _ = tx.send("done");
    });
    let rx = std::mem::ManuallyDrop::new(rx); // another part of the program keeps it
    chan::select! {
        recv(rx) -> answer => assert_eq!(answer, Ok("done")),
        default(Duration::from_millis(20)) => {}
    }
}
