//! Virtual time: the clock stands still while a goroutine can run, and jumps when all wait.

#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use gosched::context::{Context, Error};
use gosched::net::{TcpListener, UnixStream};
use gosched::sync::{Condvar, Mutex, Semaphore, WaitGroup};
use gosched::time::{Ticker, Timer, advance, after_func, now, sleep, sleep_until, wait_idle};
use gosched::{Runtime, blocking, chan, go};
use harness::{in_child_alone, message_of, start};

const HOUR: Duration = Duration::from_secs(3_600);
const SECOND: Duration = Duration::from_secs(1);

fn runtime(procs: usize) -> Runtime {
    start(Runtime::builder().procs(procs).virtual_time(true))
}

/// Runs `f` in a goroutine on one and on two processors; real time hardly passes.
fn quickly(f: fn()) {
    for procs in [1, 2] {
        let began = Instant::now();
        runtime(procs).run(f);
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    }
}

/// How long `f` takes, by the virtual clock.
fn took(f: impl FnOnce()) -> Duration {
    let began = now();
    f();
    now() - began
}

#[test]
fn a_sleep_of_a_year_takes_no_time_and_exactly_a_year() {
    quickly(|| {
        let began = Instant::now();
        assert_eq!(took(|| sleep(24 * 365 * HOUR)), 24 * 365 * HOUR);
        assert!(began.elapsed() < HOUR, "std's clock is the real one");
        let moment = now() + SECOND;
        sleep_until(moment);
        assert_eq!(now(), moment);
        assert_eq!(took(|| sleep_until(moment)), Duration::ZERO);
        assert_eq!(took(|| sleep(Duration::ZERO)), Duration::ZERO);
    });
}

#[test]
fn time_stands_still_while_a_goroutine_computes_or_blocks() {
    quickly(|| {
        let sleeper = go(|| took(|| sleep(SECOND)));
        let busy = took(|| {
            let began = Instant::now();
            while began.elapsed() < Duration::from_millis(20) {
                gosched::yield_now();
            }
            blocking(|| thread::sleep(Duration::from_millis(20)));
        });
        assert_eq!(busy, Duration::ZERO);
        assert_eq!(sleeper.join().unwrap(), SECOND);
    });
}

#[test]
fn time_stands_still_while_a_goroutine_blocks_and_all_others_wait() {
    quickly(|| {
        let sleeper = go(|| took(|| sleep(SECOND)));
        let blocked = go(|| took(|| blocking(|| thread::sleep(Duration::from_millis(30)))));
        assert_eq!(blocked.join().unwrap(), Duration::ZERO);
        assert_eq!(sleeper.join().unwrap(), SECOND);
    });
}

#[test]
fn each_sleep_ends_at_its_own_moment() {
    quickly(|| {
        let sleepers: Vec<_> = (0..200_u64)
            .map(|i| {
                go(move || {
                    let of_this = Duration::from_secs(i * 7 % 200);
                    assert_eq!(took(|| sleep(of_this)), of_this);
                })
            })
            .collect();
        let all = took(|| sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap()));
        assert_eq!(all, 199 * SECOND);
    });
}

#[test]
fn timers_and_tickers_tell_the_virtual_moment() {
    quickly(|| {
        let began = now();
        let timer = Timer::new(HOUR);
        assert_eq!(timer.receiver().recv(), Ok(began + HOUR));
        assert!(!timer.reset(SECOND));
        assert_eq!(timer.receiver().recv(), Ok(began + HOUR + SECOND));
        let ticker = Ticker::new(SECOND);
        let began = now();
        for i in 1..1_000 {
            assert_eq!(ticker.receiver().recv(), Ok(began + i * SECOND));
        }
        let (tx, rx) = chan::bounded(1);
        let called = after_func(HOUR, move || tx.send(now()).unwrap());
        ticker.stop();
        assert_eq!(rx.recv(), Ok(began + 999 * SECOND + HOUR));
        assert!(!called.stop());
    });
}

