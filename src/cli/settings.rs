//! What every command that touches the store takes, and what serving takes: flags, environment and file.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use epochcast::http::{self, ForwardedHeader, Limits, Log, LogFormat, Origins, Proxies};
use epochcast::store::{Check, DatabaseUrl, StoreError};
use ipnet::IpNet;

/// A flag wins over its variable, that over the line of the file, that over the default.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Settings of the service, for every command")]
pub(crate) struct Settings {
    /// File with settings, in TOML: names as of the flags, without dashes before
    #[arg(long, global = true, env = "EPOCHCAST_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Address to serve on
    #[arg(
        long,
        global = true,
        env = "EPOCHCAST_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDR"
    )]
    pub(crate) listen: SocketAddr,
    /// Where the measurements are kept: a file, made at first start, or <postgres://USER@HOST/DATABASE>, which several services
    /// may share; migrated and seeded at first start
    #[arg(
        long,
        global = true,
        env = "EPOCHCAST_DATABASE_URL",
        hide_env_values = true,
        default_value = "sqlite://epochcast.db",
        value_name = "URL",
        value_parser = database_url
    )]
    pub(crate) database_url: DatabaseUrl,
    /// Start a new database empty, without the published measurements
    #[arg(long, global = true, env = "EPOCHCAST_NO_SEED", value_parser = yes_or_no)]
    pub(crate) no_seed: bool,
    /// Store nothing, and refuse whoever wants to; the database may be in a folder that cannot be written
    #[arg(long, global = true, env = "EPOCHCAST_READ_ONLY", value_parser = yes_or_no)]
    pub(crate) read_only: bool,
    /// Ask for a token of any scope even for reading and predicting
    #[arg(long, global = true, env = "EPOCHCAST_REQUIRE_TOKEN", value_parser = yes_or_no)]
    pub(crate) require_token: bool,
    /// Path that a proxy in front serves this under, such as /epochcast
    #[arg(long, global = true, env = "EPOCHCAST_BASE_PATH", value_name = "PATH", value_parser = base_path)]
    pub(crate) base_path: Option<String>,
    /// Name under which the service is asked for, beside addresses and localhost; may be repeated; * for any
    #[arg(
        long,
        global = true,
        env = "EPOCHCAST_ALLOWED_HOST",
        value_delimiter = ',',
        value_name = "NAME",
        value_parser = host
    )]
    pub(crate) allowed_host: Vec<String>,
    /// Origin whose pages may call and read, such as <https://example.org>; may be repeated; * for all
    #[arg(
        long,
        global = true,
        env = "EPOCHCAST_CORS_ORIGIN",
        value_delimiter = ',',
        value_name = "ORIGIN",
        value_parser = origin
    )]
    pub(crate) cors_origin: Vec<String>,
    /// Proxy, or network of proxies such as 10.0.0.0/8, whose word on a client's address is believed; may be repeated
    #[arg(
        long,
        global = true,
        env = "EPOCHCAST_TRUSTED_PROXY",
        value_delimiter = ',',
        value_name = "IP|NETWORK",
        value_parser = proxy
    )]
    pub(crate) trusted_proxy: Vec<IpNet>,
    /// Header in which trusted proxies name the client; the other is not read, since they let it pass as it was sent
    #[arg(
        long,
        global = true,
        env = "EPOCHCAST_FORWARDED_HEADER",
        default_value = "x-forwarded-for",
        value_name = "x-forwarded-for|forwarded",
        value_parser = forwarded_header
    )]
    pub(crate) forwarded_header: ForwardedHeader,
    /// Writes that a token may ask for in a minute; 0: any number
    #[arg(
        long,
        global = true,
        env = "EPOCHCAST_WRITES_PER_MINUTE",
        default_value_t = 6000,
        value_name = "N"
    )]
    pub(crate) writes_per_minute: u32,
    /// Requests that an address may make in a minute; 0: any number
    #[arg(
        long,
        global = true,
        env = "EPOCHCAST_REQUESTS_PER_MINUTE",
        default_value_t = 0,
        value_name = "N"
    )]
    pub(crate) requests_per_minute: u32,
    /// Connections at once
    #[arg(
        long,
        global = true,
        env = "EPOCHCAST_MAX_CONNECTIONS",
        default_value_t = 4096,
        value_name = "N",
        value_parser = at_least_one
    )]
    pub(crate) max_connections: usize,
    /// Connections of one address at once; trusted proxies are not counted
    #[arg(
        long,
        global = true,
        env = "EPOCHCAST_MAX_CONNECTIONS_PER_ADDRESS",
        default_value_t = 2048,
        value_name = "N",
        value_parser = at_least_one
    )]
    pub(crate) max_connections_per_address: usize,
    /// Seconds to go on answering, but say not ready, after the signal to end
    #[arg(
        long,
        global = true,
        env = "EPOCHCAST_UNREADY_SECONDS",
        default_value_t = 0,
        value_name = "N"
    )]
    pub(crate) unready_seconds: u64,
    /// Seconds that requests in flight may then take
    #[arg(
        long,
        global = true,
        env = "EPOCHCAST_DRAIN_SECONDS",
        default_value_t = 25,
        value_name = "N"
    )]
    pub(crate) drain_seconds: u64,
    /// How closely to look at the database before it is served: at its pages, for a tenth of a second at most, and for a second
    /// more while it is served, or at all that verify looks at
    #[arg(
        long,
        global = true,
        env = "EPOCHCAST_CHECK",
        default_value = "quick",
        value_name = "quick|full|off",
        value_parser = str::parse::<Check>
    )]
    pub(crate) check: Check,
    /// How log lines look
    #[arg(
        long,
        global = true,
        env = "EPOCHCAST_LOG_FORMAT",
        default_value = "plain",
        value_name = "plain|json",
        value_parser = log_format
    )]
    pub(crate) log_format: LogFormat,
}

