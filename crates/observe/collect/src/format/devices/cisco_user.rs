//! Cisco ASA and its kin: people. Who signed in, who was refused, what was configured, which tunnels
//! came and went.

use super::asa::{FORMAT, end};
use super::facts::{self, put, set_clock};
use super::scan::{between, scan};
use crate::header::number;
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{
    account_change, authentication, device_config_state_change, process_activity, ssh_activity, tunnel_activity,
};
use vigie_model::event::ocsf::field;

pub(super) fn parse(code: i64, text: &str) -> Option<Meaning> {
    match code {
        109_001 | 109_011 => authentication(authentication::PREAUTH, None, text),
        109_012 => authentication(authentication::LOGOFF, Some(true), text),
        109_005 | 109_007 | 113_004 | 113_008 | 113_012 | 605_005 | 611_101 | 716_001 | 716_038 | 713_119 | 113_039 | 722_051 => {
            authentication(authentication::LOGON, Some(true), text)
        }
        109_002
        | 109_006
        | 109_008
        | 109_010
        | 109_024
        | 109_025
        | 109_031
        | 109_034
        | 113_005
        | 113_013..=113_017
        | 113_021
        | 308_001
        | 605_004
        | 611_102
        | 713_167
        | 716_039
        | 716_046
        | 716_056 => authentication(authentication::LOGON, Some(false), text),
        113_006 | 113_007 => locked(code, text),
        113_019 | 611_103 | 716_002 => authentication(authentication::LOGOFF, Some(true), text),
        315_011 => ssh(text),
        502_101 | 502_102 => account(code, text),
        502_103 => privileges(text),
        111_001..=111_005 | 111_007 => configuration(text),
        111_008..=111_010 => command(text),
        602_303..=602_304
        | 713_050
        | 713_120
        | 722_022..=722_023
        | 722_033..=722_037
        | 746_012..=746_013
        | 751_023..=751_026
        | 603_104..=603_109 => tunnel(text),
        109_000..=109_999
        | 113_000..=113_999
        | 716_000..=716_999
        | 722_000..=722_999
        | 713_000..=713_999
        | 734_000..=734_999
        | 751_000..=751_999 => authentication(authentication::OTHER, None, text),
        _ => None,
    }
}

/// The user a sentence names, in the many ways of thirty years.
fn user(text: &str) -> Option<&str> {
    let quoted = [("user \"", "\""), ("user '", "'"), ("User '", "'"), ("User <", ">"), ("Username '", "'")];
    let quoted = quoted.iter().find_map(|(before, after)| between(text, before, after));
    let named = || {
        let names = ["Username = ", "user = ", "User = ", "Uname: ", "Username:", "Username: ", "User: "];
        names.iter().find_map(|before| between(text, before, ",")).map(|user| user.split([' ', ',']).next().unwrap_or(user))
    };
    let plain = || {
        let names = ["for user ", " user ", "User ", "user "];
        names
            .iter()
            .find_map(|before| between(text, before, " "))
            .filter(|user| !matches!(*user, "=" | "IP" | "authentication" | "is"))
    };
    let user = quoted.or_else(named).or_else(plain)?;
    Some(user.trim_end_matches([',', '.', ':', ';'])).filter(|user| !user.is_empty())
}

/// The address a sentence says somebody came from.
fn source(text: &str) -> Option<&str> {
    let names = ["user IP = ", "IP <", "IP = ", "Remote:", "(from ", " from ", "IP address: ", "Addr ", "Peer IP ", "peer "];
    let rest = names.iter().find_map(|before| between(text, before, ""))?;
    Some(rest.split([' ', ',', '>', ')']).next().unwrap_or(rest)).filter(|host| !host.is_empty())
}

fn about(text: &str, class: Class, activity: u8) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, class, activity);
    put(&mut meaning, "user", user(text).unwrap_or_default(), facts::USER);
    if facts::has(&meaning, field::SRC_ENDPOINT_IP)
        && let Some(source) = source(text)
    {
        end(&mut meaning, SOURCE, source);
    }
    let group = between(text, "Group <", ">").or_else(|| between(text, "Group = ", ","));
    meaning.keep_text("group", group.map_or("", |group| group.split_once(',').map_or(group, |(group, _)| group)));
    let server = between(text, "server = ", " : ").or_else(|| between(text, "(server ", " "));
    let server = server.unwrap_or_default().trim().split(' ').next().unwrap_or_default();
    meaning.keep_text("server", server.trim_end_matches([',', ':']));
    let reason = between(text, "reason = ", " : ").or_else(|| between(text, "Reason: ", ""));
    let reason = reason.or_else(|| between(text, "reason: \"", "\"")).or_else(|| between(text, "reason: ", ""));
    meaning.set_text(field::STATUS_DETAIL, reason.unwrap_or_default().trim_end_matches('.'));
    meaning.keep_text("session_type", between(text, "Session Type: ", ",").unwrap_or_default().trim_end_matches('.'));
    meaning
}