#[test]
fn every_time_out_goes_by_the_virtual_clock() {
    quickly(|| {
        let (free, lock) = (Semaphore::new(0), Mutex::new(()));
        let group = WaitGroup::new();
        group.add(1);
        let sleeper = go(|| sleep(100 * HOUR));
        assert_eq!(took(|| drop(free.acquire_timeout(HOUR))), HOUR);
        assert_eq!(took(|| assert!(group.wait_timeout(HOUR).timed_out())), HOUR);
        let condvar = Condvar::new();
        let waited = took(|| {
            assert!(condvar.wait_timeout(lock.lock().unwrap(), HOUR).unwrap().1.timed_out())
        });
        assert_eq!(waited, HOUR);
        assert_eq!(took(|| assert!(sleeper.join_timeout(HOUR).is_err())), HOUR);
        let context = Context::new().with_timeout(HOUR);
        assert_eq!(context.deadline(), Some(now() + HOUR));
        assert_eq!(took(|| assert!(context.done().recv().is_err())), HOUR);
        assert_eq!(context.error(), Some(Error::DeadlineExceeded));
    });
}

#[test]
fn channels_go_by_the_virtual_clock() {
    quickly(|| {
        let (_tx, rx) = chan::bounded::<()>(0);
        assert_eq!(took(|| assert!(rx.recv_timeout(HOUR).is_err())), HOUR);
        assert_eq!(took(|| assert!(rx.recv_deadline(now() + HOUR).is_err())), HOUR);
        let began = now();
        assert_eq!(chan::after(HOUR).recv(), Ok(began + HOUR));
        let ticks = chan::tick(SECOND);
        let began = now();
        for i in 1..=100 {
            assert_eq!(ticks.recv(), Ok(began + i * SECOND));
        }
        let mut select = chan::Select::new();
        select.recv(&rx);
        assert_eq!(took(|| assert!(select.select_timeout(HOUR).is_err())), HOUR);
    });
}

#[test]
fn a_goroutine_that_unwinds_goes_by_the_virtual_clock() {
    struct Late(Arc<AtomicU32>);
    impl Drop for Late {
        fn drop(&mut self) {
            assert_eq!(took(|| sleep(HOUR)), HOUR);
            let other = go(|| sleep(2 * HOUR));
            assert_eq!(took(|| other.join().unwrap()), 2 * HOUR);
            wait_idle();
            self.0.fetch_add(1, Relaxed);
        }
    }
    quickly(|| {
        let dropped = Arc::new(AtomicU32::new(0));
        let late = Late(dropped.clone());
        let failed = go(move || {
            let _late = late;
            panic!("as expected");
        });
        assert_eq!(took(|| assert!(failed.join().is_err())), 3 * HOUR);
        assert_eq!(dropped.load(Relaxed), 1);
    });
}

#[test]
fn advance_moves_the_clock_on_while_a_goroutine_runs() {
    quickly(|| {
        let sleeper = go(|| took(|| sleep(SECOND)));
        wait_idle();
        assert_eq!(took(|| advance(HOUR)), HOUR);
        assert_eq!(sleeper.join().unwrap(), HOUR, "it is late");
        assert_eq!(took(|| advance(Duration::ZERO)), Duration::ZERO);
        advance(Duration::MAX);
        assert_eq!(took(|| advance(Duration::MAX)), Duration::ZERO, "the end of time");
    });
}

#[test]
fn wait_idle_waits_until_all_others_wait_and_no_longer() {
    quickly(|| {
        assert_eq!(took(wait_idle), Duration::ZERO);
        let steps = Arc::new(AtomicU32::new(0));
        let workers: Vec<_> = (0..10)
            .map(|i| {
                let steps = steps.clone();
                go(move || {
                    for _ in 0..10 * i {
                        gosched::yield_now();
                    }
                    steps.fetch_add(1, Relaxed);
                    wait_idle(); // returns with ours
                    sleep(SECOND);
                    steps.fetch_add(1, Relaxed);
                })
            })
            .collect();
        assert_eq!(took(wait_idle), Duration::ZERO);
        assert_eq!(steps.load(Relaxed), 10);
        sleep(SECOND);
        wait_idle();
        assert_eq!(steps.load(Relaxed), 20);
        workers.into_iter().for_each(|worker| worker.join().unwrap());
    });
}

#[test]
fn virtual_time_is_asked_of_a_runtime_that_has_it() {
    for what in [wait_idle as fn(), || advance(SECOND)] {
        assert!(message_of(what).contains("with virtual time"));
        assert!(harness::runtime(1).run(move || message_of(what)).contains("with virtual time"));
    }
    let began = Instant::now();
    assert!(now() - began < HOUR, "the real clock");
    harness::runtime(1).run(move || assert!(now() - began < HOUR));
}

