// SPDX-License-Identifier: MIT
//! TCP segments that no stack sends: port scanners and fingerprinting do.

use crate::tcp::TcpFlags as F;
use aegis_abi::Reason;

/// Why no stack would send these flags and ports together.
#[inline(always)]
pub fn decide(flags: F, ports: (u16, u16)) -> Option<Reason> {
    impossible(flags).or_else(|| port_zero(ports))
}

/// The most telling reason comes first where several hold.
#[inline(always)]
fn impossible(flags: F) -> Option<Reason> {
    let acknowledges = flags.has(F::ACK);
    let reason = if !flags.any(F::CLASSIC) {
        Reason::TcpNull
    } else if flags.has(F::CLASSIC) {
        Reason::TcpAllFlags
    } else if flags.has(F::SYN.with(F::FIN)) {
        Reason::TcpSynFin
    } else if flags.has(F::SYN.with(F::RST)) {
        Reason::TcpSynRst
    } else if flags.has(F::FIN.with(F::RST)) {
        Reason::TcpFinRst
    } else if flags.has(F::FIN.with(F::PSH).with(F::URG)) && !acknowledges {
        Reason::TcpXmas
    } else if flags.has(F::FIN) && !acknowledges {
        Reason::TcpFinNoAck
    } else if flags.has(F::SYN.with(F::URG)) {
        Reason::TcpSynUrgent
    } else if flags.has(F::SYN) && flags.any(F::RESERVED) {
        Reason::TcpReservedBits
    } else if !flags.any(F::SYN.with(F::RST).with(F::ACK)) {
        Reason::TcpNoAck
    } else {
        return None;
    };
    Some(reason)
}

#[inline(always)]
fn port_zero(ports: (u16, u16)) -> Option<Reason> {
    (ports.0 == 0 || ports.1 == 0).then_some(Reason::TcpPortZero)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [(char, F); 6] = [
        ('F', F::FIN),
        ('S', F::SYN),
        ('R', F::RST),
        ('P', F::PSH),
        ('A', F::ACK),
        ('U', F::URG),
    ];

    fn flags(text: &str) -> F {
        NAMES
            .iter()
            .filter(|(name, _)| text.contains(*name))
            .fold(F(0), |all, (_, flag)| all.with(*flag))
    }

    #[test]
    fn every_flag_combination_that_a_stack_sends_passes() {
        for text in [
            "S", "SA", "A", "PA", "FA", "FPA", "R", "RA", "RPA", "UA", "UPA", "FUPA", "SP", "SPA",
        ] {
            assert_eq!(impossible(flags(text)), None, "{text}");
        }
        let ecn = F(0x0c0);
        let accurate_ecn = F(0x1c0);
        for extra in [ecn, accurate_ecn] {
            assert_eq!(impossible(F::SYN.with(extra)), None);
            assert_eq!(impossible(F::SYN.with(F::ACK).with(extra)), None);
        }
    }

    #[test]
    fn every_scan_has_its_own_reason() {
        for (text, reason) in [
            ("", Reason::TcpNull),
            ("FPU", Reason::TcpXmas),
            ("SF", Reason::TcpSynFin),
            ("SR", Reason::TcpSynRst),
            ("FR", Reason::TcpFinRst),
            ("FRA", Reason::TcpFinRst),
            ("F", Reason::TcpFinNoAck),
            ("FP", Reason::TcpFinNoAck),
            ("FSRPAU", Reason::TcpAllFlags),
            ("P", Reason::TcpNoAck),
            ("U", Reason::TcpNoAck),
            ("PU", Reason::TcpNoAck),
            ("SU", Reason::TcpSynUrgent),
        ] {
            assert_eq!(impossible(flags(text)), Some(reason), "{text}");
        }
        assert_eq!(
            impossible(F::SYN.with(F(0x800))),
            Some(Reason::TcpReservedBits)
        );
        // Congestion flags do not disguise a null scan.
        assert_eq!(impossible(F(0x0c0)), Some(Reason::TcpNull));
    }

    #[test]
    fn without_a_synchronising_or_acknowledging_flag_nothing_passes() {
        for bits in 0..0x1000_u16 {
            let flags = F(bits);
            if impossible(flags).is_none() {
                assert!(flags.any(F::SYN.with(F::RST).with(F::ACK)), "{bits:#x}");
                assert!(
                    !flags.has(F::SYN.with(F::FIN)) && !flags.has(F::SYN.with(F::RST)),
                    "{bits:#x}"
                );
            }
        }
    }
}
