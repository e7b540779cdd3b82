// SPDX-License-Identifier: MIT
//! What can be set of a source, in the order in which people meet it.

use super::super::kind::DAY;
use super::super::value::Slot;
use super::super::{Form, Kind};
use super::{Direction, Field, ListAction, ListFormat, Source};

const fn field(
    name: &'static str,
    kind: Kind,
    find: fn(&mut Source) -> Slot<'_>,
    about: &'static str,
) -> Field {
    Field {
        name,
        kind,
        find,
        about,
    }
}

macro_rules! slot {
    ($kind:ident, $field:ident) => {
        |source| Slot::$kind(&mut source.$field)
    };
}

/// Everything that can be set of a source.
pub static FIELDS: &[Field] = &[
    field(
        "name",
        Kind::Text(Form::Name),
        slot!(Text, name),
        "What it is called. Of the name of a shipped list, it begins as that one, so that only what \
         differs need be said.",
    ),
    field(
        "enabled",
        Kind::Bool,
        slot!(Bool, enabled),
        "Whether it does anything. One that is off is not fetched.",
    ),
    field(
        "url",
        Kind::Text(Form::Url),
        slot!(Text, url),
        "Where it is fetched from; this or `path`.",
    ),
    field(
        "path",
        Kind::Path,
        slot!(Path, path),
        "The file that it is, or is kept in by somebody else; this or `url`.",
    ),
    field(
        "format",
        Kind::Word(ListFormat::WORDS),
        slot!(Word, format),
        "How it is written. `auto` finds out by looking.",
    ),
    field(
        "category",
        Kind::Text(Form::Name),
        slot!(Text, category),
        "What whom it names is said to do, where its entries do not say it themselves.",
    ),
    field(
        "interval",
        Kind::Time {
            least: 60,
            most: 30 * DAY,
        },
        slot!(Time, interval),
        "How often it is asked for, give or take a little, so that not everybody asks at once.",
    ),
    field(
        "action",
        Kind::Word(ListAction::WORDS),
        slot!(Word, action),
        "Whether whom it names is dropped, or only told of, with what would have been dropped.",
    ),
    field(
        "direction",
        Kind::Word(Direction::WORDS),
        slot!(Word, direction),
        "Of `both`, nothing from or to them passes. Of `in`, they begin nothing here, while this \
         host may begin something there; of `out`, the other way round.",
    ),
    field(
        "min_score",
        Kind::Number {
            least: 0,
            most: 1_000_000,
            unit: "of its own scale",
        },
        slot!(Number, min_score),
        "Entries with a lower score are left out, where it has scores.",
    ),
    field(
        "max_entries",
        Kind::Number {
            least: 1,
            most: 4_000_000,
            unit: "entries",
        },
        slot!(Number, max_entries),
        "A copy with more is put aside.",
    ),
    field(
        "widest_v4",
        Kind::Number {
            least: 1,
            most: 32,
            unit: "bits",
        },
        slot!(Number, widest_v4),
        "A shorter prefix of IPv4 is refused.",
    ),
    field(
        "widest_v6",
        Kind::Number {
            least: 1,
            most: 128,
            unit: "bits",
        },
        slot!(Number, widest_v6),
        "A shorter prefix of IPv6 is refused.",
    ),
    field(
        "may_be_empty",
        Kind::Bool,
        slot!(Bool, may_be_empty),
        "Whether a copy that names nobody is taken for true.",
    ),
    field(
        "allow_special",
        Kind::Bool,
        slot!(Bool, allow_special),
        "Whether it may name addresses of special use, such as those of private networks.",
    ),
    field(
        "sha256",
        Kind::Text(Form::Sha256),
        slot!(Text, sha256),
        "Of which digest a copy has to be. Any other one is discarded.",
    ),
    field(
        "minisign",
        Kind::Text(Form::Minisign),
        slot!(Text, minisign),
        "Who has to have signed a copy: the signature is asked for beside it, with .minisig at the \
         end.",
    ),
    field(
        "headers_file",
        Kind::Path,
        slot!(Path, headers_file),
        "A file with lines that are sent along, such as \"Authorization: Bearer …\", which only \
         root should be able to read.",
    ),
    field(
        "proxy",
        Kind::Text(Form::Proxy),
        slot!(Text, proxy),
        "Who is between this host and its publisher, and is asked to connect. \"\" is what [feeds] \
         has, \"none\" nobody.",
    ),
    field(
        "allow_http",
        Kind::Bool,
        slot!(Bool, allow_http),
        "Whether it may come over plain HTTP, which whoever is on the way can change. From this host \
         itself it always may.",
    ),
];
