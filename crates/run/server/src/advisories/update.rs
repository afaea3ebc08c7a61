//! Fetches feeds from OSV's bucket, a mirror of it, or a folder, and builds the data anew.
//!
//! A download goes on where it broke off the last time, and a feed that has not changed is not
//! fetched again. A feed that cannot be had leaves the standing one in use.

use super::AdvisoryFile;
use super::build::{self, Built, Step};
use super::sources::{Feed, FeedKind, Feeds, file_safe};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use vigie_inventory::host;
use vigie_inventory::world::World;
use vigie_kit::clock::Clock;
use vigie_kit::files;
use vigie_kit::http::{Client, Fetched, Wanted};
use vigie_kit::problem::{Explain, Problem};
use vigie_model::version::Scheme;

/// Bytes of one feed at most; the largest that OSV publishes is a tenth of that.
const FEED_BYTES_MAX: u64 = 8 << 30;
const ETAGS_BYTES_MAX: u64 = 1 << 20;

/// Where feeds come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The address that has `ECOSYSTEM/all.zip`.
    Address(String),
    /// A folder laid out the same way.
    Folder(PathBuf),
}

impl Origin {
    /// The origin that somebody wrote.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let is_address = text.starts_with("http://") || text.starts_with("https://");
        if is_address { Self::Address(text.trim_end_matches('/').to_owned()) } else { Self::Folder(PathBuf::from(text)) }
    }
}

/// Ecosystems of packages that OSV does not publish; those of distributions come as feeds of their vendors.
const UNPUBLISHED: [&str; 8] =
    ["Amazon Linux", "Bioconductor", "CentOS", "CocoaPods", "Fedora", "Oracle Linux", "Photon OS", "conda"];

/// The ecosystem of this machine's own packages, as it is published.
#[must_use]
pub fn own_ecosystems() -> Vec<String> {
    published([host::own_ecosystem(&World::live())])
}

/// The names under which ecosystems are published: one zip holds all releases of a distribution.
#[must_use]
pub fn published(ecosystems: impl IntoIterator<Item = String>) -> Vec<String> {
    let name = |ecosystem: String| {
        let name = ecosystem.split(':').next().unwrap_or_default();
        let is_published = Scheme::of_ecosystem(&ecosystem).is_some() && !UNPUBLISHED.contains(&name);
        is_published.then(|| name.to_owned())
    };
    ecosystems.into_iter().filter_map(name).collect::<BTreeSet<_>>().into_iter().collect()
}

/// A feed to be fetched.
struct Sought {
    name: PathBuf,
    kind: FeedKind,
    url: String,
}

