use std::{sync::mpsc, thread::spawn};

fn main() {
    let receiver = spawn(|| {
        let (tx, rx) = mpsc::sync_channel(1);
        spawn(move || tx.send("hello"));
        println!("{}", rx.recv().expect("it is sent"));
    });
    receiver.join().expect("it does not panic");
}
