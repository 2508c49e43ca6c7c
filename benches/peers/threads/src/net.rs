//! std's server: a thread for each connection.

use std::net::TcpListener;
use std::thread::Builder;

use harness::Unsupported;
use harness::net::{ADDRESS, Case, listening, serve};

/// The handlers have their buffers on the stack.
const STACK: usize = 64 * 1_024;

fn main() {
    harness::net::main(|case, _| accept(case));
}

fn accept(case: Case) -> Result<(), Unsupported> {
    if matches!(case, Case::HttpApart | Case::Hyper) {
        return Err("threads need no marks, and hyper needs futures");
    }
    harness::http::steps();
    let listener = TcpListener::bind(ADDRESS).expect("the kernel has a port");
    listening(listener.local_addr());
    loop {
        let (stream, _) = listener.accept().expect("the kernel has descriptors");
        let handler = move || {
            if !matches!(case, Case::Close) {
                stream.set_nodelay(true)?;
            }
            serve(case, stream)
        };
        let started = Builder::new().stack_size(STACK).spawn(handler);
        started.expect("the kernel has threads");
    }
}