/// Fetches what has changed and builds the data anew. Gives what was built, if anything was new, and
/// the feeds that could not be had. What watches may break off a download, which goes on the next time.
///
/// # Errors
/// A [`Problem`] when nothing could be had, or the data could not be built.
pub fn update(
    file: &AdvisoryFile,
    clock: &dyn Clock,
    origin: &Origin,
    ecosystems: &[String],
    watch: &mut dyn FnMut(Step<'_>) -> ControlFlow<()>,
) -> Result<(Option<Built>, Vec<Problem>), Problem> {
    let address = match origin {
        Origin::Folder(folder) => {
            return Ok((Some(build::import(file, clock, std::slice::from_ref(folder), &mut unbroken(watch))?), Vec::new()));
        }
        Origin::Address(address) => address,
    };
    let _alone = build::alone(file)?;
    let incoming = file.folder().join("incoming");
    fs::create_dir_all(&incoming).map_err(|error| build::unwritable(&incoming, error))?;
    let mut etags = Etags::read(file);
    let (mut new, mut fresh, mut missed) = (Feeds::new(), BTreeMap::new(), Vec::new());
    for sought in sought(address, ecosystems) {
        let standing = build::kept(file).join(&sought.name).exists();
        let etag = etags.get(&sought.url).filter(|_| standing);
        match fetch(&sought, etag, &incoming, watch) {
            Ok(Some((path, etag))) => {
                new.insert(sought.name, Feed { kind: sought.kind, path });
                fresh.extend(etag.map(|etag| (sought.url, etag)));
            }
            Ok(None) => {}
            Err(problem) => missed.push(problem),
        }
    }
    if new.is_empty() {
        return match missed.pop() {
            // Nothing new, and nothing that stands: the first update failed.
            Some(problem) if !file.path().exists() => Err(problem),
            problem => Ok((None, problem.into_iter().chain(missed).collect())),
        };
    }
    let downloaded: Vec<PathBuf> = new.values().map(|feed| feed.path.clone()).collect();
    let built = build::build(file, clock, new, &mut unbroken(watch))?;
    etags.extend(fresh);
    etags.write(file)?;
    for path in downloaded {
        fs::remove_file(&path).map_err(|error| build::unwritable(&path, error))?;
    }
    Ok((Some(built), missed))
}

/// Building takes seconds and is not broken off.
fn unbroken(watch: &mut dyn FnMut(Step<'_>) -> ControlFlow<()>) -> impl FnMut(Step<'_>) {
    |step| {
        let _goes_on: ControlFlow<()> = watch(step);
    }
}

/// The feeds of an address; KEV and EPSS come from where they are published when the address is
/// OSV's own, and from beside the ecosystems on a mirror.
fn sought(address: &str, ecosystems: &[String]) -> Vec<Sought> {
    let osv = ecosystems.iter().map(|ecosystem| Sought {
        name: Path::new("osv").join(format!("{}.zip", file_safe(ecosystem))),
        kind: FeedKind::Osv,
        url: format!("{address}/{}/all.zip", ecosystem.replace(' ', "%20")),
    });
    let published = address.contains("osv-vulnerabilities");
    let (kev, epss) = if published {
        (
            "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json".to_owned(),
            "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz".to_owned(),
        )
    } else {
        (format!("{address}/known_exploited_vulnerabilities.json"), format!("{address}/epss_scores-current.csv.gz"))
    };
    let kev = Sought { name: PathBuf::from("kev.json"), kind: FeedKind::Kev, url: kev };
    let epss = Sought { name: PathBuf::from("epss.csv.gz"), kind: FeedKind::Epss, url: epss };
    osv.chain([kev, epss]).collect()
}

/// Downloads one feed; none when the server says that it has not changed.
fn fetch(
    sought: &Sought,
    etag: Option<&str>,
    incoming: &Path,
    watch: &mut dyn FnMut(Step<'_>) -> ControlFlow<()>,
) -> Result<Option<(PathBuf, Option<String>)>, Problem> {
    let name = sought.name.to_string_lossy();
    let to = incoming.join(file_safe(&name));
    let wanted = Wanted { url: &sought.url, etag, bytes_max: FEED_BYTES_MAX, sha256: None };
    let mut progress =
        |progress: vigie_kit::http::Progress| watch(Step::Fetching { feed: &name, done: progress.done, total: progress.total });
    match Client::default().download(&wanted, &to, &mut progress).map_err(Explain::explain)? {
        Fetched::New(download) => Ok(Some((to, download.etag))),
        Fetched::Unchanged => Ok(None),
    }
}

/// The entity tags of the kept feeds, by address.
struct Etags(BTreeMap<String, String>);

impl Etags {
    fn path(file: &AdvisoryFile) -> PathBuf {
        file.folder().join("etags.json")
    }

    /// Tags that cannot be read are none: the feeds are then fetched again.
    fn read(file: &AdvisoryFile) -> Self {
        let bytes = files::read_bounded(&Self::path(file), ETAGS_BYTES_MAX).unwrap_or_default();
        Self(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    fn get(&self, url: &str) -> Option<&str> {
        self.0.get(url).map(String::as_str)
    }

    fn extend(&mut self, fresh: BTreeMap<String, String>) {
        self.0.extend(fresh);
    }

    fn write(&self, file: &AdvisoryFile) -> Result<(), Problem> {
        let text = serde_json::to_string_pretty(&self.0).unwrap_or_default();
        files::write_atomic(&Self::path(file), text.as_bytes(), 0o600).map_err(Explain::explain)
    }
}
