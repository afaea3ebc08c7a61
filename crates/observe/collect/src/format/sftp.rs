//! OpenSSH's server for files, inside sshd or beside it: `open "/srv/a.txt" flags READ mode 0666`.
//!
//! What is done to files is File System Activity (1001), sessions are SSH Activity (4007). Lines come at the level INFO, of
//! `internal-sftp` and `sftp-server`; who it was says only the line that begins the session. Source: `sftp-server.c`.

use crate::header::Line;
use crate::meaning::{Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{file_activity, ssh_activity};
use vigie_model::event::ocsf::field;

/// It is a part of OpenSSH.
const FORMAT: &str = "sshd";

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim_end();
    if let Some(rest) = text.strip_prefix("session ") {
        return session(rest);
    }
    if let Some(why) = text.strip_prefix("sent status ") {
        let mut meaning = Meaning::new(FORMAT, Class::SshActivity, ssh_activity::TRAFFIC);
        meaning.failed(why);
        return Some(meaning);
    }
    let (verb, rest) = text.split_once(' ')?;
    let activity = match verb {
        "open" | "opendir" => file_activity::OPEN,
        "close" | "closedir" => file_activity::OTHER,
        "remove" | "rmdir" => file_activity::DELETE,
        "mkdir" | "symlink" | "link" | "hardlink" => file_activity::CREATE,
        "rename" | "posix-rename" => file_activity::RENAME,
        "set" | "setstat" | "fsetstat" => file_activity::SET_ATTRIBUTES,
        "lstat" | "stat" | "fstat" => file_activity::GET_ATTRIBUTES,
        _ => return None,
    };
    let (path, rest) = quoted(rest)?;
    let mut meaning = Meaning::new(FORMAT, Class::FileActivity, activity);
    put_path(&mut meaning, path);
    if let Some((_, flags)) = rest.split_once("flags ") {
        let flags = flags.split(' ').next().unwrap_or_default();
        meaning.activity = if flags.contains("CREATE") || flags.contains("TRUNCATE") {
            file_activity::CREATE
        } else if flags.contains("WRITE") || flags.contains("APPEND") {
            file_activity::UPDATE
        } else {
            file_activity::READ
        };
        meaning.keep_text("flags", flags);
    }
    if let Some((other, _)) = quoted(rest) {
        meaning.keep_text("new", other);
    }
    // `bytes read 10 written 0`
    if let Some((read, written)) = rest.split_once("bytes read ").and_then(|(_, rest)| rest.split_once(" written ")) {
        meaning.keep_text("bytes_read", read).keep_text("bytes_written", written);
    }
    Some(meaning)
}

/// `opened for local user eva from [192.0.2.7]`
fn session(rest: &str) -> Option<Meaning> {
    let (what, who) = rest.split_once(" for local user ")?;
    let activity = match what {
        "opened" => ssh_activity::OPEN,
        "closed" => ssh_activity::CLOSE,
        _ => return None,
    };
    let (user, from) = who.rsplit_once(" from ")?;
    let mut meaning = Meaning::new(FORMAT, Class::SshActivity, activity);
    meaning.set_text(field::ACTOR_USER_NAME, user).endpoint(SOURCE, from.trim_matches(['[', ']']), None);
    meaning.keep("subsystem", "sftp");
    Some(meaning)
}

/// The first text in quotes, and what follows it. A name may hold quotes: `open` and its like have words behind theirs.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = text.split_once('"')?;
    let end = ["\" flags ", "\" bytes ", "\" new ", "\" mode ", "\" size ", "\" owner "].iter().find_map(|end| rest.find(end));
    let end = end.or_else(|| rest.rfind('"'))?;
    let (path, after) = rest.split_at_checked(end)?;
    Some((path, after.get(1..)?))
}

fn put_path(meaning: &mut Meaning, path: &str) {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    meaning.set_text(field::FILE_PATH, path).set_text(field::FILE_NAME, name);
}
