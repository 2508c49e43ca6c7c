//! Serves the metrics of its runtime in the text format of Prometheus.
//!
//! ```text
//! cargo run --release --example metrics                     # asks itself once, and prints the answer
//! cargo run --release --example metrics -- 127.0.0.1:9100   # serves others, until Ctrl-C
//! curl http://127.0.0.1:9100/metrics
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what an example does")]

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gosched::net::{TcpListener, TcpStream};
use gosched::sync::Mutex;
use gosched::{Histogram, Metrics, Runtime, go, signal, time};

/// A request may take so long, and an answer until it is read.
const TRANSFER: Duration = Duration::from_secs(2);
/// A request may have so many bytes.
const REQUEST: u64 = 8 * 1024;
/// Bounds of the buckets that are served: from about a microsecond to 17 seconds, each four times the last.
const BOUNDS: [u32; 13] = [10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34];

fn main() -> io::Result<()> {
    // SAFETY: nothing here belongs to a thread.
    let rt = unsafe { Runtime::builder().metrics(true).start()? };
    let rt: &Runtime = Box::leak(Box::new(rt)); // its goroutines ask it, until the process ends
    rt.run(move || match std::env::args().nth(1) {
        Some(address) => serve_others(rt, &address),
        None => serve_ourselves(rt),
    })
}

/// The metrics of a runtime, as Prometheus reads them.
fn page(rt: &Runtime) -> String {
    let metrics = rt.metrics().expect("this runtime was built with metrics");
    let mut page = String::new();
    counters(&mut page, &metrics);
    let stats = rt.stats();
    for (name, help, n) in [
        ("goroutines", "Goroutines that have started and not ended.", stats.goroutines),
        ("procs", "Processors.", stats.procs),
        ("procs_idle", "Processors that have nothing to do.", stats.procs_idle),
        ("threads", "Threads that run goroutines, or wait for one.", stats.threads),
    ] {
        value(&mut page, name, "gauge", help, n as u64);
    }
    for (name, help, times) in [
        ("time_to_run", "From when a goroutine can run until it does.", &metrics.time_to_run),
        ("time_running", "How long a goroutine runs in one go.", &metrics.time_running),
        ("time_to_lock", "How long a goroutine waits for a lock.", &metrics.time_to_lock),
        ("time_to_stop", "How long it takes to stop the world.", &metrics.time_to_stop),
        ("time_stopped", "How long the world is stopped.", &metrics.time_stopped),
    ] {
        histogram(&mut page, name, help, times);
    }
    page
}

fn counters(page: &mut String, metrics: &Metrics) {
    for (name, help, n) in [
        ("goroutines_started_total", "Goroutines started.", metrics.goroutines_started),
        ("goroutines_ended_total", "Goroutines ended.", metrics.goroutines_ended),
        ("runs_total", "Times that a goroutine began or continued to run.", metrics.runs),
        ("wakeups_total", "Waits of goroutines that were ended.", metrics.wakeups),
        ("steals_total", "Times that goroutines were stolen.", metrics.steals),
        ("procs_taken_total", "Processors taken from goroutines.", metrics.procs_taken),
        ("timers_fired_total", "Timers fired.", metrics.timers_fired),
        ("events_polled_total", "Waits that the kernel's events ended.", metrics.events_polled),
        ("threads_started_total", "Threads started.", metrics.threads_started),
        ("worlds_stopped_total", "Stops of the world.", metrics.worlds_stopped),
    ] {
        value(page, name, "counter", help, n);
    }
}

fn value(page: &mut String, name: &str, kind: &str, help: &str, n: u64) {
    head(page, name, kind, help);
    line(page, format_args!("gosched_{name} {n}"));
}

