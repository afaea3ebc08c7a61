//! Private SSH keys at rest, and whether a passphrase protects them.
//!
//! Looked for by content in `.ssh` of every home directory and in `/etc/ssh`. Formats: OpenSSH's own (PROTOCOL.key), the
//! older PEM with `Proc-Type` (RFC 1421), PKCS #8, and PuTTY's. Nothing of a key is kept.

use super::files::homes;
use crate::world::World;
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use vigie_model::host::{PrivateKey, User};
use vigie_model::observed::{Gap, Observed, Obstacle};

/// A larger file is no key.
const BYTES_MAX: usize = 64 * 1024;
/// How deep below `.ssh` keys are looked for.
const DEPTH_MAX: usize = 3;
/// The most files below one directory.
const FILES_MAX: usize = 2_000;
/// The most gaps.
const GAPS_MAX: usize = 100;

/// What a file says about the private key in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// After the PEM label.
    pub format: &'static str,
    /// Whether a passphrase protects it.
    pub encrypted: bool,
}

/// The private key in a file, if there is one.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<Form> {
    let text = String::from_utf8_lossy(bytes);
    if text.starts_with("PuTTY-User-Key-File-") {
        let cipher = text.lines().find_map(|line| line.strip_prefix("Encryption:"))?.trim();
        return Some(Form { format: "PUTTY", encrypted: cipher != "none" });
    }
    let (_, after) = text.split_once("-----BEGIN ")?;
    let (label, body) = after.split_once("-----")?;
    let (format, encrypted) = match label {
        "OPENSSH PRIVATE KEY" => ("OPENSSH", openssh_is_encrypted(body)?),
        "RSA PRIVATE KEY" => ("RSA", has_encryption_header(body)),
        "EC PRIVATE KEY" => ("EC", has_encryption_header(body)),
        "DSA PRIVATE KEY" => ("DSA", has_encryption_header(body)),
        "PRIVATE KEY" => ("PKCS8", false),
        "ENCRYPTED PRIVATE KEY" => ("PKCS8", true),
        _ => return None,
    };
    Some(Form { format, encrypted })
}

/// `Proc-Type: 4,ENCRYPTED` stands before the first empty line.
fn has_encryption_header(body: &str) -> bool {
    let mut head = body.lines().skip(1).take_while(|line| line.contains(':'));
    head.any(|line| line.starts_with("Proc-Type:") && line.contains("ENCRYPTED"))
}

/// The binary form opens with `openssh-key-v1`, a zero byte, and the name of the cipher with its length. Fifteen bytes
/// are five groups of base64, so that the cipher's name starts on a group of its own and can be compared undecoded.
fn openssh_is_encrypted(body: &str) -> Option<bool> {
    const MAGIC: &str = "b3BlbnNzaC1rZXktdjEA";
    const NO_CIPHER: &str = "AAAABG5vbmU";
    let start: String = body.chars().filter(|char| !char.is_whitespace()).take(MAGIC.len() + NO_CIPHER.len()).collect();
    Some(start.strip_prefix(MAGIC)? != NO_CIPHER)
}

/// Looks for keys; `host_keys` are the paths that the server's configuration names.
pub(super) fn observe(world: &World, users: &[User], host_keys: &[String]) -> Observed<Vec<PrivateKey>> {
    let mut directories: BTreeSet<String> = homes(world, users).iter().map(|home| format!("{home}/.ssh")).collect();
    // Services keep keys, too: a forge its own, a backup the one of its target.
    directories.extend(users.iter().filter(|user| user.home.len() > 1).map(|user| format!("{}/.ssh", user.home)));
    directories.insert("/etc/ssh".to_owned());
    let (mut keys, mut gaps) = (Vec::new(), Vec::new());
    for directory in &directories {
        search(world, directory, &mut keys, &mut gaps);
    }
    for key in &mut keys {
        key.host_key =
            host_keys.contains(&key.path) || (key.path.starts_with("/etc/ssh/ssh_host_") && key.path.ends_with("_key"));
    }
    gaps.truncate(GAPS_MAX);
    Observed::with_gaps(keys, gaps)
}

