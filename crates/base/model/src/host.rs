//! Facts about a host: what the inventory gathers once and the judges read many times.
//!
//! Each section is [`Observed`]: an ordinary user sees less than root, and the facts say so. The
//! JSON form is stored, sent by agents and used in the examples of catalogue pages.

use crate::observed::{Gap, Observed};
use crate::package::Package;
use crate::time::{Day, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// All facts about one host at one time.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostFacts {
    /// When they were gathered.
    pub taken_at: Timestamp,
    /// The distribution.
    pub os: Observed<OsRelease>,
    /// The running kernel.
    pub kernel: Observed<Kernel>,
    /// Packages of the operating system.
    pub packages: Observed<Vec<Package>>,
    /// Updates the configured sources offer.
    pub pending_updates: Observed<Vec<PendingUpdate>>,
    /// When packages were last installed or upgraded.
    pub last_package_change: Observed<Timestamp>,
    /// When the package lists were last refreshed.
    pub last_list_refresh: Observed<Timestamp>,
    /// Whether the distribution asks for a restart, and what asked.
    pub reboot_required: Observed<RebootRequired>,
    /// Accounts.
    pub users: Observed<Vec<User>>,
    /// Groups.
    pub groups: Observed<Vec<Group>>,
    /// Settings of `/etc/login.defs`, by upper-case name.
    pub login_defs: Observed<BTreeMap<String, String>>,
    /// Listening sockets.
    pub sockets: Observed<Vec<Socket>>,
    /// Containers of every engine found.
    pub containers: Observed<Vec<Container>>,
    /// The SSH server's settings in force.
    pub ssh_server: Observed<SshServer>,
    /// The rules of sudo.
    pub sudo: Observed<Sudo>,
    /// Kernel settings, by dotted name (`net.ipv4.ip_forward`).
    pub sysctl: Observed<BTreeMap<String, String>>,
    /// Mounted file systems.
    pub mounts: Observed<Vec<Mount>>,
    /// Files and directories whose mode or owner matters; one that does not exist is not listed.
    pub files: Observed<Vec<FileMode>>,
    /// Private SSH keys found in home directories and in `/etc/ssh`.
    pub private_keys: Observed<Vec<PrivateKey>>,
}

impl HostFacts {
    /// Everything that could not be seen, over all sections.
    #[must_use]
    pub fn gaps(&self) -> Vec<&Gap> {
        let sections: [&[Gap]; 18] = [
            self.os.gaps(),
            self.kernel.gaps(),
            self.packages.gaps(),
            self.pending_updates.gaps(),
            self.last_package_change.gaps(),
            self.last_list_refresh.gaps(),
            self.reboot_required.gaps(),
            self.users.gaps(),
            self.groups.gaps(),
            self.login_defs.gaps(),
            self.sockets.gaps(),
            self.containers.gaps(),
            self.ssh_server.gaps(),
            self.sudo.gaps(),
            self.sysctl.gaps(),
            self.mounts.gaps(),
            self.files.gaps(),
            self.private_keys.gaps(),
        ];
        sections.into_iter().flatten().collect()
    }
}

/// The distribution, from os-release(5).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OsRelease {
    /// `ID`: `debian`, `ubuntu`, `alpine`, `rhel` …
    pub id: String,
    /// `ID_LIKE`, split.
    pub id_like: Vec<String>,
    /// `VERSION_ID`: `12`, `22.04`, `3.20.1`; empty for rolling distributions.
    pub version_id: String,
    /// `VERSION_CODENAME`.
    pub codename: String,
    /// `PRETTY_NAME`.
    pub pretty_name: String,
}

/// The running kernel.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kernel {
    /// `uname -r`.
    pub release: String,
    /// `uname -v`.
    pub version: String,
    /// `uname -m`.
    pub machine: String,
    /// When the machine started.
    pub booted_at: Option<Timestamp>,
}

