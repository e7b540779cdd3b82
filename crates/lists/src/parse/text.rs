// SPDX-License-Identifier: MIT
//! Lines, blanks and comments, as all formats that have lines share them.

/// The lines of a text with their numbers from 1, without line breaks and blanks at either end.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut rest = Some(text);
    let mut number = 0_u32;
    std::iter::from_fn(move || {
        let text = rest?;
        let line = match memchr::memchr(b'\n', text) {
            Some(end) => {
                rest = Some(&text[end + 1..]);
                &text[..end]
            }
            None => {
                rest = None;
                text
            }
        };
        number = number.saturating_add(1);
        Some((number, line.trim_ascii()))
    })
}

/// What a comment says; `None` where the line is none.
#[inline]
pub(super) fn comment(line: &[u8]) -> Option<&[u8]> {
    match line {
        [b'#' | b';', rest @ ..] => Some(rest),
        [b'/', b'/', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// The first column of a line, and what comes after it. Columns end at a blank, a comma, a semicolon,
/// a bar, or a comment.
#[inline]
pub(super) fn first_column(line: &[u8]) -> (&[u8], &[u8]) {
    let ends = |at: usize| match line[at] {
        b' ' | b'\t' | b',' | b';' | b'#' | b'|' => true,
        b'/' => line.get(at + 1) == Some(&b'/'),
        _ => false,
    };
    let end = (0..line.len()).find(|&at| ends(at)).unwrap_or(line.len());
    line.split_at(end)
}

/// The columns of a line that are set apart by blanks.
pub(super) fn columns(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let columns = line.split(|byte| byte.is_ascii_whitespace());
    columns.filter(|column| !column.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_numbers_that_editors_show() {
        let all: Vec<(u32, &[u8])> = lines(b" a\t\r\n\n#b\nc").collect();
        assert_eq!(all, [(1, &b"a"[..]), (2, b""), (3, b"#b"), (4, b"c")]);
        assert_eq!(lines(b"a\n").count(), 2);
    }

    #[test]
    fn a_column_ends_where_a_comment_begins() {
        for line in [
            &b"1.2.3.4"[..],
            b"1.2.3.4 x",
            b"1.2.3.4\t10",
            b"1.2.3.4;x",
            b"1.2.3.4#x",
            b"1.2.3.4// x",
            b"1.2.3.4,x",
            b"1.2.3.4|x",
        ] {
            assert_eq!(first_column(line).0, b"1.2.3.4");
        }
        assert_eq!(first_column(b"1.2.3.0/24 // x").0, b"1.2.3.0/24");
        assert_eq!(comment(b"// x"), Some(&b" x"[..]));
        assert_eq!(comment(b"/x"), None);
    }
}
