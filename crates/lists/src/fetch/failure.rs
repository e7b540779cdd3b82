// SPDX-License-Identifier: MIT
//! What went wrong, in words of the operator.

use super::{FetchError, Url};
use std::io::ErrorKind;
use ureq::{Error, Timeout};

/// How the standard library begins what it says of names that are not found.
const NO_NAME: &str = "failed to lookup address information";
/// What a host says that is not there, or has no way to where it should go.
const UNREACHABLE: [ErrorKind; 6] = [
    ErrorKind::AddrNotAvailable,
    ErrorKind::ConnectionRefused,
    ErrorKind::HostUnreachable,
    ErrorKind::NetworkDown,
    ErrorKind::NetworkUnreachable,
    ErrorKind::PermissionDenied,
];

/// Of whoever was asked at `place`.
pub(super) fn of(place: &Url, error: Error) -> FetchError {
    let host = place.host().to_owned();
    let url = place.to_string();
    match error {
        Error::HostNotFound => FetchError::Unreachable {
            host,
            why: "its name is not known".to_owned(),
        },
        Error::ConnectionFailed => FetchError::Unreachable {
            host,
            why: "nobody answers".to_owned(),
        },
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => FetchError::Unreachable {
            host,
            why: "it takes too long".to_owned(),
        },
        Error::Timeout(what) => FetchError::TimedOut {
            url,
            what: waited_for(what).to_owned(),
        },
        Error::Rustls(error) => FetchError::Certificate {
            host,
            why: error.to_string(),
        },
        Error::ConnectProxyFailed(why) => FetchError::Proxy { why },
        Error::Io(error) => of_io(host, url, &error),
        other => FetchError::Broken {
            url,
            why: other.to_string(),
        },
    }
}

fn of_io(host: String, url: String, error: &std::io::Error) -> FetchError {
    let why = error.to_string();
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref());
    if let Some(tls) = tls {
        let tls: &rustls::Error = tls;
        let why = tls.to_string();
        return FetchError::Certificate { host, why };
    }
    if UNREACHABLE.contains(&error.kind()) || why.starts_with(NO_NAME) {
        return FetchError::Unreachable { host, why };
    }
    FetchError::Broken { url, why }
}

fn waited_for(timeout: Timeout) -> &'static str {
    match timeout {
        Timeout::PerRead | Timeout::PerWrite | Timeout::RecvResponse => "it has fallen silent",
        _ => "all of it together",
    }
}
