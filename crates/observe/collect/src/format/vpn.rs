//! VPN servers: OpenVPN, strongSwan, WireGuard.
//!
//! Who came in is Authentication (3002), tunnels that come up and go down Tunnel Activity (4014). Sources: OpenVPN's `ssl.c`,
//! `ssl_verify.c`, `multi.c`, `push.c` and the messages of its LDAP plugin; strongSwan's `libcharon`; WireGuard's
//! `drivers/net/wireguard/receive.c` and `device.c` of Linux.

use super::own_log::{self, START, STOP, course, lifecycle};
use super::words::{address_port, between};
use crate::header::Line;
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{authentication, tunnel_activity};
use vigie_model::event::ocsf::{field, logon_type_id};

/// Reads the message of a line that came over syslog.
pub(super) fn parse(program: &str, line: &Line<'_>) -> Option<Meaning> {
    if program.starts_with("charon") || program == "ipsec" { charon(line.message) } else { openvpn(line.message) }
}

fn tried(format: &'static str, user: &str) -> Meaning {
    let mut meaning = Meaning::new(format, Class::Authentication, authentication::LOGON);
    meaning.set_text(field::USER_NAME, user).set(field::SERVICE_NAME, format).set(field::IS_REMOTE, true);
    meaning.set(field::LOGON_TYPE_ID, logon_type_id::NETWORK);
    meaning
}

fn tunnel(format: &'static str, activity: u8, user: &str) -> Meaning {
    let mut meaning = Meaning::new(format, Class::TunnelActivity, activity);
    meaning.set_text(field::USER_NAME, user);
    meaning
}

/// `eva/192.0.2.7:1194 MULTI_sva: pool returned IPv4=10.8.0.6`, `192.0.2.7:1194 [eva] Peer Connection Initiated with …`
fn openvpn(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "openvpn";
    let (first, after) = text.split_once(' ').unwrap_or((text, ""));
    let (user, client) = first.split_once('/').unwrap_or(("", first));
    let (host, port) = address_port(client);
    let is_client = host.parse::<std::net::IpAddr>().is_ok();
    let (user, rest) = if is_client { (user, after) } else { ("", text) };
    let mut meaning =
        if let Some((name, _)) = rest.strip_prefix('[').and_then(|rest| rest.split_once("] Peer Connection Initiated")) {
            tunnel(FORMAT, tunnel_activity::OPEN, name)
        } else if let Some(name) = between(rest, "authentication succeeded for username '", "'") {
            let mut meaning = tried(FORMAT, name);
            meaning.succeeded();
            meaning
        } else if rest.contains("TLS Auth Error: ")
            || rest.starts_with("AUTH_FAILED")
            || rest.contains("SENT CONTROL") && rest.contains("AUTH_FAILED")
        {
            let mut meaning = tried(FORMAT, user);
            meaning.failed("INVALID_CREDENTIALS").keep("reason", rest);
            // The same refusal is told to the client and to the log.
            if !rest.contains("TLS Auth Error: ") {
                meaning.activity = authentication::PREAUTH;
            }
            meaning
        } else if let Some(dn) = between(rest, "Incorrect password supplied for LDAP DN \"", "\"") {
            let mut meaning = tried(FORMAT, dn);
            meaning.failed("INVALID_CREDENTIALS");
            meaning
        } else if let Some(name) = between(rest, "LDAP user \"", "\" was not found") {
            let mut meaning = tried(FORMAT, name);
            meaning.failed("USER_DOES_NOT_EXIST");
            meaning
        } else if rest.starts_with("VERIFY ERROR: ") || rest.contains("CRL: certificate is revoked") {
            let mut meaning = tried(FORMAT, between(rest, "CN=", ",").unwrap_or(user));
            meaning.failed(rest);
            meaning
        } else if rest.starts_with("VERIFY OK: depth=0") {
            let mut meaning =
                tried(FORMAT, rest.split_once("CN=").map_or(user, |(_, rest)| rest.split([',', '/']).next().unwrap_or_default()));
            meaning.activity = authentication::PREAUTH;
            meaning.succeeded();
            meaning
        } else if rest.starts_with("TLS Error: ")
            || rest.starts_with("TLS: Initial packet")
            || rest.contains("TLS handshake failed")
            || rest.starts_with("tls-crypt unwrap error")
        {
            let mut meaning = tunnel(FORMAT, tunnel_activity::OTHER, user);
            if rest.contains("rror") || rest.contains("failed") {
                meaning.failed(rest);
            }
            if let Some((_, address)) = rest.split_once("[AF_INET]").or_else(|| rest.split_once("[AF_INET6]")) {
                let (host, port) = address_port(address.split(',').next().unwrap_or_default());
                meaning.endpoint(SOURCE, host, port);
            }
            meaning
        } else if let Some(address) =
            rest.split_once("pool returned IPv4=").map(|(_, rest)| rest.split(',').next().unwrap_or_default())
        {
            let mut meaning = tunnel(FORMAT, tunnel_activity::OTHER, user);
            meaning.set_text(field::TUNNEL_INTERFACE_IP, address);
            meaning
        } else if rest.contains("client-instance exiting")
            || rest.contains("client-instance restarting")
            || rest.contains("Inactivity timeout (--ping-restart)")
        {
            let mut meaning = tunnel(FORMAT, tunnel_activity::CLOSE, user);
            meaning.set_text(field::STATUS_DETAIL, rest);
            meaning
        } else {
            let activity = course(rest, &[("Initialization Sequence Completed", START), ("process exiting", STOP)])?;
            let mut meaning = lifecycle(FORMAT, activity, "openvpn");
            meaning.succeeded();
            return Some(meaning);
        };
    if is_client {
        meaning.endpoint(SOURCE, host, port);
    }
    Some(meaning)
}

