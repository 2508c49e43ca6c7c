//! A chat: what one client writes, all get. One goroutine knows who is there, and hears of everything through
//! a channel. Each client has a goroutine that reads, and one that writes what comes out of its own channel.
//!
//! A client that does not read fills its channel, and is put out: nobody waits for it.
//!
//! ```text
//! cargo run --release --example chat                     # serves itself: 20 clients talk
//! cargo run --release --example chat -- 127.0.0.1:7000   # serves others (nc 127.0.0.1 7000), until Ctrl-C
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what an example does")]

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use gosched::chan::{Receiver, Sender, bounded};
use gosched::net::{TcpListener, TcpStream};
use gosched::{JoinHandle, go, signal};

/// So many lines may wait for a client.
const BEHIND: usize = 256;
/// A line has so many bytes at most; what is longer is several lines.
const LINE: u64 = 1024;

const CLIENTS: usize = 20;
const LINES: usize = 50;

type Line = Arc<[u8]>;

/// What happens in the room.
enum Event {
    Joined(usize, Sender<Line>),
    Said(usize, Vec<u8>),
    Left(usize),
}

fn main() -> io::Result<()> {
    // SAFETY: nothing here belongs to a thread.
    let rt = unsafe { gosched::Runtime::builder().start()? };
    rt.run(|| match std::env::args().nth(1) {
        Some(address) => serve_others(&address),
        None => serve_ourselves(),
    })
}

/// The room: it ends once nobody can tell it anything any more.
fn room(events: &Receiver<Event>) {
    let mut members = HashMap::new();
    for event in events {
        let line = match event {
            Event::Joined(id, member) => {
                members.insert(id, member);
                format!("* {id} is here\n").into_bytes()
            }
            Event::Said(id, text) => [format!("{id}: ").as_bytes(), &text, b"\n"].concat(),
            Event::Left(id) => {
                members.remove(&id);
                format!("* {id} is gone\n").into_bytes()
            }
        };
        let line = Line::from(line);
        // A channel that is dropped ends its member.
        members.retain(|_, member| member.try_send(line.clone()).is_ok());
    }
}

/// Accepts members until the listener is closed.
fn serve(listener: &TcpListener) {
    let (tell, events) = bounded(BEHIND);
    go(move || room(&events));
    for (id, stream) in listener.incoming().enumerate() {
        match stream {
            Ok(stream) => {
                let tell = tell.clone();
                go(move || member(id, stream, &tell));
            }
            Err(error) => eprintln!("chat: accept: {error}"),
        }
    }
}

/// One member, from joining to leaving.
fn member(id: usize, stream: TcpStream, tell: &Sender<Event>) {
    let stream = Arc::new(stream);
    let (send, lines) = bounded(BEHIND);
    // The room fails to hear it only if it has ended.
    let _ = tell.send(Event::Joined(id, send));
    go({
        let stream = stream.clone();
        move || write_lines(&stream, &lines)
    });
    if let Err(error) = read_lines(&stream, |line| tell.send(Event::Said(id, line))) {
        eprintln!("chat: {id}: {error}");
    }
    let _ = tell.send(Event::Left(id));
}

/// Writes what comes, and ends the reading too when it ends.
fn write_lines(mut stream: &TcpStream, lines: &Receiver<Line>) {
    for line in lines {
        if stream.write_all(&line).is_err() {
            break;
        }
    }
    let _ = stream.shutdown(Shutdown::Both); // the client may have done it before
}

/// Reads lines until the stream ends, or `each` fails.
fn read_lines<E>(stream: &TcpStream, each: impl Fn(Vec<u8>) -> Result<(), E>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        if stream.by_ref().take(LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if each(line.trim_ascii_end().to_vec()).is_err() {
            return Ok(());
        }
    }
}

fn start(address: &str) -> io::Result<(Arc<TcpListener>, JoinHandle<()>)> {
    let listener = Arc::new(TcpListener::bind(address)?);
    let server = go({
        let listener = listener.clone();
        move || serve(&listener)
    });
    Ok((listener, server))
}

fn serve_others(address: &str) -> io::Result<()> {
    let interrupts = signal::notify(&[signal::INT, signal::TERM])?;
    let (listener, server) = start(address)?;
    println!("listening at {}", listener.local_addr()?);
    let _ = interrupts.recv();
    listener.close();
    server.join().expect("the server does not panic");
    Ok(())
}

fn serve_ourselves() -> io::Result<()> {
    let (listener, server) = start("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let began = Instant::now();
    let clients: Vec<_> = (0..CLIENTS).map(|_| go(move || talk(address))).collect();
    let mut heard = 0;
    for client in clients {
        heard += client.join().expect("a client does not panic")?;
    }
    println!("{CLIENTS} clients heard {heard} lines in {:?}", began.elapsed());
    listener.close();
    server.join().expect("the server does not panic");
    Ok(())
}

/// Says some lines, each after the last was heard, and leaves. Returns how many lines it heard, of all.
fn talk(address: SocketAddr) -> io::Result<usize> {
    let stream = TcpStream::connect(address)?;
    let mut lines = BufReader::new(&stream).lines();
    let mut heard = 0;
    for i in 0..LINES {
        let text = format!("line {i} of {:?}", stream.local_addr()?);
        (&stream).write_all(format!("{text}\n").as_bytes())?;
        loop {
            let line = lines.next().ok_or(io::ErrorKind::UnexpectedEof)??;
            heard += 1;
            if line.ends_with(&text) {
                break;
            }
        }
    }
    stream.shutdown(Shutdown::Write)?;
    lines.try_fold(heard, |heard, line| line.map(|_| heard + 1))
}
