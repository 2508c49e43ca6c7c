use gosched::{Runtime, chan, go};

fn main() -> std::io::Result<()> {
    // SAFETY: the goroutines keep nothing that belongs to their thread.
    unsafe { Runtime::builder().start()? }.run(|| {
        let (tx, rx) = chan::bounded(1);
        go(move || tx.send("hello"));
        println!("{}", rx.recv().expect("it is sent"));
    });
    Ok(())
}
