// SPDX-License-Identifier: MIT
//! Single addresses apart from ranges.

use crate::image::address::Number;
use crate::image::touched::Touched;
use crate::set::Piece;
use crate::span::Span;
use aegis_abi::tables::touched;

/// A piece of so many addresses counts as so many single ones: that costs less room and less time
/// than splitting a range of the tree would.
const FEW: u128 = 8;

/// What a set of lists has.
pub struct Sifted<N: Number> {
    /// Single addresses and their classes.
    pub hosts: Vec<(N::Host, u32)>,
    /// Ranges. They cover single addresses too, where those interrupt a range: a look-up asks for
    /// single addresses first.
    pub nets: Vec<Piece<N>>,
    /// Ranges that single addresses came from.
    few: Vec<Span<N>>,
}

impl<N: Number> Sifted<N> {
    /// Marks what there is to look up.
    pub fn mark(&self, marks: &mut Touched) {
        for &span in &self.few {
            N::mark(span, marks, touched::LIST_HOSTS);
        }
        for net in &self.nets {
            N::mark(net.span, marks, touched::LIST_NETS);
        }
    }
}

/// Sorts out what is few addresses, and what is many.
pub fn sift<N: Number>(pieces: &[Piece<N>]) -> Sifted<N> {
    let mut sifted = Sifted {
        hosts: Vec::with_capacity(pieces.len()),
        nets: Vec::new(),
        few: Vec::with_capacity(pieces.len()),
    };
    // The address up to which everything since the last range has been few addresses, without a gap.
    let mut bridged = None;
    for piece in pieces {
        let adjoins = bridged.is_some() && piece.span.first.before() == bridged;
        if piece.span.addresses() <= FEW {
            sifted.take_few(*piece);
            if adjoins {
                bridged = Some(piece.span.last);
            }
            continue;
        }
        match sifted.nets.last_mut() {
            Some(net) if adjoins && net.class == piece.class => net.span.last = piece.span.last,
            _ => sifted.nets.push(*piece),
        }
        bridged = Some(piece.span.last);
    }
    sifted
}

impl<N: Number> Sifted<N> {
    fn take_few(&mut self, piece: Piece<N>) {
        self.few.push(piece.span);
        let mut next = Some(piece.span.first);
        while let Some(address) = next.filter(|&address| address <= piece.span.last) {
            self.hosts.push((address.host(), piece.class.0));
            next = address.after();
        }
    }
}
