//! The examples of servers, run as a user would, with the clients that people have: curl, openssl, and
//! libraries that are written for std's blocking sockets.

#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use harness::bound_this_file;

/// So long a step may take on a machine that does other things, too.
const LONG: Duration = Duration::from_secs(20);

/// An example that cargo has built for the tests.
fn example(name: &str) -> Command {
    bound_this_file();
    let mut path = std::env::current_exe().unwrap();
    path.pop(); // deps
    path.pop();
    let program = path.join("examples").join(name);
    assert!(program.exists(), "{program:?} is missing: cargo build --example {name}");
    Command::new(program)
}

/// An example that serves.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Starts an example at a free port; it says which.
    fn start(name: &str, arguments: &[&str]) -> Self {
        let mut process = example(name)
            .arg("127.0.0.1:0")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split([' ', '/', ',', '\n']).find(|word| word.starts_with("127."));
        let address = address.unwrap_or_else(|| panic!("no address: {line:?}")).to_owned();
        Self { process, address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    /// Sends bytes, and returns all that comes back until the server closes.
    fn send(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Runs curl on a path; `None`, with a word, if there is no curl.
    fn curl(&self, arguments: &[&str], paths: &[&str]) -> Option<String> {
        let urls = paths.iter().map(|path| format!("http://{}{path}", self.address));
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--max-time", "20"]).args(arguments).args(urls);
        Some(String::from_utf8(output(&mut curl)?.stdout).unwrap())
    }

    fn interrupt(&self) {
        let pid = i32::try_from(self.process.id()).unwrap();
        // SAFETY: a child of ours that was not waited for.
        assert_eq!(unsafe { libc::kill(pid, libc::SIGINT) }, 0);
    }

    /// Sends what Ctrl-C sends, and waits until the server has ended well.
    fn end(mut self) {
        self.interrupt();
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails if it has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a program writes; `None`, with a word, if it is not installed.
fn output(command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(_) => {
            println!("skipped: {:?} is not installed", command.get_program());
            None
        }
    }
}

#[test]
fn each_serves_itself_and_ends() {
    let names = ["echo", "http", "chat", "proxy", "crawl", "tls", "ws", "files", "metrics"];
    let start = |name| example(name).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let running = names.map(|name| (name, start(name).unwrap()));
    for (name, process) in running {
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success() && !output.stdout.is_empty(), "{name}: {output:?}");
    }
}

#[test]
fn top_shows_who_does_what_in_tables_that_end() {
    let output = example("top").arg("2").output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains('\x1b'), "no terminal: {text}");
    let tables: Vec<_> = text.split_inclusive("\n\n").collect();
    let heads = tables.iter().filter(|table| table.contains(" processors busy, ")).count();
    assert!(heads >= 2, "{text}");
    for what in [
        "waits to receive from a channel, at examples/top.rs:",
        "sleeps, at examples/top.rs:",
        "blocks its thread",
        "runs",
    ] {
        assert!(text.contains(what), "{what}: {text}");
    }
    let counts = text.split(" goroutines (").next().and_then(|head| head.rsplit(' ').next());
    assert!((50..100).contains(&counts.unwrap().parse().unwrap()), "{text}");
    for table in text.split("WHAT THEY DO\n").skip(1) {
        let rows =
            table.lines().map_while(|row| row.split_whitespace().next()?.parse::<u32>().ok());
        assert!(rows.collect::<Vec<_>>().is_sorted_by(|a, b| a >= b), "{text}");
    }
    let output = example("top").arg("soon").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn each_tells_of_an_address_that_it_cannot_have() {
    for name in ["echo", "http", "chat", "tls", "ws", "metrics"] {
        let output = example(name).arg("not an address").output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("Error"), "{name}: {output:?}");
    }
}

#[test]
fn prometheus_reads_the_metrics() {
    let server = Server::start("metrics", &[]);
    let answer = server.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let (head, page) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"),
        "{head}"
    );
    let number = |line: &str| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap();
    let lines = || page.lines().filter(|line| !line.starts_with('#'));
    assert!(lines().all(|line| line.starts_with("gosched_") && number(line) >= 0.0), "{page}");
    let one = |name: &str| number(lines().find(|line| line.starts_with(name)).unwrap());
    assert!(one("gosched_goroutines_started_total ") >= 1.0);
    for line in page.lines().filter(|line| line.ends_with(" histogram")) {
        let name = line.split(' ').nth(2).unwrap();
        let buckets: Vec<_> =
            lines().filter(|line| line.starts_with(&format!("{name}_bucket{{le="))).collect();
        assert!(buckets.is_sorted_by_key(|line| number(line)), "{buckets:?}");
        let last = buckets.last().unwrap();
        assert!(last.contains("le=\"+Inf\"") && number(last) == one(&format!("{name}_count ")));
    }
    assert!(server.send(b"GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
    server.end();
}

#[test]
fn curl_keeps_one_connection_for_several_requests() {
    let server = Server::start("http", &[]);
    let arguments = ["--write-out", "%{http_code} %{num_connects}\n"];
    if let Some(text) = server.curl(&arguments, &["/", "/", "/none"]) {
        assert_eq!(text, "hello\n200 1\nhello\n200 0\nno such page\n404 0\n");
    }
    if let Some(text) = server.curl(&["--data", "ping"], &["/echo"]) {
        assert_eq!(text, "ping");
    }
    if let Some(text) = server.curl(&["--http1.0", "--data", "old"], &["/echo"]) {
        assert_eq!(text, "old");
    }
    if let Some(text) = server.curl(&["-H", "Expect: 100-continue", "--data", "asked"], &["/echo"])
    {
        assert_eq!(text, "asked");
    }
    server.end();
}

#[test]
fn requests_that_come_at_once_are_answered_in_their_order() {
    let server = Server::start("http", &[]);
    let mut requests = String::new();
    for i in 0..20 {
        requests += &format!("POST /echo HTTP/1.1\r\nContent-Length: 4\r\n\r\n{i:04}");
    }
    requests += "GET / HTTP/1.1\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\n\r\n";
    let answers = server.send(requests.as_bytes());
    let bodies: Vec<_> = answers.split("\r\n\r\n").skip(1).map(|body| &body[..4]).collect();
    let expected: Vec<_> = (0..20).map(|i| format!("{i:04}")).chain(["hell".into()]).collect();
    assert_eq!(bodies, expected);
}

#[test]
fn what_is_too_large_or_malformed_is_refused() {
    let server = Server::start("http", &[]);
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(65));
    let long_header = format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(20_000));
    let endless_header = format!("GET / HTTP/1.1\r\na: {}", "b".repeat(20_000));
    let large_body = "POST /echo HTTP/1.1\r\nContent-Length: 70000\r\n\r\n".to_owned();
    for (request, status) in [
        (many_headers, "431"),
        (long_header, "431"),
        (endless_header, "431"),
        (large_body + &"x".repeat(70_000), "413"),
        ("POST /echo HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n".into(), "400"),
        ("POST /echo HTTP/1.1\r\nContent-Length: +1\r\n\r\nx".into(), "400"),
        ("POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx".into(), "400"),
        ("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".into(), "501"),
        ("POST / HTTP/1.0\r\n\r\n".into(), "405"),
        ("\0\r\n\r\n".into(), "400"),
    ] {
        let answer = server.send(request.as_bytes());
        assert_eq!(answer.split(' ').nth(1), Some(status), "{request:.60?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{request:.60?}: {answer}");
    }
    if let Some(text) = server.curl(&["--data", &"x".repeat(100_000)], &["/echo"]) {
        assert_eq!(text, "");
    }
    server.end();
}

