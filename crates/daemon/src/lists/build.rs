// SPDX-License-Identifier: MIT
//! From what lists say to what goes into the kernel. It takes its time: not for the owner's thread.

use super::book::{Actions, Book};
use super::coarse::{Coarse, coarsen};
use super::content::Content;
use aegis_abi::set::class;
use aegis_lists::set::{Compiled, Weight, compile};
use aegis_lists::{Classes, Image, ImageError, IpSpan, Label, image};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A list that is to be in the sets.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it is called.
    pub name: String,
    /// What it says.
    pub content: Arc<Content>,
    /// The label of each of its categories.
    pub labels: Vec<Label>,
}

/// Everything that sets are made of.
#[derive(Clone, Debug)]
pub struct Materials {
    /// The lists.
    pub parts: Vec<Part>,
    /// What numbers mean.
    pub book: Book,
    /// Whether they mean something else than in the sets before.
    pub renumbered: bool,
    /// What is to happen, by label.
    pub actions: Actions,
    /// When this is: entries that are over by then are left out.
    pub now: Timestamp,
    /// Which terms the lists were held to ([`super::Lists::void`]).
    pub terms: u64,
    /// Of the hash; nobody else may know it.
    pub seed: u32,
}

/// What it comes to.
#[derive(Debug)]
pub struct Built {
    /// Of IPv4; `None`: nobody is on a list.
    pub v4: Option<Image>,
    /// Of IPv6, likewise.
    pub v6: Option<Image>,
    /// Lists laid over each other, to look addresses up in.
    pub compiled: Compiled,
    /// What numbers mean now.
    pub book: Book,
    /// Whether those of earlier ones mean something else now.
    pub renumbered: bool,
    /// What is to happen.
    pub actions: Actions,
    /// As in [`Materials`].
    pub terms: u64,
    /// What each list covers.
    pub shares: Vec<(String, Share)>,
    /// What is not told apart, where not everything is.
    pub coarse: Option<Coarse>,
}

impl Built {
    /// Has something else happen.
    pub fn act(&mut self, actions: Actions) {
        let classes = self.book.classes();
        for image in [&mut self.v4, &mut self.v6].into_iter().flatten() {
            image.act(|class| actions.of(class, classes));
        }
        self.actions = actions;
    }
}

/// What a list covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// All of it.
    pub all: Weight,
    /// What no other list covers.
    pub unique: Weight,
}

/// Builds the sets.
///
/// Classes pile up as lists change, and are numbered anew once there is no room for more. Where lists
/// overlap in more ways than there is room for even so, not all of that is told apart ([`Coarse`]).
///
/// # Errors
/// [`ImageError`], where they do not fit into the kernel whatever is left out.
pub fn build(materials: Materials) -> Result<Built, ImageError> {
    let Materials {
        parts,
        mut book,
        mut renumbered,
        actions,
        now,
        terms,
        seed,
    } = materials;
    let mut compiled = compile(ranges(&parts, now), book.classes_mut());
    if !fits(book.classes()) {
        book.forget_classes();
        renumbered = true;
        compiled = compile(ranges(&parts, now), book.classes_mut());
    }
    let shares = shares(&compiled, book.classes(), &parts);
    let mut coarse = None;
    if !fits(book.classes()) {
        let coarser = coarsen(&compiled, book.classes(), &parts, &actions);
        (compiled, *book.classes_mut()) = (coarser.compiled, coarser.classes);
        coarse = Some(coarser.coarse);
    }
    let classes = book.classes();
    let action = |class| actions.of(class, classes);
    let v4 = match compiled.v4.is_empty() {
        true => None,
        false => Some(image::lists_v4(&compiled.v4, action, seed)?),
    };
    let v6 = match compiled.v6.is_empty() {
        true => None,
        false => Some(image::lists_v6(&compiled.v6, action, seed)?),
    };
    Ok(Built {
        v4,
        v6,
        compiled,
        book,
        renumbered,
        actions,
        terms,
        shares,
        coarse,
    })
}

