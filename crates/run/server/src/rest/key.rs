//! The key by which secrets are told from each other without being known.
//!
//! It is made once and kept beside the database: whoever has it can test a guess against a fingerprint, so the
//! file is its owner's alone. Without the same key the same secret is another finding; pipelines that begin with an
//! empty disk each time name a file of their own.
//!
//! Holds: of several programs that start at once on an empty directory, all use the same key.

use super::make_data_dir;
use std::path::Path;
use vigie_inventory::secrets::FingerprintKey;
use vigie_kit::files::{self, ReadError};
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::text;

/// The file's name in the data directory.
pub const KEY_FILE: &str = "fingerprint.key";

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// The largest file that may hold a key: its digits, and what an editor leaves around them.
const FILE_BYTES_MAX: u64 = 256;

/// The key of a data directory; made, with the directory, when it is first asked for.
///
/// # Errors
/// When it can be neither read nor made, or is none.
pub fn fingerprint_key(data: &Path) -> Result<FingerprintKey, Problem> {
    let path = data.join(KEY_FILE);
    match files::read_text_bounded(&path, FILE_BYTES_MAX) {
        Ok(text) => parse(&path, &text),
        Err(ReadError::Missing { .. }) => {
            make_data_dir(data)?;
            files::write_once(&path, format!("{}\n", drawn()?).as_bytes(), 0o600).map_err(Explain::explain)?;
            fingerprint_key_of(&path)
        }
        Err(other) => Err(other.explain()),
    }
}

/// The key in a file.
///
/// # Errors
/// When it cannot be read, or is none.
pub fn fingerprint_key_of(path: &Path) -> Result<FingerprintKey, Problem> {
    let text = files::read_text_bounded(path, FILE_BYTES_MAX).map_err(Explain::explain)?;
    parse(path, &text)
}

fn parse(path: &Path, text: &str) -> Result<FingerprintKey, Problem> {
    let digits = text.trim();
    let mut key = [0; KEY_BYTES];
    let is_key = digits.len() == 2 * KEY_BYTES && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bytes = (0..digits.len()).step_by(2).filter_map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok());
    key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    if is_key { Ok(FingerprintKey::new(&key)) } else { Err(no_key(path)) }
}

/// A new key, as digits.
fn drawn() -> Result<String, Problem> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| {
        Problem::new(
            Kind::Environment,
            text!(
                en "the system gives no random numbers",
                fr "le système ne fournit pas de nombres aléatoires",
                de "das System liefert keine Zufallszahlen"
            ),
        )
        .because(error)
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn no_key(path: &Path) -> Problem {
    let path = path.display();
    Problem::new(
        Kind::Settings,
        text!(
            en "{path} holds no fingerprint key",
            fr "{path} ne contient pas de clé d’empreinte",
            de "{path} enthält keinen Fingerabdruck-Schlüssel"
        ),
    )
    .hint(text!(
        en "a key is 64 hexadecimal digits, such as `openssl rand -hex 32` prints; restore the file, or remove it to have a new one made: known secrets are then new findings",
        fr "une clé compte 64 chiffres hexadécimaux, comme en affiche `openssl rand -hex 32` ; restaurez le fichier, ou supprimez-le pour en créer une nouvelle : les secrets connus seront alors de nouveaux constats",
        de "ein Schlüssel hat 64 hexadezimale Ziffern, wie sie `openssl rand -hex 32` ausgibt; stellen Sie die Datei wieder her, oder löschen Sie sie, um einen neuen zu erhalten: bekannte Geheimnisse sind dann neue Befunde"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use vigie_inventory::watch::Watch;

    /// What tells one key from another, seen from outside.
    fn told(key: FingerprintKey) -> String {
        vigie_inventory::secrets::Scanner::new([], key).version()
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let first = told(fingerprint_key(&data).unwrap());
        assert_eq!(told(fingerprint_key(&data).unwrap()), first);
        assert_eq!(fs::metadata(data.join(KEY_FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(vigie_kit::data_dir::DataDir::open(&data).is_ok(), "the platform can start on it");
        let other = dir.path().join("other");
        assert_ne!(told(fingerprint_key(&other).unwrap()), first);
        assert_eq!(
            fs::read_dir(&data)
                .unwrap()
                .filter(|entry| entry.as_ref().unwrap().path().to_string_lossy().contains(".new-"))
                .count(),
            0
        );
    }

    #[test]
    fn all_who_start_at_once_have_the_same_key() {
        for _ in 0..5 {
            let dir = tempfile::tempdir().unwrap();
            let data = dir.path().join("data");
            let keys: Vec<String> = std::thread::scope(|scope| {
                let begun: Vec<_> = (0..8).map(|_| scope.spawn(|| told(fingerprint_key(&data).unwrap()))).collect();
                begun.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
        }
    }

    #[test]
    fn what_is_no_key_is_said_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        fingerprint_key(&data).unwrap();
        for text in ["", "abcd\n", &"g".repeat(64), &"é".repeat(32), &"a".repeat(300)] {
            fs::write(data.join(KEY_FILE), text).unwrap();
            let problem = fingerprint_key(&data).unwrap_err();
            assert!(!problem.said.en.is_empty());
            assert_eq!(fs::read_to_string(data.join(KEY_FILE)).unwrap(), text);
        }
    }
}
