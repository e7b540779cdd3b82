// SPDX-License-Identifier: MIT
//! The client: one agent of `ureq` for each question, so that all of them together end in time.

use super::sink::Sink;
use super::{Condition, FetchError, Fetched, Outcome, Proxy, Request, Source, Url, failure, pages};
use crate::signature::{Check, Minisign, SignatureError};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::fmt::rfc2822::DateTimeParser;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::http::{HeaderMap, header};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, http};

/// What publishers see of who asks.
const USER_AGENT: &str = concat!("aegis/", env!("CARGO_PKG_VERSION"));
/// Bytes that what comes before the content may have.
const HEAD: usize = 32 << 10;

type Response = http::Response<Body>;

/// Asks for one list.
pub(super) struct Client<'a> {
    request: &'a Request,
    /// Who is asked, and may know passwords.
    origin: &'a Url,
    authorities: RootCerts,
    until: Instant,
}

impl<'a> Client<'a> {
    /// Reads which authorities are trusted.
    ///
    /// # Errors
    /// Where the address may not be asked, or nobody could prove to be there.
    pub(super) fn of(request: &'a Request, origin: &'a Url) -> Result<Self, FetchError> {
        origin.permitted(request.plain_http)?;
        let authorities = authorities(request.authorities.as_deref())?;
        if authorities.is_empty() && origin.is_https() {
            return Err(FetchError::Certificate {
                host: origin.host().to_owned(),
                why: "this host trusts no authorities: install ca-certificates".to_owned(),
            });
        }
        Ok(Self {
            request,
            origin,
            authorities: authorities.into(),
            until: Instant::now() + request.limits.total,
        })
    }

    pub(super) fn request(&self) -> &Request {
        self.request
    }

    pub(super) fn fetch(&self, url: &Url, body: &mut impl Write) -> Result<Outcome, FetchError> {
        if self.request.pages > 0 && !self.request.proof.is_asked_for() {
            return pages::fetch(self, (url, self.request.pages), body);
        }
        let (place, response) = self.ask(url, &self.request.condition)?;
        let condition = &self.request.condition;
        if response.status() == 304 && *condition != Condition::default() {
            return Ok(Outcome::NotModified);
        }
        self.content(&place, &response)?;
        let wrong = |why: SignatureError| FetchError::Signature {
            url: url.to_string(),
            why,
        };
        let minisign = self.request.proof.minisign.as_ref();
        let text = minisign.map(|minisign| self.signature(minisign));
        let text = text.transpose()?;
        let check = minisign.zip(text.as_ref());
        let check = check.map(|(minisign, text)| minisign.check(text));
        let check = check.transpose().map_err(wrong)?;
        let signed = check.as_ref().map(Check::begin).transpose();
        let sink = Sink::new(self.request, signed.map_err(wrong)?, body);
        let fetched = self.receive(&place, response, sink)?;
        Ok(Outcome::Fetched(Fetched {
            signature: text,
            ..fetched
        }))
    }

    fn receive(
        &self,
        place: &Url,
        mut response: Response,
        mut sink: Sink<'_, impl Write>,
    ) -> Result<Fetched, FetchError> {
        sink.has_room(response.body().content_length().unwrap_or(0))?;
        let condition = Condition::of(response.headers());
        let media = response.body().mime_type().map(str::to_lowercase);
        let failed = |error: std::io::Error| failure::of(place, ureq::Error::from(error));
        sink.take(&mut response.body_mut().as_reader(), failed)?;
        let (sha256, bytes) = sink.finish(&self.request.proof)?;
        Ok(Fetched {
            condition,
            sha256,
            bytes,
            media,
            signature: None,
        })
    }

    /// Whether what follows is what was asked for.
    pub(super) fn content(&self, place: &Url, response: &Response) -> Result<(), FetchError> {
        let status = response.status();
        let whole = match self.request.post {
            Some(_) => status.is_success(),
            // What comes without content, or is a part, is no list.
            None => status == 200 || status == 203,
        };
        if whole {
            return Ok(());
        }
        Err(FetchError::Status {
            url: place.to_string(),
            status: status.as_u16(),
            retry_after: retry_after(response.headers()),
        })
    }

    /// The signature of the list: from where that is said, else from beside it.
    fn signature(&self, minisign: &Minisign) -> Result<String, FetchError> {
        let url = match &minisign.signature {
            Some(Source::Web(url)) => url.clone(),
            Some(Source::File(path)) => {
                let why = format!(
                    "the signature of what is fetched is not in a file: {}",
                    path.display()
                );
                return Err(FetchError::Request { why });
            }
            None => self.origin.beside(Minisign::SUFFIX),
        };
        url.permitted(self.request.plain_http)?;
        let (place, mut response) = self.ask(&url, &Condition::default())?;
        self.content(&place, &response)?;
        let mut text = String::new();
        let read = response.body_mut().as_reader().take(Minisign::MOST);
        let read = { read }.read_to_string(&mut text);
        read.map_err(|error| failure::of(&place, ureq::Error::from(error)))?;
        Ok(text)
    }

