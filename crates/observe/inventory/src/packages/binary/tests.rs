//! Small programs put together here, and hostile bytes.

use super::*;
use flate2::Compression;
use flate2::read::ZlibEncoder;
use proptest::prelude::*;
use std::io::Read;

/// An ELF of 64 bits with these sections and nothing else.
fn elf(sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut names = vec![0];
    let mut file = vec![0; 64];
    let mut headers = vec![[0; 64]];
    let mut add = |name: &str, kind: u32, bytes: &[u8], file: &mut Vec<u8>| {
        let mut header = [0; 64];
        header[..4].copy_from_slice(&u32::try_from(names.len()).unwrap().to_le_bytes());
        header[4..8].copy_from_slice(&kind.to_le_bytes());
        header[24..32].copy_from_slice(&(file.len() as u64).to_le_bytes());
        names.extend([name.as_bytes(), b"\0"].concat());
        let bytes = if kind == 3 { names.clone() } else { bytes.to_vec() };
        header[32..40].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        file.extend(bytes);
        headers.push(header);
    };
    for (name, bytes) in sections {
        add(name, 1, bytes, &mut file);
    }
    add(".shstrtab", 3, b"", &mut file);
    file[..6].copy_from_slice(b"\x7fELF\x02\x01");
    let start = file.len() as u64;
    file[40..48].copy_from_slice(&start.to_le_bytes());
    file[58..60].copy_from_slice(&64_u16.to_le_bytes());
    file[60..62].copy_from_slice(&u16::try_from(headers.len()).unwrap().to_le_bytes());
    file[62..64].copy_from_slice(&u16::try_from(headers.len() - 1).unwrap().to_le_bytes());
    file.extend(headers.concat());
    file
}

/// What Go's linker writes since 1.18.
fn go_block(version: &str, modules: &str) -> Vec<u8> {
    let modules = format!("0123456789abcdef{modules}0123456789abcdef");
    let length = |text: &str| vec![u8::try_from(text.len() & 0x7f).unwrap() | 0x80, u8::try_from(text.len() >> 7).unwrap()];
    let head = [&b"\xff Go buildinf:\x08\x02"[..], &[0; 16]].concat();
    [head, length(version), version.into(), length(&modules), modules.into()].concat()
}

fn said(path: &str, bytes: &[u8]) -> Vec<String> {
    let meta = Meta { path, size: bytes.len() as u64, mode: 0o755 };
    assert!((READER.wants)(&meta, Setting::Installed) && (READER.looks_right)(bytes));
    let found = (READER.read)(&meta, &Content::of(bytes));
    let line = |it: &Component| format!("{} {} {}", it.package.ecosystem, it.package.name, it.package.version);
    found.components.iter().map(line).chain(found.gaps.iter().map(ToString::to_string)).collect()
}

const MODULES: &str = "path\texample.org/app\nmod\texample.org/app\t(devel)\t\ndep\tgolang.org/x/net\tv0.17.0\th1:abc=\n";

#[test]
fn go_tells_its_modules() {
    let program = elf(&[(".text", b"code"), (".go.buildinfo", &go_block("go1.21.5", MODULES))]);
    assert_eq!(said("usr/local/bin/app", &program), ["Go stdlib 1.21.5", "Go golang.org/x/net v0.17.0"]);
}

#[test]
fn rust_tells_its_crates() {
    let mut packed = Vec::new();
    let list = r#"{"packages":[{"name":"time","version":"0.1.44","source":"crates.io"}]}"#;
    ZlibEncoder::new(list.as_bytes(), Compression::fast()).read_to_end(&mut packed).unwrap();
    assert_eq!(said("usr/bin/app", &elf(&[(".dep-v0", &packed)])), ["crates.io time 0.1.44"]);
    assert_eq!(said("usr/bin/app", &elf(&[(".dep-v0", b"broken")])), ["usr/bin/app: unreadable"]);
}

#[test]
fn servers_tell_their_version() {
    let program = elf(&[(".rodata", b"\0nginx version: nginx/1.22.1\0")]);
    assert_eq!(said("usr/sbin/nginx", &program), ["generic nginx 1.22.1"]);
    assert_eq!(said("usr/sbin/other", &program), [""; 0]);
}

#[test]
fn wants_programs_and_libraries_only() {
    let wanted = |path: &str, mode: u32| wants(&Meta { path, size: 1, mode }, Setting::Installed);
    for path in ["usr/bin/app", "app", "usr/local/lib/node.exe", "opt/grafana/bin/grafana-10.2"] {
        assert!(wanted(path, 0o755), "{path}");
    }
    assert!(wanted("usr/lib/libz.so.1.2.13", 0o644) && wanted("usr/lib/python3/x.so", 0o644));
    for path in ["usr/bin/app.sh", "usr/lib/python3/x.py", "etc/init.d/x", "usr/share/doc/x/run", "boot/vmlinuz"] {
        assert!(!wanted(path, 0o755), "{path}");
    }
    assert!(!wanted("usr/lib/x", 0o644));
}

#[test]
fn cut_programs_are_gaps_or_less() {
    let program = elf(&[(".go.buildinfo", &go_block("go1.21.5", MODULES))]);
    for length in 6..program.len() {
        let lines = said("usr/bin/app", &program[..length]);
        assert!(lines.len() <= 2, "{length}: {lines:?}");
    }
}

proptest! {
    #[test]
    fn survives_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600), kind in 0..5_usize) {
        let head = [&b"\x7fELF\x02\x01"[..], b"\x7fELF\x01\x02", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe\0\0\0\x01"][kind];
        drop(said("usr/bin/node", &[head, &bytes].concat()));
    }

    #[test]
    fn survives_any_change(at in 0.0..1.0_f64, value: u8) {
        let mut bytes = elf(&[(".dep-v0", b"x"), (".go.buildinfo", &go_block("go1.21.5", MODULES))]);
        let place = ((at * bytes.len() as f64) as usize).max(6);
        bytes[place] = value;
        drop(said("usr/bin/app", &bytes));
    }
}
