//! One entry of a sudoers file: an include, an alias, defaults, or who may run what.
//!
//! Grammar: sudoers(5), "SUDOERS FILE FORMAT". The lexical rules are those of sudo's `toke.l`.

use super::cursor::{Cursor, is_blank};
use super::words::{self, Item, Kind};

/// What an entry says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Include { directory: bool, path: String },
    Aliases { kind: Kind, definitions: Vec<(String, Vec<Item>)> },
    Defaults { scope: Option<(char, Kind, Vec<Item>)>, words: Vec<String> },
    Rule { who: Vec<Item>, parts: Vec<Part> },
}

/// What may be run on some hosts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) hosts: Vec<Item>,
    pub(super) grants: Vec<Grant>,
}

/// Commands that follow each other with the same rights.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) run_as: Option<RunAs>,
    pub(super) tags: Vec<String>,
    pub(super) commands: Vec<Item>,
}

/// `(users : groups)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RunAs {
    pub(super) users: Vec<Item>,
    pub(super) groups: Vec<Item>,
}

/// Reads the next entry and steps behind it; `None` for empty lines, comments and the end.
pub(super) fn entry(cursor: &mut Cursor<'_>) -> Result<Option<Entry>, String> {
    cursor.blanks();
    if is_comment(cursor) {
        cursor.skip_line();
        return Ok(None);
    }
    let entry = match include(cursor)? {
        Some(entry) => entry,
        None => match aliases(cursor)? {
            Some(entry) => entry,
            None if is_defaults(cursor) => defaults(cursor)?,
            None => rule(cursor)?,
        },
    };
    cursor.blanks();
    if !cursor.is_at_end() {
        return Err(match cursor.peek() {
            Some(char) => format!("`{char}` is not expected here"),
            None => "the end is not expected here".to_owned(),
        });
    }
    cursor.skip_line();
    Ok(Some(entry))
}

/// Whether the line is empty or a comment; `#1000` is a user and `#include` an old form of `@include`.
fn is_comment(cursor: &Cursor<'_>) -> bool {
    if !cursor.is_at_end() {
        return false;
    }
    let mut ahead = *cursor;
    if !ahead.take("#") {
        return true;
    }
    let names_a_user = ahead.peek().is_some_and(|char| char.is_ascii_digit())
        || (ahead.peek() == Some('-') && ahead.peek_second().is_some_and(|char| char.is_ascii_digit()));
    let word = ahead.take_while(|char| char.is_ascii_alphabetic());
    let includes = matches!(word, "include" | "includedir") && ahead.peek().is_some_and(is_blank);
    !names_a_user && !includes
}

fn include(cursor: &mut Cursor<'_>) -> Result<Option<Entry>, String> {
    let mut ahead = *cursor;
    if !(ahead.take("@") || ahead.take("#")) {
        return Ok(None);
    }
    let directory = match ahead.take_while(|char| char.is_ascii_alphabetic()) {
        "include" => false,
        "includedir" => true,
        _ => return Ok(None),
    };
    if !ahead.blanks() {
        return Ok(None);
    }
    *cursor = ahead;
    let mut path = String::new();
    words::word(cursor, &mut path, "")?;
    if path.is_empty() { Err("an include names no file".to_owned()) } else { Ok(Some(Entry::Include { directory, path })) }
}

/// `User_Alias NAME = list : NAME = list`.
fn aliases(cursor: &mut Cursor<'_>) -> Result<Option<Entry>, String> {
    let mut ahead = *cursor;
    let kind = match ahead.take_while(|char| char.is_ascii_alphabetic() || char == '_') {
        "User_Alias" => Kind::User,
        "Runas_Alias" => Kind::RunAs,
        "Host_Alias" => Kind::Host,
        "Cmnd_Alias" | "Cmd_Alias" => Kind::Command,
        _ => return Ok(None),
    };
    if !ahead.blanks() {
        return Ok(None);
    }
    *cursor = ahead;
    let mut definitions = Vec::new();
    loop {
        cursor.blanks();
        let name = cursor.take_while(|char| char.is_ascii_alphanumeric() || char == '_').to_owned();
        if !words::is_alias(&name) {
            return Err(format!("`{name}` is not the name of an alias"));
        }
        expect(cursor, "=")?;
        let items = if kind == Kind::Command { commands(cursor)? } else { words::list(cursor, kind)? };
        definitions.push((name, items));
        cursor.blanks();
        if !cursor.take(":") {
            return Ok(Some(Entry::Aliases { kind, definitions }));
        }
    }
}

/// The commands of an alias, with their arguments.
fn commands(cursor: &mut Cursor<'_>) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    loop {
        cursor.blanks();
        let negated = words::negated(cursor);
        items.push(words::command(cursor, negated, true)?);
        cursor.blanks();
        if !cursor.take(",") {
            return Ok(items);
        }
    }
}

fn is_defaults(cursor: &Cursor<'_>) -> bool {
    let mut ahead = *cursor;
    ahead.take("Defaults") && ahead.peek().is_some_and(|char| is_blank(char) || "@:!>\\".contains(char))
}

