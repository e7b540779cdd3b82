// SPDX-License-Identifier: MIT
//! Whether the search tree of a database is a tree, before anything walks it.
//!
//! A tree whose nodes share their children has as many paths as two to the power of its depth, so that
//! a file of a kilobyte could keep a walk busy for ever. Only the tree of IPv4 may be shared, as the
//! addresses that embed IPv4 lead there.

use maxminddb::Metadata;

/// Visits that a tree takes for each of its nodes, aliases of the tree of IPv4 included.
const VISITS: usize = 2;

/// The nodes of a search tree, as the file has them ([format], "Binary Search Tree Section").
///
/// [format]: https://maxmind.github.io/MaxMind-DB/
struct Nodes<'a> {
    bytes: &'a [u8],
    /// Bits of half a node.
    record: u16,
    count: usize,
}

impl Nodes<'_> {
    /// Both children; `None` beyond the end of the file.
    fn children(&self, node: usize) -> Option<[usize; 2]> {
        let size = usize::from(self.record) / 4;
        let start = node.checked_mul(size)?;
        let bytes = self.bytes.get(start..start.checked_add(size)?)?;
        let number = |high: u8, low: &[u8]| {
            let low = low
                .iter()
                .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
            usize::from(high) << (8 * (size / 2)) | low
        };
        let half = size / 2;
        Some(match self.record {
            28 => [
                number(bytes[3] >> 4, &bytes[..3]),
                number(bytes[3] & 0xf, &bytes[4..]),
            ],
            _ => [number(0, &bytes[..half]), number(0, &bytes[half..])],
        })
    }

    /// Where the tree of IPv4 begins in one of IPv6: after 96 times zero.
    fn ipv4(&self, bits: usize) -> Option<usize> {
        let mut node = 0;
        for _ in 0..bits.checked_sub(32)? {
            if node >= self.count {
                return None;
            }
            node = self.children(node)?[0];
        }
        (node < self.count && bits > 32).then_some(node)
    }
}

/// Walks the whole tree, in a time that grows with the size of the file and not beyond.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check(bytes: &[u8], metadata: &Metadata) -> Result<(), String> {
    let nodes = Nodes {
        bytes,
        record: metadata.record_size,
        count: metadata.node_count as usize,
    };
    let bits = if metadata.ip_version == 6 { 128 } else { 32 };
    let ipv4 = nodes.ipv4(bits);
    let mut met_ipv4 = false;
    let mut left = nodes.count.saturating_mul(VISITS).saturating_add(bits);
    let mut waiting = vec![(0, 0)];
    while let Some((node, depth)) = waiting.pop() {
        if node >= nodes.count {
            continue;
        }
        let shared = "the search tree leads to the same node more than once".to_owned();
        left = left.checked_sub(1).ok_or(shared)?;
        if Some(node) == ipv4 && std::mem::replace(&mut met_ipv4, true) {
            continue;
        }
        if depth >= bits {
            return Err("the search tree is deeper than an address is long".to_owned());
        }
        let cut = || "the search tree goes beyond the end of the file".to_owned();
        let [zero, one] = nodes.children(node).ok_or_else(cut)?;
        waiting.push((one, depth + 1));
        waiting.push((zero, depth + 1));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_read_at_every_size_of_record() {
        let node = [0x23, 0x45, 0x67, 0x18, 0x9a, 0xbc, 0xde];
        let of = |record, bytes| {
            Nodes {
                bytes,
                record,
                count: 1,
            }
            .children(0)
        };
        assert_eq!(of(24, &node[..6]), Some([0x0023_4567, 0x0018_9abc]));
        assert_eq!(of(28, &node), Some([0x0123_4567, 0x089a_bcde]));
        assert_eq!(
            of(32, &[0, 1, 2, 3, 4, 5, 6, 7]),
            Some([0x0001_0203, 0x0405_0607])
        );
        assert_eq!(of(32, &node), None);
    }
}
