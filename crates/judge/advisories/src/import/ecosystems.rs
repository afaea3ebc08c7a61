//! One name for each ecosystem, and for each package in it, whoever writes it.
//!
//! OSV names Red Hat's and SUSE's products as their sellers do: one release is many products
//! (`Red Hat:enterprise_linux:9::baseos`, `SUSE:Linux Enterprise Module for Basesystem 15 SP5`), and a
//! machine has packages of several. They are brought together here under the release, extended support
//! kept apart (its repairs come from elsewhere and have versions of their own). Both the import and the
//! question go through [`canonical`], so either form may be asked for.

use std::borrow::Cow;

/// The name under which an ecosystem is kept.
pub(crate) fn canonical(ecosystem: &str) -> Cow<'_, str> {
    let Some((system, release)) = ecosystem.split_once(':') else { return Cow::Borrowed(ecosystem) };
    match system {
        "Red Hat" => red_hat(release).map_or(Cow::Borrowed(ecosystem), Cow::Owned),
        "SUSE" => suse(release).map_or(Cow::Borrowed(ecosystem), Cow::Owned),
        "AlmaLinux" | "Rocky Linux" | "Oracle Linux" | "Azure Linux" | "CentOS" => {
            major(system, release).map_or(Cow::Borrowed(ecosystem), Cow::Owned)
        }
        _ => Cow::Borrowed(ecosystem),
    }
}

/// `9.4` is 9: these distributions repair only the newest minor release.
fn major(system: &str, release: &str) -> Option<String> {
    let (major, _) = release.split_once('.')?;
    Some(format!("{system}:{major}"))
}

/// `enterprise_linux:9.2::appstream` is `9`, `rhel_eus:9.2::baseos` is `eus:9.2`; other products stay.
fn red_hat(release: &str) -> Option<String> {
    let mut parts = release.split(':');
    let (product, version) = (parts.next()?, parts.next().unwrap_or_default());
    let is_number = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    if is_number(product) {
        return major("Red Hat", product);
    }
    let major = version.split('.').next().filter(|major| is_number(major))?;
    match product.strip_prefix("rhel_") {
        Some(support @ ("eus" | "aus" | "tus" | "e4s" | "els" | "eus_long_life")) => Some(format!("Red Hat:{support}:{version}")),
        _ if product == "enterprise_linux" => Some(format!("Red Hat:{major}")),
        _ => None,
    }
}

/// `Linux Enterprise Server 15 SP5`, and each of its modules, is `15.5`; `Linux Micro 6.0` stays apart.
fn suse(release: &str) -> Option<String> {
    let product = release.strip_prefix("Linux Enterprise ").or_else(|| release.strip_prefix("SUSE Linux Enterprise "))?;
    let micro = product.starts_with("Micro ");
    let mut words = product.split_whitespace().skip_while(|word| !word.starts_with(|first: char| first.is_ascii_digit()));
    let version = words.next()?;
    let (version, support) = version.split_once('-').map_or((version, None), |(version, support)| (version, Some(support)));
    if micro {
        return Some(format!("SUSE:Micro {version}"));
    }
    let (pack, support) = match words.next().and_then(|word| word.strip_prefix("SP")) {
        Some(pack) => pack.split_once('-').map_or((Some(pack), None), |(pack, support)| (Some(pack), Some(support))),
        None => (None, support),
    };
    let support = support.map_or(String::new(), |support| format!("-{support}"));
    Some(pack.map_or_else(|| format!("SUSE:{version}{support}"), |pack| format!("SUSE:{version}.{pack}{support}")))
}

/// What a package is found by: ecosystem and its name as advisories of the ecosystem write it.
pub(crate) fn package_key(ecosystem: &str, package: &str) -> String {
    let ecosystem = canonical(ecosystem);
    let name = match ecosystem.as_ref() {
        "PyPI" => Cow::Owned(python_name(package)),
        // Names without case, as their registries say.
        "NuGet" | "Packagist" | "GitHub Actions" => Cow::Owned(package.to_lowercase()),
        "SwiftURL" => Cow::Owned(address_name(package)),
        _ => Cow::Borrowed(package),
    };
    format!("{ecosystem}\0{name}")
}

/// Python project names are equal without regard to case and to runs of `-`, `_` and `.`
/// (PyPA specification "Names and normalization").
fn python_name(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            other => normal.extend(other.to_lowercase()),
        }
    }
    normal
}

/// Swift packages are named by the address of their repository, with or without its trimmings.
fn address_name(address: &str) -> String {
    let address = address.trim_end_matches('/').trim_end_matches(".git").to_lowercase();
    address.rsplit("://").next().map(str::to_owned).unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_release_has_one_name() {
        for (ecosystem, expected) in [
            ("Red Hat:enterprise_linux:9::baseos", "Red Hat:9"),
            ("Red Hat:enterprise_linux:9.2::appstream", "Red Hat:9"),
            ("Red Hat:enterprise_linux:8", "Red Hat:8"),
            ("Red Hat:9.4", "Red Hat:9"),
            ("Red Hat:9", "Red Hat:9"),
            ("Red Hat:rhel_eus:9.2::baseos", "Red Hat:eus:9.2"),
            ("Red Hat:openshift:4.15::el9", "Red Hat:openshift:4.15::el9"),
            ("SUSE:Linux Enterprise Server 15 SP5", "SUSE:15.5"),
            ("SUSE:Linux Enterprise Module for Basesystem 15 SP5", "SUSE:15.5"),
            ("SUSE:Linux Enterprise Server 12 SP5-LTSS", "SUSE:12.5-LTSS"),
            ("SUSE:Linux Enterprise Server 15", "SUSE:15"),
            ("SUSE:Linux Enterprise Micro 5.5", "SUSE:Micro 5.5"),
            ("SUSE:15.5", "SUSE:15.5"),
            ("openSUSE:Leap 15.6", "openSUSE:Leap 15.6"),
            ("Rocky Linux:9.4", "Rocky Linux:9"),
            ("AlmaLinux:8", "AlmaLinux:8"),
            ("Debian:12", "Debian:12"),
            ("npm", "npm"),
        ] {
            assert_eq!(canonical(ecosystem), expected, "{ecosystem}");
            assert_eq!(canonical(expected), expected, "asked for twice");
        }
    }

    #[test]
    fn names_have_one_spelling() {
        assert_eq!(package_key("PyPI", "Zope.Interface"), package_key("PyPI", "zope_-interface"));
        assert_eq!(package_key("NuGet", "Newtonsoft.Json"), package_key("NuGet", "newtonsoft.json"));
        assert_eq!(
            package_key("SwiftURL", "https://github.com/apple/swift-nio.git"),
            package_key("SwiftURL", "github.com/apple/swift-nio")
        );
        assert_ne!(package_key("crates.io", "a_b"), package_key("crates.io", "a-b"));
        assert_ne!(package_key("RubyGems", "RedCloth"), package_key("RubyGems", "redcloth"));
    }
}
