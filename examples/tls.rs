//! TLS by rustls, as it is written for std's blocking sockets: nothing in it knows about goroutines. The server
//! gives back what it gets.
//!
//! ```text
//! cargo run --release --example tls                     # serves itself: 100 clients
//! cargo run --release --example tls -- 127.0.0.1:7443   # serves others, until Ctrl-C
//! openssl s_client -connect 127.0.0.1:7443
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what an example does")]

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gosched::net::{TcpListener, TcpStream};
use gosched::{JoinHandle, go, signal};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};

/// The name of the server in its certificate.
const NAME: &str = "localhost";
/// A client that says nothing for so long is left alone.
const IDLE: Duration = Duration::from_secs(30);

const CLIENTS: usize = 100;

fn main() -> io::Result<()> {
    // SAFETY: nothing here belongs to a thread.
    let rt = unsafe { gosched::Runtime::builder().start()? };
    rt.run(|| match std::env::args().nth(1) {
        Some(address) => serve_others(&address),
        None => serve_ourselves(),
    })
}

/// A certificate that is signed by itself, and what a server and its clients make of it. A real server reads
/// certificate and key from files.
fn configs() -> io::Result<(Arc<ServerConfig>, Arc<ClientConfig>)> {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).map_err(io::Error::other)?;
    let certificate = CertificateDer::from(made.cert);
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .map_err(io::Error::other)?;
    let mut roots = RootCertStore::empty();
    roots.add(certificate).map_err(io::Error::other)?;
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok((Arc::new(server), Arc::new(client)))
}

fn echo(stream: TcpStream, config: Arc<ServerConfig>) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let mut buf = [0; 4 * 1024];
    loop {
        match stream.read(&mut buf) {
            Ok(0) => break,
            Ok(n) => stream.write_all(&buf[..n])?,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break, // it was idle
            Err(error) => return Err(error),
        }
    }
    stream.conn.send_close_notify();
    stream.flush()
}

/// Accepts connections in a goroutine, until the listener is closed.
fn start(
    address: &str,
    config: Arc<ServerConfig>,
) -> io::Result<(Arc<TcpListener>, JoinHandle<()>)> {
    let listener = Arc::new(TcpListener::bind(address)?);
    let server = go({
        let listener = listener.clone();
        move || {
            for stream in listener.incoming() {
                let config = config.clone();
                go(move || {
                    if let Err(error) = stream.and_then(|stream| echo(stream, config)) {
                        eprintln!("tls: {error}");
                    }
                });
            }
        }
    });
    Ok((listener, server))
}

fn serve_others(address: &str) -> io::Result<()> {
    let interrupts = signal::notify(&[signal::INT, signal::TERM])?;
    let (config, _) = configs()?;
    let (listener, server) = start(address, config)?;
    println!("listening at {}", listener.local_addr()?);
    let _ = interrupts.recv();
    listener.close();
    server.join().expect("the server does not panic");
    Ok(())
}

fn serve_ourselves() -> io::Result<()> {
    let (server_config, client_config) = configs()?;
    let (listener, server) = start("127.0.0.1:0", server_config)?;
    let address = listener.local_addr()?;
    let began = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let config = client_config.clone();
            go(move || call(address, config))
        })
        .collect();
    for client in clients {
        client.join().expect("a client does not panic")?;
    }
    println!("{CLIENTS} clients were answered in {:?}", began.elapsed());
    listener.close();
    server.join().expect("the server does not panic");
    Ok(())
}

fn call(address: SocketAddr, config: Arc<ClientConfig>) -> io::Result<()> {
    let name = ServerName::try_from(NAME).map_err(io::Error::other)?;
    let connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address)?);
    let mut answer = [0; 5];
    stream.write_all(b"hello")?;
    stream.read_exact(&mut answer)?;
    stream.conn.send_close_notify();
    stream.flush()?;
    if &answer == b"hello" { Ok(()) } else { Err(io::Error::other("another answer came")) }
}
