// SPDX-License-Identifier: MIT
//! SPDX licence expressions: names joined by `AND`, `OR` and `WITH`, with parentheses.
//!
//! Specification: SPDX 2.3, annex D. `AND` binds tighter than `OR`. An old form with a slash for
//! `OR`, which cargo still accepts, is understood too.

/// Whether somebody who accepts the licences that `accepts` names may use the work. `None` where
/// the expression makes no sense.
pub fn holds(expression: &str, accepts: impl Fn(&str) -> bool) -> Option<bool> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut parser = Parser {
        words: spaced.split_whitespace().collect(),
        at: 0,
        accepts,
    };
    let result = parser.either()?;
    (parser.at == parser.words.len()).then_some(result)
}

struct Parser<'a, F> {
    words: Vec<&'a str>,
    at: usize,
    accepts: F,
}

impl<F: Fn(&str) -> bool> Parser<'_, F> {
    fn either(&mut self) -> Option<bool> {
        let mut result = self.both()?;
        while self.skip("OR") {
            result |= self.both()?;
        }
        Some(result)
    }

    fn both(&mut self) -> Option<bool> {
        let mut result = self.licence()?;
        while self.skip("AND") {
            result &= self.licence()?;
        }
        Some(result)
    }

    fn licence(&mut self) -> Option<bool> {
        if self.skip("(") {
            let result = self.either()?;
            return self.skip(")").then_some(result);
        }
        let name = self.name()?;
        if self.skip("WITH") {
            let full = format!("{name} WITH {}", self.name()?);
            return Some((self.accepts)(&full));
        }
        Some((self.accepts)(&name))
    }

    fn name(&mut self) -> Option<String> {
        let word = *self.words.get(self.at)?;
        self.at += 1;
        (!["(", ")", "AND", "OR", "WITH"].contains(&word)).then(|| word.to_owned())
    }

    fn skip(&mut self, word: &str) -> bool {
        let found = self.words.get(self.at) == Some(&word);
        self.at += usize::from(found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::holds;

    fn permissive(expression: &str) -> Option<bool> {
        let accepted = [
            "MIT",
            "Apache-2.0",
            "Apache-2.0 WITH LLVM-exception",
            "Unicode-3.0",
        ];
        holds(expression, |name| accepted.contains(&name))
    }

    #[test]
    fn one_of_several_is_enough() {
        assert_eq!(permissive("MIT OR GPL-3.0-only"), Some(true));
        assert_eq!(permissive("GPL-3.0-only OR MIT"), Some(true));
        assert_eq!(permissive("Unlicense/MIT"), Some(true));
        assert_eq!(permissive("GPL-2.0-only OR GPL-3.0-only"), Some(false));
    }

    #[test]
    fn all_of_several_must_be_accepted() {
        assert_eq!(
            permissive("(MIT OR Apache-2.0) AND Unicode-3.0"),
            Some(true)
        );
        assert_eq!(permissive("MIT AND OpenSSL"), Some(false));
        assert_eq!(permissive("MIT OR Apache-2.0 AND OpenSSL"), Some(true));
    }

    #[test]
    fn an_exception_belongs_to_its_licence() {
        assert_eq!(permissive("Apache-2.0 WITH LLVM-exception"), Some(true));
        assert_eq!(permissive("Apache-2.0 WITH Other-exception"), Some(false));
    }

    #[test]
    fn what_makes_no_sense_is_neither() {
        for expression in ["", "MIT OR", "(MIT", "MIT Apache-2.0", "AND", "MIT)"] {
            assert_eq!(permissive(expression), None, "{expression:?}");
        }
    }
}
