// SPDX-License-Identifier: MIT
//! What downloads carry: bytes that tell where they belong, so that a lost or doubled piece shows.

use std::sync::LazyLock;

/// After so many bytes they repeat: a prime, so that no piece of a usual size fits elsewhere.
const PERIOD: u64 = 251;
/// Most bytes of one piece.
pub(super) const PIECE: usize = 64 << 10;

static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let period = 0..PERIOD as u8;
    period.cycle().take(PIECE + PERIOD as usize).collect()
});

/// The `length` bytes that belong at `offset`; at most [`PIECE`].
pub(super) fn piece(offset: u64, length: usize) -> &'static [u8] {
    let begin = (offset % PERIOD) as usize;
    &BYTES[begin..begin + length.min(PIECE)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_fits_where_it_belongs_and_nowhere_near() {
        let whole = piece(1_000, 4_000);
        assert_eq!(piece(2_000, 500), &whole[1_000..1_500]);
        for shift in [1, 64, 512, 1_024, 1_448, 4_096, 65_536] {
            assert_ne!(piece(1_000 + shift, 500), &whole[..500], "{shift}");
        }
        assert_eq!(piece(250, 1 << 20).len(), PIECE);
    }
}
