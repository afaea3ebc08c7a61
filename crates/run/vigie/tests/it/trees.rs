//! What images are made of in tests: a system, and what four ecosystems install.

use super::built::tar;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A folder to be filled.
pub(super) struct Tree(tempfile::TempDir);

impl Tree {
    pub(super) fn of(files: &[(&str, &[u8], u32)]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        for (path, bytes, mode) in files {
            let path = tree.0.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
        }
        tree
    }

    pub(super) fn tar(&self) -> Vec<u8> {
        tar(self.0.path())
    }
}

const STATUS: &[u8] = b"Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\n\
    Version: 3.0.15-1~deb12u1\n\nPackage: base-files\nStatus: install ok installed\nArchitecture: amd64\nVersion: 12.4+deb12u11\n\n";

/// The system below everything else.
pub(super) fn debian() -> Vec<u8> {
    Tree::of(&[
        ("etc/os-release", b"ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n", 0o644),
        ("etc/passwd", b"root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/root:/bin/sh\n", 0o644),
        ("var/lib/dpkg/status", STATUS, 0o644),
        ("var/lib/dpkg/info/libssl3:amd64.list", b"/.\n/usr/lib/libssl.so.3\n", 0o644),
        ("usr/lib/libssl.so.3", &program(".text", b"code"), 0o644),
        ("usr/bin/rise", &program(".text", b"code"), 0o4755),
        ("etc/app/old.env", b"nothing", 0o644),
    ])
    .tar()
}

/// Packages of Python, a private key, and what the next layer takes away.
pub(super) fn python() -> Vec<u8> {
    let metadata = |name: &str, version: &str| format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: MIT\n");
    let site = "usr/local/lib/python3.12/site-packages";
    Tree::of(&[
        (&format!("{site}/asking-2.19.0.dist-info/METADATA"), metadata("asking", "2.19.0").as_bytes(), 0o644),
        (&format!("{site}/gone-1.0.dist-info/METADATA"), metadata("gone", "1.0").as_bytes(), 0o644),
        ("etc/app/deploy_key", PRIVATE_KEY, 0o600),
        ("srv/cache/gone/package.json", br#"{"name": "covered", "version": "1.0.0"}"#, 0o644),
    ])
    .tar()
}

const PRIVATE_KEY: &[u8] = b"-----BEGIN OPENSSH PRIVATE KEY-----\n\
    b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n\
    QyNTUxOQAAACCwqQd3cZ3qZg5fT0gkZLk7n2m5s1m0PpXJ6yq3C8pA8wAAAJhq9uJWavbi\n\
    VgAAAAtzc2gtZWQyNTUxOQAAACCwqQd3cZ3qZg5fT0gkZLk7n2m5s1m0PpXJ6yq3C8pA8w\n\
    -----END OPENSSH PRIVATE KEY-----\n";

/// Brings packages of Node, and takes away one of Python, a file, and what a whole folder held.
pub(super) fn node() -> Vec<u8> {
    Tree::of(&[
        (
            "srv/app/node_modules/sound-lib/package.json",
            br#"{"name": "sound-lib", "version": "4.17.20", "license": "MIT"}"#,
            0o644,
        ),
        ("srv/app/node_modules/@x/y/package.json", br#"{"name": "@x/y", "version": "1.2.3"}"#, 0o644),
        ("srv/cache/.wh..wh..opq", b"", 0o644),
        ("etc/app/.wh.old.env", b"", 0o644),
        ("usr/local/lib/python3.12/site-packages/.wh.gone-1.0.dist-info", b"", 0o644),
    ])
    .tar()
}

/// A Go program as far as its linker tells of its modules, and a busybox as far as it tells its version.
pub(super) fn go() -> Vec<u8> {
    let modules = "path\texample.org/app\nmod\texample.org/app\t(devel)\t\ndep\tgolang.org/x/net\tv0.17.0\th1:abc=\n";
    let app = program(".go.buildinfo", &build_info("go1.21.5", modules));
    let busybox = program(".rodata", b"\0BusyBox v1.36.1 (2026-01-01)\0multi-call binary\0");
    Tree::of(&[("usr/local/bin/app", &app, 0o755), ("bin/busybox", &busybox, 0o755)]).tar()
}

/// What Go's linker writes since 1.18.
fn build_info(version: &str, modules: &str) -> Vec<u8> {
    let modules = format!("0123456789abcdef{modules}0123456789abcdef");
    let sized = |text: &str| [&[text.len() as u8 & 0x7f | 0x80, (text.len() >> 7) as u8], text.as_bytes()].concat();
    [&b"\xff Go buildinf:\x08\x02"[..], &[0; 16], &sized(version), &sized(&modules)].concat()
}

/// An ELF of 64 bits with one section and the list of names.
fn program(name: &str, bytes: &[u8]) -> Vec<u8> {
    let names = format!("\0{name}\0.shstrtab\0");
    let header = |name: usize, kind: u32, at: usize, size: usize| {
        let mut header = [0; 64];
        header[..4].copy_from_slice(&(name as u32).to_le_bytes());
        header[4..8].copy_from_slice(&kind.to_le_bytes());
        header[24..32].copy_from_slice(&(at as u64).to_le_bytes());
        header[32..40].copy_from_slice(&(size as u64).to_le_bytes());
        header
    };
    let mut file = [&[0; 64], bytes, names.as_bytes()].concat();
    let start = file.len();
    let headers = [[0; 64], header(1, 1, 64, bytes.len()), header(2 + name.len(), 3, 64 + bytes.len(), names.len())];
    file.extend(headers.concat());
    file[..6].copy_from_slice(b"\x7fELF\x02\x01");
    file[40..48].copy_from_slice(&(start as u64).to_le_bytes());
    file[58..60].copy_from_slice(&64_u16.to_le_bytes());
    file[60..62].copy_from_slice(&3_u16.to_le_bytes());
    file[62..64].copy_from_slice(&2_u16.to_le_bytes());
    file
}
