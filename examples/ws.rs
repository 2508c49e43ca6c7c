//! Web sockets by tungstenite, as it is written for std's blocking sockets: nothing in it knows about goroutines.
//! The server gives back what it gets.
//!
//! ```text
//! cargo run --release --example ws                     # serves itself: 100 clients, 100 messages each
//! cargo run --release --example ws -- 127.0.0.1:7080   # serves others, until Ctrl-C
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what an example does")]

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gosched::net::{TcpListener, TcpStream};
use gosched::{JoinHandle, go, signal};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, HandshakeError, Message};

/// A message has so many bytes at most.
const MESSAGE: usize = 64 * 1024;
/// A client that says nothing for so long is left alone.
const IDLE: Duration = Duration::from_mins(1);

const CLIENTS: usize = 100;
const MESSAGES: usize = 100;

fn main() -> io::Result<()> {
    // SAFETY: nothing here belongs to a thread.
    let rt = unsafe { gosched::Runtime::builder().start()? };
    rt.run(|| match std::env::args().nth(1) {
        Some(address) => serve_others(&address),
        None => serve_ourselves(),
    })
}

/// Ends with an error, which may be that the client has closed the connection.
fn echo(stream: TcpStream) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    let limits =
        WebSocketConfig::default().max_message_size(Some(MESSAGE)).max_frame_size(Some(MESSAGE));
    let mut socket = tungstenite::accept_with_config(stream, Some(limits)).map_err(of)?;
    loop {
        let message = socket.read()?;
        // It answers pings and a closing client by itself.
        if message.is_text() || message.is_binary() {
            socket.send(message)?;
        }
    }
}

/// A handshake that was interrupted is one whose time was up.
fn of<R: tungstenite::handshake::HandshakeRole>(error: HandshakeError<R>) -> Error {
    match error {
        HandshakeError::Failure(error) => error,
        HandshakeError::Interrupted(_) => io::Error::from(io::ErrorKind::TimedOut).into(),
    }
}

/// Accepts connections in a goroutine, until the listener is closed.
fn start(address: &str) -> io::Result<(Arc<TcpListener>, JoinHandle<()>)> {
    let listener = Arc::new(TcpListener::bind(address)?);
    let server = go({
        let listener = listener.clone();
        move || {
            for stream in listener.incoming() {
                go(move || match stream.map_err(Error::from).and_then(echo) {
                    Ok(()) | Err(Error::ConnectionClosed) => {}
                    Err(error) => eprintln!("ws: {error}"),
                });
            }
        }
    });
    Ok((listener, server))
}

fn serve_others(address: &str) -> io::Result<()> {
    let interrupts = signal::notify(&[signal::INT, signal::TERM])?;
    let (listener, server) = start(address)?;
    println!("listening at ws://{}", listener.local_addr()?);
    let _ = interrupts.recv();
    listener.close();
    server.join().expect("the server does not panic");
    Ok(())
}

fn serve_ourselves() -> io::Result<()> {
    let (listener, server) = start("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let began = Instant::now();
    let clients: Vec<_> = (0..CLIENTS).map(|_| go(move || call(address))).collect();
    for client in clients {
        client.join().expect("a client does not panic").map_err(io::Error::other)?;
    }
    println!("{} messages in {:?}", CLIENTS * MESSAGES, began.elapsed());
    listener.close();
    server.join().expect("the server does not panic");
    Ok(())
}

fn call(address: SocketAddr) -> Result<(), Error> {
    let stream = TcpStream::connect(address)?;
    let (mut socket, _) = tungstenite::client(format!("ws://{address}/"), stream).map_err(of)?;
    for i in 0..MESSAGES {
        let message = Message::text(format!("message {i}"));
        socket.send(message.clone())?;
        if socket.read()? != message {
            return Err(io::Error::other("another answer came").into());
        }
    }
    socket.close(None)?;
    while socket.read().is_ok() {} // until the server has closed it, too
    Ok(())
}
