//! FTP servers: vsftpd, ProFTPD, Pure-FTPd, and the transfer log `xferlog` that they all can write.
//!
//! Sign-ins are Authentication (3002), transfers FTP Activity (4008), connections Network Activity (4001). Sources: vsftpd's
//! `logging.c`, ProFTPD's `modules/mod_auth.c` and `src/log.c`, Pure-FTPd's `src/ftpd.c` and `messages_en.h`, xferlog(5).

use super::own_log::{START, STOP, course, lifecycle};
use super::words::{Words, between, host_port};
use crate::header::{Clock, Line, number};
use crate::meaning::{Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{authentication, ftp_activity, network_activity};
use vigie_model::event::ocsf::{field, logon_type_id};

/// Reads a line of a file that begins with C's `ctime`.
pub(super) fn read<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (time, rest) = clock.ctime(text)?;
    let rest = rest.strip_prefix(' ')?;
    let (program, pid, meaning) = match rest.strip_prefix("[pid ") {
        Some(inside) => {
            let (pid, rest) = inside.split_once("] ")?;
            ("vsftpd", number(pid), vsftpd(rest)?)
        }
        None => ("ftpd", None, xferlog(rest)?),
    };
    Some((Line { time: Some(time), program, pid, message: rest, ..Line::default() }, meaning))
}

/// Reads the message of a line that came over syslog.
pub(super) fn parse(program: &str, line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim();
    match program {
        "vsftpd" => vsftpd(text.strip_prefix("[pid ").and_then(|rest| rest.split_once("] ")).map_or(text, |(_, rest)| rest)),
        "proftpd" => proftpd(text),
        _ => pure_ftpd(text),
    }
}

fn tried(format: &'static str, user: &str, service: &str) -> Meaning {
    let mut meaning = Meaning::new(format, Class::Authentication, authentication::LOGON);
    meaning.set(field::USER_NAME, user).set(field::SERVICE_NAME, service).set(field::IS_REMOTE, true);
    meaning.set(field::LOGON_TYPE_ID, logon_type_id::NETWORK_CLEARTEXT);
    meaning
}

fn moved(format: &'static str, activity: u8, path: &str) -> Meaning {
    let mut meaning = Meaning::new(format, Class::FtpActivity, activity);
    meaning.set_text(field::FILE_PATH, path);
    meaning.set_text(field::FILE_NAME, path.rsplit('/').next().unwrap_or(path));
    meaning
}

/// `[eva] OK LOGIN: Client "192.0.2.7"`, `[eva] OK UPLOAD: Client "192.0.2.7", "/x", 512 bytes, 1.2Kbyte/sec`
fn vsftpd(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "vsftpd";
    let (user, rest) = match text.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((user, rest)) => (user, rest),
        None => ("", text),
    };
    let (what, rest) = rest.split_once(": Client \"")?;
    let (client, rest) = rest.split_once('"')?;
    let is_ok = !what.starts_with("FAIL");
    let what = what.trim_start_matches("OK ").trim_start_matches("FAIL ");
    let path = between(rest, ", \"", "\"").unwrap_or_default();
    let mut meaning = match what {
        "CONNECT" => Meaning::new(FORMAT, Class::NetworkActivity, network_activity::OPEN),
        "LOGIN" => tried(FORMAT, user, "vsftpd"),
        "UPLOAD" | "APPEND" => moved(FORMAT, ftp_activity::PUT, path),
        "DOWNLOAD" => moved(FORMAT, ftp_activity::GET, path),
        "DELETE" | "RMDIR" => moved(FORMAT, ftp_activity::DELETE, path),
        "RENAME" => moved(FORMAT, ftp_activity::RENAME, path),
        "MKDIR" | "CHMOD" | "DEBUG" | "FTP command" | "FTP response" | "HTTP REQUEST" => moved(FORMAT, ftp_activity::OTHER, path),
        _ => return None,
    };
    if meaning.class == Class::FtpActivity {
        meaning.set(field::COMMAND, what).set_text(field::ACTOR_USER_NAME, user);
        let bytes = rest.split(", ").find_map(|fact| number(fact.strip_suffix(" bytes")?));
        meaning.set_some(field::TRAFFIC_BYTES, bytes);
    }
    let (host, port) = if client.contains("::") { (client, None) } else { host_port(client) };
    meaning.endpoint(SOURCE, host, port);
    if meaning.class != Class::NetworkActivity {
        if is_ok {
            meaning.succeeded()
        } else {
            meaning.failed(if what == "LOGIN" { "INVALID_CREDENTIALS" } else { "" })
        };
    }
    Some(meaning)
}

/// `1 192.0.2.7 1024 /srv/x b _ i r eva ftp 0 * c`
fn xferlog(text: &str) -> Option<Meaning> {
    let mut words = Words(text);
    let (seconds, host, bytes) = (number(words.next()?)?, words.next()?, number(words.next()?)?);
    // The name of a file may have blanks; what stands behind it has none.
    let (rest, _status) = words.rest().rsplit_once(' ')?;
    let mut facts = rest.rsplitn(9, ' ');
    let (_id, _method, service, user) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let (access, direction, _action, kind) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let path = facts.next()?;
    if !matches!(kind, "a" | "b") || !matches!(access, "a" | "g" | "r") {
        return None;
    }
    let activity = match direction {
        "i" => ftp_activity::PUT,
        "o" => ftp_activity::GET,
        "d" => ftp_activity::DELETE,
        _ => return None,
    };
    let mut meaning = moved("xferlog", activity, path);
    meaning.endpoint(SOURCE, host, None).set_text(field::ACTOR_USER_NAME, user).set(field::TRAFFIC_BYTES, bytes);
    meaning.set(field::DURATION, seconds * 1000).keep("service", service).keep("access", access);
    if text.ends_with(" i") {
        meaning.failed("incomplete")
    } else {
        meaning.succeeded()
    };
    Some(meaning)
}

