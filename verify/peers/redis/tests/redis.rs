//! A client library for Redis, whose requests and answers go over this crate's sockets, in goroutines, to a real
//! server. The library's own connections are std's; what it writes and parses takes any stream.

#![allow(
    clippy::pedantic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

#[path = "../../../../tests/harness/mod.rs"]
mod harness;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gosched::go;
use gosched::net::UnixStream;
use harness::runtime;
use redis::{Cmd, FromRedisValue, Parser, cmd};

/// A server with a socket in a folder of its own, and no port.
struct Server {
    process: Child,
    folder: PathBuf,
}

impl Server {
    /// `None`, with a word, if it is not installed.
    fn start(name: &str) -> Option<Self> {
        let folder =
            std::env::temp_dir().join(format!("gosched-redis-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let started = Command::new("redis-server")
            .args(["--port", "0", "--unixsocket", "socket", "--save", "", "--dir"])
            .arg(&folder)
            .current_dir(&folder)
            .stdout(Stdio::null())
            .spawn();
        match started {
            Ok(process) => Some(Self { process, folder }),
            Err(_) => {
                println!("skipped: redis-server is not installed");
                std::fs::remove_dir_all(folder).unwrap();
                None
            }
        }
    }

    /// A connection, as soon as the server takes one.
    fn connect(&self) -> UnixStream {
        connect(self.folder.join("socket"))
    }
}

fn connect(path: PathBuf) -> UnixStream {
    let began = Instant::now();
    loop {
        match UnixStream::connect(&path) {
            Ok(stream) => return stream,
            Err(error) => assert!(began.elapsed() < Duration::from_secs(20), "{error}"),
        }
        gosched::time::sleep(Duration::from_millis(5));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// One request and its answer.
fn query<T: FromRedisValue>(mut stream: &UnixStream, command: &Cmd) -> T {
    stream.write_all(&command.get_packed_command()).unwrap();
    let value = Parser::new().parse_value(stream).unwrap();
    redis::from_redis_value(value).unwrap()
}

#[test]
fn many_goroutines_count_in_redis() {
    let Some(server) = Server::start("count") else { return };
    let socket = server.folder.join("socket");
    let rt = runtime(2);
    rt.run(move || {
        let clients: Vec<_> = (0..50)
            .map(|i| (i, connect(socket.clone())))
            .map(|(i, stream)| {
                go(move || {
                    for _ in 0..50 {
                        let _: i64 = query(&stream, cmd("INCR").arg("sum"));
                    }
                    let () = query(&stream, cmd("SET").arg(i).arg("x".repeat(100_000)));
                    let back: String = query(&stream, cmd("GET").arg(i));
                    assert_eq!(back.len(), 100_000);
                })
            })
            .collect();
        clients.into_iter().for_each(|client| client.join().unwrap());
    });
    assert!(rt.stats().threads < 25, "{:?}", rt.stats());
    let sum: i64 = query(&server.connect(), cmd("GET").arg("sum"));
    assert_eq!(sum, 2_500);
}

#[test]
fn a_goroutine_that_waits_for_redis_delays_nobody() {
    let Some(server) = Server::start("wait") else { return };
    let socket = server.folder.join("socket");
    runtime(1).run(move || {
        let path = socket.clone();
        let waits =
            go(move || -> Vec<String> { query(&connect(path), cmd("BLPOP").arg("queue").arg(0)) });
        let stream = connect(socket);
        let pong: String = query(&stream, &cmd("PING"));
        assert_eq!((pong.as_str(), waits.is_finished()), ("PONG", false));
        let _: i64 = query(&stream, cmd("RPUSH").arg("queue").arg("work"));
        assert_eq!(waits.join().unwrap(), ["queue", "work"]);
    });
}
