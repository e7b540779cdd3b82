// SPDX-License-Identifier: MIT
//! Addresses, prefixes and ranges, read strictly: what two programs would read as two addresses is
//! none.

use super::Mistake;
use crate::span::{IpSpan, Span};
use std::net::Ipv6Addr;

/// What a text names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// Whom.
    pub span: IpSpan,
    /// Whether it had bits set beyond its prefix length. They are taken for a slip: the network is meant.
    pub host_bits: bool,
}

impl From<IpSpan> for Named {
    fn from(span: IpSpan) -> Self {
        Self {
            span,
            host_bits: false,
        }
    }
}

/// An address of either family, in host order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    V4(u32),
    V6(u128),
}

/// Reads an address, a prefix, a range `a-b` without blanks, or an address with a port, whose number is
/// passed over: who serves at one port is not trusted at the others.
///
/// # Errors
/// [`Mistake`] where it is none, or not beyond doubt.
pub(super) fn read(token: &[u8]) -> Result<Named, Mistake> {
    match v4(token) {
        Some((address, length)) => v4_and(address, &token[length..], token),
        None => v6_and(token),
    }
}

/// Reads an address and nothing else.
///
/// # Errors
/// As [`read`].
pub(super) fn address(token: &[u8]) -> Result<Number, Mistake> {
    match v4(token) {
        Some((address, length)) if length == token.len() => Ok(Number::V4(address)),
        Some(_) => Err(Mistake::NotAddress),
        None => v6(token).map(Number::V6),
    }
}

/// The range from one address to another.
///
/// # Errors
/// [`Mistake`] where it is of two families, or ends before it begins.
pub(super) fn range(first: Number, last: Number) -> Result<IpSpan, Mistake> {
    match (first, last) {
        (Number::V4(first), Number::V4(last)) if first <= last => {
            Ok(IpSpan::V4(Span { first, last }))
        }
        (Number::V6(first), Number::V6(last)) if first <= last => {
            Ok(IpSpan::V6(Span { first, last }))
        }
        (Number::V4(_), Number::V4(_)) | (Number::V6(_), Number::V6(_)) => Err(Mistake::Backwards),
        _ => Err(Mistake::Families),
    }
}

/// The prefix around an address; the length is a number or, of IPv4, a netmask.
///
/// # Errors
/// [`Mistake::Length`] and [`Mistake::Netmask`].
pub(super) fn prefix(address: Number, length: &[u8]) -> Result<Named, Mistake> {
    let (span, given) = match address {
        Number::V4(address) => {
            let free = u32::MAX.checked_shr(v4_length(length)?).unwrap_or(0);
            let span = Span {
                first: address & !free,
                last: address | free,
            };
            (IpSpan::V4(span), address == span.first)
        }
        Number::V6(address) => {
            let free = u128::MAX.checked_shr(decimal(length, 128)?).unwrap_or(0);
            let span = Span {
                first: address & !free,
                last: address | free,
            };
            (IpSpan::V6(span), address == span.first)
        }
    };
    Ok(Named {
        span,
        host_bits: !given,
    })
}

fn v4_length(length: &[u8]) -> Result<u32, Mistake> {
    if !length.contains(&b'.') {
        return decimal(length, 32);
    }
    let mask = match address(length) {
        Ok(Number::V4(mask)) => mask,
        _ => return Err(Mistake::Netmask),
    };
    let ones = mask.leading_ones();
    match ones == mask.count_ones() {
        true => Ok(ones),
        false => Err(Mistake::Netmask),
    }
}

/// A prefix length of at most `most`, without leading zeros.
fn decimal(digits: &[u8], most: u32) -> Result<u32, Mistake> {
    let plain = matches!(digits, [b'0'] | [b'1'..=b'9', ..]) && digits.len() <= 3;
    let value = digits.iter().try_fold(0_u32, |value, digit| {
        let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    });
    let value = value.filter(|&value| plain && value <= most);
    value.ok_or(Mistake::Length)
}

