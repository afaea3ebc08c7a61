//! Vulnerability data in a signed bundle: made where there is a network, used where there is none.
//!
//! A bundle that is taken up becomes the data, whole: feeds that were kept before are dropped with their entity
//! tags, since the data no longer come from them. What the bundle says of itself is kept beside the data and shown
//! by `vigie db status`; importing or fetching feeds later replaces the data again.

use super::build::{self, alone, kept};
use super::sources;
use super::{AdvisoryFile, open};
use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use vigie_advisories::bundle::{self, Feed, Manifest, PublicKey, SecretKey};
use vigie_kit::clock::Clock;
use vigie_kit::files;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::text;

/// The largest file that says what a bundle is.
const MANIFEST_BYTES_MAX: u64 = 4 << 20;
/// The largest key file.
const KEY_BYTES_MAX: u64 = 4096;

/// Whether a file is a bundle, by how it begins; a file that cannot be read is none.
#[must_use]
pub fn is_bundle(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(8).read_to_end(&mut head));
    read.is_ok() && bundle::is_bundle(&head)
}

/// Writes the data in use as a bundle; gives what it says of itself.
///
/// # Errors
/// A [`Problem`] when there are no data, or the disk refuses.
pub fn export(file: &AdvisoryFile, to: &Path, key: &SecretKey, clock: &dyn Clock) -> Result<Manifest, Problem> {
    if !file.path().exists() {
        return Err(no_data());
    }
    let _alone = alone(file)?;
    // Never carry damaged data to somebody else.
    open(&file.path())?;
    let bytes = files::map(&file.path()).map_err(|error| unreadable(&file.path(), error))?;
    let (manifest, head) = bundle::head(bytes.as_ref(), feeds(file)?, key, clock.now());
    let beside = to.with_extension("part");
    let written = File::create(&beside).and_then(|mut out| {
        out.write_all(&head)?;
        out.write_all(bytes.as_ref())?;
        out.sync_all()
    });
    written.and_then(|()| fs::rename(&beside, to)).map_err(|error| unwritable(to, error))?;
    Ok(manifest)
}

/// Takes up a bundle that one of the trusted keys signed.
///
/// # Errors
/// A [`Problem`] when it is not signed by one of them, was changed, or holds data of another layout; the standing
/// data are unchanged then.
pub fn import_bundle(file: &AdvisoryFile, path: &Path, trusted: &[PublicKey]) -> Result<Manifest, Problem> {
    let _alone = alone(file)?;
    let bytes = files::map(path).map_err(|error| unreadable(path, error))?;
    let (manifest, data) = bundle::open(bytes.as_ref(), trusted).map_err(|error| refused(&error))?;
    let work = file.folder().join("advisories.new");
    let written = File::create(&work).and_then(|mut out| {
        out.write_all(data)?;
        out.sync_all()
    });
    written.map_err(|error| build::unwritable(&work, error))?;
    open(&work)?;
    let feeds = kept(file);
    if feeds.exists() {
        fs::remove_dir_all(&feeds).map_err(|error| build::unwritable(&feeds, error))?;
    }
    let etags = file.folder().join("etags.json");
    if etags.exists() {
        fs::remove_file(&etags).map_err(|error| build::unwritable(&etags, error))?;
    }
    // Numbers and texts: serialising them to memory cannot fail.
    let said = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    files::write_atomic(&said_path(file), &said, 0o600).map_err(Explain::explain)?;
    fs::rename(&work, file.path())
        .and_then(|()| files::sync_dir(file.folder()))
        .map_err(|error| build::unwritable(file.folder(), error))?;
    Ok(manifest)
}

