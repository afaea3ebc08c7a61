//! What an OpenSSH server does where its configuration says nothing, and how values are written alike.
//!
//! The defaults are those of sshd_config(5) since OpenSSH 7.0, for the keywords that checks read. Used when `sshd -T`
//! cannot be asked; lists of algorithms have no entry because they change with every release.

use std::collections::BTreeMap;

/// Keyword and built-in value; several values are parted by blanks.
const DEFAULTS: [(&str, &str); 64] = [
    ("addressfamily", "any"),
    ("allowagentforwarding", "yes"),
    ("allowstreamlocalforwarding", "yes"),
    ("allowtcpforwarding", "yes"),
    ("authenticationmethods", "any"),
    ("authorizedkeyscommand", "none"),
    ("authorizedkeyscommanduser", "none"),
    ("authorizedkeysfile", ".ssh/authorized_keys .ssh/authorized_keys2"),
    ("authorizedprincipalscommand", "none"),
    ("authorizedprincipalscommanduser", "none"),
    ("authorizedprincipalsfile", "none"),
    ("banner", "none"),
    ("chrootdirectory", "none"),
    ("clientalivecountmax", "3"),
    ("clientaliveinterval", "0"),
    ("compression", "yes"),
    ("disableforwarding", "no"),
    ("exposeauthinfo", "no"),
    ("fingerprinthash", "SHA256"),
    ("forcecommand", "none"),
    ("gatewayports", "no"),
    ("gssapiauthentication", "no"),
    ("gssapicleanupcredentials", "yes"),
    ("hostbasedauthentication", "no"),
    ("hostbasedusesnamefrompacketonly", "no"),
    ("hostkeyagent", "none"),
    ("ignorerhosts", "yes"),
    ("ignoreuserknownhosts", "no"),
    ("kbdinteractiveauthentication", "yes"),
    ("kerberosauthentication", "no"),
    ("kerberosticketcleanup", "yes"),
    ("logingracetime", "120"),
    ("loglevel", "INFO"),
    ("maxauthtries", "6"),
    ("maxsessions", "10"),
    ("maxstartups", "10:30:100"),
    ("passwordauthentication", "yes"),
    ("permitemptypasswords", "no"),
    ("permitlisten", "any"),
    ("permitopen", "any"),
    ("permitrootlogin", "prohibit-password"),
    ("permittty", "yes"),
    ("permittunnel", "no"),
    ("permituserenvironment", "no"),
    ("permituserrc", "yes"),
    ("persourcemaxstartups", "none"),
    ("port", "22"),
    ("printlastlog", "yes"),
    ("printmotd", "yes"),
    ("pubkeyauthentication", "yes"),
    ("requiredrsasize", "1024"),
    ("revokedkeys", "none"),
    ("streamlocalbindmask", "0177"),
    ("streamlocalbindunlink", "no"),
    ("strictmodes", "yes"),
    ("syslogfacility", "AUTH"),
    ("tcpkeepalive", "yes"),
    ("trustedusercakeys", "none"),
    ("usedns", "no"),
    ("usepam", "no"),
    ("versionaddendum", "none"),
    ("x11displayoffset", "10"),
    ("x11forwarding", "no"),
    ("x11uselocalhost", "yes"),
];

/// Adds the built-in value of every keyword that has none.
pub(super) fn fill(settings: &mut BTreeMap<String, Vec<String>>) {
    for (keyword, values) in DEFAULTS {
        let entry = settings.entry(keyword.to_owned());
        entry.or_insert_with(|| values.split(' ').map(str::to_owned).collect());
    }
}

/// The present name of a keyword that had another one.
pub(super) fn present_name(keyword: &str) -> &str {
    match keyword {
        "challengeresponseauthentication" | "skeyauthentication" => "kbdinteractiveauthentication",
        "dsaauthentication" => "pubkeyauthentication",
        "pubkeyacceptedkeytypes" => "pubkeyacceptedalgorithms",
        "hostbasedacceptedkeytypes" => "hostbasedacceptedalgorithms",
        "hostdsakey" => "hostkey",
        "keepalive" => "tcpkeepalive",
        other => other,
    }
}

/// Keywords of which every line counts; of all others the first does.
pub(super) fn adds_up(keyword: &str) -> bool {
    const ADDING: [&str; 10] = [
        "acceptenv",
        "allowgroups",
        "allowusers",
        "denygroups",
        "denyusers",
        "hostcertificate",
        "hostkey",
        "listenaddress",
        "port",
        "subsystem",
    ];
    ADDING.contains(&keyword)
}

/// The arguments as they are kept: alike whether they come from a file or from `sshd -T`.
pub(super) fn alike(keyword: &str, arguments: Vec<String>) -> Vec<String> {
    const ONE_VALUE: [&str; 4] = ["subsystem", "authorizedkeyscommand", "authorizedprincipalscommand", "forcecommand"];
    const TIMES: [&str; 2] = ["logingracetime", "clientaliveinterval"];
    if ONE_VALUE.contains(&keyword) || keyword == "versionaddendum" {
        return vec![arguments.join(" ")];
    }
    let one = |value: String| match (keyword, value.to_ascii_lowercase().as_str()) {
        (_, word @ ("yes" | "no" | "none" | "any")) => word.to_owned(),
        ("permitrootlogin", "without-password" | "prohibit-password") => "prohibit-password".to_owned(),
        ("permitrootlogin", word) => word.to_owned(),
        ("loglevel" | "syslogfacility", word) => word.to_ascii_uppercase(),
        (keyword, word) if TIMES.contains(&keyword) => seconds(word).map_or(value, |seconds| seconds.to_string()),
        _ => value,
    };
    arguments.into_iter().map(one).collect()
}

/// The time formats of sshd_config(5): `90`, `2m`, `1h30m`.
fn seconds(text: &str) -> Option<u64> {
    let (mut total, mut number) = (0_u64, None::<u64>);
    for char in text.chars() {
        if let Some(digit) = char.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit.into())?);
            continue;
        }
        let unit = match char {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    total.checked_add(number.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_seconds() {
        let table = [("120", Some(120)), ("2m", Some(120)), ("1h30m", Some(5_400)), ("1m5", Some(65)), ("x", None), ("m", None)];
        for (text, expected) in table {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn values_are_alike() {
        let said = |keyword, value: &str| alike(keyword, value.split(' ').map(str::to_owned).collect());
        assert_eq!(said("permitrootlogin", "without-password"), ["prohibit-password"]);
        assert_eq!(said("subsystem", "sftp internal-sftp -l INFO"), ["sftp internal-sftp -l INFO"]);
        assert_eq!(said("loglevel", "verbose"), ["VERBOSE"]);
        assert_eq!(said("allowusers", "Eva bob"), ["Eva", "bob"]);
        assert_eq!(said("passwordauthentication", "No"), ["no"]);
    }

    #[test]
    fn defaults_are_sorted_and_alike() {
        assert!(DEFAULTS.is_sorted_by_key(|(keyword, _)| *keyword));
        for (keyword, values) in DEFAULTS {
            let values: Vec<String> = values.split(' ').map(str::to_owned).collect();
            assert_eq!(alike(keyword, values.clone()), values, "{keyword}");
        }
    }
}
