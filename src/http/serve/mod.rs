//! The accept loop: connections with limits on their number and their time, and a shutdown that ends.
//!
//! axum's own loop sets no timer, so a half-sent header stays open for ever and holds a shutdown up. Here every connection
//! says what it waits for and until when (`connections`), at the cost of a few stores a request; one task looks
//! through all of them a few times a second and ends those that are late.

mod body;
mod connections;
mod io;

use std::io::Result;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use super::admission::Service;
use super::extract::bounds::HEADER_BYTES;
use body::{Answering, Arriving};
use connections::{Connection, Refused};
use io::Timed;

pub(super) use connections::Connections;

/// How often the connections are looked through.
const LOOK: Duration = Duration::from_millis(100);
/// Connections that are being told that there are too many; beyond that they are closed without a word.
const MOST_REFUSING: usize = 128;
/// How long one that was told may take to read it.
const REFUSING_TIME: Duration = Duration::from_secs(1);

/// Bytes of answers that the system may take on for a client that does not read: by default it takes megabytes, and
/// hundreds of clients that read nothing of an export would have the service write all of it.
const UNREAD_BYTES: u32 = 256 << 10;
/// Connections that wait to be taken in.
const BACKLOG: u32 = 1024;

/// Listens on `address`.
///
/// # Errors
/// Where it is taken, not ours, or not allowed.
pub fn listen(address: SocketAddr) -> Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    // Connections inherit it.
    socket.set_send_buffer_size(UNREAD_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves `service` on `listener` until `signal` returns once, then lets requests in flight finish; a second return ends
/// all at once.
///
/// # Errors
/// Never for a single connection; where the listener itself is lost.
pub async fn serve(
    listener: TcpListener,
    service: Service,
    mut signal: impl AsyncFnMut(),
) -> Result<()> {
    let front = service.front().clone();
    tokio::select! {
        never = accept(&listener, &service) => match never {},
        () = look(&service) => {}
        () = signal() => {}
    }
    let (unready, drain) = (front.settings.unready, front.settings.drain);
    tracing::info!("ending: {} requests in flight", front.connections.busy());
    front.unready();
    tokio::select! {
        never = accept(&listener, &service) => match never {},
        () = look(&service) => {}
        () = signal() => {
            end(&service);
            return Ok(());
        }
        () = sleep(unready) => {}
    }
    front.stop();
    tokio::select! {
        never = accept(&listener, &service) => match never {},
        () = look(&service) => {}
        () = signal() => {}
        () = drained(&service) => {}
        () = sleep(drain) => tracing::warn!("some requests did not finish in time"),
    }
    end(&service);
    Ok(())
}

/// Ends all connections.
fn end(service: &Service) {
    service.front().connections.end();
}

/// Resolves when no request is being answered.
async fn drained(service: &Service) {
    let mut next = Duration::from_millis(1);
    while service.front().connections.busy() > 0 {
        sleep(next).await;
        next = (2 * next).min(LOOK / 2);
    }
}

/// Ends connections that are late, for ever.
async fn look(service: &Service) {
    loop {
        sleep(LOOK).await;
        service.front().connections.look();
    }
}

/// Takes connections in, for ever.
async fn accept(listener: &TcpListener, service: &Service) -> std::convert::Infallible {
    let front = service.front();
    let mut server = http1::Builder::new();
    // Our own clock looks after all times.
    server.header_read_timeout(None).max_buf_size(HEADER_BYTES);
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, or a client that is gone already: both pass.
                tracing::warn!(%error, "a connection was not accepted");
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let ip = peer.ip().to_canonical();
        // Answers are small: to wait for more of them costs 40 ms.
        let _ = stream.set_nodelay(true);
        let of_address = front.settings.connections_per_address;
        // A proxy brings the connections of many.
        let of_address = (!front.settings.limits.proxies.trusts(ip)).then_some(of_address);
        let opened = front
            .connections
            .open(ip, front.settings.connections, of_address);
        match opened {
            Ok(connection) => {
                let server = server.clone();
                let service = service.clone();
                let task = tokio::spawn(run(server, service, stream, connection.clone()));
                connection.can_be_ended_by(task.abort_handle());
            }
            Err(refused) => refuse(service, stream, refused),
        }
    }
}

/// Answers what comes over one connection.
async fn run(
    server: http1::Builder,
    service: Service,
    stream: TcpStream,
    connection: Arc<Connection>,
) {
    let closing = Closing(service.clone(), connection.clone());
    let answer = {
        let connection = connection.clone();
        move |request: Request<Incoming>| {
            connection.serves();
            let (service, connection) = (service.clone(), connection.clone());
            let request = request.map(|body| Body::new(Arriving::new(body)));
            async move {
                let response = service.answer(request, Some(connection.peer)).await;
                let response: Response<Answering> =
                    response.map(|body| Answering { body, connection });
                Ok::<_, std::convert::Infallible>(response)
            }
        }
    };
    let io = TokioIo::new(Timed::new(stream, connection));
    let conversation = server.serve_connection(io, hyper::service::service_fn(answer));
    // What is no HTTP is answered by hyper, which tells us afterwards; a client that is gone needs no word.
    if let Err(error) = conversation.await
        && error.is_parse()
    {
        closing.0.front().unreadable(refusal(&error));
    }
    drop(closing);
}

