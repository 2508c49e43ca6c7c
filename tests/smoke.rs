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