/// Two seconds is how long the example lets a request arrive.
#[test]
fn a_head_that_drips_is_cut_however_often_a_byte_comes() {
    let server = Server::start("http", &[]);
    let began = Instant::now();
    let mut stream = server.connect();
    stream.write_all(b"GET / HTTP/1.1\r\na: ").unwrap();
    let mut drips = stream.try_clone().unwrap();
    let dripper = thread::spawn(move || {
        while drips.write_all(b"b").is_ok() && began.elapsed() < LONG {
            thread::sleep(Duration::from_millis(50));
        }
    });
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    assert!(began.elapsed() > Duration::from_secs(1));
    stream.shutdown(Shutdown::Both).unwrap();
    dripper.join().unwrap();
    server.end();
}

#[test]
fn a_request_that_computes_delays_nobody() {
    let server = Server::start("http", &[]);
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n");
    // More than there are processors.
    let slow: Vec<_> = (0..4)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(request("/compute").as_bytes()).unwrap();
            stream
        })
        .collect();
    for _ in 0..10 {
        assert!(server.send(request("/").as_bytes()).ends_with("hello\n"));
    }
    for stream in &slow {
        stream.set_nonblocking(true).unwrap();
        let none = stream.peek(&mut [0]).unwrap_err();
        assert_eq!(none.kind(), std::io::ErrorKind::WouldBlock, "it was answered before");
        stream.set_nonblocking(false).unwrap();
    }
    for mut stream in slow {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("41538\n"), "{answer}");
    }
}

