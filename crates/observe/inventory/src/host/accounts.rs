//! Accounts and groups from the local files.
//!
//! Formats: passwd(5), shadow(5), group(5), login.defs(5). Password hashes are looked at to name
//! their method (crypt(5)) and never kept. Accounts that a directory service adds are not seen.

use std::collections::BTreeMap;
use vigie_model::host::{Group, HashMethod, Password, User};
use vigie_model::observed::{Gap, Obstacle};
use vigie_model::time::Day;

/// The largest of these files that is read.
pub const BYTES_MAX: usize = 16 * 1024 * 1024;
/// The most accounts or groups.
pub const ENTRIES_MAX: usize = 100_000;
/// The most complaints about one file: the rest of a file that is no passwd file says nothing new.
const GAPS_MAX: usize = 20;

/// What shadow(5) says of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shadow {
    /// What stands in the password field.
    pub password: Password,
    /// Day of the last change; `None` when ageing is off, the epoch when the next login must change it.
    pub changed: Option<Day>,
    /// Days after which it must be changed.
    pub max_days: Option<i64>,
}

/// Reads passwd(5). A password field of `x` points to shadow(5) and stays unknown until [`join`].
#[must_use]
pub fn parse_passwd(bytes: &[u8]) -> (Vec<User>, Vec<Gap>) {
    entries(bytes, "/etc/passwd", |fields| {
        let [name, password, uid, gid, _, home, shell] = fields else { return None };
        Some(User {
            name: (*name).to_owned(),
            uid: uid.parse().ok()?,
            gid: gid.parse().ok()?,
            home: (*home).to_owned(),
            shell: (*shell).to_owned(),
            password: if *password == "x" { Password::Unknown } else { password_kind(password) },
            password_changed: None,
            password_max_days: None,
        })
    })
}

/// Reads shadow(5): one entry for each account name.
#[must_use]
pub fn parse_shadow(bytes: &[u8]) -> (BTreeMap<String, Shadow>, Vec<Gap>) {
    let (list, gaps) = entries(bytes, "/etc/shadow", |fields| {
        let [name, password, changed, _, max_days, ..] = fields else { return None };
        let changed = changed.parse().ok().map(Day::from_number);
        Some(((*name).to_owned(), Shadow { password: password_kind(password), changed, max_days: max_days.parse().ok() }))
    });
    (list.into_iter().collect(), gaps)
}

/// Completes the accounts that point to shadow(5). One that has no entry there can match no password.
pub fn join(users: &mut [User], shadow: &BTreeMap<String, Shadow>) {
    for user in users {
        let none = Shadow { password: Password::Locked, changed: None, max_days: None };
        let entry = shadow.get(&user.name).unwrap_or(&none);
        if user.password == Password::Unknown {
            user.password = entry.password;
        }
        user.password_changed = entry.changed;
        user.password_max_days = entry.max_days;
    }
}

/// Reads group(5).
#[must_use]
pub fn parse_group(bytes: &[u8]) -> (Vec<Group>, Vec<Gap>) {
    entries(bytes, "/etc/group", |fields| {
        let [name, _, gid, members] = fields else { return None };
        let members = members.split(',').map(str::trim).filter(|member| !member.is_empty()).map(str::to_owned).collect();
        Some(Group { name: (*name).to_owned(), gid: gid.parse().ok()?, members })
    })
}

/// Reads login.defs(5): a name, blanks, a value that may be quoted.
#[must_use]
pub fn parse_login_defs(bytes: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs = lines.filter_map(|line| {
        let (name, value) = line.split_once(char::is_whitespace)?;
        Some((name.to_ascii_uppercase(), value.trim().trim_matches('"').to_owned()))
    });
    pairs.take(ENTRIES_MAX).collect()
}

/// The lines of a colon-separated file; `+name` and `-name` lines belong to NIS and are passed over.
fn entries<T>(bytes: &[u8], path: &str, read: impl Fn(&[&str]) -> Option<T>) -> (Vec<T>, Vec<Gap>) {
    let (mut found, mut gaps) = (Vec::new(), Vec::new());
    for (index, line) in String::from_utf8_lossy(bytes).lines().enumerate() {
        if line.trim().is_empty() || line.starts_with(['#', '+', '-']) {
            continue;
        }
        let place = || format!("{path}:{}", index + 1);
        if found.len() == ENTRIES_MAX {
            gaps.push(Gap::new(place(), Obstacle::BeyondLimit, format!("more than {ENTRIES_MAX} entries")));
            break;
        }
        let fields: Vec<&str> = line.split(':').collect();
        match read(&fields) {
            Some(entry) => found.push(entry),
            // The line itself is not quoted: in shadow(5) it is a secret.
            None if gaps.len() < GAPS_MAX => gaps.push(Gap::new(place(), Obstacle::Unreadable, "not an entry of this file")),
            None => {}
        }
    }
    (found, gaps)
}

