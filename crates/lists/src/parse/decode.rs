// SPDX-License-Identifier: MIT
//! From the bytes of a file to its text, or to what it is instead.

use super::ParseFailure;
use flate2::bufread::MultiGzDecoder;
use std::borrow::Cow;
use std::io::Read;

const GZIP: &[u8] = &[0x1f, 0x8b];
const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// Byte order marks of other encodings; the longer ones go first, as one begins like another.
const ENCODINGS: &[(&[u8], &str)] = &[
    (&[0xff, 0xfe, 0, 0], "UTF-32"),
    (&[0, 0, 0xfe, 0xff], "UTF-32"),
    (&[0xff, 0xfe], "UTF-16"),
    (&[0xfe, 0xff], "UTF-16"),
];

/// Beginnings of files that are no text.
const KINDS: &[(&[u8], &str)] = &[
    (GZIP, "compressed with gzip twice"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"BZh", "compressed with bzip2"),
    (&[0xfd, b'7', b'z', b'X', b'Z', 0], "compressed with xz"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "compressed with zstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"%PDF-", "a PDF document"),
    (b"\x7fELF", "a program"),
];

/// What a file has to say.
pub(super) struct Text<'b> {
    /// Without byte order mark.
    pub bytes: Cow<'b, [u8]>,
    /// Whether it was compressed.
    pub compressed: bool,
}

/// The text of a file of at most `most` bytes, before and after it is inflated.
///
/// # Errors
/// [`ParseFailure`] where it is no text, or none that is read.
pub(super) fn text(bytes: &[u8], most: usize) -> Result<Text<'_>, ParseFailure> {
    let compressed = bytes.starts_with(GZIP);
    let mut text = match compressed {
        true => Cow::Owned(inflate(bytes, most)?),
        false if bytes.len() > most => return Err(ParseFailure::TooLarge { most }),
        false => Cow::Borrowed(bytes),
    };
    if text.starts_with(UTF8_MARK) {
        match &mut text {
            Cow::Borrowed(bytes) => *bytes = &bytes[UTF8_MARK.len()..],
            Cow::Owned(bytes) => drop(bytes.drain(..UTF8_MARK.len())),
        }
    }
    refuse_other(&text)?;
    Ok(Text {
        bytes: text,
        compressed,
    })
}

fn inflate(bytes: &[u8], most: usize) -> Result<Vec<u8>, ParseFailure> {
    let mut inflated = Vec::new();
    let limit = (most as u64).saturating_add(1);
    let read = MultiGzDecoder::new(bytes)
        .take(limit)
        .read_to_end(&mut inflated);
    match read {
        Ok(_) if inflated.len() > most => Err(ParseFailure::TooLarge { most }),
        Ok(_) => Ok(inflated),
        Err(error) => Err(ParseFailure::Gzip(error.to_string())),
    }
}

fn refuse_other(text: &[u8]) -> Result<(), ParseFailure> {
    let named = |table: &[(&[u8], &'static str)]| {
        let found = table.iter().find(|(start, _)| text.starts_with(start));
        found.map(|&(_, name)| name)
    };
    if let Some(name) = named(ENCODINGS) {
        return Err(ParseFailure::Encoding(name));
    }
    if let Some(name) = named(KINDS) {
        return Err(ParseFailure::Binary(name));
    }
    if memchr::memchr(0, text).is_some() {
        return Err(ParseFailure::Binary("binary data"));
    }
    match text.trim_ascii_start().first() {
        None => Err(ParseFailure::Empty),
        Some(b'<') => Err(ParseFailure::Markup),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).expect("it goes to memory");
        encoder.finish().expect("it goes to memory")
    }

    fn read(bytes: &[u8], most: usize) -> Result<Vec<u8>, ParseFailure> {
        text(bytes, most).map(|text| text.bytes.into_owned())
    }

    #[test]
    fn a_mark_is_no_part_of_the_text_compressed_or_not() {
        let marked = b"\xef\xbb\xbf1.2.3.4\n";
        assert_eq!(read(marked, 99), Ok(b"1.2.3.4\n".to_vec()));
        assert_eq!(read(&gzip(marked), 99), Ok(b"1.2.3.4\n".to_vec()));
        let twice = [gzip(b"1.2.3.4\n"), gzip(b"1.2.3.5\n")].concat();
        assert_eq!(read(&twice, 99), Ok(b"1.2.3.4\n1.2.3.5\n".to_vec()));
    }

    #[test]
    fn what_is_too_long_is_refused_while_it_is_inflated() {
        let most = 1_000;
        assert_eq!(
            read(&gzip(&vec![b'1'; most]), most).map(|text| text.len()),
            Ok(most)
        );
        // A thousand times as long as what it is inflated from.
        let bomb = gzip(&vec![b'1'; 3_000_000]);
        assert_eq!(read(&bomb, most), Err(ParseFailure::TooLarge { most }));
        assert_eq!(
            read(&vec![b'1'; most + 1], most),
            Err(ParseFailure::TooLarge { most })
        );
    }

    #[test]
    fn what_is_no_text_is_named() {
        let label = |bytes: &[u8]| read(bytes, 9_999).map_err(|failure| failure.label());
        for (bytes, expected) in [
            (&b""[..], "empty"),
            (b"\xef\xbb\xbf", "empty"),
            (b" \r\n\t", "empty"),
            (b"\n<!DOCTYPE html>", "markup"),
            (b"<?xml version='1.0'?>", "markup"),
            (b"\xff\xfe1\0.\0", "encoding"),
            (b"\0\0\xfe\xff\0\0\0\x31", "encoding"),
            (b"1\0.\x002\0", "binary"),
            (b"PK\x03\x04...", "binary"),
            (b"\xfd7zXZ\0...", "binary"),
            (b"\x1f\x8b", "gzip"),
        ] {
            assert_eq!(label(bytes), Err(expected), "{bytes:?}");
        }
        assert_eq!(label(&gzip(b"")), Err("empty"));
        assert_eq!(label(&gzip(&gzip(b"1.2.3.4"))), Err("binary"));
        let whole = gzip(b"1.2.3.4\n1.2.3.5\n");
        assert_eq!(label(&whole[..whole.len() - 9]), Err("gzip"));
    }
}
