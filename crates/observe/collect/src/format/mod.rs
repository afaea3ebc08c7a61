//! What programs say, one file per program: messages to OCSF.
//!
//! Written from the sources of the programs and from what they print, not from the parsers of other
//! tools. A parser gets a [`Line`] and gives a [`Meaning`] or nothing; it keeps no state, so lines
//! may come from anywhere in any order. Text that a stranger can choose (a user name in a failed
//! sign-in) is always bounded by what follows it, searched from the right.
//!
//! A new format is one more file, one more line in [`FORMATS`] and one in [`by_program`].

mod accounts;
mod apache;
mod app_log;
pub(crate) mod apt;
mod asterisk;
pub(crate) mod audit;
mod cron;
mod desktop;
mod devices;
mod dhcp;
pub(crate) mod dnf;
mod dns;
mod doas;
mod dovecot;
pub(crate) mod dpkg;
mod envoy;
mod exchange;
mod exim;
mod firewall;
mod ftp;
mod generic;
mod gitlab;
mod guards;
mod haproxy;
mod http;
mod iis;
mod kernel;
mod keycloak;
mod level;
mod login;
mod logind;
mod mail;
mod mongodb;
mod mysql;
mod nginx;
mod openldap;
mod opensmtpd;
mod own_log;
mod pairs;
mod pam;
mod panels;
mod postfix;
mod postgres;
mod programs;
mod proxifier;
mod redis;
mod samba;
#[cfg(test)]
pub(crate) mod samples;
mod sendmail;
mod sftp;
pub(crate) mod shape;
mod sqlserver;
mod squid;
mod sshd;
mod su;
mod sudo;
mod systemd;
mod vpn;
mod web_access;
mod words;
mod wrappers;
pub(crate) mod zypper;

pub(crate) use devices::set_protocol;
pub(crate) use pairs::pairs;

use crate::header::Line;
use crate::meaning::Meaning;

/// Every value of `origin.format`.
pub const FORMATS: &[&str] = &[
    "accounts",
    "apache",
    "app-log",
    "apt",
    "arbor",
    "asterisk",
    "audit",
    "cef",
    "checkpoint",
    "cimserver",
    "cisco-asa",
    "cisco-ios",
    "clamav",
    "cpanel",
    "cron",
    "dbus",
    "dhcp",
    "dnf",
    "dnsmasq",
    "doas",
    "dovecot",
    "dpkg",
    "envoy",
    "eset",
    "exchange",
    "exim",
    "f5",
    "fail2ban",
    "firewall",
    "firewalld",
    "fortinet",
    "gitlab",
    "haproxy",
    "huawei",
    "iis",
    "json",
    "junos",
    "kernel",
    "key-value",
    "keycloak",
    "leef",
    "logfmt",
    "login",
    "logind",
    "macos",
    "mcafee",
    "mikrotik",
    "mongodb",
    "mysql",
    "named",
    "netscreen",
    "network-manager",
    "nginx",
    "openldap",
    "opensmtpd",
    "openvpn",
    "oscap",
    "ossec",
    "pacemaker",
    "paloalto",
    "pam",
    "pf",
    "polkit",
    "postfix",
    "postgres",
    "proftpd",
    "proxifier",
    "pure-ftpd",
    "rails",
    "redis",
    "rsh",
    "samba",
    "sendmail",
    "service",
    "snort",
    "sonicwall",
    "sophos",
    "sophos-fw",
    "sqlserver",
    "squid",
    "sshd",
    "strongswan",
    "su",
    "sudo",
    "suricata",
    "systemd",
    "time",
    "unbound",
    "vpc-flow",
    "vsftpd",
    "watchguard",
    "wazuh-api",
    "web-access",
    "wireguard",
    "wrappers",
    "xferlog",
    "yum",
    "zypper",
];

/// The format of pairs that no parser knows.
pub(crate) const KEY_VALUE: &str = "key-value";

/// The meaning of a message, if a parser understands it. JSON is for the pages ([`crate::mapping`]).
pub(crate) fn understand(line: &Line<'_>) -> Option<Meaning> {
    let program = base_name(line.program);
    if let Some(meaning) = pam::parse(program, line) {
        return Some(meaning);
    }
    by_program(program, line)
        .or_else(|| programs::parse(program, line))
        .or_else(|| devices::parse(line))
        .or_else(|| programs::formed(line))
        .or_else(|| generic::parse(line))
}

fn by_program(program: &str, line: &Line<'_>) -> Option<Meaning> {
    match program {
        "sshd" | "sshd-session" | "sshd-auth" => sshd::parse(line),
        "internal-sftp" | "sftp-server" => sftp::parse(line),
        "sudo" => sudo::parse(line),
        "doas" => doas::parse(line),
        "su" | "su-l" | "runuser" => su::parse(line),
        "useradd" | "usermod" | "userdel" | "groupadd" | "groupmod" | "groupdel" | "groupmems" | "gpasswd" | "passwd"
        | "chpasswd" | "chage" | "chfn" | "chsh" | "newusers" | "adduser" | "deluser" => accounts::parse(program, line),
        "cron" | "CRON" | "crond" | "CROND" | "crontab" | "anacron" | "run-parts" | "atd" => cron::parse(program, line),
        "kernel" => kernel::parse(line),
        "systemd" => systemd::parse(line),
        "systemd-logind" => logind::parse(line),
        "login" => login::parse(line),
        "yum" => dnf::parse_yum(line),
        "audit" | "auditd" | "audispd" => audit::parse(line),
        // A line whose header names no program: a record of auditd in a file of its own.
        "" => audit::parse(line),
        _ => None,
    }
}

/// `/usr/sbin/cron` → `cron`, `su(pam_unix)` → `su`, `(systemd)` → `systemd`.
fn base_name(program: &str) -> &str {
    let name = program.rsplit('/').next().unwrap_or(program);
    let name = name.strip_prefix('(').and_then(|name| name.strip_suffix(')')).unwrap_or(name);
    name.split('(').next().unwrap_or(name)
}
