//! What looks like a secret by its name or form, and how it is shown: never.
//!
//! Names are judged word by word (`DB_PASSWORD`, `apiKey`), so that `TOKENIZERS_PARALLELISM` and `PASSWORD_FILE` are not
//! taken for secrets. Kinds of tokens that are known by their form are the secret scan's, not ours.

/// What is shown in the place of a secret.
pub(crate) const MASK: &str = "••••••";

/// Last words of a name that say the value is about a secret and not one.
const ABOUT: [&str; 42] = [
    "user",
    "username",
    "login",
    "email",
    "file",
    "path",
    "dir",
    "url",
    "uri",
    "name",
    "id",
    "ttl",
    "expiry",
    "expiration",
    "expires",
    "length",
    "policy",
    "enabled",
    "enable",
    "type",
    "algorithm",
    "alg",
    "header",
    "issuer",
    "rotation",
    "min",
    "max",
    "required",
    "count",
    "limit",
    "timeout",
    "host",
    "endpoint",
    "version",
    "store",
    "engine",
    "provider",
    "mode",
    "field",
    "prefix",
    "arn",
    "ref",
];
/// Words anywhere in a name that say the same.
const HARMLESS: [&str; 7] = ["public", "allow", "disable", "skip", "no", "use", "pub"];

/// Whether a variable's name says that its value is a secret.
pub(crate) fn is_name(name: &str) -> bool {
    let words = words(name);
    let has = |word: &str| words.iter().any(|known| known == word);
    let pair = |first: &str| words.windows(2).any(|two| two[0] == first && two[1] == "key");
    let last = words.last().map(String::as_str).unwrap_or_default();
    if ABOUT.contains(&last) || words.iter().any(|word| HARMLESS.contains(&word.as_str())) {
        return false;
    }
    let password = ["password", "passwd", "passphrase", "secret", "token", "apikey", "credentials", "credential", "pat"];
    let alone = password.iter().any(|word| has(word)) && !matches!(words.as_slice(), [only] if only == "pat");
    let pwd = words.len() > 1 && last == "pwd" && words[0] != "old";
    let key = ["api", "private", "secret", "encryption", "signing", "license", "auth"].iter().any(|first| pair(first));
    alone || pwd || key || name.to_ascii_lowercase().ends_with("password")
}

/// A name's words in small letters: at `_`, `-`, `.` and where small letters end.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut small_before = false;
    for char in name.chars() {
        let begins = !char.is_alphanumeric() || (char.is_uppercase() && small_before);
        if begins || words.is_empty() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (char.is_alphanumeric(), words.last_mut()) {
            word.extend(char.to_lowercase());
        }
        small_before = char.is_lowercase() || char.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a value can be a secret: neither empty, nor a switch, a place for one, or a variable.
pub(crate) fn is_value(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    let switch = ["", "true", "false", "yes", "no", "on", "off", "0", "1", "none", "null", "nil", "undefined"];
    let place = value.starts_with(['<', '$', '%']) || value.starts_with("{{") || value.starts_with("/run/secrets/");
    let filler = value.chars().all(|char| "xX*.•-".contains(char));
    !switch.contains(&value.to_ascii_lowercase().as_str()) && !place && !filler
}

/// Whether a name with this value holds a secret in plain text.
pub(crate) fn is_pair(name: &str, value: &str) -> bool {
    (is_name(name) && is_value(value)) || has_url_password(value)
}

/// Whether a text holds an address with a password in it: `https://user:password@host`.
pub(crate) fn has_url_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| {
        let rest = text.get(at + 3..).unwrap_or_default();
        let authority = rest.split(['/', ' ', '"', '\'', '?', '#']).next().unwrap_or_default();
        let Some((user, _)) = authority.rsplit_once('@') else { return false };
        user.split_once(':').is_some_and(|(_, password)| is_value(password) && !password.starts_with(['{', '$', '(']))
    })
}

/// The same text with what looks like a secret hidden: evidence quotes commands and settings as they are written.
pub(crate) fn masked(text: &str) -> String {
    const OPTIONS: [&str; 8] =
        ["--password", "--passwd", "--token", "--secret", "--api-key", "--requirepass", "--auth-token", "-u"];
    let mut before = "";
    let mut out: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let user = before == "-u" || before == "--user";
        out.push(match word.split_once('=') {
            _ if OPTIONS.contains(&before) && !user && is_value(word) && !word.starts_with('-') => MASK.to_owned(),
            _ if user && word.contains(':') => format!("{}:{MASK}", word.split(':').next().unwrap_or_default()),
            Some((name, value)) if is_name(name.trim_start_matches('-')) && is_value(value) => format!("{name}={MASK}"),
            _ => without_url_password(word),
        });
        before = word;
    }
    out.join(" ")
}

fn without_url_password(word: &str) -> String {
    if !has_url_password(word) {
        return word.to_owned();
    }
    let Some((before, rest)) = word.split_once("://") else { return word.to_owned() };
    let authority = rest.split('/').next().unwrap_or_default();
    let Some((user, host)) = authority.rsplit_once('@') else { return word.to_owned() };
    let name = user.split(':').next().unwrap_or_default();
    let behind = rest.get(authority.len()..).unwrap_or_default();
    format!("{before}://{name}:{MASK}@{host}{}", without_url_password(behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_by_their_words() {
        for name in [
            "DB_PASSWORD",
            "apiKey",
            "AWS_SECRET_ACCESS_KEY",
            "NPM_TOKEN",
            "POSTGRES_PWD",
            "MYSQL_ROOT_PASSWORD",
            "clientSecret",
            "PGPASSWORD",
            "GITHUB_PAT",
        ] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "PWD",
            "OLDPWD",
            "OLD_PWD",
            "AWS_ACCESS_KEY_ID",
            "PASSWORD_FILE",
            "TOKENIZERS_PARALLELISM",
            "MAX_TOKENS",
            "SECRET_NAME",
            "PUBLIC_KEY",
            "PATH",
            "KEYRING",
            "ALLOW_EMPTY_PASSWORD",
            "GPG_KEY",
            "MINIO_ACCESS_KEY",
            "CREDENTIALS_USERNAME",
            "TOKEN_TTL",
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn nothing_of_a_secret_is_shown() {
        let hidden = |text: &str| {
            let shown = masked(text);
            assert!(!shown.contains("s3cret"), "{shown}");
            shown
        };
        assert_eq!(hidden("curl -u me:s3cret https://a.example/x"), format!("curl -u me:{MASK} https://a.example/x"));
        assert_eq!(hidden("git clone https://me:s3cret@a.example/x/y"), format!("git clone https://me:{MASK}@a.example/x/y"));
        hidden("tool --token s3cret --password=s3cret DB_PASSWORD=s3cret");
        assert_eq!(masked("apt-get install -y curl"), "apt-get install -y curl");
    }

    #[test]
    fn values_are_judged_by_their_form() {
        assert!(is_value("changeme") && is_value("1234"));
        for value in ["", "true", "<token>", "${X}", "****", "/run/secrets/db"] {
            assert!(!is_value(value), "{value}");
        }
        assert!(has_url_password("git clone https://me:s3cret@example.org/x"));
        assert!(!has_url_password("https://me@example.org/a:b@c") && !has_url_password("https://me:$TOKEN@example.org"));
    }
}
