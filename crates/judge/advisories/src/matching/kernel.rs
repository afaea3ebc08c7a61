//! Kernels: which of their packages run as one, and under which name advisories know them; and, beside them, what only
//! debuggers read of any program.
//!
//! A kernel source is split into an image, headers, documentation, a C library header package and
//! user programs. Kernel vulnerabilities are in the image; a host without one (every container) that
//! has `linux-libc-dev` for its compiler is not affected. And of several installed images only the
//! one that runs counts, where that is known: the others lie on the disk.

use std::borrow::Cow;
use vigie_model::package::Package;

/// Whether vulnerabilities of the package's source are in this package.
pub(super) fn carries_findings(package: &Package, running: Option<&str>) -> bool {
    if is_for_debuggers(&package.name) {
        return false;
    }
    let source = package.advisory_name();
    if source == "kernel" || source.starts_with("kernel-") {
        return !is_rpm_by_product(&package.name);
    }
    if source != "linux" && !source.starts_with("linux-") {
        return true;
    }
    if let Some(release) = running
        && is_image(package)
    {
        return is_image_of(package, release);
    }
    // The kernel itself is split in ways that change with every release: take the image (or a package
    // that is called just `linux`, as bills of materials have it) and nothing else. Of sources that only may be kernels (Ubuntu's flavours, but also `linux-atm`) leave out
    // what is certainly not one.
    if is_kernel_source(source) { is_image(package) || package.name == "linux" } else { !is_by_product(&package.name) }
}

/// Whether it holds what a debugger reads beside a program, and nothing that runs.
fn is_for_debuggers(name: &str) -> bool {
    ["-debuginfo", "-debugsource", "-dbgsym"].iter().any(|ending| name.ends_with(ending)) || name.contains("-debuginfo-common")
}

/// Whether this is the package of the kernel with this release (`uname -r`).
pub(super) fn is_image_of(package: &Package, release: &str) -> bool {
    is_image(package) && package.name.strip_suffix(release).is_some_and(|rest| rest.ends_with('-'))
}

fn is_image(package: &Package) -> bool {
    package.name.starts_with("linux-image-") || package.name.starts_with("linux-modules-")
}

fn is_kernel_source(source: &str) -> bool {
    let flavour = source.strip_prefix("linux-").unwrap_or_default();
    source == "linux" || flavour.starts_with("signed") || flavour.starts_with(|first: char| first.is_ascii_digit())
}

/// What RPM distributions build from the kernel's source that is no kernel.
fn is_rpm_by_product(name: &str) -> bool {
    const WHOLE: [&str; 5] = ["perf", "python3-perf", "bpftool", "rtla", "rv"];
    const INFIXES: [&str; 9] = ["-headers", "-devel", "-doc", "-tools", "-macros", "-source", "-syms", "-debuginfo", "-abi-"];
    WHOLE.contains(&name) || INFIXES.iter().any(|infix| name.contains(infix))
}

fn is_by_product(name: &str) -> bool {
    const PREFIXES: [&str; 12] = [
        "linux-headers",
        "linux-libc-dev",
        "linux-doc",
        "linux-source",
        "linux-support-",
        "linux-kbuild-",
        "linux-compiler-",
        "linux-config-",
        "linux-perf",
        "linux-tools",
        "linux-cloud-tools",
        "linux-buildinfo-",
    ];
    // Flavours of Ubuntu put their own name between: `linux-aws-5.15-headers-5.15.0-1051`.
    const INFIXES: [&str; 4] = ["-headers-", "-tools-", "-cloud-tools-", "-buildinfo-"];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || INFIXES.iter().any(|infix| name.contains(infix))
        // Alpine's.
        || name.ends_with("-dev")
        || name.ends_with("-doc")
}

