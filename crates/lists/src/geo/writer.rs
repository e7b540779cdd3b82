// SPDX-License-Identifier: MIT
//! Writes small databases in the format of MaxMind, for tests: a search tree, a data section without
//! pointers, and metadata ([format]).
//!
//! [format]: https://maxmind.github.io/MaxMind-DB/

use ipnet::IpNet;
use std::collections::HashMap;
use std::net::IpAddr;

const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";
/// Between tree and data.
const SEPARATOR: usize = 16;

/// A value of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A number of 16 bits.
    Short(u16),
    /// A number of 32 bits.
    Number(u32),
    /// A number of 64 bits.
    Long(u64),
    /// True or false.
    Flag(bool),
    /// Fields by name.
    Map(Vec<(&'static str, Value)>),
    /// Values in order.
    List(Vec<Value>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Value {
    /// A record of a country as MaxMind has it: `country.iso_code`.
    #[must_use]
    pub fn country(code: &str) -> Self {
        Self::Map(vec![(
            "country",
            Self::Map(vec![("iso_code", code.into())]),
        )])
    }

    /// A record of an autonomous system as MaxMind has it.
    #[must_use]
    pub fn system(number: u32, name: &str) -> Self {
        Self::Map(vec![
            ("autonomous_system_number", Self::Number(number)),
            ("autonomous_system_organization", name.into()),
        ])
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Text(text) => {
                head(bytes, 2, text.len());
                bytes.extend(text.as_bytes());
            }
            Self::Short(number) => {
                head(bytes, 5, 2);
                bytes.extend(number.to_be_bytes());
            }
            Self::Number(number) => {
                head(bytes, 6, 4);
                bytes.extend(number.to_be_bytes());
            }
            Self::Long(number) => {
                bytes.extend([8, 2]);
                bytes.extend(number.to_be_bytes());
            }
            Self::Flag(on) => bytes.extend([usize::from(*on) as u8, 7]),
            Self::List(values) => {
                bytes.extend([values.len() as u8, 4]);
                values.iter().for_each(|value| value.write(bytes));
            }
            Self::Map(fields) => {
                head(bytes, 7, fields.len());
                for (name, value) in fields {
                    Self::from(*name).write(bytes);
                    value.write(bytes);
                }
            }
        }
    }
}

/// Type and size; the sizes of tests need no more than one byte beside the first.
fn head(bytes: &mut Vec<u8>, kind: u8, size: usize) {
    match u8::try_from(size) {
        Ok(size) if size < 29 => bytes.push(kind << 5 | size),
        _ => bytes.extend([kind << 5 | 29, (size - 29).min(255) as u8]),
    }
}

/// A database to be written.
#[derive(Clone, Debug)]
pub struct Writer {
    /// What it calls itself.
    pub kind: &'static str,
    /// 6, or 4 for a tree that has no room for IPv6.
    pub version: u8,
    /// Bits of half a node: 24, 28 or 32.
    pub record: u8,
    /// When it was made, seconds since 1970.
    pub built: u64,
    /// What it tells of which network; of several that overlap, the last.
    pub networks: Vec<(IpNet, Value)>,
}

impl Writer {
    /// A database of both families with these networks.
    #[must_use]
    pub fn new(kind: &'static str, built: u64, networks: Vec<(IpNet, Value)>) -> Self {
        Self {
            kind,
            version: 6,
            record: 24,
            built,
            networks,
        }
    }

    /// The bytes of the file.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let (mut data, mut offsets) = (Vec::new(), HashMap::new());
        let mut tree = Tree::default();
        for (net, value) in &self.networks {
            let mut record = Vec::new();
            value.write(&mut record);
            let offset = *offsets.entry(record.clone()).or_insert_with(|| {
                let offset = data.len();
                data.extend(record);
                offset
            });
            tree.put(self.path(*net), offset);
        }
        let mut bytes = tree.write(self.record);
        bytes.extend([0; SEPARATOR]);
        bytes.extend(data);
        bytes.extend(MARKER);
        self.metadata(tree.nodes.len()).write(&mut bytes);
        bytes
    }

    /// The bits that lead to a network.
    fn path(&self, net: IpNet) -> Vec<bool> {
        let length = usize::from(net.prefix_len());
        let (number, width) = match net.addr() {
            IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 0),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let bits = (0..length).map(|at| number >> (127 - at) & 1 == 1);
        let zeros = if self.version == 6 && width == 0 {
            96
        } else {
            0
        };
        std::iter::repeat_n(false, zeros).chain(bits).collect()
    }

    fn metadata(&self, nodes: usize) -> Value {
        Value::Map(vec![
            ("binary_format_major_version", Value::Short(2)),
            ("binary_format_minor_version", Value::Short(0)),
            ("build_epoch", Value::Long(self.built)),
            ("database_type", self.kind.into()),
            (
                "description",
                Value::Map(vec![("en", "made by a test".into())]),
            ),
            ("ip_version", Value::Short(self.version.into())),
            ("languages", Value::List(Vec::new())),
            ("node_count", Value::Number(nodes as u32)),
            ("record_size", Value::Short(self.record.into())),
        ])
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Child {
    #[default]
    Nothing,
    Node(usize),
    Record(usize),
}

#[derive(Debug)]
struct Tree {
    nodes: Vec<[Child; 2]>,
}

impl Default for Tree {
    fn default() -> Self {
        let nodes = vec![[Child::Nothing; 2]];
        Self { nodes }
    }
}

impl Tree {
    fn put(&mut self, path: Vec<bool>, offset: usize) {
        let Some((last, way)) = path.split_last() else {
            self.nodes = vec![[Child::Record(offset); 2]];
            return;
        };
        let mut node = 0;
        for &bit in way {
            let child = self.nodes[node][usize::from(bit)];
            node = match child {
                Child::Node(next) => next,
                // What a wider network says goes on for the rest of it.
                other => {
                    self.nodes.push([other; 2]);
                    let next = self.nodes.len() - 1;
                    self.nodes[node][usize::from(bit)] = Child::Node(next);
                    next
                }
            };
        }
        self.nodes[node][usize::from(*last)] = Child::Record(offset);
    }

    fn write(&self, record: u8) -> Vec<u8> {
        let count = self.nodes.len();
        let number = |child: Child| match child {
            Child::Nothing => count,
            Child::Node(node) => node,
            Child::Record(offset) => count + SEPARATOR + offset,
        } as u32;
        let mut bytes = Vec::new();
        for node in &self.nodes {
            let [zero, one] = node.map(|child| number(child).to_be_bytes());
            match record {
                24 => bytes.extend([&zero[1..], &one[1..]].concat()),
                28 => {
                    bytes.extend(&zero[1..]);
                    bytes.push(zero[0] << 4 | one[0]);
                    bytes.extend(&one[1..]);
                }
                _ => bytes.extend([zero, one].concat()),
            }
        }
        bytes
    }
}
