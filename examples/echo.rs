//! A server that gives back what it gets, with a goroutine for each connection.
//!
//! ```text
//! cargo run --release --example echo                     # serves itself: 100 clients, 1,000 messages each
//! cargo run --release --example echo -- 127.0.0.1:7000   # serves others, until its input ends
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what an example does")]

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use gosched::net::{TcpListener, TcpStream};
use gosched::sync::WaitGroup;
use gosched::{blocking, go};

const CLIENTS: usize = 100;
const MESSAGES: usize = 1_000;

fn main() -> io::Result<()> {
    // SAFETY: nothing here belongs to a thread.
    let rt = unsafe { gosched::Runtime::builder().start()? };
    rt.run(|| match std::env::args().nth(1) {
        Some(address) => serve_others(&address),
        None => serve_ourselves(),
    })
}

/// Accepts connections until the listener is closed, and then waits for those that are open.
fn serve(listener: &TcpListener) {
    let open = WaitGroup::new();
    for stream in listener.incoming() {
        match stream {
            Ok(stream) => drop(open.go(move || echo(stream))),
            Err(error) => eprintln!("accept: {error}"),
        }
    }
    open.wait();
}

fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buf = [0; 16 * 1024];
    loop {
        match stream.read(&mut buf)? {
            0 => return Ok(()),
            n => stream.write_all(&buf[..n])?,
        }
    }
}

fn serve_others(address: &str) -> io::Result<()> {
    let listener = Arc::new(TcpListener::bind(address)?);
    println!("listening at {}", listener.local_addr()?);
    let server = go({
        let listener = listener.clone();
        move || serve(&listener)
    });
    let mut line = String::new();
    while blocking(|| io::stdin().read_line(&mut line))? > 0 {}
    listener.close();
    server.join().expect("the server does not panic");
    Ok(())
}

fn serve_ourselves() -> io::Result<()> {
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
    let address = listener.local_addr()?;
    let server = go({
        let listener = listener.clone();
        move || serve(&listener)
    });
    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS).map(|_| go(move || call(address))).collect();
    for client in clients {
        client.join().expect("a client does not panic")?;
    }
    let took = start.elapsed();
    listener.close();
    server.join().expect("the server does not panic");
    println!("{} messages in {took:?}", CLIENTS * MESSAGES);
    Ok(())
}

fn call(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    let mut buf = [0; 64];
    for _ in 0..MESSAGES {
        stream.write_all(&buf)?;
        stream.read_exact(&mut buf)?;
    }
    Ok(())
}
