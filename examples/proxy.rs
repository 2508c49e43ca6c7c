//! A proxy: it carries the bytes of each connection to a target, and the answers back. A connection is two
//! goroutines that copy, one for each direction. When one of them fails, or the proxy is told to stop, both end.
//!
//! ```text
//! cargo run --release --example proxy                                    # serves itself
//! cargo run --release --example proxy -- 127.0.0.1:8000 127.0.0.1:80     # serves others, until Ctrl-C
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what an example does")]

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gosched::context::Context;
use gosched::net::{TcpListener, TcpStream, ToSocketAddrs};
use gosched::sync::WaitGroup;
use gosched::{go, scope, signal};

/// The target must answer a connection within this time.
const CONNECT: Duration = Duration::from_secs(5);

const CLIENTS: usize = 50;
const BYTES: usize = 1024 * 1024;

fn main() -> io::Result<()> {
    // SAFETY: nothing here belongs to a thread.
    let rt = unsafe { gosched::Runtime::builder().start()? };
    rt.run(|| match (std::env::args().nth(1), std::env::args().nth(2)) {
        (Some(address), Some(target)) => serve_others(&address, &target),
        (Some(_), None) => Err(io::Error::other("say where to listen and where to connect to")),
        (None, _) => serve_ourselves(),
    })
}

/// Accepts connections until `stop` is cancelled, and then waits for those that are open, which end, too.
fn serve(listener: &Arc<TcpListener>, target: SocketAddr, stop: &Context) {
    go({
        let (listener, stop) = (listener.clone(), stop.clone());
        move || {
            let _ = stop.done().recv(); // until it is cancelled
            listener.close();
        }
    });
    let open = WaitGroup::new();
    for client in listener.incoming() {
        let stop = stop.child();
        let carry = move || {
            if let Err(error) = client.and_then(|client| carry(&client, target, &stop)) {
                eprintln!("proxy: {error}");
            }
        };
        drop(open.go(carry));
    }
    open.wait();
}

/// Carries one connection, until both directions have ended or `stop` is cancelled.
fn carry(client: &TcpStream, target: SocketAddr, stop: &Context) -> io::Result<()> {
    let server = &TcpStream::connect_timeout(&target, CONNECT)?;
    scope(|s| {
        s.spawn(|| {
            let _ = stop.done().recv();
            // Whoever is still copying is told. These fail if nobody is.
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        });
        let there = s.spawn(|| copy(client, server, stop));
        let back = copy(server, client, stop);
        let there = there.join().expect("copying does not panic");
        stop.cancel();
        there.and(back)
    })
}

/// Copies one direction to its end, and says so to the receiver. A failure ends the other direction, too.
fn copy(mut from: &TcpStream, mut to: &TcpStream, stop: &Context) -> io::Result<()> {
    let copied = io::copy(&mut from, &mut to).and_then(|_| to.shutdown(Shutdown::Write));
    if stop.error().is_some() {
        return Ok(()); // it was cut
    }
    if copied.is_err() {
        stop.cancel();
    }
    copied
}

fn serve_others(address: &str, target: &str) -> io::Result<()> {
    let interrupts = signal::notify(&[signal::INT, signal::TERM])?;
    let target = target.to_socket_addrs()?.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
    let listener = Arc::new(TcpListener::bind(address)?);
    println!("listening at {}, for {target}", listener.local_addr()?);
    let stop = Context::new();
    let server = go({
        let stop = stop.clone();
        move || serve(&listener, target, &stop)
    });
    let _ = interrupts.recv();
    stop.cancel();
    server.join().expect("the proxy does not panic");
    Ok(())
}

fn serve_ourselves() -> io::Result<()> {
    let echo = TcpListener::bind("127.0.0.1:0")?;
    let target = echo.local_addr()?;
    go(move || {
        for stream in echo.incoming().flatten() {
            go(move || io::copy(&mut &stream, &mut &stream));
        }
    });
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
    let (address, stop) = (listener.local_addr()?, Context::new());
    let proxy = go({
        let stop = stop.clone();
        move || serve(&listener, target, &stop)
    });

    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS).map(|_| go(move || send_and_compare(address))).collect();
    for client in clients {
        client.join().expect("a client does not panic")?;
    }
    println!("{CLIENTS} clients sent {BYTES} bytes and got them back in {:?}", start.elapsed());

    let mut idle = TcpStream::connect(address)?;
    idle.write_all(b"x")?;
    idle.read_exact(&mut [0])?;
    stop.cancel();
    println!("cut: {:?} bytes came after that", idle.read_to_end(&mut Vec::new())?);
    proxy.join().expect("the proxy does not panic");
    Ok(())
}

fn send_and_compare(address: SocketAddr) -> io::Result<()> {
    let stream = &TcpStream::connect(address)?;
    let sent = vec![7; BYTES];
    let mut back = Vec::new();
    scope(|s| {
        let sender = s.spawn(|| {
            (&mut &*stream).write_all(&sent)?;
            stream.shutdown(Shutdown::Write)
        });
        (&mut &*stream).read_to_end(&mut back)?;
        sender.join().expect("sending does not panic")
    })?;
    if back == sent { Ok(()) } else { Err(io::Error::other("other bytes came back")) }
}
