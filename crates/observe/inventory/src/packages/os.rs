//! Under which name vulnerability data know a distribution's packages.
//!
//! [`ecosystem_of`] turns os-release(5) into an ecosystem name of the OSV schema
//! (<https://ossf.github.io/osv-schema/>, "Defined ecosystems"). Where OSV scopes by something finer or coarser than a release, or
//! does not know a distribution at all, this house has one form for packages, and whoever imports advisories
//! turns theirs into it:
//!
//! | Distribution | Form | Remarks |
//! | --- | --- | --- |
//! | Ubuntu | `Ubuntu:22.04:LTS` | which packages came from Pro (`Ubuntu:Pro:22.04:LTS`) their versions tell when they are judged |
//! | Red Hat, CentOS Linux, rebuilds | `Red Hat:9` | OSV has CPEs: `Red Hat:enterprise_linux:9::baseos` |
//! | CentOS Stream | `CentOS:9` | runs ahead of Red Hat's releases; no data know it |
//! | SLES and its modules | `SUSE:Linux Enterprise Server 15 SP5` | OSV also names modules of the same service pack |
//! | SLE Micro | `SUSE:Linux Enterprise Micro 5.5`, `SUSE:Linux Micro 6.0` | |
//! | openSUSE | `openSUSE:Leap 15.6`, `openSUSE:Tumbleweed` | |
//! | Azure Linux, CBL-Mariner | `Azure Linux:3`, `Azure Linux:2` | one distribution under two names |
//! | openEuler | `openEuler:22.03-LTS-SP3` | the service pack stands in `PRETTY_NAME` only |
//! | Oracle, Amazon, Fedora | `Oracle Linux:9`, `Amazon Linux:2023`, `Fedora:41` | not in OSV; Amazon's dated releases are `1` |
//!
//! A derivative that takes its packages from another distribution as they are counts as that one, when its release tells which.
//! Deliberately not: distributions that rebuild with versions of their own, whose versions mean nothing to others.

use vigie_model::host::OsRelease;

/// Releases of Debian by codename, for systems that write no number.
const DEBIAN: [(&str, &str); 8] = [
    ("jessie", "8"),
    ("stretch", "9"),
    ("buster", "10"),
    ("bullseye", "11"),
    ("bookworm", "12"),
    ("trixie", "13"),
    ("forky", "14"),
    ("duke", "15"),
];
/// Devuan is Debian without systemd, release by release.
const DEVUAN: [(&str, &str); 6] = [("1", "8"), ("2", "9"), ("3", "10"), ("4", "11"), ("5", "12"), ("6", "13")];
/// Long-term releases of Ubuntu by codename: what derivatives are built on.
const UBUNTU: [(&str, &str); 7] = [
    ("trusty", "14.04"),
    ("xenial", "16.04"),
    ("bionic", "18.04"),
    ("focal", "20.04"),
    ("jammy", "22.04"),
    ("noble", "24.04"),
    ("resolute", "26.04"),
];

/// The ecosystem of the packages that `system` (`dpkg`, `apk`, `rpm`) has installed on this distribution; none
/// where no vulnerability data could speak of them.
#[must_use]
pub fn ecosystem_of(os: &OsRelease, system: &str) -> Option<String> {
    match system {
        "dpkg" => of_dpkg(os),
        "apk" => of_apk(os),
        "rpm" => of_rpm(os),
        _ => None,
    }
}

fn of_dpkg(os: &OsRelease) -> Option<String> {
    let version = os.version_id.as_str();
    match os.id.as_str() {
        "debian" | "raspbian" => Some(named("Debian", debian_number(os))),
        "devuan" => Some(named("Debian", find(&DEVUAN, major(version)))),
        "ubuntu" => Some(named("Ubuntu", ubuntu_version(version))),
        "echo" => Some("Echo".to_owned()),
        _ => {
            let like = |id: &str| os.id_like.iter().any(|other| other == id);
            let ubuntu = find(&UBUNTU, &os.codename).filter(|_| like("ubuntu"));
            let debian = || find(&DEBIAN, &os.codename).filter(|_| like("debian") && !like("ubuntu"));
            ubuntu
                .and_then(|version| Some(named("Ubuntu", Some(ubuntu_version(&version)?))))
                .or_else(|| debian().map(|number| named("Debian", Some(number))))
        }
    }
}

fn of_apk(os: &OsRelease) -> Option<String> {
    match os.id.as_str() {
        "alpine" => Some(named("Alpine", alpine_branch(&os.version_id))),
        "wolfi" => Some("Wolfi".to_owned()),
        "chainguard" => Some("Chainguard".to_owned()),
        "minimos" => Some("MinimOS".to_owned()),
        "alpaquita" => Some(named("Alpaquita", (!os.version_id.is_empty()).then(|| os.version_id.clone()))),
        _ => None,
    }
}

