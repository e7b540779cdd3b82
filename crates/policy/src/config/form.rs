// SPDX-License-Identifier: MIT
//! Texts that have a form: names, addresses on the web, digests and keys.

/// So long a name may be: it is that of a file, too.
const LONGEST_NAME: usize = 48;
const LONGEST_URL: usize = 2_000;
const LONGEST_WORD: usize = 100;
/// `PATH_MAX` (include/uapi/linux/limits.h).
const LONGEST_PATH: usize = 4_096;
/// SHA-256 (FIPS 180-4), in hexadecimal digits.
const DIGEST: usize = 64;
/// A public key of minisign: 42 bytes in base64.
const KEY: usize = 56;

/// What a text has to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The name of a list, or of a category.
    Name,
    /// Where something is on the web.
    Url,
    /// A file by its absolute path, or none.
    File,
    /// A SHA-256 digest, or none.
    Sha256,
    /// A public key of minisign, or none.
    Minisign,
    /// Who is between, somebody else's choice, or nobody.
    Proxy,
    /// A word, such as the name of a machine or of a scenario.
    Word,
}

impl Form {
    /// What it looks like, for people.
    #[must_use]
    pub fn expects(self) -> &'static str {
        match self {
            Self::Name => "a name of lower-case letters, digits, _ and -, at most 48 of them",
            Self::Url => "an address that begins with https:// or http://",
            Self::File => "an absolute path, or \"\" for none",
            Self::Sha256 => "a SHA-256 digest of 64 hexadecimal digits, or \"\" for none",
            Self::Proxy => "http://HOST:PORT without a password, \"none\", or \"\" for the usual",
            Self::Word => "a word without spaces and commas, of at most 100 characters",
            Self::Minisign => {
                "a public key of minisign, 56 characters from RW on, or \"\" for none"
            }
        }
    }

    /// Whether it does.
    #[must_use]
    pub fn is_met_by(self, text: &str) -> bool {
        match self {
            Self::Name => is_name(text),
            Self::Url => is_url(text),
            Self::Proxy => matches!(text, "" | "none") || is_proxy(text),
            Self::Word => {
                let plain = |c: char| c.is_ascii_graphic() && !",\"\\".contains(c);
                !text.is_empty() && text.len() <= LONGEST_WORD && text.chars().all(plain)
            }
            Self::File => text.is_empty() || is_file(text),
            Self::Sha256 => {
                let digits = || text.bytes().all(|byte| byte.is_ascii_hexdigit());
                text.is_empty() || (text.len() == DIGEST && digits())
            }
            Self::Minisign => {
                let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
                let key = text.len() == KEY && text.starts_with("RW");
                text.is_empty() || (key && text.chars().all(base64))
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let usual = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    begins && text.len() <= LONGEST_NAME && text.chars().all(usual)
}

fn is_file(text: &str) -> bool {
    let plain = !text.contains(char::is_control) && text.len() <= LONGEST_PATH;
    let name = text.rsplit('/').next().unwrap_or_default();
    text.starts_with('/') && plain && !matches!(name, "" | "." | "..")
}

/// Of RFC 3986, as much as keeps a mistake from being found out only when it is asked for.
fn is_url(text: &str) -> bool {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let host = |rest: &str| !rest.starts_with(['/', '?', '#', ':']) && !rest.is_empty();
    let plain = text.chars().all(|c| c.is_ascii_graphic());
    plain && text.len() <= LONGEST_URL && rest.is_some_and(host)
}

/// A host and a port, and nothing that would have to be kept secret.
fn is_proxy(text: &str) -> bool {
    let place = text.strip_prefix("http://").filter(|_| is_url(text));
    let place = place.map(|place| place.strip_suffix('/').unwrap_or(place));
    let Some((host, port)) = place.and_then(|place| place.rsplit_once(':')) else {
        return false;
    };
    let numbered = host.starts_with('[') && host.ends_with(']');
    let plain = !host.contains(['/', '?', '#', '@']) && (numbered || !host.contains(':'));
    plain && port.parse().is_ok_and(|port: u16| port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_files_too() {
        for name in ["spamhaus_drop", "a", "0-day"] {
            assert!(Form::Name.is_met_by(name), "{name}");
        }
        for name in ["", "-a", "_a", "..", "a/b", "Ä", "A", &"a".repeat(49)] {
            assert!(!Form::Name.is_met_by(name), "{name}");
        }
    }

    #[test]
    fn what_could_never_be_fetched_is_no_address() {
        assert!(Form::Url.is_met_by("https://example.org/drop.txt?x=1"));
        for url in [
            "",
            "example.org",
            "ftp://x/",
            "https://",
            "https:///x",
            "https://a b/",
        ] {
            assert!(!Form::Url.is_met_by(url), "{url}");
        }
    }

    #[test]
    fn a_proxy_is_a_host_and_a_port_and_has_no_password() {
        for proxy in [
            "",
            "none",
            "http://proxy.example:3128",
            "http://192.0.2.1:3128/",
            "http://[2001:db8::1]:3128",
        ] {
            assert!(Form::Proxy.is_met_by(proxy), "{proxy}");
        }
        for wrong in [
            "proxy.example:3128",
            "http://proxy.example",
            "https://proxy.example:3128",
            "socks5://proxy.example:1080",
            "http://me:secret@proxy.example:3128",
            "http://proxy.example:0",
            "http://proxy.example:99999",
            "http://2001:db8::1:3128",
            "http://proxy.example:3128/path",
            "None",
        ] {
            assert!(!Form::Proxy.is_met_by(wrong), "{wrong}");
        }
    }

    #[test]
    fn words_have_neither_spaces_nor_commas() {
        for word in ["crowdsecurity/ssh-bf", "CAPI", "web01.example"] {
            assert!(Form::Word.is_met_by(word), "{word}");
        }
        for word in ["", "a b", "a,b", "a\"", "é", &"a".repeat(101)] {
            assert!(!Form::Word.is_met_by(word), "{word}");
        }
    }

    #[test]
    fn files_are_named_from_the_root_on_and_may_be_left_out() {
        assert!(Form::File.is_met_by("/usr/share/GeoIP/a.mmdb") && Form::File.is_met_by(""));
        for path in ["a.mmdb", "/", "/a/", "/a/..", "/a\n"] {
            assert!(!Form::File.is_met_by(path), "{path:?}");
        }
    }

    #[test]
    fn digests_and_keys_may_be_left_out() {
        let key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
        assert!(Form::Minisign.is_met_by(key) && Form::Minisign.is_met_by(""));
        assert!(!Form::Minisign.is_met_by(&key[1..]));
        assert!(Form::Sha256.is_met_by(&"0f".repeat(32)) && Form::Sha256.is_met_by(""));
        assert!(!Form::Sha256.is_met_by(&"0g".repeat(32)));
    }
}
