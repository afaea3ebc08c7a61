//! Accounts and groups: the tools of shadow-utils.
//!
//! `useradd`, `usermod`, `userdel`, `groupadd`, `gpasswd`, `passwd`, `chage`, `chfn`, `chsh` and
//! their kin. Account Change (3001) and Group Management (3006). Each change of a group is written
//! twice, for `group` and for `gshadow`: the second has activity `Other`, so that a rule sees one.

use crate::header::Line;
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{account_change, group_management};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "accounts";

pub(super) fn parse(program: &str, line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim_end();
    let mut meaning = created(text)
        .or_else(|| failed(text))
        .or_else(|| deleted(text))
        .or_else(|| membership(text))
        .or_else(|| password(text))
        .or_else(|| changed(program, text))
        .or_else(|| group(text))?;
    if meaning.fields.integer(field::STATUS_ID).is_none() {
        meaning.succeeded();
    }
    Some(meaning)
}

fn account(activity: u8, user: &str) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::AccountChange, activity);
    meaning.set_text(field::USER_NAME, user);
    meaning
}

fn group_change(activity: u8, group: &str) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::GroupManagement, activity);
    meaning.set_text(field::GROUP_NAME, group);
    meaning
}

/// `new user: name=eva, UID=1001, GID=1001, home=/home/eva, shell=/bin/bash, from=/dev/pts/0`
fn created(text: &str) -> Option<Meaning> {
    if let Some(facts) = text.strip_prefix("new user: ") {
        let mut meaning = account(account_change::CREATE, "");
        for (key, value) in facts.split(", ").filter_map(|fact| fact.split_once('=')) {
            match key {
                "name" => meaning.set_text(field::USER_NAME, value),
                "UID" => meaning.set_text(field::USER_UID, value),
                "from" if value == "none" => &mut meaning,
                "from" => meaning.set_text(field::ACTOR_SESSION_TERMINAL, value),
                _ => meaning.keep_text(key, value),
            };
        }
        return Some(meaning);
    }
    let facts = text.strip_prefix("new group: ")?;
    let mut meaning = group_change(group_management::CREATE, "");
    for (key, value) in facts.split(", ").filter_map(|fact| fact.split_once('=')) {
        match key {
            "name" => meaning.set_text(field::GROUP_NAME, value),
            "GID" => meaning.set_text(field::GROUP_UID, value),
            _ => meaning.keep_text(key, value),
        };
    }
    Some(meaning)
}

/// `failed adding user 'eva', exit code: 9`
fn failed(text: &str) -> Option<Meaning> {
    let rest = text.strip_prefix("failed ")?;
    let (what, rest) = rest.split_once('\'')?;
    let (name, why) = rest.split_once('\'')?;
    let why = why.trim_start_matches([',', ' ']);
    let mut meaning = match what.trim_end() {
        "adding user" | "to add user" => account(account_change::CREATE, name),
        "to change user" => account(account_change::OTHER, name),
        "adding group" => group_change(group_management::CREATE, name),
        _ => return None,
    };
    meaning.failed(why);
    Some(meaning)
}

/// `delete user 'eva'`, `removed group 'eva' owned by 'eva'`, `delete 'eva' from group 'sudo'`
fn deleted(text: &str) -> Option<Meaning> {
    if let Some(user) = text.strip_prefix("delete user ") {
        return Some(account(account_change::DELETE, quoted(user)?));
    }
    for (start, activity) in [("removed group ", group_management::DELETE), ("removed shadow group ", group_management::OTHER)] {
        if let Some(rest) = text.strip_prefix(start) {
            return Some(group_change(activity, quoted(rest)?));
        }
    }
    for (start, activity) in [("delete '", group_management::REMOVE_USER), ("remove '", group_management::REMOVE_USER)] {
        if let Some((user, rest)) = text.strip_prefix(start).and_then(|rest| rest.split_once("' from ")) {
            return Some(member(activity, user, rest));
        }
    }
    None
}

/// `add 'eva' to group 'sudo'`, `user eva added by root to group sudo`
fn membership(text: &str) -> Option<Meaning> {
    if let Some((user, rest)) = text.strip_prefix("add '").and_then(|rest| rest.split_once("' to ")) {
        return Some(member(group_management::ADD_USER, user, rest));
    }
    if let Some(rest) = text.strip_prefix("user ") {
        for (verb, joint, activity) in [
            (" added by ", " to group ", group_management::ADD_USER),
            (" removed by ", " from group ", group_management::REMOVE_USER),
        ] {
            if let Some((user, rest)) = rest.split_once(verb)
                && let Some((by, group)) = rest.split_once(joint)
            {
                let mut meaning = group_change(activity, group);
                meaning.set_text(field::USER_NAME, user).set_text(field::ACTOR_USER_NAME, by);
                return Some(meaning);
            }
        }
    }
    let (group, rest) = text.strip_prefix("members of group ")?.split_once(" set by ")?;
    let (by, members) = rest.split_once(" to ")?;
    let mut meaning = group_change(group_management::OTHER, group);
    meaning.set_text(field::ACTOR_USER_NAME, by).keep("members", members);
    Some(meaning)
}

