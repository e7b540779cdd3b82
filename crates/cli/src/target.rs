// SPDX-License-Identifier: MIT
//! Arguments into requests. What makes no sense fails here, before any daemon is asked.

use crate::arguments::{AllowAdd, Block, FilterArguments, PartArguments, Unblock};
use crate::failure::Failure;
use aegis_api::{AllowRequest, BanRequest, DisallowRequest, FlowFilter, UnbanRequest};
use aegis_policy::{
    Origin, ParseError, Part, Port, Protocol, Region, Remark, Target, parse_duration,
};
use std::net::IpAddr;
use std::time::Duration;

/// What to ban.
///
/// # Errors
/// A usage failure in the words of policy, as everywhere here.
pub fn ban(arguments: &Block, session_peer: Option<IpAddr>) -> Result<BanRequest, Failure> {
    let part = part(&arguments.part)?;
    let duration = arguments
        .duration
        .as_deref()
        .map(parse_duration)
        .transpose()?;
    Ok(BanRequest {
        target: target(&arguments.target)?,
        port: part.port().map(Port::get),
        protocol: part
            .protocol()
            .map(|protocol| protocol.number().to_string()),
        for_seconds: duration.map(|duration| duration.as_secs()),
        reason: arguments.reason.as_deref().map(remark).transpose()?,
        force: arguments.force,
        session_peer,
    })
}

/// What to unban.
pub fn unban(arguments: &Unblock) -> Result<UnbanRequest, Failure> {
    let part = part(&arguments.part)?;
    Ok(UnbanRequest {
        target: target(&arguments.target)?,
        port: part.port().map(Port::get),
        protocol: part
            .protocol()
            .map(|protocol| protocol.number().to_string()),
        part: listed(arguments.listed_part.as_deref())?,
        origin: origin(arguments.origin.as_deref())?,
    })
}

fn listed(part: Option<&str>) -> Result<Option<String>, Failure> {
    let part = part.map(str::parse::<Part>).transpose()?;
    Ok(part.map(|part| part.to_string()))
}

fn origin(origin: Option<&str>) -> Result<Option<String>, Failure> {
    let origin = origin.map(str::parse::<Origin>).transpose()?;
    Ok(origin.map(|origin| origin.label().to_owned()))
}

/// A country or an autonomous system.
pub fn region(text: &str) -> Result<String, Failure> {
    let region = text.parse::<Region>();
    let region = region.map_err(|error| Failure::usage(error.to_string()))?;
    Ok(region.to_string())
}

/// Which connections.
pub fn filter(arguments: &FilterArguments) -> Result<FlowFilter, Failure> {
    let given = [
        ("state", &arguments.state),
        ("proto", &arguments.proto),
        ("src", &arguments.src),
        ("dst", &arguments.dst),
        ("peer", &arguments.peer),
        ("port", &arguments.port),
        ("country", &arguments.country),
        ("asn", &arguments.asn),
        ("verdict", &arguments.verdict),
    ];
    let mut filter = FlowFilter::default();
    for (key, values) in given {
        if let Some(values) = values {
            filter = with_option(filter, key, values)?;
        }
    }
    Ok(filter)
}

/// An option is a word of the same key; what can be known to be wrong fails before any daemon is asked.
fn with_option(filter: FlowFilter, key: &str, values: &str) -> Result<FlowFilter, Failure> {
    let values = values.split(',').map(str::trim);
    let values: Vec<&str> = values.filter(|value| !value.is_empty()).collect();
    for value in &values {
        let value = value.trim_start_matches('!');
        match key {
            _ if value.contains(char::is_whitespace) => {
                let message = "several values have commas between them";
                return Err(Failure::usage(format!("--{key}: {value:?}: {message}")));
            }
            "proto" => drop(value.parse::<Protocol>()?),
            "src" | "dst" | "peer" => drop(target(value)?),
            _ => {}
        }
    }
    let filter = filter.with_line(&format!("{key}:{}", values.join(",")));
    filter.map_err(|error| Failure::usage(format!("--{key}: {error}")))
}

/// The same with words as people type them.
pub fn filter_with(arguments: &FilterArguments, words: &[String]) -> Result<FlowFilter, Failure> {
    let filter = filter(arguments)?.with_line(&words.join(" "));
    filter.map_err(|error| Failure::usage(error.to_string()))
}

/// One address.
pub fn address(text: &str) -> Result<IpAddr, Failure> {
    let target = text.parse::<Target>()?;
    target.address().ok_or_else(|| {
        Failure::usage(format!(
            "{target} is a prefix; name one address, such as {}",
            target.net().addr()
        ))
    })
}

/// A length of time down to milliseconds, or 0.
pub fn span(text: &str, option: &str) -> Result<Duration, Failure> {
    let thousandths = text
        .strip_suffix("ms")
        .and_then(|number| number.parse().ok());
    match (text, thousandths) {
        ("0" | "0s", _) => Ok(Duration::ZERO),
        (_, Some(thousandths)) => Ok(Duration::from_millis(thousandths)),
        _ => parse_duration(text).map_err(|error| Failure::usage(format!("{option}: {error}"))),
    }
}

