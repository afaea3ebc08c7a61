//! Checks over the SSH server's settings in force, `Match` blocks included.
//!
//! Values are judged as sshd reads them: keywords and yes/no words without regard to case, lists
//! separated by commas. What is judged is what is in force, not what a file says.

use super::facts::{evidence, with};
use vigie_model::host::{HostFacts, SshServer};
use vigie_model::lang::Text;
use vigie_model::text;
use vigie_model::verdict::{Evidence, Verdict};

fn server() -> Text {
    text!(en "SSH server", fr "serveur SSH", de "SSH-Server")
}

/// A keyword's values wherever they are in force: in general, then under each condition.
fn everywhere<'a>(ssh: &'a SshServer, keyword: &'a str) -> impl Iterator<Item = Setting<'a>> {
    let place = ssh.places.get(keyword).map_or("", String::as_str);
    let general = ssh.get(keyword).map(|value| Setting { locator: keyword.to_owned(), place, value });
    let conditional = ssh.matches.iter().filter_map(move |block| {
        let value = block.settings.get(keyword)?.first()?;
        Some(Setting { locator: format!("{keyword} match {}", block.condition), place: &block.place, value })
    });
    general.into_iter().chain(conditional)
}

struct Setting<'a> {
    locator: String,
    place: &'a str,
    value: &'a str,
}

impl Setting<'_> {
    fn against(self, keyword: &str, expected: &str) -> Evidence {
        let found = format!("{keyword} {}", self.value);
        evidence(self.locator, self.place, found, expected)
    }
}

/// Fails wherever a keyword has a value that `is_bad`; unknown when the keyword was not seen at all.
fn keyword(facts: &HostFacts, name: &'static str, expected: &str, is_bad: impl Fn(&str) -> bool) -> Verdict {
    with(&facts.ssh_server, &server(), |ssh| {
        if everywhere(ssh, name).next().is_none() {
            return Verdict::unknown(text!(
                en "the value of {name} was not seen",
                fr "la valeur de {name} n’a pas été vue",
                de "der Wert von {name} war nicht zu sehen",
            ));
        }
        let bad = everywhere(ssh, name).filter(|setting| is_bad(&setting.value.to_ascii_lowercase()));
        Verdict::from_evidence(bad.map(|setting| setting.against(name, expected)).collect())
    })
}

/// Fails for each element of a list that `is_weak`. A list that is not set is the program's own
/// default, which is sound in every release that is still maintained.
fn list(facts: &HostFacts, name: &'static str, is_weak: impl Fn(&str) -> bool) -> Verdict {
    with(&facts.ssh_server, &server(), |ssh| {
        let mut proofs = Vec::new();
        for setting in everywhere(ssh, name) {
            // `-name` removes from the defaults; `+`, `^` add to them.
            if setting.value.starts_with('-') {
                continue;
            }
            let elements = setting.value.trim_start_matches(['+', '^']).split(',').map(str::trim);
            for weak in elements.filter(|element| is_weak(&element.to_ascii_lowercase())) {
                proofs.push(evidence(format!("{} {weak}", setting.locator), setting.place, format!("{name} {weak}"), ""));
            }
        }
        Verdict::from_evidence(proofs)
    })
}

/// `PermitRootLogin yes`: root may sign in with a password.
pub(crate) fn ssh_root_login(facts: &HostFacts) -> Verdict {
    keyword(facts, "permitrootlogin", "no", |value| value == "yes")
}

/// `PasswordAuthentication yes`: passwords can be guessed from afar.
pub(crate) fn ssh_password_sign_in(facts: &HostFacts) -> Verdict {
    keyword(facts, "passwordauthentication", "no", |value| value == "yes")
}

/// `PermitEmptyPasswords yes`.
pub(crate) fn ssh_empty_passwords(facts: &HostFacts) -> Verdict {
    keyword(facts, "permitemptypasswords", "no", |value| value == "yes")
}

/// `HostbasedAuthentication yes`: whoever owns a trusted machine enters as anybody.
pub(crate) fn ssh_host_based_sign_in(facts: &HostFacts) -> Verdict {
    keyword(facts, "hostbasedauthentication", "no", |value| value == "yes")
}

/// `PermitUserEnvironment` other than `no`: users set variables such as `LD_PRELOAD` before their session.
pub(crate) fn ssh_user_environment(facts: &HostFacts) -> Verdict {
    keyword(facts, "permituserenvironment", "no", |value| value != "no")
}

/// `StrictModes no`: keys in files that others may write are accepted.
pub(crate) fn ssh_loose_file_modes(facts: &HostFacts) -> Verdict {
    keyword(facts, "strictmodes", "yes", |value| value == "no")
}

/// `X11Forwarding yes`: a session reaches back to the user's own screen.
pub(crate) fn ssh_x11_forwarding(facts: &HostFacts) -> Verdict {
    keyword(facts, "x11forwarding", "no", |value| value == "yes")
}

/// `MaxAuthTries` above OpenSSH's own default of six.
pub(crate) fn ssh_many_attempts(facts: &HostFacts) -> Verdict {
    keyword(facts, "maxauthtries", "≤ 6", |value| value.parse::<u32>().map_or(true, |tries| tries > 6))
}

/// Ciphers in CBC mode, RC4, 3DES and older.
pub(crate) fn ssh_weak_ciphers(facts: &HostFacts) -> Verdict {
    list(facts, "ciphers", |name| {
        ["-cbc", "cbc@", "arcfour", "3des", "blowfish", "cast128"].iter().any(|weak| name.contains(weak)) || name == "none"
    })
}

/// MACs of MD5, SHA-1 or 64 bits.
pub(crate) fn ssh_weak_macs(facts: &HostFacts) -> Verdict {
    list(facts, "macs", |name| {
        let short = name.starts_with("umac-64");
        let old = name.starts_with("hmac-md5") || name.starts_with("hmac-sha1") || name.starts_with("hmac-ripemd");
        short || old || name == "none"
    })
}

/// Key exchange over SHA-1 or groups below 2048 bits.
pub(crate) fn ssh_weak_key_exchange(facts: &HostFacts) -> Verdict {
    list(facts, "kexalgorithms", |name| name.ends_with("-sha1") || name.starts_with("diffie-hellman-group1-"))
}