fn member(activity: u8, user: &str, rest: &str) -> Meaning {
    let (activity, rest) = match rest.strip_prefix("shadow ") {
        Some(rest) => (group_management::OTHER, rest),
        None => (activity, rest),
    };
    let group = rest.strip_prefix("group ").and_then(quoted).unwrap_or(rest);
    let mut meaning = group_change(activity, group);
    meaning.set_text(field::USER_NAME, user);
    if activity == group_management::OTHER {
        meaning.keep("file", "gshadow");
    }
    meaning
}

/// `password for 'eva' changed by 'root'`, `lock user 'eva' password`, `change user 'eva' password`
fn password(text: &str) -> Option<Meaning> {
    if let Some((user, by)) = text.strip_prefix("password for ").and_then(|rest| rest.split_once(" changed by ")) {
        let (user, by) = (quoted(user)?, quoted(by)?);
        let activity = if user == by { account_change::PASSWORD_CHANGE } else { account_change::PASSWORD_RESET };
        let mut meaning = account(activity, user);
        meaning.set_text(field::ACTOR_USER_NAME, by);
        return Some(meaning);
    }
    for (start, activity) in [
        ("lock user ", account_change::LOCK),
        ("unlock user ", account_change::UNLOCK),
        ("change user ", account_change::PASSWORD_CHANGE),
    ] {
        if let Some(user) = text.strip_prefix(start).and_then(|rest| rest.strip_suffix(" password")) {
            return Some(account(activity, quoted(user)?));
        }
    }
    let rest = text.strip_prefix("password of group ").or_else(|| text.strip_prefix("the password of group "))?;
    let (group, rest) = rest.split_once(' ')?;
    let mut meaning = group_change(group_management::OTHER, group.trim_matches('\''));
    meaning.set_text(field::ACTOR_USER_NAME, rest.rsplit_once(" by ").map_or("", |(_, by)| by));
    Some(meaning)
}

/// `change user 'eva' shell from '/bin/sh' to '/bin/bash'`, `changed password expiry for eva`
fn changed(program: &str, text: &str) -> Option<Meaning> {
    if let Some((old, new)) = text.strip_prefix("change user name ").and_then(|rest| rest.split_once(" to ")) {
        let mut meaning = account(account_change::OTHER, quoted(old)?);
        meaning.set_text(field::USER_RESULT_NAME, quoted(new)?).keep("changed", "name");
        return Some(meaning);
    }
    if let Some((user, rest)) = text.strip_prefix("change user '").and_then(|rest| rest.split_once("' ")) {
        let (what, values) = rest.split_once(" from ")?;
        let (old, new) = values.rsplit_once(" to ")?;
        let (old, new) = (quoted(old)?, quoted(new)?);
        let mut meaning = account(account_change::OTHER, user);
        meaning.keep("changed", what).keep("old", old).keep("new", new);
        if what == "UID" {
            meaning.set_text(field::USER_UID, old).set_text(field::USER_RESULT_UID, new);
        }
        return Some(meaning);
    }
    let (what, user) = if let Some(user) = text.strip_prefix("changed password expiry for ") {
        ("password expiry", user)
    } else {
        let rest = text.strip_prefix("changed user '")?;
        let (user, what) = rest.split_once("' ")?;
        (what, user)
    };
    let mut meaning = account(account_change::OTHER, user);
    meaning.keep("changed", what).keep("tool", program);
    Some(meaning)
}

/// `group added to /etc/group: name=x, GID=1002`, `group 'x' removed from /etc/group`
fn group(text: &str) -> Option<Meaning> {
    let once = |file: &str, activity: u8| if file.contains("gshadow") { group_management::OTHER } else { activity };
    if let Some((file, facts)) = text.strip_prefix("group added to ").and_then(|rest| rest.split_once(": ")) {
        // groupadd writes `new group:` as well: this is how the files say it.
        let mut meaning = group_change(group_management::OTHER, "");
        for (key, value) in facts.split(", ").filter_map(|fact| fact.split_once('=')) {
            match key {
                "name" => meaning.set_text(field::GROUP_NAME, value),
                "GID" => meaning.set_text(field::GROUP_UID, value),
                _ => meaning.keep_text(key, value),
            };
        }
        meaning.keep("file", file);
        return Some(meaning);
    }
    if let Some((name, rest)) = text.strip_prefix("group '").and_then(|rest| rest.split_once("' removed")) {
        let file = rest.strip_prefix(" from ").unwrap_or_default();
        // Without file it is the sum of the lines before.
        let activity = if file.is_empty() { group_management::OTHER } else { once(file, group_management::DELETE) };
        let mut meaning = group_change(activity, name);
        meaning.keep_text("file", file);
        return Some(meaning);
    }
    let (file, rest) = text.strip_prefix("group changed in ")?.split_once(" (group ")?;
    let (name, change) = rest.trim_end_matches(')').split_once(", ").unwrap_or((rest, ""));
    let (name, gid) = name.split_once('/').unwrap_or((name, ""));
    let mut meaning = group_change(group_management::OTHER, name);
    meaning.set_text(field::GROUP_UID, gid).keep("file", file).keep_text("changed", change);
    Some(meaning)
}

/// What stands between the first quote and the one after it; or the first word.
fn quoted(text: &str) -> Option<&str> {
    match text.strip_prefix('\'') {
        Some(rest) => rest.split('\'').next(),
        None => text.split(' ').next(),
    }
}
