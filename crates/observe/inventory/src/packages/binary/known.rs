//! Versions of well-known servers, runtimes and libraries that were installed without a package manager.
//!
//! Official images build them from source, so no database knows them; but each has its version as a text in its own file. A
//! file is looked at only when it has the name of one of them, and then searched for one text once. A component found
//! so has the ecosystem `generic`; [`cpes_of`] gives the names under which vulnerability data that speak of
//! products (CPE) know it.
//!
//! The table is ours: names of files and the texts beside the versions were taken from the programs themselves.

use crate::packages::bytes::until_zero;
use aho_corasick::AhoCorasick;

/// Vendor and product, as CPE 2.3 names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpe {
    /// The vendor.
    pub vendor: &'static str,
    /// The product.
    pub product: &'static str,
}

struct Known {
    /// The component's name.
    name: &'static str,
    /// Files that are it: a name, or the beginning of one before `*`.
    files: &'static [&'static str],
    shape: Shape,
    cpes: &'static [Cpe],
}

/// Where a version stands.
#[derive(Clone, Copy)]
enum Shape {
    /// Right behind a text.
    After(&'static str),
    /// The same, digits and dots alone: `3.1.2p20` is 3.1.2.
    NumbersAfter(&'static str),
    /// Behind a zero byte and a `v`, beginning with the 5 that Perl stays at.
    Perl,
    /// Right before a text.
    Before(&'static str),
    /// Between two zero bytes; for Python the file's name tells how it begins.
    Alone,
    /// The same, and elsewhere before the commit it was built from, or zeros: so Redis and what came of it.
    AloneAndBuilt,
}

const fn cpe(vendor: &'static str, product: &'static str) -> Cpe {
    Cpe { vendor, product }
}

const KNOWN: &[Known] = &[
    Known {
        name: "nginx",
        files: &["nginx", "nginx-debug"],
        shape: Shape::NumbersAfter("nginx version: nginx/"),
        cpes: &[cpe("f5", "nginx"), cpe("nginx", "nginx")],
    },
    Known {
        name: "openresty",
        files: &["nginx", "openresty"],
        shape: Shape::NumbersAfter("nginx version: openresty/"),
        cpes: &[cpe("openresty", "openresty")],
    },
    Known {
        name: "httpd",
        files: &["httpd", "apache2"],
        shape: Shape::NumbersAfter("Apache/"),
        cpes: &[cpe("apache", "http_server")],
    },
    Known {
        name: "lighttpd",
        files: &["lighttpd"],
        shape: Shape::NumbersAfter("lighttpd/"),
        cpes: &[cpe("lighttpd", "lighttpd")],
    },
    Known { name: "haproxy", files: &["haproxy"], shape: Shape::NumbersAfter("\0 version "), cpes: &[cpe("haproxy", "haproxy")] },
    Known { name: "squid", files: &["squid"], shape: Shape::NumbersAfter("squid/"), cpes: &[cpe("squid-cache", "squid")] },
    Known {
        name: "varnish",
        files: &["varnishd"],
        shape: Shape::NumbersAfter("varnish-"),
        cpes: &[cpe("varnish-software", "varnish_cache"), cpe("varnish_cache_project", "varnish_cache")],
    },
    Known {
        name: "redis",
        files: &["redis-server", "redis-check-rdb"],
        shape: Shape::AloneAndBuilt,
        cpes: &[cpe("redis", "redis")],
    },
    Known { name: "valkey", files: &["valkey-server"], shape: Shape::AloneAndBuilt, cpes: &[cpe("lfprojects", "valkey")] },
    Known {
        name: "memcached",
        files: &["memcached"],
        shape: Shape::NumbersAfter("memcached "),
        cpes: &[cpe("memcached", "memcached")],
    },
    Known {
        name: "postgresql",
        files: &["postgres"],
        shape: Shape::NumbersAfter("(PostgreSQL) "),
        cpes: &[cpe("postgresql", "postgresql")],
    },
    Known {
        name: "mariadb",
        files: &["mariadbd", "mysqld"],
        shape: Shape::Before("-MariaDB"),
        cpes: &[cpe("mariadb", "mariadb")],
    },
    Known {
        name: "mysql",
        files: &["mysqld"],
        shape: Shape::NumbersAfter("/mysql-"),
        cpes: &[cpe("oracle", "mysql"), cpe("oracle", "mysql_server")],
    },
    Known {
        name: "node",
        files: &["node", "libnode.so*"],
        shape: Shape::NumbersAfter("nodejs.org/download/release/v"),
        cpes: &[cpe("nodejs", "node.js")],
    },
    Known {
        name: "python",
        files: &["python3.*", "python2.7", "libpython3.*", "libpython2.7.so*"],
        shape: Shape::Alone,
        cpes: &[cpe("python", "python")],
    },
    Known {
        name: "php",
        files: &["php", "php-fpm", "php-cgi", "phpdbg", "php7*", "php8*", "libphp*"],
        shape: Shape::After("X-Powered-By: PHP/"),
        cpes: &[cpe("php", "php")],
    },
    Known {
        name: "ruby",
        files: &["ruby", "libruby*"],
        shape: Shape::NumbersAfter("\0ruby "),
        cpes: &[cpe("ruby-lang", "ruby")],
    },
    Known { name: "perl", files: &["perl", "perl5*", "libperl.so*"], shape: Shape::Perl, cpes: &[cpe("perl", "perl")] },
    Known {
        name: "openssl",
        files: &["openssl", "libcrypto.so*"],
        shape: Shape::After("\0OpenSSL "),
        cpes: &[cpe("openssl", "openssl")],
    },
    Known {
        name: "openssh",
        files: &["sshd", "sshd-session"],
        shape: Shape::After("\0OpenSSH_"),
        cpes: &[cpe("openbsd", "openssh")],
    },
    Known {
        name: "dropbear",
        files: &["dropbear", "dropbearmulti"],
        shape: Shape::NumbersAfter("SSH-2.0-dropbear_"),
        cpes: &[cpe("dropbear_ssh_project", "dropbear_ssh")],
    },
    Known { name: "busybox", files: &["busybox"], shape: Shape::NumbersAfter("BusyBox v"), cpes: &[cpe("busybox", "busybox")] },
    Known { name: "bash", files: &["bash"], shape: Shape::NumbersAfter("@(#)Bash version "), cpes: &[cpe("gnu", "bash")] },
    Known { name: "curl", files: &["curl"], shape: Shape::NumbersAfter("\0curl/"), cpes: &[cpe("haxx", "curl")] },
    Known {
        name: "libcurl",
        files: &["libcurl.so*", "libcurl-gnutls.so*"],
        shape: Shape::NumbersAfter("libcurl/"),
        cpes: &[cpe("haxx", "libcurl"), cpe("haxx", "curl")],
    },
    Known { name: "git", files: &["git"], shape: Shape::NumbersAfter("git/"), cpes: &[cpe("git-scm", "git")] },
    Known { name: "dnsmasq", files: &["dnsmasq"], shape: Shape::After("dnsmasq-"), cpes: &[cpe("thekelleys", "dnsmasq")] },
    Known { name: "zlib", files: &["libz.so*"], shape: Shape::NumbersAfter(" deflate "), cpes: &[cpe("zlib", "zlib")] },
    Known {
        name: "expat",
        files: &["libexpat.so*"],
        shape: Shape::NumbersAfter("expat_"),
        cpes: &[cpe("libexpat_project", "libexpat")],
    },
    Known {
        name: "glibc",
        files: &["libc.so.6", "libc-2*"],
        shape: Shape::NumbersAfter(" release version "),
        cpes: &[cpe("gnu", "glibc")],
    },
    Known { name: "musl", files: &["ld-musl-*"], shape: Shape::Alone, cpes: &[cpe("musl-libc", "musl")] },
    // Runtimes that write their version to a file, see `runtimes`.
    Known { name: "openjdk", files: &[], shape: Shape::Alone, cpes: &[cpe("oracle", "openjdk")] },
    Known { name: "erlang", files: &[], shape: Shape::Alone, cpes: &[cpe("erlang", "erlang/otp")] },
];

/// The products that a component of the ecosystem `generic` is; none for a name that is not in the table.
#[must_use]
pub fn cpes_of(name: &str) -> &'static [Cpe] {
    KNOWN.iter().find(|known| known.name == name).map_or(&[], |known| known.cpes)
}

/// The name and version of a well-known file.
pub(super) fn find(file: &str, bytes: &[u8]) -> Option<(&'static str, String)> {
    let mut candidates = KNOWN.iter().filter(|known| known.files.iter().any(|pattern| fits(pattern, file)));
    candidates.find_map(|known| Some((known.name, version(known, file, bytes)?)))
}

fn fits(pattern: &str, file: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == file, |beginning| file.starts_with(beginning))
}

fn version(known: &Known, file: &str, bytes: &[u8]) -> Option<String> {
    let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let is_word = |byte: &u8| is_number(byte) || byte.is_ascii_alphabetic();
    let from = |at: usize| bytes.get(at..).unwrap_or_default();
    match known.shape {
        Shape::After(text) => places(&[text.as_bytes()], bytes).find_map(|(_, end)| take(from(end), is_word)),
        Shape::NumbersAfter(text) => {
            most_exact(places(&[text.as_bytes()], bytes).filter_map(|(_, end)| take(from(end), is_number)))
        }
        Shape::Perl => most_exact(places(&[b"\0v5."], bytes).filter_map(|(start, _)| take(from(start + 2), is_number))),
        Shape::Before(text) => places(&[text.as_bytes()], bytes).find_map(|(start, _)| {
            let before = bytes.get(..start).unwrap_or_default();
            let length = before.iter().rev().take(WORD_BYTES_MAX).take_while(|byte| is_number(byte)).count();
            take(from(start - length), is_number)
        }),
        Shape::Alone => alone(python_branch(file).as_deref(), bytes, is_word).next(),
        Shape::AloneAndBuilt => {
            let candidates: Vec<_> = alone(None, bytes, is_number).take(CANDIDATES_MAX).collect();
            let built = candidates.iter().find(|version| is_built(version, bytes));
            built.or_else(|| candidates.first()).cloned()
        }
    }
}

/// The first version of three numbers; the first of all where there is none.
fn most_exact(mut versions: impl Iterator<Item = String>) -> Option<String> {
    let first = versions.next()?;
    let exact = |version: &String| version.split('.').count() >= 3;
    if exact(&first) { Some(first) } else { Some(versions.find(exact).unwrap_or(first)) }
}

/// Whether a text begins with the version and has the zeros of an unknown commit.
fn is_built(version: &str, bytes: &[u8]) -> bool {
    places(&[version.as_bytes()], bytes).any(|(_, end)| {
        let rest = bytes.get(end..).unwrap_or_default();
        let text = until_zero(rest.get(..rest.len().min(200)).unwrap_or_default());
        text.len() > 8 && text.windows(8).any(|window| window == b"00000000")
    })
}

/// `libpython3.11.so.1.0` → `3.11.`
fn python_branch(file: &str) -> Option<String> {
    let rest = file.strip_prefix("lib").unwrap_or(file).strip_prefix("python")?;
    let mut numbers = rest.split(|byte: char| !byte.is_ascii_digit());
    Some(format!("{}.{}.", numbers.next()?, numbers.next()?))
}

/// Versions of three numbers between two zero bytes, beginning as told.
fn alone<'a, F: Fn(&u8) -> bool>(
    beginning: Option<&str>,
    bytes: &'a [u8],
    belongs: F,
) -> impl Iterator<Item = String> + use<'a, F> {
    let beginnings: Vec<Vec<u8>> = match beginning {
        Some(beginning) => vec![[b"\0", beginning.as_bytes()].concat()],
        None => (b'0'..=b'9').map(|digit| vec![0, digit]).collect(),
    };
    let beginnings: Vec<&[u8]> = beginnings.iter().map(Vec::as_slice).collect();
    places(&beginnings, bytes).filter_map(move |(start, _)| {
        let rest = bytes.get(start + 1..)?;
        let version = take(rest, &belongs).filter(|version| version.split('.').count() == 3)?;
        let ends = rest.get(version.len()).is_some_and(|byte| [0, b'+'].contains(byte));
        (ends && version.split('.').all(|part| part.starts_with(|first: char| first.is_ascii_digit()))).then_some(version)
    })
}

