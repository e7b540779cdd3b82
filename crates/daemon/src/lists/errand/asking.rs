// SPDX-License-Identifier: MIT
//! What to ask for, and how.

use super::{Errand, Shelf};
use aegis_lists::fetch::{FetchError, Limits, Proof, Proxy, Request, Secret, Source as Place};
use aegis_lists::signature::Minisign;
use aegis_policy::config::{INSTANCE, ListFormat};
use std::path::PathBuf;

/// Bytes that a file with headers may have.
const MOST_HEADERS: u64 = 64 << 10;
/// Pages of a TAXII server, of which each has a hundred objects or more as a rule.
pub const MOST_PAGES: u32 = 1_000;
/// What a TAXII server has to be asked for (TAXII 2.1, 1.6.8); others pass it over.
const TAXII: &str = "application/taxii+json;version=2.1";

impl Errand {
    /// What to ask for.
    pub(super) fn request(&self, shelf: &Shelf) -> Result<Request, String> {
        let place = self.place()?;
        let mut request = Request {
            headers: self.with_accept(self.headers()?),
            limits: Limits {
                bytes: self.means.most,
                ..Limits::default()
            },
            proof: self.proof(),
            plain_http: self.source.allow_http,
            proxy: self.proxy(&place),
            pages: match self.source.format {
                ListFormat::Stix => MOST_PAGES,
                _ => 0,
            },
            ..Request::of(place)
        };
        if let Some(meta) = shelf.good.meta(&self.name()?) {
            request.condition = meta.condition_for(&request);
        }
        Ok(request)
    }

    /// Where it is; what somebody has loaded is nowhere.
    pub(super) fn place(&self) -> Result<Place, String> {
        match self.source.origin() {
            "" => Ok(Place::File(PathBuf::new())),
            origin => origin
                .replace(INSTANCE, &self.means.instance)
                .parse()
                .map_err(|error: FetchError| error.to_string()),
        }
    }

    /// What shows that it is the list.
    pub(super) fn proof(&self) -> Proof {
        let nonempty = |text: &String| (!text.is_empty()).then(|| text.clone());
        Proof {
            sha256: nonempty(&self.source.sha256),
            minisign: nonempty(&self.source.minisign).map(|key| Minisign {
                key,
                signature: None,
            }),
        }
    }

    /// Who is between.
    fn proxy(&self, place: &Place) -> Proxy {
        let here = matches!(place, Place::Web(url) if url.is_loopback());
        let usual = if here { "" } else { &self.means.proxy };
        let said = [self.source.proxy.as_str(), usual];
        match said.into_iter().find(|proxy| !proxy.is_empty()) {
            None => Proxy::Environment,
            Some("none") => Proxy::None,
            Some(proxy) => Proxy::Through(Secret::new(proxy)),
        }
    }

    /// Says what is wanted of a TAXII server, unless that is said.
    fn with_accept(&self, mut headers: Vec<(String, Secret)>) -> Vec<(String, Secret)> {
        let said = |(name, _): &(String, Secret)| name.eq_ignore_ascii_case("accept");
        if self.source.format == ListFormat::Stix && !headers.iter().any(said) {
            headers.push(("Accept".to_owned(), Secret::new(TAXII)));
        }
        headers
    }

    /// Lines such as `Authorization: Bearer …`.
    fn headers(&self) -> Result<Vec<(String, Secret)>, String> {
        let path = self
            .source
            .headers_file
            .replace(INSTANCE, &self.means.instance);
        if path.is_empty() {
            return Ok(Vec::new());
        }
        let failed = |why: String| format!("its headers cannot be read from {path}: {why}");
        let long = std::fs::metadata(&path).map_err(|error| failed(error.to_string()))?;
        if !long.is_file() || long.len() > MOST_HEADERS {
            return Err(failed("it is no file, or a long one".to_owned()));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
        let lines = text.lines().map(str::trim).enumerate();
        let said = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        said.map(|(at, line)| {
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| failed(format!("line {} is not like Name: value", at + 1)))?;
            Ok((name.trim().to_owned(), Secret::new(value.trim())))
        })
        .collect()
    }
}
