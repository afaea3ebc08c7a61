//! What to collect, and the usual choice for a machine.

use crate::inputs::Resolved;
use crate::mapping::{Mappings, Pages};
use crate::source::{file, journald};
use crate::state::SourceState;
use crate::tenants::Tenants;
use jiff::tz::TimeZone;
use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::ServerConfig;

/// Files that nothing else tells: always followed. The first of a line is Debian's and Ubuntu's,
/// then Red Hat's, SUSE's, auditd's.
const ALWAYS: [&str; 5] =
    ["var/log/dpkg.log", "var/log/apt/history.log", "var/log/dnf.rpm.log", "var/log/zypp/history", "var/log/audit/audit.log"];

/// Files that a syslog daemon writes. What stands in them stands in the journal as well, where
/// there is one.
const WITHOUT_JOURNAL: [&str; 9] = [
    "var/log/auth.log",
    "var/log/syslog",
    "var/log/kern.log",
    "var/log/daemon.log",
    "var/log/user.log",
    "var/log/messages",
    "var/log/secure",
    "var/log/cron",
    "var/log/cron.log",
];

/// Files whose lines a syslog daemon also writes into another of the list, by default: Debian's
/// `syslog` has everything but `auth`, `messages` and `kern.log` once more.
const REPEATED_BY: [(&str, &str); 6] = [
    ("var/log/kern.log", "var/log/syslog"),
    ("var/log/daemon.log", "var/log/syslog"),
    ("var/log/user.log", "var/log/syslog"),
    ("var/log/messages", "var/log/syslog"),
    ("var/log/cron.log", "var/log/syslog"),
    ("var/log/kern.log", "var/log/messages"),
];

/// What to collect.
#[derive(Clone, Debug)]
pub struct CollectConfig {
    /// The journal.
    pub journald: bool,
    /// The program that shows it.
    pub journalctl: PathBuf,
    /// Files to follow: paths, and patterns with `*`, `?`, `{a,b}` and `**`; those that begin with `!` take away.
    pub files: Vec<PathBuf>,
    /// Files that are not followed, and why: shown among the sources.
    pub set_aside: Vec<(PathBuf, SourceState)>,
    /// Where to listen for syslog over UDP and TCP.
    pub syslog: Option<SocketAddr>,
    /// Where to listen for syslog over TLS, and as whom.
    pub syslog_tls: Option<(SocketAddr, Arc<ServerConfig>)>,
    /// Where to listen for GELF over UDP and TCP.
    pub gelf: Option<SocketAddr>,
    /// Where to listen for NetFlow and IPFIX.
    pub netflow: Option<SocketAddr>,
    /// Where to listen for Fluent's forward protocol, and the key that senders must know.
    pub forward: Option<(SocketAddr, Option<Arc<str>>)>,
    /// The machine that records without host speak of.
    pub host: String,
    /// The zone of times that do not name one.
    pub zone: TimeZone,
    /// The pages that records which describe themselves are read by, as they are and as they will be.
    pub pages: Pages,
    /// Whose records come from where.
    pub tenants: Tenants,
    /// Brokers and stores that are fetched from.
    pub inputs: Resolved,
}

impl CollectConfig {
    /// Nothing.
    #[must_use]
    pub fn nothing(host: impl Into<String>) -> Self {
        Self {
            journald: false,
            journalctl: "journalctl".into(),
            files: Vec::new(),
            set_aside: Vec::new(),
            syslog: None,
            syslog_tls: None,
            gelf: None,
            netflow: None,
            forward: None,
            host: host.into(),
            zone: TimeZone::system(),
            pages: Mappings::shipped().into(),
            tenants: Tenants::default(),
            inputs: Resolved::default(),
        }
    }

