//! `--to`: what a scan observed goes to a platform, which judges packages by its own data and records all of it.
//!
//! Everything that was seen is sent, before `--only-fixed`, `--baseline`, VEX and `.vigieignore` take their part away:
//! on a platform, decisions say what does not count.

use crate::args::ToArgs;
use crate::out;
use crate::remote::Remote;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use vigie_inventory::host;
use vigie_inventory::world::World;
use vigie_kit::clock::{Clock, SystemClock};
use vigie_kit::problem::{Kind, Problem};
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::facts::Facts;
use vigie_model::finding::FindingKind;
use vigie_model::host::HostFacts;
use vigie_model::lang::Lang;
use vigie_model::observed::{Gap, Obstacle};
use vigie_model::occurrence::Occurrence;
use vigie_model::{say, text};
use vigie_server::scans::{BYTES_MAX, FEW_MAX, Found, Observation, SCHEMA, SENT_BYTES_MAX, Target, Unknown};
use vigie_server::vulnerabilities;

/// Where a scan goes, if anywhere. Asked before the work begins, so that a wrong address costs nobody a scan.
pub(super) struct Destination {
    remote: Option<Remote>,
    lang: Lang,
}

/// What is ready to be sent.
pub(super) struct Packed {
    bytes: Vec<u8>,
    /// Whether there are packages to be judged.
    has_packages: bool,
}

/// What was observed, beside the asset.
pub(super) struct Observed<'a> {
    pub(super) kinds: &'a BTreeSet<FindingKind>,
    /// Of these, the ones that were looked for everywhere.
    pub(super) everywhere: BTreeSet<FindingKind>,
    pub(super) inventory: Option<Facts>,
    pub(super) found: &'a [Occurrence],
    pub(super) unknown: BTreeSet<Unknown>,
    pub(super) gaps: &'a [Gap],
}

impl Destination {
    /// What the arguments say.
    pub(super) fn of(args: &ToArgs, lang: Lang) -> Result<Self, Problem> {
        Ok(Self { remote: Remote::of(args, lang)?, lang })
    }

    /// Packs what was observed; none where nothing is sent.
    pub(super) fn pack<'o>(&self, asset: &Asset, observed: impl FnOnce() -> Observed<'o>) -> Result<Option<Packed>, Problem> {
        if self.remote.is_none() {
            return Ok(None);
        }
        let Observed { kinds, everywhere, inventory, found, unknown, gaps } = observed();
        // Packages are judged there.
        let found = found.iter().filter(|found| found.identity.kind != FindingKind::Vulnerability);
        let matched = vulnerabilities::KINDS.iter().any(|kind| kinds.contains(kind));
        let mut inventory = inventory.filter(|_| matched);
        match &mut inventory {
            Some(Facts::Image(image)) => {
                image.gaps = few(&image.gaps);
                // A name that cannot be shown leads nowhere.
                image.names.retain(|name| !name.chars().any(char::is_control));
            }
            Some(Facts::Tree(tree)) => tree.gaps = few(&tree.gaps),
            Some(Facts::List(list)) => list.gaps = few(&list.gaps),
            Some(Facts::Host(_)) | None => {}
        }
        let has_packages = inventory.is_some();
        let bytes = pack(&Observation {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            taken_at: SystemClock.now(),
            target: Target { kind: asset.kind, key: asset.key.clone(), name: out::visible(&asset.name) },
            scanners: kinds.clone(),
            everywhere,
            inventory,
            findings: found.map(Found::of).collect(),
            unknown: unknown.into_iter().collect(),
            gaps: few(gaps),
        })?;
        Ok(Some(Packed { bytes, has_packages }))
    }

    /// Sends what was packed and says where it went.
    pub(super) fn send(&self, packed: Option<Packed>) -> Result<(), Problem> {
        let (Some(remote), Some(packed)) = (&self.remote, packed) else { return Ok(()) };
        let answer = remote.post_packed("/scans", &packed.bytes)?;
        let page = format!("{}{}", remote.address(), answer["page"].as_str().unwrap_or_default());
        let count = |name: &str| answer["findings"][name].as_u64().unwrap_or_default();
        let (new, known, fixed) = (count("new") + count("reopened"), count("unchanged") + count("changed"), count("fixed"));
        let page = out::visible(&page);
        out::say(&say!(self.lang,
            en "Recorded: {new} new, {known} known, {fixed} fixed: {page}",
            fr "Enregistré : {new} nouveaux, {known} connus, {fixed} corrigés : {page}",
            de "Verzeichnet: {new} neu, {known} bekannt, {fixed} behoben: {page}"));
        if packed.has_packages && answer["matched"] == false {
            out::say(&say!(self.lang,
                en "hint: the platform has judged no packages yet: it has no vulnerability data",
                fr "hint: la plateforme n’a encore évalué aucun paquet : elle n’a pas de données de vulnérabilités",
                de "hint: die Plattform hat noch keine Pakete beurteilt: sie hat keine Schwachstellendaten"));
        }
        Ok(())
    }
}

