// SPDX-License-Identifier: MIT
//! Filters as people type them, from what they mean: the way back of `words`.

use super::FlowFilter;
use std::fmt;

/// A line that is read as the same filter.
impl fmt::Display for FlowFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.port.map(|port| port.to_string());
        let keyed = [
            ("country", &self.country),
            ("asn", &self.asn),
            ("port", &port),
            ("state", &self.state),
            ("proto", &self.proto),
            ("dir", &self.direction),
            ("src", &self.src),
            ("dst", &self.dst),
        ];
        let keyed = keyed.iter().filter_map(|(key, value)| {
            let value = value.as_deref()?;
            Some(format!("{key}:{value}"))
        });
        let plain = [&self.peer, &self.text].into_iter().flatten().cloned();
        let words: Vec<String> = plain.chain(keyed).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use crate::FlowFilter;

    #[test]
    fn what_is_shown_is_read_as_the_same() {
        let line = "2001:db8::/32 telekom x country:ru,cn asn:4134 port:22 state:syn proto:tcp \
                    dir:in src:192.0.2.1 dst:198.51.100.0/24";
        let filter: FlowFilter = line.parse().expect(line);
        assert_eq!(filter.to_string(), line);
        assert_eq!(FlowFilter::default().to_string(), "");
        let again: FlowFilter = filter.to_string().parse().expect(line);
        assert_eq!(again, filter);
    }
}