/// What follows an IPv4 address.
fn v4_and(first: u32, rest: &[u8], token: &[u8]) -> Result<Named, Mistake> {
    let number = Number::V4(first);
    match rest {
        [] => Ok(IpSpan::V4(Span { first, last: first }).into()),
        [b'/', length @ ..] => prefix(number, length),
        [b'-', last @ ..] => Ok(range(number, address(last)?)?.into()),
        [b':', port @ ..] if is_port(port) => Ok(IpSpan::V4(Span { first, last: first }).into()),
        _ => Err(why_not(token)),
    }
}

/// A token that begins with no IPv4 address.
fn v6_and(token: &[u8]) -> Result<Named, Mistake> {
    if let [b'[', inside @ ..] = token {
        let end = memchr::memchr(b']', inside).ok_or(Mistake::NotAddress)?;
        let port = match &inside[end + 1..] {
            [] => true,
            [b':', port @ ..] => is_port(port),
            _ => false,
        };
        let only = port && !inside[..end].starts_with(b"[");
        return if only {
            v6_and(&inside[..end])
        } else {
            Err(Mistake::NotAddress)
        };
    }
    let Some(at) = memchr::memchr2(b'/', b'-', token) else {
        let first = v6(token)?;
        return Ok(IpSpan::V6(Span { first, last: first }).into());
    };
    let first = Number::V6(v6(&token[..at])?);
    match token[at] {
        b'/' => prefix(first, &token[at + 1..]),
        _ => Ok(range(first, address(&token[at + 1..])?)?.into()),
    }
}

fn is_port(digits: &[u8]) -> bool {
    (1..=5).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
}

/// An IPv6 address (RFC 4291 section 2.2), without zone.
fn v6(token: &[u8]) -> Result<u128, Mistake> {
    // The longest has six groups of four digits and an IPv4 address.
    const LONGEST: usize = 45;
    let text = match std::str::from_utf8(token) {
        Ok(text) if token.len() <= LONGEST => text,
        _ => return Err(why_not(token)),
    };
    let address = text.parse::<Ipv6Addr>();
    address.map(Ipv6Addr::to_bits).map_err(|_| why_not(token))
}

/// The IPv4 address that the bytes begin with, and its length: four numbers below 256 without leading
/// zeros, with no further digit behind them. Half of what is parsed of a large list is this.
#[inline]
fn v4(bytes: &[u8]) -> Option<(u32, usize)> {
    let (mut address, mut at) = (0, 0);
    for octet in 0..4 {
        if octet > 0 {
            (bytes.get(at) == Some(&b'.')).then_some(())?;
            at += 1;
        }
        let (value, digits) = v4_octet(&bytes[at..])?;
        address = address << 8 | value;
        at += digits;
    }
    Some((address, at))
}

#[inline]
fn v4_octet(bytes: &[u8]) -> Option<(u32, usize)> {
    let (mut value, mut digits) = (0, 0);
    while let Some(digit @ b'0'..=b'9') = bytes.get(digits) {
        if digits == 3 || (digits == 1 && value == 0) {
            return None;
        }
        value = value * 10 + u32::from(digit - b'0');
        digits += 1;
    }
    (digits > 0 && value < 256).then_some((value, digits))
}

/// What exactly is wrong with what is no address.
#[cold]
fn why_not(token: &[u8]) -> Mistake {
    if token.contains(&b'%') && token.contains(&b':') {
        return Mistake::Zone;
    }
    let address = token.split(|byte| b"/-:".contains(byte)).next();
    let parts: Vec<&[u8]> = address
        .unwrap_or(token)
        .split(|&byte| byte == b'.')
        .collect();
    let number = |part: &&[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let numbers = parts.len() == 4 && parts.iter().all(number);
    let zero = |part: &&[u8]| part.len() > 1 && part.starts_with(b"0");
    match numbers && parts.iter().any(zero) {
        true => Mistake::LeadingZero,
        false => Mistake::NotAddress,
    }
}

#[cfg(test)]
mod tests;
