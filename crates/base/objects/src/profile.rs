//! Access keys out of the file that the tools of AWS keep: `~/.aws/credentials`.
//!
//! Read only when the environment names no key. Profiles that take a role, sign in on the web or run a
//! program are not followed; the environment and the machine's own role serve there.

use std::path::PathBuf;

/// Larger files are not read.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The keys of a profile. No `Debug`: they are secret.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

/// The keys of the profile that `AWS_PROFILE` names, of `default` else.
pub(crate) fn keys() -> Option<Keys> {
    let named = std::env::var_os("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
    let path = named.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".aws/credentials")))?;
    let bytes = vigie_kit::files::read_bounded(&path, FILE_BYTES_MAX).ok()?;
    let profile = std::env::var("AWS_PROFILE").unwrap_or_else(|_| "default".to_owned());
    keys_of(std::str::from_utf8(&bytes).ok()?, &profile)
}

fn keys_of(text: &str, profile: &str) -> Option<Keys> {
    let mut keys = Keys::default();
    let mut inside = false;
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = section.trim() == profile;
        } else if inside && let Some((name, value)) = line.split_once('=') {
            let value = value.trim().to_owned();
            match name.trim() {
                "aws_access_key_id" => keys.id = value,
                "aws_secret_access_key" => keys.secret = value,
                "aws_session_token" => keys.token = Some(value),
                _ => {}
            }
        }
    }
    (!keys.id.is_empty() && !keys.secret.is_empty()).then_some(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_profile_are_found() {
        let text = "# mine\n[default]\naws_access_key_id = A\n\n[ci]\naws_access_key_id=B\naws_secret_access_key = s=3\naws_session_token=t\n";
        assert!(keys_of(text, "default").is_none(), "half a pair is none");
        let keys = keys_of(text, "ci").unwrap();
        assert_eq!((&*keys.id, &*keys.secret, keys.token.as_deref()), ("B", "s=3", Some("t")));
        assert!(keys_of(text, "other").is_none());
    }
}
