//! Writers that use what they write of. Each test has a process of its own, which would hang.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use gosched::chan::{self, Sender};
use gosched::trace::{Summary, Trace};
use gosched::{Runtime, trace};

use crate::harness::{
    Child, bound_time, in_child, in_child_alone, leave_root, limit, runtime, until,
};

/// So many seconds one of these tests may take.
const LIMIT: u32 = 20;

/// Calls its first part with what is to be written, and its second when it is dropped.
struct Calls<W: FnMut(&[u8]), D: FnMut()> {
    write: W,
    drop: D,
}

impl<W: FnMut(&[u8]), D: FnMut()> Write for Calls<W, D> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.write)(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: FnMut(&[u8]), D: FnMut()> Drop for Calls<W, D> {
    fn drop(&mut self) {
        (self.drop)();
    }
}

/// Something that a writer uses, and that is there only later.
type Later<T> = Arc<Mutex<Option<T>>>;

fn take<T>(later: &Later<T>) -> Option<T> {
    later.lock().unwrap().take()
}

#[test]
fn who_waits_for_the_writer_is_in_no_deadlock() {
    let child = in_child_alone("writers::who_waits_for_the_writer_is_in_no_deadlock", || {
        let rt = runtime(1);
        let (tx, rx) = chan::unbounded();
        let tell = |tx: Sender<usize>| move |bytes: &[u8]| tx.send(bytes.len()).unwrap();
        let _trace = rt.trace(Calls { write: tell(tx), drop: || () }).unwrap();
        for i in 0..40 {
            let rx = rx.clone();
            rt.run(move || {
                // `run` looks after 50 ms: meanwhile nothing has happened for long.
                gosched::time::sleep(Duration::from_millis(44 + i % 6));
                while rx.try_recv().is_ok() {}
                trace::message("will be written", i);
                rx.recv().unwrap();
            });
        }
    });
    child.succeeds();
}

#[test]
fn a_refused_writer_may_use_the_traces_of_its_runtime_in_its_drop() {
    const NAME: &str = "writers::a_refused_writer_may_use_the_traces_of_its_runtime_in_its_drop";
    let child = in_child(NAME, || {
        bound_time(LIMIT);
        let rt = Arc::new(runtime(1));
        let first: Later<Trace> = Arc::default();
        *first.lock().unwrap() = Some(rt.trace(io::sink()).unwrap());
        let of_drop = rt.clone();
        let drop = move || {
            assert!(of_drop.flight_recorder(1000).is_err());
            drop(take(&first));
            drop(of_drop.flight_recorder(1000).unwrap());
        };
        assert!(rt.trace(Calls { write: |_| (), drop }).is_err());
        rt.trace(io::sink()).unwrap().finish().unwrap();
    });
    child.succeeds();
}

#[test]
fn a_writer_that_gets_no_thread_may_use_the_traces_of_its_runtime_in_its_drop() {
    const NAME: &str =
        "writers::a_writer_that_gets_no_thread_may_use_the_traces_of_its_runtime_in_its_drop";
    let child = in_child(NAME, || {
        bound_time(LIMIT);
        leave_root();
        let rt = Arc::new(runtime(1));
        limit(libc::RLIMIT_NPROC, 1);
        let of_drop = rt.clone();
        let drop = move || assert!(of_drop.flight_recorder(1000).is_err());
        assert!(rt.trace(Calls { write: |_| (), drop }).is_err());
        let error = rt.trace(io::sink()).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock, "the seat is free: {error}");
    });
    child.succeeds();
}

/// What a child says that drops a runtime where its end would wait for itself.
#[track_caller]
fn refused(child: &Child) {
    child.succeeds();
    let told =
        "gosched: a runtime was dropped on one of its own threads; drop it on another thread";
    assert_eq!(child.stderr.matches(told).count(), 1, "{}", child.stderr);
}

#[test]
fn the_writer_may_be_the_last_owner_of_its_runtime() {
    let child = in_child("writers::the_writer_may_be_the_last_owner_of_its_runtime", || {
        bound_time(LIMIT);
        let rt = Arc::new(runtime(1));
        let mut of_drop = Some(rt.clone());
        let drop_it = move || drop(of_drop.take());
        let trace = rt.trace(Calls { write: |_| (), drop: drop_it }).unwrap();
        rt.run(|| ());
        drop(rt);
        assert!(trace.finish().err().unwrap().to_string().contains("panicked"));
    });
    refused(&child);
}