/// `Defaults`, to whom they apply, and settings parted by commas.
fn defaults(cursor: &mut Cursor<'_>) -> Result<Entry, String> {
    cursor.take("Defaults");
    let scope = match cursor.peek() {
        Some('@') => Some(('@', Kind::Host)),
        Some(':') => Some((':', Kind::User)),
        Some('>') => Some(('>', Kind::RunAs)),
        Some('!') => Some(('!', Kind::Command)),
        _ => None,
    };
    let scope = match scope {
        Some((sign, kind)) => {
            cursor.advance();
            Some((sign, kind, words::list(cursor, kind)?))
        }
        None => None,
    };
    let mut words = Vec::new();
    loop {
        cursor.blanks();
        words.push(setting(cursor)?);
        cursor.blanks();
        if !cursor.take(",") {
            return Ok(Entry::Defaults { scope, words });
        }
    }
}

/// `name`, `!name`, `name=value`, `name+=value`, `name-=value`, without the blanks and quotes around them.
fn setting(cursor: &mut Cursor<'_>) -> Result<String, String> {
    let mut text = String::new();
    if words::negated(cursor) {
        text.push('!');
    }
    let name = cursor.take_while(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.') && char != '=');
    // `name-=value`: the hyphen is part of the sign.
    let (name, less) = name.strip_suffix('-').map_or((name, false), |name| (name, true));
    if name.is_empty() {
        return Err("a setting is missing".to_owned());
    }
    text.push_str(name);
    cursor.blanks();
    let sign = if less && cursor.take("=") {
        "-="
    } else if let Some(sign) = ["+=", "-=", "="].into_iter().find(|sign| cursor.take(sign)) {
        sign
    } else {
        return Ok(text);
    };
    text.push_str(sign);
    cursor.blanks();
    words::word(cursor, &mut text, ",")?;
    Ok(text)
}

/// `users hosts = commands : hosts = commands`.
fn rule(cursor: &mut Cursor<'_>) -> Result<Entry, String> {
    let who = words::list(cursor, Kind::User)?;
    let mut parts = Vec::new();
    loop {
        cursor.blanks();
        let hosts = words::list(cursor, Kind::Host)?;
        expect(cursor, "=")?;
        parts.push(Part { hosts, grants: grants(cursor)? });
        cursor.blanks();
        if !cursor.take(":") {
            return Ok(Entry::Rule { who, parts });
        }
    }
}

/// Commands; what stands before one of them holds for those that follow, too.
fn grants(cursor: &mut Cursor<'_>) -> Result<Vec<Grant>, String> {
    let mut grants: Vec<Grant> = Vec::new();
    let (mut run_as, mut tags) = (None, Vec::new());
    loop {
        cursor.blanks();
        if cursor.take("(") {
            run_as = Some(run_as_list(cursor)?);
            cursor.blanks();
        }
        while option_or_tag(cursor, &mut tags)? {
            cursor.blanks();
        }
        let negated = words::negated(cursor);
        let command = words::command(cursor, negated, true)?;
        match grants.last_mut().filter(|last| last.run_as == run_as && last.tags == tags) {
            Some(last) => last.commands.push(command),
            None => grants.push(Grant { run_as: run_as.clone(), tags: tags.clone(), commands: vec![command] }),
        }
        cursor.blanks();
        if !cursor.take(",") {
            return Ok(grants);
        }
    }
}

fn run_as_list(cursor: &mut Cursor<'_>) -> Result<RunAs, String> {
    let side = |cursor: &mut Cursor<'_>| {
        cursor.blanks();
        let empty = matches!(cursor.peek(), Some(':' | ')'));
        let items = if empty { Ok(Vec::new()) } else { words::list(cursor, Kind::RunAs) };
        cursor.blanks();
        items
    };
    let users = side(cursor)?;
    let groups = if cursor.take(":") { side(cursor)? } else { Vec::new() };
    expect(cursor, ")")?;
    Ok(RunAs { users, groups })
}

/// Takes `NOPASSWD:` or `CWD=/tmp`, if one is next.
fn option_or_tag(cursor: &mut Cursor<'_>, tags: &mut Vec<String>) -> Result<bool, String> {
    const TAGS: [&str; 8] = ["EXEC", "FOLLOW", "INTERCEPT", "LOG_INPUT", "LOG_OUTPUT", "MAIL", "PASSWD", "SETENV"];
    const OPTIONS: [&str; 10] =
        ["APPARMOR_PROFILE", "CHROOT", "CWD", "LIMITPRIVS", "NOTAFTER", "NOTBEFORE", "PRIVS", "ROLE", "TIMEOUT", "TYPE"];
    let mut ahead = *cursor;
    let word = ahead.take_while(|char| char.is_ascii_uppercase() || char == '_');
    let subject = word.strip_prefix("NO").filter(|subject| TAGS.contains(subject)).unwrap_or(word);
    ahead.blanks();
    if TAGS.contains(&subject) && ahead.take(":") {
        tags.retain(|tag| tag.strip_prefix("NO").unwrap_or(tag) != subject);
        tags.push(word.to_owned());
        *cursor = ahead;
        return Ok(true);
    }
    if OPTIONS.contains(&word) && ahead.take("=") {
        *cursor = ahead;
        cursor.blanks();
        let mut text = format!("{word}=");
        words::word(cursor, &mut text, ",:=")?;
        tags.retain(|tag| tag.split('=').next() != Some(word));
        tags.push(text);
        return Ok(true);
    }
    Ok(false)
}

fn expect(cursor: &mut Cursor<'_>, sign: &str) -> Result<(), String> {
    cursor.blanks();
    if cursor.take(sign) { Ok(()) } else { Err(format!("`{sign}` is missing")) }
}