/// What `allow add` asks for.
///
/// # Errors
/// What makes no sense.
pub fn allow(arguments: &AllowAdd) -> Result<AllowRequest, Failure> {
    Ok(AllowRequest {
        target: target(&arguments.target)?,
        reason: arguments.reason.as_deref().map(remark).transpose()?,
        force: arguments.force,
    })
}

/// What `allow remove` asks for.
///
/// # Errors
/// As [`target`].
pub fn disallow(text: &str) -> Result<DisallowRequest, Failure> {
    let target = target(text)?;
    Ok(DisallowRequest { target })
}

/// A target, in its usual form.
pub fn target(text: &str) -> Result<String, Failure> {
    Ok(text.parse::<Target>()?.to_string())
}

/// A note.
pub fn remark(text: &str) -> Result<String, Failure> {
    Ok(text.parse::<Remark>()?.as_str().to_owned())
}

fn part(arguments: &PartArguments) -> Result<Part, ParseError> {
    let port = arguments.port.as_ref().or(arguments.port_option.as_ref());
    let protocol = arguments
        .protocol
        .as_ref()
        .or(arguments.protocol_option.as_ref());
    let port = port.map(|text| text.parse::<Port>()).transpose()?;
    let protocol = protocol.map(|text| text.parse::<Protocol>()).transpose()?;
    Part::new(port, protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(target: &str, port: Option<&str>, protocol: Option<&str>) -> Block {
        let part = PartArguments {
            port: port.map(str::to_owned),
            protocol: protocol.map(str::to_owned),
            ..PartArguments::default()
        };
        Block {
            target: target.to_owned(),
            part,
            duration: None,
            reason: None,
            force: false,
        }
    }

    #[test]
    fn what_makes_no_sense_is_usage() {
        let bad_duration = Block {
            duration: Some("soon".to_owned()),
            ..block("192.0.2.1", None, None)
        };
        for bad in [
            block("192.0.2.256", None, None),
            block("192.0.2.1/24", None, None),
            block("192.0.2.1", Some("99999"), None),
            block("192.0.2.1", Some("22"), Some("tpc")),
            block("192.0.2.1", Some("22"), Some("icmp")),
            bad_duration,
        ] {
            let failure = ban(&bad, None).expect_err("it makes no sense");
            assert_eq!(failure.exit_code(), 2, "{failure}");
            assert!(!failure.to_string().contains('\n'), "{failure}");
        }
    }

    #[test]
    fn a_filter_that_makes_no_sense_is_usage() {
        let none = FilterArguments::default;
        let text = |text: &str| Some(text.to_owned());
        for bad in [
            FilterArguments {
                peer: text("192.0.2.1/24"),
                ..none()
            },
            FilterArguments {
                src: text("nowhere"),
                ..none()
            },
            FilterArguments {
                port: text("0"),
                ..none()
            },
            FilterArguments {
                port: text("22 23"),
                ..none()
            },
            FilterArguments {
                verdict: text("up"),
                ..none()
            },
            FilterArguments {
                proto: text("tpc"),
                ..none()
            },
        ] {
            let failure = filter(&bad).expect_err("it makes no sense");
            assert_eq!(failure.exit_code(), 2, "{failure}");
        }
        assert_eq!(filter(&none()).expect("everything"), FlowFilter::default());
        let good = FilterArguments {
            proto: text("TCP,17"),
            port: text("22,80-89"),
            peer: text("!192.0.2.1"),
            ..none()
        };
        let good = filter(&good).expect("it makes sense");
        assert_eq!(good.to_string(), "-192.0.2.1 port:22,80-89 proto:TCP,17");
        let words = ["state:syn port:22".to_owned(), "!ovh".to_owned()];
        let typed = filter_with(&none(), &words).expect("it makes sense");
        assert_eq!(typed.to_string(), "-ovh port:22 state:syn");
        let port = FilterArguments {
            port: text("23"),
            ..none()
        };
        let twice = filter_with(&port, &words).expect_err("which port?");
        assert_eq!(twice.exit_code(), 2, "{twice}");
    }

    #[test]
    fn one_address_is_not_a_prefix_and_a_span_may_be_nothing() {
        let prefix = address("192.0.2.0/24").expect_err("many addresses");
        assert!(prefix.to_string().contains("such as 192.0.2.0"), "{prefix}");
        assert!(address("2001:DB8::1").is_ok());
        let millis = |text| span(text, "--interval").map(|span| span.as_millis());
        assert_eq!(millis("0").expect("nothing"), 0);
        assert_eq!(millis("250ms").expect("a quarter"), 250);
        assert_eq!(millis("1m30s").expect("more"), 90_000);
        let bad = millis("soon").expect_err("no time").to_string();
        assert!(bad.starts_with("--interval: "), "{bad}");
    }

    #[test]
    fn a_request_says_what_was_typed() {
        let typed = Block {
            duration: Some("1h30m".to_owned()),
            reason: Some("scans".to_owned()),
            ..block("2001:DB8::/32", Some("443"), Some("TCP"))
        };
        let request = ban(&typed, None).expect("it makes sense");
        assert_eq!(request.target, "2001:db8::/32");
        assert_eq!(
            (request.port, request.protocol.as_deref()),
            (Some(443), Some("6"))
        );
        assert_eq!(request.for_seconds, Some(5_400));
    }
}
