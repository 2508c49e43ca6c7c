//! What the tests share: a runtime, and tests that need a process of their own.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::time::{Duration, Instant};

use gosched::chan::bounded;
use gosched::sync::WaitGroup;
use gosched::{Builder, GoroutineInfo, GoroutineState, Runtime, yield_now};

/// So many seconds a file of tests may take: then the kernel ends it, and cargo says SIGALRM.
const LIMIT: u32 = 300;
/// The same for one test in a process of its own.
const CHILD_LIMIT: u32 = 90;

const CHILD: &str = "GOSCHED_TEST_CHILD";

/// From now on so many seconds: then the kernel ends the process.
pub fn bound_time(seconds: u32) {
    // SAFETY: asks for a signal whose default is to end the process.
    unsafe { libc::alarm(seconds) };
}

/// A runtime with so many processors.
pub fn runtime(procs: usize) -> Runtime {
    start(Runtime::builder().procs(procs))
}

/// Bounds the time of a file of tests, once.
pub fn bound_this_file() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        if std::env::var_os(CHILD).is_none() {
            bound_time(LIMIT);
        }
    });
}

/// Starts what was built.
pub fn start(builder: Builder) -> Runtime {
    bound_this_file();
    // SAFETY: no goroutine of these tests keeps anything of its thread at a switch point.
    unsafe { builder.start() }.unwrap()
}

/// The message of a panic.
pub fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("neither a String nor a &str")
}

/// The message that `f` panics with.
pub fn message_of<T>(f: impl FnOnce() -> T) -> String {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => panic!("there was no panic"),
        Err(panic) => message(&*panic).to_owned(),
    }
}

/// How a child ended.
#[derive(Debug)]
pub struct Child {
    /// 0 if its body returned, 101 if it panicked.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it wrote.
    pub stderr: String,
}

impl Child {
    /// Panics, with all that the child wrote, unless its body returned.
    #[track_caller]
    pub fn succeeds(&self) {
        assert_eq!(self.code, Some(0), "{self:#?}");
    }
}