    /// The answer, and who gave it in the end.
    pub(super) fn ask(
        &self,
        from: &Url,
        condition: &Condition,
    ) -> Result<(Url, Response), FetchError> {
        let most = self.request.limits.redirections;
        let not_followed = |url: &Url, why: String| FetchError::Redirection {
            url: url.to_string(),
            why,
        };
        let mut url = from.clone();
        for _ in 0..=most {
            let response = self.send(&url, condition)?;
            let Some(location) = redirected(&response) else {
                return Ok((url, response));
            };
            if self.request.post.is_some() {
                let why = "what is sent is for this host alone".to_owned();
                return Err(not_followed(&url, why));
            }
            url = url.follow(&location, self.request.plain_http)?;
        }
        Err(not_followed(from, format!("more than {most} times")))
    }

    fn send(&self, url: &Url, condition: &Condition) -> Result<Response, FetchError> {
        let agent = self.agent(url)?;
        let made = self.head(url, condition);
        let sent = match &self.request.post {
            None => made.body(()).map(|request| agent.run(request)),
            Some(post) => made
                .header(header::CONTENT_TYPE, &post.media)
                .body(post.content.expose())
                .map(|request| agent.run(request)),
        };
        let sent = sent.map_err(|error| FetchError::Request {
            why: error.to_string(),
        })?;
        sent.map_err(|error| failure::of(url, error))
    }

    fn head(&self, url: &Url, condition: &Condition) -> http::request::Builder {
        let method = match self.request.post {
            Some(_) => http::Method::POST,
            None => http::Method::GET,
        };
        let mut made = http::Request::builder().method(method).uri(url.as_str());
        let conditions = [
            (header::IF_NONE_MATCH, &condition.etag),
            (header::IF_MODIFIED_SINCE, &condition.last_modified),
        ];
        for (name, value) in conditions {
            if let Some(value) = value {
                made = made.header(name, value);
            }
        }
        if !url.same_origin(self.origin) {
            return made;
        }
        for (name, value) in &self.request.headers {
            made = made.header(name, value.expose());
        }
        if let Some((user, password)) = &self.request.login {
            let login = BASE64_STANDARD.encode(format!("{user}:{}", password.expose()));
            made = made.header(header::AUTHORIZATION, format!("Basic {login}"));
        }
        made
    }

    fn agent(&self, url: &Url) -> Result<Agent, FetchError> {
        let limits = &self.request.limits;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(self.authorities.clone())
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .proxy(self.proxy(url)?)
            .http_status_as_error(false)
            // They are followed here, where it is known what may be told to whom.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(USER_AGENT)
            .max_response_header_size(HEAD)
            .timeout_global(Some(self.left()))
            .timeout_connect(Some(limits.connect))
            .timeout_resolve(Some(limits.connect))
            .timeout_recv_response(Some(limits.silence))
            .timeout_per_read(Some(limits.silence))
            .timeout_per_write(Some(limits.silence));
        Ok(config.build().new_agent())
    }

    /// Never nothing, which might count as no end.
    fn left(&self) -> Duration {
        let left = self.until.saturating_duration_since(Instant::now());
        left.max(Duration::from_millis(1))
    }

    fn proxy(&self, url: &Url) -> Result<Option<ureq::Proxy>, FetchError> {
        match &self.request.proxy {
            Proxy::None => Ok(None),
            Proxy::Environment if url.is_loopback() => Ok(None),
            Proxy::Environment => Ok(ureq::Proxy::try_from_env()),
            Proxy::Through(proxy) => {
                let why = "the proxy is none: it is http://HOST:PORT".to_owned();
                let proxy = ureq::Proxy::new(proxy.expose());
                proxy.map(Some).map_err(|_| FetchError::Request { why })
            }
        }
    }
}

/// Those of the system, wherever that keeps them (`SSL_CERT_FILE` and `SSL_CERT_DIR` override it), so
/// that an authority of the operator's own is trusted as it is by everybody else; and `more` of them.
fn authorities(more: Option<&str>) -> Result<Vec<Certificate<'static>>, FetchError> {
    let system = rustls_native_certs::load_native_certs().certs;
    let mut all: Vec<Certificate<'static>> = system
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    for item in parse_pem(more.unwrap_or_default().as_bytes()) {
        match item {
            Ok(PemItem::Certificate(certificate)) => all.push(certificate),
            Ok(_) => {}
            Err(error) => {
                let why = format!("certificates of authorities: {error}");
                return Err(FetchError::Request { why });
            }
        }
    }
    Ok(all)
}

impl Condition {
    /// What to ask with next time after such an answer.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self {
            etag: text(headers, header::ETAG),
            last_modified: text(headers, header::LAST_MODIFIED),
        }
    }
}

pub(super) fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// Where a redirection leads (RFC 9110, 15.4). 300 and 304 are none.
fn redirected(response: &Response) -> Option<String> {
    let redirects = [301, 302, 303, 307, 308].contains(&response.status().as_u16());
    redirects.then(|| text(response.headers(), header::LOCATION))?
}

/// In seconds, or as a date by the publisher's own clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let wanted = text(headers, header::RETRY_AFTER)?;
    if let Ok(seconds) = wanted.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let parser = DateTimeParser::new();
    let date = |text: &str| parser.parse_timestamp(text).ok();
    let now = date(&text(headers, header::DATE)?)?;
    let wait = date(&wanted)?.duration_since(now);
    Duration::try_from(wait).ok()
}