#[test]
fn an_interrupted_server_answers_what_it_has_read() {
    let mut server = Server::start("http", &[]);
    let mut idle = server.connect();
    let mut open = server.connect();
    open.write_all(b"GET /slow HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n").unwrap();
    thread::sleep(Duration::from_millis(100));
    let began = Instant::now();
    server.interrupt();
    let (mut answers, mut nothing) = (String::new(), String::new());
    open.read_to_string(&mut answers).unwrap();
    assert!(answers.contains("slow\n") && answers.ends_with("hello\n"), "{answers}");
    idle.read_to_string(&mut nothing).unwrap();
    assert_eq!(nothing, "");
    assert!(server.process.wait().unwrap().success());
    assert!(began.elapsed() < Duration::from_secs(5), "it gave up on the idle one");
    assert!(TcpStream::connect(&server.address).is_err());
}

#[test]
fn openssl_speaks_with_the_tls_example() {
    let server = Server::start("tls", &[]);
    let client = Command::new("openssl")
        .args(["s_client", "-quiet", "-no_ign_eof", "-connect", &server.address])
        .args(["-servername", "localhost"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut client) = client else {
        println!("skipped: openssl is not installed");
        return;
    };
    client.stdin.as_mut().unwrap().write_all(b"hello over tls\n").unwrap();
    let mut line = String::new();
    BufReader::new(client.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "hello over tls\n");
    drop(client.stdin.take());
    client.wait().unwrap();
    assert!(server.connect().write_all(b"this is not TLS\r\n").is_ok());
    server.end();
}

#[test]
fn tungstenite_on_a_thread_speaks_with_the_ws_example() {
    let server = Server::start("ws", &[]);
    let url = format!("ws://{}/", server.address);
    let (mut socket, _) = tungstenite::client(url, server.connect()).unwrap();
    for message in [
        tungstenite::Message::text("hello"),
        tungstenite::Message::binary(vec![7; 60_000]),
        tungstenite::Message::text(""),
    ] {
        socket.send(message.clone()).unwrap();
        assert_eq!(socket.read().unwrap(), message);
    }
    // Too long.
    let _ = socket.send(tungstenite::Message::binary(vec![7; 70_000]));
    assert!(socket.read().is_err());
    server.send(b"this is no web socket\r\n\r\n");
    server.end();
}

#[test]
fn the_proxy_stands_before_another_example() {
    let http = Server::start("http", &[]);
    let proxy = Server::start("proxy", &[&http.address]);
    if let Some(text) = proxy.curl(&[], &["/", "/"]) {
        assert_eq!(text, "hello\nhello\n");
    }
    let mut open = proxy.connect();
    open.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = [0; 8];
    open.read_exact(&mut answer).unwrap();
    proxy.end();
    let mut rest = Vec::new();
    let _ = open.read_to_end(&mut rest); // cut, or reset
}

#[test]
fn a_line_of_the_chat_comes_to_all() {
    let server = Server::start("chat", &[]);
    let clients: Vec<_> = (0..3).map(|_| BufReader::new(server.connect())).collect();
    thread::sleep(Duration::from_millis(100));
    clients[0].get_ref().write_all(b"hi\n").unwrap();
    for client in clients {
        assert!(client.lines().any(|line| line.unwrap().ends_with(": hi")));
    }
    server.end();
}