fn of_rpm(os: &OsRelease) -> Option<String> {
    let version = os.version_id.as_str();
    let by_major = |name| Some(named(name, Some(major(version).to_owned()).filter(|major| !major.is_empty())));
    match os.id.as_str() {
        "rhel" | "scientific" | "springdale" | "eurolinux" => by_major("Red Hat"),
        "centos" if os.pretty_name.starts_with("CentOS Stream") => by_major("CentOS"),
        "centos" => by_major("Red Hat"),
        "almalinux" => by_major("AlmaLinux"),
        "rocky" => by_major("Rocky Linux"),
        "ol" => by_major("Oracle Linux"),
        "fedora" => by_major("Fedora"),
        "mageia" => by_major("Mageia"),
        "mariner" | "azurelinux" => by_major("Azure Linux"),
        "photon" => Some(named("Photon OS", (!version.is_empty()).then(|| version.to_owned()))),
        // The first generation had dated releases, all of one line: 2018.03.
        "amzn" if version.contains('.') => Some("Amazon Linux:1".to_owned()),
        "amzn" => by_major("Amazon Linux"),
        "openeuler" => Some(named("openEuler", open_euler_release(os))),
        _ => of_suse(os),
    }
}

fn of_suse(os: &OsRelease) -> Option<String> {
    let version = os.version_id.as_str();
    match os.id.as_str() {
        "opensuse-tumbleweed" => Some("openSUSE:Tumbleweed".to_owned()),
        _ if version.is_empty() => None,
        "sles" | "sles_sap" | "sled" => Some(format!("SUSE:Linux Enterprise Server {}", suse_release(version))),
        "sle-micro" | "suse-microos" => Some(format!("SUSE:Linux Enterprise Micro {version}")),
        "sl-micro" => Some(format!("SUSE:Linux Micro {version}")),
        "opensuse-leap" | "opensuse" => Some(format!("openSUSE:Leap {version}")),
        "opensuse-leap-micro" => Some(format!("openSUSE:Leap Micro {version}")),
        _ => None,
    }
}

fn named(name: &str, release: Option<String>) -> String {
    release.map_or_else(|| name.to_owned(), |release| format!("{name}:{release}"))
}

fn find(table: &[(&str, &str)], key: &str) -> Option<String> {
    table.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned())
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or_default()
}

/// Debian testing and unstable write no number; testing has its codename, which later becomes a number.
fn debian_number(os: &OsRelease) -> Option<String> {
    let major = major(&os.version_id);
    if major.is_empty() { find(&DEBIAN, &os.codename) } else { Some(major.to_owned()) }
}

/// Every April release of an even year is a long-term one, and OSV says so in the name.
fn ubuntu_version(version: &str) -> Option<String> {
    let (year, month) = version.split_once('.')?;
    let even = year.parse::<u32>().is_ok_and(|year| year % 2 == 0);
    Some(if even && month.starts_with("04") { format!("{year}.04:LTS") } else { version.to_owned() })
}

/// `3.20.1` is branch v3.20; the development branch calls itself `3.21.0_alpha20240807`.
fn alpine_branch(version: &str) -> Option<String> {
    if version.contains("_alpha") || version == "edge" {
        return Some("edge".to_owned());
    }
    let mut numbers = version.split('.');
    Some(format!("v{}.{}", numbers.next().filter(|major| !major.is_empty())?, numbers.next()?))
}

/// `15.5` is 15 SP5; since 16 there are no service packs, and the number stays.
fn suse_release(version: &str) -> String {
    match version.split_once('.') {
        Some((major, pack)) if major.parse::<u32>().is_ok_and(|major| major < 16) => {
            if pack == "0" {
                major.to_owned()
            } else {
                format!("{major} SP{pack}")
            }
        }
        _ => version.to_owned(),
    }
}

