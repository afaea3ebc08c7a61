//! Where a repository was cloned from, as its settings say (git-config(1)).
//!
//! The same repository has the same origin on every machine, so findings of a clone in a pipeline and of one
//! on a desk are the same. Whoever cloned with a token in the address does not find it here.

/// The address of the remote `origin`; none where there is none.
pub(super) fn of(settings: &str) -> Option<String> {
    let mut within = false;
    for line in settings.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            within = section.trim_end_matches(']').split_whitespace().eq(["remote", "\"origin\""]);
        } else if let Some((key, value)) = line.split_once('=').filter(|_| within)
            && key.trim().eq_ignore_ascii_case("url")
        {
            return Some(plain(value.trim().trim_matches('"'))).filter(|address| !address.is_empty());
        }
    }
    None
}

/// `host/path` of an address, however it was written: without scheme, user, password, and `.git` at its end.
/// A folder of this machine stays as it is.
fn plain(address: &str) -> String {
    let (rest, is_url) = match address.split_once("://") {
        Some((_, rest)) => (rest, true),
        None => (address, false),
    };
    // `user@host:path` is an address, `/srv/a@b:c` a folder.
    let host_end = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(host_end);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let joined = match host.split_once(':') {
        Some((host, first)) if !is_url => format!("{host}/{first}{path}"),
        _ => format!("{host}{path}"),
    };
    let joined = joined.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    joined.strip_suffix(".git").unwrap_or(joined).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_the_same_however_it_is_written() {
        let with =
            |url: &str| of(&format!("[core]\n\turl = x\n[remote \"origin\"]\n\turl = {url}\n\tfetch = +a\n[branch \"main\"]\n"));
        for url in [
            "https://git.example/team/app.git",
            "https://me:pass@git.example/team/app",
            "ssh://git@git.example/team/app.git",
            "git@git.example:team/app.git",
        ] {
            assert_eq!(with(url).as_deref(), Some("git.example/team/app"), "{url}");
        }
        assert_eq!(with("/srv/git/app.git").as_deref(), Some("/srv/git/app"));
        assert_eq!(with(""), None);
        assert_eq!(of("[remote \"other\"]\nurl = a\n"), None);
    }

    #[test]
    fn no_password_is_left() {
        for url in ["https://u:p4ss@host:8443/a", "https://p4ss@host/a?token=p4ss", "p4ss@host:a", "https://u:p4ss@x@host/a"] {
            assert!(!plain(url).contains("p4ss"), "{}", plain(url));
        }
    }
}