/// An update that the configured package sources offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingUpdate {
    /// Package.
    pub package: String,
    /// Installed version.
    pub installed: String,
    /// Offered version.
    pub candidate: String,
    /// Whether it comes from a security archive.
    pub security: bool,
}

/// The distribution's own note that a restart is due.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RebootRequired {
    /// Whether it is due.
    pub required: bool,
    /// Packages that asked for it.
    pub packages: Vec<String>,
}

/// An account of passwd(5) and shadow(5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Home directory.
    #[serde(default)]
    pub home: String,
    /// Login shell.
    #[serde(default)]
    pub shell: String,
    /// What stands in the password field; never the hash itself.
    #[serde(default)]
    pub password: Password,
    /// Day of the last password change.
    #[serde(default)]
    pub password_changed: Option<Day>,
    /// Days after which the password must be changed.
    #[serde(default)]
    pub password_max_days: Option<i64>,
}

/// What stands in an account's password field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Password {
    /// It could not be read.
    #[default]
    Unknown,
    /// No password can match (`*`, `!`, `!…`).
    Locked,
    /// Nothing: whoever knows the name may enter.
    Empty,
    /// A hash by crypt(5), by its method.
    Hashed(HashMethod),
}

/// Password hashing methods of crypt(5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HashMethod {
    /// `$y$`.
    Yescrypt,
    /// `$gy$`.
    GostYescrypt,
    /// `$7$`.
    Scrypt,
    /// `$2a$`, `$2b$`, `$2x$`, `$2y$`.
    Bcrypt,
    /// `$6$`.
    Sha512,
    /// `$5$`.
    Sha256,
    /// `$1$`, and `$md5`.
    Md5,
    /// `$3$`.
    Nt,
    /// `$sha1`.
    Sha1,
    /// Traditional and extended DES.
    Des,
    /// None of crypt(5)'s.
    Other,
}

/// A group of group(5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Name.
    pub name: String,
    /// Group id.
    pub gid: u32,
    /// Members beyond those whose primary group it is.
    #[serde(default)]
    pub members: Vec<String>,
}

/// A socket that accepts from outside: TCP in LISTEN, or a bound UDP socket without peer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Socket {
    /// `tcp` or `udp`.
    pub protocol: Transport,
    /// Local address; unspecified means all.
    pub address: IpAddr,
    /// Local port.
    pub port: u16,
    /// Owning process, where it could be seen.
    #[serde(default)]
    pub process: Option<SocketOwner>,
}

/// Transport of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// The process that owns a socket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SocketOwner {
    /// Process id in the host's namespace.
    pub pid: u32,
    /// `comm`.
    pub name: String,
    /// Path of the program.
    #[serde(default)]
    pub exe: String,
    /// Real user id.
    #[serde(default)]
    pub uid: u32,
    /// Id of the container it runs in.
    #[serde(default)]
    pub container: Option<String>,
}

/// A container as its engine tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// Which engine.
    pub engine: Engine,
    /// Full id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Image as the container was started from it.
    #[serde(default)]
    pub image: String,
    /// Id or digest of the image.
    #[serde(default)]
    pub image_id: String,
    /// `running`, `exited` …
    #[serde(default)]
    pub state: String,
    /// First process in the host's namespace, 0 when unknown.
    #[serde(default)]
    pub pid: u32,
    /// Labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// A container engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Docker.
    Docker,
    /// containerd, used directly or by Kubernetes.
    Containerd,
    /// Podman.
    Podman,
}

/// An SSH server's settings in force.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SshServer {
    /// Value of each keyword, lower-case, first value wins as in sshd_config(5), built-in defaults included.
    pub settings: BTreeMap<String, Vec<String>>,
    /// Settings under `Match` conditions.
    pub matches: Vec<SshMatch>,
    /// Where each explicit setting stands, `file:line` by keyword.
    pub places: BTreeMap<String, String>,
    /// How the settings were learned: `sshd -T` or `files`.
    pub learned_from: String,
}

