//! Licences as a package says them: an SPDX expression where they are one.

/// A licence as written in a package's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Licence {
    /// A valid SPDX expression, in the list's spelling.
    Expression(String),
    /// Anything else.
    Name(String),
}

/// The longest text that is read as an expression; nobody needs longer ones.
const EXPRESSION_BYTES_MAX: usize = 1024;

/// Reads what the package says; several statements count together.
pub(crate) fn read(said: &[String]) -> Vec<Licence> {
    said.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).map(one).collect()
}

fn one(text: &str) -> Licence {
    let lax = spdx::ParseMode { allow_deprecated: true, ..spdx::ParseMode::STRICT };
    let is_expression = text.len() <= EXPRESSION_BYTES_MAX && spdx::Expression::parse_mode(text, lax).is_ok();
    if is_expression { Licence::Expression(text.to_owned()) } else { Licence::Name(crate::said::plain(text)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_told_from_names() {
        let said = ["MIT OR Apache-2.0", "BSD like", " ", "GPL-2.0"].map(str::to_owned);
        let expected = [
            Licence::Expression("MIT OR Apache-2.0".into()),
            Licence::Name("BSD like".into()),
            Licence::Expression("GPL-2.0".into()),
        ];
        assert_eq!(read(&said), expected);
    }
}
