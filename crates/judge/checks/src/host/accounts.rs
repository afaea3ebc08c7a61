//! Checks over accounts and groups.

use super::facts::{evidence, on_seen, with};
use std::collections::BTreeMap;
use vigie_model::host::{HashMethod, HostFacts, Password, User};
use vigie_model::lang::Text;
use vigie_model::text;
use vigie_model::verdict::{Evidence, Verdict};

/// The first id of people's accounts on every distribution we know.
const FIRST_PERSON_UID: u32 = 1000;
/// Overflow ids of kernels and containers; no accounts of their own.
const NOBODY: [u32; 2] = [65534, 65535];
/// Groups whose members can become root without being asked.
const ROOT_IN_ALL_BUT_NAME: [&str; 6] = ["docker", "lxd", "incus-admin", "incus", "disk", "shadow"];

fn accounts() -> Text {
    text!(en "accounts", fr "comptes", de "Konten")
}

/// Another account with user id 0.
pub(crate) fn account_second_root(facts: &HostFacts) -> Verdict {
    on_seen(&facts.users, &accounts(), |users| {
        let twins = users.iter().filter(|user| user.uid == 0 && user.name != "root");
        twins.map(|user| evidence(&user.name, "/etc/passwd", format!("{}: uid 0", user.name), "")).collect()
    })
}

/// Two accounts with one user id.
pub(crate) fn account_shared_user_id(facts: &HostFacts) -> Verdict {
    on_seen(&facts.users, &accounts(), |users| {
        let mut by_uid: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
        for user in users.iter().filter(|user| user.uid != 0) {
            by_uid.entry(user.uid).or_default().push(&user.name);
        }
        let shared = by_uid.into_iter().filter(|(_, names)| names.len() > 1);
        shared
            .map(|(uid, names)| evidence(format!("uid {uid}"), "/etc/passwd", format!("uid {uid}: {}", names.join(", ")), ""))
            .collect()
    })
}

/// An account that needs no password.
pub(crate) fn account_without_password(facts: &HostFacts) -> Verdict {
    on_passwords(facts, |user| (user.password == Password::Empty).then(String::new))
}

/// A password kept by a hash that guesses fast.
pub(crate) fn account_weak_password_hash(facts: &HostFacts) -> Verdict {
    on_passwords(facts, |user| match user.password {
        Password::Hashed(method) => weak_method(method).map(str::to_owned),
        _ => None,
    })
}

const fn weak_method(method: HashMethod) -> Option<&'static str> {
    match method {
        HashMethod::Des => Some("DES"),
        HashMethod::Md5 => Some("MD5"),
        HashMethod::Nt => Some("NT"),
        HashMethod::Sha1 => Some("SHA-1"),
        HashMethod::Yescrypt
        | HashMethod::GostYescrypt
        | HashMethod::Scrypt
        | HashMethod::Bcrypt
        | HashMethod::Sha512
        | HashMethod::Sha256
        | HashMethod::Other => None,
    }
}

/// Judges every account by its password field; one that could not be read leaves it open.
fn on_passwords(facts: &HostFacts, judge: impl Fn(&User) -> Option<String>) -> Verdict {
    with(&facts.users, &accounts(), |users| {
        let proofs: Vec<Evidence> = users
            .iter()
            .filter_map(|user| {
                let found = judge(user)?;
                Some(evidence(&user.name, "/etc/shadow", format!("{}: {found}", user.name).trim_end_matches([':', ' ']), ""))
            })
            .collect();
        let unread = users.iter().any(|user| user.password == Password::Unknown);
        if proofs.is_empty() && unread {
            return Verdict::unknown(text!(
                en "passwords may not be read by this user",
                fr "les mots de passe ne sont pas lisibles par cet utilisateur",
                de "die Passwörter darf dieser Benutzer nicht lesen",
            ));
        }
        Verdict::from_evidence(proofs)
    })
}

/// A service account with a shell and a password that works.
pub(crate) fn account_service_with_shell(facts: &HostFacts) -> Verdict {
    on_passwords(facts, |user| {
        let service = user.uid != 0 && user.uid < FIRST_PERSON_UID;
        let enters = matches!(user.password, Password::Hashed(_) | Password::Empty);
        (service && enters && is_login_shell(&user.shell) && !NOBODY.contains(&user.uid)).then(|| user.shell.clone())
    })
}

fn is_login_shell(shell: &str) -> bool {
    let name = shell.rsplit('/').next().unwrap_or_default();
    !["nologin", "false", "sync", "halt", "shutdown", "true", "git-shell"].contains(&name)
}

/// Members of a group that is root in all but name.
pub(crate) fn account_root_by_group(facts: &HostFacts) -> Verdict {
    on_seen(&facts.groups, &text!(en "groups", fr "groupes", de "Gruppen"), |groups| {
        let strong = groups.iter().filter(|group| ROOT_IN_ALL_BUT_NAME.contains(&group.name.as_str()));
        strong
            .flat_map(|group| group.members.iter().filter(|member| *member != "root").map(move |member| (group, member)))
            .map(|(group, member)| {
                evidence(format!("{} {member}", group.name), "/etc/group", format!("{}: {member}", group.name), "")
            })
            .collect()
    })
}
