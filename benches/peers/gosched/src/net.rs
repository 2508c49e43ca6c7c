//! gosched's server: a goroutine for each connection, with the handlers of std.

use gosched::go;
use gosched::net::TcpListener;
use harness::Unsupported;
use harness::net::{ADDRESS, Case, listening, serve};

fn main() {
    harness::net::main(|case, procs| {
        // SAFETY: no goroutine here, nor a dependency that it calls, holds a thread-local or
        // anything else of its thread at a switch point.
        let rt = unsafe { gosched::Runtime::builder().procs(procs).start() }.expect("a runtime");
        rt.run(move || accept(case))
    });
}

fn accept(case: Case) -> Result<(), Unsupported> {
    if matches!(case, Case::HttpApart | Case::Hyper) {
        return Err("gosched needs no marks, and hyper needs futures");
    }
    harness::http::steps();
    let listener = TcpListener::bind(ADDRESS).expect("the kernel has a port");
    listening(listener.local_addr());
    loop {
        let (stream, _) = listener.accept().expect("the kernel has descriptors");
        go(move || {
            if !matches!(case, Case::Close) {
                stream.set_nodelay(true)?;
            }
            serve(case, stream)
        });
    }
}