fn search(world: &World, directory: &str, keys: &mut Vec<PrivateKey>, gaps: &mut Vec<Gap>) {
    let (mut left, mut ahead) = (FILES_MAX, vec![(directory.to_owned(), 0)]);
    while let Some((directory, depth)) = ahead.pop() {
        let names = match world.names(&directory) {
            Ok(names) => names.unwrap_or_default(),
            Err(gap) => {
                gaps.push(gap);
                continue;
            }
        };
        for name in names {
            if left == 0 {
                return gaps.push(Gap::new(directory, Obstacle::BeyondLimit, format!("more than {FILES_MAX} files")));
            }
            left -= 1;
            let path = format!("{directory}/{}", name.to_string_lossy());
            match key(world, &path) {
                Ok(Found::Key(key)) => keys.push(key),
                Ok(Found::Directory) if depth < DEPTH_MAX => ahead.push((path, depth + 1)),
                Ok(Found::Directory | Found::Nothing) => {}
                Err(gap) => gaps.push(gap),
            }
        }
    }
}

enum Found {
    Key(PrivateKey),
    Directory,
    Nothing,
}

fn key(world: &World, path: &str) -> Result<Found, Gap> {
    let Some(metadata) = world.metadata(path)? else { return Ok(Found::Nothing) };
    if metadata.is_dir() {
        let is_link = matches!(world.link(path), Ok(Some(_)));
        return Ok(if is_link { Found::Nothing } else { Found::Directory });
    }
    if !metadata.is_file() || metadata.len() > BYTES_MAX as u64 {
        return Ok(Found::Nothing);
    }
    let Some(bytes) = world.read_if_there(path, BYTES_MAX)? else { return Ok(Found::Nothing) };
    let Some(form) = parse(&bytes) else { return Ok(Found::Nothing) };
    Ok(Found::Key(PrivateKey {
        path: path.to_owned(),
        uid: metadata.uid(),
        mode: metadata.mode() & 0o7777,
        format: form.format.to_owned(),
        encrypted: form.encrypted,
        host_key: false,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::world;
    use proptest::prelude::*;

    // The heads of real forms with bodies that are no keys.
    const OPEN: &str =
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n";
    const CLOSED: &str =
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABCqqqqqqq\n";

    #[test]
    fn knows_the_forms() {
        let table = [
            (OPEN, Some(("OPENSSH", false))),
            (CLOSED, Some(("OPENSSH", true))),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n", Some(("RSA", false))),
            ("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIIE\n", Some(("RSA", true))),
            ("-----BEGIN EC PRIVATE KEY-----\nMHcC\n", Some(("EC", false))),
            ("-----BEGIN PRIVATE KEY-----\nMIIE\n", Some(("PKCS8", false))),
            ("Bag Attributes\n-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIE\n", Some(("PKCS8", true))),
            ("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\n", Some(("PUTTY", false))),
            ("PuTTY-User-Key-File-2: ssh-rsa\r\nEncryption: aes256-cbc\r\n", Some(("PUTTY", true))),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nZm9v\n", None),
            ("-----BEGIN CERTIFICATE-----\nMIIE\n", None),
            ("ssh-ed25519 AAAAC3 eva@web", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text.as_bytes()).map(|form| (form.format, form.encrypted)), expected, "{text}");
        }
    }

    #[test]
    fn finds_keys_by_content() {
        let (_dir, world) = world(&[
            ("/root/.ssh/id_ed25519", OPEN),
            ("/root/.ssh/authorized_keys", "ssh-ed25519 AAAA"),
            ("/home/eva/.ssh/work/deploy.txt", CLOSED),
            ("/var/lib/git/.ssh/key", OPEN),
            ("/etc/ssh/ssh_host_ed25519_key", OPEN),
            ("/etc/ssh/other", OPEN),
        ]);
        let (users, _) = super::super::accounts::parse_passwd(b"git:x:120:120::/var/lib/git:/bin/sh\n");
        let Observed::Seen(keys) = observe(&world, &users, &["/etc/ssh/other".to_owned()]) else { panic!() };
        let said: Vec<_> = keys.iter().map(|k| (k.path.as_str(), k.encrypted, k.host_key)).collect();
        assert_eq!(
            said,
            [
                ("/etc/ssh/other", false, true),
                ("/etc/ssh/ssh_host_ed25519_key", false, true),
                ("/home/eva/.ssh/work/deploy.txt", true, false),
                ("/root/.ssh/id_ed25519", false, false),
                ("/var/lib/git/.ssh/key", false, false),
            ]
        );
    }

    proptest! {
        #[test]
        fn survives_any_text(text in "(-----BEGIN |OPENSSH|RSA| PRIVATE KEY|-----|PuTTY-User-Key-File-|\n|[a-zA-Z:é]){0,20}") {
            drop(parse(text.as_bytes()));
        }
    }
}