    /// The usual choice for the machine whose files stand under `root`: the journal where there is
    /// one, the files that nothing else tells, and of the others those that say something of their own.
    #[must_use]
    pub fn usual(root: &Path, host: impl Into<String>) -> Self {
        let mut config = Self { journald: journald::is_there(root), ..Self::nothing(host) };
        let is_there = |path: &str| root.join(path).exists();
        config.files.extend(ALWAYS.into_iter().filter(|path| is_package_log_of(root, path)).map(|path| root.join(path)));
        for path in WITHOUT_JOURNAL.into_iter().filter(|path| is_there(path)) {
            let repeated = REPEATED_BY.iter().find(|(own, other)| *own == path && is_there(other));
            if config.journald {
                config.set_aside.push((root.join(path), SourceState::SetAside { by: journald::NAME.into() }));
            } else if let Some((_, other)) = repeated {
                let by = root.join(other).display().to_string();
                config.set_aside.push((root.join(path), SourceState::SetAside { by }));
            } else {
                config.files.push(root.join(path));
            }
        }
        config.add_containers(root);
        config
    }

    /// The logs of containers, in the folders of the engines that are there.
    fn add_containers(&mut self, root: &Path) {
        for (folder, pattern) in file::FOLDERS {
            let folder = root.join(folder);
            match fs::read_dir(&folder) {
                Ok(_) => self.files.push(folder.join(pattern)),
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                    let path = folder.display().to_string();
                    self.set_aside.push((folder, SourceState::NotPermitted { path }));
                }
                Err(_) => {}
            }
        }
        if root.join("home").is_dir() {
            self.files.push(root.join(file::ROOTLESS));
        }
    }
}

/// Whether a file is there, or will be: a package log appears with the first package, in a folder
/// that is there.
fn is_package_log_of(root: &Path, path: &str) -> bool {
    let manager = match path {
        "var/log/dpkg.log" => "var/lib/dpkg/status",
        "var/log/apt/history.log" => "var/lib/apt",
        path => path,
    };
    root.join(manager).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual(files: &[&str]) -> (bool, String, String) {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let config = CollectConfig::usual(root.path(), "here");
        let short = |path: &Path| path.strip_prefix(root.path()).unwrap().display().to_string();
        let set_aside = config.set_aside.iter().map(|(path, _)| short(path)).collect::<Vec<_>>().join(" ");
        (config.journald, config.files.iter().map(|path| short(path)).collect::<Vec<_>>().join(" "), set_aside)
    }

    #[test]
    fn the_journal_goes_before_the_files_of_the_syslog_daemon() {
        let debian = ["var/lib/dpkg/status", "var/lib/apt/x", "var/log/auth.log", "var/log/syslog", "var/log/kern.log"];
        let (journald, files, set_aside) = usual(&[&debian[..], &["run/systemd/journal/socket"]].concat());
        assert!(journald);
        assert_eq!(files, "var/log/dpkg.log var/log/apt/history.log");
        assert_eq!(set_aside, "var/log/auth.log var/log/syslog var/log/kern.log");
        let (journald, files, set_aside) = usual(&debian);
        assert!(!journald);
        assert_eq!(files, "var/log/dpkg.log var/log/apt/history.log var/log/auth.log var/log/syslog");
        assert_eq!(set_aside, "var/log/kern.log");
    }

    #[test]
    fn containers_where_an_engine_is() {
        assert_eq!(usual(&["var/lib/docker/containers/x/x"]).1, "var/lib/docker/containers/*/*-json.log");
        assert_eq!(usual(&["var/log/pods/x/y/0.log", "home/eva/x"]).1.split(' ').count(), 2);
    }

    #[test]
    fn other_distributions() {
        let (_, files, _) =
            usual(&["var/log/messages", "var/log/secure", "var/log/cron", "var/log/dnf.rpm.log", "var/log/audit/audit.log"]);
        assert_eq!(files, "var/log/dnf.rpm.log var/log/audit/audit.log var/log/messages var/log/secure var/log/cron");
        assert_eq!(usual(&["var/log/messages"]).1, "var/log/messages");
    }
}