/// Calls it when it is dropped.
struct AtEnd(Box<dyn FnMut()>);

impl Drop for AtEnd {
    fn drop(&mut self) {
        (self.0)();
    }
}

thread_local! {
    static AT_END: std::cell::RefCell<Vec<AtEnd>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Traces `rt`, and has `f` called when the thread that writes destroys its thread-locals.
fn trace_and_at_the_end(rt: &Runtime, f: impl FnOnce() + Send + 'static) -> Trace {
    let mut f = Some(f);
    let write = move |_: &[u8]| {
        let mut f = f.take();
        let at_end = AtEnd(Box::new(move || f.take().into_iter().for_each(|f| f())));
        AT_END.with_borrow_mut(|all| all.push(at_end));
    };
    let trace = rt.trace(Calls { write, drop: || () }).unwrap();
    rt.run(|| ());
    trace
}

#[test]
fn a_thread_local_of_the_writer_may_be_the_last_owner_of_its_runtime() {
    const NAME: &str = "writers::a_thread_local_of_the_writer_may_be_the_last_owner_of_its_runtime";
    let child = in_child(NAME, || {
        bound_time(LIMIT);
        let rt = Arc::new(runtime(1));
        let ((give, given), (tell, told)) = (mpsc::channel::<Arc<Runtime>>(), mpsc::channel());
        let trace = trace_and_at_the_end(&rt, move || {
            drop(given.recv().unwrap());
            tell.send(()).unwrap();
        });
        trace.finish().unwrap();
        give.send(rt).unwrap();
        told.recv().unwrap();
    });
    refused(&child);
}

#[test]
fn a_thread_local_of_the_writer_may_begin_a_trace() {
    let child = in_child("writers::a_thread_local_of_the_writer_may_begin_a_trace", || {
        bound_time(LIMIT);
        let rt = Arc::new(runtime(1));
        let ((tell, told), same) = (mpsc::channel(), rt.clone());
        let trace = trace_and_at_the_end(&rt, move || {
            same.trace(io::sink()).unwrap().finish().unwrap();
            tell.send(()).unwrap();
        });
        trace.finish().unwrap();
        told.recv().unwrap();
        rt.trace(io::sink()).unwrap().finish().unwrap();
    });
    child.succeeds();
}

/// A trace that ends itself by `end` when its writer first writes.
fn ends_itself(end: fn(Trace)) {
    bound_time(LIMIT);
    let rt = runtime(1);
    let trace: Later<Trace> = Arc::default();
    let of_writer = trace.clone();
    let write = move |_: &[u8]| {
        if let Some(trace) = take(&of_writer) {
            end(trace);
        }
    };
    let begun = rt.trace(Calls { write, drop: || () }).unwrap();
    *trace.lock().unwrap() = Some(begun);
    until("the trace has ended", || {
        rt.run(|| ());
        rt.flight_recorder(1000).is_ok()
    });
}

#[test]
fn a_writer_that_finishes_its_own_trace_is_told_so() {
    let child = in_child("writers::a_writer_that_finishes_its_own_trace_is_told_so", || {
        ends_itself(|trace| {
            let error = trace.finish().map(|_: Summary| ()).unwrap_err().to_string();
            assert!(
                error.starts_with("gosched: a trace was finished by its own writer"),
                "{error}"
            );
        });
    });
    child.succeeds();
    assert!(!child.stderr.contains("panicked"), "{}", child.stderr);
}

#[test]
fn a_writer_may_drop_its_own_trace() {
    in_child("writers::a_writer_may_drop_its_own_trace", || ends_itself(drop)).succeeds();
}

/// Panics when it is shown.
#[derive(Debug)]
struct Unspeakable;

impl std::fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("the error's own")
    }
}

impl std::error::Error for Unspeakable {}

/// Fails with that.
struct Fails;

impl Write for Fails {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other(Unspeakable))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_error_of_the_writer_that_panics_when_it_is_shown_ends_the_trace_and_no_more() {
    const NAME: &str =
        "writers::an_error_of_the_writer_that_panics_when_it_is_shown_ends_the_trace_and_no_more";
    let child = in_child(NAME, || {
        bound_time(LIMIT);
        let rt = runtime(1);
        let trace = rt.trace(Fails).unwrap();
        rt.run(|| ());
        assert!(trace.finish().is_err());
        rt.run(|| ());
    });
    child.succeeds();
}