/// Whether the kernel has room for so many classes.
pub(super) fn fits(classes: &Classes) -> bool {
    classes.len() < class::LISTS as usize
}

fn ranges(parts: &[Part], now: Timestamp) -> impl Iterator<Item = (Label, IpSpan)> {
    parts.iter().flat_map(move |part| {
        let ranges = part.content.ranges(now);
        ranges.filter_map(move |(place, span)| Some((part.labels.get(place).copied()?, span)))
    })
}

fn shares(compiled: &Compiled, classes: &Classes, parts: &[Part]) -> Vec<(String, Share)> {
    let share = |part: &Part| {
        let labels: BTreeSet<Label> = part.labels.iter().copied().collect();
        let share = Share {
            all: compiled.covered(classes, |label| labels.contains(&label)),
            unique: compiled.unique(classes, |label| labels.contains(&label)),
        };
        (part.name.clone(), share)
    };
    parts.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_abi::SetAction;
    use aegis_lists::{Entry, shadow};

    fn part(book: &mut Book, name: &str, ranges: &[(&str, &str)]) -> Part {
        let entry = |(net, category): &(&str, &str)| {
            let net: ipnet::IpNet = net.parse().expect("a prefix");
            Entry {
                span: net.into(),
                category: (!category.is_empty()).then(|| Arc::from(*category)),
                expires: None,
                line: 1,
            }
        };
        let entries = ranges.iter().map(entry).collect();
        let content = Content::of(entries, "listed", Timestamp::UNIX_EPOCH);
        let categories = content.categories().iter();
        Part {
            name: name.to_owned(),
            labels: categories
                .map(|category| book.label(name, category))
                .collect(),
            content: Arc::new(content),
        }
    }

    fn built(book: &Book, parts: Vec<Part>) -> Built {
        let materials = Materials {
            parts,
            book: book.clone(),
            renumbered: false,
            actions: book.by_label(|_| SetAction::ARRIVING),
            now: Timestamp::UNIX_EPOCH,
            terms: 0,
            seed: 7,
        };
        build(materials).expect("it fits")
    }

    #[test]
    fn addresses_are_found_with_all_lists_that_name_them_and_what_is_unique_is_known() {
        let mut book = Book::default();
        let parts = vec![
            part(
                &mut book,
                "a",
                &[("192.0.2.0/24", ""), ("2001:db8::/64", "c2")],
            ),
            part(
                &mut book,
                "b",
                &[("192.0.2.128/25", ""), ("203.0.113.7/32", "")],
            ),
        ];
        let built = built(&book, parts);
        let lists = |address: &str| -> Vec<String> {
            let address = address.parse().expect("an address");
            let class = shadow::class_of(&built.compiled, address);
            let meanings = built.book.meanings(class.unwrap_or_default());
            meanings
                .map(|meaning| format!("{} {}", meaning.list, meaning.category))
                .collect()
        };
        assert_eq!(lists("192.0.2.127"), ["a listed"]);
        assert_eq!(lists("192.0.2.128"), ["a listed", "b listed"]);
        assert_eq!(lists("203.0.113.7"), ["b listed"]);
        assert_eq!(lists("::ffff:203.0.113.7"), ["b listed"]);
        assert_eq!(lists("2001:db8::9"), ["a c2"]);
        assert!(lists("192.0.3.0").is_empty() && lists("0.0.0.0").is_empty());
        let share = |at: usize| (built.shares[at].1.all.v4, built.shares[at].1.unique.v4);
        assert_eq!((share(0), share(1)), ((256, 128), (129, 1)));
        assert!(built.v4.is_some() && built.v6.is_some() && !built.renumbered);
    }

    #[test]
    fn without_room_for_more_classes_they_are_numbered_anew() {
        let mut book = Book::default();
        let list = part(&mut book, "a", &[("192.0.2.0/24", "")]);
        for number in 0..class::LISTS {
            book.classes_mut().of(&[Label(number + 9)]);
        }
        let built = built(&book, vec![list]);
        assert!(built.renumbered);
        assert_eq!(built.book.classes().len(), 1);
        assert!(built.v6.is_none(), "nobody is on a list");
    }
}
