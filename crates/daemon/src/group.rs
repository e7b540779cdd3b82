// SPDX-License-Identifier: MIT
//! Groups by name.
//!
//! `/etc/group` is read as it is (group(5)). The C library would ask whatever nsswitch.conf(5)
//! names, with modules that it loads into this process, and perhaps over a network that this
//! process filters. A group that is kept elsewhere is given by its number.

use crate::DaemonError;
use std::fs;
use std::path::PathBuf;

const FILE: &str = "/etc/group";

/// The number of a group that the key of the configuration names; `None` for none.
///
/// # Errors
/// [`DaemonError::NoGroup`], and [`DaemonError::File`] where the file cannot be read.
pub fn number(name: &str, key: &'static str) -> Result<Option<u32>, DaemonError> {
    if name.is_empty() {
        return Ok(None);
    }
    if let Ok(number) = name.parse() {
        return Ok(Some(number));
    }
    let text = fs::read(FILE).map_err(DaemonError::file("read", PathBuf::from(FILE)))?;
    match find(&String::from_utf8_lossy(&text), name) {
        Some(number) => Ok(Some(number)),
        None => Err(DaemonError::NoGroup {
            name: name.to_owned(),
            key,
        }),
    }
}

/// Lines are `name:password:number:members`.
fn find(text: &str, name: &str) -> Option<u32> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_found_by_its_whole_name() {
        let text = "root:x:0:\naegis-web:x:7:\n# aegis:x:1:\naegis:x:990:alice,bob\nodd\n";
        assert_eq!(find(text, "aegis"), Some(990));
        assert_eq!(find(text, "root"), Some(0));
        assert_eq!(find(text, "alice"), None);
        assert_eq!(find(text, "odd"), None);
    }

    #[test]
    fn none_a_number_and_one_that_is_missing_are_told_apart() {
        assert_eq!(number("", "k").expect("none"), None);
        assert_eq!(number("1234", "k").expect("a number"), Some(1_234));
        assert_eq!(number("root", "k").expect("it is everywhere"), Some(0));
        let missing = number("no-such-group", "api.read_group").expect_err("there is none");
        let text = missing.to_string();
        assert!(text.contains("groupadd --system no-such-group"), "{text}");
        assert!(text.contains("api.read_group"), "{text}");
    }
}
