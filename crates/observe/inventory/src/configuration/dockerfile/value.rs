//! Values of a Dockerfile: quotes, escapes, and variables whose value is known from the file itself.
//!
//! What `ARG` or `ENV` set is known; what comes from a base image, from the builder or from nowhere is not. A
//! default counts as the value: it is what an ordinary build uses.

use serde_json::Value;
use std::collections::HashMap;
use vigie_model::configuration::unknown;

/// The deepest nesting of `${a:-${b:-…}}`.
const DEPTH_MAX: usize = 8;
/// The longest value: variables that repeat each other grow fast.
const BYTES_MAX: usize = 64 * 1024;

/// What variables stand for at a place.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// None: declared, and its value comes from outside.
    known: HashMap<String, Option<String>>,
}

impl Scope {
    pub(super) fn set(&mut self, name: &str, value: Option<String>) {
        self.known.insert(name.to_owned(), value);
    }

    /// The value, where it is known.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.known.get(name)?.as_deref()
    }
}

/// A text as a builder sees it; none when it holds what nobody knows yet.
pub(super) fn resolve(text: &str, escape: char, scope: &Scope) -> Option<String> {
    let mut out = String::new();
    expand(text, escape, scope, DEPTH_MAX, &mut out).then_some(out)
}

/// The same as a value of a body.
pub(super) fn value(text: &str, escape: char, scope: &Scope) -> Value {
    resolve(text, escape, scope).map_or_else(|| unknown(text), Value::String)
}

fn expand(text: &str, escape: char, scope: &Scope, depth: usize, out: &mut String) -> bool {
    let mut rest = text;
    let mut quoted = false;
    while let Some(char) = rest.chars().next() {
        let after = rest.get(char.len_utf8()..).unwrap_or_default();
        if out.len() > BYTES_MAX {
            return false;
        }
        rest = match char {
            '\'' if !quoted => {
                let Some((inside, behind)) = after.split_once('\'') else {
                    out.push_str(after);
                    return true;
                };
                out.push_str(inside);
                behind
            }
            '"' => {
                quoted = !quoted;
                after
            }
            '$' => match variable(after, escape, scope, depth, out) {
                Some(behind) => behind,
                None => return false,
            },
            _ if char == escape => {
                let next = after.chars().next();
                let keeps = quoted && next.is_some_and(|next| !"\"$".contains(next) && next != escape);
                if keeps || next.is_none() {
                    out.push(char);
                }
                out.extend(next);
                after.get(next.map_or(0, char::len_utf8)..).unwrap_or_default()
            }
            _ => {
                out.push(char);
                after
            }
        };
    }
    true
}

/// Puts out the variable that `text` begins with; what stands behind it, or none when its value is not known.
fn variable<'a>(text: &'a str, escape: char, scope: &Scope, depth: usize, out: &mut String) -> Option<&'a str> {
    if let Some(inside) = text.strip_prefix('{') {
        let end = closing(inside)?;
        braced(inside.get(..end)?, escape, scope, depth.checked_sub(1)?, out)?;
        return inside.get(end + 1..);
    }
    let name = name_of(text);
    if name.is_empty() {
        out.push('$');
        return Some(text);
    }
    out.push_str(scope.get(name)?);
    text.get(name.len()..)
}

fn braced(inside: &str, escape: char, scope: &Scope, depth: usize, out: &mut String) -> Option<()> {
    let name = name_of(inside);
    let known = scope.get(name);
    let rest = inside.get(name.len()..)?;
    // With a colon, an empty value is as good as none.
    let (known, rest) = match rest.strip_prefix(':') {
        Some(rest) => (known.filter(|value| !value.is_empty()), rest),
        None => (known, rest),
    };
    let word = rest.get(1..).unwrap_or_default();
    let done = match (rest.chars().next(), known) {
        (None | Some('-' | '?'), Some(value)) => {
            out.push_str(value);
            true
        }
        (Some('-'), None) => expand(word, escape, scope, depth, out),
        (Some('+'), Some(_)) => expand(word, escape, scope, depth, out),
        // Set and empty; whatever else is not set may come from outside.
        (Some('+'), None) => scope.get(name).is_some(),
        _ => false,
    };
    done.then_some(())
}

fn name_of(text: &str) -> &str {
    let end = text.find(|char: char| !(char.is_ascii_alphanumeric() || char == '_')).unwrap_or(text.len());
    text.get(..end).filter(|name| !name.starts_with(|first: char| first.is_ascii_digit())).unwrap_or_default()
}

/// Where the brace that is open closes.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Words as `ENV`, `LABEL` and `COPY` separate them: blanks within quotes and behind an escape do not count.
/// Quotes stay.
pub(super) fn words(text: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match quote {
            None if char.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if char == '"' || char == '\'' => quote = Some(char),
            Some(open) if open == char => quote = None,
            _ => {}
        }
        word.push(char);
        if char == escape && quote != Some('\'') {
            word.extend(chars.next());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<String> {
        let mut scope = Scope::default();
        scope.set("A", Some("one".into()));
        scope.set("E", Some(String::new()));
        scope.set("U", None);
        resolve(text, '\\', &scope)
    }

    #[test]
    fn puts_variables_in() {
        let known = |text: &str, expected: &str| assert_eq!(said(text).as_deref(), Some(expected), "{text}");
        known("x$A-${A}", "xone-one");
        known("${U:-two} ${E:-$A} ${E-x}", "two one ");
        known("${A:+yes}${E:+no}", "yes");
        known(r#""a $A" '$A' \$A"#, "a one $A $A");
        known(r"c:\x $", "c:x $");
        for text in ["$U", "$NOBODY", "${U}", "${A#o}", "${U:+x}", "${A", "${NOBODY:?x}"] {
            assert_eq!(said(text), None, "{text}");
        }
    }

    #[test]
    fn splits_words() {
        assert_eq!(words(r#"a="b c" d\ e 'f g'"#, '\\'), [r#"a="b c""#, r"d\ e", "'f g'"]);
    }
}
