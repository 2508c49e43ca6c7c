#![cfg(not(any(feature = "loom", feature = "shuttle")))]
//! smoke
fn rt(procs: usize) -> gosched::Runtime {
    unsafe { gosched::Runtime::builder().procs(procs).start().unwrap() }
}
#[test]
fn spawn_join() {
    for procs in [1, 2, 4] {
        let rt = rt(procs);
        let n: usize = rt.run(|| {
            let hs: Vec<_> = (0..1000)
                .map(|i| {
                    gosched::go(move || {
                        gosched::yield_now();
                        i
                    })
                })
                .collect();
            hs.into_iter().map(|h| h.join().unwrap()).sum()
        });
        assert_eq!(n, 499500);
    }
}
fn fib(n: u32) -> u64 {
    if n < 2 {
        return n as u64;
    }
    let a = gosched::go(move || fib(n - 1));
    let b = fib(n - 2);
    a.join().unwrap() + b
}
#[test]
fn fork_join() {
    for procs in [1, 2, 4] {
        let rt = rt(procs);
        let t = std::time::Instant::now();
        assert_eq!(rt.run(|| fib(20)), 6765);
        eprintln!("{procs}: {:?}", t.elapsed() / 10945);
    }
}
#[test]
fn ping_pong() {
    for procs in [1, 2, 4] {
        let rt = rt(procs);
        let t = std::time::Instant::now();
        rt.run(|| {
            let (a, b) = gosched::chan::bounded::<u32>(0);
            let (c, d) = gosched::chan::bounded::<u32>(0);
            let h = gosched::go(move || {
                for v in b {
                    if c.send(v).is_err() {
                        break;
                    }
                }
            });
            for i in 0..200_000 {
                a.send(i).unwrap();
                assert_eq!(d.recv().unwrap(), i);
            }
            drop(a);
            h.join().unwrap();
        });
        eprintln!("pingpong {procs}: {:?}", t.elapsed() / 200_000);
        let t = std::time::Instant::now();
        rt.run(|| {
            let (a, b) = gosched::chan::bounded::<u32>(128);
            let h = gosched::go(move || b.iter().map(|x| x as u64).sum::<u64>());
            for i in 0..1_000_000 {
                a.send(i).unwrap();
            }
            drop(a);
            h.join().unwrap();
        });
        eprintln!("chan128 {procs}: {:?}", t.elapsed() / 1_000_000);
        let t = std::time::Instant::now();
        rt.run(|| {
            let hs: Vec<_> = (0..8)
                .map(|_| {
                    gosched::go(|| {
                        for _ in 0..200_000 {
                            gosched::yield_now()
                        }
                    })
                })
                .collect();
            for h in hs {
                h.join().unwrap()
            }
        });
        eprintln!("yield {procs}: {:?}", t.elapsed() / 1_600_000);
        let t = std::time::Instant::now();
        rt.run(|| {
            for _ in 0..200_000 {
                gosched::go(|| 1).join().unwrap();
            }
        });
        eprintln!("spawnjoin {procs}: {:?}", t.elapsed() / 200_000);
        let t = std::time::Instant::now();
        rt.run(|| {
            let wg = gosched::sync::WaitGroup::new();
            for _ in 0..200_000 {
                wg.add(1);
                let wg = wg.clone();
                gosched::go(move || wg.done());
            }
            wg.wait();
        });
        eprintln!("spawnmany {procs}: {:?}", t.elapsed() / 200_000);
        let t = std::time::Instant::now();
        let m = std::sync::Arc::new(gosched::sync::Mutex::new(0));
        rt.run(move || {
            let hs: Vec<_> = (0..8)
                .map(|_| {
                    let m = m.clone();
                    gosched::go(move || {
                        for _ in 0..200_000 {
                            *m.lock().unwrap() += 1
                        }
                    })
                })
                .collect();
            for h in hs {
                h.join().unwrap()
            }
            assert_eq!(*m.lock().unwrap(), 1_600_000);
        });
        eprintln!("mutex {procs}: {:?}", t.elapsed() / 1_600_000);
    }
}
#[test]
fn a_goroutine_that_never_calls_the_runtime_does_not_hold_up_the_others() {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    let rt = rt(1);
    for _ in 0..20 {
        let flag = std::sync::Arc::new(AtomicBool::new(false));
        let t = std::time::Instant::now();
        rt.run(move || {
            let f = flag.clone();
            let hog = gosched::go(move || {
                while !f.load(Relaxed) {
                    std::hint::spin_loop()
                }
            });
            gosched::yield_now();
            let other = gosched::go(move || flag.store(true, Relaxed));
            other.join().unwrap();
            hog.join().unwrap();
        });
        eprintln!("hog {:?}", t.elapsed());
    }
}
