// SPDX-License-Identifier: MIT
//! The Internet checksum (RFC 1071) and the CRC of SCTP (RFC 9260 appendix A).

/// The one's complement of the one's complement sum of the parts, each padded to a whole word.
pub fn internet(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let sum: u64 = words
        .map(|word| {
            u64::from(u16::from_be_bytes([
                word[0],
                word.get(1).copied().unwrap_or(0),
            ]))
        })
        .sum();
    let mut folded = sum;
    while folded > 0xffff {
        folded = (folded >> 16) + (folded & 0xffff);
    }
    !(folded as u16)
}

/// CRC-32C, in the byte order in which SCTP sends it.
pub fn crc32c(bytes: &[u8]) -> [u8; 4] {
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg())
        })
    });
    (!crc).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_1071_sums_to_what_it_says() {
        let bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(internet(&[&bytes]), !0xddf2);
        assert_eq!(internet(&[&bytes[..4], &bytes[4..]]), !0xddf2);
        assert_eq!(internet(&[&[0xff]]), 0x00ff);
    }

    #[test]
    fn the_crc_of_nine_digits_is_the_known_one() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283_u32.to_le_bytes());
    }
}
