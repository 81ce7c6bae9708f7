//! Addresses of clients: in one form, as proxies hand them on, and how many of them are one client's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

/// What a client at `address` is counted by: the address, or of IPv6 its network of 64 bits.
///
/// Whoever has one address of such a network has all of them (RFC 6177), and would else be a new client with each.
pub(in crate::http) fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
        short @ IpAddr::V4(_) => short,
    }
}

/// The header in which proxies hand a client's address on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For: client, proxy`, as most write it.
    #[default]
    XForwardedFor,
    /// `Forwarded: for=client, for=proxy` (RFC 7239).
    Forwarded,
}

impl ForwardedHeader {
    fn name(self) -> HeaderName {
        match self {
            Self::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
            Self::Forwarded => header::FORWARDED,
        }
    }

    /// The addresses of one of its lines; `None`: something else stands there.
    fn hops(self, line: &str) -> Vec<Option<IpAddr>> {
        match self {
            Self::XForwardedFor => line.split(',').map(|hop| address(hop.trim())).collect(),
            Self::Forwarded => forwarded(line),
        }
    }
}

/// Proxies whose word on addresses is taken.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// Their networks; a single address is a network of one.
    pub trusted: Vec<IpNet>,
    /// The one header that they write. A proxy lets the other pass as its client has sent it.
    pub header: ForwardedHeader,
}

impl Proxies {
    /// Whether `address` is one of them.
    pub(in crate::http) fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted
            .iter()
            .any(|network| network.contains(&address))
    }

    /// The address that a request of `peer` is from: the last that was handed on and is no trusted proxy's.
    ///
    /// Each address was written down by the one after it. So the walk goes from the last to the first, and ends at what no
    /// trusted proxy has written, or what is no address (`unknown`, `_hidden`): then it is the proxy that wrote this.
    pub(in crate::http) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trusts(client) {
            return client;
        }
        let lines: Vec<_> = headers.get_all(self.header.name()).iter().collect();
        for line in lines.into_iter().rev() {
            let hops = self.header.hops(&String::from_utf8_lossy(line.as_bytes()));
            for hop in hops.into_iter().rev() {
                let Some(hop) = hop.filter(|_| self.trusts(client)) else {
                    return client;
                };
                client = hop.to_canonical();
            }
        }
        client
    }
}

/// The addresses of a `Forwarded`. A line whose quotes do not fit is a single unknown: a client may have opened one, so
/// that what its proxy has added looks like a part of it.
fn forwarded(line: &str) -> Vec<Option<IpAddr>> {
    let hop = |element: &str| {
        let mut client = None;
        for pair in unquoted_split(element, ';')? {
            let (name, value) = pair.trim().split_once('=')?;
            if name.eq_ignore_ascii_case("for") && client.replace(value).is_some() {
                return None;
            }
        }
        address(&text(client?)?)
    };
    match unquoted_split(line, ',') {
        Some(elements) => elements.into_iter().map(hop).collect(),
        None => vec![None],
    }
}

/// The parts of `line` between those `at` that are in no quotes; `None` where a quote is never closed.
fn unquoted_split(line: &str, at: char) -> Option<Vec<&str>> {
    let (mut parts, mut begin, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (place, c) in line.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '"' {
            quoted = !quoted;
        } else if quoted {
            escaped = c == '\\';
        } else if c == at {
            parts.push(&line[begin..place]);
            begin = place + c.len_utf8();
        }
    }
    parts.push(&line[begin..]);
    (!quoted).then_some(parts)
}

/// What a value says that may be in quotes; `None` where there is something beside them.
fn text(value: &str) -> Option<String> {
    let Some(rest) = value.strip_prefix('"') else {
        return (!value.contains('"')).then(|| value.to_owned());
    };
    let (mut text, mut chars) = (String::new(), rest.strip_suffix('"')?.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.push(chars.next()?),
            '"' => return None,
            plain => text.push(plain),
        }
    }
    Some(text)
}

/// The address that a hop is, with or without a port: `1.2.3.4:80`, `::1`, `[::1]`, `[::1]:80`.
fn address(hop: &str) -> Option<IpAddr> {
    if let Some(rest) = hop.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let good = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        let address = address.parse::<Ipv6Addr>().ok();
        return address.filter(|_| good).map(Into::into);
    }
    hop.parse().ok().or_else(|| {
        let (address, port) = hop.split_once(':')?;
        let address = address.parse::<Ipv4Addr>().ok();
        address.filter(|_| is_port(port)).map(Into::into)
    })
}

