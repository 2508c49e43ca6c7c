use tokio::{runtime::Runtime, sync::mpsc, task::spawn};

fn main() -> std::io::Result<()> {
    Runtime::new()?.block_on(async {
        let (tx, mut rx) = mpsc::channel(1);
        spawn(async move { tx.send("hello").await });
        println!("{}", rx.recv().await.expect("it is sent"));
    });
    Ok(())
}