/// `ftp.example.com (client.example.com[192.0.2.7]) - USER eva: Login successful.`
fn proftpd(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "proftpd";
    if let Some(rest) = text.strip_prefix("refused connect from ") {
        let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::REFUSE);
        let (name, ip) = rest.split_once(" (").map_or((rest, rest), |(name, ip)| (name, ip.trim_end_matches(')')));
        meaning.endpoint(SOURCE, name, None).endpoint(SOURCE, ip, None).failed("refused by TCP wrappers");
        return Some(meaning);
    }
    if let Some(activity) =
        course(text, &[("standalone mode STARTUP", START), ("standalone mode SHUTDOWN", STOP), ("ProFTPD killed", STOP)])
    {
        let mut meaning = lifecycle(FORMAT, activity, "proftpd");
        meaning.succeeded();
        return Some(meaning);
    }
    let (head, rest) = text.split_once(") - ").or_else(|| text.split_once("): "))?;
    let (_, client) = head.split_once(" (")?;
    let (name, ip) = client.split_once('[')?;
    let what = rest.trim_end_matches('.');
    let what = what.split_once(": ").filter(|(module, _)| module.starts_with("mod_")).map_or(what, |(_, rest)| rest);
    let mut meaning = if let Some(user) = ["USER ", "ANON "].iter().find_map(|mark| what.strip_prefix(mark)) {
        if let Some(user) = user.strip_suffix(": Login successful") {
            let mut meaning = tried(FORMAT, user, "proftpd");
            meaning.succeeded();
            meaning
        } else if let Some((user, why)) = user.split_once(" (Login failed): ") {
            let mut meaning = tried(FORMAT, user, "proftpd");
            meaning.failed(if why == "Incorrect password" { "INVALID_CREDENTIALS" } else { why });
            meaning
        } else {
            let (user, _) = user.split_once(": no such user found")?;
            let mut meaning = tried(FORMAT, user, "proftpd");
            meaning.failed("USER_DOES_NOT_EXIST");
            meaning
        }
    } else if let Some(user) = what.strip_prefix("SECURITY VIOLATION: ") {
        let mut meaning = tried(FORMAT, user.split(' ').next().unwrap_or_default(), "proftpd");
        meaning.failed(what);
        meaning
    } else {
        let activity = if what.starts_with("FTP session opened") || what.starts_with("SSH2 session opened") {
            network_activity::OPEN
        } else if what.starts_with("FTP session closed")
            || what.starts_with("SSH2 session closed")
            || what.starts_with("FTP session idle")
        {
            network_activity::CLOSE
        } else if what.ends_with(" denied") || what.contains("aximum ") || what.contains("refused") {
            network_activity::REFUSE
        } else if what.starts_with("Connection from ")
            || what.contains("timeout")
            || what.contains("timed out")
            || what.starts_with("Preparing to chroot")
        {
            network_activity::OTHER
        } else {
            return None;
        };
        let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, activity);
        if activity == network_activity::REFUSE {
            meaning.failed(what);
        }
        meaning
    };
    let ip = ip.trim_end_matches([']', ')']);
    if name != ip {
        meaning.endpoint(SOURCE, name, None);
    }
    meaning.endpoint(SOURCE, ip.strip_prefix("::ffff:").unwrap_or(ip), None);
    Some(meaning)
}

/// `(eva@192.0.2.7) [NOTICE] /home/eva//x uploaded  (512 bytes, 1.20KB/sec)`
fn pure_ftpd(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "pure-ftpd";
    let (who, rest) = text.strip_prefix('(')?.split_once(") [")?;
    let (level, what) = rest.split_once("] ")?;
    let (user, host) = who.rsplit_once('@')?;
    let mut meaning = if let Some(user) = what.strip_prefix("Authentication failed for user [") {
        let mut meaning = tried(FORMAT, user.trim_end_matches(']'), "pure-ftpd");
        meaning.failed("INVALID_CREDENTIALS");
        meaning
    } else if let Some(user) = what.strip_suffix(" is now logged in") {
        let mut meaning = tried(FORMAT, user, "pure-ftpd");
        meaning.succeeded();
        meaning
    } else if what.starts_with("New connection from ") {
        Meaning::new(FORMAT, Class::NetworkActivity, network_activity::OPEN)
    } else if what.starts_with("Logout") || what.starts_with("Timeout") {
        let mut meaning = tried(FORMAT, user, "pure-ftpd");
        meaning.activity = authentication::LOGOFF;
        meaning
    } else {
        let (path, activity) = if let Some((path, _)) = what.split_once(" uploaded  (") {
            (path, ftp_activity::PUT)
        } else if let Some((path, _)) = what.split_once(" downloaded  (") {
            (path, ftp_activity::GET)
        } else if let Some(path) = what.strip_prefix("Deleted ") {
            (path, ftp_activity::DELETE)
        } else {
            let mut meaning = super::own_log::said(FORMAT, level);
            meaning.keep("client", host);
            return Some(meaning);
        };
        let mut meaning = moved(FORMAT, activity, path);
        meaning.set_text(field::ACTOR_USER_NAME, user).succeeded();
        meaning.set_some(field::TRAFFIC_BYTES, between(what, "(", " bytes").and_then(number));
        meaning
    };
    meaning.endpoint(SOURCE, host, None);
    Some(meaning)
}
