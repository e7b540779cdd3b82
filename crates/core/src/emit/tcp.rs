// SPDX-License-Identifier: MIT
//! TCP segments (RFC 9293 section 3.1).

use super::Frame;
use super::transport::{Transport, flags};

/// TCP.
impl Frame {
    /// TCP with the flags named by their first letters: `FSRPAU`, `E` (ECE), `C` (CWR), `N` (AE).
    #[must_use]
    pub fn tcp(self, source: u16, destination: u16, letters: &str) -> Self {
        self.tcp_bits(source, destination, flags(letters))
    }

    /// TCP with the low 12 bits of its flags word.
    #[must_use]
    pub fn tcp_bits(self, source: u16, destination: u16, flags: u16) -> Self {
        Self {
            transport: Transport::Tcp {
                ports: [source, destination],
                flags,
                numbers: [1, u32::from(flags & 0x10 != 0)],
                options: Vec::new(),
            },
            ..self
        }
    }

    /// The TCP sequence number; 1 unless said otherwise.
    #[must_use]
    pub fn sequence(mut self, number: u32) -> Self {
        if let Transport::Tcp { numbers, .. } = &mut self.transport {
            numbers[0] = number;
        }
        self
    }

    /// The TCP acknowledgement number; 1 with the flag and 0 without it unless said otherwise.
    #[must_use]
    pub fn acknowledgement(mut self, number: u32) -> Self {
        if let Transport::Tcp { numbers, .. } = &mut self.transport {
            numbers[1] = number;
        }
        self
    }

    /// TCP options, padded to whole words with end-of-list.
    #[must_use]
    pub fn tcp_options(mut self, given: &[u8]) -> Self {
        if let Transport::Tcp { options, .. } = &mut self.transport {
            *options = given.to_vec();
            options.resize(given.len().next_multiple_of(4), 0);
        }
        self
    }
}