#[test]
fn an_ordinary_thread_goes_by_the_real_clock() {
    let rt = runtime(2);
    let lock = Arc::new(Semaphore::new(1));
    let (held, is_held) = chan::bounded(0);
    let (done, is_done) = chan::bounded::<()>(0);
    let holder = rt.go({
        let lock = lock.clone();
        move || {
            let _permit = lock.acquire();
            held.send(()).unwrap();
            is_done.recv().unwrap();
            now()
        }
    });
    is_held.recv().unwrap();
    let began = Instant::now();
    assert!(lock.acquire_timeout(Duration::from_millis(10)).is_err());
    assert!(began.elapsed() >= Duration::from_millis(10));
    // Goroutines of another runtime, too.
    let other = harness::runtime(1);
    other.run(move || {
        let began = Instant::now();
        assert!(lock.acquire_timeout(Duration::from_millis(10)).is_err());
        assert!(began.elapsed() >= Duration::from_millis(10));
    });
    done.send(()).unwrap();
    holder.join().unwrap();
}

#[test]
fn a_timer_is_set_by_an_ordinary_thread_while_all_goroutines_wait() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let timer = Arc::new(rt.run(|| Timer::new(HOUR)));
        for _ in 0..200 {
            timer.stop();
            let waits = rt.go({
                let timer = timer.clone();
                move || timer.receiver().recv().unwrap()
            });
            timer.reset(HOUR);
            waits.join().unwrap();
        }
    }
}

#[test]
fn wake_ups_from_ordinary_threads_and_jumps_lose_nothing() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let (tx, rx) = chan::bounded(0);
        let sender = thread::spawn(move || (0..2_000).for_each(|i| tx.send(i).unwrap()));
        let received = rt.run(move || {
            let sleepers: Vec<_> = (0..4)
                .map(|i| {
                    go(move || {
                        for _ in 0..500 {
                            let duration = Duration::from_secs(i);
                            assert_eq!(took(|| sleep(duration)), duration);
                        }
                    })
                })
                .collect();
            let sum: u64 = rx.iter().sum();
            sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
            sum
        });
        assert_eq!(received, 1_999_000);
        sender.join().unwrap();
    }
}

#[test]
fn the_number_of_processors_changes_and_no_moment_is_missed() {
    let rt = runtime(4);
    let began = Instant::now();
    let sleepers = rt.go(|| {
        let sleepers: Vec<_> = (1..100)
            .map(|i| {
                go(move || {
                    for _ in 0..20 {
                        assert_eq!(took(|| sleep(i * SECOND)), i * SECOND);
                    }
                })
            })
            .collect();
        sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
    });
    for procs in [1, 4, 2, 3].iter().cycle().take(40) {
        rt.set_procs(*procs);
    }
    sleepers.join().unwrap();
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_runtime_ends_while_its_goroutines_wait_for_what_never_comes() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let sleepers: Vec<_> = (0..20).map(|_| rt.go(|| sleep(Duration::MAX))).collect();
        let idle = rt.go(|| {
            let (_tx, rx) = chan::bounded::<()>(0);
            rx.recv().unwrap();
        });
        rt.run(|| sleep(HOUR));
        drop(rt);
        assert!(sleepers.into_iter().all(|sleeper| sleeper.join().is_err()));
        assert!(idle.join().is_err());
    }
}

#[test]
fn a_deadlock_beside_virtual_time_is_found() {
    in_child_alone("a_deadlock_beside_virtual_time_is_found", || {
        let rt = runtime(1);
        let (_tx, rx) = chan::bounded::<()>(0);
        let never = rt.go(|| sleep(Duration::MAX)); // its moment does not come
        let message = message_of(move || {
            rt.run(move || {
                sleep(HOUR); // a pending timer is no deadlock
                rx.recv().unwrap();
            });
        });
        assert!(message.contains("all goroutines are asleep - deadlock!"), "{message}");
        drop(never);
    })
    .succeeds();
}