fn authentication(activity: u8, worked: Option<bool>, text: &str) -> Option<Meaning> {
    if worked.is_none() && user(text).is_none() && source(text).is_none() {
        return None;
    }
    let mut meaning = about(text, Class::Authentication, activity);
    meaning.set(field::IS_REMOTE, true);
    match worked {
        Some(true) => drop(meaning.succeeded()),
        Some(false) => {
            let reason = meaning.fields.text(field::STATUS_DETAIL).unwrap_or("INVALID_CREDENTIALS").to_owned();
            meaning.failed(&reason);
        }
        None => {}
    }
    if let Some(rest) = between(text, " to ", "").filter(|_| source(text).is_some()) {
        let destination = rest.split(' ').next().unwrap_or(rest);
        if destination.contains(['/', ':']) {
            end(&mut meaning, DESTINATION, destination);
            put(&mut meaning, "service", destination.rsplit('/').next().unwrap_or_default(), facts::SERVICE);
        }
    }
    if let Some(clock) = between(text, "Duration: ", ",") {
        set_clock(&mut meaning, clock.rsplit(' ').next().unwrap_or(clock));
    }
    for (name, before) in [("bytes_sent", "Bytes xmt: "), ("bytes_received", "Bytes rcv: "), ("assigned", "IPv4 Address <")] {
        meaning.keep_text(name, between(text, before, ",").unwrap_or_default().split('>').next().unwrap_or_default());
    }
    Some(meaning)
}

/// `User 'eva' locked out on exceeding '3' successive failed authentication attempts`
fn locked(code: i64, text: &str) -> Option<Meaning> {
    let activity = if code == 113_006 { account_change::LOCK } else { account_change::UNLOCK };
    let mut meaning = about(text, Class::AccountChange, activity);
    meaning.succeeded();
    if code == 113_007 {
        meaning.set_text(field::ACTOR_USER_NAME, between(text, " by ", "").unwrap_or_default());
    }
    Some(meaning)
}

/// `New user added to local dbase: Uname: eva Priv: 15 Encpass: …`: the last is nobody's business.
fn account(code: i64, text: &str) -> Option<Meaning> {
    let activity = if code == 502_101 { account_change::CREATE } else { account_change::DELETE };
    let mut meaning = about(text, Class::AccountChange, activity);
    meaning.succeeded().keep_text("privilege", between(text, "Priv: ", " ").unwrap_or_default());
    Some(meaning)
}

/// `User priv level changed: Uname: eva From: 1 To: 15`
fn privileges(text: &str) -> Option<Meaning> {
    let [user, from, to, ..] = scan(text, "User priv level changed: Uname: {} From: {} To: {}")?;
    let mut meaning = Meaning::new(FORMAT, Class::AccountChange, account_change::OTHER);
    meaning.set_text(field::USER_NAME, user).succeeded();
    meaning.keep_text("privilege_from", from).keep_text("privilege", to);
    Some(meaning)
}

/// `User 'eva' executed the 'enable' command.`, `User 'eva', running 'CLI' from IP 192.0.2.7, executed 'write'`
fn command(text: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new(FORMAT, Class::ProcessActivity, process_activity::LAUNCH);
    let (user, command) =
        if let Some([user, application, from, command, ..]) = scan(text, "User '{}', running '{}' from IP {}, executed '{}'") {
            meaning.keep_text("application", application).keep_text("from", from);
            (user, command)
        } else if let Some([user, command, ..]) = scan(text, "User '{}' executed the '{}' command") {
            (user, command)
        } else {
            let rest = text.strip_prefix("User ")?;
            let (user, command) = rest.split_once(" executed cmd:")?;
            (user.trim_matches('\''), command.trim())
        };
    meaning.set_text(field::ACTOR_USER_NAME, user).set_text(field::PROCESS_CMD_LINE, command);
    let name = command.split(' ').next().unwrap_or(command);
    meaning.set_text(field::PROCESS_NAME, name);
    Some(meaning)
}

/// `Begin configuration: 192.0.2.7 reading from terminal`, `192.0.2.7 end configuration: OK`
fn configuration(text: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new(FORMAT, Class::DeviceConfigStateChange, device_config_state_change::LOG);
    let from = between(text, "onfiguration: ", " ").filter(|_| text.starts_with("Begin")).or_else(|| text.split(' ').next());
    meaning.keep_text("from", from.unwrap_or_default());
    if text.ends_with("FAILED") {
        meaning.failed("");
    } else if text.ends_with("OK") {
        meaning.succeeded();
    }
    Some(meaning)
}

/// `SSH session from 192.0.2.7 on interface inside for user "eva" disconnected by SSH server, reason: "…"`
fn ssh(text: &str) -> Option<Meaning> {
    let mut meaning = about(text, Class::SshActivity, ssh_activity::CLOSE);
    put(&mut meaning, "interface", between(text, "on interface ", " ").unwrap_or_default(), facts::SOURCE_INTERFACE);
    Some(meaning)
}

fn tunnel(text: &str) -> Option<Meaning> {
    let ends = ["terminated", "closing", "deleted", "removed", "disconnected"].iter().any(|word| text.contains(word));
    let activity = if ends { tunnel_activity::CLOSE } else { tunnel_activity::OPEN };
    let mut meaning = about(text, Class::TunnelActivity, activity);
    if let Some([local, remote, ..]) = scan(text.split_once("between ").map_or("", |(_, rest)| rest), "{} and {} ") {
        end(&mut meaning, SOURCE, local);
        end(&mut meaning, DESTINATION, remote);
    }
    if let Some(count) = between(text, "Duration: ", "s").and_then(number) {
        meaning.set(field::DURATION, count.saturating_mul(1000));
    }
    Some(meaning)
}
