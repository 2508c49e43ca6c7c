//! tokio's server: a task for each connection; HTTP with httparse or with hyper.

use std::convert::Infallible;
use std::io;

use harness::http::{BODY, RESPONSE, Requests, Work};
use harness::net::{ADDRESS, Case, listening};
use harness::{LARGE, SMALL};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::task::{spawn, spawn_blocking};

fn main() {
    harness::net::main(|case, procs| {
        let mut builder = Builder::new_multi_thread();
        let rt = builder.worker_threads(procs).enable_io().build().expect("a runtime");
        rt.block_on(async move { spawn(accept(case)).await.expect("no task panics") })
    });
}

async fn accept(case: Case) -> ! {
    harness::http::steps();
    let listener = TcpListener::bind(ADDRESS).await.expect("the kernel has a port");
    listening(listener.local_addr());
    loop {
        let (stream, _) = listener.accept().await.expect("the kernel has descriptors");
        match case {
            Case::Echo => drop(spawn(echo(stream, SMALL))),
            Case::Bulk => drop(spawn(echo(stream, LARGE))),
            Case::Close => drop(spawn(async { drop(stream) })),
            Case::Http => drop(spawn(http(stream, Mark::None))),
            Case::HttpApart => drop(spawn(http(stream, Mark::Blocking))),
            Case::Hyper => drop(spawn(hyper(stream))),
        }
    }
}

async fn echo(mut stream: TcpStream, size: usize) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buf = vec![0; size];
    loop {
        match stream.read(&mut buf).await? {
            0 => return Ok(()),
            n => stream.write_all(&buf[..n]).await?,
        }
    }
}

/// How a request that computes or blocks is marked.
#[derive(Clone, Copy)]
enum Mark {
    None,
    Blocking,
}

async fn http(mut stream: TcpStream, mark: Mark) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = Requests::new();
    loop {
        match stream.read(requests.room()).await? {
            0 => return Ok(()),
            n => requests.fill(n),
        }
        while let Some(work) = requests.take()? {
            match mark {
                Mark::Blocking if work != Work::None => {
                    spawn_blocking(move || work.run()).await.expect("no work panics");
                }
                Mark::None | Mark::Blocking => work.run(),
            }
            stream.write_all(RESPONSE).await?;
        }
    }
}

async fn hyper(stream: TcpStream) -> Result<(), hyper::Error> {
    let _ = stream.set_nodelay(true);
    let http = hyper::server::conn::http1::Builder::new();
    http.serve_connection(TokioIo::new(stream), service_fn(answer)).await
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Work::of_path(request.uri().path()).run();
    Ok(Response::new(Full::new(Bytes::from_static(BODY))))
}