/// What the bundle says of itself that the data in use came from; none where they were built here.
#[must_use]
pub fn origin(file: &AdvisoryFile) -> Option<Manifest> {
    let bytes = files::read_bounded(&said_path(file), MANIFEST_BYTES_MAX).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Forgets the bundle: the data are built from feeds again.
pub(super) fn forget(file: &AdvisoryFile) -> std::io::Result<()> {
    match fs::remove_file(said_path(file)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn said_path(file: &AdvisoryFile) -> PathBuf {
    file.folder().join("bundle.json")
}

/// What the data were built from.
fn feeds(file: &AdvisoryFile) -> Result<Vec<Feed>, Problem> {
    if let Some(manifest) = origin(file) {
        return Ok(manifest.feeds);
    }
    let feed = |(name, feed): (PathBuf, sources::Feed)| {
        let (bytes, sha256) = hashed(&feed.path).map_err(|error| unreadable(&feed.path, error))?;
        Ok(Feed { name: name.display().to_string(), bytes, sha256 })
    };
    sources::standing(&kept(file)).into_iter().map(feed).collect()
}

fn hashed(path: &Path) -> std::io::Result<(u64, String)> {
    let mut hash = bundle::Hash::default();
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path)?);
    let mut chunk = vec![0; 1 << 20];
    loop {
        let read = reader.read(&mut chunk)?;
        if read == 0 {
            return Ok(hash.finish());
        }
        hash.update(&chunk[..read]);
    }
}

/// Makes a key file that only its owner may read.
///
/// # Errors
/// A [`Problem`] when there is a file already, or it cannot be written.
pub fn make_key(path: &Path) -> Result<PublicKey, Problem> {
    if path.exists() {
        let shown = path.display();
        return Err(Problem::new(
            Kind::User,
            text!(
                en "{shown} is there already and is not overwritten",
                fr "{shown} existe déjà et n’est pas écrasé",
                de "{shown} ist schon da und wird nicht überschrieben"
            ),
        )
        .hint(text!(en "choose another name", fr "choisissez un autre nom", de "wählen Sie einen anderen Namen")));
    }
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| no_key(path).because(error))?;
    let key = SecretKey::from_seed(seed).map_err(|error| no_key(path).because(error))?;
    files::write_atomic(path, key.to_text().as_bytes(), 0o600).map_err(Explain::explain)?;
    Ok(key.public())
}

/// The key of a key file.
///
/// # Errors
/// A [`Problem`] when it cannot be read or is none.
pub fn read_key(path: &Path) -> Result<SecretKey, Problem> {
    let text = files::read_text_bounded(path, KEY_BYTES_MAX).map_err(Explain::explain)?;
    SecretKey::parse(&text).map_err(|error| no_key(path).because(error))
}

/// A trusted key as somebody wrote it: the key itself, or a file that holds it.
///
/// # Errors
/// A [`Problem`] when it is neither.
pub fn read_public_key(written: &str) -> Result<PublicKey, Problem> {
    if let Ok(key) = PublicKey::parse(written) {
        return Ok(key);
    }
    let path = Path::new(written);
    let text = files::read_text_bounded(path, KEY_BYTES_MAX).map_err(Explain::explain)?;
    PublicKey::parse(&text).map_err(|error| no_key(path).because(error))
}

fn no_key(path: &Path) -> Problem {
    let shown = path.display();
    Problem::new(
        Kind::User,
        text!(
            en "{shown} is no key of Vigie for this",
            fr "{shown} n’est pas une clé de Vigie pour cet usage",
            de "{shown} ist kein passender Schlüssel von Vigie"
        ),
    )
    .hint(text!(
        en "`vigie db key FILE` makes a key to sign with and shows the one to check with",
        fr "`vigie db key FICHIER` crée une clé de signature et montre celle de vérification",
        de "`vigie db key DATEI` erzeugt einen Schlüssel zum Signieren und zeigt den zum Prüfen"
    ))
}

fn no_data() -> Problem {
    Problem::new(
        Kind::User,
        text!(
            en "There is no vulnerability data to export yet",
            fr "Il n’y a pas encore de données de vulnérabilités à exporter",
            de "Es gibt noch keine Schwachstellendaten zu exportieren"
        ),
    )
    .hint(text!(
        en "run `vigie db update` or `vigie db import PATH` first",
        fr "lancez d’abord `vigie db update` ou `vigie db import CHEMIN`",
        de "rufen Sie zuerst `vigie db update` oder `vigie db import PFAD` auf"
    ))
}

fn refused(error: &bundle::BundleError) -> Problem {
    Problem::new(Kind::User, error.said()).hint(error.hint())
}

fn unreadable(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> Problem {
    let shown = path.display();
    Problem::new(Kind::User, text!(en "{shown} cannot be read", fr "{shown} est illisible", de "{shown} ist nicht lesbar"))
        .because(error)
}

fn unwritable(path: &Path, error: std::io::Error) -> Problem {
    let shown = path.display();
    Problem::new(
        Kind::Environment,
        text!(en "{shown} cannot be written", fr "{shown} ne peut pas être écrit", de "{shown} kann nicht geschrieben werden"),
    )
    .hint(text!(
        en "is the disk full, or does the folder belong to somebody else?",
        fr "le disque est-il plein, ou le répertoire appartient-il à quelqu’un d’autre ?",
        de "ist die Platte voll, oder gehört der Ordner jemand anderem?"
    ))
    .because(error)
}
