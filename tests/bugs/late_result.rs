//! A caller gives up after a time-out and asks again; the answer to the first question is taken for that to the
//! second.

use std::time::Duration;

use gosched::time::sleep;
use gosched::{chan, go};

pub fn kernel(fixed: bool) {
    let (ask, questions) = chan::bounded::<u32>(2);
    let (answer, answers) = chan::bounded(2);
    let server = go(move || {
        for question in &questions {
            sleep(Duration::from_millis(5));
            let _ = answer.send((question, question * 10));
        }
    });
    for question in 1..=2 {
        ask.send(question).unwrap();
        while let Ok((of, answer)) = answers.recv_timeout(Duration::from_millis(8)) {
            if fixed && of != question {
                continue; // late
            }
            assert_eq!(answer, question * 10, "the answer to another question");
            break;
        }
    }
    drop((ask, answers));
    server.join().unwrap();
}