impl Settings {
    /// As the service takes them, with requests logged to `log`.
    pub(crate) fn of_service(&self, log: Option<&'static Log>) -> http::Settings {
        let hosts = given(&self.allowed_host);
        let any = hosts.iter().any(|host| host == "*");
        // Who listens on an address of the network has names that only its owner knows.
        let strict = self.listen.ip().is_loopback() || !hosts.is_empty();
        http::Settings {
            limits: Limits {
                writes_per_minute: NonZeroU32::new(self.writes_per_minute),
                requests_per_minute: NonZeroU32::new(self.requests_per_minute),
                proxies: Proxies {
                    trusted: self.trusted_proxy.clone(),
                    header: self.forwarded_header,
                },
            },
            origins: Origins {
                hosts,
                strict: strict && !any,
                cors: given(&self.cors_origin),
            },
            base_path: self.base_path.as_deref().map(Into::into),
            read_only: self.read_only,
            require_token: self.require_token,
            log,
            connections: self.max_connections,
            connections_per_address: self.max_connections_per_address,
            unready: Duration::from_secs(self.unready_seconds),
            drain: Duration::from_secs(self.drain_seconds),
        }
    }
}

/// Without the empty words: a variable that is set to nothing names nothing.
fn given(words: &[String]) -> Vec<String> {
    words.iter().filter(|w| !w.is_empty()).cloned().collect()
}

/// Nothing at all is a no, so that a variable can be set to nothing.
fn yes_or_no(word: &str) -> Result<bool, String> {
    match word.to_ascii_lowercase().as_str() {
        "" | "0" | "n" | "no" | "f" | "false" | "off" => Ok(false),
        "1" | "y" | "yes" | "t" | "true" | "on" => Ok(true),
        _ => Err("true or false is expected".to_owned()),
    }
}

/// A count of at least 1.
fn at_least_one(word: &str) -> Result<usize, String> {
    let count = word.parse::<NonZeroU32>().ok();
    let count = count.and_then(|count| usize::try_from(count.get()).ok());
    count.ok_or_else(|| format!("a number from 1 to {} is expected", u32::MAX))
}

pub(crate) fn database_url(url: &str) -> Result<DatabaseUrl, String> {
    let parsed: DatabaseUrl = url.parse().map_err(|e: StoreError| e.to_string())?;
    if parsed.file() == Some(Path::new(":memory:")) {
        return Err("a file is needed, such as sqlite://epochcast.db".to_owned());
    }
    Ok(parsed)
}

/// The name or address of `word`, in the form that requests are compared with: without port and brackets.
fn host(word: &str) -> Result<String, String> {
    if word.is_empty() || word == "*" || word.parse::<IpAddr>().is_ok() {
        return Ok(word.to_owned());
    }
    match name_and_port(word) {
        Some((name, _)) => Ok(name.trim_matches(['[', ']']).to_owned()),
        None => Err("a name such as gpu.example is expected, or * for any".to_owned()),
    }
}

