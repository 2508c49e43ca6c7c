//! The load of the comparison of servers: requests on so many connections, one at a time on each.
//!
//! ```text
//! net-load PORT PID SECONDS CASE CONNECTIONS   ->   key=value...
//! ```
//!
//! CASE is `echo:BYTES`, `http`, `http:PATH:EVERY` (of so many requests one goes to that path),
//! `close` (connect, wait for the end, close) or `idle`. Times are in microseconds, and per request.

mod closing;
mod connection;
mod driver;
mod epoll;
mod histogram;
mod server;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::exit;
use std::thread::{sleep, spawn};
use std::time::Duration;

use connection::{Connection, Protocol};
use driver::{Driver, Moment, measure};
use histogram::Histogram;
use server::Numbers;

/// Of the load; it uses as many processors at most.
const THREADS: usize = 2;
/// So many connections are made before the first of them must answer: what a listener keeps.
const BATCH: usize = 100;
/// A program that has not ended by then, beyond the time that it measures, ends itself.
const LIMIT: Duration = Duration::from_secs(30);

struct Args {
    address: SocketAddr,
    pid: u32,
    time: Duration,
    case: String,
    connections: usize,
}

/// What happens on the connections.
enum Case {
    Requests { protocol: Protocol, every: u64 },
    Closing,
    Idle,
}

fn main() {
    let args = parse(std::env::args().skip(1));
    let Some((args, case)) = args.and_then(|args| parse_case(&args.case).map(|case| (args, case)))
    else {
        eprintln!("usage: PORT PID SECONDS CASE CONNECTIONS");
        exit(harness::USAGE_ERROR);
    };
    std::panic::set_hook(Box::new(harness::end_in_one_line));
    harness::net::raise_descriptors();
    let limit = LIMIT + args.time;
    spawn(move || {
        sleep(limit);
        eprintln!("not ready after {} s", limit.as_secs());
        exit(1);
    });
    match case {
        Case::Requests { protocol, every } => requests(&args, &protocol, every),
        Case::Closing => closing(&args),
        Case::Idle => idle(&args),
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<Args> {
    let port = words.next()?.parse().ok()?;
    let pid = words.next()?.parse().ok()?;
    let seconds = words.next()?.parse().ok()?;
    let case = words.next()?;
    let connections = words.next()?.parse().ok().filter(|&n| n > 0)?;
    let address = (Ipv4Addr::LOCALHOST, port).into();
    let time = Duration::try_from_secs_f64(seconds).ok()?;
    words.next().is_none().then_some(Args { address, pid, time, case, connections })
}

fn parse_case(case: &str) -> Option<Case> {
    let words: Vec<&str> = case.split(':').collect();
    Some(match words[..] {
        ["echo", size] => {
            Case::Requests { protocol: Protocol::echo(size.parse().ok()?), every: u64::MAX }
        }
        ["http"] => Case::Requests { protocol: Protocol::http("/"), every: u64::MAX },
        ["http", path, every] => {
            Case::Requests { protocol: Protocol::http(path), every: every.parse().ok()? }
        }
        ["close"] => Case::Closing,
        ["idle"] => Case::Idle,
        _ => return None,
    })
}

/// Opens connections, each of which has got an answer.
fn open(args: &Args, protocol: &Protocol) -> Vec<Connection> {
    let mut all = Vec::with_capacity(args.connections);
    while all.len() < args.connections {
        let batch = BATCH.min(args.connections - all.len());
        let opened = (0..batch).map(|_| Connection::open(args.address, protocol));
        let mut opened: Vec<_> = opened.collect::<Result<_, _>>().expect("the server accepts");
        for connection in &mut opened {
            connection.ask(protocol).expect("the server answers");
        }
        all.append(&mut opened);
    }
    all
}

/// The numbers of a measured time, as words.
fn report(args: &Args, begin: &Moment, end: &Moment, done: u64, times: &Histogram) -> String {
    let (took, n) = (end.ns - begin.ns, done.max(1) as f64);
    let per_request = |end: u64, begin: u64| end.saturating_sub(begin) as f64 / n;
    let words = [
        ("rate", done as f64 * 1e9 / took as f64),
        ("p50", times.within(500) as f64 / 1e3),
        ("p99", times.within(990) as f64 / 1e3),
        ("p999", times.within(999) as f64 / 1e3),
        ("cpu", per_request(end.server.cpu_ns, begin.server.cpu_ns) / 1e3),
        ("switches", per_request(end.server.switches, begin.server.switches)),
        ("threads", end.server.threads as f64),
        ("load", per_request(end.own_cpu_ns, begin.own_cpu_ns) / 1e3),
        ("busy", (end.own_cpu_ns - begin.own_cpu_ns) as f64 / took as f64),
        ("ticks", (end.server.cpu_ns - begin.server.cpu_ns) as f64 / 1e7),
        ("connections", args.connections as f64),
    ];
    words.map(|(key, value)| format!("{key}={value:.4}")).join(" ")
}

/// How many bytes the server has got more, for each connection.
fn bytes_each(args: &Args, before: Numbers, after: Numbers) -> f64 {
    after.resident_bytes.saturating_sub(before.resident_bytes) as f64 / args.connections as f64
}

fn requests(args: &Args, protocol: &Protocol, every: u64) {
    let before = Numbers::of(args.pid);
    let mut connections = open(args, protocol);
    let mut drivers = Vec::new();
    for left in (1..=THREADS.min(args.connections)).rev() {
        let rest = connections.split_off(connections.len() / left);
        let mine = std::mem::replace(&mut connections, rest);
        drivers.push(Driver::new(mine, protocol.clone(), every).expect("a queue of events"));
    }
    let (begin, end, ended) = measure(args.pid, args.time, drivers, Driver::run);
    let mut times = Histogram::default();
    ended.iter().for_each(|driver| times.join(&driver.times));
    let asked: u64 = ended.iter().map(|driver| driver.asked).sum();
    let done = ended.iter().map(|driver| driver.done).sum();
    let each = bytes_each(args, before, end.server);
    let total = asked + args.connections as u64;
    println!("{} bytes={each:.0} total={total}", report(args, &begin, &end, done, &times));
}

fn closing(args: &Args) {
    let share = args.connections.div_ceil(THREADS);
    let closers = (0..THREADS).map(|_| closing::Closer::new(args.address, share));
    let closers = closers.collect::<Result<Vec<_>, _>>().expect("a queue of events");
    let (begin, end, ended) = measure(args.pid, args.time, closers, closing::Closer::run);
    let mut times = Histogram::default();
    ended.iter().for_each(|closer| times.join(&closer.times));
    let done = ended.iter().map(|closer| closer.done).sum();
    println!("{}", report(args, &begin, &end, done, &times));
}

fn idle(args: &Args) {
    let before = Numbers::of(args.pid);
    let open = open(args, &Protocol::echo(64));
    sleep(driver::WARM_UP);
    let begin = Moment::now(args.pid);
    sleep(args.time);
    let end = Moment::now(args.pid);
    let each = bytes_each(args, before, end.server);
    let words = report(args, &begin, &end, 1, &Histogram::default());
    println!("{words} bytes={each:.0}");
    drop(open);
}