/// `12[IKE] IKE_SA home[1] established between 198.51.100.1[gw.example.com]...192.0.2.7[eva]`
fn charon(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "strongswan";
    let (thread, rest) = text.split_once(' ')?;
    let group = between(thread, "[", "]")?;
    let rest = rest.split_once("> ").filter(|(start, _)| start.starts_with('<')).map_or(rest, |(_, rest)| rest);
    let ends = |meaning: &mut Meaning, text: &str| {
        if let Some((ours, theirs)) = text.split_once("...") {
            meaning.endpoint(DESTINATION, ours.split('[').next().unwrap_or_default().trim(), None);
            let (host, name) = theirs.split_once('[').unwrap_or((theirs, ""));
            meaning.endpoint(SOURCE, host, None);
            let name = name.split(']').next().unwrap_or_default();
            meaning.set_text(field::USER_NAME, if name == "%any" { "" } else { name });
        }
    };
    let mut meaning = if let Some((_, peers)) = rest.split_once(" established between ") {
        let mut meaning = tunnel(FORMAT, tunnel_activity::OPEN, "");
        ends(&mut meaning, peers);
        meaning
    } else if let Some((_, peers)) = rest.strip_prefix("deleting IKE_SA ").and_then(|rest| rest.split_once(" between ")) {
        let mut meaning = tunnel(FORMAT, tunnel_activity::CLOSE, "");
        ends(&mut meaning, peers);
        meaning
    } else if rest.starts_with("CHILD_SA ") && rest.contains(" established with SPIs ") {
        let mut meaning = tunnel(FORMAT, tunnel_activity::OTHER, "");
        meaning.set_text(field::STATUS_DETAIL, rest);
        meaning
    } else if let Some((user, result)) = rest.strip_prefix("authentication of '").and_then(|rest| rest.split_once("' with ")) {
        // Our own authentication ends in `(myself)`.
        if result.contains("(myself)") {
            return Some(own_log::said(FORMAT, "info"));
        }
        let mut meaning = tried(FORMAT, user);
        meaning.set_text(field::AUTH_PROTOCOL, result.split(' ').next().unwrap_or_default());
        if result.contains("success") {
            meaning.succeeded()
        } else {
            meaning.failed("INVALID_CREDENTIALS")
        };
        meaning
    } else if let Some(user) =
        between(rest, " failed for peer ", " ").or_else(|| rest.split_once(" failed for peer ").map(|(_, user)| user))
    {
        let mut meaning = tried(FORMAT, user);
        meaning.failed("INVALID_CREDENTIALS");
        meaning
    } else if let Some(peer) =
        rest.strip_suffix(" is initiating an IKE_SA").or_else(|| rest.strip_suffix(" is initiating a Main Mode IKE_SA"))
    {
        let mut meaning = tunnel(FORMAT, tunnel_activity::OTHER, "");
        meaning.endpoint(SOURCE, peer, None);
        meaning
    } else {
        own_log::said(
            FORMAT,
            if rest.contains("failed") || rest.contains("no matching") || rest.contains("AUTH_FAILED") {
                "warning"
            } else {
                "info"
            },
        )
    };
    meaning.set(field::METADATA_LOG_NAME, group);
    Some(meaning)
}

/// The kernel's: `wireguard: wg0: Handshake for peer 1 (192.0.2.7:51820) did not complete after 20 attempts, giving up`.
pub(super) fn wireguard(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "wireguard";
    let (interface, rest) = text.strip_prefix("wireguard: ")?.split_once(": ")?;
    let activity = if rest.starts_with("Keypair ") && rest.contains(" created") || rest.starts_with("Interface created") {
        tunnel_activity::OPEN
    } else if rest.contains(" destroyed") || rest.contains("giving up") {
        tunnel_activity::CLOSE
    } else {
        tunnel_activity::OTHER
    };
    let mut meaning = tunnel(FORMAT, activity, "");
    meaning.set_text(field::TUNNEL_INTERFACE_NAME, interface).set_text(field::STATUS_DETAIL, rest);
    let address = between(rest, "(", ")").or_else(|| rest.rsplit_once(" from ").map(|(_, address)| address)).unwrap_or_default();
    let (host, port) = address_port(address);
    if host.parse::<std::net::IpAddr>().is_ok() {
        meaning.endpoint(SOURCE, host, port);
    }
    Some(meaning)
}
