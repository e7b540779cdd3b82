// SPDX-License-Identifier: MIT
//! Where a list is, and where a redirection may lead (RFC 3986; RFC 9110, 15.4).

use super::FetchError;
use fluent_uri::{Uri, UriRef};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a list is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// On the network.
    Web(Url),
    /// On this host, by an absolute path.
    File(PathBuf),
}

impl FromStr for Source {
    type Err = FetchError;

    /// `https://…`, `http://…`, `file:///…` or `/…`.
    fn from_str(text: &str) -> Result<Self, FetchError> {
        let path = text.strip_prefix("file://").unwrap_or(text);
        if path.starts_with('/') {
            return Ok(Self::File(path.into()));
        }
        Url::from_str(text).map(Self::Web)
    }
}

impl TryFrom<String> for Source {
    type Error = FetchError;

    fn try_from(text: String) -> Result<Self, FetchError> {
        text.parse()
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        match source {
            Source::Web(url) => url.as_str().to_owned(),
            Source::File(path) => path.display().to_string(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(url) => url.fmt(f),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// An address on the network: HTTP or HTTPS, with a host, without a password. Shown without its
/// query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url(Uri<String>);

impl Url {
    /// All of it, for whom it is meant.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The name, or address, of the host.
    pub fn host(&self) -> &str {
        self.0.authority().map_or("", |authority| authority.host())
    }

    /// What has the same name and another ending.
    pub(super) fn beside(&self, ending: &str) -> Self {
        let text = self.as_str();
        let (place, query) = text.split_at(text.find('?').unwrap_or(text.len()));
        let beside = format!("{place}{ending}{query}");
        // Letters and a dot at the end of a path leave an address one.
        Uri::parse(beside).map_or_else(|_| self.clone(), Self)
    }

    /// The same with a parameter in its query, in the place of those of that name.
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        let text = self.as_str();
        let (place, query) = text.split_once('?').unwrap_or((text, ""));
        let other = |pair: &&str| {
            let (known, _) = pair.split_once('=').unwrap_or((pair, ""));
            !pair.is_empty() && known != name
        };
        let others: String = query
            .split('&')
            .filter(other)
            .map(|pair| format!("{pair}&"))
            .collect();
        let with = format!("{place}?{others}{name}={}", escaped(value));
        // What is escaped leaves an address one.
        Uri::parse(with).map_or_else(|_| self.clone(), Self)
    }

    /// Nobody on the way can read or change what is sent.
    pub(super) fn is_https(&self) -> bool {
        self.0.scheme().as_str().eq_ignore_ascii_case("https")
    }

    /// It is on this host, by the address or the name that cannot be anything else (RFC 6761, 6.3).
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || address
                .parse()
                .is_ok_and(|address: IpAddr| address.is_loopback())
    }

    /// The same scheme, host and port: whoever is trusted with a password there is here.
    pub(super) fn same_origin(&self, other: &Self) -> bool {
        let origin = |url: &Self| {
            let authority = url.0.authority().map(|found| found.as_str().to_lowercase());
            (url.is_https(), authority)
        };
        origin(self) == origin(other)
    }

    /// Whether what is sent from there is worth anything.
    ///
    /// # Errors
    /// [`FetchError::PlainHttp`].
    pub(super) fn permitted(&self, plain_http: bool) -> Result<(), FetchError> {
        if self.is_https() || self.is_loopback() || plain_http {
            return Ok(());
        }
        let url = self.to_string();
        Err(FetchError::PlainHttp { url })
    }

    /// Where a redirection from here leads.
    ///
    /// # Errors
    /// Where it leaves HTTPS, or is none.
    pub(super) fn follow(&self, location: &str, plain_http: bool) -> Result<Self, FetchError> {
        let wrong = |why: String| FetchError::Redirection {
            url: self.to_string(),
            why,
        };
        let location = location.split('#').next().unwrap_or_default();
        let reference = UriRef::parse(location).map_err(|error| wrong(error.to_string()))?;
        let aim = reference.resolve_against(&self.0);
        let aim = aim.map_err(|error| wrong(error.to_string()))?;
        let aim = Self::of(aim).map_err(|why| wrong(why.to_owned()))?;
        if self.is_https() && !aim.is_https() {
            return Err(wrong(format!("it leads from HTTPS to {aim}")));
        }
        aim.permitted(plain_http)?;
        Ok(aim)
    }

    fn of(uri: Uri<String>) -> Result<Self, &'static str> {
        let scheme = uri.scheme().as_str().to_lowercase();
        if !["http", "https"].contains(&scheme.as_str()) {
            return Err("neither https:// nor http://");
        }
        let Some(authority) = uri.authority() else {
            return Err("it names no host");
        };
        if authority.has_userinfo() {
            return Err("with a password in it, which would be shown: give that apart");
        }
        if authority.host().is_empty() || authority.port_to_u16().is_err() {
            return Err("it names no host, or no port of one");
        }
        Ok(Self(uri))
    }
}

impl FromStr for Url {
    type Err = FetchError;

