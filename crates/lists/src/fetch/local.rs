// SPDX-License-Identifier: MIT
//! Lists in files of this host.

use super::sink::Sink;
use super::{Condition, FetchError, Fetched, Outcome, Request, Source};
use crate::signature::{Check, Minisign, SignatureError};
use crate::whole;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

pub(super) fn fetch(
    request: &Request,
    path: &Path,
    body: &mut impl Write,
) -> Result<Outcome, FetchError> {
    let failed = |error: io::Error| of(path, &error);
    let (mut file, changed) = open(path).map_err(failed)?;
    if request.condition.last_modified.as_ref() == Some(&changed) {
        return Ok(Outcome::NotModified);
    }
    let wrong = |why: SignatureError| FetchError::Signature {
        url: path.display().to_string(),
        why,
    };
    let minisign = request.proof.minisign.as_ref();
    let text = minisign.map(|minisign| signature(minisign, path));
    let text = text.transpose()?;
    let check = minisign.zip(text.as_ref());
    let check = check.map(|(minisign, text)| minisign.check(text));
    let check = check.transpose().map_err(wrong)?;
    let signed = check.as_ref().map(Check::begin).transpose();
    let mut sink = Sink::new(request, signed.map_err(wrong)?, body);
    sink.take(&mut file, failed)?;
    let (sha256, bytes) = sink.finish(&request.proof)?;
    Ok(Outcome::Fetched(Fetched {
        condition: Condition {
            etag: None,
            last_modified: Some(changed),
        },
        sha256,
        bytes,
        media: None,
        signature: text,
    }))
}

/// The file, and when it was changed.
fn open(path: &Path) -> io::Result<(File, String)> {
    let file = whole::open(path)?;
    let found = file.metadata()?;
    let changed = format!("{}.{:09}", found.mtime(), found.mtime_nsec());
    Ok((file, changed))
}

/// The signature of a file: where that is said, else beside it.
fn signature(minisign: &Minisign, path: &Path) -> Result<String, FetchError> {
    let place = match &minisign.signature {
        Some(Source::File(place)) => place.clone(),
        Some(Source::Web(url)) => {
            let why = format!("the signature of a file is another file, not {url}");
            return Err(FetchError::Request { why });
        }
        None => {
            let mut beside = path.as_os_str().to_owned();
            beside.push(Minisign::SUFFIX);
            beside.into()
        }
    };
    let mut text = String::new();
    let read = open(&place).and_then(|(file, _)| {
        let mut bounded = file.take(Minisign::MOST);
        bounded.read_to_string(&mut text)
    });
    read.map_err(|error| of(&place, &error))?;
    Ok(text)
}

fn of(path: &Path, error: &io::Error) -> FetchError {
    FetchError::File {
        path: path.display().to_string(),
        why: error.to_string(),
    }
}
