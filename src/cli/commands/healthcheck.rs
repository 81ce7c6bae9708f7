//! `epochcast healthcheck`: whether the service is alive.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context;

pub(crate) fn healthcheck(address: SocketAddr) -> anyhow::Result<()> {
    let mut local = address;
    if local.ip().is_unspecified() {
        local.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let limit = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&local, limit)
        .with_context(|| format!("nothing answers on {local}"))?;
    stream.set_read_timeout(Some(limit))?;
    write!(
        stream,
        "GET /healthz HTTP/1.1\r\nHost: {local}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    anyhow::ensure!(status == "200", "{local} answered {status}");
    Ok(())
}
