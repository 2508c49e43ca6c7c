use may::{go, sync::mpsc};

fn main() {
    let receiver = go!(|| {
        let (tx, rx) = mpsc::channel();
        go!(move || tx.send("hello"));
        println!("{}", rx.recv().expect("it is sent"));
    });
    receiver.join().expect("it does not panic");
}
