//! may's server: a coroutine for each connection, with the handlers of std.

use harness::Unsupported;
use harness::net::{ADDRESS, Case, listening, serve};
use may::go;
use may::net::TcpListener;

/// In words. The handlers have their buffers on the stack.
const STACK: usize = 0x1000;

fn main() {
    harness::net::main(|case, procs| {
        may::config().set_workers(procs).set_stack_size(STACK);
        go!(move || accept(case)).join().expect("no coroutine panics")
    });
}

fn accept(case: Case) -> Result<(), Unsupported> {
    if matches!(case, Case::HttpApart | Case::Hyper) {
        return Err("may has no mark for what blocks, and hyper needs futures");
    }
    harness::http::steps();
    let listener = TcpListener::bind(ADDRESS).expect("the kernel has a port");
    listening(listener.local_addr());
    loop {
        let (stream, _) = listener.accept().expect("the kernel has descriptors");
        go!(move || {
            if !matches!(case, Case::Close) {
                stream.set_nodelay(true)?;
            }
            serve(case, stream)
        });
    }
}