/// The status with which hyper has refused what it could not read as a request.
fn refusal(error: &hyper::Error) -> StatusCode {
    match error.is_parse_too_large() {
        // hyper reports both as `is_parse_too_large`; only the message tells the URI from a header.
        true if error.to_string().contains("URI") => StatusCode::URI_TOO_LONG,
        true => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        false => StatusCode::BAD_REQUEST,
    }
}

/// Forgets a connection, also where it was ended from outside.
struct Closing(Service, Arc<Connection>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.front().connections.close(&self.1);
    }
}

/// Tells a client that there are too many connections, and lets it read that before the end.
fn refuse(service: &Service, mut stream: TcpStream, refused: Refused) {
    let front = service.front().clone();
    if !front.connections.may_refuse(MOST_REFUSING) {
        return;
    }
    tokio::spawn(async move {
        let told = async {
            stream.write_all(refused.answer().as_bytes()).await?;
            stream.shutdown().await?;
            // What was sent already has to be read, or the client sees a reset before it sees the answer.
            let mut rest = [0; 1024];
            while stream.read(&mut rest).await? > 0 {}
            Ok::<_, std::io::Error>(())
        };
        let _ = timeout(REFUSING_TIME, told).await;
        front.connections.refused();
    });
}

#[cfg(test)]
mod tests {
    use super::super::router;
    use super::*;
    use crate::http::extract::bounds::HEADER_TIME;
    use crate::live::Live;
    use crate::store::{Options, Store};

    const WHOLE: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

    /// Asks over `client` whether the service is alive, and returns its answer's first bytes.
    async fn ask(client: &mut TcpStream) -> Vec<u8> {
        client.write_all(WHOLE).await.unwrap();
        let mut answer = vec![0; 15];
        client.read_exact(&mut answer).await.unwrap();
        answer
    }

    /// A service that listens, its address, and the folder of its database.
    async fn listening() -> (Service, SocketAddr, tempfile::TempDir) {
        let dir = tempfile::TempDir::new().unwrap();
        let url = format!("sqlite://{}", dir.path().join("test.db").display());
        let options = Options {
            seed: false,
            now: 0,
        };
        let store = Store::open(&url.parse().unwrap(), options).await.unwrap();
        let live = Arc::new(Live::open(store).await.unwrap());
        let service = router(live, super::super::Settings::default());
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = service.clone();
        tokio::spawn(async move { accept(&listener, &accepting).await });
        (service, address, dir)
    }

    #[tokio::test]
    async fn a_client_that_sends_too_long_a_body_whole_can_read_why_it_was_refused() {
        let (_service, address, _dir) = listening().await;
        let bytes = 64 << 20;
        let mut client = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {bytes}\r\n\r\n"
        );
        client.write_all(head.as_bytes()).await.unwrap();
        client.write_all(&vec![b' '; bytes]).await.unwrap();
        client.shutdown().await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains("\"status\":413"), "{answer}");
    }

    #[tokio::test]
    async fn what_is_no_http_is_refused_and_counted() {
        let (service, address, _dir) = listening().await;
        for (sent, status) in [
            ("no http\r\n\r\n".to_owned(), 400),
            (
                "GET /".to_owned() + &"x".repeat(66_000) + " HTTP/1.1\r\n\r\n",
                414,
            ),
            (
                "GET / HTTP/1.1\r\n".to_owned() + &"a: b\r\n".repeat(200) + "\r\n",
                431,
            ),
        ] {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(sent.as_bytes()).await.unwrap();
            client.shutdown().await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status} ")),
                "{answer}"
            );
            let front = service.front();
            while front.connections.count() > 0 {
                tokio::task::yield_now().await;
            }
            let known = front.counts.route(0).unwrap().answers();
            assert!(
                known.into_iter().any(|one| one == ("other", status, 1)),
                "{answer}"
            );
        }
    }

    #[tokio::test]
    async fn a_header_that_is_half_sent_when_its_time_is_over_is_counted_and_its_connection_ended()
    {
        let (service, address, _dir) = listening().await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET /healthz HTTP/1.1\r\nHost: loc")
            .await
            .unwrap();
        // Connections are taken in one after the other: once this one is answered, the slow one is known.
        let mut good = TcpStream::connect(address).await.unwrap();
        assert_eq!(ask(&mut good).await, b"HTTP/1.1 200 OK");
        let connections = &service.front().connections;
        let over = u64::try_from(HEADER_TIME.as_millis()).unwrap();
        connections.look_at(over);
        assert_eq!((connections.late(), connections.count()), (0, 2));
        connections.look_at(over + 1);
        assert_eq!(connections.late(), 1);
        assert_eq!(slow.read(&mut [0; 1]).await.unwrap_or(0), 0);
        let mut other = TcpStream::connect(address).await.unwrap();
        assert_eq!(ask(&mut other).await, b"HTTP/1.1 200 OK");
        assert_eq!(connections.count(), 2);
    }
}