/// Runs `body` in a process of its own: this test binary again, with only the test `name`, which
/// must be the caller. Returns in the caller; in the child, ends the process.
pub fn in_child(name: &str, body: fn()) -> Child {
    if std::env::var(CHILD).is_ok_and(|child| child == name) {
        bound_time(CHILD_LIMIT);
        limit(libc::RLIMIT_CORE, 0);
        std::process::exit(code_of(body));
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(CHILD, name)
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    Child {
        code: output.status.code(),
        signal: output.status.signal(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// As [`in_child`], in a process that has no thread but the one that runs `body`: the test
/// harness keeps one more.
pub fn in_child_alone(name: &str, body: fn()) -> Child {
    static BODY: std::sync::OnceLock<fn()> = std::sync::OnceLock::new();
    BODY.get_or_init(|| body);
    in_child(name, || {
        // SAFETY: the other thread, the harness's, only waits.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            bound_time(CHILD_LIMIT);
            let code = code_of(BODY.get().unwrap());
            // SAFETY: ends the process.
            unsafe { libc::_exit(code) };
        }
        let mut status = 0;
        // SAFETY: waits for the child just made.
        let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
        assert_eq!((waited, status), (pid, 0));
    })
}

fn code_of(body: impl FnOnce()) -> i32 {
    let ended = catch_unwind(AssertUnwindSafe(body));
    std::io::stderr().flush().unwrap();
    if ended.is_ok() { 0 } else { 101 }
}

/// The limit on threads does not bind root: becomes somebody else, who has nothing else
/// running; to be used in a child only.
pub fn leave_root() {
    // SAFETY: asks for a number.
    if unsafe { libc::getuid() } == 0 {
        let nobody_else = 50_000 + std::process::id() % 10_000;
        // SAFETY: of this test's own process.
        let left = unsafe { libc::setresuid(nobody_else, nobody_else, nobody_else) };
        assert_eq!(left, 0);
    }
}

/// Sets what a limit of this process is for now, and says what it was; to be used in a child only.
pub fn soft_limit(resource: libc::__rlimit_resource_t, to: u64) -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: writes the limit.
    assert_eq!(unsafe { libc::getrlimit(resource, &raw mut limit) }, 0);
    let was = std::mem::replace(&mut limit.rlim_cur, to);
    // SAFETY: reads the limit.
    assert_eq!(unsafe { libc::setrlimit(resource, &raw const limit) }, 0);
    was
}

/// Sets a limit of this process for good, to be used in a child only.
pub fn limit(resource: libc::__rlimit_resource_t, to: u64) {
    let to = libc::rlimit { rlim_cur: to, rlim_max: to };
    // SAFETY: reads the limit.
    assert_eq!(unsafe { libc::setrlimit(resource, &raw const to) }, 0);
}

/// Has the kernel refuse a system call with an error from now on, in all threads of the process; if `first`
/// is given, only calls whose first argument is that. To be used in a child only.
pub fn refuse(call: libc::c_long, first: Option<i32>, error: i32) {
    const FIRST: u32 = std::mem::offset_of!(libc::seccomp_data, args) as u32; // its lower half
    let step = |code: u32, k: u32, jf| libc::sock_filter { code: code as u16, jt: 0, jf, k };
    let load = |offset| step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset, 0);
    let unless_equal = |to: u32, skip| step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, to, skip);
    let answer = |answer| step(libc::BPF_RET | libc::BPF_K, answer, 0);
    let mut steps = vec![load(0)]; // the number of the call
    match first {
        None => steps.push(unless_equal(call as u32, 1)),
        Some(first) => {
            steps.extend([
                unless_equal(call as u32, 3),
                load(FIRST),
                unless_equal(first as u32, 1),
            ]);
        }
    }
    steps.extend([answer(libc::SECCOMP_RET_ERRNO | error as u32), answer(libc::SECCOMP_RET_ALLOW)]);
    let program = libc::sock_fprog { len: steps.len() as u16, filter: steps.as_mut_ptr() };
    // SAFETY: passes numbers.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }, 0);
    let (mode, threads) = (libc::SECCOMP_SET_MODE_FILTER, libc::SECCOMP_FILTER_FLAG_TSYNC);
    // SAFETY: reads the program.
    let rc = unsafe { libc::syscall(libc::SYS_seccomp, mode, threads, &raw const program) };
    assert_eq!(rc, 0, "{}", std::io::Error::last_os_error());
}

/// Long enough for whoever was started to wait by now.
#[allow(clippy::disallowed_methods, reason = "the thread of a test")]
pub fn settle() {
    std::thread::sleep(Duration::from_millis(100));
}

/// Waits until something is so that a busy machine may delay.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        gosched::time::sleep(Duration::from_millis(1));
    }
}

/// A time-out that is over soon,
pub const SOON: Duration = Duration::from_millis(10);
/// and one that is not over before the test is.
pub const LATE: Duration = Duration::from_secs(100);

/// Runs `f` on a thread, and in a goroutine on one and on two processors.
pub fn on_both(f: fn()) {
    f();
    for procs in [1, 2] {
        runtime(procs).run(f);
    }
}

/// A runtime with one processor whose goroutine waits by now, as `f` does.
pub fn waits(f: impl FnOnce() + Send + 'static) -> Runtime {
    let rt = runtime(1);
    rt.go(f);
    settle();
    rt
}

/// The goroutine of that name, once it is in that state.
#[track_caller]
pub fn once(rt: &Runtime, name: &str, state: GoroutineState) -> GoroutineInfo {
    let begin = Instant::now();
    loop {
        let dump = rt.dump();
        let found = dump.goroutines().iter().find(|g| g.name() == Some(name));
        if let Some(g) = found.filter(|g| g.state() == state) {
            return g.clone();
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "{name} is not {state:?}: {dump}");
        gosched::time::sleep(Duration::from_millis(1));
    }
}

/// So many goroutines that yield, and pass a number on over a channel without room.
pub fn pass_on(n: usize) {
    let group = WaitGroup::new();
    let (tx, rx) = bounded(0);
    for i in 0..n {
        let tx = tx.clone();
        group.go(move || {
            yield_now();
            tx.send(i).unwrap();
        });
    }
    drop(tx);
    assert_eq!(rx.iter().sum::<usize>(), n * (n - 1) / 2);
    group.wait();
}
