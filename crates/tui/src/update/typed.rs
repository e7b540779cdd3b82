// SPDX-License-Identifier: MIT
//! Lines that were typed, into what they ask for. What makes no sense is said in the words of policy,
//! as on the command line.

use super::restore;
use crate::message::{Change, Effect};
use crate::model::{Model, Purpose};
use aegis_api::{AllowRequest, BanRequest};
use aegis_policy::{ParseError, Part, Port, Protocol, Remark, Target, parse_duration};
use std::iter::Peekable;
use std::path::PathBuf;
use std::str::SplitWhitespace;

/// What a line asks for; nothing where it is empty.
///
/// # Errors
/// What is wrong with it.
pub fn effect(model: &Model, purpose: &Purpose, text: &str) -> Result<Option<Effect>, String> {
    let change = match purpose {
        Purpose::Search | Purpose::Command => return Ok(None),
        _ if text.is_empty() => return Ok(None),
        Purpose::Export => {
            let events = model.logs.evidence();
            let extent = model.logs.extent();
            return Ok(Some(Effect::Export(PathBuf::from(text), events, extent)));
        }
        Purpose::Ban => Change::Ban(BanRequest {
            session_peer: model.about.peer,
            ..ban(text)?
        }),
        Purpose::Extend(ban) => {
            let by = parse_duration(text).map_err(|error| error.to_string())?;
            restore::longer(ban, by, model.about.peer)?
        }
        Purpose::Allow => Change::Allow(allow(text)?),
    };
    Ok(Some(Effect::Change(change)))
}

/// `ADDR[/LEN] [port] [proto] [for TIME] [reason TEXT] [force]`; the words may have the dashes that
/// they have on the command line.
fn ban(text: &str) -> Result<BanRequest, String> {
    let mut words = text.split_whitespace().peekable();
    let mut request = BanRequest {
        target: target(words.next())?,
        ..BanRequest::default()
    };
    let (mut port, mut protocol) = (None, None);
    while let Some(word) = words.next() {
        match word.trim_start_matches("--") {
            "for" => {
                let time = words.next().ok_or("for how long? such as: for 1h30m")?;
                let time = parse_duration(time).map_err(words_of)?;
                request.for_seconds = Some(time.as_secs());
            }
            "reason" => request.reason = Some(remark(&mut words)?),
            "force" => request.force = true,
            word if port.is_none() && word.bytes().all(|byte| byte.is_ascii_digit()) => {
                port = Some(word.parse::<Port>().map_err(words_of)?);
            }
            word if protocol.is_none() => {
                protocol = Some(word.parse::<Protocol>().map_err(words_of)?);
            }
            word => {
                return Err(format!(
                    "{word:?} is one word too many; a reason follows `reason`"
                ));
            }
        }
    }
    let part = Part::new(port, protocol).map_err(words_of)?;
    request.port = part.port().map(Port::get);
    request.protocol = part
        .protocol()
        .map(|protocol| protocol.number().to_string());
    Ok(request)
}

/// `ADDR[/LEN] [reason TEXT]`.
fn allow(text: &str) -> Result<AllowRequest, String> {
    let mut words = text.split_whitespace().peekable();
    let mut request = AllowRequest {
        target: target(words.next())?,
        ..AllowRequest::default()
    };
    match words.next().map(|word| word.trim_start_matches("--")) {
        Some("reason") => request.reason = Some(remark(&mut words)?),
        Some(word) => {
            return Err(format!(
                "{word:?} is not understood; a reason follows `reason`"
            ));
        }
        None => {}
    }
    Ok(request)
}

fn target(word: Option<&str>) -> Result<String, String> {
    let target = word.unwrap_or_default().parse::<Target>();
    target.map(|target| target.to_string()).map_err(words_of)
}

/// All that follows, with quotes around it or without.
fn remark(words: &mut Peekable<SplitWhitespace<'_>>) -> Result<String, String> {
    let text: Vec<&str> = words.collect();
    let text = text.join(" ");
    let quoted = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    let plain = quoted('"').or_else(|| quoted('\'')).unwrap_or(&text);
    let remark = plain.parse::<Remark>().map_err(words_of)?;
    match remark.as_str() {
        "" => Err("what is the reason? it follows `reason`".to_owned()),
        remark => Ok(remark.to_owned()),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function for map_err"
)]
fn words_of(error: ParseError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests;