/// What a password field holds, without keeping it.
fn password_kind(field: &str) -> Password {
    if field.is_empty() {
        return Password::Empty;
    }
    if field.starts_with(['!', '*']) || field == "x" {
        return Password::Locked;
    }
    const PREFIXES: [(&str, HashMethod); 14] = [
        ("$y$", HashMethod::Yescrypt),
        ("$gy$", HashMethod::GostYescrypt),
        ("$7$", HashMethod::Scrypt),
        ("$2a$", HashMethod::Bcrypt),
        ("$2b$", HashMethod::Bcrypt),
        ("$2x$", HashMethod::Bcrypt),
        ("$2y$", HashMethod::Bcrypt),
        ("$6$", HashMethod::Sha512),
        ("$5$", HashMethod::Sha256),
        ("$1$", HashMethod::Md5),
        ("$md5", HashMethod::Md5),
        ("$3$", HashMethod::Nt),
        ("$sha1", HashMethod::Sha1),
        ("_", HashMethod::Des),
    ];
    let by_prefix = PREFIXES.iter().find(|(prefix, _)| field.starts_with(prefix)).map(|(_, method)| *method);
    if let Some(method) = by_prefix {
        return Password::Hashed(method);
    }
    // Traditional DES: 13 or more characters of the crypt alphabet. Anything else can match no password (crypt(5)).
    let in_alphabet = field.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/'));
    match (in_alphabet && field.len() >= 13, field.starts_with('$')) {
        (true, _) => Password::Hashed(HashMethod::Des),
        (false, true) => Password::Hashed(HashMethod::Other),
        (false, false) => Password::Locked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_accounts_and_joins_their_shadows() {
        let passwd =
            b"root:x:0:0:root:/root:/bin/bash\n\n+::::::\neva:x:1000:1000:Eva,,,:/home/eva:/bin/zsh\nold::5:5::/:\nlone:x:6:6::/:\nbroken:x:1\n";
        let (mut users, gaps) = parse_passwd(passwd);
        assert_eq!(gaps, [Gap::new("/etc/passwd:7", Obstacle::Unreadable, "not an entry of this file")]);
        let (shadow, gaps) = parse_shadow(b"root:*:19000:0:99999:7:::\neva:$y$j9T$salt$hash:20000:0:90:7:::\n");
        assert!(gaps.is_empty());
        join(&mut users, &shadow);
        let said: Vec<_> = users.iter().map(|u| (u.name.as_str(), u.uid, u.password, u.password_max_days)).collect();
        assert_eq!(
            said,
            [
                ("root", 0, Password::Locked, Some(99999)),
                ("eva", 1000, Password::Hashed(HashMethod::Yescrypt), Some(90)),
                ("old", 5, Password::Empty, None),
                ("lone", 6, Password::Locked, None),
            ]
        );
        assert_eq!(users[1].password_changed.unwrap().to_string(), "2024-10-04");
    }

    #[test]
    fn names_the_hash_method() {
        let table = [
            ("$6$rounds=5000$s$h", Password::Hashed(HashMethod::Sha512)),
            ("$1$s$h", Password::Hashed(HashMethod::Md5)),
            ("$2y$10$abc", Password::Hashed(HashMethod::Bcrypt)),
            ("$sha1$40000$s$h", Password::Hashed(HashMethod::Sha1)),
            ("$argon2id$v=19$", Password::Hashed(HashMethod::Other)),
            ("abJnggxhB/yWI", Password::Hashed(HashMethod::Des)),
            ("_J9..rasmBYk8r9AiWNc", Password::Hashed(HashMethod::Des)),
            ("!$6$s$h", Password::Locked),
            ("*LK*", Password::Locked),
            ("NP", Password::Locked),
            ("", Password::Empty),
        ];
        for (field, expected) in table {
            assert_eq!(password_kind(field), expected, "{field}");
        }
    }

    #[test]
    fn complaints_about_shadow_do_not_quote_it() {
        let (_, gaps) = parse_shadow(b"eva:$6$secret\n");
        assert!(!format!("{gaps:?}").contains("secret"));
    }

    #[test]
    fn reads_groups_and_login_defs() {
        let (groups, gaps) = parse_group(b"root:x:0:\nsudo:x:27:eva, bob,\n");
        assert!(gaps.is_empty());
        assert_eq!(groups[1].members, ["eva", "bob"]);
        let defs = parse_login_defs(b"# comment\nUMASK\t\t022\nENCRYPT_METHOD YESCRYPT\nALONE\nQUOTED \"a b\"\n");
        let said: Vec<_> = defs.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(said, ["ENCRYPT_METHOD=YESCRYPT", "QUOTED=a b", "UMASK=022"]);
    }

    proptest! {
        #[test]
        fn survives_any_lines(text in "([a-z$:0-9\n+é]|:){0,200}") {
            let (mut users, _) = parse_passwd(text.as_bytes());
            let (shadow, _) = parse_shadow(text.as_bytes());
            join(&mut users, &shadow);
            drop(parse_group(text.as_bytes()));
            drop(parse_login_defs(text.as_bytes()));
        }
    }
}