/// The name and the version under which advisories know the package.
///
/// Signed images are built from a source of their own (`linux-signed-amd64` with version `6.1.99+1`,
/// `linux-signed-hwe-5.15`), but advisories speak of the kernel's source and its version, which is
/// that of the image.
pub(super) fn advisory_name_and_version(package: &Package) -> (Cow<'_, str>, &str) {
    let source = package.advisory_name();
    let Some(signed) = source.strip_prefix("linux-signed") else {
        return (Cow::Borrowed(source), package.advisory_version());
    };
    let flavour = ["-amd64", "-arm64", "-i386"].iter().find_map(|machine| signed.strip_suffix(machine)).unwrap_or(signed);
    (Cow::Owned(format!("linux{flavour}")), &package.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_model::package::SourcePackage;

    fn package(name: &str, version: &str, source: &str, source_version: &str) -> Package {
        Package {
            ecosystem: "Debian:12".into(),
            name: name.into(),
            version: version.into(),
            architecture: None,
            source: Some(SourcePackage { name: source.into(), version: source_version.into() }),
        }
    }

    fn carries(name: &str, source: &str) -> bool {
        carries_findings(&package(name, "1", source, "1"), None)
    }

    #[test]
    fn only_images_carry_kernel_findings() {
        for (name, source) in [
            ("linux-libc-dev", "linux"),
            ("linux-headers-6.1.0-25-amd64", "linux"),
            ("linux-doc-6.1", "linux"),
            ("linux-perf-6.1", "linux"),
            ("bpftool", "linux"),
            ("linux-compiler-gcc-12-x86", "linux"),
            ("linux-headers-5.15.0-91-generic", "linux-hwe-5.15"),
            ("linux-aws-5.15-headers-5.15.0-1051", "linux-aws-5.15"),
            ("linux-lts-dev", "linux-lts"),
            ("kernel-headers", "kernel"),
            ("patch-debuginfo", "patch"),
            ("libssl3-dbgsym", "openssl"),
            ("kernel-tools-libs", "kernel"),
            ("python3-perf", "kernel"),
            ("kernel-default-devel", "kernel-default"),
        ] {
            assert!(!carries(name, source), "{name}");
        }
        for (name, source) in [
            ("linux-image-6.1.0-25-amd64", "linux-signed-amd64"),
            ("linux-image-amd64", "linux-signed-amd64"),
            ("linux-modules-5.15.0-91-generic", "linux"),
            ("linux-image-unsigned-5.15.0-91-generic", "linux-hwe-5.15"),
            ("linux-lts", "linux-lts"),
            ("kernel-core", "kernel"),
            ("kernel-modules-extra", "kernel"),
            ("kernel-default", "kernel-default"),
            ("linux", "linux"),
            ("linux-firmware", "linux-firmware"),
            ("libatm1", "linux-atm"),
            ("openssl", "openssl"),
        ] {
            assert!(carries(name, source), "{name}");
        }
    }

    #[test]
    fn of_several_images_the_running_one_counts() {
        let old = package("linux-image-6.1.0-9-amd64", "6.1.27-1", "linux-signed-amd64", "6.1.27+1");
        let new = package("linux-image-6.1.0-25-amd64", "6.1.106-3", "linux-signed-amd64", "6.1.106+3");
        let meta = package("linux-image-amd64", "6.1.106-3", "linux-signed-amd64", "6.1.106+3");
        let counted = |package| carries_findings(package, Some("6.1.0-9-amd64"));
        assert_eq!([counted(&old), counted(&new), counted(&meta)], [true, false, false]);
        assert!(!is_image_of(&package("linux-image-16.1.0-9-amd64", "1", "linux", "1"), "6.1.0-9-amd64"));
    }

    #[test]
    fn signed_images_go_by_the_name_of_the_kernel() {
        for (source, expected) in [
            ("linux-signed-amd64", "linux"),
            ("linux-signed", "linux"),
            ("linux-signed-hwe-5.15", "linux-hwe-5.15"),
            ("linux-signed-6.1-arm64", "linux-6.1"),
        ] {
            let image = package("linux-image-x", "6.1.99-1", source, "6.1.99+1");
            assert_eq!(advisory_name_and_version(&image), (expected.into(), "6.1.99-1"), "{source}");
        }
        let plain = package("libssl3", "3.0-1+b1", "openssl", "3.0-1");
        assert_eq!(advisory_name_and_version(&plain), ("openssl".into(), "3.0-1"));
    }
}