impl SshServer {
    /// The first value of a keyword (lower-case).
    #[must_use]
    pub fn get(&self, keyword: &str) -> Option<&str> {
        self.settings.get(keyword)?.first().map(String::as_str)
    }
}

/// Settings that apply under a condition.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SshMatch {
    /// The condition as written: `user backup address 10.0.0.0/8`.
    pub condition: String,
    /// Value of each keyword, lower-case.
    pub settings: BTreeMap<String, Vec<String>>,
    /// `file:line`.
    pub place: String,
}

/// The rules of sudo.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sudo {
    /// User specifications, one for each command list.
    pub rules: Vec<SudoRule>,
    /// `Defaults` words as written: `!authenticate`, `use_pty`, `secure_path=…`.
    pub defaults: Vec<SudoDefault>,
}

/// One user specification of sudoers(5).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SudoRule {
    /// Who: a user, `%group`, `#uid`, an alias resolved.
    pub who: Vec<String>,
    /// On which hosts.
    pub hosts: Vec<String>,
    /// As whom; empty means root.
    pub run_as: Vec<String>,
    /// `NOPASSWD`, `SETENV` …
    pub tags: Vec<String>,
    /// Commands, `ALL` among them.
    pub commands: Vec<String>,
    /// `file:line`.
    pub place: String,
}

/// One word of a `Defaults` line.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SudoDefault {
    /// `@host`, `:user`, `>runas`, `!command`, or empty for everybody.
    pub scope: String,
    /// The word as written.
    pub word: String,
    /// `file:line`.
    pub place: String,
}

/// A mounted file system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Where.
    pub target: String,
    /// File system type.
    pub kind: String,
    /// Options in force.
    pub options: Vec<String>,
}

/// Mode and owner of a file or directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMode {
    /// Path.
    pub path: String,
    /// Permission bits with set-id and sticky bits, written in octal: `0640`.
    #[serde(with = "octal")]
    pub mode: u32,
    /// Owner's id.
    pub uid: u32,
    /// Group's id.
    pub gid: u32,
    /// Whether it is a directory.
    #[serde(default)]
    pub directory: bool,
}

/// A private SSH key at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateKey {
    /// Path.
    pub path: String,
    /// Owner's id.
    pub uid: u32,
    /// Permission bits, in octal.
    #[serde(with = "octal")]
    pub mode: u32,
    /// `OPENSSH`, `RSA`, `EC`, `PKCS8` … after the PEM label.
    pub format: String,
    /// Whether a passphrase protects it.
    pub encrypted: bool,
    /// Whether it is a host key of the SSH server, which cannot have a passphrase.
    #[serde(default)]
    pub host_key: bool,
}

/// Permission bits as octal text, the way people read them.
mod octal {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(super) fn serialize<S: Serializer>(mode: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{mode:04o}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let text = String::deserialize(deserializer)?;
        u32::from_str_radix(&text, 8).map_err(|_| serde::de::Error::custom(format!("`{text}` is not an octal mode such as 0640")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_can_be_written_by_hand() {
        let facts: HostFacts = serde_json::from_str(
            r#"{"files": {"seen": [{"path": "/etc/shadow", "mode": "0640", "uid": 0, "gid": 42}]},
                "ssh_server": "absent",
                "users": {"partly": {"value": [{"name": "root", "uid": 0, "gid": 0, "password": "locked"},
                                               {"name": "eva", "uid": 1000, "gid": 1000, "password": {"hashed": "yescrypt"}}],
                                     "missing": [{"what": "/etc/shadow", "why": "not_permitted"}]}}}"#,
        )
        .unwrap();
        assert_eq!(facts.files.value().unwrap()[0].mode, 0o640);
        assert_eq!(facts.ssh_server, Observed::Absent);
        assert_eq!(facts.gaps().len(), 1);
        let again: HostFacts = serde_json::from_str(&serde_json::to_string(&facts).unwrap()).unwrap();
        assert_eq!(again, facts);
    }
}