/// A program with many waits of each kind; what happened, in order.
fn trace() -> Vec<String> {
    let rt = runtime(1);
    rt.run(|| {
        let began = now();
        let (tx, rx) = chan::bounded(3);
        let (permit, sum) = (Arc::new(Semaphore::new(1)), Arc::new(Mutex::new(0_u64)));
        let workers: Vec<_> = (0..20_u64)
            .map(|i| {
                let (tx, permit, sum) = (tx.clone(), permit.clone(), sum.clone());
                go(move || {
                    let ticker = Ticker::new(Duration::from_secs(1 + i % 5));
                    let other = chan::tick(Duration::from_secs(1 + i % 3));
                    for round in 0..10 {
                        // Where both are ready, chance decides: the same each time.
                        let mut select = chan::Select::new();
                        select.recv(ticker.receiver());
                        select.recv(&other);
                        let chosen = select.select();
                        let of_which = chosen.index();
                        let tick = match of_which {
                            0 => chosen.recv(ticker.receiver()),
                            _ => chosen.recv(&other),
                        };
                        tick.unwrap();
                        let got = permit.acquire_timeout(Duration::from_millis(500));
                        if i.is_multiple_of(3) {
                            sleep(Duration::from_millis(100 * i));
                        }
                        let held = {
                            let mut sum = sum.lock().unwrap();
                            *sum = sum.wrapping_mul(31) + i + u64::from(got.is_ok());
                            *sum
                        };
                        tx.send(format!("{:?} {i} {round} {of_which} {held}", now() - began))
                            .unwrap();
                    }
                })
            })
            .collect();
        drop(tx);
        let trace: Vec<_> = rx.iter().collect();
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        trace
    })
}

#[test]
fn on_one_processor_the_same_happens_each_time() {
    let first = trace();
    assert_eq!(first.len(), 200);
    for _ in 1..100 {
        assert_eq!(trace(), first);
    }
}

/// The clock does not stand still for a socket: a server that waits holds up nobody, and nobody waits for
/// what is on its way.
#[test]
fn time_passes_while_a_socket_is_waited_for() {
    quickly(|| {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
        let server = go({
            let listener = listener.clone();
            move || listener.accept().is_err()
        });
        assert_eq!(took(|| sleep(HOUR)), HOUR);
        let (near, far) = UnixStream::pair().unwrap();
        near.set_read_timeout(Some(HOUR)).unwrap();
        let read = || (&near).read(&mut [0; 1]);
        assert_eq!(took(|| assert!(read().is_err())), HOUR, "nothing comes");
        (&far).write_all(b"x").unwrap();
        assert_eq!(took(|| assert_eq!(read().unwrap(), 1)), Duration::ZERO, "it is there");
        let far = std::os::unix::net::UnixStream::from(far);
        let sender = thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            (&far).write_all(b"x").unwrap();
        });
        assert_eq!(took(|| assert!(read().is_err())), HOUR, "it is on its way");
        sender.join().unwrap();
        assert_eq!(read().unwrap(), 1, "and not lost");
        listener.close();
        assert!(server.join().unwrap());
    });
}

/// On one processor nobody else may have taken the kernel's word and not passed it on yet.
#[test]
fn what_a_goroutine_writes_comes_before_a_later_time_out() {
    runtime(1).run(|| {
        let (mut near, far) = UnixStream::pair().unwrap();
        far.set_read_timeout(Some(HOUR)).unwrap();
        let reader = go(move || {
            let begin = now();
            (0..100).map(|_| (&far).read(&mut [0]).map(|_| now() - begin).unwrap()).collect()
        });
        let second = Duration::from_secs(1);
        for _ in 0..100 {
            sleep(second);
            near.write_all(&[0]).unwrap();
        }
        sleep(10 * HOUR);
        let came: Vec<Duration> = reader.join().unwrap();
        assert_eq!(came, (1..=100).map(|i| i * second).collect::<Vec<_>>());
    });
}

#[test]
fn a_future_of_a_moment_is_ready_at_that_moment() {
    use std::task::{Context, Waker};

    let rt = runtime(1);
    let took = rt.run(|| {
        let start = now();
        let source = gosched::chan::after(2 * HOUR);
        let mut far = Box::pin(source.recv_async());
        assert!(far.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        gosched::block_on(gosched::chan::after(HOUR).recv_async()).unwrap();
        drop(far); // its moment holds nobody up
        now() - start
    });
    assert_eq!(took, HOUR);
}
