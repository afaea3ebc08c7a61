//! The words of sudoers(5): names, commands, values, and lists of them.

use super::cursor::{Cursor, is_blank};
use std::net::Ipv6Addr;

/// The most members of one list.
const LIST_MAX: usize = 10_000;

/// What a list holds, which decides how its words are read and which aliases it may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    User,
    RunAs,
    Host,
    Command,
}

/// A member of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Whether an odd number of `!` stands before it.
    pub(super) negated: bool,
    pub(super) text: String,
    /// Whether it has the form of an alias: upper case, unquoted, and not `ALL`.
    pub(super) alias: bool,
}

/// Reads members parted by commas.
pub(super) fn list(cursor: &mut Cursor<'_>, kind: Kind) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    loop {
        cursor.blanks();
        let negated = negated(cursor);
        items.push(match kind {
            Kind::Command => command(cursor, negated, false)?,
            _ => name(cursor, kind, negated)?,
        });
        if items.len() > LIST_MAX {
            return Err(format!("a list has more than {LIST_MAX} members"));
        }
        let mut ahead = *cursor;
        ahead.blanks();
        if !ahead.take(",") {
            return Ok(items);
        }
        *cursor = ahead;
    }
}

/// Steps over `!` signs; whether they negate.
pub(super) fn negated(cursor: &mut Cursor<'_>) -> bool {
    let mut negated = false;
    while cursor.take("!") {
        negated = !negated;
        cursor.blanks();
    }
    negated
}

/// A user, `%group`, `%#gid`, `%:directory group`, `#uid`, `+netgroup`, host or address.
fn name(cursor: &mut Cursor<'_>, kind: Kind, negated: bool) -> Result<Item, String> {
    let mut text = String::new();
    if kind == Kind::Host {
        text.push_str(&ipv6(cursor).unwrap_or_default());
    } else {
        // Elsewhere `:` parts things and `#` starts a comment.
        for sign in ["%", ":", "#"] {
            let fits = sign != ":" || text == "%";
            let counts = sign != "#" || cursor.peek_second().is_some_and(|next| next.is_ascii_digit() || next == '-');
            if fits && counts && cursor.take(sign) {
                text.push_str(sign);
            }
        }
    }
    let plain = text.is_empty();
    let quoted = word(cursor, &mut text, ",:=()")?;
    if text.is_empty() {
        return Err("a name is missing".to_owned());
    }
    Ok(Item { negated, alias: plain && !quoted && is_alias(&text), text })
}

/// Whether a word has the form of an alias.
pub(super) fn is_alias(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_uppercase())
        && bytes.all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        && text != "ALL"
}

/// An IPv6 address with its mask: the one place where `:` belongs to a name.
fn ipv6(cursor: &mut Cursor<'_>) -> Option<String> {
    let mut ahead = *cursor;
    let run = ahead.take_while(|char| char.is_ascii_hexdigit() || matches!(char, ':' | '.' | '/'));
    let address = run.split('/').next()?;
    address.parse::<Ipv6Addr>().ok()?;
    *cursor = ahead;
    Some(run.to_owned())
}

/// Appends a word up to a blank, the end, or one of the stops; quotes and backslashes protect them.
/// Returns whether something was protected.
pub(super) fn word(cursor: &mut Cursor<'_>, text: &mut String, stops: &str) -> Result<bool, String> {
    let mut protected = false;
    while let Some(char) = cursor.peek() {
        let mut ahead = *cursor;
        if is_blank(char) || cursor.is_at_end() || stops.contains(char) || ahead.continued_line_end() {
            break;
        }
        cursor.advance();
        match char {
            '"' => {
                protected = true;
                quoted(cursor, text)?;
            }
            '\\' => {
                protected = true;
                text.extend(cursor.advance());
            }
            _ => text.push(char),
        }
    }
    Ok(protected)
}

/// Appends what stands up to the closing quote.
fn quoted(cursor: &mut Cursor<'_>, text: &mut String) -> Result<(), String> {
    loop {
        if cursor.continued_line_end() {
            continue;
        }
        match cursor.advance() {
            Some('"') => return Ok(()),
            None | Some('\n') => return Err("a quote is not closed".to_owned()),
            Some('\\') if matches!(cursor.peek(), Some('"' | '\\')) => text.extend(cursor.advance()),
            Some(char) => text.push(char),
        }
    }
}

/// A command with its arguments, `ALL`, `sudoedit …`, an alias, or a regular expression `^…$`.
/// A `Defaults!` line names commands without arguments, because there the next word is the setting.
pub(super) fn command(cursor: &mut Cursor<'_>, negated: bool, with_arguments: bool) -> Result<Item, String> {
    let mut text = digests(cursor);
    let plain = text.is_empty();
    command_part(cursor, &mut text);
    if text.is_empty() {
        return Err("a command is missing".to_owned());
    }
    let alias = plain && is_alias(&text);
    while with_arguments && !alias && text != "ALL" {
        let mut ahead = *cursor;
        if !ahead.blanks() || ahead.is_at_end() || ahead.peek().is_some_and(|char| ",:=".contains(char)) {
            break;
        }
        *cursor = ahead;
        text.push(' ');
        command_part(cursor, &mut text);
    }
    Ok(Item { negated, text, alias })
}

/// `sha256:…` values before a command, several parted by commas.
fn digests(cursor: &mut Cursor<'_>) -> String {
    let mut text = String::new();
    loop {
        let mut ahead = *cursor;
        ahead.blanks();
        let comma = if !text.is_empty() && ahead.take(",") { "," } else { "" };
        ahead.blanks();
        let Some(name) = ["sha224", "sha256", "sha384", "sha512"].into_iter().find(|name| ahead.take(name)) else { break };
        ahead.blanks();
        if !ahead.take(":") {
            break;
        }
        ahead.blanks();
        let value = ahead.take_while(|char| char.is_ascii_alphanumeric() || matches!(char, '+' | '/' | '='));
        text.push_str(&format!("{comma}{name}:{value}"));
        *cursor = ahead;
    }
    if !text.is_empty() {
        cursor.blanks();
        text.push(' ');
    }
    text
}

/// Appends one blank-parted part of a command. The signs of sudoers lose their backslash; one before a pattern
/// character stays, since it belongs to the pattern. `=` needs a backslash by the book; it is taken without, too.
fn command_part(cursor: &mut Cursor<'_>, text: &mut String) {
    let regex = cursor.peek() == Some('^');
    let mut last = None;
    while let Some(char) = cursor.peek() {
        let mut ahead = *cursor;
        let ends = is_blank(char) || matches!(char, ',' | ':' | '#');
        if char == '\n' || char == '\r' || ahead.continued_line_end() || (ends && (!regex || last == Some('$'))) {
            break;
        }
        cursor.advance();
        last = Some(char);
        if char == '\\' && matches!(cursor.peek(), Some(',' | ':' | '=' | '#' | ' ' | '\t' | '\\' | '"')) && !regex {
            text.extend(cursor.advance());
        } else {
            text.push(char);
        }
    }
}