    fn from_str(text: &str) -> Result<Self, FetchError> {
        let wrong = |why: String| FetchError::Address {
            text: shown(text),
            why,
        };
        let uri = Uri::parse(text).map_err(|error| wrong(error.to_string()))?;
        let uri = Uri::parse(uri.strip_fragment().as_str().to_owned());
        let uri = uri.map_err(|(error, _)| wrong(error.to_string()))?;
        Self::of(uri).map_err(|why| wrong(why.to_owned()))
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(self.as_str()))
    }
}

/// With everything escaped that could mean something (RFC 3986, 2.3).
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

/// Without what may be a key.
fn shown(text: &str) -> String {
    let (place, query) = match text.split_once('?') {
        Some((place, _)) => (place, "?…"),
        None => (text, ""),
    };
    let after = place.find("//").map_or(0, |at| at + 2);
    let end = place[after..]
        .find('/')
        .map_or(place.len(), |at| after + at);
    match place[after..end].rfind('@') {
        Some(at) => format!("{}…{}{query}", &place[..after], &place[after + at..]),
        None => format!("{place}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_source_is_an_address_or_an_absolute_path() {
        let file = Source::File("/var/lists/a b.txt".into());
        assert_eq!("/var/lists/a b.txt".parse(), Ok(file.clone()));
        assert_eq!("file:///var/lists/a b.txt".parse(), Ok(file));
        let web = url("https://lists.example/drop.json?key=1");
        assert_eq!(web.as_str().parse(), Ok(Source::Web(web.clone())));
        for wrong in [
            "lists/a.txt",
            "ftp://lists.example/a",
            "https:///a",
            "https://lists.example:99999/",
            "file://host/a",
            "https://a b/",
            "",
        ] {
            let refused = wrong.parse::<Source>();
            assert!(
                matches!(refused, Err(FetchError::Address { .. })),
                "{wrong}"
            );
        }
    }

    #[test]
    fn neither_keys_nor_passwords_are_shown() {
        let keyed = url("https://lists.example/drop?key=verysecret");
        assert_eq!(keyed.to_string(), "https://lists.example/drop?…");
        let refused = "https://me:verysecret@lists.example/drop?key=verysecret".parse::<Url>();
        let told = refused.expect_err("it would be shown").to_string();
        assert!(told.contains("https://…@lists.example/drop?…"), "{told}");
        assert!(!told.contains("secret"), "{told}");
    }

    #[test]
    fn a_parameter_takes_the_place_of_those_of_its_name_and_means_nothing_else() {
        let with = |from: &str, value: &str| url(from).with("next", value).as_str().to_owned();
        let here = "https://taxii.example/objects/";
        assert_eq!(with(here, "7"), format!("{here}?next=7"));
        let asked = format!("{here}?limit=5&next=1&match[type]=indicator&next=2");
        let asked = asked.replace('[', "%5B").replace(']', "%5D");
        let expected = format!("{here}?limit=5&match%5Btype%5D=indicator&next=a%26b%3D%2F%C3%A4");
        assert_eq!(with(&asked, "a&b=/ä"), expected);
    }

    #[test]
    fn redirections_are_resolved_and_stay_with_https() {
        let from = url("https://lists.example/a/b?c");
        let to = |location| {
            let aim = from.follow(location, true);
            aim.map(|aim| aim.as_str().to_owned())
        };
        assert_eq!(to("d#e").as_deref(), Ok("https://lists.example/a/d"));
        assert_eq!(to("/d").as_deref(), Ok("https://lists.example/d"));
        assert_eq!(
            to("//other.example/d").as_deref(),
            Ok("https://other.example/d")
        );
        for wrong in [
            "http://lists.example/a",
            "http://127.0.0.1/",
            "file:///etc/passwd",
            "h t",
        ] {
            assert!(
                matches!(to(wrong), Err(FetchError::Redirection { .. })),
                "{wrong}"
            );
        }
        let here = url("http://127.0.0.1:8080/");
        assert!(here.follow("http://[::1]/", false).is_ok());
        let away = here.follow("http://lists.example/", false);
        assert!(matches!(away, Err(FetchError::PlainHttp { .. })));
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let here = url("https://lists.example/a");
        assert!(here.same_origin(&url("https://LISTS.example/b?c")));
        for other in [
            "http://lists.example/a",
            "https://lists.example:8443/a",
            "https://other.example/a",
        ] {
            assert!(!here.same_origin(&url(other)), "{other}");
        }
    }

    #[test]
    fn plain_http_is_for_this_host_or_for_who_wants_it() {
        for here in [
            "http://127.0.0.1:8080/",
            "http://[::1]/",
            "http://LocalHost/",
        ] {
            assert_eq!(url(here).permitted(false), Ok(()), "{here}");
        }
        for away in [
            "http://127.0.0.1.example/",
            "http://192.0.2.1/",
            "http://localhost.example/",
        ] {
            assert!(url(away).permitted(false).is_err(), "{away}");
            assert_eq!(url(away).permitted(true), Ok(()));
        }
    }
}