/// The origin as browsers send it: without a slash at its end and without the port that its scheme has anyway.
fn origin(word: &str) -> Result<String, String> {
    if word.is_empty() || word == "*" {
        return Ok(word.to_owned());
    }
    let split = word.strip_suffix('/').unwrap_or(word).split_once("://");
    let parts = split.and_then(|(scheme, rest)| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
        let (name, port) = name_and_port(rest)?;
        (named && scheme.chars().all(plain)).then_some((scheme.to_ascii_lowercase(), name, port))
    });
    let Some((scheme, name, port)) = parts else {
        return Err("an origin such as https://example.org is expected, or * for all".to_owned());
    };
    Ok(match (scheme.as_str(), port) {
        (_, None) | ("http", Some(80)) | ("https", Some(443)) => format!("{scheme}://{name}"),
        (_, Some(port)) => format!("{scheme}://{name}:{port}"),
    })
}

/// The two parts of `name:port` or `[address]:port`, where it has that form.
fn name_and_port(authority: &str) -> Option<(String, Option<u16>)> {
    let digits = |port: &str| !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) if digits(port) && !authority.ends_with(']') => {
            (name, Some(port.parse().ok()?))
        }
        _ => (authority, None),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let label = |label: &str| !label.is_empty() && label.chars().all(plain);
    let address = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    let good = match address {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => name.split('.').all(label),
    };
    good.then(|| (name.to_ascii_lowercase(), port))
}

/// The network of `word`, or that of one address.
fn proxy(word: &str) -> Result<IpNet, String> {
    let network = word.parse::<IpNet>().ok();
    let network = network.or_else(|| word.parse::<IpAddr>().ok().map(Into::into));
    match network.map(canonical) {
        None => Err(
            "an address such as 10.0.0.1 or a network such as 10.0.0.0/8 is expected".to_owned(),
        ),
        Some(all) if all.prefix_len() == 0 => {
            Err("every client would be believed: name the networks of the proxies alone".to_owned())
        }
        Some(network) => Ok(network),
    }
}

/// `network` as one of IPv4, where it is one that is mapped to IPv6: that is how addresses are compared.
fn canonical(network: IpNet) -> IpNet {
    let mapped = network.addr().to_canonical();
    let prefix = network.prefix_len().checked_sub(96);
    match prefix.filter(|_| mapped.is_ipv4() && network.addr().is_ipv6()) {
        Some(prefix) => IpNet::new(mapped, prefix).unwrap_or(network),
        None => network,
    }
}

fn forwarded_header(word: &str) -> Result<ForwardedHeader, String> {
    match word.to_ascii_lowercase().as_str() {
        "x-forwarded-for" => Ok(ForwardedHeader::XForwardedFor),
        "forwarded" => Ok(ForwardedHeader::Forwarded),
        _ => Err("x-forwarded-for or forwarded".to_owned()),
    }
}

fn log_format(word: &str) -> Result<LogFormat, String> {
    match word {
        "plain" => Ok(LogFormat::Plain),
        "json" => Ok(LogFormat::Json),
        _ => Err("plain or json".to_owned()),
    }
}

fn base_path(path: &str) -> Result<String, String> {
    let path = path.trim_end_matches('/');
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    if path.starts_with('/') && path.chars().all(plain) {
        return Ok(path.to_owned());
    }
    Err("a path such as /epochcast".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_address_or_a_network_but_never_everybody() {
        for (word, network) in [
            ("10.0.0.1", "10.0.0.1/32"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("::1", "::1/128"),
            ("2001:db8::/48", "2001:db8::/48"),
            ("::ffff:10.0.0.1", "10.0.0.1/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ] {
            assert_eq!(proxy(word).unwrap().to_string(), network);
        }
        for wrong in [
            "",
            "0.0.0.0/0",
            "::/0",
            "10.0.0.0/33",
            "proxy.example",
            "10.0.0.1:80",
        ] {
            assert!(proxy(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_base_path_starts_with_a_slash_and_ends_without() {
        assert_eq!(base_path("/epochcast/").as_deref(), Ok("/epochcast"));
        for wrong in ["epochcast", "", "/", "/a b", "/a?b"] {
            assert!(base_path(wrong).is_err(), "{wrong}");
        }
    }
}
