//! Sockets against std's: every stable method of std's types with the same signature, and what std documents,
//! run on both with only the imports changed.

#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

/// A method that is missing, or has another signature, does not compile.
macro_rules! has {
    ($kind:ident: $($method:ident($($arg:ty),*) -> $result:ty;)*) => {
        $( let _: fn($($arg),*) -> io::Result<$result> = $kind::$method; )*
    };
}

mod stds {
    use std::net::*;
    use std::os::linux::net::TcpStreamExt;
    use std::os::unix::net::{Incoming as UnixIncoming, UnixDatagram, UnixListener, UnixStream};

    fn run(f: fn()) {
        f();
    }

    include!("net_std/documented.rs");
}

mod ours {
    use gosched::net::*;

    use crate::harness::on_both as run;

    include!("net_std/documented.rs");
}