/// Each bucket of Prometheus counts all durations up to its bound, which is in seconds.
fn histogram(page: &mut String, name: &str, help: &str, times: &Histogram) {
    let name = format!("{name}_seconds");
    head(page, &name, "histogram", help);
    for power in BOUNDS {
        let bound = Duration::from_nanos(1 << power);
        let within = times.buckets().take_while(|&(longest, _)| longest <= bound);
        let (le, n) = (bound.as_secs_f64(), within.map(|(_, n)| n).sum::<u64>());
        line(page, format_args!("gosched_{name}_bucket{{le=\"{le}\"}} {n}"));
    }
    let (count, sum) = (times.count(), times.sum().as_secs_f64());
    line(page, format_args!("gosched_{name}_bucket{{le=\"+Inf\"}} {count}"));
    line(page, format_args!("gosched_{name}_sum {sum}"));
    line(page, format_args!("gosched_{name}_count {count}"));
}

fn head(page: &mut String, name: &str, kind: &str, help: &str) {
    line(page, format_args!("# HELP gosched_{name} {help}"));
    line(page, format_args!("# TYPE gosched_{name} {kind}"));
}

fn line(page: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(page, "{text}").expect("a String takes all");
}

/// Answers one request.
fn answer(rt: &Runtime, stream: &TcpStream) -> io::Result<()> {
    stream.set_read_deadline(Some(Instant::now() + TRANSFER));
    stream.set_write_timeout(Some(TRANSFER))?;
    let mut request = BufReader::new(stream.take(REQUEST));
    let mut first = String::new();
    request.read_line(&mut first)?;
    let mut other = String::new();
    while request.read_line(&mut other)? > 2 {
        other.clear();
    }
    let (status, body) = match first.split(' ').take(2).collect::<Vec<_>>()[..] {
        ["GET", "/metrics"] => ("200 OK", page(rt)),
        ["GET", _] => ("404 Not Found", String::from("see /metrics\n")),
        _ => ("400 Bad Request", String::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    let mut stream = stream;
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}

/// Answers each connection in a goroutine of its own, until the listener is closed.
fn accept(rt: &'static Runtime, listener: &TcpListener) {
    for stream in listener.incoming() {
        go(move || match stream.and_then(|stream| answer(rt, &stream)) {
            Ok(()) => {}
            Err(error) => eprintln!("metrics: {error}"),
        });
    }
}

/// Something to measure: goroutines that want one mutex, sleep and compute.
fn work() {
    let sum = Arc::new(Mutex::new(0));
    let all: Vec<_> = (0..50)
        .map(|n| {
            let sum = sum.clone();
            go(move || {
                time::sleep(Duration::from_millis(n % 10));
                let mut sum = sum.lock().expect("nobody panics with it");
                *sum ^= (0..n * 1_000).fold(n, |hash, n| hash.rotate_left(5) ^ n);
                gosched::yield_now(); // the others wait meanwhile
            })
        })
        .collect();
    all.into_iter().for_each(|g| g.join().expect("it returns"));
}

fn serve_others(rt: &'static Runtime, address: &str) -> io::Result<()> {
    let interrupts = signal::notify(&[signal::INT, signal::TERM])?;
    let listener = Arc::new(TcpListener::bind(address)?);
    println!("listening at http://{}/metrics", listener.local_addr()?);
    go({
        let listener = listener.clone();
        move || accept(rt, &listener)
    });
    go(|| {
        loop {
            work();
            time::sleep(Duration::from_millis(100));
        }
    });
    let _ = interrupts.recv();
    listener.close();
    Ok(())
}

fn serve_ourselves(rt: &'static Runtime) -> io::Result<()> {
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
    let address = listener.local_addr()?;
    let accepts = go({
        let listener = listener.clone();
        move || accept(rt, &listener)
    });
    work();
    rt.stop_the_world(|_| ());
    print!("{}", get(address)?);
    listener.close();
    accepts.join().expect("accepting does not panic");
    if let Some(metrics) = rt.metrics() {
        eprintln!("{metrics}");
    }
    Ok(())
}

/// What the server answers.
fn get(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