/// More gaps than are taken are one that hides everything.
fn few(gaps: &[Gap]) -> Vec<Gap> {
    if gaps.len() <= FEW_MAX {
        return gaps.to_vec();
    }
    vec![Gap::new("", Obstacle::BeyondLimit, format!("{} gaps", gaps.len()))]
}

fn pack(observation: &Observation) -> Result<Vec<u8>, Problem> {
    let failed = |error: std::io::Error| too_large(0).because(error);
    let json = serde_json::to_vec(observation).map_err(|error| failed(error.into()))?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&json).map_err(failed)?;
    let packed = encoder.finish().map_err(failed)?;
    let over = json.len() > BYTES_MAX || packed.len() > SENT_BYTES_MAX;
    if over { Err(too_large(json.len())) } else { Ok(packed) }
}

fn too_large(bytes: usize) -> Problem {
    let (size, max) = (bytes >> 20, BYTES_MAX >> 20);
    Problem::new(
        Kind::User,
        text!(
            en "The scan is too large to be sent: {size} MiB, at most {max}",
            fr "L’examen est trop volumineux pour être envoyé : {size} Mio, {max} au plus",
            de "Die Untersuchung ist zu groß zum Senden: {size} MiB, höchstens {max}",
        ),
    )
    .hint(text!(
        en "scan in parts, or with fewer --scanners",
        fr "examinez par parties, ou avec moins de --scanners",
        de "in Teilen untersuchen, oder mit weniger --scanners",
    ))
}

/// The asset of something that has no name of its own but where it lies. For this machine alone its place is enough; on
/// a platform, the same place of two machines is two things, so the machine is part of what makes it this one, unless
/// somebody names it.
pub(super) fn placed(kind: AssetKind, scheme: &str, place: &str, args: &ToArgs) -> Asset {
    match (&args.name, &args.to) {
        (Some(name), _) => Asset::new(kind, format!("{scheme}:{name}"), name),
        (None, None) => Asset::new(kind, format!("{scheme}:{place}"), place),
        (None, Some(_)) => {
            let machine = host::asset(&HostFacts::default(), &World::live());
            Asset::new(kind, format!("{scheme}:{}:{place}", machine.key), format!("{}:{place}", machine.name))
        }
    }
}

/// The standard input of two pipelines is not one thing.
pub(super) fn name_for_stream(target: &Path, args: &ToArgs) -> Result<(), Problem> {
    if target != Path::new("-") || args.to.is_none() || args.name.is_some() {
        return Ok(());
    }
    Err(Problem::new(
        Kind::User,
        text!(
            en "What comes by standard input has no name under which to record it",
            fr "Ce qui arrive par l’entrée standard n’a pas de nom sous lequel l’enregistrer",
            de "Was über die Standardeingabe kommt, hat keinen Namen, unter dem es verzeichnet würde",
        ),
    )
    .hint(text!(en "name it: --as shop/web", fr "nommez-le : --as boutique/web", de "benennen Sie es: --as shop/web")))
}