/// `openEuler 22.03 (LTS-SP3)` → `22.03-LTS-SP3`.
fn open_euler_release(os: &OsRelease) -> Option<String> {
    let version = Some(os.version_id.as_str()).filter(|version| !version.is_empty())?;
    let word = os.pretty_name.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(word, _)| word);
    Some(word.map_or_else(|| version.to_owned(), |word| format!("{version}-{word}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::os_release::parse;

    #[test]
    fn names_the_ecosystem_as_osv_does() {
        let table = [
            ("dpkg", "ID=debian\nVERSION_ID=12", "Debian:12"),
            ("dpkg", "ID=debian\nVERSION_CODENAME=forky", "Debian:14"),
            ("dpkg", "ID=debian", "Debian"),
            ("dpkg", "ID=raspbian\nVERSION_ID=11", "Debian:11"),
            ("dpkg", "ID=devuan\nVERSION_ID=5", "Debian:12"),
            ("dpkg", "ID=ubuntu\nVERSION_ID=\"22.04\"", "Ubuntu:22.04:LTS"),
            ("dpkg", "ID=ubuntu\nVERSION_ID=\"23.04\"", "Ubuntu:23.04"),
            ("dpkg", "ID=ubuntu\nVERSION_ID=\"24.10\"", "Ubuntu:24.10"),
            ("dpkg", "ID=pop\nID_LIKE=\"ubuntu debian\"\nVERSION_CODENAME=jammy", "Ubuntu:22.04:LTS"),
            ("dpkg", "ID=mx\nID_LIKE=debian\nVERSION_CODENAME=bookworm", "Debian:12"),
            ("dpkg", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=21.3\nVERSION_CODENAME=virginia", "-"),
            ("dpkg", "ID=kali\nID_LIKE=debian\nVERSION_ID=2024.1\nVERSION_CODENAME=kali-rolling", "-"),
            ("dpkg", "ID=fedora\nVERSION_ID=41", "-"),
            ("apk", "ID=alpine\nVERSION_ID=3.20.1", "Alpine:v3.20"),
            ("apk", "ID=alpine\nVERSION_ID=3.23.0_alpha20250612", "Alpine:edge"),
            ("apk", "ID=wolfi\nVERSION_ID=20230201", "Wolfi"),
            ("apk", "ID=chainguard\nVERSION_ID=20230214", "Chainguard"),
            ("apk", "ID=minimos\nVERSION_ID=20241031", "MinimOS"),
            ("apk", "ID=postmarketos\nID_LIKE=alpine\nVERSION_ID=v23.12", "-"),
            ("rpm", "ID=rhel\nVERSION_ID=9.4", "Red Hat:9"),
            ("rpm", "ID=centos\nVERSION_ID=7\nPRETTY_NAME=\"CentOS Linux 7 (Core)\"", "Red Hat:7"),
            ("rpm", "ID=centos\nVERSION_ID=9\nPRETTY_NAME=\"CentOS Stream 9\"", "CentOS:9"),
            ("rpm", "ID=almalinux\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=9.3", "AlmaLinux:9"),
            ("rpm", "ID=rocky\nVERSION_ID=8.9", "Rocky Linux:8"),
            ("rpm", "ID=ol\nVERSION_ID=9.3", "Oracle Linux:9"),
            ("rpm", "ID=amzn\nVERSION_ID=2018.03", "Amazon Linux:1"),
            ("rpm", "ID=amzn\nVERSION_ID=2", "Amazon Linux:2"),
            ("rpm", "ID=amzn\nVERSION_ID=2023", "Amazon Linux:2023"),
            ("rpm", "ID=fedora\nVERSION_ID=41", "Fedora:41"),
            ("rpm", "ID=sles\nVERSION_ID=15.5", "SUSE:Linux Enterprise Server 15 SP5"),
            ("rpm", "ID=sles\nVERSION_ID=16.0", "SUSE:Linux Enterprise Server 16.0"),
            ("rpm", "ID=sle-micro\nVERSION_ID=5.5", "SUSE:Linux Enterprise Micro 5.5"),
            ("rpm", "ID=\"opensuse-leap\"\nVERSION_ID=15.6", "openSUSE:Leap 15.6"),
            ("rpm", "ID=\"opensuse-tumbleweed\"\nVERSION_ID=20240101", "openSUSE:Tumbleweed"),
            ("rpm", "ID=mariner\nVERSION_ID=2.0", "Azure Linux:2"),
            ("rpm", "ID=azurelinux\nVERSION_ID=3.0", "Azure Linux:3"),
            ("rpm", "ID=photon\nVERSION_ID=5.0", "Photon OS:5.0"),
            ("rpm", "ID=openEuler\nVERSION_ID=22.03\nPRETTY_NAME=\"openEuler 22.03 (LTS-SP3)\"", "openEuler:22.03-LTS-SP3"),
            ("rpm", "ID=debian\nVERSION_ID=12", "-"),
            ("pacman", "ID=arch", "-"),
        ];
        for (system, text, expected) in table {
            let said = ecosystem_of(&parse(text.as_bytes()), system);
            assert_eq!(said.as_deref().unwrap_or("-"), expected, "{text}");
        }
    }
}