/// The longest version.
const WORD_BYTES_MAX: usize = 40;
/// The most versions that are looked at closely.
const CANDIDATES_MAX: usize = 20;

/// The version that these bytes begin with: a digit first, a dot in it, none at its end.
fn take(bytes: &[u8], belongs: impl Fn(&u8) -> bool) -> Option<String> {
    let length = bytes.iter().take(WORD_BYTES_MAX + 1).take_while(|byte| belongs(byte)).count();
    let version = std::str::from_utf8(bytes.get(..length)?).ok()?.trim_end_matches('.');
    let right = version.starts_with(|first: char| first.is_ascii_digit()) && version.contains('.') && length <= WORD_BYTES_MAX;
    right.then(|| version.to_owned())
}

/// Where any of these texts begins and ends.
fn places<'a>(texts: &[&[u8]], bytes: &'a [u8]) -> impl Iterator<Item = (usize, usize)> + use<'a> {
    // A few short texts never are too many for a searcher; without one nothing is found.
    let found: Vec<_> = AhoCorasick::new(texts)
        .map(|searcher| searcher.find_iter(bytes).take(PLACES_MAX).map(|place| (place.start(), place.end())).collect())
        .unwrap_or_default();
    found.into_iter()
}

/// The most places of a text that are looked at.
const PLACES_MAX: usize = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_versions_by_name() {
        let table = [
            ("nginx", "x\0nginx version: nginx/1.22.1\0", "nginx 1.22.1"),
            ("nginx", "nginx version: openresty/1.21.4.1", "openresty 1.21.4.1"),
            ("apache2", "Apache\0Apache/2.4\0Apache/2.4.71 (Debian)", "httpd 2.4.71"),
            ("haproxy", "HAProxy version %s\0 version 2.6.12-1+deb12u4, released 2026/10/17\0", "haproxy 2.6.12"),
            ("redis-server", "\x002.6.0\0jemalloc-5.3.0\x007.0.15\0c11\0A7.0.151790282056000000000\0", "redis 7.0.15"),
            ("memcached", "print memcached and\0memcached 1.6.18\n", "memcached 1.6.18"),
            ("postgres", "postgres (PostgreSQL) 15.20 (Debian)\0", "postgresql 15.20"),
            ("mariadbd", "10.11.19-MariaDB\0", "mariadb 10.11.19"),
            ("mysqld", "/build/mysql-8.0.35/sql\0", "mysql 8.0.35"),
            ("node", "https://nodejs.org/download/release/v18.20.4/node", "node 18.20.4"),
            ("python3.11", "\x003.11.\0\x003.11.2\0", "python 3.11.2"),
            ("libpython3.13.so.1.0", "\x003.11.2\0\x003.13.0rc1\0", "python 3.13.0rc1"),
            ("php8.2", "X-Powered-By: PHP/8.2.36\0", "php 8.2.36"),
            ("libruby-3.1.so.3.1", "library for ruby 1.8)\0ruby 3.1.2p20 (2022-04-12)", "ruby 3.1.2"),
            ("libperl.so.5.36", "\0v5.36.0\0", "perl 5.36.0"),
            ("libcrypto.so.1.1", "\0OpenSSL 1.1.1w  11 Sep 2023\0", "openssl 1.1.1w"),
            ("sshd", "OpenSSH_2*,OpenSSH_3*\0OpenSSH_9.2\0", "openssh 9.2"),
            ("bash", "@(#)Bash version 5.2.15(1) release GNU", "bash 5.2.15"),
            ("libz.so.1", " deflate 1.2.13 Copyright", "zlib 1.2.13"),
            ("libc.so.6", "(GLIBC 2.36-9) stable release version 2.36.\n", "glibc 2.36"),
            ("ld-musl-x86_64.so.1", "\0Version %s\0\x001.2.3\0", "musl 1.2.3"),
            ("git", "\u{fffd}git/2.39.5\0", "git 2.39.5"),
            ("curl", "curl 7.88.1 (x86\0curl/7.88.1\0", "curl 7.88.1"),
            ("libcurl.so.4", "\0libcurl/7.88.1\0", "libcurl 7.88.1"),
            ("nginx", "no version", "-"),
            ("other", "nginx version: nginx/1.22.1", "-"),
        ];
        for (file, text, expected) in table {
            let said = find(file, text.as_bytes()).map_or("-".to_owned(), |(name, version)| format!("{name} {version}"));
            assert_eq!(said, expected, "{file}");
        }
    }

    #[test]
    fn every_name_has_a_product() {
        assert!(KNOWN.iter().all(|known| !cpes_of(known.name).is_empty()));
        assert_eq!(cpes_of("nginx")[0], cpe("f5", "nginx"));
        assert_eq!(cpes_of("nobody"), []);
    }

    proptest! {
        #[test]
        fn survives_any_bytes(bytes: Vec<u8>, index in 0..KNOWN.len()) {
            let file = KNOWN[index].files.first().map_or("x".to_owned(), |name| name.replace('*', "11"));
            drop(find(&file, &bytes));
            let shape = match KNOWN[index].shape {
                Shape::After(text) | Shape::NumbersAfter(text) | Shape::Before(text) => text,
                Shape::Perl => "\0v5.",
                Shape::Alone | Shape::AloneAndBuilt => "\x001.2.3\0",
            };
            drop(find(&file, &[&bytes, shape.as_bytes(), &bytes].concat()));
        }
    }
}