/// A port, or a word that hides it (RFC 7239).
fn is_port(word: &str) -> bool {
    let digits = (1..=5).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
    digits || (word.len() > 1 && word.starts_with('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(header: ForwardedHeader) -> Proxies {
        let trusted = ["10.0.0.0/8", "2001:db8:aa::/48"];
        Proxies {
            trusted: trusted.map(|network| network.parse().unwrap()).to_vec(),
            header,
        }
    }

    /// The client of a request that came from `peer` with these lines of one header.
    fn client(header: ForwardedHeader, peer: &str, lines: &[&str]) -> String {
        let lines = lines
            .iter()
            .map(|line| (header.name(), line.parse().unwrap()));
        let headers: HeaderMap = lines.collect();
        proxies(header)
            .client(peer.parse().unwrap(), &headers)
            .to_string()
    }

    #[test]
    fn only_a_trusted_proxy_may_name_another_address() {
        let client = |peer, lines: &[&str]| client(ForwardedHeader::XForwardedFor, peer, lines);
        assert_eq!(
            client("10.0.0.1", &["6.6.6.6, 3.3.3.3, 10.0.0.2"]),
            "3.3.3.3"
        );
        assert_eq!(
            client("10.0.0.1", &["6.6.6.6, 3.3.3.3", "10.0.0.2"]),
            "3.3.3.3"
        );
        assert_eq!(client("9.9.9.9", &["3.3.3.3"]), "9.9.9.9");
        assert_eq!(client("::ffff:10.0.0.1", &["3.3.3.3"]), "3.3.3.3");
        assert_eq!(client("10.0.0.1", &["::ffff:3.3.3.3"]), "3.3.3.3");
        assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_is_no_address_ends_the_walk_at_the_proxy_that_wrote_it() {
        let client = |peer, lines: &[&str]| client(ForwardedHeader::XForwardedFor, peer, lines);
        for hidden in [
            "unknown",
            "nonsense",
            "",
            "3.3.3.3:",
            "3.3.3.3:x",
            "[3.3.3.3]",
            "3.3.3",
            "::1]:1",
        ] {
            let line = format!("6.6.6.6, {hidden}");
            assert_eq!(client("10.0.0.1", &[&line]), "10.0.0.1", "{line}");
            let line = format!("6.6.6.6, {hidden}, 10.0.0.2");
            assert_eq!(client("10.0.0.1", &[&line]), "10.0.0.2", "{line}");
        }
    }

    #[test]
    fn a_hop_may_carry_a_port() {
        let client = |peer, lines: &[&str]| client(ForwardedHeader::XForwardedFor, peer, lines);
        assert_eq!(client("10.0.0.1", &["6.6.6.6, 3.3.3.3:4711"]), "3.3.3.3");
        assert_eq!(
            client("10.0.0.1", &["6.6.6.6, [2001:db8::1]:4711"]),
            "2001:db8::1"
        );
        assert_eq!(
            client("10.0.0.1", &["6.6.6.6, [2001:db8::1]"]),
            "2001:db8::1"
        );
        assert_eq!(
            client("2001:db8:aa::7", &["6.6.6.6, 2001:db8::1"]),
            "2001:db8::1"
        );
        assert_eq!(
            client("10.0.0.1", &["3.3.3.3, [2001:db8:aa::9]:80"]),
            "3.3.3.3"
        );
    }

    #[test]
    fn forwarded_is_read_as_its_standard_writes_it() {
        let client = |lines: &[&str]| client(ForwardedHeader::Forwarded, "10.0.0.1", lines);
        for (line, address) in [
            ("for=3.3.3.3", "3.3.3.3"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            (
                "for=\"3.3.3.3:_hidden\"; proto=http;by=203.0.113.43",
                "3.3.3.3",
            ),
            ("proto=\"a,b;for=6.6.6.6\";for=3.3.3.3", "3.3.3.3"),
            ("by=\"a\\\"b\";for=\"3.3.3.\\3\"", "3.3.3.3"),
            (
                "for=6.6.6.6, for=3.3.3.3;proto=https, for=10.0.0.2",
                "3.3.3.3",
            ),
            ("for=6.6.6.6, for=unknown", "10.0.0.1"),
            ("for=6.6.6.6, for=_SEVKISEK", "10.0.0.1"),
            ("for=6.6.6.6, proto=http", "10.0.0.1"),
            ("for=6.6.6.6;for=3.3.3.3", "10.0.0.1"),
            ("for=6.6.6.6, for", "10.0.0.1"),
        ] {
            assert_eq!(client(&[line]), address, "{line}");
        }
        assert_eq!(client(&["for=6.6.6.6", "for=3.3.3.3"]), "3.3.3.3");
    }

    #[test]
    fn a_client_cannot_hide_what_its_proxy_adds_in_quotes_of_its_own() {
        for open in [
            "for=6.6.6.6, a=\"",
            "for=6.6.6.6, a=\"\\",
            "for=6.6.6.6;a=\"x\\\"",
        ] {
            for added in ["for=3.3.3.3", "for=\"[2001:db8::1]:4711\""] {
                let line = format!("{open}, {added}");
                let found = client(ForwardedHeader::Forwarded, "10.0.0.1", &[&line]);
                assert_eq!(found, "10.0.0.1", "{line}");
            }
        }
    }

    #[test]
    fn the_header_that_a_proxy_does_not_write_is_not_read() {
        let headers: HeaderMap = [
            (header::FORWARDED, "for=6.6.6.6".parse().unwrap()),
            (
                "x-forwarded-for".parse().unwrap(),
                "3.3.3.3".parse().unwrap(),
            ),
        ]
        .into_iter()
        .collect();
        for (header, address) in [
            (ForwardedHeader::XForwardedFor, "3.3.3.3"),
            (ForwardedHeader::Forwarded, "6.6.6.6"),
        ] {
            let found = proxies(header).client("10.0.0.1".parse().unwrap(), &headers);
            assert_eq!(found.to_string(), address);
        }
    }

    #[test]
    fn an_ipv6_client_is_its_network_and_a_mapped_one_is_ipv4() {
        let counted = |address: &str| counted(address.parse().unwrap()).to_string();
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(counted("2001:db8:1:2::"), "2001:db8:1:2::");
        assert_eq!(counted("::ffff:1.2.3.4"), "1.2.3.4");
        assert_eq!(counted("1.2.3.4"), "1.2.3.4");
    }
}
