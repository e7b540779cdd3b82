// SPDX-License-Identifier: MIT
//! Pages of a TAXII 2.1 server (OASIS TAXII 2.1, 3.4): as long as an envelope says that there is more,
//! what follows is asked for by its `next`, or else by the time at which the last object of it was
//! added. All of them together are one list, a JSON text after the other.

use super::client::{Client, text};
use super::sink::Sink;
use super::{Condition, FetchError, Fetched, Outcome, Url, failure};
use serde::Deserialize;
use std::collections::HashSet;
use std::io::{Read, Write};
use ureq::http::{HeaderMap, HeaderName};

/// When the last object of a page was added.
const ADDED_LAST: HeaderName = HeaderName::from_static("x-taxii-date-added-last");

/// Of an envelope, what is said about what follows. Of anything else, nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope {
    more: bool,
    next: Option<String>,
}

impl Envelope {
    fn of(page: &[u8]) -> Self {
        serde_json::from_slice(page).unwrap_or_default()
    }

    /// What asks for what follows, if there is anything, and the server says how.
    fn next(self, headers: &HeaderMap) -> Option<(&'static str, String)> {
        let by_time = || Some(("added_after", text(headers, ADDED_LAST)?));
        let by_number = self.next.map(|next| ("next", next));
        self.more.then(|| by_number.or_else(by_time))?
    }
}

/// Fetches so many pages at most. Where there are more, the last one says so to whoever reads it.
pub(super) fn fetch(
    client: &Client<'_>,
    (url, most): (&Url, u32),
    body: &mut impl Write,
) -> Result<Outcome, FetchError> {
    let mut sink = Sink::new(client.request(), None, body);
    let (mut place, mut asked) = (url.clone(), HashSet::new());
    let mut condition = client.request().condition.clone();
    loop {
        let Some((envelope, headers)) = page(client, &mut sink, (&place, &condition))? else {
            return Ok(Outcome::NotModified);
        };
        asked.insert(place.as_str().to_owned());
        let next = envelope.next(&headers);
        let Some((name, value)) = next.filter(|_| asked.len() < most as usize) else {
            let (sha256, bytes) = sink.finish(&client.request().proof)?;
            return Ok(Outcome::Fetched(Fetched {
                // What is added comes at the end: that the first page is the same says nothing.
                condition: match asked.len() {
                    1 => Condition::of(&headers),
                    _ => Condition::default(),
                },
                sha256,
                bytes,
                ..Fetched::default()
            }));
        };
        (place, condition) = (url.with(name, &value), Condition::default());
        if asked.contains(place.as_str()) {
            return Err(FetchError::Broken {
                url: place.to_string(),
                why: format!("its page {} leads to one before it ({name})", asked.len()),
            });
        }
    }
}

/// A page, no longer than there is room for, which goes to where the others are; what it and its answer
/// say of what follows. `None` where it was not modified.
fn page(
    client: &Client<'_>,
    sink: &mut Sink<'_, impl Write>,
    (place, condition): (&Url, &Condition),
) -> Result<Option<(Envelope, HeaderMap)>, FetchError> {
    let (answered, mut response) = client.ask(place, condition)?;
    if response.status() == 304 && *condition != Condition::default() {
        return Ok(None);
    }
    client.content(&answered, &response)?;
    let mut page = Vec::new();
    let bounded = response.body_mut().as_reader().take(sink.room() + 1);
    let read = { bounded }.read_to_end(&mut page);
    read.map_err(|error| failure::of(&answered, ureq::Error::from(error)))?;
    sink.put(&page)?;
    sink.put(b"\n")?;
    let headers = std::mem::take(response.headers_mut());
    Ok(Some((Envelope::of(&page), headers)))
}
