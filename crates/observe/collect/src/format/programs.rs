//! Which parser reads the messages of a program, for the many programs that have one parser each.

use super::{
    apache, app_log, asterisk, desktop, dhcp, dns, dovecot, exim, ftp, guards, haproxy, level, mysql, openldap, opensmtpd,
    own_log, panels, postfix, postgres, samba, sendmail, shape, vpn, wrappers,
};
use crate::header::{Clock, Line, LocalTime};
use crate::meaning::Meaning;
use jiff::tz::TimeZone;
use vigie_model::time::Timestamp;

/// Reads a message; the name of the program goes first.
type Parse = fn(&str, &Line<'_>) -> Option<Meaning>;

/// By name, in the order of names.
const PROGRAMS: &[(&str, Parse)] = &[
    ("Error", dovecot::parse_own),
    ("Fatal", dovecot::parse_own),
    ("Info", dovecot::parse_own),
    ("NetworkManager", desktop::parse),
    ("Panic", dovecot::parse_own),
    ("Warn", dovecot::parse_own),
    ("Warning", dovecot::parse_own),
    ("apache", |_, line| apache::parse(line)),
    ("apache2", |_, line| apache::parse(line)),
    ("asterisk", |_, line| asterisk::parse(line)),
    ("attrd", |_, line| app_log::levelled("pacemaker", line.message)),
    ("auth", dovecot::parse_own),
    ("auth-worker", dovecot::parse_own),
    ("charon", vpn::parse),
    ("charon-systemd", vpn::parse),
    ("chronyd", desktop::parse),
    ("cib", |_, line| app_log::levelled("pacemaker", line.message)),
    ("cimserver", |_, line| panels::cimserver(line.message)),
    ("clamav-milter", guards::parse),
    ("clamd", guards::parse),
    ("clamonacc", guards::parse),
    ("corosync", |_, line| app_log::cluster("pacemaker", line.message)),
    ("crmd", |_, line| app_log::levelled("pacemaker", line.message)),
    ("dbus", desktop::parse),
    ("dbus-broker-launch", desktop::parse),
    ("dbus-daemon", desktop::parse),
    ("dhclient", dhcp::parse),
    ("dhcpd", dhcp::parse),
    ("dhcpd6", dhcp::parse),
    ("dnsmasq", dns::parse),
    ("dnsmasq-dhcp", dhcp::parse),
    ("dovecot", |_, line| dovecot::parse(line)),
    ("dovecot-auth", |_, line| dovecot::parse(line)),
    ("exim", |_, line| exim::parse(line)),
    ("exim4", |_, line| exim::parse(line)),
    ("fail2ban", guards::parse),
    ("fail2ban-server", guards::parse),
    ("fail2ban.actions", guards::parse),
    ("fail2ban.filter", guards::parse),
    ("fail2ban.jail", guards::parse),
    ("fail2ban.server", guards::parse),
    ("firewalld", desktop::parse),
    ("freshclam", guards::parse),
    ("haproxy", |_, line| haproxy::parse(line)),
    ("httpd", |_, line| apache::parse(line)),
    ("imap", dovecot::parse_own),
    ("imap-login", dovecot::parse_own),
    ("in.fingerd", |_, line| wrappers::parse(line.message)),
    ("in.ftpd", |_, line| wrappers::parse(line.message)),
    ("in.rlogind", |_, line| panels::rsh(line.message)),
    ("in.rshd", |_, line| panels::rsh(line.message)),
    ("in.telnetd", |_, line| wrappers::parse(line.message)),
    ("in.tftpd", |_, line| wrappers::parse(line.message)),
    ("inetd", |_, line| wrappers::parse(line.message)),
    ("ipsec", vpn::parse),
    ("kea-dhcp4", dhcp::parse),
    ("kea-dhcp6", dhcp::parse),
    ("lmtp", dovecot::parse_own),
    ("loginwindow", |program, line| panels::macos(program, line.message)),
    ("lrmd", |_, line| app_log::levelled("pacemaker", line.message)),
    ("managesieve", dovecot::parse_own),
    ("managesieve-login", dovecot::parse_own),
    ("mariadbd", |_, line| mysql::parse(line)),
    ("master", dovecot::parse_own),
    ("mysql-server_auditing", |_, line| mysql::parse(line)),
    ("mysqld", |_, line| mysql::parse(line)),
    ("named", dns::parse),
    ("nm-openvpn", vpn::parse),
    ("nmbd", samba::parse),
    ("ntpd", desktop::parse),
    ("ntpdate", desktop::parse),
    ("openvpn", vpn::parse),
    ("oscap", guards::parse),
    ("ossec", guards::parse),
    ("ovpn-client", vpn::parse),
    ("ovpn-server", vpn::parse),
    ("pacemaker-attrd", |_, line| app_log::levelled("pacemaker", line.message)),
    ("pacemaker-based", |_, line| app_log::levelled("pacemaker", line.message)),
    ("pacemaker-controld", |_, line| app_log::levelled("pacemaker", line.message)),
    ("pacemaker-execd", |_, line| app_log::levelled("pacemaker", line.message)),
    ("pacemaker-fenced", |_, line| app_log::levelled("pacemaker", line.message)),
    ("pacemaker-schedulerd", |_, line| app_log::levelled("pacemaker", line.message)),
    ("pacemakerd", |_, line| app_log::levelled("pacemaker", line.message)),
    ("pengine", |_, line| app_log::levelled("pacemaker", line.message)),
    ("pkexec", desktop::parse),
    ("polkit", desktop::parse),
    ("polkitd", desktop::parse),
    ("pop3", dovecot::parse_own),
    ("pop3-login", dovecot::parse_own),
    ("postgres", |_, line| postgres::parse(line)),
    ("postgresql", |_, line| postgres::parse(line)),
    ("proftpd", ftp::parse),
    ("pure-ftpd", ftp::parse),
    ("rlogind", |_, line| panels::rsh(line.message)),
    ("rpcbind", |_, line| wrappers::parse(line.message)),
    ("rsh", |_, line| panels::rsh(line.message)),
    ("rshd", |_, line| panels::rsh(line.message)),
    ("samba", samba::parse),
    ("screensharingd", |program, line| panels::macos(program, line.message)),
    ("sendmail", |_, line| sendmail::parse(line)),
    ("sendmail-in", |_, line| sendmail::parse(line)),
    ("slapd", |_, line| openldap::parse(line)),
    ("sm-msp-queue", |_, line| sendmail::parse(line)),
    ("sm-mta", |_, line| sendmail::parse(line)),
    ("smbd", samba::parse),
    ("smbd_audit", samba::parse),
    ("smtpd", |_, line| opensmtpd::parse(line)),
    ("snort", guards::parse),
    ("stonith-ng", |_, line| app_log::levelled("pacemaker", line.message)),
    ("submission-login", dovecot::parse_own),
    ("suricata", guards::parse),
    ("systemd-timesyncd", desktop::parse),
    ("telnetd", |_, line| wrappers::parse(line.message)),
    ("unbound", dns::parse),
    ("vsftpd", ftp::parse),
    ("wazuh", guards::parse),
    ("winbindd", samba::parse),
    ("xinetd", |_, line| wrappers::parse(line.message)),
];

/// The meaning of a message by the program that wrote it.
pub(super) fn parse(program: &str, line: &Line<'_>) -> Option<Meaning> {
    // `postfix/smtpd`, `postfix-out/submission/smtpd`: the service stands behind the instance.
    if line.program.starts_with("postfix") && (line.program.contains('/') || line.program.ends_with("-script")) {
        return postfix::parse(line);
    }
    let at = PROGRAMS.binary_search_by(|(name, _)| (*name).cmp(program)).ok()?;
    // Levels stand for a program where a line has none.
    let is_level = level::severity(program).is_some();
    PROGRAMS.get(at)?.1(program, line)
        .or_else(|| formed(line))
        .or_else(|| if is_level { None } else { own_log::trouble(program, line.message) })
}

/// The meaning of a message that has a form of its own: a web server's line over syslog, a container's output.
pub(super) fn formed(line: &Line<'_>) -> Option<Meaning> {
    if let Some(meaning) = wrappers::refused(line.message) {
        return Some(meaning);
    }
    // The time of the header counts.
    let mut local = LocalTime::new(TimeZone::UTC);
    let mut clock = Clock::new(Timestamp::EPOCH, &mut local);
    shape::read(line.message, &mut clock).map(|(_, meaning)| meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_in_order() {
        assert!(PROGRAMS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
